//! `list`: what there is.

use super::arguments::{List, Listed};
use super::{Exit, Host};
use crate::catalog::Judge;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Host<'_> {
    /// Obeys `list`.
    pub fn list(&mut self, list: &List) -> Exit {
        match list.what {
            Some(Listed::Scenarios) => return self.list_scenarios(list),
            Some(Listed::Algorithms) => self.list_algorithms(list.json),
            Some(Listed::Invariants) => self.list_invariants(list.json),
            Some(Listed::Mutants) => self.list_mutants(list.json),
            None => {
                self.title(list.json, "algorithms");
                self.list_algorithms(list.json);
                self.title(list.json, "invariants");
                self.list_invariants(list.json);
                self.title(list.json, "mutants: known bugs that settings can switch on");
                self.list_mutants(list.json);
            }
        }
        Exit::AsExpected
    }

    fn title(&mut self, is_json: bool, title: &str) {
        if !is_json {
            self.terminal.print(title);
        }
    }

    fn entry(&mut self, is_json: bool, name: &str, text: &str, line: &Value) {
        match is_json {
            true => self.terminal.print(&line.to_string()),
            false => self.terminal.print(&format!("  {name:<50} {text}")),
        }
    }

    fn list_scenarios(&mut self, list: &List) -> Exit {
        if !list.folder.exists() {
            let folder = super::files::quoted(&list.folder);
            self.terminal.error(&format!("there is no folder {folder}; name one"));
            return Exit::Usage;
        }
        let paths = match self.find(std::slice::from_ref(&list.folder)) {
            Ok(paths) => paths,
            Err(exit) => return exit,
        };
        let mut exit = Exit::AsExpected;
        for path in paths {
            match self.open_one(&path) {
                Ok(opened) => {
                    let scenario = opened.experiment.scenario();
                    let expected = super::check::expected(&scenario.expect().verdict);
                    let seeds = scenario.seeds().count();
                    let line = json!({
                        "v": 1, "kind": "scenario", "name": scenario.name(), "path": opened.path,
                        "algorithm": scenario.algorithm(), "expect": expected, "seeds": seeds,
                    });
                    let text = format!("{seeds:>6} seeds  {expected}");
                    let path = opened.path.clone();
                    self.entry(list.json, &path, &text, &line);
                }
                Err(said) => {
                    self.terminal.say(&said);
                    exit = Exit::Usage;
                }
            }
        }
        exit
    }

    fn list_algorithms(&mut self, is_json: bool) {
        let catalog = self.catalog;
        for entry in catalog.entries() {
            let line = json!({
                "v": 1, "kind": "algorithm", "name": entry.name, "summary": entry.summary,
            });
            self.entry(is_json, entry.name, entry.summary, &line);
        }
    }

    fn list_invariants(&mut self, is_json: bool) {
        let mut judges: BTreeMap<&str, (Judge, Vec<&str>)> = BTreeMap::new();
        for entry in self.catalog.entries() {
            for judge in &entry.invariants {
                judges.entry(judge.name).or_insert((*judge, Vec::new())).1.push(entry.name);
            }
        }
        for (name, (judge, of)) in judges {
            let (about, says) = (judge.kind.word(), judge.says);
            let line = json!({
                "v": 1, "kind": "invariant", "name": name, "about": about, "says": says,
                "algorithms": of,
            });
            self.entry(is_json, name, &format!("{about}: {says}"), &line);
        }
    }

    fn list_mutants(&mut self, is_json: bool) {
        let catalog = self.catalog;
        for entry in catalog.entries() {
            for mutant in entry.mutants {
                let line = json!({
                    "v": 1, "kind": "mutant", "name": mutant.name, "algorithm": entry.name,
                    "summary": mutant.summary, "breaks": mutant.breaks, "source": mutant.source,
                });
                let name = format!("{} {}", entry.name, mutant.name);
                self.entry(is_json, &name, mutant.summary, &line);
            }
        }
    }
}
