//! The state machine of one member.

use super::gossip::Gossip;
use super::message::{Message, Said};
use super::rules::MUTANTS;
use super::settings::{Config, Settings, Targets};
use super::status::{News, Status};
use crate::algorithm::{Algorithm, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::detector::spec::{
    Incarnation, MembershipAgreement, Observation, OwnIncarnation, TrueMembership, View,
};
use crate::id::{Label, NodeId};
use crate::invariant::Invariant;
use crate::protocol::{Context, Never, Protocol};
use serde::Serialize;
use std::collections::BTreeMap;

const TARGET: Label = Label::new("target");
const PROXY: Label = Label::new("proxy");

/// A member of the group.
#[derive(Debug)]
pub struct Swim {
    id: NodeId,
    incarnation: Incarnation,
    period: u64,
    /// Whom it pings in this period, until an ack is there.
    target: Option<NodeId>,
    /// Who is still to be pinged before the order is drawn anew.
    turn: Vec<NodeId>,
    /// The latest news of each other member.
    known: BTreeMap<NodeId, News>,
    gossip: Gossip,
}

/// What a member waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// The end of the period.
    Period,
    /// An ack, before it asks others to ask.
    Ack,
    /// The refutation of a suspected member.
    Suspicion(NodeId),
}

impl Swim {
    fn begin_period(&mut self, ctx: &mut Context<'_, Self>) {
        self.period += 1;
        self.target = self.next_target(ctx);
        ctx.set_timer(Timer::Period, ctx.config().settings.period);
        if let Some(target) = self.target {
            self.say(target, Said::Ping { period: self.period, asker: self.id }, ctx);
            ctx.set_timer(Timer::Ack, ctx.config().settings.ping_timeout);
        }
    }

    fn next_target(&mut self, ctx: &mut Context<'_, Self>) -> Option<NodeId> {
        if self.turn.is_empty() || ctx.config().settings.targets == Targets::Random {
            self.turn = self.known.keys().copied().collect();
        }
        let last = self.turn.len().checked_sub(1)?;
        let place = ctx.draw(TARGET, 0..=last as u64);
        Some(self.turn.remove(place as usize))
    }

    /// Nobody has heard of the target for the whole period.
    fn end_period(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(silent) = self.target.take() else { return };
        let known = self.known[&silent];
        if known.status != Status::Alive {
            return;
        }
        let raised = u64::from(!ctx.config().rules.leaves_incarnations_to_their_member);
        let incarnation = Incarnation(known.incarnation.0 + raised);
        self.learn(News { incarnation, status: Status::Suspected, member: silent }, ctx);
    }

    fn ask_others(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(target) = self.target else { return };
        let alive = |news: &&News| news.status == Status::Alive && news.member != target;
        let mut others: Vec<NodeId> =
            self.known.values().filter(alive).map(|news| news.member).collect();
        for _ in 0..ctx.config().settings.proxies {
            let Some(last) = others.len().checked_sub(1) else { return };
            let proxy = others.remove(ctx.draw(PROXY, 0..=last as u64) as usize);
            self.say(proxy, Said::PingReq { period: self.period, target }, ctx);
        }
    }

    /// Sends a message with news. Whoever does not seem to be alive is told so, to refute it.
    fn say(&mut self, to: NodeId, said: Said, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let mut news = self.gossip.pick(config.settings.news as usize, config.times());
        let of_receiver = self.known.get(&to).filter(|known| known.status != Status::Alive);
        if let Some(known) = of_receiver.filter(|known| !news.contains(known)) {
            news.push(*known);
        }
        ctx.send(to, Message { said, news });
    }

