//! The state machine of one node.

use super::message::{Attempt, Message};
use super::rules::MUTANTS;
use super::settings::{Config, Settings};
use super::watch::Watch;
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{
    AcceptedLeader, GroupAgreement, HighestLeads, Leadership, Observation, OneCoordinator, Role,
    Term, View,
};
use crate::id::{Label, NodeId};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use crate::time::Duration;
use serde::Serialize;

const INCARNATION: Label = Label::new("incarnation");

/// A node of a Bully election.
#[derive(Debug)]
pub struct Bully {
    stage: Stage,
    /// The latest reign it knows of.
    known: Term,
    /// Its latest election.
    attempt: Attempt,
    /// What watches the coordinator that it follows.
    watch: Option<Watch>,
    id: NodeId,
}

/// What a node does; each stage has one timer, which ends it or renews it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It follows a coordinator, and suspects it when it is silent.
    Follows { leader: NodeId, reign: Term },
    /// It has asked all higher nodes, and leads if none answers.
    Stands,
    /// A higher node has answered: that one or another is to announce itself.
    Waits,
    /// It leads, and says so again and again.
    Leads { reign: Term },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// To tell all others that it still leads.
    Heartbeat,
    /// For a heartbeat of its coordinator.
    Suspect,
    /// For an OK of a higher node.
    Ok,
    /// For the COORDINATOR of a higher node.
    Coordinator,
}

impl Stage {
    const fn timer(&self) -> Timer {
        match self {
            Stage::Follows { .. } => Timer::Suspect,
            Stage::Stands => Timer::Ok,
            Stage::Waits => Timer::Coordinator,
            Stage::Leads { .. } => Timer::Heartbeat,
        }
    }
}

impl Bully {
    fn enter(&mut self, stage: Stage, ctx: &mut Context<'_, Self>) {
        if let Stage::Leads { reign } = self.stage {
            ctx.observe(Observation::LeaderStepped { term: reign });
        }
        if self.stage.timer() != stage.timer() {
            ctx.cancel_timer(self.stage.timer());
        }
        self.stage = stage;
        self.wait(ctx);
    }

    /// Sets the timer of the stage, or sets it again.
    fn wait(&self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let timer = self.stage.timer();
        let after = match timer {
            Timer::Heartbeat => config.heartbeat,
            Timer::Suspect => self.patience(ctx),
            Timer::Ok => config.ok_timeout,
            Timer::Coordinator => config.coordinator_timeout,
        };
        ctx.set_timer(timer, after);
    }

    /// How much longer the coordinator may be silent.
    fn patience(&self, ctx: &Context<'_, Self>) -> Duration {
        let watch = self.watch.as_ref().expect("a follower watches its coordinator");
        watch.patience(ctx.config(), ctx.monotonic())
    }

    /// Holds an election: asks all higher nodes, and leads at once if there is none.
    fn hold(&mut self, ctx: &mut Context<'_, Self>) {
        self.enter(Stage::Stands, ctx);
        self.attempt.number += 1;
        ctx.observe(Observation::ElectionStarted { term: self.next_reign() });
        let config = ctx.config();
        let question = Message::Election { attempt: self.attempt, known: self.known };
        ctx.broadcast(config.above(self.id), &question);
        if config.above(self.id).next().is_none() {
            self.lead(ctx);
        }
    }

    fn lead(&mut self, ctx: &mut Context<'_, Self>) {
        let reign = self.next_reign();
        self.known = reign;
        self.enter(Stage::Leads { reign }, ctx);
        ctx.observe(Observation::LeaderElected { term: reign });
        ctx.broadcast(ctx.config().below(self.id), &Message::Coordinator { reign });
    }

    fn follow(&mut self, leader: NodeId, reign: Term, ctx: &mut Context<'_, Self>) {
        assert!(leader > self.id, "a node follows only higher ones");
        let stage = Stage::Follows { leader, reign };
        let now = ctx.monotonic();
        if self.stage == stage {
            self.watch.iter_mut().for_each(|watch| watch.hear(now));
            return self.wait(ctx);
        }
        self.watch = Some(Watch::new(ctx.config(), now));
        self.enter(stage, ctx);
        ctx.observe(Observation::LeaderAccepted { leader, term: reign });
    }

