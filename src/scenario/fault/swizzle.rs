//! Swizzle-clog, after FoundationDB: the links of some nodes are clogged one node after another and
//! unclogged in another order. What finds its way around a partition that comes and goes as a whole
//! trips over one that grows and shrinks.

use super::manner::cut_entry;
use super::{Blow, FaultKind, Flap, KindWord, Length, MannerWords};
use crate::fault::{Action, Severed, Target};
use crate::id::NodeId;
use crate::rng::{Luck64, Stream, choose, range};
use crate::scenario::check::Check;
use crate::scenario::file::InFlightEntry;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Latency, Who};
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

cut_entry! {
    /// A swizzle of the timeline. Each node is cut off at a time of its own in the first half of
    /// `for`, and let go at a time of its own in the second half. If no `kind` is given, what is
    /// sent to and from it is held.
    SwizzleEntry {
        /// Whose links. If not given, each node of the first role with chance one half, and one at
        /// least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Placed<Who>>,
    }
}

impl SwizzleEntry {
    fn clogs(&self) -> MannerWords<'_> {
        MannerWords { usual: KindWord::Hold, ..self.manner() }
    }

    fn clogged(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<NodeId> {
        if let Some(who) = &self.who {
            return match nodes.target(who, luck, |_| false) {
                Target::Nodes(nodes) => nodes,
                Target::All | Target::Role(_) | Target::Chosen { .. } => nodes.all(),
            };
        }
        let first = nodes.groups.first().map_or(&[][..], |(_, nodes)| nodes);
        let tossed: Vec<(NodeId, bool)> =
            first.iter().map(|node| (*node, luck.next() & 1 == 0)).collect();
        let last_resort = choose(luck, first).copied();
        let struck: Vec<NodeId> =
            tossed.into_iter().filter(|(_, is_struck)| *is_struck).map(|(node, _)| node).collect();
        if struck.is_empty() { last_resort.into_iter().collect() } else { struck }
    }
}

impl FaultKind for SwizzleEntry {
    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn parts(&self, check: &Check<'_>) -> u64 {
        u64::from(check.size.unwrap_or(1))
    }

    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        if let Some(who) = &self.who {
            check.who(who, false);
        }
        if self.lasts.is_none() {
            check.wrong(place, "a swizzle needs its length; write `for = \"2s\"` in it");
        }
        self.clogs().check(check);
    }

    fn is_gradual(&self) -> bool {
        true
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        vec![Action::cut(Severed::Around, self.clogs().draw(luck))]
    }

    fn blows(
        &self,
        _: &Target,
        lasts: Option<Duration>,
        nodes: Nodes<'_>,
        luck: &mut Stream,
    ) -> Vec<Blow> {
        let whole = lasts.unwrap_or_default().as_nanos();
        let half = whole / 2;
        let actions = self.actions(nodes, luck);
        let clogged = self.clogged(nodes, luck);
        let blow = |(node, action): (NodeId, &Action)| {
            let after = range(luck, 0..=half);
            let until = range(luck, half + 1..=whole.max(half + 1));
            Blow {
                after: Duration::from_nanos(after),
                who: Target::Nodes(vec![node]),
                action: action.clone(),
                lasts: Some(Duration::from_nanos(until - after)),
            }
        };
        let struck = clogged.iter().flat_map(|node| actions.iter().map(|action| (*node, action)));
        struck.map(blow).collect()
    }
}
