//! `fire-and-forget`: commit, hand the event to the client library's buffer, answer the client (DOMAIN 2a, A4).
//!
//! `recv -> begin -> write -> commit -> send() returns -> reply`, and later `linger -> network`. The buffer is memory of
//! the app and dies with it; whether the broker ever had the event is learnt by nobody who could do something about it.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "fire-and-forget: buffer",
        "modelled",
        "a batch leaves when it is full or its first event has lingered; a crash loses the buffer and what waits for a retry",
    ),
    (
        "fire-and-forget: producer",
        "simplified",
        "a batch is counted in events and leaves as one message for each; the buffer has no end, so send() never blocks; \
         what is sent again may be overtaken, unless `broker.idempotence` numbers it",
    ),
];

/// Where one operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// The write is on its way.
    Writing,
    /// The transaction is open.
    Open,
    /// The commit is on its way.
    Committing,
    /// Committed; the second write is owed, in this process's memory only.
    Gap,
    /// `send()` is called.
    Sending,
    /// Over.
    Ended,
}

/// The steps as the stage lists them.
pub const STEPS: [Step; 5] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitPublish) },
    Step { verb: Verb::Buffer, gap: Some(C::AppPublishReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app can meet.
pub const CRASH_POINTS: [C; 6] =
    [C::AppBeginWrite, C::AppWriteCommit, C::AppCommitAck, C::AppCommitPublish, C::AppPublishReply, C::AppBufferSend];

/// One arrow.
#[must_use]
pub fn step(_knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) => Arrow::to(S::Committing, Ask::Commit).before(C::AppWriteCommit).after(C::AppCommitAck),
        (S::Committing, E::Done) => Arrow::to(S::Gap, Ask::Gap).before(C::AppCommitPublish),
        (S::Gap, E::Elapsed) => Arrow::to(S::Sending, Ask::Buffer),
        (S::Sending, E::Done) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppPublishReply),
        (S::Writing | S::Committing, E::Failed) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End)
        }
        (S::Writing, E::TimedOut) => Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End),
        // The commit may be durable, or become so: this process will not publish what it does not know.
        (S::Committing, E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::GiveUp, Ask::Reply(Outcome::Unknown)).and(Ask::End)
        }
        // Answers that nobody waits for any more. Listed, so that a new event must be thought about here.
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Writing | S::Committing, E::Start | E::Elapsed)
        | (S::Open | S::Gap, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Sending, E::Start | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn arrows() {
        use State as S;
        let knobs = AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: false, compensates: false };
        let reply = |outcome| vec![Ask::Disconnect, Ask::Reply(outcome), Ask::End];
        let table = [
            // state         event        next           before                     asks                                     after
            (S::Idle,       E::Start,    S::Writing,    Some(C::AppBeginWrite),    vec![Ask::Write],                        None),
            (S::Writing,    E::Done,     S::Open,       None,                      vec![Ask::Hold],                         None),
            (S::Writing,    E::Failed,   S::Ended,      None,                      reply(Outcome::Failed),                  None),
            (S::Writing,    E::TimedOut, S::Ended,      None,                      reply(Outcome::Unknown),                 None),
            (S::Open,       E::Elapsed,  S::Committing, Some(C::AppWriteCommit),   vec![Ask::Commit],                       Some(C::AppCommitAck)),
            (S::Committing, E::Done,     S::Gap,        Some(C::AppCommitPublish), vec![Ask::Gap],                          None),
            (S::Committing, E::Failed,   S::Ended,      None,                      reply(Outcome::Failed),                  None),
            (S::Committing, E::TimedOut, S::Ended,      None,                      vec![Ask::Disconnect, Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (S::Gap,        E::Elapsed,  S::Sending,    None,                      vec![Ask::Buffer],                       None),
            (S::Sending,    E::Done,     S::Ended,      Some(C::AppPublishReply),  vec![Ask::Reply(Outcome::Ok), Ask::End], None),
            (S::Sending,    E::Failed,   S::Sending,    None,                      vec![],                                  None),
        ];
        for (state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }
}
