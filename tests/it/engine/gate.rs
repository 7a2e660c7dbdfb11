//! Faults that wait for the service: each strikes only when the service is there and those before
//! it are over.

use super::puppet::{Op, Puppet};
use super::stage::*;
use stormseed::algorithm::Service;
use stormseed::fault::{Action, DiskFate, Target, Unfired, When};
use stormseed::id::FaultId;
use stormseed::time::Duration;
use stormseed::world::World;

/// The service: somebody who is up leads.
struct Led;

impl Service<Puppet> for Led {
    fn property(&self) -> &'static str {
        "led"
    }

    fn name(&self) -> &'static str {
        "somebody leads"
    }

    fn is_up(&self, views: &[Option<bool>], world: &World) -> Option<bool> {
        Some(world.nodes().any(|node| world.is_up(node) && views[node.index()] == Some(true)))
    }
}

const fn service(nth: u32) -> When {
    When::Service { nth, after: Duration::from_millis(5) }
}

/// Two nodes; the first leads from 20 ms after each of its boots.
fn led() -> Stage {
    Stage::new(2, 500).boot(0, vec![Op::Set(0, 20 * MS, vec![Op::Lead(true)])])
}

fn run(stage: &Stage) -> Story {
    let mut simulation = stage.simulation();
    simulation.gate(Box::new(Led));
    let mut recorder = Recorder::default();
    let ended = simulation.run(&mut recorder);
    Story { rows: recorder.0, ended, simulation }
}

/// When each fault struck, in milliseconds.
fn struck(story: &Story) -> Vec<Option<u64>> {
    let at = |report: stormseed::fault::FaultReport| report.struck.map(|s| s.at.as_nanos() / MS);
    story.simulation.faults().into_iter().map(at).collect()
}

#[test]
fn the_next_fault_waits_for_the_service_and_for_the_end_of_the_one_before() {
    let story = run(&led()
        .fault_when(service(1), nodes(&[0]), CRASH, lasting(10))
        .fault_when(service(2), nodes(&[0]), CRASH, lasting(10))
        .fault_when(service(3), nodes(&[1]), Action::Pause, lasting(10))
        .fault_when(service(4), nodes(&[1]), CRASH, lasting(10)));
    // It leads at 20; dies at 25, boots at 35, leads at 55; and so on. Nothing that happens to the
    // other node takes the service away, so that only its end is waited for.
    assert_eq!(struck(&story), [Some(25), Some(60), Some(95), Some(110)]);
}

#[test]
fn faults_of_one_number_strike_together_and_the_next_waits_for_them_all() {
    let story = run(&led()
        .fault_when(service(7), nodes(&[1]), CRASH, lasting(90))
        .fault_when(service(2), nodes(&[1]), Action::Pause, lasting(10))
        .fault_when(service(2), nodes(&[0, 1]), Action::Isolate, lasting(40)));
    assert_eq!(struck(&story), [Some(70), Some(25), Some(25)]);
}

#[test]
fn what_came_of_a_spread_and_the_last_death_of_a_loop_are_waited_for() {
    let lead = vec![Op::Set(0, 20 * MS, vec![Op::Lead(true)])];
    let leads = |stage: Stage, node| stage.boot(node, lead.clone());
    let stage = [0, 1, 2].into_iter().fold(Stage::new(4, 500), leads);
    let offsets = [0, 10, 20, 0].map(Duration::from_millis).to_vec();
    let apart = Action::Spread { action: Box::new(Action::Pause), offsets };
    let ups = vec![Duration::from_millis(7), Duration::from_millis(8)];
    let again = Action::CrashLoop { after_effect: None, disk: DiskFate::Synced, ups };
    let mut stage = stage
        .fault_when(service(1), Target::Role("leader".into()), apart, lasting(30))
        .fault_when(service(2), nodes(&[3]), again, lasting(10))
        .fault_when(service(3), nodes(&[3]), CRASH, None);
    for (fault, id) in stage.schedule.faults.iter_mut().zip([0, 8, 9]) {
        fault.id = FaultId(id);
    }
    // The last of the pauses ends at 75; the loop is down for 30 and up for 15 from 80 on.
    assert_eq!(struck(&run(&stage))[..3], [Some(25), Some(80), Some(130)]);
}

#[test]
fn what_is_over_at_once_has_no_end_or_strikes_nobody_keeps_nobody_waiting() {
    let role = Target::Role("candidate".into());
    let story = run(&led()
        .fault_when(service(1), nodes(&[1]), Action::Jump(7), None)
        .fault_when(service(2), nodes(&[1]), CRASH, None)
        .fault_when(service(3), role, CRASH, lasting(10))
        .fault_when(service(4), nodes(&[0]), CRASH, lasting(10)));
    assert_eq!(struck(&story), [Some(25), Some(30), None, Some(40)]);
    assert_eq!(story.report(2).unfired, Some(Unfired::Nobody));
}

#[test]
fn a_service_that_never_comes_and_a_storm_that_is_over_let_nothing_through() {
    let gone = Stage::new(2, 500).fault_when(service(1), nodes(&[1]), CRASH, None);
    let story = run(&gone);
    assert_eq!(story.report(0).unfired, Some(Unfired::NoService));
    let healed = led()
        .fault_when(service(1), nodes(&[0]), CRASH, lasting(10))
        .fault_when(service(2), nodes(&[0]), CRASH, lasting(10))
        .heal(50, &[0, 1]);
    assert_eq!(struck(&run(&healed)), [Some(25), None]);
    // Whoever does not say what the service is waits for ever.
    let story = led().fault_when(service(1), nodes(&[0]), CRASH, lasting(10)).run();
    assert_eq!(story.report(0).unfired, Some(Unfired::NoService));
}

#[test]
fn a_gate_is_a_function_of_the_run() {
    let stage = led().fault_when(service(1), nodes(&[0]), CRASH, lasting(10)).fault_when(
        service(2),
        nodes(&[0]),
        CRASH,
        lasting(10),
    );
    let (one, two) = (run(&stage), run(&stage));
    assert_eq!(one.rows, two.rows);
    assert_eq!(one.simulation.digests().trace(), two.simulation.digests().trace());
}
