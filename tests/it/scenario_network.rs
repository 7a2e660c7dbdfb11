//! What scenario files say of the network is what the seed draws: shapes, manners, flaps, filters
//! and swizzles, clients among them like everybody else; and each action can be written down again.

use crate::scenario_files::{Toy, good};
use std::collections::{BTreeMap, BTreeSet};
use stormseed::calibration::Subject;
use stormseed::conditions::{InFlight, Latency};
use stormseed::fault::{Action, CutKind, Fault, Filter, Harm, Manner, Severed, Target, When};
use stormseed::id::NodeId;
use stormseed::rng::Ratio;
use stormseed::time::Duration;
use stormseed::topology::Cut;

/// Six servers, n0 to n5, and three clients, n6 to n8.
fn scenario(fault: &str) -> stormseed::scenario::Scenario {
    good(&format!(
        "name = \"t/x\"\nformat = 1\nduration = \"20s\"\n[nodes]\nservers = 6\nclients = 3\n\
         [algorithm.lock-toy]\n[[fault]]\nat = \"1s\"\n{fault}\n"
    ))
}

fn drawn(fault: &str, seeds: std::ops::Range<u64>) -> Vec<Vec<Fault>> {
    let scenario = scenario(fault);
    seeds.map(|seed| scenario.schedule::<Toy>(seed, &Subject::default()).faults).collect()
}

fn only(fault: &str) -> Action {
    let mut faults = drawn(fault, 0..1).remove(0);
    assert_eq!(faults.len(), 1, "{fault}");
    faults.remove(0).action
}

fn sorted(mut nodes: Vec<NodeId>) -> Vec<u32> {
    nodes.sort();
    nodes.into_iter().map(NodeId::number).collect()
}

fn groups(action: &Action) -> Vec<Vec<NodeId>> {
    match action {
        Action::Partition(Cut::Groups(groups) | Cut::Downhill(groups)) => groups.clone(),
        Action::Partition(Cut::OneWay { from, to }) => vec![from.clone(), to.clone()],
        other => panic!("{other:?} has no groups"),
    }
}

const fn is_client(node: NodeId) -> bool {
    node.number() >= 6
}

#[test]
fn k_ways_are_of_one_size_and_everybody_is_in_one_of_them() {
    let mut pairs = 0;
    for faults in drawn("partition = { shape = \"k-way(3)\" }", 0..600) {
        assert_eq!(faults.len(), 1);
        let groups = groups(&faults[0].action);
        assert_eq!(sorted(groups.concat()), (0..9).collect::<Vec<u32>>());
        for group in &groups {
            assert_eq!(group.iter().filter(|node| !is_client(**node)).count(), 2);
        }
        let pair = [NodeId::new(0), NodeId::new(1)];
        pairs += u32::from(groups.iter().any(|group| pair.iter().all(|n| group.contains(n))));
    }
    // n1 has one of the five places besides n0 in one of five runs: 120, with a deviation of 10.
    assert!(pairs.abs_diff(120) < 60, "n0 and n1 are together in {pairs} of 600 runs");
}

