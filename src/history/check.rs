//! The three answers: it holds, and in this order; it does not, and here is where it breaks; the
//! budget was used up, and this much was explained.

use super::configuration::Budget;
use super::model::{Asked, Model};
use super::part::{self, Part};
use super::recorder::{History, OperationId};
use super::search::{Found, Search};
use std::collections::BTreeMap;

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<K, S> {
    /// Each object has an order that explains all answers.
    Holds {
        /// The objects in the order of their keys.
        orders: Vec<Order<K>>,
    },
    /// No order explains the answers of this object. Others were perhaps not looked at.
    Broken(Broken<K, S>),
    /// For these objects nobody knows; all others hold.
    GaveUp {
        /// The objects in the order of their keys.
        unfinished: Vec<Unfinished<K>>,
    },
}

/// An order in which the operations of one object can have taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<K> {
    /// The object.
    pub key: K,
    /// The operations. Those of which nobody knows may be missing: they never took effect.
    pub operations: Vec<OperationId>,
}

/// Where an object's history breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken<K, S> {
    /// The object.
    pub key: K,
    /// The longest beginning of an order: no other explains more answers.
    pub prefix: Vec<OperationId>,
    /// The state of the object behind it.
    pub state: S,
    /// What was answered and can take effect neither next nor later: all answered operations that
    /// began before the first of those left had to be over. That one comes first.
    pub cannot_follow: Vec<OperationId>,
    /// The operations of this object that were answered.
    pub answered: u64,
}

/// An object for which the budget was not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished<K> {
    /// The object.
    pub key: K,
    /// The longest beginning of an order that was found.
    pub prefix: Vec<OperationId>,
    /// So many answered operations are not in it.
    pub remaining: u64,
    /// So many configurations were seen.
    pub configurations: u64,
}

/// Is a history linearizable?
pub fn linearizable<M: Model>(
    model: &M,
    history: &History<M::Call, M::Reply>,
    budget: Budget,
) -> Answer<M::Key, M::State> {
    judge(model, Part::split(model, history, part::Order::RealTime), budget)
}

/// Is a history sequentially consistent (Lamport 1979): is there one order of all operations that
/// respects that of each client, whatever the true time? This cannot be judged key by key, so the
/// state is that of all keys, and long histories use up their budget soon.
pub fn sequential<M: Model>(
    model: &M,
    history: &History<M::Call, M::Reply>,
    budget: Budget,
) -> Answer<(), BTreeMap<M::Key, M::State>> {
    let whole = Whole(model);
    judge(&whole, Part::split(&whole, history, part::Order::Program), budget)
}

/// Short parts first: they are likely to hold, and what breaks there is easy to read. Each may use
/// an equal share of what is left, so that one hard object cannot starve the others.
fn judge<M: Model>(
    model: &M,
    parts: BTreeMap<M::Key, Part<'_, M>>,
    budget: Budget,
) -> Answer<M::Key, M::State> {
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, part)| part.items.len());
    let mut left = budget.configurations;
    let (mut orders, mut unfinished) = (Vec::new(), Vec::new());
    for (place, (key, part)) in parts.iter().enumerate() {
        let share = left / (parts.len() - place) as u64;
        let mut search = Search::new(model, part);
        let found = search.run(&Budget { configurations: share, ..budget });
        let configurations = search.configurations();
        left = left.saturating_sub(configurations);
        let key = key.clone();
        match found {
            Found::Order(order) => orders.push(Order { key, operations: part.ids(&order) }),
            Found::Nothing => {
                return Answer::Broken(broken(model, key, part, &search.into_longest()));
            }
            Found::GaveUp => {
                let longest = search.into_longest();
                let explained = longest.iter().filter(|operation| **operation < part.answered);
                let remaining = (part.answered - explained.count()) as u64;
                let prefix = part.ids(&longest);
                unfinished.push(Unfinished { key, prefix, remaining, configurations });
            }
        }
    }
    if unfinished.is_empty() {
        orders.sort_by(|a, b| a.key.cmp(&b.key));
        return Answer::Holds { orders };
    }
    unfinished.sort_by(|a, b| a.key.cmp(&b.key));
    Answer::GaveUp { unfinished }
}

fn broken<M: Model>(
    model: &M,
    key: M::Key,
    part: &Part<'_, M>,
    prefix: &[usize],
) -> Broken<M::Key, M::State> {
    let mut state = model.initial();
    let mut is_taken = vec![false; part.items.len()];
    for operation in prefix {
        let asked = &part.items[*operation].asked;
        state = model.step(&state, asked).expect("the search has taken this step");
        is_taken[*operation] = true;
    }
    let left = part.items[..part.answered].iter().zip(&is_taken);
    let left: Vec<_> = left.filter(|(_, is_taken)| !**is_taken).map(|(item, _)| item).collect();
    let deadline = left.iter().filter_map(|item| item.answered_at).min();
    let mut next: Vec<_> =
        left.into_iter().filter(|item| Some(item.invoked_at) <= deadline).collect();
    let is_ready = |after: &[Option<u32>; 2]| after.iter().flatten().all(|o| is_taken[*o as usize]);
    next.retain(|item| is_ready(&item.after));
    next.sort_by_key(|item| (item.answered_at, item.id));
    Broken {
        key,
        prefix: part.ids(prefix),
        state,
        cannot_follow: next.iter().map(|item| item.id).collect(),
        answered: part.answered as u64,
    }
}

impl<M: Model> Part<'_, M> {
    fn ids(&self, operations: &[usize]) -> Vec<OperationId> {
        operations.iter().map(|operation| self.items[*operation].id).collect()
    }
}

/// All objects of a model as one.
struct Whole<'a, M>(&'a M);

impl<M: Model> Model for Whole<'_, M> {
    type State = BTreeMap<M::Key, M::State>;
    type Call = M::Call;
    type Reply = M::Reply;
    type Key = ();

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(
        &self,
        states: &Self::State,
        asked: &Asked<'_, M::Call, M::Reply>,
    ) -> Option<Self::State> {
        let key = self.0.key(asked.call);
        let initial = self.0.initial();
        let state = self.0.step(states.get(&key).unwrap_or(&initial), asked)?;
        let mut states = states.clone();
        states.insert(key, state);
        Some(states)
    }

    fn key(&self, _: &M::Call) {}

    fn only_reads(&self, call: &M::Call) -> bool {
        self.0.only_reads(call)
    }
}
