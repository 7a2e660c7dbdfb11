//! Luck is as even as it claims: tests of fit and of independence, with fixed seeds.
//!
//! Every bound is at about six standard deviations: a right sampler fails one seed in a thousand
//! million, and a bias of one or two per cent fails at once. The seeds never change, so neither
//! does the verdict. (Smaller errors of the shaped samplers are caught where they are defined:
//! their own tests compare value by value.)
#![expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]

use std::collections::BTreeSet;
use stormseed::rng::{self, Keyed, Luck64, Ratio, Stream, Zipf, mix};

/// Standard deviations that luck may be away from what is expected.
pub(crate) const SIGMAS: f64 = 6.0;

/// How far the counts are from the expected ones, in standard deviations, by Wilson and Hilferty's
/// cube root of the chi-square statistic. Cells that expect fewer than 5 are poured together.
pub(crate) fn chi_square(counts: &[u64], expected: &[f64]) -> f64 {
    assert_eq!(counts.len(), expected.len(), "a count for each cell");
    let (mut statistic, mut cells, mut count, mut mean) = (0.0, 0.0, 0.0, 0.0);
    for (&c, &e) in counts.iter().zip(expected) {
        count += c as f64;
        mean += e;
        if mean >= 5.0 {
            statistic += (count - mean) * (count - mean) / mean;
            cells += 1.0;
            (count, mean) = (0.0, 0.0);
        }
    }
    let freedom: f64 = cells - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}

/// Demands that values below `cells` are equally frequent; too even is as wrong as too uneven.
pub(crate) fn expect_even(what: &str, cells: u64, values: impl Iterator<Item = u64>) {
    let mut counts = vec![0; cells as usize];
    values.for_each(|value| counts[value as usize] += 1);
    let mean = counts.iter().sum::<u64>() as f64 / cells as f64;
    let sigmas = chi_square(&counts, &vec![mean; counts.len()]);
    assert!(sigmas.abs() < SIGMAS, "{what}: {sigmas:.1} standard deviations from even");
}

/// Demands that sorted values follow a distribution: the test of Kolmogorov and Smirnov.
fn expect_shape(what: &str, mut values: Vec<u64>, cdf: impl Fn(f64) -> f64) {
    values.sort();
    let n = values.len() as f64;
    let farthest = values
        .iter()
        .zip(0..)
        .map(|(&value, i): (_, u32)| {
            let p = cdf(value as f64);
            (p - f64::from(i) / n).abs().max((p - (f64::from(i) + 1.0) / n).abs())
        })
        .fold(0.0, f64::max);
    // P(sqrt(n) D > x) is about 2 exp(-2 x^2): 1e-9 at 3.27.
    let statistic = farthest * n.sqrt();
    assert!(statistic < 3.27, "{what}: Kolmogorov-Smirnov {statistic:.2}");
}

#[test]
fn ranges_are_even() {
    for (seed, bound) in (1..).zip([2, 3, 7, 10, 64, 100, 1_000]) {
        let mut luck = Keyed::new(seed);
        let values = (0..400_000).map(move |_| rng::below(&mut luck, bound));
        expect_even(&format!("below {bound}"), bound, values);
        let mut luck = Stream::new(seed, "ranges");
        let values = (0..400_000).map(move |_| rng::range(&mut luck, 50..=49 + bound) - 50);
        expect_even(&format!("range of {bound}"), bound, values);
    }
    // The widest bound that rejects: without the rejection, a third of the values comes twice.
    let mut luck = Keyed::new(8);
    let bound = 3 << 62;
    let thirds = (0..400_000).map(move |_| rng::below(&mut luck, bound) / (bound / 12));
    expect_even("twelfths of a wide bound", 12, thirds);
    let mut luck = Keyed::new(9);
    let residues = (0..400_000).map(move |_| rng::below(&mut luck, bound) % 3);
    expect_even("residues of a wide bound", 3, residues);
}

