//! Messages on ways of several links: who hands them on, what they meet, and how they go round it.

use super::puppet::{Op, Word};
use super::stage::{CRASH, MS, Note, Stage, Story, lasting, ms, n, nodes, talk};
use stormseed::conditions::{Bandwidth, InFlight, Latency, Link};
use stormseed::engine::Why;
use stormseed::fault::{Action, CutKind, Filter, Harm, Manner, Severed, Target};
use stormseed::id::FaultId;
use stormseed::rng::{Keyed, Ratio, below};
use stormseed::schedule::{FateOverride, Override};
use stormseed::time::Duration;
use stormseed::topology::{Cut, Routing, Topology};
use stormseed::world::ARTICULATION_POINT;

/// So many puppets for 200 ms on these links, each of which takes a millisecond.
fn on(size: usize, topology: Topology) -> Stage {
    Stage::new(size, 200).with(|c| c.network.topology = topology)
}

fn one_way(from: &[u32], to: &[u32]) -> Action {
    let ids = |numbers: &[u32]| numbers.iter().map(|number| n(*number)).collect();
    Action::Partition(Cut::OneWay { from: ids(from), to: ids(to) })
}

/// When, in milliseconds, a node was told something.
fn told(story: &Story, node: u32) -> Vec<u64> {
    let times = story.times(node, |note| matches!(note, Note::Delivered(..)));
    times.into_iter().map(|at| at / MS).collect()
}

/// Where and when, in milliseconds, messages were handed on, and to whom.
fn handed_on(story: &Story) -> Vec<(u64, u32, u32)> {
    let rows = story.rows.iter().filter_map(|row| match row.note {
        Note::Forwarded { next, .. } => Some((row.at / MS, row.node, next)),
        _ => None,
    });
    rows.collect()
}

/// Where and when, in milliseconds, messages ended before their time, and why.
fn stopped(story: &Story) -> Vec<(u64, u32, Why)> {
    let rows = story.rows.iter().filter_map(|row| match row.note {
        Note::Dropped { why, .. } => Some((row.at / MS, row.node, why)),
        _ => None,
    });
    rows.collect()
}

#[test]
fn a_message_is_handed_on_link_by_link_and_takes_as_long_as_all_of_them() {
    let latency = |millis| Some(Latency::Constant(Duration::from_millis(millis)));
    let slow = Link { latency: latency(30), ..Link::new(n(1), n(2)) };
    let story = on(4, Topology::line(4))
        .with(|c| c.network.links = vec![slow])
        .order(10, 0, vec![talk(3, 7), talk(1, 8)])
        .order(100, 3, vec![talk(0, 9)])
        .run();
    assert_eq!(handed_on(&story), [(11, 1, 2), (41, 2, 3), (101, 2, 1), (102, 1, 0)]);
    assert_eq!(
        (told(&story, 3), told(&story, 1), told(&story, 0)),
        (vec![42], vec![11], vec![103])
    );
    let from_the_sender = Note::Delivered(0, Word::Talk(7));
    assert!(
        story.of(3).contains(&(42, &from_the_sender)),
        "its sender is n0, whoever handed it on"
    );
    let counts = story.counts();
    assert_eq!((counts.sent, counts.delivered, counts.forwarded), (3, 3, 4));
}

#[test]
fn where_only_neighbours_hear_each_other_nothing_is_handed_on() {
    let story = on(4, Topology::ring(4).routed(Routing::Direct))
        .order(10, 0, vec![talk(1, 1), talk(2, 2), talk(3, 3), talk(0, 4)])
        .run();
    assert_eq!(stopped(&story), [(10, 0, Why::NoRoute)]);
    assert_eq!((told(&story, 1), told(&story, 3), told(&story, 0)), (vec![11], vec![11], vec![11]));
    assert_eq!((story.counts().unroutable, story.counts().forwarded), (1, 0));
}

