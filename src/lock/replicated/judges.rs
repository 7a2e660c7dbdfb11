//! Who judges a replicated lock: the judges of locks hear its words of locks, the judges of Raft
//! those of the Raft inside, and the replicas are compared with one another.

use super::node::{Message, Node, Said, View};
use super::recipe::Recipe;
use super::session::{Logged, Machine};
use super::settings::Config;
use crate::algorithm::Service;
use crate::election::raft::Raft;
use crate::election::spec::{
    AcceptedLeader, ElectionSafety, LeaderCompleteness, LogIndex, LogMatching, LyingObserver,
    OneVotePerTerm, StateMachineSafety, TermMonotonic,
};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Lens, Part, Verdict, Violation, Witness};
use crate::lock::spec::{
    self as lock, FencedEffect, LockProgress, MutualExclusion, NoLostUpdate, OwnerOnly, Tenure,
    TokensGrow, WaiterServed,
};
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use crate::world::World;
use std::collections::BTreeMap;
use std::marker::PhantomData;

type Asked<R> = <<R as Recipe>::Machine as Machine>::Ask;
type Answered<R> = <<R as Recipe>::Machine as Machine>::Answer;
type Inner<R> = Raft<Logged<Asked<R>>>;
type JudgeOf<R, Q> = Part<Node<R>, Q, dyn Invariant<Q>>;
type Judges<P> = Vec<Box<dyn Invariant<P>>>;

/// A replicated lock as who judges locks sees it: a protocol that says nothing but the words of
/// locks. Nobody runs it.
#[derive(Debug)]
pub struct AsLock<R>(PhantomData<R>);

impl<R: Recipe> Protocol for AsLock<R> {
    type Config = ();
    type Message = Message<Asked<R>, Answered<R>>;
    type Timer = ();
    type Command = Never;
    type Observation = lock::Observation;
    type View = lock::View;
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        AsLock(PhantomData)
    }
    fn on_message(&mut self, _: NodeId, _: Self::Message, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) -> lock::View {
        lock::View::IDLE
    }
}

const fn raft_in<R: Recipe>() -> Lens<Node<R>, Inner<R>> {
    Lens {
        observation: |said| match said {
            Said::Raft(said) => Some(said),
            Said::Applied { .. } | Said::Lock(_) => None,
        },
        view: |view| match view {
            View::Server(view) => Some(view),
            View::Client(_) => None,
        },
        message: |message| match message {
            Message::Raft(message) => Some(message),
            _ => None,
        },
    }
}

const fn lock_in<R: Recipe>() -> Lens<Node<R>, AsLock<R>> {
    Lens {
        observation: |said| match said {
            Said::Lock(said) => Some(said),
            Said::Applied { .. } | Said::Raft(_) => None,
        },
        view: |view| match view {
            View::Client(view) => Some(view),
            View::Server(_) => None,
        },
        message: |message| Some(message),
    }
}

fn of_locks<R: Recipe>(config: &Config) -> Judges<AsLock<R>> {
    let mut judges: Judges<AsLock<R>> = Vec::new();
    if config.promises_belief() {
        judges.push(Box::new(MutualExclusion::default()));
    }
    judges.push(Box::new(TokensGrow::default()));
    judges.push(Box::new(OwnerOnly));
    if config.resource.is_some() {
        judges.push(Box::new(FencedEffect::default()));
        judges.push(Box::new(NoLostUpdate::default()));
    }
    judges
}

pub(super) fn invariants<R: Recipe>(config: &Config) -> Judges<Node<R>> {
    let of_raft: Judges<Inner<R>> = vec![
        Box::new(ElectionSafety::default()),
        Box::new(OneVotePerTerm::default()),
        Box::new(TermMonotonic::default()),
        Box::new(LogMatching::default()),
        Box::new(LeaderCompleteness::default()),
        Box::new(StateMachineSafety::default()),
    ];
    let mut all: Judges<Node<R>> = Vec::new();
    for judge in of_locks::<R>(config) {
        all.push(Part::seen(lock_in::<R>(), judge));
    }
    all.push(Box::new(ReplicasAgree::default()));
    for judge in of_raft {
        all.push(Part::seen(raft_in::<R>(), judge));
    }
    let raft: Box<dyn Invariant<Inner<R>>> = Box::new(LyingObserver::default());
    let lock: Box<dyn Invariant<AsLock<R>>> = Box::new(lock::LyingObserver::default());
    all.push(Box::new(Together {
        raft: Part::seen(raft_in::<R>(), raft),
        lock: Part::seen(lock_in::<R>(), lock),
    }));
    all
}

