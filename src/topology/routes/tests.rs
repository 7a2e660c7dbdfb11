//! Routes against a search that knows no trees: on random graphs, under random cuts and crashes.

use super::*;
use crate::rng::{Keyed, Luck64, below};
use crate::topology::{Cut, Topology};

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

/// A random graph, some of its links one-way, with random cuts and crashes.
fn world(seed: u64) -> Links {
    let mut luck = Keyed::new(seed);
    let nodes = 2 + below(&mut luck, 9) as u32;
    let mut ends = Vec::new();
    for _ in 0..below(&mut luck, 2 * u64::from(nodes)) + 1 {
        let (a, b) =
            (n(below(&mut luck, nodes.into()) as u32), n(below(&mut luck, nodes.into()) as u32));
        if a != b {
            ends.push((a, b));
            ends.extend((luck.next() % 4 != 0).then_some((b, a)));
        }
    }
    let mut links = Links::new(nodes as usize, &Topology::directed(ends));
    for fault in 0..below(&mut luck, 3) as u32 {
        let mut some = || (0..nodes).filter(|_| luck.next() % 3 == 0).map(n).collect::<Vec<_>>();
        let cut = match fault {
            0 => Cut::OneWay { from: some(), to: some() },
            _ => Cut::Groups(vec![some(), (0..nodes).map(n).collect()]),
        };
        links.cut(FaultId(fault), &cut);
    }
    if luck.next() % 3 == 0 {
        links.fall(n(below(&mut luck, nodes.into()) as u32));
    }
    links
}

/// The least number of open links from here to there, over nodes that stand.
fn distance(links: &Links, from: u32, to: u32) -> Option<u32> {
    let mut reached = vec![from];
    for steps in 0..=links.nodes as u32 {
        if reached.contains(&to) {
            return Some(steps);
        }
        let leads_on = |node: &&u32| **node == from || links.is_standing(n(**node));
        let next: Vec<u32> = (0..links.nodes as u32)
            .filter(|next| {
                reached.iter().filter(leads_on).any(|&at| links.is_open(n(at), n(*next)))
            })
            .collect();
        reached.extend(next);
    }
    None
}

#[test]
fn every_step_leads_nearer_over_the_lowest_neighbour_that_does() {
    let (mut steps, mut cut_off, mut nowhere) = (0, 0, 0);
    for seed in 0..3_000 {
        let links = world(seed);
        let mut routes = Routes::new(&links).expect("messages are handed on");
        for (from, to) in pairs(&links) {
            let far = distance(&links, from, to);
            match (step(&mut routes, &links, from, to), far) {
                (Step::To(next), Some(far)) => {
                    let nearer = |next: &u32| {
                        let stands = *next == to || links.is_standing(n(*next));
                        let rest = distance(&links, *next, to);
                        links.is_open(n(from), n(*next)) && stands && rest == Some(far - 1)
                    };
                    let best = (0..links.nodes as u32).filter(|next| *next != from).find(nearer);
                    let direct = links.is_open(n(from), n(to)).then_some(to);
                    assert_eq!(Some(next.number()), direct.or(best), "{seed}: {from} to {to}");
                    steps += 1;
                }
                (Step::CutOff(fault), None) => {
                    let all = |(a, b): (u32, u32)| links.closed_by(fault, n(a), n(b));
                    assert!(pairs(&links).any(|(a, b)| links.has(n(a), n(b)) && all((a, b))));
                    cut_off += 1;
                }
                (Step::Nowhere, None) => nowhere += 1,
                (step, far) => panic!("{seed}: {from} to {to} is {far:?} away: {step:?}"),
            }
        }
    }
    assert!(steps > 10_000 && cut_off > 1_000 && nowhere > 1_000, "{steps} {cut_off} {nowhere}");
}

/// Over the link of the two if it is open, else as the routes say.
fn step(routes: &mut Routes, links: &Links, from: u32, to: u32) -> Step {
    if links.is_open(n(from), n(to)) {
        return Step::To(n(to));
    }
    routes.next(links, n(from), n(to))
}

fn pairs(links: &Links) -> impl Iterator<Item = (u32, u32)> + use<> {
    let nodes = links.nodes as u32;
    (0..nodes).flat_map(move |a| (0..nodes).map(move |b| (a, b))).filter(|(a, b)| a != b)
}

#[test]
fn a_path_that_is_cut_is_left_for_another_and_taken_again() {
    let mut links = Links::new(5, &Topology::ring(5));
    let mut routes = Routes::new(&links).expect("messages are handed on");
    assert_eq!(step(&mut routes, &links, 0, 2), Step::To(n(1)));
    links.cut(FaultId(3), &Cut::OneWay { from: vec![n(1)], to: vec![n(2)] });
    assert_eq!(step(&mut routes, &links, 0, 2), Step::To(n(4)), "the other way round");
    assert_eq!(step(&mut routes, &links, 1, 2), Step::To(n(0)), "even for its neighbour");
    assert_eq!(step(&mut routes, &links, 2, 0), Step::To(n(1)), "the cut goes one way");
    links.fall(n(4));
    assert_eq!(step(&mut routes, &links, 0, 2), Step::CutOff(FaultId(3)));
    assert_eq!(step(&mut routes, &links, 0, 4), Step::To(n(4)), "who is down is still told");
    links.mend(FaultId(3));
    assert_eq!(step(&mut routes, &links, 0, 2), Step::To(n(1)));
    links.cut(FaultId(5), &Cut::Groups(vec![vec![n(0), n(4)], vec![n(1), n(2), n(3)]]));
    assert_eq!(step(&mut routes, &links, 0, 2), Step::CutOff(FaultId(5)));
    links.rise(n(4));
    links.spare(&[0, 2, 3, 4].into_iter().map(n).collect());
    assert_eq!(step(&mut routes, &links, 0, 2), Step::To(n(4)), "the core is mended");
}

#[test]
fn few_trees_serve_as_well_as_many() {
    let links = Links::new(12, &Topology::grid(3, 4));
    let mut many = Routes::new(&links).expect("messages are handed on");
    let mut few = Routes { trees_max: 2, ..Routes::new(&links).expect("messages are handed on") };
    for _ in 0..3 {
        for (from, to) in pairs(&links) {
            let expected = step(&mut many, &links, from, to);
            assert_eq!(step(&mut few, &links, from, to), expected, "{from} to {to}");
        }
    }
    assert_eq!((many.trees.len(), few.trees.len()), (12, 2));
}

#[test]
fn packed_numbers_come_back_as_they_were_set() {
    for count in [0, 1, 2, 3, 4, 14, 15, 16, 255, 256, 70_000] {
        let mut packed = Packed::new(200, count);
        assert_eq!(packed.at(0, 5), None, "no row is there");
        (0..3).for_each(|_| packed.add_row());
        assert!((0..600).all(|at| packed.at(at / 200, at % 200).is_none()));
        let value = |at: usize| (at % 3 > 0 && count > 0).then(|| (at * 7919) % count);
        for at in 0..600 {
            value(at).into_iter().for_each(|value| packed.set(at / 200, at % 200, value));
        }
        assert!((0..600).all(|at| packed.at(at / 200, at % 200) == value(at)), "{count}");
        packed.clear(1);
        assert!(
            (0..200).all(|at| packed.at(1, at).is_none() && packed.at(2, at) == value(400 + at))
        );
    }
}
