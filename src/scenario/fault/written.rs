//! From a fault back to the entry of a file that draws exactly this fault, whatever the seed.
//!
//! Every action has its entry: the match over all of them does not build while one is missing.

use super::{
    CrashEntry, DriftEntry, FailingDiskEntry, FaultEntry, FreezeEntry, FullDiskEntry, JumpEntry,
    LossEntry, LyingDiskEntry, PauseEntry, SlowDiskEntry, SlowEntry, StallEntry, StalledDiskEntry,
    StrobeEntry, SuspendEntry,
};
use crate::fault::{Action, Choice, Fault, Filter, On, Target, When};
use crate::scenario::lengths::Lengths;
use crate::scenario::source::Placed;
use crate::scenario::timing::SERVICE;
use crate::scenario::words::Who;
use crate::time::{Duration, SimTime};
use crate::units::{Quantity, Span};

/// A value that nothing is drawn from.
pub(super) const fn fixed<T: Quantity>(value: T) -> Placed<Span<T>> {
    Placed::nowhere(Span::only(value))
}

fn set<T>(value: T) -> Option<Placed<T>> {
    Some(Placed::nowhere(value))
}

/// A choice as a file names it.
pub(in crate::scenario) fn chosen(choice: &Choice) -> Who {
    choice.to_string().parse().expect("a choice is written as files write it")
}

/// A target as a file names it.
pub(super) fn who(target: &Target) -> Who {
    match target {
        Target::Nodes(nodes) => Who::Nodes(nodes.clone()),
        Target::Role(role) => Who::Role(role.clone()),
        Target::All => Who::All,
        Target::Chosen { choice, .. } => chosen(choice),
    }
}

/// What the entries of all kinds have.
#[derive(Clone, Copy)]
pub(super) struct Aimed<'a> {
    target: &'a Target,
    lasts: Option<Duration>,
}

impl Aimed<'_> {
    pub fn who(self) -> Placed<Who> {
        Placed::nowhere(who(self.target))
    }

    pub fn lasts(self) -> Option<Placed<Span<Duration>>> {
        self.lasts.map(fixed)
    }
}

impl FaultEntry {
    /// The entry that draws exactly this fault.
    pub(crate) fn of(fault: &Fault) -> FaultEntry {
        let mut entry = FaultEntry {
            id: set(fault.id.0),
            struck: fault.struck.as_ref().map(|struck| Placed::nowhere(struck.into())),
            ..FaultEntry::default()
        };
        entry.aim_at(&fault.when);
        entry.act(&fault.action, Aimed { target: &fault.who, lasts: fault.lasts });
        let usual = entry.window(fault.lasts);
        let windows = fault.choices().map(|(_, window)| window);
        let is_role = |target: &Target| matches!(target, Target::Role(_));
        let to = match &fault.action {
            Action::Messages { filter, .. } => Some(&filter.to),
            _ => None,
        };
        let at_once = is_role(&fault.who) || to.is_some_and(is_role);
        let window = windows.chain(at_once.then_some(Duration::ZERO)).max();
        entry.window = window.filter(|window| *window != usual).map(Placed::nowhere);
        entry
    }

    /// The time that draws exactly this one.
    pub(in crate::scenario) fn aim_at(&mut self, when: &When) {
        let (on, word, nth, after) = match when {
            When::At(at) => {
                self.at = Some(fixed(at.since(SimTime::ZERO)));
                return;
            }
            When::Heal => {
                self.at_heal = set(true);
                return;
            }
            When::Milestone { word, nth, after } => (None, word.as_str(), nth, after),
            When::MilestoneOn { on, word, nth, after } => (Some(on), word.as_str(), nth, after),
            When::Service { nth, after } => (None, SERVICE, nth, after),
        };
        self.when = set(word.to_owned());
        self.on = on.map(|on| {
            Placed::nowhere(match on {
                On::Nodes(nodes) => Who::Nodes(nodes.clone()),
                On::Role(role) => Who::Role(role.clone()),
            })
        });
        self.nth = (*nth != 1).then_some(Placed::nowhere(*nth));
        self.after = (*after != Duration::ZERO).then(|| fixed(*after));
    }

    fn act(&mut self, action: &Action, aimed: Aimed<'_>) {
        match action {
            Action::Partition(_) | Action::Isolate | Action::Mute { .. } | Action::Sever { .. } => {
                if let Some((links, manner)) = action.severs() {
                    self.sever(aimed, links, &manner);
                }
            }
            Action::Crash { .. } | Action::CrashLoop { .. } | Action::Death { .. } => {
                self.crash = CrashEntry::of(aimed, action).map(Placed::nowhere);
            }
            Action::Stall { after_effect } => {
                self.stall = set(StallEntry::of(aimed, *after_effect));
            }
            Action::Slow { step } => self.slow = set(SlowEntry::of(aimed, *step)),
            Action::Spread { action, offsets } => {
                self.spread = set(Lengths::List(offsets.clone()));
                self.act(action, aimed);
            }
            Action::Pause => self.pause = set(PauseEntry::of(aimed)),
            Action::Loss(chance) => {
                let aimed = Aimed { target: &Target::All, ..aimed };
                self.loss = set(LossEntry::of(aimed, &Filter::all(*chance)));
            }
            Action::Messages { filter, harm } => self.harm(aimed, filter, *harm),
            Action::Drift(rate) => self.drift = set(DriftEntry::steady(aimed, *rate)),
            Action::Wander(changes) => {
                self.drift = set(DriftEntry::changing(aimed, changes));
            }
            Action::Jump(by) => self.jump = set(JumpEntry::of(aimed, *by, None)),
            Action::SlewedJump { by, slew } => {
                self.jump = set(JumpEntry::of(aimed, *by, Some(*slew)));
            }
            Action::Strobe { by, every } => {
                self.strobe = set(StrobeEntry::of(aimed, *by, *every));
            }
            Action::Suspend => self.suspend = set(SuspendEntry::of(aimed)),
            Action::Freeze => self.freeze = set(FreezeEntry::of(aimed)),
            Action::SlowDisk(sync) => {
                self.slow_disk = set(SlowDiskEntry::of(aimed, *sync));
            }
            Action::FailingDisk(chance) => {
                self.failing_disk = set(FailingDiskEntry::of(aimed, *chance));
            }
            Action::LyingDisk => {
                self.lying_disk = set(LyingDiskEntry::of(aimed));
            }
            Action::StalledDisk => {
                self.stalled_disk = set(StalledDiskEntry::of(aimed));
            }
            Action::FullDisk => self.full_disk = set(FullDiskEntry::of(aimed)),
        }
    }
}
