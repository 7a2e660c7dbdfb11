//! An algorithm of one's own, from scratch: whoever hears no captain for a while takes the watch.
//!
//! It has a mistake: nobody is asked, so two nodes can take the same watch. With the one line in
//! `main` it has stormseed's whole command line:
//! `cargo run --example captain -- run examples/captain.toml`
//!
//! Its test finds the mistake in the same scenario, as it would in a project of one's own.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::Catalog;
use stormseed::id::{Label, NodeId};
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::time::Duration;
use stormseed::world::World;

fn main() -> std::process::ExitCode {
    stormseed::cli::main(Catalog::builtin().with::<Sailor>("election-captain"))
}

/// What a node knows: the number of the watch, and whether the watch is its own.
#[derive(Debug)]
struct Sailor {
    watch: u64,
    is_captain: bool,
}

/// `[algorithm.election-captain]` in a scenario file.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// How long a node bears silence, at least; at most, it is twice that.
    patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { patience: Duration::from_millis(200) }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Message {
    Order { watch: u64 },
}
stormseed::words!(Message { Order => "order" });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Observation {
    TookWatch { watch: u64 },
}
stormseed::words!(Observation { TookWatch => "took-watch" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Timer {
    Silence,
    Order,
}

const PATIENCE: Label = Label::new("patience");

impl Sailor {
    fn listen(ctx: &mut Context<'_, Self>) {
        let (_, least) = *ctx.config();
        let patience = ctx.draw_duration(PATIENCE, least..=least + least);
        ctx.set_timer(Timer::Silence, patience);
    }

    fn give_orders(&self, ctx: &mut Context<'_, Self>) {
        let (nodes, patience) = *ctx.config();
        ctx.broadcast((0..nodes).map(NodeId::new), &Message::Order { watch: self.watch });
        ctx.set_timer(Timer::Order, Duration::from_nanos(patience.as_nanos() / 4));
    }
}

impl Protocol for Sailor {
    type Config = (u32, Duration);
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = (u64, bool);
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        Self::listen(ctx);
        Sailor { watch: 0, is_captain: false }
    }

    fn on_message(
        &mut self,
        _: NodeId,
        Message::Order { watch }: Message,
        ctx: &mut Context<'_, Self>,
    ) {
        if watch > self.watch || (watch == self.watch && !self.is_captain) {
            (self.watch, self.is_captain) = (watch, false);
            ctx.cancel_timer(Timer::Order);
            Self::listen(ctx);
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        if timer == Timer::Silence {
            // The mistake: it takes the next watch and asks nobody.
            (self.watch, self.is_captain) = (self.watch + 1, true);
            ctx.observe(Observation::TookWatch { watch: self.watch });
        }
        self.give_orders(ctx);
    }

    fn view(&self) -> (u64, bool) {
        (self.watch, self.is_captain)
    }

    fn plays(&self, role: &str) -> bool {
        role == "captain" && self.is_captain
    }
}

impl Algorithm for Sailor {
    type Settings = Settings;
    const NAME: &'static str = "election-captain";
    const SUMMARY: &'static str = "whoever hears no captain for a while takes the watch";
    const ROLES: &'static [&'static str] = &["sailors"];
    const TARGETS: &'static [&'static str] = &["captain"];

    fn config(settings: Settings, roles: &Roles) -> Result<(u32, Duration), String> {
        if settings.patience == Duration::ZERO {
            return Err("`patience` must be some time, as in \"200ms\"".into());
        }
        Ok((roles.size() as u32, settings.patience))
    }

    fn assumes(_: &(u32, Duration)) -> Assumptions {
        Assumptions::default()
    }

    fn requires(_: &(u32, Duration)) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(_: &(u32, Duration)) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(OneCaptain::default())]
    }
}

/// No watch ever has two captains.
#[derive(Default)]
struct OneCaptain(BTreeMap<u64, Witness>);

impl Invariant<Sailor> for OneCaptain {
    fn name(&self) -> &'static str {
        "one-captain"
    }

    fn explains(&self) -> &'static str {
        "no watch ever has two captains"
    }

    fn on_observation(&mut self, node: NodeId, seen: &Observation, world: &World) -> Verdict {
        let Observation::TookWatch { watch } = seen;
        let witness = Witness::now(world, node, format!("took watch {watch}"));
        match self.0.insert(*watch, witness.clone()) {
            Some(other) if other.node != node => Err(Violation {
                invariant: "one-captain",
                message: format!("{} and {node} both took watch {watch}", other.node),
                witnesses: vec![other, witness],
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test that hopes what the scenario hopes, and what it says when that is not so.
    #[test]
    fn no_watch_has_two_captains() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let check = stormseed::check::<Sailor>(include_str!("captain.toml"))
            .seeds(0..500)
            .folder(folder.path())
            .command("cargo run --example captain --");
        // Without the mistake this would be `check.run();` and nothing more.
        let refuted = check.outcome().expect_err("two sailors take one watch");
        let shrunk = refuted.shrunk.as_ref().expect("it is made smaller");
        assert_eq!(shrunk.signature.name, "one-captain", "{refuted}");
        assert_eq!(shrunk.nodes.1, 2, "{refuted}");
        // What is left is when the two lose patience.
        let size = shrunk.sizes.1;
        assert!(size.faults + size.operations == 0 && size.decisions <= 2, "{size:?} {refuted}");
        let test = shrunk.rust_test().expect("it is written as a test too");
        let own = "Catalog::empty().with::<captain::Sailor>(\"election-captain\")";
        assert!(test.contains(own), "{test}");
        assert!(refuted.file.as_ref().is_some_and(|file| file.is_file()), "{refuted}");
    }
}
