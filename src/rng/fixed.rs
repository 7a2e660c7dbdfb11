//! Logarithms, powers of two and sines on integers: the same bits on every machine, for ever.
//!
//! Numbers are fixed-point: `Q56` is an integer that counts units of 2^-56. Every function looks up
//! a cell of a table and corrects by a short polynomial. The tables are computed by the compiler,
//! from slow and plain algorithms, so that nothing here was typed in but ln 2 and pi / 2. The
//! bounds in the docs follow from the length of the polynomials and are checked against `f64` in
//! the tests.

/// The bits after the point of a `Q56`.
pub const FRACTION_BITS: u32 = 56;

/// ln 2 in units of 2^-64, rounded down.
const LN_2_Q64: u64 = 0xb172_17f7_d1cf_79ab;
/// Half of pi in units of 2^-62, rounded to nearest.
const HALF_PI_Q62: i64 = 0x6487_ed51_10b4_611a;

const ONE_Q62: i64 = 1 << 62;
const ONE_Q63: u64 = 1 << 63;
const FRACTION_MASK: i64 = (1 << FRACTION_BITS) - 1;
/// Both tables cut an octave into this many cells.
const CELLS: usize = 128;

/// The binary logarithm of an integer, in `Q56`; that of zero is taken to be zero.
///
/// The error is below 2^-49, so that `log2(1) == 0` but other powers of two may miss by that much.
#[inline]
pub const fn log2(x: u64) -> u64 {
    if x <= 1 {
        return 0;
    }
    let zeros = x.leading_zeros();
    let mantissa = x << zeros;
    let cell = &LOG2[(mantissa >> 56) as usize & (CELLS - 1)];
    let near_one = (mantissa as u128 * cell.inverse_q64 as u128) >> 64;
    // |rest| is at most 2^-8; the first term left out is rest^6 / (6 ln 2) < 2^-50.
    let rest = ((near_one as u64).wrapping_sub(ONE_Q63) << 1) as i64;
    let correction = times_q64(polynomial(&LOG2_TERMS, rest), rest);
    let fraction = (cell.log2_q62 + correction) >> (62 - FRACTION_BITS);
    ((((63 - zeros) as i64) << FRACTION_BITS) + fraction) as u64
}

/// Minus the natural logarithm of `(word | 1) / 2^64`, in `Q56`: from 0 to 44.4.
///
/// Odd numerators are the middles of 2^63 cells of equal width, so neither zero nor one is among
/// them. The error is below 2^-49.
#[inline]
pub const fn minus_ln(word: u64) -> u64 {
    let minus_log2 = (64u64 << FRACTION_BITS).saturating_sub(log2(word | 1));
    ((minus_log2 as u128 * LN_2_Q64 as u128) >> 64) as u64
}

/// `value * 2^exponent` for an exponent in `Q56`, rounded to nearest; too large is `u64::MAX`.
///
/// The relative error before rounding is below 2^-53.
#[inline]
pub const fn scale_exp2(value: u64, exponent: i64) -> u64 {
    let whole = exponent >> FRACTION_BITS;
    if whole >= 64 {
        return if value == 0 { 0 } else { u64::MAX };
    }
    let product = value as u128 * exp2_fraction((exponent & FRACTION_MASK) as u64) as u128;
    let scaled = match 63 - whole {
        0 => product,
        shift if shift > 128 => 0,
        shift => ((product >> (shift - 1)) + 1) >> 1,
    };
    if scaled > u64::MAX as u128 { u64::MAX } else { scaled as u64 }
}

/// 2 to the power of a fraction in `Q56`, in units of 2^-63: from 2^63 to below 2^64.
///
/// The relative error is below 2^-53.
#[inline]
pub const fn exp2_fraction(fraction: u64) -> u64 {
    let cell = EXP2_Q63[(fraction >> 49) as usize & (CELLS - 1)];
    // rest is below 2^-7; the first term left out is (rest ln 2)^6 / 720 < 2^-54.
    let rest = ((fraction << 8) & ((1 << 57) - 1)) as i64;
    let factor = polynomial(&EXP2_TERMS, rest) as u64;
    ((cell as u128 * factor as u128) >> 62) as u64
}

/// The sine of a quarter turn times `x / 2^63`, in units of 2^-62: from -2^62 to 2^62.
///
/// The error is below 2^-51.
#[inline]
pub const fn sine_quarter(x: i64) -> i64 {
    // The first term left out is (pi / 2)^21 / 21! < 2^-51.
    let half_square = times_q64(x, x) << 1;
    let half_square = if half_square < 0 { i64::MAX } else { half_square };
    times_q64(polynomial(&SINE_TERMS, half_square), x) << 1
}

