//! Lies of the engine: invariants that see them, an algorithm that nobody watches, and one that
//! promises too much.

use serde::{Deserialize, Serialize};
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumption, Assumptions, Requirement};
use stormseed::catalog::{Catalog, Experiment, Lie, Options, Told};
use stormseed::id::NodeId;
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::runner::{Blindness, Sight, Stop, honest, pool, tell_lie};
use stormseed::scenario::Source;
use stormseed::time::Duration;
use stormseed::world::World;

fn blindness(experiment: &dyn Experiment, lie: Lie, seeds: u64) -> Blindness {
    let (pool, stop) = (pool(Some(2)).expect("threads"), Stop::default());
    let control = honest(experiment, lie, seeds, &pool, &stop);
    tell_lie(experiment, lie, control, seeds, &pool, &stop)
}

fn raft(name: &str) -> Box<dyn Experiment> {
    let found = crate::scenarios::shipped().into_iter().find(|(path, _)| path.ends_with(name));
    found.expect("it is shipped").1
}

#[test]
fn the_invariants_of_raft_see_what_raft_rests_on_and_raft_lives_with_the_rest() {
    let storm = raft("election/raft_storm.toml");
    for lie in Lie::ALL {
        let came = blindness(&*storm, lie, 150);
        let expected = match lie {
            Lie::OldMessage | Lie::StoppedClock => Sight::LivedWith,
            _ => Sight::Noticed,
        };
        assert_eq!(came.sight(), expected, "{lie:?}: {came:?}");
        assert!(came.control.findings.is_empty(), "{lie:?}: {:?}", came.control);
        assert!(came.told.1 > 100, "{lie:?}: {:?}", came.told);
        assert_eq!(came.outside.is_empty(), expected == Sight::LivedWith);
    }
}

#[test]
fn what_the_control_finds_too_is_nobodys_noticing() {
    // A negative control of its own: every run violates, with the lie and without it.
    let broken = raft("election/raft_amnesia.toml");
    let came = blindness(&*broken, Lie::ForgedSender, 20);
    assert!(!came.control.findings.is_empty());
    assert!(came.noticed.iter().all(|name| !came.control.findings.contains_key(name)));
}

#[test]
fn a_run_without_a_lie_is_the_run_itself() {
    let storm = raft("election/raft_storm.toml");
    for seed in 0..10 {
        let plain = storm.run(seed, &Options::default());
        let lie = Some(Told { lie: Lie::ForgedSender, is_told: false });
        let control = storm.run(seed, &Options { lie, ..Options::default() });
        assert_eq!((plain.trace, &plain.verdict), (control.trace, &control.verdict));
        let lie = Some(Told { lie: Lie::ForgedSender, is_told: true });
        let told = storm.run(seed, &Options { lie, ..Options::default() });
        assert_ne!(plain.trace, told.trace, "seed {seed}");
    }
}

/// Counts its neighbours, and who counts on them.
#[derive(Debug, Default)]
struct Census {
    heard: Vec<NodeId>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Word {
    Here,
}
stormseed::words!(Word { Here => "here" });

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Said {
    Heard { from: NodeId },
}
stormseed::words!(Said { Heard => "heard" });

/// What is promised, and who watches.
#[derive(Clone, Copy, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    is_watched: bool,
    promises_all: bool,
}

impl Protocol for Census {
    type Config = Settings;
    type Message = Word;
    type Timer = ();
    type Command = Never;
    type Observation = Said;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ctx.set_timer((), Duration::from_millis(10));
        Census::default()
    }

    fn on_message(&mut self, from: NodeId, _: Word, ctx: &mut Context<'_, Self>) {
        self.heard.push(from);
        ctx.observe(Said::Heard { from });
    }

    /// The first node alone ever speaks.
    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        if ctx.id() == NodeId::new(0) {
            (1..3).for_each(|to| ctx.send(NodeId::new(to), Word::Here));
            ctx.set_timer((), Duration::from_millis(10));
        }
    }

    fn view(&self) {}
}

/// Nobody hears any but the first node.
#[derive(Debug)]
struct OneVoice;

impl Invariant<Census> for OneVoice {
    fn name(&self) -> &'static str {
        "one-voice"
    }

    fn explains(&self) -> &'static str {
        "nobody hears any but the first node"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Heard { from } = said;
        if *from == NodeId::new(0) {
            return Ok(());
        }
        let witnesses = vec![Witness::now(world, node, format!("heard {from}"))];
        let message = format!("{from} spoke, who never does");
        Err(Violation { invariant: "one-voice", message, witnesses })
    }
}

impl Algorithm for Census {
    type Settings = Settings;
    const NAME: &'static str = "test-census";
    const SUMMARY: &'static str = "One speaks.";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &[];

    fn config(settings: Settings, _: &Roles) -> Result<Settings, String> {
        Ok(settings)
    }
    fn assumes(settings: &Settings) -> Assumptions {
        Assumptions { untrusted_links: settings.promises_all, ..Assumptions::default() }
    }
    fn requires(_: &Settings) -> Requirement {
        Requirement::AnyNode
    }
    fn invariants(settings: &Settings) -> Vec<Box<dyn Invariant<Self>>> {
        if settings.is_watched { vec![Box::new(OneVoice)] } else { Vec::new() }
    }
}

fn catalog() -> Catalog {
    Catalog::empty().with::<Census>("test-census")
}

fn census(settings: &str) -> String {
    format!(
        "name = \"test/census\"\nformat = 1\nduration = \"2s\"\n[nodes]\nservers = 3\n\
         [algorithm.test-census]\n{settings}\n"
    )
}

fn open(settings: &str) -> Box<dyn Experiment> {
    catalog().open(Source::new("census", &census(settings))).expect("it is right")
}

#[test]
fn who_is_not_watched_is_blind_and_who_promises_too_much_is_broken() {
    let sight = |settings, lie| blindness(&*open(settings), lie, 40).sight();
    let watched = "is_watched = true";
    assert_eq!(sight("", Lie::ForgedSender), Sight::Blind);
    assert_eq!(sight(watched, Lie::ForgedSender), Sight::Noticed);
    let promises = "is_watched = true\npromises_all = true";
    assert_eq!(sight(promises, Lie::ForgedSender), Sight::Broken);
    // It never writes, and its one invariant does not look at who was meant.
    assert_eq!(sight(watched, Lie::ForgottenWrite), Sight::NeverTold);
    assert_eq!(sight(watched, Lie::Misdelivery), Sight::Blind);
    assert_eq!(sight(promises, Lie::Misdelivery), Sight::LivedWith);
    assert_eq!(open("").broken_by(Lie::Misdelivery), [Assumption::AuthenticLinks]);
}

#[test]
fn the_command_fails_where_something_is_blind_and_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("census.toml");
    let exit = |settings: &str, more: &[&str]| {
        std::fs::write(&path, census(settings)).expect("it is written");
        let path = path.to_str().expect("a plain path");
        let words = ["stormseed", "zoo", "--seeds", "20", "--blind", path];
        stormseed::cli::obey(&catalog(), words.iter().chain(more).copied()).code()
    };
    assert_eq!(exit("is_watched = true", &[]), 1, "misdelivery is not seen");
    assert_eq!(exit("promises_all = true", &["--json"]), 0, "it promises to live with all");
    assert_eq!(exit("is_watched = true", &["--control", "3"]), 2, "it has its own control");
    assert_eq!(exit("nonsense = 1", &[]), 2);
}
