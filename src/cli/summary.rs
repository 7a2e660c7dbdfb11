//! What a sweep came to, for people and as JSON.

use super::check::expected;
use super::progress::now;
use super::sweep::seeds_text;
use crate::runner::{Judgement, Swept};
use crate::scenario::{Scenario, Seeds};
use serde_json::{Value, json};
use std::fmt;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A sweep of one scenario.
pub(super) struct Summary<'a> {
    pub scenario: &'a Scenario,
    pub seeds: &'a Seeds,
    pub swept: &'a Swept,
}

impl Summary<'_> {
    fn judgement(&self) -> Judgement {
        self.swept.tally.judge(self.swept.stopped)
    }

    /// As JSON, without anything that differs between two machines.
    pub fn json(&self) -> Value {
        let Swept { tally, stopped } = self.swept;
        let kinds = tally.kinds.iter().map(|kind| {
            json!({
                "verdict": kind.verdict, "detail": kind.detail, "runs": kind.runs,
                "first_seeds": kind.seeds,
            })
        });
        let faults: serde_json::Map<String, Value> = tally
            .faults
            .iter()
            .map(|(family, (acted, struck))| {
                ((*family).to_owned(), json!({ "struck": struck, "acted": acted }))
            })
            .collect();
        json!({
            "v": 1,
            "kind": "sweep",
            "stormseed": env!("CARGO_PKG_VERSION"),
            "scenario": self.scenario.name(),
            "scenario_digest": format!("{:016x}", self.scenario.digest()),
            "algorithm": self.scenario.algorithm(),
            "expect": expected(&self.scenario.expect().verdict),
            "judgement": self.judgement().word(),
            "is_complete": stopped.is_none(),
            "stopped": stopped.map(|stopped| stopped.word()),
            "seeds": seeds_text(self.seeds),
            "seeds_asked": self.seeds.count(),
            "runs": tally.runs,
            "passed": tally.passed,
            "vacuous": tally.vacuous,
            "excused": tally.excused,
            "unexpected": tally.unexpected,
            "first_unexpected": tally.first_unexpected,
            "first_failing": tally.first_failing,
            "findings": kinds.collect::<Vec<_>>(),
            "never_happened": tally.never_happened(),
            "faults": faults,
            "repeated": tally.repeated,
            "not_deterministic": tally.differing.as_ref().map(|twin| twin.seed),
        })
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Swept { tally, stopped } = self.swept;
        let name = self.scenario.name();
        let judged = match self.judgement() {
            Judgement::AsExpected => "as expected",
            Judgement::Failed => "NOT as expected",
            Judgement::Inconclusive => "inconclusive",
            Judgement::Vacuous => "vacuous",
            Judgement::NotDeterministic => "NOT deterministic",
        };
        writeln!(f, "{name}: {judged} ({})", expected(&self.scenario.expect().verdict))?;
        let (runs, asked) = (tally.runs, self.seeds.count());
        let seeds = seeds_text(self.seeds);
        let part = if stopped.is_some() { format!(" of {asked}") } else { String::new() };
        writeln!(f, "  {runs}{part} runs of the seeds {seeds}: {} passed", tally.passed)?;
        if let Some(stopped) = stopped {
            writeln!(f, "  incomplete: stopped by {}", stopped.word())?;
        }
        for kind in &tally.kinds {
            let seeds: Vec<String> = kind.seeds.iter().map(u64::to_string).collect();
            let more = if kind.runs > kind.seeds.len() as u64 { ", ..." } else { "" };
            let detail = crate::report::terminal(&kind.detail);
            let (verdict, runs) = (kind.verdict, kind.runs);
            writeln!(f, "  {runs} {verdict} ({detail}): seeds {}{more}", seeds.join(", "))?;
        }
        let acted = tally.faults.iter();
        let acted: Vec<String> =
            acted.map(|(family, (acted, struck))| format!("{family} {acted}/{struck}")).collect();
        if !acted.is_empty() {
            writeln!(f, "  faults that acted, of those that struck: {}", acted.join(", "))?;
        }
        if tally.vacuous > 0 {
            let total = tally.passed;
            writeln!(f, "  {} of {total} passes lack a required milestone", tally.vacuous)?;
        }
        if tally.excused > 0 {
            let total = tally.passed;
            writeln!(f, "  {} of {total} passes are excused: no progress was due", tally.excused)?;
        }
        if tally.has_no_storm() {
            writeln!(f, "  vacuous: {} faults were planned, and none struck", tally.planned)?;
        }
        if tally.has_said_nothing() {
            return writeln!(f, "  vacuous: no node said or heard anything, so nothing was judged");
        }
        for word in tally.never_happened() {
            writeln!(f, "  it never came to {word}, which the scenario requires")?;
        }
        for word in tally.never_outside() {
            writeln!(f, "  nothing of what is expected was found outside({word})")?;
        }
        if tally.differing.is_none() && tally.repeated > 0 {
            writeln!(f, "  {} of them repeated in another thread: the same", tally.repeated)?;
        }
        residual_risk(f, runs - tally.passed, runs)
    }
}

/// The rule of three: what so many runs without a failure leave open.
fn residual_risk(f: &mut fmt::Formatter<'_>, failed: u64, runs: u64) -> fmt::Result {
    if runs == 0 {
        return writeln!(f, "  nothing ran");
    }
    let share = |n: u64| {
        let millionths = n.saturating_mul(1_000_000) / runs;
        format!("{}.{:04} %", millionths / 10_000, millionths % 10_000)
    };
    match failed {
        0 if runs < 3 => writeln!(f, "  0 of {runs} failed: too few to bound the risk of a run"),
        0 => {
            let risk = share(3);
            writeln!(f, "  0 of {runs} failed: below 3/{runs} ({risk}) per run at 95 %")
        }
        _ => writeln!(f, "  {failed} of {runs} failed ({})", share(failed)),
    }
}

/// What differs between two machines, and nothing else.
pub(super) fn meta(begun: Instant, threads: usize) -> Value {
    #[expect(clippy::disallowed_methods, reason = "when it was written, for people")]
    let written = SystemTime::now();
    let written = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({
        "v": 1,
        "kind": "meta",
        "written_at_unix_seconds": written,
        "wall_clock_milliseconds": now().duration_since(begun).as_millis() as u64,
        "threads": threads,
        "cores": cores,
        "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
    })
}
