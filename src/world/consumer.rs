//! A store's consumer (DOMAIN 2g): `poll -> apply ... -> commit offset` is at least once, `poll -> commit offset -> apply ...`
//! at most once, both in the order of the partition. With `auto` a later poll commits what earlier ones returned.

use super::ids::CommitMode;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 5] = [
    (
        "consumer: loop",
        "modelled",
        "poll a batch, apply it record by record, commit the offset before, after, or every so often in a later poll",
    ),
    (
        "consumer: poison",
        "modelled",
        "what cannot be applied blocks its partition, or is given up after so many tries: skipped, or put aside",
    ),
    (
        "consumer: dead letters",
        "simplified",
        "a redrive hands the record to the same consumer again, with what made it fail repaired; a real one has its \
         own. One whose time comes after the load has stopped does not come",
    ),
    (
        "consumer: a crash in a call",
        "modelled",
        "the call that it has sent arrives: with a slow store and short batches a crash repeats more, and loses less, than where \
         the work is the consumer's own (`consumer.process`)",
    ),
    (
        "consumer: what it hands on",
        "simplified",
        "a call of the next store, tried again until it is done; a real one goes through a topic of its own",
    ),
];

/// What a consumer's machine may look at: the options, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// When it commits its offset.
    pub commit: CommitMode,
    /// How often it tries to apply a record before it gives it up; 0: without end.
    pub attempts: u32,
    /// Whether it marks an applied record in the store's inbox, by a call of its own.
    pub marks: bool,
    /// Whether it hands an applied record on to another store.
    pub emits: bool,
}

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
    /// Record `at` of `n` has failed too often and is given up.
    GivingUp {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
    },
    /// Record `at` of `n` is applied, its mark is on its way to the inbox, for the `attempt`-th time.
    Marking {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// The mark failed and is tried again.
    MarkBackoff {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// Record `at` of `n` is applied, and on its way to the next store, for the `attempt`-th time.
    Emitting {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// That failed and is tried again.
    EmitBackoff {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
        /// From 1.
        attempt: u32,
    },
    /// The offset is on its way to the broker; so many records are to be applied after that.
    Committing(u32),
    /// The commit of the offset failed and is tried again.
    CommitBackoff(u32),
}

impl State {
    /// The record of the batch that it is at.
    #[must_use]
    pub fn at(self) -> Option<u32> {
        match self {
            State::Idle | State::Committing(_) | State::CommitBackoff(_) => None,
            State::Applying { at, .. }
            | State::Backoff { at, .. }
            | State::GivingUp { at, .. }
            | State::Marking { at, .. }
            | State::MarkBackoff { at, .. }
            | State::Emitting { at, .. }
            | State::EmitBackoff { at, .. } => Some(at),
        }
    }

    /// The first record of the batch that it is not done with; `u32::MAX`: it is done with all.
    #[must_use]
    pub fn left(self) -> u32 {
        match self {
            State::Idle | State::Committing(0) | State::CommitBackoff(0) => u32::MAX,
            // The offset comes first: none is applied.
            State::Committing(_) | State::CommitBackoff(_) => 0,
            _ => self.at().unwrap_or(0),
        }
    }
}

/// What a consumer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// That many records are polled.
    Polled(u32),
    /// What it asked for is done.
    Done,
    /// There is nothing to apply: the row that the record names is gone.
    Dropped,
    /// It failed, or nobody answered in time.
    Failed,
    /// The broker refuses its offset: it is out of the group.
    Fenced,
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
    /// Give a polled record up; it goes on at once.
    GiveUp(u32),
    /// Mark a polled record in the inbox, for the n-th time.
    Mark(u32, u32),
    /// Hand a polled record on to the next store, for the n-th time.
    Emit(u32, u32),
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
    /// The offset is committed, the records are not applied.
    CommitApply,
    /// The records are applied, the consumer has not polled again.
    ApplyPoll,
    /// The record is applied, its mark is not in the inbox.
    ApplyMark,
    /// The record is applied, it is not handed on.
    ApplyEmit,
}

type Arrow = (State, Option<Passes>, Option<Command>);

/// One arrow.
#[must_use]
pub fn step(knobs: &Knobs, state: State, event: Event) -> Arrow {
    use {Command as C, Event as E, Passes as P, State as S};
    match (state, event) {
        (S::Idle, E::Polled(0)) => (S::Idle, None, None),
        (S::Idle, E::Polled(n)) if knobs.commit == CommitMode::Before => (S::Committing(n), None, Some(C::Commit)),
        (S::Idle, E::Polled(n)) => (S::Applying { at: 0, n, attempt: 1 }, Some(P::PollApply), Some(C::Apply(0, 1))),
        (S::Applying { at, n, .. }, E::Done) if knobs.marks => {
            (S::Marking { at, n, attempt: 1 }, Some(P::ApplyMark), Some(C::Mark(at, 1)))
        }
        (S::Applying { at, n, .. } | S::Marking { at, n, .. }, E::Done) if knobs.emits => {
            (S::Emitting { at, n, attempt: 1 }, Some(P::ApplyEmit), Some(C::Emit(at, 1)))
        }
        (S::Applying { at, n, .. } | S::Marking { at, n, .. } | S::Emitting { at, n, .. }, E::Done)
        | (S::Applying { at, n, .. }, E::Dropped)
        | (S::GivingUp { at, n }, E::Elapsed) => next(knobs, at + 1, n),
        (S::Emitting { at, n, attempt }, E::Failed) => (S::EmitBackoff { at, n, attempt }, None, Some(C::Backoff)),
        (S::EmitBackoff { at, n, attempt }, E::Elapsed) => {
            (S::Emitting { at, n, attempt: attempt + 1 }, None, Some(C::Emit(at, attempt + 1)))
        }
        (S::Applying { at, n, attempt }, E::Failed) if knobs.attempts > 0 && attempt >= knobs.attempts => {
            (S::GivingUp { at, n }, None, Some(C::GiveUp(at)))
        }
        (S::Applying { at, n, attempt }, E::Failed) => (S::Backoff { at, n, attempt }, None, Some(C::Backoff)),
        (S::Backoff { at, n, attempt }, E::Elapsed) => {
            (S::Applying { at, n, attempt: attempt + 1 }, None, Some(C::Apply(at, attempt + 1)))
        }
        (S::Marking { at, n, attempt }, E::Failed) => (S::MarkBackoff { at, n, attempt }, None, Some(C::Backoff)),
        (S::MarkBackoff { at, n, attempt }, E::Elapsed) => {
            (S::Marking { at, n, attempt: attempt + 1 }, None, Some(C::Mark(at, attempt + 1)))
        }
        (S::Committing(0), E::Done) => (S::Idle, Some(P::CommitPoll), Some(C::Poll)),
        (S::Committing(n), E::Done) => {
            (S::Applying { at: 0, n, attempt: 1 }, Some(P::CommitApply), Some(C::Apply(0, 1)))
        }
        // As Kafka's commitSync: tried again until it succeeds; a crash before that reads the batch again.
        (S::Committing(n), E::Failed) => (S::CommitBackoff(n), None, Some(C::Backoff)),
        // As CommitFailedException: it polls, and joins again. What it has not applied is the new owner's.
        (S::Committing(_), E::Fenced) => (S::Idle, None, Some(C::Poll)),
        (S::CommitBackoff(n), E::Elapsed) => (S::Committing(n), None, Some(C::Commit)),
        (S::Idle, E::Done | E::Dropped | E::Failed | E::Fenced | E::Elapsed)
        | (S::Applying { .. }, E::Polled(_) | E::Fenced | E::Elapsed)
        | (S::Marking { .. } | S::Emitting { .. }, E::Polled(_) | E::Dropped | E::Fenced | E::Elapsed)
        | (S::Committing(_), E::Polled(_) | E::Dropped | E::Elapsed)
        | (
            S::Backoff { .. }
            | S::MarkBackoff { .. }
            | S::EmitBackoff { .. }
            | S::CommitBackoff(_)
            | S::GivingUp { .. },
            E::Polled(_) | E::Done | E::Dropped | E::Failed | E::Fenced,
        ) => (state, None, None),
    }
}

/// To the next record of the batch; after the last, to the commit or to the next poll.
fn next(knobs: &Knobs, at: u32, n: u32) -> Arrow {
    if at < n {
        return (State::Applying { at, n, attempt: 1 }, None, Some(Command::Apply(at, 1)));
    }
    match knobs.commit {
        CommitMode::After => (State::Committing(0), Some(Passes::ApplyCommit), Some(Command::Commit)),
        CommitMode::Before | CommitMode::Auto => (State::Idle, Some(Passes::ApplyPoll), Some(Command::Poll)),
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
        let marking = |at, attempt| S::Marking { at, n: 2, attempt };
        let emitting = |at, attempt| S::Emitting { at, n: 2, attempt };
        let after = Knobs { commit: CommitMode::After, attempts: 0, marks: false, emits: false };
        let emits = Knobs { emits: true, ..after };
        let before = Knobs { commit: CommitMode::Before, ..after };
        let auto = Knobs { commit: CommitMode::Auto, ..after };
        let twice = Knobs { attempts: 2, ..after };
        let marks = Knobs { marks: true, ..after };
        let table = [
            // knobs, state                             event         next                 passes                asks
            (after,  S::Idle,                           E::Polled(0), S::Idle,             None,                 None),
            (after,  S::Idle,                           E::Polled(2), applying(0, 2, 1),   Some(P::PollApply),   Some(C::Apply(0, 1))),
            (before, S::Idle,                           E::Polled(2), S::Committing(2),    None,                 Some(C::Commit)),
            (before, S::Committing(2),                  E::Done,      applying(0, 2, 1),   Some(P::CommitApply), Some(C::Apply(0, 1))),
            (before, S::Committing(2),                  E::Failed,    S::CommitBackoff(2), None,                 Some(C::Backoff)),
            (before, S::CommitBackoff(2),               E::Elapsed,   S::Committing(2),    None,                 Some(C::Commit)),
            (before, applying(1, 2, 1),                 E::Done,      S::Idle,             Some(P::ApplyPoll),   Some(C::Poll)),
            (auto,   S::Idle,                           E::Polled(1), applying(0, 1, 1),   Some(P::PollApply),   Some(C::Apply(0, 1))),
            (auto,   applying(0, 1, 1),                 E::Done,      S::Idle,             Some(P::ApplyPoll),   Some(C::Poll)),
            (after,  applying(0, 2, 1),                 E::Done,      applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (after,  applying(1, 2, 1),                 E::Done,      S::Committing(0),    Some(P::ApplyCommit), Some(C::Commit)),
            (after,  applying(1, 2, 1),                 E::Failed,    S::Backoff { at: 1, n: 2, attempt: 1 }, None, Some(C::Backoff)),
            (after,  S::Backoff { at: 1, n: 2, attempt: 1 }, E::Elapsed, applying(1, 2, 2), None,                Some(C::Apply(1, 2))),
            (twice,  applying(0, 2, 1),                 E::Failed,    S::Backoff { at: 0, n: 2, attempt: 1 }, None, Some(C::Backoff)),
            (twice,  applying(0, 2, 2),                 E::Failed,    S::GivingUp { at: 0, n: 2 }, None,         Some(C::GiveUp(0))),
            (twice,  S::GivingUp { at: 0, n: 2 },       E::Elapsed,   applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (twice,  S::GivingUp { at: 1, n: 2 },       E::Elapsed,   S::Committing(0),    Some(P::ApplyCommit), Some(C::Commit)),
            (marks,  applying(0, 2, 1),                 E::Done,      marking(0, 1),       Some(P::ApplyMark),   Some(C::Mark(0, 1))),
            (marks,  applying(0, 2, 1),                 E::Dropped,   applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (marks,  marking(0, 1),                     E::Done,      applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (marks,  marking(0, 1),                     E::Failed,    S::MarkBackoff { at: 0, n: 2, attempt: 1 }, None, Some(C::Backoff)),
            (marks,  S::MarkBackoff { at: 0, n: 2, attempt: 1 }, E::Elapsed, marking(0, 2), None,                Some(C::Mark(0, 2))),
            (emits,  applying(0, 2, 1),                 E::Done,      emitting(0, 1),      Some(P::ApplyEmit),   Some(C::Emit(0, 1))),
            (emits,  applying(1, 2, 1),                 E::Dropped,   S::Committing(0),    Some(P::ApplyCommit), Some(C::Commit)),
            (emits,  emitting(0, 1),                    E::Done,      applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (emits,  emitting(1, 3),                    E::Failed,    S::EmitBackoff { at: 1, n: 2, attempt: 3 }, None, Some(C::Backoff)),
            (emits,  S::EmitBackoff { at: 1, n: 2, attempt: 3 }, E::Elapsed, emitting(1, 4), None,               Some(C::Emit(1, 4))),
            (emits,  S::GivingUp { at: 0, n: 2 },       E::Elapsed,   applying(1, 2, 1),   None,                 Some(C::Apply(1, 1))),
            (after,  S::Committing(0),                  E::Done,      S::Idle,             Some(P::CommitPoll),  Some(C::Poll)),
            (after,  S::Committing(0),                  E::Failed,    S::CommitBackoff(0), None,                 Some(C::Backoff)),
            (after,  S::Committing(0),                  E::Fenced,    S::Idle,             None,                 Some(C::Poll)),
            (before, S::Committing(2),                  E::Fenced,    S::Idle,             None,                 Some(C::Poll)),
            (after,  applying(0, 2, 1),                 E::Fenced,    applying(0, 2, 1),   None,                 None),
            (after,  S::CommitBackoff(0),               E::Elapsed,   S::Committing(0),    None,                 Some(C::Commit)),
            (after,  S::Idle,                           E::Done,      S::Idle,             None,                 None),
        ];
        for (knobs, state, event, next, passes, asks) in table {
            assert_eq!(step(&knobs, state, event), (next, passes, asks), "{state:?} on {event:?}");
        }
    }
}
