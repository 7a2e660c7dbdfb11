//! What an algorithm assumes of the world and what it needs for progress, as data.
//!
//! A profile of faults stays just inside what an algorithm assumes; what is found beyond it is
//! labelled so. Chang-Roberts on a lossy link is not news; Raft on a lossy link would be.

mod broken;
mod world;

use crate::id::NodeId;
use crate::time::{Drift, Duration};
use crate::world::World;
use serde::Serialize;

/// What the algorithm's safety rests on. The default assumes nothing but links that do not
/// forge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assumptions {
    /// Messages on one link arrive in the order they were sent.
    pub fifo_links: bool,
    /// No message between nodes that are up is lost.
    pub reliable_links: bool,
    /// No partition ever.
    pub no_partition: bool,
    /// A message arrives within this time, and a step takes none.
    pub delay_bound: Option<Duration>,
    /// No clock is off by more than this rate.
    pub drift_bound: Option<Drift>,
    /// No node stands still and goes on later.
    pub no_pause: bool,
    /// A crashed node never comes back.
    pub crash_stop: bool,
    /// No node loses what it synced.
    pub honest_disk: bool,
    /// The members stay the same.
    pub static_membership: bool,
    /// Of the writes that were not synced a crash keeps none but the oldest, without a gap.
    pub ordered_writes: bool,
    /// No sync fails.
    pub no_disk_errors: bool,
    /// No wall clock is ever further off than this.
    pub offset_bound: Option<Duration>,
    /// It survives what is not assumed of anybody else: messages in the name of nodes that never
    /// sent them, or at nodes that they were not for. All others assume authentic links.
    pub untrusted_links: bool,
}

/// One of the [`Assumptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumption {
    /// [`Assumptions::fifo_links`].
    FifoLinks,
    /// [`Assumptions::reliable_links`].
    ReliableLinks,
    /// [`Assumptions::no_partition`].
    NoPartition,
    /// [`Assumptions::delay_bound`].
    DelayBound,
    /// [`Assumptions::drift_bound`].
    DriftBound,
    /// [`Assumptions::no_pause`].
    NoPause,
    /// [`Assumptions::crash_stop`].
    CrashStop,
    /// [`Assumptions::honest_disk`].
    HonestDisk,
    /// [`Assumptions::static_membership`].
    StaticMembership,
    /// [`Assumptions::ordered_writes`].
    OrderedWrites,
    /// [`Assumptions::no_disk_errors`].
    NoDiskErrors,
    /// [`Assumptions::offset_bound`].
    OffsetBound,
    /// No [`Assumptions::untrusted_links`].
    AuthenticLinks,
}

impl Assumption {
    /// All of them, each with the word that labels what is found outside of it.
    pub const WORDS: [(Assumption, &'static str); 13] = [
        (Assumption::FifoLinks, "fifo-links"),
        (Assumption::ReliableLinks, "reliable-links"),
        (Assumption::NoPartition, "no-partition"),
        (Assumption::DelayBound, "delay-bound"),
        (Assumption::DriftBound, "drift-bound"),
        (Assumption::NoPause, "no-pause"),
        (Assumption::CrashStop, "crash-stop"),
        (Assumption::HonestDisk, "honest-disk"),
        (Assumption::StaticMembership, "static-membership"),
        (Assumption::OrderedWrites, "ordered-writes"),
        (Assumption::NoDiskErrors, "no-disk-errors"),
        (Assumption::OffsetBound, "offset-bound"),
        (Assumption::AuthenticLinks, "authentic-links"),
    ];

    /// Its word: `honest-disk`.
    pub fn word(self) -> &'static str {
        let known = Self::WORDS.iter().find(|(assumption, _)| *assumption == self);
        known.map_or("", |(_, word)| word)
    }
}

impl Assumptions {
    /// Whether this one is among them.
    pub const fn include(&self, assumption: Assumption) -> bool {
        match assumption {
            Assumption::FifoLinks => self.fifo_links,
            Assumption::ReliableLinks => self.reliable_links,
            Assumption::NoPartition => self.no_partition,
            Assumption::DelayBound => self.delay_bound.is_some(),
            Assumption::DriftBound => self.drift_bound.is_some(),
            Assumption::NoPause => self.no_pause,
            Assumption::CrashStop => self.crash_stop,
            Assumption::HonestDisk => self.honest_disk,
            Assumption::StaticMembership => self.static_membership,
            Assumption::OrderedWrites => self.ordered_writes,
            Assumption::NoDiskErrors => self.no_disk_errors,
            Assumption::OffsetBound => self.offset_bound.is_some(),
            Assumption::AuthenticLinks => !self.untrusted_links,
        }
    }
}

/// What progress needs, so that a run without progress can be excused by the world's true state.
///
/// It speaks of the members: the nodes of the algorithm's first role, or those that
/// [`Algorithm::members`](crate::algorithm::Algorithm::members) names. Clients come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Requirement {
    /// Somebody is up.
    AnyNode,
    /// Somebody is up, and somebody else who is no member is up and connected to it, in both
    /// directions: a server, and a client that reaches it.
    MemberReached,
    /// Somebody is up, and whoever else is up and no member is connected to it, in both directions:
    /// a server, and all its clients.
    AllReached,
    /// Some node is connected, in both directions, to a majority that is up, itself included.
    QuorumConnected,
    /// Every node is up and connected to every other.
    AllConnected,
    /// A majority is up, and whoever is up is connected to everybody else who is.
    LiveQuorumConnected,
}

