//! A lease that trusts a clock, and what wrong clocks do to it.
//!
//! One server lends a lease to one client at a time; whoever has it works, and looks at its clock
//! before each piece of work. With `clock = "wall"` the lease ends at a date that the server names,
//! as locks in a table of a database do; with `clock = "monotonic"` each side counts the time since
//! it asked or lent, as etcd and Chubby do. Each breaks under faults that the other survives:
//!
//! `cargo run --example lease -- run examples/lease_jump.toml`

use serde::{Deserialize, Serialize};
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::Catalog;
use stormseed::id::{Label, NodeId};
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::time::{Drift, Duration};
use stormseed::world::World;

fn main() -> std::process::ExitCode {
    stormseed::cli::main(catalog())
}

/// What is built in, and the lease.
pub(crate) fn catalog() -> Catalog {
    Catalog::builtin().with::<Lease>("lock-plain-lease")
}

/// `[algorithm.lock-plain-lease]` in a scenario file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// How long a lease lasts.
    ttl: Duration,
    /// How long before its end its holder stops.
    margin: Duration,
    /// Which clock both sides trust.
    clock: Trusted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Trusted {
    Wall,
    Monotonic,
}

impl Default for Settings {
    fn default() -> Self {
        let (ttl, margin) = (Duration::from_millis(200), Duration::from_millis(20));
        Settings { ttl, margin, clock: Trusted::Wall }
    }
}

/// Either side; the first node is the server.
#[derive(Debug)]
enum Lease {
    /// It lends.
    Server {
        /// Counts the leases.
        token: u64,
        /// When, on its own clock, the last one is over.
        until: u64,
    },
    /// It asks, and works while it has the lease.
    Client {
        /// When, on its own clock, it last asked.
        asked: u64,
        /// The token of its lease, and when to stop.
        held: Option<(u64, u64)>,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Message {
    Ask,
    Lend { token: u64, until: u64 },
}
stormseed::words!(Message { Ask => "ask", Lend => "lend" });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Observation {
    Worked { token: u64 },
    Stopped { token: u64 },
}
stormseed::words!(Observation { Worked => "worked", Stopped => "stopped" });

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Timer {
    Ask,
    Work,
}

const SERVER: NodeId = NodeId::new(0);
const IMPATIENCE: Label = Label::new("impatience");
const WORK: Duration = Duration::from_millis(5);

fn read(ctx: &Context<'_, Lease>) -> u64 {
    match ctx.config().clock {
        Trusted::Wall => ctx.wall().as_nanos(),
        Trusted::Monotonic => ctx.monotonic().as_nanos(),
    }
}

fn wait_to_ask(ctx: &mut Context<'_, Lease>) {
    let after = Duration::from_millis(5)..=Duration::from_millis(30);
    let after = ctx.draw_duration(IMPATIENCE, after);
    ctx.set_timer(Timer::Ask, after);
}

impl Protocol for Lease {
    type Config = Settings;
    type Message = Message;
    type Timer = Timer;
    type Command = Never;
    type Observation = Observation;
    type View = Option<u64>;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        if ctx.id() == SERVER {
            return Lease::Server { token: 0, until: 0 };
        }
        wait_to_ask(ctx);
        Lease::Client { asked: 0, held: None }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        let now = read(ctx);
        let Settings { ttl, margin, clock } = *ctx.config();
        match (self, message) {
            (Lease::Server { token, until }, Message::Ask) if now >= *until => {
                (*token, *until) = (*token + 1, now + ttl.as_nanos());
                ctx.send(from, Message::Lend { token: *token, until: *until });
            }
            (Lease::Client { asked, held: held @ None }, Message::Lend { token, until }) => {
                let until = match clock {
                    Trusted::Wall => until,
                    Trusted::Monotonic => *asked + ttl.as_nanos(),
                };
                *held = Some((token, until - margin.as_nanos()));
                ctx.set_timer(Timer::Work, Duration::ZERO);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        let now = read(ctx);
        let Lease::Client { asked, held } = self else { return };
        match (timer, *held) {
            (Timer::Ask, None) => {
                *asked = now;
                ctx.send(SERVER, Message::Ask);
                wait_to_ask(ctx);
            }
            (Timer::Work, Some((token, until))) if now < until => {
                ctx.observe(Observation::Worked { token });
                ctx.set_timer(Timer::Work, WORK);
            }
            (Timer::Work, Some((token, _))) => {
                *held = None;
                ctx.observe(Observation::Stopped { token });
                wait_to_ask(ctx);
            }
            _ => {}
        }
    }

    fn view(&self) -> Option<u64> {
        match self {
            Lease::Client { held: Some((token, _)), .. } => Some(*token),
            _ => None,
        }
    }

    fn plays(&self, role: &str) -> bool {
        role == "holder" && self.view().is_some()
    }
}

impl Algorithm for Lease {
    type Settings = Settings;
    const NAME: &'static str = "lock-plain-lease";
    const SUMMARY: &'static str = "one server lends a lease that ends by a clock";
    const ROLES: &'static [&'static str] = &["servers", "clients"];
    const TARGETS: &'static [&'static str] = &["holder"];

    fn config(settings: Settings, roles: &Roles) -> Result<Settings, String> {
        if roles.nodes("servers").is_empty() {
            return Err("nobody lends the lease; write `servers = 1`".into());
        }
        if settings.margin >= settings.ttl {
            return Err("`margin` leaves nothing of `ttl`; make it shorter".into());
        }
        Ok(settings)
    }

    fn assumes(settings: &Settings) -> Assumptions {
        let Settings { ttl, margin, clock } = *settings;
        // Two clocks that run apart, each by half of what the margin forgives.
        let share = margin.as_nanos() * 500_000 / ttl.as_nanos();
        let half = Duration::from_nanos(margin.as_nanos() / 2);
        Assumptions {
            offset_bound: (clock == Trusted::Wall).then_some(half),
            drift_bound: (clock == Trusted::Monotonic).then_some(Drift::from_ppm(share as i32)),
            // What it finds at the beginning of a step is to hold until the step has ended.
            no_pause: true,
            delay_bound: Some(ttl),
            crash_stop: true,
            ..Assumptions::default()
        }
    }

    fn requires(_: &Settings) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(_: &Settings) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(OneWorker::default())]
    }
}

/// Nobody works under a lease when somebody has worked under a later one.
#[derive(Default)]
struct OneWorker(Option<(u64, Witness)>);

impl Invariant<Lease> for OneWorker {
    fn name(&self) -> &'static str {
        "one-worker"
    }

    fn explains(&self) -> &'static str {
        "nobody works under a lease when somebody has worked under a later one"
    }

    fn on_observation(&mut self, node: NodeId, seen: &Observation, world: &World) -> Verdict {
        let Observation::Worked { token } = *seen else { return Ok(()) };
        let witness = Witness::now(world, node, format!("worked under lease {token}"));
        match &self.0 {
            Some((latest, other)) if *latest > token => Err(Violation {
                invariant: "one-worker",
                message: format!("{node} works under lease {token}, {} under {latest}", other.node),
                witnesses: vec![other.clone(), witness],
            }),
            _ => {
                self.0 = Some((token, witness));
                Ok(())
            }
        }
    }
}
