//! The story of one run, for people: what the storm did, how the service fared, what broke, who
//! saw it, and the command that shows it again.

use super::aim::{aimed, names, whom, withheld};
use super::standstill;
use super::tame::terminal;
use super::why::Why;
use crate::conditions::{InFlight, Latency};
use crate::fault::{
    Action, CutKind, DiskFate, Fault, FaultReport, Filter, Harm, Manner, Severed, Target, Unfired,
};
use crate::id::NodeId;
use crate::metric::Gauge;
use crate::observe::{Figures, Outcome, Row, Scene, Step, Verdict};
use crate::scenario::Scenario;
use crate::time::{Duration, SimTime};
use crate::topology::Cut;
use crate::units::SignedLength;
use anstyle::{AnsiColor, Style};
use std::fmt;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBT: Style = AnsiColor::Yellow.on_default().bold();
const TITLE: Style = Style::new().bold();

/// How many faults are told one by one.
const FAULTS_MAX: usize = 40;
/// The width of the text, in characters.
const WIDTH: usize = 98;

/// All that the story of a run is told from. It prints with styles; strip them where nobody reads
/// them.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The faults as they were planned.
    pub faults: &'a [Fault],
    /// The calm run by which the storm is scaled, in a sentence, where there is one.
    pub calm: Option<&'a str>,
    /// The families of faults that this seed has, as they would stand in `[nemesis]`.
    pub drawn: &'a [String],
    /// The load of the run, as lines of `[load]`.
    pub load: &'a [String],
    /// The words of the family.
    pub words: &'a [&'static str],
    /// What is counted of it.
    pub gauges: &'a [Gauge],
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The service in a few words.
    pub service: Option<&'a str>,
    /// What the violated invariant says.
    pub says: Option<&'a str>,
    /// The last records before a run that broke off: a panic, or a budget that was used up.
    pub last: &'a [Row],
    /// How a run without progress left the world.
    pub scene: Option<&'a Scene>,
    /// What a violation depends on.
    pub why: &'a [Step],
    /// The command that shows it again.
    pub again: &'a str,
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scenario, outcome) = (self.scenario, self.outcome);
        let nodes = scenario.roles().size();
        writeln!(f, "{TITLE}{}{TITLE:#}, seed {}", scenario.name(), outcome.seed)?;
        let algorithm = scenario.algorithm();
        let digest = match outcome.trace {
            Some(digest) => format!("digest of the run {digest:016x}"),
            None => "without a digest".to_owned(),
        };
        writeln!(f, "  {algorithm}, {nodes} nodes; {digest}")?;
        self.nemesis(f)?;
        self.storm(f)?;
        self.figures(f)?;
        self.verdict(f)?;
        if outcome.verdict != Verdict::Pass {
            writeln!(f, "{}", self.again)?;
        }
        Ok(())
    }
}

