//! Liveness: whether the services came back in time after the storm, and if not, whose fault it is.
//!
//! These are loops around a run, not parts of it: the same seed again from the beginning, with one
//! thing changed. Luck and storm are the same up to the heal.

use super::case::{Case, run_for};
use super::lies::Surroundings;
use super::{Options, panics};
use crate::algorithm::{Algorithm, Service};
use crate::engine::{Observer, Setup, Simulation};
use crate::fault::When;
use crate::id::NodeId;
use crate::observe::{
    Figures, Measure, Monitor, Orders, Pace, Probes, Remainder, Scene, Standstill,
};
use crate::schedule::{Planned, Schedule};
use crate::time::{Duration, SimTime};

/// How many times the bound a service is given to show whether it is slow or stuck.
const PATIENCE: u64 = 10;

/// What is changed in a run.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// Nothing.
    Nothing,
    /// It goes on for so many times the bound after the heal.
    Longer,
    /// Everybody is healed.
    AllHealed,
    /// No command is given after the heal.
    Unordered,
}

impl<A: Algorithm> Case<A> {
    /// The services that are watched, the measured one first. Of those that only probes can see it
    /// alone is watched.
    pub(super) fn services(&self) -> Vec<Box<dyn Service<A>>> {
        let mut services = A::services(&self.config);
        if services.is_empty() {
            return services;
        }
        let measured = services.remove(self.measured);
        services.retain(|service| service.probe(0).is_none());
        services.insert(0, measured);
        services
    }

    fn end(&self, change: Change) -> SimTime {
        let end = self.scenario.end();
        match (change, self.scenario.healed_at(), self.scenario.recovery_bound()) {
            (Change::Longer, Some(healed), Some(bound)) => {
                end.max(healed + bound.saturating_mul(PATIENCE))
            }
            _ => end,
        }
    }

    /// The service that is measured, if probes ask for it.
    pub(super) fn probed(&self) -> Option<Box<dyn Service<A>>> {
        self.services().into_iter().next().filter(|service| service.probe(0).is_some())
    }

    /// Adds the probes of a run up to this end to its commands.
    pub(super) fn add_probes(&self, seed: u64, schedule: &mut Schedule<A::Command>) {
        let Some(service) = self.probed() else { return };
        let probes = (0..).zip(self.scenario.probes(seed, schedule.end));
        schedule.commands.extend(probes.filter_map(|(number, (at, to))| {
            let command = service.probe(number)?;
            Some(Planned { when: When::At(at), to, command })
        }));
        // What waits for a milestone stands last.
        schedule.commands.sort_by_key(|planned| match planned.when {
            When::At(at) => at,
            _ => SimTime::MAX,
        });
    }

    pub(super) fn schedule(
        &self,
        seed: u64,
        options: &Options,
        change: Change,
    ) -> Schedule<A::Command> {
        let end = self.end(change);
        let mut schedule = self.scenario.schedule_until::<A>(seed, &self.subject(), end);
        if let Some(faults) = &options.faults {
            schedule.faults.clone_from(faults);
        }
        if let Some(told) = options.lie {
            let calibration = self.calibrated().calibration;
            let until = self.scenario.healed_at().unwrap_or(self.scenario.end());
            let nodes = schedule.clocks.len() as u32;
            let around = Surroundings { nodes, until, calibration };
            schedule.faults.extend(told.faults(seed, &around));
        }
        if options.by_aim {
            schedule.faults.iter_mut().for_each(|fault| fault.struck = None);
        }
        if let (Change::AllHealed, Some(heal)) = (change, &mut schedule.heal) {
            heal.core = (0..schedule.clocks.len() as u32).map(NodeId::new).collect();
        }
        if let Change::Unordered = change {
            schedule.commands.retain(|planned| !self.is_late(planned));
        }
        self.add_probes(seed, &mut schedule);
        schedule
    }

    /// Whether a command is given after the heal.
    fn is_late(&self, planned: &Planned<A::Command>) -> bool {
        let healed = self.scenario.healed_at();
        matches!(planned.when, When::At(at) if healed.is_some_and(|healed| at > healed))
    }

    /// What the commands after the heal have to do with a service that was not back: whether
    /// `back` finds it without them.
    fn orders(&self, seed: u64, back: impl Fn(Change) -> Option<Duration>) -> Orders {
        let end = self.end(Change::Nothing);
        let schedule = self.scenario.schedule_until::<A>(seed, &self.subject(), end);
        match schedule.commands.iter().filter(|planned| self.is_late(planned)).count() as u64 {
            0 => Orders::Nobody,
            late => match back(Change::Unordered) {
                Some(after) => Orders::ToBlame(late, after),
                None => Orders::Blameless(late),
            },
        }
    }

    pub(super) fn simulation(&self, seed: u64, options: &Options, change: Change) -> Simulation<A> {
        // What panics in the calm run panics for every seed, and is shown as it did there.
        if self.panics_calm().is_some() {
            return self.calm_simulation(options);
        }
        self.simulation_of(seed, self.schedule(seed, options, change), options, change)
    }

