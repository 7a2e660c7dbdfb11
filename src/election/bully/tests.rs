//! Elections driven by hand: no simulator, no time, each message delivered when the test says so.

use super::watch::Watch;
use super::{Bully, Config, Kind, Message, Settings, Timer};
use crate::algorithm::{Algorithm, Roles};
use crate::election::spec::{Observation, Role, Term};
use crate::id::{Label, NodeId};
use crate::protocol::{Effect, Input, NodeLuck, Now, Process, Protocol};
use crate::time::{Duration, LocalTime, WallTime};
use std::collections::{BTreeMap, VecDeque};

/// Every draw is new, so that no two lives of a node are alike.
#[derive(Debug, Default)]
struct Fresh(u64);

impl NodeLuck for Fresh {
    fn draw(&mut self, _: Label, low: u64, high: u64) -> u64 {
        self.0 += 1;
        (low + self.0).min(high)
    }
}

/// In which order messages that are on the way arrive.
#[derive(Clone, Copy, Debug)]
enum Order {
    First,
    Last,
    Mixed(u64),
}

struct Lab {
    config: Config,
    nodes: Vec<Process<Bully>>,
    mail: VecDeque<(NodeId, NodeId, Message)>,
    timers: BTreeMap<(NodeId, Timer), Duration>,
    said: Vec<(NodeId, Observation)>,
    sent: BTreeMap<&'static str, u64>,
    luck: Fresh,
    order: Order,
}

fn config(servers: u32, change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
    let mut settings = Settings::default();
    change(&mut settings);
    Bully::config(settings, &Roles::deal([("servers", servers)]))
}

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

impl Lab {
    /// Nodes that are all down.
    fn of(servers: u32, mutant: Option<&str>) -> Lab {
        let config = config(servers, |it| it.mutant = mutant.map(str::to_owned)).unwrap();
        Lab {
            config,
            nodes: (0..servers).map(|id| Process::new(n(id), ())).collect(),
            mail: VecDeque::new(),
            timers: BTreeMap::new(),
            said: Vec::new(),
            sent: BTreeMap::new(),
            luck: Fresh::default(),
            order: Order::First,
        }
    }

    /// All nodes are up, and the top node leads.
    fn calm(servers: u32) -> Lab {
        let mut lab = Lab::of(servers, None);
        for node in 0..servers {
            lab.boot(node);
        }
        lab.deliver();
        assert_eq!(lab.coordinators(), vec![Some(n(servers - 1)); servers as usize]);
        lab.forget();
        lab
    }

    fn forget(&mut self) {
        self.sent.clear();
        self.said.clear();
    }

    fn tell(&mut self, node: NodeId, input: Input<Bully>) {
        let now = Now { monotonic: LocalTime::ZERO, wall: WallTime::ZERO };
        let mut effects = Vec::new();
        let process = &mut self.nodes[node.index()];
        process.step(&self.config, now, &mut self.luck, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, message, .. } => {
                    let kind = match message {
                        Message::Election { .. } => "election",
                        Message::Ok { .. } => "ok",
                        Message::Coordinator { .. } => "coordinator",
                        Message::Heartbeat { .. } => "heartbeat",
                    };
                    *self.sent.entry(kind).or_default() += 1;
                    self.mail.push_back((node, to, message));
                }
                Effect::SetTimer { timer, after } => {
                    self.timers.insert((node, timer), after);
                }
                Effect::CancelTimer(timer) => {
                    self.timers.remove(&(node, timer));
                }
                Effect::Observe(observation) => self.said.push((node, observation)),
                other => panic!("Bully keeps nothing on disk: {other:?}"),
            }
        }
    }

    fn boot(&mut self, node: u32) {
        self.tell(n(node), Input::Boot);
    }

    fn crash(&mut self, node: u32) {
        self.nodes[node as usize].crash(());
        self.timers.retain(|(of, _), _| *of != n(node));
    }

    fn fire(&mut self, node: u32, timer: Timer) {
        assert!(self.timers.remove(&(n(node), timer)).is_some(), "n{node} waits for {timer:?}");
        self.tell(n(node), Input::Timer(timer));
    }

    fn hand_over(&mut self, from: NodeId, to: NodeId, message: Message) {
        if self.nodes[to.index()].state().is_some() {
            self.tell(to, Input::Message { from, message });
        }
    }

    /// Delivers all that is on the way and what comes of it; the dead hear nothing.
    fn deliver(&mut self) {
        while !self.mail.is_empty() {
            let place = match &mut self.order {
                Order::First => 0,
                Order::Last => self.mail.len() - 1,
                Order::Mixed(state) => {
                    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (*state >> 33) as usize % self.mail.len()
                }
            };
            let (from, to, message) = self.mail.remove(place).unwrap();
            self.hand_over(from, to, message);
        }
    }

    /// Fires the timers of this kind, all of them, and delivers what comes of each.
    fn time_out(&mut self, timer: Timer) {
        let due: Vec<NodeId> =
            self.timers.keys().filter(|(_, of)| *of == timer).map(|(node, _)| *node).collect();
        for node in due {
            if self.timers.contains_key(&(node, timer)) {
                self.fire(node.number(), timer);
                self.deliver();
            }
        }
    }

    fn coordinators(&self) -> Vec<Option<NodeId>> {
        let view = |it: &Process<Bully>| it.state().map(Protocol::view);
        self.nodes.iter().map(|it| view(it).and_then(|view| view.leader)).collect()
    }

    fn role(&self, node: u32) -> Role {
        Protocol::view(self.nodes[node as usize].state().unwrap()).role
    }

    fn count(&self, kind: &str) -> u64 {
        self.sent.get(kind).copied().unwrap_or(0)
    }
}

