//! A committed table and the same made anew: byte for byte, or the first place where they part.

use std::fmt;

/// The first place where two tables differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A cell.
    Cell {
        /// The line, from 1.
        line: usize,
        /// The seed of the row.
        seed: String,
        /// The column's name.
        column: String,
        /// What was committed.
        was: String,
        /// What is there now.
        is: String,
    },
    /// A row that only one of them has, or columns that differ.
    Line {
        /// The line, from 1.
        line: usize,
        /// What was committed; `None` if it ends before.
        was: Option<String>,
        /// What is there now; `None` if it ends before.
        is: Option<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Cell { line, seed, column, was, is } => write!(
                f,
                "line {line} (seed {seed}), column `{column}`: `{was}` was committed, now `{is}`"
            ),
            Difference::Line { line, was: Some(_), is: None } => {
                write!(f, "line {line}: it was committed and is not there any more")
            }
            Difference::Line { line, was: None, is: Some(_) } => {
                write!(f, "line {line}: it is new")
            }
            Difference::Line { line, .. } => write!(f, "line {line}: the columns differ"),
        }
    }
}

/// The first difference between a committed table and a new one; `None` if their bytes are equal.
pub fn first_difference(committed: &[u8], new: &[u8]) -> Option<Difference> {
    if committed == new {
        return None;
    }
    let (was, is) = (String::from_utf8_lossy(committed), String::from_utf8_lossy(new));
    let (mut was, mut is) = (was.split('\n'), is.split('\n'));
    let mut header = Vec::new();
    for line in 1.. {
        let (old, new) = (was.next(), is.next());
        if line == 1 {
            header = new.map(cells).unwrap_or_default();
        }
        match (old, new) {
            (None, None) => break,
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) if line > 1 && !old.is_empty() && !new.is_empty() => {
                return Some(cell(line, &header, old, new));
            }
            (old, new) => {
                let there =
                    |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
                return Some(Difference::Line { line, was: there(old), is: there(new) });
            }
        }
    }
    None
}

fn cell(line: usize, header: &[String], old: &str, new: &str) -> Difference {
    let (was, is) = (cells(old), cells(new));
    let seed = is.get(1).cloned().unwrap_or_default();
    let differs = was.iter().zip(&is).position(|(was, is)| was != is);
    match differs {
        Some(at) if was.len() == is.len() => Difference::Cell {
            line,
            seed,
            column: header.get(at).cloned().unwrap_or_default(),
            was: was[at].clone(),
            is: is[at].clone(),
        },
        _ => Difference::Line { line, was: Some(old.to_owned()), is: Some(new.to_owned()) },
    }
}

fn cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "scenario,seed,verdict,sent\na/b,0,pass,10\na/b,1,pass,11\n";

    fn told(new: &str) -> String {
        first_difference(OLD.as_bytes(), new.as_bytes()).map_or_else(String::new, |d| d.to_string())
    }

    #[test]
    fn the_first_cell_that_differs_is_named() {
        assert_eq!(told(OLD), "");
        let new = OLD.replace("1,pass,11", "1,pass,12");
        let right = "line 3 (seed 1), column `sent`: `11` was committed, now `12`";
        assert_eq!(told(&new), right);
    }

    #[test]
    fn rows_that_only_one_has_and_other_columns_are_told() {
        let short = "scenario,seed,verdict,sent\na/b,0,pass,10\n";
        assert_eq!(told(short), "line 3: it was committed and is not there any more");
        assert_eq!(told(&format!("{OLD}a/b,2,pass,1\n")), "line 4: it is new");
        assert_eq!(told(&OLD.replace("verdict,", "")), "line 1: the columns differ");
    }
}
