//! A run is a function of its setup: whoever watches, however it is cut into pieces, and whatever
//! happens to nodes that have nothing to do with it.

use super::puppet::{Op, Order, Word};
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::fault::{Action, Target, When};
use stormseed::fingerprint::Fingerprint;
use stormseed::observe::Tracer;
use stormseed::rng::Ratio;
use stormseed::schedule::{Override, Planned, Recipient, Tied};
use stormseed::time::{Drift, Duration};

/// A stage on which a little of everything happens.
fn storm(seed: u64) -> Stage {
    let mut stage = Stage::new(5, 500).seed(seed).with(|c| {
        let (min, max) = (Duration::from_millis(1), Duration::from_millis(9));
        c.network.latency = Latency::Uniform { min, max };
        c.network.loss = Ratio::from_ppm(30_000);
        c.network.duplication = Ratio::from_ppm(30_000);
        c.sync = Latency::Uniform { min: Duration::ZERO, max };
    });
    stage.script.talk = vec![Op::Persist(3), Op::Sync, Op::Promise(3), Op::Draw(1_000)];
    for node in 0..5u32 {
        let others = (0..5).filter(|to| *to != node).map(|to| talk(to, 1)).collect();
        let beat = Op::Every(1, (10 + u64::from(node)) * MS, others);
        stage = stage.boot(node as usize, vec![beat, Op::TellDisk]);
    }
    stage
        .fault(50, nodes(&[0]), CRASH, lasting(50))
        .fault(80, nodes(&[1]), Action::Pause, lasting(70))
        .fault(120, nodes(&[2, 3]), Action::Isolate, lasting(90))
        .fault(130, Target::All, Action::Loss(Ratio::from_ppm(200_000)), lasting(50))
        .fault(200, nodes(&[4]), Action::Drift(Drift::from_ppm(300_000)), lasting(100))
        .fault(250, nodes(&[3]), crash_after(2), lasting(20))
        .heal(400, &[0, 1, 2, 3, 4])
}

fn digests(story: &Story) -> (u64, u64, u64) {
    let digests = story.simulation.digests();
    let value = |digest: Option<Fingerprint>| digest.expect("digests are on").value();
    (digests.plan().value(), value(digests.milestones()), value(digests.trace()))
}

#[test]
fn the_same_setup_twice_is_the_same_run() {
    let mut traces = Vec::new();
    for seed in 0..20 {
        let (once, twice) = (storm(seed).run(), storm(seed).run());
        assert_eq!(digests(&once), digests(&twice));
        assert_eq!(once.rows, twice.rows);
        assert_eq!(
            once.simulation.digests().checkpoints(),
            twice.simulation.digests().checkpoints()
        );
        traces.push(digests(&once).2);
    }
    traces.sort();
    traces.dedup();
    assert_eq!(traces.len(), 20, "another seed is another run");
}

#[test]
fn a_run_cut_into_pieces_is_one_run() {
    for seed in 0..5 {
        let whole = storm(seed).run();
        for step in [1, 3_333_333, 10 * MS, 77 * MS] {
            let mut simulation = storm(seed).simulation();
            let mut recorder = Recorder::default();
            let mut at = if step == 1 { 495 * MS } else { 0 };
            while at < 500 * MS {
                simulation.run_until(stormseed::time::SimTime::from_nanos(at), &mut recorder);
                at += step.max(997);
            }
            let ended = simulation.run(&mut recorder);
            assert_eq!(recorder.0, whole.rows, "steps of {step}");
            assert_eq!(simulation.digests().trace(), whole.simulation.digests().trace());
            assert_eq!((ended, *simulation.counts()), (whole.ended, whole.counts()));
        }
    }
}

#[test]
fn a_run_without_digests_is_the_same_run() {
    for seed in 0..5 {
        let with = storm(seed).run();
        let mut without = storm(seed).without_digests().simulation();
        let mut recorder = Recorder::default();
        without.run(&mut recorder);
        assert_eq!(recorder.0, with.rows);
        assert_eq!(without.counts(), with.simulation.counts());
        let (is, was) = (without.digests(), with.simulation.digests());
        assert_eq!((is.plan(), is.trace(), is.milestones()), (was.plan(), None, None));
        assert!(is.checkpoints().1.is_empty() && !was.checkpoints().1.is_empty());
    }
}

#[test]
fn nobody_who_watches_changes_the_run() {
    let watched = storm(3).run();
    let mut alone = storm(3).simulation();
    alone.run(&mut ());
    let mut traced = storm(3).simulation();
    let mut rows = 0;
    let mut tracer = Tracer::new::<super::puppet::Puppet>(|_| rows += 1);
    traced.run(&mut (&mut tracer, Recorder::default()));
    for simulation in [&alone, &traced] {
        assert_eq!(simulation.digests().trace(), watched.simulation.digests().trace());
        assert_eq!(simulation.counts(), watched.simulation.counts());
    }
    assert_eq!(rows, watched.rows.len());
}

