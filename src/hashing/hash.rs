//! Hashes with frozen definitions: of keys, of names, of a name's points.
//!
//! Bytes are hashed by XXH3 (64 bits, its specification is frozen since 0.8.0), pairs of words by
//! our own [`mix`]; MD5 and SHA-1 stand where a function is defined on them.

use crate::rng::mix;
use md5::{Digest, Md5};
use sha1::Sha1;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Keeps names apart from keys with the same bytes.
const NAME_SEED: u64 = 0x6e61_6d65;

/// The hash of a key's bytes.
#[inline]
pub fn key(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The hash of a member's name.
pub fn name(name: &str) -> u64 {
    xxh3_64_with_seed(name.as_bytes(), NAME_SEED)
}

/// The hash of a pair: of a key with a member, of a member with the number of a point.
#[inline]
pub const fn pair(a: u64, b: u64) -> u64 {
    mix(a, b)
}

/// The four little-endian words of an MD5 digest, as ketama reads it.
pub fn md5_words(bytes: &[u8]) -> [u32; 4] {
    let digest: [u8; 16] = Md5::digest(bytes).into();
    let mut words = [0; 4];
    for (word, four) in words.iter_mut().zip(digest.chunks_exact(4)) {
        *word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    }
    words
}

/// A SHA-1 digest as a big-endian number, modulo a number.
pub fn sha1_modulo(bytes: &[u8], modulus: u64) -> u64 {
    let digest: [u8; 20] = Sha1::digest(bytes).into();
    let modulus = u128::from(modulus);
    let rest = digest.iter().fold(0u128, |rest, byte| (rest << 8 | u128::from(*byte)) % modulus);
    rest as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_their_published_values() {
        // XXH3 of nothing, from the vectors of its specification.
        assert_eq!(key(b""), 0x2d06_8005_38d3_94c2);
        // RFC 1321, appendix A.5: MD5 ("abc") = 900150983cd24fb0d6963f7d28e17f72.
        assert_eq!(md5_words(b"abc")[0], 0x9850_0190);
        // FIPS 180: SHA-1 ("abc") = a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d.
        assert_eq!(sha1_modulo(b"abc", 1 << 32), 0x9cd0_d89d);
    }
}
