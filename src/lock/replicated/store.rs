//! A store of keys, of which `lock-etcd` and `lock-queue` make a lock.
//!
//! A key is made by an entry, whose position is both its name and its sequence number (etcd's
//! create revision, ZooKeeper's suffix of a sequential node). It may be tied to the session that
//! made it, and is then gone when that is over (a key with a lease, an ephemeral node). Of the keys
//! of a lock the oldest has it: its position is the fencing token.

use super::session::{Event, Machine, Session};
use crate::election::spec::LogIndex;
use crate::lock::spec::{Ended, LockId, Token};
use serde::{Deserialize, Serialize};

/// What may be asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Make the session's key of this lock unless it has one, and tell which is the oldest: a
    /// transaction of etcd.
    Put {
        /// Which lock.
        lock: LockId,
        /// The number of the wish.
        request: u64,
        /// Whether the key is gone when the session is over.
        is_tied: bool,
    },
    /// Make another key, tied to the session: an ephemeral sequential node.
    Create {
        /// Which lock.
        lock: LockId,
        /// The number of the wish.
        request: u64,
    },
    /// Remove a key.
    Delete {
        /// The key.
        key: LogIndex,
        /// The number of the wish that it stands for.
        request: u64,
    },
    /// All keys of a lock.
    Children {
        /// Which lock.
        lock: LockId,
        /// Whether to be told when one of them is gone.
        watch: bool,
    },
    /// The newest key of a lock that is older than this one.
    Before {
        /// Which lock.
        lock: LockId,
        /// The key.
        key: LogIndex,
    },
    /// Whether a key is there.
    Exists {
        /// The key.
        key: LogIndex,
        /// Whether to be told when it is gone.
        watch: bool,
    },
}

crate::words!(Ask {
    Put => "put",
    Create => "create",
    Delete => "delete",
    Children => "children",
    Before => "before",
    Exists => "exists",
});

/// What the store says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The session's key, and the oldest.
    Put {
        /// The session's.
        key: LogIndex,
        /// The oldest.
        first: LogIndex,
    },
    /// The new key.
    Created {
        /// It.
        key: LogIndex,
    },
    /// The key is not there, whether it was or not.
    Deleted,
    /// The keys of a lock, oldest first.
    Children(Vec<Child>),
    /// The key that was asked for, if there is one.
    Before(Option<LogIndex>),
    /// Whether it is there.
    Exists(bool),
}

/// A key and who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The key.
    pub key: LogIndex,
    /// Under which session.
    pub session: Session,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Key {
    lock: LockId,
    key: LogIndex,
    session: Session,
    is_tied: bool,
    request: u64,
}

/// The store: keys, oldest first.
#[derive(Debug, Default, Serialize)]
pub struct Store {
    keys: Vec<Key>,
}

impl Store {
    fn of(&self, lock: LockId) -> impl DoubleEndedIterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.lock == lock)
    }

    /// Says who has a lock from now on, if anybody does.
    fn grant(&self, lock: LockId, events: &mut Vec<Event>) {
        if let Some(Key { key, session, request, .. }) = self.of(lock).next() {
            let (session, request, token) = (*session, *request, Token(key.0));
            events.push(Event::Granted { lock, session, request, token });
        }
    }

    fn make(&mut self, key: Key, events: &mut Vec<Event>) {
        let is_first = self.of(key.lock).next().is_none();
        self.keys.push(key);
        if is_first {
            self.grant(key.lock, events);
        }
    }

    fn remove(&mut self, goes: impl Fn(&Key) -> bool, ended: Ended, events: &mut Vec<Event>) {
        while let Some(place) = self.keys.iter().position(&goes) {
            let Key { lock, key, session, request, .. } = self.keys[place];
            let had_the_lock = self.of(lock).next().is_some_and(|first| first.key == key);
            self.keys.remove(place);
            if had_the_lock {
                events.push(Event::Ended { lock, session, request, ended });
                self.grant(lock, events);
            }
            events.push(Event::Changed(key));
        }
    }
}

impl Machine for Store {
    type Ask = Ask;
    type Answer = Answer;

    /// Reads need no session: they say how things stand to whoever asks.
    fn is_read(ask: &Ask) -> bool {
        matches!(ask, Ask::Children { .. } | Ask::Before { .. } | Ask::Exists { .. })
    }

