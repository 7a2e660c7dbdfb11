//! The storm: how faults strike, what they do, and how they are taken back.

mod clock;
mod command;
mod messages;
mod network;
mod process;

use super::digest::Tag;
use super::node::Doom;
use super::plan::{Act, Active};
use super::record::{Flow, Observer, Record, What};
use super::simulation::{Simulation, note};
use crate::fault::{Action, CutKind, Fault, Filter, Harm, Manner, Struck, Target, Unfired, When};
use crate::id::{NodeId, NodeSet};
use crate::protocol::Protocol;

impl<P: Protocol> Simulation<P> {
    pub(super) fn plan_next(&mut self) {
        if let Some((at, order, slot)) = self.plan.upcoming() {
            self.queue_plan(at, order, slot);
        }
    }

    pub(super) fn strike_planned<O: Observer<P>>(&mut self, slot: u32, observer: &mut O) {
        let (act, is_timeline) = self.plan.take(slot);
        if is_timeline {
            self.plan_next();
        }
        match act {
            Act::Strike(fault) => self.strike(fault, observer),
            Act::End(fault) => self.end_fault(fault, observer),
            Act::Command(command) => self.command(command, observer),
            Act::Heal => self.heal(observer),
            Act::Flap(fault, nth) => self.flap(fault, nth, observer),
        }
    }

    /// An observation was made: faults that waited for it get their time.
    pub(super) fn milestone(&mut self, word: u16) {
        for fault in self.plan.triggered(word) {
            let When::Milestone { after, .. } = self.plan.fault(fault).when else { continue };
            let at = self.world.now + after;
            self.plan.withheld(fault, Unfired::Ahead);
            let slot = self.plan.add_late(Act::Strike(fault));
            self.queue_plan(at, slot, slot);
        }
    }

    fn nodes_of(&self, target: &Target) -> Vec<NodeId> {
        match target {
            Target::Nodes(nodes) => nodes.clone(),
            Target::All => self.world.nodes().collect(),
            Target::Role(role) => self.playing(role),
        }
    }

    /// The nodes that have not crashed and play a role now.
    pub fn playing(&self, role: &str) -> Vec<NodeId> {
        let plays = |node: &NodeId| self.state(*node).is_some_and(|state| state.plays(role));
        self.world.nodes().filter(plays).collect()
    }

