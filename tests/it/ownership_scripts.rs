//! Transcripts of ownership: who serves a shard while the members change.

use crate::script::Scripted;
use crate::scripts::check;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::ownership::{Config, Disk, EpochStore, Node, Settings, epochs};
use stormseed::protocol::Protocol as _;

impl Scripted for EpochStore {
    /// n0 is the coordinator and the last node a client; two of the servers are members, and there
    /// are four shards. Key 0 is in shard 0 or as `show` says.
    fn configure(nodes: u32, words: &[&str]) -> Config {
        let (shards, members) = (4, Some(2));
        let mut settings = Settings { shards, members, ..Settings::default() };
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                Some(("placement", name)) => settings.placement = name.into(),
                Some(("members", count)) => settings.members = count.parse().ok(),
                _ => panic!("hashing-epochs has no setting `{word}` in scripts"),
            }
        }
        let servers = nodes - 2;
        let roles = Roles::deal([("coordinator", 1), ("servers", servers), ("clients", 1)]);
        Self::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> Disk<epochs::Shelf> {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, disk: &Disk<epochs::Shelf>) -> String {
        let epoch = self.view().epoch;
        match self {
            Node::Coordinator(_) => format!("has numbered {epoch}"),
            Node::Client(_) => format!("goes by {epoch}"),
            Node::Server(_) => {
                let shard = |kept: &epochs::Kept| {
                    format!(", {} {:?} at {}", kept.shard, kept.stage, kept.contents.version())
                };
                let shards: String = disk.kept.shards.iter().map(shard).collect();
                format!("is in {epoch}{shards}")
            }
        }
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
}
