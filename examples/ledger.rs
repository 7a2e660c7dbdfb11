//! A ledger that writes a transfer in two parts, and what a crash makes of it.
//!
//! The two writes share one sync, so on a disk that keeps all of a sync or nothing no money is
//! ever lost. A disk that keeps a part of what was under way loses the one half - unless it says
//! so, as a checksum does, and the ledger listens (`mends = true`):
//!
//! `cargo run --example ledger -- run examples/ledger_prefix.toml`

use serde::{Deserialize, Serialize};
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::Catalog;
use stormseed::id::{Label, NodeId};
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Durable, Never, Protocol};
use stormseed::time::Duration;
use stormseed::world::World;

fn main() -> std::process::ExitCode {
    stormseed::cli::main(catalog())
}

/// What is built in, and the ledger.
pub(crate) fn catalog() -> Catalog {
    Catalog::builtin().with::<Ledger>("store-ledger")
}

/// `[algorithm.store-ledger]` in a scenario file.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Whether the other half of a torn transfer is made up for at the restart.
    mends: bool,
}

/// Two accounts; what the one lacks the other has.
#[derive(Clone, Debug, Default, Serialize)]
struct Accounts([i64; 2]);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Change {
    account: u8,
    by: i64,
}

impl Durable for Accounts {
    type Write = Change;
    fn apply(&mut self, change: &Change) {
        self.0[usize::from(change.account)] += change.by;
    }
}

impl Accounts {
    const fn missing(&self) -> i64 {
        -(self.0[0] + self.0[1])
    }
}

/// A clerk makes transfers, one after another.
#[derive(Debug)]
struct Ledger;

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Observation {
    Opened { missing: i64 },
    Mended { by: i64 },
    FoundTorn,
}
stormseed::words!(Observation {
    Opened => "opened", Mended => "mended", FoundTorn => "found-torn",
});

const AMOUNT: Label = Label::new("amount");

impl Protocol for Ledger {
    type Config = Settings;
    type Message = Never;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = ();
    type Durable = Accounts;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        if ctx.found_torn() {
            ctx.observe(Observation::FoundTorn);
            let by = ctx.durable().missing();
            if ctx.config().mends && by != 0 {
                ctx.persist(Change { account: 1, by });
                ctx.sync();
                ctx.promise(Observation::Mended { by });
            }
        }
        let missing = ctx.durable().missing();
        ctx.promise(Observation::Opened { missing });
        ctx.set_timer((), Duration::from_millis(20));
        Ledger
    }

    fn on_message(&mut self, _: NodeId, message: Never, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        let by = ctx.draw(AMOUNT, 1..=100) as i64;
        ctx.persist(Change { account: 0, by: -by });
        ctx.persist(Change { account: 1, by });
        ctx.sync();
        ctx.set_timer((), Duration::from_millis(20));
    }

    fn view(&self) {}
}

impl Algorithm for Ledger {
    type Settings = Settings;
    const NAME: &'static str = "store-ledger";
    const SUMMARY: &'static str = "a transfer is two writes and one sync";
    const ROLES: &'static [&'static str] = &["clerks"];
    const TARGETS: &'static [&'static str] = &[];

    fn config(settings: Settings, _: &Roles) -> Result<Settings, String> {
        Ok(settings)
    }

    fn assumes(_: &Settings) -> Assumptions {
        Assumptions { ordered_writes: true, ..Assumptions::default() }
    }

    fn requires(_: &Settings) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(_: &Settings) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(NothingMissing)]
    }
}

/// A ledger that opens has what it had.
struct NothingMissing;

impl Invariant<Ledger> for NothingMissing {
    fn name(&self) -> &'static str {
        "nothing-missing"
    }

    fn explains(&self) -> &'static str {
        "what one account lacks the other has"
    }

    fn on_observation(&mut self, node: NodeId, seen: &Observation, world: &World) -> Verdict {
        let Observation::Opened { missing } = *seen else { return Ok(()) };
        if missing == 0 {
            return Ok(());
        }
        let witness = Witness::now(world, node, format!("opened with {missing} missing"));
        Err(Violation {
            invariant: "nothing-missing",
            message: format!("a crash has cost {node} {missing}"),
            witnesses: vec![witness],
        })
    }
}
