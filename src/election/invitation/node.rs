//! The state machine of one node.

use super::group::{Counter, Group};
use super::message::Message;
use super::rules::MUTANTS;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    AcceptedLeader, ElectionSafety, Leadership, LyingObserver, Observation, OneCoordinatorAGroup,
    Role, View,
};
use crate::id::{NodeId, NodeSet};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol, Synced};
use crate::time::Duration;
use serde::Serialize;

/// A node of an election by invitation.
#[derive(Debug)]
pub struct Invitation {
    stage: Stage,
    group: Group,
    coordinator: NodeId,
    /// The other members, as far as it coordinates them.
    members: NodeSet,
    /// The last number it took.
    counter: u64,
    /// Writes of numbers that are not on disk yet.
    syncs: u32,
    id: NodeId,
    timer: Timer,
}

/// What a node does. The paper's Election is `Recovers` and `Merges`, its Reorganization `Readies`
/// and `Joins`; all others are Normal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// It waits for the disk, to start a group of its own.
    Recovers,
    /// It coordinates a group, and will look for other ones.
    Coordinates,
    /// It coordinates, and has asked who else does.
    Looks { found: NodeSet },
    /// It coordinates, has found others, and leaves it to the highest to merge first.
    Hesitates { found: NodeSet },
    /// It has invited others into a new group.
    Merges { joined: NodeSet },
    /// It coordinates those who joined, and waits for them to work.
    Readies { missing: NodeSet },
    /// It has joined a group that does not work yet.
    Joins,
    /// It is a member.
    Follows,
    /// It is a member, and has asked so many times whether its coordinator is there.
    Suspects { asked: u32 },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// To look for other coordinators.
    Check,
    /// For answers.
    Call,
    /// For a higher coordinator to merge first.
    Hesitation,
    /// For those who were invited.
    Accept,
    /// For its coordinator.
    Silence,
}

impl Stage {
    const fn timer(&self) -> Timer {
        match self {
            Stage::Recovers | Stage::Coordinates => Timer::Check,
            Stage::Looks { .. } | Stage::Readies { .. } | Stage::Suspects { .. } => Timer::Call,
            Stage::Hesitates { .. } => Timer::Hesitation,
            Stage::Merges { .. } => Timer::Accept,
            Stage::Joins | Stage::Follows => Timer::Silence,
        }
    }

    const fn coordinates(&self) -> bool {
        self.coordinates_normally() || matches!(self, Stage::Readies { .. })
    }

    const fn coordinates_normally(&self) -> bool {
        matches!(self, Stage::Coordinates | Stage::Looks { .. } | Stage::Hesitates { .. })
    }

    const fn is_normal(&self) -> bool {
        self.coordinates_normally() || matches!(self, Stage::Follows | Stage::Suspects { .. })
    }
}

impl Invitation {
    fn enter(&mut self, stage: Stage, ctx: &mut Context<'_, Self>) {
        if self.timer != stage.timer() {
            ctx.cancel_timer(self.timer);
        }
        self.timer = stage.timer();
        self.stage = stage;
        self.wait(ctx);
    }

    fn wait(&self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let after = match self.timer {
            Timer::Check => config.check_every,
            Timer::Call => config.call_timeout,
            Timer::Accept => config.call_timeout.saturating_mul(2),
            Timer::Silence => config.suspect_after,
            Timer::Hesitation => self.hesitation(config),
        };
        ctx.set_timer(self.timer, after);
    }

    fn hesitation(&self, config: &Config) -> Duration {
        let Stage::Hesitates { found } = &self.stage else { return Duration::ZERO };
        let highest = found.iter().last().unwrap_or(self.id);
        let places = highest.number().saturating_sub(self.id.number());
        config.hesitation.saturating_mul(u64::from(places))
    }

    /// Lets go of the group it is in.
    fn leave(&mut self, ctx: &mut Context<'_, Self>) {
        if self.stage.coordinates() {
            ctx.observe(Observation::LeaderStepped { term: self.group.term() });
        }
    }

    /// A new group of its own, of which nobody hears before the disk holds its number.
    fn take_number(&mut self, ctx: &mut Context<'_, Self>) {
        let rules = ctx.config().rules;
        self.counter += 1;
        if rules.keeps_its_numbers {
            ctx.persist(self.counter);
            ctx.sync();
            self.syncs += 1;
        }
        let node = if rules.names_its_numbers { self.id } else { NodeId::new(0) };
        self.group = Group { counter: self.counter, node };
        self.coordinator = self.id;
    }

