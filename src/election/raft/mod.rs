//! Raft: leader election and a replicated log (Ongaro and Ousterhout, "In Search of an
//! Understandable Consensus Algorithm", 2014), with PreVote and CheckQuorum from Ongaro's thesis.
//!
//! The files follow the paper: [`log`] is what section 5.3 replicates, `election` is section 5.2
//! with the restriction of 5.4.1, `replication` is 5.3 with the commit rule of 5.4.2, and
//! [`rules`] names every decision that safety rests on, so that each can be broken on purpose.
//! This file is figure 2: the state, the messages and who handles them.
//!
//! Generic over the command, so that other protocols can stand on it: they hold a [`Raft`] and its
//! [`Durable`], run it by [`Context::embed`], [`Raft::propose`] commands and apply
//! [`Raft::committed`] entries.

mod algorithm;
mod durable;
mod election;
pub mod log;
mod membership;
mod reads;
mod replication;
pub mod rules;
mod settings;
mod transfer;

pub use durable::{Ballot, Durable, Write};
pub use membership::Change;
pub use reads::{Reads, lease_length};
pub use settings::{Config, Settings};

use super::spec::{LogIndex, Observation, Role, Term, View};
use crate::fingerprint::Fingerprint;
use crate::id::NodeId;
use crate::protocol::{Context, Data, Protocol, Synced};
use crate::time::LocalTime;
use election::Votes;
use log::{Entry, LogEnd};
use membership::Electorate;
use replication::Reign;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// What servers say to one another. Each message carries its sender's term, but for the two of
/// PreVote, which may carry one that nobody has reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<C> {
    /// A candidate, which has voted for itself, asks for a vote (RequestVote).
    VoteRequest {
        /// The term it stands for.
        term: Term,
        /// The candidate.
        candidate: NodeId,
        /// Where its log ends.
        last: LogEnd,
    },
    /// The answer to a request for a vote.
    VoteReply {
        /// The voter's term.
        term: Term,
        /// Whom it answers.
        candidate: NodeId,
        /// Whether it voted for that candidate in that term.
        granted: bool,
    },
    /// A server asks whether it would get a vote (thesis 9.6).
    PreVoteRequest {
        /// The term that it would stand for: one above its own.
        term: Term,
        /// Where its log ends.
        last: LogEnd,
    },
    /// The answer: it binds nobody.
    PreVoteReply {
        /// The term asked about if granted, the voter's own if not.
        term: Term,
        /// Whether the voter would vote for the server that asks.
        granted: bool,
    },
    /// A leader sends entries; without any it is a heartbeat (AppendEntries).
    AppendEntries {
        /// The leader's term.
        term: Term,
        /// The entry that must stand before the new ones.
        previous: LogEnd,
        /// The new ones.
        entries: Vec<Entry<C>>,
        /// How far the leader knows the log to be committed.
        commit: LogIndex,
    },
    /// The answer to AppendEntries.
    AppendReply {
        /// The follower's term.
        term: Term,
        /// How its log compares.
        outcome: Appended,
    },
    /// A leader asks whether it still leads, for reads (thesis 6.4).
    Heartbeat {
        /// The leader's term.
        term: Term,
        /// Which round of such questions this is.
        round: u64,
    },
    /// The answer to Heartbeat.
    HeartbeatReply {
        /// The follower's term: the leader's own, if it still leads.
        term: Term,
        /// The round it answers.
        round: u64,
    },
    /// A leader hands over: the receiver is to stand at once (thesis 3.10).
    TimeoutNow {
        /// The leader's term.
        term: Term,
    },
    /// RequestVote of a server to which the leader hands over: nobody is to wait for the leader.
    TransferVoteRequest {
        /// The term it stands for.
        term: Term,
        /// The candidate.
        candidate: NodeId,
        /// Where its log ends.
        last: LogEnd,
    },
}

/// How a follower's log compares with what its leader sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Appended {
    /// It is the leader's log up to this entry.
    Matched(LogIndex),
    /// It is not the leader's log at the entry before the new ones.
    Mismatched {
        /// Where it may be.
        retry_after: LogIndex,
    },
    /// The sender leads no more: the reply's term is higher than its own.
    Deposed,
}

