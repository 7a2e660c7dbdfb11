//! Perturbed twins: the same seeds again in the same thread, in another one, in another order, and
//! in processes with another environment. All must be the same to the last bit.

use super::stop::Stop;
use super::twin::{ENDED, Twin, elsewhere, full, is_same, record};
use crate::catalog::{Experiment, Options};
use crate::fingerprint::Fingerprint;
use crate::observe::Outcome;
use crate::report::{hex, plain_row};
use crate::rng::{Stream, shuffle};
use std::env;
use std::io::{self, Write};
use std::process::{Command, Stdio};

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
            experiment.tell(*seed, &full(), &mut |row| {
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
/// child process answers it; the scenario is given to its stdin.
///
/// # Errors
/// If a child process cannot be run.
pub fn verify(
    experiment: &dyn Experiment,
    seeds: &[u64],
    arguments: &dyn Fn(&Question) -> Vec<String>,
    stop: &Stop,
) -> io::Result<Verified> {
    let plain = Options::default();
    let first: Vec<Outcome> = seeds.iter().map(|seed| experiment.run(*seed, &plain)).collect();
    let mut verified = Verified { seeds: seeds.len() as u64, twins: 0, differing: None };
    let mut order: Vec<usize> = (0..seeds.len()).collect();
    shuffle(&mut Stream::new(0, "verify"), &mut order);
    let straight: Vec<usize> = (0..seeds.len()).collect();
    let again = |seed: u64| experiment.run(seed, &plain);
    let apart = |seed: u64| elsewhere(experiment, seed, &plain);
    type Rerun<'a> = &'a dyn Fn(u64) -> Outcome;
    let inside: [(&str, Rerun<'_>, &[usize]); 3] = [
        ("again in the same thread", &again, &straight),
        ("in another thread", &apart, &straight),
        ("in another order", &again, &order),
    ];
    for (how, run, order) in inside {
        for &at in order {
            if stop.asked().is_some() {
                return Ok(verified);
            }
            let twin = run(seeds[at]);
            verified.twins += 1;
            if !is_same(&first[at], &twin) {
                verified.differing = Some(Twin {
                    seed: seeds[at],
                    digests: (first[at].trace, twin.trace),
                    how,
                    record: record(experiment, seeds[at]),
                });
                return Ok(verified);
            }
        }
    }
    for (how, is_older_cpu) in
        [("in another process", false), ("in a process with another processor", true)]
    {
        if is_older_cpu && !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            continue;
        }
        let child = Child { experiment, arguments, is_older_cpu };
        let lines = child.ask(&Question::Digests(seeds.to_vec()))?;
        verified.twins += lines.len() as u64;
        for (at, outcome) in first.iter().enumerate() {
            let line = lines.get(at).map_or("", String::as_str);
            if line != digests(outcome) {
                verified.differing = Some(child.differing(outcome, line, how)?);
                return Ok(verified);
            }
        }
    }
    Ok(verified)
}

struct Child<'a> {
    experiment: &'a dyn Experiment,
    arguments: &'a dyn Fn(&Question) -> Vec<String>,
    is_older_cpu: bool,
}

impl Child<'_> {
    fn ask(&self, question: &Question) -> io::Result<Vec<String>> {
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
        let text = self.experiment.scenario().source().whole();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("a twin process ended with {}", output.status)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// Where a run of the child parts from ours: the window between two checkpoints first, then the
    /// record in it.
    fn differing(&self, ours: &Outcome, line: &str, how: &'static str) -> io::Result<Twin> {
        let seed = ours.seed;
        let theirs = line.split(' ').next().unwrap_or_default();
        let theirs = u64::from_str_radix(theirs, 16).ok();
        let (every, kept) = self.experiment.checkpoints(seed);
        let answer = self.ask(&Question::Checkpoints(seed))?;
        let mut answer = answer.iter();
        let their_every = answer.next().and_then(|every| every.parse().ok()).unwrap_or(every);
        let their_kept: Vec<u64> =
            answer.filter_map(|digest| u64::from_str_radix(digest, 16).ok()).collect();
        let begin = last_common((every, &kept), (their_every, &their_kept));
        let end = begin.saturating_add(every.max(their_every));
        let question = Question::Records(seed, begin, end);
        let theirs_told = self.ask(&question)?;
        let ours_told = self::answer(self.experiment, &question);
        let record = first_line(&ours_told, &theirs_told);
        Ok(Twin { seed, digests: (ours.trace, theirs), how, record })
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
