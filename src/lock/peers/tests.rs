//! Peers driven by hand: messages arrive when the test says so, and the lock is held until it does.

use super::{Command, Lamport, Maekawa, Raymond, RicartAgrawala, Settings, SuzukiKasami, Timer};
use crate::algorithm::{Algorithm, Roles};
use crate::id::{Label, NodeId};
use crate::lock::spec::{Observation, Phase, View};
use crate::protocol::{Effect, Input, NodeLuck, Now, Process, Protocol};
use crate::time::{LocalTime, WallTime};
use crate::topology::Topology;
use std::collections::VecDeque;

/// Every draw gives the lowest value.
struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, _: Label, low: u64, _: u64) -> u64 {
        low
    }
}

/// What all of these algorithms have in common, as far as a driver is concerned.
trait Peer:
    Algorithm<
        Settings = Settings,
        Command = Command,
        Timer = Timer,
        Observation = Observation,
        View = View,
        Durable = (),
    >
{
}

impl<A> Peer for A where
    A: Algorithm<
            Settings = Settings,
            Command = Command,
            Timer = Timer,
            Observation = Observation,
            View = View,
            Durable = (),
        >
{
}

/// Peers, and what flies between them, the oldest first.
struct Lab<P: Protocol> {
    config: P::Config,
    nodes: Vec<Process<P>>,
    mail: VecDeque<(NodeId, NodeId, P::Message)>,
    sent: u64,
    requests: u64,
}

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

fn config<P: Peer>(
    nodes: u32,
    links: Option<Topology>,
    mutant: Option<&str>,
) -> Result<P::Config, String> {
    let settings = Settings { mutant: mutant.map(str::to_owned), ..Settings::default() };
    P::config(settings, &Roles::deal([("nodes", nodes)]).linked(links))
}

impl<P: Peer> Lab<P> {
    fn of(nodes: u32) -> Self {
        Lab::linked(nodes, Topology::FullMesh)
    }

    fn linked(nodes: u32, topology: Topology) -> Self {
        let config = config::<P>(nodes, Some(topology), None).expect("the settings are sound");
        let mut lab = Lab {
            config,
            nodes: (0..nodes).map(|id| Process::new(n(id), ())).collect(),
            mail: VecDeque::new(),
            sent: 0,
            requests: 0,
        };
        (0..nodes).for_each(|node| lab.tell(n(node), Input::Boot));
        lab
    }

    fn tell(&mut self, node: NodeId, input: Input<P>) {
        let now = Now { monotonic: LocalTime::ZERO, wall: WallTime::ZERO };
        let mut effects = Vec::new();
        self.nodes[node.index()].step(&self.config, now, &mut NoLuck, input, &mut effects);
        for effect in effects {
            if let Effect::Send { to, message, .. } = effect {
                self.sent += 1;
                self.mail.push_back((node, to, message));
            }
        }
    }

    fn ask(&mut self, node: u32) {
        self.requests += 1;
        self.tell(n(node), Input::Command(Command::Acquire { request: self.requests }));
    }

    /// Delivers all that flies and what comes of it.
    fn deliver(&mut self) {
        while let Some((from, to, message)) = self.mail.pop_front() {
            self.tell(to, Input::Message { from, message });
        }
    }

    fn release(&mut self, node: u32) {
        self.tell(n(node), Input::Timer(Timer::Release));
    }

    fn phase(&self, node: u32) -> Phase {
        self.nodes[node as usize].state().expect("it is up").view().phase
    }

    fn holders(&self) -> Vec<u32> {
        (0..self.nodes.len() as u32).filter(|node| self.phase(*node) == Phase::Holds).collect()
    }

    /// What it costs this node to acquire the lock and to release it, while nobody else wants it.
    fn alone(&mut self, node: u32) -> u64 {
        let before = self.sent;
        self.ask(node);
        self.deliver();
        assert_eq!(self.holders(), [node]);
        self.release(node);
        self.deliver();
        assert!(self.holders().is_empty());
        self.sent - before
    }
}

#[test]
fn at_10_what_the_critical_section_costs_whoever_is_alone() {
    for count in [2, 3, 4, 5, 7, 9, 13, 16] {
        let n = u64::from(count);
        let mut lamport: Lab<Lamport> = Lab::of(count);
        let mut ricart_agrawala: Lab<RicartAgrawala> = Lab::of(count);
        let mut suzuki_kasami: Lab<SuzukiKasami> = Lab::of(count);
        for node in (0..count).rev() {
            assert_eq!(lamport.alone(node), 3 * (n - 1), "n = {n}");
            assert_eq!(ricart_agrawala.alone(node), 2 * (n - 1), "n = {n}");
            assert_eq!(suzuki_kasami.alone(node), n, "n = {n}: the token is elsewhere");
            assert_eq!(suzuki_kasami.alone(node), 0, "n = {n}: the token is there");
        }
    }
}