crate::words!(impl<C> Message<C> {
    VoteRequest => "vote-request",
    VoteReply => "vote-reply",
    PreVoteRequest => "pre-vote-request",
    PreVoteReply => "pre-vote-reply",
    AppendEntries => "append-entries",
    AppendReply => "append-reply",
    Heartbeat => "heartbeat",
    HeartbeatReply => "heartbeat-reply",
    TimeoutNow => "timeout-now",
    TransferVoteRequest => "transfer-vote-request",
});

/// What a client asks of a server. One that does not lead refuses, in silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command<C> {
    /// Append this to the log.
    Propose(C),
    /// Hand over to this server.
    Transfer(NodeId),
    /// Tell the last committed command; the number tells this read from all others.
    Read(u64),
    /// Let a server that has no vote have the log (thesis 4.2.1).
    AddLearner(NodeId),
    /// Let a server vote, as soon as it has caught up.
    AddServer(NodeId),
    /// Do without a server.
    RemoveServer(NodeId),
}

crate::words!(impl<C> Command<C> {
    Propose => "propose",
    Transfer => "transfer",
    Read => "read",
    AddLearner => "add-learner",
    AddServer => "add-server",
    RemoveServer => "remove-server",
});

/// What a server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// No word of a leader: stand for election.
    Election,
    /// A leader's next AppendEntries is due.
    Heartbeat,
    /// A leader asks itself whether a majority still answers.
    CheckQuorum,
    /// A leader that hands over has waited long enough.
    Transfer,
}

/// Why a command was not taken: only a leader appends to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLeader {
    /// Who leads, as far as this server knows.
    pub leader: Option<NodeId>,
}

/// A server.
#[derive(Debug)]
pub struct Raft<C: Data = u64> {
    id: NodeId,
    /// The present term, and the vote given in it.
    ballot: Ballot,
    /// The ballot that was last written to disk.
    saved: Ballot,
    /// How many syncs are under way.
    syncs: usize,
    state: State,
    /// Who elects and commits.
    electorate: Electorate,
    /// How far the log is known to be committed.
    commit: LogIndex,
    /// When a leader was last heard.
    heard: Option<LocalTime>,
    /// When it booted, if that matters: what it answered before may bind it still.
    booted: Option<LocalTime>,
    command: PhantomData<fn() -> C>,
}

/// The part that a server plays, with what only that part needs.
#[derive(Debug)]
enum State {
    Follower { leader: Option<NodeId> },
    PreCandidate { votes: Votes },
    Candidate { votes: Votes },
    Leader(Box<Reign>),
}

impl<C: Data> Raft<C> {
    /// How far the log is known to be committed.
    pub const fn commit_index(&self) -> LogIndex {
        self.commit
    }

