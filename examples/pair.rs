//! Two keepers of notes that are safe as long as only one thing goes wrong, found out in two ways.
//!
//! A note is acknowledged when both have it. The mistake: if the other one does not answer, it is
//! acknowledged after a while all the same - and lost if its only keeper dies before the two can
//! talk again. It takes a partition, a note and a crash, in this order.
//!
//! Its tests (`pair/tests.rs`) find it by the storm of the scenario over many seeds, and by
//! strategies of proptest, whose shrinking leaves these three and nothing else:
//!
//! `cargo test --example pair`

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use stormseed::algorithm::{Algorithm, Arguments, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::Catalog;
use stormseed::id::NodeId;
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Protocol};
use stormseed::time::Duration;
use stormseed::world::World;

fn main() -> std::process::ExitCode {
    stormseed::cli::main(Catalog::builtin().with::<Keeper>("store-pair"))
}

/// `[algorithm.store-pair]` in a scenario file.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether a note is acknowledged only when both have it.
    waits: bool,
}

/// What a keeper has, in memory alone, and of whom the other one is not known to have it.
#[derive(Debug)]
struct Keeper {
    notes: BTreeSet<u64>,
    alone: BTreeSet<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Message {
    Copy(Vec<u64>),
    Copied(Vec<u64>),
}
stormseed::words!(Message { Copy => "copy", Copied => "copied" });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Command {
    Keep(u64),
}
stormseed::words!(Command { Keep => "keep" });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Observation {
    Began,
    Has { note: u64 },
    Acknowledged { note: u64 },
}
stormseed::words!(Observation {
    Began => "began", Has => "has", Acknowledged => "acknowledged",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Timer {
    Again,
    Patience(u64),
}

const AGAIN: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_millis(200);

impl Keeper {
    fn offer(&self, ctx: &mut Context<'_, Self>) {
        if !self.alone.is_empty() {
            let notes = self.alone.iter().copied().collect();
            ctx.send(NodeId::new(1 - ctx.id().number()), Message::Copy(notes));
            ctx.set_timer(Timer::Again, AGAIN);
        }
    }

    fn keep(&mut self, note: u64, ctx: &mut Context<'_, Self>) {
        if self.notes.insert(note) {
            ctx.observe(Observation::Has { note });
        }
    }
}

impl Protocol for Keeper {
    type Config = Settings;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = usize;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ctx.observe(Observation::Began);
        Keeper { notes: BTreeSet::new(), alone: BTreeSet::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Copy(notes) => {
                notes.iter().for_each(|note| self.keep(*note, ctx));
                ctx.send(from, Message::Copied(notes));
            }
            Message::Copied(notes) => {
                for note in notes.into_iter().filter(|note| self.alone.remove(note)) {
                    ctx.cancel_timer(Timer::Patience(note));
                    ctx.observe(Observation::Acknowledged { note });
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match timer {
            Timer::Again => self.offer(ctx),
            // The mistake: the other one may well be there, and not hear.
            Timer::Patience(note) => ctx.observe(Observation::Acknowledged { note }),
        }
    }

    fn on_command(&mut self, Command::Keep(note): Command, ctx: &mut Context<'_, Self>) {
        self.keep(note, ctx);
        self.alone.insert(note);
        if !ctx.config().waits {
            ctx.set_timer(Timer::Patience(note), PATIENCE);
        }
        self.offer(ctx);
    }

    fn view(&self) -> usize {
        self.notes.len()
    }
}

impl Algorithm for Keeper {
    type Settings = Settings;
    const NAME: &'static str = "store-pair";
    const SUMMARY: &'static str = "two keepers of notes, who copy from each other";
    const ROLES: &'static [&'static str] = &["keepers"];
    const TARGETS: &'static [&'static str] = &[];

    fn example_roles() -> Roles {
        Roles::deal([("keepers", 2)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Settings, String> {
        match roles.size() {
            2 => Ok(settings),
            other => Err(format!("a pair has two keepers, not {other}: `keepers = 2`")),
        }
    }

    fn assumes(_: &Settings) -> Assumptions {
        Assumptions::default()
    }

    fn requires(_: &Settings) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(_: &Settings) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(OneDeathLosesNothing::default())]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        (word == "keep").then_some(Ok(Command::Keep(arguments.unique)))
    }
}

/// One death loses no note that was acknowledged, unless the other keeper was down by then too.
#[derive(Default)]
struct OneDeathLosesNothing {
    /// Who has a note.
    kept: BTreeMap<u64, BTreeSet<NodeId>>,
    /// The notes that were acknowledged while one keeper alone had them.
    alone: BTreeMap<u64, Witness>,
}

impl Invariant<Keeper> for OneDeathLosesNothing {
    fn name(&self) -> &'static str {
        "one-death-loses-nothing"
    }

    fn explains(&self) -> &'static str {
        "one death loses no note that was acknowledged"
    }

    fn on_observation(&mut self, node: NodeId, seen: &Observation, world: &World) -> Verdict {
        match *seen {
            Observation::Has { note } => {
                let keepers = self.kept.entry(note).or_default();
                keepers.insert(node);
                if keepers.len() == world.size() {
                    self.alone.remove(&note);
                }
            }
            Observation::Acknowledged { note } => {
                let is_alone = self.kept.get(&note).is_some_and(|keepers| keepers.len() == 1);
                if is_alone && world.nodes().all(|node| world.is_up(node)) {
                    let witness = Witness::now(world, node, format!("acknowledged note {note}"));
                    self.alone.insert(note, witness);
                }
            }
            Observation::Began => {
                for keepers in self.kept.values_mut() {
                    keepers.remove(&node);
                }
                let is_lost = |note: &u64| self.kept.get(note).is_some_and(BTreeSet::is_empty);
                if let Some((note, before)) = self.alone.iter().find(|(note, _)| is_lost(note)) {
                    let began = Witness::now(world, node, "began with nothing");
                    return Err(Violation {
                        invariant: "one-death-loses-nothing",
                        message: format!("nobody has note {note}, which was acknowledged"),
                        witnesses: vec![before.clone(), began],
                    });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "pair/tests.rs"]
mod tests;
