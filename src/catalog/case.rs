//! A scenario with its algorithm: what runs one seed, and what tells its story.

use super::calm::Calm;
use super::lies::{Lie, Surroundings, Told};
use super::panics;
use crate::algorithm::Algorithm;
use crate::assumption::Assumption;
use crate::engine::{Ended, KeyScheme, Observer, Setup, Simulation};
use crate::fault::{Fault, When};
use crate::fault_budget::DiskBudget;
use crate::fingerprint::Fingerprint;
use crate::observe::{
    Depth, Figures, Measure, Monitor, Outcome, Ring, Row, TraceLevel, Tracer, Verdict,
};
use crate::protocol::Words;
use crate::scenario::{Errors, Ran, Scenario};
use crate::schedule::Schedule;
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
    /// How much of the run is kept.
    pub trace: TraceLevel,
    /// Let every fault strike where its aim says, and not where it is said to have struck.
    pub by_aim: bool,
    /// What the engine lies about, or the control of that. What is drawn of it is the seed's that
    /// was asked for, in a frozen scenario too; no disk is spared from it.
    pub lie: Option<Told>,
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

    /// The invariants that judge it.
    fn invariants(&self) -> Vec<&'static str>;

    /// Which of the algorithm's assumptions a lie takes away.
    fn broken_by(&self, lie: Lie) -> Vec<Assumption>;

    /// What a calm run shows of the algorithm's speed; `None` if nothing is drawn in its units.
    fn calm(&self) -> Option<&Calm>;

    /// The families of faults that exist in the run of a seed, each as it would stand in
    /// `[nemesis]`.
    fn drawn(&self, seed: u64) -> Vec<String>;

    /// The load of a seed, as lines of `[load]`; none if the scenario has none.
    fn drawn_load(&self, seed: u64) -> Vec<String>;

    /// One run. Nobody sees its records, whatever the trace level.
    fn run(&self, seed: u64, options: &Options) -> Outcome;

    /// The run of a seed as a scenario file, which is the same run whatever seed it is given.
    ///
    /// # Errors
    /// Why there is no such file, in a sentence.
    fn freeze(&self, seed: u64) -> Result<String, String>;

    /// The digest of everything so far after every so many events of a run that nobody judges:
    /// where two runs that should be the same part.
    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>);

    /// The same run, told. The sink gets the records that the trace level keeps: all of them while
    /// it runs, the last of them when it is over - after a panic too - or none.
    fn tell(&self, seed: u64, options: &Options, sink: &mut dyn FnMut(&Row)) -> Outcome;
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
        scenario.expect_commands::<A>()?;
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
            return self.calm_simulation(options);
        }
        let (asked, seed) = (seed, self.scenario.seed(seed));
        let mut schedule = self.scenario.schedule::<A>(seed, &self.subject());
        if let Some(faults) = &options.faults {
            schedule.faults.clone_from(faults);
        }
        if let Some(told) = options.lie {
            let (nodes, calibration) =
                (schedule.clocks.len() as u32, self.calibrated().calibration);
            let until = self.scenario.healed_at().unwrap_or(self.scenario.end());
            let around = Surroundings { nodes, until, calibration };
            schedule.faults.extend(told.faults(asked, &around));
        }
        if options.by_aim {
            schedule.faults.iter_mut().for_each(|fault| fault.struck = None);
        }
        self.simulation_of(seed, schedule, options)
    }

    pub fn simulation_of(
        &self,
        seed: u64,
        schedule: Schedule<A::Command>,
        options: &Options,
    ) -> Simulation<A> {
        let mut conditions = self.scenario.conditions(seed, &A::assumes(&self.config));
        conditions.disk_budget = self.disk_budget();
        let waits = schedule.faults.iter().any(|f| matches!(f.when, When::Service { .. }));
        let service = A::service(&self.config).filter(|_| waits);
        let mut simulation = Simulation::new(Setup {
            config: self.config.clone(),
            conditions,
            schedule,
            disks: Vec::new(),
            seed,
            keys: options.keys,
            digests: options.trace.is_hashed(),
        });
        if let Some(service) = service {
            simulation.gate(service);
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
        outside.retain(|assumption| assumes.include(*assumption));
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

    /// One run, judged and measured, with somebody more who watches.
    fn watched<O: Observer<A> + ?Sized>(
        &self,
        seed: u64,
        options: &Options,
        watching: &mut O,
    ) -> Outcome {
        let mut simulation = self.simulation(seed, options);
        let mut monitor = Monitor::new(A::invariants(&self.config));
        if options.judge_on {
            monitor = monitor.judging_on();
        }
        let nodes = simulation.world().size();
        let mut measure = Measure::new(nodes, A::service(&self.config));
        let mut depth = Depth::<A>::default();
        let ended = panics::catch(|| {
            let own = (&mut monitor, (&mut measure, &mut depth));
            let ended = simulation.run(&mut (&mut *watching, own));
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
            milestones: simulation.digests().milestones().map(Fingerprint::value),
            trace: simulation.digests().trace().map(Fingerprint::value),
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

    fn invariants(&self) -> Vec<&'static str> {
        A::invariants(&self.config).iter().map(|invariant| invariant.name()).collect()
    }

    fn broken_by(&self, lie: Lie) -> Vec<Assumption> {
        lie.breaks(&A::assumes(&self.config))
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

    fn drawn_load(&self, seed: u64) -> Vec<String> {
        match self.panics_calm() {
            Some(_) => Vec::new(),
            None => self.scenario.drawn_load::<A>(seed, &self.subject()),
        }
    }

    fn run(&self, seed: u64, options: &Options) -> Outcome {
        self.watched(seed, options, &mut ())
    }

    fn tell(&self, seed: u64, options: &Options, sink: &mut dyn FnMut(&Row)) -> Outcome {
        // One virtual call a record, for the engine is compiled once for all who watch.
        match options.trace {
            TraceLevel::Off | TraceLevel::Hash => self.run(seed, options),
            TraceLevel::Full => {
                let mut tracer = Tracer::new::<A>(sink);
                self.watched::<dyn Observer<A>>(seed, options, &mut tracer)
            }
            TraceLevel::Ring(most) => {
                let mut ring = Ring::new::<A>(most);
                let outcome = self.watched::<dyn Observer<A>>(seed, options, &mut ring);
                ring.rows().for_each(sink);
                outcome
            }
        }
    }

    fn freeze(&self, seed: u64) -> Result<String, String> {
        if let Some(panic) = self.panics_calm() {
            return Err(format!("the run without faults panics ({panic}): there is no storm"));
        }
        let outcome = self.run(seed, &Options::default());
        let violated = match &outcome.verdict {
            Verdict::Violation(violation) => Some(violation.invariant),
            _ => None,
        };
        let passed = outcome.verdict == Verdict::Pass;
        let ran = Ran { seed, faults: &outcome.faults, passed, violated };
        Ok(self.scenario.freeze::<A>(&self.subject(), &ran))
    }

    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>) {
        let mut simulation = self.simulation(seed, &Options::default());
        // What a run that panics has done by then is compared as well.
        let _ = panics::catch(|| simulation.run(&mut ()));
        let (every, kept) = simulation.digests().checkpoints();
        (every, kept.to_vec())
    }
}
