//! A protocol without a will of its own: it does what its strings say, so that a test can make any
//! step happen. Orders come by boot, timer, message, command or sync, and are lists of [`Op`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stormseed::id::{Label, NodeId};
use stormseed::protocol::{Context, Durable, Protocol, Synced};
use stormseed::time::Duration;

pub const DRAW: Label = Label::new("any");

/// One thing that a puppet does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    Send(u32, Word),
    SendNow(u32, Word),
    /// So many messages to a node, numbered from zero.
    Flood(u32, u64),
    Persist(u64),
    Sync,
    /// Sets a timer, which then does these things.
    Set(u8, u64, Vec<Op>),
    /// As `Set`, and the timer sets itself again.
    Every(u8, u64, Vec<Op>),
    Cancel(u8),
    Believe(u64),
    Promise(u64),
    /// From now on it plays the role `leader`, or no longer.
    Lead(bool),
    /// Declares what its monotonic clock says.
    TellClock,
    /// Declares what its wall clock says.
    TellWall,
    /// Declares what is on its disk.
    TellDisk,
    /// Declares whether it has just booted from a disk whose last write is torn.
    TellTorn,
    /// Declares a value drawn from 0 to this one.
    Draw(u64),
}

/// What puppets say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    Talk(u64),
    Gossip(u64),
    Task(u64, Vec<Op>),
}
stormseed::words!(Word { Talk => "talk", Gossip => "gossip", Task => "task" });

/// What a puppet is told to do from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    Do(Vec<Op>),
    /// What is asked under this number is answered by a belief or a promise of it.
    Ask(u64, Vec<Op>),
}
stormseed::words!(Order { Do => "do", Ask => "ask" });

/// What a puppet declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    Belief(u64),
    Promise(u64),
    Clock(u64),
    Wall(u64),
    Disk(Vec<u64>),
    Drew(u64),
    Torn(bool),
}
stormseed::words!(Said {
    Belief => "belief", Promise => "promise", Clock => "clock", Wall => "wall", Disk => "disk",
    Drew => "drew", Torn => "torn",
});

/// A list of what was written, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Log(pub Vec<u64>);

impl Durable for Log {
    type Write = u64;
    fn apply(&mut self, write: &u64) {
        self.0.push(*write);
    }
}

/// What all puppets do of their own accord.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// At every boot, by node; nothing beyond the list.
    pub boot: Vec<Vec<Op>>,
    /// Whenever a sync is done.
    pub synced: Vec<Op>,
    /// Whenever a sync has failed.
    pub sync_failed: Vec<Op>,
    /// For a `Talk`.
    pub talk: Vec<Op>,
}

#[derive(Debug)]
pub struct Puppet {
    tasks: BTreeMap<u8, (Vec<Op>, Option<u64>)>,
    leads: bool,
}

impl Puppet {
    fn perform(&mut self, ops: &[Op], ctx: &mut Context<'_, Self>) {
        for op in ops {
            match op.clone() {
                Op::Send(to, word) => ctx.send(NodeId::new(to), word),
                Op::SendNow(to, word) => ctx.send_now(NodeId::new(to), word),
                Op::Flood(to, count) => {
                    (0..count).for_each(|nth| ctx.send(NodeId::new(to), Word::Gossip(nth)));
                }
                Op::Persist(value) => ctx.persist(value),
                Op::Sync => ctx.sync(),
                Op::Set(timer, after, ops) => {
                    self.tasks.insert(timer, (ops, None));
                    ctx.set_timer(timer, Duration::from_nanos(after));
                }
                Op::Every(timer, after, ops) => {
                    self.tasks.insert(timer, (ops, Some(after)));
                    ctx.set_timer(timer, Duration::from_nanos(after));
                }
                Op::Cancel(timer) => ctx.cancel_timer(timer),
                Op::Believe(value) => ctx.observe(Said::Belief(value)),
                Op::Promise(value) => ctx.promise(Said::Promise(value)),
                Op::Lead(leads) => self.leads = leads,
                Op::TellClock => ctx.observe(Said::Clock(ctx.monotonic().as_nanos())),
                Op::TellWall => ctx.observe(Said::Wall(ctx.wall().as_nanos())),
                Op::TellDisk => ctx.observe(Said::Disk(ctx.durable().0.clone())),
                Op::TellTorn => ctx.observe(Said::Torn(ctx.found_torn())),
                Op::Draw(high) => {
                    let drew = ctx.draw(DRAW, 0..=high);
                    ctx.observe(Said::Drew(drew));
                }
            }
        }
    }
}

impl Protocol for Puppet {
    type Config = Script;
    type Message = Word;
    type Timer = u8;
    type Command = Order;
    type Observation = Said;
    type View = bool;
    type Durable = Log;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let mut puppet = Puppet { tasks: BTreeMap::new(), leads: false };
        let ops = ctx.config().boot.get(ctx.id().index());
        puppet.perform(ops.map_or(&[], Vec::as_slice), ctx);
        puppet
    }

    fn on_message(&mut self, _: NodeId, word: Word, ctx: &mut Context<'_, Self>) {
        match word {
            Word::Talk(_) => self.perform(&ctx.config().talk, ctx),
            Word::Gossip(_) => {}
            Word::Task(_, ops) => self.perform(&ops, ctx),
        }
    }

    fn on_timer(&mut self, timer: u8, ctx: &mut Context<'_, Self>) {
        let (ops, again) = self.tasks.get(&timer).expect("a timer that was set has a task").clone();
        if let Some(after) = again {
            ctx.set_timer(timer, Duration::from_nanos(after));
        }
        self.perform(&ops, ctx);
    }

    fn on_command(&mut self, order: Order, ctx: &mut Context<'_, Self>) {
        let (Order::Do(ops) | Order::Ask(_, ops)) = order;
        self.perform(&ops, ctx);
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        match synced {
            Synced::Done => self.perform(&ctx.config().synced, ctx),
            Synced::Failed => self.perform(&ctx.config().sync_failed, ctx),
        }
    }

    fn answers(&self, order: &Order, said: &Said, _: &Log) -> bool {
        match (order, said) {
            (Order::Ask(asked, _), Said::Belief(said) | Said::Promise(said)) => asked == said,
            _ => false,
        }
    }

    fn view(&self) -> bool {
        self.leads
    }

    fn plays(&self, role: &str) -> bool {
        role == "leader" && self.leads
    }
}
