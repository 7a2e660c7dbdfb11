//! The numbers of commands: no two commands of a run have the same.
//!
//! A number is the place of the command's word, whether a workload asks, and how often it was asked
//! before. A load has a place of its own, behind all words that need nothing but themselves: an
//! algorithm that learns a new word moves no number of an old one, if it lists it last and the word
//! needs more.

use crate::algorithm::{Algorithm, Arguments};
use crate::protocol::Words as _;

/// The places of an algorithm's words.
pub(super) struct Numbering {
    words: Vec<&'static str>,
    load: u64,
}

impl Numbering {
    /// Of this algorithm.
    pub fn of<A: Algorithm>() -> Self {
        let words = A::Command::words();
        let plain = |word: &&str| matches!(A::command(word, &Arguments::default()), Some(Ok(_)));
        let load = words.iter().rposition(plain).map_or(0, |last| last as u64 + 1) + 1;
        Numbering { words, load }
    }

    /// Of a command that the file lists, or that a workload asks for.
    pub fn of_word(&self, word: &str, by_workload: bool, nth: u64) -> u64 {
        let known = self.words.iter().position(|known| *known == word);
        let place = known.unwrap_or(self.words.len()) as u64;
        let place = if place < self.load { place } else { place + 1 };
        (place * 2 + u64::from(by_workload)) << 32 | nth
    }

    /// Of a command that a load asks for.
    pub const fn of_load(&self, nth: u64) -> u64 {
        (self.load * 2) << 32 | nth
    }

    /// The words.
    pub fn words(&self) -> &[&'static str] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::election::raft::Raft;
    use std::collections::BTreeSet;

    #[test]
    fn a_load_numbers_behind_the_words_that_need_nothing_more_and_before_the_others() {
        let numbering = Numbering::of::<Raft>();
        assert_eq!(numbering.of_word("propose", true, 7), 1 << 32 | 7);
        assert_eq!(numbering.of_word("read", false, 0), 4 << 32);
        assert_eq!(numbering.of_load(7), 8 << 32 | 7);
    }

    #[test]
    fn no_two_words_and_no_load_have_a_number_in_common() {
        let numbering = Numbering::of::<Raft>();
        let words = numbering.words().iter();
        let of_words =
            words.flat_map(|word| [false, true].map(|by| numbering.of_word(word, by, 0)));
        let numbers: Vec<u64> = of_words.chain([numbering.of_load(0)]).collect();
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    }
}
