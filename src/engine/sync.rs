//! Syncs: how a disk is asked, how it answers, and what leaves when it has.
//!
//! Faults of the disk act here and nowhere else: they change how long a sync takes, whether it ends
//! at all, and what is true of its answer. A disk that no fault troubles goes the short way.

use super::digest::Tag;
use super::disk::{Answer, Held};
use super::network::travel;
use super::node::Mail;
use super::record::{Flow, Observer, Promised, Record, What};
use super::simulation::{Simulation, note};
use super::under_way::Part;
use crate::conditions::Latency;
use crate::fault::Action;
use crate::id::{NodeId, hash_name};
use crate::protocol::{Input, Protocol, Synced};
use crate::rng::{Keyed, Luck64, bernoulli, mix, range};
use crate::time::Duration;

/// What a sync takes at least on a disk that fails: whoever tries again at once would never get
/// anywhere on one that takes no time.
const FAILURE_MIN: Duration = Duration::from_millis(10);

impl<P: Protocol> Simulation<P> {
    /// Asks the disk. One that takes no time is done before the next effect; the node is told by
    /// an event of its own all the same.
    pub(super) fn sync(&mut self, node: NodeId) {
        let disk = self.nodes[node.index()].disk();
        let is_sound = disk.faults.is_empty();
        if self.conditions.sync == Latency::ZERO && !disk.is_waiting() && is_sound {
            disk.flush();
            self.queue_sync(node, self.world.now, 0);
            return;
        }
        let nth = disk.next_sync();
        let key = mix(self.disk_seed, u64::from(node.number()) << 32 ^ nth);
        let mut luck = Keyed::new(key);
        let tie = luck.clone().next() as u32;
        let takes = if is_sound {
            travel(self.conditions.sync, &mut luck)
        } else {
            self.troubled_sync(node, &luck)
        };
        let at = self.nodes[node.index()].disk().ask(self.world.now + takes);
        self.queue_sync(node, at, tie);
    }

    /// How long a sync takes while faults trouble the disk. All latencies are drawn from the same
    /// luck, so that a sync which would have been slow is slow on a slow disk too.
    fn troubled_sync(&mut self, node: NodeId, luck: &Keyed) -> Duration {
        let usual = travel(self.conditions.sync, &mut luck.clone());
        let mut takes = usual;
        let mut slowed_by = None;
        let mut least = Duration::ZERO;
        for &place in &self.nodes[node.index()].disk().faults {
            match self.plan.fault(place).action {
                Action::SlowDisk(latency) => {
                    takes = travel(latency, &mut luck.clone());
                    slowed_by = Some(place);
                }
                Action::FailingDisk(_) | Action::FullDisk => least = FAILURE_MIN,
                _ => {}
            }
        }
        if let Some(place) = slowed_by {
            self.plan.did(place, u64::from(takes != usual));
        }
        takes.max(least)
    }

    /// A sync may be due: if it is, the disk answers, and the node is told as soon as it hears.
    #[inline(never)]
    pub(super) fn sync_done<O: Observer<P>>(&mut self, node: u32, observer: &mut O) {
        let node = NodeId::new(node);
        let disk = self.nodes[node.index()].disk();
        let answer = if disk.faults.is_empty() || !disk.is_due(self.world.now) {
            Answer::Honest
        } else {
            match self.troubled_answer(node) {
                Some(answer) => answer,
                None => return,
            }
        };
        let disk = self.nodes[node.index()].disk();
        let Some(synced) = disk.end_sync(self.world.now, answer) else { return };
        self.betrayed(node);
        if self.is_free(node) {
            self.tell_synced(node, synced, observer);
        } else {
            if synced == Synced::Failed {
                self.nodes[node.index()].disk().fail_unheard();
            }
            self.wait(node, Mail::Synced(synced));
        }
    }

    /// What a troubled disk says of the sync that is due; `None` if it says nothing yet.
    fn troubled_answer(&mut self, node: NodeId) -> Option<Answer> {
        let disk = self.nodes[node.index()].disk();
        let (nth, saves, unsaved) = (disk.oldest_sync(), disk.saves(), disk.unsaved());
        let key = mix(self.disk_seed ^ hash_name("sync-failure"), u64::from(node.number()));
        let (mut answer, mut lie) = (Some(Answer::Honest), None);
        for &place in &disk.faults {
            if self.plan.fault(place).action == Action::StalledDisk {
                self.plan.did(place, 1);
                answer = None;
            }
        }
        for &place in disk.faults.iter().filter(|_| answer.is_some()) {
            let fault = self.plan.fault(place);
            match fault.action {
                Action::FullDisk if saves > 0 => {
                    self.plan.did(place, 1);
                    return Some(Answer::Failed { kept: 0 });
                }
                Action::FailingDisk(chance) => {
                    let mut luck = Keyed::new(mix(mix(key, fault.id.0.into()), nth));
                    if bernoulli(&mut luck, chance) {
                        self.plan.did(place, 1);
                        return Some(Answer::Failed { kept: range(&mut luck, 0..=unsaved) });
                    }
                }
                Action::LyingDisk => lie = Some(Answer::Lie { by: place }),
                _ => {}
            }
        }
        answer.and(lie.or(answer))
    }

    /// Tells a node how its sync ended, after what had waited for it has left.
    pub(super) fn tell_synced<O: Observer<P>>(
        &mut self,
        node: NodeId,
        synced: Synced,
        observer: &mut O,
    ) {
        self.event();
        self.digests.head(Tag::Synced, self.world.now, node, synced as u32);
        note!(self, observer, node, What::Synced(synced));
        if synced == Synced::Failed {
            self.nodes[node.index()].disk().hear_of_failure();
        }
        self.release_held(node, synced, observer);
    }

    /// Lets go what no longer has to wait for the disk, and then tells the node. What leaves late
    /// is an effect too: a crash or a stall may fall between two of these.
    pub(super) fn release_held<O: Observer<P>>(
        &mut self,
        node: NodeId,
        synced: Synced,
        observer: &mut O,
    ) {
        while self.nodes[node.index()].disk().has_released() {
            if self.nodes[node.index()].is_cut_short() {
                if let Some(fault) = self.nodes[node.index()].trouble().stalls_here() {
                    return self.stand_still(node, fault, Part::LettingGo(synced), observer);
                }
                if self.dies_here(node, true, observer) {
                    return;
                }
            }
            match self.nodes[node.index()].disk().release() {
                Some(Held::Message { to, message }) => self.transmit(node, to, message, observer),
                Some(Held::Promise(observation)) => {
                    self.observed(node, &observation, Promised::Promise, observer);
                }
                None => break,
            }
        }
        self.step(node, Input::Synced(synced), observer);
    }
}