/// The product of a number in any unit and one in units of 2^-64, rounded down.
///
/// Sixty-four, and not sixty-three: the upper half of a product costs no shift over two registers.
#[inline(always)]
const fn times_q64(a: i64, b: i64) -> i64 {
    ((a as i128 * b as i128) >> 64) as i64
}

/// `terms[0] + terms[1] x + terms[2] x^2 + ...` by Horner's rule, for x in units of 2^-64.
#[inline(always)]
const fn polynomial<const N: usize>(terms: &[i64; N], x: i64) -> i64 {
    let mut sum = terms[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = terms[i] + times_q64(sum, x);
    }
    sum
}

/// What is known of the middle of a cell of mantissas: its inverse and its logarithm.
#[derive(Clone, Copy)]
struct Cell {
    inverse_q64: u64,
    log2_q62: i64,
}

static LOG2: [Cell; CELLS] = log2_cells();
static EXP2_Q63: [u64; CELLS] = exp2_cells();
static LOG2_TERMS: [i64; 5] = log2_terms();
static EXP2_TERMS: [i64; 6] = exp2_terms();
static SINE_TERMS: [i64; 10] = sine_terms();

const fn log2_cells() -> [Cell; CELLS] {
    let mut cells = [Cell { inverse_q64: 0, log2_q62: 0 }; CELLS];
    let mut i = 0;
    while i < CELLS {
        let middle = ONE_Q63 + ((2 * i as u64 + 1) << 55);
        let inverse_q64 = ((1u128 << 127) / middle as u128) as u64;
        cells[i] = Cell { inverse_q64, log2_q62: log2_by_squaring(middle) };
        i += 1;
    }
    cells
}

/// The logarithm of a mantissa from 2^63 to 2^64, in units of 2^-62, digit by digit: a square has
/// twice the logarithm, so the next digit is whether it reaches two. The error is below 2^-59.
const fn log2_by_squaring(mantissa: u64) -> i64 {
    let mut x = mantissa as u128;
    let mut log = 0;
    let mut digit = 1i64 << 61;
    while digit > 0 {
        x = (x * x) >> 63;
        if x >> 64 != 0 {
            x >>= 1;
            log += digit;
        }
        digit >>= 1;
    }
    log
}

/// 2^(i / 128) as a product of 2^(1/2), 2^(1/4), ... 2^(1/128), each the root of the one before.
const fn exp2_cells() -> [u64; CELLS] {
    let mut cells = [ONE_Q63; CELLS];
    let mut root = (1u128 << 127).isqrt();
    let mut bit = CELLS / 2;
    while bit > 0 {
        let mut i = 0;
        while i < CELLS {
            if i & bit != 0 {
                cells[i] = ((cells[i] as u128 * root) >> 63) as u64;
            }
            i += 1;
        }
        root = (root << 63).isqrt();
        bit /= 2;
    }
    cells
}

/// The series of log2(1 + r) / r: 1 - r/2 + r^2/3 - ..., over ln 2.
const fn log2_terms() -> [i64; 5] {
    let log2_e = ((1u128 << 126) / LN_2_Q64 as u128) as i64;
    [log2_e, -log2_e / 2, log2_e / 3, -log2_e / 4, log2_e / 5]
}

/// The series of 2^r: the powers of r ln 2 over the factorials.
const fn exp2_terms() -> [i64; 6] {
    let mut terms = [ONE_Q62; 6];
    let mut i = 1;
    while i < terms.len() {
        terms[i] = ((terms[i - 1] as u128 * LN_2_Q64 as u128) >> 64) as i64 / i as i64;
        i += 1;
    }
    terms
}

/// The series of sin(pi/2 y) / y in the halves of the square of y, hence a factor of two a term.
const fn sine_terms() -> [i64; 10] {
    let mut terms = [HALF_PI_Q62; 10];
    let mut i = 1;
    while i < terms.len() {
        let once = (terms[i - 1] as i128 * HALF_PI_Q62 as i128) >> 62;
        let twice = (once * HALF_PI_Q62 as i128) >> 62;
        terms[i] = -(2 * twice / (2 * i * (2 * i + 1)) as i128) as i64;
        i += 1;
    }
    terms
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]
mod tests {
    use super::super::{Keyed, Luck64};
    use super::*;

