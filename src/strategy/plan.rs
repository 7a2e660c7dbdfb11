//! Schedules: faults, commands and the operations of clients, each of which can go by itself.

use super::descent::{Case, Descent, seed};
use super::faults::{self, Family, Storm};
use super::simpler::{cuts, lengths, with, without};
use crate::fault::{Fault, When};
use crate::id::NodeId;
use crate::rng::{Stream, range};
use crate::schedule::{Client, Operation, Planned, Recipient, Schedule};
use crate::time::{Duration, SimTime};
use proptest::strategy::{BoxedStrategy, NewTree, Strategy, ValueTree};
use proptest::test_runner::{Reason, TestRunner};
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// Draws schedules; made by [`schedules`].
#[derive(Clone, Debug)]
pub struct Schedules<C: Debug> {
    storm: Storm,
    commands: Option<(RangeInclusive<usize>, BoxedStrategy<C>)>,
    clients: Option<Clients<C>>,
}

#[derive(Clone, Debug)]
struct Clients<C: Debug> {
    count: RangeInclusive<usize>,
    operations: RangeInclusive<usize>,
    timeout: Duration,
    command: BoxedStrategy<C>,
}

/// Schedules of storms over so many nodes, with perfect clocks, that end after so long: up to four
/// faults of the [usual](Family::USUAL) families. `C` is the protocol's command.
///
/// Most faults strike a minority, and each lasts half of the storm at most.
///
/// # Panics
/// If there are no nodes, or less than two milliseconds.
pub fn schedules<C: Debug>(nodes: u32, end: Duration) -> Schedules<C> {
    Schedules { storm: Storm::new(nodes, end), commands: None, clients: None }
}

impl<C: Debug> Schedules<C> {
    /// So many faults.
    #[must_use]
    pub fn faults(mut self, faults: RangeInclusive<usize>) -> Self {
        self.storm.faults = faults;
        self
    }

    /// Faults of these families alone.
    ///
    /// # Panics
    /// If none of them can strike: a partition needs two nodes.
    #[must_use]
    pub fn only(mut self, families: &[Family]) -> Self {
        self.storm.only(families);
        self
    }

    /// So many commands, each at a time and to a node of its own, whatever became of those before
    /// it. What they say shrinks as this strategy lets it.
    #[must_use]
    pub fn commands(
        mut self,
        count: RangeInclusive<usize>,
        command: impl Strategy<Value = C> + 'static,
    ) -> Self {
        self.commands = Some((count, command.boxed()));
        self
    }

    /// So many clients with so many operations each, who wait so long for an answer.
    #[must_use]
    pub fn clients(
        mut self,
        count: RangeInclusive<usize>,
        operations: RangeInclusive<usize>,
        timeout: Duration,
        command: impl Strategy<Value = C> + 'static,
    ) -> Self {
        self.clients = Some(Clients { count, operations, timeout, command: command.boxed() });
        self
    }
}

impl<C: Clone + Debug + 'static> Strategy for Schedules<C> {
    type Tree = Box<dyn ValueTree<Value = Schedule<C>>>;
    type Value = Schedule<C>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut luck = Stream::new(seed(runner), "strategy/schedule");
        let storm = self.storm.clone();
        let faults = storm.draw(&mut luck).ok_or("there is no room for so many faults")?;
        let mut parts: Vec<Part<C>> = faults.into_iter().map(Part::of).collect();
        let mut words = Words { storm: &storm, luck, trees: Vec::new() };
        if let Some((count, command)) = &self.commands {
            let asked = words.asked(count, command, runner)?;
            parts.extend(asked.into_iter().map(Part::Command));
        }
        let mut timeout = Duration::ZERO;
        if let Some(clients) = &self.clients {
            timeout = clients.timeout;
            for client in 0..some(&mut words.luck, &clients.count) {
                let mut asked = words.asked(&clients.operations, &clients.command, runner)?;
                asked.sort_by_key(|asked| asked.at);
                parts.extend(asked.into_iter().map(|asked| Part::Operation(client, asked)));
            }
        }
        let trees = words.trees;
        let descent = Descent::from(Plan { storm, timeout, parts });
        Ok(Box::new(Worded { descent, trees, place: 0, is_trying: false }))
    }
}

