//! The state machine of one node: the paper's procedures, cut where they wait for an answer.

use super::message::{Call, Message};
use super::rules::MUTANTS;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    AcceptedLeader, GroupAgreement, HighestLeads, Leadership, Observation, OneCoordinator, Role,
    SameCoordinator, Term, View,
};
use crate::id::{Label, NodeId, NodeSet};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use crate::time::Duration;
use serde::Serialize;

const INCARNATION: Label = Label::new("incarnation");

/// A node of a Bully election in the form of 1982.
#[derive(Debug)]
pub struct Bully1982 {
    state: State,
    procedure: Procedure,
    /// Its latest run of a procedure.
    call: Call,
    /// The latest reign it knows of.
    known: Term,
    id: NodeId,
    timer: Timer,
}

/// What a node is to the others: the paper's `s`, with `h` or `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has no coordinator, and accepts only the one who halted it last.
    Election { halted_by: Option<(NodeId, Call)> },
    /// It has one, and does not work yet.
    Reorganization { coordinator: NodeId, reign: Term },
    /// It works.
    Normal { coordinator: NodeId, reign: Term },
}

/// Which answers it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Procedure {
    /// None.
    Rests,
    /// That its silent coordinator is up.
    Suspects,
    /// That any higher node is up.
    Asks,
    /// That those it is about to halt are halted; `lowest` is the last of them, and `up` are all
    /// who answered so far.
    Halts { missing: NodeSet, lowest: NodeId, up: NodeSet },
    /// That those who are up have noted their coordinator.
    Names { missing: NodeSet, up: NodeSet },
    /// That they work.
    Starts { missing: NodeSet },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// For the answers to a call.
    Call,
    /// To be asked by its coordinator, or to be named one.
    Silence,
    /// To ask all others whether they are normal.
    Check,
}

impl State {
    const fn coordinator(&self) -> Option<(NodeId, Term)> {
        match *self {
            State::Election { .. } => None,
            State::Reorganization { coordinator, reign } | State::Normal { coordinator, reign } => {
                Some((coordinator, reign))
            }
        }
    }
}

impl Timer {
    const fn length(self, config: &Config) -> Duration {
        match self {
            Timer::Call => config.call_timeout,
            Timer::Silence => config.suspect_after,
            Timer::Check => config.check_every,
        }
    }
}

impl Bully1982 {
    /// The reign that it leads.
    fn leads(&self) -> Option<Term> {
        let (coordinator, reign) = self.state.coordinator()?;
        (coordinator == self.id).then_some(reign)
    }

    const fn next_reign(&self) -> Term {
        Term(self.known.0 + 1)
    }

    fn learn(&mut self, reign: Term) {
        self.known = self.known.max(reign);
    }

    /// Whether it works and is the coordinator, and so looks after the others.
    fn looks_after_others(&self) -> bool {
        matches!(self.state, State::Normal { coordinator, .. } if coordinator == self.id)
    }

    fn turn_into(&mut self, state: State, ctx: &mut Context<'_, Self>) {
        let led = self.leads();
        self.state = state;
        if let Some(term) = led.filter(|_| self.leads() != led) {
            ctx.observe(Observation::LeaderStepped { term });
        }
    }

    fn turn_to(&mut self, procedure: Procedure, ctx: &mut Context<'_, Self>) {
        let timer = match procedure {
            Procedure::Rests if self.looks_after_others() => Timer::Check,
            Procedure::Rests => Timer::Silence,
            _ => Timer::Call,
        };
        if self.timer != timer {
            ctx.cancel_timer(self.timer);
        }
        self.procedure = procedure;
        self.timer = timer;
        self.wait(ctx);
    }

    fn wait(&self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(self.timer, self.timer.length(ctx.config()));
    }

    /// The paper's Election: first, is there anybody above?
    fn hold(&mut self, ctx: &mut Context<'_, Self>) {
        self.call.number += 1;
        ctx.observe(Observation::ElectionStarted { term: self.next_reign() });
        ctx.broadcast(ctx.config().above(self.id), &Message::AreYouUp { call: self.call });
        self.turn_to(Procedure::Asks, ctx);
        if ctx.config().above(self.id).next().is_none() {
            self.halt_all(ctx);
        }
    }

    /// Nobody is: all lower nodes are halted, this one first.
    fn halt_all(&mut self, ctx: &mut Context<'_, Self>) {
        let halted_by = Some((self.id, self.call));
        self.turn_into(State::Election { halted_by }, ctx);
        self.halt_below(self.id, NodeSet::new(), ctx);
    }

