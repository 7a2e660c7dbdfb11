//! A scenario with its algorithm: what runs one seed, and what tells its story.

use super::Judge;
use super::calm::Calm;
use super::lies::{Lie, Told};
use super::liveness::Change;
use super::panics;
use crate::algorithm::Algorithm;
use crate::assumption::{Assumption, Assumptions, Requirement};
use crate::engine::{Ended, Flow, KeyScheme, Observer, Record, Simulation};
use crate::fault::Fault;
use crate::fault_budget::DiskBudget;
use crate::fingerprint::Fingerprint;
use crate::id::FaultId;
use crate::metric::Gauge;
use crate::observe::{
    Depth, Metrics, Moment, Monitor, Outcome, Place, Ring, Row, Scene, Standstill, TraceLevel,
    Tracer, Verdict,
};
use crate::protocol::Words;
use crate::scenario::entries::{Digest, RecordedEntry};
use crate::scenario::{Errors, Placed, Ran, Scenario};
use crate::schedule::Override;
use crate::time::SimTime;
use crate::world::World;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

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
    /// The run is given up, and its outcome means nothing, once this is not 0.
    pub interrupt: Option<Arc<AtomicUsize>>,
}

impl Options {
    /// Whether nobody has given the run up.
    pub(crate) fn goes_on(&self) -> bool {
        self.interrupt.as_ref().is_none_or(|signal| signal.load(Ordering::Relaxed) == 0)
    }
}

/// A scenario that can be run: its algorithm's type is erased here.
pub trait Experiment: Send + Sync {
    /// The scenario.
    fn scenario(&self) -> &Scenario;

    /// The algorithm's type, as the compiler names it.
    fn protocol(&self) -> &'static str;

    /// The words of the family's observations, in the order of [`Outcome::words`].
    fn words(&self) -> Vec<&'static str>;

    /// The service that is measured, in a few words.
    fn service(&self) -> Option<&'static str>;

    /// The faults that a seed draws.
    fn faults(&self, seed: u64) -> Vec<Fault>;

    /// The measures of how deep a run got, in the order of [`Outcome::depths`].
    fn depths(&self) -> &'static [&'static str];

    /// What is counted of it, in the order of [`Outcome::metrics`].
    fn gauges(&self) -> Vec<Gauge>;

    /// The invariants that judge it.
    fn invariants(&self) -> Vec<Judge>;

    /// What the algorithm's safety rests on, with the scenario's settings.
    fn assumes(&self) -> Assumptions;

    /// What its progress needs.
    fn requires(&self) -> Requirement;

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

    /// Gives a frozen file another seed of all luck that it does not list.
    fn pin(&mut self, seed: u64);

    /// The run of a seed as a scenario file, which is the same run whatever seed it is given.
    ///
    /// # Errors
    /// Why there is no such file, in a sentence.
    fn freeze(&self, seed: u64) -> Result<String, String>;

    /// What luck decided in the run of a seed up to its verdict, as a schedule would fix it: of
    /// each message that nothing else kept or harmed, and of each draw, in the order of events.
    fn decisions(&self, seed: u64) -> Vec<Override>;

    /// What faults did to single messages in the run of a seed up to its verdict - one was lost,
    /// one was late -, each with the fault, as a schedule would fix it.
    fn harmed(&self, seed: u64) -> Vec<(FaultId, Override)>;

    /// What a file keeps of the run of a seed, for a replay to be held against.
    fn record(&self, seed: u64) -> RecordedEntry;

    /// The digest of everything so far after every so many events of a run that nobody judges:
    /// where two runs that should be the same part.
    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>);

    /// The world at a moment of the run of a seed, which goes on whatever invariants say.
    fn moment(&self, seed: u64, options: &Options, place: Place) -> Moment;

    /// What is violated first if the run of a seed goes on with this other luck from a moment on.
    fn continued(&self, seed: u64, from: SimTime, luck: u64) -> Option<&'static str>;

    /// How the run leaves the world, with at most so many nodes told.
    fn scene(&self, seed: u64, options: &Options, most: usize) -> Scene;

    /// The same run, told. The sink gets the records that the trace level keeps: all of them while
    /// it runs, the last of them when it is over - after a panic too - or none.
    fn tell(&self, seed: u64, options: &Options, sink: &mut dyn FnMut(&Row)) -> Outcome;
}

