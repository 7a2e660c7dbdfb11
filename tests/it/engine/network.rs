//! The network keeps its laws: latency, loss, duplicates, order, cuts and conservation.

#![expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]

use super::puppet::{Op, Word};
use super::stage::*;
use stormseed::conditions::{Conditions, Latency, Link};
use stormseed::engine::Why;
use stormseed::fault::Action;
use stormseed::rng::Ratio;
use stormseed::time::Duration;
use stormseed::topology::Cut;

const MANY: u64 = 20_000;

/// How long the messages from n0 to n1 travelled, in nanoseconds, sorted.
fn travels(seed: u64, change: impl FnOnce(&mut Conditions)) -> Vec<u64> {
    let story =
        Stage::new(2, 100_000).seed(seed).with(change).order(10, 0, vec![Op::Flood(1, MANY)]).run();
    let mut times = story.times(1, |note| matches!(note, Note::Delivered(..)));
    times.iter_mut().for_each(|at| *at -= 10 * MS);
    times.sort();
    times
}

fn with_latency(latency: Latency) -> impl FnOnce(&mut Conditions) {
    move |conditions| conditions.network.latency = latency
}

/// The test of Kolmogorov and Smirnov at one in a thousand million.
fn expect_law(what: &str, sorted: &[u64], cdf: impl Fn(f64) -> f64) {
    let n = sorted.len() as f64;
    let farthest = sorted.iter().zip(0u32..).fold(0.0f64, |far, (&value, i)| {
        let p = cdf(value as f64);
        far.max((p - f64::from(i) / n).abs()).max((p - f64::from(i + 1) / n).abs())
    });
    let statistic = farthest * n.sqrt();
    assert!(statistic < 3.27, "{what}: Kolmogorov-Smirnov {statistic:.2}");
}

#[test]
fn a_constant_latency_is_constant() {
    let constant = Latency::Constant(Duration::from_nanos(1_234_567));
    assert_eq!(travels(1, with_latency(constant)), vec![1_234_567; MANY as usize]);
}

#[test]
fn latencies_follow_their_laws() {
    let ns = |micros| Duration::from_micros(micros);
    for seed in 1..=3 {
        let uniform = Latency::Uniform { min: ns(2_000), max: ns(5_000) };
        expect_law("uniform", &travels(seed, with_latency(uniform)), |x| {
            ((x - 2e6) / 3e6).clamp(0.0, 1.0)
        });
        let exponential = Latency::Exponential { min: ns(1_000), mean: ns(4_000) };
        let sorted = travels(seed, with_latency(exponential));
        assert!(sorted[0] >= 1_000_000);
        expect_law("exponential", &sorted, |x| 1.0 - (-(x - 1e6).max(0.0) / 3e6).exp());
        let log_normal = Latency::LogNormal { median: ns(3_000), sigma_ppm: 400_000 };
        expect_law("log-normal", &travels(seed, with_latency(log_normal)), |x| {
            normal_cdf((x / 3e6).ln() / 0.4)
        });
        let log_uniform = Latency::LogUniform { min: ns(100), max: ns(100_000) };
        expect_law("log-uniform", &travels(seed, with_latency(log_uniform)), |x| {
            ((x / 1e5).ln() / 1e3f64.ln()).clamp(0.0, 1.0)
        });
    }
}

/// Abramowitz and Stegun, 7.1.26: an error below 1.5e-7.
fn normal_cdf(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * (z.abs() / 2f64.sqrt()));
    let sum = t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429));
    let tail = t * (0.254_829_592 + t * (-0.284_496_736 + sum)) * (-z * z / 2.0).exp();
    if z < 0.0 { tail / 2.0 } else { 1.0 - tail / 2.0 }
}

#[test]
fn loss_and_duplication_have_their_rates_and_are_counted() {
    for (seed, loss, twice) in [(1, 10_000, 0), (2, 300_000, 50_000), (3, 0, 500_000)] {
        let story = Stage::new(2, 1_000)
            .seed(seed)
            .with(|c| {
                c.network.loss = Ratio::from_ppm(loss);
                c.network.duplication = Ratio::from_ppm(twice);
            })
            .order(10, 0, vec![Op::Flood(1, MANY)])
            .run();
        let counts = story.counts();
        let near = |got: u64, trials: u64, ppm: u32| {
            let p = f64::from(ppm) / 1e6;
            let (mean, spread) = (trials as f64 * p, (trials as f64 * p * (1.0 - p)).sqrt());
            (got as f64 - mean).abs() <= 6.0 * spread
        };
        assert!(near(counts.lost, MANY, loss), "{counts:?}");
        assert!(near(counts.duplicated, MANY - counts.lost, twice), "{counts:?}");
        assert_eq!(counts.sent, MANY);
        assert_eq!(counts.delivered, MANY - counts.lost + counts.duplicated);
        let copies = story.count(|note| matches!(note, Note::Sent { copy: true, .. }));
        assert_eq!(copies, counts.duplicated);
        assert_eq!(
            story.count(|note| matches!(note, Note::Dropped { why: Why::Lost, .. })),
            counts.lost
        );
    }
}

#[test]
fn one_link_may_be_slower_than_the_others_and_only_in_one_direction() {
    let slow = Link::with_latency(n(0), n(1), Latency::Constant(Duration::from_millis(40)));
    let story = Stage::new(3, 100)
        .with(|c| c.network.links = vec![slow])
        .order(10, 0, vec![talk(1, 1), talk(2, 2)])
        .order(10, 1, vec![talk(0, 3)])
        .run();
    let told = |node| story.times(node, |note| matches!(note, Note::Delivered(..)));
    assert_eq!((told(1), told(2), told(0)), (vec![50 * MS], vec![11 * MS], vec![11 * MS]));
}

