//! The clients' history, judged key by key when the run is over: could one register for each key
//! have given these answers?
//!
//! What a client has given up, or not been told when it crashed, may have taken effect or not. Each
//! such operation doubles what there is to try; where the budget is used up, nobody knows, and the
//! run passes. The gauge `unknown-operations` says how many there were.

use super::Observation;
use super::said::{Said, violation};
use crate::history::{
    Answer, Budget, ClientId, Keyed, Recorder, Register, RegisterCall, RegisterReply, linearizable,
};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::store::{Ask, Reply};
use crate::protocol::Protocol;
use crate::world::World;

/// How many configurations are tried of one run.
const BUDGET: Budget = Budget { configurations: 500_000, bytes: 1 << 28 };

/// What clients were told, one register for each key could have told them.
#[derive(Debug, Default)]
pub struct Linearizable {
    recorder: Recorder<(u64, RegisterCall<u64>), RegisterReply<u64>>,
    /// What each operation came to, by its place in the history: its beginning, or its answer.
    said: Vec<Said>,
}

impl Linearizable {
    const NAME: &'static str = "linearizable";
}

const fn client(node: NodeId) -> ClientId {
    ClientId(node.number() as u64)
}

impl<P> Invariant<P> for Linearizable
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "what clients were told, one register for each key could have told them (Herlihy and Wing \
         1990); judged when the run is over"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let now = || Said::now(world, node, said);
        match *said {
            Observation::Invoked { key, ask, .. } => {
                let call = match ask {
                    Ask::Get => RegisterCall::Read,
                    Ask::Put(value) => RegisterCall::Write(value),
                };
                let begun = self.recorder.invoke(client(node), (key, call), world.now());
                begun.expect("a client wants one thing at a time");
                self.said.push(now());
            }
            Observation::Answered { reply, .. } => {
                let reply = match reply {
                    Reply::Value(value) => RegisterReply::Value(value),
                    Reply::Done => RegisterReply::Done,
                };
                let ended = self.recorder.ok(client(node), reply, world.now());
                let id = ended.expect("an answer ends what was wanted");
                self.said[id.0 as usize] = now();
            }
            Observation::Abandoned { .. } => {
                let ended = self.recorder.info(client(node), world.now());
                ended.expect("a client gives up what it wanted");
            }
            _ => {}
        }
        Ok(())
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) -> Verdict {
        if view.is_none() && self.recorder.open(client(node)).is_some() {
            let ended = self.recorder.info(client(node), world.now());
            ended.expect("what is open can be given up");
        }
        Ok(())
    }

    fn on_end(&mut self, _: &World) -> Verdict {
        let history = std::mem::take(&mut self.recorder).finish();
        let model = Keyed::new(Register::default());
        let Answer::Broken(broken) = linearizable(&model, &history, BUDGET) else { return Ok(()) };
        let holds = broken.state.map_or("nothing".to_owned(), |value| value.to_string());
        let message = format!(
            "no order of the operations on key {} explains all answers: after {} of {} it holds \
             {holds}, and nothing that was answered can follow",
            broken.key,
            broken.prefix.len(),
            broken.answered
        );
        let witnesses = broken.prefix.last().into_iter().chain(&broken.cannot_follow).take(3);
        let said: Vec<&Said> = witnesses.map(|id| &self.said[id.0 as usize]).collect();
        Err(violation(Self::NAME, message, &said))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, abandons, done, found, wants};
    use super::*;

    #[test]
    fn a_stale_read_is_found_when_the_run_is_over() {
        let mut court = Court::of(Linearizable::default());
        for said in [wants(1, Ask::Put(7)), done(1), wants(2, Ask::Get), found(2, None)] {
            assert!(court.hears(4, said).is_ok());
        }
        let violation = court.ends().expect_err("7 was written before");
        assert!(violation.message.contains("key 0"), "{}", violation.message);
        assert!(violation.message.contains("after 1 of 2 it holds 7"), "{}", violation.message);
        assert_eq!(violation.witnesses.len(), 2);
        assert_eq!(violation.witnesses[1].what, "reads nothing from key 0 (operation 2 of n4)");
    }

    #[test]
    fn what_nobody_knows_may_have_happened_or_not() {
        for value in [None, Some(7)] {
            let mut court = Court::of(Linearizable::default());
            assert!(court.hears(4, wants(1, Ask::Put(7))).is_ok());
            assert!(court.hears(4, abandons(1)).is_ok());
            assert!(court.hears(3, wants(1, Ask::Put(8))).is_ok());
            assert!(court.sees_crash(3).is_ok());
            assert!(court.hears(4, wants(2, Ask::Get)).is_ok());
            assert!(court.hears(4, found(2, value)).is_ok());
            assert!(court.ends().is_ok(), "{value:?}");
        }
    }
}
