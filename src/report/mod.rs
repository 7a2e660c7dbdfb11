//! What people and other programs read of runs: tables, summaries and stories.
//!
//! Tables hold integers and words only, with LF line ends, and nothing that differs between two
//! machines; wall-clock times and names of hosts have a file of their own, `meta.json`. Files are
//! written under another name and renamed, so that a killed run leaves nothing or a whole file.

mod aim;
mod baseline;
mod changes;
mod columns;
mod event_log;
mod folder;
mod json;
mod moment;
mod plot;
mod standstill;
mod story;
mod table;
mod tame;
mod why;

pub use baseline::{Difference, first_difference};
pub use changes::{Changes, Moved, Turned};
pub use columns::{COLUMNS, Column, VIOLATION_COLUMNS, header, hex, row, violation_rows};
pub use event_log::{EVENT_COLUMNS, EventLog, Overflow, event_header};
pub use folder::{Failed, Folder, Whole, write_whole};
pub use json::{outcome, trace_row};
pub use moment::{moment, moment_line};
pub use plot::{Mark, Plot};
pub use story::{Story, describe, plain_row};
pub use table::Table;
pub use tame::{cell, terminal};
pub use why::{Why, why};
