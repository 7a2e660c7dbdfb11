//! The engine under attack: faults, disks, pauses, timers, networks and budgets, one idea a file,
//! each against what `Action`, `Conditions` and the semantics promise.

mod budgets;
mod clocks;
mod determinism;
mod disk_faults;
mod disks;
mod fault_budget;
mod faults;
mod harmed;
mod journeys;
mod likeness;
mod network;
mod overlaps;
mod pauses;
mod puppet;
mod remainder;
mod severed;
mod stage;
mod storms;
mod timers;
mod twin;
