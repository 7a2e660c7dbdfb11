//! Storms: faults that are drawn, each with its end, and what is simpler than one.

use super::simpler::{lengths, numbers};
use crate::conditions::Latency;
use crate::fault::{Action, DiskFate, Fault, Filter, Harm, Target, When};
use crate::id::{FaultId, NodeId};
use crate::rng::{Ratio, Stream, bernoulli, choose, range, shuffle};
use crate::time::{Drift, Duration, SimTime};
use crate::topology::Cut;
use std::ops::RangeInclusive;

/// A kind of fault that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Nodes die and restart with what they had synced.
    Crash,
    /// Nodes die and restart with empty disks.
    Amnesia,
    /// Nodes stand still; their clocks run on.
    Pause,
    /// Two groups of nodes cannot talk to each other.
    Partition,
    /// Nodes cannot be heard, or do not hear.
    Cut,
    /// Messages are lost, some of them or all.
    Loss,
    /// Messages arrive twice.
    Duplication,
    /// Messages take longer.
    Delay,
    /// Clocks run fast or slow.
    Drift,
    /// Wall clocks jump.
    Jump,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 10] = [
        Family::Crash,
        Family::Amnesia,
        Family::Pause,
        Family::Partition,
        Family::Cut,
        Family::Loss,
        Family::Duplication,
        Family::Delay,
        Family::Drift,
        Family::Jump,
    ];

    /// What is drawn if nothing else is said: what every protocol on a network must bear. Disks
    /// and clocks are right.
    pub const USUAL: [Family; 7] = [
        Family::Crash,
        Family::Pause,
        Family::Partition,
        Family::Cut,
        Family::Loss,
        Family::Duplication,
        Family::Delay,
    ];

    /// Whether it does nothing to one node alone.
    const fn needs_several(self) -> bool {
        !matches!(
            self,
            Family::Crash | Family::Amnesia | Family::Pause | Family::Drift | Family::Jump
        )
    }
}

/// What storms are drawn from.
#[derive(Clone, Debug)]
pub(super) struct Storm {
    pub nodes: u32,
    /// How long it lasts.
    pub end: Duration,
    pub families: Vec<Family>,
    /// How many faults there are.
    pub faults: RangeInclusive<usize>,
    /// When no process and no clock is struck, since something else may hold it.
    pub spared: Vec<RangeInclusive<Duration>>,
}

/// So many draws of one fault may clash with those before it.
const TRIES: usize = 100;

impl Storm {
    /// # Panics
    /// If there are no nodes, or less than two milliseconds.
    pub fn new(nodes: u32, end: Duration) -> Self {
        assert!(nodes > 0, "a storm needs nodes");
        assert!(end >= Duration::from_millis(2), "a storm of {end} is too short");
        let mut storm = Storm { nodes, end, families: vec![], faults: 0..=4, spared: vec![] };
        storm.only(&Family::USUAL);
        storm
    }

    /// # Panics
    /// If none of these can strike.
    pub fn only(&mut self, families: &[Family]) {
        let can = families.iter().filter(|family| self.nodes > 1 || !family.needs_several());
        self.families = can.copied().collect();
        assert!(!self.families.is_empty(), "none of {families:?} strikes {} nodes", self.nodes);
    }

    /// The faults of a storm, in the order of their names; `None` if there is no room for so many.
    pub fn draw(&self, luck: &mut Stream) -> Option<Vec<Fault>> {
        let (least, most) = (*self.faults.start() as u64, *self.faults.end() as u64);
        let count = range(luck, least..=most);
        let mut faults = Vec::new();
        for id in 0..count {
            let drawn = (0..TRIES).find_map(|_| {
                faults.push(self.one(FaultId(id as u32), luck));
                if self.is_sound(&faults) { Some(()) } else { faults.pop().and(None) }
            });
            drawn.or((id >= least).then_some(()))?;
        }
        Some(faults)
    }

    /// Whether all strike in time, and none strikes whom another holds in the same way.
    pub fn is_sound(&self, faults: &[Fault]) -> bool {
        let is_apart = |(place, one): (usize, &Fault)| {
            let is_spared = self.spared.iter().any(|times| {
                held(one).is_some() && times.start() < &ends(one) && &begins(one) < times.end()
            });
            begins(one) < self.end
                && !is_spared
                && faults[..place].iter().all(|other| !clash(one, other))
        };
        faults.iter().enumerate().all(is_apart)
    }

