//! The storm: how faults strike, what they do, and how they are taken back.

mod clock;
mod command;
mod disk;
mod messages;
mod network;
mod process;
mod remainder;
mod spread;

use super::digest::Tag;
use super::node::CutPoint;
use super::plan::{Act, Active, HELD};
use super::record::{Flow, Observer, Record, What};
use super::simulation::{Simulation, note};
use crate::fault::{Action, CutKind, Fault, Filter, Harm, Manner, Struck, Target, Unfired};
use crate::id::{NodeId, NodeSet};
use crate::protocol::Protocol;

impl<P: Protocol> Simulation<P> {
    pub(super) fn plan_next(&mut self) {
        if let Some((at, order, slot)) = self.plan.upcoming() {
            self.queue_plan(at, order, slot);
        }
    }

    #[inline(never)]
    pub(super) fn strike_planned<O: Observer<P>>(&mut self, slot: u32, observer: &mut O) {
        let (act, is_timeline) = self.plan.take(slot);
        if is_timeline {
            self.plan_next();
        }
        match act {
            Act::Strike(fault) => self.strike(fault, observer),
            Act::StrikeAgain(fault) if self.is_unheard_next() => self.plan.hold(fault),
            Act::StrikeAgain(fault) => self.strike(fault, observer),
            Act::End(fault) => self.end_fault(fault, observer),
            Act::Command(command) => self.command(command, observer),
            Act::Ask(client) => self.ask(client, observer),
            Act::GiveUp(client, place) => self.give_up(client, place, observer),
            Act::Heal => self.heal(observer),
            Act::Flap(fault, nth) => self.flap(fault, nth, observer),
            Act::Turn(fault) => self.turn(fault, slot, observer),
            Act::Again(fault) => self.strike_again(fault, observer),
            Act::Wake(fault, node) => self.wake(fault, node, observer),
        }
    }

    /// An observation was made: faults and commands that waited for it get their time.
    pub(super) fn milestone(&mut self, node: NodeId, word: u16) {
        let state = self.nodes[node.index()].process.state();
        let plays = |role: &str| state.is_some_and(|state| state.plays(role));
        for (act, after) in self.plan.milestones.reached(word, node, plays) {
            let at = self.world.now + after;
            if let Act::Strike(fault) = act {
                self.plan.withheld(fault, Unfired::Ahead);
            }
            let slot = self.plan.add_late(act);
            self.queue_plan(at, slot, slot);
        }
    }

    /// Lets faults that are struck again go: those whose event is next, or all that are held at
    /// this instant because it is over.
    pub(super) fn strike_held(&mut self, is_over: bool) {
        if !is_over && self.is_unheard_next() {
            return;
        }
        let next_event = if is_over { u64::MAX } else { self.counts.events + 1 };
        for fault in self.plan.let_go(next_event) {
            let slot = self.plan.add_late(Act::StrikeAgain(fault));
            self.queue_plan(self.world.now, HELD, slot);
        }
    }

    /// Whether the next act at this instant is a command that no node is up to hear. It is no event
    /// that could be counted, and it comes before what strikes late at the instant.
    fn is_unheard_next(&self) -> bool {
        let command = self.plan.upcoming_command(self.world.now);
        let is_deaf = |node: &NodeId| !self.world.is_up(*node);
        command.is_some_and(|command| self.asked(&command.to).iter().all(is_deaf))
    }

