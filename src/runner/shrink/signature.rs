//! What must stay the same while a run is made smaller: the invariant and the shape of the
//! witnesses. Without it a search for one bug ends on another.

use crate::catalog::Options;
use crate::invariant::Violation;
use crate::observe::{Outcome, Verdict};

/// What a run came to, without the figures in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The verdict's word.
    pub verdict: &'static str,
    /// The invariant or the property; what a panic said, without its numbers.
    pub name: String,
    /// What each witness says, without numbers and names of nodes.
    pub witnesses: Vec<String>,
    /// For each witness the first one at the same node: who is the same and who is not.
    pub nodes: Vec<usize>,
    /// The assumptions that the run went beyond: a smaller run may go beyond less, never beyond
    /// another.
    pub outside: Vec<&'static str>,
    /// Of a stall, whether the world is as the algorithm needs it for progress: where it is not, no
    /// bug is needed to stand still.
    pub is_met: bool,
    /// Whether it is one invariant that is looked at, whatever is violated before it.
    pub judges_on: bool,
}

impl Signature {
    /// Of what a run shows by one invariant, which need not be the first that it violates.
    pub fn by(invariant: &str, outcome: &Outcome) -> Option<Signature> {
        let violation = violation(invariant, outcome)?.clone();
        let verdict = Verdict::Violation(violation);
        let found = Signature::of(&Outcome { verdict, ..outcome.clone() })?;
        Some(Signature { judges_on: true, ..found })
    }

    /// How a run must be judged to show it.
    pub fn options(&self) -> Options {
        Options { judge_on: self.judges_on, ..Options::default() }
    }

    /// The outcome of a run, with what is looked at as its verdict.
    pub fn looked_at(&self, outcome: Outcome) -> Outcome {
        match violation(&self.name, &outcome).filter(|_| self.judges_on).cloned() {
            Some(violation) => Outcome { verdict: Verdict::Violation(violation), ..outcome },
            None => outcome,
        }
    }

    /// Of a run that found something; `None` if it passed, or broke off.
    pub fn of(outcome: &Outcome) -> Option<Signature> {
        let (name, witnesses) = match &outcome.verdict {
            Verdict::Pass | Verdict::Inconclusive { .. } => return None,
            Verdict::Violation(violation) => {
                (violation.invariant.to_owned(), violation.witnesses.as_slice())
            }
            Verdict::Stall { property } => (property.clone(), [].as_slice()),
            // Behind the comma stand the event and the time.
            Verdict::Panic { message } => {
                let said = message.rsplit_once(", in event ").map_or(&**message, |(said, _)| said);
                (skeleton(said), [].as_slice())
            }
        };
        let first = |node| witnesses.iter().position(|other| other.node == node).unwrap_or(0);
        Some(Signature {
            verdict: outcome.verdict.word(),
            name,
            witnesses: witnesses.iter().map(|witness| skeleton(&witness.what)).collect(),
            nodes: witnesses.iter().map(|witness| first(witness.node)).collect(),
            outside: outcome.outside.iter().map(|assumption| assumption.word()).collect(),
            is_met: outcome.standstill.as_ref().is_none_or(|late| late.is_met),
            judges_on: false,
        })
    }

    /// Whether a run shows the same.
    pub fn is_shown_by(&self, outcome: &Outcome) -> bool {
        let other = match self.judges_on {
            true => Signature::by(&self.name, outcome),
            false => Signature::of(outcome),
        };
        other.is_some_and(|other| {
            let is_within = other.outside.iter().all(|word| self.outside.contains(word));
            is_within
                && (other.is_met || !self.is_met)
                && (self.verdict, &self.name, &self.witnesses, &self.nodes)
                    == (other.verdict, &other.name, &other.witnesses, &other.nodes)
        })
    }
}

/// The violation of one invariant.
fn violation<'a>(invariant: &str, outcome: &'a Outcome) -> Option<&'a Violation> {
    outcome.violations.iter().find(|violation| violation.invariant == invariant)
}

