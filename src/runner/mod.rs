//! Loops around single runs: sweeps over seeds, twins that must not differ, hunts for known bugs,
//! contracts.
//!
//! Each run stays in one thread and shares nothing with others; what is parallel is the seeds.

mod blind;
pub mod check;
pub mod contract;
mod judge;
mod profile;
mod replay;
pub mod shrink;
mod stop;
mod sweep;
mod told;
mod twin;
mod verify;
mod zoo;

pub use blind::{Blindness, Sight, honest, tell_lie};
pub use check::check;
pub use judge::{Judgement, Kind, Tally};
pub use profile::{Moments, Point, Profile, profile};
pub use replay::{Answer, Parting, Replayed, Unmet, first_parting, replay};
pub use stop::{Stop, Stopped};
pub use sweep::{Log, Plan, Swept, Told, pool, sweep};
pub use told::{slice, story};
pub use twin::{Twin, differing_record, is_repeated, repeat};
pub use verify::{Question, Verified, answer, verify};
pub use zoo::{Hunt, Patience, Seen, control, hunt};
