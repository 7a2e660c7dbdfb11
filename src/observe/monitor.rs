//! The monitor: lends every observation, claim and view to the invariants, in the order of events.

use crate::engine::{Flow, Observer, Record, What};
use crate::id::NodeId;
use crate::invariant::{self, Invariant, Violation};
use crate::protocol::Protocol;
use crate::time::SimTime;
use crate::world::World;

/// The judges of one run.
pub struct Monitor<P: Protocol> {
    judges: Vec<Judge<P>>,
    violations: Vec<Violation>,
    goes_on: bool,
    /// The earliest deadline of any judge.
    deadline: SimTime,
}

struct Judge<P: Protocol> {
    invariant: Box<dyn Invariant<P>>,
    /// An invariant speaks once a run: what follows a violation proves nothing new.
    has_spoken: bool,
}

impl<P: Protocol> Monitor<P> {
    /// Judges by these invariants, and ends the run at the first violation.
    pub fn new(invariants: Vec<Box<dyn Invariant<P>>>) -> Self {
        let judge = |invariant| Judge { invariant, has_spoken: false };
        Monitor {
            judges: invariants.into_iter().map(judge).collect(),
            violations: Vec::new(),
            goes_on: false,
            deadline: SimTime::ZERO,
        }
    }

    /// Lets every invariant judge on after the first violation.
    #[must_use]
    pub const fn judging_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    /// The run is over: the last judgement.
    pub fn finish(&mut self, world: &World) {
        self.ask(|invariant| invariant.on_end(world));
    }

    /// What was violated, in the order in which it was.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    fn ask(
        &mut self,
        mut question: impl FnMut(&mut dyn Invariant<P>) -> invariant::Verdict,
    ) -> Flow {
        for judge in self.judges.iter_mut().filter(|judge| !judge.has_spoken) {
            if let Err(violation) = question(&mut *judge.invariant) {
                judge.has_spoken = true;
                self.violations.push(violation);
            }
        }
        let deadlines = self.judges.iter().filter(|judge| !judge.has_spoken);
        let earliest = deadlines.filter_map(|judge| judge.invariant.deadline()).min();
        self.deadline = earliest.unwrap_or(SimTime::MAX);
        if self.violations.is_empty() || self.goes_on { Flow::Continue } else { Flow::Enough }
    }

    fn viewed(&mut self, node: NodeId, view: Option<&P::View>, world: &World) -> Flow {
        self.ask(|invariant| invariant.on_view(node, view, world))
    }
}

impl<P: Protocol> Observer<P> for Monitor<P> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        match &record.what {
            // A message that is lost, cut or held has left its sender all the same.
            What::Sent { message, copy: false, .. }
            | What::Held { message, arrived: false, .. }
            | What::Dropped { message, arrived: false, .. } => match P::claims(message) {
                Some(claim) => self.ask(|invariant| invariant.on_claim(record.node, &claim, world)),
                None => Flow::Continue,
            },
            What::Observed { observation, .. } => {
                self.ask(|invariant| invariant.on_observation(record.node, observation, world))
            }
            What::Viewed(view) => self.viewed(record.node, Some(view), world),
            What::Crashed { .. } => {
                let flow = self.viewed(record.node, None, world);
                flow.or(self.ask(|invariant| invariant.on_world(world)))
            }
            What::Booted { .. }
            | What::Paused
            | What::Resumed
            | What::Struck { .. }
            | What::Ended { .. }
            | What::Flapped { .. }
            | What::Healed => self.ask(|invariant| invariant.on_world(world)),
            _ => Flow::Continue,
        }
    }

    #[inline]
    fn before(&mut self, next: SimTime, world: &World) -> Flow {
        let mut flow = Flow::Continue;
        // A judge that judges every so often may have several deadlines in a long quiet time.
        while self.deadline < next {
            let before = self.deadline;
            flow = flow.or(self.ask(|invariant| match invariant.deadline() {
                Some(deadline) if deadline < next => invariant.on_time(world),
                _ => Ok(()),
            }));
            if self.deadline <= before {
                break; // it does not move on: it is asked again when time does
            }
        }
        flow
    }
}

impl<P: Protocol> std::fmt::Debug for Monitor<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor").field("violations", &self.violations).finish_non_exhaustive()
    }
}
