//! Lies: what an engine can do to an algorithm without a word of its source, and what no invariant
//! worth its name is silent about.
//!
//! A mutant shows whether the invariants see a bug of the algorithm. Whoever has no mutants has
//! lies: the disk forgets what it synced, the network counts a vote for somebody who never gave it.
//! Where an algorithm rests on what the lie takes away and nothing is noticed, the invariants are
//! blind there - or the scenario never asks.

use crate::assumption::{Assumption, Assumptions};
use crate::calibration::Calibration;
use crate::conditions::Latency;
use crate::fault::{Action, DiskFate, Fault, Filter, Harm, Target, When};
use crate::id::{FaultId, NodeId};
use crate::rng::{Ratio, Stream, below, log_uniform, range};
use crate::time::{Duration, SimTime};

/// The names of the faults of lies begin here, past all others.
const NAMES: u32 = 4_000_000_000;

/// A lie that the engine can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// Syncs say that they are done and save nothing; nodes crash and come back.
    ForgottenWrite,
    /// Nodes come back from a crash with an empty disk.
    LostDisk,
    /// Messages arrive again in the name of a node that never sent them.
    ForgedSender,
    /// Messages arrive also at a node that they were not for.
    Misdelivery,
    /// Messages arrive again, long after.
    OldMessage,
    /// A node's monotonic clock stands still for a while.
    StoppedClock,
}

/// A lie, told in a run; or all that goes with it but the lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub lie: Lie,
    /// `false` for the control: the same crashes, and nothing untrue.
    pub is_told: bool,
}

impl Lie {
    /// All of them.
    pub const ALL: [Lie; 6] = [
        Lie::ForgottenWrite,
        Lie::LostDisk,
        Lie::ForgedSender,
        Lie::Misdelivery,
        Lie::OldMessage,
        Lie::StoppedClock,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Lie::ForgottenWrite => "forgotten-write",
            Lie::LostDisk => "lost-disk",
            Lie::ForgedSender => "forged-sender",
            Lie::Misdelivery => "misdelivery",
            Lie::OldMessage => "old-message",
            Lie::StoppedClock => "stopped-clock",
        }
    }

    /// What is done, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            Lie::ForgottenWrite => "a sync says that it is done, and a crash loses the write",
            Lie::LostDisk => "a node comes back from a crash with an empty disk",
            Lie::ForgedSender => "a message arrives again in the name of another",
            Lie::Misdelivery => "a message arrives also at another node",
            Lie::OldMessage => "a message arrives again, long after",
            Lie::StoppedClock => "a clock stands still for a while",
        }
    }

    /// Whether nodes crash beside it, in the control too.
    pub const fn needs_crashes(self) -> bool {
        matches!(self, Lie::ForgottenWrite | Lie::LostDisk)
    }

    /// Whether a fault of a run is this lie: its name, and its family.
    pub fn is_told_by(self, id: FaultId, family: &str) -> bool {
        let told = match self {
            Lie::ForgottenWrite => "lying-disk",
            Lie::LostDisk => "crash",
            Lie::ForgedSender => "forgery",
            Lie::Misdelivery => "misdelivery",
            Lie::OldMessage => "replay",
            Lie::StoppedClock => "freeze",
        };
        id.0 >= NAMES && family == told
    }

    /// What of the assumptions it takes away; nothing if the algorithm has to live with it.
    pub fn breaks(self, assumes: &Assumptions) -> Vec<Assumption> {
        let around = Surroundings {
            nodes: 1,
            until: SimTime::from_nanos(1_000_000_000),
            calibration: Calibration::default(),
        };
        let told = Told { lie: self, is_told: true }.faults(0, &around);
        let lies = told.iter().filter(|fault| self.is_told_by(fault.id, fault.action.family()));
        let mut broken: Vec<_> = lies.flat_map(|fault| assumes.broken_by(fault)).collect();
        // The crash itself is in the control as well.
        broken.retain(|assumption| *assumption != Assumption::CrashStop);
        broken.sort();
        broken.dedup();
        broken
    }
}

/// The run that a lie is told in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    pub nodes: u32,
    /// The end of the storm.
    pub until: SimTime,
    pub calibration: Calibration,
}

impl Surroundings {
    /// An instant of the storm, and for how long something lasts: the longer, the seldomer.
    fn window(&self, luck: &mut Stream) -> (SimTime, Duration) {
        let at = range(luck, 0..=self.until.as_nanos());
        let patience = self.calibration.patience().as_nanos().max(4);
        let lasts = log_uniform(luck, patience / 4..=patience.saturating_mul(4));
        (SimTime::from_nanos(at), Duration::from_nanos(lasts))
    }