impl Requirement {
    /// All of them.
    pub const ALL: [Requirement; 6] = [
        Requirement::AnyNode,
        Requirement::MemberReached,
        Requirement::AllReached,
        Requirement::QuorumConnected,
        Requirement::AllConnected,
        Requirement::LiveQuorumConnected,
    ];

    /// Its name, as columns write it.
    pub const fn name(self) -> &'static str {
        match self {
            Requirement::AnyNode => "any-node",
            Requirement::MemberReached => "member-reached",
            Requirement::AllReached => "all-reached",
            Requirement::QuorumConnected => "quorum-connected",
            Requirement::AllConnected => "all-connected",
            Requirement::LiveQuorumConnected => "live-quorum-connected",
        }
    }

    /// What it says, as the end of "progress needs ...".
    pub const fn sentence(self) -> &'static str {
        match self {
            Requirement::AnyNode => "somebody who is up",
            Requirement::MemberReached => {
                "somebody who is up, and somebody of another role up and connected to it in both \
                 directions"
            }
            Requirement::AllReached => {
                "somebody who is up, and whoever else is up connected to it in both directions"
            }
            Requirement::QuorumConnected => {
                "a node connected in both directions to a majority that is up, itself included"
            }
            Requirement::AllConnected => "every node up and connected to every other",
            Requirement::LiveQuorumConnected => {
                "a majority up, and whoever is up connected to everybody else who is"
            }
        }
    }

    /// Whether the world is now as these members need it.
    pub fn is_met(self, world: &World, members: &[NodeId]) -> bool {
        let live: Vec<NodeId> = members.iter().copied().filter(|node| world.is_up(*node)).collect();
        let links = world.links();
        // In a mesh without a cut everybody is connected: no need to look at every pair.
        let reaches = |node: NodeId| match links.any_cut() || !links.is_full_mesh() {
            true => live.iter().filter(|other| links.connected(node, **other)).count(),
            false => live.len(),
        };
        let is_other = |node: &NodeId| world.is_up(*node) && !members.contains(node);
        let others = || world.nodes().filter(is_other);
        let all_joined = || live.iter().all(|node| reaches(*node) == live.len());
        match self {
            Requirement::AnyNode => !live.is_empty(),
            Requirement::MemberReached => {
                others().any(|other| live.iter().any(|node| links.connected(*node, other)))
            }
            Requirement::AllReached => live.iter().any(|node| {
                let reaches = |other| links.connected(*node, other);
                others().all(reaches)
            }),
            Requirement::QuorumConnected => {
                live.iter().any(|node| reaches(*node) > members.len() / 2)
            }
            Requirement::AllConnected => live.len() == members.len() && all_joined(),
            Requirement::LiveQuorumConnected => live.len() > members.len() / 2 && all_joined(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::FaultId;
    use crate::time::Clock;
    use crate::topology::Cut;
    use crate::world::Condition;

    const fn n(number: u32) -> NodeId {
        NodeId::new(number)
    }

    /// Five nodes, of which these are down, under these cuts; the last node is a client.
    fn met(down: &[u32], cuts: &[Cut]) -> [bool; 6] {
        let mut world = World::new(vec![Clock::default(); 5]);
        for (number, node) in (0..).zip(&mut world.nodes) {
            let is_down = down.contains(&number);
            node.condition = if is_down { Condition::Down } else { Condition::Up };
        }
        for (id, cut) in (0..).zip(cuts) {
            world.links.cut(FaultId(id), cut);
        }
        let members: Vec<NodeId> = (0..4).map(n).collect();
        Requirement::ALL.map(|requirement| requirement.is_met(&world, &members))
    }

    #[test]
    fn a_requirement_is_judged_by_who_is_up_and_connected() {
        let deaf = |node| Cut::OneWay { from: (0..5).map(n).collect(), to: vec![n(node)] };
        let halves = Cut::Groups(vec![vec![n(0), n(1), n(4)], vec![n(2), n(3)]]);
        // In the order of `ALL`: any, one reached, all reached, quorum, all, live.
        assert_eq!(met(&[], &[]), [true; 6]);
        assert_eq!(met(&[1], &[]), [true, true, true, true, false, true]);
        assert_eq!(met(&[1, 2], &[]), [true, true, true, false, false, false]);
        assert_eq!(met(&[0, 1, 2, 3], &[]), [false; 6]);
        assert_eq!(met(&[], &[deaf(0)]), [true, true, true, true, false, false]);
        assert_eq!(met(&[0], &[deaf(0)]), [true, true, true, true, false, true]);
        assert_eq!(met(&[], &[halves]), [true, true, true, false, false, false]);
        // What befalls the client is no excuse, but where a member has to be reached.
        assert_eq!(met(&[4], &[deaf(4)]), [true, false, true, true, true, true]);
        assert_eq!(met(&[], &[deaf(4)]), [true, false, false, true, true, true]);
        assert_eq!(met(&[0, 1, 2], &[deaf(3)]), [true, false, false, false, false, false]);
    }

    #[test]
    fn one_node_that_sees_a_majority_is_enough_for_a_quorum() {
        // A bridge: n0 sees everybody, the others only n0.
        let apart = |a: u32, b: u32| Cut::OneWay { from: vec![n(a)], to: vec![n(b)] };
        let cuts = [apart(1, 2), apart(2, 3), apart(3, 1)];
        assert_eq!(met(&[], &cuts), [true, true, true, true, false, false]);
        assert_eq!(met(&[0], &cuts), [true, true, true, false, false, false]);
    }
}
