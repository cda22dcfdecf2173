//! A store's consumer: `poll -> apply ... -> commit offset` (DOMAIN 2g): at least once, in the order of the partition.

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "consumer: loop",
        "modelled",
        "poll a batch, apply it record by record, then commit the offset; a failed apply is tried again",
    ),
    ("consumer: group", "simplified", "one member reads all partitions; no rebalance"),
];

/// Where a consumer is. `n` is how many records it has polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for records.
    Idle,
    /// Record `at` of `n` is on its way to the store, for the `attempt`-th time.
    Applying {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// That record failed and is tried again.
    Backoff {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// The offset is on its way to the broker.
    Committing,
    /// The commit of the offset failed and is tried again.
    CommitBackoff,
}

/// What a consumer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// That many records are polled.
    Polled(u32),
    /// What it asked for is done.
    Done,
    /// It failed, or nobody answered in time.
    Failed,
    /// The time that it waited is over.
    Elapsed,
}

/// What a consumer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take what is in the buffer, as soon as there is something.
    Poll,
    /// Apply a polled record, for the n-th time.
    Apply(u32, u32),
    /// Pause.
    Backoff,
    /// Commit the offset after the last polled record.
    Commit,
}

/// Which of its crash points a consumer passes before it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Records are taken, the first is not applied.
    PollApply,
    /// The records are applied, the offset is not committed.
    ApplyCommit,
    /// The offset is committed, the consumer has not polled again.
    CommitPoll,
}

/// One arrow.
#[must_use]
pub fn step(state: State, event: Event) -> (State, Option<Passes>, Option<Command>) {
    use {Command as C, Event as E, Passes as P, State as S};
    match (state, event) {
        (S::Idle, E::Polled(0)) => (S::Idle, None, None),
        (S::Idle, E::Polled(n)) => (S::Applying { at: 0, n, attempt: 1 }, Some(P::PollApply), Some(C::Apply(0, 1))),
        (S::Applying { at, n, .. }, E::Done) if at + 1 < n => {
            (S::Applying { at: at + 1, n, attempt: 1 }, None, Some(C::Apply(at + 1, 1)))
        }
        (S::Applying { .. }, E::Done) => (S::Committing, Some(P::ApplyCommit), Some(C::Commit)),
        (S::Applying { at, n, attempt }, E::Failed) => (S::Backoff { at, n, attempt }, None, Some(C::Backoff)),
        (S::Backoff { at, n, attempt }, E::Elapsed) => {
            (S::Applying { at, n, attempt: attempt + 1 }, None, Some(C::Apply(at, attempt + 1)))
        }
        (S::Committing, E::Done) => (S::Idle, Some(P::CommitPoll), Some(C::Poll)),
        // As Kafka's commitSync: tried again until it succeeds; a crash before that reads the batch again.
        (S::Committing, E::Failed) => (S::CommitBackoff, None, Some(C::Backoff)),
        (S::CommitBackoff, E::Elapsed) => (S::Committing, None, Some(C::Commit)),
        (S::Idle, E::Done | E::Failed | E::Elapsed)
        | (S::Applying { .. }, E::Polled(_) | E::Elapsed)
        | (S::Backoff { .. } | S::CommitBackoff, E::Polled(_) | E::Done | E::Failed)
        | (S::Committing, E::Polled(_) | E::Elapsed) => (state, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn arrows() {
        use {Command as C, Event as E, Passes as P, State as S};
        let applying = |at, n, attempt| S::Applying { at, n, attempt };
        let table = [
            // state                                   event         next               passes                asks
            (S::Idle,                               E::Polled(0), S::Idle,           None,                 None),
            (S::Idle,                               E::Polled(2), applying(0, 2, 1), Some(P::PollApply),   Some(C::Apply(0, 1))),
            (applying(0, 2, 1),                     E::Done,      applying(1, 2, 1), None,                 Some(C::Apply(1, 1))),
            (applying(1, 2, 1),                     E::Done,      S::Committing,     Some(P::ApplyCommit), Some(C::Commit)),
            (applying(1, 2, 1),                     E::Failed,    S::Backoff { at: 1, n: 2, attempt: 1 }, None, Some(C::Backoff)),
            (S::Backoff { at: 1, n: 2, attempt: 1 }, E::Elapsed,  applying(1, 2, 2), None,                 Some(C::Apply(1, 2))),
            (S::Committing,                         E::Done,      S::Idle,           Some(P::CommitPoll),  Some(C::Poll)),
            (S::Committing,                         E::Failed,    S::CommitBackoff,  None,                 Some(C::Backoff)),
            (S::CommitBackoff,                      E::Elapsed,   S::Committing,     None,                 Some(C::Commit)),
            (S::Idle,                               E::Done,      S::Idle,           None,                 None),
        ];
        for (state, event, next, passes, asks) in table {
            assert_eq!(step(state, event), (next, passes, asks), "{state:?} on {event:?}");
        }
    }
}
