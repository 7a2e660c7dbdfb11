//! One server for a shard at a time.
//!
//! The moment is one of true time, which no node knows. With hand-off this is kept always: a server
//! begins only with what the one before has sent, and that one had stopped before. With leases it
//! is kept by what servers do: who stands still cannot know that its lease is over, and does
//! nothing.

use super::Observation;
use super::said::{Said, violation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::ownership::shard::ShardId;
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// No two nodes serve a shard at one moment: neither by what they believe, nor by what they apply.
/// Who stands still goes on believing; who crashes does not.
#[derive(Clone, Debug)]
pub struct SingleServer {
    servers: BTreeMap<ShardId, Vec<Said>>,
    /// Whether beliefs alone are no offence: then who begins ends the belief of everybody else.
    by_acts: bool,
}

impl SingleServer {
    const NAME: &'static str = "single-server";

    /// Two offend if both believe that they serve a shard, whether they do anything or not.
    pub const fn by_beliefs() -> Self {
        SingleServer { servers: BTreeMap::new(), by_acts: false }
    }

    /// One offends if it applies an operation after another has begun to serve.
    pub const fn by_acts() -> Self {
        SingleServer { servers: BTreeMap::new(), by_acts: true }
    }

    fn stop(&mut self, node: NodeId, shard: ShardId) {
        if let Some(servers) = self.servers.get_mut(&shard) {
            servers.retain(|said| said.node != node);
        }
    }
}

impl<P> Invariant<P> for SingleServer
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "no two servers serve the same key at one moment (O-SINGLE; Slicer, OSDI 2016, section 2)"
    }

    fn kind(&self) -> Kind {
        match self.by_acts {
            true => Kind::Safety,
            false => Kind::Belief,
        }
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let (shard, begins) = match *said {
            Observation::Stops { shard, .. } => {
                self.stop(node, shard);
                return Ok(());
            }
            Observation::Serves { shard, .. } => (shard, true),
            Observation::Applied { shard, .. } => (shard, false),
            _ => return Ok(()),
        };
        let now = Said::now(world, node, said);
        let servers = self.servers.entry(shard).or_default();
        if begins && self.by_acts {
            servers.clear();
        }
        let other = servers.iter().find(|said| said.node != node);
        let verdict = match other {
            Some(other) => {
                let message = format!("{} and {node} both serve {shard}", other.node);
                Err(violation(Self::NAME, message, &[other, &now]))
            }
            None => Ok(()),
        };
        if begins {
            servers.retain(|said| said.node != node);
            servers.push(now);
        }
        verdict
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, _: &World) -> Verdict {
        if view.is_none() {
            self.servers.values_mut().for_each(|servers| servers.retain(|it| it.node != node));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, serves, stops, writes};
    use super::*;

    #[test]
    fn two_who_serve_a_shard_at_once_are_caught_and_each_is_a_witness() {
        let mut court = Court::of(SingleServer::by_beliefs());
        assert!(court.hears(1, serves(0, 3)).is_ok());
        assert!(court.hears(2, serves(1, 0)).is_ok(), "another shard");
        let violation = court.hears(2, serves(0, 3)).expect_err("n1 has not stopped");
        assert_eq!(violation.message, "n1 and n2 both serve shard 0");
        assert_eq!(violation.witnesses.len(), 2);
        assert_eq!(violation.witnesses[0].what, "serves shard 0 at version 3 in epoch 1");
    }

    #[test]
    fn who_stopped_or_crashed_serves_no_more() {
        let mut court = Court::of(SingleServer::by_beliefs());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.hears(1, stops(0)).is_ok());
        assert!(court.hears(2, serves(0, 0)).is_ok());
        assert!(court.sees_crash(2).is_ok());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.hears(1, serves(0, 0)).is_ok(), "who says it twice is one");
    }

    #[test]
    fn by_acts_only_who_applies_after_another_has_begun_offends() {
        let mut court = Court::of(SingleServer::by_acts());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.hears(2, serves(0, 0)).is_ok(), "n1 stands still, and may believe so");
        assert!(court.hears(2, writes(0, 1, 1)).is_ok());
        assert!(court.hears(1, stops(0)).is_ok());
        assert!(court.hears(1, writes(0, 2, 2)).is_err(), "n1 has been replaced");
    }

    #[test]
    fn who_applies_while_another_serves_is_a_second_server() {
        let mut court = Court::of(SingleServer::by_beliefs());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.hears(2, writes(0, 2, 2)).is_err());
    }
}
