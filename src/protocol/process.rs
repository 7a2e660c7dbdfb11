//! One node's algorithm with its disk in memory: what a simulator, a test or a socket drives.

use super::{Context, Effect, NodeLuck, Now, Protocol, Reads, Synced};
use crate::id::NodeId;
use std::cell::Cell;

/// What a process is told in one step.
#[derive(Debug)]
pub enum Input<P: Protocol> {
    /// Start, or start again: what is in memory is gone, what is on disk is there.
    Boot,
    /// A message arrived.
    Message {
        /// Its sender.
        from: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// A timer is due.
    Timer(P::Timer),
    /// An operator or a client asks for something.
    Command(P::Command),
    /// A sync ended.
    Synced(Synced),
}

/// A node's algorithm, which dies in a crash, and its disk, which does not.
#[derive(Debug)]
pub struct Process<P: Protocol> {
    id: NodeId,
    /// What it read in its last step.
    reads: Reads,
    /// Whether the next boot finds a torn write.
    is_torn: bool,
    state: Option<P>,
    durable: P::Durable,
}

impl<P: Protocol> Process<P> {
    /// A process that has not booted yet, on this disk.
    pub fn new(id: NodeId, durable: P::Durable) -> Self {
        Process { id, reads: Reads::default(), is_torn: false, state: None, durable }
    }

    /// Tells the process one thing; what it wants is pushed to `effects`.
    ///
    /// # Panics
    /// If the process is told anything but [`Input::Boot`] while it is down, and wherever the
    /// algorithm itself panics.
    #[inline]
    pub fn step(
        &mut self,
        config: &P::Config,
        now: Now,
        luck: &mut dyn NodeLuck,
        input: Input<P>,
        effects: &mut Vec<Effect<P>>,
    ) {
        let Process { id, reads, is_torn, state, durable } = self;
        let read = Cell::new(Reads::default());
        let found_torn = matches!(input, Input::Boot) && std::mem::take(is_torn);
        let mut ctx =
            Context { id: *id, now, reads: &read, found_torn, config, durable, luck, effects };
        match input {
            Input::Boot => *state = Some(P::boot(&mut ctx)),
            Input::Message { from, message } => up(state).on_message(from, message, &mut ctx),
            Input::Timer(timer) => up(state).on_timer(timer, &mut ctx),
            Input::Command(command) => up(state).on_command(command, &mut ctx),
            Input::Synced(synced) => up(state).on_synced(synced, &mut ctx),
        }
        *reads = read.get();
    }

    /// The memory is gone; the next step must be a boot, from what the disk then holds.
    pub fn crash(&mut self, disk: P::Durable) {
        self.state = None;
        self.durable = disk;
    }

    /// The last write before the crash is torn: the next boot finds it so.
    pub const fn tear(&mut self) {
        self.is_torn = true;
    }

    /// Which clocks it read in its last step.
    #[inline]
    pub const fn reads(&self) -> Reads {
        self.reads
    }

    /// This node.
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The algorithm's state; `None` while the process is down.
    #[inline]
    pub const fn state(&self) -> Option<&P> {
        self.state.as_ref()
    }

    /// The disk as the process sees it, writes that are not yet synced included.
    pub const fn durable(&self) -> &P::Durable {
        &self.durable
    }
}

#[inline]
fn up<P>(state: &mut Option<P>) -> &mut P {
    state.as_mut().expect("only a process that is up takes a step")
}
