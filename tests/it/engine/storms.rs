//! Storms that are drawn: whatever strikes whomever and whenever, the engine keeps its laws.

use super::puppet::{Op, Puppet, Word};
use super::stage::{MS, Note, Recorder, Row, Stage, lasting, ms, n, talk};
use proptest::prelude::*;
use std::collections::BTreeSet;
use stormseed::conditions::{InFlight, Latency};
use stormseed::engine::{Ended, Simulation};
use stormseed::fault::{Action, DiskFate, Target, When};
use stormseed::id::NodeId;
use stormseed::rng::Ratio;
use stormseed::time::{Drift, Duration};
use stormseed::topology::Cut;

const NODES: u32 = 4;

fn some_nodes() -> impl Strategy<Value = Vec<NodeId>> {
    prop::collection::vec((0..NODES).prop_map(n), 1..4)
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        some_nodes().prop_map(Target::Nodes),
        Just(Target::All),
        prop_oneof![Just("leader"), Just("nobody")].prop_map(|role| Target::Role(role.into())),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let disk = || prop_oneof![Just(DiskFate::Synced), Just(DiskFate::Amnesia)];
    prop_oneof![
        (prop::option::of(0u32..9), disk())
            .prop_map(|(after_effect, disk)| Action::Crash { after_effect, disk }),
        Just(Action::Pause),
        prop::collection::vec(some_nodes(), 0..3)
            .prop_map(|groups| Action::Partition(Cut::Groups(groups))),
        (some_nodes(), some_nodes())
            .prop_map(|(from, to)| Action::Partition(Cut::OneWay { from, to })),
        Just(Action::Isolate),
        any::<(bool, bool)>().prop_map(|(sends, hears)| Action::Mute { sends, hears }),
        (0..=1_000_000u32).prop_map(|ppm| Action::Loss(Ratio::from_ppm(ppm))),
        prop_oneof![Just(-1_000_000), -1_000_000..50_000_000, Just(i32::MAX)]
            .prop_map(|ppm| Action::Drift(Drift::from_ppm(ppm))),
        any::<i64>().prop_map(Action::Jump),
    ]
}

fn when() -> impl Strategy<Value = When> {
    let word = prop_oneof![Just("belief"), Just("promise"), Just("drew"), Just("wall")];
    prop_oneof![
        Just(When::Heal),
        (0..400u64).prop_map(|at| When::At(ms(at))),
        (word, 1..20u32, 0..50u64).prop_map(|(word, nth, after)| When::Milestone {
            word: word.into(),
            nth,
            after: Duration::from_millis(after),
        }),
    ]
}

fn latency() -> impl Strategy<Value = Latency> {
    let d = |micros: u64| Duration::from_micros(micros);
    prop_oneof![
        Just(Latency::ZERO),
        (0..20_000u64).prop_map(move |micros| Latency::Constant(d(micros))),
        (0..9_000u64, 0..9_000u64)
            .prop_map(move |(min, more)| Latency::Uniform { min: d(min), max: d(min + more) }),
        (0..9_000u64, 0..9_000u64)
            .prop_map(move |(min, mean)| Latency::Exponential { min: d(min), mean: d(mean) }),
        (0..9_000u64, 0..900_000u32).prop_map(move |(median, sigma_ppm)| Latency::LogNormal {
            median: d(median),
            sigma_ppm
        }),
    ]
}

/// Four nodes that do a little of everything.
fn busy() -> Stage {
    let mut stage = Stage::new(NODES as usize, 500);
    stage.script.talk = vec![Op::Persist(1), Op::Sync, Op::Promise(1)];
    stage.script.synced = vec![Op::Draw(9), Op::Set(4, MS / 3, vec![Op::Cancel(3)])];
    for node in 0..NODES {
        let all = (0..NODES).map(|to| talk(to, 1)).collect();
        let task = Op::SendNow((node + 1) % NODES, Word::Task(1, vec![Op::Set(3, MS, vec![])]));
        stage = stage.boot(
            node as usize,
            vec![
                Op::Every(1, (9 + u64::from(node)) * MS, all),
                Op::Every(2, 17 * MS, vec![Op::TellWall, task, Op::Believe(1)]),
                Op::Lead(node == 0),
            ],
        );
        stage = stage.order(u64::from(node) * 50, node, vec![Op::TellDisk, Op::Lead(true)]);
    }
    stage
}

