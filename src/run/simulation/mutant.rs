//! Deliberately broken variants, to prove that the search catches them. They exist in this crate's own tests only.
//!
//! Each is one changed line of a strategy, a consumer, a store or a recovery; the places ask `on`.

use crate::kernel::time::Us;
use crate::strategy::two_phase_commit::{GlobalEvent, GlobalState};
use crate::world::ids::{Apply, Durable};
use crate::world::store::Rules;
use std::cell::Cell;

crate::ids! {
    /// A broken variant: what it does wrong.
    pub enum Mutant {
        /// DOMAIN 2e: published, then marked.
        RelayTrusts = "the relay takes a failed publish for done",
        /// What a dead relay had claimed need not be published.
        RelayMarksAtStart = "a relay that starts marks what it finds",
        /// The versions of an upsert are not compared.
        StoreBlind = "the index takes every version",
        /// No tombstone is kept.
        StoreForgets = "the index forgets what it has deleted",
        /// An apply that failed is not tried again.
        ConsumerTrusts = "the consumer takes a failed apply for done",
        /// The committed offset is not where it starts again.
        ConsumerSkips = "a consumer that starts begins at the log's end",
        /// The offset is committed before the records are applied.
        ConsumerCommitsFirst = "the consumer commits its offset when it polls",
        /// The same, in what it does after a crash only.
        ConsumerCommitsReplay = "a consumer that has restarted commits its offset when it polls",
        /// A vote against counts as one in favour.
        CoordinatorMishears = "the coordinator takes no for yes",
        /// The other votes are not waited for.
        CoordinatorHurries = "the coordinator decides at the first vote",
        /// The decision is told, and forgotten before all have confirmed it.
        CoordinatorForgets = "the coordinator forgets at the first confirmation",
        /// Presumed commit where the log presumes abort.
        CoordinatorPresumesCommit = "a coordinator that starts commits what it finds prepared",
        /// A vote is in memory only.
        SourceForgetsVote = "the source loses its votes in a crash",
        /// What the broker has not confirmed is stored as read.
        ConnectorStoresEarly = "the connector stores its offset when it polls",
        /// A publish that failed is not tried again.
        ConnectorTrusts = "the connector takes a failed publish for done",
        /// The stored offset is not where it starts again.
        ConnectorSkips = "a connector that starts begins at the log's end",
    }
}

thread_local! {
    static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
}

/// Whether what runs on this thread is that variant.
pub fn on(mutant: Mutant) -> bool {
    ACTIVE.get() == Some(mutant)
}

/// Does something with a variant in place, and puts the true one back.
pub fn with<T>(mutant: Mutant, run: impl FnOnce() -> T) -> T {
    ACTIVE.set(Some(mutant));
    let result = run();
    ACTIVE.set(None);
    result
}

/// A store's rules, under the variants of stores.
pub fn store(mut rules: Rules) -> Rules {
    if on(Mutant::StoreForgets) {
        (rules.tombstones.ttl, rules.tombstones.durable) = (Us::ZERO, Durable::None);
    }
    if on(Mutant::StoreBlind) {
        rules.apply = Apply::Blind;
    }
    rules
}

/// What the coordinator hears, and where it thinks that it is, under the variants of coordinators.
pub fn vote(event: GlobalEvent, state: GlobalState) -> (GlobalEvent, GlobalState) {
    use {GlobalEvent as V, GlobalState as S};
    match (event, state) {
        (V::No, S::Preparing(_)) if on(Mutant::CoordinatorMishears) => (V::Yes, state),
        (V::Yes, S::Preparing(_)) if on(Mutant::CoordinatorHurries) => (event, S::Preparing(1)),
        (V::Confirmed, S::Committing(_)) if on(Mutant::CoordinatorForgets) => (event, S::Committing(1)),
        other => other,
    }
}
