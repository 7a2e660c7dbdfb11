//! What the seed decides: families of faults that come again and again during the storm.
//!
//! Swarm testing (Groce et al., ISSTA 2012): each run first picks which families exist at all, for
//! a storm of everything hides what a storm of one thing finds. Each family then is drawn from its
//! own stream, whether the others exist or not.

use super::draw::{BLOCK, drift, length, signed, strikes_someone};
use super::fault::Nemesis;
use super::pick::Nodes;
use super::source::Placed;
use super::words::Who;
use crate::fault::{Action, Fault, Target, When};
use crate::id::FaultId;
use crate::rng::{Luck64, Stream};
use crate::time::{Duration, SimTime};
use crate::units::Span;

/// The faults of all families that exist in the run of a seed, family by family.
pub(super) fn faults(
    nemesis: &Nemesis,
    seed: u64,
    nodes: Nodes<'_>,
    storm_end: SimTime,
) -> Vec<Fault> {
    let chosen = chosen(nemesis, seed);
    let family = |name: &str| chosen.contains(&name).then(|| Family::new(name, seed, storm_end));
    let mut faults = Vec::new();
    if let (Some(entry), Some(mut family)) = (&nemesis.crash, family("crash")) {
        let action =
            Action::Crash { after_effect: None, disk: entry.disk.unwrap_or_default().into() };
        let lasts = entry.lasts.as_deref();
        faults.extend(family.on_nodes(nodes, &entry.every, &entry.who, lasts, |_| action.clone()));
    }
    if let (Some(entry), Some(mut family)) = (&nemesis.pause, family("pause")) {
        let lasts = entry.lasts.as_deref();
        faults.extend(family.on_nodes(nodes, &entry.every, &entry.who, lasts, |_| Action::Pause));
    }
    if let (Some(entry), Some(mut family)) = (&nemesis.partition, family("partition")) {
        let one_way = entry.one_way.unwrap_or(false);
        faults.extend(family.on_network(&entry.every, entry.lasts.as_deref(), |luck| {
            let cuts = nodes.cuts(*entry.shape, one_way, luck);
            cuts.into_iter().map(Action::Partition).collect()
        }));
    }
    if let (Some(entry), Some(mut family)) = (&nemesis.loss, family("loss")) {
        let chance = *entry.chance;
        faults.extend(
            family.on_network(&entry.every, entry.lasts.as_deref(), |_| vec![Action::Loss(chance)]),
        );
    }
    if let (Some(entry), Some(mut family)) = (&nemesis.drift, family("drift")) {
        let (lasts, rate) = (entry.lasts.as_deref(), *entry.rate);
        faults.extend(family.on_nodes(nodes, &entry.every, &entry.who, lasts, |luck| {
            Action::Drift(drift(luck, rate))
        }));
    }
    if let (Some(entry), Some(mut family)) = (&nemesis.jump, family("jump")) {
        // A jump is over at once: it holds nobody.
        let (lasts, by) = (Span::only(Duration::ZERO), *entry.by);
        let jumps = family.on_nodes(nodes, &entry.every, &entry.who, Some(&lasts), |luck| {
            Action::Jump(signed(luck, by))
        });
        faults.extend(jumps.into_iter().map(|jump| Fault { lasts: None, ..jump }));
    }
    faults
}

/// Which families exist in this run. A coin for each from a stream of its own; where all coins
/// deny, the one with the lowest rank exists.
fn chosen(nemesis: &Nemesis, seed: u64) -> Vec<&'static str> {
    let named = [
        ("crash", nemesis.crash.is_some()),
        ("pause", nemesis.pause.is_some()),
        ("partition", nemesis.partition.is_some()),
        ("loss", nemesis.loss.is_some()),
        ("drift", nemesis.drift.is_some()),
        ("jump", nemesis.jump.is_some()),
    ];
    let named = named.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name);
    if nemesis.swarm == Some(false) {
        return named.collect();
    }
    let tossed: Vec<(bool, u64, &str)> = named
        .map(|name| {
            let mut luck = Stream::new(seed, &format!("nemesis/swarm/{name}"));
            (luck.next() & 1 == 0, luck.next(), name)
        })
        .collect();
    let last_resort = tossed.iter().min_by_key(|(_, rank, _)| *rank).map(|(_, _, name)| *name);
    let chosen: Vec<&str> =
        tossed.iter().filter(|(exists, ..)| *exists).map(|(_, _, name)| *name).collect();
    if chosen.is_empty() { last_resort.into_iter().collect() } else { chosen }
}

/// One family while it is drawn.
struct Family {
    luck: Stream,
    next_id: u32,
    storm_end: SimTime,
}

impl Family {
    fn new(name: &str, seed: u64, storm_end: SimTime) -> Self {
        let block = Action::FAMILIES.iter().position(|family| *family == name);
        let block = block.expect("every family of the nemesis is a family of faults") as u32 + 1;
        let luck = Stream::new(seed, &format!("nemesis/{name}"));
        Family { luck, next_id: block * BLOCK, storm_end }
    }

    fn fault(
        &mut self,
        at: SimTime,
        who: Target,
        action: Action,
        lasts: Option<Duration>,
    ) -> Fault {
        let id = FaultId(self.next_id);
        self.next_id += 1;
        Fault { id, when: When::At(at), who, action, lasts, struck: None }
    }

    /// Strikes on nodes, none of them while the family still holds it.
    fn on_nodes(
        &mut self,
        nodes: Nodes<'_>,
        every: &Placed<Span<Duration>>,
        who: &Placed<Who>,
        lasts: Option<&Span<Duration>>,
        action: impl Fn(&mut Stream) -> Action,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut held_until = vec![SimTime::ZERO; nodes.size as usize];
        let mut at = SimTime::ZERO + length(&mut self.luck, **every);
        while at < self.storm_end {
            let target = nodes.target(who, &mut self.luck, |node| held_until[node.index()] > at);
            let lasts = lasts.map(|lasts| length(&mut self.luck, *lasts));
            let until = lasts.map_or(SimTime::MAX, |lasts| at + lasts);
            let action = action(&mut self.luck);
            match &target {
                Target::Nodes(struck) => {
                    struck.iter().for_each(|node| held_until[node.index()] = until);
                }
                Target::All => held_until.fill(until),
                Target::Role(_) | Target::Chosen { .. } => {}
            }
            faults.push(self.fault(at, target, action, lasts));
            at += length(&mut self.luck, **every);
        }
        faults.retain(strikes_someone);
        faults
    }

    /// Strikes on the network, each of which ends the one before.
    fn on_network(
        &mut self,
        every: &Placed<Span<Duration>>,
        lasts: Option<&Span<Duration>>,
        actions: impl Fn(&mut Stream) -> Vec<Action>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut at = SimTime::ZERO + length(&mut self.luck, **every);
        while at < self.storm_end {
            let actions = actions(&mut self.luck);
            let lasts = lasts.map(|lasts| length(&mut self.luck, *lasts));
            let gap = length(&mut self.luck, **every);
            let is_last = at + gap >= self.storm_end;
            let lasts = match lasts {
                None if is_last => None,
                lasts => Some(lasts.unwrap_or(Duration::MAX).min(gap)),
            };
            for action in actions {
                faults.push(self.fault(at, Target::All, action, lasts));
            }
            at += gap;
        }
        faults
    }
}
