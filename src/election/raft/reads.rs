//! Linearizable reads without an entry in the log (thesis 6.4): the state is the last committed
//! proposal, and a leader answers with it as soon as it knows that nobody has led since.
//!
//! It knows so from a round of heartbeats that began after the read was asked and that a majority
//! answered (`read-index`), or from its lease: whoever answered a round votes for nobody within an
//! election timeout (thesis 4.2.3), so a leader that a majority answered is the only one, until
//! a time that it reads off its own clock. That holds as long as no two clocks differ by more than
//! the bound. Either way the leader must have committed an entry of its own term: before that it
//! does not know what is committed.

use super::{Message, Raft, State};
use crate::election::spec::{Observation, Term};
use crate::id::NodeId;
use crate::protocol::{Context, Data};
use crate::time::{Drift, Duration, LocalTime};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How a leader makes sure that what it reads is not stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
pub enum Reads {
    /// By a round of heartbeats for each read.
    ReadIndex,
    /// By its lease, as long as that lasts; else by a round.
    Lease,
}

/// A read that waits for a round.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    number: u64,
    round: u64,
}

/// The rounds of heartbeats of a reign, numbered from 1, and what rests on them.
#[derive(Debug)]
pub(super) struct Rounds {
    last: u64,
    /// When those began that no majority has answered yet, for a lease.
    begun: VecDeque<(u64, LocalTime)>,
    /// The last round that each server answered, by its position.
    answered: Vec<u64>,
    /// Room to find the round that a quorum has answered.
    sorted: Vec<u64>,
    waiting: VecDeque<Waiting>,
    /// When the latest round that a quorum has answered began.
    lease_from: Option<LocalTime>,
    may_lease: bool,
}

impl Rounds {
    pub(super) fn none_yet(servers: usize) -> Self {
        Rounds {
            last: 0,
            begun: VecDeque::new(),
            answered: vec![0; servers],
            sorted: Vec::with_capacity(servers),
            waiting: VecDeque::new(),
            lease_from: None,
            may_lease: true,
        }
    }

    pub(super) fn give_up_lease(&mut self) {
        (self.lease_from, self.may_lease) = (None, false);
    }

    /// The last round that so many of the servers at these places have answered.
    fn answered_by(&mut self, quorum: usize, places: &[usize]) -> u64 {
        self.sorted.clear();
        self.sorted.extend(places.iter().map(|place| self.answered[*place]));
        self.sorted.sort_by(|a, b| b.cmp(a));
        self.sorted[quorum - 1]
    }

    /// A round that a quorum has answered prolongs the lease from when it began.
    fn note_confirmed(&mut self, confirmed: u64) {
        while let Some((round, began)) = self.begun.front().copied() {
            if round > confirmed {
                return;
            }
            self.begun.pop_front();
            self.lease_from = self.may_lease.then_some(began);
        }
    }
}

/// How long a lease lasts on the clock of a leader that may be slow, so that it ends before an
/// election timeout does on the clock of a follower that may be fast.
pub fn lease_length(election_timeout_min: Duration, bound: Drift) -> Duration {
    const WHOLE: u64 = 1_000_000;
    let off = u64::from(bound.ppm().unsigned_abs());
    let nanos = u128::from(election_timeout_min.as_nanos());
    let slow = u128::from(WHOLE.saturating_sub(off));
    Duration::from_nanos((nanos * slow / u128::from(WHOLE + off)) as u64)
}

impl<C: Data> Raft<C> {
    /// A client asks for the state. Whoever does not lead refuses, in silence.
    pub(super) fn read(&mut self, number: u64, ctx: &mut Context<'_, Self>) {
        if !matches!(self.state, State::Leader(_)) {
            return;
        }
        ctx.observe(Observation::ReadAsked { number });
        if self.may_serve(ctx) && self.holds_lease(ctx) {
            ctx.promise(Observation::ReadServed { number, index: self.commit });
            return;
        }
        let round = self.begin_round(ctx);
        if let State::Leader(reign) = &mut self.state {
            reign.rounds.waiting.push_back(Waiting { number, round });
        }
        self.serve_reads(ctx);
    }