    /// The committed entries behind `after`, with their positions: what a state machine that has
    /// applied everything up to `after` applies next.
    pub fn committed<'d>(
        &self,
        durable: &'d Durable<C>,
        after: LogIndex,
    ) -> impl Iterator<Item = (LogIndex, &'d Entry<C>)> + use<'d, C> {
        let count = self.commit.0.saturating_sub(after.0) as usize;
        let indexes = (after.0 + 1..).map(LogIndex);
        indexes.zip(durable.log.behind(after, count))
    }

    /// The server's present term.
    pub const fn term(&self) -> Term {
        self.ballot.term
    }

    /// The part that it plays.
    pub const fn role(&self) -> Role {
        match self.state {
            State::Follower { .. } => Role::Follower,
            State::PreCandidate { .. } | State::Candidate { .. } => Role::Candidate,
            State::Leader(_) => Role::Leader,
        }
    }

    /// Who leads in its term, as far as it knows; itself if it leads.
    pub const fn leader(&self) -> Option<NodeId> {
        match self.state {
            State::Follower { leader } => leader,
            State::PreCandidate { .. } | State::Candidate { .. } => None,
            State::Leader(_) => Some(self.id),
        }
    }

    /// Section 5.1: whoever sees a higher term is a follower in it, and has not voted in it yet.
    /// This alone is no reason to wait for anybody: the election timer runs on.
    fn adopt(&mut self, term: Term, ctx: &mut Context<'_, Self>) {
        assert!(term > self.ballot.term, "terms only go up");
        self.step_down(ctx);
        self.ballot = Ballot { term, vote: None };
    }

    /// Becomes a follower that knows no leader. A leader had no election timer: it gets one.
    fn step_down(&mut self, ctx: &mut Context<'_, Self>) {
        let before = std::mem::replace(&mut self.state, State::Follower { leader: None });
        if let State::Leader(reign) = before {
            ctx.observe(Observation::LeaderStepped { term: self.ballot.term });
            ctx.cancel_timer(Timer::Heartbeat);
            ctx.cancel_timer(Timer::CheckQuorum);
            if reign.hands_over_to.is_some() {
                ctx.cancel_timer(Timer::Transfer);
            }
            self.reset_election_timer(ctx);
        }
    }

    fn sync(&mut self, ctx: &mut Context<'_, Self>) {
        self.syncs += 1;
        ctx.sync();
    }

    /// Writes the ballot if it has changed since. What is sent and promised after it waits for
    /// the disk: figure 2, "updated on stable storage before responding to RPCs".
    fn save_ballot(&mut self, ctx: &mut Context<'_, Self>) {
        if self.ballot == self.saved {
            return;
        }
        let before = std::mem::replace(&mut self.saved, self.ballot);
        let kept = ctx.config().rules.kept(self.ballot, ctx.durable().ballot);
        ctx.persist(Write::Ballot(kept));
        self.sync(ctx);
        let Ballot { term, vote } = self.ballot;
        if term != before.term {
            ctx.promise(Observation::TermAdopted { term });
        }
        if let Some(candidate) = vote {
            ctx.promise(Observation::VoteGranted { candidate, term });
        }
    }

    /// Each message finds who handles it; its term has been seen to.
    fn take_message(&mut self, from: NodeId, message: Message<C>, ctx: &mut Context<'_, Self>) {
        match message {
            Message::VoteRequest { term, candidate, last } => {
                let bound = self.is_bound_by_lease(ctx);
                self.on_vote_request(candidate, term, last, !bound, ctx);
            }
            Message::TransferVoteRequest { term, candidate, last } => {
                self.on_vote_request(candidate, term, last, true, ctx);
            }
            Message::VoteReply { term, granted, .. } => {
                self.on_vote_reply(from, term, granted, ctx);
            }
            Message::PreVoteRequest { term, last } => {
                self.on_pre_vote_request(from, term, last, ctx);
            }
            Message::PreVoteReply { term, granted } => {
                self.on_pre_vote_reply(from, term, granted, ctx);
            }
            Message::AppendEntries { term, previous, entries, commit } => {
                self.on_append_entries(from, term, previous, entries, commit, ctx);
            }
            Message::AppendReply { term, outcome } => {
                self.on_append_reply(from, term, outcome, ctx);
            }
            Message::Heartbeat { term, round } => self.on_heartbeat(from, term, round, ctx),
            Message::HeartbeatReply { term, round } => {
                self.on_heartbeat_reply(from, term, round, ctx);
            }
            Message::TimeoutNow { term } => self.on_timeout_now(term, ctx),
        }
    }

    /// Declares what the disk holds at boot: a crash may have kept what nobody was promised.
    fn declare_disk(&self, ctx: &mut Context<'_, Self>) {
        if self.ballot.term > Term(0) {
            ctx.promise(Observation::TermAdopted { term: self.ballot.term });
        }
        self.promise_entries(LogIndex(0), ctx);
        if self.electorate.index > LogIndex(0) {
            self.declare_members(ctx);
        }
    }
}

impl<C> Message<C> {
    /// The term that its receiver must adopt if it is behind. PreVote asks about a term that
    /// nobody need reach, and a refusal tells the voter's own.
    const fn binding_term(&self) -> Option<Term> {
        match *self {
            Message::VoteRequest { term, .. }
            | Message::VoteReply { term, .. }
            | Message::PreVoteReply { term, granted: false }
            | Message::AppendEntries { term, .. }
            | Message::AppendReply { term, .. }
            | Message::Heartbeat { term, .. }
            | Message::HeartbeatReply { term, .. }
            | Message::TimeoutNow { term }
            | Message::TransferVoteRequest { term, .. } => Some(term),
            Message::PreVoteRequest { .. } | Message::PreVoteReply { .. } => None,
        }
    }
}