/// The journeys of the messages on one link, as their sender learns of them.
fn fates(story: &Story, from: u32, to: u32) -> Vec<(u64, Note)> {
    let on_link = |note: &Note| match note {
        Note::Sent { to: receiver, .. } => *receiver == to,
        Note::Dropped { to: receiver, arrived, .. } => *receiver == to && !arrived,
        _ => false,
    };
    let rows = story.rows.iter().filter(|row| row.node == from && on_link(&row.note));
    rows.map(|row| (row.at, row.note.clone())).collect()
}

#[test]
fn a_fault_moves_no_luck_but_that_of_those_it_touches() {
    let quiet = |seed| {
        let mut stage = storm(seed);
        stage.schedule.faults.clear();
        stage.script.talk.clear();
        stage
    };
    for seed in 0..5 {
        let calm = quiet(seed).run();
        let other_faults = [
            (nodes(&[3]), CRASH, lasting(100)),
            (nodes(&[3, 4]), Action::Isolate, lasting(100)),
            (nodes(&[4]), Action::Pause, lasting(100)),
            (Target::Role("nobody".into()), CRASH, None),
            (Target::All, Action::Loss(Ratio::ZERO), None),
            (nodes(&[3]), Action::Drift(Drift::from_ppm(100_000)), None),
        ];
        for (who, action, lasts) in other_faults {
            let disturbed = quiet(seed).fault(100, who, action.clone(), lasts).run();
            for (from, to) in [(0, 1), (1, 2), (2, 0)] {
                assert_eq!(fates(&calm, from, to), fates(&disturbed, from, to), "{action:?}");
            }
        }
    }
}

#[test]
fn loss_that_a_fault_adds_moves_no_other_message() {
    let mut stage = storm(9);
    stage.schedule.faults.clear();
    stage.script.talk.clear();
    let calm = stage.run();
    let lossy = Action::Loss(Ratio::from_ppm(500_000));
    let stormy = stage.clone().fault(100, Target::All, lossy, lasting(50)).run();
    assert!(stormy.report(0).effects > 20);
    let late = |story: &Story| {
        let all: Vec<(u64, Note)> = fates(story, 0, 1);
        all.into_iter().filter(|(at, _)| *at < 100 * MS || *at > 200 * MS).collect::<Vec<_>>()
    };
    assert_eq!(late(&calm), late(&stormy));
}

/// Ten nodes flood n0 with a thousand messages each, all of which arrive at one instant.
fn crowd(seed: u64, bystanders: u64) -> Vec<(u32, u64)> {
    let mut stage = Stage::new(13, 100).seed(seed);
    for node in 1..=10 {
        stage = stage.order(10, node, vec![Op::Flood(0, 1_000)]);
    }
    if bystanders > 0 {
        let order = Order::Do(vec![Op::Flood(12, bystanders), talk(11, 0)]);
        let planned =
            Planned { when: When::At(ms(10)), to: Recipient::Node(n(11)), command: order };
        stage.schedule.commands.insert(4, planned);
    }
    let story = stage.run();
    let rows = story.rows.iter().filter(|row| row.node == 0);
    rows.filter_map(|row| match &row.note {
        Note::Delivered(from, Word::Gossip(nth)) => Some((*from, *nth)),
        _ => None,
    })
    .collect()
}

#[test]
fn ten_thousand_arrivals_at_one_instant_have_an_order_that_bystanders_do_not_change() {
    let alone = crowd(1, 0);
    assert_eq!(alone.len(), 10_000);
    for bystanders in [1, 777, 5_000] {
        assert!(alone == crowd(1, bystanders), "{bystanders} messages between others");
    }
    assert!(alone != crowd(2, 0), "another seed has another order");
    let first: Vec<u32> = alone.iter().take(100).map(|(from, _)| *from).collect();
    assert!(!first.is_sorted(), "it is not the order of sending");
}

#[test]
fn timers_of_different_nodes_at_one_instant_come_in_an_order_that_the_seed_draws() {
    let order = |seed| {
        let stage = (0..6).fold(Stage::new(6, 50).seed(seed), |stage, node| {
            stage.boot(node, vec![Op::Set(1, 10 * MS, vec![Op::Believe(1)])])
        });
        let story = stage.run();
        let fired = story.rows.iter().filter(|row| matches!(row.note, Note::Fired(_)));
        fired.map(|row| row.node).collect::<Vec<u32>>()
    };
    let orders: std::collections::BTreeSet<Vec<u32>> = (0..20).map(order).collect();
    assert!(orders.len() > 10, "{orders:?}");
}

#[test]
fn syncs_messages_and_timers_at_one_instant_come_in_any_order() {
    let mut orders = std::collections::BTreeSet::new();
    for seed in 0..64 {
        let mut stage = Stage::new(2, 50)
            .seed(seed)
            .with(|c| c.sync = Latency::Constant(Duration::from_millis(1)))
            .order(9, 0, vec![Op::Sync, Op::Set(1, MS, vec![])])
            .order(9, 1, vec![talk(0, 1)]);
        stage.script.synced = vec![Op::Believe(1)];
        let story = stage.run();
        let kinds: Vec<u8> = story
            .of(0)
            .into_iter()
            .filter_map(|(_, note)| match note {
                Note::Synced => Some(0),
                Note::Fired(_) => Some(1),
                Note::Delivered(..) => Some(2),
                _ => None,
            })
            .collect();
        orders.insert(kinds);
    }
    assert_eq!(orders.len(), 6, "{orders:?}");
}

