//! What is known of a member, and which of two news of it wins.

use crate::detector::spec::Incarnation;
use crate::id::NodeId;
use serde::{Deserialize, Serialize};

/// How a member seems to be; of the same incarnation the later one here wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// It is there.
    Alive,
    /// It has not answered.
    Suspected,
    /// It is taken to be gone.
    Gone,
}

/// News of a member: the incarnation first, then the status decide which of two is the newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct News {
    /// Which of the member's claims to be alive it is about.
    pub incarnation: Incarnation,
    /// How it seems to be.
    pub status: Status,
    /// Who.
    pub member: NodeId,
}

impl News {
    /// What is known of a member before anything is heard.
    pub const fn first(member: NodeId) -> News {
        News { incarnation: Incarnation(0), status: Status::Alive, member }
    }

    /// Whether this says more of the same member than the other.
    pub fn overrides(&self, other: &News) -> bool {
        (self.incarnation, self.status) > (other.incarnation, other.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_incarnation_wins_and_of_the_same_the_worse_status() {
        let news = |incarnation, status| News {
            incarnation: Incarnation(incarnation),
            status,
            member: NodeId::new(0),
        };
        let (alive, suspected) = (news(3, Status::Alive), news(3, Status::Suspected));
        let gone = news(3, Status::Gone);
        assert!(suspected.overrides(&alive) && gone.overrides(&suspected));
        assert!(news(4, Status::Alive).overrides(&gone));
        assert!(!alive.overrides(&suspected), "a refutation needs a new incarnation");
        assert!(!news(2, Status::Gone).overrides(&alive) && !alive.overrides(&alive));
    }
}
