//! Bully as its author wrote it: nobody gets a new coordinator before the old one is taken away.
//!
//! Hector Garcia-Molina, "Elections in a Distributed Computing System", IEEE Transactions on
//! Computers C-31(1), 1982. [`super::bully`] is what the text-books made of it.
//!
//! A node is in one of the states Election (it has no coordinator), Reorganization (it has one, and
//! does not work yet) and Normal; a node that is Down is not there. It holds an election when it
//! boots, when its coordinator has been silent for `suspect-after` and does not answer either, or
//! when, being halted, it has heard nothing for so long:
//! 1. it asks all higher nodes whether they are up (AreYouUp), and leaves it to them if any is;
//! 2. it halts all lower nodes (Halt), one after the other and from the highest down: whoever is
//!    halted stops an election of its own, has no coordinator, and notes who halted it;
//! 3. it names itself to those who answered (NewCoordinator). They heed it if it is the one who
//!    halted them last: Reorganization;
//! 4. it lets them work (Ready): Normal.
//!
//! Who does not answer a call within `call-timeout` is down; if that happens in 3 or 4, the
//! election starts anew. A coordinator asks all nodes every `check-every` whether they are normal
//! (AreYouNormal), and holds an election if one is not: so a node that comes back is taken in.
//!
//! # What it promises
//! If each message arrives within `message-delay`, no node pauses, no link is cut and clocks drift
//! little, then
//! - at every instant all nodes that have a coordinator have the same one (`same-coordinator`, the
//!   paper's assertion 1), so that two never lead at once (`one-coordinator`, without tolerance);
//! - whoever takes the lead is the highest node that was there while it asked (`highest-leads`);
//! - a stated time after the last change all agree (`group-agreement`, assertion 2).
//!
//! The price is that an election leaves everybody without a coordinator, and that any node that
//! comes back, the lowest too, costs one.
//!
//! After a partition nobody notices anything: AreYouNormal asks for no more than the state, so that
//! two groups, each normal, stay two for ever. The paper assumes that there are no partitions, and
//! has the invitation algorithm for the rest.
//!
//! # Why one after the other
//! Say n3 is about to lead when n4 comes back. n4 halts n3 first. What n3 has sent by then to n2 is
//! one call: if it is a Halt that overtakes the one of n4, then n3, halted, never follows it up; if
//! it is a NewCoordinator, it arrives either before the Halt of n4, which takes it back, or after
//! it, and then another has halted n2. If n4 halted both at once (`halts-all-at-once`), n3 could
//! halt n2 again and name itself to it, and stop only then.
//!
//! # What is from the paper and what is not
//! The paper was not at hand when this was written; procedures, states and the roles of `h` (who
//! halted the node) are as they are commonly told, unverified in detail. Ours are: that
//! calls are messages and timers, and carry a number, so that an answer finds its call, and `h` is
//! an election rather than a node; that the questions of 1, 3 and 4 go to all at once, since their
//! order decides nothing; that a reign has a number, one more than the highest that anybody who was
//! halted knew, as a label; and that there is no task to hand out.

mod message;
mod node;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

pub use message::{Call, Message};
pub use node::{Bully1982, Timer};
pub use settings::{Config, Settings};