    fn halt_below(&mut self, node: NodeId, up: NodeSet, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let at_once = if config.rules.halts_one_by_one { 1 } else { config.members.len() };
        let Some(lowest) = config.below(node).take(at_once).last() else {
            return self.lead(up, ctx);
        };
        let missing: NodeSet = config.below(node).take(at_once).collect();
        let halt = Message::Halt { call: self.call, known: self.known };
        ctx.broadcast(config.below(node).take(at_once), &halt);
        self.turn_to(Procedure::Halts { missing, lowest, up }, ctx);
    }

    /// Nobody has a coordinator now: this one names itself.
    fn lead(&mut self, up: NodeSet, ctx: &mut Context<'_, Self>) {
        let reign = self.next_reign();
        self.known = reign;
        self.turn_into(State::Reorganization { coordinator: self.id, reign }, ctx);
        ctx.observe(Observation::LeaderElected { term: reign });
        ctx.broadcast(up.iter(), &Message::NewCoordinator { call: self.call, reign });
        let is_alone = up.is_empty();
        self.turn_to(Procedure::Names { missing: up.clone(), up }, ctx);
        if is_alone {
            self.work(reign, ctx);
        }
    }

    fn start(&mut self, up: NodeSet, ctx: &mut Context<'_, Self>) {
        let ready = Message::Ready { call: self.call, reign: self.known };
        ctx.broadcast(up.iter(), &ready);
        self.turn_to(Procedure::Starts { missing: up }, ctx);
    }

    fn work(&mut self, reign: Term, ctx: &mut Context<'_, Self>) {
        self.turn_into(State::Normal { coordinator: self.id, reign }, ctx);
        self.turn_to(Procedure::Rests, ctx);
    }

    /// The paper's Halt: stops whatever it does.
    fn on_halt(&mut self, by: NodeId, call: Call, ctx: &mut Context<'_, Self>) {
        self.turn_into(State::Election { halted_by: Some((by, call)) }, ctx);
        self.turn_to(Procedure::Rests, ctx);
        ctx.send(by, Message::Halted { call, known: self.known });
    }

    fn on_new_coordinator(
        &mut self,
        from: NodeId,
        call: Call,
        reign: Term,
        ctx: &mut Context<'_, Self>,
    ) {
        let heeds = match self.state {
            State::Election { halted_by } => {
                halted_by == Some((from, call)) || !ctx.config().rules.remembers_who_halted_it
            }
            State::Reorganization { .. } | State::Normal { .. } => false,
        };
        if heeds {
            self.turn_into(State::Reorganization { coordinator: from, reign }, ctx);
            ctx.observe(Observation::LeaderAccepted { leader: from, term: reign });
            self.turn_to(Procedure::Rests, ctx);
        }
        ctx.send(from, Message::Noted { call });
    }

    fn on_ready(&mut self, from: NodeId, call: Call, reign: Term, ctx: &mut Context<'_, Self>) {
        if self.state == (State::Reorganization { coordinator: from, reign }) {
            self.state = State::Normal { coordinator: from, reign };
            self.turn_to(Procedure::Rests, ctx);
        }
        ctx.send(from, Message::Working { call });
    }

    fn on_are_you_normal(&mut self, from: NodeId, call: Call, ctx: &mut Context<'_, Self>) {
        let is_normal = matches!(self.state, State::Normal { .. });
        ctx.send(from, Message::Normality { call, is_normal });
        let is_of_its_coordinator = self.state.coordinator().is_some_and(|(it, _)| it == from);
        if is_of_its_coordinator && self.procedure == Procedure::Rests {
            self.wait(ctx);
        }
    }

    /// An answer to its present call.
    fn on_answer(&mut self, from: NodeId, answer: Message, ctx: &mut Context<'_, Self>) {
        let looks_after_others = self.looks_after_others();
        match (&mut self.procedure, answer) {
            (Procedure::Suspects | Procedure::Asks, Message::Up { .. }) => {
                self.turn_to(Procedure::Rests, ctx);
            }
            (Procedure::Halts { missing, lowest, up }, Message::Halted { .. }) => {
                if missing.remove(from) {
                    up.insert(from);
                }
                if missing.is_empty() {
                    let (lowest, up) = (*lowest, std::mem::take(up));
                    self.halt_below(lowest, up, ctx);
                }
            }
            (Procedure::Names { missing, up }, Message::Noted { .. }) => {
                missing.remove(from);
                if missing.is_empty() {
                    let up = std::mem::take(up);
                    self.start(up, ctx);
                }
            }
            (Procedure::Starts { missing }, Message::Working { .. }) => {
                missing.remove(from);
                if missing.is_empty() {
                    self.work(self.known, ctx);
                }
            }
            (Procedure::Rests, Message::Normality { is_normal: false, .. })
                if looks_after_others =>
            {
                self.hold(ctx);
            }
            _ => {}
        }
    }

