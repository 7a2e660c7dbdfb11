//! Disks that are slow, fail, lie, stall or are full, and what a crash leaves of writes that were
//! not synced: what leaves, what is told, what is there at the next boot.

use super::puppet::{Op, Said};
use super::stage::*;
use std::collections::BTreeMap;
use stormseed::conditions::{Conditions, Latency};
use stormseed::fault::{Action, DiskFate};
use stormseed::rng::Ratio;
use stormseed::time::Duration;

const FAILS: Action = Action::FailingDisk(Ratio { numerator: 1, denominator: 1 });

const fn crash_leaving(disk: DiskFate) -> Action {
    Action::Crash { after_effect: None, disk }
}

fn slow_sync(millis: u64) -> impl FnOnce(&mut Conditions) {
    move |conditions| conditions.sync = Latency::Constant(Duration::from_millis(millis))
}

/// A node that tells what is on its disk, and whether it is torn, at every boot.
fn telling(end: u64) -> Stage {
    let stage = Stage::new(2, end).boot(0, vec![Op::TellDisk, Op::TellTorn]);
    stage.with(|conditions| conditions.network.fifo = true)
}

/// Writes a value, asks for a sync, and says so to n1, as a message and as a promise.
fn save(value: u64) -> Vec<Op> {
    vec![Op::Persist(value), Op::Sync, talk(1, value), Op::Promise(value)]
}

fn synced(story: &Story) -> (Vec<u64>, Vec<u64>) {
    let millis = |is_it: fn(&Note) -> bool| {
        story.times(0, is_it).into_iter().map(|at| at / MS).collect::<Vec<_>>()
    };
    (millis(|note| *note == Note::Synced), millis(|note| *note == Note::SyncFailed))
}

fn promises(story: &Story) -> Vec<u64> {
    let said = story.said(0).into_iter().filter_map(|(_, said)| match said {
        Said::Promise(value) => Some(value),
        _ => None,
    });
    said.collect()
}

/// What a node found on its disk at its last boot, and whether it was torn.
fn found(story: &Story) -> (Vec<u64>, bool) {
    let mut last = (Vec::new(), false);
    for (_, said) in story.said(0) {
        match said {
            Said::Disk(disk) => last.0 = disk,
            Said::Torn(is_torn) => last.1 = is_torn,
            _ => {}
        }
    }
    last
}

#[test]
fn a_slow_disk_holds_up_what_waits_for_it_and_only_while_it_is_slow() {
    let slow = Action::SlowDisk(Latency::Constant(Duration::from_millis(40)));
    for (usual, ends) in [(5, [15, 60, 60, 95]), (0, [10, 60, 60, 90])] {
        let story = telling(200)
            .with(slow_sync(usual))
            .fault(15, nodes(&[0]), slow.clone(), lasting(15))
            .order(10, 0, save(1))
            .order(20, 0, save(2))
            .order(40, 0, save(3))
            .order(90, 0, save(4))
            .run();
        // The third is asked for when the disk is quick again, but syncs end in order.
        assert_eq!(synced(&story).0, ends, "{usual}");
        assert_eq!((promises(&story), story.heard(1)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]));
        assert_eq!(story.report(0).effects, 1, "one sync was slowed");
    }
}

#[test]
fn a_slow_disk_that_is_no_slower_than_usual_has_no_effect() {
    let slow = Action::SlowDisk(Latency::Constant(Duration::from_millis(5)));
    let story = telling(100)
        .with(slow_sync(5))
        .fault(5, nodes(&[0]), slow, lasting(50))
        .order(10, 0, save(1))
        .run();
    assert_eq!((synced(&story).0, story.report(0).effects), (vec![15], 0));
}

#[test]
fn of_two_slow_disks_the_newest_in_force_rules() {
    let slow = |millis| Action::SlowDisk(Latency::Constant(Duration::from_millis(millis)));
    let story = Stage::new(2, 300)
        .fault(10, nodes(&[0]), slow(50), lasting(150))
        .fault(20, nodes(&[0]), slow(7), lasting(60))
        .order(30, 0, save(1))
        .order(100, 0, save(2))
        .run();
    assert_eq!(synced(&story).0, [37, 150]);
    assert_eq!((story.report(0).effects, story.report(1).effects), (1, 1));
}

