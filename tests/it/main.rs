//! The integration tests, in one binary.

mod article;
#[cfg(feature = "scenario")]
mod availability;
#[cfg(feature = "scenario")]
mod ble;
#[cfg(feature = "cli")]
mod blindness;
mod bully;
#[cfg(feature = "scenario")]
mod bully_1982;
#[cfg(feature = "cli")]
mod checked;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "scenario")]
mod closed_loop;
#[cfg(feature = "cli")]
mod contract;
#[cfg(feature = "scenario")]
mod council;
mod detectors;
#[cfg(feature = "scenario")]
mod determinism;
#[cfg(feature = "scenario")]
mod drawn_before;
mod embed;
mod engine;
mod figures;
#[cfg(feature = "scenario")]
mod frozen;
mod hashing;
mod history;
#[cfg(feature = "scenario")]
mod invitation;
#[cfg(feature = "cli")]
mod knock_out;
#[cfg(feature = "scenario")]
mod knock_out_network;
mod layers;
#[cfg(feature = "scenario")]
mod leadership;
#[cfg(feature = "scenario")]
mod lease;
#[cfg(feature = "scenario")]
mod lease_lock;
mod lease_lock_scripts;
mod lints;
#[cfg(feature = "scenario")]
mod load;
#[cfg(feature = "cli")]
mod lock_histories;
mod luck_golden;
mod luck_statistics;
#[cfg(feature = "scenario")]
mod members;
#[cfg(feature = "scenario")]
mod nemesis;
#[cfg(feature = "cli")]
mod outside;
mod ownership_scripts;
mod peers;
#[cfg(feature = "cli")]
mod phases;
#[cfg(feature = "scenario")]
mod probes;
#[cfg(feature = "scenario")]
mod process_faults;
#[cfg(feature = "scenario")]
mod replicated_locks;
#[cfg(feature = "scenario")]
mod scenario_files;
#[cfg(feature = "scenario")]
mod scenario_fuzz;
#[cfg(feature = "scenario")]
mod scenario_network;
#[cfg(feature = "scenario")]
mod scenarios;
mod script;
mod scripts;
#[cfg(feature = "cli")]
mod shrink_stages;
#[cfg(feature = "cli")]
mod shrunken;
mod sources;
#[cfg(feature = "scenario")]
mod spans;
mod swim;
mod tidy;
mod timers;
#[cfg(feature = "cli")]
mod topology;