    /// Who has not answered is down.
    fn give_up(&mut self, ctx: &mut Context<'_, Self>) {
        match &mut self.procedure {
            Procedure::Asks => self.halt_all(ctx),
            Procedure::Halts { lowest, up, .. } => {
                let (lowest, up) = (*lowest, std::mem::take(up));
                self.halt_below(lowest, up, ctx);
            }
            Procedure::Rests
            | Procedure::Suspects
            | Procedure::Names { .. }
            | Procedure::Starts { .. } => self.hold(ctx),
        }
    }

    /// The paper's Timeout: nothing heard for long.
    fn suspect(&mut self, ctx: &mut Context<'_, Self>) {
        match self.state.coordinator() {
            Some((coordinator, _)) if coordinator != self.id => {
                self.call.number += 1;
                ctx.send(coordinator, Message::AreYouUp { call: self.call });
                self.turn_to(Procedure::Suspects, ctx);
            }
            _ => self.hold(ctx),
        }
    }
}

impl Protocol for Bully1982 {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let incarnation = ctx.draw(INCARNATION, 0..=u64::from(u32::MAX));
        let mut node = Bully1982 {
            state: State::Election { halted_by: None },
            procedure: Procedure::Rests,
            call: Call { incarnation, number: 0 },
            known: Term(0),
            id: ctx.id(),
            timer: Timer::Call,
        };
        if ctx.config().rules.asks_when_it_boots {
            node.hold(ctx);
        } else {
            let lower = ctx.config().below(node.id).collect();
            node.lead(lower, ctx);
        }
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::AreYouUp { call } => ctx.send(from, Message::Up { call }),
            Message::Halt { call, known } => {
                self.learn(known);
                self.on_halt(from, call, ctx);
            }
            Message::NewCoordinator { call, reign } => {
                self.learn(reign);
                self.on_new_coordinator(from, call, reign, ctx);
            }
            Message::Ready { call, reign } => self.on_ready(from, call, reign, ctx),
            Message::AreYouNormal { call } => self.on_are_you_normal(from, call, ctx),
            Message::Halted { call, known } => {
                self.learn(known);
                if call == self.call {
                    self.on_answer(from, message, ctx);
                }
            }
            Message::Up { call }
            | Message::Noted { call }
            | Message::Working { call }
            | Message::Normality { call, .. } => {
                if call == self.call {
                    self.on_answer(from, message, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        assert_eq!(timer, self.timer, "no other timer is set");
        match timer {
            Timer::Call => self.give_up(ctx),
            Timer::Silence => self.suspect(ctx),
            Timer::Check => {
                let members = ctx.config().members.iter().copied();
                ctx.broadcast(members, &Message::AreYouNormal { call: self.call });
                self.wait(ctx);
            }
        }
    }

    fn view(&self) -> View {
        let Some((coordinator, term)) = self.state.coordinator() else {
            return View {
                role: Role::Candidate,
                term: self.next_reign(),
                leader: None,
                members: None,
            };
        };
        let role = if coordinator == self.id { Role::Leader } else { Role::Follower };
        View { role, term, leader: Some(coordinator), members: None }
    }

    fn plays(&self, role: &str) -> bool {
        match self.view().role {
            Role::Follower => role == "follower",
            Role::Candidate => role == "candidate",
            Role::Leader => role == "leader",
        }
    }

    fn claims(message: &Message) -> Option<Observation> {
        match *message {
            Message::NewCoordinator { reign, .. } | Message::Ready { reign, .. } => {
                Some(Observation::LeaderElected { term: reign })
            }
            _ => None,
        }
    }
}

impl Algorithm for Bully1982 {
    type Settings = Settings;

    const NAME: &'static str = "election-bully-1982";
    const SUMMARY: &'static str =
        "Bully as its author wrote it: all are halted before one is named (Garcia-Molina 1982)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["reign"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::LeaderElected { term } => Some((0, term.0)),
            _ => None,
        }
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        // A node that hears only some of the others, or is heard by them alone, upsets them all.
        Requirement::LiveQuorumConnected
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        let members = || config.members.clone();
        vec![
            Box::new(SameCoordinator::new(members())),
            Box::new(OneCoordinator::new(members(), Duration::ZERO)),
            Box::new(HighestLeads::new(members(), config.asking())),
            Box::new(GroupAgreement::new(members(), config.settle())),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.clone()))]
    }
}
