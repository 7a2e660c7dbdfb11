//! `zoo`: the known bugs, found by what and after how many seeds.

use super::arguments::Zoo;
use super::explain::meant;
use super::{Exit, Host};
use crate::catalog::{Bug, Experiment};
use crate::runner::{Hunt, Patience, Seen, Stop, control, hunt, pool};
use rayon::ThreadPool;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// How a hunt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Found,
    /// It breaks no invariant, but its failovers take longer by more than a tenth: less is chance.
    Slower,
    /// It breaks no invariant, but takes the service away for longer by more than a quarter.
    Disrupts,
    Missed,
    /// It was found, and the control is not clean although its scenario is to hold.
    FalseAlarm,
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Standing::Found => "found",
            Standing::Slower => "slower",
            Standing::Disrupts => "disrupts",
            Standing::Missed => "MISSED",
            Standing::FalseAlarm => "FALSE ALARM",
        }
    }
}

impl Host<'_> {
    /// Obeys `zoo`.
    pub fn zoo(&mut self, zoo: &Zoo) -> Exit {
        let (stop, pool) = match (Stop::on_signals(), pool(None)) {
            (Ok(stop), Ok(pool)) => (stop, pool),
            _ => {
                self.terminal.error("neither signals nor threads can be had");
                return Exit::Internal;
            }
        };
        if let Some(path) = &zoo.blind {
            return self.blind(zoo, path, &pool, &stop);
        }
        let bugs = match self.bugs(zoo) {
            Ok(bugs) => bugs,
            Err(exit) => return exit,
        };
        if let Some(most) = zoo.shrink {
            return self.zoo_shrink((zoo, most), &bugs, &pool, &stop);
        }
        if !zoo.json {
            self.terminal.print(&line(["bug", "", "found by", "first", "of seeds", "control"]));
        }
        let mut exit = Exit::AsExpected;
        let mut controls = BTreeMap::new();
        for bug in &bugs {
            exit = exit.and(self.hunt(zoo, bug, &mut controls, &pool, &stop));
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
        }
        exit
    }

    /// The bugs that are hunted.
    fn bugs(&mut self, zoo: &Zoo) -> Result<Vec<Bug>, Exit> {
        if let Some(storm) = &zoo.storm {
            return self.bugs_in(storm);
        }
        let mut bugs = self.catalog.zoo();
        bugs.retain(|bug| {
            let named = |name: &str| {
                let of_its_family = bug.algorithm.split_once('-').map(|(_, own)| own);
                let parts = [bug.algorithm, bug.mutant.name, family(bug.algorithm)];
                let is_named = parts.contains(&name) || of_its_family == Some(name);
                is_named || bug.algorithm.split('-').any(|part| part == name)
            };
            zoo.family.as_deref().is_none_or(named)
        });
        if bugs.is_empty() {
            let name = zoo.family.as_deref().unwrap_or("");
            let meant = meant(name, &self.hunted(), "`list mutants` shows all");
            let name = crate::report::terminal(name);
            self.terminal.error(&format!("there is no known bug of `{name}` in the zoo; {meant}"));
            return Err(Exit::Usage);
        }
        Ok(bugs)
    }

    /// All names by which bugs can be asked for.
    fn hunted(&self) -> Vec<String> {
        let names = |bug: Bug| {
            let own = bug.algorithm.split_once('-').map_or("", |(_, own)| own);
            [bug.algorithm, own, family(bug.algorithm), bug.mutant.name].map(str::to_owned)
        };
        self.catalog.zoo().into_iter().flat_map(names).collect()
    }

    /// The bugs of the algorithm of a scenario, to be hunted in it.
    fn bugs_in(&mut self, storm: &Path) -> Result<Vec<Bug>, Exit> {
        let opened = match self.open_one(storm) {
            Ok(opened) => opened,
            Err(said) => {
                self.terminal.say(&said);
                return Err(Exit::Usage);
            }
        };
        let scenario = opened.experiment.scenario();
        let algorithm = scenario.algorithm();
        let text = scenario.source().text();
        let section = format!("[algorithm.{algorithm}]");
        let bugs = self.catalog.zoo_in(algorithm, text);
        let is_plain = text.lines().any(|line| line == section) && !text.contains("mutant =");
        if bugs.is_empty() || !is_plain {
            let problem = match bugs.is_empty() {
                true => format!("{algorithm} has no known bug; `list mutants` shows all"),
                false => format!(
                    "the bugs are switched on in a line `{section}`, and it must have none; \
                     write that section so, without `mutant`"
                ),
            };
            self.terminal.error(&problem);
            return Err(Exit::Usage);
        }
        Ok(bugs)
    }

    fn hunt(
        &mut self,
        zoo: &Zoo,
        bug: &Bug,
        controls: &mut BTreeMap<String, (Seen, bool)>,
        pool: &ThreadPool,
        stop: &Stop,
    ) -> Exit {
        let opened = self.catalog.open(bug.source());
        let sound = self.catalog.open(bug.control());
        let (with, without): (Box<dyn Experiment>, Box<dyn Experiment>) = match (opened, sound) {
            (Ok(with), Ok(without)) => (with, without),
            (Err(errors), _) | (_, Err(errors)) => {
                let text = errors.render(self.terminal.talks_in_color());
                self.terminal.say(&text);
                return Exit::Internal;
            }
        };
        let key = without.scenario().name().to_owned();
        let (clean, is_to_hold) = controls
            .entry(key)
            .or_insert_with(|| {
                let holds = crate::scenario::Expected::Holds;
                let is_to_hold = without.scenario().expect().verdict == holds;
                (control(&*without, zoo.control, pool, stop), is_to_hold)
            })
            .clone();
        let patience = Patience { seeds: zoo.seeds, until_found: zoo.until_found };
        let hunted = hunt(&*with, bug.mutant.breaks, clean, patience, pool, stop);
        if stop.asked().is_some() {
            return Exit::AsExpected;
        }
        let standing = standing(bug, &hunted, is_to_hold);
        let text = match zoo.json {
            true => json_line(bug, &hunted, standing),
            false => table_line(bug, &hunted, standing),
        };
        self.terminal.print(&text);
        match standing {
            Standing::Found | Standing::Slower | Standing::Disrupts => Exit::AsExpected,
            Standing::Missed | Standing::FalseAlarm => Exit::Failed,
        }
    }
}

