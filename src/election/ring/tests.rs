//! Rings driven by hand, on the real state machines: every arrangement of the numbers, counted
//! against the published figures, and every order of events of a small ring, against a published
//! state count.

use super::{ChangRoberts, ChangRobertsMessage, HirschbergSinclair, Order, Settings};
use super::{Config, HirschbergSinclairMessage, Initiators, Numbers};
use crate::algorithm::{Algorithm, Roles};
use crate::id::{Label, NodeId};
use crate::protocol::{Effect, Input, NodeLuck, Now, Process, Protocol};
use crate::time::{LocalTime, WallTime};
use std::collections::{BTreeMap, BTreeSet};

struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, label: Label, _: u64, _: u64) -> u64 {
        panic!("{label:?} is drawn, and these rings are given")
    }
}

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

type Mail<P> = Vec<(NodeId, NodeId, <P as Protocol>::Message)>;

struct Ring<P: Protocol> {
    config: P::Config,
    nodes: Vec<Process<P>>,
    mail: Mail<P>,
}

fn ring<P: Algorithm<Settings = Settings>>(settings: Settings, servers: u32) -> Ring<P> {
    let config = P::config(settings, &Roles::deal([("servers", servers)])).unwrap();
    let nodes = (0..servers).map(|id| Process::new(n(id), P::Durable::default())).collect();
    Ring { config, nodes, mail: Vec::new() }
}

fn given(order: Order, numbers: &[u64]) -> Settings {
    Settings { order, numbers: Numbers::Given(numbers.to_vec()), ..Settings::default() }
}

impl<P: Protocol> Ring<P> {
    fn tell(&mut self, node: NodeId, input: Input<P>) {
        let now = Now { monotonic: LocalTime::ZERO, wall: WallTime::ZERO };
        let mut effects = Vec::new();
        self.nodes[node.index()].step(&self.config, now, &mut NoLuck, input, &mut effects);
        for effect in effects {
            if let Effect::Send { to, message, .. } = effect {
                self.mail.push((node, to, message));
            }
        }
    }

    fn boot(&mut self) {
        (0..self.nodes.len() as u32).for_each(|node| self.tell(n(node), Input::Boot));
    }

    /// Delivers what is on the way; what comes of it is on the way then.
    fn round(&mut self) {
        for (from, to, message) in std::mem::take(&mut self.mail) {
            self.tell(to, Input::Message { from, message });
        }
    }

    /// Round by round until somebody has won; `count` looks at all that is sent until then.
    fn elect(&mut self, count: impl Fn(&P::Message) -> bool) -> u64
    where
        P: Protocol<View = crate::election::spec::View>,
    {
        self.boot();
        let mut sent = 0;
        while !self.has_winner() {
            assert!(!self.mail.is_empty(), "nobody wins");
            sent += self.mail.iter().filter(|(_, _, message)| count(message)).count() as u64;
            self.round();
        }
        sent
    }

    fn has_winner(&self) -> bool
    where
        P: Protocol<View = crate::election::spec::View>,
    {
        use crate::election::spec::Role;
        self.nodes.iter().any(|node| node.state().is_some_and(|it| it.view().role == Role::Leader))
    }
}

/// All arrangements of 1..=size (Heap's algorithm).
fn arrangements(size: u64, mut each: impl FnMut(&[u64])) {
    fn heap(k: usize, numbers: &mut [u64], each: &mut dyn FnMut(&[u64])) {
        if k <= 1 {
            return each(numbers);
        }
        for i in 0..k {
            heap(k - 1, numbers, each);
            numbers.swap(if k % 2 == 0 { i } else { 0 }, k - 1);
        }
    }
    let mut numbers: Vec<u64> = (1..=size).collect();
    heap(size as usize, &mut numbers, &mut each);
}

fn chang_roberts(order: Order, numbers: &[u64]) -> u64 {
    let mut ring: Ring<ChangRoberts> = ring(given(order, numbers), numbers.len() as u32);
    ring.elect(|message| matches!(message, ChangRobertsMessage::Election { .. }))
}

