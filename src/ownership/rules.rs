//! The decisions that keep a shard with one server and its writes with the shard, each under a
//! name.

/// What servers do and do not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A server that has to hand a shard over serves it no more.
    pub stops_before_sending: bool,
    /// A server that is to get a shard serves it only when it has all of it.
    pub waits_for_contents: bool,
    /// What has been applied of each client goes with the shard.
    pub sends_applied: bool,
    /// A server says that it has a shard when the shard is on its disk.
    pub acknowledges_what_is_durable: bool,
    /// A server answers a write when the write is on its disk.
    pub answers_what_is_durable: bool,
    /// A server takes only the contents that were sent in the epoch in which it waits for them.
    pub takes_only_what_it_waits_for: bool,
    /// Whether it owns a shard a server looks when it applies an operation, not when it queues it.
    pub checks_when_it_applies: bool,
    /// A server goes from an epoch to the next one, and passes none over.
    pub passes_no_epoch: bool,
    /// Changes are made in the order of their numbers, not in that in which they come.
    pub orders_changes: bool,
    /// A server with a lease looks whether it is over.
    pub looks_at_its_lease: bool,
    /// A server counts its lease from when it asked for it.
    pub counts_from_the_question: bool,
    /// A new owner begins when nobody has a lease by an earlier epoch.
    pub waits_for_leases: bool,
    /// A coordinator that restarts waits out what it may have granted before.
    pub waits_after_restart: bool,
    /// The storage lets only the latest owner write.
    pub storage_is_fenced: bool,
    /// Whoever serves a shard says so.
    pub declares_what_it_serves: bool,
}

/// As it should be.
pub const SOUND: Rules = Rules {
    stops_before_sending: true,
    waits_for_contents: true,
    sends_applied: true,
    acknowledges_what_is_durable: true,
    answers_what_is_durable: true,
    takes_only_what_it_waits_for: true,
    checks_when_it_applies: true,
    passes_no_epoch: true,
    orders_changes: true,
    looks_at_its_lease: true,
    counts_from_the_question: true,
    waits_for_leases: true,
    waits_after_restart: true,
    storage_is_fenced: true,
    declares_what_it_serves: true,
};
