//! World luck and node luck during a run: pure functions of keys, with overrides that win.
//!
//! The key of a message's luck is its *weather*: link, kind, the 10 ms slot of the sending time and
//! the occurrence within that slot. Small shifts in time, and messages on other links, leave it as
//! it was, which is what keeps a violation alive while its schedule is made smaller.
//! `docs/determinism.md` has the measurement against other keys.

use super::agenda::TIE_MAX;
use super::occurrence::{Crowd, Occurrences};
use crate::id::{FaultId, Label, NodeId, hash_name};
use crate::protocol::NodeLuck;
use crate::rng::{Keyed, mix, mum, range};
use crate::schedule::{FateOverride, Override, Tied};
use crate::time::{Duration, SimTime};
use std::collections::BTreeMap;

/// How the luck of a message or of a draw is keyed. All but the first are for measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyScheme {
    /// Link, kind, 10 ms slot of the sending time, occurrence in the slot.
    #[default]
    Weather,
    /// One stream for everything, in the order of events.
    Global,
    /// Link and how many messages it has carried.
    Ordinal,
    /// Link, kind, and how many messages of that kind it has carried.
    KindOrdinal,
    /// Link, kind and what the message says.
    Content,
}

/// The length of a weather slot in nanoseconds.
pub(super) const SLOT: u64 = 10_000_000;
const SLOT_MIX: u64 = 0x9e37_79b9_7f4a_7c15;
const OCCURRENCE_MIX: u64 = 0xd1b5_4a32_d192_ed03;

/// The luck of the network, with the occurrences that its keys count.
#[derive(Debug)]
pub(super) struct WorldLuck {
    seed: u64,
    scheme: KeyScheme,
    kinds: Vec<u64>,
    crowd: Crowd,
    ordinals: BTreeMap<(u64, u64), u64>,
    counter: u64,
    fates: Fates,
    /// What was decided so far, where somebody wants to know.
    decided: Option<Vec<Override>>,
    /// What faults did to single messages by then.
    harmed: Vec<(FaultId, Override)>,
    words: Vec<&'static str>,
}

impl WorldLuck {
    pub fn new(seed: u64, scheme: KeyScheme, words: &[&'static str], fixed: &[Override]) -> Self {
        WorldLuck {
            seed: mix(seed, hash_name("world")),
            scheme,
            kinds: words.iter().map(|word| hash_name(word)).collect(),
            crowd: Crowd::default(),
            ordinals: BTreeMap::new(),
            counter: 0,
            fates: Fates::new(words, fixed),
            decided: None,
            harmed: Vec::new(),
            words: words.to_vec(),
        }
    }

    /// The key of a message that leaves now, with what its sender counts. `content` is only asked
    /// for by one scheme.
    #[inline]
    pub fn message(
        &mut self,
        now: SimTime,
        (from, to, kind): (NodeId, NodeId, u16),
        sender: &mut Occurrences,
        content: impl FnOnce() -> u64,
    ) -> u64 {
        let link = u64::from(from.number()) << 32 | u64::from(to.number());
        if self.scheme != KeyScheme::Weather {
            return self.measured(link, kind, content);
        }
        let slot = now.as_nanos() / SLOT;
        let occurrence = sender.message(slot, (from, to, kind), &mut self.crowd);
        let kind = self.kinds[usize::from(kind)];
        let base = mum(self.seed ^ link, kind ^ slot.wrapping_mul(SLOT_MIX));
        base.wrapping_add(u64::from(occurrence).wrapping_mul(OCCURRENCE_MIX))
    }

    #[cold]
    fn measured(&mut self, link: u64, kind: u16, content: impl FnOnce() -> u64) -> u64 {
        let kind = self.kinds[usize::from(kind)];
        let (of, kind) = match self.scheme {
            KeyScheme::Global => {
                self.counter += 1;
                return mix(self.seed, self.counter);
            }
            KeyScheme::Content => return mix(mix(self.seed ^ link, kind), content()),
            KeyScheme::KindOrdinal => (link, kind),
            KeyScheme::Ordinal | KeyScheme::Weather => (link, 0),
        };
        let ordinal = self.ordinals.entry((of, kind)).or_default();
        *ordinal += 1;
        mix(mix(self.seed ^ of, kind), *ordinal)
    }

    /// The luck of all messages that are still to be sent is another one.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = mix(seed, hash_name("world"));
    }

    /// Whether the schedule fixes anything of any message.
    #[inline(always)]
    pub fn fixes_fates(&self) -> bool {
        self.fates.is_counting
    }

