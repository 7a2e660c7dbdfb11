//! Faults of disks: what troubles one until it is mended, and what a crash leaves on it.

use crate::engine::digest::Tag;
use crate::engine::record::{Flow, Observer, Record, What};
use crate::engine::simulation::{Simulation, note};
use crate::fault::{Action, DiskFate};
use crate::id::{NodeId, hash_name};
use crate::protocol::Protocol;
use crate::rng::{Keyed, mix};

impl<P: Protocol> Simulation<P> {
    pub(super) fn trouble_disk(&mut self, fault: usize, node: NodeId) {
        self.nodes[node.index()].disk().faults.push(fault);
    }

    /// A fault fewer. What stalled syncs would have said, they say now.
    pub(super) fn mend_disk(&mut self, fault: usize, node: NodeId) {
        let disk = self.nodes[node.index()].disk();
        disk.faults.retain(|by| *by != fault);
        let stalls = |by: &usize| self.plan.fault(*by).action == Action::StalledDisk;
        if stalls(&fault) && !disk.faults.iter().any(stalls) {
            for _ in 0..disk.overdue(self.world.now) {
                self.queue_sync(node, self.world.now, 0);
            }
        }
    }

    /// A crash leaves on the disk what its fate says. Returns how many writes are lost.
    pub(super) fn lose_writes(&mut self, node: NodeId, place: usize) -> u64 {
        let fault = self.plan.fault(place);
        let fate = fault.action.crash().map_or(DiskFate::Synced, |(_, fate)| fate);
        let key = mix(self.disk_seed ^ hash_name("crash"), u64::from(node.number()));
        // A crash loop has other luck each time.
        let nth = u64::from(self.plan.turn_of(place));
        let mut luck = Keyed::new(mix(key, u64::from(fault.id.0) | nth << 32));
        let own = &mut self.nodes[node.index()];
        let lost = own.disk().crash(fate, &mut luck);
        let left = own.disk().base().clone();
        own.process.crash(left);
        self.betrayed(node);
        lost
    }

    /// Puts the writes that were lost though a sync had been reported as done down to the lies.
    pub(in crate::engine) fn betrayed(&mut self, node: NodeId) {
        for fault in self.nodes[node.index()].disk().betrayed.drain(..) {
            self.plan.did(fault, 1);
        }
    }

    /// A node that boots looks at the end of what is on its disk.
    pub(super) fn find_torn<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let own = &mut self.nodes[node.index()];
        if own.used_disk().is_some_and(|disk| disk.is_torn()) && own.disk().take_torn() {
            own.process.tear();
            self.digests.head(Tag::Torn, self.world.now, node, 0);
            note!(self, observer, node, What::Torn);
        }
    }
}