impl Story<'_> {
    fn nemesis(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(calm) = self.calm {
            wrapped(f, "  ", calm)?;
        }
        if !self.drawn.is_empty() {
            writeln!(f, "  the nemesis of this seed, as `[nemesis]` would pin it")?;
        }
        self.drawn.iter().try_for_each(|family| writeln!(f, "    {family}"))?;
        if !self.load.is_empty() {
            writeln!(f, "  the load of this seed, as `[load]` would pin it")?;
        }
        self.load.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }

    fn storm(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reports: Vec<&FaultReport> = self.outcome.faults.iter().collect();
        reports.sort_by_key(|report| struck_at(report));
        if reports.is_empty() {
            return writeln!(f, "  no faults");
        }
        let is = |why| move |report: &&FaultReport| report.unfired == Some(why);
        let (ahead, reports): (Vec<_>, Vec<_>) = reports.into_iter().partition(is(Unfired::Ahead));
        let (gated, told): (Vec<_>, Vec<_>) = reports.into_iter().partition(is(Unfired::NoService));
        writeln!(f, "  what the storm did")?;
        for report in told.iter().take(FAULTS_MAX) {
            self.fault(f, report)?;
        }
        if told.len() > FAULTS_MAX {
            writeln!(f, "    and {} more", told.len() - FAULTS_MAX)?;
        }
        if !ahead.is_empty() {
            writeln!(f, "    {} more lay ahead when the run was over", ahead.len())?;
        }
        if !gated.is_empty() {
            writeln!(f, "    {} more waited for the service to be there again", gated.len())?;
        }
        Ok(())
    }

    fn plan(&self, report: &FaultReport) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.id == report.id)
    }

    fn fault(&self, f: &mut fmt::Formatter<'_>, report: &FaultReport) -> fmt::Result {
        let plan = self.plan(report);
        let (what, aim) = match plan {
            Some(fault) => (describe(&fault.action), aimed(&fault.who, &fault.action)),
            None => (report.family.to_owned(), String::new()),
        };
        let Some(struck) = &report.struck else {
            let why = report.unfired.map_or_else(String::new, |why| withheld(why, plan));
            return writeln!(f, "    {:>14}  {what}{aim} {DOUBT}never struck{DOUBT:#}{why}", "-");
        };
        let whom = match (aim.is_empty(), struck.nodes.is_empty()) {
            (true, _) => String::new(),
            (false, true) => aim,
            (false, false) => format!(" {}", names(&struck.nodes)),
        };
        let until = match report.ended {
            Some(ended) => format!(" for {}", ended.since(struck.at)),
            None => String::new(),
        };
        let effects = match report.effects {
            0 => format!("{DOUBT}without effect{DOUBT:#}"),
            effects => format!("{effects} {}", effect_word(report.family, effects)),
        };
        let at = struck.at.to_string();
        writeln!(f, "    {at:>14}  {what}{whom}{until}: {effects}")
    }

    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        let counts = &outcome.counts;
        writeln!(
            f,
            "  {} of true time, {} events; {} messages sent, {} delivered, {} lost, {} cut",
            outcome.ended_at, counts.events, counts.sent, counts.delivered, counts.lost, counts.cut
        )?;
        if counts.commanded + counts.unheard > 0 {
            let (heard, unheard) = (counts.commanded, counts.unheard);
            writeln!(f, "  {heard} commands given, {unheard} that nobody was there to hear")?;
        }
        let (answered, given_up) = (counts.answered, counts.given_up);
        if answered + given_up > 0 {
            writeln!(f, "  {answered} of them answered, {given_up} waited for in vain")?;
        }
        let seen = self.words.iter().zip(&outcome.words).filter(|(_, n)| **n > 0);
        let seen: Vec<String> = seen.map(|(word, n)| format!("{word} {n}")).collect();
        if !seen.is_empty() {
            wrapped(f, "  observed: ", &seen.join(", "))?;
        }
        let told = self.gauges.iter().zip(&outcome.metrics);
        let told: Vec<String> = told.filter_map(|(gauge, value)| counted(gauge, *value)).collect();
        if !told.is_empty() {
            wrapped(f, "  counted: ", &told.join(", "))?;
        }
        match (&outcome.service, self.service) {
            (Some(figures), Some(name)) => service(f, name, figures, outcome.length()),
            _ => Ok(()),
        }
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        let end = outcome.ended_at;
        match &outcome.verdict {
            Verdict::Pass if outcome.is_vacuous() => writeln!(
                f,
                "  {DOUBT}vacuous{DOUBT:#}: it never came to {}",
                outcome.missing.join(", ")
            ),
            Verdict::Pass if outcome.has_said_nothing() => writeln!(
                f,
                "  {DOUBT}vacuous{DOUBT:#}: no node said or heard anything, so nothing was judged"
            ),
            Verdict::Pass if outcome.is_excused() => {
                writeln!(f, "  {GOOD}pass{GOOD:#}, {DOUBT}excused{DOUBT:#}")?;
                self.standstill(f)
            }
            Verdict::Pass => writeln!(f, "  {GOOD}pass{GOOD:#}"),
            Verdict::Violation(violation) => {
                let outside: Vec<&str> = outcome.outside.iter().map(|one| one.word()).collect();
                let outside = match outside.is_empty() {
                    true => String::new(),
                    false => format!(", outside({})", outside.join(", ")),
                };
                let name = violation.invariant;
                writeln!(f, "  {BAD}violation{BAD:#} of {name} at {end}{outside}")?;
                wrapped(f, "    ", &violation.message)?;
                if let Some(says) = self.says {
                    wrapped(f, "    It says: ", says)?;
                }
                for witness in &violation.witnesses {
                    let head = format!("{:>14}  {} ", witness.at.to_string(), witness.node);
                    let what = format!("{} (event {})", witness.what, witness.event);
                    wrapped(f, &format!("    {head}"), &what)?;
                }
                write!(f, "{}", Why(self.why))?;
                self.in_force(f)
            }
            Verdict::Stall { property } => {
                let within = self.scenario.recovery_bound();
                let within = within.map_or_else(String::new, |w| format!(" within {w} after heal"));
                writeln!(f, "  {BAD}stall{BAD:#}: no {property}{within}")?;
                self.standstill(f)
            }
            Verdict::Inconclusive { budget } => {
                let word = "inconclusive";
                writeln!(
                    f,
                    "  {DOUBT}{word}{DOUBT:#}: the budget of {budget} was used up at {end}"
                )?;
                wrapped(f, "    ", cure(budget))?;
                self.last_records(f)
            }
            Verdict::Panic { message } => {
                writeln!(f, "  {BAD}panic{BAD:#} of the algorithm at {end}")?;
                wrapped(f, "    ", message)?;
                self.last_records(f)
            }
        }
    }

    /// A service that did not come back: of a stall, or of a run that is excused.
    fn standstill(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(late) = &self.outcome.standstill {
            let bound = self.scenario.recovery_bound().unwrap_or_default();
            let steady = self.scenario.steady();
            let text = format!(
                "{} was not back within {bound} after the heal, for {steady} without a break.",
                late.property
            );
            wrapped(f, "    ", &text)?;
            standstill::tell(f, late, bound)?;
        }
        self.in_force(f)?;
        self.scene.map_or(Ok(()), |scene| standstill::tell_scene(f, scene))
    }

    fn last_records(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.last.is_empty() {
            writeln!(f, "  the last records:")?;
        }
        self.last.iter().try_for_each(|row| writeln!(f, "  {}", plain_row(row)))
    }

    fn in_force(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.outcome.ended_at;
        let forces = self.outcome.faults.iter().filter(|report| {
            let has_struck = report.struck.as_ref().is_some_and(|struck| struck.at <= end);
            has_struck && report.ended.is_none_or(|ended| ended > end)
        });
        let told: Vec<String> = forces
            .filter_map(|report| {
                let fault = self.plan(report)?;
                let struck = report.struck.as_ref()?;
                let whom = match aimed(&fault.who, &fault.action).is_empty() {
                    true => String::new(),
                    false => format!(" {}", names(&struck.nodes)),
                };
                Some(format!("{}{whom}", describe(&fault.action)))
            })
            .collect();
        match told.is_empty() {
            true => writeln!(f, "    No fault was in force then."),
            false => wrapped(f, "    In force then: ", &told.join("; ")),
        }
    }
}