#[test]
fn an_island_cannot_be_reached() {
    let pair = Topology::undirected([(n(0), n(1)), (n(2), n(3))]);
    let story = on(4, pair).order(10, 0, vec![talk(1, 1), talk(2, 2)]).run();
    assert_eq!(stopped(&story), [(10, 0, Why::NoRoute)]);
    assert_eq!((story.counts().unroutable, story.counts().cut), (1, 0));
}

#[test]
fn messages_go_round_a_cut_and_straight_again_when_it_is_mended() {
    let story = on(5, Topology::ring(5))
        .fault(20, Target::All, one_way(&[1], &[2]), lasting(50))
        .order(10, 0, vec![talk(2, 1)])
        .order(30, 0, vec![talk(2, 2)])
        .order(40, 1, vec![talk(2, 3)])
        .order(50, 2, vec![talk(1, 4)])
        .order(80, 0, vec![talk(2, 5)])
        .run();
    let round = [(31, 4, 3), (32, 3, 2), (41, 0, 4), (42, 4, 3), (43, 3, 2)];
    assert_eq!(handed_on(&story), [&[(11, 1, 2)], &round[..], &[(81, 1, 2)]].concat());
    assert_eq!(told(&story, 2), [12, 33, 44, 82]);
    assert_eq!(told(&story, 1), [51], "the other direction is open");
    assert_eq!(stopped(&story), []);
    assert_eq!(story.report(0).effects, 1, "its neighbour went round: that is what the cut did");
}

#[test]
fn a_cut_that_leaves_no_path_keeps_messages_back_and_has_done_it() {
    let groups = Cut::Groups(vec![vec![n(0), n(1)], vec![n(2), n(3), n(4)]]);
    let story = on(5, Topology::ring(5))
        .fault(20, Target::All, Action::Partition(groups), lasting(50))
        .order(30, 0, vec![talk(2, 1), talk(1, 2)])
        .order(40, 4, vec![talk(2, 3)])
        .order(50, 1, vec![talk(2, 4)])
        .order(90, 0, vec![talk(2, 5)])
        .run();
    let cut = Why::Cut(FaultId(0));
    assert_eq!(stopped(&story), [(30, 0, cut), (50, 1, cut)]);
    assert_eq!((told(&story, 1), told(&story, 2)), (vec![31], vec![42, 92]));
    assert_eq!((story.counts().cut, story.report(0).effects), (2, 2));
}

#[test]
fn a_cut_takes_what_is_on_its_link_and_nothing_that_is_before_or_behind_it() {
    let run = |in_flight| {
        on(5, Topology::ring(5))
            .with(|c| {
                c.network.in_flight = in_flight;
                c.network.latency = Latency::Constant(Duration::from_millis(10));
            })
            // At 35 ms the first is behind the link from n1 to n2, the second on it, the third
            // before it.
            .order(10, 0, vec![talk(2, 1)])
            .order(20, 0, vec![talk(2, 2)])
            .order(30, 0, vec![talk(2, 3)])
            .fault(35, Target::All, one_way(&[1], &[2]), None)
            .run()
    };
    let story = run(InFlight::Drop);
    assert_eq!(stopped(&story), [(40, 2, Why::Cut(FaultId(0)))]);
    assert_eq!(told(&story, 2), [30, 80]);
    assert_eq!(&handed_on(&story)[2..], [(40, 1, 0), (50, 0, 4), (60, 4, 3), (70, 3, 2)]);
    let story = run(InFlight::Deliver);
    assert_eq!((stopped(&story), told(&story, 2)), (vec![], vec![30, 40, 80]));
}

#[test]
fn who_has_crashed_hands_nothing_on_and_who_stands_still_does() {
    let story = on(5, Topology::ring(5))
        .order(9, 0, vec![talk(2, 1)])
        .fault(10, nodes(&[1]), CRASH, lasting(50))
        .order(20, 0, vec![talk(2, 2), talk(1, 3)])
        .order(70, 0, vec![talk(2, 4)])
        .fault(80, nodes(&[1]), Action::Pause, lasting(50))
        .order(90, 0, vec![talk(2, 5)])
        .run();
    let stranded = (10, 1, Why::NoRoute);
    assert_eq!(stopped(&story), [stranded, (21, 1, Why::Down)], "one dies with n1, one is for n1");
    let ways = [(21, 4, 3), (22, 3, 2), (71, 1, 2), (91, 1, 2)];
    assert_eq!((handed_on(&story), told(&story, 2)), (ways.to_vec(), vec![23, 72, 92]));
    let counts = story.counts();
    assert_eq!((counts.undeliverable, counts.unroutable, counts.cut), (1, 1, 0));
}

