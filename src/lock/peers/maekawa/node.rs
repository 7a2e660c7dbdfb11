//! A peer: a requester now and then, an arbiter always.

use super::super::section::{Command, LOCK, Section, Timer};
use super::super::served::RequestServed;
use super::super::settings::{Peers, Settings, assumptions, rules_of};
use super::arbiter::{Arbiter, Say};
use super::message::Message;
use super::quorums::quorums;
use super::requester::Requester;
use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{
    LyingObserver, MutualExclusion, NoWaitCycle, Observation, Stamp, Tenure, View,
};
use crate::metric::Metric;
use crate::protocol::{Context, Protocol};
use std::collections::{BTreeSet, VecDeque};

/// Settings that are complete.
#[derive(Clone, Debug)]
pub struct Config {
    peers: Peers,
    /// Whom each peer asks.
    quorums: Vec<BTreeSet<NodeId>>,
    rules: Rules,
}

/// A peer of Maekawa's lock.
#[derive(Debug)]
pub struct Maekawa {
    id: NodeId,
    section: Section,
    /// Its logical clock.
    clock: u64,
    requester: Option<Requester>,
    arbiter: Arbiter,
    /// What it is about to say, to itself among others.
    says: Vec<Say>,
    /// What it has said to itself and not yet heard.
    own: VecDeque<Message>,
}

impl Maekawa {
    fn request(&mut self, ctx: &mut Context<'_, Self>) {
        self.clock += 1;
        let stamp = Stamp { clock: self.clock, node: self.id };
        ctx.observe(Observation::Stamped { lock: LOCK, request: self.section.request(), stamp });
        let quorum = &ctx.config().quorums[self.id.index()];
        self.requester = Some(Requester::ask(stamp, quorum, &mut self.says));
    }

    /// A message from another, or from itself.
    fn hear(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        let stamp = message.stamp();
        self.clock = self.clock.max(stamp.clock);
        match message {
            Message::Request { .. } | Message::Relinquish { .. } | Message::Release { .. } => {
                self.arbitrate(message, ctx);
            }
            Message::Locked { .. } | Message::Failed { .. } | Message::Inquire { .. } => {
                self.learn(from, message, ctx);
            }
        }
    }

    fn arbitrate(&mut self, message: Message, ctx: &mut Context<'_, Self>) {
        let rules = ctx.config().rules;
        let stamp = message.stamp();
        let before = self.arbiter.granted();
        let say = &mut self.says;
        match message {
            Message::Relinquish { .. } => self.arbiter.on_relinquish(stamp, say),
            Message::Release { .. } => self.arbiter.on_release(stamp, say),
            _ => self.arbiter.on_request(rules, stamp, say),
        }
        let is_new = self.arbiter.granted() != before;
        for (waits, behind) in self.arbiter.held_back() {
            if is_new || waits == stamp {
                ctx.observe(Observation::HeldBack { lock: LOCK, waits, behind });
            }
        }
    }

    /// What an arbiter says, unless it is about an earlier request.
    fn learn(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        let is_current = |requester: &&mut Requester| requester.stamp() == message.stamp();
        let Some(requester) = self.requester.as_mut().filter(is_current) else { return };
        let say = &mut self.says;
        match message {
            Message::Failed { .. } => requester.on_failed(from, say),
            Message::Inquire { .. } => requester.on_inquire(from, say),
            _ => requester.on_locked(from),
        }
        if self.section.waits() && requester.is_locked_by_all() {
            self.section.enter(ctx);
        }
    }

    /// Says what there is to say, and hears what it says to itself, until there is no more.
    fn speak(&mut self, ctx: &mut Context<'_, Self>) {
        loop {
            for (to, message) in self.says.drain(..) {
                match to == self.id {
                    true => self.own.push_back(message),
                    false => ctx.send(to, message),
                }
            }
            let Some(message) = self.own.pop_front() else { return };
            self.hear(self.id, message, ctx);
        }
    }
}

impl Protocol for Maekawa {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        Maekawa {
            id: ctx.id(),
            section: Section::new(&ctx.config().peers),
            clock: 0,
            requester: None,
            arbiter: Arbiter::default(),
            says: Vec::new(),
            own: VecDeque::new(),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        self.hear(from, message, ctx);
        self.speak(ctx);
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        self.section.leave(ctx);
        if let Some(requester) = self.requester.take() {
            requester.release(&mut self.says);
        }
        if self.section.begins(ctx) {
            self.request(ctx);
        }
        self.speak(ctx);
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        if self.section.is_asked(command, ctx) {
            self.request(ctx);
        }
        self.speak(ctx);
    }

    fn view(&self) -> View {
        View { granted_to: self.arbiter.granted().map(|stamp| stamp.node), ..self.section.view() }
    }

    fn plays(&self, role: &str) -> bool {
        self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for Maekawa {
    type Settings = Settings;

    const NAME: &'static str = "lock-maekawa";
    const SUMMARY: &'static str =
        "Maekawa: quorums that meet, and arbiters who grant one at a time (TOCS 1985)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let rules = rules_of(settings.mutant.as_deref(), Rules::SOUND, Rules::of_mutant, MUTANTS)?;
        let peers = Peers::new(&settings, roles)?;
        let quorums = quorums(&peers.members);
        Ok(Config { peers, quorums, rules })
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions { fifo_links: true, ..assumptions() }
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(MutualExclusion::default()),
            Box::new(NoWaitCycle::default()),
            Box::new(LyingObserver::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Tenure::default())]
    }

    fn services(_: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(RequestServed)]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        Command::of(word, arguments)
    }
}