fn struck_at(report: &FaultReport) -> SimTime {
    report.struck.as_ref().map_or(SimTime::MAX, |struck| struck.at)
}

/// What a fault does, in a few words.
pub fn describe(action: &Action) -> String {
    match action {
        Action::Crash { after_effect, disk } => format!("crash{}", death(*after_effect, *disk)),
        Action::CrashLoop { after_effect, disk, ups } => {
            format!("{} crashes in a row{}", ups.len() + 1, death(*after_effect, *disk))
        }
        Action::Death { after_effect, disk } => {
            format!("crash for good{}", death(*after_effect, *disk))
        }
        Action::Stall { after_effect } => format!("stall after {after_effect} effects"),
        Action::Slow { step } => format!("slow steps of {}", length(*step)),
        Action::Spread { action, .. } => format!("one after another: {}", describe(action)),
        Action::Pause => "pause".to_owned(),
        Action::Partition(cut) => between(cut),
        Action::Isolate => "isolation of".to_owned(),
        Action::Mute { sends, hears } => beside(*sends, *hears).to_owned(),
        Action::Loss(chance) => format!("loss of {chance}"),
        Action::Drift(rate) => format!("drift of {rate}"),
        Action::Jump(by) => format!("wall clock jump of {}", SignedLength(*by)),
        Action::Sever { links, manner } => {
            let links = match links {
                Severed::Between(cut) => between(cut),
                Severed::Around => "isolation of".to_owned(),
                Severed::By { sends, hears } => beside(*sends, *hears).to_owned(),
            };
            format!("{}{links}", in_manner(manner))
        }
        Action::Messages { filter, harm } => harmed(filter, *harm),
        Action::Wander(changes) => {
            let rates = changes.iter().map(|change| change.rate);
            let (least, most) = (rates.clone().min(), rates.max());
            let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
            format!("drift of {least} to {most} in {} rates", changes.len())
        }
        Action::SlewedJump { by, slew } => {
            format!("wall clock jump of {} undone at {slew}", SignedLength(*by))
        }
        Action::Strobe { by, every } => {
            format!("strobe of {} every {every}", SignedLength(*by))
        }
        Action::Suspend => "suspension".to_owned(),
        Action::Freeze => "frozen monotonic clock".to_owned(),
        Action::SlowDisk(latency) => format!("slow disk ({})", length(*latency)),
        Action::FailingDisk(chance) => format!("disk that fails {chance} of syncs"),
        Action::LyingDisk => "lying disk".to_owned(),
        Action::StalledDisk => "stalled disk".to_owned(),
        Action::FullDisk => "full disk".to_owned(),
    }
}

