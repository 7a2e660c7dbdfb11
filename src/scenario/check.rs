//! What makes a file a scenario: everything is known, possible, and of a size that can be run.
//!
//! All problems are found, not only the first. Faults and families are checked in `faults`.

use super::error::{Errors, Finding};
use super::file::ScenarioFile;
use super::read::{self, Draft, Taken};
use super::source::{Placed, Source};
use super::topology::Wiring;
use super::words::{Latency, Node, Seeds};
use super::zones::NodesEntry;
use super::{Expect, Expected, Vocabulary, nemesis, profile};
use crate::algorithm::Roles;
use crate::assumption::{Assumption, Assumptions};
use crate::id::NodeId;
use crate::time::Duration;
use crate::topology::Topology;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::ops::Range;

const NODES_MAX: u64 = 100_000;
pub(super) const DURATION_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
const NAME_MAX: usize = 64;

/// A scenario, checked and complete.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) source: Source,
    /// What the file says, and the same with what its profiles add.
    pub(super) written: ScenarioFile,
    pub(super) file: ScenarioFile,
    pub(super) algorithm: Placed<String>,
    pub(super) roles: Roles,
    /// The roles by name, in the order in which nodes were dealt.
    pub(super) groups: Vec<(String, Vec<NodeId>)>,
    pub(super) zones: Vec<(String, Vec<NodeId>)>,
    pub(super) wiring: Wiring,
    pub(super) storm_end: Duration,
    /// Whether anything is drawn in the units of a calm run.
    pub(super) draws: bool,
    digest: u64,
}

impl Scenario {
    /// Reads and checks a file. `known` has the words of every algorithm that it may name.
    ///
    /// # Errors
    /// All that is wrong with the file, but for the algorithm's settings, which are read by
    /// [`Scenario::settings`].
    pub fn read(source: Source, known: &[Vocabulary]) -> Result<Scenario, Errors> {
        let mut draft = read::draft(source)?;
        let vocabulary = draft.algorithm.as_ref().and_then(|name| {
            let found = known.iter().find(|vocabulary| vocabulary.algorithm == **name);
            if found.is_none() {
                let names: Vec<&str> = known.iter().map(|v| v.algorithm.as_str()).collect();
                let problem = format!("`{}` is not an algorithm that is known here", **name);
                draft.findings.push(Finding::new(name.place(), problem).suggest(name, &names));
            }
            found
        });
        let whole = profile::completed(&draft.file, &mut draft.findings);
        let mut check = Check::new(&draft, &whole, vocabulary);
        check.all();
        let Check { groups, zones, wiring, storm_end, findings, .. } = check;
        draft.findings.extend(findings);
        match (draft.algorithm, draft.findings.is_empty()) {
            (Some(algorithm), true) => Ok(Scenario {
                roles: Roles::deal(groups.iter().map(|(name, of)| (name.clone(), of.len() as u32))),
                groups,
                zones,
                wiring,
                storm_end,
                draws: whole.nemesis.as_ref().is_some_and(nemesis::draws)
                    || whole.load.as_ref().is_some_and(|load| load.draws()),
                digest: draft.digest.value(),
                source: draft.source,
                written: draft.file,
                file: whole,
                algorithm,
            }),
            _ => Err(Errors::new(draft.source, draft.findings)),
        }
    }

    /// Its name: `family/what-happens`.
    pub fn name(&self) -> &str {
        self.file.name.as_ref().map_or("", |name| name)
    }

    /// The name of its algorithm: `<family>-<name>`.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The algorithm's settings.
    ///
    /// # Errors
    /// All that cannot be read as `S`, with places.
    pub fn settings<S: DeserializeOwned>(&self) -> Result<S, Errors> {
        read::settings(&self.source)
    }

    /// An error of the algorithm about its settings, placed at its section.
    pub fn refuse_settings(&self, sentence: &str) -> Errors {
        let finding = Finding::new(self.algorithm.place(), sentence);
        Errors::new(self.source.clone(), vec![finding])
    }

    /// Checks the names in `expect` against the invariants and the properties that judge it.
    ///
    /// # Errors
    /// If a name is not known.
    pub fn expect_known(&self, invariants: &[&str], properties: &[&str]) -> Result<(), Errors> {
        let Some(expect) = &self.file.expect else { return Ok(()) };
        let mut findings = Vec::new();
        let judged = expect.violates.iter().chain(&expect.also);
        let judged = judged.map(|name| (name, invariants, "invariant"));
        let served = expect.stalls.iter().map(|name| (name, properties, "property"));
        for (name, known, what) in judged.chain(served) {
            if known.contains(&name.as_str()) {
                continue;
            }
            let problem = format!("`{}` is not an {what} of {}", **name, self.algorithm());
            let problem = problem.replace("an property", "a property");
            findings.push(Finding::new(name.place(), problem).suggest(name, known));
        }
        if findings.is_empty() { Ok(()) } else { Err(Errors::new(self.source.clone(), findings)) }
    }