#[test]
fn each_link_loses_its_share() {
    let half = Ratio { numerator: 1, denominator: 2 };
    let lossy = |size: u32| {
        on(size as usize, Topology::line(size))
            .with(|c| c.network.loss = half)
            .order(10, 0, vec![Op::Flood(size - 1, 8_000)])
            .run()
    };
    for (size, expected) in [(2, 4_000), (3, 2_000), (4, 1_000)] {
        let counts = lossy(size).counts();
        assert!(counts.delivered.abs_diff(expected) < 6 * 45, "{size}: {}", counts.delivered);
        assert_eq!(counts.delivered + counts.lost, 8_000);
    }
    let links = [Link { loss: Some(half), ..Link::new(n(1), n(2)) }];
    let story = on(4, Topology::line(4))
        .with(|c| c.network.links = links.to_vec())
        .order(10, 0, vec![Op::Flood(3, 8_000)])
        .order(10, 3, vec![Op::Flood(0, 1_000)])
        .run();
    assert!((story.heard(3).len() as u64).abs_diff(4_000) < 6 * 45, "{}", story.heard(3).len());
    assert_eq!(story.heard(0).len(), 1_000, "the link is lossy in one direction");
}

#[test]
fn between_neighbours_nothing_differs_from_a_full_mesh() {
    let run = |topology| {
        let mut stage = on(6, topology).with(|c| {
            c.network.latency =
                Latency::Uniform { min: Duration::from_millis(1), max: Duration::from_millis(40) };
            c.network.loss = Ratio { numerator: 1, denominator: 5 };
            c.network.duplication = Ratio { numerator: 1, denominator: 5 };
        });
        for node in 0..6 {
            stage = stage.order(10, node, vec![Op::Flood((node + 1) % 6, 50)]);
            stage = stage.order(60, node, vec![Op::Flood((node + 5) % 6, 50)]);
        }
        stage.run()
    };
    let (ring, mesh) = (run(Topology::ring(6)), run(Topology::FullMesh));
    assert_eq!(ring.rows, mesh.rows);
    let trace = |story: &Story| story.simulation.digests().trace();
    assert_eq!(trace(&ring), trace(&mesh));
    let plan = |story: &Story| story.simulation.digests().plan();
    assert_ne!(plan(&ring), plan(&mesh), "another topology is another plan");
}

#[test]
fn a_narrow_link_lets_one_out_at_a_time_wherever_on_the_way_it_is() {
    let narrow = Bandwidth { spacing: Duration::from_millis(10), queue: 2 };
    let links = [Link { bandwidth: Some(narrow), ..Link::new(n(1), n(2)) }];
    let story = on(4, Topology::line(4))
        .with(|c| c.network.links = links.to_vec())
        .order(10, 0, (0..4).map(|nth| talk(3, nth)).collect())
        .order(11, 1, vec![talk(2, 9)])
        .order(60, 1, vec![talk(2, 8), talk(0, 7)])
        .run();
    // Three of four and n1 itself want to leave n1 at 11 ms: one leaves, two wait; others are lost.
    let full = stopped(&story);
    assert_eq!(full.len(), 2, "{full:?}");
    assert!(full.iter().all(|(at, node, why)| (*at, *node, *why) == (11, 1, Why::Overflow)));
    let arrived: Vec<u64> = [told(&story, 2), told(&story, 3)].concat();
    let mut left: Vec<u64> = handed_on(&story).iter().map(|(at, ..)| *at).collect();
    left.dedup();
    assert_eq!((arrived, left), (vec![12, 61, 23, 33], vec![11, 22, 32]));
    assert_eq!((told(&story, 0), story.counts().overflowed), (vec![61], 2));
    let everywhere = on(3, Topology::FullMesh)
        .with(|c| c.network.bandwidth = Some(narrow))
        .order(10, 0, (0..5).map(|nth| talk(1, nth)).collect())
        .order(10, 0, vec![talk(2, 9)])
        .run();
    assert_eq!((told(&everywhere, 1), told(&everywhere, 2)), (vec![11, 21, 31], vec![11]));
    assert_eq!(stopped(&everywhere), [(10, 0, Why::Overflow); 2]);
}