    fn one(&self, id: FaultId, luck: &mut Stream) -> Fault {
        let family = *choose(luck, &self.families).expect("a storm has a family");
        let millis = self.end.as_nanos() / 1_000_000;
        let at = SimTime::ZERO + Duration::from_millis(range(luck, 0..=millis - 1));
        let lasts = Duration::from_millis(range(luck, 1..=millis.div_ceil(2)));
        let (who, action) = self.blow(family, luck);
        let lasts = (!action.is_instant()).then_some(lasts);
        Fault { id, when: When::At(at), who, action, lasts, struck: None }
    }

    fn blow(&self, family: Family, luck: &mut Stream) -> (Target, Action) {
        let some = Target::Nodes(self.minority(luck));
        let percent = |luck: &mut Stream| percent(range(luck, 1..=100) as u32);
        let harmed = |chance, harm| Action::Messages { filter: Filter::all(chance), harm };
        match family {
            Family::Crash => (some, Action::Crash { after_effect: None, disk: DiskFate::Synced }),
            Family::Amnesia => {
                (some, Action::Crash { after_effect: None, disk: DiskFate::Amnesia })
            }
            Family::Pause => (some, Action::Pause),
            Family::Partition => {
                let Target::Nodes(few) = some else { return (Target::All, Action::Isolate) };
                let rest = (0..self.nodes).map(NodeId::new).filter(|n| !few.contains(n)).collect();
                (Target::All, Action::Partition(Cut::Groups(vec![few, rest])))
            }
            Family::Cut => {
                let sends = bernoulli(luck, Ratio { numerator: 1, denominator: 2 });
                (some, Action::Mute { sends, hears: !sends })
            }
            Family::Loss => (Target::All, Action::Loss(percent(luck))),
            Family::Duplication => (Target::All, harmed(percent(luck), Harm::Duplicate)),
            Family::Delay => {
                let most = self.end.as_nanos() / 10_000_000;
                let longer = Duration::from_millis(range(luck, 1..=most.max(1)));
                (some, harmed(ALWAYS, Harm::Delay(Latency::Constant(longer))))
            }
            Family::Drift => {
                let parts = range(luck, 0..=1_000) as i32 - 500;
                (some, Action::Drift(Drift::from_ppm(parts * 1_000)))
            }
            Family::Jump => {
                let by = range(luck, 1..=2 * self.end.as_nanos() / 1_000_000) as i64;
                let is_back = bernoulli(luck, Ratio { numerator: 1, denominator: 2 });
                (some, Action::Jump(if is_back { -by } else { by } * 1_000_000))
            }
        }
    }

    /// Less than half of the nodes, and one at least, in their order.
    fn minority(&self, luck: &mut Stream) -> Vec<NodeId> {
        let most = u64::from(self.nodes.div_ceil(2).max(2) - 1);
        let count = range(luck, 1..=most) as usize;
        let mut nodes: Vec<NodeId> = (0..self.nodes).map(NodeId::new).collect();
        shuffle(luck, &mut nodes);
        nodes.truncate(count);
        nodes.sort();
        nodes
    }
}

const ALWAYS: Ratio = Ratio { numerator: 1, denominator: 1 };

const fn percent(of_hundred: u32) -> Ratio {
    Ratio { numerator: of_hundred, denominator: 100 }
}

/// When it strikes; a fault that is drawn has a time.
pub(super) const fn begins(fault: &Fault) -> Duration {
    match fault.when {
        When::At(at) => at.since(SimTime::ZERO),
        _ => Duration::ZERO,
    }
}

/// The same, so much earlier.
pub(super) fn earlier(fault: &Fault, by: Duration) -> Fault {
    let at = begins(fault).saturating_sub(by);
    Fault { when: When::At(SimTime::ZERO + at), ..fault.clone() }
}

fn ends(fault: &Fault) -> Duration {
    begins(fault) + fault.lasts.unwrap_or_default()
}