    /// The paper's Recovery: alone again.
    fn recover(&mut self, ctx: &mut Context<'_, Self>) {
        self.leave(ctx);
        self.take_number(ctx);
        self.members.clear();
        self.enter(Stage::Recovers, ctx);
        if self.syncs == 0 {
            self.coordinate_alone(ctx);
        }
    }

    fn coordinate_alone(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.observe(Observation::LeaderElected { term: self.group.term() });
        self.enter(Stage::Coordinates, ctx);
    }

    /// The paper's Check.
    fn look(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(ctx.config().members.iter().copied(), &Message::AreYouCoordinator);
        self.enter(Stage::Looks { found: NodeSet::new() }, ctx);
    }

    fn merge_or_hesitate(&mut self, found: NodeSet, ctx: &mut Context<'_, Self>) {
        match found.iter().last() {
            None => self.enter(Stage::Coordinates, ctx),
            Some(highest) if highest > self.id => self.enter(Stage::Hesitates { found }, ctx),
            Some(_) => self.merge(&found, ctx),
        }
    }

    fn merge(&mut self, found: &NodeSet, ctx: &mut Context<'_, Self>) {
        self.leave(ctx);
        self.take_number(ctx);
        ctx.observe(Observation::ElectionStarted { term: self.group.term() });
        let invitation = Message::Invitation { coordinator: self.id, group: self.group };
        let invited: NodeSet = found.iter().chain(self.members.iter()).collect();
        ctx.broadcast(invited.iter(), &invitation);
        self.members.clear();
        self.enter(Stage::Merges { joined: NodeSet::new() }, ctx);
    }

    fn ready(&mut self, joined: NodeSet, ctx: &mut Context<'_, Self>) {
        ctx.observe(Observation::LeaderElected { term: self.group.term() });
        ctx.broadcast(joined.iter(), &Message::Ready { group: self.group });
        self.members = joined.clone();
        if joined.is_empty() {
            self.enter(Stage::Coordinates, ctx);
        } else {
            self.enter(Stage::Readies { missing: joined }, ctx);
        }
    }

    fn on_invitation(&mut self, coordinator: NodeId, group: Group, ctx: &mut Context<'_, Self>) {
        let is_news = group != self.group && coordinator != self.id;
        if !self.stage.is_normal() || !is_news {
            return;
        }
        if self.stage.coordinates() {
            ctx.broadcast(self.members.iter(), &Message::Invitation { coordinator, group });
        }
        self.leave(ctx);
        self.members.clear();
        self.coordinator = coordinator;
        self.group = group;
        ctx.send(coordinator, Message::Accept { group });
        self.enter(Stage::Joins, ctx);
    }

    fn on_accept(&mut self, from: NodeId, group: Group) {
        if let Stage::Merges { joined } = &mut self.stage
            && group == self.group
        {
            joined.insert(from);
        }
    }

    fn on_ready(&mut self, from: NodeId, group: Group, ctx: &mut Context<'_, Self>) {
        let heeds = group == self.group || !ctx.config().rules.compares_the_group;
        if self.stage == Stage::Joins && heeds {
            self.group = group;
            let (leader, term) = (self.coordinator, group.term());
            ctx.observe(Observation::LeaderAccepted { leader, term });
            self.enter(Stage::Follows, ctx);
        }
        let is_in_it = self.group == group && self.stage.is_normal();
        ctx.send(from, Message::Working { group, is_in_it });
    }

    fn on_working(&mut self, from: NodeId, is_in_it: bool, ctx: &mut Context<'_, Self>) {
        let Stage::Readies { missing } = &mut self.stage else { return };
        if !is_in_it {
            return self.recover(ctx);
        }
        missing.remove(from);
        if missing.is_empty() {
            self.enter(Stage::Coordinates, ctx);
        }
    }

    /// The paper's Timeout: asks the coordinator whether it is there.
    fn suspect(&mut self, asked: u32, ctx: &mut Context<'_, Self>) {
        ctx.send(self.coordinator, Message::AreYouThere { group: self.group });
        self.enter(Stage::Suspects { asked }, ctx);
    }

    fn on_there(&mut self, is_there: bool, ctx: &mut Context<'_, Self>) {
        if !matches!(self.stage, Stage::Suspects { .. }) {
            return;
        }
        if is_there {
            self.enter(Stage::Follows, ctx);
        } else {
            self.recover(ctx);
        }
    }
}

