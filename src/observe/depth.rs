//! How deep a run got: the highest term, the longest log, the last epoch that was reached. A storm
//! that never lets anything happen finds nothing, and its many faults do not show that.

use crate::algorithm::Algorithm;
use crate::engine::{Flow, Observer, Record, What};
use crate::world::World;
use std::marker::PhantomData;

/// Watches how deep a run gets.
#[derive(Debug)]
pub struct Depth<A> {
    reached: Vec<u64>,
    algorithm: PhantomData<fn() -> A>,
}

impl<A: Algorithm> Default for Depth<A> {
    fn default() -> Self {
        Depth { reached: vec![0; A::DEPTHS.len()], algorithm: PhantomData }
    }
}

impl<A: Algorithm> Depth<A> {
    /// How far it got, in the order of [`Algorithm::DEPTHS`].
    pub fn reached(&self) -> Vec<u64> {
        self.reached.clone()
    }
}

impl<A: Algorithm> Observer<A> for Depth<A> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, A>, _: &World) -> Flow {
        if let What::Observed { observation, .. } = &record.what {
            if let Some((which, value)) = A::depth(observation) {
                self.reached[which] = self.reached[which].max(value);
            }
        }
        Flow::Continue
    }
}
