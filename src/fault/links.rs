//! Cuts with a manner of their own: what waits, what passes slowly, what opens and closes again.

use super::Action;
use crate::conditions::{InFlight, Latency};
use crate::id::NodeId;
use crate::time::Duration;
use crate::topology::Cut;
use serde::{Deserialize, Serialize};

/// The links that a cut is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severed {
    /// Those between these nodes, whoever is struck.
    Between(Cut),
    /// All links of the target, in both directions.
    Around,
    /// Those by which the target sends, hears, or both.
    By {
        /// Those from the target to all others.
        sends: bool,
        /// Those from all others to the target.
        hears: bool,
    },
}

impl Severed {
    /// The same as cuts, now that it is known who of so many nodes is struck.
    pub fn cuts(&self, struck: &[NodeId], nodes: u32) -> Vec<Cut> {
        let all = || (0..nodes).map(NodeId::new);
        match self {
            Severed::Between(cut) => vec![cut.clone()],
            Severed::Around => {
                let others = all().filter(|node| !struck.contains(node)).collect();
                vec![Cut::Groups(vec![others])]
            }
            Severed::By { sends, hears } => {
                let from = Cut::OneWay { from: struck.to_vec(), to: all().collect() };
                let to = Cut::OneWay { from: all().collect(), to: struck.to_vec() };
                let both = [(*sends, from), (*hears, to)];
                both.into_iter().filter(|(is_cut, _)| *is_cut).map(|(_, cut)| cut).collect()
            }
        }
    }
}

impl Action {
    /// The cut of these links in this manner, in its shortest form: there is one action for each
    /// cut that can be written down.
    pub fn cut(links: Severed, manner: Manner) -> Action {
        if manner != Manner::default() {
            return Action::Sever { links, manner };
        }
        match links {
            Severed::Between(cut) => Action::Partition(cut),
            Severed::Around => Action::Isolate,
            Severed::By { sends, hears } => Action::Mute { sends, hears },
        }
    }

    /// The links that it cuts, and how; `None` for what leaves all links alone.
    pub fn severs(&self) -> Option<(Severed, Manner)> {
        let links = match self {
            Action::Partition(cut) => Severed::Between(cut.clone()),
            Action::Isolate => Severed::Around,
            Action::Mute { sends, hears } => Severed::By { sends: *sends, hears: *hears },
            Action::Sever { links, manner } => return Some((links.clone(), manner.clone())),
            _ => return None,
        };
        Some((links, Manner::default()))
    }
}

/// How a cut closes its links. The default is a wall: what is sent across is lost, from beginning
/// to end, and what is on the way fares as the conditions say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// What becomes of messages that are sent across.
    pub kind: CutKind,
    /// What becomes of messages that are on the way when the links close. If not given: a cut that
    /// holds holds them too, every other one does as the conditions say.
    pub in_flight: Option<InFlight>,
    /// How long the links are closed, open, closed and so on, over and over for as long as the cut
    /// lasts. Empty: closed all the time.
    pub flap: Vec<Duration>,
}

/// What a cut does to messages that are sent across it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CutKind {
    /// They are lost.
    #[default]
    Drop,
    /// They are kept, and arrive the moment the links open, in the order in which they were sent.
    Hold,
    /// They pass, and take so much longer. The links count as open.
    Slow(Latency),
}

impl Manner {
    /// What becomes of messages on the way, in a world that otherwise does this.
    pub fn in_flight(&self, otherwise: InFlight) -> InFlight {
        match (self.in_flight, self.kind) {
            (Some(in_flight), _) => in_flight,
            (None, CutKind::Hold) => InFlight::Hold,
            (None, _) => otherwise,
        }
    }
}
