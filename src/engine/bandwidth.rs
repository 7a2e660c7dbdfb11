//! A narrow link: messages leave it one at a time, wait in a queue, and are lost when it is full.
//!
//! All that is kept of a link is the instant from which it is free again, and only of links that
//! carry something.

use crate::id::NodeId;
use crate::time::{Duration, SimTime};
use std::collections::BTreeMap;

/// Links of one width, each with a queue of its own.
#[derive(Debug)]
pub(super) struct Bandwidth {
    spacing: Duration,
    queue: u32,
    free_at: BTreeMap<(NodeId, NodeId), SimTime>,
}

impl Bandwidth {
    /// One message each `spacing`, and so many that wait.
    pub const fn new(spacing: Duration, queue: u32) -> Self {
        Bandwidth { spacing, queue, free_at: BTreeMap::new() }
    }

    /// How long a message waits before it leaves; `None` if the queue is full, and it is lost.
    pub fn wait(&mut self, link: (NodeId, NodeId), now: SimTime) -> Option<Duration> {
        let free_at = self.free_at.entry(link).or_default();
        let wait = free_at.since(now);
        let ahead = wait.as_nanos().div_ceil(self.spacing.as_nanos().max(1));
        if ahead > u64::from(self.queue) {
            return None;
        }
        *free_at = now + wait + self.spacing;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_one_at_a_time_and_what_finds_the_queue_full_is_lost() {
        let (a, b) = (NodeId::new(0), NodeId::new(1));
        let ms = Duration::from_millis;
        let at = |millis| SimTime::ZERO + ms(millis);
        let mut narrow = Bandwidth::new(ms(10), 2);
        let waits: Vec<Option<Duration>> = (0..4).map(|_| narrow.wait((a, b), at(5))).collect();
        assert_eq!(waits, [Some(ms(0)), Some(ms(10)), Some(ms(20)), None]);
        assert_eq!(narrow.wait((b, a), at(5)), Some(ms(0)), "each direction has its own queue");
        // At 15 ms the second leaves: one waits, and there is room for one.
        assert_eq!(narrow.wait((a, b), at(15)), Some(ms(20)));
        assert_eq!(narrow.wait((a, b), at(15)), None);
        assert_eq!(narrow.wait((a, b), at(1_000)), Some(ms(0)), "an idle link is free");
        let mut without_queue = Bandwidth::new(ms(10), 0);
        assert_eq!(without_queue.wait((a, b), at(0)), Some(ms(0)));
        assert_eq!(without_queue.wait((a, b), at(9)), None);
        assert_eq!(without_queue.wait((a, b), at(10)), Some(ms(0)));
    }
}
