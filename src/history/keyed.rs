//! Many objects of one kind, told apart by a key: a key-value store is a register for each key.

use super::model::{Asked, Model};
use std::fmt::Debug;
use std::marker::PhantomData;

/// An object of the inner model for each key. `Keyed<String, Register<u64>>` is a key-value store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keyed<K, M> {
    model: M,
    keys: PhantomData<K>,
}

impl<K, M> Keyed<K, M> {
    /// Such an object for each key.
    pub const fn new(model: M) -> Self {
        Keyed { model, keys: PhantomData }
    }
}

impl<K: Clone + Ord + Debug, M: Model<Key = ()>> Model for Keyed<K, M> {
    type State = M::State;
    type Call = (K, M::Call);
    type Reply = M::Reply;
    type Key = K;

    fn initial(&self) -> M::State {
        self.model.initial()
    }

    fn step(
        &self,
        state: &M::State,
        asked: &Asked<'_, (K, M::Call), M::Reply>,
    ) -> Option<M::State> {
        let inner = Asked { client: asked.client, call: &asked.call.1, reply: asked.reply };
        self.model.step(state, &inner)
    }

    fn key(&self, (key, _): &(K, M::Call)) -> K {
        key.clone()
    }

    fn only_reads(&self, (_, call): &(K, M::Call)) -> bool {
        self.model.only_reads(call)
    }
}