#[test]
fn chang_roberts_sends_n_h_n_numbers_on_average_over_all_arrangements() {
    // n! n H_n, from Chang and Roberts 1979: 3, 11/2, 25/3, 137/12, 147/10, 363/20, 761/35.
    for (size, numerator, denominator) in
        [(2, 3, 1), (3, 11, 2), (4, 25, 3), (5, 137, 12), (6, 147, 10), (7, 363, 20), (8, 761, 35)]
    {
        let (mut sum, mut count, mut least, mut most) = (0, 0, u64::MAX, 0);
        arrangements(size, |numbers| {
            let sent = chang_roberts(Order::Largest, numbers);
            (sum, count) = (sum + sent, count + 1);
            (least, most) = (least.min(sent), most.max(sent));
        });
        assert_eq!(sum * denominator, count * numerator, "n = {size}");
        assert_eq!((least, most), (2 * size - 1, size * (size + 1) / 2), "n = {size}");
    }
}

#[test]
fn sorted_numbers_are_the_best_case_one_way_and_the_worst_the_other() {
    let sorted: Vec<u64> = (1..=9).collect();
    assert_eq!(chang_roberts(Order::Largest, &sorted), 17);
    assert_eq!(chang_roberts(Order::Smallest, &sorted), 45);
}

fn hirschberg_sinclair(numbers: &[u64]) -> u64 {
    let mut ring: Ring<HirschbergSinclair> =
        ring(given(Order::Largest, numbers), numbers.len() as u32);
    ring.elect(|message| !matches!(message, HirschbergSinclairMessage::Elected { .. }))
}

/// Convention: all initiate, rounds are synchronous, the largest wins, and OUT and IN are counted
/// until the winner first sees its own OUT.
#[test]
fn hirschberg_sinclair_sends_what_was_counted_for_every_arrangement() {
    // size, least, sum over all arrangements, most: the mean is the sum by size!.
    for (size, least, mean_thousandths, most) in [
        (2, 10, 10_000, 10),
        (3, 23, 23_000, 23),
        (4, 28, 29_333, 32),
        (5, 49, 52_667, 55),
        (6, 54, 61_200, 68),
        (7, 59, 70_067, 78),
        (8, 64, 80_076, 89),
    ] {
        let (mut sum, mut count, mut found_least, mut found_most) = (0, 0, u64::MAX, 0);
        arrangements(size, |numbers| {
            let sent = hirschberg_sinclair(numbers);
            (sum, count) = (sum + sent, count + 1);
            (found_least, found_most) = (found_least.min(sent), found_most.max(sent));
        });
        assert_eq!((found_least, found_most), (least, most), "n = {size}");
        assert_eq!((sum * 1000 + count / 2) / count, mean_thousandths, "n = {size}");
        let phases = u64::from(size.next_power_of_two().trailing_zeros());
        assert!(found_most <= 8 * size * (1 + phases), "n = {size}");
    }
}

#[test]
fn hirschberg_sinclair_on_a_sorted_ring_stays_far_below_its_bound() {
    for (size, sent) in [(16, 136), (32, 280), (64, 568), (128, 1144)] {
        let sorted: Vec<u64> = (1..=size).collect();
        assert_eq!(hirschberg_sinclair(&sorted), sent, "n = {size}");
    }
}

/// One thing that can happen to a ring: a node boots, or a number reaches a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Boots(u32),
    Arrives { to: u32, number: u64 },
}

type State = (Vec<String>, BTreeSet<(u32, u64)>);

/// The ring after these events. Announcements are no part of the published model.
fn after(stand: &[u32], events: &[Happens]) -> (State, Vec<Happens>) {
    let names = stand.iter().map(|node| format!("n{node}")).collect();
    let initiators = match stand.is_empty() {
        // Nobody may not be asked for; a node that is no part of the ring stands for it.
        true => return nobody_stands(events),
        false => Initiators::Nodes(names),
    };
    let settings = Settings { initiators, ..given(Order::Smallest, &[1, 2, 3]) };
    let mut ring: Ring<ChangRoberts> = ring(settings, 3);
    let mut flying = BTreeSet::new();
    for event in events {
        match *event {
            Happens::Boots(node) => ring.tell(n(node), Input::Boot),
            Happens::Arrives { to, number } => {
                flying.remove(&(to, number));
                let from = n((to + 2) % 3);
                let message = ChangRobertsMessage::Election { number };
                ring.tell(n(to), Input::Message { from, message });
            }
        }
        for (_, to, message) in std::mem::take(&mut ring.mail) {
            if let ChangRobertsMessage::Election { number } = message {
                flying.insert((to.number(), number));
            }
        }
    }
    let is_up = |node: u32| ring.nodes[node as usize].state().is_some();
    let mut next: Vec<Happens> = (0..3).filter(|&it| !is_up(it)).map(Happens::Boots).collect();
    let arrive = flying.iter().filter(|(to, _)| is_up(*to));
    next.extend(arrive.map(|&(to, number)| Happens::Arrives { to, number }));
    let states = ring.nodes.iter().map(|node| format!("{stand:?} {:?}", node.state())).collect();
    ((states, flying), next)
}

