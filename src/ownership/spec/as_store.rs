//! A store as those see it who judge, measure and serve all stores. A protocol with words of its
//! own besides hands them the others through a [`Lens`](crate::invariant::Lens).

use super::{Observation, Part, RequestAnswered, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::ownership::message::Command;
use crate::ownership::shard::Epoch;
use crate::protocol::{Context, Data, Protocol, Words};
use std::fmt;
use std::marker::PhantomData;

/// A store with these messages. Nobody runs it.
#[derive(Debug)]
pub struct AsStore<M>(PhantomData<M>);

impl<M: Data + Words> Protocol for AsStore<M> {
    type Config = ();
    type Message = M;
    type Timer = ();
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        AsStore(PhantomData)
    }
    fn on_message(&mut self, _: NodeId, _: M, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) -> View {
        View::of(Part::Client, Epoch::FIRST)
    }
}

/// Whoever asks for a key is answered in time, in a protocol with words of its own besides.
pub struct SeenAnswered<P: Protocol> {
    probes: RequestAnswered<Command>,
    store: fn(&P::Observation) -> Option<&Observation>,
}

impl<P: Protocol> fmt::Debug for SeenAnswered<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenAnswered").field("probes", &self.probes).finish_non_exhaustive()
    }
}

impl<P: Protocol> SeenAnswered<P> {
    /// The service of a protocol whose words this finds those of all stores in.
    pub fn through(store: fn(&P::Observation) -> Option<&Observation>) -> Self {
        let read = |number| Command::Get { key: number, number };
        SeenAnswered { probes: RequestAnswered::by(read), store }
    }
}

impl<P: Protocol<Command = Command>> Service<P> for SeenAnswered<P> {
    fn property(&self) -> &'static str {
        RequestAnswered::<Command>::PROPERTY
    }

    fn name(&self) -> &'static str {
        RequestAnswered::<Command>::NAME
    }

    fn probe(&self, number: u64) -> Option<Command> {
        Some(self.probes.of(number))
    }

    fn served(&self, said: &P::Observation) -> Option<u64> {
        (self.store)(said).and_then(RequestAnswered::<Command>::number)
    }
}