    fn strike<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        if self.world.healed {
            return self.plan.withheld(place, Unfired::StormOver);
        }
        if self.plan.is_early(place, self.counts.events + 1) {
            return self.plan.hold(place);
        }
        let nodes = self.aimed_at(place);
        self.strike_nodes(place, nodes, observer);
    }

    /// Whom a fault strikes now.
    fn aimed_at(&self, place: usize) -> Vec<NodeId> {
        let Fault { id, who, struck, .. } = self.plan.fault(place);
        match struck {
            Some(struck) => struck.nodes.clone(),
            None => self.struck_by(*id, who),
        }
    }

    fn strike_nodes<O: Observer<P>>(&mut self, place: usize, nodes: Vec<NodeId>, observer: &mut O) {
        let fault = self.plan.fault(place).clone();
        let now = self.world.now;
        if nodes.is_empty() || self.is_sent_to_nobody(&fault) {
            let window = fault.choices().map(|(_, window)| window).max();
            self.plan.aims.wait(place, now, now + window.unwrap_or_default());
            return self.plan.withheld(place, Unfired::Nobody); // so far
        }
        // What a lie harms leaves the budget to the faults of the storm.
        let is_allowed =
            fault.id.is_lie() || self.disks.charge(&self.disks_at_stake(&fault.action, &nodes));
        if !is_allowed && fault.struck.is_none() {
            return self.plan.withheld(place, Unfired::Budget);
        }
        self.plan.aims.found(place);
        self.event();
        self.digests.head(Tag::Struck, now, NodeId::new(fault.id.0), nodes.len() as u32);
        let struck = Struck { at: now, event: self.world.event, nodes: nodes.clone() };
        let is_lasting = !fault.action.is_instant();
        self.plan.began(place, struck, is_lasting);
        if let Some(spread) = self.plan.spread_of(place) {
            self.plan.did(spread, 1);
        }
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
        // A stall lasts from where it comes to a standstill.
        let ends_then = is_lasting && !matches!(fault.action, Action::Stall { .. });
        if let (true, Some(length)) = (ends_then, fault.lasts) {
            let slot = self.plan.add_late(Act::End(place));
            self.queue_plan(now + length, slot, slot);
        }
        self.plan_flap(place, 1);
        if let Some(at) = self.plan.next_turn(place, 0) {
            let slot = self.plan.add_late(Act::Turn(place));
            self.queue_plan(at, slot, slot);
        }
    }

    fn is_sent_to_nobody(&self, fault: &Fault) -> bool {
        match &fault.action {
            Action::Messages { filter, .. } => self.heard_by(fault.id, &filter.to).is_empty(),
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
            Action::Crash { after_effect, .. }
            | Action::CrashLoop { after_effect, .. }
            | Action::Death { after_effect, .. } => {
                nodes.iter().for_each(|&n| self.strike_down(n, place, *after_effect, observer));
            }
            Action::Stall { after_effect } => {
                for &node in nodes {
                    let stall = CutPoint { effects_left: *after_effect, fault: place };
                    self.nodes[node.index()].trouble().stall = Some(stall);
                }
            }
            Action::Slow { .. } => nodes.iter().for_each(|&node| self.set_pace(node)),
            Action::Spread { action, offsets } => {
                self.strike_apart(place, fault, action, offsets, nodes);
            }
            Action::Pause => nodes.iter().for_each(|&node| self.pause(node, place, observer)),
            Action::Partition(_) | Action::Isolate | Action::Mute { .. } | Action::Sever { .. } => {
                self.sever(place, nodes);
            }
            Action::Loss(chance) => self.harm(id, None, &Filter::all(*chance), Harm::Lose),
            Action::Messages { filter, harm } => {
                let senders = (fault.who != Target::All).then_some(nodes);
                self.harm(id, senders, filter, *harm);
            }
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
        if self.restart_in_loop(place, observer) {
            return;
        }
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
            Action::Crash { .. } | Action::CrashLoop { .. } | Action::Death { .. } => {
                for node in active.nodes {
                    self.stand_up(node, place, observer);
                }
            }
            Action::Stall { .. } => {
                active.nodes.iter().for_each(|&node| self.end_stall(node, place, observer));
            }
            Action::Slow { .. } => active.nodes.iter().for_each(|&node| self.set_pace(node)),
            Action::Spread { .. } => {}
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
        self.plan.aims.disarm();
        let mut in_force = self.plan.disarm();
        in_force.sort_by_key(|active| self.plan.fault(active.fault).action.holds_process());
        in_force.retain(|active| !self.stays_severed(active, &core));
        in_force.iter().for_each(|active| self.mend_links(active));
        self.world.links.spare(&core);
        self.weather.harms.spare(&core, self.world.size());
        self.release_for_good();
        for mut active in in_force {
            let struck = active.nodes.len();
            let action = &self.plan.fault(active.fault).action;
            if is_of_nodes(action) {
                let is_death = matches!(action, Action::Death { .. });
                let is_for_good = |node| is_death && self.world.is_gone(node);
                active.nodes.retain(|&node| core.contains(node) && !is_for_good(node));
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

/// Whether a fault lies in nodes, and not in the network between them: whoever is not in the core
/// keeps it for good.
const fn is_of_nodes(action: &Action) -> bool {
    let is_harm = matches!(action, Action::Loss(_) | Action::Messages { .. });
    !is_harm && !is_cut(action) && !matches!(action, Action::Sever { .. })
}