#[test]
fn a_failed_sync_is_told_and_what_waited_for_it_is_never_said() {
    for latency in [0, 20] {
        let mut stage = telling(300)
            .with(slow_sync(latency))
            .fault(5, nodes(&[0]), FAILS, lasting(50))
            .order(10, 0, save(1))
            .order(100, 0, vec![talk(1, 2), Op::Promise(2), Op::TellDisk]);
        stage.script.sync_failed = vec![Op::Believe(9)];
        let story = stage.run();
        let took = latency.max(10);
        assert_eq!(synced(&story), (vec![], vec![10 + took]), "a failure takes its time");
        assert_eq!((promises(&story), story.heard(1)), (vec![2], vec![2]));
        assert!(story.said(0).contains(&((10 + took) * MS, Said::Belief(9))));
        assert_eq!(found(&story).0, [1], "the node still reads what it wrote");
        assert_eq!(story.report(0).effects, 1);
    }
}

#[test]
fn what_a_failed_sync_lost_no_later_sync_saves_unless_it_is_written_again() {
    // The oldest of three writes is on disk, or two, or three, or none.
    let mut kept = [0; 4];
    for seed in 0..400 {
        let story = telling(300)
            .seed(seed)
            .with(slow_sync(20))
            .fault(5, nodes(&[0]), FAILS, lasting(50))
            .order(10, 0, vec![Op::Persist(1), Op::Persist(2), Op::Sync, Op::Persist(3)])
            .order(100, 0, vec![Op::Persist(4), Op::Sync])
            .fault(150, nodes(&[0]), CRASH, lasting(10))
            .run();
        let (disk, _) = found(&story);
        let (last, oldest) = disk.split_last().expect("the last sync was honest");
        assert_eq!((*last, oldest), (4, &[1, 2, 3][..oldest.len()]), "a prefix, then the new");
        kept[oldest.len()] += 1;
    }
    // 100 of 400 each; five deviations of 8.7.
    assert!(kept.iter().all(|count: &i32| (57..=143).contains(count)), "{kept:?}");
}

#[test]
fn a_failure_takes_the_syncs_behind_it_along() {
    let mut stage = telling(300)
        .with(slow_sync(30))
        .fault(35, nodes(&[0]), FAILS, lasting(10))
        .order(10, 0, save(1))
        .order(20, 0, save(2))
        .order(60, 0, save(3))
        .fault(150, nodes(&[0]), CRASH, lasting(10));
    stage.script.sync_failed = vec![Op::Persist(7), Op::Sync, Op::Promise(7)];
    let story = stage.run();
    // The first fails at 40; the second would have ended at 50, when the disk is sound again.
    assert_eq!(synced(&story), (vec![70, 90], vec![40]), "they are told as one");
    assert_eq!((promises(&story), story.heard(1)), (vec![7, 3], vec![3]));
    assert_eq!(story.report(0).effects, 1);
    let disk = found(&story).0;
    assert!(disk.ends_with(&[7, 3]), "what was written again is there: {disk:?}");
}

#[test]
fn syncs_fail_as_often_as_they_should_and_apart_from_each_other() {
    let third = Action::FailingDisk(Ratio { numerator: 3, denominator: 10 });
    let mut failed = 0;
    let mut pairs = [0; 4];
    for seed in 0..40 {
        let stage = Stage::new(2, 30_000).seed(seed).fault(5, nodes(&[0]), third.clone(), None);
        let ops = vec![Op::Persist(1), Op::Sync];
        let story = stage.boot(0, vec![Op::Every(1, 50 * MS, ops)]).run();
        let ends = story.rows.iter().filter_map(|row| match row.note {
            Note::Synced => Some(0),
            Note::SyncFailed => Some(1),
            _ => None,
        });
        let ends: Vec<usize> = ends.collect();
        assert!(ends.len() > 590, "{}", ends.len());
        assert_eq!(ends.iter().sum::<usize>() as u64, story.report(0).effects);
        failed += ends.iter().sum::<usize>();
        ends.windows(2).for_each(|pair| pairs[pair[0] * 2 + pair[1]] += 1);
    }
    // 7,200 of 24,000; five deviations of 71.
    assert!(failed.abs_diff(7_190) < 360, "{failed}");
    // 0.09 of the pairs; five deviations of 44.
    assert!(f64::abs(f64::from(pairs[3]) - 2_157.0) < 240.0, "{pairs:?}");
}