impl<C: Data> Protocol for Raft<C> {
    type Config = Config;
    type Message = Message<C>;
    type Timer = Timer;
    type Command = Command<C>;
    type Observation = Observation;
    type View = View;
    type Durable = Durable<C>;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let ballot = ctx.durable().ballot;
        let raft = Raft {
            id: ctx.id(),
            ballot,
            saved: ballot,
            syncs: 0,
            state: State::Follower { leader: None },
            electorate: Self::electorate_at_boot(ctx),
            commit: LogIndex(0),
            heard: None,
            booted: Self::boot_time(ctx),
            command: PhantomData,
        };
        raft.declare_disk(ctx);
        raft.reset_election_timer(ctx);
        raft
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, ctx: &mut Context<'_, Self>) {
        let is_vote_request =
            matches!(message, Message::VoteRequest { .. } | Message::TransferVoteRequest { .. });
        if matches!(message, Message::VoteRequest { .. }) && self.is_sticky(&message, ctx) {
            return;
        }
        if let Some(term) = message.binding_term().filter(|&term| term > self.ballot.term) {
            self.adopt(term, ctx);
        }
        // A voter writes the term and the vote that it gives in it at once.
        if !is_vote_request {
            self.save_ballot(ctx);
        }
        self.take_message(from, message, ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match timer {
            // Whoever has no vote waits to be asked.
            Timer::Election if !self.may_stand(ctx) => {}
            Timer::Election if ctx.config().pre_vote => self.canvass(ctx),
            Timer::Election => self.stand(ctx),
            Timer::Heartbeat => self.beat(ctx),
            Timer::CheckQuorum => self.check_quorum(ctx),
            Timer::Transfer => self.abort_transfer(),
        }
    }

    fn on_command(&mut self, command: Command<C>, ctx: &mut Context<'_, Self>) {
        match command {
            // A client finds out that its command was refused by never seeing it committed.
            Command::Propose(command) => drop(self.propose(command, ctx)),
            Command::Transfer(to) => self.hand_over(to, ctx),
            Command::Read(number) => self.read(number, ctx),
            Command::AddLearner(server) => self.change(Change::AddLearner(server), ctx),
            Command::AddServer(server) => self.change(Change::AddServer(server), ctx),
            Command::RemoveServer(server) => self.change(Change::RemoveServer(server), ctx),
        }
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Context<'_, Self>) {
        match synced {
            Synced::Done => {
                self.syncs = self.syncs.saturating_sub(1);
                self.lead_alone(ctx);
            }
            // It fails with all that were under way.
            Synced::Failed => {
                self.syncs = 0;
                if ctx.config().rules.writes_again_after_failure {
                    self.write_all_again(ctx);
                }
            }
        }
    }

    fn view(&self) -> View {
        View {
            role: self.role(),
            term: self.ballot.term,
            leader: self.leader(),
            members: self.electorate.shown(),
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self.role() {
            Role::Leader => role == "leader",
            Role::Candidate => role == "candidate",
            Role::Follower => role == "follower",
        }
    }

    /// A server answers when it applies the command. One that has lost its lead may still do so.
    fn answers(
        &self,
        command: &Command<C>,
        observation: &Observation,
        durable: &Durable<C>,
    ) -> bool {
        match (command, observation) {
            (Command::Propose(asked), Observation::EntryCommitted { index, .. }) => {
                let entry = durable.log.entry(*index);
                let done = entry.and_then(|entry| entry.command.as_ref());
                done.is_some_and(|done| is_same(asked, done))
            }
            (Command::Read(number), said) => reads::answers(*number, said),
            _ => false,
        }
    }

    fn claims(message: &Message<C>) -> Option<Observation> {
        match *message {
            // A candidate has voted for itself.
            Message::VoteRequest { term, candidate, .. }
            | Message::TransferVoteRequest { term, candidate, .. }
            | Message::VoteReply { term, candidate, granted: true } => {
                Some(Observation::VoteGranted { candidate, term })
            }
            Message::AppendEntries { term, .. }
            | Message::Heartbeat { term, .. }
            | Message::TimeoutNow { term } => Some(Observation::LeaderElected { term }),
            _ => None,
        }
    }
}

/// Whether two commands say the same; not all that can be said can be compared by itself.
fn is_same<C: Data>(one: &C, other: &C) -> bool {
    let digest = |command: &C| {
        let mut digest = Fingerprint::EMPTY;
        digest.fold_value(command);
        digest
    };
    digest(one) == digest(other)
}
