//! What the network makes up: a copy in another's name, at another node, or long after; and never
//! anything of the message that it copies.

use super::puppet::Op;
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::fault::{Action, Filter, Harm, Target};
use stormseed::rng::Ratio;
use stormseed::time::Duration;

const CERTAIN: Ratio = Ratio { numerator: 1, denominator: 1 };

fn lie(harm: Harm) -> Action {
    Action::Messages { filter: Filter::all(CERTAIN), harm }
}

fn later(millis: u64) -> Harm {
    Harm::Replay(Latency::Constant(Duration::from_millis(millis)))
}

/// Who was told what by whom, and when: (at, told, by).
fn deliveries(story: &Story) -> Vec<(u64, u32, u32)> {
    let delivered = |row: &Row| match row.note {
        Note::Delivered(from, _) => Some((row.at, row.node, from)),
        _ => None,
    };
    story.rows.iter().filter_map(delivered).collect()
}

fn one_word(nodes: usize) -> Stage {
    Stage::new(nodes, 500).order(10, 0, vec![talk(1, 7)])
}

#[test]
fn a_forged_message_comes_again_in_the_name_of_a_third() {
    for seed in 0..20 {
        let story =
            one_word(4).seed(seed).fault(5, Target::All, lie(Harm::Forge), lasting(100)).run();
        let mut told = deliveries(&story);
        told.sort_by_key(|(_, _, from)| *from);
        let [(_, 1, 0), (_, 1, forged)] = told[..] else { panic!("{told:?}") };
        assert!([2, 3].contains(&forged), "{told:?}");
        let counts = story.counts();
        assert_eq!((counts.sent, counts.made_up, story.report(0).effects), (1, 1, 1));
        let made_up = |note: &Note| matches!(note, Note::MadeUp { fault: 0, to: 1, .. });
        assert_eq!(story.times(forged, made_up), [10 * MS], "the record is the named sender's");
    }
}

#[test]
fn a_misdelivered_message_reaches_a_third_as_well() {
    for seed in 0..20 {
        let lie = lie(Harm::Misdeliver);
        let story = one_word(4).seed(seed).fault(5, Target::All, lie, lasting(100)).run();
        let mut told = deliveries(&story);
        told.sort_by_key(|(_, node, _)| *node);
        let [(_, 1, 0), (_, third, 0)] = told[..] else { panic!("{told:?}") };
        assert!([2, 3].contains(&third), "{told:?}");
    }
}

#[test]
fn a_replayed_message_comes_again_so_much_later_whatever_ended_since() {
    let story = one_word(2).fault(5, Target::All, lie(later(90)), lasting(10)).run();
    assert_eq!(deliveries(&story), [(11 * MS, 1, 0), (101 * MS, 1, 0)]);
    assert_eq!(story.report(0).ended, Some(ms(15)));
}

#[test]
fn names_and_receivers_are_of_those_that_the_fault_is_about() {
    let mut about = Filter::all(CERTAIN);
    about.to = nodes(&[1, 3]);
    for seed in 0..20 {
        let stage = || one_word(5).seed(seed);
        let forge = Action::Messages { filter: about.clone(), harm: Harm::Forge };
        let story = stage().fault(5, nodes(&[0, 1, 4]), forge, None).run();
        let names: Vec<u32> = deliveries(&story).iter().map(|(_, _, from)| *from).collect();
        assert!(names.contains(&0) && names.contains(&4) && names.len() == 2, "{names:?}");
        let stray = Action::Messages { filter: about.clone(), harm: Harm::Misdeliver };
        let story = stage().fault(5, nodes(&[0, 1, 4]), stray, None).run();
        let told: Vec<u32> = deliveries(&story).iter().map(|(_, node, _)| *node).collect();
        assert!(told.contains(&1) && told.contains(&3) && told.len() == 2, "{told:?}");
    }
}

#[test]
fn where_there_is_no_third_nothing_is_made_up() {
    for harm in [Harm::Forge, Harm::Misdeliver] {
        let story = one_word(2).fault(5, Target::All, lie(harm), None).run();
        assert_eq!(deliveries(&story), [(11 * MS, 1, 0)]);
        assert_eq!((story.report(0).effects, story.counts().made_up), (0, 0));
    }
}

#[test]
fn of_what_is_lost_no_copy_is_made_and_a_cut_takes_the_copy_on_its_way() {
    let lossy = Action::Messages { filter: Filter::all(CERTAIN), harm: Harm::Lose };
    let story = one_word(3)
        .fault(5, Target::All, lie(Harm::Forge), None)
        .fault(6, Target::All, lossy, None)
        .run();
    assert_eq!((deliveries(&story), story.counts().made_up), (vec![], 0));
    let story = one_word(3)
        .fault(5, Target::All, lie(later(50)), None)
        .fault(30, nodes(&[1]), Action::Isolate, None)
        .run();
    assert_eq!(deliveries(&story), [(11 * MS, 1, 0)]);
    assert_eq!((story.counts().made_up, story.counts().cut), (1, 1));
}

#[test]
fn a_copy_keeps_no_order_and_holds_nobody_up_on_a_fifo_link() {
    let story = Stage::new(2, 500)
        .with(|conditions| conditions.network.fifo = true)
        .order(10, 0, vec![talk(1, 1)])
        .order(20, 0, vec![talk(1, 2)])
        .fault(5, Target::All, lie(later(90)), lasting(10))
        .run();
    assert_eq!(deliveries(&story), [(11 * MS, 1, 0), (21 * MS, 1, 0), (101 * MS, 1, 0)]);
    assert_eq!(story.heard(1), [1, 2, 1]);
}

#[test]
fn every_third_is_named_as_often() {
    const MANY: u64 = 20_000;
    let story = Stage::new(6, 5_000)
        .seed(3)
        .fault(5, Target::All, lie(Harm::Forge), None)
        .order(10, 0, vec![Op::Flood(1, MANY)])
        .run();
    let told = deliveries(&story);
    let mut named = [0u64; 6];
    told.iter().for_each(|(_, _, from)| named[*from as usize] += 1);
    assert_eq!((named[0], named[1], told.len() as u64), (MANY, 0, 2 * MANY));
    let mean = MANY as f64 / 4.0;
    let off = |count: &u64| *count as f64 - mean;
    let chi: f64 = named[2..].iter().map(|count| off(count) * off(count) / mean).sum();
    assert!(chi < 16.27, "three degrees of freedom, one in a thousand: {chi} of {named:?}");
}
