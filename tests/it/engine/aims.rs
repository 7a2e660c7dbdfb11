//! Aims that only the run can tell: who is chosen, who is waited for, and whose milestones count.

use super::puppet::{Op, Said};
use super::stage::*;
use std::collections::BTreeMap;
use stormseed::fault::{Action, Choice, On, Take, Target, Unfired, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::schedule::Recipient;
use stormseed::time::Duration;

fn chosen(take: Take, window: u64) -> Target {
    let choice = Choice { role: "leader".into(), take };
    Target::Chosen { choice, window: Duration::from_millis(window) }
}

fn lead(leads: bool) -> Vec<Op> {
    vec![Op::Lead(leads)]
}

fn struck(story: &Story, fault: usize) -> Option<(u64, Vec<u32>)> {
    let struck = story.report(fault).struck?;
    Some((struck.at.as_nanos() / MS, struck.nodes.iter().map(|node| node.number()).collect()))
}

#[test]
fn a_fault_waits_for_its_role_until_somebody_plays_it_or_its_window_ends() {
    let story = Stage::new(3, 200)
        .fault(20, chosen(Take::Everyone, 50), CRASH, lasting(10))
        .fault(20, chosen(Take::Everyone, 19), CRASH, lasting(10))
        .fault(20, chosen(Take::Everyone, 20), Action::Pause, lasting(10))
        .order(40, 1, vec![Op::Lead(true), Op::Believe(1)])
        .order(90, 2, lead(true))
        .run();
    // It lasts as long as ever, from its strike on; and strikes once.
    assert_eq!(struck(&story, 0), Some((40, vec![1])));
    assert_eq!(story.report(0).ended, Some(ms(50)));
    assert_eq!(struck(&story, 1), None, "its window ended at 39");
    assert_eq!((story.report(1).unfired, story.report(1).effects), (Some(Unfired::Nobody), 0));
    // The end of a window is part of it; but the first fault has killed the leader by then.
    assert_eq!(struck(&story, 2), None);
    // The step that makes it a leader is done in full before.
    assert_eq!(story.said(1), [(40 * MS, Said::Belief(1))]);
    let alone = Stage::new(3, 200)
        .fault(20, chosen(Take::Everyone, 20), Action::Pause, lasting(10))
        .order(40, 1, lead(true))
        .run();
    assert_eq!(struck(&alone, 0), Some((40, vec![1])));
}

#[test]
fn who_waits_when_the_storm_is_over_waits_in_vain() {
    let story = Stage::new(2, 200)
        .fault(20, chosen(Take::Everyone, 500), CRASH, None)
        .order(60, 1, lead(true))
        .heal(50, &[0, 1])
        .run();
    assert_eq!(struck(&story, 0), None);
}

#[test]
fn the_newest_and_the_stale_player_of_a_role_are_told_apart() {
    let newest = || chosen(Take::Newest, 0);
    let story = Stage::new(4, 300)
        .order(10, 2, lead(true))
        .fault(15, chosen(Take::Stale, 5), Action::Pause, lasting(1))
        .order(20, 1, lead(true))
        .fault(30, newest(), Action::Jump(1), None)
        .fault(30, chosen(Take::Stale, 0), Action::Jump(1), None)
        // Whoever comes back after a crash comes anew.
        .fault(40, nodes(&[1]), CRASH, lasting(5))
        .fault(50, newest(), Action::Jump(1), None)
        .order(60, 1, lead(true))
        .order(70, 2, lead(false))
        .order(80, 2, lead(true))
        .fault(90, newest(), Action::Jump(1), None)
        .run();
    // The stale one of 15 is waited for until there are two.
    assert_eq!(struck(&story, 0), Some((20, vec![2])));
    assert_eq!((struck(&story, 1), struck(&story, 2)), (Some((30, vec![1])), Some((30, vec![2]))));
    assert_eq!(struck(&story, 4), Some((50, vec![2])));
    assert_eq!(struck(&story, 5), Some((90, vec![2])));
}

#[test]
fn all_but_those_who_play_a_role_are_everyone_else_and_nobody_while_it_is_not_played() {
    let story = Stage::new(4, 100)
        .fault(5, chosen(Take::Others, 0), Action::Jump(1), None)
        .order(10, 0, lead(true))
        .order(10, 3, lead(true))
        .fault(20, chosen(Take::Others, 0), Action::Jump(1), None)
        .run();
    assert_eq!((struck(&story, 0), struck(&story, 1)), (None, Some((20, vec![1, 2]))));
}

/// Who is struck by each of many faults that choose among these leaders, seed by seed.
fn draws(leaders: &[u32], take: &Take, more: &[u32]) -> Vec<Vec<u32>> {
    let mut drawn = Vec::new();
    for seed in 0..20 {
        let mut stage = Stage::new(9, 100).seed(seed);
        for &leader in leaders {
            stage = stage.order(10, leader, lead(true));
        }
        for &other in more {
            stage = stage.fault(15, nodes(&[other]), Action::Jump(1), None);
        }
        for _ in 0..50 {
            stage = stage.fault(20, chosen(take.clone(), 0), Action::Jump(1), None);
        }
        let names = (more.len() as u32..).zip(stage.schedule.faults[more.len()..].iter_mut());
        names.for_each(|(place, fault)| fault.id = FaultId(1_000 + place - more.len() as u32));
        let story = stage.run();
        let place = more.len()..more.len() + 50;
        drawn.extend(place.map(|fault| struck(&story, fault).expect("somebody leads").1));
    }
    drawn
}

#[test]
fn so_many_are_drawn_each_equally_often_and_no_other_fault_moves_the_draw() {
    let leaders = [0, 2, 3, 5, 8];
    let drawn = draws(&leaders, &Take::Drawn(2), &[]);
    let mut counts = BTreeMap::<u32, u32>::new();
    for nodes in &drawn {
        assert!(nodes.len() == 2 && nodes[0] < nodes[1], "{nodes:?}");
        nodes.iter().for_each(|node| *counts.entry(*node).or_default() += 1);
    }
    // 1,000 draws of 2 in 5: 400 each, standard deviation 15.5.
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), leaders);
    assert!(counts.values().all(|count| (330..=470).contains(count)), "{counts:?}");
    assert_eq!(draws(&leaders, &Take::Drawn(2), &[4, 6]), drawn, "another fault moves it");
    assert!(draws(&leaders, &Take::Drawn(9), &[]).iter().all(|nodes| nodes == &leaders));
    // Who comes to play the role as well takes a place, or does not; nobody else moves.
    let joined = draws(&[0, 2, 3, 5, 7, 8], &Take::Drawn(2), &[]);
    for (before, after) in drawn.iter().zip(&joined) {
        let kept = after.iter().filter(|node| before.contains(node)).count();
        assert!(after == before || (kept == 1 && after.contains(&7)), "{before:?} {after:?}");
    }
}

