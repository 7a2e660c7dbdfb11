//! One message instead of a fault: where a cut, or a fault of messages, matters by one message
//! alone, that one is lost or late by itself, and the fault goes.

use super::Search;
use super::calm::with_decisions;
use super::draft::{Draft, Part};
use crate::id::FaultId;
use crate::schedule::Override;
use std::slice;
use toml::Value;

/// Of more faults than this none is tried.
const FAULTS_MAX: usize = 16;
/// Of so many messages each is tried by itself; of more, one half and the other first.
const EACH: usize = 16;

impl Search<'_> {
    /// Lets one message be lost or late where a fault did that to many. Whether any fault went.
    pub(super) fn single_messages(&mut self) -> bool {
        let faults: Vec<Part> = self.best.parts().into_iter().filter(|p| p.is_fault()).collect();
        if faults.len() > FAULTS_MAX {
            return false;
        }
        let mut any = false;
        // The last first: those before it stay where they are.
        for part in faults.into_iter().rev() {
            any |= self.single_message(part);
        }
        any
    }

    /// The same for one fault. One thing takes the place of one, so nothing becomes larger.
    fn single_message(&mut self, fault: Part) -> bool {
        let mut messages = self.harmed_by(fault);
        let without = self.best.without(&[fault]);
        let with = |messages: &[Override]| with_decisions(without.clone(), messages);
        while messages.len() > EACH {
            let later = messages.split_off(messages.len() / 2);
            match self.oracle.first(&[with(&messages), with(&later)]) {
                Some((0, _)) => {}
                Some(_) => messages = later,
                None => return false,
            }
        }
        let drafts: Vec<Draft> = messages.iter().map(|one| with(slice::from_ref(one))).collect();
        self.first(&drafts).is_some()
    }

    /// What a fault has done to single messages in the best run.
    fn harmed_by(&mut self, fault: Part) -> Vec<Override> {
        let Some(id) = name(&self.best, fault) else { return Vec::new() };
        let Some(mut opened) = self.oracle.opened(&self.best) else { return Vec::new() };
        opened.pin(self.shown.salt);
        self.oracle.runs += 1;
        let harmed = opened.harmed(self.shown.salt).into_iter();
        harmed.filter(|(by, _)| *by == id).map(|(_, fixed)| fixed).collect()
    }
}

/// What a fault is called: as its entry says, or by its place.
fn name(draft: &Draft, fault: Part) -> Option<FaultId> {
    let Part::Entry(_, place) = fault else { return None };
    let given = draft.entry(fault)?.get("id").and_then(Value::as_integer);
    let name = given.map_or_else(|| u32::try_from(place), u32::try_from);
    name.ok().map(FaultId)
}
