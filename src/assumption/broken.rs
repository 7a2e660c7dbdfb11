//! Which assumption each fault breaks: how a nemesis stays inside what an algorithm assumes, and
//! how what is found outside is labelled.

use super::{Assumption, Assumptions};
use crate::fault::{Action, CutKind, DiskFate, Fault, Harm};
use crate::time::{Drift, Duration};

impl Action {
    /// The assumptions that this can break, however weak or strong it is. An algorithm that makes
    /// none of them has to live with it.
    pub fn breaks(&self) -> &'static [Assumption] {
        use Assumption::*;
        match self {
            Action::Crash { disk, .. } | Action::CrashLoop { disk, .. } => match disk {
                DiskFate::Synced | DiskFate::Prefix | DiskFate::Torn => &[CrashStop],
                DiskFate::Subset => &[CrashStop, OrderedWrites],
                DiskFate::Amnesia => &[CrashStop, HonestDisk],
            },
            Action::Pause => &[NoPause, DelayBound],
            Action::Partition(_) | Action::Isolate | Action::Mute { .. } => {
                &[NoPartition, ReliableLinks]
            }
            Action::Loss(_) => &[ReliableLinks],
            Action::Sever { manner, .. } => match manner.kind {
                CutKind::Drop => &[NoPartition, ReliableLinks],
                CutKind::Hold => &[NoPartition, DelayBound],
                CutKind::Slow(_) => &[DelayBound],
            },
            Action::Messages { harm, .. } => match harm {
                Harm::Lose | Harm::Corrupt => &[ReliableLinks],
                // The second copy comes after what was sent since.
                Harm::Duplicate => &[FifoLinks],
                Harm::Delay(_) => &[DelayBound],
                Harm::Reorder(_) | Harm::Hold => &[FifoLinks, DelayBound],
                Harm::Throttle { .. } => &[DelayBound, ReliableLinks],
                Harm::Forge | Harm::Misdeliver => &[AuthenticLinks],
                Harm::Replay(_) => &[FifoLinks, DelayBound],
            },
            // Who is fast for long enough is far ahead.
            Action::Drift(_) | Action::Wander(_) => &[DriftBound, OffsetBound],
            Action::Freeze => &[DriftBound],
            Action::Jump(_) | Action::SlewedJump { .. } | Action::Strobe { .. } => &[OffsetBound],
            Action::Suspend => &[NoPause, DelayBound, DriftBound],
            Action::SlowDisk(_) | Action::StalledDisk => &[DelayBound],
            Action::FailingDisk(_) | Action::FullDisk => &[NoDiskErrors],
            Action::LyingDisk => &[HonestDisk],
            // Who never comes back has no disk that could have forgotten anything.
            Action::Death { .. } => &[],
            Action::Stall { .. } => &[NoPause, DelayBound],
            Action::Slow { .. } => &[DelayBound],
            Action::Spread { action, .. } => action.breaks(),
        }
    }
}

impl Assumptions {
    /// Those of them that a fault breaks: none if the algorithm has to live with it, and none
    /// where it stays within a bound. A crash without a length breaks [`Assumption::CrashStop`]
    /// only at the heal, which restarts the core: the run tells of that.
    pub fn broken_by(&self, fault: &Fault) -> impl Iterator<Item = Assumption> {
        let assumed = fault.action.breaks().iter().copied().filter(|broken| self.include(*broken));
        let is_broken = |assumption: &Assumption| match assumption {
            Assumption::CrashStop => fault.lasts.is_some(),
            Assumption::DriftBound => self.drift_bound.is_none_or(|bound| {
                fault.action.rate_error_ppm() > u64::from(bound.ppm().unsigned_abs())
            }),
            Assumption::OffsetBound => {
                self.offset_bound.is_none_or(|bound| fault.action.wall_error(fault.lasts) > bound)
            }
            _ => true,
        };
        assumed.filter(is_broken).collect::<Vec<_>>().into_iter()
    }
}