fn between(cut: &Cut) -> String {
    let groups = |groups: &[Vec<NodeId>], mark: &str| {
        let groups: Vec<String> = groups.iter().map(|group| names(group)).collect();
        groups.join(mark)
    };
    match cut {
        Cut::Groups(nodes) => format!("partition {}", groups(nodes, " | ")),
        Cut::OneWay { from, to } => format!("one-way cut {} -> {}", names(from), names(to)),
        Cut::Downhill(nodes) => format!("one-way cut {}", groups(nodes, " -> ")),
        Cut::BridgeLink { .. } => "one of the bridges".to_owned(),
        Cut::Grudge { chance, one_way: true, .. } => format!("one-way grudge of {chance} of links"),
        Cut::Grudge { chance, one_way: false, .. } => format!("grudge of {chance} of links"),
    }
}

const fn beside(sends: bool, hears: bool) -> &'static str {
    match (sends, hears) {
        (true, true) => "mute both ways",
        (_, false) => "mute what is sent by",
        (false, true) => "mute what is sent to",
    }
}

/// How a cut cuts, in words that stand before which links.
fn in_manner(manner: &Manner) -> String {
    let flapping = if manner.flap.is_empty() { "" } else { "flapping " };
    let kind = match manner.kind {
        CutKind::Drop => String::new(),
        CutKind::Hold => "holding ".to_owned(),
        CutKind::Slow(by) => format!("slow ({} longer) ", length(by)),
    };
    let in_flight = match manner.in_flight {
        None => "",
        Some(InFlight::Drop) => "(what is on the way is lost) ",
        Some(InFlight::Deliver) => "(what is on the way arrives) ",
        Some(InFlight::Hold) => "(what is on the way waits) ",
    };
    format!("{flapping}{kind}{in_flight}")
}

/// What becomes of which messages, in words that stand before whose they are.
fn harmed(filter: &Filter, harm: Harm) -> String {
    let what = match harm {
        Harm::Lose => "loss".to_owned(),
        Harm::Duplicate => "duplication".to_owned(),
        Harm::Corrupt => "corruption".to_owned(),
        Harm::Delay(by) => format!("delay by {}", length(by)),
        Harm::Reorder(by) => format!("reordering by {}", length(by)),
        Harm::Hold => "holding".to_owned(),
        Harm::Throttle { spacing, queue } => {
            format!("throttle to one each {spacing} with a queue of {queue}")
        }
        Harm::Forge => "forgery".to_owned(),
        Harm::Misdeliver => "misdelivery".to_owned(),
        Harm::Replay(by) => format!("replay {} later", length(by)),
    };
    let count = match (filter.first, filter.last) {
        (1, None) => String::new(),
        (first, None) => format!(" from number {first} on"),
        (first, Some(last)) if first == last => format!(" number {first}"),
        (first, Some(last)) => format!(" numbers {first} to {last}"),
    };
    let words = match filter.words.is_empty() {
        true => "messages".to_owned(),
        false => filter.words.join(", "),
    };
    let to = match &filter.to {
        Target::All => String::new(),
        to => format!(" to {}", whom(to)),
    };
    let chance = match filter.chance.numerator == filter.chance.denominator {
        true => String::new(),
        false => format!("{} of ", filter.chance),
    };
    format!("{what} of {chance}{words}{count}{to}")
}

fn length(latency: Latency) -> String {
    match latency {
        Latency::Constant(length) => length.to_string(),
        Latency::Uniform { min, max } | Latency::LogUniform { min, max } if min == max => {
            min.to_string()
        }
        Latency::Uniform { min, max } => format!("{min}..{max}"),
        Latency::LogUniform { min, max } => format!("{min}..{max} log"),
        Latency::Exponential { mean, .. } => format!("about {mean}"),
        Latency::LogNormal { median, .. } => format!("about {median}"),
    }
}

