//! All states that three peers can come to, counted against those of the published model.
//!
//! `LamportMutex.tla` of tlaplus/Examples with three processes and clocks up to 6: 724,274 distinct
//! states, 2,729,079 generated. There a process enters in a step of its own; here it enters as soon
//! as it may. So a state is told apart by who of those that hold the lock has taken that step too.

use super::{Config, Lamport, Message, Rules};
use crate::algorithm::Roles;
use crate::id::{Label, NodeId};
use crate::lock::peers::section::{Command, Timer};
use crate::lock::peers::settings::{Peers, Settings};
use crate::lock::spec::Phase;
use crate::protocol::{Effect, Input, NodeLuck, Now, Process};
use crate::time::{LocalTime, WallTime};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const PEERS: usize = 3;
const CLOCK_MAX: u64 = 6;

struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, _: Label, low: u64, _: u64) -> u64 {
        low
    }
}

/// What can happen to one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Asked,
    Leaves,
    Hears { from: usize, word: u16 },
}

/// A message as a digit that is not 0.
fn word(message: Message) -> u16 {
    match message {
        Message::Ack => 1,
        Message::Release => 2,
        Message::Request { clock } => 2 + u16::try_from(clock).expect("clocks are bounded"),
    }
}

const fn message(word: u16) -> Message {
    match word {
        1 => Message::Ack,
        2 => Message::Release,
        _ => Message::Request { clock: word as u64 - 2 },
    }
}

/// All that tells two states of one peer apart, the phase as a number; the number of its request
/// does not.
type Own = (u64, BTreeMap<NodeId, u64>, BTreeSet<NodeId>, u8);

/// One state of one peer: how it is come by, and what it is.
struct Known {
    path: Vec<Event>,
    clock: u64,
    phase: Phase,
}

type Sent = Vec<(usize, u16)>;

/// What one peer does in each of its states, found out once by driving it.
struct Book {
    id: NodeId,
    config: Config,
    known: Vec<Known>,
    places: BTreeMap<Own, u32>,
    steps: BTreeMap<(u32, Event), (u32, Sent)>,
}

impl Book {
    fn of(id: usize, config: &Config) -> Self {
        let mut book = Book {
            id: NodeId::new(id as u32),
            config: config.clone(),
            known: Vec::new(),
            places: BTreeMap::new(),
            steps: BTreeMap::new(),
        };
        book.drive(Vec::new());
        book
    }

    /// The state after these events, and what the last of them made the peer send.
    fn drive(&mut self, path: Vec<Event>) -> (u32, Sent) {
        let now = Now { monotonic: LocalTime::ZERO, wall: WallTime::ZERO };
        let mut process: Process<Lamport> = Process::new(self.id, ());
        let mut effects = Vec::new();
        let mut tell = |input| {
            effects.clear();
            process.step(&self.config, now, &mut NoLuck, input, &mut effects);
        };
        tell(Input::Boot);
        for event in &path {
            tell(match *event {
                Event::Asked => Input::Command(Command::Acquire { request: 1 }),
                Event::Leaves => Input::Timer(Timer::Release),
                Event::Hears { from, word } => {
                    Input::Message { from: NodeId::new(from as u32), message: message(word) }
                }
            });
        }
        let sent = effects.iter().filter_map(|effect| match effect {
            Effect::Send { to, message, .. } => Some((to.index(), word(*message))),
            _ => None,
        });
        let sent = sent.collect();
        let state = process.state().expect("it is up");
        let phase = state.section.phase();
        let own = (state.clock, state.requests.clone(), state.acks.clone(), phase as u8);
        let next = self.known.len() as u32;
        let place = *self.places.entry(own).or_insert(next);
        if place == next {
            self.known.push(Known { path, clock: state.clock, phase });
        }
        (place, sent)
    }

    fn step(&mut self, place: u32, event: Event) -> (u32, Sent) {
        if let Some(known) = self.steps.get(&(place, event)) {
            return known.clone();
        }
        let mut path = self.known[place as usize].path.clone();
        path.push(event);
        let step = self.drive(path);
        self.steps.insert((place, event), step.clone());
        step
    }
}

