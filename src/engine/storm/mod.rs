//! The storm: how faults strike, what they do, and how they are taken back.

mod clock;
mod command;
mod disk;
mod messages;
mod network;
mod process;
mod remainder;

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
            Act::Turn(fault) => self.turn(fault, slot, observer),
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
        let nodes = self.nodes_of(&self.plan.fault(place).who);
        self.strike_nodes(place, nodes, observer);
    }

    fn strike_nodes<O: Observer<P>>(&mut self, place: usize, nodes: Vec<NodeId>, observer: &mut O) {
        let fault = self.plan.fault(place).clone();
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
        let is_lasting = !matches!(fault.action, Action::Jump(_) | Action::SlewedJump { .. });
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
        if let Some(at) = self.plan.next_turn(place, 0) {
            let slot = self.plan.add_late(Act::Turn(place));
            self.queue_plan(at, slot, slot);
        }
    }

    fn is_sent_to_nobody(&self, action: &Action) -> bool {
        match action {
            Action::Messages { filter, .. } => self.nodes_of(&filter.to).is_empty(),
            _ => false,
        }
    }

    /// A fault that changes what it does while it is in force does so.
    fn turn<O: Observer<P>>(&mut self, place: usize, slot: u32, observer: &mut O) {
        let Some((turn, nodes)) = self.plan.turns(place) else { return };
        let Fault { id, action, .. } = self.plan.fault(place);
        let (id, action) = (*id, action.clone());
        self.event();
        self.digests.head(Tag::Turned, self.world.now, NodeId::new(id.0), turn);
        note!(self, observer, nodes[0], What::Turned { fault: id });
        for node in nodes {
            match action {
                Action::Strobe { by, .. } if turn % 2 == 0 => self.jump(place, node, by),
                Action::Strobe { by, .. } => self.jump_back(place, node, by),
                _ => self.set_drift(place, node),
            }
        }
        if let Some(at) = self.plan.next_turn(place, turn) {
            self.queue_plan(at, slot, slot);
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
            Action::Drift(_) | Action::Wander(_) => {
                nodes.iter().for_each(|&node| self.set_drift(place, node));
            }
            Action::Jump(by) | Action::Strobe { by, .. } => {
                nodes.iter().for_each(|&node| self.jump(place, node, *by));
            }
            Action::SlewedJump { by, slew } => {
                nodes.iter().for_each(|&node| self.jump_and_slew(place, node, *by, *slew));
            }
            Action::Suspend => nodes.iter().for_each(|&node| self.suspend(node, place, observer)),
            Action::Freeze => nodes.iter().for_each(|&node| self.freeze(place, node)),
            Action::SlowDisk(_)
            | Action::FailingDisk(_)
            | Action::LyingDisk
            | Action::StalledDisk
            | Action::FullDisk => {
                nodes.iter().for_each(|&node| self.trouble_disk(place, node));
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
            Action::Drift(_) | Action::Wander(_) => {
                active.nodes.iter().for_each(|&node| self.set_drift(place, node));
            }
            Action::Jump(_) | Action::SlewedJump { .. } => {}
            Action::Strobe { by, .. } => {
                // After an odd number of turns the clock is right.
                if active.turn % 2 == 0 {
                    active.nodes.iter().for_each(|&node| self.jump_back(place, node, by));
                }
            }
            Action::Suspend => {
                for node in active.nodes {
                    self.thaw(place, node);
                    self.resume(node, place, observer);
                }
            }
            Action::Freeze => active.nodes.iter().for_each(|&node| self.thaw(place, node)),
            Action::SlowDisk(_)
            | Action::FailingDisk(_)
            | Action::LyingDisk
            | Action::StalledDisk
            | Action::FullDisk => {
                active.nodes.iter().for_each(|&node| self.mend_disk(place, node));
            }
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
        in_force.sort_by_key(|active| holds_process(&self.plan.fault(active.fault).action));
        in_force.retain(|active| !self.stays_severed(active, &core));
        in_force.iter().for_each(|active| self.mend_links(active));
        self.world.links.spare(&core);
        self.weather.harms.spare(&core, self.world.size());
        self.release_for_good();
        for mut active in in_force {
            let struck = active.nodes.len();
            if is_of_nodes(&self.plan.fault(active.fault).action) {
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
pub(super) const fn is_cut(action: &Action) -> bool {
    match action {
        Action::Partition(_) | Action::Isolate | Action::Mute { .. } => true,
        Action::Sever { manner: Manner { kind, .. }, .. } => !matches!(kind, CutKind::Slow(_)),
        _ => false,
    }
}

/// Whether a fault holds processes.
const fn holds_process(action: &Action) -> bool {
    matches!(action, Action::Crash { .. } | Action::Pause | Action::Suspend)
}

/// Whether a fault lies in nodes, and not in the network between them: whoever is not in the core
/// keeps it for good.
const fn is_of_nodes(action: &Action) -> bool {
    let is_harm = matches!(action, Action::Loss(_) | Action::Messages { .. });
    !is_harm && !is_cut(action) && !matches!(action, Action::Sever { .. })
}
