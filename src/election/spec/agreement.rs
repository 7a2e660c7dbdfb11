//! Agreement on one coordinator, for elections without terms or quorums.
//!
//! Garcia-Molina's first assertion (IEEE ToC C-31(1), 1982) says that nodes which can
//! talk to one another never accept different coordinators. His algorithm keeps it at every
//! instant, since it halts all nodes before it names the new coordinator
//! ([`super::SameCoordinator`]); the text-book form of Bully does not halt anybody and keeps weaker
//! promises, judged here one by one:
//! - [`GroupAgreement`]: a while after the world last changed, each group agrees;
//! - [`OneCoordinator`]: two nodes lead at once for no longer than a message takes;
//! - [`HighestLeads`]: nobody takes the lead over the head of a higher node that is there.
//!
//! Time spans given to these judges are in true time: whoever makes them adds what drift costs.

use super::{Observation, Role, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;

/// The latest view of each member.
#[derive(Clone, Debug)]
pub(super) struct Views {
    pub(super) members: Vec<NodeId>,
    latest: Vec<Option<View>>,
}

impl Views {
    pub(super) fn of(mut members: Vec<NodeId>) -> Self {
        members.sort();
        let size = members.last().map_or(0, |last| last.index() + 1);
        Views { members, latest: vec![None; size] }
    }

    /// Takes in a view and returns the one before; `None` also for a node that is no member.
    pub(super) fn replace(&mut self, node: NodeId, view: Option<&View>) -> Option<View> {
        self.members.binary_search(&node).ok()?;
        std::mem::replace(&mut self.latest[node.index()], view.cloned())
    }

    fn view(&self, node: NodeId) -> Option<&View> {
        self.latest.get(node.index()).and_then(Option::as_ref)
    }

    /// The term that a node believes to lead; `None` also while it is down or stands still.
    fn leads(&self, node: NodeId, world: &World) -> Option<Term> {
        let view = self.view(node).filter(|view| view.role == Role::Leader)?;
        world.is_up(node).then_some(view.term)
    }

    pub(super) fn leader(&self, node: NodeId) -> Option<NodeId> {
        self.view(node).and_then(|view| view.leader)
    }
}

fn accepts(leader: Option<NodeId>) -> String {
    leader.map_or_else(|| "accepts no coordinator".to_owned(), |it| format!("accepts {it}"))
}

/// `group-agreement`: members that are up and connected accept one coordinator, who is of their
/// group and leads.
///
/// Judged when nothing has changed for the settle time - nobody went up or down, into or out of a
/// pause, no link was cut or mended - and again each time that it passes once more. A group is a
/// component of links that are open in both directions. Bully agrees only where each member of a
/// group reaches every other; a group held together by a node in the middle may disagree, which is
/// a finding outside what Bully assumes.
#[derive(Clone, Debug)]
pub struct GroupAgreement {
    views: Views,
    settle: Duration,
    due: SimTime,
}

impl GroupAgreement {
    /// The judge of these members, whose algorithm agrees within `settle` of true time.
    ///
    /// # Panics
    /// If the settle time is zero: no message travels as fast.
    pub fn new(members: Vec<NodeId>, settle: Duration) -> Self {
        assert!(settle > Duration::ZERO, "agreement takes time");
        GroupAgreement { views: Views::of(members), settle, due: SimTime::ZERO + settle }
    }

    /// Each member against the first member of its group: agreement with it is agreement of all.
    fn judge(&self, still_for: Duration, world: &World) -> Verdict {
        let group_of = world.components();
        let mut first_of: Vec<Option<NodeId>> = vec![None; group_of.len()];
        for &node in self.views.members.iter().filter(|node| world.is_up(**node)) {
            let group = group_of[node.index()] as usize;
            let first = *first_of[group].get_or_insert(node);
            let leader = self.views.leader(node);
            if leader != self.views.leader(first) {
                return Err(self.violation([first, node], still_for, world));
            }
            let leads_here = leader.is_some_and(|leader| {
                self.views.leads(leader, world).is_some()
                    && group_of[leader.index()] == group_of[node.index()]
            });
            if !leads_here {
                return Err(self.violation([node, leader.unwrap_or(node)], still_for, world));
            }
        }
        Ok(())
    }

    fn violation(&self, [a, b]: [NodeId; 2], still_for: Duration, world: &World) -> Violation {
        let says = |node: NodeId| match self.views.view(node) {
            _ if !world.is_up(node) => "is not up".to_owned(),
            Some(view) if view.role == Role::Leader => format!("leads term {}", view.term),
            _ => accepts(self.views.leader(node)),
        };
        let mut nodes = vec![a];
        nodes.extend((b != a).then_some(b));
        let said: Vec<String> =
            nodes.iter().map(|&node| format!("{node} {}", says(node))).collect();
        Violation {
            invariant: "group-agreement",
            message: format!("{} although nothing has changed for {still_for}", said.join(" and ")),
            witnesses: nodes.iter().map(|&n| Witness::now(world, n, says(n))).collect(),
        }
    }
}

impl<P> Invariant<P> for GroupAgreement
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "group-agreement"
    }

    fn explains(&self) -> &'static str {
        "members that are up and connected accept the same coordinator, of their own group, a \
         stated time after the last change of connectivity (Garcia-Molina 1982, assertion 1)"
    }

    fn kind(&self) -> Kind {
        Kind::Belief
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, _: &World) -> Verdict {
        self.views.replace(node, view);
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
        self.judge(still_for, world)
    }
}

