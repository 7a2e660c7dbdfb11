//! `explain`: what a name means, and where it is from.

mod sources;

use super::arguments::Explain;
use super::exit::MEANINGS;
use super::{Exit, Host};
use crate::catalog::{Entry, Lie};
use crate::fault::Action;
use crate::report::COLUMNS;
use crate::scenario::{PROFILES, known_families};

const VERDICTS: &[(&str, &str)] = &[
    ("pass", "Every invariant held, and the service came back after heal where there is one."),
    ("violation", "An invariant did not hold: a safety bug, shown by two or three witnesses."),
    (
        "stall",
        "After the heal the core made no progress within `[heal] within`, or made some and lost \
         it again, and no excuse holds. `docs/phases.md` says what is looked into.",
    ),
    (
        "inconclusive",
        "A budget was used up before the end: `[budget] events`, `pending` or `instant`. Nothing \
         is known of what would have come.",
    ),
    ("panic", "The algorithm panicked. No scenario can expect that."),
    (
        "excused",
        "A pass without progress after the heal: with everybody healed there is some, and the \
         world was not what the algorithm declares that it needs.",
    ),
    ("vacuous", "It passed, but a required milestone never happened: it proves nothing."),
];

const FAULTS: &[(&str, &str)] = &[
    ("crash", "The node dies, and loses what was not synced; with `for` it restarts afterwards."),
    ("pause", "The node stands still; its clocks run on and its mail waits."),
    ("partition", "Links between groups of nodes are cut, in both directions."),
    ("cut", "Links are cut in one direction only, also by `mute`."),
    ("loss", "Messages are lost: at random, or those of a kind, a sender, a receiver, a number."),
    ("drift", "The node's clocks run fast or slow, and its timers with them."),
    (
        "jump",
        "The node's wall clock jumps, for good, or with `slew` until it is bent back. It has an \
         effect on whoever reads the wall clock, and on nobody else.",
    ),
    ("duplication", "Messages arrive twice, the second time after a journey of its own."),
    ("corruption", "Messages arrive spoilt; the receiver finds out and drops them."),
    ("delay", "Messages take longer, and on a FIFO link all behind them; or whole links are slow."),
    ("reorder", "Messages take longer and lose their place, on a FIFO link too."),
    (
        "hold",
        "Messages, or all that crosses a cut, are kept until the fault ends, and arrive then.",
    ),
    (
        "throttle",
        "Links let out a message at a time; the others queue, and are lost if it is full.",
    ),
    ("strobe", "The node's wall clock jumps forth and back, again and again."),
    (
        "suspend",
        "The machine is suspended: the node stands still and so does its monotonic clock, while \
         the wall clock runs on.",
    ),
    ("freeze", "The node's monotonic clock stands still, and its timers with it."),
    ("slow-disk", "Syncs take as long as `sync` says; what waits for them leaves later."),
    (
        "failing-disk",
        "Syncs fail: the node is told, what waited for them is never sent, and what is on disk is \
         not known until it is written again.",
    ),
    ("lying-disk", "Syncs are reported as done and save nothing: a crash shows it."),
    ("stalled-disk", "No sync ends while it lasts; all end afterwards."),
    ("full-disk", "Every sync that has something to save fails while it lasts."),
    (
        "crash-loop",
        "A crash with `loop`: the node dies again and again, shortly after each restart.",
    ),
    ("death", "A crash with `for-good`: no heal restarts the node."),
    ("stall", "The node stands still inside a step: the check has passed, the write leaves late."),
    ("slow", "Each step of the node takes time; what comes for it meanwhile waits in order."),
    ("spread", "Each node of the target is struck at its own time by a fault of its own."),
    ("forgery", "A lie: messages arrive again in the name of another of the senders."),
    ("misdelivery", "A lie: messages arrive also at another of the receivers."),
    ("replay", "A lie: messages arrive a second time, long after, whatever has ended since."),
];

/// What an algorithm may assume, as `outside(...)` names it.
const ASSUMPTIONS: &[(&str, &str)] = &[
    ("fifo-links", "Messages on one link arrive in the order in which they were sent."),
    ("reliable-links", "No message between nodes that are up is lost."),
    ("no-partition", "No link is ever cut."),
    ("delay-bound", "A message arrives within a known time, and a step takes none."),
    ("drift-bound", "No clock is off by more than a known rate."),
    ("no-pause", "No node stands still and goes on later."),
    ("crash-stop", "A node that has crashed never comes back."),
    ("honest-disk", "No node loses what it has synced."),
    ("static-membership", "The members stay the same."),
    ("ordered-writes", "A crash keeps of what was not synced the oldest, without a gap, or none."),
    ("no-disk-errors", "No sync fails."),
    ("offset-bound", "No wall clock is further off than a known time."),
    ("authentic-links", "Messages are from whom they name, and reach whom they are for."),
];