    /// From now on it keeps what it decides. Nothing must have been sent yet.
    pub fn keep_decisions(&mut self) {
        self.fates.is_counting = true;
        self.decided = Some(Vec::new());
    }

    /// What it decided, if it kept it.
    pub fn decided(&self) -> &[Override] {
        self.decided.as_deref().unwrap_or_default()
    }

    /// What faults did to single messages, if it kept what it decided.
    pub fn harmed(&self) -> &[(FaultId, Override)] {
        &self.harmed
    }

    /// The message that was asked for last meets this fate.
    pub fn decide(&mut self, of: (NodeId, NodeId, u16), fate: Fate) {
        let fixed = self.decided.is_some().then(|| self.as_fixed(of, fate));
        self.decided.iter_mut().for_each(|decided| decided.extend(fixed.clone()));
    }

    /// A fault has brought this fate upon the message that was asked for last.
    pub fn blame(&mut self, fault: FaultId, of: (NodeId, NodeId, u16), fate: Fate) {
        if self.decided.is_some() {
            let fixed = self.as_fixed(of, fate);
            self.harmed.push((fault, fixed));
        }
    }

    /// The fate of the message that was asked for last, as a schedule would fix it.
    fn as_fixed(&self, (from, to, kind): (NodeId, NodeId, u16), fate: Fate) -> Override {
        let nth = self.fates.counts.get(&(from, to, kind)).copied().unwrap_or_default();
        let fate = match fate {
            Fate::Lost => FateOverride::Lost,
            Fate::Delivered(after) => FateOverride::Delivered(after),
            Fate::Duplicated(first, second) => FateOverride::Duplicated(first, second),
        };
        let word = self.words[usize::from(kind)].to_owned();
        Override::Fate { from, to, word, nth, fate }
    }

    /// What the schedule fixes for this message.
    pub fn fixed(&mut self, from: NodeId, to: NodeId, kind: u16) -> Fixed {
        if !self.fixes_fates() {
            return Fixed::default();
        }
        self.fates.next(from, to, kind)
    }
}

/// What is fixed by hand for one message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fixed {
    pub fate: Option<FateOverride>,
    pub tie: Option<u32>,
}

/// Fates and ties fixed by hand, and the counts that tell which message is "the third vote reply".
#[derive(Debug)]
struct Fates {
    fixed: BTreeMap<(NodeId, NodeId, u16, u32), Fixed>,
    /// Whether anybody asks which message is which.
    is_counting: bool,
    counts: BTreeMap<(NodeId, NodeId, u16), u32>,
}

impl Fates {
    fn new(words: &[&'static str], overrides: &[Override]) -> Self {
        let mut fixed: BTreeMap<_, Fixed> = BTreeMap::new();
        for one in overrides {
            let (from, to, word, nth) = match one {
                Override::Fate { from, to, word, nth, .. }
                | Override::Tie { of: Tied::Message { from, to, word, nth }, .. } => {
                    (*from, *to, word, *nth)
                }
                _ => continue,
            };
            let Some(kind) = words.iter().position(|w| w == word) else { continue };
            let own = fixed.entry((from, to, kind as u16, nth)).or_default();
            match one {
                Override::Fate { fate, .. } => own.fate = Some(*fate),
                Override::Tie { tie, .. } => own.tie = Some((*tie).min(TIE_MAX)),
                Override::Draw { .. } => {}
            }
        }
        Fates { is_counting: !fixed.is_empty(), fixed, counts: BTreeMap::new() }
    }

    fn next(&mut self, from: NodeId, to: NodeId, kind: u16) -> Fixed {
        let count = self.counts.entry((from, to, kind)).or_default();
        *count += 1;
        self.fixed.get(&(from, to, kind, *count)).copied().unwrap_or_default()
    }
}

/// The draws of all nodes: seed, scheme and overrides are shared; the occurrences are a node's own.
#[derive(Debug)]
pub(super) struct DrawLuck {
    seed: u64,
    scheme: KeyScheme,
    counter: u64,
    fixed: BTreeMap<(NodeId, u64, u32), u64>,
    /// What was drawn so far, where somebody wants to know.
    pub drawn: Option<Vec<Override>>,
}

impl DrawLuck {
    pub fn new(seed: u64, scheme: KeyScheme, overrides: &[Override]) -> Self {
        let mut fixed = BTreeMap::new();
        for one in overrides {
            if let Override::Draw { node, label, nth, value } = one {
                fixed.insert((*node, hash_name(label), *nth), *value);
            }
        }
        DrawLuck { seed: mix(seed, hash_name("draw")), scheme, counter: 0, fixed, drawn: None }
    }
}

impl DrawLuck {
    /// The luck of all draws to come is another one.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = mix(seed, hash_name("draw"));
    }