#[test]
fn at_10_what_maekawas_quorums_cost_whoever_is_alone() {
    // n = k(k-1) + 1 peers and quorums of k; 4, 9 and 16 in a grid, and quorums of 2 sqrt(n) - 1.
    for (count, quorum) in
        [(1, 1), (3, 2), (7, 3), (13, 4), (21, 5), (31, 6), (4, 3), (9, 5), (16, 7)]
    {
        let mut lab: Lab<Maekawa> = Lab::of(count);
        for node in 0..count {
            assert_eq!(lab.alone(node), 3 * (quorum - 1), "n = {count}");
        }
    }
}

#[test]
fn at_10_raymonds_token_goes_no_further_than_twice_the_diameter() {
    let shapes = [
        (Topology::line(8), 8, 7),
        (Topology::star(8), 8, 2),
        (Topology::FullMesh, 15, 6),
        // Of the tree: the way round the corner of the grid that leads over n0.
        (Topology::grid(3, 3), 9, 6),
    ];
    for (topology, count, diameter) in shapes {
        let mut lab: Lab<Raymond> = Lab::linked(count, topology.clone());
        let mut most = 0;
        for from in 0..count {
            for to in 0..count {
                lab.alone(from);
                most = most.max(lab.alone(to));
                assert_eq!(lab.alone(to), 0, "the token is there");
            }
        }
        assert!(most <= 2 * diameter, "{most}");
        // The way from one end to the other is taken both ways: REQUEST there, PRIVILEGE back.
        assert_eq!(most, 2 * diameter);
    }
}

/// Everybody wants the lock at once, and it goes from one to the next: who holds it in which order,
/// and what all of it costs.
fn all_at_once<P: Peer>(nodes: u32) -> (Vec<u32>, u64) {
    let mut lab: Lab<P> = Lab::of(nodes);
    (0..nodes).for_each(|node| lab.ask(node));
    let mut served = Vec::new();
    loop {
        lab.deliver();
        match lab.holders()[..] {
            [holder] => {
                served.push(holder);
                lab.release(holder);
            }
            [] => return (served, lab.sent),
            _ => panic!("two hold the lock at once"),
        }
    }
}

fn sorted(mut served: Vec<u32>) -> Vec<u32> {
    served.sort();
    served
}

#[test]
fn whoever_wants_it_when_all_do_is_served_once() {
    for nodes in 1..=13 {
        let everybody: Vec<u32> = (0..nodes).collect();
        let n = u64::from(nodes);
        assert_eq!(all_at_once::<Lamport>(nodes), (everybody.clone(), 3 * n * (n - 1)));
        assert_eq!(all_at_once::<RicartAgrawala>(nodes), (everybody.clone(), 2 * n * (n - 1)));
        let (served, sent) = all_at_once::<SuzukiKasami>(nodes);
        assert_eq!(served, everybody);
        // n0 has the token and asks nobody.
        assert_eq!(sent, (n - 1) * n);
        // Whose quorum is complete before it is asked for its grants enters, the oldest or not.
        let (served, sent) = all_at_once::<Maekawa>(nodes);
        assert_eq!(sorted(served), everybody);
        let quorum = 1 + 2 * (n as f64).sqrt().ceil() as u64;
        assert!(sent <= n * 6 * quorum, "{sent}");
        let (served, sent) = all_at_once::<Raymond>(nodes);
        // Raymond 1989: about 4 messages each under load.
        assert!(sent <= 4 * n, "{sent} among {n}");
        assert_eq!(sorted(served), everybody);
    }
}

#[test]
fn settings_and_topologies_that_make_no_sense_are_refused_with_what_would() {
    let settings = |mutant: &str| Settings { mutant: Some(mutant.into()), ..Settings::default() };
    let nodes = |count| Roles::deal([("nodes", count)]);
    let error = Lamport::config(settings("x"), &nodes(3)).unwrap_err();
    assert_eq!(error, "`mutant` is \"x\": it must be one of acks-are-enough");
    let error = Maekawa::config(Settings::default(), &nodes(0)).unwrap_err();
    assert!(error.contains("`nodes` is 0"), "{error}");
    let swapped = Settings {
        hold_min: Settings::default().hold_max,
        hold_max: Settings::default().hold_min,
        mutant: None,
    };
    let error = SuzukiKasami::config(swapped, &nodes(3)).unwrap_err();
    assert!(error.contains("swap them"), "{error}");
    let error = config::<Raymond>(3, None, None).unwrap_err();
    assert!(error.contains("each seed draws its own topology"), "{error}");
    let apart = Topology::undirected([(n(0), n(1))]);
    let error = config::<Raymond>(3, Some(apart), None).unwrap_err();
    assert!(error.contains("no tree spans the topology"), "{error}");
}
