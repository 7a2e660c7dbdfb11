//! The load: a workload that the seed draws, as varied as its nemesis.
//!
//! First the seed decides what load there is - which commands, of how many keys and how unevenly,
//! from an open or a closed loop, steadily or in bursts -, then the commands themselves. Each of
//! these has a stream of its own (`load/skew`, `load/mix/propose`, `load/0/times`), so that what is
//! pinned moves nothing else.
//!
//! **The budget of events.** A run is never drawn more than [`COMMANDS_MAX`] commands: where the
//! run is long their times are stretched. What a file pins is taken as it is in an open loop; in a
//! closed one commands that come too soon wait for their times.

mod check;
mod drawn;
mod entry;

pub use entry::{Burst, BurstsEntry, LoadEntry, LoopEntry, Skew};

use super::check::Scenario;
use super::draw::length;
use super::file::instant;
use super::numbering::Numbering;
use super::words::Who;
use super::workload::{Ask, Asked, Queue, Turn};
use crate::algorithm::{Algorithm, Arguments};
use crate::calibration::Calibration;
use crate::fault::When;
use crate::rng::{Stream, Zipf, below};
use crate::time::{Duration, SimTime};
use crate::units::Span;

/// So many commands are the most that a run is drawn.
const COMMANDS_MAX: u64 = 4_000;
/// The commands of one client are so far apart in their numbers.
const CLIENT: u64 = 1 << 20;

/// The load of one run, with every word of it.
pub(super) struct Load {
    mix: Vec<(String, u32)>,
    keys: u32,
    skew: Skew,
    /// Nobody waits in an open loop.
    clients: Option<Clients>,
    rhythm: Rhythm,
    to: Who,
}

/// Those who wait for answers.
struct Clients {
    count: u32,
    timeout: Duration,
}

/// How long after a command the next one comes, or how long a client thinks before it.
enum Rhythm {
    Steady(Span<Duration>),
    Bursts { size: u32, gap: Span<Duration>, pause: Span<Duration> },
}

impl Rhythm {
    /// How many commands come at once.
    fn size(&self) -> u64 {
        match self {
            Rhythm::Steady(_) => 1,
            Rhythm::Bursts { size, .. } => u64::from(*size),
        }
    }

    /// The time before a command, by its place.
    fn before(&self, nth: u64, luck: &mut Stream) -> Duration {
        match self {
            Rhythm::Steady(span) => length(luck, *span),
            Rhythm::Bursts { pause, .. } if nth % self.size() == 0 => length(luck, *pause),
            Rhythm::Bursts { gap, .. } => length(luck, *gap),
        }
    }
}

impl Load {
    /// As lines of `[load]`.
    pub fn lines(&self) -> Vec<String> {
        let mix = self.mix.iter().map(|(word, weight)| format!("{word} = {weight}"));
        let mix: Vec<String> = mix.collect();
        let mut lines = vec![
            format!("mix = {{ {} }}", mix.join(", ")),
            format!("keys = {}", self.keys),
            format!("skew = \"{}\"", self.skew),
        ];
        let steady = match &self.clients {
            None => {
                lines.push("loop = \"open\"".to_owned());
                "every"
            }
            Some(Clients { count, timeout }) => {
                lines.push("loop = \"closed\"".to_owned());
                lines.push(format!("clients = {count}"));
                lines.push(format!("timeout = \"{timeout}\""));
                "think"
            }
        };
        match &self.rhythm {
            Rhythm::Steady(span) => {
                lines.push(format!("{steady} = \"{span}\""));
                lines.push("bursts = \"none\"".to_owned());
            }
            Rhythm::Bursts { size, gap, pause } => lines.push(format!(
                "bursts = {{ size = {size}, gap = \"{gap}\", pause = \"{pause}\" }}"
            )),
        }
        lines.push(format!("to = \"{}\"", self.to));
        lines
    }
}

/// The luck of those who ask, and what it takes to ask.
struct Asker<'a> {
    load: &'a Load,
    /// Words and their numbers, and the popularity of keys; `None` if one is as popular as another.
    numbering: &'a Numbering,
    zipf: Option<&'a Zipf>,
    asked: &'a Asked,
    client: u64,
    times: Stream,
    word: Stream,
    key: Stream,
    to: Stream,
}

