//! Log replication: section 5.3, and the commit rule of 5.4.2.

use super::durable::{Ballot, Write};
use super::log::{Entry, LogEnd};
use super::membership::CatchUp;
use super::reads::{Reads, Rounds};
use super::{Appended, Message, NotLeader, Raft, State, Timer};
use crate::election::spec::{LogIndex, Observation, Term};
use crate::id::{NodeId, NodeSet};
use crate::protocol::{Context, Data};

/// What a leader knows of the servers, each by its position among them (figure 2).
#[derive(Debug)]
pub(super) struct Reign {
    /// The entry up to which nothing is sent again: `nextIndex - 1`.
    sent: Vec<LogIndex>,
    /// The entry up to which the server's log is known to be the leader's: `matchIndex`.
    pub(super) matched: Vec<LogIndex>,
    /// Who has answered since the last check for a quorum.
    pub(super) heard: NodeSet,
    /// To whom it hands over: until then it takes no proposals (thesis 3.10).
    pub(super) hands_over_to: Option<NodeId>,
    /// The learner that is to get a vote once it has caught up.
    pub(super) catch_up: Option<CatchUp>,
    /// What reads rest on.
    pub(super) rounds: Rounds,
    /// Room to find the entry that a quorum has.
    sorted: Vec<LogIndex>,
}

impl Reign {
    /// The reign of the server at position `own`: it knows its own log, and nobody else's.
    pub(super) fn begins(last: LogIndex, own: Option<usize>, servers: usize) -> Self {
        let mut matched = vec![LogIndex(0); servers];
        if let Some(own) = own {
            matched[own] = last;
        }
        Reign {
            sent: vec![last; servers],
            matched,
            heard: NodeSet::new(),
            hands_over_to: None,
            catch_up: None,
            rounds: Rounds::none_yet(servers),
            sorted: Vec::with_capacity(servers),
        }
    }

    /// The last entry that so many of the servers at these places have.
    fn held_by(&mut self, quorum: usize, places: &[usize]) -> LogIndex {
        self.sorted.clear();
        self.sorted.extend(places.iter().map(|place| self.matched[*place]));
        self.sorted.sort_by(|a, b| b.cmp(a));
        self.sorted[quorum - 1]
    }
}

impl<C: Data> Raft<C> {
    /// Appends a command to the log, if this server leads, and sends it to the others. It counts
    /// only once it is among [`Raft::committed`].
    ///
    /// # Errors
    /// If this server does not lead, or hands over; who leads, or is to, is named if it is known.
    pub fn propose(
        &mut self,
        command: C,
        ctx: &mut Context<'_, Self>,
    ) -> Result<LogIndex, NotLeader> {
        let State::Leader(reign) = &self.state else {
            return Err(NotLeader { leader: self.leader() });
        };
        if reign.hands_over_to.is_some() {
            return Err(NotLeader { leader: reign.hands_over_to });
        }
        let index = self.append(Entry::of(self.ballot.term, Some(command)), ctx);
        self.send_entries_to_all(ctx);
        Ok(index)
    }

    /// A leader's own entry, at the end of its log.
    pub(super) fn append(&mut self, entry: Entry<C>, ctx: &mut Context<'_, Self>) -> LogIndex {
        let last = ctx.durable().log.last().index;
        self.write_entries(last, vec![entry], ctx);
        let index = LogIndex(last.0 + 1);
        // The messages that carry the entry wait for the disk, and so do promises: whoever counts
        // this server among those that have the entry hears of it when it does.
        let own = ctx.config().position(self.id);
        if let (State::Leader(reign), Some(own)) = (&mut self.state, own) {
            reign.matched[own] = index;
        }
        self.commit_what_a_quorum_has(ctx);
        index
    }

    /// AppendEntries to all, and again after the heartbeat.
    pub(super) fn beat(&mut self, ctx: &mut Context<'_, Self>) {
        if let State::Leader(_) = self.state {
            ctx.set_timer(Timer::Heartbeat, ctx.config().heartbeat);
            self.send_entries_to_all(ctx);
            if ctx.config().reads == Reads::Lease {
                self.begin_round(ctx);
                self.serve_reads(ctx);
            }
        }
    }

    pub(super) fn send_entries_to_all(&self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        for server in self.electorate.members.iter().filter(|server| *server != self.id) {
            let position = config.position(server).expect("members are servers");
            self.send_entries(server, position, ctx);
        }
    }

    fn send_entries(&self, to: NodeId, position: usize, ctx: &mut Context<'_, Self>) {
        let State::Leader(reign) = &self.state else { return };
        let log = &ctx.durable().log;
        // A broken leader may have been told of more than it has; a sound one never.
        let index = reign.sent[position].min(log.last().index);
        let term = log.term_at(index).expect("an index within the log has a term");
        let message = Message::AppendEntries {
            term: self.ballot.term,
            previous: LogEnd { term, index },
            entries: log.behind(index, ctx.config().batch).to_vec(),
            commit: self.commit,
        };
        ctx.send(to, message);
    }

    pub(super) fn on_append_entries(
        &mut self,
        from: NodeId,
        term: Term,
        previous: LogEnd,
        entries: Vec<Entry<C>>,
        commit: LogIndex,
        ctx: &mut Context<'_, Self>,
    ) {
        let outcome = if term < self.ballot.term {
            Appended::Deposed
        } else {
            self.follow(from, ctx);
            self.take(previous, entries, commit, ctx)
        };
        ctx.send(from, Message::AppendReply { term: self.ballot.term, outcome });
    }