/// Without initiators nothing happens but that nodes boot.
fn nobody_stands(events: &[Happens]) -> (State, Vec<Happens>) {
    let is_up = |node: u32| events.contains(&Happens::Boots(node));
    let next = (0..3).filter(|&node| !is_up(node)).map(Happens::Boots).collect();
    let states = (0..3).map(|node| format!("nobody {}", is_up(node))).collect();
    ((states, BTreeSet::new()), next)
}

#[test]
fn three_nodes_have_as_many_states_as_the_published_model() {
    // ChangRoberts.tla of tlaplus/Examples, N = 3: 137 distinct states, 227 generated, depth 10.
    let mut seen: BTreeMap<State, usize> = BTreeMap::new();
    let mut generated = 0;
    let subsets = (0..8_u32).map(|bits| (0..3).filter(|node| bits & (1 << node) != 0).collect());
    for stand in subsets.collect::<Vec<Vec<u32>>>() {
        let mut frontier = vec![Vec::new()];
        while let Some(events) = (!frontier.is_empty()).then(|| frontier.remove(0)) {
            generated += 1;
            let (state, next) = after(&stand, &events);
            if seen.contains_key(&state) {
                continue;
            }
            seen.insert(state, events.len() + 1);
            frontier.extend(next.into_iter().map(|event| [events.clone(), vec![event]].concat()));
        }
    }
    let depth = seen.values().max().copied();
    assert_eq!((seen.len(), generated, depth), (137, 227, Some(10)));
}

fn config(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
    let mut settings = Settings::default();
    change(&mut settings);
    ChangRoberts::config(settings, &Roles::deal([("servers", 3)]))
}

#[test]
fn a_ring_whose_numbers_or_initiators_do_not_fit_is_refused_with_what_would_be_right() {
    let error = config(|it| it.numbers = Numbers::Given(vec![1, 2])).unwrap_err();
    assert!(error.contains("`numbers` has 2 for 3 servers"), "{error}");
    let error = config(|it| it.numbers = Numbers::Given(vec![1, 2, 1])).unwrap_err();
    assert!(error.contains("`numbers` has 1 twice"), "{error}");
    let error = config(|it| it.initiators = Initiators::Nodes(vec!["n3".into()])).unwrap_err();
    assert!(error.contains("the servers are n0 to n2"), "{error}");
    let error = config(|it| it.initiators = Initiators::Nodes(Vec::new())).unwrap_err();
    assert!(error.contains("names nobody"), "{error}");
    let error = config(|it| it.mutant = Some("twins".into())).unwrap_err();
    assert!(error.starts_with("`mutant` is \"twins\": it must be one of"), "{error}");
}

#[test]
fn a_ring_of_one_elects_itself_without_a_message() {
    let mut one: Ring<ChangRoberts> = ring(given(Order::Largest, &[7]), 1);
    one.boot();
    assert!(one.has_winner() && one.mail.is_empty());
    let mut one: Ring<HirschbergSinclair> = ring(given(Order::Largest, &[7]), 1);
    one.boot();
    assert!(one.has_winner() && one.mail.is_empty());
}

#[test]
fn who_has_lost_hands_on_even_what_it_would_have_beaten() {
    let mut ring: Ring<ChangRoberts> = ring(given(Order::Largest, &[1, 5, 9]), 3);
    ring.boot();
    ring.mail.clear();
    let from_n0 = |number| {
        let message = ChangRobertsMessage::Election { number };
        Input::Message { from: n(0), message }
    };
    ring.tell(n(1), from_n0(1));
    assert!(ring.mail.is_empty(), "a candidate stops what it beats");
    ring.tell(n(1), from_n0(9));
    ring.tell(n(1), from_n0(1));
    let numbers = ring.mail.iter().map(|(_, to, message)| (*to, *message));
    let election = |number| (n(2), ChangRobertsMessage::Election { number });
    assert_eq!(numbers.collect::<Vec<_>>(), [election(9), election(1)]);
}