/// The top node dies, `initiator` alone finds out, and messages are faster than any time-out.
fn fail_over(servers: u32, initiator: u32, order: Order) -> Lab {
    let mut lab = Lab::calm(servers);
    lab.order = order;
    lab.crash(servers - 1);
    lab.fire(initiator, Timer::Suspect);
    lab.deliver();
    lab.time_out(Timer::Ok);
    let mut expected = vec![Some(n(servers - 2)); servers as usize - 1];
    expected.push(None);
    assert_eq!(lab.coordinators(), expected);
    lab
}

#[test]
fn the_worst_election_costs_what_the_books_say() {
    let orders = (0..20).map(Order::Mixed).chain([Order::First, Order::Last]);
    for order in orders {
        for (servers, messages) in [(3, 5), (4, 11), (5, 19), (7, 41), (10, 89)] {
            let lab = fail_over(servers, 0, order);
            let n = u64::from(servers);
            assert_eq!(lab.count("election"), n * (n - 1) / 2, "{order:?}");
            assert_eq!(lab.count("ok"), (n - 1) * (n - 2) / 2);
            assert_eq!(lab.count("coordinator"), n - 2);
            assert_eq!(lab.sent.values().sum::<u64>(), messages);
        }
    }
}

#[test]
fn the_best_election_costs_what_the_books_say() {
    for servers in [3, 4, 5, 7, 10] {
        let lab = fail_over(servers, servers - 2, Order::First);
        assert_eq!((lab.count("election"), lab.count("ok")), (1, 0));
        assert_eq!(lab.count("coordinator"), u64::from(servers) - 2);
        assert_eq!(lab.sent.values().sum::<u64>(), u64::from(servers) - 1);
    }
}

#[test]
fn a_new_reign_has_the_next_number_and_is_accepted_by_all() {
    let lab = fail_over(4, 0, Order::First);
    let elected: Vec<_> = lab
        .said
        .iter()
        .filter(|(_, said)| matches!(said, Observation::LeaderElected { .. }))
        .collect();
    assert_eq!(elected, [&(n(2), Observation::LeaderElected { term: Term(2) })]);
    let accepted = Observation::LeaderAccepted { leader: n(2), term: Term(2) };
    assert!(lab.said.contains(&(n(0), accepted)) && lab.said.contains(&(n(1), accepted)));
}

#[test]
fn a_recovered_top_node_takes_the_lead_from_who_has_it() {
    let mut lab = fail_over(5, 0, Order::First);
    lab.forget();
    lab.boot(4);
    assert_eq!((lab.role(4), lab.role(3)), (Role::Leader, Role::Leader), "until it is told");
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(4)); 5]);
    assert!(lab.said.contains(&(n(3), Observation::LeaderStepped { term: Term(2) })));
    assert_eq!(lab.sent, BTreeMap::from([("coordinator", 4)]));
}

