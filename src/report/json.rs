//! Runs as JSON Lines: `v` is the version of the form, `kind` says what a line is. Digests are
//! text, for many readers of JSON keep only 53 bits of a number.

use crate::observe::{Outcome, Row};
use serde_json::{Map, Value, json};

/// A run. `words` are the family's, in the order of [`Outcome::words`]; `depths` the algorithm's,
/// in the order of [`Outcome::depths`].
pub fn outcome(scenario: &str, words: &[&str], depths: &[&str], outcome: &Outcome) -> Value {
    let deep = depths.iter().zip(&outcome.depths);
    let deep: Map<String, Value> = deep.map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
    let counted: Map<String, Value> =
        words.iter().zip(&outcome.words).map(|(word, n)| ((*word).to_owned(), json!(n))).collect();
    let service = outcome.service.as_ref().map(|figures| {
        json!({
            "availability_ppm": figures.availability_ppm(outcome.length()),
            "unavailable_ns": figures.unavailable.as_nanos(),
            "first_ns": figures.first.map(|length| length.as_nanos()),
            "failovers_ns": figures.failovers.iter().map(|f| f.as_nanos()).collect::<Vec<_>>(),
            "recovery_ns": figures.recovery.map(|length| length.as_nanos()),
            "down_at_end_ns": figures.down_at_end.map(|gone| gone.as_nanos()),
        })
    });
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
        "service": service,
        "violations": violations.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
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
