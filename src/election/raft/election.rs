//! Leader election: section 5.2 with the restriction of 5.4.1, PreVote (thesis 9.6) and leader
//! stickiness (thesis 4.2.3).

use super::log::{Entry, LogEnd};
use super::{Message, Raft, Reign, State, Timer};
use crate::election::spec::{Members, Observation, Term};
use crate::id::{Label, NodeId, NodeSet};
use crate::protocol::{Context, Data};

const ELECTION_TIMEOUT: Label = Label::new("election-timeout");

/// The votes for a candidate, its own included.
#[derive(Debug)]
pub(super) struct Votes {
    /// Who voted for it.
    pub(super) from: NodeSet,
    /// How many replies said so: more than voters, where the network duplicates.
    pub(super) replies: usize,
}

impl Votes {
    /// A candidate that is to leave, and stands for the others' sake, has no vote itself.
    fn of(candidate: NodeId, members: &Members) -> Self {
        let mut votes = Votes { from: NodeSet::new(), replies: 0 };
        if members.is_voter(candidate) {
            votes.add(candidate);
        }
        votes
    }

    fn add(&mut self, voter: NodeId) {
        self.from.insert(voter);
        self.replies += 1;
    }
}

impl<C: Data> Raft<C> {
    /// Starts to wait for a leader, for a time drawn anew: that makes split votes rare (5.2).
    pub(super) fn reset_election_timer(&self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let range = config.election_timeout_min..=config.election_timeout_max;
        let after = ctx.draw_duration(ELECTION_TIMEOUT, range);
        ctx.set_timer(Timer::Election, after);
    }

    /// Asks whether it would win, and changes nothing until a majority says so.
    pub(super) fn canvass(&mut self, ctx: &mut Context<'_, Self>) {
        self.state = State::PreCandidate { votes: Votes::of(self.id, self.members()) };
        self.reset_election_timer(ctx);
        let term = Term(self.ballot.term.0 + 1);
        let last = ctx.durable().log.last();
        self.broadcast(&Message::PreVoteRequest { term, last }, ctx);
        self.count_votes(ctx);
    }

    /// Stands for election in the next term, with its own vote.
    pub(super) fn stand(&mut self, ctx: &mut Context<'_, Self>) {
        let request = |term, candidate, last| Message::VoteRequest { term, candidate, last };
        self.campaign(request, ctx);
    }

    /// Stands because the leader asks for it: nobody is to wait for that leader.
    pub(super) fn stand_in_place_of_the_leader(&mut self, ctx: &mut Context<'_, Self>) {
        let request =
            |term, candidate, last| Message::TransferVoteRequest { term, candidate, last };
        self.campaign(request, ctx);
    }

    fn campaign(
        &mut self,
        request: fn(Term, NodeId, LogEnd) -> Message<C>,
        ctx: &mut Context<'_, Self>,
    ) {
        let term = Term(self.ballot.term.0 + 1);
        self.ballot.term = term;
        self.ballot.vote = ctx.config().rules.votes_for_itself.then_some(self.id);
        self.state = State::Candidate { votes: Votes::of(self.id, self.members()) };
        ctx.observe(Observation::ElectionStarted { term });
        self.save_ballot(ctx);
        self.reset_election_timer(ctx);
        let last = ctx.durable().log.last();
        self.broadcast(&request(term, self.id, last), ctx);
        if !self.is_alone() {
            self.count_votes(ctx);
        }
    }

    /// Whoever needs no vote but its own leads once that is on disk. In a larger group it is there
    /// before the first reply, since the requests have waited for it.
    pub(super) fn lead_alone(&mut self, ctx: &mut Context<'_, Self>) {
        if self.is_alone() && self.syncs == 0 && matches!(self.state, State::Candidate { .. }) {
            self.count_votes(ctx);
        }
    }

    fn is_alone(&self) -> bool {
        self.members().voters() == [self.id]
    }

    pub(super) fn on_vote_request(
        &mut self,
        candidate: NodeId,
        term: Term,
        theirs: LogEnd,
        is_free: bool,
        ctx: &mut Context<'_, Self>,
    ) {
        let rules = &ctx.config().rules;
        let mine = ctx.durable().log.last();
        let granted = is_free
            && term == self.ballot.term
            && rules.may_grant_vote(self.ballot.vote, candidate, theirs, mine);
        if granted {
            self.ballot.vote = Some(candidate);
        }
        if granted || !rules.waits_only_for_whom_it_votes {
            self.put_candidacy_off(ctx);
        }
        let reply = Message::VoteReply { term: self.ballot.term, candidate, granted };
        if rules.syncs_before_reply {
            self.save_ballot(ctx);
            ctx.send(candidate, reply);
        } else {
            ctx.send_now(candidate, reply);
            self.save_ballot(ctx);
        }
    }

    fn put_candidacy_off(&self, ctx: &mut Context<'_, Self>) {
        if !matches!(self.state, State::Leader(_)) {
            self.reset_election_timer(ctx);
        }
    }

    pub(super) fn on_vote_reply(
        &mut self,
        from: NodeId,
        term: Term,
        granted: bool,
        ctx: &mut Context<'_, Self>,
    ) {
        let counts = term == self.ballot.term || !ctx.config().rules.drops_votes_of_older_terms;
        if let State::Candidate { votes } = &mut self.state {
            if granted && counts && self.electorate.members.is_voter(from) {
                votes.add(from);
                self.count_votes(ctx);
            }
        }
    }

