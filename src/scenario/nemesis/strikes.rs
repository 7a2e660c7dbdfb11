//! The strikes of a family: when each comes, and whom it hits.

use crate::fault::{Fault, Target, When};
use crate::id::{FaultId, NodeId};
use crate::rng::Stream;
use crate::scenario::draw::{BLOCK, length, strikes_someone};
use crate::scenario::fault::{Blow, FaultKind};
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
            let blows = self.kind.blows(&target, lasts, self.nodes, luck);
            let held = blows.first().map_or(lasts, |blow| blow.action.holds_for(lasts));
            // A jump is over at once: it holds nobody.
            let until = match held {
                None if blows.iter().all(|blow| blow.action.is_instant()) => at,
                None => SimTime::MAX,
                Some(lasts) => at + lasts,
            };
            match &target {
                Target::Nodes(struck) => {
                    struck.iter().for_each(|node| held_until[node.index()] = until);
                }
                Target::All => held_until.fill(until),
                Target::Role(_) | Target::Chosen { .. } => {}
            }
            faults.extend(blows.into_iter().map(|blow| fault(at, blow)));
            at += length(luck, self.every);
        }
        faults
    }

    /// Strikes on the network, each of which ends the one before.
    fn on_network(&self, luck: &mut Stream, end: SimTime) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut at = SimTime::ZERO + length(luck, self.every);
        while at < end {
            // What strikes all at once is drawn before its length, and not drawn again behind it.
            let at_once = (!self.kind.is_gradual()).then(|| self.kind.actions(self.nodes, luck));
            let lasts = self.lasts(luck);
            let gap = length(luck, self.every);
            let is_last = at + gap >= end;
            let lasts = match lasts {
                None if is_last => None,
                lasts => Some(lasts.unwrap_or(Duration::MAX).min(gap)),
            };
            let blow = |action| Blow { after: Duration::ZERO, who: Target::All, action, lasts };
            let blows = match at_once {
                Some(actions) => actions.into_iter().map(blow).collect(),
                None => self.kind.blows(&Target::All, lasts, self.nodes, luck),
            };
            faults.extend(blows.into_iter().map(|blow| fault(at, blow)));
            at += gap;
        }
        faults
    }
}

fn fault(at: SimTime, blow: Blow) -> Fault {
    let Blow { after, who, action, lasts } = blow;
    Fault { id: FaultId(0), when: When::At(at + after), who, action, lasts, struck: None }
}
