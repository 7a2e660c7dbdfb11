//! What the seed decides, as files write it: the families of the `[nemesis]`.

use super::{DiskWord, Shape};
use crate::rng::Ratio;
use crate::scenario::source::Placed;
use crate::scenario::words::Who;
use crate::time::{Drift, Duration};
use crate::units::{SignedLength, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the seed decides: families of faults that come again and again during the storm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Nemesis {
    /// Whether the seed first picks which of the families exist in this run, each with chance one
    /// half and at least one. True if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<bool>,
    /// Nodes die and restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Placed<CrashFamily>>,
    /// Nodes stand still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Placed<StruckFamily>>,
    /// The network falls apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Placed<PartitionFamily>>,
    /// Messages are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Placed<LossFamily>>,
    /// Clocks run fast or slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Placed<DriftFamily>>,
    /// Wall clocks jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Placed<JumpFamily>>,
}

macro_rules! family {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$inner])* pub $field: $type,)*
            /// The time from one strike to the next.
            pub every: Placed<Span<Duration>>,
            /// For how long; until heal if not given.
            #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
            pub lasts: Option<Placed<Span<Duration>>>,
        }
    };
}

family! {
    /// Nodes die and restart.
    CrashFamily {
        /// Who, and how many at most at once.
        who: Placed<Who>,
        /// What is left on the disk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disk: Option<DiskWord>,
    }
}
family! {
    /// Nodes stand still.
    StruckFamily {
        /// Who, and how many at most at once.
        who: Placed<Who>,
    }
}
family! {
    /// The network falls apart.
    PartitionFamily {
        /// How.
        shape: Placed<Shape>,
        /// Whether only one direction is cut.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        one_way: Option<bool>,
    }
}
family! {
    /// Messages are lost.
    LossFamily {
        /// The chance of each message.
        chance: Placed<Ratio>,
    }
}
family! {
    /// Clocks run fast or slow.
    DriftFamily {
        /// Whose, and how many at most at once.
        who: Placed<Who>,
        /// The rate error.
        rate: Placed<Span<Drift>>,
    }
}

/// Wall clocks jump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JumpFamily {
    /// Whose.
    pub who: Placed<Who>,
    /// How far, forward or back.
    pub by: Placed<Span<SignedLength>>,
    /// The time from one strike to the next.
    pub every: Placed<Span<Duration>>,
}
