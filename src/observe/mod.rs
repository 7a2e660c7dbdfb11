//! Those who watch and judge: invariants, metrics, the trace. All that they can say is "enough".

mod calm;
mod cause;
mod depth;
mod figures;
mod level;
mod measure;
mod metrics;
mod moment;
mod monitor;
mod outcome;
mod probes;
mod scene;
mod standstill;
mod text;
mod trace;

pub use calm::Journeys;
pub use cause::{Past, Step};
pub use depth::Depth;
pub use figures::{Figures, Probed, Stretch};
pub use level::TraceLevel;
pub use measure::Measure;
pub use metrics::Metrics;
pub use moment::{Flight, Moment, NodeThen, Place};
pub use monitor::Monitor;
pub use outcome::{Outcome, Verdict};
pub use probes::Probes;
pub use scene::{Scene, Seat};
pub use standstill::{Orders, Pace, Remainder, Standstill};
pub use text::decimal;
pub use trace::{Ring, Row, Tracer};