    /// Makes the log the leader's, as far as this message shows it.
    fn take(
        &mut self,
        previous: LogEnd,
        mut entries: Vec<Entry<C>>,
        commit: LogIndex,
        ctx: &mut Context<'_, Self>,
    ) -> Appended {
        let rules = &ctx.config().rules;
        let log = &ctx.durable().log;
        if !rules.fits_behind(log, previous) {
            return Appended::Mismatched { retry_after: log.retry_after(previous.index) };
        }
        let compared = LogIndex(previous.index.0 + entries.len() as u64);
        let known = if rules.keeps_matching_entries {
            let terms = (previous.index.0 + 1..).map(|index| log.term_at(LogIndex(index)));
            entries.iter().zip(terms).take_while(|(e, term)| Some(e.term) == *term).count()
        } else {
            0
        };
        let after = LogIndex(previous.index.0 + known as u64);
        let cuts = !rules.keeps_matching_entries && log.last().index > after;
        if known < entries.len() || cuts {
            entries.drain(..known);
            self.write_entries(after, entries, ctx);
        }
        let last = ctx.durable().log.last().index;
        let held = if rules.acknowledges_only_what_it_compared { compared } else { last };
        self.commit_up_to(commit.min(held), ctx);
        Appended::Matched(held)
    }

    /// Puts entries into the log and on disk, and promises to hold them.
    fn write_entries(
        &mut self,
        after: LogIndex,
        entries: Vec<Entry<C>>,
        ctx: &mut Context<'_, Self>,
    ) {
        let cuts = ctx.durable().log.last().index > after;
        ctx.persist(Write::Append { after, entries });
        self.sync(ctx);
        if cuts {
            ctx.promise(Observation::LogTruncated { from: LogIndex(after.0 + 1) });
        }
        self.promise_entries(after, ctx);
        self.adopt_members(ctx);
    }

    pub(super) fn promise_entries(&self, after: LogIndex, ctx: &mut Context<'_, Self>) {
        for index in (after.0 + 1..=ctx.durable().log.last().index.0).map(LogIndex) {
            let (term, prefix) = self.declared(index, ctx).expect("the entry is within the log");
            ctx.promise(Observation::EntryAppended { index, term, prefix });
        }
    }

    fn declared(&self, index: LogIndex, ctx: &Context<'_, Self>) -> Option<(Term, u64)> {
        let log = &ctx.durable().log;
        Some((log.entry(index)?.term, log.prefix(index)?))
    }

    pub(super) fn on_append_reply(
        &mut self,
        from: NodeId,
        term: Term,
        outcome: Appended,
        ctx: &mut Context<'_, Self>,
    ) {
        let State::Leader(reign) = &mut self.state else { return };
        let Some(follower) = ctx.config().position(from) else { return };
        if term < self.ballot.term {
            return;
        }
        reign.heard.insert(from);
        match outcome {
            Appended::Matched(index) => {
                let has_room = index > reign.sent[follower];
                reign.sent[follower] = reign.sent[follower].max(index);
                let has_more = index > reign.matched[follower];
                reign.matched[follower] = reign.matched[follower].max(index);
                if has_more {
                    self.commit_what_a_quorum_has(ctx);
                    self.tell_who_is_to_stand(ctx);
                    self.promote(ctx);
                }
                if has_room && index < ctx.durable().log.last().index {
                    self.send_entries(from, follower, ctx);
                }
            }
            Appended::Mismatched { retry_after } => {
                // A reply that comes late tells of a mismatch that may have been mended.
                if retry_after < reign.sent[follower] {
                    reign.sent[follower] = retry_after;
                    self.send_entries(from, follower, ctx);
                }
            }
            Appended::Deposed => {}
        }
    }

    /// Section 5.4.2: what a quorum has is committed, if it is of the leader's own term; older
    /// entries are committed along with it.
    fn commit_what_a_quorum_has(&mut self, ctx: &mut Context<'_, Self>) {
        let quorum = self.quorum(ctx);
        let config = ctx.config();
        let State::Leader(reign) = &mut self.state else { return };
        let log = &ctx.durable().log;
        let index = reign.held_by(quorum, &self.electorate.places).min(log.last().index);
        let term = log.term_at(index).expect("an index within the log has a term");
        if config.rules.may_commit(term, self.ballot.term) {
            self.commit_up_to(index, ctx);
            self.serve_reads(ctx);
            self.leave_if_removed(ctx);
        }
    }

    fn commit_up_to(&mut self, index: LogIndex, ctx: &mut Context<'_, Self>) {
        let learned_in = self.ballot.term;
        while self.commit < index {
            let next = LogIndex(self.commit.0 + 1);
            let Some((term, prefix)) = self.declared(next, ctx) else { return };
            self.commit = next;
            ctx.promise(Observation::EntryCommitted { index: next, term, prefix, learned_in });
        }
    }

    /// The disk failed, and nobody knows what of the last writes it holds. What waited for them was
    /// never said: write everything again and promise it again, as a follower that has restarted.
    pub(super) fn write_all_again(&mut self, ctx: &mut Context<'_, Self>) {
        self.step_down(ctx);
        self.commit = LogIndex(0);
        self.saved = Ballot::default();
        self.save_ballot(ctx);
        let entries = ctx.durable().log.behind(LogIndex(0), usize::MAX).to_vec();
        ctx.persist(Write::Append { after: LogIndex(0), entries });
        self.sync(ctx);
        self.promise_entries(LogIndex(0), ctx);
    }
}
