//! What may be asked of an election on a ring: one winner, the best of those who stood, and no
//! number that goes round for ever.

use super::Order;
use crate::election::spec::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

fn stands(world: &World, node: NodeId, term: Term) -> Witness {
    Witness::now(world, node, format!("stands with the number {term}"))
}

fn wins(world: &World, node: NodeId, term: Term) -> Witness {
    Witness::now(world, node, format!("wins with the number {term}"))
}

/// `one-winner`: over the whole history, no two nodes win.
#[derive(Clone, Debug, Default)]
pub struct OneWinner {
    first: Option<Witness>,
}

impl<P> Invariant<P> for OneWinner
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "one-winner"
    }

    fn explains(&self) -> &'static str {
        "at most one node of a ring ever wins (Chang and Roberts 1979)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::LeaderElected { term } = *said else { return Ok(()) };
        let now = wins(world, node, term);
        let first = self.first.get_or_insert_with(|| now.clone());
        if first.node == node {
            return Ok(());
        }
        Err(Violation {
            invariant: "one-winner",
            message: format!("{} and {node} have both won", first.node),
            witnesses: vec![first.clone(), now],
        })
    }
}

/// `best-initiator-wins`: whoever wins has stood, and nobody who has stood so far beats it.
#[derive(Clone, Debug)]
pub struct BestInitiatorWins {
    order: Order,
    stood: BTreeMap<(NodeId, Term), Witness>,
}

impl BestInitiatorWins {
    /// The judge of a ring on which numbers are compared so.
    pub const fn by(order: Order) -> Self {
        BestInitiatorWins { order, stood: BTreeMap::new() }
    }
}

impl<P> Invariant<P> for BestInitiatorWins
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "best-initiator-wins"
    }

    fn explains(&self) -> &'static str {
        "who wins is the best of those who stood for election until then (Chang and Roberts 1979)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::ElectionStarted { term } => {
                self.stood.insert((node, term), stands(world, node, term));
                Ok(())
            }
            Observation::LeaderElected { term } => {
                let is_better =
                    |((_, number), _): &(&(NodeId, Term), _)| self.order.beats(number.0, term.0);
                let better = self.stood.iter().find(is_better).map(|(_, witness)| witness);
                let has_stood = self.stood.contains_key(&(node, term));
                let message = match better {
                    Some(better) => format!("{node} wins with {term}: {} beats it", better.node),
                    None if !has_stood => format!("{node} wins with {term} and never stood so"),
                    None => return Ok(()),
                };
                let mut witnesses: Vec<Witness> = better.cloned().into_iter().collect();
                witnesses.push(wins(world, node, term));
                Err(Violation { invariant: "best-initiator-wins", message, witnesses })
            }
            _ => Ok(()),
        }
    }
}

/// `one-lap`: a number that has come home goes no further.
///
/// Who stood with a number sends it once each time that it stands. Once more, and it hands on what
/// nobody will ever remove.
#[derive(Clone, Debug, Default)]
pub struct OneLap {
    stood: BTreeMap<(NodeId, Term), (u64, Witness)>,
}

impl<P> Invariant<P> for OneLap
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "one-lap"
    }

    fn explains(&self) -> &'static str {
        "a number ends where it began: whoever stood with it does not hand it on (Chang and \
         Roberts 1979)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        if let Observation::ElectionStarted { term } = *said {
            let witness = stands(world, node, term);
            self.stood.entry((node, term)).or_insert((0, witness)).0 += 1;
        }
        Ok(())
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        let Observation::ElectionStarted { term } = *claim else { return Ok(()) };
        let Some((to_send, stood)) = self.stood.get_mut(&(node, term)) else { return Ok(()) };
        if *to_send > 0 {
            *to_send -= 1;
            return Ok(());
        }
        Err(Violation {
            invariant: "one-lap",
            message: format!("{node} hands on the number {term} with which it stood itself"),
            witnesses: vec![
                stood.clone(),
                Witness::now(world, node, format!("hands on the number {term}")),
            ],
        })
    }
}