#[test]
fn clients_are_partitioned_like_everyone_else() {
    for (shape, sides) in
        [("halves", 2), ("minority-majority", 2), ("k-way(3)", 3), ("k-way(2)", 2)]
    {
        let mut where_client = BTreeMap::new();
        for faults in drawn(&format!("partition = {{ shape = \"{shape}\" }}"), 0..300) {
            let groups = groups(&faults[0].action);
            assert_eq!(groups.len(), sides);
            for client in (6..9).map(NodeId::new) {
                let side = groups.iter().position(|group| group.contains(&client));
                *where_client.entry((client, side.expect("it is on a side"))).or_insert(0u32) += 1;
            }
        }
        assert_eq!(where_client.len(), 3 * sides, "every client is on every side at times");
        let expected = 300 / sides as u32;
        assert!(where_client.values().all(|n| n.abs_diff(expected) < 60), "{where_client:?}");
    }
    // A bridge joins the halves by a server; the clients are in the halves.
    for faults in drawn("partition = { shape = \"bridge\" }", 0..50) {
        let sides = groups(&faults[0].action).concat();
        assert_eq!((faults.len(), sides.len()), (2, 8));
        assert!((6..9).all(|client| sides.contains(&NodeId::new(client))));
    }
    let isolated: BTreeSet<Vec<u32>> = drawn("isolate = { who = \"one(clients)\" }", 0..50)
        .into_iter()
        .map(|faults| match &faults[0].who {
            Target::Nodes(nodes) => sorted(nodes.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(isolated, BTreeSet::from([vec![6], vec![7], vec![8]]));
    let cut = only("cut = { from = \"clients\", to = \"n0\" }");
    assert_eq!(groups(&cut), [[6, 7, 8].map(NodeId::new).to_vec(), vec![NodeId::new(0)]]);
    let custom = only("partition = { groups = [[\"n0\", \"n6\"], [\"n1\", \"n7\"]] }");
    assert_eq!(groups(&custom)[1], [NodeId::new(1), NodeId::new(7)]);
}

#[test]
fn one_way_shapes_cut_one_direction_and_the_seed_says_which() {
    for shape in ["halves", "minority-majority", "isolate-one", "bridge", "k-way(3)", "random"] {
        let fault = format!("partition = {{ shape = \"{shape}\", one-way = true }}");
        let mut first_is_larger = 0;
        for faults in drawn(&fault, 0..200) {
            assert_eq!((faults.len(), faults[0].action.family()), (1, "cut"), "{shape}");
            let groups = groups(&faults[0].action);
            first_is_larger += u32::from(groups[0].len() > groups[1].len());
        }
        assert!((20..=180).contains(&first_is_larger), "{shape}: {first_is_larger} of 200");
    }
    let custom = only("partition = { groups = [[\"n0\"], [\"n1\"]], one-way = true }");
    let expected = Cut::Downhill(vec![vec![NodeId::new(0)], vec![NodeId::new(1)]]);
    assert_eq!(custom, Action::Partition(expected));
}

#[test]
fn a_grudge_has_dice_of_the_seed_or_of_the_file() {
    let dice = |fault: &str| -> BTreeSet<u32> {
        let of = |faults: Vec<Fault>| match faults[0].action {
            Action::Partition(Cut::Grudge { chance, one_way: true, dice }) => {
                assert_eq!(chance, Ratio { numerator: 10, denominator: 100 });
                dice
            }
            ref other => panic!("{other:?}"),
        };
        drawn(fault, 0..40).into_iter().map(of).collect()
    };
    assert_eq!(dice("partition = { shape = \"grudge(10%)\", one-way = true }").len(), 40);
    let given = "partition = { shape = \"grudge(10%)\", one-way = true, dice = 7 }";
    assert_eq!(dice(given), BTreeSet::from([7]));
}

#[test]
fn flaps_are_drawn_from_their_ranges_before_the_run() {
    let flap = |words: &str, seed| {
        let fault = format!("isolate = {{ who = \"n0\", flap = {words} }}");
        match &scenario(&fault).schedule::<Toy>(seed, &Subject::default()).faults[0].action {
            Action::Sever { links: Severed::Around, manner } => manner.flap.clone(),
            other => panic!("{other:?}"),
        }
    };
    let ms = Duration::from_millis;
    assert_eq!(flap("[\"50ms\", \"1s\"]", 3), [ms(50), ms(1_000)]);
    assert_eq!(flap("{ closed = \"50ms\", open = \"1s\" }", 3), [ms(50), ms(1_000)]);
    let mut closed = Vec::new();
    for seed in 0..200 {
        let lengths = flap("{ closed = \"50ms..200ms\", open = \"1s..2s\" }", seed);
        assert_eq!(lengths.len(), 32);
        assert!(lengths.iter().skip(1).step_by(2).all(|l| (ms(1_000)..=ms(2_000)).contains(l)));
        closed.extend(lengths.into_iter().step_by(2).map(Duration::as_nanos));
    }
    closed.sort();
    assert!(closed[0] >= 50_000_000 && closed[closed.len() - 1] <= 200_000_000);
    // Uniform: of 3,200 lengths a quarter lies below 87.5 ms, with a deviation of 24.5.
    let below = closed.iter().filter(|nanos| **nanos < 87_500_000).count();
    assert!(below.abs_diff(800) < 147, "{below} of 3,200");
}

#[test]
fn a_swizzle_clogs_one_after_another_and_unclogs_in_another_order() {
    let (mut struck, mut same_order, mut several) = (0, 0, 0);
    for faults in drawn("swizzle = { for = \"2s\" }", 0..400) {
        assert!((1..=6).contains(&faults.len()), "one node at least, and servers only");
        struck += faults.len();
        let mut times: Vec<(u64, u64)> = Vec::new();
        for fault in &faults {
            let (When::At(at), Some(lasts)) = (&fault.when, fault.lasts) else {
                panic!("{fault:?}");
            };
            let manner = Manner { kind: CutKind::Hold, ..Manner::default() };
            assert_eq!(fault.action, Action::Sever { links: Severed::Around, manner });
            times.push((at.as_nanos(), at.as_nanos() + lasts.as_nanos()));
        }
        times.sort();
        assert!(times.iter().all(|(from, _)| (1_000_000_000..=2_000_000_000).contains(from)));
        assert!(times.iter().all(|(_, to)| (2_000_000_000..=3_000_000_000).contains(to)));
        if faults.len() == 3 {
            several += 1;
            same_order += u32::from(times.is_sorted_by_key(|(_, to)| *to));
        }
    }
    // Half of six in 400 runs: 1,200 (and 6 more for one at least), with a deviation of 24.5.
    assert!(struck.abs_diff(1_206) < 147, "{struck} were struck");
    // One order of three in six is the same; 125 runs have three, with a deviation of 4.2.
    assert!(several > 80 && same_order < several / 2, "{same_order} of {several}");
    let named =
        drawn("swizzle = { who = \"random(2, clients)\", kind = \"drop\", for = \"2s\" }", 0..9);
    for faults in named {
        assert_eq!(faults.len(), 2);
        for fault in &faults {
            assert_eq!(fault.action, Action::Isolate);
            assert!(matches!(&fault.who, Target::Nodes(nodes) if is_client(nodes[0])));
        }
    }
}

#[test]
fn a_filter_says_which_messages_and_leaves_roles_to_the_run() {
    let fault = "loss = { messages = [\"vote-reply\"], from = \"n2\", to = \"leader\", nth = 3 }";
    let faults = drawn(fault, 0..1).remove(0);
    assert_eq!(faults[0].who, Target::Nodes(vec![NodeId::new(2)]));
    let certain = Ratio { numerator: 1, denominator: 1 };
    let filter = Filter {
        words: vec!["vote-reply".into()],
        to: Target::Role("leader".into()).waiting(Duration::MAX),
        first: 3,
        last: Some(3),
        chance: certain,
    };
    assert_eq!(faults[0].action, Action::Messages { filter, harm: Harm::Lose });
    let few = |nth: &str| match only(&format!("hold = {{ nth = {nth} }}")) {
        Action::Messages { filter, .. } => (filter.first, filter.last),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [few("\"3..5\""), few("\"3..\""), few("\"4\"")],
        [(3, Some(5)), (3, None), (4, Some(4))]
    );
    assert_eq!(only("loss = {}"), Action::Loss(certain), "a plain loss is what it was");
    assert_eq!(faults[0].action.family(), "loss");
}

/// The entry of a scenario file that draws exactly this, whatever the seed.
fn written(fault: &Fault) -> String {
    let who = |target: &Target| match target {
        Target::Nodes(nodes) => names(nodes),
        Target::Role(role) => format!("\"{role}\""),
        Target::All => "\"all\"".to_owned(),
        Target::Chosen { choice, .. } => format!("\"{choice}\""),
    };
    let lasts = fault.lasts.map_or_else(String::new, |lasts| format!(", for = \"{lasts}\""));
    if let Some((links, manner)) = fault.action.severs() {
        return severed_written(&links, &who(&fault.who), &(manner_written(&manner) + &lasts));
    }
    let (filter, harm) = match &fault.action {
        Action::Loss(chance) => return format!("loss = {{ chance = \"{chance}\"{lasts} }}"),
        Action::Messages { filter, harm } => (filter, harm),
        other => panic!("{other:?} is none of the network"),
    };
    let (kind, own) = match harm {
        Harm::Lose => ("loss", String::new()),
        Harm::Duplicate => ("duplication", String::new()),
        Harm::Corrupt => ("corruption", String::new()),
        Harm::Hold => ("hold", String::new()),
        Harm::Delay(by) => ("delay", format!("by = {}, ", latency(*by))),
        Harm::Reorder(by) => ("reorder", format!("by = {}, ", latency(*by))),
        Harm::Forge => ("forgery", String::new()),
        Harm::Misdeliver => ("misdelivery", String::new()),
        Harm::Replay(by) => ("replay", format!("by = {}, ", latency(*by))),
        Harm::Throttle { spacing, queue } => {
            ("throttle", format!("spacing = \"{spacing}\", queue = {queue}, "))
        }
    };
    let words = match filter.words.is_empty() {
        true => String::new(),
        false => format!("messages = {:?}, ", filter.words),
    };
    let last = filter.last.map_or_else(String::new, |last| last.to_string());
    let nth = format!("\"{}..{last}\"", filter.first);
    let (from, to, chance) = (who(&fault.who), who(&filter.to), filter.chance);
    let links = format!("from = {from}, to = {to}, nth = {nth}, chance = \"{chance}\"");
    format!("{kind} = {{ {own}{words}{links}{lasts} }}")
}

fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(|node| format!("\"{node}\"")).collect();
    format!("[{}]", names.join(", "))
}

fn severed_written(links: &Severed, who: &str, manner: &str) -> String {
    let groups = |groups: &[Vec<NodeId>]| {
        let groups: Vec<String> = groups.iter().map(|group| names(group)).collect();
        format!("groups = [{}]", groups.join(", "))
    };
    match links {
        Severed::Around => format!("isolate = {{ who = {who}{manner} }}"),
        Severed::By { sends, hears } => {
            let sides = format!("sends = {sends}, hears = {hears}");
            format!("mute = {{ who = {who}, {sides}{manner} }}")
        }
        Severed::Between(Cut::Groups(of)) => {
            format!("partition = {{ {}{manner} }}", groups(of))
        }
        Severed::Between(Cut::Downhill(of)) => {
            format!("partition = {{ {}, one-way = true{manner} }}", groups(of))
        }
        Severed::Between(Cut::OneWay { from, to }) => {
            format!("cut = {{ from = {}, to = {}{manner} }}", names(from), names(to))
        }
        Severed::Between(Cut::BridgeLink { dice }) => {
            format!("partition = {{ shape = \"bridge-link\", dice = {dice}{manner} }}")
        }
        Severed::Between(Cut::Grudge { chance, one_way, dice }) => {
            let shape = format!("shape = \"grudge({chance})\", dice = {dice}");
            format!("partition = {{ {shape}, one-way = {one_way}{manner} }}")
        }
    }
}

fn manner_written(manner: &Manner) -> String {
    let kind = match manner.kind {
        CutKind::Drop => String::new(),
        CutKind::Hold => ", kind = \"hold\"".to_owned(),
        CutKind::Slow(by) => format!(", kind = \"slow\", by = {}", latency(by)),
    };
    let in_flight = match manner.in_flight {
        None => "",
        Some(InFlight::Drop) => ", in-flight = \"drop\"",
        Some(InFlight::Deliver) => ", in-flight = \"deliver\"",
        Some(InFlight::Hold) => ", in-flight = \"hold\"",
    };
    let lengths: Vec<String> = manner.flap.iter().map(|length| format!("\"{length}\"")).collect();
    let flap = match lengths.is_empty() {
        true => String::new(),
        false => format!(", flap = [{}]", lengths.join(", ")),
    };
    format!("{kind}{in_flight}{flap}")
}

fn latency(latency: Latency) -> String {
    match latency {
        Latency::Constant(length) => format!("\"{length}\""),
        Latency::Uniform { min, max } => format!("\"{min}..{max}\""),
        Latency::LogUniform { min, max } => format!("\"{min}..{max} log\""),
        Latency::Exponential { min, mean } => {
            format!("{{ exponential = {{ min = \"{min}\", mean = \"{mean}\" }} }}")
        }
        Latency::LogNormal { .. } => panic!("none is drawn here"),
    }
}

#[test]
fn every_drawn_fault_of_the_network_can_be_written_down_and_read_again() {
    let entries = [
        "partition = { shape = \"k-way(3)\", for = \"1s..2s\" }",
        "partition = { shape = \"random\", one-way = true, in-flight = \"drop\" }",
        "partition = { shape = \"majorities-ring\", kind = \"hold\" }",
        "partition = { shape = \"bridge\", flap = { closed = \"1ms..9ms\", open = \"1s\" } }",
        "partition = { shape = \"halves\", one-way = true, kind = \"slow\", by = \"1ms..2ms\" }",
        "partition = { shape = \"grudge(1/7)\", kind = \"hold\", in-flight = \"deliver\" }",
        "cut = { from = \"clients\", to = \"all\", kind = \"hold\", for = \"1s..2s\" }",
        "isolate = { who = \"leader\", flap = { closed = \"1ms..9ms\", open = \"1ms..2s\" } }",
        "mute = { who = \"one\", hears = true, in-flight = \"hold\" }",
        "loss = { chance = \"2%\" }",
        "loss = { from = \"one\", chance = \"200ppm\" }",
        "duplication = { messages = [\"vote-reply\", \"vote-request\"], for = \"1s..2s\" }",
        "corruption = { to = \"minority\", nth = \"3..5\" }",
        "delay = { by = { exponential = { min = \"1ms\", mean = \"7ms\" } }, to = \"leader\" }",
        "reorder = { by = \"1ms..2ms\", from = \"leader\", nth = 4 }",
        "hold = { from = \"random(2, clients)\", messages = [\"vote-reply\"] }",
        "throttle = { spacing = \"1ms..9ms\", queue = 7, from = \"leader\" }",
        "swizzle = { for = \"1s..2s\", in-flight = \"drop\" }",
    ];
    for entry in entries {
        for faults in drawn(entry, 0..5) {
            for fault in faults {
                let text = written(&fault);
                let again = drawn(&text, 77..78).remove(0);
                assert_eq!(again.len(), 1, "{text}");
                let of = |fault: &Fault| (fault.who.clone(), fault.action.clone(), fault.lasts);
                let is_aimed = !matches!(fault.action.severs(), Some((Severed::Between(_), _)));
                assert!(is_aimed || fault.who == Target::All);
                assert_eq!(of(&again[0]), of(&fault), "{entry}\n{text}");
            }
        }
    }
}
