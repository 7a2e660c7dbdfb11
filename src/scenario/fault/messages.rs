//! Faults of messages as files write them: which messages, and what becomes of them.

use super::{Aimed, FaultEntry, FaultKind, Length, fixed, who};
use crate::fault::{Action, Filter, Harm, Target};
use crate::rng::{Ratio, Stream};
use crate::scenario::check::Check;
use crate::scenario::draw;
use crate::scenario::error::Finding;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Latency, Nth, Who};
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// Every one of the messages that pass a filter.
const ALWAYS: Ratio = Ratio { numerator: 1, denominator: 1 };

/// All that an entry says of the messages that it is about.
pub(in crate::scenario) struct FilterWords<'a> {
    messages: Option<&'a Placed<Vec<Placed<String>>>>,
    from: Option<&'a Placed<Who>>,
    to: Option<&'a Placed<Who>>,
    nth: Option<&'a Placed<Nth>>,
    chance: Option<&'a Placed<Ratio>>,
    lasts: Length<'a>,
}

impl FilterWords<'_> {
    fn check(&self, check: &mut Check<'_>, harmed: &str) {
        if let Some(chance) = self.chance.filter(|chance| chance.is_zero()) {
            check.wrong(chance.place(), format!("nothing is {harmed}; raise `chance`"));
        }
        if let Some(to) = self.to {
            check.who(to, true);
        }
        let Some(messages) = self.messages else { return };
        if messages.is_empty() {
            check.wrong(messages.place(), "no kind of message is named; leave `messages` out");
        }
        let Some(vocabulary) = check.vocabulary else { return };
        let mut seen = BTreeSet::new();
        for word in &**messages {
            if !vocabulary.messages.contains(word) {
                let problem = format!("{} has no message `{}`", vocabulary.algorithm, **word);
                let finding = Finding::new(word.place(), problem);
                check.findings.push(finding.suggest(word, &vocabulary.messages));
            } else if !seen.insert(word.as_str()) {
                check.wrong(word.place(), format!("`{}` is named twice; leave one out", **word));
            }
        }
    }

    fn draw(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Filter {
        let words = self.messages.map_or(&[][..], |messages| messages);
        let nth = self.nth.map_or(Nth::ALL, |nth| **nth);
        Filter {
            words: words.iter().map(|word| (**word).clone()).collect(),
            to: self.to.map_or(Target::All, |to| nodes.target(to, luck, |_| false)),
            first: nth.first,
            last: nth.last,
            chance: self.chance.map_or(ALWAYS, |chance| **chance),
        }
    }
}

/// What a kind of harm says of itself.
pub(in crate::scenario) trait HarmKind {
    /// What it says of its messages.
    fn filter(&self) -> FilterWords<'_>;

    /// What is done to messages, as in "nothing is lost".
    const HARMED: &'static str;

    /// Finds what is wrong with it, its filter apart.
    fn check_harm(&self, check: &mut Check<'_>) {
        let _ = check;
    }

    /// What becomes of a message.
    fn harm(&self, luck: &mut Stream) -> Harm;
}

impl<K: HarmKind> FaultKind for K {
    fn who(&self) -> Option<&Placed<Who>> {
        self.filter().from
    }

    fn to(&self) -> Option<&Placed<Who>> {
        self.filter().to
    }

    fn lasts(&self) -> Length<'_> {
        self.filter().lasts
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        self.filter().check(check, K::HARMED);
        self.check_harm(check);
    }

    fn actions(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let filter = self.filter().draw(nodes, luck);
        let harm = self.harm(luck);
        // A loss of anything from anybody has an action of its own.
        let is_plain = self.who().is_none() && filter == Filter::all(filter.chance);
        if harm == Harm::Lose && is_plain {
            return vec![Action::Loss(filter.chance)];
        }
        vec![Action::Messages { filter, harm }]
    }
}

impl FaultEntry {
    /// Harms these messages so.
    pub(super) fn harm(&mut self, aimed: Aimed<'_>, filter: &Filter, harm: Harm) {
        fn set<T>(value: T) -> Option<Placed<T>> {
            Some(Placed::nowhere(value))
        }
        match harm {
            Harm::Lose => {
                let mut entry = LossEntry::of(aimed, filter);
                if entry.from.is_none() && *filter == Filter::all(filter.chance) {
                    // With nothing said of anybody it would be the loss that has its own action.
                    entry.from = set(Who::All);
                }
                self.loss = set(entry);
            }
            Harm::Duplicate => self.duplication = set(DuplicationEntry::of(aimed, filter)),
            Harm::Corrupt => self.corruption = set(CorruptionEntry::of(aimed, filter)),
            Harm::Hold => self.hold = set(HoldEntry::of(aimed, filter)),
            Harm::Delay(by) => {
                self.delay = set(DelayEntry::of(aimed, filter, Placed::nowhere(by.into())));
            }
            Harm::Reorder(by) => {
                self.reorder = set(ReorderEntry::of(aimed, filter, Placed::nowhere(by.into())));
            }
            Harm::Throttle { spacing, queue } => {
                let queue = Placed::nowhere(queue);
                self.throttle = set(ThrottleEntry::of(aimed, filter, fixed(spacing), queue));
            }
            Harm::Forge => self.forgery = set(ForgeryEntry::of(aimed, filter)),
            Harm::Misdeliver => self.misdelivery = set(MisdeliveryEntry::of(aimed, filter)),
            Harm::Replay(by) => {
                self.replay = set(ReplayEntry::of(aimed, filter, Placed::nowhere(by.into())));
            }
        }
    }
}