fn some(luck: &mut Stream, count: &RangeInclusive<usize>) -> usize {
    range(luck, *count.start() as u64..=*count.end() as u64) as usize
}

/// Draws what is asked of whom and when.
struct Words<'a, C> {
    storm: &'a Storm,
    luck: Stream,
    /// What is asked, as the user's strategy holds it.
    trees: Vec<Box<dyn ValueTree<Value = C>>>,
}

impl<C: Debug> Words<'_, C> {
    fn asked(
        &mut self,
        count: &RangeInclusive<usize>,
        command: &BoxedStrategy<C>,
        runner: &mut TestRunner,
    ) -> Result<Vec<Asked<C>>, Reason> {
        let millis = self.storm.end.as_nanos() / 1_000_000;
        let last = u64::from(self.storm.nodes - 1);
        let mut asked = Vec::new();
        for _ in 0..some(&mut self.luck, count) {
            let at = Duration::from_millis(range(&mut self.luck, 0..=millis - 1));
            let to = NodeId::new(range(&mut self.luck, 0..=last) as u32);
            let drawn = command.new_tree(runner)?;
            asked.push(Asked { at, to, tree: self.trees.len(), command: drawn.current() });
            self.trees.push(drawn);
        }
        Ok(asked)
    }
}

/// A schedule on its way down, and behind that what is asked in it.
struct Worded<C> {
    descent: Descent<Plan<C>>,
    trees: Vec<Box<dyn ValueTree<Value = C>>>,
    /// Of which part it is tried whether it may ask something simpler.
    place: usize,
    is_trying: bool,
}

impl<C: Clone + Debug> Worded<C> {
    /// Lets a part ask what another step of its own tree leads to; whether there is one.
    fn step(&mut self, step: fn(&mut dyn ValueTree<Value = C>) -> bool) -> bool {
        let part = self.descent.failing().parts.get_mut(self.place);
        let Some(Part::Command(asked) | Part::Operation(_, asked)) = part else { return false };
        let tree = &mut self.trees[asked.tree];
        let has_moved = step(&mut **tree);
        asked.command = tree.current();
        has_moved
    }
}

impl<C: Clone + Debug> ValueTree for Worded<C> {
    type Value = Schedule<C>;

    fn current(&self) -> Schedule<C> {
        self.descent.current()
    }

    fn simplify(&mut self) -> bool {
        if !self.is_trying && self.descent.simplify() {
            return true;
        }
        self.is_trying = true;
        while self.place < self.descent.failing().parts.len() {
            if self.step(|tree| tree.simplify()) {
                return true;
            }
            self.place += 1;
        }
        false
    }

    fn complicate(&mut self) -> bool {
        match self.is_trying {
            true => self.step(|tree| tree.complicate()),
            false => self.descent.complicate(),
        }
    }
}

/// A schedule as it is drawn.
#[derive(Clone, Debug)]
struct Plan<C> {
    storm: Storm,
    timeout: Duration,
    /// What can go by itself, faults first.
    parts: Vec<Part<C>>,
}

#[derive(Clone, Debug)]
enum Part<C> {
    Fault(Box<Fault>),
    Command(Asked<C>),
    /// One of a client, by the client's number.
    Operation(usize, Asked<C>),
}

/// Somebody is asked something.
#[derive(Clone, Debug)]
struct Asked<C> {
    at: Duration,
    to: NodeId,
    command: C,
    /// Which tree this is from.
    tree: usize,
}

impl<C: Clone> Asked<C> {
    fn simpler(&self) -> Vec<Self> {
        let first = (self.to.number() > 0).then(|| Asked { to: NodeId::new(0), ..self.clone() });
        let earlier = lengths(self.at, true).into_iter();
        let earlier = earlier.map(|at| Asked { at, ..self.clone() });
        first.into_iter().chain(earlier).collect()
    }
}

