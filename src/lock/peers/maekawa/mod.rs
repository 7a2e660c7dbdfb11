//! Maekawa's lock: only a quorum is asked, and any two quorums meet in somebody who says no.
//!
//! Mamoru Maekawa, "A sqrt(N) algorithm for mutual exclusion in decentralized systems", ACM
//! Transactions on Computer Systems 3(2), 1985, with the correction of Beverly Sanders, "The
//! information structure of distributed mutual exclusion algorithms", TOCS 5(3), 1987.
//!
//! Every peer is an *arbiter* as well, and grants one request at a time. Who wants the lock asks
//! the arbiters of its quorum (REQUEST) and holds it when all have granted it (LOCKED). An arbiter
//! that has granted another request keeps the new one in its queue, the oldest first by logical
//! clocks. If the new one is older than all that are there, it asks for its grant back (INQUIRE),
//! and tells whom it overtakes (FAILED); else it tells the asker (FAILED). Whoever is asked for a
//! grant back gives it (RELINQUISH) as soon as it knows that it will not have all others: when an
//! arbiter has told it FAILED, or has been given back its grant, and has not granted it since. So
//! older requests never wait for younger ones for good, and nobody waits in a ring. Who leaves the
//! critical section tells its arbiters (RELEASE).
//!
//! A peer is an arbiter of its own quorum, and what it says to itself is no message.
//!
//! # Why the order of messages matters
//! An INQUIRE that comes before the LOCKED that it asks back is answered by giving back what is not
//! there yet; the LOCKED that follows is then taken for a permission which it is no longer.
//!
//! # Messages
//! With quorums of k: 3(k-1) each time where nobody else wants the lock, up to 6(k-1) where many
//! do (5(k-1) without the correction).

mod arbiter;
mod message;
mod node;
mod quorums;
mod requester;
mod rules;

pub use message::Message;
pub use node::{Config, Maekawa};
