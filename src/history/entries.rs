//! The calls and returns that are still to be explained, in the order of time: a doubly linked list
//! from which an operation is lifted, and into which it is put back, in constant time (Wing and
//! Gong 1993; Lowe 2017).

use super::model::Model;
use super::part::Part;

/// What stands at a place of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// An operation begins.
    Call(usize),
    /// An operation was answered: it must have taken effect before here.
    Return,
    /// Nothing is left.
    End,
}

/// Entry `i` is the call of operation `i`, `operations + i` its return; the last one is the head.
pub(super) struct Entries {
    next: Vec<u32>,
    previous: Vec<u32>,
    operations: usize,
    answered: usize,
}

impl Entries {
    /// All entries of a part. At one instant calls stand before returns: intervals are closed.
    pub fn new<M: Model>(part: &Part<'_, M>) -> Self {
        let (operations, answered) = (part.items.len(), part.answered);
        let returns = (operations..).zip(&part.items[..answered]);
        let returns = returns.map(|(entry, item)| (item.answered_at, true, item.id, entry));
        let calls = part.items.iter().enumerate();
        let calls = calls.map(|(entry, item)| (Some(item.invoked_at), false, item.id, entry));
        let mut order: Vec<_> = calls.chain(returns).collect();
        order.sort();
        let head = operations + answered;
        let mut entries = Entries {
            next: vec![link(head); head + 1],
            previous: vec![link(head); head + 1],
            operations,
            answered,
        };
        let mut last = head;
        for (_, _, _, entry) in order {
            entries.join(last, entry);
            last = entry;
        }
        entries.join(last, head);
        entries
    }

    /// The place of the first entry.
    pub fn first(&self) -> usize {
        self.next[self.head()] as usize
    }

    /// The place behind this one.
    pub fn behind(&self, place: usize) -> usize {
        self.next[place] as usize
    }

    /// What stands there.
    pub fn at(&self, place: usize) -> Entry {
        match place {
            call if call < self.operations => Entry::Call(call),
            end if end == self.head() => Entry::End,
            _ => Entry::Return,
        }
    }

    /// Takes an operation out: it has taken effect.
    pub fn lift(&mut self, operation: usize) {
        self.take(operation);
        if operation < self.answered {
            self.take(self.operations + operation);
        }
    }

    /// Puts the operation back that was lifted last of those that are out.
    pub fn put_back(&mut self, operation: usize) {
        if operation < self.answered {
            self.put(self.operations + operation);
        }
        self.put(operation);
    }

    fn head(&self) -> usize {
        self.operations + self.answered
    }

    fn join(&mut self, before: usize, after: usize) {
        self.next[before] = link(after);
        self.previous[after] = link(before);
    }

    fn take(&mut self, place: usize) {
        let (before, after) = (self.previous[place], self.next[place]);
        self.join(before as usize, after as usize);
    }

    fn put(&mut self, place: usize) {
        self.next[self.previous[place] as usize] = link(place);
        self.previous[self.next[place] as usize] = link(place);
    }
}

fn link(place: usize) -> u32 {
    u32::try_from(place).expect("an object has fewer than 2^31 operations")
}
