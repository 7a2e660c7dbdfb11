//! Properties of every function over random histories of members.

use super::{all, members, owner, words};
use proptest::prelude::*;
use std::collections::BTreeSet;
use stormseed::hashing::{DependsOn, Member, Placement, Replicas, Spread, Straw2};

/// Join or leave of the n-th name, as it is possible.
fn history() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0u32..12, 1..40)
}

fn play(placement: &mut dyn Placement, history: &[u32]) {
    for n in history {
        let name = format!("m{n}");
        if placement.members().find(&name).is_some() {
            // Jump lets only the last one go: what is refused changes nothing.
            let before = placement.members().len();
            let gone = placement.leave(&name).is_ok();
            assert_eq!(placement.members().len(), before - usize::from(gone));
        } else {
            let zone = format!("z{}", n % 3);
            placement.join(Member::new(name).within(zone).weighing(n % 2 + 1)).expect("room");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn some_member_owns_every_key_and_nobody_else_does(history in history()) {
        for mut placement in all(16) {
            play(&mut *placement, &history);
            for key in words(50).chain([0, u64::MAX]) {
                let found = placement.owner(key);
                prop_assert_eq!(found.is_some(), !placement.members().is_empty());
                if let Some(id) = found {
                    let name = placement.members().member(id).name.clone();
                    prop_assert_eq!(placement.members().find(&name), Some(id));
                }
            }
        }
    }

    #[test]
    fn a_function_of_the_members_forgets_how_they_came(history in history()) {
        for (mut lived, mut fresh) in all(16).into_iter().zip(all(16)) {
            if lived.depends_on() != DependsOn::Members {
                continue;
            }
            play(&mut *lived, &history);
            // The same members at once, in the opposite order of names.
            let mut now: Vec<Member> =
                lived.members().by_name().map(|(_, member)| member.clone()).collect();
            now.reverse();
            fresh.join_all(now).expect("there is room");
            for key in words(200) {
                prop_assert_eq!(owner(&*lived, key), owner(&*fresh, key), "{}", lived.name());
            }
        }
    }

    #[test]
    fn a_leave_moves_only_the_keys_of_the_one_who_leaves(history in history(), who in 0u32..12) {
        for mut placement in all(16) {
            // Modulo and Maglev move others; ketama rounds everybody's points anew; with a host
            // CRUSH takes weight from its zone, and keys of its neighbours leave it too.
            if matches!(placement.name(), "modulo" | "maglev" | "ketama" | "straw2") {
                continue;
            }
            play(&mut *placement, &history);
            let name = format!("m{who}");
            let keys: Vec<u64> = words(200).collect();
            let owners = |placement: &dyn Placement| -> Vec<Option<String>> {
                keys.iter().map(|key| owner(placement, *key).map(str::to_owned)).collect()
            };
            let before = owners(&*placement);
            if placement.members().find(&name).is_none() || placement.leave(&name).is_err() {
                continue;
            }
            for (was, is) in before.iter().zip(owners(&*placement)) {
                let stays = *was == is || was.as_deref() == Some(name.as_str());
                prop_assert!(stays, "{}: {was:?} to {is:?}", placement.name());
            }
        }
    }

    #[test]
    fn replicas_are_distinct_members_and_zones(history in history(), count in 1u32..6) {
        for mut placement in all(16) {
            play(&mut *placement, &history);
            let members = placement.members();
            let zones: BTreeSet<&str> =
                members.by_name().map(|(_, member)| member.zone.as_str()).collect();
            for spread in [Spread::Members, Spread::Zones] {
                let mut list = Vec::new();
                for key in words(20) {
                    Replicas { count, spread }.of(&*placement, key, &mut list);
                    prop_assert_eq!(list.len(), (count as usize).min(members.len()));
                    let distinct: BTreeSet<_> = list.iter().collect();
                    prop_assert_eq!(distinct.len(), list.len(), "{}", placement.name());
                    let first = list.first().copied();
                    prop_assert_eq!(first, placement.owner(key), "{}", placement.name());
                    if spread == Spread::Zones {
                        let held: BTreeSet<&str> =
                            list.iter().map(|id| members.member(*id).zone.as_str()).collect();
                        prop_assert_eq!(held.len(), zones.len().min(list.len()));
                    }
                }
            }
        }
    }
}

#[test]
fn a_refused_join_changes_nothing() {
    for mut placement in all(16) {
        placement.join_all(members(5)).expect("there is room");
        let before: Vec<_> = words(200).map(|key| placement.owner(key)).collect();
        assert!(placement.join(Member::new("m3")).is_err(), "the name is taken");
        assert!(placement.join(Member::new("light").weighing(0)).is_err(), "it weighs nothing");
        assert!(placement.leave("nobody").is_err());
        let after: Vec<_> = words(200).map(|key| placement.owner(key)).collect();
        assert_eq!(before, after, "{}", placement.name());
    }
}

#[test]
fn within_one_zone_straws_move_only_the_keys_of_the_one_who_leaves() {
    let mut placement = Straw2::new();
    placement.join_all(members(9)).expect("nine names");
    let keys: Vec<u64> = words(5_000).collect();
    let owners = |placement: &Straw2| -> Vec<Option<String>> {
        keys.iter().map(|key| owner(placement, *key).map(str::to_owned)).collect()
    };
    let before = owners(&placement);
    placement.leave("m4").expect("a member");
    for (was, is) in before.iter().zip(owners(&placement)) {
        assert!(*was == is || was.as_deref() == Some("m4"), "{was:?} to {is:?}");
    }
}
