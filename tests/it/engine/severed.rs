//! Cuts in a manner of their own: they hold, they are slow, they flap, they say themselves what
//! becomes of what is on the way; and what they did is counted and ends.

use super::puppet::{Op, Word};
use super::stage::*;
use stormseed::conditions::{InFlight, Latency};
use stormseed::engine::{Ended, Why};
use stormseed::fault::{Action, CutKind, Manner, Severed, Target, When};
use stormseed::time::Duration;
use stormseed::topology::Cut;

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn of_kind(kind: CutKind) -> Manner {
    Manner { kind, ..Manner::default() }
}

fn around(manner: Manner) -> Action {
    Action::Sever { links: Severed::Around, manner }
}

fn holding() -> Action {
    around(of_kind(CutKind::Hold))
}

fn flapping(kind: CutKind, lengths: &[u64]) -> Action {
    let flap = lengths.iter().copied().map(millis).collect();
    around(Manner { kind, flap, ..Manner::default() })
}

/// n0 says a number to n1 every two milliseconds, from 1 ms on, so many times.
fn counting(count: u64, end: u64) -> Stage {
    (0..count)
        .fold(Stage::new(3, end), |stage, nth| stage.order(1 + 2 * nth, 0, vec![talk(1, nth)]))
}

fn told(story: &Story, node: u32) -> Vec<u64> {
    story.times(node, |note| matches!(note, Note::Delivered(..)))
}

fn varied(low: u64, high: u64) -> impl FnOnce(&mut stormseed::conditions::Conditions) {
    move |c| c.network.latency = Latency::Uniform { min: millis(low), max: millis(high) }
}

#[test]
fn what_a_cut_holds_comes_in_one_burst_when_it_ends_and_in_the_order_of_sending() {
    for seed in 0..10 {
        let story = counting(40, 300)
            .seed(seed)
            .with(varied(1, 15))
            .fault(0, nodes(&[1]), holding(), lasting(150))
            .run();
        assert_eq!(story.heard(1), (0..40).collect::<Vec<u64>>(), "seed {seed}");
        assert_eq!(told(&story, 1), vec![150 * MS; 40]);
        assert_eq!((story.report(0).effects, story.report(0).family), (40, "hold"));
        let counts = story.counts();
        assert_eq!((counts.held, counts.cut, counts.lost, counts.delivered), (40, 0, 0, 40));
    }
}

#[test]
fn on_a_fifo_link_what_was_held_comes_before_what_is_sent_afterwards() {
    let story = counting(60, 300)
        .with(|c| c.network.fifo = true)
        .with(varied(1, 15))
        .fault(30, nodes(&[1]), holding(), lasting(40))
        .run();
    assert_eq!(story.heard(1), (0..60).collect::<Vec<u64>>());
    assert!(story.report(0).effects >= 20);
}

/// What is held for a shorter time than messages differ in: some that were sent before the hold are
/// still on the way when it ends, and must not come before what it held.
#[test]
fn on_a_fifo_link_what_was_held_for_a_moment_is_not_overtaken_by_what_was_not() {
    let mut held = 0;
    for seed in 0..40 {
        let story = counting(60, 300)
            .seed(seed)
            .with(|c| c.network.fifo = true)
            .with(varied(1, 15))
            .fault(30, nodes(&[1]), holding(), lasting(3))
            .fault(50, nodes(&[1]), holding(), lasting(4))
            .fault(52, nodes(&[0]), holding(), lasting(9))
            .run();
        assert_eq!(story.heard(1), (0..60).collect::<Vec<u64>>(), "seed {seed}");
        held += (0..3).map(|fault| story.report(fault).effects).sum::<u64>();
    }
    assert!(held > 100, "{held}");
}

/// Both cuts hold what is on the way. The second closes the link before the first opens it.
#[test]
fn what_a_cut_would_have_held_is_held_by_the_next_one() {
    let story = Stage::new(2, 200)
        .with(|c| c.network.latency = Latency::Constant(millis(40)))
        .order(20, 0, vec![talk(1, 1)])
        .fault(30, nodes(&[1]), holding(), lasting(20))
        .fault(40, nodes(&[1]), holding(), lasting(60))
        .run();
    assert_eq!((story.heard(1), told(&story, 1)), (vec![1], vec![100 * MS]));
    assert_eq!((story.report(0).effects, story.report(1).effects), (0, 1));
}