    /// Words of all magnitudes, with the ends of every octave and of every cell among them.
    fn words() -> impl Iterator<Item = u64> {
        let mut luck = Keyed::new(7);
        let edges = (0..64).flat_map(|bit| {
            let octave = 1u64 << bit;
            (0..CELLS as u64).flat_map(move |cell| {
                let edge = octave + ((octave as u128 * cell as u128) >> 7) as u64;
                [edge.saturating_sub(1), edge, edge + 1]
            })
        });
        edges.chain([u64::MAX]).chain((0..200_000).map(move |i| luck.next() >> (i % 64)))
    }

    fn as_float(q56: u64) -> f64 {
        q56 as f64 / (FRACTION_MASK + 1) as f64
    }

    #[test]
    fn log2_is_within_its_bound() {
        assert_eq!((log2(0), log2(1)), (0, 0));
        for x in words().filter(|&x| x > 1) {
            // f64 holds x to 53 bits and a logarithm below 64 to 2^-48: less than the bound to
            // check, so compare the mantissa's alone, which f64 holds to 2^-53.
            let exponent = x.ilog2();
            let mantissa = x as f64 / (1u64 << exponent) as f64;
            let fraction = log2(x) as i64 - (i64::from(exponent) << FRACTION_BITS);
            let error = fraction as f64 / (FRACTION_MASK + 1) as f64 - mantissa.log2();
            assert!(error.abs() < 2f64.powi(-49), "log2({x}) is off by {error:e}");
        }
    }

    #[test]
    fn minus_ln_is_within_its_bound() {
        for word in words().chain(words().map(|word| !word)) {
            // ln(1 - y) = -y - y^2/2 - ... keeps its precision where f64 would round to one.
            let missing = (word | 1).wrapping_neg() as f64 / 2f64.powi(64);
            let exact = if missing < 0.5 {
                -(-missing).ln_1p()
            } else {
                -((word | 1) as f64 / 2f64.powi(64)).ln()
            };
            let error = as_float(minus_ln(word)) - exact;
            let bound = 2f64.powi(-49) + exact * 2f64.powi(-52);
            assert!(error.abs() < bound, "minus_ln({word}) is off by {error:e}");
        }
        assert!(as_float(minus_ln(0)) < 44.37);
    }

    #[test]
    fn exp2_is_within_its_bound_and_never_leaves_its_octave() {
        for word in words() {
            let fraction = word >> 8;
            let got = exp2_fraction(fraction);
            let error = got as f64 / 2f64.powi(63) / as_float(fraction).exp2() - 1.0;
            assert!(got >= ONE_Q63 && error.abs() < 2f64.powi(-51), "{fraction}: {error:e}");
        }
        assert_eq!(exp2_fraction(0), ONE_Q63);
    }

    #[test]
    fn sine_is_within_its_bound_and_never_above_one() {
        for x in words().map(|word| word as i64).chain([i64::MIN, i64::MAX]) {
            let got = sine_quarter(x);
            let exact = (std::f64::consts::FRAC_PI_2 * (x as f64 / 2f64.powi(63))).sin();
            let error = got as f64 / 2f64.powi(62) - exact;
            assert!(error.abs() < 2f64.powi(-50), "{x}: {error:e}");
            assert!(got.unsigned_abs() <= ONE_Q62 as u64, "{x}: {got}");
        }
    }

    #[test]
    fn scaling_rounds_to_nearest_and_saturates_at_both_ends() {
        let whole = |n: i64| n << FRACTION_BITS;
        assert_eq!(scale_exp2(3, 0), 3);
        assert_eq!(scale_exp2(3, whole(4)), 48);
        assert_eq!([5, 6, 7].map(|x| scale_exp2(x, whole(-2))), [1, 2, 2]);
        assert_eq!(scale_exp2(1, whole(63)), 1 << 63);
        assert_eq!(scale_exp2(2, whole(63)), u64::MAX);
        assert_eq!(scale_exp2(1, i64::MAX), u64::MAX);
        assert_eq!(scale_exp2(0, i64::MAX), 0);
        assert_eq!(scale_exp2(u64::MAX, whole(-64)), 1);
        assert_eq!(scale_exp2(u64::MAX, whole(-65)), 0);
        assert_eq!(scale_exp2(u64::MAX, whole(-66)), 0);
        assert_eq!(scale_exp2(u64::MAX, i64::MIN), 0);
    }
}