    fn node(&self, luck: &mut Stream) -> Target {
        let node = below(luck, u64::from(self.nodes.max(1)));
        Target::Nodes(vec![NodeId::new(node as u32)])
    }
}

impl Told {
    /// The faults that tell it in the run of a seed.
    pub(super) fn faults(self, seed: u64, around: &Surroundings) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut strike = |at: SimTime, who: Target, action: Action, lasts: Option<Duration>| {
            let id = FaultId(NAMES + faults.len() as u32);
            faults.push(Fault { id, when: When::At(at), who, action, lasts, struck: None });
        };
        let (lie, is_told) = (self.lie, self.is_told);
        if lie.needs_crashes() {
            let mut luck = Stream::new(seed, "crashes of a lie");
            let is_wiped = is_told && lie == Lie::LostDisk;
            let disk = if is_wiped { DiskFate::Amnesia } else { DiskFate::Synced };
            for _ in 0..log_uniform(&mut luck, 1..=8) {
                let (at, lasts) = around.window(&mut luck);
                let who = around.node(&mut luck);
                strike(at, who, Action::Crash { after_effect: None, disk }, Some(lasts));
            }
        }
        if !is_told {
            return faults;
        }
        let mut luck = Stream::new(seed, lie.name());
        let chance = Ratio::from_ppm(log_uniform(&mut luck, 1_000..=200_000) as u32);
        let mut harm = |harm: Harm| {
            let action = Action::Messages { filter: Filter::all(chance), harm };
            strike(SimTime::ZERO, Target::All, action, None);
        };
        match lie {
            Lie::LostDisk => {}
            Lie::ForgottenWrite => strike(SimTime::ZERO, Target::All, Action::LyingDisk, None),
            Lie::ForgedSender => harm(Harm::Forge),
            Lie::Misdelivery => harm(Harm::Misdeliver),
            Lie::OldMessage => {
                let min = around.calibration.round_trip.max(Duration::from_nanos(1));
                let half = Duration::from_nanos(around.until.as_nanos() / 2);
                harm(Harm::Replay(Latency::LogUniform { min, max: half.max(min) }));
            }
            Lie::StoppedClock => {
                for _ in 0..log_uniform(&mut luck, 1..=8) {
                    let (at, lasts) = around.window(&mut luck);
                    let who = around.node(&mut luck);
                    strike(at, who, Action::Freeze, Some(lasts));
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_what_its_lie_is_without_the_lie() {
        let calibration = Calibration::default();
        let until = SimTime::from_nanos(10_000_000_000);
        let around = Surroundings { nodes: 5, until, calibration };
        for lie in Lie::ALL {
            for seed in 0..50 {
                let told = Told { lie, is_told: true }.faults(seed, &around);
                let control = Told { lie, is_told: false }.faults(seed, &around);
                let is_lie = |f: &&Fault| lie.is_told_by(f.id, f.action.family());
                assert!(told.iter().any(|fault| is_lie(&fault)), "{lie:?}");
                let shape = |f: &Fault| (f.id, f.when.clone(), f.who.clone(), f.lasts);
                let beside: Vec<_> = told.iter().take(control.len()).map(shape).collect();
                assert_eq!(beside, control.iter().map(shape).collect::<Vec<_>>());
                assert_eq!(control.is_empty(), !lie.needs_crashes());
                let is_honest = |action: &Action| match action {
                    Action::Crash { disk, .. } => *disk == DiskFate::Synced,
                    _ => false,
                };
                assert!(control.iter().all(|fault| is_honest(&fault.action)));
            }
        }
    }

    #[test]
    fn a_lie_is_outside_of_what_takes_its_truth_for_granted() {
        let nothing = Assumptions { untrusted_links: true, ..Assumptions::default() };
        assert!(Lie::ALL.iter().all(|lie| lie.breaks(&nothing).is_empty()));
        let raft = Assumptions { honest_disk: true, ..Assumptions::default() };
        let outside = |lie: &&Lie| !lie.breaks(&raft).is_empty();
        let found: Vec<&Lie> = Lie::ALL.iter().filter(outside).collect();
        let four = [Lie::ForgottenWrite, Lie::LostDisk, Lie::ForgedSender, Lie::Misdelivery];
        assert_eq!(found, four.iter().collect::<Vec<_>>());
    }
}
