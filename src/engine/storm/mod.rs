//! The storm: how faults strike, what they do, and how they are taken back.

mod clock;
mod command;
mod network;
mod process;
mod remainder;

use super::digest::Tag;
use super::node::Doom;
use super::plan::{Act, Active};
use super::record::{Flow, Observer, Record, What};
use super::simulation::{Simulation, note};
use crate::fault::{Action, Fault, Struck, Target, When};
use crate::id::{NodeId, NodeSet};
use crate::protocol::Protocol;
use crate::topology::Cut;

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
        }
    }

    /// An observation was made: faults that waited for it get their time.
    pub(super) fn milestone(&mut self, word: u16) {
        for fault in self.plan.triggered(word) {
            let When::Milestone { after, .. } = self.plan.fault(fault).when else { continue };
            let at = self.world.now + after;
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
            return; // the storm is over: reported as not fired
        }
        let nodes = self.nodes_of(&self.plan.fault(place).who);
        self.strike_nodes(place, nodes, observer);
    }

    fn strike_nodes<O: Observer<P>>(&mut self, place: usize, nodes: Vec<NodeId>, observer: &mut O) {
        if nodes.is_empty() {
            return; // nobody plays the role: reported as not fired
        }
        let fault = self.plan.fault(place).clone();
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
            Action::Partition(cut) => self.cut(id, cut),
            Action::Isolate => {
                let others = self.world.nodes().filter(|node| !nodes.contains(node)).collect();
                self.cut(id, &Cut::Groups(vec![others]));
            }
            Action::Mute { sends, hears } => {
                let all: Vec<NodeId> = self.world.nodes().collect();
                if *sends {
                    self.cut(id, &Cut::OneWay { from: nodes.to_vec(), to: all.clone() });
                }
                if *hears {
                    self.cut(id, &Cut::OneWay { from: all, to: nodes.to_vec() });
                }
            }
            Action::Loss(chance) => self.weather.add_loss(id, *chance),
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
        if is_cut(&fault.action) {
            self.world.links.mend(fault.id);
            self.world.connectivity_changed = now;
        }
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
            Action::Partition(_) | Action::Isolate | Action::Mute { .. } => {}
            Action::Loss(_) => self.weather.end_loss(fault.id),
            Action::Drift(_) => {
                for node in active.nodes {
                    self.set_drift(fault.id, node, self.plan.drift_of(node));
                }
            }
            Action::Jump(_) => {}
        }
    }

    /// The storm is over: the core is healed and restarted; whoever is not in it stays broken, and
    /// no fault strikes or ends any more. The network is whole before a node takes a step.
    fn heal<O: Observer<P>>(&mut self, observer: &mut O) {
        let Some(heal) = self.plan.schedule().heal.clone() else { return };
        self.event();
        self.digests.head(Tag::Healed, self.world.now, NodeId::new(0), heal.core.len() as u32);
        let core: NodeSet = heal.core.iter().copied().collect();
        self.break_remainder(&core, observer);
        let mut in_force = self.plan.disarm();
        in_force.sort_by_key(|active| {
            matches!(self.plan.fault(active.fault).action, Action::Crash { .. } | Action::Pause)
        });
        if self.world.links.any_cut() {
            self.world.connectivity_changed = self.world.now;
        }
        self.world.links.spare(&core);
        for mut active in in_force {
            let action = &self.plan.fault(active.fault).action;
            if is_cut(action) && self.stays_cut(&active, &core) {
                continue;
            }
            let struck = active.nodes.len();
            if matches!(action, Action::Crash { .. } | Action::Pause | Action::Drift(_)) {
                active.nodes.retain(|node| core.contains(*node));
            }
            if active.nodes.len() == struck {
                self.plan.healed(active.fault, self.world.now);
            }
            if !active.nodes.is_empty() {
                self.take_back(active, observer);
            }
        }
        self.world.healed = true;
        let node = heal.core.first().copied().unwrap_or(NodeId::new(0));
        note!(self, observer, node, What::Healed);
    }
}

/// Whether a fault acts by closing links.
const fn is_cut(action: &Action) -> bool {
    matches!(action, Action::Partition(_) | Action::Isolate | Action::Mute { .. })
}
