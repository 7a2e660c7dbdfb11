//! What scenario files and reports need of Raft: its name, settings and commands, what it rests on,
//! who judges it.

use super::rules::MUTANTS;
use super::{Command, Config, Raft, Reads, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    AcceptedLeader, ConfigurationMatching, DEPTHS, ElectionSafety, LeaderCompleteness, Leadership,
    LogMatching, LyingObserver, Observation, OneVotePerTerm, StaleRead, StateMachineSafety,
    TermMonotonic, View,
};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;

impl Algorithm for Raft<u64> {
    type Settings = Settings;

    const NAME: &'static str = "election-raft";
    const SUMMARY: &'static str =
        "Raft: leader election and log replication (Ongaro and Ousterhout 2014, section 5)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const ANSWERED: &'static [&'static str] = &["propose", "read"];
    const MUTANTS: &'static [Mutant] = &MUTANTS;
    const DEPTHS: &'static [&'static str] = &DEPTHS;

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        observation.depth()
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        settings.config(roles.nodes("servers"))
    }

    fn assumes(config: &Config) -> Assumptions {
        Assumptions {
            // A pause hurts no lease: the clock runs on, and who wakes up looks at it.
            drift_bound: (config.reads == Reads::Lease).then_some(config.clock_drift_bound),
            honest_disk: true,
            // What is behind a gap in a log must not be read as if there were none.
            ordered_writes: true,
            ..Assumptions::default()
        }
    }

    /// More than the paper promises (section 2: any majority whose servers can communicate with
    /// each other), and what its users count on. It is not kept without PreVote and CheckQuorum,
    /// where a server that hears nobody deposes whoever leads, nor where the only server that
    /// reaches a majority has missed entries: the matrix and scenarios show both. As little as the
    /// paper would excuse them.
    fn requires(_: &Config) -> Requirement {
        Requirement::QuorumConnected
    }

    /// The voters of the last configuration that anybody up has in its log: whoever leads next has
    /// it, or one next to it.
    fn members(config: &Config, views: &[Option<View>]) -> Option<Vec<NodeId>> {
        let changed = views.iter().flatten().filter_map(|view| view.members.as_ref());
        let last = changed.max_by_key(|configuration| configuration.index);
        let members = last.map_or(&config.members, |configuration| &configuration.members);
        Some(members.voters().to_vec())
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(ElectionSafety::default()),
            Box::new(OneVotePerTerm::default()),
            Box::new(TermMonotonic::default()),
            Box::new(LogMatching::default()),
            Box::new(LeaderCompleteness::default()),
            Box::new(StateMachineSafety::default()),
            Box::new(LyingObserver::default()),
            Box::new(StaleRead::default()),
            Box::new(ConfigurationMatching::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::by_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.voters().to_vec()))]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command<u64>, String>> {
        match word {
            "propose" => Some(Ok(Command::Propose(arguments.unique))),
            "read" => Some(Ok(Command::Read(arguments.unique))),
            "transfer" => Some(of_one(word, arguments, Command::Transfer)),
            "add-learner" => Some(of_one(word, arguments, Command::AddLearner)),
            "add-server" => Some(of_one(word, arguments, Command::AddServer)),
            "remove-server" => Some(of_one(word, arguments, Command::RemoveServer)),
            _ => None,
        }
    }
}

/// A command about one server.
fn of_one(
    word: &str,
    arguments: &Arguments,
    command: fn(NodeId) -> Command<u64>,
) -> Result<Command<u64>, String> {
    match arguments.nodes[..] {
        [server] => Ok(command(server)),
        _ => Err(format!("`{word}` is about one server; add `nodes = [\"n1\"]`")),
    }
}
