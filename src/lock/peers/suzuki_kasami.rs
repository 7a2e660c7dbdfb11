//! The lock of Suzuki and Kasami: who has the token has the lock, and the token knows who waits.
//!
//! Ichiro Suzuki and Tadao Kasami, "A distributed mutual exclusion algorithm", ACM Transactions on
//! Computer Systems 3(4), 1985.
//!
//! Who wants the lock and does not have the token numbers its request and sends it to all
//! (REQUEST). Each remembers the highest number of each. The token knows of each peer which of its
//! requests was served last, and holds a queue of those who wait: whoever releases the lock adds
//! to it all whose latest request is the one after that, and sends the token to the first (TOKEN).
//! Who has the token and does not need it sends it at once to whom asks. The first node has it at
//! the beginning.
//!
//! Messages may overtake one another. They may also come twice: the token counts how often it has
//! been handed on, and a peer does not take one that it has seen before for the one there is.
//!
//! # Messages
//! None each time that the token is there already, else n: n-1 REQUEST and the TOKEN.

use super::section::{Command, LOCK, Section, Timer};
use super::served::RequestServed;
use super::settings::{Peers, Settings, assumptions, rules_of};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{
    LyingObserver, MutualExclusion, Observation, OneToken, Phase, Tenure, View,
};
use crate::metric::Metric;
use crate::protocol::{Context, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What peers say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender wants the token.
    Request {
        /// Which of its requests this is.
        number: u64,
    },
    /// The token.
    Token(Token),
}
crate::words!(Message { Request => "request", Token => "token" });

/// What there is one of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// How often it has been handed on.
    passes: u64,
    /// Of each peer, in their order, which of its requests was served last: LN of the paper.
    served: Vec<u64>,
    /// Who gets it next: Q of the paper.
    queue: VecDeque<NodeId>,
}

/// The decisions that make it safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    /// A token that was here before is a copy.
    refuses_copies: bool,
    /// After this time without the token it is taken for lost, and made anew.
    patience: Option<Duration>,
}

impl Rules {
    /// As in the paper; that a message may come twice it does not consider.
    const SOUND: Rules = Rules { refuses_copies: true, patience: None };

    fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "token-accepted-twice" => Some(Rules { refuses_copies: false, ..Rules::SOUND }),
            "token-made-anew" => {
                Some(Rules { patience: Some(Duration::from_secs(1)), ..Rules::SOUND })
            }
            _ => None,
        }
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "token-accepted-twice",
        summary: "a copy of the token, which the network has made, is a token too",
        breaks: &["mutual-exclusion", "one-token"],
        source: "Suzuki and Kasami 1985: that each message arrives once is assumed",
    },
    Mutant {
        name: "token-made-anew",
        summary: "who waits for a second takes the token for lost and makes another",
        breaks: &["mutual-exclusion", "one-token"],
        source: "Suzuki and Kasami 1985: a lost token is found to be lost by all, or not at all",
    },
];

/// Settings that are complete.
#[derive(Clone, Debug)]
pub struct Config {
    peers: Peers,
    rules: Rules,
}

/// A peer of Suzuki and Kasami's lock.
#[derive(Debug)]
pub struct SuzukiKasami {
    id: NodeId,
    section: Section,
    /// The token, if it is here.
    token: Option<Token>,
    /// Of each peer, in their order, the highest number of a request heard of: RN of the paper.
    heard: Vec<u64>,
    /// How often the token had been handed on when it came here last.
    passes: u64,
}

impl SuzukiKasami {
    fn request(&mut self, ctx: &mut Context<'_, Self>) {
        let own = self.id.index();
        self.heard[own] += 1;
        if self.token.is_some() {
            return self.section.enter(ctx);
        }
        let Config { peers, rules } = ctx.config();
        let request = Message::Request { number: self.heard[own] };
        ctx.broadcast(peers.members.iter().copied(), &request);
        if let Some(patience) = rules.patience {
            ctx.set_timer(Timer::Suspect, patience);
        }
    }

    fn receive(&mut self, from: NodeId, token: Token, ctx: &mut Context<'_, Self>) {
        if token.passes <= self.passes && ctx.config().rules.refuses_copies {
            return;
        }
        self.passes = token.passes;
        ctx.observe(Observation::TokenReceived { lock: LOCK, from });
        self.token = Some(token);
        ctx.cancel_timer(Timer::Suspect);
        // A copy may come where nobody waits for it.
        match self.section.phase() {
            Phase::Waits => self.section.enter(ctx),
            Phase::Idle => self.hand_on(ctx),
            Phase::Holds => {}
        }
    }

    /// Whether this peer's latest request is the one after that which was served last.
    fn is_waiting(&self, node: NodeId, token: &Token) -> bool {
        self.heard[node.index()] == token.served[node.index()] + 1
    }

    /// Has been served, and sends the token to whoever waits first, if anybody does.
    fn hand_on(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(mut token) = self.token.take() else { return };
        let own = self.id.index();
        token.served[own] = self.heard[own];
        for node in ctx.config().peers.members.iter().copied() {
            if self.is_waiting(node, &token) && !token.queue.contains(&node) {
                token.queue.push_back(node);
            }
        }
        let Some(to) = token.queue.pop_front() else {
            self.token = Some(token);
            return;
        };
        token.passes += 1;
        self.passes = self.passes.max(token.passes);
        ctx.observe(Observation::TokenSent { lock: LOCK, to });
        ctx.send(to, Message::Token(token));
    }

    /// Makes a token of what it knows, in the belief that there is none.
    fn make_anew(&mut self, ctx: &mut Context<'_, Self>) {
        let mut served = self.heard.clone();
        served[self.id.index()] -= 1;
        let token = Token { passes: self.passes + 1, served, queue: VecDeque::new() };
        self.receive(self.id, token, ctx);
    }
}

impl Protocol for SuzukiKasami {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let Config { peers, .. } = ctx.config();
        let count = peers.members.len();
        let mut node = SuzukiKasami {
            id: ctx.id(),
            section: Section::new(peers),
            token: None,
            heard: vec![0; count],
            passes: 0,
        };
        if node.id == peers.members[0] {
            let token = Token { passes: 1, served: vec![0; count], queue: VecDeque::new() };
            node.receive(node.id, token, ctx);
        }
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Request { number } => {
                let heard = &mut self.heard[from.index()];
                *heard = number.max(*heard);
                if self.section.phase() == Phase::Idle {
                    self.hand_on(ctx);
                }
            }
            Message::Token(token) => self.receive(from, token, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        if timer == Timer::Suspect {
            return self.make_anew(ctx);
        }
        self.section.leave(ctx);
        self.hand_on(ctx);
        if self.section.begins(ctx) {
            self.request(ctx);
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        if self.section.is_asked(command, ctx) {
            self.request(ctx);
        }
    }

    fn view(&self) -> View {
        self.section.view()
    }

    fn plays(&self, role: &str) -> bool {
        role == "token" && self.token.is_some() || self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for SuzukiKasami {
    type Settings = Settings;

    const NAME: &'static str = "lock-suzuki-kasami";
    const SUMMARY: &'static str =
        "Suzuki-Kasami: who has the token has the lock, and asks all for it (TOCS 1985)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter", "token"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let rules = rules_of(settings.mutant.as_deref(), Rules::SOUND, Rules::of_mutant, MUTANTS)?;
        Ok(Config { peers: Peers::new(&settings, roles)?, rules })
    }

    fn assumes(_: &Config) -> Assumptions {
        assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(MutualExclusion::default()),
            Box::new(OneToken::default()),
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