/// A text without its numbers: `leads term 7` and `leads term 12` say the same, and so do lists of
/// different lengths.
fn skeleton(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
        let has_digit = plain.bytes().any(|byte| byte.is_ascii_digit());
        let said = if has_digit { "#" } else { plain };
        if !(has_digit && out.last().is_some_and(|last| last == "#")) {
            out.push(said.to_owned());
        }
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;
    use crate::assumption::{Assumption, Requirement};
    use crate::catalog::Catalog;
    use crate::election::bully::Bully;
    use crate::observe::{Orders, Pace, Remainder, Standstill};
    use crate::scenario::Source;
    use crate::time::Duration;

    /// A run in which two nodes lead at once.
    fn found() -> Outcome {
        let text = "name = \"test/broken\"\nformat = 1\nduration = \"3s\"\n[nodes]\nservers = 3\n\
            [algorithm.election-bully]\n[[fault]]\nat = \"1s\"\n\
            partition = { groups = [[\"n0\"], [\"n1\", \"n2\"]] }\n";
        let catalog = Catalog::empty().with::<Bully>(Bully::NAME);
        let opened = catalog.open(Source::new("broken", text));
        opened.expect("it is a scenario").run(0, &Options::default())
    }

    /// The same with something else in its violation.
    fn changed(change: impl FnOnce(&mut Violation)) -> Outcome {
        let mut outcome = found();
        match &mut outcome.verdict {
            Verdict::Violation(violation) => change(violation),
            verdict => panic!("{verdict:?} is no violation"),
        }
        outcome
    }

    #[test]
    fn another_invariant_other_witnesses_and_another_assumption_are_another_finding() {
        let sought = Signature::of(&found()).expect("it found something");
        assert!(sought.is_shown_by(&found()));
        assert!(sought.is_shown_by(&changed(|v| v.message.clear())));
        assert!(sought.is_shown_by(&changed(|v| v.witnesses[0].what = "leads term 99".to_owned())));
        assert!(!sought.is_shown_by(&changed(|v| v.invariant = "highest-leads")));
        assert!(!sought.is_shown_by(&changed(|v| v.witnesses.truncate(1))));
        assert!(!sought.is_shown_by(&changed(|v| v.witnesses[0].node = v.witnesses[1].node)));
        assert!(!sought.is_shown_by(&changed(|v| v.witnesses[0].what = "stands".to_owned())));
        let mut further = found();
        further.outside = vec![Assumption::HonestDisk];
        assert!(!sought.is_shown_by(&further));
        further.outside.clear();
        assert!(sought.is_shown_by(&further), "what goes beyond less is better");
        further.verdict = Verdict::Pass;
        assert!(!sought.is_shown_by(&further));
        assert_eq!(Signature::of(&further), None);
    }

    #[test]
    fn a_stall_where_progress_is_possible_is_not_one_where_it_is_not() {
        let stalled = |is_met| {
            let mut outcome = found();
            outcome.verdict = Verdict::Stall { property: "accepted-leader".to_owned() };
            outcome.standstill = Some(Standstill {
                property: "accepted-leader".to_owned(),
                visits: 0,
                longest_visit: Duration::ZERO,
                gone: None,
                pace: Pace::Stuck,
                remainder: Remainder::Nobody,
                orders: Orders::Nobody,
                requires: Requirement::AllConnected,
                is_met,
            });
            outcome
        };
        let sought = |is_met| Signature::of(&stalled(is_met)).expect("it stalls");
        assert!(sought(true).is_shown_by(&stalled(true)));
        assert!(!sought(true).is_shown_by(&stalled(false)));
        assert!(sought(false).is_shown_by(&stalled(true)), "what needs less is better");
    }

    #[test]
    fn one_invariant_can_be_looked_at_whatever_is_violated_before_it() {
        let mut outcome = changed(|violation| violation.invariant = "highest-leads");
        let later = match &found().verdict {
            Verdict::Violation(violation) => violation.clone(),
            verdict => panic!("{verdict:?} is no violation"),
        };
        outcome.violations.push(later);
        let sought = Signature::by("one-coordinator", &outcome).expect("it is violated");
        assert!(sought.is_shown_by(&outcome) && sought.options().judge_on);
        assert!(!Signature::of(&found()).expect("it found something").is_shown_by(&outcome));
        let (first, later) = (outcome.verdict.detail().to_owned(), sought.looked_at(outcome));
        assert_eq!((&*first, later.verdict.detail()), ("highest-leads", "one-coordinator"));
        assert_eq!(Signature::by("group-agreement", &found()), None);
    }

    #[test]
    fn numbers_and_the_lengths_of_lists_are_no_part_of_the_shape() {
        assert_eq!(skeleton("leads term 7"), skeleton("leads term 1234"));
        assert_eq!(skeleton("votes of n1 n2 n3 in 5ms"), skeleton("votes of n4 in 7.5ms"));
        assert_ne!(skeleton("leads term 7"), skeleton("stands for term 7"));
    }
}
