//! Aims in words: whom a fault was to strike, and why it never did.

use crate::fault::{Action, Fault, On, Severed, Take, Target, Unfired, When};
use crate::id::NodeId;
use crate::time::Duration;

/// Nodes, one after the other.
pub(super) fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    names.join(" ")
}

/// Whom a fault is aimed at; nothing for those that strike links.
pub(super) fn aimed(who: &Target, action: &Action) -> String {
    match (action, who) {
        (Action::Partition(_) | Action::Loss(_), _) => String::new(),
        (Action::Sever { links: Severed::Between(_), .. }, _) => String::new(),
        (Action::Messages { .. }, Target::All) => String::new(),
        (_, who) => format!(" {}", whom(who)),
    }
}

/// A target in words.
pub(super) fn whom(who: &Target) -> String {
    match who {
        Target::Nodes(nodes) => names(nodes),
        Target::All => "all".to_owned(),
        Target::Role(role) => format!("the {role}"),
        Target::Chosen { choice, .. } if choice.take == Take::Everyone => {
            format!("the {}", choice.role)
        }
        Target::Chosen { choice, .. } => choice.to_string(),
    }
}

/// Why a fault did not strike.
pub(super) fn withheld(why: Unfired, plan: Option<&Fault>) -> String {
    match (why, plan) {
        (Unfired::NoMilestone, Some(fault)) => waited_for(&fault.when),
        (Unfired::Nobody, Some(fault)) => nobody(fault),
        (Unfired::Nobody, None) => ": nobody was there to be struck".to_owned(),
        (Unfired::StormOver, _) => ": the storm was over".to_owned(),
        (Unfired::Budget, _) => {
            ": it would harm more disks than the algorithm survives (see `exceed`)".to_owned()
        }
        (Unfired::NotWhole, _) => ": broken already".to_owned(),
        (Unfired::NoMilestone | Unfired::Ahead | Unfired::NoService, _) => String::new(),
    }
}

/// How long a fault waited for whom.
fn nobody(fault: &Fault) -> String {
    let at = match fault.when {
        When::At(at) => format!(": at {at}"),
        _ => ":".to_owned(),
    };
    match &fault.who {
        Target::Chosen { choice, window } if *window > Duration::ZERO => match choice.take {
            Take::Stale | Take::Others => format!("{at} and for a while nobody was {choice}"),
            _ => format!("{at} and for a while nobody was {}", choice.role),
        },
        _ => format!("{at} nobody was there to be struck"),
    }
}

/// The milestone that a fault waits for.
fn waited_for(when: &When) -> String {
    let (word, nth, on) = match when {
        When::At(_) | When::Heal | When::Service { .. } => return String::new(),
        When::Milestone { word, nth, .. } => (word, nth, String::new()),
        When::MilestoneOn { on: On::Nodes(nodes), word, nth, .. } => {
            (word, nth, format!(" on {}", names(nodes)))
        }
        When::MilestoneOn { on: On::Role(role), word, nth, .. } => {
            (word, nth, format!(" on the {role}"))
        }
    };
    format!(": it waited for {word} number {nth}{on}")
}