const NEMESIS: &[(&str, &str)] = &[
    (
        "calibration",
        "What a calm run of the scenario, without any fault, shows of its algorithm's speed: the \
         shortest and the longest timer that a node sets, how long a message and its answer take, \
         and when the service was there. Faults that are drawn are scaled by it. `[calibration]` \
         pins it.",
    ),
    (
        "patience",
        "The longest of an algorithm's timers, its round trip and its time to service: about how \
         long it takes over a fault. The unit in which the times of drawn faults are counted.",
    ),
    (
        "load",
        "[load]: a workload that the seed draws, whatever of it the file does not pin: which \
         commands, of how many keys and how unevenly, from an open or a closed loop, steadily or \
         in bursts. `run` prints what was drawn as lines that pin it.",
    ),
    (
        "density",
        "[nemesis] density: the chance of each family to exist in a run, drawn for each run if it \
         is a range.",
    ),
    (
        "pace",
        "[nemesis] pace: how often drawn families strike, in multiples of the patience; each draws \
         its own, every octave as likely as any other.",
    ),
    (
        "outside",
        "The assumptions of the algorithm that a run went beyond: by the world that the scenario \
         asks for, or by faults that struck. A violation found there is labelled outside(...), and \
         a scenario that expects it says so: expect = { violates = ..., outside = [...] }.",
    ),
];

impl Host<'_> {
    /// Obeys `explain`.
    pub fn explain(&mut self, explain: &Explain) -> Exit {
        let name = explain.name.as_str();
        let texts = self.meanings(name);
        if texts.is_empty() {
            let known = self.names();
            let cure = meant(name, &known, "`list` shows what there is");
            let name = crate::report::terminal(name).into_owned();
            self.terminal.error(&format!("nothing here is called `{name}`; {cure}"));
            return Exit::Usage;
        }
        self.terminal.print(&texts.join("\n\n"));
        Exit::AsExpected
    }

    fn meanings(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for entry in self.catalog.entries() {
            if entry.name == name {
                texts.push(algorithm(entry));
            }
            for mutant in entry.mutants.iter().filter(|mutant| mutant.name == name) {
                let breaks = match mutant.breaks {
                    [] => "no invariant: it shows in the figures of the service".to_owned(),
                    names => names.join(", "),
                };
                texts.push(format!(
                    "{name}: a known bug of {}\n  {}.\n  breaks: {breaks}\n  source: {}\n  \
                     switch on: [algorithm.{}] mutant = \"{name}\"",
                    entry.name, mutant.summary, mutant.source, entry.name
                ));
            }
        }
        texts.extend(self.invariant(name));
        let told = |kind: &str, table: &[(&str, &str)]| {
            let found = table.iter().find(|(known, _)| *known == name);
            found.map(|(_, meaning)| format!("{name}: {kind}\n  {meaning}"))
        };
        texts.extend(told("a verdict", VERDICTS));
        let source = sources::of_fault(name).map(from).unwrap_or_default();
        texts.extend(told("a fault", FAULTS).map(|text| text + &source));
        texts.extend(told("what an algorithm may assume", ASSUMPTIONS));
        let lie = Lie::ALL.into_iter().find(|lie| lie.name() == name);
        texts
            .extend(lie.map(|lie| format!("{name}: a lie of `zoo --blind`\n  {}.", lie.summary())));
        let families = known_families();
        let family = families.iter().find(|(known, _)| *known == name);
        texts.extend(family.map(|(_, meaning)| {
            format!("{name}: a family of [nemesis]\n {meaning} What is not pinned, the seed draws.")
        }));
        let profile = PROFILES.iter().find(|profile| profile.name == name);
        texts.extend(profile.map(|profile| {
            let text = profile.text.trim_end().replace('\n', "\n  ");
            format!("{name}: a profile, for what a scenario does not say itself\n  {text}")
        }));
        texts.extend(told("what the seed draws", NEMESIS));
        texts.extend(self.metric(name));
        let column = |prefix: &str| name.strip_prefix(prefix).map(|rest| rest.replace('_', "-"));
        texts.extend(column("metric_").and_then(|gauge| self.metric(&gauge)));
        texts.extend(column("depth_").and_then(|measure| self.depth(name, &measure)));
        let column = COLUMNS.iter().find(|column| column.name == name);
        texts.extend(column.map(|c| format!("{name}: a column of runs.csv\n  {}", c.meaning)));
        let exit = MEANINGS.iter().find(|(exit, _)| exit.code().to_string() == name);
        texts.extend(exit.map(|(exit, meaning)| {
            format!("{name}: an exit code\n  {meaning}{}", from(sources::of_exit(exit.code())))
        }));
        texts
    }

    fn metric(&self, name: &str) -> Option<String> {
        let entries = self.catalog.entries();
        let own = |entry: &Entry| entry.gauges.iter().find(|gauge| gauge.name == name).copied();
        let gauge = entries.iter().find_map(own)?;
        let of = entries.iter().filter(|entry| own(entry).is_some()).map(|entry| entry.name);
        let of: Vec<&str> = of.collect();
        Some(format!("{name}: a metric of {}\n  {}", of.join(", "), gauge.meaning))
    }

    fn depth(&self, name: &str, measure: &str) -> Option<String> {
        let has = |entry: &&Entry| entry.depths.contains(&measure);
        let of: Vec<&str> = self.catalog.entries().iter().filter(has).map(|e| e.name).collect();
        (!of.is_empty()).then(|| {
            let of = of.join(", ");
            format!(
                "{name}: a column of runs.csv\n  How far a run of {of} got: the highest {measure} \
                 that was seen."
            )
        })
    }

    fn invariant(&self, name: &str) -> Option<String> {
        let says =
            |entry: &Entry| entry.invariants.iter().find(|known| known.name == name).copied();
        let entries = self.catalog.entries();
        let first = entries.iter().find_map(says)?;
        let of: Vec<&str> = entries.iter().filter(|e| says(e).is_some()).map(|e| e.name).collect();
        let broken: Vec<String> = entries
            .iter()
            .flat_map(|e| e.mutants.iter().map(move |mutant| (e.name, mutant)))
            .filter(|(_, mutant)| mutant.breaks.contains(&name))
            .map(|(algorithm, mutant)| format!("\n    {algorithm} {}", mutant.name))
            .collect();
        let broken = match broken.is_empty() {
            true => String::new(),
            false => format!("\n  may be broken by the known bugs{}", broken.concat()),
        };
        let (kind, says) = (first.kind.word(), first.says);
        let source = sources::of_invariant(name).or_else(|| bracketed(says)).map(from);
        let source = source.unwrap_or_default();
        let of = of.join(", ");
        Some(format!("{name}: an invariant of {of} ({kind})\n  {says}{source}{broken}"))
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        for entry in self.catalog.entries() {
            names.push(entry.name);
            names.extend(entry.mutants.iter().map(|mutant| mutant.name));
            names.extend(entry.gauges.iter().map(|gauge| gauge.name));
            names.extend(entry.invariants.iter().map(|judge| judge.name));
        }
        names.extend(VERDICTS.iter().chain(FAULTS).chain(ASSUMPTIONS).map(|(name, _)| *name));
        names.extend(COLUMNS.iter().map(|column| column.name));
        names.extend(Action::FAMILIES);
        names.extend(known_families().iter().map(|(name, _)| *name));
        names.extend(PROFILES.iter().map(|profile| profile.name));
        names.extend(Lie::ALL.into_iter().map(Lie::name));
        names.extend(NEMESIS.iter().map(|(name, _)| *name));
        names.into_iter().map(str::to_owned).collect()
    }
}

