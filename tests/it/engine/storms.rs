//! Storms that are drawn: whatever strikes whomever and whenever, the engine keeps its laws.

use super::puppet::{Op, Puppet, Word};
use super::stage::{MS, Note, Recorder, Row, Stage, lasting, ms, n, talk};
use proptest::prelude::*;
use std::collections::BTreeSet;
use stormseed::conditions::{InFlight, Latency};
use stormseed::engine::{Ended, Simulation};
use stormseed::fault::{
    Action, Choice, CutKind, DiskFate, Filter, Harm, Manner, On, RateChange, Severed, Take, Target,
    When,
};
use stormseed::id::{FaultId, NodeId};
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
        (take(), 0..300u64).prop_map(|(take, window)| Target::Chosen {
            choice: Choice { role: "leader".into(), take },
            window: Duration::from_millis(window),
        }),
    ]
}

fn take() -> impl Strategy<Value = Take> {
    prop_oneof![
        Just(Take::Everyone),
        (1..3u32).prop_map(Take::Drawn),
        Just(Take::Newest),
        Just(Take::Stale),
        Just(Take::Others),
        (some_nodes(), 1..3u32, 0..2u32).prop_map(|(mut among, least, more)| {
            among.sort();
            among.dedup();
            Take::With { among, least, most: least + more }
        }),
    ]
}

fn in_flight() -> impl Strategy<Value = InFlight> {
    prop_oneof![Just(InFlight::Drop), Just(InFlight::Deliver), Just(InFlight::Hold)]
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        prop::collection::vec(some_nodes(), 0..3).prop_map(Cut::Groups),
        (some_nodes(), some_nodes()).prop_map(|(from, to)| Cut::OneWay { from, to }),
        prop::collection::vec(some_nodes(), 0..3).prop_map(Cut::Downhill),
        (0..=4u32, any::<bool>(), any::<u32>()).prop_map(|(part, one_way, dice)| {
            Cut::Grudge { chance: Ratio { numerator: part, denominator: 4 }, one_way, dice }
        }),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    let kind = prop_oneof![
        1 => Just(CutKind::Drop),
        3 => Just(CutKind::Hold),
        1 => latency().prop_map(CutKind::Slow),
    ];
    let lengths = prop::collection::vec((1..60u64, 0..60u64), 0..3);
    (kind, prop::option::of(in_flight()), lengths).prop_map(|(kind, in_flight, lengths)| {
        let pairs = lengths.into_iter().map(|(closed, open)| [closed, open]);
        let flap = pairs.flatten().map(Duration::from_millis).collect();
        Manner { kind, in_flight, flap }
    })
}

fn severed() -> impl Strategy<Value = Severed> {
    prop_oneof![
        cut().prop_map(Severed::Between),
        Just(Severed::Around),
        any::<(bool, bool)>().prop_map(|(sends, hears)| Severed::By { sends, hears }),
    ]
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        Just(Harm::Lose),
        Just(Harm::Duplicate),
        Just(Harm::Corrupt),
        latency().prop_map(Harm::Delay),
        latency().prop_map(Harm::Reorder),
        Just(Harm::Hold),
        Just(Harm::Forge),
        Just(Harm::Misdeliver),
        latency().prop_map(Harm::Replay),
        (0..20u64, 0..4u32).prop_map(|(spacing, queue)| Harm::Throttle {
            spacing: Duration::from_millis(spacing),
            queue
        }),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let words = prop::collection::vec(prop_oneof![Just("talk"), Just("task")], 0..2);
    let count = (1..9u64, prop::option::of(0..9u64));
    (words, target(), count, 0..=2u32).prop_map(|(words, to, (first, more), halves)| Filter {
        words: words.into_iter().map(str::to_owned).collect(),
        to,
        first,
        last: more.map(|more| first + more),
        chance: Ratio { numerator: halves, denominator: 2 },
    })
}

