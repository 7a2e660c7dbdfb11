//! Transcripts of the locks by lease: one server, and Redlock's five.

use crate::script::Scripted;
use crate::scripts::check;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::lock::lease::{self, Lease};
use stormseed::lock::redlock::{self, Redlock};
use stormseed::lock::resource::Mode;
use stormseed::protocol::Protocol as _;

impl Scripted for Lease {
    /// n0 is the server, n1 the resource.
    fn configure(nodes: u32, words: &[&str]) -> lease::Config {
        let mut settings = lease::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("resource", "fenced")) => settings.resource = Mode::Fenced,
                Some(("resource", "checked")) => settings.resource = Mode::Checked,
                Some(("restart", "wait")) => settings.restart = lease::Restart::Wait,
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("the lease lock has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("server", 1), ("resource", 1), ("clients", nodes - 2)]);
        Lease::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> lease::Disk {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, durable: &lease::Disk) -> String {
        match self {
            Lease::Server(_) => {
                let holder = self.view().granted_to.map_or("nobody".into(), |it| it.to_string());
                format!("has granted the lock to {holder}, {} tokens so far", durable.server.token)
            }
            Lease::Resource(..) => format!("is in state {}", durable.resource.version()),
            Lease::Client(_) => format!("{:?}", self.view().phase).to_lowercase(),
        }
    }
}

impl Scripted for Redlock {
    /// The first five are servers, and nothing is protected.
    fn configure(nodes: u32, words: &[&str]) -> redlock::Config {
        let mut settings = redlock::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("Redlock has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("servers", 5), ("resource", 0), ("clients", nodes - 5)]);
        Redlock::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> redlock::Disk {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, _: &redlock::Disk) -> String {
        match (self, self.view().granted_to) {
            (Redlock::Server(_), Some(client)) => format!("stores a nonce of {client}"),
            (Redlock::Server(_), None) => "stores nothing".into(),
            _ => format!("{:?}", self.view().phase).to_lowercase(),
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
    a_holder_reads_works_writes_and_releases: Lease = "lock-lease/acquire.txt";
    an_old_holder_is_refused_by_a_fence: Lease = "lock-lease/fenced.txt";
    a_resource_that_checks_serves_one_after_another: Lease = "lock-lease/checked.txt";
    a_server_that_restarts_outlives_its_grants: Lease = "lock-lease/restart.txt";
    mutants_of_lease_locks_are_caught_in_the_act: Lease = "lock-lease/mutants.txt";
    a_majority_makes_a_lock: Redlock = "lock-redlock/acquire.txt";
    who_fails_unlocks_everywhere: Redlock = "lock-redlock/fail.txt";
    mutants_of_redlock_are_caught_in_the_act: Redlock = "lock-redlock/mutants.txt";
}
