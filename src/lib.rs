//! Stormseed: deterministic fault injection for leader election, data placement and locks.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod algorithm;
pub mod assumption;
#[cfg(feature = "scenario")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conditions;
pub mod election;
pub mod engine;
pub mod fault;
pub mod fingerprint;
pub mod id;
pub mod invariant;
pub mod observe;
pub mod protocol;
#[cfg(feature = "cli")]
pub mod report;
pub mod rng;
#[cfg(feature = "cli")]
pub mod runner;
#[cfg(feature = "scenario")]
pub mod scenario;
pub mod schedule;
pub mod time;
pub mod topology;
pub mod units;
pub mod world;
