//! Chang-Roberts: numbers go one way round the ring, and the best comes home.
//!
//! Ernest Chang and Rosemary Roberts, "An improved algorithm for decentralized extrema-finding in
//! circular configurations of processes", CACM 22(5), 1979.
//!
//! An initiator sends its number to its successor. A candidate that a better number reaches has
//! lost and hands it on; a number that it beats it stops; its own, come home, says that it has won.
//! Who has lost hands on whatever comes. The winner's name then goes round once (ELECTED).
//!
//! # Messages
//! When all of n nodes initiate and links keep the order of messages, between 2n-1 and n(n+1)/2
//! numbers are sent, and n H_n on average over all arrangements; and n ELECTED. Where messages
//! overtake one another it costs more: a number that comes behind a better one finds a node that
//! has lost, who stops nothing.

use super::settings::CHANG_ROBERTS_MUTANTS;
use super::{BestInitiatorWins, Config, Contender, OneLap, OneWinner, Settings, Stage};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{AcceptedLeader, Leadership, Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use serde::{Deserialize, Serialize};

/// What a node says to its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Somebody with this number stands.
    Election {
        /// The candidate's number.
        number: u64,
    },
    /// The election is over.
    Elected {
        /// The winner's number.
        number: u64,
        /// The winner.
        leader: NodeId,
    },
}

crate::words!(Message { Election => "election", Elected => "elected" });

/// A node of a ring as Chang and Roberts have it.
#[derive(Debug)]
pub struct ChangRoberts {
    own: Contender,
}

impl ChangRoberts {
    fn hand_on(&self, message: Message, ctx: &mut Context<'_, Self>) {
        ctx.send(ctx.config().successor(self.own.id), message);
    }

    fn on_election(&mut self, number: u64, ctx: &mut Context<'_, Self>) {
        let Config { order, rules, .. } = ctx.config();
        if number == self.own.number {
            // Home. Whoever stands no longer has had it before, and it ends here all the same.
            if self.own.stage == Stage::Candidate {
                self.win(ctx);
            }
            return;
        }
        if self.own.contends() && order.beats(self.own.number, number) {
            if rules.stops_what_it_beats {
                return;
            }
        } else if self.own.contends() {
            self.own.enter(Stage::Lost, ctx);
        }
        self.hand_on(Message::Election { number }, ctx);
    }

    fn win(&mut self, ctx: &mut Context<'_, Self>) {
        self.own.enter(Stage::Leads, ctx);
        if !ctx.config().is_alone() {
            self.hand_on(Message::Elected { number: self.own.number, leader: self.own.id }, ctx);
        }
    }
}

impl Protocol for ChangRoberts {
    type Config = Config;
    type Message = Message;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let own = ctx.config().contender(ctx);
        let mut node = ChangRoberts { own };
        match node.own.stage {
            Stage::Candidate if ctx.config().is_alone() => node.win(ctx),
            Stage::Candidate => node.hand_on(Message::Election { number: node.own.number }, ctx),
            _ => {}
        }
        node
    }

    fn on_message(&mut self, _: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Election { number } => self.on_election(number, ctx),
            Message::Elected { leader, .. } if leader == self.own.id => {}
            Message::Elected { number, leader } => {
                self.own.enter(Stage::Follows { leader, number }, ctx);
                self.hand_on(message, ctx);
            }
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {
        unreachable!("a ring rests on no time and sets no timer")
    }

    fn view(&self) -> View {
        self.own.view()
    }

    fn plays(&self, role: &str) -> bool {
        self.own.plays(role)
    }

    fn claims(message: &Message) -> Option<Observation> {
        match *message {
            Message::Election { number } => {
                Some(Observation::ElectionStarted { term: Term(number) })
            }
            Message::Elected { .. } => None,
        }
    }
}

impl Algorithm for ChangRoberts {
    type Settings = Settings;

    const NAME: &'static str = "election-chang-roberts";
    const SUMMARY: &'static str =
        "Chang-Roberts: the best number goes round a ring and comes home (CACM 1979)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const MUTANTS: &'static [Mutant] = CHANG_ROBERTS_MUTANTS;

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(settings, roles, Self::MUTANTS)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(BestInitiatorWins::by(config.order)),
            Box::new(OneWinner::default()),
            Box::new(OneLap::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.clone()))]
    }
}