#[test]
fn links_keep_their_order_when_they_are_fifo_and_only_then() {
    for fifo in [true, false] {
        let mut stage = Stage::new(3, 1_000).with(|c| {
            c.network.fifo = fifo;
            let (min, max) = (Duration::from_millis(1), Duration::from_millis(50));
            c.network.latency = Latency::Uniform { min, max };
            c.network.duplication = Ratio::from_ppm(100_000);
        });
        for nth in 0..200 {
            stage = stage.order(10 + nth, 0, vec![talk(1, nth), talk(2, nth)]);
        }
        let story = stage.run();
        for node in [1, 2] {
            let mut heard = story.heard(node);
            heard.dedup();
            assert_eq!(heard.is_sorted(), fifo, "fifo {fifo}: {heard:?}");
        }
        // What a record says of the journey is what comes true.
        let mut said: Vec<u64> = story
            .rows
            .iter()
            .filter_map(|row| match row.note {
                Note::Sent { to: 1, after, .. } => Some(row.at + after),
                _ => None,
            })
            .collect();
        said.sort();
        let told = story.times(1, |note| matches!(note, Note::Delivered(..)));
        assert_eq!(said, told, "fifo {fifo}");
    }
}

#[test]
fn the_first_message_of_a_fifo_link_is_not_held_up() {
    let story = Stage::new(2, 10)
        .with(|c| {
            c.network.fifo = true;
            c.network.latency = Latency::ZERO;
        })
        .boot(0, vec![talk(1, 1), talk(1, 2)])
        .run();
    assert_eq!(story.times(1, |note| matches!(note, Note::Delivered(..))), [0, 1]);
}

#[test]
fn a_one_way_cut_cuts_one_way() {
    let cut = Cut::OneWay { from: vec![n(0), n(2)], to: vec![n(1), n(2)] };
    let all = |from: u64| (0..3).map(|to| talk(to, from)).collect::<Vec<Op>>();
    let story = (0..3u32)
        .fold(Stage::new(3, 100), |stage, node| stage.order(10, node, all(u64::from(node))))
        .fault(5, nodes(&[0]), Action::Partition(cut), None)
        .run();
    let sorted = |node| {
        let mut heard = story.heard(node);
        heard.sort();
        heard
    };
    assert_eq!((sorted(0), sorted(1), sorted(2)), (vec![0, 1, 2], vec![1], vec![1, 2]));
    assert_eq!(story.report(0).effects, 3);
}

#[test]
fn nothing_that_was_sent_is_unaccounted_for() {
    for seed in 0..20 {
        let mut stage = Stage::new(4, 1_000).seed(seed).with(|c| {
            c.network.latency =
                Latency::Exponential { min: Duration::ZERO, mean: Duration::from_millis(20) };
            c.network.loss = Ratio::from_ppm(50_000);
            c.network.duplication = Ratio::from_ppm(50_000);
        });
        for node in 0..4u32 {
            let others = (0..4).map(|to| Op::Send(to, Word::Talk(1))).collect();
            stage = stage.boot(node as usize, vec![Op::Every(1, 7 * MS, others)]);
        }
        let stage = stage
            .fault(100, nodes(&[0]), CRASH, lasting(200))
            .fault(150, nodes(&[1]), Action::Isolate, lasting(200))
            .fault(200, nodes(&[2]), Action::Pause, lasting(200))
            .fault(300, nodes(&[2]), CRASH, lasting(200))
            .fault(600, nodes(&[0, 1, 2, 3]), CRASH, None);
        let mut simulation = stage.simulation();
        simulation.run(&mut ());
        assert_eq!(simulation.pending(), 0, "all are down and all messages have arrived");
        let c = *simulation.counts();
        assert_eq!(c.sent + c.duplicated, c.delivered + c.lost + c.cut + c.undeliverable);
        assert!(c.lost > 0 && c.cut > 0 && c.undeliverable > 0 && c.duplicated > 0);
    }
}

#[test]
fn a_hand_fixed_fate_wins_over_luck_and_over_nothing_else() {
    use stormseed::schedule::{FateOverride, Override};
    let fix = |nth, fate| Override::Fate { from: n(0), to: n(1), word: "talk".into(), nth, fate };
    let mut stage = Stage::new(2, 200)
        .order(10, 0, vec![talk(1, 1), Op::Send(1, Word::Gossip(9)), talk(1, 2), talk(1, 3)])
        .fault(20, nodes(&[0]), Action::Isolate, lasting(10))
        .order(25, 0, vec![talk(1, 4)])
        .order(40, 0, vec![talk(1, 5)]);
    let d = Duration::from_millis;
    stage.schedule.overrides = vec![
        fix(1, FateOverride::Lost),
        fix(2, FateOverride::Delivered(d(5))),
        fix(4, FateOverride::Delivered(d(1))),
        fix(5, FateOverride::Duplicated(d(30), d(20))),
    ];
    let story = stage.run();
    assert_eq!(story.heard(1).len(), 5);
    let told = story.times(1, |note| matches!(note, Note::Delivered(_, Word::Talk(_))));
    assert_eq!(told, [11, 15, 60, 70].map(|at| at * MS), "the cut message counts as the fourth");
}
