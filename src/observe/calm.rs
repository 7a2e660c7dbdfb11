//! Watching a calm run: how long its messages take.

use crate::engine::{Flow, Observer, Record, What};
use crate::protocol::Protocol;
use crate::time::Duration;
use crate::world::World;

/// So many journeys are enough to know the median.
const JOURNEYS: usize = 10_000;

/// Watches messages leave.
#[derive(Debug, Default)]
pub struct Journeys {
    lengths: Vec<Duration>,
}

impl Journeys {
    /// How long a message takes: the median; `None` if none was sent.
    pub fn median(&self) -> Option<Duration> {
        let mut sorted = self.lengths.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied()
    }
}

impl<P: Protocol> Observer<P> for Journeys {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        if let What::Sent { after, .. } = &record.what {
            if self.lengths.len() < JOURNEYS {
                self.lengths.push(*after);
            }
        }
        Flow::Continue
    }
}