impl Protocol for Invitation {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = Counter;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let id = ctx.id();
        let counter = ctx.durable().0;
        let mut node = Invitation {
            stage: Stage::Recovers,
            group: Group { counter, node: id },
            coordinator: id,
            members: NodeSet::new(),
            counter,
            syncs: 0,
            id,
            timer: Timer::Check,
        };
        node.recover(ctx);
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::AreYouCoordinator => {
                if self.stage.coordinates_normally() {
                    ctx.send(from, Message::IAmCoordinator);
                }
            }
            Message::IAmCoordinator => {
                if let Stage::Looks { found } = &mut self.stage {
                    found.insert(from);
                }
            }
            Message::Invitation { coordinator, group } => {
                self.on_invitation(coordinator, group, ctx);
            }
            Message::Accept { group } => self.on_accept(from, group),
            Message::Ready { group } => self.on_ready(from, group, ctx),
            Message::Working { group, is_in_it } => {
                if group == self.group {
                    self.on_working(from, is_in_it, ctx);
                }
            }
            Message::AreYouThere { group } => {
                let is_there =
                    group == self.group && self.stage.coordinates() && self.members.contains(from);
                ctx.send(from, Message::There { group, is_there });
            }
            Message::There { group, is_there } => {
                if group == self.group {
                    self.on_there(is_there, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        assert_eq!(timer, self.timer, "no other timer is set");
        match &mut self.stage {
            // The disk is slow.
            Stage::Recovers => self.wait(ctx),
            Stage::Merges { .. } if self.syncs > 0 => self.wait(ctx),
            Stage::Coordinates => self.look(ctx),
            Stage::Looks { found } => {
                let found = std::mem::take(found);
                self.merge_or_hesitate(found, ctx);
            }
            Stage::Hesitates { found } => {
                let found = std::mem::take(found);
                self.merge(&found, ctx);
            }
            Stage::Merges { joined } => {
                let joined = std::mem::take(joined);
                self.ready(joined, ctx);
            }
            Stage::Readies { .. } | Stage::Joins => self.recover(ctx),
            Stage::Follows => self.suspect(1, ctx),
            Stage::Suspects { asked } if *asked < ctx.config().questions => {
                let asked = *asked + 1;
                self.suspect(asked, ctx);
            }
            Stage::Suspects { .. } => self.recover(ctx),
        }
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        match synced {
            Synced::Done => {
                self.syncs -= 1;
                if self.syncs == 0 && self.stage == Stage::Recovers {
                    self.coordinate_alone(ctx);
                }
            }
            // Whether the disk holds the number is not known: another one.
            Synced::Failed => {
                self.syncs = 0;
                self.recover(ctx);
            }
        }
    }

    fn view(&self) -> View {
        let term = self.group.term();
        match self.stage {
            Stage::Recovers | Stage::Merges { .. } => {
                View { role: Role::Candidate, term, leader: None, members: None }
            }
            Stage::Joins | Stage::Follows | Stage::Suspects { .. } => {
                View { role: Role::Follower, term, leader: Some(self.coordinator), members: None }
            }
            Stage::Coordinates
            | Stage::Looks { .. }
            | Stage::Hesitates { .. }
            | Stage::Readies { .. } => {
                View { role: Role::Leader, term, leader: Some(self.id), members: None }
            }
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self.view().role {
            Role::Follower => role == "follower",
            Role::Candidate => role == "candidate",
            Role::Leader => role == "leader",
        }
    }

    fn claims(message: &Message) -> Option<Observation> {
        message.claim()
    }
}

impl Algorithm for Invitation {
    type Settings = Settings;

    const NAME: &'static str = "election-invitation";
    const SUMMARY: &'static str =
        "Invitation: groups merge, each with one coordinator at any time (Garcia-Molina 1982)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["group"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::LeaderElected { term } => Some((0, Group::counter_of(*term))),
            _ => None,
        }
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(_: &Config) -> Assumptions {
        // Who has forgotten its last number takes it again. A group is called by its coordinator,
        // and what is sent says which group it is about: what comes astray, or in another's name,
        // breaks groups up and never gives one two coordinators.
        Assumptions {
            honest_disk: true,
            static_membership: true,
            untrusted_links: true,
            ..Assumptions::default()
        }
    }

    fn requires(_: &Config) -> Requirement {
        // A node that hears only some of the others draws them away from their group.
        Requirement::LiveQuorumConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(OneCoordinatorAGroup::default()),
            Box::new(ElectionSafety::default()),
            Box::new(LyingObserver::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.clone()))]
    }
}
