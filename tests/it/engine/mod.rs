//! The engine under attack: faults, disks, pauses, timers, networks and budgets, one idea a file,
//! each against what `Action`, `Conditions` and the semantics promise.

mod budgets;
mod determinism;
mod disks;
mod faults;
mod likeness;
mod network;
mod overlaps;
mod pauses;
mod puppet;
mod remainder;
mod stage;
mod storms;
mod timers;
mod twin;
