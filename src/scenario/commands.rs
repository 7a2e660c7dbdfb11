//! Checks of what operators and clients ask for: single commands and the workload.

use super::check::Check;
use super::error::Finding;
use super::source::Placed;
use super::words::Who;
use super::workload::COMMANDS_MAX;
use crate::time::Duration;

impl Check<'_> {
    pub fn commands(&mut self) {
        let commands = self.file.command.iter().filter(|c| !self.taken.inside(&c.place()));
        for command in commands {
            self.command_word(&command.word);
            self.recipient(&command.to);
            if command.at.max > self.end {
                let problem = format!("{} lies after the end of the run", command.at.max);
                self.wrong(command.at.place(), format!("{problem}; it ends at {}", self.end));
            }
        }
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
            match until.as_nanos().saturating_sub(from.as_nanos()).checked_div(every(work)) {
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

    fn command_word(&mut self, word: &Placed<String>) {
        let Some(vocabulary) = self.vocabulary else { return };
        if !vocabulary.commands.contains(word) {
            let problem = format!("`{}` is not a command of {}", **word, vocabulary.algorithm);
            let finding = Finding::new(word.place(), problem);
            self.findings.push(finding.suggest(word, &vocabulary.commands));
        }
    }

    pub fn recipient(&mut self, to: &Placed<Who>) {
        match &**to {
            Who::Nodes(_) | Who::Role(_) | Who::Random(1, _) => self.who(to, true),
            _ => {
                let finding = Finding::new(to.place(), "a command is given to one node at a time");
                self.findings.push(finding.help("name a node or a role, or write `one`"));
            }
        }
    }
}

fn every(work: &super::file::WorkEntry) -> u64 {
    work.every.min.as_nanos()
}
