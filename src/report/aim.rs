//! Aims in words: whom a fault was to strike, and why it never did.

use crate::fault::{Action, Fault, FaultReport, On, Take, Target, When};
use crate::id::NodeId;
use crate::time::SimTime;

/// Nodes, one after the other.
pub(super) fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    names.join(" ")
}

/// Whom a fault is aimed at; nothing for those that strike links.
pub(super) fn aimed(who: &Target, action: &Action) -> String {
    match (action, who) {
        (Action::Partition(_) | Action::Loss(_), _) => String::new(),
        (_, Target::Nodes(nodes)) => format!(" {}", names(nodes)),
        (_, Target::Role(role)) => format!(" the {role}"),
        (_, Target::All) => " all".to_owned(),
        (_, Target::Chosen { choice, .. }) => match choice.to_string() {
            role if role == choice.role => format!(" the {role}"),
            set => format!(" {set}"),
        },
    }
}

/// Whether a fault that did not strike could have by the end of a run: it waited for a milestone,
/// or its time has passed.
pub(super) fn was_due(report: &FaultReport, end: SimTime) -> bool {
    report.due.is_none_or(|due| due <= end)
}

/// Why a fault never struck.
pub(super) fn missed(fault: &Fault, report: &FaultReport, healed: Option<SimTime>) -> String {
    let Some(due) = report.due else { return waited_for(&fault.when) };
    if healed.is_some_and(|healed| healed <= due) {
        return format!(": at {due} the storm was over");
    }
    match &fault.who {
        Target::Chosen { choice, .. } => match choice.take {
            Take::Stale | Take::Others => format!(": from {due} on nobody was {choice}"),
            _ => format!(": from {due} on there was no {}", choice.role),
        },
        Target::Role(role) => format!(": at {due} there was no {role}"),
        Target::Nodes(_) | Target::All => format!(": at {due} nobody was there to be struck"),
    }
}

/// The milestone that a fault waits for.
fn waited_for(when: &When) -> String {
    let (word, nth, on) = match when {
        When::At(_) => return String::new(),
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
