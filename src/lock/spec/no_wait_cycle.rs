//! Nobody waits for itself: the graph of who waits for whom has no cycle.
//!
//! A cycle is a deadlock at the very moment at which it closes, long before anybody could know by
//! its patience. For that each edge must be a wait that nothing under way can end but its head's
//! release; so whoever makes others wait says which request waits behind which
//! ([`Observation::HeldBack`]), and says nothing of those that it is about to let pass.

use super::said::{Said, violation};
use super::{LockId, Observation, Stamp};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::collections::BTreeMap;

/// A wait, as whoever says no declares it: until when, and when it was said.
#[derive(Clone, Copy, Debug)]
struct Wait {
    waits: Stamp,
    behind: Stamp,
    said: Said,
}

/// How far a node has come with its latest request.
#[derive(Clone, Copy, Debug)]
struct Progress {
    stamp: Stamp,
    has_acquired: bool,
}

/// No node waits, over others, for itself.
#[derive(Clone, Debug, Default)]
pub struct NoWaitCycle {
    /// The request that each node waits or holds by.
    requests: BTreeMap<(LockId, NodeId), Progress>,
    /// By who says no and who waits.
    waits: BTreeMap<(LockId, NodeId, NodeId), Wait>,
}

impl NoWaitCycle {
    const NAME: &'static str = "no-wait-cycle";

    fn waits_behind(&mut self, lock: LockId, wait: Wait) -> Verdict {
        self.waits.insert((lock, wait.said.node, wait.waits.node), wait);
        let edges: Vec<Wait> = self.edges(lock).collect();
        let Some(cycle) = cycle(&edges, wait.waits.node) else { return Ok(()) };
        let names: Vec<String> = cycle.iter().map(NodeId::to_string).collect();
        let message = format!("{} wait for one another to release {lock}", names.join(", "));
        let is_part =
            |edge: &&Wait| cycle.contains(&edge.waits.node) && cycle.contains(&edge.behind.node);
        let said: Vec<Said> = edges.iter().filter(is_part).map(|edge| edge.said).collect();
        Err(violation(Self::NAME, message, &said))
    }

    /// The waits that last: both requests are still those of their nodes, and neither is over.
    fn edges(&self, lock: LockId) -> impl Iterator<Item = Wait> + '_ {
        let is_at = move |stamp: Stamp, still_waits: bool| {
            let own = self.requests.get(&(lock, stamp.node));
            own.is_some_and(|own| own.stamp == stamp && !(still_waits && own.has_acquired))
        };
        let of_lock = self.waits.iter().filter(move |((of, ..), _)| *of == lock);
        let edges = of_lock.map(|(_, wait)| *wait);
        edges.filter(move |wait| is_at(wait.waits, true) && is_at(wait.behind, false))
    }

    fn ends(&mut self, node: NodeId, lock: Option<LockId>) {
        self.requests.retain(|(of, who), _| *who != node || lock.is_some_and(|lock| lock != *of));
    }
}

/// The nodes of the cycles that this one is on, in order.
fn cycle(edges: &[Wait], on: NodeId) -> Option<Vec<NodeId>> {
    let mut graph = DiGraph::<NodeId, ()>::new();
    let mut places = BTreeMap::new();
    for edge in edges {
        let [from, to] = [edge.waits.node, edge.behind.node]
            .map(|node| *places.entry(node).or_insert_with(|| graph.add_node(node)));
        graph.add_edge(from, to, ());
    }
    let groups = tarjan_scc(&graph).into_iter();
    let mut nodes = groups.map(|group| group.iter().map(|at| graph[*at]).collect::<Vec<_>>());
    let mut own = nodes.find(|group| group.len() > 1 && group.contains(&on))?;
    own.sort();
    Some(own)
}

impl<P> Invariant<P> for NoWaitCycle
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "no node waits, over others, for itself (Coffman 1971: circular wait; Maekawa 1985)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::Stamped { lock, stamp, .. } => {
                self.requests.insert((lock, node), Progress { stamp, has_acquired: false });
            }
            Observation::Acquired { lock, .. } => {
                if let Some(own) = self.requests.get_mut(&(lock, node)) {
                    own.has_acquired = true;
                }
            }
            Observation::Released { lock, .. }
            | Observation::Lost { lock, .. }
            | Observation::Abandoned { lock, .. } => self.ends(node, Some(lock)),
            Observation::HeldBack { lock, waits, behind } => {
                let said = Said::now(world, node, *said);
                return self.waits_behind(lock, Wait { waits, behind, said });
            }
            _ => {}
        }
        Ok(())
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, _: &World) -> Verdict {
        if view.is_none() {
            // Who waits for it waits for ever, but in no cycle.
            self.ends(node, None);
            self.waits.retain(|(_, said_by, _), _| *said_by != node);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, acquires, n, releases, stamped};
    use super::*;

    fn behind(waits: (u64, u32), behind: (u64, u32)) -> Observation {
        let stamp = |(clock, node)| Stamp { clock, node: n(node) };
        let (waits, behind) = (stamp(waits), stamp(behind));
        Observation::HeldBack { lock: LockId(0), waits, behind }
    }

    /// n0, n1 and n2 want the lock, each at time 1 and by request 1.
    fn three() -> Court {
        let mut court = Court::of(NoWaitCycle::default());
        for node in 0..3 {
            assert!(court.hears(node, stamped(1, 1, node)).is_ok());
        }
        assert!(court.hears(3, behind((1, 0), (1, 1))).is_ok());
        assert!(court.hears(4, behind((1, 1), (1, 2))).is_ok());
        court
    }

    #[test]
    fn a_ring_of_those_who_wait_is_caught_when_it_closes() {
        let violation = three().hears(2, behind((1, 2), (1, 0))).expect_err("n0, n1, n2, n0");
        assert_eq!(violation.message, "n0, n1, n2 wait for one another to release lock 0");
        assert_eq!(violation.witnesses.len(), 3);
    }

    #[test]
    fn a_chain_is_no_ring() {
        assert!(three().hears(2, behind((1, 0), (1, 2))).is_ok());
    }

    #[test]
    fn a_wait_for_an_earlier_request_is_over() {
        let mut court = three();
        assert!(court.hears(1, acquires(1)).is_ok());
        assert!(court.hears(1, releases(1)).is_ok());
        assert!(court.hears(1, stamped(2, 5, 1)).is_ok());
        // n0 -> n1 was about 1:n1, which has been served.
        assert!(court.hears(4, behind((5, 1), (1, 2))).is_ok());
        assert!(court.hears(2, behind((1, 2), (1, 0))).is_ok());
        assert!(court.hears(3, behind((1, 0), (5, 1))).is_err());
    }

    #[test]
    fn who_lets_a_request_wait_for_another_lets_it_wait_for_that_alone() {
        let mut court = three();
        assert!(court.hears(3, behind((1, 0), (1, 2))).is_ok());
        assert!(court.hears(2, behind((1, 2), (1, 0))).is_err(), "n0 and n2");
        let mut court = three();
        assert!(court.hears(4, behind((1, 1), (1, 0))).is_err(), "n0 and n1");
    }

    #[test]
    fn who_has_acquired_or_crashed_waits_for_nobody() {
        let mut court = three();
        assert!(court.hears(0, acquires(1)).is_ok());
        assert!(court.hears(2, behind((1, 2), (1, 0))).is_ok());
        let mut court = three();
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(2, behind((1, 2), (1, 0))).is_ok());
        let mut court = three();
        assert!(court.sees_crash(3).is_ok(), "who said no says nothing any more");
        assert!(court.hears(2, behind((1, 2), (1, 0))).is_ok());
    }
}
