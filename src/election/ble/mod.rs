//! Ballot leader election: whoever is connected to a quorum may lead, however the others hang
//! together.
//!
//! Harald Ng, Seif Haridi and Paris Carbone, "Omni-Paxos: Breaking the Barriers of Partial
//! Connectivity", EuroSys 2023, in the form of version 0.2.4 of their library (`omnipaxos`).
//!
//! Time goes by in rounds of `election-timeout`. At the beginning of a round a server asks all
//! others (REQUEST); each answers with its own ballot, the ballot of the leader it knows, and
//! whether it is *happy* with that leader (REPLY). At the end of the round the server
//! 1. takes the highest ballot that it has seen for the leader's;
//! 2. is happy if its leader has answered and is happy itself; a leader is happy if those who
//!    answered and know of no higher one make up a quorum with it, or if somebody is happy with a
//!    higher one;
//! 3. takes over, with a ballot above that of its leader, if it is unhappy, nobody who answered is
//!    happy, and those who answered make up a quorum with it.
//!
//! So nobody leads because others lost touch with a leader whom somebody still hears, and a server
//! in the middle of a star takes over although nobody else sees a quorum: the partial partitions
//! that stop Raft (`election/ble_quorum-loss`, `ble_constrained`, `ble_chained`).
//!
//! # Messages
//! n-1 requests and as many replies for each server: 2n(n-1) a round.
//!
//! # What it promises
//! A ballot carries the server that leads it, so that no two ever lead the same
//! (`election-safety`); a server that has accepted a ballot never accepts a lower one, restarts
//! included (`term-monotonic`); and a server that restarts never leads on in a ballot of its former
//! life (`one-life-per-ballot`), since what it knew of its followers is gone. As soon as one server
//! is connected to a quorum there is a leader whom a quorum accepts, within four rounds. Two
//! servers may lead different ballots at once: what an old leader does is stopped by the quorum of
//! the new one, in the consensus that stands on this election and is not part of it.
//!
//! # What differs from the library
//! The accepted ballot is on disk before it is told, here; there the consensus keeps it. Of two
//! replies of one server in a round the first counts; there both do, as its links never deliver
//! twice. There a quorum may be of another size.
//!
//! As there, a server begins with a ballot of its own and keeps it until it hears a higher one: who
//! is alone from the start says after its first round that it leads the first ballot. That is no
//! take-over and needs no quorum; nobody can follow who is not heard.

mod ballot;
mod message;
mod node;
mod rules;
mod settings;

pub use ballot::{Ballot, Promised};
pub use message::{Message, Reply};
pub use node::{BallotElection, Timer};
pub use settings::{Config, Settings};
