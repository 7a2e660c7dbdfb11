//! Luck: where every random value comes from, with definitions that are frozen.
//!
//! Two sources, one trait ([`Luck64`]). What shall happen (faults, workloads, clocks) is drawn
//! before a run from named [`Stream`]s of ChaCha8. What the world does during a run (latency, loss)
//! and what a node draws is [`Keyed`]: a pure function of a key, so that taking one fault out of a
//! schedule leaves all unrelated luck as it was. Only raw 64-bit words are taken from other crates;
//! every sampler is our own, on integers, with golden vectors.

mod keyed;
mod stream;

mod sample;

mod distribution;
pub mod fixed;
mod zipf;

pub use distribution::{exponential, log_normal, log_uniform, standard_normal};
pub use keyed::{Keyed, mix, mum};
pub use sample::{Ratio, below, bernoulli, choose, range, shuffle};
pub use stream::Stream;
pub use zipf::Zipf;

/// A source of uniformly distributed 64-bit words.
pub trait Luck64 {
    /// The next word.
    fn next(&mut self) -> u64;
}
