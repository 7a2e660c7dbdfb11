//! Harm to single messages: it comes to those that are named and to no others, at its rate, until
//! it ends, and each message that came to harm is counted.

use super::puppet::{Op, Word};
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::engine::Why;
use stormseed::fault::{Action, Filter, Harm, Target};
use stormseed::rng::Ratio;
use stormseed::time::Duration;

const CERTAIN: Ratio = Ratio { numerator: 1, denominator: 1 };
const MANY: u64 = 20_000;

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn by(count: u64) -> Latency {
    Latency::Constant(millis(count))
}

fn harm(harm: Harm) -> Action {
    Action::Messages { filter: Filter::all(CERTAIN), harm }
}

fn at_chance(ppm: u32, harm: Harm) -> Action {
    Action::Messages { filter: Filter::all(Ratio::from_ppm(ppm)), harm }
}

fn some(change: impl FnOnce(&mut Filter), harm: Harm) -> Action {
    let mut filter = Filter::all(CERTAIN);
    change(&mut filter);
    Action::Messages { filter, harm }
}

fn told(story: &Story, node: u32) -> Vec<u64> {
    story.times(node, |note| matches!(note, Note::Delivered(..)))
}

/// n0 says a number to n1 every two milliseconds, from 1 ms on, so many times.
fn counting(count: u64, end: u64) -> Stage {
    (0..count)
        .fold(Stage::new(3, end), |stage, nth| stage.order(1 + 2 * nth, 0, vec![talk(1, nth)]))
}

#[test]
fn each_harm_ends_when_its_fault_does_and_counts_whom_it_harmed() {
    let harms = [
        (Harm::Lose, "loss"),
        (Harm::Duplicate, "duplication"),
        (Harm::Corrupt, "corruption"),
        (Harm::Delay(by(1)), "delay"),
        (Harm::Reorder(by(1)), "reorder"),
        (Harm::Hold, "hold"),
    ];
    for (one, family) in harms {
        let story = counting(50, 200).fault(20, Target::All, harm(one), lasting(40)).run();
        let report = story.report(0);
        assert_eq!((report.effects, report.family), (20, family));
        assert_eq!(report.ended, Some(ms(60)));
        let heard_once = |nth: u64| story.heard(1).iter().filter(|heard| **heard == nth).count();
        let strange = (0..50).filter(|nth| heard_once(*nth) != 1).collect::<Vec<u64>>();
        let expected: Vec<u64> = match one {
            Harm::Lose | Harm::Duplicate | Harm::Corrupt => (10..30).collect(),
            _ => Vec::new(),
        };
        assert_eq!(strange, expected, "{family}");
    }
}

#[test]
fn what_is_spoilt_travels_and_is_dropped_by_its_receiver() {
    let story = Stage::new(3, 100)
        .order(10, 0, vec![talk(1, 1), talk(2, 2)])
        .fault(5, Target::All, harm(Harm::Corrupt), None)
        .fault(8, nodes(&[2]), CRASH, None)
        .run();
    let spoilt = |note: &Note| match note {
        Note::Dropped { why: Why::Corrupt(fault), arrived, .. } => fault.0 == 0 && *arrived,
        _ => false,
    };
    assert_eq!(story.times(1, spoilt), [11 * MS]);
    assert_eq!(story.count(|note| matches!(note, Note::Sent { .. })), 2);
    let counts = story.counts();
    assert_eq!(
        (counts.corrupted, counts.undeliverable, counts.lost, counts.delivered),
        (1, 1, 0, 0)
    );
    assert_eq!(story.report(0).effects, 1, "who is down notices nothing");
}

