//! The engine under attack: faults, disks, pauses, timers, networks and budgets, one idea a file,
//! each against what `Action`, `Conditions` and the semantics promise.

mod aims;
mod budgets;
mod clients;
mod clocks;
mod determinism;
mod disk_faults;
mod disks;
mod fault_budget;
mod faults;
mod gate;
mod harmed;
mod journeys;
mod likeness;
mod loops;
mod made_up;
mod network;
mod overlaps;
mod pauses;
mod puppet;
mod remainder;
mod replays;
mod severed;
mod slow;
mod spread;
mod stage;
mod stalls;
mod storms;
mod timers;
mod twin;