    fn apply(
        &mut self,
        index: LogIndex,
        session: Session,
        ask: &Ask,
        events: &mut Vec<Event>,
    ) -> Answer {
        match *ask {
            Ask::Put { lock, request, is_tied } => {
                let own = self.of(lock).find(|key| key.session == session).map(|own| own.key);
                if own.is_none() {
                    self.make(Key { lock, key: index, session, is_tied, request }, events);
                }
                let key = own.unwrap_or(index);
                let first = self.of(lock).next().map_or(key, |first| first.key);
                Answer::Put { key, first }
            }
            Ask::Create { lock, request } => {
                self.make(Key { lock, key: index, session, is_tied: true, request }, events);
                Answer::Created { key: index }
            }
            Ask::Delete { key, request } => {
                let ended = Ended::Release { by: session.node, request };
                self.remove(|it| it.key == key, ended, events);
                Answer::Deleted
            }
            Ask::Children { lock, .. } => {
                let child = |it: &Key| Child { key: it.key, session: it.session };
                Answer::Children(self.of(lock).map(child).collect())
            }
            Ask::Before { lock, key } => {
                Answer::Before(self.of(lock).rfind(|it| it.key < key).map(|it| it.key))
            }
            Ask::Exists { key, .. } => Answer::Exists(self.keys.iter().any(|it| it.key == key)),
        }
    }

    fn end(&mut self, _: LogIndex, session: Session, events: &mut Vec<Event>) {
        self.remove(|key| key.is_tied && key.session == session, Ended::Expiry, events);
    }

    fn watched(ask: &Ask, answer: &Answer) -> Vec<LogIndex> {
        match (ask, answer) {
            (Ask::Exists { key, watch: true }, Answer::Exists(true)) => vec![*key],
            (Ask::Children { watch: true, .. }, Answer::Children(children)) => {
                children.iter().map(|child| child.key).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    const LOCK: LockId = LockId(0);

    fn session(node: u32) -> Session {
        Session { node: NodeId::new(node), life: 0, number: 0 }
    }

    fn ask(store: &mut Store, index: u64, node: u32, ask: Ask) -> (Answer, Vec<Event>) {
        let mut events = Vec::new();
        let answer = store.apply(LogIndex(index), session(node), &ask, &mut events);
        (answer, events)
    }

    #[test]
    fn a_session_has_one_key_of_a_lock_by_put_and_another_by_each_create() {
        let mut store = Store::default();
        let put = Ask::Put { lock: LOCK, request: 1, is_tied: true };
        let (key, first) = (LogIndex(3), LogIndex(3));
        assert_eq!(ask(&mut store, 3, 1, put).0, Answer::Put { key, first });
        assert_eq!(ask(&mut store, 4, 1, put).0, Answer::Put { key, first });
        let create = Ask::Create { lock: LOCK, request: 1 };
        assert_eq!(ask(&mut store, 5, 1, create).0, Answer::Created { key: LogIndex(5) });
        let before = Ask::Before { lock: LOCK, key: LogIndex(5) };
        assert_eq!(ask(&mut store, 6, 1, before).0, Answer::Before(Some(first)));
        let before = Ask::Before { lock: LOCK, key: first };
        assert_eq!(ask(&mut store, 7, 1, before).0, Answer::Before(None));
    }

    #[test]
    fn the_oldest_key_has_the_lock_and_who_is_gone_leaves_it_to_the_next() {
        let mut store = Store::default();
        let (request, lock) = (1, LOCK);
        let create = Ask::Create { lock, request };
        for node in 1..=3 {
            ask(&mut store, u64::from(node), node, create);
        }
        let mut events = Vec::new();
        store.end(LogIndex(4), session(1), &mut events);
        let expected = [
            Event::Ended { lock, session: session(1), request, ended: Ended::Expiry },
            Event::Granted { lock, session: session(2), request, token: Token(2) },
            Event::Changed(LogIndex(1)),
        ];
        assert_eq!(events, expected);
        // Who waits and goes frees nothing.
        let delete = Ask::Delete { key: LogIndex(3), request };
        assert_eq!(
            ask(&mut store, 5, 3, delete),
            (Answer::Deleted, vec![Event::Changed(LogIndex(3))])
        );
    }

    #[test]
    fn a_key_that_is_not_tied_outlives_its_session() {
        let mut store = Store::default();
        ask(&mut store, 1, 1, Ask::Put { lock: LOCK, request: 1, is_tied: false });
        let mut events = Vec::new();
        store.end(LogIndex(2), session(1), &mut events);
        assert_eq!(events, []);
        let exists = Ask::Exists { key: LogIndex(1), watch: true };
        let (answer, _) = ask(&mut store, 3, 2, exists);
        assert_eq!(answer, Answer::Exists(true));
        assert_eq!(Store::watched(&exists, &answer), [LogIndex(1)]);
        assert_eq!(Store::watched(&exists, &Answer::Exists(false)), []);
    }
}
