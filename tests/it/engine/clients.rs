//! Clients that wait: each gives its commands one by one, and none before the one before it was
//! answered or its time was up.

use super::puppet::{Op, Order, Said};
use super::stage::{MS, Note, Stage, Story, lasting, ms, n};
use stormseed::conditions::Latency;
use stormseed::fault::{Action, DiskFate, Target};
use stormseed::schedule::{Client, Operation, Recipient, Schedule};
use stormseed::time::Duration;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A command to a node, with a number, not before a time and after a thought in milliseconds.
fn ask(number: u64, node: u32, not_before: u64, think: u64, ops: Vec<Op>) -> Operation<Order> {
    Operation {
        not_before: ms(not_before),
        think: millis(think),
        to: Recipient::Node(n(node)),
        command: Order::Ask(number, ops),
    }
}

/// A command that is answered after so many milliseconds.
fn slow(number: u64, node: u32, not_before: u64, think: u64, takes: u64) -> Operation<Order> {
    let ops = vec![Op::Set(number as u8, takes * MS, vec![Op::Believe(number)])];
    ask(number, node, not_before, think, ops)
}

fn client(timeout: u64, operations: Vec<Operation<Order>>) -> Client<Order> {
    Client { timeout: millis(timeout), operations }
}

fn stage(nodes: usize, clients: Vec<Client<Order>>) -> Stage {
    let mut stage = Stage::new(nodes, 1_000);
    stage.schedule.clients = clients;
    stage
}

/// When, in milliseconds, a node was given commands.
fn given(story: &Story, node: u32) -> Vec<u64> {
    story.times(node, |note| *note == Note::Commanded).iter().map(|at| at / MS).collect()
}

/// What became of the commands: when, of which client, and whether it was answered.
fn ends(story: &Story) -> Vec<(u64, u32, bool)> {
    let ends = story.rows.iter().filter_map(|row| match row.note {
        Note::Answered(client) => Some((row.at / MS, client, true)),
        Note::GaveUp(client) => Some((row.at / MS, client, false)),
        _ => None,
    });
    ends.collect()
}

#[test]
fn a_command_waits_for_the_answer_to_the_one_before_it_and_for_a_thought() {
    let operations = (1..=3).map(|number| slow(number, 0, 0, 5, 10)).collect();
    let story = stage(1, vec![client(500, operations)]).run();
    assert_eq!(given(&story, 0), [0, 15, 30]);
    assert_eq!(ends(&story), [(10, 0, true), (25, 0, true), (40, 0, true)]);
    assert_eq!((story.counts().answered, story.counts().given_up), (3, 0));
}

#[test]
fn no_command_comes_before_its_time() {
    let operations = vec![slow(1, 0, 20, 0, 10), slow(2, 0, 100, 5, 10), slow(3, 0, 101, 5, 10)];
    let story = stage(1, vec![client(500, operations)]).run();
    assert_eq!(given(&story, 0), [20, 100, 115]);
}

#[test]
fn whoever_hears_no_answer_goes_on_and_a_late_answer_is_for_nobody() {
    let operations = vec![slow(1, 0, 0, 0, 60), slow(2, 0, 0, 5, 30)];
    let story = stage(1, vec![client(50, operations)]).run();
    assert_eq!(given(&story, 0), [0, 55]);
    // The belief at 60 ms is the answer to the first command, for which nobody waits any more.
    assert_eq!(ends(&story), [(50, 0, false), (85, 0, true)]);
    assert_eq!((story.counts().answered, story.counts().given_up), (1, 1));
}

#[test]
fn a_command_that_nobody_heard_is_waited_for_all_the_same() {
    let crash = Action::Crash { after_effect: None, disk: DiskFate::Synced };
    let mut operations = vec![slow(1, 0, 10, 0, 10), slow(2, 0, 10, 0, 10)];
    operations[0].to = Recipient::Role("leader".into());
    let story = stage(1, vec![client(50, operations)])
        .fault(5, Target::Nodes(vec![n(0)]), crash, lasting(80))
        .run();
    assert_eq!((given(&story, 0), story.counts().unheard), (vec![], 2));
    assert_eq!(ends(&story), [(60, 0, false), (110, 0, false)]);
}

