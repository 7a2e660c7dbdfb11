//! What a node said and when: kept small, and put into words only when it witnesses a violation.

use super::{Ended, Observation, Token};
use crate::id::NodeId;
use crate::invariant::{Violation, Witness};
use crate::time::SimTime;
use crate::world::World;

/// One thing that a node said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) node: NodeId,
    pub(super) at: SimTime,
    event: u64,
    what: Observation,
}

impl Said {
    pub(super) const fn now(world: &World, node: NodeId, what: Observation) -> Self {
        Said { node, at: world.now(), event: world.event(), what }
    }

    fn witness(&self) -> Witness {
        let what = in_words(&self.what);
        Witness { at: self.at, event: self.event, node: self.node, what }
    }
}

/// A violation witnessed by what was said, in whatever order it is given.
pub(super) fn violation(invariant: &'static str, message: String, said: &[Said]) -> Violation {
    let mut oldest_first = said.to_vec();
    oldest_first.sort_by_key(|said| said.event);
    Violation { invariant, message, witnesses: oldest_first.iter().map(Said::witness).collect() }
}

fn under(token: Option<Token>) -> String {
    token.map_or_else(String::new, |token| format!(" under token {token}"))
}

fn in_words(observation: &Observation) -> String {
    match *observation {
        Observation::Requested { lock, request } => format!("wants {lock} (request {request})"),
        Observation::Acquired { lock, request, token } => {
            format!("holds {lock}{} (request {request})", under(token))
        }
        Observation::Released { lock, request } => format!("releases {lock} (request {request})"),
        Observation::Lost { lock, request } => {
            format!("no longer holds {lock} (request {request})")
        }
        Observation::Abandoned { lock, request } => {
            format!("waits no longer for {lock} (request {request})")
        }
        Observation::TokenSent { lock, to } => format!("sends the token of {lock} to {to}"),
        Observation::TokenReceived { lock, from } => {
            format!("has the token of {lock} from {from}")
        }
        Observation::WaitsFor { lock, of } => format!("waits for {of} to get {lock}"),
        Observation::Stamped { lock, request, stamp } => {
            format!("wants {lock} at {stamp} (request {request})")
        }
        Observation::HeldBack { waits, behind, .. } => {
            format!("lets {waits} wait behind {behind}")
        }
        _ => of_authority(observation),
    }
}

/// What servers and resources say, and what clients say of a resource.
fn of_authority(observation: &Observation) -> String {
    match *observation {
        Observation::Granted { lock, client, request, token } => {
            format!("grants {lock} to {client}{} (request {request})", under(token))
        }
        Observation::GrantExtended { lock, client, request, by, asked_for } => format!(
            "extends the grant of {lock} to {client} (request {request}), as {by} asked (request \
             {asked_for})"
        ),
        Observation::GrantEnded { lock, client, request, ended: Ended::Expiry } => {
            format!("lets the grant of {lock} to {client} expire (request {request})")
        }
        Observation::GrantEnded {
            lock,
            client,
            request,
            ended: Ended::Release { by, request: asked },
        } => format!(
            "ends the grant of {lock} to {client} (request {request}), as {by} asked (request \
             {asked})"
        ),
        Observation::WriteAccepted { client, token, read, written, .. } => {
            format!("accepts from {client} state {written} after state {read}{}", under(token))
        }
        Observation::WriteRefused { client, token, .. } => {
            format!("refuses a write of {client}{}", under(token))
        }
        Observation::WriteAcknowledged { written, .. } => {
            format!("knows that it has written state {written}")
        }
        _ => String::new(),
    }
}
