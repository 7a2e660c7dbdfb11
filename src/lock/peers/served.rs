//! The service of peers: whoever asks for the lock gets it.
//!
//! Under load there is always somebody who waits while the lock is on its way, so that the state of
//! the peers tells a lock that nobody will ever get from one that somebody is about to get only by
//! the time that passes. A request that is never served is told by itself: probes are requests.

use super::section::Command;
use crate::algorithm::Service;
use crate::lock::spec::Observation;
use crate::protocol::Protocol;

/// Requests of probes are numbered from here on, far above those of scenarios.
const PROBES: u64 = 1 << 62;

/// Whoever asks is served in time.
#[derive(Clone, Copy, Debug)]
pub struct RequestServed;

impl<P> Service<P> for RequestServed
where
    P: Protocol<Command = Command, Observation = Observation>,
{
    fn property(&self) -> &'static str {
        "request-served"
    }

    fn name(&self) -> &'static str {
        "a lock that whoever asks gets in time"
    }

    fn probe(&self, number: u64) -> Option<Command> {
        Some(Command::Acquire { request: PROBES + number })
    }

    fn served(&self, observation: &Observation) -> Option<u64> {
        match observation {
            Observation::Acquired { request, .. } => request.checked_sub(PROBES),
            _ => None,
        }
    }
}
