//! Perturbed twins: the same seeds again in the same thread, in another one, in another order, and
//! in processes with another environment. All must be the same to the last bit.

use super::stop::{Stop, Stopped};
use super::twin::{ENDED, Twin, elsewhere, full, is_same, record};
use crate::catalog::{Experiment, Options};
use crate::fingerprint::Fingerprint;
use crate::observe::Outcome;
use crate::report::{hex, plain_row};
use crate::rng::{Stream, shuffle};
use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// What a twin in another process is asked for; see [`answer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The digests of these seeds.
    Digests(Vec<u64>),
    /// The checkpoints of a seed.
    Checkpoints(u64),
    /// The records of a seed from this event to that one.
    Records(u64, u64, u64),
}

/// What the verification of a scenario came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many seeds were run.
    pub seeds: u64,
    /// How many runs were compared with them.
    pub twins: u64,
    /// The first that differs.
    pub differing: Option<Twin>,
    /// Whether a signal ended it before all was compared.
    pub is_cut_short: bool,
}

/// The answer of a twin, a line each.
pub fn answer(experiment: &dyn Experiment, question: &Question) -> Vec<String> {
    match question {
        Question::Digests(seeds) => {
            let outcomes = seeds.iter().map(|seed| experiment.run(*seed, &Options::default()));
            outcomes.map(|outcome| digests(&outcome)).collect()
        }
        Question::Checkpoints(seed) => {
            let (every, kept) = experiment.checkpoints(*seed);
            let kept = kept.iter().map(|digest| format!("{digest:016x}"));
            std::iter::once(every.to_string()).chain(kept).collect()
        }
        Question::Records(seed, first, last) => {
            let mut lines = Vec::new();
            let window = *first..=*last;
            experiment.tell(*seed, &full(&Options::default()), &mut |row| {
                if window.contains(&row.event) {
                    lines.push(plain_row(row));
                }
            });
            lines
        }
    }
}

fn digests(outcome: &Outcome) -> String {
    let Outcome { seed, trace, plan, milestones, verdict, .. } = outcome;
    let mut row = Fingerprint::EMPTY;
    row.fold_value(outcome);
    let (trace, milestones) = (hex(*trace), hex(*milestones));
    format!("{trace} {seed} {plan:016x} {milestones} {row} {}", verdict.word())
}

/// Verifies these seeds. `arguments` turn a question into the arguments of this program by which a
/// child process answers it; the scenario is given to its stdin. A signal ends the run in hand, and
/// what is known by then is handed out.
///
/// # Errors
/// If a child process cannot be run.
pub fn verify(
    experiment: &dyn Experiment,
    seeds: &[u64],
    arguments: &dyn Fn(&Question) -> Vec<String>,
    stop: &Stop,
) -> io::Result<Verified> {
    let options = Options { interrupt: Some(stop.signal()), ..Options::default() };
    let first = seeds.iter().map(|seed| experiment.run(*seed, &options));
    // A run that was given up is none.
    let first: Vec<Outcome> = first.take_while(|_| options.goes_on()).collect();
    let seeds = first.len() as u64;
    let verified = Verified { seeds, twins: 0, differing: None, is_cut_short: false };
    let mut twins = Twins { experiment, options: &options, first: &first, verified };
    twins.inside();
    if twins.goes_on() {
        twins.outside(arguments, stop)?;
    }
    twins.verified.is_cut_short = !options.goes_on();
    Ok(twins.verified)
}

/// The runs that are verified, and what their twins have come to so far.
struct Twins<'a> {
    experiment: &'a dyn Experiment,
    options: &'a Options,
    first: &'a [Outcome],
    verified: Verified,
}

