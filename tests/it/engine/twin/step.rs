//! Steps as the twin takes them: one effect after the other, and where they are cut short.

use super::{Actor, Coming, Held, Mail, REST, Twin};
use crate::engine::puppet::Puppet;
use crate::engine::stage::Note;
use std::collections::VecDeque;
use stormseed::conditions::Latency;
use stormseed::engine::Promised;
use stormseed::fault::Action;
use stormseed::protocol::{Effect, Input, Synced};
use stormseed::time::{LocalTime, SimTime};

/// What is left of a step.
pub(super) struct Unfinished {
    /// When it ends; `None` once nothing but a pause or a stall keeps it back.
    until: Option<SimTime>,
    rest: Rest,
}

enum Rest {
    Effects(LocalTime, VecDeque<Effect<Puppet>>),
    /// What a sync lets go, and the word of it.
    Held(Synced),
}

impl Actor {
    /// The clock stands still for one fault fewer; whether that was the last.
    pub(super) fn thaws(&mut self, place: usize) -> bool {
        self.frozen_by.remove(&place) && self.frozen_by.is_empty()
    }

    pub(super) fn is_free(&self) -> bool {
        self.up && self.paused_by.is_empty() && self.unfinished.is_none()
    }

    /// Whether a sync has failed and its node is still to hear of it.
    pub(super) fn has_failed_unheard(&self) -> bool {
        self.failed_late
    }

    pub(super) fn has_in_line(&self, timer: u8, deadline: LocalTime, due: SimTime) -> bool {
        self.mail.iter().any(|mail| match mail {
            Mail::Timer(of, line, time) => (*of, *line, *time) == (timer, deadline, due),
            _ => false,
        })
    }
}

impl Twin<'_> {
    /// A timer is due.
    pub(super) fn due(&mut self, node: usize, timer: u8) {
        let actor = &mut self.actors[node];
        if actor.is_free() {
            self.ring(node, timer);
        } else {
            let (deadline, due) = actor.timers[&timer];
            actor.mail.push(Mail::Timer(timer, deadline, due));
        }
    }

    /// A step begins: where the node is slow, its effects wait for its end.
    pub(super) fn begin(&mut self, node: usize, local: LocalTime, effects: Vec<Effect<Puppet>>) {
        let pace =
            self.active.iter().rev().find_map(|(by, struck)| match self.faults[*by].action {
                Action::Slow { step } if struck.iter().any(|n| n.index() == node) => Some(step),
                _ => None,
            });
        // Outside of the core a slow node is slow for good.
        let pace = pace.or(self.actors[node].slow_for_good);
        let rest = Rest::Effects(local, effects.into());
        match pace {
            None | Some(Latency::ZERO) => self.go_on(node, rest),
            Some(Latency::Constant(length)) => {
                let until = self.now + length;
                let life = self.actors[node].boots;
                self.actors[node].unfinished = Some(Unfinished { until: Some(until), rest });
                self.queue.push((until, REST, Coming::StepEnds { node, life }));
            }
            Some(other) => panic!("the twin has no luck for {other:?}"),
        }
    }

    pub(super) fn step_ends(&mut self, node: usize, life: u32) {
        let actor = &mut self.actors[node];
        let Some(unfinished) = actor.unfinished.as_mut().filter(|_| actor.boots == life) else {
            return;
        };
        unfinished.until = None;
        if actor.paused_by.is_empty() {
            self.end_step(node);
            self.open_all(node);
        }
    }

    /// Ends a step that nothing keeps back any more.
    pub(super) fn end_step(&mut self, node: usize) {
        let unfinished = self.actors[node].unfinished.take_if(|step| step.until.is_none());
        if let Some(Unfinished { rest, .. }) = unfinished {
            self.go_on(node, rest);
        }
    }

    pub(super) fn release_held(&mut self, node: usize, synced: Synced) {
        self.go_on(node, Rest::Held(synced));
    }

    fn go_on(&mut self, node: usize, mut rest: Rest) {
        loop {
            let is_left = match &rest {
                Rest::Effects(_, effects) => !effects.is_empty(),
                Rest::Held(_) => {
                    let actor = &self.actors[node];
                    actor.held.first().is_some_and(|(barrier, _)| *barrier <= actor.done)
                }
            };
            if is_left && self.stalls(node) {
                self.actors[node].unfinished = Some(Unfinished { until: None, rest });
                return;
            }
            // At the end of what a sync lets go the step is still to come.
            let is_over = matches!(rest, Rest::Effects(..)) || is_left;
            if is_over && self.dies(node, is_left) {
                return;
            }
            match &mut rest {
                Rest::Effects(local, effects) => match effects.pop_front() {
                    Some(effect) => self.settle(node, *local, effect),
                    None => return self.show(node),
                },
                Rest::Held(_) if is_left => match self.actors[node].held.remove(0).1 {
                    Held::Word(to, word) => self.transmit(node, to, word),
                    Held::Promise(said) => self.say(node, said, Promised::Promise),
                },
                Rest::Held(synced) => return self.step(node, Input::Synced(*synced)),
            }
        }
    }

    /// Whether it stands still here, before one more effect.
    fn stalls(&mut self, node: usize) -> bool {
        let Some((left, fault)) = &mut self.actors[node].stall else { return false };
        if *left > 0 {
            *left -= 1;
            return false;
        }
        let fault = *fault;
        self.actors[node].stall = None;
        self.actors[node].paused_by.insert(fault);
        self.row(node, Note::Paused);
        if let Some(length) = self.faults[fault].lasts {
            self.add_late(length, Coming::Wake(fault, node));
        }
        true
    }
}
