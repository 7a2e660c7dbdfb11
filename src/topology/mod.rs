//! Who can talk to whom.

mod links;

pub use links::{Cut, Links};
