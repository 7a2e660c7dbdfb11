//! Strategies for proptest: schedules, worlds and scenarios that are drawn, and that become simple
//! when a test fails.
//!
//! [`schedules`] is for a protocol that runs in an [`engine::Simulation`](crate::engine), with
//! [`conditions`] for its world; `scenarios` puts both into a scenario file of one's own (it needs
//! the feature `scenario`).
//!
//! Shrinking takes out first: faults (each with its end), commands and operations, all of them,
//! halves, quarters, down to one. Then the world becomes calm, and then each value simpler: fewer
//! nodes, shorter and rounder times. Whenever something has become simpler it begins anew, so
//! what proptest hands out in the end fails, and passes without any one thing that is left -
//! unless the limits of its runner ended the search (`max_shrink_iters`).
//!
//! What is drawn is a function of 64 bits of proptest's generator, by samplers of our own: a case
//! that its file of regressions keeps is the same case on every machine.
//!
//! ```
//! use proptest::prelude::*;
//! use stormseed::fault::{Action, DiskFate};
//! use stormseed::strategy::{Family, schedules};
//! use stormseed::time::Duration;
//!
//! let storms = schedules::<()>(3, Duration::from_secs(10)).faults(1..=4).only(&[Family::Crash]);
//! proptest!(|(schedule in storms)| {
//!     let crash = Action::Crash { after_effect: None, disk: DiskFate::Synced };
//!     prop_assert!(schedule.faults.iter().all(|fault| fault.action == crash));
//! });
//! ```

mod descent;
mod faults;
mod plan;
#[cfg(feature = "scenario")]
mod scenarios;
mod simpler;
#[cfg(test)]
mod tests;
mod weather;

pub use faults::Family;
pub use plan::{Schedules, schedules};
#[cfg(feature = "scenario")]
pub use scenarios::{Drawn, Scenarios, scenarios};
pub use weather::{Worlds, conditions};
