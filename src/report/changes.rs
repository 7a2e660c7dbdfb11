//! How runs differ from a committed table of them, by what the difference means: another verdict, a
//! measure that moved too far, other milestones, another trace.

use crate::rng::Ratio;
use csv::StringRecord;
use std::collections::BTreeMap;
use std::fmt;

/// A seed whose verdict is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The seed.
    pub seed: u64,
    /// What was committed: `pass`, `violation (mutual-exclusion)`.
    pub was: String,
    /// What it is now.
    pub is: String,
}

/// A column whose mean moved farther than the scenario allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The column's name.
    pub column: String,
    /// Its sum and the number of its values as committed.
    pub was: (u128, u64),
    /// The same now.
    pub is: (u128, u64),
    /// How far it might have moved.
    pub tolerance: Ratio,
}

/// All that differs. Rows are matched by their seeds, columns by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Seeds with another verdict.
    pub turned: Vec<Turned>,
    /// Measures that moved too far.
    pub moved: Vec<Moved>,
    /// Seeds in which something else was observed.
    pub milestones: Vec<u64>,
    /// Seeds with another trace, those with other milestones included.
    pub traces: Vec<u64>,
    /// Seeds of which only one of the tables has a row.
    pub unmatched: Vec<u64>,
    /// Whether one of the tables has columns that the other has not.
    pub has_other_columns: bool,
    /// Whether anything at all differs, byte for byte.
    pub is_any: bool,
}

/// A table of runs: its columns by name, its rows by seed.
#[derive(Default)]
struct Runs {
    columns: BTreeMap<String, usize>,
    rows: BTreeMap<u64, StringRecord>,
}

impl Runs {
    fn read(table: &[u8]) -> Option<Runs> {
        let mut reader = csv::Reader::from_reader(table);
        let header = reader.headers().ok()?.clone();
        let columns: BTreeMap<String, usize> =
            header.iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect();
        let seed = *columns.get("seed")?;
        let mut rows = BTreeMap::new();
        for row in reader.records() {
            let row = row.ok()?;
            rows.insert(row.get(seed)?.parse().ok()?, row);
        }
        Some(Runs { columns, rows })
    }

    fn cell<'a>(&self, row: &'a StringRecord, column: &str) -> &'a str {
        self.columns.get(column).and_then(|at| row.get(*at)).unwrap_or_default()
    }

    fn verdict(&self, row: &StringRecord) -> String {
        match (self.cell(row, "verdict"), self.cell(row, "detail")) {
            (verdict, "") => verdict.to_owned(),
            (verdict, detail) => format!("{verdict} ({detail})"),
        }
    }

    /// The sum of a column over these seeds, and how many of them have a number there.
    fn sum(&self, column: &str, seeds: &[u64]) -> (u128, u64) {
        let rows = seeds.iter().filter_map(|seed| self.rows.get(seed));
        let numbers = rows.filter_map(|row| self.cell(row, column).parse::<u64>().ok());
        numbers.fold((0, 0), |(sum, n), number| (sum + u128::from(number), n + 1))
    }
}

impl Changes {
    /// What differs between a committed table and a new one, with the columns whose means are
    /// watched; `None` if the committed one is no table of runs.
    pub fn between(committed: &[u8], new: &[u8], tolerances: &[(&str, Ratio)]) -> Option<Self> {
        let mut changes = Changes { is_any: committed != new, ..Changes::default() };
        if !changes.is_any {
            return Some(changes);
        }
        let (was, is) = (Runs::read(committed)?, Runs::read(new)?);
        changes.has_other_columns = was.columns.keys().ne(is.columns.keys());
        let mut both = Vec::new();
        for (seed, row) in &is.rows {
            let Some(old) = was.rows.get(seed) else {
                changes.unmatched.push(*seed);
                continue;
            };
            both.push(*seed);
            let verdicts = (was.verdict(old), is.verdict(row));
            if verdicts.0 != verdicts.1 {
                let (was, is) = verdicts;
                changes.turned.push(Turned { seed: *seed, was, is });
            }
            let differs = |column: &str| was.cell(old, column) != is.cell(row, column);
            if differs("milestones") {
                changes.milestones.push(*seed);
            }
            if differs("trace") {
                changes.traces.push(*seed);
            }
        }
        changes.unmatched.extend(was.rows.keys().filter(|seed| !is.rows.contains_key(seed)));
        for (column, tolerance) in tolerances {
            let sums = (was.sum(column, &both), is.sum(column, &both));
            if !is_within(sums.0, sums.1, *tolerance) {
                let column = (*column).to_owned();
                changes.moved.push(Moved {
                    column,
                    was: sums.0,
                    is: sums.1,
                    tolerance: *tolerance,
                });
            }
        }
        Some(changes)
    }
}

