//! The contract: an algorithm is a pure state machine that is told, and wants.
//!
//! The laws of physics are in the types. What is in `self` dies in a crash; what is in
//! [`Durable`] survives as far as it was synced; the only time an algorithm sees is
//! [`LocalTime`](crate::time::LocalTime). Handlers do no input or output: they push [`Effect`]s,
//! and whoever drives the [`Process`] - the simulator, a test, a socket - carries them out.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use stormseed::id::NodeId;
//! use stormseed::protocol::{Context, Never, Protocol};
//! use stormseed::time::Duration;
//!
//! /// Every node greets its neighbour once a second.
//! #[derive(Debug)]
//! struct Greeter;
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! enum Hello { Hello }
//! stormseed::words!(Hello { Hello => "hello" });
//!
//! impl Protocol for Greeter {
//!     type Config = u32; // how many nodes there are
//!     type Message = Hello;
//!     type Timer = ();
//!     type Command = Never;
//!     type Observation = Never;
//!     type View = ();
//!     type Durable = ();
//!
//!     fn boot(ctx: &mut Context<'_, Self>) -> Self {
//!         ctx.set_timer((), Duration::from_secs(1));
//!         Greeter
//!     }
//!     fn on_message(&mut self, _: NodeId, _: Hello, _: &mut Context<'_, Self>) {}
//!     fn on_timer(&mut self, _: (), ctx: &mut Context<'_, Self>) {
//!         let neighbour = NodeId::new((ctx.id().number() + 1) % ctx.config());
//!         ctx.send(neighbour, Hello::Hello);
//!         ctx.set_timer((), Duration::from_secs(1));
//!     }
//!     fn view(&self) {}
//! }
//! ```

mod context;
mod process;
mod words;

pub use context::{Context, Lift, NodeLuck, Now, Reads};
pub use process::{Input, Process};
pub use words::{Never, Words};
#[doc(hidden)]
pub use words::{inner_word, own_word};

use crate::id::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// What can be fingerprinted, traced, written as JSON and sent over a wire.
pub trait Data: Clone + Debug + Serialize + DeserializeOwned + 'static {}
impl<T: Clone + Debug + Serialize + DeserializeOwned + 'static> Data for T {}

/// What a node keeps on disk: a value that changes only by its own writes.
///
/// The engine keeps a base (what is synced) and the writes that are not; a crash keeps what the
/// disk model says of the latter. `apply` must be a function of the value and the write alone.
pub trait Durable: Default + Clone + Debug + Serialize + 'static {
    /// One write, the unit that is synced or lost.
    type Write: Data;
    /// Changes the value as the write says.
    fn apply(&mut self, write: &Self::Write);
}

/// For algorithms that keep nothing on disk.
impl Durable for () {
    type Write = Never;
    fn apply(&mut self, write: &Never) {
        match *write {}
    }
}

/// A distributed algorithm as one node runs it.
///
/// A handler is called with one input and answers with effects; it must be a function of the
/// node's state, the input and the context. What it draws it draws by
/// [`Context::draw`], what it reads of time it reads from the context.
pub trait Protocol: Debug + Sized + 'static {
    /// Settings, validated and complete, shared by all nodes.
    type Config: Clone + Send + Sync + 'static;
    /// What nodes say to one another.
    type Message: Data + Words;
    /// What a node waits for; setting one again replaces it.
    type Timer: Copy + Ord + Debug + Serialize + 'static;
    /// What an operator or a client may ask of this node.
    type Command: Data + Words;
    /// What a node declares: its family's words, for invariants to judge.
    type Observation: Data + Words;
    /// A small summary of a node's state - role, term, holder - sampled after every step.
    type View: Clone + PartialEq + Debug + Serialize + 'static;
    /// What survives a crash.
    type Durable: Durable;

    /// The first start and every restart: what is on disk is in the context.
    fn boot(ctx: &mut Context<'_, Self>) -> Self;

    /// A message arrived.
    fn on_message(&mut self, from: NodeId, message: Self::Message, ctx: &mut Context<'_, Self>);

    /// A timer that this node had set is due.
    fn on_timer(&mut self, timer: Self::Timer, ctx: &mut Context<'_, Self>);

    /// An operator or a client asks for something.
    fn on_command(&mut self, command: Self::Command, ctx: &mut Context<'_, Self>) {
        let _ = (command, ctx);
    }

    /// A sync that this node had asked for is done, or failed.
    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        let _ = (synced, ctx);
    }

    /// The summary that judges, the debugger and the explorer see.
    fn view(&self) -> Self::View;

    /// Whether this node plays a role now, so that a fault can be aimed at `"leader"`.
    fn plays(&self, role: &str) -> bool {
        let _ = role;
        false
    }

    /// Whether an observation of this node answers a command that it was given: the client that
    /// waits for that goes on. `durable` is the disk as the node sees it. A protocol that never
    /// answers can only be asked at fixed times.
    fn answers(
        &self,
        command: &Self::Command,
        observation: &Self::Observation,
        durable: &Self::Durable,
    ) -> bool {
        let _ = (command, observation, durable);
        false
    }

    /// What a message says on the wire, in the family's words: judged when it leaves its sender.
    fn claims(message: &Self::Message) -> Option<Self::Observation> {
        let _ = message;
        None
    }
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Synced {
    /// All writes made before it was asked for are on disk.
    Done,
    /// The disk gave an error, and every sync that was asked for before the node hears of it has
    /// failed with this one: which of the
    /// writes that no sync has saved are on disk is not known, and no later sync will say. What
    /// waited for them never leaves. To be sure of a write, write it again.
    Failed,
}

/// What a node wants done. Each effect is a cut point: a crash or a stall may fall behind it.
#[derive(Debug)]
pub enum Effect<P: Protocol> {
    /// Send a message. Unless it is urgent it waits for every sync asked for before it.
    Send {
        /// The receiver.
        to: NodeId,
        /// What is said.
        message: P::Message,
        /// Whether it leaves without waiting for the disk.
        urgent: bool,
    },
    /// Set, or set again, a timer on this node's monotonic clock.
    SetTimer {
        /// Which one.
        timer: P::Timer,
        /// How long from now, on the node's own clock.
        after: crate::time::Duration,
    },
    /// Forget a timer.
    CancelTimer(P::Timer),
    /// Write to disk; durable once a later sync is done.
    Persist(<P::Durable as Durable>::Write),
    /// Ask that all writes so far be made durable.
    Sync,
    /// Declare a belief ("I lead term 3"), at once.
    Observe(P::Observation),
    /// Declare a promise ("I voted for n2 in term 3"): like a message, it waits for the disk.
    Promise(P::Observation),
}
