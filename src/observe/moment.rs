//! The world at a moment of a run, in words: what a debugger shows. A moment is a scenario, a seed
//! and a time or an event, so that one can go to any, backwards too.

use super::text::tell;
use crate::engine::Simulation;
use crate::id::NodeId;
use crate::protocol::{Protocol, Words};
use crate::time::{Clock, Drift, SimTime};
use crate::world::Condition;

/// Where in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// When all has happened that happens at or before this instant.
    At(SimTime),
    /// Behind this event.
    Behind(u64),
}

/// The world at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// True time.
    pub at: SimTime,
    /// The number of the last event.
    pub event: u64,
    /// Every node.
    pub nodes: Vec<NodeThen>,
    /// The messages on their way, those first that arrive first.
    pub flights: Vec<Flight>,
}

/// A node at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeThen {
    /// Which.
    pub node: NodeId,
    /// Whether it takes steps.
    pub condition: Condition,
    /// How often it has booted.
    pub boots: u32,
    /// What its monotonic clock says, in nanoseconds.
    pub monotonic: u64,
    /// What its wall clock is ahead of true time, in nanoseconds.
    pub wall_ahead: i64,
    /// The rate error of its clocks.
    pub drift: Drift,
    /// What it shows of itself; nothing of a node that is down.
    pub view: Option<String>,
    /// Its whole state, a field a line; nothing of a node that is down.
    pub state: Option<String>,
    /// The timers that are set, and when each is due in true time.
    pub timers: Vec<(String, SimTime)>,
    /// What its disk would hold after a crash.
    pub on_disk: String,
    /// How many writes are not on disk yet.
    pub unsaved: u64,
    /// How much waits for it while it stands still.
    pub mail: usize,
    /// The nodes that cannot hear it.
    pub unheard_by: Vec<NodeId>,
}

/// A message on its way at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Its sender.
    pub from: NodeId,
    /// Its receiver.
    pub to: NodeId,
    /// Its word.
    pub word: &'static str,
    /// What else it says.
    pub detail: String,
    /// When it arrives; `None` while a fault keeps it.
    pub arrives: Option<SimTime>,
}

impl Moment {
    /// The moment that a simulation has come to.
    pub fn of<P: Protocol>(simulation: &Simulation<P>) -> Moment {
        let world = simulation.world();
        let words = P::Message::words();
        let flights = simulation.on_the_way().into_iter().map(|flight| {
            let mut detail = String::new();
            tell(flight.message, true, &mut detail);
            let word = words[usize::from(flight.message.word())];
            let (from, to, arrives) = (flight.from, flight.to, flight.arrives);
            Flight { from, to, word, detail, arrives }
        });
        Moment {
            at: world.now(),
            event: world.event(),
            nodes: world.nodes().map(|node| then(simulation, node)).collect(),
            flights: flights.collect(),
        }
    }
}

fn then<P: Protocol>(simulation: &Simulation<P>, node: NodeId) -> NodeThen {
    let world = simulation.world();
    let status = world.node(node);
    let (monotonic, wall) = status.clock.read(world.now());
    let true_wall = Clock::WALL_EPOCH.as_nanos() + world.now().as_nanos();
    let state = simulation.state(node);
    let told = |view: P::View| {
        let mut text = String::new();
        tell(&view, false, &mut text);
        text
    };
    let timers = simulation.timers_of(node).into_iter();
    let cut = |other: &NodeId| *other != node && world.links().cut_by(node, *other).is_some();
    NodeThen {
        node,
        condition: status.condition,
        boots: status.boots,
        monotonic: monotonic.as_nanos(),
        wall_ahead: i128::from(wall.as_nanos())
            .saturating_sub(i128::from(true_wall))
            .clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64,
        drift: status.clock.drift(),
        view: state.map(|state| told(state.view())),
        state: state.map(|state| format!("{state:#?}")),
        timers: timers.map(|(timer, due)| (format!("{timer:?}"), due)).collect(),
        on_disk: format!("{:?}", simulation.on_disk(node)),
        unsaved: simulation.unsaved(node),
        mail: simulation.mail_of(node),
        unheard_by: world.nodes().filter(cut).collect(),
    }
}
