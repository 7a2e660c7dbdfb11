//! The article's own lock: it is released before it is returned, and it is everybody's own.
//!
//! A negative control. The article that asked for this simulator gives
//!
//! ```text
//! def distributed_lock(lock_name):
//!     lock = threading.Lock(lock_name)
//!     lock.acquire()
//!     try:
//!         return lock
//!     finally:
//!         lock.release()
//! ```
//!
//! and says that L = N/2 executions make a lock. As it stands it does not run, since a lock takes
//! no name. With that mended each call makes a lock that nobody else knows of, and releases it
//! before its caller gets it. So whoever asks believes at once that it holds the lock, and no
//! message is sent. `docs/article.md` has the measurements.

use super::section::{Command, Section, Timer};
use super::served::RequestServed;
use super::settings::{Peers, Settings};
use crate::algorithm::{Algorithm, Arguments, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{LyingObserver, MutualExclusion, Observation, Tenure, View};
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};

/// The peers.
#[derive(Clone, Debug)]
pub struct Config(Peers);

/// A caller of the article's function.
#[derive(Debug)]
pub struct ArticleLock {
    section: Section,
}

impl Protocol for ArticleLock {
    type Config = Config;
    type Message = Never;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ArticleLock { section: Section::new(&ctx.config().0) }
    }

    fn on_message(&mut self, _: NodeId, message: Never, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        self.section.leave(ctx);
        if self.section.begins(ctx) {
            self.section.enter(ctx);
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        if self.section.is_asked(command, ctx) {
            self.section.enter(ctx);
        }
    }

    fn view(&self) -> View {
        self.section.view()
    }

    fn plays(&self, role: &str) -> bool {
        self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for ArticleLock {
    type Settings = Settings;

    const NAME: &'static str = "lock-article";
    const SUMMARY: &'static str =
        "The article's lock, released before it is returned: everybody holds it (not a lock)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        if let Some(mutant) = settings.mutant {
            return Err(format!("`mutant` is \"{mutant}\": this one is a bug as it is"));
        }
        Ok(Config(Peers::new(&settings, roles)?))
    }

    /// The article assumes nothing and promises a lock.
    fn assumes(_: &Config) -> Assumptions {
        Assumptions::default()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(MutualExclusion::default()), Box::new(LyingObserver::default())]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Tenure::default())]
    }

    fn services(_: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(RequestServed)]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        Command::of(word, arguments)
    }
}
