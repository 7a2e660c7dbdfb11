//! What the faults in force do to one message: which of them it concerns, and what comes of it.
//!
//! Each fault draws from lanes of the message's key that are its own, by its name, so that no
//! fault's decisions move another's, nor those of the message's own luck.

use super::bandwidth::Queues;
use super::luck::MessageLuck;
use super::network::travel;
use super::record::Why;
use crate::conditions::Bandwidth;
use crate::fault::{Filter, Harm};
use crate::id::{FaultId, NodeId, NodeSet};
use crate::rng::{Luck64, Ratio, bernoulli, range};
use crate::time::{Duration, SimTime};
use crate::topology::Shape;

/// What the faults in force do to one message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Toll {
    /// It does not leave: by which fault, and why.
    pub stopped: Option<(FaultId, Why)>,
    /// It will be found spoilt.
    pub spoilt_by: Option<FaultId>,
    /// It is kept back.
    pub held_by: Option<FaultId>,
    /// It arrives twice.
    pub doubled_by: Option<FaultId>,
    /// It takes so much longer.
    pub delay: Duration,
    /// It does not keep its place on a FIFO link.
    pub loses_place: bool,
}

/// A copy of a message that the network makes up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stray {
    pub fault: FaultId,
    /// Whose name it bears.
    pub from: NodeId,
    /// Who gets it.
    pub to: NodeId,
    /// How much later than its journey says.
    pub delay: Duration,
    /// The lane of the luck of its journey.
    pub lane: u64,
}

/// The links and messages that a fault is about.
#[derive(Debug)]
enum Aim {
    Messages(Sieve),
    Links(Vec<Shape>),
}

/// A filter, with its words and nodes found out.
#[derive(Debug)]
pub(super) struct Sieve {
    /// Every kind if empty.
    pub kinds: Vec<u16>,
    /// Every node if none.
    pub from: Option<NodeSet>,
    pub to: Option<NodeSet>,
    pub first: u64,
    pub last: u64,
    pub chance: Ratio,
    /// How many messages it has let through.
    pub seen: u64,
    /// How many nodes there are.
    pub nodes: u32,
}

impl Sieve {
    /// The filter for messages of these kinds between these nodes.
    pub fn new(
        filter: &Filter,
        kinds: Vec<u16>,
        from: Option<NodeSet>,
        to: Option<NodeSet>,
        nodes: u32,
    ) -> Self {
        let (first, last) = (filter.first, filter.last.unwrap_or(u64::MAX));
        Sieve { kinds, from, to, first, last, chance: filter.chance, seen: 0, nodes }
    }

    /// One of these nodes that is neither end of the link; none if there is no other.
    fn another(
        &self,
        among: &Option<NodeSet>,
        (from, to): (NodeId, NodeId),
        luck: &mut impl Luck64,
    ) -> Option<NodeId> {
        let is_other = |node: &NodeId| {
            *node != from && *node != to && among.as_ref().is_none_or(|set| set.contains(*node))
        };
        let others = || (0..self.nodes).map(NodeId::new).filter(is_other);
        let count = others().count() as u64;
        let which = range(luck, 0..=count.checked_sub(1)?);
        others().nth(which as usize)
    }

    fn lets_through(&mut self, (from, to, kind): (NodeId, NodeId, u16)) -> bool {
        let is_in = |set: &Option<NodeSet>, node| set.as_ref().is_none_or(|set| set.contains(node));
        let is_kind = self.kinds.is_empty() || self.kinds.contains(&kind);
        if !is_kind || !is_in(&self.from, from) || !is_in(&self.to, to) {
            return false;
        }
        self.seen += 1;
        (self.first..=self.last).contains(&self.seen)
    }
}

#[derive(Debug)]
struct InForce {
    fault: FaultId,
    aim: Aim,
    harm: Harm,
    /// What a throttle keeps waiting.
    queues: Queues,
}

/// The faults in force that do something to messages.
#[derive(Debug, Default)]
pub(super) struct Harms {
    in_force: Vec<InForce>,
    /// Once the storm is over: on links between these nothing is slow.
    spared: Option<NodeSet>,
    /// The faults that have a part in the journey of the message that was judged last.
    pub acted: Vec<FaultId>,
    /// The copies of that message that faults make up.
    pub strays: Vec<Stray>,
}

impl Harms {
    #[inline(always)]
    pub fn is_idle(&self) -> bool {
        self.in_force.is_empty()
    }

    /// Harm to messages that a sieve lets through, until [`Harms::end`].
    pub fn begin(&mut self, fault: FaultId, sieve: Sieve, harm: Harm) {
        let (aim, queues) = (Aim::Messages(sieve), Queues::default());
        self.in_force.push(InForce { fault, aim, harm, queues });
    }

    /// Links of these shapes are slow, until [`Harms::end`].
    pub fn slow(&mut self, fault: FaultId, links: Vec<Shape>, harm: Harm) {
        let (aim, queues) = (Aim::Links(links), Queues::default());
        self.in_force.push(InForce { fault, aim, harm, queues });
    }

    pub fn end(&mut self, fault: FaultId) {
        if self.spared.is_none() {
            self.in_force.retain(|one| one.fault != fault);
        }
    }

