//! Disks as the twin sees them: lists, counted anew each time.

use super::{Coming, Mail, REST, TOLD, Twin};
use stormseed::conditions::Latency;
use stormseed::fault::Action;
use stormseed::protocol::{Durable, Synced};
use stormseed::time::Duration;

impl Twin<'_> {
    fn disk_actions(&self, node: usize) -> impl DoubleEndedIterator<Item = &Action> {
        let faults = &self.faults;
        self.actors[node].disk_faults.iter().map(|place| &faults[*place].action)
    }

    pub(super) fn sync(&mut self, node: usize, waits: bool) {
        let now = self.now;
        let life = self.actors[node].boots;
        let constant = |latency| match latency {
            Latency::Constant(length) => length,
            other => panic!("the twin has no luck for {other:?}"),
        };
        let slow = self.disk_actions(node).rev().find_map(|action| match action {
            Action::SlowDisk(latency) => Some(constant(*latency)),
            _ => None,
        });
        let usual = constant(self.stage.conditions.sync);
        let mut length = slow.unwrap_or(usual);
        if self.disk_actions(node).any(|action| *action == Action::FullDisk) {
            length = length.max(Duration::from_millis(10));
        }
        let is_sound = self.disk_actions(node).next().is_none();
        let actor = &mut self.actors[node];
        if usual == Duration::ZERO && is_sound && !waits {
            for write in actor.unsynced.drain(..) {
                actor.disk.apply(&write);
            }
            self.queue.push((now, TOLD + node as u32, Coming::Told { node, life }));
            return;
        }
        let at = actor.syncs.last().map_or(now + length, |(_, last)| (now + length).max(*last));
        actor.syncs.push((actor.unsynced.len(), at));
        self.queue.push((at, REST, Coming::SyncEnds { node, life }));
    }

    pub(super) fn sync_ends(&mut self, node: usize) {
        let is = |twin: &Self, action: Action| twin.disk_actions(node).any(|own| *own == action);
        let is_due = self.actors[node].syncs.first().is_some_and(|(_, at)| *at <= self.now);
        if is(self, Action::StalledDisk) {
            self.actors[node].kept_back += usize::from(is_due);
            return;
        }
        let (is_full, lies) = (is(self, Action::FullDisk), is(self, Action::LyingDisk));
        if !is_due {
            return; // it has failed with another
        }
        let actor = &mut self.actors[node];
        let is_heard = !actor.has_failed_unheard();
        let (saves, _) = actor.syncs.remove(0);
        if is_full && saves > 0 {
            actor.unsynced.clear();
            let done = actor.done;
            actor.held.retain(|(barrier, _)| *barrier <= done || *barrier == usize::MAX);
            actor.done += 1 + actor.syncs.len();
            actor.syncs.clear();
            if is_heard {
                self.mail(node, Mail::Synced(Synced::Failed));
            }
            return;
        }
        if !lies {
            actor.syncs.iter_mut().for_each(|(rest, _)| *rest -= saves);
            for write in actor.unsynced.drain(..saves) {
                actor.disk.apply(&write);
            }
        }
        actor.done += 1;
        if is_heard {
            self.mail(node, Mail::Synced(Synced::Done));
        }
    }

    pub(super) fn mend_disk(&mut self, place: usize, node: usize) {
        self.actors[node].disk_faults.retain(|by| *by != place);
        if self.disk_actions(node).any(|action| *action == Action::StalledDisk) {
            return;
        }
        let life = self.actors[node].boots;
        for _ in 0..std::mem::take(&mut self.actors[node].kept_back) {
            self.queue.push((self.now, TOLD + node as u32, Coming::SyncEnds { node, life }));
        }
    }
}
