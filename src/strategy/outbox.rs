//! `outbox`: the event is a row of the same transaction; a relay polls the rows and publishes them (DOMAIN 2e).
//!
//! App: `recv -> begin -> write -> outbox row -> commit -> reply`: no second write, so nothing is lost or invented at the
//! commit. Relay: `sleep -> claim -> publish ... -> mark`: publish and mark are a dual write again, so it delivers at
//! least once, with duplicates of at most one batch per crash.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "outbox: relay",
        "modelled",
        "polling by fixed rate or delay, batches, one publish at a time, a mark per row or batch",
    ),
    ("outbox: table", "simplified", "rows are read in the order of alloc_seq; published rows cost nothing further"),
];

/// Where one operation of the app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// The write is on its way.
    Writing,
    /// The outbox row is on its way.
    Enqueueing,
    /// The transaction is open.
    Open,
    /// The commit is on its way.
    Committing,
    /// Over.
    Ended,
}

/// The app's steps as the stage lists them.
pub const STEPS: [Step; 5] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteEnqueue) },
    Step { verb: Verb::Enqueue, gap: Some(C::AppEnqueueCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The relay's steps as the stage lists them.
pub const RELAY_STEPS: [Step; 3] = [
    Step { verb: Verb::Claim, gap: Some(C::RelayClaimPublish) },
    Step { verb: Verb::Publish, gap: Some(C::RelayAckMark) },
    Step { verb: Verb::Mark, gap: Some(C::RelayMarkPoll) },
];

/// The crash points that its app and its relay can meet.
pub const CRASH_POINTS: [C; 9] = [
    C::AppBeginWrite,
    C::AppWriteEnqueue,
    C::AppEnqueueCommit,
    C::AppCommitAck,
    C::AppCommitReply,
    C::RelayClaimPublish,
    C::RelayPublishAck,
    C::RelayAckMark,
    C::RelayMarkPoll,
];

/// One arrow of the app.
#[must_use]
pub fn step(_knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Enqueueing, Ask::Enqueue).before(C::AppWriteEnqueue),
        (S::Enqueueing, E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) => {
            Arrow::to(S::Committing, Ask::Commit).before(C::AppEnqueueCommit).after(C::AppCommitAck)
        }
        (S::Committing, E::Done) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppCommitReply),
        (S::Writing | S::Enqueueing | S::Committing, E::Failed) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End)
        }
        (S::Writing | S::Enqueueing | S::Committing, E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End)
        }
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Writing | S::Enqueueing | S::Committing, E::Start | E::Elapsed)
        | (S::Open, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

/// Where the relay is. `n` is how many rows it claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayState {
    /// Between two looks.
    Sleeping,
    /// The claim is on its way.
    Claiming,
    /// Row `at` of `n` is on its way to the broker.
    Publishing {
        /// Which.
        at: u32,
        /// Of how many.
        n: u32,
    },
    /// A mark is on its way. The rows from `from` up to, not including, `to` are being marked.
    Marking {
        /// The first row of the mark.
        from: u32,
        /// The row after the last.
        to: u32,
        /// Of how many.
        n: u32,
        /// Whether the relay goes on with the next row.
        on: bool,
    },
}

/// What the relay is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayEvent {
    /// It is time to look.
    Due,
    /// That many rows are claimed.
    Claimed(u32),
    /// What it asked for is done.
    Done,
    /// It failed, or nobody answered in time.
    Failed,
}

/// What the relay asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayCommand {
    /// Read unpublished rows.
    Claim,
    /// Publish a claimed row.
    Publish(u32),
    /// Mark claimed rows, from the first up to, not including, the second.
    Mark(u32, u32),
    /// Let the claimed rows go and sleep until the next look.
    Sleep,
}

/// The relay's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayKnobs {
    /// One mark for the whole batch, or one for each row.
    pub mark_batch: bool,
    /// Whether the rest of the batch goes on when a mark fails.
    pub continue_on_failed_mark: bool,
}

/// One arrow of the relay.
#[must_use]
pub fn relay_step(knobs: &RelayKnobs, state: RelayState, event: RelayEvent) -> Arrow<RelayState, RelayCommand> {
    use RelayCommand as Do;
    use RelayEvent as V;
    use RelayState as S;
    let sleep = Arrow::to(S::Sleeping, Do::Sleep);
    match (state, event) {
        (S::Sleeping, V::Due) => Arrow::to(S::Claiming, Do::Claim),
        (S::Claiming, V::Claimed(0) | V::Failed) => sleep,
        (S::Claiming, V::Claimed(n)) => publish(0, n).before(C::RelayClaimPublish),
        (S::Publishing { at, n }, V::Done) if knobs.mark_batch && at + 1 < n => publish(at + 1, n),
        (S::Publishing { n, .. }, V::Done) if knobs.mark_batch => mark(0, n, n, false).before(C::RelayAckMark),
        (S::Publishing { at, n }, V::Done) => mark(at, at + 1, n, at + 1 < n).before(C::RelayAckMark),
        // What the broker has confirmed is marked before the relay gives the batch up.
        (S::Publishing { at, n }, V::Failed) if knobs.mark_batch && at > 0 => mark(0, at, n, false),
        (S::Publishing { .. }, V::Failed) => sleep,
        (S::Marking { to, n, on: true, .. }, V::Done) => publish(to, n).before(C::RelayMarkPoll),
        (S::Marking { on: false, .. }, V::Done) => sleep.before(C::RelayMarkPoll),
        (S::Marking { to, n, on: true, .. }, V::Failed) if knobs.continue_on_failed_mark => publish(to, n),
        (S::Marking { .. }, V::Failed) => sleep,
        (S::Sleeping, V::Claimed(_) | V::Done | V::Failed)
        | (S::Claiming, V::Due | V::Done)
        | (S::Publishing { .. } | S::Marking { .. }, V::Due | V::Claimed(_)) => Arrow::stay(state),
    }
}

