//! The state machine of one server.

use super::ballot::{Ballot, Promised};
use super::message::{Message, Reply};
use super::rules::MUTANTS;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    AcceptedLeader, ElectionSafety, Leadership, LyingObserver, Observation, OneLifePerBallot, Role,
    TermMonotonic, View,
};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol, Synced};
use serde::Serialize;
use std::collections::BTreeMap;

/// A server of a ballot leader election.
#[derive(Debug)]
pub struct BallotElection {
    id: NodeId,
    /// The present round of this life.
    round: u64,
    /// Who has answered in it, and what.
    replies: BTreeMap<NodeId, Reply>,
    /// Its own ballot.
    ballot: Ballot,
    /// The highest ballot that it has seen: its leader's.
    leader: Ballot,
    happy: bool,
    /// The leader of the end of the last round.
    accepted: Option<Ballot>,
    /// The ballot that it leads itself.
    led: Option<Ballot>,
    /// How many syncs are under way.
    syncs: u32,
}

/// What a server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// The end of the round.
    Round,
}

impl BallotElection {
    /// The highest ballot that it knows of: its leader's.
    pub const fn leader(&self) -> Ballot {
        self.leader
    }

    /// Whether it has a leader that works, as far as it could see at the end of the last round.
    pub const fn is_content(&self) -> bool {
        self.happy
    }

    fn begin_round(&mut self, ctx: &mut Context<'_, Self>) {
        self.round += 1;
        self.replies.clear();
        let request = Message::Request { round: self.round };
        ctx.broadcast(ctx.config().servers.iter().copied(), &request);
        ctx.set_timer(Timer::Round, ctx.config().election_timeout);
    }

    fn end_round(&mut self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let highest = self.replies.values().map(|reply| reply.ballot).max();
        self.leader = highest.map_or(self.leader, |highest| highest.max(self.leader));
        self.happy = self.is_happy(config);
        let all_are_unhappy = !self.happy && self.replies.values().all(|reply| !reply.happy);
        let may_take_over =
            config.is_quorum(self.replies.len() + 1) || !config.rules.takes_over_with_a_quorum;
        if all_are_unhappy && may_take_over {
            self.take_over();
        }
        self.accept(ctx);
    }

    /// Whether there is a leader that works, as far as this server can see.
    fn is_happy(&self, config: &Config) -> bool {
        let mut replies = self.replies.values();
        if self.leader != self.ballot {
            return replies.any(|reply| reply.ballot == self.leader && reply.happy);
        }
        let followers = replies.clone().filter(|reply| reply.leader <= self.ballot).count();
        config.is_quorum(followers + 1)
            || replies.any(|reply| reply.leader > self.ballot && reply.happy)
    }

    fn take_over(&mut self) {
        self.ballot.number = self.leader.number + 1;
        self.leader = self.ballot;
        self.happy = true;
    }

    /// Accepts the leader if it is a new one: lets go of its own lead, and tells of the other when
    /// the disk holds it.
    fn accept(&mut self, ctx: &mut Context<'_, Self>) {
        if self.accepted == Some(self.leader) {
            return;
        }
        if let Some(led) = self.accepted.filter(|ballot| self.led == Some(*ballot)) {
            self.led = None;
            ctx.promise(Observation::LeaderStepped { term: led.term() });
        }
        self.accepted = Some(self.leader);
        if ctx.durable().0 == Some(self.leader) {
            return self.tell(ctx);
        }
        self.keep(ctx);
    }

    fn keep(&mut self, ctx: &mut Context<'_, Self>) {
        if ctx.config().rules.persists_promise {
            ctx.persist(self.leader);
            ctx.sync();
            self.syncs += 1;
        }
        ctx.promise(Observation::TermAdopted { term: self.leader.term() });
        self.tell(ctx);
    }

