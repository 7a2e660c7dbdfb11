//! A recipe: how a client of a replicated state takes a lock, question by question.

use super::rules::Rules;
use super::session::{Machine, Session};
use crate::algorithm::Mutant;
use crate::lock::spec::{LockId, Token};
use crate::time::Drift;

/// The wish of a client for a lock, in one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The session under which it is wished.
    pub session: Session,
    /// Which lock.
    pub lock: LockId,
    /// The client's own number.
    pub request: u64,
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is another question, or it waits.
    GoesOn,
    /// The lock was this client's when the question was answered.
    Holds(Token),
    /// It is released.
    Released,
}

/// How a client takes a lock and gives it back. It is told answers and notices, and asks.
pub trait Recipe: std::fmt::Debug + Sized + 'static {
    /// What it is a recipe for.
    type Machine: Machine;

    /// The algorithm's name.
    const NAME: &'static str;
    /// The algorithm in one line.
    const SUMMARY: &'static str;
    /// How wrong clocks may be if the scenario does not say.
    const CLOCK_DRIFT_BOUND: Drift;
    /// Its known bugs.
    const MUTANTS: &'static [Mutant];
    /// Whether a waiter may watch everybody instead of the one before it.
    const HAS_A_CHOICE_OF_WATCHES: bool = false;

    /// The rules of a known bug.
    fn mutant(name: &str) -> Option<Rules>;

    /// Begins to want a lock.
    fn wants(wish: Wish) -> Self;

    /// What it asks now; `None` while it waits for a notice.
    fn asks(&self, rules: &Rules) -> Option<<Self::Machine as Machine>::Ask>;

    /// The answer to what it asked.
    fn hears(&mut self, answer: <Self::Machine as Machine>::Answer, rules: &Rules) -> Step;

    /// What it waits for may have come: something that it watches has changed, or time has passed.
    fn looks_again(&mut self);

    /// It wants the lock no more.
    fn gives_back(&mut self);
}
