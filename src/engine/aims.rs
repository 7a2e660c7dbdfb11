//! Aims that need the run: who plays a role now, whom of them a fault strikes, and the faults that
//! wait for somebody to play theirs.
//!
//! Every node has a lot for every fault, a function of the seed, the fault's name and the node's;
//! the lowest lots are drawn. So no other fault moves a choice, and a node that comes to play the
//! role, or ceases to, moves no more of it than its own place.

use super::plan::Act;
use super::simulation::Simulation;
use crate::fault::{Choice, Take, Target};
use crate::id::{FaultId, NodeId, hash_name};
use crate::protocol::Protocol;
use crate::rng::{Keyed, Luck64, mix, range};
use crate::schedule::{Recipient, Schedule};
use crate::time::SimTime;
use crate::world::ARTICULATION_POINT;

/// How many of a set are taken is drawn in a lane behind those of the nodes' lots.
const COUNT: u64 = 1 << 32;

/// What is watched for the sake of aims.
#[derive(Debug)]
pub(super) struct Aims {
    seed: u64,
    waiting: Vec<Waiting>,
    ranks: Vec<Rank>,
}

/// A fault that is due and has found nobody.
#[derive(Debug)]
struct Waiting {
    fault: usize,
    until: SimTime,
    /// Whether somebody has come, so that it strikes next.
    is_called: bool,
}

/// Who has come to play a role, in the order in which they did.
#[derive(Debug)]
struct Rank {
    role: String,
    nodes: Vec<NodeId>,
}

impl Aims {
    pub fn new<C>(schedule: &Schedule<C>, seed: u64) -> Self {
        let of_faults = schedule.faults.iter().flat_map(|fault| fault.choices());
        let of_commands = schedule.commands.iter().filter_map(|planned| match &planned.to {
            Recipient::Chosen(choice) => Some(choice),
            Recipient::Node(_) | Recipient::Role(_) => None,
        });
        let mut ranks: Vec<Rank> = Vec::new();
        for choice in of_faults.map(|(choice, _)| choice).chain(of_commands) {
            let is_ranked = matches!(choice.take, Take::Newest | Take::Stale);
            if is_ranked && !ranks.iter().any(|rank| rank.role == choice.role) {
                ranks.push(Rank { role: choice.role.clone(), nodes: Vec::new() });
            }
        }
        Aims { seed: mix(seed, hash_name("aim")), waiting: Vec::new(), ranks }
    }

    /// Whether steps of nodes are of any interest.
    #[inline]
    pub fn is_watching(&self) -> bool {
        !self.waiting.is_empty() || !self.ranks.is_empty()
    }

    /// A fault has found nobody: it waits until this time, or goes on waiting until the first that
    /// it was given.
    pub fn wait(&mut self, fault: usize, now: SimTime, until: SimTime) {
        match self.waiting.iter_mut().find(|waiting| waiting.fault == fault) {
            Some(waiting) => waiting.is_called = false,
            None if until > now => self.waiting.push(Waiting { fault, until, is_called: false }),
            None => {}
        }
    }

    /// A fault has struck.
    pub fn found(&mut self, fault: usize) {
        self.waiting.retain(|waiting| waiting.fault != fault);
    }

    /// No fault will strike any more.
    pub fn disarm(&mut self) {
        self.waiting.clear();
    }

    /// A node has died, and plays nothing.
    pub fn forget(&mut self, node: NodeId) {
        self.ranks.iter_mut().for_each(|rank| rank.nodes.retain(|other| *other != node));
    }

    /// Who came to play a role last, of those who play it.
    fn newest(&self, role: &str, playing: &[NodeId]) -> Option<NodeId> {
        let rank = self.ranks.iter().find(|rank| rank.role == role)?;
        rank.nodes.iter().rev().find(|node| playing.contains(node)).copied()
    }
}

impl<P: Protocol> Simulation<P> {
    /// The nodes that have not crashed and play a role now, be it one of the algorithm's or of the
    /// topology's.
    pub fn playing(&self, role: &str) -> Vec<NodeId> {
        if role == ARTICULATION_POINT {
            return self.world.articulation_points();
        }
        let plays = |node: &NodeId| self.state(*node).is_some_and(|state| state.plays(role));
        self.world.nodes().filter(plays).collect()
    }

    /// Whom a fault strikes now.
    pub(super) fn struck_by(&self, fault: FaultId, who: &Target) -> Vec<NodeId> {
        self.found(who, mix(self.plan.aims.seed, u64::from(fault.0)))
    }

