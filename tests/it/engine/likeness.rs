//! The engine and its naive twin tell the same story of thousands of small worlds.

use super::puppet::{Op, Said, Word};
use super::stage::{Stage, lasting, ms, n, nodes};
use super::twin::{Plain, Twin};
use stormseed::conditions::{InFlight, Latency, Link};
use stormseed::fault::{
    Action, Choice, CutKind, DiskFate, Filter, Harm, Manner, On, RateChange, Severed, Take, Target,
    When,
};
use stormseed::id::FaultId;
use stormseed::protocol::Words;
use stormseed::rng::{Keyed, Ratio, below};
use stormseed::schedule::{FateOverride, Override};
use stormseed::time::{Drift, Duration};
use stormseed::topology::Cut;

const END: u64 = 300;

/// Draws small worlds.
struct Dice {
    luck: Keyed,
    nodes: u32,
}

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        below(&mut self.luck, bound)
    }

    fn node(&mut self) -> u32 {
        self.below(u64::from(self.nodes)) as u32
    }

    /// A length that hardly any other thing shares; now and then none at all.
    fn length(&mut self, millis: u64) -> u64 {
        if self.below(12) == 0 { 0 } else { 1 + self.below(millis * 1_000_000) }
    }

    fn ops(&mut self, depth: u32) -> Vec<Op> {
        let count = 1 + self.below(4);
        (0..count).map(|_| self.op(depth)).collect()
    }

    fn op(&mut self, depth: u32) -> Op {
        let (to, number) = (self.node(), self.below(100));
        let deeper = |dice: &mut Self| if depth == 0 { Vec::new() } else { dice.ops(depth - 1) };
        match self.below(15) {
            0 | 1 => Op::Send(to, Word::Talk(number)),
            2 => Op::Send(to, Word::Task(number, deeper(self))),
            3 => Op::SendNow(to, Word::Task(number, deeper(self))),
            4 => Op::Persist(number),
            5 => Op::Sync,
            6 | 7 => Op::Set(self.below(3) as u8, self.length(60), deeper(self)),
            8 => Op::Every(self.below(3) as u8, 5_000_000 + self.length(40), deeper(self)),
            9 => Op::Cancel(self.below(3) as u8),
            10 => Op::Believe(number),
            11 => Op::Promise(number),
            12 => Op::Lead(number % 2 == 0),
            13 if number % 2 == 0 => Op::TellWall,
            13 => Op::TellClock,
            _ => Op::TellDisk,
        }
    }

    fn target(&mut self) -> Target {
        match self.below(8) {
            0 => Target::All,
            1 => Target::Role("leader".into()),
            6 | 7 => {
                let take = match self.below(4) {
                    0 => Take::Newest,
                    1 => Take::Stale,
                    2 => Take::Others,
                    _ => Take::Everyone,
                };
                let choice = Choice { role: "leader".into(), take };
                Target::Chosen { choice, window: Duration::from_nanos(self.length(150)) }
            }
            2 => nodes(&[0, 2]),
            _ => nodes(&[self.node()]),
        }
    }

    fn milestone(&mut self) -> When {
        let after = Duration::from_nanos(self.length(50));
        let word = Said::words()[self.below(2) as usize].to_owned();
        let nth = 1 + self.below(4) as u32;
        match self.below(3) {
            0 => When::Milestone { word, nth, after },
            1 => When::MilestoneOn { on: On::Role("leader".into()), word, nth, after },
            _ => When::MilestoneOn { on: On::Nodes(vec![n(self.node())]), word, nth, after },
        }
    }

    fn action(&mut self) -> Action {
        let disk = if self.below(3) == 0 { DiskFate::Amnesia } else { DiskFate::Synced };
        match self.below(25) {
            10..=12 => self.severing(),
            13..=15 => self.harming(),
            20 => {
                let up = |dice: &mut Self| Duration::from_nanos(dice.length(60));
                let ups = (0..=self.below(3)).map(|_| up(self)).collect();
                let after_effect = (self.below(3) == 0).then(|| self.below(5) as u32);
                Action::CrashLoop { after_effect, disk, ups }
            }
            21 if self.below(2) == 0 => {
                let after_effect = (self.below(2) == 0).then(|| self.below(5) as u32);
                Action::Death { after_effect, disk }
            }
            21 | 22 => Action::Stall { after_effect: self.below(5) as u32 },
            23 => {
                let length = Duration::from_nanos(self.length(30));
                Action::Slow { step: Latency::Constant(length) }
            }
            24 => {
                let action = Box::new(match self.below(3) {
                    0 => Action::Crash { after_effect: None, disk },
                    1 => Action::Pause,
                    _ => Action::Isolate,
                });
                let nodes = self.nodes;
                let offsets = (0..nodes).map(|_| Duration::from_nanos(self.length(30))).collect();
                Action::Spread { action, offsets }
            }
            0 | 1 => Action::Crash { after_effect: None, disk },
            2 | 3 => Action::Crash { after_effect: Some(self.below(5) as u32), disk },
            4 | 5 => Action::Pause,
            6 => Action::Isolate,
            7 => Action::Mute { sends: self.below(2) == 0, hears: self.below(2) == 0 },
            8 => match self.below(2) {
                0 => Action::Partition(Cut::Groups(vec![vec![n(0)], vec![n(1), n(2)]])),
                _ => {
                    let to = vec![n(self.node()), n(self.node())];
                    Action::Partition(Cut::OneWay { from: vec![n(self.node())], to })
                }
            },
            9 => Action::Drift(self.drift()),
            16 | 17 => self.bent_clock(),
            _ => self.troubled_disk(),
        }
    }

    fn drift(&mut self) -> Drift {
        Drift::from_ppm(self.below(2_500_000) as i32 - 1_200_000)
    }

    fn bent_clock(&mut self) -> Action {
        let by = self.below(50_000_000) as i64 - 25_000_000;
        match self.below(6) {
            0 => Action::Suspend,
            1 => Action::Freeze,
            2 => Action::Strobe { by, every: Duration::from_nanos(1 + self.below(30_000_000)) },
            3 => Action::SlewedJump { by, slew: Drift::from_ppm(1 + self.below(999_000) as i32) },
            4 => Action::Jump(by),
            _ => {
                let mut after = Duration::ZERO;
                let mut changes = vec![RateChange { after, rate: self.drift() }];
                for _ in 0..self.below(5) {
                    after = after + Duration::from_nanos(1 + self.below(30_000_000));
                    changes.push(RateChange { after, rate: self.drift() });
                }
                Action::Wander(changes)
            }
        }
    }

    fn troubled_disk(&mut self) -> Action {
        match self.below(4) {
            0 => {
                let length = Duration::from_nanos(1 + self.below(50_000_000));
                Action::SlowDisk(Latency::Constant(length))
            }
            1 => Action::LyingDisk,
            2 => Action::StalledDisk,
            _ => Action::FullDisk,
        }
    }

    fn constant(&mut self, millis: u64) -> Latency {
        Latency::Constant(Duration::from_nanos(1 + self.below(millis * 1_000_000)))
    }

    fn cut(&mut self) -> Cut {
        let of = |dice: &mut Self, count: u64| -> Vec<_> {
            (0..count).map(|_| n(dice.node())).collect()
        };
        match self.below(4) {
            0 => Cut::Groups(vec![of(self, 2), of(self, 1)]),
            1 => Cut::OneWay { from: of(self, 2), to: of(self, 2) },
            2 => Cut::Downhill(vec![of(self, 1), of(self, 2)]),
            // All links or none: what is in between is a matter of luck.
            _ => Cut::Grudge {
                chance: Ratio { numerator: self.below(2) as u32, denominator: 1 },
                one_way: self.below(2) == 0,
                dice: self.below(9) as u32,
            },
        }
    }

    fn in_flight(&mut self) -> InFlight {
        [InFlight::Drop, InFlight::Deliver, InFlight::Hold][self.below(3) as usize]
    }

    fn severing(&mut self) -> Action {
        let links = match self.below(3) {
            0 => Severed::Between(self.cut()),
            1 => Severed::Around,
            _ => Severed::By { sends: self.below(2) == 0, hears: self.below(2) == 0 },
        };
        let kind = match self.below(5) {
            0 => CutKind::Drop,
            1 => CutKind::Slow(self.constant(40)),
            _ => CutKind::Hold,
        };
        let in_flight = (self.below(2) == 0).then(|| self.in_flight());
        let lengths = if self.below(3) == 0 { 4 } else { 0 };
        let flap = (0..lengths).map(|_| Duration::from_nanos(1 + self.below(40_000_000))).collect();
        Action::Sever { links, manner: Manner { kind, in_flight, flap } }
    }

    fn harming(&mut self) -> Action {
        let harm = match self.below(9) {
            0 => Harm::Lose,
            1 => Harm::Duplicate,
            2 => Harm::Corrupt,
            3 => Harm::Delay(self.constant(40)),
            4 => Harm::Reorder(self.constant(40)),
            5 => Harm::Throttle {
                spacing: Duration::from_nanos(1 + self.below(20_000_000)),
                queue: self.below(3) as u32,
            },
            6 => Harm::Replay(self.constant(90)),
            _ => Harm::Hold,
        };
        let is_named = self.below(3) == 0;
        let words = Word::words().into_iter().filter(|_| is_named && self.below(2) == 0);
        let words = words.map(str::to_owned).collect();
        let first = 1 + self.below(2) * self.below(3);
        let last = (self.below(3) == 0).then(|| first + self.below(4));
        let chance = Ratio { numerator: u32::from(self.below(8) > 0), denominator: 1 };
        let to = if self.below(3) == 0 { self.target() } else { Target::All };
        let filter = Filter { words, to, first, last, chance };
        Action::Messages { filter, harm }
    }

    fn stage(&mut self, seed: u64) -> Stage {
        let mut stage = Stage::new(self.nodes as usize, END).seed(seed);
        for node in 0..self.nodes {
            stage = stage.boot(node as usize, self.ops(2));
            stage.schedule.clocks[node as usize].drift =
                Drift::from_ppm(self.below(200_000) as i32 - 100_000);
        }
        for _ in 0..self.below(6) {
            stage = stage.order(self.below(END), self.node(), self.ops(2));
        }
        if self.below(3) == 0 {
            stage = stage.order_when(self.milestone(), self.node(), self.ops(2));
        }
        for _ in 0..self.below(6) {
            let lasts = if self.below(3) == 0 { None } else { lasting(self.below(120)) };
            let when = match self.below(3) {
                0 => self.milestone(),
                _ => match self.below(6) {
                    0 => When::Heal,
                    _ => When::At(ms(self.below(END))),
                },
            };
            stage = stage.fault_when(when, self.target(), self.action(), lasts);
        }
        // Between two faults there is room for those that come of the first.
        for (place, fault) in (0u32..).zip(&mut stage.schedule.faults) {
            fault.id = FaultId(place * 10);
        }
        if self.below(2) == 0 {
            let core: Vec<u32> = (0..self.nodes).filter(|_| self.below(3) > 0).collect();
            stage = stage.heal(100 + self.below(END - 100), &core);
        }
        self.conditions(&mut stage);
        stage
    }

    fn conditions(&mut self, stage: &mut Stage) {
        let network = &mut stage.conditions.network;
        network.fifo = self.below(4) > 0;
        network.in_flight = self.in_flight();
        for from in (0..self.nodes).map(n) {
            for to in (0..self.nodes).map(n) {
                let nanos = Duration::from_nanos(1 + self.below(20_000_000));
                network.links.push(Link::with_latency(from, to, Latency::Constant(nanos)));
            }
        }
        stage.conditions.sync = match self.below(3) {
            0 => Latency::ZERO,
            _ => Latency::Constant(Duration::from_nanos(1 + self.below(30_000_000))),
        };
        stage.conditions.restart_resets_clock = self.below(2) == 0;
        for nth in 1..=self.below(5) as u32 {
            let (from, to) = (n(self.node()), n(self.node()));
            let word = Word::words()[self.below(3) as usize].to_owned();
            let after = Duration::from_nanos(self.length(50));
            let fate = match self.below(3) {
                0 => FateOverride::Lost,
                1 => FateOverride::Delivered(after),
                _ => FateOverride::Duplicated(after, Duration::from_nanos(self.length(50))),
            };
            stage.schedule.overrides.push(Override::Fate { from, to, word, nth, fate });
        }
        stage.script.talk = vec![Op::Persist(7), Op::Sync, Op::Promise(7)];
        stage.script.synced = vec![Op::Believe(8)];
        stage.script.sync_failed = vec![Op::Believe(9), Op::Persist(9), Op::Sync, Op::Promise(9)];
    }
}

