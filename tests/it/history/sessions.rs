//! Session guarantees: the classic breaches, and every small history against their definitions.

use super::{Came, history};
use Guarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
use std::collections::BTreeSet;
use stormseed::history::{
    Contradiction, Guarantee, History, OperationId, RegisterCall, RegisterReply, SessionError,
    sessions,
};

type Store = History<(u64, RegisterCall<u64>), RegisterReply<u64>>;

/// What a client does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Writes(u64, u64),
    MayWrite(u64, u64),
    Reads(u64, Option<u64>),
}
use Deed::{MayWrite, Reads, Writes};

/// An operation: its client, what it is, and the places of its two events.
type Drawn = (u64, Deed, u64, u64);

fn store(drawn: &[Drawn]) -> Store {
    let interval = |&(client, deed, from, to): &Drawn| {
        let (call, came) = match deed {
            Writes(key, value) => {
                ((key, RegisterCall::Write(value)), Came::Ok(RegisterReply::Done))
            }
            MayWrite(key, value) => ((key, RegisterCall::Write(value)), Came::Info),
            Reads(key, value) => ((key, RegisterCall::Read), Came::Ok(RegisterReply::Value(value))),
        };
        (client, call, from, to, came)
    };
    history(&drawn.iter().map(interval).collect::<Vec<_>>())
}

/// One after another.
fn in_turn(deeds: &[(u64, Deed)]) -> Store {
    let drawn =
        (0..).zip(deeds).map(|(nth, (client, deed))| (*client, *deed, 2 * nth, 2 * nth + 1));
    store(&drawn.collect::<Vec<_>>())
}

fn broken(history: &Store) -> Vec<Guarantee> {
    let breaks = |one: &Guarantee| sessions(history, &[*one]).expect("it can be judged").is_some();
    Guarantee::ALL.into_iter().filter(breaks).collect()
}

#[test]
fn each_guarantee_has_its_breach() {
    let own = in_turn(&[(0, Writes(1, 1)), (0, Reads(1, None))]);
    assert_eq!(broken(&own), [ReadYourWrites]);
    let back = in_turn(&[(0, Writes(1, 1)), (1, Reads(1, Some(1))), (1, Reads(1, None))]);
    assert_eq!(broken(&back), [MonotonicReads]);
    // Whoever sees the second write must see the first: n1 shows that it did not, by its own.
    let writes = [(0, Writes(1, 1)), (0, Writes(1, 2))];
    let late = in_turn(&[writes[0], writes[1], (1, Reads(1, Some(2))), (1, Reads(1, Some(1)))]);
    assert_eq!(broken(&late), [], "each alone allows an order of its own");
    let both = sessions(&late, &[MonotonicWrites, MonotonicReads]).expect("it can be judged");
    let all = Contradiction { operations: (0..4).map(OperationId).collect() };
    assert_eq!(both, Some(all));
    // A reply that is seen before what it replies to.
    let reply = in_turn(&[
        (0, Writes(1, 1)),
        (1, Reads(1, Some(1))),
        (1, Writes(2, 1)),
        (2, Reads(2, Some(1))),
        (2, Reads(1, None)),
    ]);
    assert_eq!(broken(&reply), []);
    let pair = [WritesFollowReads, MonotonicReads];
    assert!(sessions(&reply, &pair).expect("it can be judged").is_some());
}

#[test]
fn what_nobody_wrote_and_what_was_written_later_break_all() {
    assert_eq!(broken(&in_turn(&[(0, Reads(1, Some(7)))])), Guarantee::ALL);
    let early = in_turn(&[(0, Reads(1, Some(7))), (1, Writes(1, 7))]);
    assert_eq!(broken(&early), Guarantee::ALL);
    let beside = store(&[(0, Reads(1, Some(7)), 0, 3), (1, Writes(1, 7), 1, 2)]);
    assert_eq!(broken(&beside), []);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let twice = in_turn(&[(0, Writes(1, 7)), (1, Writes(2, 7)), (1, Writes(1, 7))]);
    let error = sessions(&twice, &Guarantee::ALL).expect_err("7 is written to key 1 twice");
    assert_eq!(error, SessionError::WrittenTwice(OperationId(0), OperationId(2)));
    let swap = RegisterCall::CompareAndSwap { expected: 1, new: 2 };
    let swap = history(&[(0, (1, swap), 0, 1, Came::Ok(RegisterReply::Done))]);
    let error = sessions(&swap, &Guarantee::ALL).expect_err("a swap");
    assert_eq!(error, SessionError::NotReadOrWrite(OperationId(0)));
}

/// Everything that brute force guesses: the order of all writes, and what each operation sees or,
/// if it is a write, follows; both as the places of writes.
struct Guess<'a> {
    drawn: &'a [Drawn],
    order: &'a [usize],
    sees: Vec<BTreeSet<usize>>,
}

