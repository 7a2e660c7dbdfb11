//! Pings and replies in large worlds: a full mesh, with partitions or without, and sparse graphs.

use serde::{Deserialize, Serialize};
use stormseed::engine::{Flow, Observer, Record, Setup, Simulation, What};
use stormseed::fault::{Action, Fault, Target, When};
use stormseed::id::{FaultId, Label, NodeId};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::rng::Stream;
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::topology::{Cut, Topology};
use stormseed::world::World;

const TICK: Duration = Duration::from_millis(10);
const PHASE: Label = Label::new("phase");
const PARTNER: Label = Label::new("partner");
/// A partition comes so often, and goes after half the time.
const PARTITION_EVERY: Duration = Duration::from_millis(100);
const GROUPS: u32 = 3;

/// Whom a node pings.
#[derive(Clone, Debug)]
pub(crate) enum Partners {
    /// Any other of so many.
    All(u64),
    /// One of its neighbours.
    Neighbours(Vec<Vec<NodeId>>),
}

#[derive(Debug)]
pub(crate) struct Pinger;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    Ping,
    Pong,
}
stormseed::words!(Message { Ping => "ping", Pong => "pong" });

impl Protocol for Pinger {
    type Config = Partners;
    type Message = Message;
    type Timer = ();
    type Command = Never;
    type Observation = Never;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let phase = ctx.draw_duration(PHASE, Duration::ZERO..=TICK);
        ctx.set_timer((), phase);
        Pinger
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        if let Message::Ping = message {
            ctx.send(from, Message::Pong);
        }
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        ctx.set_timer((), TICK);
        let last = match ctx.config() {
            Partners::All(nodes) => nodes - 2,
            Partners::Neighbours(of) => of[ctx.id().index()].len() as u64 - 1,
        };
        let nth = ctx.draw(PARTNER, 0..=last) as u32;
        let partner = match ctx.config() {
            Partners::All(_) => NodeId::new(nth + u32::from(nth >= ctx.id().number())),
            Partners::Neighbours(of) => of[ctx.id().index()][nth as usize],
        };
        ctx.send(partner, Message::Ping);
    }

    fn view(&self) {}
}

/// Nobody is told more than was sent; judged after every record until enough has happened.
pub(crate) struct Judge {
    sent: u64,
    told: u64,
    events: u64,
}

impl Observer<Pinger> for Judge {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, Pinger>, _: &World) -> Flow {
        match record.what {
            What::Sent { .. } => self.sent += 1,
            What::Delivered { .. } => self.told += 1,
            _ => {}
        }
        assert!(self.told <= self.sent, "a message was made of nothing");
        if record.event >= self.events { Flow::Enough } else { Flow::Continue }
    }
}

/// The worlds by name.
pub(crate) const WORLDS: &[&str] =
    &["mesh", "mesh-near", "groups", "ring", "grid", "regular", "grid-far", "regular-far"];

/// A run of so many nodes that ends with this event. Everybody pings neighbours; in a mesh, and in
/// the worlds called `far`, anybody; in the mesh called `near` those who would be its neighbours on
/// a ring.
pub(crate) fn run(world: &str, nodes: u32, events: u64) -> (Simulation<Pinger>, Judge) {
    let (shape, whom) = world.split_once('-').unwrap_or((world, ""));
    let side = nodes.isqrt();
    let topology = match shape {
        "ring" => Topology::ring(nodes),
        "grid" => Topology::grid(side, nodes / side),
        "regular" => Topology::regular(nodes, 4, &mut Stream::new(1, "topology")),
        _ => Topology::FullMesh,
    };
    let near = if whom == "near" { Topology::ring(nodes) } else { topology.clone() };
    let partners = match &near {
        Topology::Sparse { links, .. } if whom != "far" => {
            let mut of = vec![Vec::new(); nodes as usize];
            links.iter().for_each(|(from, to)| of[from.index()].push(*to));
            Partners::Neighbours(of)
        }
        _ => Partners::All(u64::from(nodes)),
    };
    let mut schedule = Schedule::calm(nodes as usize, SimTime::MAX);
    if shape == "groups" {
        schedule.faults = (1..=100).map(|nth| partition(nth, nodes)).collect();
    }
    let mut setup = Setup::new(partners, schedule, 1);
    setup.conditions.network.topology = topology;
    setup.conditions.budgets.events = u64::MAX;
    (Simulation::new(setup), Judge { sent: 0, told: 0, events })
}

fn partition(nth: u32, nodes: u32) -> Fault {
    let group = |first: u32| (first..nodes).step_by(GROUPS as usize).map(NodeId::new).collect();
    Fault {
        id: FaultId(nth),
        when: When::At(SimTime::ZERO + PARTITION_EVERY.saturating_mul(u64::from(nth))),
        who: Target::All,
        action: Action::Partition(Cut::Groups((0..GROUPS).map(group).collect())),
        lasts: Some(Duration::from_millis(50)),
        struck: None,
    }
}
