//! Session guarantees: what a client may count on though the store is not one object (Terry and
//! others, "Session guarantees for weakly consistent replicated data", 1994).
//!
//! Each operation of a client meets a store that has seen some of the writes, in one order that all
//! stores agree on. What it must have seen at least follows from the guarantees:
//!
//! - *read your writes*: a read sees what its client has written before;
//! - *monotonic reads*: it sees all that the reads of its client saw before;
//! - *monotonic writes*: whoever sees a write sees those that its client made before it, and all
//!   put them before it;
//! - *writes follow reads*: the same of what its client had read before it wrote.
//!
//! If each value of a key is written once, the write that a read tells of is known, and nothing
//! need be searched for. A read sees that write, and what follows from it; of all that it sees of
//! its key that write is the last. So each write that it sees comes before that one. An order of
//! all writes that keeps to this is all that is asked for, and there is one exactly if these pairs
//! make no ring. All four guarantees together are causal consistency (Brzezinski and others, 2004).
//!
//! An operation of which nobody knows may take effect at any later time: nothing that its client
//! does afterwards follows it. If it was read it was written, behind what its client had done.

use super::recorder::{ClientId, End, History, Operation, OperationId};
use super::register::{RegisterCall, RegisterReply};
use std::collections::BTreeMap;
use std::fmt;

/// What a client may count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// A read sees what its client has written before.
    ReadYourWrites,
    /// A read sees all that the reads of its client saw before.
    MonotonicReads,
    /// Whoever sees a write sees those that its client made before, and puts them before it.
    MonotonicWrites,
    /// Whoever sees a write sees what its client had read before, and puts it before it.
    WritesFollowReads,
}

impl Guarantee {
    /// All four: causal consistency.
    pub const ALL: [Guarantee; 4] = [
        Guarantee::ReadYourWrites,
        Guarantee::MonotonicReads,
        Guarantee::MonotonicWrites,
        Guarantee::WritesFollowReads,
    ];
}

/// Operations that cannot all be as they were told, if the guarantees hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// In the order in which they were invoked. The reads among them tell too little, or what
    /// nobody had written.
    pub operations: Vec<OperationId>,
}

/// Why a history cannot be judged like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// Two writes of one key have the same value: which of them a read saw nobody knows.
    WrittenTwice(OperationId, OperationId),
    /// It is neither a read nor a write.
    NotReadOrWrite(OperationId),
    /// There are more writes than [`MOST_WRITES`].
    TooLong,
}

/// So many writes are judged at most: what must be before what takes a bit for each pair.
pub const MOST_WRITES: usize = 20_000;

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::WrittenTwice(..) => f.write_str(
                "this value was written to this key before: session guarantees are judged where \
                 each write of a key has a value of its own",
            ),
            SessionError::NotReadOrWrite(_) => {
                f.write_str("session guarantees are judged of reads and writes; this is neither")
            }
            SessionError::TooLong => {
                write!(f, "session guarantees are judged of at most {MOST_WRITES} writes")
            }
        }
    }
}

impl std::error::Error for SessionError {}

/// Does a history keep these guarantees, all at once? Nothing is there before the first write.
///
/// # Errors
/// If the values that are written to a key are not all different, or there is something else than
/// reads and writes.
pub fn sessions<K: Ord, V: Ord>(
    history: &History<(K, RegisterCall<V>), RegisterReply<V>>,
    guarantees: &[Guarantee],
) -> Result<Option<Contradiction>, SessionError> {
    let mut sessions = Sessions::new(history, guarantees)?;
    if let Some(contradiction) = sessions.look_for_what_nobody_wrote() {
        return Ok(Some(contradiction));
    }
    // A read may see a write that was invoked after it: what that one follows comes a round later.
    while sessions.pass(&mut |_| {}) {}
    Ok(sessions.ring().map(|ring| sessions.contradiction(&ring)))
}

/// A set of writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, write: usize) -> bool {
        self.0.get(write / 64).is_some_and(|word| word & (1 << (write % 64)) != 0)
    }

    fn insert(&mut self, write: usize) {
        self.reach(write / 64 + 1);
        self.0[write / 64] |= 1 << (write % 64);
    }

    /// Whether any is new.
    fn extend(&mut self, other: &Set) -> bool {
        self.reach(other.0.len());
        let mut is_new = false;
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            is_new |= more & !*word != 0;
            *word |= more;
        }
        is_new
    }

    /// Those of both, but for one.
    fn meet(&self, other: &Set, but: Option<usize>) -> Set {
        let words = self.0.iter().zip(&other.0).map(|(one, two)| one & two);
        let mut both = Set(words.collect());
        if let Some(word) = but.and_then(|but| Some((but, both.0.get_mut(but / 64)?))) {
            *word.1 &= !(1 << (word.0 % 64));
        }
        both
    }

    fn reach(&mut self, words: usize) {
        self.0.resize(self.0.len().max(words), 0);
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.0.iter().copied().enumerate().filter(|(_, word)| *word != 0);
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        })
    }
}

