//! `[service]`: which of an algorithm's services is measured, and how it is asked.
//!
//! A service that shows in the state of the nodes needs no words. One that only answers shows is
//! asked by probes: commands that the seed times and aims (`service/probe`), each with a number of
//! its own.

use super::check::{Check, Scenario};
use super::draw::length;
use super::error::{Errors, Finding};
use super::file::instant;
use super::source::Placed;
use super::words::Who;
use super::workload::COMMANDS_MAX;
use crate::rng::Stream;
use crate::schedule::Recipient;
use crate::time::{Duration, SimTime};
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The time between probes if the file says nothing.
const EVERY: Duration = Duration::from_millis(100);
/// Their window if the file says nothing.
const WINDOW: Duration = Duration::from_millis(500);

/// How the algorithm's service is measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceEntry {
    /// The property of the service that is measured; the algorithm's first if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Placed<String>>,
    /// The time from one probe to the next; `"100ms"` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_every: Option<Placed<Span<Duration>>>,
    /// How soon a probe must be answered; `"500ms"` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Placed<Duration>>,
    /// Who is asked, as for a command; one of the last role if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Placed<Who>>,
    /// The probes of the run, instead of those that the seed would draw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probe: Vec<Placed<ProbeEntry>>,
}

/// One probe: when it is asked, and of whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProbeEntry {
    /// When.
    pub at: Placed<Duration>,
    /// Who is asked.
    pub to: Placed<Who>,
}

impl Check<'_> {
    pub fn service(&mut self) {
        let Some(service) = &self.file.service else { return };
        if self.taken.inside(&service.place()) {
            return;
        }
        if let Some(to) = &service.to {
            self.recipient(to);
        }
        for probe in &service.probe {
            self.recipient(&probe.to);
        }
        if let Some(window) = service.window.as_ref().filter(|window| window.as_nanos() == 0) {
            self.wrong(window.place(), "no time for an answer; make it longer");
        }
        let Some(every) = &service.probe_every else { return };
        match self.end.as_nanos().checked_div(every.min.as_nanos()) {
            None => {
                let problem = "probes without a distance; begin the range above zero";
                self.wrong(every.place(), problem);
            }
            Some(count) if count > COMMANDS_MAX && self.file.duration.is_some() => {
                let problem = format!("up to {count} probes; {COMMANDS_MAX} are the most");
                self.wrong(every.place(), problem);
            }
            Some(_) => {}
        }
    }
}

impl Scenario {
    /// Which of these services is measured, the most important first, `true` where it has probes.
    ///
    /// # Errors
    /// If the file names one that is not there, or asks by probes where nobody could answer.
    pub fn measured(&self, services: &[(&str, bool)]) -> Result<usize, Errors> {
        let Some(entry) = &self.file.service else { return Ok(0) };
        let wrong = |finding| Err(Errors::new(self.source.clone(), vec![finding]));
        if services.is_empty() {
            let problem = format!("{} has no service that could be measured", self.algorithm());
            return wrong(Finding::new(entry.place(), problem).help("leave `[service]` out"));
        }
        let mut place = 0;
        if let Some(name) = &entry.measure {
            let known: Vec<&str> = services.iter().map(|(property, _)| *property).collect();
            match known.iter().position(|property| *property == name.as_str()) {
                Some(found) => place = found,
                None => {
                    let problem = format!("`{}` is not a property of {}", **name, self.algorithm());
                    return wrong(Finding::new(name.place(), problem).suggest(name, &known));
                }
            }
        }
        let stray = entry.probe_every.as_ref().map(Placed::place);
        let stray = stray.or(entry.window.as_ref().map(Placed::place));
        let stray = stray.or(entry.probe.first().map(Placed::place));
        match (stray.or(entry.to.as_ref().map(Placed::place)), services[place]) {
            (Some(stray), (property, false)) => {
                let problem =
                    format!("{property} shows in the state of the nodes: nobody is asked");
                wrong(Finding::new(stray, problem).help("leave this out"))
            }
            _ => Ok(place),
        }
    }

    /// When each probe of a run up to this end is asked, and of whom.
    pub fn probes(&self, seed: u64, end: SimTime) -> Vec<(SimTime, Recipient)> {
        let seed = self.seed(seed);
        let entry = self.file.service.as_deref();
        let every = entry.and_then(|entry| entry.probe_every.as_deref().copied());
        let every = every.unwrap_or(Span::only(EVERY));
        let asked = match entry.and_then(|entry| entry.to.as_deref()) {
            Some(to) => self.asked(to),
            None => {
                let last = self.groups.last().map_or("", |(role, _)| role);
                self.asked(&Who::Role(last.to_owned()))
            }
        };
        let mut luck = Stream::new(seed, "service/probe");
        let mut probes = Vec::new();
        let mut at = instant(length(&mut luck, every));
        while at <= end && (probes.len() as u64) < COMMANDS_MAX {
            probes.push((at, asked.draw(&mut luck)));
            at += length(&mut luck, every);
        }
        let listed = entry.map_or(&[][..], |entry| &entry.probe);
        if !listed.is_empty() {
            // A run that goes on for longer draws the rest.
            probes.retain(|(at, _)| *at > self.end());
            let mut luck = Stream::new(seed, "service/listed");
            let one = |probe: &Placed<ProbeEntry>| {
                (instant(*probe.at), self.asked(&probe.to).draw(&mut luck))
            };
            probes.extend(listed.iter().map(one));
            probes.sort_by_key(|(at, _)| *at);
        }
        probes
    }

    /// How soon a probe must be answered.
    pub fn window(&self) -> Duration {
        let entry = self.file.service.as_deref();
        entry.and_then(|entry| entry.window.as_deref().copied()).unwrap_or(WINDOW)
    }
}
