//! A scenario with its algorithm: what runs one seed, and what tells its story.

use super::calm::Calm;
use super::panics;
use crate::algorithm::Algorithm;
use crate::assumption::Assumption;
use crate::engine::{Ended, KeyScheme, Setup, Simulation};
use crate::fault::{Fault, When};
use crate::fault_budget::DiskBudget;
use crate::observe::{Depth, Figures, Measure, Monitor, Outcome, Row, Tracer, Verdict};
use crate::protocol::Words;
use crate::scenario::{Errors, Scenario};
use crate::schedule::Schedule;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// How one run differs from what its scenario says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Let all invariants judge on after the first violation.
    pub judge_on: bool,
    /// How luck is keyed; for measurement.
    pub keys: KeyScheme,
    /// These faults instead of those that the seed draws.
    pub faults: Option<Vec<Fault>>,
}

/// A scenario that can be run: its algorithm's type is erased here.
pub trait Experiment: Send + Sync {
    /// The scenario.
    fn scenario(&self) -> &Scenario;

    /// The words of the family's observations, in the order of [`Outcome::words`].
    fn words(&self) -> Vec<&'static str>;

    /// The faults that a seed draws.
    fn faults(&self, seed: u64) -> Vec<Fault>;

    /// The measures of how deep a run got, in the order of [`Outcome::depths`].
    fn depths(&self) -> &'static [&'static str];

    /// What a calm run shows of the algorithm's speed; `None` if nothing is drawn in its units.
    fn calm(&self) -> Option<&Calm>;

    /// The families of faults that exist in the run of a seed, each as it would stand in
    /// `[nemesis]`.
    fn drawn(&self, seed: u64) -> Vec<String>;

    /// One run.
    fn run(&self, seed: u64, options: &Options) -> Outcome;

    /// The digest of everything so far after every so many events of a run that nobody judges:
    /// where two runs that should be the same part.
    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>);

    /// The same run again, told: the records of a window of events.
    fn trace(&self, seed: u64, window: RangeInclusive<u64>, sink: &mut dyn FnMut(Row));
}

pub(super) struct Case<A: Algorithm> {
    pub scenario: Scenario,
    pub config: A::Config,
    /// What a calm run has shown, once somebody wanted to know.
    pub calm: OnceLock<Calm>,
}

impl<A: Algorithm> Case<A> {
    pub fn open(name: &'static str, scenario: Scenario) -> Result<Box<dyn Experiment>, Errors> {
        let settings: A::Settings = scenario.settings()?;
        let config = A::config(settings, &scenario.roles())
            .map_err(|sentence| scenario.refuse_settings(&format!("{name}: {sentence}")))?;
        let invariants: Vec<&str> = A::invariants(&config).iter().map(|i| i.name()).collect();
        let service = A::service(&config);
        let properties: Vec<&str> = service.iter().map(|service| service.property()).collect();
        scenario.expect_known(&invariants, &properties)?;
        if service.is_none() && scenario.recovery_bound().is_some() {
            let sentence = format!("{name} has no service whose recovery could be measured");
            return Err(scenario.refuse_heal(&sentence));
        }
        scenario.expect_assumed(name, &A::assumes(&config))?;
        Ok(Box::new(Case::<A> { scenario, config, calm: OnceLock::new() }))
    }

    fn simulation(&self, seed: u64, options: &Options) -> Simulation<A> {
        // What panics in the calm run panics for every seed, and is shown as it did there.
        if self.panics_calm().is_some() {
            return self.calm_simulation();
        }
        let mut schedule = self.scenario.schedule::<A>(seed, &self.subject());
        if let Some(faults) = &options.faults {
            schedule.faults.clone_from(faults);
        }
        self.simulation_of(seed, schedule, options.keys)
    }

    pub fn simulation_of(
        &self,
        seed: u64,
        schedule: Schedule<A::Command>,
        keys: KeyScheme,
    ) -> Simulation<A> {
        let mut conditions = self.scenario.conditions(seed, &A::assumes(&self.config));
        conditions.disk_budget = self.disk_budget();
        let waits = schedule.faults.iter().any(|f| matches!(f.when, When::Service { .. }));
        let service = A::service(&self.config).filter(|_| waits);
        let config = self.config.clone();
        let disks = Vec::new();
        let mut simulation =
            Simulation::new(Setup { config, conditions, schedule, disks, seed, keys });
        if let Some(service) = service {
            simulation.watch(service);
        }
        simulation
    }

    /// The copies lie with the nodes of the first role.
    fn disk_budget(&self) -> DiskBudget {
        let roles = self.scenario.roles();
        let holders = A::ROLES.first().map_or(&[][..], |role| roles.nodes(role));
        let exceeds = self.scenario.exceeded().contains(&Assumption::HonestDisk);
        DiskBudget::of(&A::assumes(&self.config), holders.to_vec(), exceeds)
    }