/// Whether two means, each a sum of so many values, lie within a share of the first. All of it is
/// in whole numbers: `|is - was| <= share * was`, times both counts.
fn is_within(was: (u128, u64), is: (u128, u64), share: Ratio) -> bool {
    let (one, other) = (was.0.saturating_mul(is.1.into()), is.0.saturating_mul(was.1.into()));
    let difference = one.abs_diff(other);
    (was.1 == 0) == (is.1 == 0)
        && difference.saturating_mul(share.denominator.into())
            <= one.saturating_mul(share.numerator.into())
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Turned { seed, was, is } = self;
        write!(f, "seed {seed}: {was} was committed, now {is}")
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = |(sum, n): (u128, u64)| match n {
            0 => "nothing".to_owned(),
            n => (sum / u128::from(n)).to_string(),
        };
        let (was, is) = (mean(self.was), mean(self.is));
        let Moved { column, tolerance, .. } = self;
        write!(f, "the mean of {column} was {was}, now {is}: farther than {tolerance}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "scenario,seed,verdict,detail,trace,milestones,availability_ppm\n\
                       a/b,0,pass,,aa,bb,1000\na/b,1,pass,,cc,dd,3000\n";

    fn changes(new: &str, tolerance: Ratio) -> Changes {
        let watched = [("availability_ppm", tolerance)];
        Changes::between(OLD.as_bytes(), new.as_bytes(), &watched).expect("two tables")
    }

    #[test]
    fn each_difference_is_told_by_what_it_means() {
        let loose = Ratio::from_ppm(1_000_000);
        assert_eq!(changes(OLD, loose), Changes::default());
        let trace = changes(&OLD.replace(",aa,", ",ab,"), loose);
        assert_eq!((trace.traces, trace.milestones, trace.is_any), (vec![0], vec![], true));
        assert_eq!(changes(&OLD.replace(",dd,", ",de,"), loose).milestones, [1]);
        let turned = changes(&OLD.replace("1,pass,", "1,violation,one-lock"), loose).turned;
        let said = "seed 1: pass was committed, now violation (one-lock)";
        assert_eq!((turned.len(), turned[0].to_string().as_str()), (1, said));
        let other = changes(&OLD.replace("a/b,1,", "a/b,2,"), loose);
        assert_eq!((other.unmatched, other.turned), (vec![2, 1], vec![]));
        assert!(changes(&OLD.replace(",availability_ppm", ",other"), loose).has_other_columns);
        assert_eq!(Changes::between(b"x", OLD.as_bytes(), &[]), None);
    }

    #[test]
    fn a_mean_may_move_up_to_its_tolerance_and_no_farther() {
        let at = |mean: &str| OLD.replace(",3000", &format!(",{mean}"));
        let one: Ratio = "1%".parse().expect("it is a share");
        assert_eq!(changes(&at("3040"), one).moved, []);
        assert_eq!(changes(&at("2960"), one).moved, []);
        let said = "the mean of availability_ppm was 2000, now 2020: farther than 1%";
        assert_eq!(changes(&at("3041"), one).moved[0].to_string(), said);
        assert_eq!(changes(&at("2959"), one).moved.len(), 1);
        assert_eq!(changes(&at("3001"), Ratio::ZERO).moved.len(), 1);
        // What is not measured any more moved out of all bounds.
        let none = OLD.replace(",1000", ",").replace(",3000", ",");
        assert_eq!(changes(&none, one).moved.len(), 1);
    }
}