    /// A lower node asks. A coordinator has held its election and repeats what came of it.
    fn answer(&mut self, asker: NodeId, attempt: Attempt, ctx: &mut Context<'_, Self>) {
        ctx.send(asker, Message::Ok { attempt, known: self.known });
        match self.stage {
            Stage::Leads { reign } => ctx.send(asker, Message::Coordinator { reign }),
            Stage::Follows { .. } => self.hold(ctx),
            Stage::Stands | Stage::Waits => {}
        }
    }

    fn on_heartbeat(&mut self, from: NodeId, reign: Term, ctx: &mut Context<'_, Self>) {
        let heeds_rivals = ctx.config().rules.heeds_rivals;
        match self.stage {
            Stage::Follows { leader, .. } if from == leader => self.follow(from, reign, ctx),
            Stage::Follows { leader, .. } if from > leader && heeds_rivals => {
                self.follow(from, reign, ctx);
            }
            Stage::Leads { .. } if heeds_rivals => self.meet(from, reign, ctx),
            _ => {}
        }
    }

    /// Two coordinators: the higher bullies the lower, who follows.
    fn meet(&mut self, rival: NodeId, reign: Term, ctx: &mut Context<'_, Self>) {
        if rival > self.id {
            self.follow(rival, reign, ctx);
        } else {
            self.hold(ctx);
        }
    }

    const fn next_reign(&self) -> Term {
        Term(self.known.0 + 1)
    }

    fn learn(&mut self, reign: Term) {
        self.known = self.known.max(reign);
    }
}

impl Protocol for Bully {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let incarnation = ctx.draw(INCARNATION, 0..=u64::from(u32::MAX));
        let mut node = Bully {
            stage: Stage::Stands,
            known: Term(0),
            attempt: Attempt { incarnation, number: 0 },
            watch: None,
            id: ctx.id(),
        };
        if ctx.config().rules.asks_when_it_boots {
            node.hold(ctx);
        } else {
            node.lead(ctx);
        }
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Election { attempt, known } => {
                self.learn(known);
                self.answer(from, attempt, ctx);
            }
            Message::Ok { attempt, known } => {
                self.learn(known);
                if self.stage == Stage::Stands && attempt == self.attempt {
                    self.enter(Stage::Waits, ctx);
                }
            }
            Message::Coordinator { reign } if from > self.id => {
                self.learn(reign);
                self.follow(from, reign, ctx);
            }
            // Astray: a coordinator tells those below it.
            Message::Coordinator { .. } => {}
            Message::Heartbeat { reign } => {
                self.learn(reign);
                self.on_heartbeat(from, reign, ctx);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        assert_eq!(timer, self.stage.timer(), "the timers of other stages are cancelled");
        match self.stage {
            Stage::Follows { .. } | Stage::Waits => self.hold(ctx),
            Stage::Stands => self.lead(ctx),
            Stage::Leads { reign } => {
                let members = ctx.config().members.iter().copied();
                ctx.broadcast(members, &Message::Heartbeat { reign });
                self.wait(ctx);
            }
        }
    }

    fn view(&self) -> View {
        match self.stage {
            Stage::Follows { leader, reign } => {
                View { role: Role::Follower, term: reign, leader: Some(leader), members: None }
            }
            Stage::Stands | Stage::Waits => {
                View { role: Role::Candidate, term: self.next_reign(), leader: None, members: None }
            }
            Stage::Leads { reign } => {
                View { role: Role::Leader, term: reign, leader: Some(self.id), members: None }
            }
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self.stage {
            Stage::Follows { .. } => role == "follower",
            Stage::Stands | Stage::Waits => role == "candidate",
            Stage::Leads { .. } => role == "leader",
        }
    }

    fn claims(message: &Message) -> Option<Observation> {
        match *message {
            Message::Coordinator { reign } | Message::Heartbeat { reign } => {
                Some(Observation::LeaderElected { term: reign })
            }
            Message::Election { .. } | Message::Ok { .. } => None,
        }
    }
}

impl Algorithm for Bully {
    type Settings = Settings;

    const NAME: &'static str = "election-bully";
    const SUMMARY: &'static str =
        "Bully: the highest node that is up leads (Garcia-Molina 1982, as in the text-books)";
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
            Box::new(HighestLeads::new(members(), config.asking())),
            Box::new(OneCoordinator::new(members(), config.message_delay)),
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
