//! The columns of `runs.csv` and `violations.csv`: one table of names and meanings, which the
//! header, the rows and `docs/columns.md` follow.

use super::tame::cell;
use crate::fault::Action;
use crate::metric::Gauge;
use crate::observe::{Outcome, Pace, Standstill};
use crate::time::Duration;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds, with its unit.
    pub meaning: &'static str,
    value: fn(&str, &Outcome) -> String,
}

macro_rules! columns {
    ($(#[$doc:meta])* $table:ident: $($name:literal, $meaning:literal, $value:expr;)*) => {
        $(#[$doc])*
        pub const $table: &[Column] =
            &[$(Column { name: $name, meaning: $meaning, value: $value }),*];
    };
}

columns! {
    /// The columns of `runs.csv`, a row a seed. Behind them stands `metric_<name>` for each number
    /// that the algorithm's metrics tell, `depth_<name>` for each measure of how deep a run got,
    /// and `n_<word>` for each word that the family can observe.
    COLUMNS:
    "scenario", "the scenario's name", |name, _| cell(name).into_owned();
    "seed", "the seed", |_, o| o.seed.to_string();
    "verdict", "pass, violation, stall, inconclusive or panic", |_, o| o.verdict.word().to_owned();
    "detail", "the invariant, property or budget behind the verdict, or what the panic said",
        |_, o| cell(o.verdict.detail()).into_owned();
    "at_ns", "when the run was over, in true time: at the violation, or at the end",
        |_, o| o.ended_at.as_nanos().to_string();
    "trace", "the digest of everything that happened, 16 hex digits; empty if digests were off",
        |_, o| hex(o.trace);
    "milestones",
        "the digest of what was observed, without times, 16 hex digits; empty if digests were off",
        |_, o| hex(o.milestones);
    "plan", "the digest of the schedule, 16 hex digits", |_, o| hex(Some(o.plan));
    "events", "events of every kind", |_, o| o.counts.events.to_string();
    "sent", "messages sent, second copies not counted", |_, o| o.counts.sent.to_string();
    "delivered", "messages delivered, second copies included",
        |_, o| o.counts.delivered.to_string();
    "lost", "messages lost by chance", |_, o| o.counts.lost.to_string();
    "cut", "messages that a cut kept back", |_, o| o.counts.cut.to_string();
    "undeliverable", "messages to nodes that were down", |_, o| o.counts.undeliverable.to_string();
    "duplicated", "second copies of messages", |_, o| o.counts.duplicated.to_string();
    "made_up", "copies in another's name, at another node, or long after",
        |_, o| o.counts.made_up.to_string();
    "corrupted", "messages that their receivers found spoilt",
        |_, o| o.counts.corrupted.to_string();
    "throttled", "messages that found the queue of their link full",
        |_, o| o.counts.throttled.to_string();
    "held", "messages that a fault held back; they may arrive later",
        |_, o| o.counts.held.to_string();
    "unroutable", "messages for which the topology has no way, or whose next node is down",
        |_, o| o.counts.unroutable.to_string();
    "overflowed", "messages that found the queue of a narrow link full, without a fault",
        |_, o| o.counts.overflowed.to_string();
    "forwarded", "how often messages were handed on by nodes on their way",
        |_, o| o.counts.forwarded.to_string();
    "timers", "timers that came due", |_, o| o.counts.timers.to_string();
    "boots", "boots, first ones included", |_, o| o.counts.boots.to_string();
    "commanded", "commands that nodes were given", |_, o| o.counts.commanded.to_string();
    "unheard", "commands to nodes that were down or to roles that nobody played",
        |_, o| o.counts.unheard.to_string();
    "answered", "commands whose client had its answer", |_, o| o.counts.answered.to_string();
    "given_up", "commands whose client waited in vain: what became of them it does not know",
        |_, o| o.counts.given_up.to_string();
    "faults_crash", "crashes that struck", |_, o| struck(o, 0);
    "faults_pause", "pauses that struck", |_, o| struck(o, 1);
    "faults_partition", "partitions and isolations that struck", |_, o| struck(o, 2);
    "faults_cut", "one-way cuts that struck", |_, o| struck(o, 3);
    "faults_loss", "losses that struck", |_, o| struck(o, 4);
    "faults_drift", "drifts that struck", |_, o| struck(o, 5);
    "faults_jump", "jumps of a wall clock that struck", |_, o| struck(o, 6);
    "faults_duplication", "duplications of messages that struck", |_, o| of(o, "duplication");
    "faults_corruption", "corruptions of messages that struck", |_, o| of(o, "corruption");
    "faults_delay", "delays of messages, and slow links, that struck", |_, o| of(o, "delay");
    "faults_reorder", "reorderings of messages that struck", |_, o| of(o, "reorder");
    "faults_hold", "holds of messages or links that struck", |_, o| of(o, "hold");
    "faults_throttle", "throttles of links that struck", |_, o| of(o, "throttle");
    "faults_strobe", "strobes of a wall clock that struck", |_, o| of(o, "strobe");
    "faults_suspend", "suspensions of a machine that struck", |_, o| of(o, "suspend");
    "faults_freeze", "freezes of a monotonic clock that struck", |_, o| of(o, "freeze");
    "faults_slow_disk", "slow disks that struck", |_, o| of(o, "slow-disk");
    "faults_failing_disk", "failing disks that struck", |_, o| of(o, "failing-disk");
    "faults_lying_disk", "lying disks that struck", |_, o| of(o, "lying-disk");
    "faults_stalled_disk", "stalled disks that struck", |_, o| of(o, "stalled-disk");
    "faults_full_disk", "full disks that struck", |_, o| of(o, "full-disk");
    "faults_crash_loop", "crash loops that struck", |_, o| of(o, "crash-loop");
    "faults_death", "crashes for good that struck", |_, o| of(o, "death");
    "faults_stall", "stalls inside a step that struck", |_, o| of(o, "stall");
    "faults_slow", "slownesses of nodes that struck", |_, o| of(o, "slow");
    "faults_spread", "faults that struck several nodes one after another, each by one of its own",
        |_, o| of(o, "spread");
    "faults_forgery", "forgeries that struck", |_, o| of(o, "forgery");
    "faults_misdelivery", "misdeliveries that struck", |_, o| of(o, "misdelivery");
    "faults_replay", "replays of messages that struck", |_, o| of(o, "replay");
    "faults_acted", "faults that had an effect",
        |_, o| o.faults.iter().filter(|fault| fault.effects > 0).count().to_string();
    "fault_effects",
        "what all faults did: messages harmed, writes lost, timers bent, clocks misread, nodes hit",
        |_, o| o.faults.iter().map(|fault| fault.effects).sum::<u64>().to_string();
    "availability_ppm", "the share of the run during which the service was there, in millionths",
        |_, o| figure(o, |f| Some(f.availability_ppm(o.length())));
    "unavailable_ns", "how long the service was not there",
        |_, o| figure(o, |f| Some(f.unavailable.as_nanos()));
    "first_ns", "how long after the beginning the service was first there",
        |_, o| figure(o, |f| nanos(f.first));
    "failovers", "outages after that which ended",
        |_, o| figure(o, |f| Some(f.failovers.len() as u64));
    "failover_p50_ns", "the median length of these outages (nearest rank)",
        |_, o| figure(o, |f| nanos(f.failover_percentile(50)));
    "failover_p99_ns", "the length that 99 in 100 of them do not exceed (nearest rank)",
        |_, o| figure(o, |f| nanos(f.failover_percentile(99)));
    "failover_max_ns", "the length of the longest of them",
        |_, o| figure(o, |f| nanos(f.failovers.iter().max().copied()));
    "recovery_ns", "how long after the heal the service was there; zero if it was there already",
        |_, o| figure(o, |f| nanos(f.recovery()));
    "probes", "probes of the service whose window was over before the run was",
        |_, o| figure(o, |f| f.probed.map(|probed| probed.asked));
    "probes_served", "probes of these that were answered in their window",
        |_, o| figure(o, |f| f.probed.map(|probed| probed.served));
    "pace", "slow or stuck: a service that came too late, in a run with ten times the bound",
        |_, o| standstill(o, |late| Some(pace(late.pace).0.to_owned()));
    "late_ns", "how long after the heal it came at last, where it is slow",
        |_, o| standstill(o, |late| nanos(pace(late.pace).1).map(|nanos| nanos.to_string()));
    "excused", "what the algorithm needs and did not have, where that excuses the run",
        |_, o| standstill(o, Standstill::excuse);
    "outside", "assumptions that the faults went beyond on purpose, separated by spaces",
        |_, o| o.outside.iter().map(|broken| broken.word()).collect::<Vec<_>>().join(" ");
    "missing", "required milestones that never happened, separated by spaces",
        |_, o| cell(&o.missing.join(" ")).into_owned();
}

/// The columns of `violations.csv`, a row a violation, with what each holds.
pub const VIOLATION_COLUMNS: &[(&str, &str)] = &[
    ("scenario", "the scenario's name"),
    ("seed", "the seed"),
    ("invariant", "the invariant that does not hold"),
    ("message", "what is wrong, with the values in it"),
    ("at_ns_1", "when the first witness was seen, in true time"),
    ("event_1", "the number of its event"),
    ("node_1", "its node"),
    ("what_1", "what was said or done"),
    ("at_ns_2", "the same of the second witness"),
    ("event_2", "the same of the second witness"),
    ("node_2", "the same of the second witness"),
    ("what_2", "the same of the second witness"),
    ("at_ns_3", "the same of the third witness"),
    ("event_3", "the same of the third witness"),
    ("node_3", "the same of the third witness"),
    ("what_3", "the same of the third witness"),
];

/// A digest as 16 hex digits; nothing if there is none.
pub fn hex(digest: Option<u64>) -> String {
    digest.map_or_else(String::new, |digest| format!("{digest:016x}"))
}

fn nanos(length: Option<Duration>) -> Option<u64> {
    length.map(Duration::as_nanos)
}

fn figure(
    outcome: &Outcome,
    figure: impl FnOnce(&crate::observe::Figures) -> Option<u64>,
) -> String {
    outcome.service.as_ref().and_then(figure).map_or_else(String::new, |n| n.to_string())
}

fn standstill(outcome: &Outcome, tell: impl FnOnce(&Standstill) -> Option<String>) -> String {
    outcome.standstill.as_ref().and_then(tell).unwrap_or_default()
}

/// The word for it, and when the service came at last.
pub(super) const fn pace(pace: Pace) -> (&'static str, Option<Duration>) {
    match pace {
        Pace::Slow(after) => ("slow", Some(after)),
        Pace::Stuck => ("stuck", None),
    }
}

fn struck(outcome: &Outcome, family: usize) -> String {
    of(outcome, Action::FAMILIES[family])
}

/// How many faults of a family struck.
fn of(outcome: &Outcome, family: &str) -> String {
    let struck = outcome.faults.iter().filter(|f| f.family == family && f.struck.is_some());
    struck.count().to_string()
}

/// The header of `runs.csv` for an algorithm with these metrics and measures of depth and a family
/// with these words.
pub fn header(metrics: &[Gauge], depths: &[&str], words: &[&str]) -> Vec<String> {
    let named = |prefix: &str, name: &str| format!("{prefix}_{}", name.replace('-', "_"));
    let own = COLUMNS.iter().map(|column| column.name.to_owned());
    let depths = depths.iter().map(|depth| named("depth", depth));
    let metrics = metrics.iter().map(|gauge| named("metric", gauge.name));
    own.chain(metrics).chain(depths).chain(words.iter().map(|word| named("n", word))).collect()
}

/// The row of a run.
pub fn row(scenario: &str, outcome: &Outcome) -> Vec<String> {
    let read = |value: &Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let metrics = outcome.metrics.iter().map(read);
    let counted = outcome.depths.iter().chain(&outcome.words).map(u64::to_string);
    COLUMNS
        .iter()
        .map(|column| (column.value)(scenario, outcome))
        .chain(metrics)
        .chain(counted)
        .collect()
}

/// The rows of a run's violations.
pub fn violation_rows(scenario: &str, outcome: &Outcome) -> Vec<Vec<String>> {
    let rows = outcome.violations.iter().map(|violation| {
        let mut row = vec![
            cell(scenario).into_owned(),
            outcome.seed.to_string(),
            violation.invariant.to_owned(),
            cell(&violation.message).into_owned(),
        ];
        for witness in violation.witnesses.iter().take(3) {
            row.push(witness.at.as_nanos().to_string());
            row.push(witness.event.to_string());
            row.push(witness.node.to_string());
            row.push(cell(&witness.what).into_owned());
        }
        row.resize(VIOLATION_COLUMNS.len(), String::new());
        row
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_family_has_its_column() {
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        let first = names.iter().position(|name| *name == "faults_crash").expect("it is there");
        for (family, name) in Action::FAMILIES.iter().zip(&names[first..]) {
            assert_eq!(*name, format!("faults_{family}").replace('-', "_"));
        }
    }
}
