//! Checks of everything that names nodes: they are there, their roles are known, and a set can
//! have as many nodes as it is to have.

use super::check::Check;
use super::error::Finding;
use super::pick::{Nodes, zone};
use super::source::Placed;
use super::who::SETS;
use super::words::Who;
use crate::id::NodeId;
use crate::world::ARTICULATION_POINT;
use std::collections::BTreeSet;
use std::ops::Range;

impl Check<'_> {
    /// Everything that names nodes. Roles that only a run can tell are allowed where `at_run` is.
    pub fn who(&mut self, who: &Placed<Who>, at_run: bool) {
        match &**who {
            Who::Nodes(nodes) => self.named_nodes(nodes, who.place()),
            Who::All => {}
            Who::AllBut(inner) => match &**inner {
                Who::Nodes(nodes) => self.named_nodes(nodes, who.place()),
                Who::Role(role) => self.named_role(who, role, at_run),
                _ => {}
            },
            Who::Role(role) => self.named_role(who, role, at_run),
            Who::Minority(Some(role)) | Who::Majority(Some(role)) => {
                self.named_role(who, role, false);
            }
            Who::Random(_, Some(role)) => self.named_role(who, role, at_run),
            Who::Minority(None) | Who::Majority(None) | Who::Random(_, None) => self.enough(who),
            Who::Newest(role) | Who::Stale(role) => self.played_role(who, role, at_run),
            Who::MinorityWith(role) | Who::MajorityWith(role) => {
                self.played_role(who, role, at_run);
                self.enough(who);
            }
        }
    }

    pub fn named_nodes(&mut self, nodes: &[NodeId], place: Range<usize>) {
        if nodes.is_empty() {
            self.wrong(place.clone(), "no node is named; name at least one");
        }
        let mut seen = BTreeSet::new();
        for &node in nodes {
            self.node_at(node, place.clone());
            if !seen.insert(node) {
                self.wrong(place.clone(), format!("{node} is named twice"));
            }
        }
    }

    /// A role of the scenario, a zone, or what only a run can tell.
    fn named_role(&mut self, who: &Placed<Who>, role: &str, at_run: bool) {
        let Some(vocabulary) = self.vocabulary else { return };
        if vocabulary.roles.iter().any(|known| known == role) {
            return self.enough(who);
        }
        if let Some(zone) = zone(role) {
            return self.named_zone(who, zone);
        }
        if at_run && (vocabulary.is_target(role) || role == ARTICULATION_POINT) {
            return;
        }
        let mut right = vocabulary.roles.clone();
        if at_run {
            right.extend(vocabulary.targets.iter().cloned());
            right.push(ARTICULATION_POINT.to_owned());
        }
        if matches!(**who, Who::Role(_)) {
            right.extend(["all", "one", "minority", "majority"].map(str::to_owned));
        }
        let problem = format!("`{role}` is not a role of {}", vocabulary.algorithm);
        let finding = Finding::new(who.place(), problem);
        let finding = match role.contains('(') {
            true => finding.help(format!("write a role ({}) or {SETS}", right.join(", "))),
            false => finding.suggest(role, &right),
        };
        self.findings.push(finding);
    }

    fn named_zone(&mut self, who: &Placed<Who>, zone: &str) {
        let known: Vec<String> = self.zones.iter().map(|(name, _)| name.clone()).collect();
        if self.size.is_none() || known.iter().any(|name| name == zone) {
            return self.enough(who);
        }
        let finding = Finding::new(who.place(), format!("`{zone}` is not a zone"));
        self.findings.push(match known.is_empty() {
            true => finding.help("name zones under `[nodes]`, as in `zones = [\"a\", \"b\"]`"),
            false => finding.suggest(zone, &known),
        });
    }

    /// A role that nodes come to play while a run goes on.
    fn played_role(&mut self, who: &Placed<Who>, role: &str, at_run: bool) {
        let Some(vocabulary) = self.vocabulary else { return };
        if at_run && vocabulary.is_target(role) {
            return;
        }
        let known = &vocabulary.targets;
        let problem = match at_run {
            true => format!("`{role}` is nothing that a node of {} becomes", vocabulary.algorithm),
            false => format!("`{}` is known while a run goes on, and not before", **who),
        };
        self.findings.push(Finding::new(who.place(), problem).suggest(role, known));
    }

    pub fn nodes_by_name(&self) -> Nodes<'_> {
        let (groups, zones) = (&self.groups, &self.zones);
        Nodes { groups, zones, size: self.size.unwrap_or(0) }
    }

    /// Whether it is one node at most, whatever the run.
    pub fn is_one(&self, who: &Who) -> bool {
        match who {
            Who::Nodes(nodes) => nodes.len() < 2,
            Who::Random(count, _) => *count < 2,
            Who::Newest(_) => true,
            Who::Role(role) => self.nodes_by_name().role(role).is_some_and(|n| n.len() < 2),
            _ => false,
        }
    }

    /// Whether a drawn set can have as many nodes as it is to have.
    fn enough(&mut self, who: &Placed<Who>) {
        let Some(size) = self.size else { return };
        let nodes = self.nodes_by_name();
        let count_of = |role: &Option<String>| match role {
            None => size as usize,
            Some(role) => nodes.role(role).map_or(0, |nodes| nodes.len()),
        };
        let has_minority = |role: &Option<String>| {
            let is_named = |name: &String| role.as_ref().is_none_or(|role| role == name);
            self.groups.iter().any(|(name, nodes)| is_named(name) && nodes.len() >= 3)
        };
        let problem = match &**who {
            Who::Random(count, role) if *count as usize > count_of(role) => {
                format!("{count} of {} nodes; name fewer", count_of(role))
            }
            Who::Minority(role) if !has_minority(role) => {
                "less than three nodes have no minority; write `one`, or name nodes".to_owned()
            }
            Who::MinorityWith(_) if self.groups.first().is_none_or(|(_, n)| n.len() < 3) => {
                "less than three nodes have no minority; name the role alone".to_owned()
            }
            Who::Role(role) | Who::Majority(Some(role)) if count_of(&Some(role.clone())) == 0 => {
                format!("there are no {role} in this scenario; add them to `[nodes]`")
            }
            _ => return,
        };
        self.wrong(who.place(), problem);
    }
}
