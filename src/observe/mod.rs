//! Those who watch and judge: invariants, metrics, the trace. All that they can say is "enough".

mod calm;
mod depth;
mod measure;
mod monitor;
mod outcome;
mod trace;

pub use calm::Journeys;
pub use depth::Depth;
pub use measure::{Figures, Measure};
pub use monitor::Monitor;
pub use outcome::{Outcome, Verdict};
pub use trace::{Row, Tracer};
