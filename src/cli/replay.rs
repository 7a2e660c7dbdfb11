//! `replay`: the same run again, and what became of it since it was written down.

use super::arguments::Replay;
use super::files::Opened;
use super::verify::twin_arguments;
use super::{Exit, Host};
use crate::catalog::Options;
use crate::fault::Unfired;
use crate::observe::{Moment, Outcome, Place, TraceLevel};
use crate::report::{moment, moment_line, plain_row, why};
use crate::runner::{
    Answer, Parting, Replayed, Stop, Tally, Unmet, first_parting, repeat, replay, slice, verify,
};
use crate::scenario::Scenario;
use crate::time::SimTime;
use serde_json::{Value, json};

impl Host<'_> {
    /// Obeys `replay`.
    pub fn replay(&mut self, arguments: &Replay) -> Exit {
        let one = match self.open_one(&arguments.scenario) {
            Ok(one) => one,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        let seed = one.experiment.scenario().seed(arguments.seed);
        let place = match (arguments.at, arguments.around) {
            (Some(at), _) => Some(Place::At(SimTime::ZERO + at)),
            (None, around) => around.map(Place::Behind),
        };
        if let Some(place) = place {
            return self.show(arguments, (&one, seed), place);
        }
        if arguments.node.is_some() {
            self.terminal.error("`--node` says of whom; say when by `--at` or `--around`");
            return Exit::Usage;
        }
        if let Some(against) = &arguments.against {
            return match self.open_one(against) {
                Ok(other) => self.hold_against(arguments, (&one, seed), &other),
                Err(said) => {
                    self.terminal.say(&said);
                    Exit::Usage
                }
            };
        }
        let experiment = &*one.experiment;
        let replayed = replay(experiment, seed, arguments.digest, arguments.by_aim);
        let options = options(arguments);
        let exit = match self.twins(arguments, (&one, &options), &replayed.outcome) {
            Exit::AsExpected => exit(&one, &replayed),
            exit => exit,
        };
        if arguments.json {
            self.terminal.print(&json_line(&one, &replayed, &options).to_string());
            return exit;
        }
        let recorded = experiment.scenario().recorded().map(|recorded| &*recorded.version);
        for line in told(&replayed, recorded) {
            self.terminal.print(&line);
        }
        let again = match arguments.by_aim {
            true => format!("{} replay {} --seed {seed} --by-aim", self.program, one.path),
            false => self.again(&one, seed),
        };
        self.tell_story(&one, (&options, &replayed.outcome), &[], &again);
        exit
    }

    /// Shows the world at a moment.
    fn show(&mut self, arguments: &Replay, (one, seed): (&Opened, u64), place: Place) -> Exit {
        let experiment = &*one.experiment;
        let only = arguments.node.map(|node| node.0);
        let size = experiment.scenario().roles().size() as u32;
        if let Some(node) = only.filter(|node| node.number() >= size) {
            self.terminal.error(&format!("there is no node {node}; the last one is n{}", size - 1));
            return Exit::Usage;
        }
        let options = options(arguments);
        let then = experiment.moment(seed, &options, place);
        if let Some(problem) = past_the_end(experiment.scenario(), &then, place) {
            self.terminal.error(&problem);
            return Exit::Usage;
        }
        if arguments.json {
            self.terminal.print(&moment_line(&then, only).to_string());
            return Exit::AsExpected;
        }
        if let Place::Behind(event) = place {
            let window = event.saturating_sub(AROUND)..=event.saturating_add(AROUND);
            let options = Options { trace: TraceLevel::Full, ..options };
            let terminal = &mut self.terminal;
            experiment.tell(seed, &options, &mut |row| {
                if window.contains(&row.event) && only.is_none_or(|only| only == row.node) {
                    terminal.print(&plain_row(row));
                }
            });
        }
        self.terminal.print(&moment(&then, only));
        Exit::AsExpected
    }

    /// Whether the run is the same twice; with `--twice` in other processes too.
    fn twins(
        &mut self,
        arguments: &Replay,
        (one, options): (&Opened, &Options),
        outcome: &Outcome,
    ) -> Exit {
        let experiment = &*one.experiment;
        let differing = if arguments.twice {
            let stop = Stop::default();
            match verify(experiment, &[outcome.seed], &twin_arguments, &stop) {
                Ok(verified) => verified.differing,
                Err(error) => {
                    self.terminal.error(&format!("no twin process could be asked: {error}"));
                    return Exit::Internal;
                }
            }
        } else {
            repeat(experiment, outcome, options)
        };
        match differing {
            Some(twin) => {
                self.tell_twin(&twin);
                Exit::NotDeterministic
            }
            None => Exit::AsExpected,
        }
    }

    /// Holds the runs of two files against each other, record by record.
    fn hold_against(
        &mut self,
        arguments: &Replay,
        (one, seed): (&Opened, u64),
        other: &Opened,
    ) -> Exit {
        let old_seed = other.experiment.scenario().seed(arguments.seed);
        let parting = first_parting((&*other.experiment, old_seed), (&*one.experiment, seed));
        let (path, old) = (&one.path, &other.path);
        if arguments.json {
            let line = json!({
                "v": 1, "kind": "comparison", "scenario": path, "against": old,
                "is_same": parting.is_none(), "parting": parting.as_ref().map(json_parting),
            });
            self.terminal.print(&line.to_string());
        } else {
            self.terminal.print(&match &parting {
                None => format!("identical: {path} and {old} are the same run, record by record"),
                Some(parting) => {
                    let lines = [format!("{path} differs from {old}{}", place(parting))];
                    lines.into_iter().chain(records(parting)).collect::<Vec<_>>().join("\n")
                }
            });
        }
        if parting.is_none() { Exit::AsExpected } else { Exit::Failed }
    }
}