/// Where all peers are, who has entered, and what flies from each to each: four digits, the oldest
/// message last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    places: [u32; PEERS],
    entered: [bool; PEERS],
    flying: [[u16; PEERS]; PEERS],
}

impl State {
    fn send(&mut self, from: usize, to: usize, word: u16) {
        let link = &mut self.flying[from][to];
        let count = (0..4).take_while(|digit| *link >> (4 * digit) != 0).count();
        assert!(count < 3, "no more than three messages fly on a link (BoundedNetwork)");
        *link |= word << (4 * count);
    }

    fn receive(&mut self, from: usize, to: usize) -> Option<u16> {
        let link = &mut self.flying[from][to];
        let word = *link & 15;
        *link >>= 4;
        (word != 0).then_some(word)
    }
}

struct Search {
    books: Vec<Book>,
}

impl Search {
    fn of(rules: Rules) -> Self {
        let roles = Roles::deal([("nodes", PEERS as u32)]);
        let peers = Peers::new(&Settings::default(), &roles).expect("the defaults are sound");
        let config = Config { peers, rules };
        Search { books: (0..PEERS).map(|id| Book::of(id, &config)).collect() }
    }

    fn phase(&self, state: &State, peer: usize) -> Phase {
        self.books[peer].known[state.places[peer] as usize].phase
    }

    fn step(&mut self, mut state: State, peer: usize, event: Event) -> State {
        let (place, sent) = self.books[peer].step(state.places[peer], event);
        state.places[peer] = place;
        sent.into_iter().for_each(|(to, word)| state.send(peer, to, word));
        state
    }

    /// Whatever can come next.
    fn after(&mut self, state: State) -> Vec<State> {
        let mut next = Vec::new();
        for peer in 0..PEERS {
            match self.phase(&state, peer) {
                Phase::Idle => next.push(self.step(state, peer, Event::Asked)),
                Phase::Waits => {}
                Phase::Holds => {
                    // In the model whoever has entered may do so again, and nothing changes.
                    let mut inside = state;
                    inside.entered[peer] = true;
                    next.push(inside);
                    if state.entered[peer] {
                        inside.entered[peer] = false;
                        next.push(self.step(inside, peer, Event::Leaves));
                    }
                }
            }
            for from in 0..PEERS {
                let mut heard = state;
                if let Some(word) = heard.receive(from, peer) {
                    next.push(self.step(heard, peer, Event::Hears { from, word }));
                }
            }
        }
        next
    }

    fn is_within(&self, state: &State) -> bool {
        let clock = |(book, place): (&Book, &u32)| book.known[*place as usize].clock;
        self.books.iter().zip(&state.places).all(|pair| clock(pair) <= CLOCK_MAX)
    }

    /// All states that there are and how many were come by; or a state in which two have entered.
    fn count(&mut self) -> Result<(usize, u64), State> {
        let first = State::default();
        let mut seen = BTreeSet::from([first]);
        let mut frontier = VecDeque::from([first]);
        let mut generated = 1;
        while let Some(state) = frontier.pop_front() {
            if state.entered.iter().filter(|entered| **entered).count() > 1 {
                return Err(state);
            }
            for after in self.after(state) {
                generated += 1;
                if self.is_within(&after) && seen.insert(after) {
                    frontier.push_back(after);
                }
            }
        }
        Ok((seen.len(), generated))
    }
}

#[test]
fn three_peers_have_as_many_states_as_the_published_model_and_exclude_each_other_in_all() {
    assert_eq!(Search::of(Rules::SOUND).count(), Ok((724_274, 2_729_079)));
}

#[test]
fn peers_that_do_not_wait_for_their_turn_come_to_a_state_with_two_inside() {
    let rules = Rules::of_mutant("acks-are-enough").expect("it is a known bug");
    assert!(Search::of(rules).count().is_err());
}