/// `one-coordinator`: no two nodes that are up believe to lead for longer than the tolerance.
///
/// Judged over all members, connected or not, and for each pair: the time counts from the instant
/// at which both lead and are up, and ends when one of them steps down, crashes or stands still.
/// Being elected again without a break does not start it anew. In text-book Bully the old
/// coordinator learns of a higher one by its COORDINATOR message and leads until that arrives: so a
/// calm take-over overlaps for one message delay, and the tolerance is the bound on that delay. An
/// overlap of exactly the tolerance is not yet a violation.
#[derive(Clone, Debug)]
pub struct OneCoordinator {
    views: Views,
    tolerance: Duration,
    /// Who leads and is up, and since when; the longest first.
    leaders: Vec<Reign>,
}

#[derive(Clone, Copy, Debug)]
struct Reign {
    node: NodeId,
    term: Term,
    since: SimTime,
    event: u64,
    /// Whether its overlap with the first leader has been called a violation already.
    judged: bool,
}

impl Reign {
    fn witness(&self) -> Witness {
        let what = format!("leads term {}", self.term);
        Witness { at: self.since, event: self.event, node: self.node, what }
    }
}

impl OneCoordinator {
    /// The judge of these members, who may overlap for so long.
    pub fn new(members: Vec<NodeId>, tolerance: Duration) -> Self {
        OneCoordinator { views: Views::of(members), tolerance, leaders: Vec::new() }
    }

    fn look_at(&mut self, node: NodeId, world: &World) {
        let known = self.leaders.iter().position(|reign| reign.node == node);
        match (self.views.leads(node, world), known) {
            (Some(term), Some(place)) => self.leaders[place].term = term,
            (Some(term), None) => {
                let (since, event) = (world.now(), world.event());
                self.leaders.push(Reign { node, term, since, event, judged: false });
            }
            (None, Some(place)) => {
                self.leaders.remove(place);
            }
            (None, None) => {}
        }
    }

    /// Of all pairs, the first two leaders overlap the longest: the place of the second of them.
    fn longest_overlap(&self) -> Option<usize> {
        (1..self.leaders.len()).find(|&place| !self.leaders[place].judged)
    }

