//! Wing and Gong's search with Lowe's memory: is there an order of one object's operations that
//! respects their intervals and that the model would have answered so?
//!
//! An operation can be the next to take effect if its call stands before the first return of those
//! left: else that one was answered before this was asked. The search takes the first that can be
//! next and that the model allows, and goes back where none is left. It is over when all that were
//! answered have taken effect; those of which nobody knows may never do.
//!
//! J. M. Wing and C. Gong, "Testing and verifying concurrent objects", 1993; G. Lowe, "Testing for
//! linearizability", 2017.

use super::configuration::{Budget, Memory, Taken};
use super::entries::{Entries, Entry};
use super::model::Model;
use super::part::Part;

/// What a search came to.
pub(super) enum Found {
    /// This order explains all answers.
    Order(Vec<usize>),
    /// None does.
    Nothing,
    /// The budget was used up.
    GaveUp,
}

/// A search, and how far it came.
pub(super) struct Search<'a, M: Model> {
    model: &'a M,
    part: &'a Part<'a, M>,
    entries: Entries,
    taken: Taken,
    memory: Memory<M::State>,
    /// The operations that have taken effect, each with the state before it.
    path: Vec<(usize, M::State)>,
    state: M::State,
    answered_left: usize,
    longest: Longest,
}

/// The order that explained most answers so far.
struct Longest {
    order: Vec<usize>,
    answered_left: usize,
    /// So much of it is the beginning of the present path.
    shared: usize,
}

impl<'a, M: Model> Search<'a, M> {
    /// At the beginning: nothing has taken effect.
    pub fn new(model: &'a M, part: &'a Part<'a, M>) -> Self {
        Search {
            model,
            part,
            entries: Entries::new(part),
            taken: Taken::none(part.answered, part.items.len() - part.answered),
            memory: Memory::new(),
            path: Vec::new(),
            state: model.initial(),
            answered_left: part.answered,
            longest: Longest { order: Vec::new(), answered_left: part.answered, shared: 0 },
        }
    }

    /// Searches to the end, or until the budget is used up.
    pub fn run(&mut self, budget: &Budget) -> Found {
        let mut place = self.entries.first();
        while self.answered_left > 0 {
            match self.entries.at(place) {
                Entry::Call(operation) => {
                    place = match self.take(operation) {
                        true => self.entries.first(),
                        false => self.entries.behind(place),
                    };
                    if self.memory.is_beyond(budget) {
                        self.remember_the_longest();
                        return Found::GaveUp;
                    }
                }
                Entry::Return | Entry::End => {
                    self.remember_the_longest();
                    match self.go_back() {
                        Some(operation) => place = self.entries.behind(operation),
                        None => return Found::Nothing,
                    }
                }
            }
        }
        Found::Order(self.path.iter().map(|(operation, _)| *operation).collect())
    }

    /// How many configurations were seen.
    pub fn configurations(&self) -> u64 {
        self.memory.len()
    }

    /// The order that explained most answers.
    pub fn into_longest(self) -> Vec<usize> {
        self.longest.order
    }

    /// Lets an operation take effect, if it can and if that leads to somewhere new.
    fn take(&mut self, operation: usize) -> bool {
        let item = &self.part.items[operation];
        let is_ready = item.after.iter().flatten().all(|o| self.taken.contains(*o as usize));
        if !is_ready {
            return false;
        }
        let Some(state) = self.model.step(&self.state, &item.asked) else { return false };
        self.taken.insert(operation);
        if !self.memory.insert(&self.taken, &state) {
            self.taken.remove(operation);
            return false;
        }
        self.entries.lift(operation);
        self.path.push((operation, std::mem::replace(&mut self.state, state)));
        self.answered_left -= usize::from(operation < self.part.answered);
        true
    }

    /// Takes the last one back; nothing if there is none.
    fn go_back(&mut self) -> Option<usize> {
        let (operation, state) = self.path.pop()?;
        self.state = state;
        self.taken.remove(operation);
        self.entries.put_back(operation);
        self.answered_left += usize::from(operation < self.part.answered);
        self.longest.shared = self.longest.shared.min(self.path.len());
        Some(operation)
    }

    fn remember_the_longest(&mut self) {
        let longest = &mut self.longest;
        if self.answered_left < longest.answered_left {
            longest.answered_left = self.answered_left;
            longest.order.truncate(longest.shared);
            let rest = &self.path[longest.shared..];
            longest.order.extend(rest.iter().map(|(operation, _)| *operation));
            longest.shared = longest.order.len();
        }
    }
}
