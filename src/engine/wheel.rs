//! A timing wheel of wheels for what is not due soon: nothing in it is sorted until it is next.
//!
//! A time belongs to the highest digit, in base 64, in which it differs from the wheel's start, and
//! there to the bucket of that digit's value (Varghese and Lauck, "Hashed and Hierarchical
//! Timing Wheels", SOSP 1987; the highest differing digit is the radix heap of Ahuja, Mehlhorn,
//! Orlin and Tarjan, JACM 37(2), 1990). The first bucket that is occupied holds what is next: if it
//! holds little it is sorted and handed out, otherwise it is dealt to the buckets below it.
//!
//! With 100,000 pending entries 1 to 10 ms ahead, an entry is moved twice and sorted among about
//! 64. Buckets are chains of equal chunks from one pool, so that memory follows the number of
//! entries and not how full each bucket has ever been.

use super::queue::time_of;

/// The bits of a digit.
const DIGIT: u32 = 6;
const DIGITS: usize = 1 << DIGIT;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT) as usize;
/// The entries of a chunk.
const CHUNK: usize = 32;
/// A bucket with no more entries than this is handed out at once (measured with digits of 4 to 6
/// bits and windows of 20 to 128: fewer and larger steps win at every size).
const WINDOW: usize = 128;

/// A chain of chunks, all full but the first.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    first: u32,
    len: u32,
}

#[derive(Debug)]
pub(super) struct Wheel {
    /// What was handed out, or lies outside, is at or before this time; all in here is after it.
    start: u64,
    /// Which levels, and which buckets of each, are occupied.
    levels: u64,
    digits: [u64; LEVELS],
    buckets: Vec<Bucket>,
    chunks: Vec<[u128; CHUNK]>,
    /// The chunk after each chunk, in its bucket or among the free ones.
    next: Vec<u32>,
    free: u32,
}

/// The end of a chain.
const NONE: u32 = u32::MAX;

impl Wheel {
    pub fn new(start: u64) -> Self {
        Wheel {
            start,
            levels: 0,
            digits: [0; LEVELS],
            buckets: vec![Bucket::default(); LEVELS * DIGITS],
            chunks: Vec::new(),
            next: Vec::new(),
            free: NONE,
        }
    }

    /// Adds an entry whose time lies after the start.
    #[inline]
    pub fn push(&mut self, key: u128) {
        let level = (u64::BITS - 1 - (time_of(key) ^ self.start).leading_zeros()) / DIGIT;
        let digit = (time_of(key) >> (level * DIGIT)) as usize % DIGITS;
        self.levels |= 1 << level;
        self.digits[level as usize] |= 1 << digit;
        let place = level as usize * DIGITS + digit;
        let Bucket { first, len } = self.buckets[place];
        let chunk = if len as usize % CHUNK == 0 { self.take_chunk(place) } else { first };
        self.chunks[chunk as usize][len as usize % CHUNK] = key;
        self.buckets[place].len = len + 1;
    }

    /// Puts a free chunk in front of a bucket's chain.
    fn take_chunk(&mut self, place: usize) -> u32 {
        let chunk = match self.free {
            NONE => {
                self.chunks.push([0; CHUNK]);
                self.next.push(NONE);
                self.chunks.len() as u32 - 1
            }
            free => {
                self.free = self.next[free as usize];
                free
            }
        };
        self.next[chunk as usize] = std::mem::replace(&mut self.buckets[place].first, chunk);
        chunk
    }

    /// Empties a bucket and tells what it held.
    #[inline]
    fn empty(&mut self, place: usize, mut tell: impl FnMut(&mut Self, u128)) {
        let Bucket { first, len } = std::mem::take(&mut self.buckets[place]);
        let (mut chunk, mut left) = (first, len as usize);
        while left > 0 {
            let held = (left - 1) % CHUNK + 1;
            for nth in 0..held {
                let key = self.chunks[chunk as usize][nth];
                tell(self, key);
            }
            left -= held;
            let next = std::mem::replace(&mut self.next[chunk as usize], self.free);
            self.free = chunk;
            chunk = next;
        }
    }

    /// Everything that it holds, in no order.
    pub fn keys(&self) -> Vec<u128> {
        let mut keys = Vec::new();
        for Bucket { first, len } in &self.buckets {
            let (mut chunk, mut left) = (*first, *len as usize);
            while left > 0 {
                let held = (left - 1) % CHUNK + 1;
                keys.extend_from_slice(&self.chunks[chunk as usize][..held]);
                left -= held;
                chunk = self.next[chunk as usize];
            }
        }
        keys
    }

    /// Hands out the next entries, latest first: all from the first one to the start that the wheel
    /// has from now on. None if the wheel is empty.
    pub fn next_window(&mut self, window: &mut Vec<u128>) {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.digits[level].trailing_zeros() as usize;
            self.digits[level] &= self.digits[level] - 1;
            self.levels &= !(u64::from(self.digits[level] == 0) << level);
            let place = level * DIGITS + digit;
            // At the lowest level all entries of a bucket have the same time.
            if level == 0 || self.buckets[place].len as usize <= WINDOW {
                self.empty(place, |_, key| window.push(key));
                #[expect(clippy::disallowed_methods, reason = "equal keys cannot be told apart")]
                window.sort_unstable_by(|a, b| b.cmp(a));
                self.start = time_of(window[0]);
                return;
            }
            let below = level as u32 * DIGIT;
            self.start = ((self.start >> below & !(DIGITS as u64 - 1)) | digit as u64) << below;
            // What lies at the very start of the bucket has no digit left in which it differs.
            self.empty(place, |wheel, key| {
                if time_of(key) == wheel.start {
                    window.push(key);
                } else {
                    wheel.push(key);
                }
            });
            if !window.is_empty() {
                #[expect(clippy::disallowed_methods, reason = "equal keys cannot be told apart")]
                window.sort_unstable_by(|a, b| b.cmp(a));
                return;
            }
        }
    }
}