/// A source as a line of its own.
fn from(source: &str) -> String {
    format!("\n  source: {source}")
}

/// The source that a sentence names in its last brackets.
fn bracketed(says: &str) -> Option<&str> {
    let (_, rest) = says.rsplit_once('(')?;
    rest.split_once(')').map(|(source, _)| source)
}

fn algorithm(entry: &Entry) -> String {
    let mut text = format!("{}: an algorithm\n  {}", entry.name, entry.summary);
    text += &sources::of_algorithm(entry.name).map(from).unwrap_or_default();
    let vocabulary = &entry.vocabulary;
    text += &format!("\n  roles in [nodes]: {}", vocabulary.roles.join(", "));
    if !vocabulary.targets.is_empty() {
        text += &format!("\n  roles to aim faults at: {}", vocabulary.targets.join(", "));
    }
    if !vocabulary.commands.is_empty() {
        text += &format!("\n  commands: {}", vocabulary.commands.join(", "));
    }
    text += &format!("\n  messages: {}", vocabulary.messages.join(", "));
    text += &format!("\n  observed: {}", vocabulary.observations.join(", "));
    for (property, service) in &entry.services {
        text += &format!("\n  service: {service} ({property})");
    }
    let requires = entry.requires;
    text += &format!("\n  progress needs: {} ({})", requires.sentence(), requires.name());
    let judges: Vec<&str> = entry.invariants.iter().map(|judge| judge.name).collect();
    text += &format!("\n  invariants: {}", judges.join(", "));
    let mutants: Vec<&str> = entry.mutants.iter().map(|mutant| mutant.name).collect();
    if !mutants.is_empty() {
        text += &format!("\n  known bugs: {}", mutants.join(", "));
    }
    text
}

/// What may have been meant: the nearest known name, or those of which it is a part.
pub(super) fn meant(name: &str, known: &[String], otherwise: &str) -> String {
    let is_part = |known: &&String| known.split('-').any(|part| part == name);
    let wholes: Vec<String> =
        known.iter().filter(is_part).take(WHOLES_MAX).map(|known| format!("`{known}`")).collect();
    match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if wholes.is_empty() => otherwise.to_owned(),
        None => format!("did you mean {}?", wholes.join(" or ")),
    }
}

/// No more names than this are told.
const WHOLES_MAX: usize = 4;

/// The known name that is nearest to a wrong one, if any is near.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let name: String = name.chars().take(80).collect();
    let distance = |known: &String| strsim::damerau_levenshtein(&name, known);
    let nearest = known.iter().min_by_key(|known| distance(known))?;
    let length = name.chars().count().max(nearest.chars().count());
    (distance(nearest) * 3 <= length.max(3)).then_some(nearest)
}