#[test]
fn on_a_fifo_link_what_was_held_comes_before_what_is_still_on_its_way() {
    let held = Manner { in_flight: Some(InFlight::Hold), ..of_kind(CutKind::Hold) };
    for seed in 0..20 {
        let story = counting(60, 300)
            .seed(seed)
            .with(|c| c.network.fifo = true)
            .with(varied(1, 40))
            .fault(30, nodes(&[1]), around(held.clone()), lasting(15))
            .run();
        assert_eq!(story.heard(1), (0..60).collect::<Vec<u64>>(), "seed {seed}");
    }
}

#[test]
fn to_be_held_makes_no_message_faster() {
    let slow = |c: &mut stormseed::conditions::Conditions| {
        c.network.latency = Latency::Constant(millis(10));
    };
    let story = Stage::new(2, 100)
        .with(slow)
        .order(25, 0, vec![talk(1, 1)])
        .order(35, 0, vec![talk(1, 2)])
        .fault(20, nodes(&[1]), holding(), lasting(20))
        .run();
    assert_eq!(told(&story, 1), [40 * MS, 45 * MS]);
    assert_eq!(story.report(0).effects, 2);
}

#[test]
fn what_is_on_the_way_fares_as_the_cut_says_and_else_as_the_world_says() {
    use InFlight::{Deliver, Drop, Hold};
    // One message is on the way at 10, another is sent at 20; the cut lasts from 10 to 50.
    let run = |world: InFlight, kind: CutKind, own: Option<InFlight>| {
        let manner = Manner { kind, in_flight: own, flap: Vec::new() };
        let story = Stage::new(2, 100)
            .with(|c| c.network.in_flight = world)
            .order(9, 0, vec![Op::Set(1, MS / 2, vec![talk(1, 1)])])
            .order(20, 0, vec![talk(1, 2)])
            .fault(10, nodes(&[1]), around(manner), lasting(40))
            .run();
        let told = story.rows.iter().filter_map(|row| match &row.note {
            Note::Delivered(_, Word::Talk(nth)) => Some((row.at, *nth)),
            _ => None,
        });
        let told: Vec<(u64, u64)> = told.collect();
        (told, story.report(0).effects)
    };
    let (first, late, second) = ((10 * MS + MS / 2, 1), (50 * MS, 1), (50 * MS, 2));
    for world in [Drop, Deliver, Hold] {
        for (own, on_the_way) in [(None, world), (Some(Drop), Drop), (Some(Deliver), Deliver)] {
            let expected = match on_the_way {
                Drop => (vec![], 2),
                Deliver => (vec![first], 1),
                Hold => (vec![late], 2),
            };
            assert_eq!(run(world, CutKind::Drop, own), expected, "{world:?} {own:?}");
        }
        assert_eq!(run(world, CutKind::Drop, Some(Hold)), (vec![late], 2), "{world:?}");
        // A cut that holds holds what is on the way too, whatever the world does.
        assert_eq!(run(world, CutKind::Hold, None), (vec![late, second], 2), "{world:?}");
        assert_eq!(run(world, CutKind::Hold, Some(Drop)), (vec![second], 2), "{world:?}");
        assert_eq!(run(world, CutKind::Hold, Some(Deliver)), (vec![first, second], 1));
    }
}

#[test]
fn what_is_held_on_the_way_arrives_when_it_would_have_if_the_cut_ends_before() {
    let story = Stage::new(2, 100)
        .with(|c| c.network.latency = Latency::Constant(millis(30)))
        .order(10, 0, vec![talk(1, 1)])
        .fault(20, nodes(&[1]), holding(), lasting(10))
        .run();
    assert_eq!((told(&story, 1), story.report(0).effects), (vec![40 * MS], 0));
}

#[test]
fn where_another_cut_has_closed_the_link_what_is_released_fares_as_on_the_way() {
    let second = |kind, in_flight| around(Manner { kind, in_flight, flap: Vec::new() });
    for (action, heard, at) in [
        (Action::Isolate, vec![], 0),
        (second(CutKind::Drop, Some(InFlight::Deliver)), vec![1, 2], 60),
        (second(CutKind::Drop, Some(InFlight::Hold)), vec![1, 2], 90),
        (holding(), vec![1, 2, 3], 90),
    ] {
        let story = Stage::new(2, 200)
            .order(20, 0, vec![talk(1, 1), talk(1, 2)])
            .order(70, 0, vec![talk(1, 3)])
            .fault(10, nodes(&[1]), holding(), lasting(50))
            .fault(50, nodes(&[1]), action.clone(), lasting(40))
            .run();
        assert_eq!(story.heard(1), heard, "{action:?}");
        assert!(told(&story, 1).iter().all(|told| *told == at * MS), "{action:?}");
        assert_eq!(story.report(0).effects, 2);
        assert_eq!(story.simulation.pending(), 0);
    }
}

