//! `new`: a commented scenario to begin with, which is green at once.

use super::arguments::New;
use super::explain::meant;
use super::files::quoted;
use super::{Exit, Host};
use crate::catalog::Entry;
use crate::report::write_whole;
use crate::scenario::Source;
use std::path::Path;

/// Calm scenarios of algorithms that the catalog would make a plainer one for.
const SHIPPED: &[(&str, &str)] = &[
    (
        "election-article-random-half",
        include_str!("../../scenarios/election/article-random-half_calm.toml"),
    ),
    ("election-ble", include_str!("../../scenarios/election/ble_calm.toml")),
    ("election-bully-1982", include_str!("../../scenarios/election/bully-1982_calm.toml")),
    ("election-invitation", include_str!("../../scenarios/election/invitation_calm.toml")),
    ("election-lease", include_str!("../../scenarios/election/lease_calm.toml")),
    ("detector-swim", include_str!("../../scenarios/detector/swim_calm.toml")),
    ("hashing-directory", include_str!("../../scenarios/hashing/directory_changes.toml")),
    ("hashing-epochs", include_str!("../../scenarios/hashing/epochs_join.toml")),
    ("hashing-leases", include_str!("../../scenarios/hashing/leases_join.toml")),
    ("hashing-gossip", include_str!("../../scenarios/hashing/gossip_join.toml")),
    ("hashing-replicas", include_str!("../../scenarios/hashing/replicas_join.toml")),
    ("lock-article", include_str!("../../scenarios/lock/article_calm.toml")),
];

/// What is said of each section, above it.
const SECTIONS: &[(&str, &str)] = &[
    ("[nodes]", "How many nodes play each role; they are called n0, n1 and so on, in this order."),
    (
        "[algorithm.",
        "Its settings; the schema lists them, and `mutant = \"..\"` switches on a bug.",
    ),
    ("[network]", "How long messages take, and whether a link keeps their order."),
    ("[disk]", "How long it takes until what was written is safe from a crash."),
    ("[load]", "What clients ask; what is not pinned, the seed draws."),
    ("[workload", "What clients ask, and how often."),
    ("[[command]]", "What an operator does, and when."),
    ("[service]", "How often it is asked whether the service is there."),
    ("[heal]", "At the end all faults are over, and progress must come within this time."),
    ("[require]", "What must have happened in a run, or else it proves nothing (exit 4)."),
];

/// What usually tells something of a family: faults that are not yet switched on.
const FAMILIES: &[(&str, &str)] =
    &[("election", ELECTION), ("detector", DETECTOR), ("hashing", HASHING), ("lock", LOCK)];

const ELECTION: &str = "\
# A minority crashes, and comes back: is somebody elected in time, and never two?
#
# [[fault]]
# at    = \"3s\"
# crash = { who = \"minority\", for = \"1s\" }
#
# One node stands still and goes on later, as in a long collection of garbage: does it still believe
# that it leads?
#
# [[fault]]
# at    = \"5s\"
# pause = { who = \"one\", for = \"2s\" }
";

const DETECTOR: &str = "\
# One member dies for good: how long until all know?
#
# [[fault]]
# at    = \"3s\"
# crash = { who = \"one\", for-good = true }
#
# One member stands still for a while: is it put out though it lives?
#
# [[fault]]
# at    = \"5s\"
# pause = { who = \"one\", for = \"1s\" }
";

const HASHING: &str = "\
# One node dies during the hand-off, and comes back: is anything lost, doubled or read stale?
#
# [[fault]]
# at    = \"5s\"
# crash = { who = \"one\", for = \"1s\" }
#
# One node stands still and goes on later: does it still serve what it no longer owns?
#
# [[fault]]
# at    = \"6s\"
# pause = { who = \"one\", for = \"2s\" }
";

const LOCK: &str = "\
# One node stands still for longer than any lease, and goes on as if nothing had been: are there two
# who believe that they hold the lock, and what does the resource say?
#
# [[fault]]
# at    = \"3s\"
# pause = { who = \"one\", for = \"5s\" }
#
# One node dies, perhaps with the lock, and comes back: when is the lock free again?
#
# [[fault]]
# at    = \"10s\"
# crash = { who = \"one\", for = \"1s\" }
";

