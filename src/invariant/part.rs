//! Judging a part: the judges of an inner protocol hear what it says inside an outer one.
//!
//! A protocol that stands on another ([`Context::embed`](crate::protocol::Context::embed)) lifts
//! the other's words into its own. Whoever judges, measures or serves the inner one needs them back
//! as they were: a [`Lens`] says where they are.

use super::{Invariant, Kind, Verdict};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::protocol::Protocol;
use crate::time::SimTime;
use crate::world::World;
use std::fmt;

/// Where the words of a protocol `Q` are in those of a protocol `P` that stands on it.
pub struct Lens<P: Protocol, Q: Protocol> {
    /// What `Q` declared, if it is `Q` that did.
    pub observation: fn(&P::Observation) -> Option<&Q::Observation>,
    /// What `Q` shows of itself, at a node that runs it.
    pub view: fn(&P::View) -> Option<&Q::View>,
    /// What `Q` sent.
    pub message: fn(&P::Message) -> Option<&Q::Message>,
}

impl<P: Protocol, Q: Protocol> Clone for Lens<P, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol, Q: Protocol> Copy for Lens<P, Q> {}

impl<P: Protocol, Q: Protocol> fmt::Debug for Lens<P, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lens")
    }
}

/// A judge, a metric or a service of `Q`, for `P`.
pub struct Part<P: Protocol, Q: Protocol, J: ?Sized> {
    lens: Lens<P, Q>,
    of: Box<J>,
}

impl<P: Protocol, Q: Protocol, J: ?Sized> fmt::Debug for Part<P, Q, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part")
    }
}

impl<P: Protocol, Q: Protocol, J: ?Sized> Part<P, Q, J> {
    /// Shows `of` what the lens sees.
    pub fn seen(lens: Lens<P, Q>, of: Box<J>) -> Box<Self> {
        Box::new(Part { lens, of })
    }
}

impl<P: Protocol, Q: Protocol, J: Invariant<Q> + ?Sized> Invariant<P> for Part<P, Q, J> {
    fn name(&self) -> &'static str {
        self.of.name()
    }

    fn explains(&self) -> &'static str {
        self.of.explains()
    }

    fn kind(&self) -> Kind {
        self.of.kind()
    }

    fn on_observation(&mut self, node: NodeId, said: &P::Observation, world: &World) -> Verdict {
        match (self.lens.observation)(said) {
            Some(said) => self.of.on_observation(node, said, world),
            None => Ok(()),
        }
    }

    fn on_claim(&mut self, node: NodeId, claim: &P::Observation, world: &World) -> Verdict {
        match (self.lens.observation)(claim) {
            Some(claim) => self.of.on_claim(node, claim, world),
            None => Ok(()),
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) -> Verdict {
        match view.map(self.lens.view) {
            None => self.of.on_view(node, None, world),
            Some(Some(view)) => self.of.on_view(node, Some(view), world),
            // Another part of the node, or a node that does not run `Q`.
            Some(None) => Ok(()),
        }
    }

    fn on_world(&mut self, world: &World) -> Verdict {
        self.of.on_world(world)
    }

    fn deadline(&self) -> Option<SimTime> {
        self.of.deadline()
    }

    fn on_time(&mut self, world: &World) -> Verdict {
        self.of.on_time(world)
    }

    fn on_end(&mut self, world: &World) -> Verdict {
        self.of.on_end(world)
    }
}

impl<P: Protocol, Q: Protocol, M: Metric<Q> + ?Sized> Metric<P> for Part<P, Q, M> {
    fn gauges(&self) -> &'static [Gauge] {
        self.of.gauges()
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        self.of.read(world)
    }

    fn on_observation(&mut self, node: NodeId, said: &P::Observation, world: &World) {
        if let Some(said) = (self.lens.observation)(said) {
            self.of.on_observation(node, said, world);
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) {
        match view.map(self.lens.view) {
            None => self.of.on_view(node, None, world),
            Some(Some(view)) => self.of.on_view(node, Some(view), world),
            Some(None) => {}
        }
    }

    fn on_sent(&mut self, node: NodeId, message: &P::Message, world: &World) {
        if let Some(message) = (self.lens.message)(message) {
            self.of.on_sent(node, message, world);
        }
    }

    fn on_world(&mut self, world: &World) {
        self.of.on_world(world);
    }
}

impl<P: Protocol, Q: Protocol, J: ?Sized> Part<P, Q, J> {
    /// What the lens sees of these views.
    fn inner(&self, views: &[Option<P::View>]) -> Vec<Option<Q::View>> {
        let seen = |view: &Option<P::View>| view.as_ref().and_then(self.lens.view).cloned();
        views.iter().map(seen).collect()
    }
}

/// Only what shows in the state of the nodes: a probe would be a command, and those are `P`'s.
impl<P: Protocol, Q: Protocol, S: Service<Q> + ?Sized> Service<P> for Part<P, Q, S> {
    fn property(&self) -> &'static str {
        self.of.property()
    }

    fn name(&self) -> &'static str {
        self.of.name()
    }

    fn is_up(&self, views: &[Option<P::View>], world: &World) -> Option<bool> {
        self.of.is_up(&self.inner(views), world)
    }

    fn lasts_until(&self, views: &[Option<P::View>], world: &World) -> Option<SimTime> {
        self.of.lasts_until(&self.inner(views), world)
    }

    fn on_observation(
        &mut self,
        node: NodeId,
        said: &P::Observation,
        views: &[Option<P::View>],
        world: &World,
    ) {
        if let Some(said) = (self.lens.observation)(said) {
            let inner = self.inner(views);
            self.of.on_observation(node, said, &inner, world);
        }
    }
}
