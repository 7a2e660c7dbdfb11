//! A history as it is recorded: who asked what when, and how it ended.
//!
//! An operation takes a closed interval of true time: two of which one ends at the instant at which
//! the other begins are concurrent, since nobody can say which was first. A client is one
//! sequential process: it asks only after its last question was answered, failed, or given up.

use crate::time::SimTime;
use std::collections::BTreeMap;
use std::fmt;

/// A sequential client: what Jepsen calls a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// An operation's place among all of its history, in the order in which they were invoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u32);

/// One operation of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<C, R> {
    /// Who asked.
    pub client: ClientId,
    /// What was asked.
    pub call: C,
    /// When.
    pub invoked_at: SimTime,
    /// What came of it.
    pub end: End<R>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End<R> {
    /// It took effect and was answered.
    Ok {
        /// The answer.
        reply: R,
        /// When it came.
        at: SimTime,
    },
    /// It did not take effect and never will.
    Failed,
    /// Nobody knows: it may take effect at any later instant, or never.
    Info,
}

/// What was recorded, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<C, R> {
    operations: Vec<Operation<C, R>>,
}

impl<C, R> History<C, R> {
    /// All operations, in the order in which they were invoked.
    pub fn operations(&self) -> &[Operation<C, R>] {
        &self.operations
    }

    /// An operation of this history.
    ///
    /// # Panics
    /// If it is not of this history.
    pub fn operation(&self, id: OperationId) -> &Operation<C, R> {
        &self.operations[id.0 as usize]
    }

    /// All operations with their places.
    pub fn iter(&self) -> impl Iterator<Item = (OperationId, &Operation<C, R>)> {
        (0..).map(OperationId).zip(&self.operations)
    }
}

/// Why something recorded cannot be part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryError {
    /// A client asked though its last question is open.
    InvokedTwice(ClientId),
    /// An end of an operation that the client has not begun.
    NotInvoked(ClientId),
    /// An instant before the one recorded last.
    TimeWentBack {
        /// The instant of the event recorded last.
        last: SimTime,
        /// The one that is before it.
        at: SimTime,
    },
    /// More than 2^32 operations.
    TooLong,
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HistoryError::InvokedTwice(_) => f.write_str(
                "this client invokes an operation while its last one is open: a client is one \
                 sequential process, so end that one first (ok, fail or info), or use another name",
            ),
            HistoryError::NotInvoked(_) => f.write_str(
                "this client has no open operation: each ok, fail and info ends one invoke of the \
                 same client",
            ),
            HistoryError::TimeWentBack { last, at } => write!(
                f,
                "time goes back from {} to {}: record events in the order of their times",
                last.as_nanos(),
                at.as_nanos()
            ),
            HistoryError::TooLong => f.write_str("more than 2^32 operations: split the history"),
        }
    }
}

impl std::error::Error for HistoryError {}

/// Records a history, event by event, in the order of time. What is refused changes nothing.
#[derive(Clone, Debug)]
pub struct Recorder<C, R> {
    operations: Vec<Operation<C, R>>,
    open: BTreeMap<ClientId, OperationId>,
    now: SimTime,
}

impl<C, R> Default for Recorder<C, R> {
    fn default() -> Self {
        Recorder::new()
    }
}

impl<C, R> Recorder<C, R> {
    /// Nothing was recorded yet.
    pub fn new() -> Self {
        Recorder { operations: Vec::new(), open: BTreeMap::new(), now: SimTime::from_nanos(0) }
    }

    /// A client asks.
    ///
    /// # Errors
    /// If the client's last operation is open, or time went back.
    pub fn invoke(
        &mut self,
        client: ClientId,
        call: C,
        at: SimTime,
    ) -> Result<OperationId, HistoryError> {
        if self.open.contains_key(&client) {
            return Err(HistoryError::InvokedTwice(client));
        }
        let id = u32::try_from(self.operations.len()).map_err(|_| HistoryError::TooLong)?;
        self.advance(at)?;
        self.operations.push(Operation { client, call, invoked_at: at, end: End::Info });
        self.open.insert(client, OperationId(id));
        Ok(OperationId(id))
    }

    /// Its operation took effect, and it was told so.
    ///
    /// # Errors
    /// If the client has no open operation, or time went back.
    pub fn ok(
        &mut self,
        client: ClientId,
        reply: R,
        at: SimTime,
    ) -> Result<OperationId, HistoryError> {
        self.end(client, End::Ok { reply, at }, at)
    }

    /// Its operation did not take effect, and never will.
    ///
    /// # Errors
    /// If the client has no open operation, or time went back.
    pub fn fail(&mut self, client: ClientId, at: SimTime) -> Result<OperationId, HistoryError> {
        self.end(client, End::Failed, at)
    }

    /// Nobody will know what became of its operation: a time-out, a lost connection, a crash.
    ///
    /// # Errors
    /// If the client has no open operation, or time went back.
    pub fn info(&mut self, client: ClientId, at: SimTime) -> Result<OperationId, HistoryError> {
        self.end(client, End::Info, at)
    }

    /// What this client has asked and not been told.
    pub fn open(&self, client: ClientId) -> Option<&C> {
        self.open.get(&client).map(|id| &self.operations[id.0 as usize].call)
    }

    /// The history. What is still open is `info`.
    pub fn finish(self) -> History<C, R> {
        History { operations: self.operations }
    }

    fn end(
        &mut self,
        client: ClientId,
        end: End<R>,
        at: SimTime,
    ) -> Result<OperationId, HistoryError> {
        let id = *self.open.get(&client).ok_or(HistoryError::NotInvoked(client))?;
        self.advance(at)?;
        self.open.remove(&client);
        self.operations[id.0 as usize].end = end;
        Ok(id)
    }

    fn advance(&mut self, at: SimTime) -> Result<(), HistoryError> {
        if at < self.now {
            return Err(HistoryError::TimeWentBack { last: self.now, at });
        }
        self.now = at;
        Ok(())
    }
}
