//! The calm run: the scenario without its faults, once, to see how fast its algorithm is.
//!
//! It is the run of one fixed seed, so that every seed of the scenario is scaled alike. Whatever
//! becomes of it is a result: a service that never comes is drawn for all the same, and a panic is
//! what every seed then shows, for the algorithm panics where nothing goes wrong.

use super::case::{Case, Options, run_for};
use super::liveness::Change;
use super::panics;
use crate::algorithm::Algorithm;
use crate::calibration::{Calibration, Subject};
use crate::engine::Simulation;
use crate::observe::Journeys;
use crate::units::Span;
use std::fmt;

/// The seed of every calm run.
const SEED: u64 = 0;
/// So many events show the speed of anything that has one.
const EVENTS: u64 = 1_000_000;

/// What a calm run has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calm {
    /// How fast the algorithm is.
    pub calibration: Calibration,
    /// Whether the scenario says so itself, so that no run was needed.
    pub is_written: bool,
    /// What a panic said that ended it.
    pub panic: Option<String>,
}

/// As a sentence for people.
impl fmt::Display for Calm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(panic) = &self.panic {
            return write!(f, "the calm run panicked: {panic}");
        }
        let Calibration { timers, round_trip, service } = self.calibration;
        let from = if self.is_written { "as the scenario says" } else { "in a calm run" };
        write!(f, "{from}: timers of {timers}, a round trip of {round_trip}, ")?;
        match service {
            Some(after) => write!(f, "the service there after {after}"),
            None => f.write_str("the service never there"),
        }
    }
}

impl<A: Algorithm> Case<A> {
    /// What is known of the algorithm where faults are drawn to fit it.
    pub fn subject(&self) -> Subject {
        let assumes = A::assumes(&self.config);
        let calibration = match self.scenario.draws() {
            true => self.calibrated().calibration,
            false => Calibration::default(),
        };
        Subject { assumes, calibration }
    }

    /// What panicked in the calm run, if it was needed.
    pub fn panics_calm(&self) -> Option<&str> {
        let calm = self.scenario.draws().then(|| self.calibrated())?;
        calm.panic.as_deref()
    }

    pub fn calibrated(&self) -> &Calm {
        self.calm.get_or_init(|| match self.scenario.calibration() {
            Some(calibration) => Calm { calibration, is_written: true, panic: None },
            None => self.calibrate(),
        })
    }

    pub fn calm_simulation(&self, options: &Options) -> Simulation<A> {
        let mut schedule = self.scenario.calm_schedule::<A>(SEED, &A::assumes(&self.config));
        self.add_probes(SEED, &mut schedule);
        self.simulation_of(SEED, schedule, options, Change::Nothing)
    }

    fn calibrate(&self) -> Calm {
        let mut simulation = self.calm_simulation(&Options::default());
        simulation.limit_events(EVENTS);
        let mut measure = self.measure(SEED, Change::Nothing);
        let mut journeys = Journeys::default();
        let ended = panics::catch(|| run_for(&mut simulation, &mut (&mut measure, &mut journeys)));
        let unknown = Calibration::default();
        let journey = journeys.median();
        let calibration = Calibration {
            timers: simulation.timer_lengths().unwrap_or(Span::only(unknown.timers.max)),
            round_trip: journey.map_or(unknown.round_trip, |journey| journey.saturating_mul(2)),
            service: measure.figures(simulation.world()).first().and_then(|figures| figures.first),
        };
        Calm { calibration, is_written: false, panic: ended.err() }
    }
}
