//! Stale reads: what was committed before a read was asked shows in its answer. For a register
//! this is all of linearizability that a read can break: what is served is a committed state.

use super::said::{Said, violation};
use super::{LogIndex, Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// No read answers with a state older than one that anybody knew to be committed when it was asked.
#[derive(Clone, Debug, Default)]
pub struct StaleRead {
    /// The latest entry that anybody has declared committed.
    newest: Option<(LogIndex, Said)>,
    /// By node and number.
    asked: BTreeMap<(NodeId, u64), Asked>,
}

/// A read, and what was the newest when it was asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
    said: Said,
    newest: Option<(LogIndex, Said)>,
}

impl StaleRead {
    const NAME: &'static str = "stale-read";

    fn commits(&mut self, index: LogIndex, said: Said) {
        if self.newest.is_none_or(|(newest, _)| newest < index) {
            self.newest = Some((index, said));
        }
    }

    fn answers(&mut self, number: u64, index: LogIndex, said: Said) -> Verdict {
        let Some(asked) = self.asked.remove(&(said.node, number)) else { return Ok(()) };
        let Some((newest, when)) = asked.newest else { return Ok(()) };
        if index >= newest {
            return Ok(());
        }
        let message = format!(
            "{} answers read {number} with the state of entry {index}, and {} knew entry {newest} \
             to be committed before it was asked",
            said.node, when.node
        );
        Err(violation(Self::NAME, message, &[when, asked.said, said]))
    }
}

impl<P> Invariant<P> for StaleRead
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a read shows everything that was committed before it was asked (Raft thesis, 6.4)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let declared = Said::declared(world, node, *said);
        match *said {
            Observation::EntryCommitted { index, .. } => self.commits(index, declared),
            Observation::ReadAsked { number } => {
                let asked = Asked { said: declared, newest: self.newest };
                self.asked.insert((node, number), asked);
            }
            Observation::ReadServed { number, index } => {
                return self.answers(number, index, declared);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, commits};
    use super::*;

    const fn asks(number: u64) -> Observation {
        Observation::ReadAsked { number }
    }

    const fn serves(number: u64, index: u64) -> Observation {
        Observation::ReadServed { number, index: LogIndex(index) }
    }

    #[test]
    fn an_answer_without_what_was_committed_before_the_question_is_stale() {
        let mut court = Court::of(StaleRead::default());
        assert!(court.hears(1, commits(2, 1, 0xb, 1)).is_ok());
        assert!(court.hears(0, asks(7)).is_ok());
        let violation = court.hears(0, serves(7, 1)).expect_err("entry 2 is missing");
        assert_eq!(
            violation.message,
            "n0 answers read 7 with the state of entry 1, and n1 knew entry 2 to be committed \
             before it was asked"
        );
    }

    #[test]
    fn what_is_committed_after_the_question_may_or_may_not_show() {
        let mut court = Court::of(StaleRead::default());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.hears(0, asks(7)).is_ok());
        assert!(court.hears(0, asks(8)).is_ok());
        assert!(court.hears(1, commits(2, 2, 0xb, 2)).is_ok());
        assert!(court.hears(0, serves(7, 1)).is_ok());
        assert!(court.hears(0, serves(8, 2)).is_ok());
    }
}
