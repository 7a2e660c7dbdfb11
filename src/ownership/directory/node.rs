//! A node - coordinator, or one that has a directory - and what the catalog needs of it.

use super::flawed::{self, Flawed, MUTANTS};
use super::judges;
use super::said::{Named, Said};
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::hashing::{Member, MemberId, Placement, Replicas, Spread};
use crate::id::{Label, NodeId};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::ownership::coordinator::asked;
use crate::ownership::map::{Change, Map, disagreement_ppm, ideal_move_ppm};
use crate::ownership::message::Command;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::protocol::{Context, Durable, Protocol};
use serde::{Deserialize, Serialize};

const SALT: Label = Label::new("salt");

type Ctx<'a> = Context<'a, Directory>;

/// A node.
#[derive(Debug)]
pub enum Directory {
    /// The source of changes.
    Coordinator(Box<Map>),
    /// One that names owners.
    Node(Box<Names>),
}

/// A directory.
#[derive(Debug)]
pub struct Names {
    epoch: Epoch,
    placement: Either,
}

/// A function as it is, or as somebody got it wrong.
#[derive(Debug)]
enum Either {
    Sound(Box<dyn Placement>),
    Flawed(Flawed),
}

impl Either {
    fn placement(&self) -> &dyn Placement {
        match self {
            Either::Sound(placement) => &**placement,
            Either::Flawed(flawed) => flawed,
        }
    }

    fn placement_mut(&mut self) -> &mut dyn Placement {
        match self {
            Either::Sound(placement) => &mut **placement,
            Either::Flawed(flawed) => flawed,
        }
    }

    fn replicas(&self, key: u64, count: u32) -> Vec<MemberId> {
        if let Either::Flawed(flawed) = self
            && let Some(list) = flawed::replicas(flawed, key, count as usize)
        {
            return list;
        }
        let (mut list, spread) = (Vec::new(), Spread::Members);
        Replicas { count, spread }.of(self.placement(), key, &mut list);
        list
    }
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// To ask for changes.
    Poll,
}

/// What nodes say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A node asks for the changes behind an epoch.
    Fetch(Epoch),
    /// The next change.
    Changed(Change),
}

crate::words!(Message { Fetch => "fetch", Changed => "changed" });

/// What the coordinator keeps: all changes, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Durable for Shelf {
    type Write = Change;

    fn apply(&mut self, change: &Change) {
        self.changes.push(change.clone());
    }
}

/// What a node shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// The epoch that it knows.
    pub epoch: Epoch,
}

fn member(node: NodeId, weight: u32) -> Member {
    Member::new(node.to_string()).weighing(weight)
}

fn node(placement: &dyn Placement, id: MemberId) -> NodeId {
    let name = &placement.members().member(id).name;
    let number = name.strip_prefix('n').and_then(|number| number.parse().ok());
    NodeId::new(number.expect("a member is called like its node"))
}

impl Names {
    fn boot(ctx: &mut Ctx<'_>) -> Self {
        let salt = ctx.draw(SALT, 0..=u64::from(u32::MAX));
        let Config { places, flaw, poll, .. } = ctx.config();
        let mut placement = match *flaw {
            Some(flaw) => Either::Flawed(Flawed::new(flaw, salt)),
            None => Either::Sound(places.function.empty(places.servers)),
        };
        let members = places.members.iter().map(|node| member(*node, 1)).collect();
        placement.placement_mut().join_all(members).expect("the first members are checked");
        ctx.set_timer(Timer::Poll, *poll);
        let names = Names { epoch: Epoch::FIRST, placement };
        names.declare(ctx);
        names.fetch(ctx);
        names
    }

    fn fetch(&self, ctx: &mut Ctx<'_>) {
        ctx.send(ctx.config().coordinator, Message::Fetch(self.epoch));
    }

    fn on_change(&mut self, change: &Change, ctx: &mut Ctx<'_>) {
        if change.epoch > self.epoch.next() {
            return self.fetch(ctx);
        }
        if change.epoch < self.epoch.next() {
            return;
        }
        let placement = self.placement.placement_mut();
        let leaves = change.leaves.iter().try_for_each(|node| placement.leave(&node.to_string()));
        let joins = change.joins.iter().map(|join| member(join.node, join.weight)).collect();
        leaves.and_then(|()| placement.join_all(joins)).expect("it was made by the coordinator");
        self.epoch = change.epoch;
        self.declare(ctx);
        self.fetch(ctx);
    }

