//! Checks of a load: there is something to ask for, and what is pinned goes together.

use super::entry::{BurstsEntry, LoadEntry, LoopEntry};
use crate::scenario::Vocabulary;
use crate::scenario::check::Check;
use crate::scenario::commands::CLIENTS_MAX;
use crate::scenario::error::Finding;
use crate::scenario::source::Placed;
use crate::scenario::workload::COMMANDS_MAX;
use crate::time::Duration;
use std::ops::Range;

/// How many keys there may be: each has a place in a table.
const KEYS_MAX: u32 = 100_000;
/// How many commands one burst may have.
const SIZE_MAX: u32 = 1_000;

impl Check<'_> {
    pub fn load(&mut self) {
        let file = self.file;
        let Some(load) = &file.load else { return };
        self.something_to_ask(load);
        if let Some(keys) = load.keys.as_ref().filter(|keys| !(1..=KEYS_MAX).contains(&***keys)) {
            self.wrong(keys.place(), format!("{} keys; write 1 to {KEYS_MAX}", **keys));
        }
        self.loops(load);
        self.rhythm_of(load);
        if let Some(to) = &load.to {
            self.recipient(to);
        }
    }

    /// The commands: there are some, and each needs nothing but its word.
    fn something_to_ask(&mut self, load: &Placed<LoadEntry>) {
        let Some(words) = self.vocabulary else { return };
        if words.plain.is_empty() {
            let problem = format!("{} has no command that could be drawn", words.algorithm);
            let cure = match words.commands.is_empty() {
                true => "leave `[load]` out",
                false => "give its commands by `[[command]]`, with what they need",
            };
            self.findings.push(Finding::new(load.place(), problem).help(cure));
            return;
        }
        let is_closed = load.kind.as_ref().filter(|kind| ***kind == LoopEntry::Closed);
        if let Some(mix) = &load.mix {
            if mix.is_empty() && !self.taken.inside(&mix.place()) {
                let cure = format!("name one, as in {{ {} = 1 }}", words.plain[0]);
                self.findings.push(Finding::new(mix.place(), "nothing is asked for").help(cure));
            }
            for (word, weight) in mix.iter() {
                self.command_word(word);
                self.is_plain(word, words);
                if is_closed.is_some() {
                    self.is_answered(word, word.place());
                }
                if **weight == 0 {
                    self.wrong(weight.place(), "a weight of nothing; leave the word out");
                }
            }
        } else if let Some(kind) = is_closed.filter(|_| !load.has_answers(words)) {
            let problem = format!("{} never answers: nobody can wait", words.algorithm);
            self.wrong(kind.place(), format!("{problem}; write \"open\""));
        }
    }

    fn is_plain(&mut self, word: &Placed<String>, words: &Vocabulary) {
        if words.commands.contains(word) && !words.plain.contains(word) {
            let problem = format!("`{}` needs more than its word", **word);
            let cure = "give it by `[[command]]`, with what it needs";
            self.findings.push(Finding::new(word.place(), problem).help(cure));
        }
    }

    /// Who waits, and who does not.
    fn loops(&mut self, load: &LoadEntry) {
        if let Some(clients) = &load.clients {
            if **clients == 0 {
                self.wrong(clients.place(), "no clients; give it some, or leave it out");
            }
            if u64::from(**clients) > CLIENTS_MAX {
                let problem = format!("{} clients; {CLIENTS_MAX} are the most", **clients);
                self.wrong(clients.place(), problem);
            }
        }
        if let Some(timeout) = load.timeout.as_ref().filter(|t| ***t == Duration::ZERO) {
            self.wrong(timeout.place(), "no time for an answer; make it longer");
        }
        let Some(kind) = load.kind.as_deref() else { return };
        let waits = [place(&load.clients), place(&load.think), place(&load.timeout)];
        let (strays, problem, other) = match kind {
            LoopEntry::Open => (waits, "nobody waits for an answer in an open loop", "closed"),
            LoopEntry::Closed => {
                let every = [place(&load.every), None, None];
                (every, "clients ask when they have thought", "open")
            }
        };
        for place in strays.into_iter().flatten() {
            let cure = format!("write `loop = \"{other}\"`, or leave it out");
            self.findings.push(Finding::new(place, problem).help(cure));
        }
    }

    /// When commands come: steadily or in bursts, and not too many.
    fn rhythm_of(&mut self, load: &LoadEntry) {
        if let Some(every) = &load.every {
            let problem = "commands without a distance; begin the range above zero";
            self.paced(every.min, 1, every.place(), problem);
        }
        let Some(bursts) = &load.bursts else { return };
        let BurstsEntry::Of(burst) = **bursts else { return };
        if burst.size == 0 || burst.size > SIZE_MAX {
            let problem = format!("bursts of {} commands; write 1 to {SIZE_MAX}", burst.size);
            self.wrong(bursts.place(), problem);
        }
        let problem = "bursts without a pause; begin its range above zero";
        self.paced(burst.pause.min, u64::from(burst.size), bursts.place(), problem);
        for place in [place(&load.every), place(&load.think)].into_iter().flatten() {
            let cure = "leave it out, or write `bursts = \"none\"`";
            let finding = Finding::new(place, "bursts have times of their own");
            self.findings.push(finding.help(cure));
        }
    }

    /// So many commands come after each such time: not so often that nobody could run it.
    fn paced(&mut self, least: Duration, size: u64, place: Range<usize>, problem: &str) {
        let Some(times) = self.end.as_nanos().checked_div(least.as_nanos()) else {
            return self.wrong(place, problem);
        };
        let count = times.saturating_mul(size);
        if count > COMMANDS_MAX && self.file.duration.is_some() {
            let problem = format!("up to {count} commands; {COMMANDS_MAX} are the most");
            self.wrong(place, problem);
        }
    }
}

fn place<T>(entry: &Option<Placed<T>>) -> Option<Range<usize>> {
    entry.as_ref().map(Placed::place)
}