#[test]
fn a_recovered_node_in_the_middle_learns_who_leads_and_changes_nothing() {
    let mut lab = Lab::calm(5);
    lab.crash(2);
    lab.forget();
    lab.boot(2);
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(4)); 5]);
    let ousted = |said: &Observation| matches!(said, Observation::LeaderStepped { .. });
    assert!(!lab.said.iter().any(|(_, said)| ousted(said)));
}

#[test]
fn an_ok_to_an_earlier_election_is_no_answer_to_this_one() {
    for dies in [false, true] {
        let mut lab = Lab::of(2, None);
        lab.boot(1);
        lab.deliver();
        lab.boot(0);
        let (from, to, question) = lab.mail.pop_front().unwrap();
        lab.hand_over(from, to, question);
        // n1 has answered and dies, and its answer is slow.
        let (from, to, late) = lab.mail.pop_front().unwrap();
        assert!(matches!(late, Message::Ok { .. }));
        lab.mail.clear();
        lab.crash(1);
        if dies {
            // The first election of another life.
            lab.crash(0);
            lab.boot(0);
        } else {
            // The second election of the same life.
            lab.hand_over(n(1), n(0), Message::Coordinator { reign: Term(1) });
            lab.fire(0, Timer::Suspect);
        }
        lab.hand_over(from, to, late);
        lab.fire(0, Timer::Ok);
        assert_eq!(lab.role(0), Role::Leader, "n0 has died: {dies}");
    }
}

#[test]
fn who_waits_in_vain_for_a_coordinator_asks_again() {
    let mut lab = Lab::calm(4);
    lab.crash(3);
    lab.fire(0, Timer::Suspect);
    lab.deliver();
    // n2 would have won.
    lab.crash(2);
    lab.fire(1, Timer::Coordinator);
    lab.deliver();
    lab.fire(1, Timer::Ok);
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(1)), Some(n(1)), None, None]);
}

/// Two coordinators, as a partition that has just healed leaves them: n0 and n1 follow n1, n2 and
/// n3 follow n3.
fn healed(mutant: Option<&str>) -> Lab {
    let mut lab = Lab::of(4, mutant);
    lab.boot(0);
    lab.boot(1);
    lab.deliver();
    lab.time_out(Timer::Ok);
    lab.boot(2);
    lab.boot(3);
    lab.mail.retain(|(from, to, _)| *from >= n(2) && *to >= n(2));
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(1)), Some(n(1)), Some(n(3)), Some(n(3))]);
    lab
}

#[test]
fn the_higher_of_two_coordinators_bullies_the_lower_when_either_hears_of_the_other() {
    for first in [1, 3] {
        let mut lab = healed(None);
        lab.fire(first, Timer::Heartbeat);
        lab.deliver();
        assert_eq!(lab.coordinators(), [Some(n(3)); 4], "n{first} is heard first");
    }
}

#[test]
fn coordinators_that_do_not_heed_each_other_both_stay() {
    let mut lab = healed(Some("merge-does-not-re-elect"));
    for _ in 0..10 {
        lab.time_out(Timer::Heartbeat);
    }
    assert_eq!(lab.coordinators(), [Some(n(1)), Some(n(1)), Some(n(3)), Some(n(3))]);
}

#[test]
fn a_node_that_announces_itself_unasked_is_a_second_coordinator() {
    let mut lab = Lab::of(3, Some("announces-without-election"));
    (0..3).for_each(|node| lab.boot(node));
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(2)); 3]);
    lab.crash(1);
    lab.boot(1);
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(1)), Some(n(1)), Some(n(2))]);
    // Only the next heartbeat mends it.
    lab.fire(2, Timer::Heartbeat);
    lab.deliver();
    assert_eq!(lab.coordinators(), [Some(n(2)); 3]);
}

#[test]
fn an_ok_timeout_of_one_delay_is_over_before_an_answer_is_back() {
    let lab = Lab::of(2, Some("ok-timeout-too-short"));
    let sound = Lab::of(2, None);
    assert_eq!(lab.config.ok_timeout, lab.config.message_delay);
    assert_eq!(sound.config.ok_timeout, Duration::from_millis(25));
    assert_eq!(lab.config.assumptions(), sound.config.assumptions());
}