#[test]
fn a_message_that_one_cut_holds_is_not_on_the_way_for_another() {
    let story = Stage::new(2, 200)
        .order(20, 0, vec![talk(1, 1)])
        .fault(10, nodes(&[1]), holding(), lasting(50))
        .fault(30, nodes(&[1]), Action::Isolate, lasting(10))
        .run();
    assert_eq!((story.heard(1), told(&story, 1)), (vec![1], vec![60 * MS]));
    assert_eq!(story.report(1).effects, 0);
}

#[test]
fn what_is_held_for_a_node_that_is_down_or_stands_still_meets_it_so() {
    let story = Stage::new(3, 200)
        .order(20, 0, vec![talk(1, 1), talk(2, 2)])
        .fault(10, nodes(&[0]), holding(), lasting(50))
        .fault(40, nodes(&[1]), CRASH, lasting(100))
        .fault(40, nodes(&[2]), Action::Pause, lasting(100))
        .fault(30, nodes(&[0]), CRASH, None)
        .run();
    let down = |note: &Note| matches!(note, Note::Dropped { why: Why::Down, .. });
    assert_eq!(story.times(1, down), [60 * MS], "a sender that died has sent all the same");
    assert_eq!(told(&story, 2), [140 * MS]);
}

#[test]
fn a_heal_releases_what_the_core_says_to_itself_and_the_rest_is_lost_for_good() {
    let story = Stage::new(3, 300)
        .order(20, 0, vec![talk(1, 1), talk(2, 2)])
        .order(20, 2, vec![talk(0, 3)])
        .order(150, 0, vec![talk(1, 4), talk(2, 5)])
        .fault(10, nodes(&[0, 2]), holding(), None)
        .heal(100, &[0, 1])
        .run();
    assert_eq!((told(&story, 1), story.heard(1)), (vec![100 * MS, 151 * MS], vec![1, 4]));
    assert_eq!((story.heard(2), story.heard(0)), (vec![], vec![]));
    // Two of the three that were held are cut, and so is what is sent later to who is not healed.
    assert_eq!((story.counts().held, story.counts().cut, story.report(0).effects), (3, 3, 6));
    assert_eq!((story.simulation.pending(), story.ended), (0, Ended::Quiet));
}

#[test]
fn messages_that_are_held_count_as_pending() {
    let flood = |kind| {
        Stage::new(2, 1_000)
            .with(|c| c.budgets.pending = 100)
            .boot(0, vec![Op::Every(1, MS, vec![talk(1, 0)])])
            .fault(0, nodes(&[1]), around(of_kind(kind)), None)
            .run()
    };
    assert_eq!(flood(CutKind::Hold).ended, Ended::Budget("pending"));
    assert_eq!(flood(CutKind::Drop).ended, Ended::Time);
}

#[test]
fn slow_links_take_longer_and_count_as_open() {
    let by = Latency::Constant(millis(30));
    let slow = around(of_kind(CutKind::Slow(by)));
    let mut stage = Stage::new(3, 200);
    for at in [10, 30, 90] {
        let all = |from: u32| (0..3).map(|to| talk(to, u64::from(from))).collect::<Vec<Op>>();
        stage = stage.order(at, 0, all(0)).order(at, 1, all(1)).order(at, 2, all(2));
    }
    let story = stage.fault(20, nodes(&[0]), slow, lasting(60)).run();
    let by_0 = |note: &Note| matches!(note, Note::Delivered(0, _));
    assert_eq!(story.times(1, by_0), [11, 61, 91].map(|at| at * MS));
    assert_eq!(
        story.times(0, |n| matches!(n, Note::Delivered(2, _))),
        [11, 61, 91].map(|a| a * MS)
    );
    assert_eq!(
        story.times(1, |n| matches!(n, Note::Delivered(2, _))),
        [11, 31, 91].map(|a| a * MS)
    );
    assert_eq!(story.times(0, by_0), [11, 31, 91].map(|at| at * MS), "it is near itself");
    let report = story.report(0);
    assert_eq!((report.family, report.effects), ("delay", 4));
    let world = story.simulation.world();
    assert_eq!(world.connectivity_changed(), ms(0), "nobody was cut off");
}