fn publish(at: u32, n: u32) -> Arrow<RelayState, RelayCommand> {
    Arrow::to(RelayState::Publishing { at, n }, RelayCommand::Publish(at)).after(C::RelayPublishAck)
}

fn mark(from: u32, to: u32, n: u32, on: bool) -> Arrow<RelayState, RelayCommand> {
    Arrow::to(RelayState::Marking { from, to, n, on }, RelayCommand::Mark(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn app_arrows() {
        use State as S;
        let knobs = AppKnobs { calls: 1, attempts: 1, background: false };
        let unknown = vec![Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End];
        let failed = vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End];
        let table = [
            // state           event        next             before                       asks                 after
            (S::Idle,       E::Start,    S::Writing,      Some(C::AppBeginWrite),      vec![Ask::Write],    None),
            (S::Writing,    E::Done,     S::Enqueueing,   Some(C::AppWriteEnqueue),    vec![Ask::Enqueue],  None),
            (S::Writing,    E::TimedOut, S::Ended,        None,                        unknown.clone(),     None),
            (S::Enqueueing, E::Done,     S::Open,         None,                        vec![Ask::Hold],     None),
            (S::Enqueueing, E::Failed,   S::Ended,        None,                        failed.clone(),      None),
            (S::Open,       E::Elapsed,  S::Committing,   Some(C::AppEnqueueCommit),   vec![Ask::Commit],   Some(C::AppCommitAck)),
            (S::Committing, E::Done,     S::Ended,        Some(C::AppCommitReply),     vec![Ask::Reply(Outcome::Ok), Ask::End], None),
            (S::Committing, E::Failed,   S::Ended,        None,                        failed,              None),
            (S::Committing, E::TimedOut, S::Ended,        None,                        unknown,             None),
        ];
        for (state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn relay_arrows() {
        use {RelayCommand as Do, RelayEvent as V, RelayState as S};
        let batch = RelayKnobs { mark_batch: true, continue_on_failed_mark: false };
        let row = RelayKnobs { mark_batch: false, ..batch };
        let on = RelayKnobs { continue_on_failed_mark: true, ..row };
        let marking = |from, to, n, on| S::Marking { from, to, n, on };
        let table = [
            // knobs state                            event          next                           before                      asks            after
            (batch, S::Sleeping,                   V::Due,        S::Claiming,                   None,                       Do::Claim,      None),
            (batch, S::Claiming,                   V::Claimed(0), S::Sleeping,                   None,                       Do::Sleep,      None),
            (batch, S::Claiming,                   V::Failed,     S::Sleeping,                   None,                       Do::Sleep,      None),
            (batch, S::Claiming,                   V::Claimed(2), S::Publishing { at: 0, n: 2 }, Some(C::RelayClaimPublish), Do::Publish(0), Some(C::RelayPublishAck)),
            (batch, S::Publishing { at: 0, n: 2 }, V::Done,       S::Publishing { at: 1, n: 2 }, None,                       Do::Publish(1), Some(C::RelayPublishAck)),
            (batch, S::Publishing { at: 1, n: 2 }, V::Done,       marking(0, 2, 2, false),       Some(C::RelayAckMark),      Do::Mark(0, 2), None),
            (batch, S::Publishing { at: 1, n: 2 }, V::Failed,     marking(0, 1, 2, false),       None,                       Do::Mark(0, 1), None),
            (batch, S::Publishing { at: 0, n: 2 }, V::Failed,     S::Sleeping,                   None,                       Do::Sleep,      None),
            (row,   S::Publishing { at: 0, n: 2 }, V::Done,       marking(0, 1, 2, true),        Some(C::RelayAckMark),      Do::Mark(0, 1), None),
            (row,   marking(0, 1, 2, true),        V::Done,       S::Publishing { at: 1, n: 2 }, Some(C::RelayMarkPoll),     Do::Publish(1), Some(C::RelayPublishAck)),
            (row,   marking(1, 2, 2, false),       V::Done,       S::Sleeping,                   Some(C::RelayMarkPoll),     Do::Sleep,      None),
            (row,   marking(0, 1, 2, true),        V::Failed,     S::Sleeping,                   None,                       Do::Sleep,      None),
            (on,    marking(0, 1, 2, true),        V::Failed,     S::Publishing { at: 1, n: 2 }, None,                       Do::Publish(1), Some(C::RelayPublishAck)),
        ];
        for (knobs, state, event, next, before, ask, after) in table {
            let got = relay_step(&knobs, state, event);
            assert_eq!((got.next, got.before, got.asks[0], got.after), (next, before, Some(ask), after), "{state:?} on {event:?}");
        }
    }
}
