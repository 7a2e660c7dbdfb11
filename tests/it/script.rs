//! A cluster driven by hand: no simulator, no time of its own, no luck.
//!
//! A script says what happens next, the transcript says what the nodes did about it, and the
//! algorithm's own invariants judge along. What a script can say stands in [`Cluster::obey`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::{Debug, Write as _};
use stormseed::algorithm::{Algorithm, Arguments};
use stormseed::id::{Label, NodeId};
use stormseed::invariant::{Invariant, Verdict};
use stormseed::protocol::{Durable, Effect, Input, NodeLuck, Now, Process, Protocol, Synced};
use stormseed::time::{Clock, Duration, LocalTime};
use stormseed::world::World;

/// What a driver must know of an algorithm besides its contract.
pub trait Scripted: Algorithm {
    /// The configuration of so many nodes; the words are those behind `nodes 3`.
    fn configure(nodes: u32, words: &[&str]) -> Self::Config;
    /// A disk with something on it, as the words behind `disk n0` say.
    fn disk(words: &[&str]) -> Self::Durable;
    /// A node's state and disk in a line.
    fn show(&self, durable: &Self::Durable) -> String;
}

type Write<P> = <<P as Protocol>::Durable as Durable>::Write;

/// What waits for a slow disk.
enum Held<P: Protocol> {
    Sync { writes: usize },
    Effect(Effect<P>),
}

struct Node<P: Protocol> {
    process: Process<P>,
    disk: P::Durable,
    unsynced: Vec<Write<P>>,
    held: VecDeque<Held<P>>,
    is_slow: bool,
    timers: BTreeMap<P::Timer, Duration>,
    view: Option<P::View>,
}

struct Flight<P: Protocol> {
    from: NodeId,
    to: NodeId,
    message: P::Message,
}

/// Nodes, what flies between them, and what has been said of them so far.
pub struct Cluster<P: Scripted> {
    config: P::Config,
    nodes: Vec<Node<P>>,
    flights: Vec<Flight<P>>,
    /// Second copies that are still on their way.
    late: Vec<Flight<P>>,
    cut: BTreeSet<NodeId>,
    now: LocalTime,
    judges: Vec<Box<dyn Invariant<P>>>,
    /// What the judges have said: each of it is said once.
    verdicts: BTreeSet<String>,
    world: World,
    said: String,
}

const VIOLATED: &str = "VIOLATED";

/// Every draw gives the lowest value.
struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, _: Label, low: u64, _: u64) -> u64 {
        low
    }
}

/// Runs a script and gives it back with what happened under each block of commands.
pub fn transcript<P: Scripted>(script: &str) -> String {
    let mut cluster: Option<Cluster<P>> = None;
    let mut blocks = Vec::new();
    for block in script.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let asked = block.split("\n----").next().expect("splitting gives at least one part");
        let mut happened = String::new();
        for line in asked.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<_> = line.split_whitespace().collect();
            match (&mut cluster, words.as_slice()) {
                (_, ["nodes", count, rest @ ..]) => {
                    let count = count.parse().expect("`nodes` is followed by a number");
                    cluster = Some(Cluster::new(P::configure(count, rest), count));
                }
                (Some(cluster), words) => happened += &cluster.tell(words),
                (None, _) => panic!("a script begins with `nodes`, not with `{line}`"),
            }
        }
        let is_comment = asked.lines().all(|line| line.starts_with('#'));
        blocks.push(match (is_comment, happened.trim_end()) {
            (true, _) => asked.to_owned(),
            (false, "") => format!("{asked}\n----\nok"),
            (false, happened) => format!("{asked}\n----\n{happened}"),
        });
    }
    blocks.join("\n\n") + "\n"
}