#[test]
fn the_order_at_an_instant_can_be_fixed_by_hand() {
    let sync = Tied::Sync { node: n(0), at: ms(10) };
    let timer = Tied::Timer { node: n(0), at: ms(10) };
    let message = Tied::Message { from: n(1), to: n(0), word: "talk".into(), nth: 2 };
    let run = |seed, ties: [u32; 3]| {
        let mut stage = Stage::new(3, 50)
            .seed(seed)
            .with(|c| c.sync = Latency::Constant(Duration::from_millis(1)))
            .order(1, 1, vec![talk(0, 1)])
            .order(9, 0, vec![Op::Sync, Op::Set(1, MS, vec![])])
            .order(9, 1, vec![talk(0, 2)])
            .order(9, 2, vec![talk(0, 3)]);
        let of = [sync.clone(), timer.clone(), message.clone()];
        let overrides = of.into_iter().zip(ties).map(|(of, tie)| Override::Tie { of, tie });
        stage.schedule.overrides = overrides.collect();
        let story = stage.run();
        let at_10 = story.rows.iter().filter(|row| row.at == 10 * MS && row.node == 0);
        let kinds = at_10.filter_map(|row| match row.note {
            Note::Synced => Some(0),
            Note::Fired(_) => Some(1),
            Note::Delivered(1, _) => Some(2),
            _ => None,
        });
        (kinds.collect::<Vec<usize>>(), fates(&story, 1, 0))
    };
    for seed in 0..8 {
        for ties in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let (order, fates) = run(seed, ties);
            let right: Vec<u32> = order.iter().map(|kind| ties[*kind]).collect();
            assert_eq!(right, [0, 1, 2], "seed {seed}: {ties:?}");
            assert_eq!(fates, run(seed, [7, 8, 9]).1, "a tie moves no luck");
        }
    }
}

#[test]
fn a_tie_of_the_second_message_is_not_that_of_the_first() {
    let first_of_two = |nth, tie| {
        let mut stage = Stage::new(3, 50)
            .order(1, 1, vec![talk(0, 1)])
            .order(9, 1, vec![talk(0, 2)])
            .order(9, 2, vec![talk(0, 3)]);
        let of = Tied::Message { from: n(1), to: n(0), word: "talk".into(), nth };
        stage.schedule.overrides = vec![Override::Tie { of, tie }];
        stage.run().heard(0)[1]
    };
    assert_eq!((first_of_two(2, 0), first_of_two(2, u32::MAX)), (2, 3));
    assert_eq!(first_of_two(1, 0), first_of_two(1, u32::MAX));
}

#[test]
fn the_plan_acts_first_at_an_instant_and_in_its_own_order() {
    for seed in 0..20 {
        let story = Stage::new(2, 100)
            .seed(seed)
            .boot(0, vec![Op::Set(1, 20 * MS, vec![])])
            .order(19, 1, vec![talk(0, 1)])
            .order(20, 0, vec![Op::Believe(1)])
            .fault(20, nodes(&[1]), Action::Pause, None)
            .run();
        let at_20 = story.rows.iter().filter(|row| row.at == 20 * MS);
        let notes: Vec<&Note> = at_20.map(|row| &row.note).collect();
        assert_eq!(notes[..2], [&Note::Struck(0), &Note::Paused]);
        assert_eq!(notes[2], &Note::Commanded);
        assert_eq!(notes.len(), 6);
    }
}

#[test]
fn a_hand_fixed_draw_wins_over_luck_and_stays_within_its_range() {
    let fix = |node, nth, value| {
        let label = super::puppet::DRAW.name().to_owned();
        Override::Draw { node: n(node), label, nth, value }
    };
    let draws = |overrides: Vec<Override>| {
        let mut stage = Stage::new(2, 100)
            .boot(0, vec![Op::Every(1, 10 * MS, vec![Op::Draw(1_000_000)])])
            .boot(1, vec![Op::Every(1, 10 * MS, vec![Op::Draw(1_000_000)])])
            .fault(35, nodes(&[0]), CRASH, lasting(1));
        stage.schedule.overrides = overrides;
        let story = stage.run();
        [0, 1].map(|node| story.said(node).into_iter().map(|(_, said)| said).collect::<Vec<_>>())
    };
    let (free, fixed) = (draws(vec![]), draws(vec![fix(0, 2, 7), fix(0, 5, u64::MAX)]));
    assert_eq!(free[1], fixed[1], "nobody else's luck moves");
    let different: Vec<usize> =
        (0..9).filter(|&nth| free[0].get(nth) != fixed[0].get(nth)).collect();
    assert_eq!(different, [1, 4], "the count goes on over a crash");
    use super::puppet::Said::Drew;
    assert_eq!((&fixed[0][1], &fixed[0][4]), (&Drew(7), &Drew(1_000_000)));
}
