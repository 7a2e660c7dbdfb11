//! What a server has of a shard: the last write of each key, and how two copies become one.

use crate::ownership::store::{Applied, OperationId, Put, Version, Writer};
use serde::{Deserialize, Serialize};

/// The last write of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The key.
    pub key: u64,
    /// The value.
    pub value: u64,
    /// The version that the write made of the copy in which it was made: the highest one wins.
    pub version: Version,
    /// Whose operation it was: between equal versions the highest one wins.
    pub by: OperationId,
}

/// A copy of a shard. Lists are sorted, so that equal copies are equal bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    version: Version,
    cells: Vec<Cell>,
    /// The dedup table: the last operation of each writer that was applied in this copy or in one
    /// that it was merged with.
    applied: Vec<(Writer, Applied)>,
}

impl Cells {
    /// The highest version of a write that it has seen. Of copies that were written to at the same
    /// time it does not say which has more.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The value of a key.
    pub fn value(&self, key: u64) -> Option<u64> {
        let place = self.cells.binary_search_by_key(&key, |cell| cell.key).ok()?;
        Some(self.cells[place].value)
    }

    /// The last operation of a writer that was applied.
    pub fn last_of(&self, writer: Writer) -> Option<Applied> {
        let place = self.applied.binary_search_by_key(&writer, |(writer, _)| *writer).ok()?;
        Some(self.applied[place].1)
    }

    /// Applies a write.
    pub fn put(&mut self, put: &Put) {
        self.version = Version(self.version.0 + 1);
        let Put { key, value, by } = *put;
        self.keep(Cell { key, value, version: self.version, by });
        self.note(by.writer, Applied { number: by.number, version: self.version });
    }

    /// Takes in another copy: of each key the last write wins, whatever became of the other one.
    pub fn merge(&mut self, other: &Cells) {
        self.version = self.version.max(other.version);
        other.cells.iter().for_each(|cell| self.keep(*cell));
        other.applied.iter().for_each(|(writer, applied)| self.note(*writer, *applied));
    }

    /// Of each key that another copy has otherwise: the write that a merge keeps, and the other.
    pub fn meets<'a>(&'a self, other: &'a Cells) -> impl Iterator<Item = (Cell, Cell)> + 'a {
        other.cells.iter().filter_map(|theirs| {
            let place = self.cells.binary_search_by_key(&theirs.key, |cell| cell.key).ok()?;
            let mine = &self.cells[place];
            let is_theirs = (theirs.version, theirs.by) > (mine.version, mine.by);
            let (kept, lost) = if is_theirs { (theirs, mine) } else { (mine, theirs) };
            (kept.by != lost.by).then_some((*kept, *lost))
        })
    }

    fn keep(&mut self, cell: Cell) {
        match self.cells.binary_search_by_key(&cell.key, |known| known.key) {
            Ok(place) => {
                let known = &mut self.cells[place];
                if (cell.version, cell.by) > (known.version, known.by) {
                    *known = cell;
                }
            }
            Err(place) => self.cells.insert(place, cell),
        }
    }

    fn note(&mut self, writer: Writer, applied: Applied) {
        match self.applied.binary_search_by_key(&writer, |(writer, _)| *writer) {
            Ok(place) if self.applied[place].1.number < applied.number => {
                self.applied[place].1 = applied;
            }
            Ok(_) => {}
            Err(place) => self.applied.insert(place, (writer, applied)),
        }
    }

    /// How many bytes it takes to send it: 8 a number, 4 a node.
    pub fn bytes(&self) -> u64 {
        8 + 44 * self.cells.len() as u64 + 28 * self.applied.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    fn put(node: u32, number: u64, key: u64) -> Put {
        let by = OperationId { writer: Writer { node: NodeId::new(node), life: 0 }, number };
        Put { key, value: 100 * u64::from(node) + number, by }
    }

    fn copy(puts: &[Put]) -> Cells {
        let mut cells = Cells::default();
        puts.iter().for_each(|put| cells.put(put));
        cells
    }

    #[test]
    fn copies_become_the_same_in_whatever_order_they_are_merged() {
        let one = copy(&[put(1, 1, 7), put(1, 2, 8)]);
        let two = copy(&[put(2, 1, 8), put(2, 2, 7), put(2, 3, 7)]);
        let merged = |mut into: Cells, from: &Cells| {
            into.merge(from);
            into
        };
        let (here, there) = (merged(one.clone(), &two), merged(two.clone(), &one));
        assert_eq!(here, there);
        assert_eq!(merged(here.clone(), &one), here, "what it has seen changes nothing");
        // Key 7: version 3 of n2 over version 1 of n1. Key 8: version 2 of n1 over version 1 of n2.
        assert_eq!(
            (here.value(7), here.value(8), here.version()),
            (Some(203), Some(102), Version(3))
        );
        assert_eq!(here.last_of(put(1, 0, 0).by.writer).map(|it| it.number), Some(2));
    }

    #[test]
    fn of_two_writes_that_did_not_know_of_each_other_one_is_lost() {
        let (one, two) = (copy(&[put(1, 1, 7)]), copy(&[put(2, 1, 7)]));
        let met: Vec<(u64, u64)> =
            one.meets(&two).map(|(kept, lost)| (kept.value, lost.value)).collect();
        assert_eq!((met, one.meets(&one).count()), (vec![(201, 101)], 0));
        let mut merged = one;
        merged.merge(&two);
        assert_eq!((merged.value(7), merged.version()), (Some(201), Version(1)));
    }
}