impl Action {
    /// How far off the rate of a clock is while it lasts, at most.
    fn rate_error_ppm(&self) -> u64 {
        match self {
            Action::Drift(rate) => u64::from(rate.ppm().unsigned_abs()),
            Action::Wander(changes) => {
                let errors = changes.iter().map(|change| change.rate.ppm().unsigned_abs());
                errors.max().unwrap_or(0).into()
            }
            Action::Freeze | Action::Suspend => Drift::FROZEN.ppm().unsigned_abs().into(),
            Action::Spread { action, .. } => action.rate_error_ppm(),
            _ => 0,
        }
    }

    /// How far it moves a wall clock at most, if it lasts so long; without an end, until heal.
    fn wall_error(&self, lasts: Option<Duration>) -> Duration {
        match self {
            Action::Jump(by) | Action::SlewedJump { by, .. } | Action::Strobe { by, .. } => {
                Duration::from_nanos(by.unsigned_abs())
            }
            Action::Drift(_) | Action::Wander(_) => {
                let lasts = u128::from(lasts.unwrap_or(Duration::MAX).as_nanos());
                let error = lasts * u128::from(self.rate_error_ppm()) / 1_000_000;
                Duration::from_nanos(u64::try_from(error).unwrap_or(u64::MAX))
            }
            Action::Spread { action, .. } => action.wall_error(lasts),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Target, When};
    use crate::id::FaultId;
    use crate::time::SimTime;

    fn broken(assumes: Assumptions, action: Action, lasts: Option<Duration>) -> Vec<Assumption> {
        let (id, when, who) = (FaultId(0), When::At(SimTime::ZERO), Target::All);
        assumes.broken_by(&Fault { id, when, who, action, lasts, struck: None }).collect()
    }

    #[test]
    fn who_assumes_nothing_has_nothing_broken() {
        let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
        for action in [wipe, Action::Pause, Action::Isolate, Action::Drift(Drift::FROZEN)] {
            assert_eq!(broken(Assumptions::default(), action, None), []);
        }
    }

    #[test]
    fn a_fault_within_a_bound_breaks_nothing_and_one_beyond_it_does() {
        let bound = Assumptions {
            drift_bound: Some(Drift::from_ppm(200)),
            offset_bound: Some(Duration::from_millis(5)),
            ..Assumptions::default()
        };
        let drift = |ppm, secs| {
            let lasts = Some(Duration::from_secs(secs));
            broken(bound, Action::Drift(Drift::from_ppm(ppm)), lasts)
        };
        // Within its rate, but for so long that it ends up too far ahead.
        assert_eq!(drift(200, 26), [Assumption::OffsetBound]);
        for (ppm, is_broken) in [(200, false), (-200, false), (201, true), (-201, true)] {
            let found = drift(ppm, 10);
            assert_eq!(found == [Assumption::DriftBound], is_broken, "{ppm}");
        }
        for (by, is_broken) in [(5_000_000, false), (-5_000_001, true), (i64::MIN, true)] {
            let found = broken(bound, Action::Jump(by), None);
            assert_eq!(found == [Assumption::OffsetBound], is_broken, "{by}");
        }
    }

    #[test]
    fn an_amnesiac_that_restarts_breaks_two_assumptions() {
        let all = Assumptions {
            crash_stop: true,
            honest_disk: true,
            no_pause: true,
            ..Default::default()
        };
        let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
        let for_good = broken(all, wipe.clone(), None);
        assert_eq!(for_good, [Assumption::HonestDisk]);
        let restarts = broken(all, wipe, Some(Duration::from_millis(1)));
        assert_eq!(restarts, [Assumption::CrashStop, Assumption::HonestDisk]);
        assert_eq!(broken(all, Action::Pause, None), [Assumption::NoPause]);
    }

    #[test]
    fn every_assumption_has_a_word_of_its_own() {
        let mut words: Vec<&str> = Assumption::WORDS.iter().map(|(one, _)| one.word()).collect();
        assert!(words.iter().all(|word| !word.is_empty()));
        words.sort();
        words.dedup();
        assert_eq!(words.len(), Assumption::WORDS.len());
    }
}