impl Guess<'_> {
    fn rank(&self, write: usize) -> usize {
        self.order.iter().position(|it| *it == write).expect("all writes have a place")
    }

    /// Whether this is what the guarantees ask for, word by word.
    fn keeps(&self, guarantees: &[Guarantee]) -> bool {
        let places = 0..self.drawn.len();
        places.clone().all(|later| {
            let is_read = matches!(self.drawn[later].1, Reads(..));
            let sees = &self.sees[later];
            let is_closed = sees.iter().all(|write| self.sees[*write].is_subset(sees));
            let is_last = |write: usize| sees.iter().all(|w| self.rank(*w) < self.rank(write));
            let is_in_order = is_read || is_last(later);
            is_closed
                && is_in_order
                && (!is_read || self.tells_the_last(later))
                && places.clone().all(|earlier| self.keeps_of(earlier, later, guarantees))
        })
    }

    fn keeps_of(&self, earlier: usize, later: usize, guarantees: &[Guarantee]) -> bool {
        let ((a, first, _, end), (b, second, begin, _)) = (self.drawn[earlier], self.drawn[later]);
        if a != b || end >= begin || matches!(first, MayWrite(..)) {
            return true;
        }
        let asked = match (first, second) {
            (Reads(..), Reads(..)) => MonotonicReads,
            (Reads(..), _) => WritesFollowReads,
            (_, Reads(..)) => ReadYourWrites,
            _ => MonotonicWrites,
        };
        let sees = &self.sees[later];
        !guarantees.contains(&asked)
            || match first {
                Reads(..) => self.sees[earlier].is_subset(sees),
                _ => sees.contains(&earlier),
            }
    }

    fn tells_the_last(&self, read: usize) -> bool {
        let (_, Reads(of, told), _, end) = self.drawn[read] else { return false };
        let written = |write: usize| match self.drawn[write].1 {
            Writes(key, value) | MayWrite(key, value) => (key, value),
            Reads(..) => unreachable!("only writes are seen"),
        };
        let seen = self.sees[read].iter().copied().filter(|write| written(*write).0 == of);
        let last = seen.max_by_key(|write| self.rank(*write));
        let is_there = |write: usize| self.drawn[write].2 < end;
        last.map(|write| written(write).1) == told && last.is_none_or(is_there)
    }
}

/// Calls `judge` with every order of these.
fn orders(left: &mut Vec<usize>, taken: &mut Vec<usize>, judge: &mut impl FnMut(&[usize])) {
    if left.is_empty() {
        return judge(taken);
    }
    for place in 0..left.len() {
        let next = left.remove(place);
        taken.push(next);
        orders(left, taken, judge);
        taken.pop();
        left.insert(place, next);
    }
}

/// Whether any order of the writes, and any sets of them that are seen, are as they must be.
fn some_guess(drawn: &[Drawn], guarantees: &[Guarantee]) -> bool {
    let is_write = |place: &usize| !matches!(drawn[*place].1, Reads(..));
    let writes: Vec<usize> = (0..drawn.len()).filter(is_write).collect();
    let sets = 1 << writes.len();
    let set = |bits: usize| -> BTreeSet<usize> {
        let has = |nth: &usize| bits & (1 << nth) != 0;
        (0..writes.len()).filter(has).map(|nth| writes[nth]).collect()
    };
    let mut is_found = false;
    orders(&mut writes.clone(), &mut Vec::new(), &mut |order| {
        for guess in 0..usize::pow(sets, drawn.len() as u32) {
            if is_found {
                return;
            }
            let bits = (0..drawn.len() as u32).map(|place| guess / usize::pow(sets, place) % sets);
            let sees = bits.map(set).collect();
            is_found = Guess { drawn, order, sees }.keeps(guarantees);
        }
    });
    is_found
}

/// Calls `judge` with every history of so many operations of two clients; values count up.
fn every(count: usize, keys: u64, drawn: &mut Vec<Drawn>, judge: &mut impl FnMut(&[Drawn])) {
    if drawn.len() == count {
        return judge(drawn);
    }
    let nth = drawn.len() as u64;
    let value = nth + 1;
    for client in 0..2 {
        // The second touches the one before it, if that is another client's.
        let overlaps: &[bool] = match drawn.last() {
            Some(last) if last.0 != client && last.3 == 4 * nth - 2 => &[false, true],
            _ => &[false],
        };
        for overlap in overlaps {
            for key in 0..keys {
                let reads = (0..=count as u64).map(|told| Reads(key, (told > 0).then_some(told)));
                for deed in [Writes(key, value), MayWrite(key, value)].into_iter().chain(reads) {
                    let before = drawn.clone();
                    if *overlap {
                        let last = drawn.last_mut().expect("it overlaps something");
                        last.3 = 4 * nth + 1;
                    }
                    drawn.push((client, deed, 4 * nth, 4 * nth + 2));
                    every(count, keys, drawn, judge);
                    *drawn = before;
                }
            }
        }
    }
}

/// Compares with brute force; how many histories held, and how many did not.
fn compare(count: usize, keys: u64) -> (u64, u64) {
    let mut sets: Vec<Vec<Guarantee>> = Guarantee::ALL.iter().map(|one| vec![*one]).collect();
    sets.push(vec![MonotonicReads, MonotonicWrites]);
    sets.push(vec![ReadYourWrites, WritesFollowReads]);
    sets.push(Guarantee::ALL.to_vec());
    let (mut held, mut broke) = (0, 0);
    every(count, keys, &mut Vec::new(), &mut |drawn| {
        let history = store(drawn);
        for guarantees in &sets {
            let answer = sessions(&history, guarantees).expect("all values differ");
            let expected = some_guess(drawn, guarantees);
            assert_eq!(answer.is_none(), expected, "{drawn:?} {guarantees:?}: {answer:?}");
            held += u64::from(expected);
            broke += u64::from(!expected);
        }
    });
    (held, broke)
}

#[test]
fn three_operations_of_one_key_and_of_two_agree_with_brute_force() {
    for (count, keys) in [(1, 1), (2, 2), (3, 1), (3, 2)] {
        let (held, broke) = compare(count, keys);
        assert!(held > 0 && broke > 0, "{count} operations: {held} held, {broke} broke");
    }
}