impl<P: Scripted> Cluster<P> {
    fn new(config: P::Config, count: u32) -> Self {
        let node = |id| Node {
            process: Process::new(NodeId::new(id), P::Durable::default()),
            disk: P::Durable::default(),
            unsynced: Vec::new(),
            held: VecDeque::new(),
            is_slow: false,
            timers: BTreeMap::new(),
            view: None,
        };
        Cluster {
            judges: P::invariants(&config),
            config,
            nodes: (0..count).map(node).collect(),
            flights: Vec::new(),
            late: Vec::new(),
            cut: BTreeSet::new(),
            verdicts: BTreeSet::new(),
            now: LocalTime::ZERO,
            world: World::new(vec![Clock::default(); count as usize]),
            said: String::new(),
        }
    }

    /// Does what a line says; the answer is what happened.
    fn tell(&mut self, words: &[&str]) -> String {
        self.obey(words);
        std::mem::take(&mut self.said)
    }

    fn obey(&mut self, words: &[&str]) {
        match words {
            ["quietly", rest @ ..] => {
                let said = std::mem::take(&mut self.said);
                self.obey(rest);
                let heard = std::mem::replace(&mut self.said, said);
                for line in heard.lines().filter(|line| line.starts_with(VIOLATED)) {
                    self.say(format_args!("{line}"));
                }
            }
            ["boot"] => self.all().for_each(|n| self.boot(n)),
            ["boot" | "restart", node] => self.boot(id(node)),
            ["crash", node] => self.crash(id(node)),
            ["disk", node, rest @ ..] => self.nodes[id(node).index()].disk = P::disk(rest),
            ["slow-disk", node] => self.nodes[id(node).index()].is_slow = true,
            ["sync", node] => self.finish_sync(id(node), Synced::Done),
            ["fail-sync", node] => self.finish_sync(id(node), Synced::Failed),
            ["timeout", node, timer] => self.fire(id(node), timer),
            ["advance", millis] => self.now += Duration::from_millis(number(millis, "ms")),
            ["deliver"] => self.deliver(|_, _| true),
            ["deliver", which] => self.deliver(flies(which)),
            ["settle"] => {
                while !self.flights.is_empty() {
                    self.deliver(|_, _| true);
                }
            }
            ["copy", which] => self.copy(flies(which)),
            ["release"] => self.flights.append(&mut self.late),
            ["cut", node] => {
                self.cut.insert(id(node));
            }
            ["mend", node] => {
                self.cut.remove(&id(node));
            }
            ["drop"] => self.lose(|_, _| true),
            ["drop", which] => self.lose(flies(which)),
            ["show"] => self.all().for_each(|n| self.show(n)),
            [word, node, about, ..] => {
                let nodes = words[2..].iter().map(|node| id(node));
                let arguments = match about.starts_with('n') {
                    true => Arguments { nodes: nodes.collect(), ..Arguments::default() },
                    false => Arguments { unique: number(about, ""), ..Arguments::default() },
                };
                let command = P::command(word, &arguments).expect("the command is known");
                self.step(id(node), Input::Command(command.expect("it needs no more")));
            }
            _ => panic!("no such command: {}", words.join(" ")),
        }
    }

    fn all(&self) -> impl Iterator<Item = NodeId> + use<P> {
        (0..self.nodes.len() as u32).map(NodeId::new)
    }

    fn say(&mut self, what: std::fmt::Arguments<'_>) {
        writeln!(self.said, "{what}").expect("writing to a string succeeds");
    }

    fn boot(&mut self, node: NodeId) {
        self.say(format_args!("{node} boots"));
        let state = &mut self.nodes[node.index()];
        state.process = Process::new(node, state.disk.clone());
        self.step(node, Input::Boot);
    }

    fn crash(&mut self, node: NodeId) {
        let state = &mut self.nodes[node.index()];
        let lost = state.unsynced.len();
        state.process.crash(state.disk.clone());
        state.unsynced.clear();
        state.held.clear();
        state.timers.clear();
        state.view = None;
        self.say(format_args!("{node} crashes, {lost} writes lost"));
        self.judge(|judge, world| judge.on_view(node, None, world));
    }

    fn show(&mut self, node: NodeId) {
        let process = &self.nodes[node.index()].process;
        let shown = match process.state() {
            Some(state) => state.show(process.durable()),
            None => "down".into(),
        };
        self.say(format_args!("{node} {shown}"));
    }

