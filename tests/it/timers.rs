//! Timers at the edges of clocks.

use serde::{Deserialize, Serialize};
use stormseed::engine::{Ended, Setup, Simulation};
use stormseed::id::NodeId;
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::schedule::{ClockPlan, Schedule};
use stormseed::time::{Drift, Duration, SimTime};

/// Answers after a timer of no time.
#[derive(Debug)]
struct Hasty;

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Ball {
    Ball,
}
stormseed::words!(Ball { Ball => "ball" });

impl Protocol for Hasty {
    type Config = ();
    type Message = Ball;
    type Timer = ();
    type Command = Never;
    type Observation = Never;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ctx.set_timer((), Duration::ZERO);
        Hasty
    }

    fn on_message(&mut self, _: NodeId, _: Ball, ctx: &mut Context<'_, Self>) {
        ctx.set_timer((), Duration::ZERO);
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        ctx.send(NodeId::new(1 - ctx.id().number()), Ball::Ball);
    }

    fn view(&self) {}
}

#[test]
fn a_timer_of_no_time_on_a_slow_clock_is_due_now_and_not_before() {
    let mut schedule = Schedule::calm(2, SimTime::from_nanos(2_000_000_000));
    schedule.clocks[0] = ClockPlan { wall_offset: 0, drift: Drift::from_ppm(-700_000) };
    // The engine itself asserts that time never goes back.
    let mut simulation = Simulation::new(Setup::<Hasty>::new((), schedule, 1));
    assert_eq!(simulation.run(&mut ()), Ended::Time);
    assert!(simulation.counts().timers > 300);
}
