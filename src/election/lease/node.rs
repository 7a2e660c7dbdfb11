//! A node of a lease election, the store or a candidate, and what the catalog needs of it.

use super::candidate::Candidate;
use super::message::Message;
use super::record::Versioned;
use super::rules::MUTANTS;
use super::settings::{Config, Settings};
use super::store;
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    ActingLeader, ElectionSafety, Leadership, LyingObserver, Observation, OneActingLeader,
    OneVotePerTerm, Role, Term, TermMonotonic, View,
};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Protocol, Synced};
use serde::{Deserialize, Serialize};

/// A node of a lease election.
#[derive(Debug)]
pub enum Lease {
    /// The node that keeps the record; all of its state is on its disk.
    Store,
    /// A node that wants to lead.
    Candidate(Candidate),
}

/// What a candidate waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// To try again.
    Retry,
    /// To renew what it holds: its deadline counts from here.
    Renew,
    /// For the store's answer.
    Request,
    /// For a renewal: when it is over, it no longer leads.
    Deadline,
    /// To act as a leader.
    Act,
}

/// What an operator may ask of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Lead no longer, and keep out for a while.
    StepDown,
}

crate::words!(Command { StepDown => "step-down" });

impl Protocol for Lease {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = Versioned;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        match ctx.id() == ctx.config().store {
            true => Lease::Store,
            false => Lease::Candidate(Candidate::boot(ctx)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match self {
            Lease::Store => store::answer(from, message, ctx),
            Lease::Candidate(candidate) => candidate.on_message(message, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        if let Lease::Candidate(candidate) = self {
            candidate.on_timer(timer, ctx);
        }
    }

    fn on_command(&mut self, Command::StepDown: Command, ctx: &mut Context<'_, Self>) {
        if let Lease::Candidate(candidate) = self {
            candidate.step_down(ctx);
        }
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        if let Lease::Store = self {
            store::synced(synced, ctx);
        }
    }

    fn view(&self) -> View {
        match self {
            Lease::Store => {
                View { role: Role::Follower, term: Term(0), leader: None, members: None }
            }
            Lease::Candidate(candidate) => candidate.view(),
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self {
            Lease::Store => false,
            Lease::Candidate(candidate) => match candidate.view().role {
                Role::Leader => role == "leader",
                Role::Follower | Role::Candidate => role == "follower",
            },
        }
    }

    /// The store's word that somebody holds the record is its vote.
    fn claims(message: &Message) -> Option<Observation> {
        let Message::Updated { written, .. } = message else { return None };
        let record = written.record?;
        let candidate = record.holder?.node;
        Some(Observation::VoteGranted { candidate, term: record.term() })
    }
}

impl Algorithm for Lease {
    type Settings = Settings;

    const NAME: &'static str = "election-lease";
    const SUMMARY: &'static str =
        "Lease election: whoever renews a record in a store leads (Kubernetes client-go)";
    // The store comes first: a heal that restarts a majority of the first role restarts it.
    const ROLES: &'static [&'static str] = &["store", "candidates"];
    const TARGETS: &'static [&'static str] = &["leader", "follower"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["reign"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::LeaderElected { term } => Some((0, term.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("store", 1), ("candidates", 3)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        // The first role is the store: a candidate has to reach it.
        Requirement::MemberReached
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(OneVotePerTerm::default()),
            Box::new(ElectionSafety::default()),
            Box::new(TermMonotonic::default()),
            Box::new(LyingObserver::default()),
            Box::new(OneActingLeader::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_candidates())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(ActingLeader::of(config.candidates.clone()))]
    }

    fn command(word: &str, _: &Arguments) -> Option<Result<Command, String>> {
        (word == "step-down").then_some(Ok(Command::StepDown))
    }
}
