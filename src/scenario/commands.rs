//! Checks of what operators and clients ask for: single commands and the workload.

use super::check::Check;
use super::error::Finding;
use super::file::{CommandEntry, WorkEntry};
use super::source::Placed;
use super::timing::Timing;
use super::words::Who;
use super::workload::COMMANDS_MAX;
use crate::time::Duration;
use std::collections::BTreeSet;
use std::ops::Range;

/// How many clients may wait for the answers to one line's commands.
pub(super) const CLIENTS_MAX: u64 = 1_000;
/// How often one entry may be repeated at a milestone.
const REPEATS_MAX: u64 = 4_000;

impl CommandEntry {
    /// When it is given, as written.
    pub(super) fn timing(&self, place: Range<usize>) -> Timing<'_> {
        Timing {
            what: "command",
            place,
            at: self.at.as_ref(),
            at_heal: None,
            when: self.when.as_ref(),
            on: self.on.as_ref(),
            nth: self.nth.as_ref(),
            each: self.each.as_ref(),
            after: self.after.as_ref(),
            every: None,
            until: None,
            times: self.times.as_ref(),
        }
    }
}

impl Check<'_> {
    pub fn commands(&mut self) {
        let commands = self.file.command.iter().filter(|c| !self.taken.inside(&c.place()));
        let mut numbers = BTreeSet::new();
        for command in commands {
            self.command_word(&command.word);
            self.recipient(&command.to);
            let times = self.timing(&command.timing(command.place()));
            if let Some(at) = command.at.as_ref().filter(|at| at.max > self.end) {
                let problem = format!("{} lies after the end of the run", at.max);
                self.wrong(at.place(), format!("{problem}; it ends at {}", self.end));
            }
            if let Some(times) = command.times.as_ref().filter(|_| times > REPEATS_MAX) {
                self.wrong(times.place(), format!("{REPEATS_MAX} times are the most"));
            }
            if let Some(nodes) = &command.nodes {
                self.who(nodes, false);
                if !matches!(**nodes, Who::Nodes(_) | Who::Role(_)) {
                    let finding = Finding::new(nodes.place(), "a command about a drawn set");
                    self.findings.push(finding.help("name nodes, or a role of the scenario"));
                }
            }
            if let Some(unique) = &command.unique {
                self.number(unique, &mut numbers);
                if times > 1 {
                    self.wrong(unique.place(), "one number for several commands; leave it out");
                }
            }
        }
        self.clients(&mut numbers);
        for (word, work) in &self.file.workload {
            if self.taken.inside(&work.place()) {
                continue;
            }
            self.command_word(word);
            self.recipient(&work.to);
            let from = work.from.as_ref().map_or(Duration::ZERO, |from| **from);
            let until = work.until.as_ref().map_or(self.end, |until| **until);
            if until < from {
                let place = work.until.as_ref().or(work.from.as_ref()).map(Placed::place);
                self.wrong(place.unwrap_or(0..0), "ends before it begins; make `until` later");
            }
            if until > self.end {
                let place = work.until.as_ref().map_or(0..0, Placed::place);
                self.wrong(place, format!("lies after the end of the run at {}", self.end));
            }
            let clients = work.clients.as_ref().map_or(1, |clients| **clients);
            self.waiting(word, work);
            let span = until.as_nanos().saturating_sub(from.as_nanos());
            let count = span.checked_div(every(work)).map(|each| each.saturating_mul(clients));
            match count {
                None => {
                    let problem = "commands without a distance; begin the range above zero";
                    self.wrong(work.every.place(), problem);
                }
                Some(count) if count > COMMANDS_MAX && self.file.duration.is_some() => {
                    let problem = format!("up to {count} commands; {COMMANDS_MAX} are the most");
                    self.wrong(work.every.place(), problem);
                }
                Some(_) => {}
            }
        }
    }

    /// No two commands have the same number.
    fn number(&mut self, unique: &Placed<u64>, numbers: &mut BTreeSet<u64>) {
        if !numbers.insert(**unique) {
            self.wrong(unique.place(), format!("two commands have number {}", **unique));
        }
    }

    /// Clients whose commands are listed.
    fn clients(&mut self, numbers: &mut BTreeSet<u64>) {
        for client in self.file.client.iter().filter(|c| !self.taken.inside(&c.place())) {
            if *client.timeout == Duration::ZERO {
                self.wrong(client.timeout.place(), "no time for an answer; make it longer");
            }
            for operation in &client.operations {
                self.command_word(&operation.word);
                self.is_answered(&operation.word, operation.word.place());
                self.recipient(&operation.to);
                self.number(&operation.unique, numbers);
                if *operation.not_before > self.end {
                    let problem = format!("lies after the end of the run at {}", self.end);
                    self.wrong(operation.not_before.place(), problem);
                }
            }
        }
    }

    /// Whoever waits needs somebody who answers.
    pub fn is_answered(&mut self, word: &Placed<String>, place: Range<usize>) {
        let Some(vocabulary) = self.vocabulary else { return };
        if vocabulary.commands.contains(word) && !vocabulary.answered.contains(word) {
            let problem = format!("{} never answers `{}`", vocabulary.algorithm, **word);
            let cure = "give it without a client: then it comes at its times";
            self.findings.push(Finding::new(place, problem).help(cure));
        }
    }

    /// Clients that wait: they need somebody who answers, and time.
    fn waiting(&mut self, word: &Placed<String>, work: &WorkEntry) {
        let Some(clients) = &work.clients else {
            let think = work.think.as_ref().map(Placed::place);
            let alone = think.or(work.timeout.as_ref().map(Placed::place));
            if let Some(place) = alone {
                let problem = "nobody waits for an answer here";
                let cure = "add `clients = 3`, or leave it out";
                self.findings.push(Finding::new(place, problem).help(cure));
            }
            return;
        };
        if **clients == 0 {
            self.wrong(clients.place(), "no clients; give it some, or leave it out");
        }
        if **clients > CLIENTS_MAX {
            let problem = format!("{} clients; {CLIENTS_MAX} are the most", **clients);
            self.wrong(clients.place(), problem);
        }
        if let Some(timeout) = work.timeout.as_ref().filter(|t| t.as_nanos() == 0) {
            self.wrong(timeout.place(), "no time for an answer; make it longer");
        }
        self.is_answered(word, clients.place());
    }

    pub fn command_word(&mut self, word: &Placed<String>) {
        let Some(vocabulary) = self.vocabulary else { return };
        if !vocabulary.commands.contains(word) {
            let problem = format!("`{}` is not a command of {}", **word, vocabulary.algorithm);
            let finding = Finding::new(word.place(), problem);
            self.findings.push(finding.suggest(word, &vocabulary.commands));
        }
    }

    pub fn recipient(&mut self, to: &Placed<Who>) {
        match &**to {
            Who::Nodes(_) | Who::Role(_) | Who::Random(1, _) | Who::Newest(_) | Who::Stale(_) => {
                self.who(to, true)
            }
            _ => {
                let finding = Finding::new(to.place(), "a command is given to one node at a time");
                self.findings.push(finding.help("name a node or a role, or write `one`"));
            }
        }
    }
}

fn every(work: &WorkEntry) -> u64 {
    work.every.min.as_nanos()
}
