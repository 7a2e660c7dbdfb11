//! Invitation: nodes come together in groups, and nothing is assumed of time.
//!
//! Hector Garcia-Molina, "Elections in a Distributed Computing System", IEEE Transactions on
//! Computers C-31(1), 1982: the second of its two algorithms, for networks in which a node that is
//! silent may be slow, or beyond a cut, as well as dead. Nobody can then be sure that there is no
//! other coordinator, so that it is not promised. What is promised is that each group has one.
//!
//! A node that boots is the coordinator of a group of its own, with a new number. A coordinator
//! looks for others every `check-every` (AreYouCoordinator). If it finds some, it hesitates - the
//! longer, the further it is below the highest that it has found - and merges: it takes a new group
//! number, and invites those coordinators and its own members. An invited coordinator hands the
//! invitation on to its members and joins, as they do (Accept). After a while the merging node lets
//! all who joined work (Ready); if one of them does not answer or is not in the group any more, it
//! starts again alone. A member asks its coordinator every `suspect-after` whether it is there
//! (AreYouThere), `questions` times if need be, and starts again alone if it is not, or does not
//! count it among its members.
//!
//! # What it promises
//! Whatever the timing, the losses and the cuts: all who are ever in the group of a number have the
//! same coordinator (`one-coordinator-a-group`, the paper's assertion 3). What it needs is that a
//! node which restarts does not take a number twice: it keeps its last one on disk. A group is no
//! majority, and there may be many: who wants one leader wants a quorum.
//!
//! When the network is whole and answers come in time, groups merge until there is one.
//!
//! # What is from the paper and what is not
//! The paper was not at hand when this was written; procedures and states are as they are commonly
//! told, unverified in detail. Ours are: that calls are messages and timers; that who is no
//! coordinator does not answer AreYouCoordinator; that an invitation to the group in which one is,
//! or to one's own, is not heeded (the network may deliver twice and late); that AreYouThere is
//! repeated (it may lose too); that who has joined and hears no Ready leaves without asking; and
//! that there is no task to hand out.

mod group;
mod message;
mod node;
mod rules;
mod settings;

pub use group::{Counter, Group};
pub use message::Message;
pub use node::{Invitation, Timer};
pub use settings::{Config, Settings};