impl Twins<'_> {
    fn goes_on(&self) -> bool {
        self.options.goes_on() && self.verified.differing.is_none()
    }

    /// Runs all again in this process.
    fn inside(&mut self) {
        let (experiment, options) = (self.experiment, self.options);
        let straight: Vec<usize> = (0..self.first.len()).collect();
        let mut order = straight.clone();
        shuffle(&mut Stream::new(0, "verify"), &mut order);
        let again = |seed: u64| experiment.run(seed, options);
        let apart = |seed: u64| elsewhere(experiment, seed, options);
        self.compare("again in the same thread", &again, &straight);
        self.compare("in another thread", &apart, &straight);
        self.compare("in another order", &again, &order);
    }

    /// Runs them again in one way, in this order, until one differs.
    fn compare(&mut self, how: &'static str, run: &dyn Fn(u64) -> Outcome, order: &[usize]) {
        for first in order.iter().map(|at| &self.first[*at]) {
            if !self.goes_on() {
                return;
            }
            let twin = run(first.seed);
            if !self.options.goes_on() {
                return;
            }
            self.verified.twins += 1;
            if !is_same(first, &twin) {
                self.verified.differing = Some(Twin {
                    seed: first.seed,
                    digests: (first.trace, twin.trace),
                    how,
                    record: record(self.experiment, first.seed, self.options),
                });
            }
        }
    }

    /// Lets child processes run them again.
    fn outside(
        &mut self,
        arguments: &dyn Fn(&Question) -> Vec<String>,
        stop: &Stop,
    ) -> io::Result<()> {
        let is_known = cfg!(all(target_os = "linux", target_arch = "x86_64"));
        for (how, is_older_cpu) in
            [("in another process", false), ("in a process with another processor", true)]
        {
            if is_older_cpu && !is_known {
                continue;
            }
            let child = Child { experiment: self.experiment, arguments, stop, is_older_cpu };
            let seeds = self.first.iter().map(|outcome| outcome.seed).collect();
            let Some(lines) = child.ask(&Question::Digests(seeds))? else { return Ok(()) };
            self.verified.twins += lines.len() as u64;
            for (at, outcome) in self.first.iter().enumerate() {
                let line = lines.get(at).map_or("", String::as_str);
                if line != digests(outcome) {
                    self.verified.differing = Some(child.differing(outcome, line, how)?);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

struct Child<'a> {
    experiment: &'a dyn Experiment,
    arguments: &'a dyn Fn(&Question) -> Vec<String>,
    stop: &'a Stop,
    is_older_cpu: bool,
}

/// How long nobody looks whether a signal has come.
const GLANCE: Duration = Duration::from_millis(20);

impl Child<'_> {
    /// What it answers; `None` if a signal came first.
    fn ask(&self, question: &Question) -> io::Result<Option<Vec<String>>> {
        let mut command = Command::new(env::current_exe()?);
        command.args((self.arguments)(question)).current_dir(env::temp_dir()).env_clear();
        command.env("TZ", "Asia/Kathmandu").env("LC_ALL", "tr_TR.UTF-8").env("HOME", "/");
        // Without it a process of Windows has no sockets and no random numbers.
        if let Some(root) = env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        if self.is_older_cpu {
            command.env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn()?;
        let (sender, told) = mpsc::channel();
        let mut stdout = child.stdout.take().expect("it was piped");
        thread::spawn(move || {
            let mut text = Vec::new();
            let read = stdout.read_to_end(&mut text);
            // Who was interrupted does not listen any more.
            let _ = sender.send(read.map(|_| text));
        });
        let text = self.experiment.scenario().source().whole();
        let written = match child.stdin.take() {
            Some(mut stdin) => stdin.write_all(text.as_bytes()),
            None => Ok(()),
        };
        let answer = loop {
            match told.recv_timeout(GLANCE) {
                Err(RecvTimeoutError::Timeout) if self.is_interrupted() => break None,
                Err(RecvTimeoutError::Timeout) => {}
                answer => break answer.ok(),
            }
        };
        if answer.is_none() {
            let _ = child.kill();
        }
        let status = child.wait()?;
        // What is sent from the terminal is for both, and the child may be gone before this process
        // has been told.
        if !status.success() && !self.is_interrupted() {
            thread::park_timeout(GLANCE);
        }
        match answer {
            _ if self.is_interrupted() => Ok(None),
            Some(answer) if status.success() => {
                let text = written.and(answer)?;
                Ok(Some(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()))
            }
            _ => Err(io::Error::other(format!("a twin process ended with {status}"))),
        }
    }

    fn is_interrupted(&self) -> bool {
        self.stop.asked().is_some_and(Stopped::is_signal)
    }

    /// Where a run of the child parts from ours: the window between two checkpoints first, then the
    /// record in it. Of a signal that comes while it is sought no more is told than that.
    fn differing(&self, ours: &Outcome, line: &str, how: &'static str) -> io::Result<Twin> {
        let seed = ours.seed;
        let theirs = line.split(' ').next().unwrap_or_default();
        let theirs = u64::from_str_radix(theirs, 16).ok();
        let (every, kept) = self.experiment.checkpoints(seed);
        let mut twin = Twin { seed, digests: (ours.trace, theirs), how, record: None };
        let Some(answer) = self.ask(&Question::Checkpoints(seed))? else { return Ok(twin) };
        let mut answer = answer.iter();
        let their_every = answer.next().and_then(|every| every.parse().ok()).unwrap_or(every);
        let their_kept: Vec<u64> =
            answer.filter_map(|digest| u64::from_str_radix(digest, 16).ok()).collect();
        let begin = last_common((every, &kept), (their_every, &their_kept));
        let end = begin.saturating_add(every.max(their_every));
        let question = Question::Records(seed, begin, end);
        if let Some(theirs_told) = self.ask(&question)? {
            let ours_told = self::answer(self.experiment, &question);
            twin.record = first_line(&ours_told, &theirs_told);
        }
        Ok(twin)
    }
}

/// The last event up to which the checkpoints of two runs are the same.
pub(super) fn last_common(one: (u64, &[u64]), other: (u64, &[u64])) -> u64 {
    let step = one.0.max(other.0).max(1);
    let at = |(every, kept): (u64, &[u64]), event: u64| {
        let place = (event / every.max(1)).checked_sub(1)?;
        kept.get(usize::try_from(place).ok()?).copied()
    };
    let mut common = 0;
    while at(one, common + step).is_some() && at(one, common + step) == at(other, common + step) {
        common += step;
    }
    common
}

fn first_line(ours: &[String], theirs: &[String]) -> Option<(String, String)> {
    let at = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at))?;
    let told = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| ENDED.to_owned());
    Some((told(ours), told(theirs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_begins_at_the_last_checkpoint_that_both_share() {
        assert_eq!(last_common((64, &[1, 2, 3]), (64, &[1, 2, 4])), 128);
        assert_eq!(last_common((64, &[9, 2]), (64, &[1, 2])), 0);
        // One has run longer and let go of every second checkpoint.
        assert_eq!(last_common((64, &[1, 2, 3, 4]), (128, &[2, 5])), 128);
        assert_eq!(last_common((64, &[]), (64, &[])), 0);
    }

    #[test]
    fn the_first_line_that_differs_or_is_missing_is_told() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let told = first_line(&lines("abc"), &lines("abd"));
        assert_eq!(told, Some(("c".to_owned(), "d".to_owned())));
        let told = first_line(&lines("ab"), &lines("abd"));
        assert_eq!(told, Some((ENDED.to_owned(), "d".to_owned())));
        assert_eq!(first_line(&lines("ab"), &lines("ab")), None);
    }
}
