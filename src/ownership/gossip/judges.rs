//! Who judges, measures and serves: the judges of all stores hear what all stores say.

use super::dropped_after_taken::DroppedAfterTaken;
use super::merges::Merges;
use super::message::Message;
use super::node::GossipStore;
use super::said::Said;
use super::same_members_same_owners::SameMembersSameOwners;
use super::settings::{Config, Judged};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::invariant::{Invariant, Lens, Part};
use crate::metric::Metric;
use crate::ownership::message::Command;
use crate::ownership::shard::Epoch;
use crate::ownership::spec::{
    self, AcceptedWriteSeen, AppliedOnce, Linearizable, LyingObserver, NoLostWrite, Observation,
    RequestAnswered, RingAgreed, ShardsServed, SingleServer, View,
};
use crate::protocol::{Context, Protocol};

type JudgeOfStores = Box<dyn Invariant<AsStore>>;

/// The ring as who judges stores sees it. Nobody runs it.
#[derive(Debug)]
pub struct AsStore;

impl Protocol for AsStore {
    type Config = ();
    type Message = Message;
    type Timer = ();
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        AsStore
    }
    fn on_message(&mut self, _: NodeId, _: Message, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) -> View {
        View::of(spec::Part::Client, Epoch::FIRST)
    }
}

const fn store() -> Lens<GossipStore, AsStore> {
    Lens {
        observation: |said| match said {
            Said::Store(said) => Some(said),
            _ => None,
        },
        view: |view| Some(view),
        message: |message| Some(message),
    }
}

fn judge_of_stores(judged: Judged) -> JudgeOfStores {
    match judged {
        Judged::SingleServer => Box::new(SingleServer::by_beliefs()),
        Judged::AcceptedWriteSeen => Box::new(AcceptedWriteSeen::default()),
        Judged::NoLostWrite => Box::new(NoLostWrite::default()),
        Judged::AppliedOnce => Box::new(AppliedOnce::default()),
        Judged::Linearizable => Box::new(Linearizable::default()),
    }
}

pub(super) fn invariants(config: &Config) -> Vec<Box<dyn Invariant<GossipStore>>> {
    let mut all: Vec<Box<dyn Invariant<GossipStore>>> =
        vec![Box::new(SameMembersSameOwners::default()), Box::new(DroppedAfterTaken::default())];
    let honesty: Box<LyingObserver> = Box::default();
    all.push(Part::seen(store(), honesty));
    for judged in &config.judge_also {
        all.push(Part::seen(store(), judge_of_stores(*judged)));
    }
    all
}

pub(super) fn metrics(config: &Config) -> Vec<Box<dyn Metric<GossipStore>>> {
    let mut all: Vec<Box<dyn Metric<GossipStore>>> = Vec::new();
    for metric in spec::metrics::<AsStore>(config.places.shards) {
        all.push(Part::seen(store(), metric));
    }
    all.push(Box::new(Merges::default()));
    all
}

pub(super) fn services(config: &Config) -> Vec<Box<dyn Service<GossipStore>>> {
    let (servers, shards) = (config.servers.clone(), config.places.shards);
    let read = |number| Command::Get { key: number, number };
    vec![
        Box::new(RingAgreed::of(servers.clone(), shards)),
        Box::new(ShardsServed::of(servers, shards)),
        Box::new(Answered(RequestAnswered::by(read))),
    ]
}

/// Whoever asks for a key is answered in time.
struct Answered(RequestAnswered<Command>);

impl Service<GossipStore> for Answered {
    fn property(&self) -> &'static str {
        Service::<AsStore>::property(&self.0)
    }

    fn name(&self) -> &'static str {
        Service::<AsStore>::name(&self.0)
    }

    fn probe(&self, number: u64) -> Option<Command> {
        Service::<AsStore>::probe(&self.0, number)
    }

    fn served(&self, said: &Said) -> Option<u64> {
        let said = (store().observation)(said)?;
        Service::<AsStore>::served(&self.0, said)
    }
}
