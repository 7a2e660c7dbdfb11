//! The world at a moment, for people: a few lines a node, and what is on its way.

use super::aim::names;
use super::tame::terminal;
use crate::id::NodeId;
use crate::observe::{Flight, Moment, NodeThen};
use crate::time::{Drift, SimTime};
use crate::units::SignedLength;
use crate::world::Condition;
use serde_json::{Value, json};
use std::fmt::Write;

/// How many messages on their way are told one by one.
const FLIGHTS_MAX: usize = 30;

/// A moment in lines; of one node alone, if it is named, and then all of it.
pub fn moment(moment: &Moment, only: Option<NodeId>) -> String {
    let Moment { at, event, nodes, flights } = moment;
    let mut out = format!("at {at}, behind event {event}\n");
    let is_told = |node: NodeId| only.is_none_or(|only| only == node);
    for then in nodes.iter().filter(|then| is_told(then.node)) {
        node(&mut out, then, *at, only.is_some());
    }
    let told: Vec<&Flight> =
        flights.iter().filter(|flight| is_told(flight.from) || is_told(flight.to)).collect();
    let _ = writeln!(out, "{} messages on their way", told.len());
    for flight in told.iter().take(FLIGHTS_MAX) {
        let when = match flight.arrives {
            Some(arrives) => format!("in {}", arrives.since(*at)),
            None => "kept".to_owned(),
        };
        let Flight { from, to, word, detail, .. } = flight;
        let _ = writeln!(out, "  {:>14}  {from} > {to}  {word} {detail}", when);
    }
    if told.len() > FLIGHTS_MAX {
        let _ = writeln!(out, "  and {} more", told.len() - FLIGHTS_MAX);
    }
    let lines: Vec<_> = out.lines().map(terminal).collect();
    lines.join("\n")
}

fn node(out: &mut String, then: &NodeThen, now: SimTime, whole: bool) {
    let condition = match then.condition {
        Condition::Up => "up",
        Condition::Paused => "stands still",
        Condition::Down => "down",
    };
    let view = then.view.as_deref().unwrap_or("");
    let _ = writeln!(out, "{}  {condition}, boot {}  {view}", then.node, then.boots);
    if !then.timers.is_empty() {
        let timers = then.timers.iter().map(|(name, due)| match *due {
            SimTime::MAX => format!("{name} never"),
            due if due < now => format!("{name} overdue"),
            due => format!("{name} in {}", due.since(now)),
        });
        let _ = writeln!(out, "    timers: {}", timers.collect::<Vec<_>>().join(", "));
    }
    if then.wall_ahead != 0 || then.drift != Drift::NONE {
        let ahead = SignedLength(then.wall_ahead);
        let _ = writeln!(out, "    wall clock {ahead} ahead, drift {}", then.drift);
    }
    if then.unsaved + then.mail as u64 > 0 {
        let (unsaved, mail) = (then.unsaved, then.mail);
        let _ = writeln!(out, "    {unsaved} writes not on disk, {mail} waiting for it");
    }
    if !then.unheard_by.is_empty() {
        let _ = writeln!(out, "    not heard by {}", names(&then.unheard_by));
    }
    if whole {
        let state = then.state.as_deref().unwrap_or("none: it is down");
        let _ = writeln!(out, "    state {}", state.replace('\n', "\n    "));
        let _ = writeln!(out, "    on disk {}", then.on_disk);
        let _ = writeln!(out, "    monotonic clock {} ns", then.monotonic);
    }
}

/// A moment as JSON; of one node alone, if it is named.
pub fn moment_line(moment: &Moment, only: Option<NodeId>) -> Value {
    let is_told = |node: NodeId| only.is_none_or(|only| only == node);
    let nodes = moment.nodes.iter().filter(|then| is_told(then.node)).map(|then| {
        let timers = then.timers.iter();
        json!({
            "node": then.node.number(),
            "condition": format!("{:?}", then.condition).to_lowercase(),
            "boots": then.boots,
            "monotonic_ns": then.monotonic,
            "wall_ahead_ns": then.wall_ahead,
            "drift_ppm": then.drift.ppm(),
            "view": then.view,
            "state": then.state,
            "timers": timers.map(|(name, due)| json!({ "name": name, "due_ns": due.as_nanos() }))
                .collect::<Vec<_>>(),
            "on_disk": then.on_disk,
            "unsaved": then.unsaved,
            "mail": then.mail,
            "unheard_by": then.unheard_by.iter().map(|n| n.number()).collect::<Vec<_>>(),
        })
    });
    let flights =
        moment.flights.iter().filter(|f| is_told(f.from) || is_told(f.to)).map(|flight| {
            json!({
                "from": flight.from.number(),
                "to": flight.to.number(),
                "word": flight.word,
                "detail": flight.detail,
                "arrives_ns": flight.arrives.map(|at| at.as_nanos()),
            })
        });
    json!({
        "v": 1,
        "kind": "moment",
        "at_ns": moment.at.as_nanos(),
        "event": moment.event,
        "nodes": nodes.collect::<Vec<_>>(),
        "flights": flights.collect::<Vec<_>>(),
    })
}
