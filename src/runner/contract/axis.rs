//! The rows of a contract: each breaks one thing, as hard as a storm may, and nothing else.
//!
//! A row is a piece of a scenario. Families of the nemesis draw what is not pinned in the units of
//! the calm run, and go beyond what the algorithm assumes. What has a size can also be asked for
//! with this size, so that the edge can be found.

use super::base::Base;
use crate::fault::{Action, Harm};
use crate::time::{Drift, Duration};
use std::fmt;

/// A row.
#[derive(Clone, Copy)]
pub struct Axis {
    /// Its name.
    pub name: &'static str,
    /// What happens, in a few words.
    pub meaning: &'static str,
    /// How big the fault can be, if it has a size.
    pub size: Option<Size>,
    /// What never met it where it never did anything.
    pub idle: &'static str,
    /// Which of its faults it is about; all of them if not given.
    about: Option<fn(&Action) -> bool>,
    storm: Piece,
    after: After,
}

/// A piece of a scenario; `None` where it says nothing of the algorithm.
type Piece = fn(&Base) -> Option<String>;

/// What becomes of it when the storm is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is over.
    Heals,
    /// It stays with whoever is outside a quorum.
    StaysOutsideQuorum,
    /// It stays on all links but those of one node.
    StaysAroundHub,
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a size is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Millionths, of a rate or of a chance.
    Ppm,
    /// Nanoseconds.
    Time,
}

/// A fault that has a size.
#[derive(Clone, Copy)]
pub struct Size {
    /// What it is counted in.
    pub unit: Unit,
    /// The smallest and the biggest that are tried.
    pub range: fn(&Base) -> (u64, u64),
    /// The storm in which it has this size.
    pub storm: fn(&Base, u64) -> String,
}

impl Unit {
    /// A size as files write it.
    pub fn text(self, size: u64) -> String {
        match self {
            Unit::Ppm => Drift::from_ppm(size.min(1_000_000) as i32).to_string(),
            Unit::Time => Duration::from_nanos(size).to_string(),
        }
    }
}

impl Axis {
    /// The row of this name.
    pub fn find(name: &str) -> Option<&'static Axis> {
        AXES.iter().find(|axis| axis.name == name)
    }

    /// Whether a fault of the row is one that it is about, and not there to give it an occasion.
    pub(super) fn is_about(&self, action: &Action) -> bool {
        self.about.is_none_or(|is_it| is_it(action))
    }

    /// Whether some of its faults only give the others an occasion.
    pub(super) const fn is_mixed(&self) -> bool {
        self.about.is_some()
    }

    pub(super) fn storm(&self, base: &Base) -> Option<String> {
        (self.storm)(base)
    }

    /// Whether it stays when the storm is over.
    pub(super) fn is_lasting(&self) -> bool {
        self.after != After::Heals
    }

    /// What else stands under `[heal]`.
    pub(super) fn heal(&self, base: &Base) -> Option<String> {
        match self.after {
            After::Heals => Some(String::new()),
            After::StaysOutsideQuorum => {
                Some("core = \"random-quorum\"\nremainder = \"as-is\"\n".to_owned())
            }
            After::StaysAroundHub => {
                Some(format!("core = [\"n{}\"]\nremainder = \"as-is\"\n", hub(base)?))
            }
        }
    }
}

/// A family of the nemesis that exists in every run.
macro_rules! storm {
    ($family:literal) => {
        |_| Some(concat!("[nemesis]\nswarm = false\n", $family, "\n").to_owned())
    };
}

const fn row(name: &'static str, meaning: &'static str, storm: Piece) -> Axis {
    let idle = "no message met it";
    Axis { name, meaning, storm, size: None, idle, about: None, after: After::Heals }
}

