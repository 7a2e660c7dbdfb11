//! Those who watch and judge: invariants, metrics, the trace. All that they can say is "enough".

mod level;
mod measure;
mod monitor;
mod outcome;
mod text;
mod trace;

pub use level::TraceLevel;
pub use measure::{Figures, Measure};
pub use monitor::Monitor;
pub use outcome::{Outcome, Verdict};
pub use text::decimal;
pub use trace::{Ring, Row, Tracer};
