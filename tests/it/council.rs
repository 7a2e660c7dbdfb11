//! A protocol whose service only answers show: whoever is asked asks all the others, and answers
//! when enough of them have. What it needs, and what it says that it needs, are settings apart.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stormseed::algorithm::{Algorithm, Arguments, Roles, Service};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::{Catalog, Experiment};
use stormseed::id::{NodeId, NodeSet};
use stormseed::invariant::Invariant;
use stormseed::protocol::{Context, Protocol};
use stormseed::scenario::{Errors, Source};
use stormseed::time::Duration;

#[derive(Debug)]
pub struct Council {
    is_awake: bool,
    answers: BTreeMap<u64, NodeSet>,
}

#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Whether everybody must answer, or a majority.
    needs_all: bool,
    /// Whether it says so, or pretends that a majority is enough.
    admits_it: bool,
    /// How long a node says nothing after its boot.
    sulks: Duration,
    /// Whether its answers carry the number that was asked about, or always the same.
    numbers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { needs_all: false, admits_it: true, sulks: Duration::ZERO, numbers: true }
    }
}

#[derive(Clone, Debug)]
pub struct Config {
    settings: Settings,
    members: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Question(u64),
    Answer(u64),
}
stormseed::words!(Message { Question => "question", Answer => "answer" });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    Ask(u64),
}
stormseed::words!(Command { Ask => "ask" });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Observation {
    Answered(u64),
}
stormseed::words!(Observation { Answered => "answered" });

impl Protocol for Council {
    type Config = Config;
    type Message = Message;
    type Timer = ();
    type Command = Command;
    type Observation = Observation;
    type View = bool;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ctx.set_timer((), ctx.config().settings.sulks);
        Council { is_awake: false, answers: BTreeMap::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Question(number) if self.is_awake => {
                ctx.send(from, Message::Answer(number));
            }
            Message::Question(_) => {}
            Message::Answer(number) => {
                let Config { settings, members } = ctx.config().clone();
                let answers = self.answers.entry(number).or_default();
                answers.insert(from);
                // Itself included.
                let enough = if settings.needs_all { members } else { members / 2 + 1 } as usize;
                if answers.len() + 1 >= enough {
                    self.answers.remove(&number);
                    let number = if settings.numbers { number } else { 0 };
                    ctx.observe(Observation::Answered(number));
                }
            }
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {
        self.is_awake = true;
    }

    fn on_command(&mut self, Command::Ask(number): Command, ctx: &mut Context<'_, Self>) {
        let members = ctx.config().members;
        ctx.broadcast((0..members).map(NodeId::new), &Message::Question(number));
        // What is not answered by now never will be.
        self.answers.retain(|asked, _| *asked + 100 > number);
    }

    fn view(&self) -> bool {
        self.is_awake
    }
}

/// The service: a question is answered.
struct Answers;

impl Service<Council> for Answers {
    fn property(&self) -> &'static str {
        "answers"
    }

    fn name(&self) -> &'static str {
        "a question that is answered"
    }

    fn probe(&self, number: u64) -> Option<Command> {
        Some(Command::Ask(number))
    }

    fn served(&self, Observation::Answered(number): &Observation) -> Option<u64> {
        Some(*number)
    }
}

/// A second service: somebody is awake.
struct Awake;

impl Service<Council> for Awake {
    fn property(&self) -> &'static str {
        "awake"
    }

    fn name(&self) -> &'static str {
        "somebody who is awake"
    }

    fn is_up(&self, views: &[Option<bool>], _: &stormseed::world::World) -> Option<bool> {
        Some(views.contains(&Some(true)))
    }
}

impl Algorithm for Council {
    type Settings = Settings;
    const NAME: &'static str = "test-council";
    const SUMMARY: &'static str = "whoever is asked asks all the others";
    const ROLES: &'static [&'static str] = &["members"];
    const TARGETS: &'static [&'static str] = &[];

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Ok(Config { settings, members: roles.size() as u32 })
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions::default()
    }

    fn requires(config: &Config) -> Requirement {
        match config.settings.needs_all && config.settings.admits_it {
            true => Requirement::AllConnected,
            false => Requirement::QuorumConnected,
        }
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        Vec::new()
    }

    fn services(_: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(Answers), Box::new(Awake)]
    }

    fn command(_: &str, _: &Arguments) -> Option<Result<Command, String>> {
        None
    }
}

pub fn try_open(settings: &str, rest: &str) -> Result<Box<dyn Experiment>, Errors> {
    let text = format!(
        "name = \"test/council\"\nformat = 1\nduration = \"5s\"\n[nodes]\nmembers = 3\n\
         [network]\nlatency = \"1ms\"\n[algorithm.test-council]\n{settings}\n{rest}"
    );
    read(&text)
}

/// The council of a whole file.
pub fn read(text: &str) -> Result<Box<dyn Experiment>, Errors> {
    let catalog = Catalog::empty().with::<Council>(Council::NAME);
    catalog.open(Source::new("council.toml", text))
}

/// A council of three for five seconds, messages taking 1 ms, with these settings and sections.
pub fn open(settings: &str, rest: &str) -> Box<dyn Experiment> {
    try_open(settings, rest).unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}