/// All rows, in the order of the table: processes, links, messages, clocks, disks, lies.
pub const AXES: [Axis; 22] = [
    row("crash", "a minority crashes for good", |base| Some(deaths(base))),
    row("restart", "nodes crash and restart with their disks", storm!("crash = {}")),
    row("amnesia", "nodes crash and restart without their disks", storm!("amnesia = {}")),
    Axis { size: Some(PAUSE), ..row("pause", "nodes stand still and go on", storm!("pause = {}")) },
    row(
        "partition",
        "the network falls into two or three parts and heals",
        storm!("partition = { shape = \"random\" }"),
    ),
    row("one-way", "links are cut in one direction and heal", storm!("cut = {}")),
    row(
        "bridge",
        "two halves that only one node sees both of, and heal",
        storm!("partition = { shape = \"bridge\" }"),
    ),
    Axis {
        after: After::StaysOutsideQuorum,
        ..row("deaf-stays", "who is outside a quorum stays deaf for good", deaf)
    },
    Axis {
        after: After::StaysAroundHub,
        ..row("hub-stays", "one node sees all and all others see only it, for good", star)
    },
    Axis { size: Some(LOSS), ..row("loss", "messages are lost", storm!("loss = {}")) },
    row("duplication", "messages arrive twice", storm!("duplication = {}")),
    row("reorder", "messages are overtaken by later ones", storm!("reorder = {}")),
    Axis { size: Some(DELAY), ..row("delay", "messages take much longer", storm!("delay = {}")) },
    Axis {
        size: Some(DRIFT),
        idle: "no timer met it",
        ..row("drift", "clocks run fast or slow", storm!("drift = { rate = \"+-5%..50% log\" }"))
    },
    Axis {
        size: Some(DRIFT_APART),
        idle: "no timer met it",
        about: Some(|action| matches!(action, Action::Drift(_))),
        ..row(
            "drift-apart",
            "clocks run fast or slow, and the network falls apart and heals",
            |_| {
                let drift = "drift = { rate = \"+-5%..50% log\" }";
                let parts = "partition = { shape = \"random\" }";
                Some(format!("[nemesis]\nswarm = false\n{drift}\n{parts}\n"))
            },
        )
    },
    Axis {
        size: Some(JUMP),
        idle: "no wall clock met it",
        ..row("jump", "each wall clock jumps once", |base| Some(jumps(base, "+-1ms..300s log")))
    },
    Axis {
        size: Some(JUMP_TOGETHER),
        idle: "no wall clock met it",
        ..row(
            "jump-together",
            "the wall clocks of a majority jump at once, again and again",
            |base| Some(jump_together(base, "+-1ms..300s log")),
        )
    },
    row("power-loss", "crashes keep some of what was not synced, or tear it", |base| {
        Some(format!("{}[nemesis]\nswarm = false\npower-loss = {{}}\n", slow_syncs(base)))
    }),
    Axis {
        idle: "no sync met it",
        about: Some(|action| matches!(action, Action::FailingDisk(_))),
        ..row(
            "disk-errors",
            "syncs fail, and nodes crash and restart",
            storm!("failing-disk = {}\ncrash = {}"),
        )
    },
    Axis {
        idle: "no sync met it",
        about: Some(|action| matches!(action, Action::LyingDisk)),
        ..row("lying-disk", "syncs save nothing, and nodes crash and restart", |base| {
            let families = "lying-disk = {}\ncrash = {}";
            Some(format!("{}[nemesis]\nswarm = false\n{families}\n", slow_syncs(base)))
        })
    },
    Axis {
        about: Some(|action| matches!(action, Action::Messages { harm: Harm::Forge, .. })),
        ..row("forgery", "messages come in another's name as well", |base| {
            Some(with_restarts(base, "forgery = {}"))
        })
    },
    Axis {
        about: Some(|action| matches!(action, Action::Messages { harm: Harm::Misdeliver, .. })),
        ..row("misdelivery", "messages reach another node as well", |base| {
            Some(with_restarts(base, "misdelivery = {}"))
        })
    },
];

const PAUSE: Size = Size {
    unit: Unit::Time,
    range: |base| {
        let most = (patience(base) * 8).min(base.storm.as_nanos() / 2);
        (rounded(patience(base) / 1_000), rounded(most))
    },
    storm: |_, size| {
        let lasts = Unit::Time.text(size);
        format!("[nemesis]\nswarm = false\npause = {{ for = \"{lasts}\" }}\n")
    },
};

const LOSS: Size = Size {
    unit: Unit::Ppm,
    range: |_| (1_000, 900_000),
    storm: |_, size| {
        let chance = Unit::Ppm.text(size);
        format!("[[fault]]\nat = \"0ms\"\nloss = {{ chance = \"{chance}\" }}\n")
    },
};

const DELAY: Size = Size {
    unit: Unit::Time,
    range: |base| {
        let least = (base.calibration.round_trip.as_nanos() / 20).max(1);
        (rounded(least), rounded(patience(base) * 4))
    },
    storm: |_, size| {
        let by = Unit::Time.text(size);
        format!("[[fault]]\nat = \"0ms\"\ndelay = {{ chance = \"20%\", by = \"{by}\" }}\n")
    },
};

const DRIFT: Size = Size {
    unit: Unit::Ppm,
    range: |_| (1, 500_000),
    storm: |base, size| {
        // Every second clock is fast and the others are slow; later it is the other way round.
        let (size, half) = (Unit::Ppm.text(size), Duration::from_nanos(base.storm.as_nanos() / 2));
        let side = |rest: u32| {
            let names = (0..base.nodes()).filter(|node| node % 2 == rest);
            names.map(|node| format!("\"n{node}\"")).collect::<Vec<_>>().join(", ")
        };
        let drift = |at: Duration, rest: u32, sign: &str| match side(rest) {
            nobody if nobody.is_empty() => String::new(),
            who => format!(
                "[[fault]]\nat = \"{at}\"\n\
                 drift = {{ who = [{who}], rate = \"{sign}{size}\", for = \"{half}\" }}\n"
            ),
        };
        let start = Duration::ZERO;
        [drift(start, 0, ""), drift(start, 1, "-"), drift(half, 0, "-"), drift(half, 1, "")]
            .concat()
    },
};