    /// Promises, for judges to hear before the replies that say the same.
    fn tell(&mut self, ctx: &mut Context<'_, Self>) {
        let Ballot { server, .. } = self.leader;
        let term = self.leader.term();
        if self.leader == self.ballot {
            self.led = Some(self.ballot);
            if ctx.config().rules.declares_its_lead {
                ctx.promise(Observation::LeaderElected { term });
            }
        } else if server != self.id {
            ctx.promise(Observation::LeaderAccepted { leader: server, term });
        }
    }
}

impl Protocol for BallotElection {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = Promised;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let (id, config) = (ctx.id(), ctx.config());
        let fresh = |number| Ballot { number, priority: config.priority(id), server: id };
        let (ballot, leader) = match ctx.durable().0 {
            None => (fresh(Ballot::FIRST), fresh(Ballot::FIRST)),
            // Its followers may have another leader by now, and what it told them is forgotten.
            Some(promised)
                if config.rules.gives_up_its_ballot_when_it_restarts || promised.server != id =>
            {
                (fresh(Ballot::RECOVERED), promised)
            }
            Some(promised) => (promised, promised),
        };
        let mut server = BallotElection {
            id,
            round: 0,
            replies: BTreeMap::new(),
            ballot,
            leader,
            happy: true,
            accepted: None,
            led: None,
            syncs: 0,
        };
        server.begin_round(ctx);
        server
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Request { round } => {
                let reply = Reply { ballot: self.ballot, leader: self.leader, happy: self.happy };
                ctx.send(from, Message::Reply { round, reply });
            }
            Message::Reply { round, reply } => {
                if round == self.round {
                    self.replies.entry(from).or_insert(reply);
                }
            }
        }
    }

    fn on_timer(&mut self, Timer::Round: Timer, ctx: &mut Context<'_, Self>) {
        self.end_round(ctx);
        self.begin_round(ctx);
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        match synced {
            Synced::Done => self.syncs -= 1,
            // All that was under way has failed, and what waited for it never leaves.
            Synced::Failed => {
                self.syncs = 0;
                self.keep(ctx);
            }
        }
    }

    fn view(&self) -> View {
        let is_kept = self.syncs == 0 && self.accepted == Some(self.leader);
        let (term, server) = (self.leader.term(), self.leader.server);
        let (role, leader) = match is_kept {
            true if self.leader == self.ballot => (Role::Leader, Some(self.id)),
            true if server != self.id => (Role::Follower, Some(server)),
            _ => (Role::Candidate, None),
        };
        View { role, term, leader, members: None }
    }

    fn plays(&self, role: &str) -> bool {
        match self.view().role {
            Role::Leader => role == "leader",
            Role::Candidate => role == "candidate",
            Role::Follower => role == "follower",
        }
    }

    /// Whoever names its own ballot as its leader's leads it. Only the first ballot claims nothing:
    /// every server starts with one, before it has heard of anybody.
    fn claims(message: &Message) -> Option<Observation> {
        let Message::Reply { reply, .. } = message else { return None };
        let leads = reply.leader == reply.ballot && reply.ballot.number != Ballot::FIRST;
        leads.then_some(Observation::LeaderElected { term: reply.ballot.term() })
    }
}

impl Algorithm for BallotElection {
    type Settings = Settings;

    const NAME: &'static str = "election-ble";
    const SUMMARY: &'static str =
        "Ballot leader election: whoever is connected to a quorum may lead (Omni-Paxos 2023)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["ballot"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::LeaderElected { term } => Some((0, Ballot::number_of(*term))),
            _ => None,
        }
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(_: &Config) -> Assumptions {
        // Who has forgotten a promise takes a ballot that others have left behind. A ballot names
        // its server, and nobody takes another's: replies that come astray, or in another's name,
        // make a server stand that should not, and never two lead by one ballot.
        Assumptions {
            honest_disk: true,
            static_membership: true,
            untrusted_links: true,
            ..Assumptions::default()
        }
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::QuorumConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(ElectionSafety::default()),
            Box::new(TermMonotonic::default()),
            Box::new(OneLifePerBallot::default()),
            Box::new(LyingObserver::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_candidates())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.servers.clone()))]
    }
}
