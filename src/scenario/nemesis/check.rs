//! Checks of the nemesis: its families can strike, and not so often that nobody could run it.
//!
//! What is pinned is read again as part of the fault that it pins, completed by words that are
//! drawn for the check alone, so that an error points at what the file says.

use super::drawn::{Draw, Scale, Word};
use super::families::{FAMILIES, Family};
use super::{is_ousted, text};
use crate::rng::Stream;
use crate::scenario::check::Check;
use crate::scenario::error::Finding;
use crate::scenario::fault::FaultKind;
use crate::scenario::faults::{FAULTS_MAX, LOOKS_MAX};
use crate::scenario::read;
use crate::scenario::source::{Placed, Source};
use crate::time::Duration;
use crate::units::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads an entry from a tree, with all that is wrong in it.
pub(super) type Review =
    fn(Spanned<DeTable<'_>>, usize) -> (Option<Box<dyn FaultKind>>, Vec<Finding>);

pub(super) fn review<K: FaultKind + DeserializeOwned + 'static>(
    tree: Spanned<DeTable<'_>>,
    rounds: usize,
) -> (Option<Box<dyn FaultKind>>, Vec<Finding>) {
    let (kind, findings, _) = read::read::<K>(tree, rounds);
    (kind.map(|kind| Box::new(kind) as Box<dyn FaultKind>), findings)
}

/// Takes the table at the end of a path out of a tree.
fn take<'a>(table: &mut DeTable<'a>, path: &[&str]) -> Option<DeTable<'a>> {
    let (first, rest) = path.split_first()?;
    match table.get_mut(*first)?.get_mut() {
        DeValue::Table(inner) if rest.is_empty() => Some(std::mem::take(inner)),
        DeValue::Table(inner) => take(inner, rest),
        _ => None,
    }
}

/// When the strikes of a family come.
#[derive(Deserialize)]
struct Rhythm {
    every: Placed<Span<Duration>>,
}

impl Check<'_> {
    pub fn nemesis(&mut self, source: &Source) {
        let Some(nemesis) = &self.file.nemesis else { return };
        for family in FAMILIES {
            let is_written = nemesis.pinned(family.name).is_some();
            if is_written && !nemesis.is_of_profile(family.name) {
                let place = nemesis.place_of(family.name);
                self.family(family, place, &["nemesis", family.name], source);
            }
        }
        let Some(progress) = &nemesis.progress else { return };
        for family in FAMILIES.iter().filter(|family| progress.pinned(family.name).is_some()) {
            let place = progress.place_of(family.name);
            self.family(family, place, &["nemesis", "progress", family.name], source);
        }
    }

    /// Checks a family that is written at the end of a path.
    fn family(&mut self, family: &Family, place: Range<usize>, path: &[&str], source: &Source) {
        if self.taken.inside(&place) {
            return;
        }
        let (mut tree, _) = DeTable::parse_recoverable(source.text());
        let Some(mut pinned) = take(tree.get_mut(), path) else { return };
        let has_rhythm = pinned.contains_key("every");
        let words = text(&self.sample(family));
        let (drawn, _) = DeTable::parse_recoverable(&words);
        for (key, value) in drawn.into_inner() {
            let own = key.get_ref().as_ref();
            let is_ousted = is_ousted(own, |key| pinned.contains_key(key));
            if !pinned.contains_key(own) && !is_ousted {
                pinned.insert(key, value);
            }
        }
        let rounds = read::rounds(source);
        let before = self.findings.len();
        let mut rhythm = DeTable::new();
        if let Some((key, value)) = pinned.remove_entry("every") {
            if path.contains(&"progress") && has_rhythm {
                let problem = "what waits for the service strikes at no time of its own";
                self.wrong(key.span(), format!("{problem}; leave `every` out"));
            }
            rhythm.insert(key, value);
        }
        let (rhythm, findings, _) =
            read::read::<Rhythm>(Spanned::new(place.clone(), rhythm), rounds);
        self.findings.extend(findings);
        let tree = Spanned::new(place.clone(), pinned);
        let (kind, findings) = (family.review)(tree, rounds);
        self.findings.extend(findings);
        if let Some(kind) = kind {
            self.reads_as(&*kind, place.clone());
            if let Some(rhythm) = rhythm {
                self.rhythm(&rhythm.every, kind.parts(self));
            }
        }
        // What is wrong with a word that was drawn is wrong with the family that it was drawn for.
        for finding in &mut self.findings[before..] {
            finding.keep_within(&place);
        }
    }

    /// Checks a fault as one of the timeline.
    fn reads_as(&mut self, kind: &dyn FaultKind, place: Range<usize>) {
        self.lasts(kind.lasts());
        if let Some(who) = kind.who() {
            self.who(who, true);
        }
        kind.check(self, place);
    }

    /// The words of a family as one seed may draw them.
    fn sample(&self, family: &Family) -> Vec<Word> {
        let scale = Scale::of_storm(self.storm_end, self.shaped().unwrap_or(1));
        let mut draw = Draw::new(Stream::new(0, "check"), &scale);
        (family.draw)(&mut draw);
        draw.finish()
    }

    /// Checks the times of a family whose strikes have so many parts each.
    fn rhythm(&mut self, every: &Placed<Span<Duration>>, parts: u64) {
        let Some(strikes) = self.storm_end.as_nanos().checked_div(every.min.as_nanos()) else {
            self.wrong(every.place(), "strikes without a distance; begin the range above zero");
            return;
        };
        if self.file.duration.is_none() {
            return; // how often it strikes cannot be told
        }
        let nodes = u64::from(self.size.unwrap_or(1));
        let (faults, looks) = (strikes.saturating_mul(parts), strikes.saturating_mul(nodes));
        if faults > FAULTS_MAX {
            let problem = format!("up to {faults} faults; {FAULTS_MAX} are the most");
            self.wrong(every.place(), problem);
        } else if looks.saturating_mul(parts) > LOOKS_MAX {
            let problem = format!("{strikes} strikes on {nodes} nodes; strike less often");
            self.wrong(every.place(), problem);
        }
    }
}