fn action() -> impl Strategy<Value = Action> {
    use DiskFate::*;
    let disk = || prop_oneof![Just(Synced), Just(Amnesia), Just(Prefix), Just(Subset), Just(Torn)];
    prop_oneof![
        (prop::option::of(0u32..9), disk())
            .prop_map(|(after_effect, disk)| Action::Crash { after_effect, disk }),
        Just(Action::Pause),
        Just(Action::Isolate),
        any::<(bool, bool)>().prop_map(|(sends, hears)| Action::Mute { sends, hears }),
        (0..=1_000_000u32).prop_map(|ppm| Action::Loss(Ratio::from_ppm(ppm))),
        drift().prop_map(Action::Drift),
        any::<i64>().prop_map(Action::Jump),
        (prop::option::of(0u32..9), disk(), prop::collection::vec(lengths(), 0..4))
            .prop_map(|(after_effect, disk, ups)| Action::CrashLoop { after_effect, disk, ups }),
        (prop::option::of(0u32..9), disk())
            .prop_map(|(after_effect, disk)| Action::Death { after_effect, disk }),
        (0u32..9).prop_map(|after_effect| Action::Stall { after_effect }),
        latency().prop_map(|step| Action::Slow { step }),
        bent_clock(),
        troubled_disk(),
        cut().prop_map(Action::Partition),
        (severed(), manner()).prop_map(|(links, manner)| Action::Sever { links, manner }),
        (severed(), manner()).prop_map(|(links, manner)| Action::cut(links, manner)),
        (filter(), harm()).prop_map(|(filter, harm)| Action::Messages { filter, harm }),
        (filter(), harm()).prop_map(|(filter, harm)| Action::Messages { filter, harm }),
    ]
}

fn drift() -> impl Strategy<Value = Drift> {
    prop_oneof![Just(-1_000_000), -1_000_000..50_000_000, Just(i32::MAX)].prop_map(Drift::from_ppm)
}

fn bent_clock() -> impl Strategy<Value = Action> {
    let changes = prop::collection::vec((1..90u64, drift()), 0..5);
    prop_oneof![
        Just(Action::Suspend),
        Just(Action::Freeze),
        (any::<i64>(), 1..90u64)
            .prop_map(|(by, every)| Action::Strobe { by, every: Duration::from_millis(every) }),
        (any::<i64>(), drift()).prop_map(|(by, slew)| Action::SlewedJump { by, slew }),
        (drift(), changes).prop_map(|(rate, rest)| {
            let mut after = Duration::ZERO;
            let later = rest.into_iter().map(|(gap, rate)| {
                after = after + Duration::from_millis(gap);
                RateChange { after, rate }
            });
            let first = RateChange { after: Duration::ZERO, rate };
            Action::Wander(std::iter::once(first).chain(later).collect())
        }),
    ]
}

fn troubled_disk() -> impl Strategy<Value = Action> {
    prop_oneof![
        latency().prop_map(Action::SlowDisk),
        (0..=1_000_000u32).prop_map(|ppm| Action::FailingDisk(Ratio::from_ppm(ppm))),
        Just(Action::LyingDisk),
        Just(Action::StalledDisk),
        Just(Action::FullDisk),
    ]
}

fn lengths() -> impl Strategy<Value = Duration> {
    (0..60_000u64).prop_map(Duration::from_micros)
}

/// A fault, or one that is spread over its nodes.
fn spread_or_not() -> impl Strategy<Value = Action> {
    let offsets = prop::collection::vec(lengths(), NODES as usize);
    (action(), prop::option::of(offsets)).prop_map(|(action, offsets)| match offsets {
        Some(offsets) => Action::Spread { action: Box::new(action), offsets },
        None => action,
    })
}

