//! Who judges, measures and serves.

use super::hint_kept::HintKept;
use super::lying_observer::LyingObserver;
use super::message::Message;
use super::node::ReplicaStore;
use super::one_stamp_a_write::OneStampAWrite;
use super::quorum_holds_write::QuorumHoldsWrite;
use super::quorums_served::{QuorumsServed, ReplicasSettled};
use super::replication::Replication;
use super::said::Said;
use super::settings::{Config, Hints, Judged};
use crate::algorithm::Service;
use crate::invariant::{Invariant, Lens, Part};
use crate::metric::Metric;
use crate::ownership::spec::{
    AsStore, Linearizable, OneMapAnEpoch, Operations, SeenAnswered, Views,
};

type Store = AsStore<Message>;

const fn store() -> Lens<ReplicaStore, Store> {
    Lens {
        observation: |said| match said {
            Said::Store(said) => Some(said),
            _ => None,
        },
        view: |view| Some(view),
        message: |message| Some(message),
    }
}

fn invariant(of: impl Invariant<Store> + 'static) -> Box<dyn Invariant<ReplicaStore>> {
    let of: Box<dyn Invariant<Store>> = Box::new(of);
    Part::seen(store(), of)
}

fn metric(of: impl Metric<Store> + 'static) -> Box<dyn Metric<ReplicaStore>> {
    let of: Box<dyn Metric<Store>> = Box::new(of);
    Part::seen(store(), of)
}

pub(super) fn invariants(config: &Config) -> Vec<Box<dyn Invariant<ReplicaStore>>> {
    let judges = |judged| config.promises() || config.judge_also.contains(&judged);
    let mut all: Vec<Box<dyn Invariant<ReplicaStore>>> = Vec::new();
    if judges(Judged::QuorumHoldsWrite) {
        all.push(Box::new(QuorumHoldsWrite::with(config.quorums)));
    }
    if judges(Judged::Linearizable) {
        all.push(invariant(Linearizable::default()));
    }
    if config.hints != Hints::Off {
        all.push(Box::new(HintKept::default()));
    }
    all.push(Box::new(OneStampAWrite::default()));
    all.push(invariant(OneMapAnEpoch::default()));
    all.push(Box::new(LyingObserver::default()));
    all
}

pub(super) fn metrics(_: &Config) -> Vec<Box<dyn Metric<ReplicaStore>>> {
    vec![metric(Operations::default()), Box::new(Replication::default()), metric(Views::default())]
}

pub(super) fn services(config: &Config) -> Vec<Box<dyn Service<ReplicaStore>>> {
    let (servers, shards) = (config.servers.clone(), config.places.shards);
    let (quorums, coordinator) = (config.quorums, config.coordinator);
    vec![
        Box::new(QuorumsServed { servers: servers.clone(), shards, quorums }),
        Box::new(ReplicasSettled { servers, coordinator }),
        Box::new(SeenAnswered::through(store().observation)),
    ]
}
