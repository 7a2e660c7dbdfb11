//! Elections on a ring: who has the best number leads, found without anybody counting votes.
//!
//! The nodes stand in a ring in the order of their numbers in the scenario, the last before the
//! first, and speak to their neighbours only. Each has a number of its own that nobody else knows.
//! Those who *initiate* stand for election; of them the best number (the largest, or the smallest)
//! wins:
//! - [`ChangRoberts`]: numbers go one way round, and a candidate stops those that it beats;
//! - [`HirschbergSinclair`]: numbers go both ways, twice as far in each phase.
//!
//! # What they promise
//! One node wins at most ([`OneWinner`]), and it is the best of those who stood
//! ([`BestInitiatorWins`]). Neither rests on time or on the order of messages: the slowest network
//! and the longest pause do no harm.
//!
//! # What they rest on
//! Every message is one of a kind and is sent once: one that is lost is missed for ever, and so is
//! one at a node that has crashed, since nobody closes the ring around it. Both then stall. A node
//! that comes back is worse: it remembers nothing, stands anew, and nobody removes what it sent
//! before. So links are assumed to be reliable, and who crashes to stay away; progress needs all.
//!
//! # Reigns
//! A reign is labelled with the winner's number: a candidate stands for the term of its number.

mod chang_roberts;
mod hirschberg_sinclair;
mod judges;
mod settings;
#[cfg(test)]
mod tests;

pub use chang_roberts::{ChangRoberts, Message as ChangRobertsMessage};
pub use hirschberg_sinclair::{HirschbergSinclair, Message as HirschbergSinclairMessage, Way};
pub use judges::{BestInitiatorWins, OneLap, OneWinner};
pub use settings::{Config, Initiators, Numbers, Order, Settings};

use crate::election::spec::{Observation, Role, Term, View};
use crate::id::NodeId;
use crate::protocol::{Context, Protocol};

/// How a node fares; the same in both algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has never been beaten.
    Candidate,
    /// It was beaten or never stood, and knows of no winner yet.
    Lost,
    /// It has been told who won.
    Follows { leader: NodeId, number: u64 },
    /// It won.
    Leads,
}

/// A node's place among the others: its number, and how it fares.
#[derive(Debug)]
struct Contender {
    id: NodeId,
    number: u64,
    stage: Stage,
}

impl Contender {
    /// Whether it stops the numbers that it beats.
    const fn contends(&self) -> bool {
        matches!(self.stage, Stage::Candidate | Stage::Leads)
    }

    fn enter<P>(&mut self, stage: Stage, ctx: &mut Context<'_, P>)
    where
        P: Protocol<Observation = Observation>,
    {
        let term = Term(self.number);
        if self.stage == Stage::Leads && stage != Stage::Leads {
            ctx.observe(Observation::LeaderStepped { term });
        }
        self.stage = stage;
        match stage {
            Stage::Candidate => ctx.observe(Observation::ElectionStarted { term }),
            Stage::Lost => {}
            Stage::Follows { leader, number } => {
                ctx.observe(Observation::LeaderAccepted { leader, term: Term(number) });
            }
            Stage::Leads => ctx.observe(Observation::LeaderElected { term }),
        }
    }

    fn view(&self) -> View {
        match self.stage {
            Stage::Candidate => {
                View { role: Role::Candidate, term: Term(self.number), leader: None, members: None }
            }
            Stage::Lost => {
                View { role: Role::Follower, term: Term(0), leader: None, members: None }
            }
            Stage::Follows { leader, number } => View {
                role: Role::Follower,
                term: Term(number),
                leader: Some(leader),
                members: None,
            },
            Stage::Leads => View {
                role: Role::Leader,
                term: Term(self.number),
                leader: Some(self.id),
                members: None,
            },
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self.stage {
            Stage::Candidate => role == "candidate",
            Stage::Lost | Stage::Follows { .. } => role == "follower",
            Stage::Leads => role == "leader",
        }
    }
}