    #[inline]
    fn keep(&mut self, node: NodeId, label: Label, nth: u32, value: u64) -> u64 {
        if let Some(drawn) = &mut self.drawn {
            drawn.push(Override::Draw { node, label: label.name().to_owned(), nth, value });
        }
        value
    }
}

/// The dice that a node is handed for one step.
pub(super) struct NodeDice<'a> {
    pub luck: &'a mut DrawLuck,
    pub counts: &'a mut Occurrences,
    pub node: NodeId,
    pub now: SimTime,
}

impl NodeLuck for NodeDice<'_> {
    #[inline]
    fn draw(&mut self, label: Label, low: u64, high: u64) -> u64 {
        let slot = self.now.as_nanos() / SLOT;
        let (occurrence, nth) = self.counts.draw(slot, label.hash());
        if !self.luck.fixed.is_empty() {
            if let Some(&value) = self.luck.fixed.get(&(self.node, label.hash(), nth)) {
                return self.luck.keep(self.node, label, nth, value.clamp(low, high));
            }
        }
        let node = self.luck.seed ^ u64::from(self.node.number());
        let key = match self.luck.scheme {
            KeyScheme::Weather => mum(node, label.hash() ^ slot.wrapping_mul(SLOT_MIX))
                .wrapping_add(u64::from(occurrence).wrapping_mul(OCCURRENCE_MIX)),
            KeyScheme::Global => {
                self.luck.counter += 1;
                self.luck.counter
            }
            _ => mix(mix(node, label.hash()), u64::from(nth)),
        };
        let value = range(&mut Keyed::new(key ^ self.luck.seed), low..=high);
        self.luck.keep(self.node, label, nth, value)
    }
}

/// The luck of one message, a lane per question, so that no answer moves another.
#[derive(Clone, Copy)]
pub(super) struct MessageLuck(pub u64);

impl MessageLuck {
    /// How long the message travels, and the tie that orders it among others that arrive then.
    pub const TRAVEL: u64 = 0;
    /// Whether it is lost.
    pub const LOSS: u64 = 1 << 8;
    /// Whether it arrives twice.
    pub const DUPLICATION: u64 = 2 << 8;
    /// How long its copy travels.
    pub const COPY: u64 = 3 << 8;
    /// Whether a fault harms it: from here on, by the fault's name.
    pub const FAULT: u64 = 1 << 32;
    /// How much longer that makes its journey: so far behind the fault's own.
    pub const MORE: u64 = 16;
    /// Whose name a made-up copy bears, or who gets it; how long it travels.
    pub const WHOSE: u64 = 32;
    pub const STRAY: u64 = 48;

    #[inline]
    pub const fn lane(self, lane: u64) -> Keyed {
        Keyed::lane(self.0, lane)
    }
}

/// What luck, or the schedule, decides for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Lost,
    Delivered(Duration),
    Duplicated(Duration, Duration),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luck() -> WorldLuck {
        WorldLuck::new(7, KeyScheme::Weather, &["a", "b"], &[])
    }

    const fn n(index: u32) -> NodeId {
        NodeId::new(index)
    }

    #[test]
    fn the_weather_of_a_link_does_not_depend_on_other_links() {
        let at = SimTime::from_nanos(123_456_789);
        let (mut alone, mut busy) = (luck(), luck());
        let (mut few, mut many) = (Occurrences::default(), Occurrences::default());
        for other in 2..500 {
            busy.message(at, (n(0), n(other), 0), &mut many, || 0);
        }
        for kind in [0, 1, 0, 0] {
            let expected = alone.message(at, (n(0), n(1), kind), &mut few, || 0);
            assert_eq!(busy.message(at, (n(0), n(1), kind), &mut many, || 0), expected);
        }
    }

    #[test]
    fn occurrences_within_a_slot_differ_and_a_shift_within_it_changes_nothing() {
        let mut sender = Occurrences::default();
        let mut at =
            |nanos| luck().message(SimTime::from_nanos(nanos), (n(0), n(1), 0), &mut sender, || 0);
        let (first, second, next_slot) = (at(20_000_000), at(20_000_001), at(30_000_000));
        assert!(first != second && second != next_slot && first != next_slot);
        sender = Occurrences::default();
        let late = SimTime::from_nanos(29_999_999);
        assert_eq!(luck().message(late, (n(0), n(1), 0), &mut sender, || 0), first);
    }
}
