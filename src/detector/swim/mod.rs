//! SWIM: a membership whose members ask one another, each one other in every period.
//!
//! Abhinandan Das, Indranil Gupta and Ashish Motivala, "SWIM: Scalable Weakly-consistent Infection-
//! style Process Group Membership Protocol", DSN 2002.
//!
//! In every period a member pings another. If no ACK is back within `ping-timeout` it asks
//! `proxies` others to ping for it (PING-REQ). Who has not answered at the end of the period is
//! suspected, and taken to be gone after `suspicion` unless it refutes. What a member learns it
//! hands on with the messages that it sends anyway, each news `gossip` log n times.
//!
//! News of a member are ordered by its incarnation, and of the same incarnation *alive* comes
//! before *suspected* before *gone*: what comes later wins. Only the member itself raises its
//! incarnation, when it hears that it is suspected.
//!
//! # Messages
//! A ping and an ack for each member and period, whatever the size of the group; up to four more
//! for each proxy where an ack is missing.
//!
//! # What it promises
//! Nobody speaks of an incarnation that a member has not claimed itself (`own-incarnation`); and if
//! no message is lost and the world stands still for a while, everybody takes to be gone who is
//! down and nobody who is up (`membership-agreement`). Until then it may be wrong in both ways: how
//! often and for how long is measured, not judged.
//!
//! # What differs from the paper
//! A member that was taken to be gone comes back by refuting it, as in HashiCorp's memberlist; in
//! the paper it needs a new name. So those who are gone are pinged in their turn like everybody
//! else, and whoever sends to a member that it does not take to be alive tells it so.

mod gossip;
mod message;
mod node;
mod rules;
mod settings;
mod status;

pub use message::{Message, Said};
pub use node::{Swim, Timer};
pub use settings::{Config, Settings, Targets};
pub use status::{News, Status};