/// What it holds of a node, so that no second fault can take it.
const fn held(fault: &Fault) -> Option<&'static str> {
    match fault.action {
        Action::Crash { .. } | Action::Pause => Some("process"),
        Action::Drift(_) => Some("rate"),
        _ => None,
    }
}

fn nodes(fault: &Fault) -> &[NodeId] {
    match &fault.who {
        Target::Nodes(nodes) => nodes,
        _ => &[],
    }
}

fn clash(one: &Fault, other: &Fault) -> bool {
    let is_same = held(one).is_some() && held(one) == held(other);
    let meet = begins(one) <= ends(other) && begins(other) <= ends(one);
    is_same && meet && nodes(one).iter().any(|node| nodes(other).contains(node))
}

/// What is simpler than a fault in one place.
pub(super) fn simpler(fault: &Fault) -> Vec<Fault> {
    let at = lengths(begins(fault), true)
        .into_iter()
        .map(|at| Fault { when: When::At(SimTime::ZERO + at), ..fault.clone() });
    let lasts = fault.lasts.map(|lasts| lengths(lasts, false)).unwrap_or_default();
    let lasts = lasts.into_iter().map(|lasts| Fault { lasts: Some(lasts), ..fault.clone() });
    let fewer = fewer(nodes(fault)).into_iter();
    let fewer = fewer.map(|who| Fault { who: Target::Nodes(who), ..fault.clone() });
    let gentler = gentler(&fault.action).into_iter();
    let gentler = gentler.map(|action| Fault { action, ..fault.clone() });
    gentler.chain(fewer).chain(lasts).chain(at).collect()
}

/// The same without one of several nodes.
fn fewer(nodes: &[NodeId]) -> Vec<Vec<NodeId>> {
    let places = 0..if nodes.len() > 1 { nodes.len() } else { 0 };
    places.map(|place| super::simpler::without(nodes, &(place..place + 1))).collect()
}

/// The same with one node less in the smaller group.
fn closer(groups: &[Vec<NodeId>]) -> Vec<Action> {
    let [few, rest] = groups else { return Vec::new() };
    let less = fewer(few).into_iter().map(|left| {
        let back = few.iter().filter(|node| !left.contains(node));
        let mut rest: Vec<NodeId> = rest.iter().chain(back).copied().collect();
        rest.sort();
        Action::Partition(Cut::Groups(vec![left, rest]))
    });
    less.collect()
}

fn gentler(action: &Action) -> Vec<Action> {
    let fewer = |chance: Ratio| {
        let parts = u64::from(chance.numerator);
        let parts = if chance.denominator == 100 { numbers(parts, 1, 1) } else { Vec::new() };
        parts.into_iter().map(|parts| percent(parts as u32))
    };
    match action {
        Action::Crash { after_effect, disk: DiskFate::Amnesia } => {
            vec![Action::Crash { after_effect: *after_effect, disk: DiskFate::Synced }]
        }
        Action::Partition(Cut::Groups(groups)) => closer(groups),
        Action::Loss(chance) => fewer(*chance).map(Action::Loss).collect(),
        Action::Drift(rate) => {
            let size = numbers(u64::from(rate.ppm().unsigned_abs()), 1, 1_000);
            let sign = rate.ppm().signum();
            size.into_iter().map(|ppm| Action::Drift(Drift::from_ppm(sign * ppm as i32))).collect()
        }
        Action::Jump(by) => {
            let size = lengths(Duration::from_nanos(by.unsigned_abs()), false).into_iter();
            size.map(|length| Action::Jump(by.signum() * length.as_nanos() as i64)).collect()
        }
        Action::Messages { filter, harm: Harm::Delay(Latency::Constant(length)) } => {
            let harms = lengths(*length, false).into_iter().map(Latency::Constant);
            let harmed =
                |latency| Action::Messages { filter: filter.clone(), harm: Harm::Delay(latency) };
            harms.map(harmed).collect()
        }
        Action::Messages { filter, harm } => {
            let harmed = |chance| Action::Messages {
                filter: Filter { chance, ..filter.clone() },
                harm: *harm,
            };
            fewer(filter.chance).map(harmed).collect()
        }
        _ => Vec::new(),
    }
}