    fn strike<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        if self.world.healed {
            return self.plan.withheld(place, Unfired::StormOver);
        }
        let fault = self.plan.fault(place).clone();
        let nodes = self.nodes_of(&fault.who);
        if nodes.is_empty() || self.is_sent_to_nobody(&fault.action) {
            return self.plan.withheld(place, Unfired::Nobody);
        }
        if !self.disks.charge(&self.disks_at_stake(&fault.action, &nodes)) {
            return self.plan.withheld(place, Unfired::Budget);
        }
        self.event();
        let now = self.world.now;
        self.digests.head(Tag::Struck, now, NodeId::new(fault.id.0), nodes.len() as u32);
        let struck = Struck { at: now, event: self.world.event, nodes: nodes.clone() };
        let is_lasting = !matches!(fault.action, Action::Jump(_));
        self.plan.began(place, struck, is_lasting);
        // Whoever watches sees the links as they are once the fault has struck.
        let is_cut = is_cut(&fault.action);
        if is_cut {
            self.act(place, &fault, &nodes, observer);
        }
        for &node in &nodes {
            self.digests.trace.fold(u64::from(node.number()));
            note!(self, observer, node, What::Struck { fault: fault.id, action: &fault.action });
        }
        if !is_cut {
            self.act(place, &fault, &nodes, observer);
        }
        if let (true, Some(length)) = (is_lasting, fault.lasts) {
            let slot = self.plan.add_late(Act::End(place));
            self.queue_plan(now + length, slot, slot);
        }
        self.plan_flap(place, 1);
    }

    fn is_sent_to_nobody(&self, action: &Action) -> bool {
        match action {
            Action::Messages { filter, .. } => self.nodes_of(&filter.to).is_empty(),
            _ => false,
        }
    }

    fn act<O: Observer<P>>(
        &mut self,
        place: usize,
        fault: &Fault,
        nodes: &[NodeId],
        observer: &mut O,
    ) {
        let id = fault.id;
        match &fault.action {
            Action::Crash { after_effect, disk } => {
                for &node in nodes {
                    let trouble = self.nodes[node.index()].trouble();
                    match after_effect {
                        Some(effects_left) => {
                            trouble.doom = Some(Doom { effects_left: *effects_left, fault: place });
                        }
                        None => {
                            trouble.held_down.push(place);
                            self.crash(node, id, *disk, observer);
                        }
                    }
                }
            }
            Action::Pause => nodes.iter().for_each(|&node| self.pause(node, place, observer)),
            Action::Partition(_) | Action::Isolate | Action::Mute { .. } | Action::Sever { .. } => {
                self.sever(place, nodes);
            }
            Action::Loss(chance) => self.harm(id, &Target::All, &Filter::all(*chance), Harm::Lose),
            Action::Messages { filter, harm } => self.harm(id, &fault.who, filter, *harm),
            Action::Drift(drift) => {
                nodes.iter().for_each(|&node| self.set_drift(id, node, *drift));
            }
            Action::Jump(by) => {
                for &node in nodes {
                    self.world.nodes[node.index()].clock.jump(self.world.now, *by);
                    self.plan.acted(id, 1);
                }
            }
        }
    }

    /// Takes a fault back, if it is still in force.
    fn end_fault<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        if let Some(active) = self.plan.ended(place, self.world.now) {
            self.take_back(active, observer);
        }
    }

    fn take_back<O: Observer<P>>(&mut self, active: Active, observer: &mut O) {
        let (now, place) = (self.world.now, active.fault);
        let fault = self.plan.fault(place).clone();
        self.event();
        self.digests.head(Tag::Ended, now, NodeId::new(fault.id.0), 0);
        self.mend(fault.id, is_cut(&fault.action));
        note!(self, observer, active.nodes[0], What::Ended { fault: fault.id });
        match fault.action {
            Action::Crash { .. } => {
                for node in active.nodes {
                    self.stand_up(node, place, observer);
                }
            }
            Action::Pause => {
                active.nodes.iter().for_each(|&node| self.resume(node, place, observer));
            }
            Action::Partition(_)
            | Action::Isolate
            | Action::Mute { .. }
            | Action::Sever { .. }
            | Action::Loss(_)
            | Action::Messages { .. } => {}
            Action::Drift(_) => {
                for node in active.nodes {
                    self.set_drift(fault.id, node, self.plan.drift_of(node));
                }
            }
            Action::Jump(_) => {}
        }
    }

    /// The storm is over: the core is healed and restarted; whoever is not in it stays as it is,
    /// and no fault strikes or ends any more. The network is whole before a node takes a step.
    fn heal<O: Observer<P>>(&mut self, observer: &mut O) {
        let Some(heal) = self.plan.schedule().heal.clone() else { return };
        self.event();
        self.digests.head(Tag::Healed, self.world.now, NodeId::new(0), heal.core.len() as u32);
        let core: NodeSet = heal.core.iter().copied().collect();
        let mut in_force = self.plan.disarm();
        in_force.sort_by_key(|active| {
            matches!(self.plan.fault(active.fault).action, Action::Crash { .. } | Action::Pause)
        });
        self.world.links.spare(&core);
        self.weather.harms.spare(&core, self.world.size());
        self.release_for_good();
        for mut active in in_force {
            let action = &self.plan.fault(active.fault).action;
            if matches!(action, Action::Crash { .. } | Action::Pause | Action::Drift(_)) {
                active.nodes.retain(|node| core.contains(*node));
            }
            if !active.nodes.is_empty() {
                self.plan.healed(active.fault, self.world.now);
                self.take_back(active, observer);
            }
        }
        self.world.healed = true;
        let node = heal.core.first().copied().unwrap_or(NodeId::new(0));
        note!(self, observer, node, What::Healed);
    }
}

/// Whether a fault acts by closing links.
pub(super) const fn is_cut(action: &Action) -> bool {
    match action {
        Action::Partition(_) | Action::Isolate | Action::Mute { .. } => true,
        Action::Sever { manner: Manner { kind, .. }, .. } => !matches!(kind, CutKind::Slow(_)),
        _ => false,
    }
}
