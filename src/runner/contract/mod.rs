//! The contract of an algorithm: one assumption is broken at a time, and what happens is held
//! against what it declares.
//!
//! The base is a calm scenario ([`Base`]). Each row adds one kind of fault to it ([`Axis`]), as an
//! ordinary scenario that can be printed and run. What comes of its seeds is a [`Cell`]; where the
//! fault has a size, [`edge`] looks for the size that breaks; and [`smallest`] makes a small file
//! of one run that broke.

mod axis;
mod base;
mod cell;
mod edge;
mod record;
mod smallest;

pub use axis::{AXES, Axis, Size, Unit};
pub use base::{Base, NoBase};
pub use cell::{Breach, Cell, Seen, Standing, cell, control};
pub use edge::{Edge, edge};
pub use record::{Record, matrix};
pub use smallest::{Smallest, smallest};