    /// Whether a fault slows this link.
    pub fn slows(&self, fault: FaultId, from: NodeId, to: NodeId) -> bool {
        let slow = self.in_force.iter().filter(|one| one.fault == fault);
        slow.into_iter().any(|one| match &one.aim {
            Aim::Links(shapes) => is_slow(shapes, &self.spared, (from, to)),
            Aim::Messages(_) => false,
        })
    }

    /// The storm is over: no message comes to harm, and what is slow for good are links of those
    /// who are not in the core.
    pub fn spare(&mut self, core: &NodeSet, nodes: usize) {
        self.in_force.retain(|one| matches!(one.aim, Aim::Links(_)) && core.len() < nodes);
        self.spared = Some(core.clone());
    }

    /// What comes to a message that leaves now, over its first link to `next`; `None` if no fault
    /// touches it. Every fault draws and counts, whatever the others do.
    #[cold]
    #[inline(never)]
    pub fn judge(
        &mut self,
        now: SimTime,
        key: MessageLuck,
        (from, to, kind): (NodeId, NodeId, u16),
        next: NodeId,
    ) -> Option<Toll> {
        self.acted.clear();
        self.strays.clear();
        let mut toll = Toll::default();
        let mut is_touched = false;
        for InForce { fault, aim, harm, queues } in &mut self.in_force {
            let fault = *fault;
            let lane = MessageLuck::FAULT + (u64::from(fault.0) << 8);
            let is_hit = match aim {
                Aim::Messages(sieve) => {
                    let is_his = sieve.lets_through((from, to, kind));
                    is_his && bernoulli(&mut key.lane(lane), sieve.chance)
                }
                Aim::Links(shapes) => is_slow(shapes, &self.spared, (from, next)),
            };
            if !is_hit {
                continue;
            }
            is_touched = true;
            if let (Aim::Messages(sieve), true) = (&*aim, harm.is_lie()) {
                self.strays.extend(made_up(sieve, *harm, (fault, lane), key, (from, to)));
                continue;
            }
            match *harm {
                Harm::Lose => {
                    toll.stopped.get_or_insert((fault, Why::Lost));
                }
                Harm::Duplicate => {
                    toll.doubled_by.get_or_insert(fault);
                }
                Harm::Corrupt => {
                    toll.spoilt_by.get_or_insert(fault);
                }
                Harm::Hold => {
                    toll.held_by.get_or_insert(fault);
                }
                Harm::Delay(by) | Harm::Reorder(by) => {
                    let more = travel(by, &mut key.lane(lane + MessageLuck::MORE));
                    toll.delay = toll.delay + more;
                    toll.loses_place |= matches!(harm, Harm::Reorder(_));
                    self.acted.push(fault);
                }
                Harm::Throttle { spacing, queue } => {
                    match queues.wait((from, next), Bandwidth { spacing, queue }, now) {
                        Some(wait) if wait > Duration::ZERO => {
                            toll.delay = toll.delay + wait;
                            self.acted.push(fault);
                        }
                        Some(_) => {}
                        None => {
                            toll.stopped.get_or_insert((fault, Why::Throttled(fault)));
                        }
                    }
                }
                // What is made up leaves the message itself alone.
                Harm::Forge | Harm::Misdeliver | Harm::Replay(_) => {}
            }
        }
        is_touched.then_some(toll)
    }

    /// How much longer a message takes on a later link of its way. What faults do to messages they
    /// have done when it left; what they do to links they do on every one.
    #[cold]
    #[inline(never)]
    pub fn delay(&mut self, key: MessageLuck, link: (NodeId, NodeId)) -> Duration {
        self.acted.clear();
        let mut delay = Duration::ZERO;
        for InForce { fault, aim, harm, .. } in &self.in_force {
            let (Aim::Links(shapes), Harm::Delay(by)) = (aim, *harm) else { continue };
            if is_slow(shapes, &self.spared, link) {
                let lane = MessageLuck::FAULT + (u64::from(fault.0) << 8) + MessageLuck::MORE;
                delay = delay + travel(by, &mut key.lane(lane));
                self.acted.push(*fault);
            }
        }
        delay
    }
}

/// The copy that a fault makes up of a message; none if it has nobody to name or to reach.
fn made_up(
    sieve: &Sieve,
    harm: Harm,
    (fault, lane): (FaultId, u64),
    key: MessageLuck,
    (from, to): (NodeId, NodeId),
) -> Option<Stray> {
    let mut whose = key.lane(lane + MessageLuck::WHOSE);
    let mut stray =
        Stray { fault, from, to, delay: Duration::ZERO, lane: lane + MessageLuck::STRAY };
    match harm {
        Harm::Forge => stray.from = sieve.another(&sieve.from, (from, to), &mut whose)?,
        Harm::Misdeliver => stray.to = sieve.another(&sieve.to, (from, to), &mut whose)?,
        Harm::Replay(by) => stray.delay = travel(by, &mut key.lane(lane + MessageLuck::MORE)),
        _ => return None,
    }
    Some(stray)
}

/// Whether a link is one of those that are slow.
fn is_slow(shapes: &[Shape], spared: &Option<NodeSet>, (from, to): (NodeId, NodeId)) -> bool {
    let is_spared = |core: &NodeSet| core.contains(from) && core.contains(to);
    !spared.as_ref().is_some_and(is_spared) && shapes.iter().any(|shape| shape.closes(from, to))
}
