//! Locks among peers by hand: transcripts of each, as in `scripts`.

use crate::script::Scripted;
use crate::scripts::check;
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::lock::peers::{
    Lamport, Maekawa, Raymond, RicartAgrawala, Settings, SuzukiKasami, lamport, maekawa, raymond,
    ricart_agrawala, suzuki_kasami,
};
use stormseed::protocol::Protocol;
use stormseed::topology::Topology;

/// Peers of so many nodes; what may be said is `line`, and which mutant.
fn configured<A>(nodes: u32, words: &[&str]) -> A::Config
where
    A: Algorithm<Settings = Settings>,
{
    let mut settings = Settings::default();
    let mut roles = Roles::deal([("nodes", nodes)]);
    for word in words {
        match word.split_once('=') {
            None if *word == "line" => roles = roles.linked(Some(Topology::line(nodes))),
            Some(("mutant", name)) => settings.mutant = Some(name.into()),
            _ => panic!("a lock among peers has no setting `{word}` in scripts"),
        }
    }
    A::config(settings, &roles).expect("the settings are in order")
}

macro_rules! peers {
    ($($peer:ty, $config:ty;)*) => {$(
        impl Scripted for $peer {
            fn configure(nodes: u32, words: &[&str]) -> $config {
                configured::<$peer>(nodes, words)
            }

            fn disk(_: &[&str]) {
                panic!("peers keep nothing on disk")
            }

            fn show(&self, (): &()) -> String {
                let view = self.view();
                let granted = view.granted_to.map(|to| format!(", and has granted it to {to}"));
                format!("{:?}{}", view.phase, granted.unwrap_or_default())
            }
        }
    )*};
}

peers! {
    Lamport, lamport::Config;
    RicartAgrawala, ricart_agrawala::Config;
    Maekawa, maekawa::Config;
    SuzukiKasami, suzuki_kasami::Config;
    Raymond, raymond::Config;
}

#[test]
fn of_two_who_ask_at_once_the_lower_node_is_first_in_every_queue() {
    check::<Lamport>("lock-lamport/turns.txt");
}

#[test]
fn a_reply_is_held_back_until_the_lock_is_released() {
    check::<RicartAgrawala>("lock-ricart-agrawala/replies.txt");
}

#[test]
fn three_who_ask_at_once_give_back_what_they_have_to_the_oldest() {
    check::<Maekawa>("lock-maekawa/relinquish.txt");
}

#[test]
fn the_token_knows_who_waits_and_a_copy_of_it_is_none() {
    check::<SuzukiKasami>("lock-suzuki-kasami/token.txt");
}

#[test]
fn the_token_goes_along_the_edges_of_the_tree() {
    check::<Raymond>("lock-raymond/tree.txt");
}