#[test]
fn a_message_that_is_doubled_arrives_twice_and_its_copy_goes_its_own_way() {
    let story = Stage::new(2, 100)
        .with(|c| c.network.latency = Latency::Uniform { min: millis(1), max: millis(50) })
        .order(10, 0, vec![talk(1, 1)])
        .fault(5, Target::All, harm(Harm::Duplicate), None)
        .run();
    let arrivals = told(&story, 1);
    assert!(arrivals.len() == 2 && arrivals[0] != arrivals[1], "{arrivals:?}");
    assert_eq!((story.counts().duplicated, story.counts().sent), (1, 1));
    // What the network doubles of itself is not the fault's doing.
    let story = Stage::new(2, 100)
        .with(|c| c.network.duplication = CERTAIN)
        .order(10, 0, vec![talk(1, 1)])
        .fault(5, Target::All, harm(Harm::Duplicate), None)
        .run();
    assert_eq!((story.counts().duplicated, story.report(0).effects), (1, 0));
}

#[test]
fn a_delay_holds_up_a_fifo_link_and_a_reordering_lets_others_overtake() {
    let third = |filter: &mut Filter| (filter.first, filter.last) = (3, Some(3));
    for (one, fifo, expected) in [
        (Harm::Delay(by(9)), true, [0, 1, 2, 3, 4, 5, 6, 7]),
        (Harm::Delay(by(9)), false, [0, 1, 3, 4, 5, 6, 2, 7]),
        (Harm::Reorder(by(9)), true, [0, 1, 3, 4, 5, 6, 2, 7]),
        (Harm::Reorder(by(9)), false, [0, 1, 3, 4, 5, 6, 2, 7]),
    ] {
        let mut stage = Stage::new(2, 100).with(|c| c.network.fifo = fifo);
        for nth in 0..8 {
            stage = stage.order(10 + 2 * nth, 0, vec![Op::Set(1, MS / 2, vec![talk(1, nth)])]);
        }
        let story = stage.fault(1, Target::All, some(third, one), None).run();
        assert_eq!(story.heard(1), expected, "{one:?} fifo {fifo}");
        assert_eq!(story.report(0).effects, 1);
    }
}

#[test]
fn a_throttle_lets_one_message_out_at_a_time_and_loses_what_finds_no_room() {
    let narrow = Harm::Throttle { spacing: millis(10), queue: 2 };
    let story = Stage::new(3, 200)
        .order(10, 0, (0..5).map(|nth| talk(1, nth)).collect())
        .order(10, 0, vec![talk(2, 7)])
        .order(12, 1, vec![talk(0, 8)])
        .order(100, 0, vec![talk(1, 9), talk(1, 10)])
        .fault(5, Target::All, harm(narrow), lasting(94))
        .run();
    assert_eq!(told(&story, 1), [11, 21, 31, 101, 101].map(|at| at * MS));
    assert_eq!((told(&story, 2), told(&story, 0)), (vec![11 * MS], vec![13 * MS]), "by link");
    let full = |note: &Note| match note {
        Note::Dropped { why: Why::Throttled(fault), arrived, .. } => fault.0 == 0 && !arrived,
        _ => false,
    };
    assert_eq!((story.times(0, full), story.counts().throttled), (vec![10 * MS; 2], 2));
    assert_eq!((story.report(0).effects, story.report(0).family), (2 + 2, "throttle"));
    assert_eq!(story.heard(1)[3..], [9, 10], "all are free again");
}

#[test]
fn a_filter_picks_kinds_senders_and_receivers() {
    let chatter = |stage: Stage, from: u32| {
        let all = (0..4).flat_map(|to| [talk(to, 1), Op::Send(to, Word::Gossip(2))]).collect();
        stage.order(10, from, all)
    };
    let word = |word: &str| {
        let words = vec![word.to_owned()];
        move |filter: &mut Filter| filter.words = words
    };
    let lost = |who: Target, action: Action| {
        let stage = (0..4).fold(Stage::new(4, 100), chatter);
        let story = stage.fault(5, who, action, None).run();
        let lost: Vec<(u32, u32, bool)> = story
            .rows
            .iter()
            .filter_map(|row| match &row.note {
                Note::Dropped { from, to, word, why: Why::Lost, .. } => {
                    Some((*from, *to, matches!(word, Word::Gossip(_))))
                }
                _ => None,
            })
            .collect();
        assert_eq!(story.report(0).effects, lost.len() as u64);
        lost
    };
    let by_kind = lost(Target::All, some(word("gossip"), Harm::Lose));
    assert!(by_kind.len() == 16 && by_kind.iter().all(|(_, _, gossip)| *gossip));
    let from_two = lost(nodes(&[1, 3]), some(|_| {}, Harm::Lose));
    assert!(from_two.len() == 16 && from_two.iter().all(|(from, ..)| from % 2 == 1));
    let to_two = lost(Target::All, some(|filter| filter.to = nodes(&[0, 2]), Harm::Lose));
    assert!(to_two.len() == 16 && to_two.iter().all(|(_, to, _)| to % 2 == 0));
    let both = |filter: &mut Filter| {
        filter.words = vec!["talk".into(), "task".into()];
        filter.to = nodes(&[2]);
    };
    assert_eq!(lost(nodes(&[1]), some(both, Harm::Lose)), [(1, 2, false)]);
}

