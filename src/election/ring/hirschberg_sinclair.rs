//! Hirschberg-Sinclair: numbers go both ways round the ring, twice as far in each phase.
//!
//! D. S. Hirschberg and J. B. Sinclair, "Decentralized extrema-finding in circular configurations
//! of processors", CACM 23(11), 1980.
//!
//! In phase k a candidate sends its number (OUT) 2^k nodes far both ways. Who is beaten by it has
//! lost and hands it on; who beats it stops it. At the end of its way it turns round (IN). A
//! candidate whose two have come home is the best of its surroundings and begins the next phase;
//! one whom its own OUT reaches, all round the ring, has won. Its name then goes round once.
//!
//! # Messages
//! At most 8n(1 + ceil(log2 n)), OUT and IN together, since few are left in late phases: two
//! candidates of phase k are more than 2^(k-1) nodes apart. Counts below the bound depend on when
//! one stops counting: ours say it.

use super::settings::HIRSCHBERG_SINCLAIR_MUTANTS;
use super::{BestInitiatorWins, Config, Contender, OneWinner, Settings, Stage};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{AcceptedLeader, Leadership, Observation, View};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use serde::{Deserialize, Serialize};

/// The two ways round the ring. With two nodes both lead to the same neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// To the successor.
    Onward,
    /// To the predecessor.
    Backward,
}

impl Way {
    const fn turned(self) -> Way {
        match self {
            Way::Onward => Way::Backward,
            Way::Backward => Way::Onward,
        }
    }
}

/// What a node says to a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Somebody with this number stands.
    Out {
        /// The candidate's number.
        number: u64,
        /// It is to go 2^phase nodes far.
        phase: u32,
        /// How far it has come, from 1.
        hops: u64,
        /// Where it goes.
        way: Way,
    },
    /// The number on its way home: nobody as far as it went beats it.
    In {
        /// The candidate's number.
        number: u64,
        /// The phase of the OUT that turned round.
        phase: u32,
        /// Where it goes.
        way: Way,
    },
    /// The election is over.
    Elected {
        /// The winner's number.
        number: u64,
        /// The winner.
        leader: NodeId,
    },
}

crate::words!(Message { Out => "out", In => "in", Elected => "elected" });

/// A node of a ring as Hirschberg and Sinclair have it.
#[derive(Debug)]
pub struct HirschbergSinclair {
    own: Contender,
    /// Whether it initiated: its number then stops those that it beats even when it has lost.
    has_stood: bool,
    phase: u32,
    /// From where the first of this phase's two INs came home.
    home: Option<Way>,
}

impl HirschbergSinclair {
    fn send(&self, way: Way, message: Message, ctx: &mut Context<'_, Self>) {
        let to = match way {
            Way::Onward => ctx.config().successor(self.own.id),
            Way::Backward => ctx.config().predecessor(self.own.id),
        };
        ctx.send(to, message);
    }

    /// Sends its number both ways, as far as the phase says.
    fn probe(&mut self, ctx: &mut Context<'_, Self>) {
        self.home = None;
        for way in [Way::Onward, Way::Backward] {
            let (number, phase) = (self.own.number, self.phase);
            self.send(way, Message::Out { number, phase, hops: 1, way }, ctx);
        }
    }

    fn on_out(
        &mut self,
        number: u64,
        phase: u32,
        hops: u64,
        way: Way,
        ctx: &mut Context<'_, Self>,
    ) {
        let order = ctx.config().order;
        if number == self.own.number {
            if self.own.stage == Stage::Candidate {
                self.win(ctx);
            }
            return;
        }
        if self.has_stood && order.beats(self.own.number, number) {
            return;
        }
        if self.own.contends() {
            self.own.enter(Stage::Lost, ctx);
        }
        if hops < 1 << phase {
            self.send(way, Message::Out { number, phase, hops: hops + 1, way }, ctx);
        } else {
            let way = way.turned();
            self.send(way, Message::In { number, phase, way }, ctx);
        }
    }

    fn on_in(&mut self, number: u64, phase: u32, way: Way, ctx: &mut Context<'_, Self>) {
        if number != self.own.number {
            return self.send(way, Message::In { number, phase, way }, ctx);
        }
        if self.own.stage != Stage::Candidate || phase != self.phase {
            return;
        }
        if !ctx.config().rules.wins_by_out_alone {
            return self.win(ctx);
        }
        match self.home {
            None => self.home = Some(way),
            // A second copy of the same one says nothing of the other side.
            Some(first) if first == way => {}
            Some(_) => {
                self.phase += 1;
                self.probe(ctx);
            }
        }
    }

    fn win(&mut self, ctx: &mut Context<'_, Self>) {
        self.own.enter(Stage::Leads, ctx);
        if !ctx.config().is_alone() {
            let (number, leader) = (self.own.number, self.own.id);
            self.send(Way::Onward, Message::Elected { number, leader }, ctx);
        }
    }
}

impl Protocol for HirschbergSinclair {
    type Config = Config;
    type Message = Message;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let own = ctx.config().contender(ctx);
        let has_stood = own.contends();
        let mut node = HirschbergSinclair { own, has_stood, phase: 0, home: None };
        match node.own.stage {
            Stage::Candidate if ctx.config().is_alone() => node.win(ctx),
            Stage::Candidate => node.probe(ctx),
            _ => {}
        }
        node
    }

    fn on_message(&mut self, _: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Out { number, phase, hops, way } => {
                self.on_out(number, phase, hops, way, ctx);
            }
            Message::In { number, phase, way } => self.on_in(number, phase, way, ctx),
            Message::Elected { leader, .. } if leader == self.own.id => {}
            Message::Elected { number, leader } => {
                self.own.enter(Stage::Follows { leader, number }, ctx);
                self.send(Way::Onward, message, ctx);
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
}

impl Algorithm for HirschbergSinclair {
    type Settings = Settings;

    const NAME: &'static str = "election-hirschberg-sinclair";
    const SUMMARY: &'static str =
        "Hirschberg-Sinclair: numbers go both ways round a ring, ever further (CACM 1980)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower", "candidate"];
    const MUTANTS: &'static [Mutant] = HIRSCHBERG_SINCLAIR_MUTANTS;

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
        vec![Box::new(BestInitiatorWins::by(config.order)), Box::new(OneWinner::default())]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.clone()))]
    }
}
