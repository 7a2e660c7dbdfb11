//! The lock of Ricart and Agrawala: a reply is the permission, and it is held back instead of a
//! release being sent.
//!
//! Glenn Ricart and Ashok Agrawala, "An optimal algorithm for mutual exclusion in computer
//! networks", CACM 24(1), 1981.
//!
//! Who wants the lock sends a request with a number above all that it has seen to everybody
//! (REQUEST) and holds the lock when all have replied (REPLY). A peer that is asked replies at
//! once, unless it holds the lock or wants it and its own request comes first - it has the lower
//! number, or the same and comes from the lower node. Then it replies when it has released it.
//!
//! Messages may overtake one another. They may also come twice: a reply names the request that it
//! answers, and so that no two requests of a peer have the same number, it counts its own among
//! those that it has seen (in the paper it need not).
//!
//! # Messages
//! 2(n-1) each time: n-1 REQUEST and n-1 REPLY.

use super::section::{Command, LOCK, Section, Timer};
use super::served::RequestServed;
use super::settings::{Peers, Settings, assumptions, rules_of};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{
    Fifo, LyingObserver, MutualExclusion, NoWaitCycle, Observation, Phase, Stamp, Tenure, View,
};
use crate::metric::Metric;
use crate::protocol::{Context, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What peers say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender wants the lock.
    Request {
        /// The number of the request.
        clock: u64,
    },
    /// The sender lets the receiver go first.
    Reply {
        /// The request that it answers.
        clock: u64,
    },
}
crate::words!(Message { Request => "request", Reply => "reply" });

/// The decisions that make it safe and fair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    /// Of two requests with the same number that of the lower node comes first.
    breaks_ties: bool,
    /// A number is above all that were seen.
    learns_numbers: bool,
    /// After this time without a reply a peer is taken for dead, and asked no longer.
    patience: Option<Duration>,
}

impl Rules {
    /// As in the paper.
    const SOUND: Rules = Rules { breaks_ties: true, learns_numbers: true, patience: None };

    fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "ties-not-broken" => Some(Rules { breaks_ties: false, ..Rules::SOUND }),
            "numbers-not-learned" => Some(Rules { learns_numbers: false, ..Rules::SOUND }),
            "silence-taken-for-death" => {
                Some(Rules { patience: Some(Duration::from_secs(1)), ..Rules::SOUND })
            }
            _ => None,
        }
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ties-not-broken",
        summary: "of two requests with the same number neither lets the other go first",
        breaks: &["no-wait-cycle"],
        source: "Ricart and Agrawala 1981, section 2.1: ties are broken by node numbers",
    },
    Mutant {
        name: "numbers-not-learned",
        summary: "who asks often is served before who has waited for long",
        breaks: &["fifo"],
        source: "Ricart and Agrawala 1981, section 2.1: the highest number seen",
    },
    Mutant {
        name: "silence-taken-for-death",
        summary: "who does not reply for a second is taken for dead and needed no longer",
        breaks: &["mutual-exclusion", "fifo"],
        source: "Ricart and Agrawala 1981, section 6.1: who is removed must have failed",
    },
];

/// Settings that are complete.
#[derive(Clone, Debug)]
pub struct Config {
    peers: Peers,
    rules: Rules,
}

/// A peer of Ricart and Agrawala's lock.
#[derive(Debug)]
pub struct RicartAgrawala {
    id: NodeId,
    section: Section,
    /// The number of its latest request.
    own: u64,
    /// The highest number that it has seen.
    highest: u64,
    /// Who has replied to its latest request.
    replies: BTreeSet<NodeId>,
    /// Whose requests it will answer when it has released the lock.
    deferred: BTreeMap<NodeId, u64>,
}

impl RicartAgrawala {
    fn request(&mut self, ctx: &mut Context<'_, Self>) {
        let Config { peers, rules } = ctx.config();
        self.own = self.highest + 1;
        self.highest = self.own;
        self.replies.clear();
        let (clock, request) = (self.own, self.section.request());
        let stamp = Stamp { clock, node: self.id };
        ctx.observe(Observation::Stamped { lock: LOCK, request, stamp });
        ctx.broadcast(peers.members.iter().copied(), &Message::Request { clock });
        if let Some(patience) = rules.patience {
            ctx.set_timer(Timer::Suspect, patience);
        }
        self.enter_if_all_replied(ctx);
    }

    fn enter_if_all_replied(&mut self, ctx: &mut Context<'_, Self>) {
        if self.section.waits() && self.replies.len() == ctx.config().peers.others() {
            self.section.enter(ctx);
        }
    }

    /// Somebody wants the lock.
    fn on_request(&mut self, from: NodeId, clock: u64, ctx: &mut Context<'_, Self>) {
        let rules = ctx.config().rules;
        if rules.learns_numbers {
            self.highest = self.highest.max(clock);
        }
        let goes_first = match rules.breaks_ties {
            true => (self.own, self.id) < (clock, from),
            false => self.own <= clock,
        };
        let defers = match self.section.phase() {
            Phase::Idle => false,
            Phase::Waits => goes_first,
            Phase::Holds => true,
        };
        if defers {
            // An old request may come again after a new one.
            let deferred = self.deferred.entry(from).or_default();
            *deferred = clock.max(*deferred);
            let waits = Stamp { clock: *deferred, node: from };
            let behind = Stamp { clock: self.own, node: self.id };
            ctx.observe(Observation::HeldBack { lock: LOCK, waits, behind });
        } else {
            ctx.send(from, Message::Reply { clock });
        }
    }
}

impl Protocol for RicartAgrawala {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        RicartAgrawala {
            id: ctx.id(),
            section: Section::new(&ctx.config().peers),
            own: 0,
            highest: 0,
            replies: BTreeSet::new(),
            deferred: BTreeMap::new(),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Request { clock } => self.on_request(from, clock, ctx),
            Message::Reply { clock } if clock == self.own => {
                self.replies.insert(from);
                self.enter_if_all_replied(ctx);
            }
            Message::Reply { .. } => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        if timer == Timer::Suspect {
            if self.section.waits() {
                self.section.enter(ctx);
            }
            return;
        }
        self.section.leave(ctx);
        for (to, clock) in std::mem::take(&mut self.deferred) {
            ctx.send(to, Message::Reply { clock });
        }
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
        self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for RicartAgrawala {
    type Settings = Settings;

    const NAME: &'static str = "lock-ricart-agrawala";
    const SUMMARY: &'static str =
        "Ricart-Agrawala: a reply held back is a lock not yet released (CACM 1981)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
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
            Box::new(Fifo::default()),
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