#[test]
fn every_order_of_a_shuffle_is_as_likely_as_any_other() {
    for (items, orders) in [(4u64, 256), (5, 3_125)] {
        let mut luck = Keyed::new(items);
        let mut counts = vec![0u64; orders];
        for _ in 0..600_000 {
            let mut order: Vec<u64> = (0..items).collect();
            rng::shuffle(&mut luck, &mut order);
            counts[order.iter().fold(0, |code, item| code * items + item) as usize] += 1;
        }
        let seen: Vec<u64> = counts.into_iter().filter(|&count| count > 0).collect();
        let permutations: u64 = (1..=items).product();
        assert_eq!(seen.len() as u64, permutations);
        let mean = 600_000.0 / permutations as f64;
        let sigmas = chi_square(&seen, &vec![mean; seen.len()]);
        assert!(sigmas.abs() < SIGMAS, "{items} items: {sigmas:.1} standard deviations");
    }
}

#[test]
fn every_item_is_as_likely_to_be_chosen() {
    let items: Vec<u64> = (0..13).collect();
    let mut luck = Keyed::new(21);
    let values = (0..400_000).map(|_| *rng::choose(&mut luck, &items).unwrap());
    expect_even("choose", 13, values);
    assert_eq!(rng::choose(&mut Keyed::new(1), &[0u8; 0]), None);
}

#[test]
fn a_chance_comes_true_as_often_as_it_says() {
    let n = 1_000_000;
    for ppm in [1, 100, 10_000, 250_000, 500_000, 999_000, 1_000_000, 0] {
        let mut luck = Keyed::new(u64::from(ppm));
        let chance = Ratio::from_ppm(ppm);
        let hits = (0..n).filter(|_| rng::bernoulli(&mut luck, chance)).count() as f64;
        let p = f64::from(ppm) / 1e6;
        let deviation = (f64::from(n) * p * (1.0 - p)).sqrt();
        let away = (hits - f64::from(n) * p).abs();
        assert!(away <= SIGMAS * deviation, "{ppm} ppm: {hits} of {n}");
    }
}

