//! Locks: a mutex with an owner, and one that hands out fencing tokens which only grow.
//!
//! A lock that is held twice, or released by somebody else, has no linearization. Leases are not
//! in these models: what expires must be recorded as a release of its owner. An attempt that was
//! turned away is a failed operation.

use super::model::{Asked, Model};
use super::recorder::ClientId;

/// What a lock can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockCall {
    /// To be the client's.
    Acquire,
    /// To be free again; only its owner may ask.
    Release,
}

/// What a lock answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockReply {
    /// It is so.
    Done,
    /// It is yours, and this is your fencing token.
    Token(u64),
}

/// A mutex that knows its owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock;

impl Model for Lock {
    type State = Option<ClientId>;
    type Call = LockCall;
    type Reply = LockReply;
    type Key = ();

    fn initial(&self) -> Option<ClientId> {
        None
    }

    fn step(
        &self,
        owner: &Option<ClientId>,
        asked: &Asked<'_, LockCall, LockReply>,
    ) -> Option<Option<ClientId>> {
        match asked.call {
            LockCall::Acquire => owner.is_none().then_some(Some(asked.client)),
            LockCall::Release => (*owner == Some(asked.client)).then_some(None),
        }
    }

    fn key(&self, _: &LockCall) {}
}

/// A mutex whose every grant has a token greater than all before.
#[derive(Clone, Copy, Debug, Default)]
pub struct FencedLock;

impl Model for FencedLock {
    /// The owner, and the last token.
    type State = (Option<ClientId>, Option<u64>);
    type Call = LockCall;
    type Reply = LockReply;
    type Key = ();

    fn initial(&self) -> Self::State {
        (None, None)
    }

    fn step(
        &self,
        (owner, last): &Self::State,
        asked: &Asked<'_, LockCall, LockReply>,
    ) -> Option<Self::State> {
        let owner = Lock.step(owner, asked)?;
        match (asked.call, asked.reply) {
            (LockCall::Release, _) => Some((owner, *last)),
            (LockCall::Acquire, Some(LockReply::Done)) => None,
            (LockCall::Acquire, Some(LockReply::Token(token))) => {
                last.is_none_or(|last| *token > last).then_some((owner, Some(*token)))
            }
            // Nobody saw this token. The least that it can be leaves most room for those to come.
            (LockCall::Acquire, None) => {
                let least = last.map_or(Some(0), |last| last.checked_add(1))?;
                Some((owner, Some(least)))
            }
        }
    }

    fn key(&self, _: &LockCall) {}
}
