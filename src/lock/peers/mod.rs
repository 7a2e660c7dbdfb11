//! Locks among peers: no server, no lease, no clock. Whoever wants the critical section asks the
//! others, or waits for the one token there is.
//!
//! By permission:
//! - [`Lamport`]: all see all requests in one order, by logical clocks;
//! - [`RicartAgrawala`]: a reply is held back instead of a release being sent;
//! - [`Maekawa`]: only a quorum is asked, and any two quorums meet.
//!
//! By token:
//! - [`SuzukiKasami`]: everybody is asked for the token, which knows who waits;
//! - [`Raymond`]: the token goes along the edges of a tree.
//!
//! And the lock of the article, [`ArticleLock`], which is none.
//!
//! # What they promise
//! Two peers never hold the lock at one true instant, however slow messages and peers are: none of
//! them rests on time, so no pause and no wrong clock does any harm. Who waits is served.
//!
//! # What they rest on
//! They were published for networks that lose nothing and peers that do not fail, and keep nothing
//! on disk. Every message is sent once. One that is lost is missed for ever; so is a peer that has
//! crashed, if it is asked; and one that comes back has forgotten what it had promised. So links
//! are assumed to be reliable and who crashes to stay away, and progress needs all of them. Some
//! also need links that keep the order of messages ([`Lamport`], [`Maekawa`]); the others bear
//! messages that overtake one another or come twice.

mod section;
mod served;
mod settings;

pub mod lamport;
pub mod maekawa;
pub mod ricart_agrawala;

pub mod raymond;
pub mod suzuki_kasami;

pub mod article;
#[cfg(test)]
mod tests;

pub use article::ArticleLock;
pub use lamport::Lamport;
pub use maekawa::Maekawa;
pub use raymond::Raymond;
pub use ricart_agrawala::RicartAgrawala;
pub use section::{Command, Timer};
pub use served::RequestServed;
pub use settings::Settings;
pub use suzuki_kasami::SuzukiKasami;