    /// Checks that what the scenario means to exceed, and what it expects outside, is something
    /// that the algorithm of this name assumes.
    ///
    /// # Errors
    /// If the algorithm does not assume it.
    pub fn expect_assumed(&self, name: &str, assumes: &Assumptions) -> Result<(), Errors> {
        let all = Assumption::WORDS.iter();
        let assumed = all.filter(|(assumption, _)| assumes.include(*assumption));
        let assumed: Vec<&str> = assumed.map(|(_, word)| *word).collect();
        let outside = self.file.expect.iter().flat_map(|expect| &expect.outside);
        let stray = self.file.exceed.iter().chain(outside);
        let stray = stray.filter(|word| !assumed.contains(&word.as_str()));
        let findings: Vec<Finding> = stray
            .map(|word| {
                let problem =
                    format!("{name} does not assume `{}`: nothing goes beyond it", **word);
                Finding::new(word.place(), problem).suggest(word, &assumed)
            })
            .collect();
        if findings.is_empty() { Ok(()) } else { Err(Errors::new(self.source.clone(), findings)) }
    }

    /// What is to come of it.
    pub fn expect(&self) -> Expect {
        let Some(entry) = &self.file.expect else {
            return Expect { verdict: Expected::Holds, also: Vec::new(), outside: Vec::new() };
        };
        let words = |words: &[Placed<String>]| words.iter().map(|w| (**w).clone()).collect();
        let (also, outside) = (words(&entry.also), words(&entry.outside));
        let verdict = match (&entry.violates, &entry.stalls) {
            (Some(name), _) => Expected::Violates((**name).clone()),
            (None, Some(name)) => Expected::Stalls((**name).clone()),
            (None, None) => Expected::Holds,
        };
        Expect { verdict, also, outside }
    }

    /// The assumptions of the algorithm that the faults may go beyond.
    pub fn exceeded(&self) -> Vec<Assumption> {
        let is_named = |word: &str| self.file.exceed.iter().any(|name| **name == word);
        let named = Assumption::WORDS.iter().filter(|(_, word)| is_named(word));
        named.map(|(assumption, _)| *assumption).collect()
    }

    /// The seeds that are run when nothing else is said.
    pub fn seeds(&self) -> Seeds {
        self.file.seeds.as_ref().map_or(Seeds::Range(0..100), |seeds| (**seeds).clone())
    }

    /// Which nodes play which part, and how they are linked.
    pub fn roles(&self) -> Roles {
        self.roles.clone().linked(self.wiring.fixed().cloned()).in_zones(self.zones.clone())
    }

    /// The words that must be observed, or else the run is vacuous.
    pub fn milestones(&self) -> Vec<&str> {
        let words = self.file.require.iter().flat_map(|require| &require.milestones);
        words.map(|word| word.as_str()).collect()
    }

    /// What the file says; not what its profiles add.
    pub const fn written(&self) -> &ScenarioFile {
        &self.written
    }

    /// The text it was read from.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// A digest of what the file says. Comments, white space, line ends and the order of keys do
    /// not change it.
    pub const fn digest(&self) -> u64 {
        self.digest
    }
}

/// The pass over a draft.
pub(super) struct Check<'a> {
    source: &'a Source,
    pub file: &'a ScenarioFile,
    pub vocabulary: Option<&'a Vocabulary>,
    pub taken: &'a Taken,
    pub findings: Vec<Finding>,
    pub groups: Vec<(String, Vec<NodeId>)>,
    pub zones: Vec<(String, Vec<NodeId>)>,
    pub wiring: Wiring,
    /// Why a file that is named cannot be read.
    pub unread: Vec<(String, String)>,
    /// How many nodes there are; `None` while `[nodes]` is in doubt.
    pub size: Option<u32>,
    pub storm_end: Duration,
    pub end: Duration,
}

impl<'a> Check<'a> {
    fn new(draft: &'a Draft, file: &'a ScenarioFile, vocabulary: Option<&'a Vocabulary>) -> Self {
        let duration = file.duration.as_ref().map_or(Duration::MAX, |duration| **duration);
        let heal = file.heal.as_ref();
        let storm_end = heal.and_then(|heal| heal.at.as_ref()).map_or(duration, |at| **at);
        let within = heal.map_or(Duration::ZERO, |heal| *heal.within);
        Check {
            source: &draft.source,
            file,
            vocabulary,
            taken: &draft.taken,
            findings: Vec::new(),
            groups: Vec::new(),
            zones: Vec::new(),
            wiring: Wiring::Fixed(Topology::FullMesh, Vec::new()),
            unread: draft.source.unread(),
            size: None,
            storm_end,
            end: duration.max(storm_end + within),
        }
    }