impl Asker<'_> {
    /// What is asked for the n-th time.
    fn ask(&mut self, when: When, nth: u64) -> Ask<'static> {
        let (words, load) = (self.numbering.words(), self.load);
        let total = load.mix.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut place = below(&mut self.word, total);
        let drawn = load.mix.iter().find(|(_, weight)| {
            let is_here = place < u64::from(*weight);
            place = place.saturating_sub(u64::from(*weight));
            is_here
        });
        let drawn = drawn.map(|(word, _)| word.as_str());
        let word = words.iter().find(|word| Some(**word) == drawn);
        let key = match self.zipf {
            Some(zipf) => u64::from(zipf.draw(&mut self.key)),
            None => below(&mut self.key, u64::from(load.keys)),
        };
        let unique = self.numbering.of_load(CLIENT * self.client + nth);
        Ask {
            when,
            to: self.asked.draw(&mut self.to),
            word: word.expect("a checked load asks for words that are known"),
            arguments: Arguments { unique, key, ..Arguments::default() },
        }
    }
}

impl Scenario {
    /// The load of a seed, drawn to fit the algorithm; `None` if there is no `[load]`.
    pub(super) fn load<A: Algorithm>(&self, seed: u64, speed: &Calibration) -> Option<Load> {
        let entry = self.file.load.as_deref()?;
        let run = self.end().since(SimTime::ZERO);
        let scale = drawn::Scale::new(speed, self.storm_end, run);
        let first_role = self.groups.first().map(|(name, _)| name);
        Some(drawn::load::<A>(entry, first_role, seed, &scale))
    }

    /// The commands that come at their times.
    pub(super) fn load_asks<A: Algorithm>(
        &self,
        load: &Load,
        seed: u64,
        end: SimTime,
    ) -> Vec<Ask<'static>> {
        let mut asks = Vec::new();
        if load.clients.is_some() {
            return asks;
        }
        self.each_asker::<A>(load, seed, 1, |asker| {
            let mut at = SimTime::ZERO;
            for nth in 0.. {
                at += load.rhythm.before(nth, &mut asker.times);
                if at > end {
                    break;
                }
                asks.push(asker.ask(When::At(at), nth));
            }
        });
        asks
    }

    /// What each client asks. It asks when it has thought, but at most as often as the budget says.
    pub(super) fn load_queues<A: Algorithm>(
        &self,
        load: &Load,
        seed: u64,
        end: SimTime,
    ) -> Vec<Queue<'static>> {
        let mut queues = Vec::new();
        let Some(Clients { count, timeout }) = load.clients else { return queues };
        let (clients, size) = (u64::from(count), load.rhythm.size());
        let run = u128::from(self.end().as_nanos());
        // A run that is extended asks on as before.
        let longer = end.as_nanos().div_ceil(self.end().as_nanos().max(1)).max(1);
        let most = (COMMANDS_MAX / clients).max(1).saturating_mul(longer);
        let beat = run * u128::from(clients * size) / u128::from(COMMANDS_MAX);
        let beat = beat.clamp(1, u128::from(u64::MAX)) as u64;
        self.each_asker::<A>(load, seed, clients, |asker| {
            let mut turns = Vec::new();
            let first = below(&mut asker.times, beat);
            for nth in 0..most {
                let wait = Duration::from_nanos(beat).saturating_mul(nth / size);
                let not_before = instant(Duration::from_nanos(first) + wait);
                let think = load.rhythm.before(nth, &mut asker.times);
                if not_before > end {
                    break;
                }
                let Ask { to, word, arguments, .. } = asker.ask(When::At(not_before), nth);
                let Arguments { unique, key, .. } = arguments;
                turns.push(Turn { not_before, think, to, word, unique, key });
            }
            queues.push(Queue { timeout, turns });
        });
        queues
    }

    fn each_asker<A: Algorithm>(
        &self,
        load: &Load,
        seed: u64,
        count: u64,
        mut each: impl FnMut(&mut Asker<'_>),
    ) {
        let numbering = Numbering::of::<A>();
        let zipf = match load.skew {
            Skew::Uniform => None,
            Skew::Zipf(exponent) => Zipf::new(load.keys, exponent.0),
        };
        let asked = self.asked(&load.to);
        for client in 0..count {
            let luck = |what| Stream::new(seed, &format!("load/{client}/{what}"));
            each(&mut Asker {
                load,
                numbering: &numbering,
                zipf: zipf.as_ref(),
                asked: &asked,
                client,
                times: luck("times"),
                word: luck("words"),
                key: luck("keys"),
                to: luck("to"),
            });
        }
    }
}
