//! The decisions that make replicated locks safe and live, each under a name.

/// What servers and clients do and do not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A request that arrives twice takes effect once.
    pub applies_once: bool,
    /// Sessions end by entries in the log, not by every replica's own clock.
    pub expires_by_the_log: bool,
    /// An entry that ends a session spares it if it was renewed behind the leader's back.
    pub spares_who_was_renewed: bool,
    /// A new leader counts the time of every session.
    pub restarts_clocks_of_sessions: bool,
    /// A client keeps its session alive while it asks nothing else.
    pub keeps_its_session_alive: bool,
    /// How many times as long as its lease lasts a client believes in it.
    pub believes_for_leases: u64,
    /// A client that has not been answered for so long holds no more.
    pub stops_when_not_answered: bool,
    /// What makes a client a waiter ends with its session.
    pub ties_its_key_to_its_session: bool,
    /// A client that was told that its turn has come looks whether its own key is still there.
    pub looks_at_its_own_key: bool,
    /// A copy of a request has the number of the first.
    pub retries_under_the_same_number: bool,
    /// Waiters are served in the order of their entries, whatever their sessions are called.
    pub orders_by_sequence: bool,
    /// What an earlier session of the same client has made is not its own.
    pub knows_its_session: bool,
    /// A waiter is woken by who stands before it, not by everybody.
    pub watches_only_its_predecessor: bool,
    /// A waiter looks again after a while: watches die with the server that keeps them.
    pub looks_again: bool,
}

/// As it should be.
pub const SOUND: Rules = Rules {
    applies_once: true,
    expires_by_the_log: true,
    spares_who_was_renewed: true,
    restarts_clocks_of_sessions: true,
    keeps_its_session_alive: true,
    believes_for_leases: 1,
    stops_when_not_answered: true,
    ties_its_key_to_its_session: true,
    looks_at_its_own_key: true,
    retries_under_the_same_number: true,
    orders_by_sequence: true,
    knows_its_session: true,
    watches_only_its_predecessor: true,
    looks_again: true,
};
