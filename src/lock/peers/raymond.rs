//! Raymond's lock: the token goes along the edges of a tree, to where it was asked for.
//!
//! Kerry Raymond, "A tree-based algorithm for distributed mutual exclusion", ACM Transactions on
//! Computer Systems 7(1), 1989.
//!
//! The peers form a tree: here the one that spans the scenario's topology. Each knows in which
//! direction the token is (HOLDER) and keeps a queue of those neighbours that want it from there,
//! itself among them. A peer whose queue is not empty asks in that direction, once (REQUEST). Who
//! has the token and does not need it sends it to the first of its queue (PRIVILEGE), and points in
//! that direction from then on; if others are left in its queue it asks for the token back.
//!
//! Messages may overtake one another: a request that follows the token over an edge and comes
//! before it finds its place in the queue all the same. They may also come twice: requests are
//! numbered and the token counts how often it has been handed on, so that copies are known.
//!
//! # Messages
//! None each time that the token is there already, else at most twice the diameter of the tree
//! where nobody else wants it; the more peers wait, the fewer each time, down to 4 at most.

use super::section::{Command, LOCK, Section, Timer};
use super::served::RequestServed;
use super::settings::{Peers, Settings, assumptions, rules_of};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{LyingObserver, MutualExclusion, Observation, OneToken, Tenure, View};
use crate::metric::Metric;
use crate::protocol::{Context, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What neighbours say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender, or somebody behind it, wants the token.
    Request {
        /// Which of the sender's requests this is.
        number: u64,
    },
    /// The token.
    Privilege {
        /// How often it has been handed on.
        passes: u64,
    },
}
crate::words!(Message { Request => "request", Privilege => "privilege" });

/// The decisions that make it safe and live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    /// A token that was here before is a copy.
    refuses_copies: bool,
    /// Who hands the token on while others wait for it asks for it back.
    asks_for_it_back: bool,
}

impl Rules {
    /// As in the paper; that a message may come twice it does not consider.
    const SOUND: Rules = Rules { refuses_copies: true, asks_for_it_back: true };

    fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "privilege-accepted-twice" => Some(Rules { refuses_copies: false, ..Rules::SOUND }),
            "never-asks-for-it-back" => Some(Rules { asks_for_it_back: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "privilege-accepted-twice",
        summary: "a copy of the token, which the network has made, is a token too",
        breaks: &["mutual-exclusion", "one-token"],
        source: "Raymond 1989: that each message arrives once is assumed",
    },
    Mutant {
        name: "never-asks-for-it-back",
        summary: "who hands the token on leaves those behind it waiting",
        breaks: &[],
        source: "Raymond 1989: a REQUEST follows the PRIVILEGE if the queue is not empty",
    },
];

/// Settings that are complete, and the tree.
#[derive(Clone, Debug)]
pub struct Config {
    peers: Peers,
    /// Of each peer the next on the way to n0; n0 of itself.
    tree: Vec<NodeId>,
    rules: Rules,
}

/// A peer of Raymond's lock.
#[derive(Debug)]
pub struct Raymond {
    id: NodeId,
    section: Section,
    /// Where the token is: here, or behind this neighbour.
    holder: NodeId,
    /// Which neighbours want the token from here, in the order in which they asked.
    queue: VecDeque<NodeId>,
    /// Whether it has asked for the token, and not had it since.
    has_asked: bool,
    /// How many requests it has sent.
    requests: u64,
    /// The number of each neighbour's latest request.
    heard: BTreeMap<NodeId, u64>,
    /// How often the token had been handed on when it was here last.
    passes: u64,
}

impl Raymond {
    /// A neighbour wants the token, or this peer itself does.
    fn is_wanted_by(&mut self, node: NodeId, ctx: &mut Context<'_, Self>) {
        self.queue.push_back(node);
        self.assign(ctx);
        self.ask(ctx);
    }

    /// The token goes to whoever is first: ASSIGN_PRIVILEGE of the paper.
    fn assign(&mut self, ctx: &mut Context<'_, Self>) {
        if self.holder != self.id || self.section.holds() {
            return;
        }
        let Some(next) = self.queue.pop_front() else { return };
        if next == self.id {
            return self.section.enter(ctx);
        }
        self.holder = next;
        self.has_asked = false;
        self.passes += 1;
        ctx.observe(Observation::TokenSent { lock: LOCK, to: next });
        ctx.send(next, Message::Privilege { passes: self.passes });
    }

    /// Who is wanted by somebody wants the token: MAKE_REQUEST of the paper.
    fn ask(&mut self, ctx: &mut Context<'_, Self>) {
        if self.holder == self.id || self.queue.is_empty() || self.has_asked {
            return;
        }
        self.has_asked = true;
        self.requests += 1;
        ctx.send(self.holder, Message::Request { number: self.requests });
    }

    fn receive(&mut self, from: NodeId, passes: u64, ctx: &mut Context<'_, Self>) {
        if passes <= self.passes && ctx.config().rules.refuses_copies {
            return;
        }
        self.passes = passes;
        ctx.observe(Observation::TokenReceived { lock: LOCK, from });
        self.holder = self.id;
        self.has_asked = false;
        self.go_on(ctx);
    }

    /// The token is here and was in use, or has just come.
    fn go_on(&mut self, ctx: &mut Context<'_, Self>) {
        self.assign(ctx);
        if ctx.config().rules.asks_for_it_back {
            self.ask(ctx);
        }
    }
}

impl Protocol for Raymond {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let Config { peers, tree, .. } = ctx.config();
        let id = ctx.id();
        let mut node = Raymond {
            id,
            section: Section::new(peers),
            holder: tree[id.index()],
            queue: VecDeque::new(),
            has_asked: false,
            requests: 0,
            heard: BTreeMap::new(),
            passes: 0,
        };
        if node.holder == id {
            node.receive(id, 1, ctx);
        }
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Request { number } => {
                let heard = self.heard.entry(from).or_default();
                if number > *heard {
                    *heard = number;
                    self.is_wanted_by(from, ctx);
                }
            }
            Message::Privilege { passes } => self.receive(from, passes, ctx),
        }
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        self.section.leave(ctx);
        self.go_on(ctx);
        if self.section.begins(ctx) {
            self.is_wanted_by(self.id, ctx);
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        if self.section.is_asked(command, ctx) {
            self.is_wanted_by(self.id, ctx);
        }
    }

    fn view(&self) -> View {
        self.section.view()
    }

    fn plays(&self, role: &str) -> bool {
        role == "token" && self.holder == self.id || self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for Raymond {
    type Settings = Settings;

    const NAME: &'static str = "lock-raymond";
    const SUMMARY: &'static str =
        "Raymond: the token goes along the edges of a spanning tree (TOCS 1989)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter", "token"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let rules = rules_of(settings.mutant.as_deref(), Rules::SOUND, Rules::of_mutant, MUTANTS)?;
        let peers = Peers::new(&settings, roles)?;
        let Some(links) = roles.links() else {
            return Err("each seed draws its own topology: a tree can be planned on fixed links \
                        only; take another `shape`"
                .to_owned());
        };
        let tree = links.spanning_tree(peers.members.len() as u32).ok_or(
            "no tree spans the topology: link every node to n0, over others or not, in both \
             directions",
        )?;
        Ok(Config { peers, tree, rules })
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
