//! What peers say to one another, as requesters and as arbiters.

use crate::lock::spec::Stamp;
use serde::{Deserialize, Serialize};

/// What peers say to one another. Each message is about one request, so that one which is about an
/// earlier request is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// To an arbiter: may I?
    Request {
        /// Which request.
        stamp: Stamp,
    },
    /// From an arbiter: you may, as far as I am concerned.
    Locked {
        /// Which request.
        stamp: Stamp,
    },
    /// From an arbiter: another comes first.
    Failed {
        /// Which request.
        stamp: Stamp,
    },
    /// From an arbiter: an older request has come; do you need what I granted?
    Inquire {
        /// Which request.
        stamp: Stamp,
    },
    /// To an arbiter: take your permission back, others will not give me theirs.
    Relinquish {
        /// Which request.
        stamp: Stamp,
    },
    /// To an arbiter: I have left the critical section.
    Release {
        /// Which request.
        stamp: Stamp,
    },
}
crate::words!(Message {
    Request => "request",
    Locked => "locked",
    Failed => "failed",
    Inquire => "inquire",
    Relinquish => "relinquish",
    Release => "release",
});

impl Message {
    /// The request that it is about.
    pub(super) const fn stamp(&self) -> Stamp {
        match *self {
            Message::Request { stamp }
            | Message::Locked { stamp }
            | Message::Failed { stamp }
            | Message::Inquire { stamp }
            | Message::Relinquish { stamp }
            | Message::Release { stamp } => stamp,
        }
    }
}
