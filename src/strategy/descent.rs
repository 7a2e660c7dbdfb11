//! The way down from a case that fails: of what is simpler the first that fails too, and so on
//! from there, until nothing that is simpler fails.

use proptest::prelude::RngCore;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fmt::Debug;

/// What a strategy draws, before it is handed out.
pub(super) trait Case: Clone {
    /// What is handed out.
    type Value: Debug;

    /// The same as it is handed out.
    fn value(&self) -> Self::Value;

    /// What is simpler by one step, the longest step first. No way leads back: however often the
    /// simpler is made simpler, it comes to an end.
    fn simpler(&self) -> Vec<Self>;
}

/// A case that fails, and what of it is tried.
#[derive(Clone, Debug)]
pub(super) struct Descent<T> {
    failing: T,
    /// What is tried, if it is not the failing case itself.
    tried: Option<T>,
    /// What is tried after that; `None` if nobody has asked for it yet.
    untried: Option<std::vec::IntoIter<T>>,
}

impl<T: Case> Descent<T> {
    pub const fn from(case: T) -> Self {
        Descent { failing: case, tried: None, untried: None }
    }

    /// The simplest case that is known to fail.
    pub const fn failing(&mut self) -> &mut T {
        &mut self.failing
    }
}

impl<T: Case> ValueTree for Descent<T> {
    type Value = T::Value;

    fn current(&self) -> T::Value {
        self.tried.as_ref().unwrap_or(&self.failing).value()
    }

    /// What is handed out has failed.
    fn simplify(&mut self) -> bool {
        if let Some(failed) = self.tried.take() {
            (self.failing, self.untried) = (failed, None);
        }
        let untried = self.untried.get_or_insert_with(|| self.failing.simpler().into_iter());
        self.tried = untried.next();
        self.tried.is_some()
    }

    /// What is handed out has passed: the next is tried, and when none is left it is the failing
    /// case again, which then is the simplest.
    fn complicate(&mut self) -> bool {
        let had_one = self.tried.is_some();
        self.tried = self.untried.as_mut().filter(|_| had_one).and_then(Iterator::next);
        had_one
    }
}

/// The seed of a case.
pub(super) fn seed(runner: &mut TestRunner) -> u64 {
    runner.rng().next_u64()
}