pub(super) struct Case<A: Algorithm> {
    pub scenario: Scenario,
    pub config: A::Config,
    /// The place of the service that is measured.
    pub measured: usize,
    /// What a calm run has shown, once somebody wanted to know.
    pub calm: OnceLock<Calm>,
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
        let case = Case::<A> { scenario, config, measured, calm: OnceLock::new() };
        let properties: Vec<&str> = case.services().iter().map(|s| s.property()).collect();
        case.scenario.expect_known(&invariants, &properties)?;
        let gauges = case.gauges();
        let gauges: Vec<&str> = gauges.iter().map(|gauge| gauge.name).collect();
        case.scenario.expect_measured(&gauges)?;
        case.scenario.expect_commands::<A>()?;
        if properties.is_empty() && case.scenario.recovery_bound().is_some() {
            let sentence = format!("{name} has no service whose recovery could be measured");
            return Err(case.scenario.refuse_heal(&sentence));
        }
        case.scenario.expect_assumed(name, &A::assumes(&case.config))?;
        Ok(Box::new(case))
    }

    /// The copies lie with the nodes of the first role: who is no member yet may become one.
    pub fn disk_budget(&self) -> DiskBudget {
        let exceeds = self.scenario.exceeded().contains(&Assumption::HonestDisk);
        DiskBudget::of(&A::assumes(&self.config), self.first_role(), exceeds)
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

    /// Who judges a run.
    fn monitor(&self, options: &Options) -> Monitor<A> {
        let monitor = Monitor::new(A::invariants(&self.config));
        if options.judge_on { monitor.judging_on() } else { monitor }
    }

    /// The run of a seed at its verdict, with all that was decided on the way.
    fn kept(&self, seed: u64) -> Simulation<A> {
        let mut simulation = self.simulation(seed, &Options::default(), Change::Nothing);
        simulation.keep_decisions();
        let mut monitor = Monitor::new(A::invariants(&self.config));
        let _ = panics::catch(|| run_for(&mut simulation, &mut monitor));
        simulation
    }

    /// One run, judged and measured, and perhaps with somebody more who watches.
    fn watched(
        &self,
        seed: u64,
        options: &Options,
        watching: Option<&mut dyn Observer<A>>,
    ) -> Outcome {
        let mut simulation = self.simulation(seed, options, Change::Nothing);
        let mut monitor = self.monitor(options);
        let mut measure = self.measure(seed, Change::Nothing);
        let mut depth = Depth::<A>::default();
        let mut metrics = Metrics::new(A::metrics(&self.config));
        let ended = panics::catch(|| {
            let mut own = (&mut monitor, (&mut measure, (&mut depth, &mut metrics)));
            let mut both;
            // One engine for each algorithm, whoever watches: that halves what is to be compiled.
            let mut watching: &mut dyn Observer<A> = match watching {
                None => &mut own,
                Some(watching) => {
                    both = (watching, own);
                    &mut both
                }
            };
            let ended = simulation.run_while(|| options.goes_on(), &mut watching);
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
                let calm = if self.panics_calm().is_some() { "without any fault: " } else { "" };
                Verdict::Panic { message: format!("{calm}{message}, in event {event} at {now}") }
            }
            (Ok(Ended::Budget(budget)), None) => Verdict::Inconclusive { budget },
            (Ok(_), None) => {
                standstill = self.standstill(seed, options, &figures, &simulation);
                verdict(standstill.as_ref())
            }
        };
        let counted = measure.words().to_vec();
        let words = A::Observation::words();
        let never = |milestone: &&str| {
            words.iter().zip(&counted).any(|(word, count)| word == milestone && *count == 0)
        };
        let missing = self.scenario.milestones().into_iter().filter(never).map(str::to_owned);
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
            service: figures.into_iter().next(),
            standstill,
            missing: if verdict == Verdict::Pass { missing.collect() } else { Vec::new() },
            words: counted,
            depths: depth.reached(),
            metrics: metrics.read(world),
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

    fn protocol(&self) -> &'static str {
        std::any::type_name::<A>()
    }

    fn faults(&self, seed: u64) -> Vec<Fault> {
        match self.panics_calm() {
            Some(_) => Vec::new(),
            None => self.schedule(seed, &Options::default(), Change::Nothing).faults,
        }
    }

    fn service(&self) -> Option<&'static str> {
        self.services().first().map(|service| service.name())
    }

    fn depths(&self) -> &'static [&'static str] {
        A::DEPTHS
    }

    fn gauges(&self) -> Vec<Gauge> {
        Metrics::new(A::metrics(&self.config)).gauges()
    }

    fn invariants(&self) -> Vec<Judge> {
        A::invariants(&self.config).iter().map(|invariant| Judge::of(&**invariant)).collect()
    }

    fn assumes(&self) -> Assumptions {
        A::assumes(&self.config)
    }

    fn requires(&self) -> Requirement {
        A::requires(&self.config)
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
        self.watched(seed, options, None)
    }

    fn tell(&self, seed: u64, options: &Options, sink: &mut dyn FnMut(&Row)) -> Outcome {
        match options.trace {
            TraceLevel::Off | TraceLevel::Hash => self.run(seed, options),
            TraceLevel::Full => {
                let mut tracer = Tracer::new::<A>(sink);
                self.watched(seed, options, Some(&mut tracer))
            }
            TraceLevel::Ring(most) => {
                let mut ring = Ring::new::<A>(most);
                let outcome = self.watched(seed, options, Some(&mut ring));
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
        let probed = self.probed().is_some();
        let recorded = self.recorded(&outcome);
        let recorded = Some(&recorded);
        let (faults, missing) = (&outcome.faults[..], &outcome.missing[..]);
        let ran = Ran { seed, faults, passed, violated, missing, probed, recorded };
        Ok(self.scenario.freeze::<A>(&self.subject(), &ran))
    }

    fn pin(&mut self, seed: u64) {
        self.scenario.pin(seed);
    }

    fn decisions(&self, seed: u64) -> Vec<Override> {
        self.kept(seed).decisions()
    }

    fn harmed(&self, seed: u64) -> Vec<(FaultId, Override)> {
        self.kept(seed).harmed().to_vec()
    }

    fn record(&self, seed: u64) -> RecordedEntry {
        self.recorded(&self.run(seed, &Options::default()))
    }

    fn checkpoints(&self, seed: u64) -> (u64, Vec<u64>) {
        let mut simulation = self.simulation(seed, &Options::default(), Change::Nothing);
        // What a run that panics has done by then is compared as well.
        let _ = panics::catch(|| run_for(&mut simulation, &mut ()));
        let (every, kept) = simulation.digests().checkpoints();
        (every, kept.to_vec())
    }

    fn moment(&self, seed: u64, options: &Options, place: Place) -> Moment {
        let mut simulation = self.simulation(seed, options, Change::Nothing);
        // What has happened before a panic is shown as it was.
        let mut nobody: &mut dyn Observer<A> = &mut ();
        let _ = panics::catch(|| match place {
            Place::At(at) => simulation.run_until(at, &mut nobody),
            Place::Behind(event) => run_for(&mut simulation, &mut Until(event)),
        });
        Moment::of(&simulation)
    }

    fn continued(&self, seed: u64, from: SimTime, luck: u64) -> Option<&'static str> {
        let mut simulation = self.simulation(seed, &Options::default(), Change::Nothing);
        let mut monitor = Monitor::new(A::invariants(&self.config));
        let _ = panics::catch(|| {
            let mut watching: &mut dyn Observer<A> = &mut monitor;
            let mut ended = simulation.run_until(from, &mut watching);
            if matches!(ended, Ended::Time | Ended::Quiet) {
                simulation.reseed(luck);
                ended = simulation.run(&mut watching);
            }
            if matches!(ended, Ended::Time | Ended::Quiet) {
                monitor.finish(simulation.world());
            }
        });
        monitor.violations().first().map(|violation| violation.invariant)
    }

    fn scene(&self, seed: u64, options: &Options, most: usize) -> Scene {
        Case::scene(self, seed, options, most)
    }
}