#[test]
fn a_lying_disk_says_done_and_a_crash_shows_that_it_was_not() {
    for latency in [0, 20] {
        let story = telling(300)
            .with(slow_sync(latency))
            .order(5, 0, save(1))
            .fault(30, nodes(&[0]), Action::LyingDisk, lasting(50))
            .order(40, 0, save(2))
            .order(45, 0, vec![Op::Persist(3)])
            .fault(100, nodes(&[0]), CRASH, lasting(10))
            .run();
        assert_eq!(synced(&story), (vec![5 + latency, 40 + latency], vec![]));
        assert_eq!((promises(&story), story.heard(1)), (vec![1, 2], vec![1, 2]));
        assert_eq!(found(&story), (vec![1], false));
        // The third write was never reported as saved.
        assert_eq!((story.report(0).effects, story.report(1).effects), (1, 1 + 2));
    }
}

#[test]
fn a_lie_that_no_crash_shows_has_no_effect_and_an_honest_sync_makes_it_true() {
    let story = telling(300)
        .fault(30, nodes(&[0]), Action::LyingDisk, lasting(50))
        .order(40, 0, save(2))
        .order(90, 0, save(3))
        .fault(150, nodes(&[0]), CRASH, lasting(10))
        .run();
    assert_eq!(found(&story), (vec![2, 3], false));
    assert_eq!(story.report(0).effects, 0);
}

#[test]
fn a_failure_loses_what_was_lied_about_and_the_lie_is_to_blame() {
    let mut blamed = 0;
    for seed in 0..64 {
        let story = telling(300)
            .seed(seed)
            .fault(10, nodes(&[0]), Action::LyingDisk, lasting(20))
            .order(20, 0, save(1))
            .fault(40, nodes(&[0]), FAILS, lasting(30))
            .order(50, 0, save(2))
            .fault(100, nodes(&[0]), CRASH, lasting(10))
            .run();
        let lost = u64::from(!found(&story).0.contains(&1));
        assert_eq!(story.report(0).effects, lost);
        blamed += lost;
    }
    assert!((8..=36).contains(&blamed), "one in three: {blamed}");
}

#[test]
fn a_stalled_disk_ends_no_sync_and_all_of_them_afterwards() {
    for latency in [0, 10] {
        let story = telling(300)
            .with(slow_sync(latency))
            .fault(15, nodes(&[0]), Action::StalledDisk, lasting(60))
            .fault(30, nodes(&[0]), Action::StalledDisk, lasting(20))
            .order(10, 0, save(1))
            .order(20, 0, save(2))
            .order(25, 0, vec![Op::TellDisk])
            .order(73, 0, save(3))
            .order(90, 0, save(4))
            .run();
        let (first, last) = if latency == 0 { (10, 75) } else { (75, 83) };
        assert_eq!(synced(&story), (vec![first, 75, last, 90 + latency], vec![]), "{latency}");
        assert_eq!((promises(&story), story.heard(1)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]));
        // Of those that were held back, one came due while both were in force, if any did.
        let held = if latency == 0 { (2, 0) } else { (2, 1) };
        assert_eq!((story.report(0).effects, story.report(1).effects), held);
    }
}

#[test]
fn a_crash_during_a_stall_loses_what_was_to_be_saved() {
    let story = telling(300)
        .fault(15, nodes(&[0]), Action::StalledDisk, lasting(60))
        .order(20, 0, save(1))
        .fault(30, nodes(&[0]), CRASH, lasting(10))
        .order(50, 0, save(2))
        .run();
    assert_eq!(synced(&story).0, [75]);
    assert_eq!((story.disk(0), promises(&story)), (vec![2], vec![2]));
}

#[test]
fn a_full_disk_saves_nothing_until_there_is_room() {
    let mut stage = telling(300)
        .order(5, 0, save(1))
        .fault(15, nodes(&[0]), Action::FullDisk, lasting(60))
        .order(20, 0, save(2))
        .order(40, 0, vec![Op::Sync, talk(1, 3)])
        .order(90, 0, save(4))
        .fault(150, nodes(&[0]), CRASH, lasting(10));
    stage.script.sync_failed = vec![Op::Believe(9)];
    let story = stage.run();
    // A sync that has nothing to save needs no room.
    assert_eq!(synced(&story), (vec![5, 50, 90], vec![30]));
    assert_eq!((found(&story).0, story.heard(1)), (vec![1, 4], vec![1, 3, 4]));
    assert_eq!(story.report(0).effects, 1);
}