    fn fire(&mut self, node: NodeId, name: &str) {
        let timers = &mut self.nodes[node.index()].timers;
        let due = timers.keys().copied().find(|timer| format!("{timer:?}").to_lowercase() == name);
        match due {
            Some(timer) => {
                timers.remove(&timer);
                self.say(format_args!("{node} {timer:?} is due"));
                self.step(node, Input::Timer(timer));
            }
            None => self.say(format_args!("{node} has set no such timer")),
        }
    }

    fn deliver(&mut self, which: impl Fn(NodeId, NodeId) -> bool) {
        for Flight { from, to, message } in self.take_flights(which) {
            if self.cut.contains(&from) || self.cut.contains(&to) {
                self.say(format_args!("lost {from}->{to} {}", plain(&message)));
            } else if self.nodes[to.index()].process.state().is_none() {
                self.say(format_args!("{from}->{to} finds nobody"));
            } else {
                self.say(format_args!("{from}->{to} {}", plain(&message)));
                self.step(to, Input::Message { from, message });
            }
        }
    }

    fn copy(&mut self, which: impl Fn(NodeId, NodeId) -> bool) {
        let copied = self.flights.iter().filter(|f| which(f.from, f.to));
        self.late.extend(copied.map(|f| Flight { message: f.message.clone(), ..*f }));
    }

    fn lose(&mut self, which: impl Fn(NodeId, NodeId) -> bool) {
        for Flight { from, to, message } in self.take_flights(which) {
            self.say(format_args!("lost {from}->{to} {}", plain(&message)));
        }
    }

    fn take_flights(&mut self, which: impl Fn(NodeId, NodeId) -> bool) -> Vec<Flight<P>> {
        let flights = std::mem::take(&mut self.flights);
        let (taken, left) = flights.into_iter().partition(|f| which(f.from, f.to));
        self.flights = left;
        taken
    }

    fn step(&mut self, node: NodeId, input: Input<P>) {
        let nanos = self.now.as_nanos();
        let wall = Clock::WALL_EPOCH + Duration::from_nanos(nanos);
        let now = Now { monotonic: self.now, wall };
        let mut effects = Vec::new();
        let process = &mut self.nodes[node.index()].process;
        process.step(&self.config, now, &mut NoLuck, input, &mut effects);
        let is_slow = self.nodes[node.index()].is_slow;
        let syncs = effects.iter().filter(|it| matches!(it, Effect::Sync) && !is_slow).count();
        for effect in effects {
            self.take(node, effect);
        }
        let state = &mut self.nodes[node.index()];
        let view = state.process.state().map(P::view);
        if state.view != view {
            state.view.clone_from(&view);
            self.judge(|judge, world| judge.on_view(node, view.as_ref(), world));
        }
        // A disk that is not slow has done it at once.
        (0..syncs).for_each(|_| self.step(node, Input::Synced(Synced::Done)));
    }

    fn take(&mut self, node: NodeId, effect: Effect<P>) {
        let state = &mut self.nodes[node.index()];
        match effect {
            Effect::Persist(write) => {
                let shown = plain(&write);
                state.unsynced.push(write);
                self.say(format_args!("  writes {shown}"));
            }
            Effect::Sync if state.is_slow => {
                let marked = state.held.iter().map(|held| match held {
                    Held::Sync { writes } => *writes,
                    Held::Effect(_) => 0,
                });
                let writes = state.unsynced.len() - marked.sum::<usize>();
                state.held.push_back(Held::Sync { writes });
            }
            Effect::Sync => state.unsynced.drain(..).for_each(|write| state.disk.apply(&write)),
            Effect::Send { urgent: false, .. } | Effect::Promise(_) if !state.held.is_empty() => {
                state.held.push_back(Held::Effect(effect));
            }
            other => self.carry_out(node, other),
        }
    }

