//! Leadership transfer (thesis 3.10): a leader stops taking proposals, brings the log of the server
//! that is to lead up to date and tells it to stand at once. If that has not come to anything after
//! an election timeout it leads on.

use super::{Message, Raft, State, Timer};
use crate::election::spec::{LogIndex, Term};
use crate::id::NodeId;
use crate::protocol::{Context, Data};

impl<C: Data> Raft<C> {
    /// Hands over to a server. Whoever does not lead, or is to hand over to itself or to a node
    /// that has no vote, does nothing. A second order replaces the first.
    pub(super) fn hand_over(&mut self, to: NodeId, ctx: &mut Context<'_, Self>) {
        let is_voter = to != self.id && self.members().is_voter(to);
        let State::Leader(reign) = &mut self.state else { return };
        if !is_voter {
            return;
        }
        reign.hands_over_to = Some(to);
        ctx.set_timer(Timer::Transfer, ctx.config().election_timeout_min);
        self.send_entries_to_all(ctx);
        self.tell_who_is_to_stand(ctx);
    }

    /// Tells the server that is to lead to stand, once it has the whole log: it would lose sooner.
    pub(super) fn tell_who_is_to_stand(&mut self, ctx: &mut Context<'_, Self>) {
        let last = ctx.durable().log.last().index;
        let State::Leader(reign) = &mut self.state else { return };
        let Some(to) = reign.hands_over_to else { return };
        let held = ctx.config().position(to).map_or(LogIndex(0), |place| reign.matched[place]);
        if held < last {
            return;
        }
        // This message may come late, after the transfer was given up, and the votes that it leads
        // to break any lease: there is none again in this reign.
        if ctx.config().rules.gives_up_lease_before_transfer {
            reign.rounds.give_up_lease();
        }
        ctx.send(to, Message::TimeoutNow { term: self.ballot.term });
    }

    /// The other does not lead yet: leads on.
    pub(super) fn abort_transfer(&mut self) {
        if let State::Leader(reign) = &mut self.state {
            reign.hands_over_to = None;
        }
    }

    /// Stands at once, for the leader of its own term says so; another's word is too old.
    pub(super) fn on_timeout_now(&mut self, term: Term, ctx: &mut Context<'_, Self>) {
        let may_stand = !matches!(self.state, State::Leader(_)) && self.may_stand(ctx);
        if term == self.ballot.term && may_stand {
            self.stand_in_place_of_the_leader(ctx);
        }
    }
}