    fn declare(&self, ctx: &mut Ctx<'_>) {
        let placement = self.placement.placement();
        let Config { places, replicas, .. } = ctx.config();
        let keys = ShardId::all(places.shards).map(|key| placement.key(&key.0.to_le_bytes()));
        let keys: Vec<u64> = keys.collect();
        let named = |id| node(placement, id);
        let owners = keys.iter().map(|key| placement.owner(*key).map(named)).collect();
        let lists = keys.iter().map(|key| self.placement.replicas(*key, *replicas));
        let replicas = lists.map(|list| list.into_iter().map(named).collect()).collect();
        let members = placement.members().by_name();
        let mut members: Vec<(NodeId, u32)> =
            members.map(|(id, member)| (named(id), member.weight)).collect();
        members.sort();
        let epoch = self.epoch;
        let named = Named { epoch, members, owners, replicas };
        if let Some(owners) = named.owners.iter().copied().collect() {
            ctx.observe(Observation::Adopted { epoch, owners }.into());
        }
        ctx.observe(Said::Named(named));
    }
}

/// The coordinator numbers changes; by what function it checks that they can be made is its own
/// affair.
fn make(map: &mut Map, command: Command, ctx: &mut Ctx<'_>) {
    let Some(change) = asked(map, command) else { return };
    let (before, owners) = (map.members(), map.owners().to_vec());
    let are_known = change.joins.iter().all(|it| ctx.config().nodes.contains(&it.node));
    let mut next = Map::after(&ctx.config().places, &ctx.durable().changes);
    if !are_known || next.apply(&change).is_err() || next.members().is_empty() {
        return ctx.observe(Observation::ChangeRefused { epoch: map.epoch() }.into());
    }
    *map = next;
    ctx.persist(change.clone());
    ctx.sync();
    let members = map.members();
    let ideal_ppm = ideal_move_ppm(&before, &members);
    let moved_ppm = disagreement_ppm(&owners, map.owners());
    let members = members.iter().map(|member| (member.node, member.weight)).collect();
    let epoch = change.epoch;
    ctx.promise(Observation::Configured { epoch, members, moved_ppm, ideal_ppm }.into());
    ctx.broadcast(ctx.config().nodes.iter().copied(), &Message::Changed(change));
}

impl Protocol for Directory {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Said;
    type View = View;
    type Durable = Shelf;

    fn boot(ctx: &mut Ctx<'_>) -> Self {
        if ctx.id() != ctx.config().coordinator {
            return Directory::Node(Box::new(Names::boot(ctx)));
        }
        let map = Map::after(&ctx.config().places, &ctx.durable().changes);
        Directory::Coordinator(Box::new(map))
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Directory::Coordinator(_), Message::Fetch(after)) => {
                let known = (after.0 - Epoch::FIRST.0) as usize;
                if let Some(next) = ctx.durable().changes.get(known).cloned() {
                    ctx.send(from, Message::Changed(next));
                }
            }
            (Directory::Node(names), Message::Changed(change)) => names.on_change(&change, ctx),
            // Astray: it was for a node that plays another part.
            _ => {}
        }
    }

    fn on_timer(&mut self, Timer::Poll: Timer, ctx: &mut Ctx<'_>) {
        if let Directory::Node(names) = self {
            names.fetch(ctx);
            ctx.set_timer(Timer::Poll, ctx.config().poll);
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        if let Directory::Coordinator(map) = self {
            make(map, command, ctx);
        }
    }

    fn view(&self) -> View {
        match self {
            Directory::Coordinator(map) => View { epoch: map.epoch() },
            Directory::Node(names) => View { epoch: names.epoch },
        }
    }
}

impl Algorithm for Directory {
    type Settings = Settings;

    const NAME: &'static str = "hashing-directory";
    const SUMMARY: &'static str =
        "A placement function on every node, none of which asks another who owns a key";
    const ROLES: &'static [&'static str] = &["coordinator", "nodes"];
    const TARGETS: &'static [&'static str] = &[];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["epoch"];

    fn depth(said: &Said) -> Option<(usize, u64)> {
        match said {
            Said::Named(named) => Some((0, named.epoch.0)),
            Said::Store(_) => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("coordinator", 1), ("nodes", 4)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(settings, roles)
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions {
            honest_disk: true,
            ordered_writes: true,
            no_disk_errors: true,
            ..Assumptions::default()
        }
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        judges::invariants(config)
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        judges::metrics()
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        judges::services(config)
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        // There is nothing to read or write.
        let command = Command::parse(word, arguments)?;
        match command {
            Ok(Command::Get { .. } | Command::Put { .. }) => None,
            command => Some(command),
        }
    }
}
