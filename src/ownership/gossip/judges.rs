//! Who judges, measures and serves: the judges of all stores hear what all stores say.

use super::dropped_after_taken::DroppedAfterTaken;
use super::merges::Merges;
use super::message::Message;
use super::node::GossipStore;
use super::said::Said;
use super::same_members_same_owners::SameMembersSameOwners;
use super::settings::{Config, Judged};
use crate::algorithm::Service;
use crate::invariant::{Invariant, Lens, Part};
use crate::metric::Metric;
use crate::ownership::spec::{
    self, AcceptedWriteSeen, AppliedOnce, AsStore, Linearizable, LyingObserver, NoLostWrite,
    RingAgreed, SeenAnswered, ShardsServed, SingleServer,
};

type Store = AsStore<Message>;

const fn store() -> Lens<GossipStore, Store> {
    Lens {
        observation: |said| match said {
            Said::Store(said) => Some(said),
            _ => None,
        },
        view: |view| Some(view),
        message: |message| Some(message),
    }
}

fn judge_of_stores(judged: Judged) -> Box<dyn Invariant<Store>> {
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
    for metric in spec::metrics::<Store>(config.places.shards) {
        all.push(Part::seen(store(), metric));
    }
    all.push(Box::new(Merges::default()));
    all
}

pub(super) fn services(config: &Config) -> Vec<Box<dyn Service<GossipStore>>> {
    let (servers, shards) = (config.servers.clone(), config.places.shards);
    vec![
        Box::new(RingAgreed::of(servers.clone(), shards)),
        Box::new(ShardsServed::of(servers, shards)),
        Box::new(SeenAnswered::through(store().observation)),
    ]
}
