//! What `contract` prints: a table that is read at a glance, and the same as JSON lines.

use super::super::files::quoted;
use super::{Evidence, Row};
use crate::report::terminal;
use crate::runner::contract::{Axis, Base, Breach, Cell, Edge, Record, Seen, Standing};
use serde_json::{Value, json};

fn line(cells: [&str; 5]) -> String {
    let [fault, standing, safe, live, declared] = cells;
    let line = format!("{fault:<12} {standing:<25} {safe:<34} {live:<24} {declared}");
    line.trim_end().to_owned()
}

/// What stands above the rows of an algorithm.
pub(super) fn head(base: &Base, seeds: u64) -> String {
    let roles: Vec<String> =
        base.roles.iter().map(|(role, count)| format!("{count} {role}")).collect();
    let assumed: Vec<&str> = base.assumed().iter().map(|a| a.word()).collect();
    let service = base.service.unwrap_or("no service that could come back");
    format!(
        "{}: {}, {seeds} seeds a row, storms of {}\n  assumes: {}\n  progress needs: {}\n  \
         live: {service}\n\n{}",
        base.label,
        roles.join(", "),
        base.storm,
        if assumed.is_empty() { "nothing".to_owned() } else { assumed.join(", ") },
        base.requires.sentence(),
        line(["fault", "", "safe", "live", "declared"]),
    )
}

/// A row.
pub(super) fn row(record: &Record, cell: &Cell) -> String {
    let declared = match (record.beyond, record.declared.as_str()) {
        (_, "must-hold") => "must hold".to_owned(),
        (beyond, words) if beyond == record.runs => format!("assumed away: {words}"),
        (beyond, words) => format!("assumed away in {beyond}/{}: {words}", record.runs),
    };
    let found = |breach: Option<&Breach>, otherwise: &str| match breach {
        Some(Breach { name, runs, first, .. }) => {
            format!("{} {runs}/{} (seed {first})", terminal(name), cell.runs)
        }
        None => otherwise.to_owned(),
    };
    let safe = found(cell.unsafe_by(), &record.safe);
    let starved = format!("starved {}/{}", cell.starved, cell.runs);
    let otherwise = if cell.starved > 0 { &starved } else { &record.live };
    let live = match cell.stalled() {
        Some(Breach { runs, first, .. }) => format!("stuck {runs}/{} (seed {first})", cell.runs),
        None => otherwise.clone(),
    };
    line([&record.fault, &record.standing, &safe, &live, &declared])
}

/// A row that says nothing of this algorithm, and why.
pub(super) fn nothing(axis: &Axis, base: &Base) -> String {
    let why = match base.service {
        None => "it stays for good, and there is no service whose return could be asked for",
        Some(_) => "it needs three nodes of the first role",
    };
    format!("{:<12} not asked: {why}", axis.name)
}

