//! The base of a contract: a calm scenario, measured once, to which one kind of fault is added.
//!
//! What a file says of faults, of the heal and of its outcome is left out: only the world, the
//! nodes, the settings and the workload count, and for how long a service must be there to be back.

use super::axis::Axis;
use crate::assumption::{Assumption, Assumptions, Requirement};
use crate::calibration::Calibration;
use crate::catalog::{Catalog, Experiment};
use crate::scenario::{Errors, Source};
use crate::time::Duration;
use toml::{Table, Value};

/// A storm lasts at least so many times the algorithm's patience, so that there is time for
/// several faults and for getting over each.
const STORM: u64 = 16;
/// How many times its patience an algorithm may take to be back after the storm.
const RECOVERY: u64 = 32;
/// What a base does not keep of the file that it is made of.
const DROPPED: [&str; 9] = [
    "fault",
    "nemesis",
    "heal",
    "expect",
    "exceed",
    "residual",
    "seeds",
    "calibration",
    "override",
];

/// Why there is no base.
#[derive(Debug)]
pub enum NoBase {
    /// The file has errors.
    Errors(Errors),
    /// A sentence says why it is no base.
    Unfit(String),
}

impl From<Errors> for NoBase {
    fn from(errors: Errors) -> Self {
        NoBase::Errors(errors)
    }
}

/// A calm scenario, and what is known of its algorithm.
#[derive(Clone, Debug)]
pub struct Base {
    /// The algorithm, and behind it which of its calm scenarios this is, if it has several.
    pub label: String,
    /// What its safety rests on.
    pub assumes: Assumptions,
    /// What its progress needs.
    pub requires: Requirement,
    /// How fast it is.
    pub calibration: Calibration,
    /// The service whose return is looked for, in a few words; `None` if it has none.
    pub service: Option<&'static str>,
    /// The roles and how many nodes play each, in the order in which nodes are dealt.
    pub roles: Vec<(String, u32)>,
    /// How long a storm lasts.
    pub storm: Duration,
    table: Table,
    required: Option<Value>,
    /// For how long without a break the service has to be there to be back, if the file says so.
    steady: Option<Value>,
}

impl Base {
    /// Measures a calm scenario.
    ///
    /// # Errors
    /// If it is no scenario, if its algorithm panics in it, or if it breaks by itself what the
    /// algorithm assumes.
    pub fn measure(catalog: &Catalog, source: Source) -> Result<Base, NoBase> {
        let name = source.name().to_owned();
        let opened = catalog.open(source)?;
        let mut table = parsed(&opened.scenario().source().whole());
        let steady = table.get("heal").and_then(|heal| heal.get("steady")).cloned();
        DROPPED.iter().for_each(|key| drop(table.remove(*key)));
        let required = table.remove("require");
        if table.contains_key("profile") {
            // The world of the profile, and none of its storm.
            table.insert("nemesis".to_owned(), parsed("profile = \"calm\"").into());
        }
        let asked = with(&table, "[nemesis]\nswarm = false\ncrash = {}\n");
        let asked = catalog.open(Source::new(&name, &asked.to_string()))?;
        let calm = asked.calm().cloned();
        if let Some(panic) = calm.as_ref().and_then(|calm| calm.panic.as_ref()) {
            let sentence = format!("{name} panics without any fault: {panic}");
            return Err(NoBase::Unfit(sentence));
        }
        let calibration = calm.map_or_else(Calibration::default, |calm| calm.calibration);
        let least = calibration.patience().saturating_mul(STORM);
        let written = table.get("duration").and_then(Value::as_str);
        let written = written.and_then(|text| text.parse().ok()).unwrap_or(Duration::ZERO);
        Ok(Base {
            label: opened.scenario().algorithm().to_owned(),
            assumes: opened.assumes(),
            requires: opened.requires(),
            calibration,
            service: opened.service(),
            roles: roles(&*opened, catalog),
            storm: least.max(written),
            table,
            required,
            steady,
        })
    }

    /// The same under another label.
    #[must_use]
    pub fn labelled(self, label: &str) -> Base {
        Base { label: label.to_owned(), ..self }
    }

