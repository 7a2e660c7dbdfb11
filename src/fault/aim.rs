//! Aims: whom a fault strikes and when, as far as that can be said before the run.
//!
//! A set that is drawn is drawn before the run. What only the run can tell - who leads, and which
//! two of the followers - is found when the fault strikes, by luck that is keyed by the fault's
//! name, so that no other fault moves it.

use super::{Action, Fault};
use crate::id::NodeId;
use crate::time::{Duration, SimTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whom a fault is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// These nodes.
    Nodes(Vec<NodeId>),
    /// Every node that plays this role when the fault strikes: `leader`. The fault is let go if
    /// nobody does.
    Role(String),
    /// Every node.
    All,
    /// Nodes that are chosen when the fault strikes.
    Chosen {
        /// Which.
        choice: Choice,
        /// How long the fault waits for somebody to choose, from the time on at which it is due.
        window: Duration,
    },
}

/// A choice that only the run can make, for it depends on who plays a role. While nobody plays it
/// there is nobody to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The role as the protocol is asked for it: `leader`, `owner-of(k17)`. Several nodes may play
    /// it at once: the newest leader, and one that does not know of it yet.
    pub role: String,
    /// Who is taken.
    pub take: Take,
}

/// Who is taken, where a role is played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Take {
    /// Everyone who plays it.
    Everyone,
    /// So many of those who play it, or all if they are fewer.
    Drawn(u32),
    /// The one who has come to play it last.
    Newest,
    /// All but the newest. While only one node plays the role there is nobody to choose.
    Stale,
    /// Everyone who does not play it.
    Others,
    /// Between `least` and `most` of some nodes, those who play the role first; and whoever plays
    /// it and is not one of these nodes.
    With {
        /// Of whom.
        among: Vec<NodeId>,
        /// How many at least.
        least: u32,
        /// How many at most.
        most: u32,
    },
}

/// When a fault strikes, or a command is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// At this true instant.
    At(SimTime),
    /// Some time after a kind of observation was made for the n-th time, whoever made it.
    Milestone {
        /// The observation's word: `leader-elected`.
        word: String,
        /// Which occurrence, from 1.
        nth: u32,
        /// How long after it.
        after: Duration,
    },
    /// Some time after certain nodes made a kind of observation for the n-th time.
    MilestoneOn {
        /// Whose observations are counted.
        on: On,
        /// The observation's word.
        word: String,
        /// Which occurrence among theirs, from 1.
        nth: u32,
        /// How long after it.
        after: Duration,
    },
    /// Some time after the service is there and all faults of lower numbers that wait for it are
    /// over.
    Service {
        /// The number: those with the same one strike together.
        nth: u32,
        /// How long after it.
        after: Duration,
    },
    /// When the storm ends: it breaks for good whom of its targets it finds outside the core and
    /// whole, that is up and joined in both directions to more than half of the core. No command is
    /// given then.
    Heal,
}

/// Whose observations are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum On {
    /// Those of these nodes.
    Nodes(Vec<NodeId>),
    /// Those of whoever plays this role when it makes them.
    Role(String),
}

impl Target {
    /// What is chosen when the fault strikes, and how long it waits; `None` if it needs no run.
    pub const fn choice(&self) -> Option<(&Choice, Duration)> {
        match self {
            Target::Chosen { choice, window } => Some((choice, *window)),
            Target::Nodes(_) | Target::Role(_) | Target::All => None,
        }
    }

    /// The same, waiting so long where nobody plays the role that it is aimed at.
    #[must_use]
    pub fn waiting(self, window: Duration) -> Target {
        match self {
            Target::Role(role) if window > Duration::ZERO => {
                Target::Chosen { choice: Choice { role, take: Take::Everyone }, window }
            }
            Target::Chosen { choice, .. } => Target::Chosen { choice, window },
            other => other,
        }
    }
}

impl Fault {
    /// What is chosen when it strikes - whom it strikes, and to whom the messages go that it
    /// harms - and how long it waits for each.
    pub(crate) fn choices(&self) -> impl Iterator<Item = (&Choice, Duration)> {
        let to = match self.action.at_once() {
            Action::Messages { filter, .. } => filter.to.choice(),
            _ => None,
        };
        self.who.choice().into_iter().chain(to)
    }
}

impl Action {
    /// The same, waiting so long where nobody plays the role of those to whom messages go.
    #[must_use]
    #[cfg(feature = "scenario")]
    pub(crate) fn waiting(self, window: Duration) -> Action {
        match self {
            Action::Messages { mut filter, harm } => {
                filter.to = filter.to.waiting(window);
                Action::Messages { filter, harm }
            }
            other => other,
        }
    }
}

/// As scenario files write it: `one(leader)`.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = &self.role;
        match &self.take {
            Take::Everyone => f.write_str(role),
            Take::Drawn(1) => write!(f, "one({role})"),
            Take::Drawn(count) => write!(f, "random({count}, {role})"),
            Take::Newest => write!(f, "newest({role})"),
            Take::Stale => write!(f, "stale({role})"),
            Take::Others => write!(f, "all-but({role})"),
            Take::With { among, least, .. } if *least as usize * 2 > among.len() => {
                write!(f, "majority-with({role})")
            }
            Take::With { .. } => write!(f, "minority-with({role})"),
        }
    }
}