#[test]
fn a_copy_has_a_way_and_a_luck_of_its_own() {
    let story = on(4, Topology::line(4))
        .with(|c| {
            c.network.duplication = Ratio { numerator: 1, denominator: 1 };
            c.network.loss = Ratio { numerator: 1, denominator: 4 };
            c.network.latency =
                Latency::Uniform { min: Duration::from_millis(1), max: Duration::from_millis(9) };
        })
        .order(10, 0, vec![Op::Flood(3, 2_000)])
        .run();
    let mut heard = story.heard(3);
    heard.sort();
    let twice = heard.windows(2).filter(|pair| pair[0] == pair[1]).count();
    heard.dedup();
    // The first link is decided once: 3/4. Behind it each copy comes through by (3/4)^2.
    let through = 2_000.0 * 0.75;
    let (both, any) = (through * 0.5625 * 0.5625, through * (1.0 - 0.4375 * 0.4375));
    assert!((twice as f64 - both).abs() < 130.0, "{twice} of {both}");
    assert!((heard.len() as f64 - any).abs() < 130.0, "{} of {any}", heard.len());
}

#[test]
fn a_fate_that_is_fixed_is_that_of_the_whole_way() {
    let fixed = |nth, fate| Override::Fate { from: n(0), to: n(3), word: "talk".into(), nth, fate };
    let mut stage = on(4, Topology::line(4)).order(10, 0, (0..4).map(|i| talk(3, i)).collect());
    let ms = Duration::from_millis;
    stage.schedule.overrides = vec![
        fixed(2, FateOverride::Lost),
        fixed(3, FateOverride::Delivered(ms(50))),
        fixed(4, FateOverride::Duplicated(ms(60), ms(70))),
    ];
    let story = stage.run();
    assert_eq!(told(&story, 3), [13, 60, 70, 80]);
    assert_eq!(story.counts().forwarded, 2);
}

#[test]
fn in_order_links_keep_the_order_of_a_whole_way() {
    let story = on(5, Topology::line(5))
        .with(|c| {
            c.network.fifo = true;
            c.network.latency =
                Latency::Uniform { min: Duration::from_millis(1), max: Duration::from_millis(20) };
        })
        .order(10, 0, vec![Op::Flood(4, 500)])
        .run();
    assert_eq!(story.heard(4), (0..500).collect::<Vec<_>>());
}

/// The link from n1 to n2, cut in a manner of its own.
fn severed(kind: CutKind) -> Action {
    let links = Severed::Between(Cut::OneWay { from: vec![n(1)], to: vec![n(2)] });
    Action::Sever { links, manner: Manner { kind, ..Manner::default() } }
}

#[test]
fn what_a_cut_holds_goes_on_from_where_it_is_held() {
    let ten = Latency::Constant(Duration::from_millis(10));
    let story = on(4, Topology::line(4))
        .with(|c| c.network.latency = ten)
        // At 35 ms the first is on the link, the second before it; the third is not sent yet.
        .order(20, 0, vec![talk(3, 1)])
        .order(30, 0, vec![talk(3, 2)])
        .fault(35, Target::All, severed(CutKind::Hold), lasting(65))
        .order(50, 0, vec![talk(3, 3), talk(1, 4)])
        .run();
    let held: Vec<(u64, u32)> = story
        .rows
        .iter()
        .filter(|row| matches!(row.note, Note::Held { .. }))
        .map(|row| (row.at / MS, row.node))
        .collect();
    assert_eq!(held, [(40, 1), (40, 2), (50, 0)], "before the link, behind it, at the sender");
    let mut let_go = handed_on(&story)[1..4].to_vec();
    let_go.sort();
    assert_eq!(let_go, [(100, 0, 1), (100, 1, 2), (100, 2, 3)]);
    let mut arrived = told(&story, 3);
    arrived.sort();
    assert_eq!((arrived, told(&story, 1)), (vec![110, 120, 130], vec![60]));
    assert_eq!((story.counts().held, story.report(0).effects, stopped(&story)), (3, 3, vec![]));
}

