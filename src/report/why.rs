//! The causal slice of a violation in words: a line a step, told by what the node was told and what
//! came of it.

use super::story::wrapped;
use super::tame::terminal;
use crate::observe::{Row, Step};
use serde_json::{Value, json};
use std::fmt;

/// The slice of a violation; it prints as lines.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a>(pub &'a [Step]);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        writeln!(f, "  how it came about, as far as it depends on it")?;
        self.0.iter().try_for_each(|step| {
            let mark = if step.is_witness { '*' } else { ' ' };
            let head = format!("   {mark}{:>14}  {} ", step.at.to_string(), step.node);
            wrapped(f, &head, &sentence(step))
        })
    }
}

/// So many records that are alike are told one by one.
const ALIKE_MAX: usize = 2;

/// A step in words: `hears vote of n3 (term 4): writes .., declares ..`.
fn sentence(step: &Step) -> String {
    let mut said: Vec<String> = Vec::new();
    // A node that comes back tells all that it finds on its disk.
    let alike = |one: &Row, other: &Row| one.kind == other.kind && one.word == other.word;
    for run in step.records.chunk_by(alike) {
        said.extend(run.iter().take(ALIKE_MAX).map(in_words));
        if run.len() > ALIKE_MAX {
            said.push(format!("and {} more of these", run.len() - ALIKE_MAX));
        }
    }
    match said.split_first() {
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first}: {}", rest.join("; ")),
        None => String::new(),
    }
}

fn in_words(row: &Row) -> String {
    let detail = row.detail.replace(':', " ");
    // A hash says nothing to people.
    let is_hash = |word: &str| word.len() > 15 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = detail.split(' ').map(|word| if is_hash(word) { ".." } else { word });
    let detail = words.collect::<Vec<_>>().join(" ");
    let said = |verb: &str| {
        let text = format!("{verb} {} {detail}", row.word);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let of = row.peer.map_or_else(String::new, |peer| format!(" of {peer}"));
    let text = match row.kind {
        "boot" if row.detail == "boots:1" => "starts".to_owned(),
        "boot" => "restarts".to_owned(),
        "crash" => "crashes".to_owned(),
        "pause" => "stands still".to_owned(),
        "resume" => "goes on".to_owned(),
        "torn" => "finds its last write torn".to_owned(),
        "deliver" => match detail.is_empty() {
            true => format!("hears {}{of}", row.word),
            false => format!("hears {}{of} ({detail})", row.word),
        },
        "timer" => format!("waited long enough ({detail})"),
        "command" => said("is asked to"),
        "sync" if detail == "Done" => "has it on disk".to_owned(),
        "sync" => format!("is told of its disk: {detail}"),
        "believe" => said("believes"),
        "promise" => said("promises"),
        "write" => said("writes"),
        "view" => format!("is now {detail}"),
        "fault" => {
            let name = detail.split(' ').next().unwrap_or_default();
            format!("is struck by a {} ({name})", row.word)
        }
        kind => said(kind),
    };
    terminal(&text).into_owned()
}

/// The slice as JSON: a list of steps, empty where nothing was violated.
pub fn why(steps: &[Step]) -> Value {
    let told = steps.iter().map(|step| {
        json!({
            "at_ns": step.at.as_nanos(),
            "event": step.event,
            "node": step.node.number(),
            "is_witness": step.is_witness,
            "records": step.records.iter().map(super::trace_row).collect::<Vec<_>>(),
        })
    });
    told.collect()
}
