//! Measuring a run: what was observed how often, and when its services were there.
//!
//! A service shows in the state of the nodes, sampled whenever that or the world changes, or in the
//! answers to probes ([`super::probes`]).

use super::figures::{Figures, Presence};
use super::probes::Probes;
use crate::algorithm::Service;
use crate::engine::{Flow, Observer, Record, What};
use crate::id::NodeId;
use crate::protocol::{Protocol, Words};
use crate::time::SimTime;
use crate::world::World;

/// Watches a run and measures it.
pub struct Measure<P: Protocol> {
    watched: Vec<Watched<P>>,
    views: Vec<Option<P::View>>,
    words: Vec<u64>,
}

struct Watched<P: Protocol> {
    service: Box<dyn Service<P>>,
    seen: Seen,
}

/// How a service is seen.
enum Seen {
    /// With the time at which it ends by itself, if nothing happens before.
    InState(Presence, Option<SimTime>),
    ByProbes(Probes),
}

impl<P: Protocol> Measure<P> {
    /// Measures these services of so many nodes, each with its probes or, without, in the state of
    /// the nodes.
    pub fn new(
        nodes: usize,
        services: impl IntoIterator<Item = (Box<dyn Service<P>>, Option<Probes>)>,
    ) -> Self {
        let watch = |(service, probes): (_, Option<Probes>)| Watched {
            service,
            seen: probes.map_or_else(|| Seen::InState(Presence::new(), None), Seen::ByProbes),
        };
        Measure {
            watched: services.into_iter().map(watch).collect(),
            views: vec![None; nodes],
            words: vec![0; usize::from(P::Observation::COUNT)],
        }
    }

    /// How often each word of the family was observed, in the order of its words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The figures of the run so far, of each service in their order.
    pub fn figures(&self, world: &World) -> Vec<Figures> {
        let figures = |watched: &Watched<P>| match &watched.seen {
            Seen::InState(presence, ends) => match ends.filter(|ends| *ends < world.now()) {
                None => presence.figures(world.now()),
                Some(ends) => {
                    let mut presence = presence.clone();
                    presence.note(ends, false);
                    presence.figures(world.now())
                }
            },
            Seen::ByProbes(probes) => probes.figures(world.now()),
        };
        self.watched.iter().map(figures).collect()
    }

    fn sample(&mut self, world: &World) {
        for watched in &mut self.watched {
            if let Seen::InState(presence, ends) = &mut watched.seen {
                if let Some(is_up) = watched.service.is_up(&self.views, world) {
                    if let Some(ended) = ends.filter(|ends| *ends < world.now()) {
                        presence.note(ended, false);
                    }
                    presence.note(world.now(), is_up);
                    *ends = watched.service.lasts_until(&self.views, world).filter(|_| is_up);
                }
            }
        }
    }

    fn observed(&mut self, node: NodeId, observation: &P::Observation, world: &World) {
        self.words[usize::from(observation.word())] += 1;
        for watched in &mut self.watched {
            watched.service.on_observation(node, observation, &self.views, world);
            if let Seen::ByProbes(probes) = &mut watched.seen {
                if let Some(number) = watched.service.served(observation) {
                    probes.answer(number, world.now());
                }
            }
        }
    }

    fn heal(&mut self, world: &World) {
        self.sample(world);
        for watched in &mut self.watched {
            match &mut watched.seen {
                Seen::InState(presence, _) => presence.heal(world.now()),
                Seen::ByProbes(probes) => probes.heal(world.now()),
            }
        }
    }
}

impl<P: Protocol> Observer<P> for Measure<P> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        match &record.what {
            What::Observed { observation, .. } => self.observed(record.node, observation, world),
            What::Viewed(view) => {
                self.views[record.node.index()] = Some((*view).clone());
                self.sample(world);
            }
            What::Crashed { .. } => {
                self.views[record.node.index()] = None;
                self.sample(world);
            }
            What::Healed => self.heal(world),
            What::Booted { .. }
            | What::Paused
            | What::Resumed
            | What::Struck { .. }
            | What::Flapped { .. }
            | What::Ended { .. } => self.sample(world),
            _ => {}
        }
        Flow::Continue
    }
}

impl<P: Protocol> std::fmt::Debug for Measure<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measure").field("words", &self.words).finish_non_exhaustive()
    }
}
