//! How late and how wrong detectors are: the table of `docs/detectors.md`, computed.
//!
//! After a change that is meant, run the test with `STORMSEED_REWRITE=1` and read the difference.

use std::fmt::Write as _;
use stormseed::detector::{Detector, Heartbeat, PhiAccrual, PhiSettings};
use stormseed::rng::{Ratio, Stream, bernoulli, log_normal, range};
use stormseed::time::{Duration, LocalTime};

const PAGE: &str = "docs/detectors.md";
const BEATS: u64 = 20_000;
const EVERY: Duration = Duration::from_millis(100);

/// What happens to the heartbeats of a node.
#[derive(Clone, Copy)]
enum Road {
    /// 1 to 10 ms.
    Near,
    /// 1 to 10 ms, and so many of a hundred are lost.
    Lossy(u32),
    /// Log-normal around 50 ms with a deviation of 0.6.
    Far,
    /// 1 to 10 ms, and once in 200 beats the sender stands still for 100 ms to 1 s.
    Pauses,
}

const ROADS: [(&str, Road); 5] = [
    ("1 to 10 ms", Road::Near),
    ("1 % lost", Road::Lossy(1)),
    ("10 % lost", Road::Lossy(10)),
    ("far", Road::Far),
    ("pauses", Road::Pauses),
];

/// When each heartbeat is sent, and when it arrives.
fn beats(road: Road) -> Vec<(LocalTime, Option<LocalTime>)> {
    let mut luck = Stream::new(1, "detectors");
    let mut sent = LocalTime::ZERO;
    let ms = |millis: u64| Duration::from_millis(millis);
    let mut beat = |_| {
        sent += EVERY;
        if matches!(road, Road::Pauses) && bernoulli(&mut luck, Ratio::from_ppm(5_000)) {
            sent += ms(range(&mut luck, 100..=1_000));
        }
        let latency = match road {
            Road::Far => log_normal(&mut luck, ms(50).as_nanos(), 600_000),
            _ => range(&mut luck, ms(1).as_nanos()..=ms(10).as_nanos()),
        };
        let percent = if let Road::Lossy(percent) = road { percent } else { 0 };
        let is_lost = bernoulli(&mut luck, Ratio::from_ppm(percent * 10_000));
        (sent, (!is_lost).then(|| sent + Duration::from_nanos(latency)))
    };
    (0..BEATS).map(&mut beat).collect()
}

/// How often the detector is wrong, and how long it takes on average to suspect a node that dies
/// as soon as it has sent a beat.
fn judge(detector: &mut dyn Detector, road: Road) -> (u64, Duration) {
    let (mut mistakes, mut late) = (0, 0u128);
    let mut latest = LocalTime::ZERO;
    for (sent, arrives) in beats(road) {
        // On a FIFO link: what is overtaken waits.
        if let Some(at) = arrives.map(|at| at.max(latest)) {
            mistakes += u64::from(detector.suspects(at));
            detector.hear(at);
            latest = at;
        }
        late += u128::from(detector.suspects_from().since(sent).as_nanos());
    }
    let mean = late / u128::from(BEATS);
    (mistakes, Duration::from_nanos(mean as u64))
}

fn phi(threshold: u32, pause: u64) -> PhiAccrual {
    let settings = PhiSettings {
        threshold,
        window: 1_000,
        deviation_min: Duration::from_millis(10),
        acceptable_pause: Duration::from_millis(pause),
        first_interval: EVERY,
    };
    PhiAccrual::new(settings, LocalTime::ZERO)
}

type Make = Box<dyn Fn() -> Box<dyn Detector>>;

fn detectors() -> Vec<(String, Make)> {
    let mut all: Vec<(String, Make)> = Vec::new();
    for millis in [150, 250, 500, 1_000] {
        let timeout = Duration::from_millis(millis);
        let make = move || Box::new(Heartbeat::new(timeout, LocalTime::ZERO)) as Box<dyn Detector>;
        all.push((format!("time-out {timeout}"), Box::new(make)));
    }
    for (threshold, pause) in [(3, 0), (8, 0), (12, 0), (8, 500)] {
        let name = match pause {
            0 => format!("phi > {threshold}"),
            _ => format!("phi > {threshold}, pause {pause}ms"),
        };
        let make = move || Box::new(phi(threshold, pause)) as Box<dyn Detector>;
        all.push((name, Box::new(make)));
    }
    all
}

fn table() -> String {
    let heads: Vec<&str> = ROADS.iter().map(|(name, _)| *name).collect();
    let mut table = format!("| detector | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(5));
    for (name, make) in detectors() {
        write!(table, "| {name} |").expect("writing to a string succeeds");
        for (_, road) in ROADS {
            let (mistakes, late) = judge(&mut *make(), road);
            let millis = late.as_nanos() / 1_000_000;
            write!(table, " {mistakes}; {millis} ms |").expect("writing to a string succeeds");
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_table_of_detectors_is_what_they_do() {
    let page = std::fs::read_to_string(PAGE).expect("the page is there");
    let lines = |is_row: bool| {
        let of = page.lines().filter(move |line| line.starts_with('|') == is_row);
        of.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let ours = table();
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        let first = page.find("\n|").map_or(page.len(), |at| at + 1);
        let rest = page[first..].find("\n\n").map_or("", |at| &page[first + at + 1..]);
        let written = format!("{}{ours}{rest}", &page[..first]);
        std::fs::write(PAGE, written).expect("the page can be written");
        return;
    }
    assert_eq!(lines(true), ours, "the only table of {PAGE}");
}

#[test]
fn phi_adapts_to_the_road_and_a_time_out_does_not() {
    let (wrong, _) = judge(&mut phi(8, 0), Road::Near);
    assert_eq!(wrong, 0, "what is steady is never suspected");
    let (_, near) = judge(&mut phi(8, 0), Road::Near);
    let (_, far) = judge(&mut phi(8, 0), Road::Far);
    assert!(near < Duration::from_millis(200) && far > near.saturating_mul(2), "{near}, {far}");
}
