//! The edge of a fault that has a size: up to where all seeds stay safe, and from where one breaks.
//!
//! Sizes are halved in ratio, since nobody knows at which scale an algorithm breaks. It is a search
//! over the same seeds at every size and no proof: another seed may break at less, and what breaks
//! at one size need not break at every bigger one.

use super::axis::{Axis, Unit, rounded};
use super::base::Base;
use super::cell::is_touched;
use crate::catalog::{Catalog, Options};
use crate::observe::Verdict;
use crate::runner::{Plan, Stop, Told, sweep};
use crate::scenario::{Errors, Seeds, Source};
use rayon::ThreadPool;
use std::convert::Infallible;

/// The search ends where the two sides are this close, in parts of a thousand.
const CLOSE: u128 = 1_025;

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// What sizes are counted in.
    pub unit: Unit,
    /// The biggest size at which no seed broke anything; `None` if even the smallest broke.
    pub safe_to: Option<u64>,
    /// The smallest at which one did; `None` if the biggest that was tried did not.
    pub broken: Option<Broken>,
    /// The size at which a budget broke runs off, and nothing else broke: it ends the search, since
    /// nobody knows which side of the edge it is on.
    pub undecided: Option<u64>,
    /// How many runs it took.
    pub runs: u64,
    /// Whether somebody stopped it.
    pub is_cut_short: bool,
}

/// A size at which something broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The size.
    pub at: u64,
    /// The invariant; of a panic, `panic`.
    pub name: String,
    /// The first seed.
    pub seed: u64,
    /// Whether that run went beyond nothing that is assumed.
    pub is_inside: bool,
}

/// What the runs at one size came to.
#[derive(Default)]
struct Looked {
    broken: Option<Broken>,
    runs: u64,
    /// How many of them a fault did something in.
    touched: u64,
    /// How many of them a budget broke off.
    broken_off: u64,
}

/// Looks for the edge of a row over these seeds; `None` if the row has no size, if even at its
/// biggest it never did anything, or if what gives it an occasion breaks something by itself.
///
/// # Errors
/// If the base cannot take the fault.
pub fn edge(
    catalog: &Catalog,
    base: &Base,
    axis: &Axis,
    seeds: u64,
    pool: &ThreadPool,
    stop: &Stop,
) -> Result<Option<Edge>, Errors> {
    let Some(size) = &axis.size else { return Ok(None) };
    let (least, most) = (size.range)(base);
    let mut edge = Edge {
        unit: size.unit,
        safe_to: None,
        broken: None,
        undecided: None,
        runs: 0,
        is_cut_short: false,
    };
    let mut touched = 0;
    let mut look = |edge: &mut Edge, at: u64| -> Result<bool, Errors> {
        let looked = look_at(catalog, base, axis, at, seeds, pool, stop)?;
        edge.runs += looked.runs;
        edge.is_cut_short = stop.asked().is_some();
        touched += looked.touched;
        match looked.broken {
            Some(broken) => edge.broken = Some(broken),
            None if edge.is_cut_short => {}
            None if looked.broken_off > 0 => edge.undecided = Some(at),
            None => edge.safe_to = Some(at),
        }
        Ok(!edge.is_cut_short && edge.undecided.is_none())
    };
    // The biggest first: where it is safe there is nothing to search.
    if !look(&mut edge, most)? || edge.broken.is_none() || !look(&mut edge, least)? {
        let is_idle = touched == 0 && !edge.is_cut_short && edge.undecided.is_none();
        return Ok((!is_idle).then_some(edge));
    }
    if axis.is_mixed() && edge.safe_to.is_none() && !edge.is_cut_short {
        return Ok(None);
    }
    while let (Some(safe), Some(broken)) = (edge.safe_to, &edge.broken) {
        let Some(middle) = middle(safe, broken.at) else { break };
        if !look(&mut edge, middle)? {
            break;
        }
    }
    Ok(Some(edge))
}

/// The size between two whose ratio to both is the same, to three digits; `None` if they are close.
fn middle(safe: u64, broken: u64) -> Option<u64> {
    let is_close = u128::from(broken) * 1_000 <= u128::from(safe) * CLOSE;
    let middle = (u128::from(safe) * u128::from(broken)).isqrt() as u64;
    let middle = if rounded(middle) > safe { rounded(middle) } else { middle };
    (!is_close && safe < middle && middle < broken).then_some(middle)
}

/// Runs the seeds at this size until one breaks something.
fn look_at(
    catalog: &Catalog,
    base: &Base,
    axis: &Axis,
    at: u64,
    seeds: u64,
    pool: &ThreadPool,
    stop: &Stop,
) -> Result<Looked, Errors> {
    let text = base.sized(axis, at).unwrap_or_default();
    let experiment = catalog.open(Source::new(axis.name, &text))?;
    let plan = Plan {
        seeds: Seeds::Range(0..seeds),
        max_fail: Some(1),
        stop: stop.clone(),
        options: Options::default(),
        repeats: false,
        told: Told::None,
    };
    let mut looked = Looked::default();
    let swept = sweep::<Infallible>(&*experiment, &plan, pool, |outcome, _, _| {
        looked.runs += 1;
        looked.touched += u64::from(is_touched(&*experiment, Some(axis), outcome));
        let name = match &outcome.verdict {
            Verdict::Violation(violation) => violation.invariant,
            Verdict::Panic { .. } => "panic",
            Verdict::Inconclusive { .. } => {
                looked.broken_off += 1;
                return Ok(());
            }
            Verdict::Pass | Verdict::Stall { .. } => return Ok(()),
        };
        let (name, seed) = (name.to_owned(), outcome.seed);
        looked.broken = Some(Broken { at, name, seed, is_inside: outcome.outside.is_empty() });
        Ok(())
    });
    drop(swept);
    Ok(looked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_lies_between_two_sizes_until_they_are_close() {
        assert_eq!(middle(100, 10_000), Some(1_000));
        assert_eq!(middle(1_000_000, 300_000_000_000), Some(547_000_000));
        assert_eq!(middle(1, 3), None, "three digits of one are one: it ends");
        assert_eq!(middle(1, 5), Some(2));
        assert_eq!(middle(1_000, 1_025), None);
        assert_eq!(middle(7, 8), None);
    }

    #[test]
    fn a_search_comes_to_an_end_from_everywhere() {
        for edge in [1, 2, 9, 99, 12_345, 499_999] {
            let (mut safe, mut broken, mut steps) = (1, 500_000, 0);
            while let Some(middle) = middle(safe, broken) {
                if middle <= edge {
                    safe = middle
                } else {
                    broken = middle
                }
                steps += 1;
            }
            assert!(steps < 15 && safe <= edge && edge < broken);
            assert!(broken <= safe + 1 || broken * 1_000 <= safe * 1_025 || broken < 100);
        }
    }
}
