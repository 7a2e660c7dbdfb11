//! `zoo --blind`: the lies that no invariant of a scenario noticed.

use super::arguments::Zoo;
use super::{Exit, Host};
use crate::catalog::{Experiment, Lie};
use crate::runner::{Blindness, Seen, Sight, Stop, honest, tell_lie};
use rayon::ThreadPool;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

impl Host<'_> {
    /// Obeys `zoo --blind`: every lie over the same seeds, and its control.
    pub(super) fn blind(&mut self, zoo: &Zoo, path: &Path, pool: &ThreadPool, stop: &Stop) -> Exit {
        let opened = match self.open_one(path) {
            Ok(opened) => opened,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        let experiment = &*opened.experiment;
        if !zoo.json {
            let titles = ["lie", "takes away", "told in", "noticed by", "first", "in"];
            self.terminal.print(&line(titles));
        }
        let mut exit = Exit::AsExpected;
        let mut controls: BTreeMap<bool, Seen> = BTreeMap::new();
        let mut noticed = BTreeSet::new();
        let mut sights = Vec::new();
        let (mut unclean, mut broken_off) = (BTreeSet::new(), 0);
        for lie in Lie::ALL {
            let control = controls
                .entry(lie.needs_crashes())
                .or_insert_with(|| honest(experiment, lie, zoo.seeds, pool, stop))
                .clone();
            let came = tell_lie(experiment, lie, control, zoo.seeds, pool, stop);
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
            let text = if zoo.json { json_line(&came) } else { table_line(&came) };
            self.terminal.print(&text);
            exit = exit.and(match came.sight() {
                Sight::Blind | Sight::Broken => Exit::Failed,
                Sight::Unclear => Exit::Inconclusive,
                Sight::Noticed | Sight::LivedWith | Sight::NeverTold => Exit::AsExpected,
            });
            unclean.extend(came.control.findings.keys().cloned());
            broken_off += came.broken_off;
            noticed.extend(came.noticed.iter().cloned());
            sights.push((lie, came.sight()));
        }
        if !zoo.json {
            noticed.extend(unclean.iter().cloned());
            self.explain_lies(experiment, &noticed, &sights);
            if !unclean.is_empty() {
                let names: Vec<&str> = unclean.iter().map(String::as_str).collect();
                let names = names.join(", ");
                self.terminal.print(&format!(
                    "the control is not clean: {names} without a lie; take a scenario that holds"
                ));
            }
            if broken_off > 0 {
                self.terminal.print(&format!(
                    "{broken_off} runs, which a budget broke off, do not count; raise `[budget]`"
                ));
            }
        }
        exit
    }

    /// What the table means, for those lines that ask for something to be done.
    fn explain_lies(
        &mut self,
        experiment: &dyn Experiment,
        noticed: &BTreeSet<String>,
        sights: &[(Lie, Sight)],
    ) {
        let judges = experiment.invariants();
        let names = judges.iter().map(|judge| judge.name);
        let silent: Vec<&str> = names.filter(|name| !noticed.contains(*name)).collect();
        if !silent.is_empty() {
            self.terminal.print(&format!("silent at every lie: {}", silent.join(", ")));
        }
        for (lie, sight) in sights {
            let (name, what) = (lie.name(), lie.summary());
            let said = match sight {
                Sight::Blind => format!(
                    "{name}: {what}, the algorithm rests on that not happening, and nothing was \
                     noticed: an invariant is missing, or the scenario never asks"
                ),
                Sight::Broken => format!(
                    "{name}: {what}, and the algorithm says that it lives with that, but does not"
                ),
                Sight::NeverTold => {
                    format!("{name}: {what}; it had no effect in any run of this scenario")
                }
                Sight::Noticed | Sight::LivedWith | Sight::Unclear => continue,
            };
            self.terminal.print(&said);
        }
    }
}

fn line(cells: [&str; 6]) -> String {
    let [lie, outside, told, by, first, runs] = cells;
    let line = format!("{lie:<16} {outside:<28} {told:>9}  {by:<28} {first:>5} {runs:>9}");
    line.trim_end().to_owned()
}

fn takes_away(came: &Blindness) -> String {
    let words: Vec<&str> = came.outside.iter().map(|assumption| assumption.word()).collect();
    if words.is_empty() { "nothing it rests on".to_owned() } else { words.join(" ") }
}

fn table_line(came: &Blindness) -> String {
    let total = came.seen.runs;
    let told = format!("{}/{total}", came.told.1);
    let names: Vec<&str> = came.noticed.iter().map(String::as_str).collect();
    let (first, runs) = match came.first {
        Some(seed) => (seed.to_string(), format!("{}/{total}", came.runs)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let by = match (came.sight(), &names[..]) {
        (Sight::Noticed, [only]) => (*only).to_owned(),
        (Sight::Noticed, [one, rest @ ..]) => format!("{one} +{}", rest.len()),
        (Sight::Broken, [one, ..]) => format!("BROKEN: {one}"),
        (sight, _) => sight.word().to_owned(),
    };
    line([came.lie.name(), &takes_away(came), &told, &by, &first, &runs])
}

fn json_line(came: &Blindness) -> String {
    let words: Vec<&str> = came.outside.iter().map(|assumption| assumption.word()).collect();
    let found = came.noticed.iter().map(|name| {
        let (first, runs) = came.seen.findings.get(name).copied().unwrap_or_default();
        (name.clone(), json!({ "first_seed": first, "runs": runs }))
    });
    let found: serde_json::Map<String, serde_json::Value> = found.collect();
    json!({
        "v": 1,
        "kind": "lie",
        "lie": came.lie.name(),
        "summary": came.lie.summary(),
        "takes_away": words,
        "sight": came.sight().word(),
        "told": came.told.0,
        "told_runs": came.told.1,
        "noticed_by": found,
        "noticed_runs": came.runs,
        "seeds_to_first": came.first.map(|seed| seed + 1),
        "runs": came.seen.runs,
        "broken_off": came.broken_off,
        "control_runs": came.control.runs,
        "control_found": came.control.findings.keys().collect::<Vec<_>>(),
    })
    .to_string()
}