    fn carry_out(&mut self, node: NodeId, effect: Effect<P>) {
        match effect {
            Effect::Send { to, message, .. } => {
                self.say(format_args!("  -> {to} {}", plain(&message)));
                if let Some(claim) = P::claims(&message) {
                    self.judge(|judge, world| judge.on_claim(node, &claim, world));
                }
                self.flights.push(Flight { from: node, to, message });
            }
            Effect::Observe(observation) => self.declare(node, "believes", &observation),
            Effect::Promise(observation) => self.declare(node, "promises", &observation),
            Effect::SetTimer { timer, after } => {
                self.say(format_args!("  waits {after} for {timer:?}"));
                self.nodes[node.index()].timers.insert(timer, after);
            }
            Effect::CancelTimer(timer) => {
                self.nodes[node.index()].timers.remove(&timer);
            }
            Effect::Persist(_) | Effect::Sync => unreachable!("the disk has its own way"),
        }
    }

    fn declare(&mut self, node: NodeId, verb: &str, observation: &P::Observation) {
        self.say(format_args!("  {verb} {}", plain(observation)));
        self.judge(|judge, world| judge.on_observation(node, observation, world));
    }

    fn finish_sync(&mut self, node: NodeId, synced: Synced) {
        let state = &mut self.nodes[node.index()];
        let Some(Held::Sync { writes }) = state.held.pop_front() else {
            panic!("{node} waits for no sync");
        };
        let written: Vec<_> = state.unsynced.drain(..writes).collect();
        let until = state.held.iter().position(|held| matches!(held, Held::Sync { .. }));
        let released: Vec<_> = state.held.drain(..until.unwrap_or(state.held.len())).collect();
        self.say(format_args!("{node} sync {synced:?}"));
        if synced == Synced::Done {
            let disk = &mut self.nodes[node.index()].disk;
            written.iter().for_each(|write| disk.apply(write));
            for held in released {
                if let Held::Effect(effect) = held {
                    self.carry_out(node, effect);
                }
            }
        }
        self.step(node, Input::Synced(synced));
    }

    fn judge(&mut self, hear: impl Fn(&mut dyn Invariant<P>, &World) -> Verdict) {
        let mut judges = std::mem::take(&mut self.judges);
        for judge in &mut judges {
            if let Err(violation) = hear(&mut **judge, &self.world) {
                let verdict = format!("{VIOLATED} {}: {}", violation.invariant, violation.message);
                if self.verdicts.insert(verdict.clone()) {
                    self.say(format_args!("{verdict}"));
                }
            }
        }
        self.judges = judges;
    }
}

fn id(word: &str) -> NodeId {
    NodeId::new(number(word.strip_prefix('n').expect("nodes are called n0, n1, ..."), "") as u32)
}

fn number(word: &str, unit: &str) -> u64 {
    word.strip_suffix(unit).and_then(|word| word.parse().ok()).expect("a number stands here")
}

/// `n0->n1` is a link, `n0` all that flies to or from it.
fn flies(which: &str) -> impl Fn(NodeId, NodeId) -> bool + use<> {
    let link = which.split_once("->").map(|(from, to)| (id(from), id(to)));
    let node = link.is_none().then(|| id(which));
    move |from, to| Some((from, to)) == link || Some(from) == node || Some(to) == node
}

/// What `Debug` prints, with newtypes as their numbers and without digests, which say nothing.
fn plain(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(open) = rest.find('(') {
        let inner = &rest[open + 1..];
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let name = rest[..open].rfind(|c: char| !c.is_alphanumeric()).map_or(0, |i| i + 1);
        if digits > 0 && inner[digits..].starts_with(')') && &rest[name..open] != "Some" {
            plain += &rest[..name];
            plain += &inner[..digits];
            rest = &inner[digits + 1..];
        } else {
            plain += &rest[..=open];
            rest = inner;
        }
    }
    plain += rest;
    without_digests(&plain)
}

fn without_digests(text: &str) -> String {
    let without = |text: &str, field| {
        let mut parts = text.split(field);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.trim_start_matches(|c: char| c.is_ascii_digit()) {
                rest if rest.len() < part.len() => kept += rest,
                no_digest => kept.extend([field, no_digest]),
            }
        }
        kept
    };
    without(&without(text, ", prefix: "), ", members: ")
}