/// What stands below the rows: edges, files, and what all of it means.
pub(super) fn foot(rows: &[Row<'_>], seeds: u64) -> String {
    let mut lines = Vec::new();
    let edges: Vec<String> = rows.iter().filter_map(edge_line).collect();
    if !edges.is_empty() {
        lines.push(format!("\nedges, searched for on {seeds} seeds at each size, and no proof:"));
        lines.extend(edges);
    }
    let files: Vec<String> = rows.iter().filter_map(file_line).collect();
    if !files.is_empty() {
        lines.push("\nthe smallest files that show what broke:".to_owned());
        lines.extend(files);
    }
    let broken: Vec<&str> = rows
        .iter()
        .filter(|row| super::row_exit(row) == super::Exit::Failed)
        .map(|row| row.axis.name)
        .collect();
    lines.push(match broken.is_empty() {
        true => "\nno promise was seen broken".to_owned(),
        false => format!("\nbroken promises: {}", broken.join(", ")),
    });
    lines.join("\n")
}

fn edge_line(row: &Row<'_>) -> Option<String> {
    let Edge { unit, safe_to, broken, undecided, runs, .. } = row.edge.as_ref()?;
    let safe = safe_to.map(|size| format!("safe to {}", unit.text(size)));
    let broken = broken.as_ref().map(|broken| {
        let name = terminal(&broken.name);
        let inside = if broken.is_inside { ": BROKEN PROMISE" } else { "" };
        format!("{name} at {} (seed {}){inside}", unit.text(broken.at), broken.seed)
    });
    let declared = declared(row).map(|bound| format!(", declared to {bound}")).unwrap_or_default();
    let found = match (safe, broken) {
        (Some(safe), Some(broken)) => format!("{safe}, {broken}"),
        (Some(safe), None) => format!("{safe}, the most that is tried"),
        (None, Some(broken)) => format!("{broken}, the least that is tried"),
        (None, None) => String::new(),
    };
    let found = match undecided.map(|size| unit.text(size)) {
        Some(size) if found.is_empty() => format!("undecided at {size}: a budget broke runs off"),
        Some(size) => format!("{found}; undecided at {size}: a budget broke runs off"),
        None => found,
    };
    Some(format!("  {:<12} {found}{declared}; {runs} runs", row.axis.name))
}

/// The bound that the algorithm declares for the size of a fault.
fn declared(row: &Row<'_>) -> Option<String> {
    let assumes = &row.base.assumes;
    match row.axis.name {
        "drift" => assumes.drift_bound.map(|bound| bound.to_string()),
        "jump" => assumes.offset_bound.map(|bound| bound.to_string()),
        // What a fault adds, the world has begun with.
        "delay" => assumes.delay_bound.map(|bound| format!("{bound} with the latency")),
        _ => None,
    }
}

fn file_line(row: &Row<'_>) -> Option<String> {
    let what = match row.file.as_ref()? {
        Ok(Evidence { path, smallest }) => {
            let (before, left) = smallest.faults;
            let path = quoted(path);
            format!("{path} ({left} of {before} faults of seed {})", smallest.seed)
        }
        Err(why) => format!("none: {why}"),
    };
    Some(format!("  {:<12} {what}", row.axis.name))
}

/// Whether something was never seen, and the first seed that shows it; null where nobody looked.
fn seen(seen: Option<Seen>) -> Value {
    match seen {
        None => Value::Null,
        Some(Seen { runs: 0, .. }) => json!({ "so": true }),
        Some(Seen { runs, first }) => json!({ "so": false, "runs": runs, "first_seed": first }),
    }
}

/// A row as a JSON line.
pub(super) fn json_line(row: &Row<'_>) -> String {
    let breaches: Vec<Value> = row
        .cell
        .breaches
        .iter()
        .map(|breach| {
            json!({
                "verdict": breach.verdict, "name": breach.name, "runs": breach.runs,
                "inside": breach.inside, "first_seed": breach.first,
                "simplest_seed": breach.simplest,
            })
        })
        .collect();
    let edge = row.edge.as_ref().map(|edge| {
        let broken = edge.broken.as_ref();
        json!({
            "safe_to": edge.safe_to.map(|size| edge.unit.text(size)),
            "breaks_at": broken.map(|broken| edge.unit.text(broken.at)),
            "breaks": broken.map(|broken| &broken.name),
            "undecided_at": edge.undecided.map(|size| edge.unit.text(size)),
            "seed": broken.map(|broken| broken.seed),
            "is_inside": broken.map(|broken| broken.is_inside),
            "declared": declared(row), "runs": edge.runs,
        })
    });
    let written = row.file.as_ref().and_then(|file| file.as_ref().ok());
    let outside: Vec<&str> = row.cell.outside.iter().map(|a| a.word()).collect();
    let is_told = row.cell.standing() != Standing::NoEffect;
    json!({
        "v": 1, "kind": "contract", "algorithm": row.record.algorithm, "fault": row.record.fault,
        "meaning": row.axis.meaning, "runs": row.cell.runs, "touched": row.cell.touched,
        "outside": outside, "beyond": row.cell.beyond,
        "is_safe": is_told.then(|| row.record.safe == "yes"),
        "live": Some(&row.record.live).filter(|live| !live.is_empty()),
        "is_alone": seen(row.cell.overlap), "is_harmless": seen(row.cell.effect),
        "starved": row.cell.starved, "standing": row.record.standing, "breaches": breaches,
        "edge": edge, "file": written.map(|file| file.path.display().to_string()),
    })
    .to_string()
}
