//! What a node keeps on its disk: the turns that it has made; a server also its cells and hints.

use super::cell::{Cell, Stamp};
use super::layout::Turn;
use crate::id::NodeId;
use crate::ownership::shard::ShardId;
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// A write that another server is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// Who did not answer.
    pub target: NodeId,
    /// What it is to have.
    pub cell: Cell,
}

/// What a node keeps on its disk. Lists are sorted, so that equal disks are equal bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// All turns that it has made, in their order.
    pub turns: Vec<Turn>,
    /// The last write of each key.
    pub cells: Vec<Cell>,
    /// What others are to have, in the order of targets and keys.
    pub hints: Vec<Hint>,
}

/// A write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// An epoch begins.
    Turn(Turn),
    /// A write of a key, or a copy of some.
    Store(Vec<Cell>),
    /// A shard of so many is another's now.
    Drop(ShardId, u32),
    /// Another is to have this.
    Hint(Hint),
    /// It has it.
    Release {
        /// Who.
        target: NodeId,
        /// Which key.
        key: u64,
        /// As of when.
        stamp: Stamp,
    },
}

impl Shelf {
    /// The last write of a key, if it has one.
    pub fn find(&self, key: u64) -> Option<Cell> {
        let place = self.cells.binary_search_by_key(&key, |cell| cell.key).ok()?;
        Some(self.cells[place])
    }

    /// The last write of a key that it keeps for another.
    pub fn hint_of(&self, key: u64) -> Option<Cell> {
        let kept = self.hints.iter().map(|hint| hint.cell).filter(|cell| cell.key == key);
        kept.max_by_key(|cell| cell.stamp)
    }

    /// All cells of a shard of so many.
    pub fn of(&self, shard: ShardId, shards: u32) -> Vec<Cell> {
        let is_his = |cell: &&Cell| ShardId::of(cell.key, shards) == shard;
        self.cells.iter().filter(is_his).copied().collect()
    }

    fn keep(&mut self, cell: Cell) {
        match self.cells.binary_search_by_key(&cell.key, |it| it.key) {
            Ok(place) if self.cells[place].stamp < cell.stamp => self.cells[place] = cell,
            Ok(_) => {}
            Err(place) => self.cells.insert(place, cell),
        }
    }
}

impl Durable for Shelf {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Turn(turn) => self.turns.push(turn.clone()),
            Write::Store(cells) => cells.iter().for_each(|cell| self.keep(*cell)),
            Write::Drop(shard, shards) => {
                self.cells.retain(|cell| ShardId::of(cell.key, *shards) != *shard);
            }
            Write::Hint(hint) => {
                let of = |it: &Hint| (it.target, it.cell.key);
                match self.hints.binary_search_by_key(&of(hint), of) {
                    Ok(place) if self.hints[place].cell.stamp < hint.cell.stamp => {
                        self.hints[place] = *hint;
                    }
                    Ok(_) => {}
                    Err(place) => self.hints.insert(place, *hint),
                }
            }
            Write::Release { target, key, stamp } => {
                self.hints.retain(|it| {
                    (it.target, it.cell.key) != (*target, *key) || it.cell.stamp > *stamp
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::store::{OperationId, Version, Writer};

    fn cell(key: u64, version: u64) -> Cell {
        let by = OperationId { writer: Writer { node: NodeId::new(4), life: 0 }, number: version };
        Cell { key, value: version, stamp: Stamp { version: Version(version), by } }
    }

    #[test]
    fn of_a_key_the_latest_write_stays_however_they_come() {
        let mut shelf = Shelf::default();
        shelf.apply(&Write::Store(vec![cell(7, 2), cell(3, 1)]));
        shelf.apply(&Write::Store(vec![cell(7, 1), cell(3, 4)]));
        assert_eq!((shelf.find(7), shelf.find(3)), (Some(cell(7, 2)), Some(cell(3, 4))));
        let shard = ShardId::of(7, 8);
        shelf.apply(&Write::Drop(shard, 8));
        assert_eq!((shelf.find(7), shelf.of(shard, 8)), (None, Vec::new()));
    }

    #[test]
    fn a_hint_is_kept_until_its_target_has_come_as_far() {
        let (mut shelf, target) = (Shelf::default(), NodeId::new(2));
        let hint = |version| Write::Hint(Hint { target, cell: cell(7, version) });
        let release = |version| {
            let stamp = cell(7, version).stamp;
            Write::Release { target, key: 7, stamp }
        };
        shelf.apply(&hint(2));
        shelf.apply(&hint(1));
        assert_eq!(shelf.hints, [Hint { target, cell: cell(7, 2) }]);
        shelf.apply(&release(1));
        assert_eq!(shelf.hints.len(), 1, "it has an older one");
        shelf.apply(&release(2));
        assert!(shelf.hints.is_empty());
    }
}
