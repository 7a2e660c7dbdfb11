//! Faults of the network as files write them: partitions, cuts, loss.

use super::{FaultKind, Length};
use crate::fault::Action;
use crate::rng::{Ratio, Stream};
use crate::scenario::check::Check;
use crate::scenario::error::Finding;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Node, Who};
use crate::time::Duration;
use crate::topology::Cut;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// The smallest cluster in which a ring of majorities cuts anything.
const RING_MIN: usize = 4;

/// A partition of the timeline: groups, or a shape that the seed fills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartitionEntry {
    /// The groups. A node in none of them is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Placed<Vec<Vec<Placed<Node>>>>>,
    /// A shape instead of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Placed<Shape>>,
    /// Whether only one direction is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_way: Option<bool>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for PartitionEntry {
    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn parts(&self, check: &Check<'_>) -> u64 {
        match self.shape.as_deref() {
            Some(Shape::MajoritiesRing) => check.shaped().unwrap_or(1) as u64,
            Some(Shape::Bridge) => 2,
            _ => 1,
        }
    }

    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        match (&self.groups, &self.shape) {
            (Some(groups), None) => {
                let mut seen = BTreeSet::new();
                for node in groups.iter().flatten() {
                    check.node(node);
                    if !seen.insert(node.0) {
                        check.wrong(node.place(), format!("{} is in two groups", **node));
                    }
                }
                if seen.is_empty() {
                    check.wrong(groups.place(), "no node is named; name some in each group");
                }
            }
            (None, Some(shape)) => {
                check.shape(shape);
                if self.one_way == Some(true) && **shape == Shape::MajoritiesRing {
                    let problem = "a ring of majorities has no direction; leave `one-way` out";
                    check.wrong(shape.place(), problem);
                }
            }
            _ => {
                let finding = Finding::new(place, "not one way to divide the nodes");
                check.findings.push(finding.help("write either `groups` or `shape`"));
            }
        }
    }

    fn actions(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let cuts = match (&self.groups, &self.shape) {
            (Some(groups), _) => {
                let ids = |group: &Vec<Placed<Node>>| group.iter().map(|node| node.0).collect();
                vec![Cut::Groups(groups.iter().map(ids).collect())]
            }
            (None, Some(shape)) => nodes.cuts(**shape, self.one_way.unwrap_or(false), luck),
            (None, None) => Vec::new(),
        };
        cuts.into_iter().map(Action::Partition).collect()
    }
}

/// How a partition divides the nodes. Shapes are cut over the first role (over all nodes if it has
/// fewer than three); every other node is put on a random side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Two halves.
    Halves,
    /// A minority of random size against the rest.
    MinorityMajority,
    /// One node against the rest.
    IsolateOne,
    /// Every node sees a majority, and no two see the same one.
    MajoritiesRing,
    /// Two halves, and one node that sees both.
    Bridge,
    /// Two or three groups of random size.
    Random,
}

impl Check<'_> {
    /// How many nodes a shape is cut over: see [`Shape`].
    pub fn shaped(&self) -> Option<usize> {
        let size = self.size? as usize;
        let first = self.groups.first().map_or(0, |(_, nodes)| nodes.len());
        Some(if first >= 3 { first } else { size })
    }

    pub fn shape(&mut self, shape: &Placed<Shape>) {
        let Some(nodes) = self.shaped() else { return };
        let least = match **shape {
            Shape::Halves | Shape::IsolateOne | Shape::Random => 2,
            Shape::MinorityMajority | Shape::Bridge => 3,
            Shape::MajoritiesRing => RING_MIN,
        };
        if nodes < least {
            self.wrong(shape.place(), format!("{nodes} nodes; this shape needs {least}"));
        }
    }
}

/// A one-way cut of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CutEntry {
    /// Senders: nodes, a role of the scenario or all.
    pub from: Placed<Who>,
    /// Receivers: nodes, a role of the scenario or all.
    pub to: Placed<Who>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for CutEntry {
    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        for side in [&self.from, &self.to] {
            check.who(side, false);
            if !matches!(**side, Who::Nodes(_) | Who::Role(_) | Who::All) {
                let cure = "name nodes, a role of the scenario, or `all`";
                let finding = Finding::new(side.place(), "a cut between drawn sets");
                check.findings.push(finding.help(cure));
            }
        }
    }

    fn actions(&self, nodes: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        let (from, to) = (nodes.fixed(&self.from), nodes.fixed(&self.to));
        vec![Action::Partition(Cut::OneWay { from, to })]
    }
}

/// An isolation of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IsolateEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for IsolateEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::Isolate]
    }
}

/// A mute of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MuteEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// Whether what it sends is cut off. True if neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends: Option<bool>,
    /// Whether what is sent to it is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hears: Option<bool>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for MuteEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        let is_said = self.sends.is_some() || self.hears.is_some();
        if is_said && !self.sends.unwrap_or(false) && !self.hears.unwrap_or(false) {
            check.wrong(place, "neither direction is cut; write `sends = true`");
        }
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        let sends = self.sends.unwrap_or(self.hears.is_none());
        vec![Action::Mute { sends, hears: self.hears.unwrap_or(false) }]
    }
}

/// A loss of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossEntry {
    /// The chance of each message.
    pub chance: Placed<Ratio>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for LossEntry {
    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        if self.chance.is_zero() {
            check.wrong(self.chance.place(), "nothing is lost; raise `chance`");
        }
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::Loss(*self.chance)]
    }
}
