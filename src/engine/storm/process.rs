//! Faults of processes: they die, they stand still, and they start again.

use crate::engine::digest::Tag;
use crate::engine::node::{CutPoint, Mail};
use crate::engine::plan::Act;
use crate::engine::record::{Flow, Observer, Record, What};
use crate::engine::simulation::{Simulation, note};
use crate::fault::{Action, DiskFate};
use crate::id::{NodeId, hash_name};
use crate::protocol::{Input, Protocol};
use crate::rng::{Keyed, Luck64, mix};
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
        self.crash(node, place, observer);
        true
    }

    /// A crash strikes: at once, or armed for a cut point.
    pub(super) fn strike_down<O: Observer<P>>(
        &mut self,
        node: NodeId,
        place: usize,
        after_effect: Option<u32>,
        observer: &mut O,
    ) {
        match after_effect {
            Some(effects_left) => {
                let doom = CutPoint { effects_left, fault: place };
                self.nodes[node.index()].trouble().doom = Some(doom);
            }
            None => self.crash(node, place, observer),
        }
    }

    /// A crash loop lets its nodes restart, to strike again. Whether it does: not after the last
    /// time.
    pub(super) fn restart_in_loop<O: Observer<P>>(
        &mut self,
        place: usize,
        observer: &mut O,
    ) -> bool {
        let Some((nodes, up)) = self.plan.restarts(place) else { return false };
        let slot = self.plan.add_late(Act::Again(place));
        self.queue_plan(self.world.now + up, slot, slot);
        nodes.into_iter().for_each(|node| self.stand_up(node, place, observer));
        true
    }

    pub(super) fn strike_again<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        let Some(nodes) = self.plan.struck(place).map(<[NodeId]>::to_vec) else { return };
        let fault = self.plan.fault(place);
        let (lasts, terms) = (fault.lasts, fault.action.crash());
        self.event();
        for node in nodes {
            self.strike_down(node, place, terms.and_then(|(after, _)| after), observer);
        }
        if let Some(length) = lasts {
            let slot = self.plan.add_late(Act::End(place));
            self.queue_plan(self.world.now + length, slot, slot);
        }
    }

    /// Of these nodes, those whose disks this may harm: a disk that is to die later may hold
    /// something by then.
    pub(super) fn disks_at_stake(&self, action: &Action, nodes: &[NodeId]) -> Vec<NodeId> {
        // What a lying disk will not have saved by the next crash nobody knows yet.
        let is_later = match (action, action.crash()) {
            (Action::LyingDisk | Action::CrashLoop { disk: DiskFate::Amnesia, .. }, _) => true,
            (_, Some((after_effect, DiskFate::Amnesia))) => after_effect.is_some(),
            _ => return Vec::new(),
        };
        let holds = |node: &NodeId| {
            let disk = self.nodes[node.index()].used_disk();
            is_later || disk.is_some_and(|disk| disk.holds_something())
        };
        nodes.iter().copied().filter(holds).collect()
    }

    pub(super) fn crash<O: Observer<P>>(&mut self, node: NodeId, place: usize, observer: &mut O) {
        let writes_lost = self.lose_writes(node, place);
        let trouble = self.nodes[node.index()].trouble();
        trouble.held_down.push(place);
        let status = &mut self.world.nodes[node.index()];
        let is_death = matches!(self.plan.fault(place).action, Action::Death { .. });
        let is_new = is_death && !status.is_gone;
        status.is_gone |= is_death;
        if status.condition == Condition::Down {
            return self.plan.did(place, u64::from(is_new) + writes_lost);
        }
        trouble.doom = None;
        trouble.under_way = None;
        trouble.rest.clear();
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
        self.plan.aims.forget(node);
        self.plan.did(place, 1 + writes_lost);
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
        let status = &self.world.nodes[node.index()];
        if is_free && status.condition == Condition::Down && !status.is_gone {
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
    pub(in crate::engine) fn pause<O: Observer<P>>(
        &mut self,
        node: NodeId,
        fault: usize,
        observer: &mut O,
    ) {
        let status = &mut self.world.nodes[node.index()];
        if status.condition == Condition::Down {
            return;
        }
        self.nodes[node.index()].trouble().held_paused.push(fault);
        if status.condition == Condition::Up {
            status.condition = Condition::Paused;
            self.plan.did(fault, 1);
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
        let timers_first = luck.next() & 1 == 0;
        let trouble = self.nodes[node.index()].trouble();
        if timers_first {
            // What waits in the mailbox comes behind them.
            trouble.overdue.append(&mut trouble.mailbox);
            std::mem::swap(&mut trouble.overdue, &mut trouble.mailbox);
        } else {
            trouble.mailbox.append(&mut trouble.overdue);
        }
        self.go_on(node, observer);
        self.work(node, observer);
    }

    /// The end of a stall of one node.
    pub(super) fn wake<O: Observer<P>>(&mut self, place: usize, node: NodeId, observer: &mut O) {
        let now = self.world.now;
        let Some(is_last) = self.plan.released(place, node, now) else { return };
        let id = self.plan.fault(place).id;
        self.event();
        if is_last {
            self.digests.head(Tag::Ended, now, NodeId::new(id.0), 0);
            note!(self, observer, node, What::Ended { fault: id });
        }
        self.resume(node, place, observer);
    }

    /// Disarms a stall that found no step, or ends it.
    pub(super) fn end_stall<O: Observer<P>>(
        &mut self,
        node: NodeId,
        place: usize,
        observer: &mut O,
    ) {
        let stall = &mut self.nodes[node.index()].trouble().stall;
        stall.take_if(|stall| stall.fault == place);
        self.resume(node, place, observer);
    }
}
