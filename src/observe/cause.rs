//! Why: of everything that happened before a violation, what it depends on.
//!
//! The steps of a run are the nodes of a graph, and what happened before what its edges (Lamport,
//! "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 21(7), 1978): the step
//! in which a message was sent is before the step in which it arrived, and what a node did is
//! before what it does then. The past of the witnesses is most of the run; the slice is the part
//! of it that changed something: of each node the steps in which it declared, wrote, died, or came
//! to another view of itself, and those from which the messages came that they answered.

use super::trace::Row;
use crate::id::NodeId;
use crate::invariant::Witness;
use crate::time::{Duration, SimTime};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// A run of more records than this is not told: its slice would be no story.
const RECORDS_MAX: usize = 400_000;
/// A slice has so many steps at most; the first ones go.
const STEPS_MAX: usize = 20;

/// A step of a run in the past of its violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: SimTime,
    /// Where.
    pub node: NodeId,
    /// The number of the event.
    pub event: u64,
    /// Its records: first what the node was told, then what came of it, without what it sent to
    /// nodes of which nothing more is told.
    pub records: Vec<Row>,
    /// Whether an invariant names it as a witness.
    pub is_witness: bool,
}

/// Gathers the records of a run for its slice.
#[derive(Debug, Default)]
pub struct Past {
    rows: Vec<Row>,
}

impl Past {
    /// Something happened.
    pub fn push(&mut self, row: &Row) {
        if self.rows.len() <= RECORDS_MAX && !matches!(row.kind, "duplicate" | "forward") {
            self.rows.push(row.clone());
        }
    }

    /// What these witnesses depend on, oldest first; nothing of a run that is too long.
    pub fn slice(&self, witnesses: &[Witness]) -> Vec<Step> {
        if self.rows.len() > RECORDS_MAX {
            return Vec::new();
        }
        let (graph, steps) = self.graph();
        let seen: BTreeSet<(u64, NodeId)> = witnesses.iter().map(|w| (w.event, w.node)).collect();
        let begin = steps.iter().filter(|(key, _)| seen.contains(key)).map(|(_, step)| *step);
        let mut open: Vec<NodeIndex> = begin.collect();
        let mut slice = BTreeSet::new();
        while let Some(step) = open.pop() {
            if slice.insert(step) {
                open.extend(graph.neighbors_directed(step, Direction::Incoming));
            }
        }
        let mut told: Vec<Step> =
            slice.iter().map(|step| self.step(&graph[*step], &seen)).collect();
        told.sort_by_key(|step| (step.event, step.node));
        fewest(told)
    }

    /// The steps, and an edge from what each depends on.
    fn graph(&self) -> (Graph, BTreeMap<(u64, NodeId), NodeIndex>) {
        let mut graph = Graph::new();
        let mut steps: BTreeMap<(u64, NodeId), NodeIndex> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            let step =
                steps.entry((row.event, row.node)).or_insert_with(|| graph.add_node(Vec::new()));
            graph[*step].push(place);
        }
        let mut changed: BTreeMap<NodeId, NodeIndex> = BTreeMap::new();
        let mut sent: BTreeMap<Journey, Vec<(SimTime, NodeIndex)>> = BTreeMap::new();
        for ((_, node), step) in &steps {
            let rows = graph[*step].clone();
            let rows: Vec<&Row> = rows.iter().map(|place| &self.rows[*place]).collect();
            if let Some(before) = changed.get(node) {
                graph.add_edge(*before, *step, ());
            }
            for row in &rows {
                let Some(peer) = row.peer else { continue };
                match row.kind {
                    "send" | "hold" => {
                        let left = sent.entry((*node, peer, row.word)).or_default();
                        left.push((arrival(row), *step));
                    }
                    "deliver" => {
                        let sender = sent.get_mut(&(peer, *node, row.word));
                        if let Some(from) = sender.and_then(|left| take(left, row.at)) {
                            graph.add_edge(from, *step, ());
                        }
                    }
                    _ => {}
                }
            }
            if rows.iter().any(|row| changes(row)) {
                changed.insert(*node, *step);
            }
        }
        (graph, steps)
    }

    fn step(&self, places: &[usize], seen: &BTreeSet<(u64, NodeId)>) -> Step {
        let rows = places.iter().map(|place| &self.rows[*place]);
        let first = &self.rows[places[0]];
        let is_told = |row: &&Row| changes(row) || TOLD.contains(&row.kind);
        Step {
            at: first.at,
            node: first.node,
            event: first.event,
            records: rows.filter(is_told).cloned().collect(),
            is_witness: seen.contains(&(first.event, first.node)),
        }
    }
}