#[test]
fn what_is_held_goes_round_the_cut_where_it_can() {
    let story = on(5, Topology::ring(5))
        .fault(20, Target::All, severed(CutKind::Hold), lasting(65))
        .order(30, 0, vec![talk(2, 1)])
        .run();
    assert_eq!((told(&story, 2), story.counts().held), (vec![33], 0));
}

#[test]
fn slow_links_are_slow_on_every_way_over_them() {
    let by = Latency::Constant(Duration::from_millis(30));
    let story = on(4, Topology::line(4))
        .fault(20, Target::All, severed(CutKind::Slow(by)), lasting(100))
        .order(30, 0, vec![talk(3, 1)])
        .order(40, 1, vec![talk(2, 2)])
        .order(50, 3, vec![talk(0, 3)])
        .run();
    assert_eq!((told(&story, 3), told(&story, 2), told(&story, 0)), (vec![63], vec![71], vec![53]));
    assert_eq!(story.report(0).effects, 2);
}

#[test]
fn a_spoilt_message_is_handed_on_and_its_receiver_finds_out() {
    let always = Ratio { numerator: 1, denominator: 1 };
    let spoil = Action::Messages { filter: Filter::all(always), harm: Harm::Corrupt };
    let story = on(4, Topology::line(4))
        .fault(20, Target::All, spoil, lasting(100))
        .order(30, 0, vec![talk(3, 1)])
        .run();
    assert_eq!(handed_on(&story), [(31, 1, 2), (32, 2, 3)]);
    assert_eq!(stopped(&story), [(33, 3, Why::Corrupt(FaultId(0)))]);
}

#[test]
fn a_message_that_a_fault_holds_sets_out_when_it_ends() {
    let always = Ratio { numerator: 1, denominator: 1 };
    let hold = Action::Messages { filter: Filter::all(always), harm: Harm::Hold };
    let story = on(4, Topology::line(4))
        .fault(20, Target::All, hold, lasting(50))
        .order(30, 0, vec![talk(3, 1), talk(1, 2)])
        .run();
    assert_eq!((told(&story, 3), told(&story, 1)), (vec![73], vec![70]));
}

/// Two triangles, joined by the link from n2 to n3.
fn barbell() -> Topology {
    let pairs = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3)];
    Topology::undirected(pairs.map(|(a, b)| (n(a), n(b))))
}

#[test]
fn a_bridge_is_found_when_the_cut_strikes_and_is_whole_again_when_it_ends() {
    let cut = |dice| Action::Partition(Cut::BridgeLink { dice });
    let story = on(6, barbell())
        .fault(20, Target::All, cut(7), lasting(50))
        .order(30, 0, vec![talk(5, 1), talk(2, 2)])
        .order(40, 4, vec![talk(1, 3)])
        .order(80, 0, vec![talk(5, 4)])
        .run();
    let cut_off = Why::Cut(FaultId(0));
    assert_eq!(stopped(&story), [(30, 0, cut_off), (40, 4, cut_off)]);
    assert_eq!((told(&story, 2), told(&story, 5)), (vec![31], vec![83]));
    let ring = on(6, Topology::ring(6))
        .fault(20, Target::All, cut(7), lasting(50))
        .order(30, 0, vec![talk(3, 1)])
        .run();
    assert_eq!((told(&ring, 3), ring.report(0).effects), (vec![33], 0), "a ring has no bridge");
    // On a line every link is one, and the dice choose among them.
    let mut chosen: Vec<u64> = Vec::new();
    for dice in 0..40 {
        let mut stage = on(5, Topology::line(5)).fault(20, Target::All, cut(dice), None);
        for node in 1..5 {
            stage = stage.order(30, 0, vec![talk(node, u64::from(node))]);
        }
        chosen.push(stage.run().counts().delivered);
    }
    assert!((0..4).all(|heard| chosen.contains(&heard)), "{chosen:?}");
}