/// A write that took effect, or may have.
struct Written {
    id: OperationId,
    client: ClientId,
    key: usize,
}

/// A read, the write that it tells of, and all that it saw.
struct Reading<'a> {
    id: OperationId,
    client: ClientId,
    key: usize,
    of: Option<usize>,
    seen: &'a Set,
}

/// An operation as it is judged.
enum Step {
    Write {
        write: usize,
        /// Whether what its client does afterwards follows it.
        is_answered: bool,
    },
    Read {
        key: usize,
        /// The write that it tells of; nothing if it tells that there was none.
        of: Option<usize>,
    },
}

/// What a client's operations so far amount to, closed under what each write follows.
#[derive(Clone, Default)]
struct Session {
    wrote: Set,
    saw: Set,
}

struct Sessions<'a> {
    guarantees: &'a [Guarantee],
    writes: Vec<Written>,
    /// The writes of each key.
    of_key: Vec<Set>,
    /// In the order in which they were invoked.
    steps: Vec<(OperationId, ClientId, Step)>,
    /// Reads of what nobody had written by then, each with the write if there is one.
    from_nowhere: Vec<Vec<OperationId>>,
    /// What each write follows, wherever it is seen.
    follows: Vec<Set>,
    /// What comes before each write in the order of all.
    before: Vec<Set>,
}

impl<'a> Sessions<'a> {
    fn new<K: Ord, V: Ord>(
        history: &History<(K, RegisterCall<V>), RegisterReply<V>>,
        guarantees: &'a [Guarantee],
    ) -> Result<Self, SessionError> {
        let mut keys: BTreeMap<&K, usize> = BTreeMap::new();
        let mut by_value: BTreeMap<(usize, &V), usize> = BTreeMap::new();
        let mut all = Sessions {
            guarantees,
            writes: Vec::new(),
            of_key: Vec::new(),
            steps: Vec::new(),
            from_nowhere: Vec::new(),
            follows: Vec::new(),
            before: Vec::new(),
        };
        for (id, Operation { client, call: (key, call), end, .. }) in history.iter() {
            let count = keys.len();
            let key = *keys.entry(key).or_insert(count);
            all.of_key.resize(keys.len(), Set::default());
            match call {
                _ if *end == End::Failed => {}
                RegisterCall::Read => {}
                RegisterCall::Write(value) => {
                    let write = all.writes.len();
                    if let Some(first) = by_value.insert((key, value), write) {
                        return Err(SessionError::WrittenTwice(all.writes[first].id, id));
                    }
                    all.writes.push(Written { id, client: *client, key });
                    all.of_key[key].insert(write);
                }
                _ => return Err(SessionError::NotReadOrWrite(id)),
            }
        }
        let count = all.writes.len();
        if count > MOST_WRITES {
            return Err(SessionError::TooLong);
        }
        (all.follows, all.before) = (vec![Set::default(); count], vec![Set::default(); count]);
        all.take_steps(history, &keys, &by_value);
        Ok(all)
    }

    fn take_steps<K: Ord, V: Ord>(
        &mut self,
        history: &History<(K, RegisterCall<V>), RegisterReply<V>>,
        keys: &BTreeMap<&K, usize>,
        by_value: &BTreeMap<(usize, &V), usize>,
    ) {
        for (id, operation) in history.iter() {
            let (key, call) = (keys[&operation.call.0], &operation.call.1);
            let step = match (call, &operation.end) {
                (_, End::Failed) => continue,
                (RegisterCall::Write(value), end) => {
                    let is_answered = matches!(end, End::Ok { .. });
                    Step::Write { write: by_value[&(key, value)], is_answered }
                }
                (_, End::Ok { reply: RegisterReply::Value(Some(value)), at }) => {
                    let of = by_value.get(&(key, value)).copied();
                    let written = of.map(|write| self.writes[write].id);
                    let is_late = |write| history.operation(write).invoked_at > *at;
                    if written.is_none_or(is_late) {
                        self.from_nowhere.push(written.into_iter().chain([id]).collect());
                    }
                    Step::Read { key, of }
                }
                (_, End::Ok { .. }) => Step::Read { key, of: None },
                (_, End::Info) => continue,
            };
            self.steps.push((id, operation.client, step));
        }
    }

    fn look_for_what_nobody_wrote(&mut self) -> Option<Contradiction> {
        let mut operations = self.from_nowhere.drain(..).next()?;
        operations.sort();
        Some(Contradiction { operations })
    }

    fn promises(&self, guarantee: Guarantee) -> bool {
        self.guarantees.contains(&guarantee)
    }