    pub(super) fn simulation_of(
        &self,
        seed: u64,
        schedule: Schedule<A::Command>,
        options: &Options,
        change: Change,
    ) -> Simulation<A> {
        let seed = self.scenario.seed(seed);
        let mut conditions = self.scenario.conditions(seed, &A::assumes(&self.config));
        conditions.disk_budget = self.disk_budget();
        if let Change::Longer = change {
            let events = &mut conditions.budgets.events;
            *events = events.saturating_mul(PATIENCE);
        }
        let waits = schedule.faults.iter().any(|f| matches!(f.when, When::Service { .. }));
        // Faults look for a service in the state of the nodes.
        let mut in_state = self.services().into_iter().filter(|service| service.probe(0).is_none());
        let service = in_state.next().filter(|_| waits);
        let mut simulation = Simulation::new(Setup {
            config: self.config.clone(),
            conditions,
            schedule,
            disks: Vec::new(),
            seed,
            keys: options.keys,
            // Nobody asks which bits the runs have that look into another one.
            digests: options.trace.is_hashed() && matches!(change, Change::Nothing),
        });
        if let Some(service) = service {
            simulation.gate(service);
        }
        simulation
    }

    /// Who measures the services of such a run.
    pub(super) fn measure(&self, seed: u64, change: Change) -> Measure<A> {
        let probes = |service: &dyn Service<A>| {
            service.probe(0)?;
            let asked = self.scenario.probes(seed, self.end(change));
            Some(Probes::new(asked.into_iter().map(|(at, _)| at), self.scenario.window()))
        };
        let watched = self.services().into_iter();
        let watched = watched.map(|service| {
            let probes = probes(&*service);
            (service, probes)
        });
        Measure::new(self.scenario.roles().size(), watched)
    }

    /// The figures of such a run, as far as it came.
    fn again(&self, seed: u64, options: &Options, change: Change) -> Vec<Figures> {
        let mut simulation = self.simulation(seed, options, change);
        let mut measure = self.measure(seed, change);
        // A run that panics has made what progress it has made.
        let _ = panics::catch(|| {
            let mut watching: &mut dyn Observer<A> = &mut measure;
            simulation.run_while(|| options.goes_on(), &mut watching)
        });
        measure.figures(simulation.world())
    }

    /// The nodes of which the algorithm's requirement speaks, as the run has left them.
    fn members(&self, simulation: &Simulation<A>) -> Vec<NodeId> {
        let shown = A::members(&self.config, simulation.views());
        shown.unwrap_or_else(|| self.first_role())
    }

    /// The nodes that may become members.
    pub(super) fn first_role(&self) -> Vec<NodeId> {
        let first = A::ROLES.first().map_or("", |role| role);
        self.scenario.roles().nodes(first).to_vec()
    }

    /// Looks into a run in which a service was not back in time; `None` if all were.
    pub(super) fn standstill(
        &self,
        seed: u64,
        options: &Options,
        figures: &[Figures],
        simulation: &Simulation<A>,
    ) -> Option<Standstill> {
        let world = simulation.world();
        let bound = self.scenario.recovery_bound()?;
        let steady = self.scenario.steady();
        // Who has ten times as long has to show more for it, or whoever comes and goes would be
        // lucky once.
        let back = |figures: &Figures, times: u64| {
            figures.back_within(bound.saturating_mul(times), steady.saturating_mul(times))
        };
        let late = figures.iter().position(|figures| back(figures, 1).is_none())?;
        let again = |change, times| back(&self.again(seed, options, change)[late], times);
        let longer = again(Change::Longer, PATIENCE);
        let is_whole = self.scenario.heal(seed).is_none_or(|heal| heal.core.len() == world.size());
        let remainder = match is_whole {
            true => Remainder::Nobody,
            false => match again(Change::AllHealed, 1) {
                Some(after) => Remainder::ToBlame(after),
                None => Remainder::Blameless,
            },
        };
        let orders = self.orders(seed, |change| again(change, 1));
        let requires = A::requires(&self.config);
        let (visits, longest_visit) = figures[late].visits();
        Some(Standstill {
            property: self.services()[late].property().to_owned(),
            visits,
            longest_visit,
            gone: figures[late].down_at_end,
            pace: longer.map_or(Pace::Stuck, Pace::Slow),
            remainder,
            orders,
            requires,
            is_met: requires.is_met(world, &self.members(simulation)),
        })
    }

    /// How the run of a seed left the world.
    pub(super) fn scene(&self, seed: u64, options: &Options, most: usize) -> Scene {
        let mut simulation = self.simulation(seed, options, Change::Nothing);
        // The judges end this run where they ended the one that is told.
        let mut monitor = Monitor::new(A::invariants(&self.config));
        let _ = panics::catch(|| run_for(&mut simulation, &mut monitor));
        let world = simulation.world();
        let core = self.scenario.heal(seed).filter(|_| world.is_healed());
        let core = core.map_or_else(|| world.nodes().collect(), |heal| heal.core);
        Scene::of(world, simulation.views(), &core, most)
    }
}
