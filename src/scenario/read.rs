//! From text to the sections of a file, with every error that can be found on the way.
//!
//! serde stops at its first error. So the offending key or value is taken out of the tree and the
//! rest is read again, until it reads: each round finds one error more. What was taken out is
//! remembered, so that its absence is not reported as a second error.

use super::attach;
use super::error::{Errors, Finding};
use super::file::ScenarioFile;
use super::source::{Placed, Source};
use crate::fingerprint::Fingerprint;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// How many errors are looked for; each costs a reading of the whole tree.
const ROUNDS_MAX: usize = 30;
/// ... and for a text of more than this many bytes.
const LARGE: usize = 1 << 18;
const ROUNDS_MAX_LARGE: usize = 3;

/// A file that was read but not checked.
#[derive(Debug)]
pub(super) struct Draft {
    pub source: Source,
    pub file: ScenarioFile,
    pub algorithm: Option<Placed<String>>,
    pub findings: Vec<Finding>,
    pub taken: Taken,
    pub digest: Fingerprint,
}

/// What was taken out because it could not be read.
#[derive(Debug, Default)]
pub(super) struct Taken {
    keys: Vec<String>,
    around: Vec<Range<usize>>,
}

impl Taken {
    /// Whether a key of this name was there, but could not be read.
    pub fn key(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key == name)
    }

    /// Whether something inside the value at this place could not be read.
    pub fn inside(&self, place: &Range<usize>) -> bool {
        self.around.contains(place)
    }
}

/// Reads all sections.
pub(super) fn draft(source: Source) -> Result<Draft, Errors> {
    let (mut tree, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        let findings = errors.iter().take(ROUNDS_MAX).map(|e| finding(e, 0..0)).collect();
        return Err(Errors::new(source, findings));
    }
    attach::put_in(&source, tree.get_mut());
    let mut digest = Fingerprint::EMPTY;
    fold_table(&mut digest, tree.get_ref());
    let mut findings = Vec::new();
    let algorithm = algorithm(tree.get_mut(), &mut findings);
    let rounds = rounds(&source);
    let (file, mut more, taken) = read::<ScenarioFile>(tree, rounds);
    findings.append(&mut more);
    let file = file.unwrap_or_default();
    Ok(Draft { algorithm, file, findings, taken, digest, source })
}

pub(super) fn rounds(source: &Source) -> usize {
    if source.text().len() > LARGE { ROUNDS_MAX_LARGE } else { ROUNDS_MAX }
}

/// Takes the algorithm's table out, for the catalog to read when its type is known; its name.
fn algorithm(tree: &mut DeTable<'_>, findings: &mut Vec<Finding>) -> Option<Placed<String>> {
    const CURE: &str = "write exactly one section `[algorithm.<family>-<name>]`";
    let Some(section) = tree.remove("algorithm") else {
        findings.push(Finding::new(0..0, "no algorithm is named").help(CURE));
        return None;
    };
    let place = section.span();
    let problem = match section.into_inner() {
        DeValue::Table(section) if section.len() > 1 => {
            let last = section.keys().map(Spanned::span).max_by_key(|place| place.start);
            Finding::new(last.unwrap_or(place), "more than one algorithm is named")
        }
        DeValue::Table(section) => match section.into_iter().next() {
            Some((name, settings)) if settings.get_ref().is_table() => {
                let (place, name) = (name.span(), name.into_inner().into_owned());
                return Some(Spanned::new(place, name).into());
            }
            Some((name, _)) => Finding::new(name.span(), "the algorithm is not a section"),
            None => Finding::new(place, "no algorithm is named"),
        },
        _ => Finding::new(place, "`algorithm` is not a section"),
    };
    findings.push(problem.help(CURE));
    None
}

/// Reads the settings of the algorithm from a text that was read before.
pub(super) fn settings<S: DeserializeOwned>(source: &Source) -> Result<S, Errors> {
    let (mut tree, _) = DeTable::parse_recoverable(source.text());
    let section = tree.get_mut().remove("algorithm").map(Spanned::into_inner);
    let Some(DeValue::Table(section)) = section else {
        return Err(Errors::new(source.clone(), vec![Finding::new(0..0, "no algorithm is named")]));
    };
    let settings = section.into_iter().next().map(|(_, settings)| (settings.span(), settings));
    let Some((place, DeValue::Table(table))) = settings.map(|(p, s)| (p, s.into_inner())) else {
        return Err(Errors::new(source.clone(), vec![Finding::new(0..0, "no algorithm is named")]));
    };
    let (settings, findings, _) = read(Spanned::new(place, table), rounds(source));
    match settings {
        Some(settings) if findings.is_empty() => Ok(settings),
        _ => Err(Errors::new(source.clone(), findings)),
    }
}

/// Reads a tree as often as it takes.
pub(super) fn read<T: DeserializeOwned>(
    mut tree: Spanned<DeTable<'_>>,
    rounds: usize,
) -> (Option<T>, Vec<Finding>, Taken) {
    let mut findings = Vec::new();
    let mut taken = Taken::default();
    for _ in 0..rounds {
        let error = match T::deserialize(toml::de::Deserializer::from(tree.clone())) {
            Ok(value) => return (Some(value), findings, taken),
            Err(error) => error,
        };
        let place = error.span().unwrap_or_else(|| tree.span());
        let is_echo = missing_key(error.message()).is_some_and(|key| taken.key(key));
        if !is_echo {
            findings.push(finding(&error, place.clone()));
        }
        let Some(path) = path_to(tree.get_ref(), &place) else { break };
        take_out(tree.get_mut(), &path, &mut taken);
    }
    (None, findings, taken)
}

