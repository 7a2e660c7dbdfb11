//! Worlds: how long messages and syncs take, what is lost or arrives twice, and what is calmer.

use super::descent::{Case, Descent, seed};
use super::simpler::{lengths, numbers};
use crate::conditions::{Conditions, InFlight, Latency, Network};
use crate::rng::{Ratio, Stream, bernoulli, range};
use crate::time::Duration;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Draws worlds; made by [`conditions`].
#[derive(Clone, Copy, Debug)]
pub struct Worlds(());

/// Worlds without faults: messages take some 1 to 40 ms, a fifth of them at most is lost and a
/// tenth at most arrives twice, in order or not; syncs take no time or up to 20 ms. The calmest
/// loses nothing, and every message takes 10 ms.
pub const fn conditions() -> Worlds {
    Worlds(())
}

impl Strategy for Worlds {
    type Tree = Box<dyn ValueTree<Value = Conditions>>;
    type Value = Conditions;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut luck = Stream::new(seed(runner), "strategy/world");
        Ok(Box::new(Descent::from(Weather::draw(&mut luck))))
    }
}

/// What every message takes in a calm world.
const CALM: Latency = Latency::Constant(Duration::from_millis(10));

/// A world as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weather {
    pub latency: Latency,
    /// In percent, as is what arrives twice.
    pub loss: u32,
    pub duplication: u32,
    pub fifo: bool,
    pub in_flight: InFlight,
    pub sync: Latency,
}

impl Weather {
    const CALMEST: Weather = Weather {
        latency: CALM,
        loss: 0,
        duplication: 0,
        fifo: false,
        in_flight: InFlight::Drop,
        sync: Latency::ZERO,
    };

    pub fn draw(luck: &mut Stream) -> Self {
        let rarely = |luck: &mut Stream, most| match one_of_two(luck) {
            true => range(luck, 1..=most) as u32,
            false => 0,
        };
        let length = |luck: &mut Stream| Duration::from_millis(range(luck, 1..=20));
        let (min, more) = (length(luck), length(luck));
        let latency = match range(luck, 0..=2) {
            0 => Latency::Constant(min),
            1 => Latency::Uniform { min, max: min + more },
            _ => Latency::Exponential { min, mean: min + more },
        };
        Weather {
            latency,
            loss: rarely(luck, 20),
            duplication: rarely(luck, 10),
            fifo: one_of_two(luck),
            in_flight: match range(luck, 0..=2) {
                0 => InFlight::Drop,
                1 => InFlight::Deliver,
                _ => InFlight::Hold,
            },
            sync: if one_of_two(luck) { Latency::ZERO } else { Latency::Constant(length(luck)) },
        }
    }
}

fn one_of_two(luck: &mut Stream) -> bool {
    bernoulli(luck, Ratio { numerator: 1, denominator: 2 })
}

pub(super) const fn percent(of_hundred: u32) -> Ratio {
    Ratio { numerator: of_hundred, denominator: 100 }
}

/// A length that is always the same; then a simpler one.
fn steadier(latency: Latency) -> Vec<Latency> {
    let always = match latency {
        CALM => return Vec::new(),
        Latency::Constant(length) => lengths(length, false),
        Latency::Uniform { min, max } | Latency::Exponential { min, mean: max } => vec![min, max],
        _ => Vec::new(),
    };
    std::iter::once(CALM).chain(always.into_iter().map(Latency::Constant)).collect()
}

fn fewer(percent: u32) -> impl Iterator<Item = u32> {
    numbers(u64::from(percent), 0, 1).into_iter().map(|percent| percent as u32)
}

impl Case for Weather {
    type Value = Conditions;

    fn value(&self) -> Conditions {
        let network = Network {
            latency: self.latency,
            loss: percent(self.loss),
            duplication: percent(self.duplication),
            fifo: self.fifo,
            in_flight: self.in_flight,
            ..Network::default()
        };
        Conditions { network, sync: self.sync, ..Conditions::default() }
    }

    fn simpler(&self) -> Vec<Self> {
        let Weather { latency, loss, duplication, fifo, in_flight, sync } = *self;
        let mut found = vec![Weather::CALMEST];
        found.extend(fewer(loss).map(|loss| Weather { loss, ..*self }));
        found.extend(fewer(duplication).map(|duplication| Weather { duplication, ..*self }));
        found.extend(steadier(latency).into_iter().map(|latency| Weather { latency, ..*self }));
        found.extend(fifo.then_some(Weather { fifo: false, ..*self }));
        let is_usual = in_flight == InFlight::Drop;
        found.extend((!is_usual).then_some(Weather { in_flight: InFlight::Drop, ..*self }));
        if sync != Latency::ZERO {
            let faster = std::iter::once(Latency::ZERO).chain(match sync {
                Latency::Constant(length) => {
                    lengths(length, false).into_iter().map(Latency::Constant).collect()
                }
                _ => Vec::new(),
            });
            found.extend(faster.map(|sync| Weather { sync, ..*self }));
        }
        found.retain(|other| other != self);
        found
    }
}
