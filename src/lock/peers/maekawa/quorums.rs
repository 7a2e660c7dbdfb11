//! Quorums that meet: any two of them have a peer in common, who grants one request at a time.
//!
//! Maekawa's best are the lines of a finite projective plane, of which any two meet in exactly one
//! point: of n = k(k-1) + 1 peers each asks k. Such planes are written down here by perfect
//! difference sets (Singer 1938): numbers below n of which any other number is the difference of
//! exactly one pair; shifted by one each time they are the lines. For any other n the peers stand
//! in a grid, and each asks its row and its column.

use crate::id::NodeId;
use std::collections::BTreeSet;

/// Peers, and the difference set of their plane.
const PLANES: &[(usize, &[usize])] = &[
    (3, &[0, 1]),
    (7, &[0, 1, 3]),
    (13, &[0, 1, 3, 9]),
    (21, &[0, 1, 4, 14, 16]),
    (31, &[0, 1, 3, 8, 12, 18]),
];

/// Whom each peer asks, itself included.
pub(super) fn quorums(members: &[NodeId]) -> Vec<BTreeSet<NodeId>> {
    let count = members.len();
    match PLANES.iter().find(|(size, _)| *size == count) {
        Some((_, differences)) => {
            let line = |own| differences.iter().map(move |shift| members[(own + shift) % count]);
            (0..count).map(|own| line(own).collect()).collect()
        }
        None => grid(members),
    }
}

/// The row and the column of each peer, in the squarest grid; the last row may not be full. Of two
/// peers one row is full and so meets the other's column, or they are both in the last row.
fn grid(members: &[NodeId]) -> Vec<BTreeSet<NodeId>> {
    let count = members.len();
    let columns = (1..).find(|width| width * width >= count).unwrap_or(count);
    let together = |a: usize, b: usize| a / columns == b / columns || a % columns == b % columns;
    let of = |own| (0..count).filter(move |other| together(own, *other)).map(|at| members[at]);
    (0..count).map(|own| of(own).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_quorums_meet_and_each_peer_is_in_its_own() {
        for count in 1..=60 {
            let members: Vec<NodeId> = (0..count).map(NodeId::new).collect();
            let quorums = quorums(&members);
            for (one, own) in quorums.iter().zip(&members) {
                assert!(one.contains(own), "{own} of {count}");
                assert!(quorums.iter().all(|other| !one.is_disjoint(other)), "{own} of {count}");
            }
        }
    }

    #[test]
    fn the_lines_of_a_plane_meet_in_one_point_each() {
        for (count, line) in [(3, 2), (7, 3), (13, 4), (21, 5), (31, 6)] {
            let members: Vec<NodeId> = (0..count).map(NodeId::new).collect();
            let quorums = quorums(&members);
            for (place, one) in quorums.iter().enumerate() {
                assert_eq!(one.len(), line);
                let others = quorums[place + 1..].iter();
                others.for_each(|other| assert_eq!(one.intersection(other).count(), 1));
            }
        }
    }

    #[test]
    fn a_grid_asks_a_row_and_a_column() {
        let members: Vec<NodeId> = (0..9).map(NodeId::new).collect();
        let of_n4: Vec<u32> = quorums(&members)[4].iter().map(|node| node.number()).collect();
        assert_eq!(of_n4, [1, 3, 4, 5, 7]);
    }
}