    fn all(&mut self) {
        self.head();
        self.expect();
        self.exceed();
        self.nodes();
        self.deal_zones();
        self.topology();
        self.network();
        self.world();
        self.pinned();
        self.recorded();
        self.baseline();
        self.faults();
        self.nemesis(self.source);
        self.calibration();
        self.commands();
        self.load();
        self.heal();
        self.service();
        self.require();
    }

    pub fn wrong(&mut self, place: Range<usize>, problem: impl Into<String>) {
        self.findings.push(Finding::new(place, problem));
    }

    fn head(&mut self) {
        match &self.file.name {
            Some(name) => {
                let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                let is_allowed = name.chars().all(|c| is_plain(c) || "_./-".contains(c));
                let is_path = name.split('/').all(|part| part.starts_with(is_plain));
                if !is_allowed || !is_path || name.len() > NAME_MAX {
                    let problem = format!("`{}` cannot be a name", **name);
                    let cure = "use a-z 0-9 _ . - in parts separated by `/`, each beginning with \
                                a letter or a digit, 64 in all";
                    self.findings.push(Finding::new(name.place(), problem).help(cure));
                }
            }
            None => self.missing("name", "name = \"family/what-happens\""),
        }
        match &self.file.format {
            Some(format) if **format == 1 => {}
            Some(format) => {
                let problem =
                    format!("format {} is not known here; this is for format 1", **format);
                self.wrong(format.place(), problem);
            }
            None => self.missing("format", "format = 1"),
        }
        match &self.file.duration {
            Some(duration) if duration.as_nanos() == 0 => {
                self.wrong(duration.place(), "a run that takes no time; make it longer");
            }
            Some(duration) if **duration > DURATION_MAX => {
                self.wrong(duration.place(), "a run longer than ten years; make it shorter");
            }
            Some(_) => {}
            None => self.missing("duration", "duration = \"20s\""),
        }
        if let Some(seeds) = self.file.seeds.as_ref().filter(|seeds| seeds.count() == 0) {
            let cure = "the end of a range is not part of it: \"0..200\" is 200 seeds";
            self.findings.push(Finding::new(seeds.place(), "no seed is in here").help(cure));
        }
    }

    fn missing(&mut self, key: &str, example: &str) {
        if !self.taken.key(key) {
            let problem = Finding::new(0..0, format!("`{key}` is missing"));
            self.findings.push(problem.help(format!("write `{example}` at the top")));
        }
    }

    fn expect(&mut self) {
        let Some(expect) = &self.file.expect else { return };
        let set = [expect.holds.is_some(), expect.violates.is_some(), expect.stalls.is_some()];
        let set = set.into_iter().filter(|is_set| *is_set).count();
        if set != 1 && !self.taken.inside(&expect.place()) {
            let cure =
                "write exactly one of `holds = true`, `violates = \"...\"`, `stalls = \"...\"`";
            let problem = format!("`expect` names {set} verdicts");
            self.findings.push(Finding::new(expect.place(), problem).help(cure));
        }
        if let (Some(_), Some(outside)) = (&expect.holds, expect.outside.first()) {
            let problem = "what holds is violated nowhere; leave `outside` out";
            self.wrong(outside.place(), problem);
        }
        if let Some(holds) = expect.holds.as_ref().filter(|holds| !***holds) {
            let cure = "name what is violated: `violates = \"...\"`";
            self.findings.push(Finding::new(holds.place(), "`holds` can only be true").help(cure));
        }
    }

    fn exceed(&mut self) {
        let known = Assumption::WORDS.map(|(_, word)| word);
        let outside = self.file.expect.iter().flat_map(|expect| &expect.outside);
        for name in self.file.exceed.iter().chain(outside) {
            if !known.contains(&name.as_str()) {
                let problem = format!("`{}` is not an assumption of any algorithm", **name);
                let finding = Finding::new(name.place(), problem);
                self.findings.push(finding.suggest(name, &known));
            }
        }
    }

