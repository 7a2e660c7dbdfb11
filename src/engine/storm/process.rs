//! Faults of processes: they die, they stand still, and they start again.

use crate::engine::digest::Tag;
use crate::engine::node::Mail;
use crate::engine::record::{Flow, Observer, Record, What};
use crate::engine::simulation::{Simulation, note};
use crate::fault::{Action, DiskFate};
use crate::id::{FaultId, NodeId, hash_name};
use crate::protocol::{Input, Protocol};
use crate::rng::{Keyed, Luck64, mix};
use crate::time::SimTime;
use crate::world::Condition;
use std::num::NonZeroU32;

impl<P: Protocol> Simulation<P> {
    /// Whether a doomed node dies here, all its effects done; `next` says that one more would come.
    pub(in crate::engine) fn dies_here<O: Observer<P>>(
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

    /// Of these nodes, those whose disks this may harm: a disk that is to die later may hold
    /// something by then.
    pub(super) fn disks_at_stake(&self, action: &Action, nodes: &[NodeId]) -> Vec<NodeId> {
        // What a lying disk will not have saved by the next crash nobody knows yet.
        let is_later = match action {
            Action::Crash { disk: DiskFate::Amnesia, after_effect } => after_effect.is_some(),
            Action::LyingDisk => true,
            _ => return Vec::new(),
        };
        let holds = |node: &NodeId| {
            let disk = self.nodes[node.index()].used_disk();
            is_later || disk.is_some_and(|disk| disk.holds_something())
        };
        nodes.iter().copied().filter(holds).collect()
    }

    pub(super) fn crash<O: Observer<P>>(
        &mut self,
        node: NodeId,
        fault: FaultId,
        fate: DiskFate,
        observer: &mut O,
    ) {
        let writes_lost = self.lose_writes(node, fault, fate);
        if self.world.nodes[node.index()].condition == Condition::Down {
            self.plan.acted(fault, writes_lost);
            return;
        }
        let trouble = self.nodes[node.index()].trouble();
        trouble.doom = None;
        let paused = std::mem::take(&mut trouble.held_paused);
        trouble.overdue.clear();
        let mailbox = std::mem::take(&mut trouble.mailbox);
        let mut next = Some(node.number());
        while let Some(slot) = next {
            let timer = self.timers.at(&mut self.nodes, slot);
            timer.armed = false;
            next = timer.next.map(NonZeroU32::get);
        }
        // A suspended machine that is restarted runs.
        for pause in paused {
            self.thaw(pause, node);
        }
        self.world.nodes[node.index()].condition = Condition::Down;
        self.world.links.fall(node);
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
    pub(super) fn stand_up<O: Observer<P>>(
        &mut self,
        node: NodeId,
        fault: usize,
        observer: &mut O,
    ) {
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

    pub(in crate::engine) fn boot<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let now = self.world.now;
        let status = &mut self.world.nodes[node.index()];
        if status.boots > 0 && self.conditions.restart_resets_clock {
            status.clock.reset_monotonic(now);
        }
        status.boots += 1;
        let boots = status.boots;
        // A pause holds a process, and this is a new one.
        status.condition = Condition::Up;
        self.world.links.rise(node);
        self.world.connectivity_changed = now;
        self.event();
        self.counts.boots += 1;
        self.digests.head(Tag::Booted, now, node, boots);
        note!(self, observer, node, What::Booted { boots });
        self.find_torn(node, observer);
        self.step(node, Input::Boot, observer);
    }

    /// A pause holds the process that runs now; the next one, after a crash, is free.
    pub(super) fn pause<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
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

    /// A pause in which the monotonic clock stands still too.
    pub(super) fn suspend<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
        if self.world.nodes[node.index()].condition != Condition::Down {
            self.pause(node, fault, observer);
            self.freeze(fault, node);
        }
    }

    pub(super) fn resume<O: Observer<P>>(&mut self, node: NodeId, fault: usize, observer: &mut O) {
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
                Mail::Synced(synced) => self.tell_synced(node, synced, observer),
            }
        }
    }
}
