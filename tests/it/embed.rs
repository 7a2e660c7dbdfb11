//! A protocol inside a protocol: a counter that is replicated by Raft, on one disk.
//!
//! The counter is what has been applied; it is not on disk, and a restart counts again from the
//! log. What it shows of composition is in [`Counter::within`]: one lift, one room.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use stormseed::election::raft::{self, Raft};
use stormseed::election::spec::{LogIndex, Observation};
use stormseed::id::{Label, NodeId};
use stormseed::protocol::{
    Context, Durable, Effect, Input, Lift, NodeLuck, Now, Process, Protocol,
};
use stormseed::time::{LocalTime, WallTime};

#[derive(Debug)]
struct Counter {
    raft: Raft<u64>,
    room: Vec<Effect<Raft<u64>>>,
    applied: LogIndex,
    value: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Message {
    Raft(raft::Message<u64>),
}
stormseed::words!(Message { ; in Raft(raft::Message<u64>) });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Command {
    Add(u64),
}
stormseed::words!(Command { Add => "add" });

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Said {
    Counted { value: u64 },
    Refused { leader: Option<NodeId> },
    Raft(Observation),
}
stormseed::words!(Said { Counted => "counted", Refused => "refused"; in Raft(Observation) });

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Timer {
    Raft(raft::Timer),
}

#[derive(Clone, Debug, Default, Serialize)]
struct Disk {
    raft: raft::Durable<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Write {
    Raft(raft::Write<u64>),
}

impl Durable for Disk {
    type Write = Write;
    fn apply(&mut self, write: &Write) {
        let Write::Raft(write) = write;
        self.raft.apply(write);
    }
}

const LIFT: Lift<Raft<u64>, Counter> = Lift {
    config: |config| config,
    durable: |disk| &mut disk.raft,
    message: Message::Raft,
    timer: Timer::Raft,
    write: Write::Raft,
    observation: Said::Raft,
};

impl Counter {
    /// Lets Raft take a step, and applies what that committed.
    fn within<R>(
        &mut self,
        ctx: &mut Context<'_, Self>,
        step: impl FnOnce(&mut Raft<u64>, &mut Context<'_, Raft<u64>>) -> R,
    ) -> R {
        let raft = &mut self.raft;
        let answer = ctx.embed(&mut self.room, &LIFT, |inner| step(raft, inner));
        let before = self.applied;
        for (index, entry) in self.raft.committed(&ctx.durable().raft, before) {
            self.applied = index;
            self.value += entry.command.unwrap_or(0);
        }
        if self.applied > before {
            ctx.promise(Said::Counted { value: self.value });
        }
        answer
    }
}

impl Protocol for Counter {
    type Config = raft::Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Said;
    type View = u64;
    type Durable = Disk;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let mut room = Vec::new();
        let raft = ctx.embed(&mut room, &LIFT, Raft::boot);
        Counter { raft, room, applied: LogIndex(0), value: 0 }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        let Message::Raft(message) = message;
        self.within(ctx, |raft, inner| raft.on_message(from, message, inner));
    }

    fn on_timer(&mut self, Timer::Raft(timer): Timer, ctx: &mut Context<'_, Self>) {
        self.within(ctx, |raft, inner| raft.on_timer(timer, inner));
    }

    fn on_command(&mut self, Command::Add(amount): Command, ctx: &mut Context<'_, Self>) {
        if let Err(refusal) = self.within(ctx, |raft, inner| raft.propose(amount, inner)) {
            ctx.observe(Said::Refused { leader: refusal.leader });
        }
    }

    fn view(&self) -> u64 {
        self.value
    }
}

struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, _: Label, low: u64, _: u64) -> u64 {
        low
    }
}

/// Three servers with perfect disks on a perfect network; time stands still.
struct Cluster {
    config: raft::Config,
    nodes: Vec<Process<Counter>>,
    flying: VecDeque<(NodeId, NodeId, Message)>,
    said: Vec<(NodeId, Said)>,
}

impl Cluster {
    fn of_three() -> Self {
        let servers: Vec<_> = (0..3).map(NodeId::new).collect();
        let config = raft::Settings::default().config(&servers).expect("the defaults are sound");
        let node = |&id: &NodeId| Process::new(id, Disk::default());
        let nodes = servers.iter().map(node).collect();
        let mut cluster = Cluster { config, nodes, flying: VecDeque::new(), said: Vec::new() };
        servers.into_iter().for_each(|id| cluster.tell(id, Input::Boot));
        cluster
    }

    /// Tells a node something, and delivers all that follows from it.
    fn tell(&mut self, to: NodeId, input: Input<Counter>) {
        self.step(to, input);
        while let Some((from, to, message)) = self.flying.pop_front() {
            if self.nodes[to.index()].state().is_some() {
                self.step(to, Input::Message { from, message });
            }
        }
    }

    fn step(&mut self, id: NodeId, input: Input<Counter>) {
        let now = Now { monotonic: LocalTime::ZERO, wall: WallTime::ZERO };
        let mut effects = Vec::new();
        self.nodes[id.index()].step(&self.config, now, &mut NoLuck, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message, .. } => self.flying.push_back((id, to, message)),
                Effect::Observe(said) | Effect::Promise(said) => self.said.push((id, said)),
                _ => {}
            }
        }
    }

    fn values(&self) -> Vec<Option<u64>> {
        self.nodes.iter().map(|node| node.state().map(Protocol::view)).collect()
    }
}

const N0: NodeId = NodeId::new(0);
const N1: NodeId = NodeId::new(1);
const ELECTION: Input<Counter> = Input::Timer(Timer::Raft(raft::Timer::Election));
const HEARTBEAT: Input<Counter> = Input::Timer(Timer::Raft(raft::Timer::Heartbeat));

#[test]
fn a_counter_on_raft_is_the_same_everywhere() {
    let mut cluster = Cluster::of_three();
    cluster.tell(N0, ELECTION);
    cluster.tell(N0, Input::Command(Command::Add(5)));
    cluster.tell(N0, Input::Command(Command::Add(37)));
    assert_eq!(cluster.values()[0], Some(42));
    cluster.tell(N0, HEARTBEAT);
    assert_eq!(cluster.values(), [Some(42); 3]);
}

#[test]
fn a_counter_on_raft_refuses_where_it_does_not_lead_and_says_who_does() {
    let mut cluster = Cluster::of_three();
    cluster.tell(N0, ELECTION);
    cluster.tell(N1, Input::Command(Command::Add(1)));
    assert_eq!(cluster.said.last(), Some(&(N1, Said::Refused { leader: Some(N0) })));
}

#[test]
fn a_counter_on_raft_counts_again_after_a_restart() {
    let mut cluster = Cluster::of_three();
    cluster.tell(N0, ELECTION);
    cluster.tell(N0, Input::Command(Command::Add(7)));
    cluster.tell(N0, HEARTBEAT);
    let disk = cluster.nodes[0].durable().clone();
    cluster.nodes[0].crash(disk);
    cluster.tell(N1, ELECTION);
    cluster.tell(N1, Input::Command(Command::Add(1)));
    assert_eq!(cluster.values(), [None, Some(8), Some(7)]);
    cluster.tell(N0, Input::Boot);
    assert_eq!(cluster.values()[0], Some(0));
    cluster.tell(N1, HEARTBEAT);
    cluster.tell(N1, HEARTBEAT);
    assert_eq!(cluster.values(), [Some(8); 3]);
}
