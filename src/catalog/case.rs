//! A scenario with its algorithm: what runs one seed, and what tells its story.

use super::liveness::Change;
use super::panics;
use crate::algorithm::Algorithm;
use crate::assumption::Assumption;
use crate::engine::{Ended, KeyScheme, Observer};
use crate::fault::Fault;
use crate::fault_budget::DiskBudget;
use crate::fingerprint::Fingerprint;
use crate::observe::{Monitor, Outcome, Ring, Row, Scene, Standstill, TraceLevel, Tracer, Verdict};
use crate::protocol::Words;
use crate::scenario::{Errors, Scenario};

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
}

/// A scenario that can be run: its algorithm's type is erased here.
pub trait Experiment: Send + Sync {
    /// The scenario.
    fn scenario(&self) -> &Scenario;

    /// The words of the family's observations, in the order of [`Outcome::words`].
    fn words(&self) -> Vec<&'static str>;

    /// The service that is measured, in a few words.
    fn service(&self) -> Option<&'static str>;

    /// The faults that a seed draws.
    fn faults(&self, seed: u64) -> Vec<Fault>;

    /// One run. Nobody sees its records, whatever the trace level.
    fn run(&self, seed: u64, options: &Options) -> Outcome;

    /// The digest of everything so far after every so many events of a run that nobody judges:
    /// where two runs that should be the same part.
    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>);

    /// How the run leaves the world, with at most so many nodes told.
    fn scene(&self, seed: u64, most: usize) -> Scene;

    /// The same run, told. The sink gets the records that the trace level keeps: all of them while
    /// it runs, the last of them when it is over - after a panic too - or none.
    fn tell(&self, seed: u64, options: &Options, sink: &mut dyn FnMut(&Row)) -> Outcome;
}

pub(super) struct Case<A: Algorithm> {
    pub scenario: Scenario,
    pub config: A::Config,
    /// The place of the service that is measured.
    pub measured: usize,
}

impl<A: Algorithm> Case<A> {
    pub fn open(name: &'static str, scenario: Scenario) -> Result<Box<dyn Experiment>, Errors> {
        let settings: A::Settings = scenario.settings()?;
        let config = A::config(settings, &scenario.roles())
            .map_err(|sentence| scenario.refuse_settings(&format!("{name}: {sentence}")))?;
        let invariants: Vec<&str> = A::invariants(&config).iter().map(|i| i.name()).collect();
        let services = A::services(&config);
        let services: Vec<(&str, bool)> =
            services.iter().map(|s| (s.property(), s.probe(0).is_some())).collect();
        let measured = scenario.measured(&services)?;
        let case = Case::<A> { scenario, config, measured };
        let properties: Vec<&str> = case.services().iter().map(|s| s.property()).collect();
        case.scenario.expect_known(&invariants, &properties)?;
        if properties.is_empty() && case.scenario.recovery_bound().is_some() {
            let sentence = format!("{name} has no service whose recovery could be measured");
            return Err(case.scenario.refuse_heal(&sentence));
        }
        Ok(Box::new(case))
    }

    /// The copies lie with the nodes of the first role.
    pub(super) fn disk_budget(&self) -> DiskBudget {
        let exceeds = self.scenario.exceeds(Assumption::HonestDisk);
        DiskBudget::of(&A::assumes(&self.config), self.members(), exceeds)
    }

    /// One run, judged and measured, with somebody more who watches.
    fn watched<O: Observer<A> + ?Sized>(
        &self,
        seed: u64,
        options: &Options,
        watching: &mut O,
    ) -> Outcome {
        let mut simulation = self.simulation(seed, options, Change::Nothing);
        let mut monitor = Monitor::new(A::invariants(&self.config));
        if options.judge_on {
            monitor = monitor.judging_on();
        }
        let mut measure = self.measure(seed, Change::Nothing);
        let ended = panics::catch(|| {
            let ended = simulation.run(&mut (&mut *watching, (&mut monitor, &mut measure)));
            if matches!(ended, Ended::Time | Ended::Quiet) {
                monitor.finish(simulation.world());
            }
            ended
        });
        let world = simulation.world();
        let figures = measure.figures(world);
        let mut standstill = None;
        let verdict = match (ended, monitor.violations().first()) {
            // What was violated before a panic stays violated.
            (_, Some(violation)) => Verdict::Violation(violation.clone()),
            (Err(message), None) => {
                let (event, now) = (world.event(), world.now());
                Verdict::Panic { message: format!("{message}, in event {event} at {now}") }
            }
            (Ok(Ended::Budget(budget)), None) => Verdict::Inconclusive { budget },
            (Ok(_), None) => {
                standstill = self.standstill(seed, options, &figures, world);
                verdict(standstill.as_ref())
            }
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
            outside: simulation.outside(),
            service: figures.into_iter().next(),
            standstill,
            missing: match verdict {
                Verdict::Pass => milestones.into_iter().filter(never).map(str::to_owned).collect(),
                _ => Vec::new(),
            },
            words: counted,
            verdict,
        }
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
        self.schedule(seed, &Options::default(), Change::Nothing).faults
    }

    fn service(&self) -> Option<&'static str> {
        self.services().first().map(|service| service.name())
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

    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>) {
        let mut simulation = self.simulation(seed, &Options::default(), Change::Nothing);
        // What a run that panics has done by then is compared as well.
        let _ = panics::catch(|| simulation.run(&mut ()));
        let (every, kept) = simulation.digests().checkpoints();
        (every, kept.to_vec())
    }

    fn scene(&self, seed: u64, most: usize) -> Scene {
        Case::scene(self, seed, most)
    }
}

/// What a run comes to in which no invariant was violated.
fn verdict(standstill: Option<&Standstill>) -> Verdict {
    match standstill {
        Some(late) if !late.is_excused() => Verdict::Stall { property: late.property.clone() },
        _ => Verdict::Pass,
    }
}