    /// The assumptions that the run has gone beyond so far: by the world that the scenario asks
    /// for, and by faults that have struck.
    fn outside(&self, simulation: &Simulation<A>) -> Vec<Assumption> {
        let assumes = A::assumes(&self.config);
        let mut outside = simulation.outside();
        outside.extend(assumes.broken_by_world(simulation.conditions(), simulation.first_clocks()));
        for (fault, report) in simulation.planned().iter().zip(simulation.faults()) {
            if report.struck.is_some() {
                outside.extend(assumes.broken_by(fault));
            }
        }
        outside.sort();
        outside.dedup();
        outside
    }

    fn stall(&self, figures: &Figures) -> Option<Verdict> {
        let bound = self.scenario.recovery_bound()?;
        let service = A::service(&self.config)?;
        (!figures.recovers_within(bound))
            .then(|| Verdict::Stall { property: service.property().to_owned() })
    }
}

impl<A: Algorithm> Experiment for Case<A> {
    fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn words(&self) -> Vec<&'static str> {
        A::Observation::words()
    }

    fn faults(&self, seed: u64) -> Vec<Fault> {
        match self.panics_calm() {
            Some(_) => Vec::new(),
            None => self.scenario.schedule::<A>(seed, &self.subject()).faults,
        }
    }

    fn depths(&self) -> &'static [&'static str] {
        A::DEPTHS
    }

    fn calm(&self) -> Option<&Calm> {
        self.scenario.draws().then(|| self.calibrated())
    }

    fn drawn(&self, seed: u64) -> Vec<String> {
        match self.panics_calm() {
            Some(_) => Vec::new(),
            None => self.scenario.drawn::<A>(seed, &self.subject()),
        }
    }

    fn run(&self, seed: u64, options: &Options) -> Outcome {
        let mut simulation = self.simulation(seed, options);
        let mut monitor = Monitor::new(A::invariants(&self.config));
        if options.judge_on {
            monitor = monitor.judging_on();
        }
        let nodes = simulation.world().size();
        let mut measure = Measure::new(nodes, A::service(&self.config));
        let mut depth = Depth::<A>::default();
        let ended = panics::catch(|| {
            let ended = simulation.run(&mut (&mut monitor, (&mut measure, &mut depth)));
            if matches!(ended, Ended::Time | Ended::Quiet) {
                monitor.finish(simulation.world());
            }
            ended
        });
        let world = simulation.world();
        let figures = measure.figures(world);
        let verdict = match (ended, monitor.violations().first()) {
            // What was violated before a panic stays violated.
            (_, Some(violation)) => Verdict::Violation(violation.clone()),
            (Err(message), None) => {
                let (event, now) = (world.event(), world.now());
                let calm = if self.panics_calm().is_some() { "without any fault: " } else { "" };
                Verdict::Panic { message: format!("{calm}{message}, in event {event} at {now}") }
            }
            (Ok(Ended::Budget(budget)), None) => Verdict::Inconclusive { budget },
            (Ok(_), None) => self.stall(&figures).unwrap_or(Verdict::Pass),
        };
        let counted = measure.words().to_vec();
        let milestones = self.scenario.milestones();
        let words = A::Observation::words();
        let never = |milestone: &&str| {
            words.iter().zip(&counted).any(|(word, count)| word == milestone && *count == 0)
        };
        Outcome {
            seed,
            violations: monitor.violations().to_vec(),
            ended_at: world.now(),
            counts: *simulation.counts(),
            plan: simulation.digests().plan().value(),
            milestones: simulation.digests().milestones().value(),
            trace: simulation.digests().trace().value(),
            faults: simulation.faults(),
            outside: self.outside(&simulation),
            service: measure.has_service().then_some(figures),
            missing: match verdict {
                Verdict::Pass => milestones.into_iter().filter(never).map(str::to_owned).collect(),
                _ => Vec::new(),
            },
            words: counted,
            depths: depth.reached(),
            verdict,
        }
    }

    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>) {
        let mut simulation = self.simulation(seed, &Options::default());
        // What a run that panics has done by then is compared as well.
        let _ = panics::catch(|| simulation.run(&mut ()));
        let (every, kept) = simulation.digests().checkpoints();
        (every, kept.to_vec())
    }

    fn trace(&self, seed: u64, window: RangeInclusive<u64>, sink: &mut dyn FnMut(Row)) {
        let mut simulation = self.simulation(seed, &Options::default());
        let mut tracer = Tracer::new::<A>(window, sink);
        // The judges end this run where they ended the one that is told.
        let mut monitor = Monitor::new(A::invariants(&self.config));
        // A run that panics has told all it can by then.
        let _ = panics::catch(|| simulation.run(&mut (&mut tracer, &mut monitor)));
    }
}
