//! Bully: of the nodes that are up, the one with the highest number leads.
//!
//! Hector Garcia-Molina, "Elections in a Distributed Computing System", IEEE Transactions on
//! Computers C-31(1), 1982: the first of its two algorithms, in the form of the text-books with
//! ELECTION, OK and COORDINATOR.
//!
//! A node that boots, or that hears nothing of its coordinator for `suspect-after`, holds an
//! election: it asks all higher nodes (ELECTION). If none answers (OK) within `ok-timeout`, it
//! leads and tells all lower nodes (COORDINATOR); if one does, that one holds an election in turn,
//! and the asker waits for `coordinator-timeout` before it asks again. A coordinator sends
//! heartbeats to all other nodes: lower ones know by them that it is there, and a rival coordinator
//! of another part of a partition is found by them when the partition heals. The higher rival
//! bullies (it holds a new election), the lower one follows. While a node holds an election it
//! listens to its outcome only, not to heartbeats. A coordinator that is asked has held its
//! election: it answers OK and repeats its COORDINATOR to the asker.
//!
//! What watches a coordinator is a failure detector that followers embed: a fixed time-out, or
//! phi-accrual (`detector = "phi"`), which has more patience where heartbeats come irregularly.
//!
//! # Messages
//! When one node finds the top node dead, and each node that is up holds one election at most, an
//! election among n nodes costs at worst (the lowest node finds out) n(n-1)/2 ELECTION, those to
//! the dead node included, (n-1)(n-2)/2 OK and n-2 COORDINATOR: (n-1)^2 + (n-2). At best (the
//! second highest finds out) it costs 1 ELECTION and n-2 COORDINATOR: n-1. Heartbeats are not
//! counted.
//!
//! # What it promises
//! Bully has no quorum and nothing on disk: all rests on time. If each message arrives within
//! `message-delay`, no node pauses, no link is cut and clocks drift little, then
//! - whoever takes the lead is the highest node that was there while it asked (`highest-leads`);
//! - two nodes lead at once for no longer than one message takes (`one-coordinator`): a higher node
//!   that has recovered leads at once, the old coordinator until COORDINATOR arrives;
//! - a stated time after the last change all agree (`group-agreement`). This one outlives
//!   partitions in which the nodes of each part all reach one another: each part has its own
//!   coordinator.
//!
//! # Reigns
//! Bully numbers nothing. So that its reigns can be told apart, COORDINATOR and heartbeats carry a
//! number, one more than the highest that its coordinator knew of; ELECTION and OK spread that
//! knowledge. It is a label and decides nothing: nodes follow the higher *node*. It is not a term
//! either: two coordinators may share a number, in two parts of a partition or when the top node
//! recovers - it leads without asking, knows of no reign and may start again at 1, and its
//! followers' numbers then go back. No invariant of terms may be asked of Bully.

mod message;
mod node;
mod rules;
mod settings;
#[cfg(test)]
mod tests;
mod watch;

pub use message::{Attempt, Message};
pub use node::{Bully, Timer};
pub use settings::{Config, Settings};
pub use watch::Kind;
