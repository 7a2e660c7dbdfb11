//! Sessions: what a client asks, it asks under one, once, and for as long as it is heard of.
//!
//! A session is a part of the replicated state. Every request in it has a number; the state keeps
//! the last answer, so that a request that arrives twice takes effect once (Raft thesis 6.3).
//! Whatever a session asks renews it. It ends by its own will, or by an entry in the log that says
//! that nothing was heard of it since a certain other entry: so every replica ends it at the same
//! place, and not if it was renewed in between.

use super::rules::Rules;
use crate::election::spec::LogIndex;
use crate::fingerprint::Fingerprint;
use crate::id::NodeId;
use crate::lock::spec::{Ended, LockId, Token};
use crate::protocol::{Data, Words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A session of a client: the node, which of its lives, and which session of that life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Session {
    /// The client.
    pub node: NodeId,
    /// Drawn at boot: who restarts is somebody else.
    pub life: u64,
    /// Counts the sessions of this life.
    pub number: u64,
}

/// What a session asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask<Q> {
    /// To begin.
    Open,
    /// To go on.
    KeepAlive,
    /// Something of the state that is replicated.
    Of(Q),
}

crate::words!(impl<Q: Words> Ask<Q> { Open => "open", KeepAlive => "keep-alive"; in Of(Q) });

/// A request of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<Q> {
    /// Whose.
    pub session: Session,
    /// The number of the request: the same in every copy.
    pub number: u64,
    /// For what.
    pub ask: Ask<Q>,
}

impl<Q: Words> Words for Request<Q> {
    const OWN: &'static [&'static str] = <Ask<Q>>::OWN;
    const INNER: &'static [(&'static str, u16)] = <Ask<Q>>::INNER;

    fn words() -> Vec<&'static str> {
        <Ask<Q>>::words()
    }

    fn word(&self) -> u16 {
        self.ask.word()
    }
}

/// What stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Logged<Q> {
    /// A client has asked.
    Request(Request<Q>),
    /// A leader has heard nothing of a session for its time to live.
    Expire {
        /// The session.
        session: Session,
        /// The entry that renewed it last, as far as that leader knew.
        unless_renewed_after: LogIndex,
    },
}

/// What a session is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer<A> {
    /// It has begun, or goes on.
    Lives,
    /// It is over, or never began: nothing was done.
    NoSession,
    /// The state's answer.
    Of(A),
}

/// What happened in the state when an entry was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has the lock now.
    Granted {
        /// Which lock.
        lock: LockId,
        /// To whom.
        session: Session,
        /// The number that the client gave its wish.
        request: u64,
        /// The fencing token.
        token: Token,
    },
    /// Somebody has it no more.
    Ended {
        /// Which lock.
        lock: LockId,
        /// Whose grant it was.
        session: Session,
        /// The number that the client gave its wish.
        request: u64,
        /// Why.
        ended: Ended,
    },
    /// What was made by this entry has changed, or is gone: whoever watches it is told.
    Changed(LogIndex),
}

/// What is replicated: a function of the entries so far.
pub trait Machine: Default + std::fmt::Debug + Serialize + 'static {
    /// What a session may ask of it.
    type Ask: Data + Words;
    /// What it answers.
    type Answer: Data;

    /// Does what a session asks at this entry.
    fn apply(
        &mut self,
        index: LogIndex,
        session: Session,
        ask: &Self::Ask,
        events: &mut Vec<Event>,
    ) -> Self::Answer;

    /// A session is over: what lives as long as it does is gone.
    fn end(&mut self, index: LogIndex, session: Session, events: &mut Vec<Event>);

    /// Whether it changes nothing: it needs no session then, and renews none.
    fn is_read(ask: &Self::Ask) -> bool {
        let _ = ask;
        false
    }

    /// What a client that is answered this wants to be told of when it changes.
    fn watched(ask: &Self::Ask, answer: &Self::Answer) -> Vec<LogIndex>;
}

/// A session as the state knows it.
#[derive(Clone, Debug, Serialize)]
struct Standing<A> {
    is_over: bool,
    renewed: LogIndex,
    number: u64,
    answer: Answer<A>,
}

/// The sessions, and what they share.
#[derive(Debug)]
pub struct Sessions<M: Machine> {
    /// Those that are over too: who is forgotten could be let in again by a request that comes
    /// late.
    sessions: BTreeMap<Session, Standing<M::Answer>>,
    machine: M,
}

impl<M: Machine> Default for Sessions<M> {
    fn default() -> Self {
        Sessions { sessions: BTreeMap::new(), machine: M::default() }
    }
}

impl<M: Machine> Sessions<M> {
    /// A request at its place in the log. There is no answer to one that is older than the last:
    /// nobody waits for it.
    pub fn request(
        &mut self,
        index: LogIndex,
        request: &Request<M::Ask>,
        rules: &Rules,
        events: &mut Vec<Event>,
    ) -> Option<Answer<M::Answer>> {
        let Request { session, number, ask } = request;
        if let Ask::Of(ask) = ask
            && M::is_read(ask)
        {
            return Some(Answer::Of(self.machine.apply(index, *session, ask, events)));
        }
        if let (Ask::Open, None) = (ask, self.sessions.get(session)) {
            let (number, answer) = (*number, Answer::Lives);
            let begun = Standing { is_over: false, renewed: index, number, answer };
            self.sessions.insert(*session, begun);
            return Some(Answer::Lives);
        }
        let Some(standing) = self.sessions.get_mut(session).filter(|it| !it.is_over) else {
            return Some(Answer::NoSession);
        };
        if rules.applies_once && *number <= standing.number {
            return (*number == standing.number).then(|| standing.answer.clone());
        }
        standing.renewed = index;
        standing.number = *number;
        standing.answer = match ask {
            Ask::Open | Ask::KeepAlive => Answer::Lives,
            Ask::Of(ask) => Answer::Of(self.machine.apply(index, *session, ask, events)),
        };
        Some(standing.answer.clone())
    }

