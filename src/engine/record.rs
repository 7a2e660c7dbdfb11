//! What happened: the records of a run, and those who watch them.

use crate::fault::Action;
use crate::id::{FaultId, NodeId};
use crate::protocol::{Durable, Protocol, Synced};
use crate::time::{Duration, SimTime};
use crate::world::World;

/// One thing that happened at one node.
#[derive(Debug)]
pub struct Record<'a, P: Protocol> {
    /// When, in true time.
    pub at: SimTime,
    /// The number of the event of which it is part, from 1.
    pub event: u64,
    /// Where.
    pub node: NodeId,
    /// What.
    pub what: What<'a, P>,
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// By chance.
    Lost,
    /// The link was cut, by this fault.
    Cut(FaultId),
    /// The receiver was down, or a node on the way that was to hand it on.
    Down,
    /// The receiver found it spoilt, by this fault.
    Corrupt(FaultId),
    /// The queue of its link was full, by this fault.
    Throttled(FaultId),
    /// There is no way from where it is to its receiver, cut or not.
    NoRoute,
    /// The queue of a link was full.
    Overflow,
}

/// Whether an observation is a belief or a promise that waited for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    /// A belief, declared at once.
    Belief,
    /// A promise, declared when the disk held it.
    Promise,
}

/// What happened.
#[derive(Debug)]
pub enum What<'a, P: Protocol> {
    /// The node started, for the n-th time.
    Booted {
        /// How often it has booted, this time included.
        boots: u32,
    },
    /// The node, which has just started, finds the last write before the crash torn.
    Torn,
    /// The node died.
    Crashed {
        /// How many writes were lost with it.
        writes_lost: u64,
    },
    /// The node stands still from now on.
    Paused,
    /// The node goes on.
    Resumed,
    /// The node was told a message.
    Delivered {
        /// Its sender.
        from: NodeId,
        /// What it says.
        message: &'a P::Message,
    },
    /// A timer of the node was due.
    Fired(P::Timer),
    /// The node was given a command.
    Commanded(&'a P::Command),
    /// A client has the answer to the command that it gave to the node.
    Answered {
        /// Which client.
        client: u32,
        /// What it had asked.
        command: &'a P::Command,
    },
    /// A client has waited long enough for an answer of the node, or of whoever it had asked: what
    /// became of the command it does not know.
    GaveUp {
        /// Which client.
        client: u32,
        /// What it had asked.
        command: &'a P::Command,
    },
    /// A sync of the node ended.
    Synced(Synced),
    /// A message left the node, and will arrive after this time: at its receiver, or at the next
    /// node of its way.
    Sent {
        /// Its receiver.
        to: NodeId,
        /// What it says.
        message: &'a P::Message,
        /// How long it will travel until then.
        after: Duration,
        /// Whether this is the second copy of a message.
        copy: bool,
    },
    /// The network made up a copy of a message, and this node is the one that it names as its
    /// sender. It will arrive after this time.
    MadeUp {
        /// By which fault.
        fault: FaultId,
        /// Who will get it.
        to: NodeId,
        /// What it says.
        message: &'a P::Message,
        /// How long it will travel.
        after: Duration,
    },
    /// A message did not arrive. At the sender when it is known at once (`arrived` is false); when
    /// it was on the way at the receiver, or at the node that could not hand it on.
    Dropped {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
        /// What it says.
        message: &'a P::Message,
        /// Why.
        why: Why,
        /// Whether it had come as far as this node.
        arrived: bool,
    },
    /// The node wrote to its disk; not yet durable.
    Persisted(&'a <P::Durable as Durable>::Write),
    /// The node declared something.
    Observed {
        /// What.
        observation: &'a P::Observation,
        /// As a belief or a promise.
        promised: Promised,
    },
    /// The node's summary changed.
    Viewed(&'a P::View),
    /// A fault struck this node; one record for each of its targets.
    Struck {
        /// Which fault.
        fault: FaultId,
        /// What it does.
        action: &'a Action,
    },
    /// A fault in force changed what it does: a clock's rate, or the side of a strobe.
    Turned {
        /// Which fault.
        fault: FaultId,
    },
    /// A fault was taken back.
    Ended {
        /// Which fault.
        fault: FaultId,
    },
    /// The storm is over.
    Healed,
    /// A message from or to the node is kept back until a fault lets it go. At the sender when it
    /// is about to leave (`arrived` is false); when it was on the way at the receiver, or at the
    /// node that was to hand it on.
    Held {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
        /// What it says.
        message: &'a P::Message,
        /// The fault that holds it.
        fault: FaultId,
        /// Whether it had come as far as this node.
        arrived: bool,
    },
    /// A cut that flaps has opened its links, or closed them again.
    Flapped {
        /// Which fault.
        fault: FaultId,
        /// Whether the links are closed now.
        closed: bool,
    },
    /// The node handed a message on, and it will be at the next node after this time.
    Forwarded {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
        /// What it says.
        message: &'a P::Message,
        /// The next node of its way.
        next: NodeId,
        /// How long it will travel until then.
        after: Duration,
    },
}

/// What an observer can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// It has seen enough: end the run after this record.
    Enough,
}

impl Flow {
    /// Enough if either is.
    pub const fn or(self, other: Flow) -> Flow {
        match (self, other) {
            (Flow::Continue, Flow::Continue) => Flow::Continue,
            _ => Flow::Enough,
        }
    }
}

/// Somebody who watches a run. All that an observer can say is "enough".
pub trait Observer<P: Protocol> {
    /// Something happened. Records come in the order of their effects.
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow;

    /// Time is about to move to `next`; the world still is as it was at [`World::now`].
    #[inline]
    fn before(&mut self, next: SimTime, world: &World) -> Flow {
        let _ = (next, world);
        Flow::Continue
    }
}

impl<P: Protocol> Observer<P> for () {
    #[inline]
    fn on_record(&mut self, _: &Record<'_, P>, _: &World) -> Flow {
        Flow::Continue
    }
}

impl<P: Protocol, O: Observer<P> + ?Sized> Observer<P> for &mut O {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        (**self).on_record(record, world)
    }

    #[inline]
    fn before(&mut self, next: SimTime, world: &World) -> Flow {
        (**self).before(next, world)
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for Option<O> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        self.as_mut().map_or(Flow::Continue, |o| o.on_record(record, world))
    }

    #[inline]
    fn before(&mut self, next: SimTime, world: &World) -> Flow {
        self.as_mut().map_or(Flow::Continue, |o| o.before(next, world))
    }
}

impl<P: Protocol, A: Observer<P>, B: Observer<P>> Observer<P> for (A, B) {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        self.0.on_record(record, world).or(self.1.on_record(record, world))
    }

    #[inline]
    fn before(&mut self, next: SimTime, world: &World) -> Flow {
        self.0.before(next, world).or(self.1.before(next, world))
    }
}
