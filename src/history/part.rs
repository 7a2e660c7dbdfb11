//! The operations of one object, numbered for the search: those that were answered first, then
//! those of which nobody knows; each lot in the order in which they were invoked.

use super::model::{Asked, Model};
use super::recorder::{ClientId, End, History, Operation, OperationId};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// One operation of an object.
pub(super) struct Item<'a, M: Model> {
    pub id: OperationId,
    pub asked: Asked<'a, M::Call, M::Reply>,
    pub invoked_at: SimTime,
    /// The end of its interval; nothing where nobody knows, and so it may never take effect.
    pub answered_at: Option<SimTime>,
    /// Operations of this object that must have taken effect before.
    pub after: [Option<u32>; 2],
}

/// How operations are ordered: in true time, or by their clients alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    RealTime,
    Program,
}

/// All operations of one object that may have taken effect.
pub(super) struct Part<'a, M: Model> {
    pub items: Vec<Item<'a, M>>,
    /// So many of them were answered.
    pub answered: usize,
}

impl<'a, M: Model> Part<'a, M> {
    /// Splits a history by its objects.
    pub fn split(
        model: &M,
        history: &'a History<M::Call, M::Reply>,
        order: Order,
    ) -> BTreeMap<M::Key, Part<'a, M>> {
        let mut items: BTreeMap<M::Key, Vec<Item<'a, M>>> = BTreeMap::new();
        for (id, operation) in history.iter() {
            if let Some(item) = Item::new(model, id, operation, order) {
                items.entry(model.key(&operation.call)).or_default().push(item);
            }
        }
        items.into_iter().map(|(key, items)| (key, Part::new(items))).collect()
    }

    fn new(mut items: Vec<Item<'a, M>>) -> Self {
        items.sort_by_key(|item| (item.answered_at.is_none(), item.invoked_at, item.id));
        let answered = items.iter().take_while(|item| item.answered_at.is_some()).count();
        let mut part = Part { items, answered };
        part.keep_the_order_of_clients();
        part.keep_twins_in_order();
        part
    }

    /// A client that was answered and asked again at the same instant did so in this order, though
    /// the two intervals touch.
    fn keep_the_order_of_clients(&mut self) {
        let mut by_id: Vec<usize> = (0..self.items.len()).collect();
        by_id.sort_by_key(|at| self.items[*at].id);
        let mut last: BTreeMap<ClientId, u32> = BTreeMap::new();
        for at in by_id {
            let client = self.items[at].asked.client;
            self.items[at].after[0] = last.get(&client).copied();
            if at < self.answered {
                last.insert(client, number(at));
            }
        }
    }

    /// Of equal operations of one client or several of which nobody knows, the one that was invoked
    /// first can take the place of any other: to try them in one order only loses nothing.
    /// It must be earlier by more than a touch, so that all that it must follow is behind it.
    fn keep_twins_in_order(&mut self) {
        let mut last: BTreeMap<(&M::Call, ClientId), u32> = BTreeMap::new();
        for at in self.answered..self.items.len() {
            let (before, rest) = self.items.split_at_mut(at);
            let item = &mut rest[0];
            let twin = last.insert((item.asked.call, item.asked.client), number(at));
            let is_before = |twin: &u32| before[*twin as usize].invoked_at < item.invoked_at;
            item.after[1] = twin.filter(is_before);
        }
    }
}

impl<'a, M: Model> Item<'a, M> {
    fn new(
        model: &M,
        id: OperationId,
        operation: &'a Operation<M::Call, M::Reply>,
        order: Order,
    ) -> Option<Self> {
        let (reply, answered_at) = match &operation.end {
            End::Ok { reply, at } => (Some(reply), Some(*at)),
            End::Info if model.only_reads(&operation.call) => return None,
            End::Info => (None, None),
            End::Failed => return None,
        };
        let asked = Asked { client: operation.client, call: &operation.call, reply };
        let (invoked_at, answered_at) = match order {
            Order::RealTime => (operation.invoked_at, answered_at),
            Order::Program => (SimTime::ZERO, answered_at.map(|_| SimTime::MAX)),
        };
        Some(Item { id, asked, invoked_at, answered_at, after: [None; 2] })
    }
}

/// An operation's number, as it is kept: a history has at most 2^32.
fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a history has at most 2^32 operations")
}