#[test]
fn roles_of_senders_and_receivers_are_those_of_the_moment_of_the_strike() {
    let lead = |leads| vec![Op::Lead(leads)];
    let chatter = |stage: Stage, at: u64| {
        stage.order(at, 0, vec![talk(1, at), talk(2, at)]).order(
            at,
            1,
            vec![talk(0, at), talk(2, at)],
        )
    };
    let leader = || Target::Role("leader".into());
    let to_leader = || some(|filter| filter.to = leader(), Harm::Lose);
    let stage = chatter(Stage::new(3, 200).order(5, 0, lead(true)), 20);
    let stage = chatter(stage.order(25, 0, lead(false)).order(25, 1, lead(true)), 30);
    let story = stage
        .order(50, 1, lead(false))
        .fault(10, leader(), harm(Harm::Hold), lasting(25))
        .fault(10, Target::All, to_leader(), lasting(25))
        .fault(60, Target::All, to_leader(), lasting(5))
        .run();
    // n0 led at 10: what it says is held, and what is said to it is lost, though n1 leads at 30.
    assert_eq!(story.report(0).struck.map(|struck| struck.nodes), Some(vec![n(0)]));
    assert_eq!((story.report(0).effects, story.report(1).effects), (4, 2));
    assert_eq!(told(&story, 2), [21, 31, 35, 35].map(|at| at * MS));
    assert_eq!(story.heard(0), [0; 0]);
    assert_eq!(story.report(2).struck, None, "nobody leads at 60: reported as not fired");
}

#[test]
fn a_count_is_of_the_messages_that_pass_the_filter_since_the_strike() {
    let lost = |first, last| {
        let only = move |filter: &mut Filter| {
            filter.words = vec!["talk".into()];
            (filter.first, filter.last) = (first, last);
        };
        let stage = (0..10).fold(Stage::new(3, 100), |stage, nth| {
            let to = 1 + nth as u32 % 2;
            stage.order(10 + nth, 0, vec![Op::Send(to, Word::Gossip(0)), talk(to, nth)])
        });
        let story = stage.fault(12, nodes(&[0]), some(only, Harm::Lose), None).run();
        let heard = [story.heard(1), story.heard(2)].concat();
        let talked: Vec<u64> = (0..10).filter(|nth| !heard.contains(nth)).collect();
        assert_eq!(story.report(0).effects, talked.len() as u64);
        talked
    };
    // Acts at one instant: the fault strikes before the command at 12 ms.
    assert_eq!(lost(3, Some(3)), [4]);
    assert_eq!(lost(1, Some(1)), [2]);
    assert_eq!(lost(2, Some(4)), [3, 4, 5]);
    assert_eq!(lost(7, None), [8, 9]);
    assert_eq!(lost(9, None), [0; 0]);
}

#[test]
fn a_message_that_is_cut_is_counted_but_not_harmed() {
    let second = |filter: &mut Filter| (filter.first, filter.last) = (2, Some(3));
    let story = counting(5, 100)
        .fault(0, Target::All, some(second, Harm::Hold), None)
        .fault(2, nodes(&[1]), Action::Isolate, lasting(2))
        .run();
    // The first is cut on its way and the second at once; the third is held.
    assert_eq!((story.report(0).effects, story.report(1).effects), (1, 2));
    assert_eq!(story.heard(1), [3, 4]);
}

