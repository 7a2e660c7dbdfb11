//! Profiles: worlds and storms by name, for what a scenario does not say itself.
//!
//! A profile is a piece of a scenario file, and is read as one. What the scenario says wins: in
//! `[network]`, `[clocks]` and `[disk]` key by key, in `[nemesis]` family by family.

use super::error::Finding;
use super::file::{ClocksEntry, DiskEntry, NetworkEntry, ScenarioFile};
use super::source::Placed;

/// A world and a storm with a name.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// The piece of a scenario file that it is.
    pub text: &'static str,
}

/// All of them, from the calmest to the worst.
pub const PROFILES: [Profile; 5] = [
    Profile { name: "calm", text: include_str!("profiles/calm.toml") },
    Profile { name: "lan", text: include_str!("profiles/lan.toml") },
    Profile { name: "datacentre", text: include_str!("profiles/datacentre.toml") },
    Profile { name: "wan", text: include_str!("profiles/wan.toml") },
    Profile { name: "hostile", text: include_str!("profiles/hostile.toml") },
];

impl Profile {
    /// What it says.
    fn file(&self) -> ScenarioFile {
        toml::from_str(self.text).expect("a shipped profile is a piece of a scenario file")
    }
}

/// The profile of this name, with a finding if there is none.
fn find(name: Option<&Placed<String>>, findings: &mut Vec<Finding>) -> Option<ScenarioFile> {
    let name = name?;
    let found = PROFILES.iter().find(|profile| profile.name == **name);
    if found.is_none() {
        let names = PROFILES.map(|profile| profile.name);
        let problem = format!("`{}` is not a profile that is known here", **name);
        findings.push(Finding::new(name.place(), problem).suggest(name, &names));
    }
    found.map(Profile::file)
}

/// The file with all that its profiles add to it.
pub(super) fn completed(file: &ScenarioFile, findings: &mut Vec<Finding>) -> ScenarioFile {
    let mut whole = file.clone();
    let world = find(file.profile.as_ref(), findings);
    let own = file.nemesis.as_ref().and_then(|nemesis| nemesis.profile.as_ref());
    let storm = match own {
        Some(_) => find(own, findings).map(|profile| profile.nemesis),
        None => world.as_ref().map(|profile| profile.nemesis.clone()),
    };
    if let Some(profile) = world {
        whole.network = join(whole.network, profile.network, network);
        whole.clocks = join(whole.clocks, profile.clocks, clocks);
        whole.disk = join(whole.disk, profile.disk, disk);
    }
    if let Some(Some(storm)) = storm {
        whole.nemesis = Some(whole.nemesis.unwrap_or_default().completed(storm));
    }
    whole
}

/// What the scenario says, completed by what its profile does.
fn join<T>(own: Option<T>, profile: Option<T>, complete: impl Fn(T, T) -> T) -> Option<T> {
    match (own, profile) {
        (Some(own), Some(profile)) => Some(complete(own, profile)),
        (own, profile) => own.or(profile),
    }
}

fn network(own: NetworkEntry, profile: NetworkEntry) -> NetworkEntry {
    NetworkEntry {
        latency: own.latency.or(profile.latency),
        links: own.links,
        loss: own.loss.or(profile.loss),
        bandwidth: own.bandwidth.or(profile.bandwidth),
        duplication: own.duplication.or(profile.duplication),
        fifo: own.fifo.or(profile.fifo),
        in_flight: own.in_flight.or(profile.in_flight),
    }
}

fn clocks(own: ClocksEntry, profile: ClocksEntry) -> ClocksEntry {
    ClocksEntry {
        offset: own.offset.or(profile.offset),
        drift: own.drift.or(profile.drift),
        nodes: own.nodes,
    }
}

fn disk(own: DiskEntry, profile: DiskEntry) -> DiskEntry {
    DiskEntry {
        sync: own.sync.or(profile.sync),
        restart_resets_clock: own.restart_resets_clock.or(profile.restart_resets_clock),
    }
}