    /// Its label as a part of a file's name.
    pub fn file_name(&self) -> String {
        self.label.replace(' ', "_")
    }

    /// How many nodes there are of the first role: those of which progress asks something.
    pub(super) fn members(&self) -> u32 {
        self.roles.first().map_or(0, |(_, count)| *count)
    }

    /// How many nodes there are in all.
    pub(super) fn nodes(&self) -> u32 {
        self.roles.iter().map(|(_, count)| count).sum()
    }

    /// The scenario in which nothing goes wrong, with all that it requires to happen.
    pub fn calm(&self) -> String {
        let mut table = self.table.clone();
        table.insert("name".to_owned(), self.name("calm").into());
        table.extend(self.required.clone().map(|required| ("require".to_owned(), required)));
        format!("# {} where nothing goes wrong.\n{table}", self.label)
    }

    /// The scenario of a row; `None` if it says nothing of this algorithm.
    pub fn scenario(&self, axis: &Axis) -> Option<String> {
        let heal = match self.service {
            Some(_) => {
                let within = self.calibration.patience().saturating_mul(RECOVERY);
                let steady = self.steady.as_ref().map(|steady| format!("steady = {steady}\n"));
                let steady = steady.unwrap_or_default();
                format!("[heal]\nwithin = \"{within}\"\n{steady}{}", axis.heal(self)?)
            }
            None if axis.is_lasting() => return None,
            None => String::new(),
        };
        let storm = axis.storm(self)?;
        Some(self.stormy(axis.name, axis.meaning, &format!("{storm}\n{heal}")))
    }

    /// The scenario in which a fault has this size; only safety is looked at.
    pub fn sized(&self, axis: &Axis, size: u64) -> Option<String> {
        let sized = axis.size.as_ref()?;
        Some(self.stormy(axis.name, axis.meaning, &(sized.storm)(self, size)))
    }

    fn stormy(&self, name: &str, meaning: &str, storm: &str) -> String {
        let mut table = with(&self.table, storm);
        table.insert("name".to_owned(), self.name(name).into());
        table.insert("duration".to_owned(), self.storm.to_string().into());
        let exceed: Vec<Value> = self.assumed().iter().map(|a| a.word().into()).collect();
        table.insert("exceed".to_owned(), exceed.into());
        let Calibration { timers, round_trip, service } = self.calibration;
        let mut speed = parsed(&format!("timers = \"{timers}\"\nround-trip = \"{round_trip}\""));
        speed.extend(service.map(|after| ("service".to_owned(), after.to_string().into())));
        table.insert("calibration".to_owned(), speed.into());
        format!("# {} under one kind of fault: {meaning}.\n{table}", self.label)
    }

    /// What it assumes, each by itself.
    pub fn assumed(&self) -> Vec<Assumption> {
        let all = Assumption::WORDS.iter().map(|(assumption, _)| *assumption);
        all.filter(|assumption| self.assumes.include(*assumption)).collect()
    }

    fn name(&self, what: &str) -> String {
        let name = format!("contract/{}_{what}", self.file_name());
        name.chars().take(64).collect()
    }
}

fn roles(opened: &dyn Experiment, catalog: &Catalog) -> Vec<(String, u32)> {
    let scenario = opened.scenario();
    let entry = catalog.find(scenario.algorithm());
    let names = entry.map(|entry| entry.vocabulary.roles.clone()).unwrap_or_default();
    let dealt = scenario.roles();
    let counted = |role: String| {
        let count = dealt.nodes(&role).len() as u32;
        (role, count)
    };
    names.into_iter().map(counted).filter(|(_, count)| *count > 0).collect()
}

fn parsed(text: &str) -> Table {
    text.parse().expect("a checked scenario and a row of the contract are TOML")
}

/// A table completed by a piece of a scenario; what stands in both is a table and is joined, in
/// which the piece wins.
fn with(table: &Table, piece: &str) -> Table {
    let mut whole = table.clone();
    for (key, value) in parsed(piece) {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(own)), Value::Table(added)) => own.extend(added),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
    whole
}
