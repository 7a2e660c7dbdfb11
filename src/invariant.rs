//! Judging: invariants over observations, claims and views, and what breaks them.

mod part;

pub use part::{Lens, Part};

use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::time::SimTime;
use crate::world::World;
use serde::Serialize;
use std::fmt::Debug;

/// One record that takes part in a violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// When, in true time.
    pub at: SimTime,
    /// The number of the event.
    pub event: u64,
    /// At which node.
    pub node: NodeId,
    /// What was said or done, in words.
    pub what: String,
}

impl Witness {
    /// What happened at a node just now.
    pub fn now(world: &World, node: NodeId, what: impl Into<String>) -> Self {
        Witness { at: world.now(), event: world.event(), node, what: what.into() }
    }
}

/// An invariant that does not hold: what the simulator came to find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The invariant's name.
    pub invariant: &'static str,
    /// What is wrong, in a sentence with the values in it.
    pub message: String,
    /// The two or three records that conflict, oldest first.
    pub witnesses: Vec<Witness>,
}

/// What an invariant says of the run so far.
pub type Verdict = Result<(), Violation>;

/// What an invariant is about, and so what it means that it does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What was promised of all that was ever said and done, across restarts: one leader in a term.
    /// No later step can mend it.
    Safety,
    /// What nodes believe at the same time: two of them act at once. A violation only where an
    /// algorithm promises otherwise; of the others it is measured how long it lasts.
    Belief,
    /// What comes of it in the world: of two that believe that they hold a lock, what the resource
    /// takes from both.
    Effect,
    /// Whether nodes report what they do: without it the other judges are blind.
    Honesty,
}

impl Kind {
    /// Its word, as lists write it.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Safety => "safety",
            Kind::Belief => "belief",
            Kind::Effect => "effect",
            Kind::Honesty => "honesty",
        }
    }
}

/// A property that must hold at every moment of every run.
///
/// All methods have empty defaults; an invariant fills in what it needs to see. It is told of
/// every observation, claim and change of view in the order of events.
pub trait Invariant<P: Protocol> {
    /// Its name, as `expect = { violates = "..." }` writes it.
    fn name(&self) -> &'static str;

    /// What it says, with the paper and section it is from.
    fn explains(&self) -> &'static str;

    /// What it is about.
    fn kind(&self) -> Kind {
        Kind::Safety
    }

    /// A node declared something.
    fn on_observation(
        &mut self,
        node: NodeId,
        observation: &P::Observation,
        world: &World,
    ) -> Verdict {
        let _ = (node, observation, world);
        Ok(())
    }

    /// A message left its sender that says this on the wire.
    fn on_claim(&mut self, node: NodeId, claim: &P::Observation, world: &World) -> Verdict {
        let _ = (node, claim, world);
        Ok(())
    }

    /// A node's summary changed; `None` when it crashed, which ends its beliefs.
    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) -> Verdict {
        let _ = (node, view, world);
        Ok(())
    }

    /// Somebody went up or down, or a link was cut or mended.
    fn on_world(&mut self, world: &World) -> Verdict {
        let _ = world;
        Ok(())
    }

    /// The next moment at which [`Invariant::on_time`] wants to be asked.
    fn deadline(&self) -> Option<SimTime> {
        None
    }

    /// The deadline has passed and nothing has happened since: the world is as it was then.
    fn on_time(&mut self, world: &World) -> Verdict {
        let _ = world;
        Ok(())
    }

    /// The run is over.
    fn on_end(&mut self, world: &World) -> Verdict {
        let _ = world;
        Ok(())
    }
}
