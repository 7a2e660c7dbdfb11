//! What is counted, of a history made by hand.

use super::super::court::{Silent, accepts, acknowledges, acquires, n, releases};
use super::*;
use crate::time::Clock;

/// Says all this to the metric, each at its millisecond, and reads it at the last.
fn read(history: &[(u64, u32, Observation)]) -> BTreeMap<&'static str, Option<u64>> {
    let mut world = World::new(vec![Clock::default(); 5]);
    let mut tenure = Tenure::default();
    for (millis, node, said) in history {
        world.now = SimTime::from_nanos(millis * 1_000_000);
        world.event += 1;
        Metric::<Silent>::on_observation(&mut tenure, n(*node), said, &world);
    }
    let names = Metric::<Silent>::gauges(&tenure).iter().map(|gauge| gauge.name);
    names.zip(Metric::<Silent>::read(&tenure, &world)).collect()
}

const fn wants(request: u64) -> Observation {
    Observation::Requested { lock: LockId(0), request }
}

#[test]
fn waits_and_overlaps_are_measured_to_the_nanosecond() {
    let told = read(&[
        (10, 1, wants(1)),
        (12, 1, acquires(1)),
        (13, 2, wants(1)),
        (20, 2, acquires(1)),
        (23, 1, releases(1)),
        (30, 1, wants(2)),
        (40, 2, Observation::Lost { lock: LockId(0), request: 1 }),
    ]);
    assert_eq!(told["acquisitions"], Some(2));
    assert_eq!(told["wait-mean-ns"], Some(4_500_000));
    assert_eq!(told["wait-max-ns"], Some(7_000_000));
    assert_eq!(told["overlaps"], Some(1));
    assert_eq!(told["overlap-ns"], Some(3_000_000));
    assert_eq!(told["lost-locks"], Some(1));
}

#[test]
fn an_overlap_that_goes_on_counts_up_to_now_and_nobody_waited_is_no_wait_of_zero() {
    let told = read(&[(1, 1, acquires(1)), (2, 2, acquires(1)), (9, 3, acknowledges(1))]);
    assert_eq!(told["overlap-ns"], Some(7_000_000));
    assert_eq!(told["wait-mean-ns"], None);
}

#[test]
fn what_is_lost_is_what_was_acknowledged_and_is_not_there() {
    let told = read(&[
        (1, 0, accepts(1, 1, 0, 1)),
        (2, 1, acknowledges(1)),
        (3, 0, accepts(2, 2, 1, 2)),
        (4, 0, accepts(3, 1, 1, 3)),
        (5, 2, acknowledges(2)),
        (6, 3, acknowledges(3)),
    ]);
    assert_eq!(told["acknowledged"], Some(3));
    assert_eq!(told["lost-updates"], Some(1), "state 2 is gone, state 1 is in state 3");
}