#[test]
fn an_articulation_point_is_whoever_is_one_by_then() {
    let aim = || Target::Role(ARTICULATION_POINT.into());
    let bow_tie = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 2), (4, 5)];
    let story = on(6, Topology::undirected(bow_tie.map(|(a, b)| (n(a), n(b)))))
        .fault(20, nodes(&[2]), CRASH, lasting(30))
        .fault(40, aim(), CRASH, lasting(30))
        .fault(100, aim(), Action::Pause, lasting(10))
        .run();
    let struck = |fault: usize| story.report(fault).struck.expect("it struck").nodes;
    assert_eq!(struck(1), [n(4)], "without n2 only n4 holds anything together");
    assert_eq!(struck(2), [n(2), n(4)]);
    let story = on(4, Topology::ring(4)).fault(20, aim(), CRASH, None).run();
    assert_eq!(story.report(0).struck, None, "a ring hangs together without any one of its nodes");
}

/// Storms on random graphs: every message ends once, and only links that are there are used.
#[test]
fn every_message_ends_exactly_once_whatever_it_meets() {
    let mut sums = [0; 6];
    for seed in 0..300 {
        let mut luck = Keyed::new(seed);
        let size = 4 + (seed % 5) as u32;
        let topology = match seed % 4 {
            0 => Topology::ring(size),
            1 => Topology::tree(size, 2),
            2 => Topology::regular(size + size % 2, 3, &mut luck),
            _ => Topology::star(size).routed(Routing::Direct),
        };
        let size = size + size % 2;
        let mut some = |most: u32| below(&mut luck, u64::from(most)) as u32;
        let mut stage = on(size as usize, topology.clone()).seed(seed).with(|c| {
            c.network.latency =
                Latency::Uniform { min: Duration::from_millis(1), max: Duration::from_millis(20) };
            c.network.loss = Ratio { numerator: 1, denominator: 20 };
            c.network.duplication = Ratio { numerator: 1, denominator: 10 };
            c.network.bandwidth = Some(Bandwidth { spacing: Duration::from_millis(1), queue: 5 });
            c.network.in_flight = if seed % 2 == 0 { InFlight::Drop } else { InFlight::Deliver };
        });
        for _ in 0..40 {
            stage =
                stage.order(10 + u64::from(some(80)), some(size), vec![Op::Flood(some(size), 3)]);
        }
        for _ in 0..6 {
            let action = match some(6) {
                0 => CRASH,
                1 => Action::Pause,
                2 => Action::Isolate,
                3 => one_way(&[some(size), some(size)], &[some(size), some(size)]),
                4 => severed(CutKind::Hold),
                _ => Action::Partition(Cut::Groups(vec![vec![n(0), n(some(size))]])),
            };
            stage =
                stage.fault(10 + u64::from(some(80)), nodes(&[some(size)]), action, lasting(30));
        }
        stage.schedule.end = ms(1_000);
        let story = stage.run();
        let counts = story.counts();
        let ended = [
            counts.delivered,
            counts.lost,
            counts.cut,
            counts.undeliverable,
            counts.unroutable,
            counts.overflowed,
        ];
        assert_eq!(
            counts.sent + counts.duplicated,
            ended.iter().sum::<u64>(),
            "{seed}: {counts:?}"
        );
        for row in &story.rows {
            if let Note::Forwarded { next, .. } = row.note {
                assert!(topology.has(n(row.node), n(next)), "{seed}: {row:?}");
            }
        }
        sums.iter_mut().zip(ended).for_each(|(sum, count)| *sum += count);
        let again = stage.run();
        assert_eq!(again.simulation.digests().trace(), story.simulation.digests().trace());
    }
    assert!(sums.iter().all(|sum| *sum > 100), "everything happens: {sums:?}");
}
