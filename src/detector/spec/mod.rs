//! The words of the detector family: what members declare of one another, and what they show.

mod agreement;
mod incarnation;
mod service;

pub use agreement::MembershipAgreement;
pub use incarnation::OwnIncarnation;
pub use service::TrueMembership;

use crate::id::{NodeId, NodeSet};
use serde::{Deserialize, Serialize};

/// The number of a claim of a member to be alive: only the member itself may raise it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl std::fmt::Display for Incarnation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a member declares. All of it is belief: no detector knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// A member seems to be gone.
    Suspected {
        /// Who.
        member: NodeId,
        /// In which incarnation.
        incarnation: Incarnation,
    },
    /// A member is taken to be gone.
    Confirmed {
        /// Who.
        member: NodeId,
        /// In which incarnation.
        incarnation: Incarnation,
    },
    /// A member that was suspected, or taken to be gone, is there.
    Restored {
        /// Who.
        member: NodeId,
        /// In which incarnation.
        incarnation: Incarnation,
    },
    /// It has heard that it is suspected, and claims anew to be alive.
    Refuted {
        /// Its new incarnation.
        incarnation: Incarnation,
    },
}

crate::words!(Observation {
    Suspected => "member-suspected",
    Confirmed => "member-confirmed",
    Restored => "member-restored",
    Refuted => "suspicion-refuted",
});

/// What a member shows of itself after every step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct View {
    /// Whom it suspects.
    pub suspected: NodeSet,
    /// Whom it takes to be gone.
    pub gone: NodeSet,
}
