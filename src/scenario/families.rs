//! Checks of the nemesis: its families can strike, and not so often that nobody could run it.

use super::check::Check;
use super::fault::{Nemesis, Shape};
use super::faults::{FAULTS_MAX, LOOKS_MAX};
use super::source::Placed;
use crate::time::Duration;
use crate::units::Span;

impl Check<'_> {
    pub fn nemesis(&mut self) {
        let Some(nemesis) = &self.file.nemesis else { return };
        let Nemesis { swarm: _, crash, pause, partition, loss, drift, jump } = nemesis;
        if let Some(crash) = crash {
            self.who(&crash.who, true);
            self.family(&crash.every, crash.lasts.as_ref(), 1);
        }
        if let Some(pause) = pause {
            self.who(&pause.who, true);
            self.family(&pause.every, pause.lasts.as_ref(), 1);
        }
        if let Some(partition) = partition {
            self.shape(&partition.shape);
            let ring = *partition.shape == Shape::MajoritiesRing;
            if partition.one_way == Some(true) {
                self.one_way(&partition.shape);
            }
            let parts = if ring { self.shaped().unwrap_or(1) as u64 } else { 2 };
            self.family(&partition.every, partition.lasts.as_ref(), parts);
        }
        if let Some(loss) = loss {
            if loss.chance.is_zero() {
                self.wrong(loss.chance.place(), "nothing is lost; raise `chance`");
            }
            self.family(&loss.every, loss.lasts.as_ref(), 1);
        }
        if let Some(drift) = drift {
            self.who(&drift.who, true);
            self.family(&drift.every, drift.lasts.as_ref(), 1);
        }
        if let Some(jump) = jump {
            self.who(&jump.who, true);
            self.family(&jump.every, None, 1);
        }
    }

    /// Checks the times of a family whose strikes have so many parts each.
    fn family(
        &mut self,
        every: &Placed<Span<Duration>>,
        lasts: Option<&Placed<Span<Duration>>>,
        parts: u64,
    ) {
        self.lasts(lasts);
        let Some(strikes) = self.storm_end.as_nanos().checked_div(every.min.as_nanos()) else {
            self.wrong(every.place(), "strikes without a distance; begin the range above zero");
            return;
        };
        if self.file.duration.is_none() {
            return; // how often it strikes cannot be told
        }
        let nodes = u64::from(self.size.unwrap_or(1));
        let (faults, looks) = (strikes.saturating_mul(parts), strikes.saturating_mul(nodes));
        if faults > FAULTS_MAX {
            let problem = format!("up to {faults} faults; {FAULTS_MAX} are the most");
            self.wrong(every.place(), problem);
        } else if looks.saturating_mul(parts) > LOOKS_MAX {
            let problem = format!("{strikes} strikes on {nodes} nodes; strike less often");
            self.wrong(every.place(), problem);
        }
    }
}