    /// Goes through all operations once, and tells what each read saw. Whether anything new came of
    /// it.
    fn pass(&mut self, tell: &mut impl FnMut(Reading<'_>)) -> bool {
        let mut sessions: BTreeMap<ClientId, Session> = BTreeMap::new();
        let mut is_new = false;
        let steps = std::mem::take(&mut self.steps);
        for (id, client, step) in &steps {
            let session = sessions.entry(*client).or_default();
            match step {
                Step::Write { write, is_answered } => {
                    is_new |= self.written(*write, session);
                    if *is_answered {
                        session.wrote.insert(*write);
                        session.wrote.extend(&self.follows[*write]);
                    }
                }
                Step::Read { key, of } => {
                    let (seen, key, of) = (self.seen(*of, session), *key, *of);
                    tell(Reading { id: *id, client: *client, key, of, seen: &seen });
                    let others = seen.meet(&self.of_key[key], of);
                    match of {
                        Some(of) => is_new |= self.before[of].extend(&others),
                        // What comes before nothing is written comes before itself.
                        None => others.iter().for_each(|other| self.before[other].insert(other)),
                    }
                    session.saw.extend(&seen);
                }
            }
        }
        self.steps = steps;
        is_new
    }

    fn written(&mut self, write: usize, session: &Session) -> bool {
        let mut is_new = false;
        if self.promises(Guarantee::MonotonicWrites) {
            is_new |= self.follows[write].extend(&session.wrote);
        }
        if self.promises(Guarantee::WritesFollowReads) {
            is_new |= self.follows[write].extend(&session.saw);
        }
        self.before[write].extend(&self.follows[write]);
        is_new
    }

    fn seen(&self, of: Option<usize>, session: &Session) -> Set {
        let mut seen = Set::default();
        if let Some(write) = of {
            seen.insert(write);
            seen.extend(&self.follows[write]);
        }
        if self.promises(Guarantee::ReadYourWrites) {
            seen.extend(&session.wrote);
        }
        if self.promises(Guarantee::MonotonicReads) {
            seen.extend(&session.saw);
        }
        seen
    }

    /// Writes each of which comes before the next, and the last before the first.
    fn ring(&self) -> Option<Vec<usize>> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let mut marks = vec![Mark::New; self.writes.len()];
        for start in 0..self.writes.len() {
            if marks[start] != Mark::New {
                continue;
            }
            marks[start] = Mark::Open;
            let mut path = vec![(start, self.before[start].iter())];
            while let Some((write, rest)) = path.last_mut() {
                match rest.next() {
                    Some(before) if marks[before] == Mark::Open => {
                        let path = path.iter().map(|(write, _)| *write);
                        let mut ring: Vec<_> = path.skip_while(|it| *it != before).collect();
                        ring.reverse();
                        return Some(ring);
                    }
                    Some(before) if marks[before] == Mark::New => {
                        marks[before] = Mark::Open;
                        path.push((before, self.before[before].iter()));
                    }
                    Some(_) => {}
                    None => {
                        marks[*write] = Mark::Done;
                        path.pop();
                    }
                }
            }
        }
        None
    }

    /// The writes of a ring, and for each step in it that takes a read the first that will do, with
    /// the one by which its client came to see so much.
    fn contradiction(&mut self, ring: &[usize]) -> Contradiction {
        let nexts = ring.iter().cycle().skip(1);
        let pairs: Vec<(usize, usize)> = ring.iter().copied().zip(nexts.copied()).collect();
        let mut operations: Vec<OperationId> = Vec::new();
        for (write, next) in pairs {
            let [first, second] = [write, next].map(|it| &self.writes[it]);
            operations.push(first.id);
            let is_own = write != next && first.client == second.client;
            if is_own && self.promises(Guarantee::MonotonicWrites) && first.id < second.id {
                continue;
            }
            let (key, client, id) = (second.key, second.client, second.id);
            let read = self.first_read(|reading| {
                let tells = reading.of.unwrap_or(write) == next && reading.key == key;
                let precedes = reading.client == client && reading.id < id;
                reading.seen.has(write) && (tells || precedes)
            });
            let Some((read, reader)) = read else { continue };
            operations.push(read);
            let source = self.first_read(|it| it.client == reader && it.seen.has(write));
            operations.extend(source.map(|(read, _)| read));
        }
        operations.sort();
        operations.dedup();
        Contradiction { operations }
    }

    fn first_read(
        &mut self,
        is_it: impl Fn(&Reading<'_>) -> bool,
    ) -> Option<(OperationId, ClientId)> {
        let mut first = None;
        self.pass(&mut |reading| {
            if first.is_none() && is_it(&reading) {
                first = Some((reading.id, reading.client));
            }
        });
        first
    }
}
