//! Narrow links: messages leave one at a time, wait in a queue, and are lost when it is full.
//!
//! All that is kept of a link is the instant from which it is free again, and only of links that
//! carry something.

use crate::conditions::Bandwidth;
use crate::id::NodeId;
use crate::time::{Duration, SimTime};
use std::collections::BTreeMap;

/// So many links are remembered before those are let go that have long been free.
const FEW: usize = 1024;

/// The queues before narrow links.
#[derive(Debug)]
pub(super) struct Queues {
    free_at: BTreeMap<(NodeId, NodeId), SimTime>,
    /// How many links are remembered before somebody looks which of them are free.
    most: usize,
}

impl Default for Queues {
    fn default() -> Self {
        Queues { free_at: BTreeMap::new(), most: FEW }
    }
}

impl Queues {
    /// How long a message waits before it leaves; `None` if the queue is full, and it is lost.
    pub fn wait(
        &mut self,
        link: (NodeId, NodeId),
        Bandwidth { spacing, queue }: Bandwidth,
        now: SimTime,
    ) -> Option<Duration> {
        if self.free_at.len() >= self.most {
            self.free_at.retain(|_, free_at| *free_at > now);
            self.most = FEW.max(2 * self.free_at.len());
        }
        let free_at = self.free_at.entry(link).or_default();
        let wait = free_at.since(now);
        let ahead = wait.as_nanos().div_ceil(spacing.as_nanos().max(1));
        if ahead > u64::from(queue) {
            return None;
        }
        *free_at = now + wait + spacing;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn n(number: u32) -> NodeId {
        NodeId::new(number)
    }

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + ms(millis)
    }

    #[test]
    fn messages_leave_one_at_a_time_and_what_finds_the_queue_full_is_lost() {
        let mut queues = Queues::default();
        let narrow = Bandwidth { spacing: ms(10), queue: 2 };
        let mut wait = |from, to, millis| queues.wait((n(from), n(to)), narrow, at(millis));
        let waits: Vec<Option<Duration>> = (0..4).map(|_| wait(0, 1, 5)).collect();
        assert_eq!(waits, [Some(ms(0)), Some(ms(10)), Some(ms(20)), None]);
        assert_eq!(wait(1, 0, 5), Some(ms(0)), "each direction has its own queue");
        // At 15 ms the second leaves: one waits, and there is room for one.
        assert_eq!(wait(0, 1, 15), Some(ms(20)));
        assert_eq!(wait(0, 1, 15), None);
        assert_eq!(wait(0, 1, 1_000), Some(ms(0)), "an idle link is free");
        let without_queue = Bandwidth { spacing: ms(10), queue: 0 };
        let mut wait = |millis| queues.wait((n(2), n(3)), without_queue, at(millis));
        assert_eq!((wait(0), wait(9), wait(10)), (Some(ms(0)), None, Some(ms(0))));
    }

    #[test]
    fn links_that_are_free_are_forgotten_and_busy_ones_are_not() {
        let mut queues = Queues::default();
        let narrow = Bandwidth { spacing: ms(10), queue: 9 };
        queues.wait((n(0), n(1)), Bandwidth { spacing: ms(1_000_000), queue: 9 }, at(0));
        for millis in 0..100_000 {
            queues.wait((n(2), n(3 + millis as u32)), narrow, at(millis));
            assert!(queues.free_at.len() <= FEW);
        }
        assert_eq!(queues.wait((n(0), n(1)), narrow, at(100_000)), None);
    }
}
