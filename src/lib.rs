//! Stormseed: deterministic fault injection for leader election, data placement and locks.
//!
//! # The idea in six sentences
//!
//! 1. A **scenario** (a TOML file) says which algorithm runs on which nodes, in what world, and
//!    what must hold.
//! 2. A **seed** turns the scenario into one **schedule**: every fault and command, timed, as plain
//!    data.
//! 3. The **engine** runs the algorithm's nodes as pure state machines over virtual time, network,
//!    clocks and disks.
//! 4. **Observers** watch the records of the run: invariants, measures, the trace.
//! 5. The **outcome** is a verdict and a row of CSV.
//! 6. A run is a function of (scenario, seed): the same bits everywhere.
//!
//! # The layers
//!
//! ```text
//!                               cli
//!                                |
//!                     runner  ->  report, catalog
//!         ____________________________|___________________________
//!        |                |                       |               |
//!     observe          engine                 families         scenario
//!        |________________|_______________________|_______________|
//!   protocol algorithm fault fault_budget schedule conditions invariant metric
//!   assumption topology world                                                (contracts)
//!                                     |
//!                       id  time  rng  fingerprint  units                              (words)
//! ```
//!
//! The families are [`detector`], [`election`], [`hashing`], [`ownership`] (which places by
//! `hashing`) and [`lock`]. `observe`, `ownership` and those above may use the checker of
//! [`history`], which knows only the words.
//!
//! # What holds, and who guards it
//!
//! - *Algorithms do not know that they are simulated*: no family imports the engine, none sees
//!   [`time::SimTime`] but its judges (`tests/it/layers.rs`).
//! - *The engine knows no algorithm*: [`engine::Simulation`] is generic; names of algorithms appear
//!   only in the catalog (`tests/it/layers.rs`).
//! - *Nothing below the command line and the runner prints, touches files, reads the host's clock
//!   or environment, or spawns threads* (`tests/it/layers.rs`, `clippy.toml`).
//! - *Observers watch*: they get `&Record` and can only end the run (the types).
//! - *No hash-map iteration, no operating-system entropy, no unstable sort, no inexact float*
//!   (`clippy.toml`, each with a reason; `docs/determinism.md`).
//! - *A protocol cannot do input or output*: it is told, and wants (the types).
//! - *Files are short and each teaches one idea* (`tests/it/tidy.rs`).
//!
//! # Without scenario files
//!
//! The core stands without default features: a [`protocol::Protocol`] runs in an
//! [`engine::Simulation`] under a [`schedule::Schedule`] made by hand, or by hand altogether
//! through [`protocol::Process`].
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("without SSE2 floating point is not IEEE 754 double precision: not supported");

pub mod algorithm;
pub mod assumption;
pub mod calibration;
#[cfg(feature = "scenario")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conditions;
pub mod detector;
pub mod election;
pub mod engine;
pub mod fault;
pub mod fault_budget;
pub mod fingerprint;
pub mod hashing;
pub mod history;
pub mod id;
pub mod invariant;
pub mod lock;
pub mod metric;
pub mod observe;
pub mod ownership;
pub mod protocol;
#[cfg(feature = "cli")]
pub mod report;
pub mod rng;
#[cfg(feature = "cli")]
pub mod runner;
#[cfg(feature = "scenario")]
pub mod scenario;
pub mod schedule;
#[cfg(any(test, feature = "proptest"))]
pub mod strategy;
pub mod time;
pub mod topology;
pub mod units;
pub mod world;

#[cfg(feature = "cli")]
pub use runner::check;
