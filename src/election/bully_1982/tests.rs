//! Settings that make no sense, each told with its cure.

use super::{Bully1982, Settings};
use crate::algorithm::{Algorithm, Roles};
use crate::time::{Drift, Duration};

fn refused(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = Settings::default();
    change(&mut settings);
    let config = Bully1982::config(settings, &Roles::deal([("servers", 3)]));
    config.expect_err("the settings make no sense")
}

#[test]
fn settings_that_do_not_fit_together_are_refused_with_a_cure() {
    let ms = Duration::from_millis;
    for (said, cure) in [
        (refused(|it| it.call_timeout = Some(ms(20))), "`call-timeout` is 20ms: it must be more"),
        (refused(|it| it.suspect_after = ms(60)), "`suspect-after` is 60ms: it must be more"),
        (
            refused(|it| it.check_every = ms(0)),
            "`check-every` is 0ns: a timer must be at least 1us",
        ),
        (
            refused(|it| it.message_delay = ms(0)),
            "`message-delay` is 0ns: a timer must be at least 1us",
        ),
        (refused(|it| it.mutant = Some("x".into())), "it must be one of announces-without"),
    ] {
        assert!(said.contains(cure), "{said}");
    }
}

#[test]
fn clocks_may_be_as_fast_as_leaves_a_round_trip_of_the_call_timeout() {
    let config = Bully1982::config(Settings::default(), &Roles::deal([("servers", 3)])).unwrap();
    let bound = Bully1982::assumes(&config).drift_bound;
    assert_eq!(bound, Some(Drift::from_ppm(249_999)));
    // On one that is as slow, a millisecond takes a third more.
    assert_eq!(
        Drift::from_ppm(250_000).longest(Duration::from_millis(3)),
        Duration::from_millis(4)
    );
}
