//! Workload w2: the harness's own Raft election core, driven through the contract.

use serde::{Deserialize, Serialize};
use stormseed::engine::{Flow, Observer, Record, Setup, Simulation, What};
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, Label, NodeId};
use stormseed::protocol::{Context, Durable, Never, Protocol};
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

pub(crate) const NODES: u32 = 5;
const HEARTBEAT: Duration = Duration::from_millis(50);
const ELECTION_MIN: Duration = Duration::from_millis(150);
const ELECTION_MAX: Duration = Duration::from_millis(300);
const CRASH_EVERY: Duration = Duration::from_secs(5);
const RESTART_AFTER: Duration = Duration::from_secs(2);
const END: Duration = Duration::from_secs(60);
const TIMEOUT: Label = Label::new("election-timeout");

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    RequestVote { term: u32 },
    Vote { term: u32, granted: bool },
    Heartbeat { term: u32 },
    HeartbeatAck { term: u32 },
}
stormseed::words!(Message {
    RequestVote => "request-vote",
    Vote => "vote",
    Heartbeat => "heartbeat",
    HeartbeatAck => "heartbeat-ack",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Timer {
    Election,
    Heartbeat,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Elected {
    Elected { term: u32 },
}
stormseed::words!(Elected { Elected => "elected" });

/// Term and vote survive a crash.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    term: u32,
    voted: Option<NodeId>,
}

impl Durable for Kept {
    type Write = Kept;
    fn apply(&mut self, write: &Kept) {
        *self = *write;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Follower,
    Candidate,
    Leader,
}

#[derive(Debug)]
pub(crate) struct Raft {
    kept: Kept,
    role: Role,
    votes: u64,
}

fn others() -> impl Iterator<Item = NodeId> {
    (0..NODES).map(NodeId::new)
}

impl Raft {
    fn arm_election(ctx: &mut Context<'_, Self>) {
        let timeout = ctx.draw_duration(TIMEOUT, ELECTION_MIN..=ELECTION_MAX);
        ctx.set_timer(Timer::Election, timeout);
    }

    fn keep(&self, ctx: &mut Context<'_, Self>) {
        ctx.persist(self.kept);
        ctx.sync();
    }

    fn step_down(&mut self, term: u32, ctx: &mut Context<'_, Self>) {
        if term > self.kept.term {
            self.kept = Kept { term, voted: None };
            self.keep(ctx);
        }
        if self.role == Role::Leader {
            Self::arm_election(ctx);
        }
        self.role = Role::Follower;
    }

    fn beat(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(others(), &Message::Heartbeat { term: self.kept.term });
        ctx.set_timer(Timer::Heartbeat, HEARTBEAT);
    }

    fn stand(&mut self, ctx: &mut Context<'_, Self>) {
        self.role = Role::Candidate;
        self.kept = Kept { term: self.kept.term + 1, voted: Some(ctx.id()) };
        self.votes = 1 << ctx.id().number();
        self.keep(ctx);
        ctx.broadcast(others(), &Message::RequestVote { term: self.kept.term });
        Self::arm_election(ctx);
    }

    fn on_vote(&mut self, from: NodeId, term: u32, granted: bool, ctx: &mut Context<'_, Self>) {
        if term > self.kept.term {
            self.step_down(term, ctx);
        } else if self.role == Role::Candidate && term == self.kept.term && granted {
            self.votes |= 1 << from.number();
            if self.votes.count_ones() * 2 > NODES {
                self.role = Role::Leader;
                ctx.observe(Elected::Elected { term });
                ctx.cancel_timer(Timer::Election);
                self.beat(ctx);
            }
        }
    }
}

impl Protocol for Raft {
    type Config = ();
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Elected;
    type View = ();
    type Durable = Kept;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        Self::arm_election(ctx);
        Raft { kept: *ctx.durable(), role: Role::Follower, votes: 0 }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::RequestVote { term } => {
                if term > self.kept.term {
                    self.step_down(term, ctx);
                }
                let is_free = self.kept.voted.is_none() || self.kept.voted == Some(from);
                let granted = term == self.kept.term && is_free;
                if granted {
                    self.kept.voted = Some(from);
                    self.keep(ctx);
                    Self::arm_election(ctx);
                }
                ctx.send(from, Message::Vote { term: self.kept.term, granted });
            }
            Message::Vote { term, granted } => self.on_vote(from, term, granted, ctx),
            Message::Heartbeat { term } => {
                if term >= self.kept.term {
                    self.step_down(term, ctx);
                    Self::arm_election(ctx);
                }
                ctx.send(from, Message::HeartbeatAck { term: self.kept.term });
            }
            Message::HeartbeatAck { term } => {
                if term > self.kept.term {
                    self.step_down(term, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match timer {
            Timer::Election if self.role != Role::Leader => self.stand(ctx),
            Timer::Heartbeat if self.role == Role::Leader => self.beat(ctx),
            _ => {}
        }
    }

    fn view(&self) {}

    fn plays(&self, role: &str) -> bool {
        role == "leader" && self.role == Role::Leader
    }
}

/// Never two leaders in a term, judged after every record.
#[derive(Default)]
pub(crate) struct OneLeader {
    by_term: Vec<Option<NodeId>>,
    pub(crate) elections: u64,
}

impl Observer<Raft> for OneLeader {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, Raft>, _: &World) -> Flow {
        if let What::Observed { observation: Elected::Elected { term }, .. } = record.what {
            let term = *term as usize;
            if self.by_term.len() <= term {
                self.by_term.resize(term + 1, None);
            }
            let leader = self.by_term[term].get_or_insert(record.node);
            assert_eq!(*leader, record.node, "two leaders in a term");
            self.elections += 1;
        }
        Flow::Continue
    }
}

fn crashes() -> Vec<Fault> {
    let crash = |nth: u32| Fault {
        id: FaultId(nth),
        when: When::At(SimTime::ZERO + CRASH_EVERY.saturating_mul(u64::from(nth))),
        who: Target::Role("leader".into()),
        action: Action::Crash { after_effect: None, disk: DiskFate::Synced },
        lasts: Some(RESTART_AFTER),
        struck: None,
    };
    (1..12).map(crash).collect()
}

/// A run of one seed, with or without the crashes and the digests.
pub(crate) fn run(seed: u64, crashing: bool, digests: bool) -> (Simulation<Raft>, OneLeader) {
    let mut schedule = Schedule::calm(NODES as usize, SimTime::ZERO + END);
    if crashing {
        schedule.faults = crashes();
    }
    let mut setup = Setup::new((), schedule, seed);
    setup.digests = digests;
    (Simulation::new(setup), OneLeader::default())
}