#[test]
fn a_stall_holds_back_what_a_full_disk_would_refuse() {
    let story = telling(300)
        .fault(10, nodes(&[0]), Action::FullDisk, lasting(30))
        .fault(10, nodes(&[0]), Action::StalledDisk, lasting(60))
        .order(20, 0, save(1))
        .run();
    assert_eq!(synced(&story), (vec![70], vec![]), "there is room when the stall ends");
    assert_eq!((story.report(0).effects, story.report(1).effects), (0, 1));
}

#[test]
fn who_tries_again_at_once_on_a_full_disk_takes_time_doing_so() {
    let mut stage =
        telling(1_000).fault(0, nodes(&[0]), Action::FullDisk, lasting(500)).order(10, 0, save(1));
    stage.script.sync_failed = save(1);
    let story = stage.run();
    assert_eq!(synced(&story).0, [500], "until there is room");
    assert_eq!(story.report(0).effects, 48, "once in 10 ms");
    assert_eq!(story.disk(0), [1]);
}

#[test]
fn a_paused_node_is_told_of_a_failure_when_it_goes_on() {
    let mut stage = telling(300)
        .with(slow_sync(20))
        .fault(25, nodes(&[0]), Action::Pause, lasting(60))
        .fault(40, nodes(&[0]), FAILS, lasting(10))
        .order(10, 0, save(1))
        .order(22, 0, save(2));
    stage.script.sync_failed = vec![Op::Promise(3)];
    let story = stage.run();
    assert_eq!(synced(&story), (vec![85], vec![85]));
    assert_eq!((promises(&story), story.heard(1)), (vec![1, 3], vec![1]));
}

#[test]
fn what_a_node_does_between_a_failure_and_its_hearing_of_it_is_never_said() {
    // It stands still when its sync fails. When it goes on it does first what had been asked of it
    // meanwhile, and does not know yet that what it rests on was lost.
    let mut stage = telling(300)
        .with(slow_sync(20))
        .fault(25, nodes(&[0]), Action::Pause, lasting(60))
        .fault(30, nodes(&[0]), FAILS, lasting(20))
        .order(20, 0, save(1))
        .order(28, 0, vec![talk(1, 2), Op::Promise(2), Op::Persist(4), Op::Sync, talk(1, 4)])
        .order(150, 0, vec![talk(1, 5)]);
    stage.script.sync_failed = vec![Op::Promise(3)];
    let story = stage.run();
    assert_eq!(synced(&story), (vec![], vec![85]), "the second sync has failed with the first");
    assert_eq!((promises(&story), story.heard(1)), (vec![3], vec![5]));
}

#[test]
fn who_is_not_healed_keeps_its_disk() {
    let story = |node: u32| {
        Stage::new(2, 300)
            .fault(10, nodes(&[0, 1]), Action::StalledDisk, None)
            .order(20, node, vec![Op::Persist(1), Op::Sync])
            .heal(100, &[0])
            .run()
            .disk(node)
    };
    assert_eq!((story(0), story(1)), (vec![1], vec![]));
}

/// What crashes of this kind leave of four writes, of which the first is synced: how often each.
fn left(disk: DiskFate, seeds: u64) -> BTreeMap<(Vec<u64>, bool), u64> {
    let mut left = BTreeMap::new();
    for seed in 0..seeds {
        let story = telling(300)
            .seed(seed)
            .order(10, 0, vec![Op::Persist(1), Op::Sync])
            .order(20, 0, vec![Op::Persist(2), Op::Persist(3), Op::Persist(4)])
            .fault(30, nodes(&[0]), crash_leaving(disk), lasting(10))
            .run();
        let found = found(&story);
        let lost = 4 - found.0.len() as u64;
        assert_eq!(story.report(0).effects, 1 + lost);
        assert_eq!(story.count(|note| *note == Note::Crashed(lost)), 1);
        assert_eq!(story.count(|note| *note == Note::Torn), u64::from(found.1));
        *left.entry(found).or_default() += 1;
    }
    left
}