    fn nodes(&mut self) {
        let mut is_known = self.vocabulary.is_some() && !self.taken.key("nodes");
        let mut counts = Vec::new();
        let mut total = 0u64;
        for (role, entry) in &self.file.nodes {
            let NodesEntry::Count(count) = &**entry else {
                if role.as_str() != "zones" {
                    let problem = format!("`{}` is no count; write `{} = 3`", **role, **role);
                    self.wrong(entry.place(), problem);
                }
                continue;
            };
            total = total.saturating_add(*count);
            if *count == 0 {
                self.wrong(
                    entry.place(),
                    format!("no `{}`; give it some, or leave it out", **role),
                );
            }
            counts.push((role.as_str(), *count));
            if let Some(vocabulary) = self.vocabulary.filter(|v| !v.roles.contains(role)) {
                let problem = format!("`{}` is not a role of {}", **role, vocabulary.algorithm);
                let finding = Finding::new(role.place(), problem).suggest(role, &vocabulary.roles);
                self.findings.push(finding);
                is_known = false;
            }
        }
        if total > NODES_MAX {
            let place = self.file.nodes.keys().next().map_or(0..0, |role| role.place());
            self.wrong(place, format!("{total} nodes; {NODES_MAX} are the most"));
            return;
        }
        let Some(vocabulary) = self.vocabulary.filter(|_| is_known) else { return };
        if total == 0 && !counts.is_empty() {
            // Each count of nothing has been told.
            return;
        }
        if total == 0 && !self.file.nodes.values().any(|n| self.taken.inside(&n.place())) {
            let example = vocabulary.roles.first().map_or("", |role| role);
            self.missing("nodes", &format!("[nodes]` and `{example} = 5"));
            return;
        }
        let mut next = 0;
        for role in &vocabulary.roles {
            let count = counts.iter().find(|(name, _)| name == role).map_or(0, |(_, n)| *n as u32);
            if count > 0 {
                let nodes = (next..next + count).map(NodeId::new).collect();
                self.groups.push((role.clone(), nodes));
            }
            next += count;
        }
        self.size = Some(next);
    }

    pub fn node(&mut self, node: &Placed<Node>) {
        self.node_at(node.0, node.place());
    }

    pub fn node_at(&mut self, node: NodeId, place: Range<usize>) {
        if let Some(size) = self.size.filter(|size| node.number() >= *size) {
            let last = NodeId::new(size.saturating_sub(1));
            self.wrong(place, format!("there is no node {node}; the last one is {last}"));
        }
    }

    fn network(&mut self) {
        let Some(network) = &self.file.network else { return };
        self.latency(&network.latency);
        self.bandwidth(&network.bandwidth);
        let mut seen = BTreeSet::new();
        for link in &network.links {
            self.node(&link.from);
            self.node(&link.to);
            self.link(link);
            if link.from.0 == link.to.0 {
                self.wrong(link.to.place(), "a link from a node to itself; name two nodes");
            }
            if !seen.insert((link.from.0, link.to.0)) {
                let problem = format!(
                    "the link from {} to {} is named twice; leave one out",
                    *link.from, *link.to
                );
                self.wrong(link.from.place(), problem);
            }
        }
    }

    fn latency(&mut self, latency: &Option<Placed<Latency>>) {
        if let Some(latency) = latency {
            self.one_latency(latency);
        }
    }

    pub fn one_latency(&mut self, latency: &Placed<Latency>) {
        let Latency::Tailed(tailed) = &**latency else { return };
        if self.taken.inside(&latency.place()) {
            return;
        }
        match (tailed.exponential, tailed.log_normal) {
            (Some(e), None) if e.mean < e.min => {
                let problem = format!("the mean {} lies below the least {}", e.mean, e.min);
                self.wrong(latency.place(), format!("{problem}; the mean includes `min`"));
            }
            (None, Some(l)) if l.sigma.0 > 4_000_000 => {
                self.wrong(latency.place(), "a sigma above 4; such a tail has no end");
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => {
                let cure = "write exactly one of `exponential` and `log-normal`";
                let finding = Finding::new(latency.place(), "not one distribution").help(cure);
                self.findings.push(finding);
            }
        }
    }

    fn world(&mut self) {
        for node in self.file.clocks.iter().flat_map(|clocks| clocks.nodes.keys()) {
            self.node(node);
        }
        if let Some(disk) = &self.file.disk {
            self.latency(&disk.sync);
        }
        let Some(budget) = &self.file.budget else { return };
        let limits = [&budget.events, &budget.pending, &budget.instant];
        for limit in limits.into_iter().flatten().filter(|limit| ***limit == 0) {
            self.wrong(limit.place(), "a budget of nothing; allow at least one");
        }
    }

    fn calibration(&mut self) {
        let Some(entry) = &self.file.calibration else { return };
        for length in [&entry.round_trip].into_iter().chain(&entry.service) {
            if **length > DURATION_MAX {
                self.wrong(length.place(), "longer than ten years; make it shorter");
            }
        }
        if entry.timers.max > DURATION_MAX {
            self.wrong(entry.timers.place(), "longer than ten years; make it shorter");
        }
    }

    fn require(&mut self) {
        for word in self.file.require.iter().flat_map(|require| &require.milestones) {
            self.observation(word);
        }
    }

    pub fn observation(&mut self, word: &Placed<String>) {
        let Some(vocabulary) = self.vocabulary else { return };
        if !vocabulary.observations.contains(word) {
            let problem = format!("`{}` is never observed of {}", **word, vocabulary.algorithm);
            let finding = Finding::new(word.place(), problem);
            self.findings.push(finding.suggest(word, &vocabulary.observations));
        }
    }
}