/// Why there is no such moment: the run was over before.
fn past_the_end(scenario: &Scenario, then: &Moment, place: Place) -> Option<String> {
    let end = scenario.end();
    match place {
        Place::At(at) if at > end => Some(format!("the run is over at {end}; name a moment of it")),
        Place::Behind(event) if event > then.event => {
            let last = then.event;
            Some(format!("there is no event {event}; the last one of this run is {last}"))
        }
        _ => None,
    }
}

/// How a run is replayed.
fn options(arguments: &Replay) -> Options {
    Options { by_aim: arguments.by_aim, ..Options::default() }
}

/// How many events are told on each side of one.
const AROUND: u64 = 5;

fn exit(one: &Opened, replayed: &Replayed) -> Exit {
    let experiment = &*one.experiment;
    let mut tally = Tally::new(experiment.scenario(), experiment.words());
    tally.add(&replayed.outcome);
    let alone = Exit::from(tally.judge_alone());
    match replayed.answer {
        Answer::NoLongerApplies(..) => Exit::Vacuous,
        Answer::AnotherFinding(_) => Exit::Failed.and(alone),
        _ => alone,
    }
}

/// The answer, in lines.
fn told(replayed: &Replayed, recorded: Option<&str>) -> Vec<String> {
    let by = recorded.map_or_else(String::new, |version| format!(" by stormseed {version}"));
    let finding = match replayed.outcome.verdict.word() {
        "violation" => "same violation",
        "stall" => "same stall",
        "panic" => "same panic",
        _ => "same verdict",
    };
    let (answer, unmet): (String, &[Unmet]) = match &replayed.answer {
        Answer::Identical => (format!("identical: the same trace as was recorded{by}"), &[]),
        Answer::Unrecorded => {
            let text = "the same run twice; nothing was recorded to hold it against";
            (format!("{text} (`freeze` and `--digest` do)"), &[])
        }
        Answer::SameFinding(parting) => {
            (format!("{finding}, trace differs{}", place(parting)), &[])
        }
        Answer::Passes(parting) => {
            let text = "passes, and every planned fault still acted: likely fixed; trace differs";
            (format!("{text}{}", place(parting)), &[])
        }
        Answer::NoLongerApplies(parting, unmet) => {
            let text = "passes, but the plan no longer applies; trace differs";
            (format!("{text}{}", place(parting)), unmet)
        }
        Answer::AnotherFinding(parting) => {
            (format!("not what was recorded: the trace differs{}", place(parting)), &[])
        }
    };
    let parting = replayed.answer.parting();
    let records = parting.into_iter().flat_map(records);
    std::iter::once(answer).chain(records).chain(unmet.iter().map(in_words)).collect()
}

/// Where two runs part.
fn place(parting: &Parting) -> String {
    match parting.until {
        None => String::new(),
        Some(until) if until == parting.after + 1 => format!(" from event {until}"),
        Some(until) => format!(" from an event between {} and {until}", parting.after + 1),
    }
}

/// The records at which they part.
fn records(parting: &Parting) -> Vec<String> {
    match &parting.records {
        None => Vec::new(),
        Some((None, new)) => vec![format!("  the first record there is {new}")],
        Some((Some(old), new)) => vec![format!("  was {old}"), format!("  is  {new}")],
    }
}

fn in_words(unmet: &Unmet) -> String {
    let why = match unmet.why {
        None => "struck and did nothing",
        Some(Unfired::Ahead) => "did not strike: the run was over before",
        Some(Unfired::NoMilestone) => "did not strike: its milestone never came",
        Some(Unfired::NoService) => "did not strike: the service was not there again",
        Some(Unfired::StormOver) => "did not strike: the storm was over",
        Some(Unfired::Nobody) => "did not strike: nobody played its role",
        Some(Unfired::NotWhole) => "did not strike: whom it waited for was broken already",
        Some(Unfired::Budget) => "did not strike: it would harm too many disks",
    };
    format!("  fault {} ({}) {why}", unmet.fault.0, unmet.family)
}

fn json_parting(parting: &Parting) -> Value {
    let (old, new) = match &parting.records {
        Some((old, new)) => (old.clone(), Some(new.clone())),
        None => (None, None),
    };
    json!({ "after": parting.after, "until": parting.until, "old": old, "new": new })
}

fn json_line(one: &Opened, replayed: &Replayed, options: &Options) -> Value {
    let outcome = &replayed.outcome;
    let unmet = match &replayed.answer {
        Answer::NoLongerApplies(_, unmet) => unmet.as_slice(),
        _ => &[],
    };
    let unmet = unmet
        .iter()
        .map(|unmet| json!({ "fault": unmet.fault.0, "family": unmet.family, "why": unmet.why }));
    json!({
        "v": 1,
        "kind": "replay",
        "scenario": one.experiment.scenario().name(),
        "seed": outcome.seed,
        "answer": replayed.answer.word(),
        "verdict": outcome.verdict.word(),
        "detail": outcome.verdict.detail(),
        "at_ns": outcome.ended_at.as_nanos(),
        "trace": outcome.trace.map(|digest| format!("{digest:016x}")),
        "parting": replayed.answer.parting().map(json_parting),
        "unmet": unmet.collect::<Vec<_>>(),
        "why": why(&slice(&*one.experiment, outcome.seed, options, outcome)),
    })
}