fn when() -> impl Strategy<Value = When> {
    let word = prop_oneof![Just("belief"), Just("promise"), Just("drew"), Just("wall")];
    let on = prop_oneof![
        some_nodes().prop_map(On::Nodes),
        Just("leader").prop_map(|role| On::Role(role.into())),
    ];
    prop_oneof![
        Just(When::Heal),
        (0..400u64).prop_map(|at| When::At(ms(at))),
        (word, 1..20u32, 0..50u64, prop::option::of(on)).prop_map(|(word, nth, after, on)| {
            let (word, after) = (word.to_owned(), Duration::from_millis(after));
            match on {
                None => When::Milestone { word, nth, after },
                Some(on) => When::MilestoneOn { on, word, nth, after },
            }
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
        (1..9_000u64, 0..900_000u64)
            .prop_map(move |(min, more)| Latency::LogUniform { min: d(min), max: d(min + more) }),
    ]
}

/// Four nodes that do a little of everything.
fn busy() -> Stage {
    let mut stage = Stage::new(NODES as usize, 500);
    stage.script.talk = vec![Op::Persist(1), Op::Sync, Op::Promise(1)];
    stage.script.sync_failed = vec![Op::Persist(2), Op::Sync, Op::Promise(2), Op::TellClock];
    stage.script.synced = vec![Op::Draw(9), Op::Set(4, MS / 3, vec![Op::Cancel(3)])];
    for node in 0..NODES {
        let all = (0..NODES).map(|to| talk(to, 1)).collect();
        let task = Op::SendNow((node + 1) % NODES, Word::Task(1, vec![Op::Set(3, MS, vec![])]));
        stage = stage.boot(
            node as usize,
            vec![
                Op::Every(1, (9 + u64::from(node)) * MS, all),
                Op::Every(2, 17 * MS, vec![Op::TellWall, task, Op::Believe(1)]),
                Op::Every(5, (60 + 11 * u64::from(node)) * MS, vec![Op::Lead(true)]),
                Op::Every(6, (25 + 3 * u64::from(node)) * MS, vec![Op::Lead(false)]),
                Op::Lead(node == 0),
                Op::TellTorn,
            ],
        );
        stage = stage.order(u64::from(node) * 50, node, vec![Op::TellDisk, Op::Lead(true)]);
    }
    stage
}

prop_compose! {
    pub fn stages()(
        faults in prop::collection::vec(
            (when(), target(), spread_or_not(), prop::option::of(0..200u64)), 0..12),
        heal in prop::option::of((0..450u64, prop::collection::btree_set(0..NODES, 0..5))),
        (network, sync) in (latency(), latency()),
        (fifo, resets) in any::<(bool, bool)>(),
        in_flight in in_flight(),
        (loss, twice) in (0..200_000u32, 0..200_000u32),
        seed in any::<u64>(),
    ) -> Stage {
        let mut stage = busy().seed(seed).with(|c| {
            c.network.latency = network;
            c.network.fifo = fifo;
            c.network.in_flight = in_flight;
            c.network.loss = Ratio::from_ppm(loss);
            c.network.duplication = Ratio::from_ppm(twice);
            c.sync = sync;
            c.restart_resets_clock = resets;
            c.budgets.events = 20_000;
        });
        for (when, who, action, lasts) in faults {
            stage = stage.fault_when(when, who, action, lasts.and_then(lasting));
        }
        for (place, fault) in (0u32..).zip(&mut stage.schedule.faults) {
            fault.id = FaultId(place * 10);
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
            | Note::Turned(_)
            | Note::Ended(_)
            | Note::Healed
            | Note::Flapped { .. }
            | Note::MadeUp { .. }
            | Note::Held { arrived: true, .. }
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
            Note::Sent { .. } | Note::MadeUp { .. } | Note::Held { arrived: false, .. } => {
                on_the_way += 1;
            }
            Note::Delivered(..) | Note::Dropped { arrived: true, .. } => on_the_way -= 1,
            _ => {}
        }
        assert!(on_the_way >= 0, "{row:?}");
    }
    let c = *simulation.counts();
    let rest = c.delivered + c.lost + c.cut + c.undeliverable + c.corrupted + c.throttled;
    assert_eq!((c.sent + c.duplicated + c.made_up).checked_sub(rest), Some(on_the_way as u64));
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
    let effects = |families: &[&str]| {
        let of = reports.iter().filter(|report| families.contains(&report.family));
        of.map(|report| report.effects).sum::<u64>()
    };
    let c = simulation.counts();
    assert_eq!(effects(&["partition", "cut", "hold"]), c.cut + c.held);
    assert_eq!(effects(&["corruption"]), c.corrupted);
    assert_eq!(effects(&["forgery", "misdelivery", "replay"]), c.made_up);
    assert!(effects(&["loss"]) <= c.lost && effects(&["duplication"]) <= c.duplicated);
    assert!(effects(&["throttle"]) >= c.throttled);
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
                let is_well = world.is_up(node) || world.is_gone(node);
                prop_assert!(is_well, "{node} is in the core");
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
