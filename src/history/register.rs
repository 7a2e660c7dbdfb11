//! A register: it holds the value that was written last. With compare-and-swap, and with nothing in
//! it before the first write.

use super::model::{Asked, Model};
use std::fmt::Debug;

/// A register that reads, writes, deletes, compares and swaps.
#[derive(Clone, Debug)]
pub struct Register<V> {
    /// What it holds before the first write.
    pub initial: Option<V>,
}

impl<V> Default for Register<V> {
    fn default() -> Self {
        Register { initial: None }
    }
}

/// What a register can be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegisterCall<V> {
    /// Its value.
    Read,
    /// To hold this from now on.
    Write(V),
    /// To hold nothing from now on.
    Delete,
    /// To hold `new`, if it holds `expected`.
    CompareAndSwap {
        /// What it must hold.
        expected: V,
        /// What it holds then.
        new: V,
    },
}

/// What a register answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterReply<V> {
    /// To a write, a deletion, or a swap that took place.
    Done,
    /// To a swap: it held another value, and still does.
    Differs,
    /// To a read: this, or nothing.
    Value(Option<V>),
}

impl<V: Clone + Ord + Debug> Model for Register<V> {
    type State = Option<V>;
    type Call = RegisterCall<V>;
    type Reply = RegisterReply<V>;
    type Key = ();

    fn initial(&self) -> Option<V> {
        self.initial.clone()
    }

    fn step(
        &self,
        value: &Option<V>,
        asked: &Asked<'_, RegisterCall<V>, RegisterReply<V>>,
    ) -> Option<Option<V>> {
        let (told, after) = match asked.call {
            RegisterCall::Read => (RegisterReply::Value(value.clone()), value.clone()),
            RegisterCall::Write(new) => (RegisterReply::Done, Some(new.clone())),
            RegisterCall::Delete => (RegisterReply::Done, None),
            RegisterCall::CompareAndSwap { expected, new } => match value {
                Some(value) if value == expected => (RegisterReply::Done, Some(new.clone())),
                _ => (RegisterReply::Differs, value.clone()),
            },
        };
        asked.reply.is_none_or(|reply| *reply == told).then_some(after)
    }

    fn key(&self, _: &RegisterCall<V>) {}

    fn only_reads(&self, call: &RegisterCall<V>) -> bool {
        *call == RegisterCall::Read
    }
}