/// Both families have a judge of this name: here it is one.
struct Together<R: Recipe> {
    raft: Box<JudgeOf<R, Inner<R>>>,
    lock: Box<JudgeOf<R, AsLock<R>>>,
}

impl<R: Recipe> Invariant<Node<R>> for Together<R> {
    fn name(&self) -> &'static str {
        self.raft.name()
    }

    fn explains(&self) -> &'static str {
        self.raft.explains()
    }

    fn kind(&self) -> Kind {
        self.raft.kind()
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        self.raft.on_observation(node, said, world)?;
        self.lock.on_observation(node, said, world)
    }

    fn on_claim(&mut self, node: NodeId, claim: &Said, world: &World) -> Verdict {
        self.raft.on_claim(node, claim, world)?;
        self.lock.on_claim(node, claim, world)
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        self.raft.on_view(node, view, world)?;
        self.lock.on_view(node, view, world)
    }
}

pub(super) fn metrics<R: Recipe>() -> Vec<Box<dyn Metric<Node<R>>>> {
    let of_locks: Box<dyn Metric<AsLock<R>>> = Box::new(Tenure::default());
    vec![Part::seen(lock_in::<R>(), of_locks)]
}

pub(super) fn services<R: Recipe>(config: &Config) -> Vec<Box<dyn Service<Node<R>>>> {
    let leader: Box<dyn Service<Inner<R>>> =
        Box::new(AcceptedLeader::of(config.servers().to_vec()));
    let waiters: Box<dyn Service<AsLock<R>>> = Box::new(WaiterServed::of(config.clients.clone()));
    let within = config.changes_hands_within();
    let progress: Box<dyn Service<AsLock<R>>> =
        Box::new(LockProgress::of(config.clients.clone(), within));
    vec![
        Part::seen(lock_in::<R>(), waiters),
        Part::seen(raft_in::<R>(), leader),
        Part::seen(lock_in::<R>(), progress),
    ]
}

/// Whoever has applied the same entries has the same state.
#[derive(Debug, Default)]
pub struct ReplicasAgree {
    /// What the first to apply each entry had then.
    states: BTreeMap<LogIndex, (u64, Witness)>,
}

impl ReplicasAgree {
    const NAME: &'static str = "replicas-agree";
}

impl<R: Recipe> Invariant<Node<R>> for ReplicasAgree {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "replicas that have applied the same entries hold the same sessions and locks (Schneider \
         1990, state machine approach)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Applied { index, digest } = *said else { return Ok(()) };
        let what = format!("has applied entry {index} and holds state {digest:016x}");
        let now = Witness::now(world, node, what);
        let (first, before) = self.states.entry(index).or_insert_with(|| (digest, now.clone()));
        if *first == digest {
            return Ok(());
        }
        let message =
            format!("{} and {node} hold different states after entry {index}", before.node);
        let witnesses = vec![before.clone(), now];
        Err(Violation { invariant: Self::NAME, message, witnesses })
    }
}

#[cfg(test)]
mod tests {
    use super::super::RaftLock;
    use super::*;
    use crate::time::Clock;

    #[test]
    fn a_replica_that_holds_another_state_after_the_same_entry_is_caught() {
        let world = World::new(vec![Clock::default(); 2]);
        let mut judge = ReplicasAgree::default();
        let judge: &mut dyn Invariant<RaftLock> = &mut judge;
        let mut hears = |node, index, digest| {
            let said = Said::Applied { index: LogIndex(index), digest };
            judge.on_observation(NodeId::new(node), &said, &world)
        };
        assert!(hears(0, 1, 0xa).is_ok());
        assert!(hears(0, 2, 0xb).is_ok());
        assert!(hears(1, 1, 0xa).is_ok());
        let violation = hears(1, 2, 0xc).expect_err("n0 has another");
        assert_eq!(violation.message, "n0 and n1 hold different states after entry 2");
        assert_eq!(violation.witnesses.len(), 2);
    }
}
