//! `direct-db-first`: commit, then publish (DOMAIN 2a, A1 and A5). Nothing joins the two: that is the subject.
//!
//! `recv -> begin -> write -> commit -> publish -> reply`, with retry in the process if the options say so, and with the
//! second write behind the client's answer if it is done in the background. An operation that gives its second write up
//! may be taken back (2d): by an operation of its own, which goes the same way and is not taken back again.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "producer: retries",
        "simplified",
        "a number of tries, evenly apart (`direct.retry`, `outbox.retry`); Kafka's producer tries for delivery.timeout.ms, \
         120 s, and its pause grows from 100 ms to 1 s, as the connector's does here",
    ),
    (
        "saga: compensation",
        "simplified",
        "one step, taken back by one transaction and one call, which is tried as often as the call; a compensation is not \
         taken back itself, and nobody takes up one that the app's crash ended",
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
    /// A call of the second write is on its way: which, and for the n-th time.
    Publishing(u32, u32),
    /// That call failed and is owed again.
    Backoff(u32, u32),
    /// Over.
    Ended,
}

/// The steps as the stage lists them.
pub const STEPS: [Step; 5] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitPublish) },
    Step { verb: Verb::Publish, gap: Some(C::AppPublishReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app can meet.
pub const CRASH_POINTS: [C; 6] =
    [C::AppBeginWrite, C::AppWriteCommit, C::AppCommitAck, C::AppCommitPublish, C::AppPublishAck, C::AppPublishReply];

/// One arrow.
#[must_use]
pub fn step(knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) => Arrow::to(S::Committing, Ask::Commit).before(C::AppWriteCommit).after(C::AppCommitAck),
        (S::Committing, E::Done) if knobs.background => {
            Arrow::to2(S::Gap, Ask::Reply(Outcome::Ok), Ask::Gap).before(C::AppCommitPublish)
        }
        (S::Committing, E::Done) => Arrow::to(S::Gap, Ask::Gap).before(C::AppCommitPublish),
        (S::Gap, E::Elapsed) => publish(0, 1),
        (S::Publishing(call, _), E::Done) if call + 1 < knobs.calls => publish(call + 1, 1),
        (S::Publishing(..), E::Done) => end(knobs, Outcome::Ok).before(C::AppPublishReply),
        (S::Publishing(call, attempt), E::Failed | E::TimedOut) if knobs.again(attempt) => {
            Arrow::to(S::Backoff(call, attempt), Ask::Backoff)
        }
        (S::Publishing(..), E::Failed) => give_up(knobs, Outcome::Failed),
        (S::Publishing(..), E::TimedOut) => give_up(knobs, Outcome::Unknown),
        (S::Backoff(call, attempt), E::Elapsed) => publish(call, attempt + 1),
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
        | (S::Open | S::Gap | S::Backoff(..), E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Publishing(..), E::Start | E::Elapsed)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

fn publish(call: u32, attempt: u32) -> Arrow<State, Ask> {
    Arrow::to(State::Publishing(call, attempt), Ask::Publish { call, attempt }).after(C::AppPublishAck)
}

fn end(knobs: &AppKnobs, outcome: Outcome) -> Arrow<State, Ask> {
    if knobs.background {
        return Arrow::to(State::Ended, Ask::End);
    }
    Arrow::to2(State::Ended, Ask::Reply(outcome), Ask::End)
}

fn give_up(knobs: &AppKnobs, outcome: Outcome) -> Arrow<State, Ask> {
    if knobs.compensates {
        return Arrow::to2(State::Ended, Ask::GiveUp, Ask::Compensate);
    }
    if knobs.background {
        return Arrow::to2(State::Ended, Ask::GiveUp, Ask::End);
    }
    Arrow::to3(State::Ended, Ask::GiveUp, Ask::Reply(outcome), Ask::End)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCE: AppKnobs =
        AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: false, compensates: false };

    #[test]
    #[rustfmt::skip]
    fn arrows() {
        use State as S;
        let twice = AppKnobs { attempts: 2, ..ONCE };
        let behind = AppKnobs { background: true, ..ONCE };
        let two = AppKnobs { calls: 2, ..ONCE };
        let saga = AppKnobs { compensates: true, attempts: 2, ..ONCE };
        let quiet = AppKnobs { compensates: true, ..behind };
        let ok = Ask::Reply(Outcome::Ok);
        let table = [
            // knobs   state                 event        next                  before                     asks                                             after
            (ONCE,   S::Idle,             E::Start,    S::Writing,           Some(C::AppBeginWrite),    vec![Ask::Write],                                None),
            (ONCE,   S::Writing,          E::Done,     S::Open,              None,                      vec![Ask::Hold],                                 None),
            (ONCE,   S::Writing,          E::Failed,   S::Ended,             None,                      vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End], None),
            (ONCE,   S::Writing,          E::TimedOut, S::Ended,             None,                      vec![Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (ONCE,   S::Open,             E::Elapsed,  S::Committing,        Some(C::AppWriteCommit),   vec![Ask::Commit],                               Some(C::AppCommitAck)),
            (ONCE,   S::Committing,       E::Failed,   S::Ended,             None,                      vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End], None),
            (ONCE,   S::Committing,       E::TimedOut, S::Ended,             None,                      vec![Ask::Disconnect, Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (ONCE,   S::Committing,       E::Done,     S::Gap,               Some(C::AppCommitPublish), vec![Ask::Gap],                                  None),
            (behind, S::Committing,       E::Done,     S::Gap,               Some(C::AppCommitPublish), vec![ok, Ask::Gap],                              None),
            (ONCE,   S::Gap,              E::Elapsed,  S::Publishing(0, 1),  None,                      vec![Ask::Publish { call: 0, attempt: 1 }],      Some(C::AppPublishAck)),
            (ONCE,   S::Publishing(0, 1), E::Done,     S::Ended,             Some(C::AppPublishReply),  vec![ok, Ask::End],                              None),
            (two,    S::Publishing(0, 1), E::Done,     S::Publishing(1, 1),  None,                      vec![Ask::Publish { call: 1, attempt: 1 }],      Some(C::AppPublishAck)),
            (ONCE,   S::Publishing(0, 1), E::Failed,   S::Ended,             None,                      vec![Ask::GiveUp, Ask::Reply(Outcome::Failed), Ask::End], None),
            (ONCE,   S::Publishing(0, 1), E::TimedOut, S::Ended,             None,                      vec![Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (behind, S::Publishing(0, 1), E::Failed,   S::Ended,             None,                      vec![Ask::GiveUp, Ask::End],                     None),
            (saga,   S::Publishing(0, 1), E::TimedOut, S::Backoff(0, 1),     None,                      vec![Ask::Backoff],                              None),
            (saga,   S::Publishing(0, 2), E::TimedOut, S::Ended,             None,                      vec![Ask::GiveUp, Ask::Compensate],              None),
            (saga,   S::Publishing(0, 2), E::Failed,   S::Ended,             None,                      vec![Ask::GiveUp, Ask::Compensate],              None),
            (saga,   S::Committing,       E::TimedOut, S::Ended,             None,                      vec![Ask::Disconnect, Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (quiet,  S::Publishing(0, 1), E::Failed,   S::Ended,             None,                      vec![Ask::GiveUp, Ask::Compensate],              None),
            (twice,  S::Publishing(0, 1), E::TimedOut, S::Backoff(0, 1),     None,                      vec![Ask::Backoff],                              None),
            (twice,  S::Backoff(0, 1),    E::Elapsed,  S::Publishing(0, 2),  None,                      vec![Ask::Publish { call: 0, attempt: 2 }],      Some(C::AppPublishAck)),
            (twice,  S::Publishing(0, 2), E::Failed,   S::Ended,             None,                      vec![Ask::GiveUp, Ask::Reply(Outcome::Failed), Ask::End], None),
        ];
        for (knobs, state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }

    /// An operation that has ended asks for nothing, whatever comes.
    #[test]
    fn nothing_after_the_end() {
        for event in E::ALL {
            assert_eq!(step(&ONCE, State::Ended, event), Arrow::stay(State::Ended), "{event:?}");
        }
    }
}