/// Each of these, and nothing else, about as often as any other: within five deviations.
fn expect_alike(left: &BTreeMap<(Vec<u64>, bool), u64>, expected: &[(&[u64], bool)]) {
    let total: u64 = left.values().sum();
    let share = total as f64 / expected.len() as f64;
    let found: Vec<(&[u64], bool)> = left.keys().map(|(disk, torn)| (&disk[..], *torn)).collect();
    let mut sorted = expected.to_vec();
    sorted.sort();
    assert_eq!(found, sorted);
    for (what, count) in left {
        assert!((*count as f64 - share).abs() < 5.0 * share.sqrt(), "{what:?}: {count} of {share}");
    }
}

#[test]
fn a_crash_keeps_a_prefix_of_what_was_not_synced() {
    let whole: &[u64] = &[1, 2, 3, 4];
    let prefixes: Vec<(&[u64], bool)> = (1..=4).map(|kept| (&whole[..kept], false)).collect();
    expect_alike(&left(DiskFate::Prefix, 800), &prefixes);
}

#[test]
fn a_torn_write_is_dropped_and_found() {
    let whole: &[u64] = &[1, 2, 3, 4];
    let prefixes: Vec<(&[u64], bool)> = (1..=4).map(|kept| (&whole[..kept], kept < 4)).collect();
    expect_alike(&left(DiskFate::Torn, 800), &prefixes);
}

#[test]
fn a_crash_keeps_any_subset_of_what_was_not_synced() {
    let subsets: [&[u64]; 8] =
        [&[1], &[1, 2], &[1, 3], &[1, 4], &[1, 2, 3], &[1, 2, 4], &[1, 3, 4], &[1, 2, 3, 4]];
    expect_alike(&left(DiskFate::Subset, 1_600), &subsets.map(|subset| (subset, false)));
}

#[test]
fn what_a_crash_kept_is_durable_and_its_tear_is_found_once() {
    let mut torn = 0;
    for seed in 0..64 {
        let story = telling(300)
            .seed(seed)
            .order(20, 0, vec![Op::Persist(2), Op::Persist(3)])
            .fault(30, nodes(&[0]), crash_leaving(DiskFate::Torn), lasting(10))
            .order(50, 0, vec![Op::TellTorn])
            .fault(60, nodes(&[0]), CRASH, lasting(10))
            .run();
        let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
        assert_eq!(said[2], said[5], "the second crash finds what the first one left");
        assert_eq!((&said[4], &said[6]), (&Said::Torn(false), &Said::Torn(false)));
        torn += u32::from(said[3] == Said::Torn(true));
    }
    assert!((30..=55).contains(&torn), "two in three: {torn}");
}

#[test]
fn what_a_crash_keeps_does_not_depend_on_what_else_happens() {
    let left = |busy: bool, node: u32, seed: u64| {
        let write = (1..20).map(Op::Persist).collect::<Vec<_>>();
        let mut stage = Stage::new(2, 300)
            .seed(seed)
            .fault(100, nodes(&[0, 1]), crash_leaving(DiskFate::Subset), lasting(10))
            .order(90, 0, write.clone())
            .order(90, 1, write);
        if busy {
            stage = stage.fault(20, nodes(&[0]), CRASH, lasting(10)).order(
                50,
                0,
                vec![Op::Sync, talk(1, 3)],
            );
        }
        stage.run().disk(node)
    };
    for seed in 0..20 {
        assert_eq!(left(false, 0, seed), left(true, 0, seed));
        assert_ne!(left(false, 0, seed), left(false, 1, seed), "each node has its own luck");
    }
}

#[test]
fn an_amnesiac_finds_nothing_torn() {
    for seed in 0..16 {
        let story = telling(300)
            .seed(seed)
            .order(20, 0, vec![Op::Persist(2), Op::Persist(3)])
            .fault(30, nodes(&[0]), crash_leaving(DiskFate::Torn), lasting(30))
            .fault(40, nodes(&[0]), crash_leaving(DiskFate::Amnesia), lasting(10))
            .run();
        assert_eq!(found(&story), (vec![], false));
    }
}
