//! Those who watch and judge: invariants, metrics, the trace. All that they can say is "enough".

mod calm;
mod depth;
mod level;
mod measure;
mod monitor;
mod outcome;
mod text;
mod trace;

pub use calm::Journeys;
pub use depth::Depth;
pub use level::TraceLevel;
pub use measure::{Figures, Measure};
pub use monitor::Monitor;
pub use outcome::{Outcome, Verdict};
pub use text::decimal;
pub use trace::{Ring, Row, Tracer};
