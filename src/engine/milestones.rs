//! Milestones: observations are counted, and what waits for the n-th of a kind is given its time.

use super::plan::Act;
use crate::fault::{On, When};
use crate::id::NodeId;
use crate::time::Duration;

/// What waits for an observation, and what was observed so far.
#[derive(Debug)]
pub(super) struct Milestones {
    /// How often each word was observed.
    counts: Vec<u32>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    word: u16,
    nth: u32,
    /// Whose observations count, and how many they were; anybody's if not given.
    own: Option<(On, u32)>,
    after: Duration,
    act: Act,
}

impl Milestones {
    /// Nothing was observed of a family of so many words, and nothing waits.
    pub fn new(words: usize) -> Self {
        Milestones { counts: vec![0; words], waiting: Vec::new() }
    }

    /// Lets an act wait for its milestone.
    pub fn add(&mut self, when: &When, words: &[&'static str], act: Act) {
        let (own, word, nth, after) = match when {
            // The heal looks for what strikes then, and the gate holds what waits for it.
            When::At(_) | When::Heal | When::Service { .. } => return,
            When::Milestone { word, nth, after } => (None, word, nth, after),
            When::MilestoneOn { on, word, nth, after } => (Some((on.clone(), 0)), word, nth, after),
        };
        let word = words.iter().position(|known| known == word);
        let word = word.expect("milestones are checked against the family's words") as u16;
        self.waiting.push(Waiting { word, nth: *nth, own, after: *after, act });
    }

    #[inline]
    pub fn any(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Counts an observation; the acts that waited for this very one, and how long after it they
    /// are due. `plays` tells whether the node that made it plays a role.
    pub fn reached(
        &mut self,
        word: u16,
        node: NodeId,
        plays: impl Fn(&str) -> bool,
    ) -> Vec<(Act, Duration)> {
        let count = &mut self.counts[usize::from(word)];
        *count += 1;
        let mut reached = Vec::new();
        self.waiting.retain_mut(|waiting| {
            let is_it = waiting.word == word && waiting.counts(*count, node, &plays);
            if is_it {
                reached.push((waiting.act, waiting.after));
            }
            !is_it
        });
        reached
    }
}

impl Waiting {
    /// Counts an observation of its word, the so manieth of all; whether it is the one.
    fn counts(&mut self, count: u32, node: NodeId, plays: &impl Fn(&str) -> bool) -> bool {
        let Some((on, own)) = &mut self.own else { return count == self.nth };
        let is_own = match on {
            On::Nodes(nodes) => nodes.contains(&node),
            On::Role(role) => plays(role),
        };
        *own += u32::from(is_own);
        is_own && *own == self.nth
    }
}
