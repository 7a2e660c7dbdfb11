//! One node's algorithm with its disk in memory: what a simulator, a test or a socket drives.

use super::{Context, Effect, NodeLuck, Now, Protocol, Synced};
use crate::id::NodeId;

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
    state: Option<P>,
    durable: P::Durable,
}

impl<P: Protocol> Process<P> {
    /// A process that has not booted yet, on this disk.
    pub fn new(id: NodeId, durable: P::Durable) -> Self {
        Process { id, state: None, durable }
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
        let Process { id, state, durable } = self;
        let mut ctx = Context { id: *id, now, config, durable, luck, effects };
        if let Input::Boot = input {
            *state = Some(P::boot(&mut ctx));
            return;
        }
        let state = state.as_mut().expect("only a process that is up takes a step");
        match input {
            Input::Message { from, message } => state.on_message(from, message, &mut ctx),
            Input::Timer(timer) => state.on_timer(timer, &mut ctx),
            Input::Command(command) => state.on_command(command, &mut ctx),
            Input::Synced(synced) => state.on_synced(synced, &mut ctx),
            Input::Boot => unreachable!("handled above"),
        }
    }

    /// The memory is gone; the next step must be a boot, from what the disk then holds.
    pub fn crash(&mut self, disk: P::Durable) {
        self.state = None;
        self.durable = disk;
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
