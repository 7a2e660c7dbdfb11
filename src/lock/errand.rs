//! What a holder does while it holds: it reads the resource, works, and writes what it made of it.
//!
//! A part of clients: it says what to do next, and the client does it.

use super::resource::Message;
use super::spec::{Token, Version};

/// How far a holder has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Reading,
    Working { read: Option<Version> },
    Writing { read: Version },
}

/// What a holder does under one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errand {
    request: u64,
    token: Option<Token>,
    stage: Stage,
}

/// What it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It asks the resource, and asks again until it is answered.
    Ask(Message),
    /// It works for a while.
    Work,
    /// It is done, whether it has written or was refused.
    Done,
}

impl Errand {
    /// Of a holder that reads first; without a resource it only works.
    pub const fn new(request: u64, token: Option<Token>, has_resource: bool) -> Self {
        let stage = match has_resource {
            true => Stage::Reading,
            false => Stage::Working { read: None },
        };
        Errand { request, token, stage }
    }

    /// What it does at this point: at first, and again where nobody has answered.
    pub const fn step(&self) -> Step {
        let Errand { request, token, stage } = *self;
        match stage {
            Stage::Reading => Step::Ask(Message::Read { request, token }),
            Stage::Working { .. } => Step::Work,
            Stage::Writing { read } => Step::Ask(Message::Write { request, token, read }),
        }
    }

    /// The resource answers. `None` if that is no answer to what it was asked.
    pub fn on_answer(&mut self, message: Message) -> Option<Step> {
        match (self.stage, message) {
            (Stage::Reading, Message::State { request, version }) if request == self.request => {
                self.stage = Stage::Working { read: Some(version) };
                Some(Step::Work)
            }
            (Stage::Writing { .. }, Message::Written { request, .. })
                if request == self.request =>
            {
                Some(Step::Done)
            }
            (Stage::Reading | Stage::Writing { .. }, Message::Refused { request })
                if request == self.request =>
            {
                Some(Step::Done)
            }
            _ => None,
        }
    }

    /// The work is done.
    pub const fn on_worked(&mut self) -> Step {
        let Stage::Working { read: Some(read) } = self.stage else { return Step::Done };
        self.stage = Stage::Writing { read };
        self.step()
    }
}
