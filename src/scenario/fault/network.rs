//! Faults of links as files write them: partitions, cuts, isolations.

use super::manner::{Drawn, cut_entry, drawn_cut};
use super::{Aimed, FaultEntry, FaultKind, Flap, KindWord, Length, MannerWords, Shape};
use crate::fault::{Action, Manner, Severed};
use crate::id::NodeId;
use crate::rng::Stream;
use crate::scenario::check::Check;
use crate::scenario::error::Finding;
use crate::scenario::file::InFlightEntry;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Latency, Node, Who};
use crate::time::Duration;
use crate::topology::Cut;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

impl FaultEntry {
    /// Cuts these links in this manner.
    pub(super) fn sever(&mut self, aimed: Aimed<'_>, links: Severed, manner: &Manner) {
        let drawn = Drawn::of(manner, aimed.lasts());
        let nodes = |nodes| Placed::nowhere(Who::Nodes(nodes));
        let (groups, shape, one_way, dice) = match links {
            Severed::Around => {
                self.isolate = Some(drawn_cut!(IsolateEntry { who: aimed.who() }, drawn));
                return;
            }
            Severed::By { sends, hears } => {
                let (who, sends, hears) = (aimed.who(), Some(sends), Some(hears));
                let entry = drawn_cut!(MuteEntry { who: who, sends: sends, hears: hears }, drawn);
                self.mute = Some(entry);
                return;
            }
            Severed::Between(Cut::OneWay { from, to }) => {
                let entry = drawn_cut!(CutEntry { from: nodes(from), to: nodes(to) }, drawn);
                self.cut = Some(entry);
                return;
            }
            Severed::Between(Cut::Groups(groups)) => (Some(groups), None, false, None),
            Severed::Between(Cut::Downhill(groups)) => (Some(groups), None, true, None),
            Severed::Between(Cut::Grudge { chance, one_way, dice }) => {
                (None, Some(Shape::Grudge(chance)), one_way, Some(dice))
            }
            Severed::Between(Cut::BridgeLink { dice }) => {
                (None, Some(Shape::BridgeLink), false, Some(dice))
            }
        };
        let node = |node: NodeId| Placed::nowhere(Node(node));
        let group = |group: Vec<NodeId>| group.into_iter().map(node).collect();
        let groups = groups.map(|groups| groups.into_iter().map(group).collect());
        let entry = PartitionEntry {
            groups: groups.map(Placed::nowhere),
            shape: shape.map(Placed::nowhere),
            one_way: one_way.then_some(true),
            dice: dice.map(Placed::nowhere),
            kind: drawn.kind,
            by: drawn.by,
            in_flight: drawn.in_flight,
            flap: drawn.flap,
            lasts: drawn.lasts,
        };
        self.partition = Some(Placed::nowhere(entry));
    }
}

cut_entry! {
    /// A partition of the timeline: groups, or a shape that the seed fills.
    PartitionEntry {
        /// The groups. A node in none of them is alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        groups: Option<Placed<Vec<Vec<Placed<Node>>>>>,
        /// A shape instead of groups.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<Placed<Shape>>,
        /// Whether only one direction is cut: no group is heard by those that come after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        one_way: Option<bool>,
        /// The dice of a grudge or a bridge, to have the same one again; drawn if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dice: Option<Placed<u32>>,
    }
}

impl PartitionEntry {
    fn is_one_way(&self) -> bool {
        self.one_way.unwrap_or(false)
    }
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
                if self.is_one_way() {
                    check.one_way(shape);
                }
            }
            _ => {
                let finding = Finding::new(place, "not one way to divide the nodes");
                check.findings.push(finding.help("write either `groups` or `shape`"));
            }
        }
        let has_dice = matches!(self.shape.as_deref(), Some(Shape::Grudge(_) | Shape::BridgeLink));
        if let Some(dice) = self.dice.as_ref().filter(|_| !has_dice) {
            let problem = "only a grudge and a bridge have dice; leave `dice` out";
            check.wrong(dice.place(), problem);
        }
        self.manner().check(check);
    }

    fn actions(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let mut cuts = match (&self.groups, &self.shape) {
            (Some(groups), _) => {
                let ids = |group: &Vec<Placed<Node>>| group.iter().map(|node| node.0).collect();
                let groups = groups.iter().map(ids).collect();
                vec![if self.is_one_way() { Cut::Downhill(groups) } else { Cut::Groups(groups) }]
            }
            (None, Some(shape)) => nodes.cuts(**shape, self.is_one_way(), luck),
            (None, None) => Vec::new(),
        };
        for cut in &mut cuts {
            let (Cut::Grudge { dice, .. } | Cut::BridgeLink { dice }) = cut else { continue };
            *dice = self.dice.as_ref().map_or(*dice, |given| **given);
        }
        let manner = self.manner().draw(luck);
        let cut = |cut| Action::cut(Severed::Between(cut), manner.clone());
        cuts.into_iter().map(cut).collect()
    }
}

cut_entry! {
    /// A one-way cut of the timeline.
    CutEntry {
        /// Senders: nodes, a role of the scenario or all.
        from: Placed<Who>,
        /// Receivers: nodes, a role of the scenario or all.
        to: Placed<Who>,
    }
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
        self.manner().check(check);
    }

    fn actions(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let (from, to) = (nodes.fixed(&self.from), nodes.fixed(&self.to));
        let links = Severed::Between(Cut::OneWay { from, to });
        vec![Action::cut(links, self.manner().draw(luck))]
    }
}

cut_entry! {
    /// An isolation of the timeline.
    IsolateEntry {
        /// Who is struck.
        who: Placed<Who>,
    }
}

impl FaultKind for IsolateEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        self.manner().check(check);
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        vec![Action::cut(Severed::Around, self.manner().draw(luck))]
    }
}

cut_entry! {
    /// A mute of the timeline.
    MuteEntry {
        /// Who is struck.
        who: Placed<Who>,
        /// Whether what it sends is cut off. True if neither is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sends: Option<bool>,
        /// Whether what is sent to it is cut off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hears: Option<bool>,
    }
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
        self.manner().check(check);
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let sends = self.sends.unwrap_or(self.hears.is_none());
        let links = Severed::By { sends, hears: self.hears.unwrap_or(false) };
        vec![Action::cut(links, self.manner().draw(luck))]
    }
}