    fn learn(&mut self, news: News, ctx: &mut Context<'_, Self>) {
        if news.member == self.id {
            return self.hear_of_itself(news, ctx);
        }
        let Some(known) = self.known.get_mut(&news.member) else { return };
        if !news.overrides(known) {
            return;
        }
        let before = std::mem::replace(known, news).status;
        self.gossip.add(news);
        let News { incarnation, status, member } = news;
        ctx.cancel_timer(Timer::Suspicion(member));
        match status {
            Status::Alive if before == Status::Alive => {}
            Status::Alive => ctx.observe(Observation::Restored { member, incarnation }),
            Status::Suspected => {
                ctx.observe(Observation::Suspected { member, incarnation });
                ctx.set_timer(Timer::Suspicion(member), ctx.config().settings.suspicion);
            }
            Status::Gone => ctx.observe(Observation::Confirmed { member, incarnation }),
        }
    }

    /// It is suspected, or taken to be gone: it claims to be alive in a new incarnation. If it has
    /// done so already, whoever is behind is told again: the news of it are told no more.
    fn hear_of_itself(&mut self, news: News, ctx: &mut Context<'_, Self>) {
        if news.status == Status::Alive {
            return;
        }
        if news.incarnation >= self.incarnation {
            let raised = u64::from(ctx.config().rules.refutes_in_a_new_incarnation);
            self.incarnation = Incarnation(news.incarnation.0 + raised);
            ctx.observe(Observation::Refuted { incarnation: self.incarnation });
        } else if !ctx.config().rules.repeats_its_refutation {
            return;
        }
        let (incarnation, member) = (self.incarnation, self.id);
        self.gossip.add(News { incarnation, status: Status::Alive, member });
    }

    fn confirm(&mut self, member: NodeId, ctx: &mut Context<'_, Self>) {
        let known = self.known[&member];
        self.learn(News { status: Status::Gone, ..known }, ctx);
    }

    fn with_status(&self, status: Status) -> impl Iterator<Item = NodeId> + '_ {
        self.known.values().filter(move |news| news.status == status).map(|news| news.member)
    }
}

impl Protocol for Swim {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let id = ctx.id();
        let others = ctx.config().members.iter().copied().filter(|member| *member != id);
        let mut member = Swim {
            id,
            incarnation: Incarnation(0),
            period: 0,
            target: None,
            turn: Vec::new(),
            known: others.map(|other| (other, News::first(other))).collect(),
            gossip: Gossip::default(),
        };
        member.begin_period(ctx);
        member
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        for news in message.news {
            self.learn(news, ctx);
        }
        match message.said {
            Said::Ping { period, asker } => {
                self.say(from, Said::Ack { period, asker, target: self.id }, ctx);
            }
            Said::PingReq { period, target } => {
                self.say(target, Said::Ping { period, asker: from }, ctx);
            }
            Said::Ack { period, asker, target } if asker != self.id => {
                self.say(asker, Said::Ack { period, asker, target }, ctx);
            }
            Said::Ack { period, target, .. } => {
                if period == self.period && self.target == Some(target) {
                    self.target = None;
                    ctx.cancel_timer(Timer::Ack);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match timer {
            Timer::Period => {
                self.end_period(ctx);
                self.begin_period(ctx);
            }
            Timer::Ack => self.ask_others(ctx),
            Timer::Suspicion(member) => self.confirm(member, ctx),
        }
    }

    fn view(&self) -> View {
        View {
            suspected: self.with_status(Status::Suspected).collect(),
            gone: self.with_status(Status::Gone).collect(),
        }
    }

    fn plays(&self, role: &str) -> bool {
        role == "suspicious" && self.with_status(Status::Suspected).next().is_some()
    }
}

impl Algorithm for Swim {
    type Settings = Settings;

    const NAME: &'static str = "detector-swim";
    const SUMMARY: &'static str =
        "SWIM: members ask one another and pass on who seems gone (Das, Gupta and Motivala 2002)";
    const ROLES: &'static [&'static str] = &["members"];
    const TARGETS: &'static [&'static str] = &["suspicious"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["incarnation"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::Refuted { incarnation } => Some((0, incarnation.0)),
            _ => None,
        }
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(settings, roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::LiveQuorumConnected
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        let agreement = MembershipAgreement::new(config.members.clone(), config.settle());
        vec![Box::new(OwnIncarnation::default()), Box::new(agreement)]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(TrueMembership::of(config.members.clone()))]
    }
}