#[test]
fn a_fate_that_is_fixed_by_hand_wins_over_harm_and_is_counted() {
    use stormseed::schedule::{FateOverride, Override};
    let fate = FateOverride::Delivered(millis(2));
    let mut stage = counting(4, 100);
    let third = |filter: &mut Filter| (filter.first, filter.last) = (2, Some(3));
    stage.schedule.overrides =
        vec![Override::Fate { from: n(0), to: n(1), word: "talk".into(), nth: 2, fate }];
    let story = stage.fault(0, Target::All, some(third, Harm::Lose), None).run();
    assert_eq!((story.heard(1), story.report(0).effects), (vec![0, 1, 3], 1));
}

#[test]
fn a_hold_of_messages_ends_at_the_heal_for_everybody() {
    let story = Stage::new(3, 200)
        .order(20, 0, vec![talk(1, 1), Op::Send(2, Word::Gossip(2))])
        .order(150, 0, vec![Op::Send(2, Word::Gossip(3))])
        .fault(10, Target::All, harm(Harm::Hold), None)
        .fault(10, nodes(&[2]), Action::Pause, None)
        .heal(100, &[0, 1])
        .run();
    assert_eq!(told(&story, 1), [100 * MS]);
    assert_eq!((story.report(0).effects, story.report(0).ended), (2, Some(ms(100))));
    // n2 stands still for good: what was held for it waits in its mailbox.
    assert_eq!((story.heard(2).len(), story.report(1).effects), (0, 1 + 2));
}

/// What a fault with this chance and harm does to many messages.
fn flood(seed: u64, ppm: u32, one: Harm) -> Story {
    Stage::new(2, 5_000)
        .seed(seed)
        .fault(5, Target::All, at_chance(ppm, one), lasting(2_000))
        .order(10, 0, vec![Op::Flood(1, MANY)])
        .run()
}

#[test]
fn every_harm_has_its_rate() {
    let harms = [
        Harm::Lose,
        Harm::Duplicate,
        Harm::Corrupt,
        Harm::Delay(by(1)),
        Harm::Reorder(by(1)),
        Harm::Hold,
        Harm::Replay(by(1)),
    ];
    for (seed, ppm) in [(1, 1_000), (2, 30_000), (3, 500_000), (4, 985_000), (5, 0), (6, 1_000_000)]
    {
        for one in harms {
            let story = flood(seed, ppm, one);
            let p = f64::from(ppm) / 1e6;
            let (mean, spread) = (MANY as f64 * p, (MANY as f64 * p * (1.0 - p)).sqrt());
            let effects = story.report(0).effects;
            let off = (effects as f64 - mean).abs();
            assert!(off <= 6.0 * spread, "{one:?} at {ppm} ppm: {effects} of {MANY}");
            let c = story.counts();
            let counted = match one {
                Harm::Lose => c.lost,
                Harm::Duplicate => c.duplicated,
                Harm::Corrupt => c.corrupted,
                Harm::Hold => c.held,
                Harm::Replay(_) => c.made_up,
                _ => effects,
            };
            assert_eq!(counted, effects, "{one:?} is counted: {c:?}");
            assert_eq!(c.delivered, c.sent - c.lost - c.corrupted + c.duplicated + c.made_up);
        }
    }
}

#[test]
fn delays_follow_their_law_and_touch_their_share_alone() {
    let uniform = Latency::Uniform { min: millis(100), max: millis(300) };
    for (seed, one) in [(1, Harm::Delay(uniform)), (2, Harm::Reorder(uniform))] {
        let story = flood(seed, 250_000, one);
        let mut late: Vec<u64> = told(&story, 1).into_iter().filter(|at| *at > 11 * MS).collect();
        assert_eq!(late.len() as u64, story.report(0).effects);
        late.sort();
        // The test of Kolmogorov and Smirnov at one in a thousand million.
        let n = late.len() as f64;
        let farthest = late.iter().zip(0u32..).fold(0.0f64, |far, (&at, i)| {
            let p = ((at as f64 - 111e6) / 200e6).clamp(0.0, 1.0);
            far.max((p - f64::from(i) / n).abs()).max((p - f64::from(i + 1) / n).abs())
        });
        assert!(farthest * n.sqrt() < 3.27, "{one:?}: {:.2}", farthest * n.sqrt());
    }
}