fn standing(bug: &Bug, hunt: &Hunt, is_to_hold: bool) -> Standing {
    if is_to_hold && !hunt.control.findings.is_empty() {
        Standing::FalseAlarm
    } else if hunt.found > 0 {
        Standing::Found
    } else if bug.mutant.breaks.is_empty() && 4 * each(&hunt.bug) > 5 * each(&hunt.control) {
        Standing::Disrupts
    } else if bug.mutant.breaks.is_empty() && 10 * mean(&hunt.bug) > 11 * mean(&hunt.control) {
        Standing::Slower
    } else {
        Standing::Missed
    }
}

/// The family of an algorithm: who detects failures serves elections.
fn family(algorithm: &str) -> &str {
    match algorithm.split('-').next() {
        Some("detector") | None => "election",
        Some(family) => family,
    }
}

fn mean(seen: &Seen) -> u128 {
    let (count, sum) = seen.failovers;
    sum / u128::from(count.max(1))
}

/// For how many milliseconds of a run the service was not there.
fn each(seen: &Seen) -> u128 {
    seen.unavailable / 1_000_000 / u128::from(seen.runs.max(1))
}

fn line(cells: [&str; 6]) -> String {
    let [algorithm, bug, by, first, rate, control] = cells;
    let name = if bug.is_empty() { algorithm.to_owned() } else { format!("{algorithm} {bug}") };
    let line = format!("{name:<50} {by:<26} {first:>5} {rate:>9}  {control}");
    line.trim_end().to_owned()
}

fn table_line(bug: &Bug, hunt: &Hunt, standing: Standing) -> String {
    let mut clean = format!("clean over {}", hunt.control.runs);
    if !hunt.control.findings.is_empty() {
        let also: Vec<&str> = hunt.control.findings.keys().map(String::as_str).collect();
        clean = format!("{clean} but for {}", also.join(" "));
    }
    let by = match standing {
        Standing::Slower => {
            let (slow, sound) = (mean(&hunt.bug) / 1_000_000, mean(&hunt.control) / 1_000_000);
            format!("failover {slow} ms, not {sound}")
        }
        Standing::Disrupts => {
            format!("down {} ms, not {}", each(&hunt.bug), each(&hunt.control))
        }
        Standing::Missed => "MISSED".to_owned(),
        Standing::FalseAlarm => "FALSE ALARM".to_owned(),
        Standing::Found => shortened(&hunt.by),
    };
    let (first, count) = detected(hunt, standing);
    let first = first.map_or_else(|| "-".to_owned(), |seed| seed.to_string());
    let rate = format!("{count}/{}", hunt.bug.runs);
    line([bug.algorithm, bug.mutant.name, &by, &first, &rate, &clean])
}

/// The first seed that shows the bug by itself, and how many do: by an invariant that the control
/// keeps, or by a time that is longer than any of the control's.
const fn detected(hunt: &Hunt, standing: Standing) -> (Option<u64>, u64) {
    match standing {
        Standing::Slower | Standing::Disrupts => (hunt.first_longer, hunt.longer),
        Standing::Missed | Standing::Found | Standing::FalseAlarm => (hunt.first, hunt.found),
    }
}

/// The first of several names, and how many more there are.
fn shortened(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    }
}

fn json_line(bug: &Bug, hunt: &Hunt, standing: Standing) -> String {
    let findings = |seen: &Seen| {
        let findings = seen.findings.iter();
        let findings: serde_json::Map<String, serde_json::Value> = findings
            .map(|(name, (first, runs))| {
                (name.clone(), json!({ "first_seed": first, "runs": runs }))
            })
            .collect();
        json!({ "runs": seen.runs, "findings": findings })
    };
    let (first, found) = detected(hunt, standing);
    json!({
        "v": 1,
        "kind": "bug",
        "algorithm": bug.algorithm,
        "mutant": bug.mutant.name,
        "summary": bug.mutant.summary,
        "source": bug.mutant.source,
        "breaks": bug.mutant.breaks,
        "is_directed": bug.is_directed,
        "standing": standing.word(),
        "found_by": hunt.by,
        "seeds_to_first": first.map(|seed| seed + 1),
        "found": found,
        "runs": hunt.bug.runs,
        "bug": findings(&hunt.bug),
        "control": findings(&hunt.control),
    })
    .to_string()
}
