//! The strikes of a family: when each comes, and whom it hits.

use crate::fault::{Action, Fault, Target, When};
use crate::id::{FaultId, NodeId};
use crate::rng::Stream;
use crate::scenario::draw::{BLOCK, length, strikes_someone};
use crate::scenario::fault::FaultKind;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::Who;
use crate::time::{Duration, SimTime};
use crate::units::Span;

/// A family that strikes again and again.
pub(super) struct Strikes<'a> {
    pub kind: &'a dyn FaultKind,
    /// The time from one strike to the next.
    pub every: Span<Duration>,
    /// The block of its faults' names.
    pub block: u32,
    pub nodes: Nodes<'a>,
}

impl Strikes<'_> {
    /// All strikes before the end of the storm.
    pub fn draw(&self, mut luck: Stream, end: SimTime) -> Vec<Fault> {
        let mut faults = match self.kind.who() {
            Some(who) => self.on_nodes(who, &mut luck, end),
            None => self.on_network(&mut luck, end),
        };
        for (place, fault) in (0..).zip(&mut faults) {
            fault.id = FaultId(self.block * BLOCK + place);
        }
        faults.retain(strikes_someone);
        faults
    }

    fn lasts(&self, luck: &mut Stream) -> Option<Duration> {
        self.kind.lasts().map(|lasts| length(luck, **lasts))
    }

    /// Strikes on nodes, none of them while the family still holds it.
    fn on_nodes(&self, who: &Placed<Who>, luck: &mut Stream, end: SimTime) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut held_until = vec![SimTime::ZERO; self.nodes.size as usize];
        let mut at = SimTime::ZERO + length(luck, self.every);
        while at < end {
            let is_held = |node: NodeId| held_until[node.index()] > at;
            let target = self.nodes.target(who, luck, is_held);
            let lasts = self.lasts(luck);
            let actions = self.kind.actions(self.nodes, luck);
            // A jump is over at once: it holds nobody.
            let until = match (lasts, &actions[..]) {
                (None, [Action::Jump(_)]) => at,
                (None, _) => SimTime::MAX,
                (Some(lasts), _) => at + lasts,
            };
            match &target {
                Target::Nodes(struck) => {
                    struck.iter().for_each(|node| held_until[node.index()] = until);
                }
                Target::All => held_until.fill(until),
                Target::Role(_) => {}
            }
            faults.extend(actions.into_iter().map(|action| fault(at, &target, action, lasts)));
            at += length(luck, self.every);
        }
        faults
    }

    /// Strikes on the network, each of which ends the one before.
    fn on_network(&self, luck: &mut Stream, end: SimTime) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut at = SimTime::ZERO + length(luck, self.every);
        while at < end {
            let actions = self.kind.actions(self.nodes, luck);
            let lasts = self.lasts(luck);
            let gap = length(luck, self.every);
            let is_last = at + gap >= end;
            let lasts = match lasts {
                None if is_last => None,
                lasts => Some(lasts.unwrap_or(Duration::MAX).min(gap)),
            };
            faults.extend(actions.into_iter().map(|action| fault(at, &Target::All, action, lasts)));
            at += gap;
        }
        faults
    }
}

fn fault(at: SimTime, who: &Target, action: Action, lasts: Option<Duration>) -> Fault {
    let (when, who) = (When::At(at), who.clone());
    Fault { id: FaultId(0), when, who, action, lasts, struck: None }
}
