//! Topologies as scenario files say them: which links a seed gets, what they are like, and what the
//! host has to read for it.

use crate::cli::{folder, obey, obey_with};
use crate::scenarios::disappointments;
use stormseed::assumption::Assumptions;
use stormseed::catalog::{Catalog, Options};
use stormseed::conditions::{Bandwidth, Latency, Link, Network, ZoneLatency};
use stormseed::id::NodeId;
use stormseed::rng::Ratio;
use stormseed::scenario::{Errors, Scenario, Source};
use stormseed::time::Duration;
use stormseed::topology::{Routing, Topology};

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

const fn ms(millis: u64) -> Latency {
    Latency::Constant(Duration::from_millis(millis))
}

/// A scenario with so many servers and these sections, the first of them still in `[nodes]`.
fn text(servers: u32, rest: &str) -> String {
    format!(
        "name = \"test/links\"\nformat = 1\nduration = \"3s\"\nseeds = \"0..4\"\n\
         [nodes]\nservers = {servers}\n{rest}\n[algorithm.election-raft]\n"
    )
}

fn open(source: Source) -> Result<Scenario, Errors> {
    Catalog::builtin().open(source).map(|experiment| experiment.scenario().clone())
}

fn read(servers: u32, rest: &str) -> Scenario {
    let source = Source::new("test.toml", &text(servers, rest));
    open(source).unwrap_or_else(|errors| panic!("{errors}"))
}

fn network(servers: u32, rest: &str) -> Network {
    read(servers, rest).conditions(0, &Assumptions::default()).network
}

#[test]
fn a_shape_is_a_list_of_links_and_none_is_a_full_mesh() {
    let shape = |servers, shape: &str| network(servers, &format!("[topology]\n{shape}")).topology;
    assert_eq!(network(5, "").topology, Topology::FullMesh);
    assert_eq!(shape(5, "shape = \"full-mesh\""), Topology::FullMesh);
    assert_eq!(shape(5, "shape = \"ring\""), Topology::ring(5));
    assert_eq!(shape(5, "shape = \"line\""), Topology::line(5));
    assert_eq!(shape(5, "shape = \"star\""), Topology::star(5));
    assert_eq!(shape(7, "shape = { tree = { arity = 3 } }"), Topology::tree(7, 3));
    assert_eq!(shape(6, "shape.grid = { rows = 2, columns = 3 }"), Topology::grid(2, 3));
    let direct = shape(5, "shape = \"ring\"\nrouting = \"direct\"");
    assert_eq!(direct, Topology::ring(5).routed(Routing::Direct));
}

#[test]
fn a_random_graph_is_the_seeds_and_nothing_elses() {
    let plain = read(8, "[topology]\nshape = { regular = { degree = 3 } }");
    let other = "[topology]\nshape.regular.degree = 3\n[network]\nloss = \"1%\"\n\
        [nemesis]\ncrash = { who = \"one\", every = \"1s\", for = \"1s\" }";
    let other = read(8, other);
    let of = |scenario: &Scenario, seed| {
        scenario.conditions(seed, &Assumptions::default()).network.topology
    };
    let mut drawn = Vec::new();
    for seed in 0..20 {
        assert_eq!(of(&plain, seed), of(&other, seed));
        drawn.push(of(&plain, seed));
    }
    drawn.dedup();
    assert_eq!(drawn.len(), 20, "every seed has another one");
}

#[test]
fn a_graph_says_which_links_there_are_and_what_they_are_like() {
    let dot = "digraph { n0 -> n1 -> n2 -> n0 [latency=\"7ms\"] n1 -> n0 [loss=\"1/2\"] }";
    let given = "[[network.links]]\nfrom = \"n1\"\nto = \"n0\"\nlatency = \"9ms\"";
    let network =
        network(3, &format!("[topology]\nshape = {{ dot = '''{dot}''' }}\n[network]\n{given}"));
    let links = [(0, 1), (1, 2), (2, 0), (1, 0)].map(|(from, to)| (n(from), n(to)));
    assert_eq!(network.topology, Topology::directed(links.to_vec()));
    assert!(network.links.contains(&Link::with_latency(n(2), n(0), ms(7))));
    let own = network.links.iter().find(|link| (link.from, link.to) == (n(1), n(0)));
    assert_eq!(own, Some(&Link::with_latency(n(1), n(0), ms(9))), "what the file lists wins");
}

#[test]
fn nodes_are_dealt_to_zones_or_listed_and_their_distances_are_a_matrix() {
    let dealt = read(5, "zones = [\"a\", \"b\"]");
    let a = vec![n(0), n(2), n(4)];
    assert_eq!(dealt.zones(), [("a".to_owned(), a), ("b".to_owned(), vec![n(1), n(3)])]);
    assert_eq!(dealt.conditions(0, &Assumptions::default()).network.zones.of, [0, 1, 0, 1, 0]);
    let listed = "zones = { west = [\"n0\"], east = [\"n3\", \"n1\"], mid = [\"n2\"] }\n\
        [topology.zones]\nwithin = \"1ms\"\nbetween = \"50ms\"\n\
        latency.east.mid = \"20ms\"\nlatency.mid.east = \"30ms\"\nlatency.west.east = \"90ms\"\n\
        latency.mid.mid = \"2ms\"";
    let zones = network(4, listed).zones;
    assert_eq!(zones.of, [2, 0, 1, 0], "east, mid, west");
    let latency = |from, to| {
        let is_it = |pair: &&ZoneLatency| (pair.from, pair.to) == (from, to);
        zones.latency.iter().find(is_it).map(|pair| pair.latency)
    };
    let rows = [0, 1, 2].map(|from| [0, 1, 2].map(|to| latency(from, to)));
    let expected = [[1, 20, 90], [30, 2, 50], [90, 50, 1]];
    assert_eq!(rows, expected.map(|row| row.map(|millis| Some(ms(millis)))));
    let only = "zones = [\"a\", \"b\"]\n[topology.zones]\nlatency.a.b = \"9ms\"";
    assert_eq!(network(2, only).zones.latency.len(), 2, "the rest is as the network is");
    assert!(read(3, "").zones().is_empty());
}