    /// Ends a session, unless it was renewed after the entry that a leader knew of.
    pub fn expire(
        &mut self,
        index: LogIndex,
        session: Session,
        unless_renewed_after: LogIndex,
        rules: &Rules,
        events: &mut Vec<Event>,
    ) {
        let Some(standing) = self.sessions.get_mut(&session).filter(|it| !it.is_over) else {
            return;
        };
        if standing.renewed > unless_renewed_after && rules.spares_who_was_renewed {
            return;
        }
        standing.is_over = true;
        self.machine.end(index, session, events);
    }

    /// The entry that renewed a session last; `None` if there is no such session or it is over.
    pub fn renewed(&self, session: Session) -> Option<LogIndex> {
        self.sessions.get(&session).filter(|it| !it.is_over).map(|it| it.renewed)
    }

    /// The sessions that are not over.
    pub fn live(&self) -> impl Iterator<Item = Session> {
        self.sessions.iter().filter(|(_, it)| !it.is_over).map(|(session, _)| *session)
    }

    /// What is replicated.
    pub const fn machine(&self) -> &M {
        &self.machine
    }

    /// A digest of everything: equal at equal entries, on every replica.
    pub fn digest(&self) -> u64 {
        let mut digest = Fingerprint::EMPTY;
        for known in &self.sessions {
            digest.fold_value(&known);
        }
        digest.fold_value(&self.machine);
        digest.value()
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::SOUND;
    use super::super::table::{Answer as Said, Ask as Want, Table};
    use super::*;

    const LOCK: LockId = LockId(0);

    fn session(node: u32) -> Session {
        Session { node: NodeId::new(node), life: 0, number: 0 }
    }

    /// Sessions, and the entry that comes next.
    struct Log(Sessions<Table>, u64);

    impl Log {
        fn new() -> Self {
            Log(Sessions::default(), 0)
        }

        fn next(&mut self) -> LogIndex {
            self.1 += 1;
            LogIndex(self.1)
        }

        fn asks(&mut self, node: u32, number: u64, ask: Ask<Want>) -> Option<Answer<Said>> {
            let (index, session) = (self.next(), session(node));
            let request = Request { session, number, ask };
            self.0.request(index, &request, &SOUND, &mut Vec::new())
        }

        fn acquires(&mut self, node: u32, number: u64) -> Option<Answer<Said>> {
            self.asks(node, number, Ask::Of(Want::Acquire { lock: LOCK, request: 7 }))
        }

        fn expires(&mut self, node: u32, unless_renewed_after: u64) -> Vec<Event> {
            let (index, mut events) = (self.next(), Vec::new());
            let after = LogIndex(unless_renewed_after);
            self.0.expire(index, session(node), after, &SOUND, &mut events);
            events
        }
    }

    #[test]
    fn a_request_that_arrives_twice_takes_effect_once_and_is_answered_alike() {
        let mut log = Log::new();
        assert_eq!(log.asks(1, 1, Ask::Open), Some(Answer::Lives));
        let granted = Some(Answer::Of(Said::Granted { token: Token(2) }));
        assert_eq!(log.acquires(1, 2), granted);
        let release = Ask::Of(Want::Release { lock: LOCK, request: 7 });
        assert_eq!(log.asks(1, 3, release), Some(Answer::Of(Said::Released)));
        let before = log.0.digest();
        assert_eq!(log.acquires(1, 2), None, "nobody waits for an answer that old");
        assert_eq!(log.asks(1, 3, Ask::KeepAlive), Some(Answer::Of(Said::Released)));
        assert_eq!(log.0.digest(), before);
    }

    #[test]
    fn a_session_is_ended_by_an_entry_unless_it_was_renewed_behind_it() {
        let mut log = Log::new();
        log.asks(1, 1, Ask::Open);
        log.acquires(1, 2);
        log.asks(2, 1, Ask::Open);
        log.acquires(2, 2);
        assert_eq!(log.expires(1, 1), [], "entry 2 renewed it");
        let request = 7;
        let (ended, token) = (Ended::Expiry, Token(6));
        let expected = [
            Event::Ended { lock: LOCK, session: session(1), request, ended },
            Event::Granted { lock: LOCK, session: session(2), request, token },
            Event::Changed(LogIndex(4)),
        ];
        assert_eq!(log.expires(1, 2), expected);
        assert_eq!(log.acquires(1, 3), Some(Answer::NoSession));
        assert_eq!(log.asks(1, 4, Ask::Open), Some(Answer::NoSession), "it does not come back");
        assert_eq!(log.0.live().collect::<Vec<_>>(), [session(2)]);
    }

    #[test]
    fn who_has_no_session_gets_nothing() {
        let mut log = Log::new();
        let empty = log.0.digest();
        assert_eq!(log.acquires(1, 1), Some(Answer::NoSession));
        assert_eq!(log.0.digest(), empty);
    }
}