impl<C: Clone> Part<C> {
    fn of(fault: Fault) -> Self {
        Part::Fault(Box::new(fault))
    }

    fn simpler(&self) -> Vec<Part<C>> {
        match self {
            Part::Fault(fault) => faults::simpler(fault).into_iter().map(Part::of).collect(),
            Part::Command(asked) => asked.simpler().into_iter().map(Part::Command).collect(),
            Part::Operation(client, asked) => {
                let of = |asked| Part::Operation(*client, asked);
                asked.simpler().into_iter().map(of).collect()
            }
        }
    }

    fn at(&self) -> Duration {
        match self {
            Part::Fault(fault) => faults::begins(fault),
            Part::Command(asked) | Part::Operation(_, asked) => asked.at,
        }
    }

    /// The same, so much earlier.
    fn earlier(&self, by: Duration) -> Part<C> {
        let sooner = |asked: &Asked<C>| Asked { at: asked.at.saturating_sub(by), ..asked.clone() };
        match self {
            Part::Fault(fault) => Part::of(faults::earlier(fault, by)),
            Part::Command(asked) => Part::Command(sooner(asked)),
            Part::Operation(client, asked) => Part::Operation(*client, sooner(asked)),
        }
    }
}

impl<C> Plan<C> {
    fn is_sound(&self) -> bool {
        let faults = self.parts.iter().filter_map(|part| match part {
            Part::Fault(fault) => Some((**fault).clone()),
            _ => None,
        });
        let is_in_time = |part: &Part<C>| match part {
            Part::Fault(_) => true,
            Part::Command(asked) | Part::Operation(_, asked) => asked.at < self.storm.end,
        };
        self.parts.iter().all(is_in_time) && self.storm.is_sound(&faults.collect::<Vec<_>>())
    }

    /// All of it so much earlier that it begins at once; `None` if it does.
    fn at_once(&self) -> Option<Vec<Part<C>>>
    where
        C: Clone,
    {
        let first = self.parts.iter().map(Part::at).min().filter(|at| *at > Duration::ZERO)?;
        Some(self.parts.iter().map(|part| part.earlier(first)).collect())
    }
}

impl<C: Clone + Debug> Case for Plan<C> {
    type Value = Schedule<C>;

    fn value(&self) -> Schedule<C> {
        let end = SimTime::ZERO + self.storm.end;
        let mut schedule = Schedule::calm(self.storm.nodes as usize, end);
        let mut of = None;
        for part in &self.parts {
            match part {
                Part::Fault(fault) => schedule.faults.push((**fault).clone()),
                Part::Command(asked) => schedule.commands.push(Planned {
                    when: When::At(SimTime::ZERO + asked.at),
                    to: Recipient::Node(asked.to),
                    command: asked.command.clone(),
                }),
                Part::Operation(client, asked) => {
                    if of != Some(client) {
                        let (timeout, operations) = (self.timeout, Vec::new());
                        schedule.clients.push(Client { timeout, operations });
                        of = Some(client);
                    }
                    let operation = Operation {
                        not_before: SimTime::ZERO + asked.at,
                        think: Duration::ZERO,
                        to: Recipient::Node(asked.to),
                        command: asked.command.clone(),
                    };
                    schedule.clients.last_mut().expect("one was pushed").operations.push(operation);
                }
            }
        }
        schedule
    }

    fn simpler(&self) -> Vec<Self> {
        let fewer = cuts(self.parts.len()).into_iter().map(|gone| without(&self.parts, &gone));
        let places = self.parts.iter().enumerate();
        let milder = places.flat_map(|(place, part)| {
            part.simpler().into_iter().map(move |part| with(&self.parts, place, part))
        });
        let plans =
            fewer.chain(self.at_once()).chain(milder).map(|parts| Plan { parts, ..self.clone() });
        plans.filter(Plan::is_sound).collect()
    }
}