impl Host<'_> {
    /// Obeys `new`.
    pub fn new_scenario(&mut self, new: &New) -> Exit {
        let Some(entry) = self.catalog.find(&new.algorithm) else {
            return self.refuse_algorithm(&new.algorithm);
        };
        let is_stdout = new.path == Path::new("-");
        if !is_stdout && new.path.exists() {
            let path = quoted(&new.path);
            self.terminal.error(&format!("{path} is there already; name another file"));
            return Exit::Usage;
        }
        let text = self.template(entry, &scenario_name(entry, &new.path));
        // Whoever adds an algorithm may have left it without anything to make a scenario of.
        let opened = text.ok_or_else(|| "no scenario of its roles is accepted".to_owned());
        let checked = opened.and_then(|text| {
            let opened = self.catalog.open(Source::new("the new file", &text));
            opened.map(|_| text).map_err(|errors| errors.render(false))
        });
        let text = match checked {
            Ok(text) => text,
            Err(why) => {
                let name = entry.name;
                self.terminal.error(&format!(
                    "for {name} a scenario has to be written by hand, beginning with one of \
                     another algorithm: {why}"
                ));
                return Exit::Usage;
            }
        };
        if is_stdout {
            self.terminal.print(text.trim_end());
            return Exit::AsExpected;
        }
        if let Err(failed) = write_whole(new.path.clone(), text.as_bytes()) {
            return self.refused(&failed);
        }
        self.terminal.print(&format!("{} sweep {}", self.program, quoted(&new.path)));
        Exit::AsExpected
    }

    fn refuse_algorithm(&mut self, name: &str) -> Exit {
        let entries = self.catalog.entries();
        let known: Vec<String> = entries.iter().map(|entry| entry.name.to_owned()).collect();
        let cure = meant(name, &known, "`list algorithms` shows what there is");
        let name = crate::report::terminal(name).into_owned();
        self.terminal.error(&format!("no algorithm here is called `{name}`; {cure}"));
        Exit::Usage
    }

    /// The text for an algorithm; `None` if no scenario of its roles is accepted.
    fn template(&self, entry: &Entry, name: &str) -> Option<String> {
        let shipped = SHIPPED.iter().find(|(known, _)| *known == entry.name);
        let calm = match shipped {
            Some((_, text)) => (*text).to_owned(),
            None => self.catalog.calm(entry).into_iter().next()?.1.text().to_owned(),
        };
        let (head, body) = calm.split_at(calm.find("\n[")? + 1);
        let of = |key: &str| {
            let is_key = |line: &&str| line.split('=').next().is_some_and(|k| k.trim() == key);
            head.lines().find(is_key).and_then(|line| line.split_once('=')).map(|(_, v)| v.trim())
        };
        let duration = of("duration").unwrap_or("\"10s\"");
        let expect = of("expect").unwrap_or("{ holds = true }");
        let judges: Vec<&str> = entry.invariants.iter().map(|judge| judge.name).collect();
        let mut text = format!(
            "# What happens here, in a sentence. The point: what it shows.\n#\n\
             # {}\n# Judged by (`stormseed explain NAME` tells what each means):\n\
             # - {}\n\
             name     = \"{name}\"\nformat   = 1\nduration = {duration}\n\
             # Each seed is another run, and the same one on every machine.\n\
             seeds    = \"0..20\"\n\
             # What must come of it, or the exit code is 1; or {{ violates = \"INVARIANT\" }}.\n\
             expect   = {expect}\n",
            entry.summary,
            judges.join("\n# - "),
        );
        text += &commented(body);
        let family = entry.name.split('-').next().unwrap_or(entry.name);
        let faults = FAMILIES.iter().find(|(known, _)| *known == family);
        text +=
            "\n# What goes wrong. Take away the `# ` before the lines of a fault to try it.\n#\n";
        text += faults.map_or(ELECTION, |(_, faults)| faults);
        Some(text)
    }
}

/// The sections, each with what is said of it where it comes first.
fn commented(body: &str) -> String {
    let mut said = Vec::new();
    let mut text = String::from("\n");
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        let section = SECTIONS.iter().find(|(begin, _)| line.starts_with(begin));
        if let Some((begin, meaning)) = section.filter(|(begin, _)| !said.contains(begin)) {
            said.push(*begin);
            text += &format!("# {meaning}\n");
        }
        text += line;
        text.push('\n');
    }
    text
}

/// What the scenario is called: the family, and the file without its ending.
fn scenario_name(entry: &Entry, path: &Path) -> String {
    let family = entry.name.split('-').next().unwrap_or(entry.name);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let plain = stem.to_ascii_lowercase();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
    let plain: String = plain.chars().map(|c| if is_plain(c) { c } else { '-' }).take(40).collect();
    match plain.trim_start_matches(['_', '.', '-']) {
        "" => format!("{family}/new"),
        plain => format!("{family}/{plain}"),
    }
}