fn death(after_effect: Option<u32>, disk: DiskFate) -> String {
    let after = after_effect.map_or_else(String::new, |n| format!(" after {n} effects"));
    let disk = match disk {
        DiskFate::Synced => "",
        DiskFate::Amnesia => " and disk loss",
        DiskFate::Prefix => " that keeps the oldest unsynced writes",
        DiskFate::Subset => " that keeps some unsynced writes",
        DiskFate::Torn => " that tears a write",
    };
    format!("{after}{disk}")
}

fn effect_word(family: &str, effects: u64) -> &'static str {
    match (family, effects) {
        ("stall" | "slow", _) => "delayed",
        ("spread", 1) => "node",
        ("spread", _) => "nodes",
        ("partition" | "cut" | "loss" | "hold", 1) => "message kept back",
        ("partition" | "cut" | "loss" | "hold", _) => "messages kept back",
        ("duplication" | "corruption" | "delay" | "reorder" | "throttle", 1) => "message",
        ("duplication" | "corruption" | "delay" | "reorder" | "throttle", _) => "messages",
        ("drift" | "freeze", 1) => "timer bent or reading",
        ("drift" | "freeze", _) => "timers bent and readings",
        ("jump" | "strobe", 1) => "reading",
        ("jump" | "strobe", _) => "readings",
        ("slow-disk" | "failing-disk" | "stalled-disk" | "full-disk", 1) => "sync",
        ("slow-disk" | "failing-disk" | "stalled-disk" | "full-disk", _) => "syncs",
        ("lying-disk", 1) => "saved write lost",
        ("lying-disk", _) => "saved writes lost",
        (_, 1) => "effect",
        (_, _) => "effects",
    }
}

/// A metric that has something to tell: `overlap 1.2s`, `leader-changes 3`.
fn counted(gauge: &Gauge, value: Option<u64>) -> Option<String> {
    let value = value.filter(|value| *value > 0)?;
    Some(match gauge.name.strip_suffix("-ns") {
        Some(name) => format!("{name} {}", Duration::from_nanos(value)),
        None => format!("{} {value}", gauge.name),
    })
}

fn service(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    figures: &Figures,
    length: Duration,
) -> fmt::Result {
    let ppm = figures.availability_ppm(length);
    let mut told = format!("there {}.{:04} % of the time", ppm / 10_000, ppm % 10_000);
    match figures.first {
        Some(first) => told += &format!(", first after {first}"),
        None => told += ", never once",
    }
    match (figures.failovers.len(), figures.failovers.iter().max()) {
        (0, _) | (_, None) => {}
        (1, Some(longest)) => told += &format!(", one failover of {longest}"),
        (n, Some(longest)) => {
            let median = figures.failover_percentile(50).unwrap_or_default();
            told += &format!(", {n} failovers (median {median}, longest {longest})");
        }
    }
    if let Some(recovery) = figures.recovery() {
        told += &format!(", {recovery} after heal");
    }
    wrapped(f, &format!("  {name}: "), &told)
}

/// Writes a text behind a head, folded at words, the folds as far in as the head.
pub(super) fn wrapped(f: &mut fmt::Formatter<'_>, head: &str, text: &str) -> fmt::Result {
    let text = terminal(text);
    let indent = head.chars().count().min(20);
    let mut line = head.to_owned();
    let mut is_fresh = true;
    for word in text.split(' ') {
        let is_full = line.chars().count() + 1 + word.chars().count() > WIDTH;
        if is_full && !is_fresh {
            writeln!(f, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line += word;
        is_fresh = false;
    }
    writeln!(f, "{}", line.trim_end())
}

/// A record of a trace as a line.
pub fn plain_row(row: &Row) -> String {
    let peer = row.peer.map_or_else(String::new, |peer| peer.to_string());
    let line = format!(
        "{:>8} {:>14}  {:<4} {:<9} {:<4} {} {}",
        row.event,
        row.at.to_string(),
        row.node.to_string(),
        row.kind,
        peer,
        row.word,
        row.detail
    );
    terminal(line.trim_end()).into_owned()
}

/// What a budget is of, and where it is written.
fn cure(budget: &str) -> &'static str {
    match budget {
        "pending" => {
            "More events were waiting at once than `pending` under `[budget]` allows (1,000,000 if \
             it is left out): timers that are set faster than they run off, or everybody telling \
             everybody, which grows with the square of the nodes."
        }
        "instant" => {
            "More events happened at one instant than `instant` under `[budget]` allows (100,000 \
             if it is left out): a loop that takes no time."
        }
        _ => {
            "More events happened than `events` under `[budget]` allows (10,000,000 if it is left \
             out): a long run or a large one needs more, a timer of next to nothing never has \
             enough."
        }
    }
}