/// Runs for somebody who may cost a virtual call a record, and so shares one engine with all such:
/// each kind of observer that is known at compile time costs every algorithm an engine of its own.
pub(super) fn run_for<A: Algorithm>(
    simulation: &mut Simulation<A>,
    mut watching: &mut dyn Observer<A>,
) -> Ended {
    simulation.run(&mut watching)
}

/// Lets a run go on until an event is over.
struct Until(u64);

impl<A: Algorithm> Observer<A> for Until {
    fn on_record(&mut self, record: &Record<'_, A>, _: &World) -> Flow {
        if record.event >= self.0 { Flow::Enough } else { Flow::Continue }
    }
}

impl<A: Algorithm> Case<A> {
    /// What a frozen file keeps of its run.
    fn recorded(&self, outcome: &Outcome) -> RecordedEntry {
        let (every, kept) = self.checkpoints(outcome.seed);
        let idle = outcome.faults.iter().filter(|fault| fault.did_nothing());
        let recorded = RecordedEntry {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            verdict: outcome.verdict.word().to_owned(),
            detail: outcome.verdict.detail().to_owned(),
            at: outcome.length(),
            events: outcome.counts.events,
            trace: Digest(outcome.trace.unwrap_or_default()),
            idle: idle.map(|fault| fault.id.0).collect(),
            every: Some(Placed::nowhere(every)),
            checkpoints: kept.into_iter().map(Digest).collect(),
        };
        recorded.thinned()
    }
}

/// What a run comes to in which no invariant was violated.
fn verdict(standstill: Option<&Standstill>) -> Verdict {
    match standstill {
        Some(late) if !late.is_excused() => Verdict::Stall { property: late.property.clone() },
        _ => Verdict::Pass,
    }
}
