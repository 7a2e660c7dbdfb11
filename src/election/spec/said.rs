//! What a node said and when: kept small, and put into words only when it witnesses a violation.

use super::{Observation, Role, Term, View};
use crate::id::NodeId;
use crate::invariant::{Violation, Witness};
use crate::time::SimTime;
use crate::world::World;

/// How something was said.
#[derive(Clone, Copy, Debug)]
enum How {
    Declared(Observation),
    OnTheWire(Observation),
    ByItsState { term: Term },
}

/// One thing that a node said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) node: NodeId,
    at: SimTime,
    event: u64,
    how: How,
}

impl Said {
    pub(super) const fn declared(world: &World, node: NodeId, observation: Observation) -> Self {
        Said::now(world, node, How::Declared(observation))
    }

    pub(super) const fn on_the_wire(world: &World, node: NodeId, claim: Observation) -> Self {
        Said::now(world, node, How::OnTheWire(claim))
    }

    pub(super) const fn to_lead(world: &World, node: NodeId, term: Term) -> Self {
        Said::now(world, node, How::ByItsState { term })
    }

    const fn now(world: &World, node: NodeId, how: How) -> Self {
        Said { node, at: world.now(), event: world.event(), how }
    }

    pub(super) fn witness(&self) -> Witness {
        let what = match self.how {
            How::Declared(observation) => in_words(&observation),
            How::OnTheWire(claim) => format!("said on the wire: {}", in_words(&claim)),
            How::ByItsState { term } => format!("shows itself as the leader of term {term}"),
        };
        Witness { at: self.at, event: self.event, node: self.node, what }
    }
}

/// The term that a node's state says it leads.
pub(super) fn led(view: &View) -> Option<Term> {
    (view.role == Role::Leader).then_some(view.term)
}

/// A violation witnessed by what was said, in whatever order it is given.
pub(super) fn violation(invariant: &'static str, message: String, said: &[Said]) -> Violation {
    let mut oldest_first = said.to_vec();
    oldest_first.sort_by_key(|said| said.event);
    Violation { invariant, message, witnesses: oldest_first.iter().map(Said::witness).collect() }
}

fn in_words(observation: &Observation) -> String {
    match *observation {
        Observation::ElectionStarted { term } => format!("stands for term {term}"),
        Observation::LeaderElected { term } => format!("leads term {term}"),
        Observation::LeaderStepped { term } => format!("no longer leads term {term}"),
        Observation::LeaderAccepted { leader, term } => {
            format!("accepts {leader} as the leader of term {term}")
        }
        Observation::TermAdopted { term } => format!("is in term {term}"),
        Observation::VoteGranted { candidate, term } => {
            format!("votes for {candidate} in term {term}")
        }
        Observation::LeaderActed { term } => format!("acts as the leader of term {term}"),
        Observation::EntryAppended { index, term, .. } => {
            format!("holds entry {index} of term {term}")
        }
        Observation::LogTruncated { from } => format!("drops its log from entry {from} on"),
        Observation::EntryCommitted { index, term, learned_in, .. } => {
            format!("knows in term {learned_in} that entry {index} of term {term} is committed")
        }
        Observation::ReadAsked { number } => format!("is asked read {number}"),
        Observation::ReadServed { number, index } => {
            format!("answers read {number} with the state of entry {index}")
        }
        Observation::MembersAdopted { index, voters, learners, .. } => {
            format!("acts by entry {index}: {voters} voters and {learners} learners")
        }
    }
}