    /// To whom the messages go that a fault harms from now on.
    pub(super) fn heard_by(&self, fault: FaultId, to: &Target) -> Vec<NodeId> {
        self.found(to, mix(self.plan.aims.seed ^ hash_name("to"), u64::from(fault.0)))
    }

    fn found(&self, target: &Target, key: u64) -> Vec<NodeId> {
        match target {
            Target::Nodes(nodes) => nodes.clone(),
            Target::All => self.world.nodes().collect(),
            Target::Role(role) => self.playing(role),
            Target::Chosen { choice, .. } => self.chosen(choice, key),
        }
    }

    /// Who is given a command now.
    pub(super) fn asked(&self, to: &Recipient) -> Vec<NodeId> {
        match to {
            Recipient::Node(node) => vec![*node],
            Recipient::Role(role) => self.playing(role),
            Recipient::Chosen(choice) => {
                let key =
                    mix(self.plan.aims.seed ^ hash_name("command"), self.world.now.as_nanos());
                self.chosen(choice, key)
            }
        }
    }

    /// The nodes that a choice comes to, in their order; none if nobody plays its role.
    fn chosen(&self, choice: &Choice, key: u64) -> Vec<NodeId> {
        let mut playing = self.playing(&choice.role);
        if playing.is_empty() {
            return playing;
        }
        let lot = |node: &NodeId| Keyed::lane(key, u64::from(node.number())).next();
        match &choice.take {
            Take::Everyone => {}
            Take::Drawn(count) => {
                playing.sort_by_key(lot);
                playing.truncate(*count as usize);
                playing.sort();
            }
            Take::Newest => {
                let newest = self.plan.aims.newest(&choice.role, &playing);
                playing.retain(|node| Some(*node) == newest);
            }
            Take::Stale => {
                let newest = self.plan.aims.newest(&choice.role, &playing);
                playing.retain(|node| Some(*node) != newest);
            }
            Take::Others => {
                return self.world.nodes().filter(|node| !playing.contains(node)).collect();
            }
            Take::With { among, least, most } => {
                let count = u64::from(*least)..=u64::from(*most);
                let count = range(&mut Keyed::lane(key, COUNT), count) as usize;
                let (mut of_them, mut others): (Vec<NodeId>, Vec<NodeId>) =
                    among.iter().partition(|node| playing.contains(node));
                of_them.sort_by_key(lot);
                of_them.truncate(*most as usize);
                others.sort_by_key(lot);
                others.truncate(count.saturating_sub(of_them.len()));
                playing.retain(|node| !among.contains(node));
                playing.extend(of_them.into_iter().chain(others));
                playing.sort();
            }
        }
        playing
    }

    /// A node has taken a step: it may have come to play a role, or play it no longer.
    #[cold]
    pub(super) fn watch(&mut self, node: NodeId) {
        let now = self.world.now;
        let Some(state) = self.nodes[node.index()].process.state() else { return };
        for rank in &mut self.plan.aims.ranks {
            let was_in = rank.nodes.contains(&node);
            match (state.plays(&rank.role), was_in) {
                (true, false) => rank.nodes.push(node),
                (false, true) => rank.nodes.retain(|other| *other != node),
                _ => {}
            }
        }
        self.plan.aims.waiting.retain(|waiting| waiting.until >= now);
        for place in 0..self.plan.aims.waiting.len() {
            let waiting = &self.plan.aims.waiting[place];
            let fault = waiting.fault;
            if waiting.is_called || !self.calls(node, fault) {
                continue;
            }
            self.plan.aims.waiting[place].is_called = true;
            let slot = self.plan.add_late(Act::Strike(fault));
            self.queue_plan(now, slot, slot);
        }
    }

    /// Whether a fault that waits finds somebody, now that this node has taken a step.
    fn calls(&self, node: NodeId, fault: usize) -> bool {
        let fault = self.plan.fault(fault);
        let matters = |choice: &Choice| match choice.take {
            Take::Stale | Take::Others => true,
            _ if choice.role == ARTICULATION_POINT => {
                self.world.connectivity_changed() == self.world.now
            }
            _ => self.state(node).is_some_and(|state| state.plays(&choice.role)),
        };
        fault.choices().any(|(choice, _)| matters(choice))
            && fault.choices().all(|(choice, _)| !self.chosen(choice, 0).is_empty())
    }
}
