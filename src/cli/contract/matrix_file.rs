//! The matrix as a file: what is measured anew replaces its rows, and the others stay.

use crate::report::{Table, write_whole};
use crate::runner::contract::Record;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Writes these rows into the matrix at this path: each replaces the one of its algorithm and
/// fault, and a new one comes after the others of its algorithm.
pub(super) fn renew<'a>(
    path: PathBuf,
    fresh: impl Iterator<Item = &'a Record>,
) -> Result<(), Error> {
    let mut records = old(&path)?;
    for record in fresh {
        let is_it =
            |old: &&mut Record| old.algorithm == record.algorithm && old.fault == record.fault;
        match records.iter_mut().find(is_it) {
            Some(old) => *old = record.clone(),
            None => records.push(record.clone()),
        }
    }
    records.sort_by_key(Record::place);
    let mut csv = Table::new(Vec::new(), &Record::COLUMNS)?;
    for record in &records {
        csv.push(&record.cells())?;
    }
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    write_whole(path, &csv.finish()?).map_err(|failed| failed.error)
}

/// The rows that stand there; none where there is no file.
pub(super) fn old(path: &Path) -> Result<Vec<Record>, Error> {
    let mut reader = match std::fs::File::open(path) {
        Ok(file) => csv::Reader::from_reader(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let read = |record: csv::StringRecord| Record::read(&record.iter().collect::<Vec<_>>());
    let rows = reader.records().map(|record| record.ok().and_then(read));
    rows.collect::<Option<Vec<Record>>>().ok_or_else(|| {
        let sentence = "what stands there is no matrix of this version; move it away first";
        Error::new(ErrorKind::InvalidData, sentence)
    })
}
