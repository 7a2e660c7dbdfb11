//! Transcripts of ownership: who serves a shard while the members change.

use crate::script::Scripted;
use crate::scripts::check;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::ownership::{
    Config, Disk, EpochStore, GossipStore, LeaseStore, Node, ReplicaStore, Settings, ShardId,
    epochs, gossip, leases, replicas,
};
use stormseed::protocol::Protocol as _;

/// Four shards, and two of the servers are members.
fn settings(words: &[&str]) -> Settings {
    let (shards, members) = (4, Some(2));
    let mut settings = Settings { shards, members, ..Settings::default() };
    for word in words {
        match word.split_once('=') {
            Some(("mutant", name)) => settings.mutant = Some(name.into()),
            Some(("placement", name)) => settings.placement = name.into(),
            Some(("members", count)) => settings.members = count.parse().ok(),
            _ => panic!("a store has no setting `{word}` in scripts"),
        }
    }
    settings
}

impl Scripted for EpochStore {
    /// n0 is the coordinator and the last node a client.
    fn configure(nodes: u32, words: &[&str]) -> Config {
        let parts = [("coordinator", 1), ("servers", nodes - 2), ("clients", 1)];
        Self::config(settings(words), &Roles::deal(parts)).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> Disk<epochs::Shelf> {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, disk: &Disk<epochs::Shelf>) -> String {
        let epoch = self.view().epoch;
        match self {
            Node::Coordinator(_) => format!("has numbered {epoch}"),
            Node::Server(_) => {
                let shard = |kept: &epochs::Kept| {
                    format!(", {} {:?} at {}", kept.shard, kept.stage, kept.contents.version())
                };
                let shards: String = disk.kept.shards.iter().map(shard).collect();
                format!("is in {epoch}{shards}")
            }
            Node::Storage(()) | Node::Client(_) => format!("goes by {epoch}"),
        }
    }
}

impl Scripted for LeaseStore {
    /// n0 is the coordinator, the last node a client, and the one before it the storage.
    fn configure(nodes: u32, words: &[&str]) -> Config {
        let parts = [("coordinator", 1), ("servers", nodes - 3), ("storage", 1), ("clients", 1)];
        Self::config(settings(words), &Roles::deal(parts)).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> Disk<leases::Stock> {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, disk: &Disk<leases::Stock>) -> String {
        let view = self.view();
        match self {
            Node::Coordinator(_) => format!("has numbered {}", view.epoch),
            Node::Server(_) => {
                let served = ShardId::all(4).filter(|shard| view.serves.contains(*shard));
                let served: Vec<String> = served.map(|shard| shard.0.to_string()).collect();
                format!("is in {}, serves [{}]", view.epoch, served.join(", "))
            }
            Node::Storage(_) => {
                let shard = |stored: &leases::Stored| {
                    let (owner, epoch) = (stored.fence.by.writer.node, stored.fence.epoch);
                    let version = stored.contents.version();
                    format!("{} of {owner} since {epoch} at {version}", stored.shard)
                };
                let shards: Vec<String> = disk.kept.shards.iter().map(shard).collect();
                format!("keeps {}", shards.join(", "))
            }
            Node::Client(_) => format!("goes by {}", view.epoch),
        }
    }
}

impl Scripted for GossipStore {
    /// The last node is a client.
    fn configure(nodes: u32, words: &[&str]) -> gossip::Config {
        let Settings { shards, members, placement, mutant, .. } = settings(words);
        let settings =
            gossip::Settings { shards, members, placement, mutant, ..gossip::Settings::default() };
        let parts = [("servers", nodes - 1), ("clients", 1)];
        Self::config(settings, &Roles::deal(parts)).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> gossip::Shelf {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, shelf: &gossip::Shelf) -> String {
        let view = self.view();
        let members: Vec<String> = view.members.iter().map(|node| node.to_string()).collect();
        let members = members.join(", ");
        let GossipStore::Server(_) = self else { return format!("goes by {members}") };
        let served = ShardId::all(4).filter(|shard| view.serves.contains(*shard));
        let served: Vec<String> = served.map(|shard| shard.0.to_string()).collect();
        let copy = |(shard, cells): &(ShardId, gossip::Cells)| {
            format!(", has {shard} at {}", cells.version())
        };
        let copies: String = shelf.shards.iter().map(copy).collect();
        format!("sees {members}, serves [{}]{copies}", served.join(", "))
    }
}

impl Scripted for ReplicaStore {
    /// n0 is the coordinator and the last node a client; two replicas, and both make a quorum of a
    /// write and one of a read.
    fn configure(nodes: u32, words: &[&str]) -> replicas::Config {
        let Settings { shards, members, placement, mutant, .. } = settings(words);
        let settings = replicas::Settings {
            shards,
            members,
            placement,
            mutant,
            replicas: 2,
            read_quorum: 2,
            write_quorum: 1,
            ..replicas::Settings::default()
        };
        let parts = [("coordinator", 1), ("servers", nodes - 2), ("clients", 1)];
        Self::config(settings, &Roles::deal(parts)).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> replicas::Shelf {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, shelf: &replicas::Shelf) -> String {
        let view = self.view();
        let ReplicaStore::Server(_) = self else { return format!("goes by {}", view.epoch) };
        let read = ShardId::all(4).filter(|shard| view.serves.contains(*shard));
        let read: Vec<String> = read.map(|shard| shard.0.to_string()).collect();
        let cell = |cell: &replicas::Cell| format!(", key {} at {}", cell.key, cell.stamp.version);
        let cells: String = shelf.cells.iter().map(cell).collect();
        let hint =
            |hint: &replicas::Hint| format!(", keeps key {} for {}", hint.cell.key, hint.target);
        let hints: String = shelf.hints.iter().map(hint).collect();
        format!("is in {}, read for [{}]{cells}{hints}", view.epoch, read.join(", "))
    }
}

macro_rules! scripts {
    ($($name:ident: $algorithm:ty = $file:literal;)*) => {$(
        #[test]
        fn $name() {
            check::<$algorithm>($file);
        }
    )*};
}

scripts! {
    a_shard_goes_over_whole: EpochStore = "hashing-epochs/hand_off.txt";
    a_hand_off_survives_crashes_and_lost_words: EpochStore = "hashing-epochs/crashes.txt";
    changes_are_made_one_by_one: EpochStore = "hashing-epochs/order.txt";
    mutants_of_epochs_are_caught_in_the_act: EpochStore = "hashing-epochs/mutants.txt";
    a_new_owner_waits_until_its_epoch_is_settled: LeaseStore = "hashing-leases/moves.txt";
    who_is_down_is_replaced_when_its_lease_is_over: LeaseStore = "hashing-leases/crashes.txt";
    a_late_write_is_shut_out: LeaseStore = "hashing-leases/fence.txt";
    a_late_copy_of_a_write_does_nothing: LeaseStore = "hashing-leases/order.txt";
    mutants_of_leases_are_caught_in_the_act: LeaseStore = "hashing-leases/mutants.txt";
    two_serve_a_shard_until_all_have_heard: GossipStore = "hashing-gossip/views.txt";
    who_is_silent_is_out_of_a_view_until_it_is_heard_of: GossipStore = "hashing-gossip/silence.txt";
    mutants_of_gossip_are_caught_in_the_act: GossipStore = "hashing-gossip/mutants.txt";
    a_change_takes_three_epochs: ReplicaStore = "hashing-replicas/three_epochs.txt";
    what_a_replica_does_not_answer_to_is_kept_for_it: ReplicaStore = "hashing-replicas/hints.txt";
}
