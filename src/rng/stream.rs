//! Named streams of ChaCha8 for everything that is drawn before a run begins.

use super::{Luck64, mix};
use crate::id::hash_name;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The luck of one purpose: `Stream::new(seed, "nemesis/crash")`.
///
/// A new purpose moves no other purpose's luck. Only raw words are taken from the generator.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a seed and a purpose.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let name = hash_name(purpose);
        let mut key = [0u8; 32];
        for (lane, bytes) in key.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&mix(seed, mix(name, lane as u64)).to_le_bytes());
        }
        Stream(ChaCha8Rng::from_seed(key))
    }
}

impl Luck64 for Stream {
    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
}