prop_compose! {
    fn stages()(
        faults in prop::collection::vec(
            (when(), target(), action(), prop::option::of(0..200u64)), 0..12),
        heal in prop::option::of((0..450u64, prop::collection::btree_set(0..NODES, 0..5))),
        (network, sync) in (latency(), latency()),
        (fifo, drops, resets) in any::<(bool, bool, bool)>(),
        (loss, twice) in (0..200_000u32, 0..200_000u32),
        seed in any::<u64>(),
    ) -> Stage {
        let mut stage = busy().seed(seed).with(|c| {
            c.network.latency = network;
            c.network.fifo = fifo;
            c.network.in_flight = if drops { InFlight::Drop } else { InFlight::Deliver };
            c.network.loss = Ratio::from_ppm(loss);
            c.network.duplication = Ratio::from_ppm(twice);
            c.sync = sync;
            c.restart_resets_clock = resets;
            c.budgets.events = 20_000;
        });
        for (when, who, action, lasts) in faults {
            stage = stage.fault_when(when, who, action, lasts.and_then(lasting));
        }
        match heal {
            Some((at, core)) => stage.heal(at, &core.into_iter().collect::<Vec<u32>>()),
            None => stage,
        }
    }
}

/// What a node may not do while it is down or stands still.
fn takes_a_step(note: &Note) -> bool {
    !matches!(
        note,
        Note::Booted(_)
            | Note::Crashed(_)
            | Note::Resumed
            | Note::Dropped { .. }
            | Note::Struck(_)
            | Note::Ended(_)
            | Note::Healed
    )
}

fn expect_laws(rows: &[Row], simulation: &Simulation<Puppet>) {
    let mut up = [false; NODES as usize];
    let mut paused = [false; NODES as usize];
    let mut on_the_way = 0i64;
    for pair in rows.windows(2) {
        assert!(pair[0].at <= pair[1].at && pair[0].event <= pair[1].event, "{pair:?}");
    }
    for row in rows {
        let node = row.node as usize;
        assert!(!takes_a_step(&row.note) || (up[node] && !paused[node]), "{row:?}");
        match row.note {
            Note::Booted(_) => (up[node], paused[node]) = (true, false),
            Note::Crashed(_) => {
                assert!(up[node], "it dies once: {row:?}");
                (up[node], paused[node]) = (false, false);
            }
            Note::Paused => paused[node] = true,
            Note::Resumed => {
                assert!(up[node] && paused[node], "{row:?}");
                paused[node] = false;
            }
            Note::Sent { .. } => on_the_way += 1,
            Note::Delivered(..) | Note::Dropped { arrived: true, .. } => on_the_way -= 1,
            _ => {}
        }
        assert!(on_the_way >= 0, "{row:?}");
    }
    let c = *simulation.counts();
    let rest = c.delivered + c.lost + c.cut + c.undeliverable;
    assert_eq!((c.sent + c.duplicated).checked_sub(rest), Some(on_the_way as u64));
    expect_reports(rows, simulation);
}

fn expect_reports(rows: &[Row], simulation: &Simulation<Puppet>) {
    let mut struck = BTreeSet::new();
    for row in rows {
        if let Note::Struck(fault) = row.note {
            struck.insert((fault, row.event));
        }
    }
    let reports = simulation.faults();
    for report in &reports {
        let events: Vec<u64> =
            struck.iter().filter(|(id, _)| *id == report.id.0).map(|(_, event)| *event).collect();
        let expected: Vec<u64> = report.struck.iter().map(|struck| struck.event).collect();
        assert_eq!(events, expected, "it strikes once or never: {report:?}");
        assert!(report.struck.is_some() || (report.effects == 0 && report.ended.is_none()));
        if let (Some(struck), Some(ended)) = (&report.struck, report.ended) {
            assert!(struck.at <= ended);
        }
    }
    let cut = reports.iter().filter(|r| matches!(r.family, "partition" | "cut"));
    assert_eq!(cut.map(|report| report.effects).sum::<u64>(), simulation.counts().cut);
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_storm_breaks_the_laws(stage in stages()) {
        let story = stage.run();
        expect_laws(&story.rows, &story.simulation);
        let world = story.simulation.world();
        if let (true, Some(heal)) = (world.is_healed(), &stage.schedule.heal) {
            prop_assert!(!matches!(story.ended, Ended::Enough));
            for &node in &heal.core {
                prop_assert!(world.is_up(node), "{node} is in the core");
            }
        }
    }

    #[test]
    fn a_storm_in_pieces_is_the_same_storm(
        stage in stages(),
        cuts in prop::collection::vec(0..500u64, 1..9),
    ) {
        let whole = stage.run();
        let mut simulation = stage.simulation();
        let mut recorder = Recorder::default();
        let mut cuts = cuts;
        cuts.sort();
        let ended = cuts.into_iter().map(|at| simulation.run_until(ms(at), &mut recorder));
        let was_cut_short = ended.into_iter().any(|ended| matches!(ended, Ended::Budget(_)));
        if !was_cut_short {
            simulation.run(&mut recorder);
            prop_assert_eq!(recorder.0, whole.rows);
            prop_assert_eq!(simulation.digests().trace(), whole.simulation.digests().trace());
        }
    }
}