    pub(super) fn on_pre_vote_request(
        &mut self,
        from: NodeId,
        term: Term,
        theirs: LogEnd,
        ctx: &mut Context<'_, Self>,
    ) {
        let mine = ctx.durable().log.last();
        let granted = term > self.ballot.term
            && !self.hears_a_leader(ctx)
            && !self.is_bound_by_lease(ctx)
            && (ctx.config().rules.is_up_to_date)(theirs, mine);
        // A refusal is sent too: it frees a server that is behind and does not know it.
        let term = if granted { term } else { self.ballot.term };
        ctx.send(from, Message::PreVoteReply { term, granted });
    }

    pub(super) fn on_pre_vote_reply(
        &mut self,
        from: NodeId,
        term: Term,
        granted: bool,
        ctx: &mut Context<'_, Self>,
    ) {
        let asked_for = Term(self.ballot.term.0 + 1);
        if let State::PreCandidate { votes } = &mut self.state {
            if granted && term == asked_for && self.electorate.members.is_voter(from) {
                votes.add(from);
                self.count_votes(ctx);
            }
        }
    }

    /// Goes on if the votes so far are enough.
    fn count_votes(&mut self, ctx: &mut Context<'_, Self>) {
        let rules = &ctx.config().rules;
        let voters = self.electorate.places.len();
        let wins = |votes| rules.wins(votes, voters);
        match &self.state {
            State::PreCandidate { votes } if wins(votes) => self.stand(ctx),
            State::Candidate { votes } if wins(votes) => self.lead(ctx),
            _ => {}
        }
    }

    fn lead(&mut self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let last = ctx.durable().log.last().index;
        let own = config.position(self.id);
        self.state = State::Leader(Box::new(Reign::begins(last, own, config.servers.len())));
        if config.rules.declares_its_lead {
            ctx.observe(Observation::LeaderElected { term: self.ballot.term });
        }
        ctx.cancel_timer(Timer::Election);
        if config.check_quorum {
            ctx.set_timer(Timer::CheckQuorum, config.election_timeout_min);
        }
        self.forget_learners_if_mutant(ctx);
        if config.no_op_on_election {
            self.append(Entry::of(self.ballot.term, None), ctx);
        }
        self.beat(ctx);
    }

    /// Accepts the leader of its term, and waits for it.
    pub(super) fn follow(&mut self, leader: NodeId, ctx: &mut Context<'_, Self>) {
        if self.leader() != Some(leader) {
            self.step_down(ctx);
            self.forget_vote_if_mutant(ctx);
            self.state = State::Follower { leader: Some(leader) };
            ctx.observe(Observation::LeaderAccepted { leader, term: self.ballot.term });
        }
        self.heard = Some(ctx.monotonic());
        self.reset_election_timer(ctx);
    }

    /// Thesis 6.2: a leader that a majority does not answer within an election timeout steps down.
    pub(super) fn check_quorum(&mut self, ctx: &mut Context<'_, Self>) {
        let config = ctx.config();
        let quorum = self.quorum(ctx);
        let State::Leader(reign) = &mut self.state else { return };
        // Itself and those who answered since the last check.
        let is_there = |voter: &&NodeId| **voter == self.id || reign.heard.contains(**voter);
        if self.electorate.members.voters().iter().filter(is_there).count() < quorum {
            self.step_down(ctx);
            self.forget_vote_if_mutant(ctx);
            if !config.rules.keeps_vote_without_quorum {
                self.ballot.vote = None;
                self.save_ballot(ctx);
            }
        } else {
            reign.heard.clear();
            ctx.set_timer(Timer::CheckQuorum, config.election_timeout_min);
        }
    }

    fn forget_vote_if_mutant(&mut self, ctx: &mut Context<'_, Self>) {
        if !ctx.config().rules.keeps_vote_within_term {
            self.ballot.vote = None;
            self.save_ballot(ctx);
        }
    }

    /// Whether a candidate is to be ignored, its term included, for the sake of a leader that was
    /// heard a moment ago (thesis 4.2.3): else a removed or cut-off server deposes it.
    pub(super) fn is_sticky(&self, message: &Message<C>, ctx: &Context<'_, Self>) -> bool {
        ctx.config().check_quorum
            && message.binding_term().is_some_and(|term| term > self.ballot.term)
            && (self.hears_a_leader(ctx) || self.is_bound_by_lease(ctx))
    }

    /// Whether it leads, or has heard a leader within the shortest election timeout.
    fn hears_a_leader(&self, ctx: &Context<'_, Self>) -> bool {
        let patience = ctx.config().election_timeout_min;
        matches!(self.state, State::Leader(_))
            || self.heard.is_some_and(|at| ctx.monotonic().since(at) < patience)
    }

    /// To all who vote, by this server's own configuration, whatever theirs (thesis 4.1).
    pub(super) fn broadcast(&self, message: &Message<C>, ctx: &mut Context<'_, Self>) {
        ctx.broadcast(self.electorate.members.voters().iter().copied(), message);
    }
}
