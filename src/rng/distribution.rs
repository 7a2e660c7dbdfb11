//! Samplers with other shapes than flat: exponential, log-normal and log-uniform, on integers.
//!
//! Each draws a fixed number of words whatever comes out, and turns them into a value by inverting
//! the distribution (or, for the normal one, by Box and Muller) with the functions of
//! [`fixed`]. No input overflows or panics: what does not fit is `u64::MAX`.
//!
//! [`fixed`]: super::fixed

use super::Luck64;
use super::fixed::{FRACTION_BITS, exp2_fraction, log2, minus_ln, scale_exp2, sine_quarter};
use std::ops::RangeInclusive;

/// The root of two in units of 2^-62, rounded down.
const SQRT_2_Q62: i128 = (1u128 << 125).isqrt() as i128;
/// A millionth of log2(e) in units of 2^-80: 2^144 / (2^64 ln 2) / 10^6.
const LOG2_E_PPM_Q80: u128 = (((1u128 << 126) / 0xb172_17f7_d1cf_79ab) << 18) / 1_000_000;

/// A waiting time with this mean and no memory, in the mean's unit: `mean * -ln(u)`, to nearest.
///
/// `u` is `(word | 1) / 2^64` for one word. The factor is exact to 2^-49; it reaches at most 44.4.
#[inline]
pub fn exponential(luck: &mut impl Luck64, mean: u64) -> u64 {
    let factor = minus_ln(luck.next());
    let product = u128::from(mean) * u128::from(factor);
    saturate((product + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS)
}

/// A value from the range, each octave of which is as likely as any other, from one word.
///
/// With `low` and `high` the ends, the value is `floor(low * ((high + 1) / low)^u)`, `u` uniform
/// below one: `v` has the chance `log((v + 1) / v) / log((high + 1) / low)`, to 2^-48. Zero has no
/// logarithm and is never drawn but from `0..=0`; an empty range gives its start.
#[inline]
pub fn log_uniform(luck: &mut impl Luck64, range: RangeInclusive<u64>) -> u64 {
    let (low, high) = range.into_inner();
    let word = luck.next();
    if high <= low {
        return low;
    }
    let low = low.max(1);
    let bottom = log2(low);
    let top = if high == u64::MAX { 64 << FRACTION_BITS } else { log2(high + 1) };
    let width = top.saturating_sub(bottom);
    let log = bottom + ((u128::from(word) * u128::from(width)) >> 64) as u64;
    let whole = (log >> FRACTION_BITS).min(63);
    let value = exp2_fraction(log & ((1 << FRACTION_BITS) - 1)) >> (63 - whole);
    value.clamp(low, high)
}

/// A normal deviate (mean 0, deviation 1) in units of 2^-56, from two words; within 9.42 of zero.
///
/// Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958: a radius
/// `sqrt(2 * -ln(u))` times the cosine of a uniform angle. A uniform sine of a half circle has the
/// same distribution as that cosine, and needs no cases. The error is below 2^-27, but for a chance
/// of 2^-40.
#[inline]
pub fn standard_normal(luck: &mut impl Luck64) -> i64 {
    let (radius_word, angle_word) = (luck.next(), luck.next());
    let half_radius_q29 = i128::from((minus_ln(radius_word) << 2).isqrt());
    let sine_q62 = i128::from(sine_quarter(angle_word as i64));
    let product_q56 = (half_radius_q29 * sine_q62) >> 35;
    ((product_q56 * SQRT_2_Q62) >> 62) as i64
}

/// A value around a median whose logarithm is normal: `median * exp(sigma * z)`, to nearest.
///
/// `sigma` is the deviation of the natural logarithm in parts per million: at 500,000, one value in
/// six is above `1.65 * median`. `z` is a [`standard_normal`]: two words. The relative error is
/// below `(sigma + 2^-16) * 2^-27`.
#[inline]
pub fn log_normal(luck: &mut impl Luck64, median: u64, sigma_ppm: u32) -> u64 {
    let z_q56 = i128::from(standard_normal(luck));
    let sigma_q46 = ((u128::from(sigma_ppm) * LOG2_E_PPM_Q80) >> 34) as i128;
    let exponent = (sigma_q46 * z_q56) >> 46;
    scale_exp2(median, exponent.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

fn saturate(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]
mod tests {
    use super::super::Keyed;
    use super::*;

    /// Gives the same words over and over.
    struct Fixed<'a>(std::iter::Cycle<std::slice::Iter<'a, u64>>);

    impl<'a> Fixed<'a> {
        fn new(words: &'a [u64]) -> Self {
            Fixed(words.iter().cycle())
        }
    }

    impl Luck64 for Fixed<'_> {
        fn next(&mut self) -> u64 {
            *self.0.next().expect("there is a word")
        }
    }

    const EXTREMES: [u64; 8] = [0, 1, 2, 1 << 32, 1 << 63, (1 << 63) - 1, u64::MAX - 1, u64::MAX];

    #[test]
    fn no_input_overflows_or_panics() {
        for a in EXTREMES {
            for b in EXTREMES {
                for c in EXTREMES {
                    let words = [a, b];
                    let mut luck = Fixed::new(&words);
                    exponential(&mut luck, c);
                    log_normal(&mut luck, c, a as u32);
                    log_normal(&mut luck, c, u32::MAX);
                    let value = log_uniform(&mut luck, b..=c);
                    assert!((b..=c).contains(&value) || (b >= c && value == b));
                }
            }
        }
    }

    #[test]
    fn the_longest_and_the_shortest_wait_are_what_the_docs_say() {
        assert_eq!(exponential(&mut Fixed::new(&[0]), 1_000_000), 44_361_420);
        assert_eq!(exponential(&mut Fixed::new(&[u64::MAX]), 1_000_000), 0);
        assert_eq!(exponential(&mut Fixed::new(&[0]), u64::MAX), u64::MAX);
        assert_eq!(exponential(&mut Fixed::new(&[1 << 63]), 1_000_000), 693_147);
    }

    #[test]
    fn a_log_uniform_value_reaches_both_ends_and_nothing_beyond() {
        for (low, high) in [(1, 1), (1, 2), (3, 1000), (1, u64::MAX), (u64::MAX - 1, u64::MAX)] {
            assert_eq!(log_uniform(&mut Fixed::new(&[0]), low..=high), low);
            let last = log_uniform(&mut Fixed::new(&[u64::MAX]), low..=high);
            assert!(last <= high && last >= high - (high >> 47), "{low}..={high}: {last}");
        }
        assert_eq!(log_uniform(&mut Fixed::new(&[9]), 0..=0), 0);
        #[expect(clippy::reversed_empty_ranges, reason = "the empty range is the test")]
        let empty = 7..=3;
        assert_eq!(log_uniform(&mut Fixed::new(&[9]), empty), 7);
    }

    #[test]
    fn a_normal_deviate_is_within_its_bound() {
        let mut luck = Keyed::new(11);
        for _ in 0..200_000 {
            let words = [luck.next(), luck.next()];
            let got = standard_normal(&mut Fixed::new(&words)) as f64 / 2f64.powi(56);
            let u = (words[0] | 1) as f64 / 2f64.powi(64);
            let angle = std::f64::consts::FRAC_PI_2 * (words[1] as i64 as f64 / 2f64.powi(63));
            let error = got - (-2.0 * u.ln()).sqrt() * angle.sin();
            assert!(error.abs() < 2f64.powi(-27), "{words:?}: {error:e}");
        }
        let farthest = standard_normal(&mut Fixed::new(&[0, 1 << 63]));
        assert!((farthest as f64 / 2f64.powi(56) + 9.419).abs() < 0.001);
    }

    #[test]
    fn a_log_normal_value_is_within_its_bound() {
        let mut luck = Keyed::new(12);
        for sigma_ppm in [1, 1_000, 500_000, 2_000_000] {
            let sigma = f64::from(sigma_ppm) / 1e6;
            for _ in 0..20_000 {
                let z = standard_normal(&mut luck.clone()) as f64 / 2f64.powi(56);
                let got = log_normal(&mut luck, 1 << 40, sigma_ppm) as f64;
                let exact = (sigma * z).exp() * 2f64.powi(40);
                let error = (got - exact).abs() - 0.5;
                assert!(error < exact * 2f64.powi(-43), "{sigma_ppm} {z}: {got} {exact}");
            }
        }
        assert_eq!(log_normal(&mut luck, 5_000, 0), 5_000);
        assert_eq!(log_normal(&mut luck, 0, u32::MAX), 0);
    }
}