    /// Asks everybody whether this server still leads.
    pub(super) fn begin_round(&mut self, ctx: &mut Context<'_, Self>) -> u64 {
        let config = ctx.config();
        let State::Leader(reign) = &mut self.state else { return 0 };
        let rounds = &mut reign.rounds;
        rounds.last += 1;
        let round = rounds.last;
        if let Some(own) = config.position(self.id) {
            rounds.answered[own] = round;
        }
        if config.reads == Reads::Lease {
            rounds.begun.push_back((round, ctx.monotonic()));
        }
        self.broadcast(&Message::Heartbeat { term: self.ballot.term, round }, ctx);
        round
    }

    pub(super) fn on_heartbeat(
        &mut self,
        from: NodeId,
        term: Term,
        round: u64,
        ctx: &mut Context<'_, Self>,
    ) {
        // Who has led answers for nobody; its term tells the sender.
        if term == self.ballot.term {
            self.follow(from, ctx);
        }
        ctx.send(from, Message::HeartbeatReply { term: self.ballot.term, round });
    }

    pub(super) fn on_heartbeat_reply(
        &mut self,
        from: NodeId,
        term: Term,
        round: u64,
        ctx: &mut Context<'_, Self>,
    ) {
        let Some(follower) = ctx.config().position(from) else { return };
        let State::Leader(reign) = &mut self.state else { return };
        if term < self.ballot.term {
            return;
        }
        reign.heard.insert(from);
        let answered = &mut reign.rounds.answered[follower];
        *answered = round.max(*answered);
        self.serve_reads(ctx);
    }

    /// Answers the reads whose round a quorum has answered.
    pub(super) fn serve_reads(&mut self, ctx: &mut Context<'_, Self>) {
        let may_serve = self.may_serve(ctx);
        let index = self.commit;
        let quorum = self.quorum(ctx);
        let State::Leader(reign) = &mut self.state else { return };
        let confirmed = reign.rounds.answered_by(quorum, &self.electorate.places);
        reign.rounds.note_confirmed(confirmed);
        let waiting = &mut reign.rounds.waiting;
        while may_serve && waiting.front().is_some_and(|read| read.round <= confirmed) {
            let read = waiting.pop_front().expect("there is a first one");
            ctx.promise(Observation::ReadServed { number: read.number, index });
        }
    }

    /// Whether what this leader knows to be committed is all that was when its reign began.
    fn may_serve(&self, ctx: &Context<'_, Self>) -> bool {
        let committed = ctx.durable().log.term_at(self.commit);
        committed == Some(self.ballot.term) || !ctx.config().rules.reads_after_own_commit
    }

    fn holds_lease(&self, ctx: &Context<'_, Self>) -> bool {
        let config = ctx.config();
        let State::Leader(reign) = &self.state else { return false };
        let bound = match config.rules.lease_allows_for_drift {
            true => config.clock_drift_bound,
            false => Drift::NONE,
        };
        let lasts = lease_length(config.election_timeout_min, bound);
        reign.rounds.lease_from.is_some_and(|from| ctx.monotonic().since(from) < lasts)
    }

    /// Whether it may have promised, by an answer, to let a leader be: who has restarted does not
    /// know what it answered before.
    pub(super) fn is_bound_by_lease(&self, ctx: &Context<'_, Self>) -> bool {
        let config = ctx.config();
        let is_within = |since: Option<LocalTime>| {
            since.is_some_and(|at| ctx.monotonic().since(at) < config.election_timeout_min)
        };
        config.reads == Reads::Lease && (is_within(self.heard) || is_within(self.booted))
    }

    /// When it booted, where that matters.
    pub(super) fn boot_time(ctx: &Context<'_, Self>) -> Option<LocalTime> {
        let config = ctx.config();
        let matters = config.reads == Reads::Lease && config.rules.waits_after_restart;
        matters.then(|| ctx.monotonic())
    }
}

/// Whether a declaration answers this read.
pub(super) fn answers(number: u64, said: &Observation) -> bool {
    matches!(said, Observation::ReadServed { number: served, .. } if *served == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_on_a_slow_clock_ends_before_an_election_timeout_on_a_fast_one() {
        let timeout = Duration::from_millis(150);
        assert_eq!(lease_length(timeout, Drift::NONE), timeout);
        assert_eq!(lease_length(timeout, Drift::from_ppm(200_000)), Duration::from_millis(100));
        assert_eq!(lease_length(timeout, Drift::FROZEN), Duration::ZERO);
    }
}