/// A clock alone harms nobody who hears the others all the time: what rests on one, like a lease,
/// is only tried by it while its holder cannot be told.
const DRIFT_APART: Size = Size {
    storm: |base, size| {
        let parts = "[nemesis]\nswarm = false\npartition = { shape = \"random\" }\n";
        (DRIFT.storm)(base, size) + parts
    },
    ..DRIFT
};

const JUMP: Size = Size {
    unit: Unit::Time,
    range: |_| (1_000_000, 300_000_000_000),
    storm: |base, size| {
        let by = Unit::Time.text(size);
        jumps(base, &format!("+-{by}..{by} log"))
    },
};

const JUMP_TOGETHER: Size = Size {
    storm: |base, size| {
        let by = Unit::Time.text(size);
        jump_together(base, &format!("+-{by}..{by} log"))
    },
    ..JUMP
};

/// A size to three digits, never bigger than it is.
pub(super) const fn rounded(size: u64) -> u64 {
    let digit = 10u64.pow(if size == 0 { 0 } else { size.ilog10().saturating_sub(2) });
    size / digit * digit
}

fn patience(base: &Base) -> u64 {
    base.calibration.patience().as_nanos().max(1_000)
}

/// A minority dies, at any time at which the storm still lasts for a while.
fn deaths(base: &Base) -> String {
    let until = Duration::from_nanos(base.storm.as_nanos() / 4 * 3);
    let has_minority = base.roles.iter().any(|(_, count)| *count >= 3);
    let who = if has_minority { "minority" } else { "one" };
    format!("[[fault]]\nat = \"0ms..{until}\"\ncrash = {{ who = \"{who}\", for-good = true }}\n")
}

/// Every wall clock jumps once, so far forth or back: by several jumps it would get further off
/// than any of them says.
fn jumps(base: &Base, by: &str) -> String {
    let until = Duration::from_nanos(base.storm.as_nanos() / 4 * 3);
    let jump = |node| {
        format!("[[fault]]\nat = \"0ms..{until}\"\njump = {{ who = \"n{node}\", by = \"{by}\" }}\n")
    };
    (0..base.nodes()).map(jump).collect()
}

/// What one time server does to all who believe it: they jump by the same, a majority of each role.
/// It comes again and again, since what is stored by a wall clock is rarely needed at one given
/// moment.
fn jump_together(base: &Base, by: &str) -> String {
    let every = Duration::from_nanos((base.storm.as_nanos() / 40).max(1));
    let jump = |(role, _): &(String, u32)| {
        format!(
            "[[fault]]\nat = \"0ms..{every}\"\nevery = \"{every}\"\ntimes = 30\n\
             jump = {{ who = \"majority({role})\", by = \"{by}\" }}\n"
        )
    };
    base.roles.iter().map(jump).collect()
}

/// A member in the middle, so that neither the first nor the last is favoured; with fewer than
/// three there are no two that could be apart.
fn hub(base: &Base) -> Option<u32> {
    (base.members() >= 3).then(|| base.members() / 2)
}

/// A family beside nodes that crash and restart, where the algorithm bears that: who elects once in
/// a long while is hardly lied to in between.
fn with_restarts(base: &Base, family: &str) -> String {
    let crash = if base.assumes.crash_stop { "" } else { "crash = {}\n" };
    format!("[nemesis]\nswarm = false\n{family}\n{crash}")
}

/// Members alone: a client that hears nobody cannot be served, whatever its servers do.
fn deaf(base: &Base) -> Option<String> {
    hub(base)?;
    let who = match base.roles.len() {
        1 => "\"all\"".to_owned(),
        _ => {
            let names = (0..base.members()).map(|node| format!("\"n{node}\""));
            format!("[{}]", names.collect::<Vec<_>>().join(", "))
        }
    };
    Some(format!("[[fault]]\nat-heal = true\nmute = {{ who = {who}, hears = true }}\n"))
}

/// All links between members are cut, but those of the hub.
fn star(base: &Base) -> Option<String> {
    let hub = hub(base)?;
    let at = Duration::from_nanos(base.storm.as_nanos() / 4);
    let spokes: Vec<u32> = (0..base.members()).filter(|node| *node != hub).collect();
    let cut = |from: &u32| {
        let others = spokes.iter().filter(|to| *to != from).map(|to| format!("\"n{to}\""));
        let to = others.collect::<Vec<_>>().join(", ");
        format!("[[fault]]\nat = \"{at}\"\ncut = {{ from = \"n{from}\", to = [{to}] }}\n")
    };
    Some(spokes.iter().map(cut).collect())
}

/// Syncs that take as long as messages, so that crashes find writes that are under way.
fn slow_syncs(base: &Base) -> String {
    let trip = Duration::from_nanos((base.calibration.round_trip.as_nanos() / 2).max(1));
    format!("[disk]\nsync = \"{trip}..{}\"\n\n", trip.saturating_mul(3))
}