#[test]
fn links_differ_in_latency_loss_and_bandwidth() {
    let network = network(
        3,
        "[network]\nbandwidth = { spacing = \"1ms\", queue = 8 }\n\
         links = [{ from = \"n0\", to = \"n1\", loss = \"5%\" },\
         { from = \"n1\", to = \"n0\", bandwidth = { spacing = \"2ms\", queue = 0 } }]",
    );
    let bandwidth = |millis, queue| Bandwidth { spacing: Duration::from_millis(millis), queue };
    assert_eq!(network.bandwidth, Some(bandwidth(1, 8)));
    let loss = Some(Ratio { numerator: 5, denominator: 100 });
    let links = [
        Link { loss, ..Link::new(n(0), n(1)) },
        Link { bandwidth: Some(bandwidth(2, 0)), ..Link::new(n(1), n(0)) },
    ];
    assert_eq!(network.links, links);
}

const DOT: &str = "graph {\n  n0 -- n1 -- n2 -- n3 -- n4 // a line\n}\n";

#[test]
fn a_graph_may_stand_in_a_file_beside_the_scenario() {
    let scenario = text(5, "[topology]\nshape = { dot = \"nets/line.dot\" }");
    let files = folder(&[("a/b.toml", &scenario), ("a/nets/line.dot", DOT)]);
    assert_eq!(obey(files.path(), "run a/b.toml --seed 3").exit, 0);
    let verified = obey(files.path(), "verify a/b.toml");
    assert_eq!(verified.exit, 0, "other processes get the graph too: {}", verified.err);
    let read = |dot: &str| {
        let source = Source::new("b.toml", &scenario).attach("nets/line.dot", Ok(dot.to_owned()));
        open(source).unwrap_or_else(|errors| panic!("{errors}"))
    };
    assert_eq!(
        read(DOT).conditions(0, &Assumptions::default()).network.topology,
        Topology::line(5)
    );
    let ring = DOT.replace("n4 ", "n4 -- n0");
    assert_ne!(read(DOT).digest(), read(&ring).digest(), "the graph is part of what is said");
    let inline = text(5, &format!("[topology]\nshape = {{ dot = '''\n{DOT}''' }}"));
    let inline = open(Source::new("c.toml", &inline)).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(inline.digest(), read(DOT).digest(), "wherever it stands");
}

#[test]
fn a_graph_that_is_not_there_is_an_error_at_its_name() {
    let scenario = text(5, "[topology]\nshape = { dot = \"none.dot\" }");
    let files = folder(&[("a.toml", &scenario)]);
    let came = obey(files.path(), "check a.toml");
    assert_eq!(came.exit, 2);
    assert!(came.err.contains("a.toml:8:17") && came.err.contains("`none.dot` cannot be read"));
    let came = obey_with(files.path(), "run -", &scenario);
    assert!(came.exit == 2 && came.err.contains("`none.dot` is not at hand here"), "{}", came.err);
    let broken = folder(&[("a.toml", &scenario), ("none.dot", "graph {\n n0 -> n1 }")]);
    let came = obey(broken.path(), "check a.toml");
    assert!(came.exit == 2 && came.err.contains("line 2 of the graph"), "{}", came.err);
}

/// What of a scenario makes it come out as it does, and what it is replaced by.
const UNDONE: &[(&str, &str, &str)] = &[
    ("raft_ring-direct", "routing = \"direct\"", "routing = \"shortest\""),
    ("raft_ring-routed", "routing = \"shortest\"", "routing = \"direct\""),
    ("raft_far-zones", "between = \"180ms..220ms\"", ""),
    ("raft_bufferbloat", "queue = 1000", "queue = 4"),
    ("raft_short-queue", "queue = 4", "queue = 1000"),
    ("bully_bridge", "n2 -- n3 // the bridge", "n2 -- n3; n1 -- n4"),
    (
        "bully_bridge",
        "shape = \"bridge-link\"",
        "groups = [[\"n0\", \"n1\", \"n2\", \"n3\", \"n4\", \"n5\"]]",
    ),
    ("bully_articulation-point", "who = \"articulation-point\"", "who = \"n1\""),
    ("bully_articulation-point", "n2 -- n3 --", "n2 -- n3; n1 -- n3 --"),
];

#[test]
fn what_a_topology_shows_it_does_not_show_without_what_does_it() {
    for (name, what, instead) in UNDONE {
        let path = format!("scenarios/election/{name}.toml");
        let text = std::fs::read_to_string(&path).expect("the scenario is shipped");
        let plain: String = text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
        let squeezed = plain.replace("  ", " ").replace("  ", " ").replace("  ", " ");
        assert!(squeezed.contains(what), "{path} says `{what}`");
        let other = squeezed.replace(what, instead);
        let wrong = |text: &str| {
            let opened = Catalog::builtin().open(Source::new(name, text));
            let experiment = opened.unwrap_or_else(|errors| panic!("{errors}"));
            let run = |seed| experiment.run(seed, &Options::default());
            let outcomes: Vec<_> = (0..40).map(run).collect();
            disappointments(&*experiment, &outcomes)
        };
        assert_eq!(wrong(&text), [""; 0], "{path}");
        assert_ne!(wrong(&other), [""; 0], "{path} without `{what}`");
    }
}