#[test]
fn what_a_node_says_in_its_next_life_is_no_answer() {
    let crash = Action::Crash { after_effect: None, disk: DiskFate::Synced };
    let story = stage(1, vec![client(100, vec![slow(1, 0, 0, 0, 500)])])
        .boot(0, vec![Op::Set(9, 30 * MS, vec![Op::Believe(1)])])
        .fault(10, Target::Nodes(vec![n(0)]), crash, lasting(10))
        .run();
    assert_eq!(story.said(0), [(50 * MS, Said::Belief(1))]);
    assert_eq!(ends(&story), [(100, 0, false)]);
}

#[test]
fn only_the_node_that_was_asked_answers() {
    let story = stage(2, vec![client(100, vec![slow(1, 0, 0, 0, 500)])])
        .boot(1, vec![Op::Set(9, 30 * MS, vec![Op::Believe(1)])])
        .run();
    assert_eq!(ends(&story), [(100, 0, false)]);
}

#[test]
fn an_answer_in_the_step_of_the_command_lets_the_next_one_come_at_that_instant() {
    let now = |number| ask(number, 0, 7, 0, vec![Op::Believe(number)]);
    let story = stage(1, vec![client(50, (1..=50).map(now).collect())]).run();
    assert_eq!((given(&story, 0), story.counts().answered), (vec![7; 50], 50));
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert!(said.into_iter().eq((1..=50).map(Said::Belief)));
}

#[test]
fn an_answer_that_is_a_promise_waits_for_the_disk() {
    let ops = vec![Op::Persist(1), Op::Sync, Op::Promise(1)];
    let story = stage(1, vec![client(100, vec![ask(1, 0, 10, 0, ops)])])
        .with(|conditions| conditions.sync = Latency::Constant(millis(20)))
        .run();
    assert_eq!(ends(&story), [(30, 0, true)]);
}

#[test]
fn clients_do_not_wait_for_one_another() {
    let of = |first: u64, takes| {
        client(500, (first..first + 2).map(|number| slow(number, 0, 0, 0, takes)).collect())
    };
    let story = stage(1, vec![of(1, 100), of(11, 10), of(21, 30)]).run();
    let ends = ends(&story);
    let of =
        |client| ends.iter().filter(|end| end.1 == client).map(|end| end.0).collect::<Vec<_>>();
    assert_eq!((of(0), of(1), of(2)), (vec![100, 200], vec![10, 20], vec![30, 60]));
}

#[test]
fn a_paused_node_is_given_the_command_when_it_goes_on() {
    let story = stage(1, vec![client(500, vec![slow(1, 0, 20, 0, 10)])])
        .fault(10, Target::Nodes(vec![n(0)]), Action::Pause, lasting(50))
        .run();
    assert_eq!((given(&story, 0), ends(&story)), (vec![60], vec![(70, 0, true)]));
}

#[test]
fn a_client_is_part_of_the_plan_and_none_is_no_part_of_it() {
    let plan = |stage: &Stage| stage.simulation().digests().plan();
    let without = plan(&stage(1, Vec::new()));
    let with = plan(&stage(1, vec![client(500, vec![slow(1, 0, 0, 0, 10)])]));
    let later = plan(&stage(1, vec![client(500, vec![slow(1, 0, 1, 0, 10)])]));
    assert!(without != with && with != later && without != later);
}

#[test]
#[cfg(feature = "scenario")]
fn a_schedule_that_was_written_without_clients_is_read() {
    let calm = Schedule::<Order>::calm(3, ms(5));
    let written = serde_json::to_string(&calm).unwrap();
    assert!(!written.contains("clients"), "{written}");
    assert_eq!(serde_json::from_str::<Schedule<Order>>(&written).unwrap(), calm);
    let asked = stage(1, vec![client(500, vec![slow(1, 0, 0, 0, 10)])]).schedule;
    let written = serde_json::to_string(&asked).unwrap();
    assert_eq!(serde_json::from_str::<Schedule<Order>>(&written).unwrap(), asked);
}