    fn judge(&mut self, now: SimTime) -> Verdict {
        let Some(place) = self.longest_overlap() else { return Ok(()) };
        if now.since(self.leaders[place].since) <= self.tolerance {
            return Ok(());
        }
        self.leaders[place].judged = true;
        let (first, second) = (self.leaders[0], self.leaders[place]);
        Err(Violation {
            invariant: "one-coordinator",
            message: format!(
                "{} (term {}) and {} (term {}) both lead, for more than {}",
                first.node, first.term, second.node, second.term, self.tolerance
            ),
            witnesses: vec![first.witness(), second.witness()],
        })
    }
}

impl<P> Invariant<P> for OneCoordinator
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "one-coordinator"
    }

    fn explains(&self) -> &'static str {
        "no two nodes that are up believe to lead for longer than a message may take \
         (Garcia-Molina 1982, assertion 1, over all nodes, less the take-over of the text-book)"
    }

    fn kind(&self) -> Kind {
        Kind::Belief
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        // What was wrong until now stays wrong, even if this view mends it.
        let verdict = self.judge(world.now());
        self.views.replace(node, view);
        self.look_at(node, world);
        verdict
    }

    fn on_world(&mut self, world: &World) -> Verdict {
        let verdict = self.judge(world.now());
        for place in 0..self.views.members.len() {
            self.look_at(self.views.members[place], world);
        }
        verdict
    }

    fn deadline(&self) -> Option<SimTime> {
        let just_beyond = self.tolerance + Duration::from_nanos(1);
        self.longest_overlap().map(|place| self.leaders[place].since + just_beyond)
    }

    fn on_time(&mut self, world: &World) -> Verdict {
        // Nothing has happened since the deadline, wherever the clock of the world stands.
        let deadline = Invariant::<P>::deadline(self).unwrap_or_default();
        self.judge(deadline.max(world.now()))
    }
}

/// `highest-leads`: whoever takes the lead in a still world is the highest of those it is joined
/// to.
///
/// The rule that gives Bully its name, judged at the instant at which a node comes to lead: if
/// nothing has changed while it asked (the asking time, at least the time-out that it waits for
/// answers), then a higher node that is up and connected to it was there to answer, and has been
/// overheard. Nothing is said of a node that took the lead while the world changed.
#[derive(Clone, Debug)]
pub struct HighestLeads {
    views: Views,
    asking: Duration,
}

impl HighestLeads {
    /// The judge of these members, who ask for no longer than this before they lead.
    pub fn new(members: Vec<NodeId>, asking: Duration) -> Self {
        HighestLeads { views: Views::of(members), asking }
    }

    fn overheard(&self, node: NodeId, world: &World) -> Option<NodeId> {
        let is_there =
            |other: &NodeId| world.is_up(*other) && world.links().connected(node, *other);
        let highest = self.views.members.iter().copied().filter(is_there).max()?;
        (highest > node).then_some(highest)
    }
}

impl<P> Invariant<P> for HighestLeads
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "highest-leads"
    }

    fn explains(&self) -> &'static str {
        "a node that takes the lead has no higher node that was up and connected to it all the \
         while it asked (Garcia-Molina 1982: the Bully)"
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        let before = self.views.replace(node, view).filter(|it| it.role == Role::Leader);
        let Some(term) = self.views.leads(node, world) else { return Ok(()) };
        let still_for = world.now().since(world.connectivity_changed());
        let took_the_lead = before.is_none_or(|before| before.term != term);
        if !took_the_lead || still_for <= self.asking {
            return Ok(());
        }
        let Some(higher) = self.overheard(node, world) else { return Ok(()) };
        let there = format!("has been up and connected to {node} for {still_for}");
        Err(Violation {
            invariant: "highest-leads",
            message: format!("{node} takes the lead (term {term}) although {higher} {there}"),
            witnesses: vec![
                Witness::now(world, higher, there),
                Witness::now(world, node, format!("leads term {term}")),
            ],
        })
    }
}

#[cfg(test)]
mod tests;