#[test]
fn a_single_node_leads_itself() {
    let mut lab = Lab::of(1, None);
    lab.boot(0);
    assert_eq!(lab.coordinators(), [Some(n(0))]);
    assert!(lab.mail.is_empty());
}

#[test]
fn every_mutant_is_known_by_its_name_and_no_other_is() {
    for mutant in Bully::MUTANTS {
        assert!(config(3, |it| it.mutant = Some(mutant.name.to_owned())).is_ok());
    }
    let error = config(3, |it| it.mutant = Some("ok-timeout".to_owned())).unwrap_err();
    assert!(error.starts_with("`mutant` is \"ok-timeout\": it must be one of"), "{error}");
}

#[test]
fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
    let ms = Duration::from_millis;
    let refused = |change: fn(&mut Settings)| config(3, change).unwrap_err();
    assert!(config(0, |_| {}).unwrap_err().contains("`servers` is 0"));
    assert!(refused(|it| it.heartbeat = Duration::ZERO).contains("`heartbeat` is 0"));
    let error = refused(|it| it.ok_timeout = Some(Duration::from_millis(20)));
    assert!(error.contains("more than twice `message-delay` (20ms)"), "{error}");
    let error = refused(|it| it.coordinator_timeout = Some(Duration::from_millis(44)));
    assert!(error.contains("(45ms)"), "{error}");
    let error = refused(|it| it.suspect_after = Duration::from_millis(85));
    assert!(error.contains("(85ms)"), "{error}");
    assert!(config(3, |it| it.suspect_after = ms(86)).is_ok());
    let error = refused(|it| (it.detector, it.phi_threshold) = (Kind::Phi, Some(19)));
    assert!(error.contains("`phi-threshold` is 19: it must be 1"), "{error}");
    let error = refused(|it| it.phi_threshold = Some(8));
    assert!(error.contains("means nothing to the fixed detector"), "{error}");
    let error = refused(|it| it.processing_delay = Duration::ZERO);
    assert!(error.starts_with("`processing-delay` is 0 ms"), "{error}");
}

#[test]
fn a_detector_that_learns_waits_longer_for_who_was_late_before_and_never_too_long() {
    let ms = Duration::from_millis;
    let learns = config(3, |it| it.detector = Kind::Phi).unwrap();
    let mut now = LocalTime::ZERO;
    let mut watch = Watch::new(&learns, now);
    let mut wait = |lengths: &[u64]| {
        for length in lengths {
            now += ms(*length);
            watch.hear(now);
        }
        watch.patience(&learns, now)
    };
    let steady = wait(&[50; 100]);
    assert!(steady >= ms(200) && steady < ms(280), "{steady}");
    let late = wait(&[20, 80, 10, 120, 20, 90, 30, 150]);
    assert!(late > steady, "{late}");
    assert_eq!(wait(&[10_000]), ms(400), "no longer than others rely on");
    let hasty = config(3, |it| (it.detector, it.phi_threshold) = (Kind::Phi, Some(1))).unwrap();
    let mut watch = Watch::new(&hasty, now);
    for _ in 0..100 {
        now += ms(1);
        watch.hear(now);
    }
    assert_eq!(watch.patience(&hasty, now), ms(200), "a coordinator may be silent for so long");
}

#[test]
fn clocks_within_the_bound_never_make_a_time_out_early() {
    let config = config(5, |_| {}).unwrap();
    let ppm = config.drift_bound.ppm() as u64;
    assert!(ppm > 100_000, "the defaults stand a drift of a tenth: {ppm} ppm");
    let fast = |it: Duration| it.as_nanos() * 1_000_000 / (1_000_000 + ppm);
    let slow = |it: Duration| it.as_nanos() * 1_000_000 / (1_000_000 - ppm);
    let delay = config.message_delay.as_nanos();
    assert!(fast(config.ok_timeout) > 2 * delay);
    assert!(fast(config.suspect_after) > slow(config.heartbeat + config.ok_timeout) + delay);
}
