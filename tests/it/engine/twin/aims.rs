//! Aims as the twin sees them: it looks everything up in what was told so far.

use super::{Coming, Twin};
use crate::engine::puppet::Said;
use stormseed::fault::{Action, On, Take, Target, When};
use stormseed::id::NodeId;
use stormseed::protocol::{Protocol, Words};
use stormseed::time::Duration;

impl Twin<'_> {
    /// Something was said: what waited for it is given its time.
    pub(super) fn milestone(&mut self, node: usize, word: u16) {
        let leads = self.actors[node].process.state().is_some_and(|state| state.plays("leader"));
        self.said.push((word, node, leads));
        let faults = self.faults.iter().enumerate();
        let faults = faults.map(|(place, fault)| (Coming::Strike(place), &fault.when));
        let orders = self.stage.schedule.commands.iter().enumerate();
        let orders = orders.map(|(place, order)| (Coming::Order(place), &order.when));
        let due: Vec<(Coming, Duration)> =
            faults.chain(orders).filter_map(|(act, when)| Some((act, self.after(when)?))).collect();
        due.into_iter().for_each(|(act, after)| self.add_late(after, act));
    }

    /// How long after what was said just now something is due, if it waited for that.
    fn after(&self, when: &When) -> Option<Duration> {
        let (on, of, nth, after) = match when {
            // No puppet serves anybody.
            When::At(_) | When::Heal | When::Service { .. } => return None,
            When::Milestone { word, nth, after } => (None, word, nth, after),
            When::MilestoneOn { on, word, nth, after } => (Some(on), word, nth, after),
        };
        let counts = |(word, node, leads): &&(u16, usize, bool)| {
            let is_own = match on {
                None => true,
                Some(On::Nodes(nodes)) => nodes.iter().any(|own| own.index() == *node),
                Some(On::Role(role)) => role == "leader" && *leads,
            };
            is_own && Said::words()[usize::from(*word)] == of
        };
        let is_it = self.said.last().as_ref().is_some_and(counts)
            && self.said.iter().filter(counts).count() == *nth as usize;
        is_it.then_some(*after)
    }

    fn leaders(&self) -> Vec<NodeId> {
        let all = (0..self.actors.len() as u32).map(NodeId::new);
        all.filter(|node| self.leads(*node)).collect()
    }

    fn leads(&self, node: NodeId) -> bool {
        self.actors[node.index()].process.state().is_some_and(|state| state.plays("leader"))
    }

    /// Whom a fault strikes now.
    pub(super) fn whom(&self, who: &Target) -> Vec<NodeId> {
        let all = (0..self.actors.len() as u32).map(NodeId::new);
        let leaders = self.leaders();
        let newest = self.came_to_lead.iter().rev().find(|node| leaders.contains(node)).copied();
        match who {
            Target::Nodes(nodes) => nodes.clone(),
            Target::All => all.collect(),
            Target::Role(role) if role == "leader" => leaders,
            Target::Chosen { .. } if leaders.is_empty() => Vec::new(),
            Target::Chosen { choice, .. } => match choice.take {
                Take::Everyone => leaders,
                Take::Newest => newest.into_iter().collect(),
                Take::Stale => leaders.into_iter().filter(|node| Some(*node) != newest).collect(),
                Take::Others => all.filter(|node| !leaders.contains(node)).collect(),
                Take::Drawn(_) | Take::With { .. } => panic!("the twin has no luck"),
            },
            Target::Role(_) => Vec::new(),
        }
    }

    /// Whom a fault strikes now, and to whom the messages go that it harms, if it harms any.
    pub(super) fn both(&self, place: usize) -> (Vec<NodeId>, Option<Vec<NodeId>>) {
        let fault = &self.faults[place];
        let receivers = match &fault.action {
            Action::Messages { filter, .. } => Some(self.whom(&filter.to)),
            _ => None,
        };
        (self.whom(&fault.who), receivers)
    }

    /// A fault has found nobody.
    pub(super) fn wait(&mut self, place: usize) {
        let fault = &self.faults[place];
        let window = |target: &Target| match target {
            Target::Chosen { window, .. } => *window,
            _ => Duration::ZERO,
        };
        let to = match &fault.action {
            Action::Messages { filter, .. } => window(&filter.to),
            _ => Duration::ZERO,
        };
        let window = window(&fault.who).max(to);
        match self.waiting.iter_mut().find(|(fault, ..)| *fault == place) {
            Some((_, _, is_called)) => *is_called = false,
            None if window > Duration::ZERO => {
                self.waiting.push((place, self.now + window, false));
            }
            None => {}
        }
    }

    /// A node has taken a step: perhaps it is the one that a fault waits for.
    pub(super) fn look_around(&mut self, node: NodeId) {
        if !self.leads(node) || !self.came_to_lead.contains(&node) {
            self.came_to_lead.retain(|other| *other != node);
            self.came_to_lead.extend(self.leads(node).then_some(node));
        }
        for at in 0..self.waiting.len() {
            let (place, until, is_called) = self.waiting[at];
            let (nodes, receivers) = self.both(place);
            let is_there = !nodes.is_empty() && receivers.is_none_or(|nodes| !nodes.is_empty());
            if !is_called && self.now <= until && is_there {
                self.waiting[at].2 = true;
                self.add_late(Duration::ZERO, Coming::Strike(place));
            }
        }
    }
}
