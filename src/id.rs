//! Who: nodes, sets of nodes, and the names of what is drawn or counted.
//!
//! Identifiers are newtypes, so that a node is never mistaken for a count. They print as people
//! write them in scenario files (`n3`) and are hashed as fixed-width integers on every platform.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A node of a simulation: `n0`, `n1`, ... in the order of the scenario's roles.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(u32);

impl NodeId {
    /// The node with this position in the order of the roles.
    pub const fn new(index: u32) -> Self {
        NodeId(index)
    }

    /// The position as a table index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The position as the integer that is hashed and printed.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// A set of nodes, kept as bits: adding twice is adding once, and iteration is in node order.
///
/// The last word is never zero, so that equal sets have equal bits, hashes and fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeSet {
    words: Vec<u64>,
    len: u32,
}

impl NodeSet {
    /// The empty set.
    pub const fn new() -> Self {
        NodeSet { words: Vec::new(), len: 0 }
    }

    /// Adds a node; `false` if it was in the set before.
    pub fn insert(&mut self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, 1u64 << (node.index() % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += u32::from(is_new);
        is_new
    }

    /// Takes a node out; `false` if it was not in the set.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, 1u64 << (node.index() % 64));
        let was_in = self.words.get(word).is_some_and(|w| w & bit != 0);
        if was_in {
            self.words[word] &= !bit;
            self.len -= 1;
            while self.words.last() == Some(&0) {
                self.words.pop();
            }
        }
        was_in
    }

    /// Whether the node is in the set.
    pub fn contains(&self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, 1u64 << (node.index() % 64));
        self.words.get(word).is_some_and(|w| w & bit != 0)
    }

    /// How many nodes are in the set.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether no node is in the set.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Empties the set and keeps its memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.len = 0;
    }

    /// The nodes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.words.iter().zip(0u32..).flat_map(|(&word, w)| {
            (0..64u32).filter(move |b| word & (1 << b) != 0).map(move |b| NodeId(w * 64 + b))
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = NodeSet::new();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

/// The identity of a fault in a schedule. It survives the removal of other faults, so that a
/// smaller schedule still names its faults as the first one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub u32);

impl FaultId {
    /// From here on names are those of lies, which no file can give: see
    /// [`Lie`](crate::catalog::Lie).
    pub const LIES: u32 = 4_000_000_000;

    /// Whether it is a lie that the engine tells, and no fault of the schedule's own.
    pub const fn is_lie(self) -> bool {
        self.0 >= Self::LIES
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}", self.0)
    }
}

/// The name of a draw or of a purpose, with its hash computed when the program is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Label {
    name: &'static str,
    hash: u64,
}

impl Label {
    /// Names a draw. Use it in a `const`, so that the hash costs nothing at run time.
    pub const fn new(name: &'static str) -> Self {
        Label { name, hash: hash_name(name) }
    }

    /// The name as it stands in a schedule's overrides.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The 64-bit FNV-1a hash of the name.
    pub const fn hash(self) -> u64 {
        self.hash
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// 64-bit FNV-1a over the bytes of a name (Fowler, Noll, Vo; offset basis and prime as published).
pub const fn hash_name(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut i = 0;
    while i < bytes.len() {
        hash ^= bytes[i] as u64;
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_counts_each_node_once_and_lists_them_in_order() {
        let mut set: NodeSet = [70, 3, 3, 64].into_iter().map(NodeId::new).collect();
        assert_eq!(set.len(), 3);
        assert_eq!(set.iter().map(NodeId::number).collect::<Vec<_>>(), [3, 64, 70]);
        assert!(set.remove(NodeId::new(64)) && !set.remove(NodeId::new(64)));
        assert!(!set.contains(NodeId::new(64)) && set.contains(NodeId::new(70)));
    }

    #[test]
    fn sets_with_the_same_nodes_are_equal_whatever_was_in_them_before() {
        let mut set: NodeSet = [3, 200].into_iter().map(NodeId::new).collect();
        set.remove(NodeId::new(200));
        assert_eq!(set, [3].into_iter().map(NodeId::new).collect());
        set.remove(NodeId::new(3));
        assert_eq!(set, NodeSet::new());
    }

    #[test]
    fn names_hash_as_published_for_fnv_1a() {
        assert_eq!(hash_name(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash_name("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash_name("foobar"), 0x8594_4171_f739_67e8);
    }
}