#[test]
fn popularity_follows_zipf() {
    for (items, exponent_ppm) in
        [(2, 1_000_000), (10, 1_000_000), (1_000, 990_000), (300, 2_500_000)]
    {
        let n = 400_000;
        let zipf = Zipf::new(items, exponent_ppm).unwrap();
        let mut luck = Keyed::new(u64::from(items));
        let mut counts = vec![0u64; items as usize];
        (0..n).for_each(|_| counts[zipf.draw(&mut luck) as usize] += 1);
        let exponent = f64::from(exponent_ppm) / 1e6;
        let weights: Vec<f64> = (1..=items).map(|k| f64::from(k).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        let expected: Vec<f64> = weights.iter().map(|w| w / sum * f64::from(n)).collect();
        let sigmas = chi_square(&counts, &expected);
        assert!(sigmas.abs() < SIGMAS, "{items} items: {sigmas:.1} standard deviations");
    }
}

#[test]
fn waiting_times_are_exponential() {
    for mean in [1_000_000, 150_000_000, 3_600_000_000_000] {
        let mut luck = Keyed::new(mean);
        let values: Vec<u64> = (0..400_000).map(|_| rng::exponential(&mut luck, mean)).collect();
        let average = values.iter().map(|&v| v as f64).sum::<f64>() / 400_000.0 / mean as f64;
        assert!((average - 1.0).abs() < SIGMAS / 400_000f64.sqrt(), "mean {average}");
        expect_shape("exponential", values, |x| -(-x / mean as f64).exp_m1());
    }
}

/// The normal distribution function, from the error function's series and continued fraction.
fn normal_cdf(z: f64) -> f64 {
    let x = z.abs();
    let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let above = if x < 3.0 {
        let (mut term, mut sum) = (x, x);
        for i in 1..60 {
            term *= x * x / f64::from(2 * i + 1);
            sum += term;
        }
        0.5 - density * sum
    } else {
        density / (1..60).rev().fold(x, |tail, i| x + f64::from(i) / tail)
    };
    if z < 0.0 { above } else { 1.0 - above }
}

#[test]
fn the_judge_of_normal_deviates_knows_the_normal_distribution() {
    for (z, p) in [(0.0, 0.5), (1.0, 0.841_344_746), (-2.0, 0.022_750_132), (3.5, 0.999_767_371)] {
        assert!((normal_cdf(z) - p).abs() < 1e-9, "{z}");
    }
}

#[test]
fn delays_are_log_normal() {
    for (median, sigma_ppm) in
        [(1_000_000u64, 100_000), (150_000_000, 500_000), (1 << 40, 2_000_000)]
    {
        let mut luck = Keyed::new(median);
        let values = (0..400_000).map(|_| rng::log_normal(&mut luck, median, sigma_ppm)).collect();
        let sigma = f64::from(sigma_ppm) / 1e6;
        expect_shape("log-normal", values, |x| normal_cdf((x / median as f64).ln() / sigma));
    }
}

#[test]
fn sizes_are_log_uniform() {
    for (low, high) in [(1_000u64, 1_000_000_000u64), (123_456_789, 1 << 40), (1 << 32, u64::MAX)] {
        let mut luck = Keyed::new(low);
        let values = (0..400_000).map(|_| rng::log_uniform(&mut luck, low..=high)).collect();
        let width = ((high as f64 + 1.0) / low as f64).ln();
        // An integer stands for all up to the next one: judge by its middle.
        expect_shape("log-uniform", values, |x| ((x + 0.5) / low as f64).ln() / width);
    }
    let mut luck = Keyed::new(5);
    let mut counts = [0u64; 9];
    (0..400_000).for_each(|_| counts[rng::log_uniform(&mut luck, 1..=9) as usize - 1] += 1);
    let benford: Vec<f64> = (1..10).map(|d| 4e5 * (1.0 + 1.0 / f64::from(d)).log10()).collect();
    let sigmas = chi_square(&counts, &benford);
    assert!(sigmas.abs() < SIGMAS, "first digits: {sigmas:.1} standard deviations");
}

/// Inputs of the mixer as they come: random pairs, and the small numbers of nodes, slots and kinds.
fn inputs(samples: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut luck = Stream::new(77, "inputs");
    (0..samples).map(move |i| match i % 4 {
        0 => (luck.next(), luck.next()),
        1 => (luck.next(), i),
        2 => (i, luck.next()),
        _ => (i / 256, i % 256),
    })
}

#[test]
fn every_bit_that_goes_in_flips_half_of_those_that_come_out() {
    let samples = 100_000;
    for flipped in 0..128 {
        let (a_flip, b_flip) =
            if flipped < 64 { (1 << flipped, 0) } else { (0, 1 << (flipped - 64)) };
        let mut flips = [0u32; 64];
        for (a, b) in inputs(samples) {
            let change = mix(a, b) ^ mix(a ^ a_flip, b ^ b_flip);
            (0..64).for_each(|bit| flips[bit] += (change >> bit) as u32 & 1);
        }
        for (bit, &count) in flips.iter().enumerate() {
            let p = f64::from(count) / samples as f64;
            assert!((0.49..0.51).contains(&p), "bit {flipped} flips bit {bit} with chance {p}");
        }
    }
}

#[test]
fn every_bit_that_comes_out_is_set_half_of_the_time() {
    let samples = 1_000_000;
    let mut set = [0u32; 64];
    for (a, b) in inputs(samples) {
        let word = mix(a, b);
        (0..64).for_each(|bit| set[bit] += (word >> bit) as u32 & 1);
    }
    for (bit, &count) in set.iter().enumerate() {
        let sigmas = (f64::from(count) - samples as f64 / 2.0) / (samples as f64 / 4.0).sqrt();
        assert!(sigmas.abs() < SIGMAS, "bit {bit}: {sigmas:.1} standard deviations");
    }
}

#[test]
fn small_keys_and_lanes_never_meet() {
    let words: BTreeSet<u64> = (0..1 << 18).map(|i| mix(i >> 9, i & 511)).collect();
    assert_eq!(words.len(), 1 << 18);
}

#[test]
fn no_key_blinds_its_lanes_and_no_lane_its_keys() {
    // With one operand of its first multiplication zero, the mixer must still see the other.
    let (blind_key, blind_lane) = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345);
    assert_eq!(
        (0..1 << 16).map(|lane| mix(blind_key, lane)).collect::<BTreeSet<_>>().len(),
        1 << 16
    );
    assert_eq!(
        (0..1 << 16).map(|key| mix(key, blind_lane)).collect::<BTreeSet<_>>().len(),
        1 << 16
    );
}