/// An entry that harms messages: its own keys, and those that say which messages and for how long.
macro_rules! harm_entry {
    (
        $(#[$doc:meta])*
        $name:ident, $harmed:literal { $($(#[$inner:meta])* $field:ident: $type:ty,)* }
        $($method:item)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$inner])* pub $field: $type,)*
            /// The kinds of messages that it is about, by their words; every kind if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub messages: Option<Placed<Vec<Placed<String>>>>,
            /// Those that are sent by these; by anybody if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub from: Option<Placed<Who>>,
            /// Those that are sent to these; to anybody if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub to: Option<Placed<Who>>,
            /// Which of those, counted from the strike on: `3`, `"3..5"` or `"3.."`; all of them if
            /// not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub nth: Option<Placed<Nth>>,
            /// The chance of each of those; certain if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub chance: Option<Placed<Ratio>>,
            /// For how long; until heal if not given.
            #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
            pub lasts: Option<Placed<Span<Duration>>>,
        }

        impl $name {
            /// A harm that was drawn: which messages, for how long, and its own keys.
            pub(super) fn of(aimed: Aimed<'_>, filter: &Filter, $($field: $type),*) -> Self {
                let Filter { words, to, first, last, chance } = filter;
                let all = |target: &Who| *target == Who::All;
                let (from, to) = (aimed.who(), Placed::nowhere(who(to)));
                let words = words.iter().map(|word| Placed::nowhere(word.clone())).collect();
                let nth = Nth { first: *first, last: *last };
                $name {
                    $($field,)*
                    messages: Some(words).filter(|words: &Vec<_>| !words.is_empty())
                        .map(Placed::nowhere),
                    from: Some(from).filter(|from| !all(from)),
                    to: Some(to).filter(|to| !all(to)),
                    nth: (nth != Nth::ALL).then_some(Placed::nowhere(nth)),
                    chance: (*chance != ALWAYS).then_some(Placed::nowhere(*chance)),
                    lasts: aimed.lasts(),
                }
            }
        }

        impl HarmKind for $name {
            fn filter(&self) -> FilterWords<'_> {
                FilterWords {
                    messages: self.messages.as_ref(),
                    from: self.from.as_ref(),
                    to: self.to.as_ref(),
                    nth: self.nth.as_ref(),
                    chance: self.chance.as_ref(),
                    lasts: self.lasts.as_ref(),
                }
            }

            const HARMED: &'static str = $harmed;
            $($method)*
        }
    };
}

harm_entry! {
    /// A loss of the timeline.
    LossEntry, "lost" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Lose
    }
}

harm_entry! {
    /// A duplication of the timeline: messages arrive twice.
    DuplicationEntry, "doubled" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Duplicate
    }
}

harm_entry! {
    /// A corruption of the timeline: the receiver finds messages spoilt, and drops them.
    CorruptionEntry, "spoilt" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Corrupt
    }
}

harm_entry! {
    /// A hold of the timeline: messages are kept until it ends, and arrive then.
    HoldEntry, "held" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Hold
    }
}

harm_entry! {
    /// A delay of the timeline: messages take longer, and on a FIFO link all that come after them.
    DelayEntry, "delayed" {
        /// How much longer.
        by: Placed<Latency>,
    }

    fn check_harm(&self, check: &mut Check<'_>) {
        longer(&self.by, check);
    }

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Delay((*self.by).into())
    }
}

harm_entry! {
    /// A reordering of the timeline: messages take longer and lose their place, on a FIFO link too.
    ReorderEntry, "reordered" {
        /// How much longer.
        by: Placed<Latency>,
    }

    fn check_harm(&self, check: &mut Check<'_>) {
        longer(&self.by, check);
    }

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Reorder((*self.by).into())
    }
}

harm_entry! {
    /// A throttle of the timeline: links let out one message at a time, and the others queue.
    ThrottleEntry, "throttled" {
        /// The time from one message of a link to the next.
        spacing: Placed<Span<Duration>>,
        /// How many messages may wait at a link; what comes when the queue is full is lost.
        queue: Placed<u32>,
    }

    fn check_harm(&self, check: &mut Check<'_>) {
        if self.spacing.min == Duration::ZERO {
            check.wrong(self.spacing.place(), "a link without limit; begin the range above zero");
        }
    }

    fn harm(&self, luck: &mut Stream) -> Harm {
        Harm::Throttle { spacing: draw::length(luck, *self.spacing), queue: *self.queue }
    }
}

harm_entry! {
    /// A forgery of the timeline: messages arrive again in the name of another of the senders.
    ForgeryEntry, "forged" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Forge
    }
}

harm_entry! {
    /// A misdelivery of the timeline: messages arrive at another of the receivers as well.
    MisdeliveryEntry, "misdelivered" {}

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Misdeliver
    }
}

harm_entry! {
    /// A replay of the timeline: messages arrive again, long after.
    ReplayEntry, "replayed" {
        /// How much later than the first time.
        by: Placed<Latency>,
    }

    fn check_harm(&self, check: &mut Check<'_>) {
        longer(&self.by, check);
    }

    fn harm(&self, _: &mut Stream) -> Harm {
        Harm::Replay((*self.by).into())
    }
}

fn longer(by: &Placed<Latency>, check: &mut Check<'_>) {
    check.one_latency(by);
    if matches!(**by, Latency::Uniform(span) if span.max == Duration::ZERO) {
        check.wrong(by.place(), "a delay that takes no time; make `by` longer");
    }
}
