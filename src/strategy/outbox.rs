//! `outbox`: the event is a row of the same transaction; a relay polls the rows and publishes them (DOMAIN 2e).
//!
//! App: `recv -> begin -> write -> outbox row -> commit -> reply`: no second write, so nothing is lost or invented at the
//! commit. Relay: `sleep -> claim -> publish ... -> mark`: publish and mark are a dual write again, so it delivers at
//! least once, with duplicates of at most one batch per crash.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

pub mod relay;

pub use relay::{RELAY_STEPS, RelayCommand, RelayEvent, RelayKnobs, RelayState, relay_step};

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

/// The same where the outbox row comes first.
pub const OUTBOX_FIRST_STEPS: [Step; 5] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginEnqueue) },
    Step { verb: Verb::Enqueue, gap: Some(C::AppEnqueueWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app and its relay can meet.
pub const CRASH_POINTS: [C; 14] = [
    C::AppBeginWrite,
    C::AppWriteEnqueue,
    C::AppEnqueueCommit,
    C::AppCommitAck,
    C::AppCommitReply,
    C::RelayClaimPublish,
    C::RelayPublishAck,
    C::RelayAckMark,
    C::RelayMarkPoll,
    C::RelayClaimMark,
    C::RelayMarkPublish,
    C::AppBeginEnqueue,
    C::AppEnqueueWrite,
    C::AppWriteCommit,
];

/// One arrow of the app.
#[must_use]
pub fn step(knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) if knobs.outbox_first => Arrow::to(S::Enqueueing, Ask::Enqueue).before(C::AppBeginEnqueue),
        (S::Enqueueing, E::Done) if knobs.outbox_first => Arrow::to(S::Writing, Ask::Write).before(C::AppEnqueueWrite),
        (S::Writing, E::Done) if knobs.outbox_first => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) if knobs.outbox_first => {
            Arrow::to(S::Committing, Ask::Commit).before(C::AppWriteCommit).after(C::AppCommitAck)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn app_arrows() {
        use State as S;
        let knobs = AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: false, compensates: false };
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

    /// DOMAIN 2e, order of locks: the outbox row first, then the row and its lock.
    #[test]
    #[rustfmt::skip]
    fn outbox_first_arrows() {
        use State as S;
        let knobs = AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: true, compensates: false };
        let table = [
            // state           event        next             before                      asks                 after
            (S::Idle,       E::Start,    S::Enqueueing,   Some(C::AppBeginEnqueue),   vec![Ask::Enqueue],  None),
            (S::Enqueueing, E::Done,     S::Writing,      Some(C::AppEnqueueWrite),   vec![Ask::Write],    None),
            (S::Writing,    E::Done,     S::Open,         None,                       vec![Ask::Hold],     None),
            (S::Open,       E::Elapsed,  S::Committing,   Some(C::AppWriteCommit),    vec![Ask::Commit],   Some(C::AppCommitAck)),
            (S::Enqueueing, E::Failed,   S::Ended,        None,                       vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End], None),
        ];
        for (state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }
}