fn missing_key(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// The parser's and serde's messages in our words.
fn finding(error: &toml::de::Error, otherwise: Range<usize>) -> Finding {
    let place = error.span().unwrap_or(otherwise);
    let message = error.message();
    if let Some(key) = missing_key(message) {
        return Finding::new(place, format!("`{key}` is missing here"));
    }
    for (prefix, what) in [("unknown field `", "key"), ("unknown variant `", "word")] {
        let Some(rest) = message.strip_prefix(prefix) else { continue };
        let Some((word, right)) = rest.split_once("`, ") else { continue };
        let right: Vec<&str> = right.split('`').skip(1).step_by(2).collect();
        return Finding::new(place, format!("`{word}` is not a {what} that is known here"))
            .suggest(word, &right);
    }
    let message = message
        .replace('\n', "; ")
        .replace(" as i128", "")
        .replace("expected u64", "expected a whole number, 0 or more")
        .replace("expected u32", "expected a whole number between 0 and 4294967295");
    Finding::new(place, message)
}

enum Step {
    Key(String),
    Item(usize),
}

/// Whether an entry is the one: the places of its key and of its value, and the error's.
type Test = fn(&Range<usize>, &Range<usize>, &Range<usize>) -> bool;

/// The way to the entry that an error points at: the key at this place, or the innermost value
/// there, or the innermost value around it.
fn path_to(table: &DeTable<'_>, place: &Range<usize>) -> Option<Vec<Step>> {
    let tests: [Test; 3] = [
        |key, _, place| key == place,
        |_, value, place| value == place,
        |_, value, place| value.start <= place.start && place.end <= value.end,
    ];
    tests.iter().find_map(|test| {
        let mut path = Vec::new();
        find(table, place, *test, &mut path).then_some(path)
    })
}

fn find(table: &DeTable<'_>, place: &Range<usize>, test: Test, path: &mut Vec<Step>) -> bool {
    for (key, value) in table {
        path.push(Step::Key(key.get_ref().clone().into_owned()));
        if find_inside(value, place, test, path) || test(&key.span(), &value.span(), place) {
            return true;
        }
        path.pop();
    }
    false
}

fn find_inside(
    value: &Spanned<DeValue<'_>>,
    place: &Range<usize>,
    test: Test,
    path: &mut Vec<Step>,
) -> bool {
    match value.get_ref() {
        DeValue::Table(table) => find(table, place, test, path),
        DeValue::Array(items) => items.iter().enumerate().any(|(n, item)| {
            path.push(Step::Item(n));
            let found = find_inside(item, place, test, path)
                || test(&(usize::MAX..usize::MAX), &item.span(), place);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    }
}

fn take_out(table: &mut DeTable<'_>, path: &[Step], taken: &mut Taken) {
    let Some((Step::Key(key), rest)) = path.split_first() else { return };
    if rest.is_empty() {
        taken.keys.push(key.clone());
        table.remove(key.as_str());
    } else if let Some(value) = table.get_mut(key.as_str()) {
        take_out_of(value, rest, taken);
    }
}

fn take_out_of(value: &mut Spanned<DeValue<'_>>, path: &[Step], taken: &mut Taken) {
    if value.get_ref().is_table() {
        taken.around.push(value.span());
    }
    match (value.get_mut(), path) {
        (DeValue::Table(table), path) => take_out(table, path, taken),
        (DeValue::Array(items), [Step::Item(n)]) => {
            let all = std::mem::replace(items, DeArray::new());
            let kept = all.into_iter().enumerate().filter(|(place, _)| place != n);
            *items = kept.map(|(_, item)| item).collect();
        }
        (DeValue::Array(items), [Step::Item(n), rest @ ..]) => {
            if let Some(item) = items.get_mut(*n) {
                take_out_of(item, rest, taken);
            }
        }
        _ => {}
    }
}

/// Folds what was said, without how: no comments, no white space, keys in the order of letters.
fn fold_table(digest: &mut Fingerprint, table: &DeTable<'_>) {
    for (key, value) in table {
        digest.fold_value(key.get_ref().as_ref());
        fold(digest, value.get_ref());
    }
    digest.fold(table.len() as u64);
}

fn fold(digest: &mut Fingerprint, value: &DeValue<'_>) {
    match value {
        DeValue::String(text) => digest.fold_value(&(0u8, text.as_ref())),
        DeValue::Integer(integer) => digest.fold_value(&(1u8, integer.to_string())),
        DeValue::Float(float) => digest.fold_value(&(2u8, float.to_string())),
        DeValue::Boolean(value) => digest.fold_value(&(3u8, *value)),
        DeValue::Datetime(value) => digest.fold_value(&(4u8, value.to_string())),
        DeValue::Array(items) => {
            items.iter().for_each(|item| fold(digest, item.get_ref()));
            digest.fold_value(&(5u8, items.len() as u64));
        }
        DeValue::Table(table) => {
            digest.fold(6);
            fold_table(digest, table);
        }
    }
}