/// What the twin tells, guess by guess, until it is the same; the last difference if it never is.
fn compare(stage: &Stage, told: &[Plain]) -> Option<Result<usize, String>> {
    let (mut difference, mut farthest) = (String::new(), 0);
    for guess in 0u32..64 {
        let guesses = (0..6).map(|bit| guess >> bit & 1 == 1).collect();
        let mut twin = Twin::new(stage, guesses);
        if twin.run().is_err() {
            return None;
        }
        if twin.rows == told {
            return Some(Ok(twin.guesses));
        }
        let place = twin.rows.iter().zip(told).position(|(a, b)| a != b);
        let place = place.unwrap_or(twin.rows.len().min(told.len()));
        if place < farthest {
            continue;
        }
        farthest = place;
        let (ours, theirs) = (twin.rows.get(place), told.get(place));
        let before: String =
            told[place.saturating_sub(20)..place].iter().map(|row| format!("{row:?}\n")).collect();
        difference = format!("{before}twin   {ours:?}\nengine {theirs:?}");
        if twin.guesses == 0 || twin.guesses > 6 {
            break;
        }
    }
    Some(Err(difference))
}

#[test]
fn a_naive_twin_tells_the_same_story() {
    let (mut same, mut ties, mut rows, mut guesses) = (0, 0, 0, 0);
    let mut kinds = std::collections::BTreeMap::<String, u64>::new();
    let mut effects = std::collections::BTreeMap::<&str, u64>::new();
    for seed in 0..12_000 {
        let mut dice = Dice { luck: Keyed::new(seed), nodes: 3 + (seed % 3) as u32 };
        let stage = dice.stage(seed);
        let story = stage.run();
        for report in (0..stage.schedule.faults.len()).map(|fault| story.report(fault)) {
            *effects.entry(report.family).or_default() += report.effects;
        }
        let told: Vec<Plain> = story.rows.into_iter().map(|r| (r.at, r.node, r.note)).collect();
        match compare(&stage, &told) {
            None => ties += 1,
            Some(Ok(guessed)) => (same, guesses) = (same + 1, guesses + guessed),
            Some(Err(difference)) => {
                panic!("seed {seed}:\n{difference}\n{:?}", stage.schedule.faults)
            }
        }
        rows += told.len();
        for (_, _, note) in told {
            let kind = format!("{note:?}");
            let end = kind.find(|c: char| !c.is_alphanumeric()).unwrap_or(kind.len());
            *kinds.entry(kind[..end].to_owned()).or_default() += 1;
        }
    }
    let idle: Vec<_> = effects.iter().filter(|(_, count)| **count == 0).collect();
    assert!(effects.len() == 26 && idle.is_empty(), "every fault acts: {effects:?}");
    assert!(same >= 6_000, "{same} the same, {ties} given up");
    assert!(guesses > 20 && rows > 50_000, "{guesses} guesses, {rows} rows");
    assert_eq!(kinds.len(), 21, "every kind of record occurs: {kinds:?}");
}
