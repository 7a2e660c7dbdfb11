//! What a node said and when: put into words only when it witnesses a violation.

use super::Observation;
use crate::id::NodeId;
use crate::invariant::{Violation, Witness};
use crate::ownership::store::{Ask, Reply};
use crate::time::SimTime;
use crate::world::World;

/// One thing that a node said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) node: NodeId,
    at: SimTime,
    event: u64,
    what: Observation,
}

impl Said {
    pub(super) fn now(world: &World, node: NodeId, what: &Observation) -> Self {
        Said { node, at: world.now(), event: world.event(), what: what.clone() }
    }

    fn witness(&self) -> Witness {
        let what = in_words(&self.what);
        Witness { at: self.at, event: self.event, node: self.node, what }
    }
}

/// A violation witnessed by what was said, in whatever order it is given.
pub(super) fn violation(invariant: &'static str, message: String, said: &[&Said]) -> Violation {
    let mut oldest_first = said.to_vec();
    oldest_first.sort_by_key(|said| said.event);
    let witnesses = oldest_first.iter().map(|said| said.witness()).collect();
    Violation { invariant, message, witnesses }
}

fn in_words(observation: &Observation) -> String {
    match observation {
        Observation::Configured { epoch, members, .. } => {
            format!("begins {epoch} with {} members", members.len())
        }
        Observation::ChangeRefused { epoch } => format!("refuses a change of {epoch}"),
        Observation::Adopted { epoch, .. } => format!("goes by {epoch}"),
        Observation::Serves { shard, epoch, version } => {
            format!("serves {shard} at {version} in {epoch}")
        }
        Observation::Stops { shard, epoch } => format!("serves {shard} no more in {epoch}"),
        Observation::Sent { shard, epoch, to, .. } => format!("sends {shard} to {to} in {epoch}"),
        Observation::Applied { id, shard, key, version, wrote } => match wrote {
            Some(_) => format!("applies {id}, a write of key {key}: {shard} is at {version}"),
            None => format!("applies {id}, a read of key {key} in {shard} at {version}"),
        },
        Observation::Repeated { id, version } => format!("has applied {id} before, as {version}"),
        Observation::Refused { id, epoch } => format!("refuses {id} in {epoch}"),
        Observation::Invoked { id, key, ask } => match ask {
            Ask::Get => format!("wants to read key {key} ({id})"),
            Ask::Put(value) => format!("wants to write {value} to key {key} ({id})"),
        },
        Observation::Answered { id, key, reply, .. } => match reply {
            Reply::Value(None) => format!("reads nothing from key {key} ({id})"),
            Reply::Value(Some(value)) => format!("reads {value} from key {key} ({id})"),
            Reply::Done => format!("knows that it has written key {key} ({id})"),
        },
        Observation::Abandoned { id, .. } => format!("gives up {id}"),
    }
}
