//! What a correct object does, one operation at a time: what histories are held to.

use super::recorder::ClientId;
use std::fmt::Debug;

/// One operation, as a model sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a, C, R> {
    /// Who asked.
    pub client: ClientId,
    /// What was asked.
    pub call: &'a C,
    /// What was answered; nothing where nobody knows, and so any answer will do.
    pub reply: Option<&'a R>,
}

/// A sequential object. The same arguments must always give the same result.
pub trait Model {
    /// What the object remembers.
    type State: Clone + Ord + Debug;
    /// What it can be asked.
    type Call: Clone + Ord + Debug;
    /// What it answers.
    type Reply: Clone + Debug;
    /// Which of several independent objects a call is for; `()` where there is one only.
    type Key: Clone + Ord + Debug;

    /// The state of each object before its first operation.
    fn initial(&self) -> Self::State;

    /// The state after this operation, or nothing if a correct object in this state would not have
    /// answered so. An operation without a known reply that would change nothing here may give
    /// either: it is the same as if it never took effect.
    fn step(
        &self,
        state: &Self::State,
        asked: &Asked<'_, Self::Call, Self::Reply>,
    ) -> Option<Self::State>;

    /// The object that a call is for. Objects are judged one by one: a history is linearizable
    /// exactly if that of each object is (locality, Herlihy and Wing 1990), and many short
    /// searches are far cheaper than a long one (Horn and Kroening 2015).
    fn key(&self, call: &Self::Call) -> Self::Key;

    /// Whether a call never changes anything, so that it need not be searched for where its reply
    /// is unknown.
    fn only_reads(&self, _call: &Self::Call) -> bool {
        false
    }
}