#[test]
fn who_is_not_in_the_core_stays_slow() {
    let slow = around(of_kind(CutKind::Slow(Latency::Constant(millis(30)))));
    for (core, expected) in [(&[0, 1][..], [101, 131]), (&[0, 1, 2], [101, 101])] {
        let story = Stage::new(3, 300)
            .order(100, 0, vec![talk(1, 1), talk(2, 2)])
            .fault(10, Target::All, slow.clone(), None)
            .heal(50, core)
            .run();
        assert_eq!([told(&story, 1)[0], told(&story, 2)[0]], expected.map(|at| at * MS));
    }
}

/// The numbers that n1 was told, of those that n0 says at 1, 3, 5, ... ms.
fn open_at(story: &Story) -> Vec<u64> {
    story.heard(1).into_iter().map(|nth| 1 + 2 * nth).collect()
}

#[test]
fn a_cut_that_flaps_closes_and_opens_for_as_long_as_it_lasts() {
    let action = flapping(CutKind::Drop, &[10, 20, 30, 6]);
    let story = counting(100, 300).fault(20, nodes(&[1]), action, lasting(100)).run();
    // Closed from 20 to 30, from 50 to 80, from 86 to 96 and from 116 to the end at 120; what is
    // on the way when it closes is lost.
    let is_open = |at: &u64| ![19..30, 49..80, 85..96, 115..120].iter().any(|cut| cut.contains(at));
    let expected: Vec<u64> = (0..100).map(|nth| 1 + 2 * nth).filter(is_open).collect();
    assert_eq!(open_at(&story), expected);
    let flapped: Vec<(u64, bool)> = story
        .rows
        .iter()
        .filter_map(|row| match row.note {
            Note::Flapped { fault: 0, closed } => Some((row.at / MS, closed)),
            _ => None,
        })
        .collect();
    let expected = [(30, false), (50, true), (80, false), (86, true), (96, false), (116, true)];
    assert_eq!(flapped, expected);
    let report = story.report(0);
    assert_eq!((report.effects, report.family), (100 - open_at(&story).len() as u64, "partition"));
    assert_eq!(report.ended, Some(ms(120)));
}

#[test]
fn a_flap_lets_go_what_it_holds_each_time_it_opens() {
    let action = flapping(CutKind::Hold, &[10, 10]);
    let story = counting(30, 200).fault(0, nodes(&[1]), action, lasting(40)).run();
    assert_eq!(story.heard(1), (0..30).collect::<Vec<u64>>());
    let bursts = [10, 30].map(|at| told(&story, 1).iter().filter(|told| **told == at * MS).count());
    assert_eq!(bursts, [5, 6], "what was on the way at 20 waits as well");
    assert_eq!(story.report(0).effects, 11);
}

#[test]
fn slow_links_flap_too() {
    let action = flapping(CutKind::Slow(Latency::Constant(millis(100))), &[10, 10]);
    let story = counting(10, 300).fault(0, nodes(&[1]), action, lasting(15)).run();
    let first = told(&story, 1);
    assert_eq!(first[..5], [12, 14, 16, 18, 20].map(|at| at * MS), "sent at 11 and later");
    assert_eq!(first[5..], [102, 104, 106, 108, 110].map(|at| at * MS));
}