/// Which of many messages a fault lost, by their numbers.
fn lost_numbers(story: &Story) -> Vec<u64> {
    let rows = story.rows.iter().filter_map(|row| match &row.note {
        Note::Dropped { word: Word::Gossip(nth), why: Why::Lost, .. } => Some(*nth),
        _ => None,
    });
    rows.collect()
}

#[test]
fn no_fault_moves_the_decisions_of_another() {
    let stage = || Stage::new(2, 1_000).order(10, 0, vec![Op::Flood(1, 5_000)]);
    let lossy = || at_chance(300_000, Harm::Lose);
    let alone = stage().fault(1, Target::All, lossy(), None).run();
    let losses = lost_numbers(&alone);
    assert!(losses.len() > 1_000);
    let uniform = Latency::Uniform { min: millis(1), max: millis(9) };
    let others =
        [Harm::Duplicate, Harm::Corrupt, Harm::Delay(uniform), Harm::Reorder(uniform), Harm::Hold];
    for other in others {
        let both = stage()
            .fault(1, Target::All, lossy(), None)
            .fault(2, Target::All, at_chance(500_000, other), None)
            .run();
        assert_eq!(lost_numbers(&both), losses, "{other:?} moves a loss");
        let hit = both.report(1).effects;
        assert!((1_400..=2_100).contains(&hit), "{other:?} draws for itself: {hit} of 3,500");
    }
    // A second loss draws for itself too: both together lose 51 %.
    let twice =
        stage().fault(1, Target::All, lossy(), None).fault(2, Target::All, lossy(), None).run();
    let more = lost_numbers(&twice);
    assert!(losses.iter().all(|nth| more.binary_search(nth).is_ok()));
    assert!(more.len().abs_diff(2_550) < 6 * 36, "{}", more.len());
    assert_eq!(twice.report(0).effects, losses.len() as u64, "the older one is to blame");
}

#[test]
fn a_fault_that_touches_no_message_leaves_the_run_as_it_was() {
    let stage = || {
        Stage::new(2, 1_000).order(10, 0, vec![Op::Flood(1, 500)]).seed(5).with(|c| {
            c.network.latency = Latency::Uniform { min: millis(1), max: millis(50) };
            c.network.loss = Ratio::from_ppm(100_000);
            c.network.duplication = Ratio::from_ppm(100_000);
        })
    };
    let journeys = |story: &Story| {
        let mut rows = story.rows.clone();
        rows.retain(|row| !matches!(row.note, Note::Struck(_)));
        rows.into_iter().map(|row| (row.at, row.node, row.note)).collect::<Vec<_>>()
    };
    let calm = journeys(&stage().run());
    let talk_only = |filter: &mut Filter| filter.words = vec!["talk".into()];
    for action in [some(talk_only, Harm::Lose), at_chance(0, Harm::Corrupt)] {
        let story = stage().fault(1, Target::All, action, None).run();
        assert_eq!(journeys(&story), calm);
        assert_eq!(story.report(0).effects, 0);
    }
}

#[test]
fn a_filter_that_names_what_nobody_says_is_refused() {
    let words = |filter: &mut Filter| filter.words = vec!["vote".into()];
    let stage = Stage::new(2, 10).fault(1, Target::All, some(words, Harm::Lose), None);
    let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
    let text = caught.expect_err("it is refused");
    assert!(text.downcast_ref::<String>().is_some_and(|text| text.contains("`vote`")));
    let nobody = some(|filter| filter.to = nodes(&[7]), Harm::Lose);
    let stage = Stage::new(2, 10).fault(1, Target::All, nobody, None);
    let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
    assert!(
        caught
            .expect_err("it is refused")
            .downcast_ref::<String>()
            .is_some_and(|t| t.contains("n7"))
    );
}