/// Demands that words and their successors are unrelated: pairs of bytes even, no correlation.
fn expect_unrelated(what: &str, pairs: &[(u64, u64)]) {
    for shift in [0, 28, 56] {
        let byte = |word: u64| (word >> shift) & 255;
        let bytes = pairs.iter().map(|&(a, b)| byte(a) << 8 | byte(b));
        expect_even(&format!("{what}, bytes from bit {shift}"), 1 << 16, bytes);
    }
    let centred = |word: u64| word as f64 / 2f64.powi(64) - 0.5;
    let product: f64 = pairs.iter().map(|&(a, b)| centred(a) * centred(b)).sum();
    let sigmas = 12.0 * product / (pairs.len() as f64).sqrt();
    assert!(sigmas.abs() < SIGMAS, "{what}: correlated by {sigmas:.1} standard deviations");
}

const PAIRS: u64 = 1 << 20;

#[test]
fn neighbouring_lanes_of_a_key_are_unrelated() {
    let few_lanes = (0..PAIRS).map(|i| (mix(i / 64, i % 64), mix(i / 64, i % 64 + 1)));
    expect_unrelated("64 lanes of many keys", &few_lanes.collect::<Vec<_>>());
    let mut luck = Keyed::new(42);
    let many_lanes = (0..PAIRS).map(|_| (luck.next(), luck.next()));
    expect_unrelated("many lanes of one key", &many_lanes.collect::<Vec<_>>());
}

#[test]
fn neighbouring_keys_are_unrelated() {
    for lane in [0, 1, 1 << 40] {
        let pairs = (0..PAIRS).map(|key| (mix(key, lane), mix(key + 1, lane)));
        expect_unrelated(&format!("lane {lane}"), &pairs.collect::<Vec<_>>());
    }
    let twins = (0..PAIRS).map(|key| (mix(key, key + 1), mix(key + 1, key)));
    expect_unrelated("exchanged halves", &twins.collect::<Vec<_>>());
}

#[test]
fn streams_of_other_purposes_and_seeds_are_others() {
    let purposes = ["", "a", "b", "nemesis/crash", "nemesis/pause", "workload", "topology"];
    let mut first_words = BTreeSet::new();
    for seed in 0..1_000 {
        for purpose in purposes {
            first_words.insert(Stream::new(seed, purpose).next());
        }
    }
    assert_eq!(first_words.len(), 1_000 * purposes.len());
    let (mut one, mut other) = (Stream::new(5, "a"), Stream::new(5, "b"));
    let pairs: Vec<_> = (0..PAIRS).map(|_| (one.next(), other.next())).collect();
    expect_unrelated("two purposes", &pairs);
    let seeds: Vec<_> = (0..100_000)
        .map(|seed| (Stream::new(seed, "a").next(), Stream::new(seed + 1, "a").next()))
        .collect();
    expect_unrelated("two seeds", &seeds);
}

#[test]
fn a_slightly_bent_luck_is_noticed() {
    let bent = |luck: &mut Keyed| if rng::below(luck, 50) == 0 { 3 } else { rng::below(luck, 10) };
    let mut luck = Keyed::new(1);
    let values: Vec<u64> = (0..400_000).map(|_| bent(&mut luck)).collect();
    let judged = std::panic::catch_unwind(|| expect_even("bent", 10, values.into_iter()));
    assert!(judged.is_err(), "two per cent too many threes went unnoticed");
    let values: Vec<u64> = (0..400_000).map(|_| rng::exponential(&mut luck, 1_015_000)).collect();
    let judged = std::panic::catch_unwind(|| {
        expect_shape("bent", values, |x| -(-x / 1e6).exp_m1());
    });
    assert!(judged.is_err(), "a mean of one and a half per cent too much went unnoticed");
    let pairs: Vec<(u64, u64)> =
        (0..PAIRS).map(|i| (mix(i, 0), if i % 32 == 0 { mix(i, 0) } else { mix(i, 1) })).collect();
    let judged = std::panic::catch_unwind(|| expect_unrelated("bent", &pairs));
    assert!(judged.is_err(), "one repeated word in 32 went unnoticed");
}