#[test]
fn a_flap_stays_with_whom_it_struck_and_judges_see_the_links_as_they_are() {
    let action = flapping(CutKind::Drop, &[10, 10]);
    let stage = Stage::new(3, 100)
        .order(5, 0, vec![Op::Lead(true)])
        .order(25, 0, vec![Op::Lead(false)])
        .order(25, 2, vec![Op::Lead(true)])
        .fault(20, Target::Role("leader".into()), action, lasting(45));
    let mut simulation = stage.simulation();
    let mut seen = Vec::new();
    for at in [15, 22, 32, 42, 52, 62, 72] {
        simulation.run_until(ms(at), &mut ());
        let links = simulation.world().links();
        let of = |node| links.connected(n(node), n(1));
        seen.push((of(0), of(2), simulation.world().connectivity_changed()));
    }
    let (open, closed) = (true, false);
    let expected = [
        (open, open, ms(0)),
        (closed, open, ms(20)),
        (open, open, ms(30)),
        (closed, open, ms(40)),
        (open, open, ms(50)),
        (closed, open, ms(60)),
        (open, open, ms(65)),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_flap_stops_at_the_heal_and_leaves_the_rest_as_it_is() {
    for (heal, heard) in [(45, true), (55, false)] {
        // Closed from 10 to 30, open to 50, closed to 70.
        let action = flapping(CutKind::Drop, &[20, 20]);
        let story = Stage::new(3, 300)
            .order(200, 0, vec![talk(1, 1), talk(2, 2)])
            .fault(10, Target::Nodes(vec![n(2)]), action, None)
            .heal(heal, &[0, 1])
            .run();
        assert_eq!((story.heard(1), story.heard(2).len()), (vec![1], usize::from(heard)));
        let flapped = story.times(2, |note| matches!(note, Note::Flapped { .. }));
        assert!(flapped.iter().all(|at| *at < heal * MS), "{flapped:?}");
    }
}

#[test]
fn a_cut_downhill_keeps_the_earlier_groups_from_being_heard_by_the_later() {
    let groups = vec![vec![n(3)], vec![n(0), n(1)], vec![n(2)]];
    let action = Action::Partition(Cut::Downhill(groups));
    assert_eq!(action.family(), "cut");
    let all = |from: u64| (0..4).map(|to| talk(to, from)).collect::<Vec<Op>>();
    let story = (0..4u32)
        .fold(Stage::new(4, 100), |stage, node| stage.order(10, node, all(u64::from(node))))
        .fault(5, Target::All, action, None)
        .run();
    let sorted = |node| {
        let mut heard = story.heard(node);
        heard.sort();
        heard
    };
    assert_eq!([3, 0, 1, 2].map(sorted), [vec![0, 1, 2, 3], vec![0, 1, 2], vec![0, 1, 2], vec![2]]);
    assert_eq!(story.report(0).effects, 5);
}

#[test]
fn a_grudge_keeps_the_same_links_closed_for_as_long_as_it_lasts() {
    let chance = stormseed::rng::Ratio { numerator: 1, denominator: 2 };
    let grudge = |dice| Action::Partition(Cut::Grudge { chance, one_way: true, dice });
    let talk_always = |stage: Stage, from: u32| {
        let others = (0..6).map(|to| talk(to, u64::from(from))).collect();
        stage.boot(from as usize, vec![Op::Every(1, 10 * MS, others)])
    };
    let run = |dice| {
        let stage = (0..6).fold(Stage::new(6, 105), talk_always);
        stage.fault(5, Target::All, grudge(dice), lasting(60)).run()
    };
    let story = run(3);
    let times = |from: u32, to| {
        story.times(to, |note| matches!(note, Note::Delivered(f, _) if *f == from)).len()
    };
    let counts: Vec<usize> = (0..36).map(|link| times(link / 6, link % 6)).collect();
    // Six rounds fall into it, four come after it.
    assert!(counts.iter().all(|count| *count == 4 || *count == 10), "{counts:?}");
    let closed = counts.iter().filter(|count| **count == 4).count();
    assert!((5..=25).contains(&closed), "{closed} of 30");
    assert_eq!(story.report(0).effects, 6 * closed as u64);
    assert_eq!(run(3).rows, story.rows);
    assert_ne!(run(4).rows, story.rows);
}

#[test]
fn a_hold_waits_for_a_milestone_as_any_other_fault() {
    let when = When::Milestone { word: "belief".into(), nth: 1, after: millis(3) };
    let story = Stage::new(2, 100)
        .order(10, 0, vec![Op::Believe(1)])
        .order(12, 0, vec![talk(1, 1)])
        .order(14, 0, vec![talk(1, 2)])
        .fault_when(when, nodes(&[1]), holding(), lasting(20))
        .run();
    assert_eq!(told(&story, 1), [33 * MS, 33 * MS], "one was on the way");
    assert_eq!(story.report(0).struck.map(|struck| struck.at), Some(ms(13)));
}

#[test]
fn a_flap_without_lengths_of_time_is_refused() {
    for lengths in [&[0, 0][..], &[5]] {
        let stage = Stage::new(2, 10).fault(1, nodes(&[0]), flapping(CutKind::Drop, lengths), None);
        let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
        let text = caught.expect_err("it is refused");
        assert!(text.downcast_ref::<String>().is_some_and(|text| text.contains("flaps by pairs")));
    }
}
