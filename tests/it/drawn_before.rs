//! What is drawn before a run is drawn part by part: whatever is taken out of a file, a fault, a
//! family, a line of the workload, the clocks, nothing else is drawn otherwise.

use crate::scenario_files::{FULL, Order, drawn, good};
use stormseed::fault::{Fault, When};
use stormseed::schedule::Schedule;

/// The entries of the timeline with names of their own, and what stands before and behind them.
fn named() -> (String, Vec<String>, String) {
    let (head, rest) = FULL.split_once("[[fault]]\n").expect("it has faults");
    let (faults, tail) = rest.split_once("[[command]]\n").expect("it has a command");
    let name = |(entry, number): (&str, usize)| match entry {
        // What strikes several times has several names; each of these is the only one of its kind.
        several if several.contains("every") || several.contains("swizzle") => {
            format!("[[fault]]\n{several}")
        }
        one => format!("[[fault]]\nid = {number}\n{one}"),
    };
    let entries = faults.split("[[fault]]\n").zip((1..).map(|nth| nth * 1_000)).map(name);
    (head.to_owned(), entries.collect(), format!("[[command]]\n{tail}"))
}

/// A schedule but for its faults.
fn rest(schedule: &Schedule<Order>) -> String {
    let Schedule { clocks, faults: _, commands, overrides, heal, end, clients } = schedule;
    format!("{clocks:?} {commands:?} {overrides:?} {heal:?} {end:?} {clients:?}")
}

#[test]
fn a_fault_with_a_name_that_is_taken_out_moves_nothing_at_all() {
    let (head, entries, tail) = named();
    let whole = good(&format!("{head}{}{tail}", entries.concat()));
    for out in 0..entries.len() {
        let mut fewer = entries.clone();
        fewer.remove(out);
        let less = good(&format!("{head}{}{tail}", fewer.concat()));
        let mut taken = 0;
        let is_named = entries[out].contains("\nid = ");
        for seed in 0..10 {
            let (all, some) = (drawn(&whole, seed), drawn(&less, seed));
            assert_eq!(rest(&all), rest(&some), "entry {out}, seed {seed}");
            if !is_named {
                taken += all.faults.len() - some.faults.len();
                continue;
            }
            let is_left = |fault: &&Fault| some.faults.contains(fault);
            let left: Vec<&Fault> = all.faults.iter().filter(is_left).collect();
            assert_eq!(left, some.faults.iter().collect::<Vec<_>>(), "entry {out}, seed {seed}");
            taken += all.faults.len() - left.len();
        }
        assert!(taken > 0, "entry {out} is there");
    }
}

#[test]
fn a_fault_without_a_name_moves_at_most_the_later_ones_of_its_kind() {
    let (head, entries, tail) = named();
    let bare = |entry: &String| {
        let lines = entry.lines().filter(|line| !line.starts_with("id = "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let entries: Vec<String> = entries.iter().map(bare).collect();
    let kind = |entry: &str| -> String {
        let times = ["[[fault]]", "at ", "when ", "after ", "every ", "until "];
        let is_kind = |line: &&str| !times.iter().any(|time| line.starts_with(time));
        let line = entry.lines().find(is_kind).expect("a kind");
        line.split_whitespace().next().expect("its word").to_owned()
    };
    let whole = good(&format!("{head}{}{tail}", entries.concat()));
    for out in 0..entries.len() {
        let mut fewer = entries.clone();
        fewer.remove(out);
        let less = good(&format!("{head}{}{tail}", fewer.concat()));
        let is_alike = |later: &String| kind(later) == kind(&entries[out]);
        let may_move = entries[out + 1..].iter().any(is_alike);
        for seed in 0..10 {
            let (all, some) = (drawn(&whole, seed), drawn(&less, seed));
            assert_eq!(rest(&all), rest(&some), "entry {out}, seed {seed}");
            // Numbers are places here; who, when, what and for how long are not.
            let plain = |fault: &Fault| {
                format!("{:?} {:?} {:?} {:?}", fault.when, fault.who, fault.action, fault.lasts)
            };
            let left: Vec<String> = all.faults.iter().map(plain).collect();
            let moved = some.faults.iter().filter(|fault| !left.contains(&plain(fault)));
            let moved = moved.count();
            assert!(moved == 0 || may_move, "entry {out}, seed {seed}: {moved} faults move");
        }
    }
}

#[test]
fn the_workload_the_clocks_and_the_core_move_no_fault_and_not_each_other() {
    let whole = good(FULL);
    // Who is outside the core is broken at the heal: that is no part of the storm.
    let storm = |schedule: &Schedule<Order>| -> Vec<Fault> {
        let faults = schedule.faults.iter().filter(|fault| fault.when != When::Heal);
        faults.cloned().collect()
    };
    let outs = [
        ("propose = { to = \"leader\", every = \"50ms..100ms\", from = \"1s\" }\n", ""),
        ("offset = \"-50ms..50ms\"\n", ""),
        ("drift  = \"-200ppm..200ppm\"\n", ""),
        ("core   = \"random-quorum\"\n", ""),
        ("latency     = { exponential = { min = \"1ms\", mean = \"20ms\" } }\n", ""),
    ];
    for (place, (out, instead)) in outs.into_iter().enumerate() {
        assert!(FULL.contains(out), "{out}");
        let less = good(&FULL.replace(out, instead));
        for seed in 0..20 {
            let (all, some) = (drawn(&whole, seed), drawn(&less, seed));
            assert_eq!(storm(&all), storm(&some), "{out}");
            assert!(place == 3 || all.faults == some.faults, "{out}");
            assert!(place == 3 || format!("{:?}", all.heal) == format!("{:?}", some.heal), "{out}");
            let commands = |schedule: &Schedule<Order>| format!("{:?}", schedule.commands);
            assert!(place == 0 || commands(&all) == commands(&some), "{out}");
            let offsets = |schedule: &Schedule<Order>| -> Vec<i64> {
                schedule.clocks.iter().map(|plan| plan.wall_offset).collect()
            };
            assert!(place == 1 || offsets(&all) == offsets(&some), "{out}");
            let drifts = |schedule: &Schedule<Order>| -> Vec<i32> {
                schedule.clocks.iter().map(|plan| plan.drift.ppm()).collect()
            };
            assert!(place == 2 || drifts(&all) == drifts(&some), "{out}");
        }
    }
}
