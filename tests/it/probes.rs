//! Availability by probes, against what can be worked out by hand.

use crate::council::{open, try_open};
use stormseed::catalog::Options;
use stormseed::observe::{Outcome, Probed, Verdict};
use stormseed::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn run(settings: &str, rest: &str) -> Outcome {
    open(settings, rest).run(0, &Options::default())
}

const EVERY_100_MS: &str = "[service]\nto = \"n0\"\nprobe-every = \"100ms\"\nwindow = \"50ms\"\n";
const CRASH: &str = "[[fault]]\nat = \"2050ms\"\ncrash = { who = \"n1\", for = \"1s\" }\n";

#[test]
fn an_outage_is_as_long_as_nobody_answers() {
    // n0 is asked every 100 ms from 100 ms to 5 s, and answers 2 ms later. The last window is open
    // when the run ends. While n1 is down the probes from 2.1 s to 3.0 s go unanswered.
    let outcome = run("needs-all = true", &format!("{EVERY_100_MS}{CRASH}"));
    let service = outcome.service.clone().expect("it is measured");
    assert_eq!(service.probed, Some(Probed { asked: 49, served: 39 }));
    assert_eq!(service.availability_ppm(outcome.length()), 795_918);
    assert_eq!((service.first, &service.failovers[..]), (Some(ms(102)), &[ms(1_002)][..]));
    assert_eq!(service.unavailable, ms(102 + 1_002));
    assert_eq!(outcome.counts.commanded, 50);
    // A majority does without n1.
    let service = run("", &format!("{EVERY_100_MS}{CRASH}")).service.expect("it is measured");
    assert_eq!(service.probed, Some(Probed { asked: 49, served: 49 }));
    assert!(service.failovers.is_empty());
}

#[test]
fn an_answer_counts_for_its_own_probe_only() {
    let outcome = run("numbers = false", EVERY_100_MS);
    let probed = outcome.service.and_then(|service| service.probed);
    // All are answered, by both of the others, and every answer says that it is the first one's.
    assert_eq!((outcome.words, probed), (vec![98], Some(Probed { asked: 49, served: 1 })));
}

#[test]
fn a_probe_to_a_node_that_is_down_is_not_served() {
    let rest = EVERY_100_MS.replace("n0", "n1");
    let outcome = run("", &format!("{rest}{CRASH}"));
    let probed = outcome.service.and_then(|service| service.probed);
    assert_eq!((outcome.counts.unheard, probed), (10, Some(Probed { asked: 49, served: 39 })));
}

#[test]
fn a_service_that_has_probes_is_asked_without_a_word_in_the_file() {
    let service = run("", "").service.expect("it is measured");
    // Every 100 ms, with 500 ms to answer.
    assert_eq!(service.probed, Some(Probed { asked: 45, served: 45 }));
}

#[test]
fn the_service_that_is_named_is_measured_and_the_one_in_the_state_is_judged_with_it() {
    let outcome = run("sulks = \"200ms\"", "[service]\nmeasure = \"awake\"\n");
    let service = outcome.service.expect("it is measured");
    assert_eq!((service.first, service.probed), (Some(ms(200)), None));
    assert_eq!(outcome.counts.commanded, 0, "nobody is asked");
    // Everybody sulks again after the heal: nobody is awake, although that is not measured.
    let heal = "[[fault]]\nat = \"900ms\"\ncrash = { who = \"all\" }\n\
                [heal]\nat = \"1s\"\nwithin = \"2s\"\n";
    let rest = format!("{heal}[service]\nmeasure = \"awake\"\n");
    let outcome = run("sulks = \"3s\"", &rest);
    assert_eq!(outcome.verdict, Verdict::Stall { property: "awake".into() });
    let outcome = run("sulks = \"1s\"", heal);
    assert_eq!(outcome.verdict, Verdict::Pass);
}

#[test]
fn what_cannot_be_measured_is_refused_at_its_place() {
    let refused = |rest: &str| {
        let errors = try_open("", rest).err().expect("it is wrong");
        errors.render(false)
    };
    let unknown = refused("[service]\nmeasure = \"answer\"\n");
    assert!(unknown.contains("`answer` is not a property") && unknown.contains("`answers`"));
    let stray = refused("[service]\nmeasure = \"awake\"\nwindow = \"1s\"\n");
    assert!(stray.contains("awake shows in the state of the nodes"), "{stray}");
}