/// Steps by the places of their records, and edges from what each depends on.
type Graph = DiGraph<Vec<usize>, ()>;

/// Sender, receiver and word of a message.
type Journey = (NodeId, NodeId, &'static str);

/// The records of a step that are told although they change nothing.
const TOLD: [&str; 5] = ["deliver", "timer", "command", "sync", "resume"];

/// Whether a record changes what its node is, or what others know of it.
fn changes(row: &Row) -> bool {
    const CHANGES: [&str; 9] =
        ["boot", "crash", "pause", "fault", "believe", "promise", "write", "view", "torn"];
    CHANGES.contains(&row.kind)
}

/// When a message that leaves will arrive, if nothing keeps it.
fn arrival(row: &Row) -> SimTime {
    let after = row.detail.strip_prefix("after_ns:").and_then(|rest| rest.split(' ').next());
    let after =
        after.and_then(|nanos| nanos.parse().ok()).map_or(Duration::ZERO, Duration::from_nanos);
    row.at + after
}

/// Takes the sending of a message that arrives now: the one that was due now, or the last that was
/// due before, for what is kept or waits arrives later.
fn take(left: &mut Vec<(SimTime, NodeIndex)>, now: SimTime) -> Option<NodeIndex> {
    let exact = left.iter().position(|(due, _)| *due == now);
    let place = exact.or_else(|| left.iter().position(|(due, _)| *due < now))?;
    Some(left.remove(place).1)
}

/// No more steps than fit on a screen: first those go that only carry what others said, then the
/// oldest.
fn fewest(mut told: Vec<Step>) -> Vec<Step> {
    told.retain(|step| !step.records.is_empty());
    let carries = |step: &Step| {
        !step.is_witness && step.records.iter().all(|row| !changes(row) || row.kind == "view")
    };
    let mut over = told.len().saturating_sub(STEPS_MAX);
    told.retain(|step| {
        let goes = over > 0 && carries(step);
        over -= usize::from(goes);
        !goes
    });
    let mut over = told.len().saturating_sub(STEPS_MAX);
    told.retain(|step| {
        let goes = over > 0 && !step.is_witness;
        over -= usize::from(goes);
        !goes
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(event: u64, node: u32, kind: &'static str, peer: Option<u32>) -> Row {
        Row {
            event,
            at: SimTime::from_nanos(event * 10),
            node: NodeId::new(node),
            kind,
            peer: peer.map(NodeId::new),
            word: if peer.is_some() { "vote" } else { "" },
            detail: if kind == "send" { "after_ns:20".to_owned() } else { String::new() },
        }
    }

    fn events(rows: &[Row], witness: (u64, u32)) -> Vec<u64> {
        let mut past = Past::default();
        rows.iter().for_each(|row| past.push(row));
        let witness = Witness {
            at: SimTime::ZERO,
            event: witness.0,
            node: NodeId::new(witness.1),
            what: String::new(),
        };
        past.slice(&[witness]).iter().map(|step| step.event).collect()
    }

    #[test]
    fn a_slice_has_what_the_witness_depends_on_and_nothing_else() {
        let rows = [
            row(1, 0, "boot", None),
            row(2, 1, "boot", None),
            row(3, 2, "boot", None),
            // What changes nothing is not told, though it came before.
            row(4, 0, "timer", None),
            row(5, 1, "timer", None),
            row(5, 1, "send", Some(0)),
            row(5, 1, "write", None),
            row(6, 2, "timer", None),
            row(6, 2, "view", None),
            row(7, 0, "deliver", Some(1)),
            row(7, 0, "believe", None),
        ];
        assert_eq!(events(&rows, (7, 0)), [1, 2, 5, 7]);
        assert_eq!(events(&rows, (6, 2)), [3, 6]);
    }

    #[test]
    fn a_message_that_arrives_late_is_that_one_all_the_same() {
        let rows = [
            row(1, 1, "timer", None),
            row(1, 1, "send", Some(0)),
            row(9, 0, "deliver", Some(1)),
            row(9, 0, "believe", None),
        ];
        assert_eq!(events(&rows, (9, 0)), [1, 9]);
    }

    #[test]
    fn a_long_slice_is_cut_to_a_screen_with_its_witness() {
        let rows: Vec<Row> = (1..200).map(|event| row(event, 0, "write", None)).collect();
        let told = events(&rows, (199, 0));
        assert_eq!((told.len(), told.last()), (STEPS_MAX, Some(&199)));
    }
}
