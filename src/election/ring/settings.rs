//! Who stands, with which number, and which number is best.

use super::Contender;
use super::Stage;
use crate::algorithm::{Mutant, Roles};
use crate::assumption::Assumptions;
use crate::election::spec::Observation;
use crate::id::{Label, NodeId};
use crate::protocol::{Context, Protocol};
use serde::Deserialize;

const NUMBER: Label = Label::new("number");
const STANDS: Label = Label::new("stands");
/// Drawn numbers are below this, so that those of 16 servers seldom share their higher part.
const DRAWN_MAX: u64 = 0xffff;

/// Which of two numbers is the better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The largest wins, as in the papers.
    #[default]
    Largest,
    /// The smallest wins.
    Smallest,
}

impl Order {
    /// Whether the first number is better than the second.
    pub const fn beats(self, one: u64, other: u64) -> bool {
        match self {
            Order::Largest => one > other,
            Order::Smallest => one < other,
        }
    }
}

/// Where the nodes' numbers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Each node draws its own when it boots; its place, as the last part of it, makes it unique.
    /// A node that boots again has another.
    #[default]
    Drawn,
    /// 1 for n0, 2 for n1, and so on: sorted along the ring.
    Places,
    /// These, in the order of the nodes.
    Given(Vec<u64>),
}

/// Who stands for election when it boots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Initiators {
    /// Everybody.
    #[default]
    All,
    /// Each by the toss of a coin, and n0 in any case: without an initiator there is no election.
    Drawn,
    /// These: `{ nodes = ["n0", "n2"] }`.
    Nodes(Vec<String>),
}

/// What the section of either algorithm may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Which number wins.
    pub order: Order,
    /// Where the nodes' numbers come from. Sorted numbers are the best case of Chang-Roberts where
    /// the largest wins, and its worst where the smallest does.
    pub numbers: Numbers,
    /// Who stands for election when it boots: fewer candidates cost fewer messages.
    pub initiators: Initiators,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

/// The decisions that carry the promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// A candidate hands on no number that its own beats.
    pub stops_what_it_beats: bool,
    /// It wins when its OUT comes home, all round the ring, and not by an IN.
    pub wins_by_out_alone: bool,
    /// No two nodes have the same number.
    pub numbers_are_unique: bool,
}

impl Rules {
    /// As in the papers.
    pub const SOUND: Rules =
        Rules { stops_what_it_beats: true, wins_by_out_alone: true, numbers_are_unique: true };

    fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "hands-on-what-it-beats" => Some(Rules { stops_what_it_beats: false, ..Rules::SOUND }),
            "in-taken-for-out" => Some(Rules { wins_by_out_alone: false, ..Rules::SOUND }),
            "duplicate-numbers" => Some(Rules { numbers_are_unique: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

const DUPLICATE_NUMBERS: Mutant = Mutant {
    name: "duplicate-numbers",
    summary: "nodes draw from few numbers: a twin takes the other's number for its own",
    breaks: &["one-winner"],
    source: "Chang and Roberts 1979: that numbers are unique is assumed",
};

/// The known bugs of Chang-Roberts.
pub(super) const CHANG_ROBERTS_MUTANTS: &[Mutant] = &[
    Mutant {
        name: "hands-on-what-it-beats",
        summary: "a candidate hands on every number: one that should not may come home first",
        breaks: &["one-winner", "best-initiator-wins"],
        source: "Chang and Roberts 1979: a node passes on no number that its own beats",
    },
    DUPLICATE_NUMBERS,
];

/// The known bugs of Hirschberg-Sinclair. That a candidate hands on what it beats is none that
/// shows: who loses nearby gives up long before its number could have gone round.
pub(super) const HIRSCHBERG_SINCLAIR_MUTANTS: &[Mutant] = &[
    Mutant {
        name: "in-taken-for-out",
        summary: "whatever brings its number home makes it win: so does the best of three",
        breaks: &["one-winner", "best-initiator-wins"],
        source: "Hirschberg and Sinclair 1980: only an OUT that comes home has met everybody",
    },
    DUPLICATE_NUMBERS,
];

/// Settings that are complete and fit the ring.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) members: Vec<NodeId>,
    pub(super) order: Order,
    pub(super) rules: Rules,
    numbers: Numbers,
    initiators: Stand,
}

#[derive(Clone, Debug)]
enum Stand {
    All,
    Drawn,
    Nodes(Vec<NodeId>),
}

impl Config {
    /// Checks and completes the settings for the nodes of the role `servers`.
    pub(super) fn new(
        settings: Settings,
        roles: &Roles,
        mutants: &[Mutant],
    ) -> Result<Config, String> {
        let members = roles.nodes("servers").to_vec();
        if members.is_empty() {
            return Err("`servers` is 0: an election needs at least 1".to_owned());
        }
        if let Numbers::Given(numbers) = &settings.numbers {
            check_given(numbers, members.len())?;
        }
        let initiators = match &settings.initiators {
            Initiators::All => Stand::All,
            Initiators::Drawn => Stand::Drawn,
            Initiators::Nodes(names) => Stand::Nodes(named(names, &members)?),
        };
        let rules = rules_of(settings.mutant.as_deref(), mutants)?;
        if !rules.numbers_are_unique && settings.numbers != Numbers::Drawn {
            return Err("`mutant` is \"duplicate-numbers\": it draws them, so `numbers` must be \
                        \"drawn\" or be left out"
                .to_owned());
        }
        Ok(Config { members, order: settings.order, rules, numbers: settings.numbers, initiators })
    }

    /// A node that boots: with its number, and standing if it initiates.
    pub(super) fn contender<P>(&self, ctx: &mut Context<'_, P>) -> Contender
    where
        P: Protocol<Observation = Observation>,
    {
        let id = ctx.id();
        let size = self.members.len() as u64;
        let number = match &self.numbers {
            Numbers::Drawn if self.rules.numbers_are_unique => {
                ctx.draw(NUMBER, 1..=DRAWN_MAX) * size + u64::from(id.number())
            }
            Numbers::Drawn => ctx.draw(NUMBER, 1..=size),
            Numbers::Places => u64::from(id.number()) + 1,
            Numbers::Given(numbers) => numbers[id.index()],
        };
        let stands = match &self.initiators {
            Stand::All => true,
            Stand::Drawn => ctx.draw(STANDS, 0..=1) == 1 || id == self.members[0],
            Stand::Nodes(nodes) => nodes.contains(&id),
        };
        let mut contender = Contender { id, number, stage: Stage::Lost };
        if stands {
            contender.enter(Stage::Candidate, ctx);
        }
        contender
    }

    /// The next node on the ring.
    pub(super) fn successor(&self, node: NodeId) -> NodeId {
        self.members[(node.index() + 1) % self.members.len()]
    }

    /// The node before this one on the ring.
    pub(super) fn predecessor(&self, node: NodeId) -> NodeId {
        let size = self.members.len();
        self.members[(node.index() + size - 1) % size]
    }

    /// Whether there is nobody else to be asked.
    pub(super) fn is_alone(&self) -> bool {
        self.members.len() == 1
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            reliable_links: true,
            crash_stop: true,
            static_membership: true,
            ..Assumptions::default()
        }
    }
}

fn check_given(numbers: &[u64], servers: usize) -> Result<(), String> {
    let given = numbers.len();
    if given != servers {
        return Err(format!("`numbers` has {given} for {servers} servers: give each of them one"));
    }
    let twin = |at: &usize| numbers[..*at].contains(&numbers[*at]);
    match (0..given).find(twin) {
        Some(at) => Err(format!(
            "`numbers` has {} twice: a ring needs a number of its own for each node (the mutant \
             \"duplicate-numbers\" shows why)",
            numbers[at]
        )),
        None => Ok(()),
    }
}

fn named(names: &[String], members: &[NodeId]) -> Result<Vec<NodeId>, String> {
    if names.is_empty() {
        return Err("`initiators` names nobody: without one there is no election".to_owned());
    }
    let node = |name: &String| {
        let known = members.iter().find(|node| node.to_string() == *name);
        known.copied().ok_or_else(|| {
            let last = members.len() - 1;
            format!("`initiators` names \"{name}\": the servers are n0 to n{last}")
        })
    };
    names.iter().map(node).collect()
}

fn rules_of(mutant: Option<&str>, mutants: &[Mutant]) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(Rules::SOUND) };
    let is_own = mutants.iter().any(|mutant| mutant.name == name);
    Rules::of_mutant(name).filter(|_| is_own).ok_or_else(|| {
        let known: Vec<&str> = mutants.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}