#[test]
fn a_minority_with_the_leader_holds_it_and_has_every_size_and_member() {
    let among = |count: u32| (0..count).map(n).collect::<Vec<NodeId>>();
    let minority = Take::With { among: among(7), least: 1, most: 3 };
    let drawn = draws(&[4], &minority, &[]);
    let mut sizes = [0; 8];
    let mut members = [0; 9];
    for nodes in &drawn {
        assert!(nodes.contains(&4) && nodes.iter().all(|node| *node < 7), "{nodes:?}");
        sizes[nodes.len()] += 1;
        nodes.iter().for_each(|node| members[*node as usize] += 1);
    }
    assert_eq!(sizes[0] + sizes[1] + sizes[2] + sizes[3], 1_000);
    assert!(sizes[1..4].iter().all(|count| (270..=400).contains(count)), "{sizes:?}");
    for other in [0, 1, 2, 3, 5, 6] {
        // One of six, on average, each time.
        assert!((120..=215).contains(&members[other]), "{members:?}");
    }
    // Of several leaders no more than a minority; one from elsewhere comes along.
    let most = draws(&[0, 1, 2, 3], &minority, &[]);
    assert!(most.iter().all(|nodes| nodes.len() == 3 && nodes.iter().all(|node| *node < 4)));
    let elsewhere = draws(&[8], &minority, &[]);
    assert!(elsewhere.iter().all(|nodes| nodes.contains(&8) && (2..=4).contains(&nodes.len())));
    let majority = draws(&[4], &Take::With { among: among(7), least: 4, most: 7 }, &[]);
    assert!(majority.iter().all(|nodes| nodes.contains(&4) && (4..=7).contains(&nodes.len())));
}

fn on(on: On, nth: u32) -> When {
    When::MilestoneOn { on, word: "belief".into(), nth, after: Duration::from_millis(2) }
}

#[test]
fn a_milestone_on_a_node_or_a_role_counts_only_what_is_observed_there() {
    let believes = |stage: Stage, at, node| stage.order(at, node, vec![Op::Believe(at)]);
    let mut stage = Stage::new(3, 200).order(25, 2, lead(true));
    for (at, node) in [(10, 0), (20, 1), (30, 2), (40, 1), (50, 0), (60, 2)] {
        stage = believes(stage, at, node);
    }
    let story = stage
        .fault_when(on(On::Nodes(vec![n(1)]), 2), nodes(&[0]), Action::Jump(1), None)
        .fault_when(on(On::Nodes(vec![n(0), n(1)]), 3), nodes(&[0]), Action::Jump(1), None)
        .fault_when(on(On::Role("leader".into()), 1), nodes(&[0]), Action::Jump(1), None)
        .fault_when(on(On::Nodes(vec![n(1)]), 3), nodes(&[0]), Action::Jump(1), None)
        .run();
    let at: Vec<Option<u64>> = (0..4).map(|f| struck(&story, f).map(|(at, _)| at)).collect();
    assert_eq!(at, [Some(42), Some(42), Some(32), None]);
    let why: Vec<_> = (0..4).map(|fault| story.report(fault).unfired).collect();
    assert_eq!(why, [None, None, None, Some(Unfired::NoMilestone)]);
}

#[test]
fn a_command_is_given_at_a_milestone_and_to_whom_the_run_chooses() {
    let when = |nth| When::Milestone {
        word: "belief".into(),
        nth,
        after: Duration::from_millis(u64::from(nth)),
    };
    let to = |take| Recipient::Chosen(Choice { role: "leader".into(), take });
    let story = Stage::new(3, 100)
        .order(5, 1, lead(true))
        .order(6, 2, lead(true))
        .order(10, 0, vec![Op::Believe(1)])
        .order(20, 0, vec![Op::Believe(2)])
        .order_when(when(1), 2, vec![Op::TellClock])
        .order_to(when(2), to(Take::Stale), vec![Op::TellClock])
        .order_to(when(2), to(Take::Newest), vec![Op::TellDisk])
        .order_to(when(7), to(Take::Newest), vec![Op::TellDisk])
        .run();
    assert_eq!(story.said(1), [(22 * MS, Said::Clock(22 * MS))]);
    assert_eq!(story.said(2), [(11 * MS, Said::Clock(11 * MS)), (22 * MS, Said::Disk(vec![]))]);
    assert_eq!(story.counts().unheard, 0);
}
