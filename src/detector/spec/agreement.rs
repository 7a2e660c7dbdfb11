//! Agreement on who is there: complete and accurate, a while after the world last changed.

use super::{Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::{Condition, World};

/// `membership-agreement`: a member that is up takes those who are down to be gone, and nobody who
/// is up and reaches everybody else.
///
/// The two halves are what Chandra and Toueg call completeness and accuracy. Judged when nothing
/// has changed for the settle time - nobody went up or down, into or out of a pause, no link was
/// cut or mended - and again each time that it passes once more, in a world without cuts: what a
/// cut does to a membership is no matter of right and wrong. Somebody who is only suspected is not
/// yet taken to be gone.
#[derive(Clone, Debug)]
pub struct MembershipAgreement {
    members: Vec<NodeId>,
    views: Vec<Option<View>>,
    settle: Duration,
    due: SimTime,
}

impl MembershipAgreement {
    /// The judge of these members, who agree within `settle` of true time.
    ///
    /// # Panics
    /// If the settle time is zero: no message travels as fast.
    pub fn new(members: Vec<NodeId>, settle: Duration) -> Self {
        assert!(settle > Duration::ZERO, "agreement takes time");
        let size = members.iter().max().map_or(0, |last| last.index() + 1);
        MembershipAgreement {
            members,
            views: vec![None; size],
            settle,
            due: SimTime::ZERO + settle,
        }
    }

    /// The first member that is wrong about another, and what it takes that one for.
    fn mistake(&self, world: &World) -> Option<(NodeId, NodeId, bool)> {
        let up = self.members.iter().copied().filter(|node| world.is_up(*node));
        let pairs = up.flat_map(|a| self.members.iter().map(move |b| (a, *b)));
        pairs.filter(|(a, b)| a != b).find_map(|(a, b)| {
            let is_gone = self.views[a.index()].as_ref()?.gone.contains(b);
            let is_wrong = match world.node(b).condition {
                Condition::Up => is_gone,
                Condition::Down => !is_gone,
                Condition::Paused => false,
            };
            is_wrong.then_some((a, b, is_gone))
        })
    }
}

impl<P> Invariant<P> for MembershipAgreement
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "membership-agreement"
    }

    fn explains(&self) -> &'static str {
        "a stated time after the last change everybody takes those who are down to be gone, and \
         nobody who is up (Chandra and Toueg 1996: completeness and accuracy)"
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, _: &World) -> Verdict {
        if let Some(known) = self.views.get_mut(node.index()) {
            *known = view.cloned();
        }
        Ok(())
    }

    fn on_world(&mut self, world: &World) -> Verdict {
        self.due = world.connectivity_changed() + self.settle;
        Ok(())
    }

    fn deadline(&self) -> Option<SimTime> {
        Some(self.due)
    }

    fn on_time(&mut self, world: &World) -> Verdict {
        let settled = world.connectivity_changed() + self.settle;
        if self.due < settled {
            self.due = settled;
            return Ok(());
        }
        let still_for = self.due.since(world.connectivity_changed());
        self.due += self.settle;
        if world.links().any_cut() {
            return Ok(());
        }
        let Some((node, other, is_gone)) = self.mistake(world) else { return Ok(()) };
        let (takes, is) = match is_gone {
            true => ("to be gone", "up"),
            false => ("to be there", "down"),
        };
        Err(Violation {
            invariant: "membership-agreement",
            message: format!(
                "{node} takes {other} {takes}, who is {is}, although nothing has changed for \
                 {still_for}"
            ),
            witnesses: vec![
                Witness::now(world, other, format!("is {is}")),
                Witness::now(world, node, format!("takes {other} {takes}")),
            ],
        })
    }
}
