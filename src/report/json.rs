//! Runs as JSON Lines: `v` is the version of the form, `kind` says what a line is. Digests are
//! text, for many readers of JSON keep only 53 bits of a number.

use super::columns::pace;
use crate::metric::Gauge;
use crate::observe::{Orders, Outcome, Remainder, Row, Standstill};
use serde_json::{Map, Value, json};

/// A run. `words` are the family's, in the order of [`Outcome::words`]; `depths` and
/// `gauges` the algorithm's, in the order of [`Outcome::depths`] and [`Outcome::metrics`].
pub fn outcome(
    scenario: &str,
    words: &[&str],
    depths: &[&str],
    gauges: &[Gauge],
    outcome: &Outcome,
) -> Value {
    let told = gauges.iter().zip(&outcome.metrics);
    let told: Map<String, Value> =
        told.map(|(gauge, n)| (gauge.name.to_owned(), json!(n))).collect();
    let deep = depths.iter().zip(&outcome.depths);
    let deep: Map<String, Value> = deep.map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
    let counted: Map<String, Value> =
        words.iter().zip(&outcome.words).map(|(word, n)| ((*word).to_owned(), json!(n))).collect();
    let violations = outcome.violations.iter().map(|violation| {
        let witnesses = violation.witnesses.iter().map(|witness| {
            json!({
                "at_ns": witness.at.as_nanos(),
                "event": witness.event,
                "node": witness.node.number(),
                "what": witness.what,
            })
        });
        json!({
            "invariant": violation.invariant,
            "message": violation.message,
            "witnesses": witnesses.collect::<Vec<_>>(),
        })
    });
    let faults = outcome.faults.iter().map(|fault| {
        json!({
            "id": fault.id.0,
            "family": fault.family,
            "struck_ns": fault.struck.as_ref().map(|struck| struck.at.as_nanos()),
            "nodes": fault.struck.as_ref()
                .map(|struck| struck.nodes.iter().map(|n| n.number()).collect::<Vec<_>>()),
            "ended_ns": fault.ended.map(|ended| ended.as_nanos()),
            "effects": fault.effects,
        })
    });
    json!({
        "v": 1,
        "kind": "run",
        "scenario": scenario,
        "seed": outcome.seed,
        "verdict": outcome.verdict.word(),
        "detail": outcome.verdict.detail(),
        "at_ns": outcome.ended_at.as_nanos(),
        "trace": outcome.trace.map(|digest| format!("{digest:016x}")),
        "milestones": outcome.milestones.map(|digest| format!("{digest:016x}")),
        "plan": format!("{:016x}", outcome.plan),
        "counts": outcome.counts,
        "words": counted,
        "missing": outcome.missing,
        "outside": outcome.outside.iter().map(|one| one.word()).collect::<Vec<_>>(),
        "depths": deep,
        "metrics": told,
        "service": service(outcome),
        "standstill": outcome.standstill.as_ref().map(standstill),
        "violations": violations.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
    })
}

fn service(outcome: &Outcome) -> Option<Value> {
    outcome.service.as_ref().map(|figures| {
        json!({
            "availability_ppm": figures.availability_ppm(outcome.length()),
            "unavailable_ns": figures.unavailable.as_nanos(),
            "first_ns": figures.first.map(|length| length.as_nanos()),
            "failovers_ns": figures.failovers.iter().map(|f| f.as_nanos()).collect::<Vec<_>>(),
            "recovery_ns": figures.recovery().map(|length| length.as_nanos()),
            "down_at_end_ns": figures.down_at_end.map(|gone| gone.as_nanos()),
            "probes": figures.probed.map(|probed| probed.asked),
            "probes_served": figures.probed.map(|probed| probed.served),
        })
    })
}

fn standstill(late: &Standstill) -> Value {
    let (pace, late_after) = pace(late.pace);
    let (remainder, healed) = match late.remainder {
        Remainder::Nobody => ("nobody", None),
        Remainder::ToBlame(after) => ("to-blame", Some(after)),
        Remainder::Blameless => ("blameless", None),
    };
    let (commands, without) = match late.orders {
        Orders::Nobody => (0, None),
        Orders::ToBlame(commands, after) => (commands, Some(after)),
        Orders::Blameless(commands) => (commands, None),
    };
    json!({
        "property": late.property,
        "visits": late.visits,
        "longest_visit_ns": late.longest_visit.as_nanos(),
        "pace": pace,
        "late_ns": late_after.map(|after| after.as_nanos()),
        "remainder": remainder,
        "all_healed_ns": healed.map(|after| after.as_nanos()),
        "late_commands": commands,
        "without_commands_ns": without.map(|after| after.as_nanos()),
        "requires": late.requires.name(),
        "is_met": late.is_met,
        "is_excused": late.is_excused(),
    })
}

/// A record of a trace.
pub fn trace_row(row: &Row) -> Value {
    json!({
        "v": 1,
        "kind": "record",
        "event": row.event,
        "at_ns": row.at.as_nanos(),
        "node": row.node.number(),
        "what": row.kind,
        "peer": row.peer.map(|peer| peer.number()),
        "word": row.word,
        "detail": row.detail,
    })
}
