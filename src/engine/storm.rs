//! The storm: how faults strike, what they do, and how they are taken back.

use super::digest::Tag;
use super::node::{Doom, Mail};
use super::plan::{Act, Active};
use super::record::{Flow, Observer, Record, What};
use super::simulation::{Simulation, note};
use crate::conditions::InFlight;
use crate::fault::{Action, DiskFate, Fault, Struck, Target, When};
use crate::id::{FaultId, NodeId, NodeSet, hash_name};
use crate::protocol::{Input, Protocol, Words};
use crate::rng::{Keyed, Luck64, mix};
use crate::schedule::Recipient;
use crate::time::{Drift, SimTime};
use crate::topology::Cut;
use crate::world::Condition;
use std::num::NonZeroU32;

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
        let fault = self.plan.fault(place).clone();
        let nodes = self.nodes_of(&fault.who);
        if nodes.is_empty() {
            return; // nobody plays the role: reported as not fired
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

    fn cut(&mut self, fault: FaultId, cut: &Cut) {
        self.world.links.cut(fault, cut);
        self.world.connectivity_changed = self.world.now;
        if self.conditions.network.in_flight == InFlight::Drop {
            let links = &self.world.links;
            for flight in self.messages.iter_mut() {
                if flight.cut_by.is_none() && links.closed_by(fault, flight.from, flight.to) {
                    flight.cut_by = Some(fault);
                }
            }
        }
    }

    fn set_drift(&mut self, fault: FaultId, node: NodeId, drift: Drift) {
        let now = self.world.now;
        let clock = &mut self.world.nodes[node.index()].clock;
        clock.set_drift(now, drift);
        let clock = *clock;
        let mut next = Some(node.number());
        while let Some(slot) = next {
            let timer = self.timers.at(&mut self.nodes, slot);
            next = timer.next.map(NonZeroU32::get);
            // One that is overdue waits for its node, not for its clock.
            if timer.armed && timer.due > now {
                let due = clock.true_time(timer.deadline).max(now);
                self.plan.acted(fault, u64::from(due != timer.due));
                timer.due = due;
                if timer.due < timer.queued {
                    self.queue_timer(slot);
                }
            }
        }
    }

    /// Whether a doomed node dies here, all its effects done; `next` says that one more would come.
    pub(super) fn dies_here<O: Observer<P>>(
        &mut self,
        node: NodeId,
        next: bool,
        observer: &mut O,
    ) -> bool {
        let trouble = self.nodes[node.index()].trouble();
        let Some(doom) = &mut trouble.doom else { return false };
        if doom.effects_left > 0 {
            doom.effects_left -= u32::from(next);
            return false;
        }
        let place = doom.fault;
        trouble.held_down.push(place);
        let Action::Crash { disk, .. } = self.plan.fault(place).action else { return false };
        let id = self.plan.fault(place).id;
        self.crash(node, id, disk, observer);
        true
    }

    pub(super) fn crash<O: Observer<P>>(
        &mut self,
        node: NodeId,
        fault: FaultId,
        fate: DiskFate,
        observer: &mut O,
    ) {
        let own = &mut self.nodes[node.index()];
        let writes_lost = match fate {
            DiskFate::Synced => own.disk().crash(),
            DiskFate::Amnesia => own.disk().wipe(),
        };
        let left = own.disk().base().clone();
        own.process.crash(left);
        if self.world.nodes[node.index()].condition == Condition::Down {
            self.plan.acted(fault, writes_lost);
            return;
        }
        let trouble = own.trouble();
        trouble.doom = None;
        trouble.held_paused.clear();
        trouble.overdue.clear();
        let mailbox = std::mem::take(&mut trouble.mailbox);
        let mut next = Some(node.number());
        while let Some(slot) = next {
            let timer = self.timers.at(&mut self.nodes, slot);
            timer.armed = false;
            next = timer.next.map(NonZeroU32::get);
        }
        self.world.nodes[node.index()].condition = Condition::Down;
        self.world.connectivity_changed = self.world.now;
        self.views[node.index()] = None;
        self.plan.acted(fault, 1 + writes_lost);
        self.digests.head(Tag::Crashed, self.world.now, node, writes_lost as u32);
        note!(self, observer, node, What::Crashed { writes_lost });
        for mail in mailbox {
            if let Mail::Message { from, message } = mail {
                self.undeliverable(from, node, &message, observer);
            }
        }
    }

    /// One fault fewer holds the node down; the last one lets it boot.
    fn stand_up<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
        let trouble = self.nodes[node.index()].trouble();
        trouble.held_down.retain(|by| *by != fault);
        if trouble.doom.is_some_and(|doom| doom.fault == fault) {
            trouble.doom = None; // it took no step, so it never died
        }
        let is_free = trouble.held_down.is_empty();
        if is_free && self.world.nodes[node.index()].condition == Condition::Down {
            self.boot(node, observer);
        }
    }

    pub(super) fn boot<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let now = self.world.now;
        let status = &mut self.world.nodes[node.index()];
        if status.boots > 0 && self.conditions.restart_resets_clock {
            status.clock.reset_monotonic(now);
        }
        status.boots += 1;
        let boots = status.boots;
        // A pause holds a process, and this is a new one.
        status.condition = Condition::Up;
        self.world.connectivity_changed = now;
        self.event();
        self.counts.boots += 1;
        self.digests.head(Tag::Booted, now, node, boots);
        note!(self, observer, node, What::Booted { boots });
        self.step(node, Input::Boot, observer);
    }

    /// A pause holds the process that runs now; the next one, after a crash, is free.
    fn pause<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
        let status = &mut self.world.nodes[node.index()];
        if status.condition == Condition::Down {
            return;
        }
        self.nodes[node.index()].trouble().held_paused.push(fault);
        if status.condition == Condition::Up {
            status.condition = Condition::Paused;
            self.plan.waited(&[fault]);
            self.world.connectivity_changed = self.world.now;
            self.digests.head(Tag::Paused, self.world.now, node, 0);
            note!(self, observer, node, What::Paused);
        }
    }

    fn resume<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
        let held = &mut self.nodes[node.index()].trouble().held_paused;
        held.retain(|by| *by != fault);
        let is_paused = self.world.nodes[node.index()].condition == Condition::Paused;
        if !held.is_empty() || !is_paused {
            return;
        }
        self.world.nodes[node.index()].condition = Condition::Up;
        self.world.connectivity_changed = self.world.now;
        self.digests.head(Tag::Resumed, self.world.now, node, 0);
        note!(self, observer, node, What::Resumed);
        let key = mix(self.disk_seed ^ hash_name("resume"), u64::from(node.number()));
        let mut luck = Keyed::new(mix(key, self.world.now.as_nanos()));
        if luck.next() & 1 == 0 {
            self.ring_overdue(node, observer);
            self.open_mailbox(node, observer);
        } else {
            self.open_mailbox(node, observer);
            self.ring_overdue(node, observer);
        }
    }

    fn ring_overdue<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        for slot in std::mem::take(&mut self.nodes[node.index()].trouble().overdue) {
            let timer = self.timers.at(&mut self.nodes, slot);
            // The mailbox may have cancelled it or set it again.
            let is_due = timer.armed && timer.due <= self.world.now;
            if is_due && timer.queued == SimTime::MAX && self.world.is_up(node) {
                self.fire(slot, observer);
            }
        }
    }

    fn open_mailbox<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        // A crash on the way empties the mailbox.
        while let Some(mail) = self.nodes[node.index()].trouble().mailbox.pop_front() {
            match mail {
                Mail::Message { from, message } => self.deliver(node, from, message, observer),
                Mail::Command(command) => self.give(node, command, observer),
                Mail::Synced => self.synced(node, observer),
            }
        }
    }

    fn command<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        let planned = self.plan.command(place);
        let command = planned.command.clone();
        let nodes = match &planned.to {
            Recipient::Node(node) => vec![*node],
            Recipient::Role(role) => self.playing(role),
        };
        self.counts.unheard += u64::from(nodes.is_empty());
        for node in nodes {
            match self.world.nodes[node.index()].condition {
                Condition::Up => self.give(node, command.clone(), observer),
                Condition::Paused => self.wait(node, Mail::Command(command.clone())),
                Condition::Down => self.counts.unheard += 1,
            }
        }
    }

    fn give<O: Observer<P>>(&mut self, node: NodeId, command: P::Command, observer: &mut O) {
        self.event();
        self.counts.commanded += 1;
        self.digests.head(Tag::Commanded, self.world.now, node, u32::from(command.word()));
        self.digests.trace.fold_value(&command);
        note!(self, observer, node, What::Commanded(&command));
        self.step(node, Input::Command(command), observer);
    }
}

/// Whether a fault acts by closing links.
const fn is_cut(action: &Action) -> bool {
    matches!(action, Action::Partition(_) | Action::Isolate | Action::Mute { .. })
}
