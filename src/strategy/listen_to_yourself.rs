//! `listen-to-yourself`: the app only publishes; a consumer of its own writes the database from the log (DOMAIN 2k).
//!
//! App: `recv -> validate? -> publish -> append(d) -> reply 202`. Own consumer: `poll -> upsert -> commit offset`. There
//! is no dual write: the log decides the order, and everybody reads it. The price: nobody reads what they have just
//! written, and the validation may be out of date by the time the database is written. What the database then refuses
//! is public already.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 3] = [
    (
        "listen-to-yourself: own consumer",
        "modelled",
        "at least once, in the order of the partition, idempotent by event id; it may refuse what is public already",
    ),
    (
        "listen-to-yourself: validation",
        "simplified",
        "it reads the row; what it allowed is refused later if the row has changed since, whatever the rule would be",
    ),
    (
        "listen-to-yourself: versions",
        "simplified",
        "an event's version is its place among the records of its key, as consumers that compare offsets have it",
    ),
];

/// Where one operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// The row is being read.
    Validating,
    /// Allowed; the publish is owed, in this process's memory only.
    Gap,
    /// A call of the publish is on its way: which, and for the n-th time.
    Publishing(u32, u32),
    /// That call failed and is tried again.
    Backoff(u32, u32),
    /// Over.
    Ended,
}

/// The steps as the stage lists them.
pub const STEPS: [Step; 3] = [
    Step { verb: Verb::Validate, gap: Some(C::AppValidatePublish) },
    Step { verb: Verb::Publish, gap: Some(C::AppPublishReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app can meet.
pub const CRASH_POINTS: [C; 3] = [C::AppValidatePublish, C::AppPublishAck, C::AppPublishReply];

/// One arrow.
#[must_use]
pub fn step(knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Validating, Ask::Validate),
        (S::Validating, E::Done) => Arrow::to(S::Gap, Ask::Gap).before(C::AppValidatePublish),
        (S::Validating, E::Failed) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Failed), Ask::End),
        (S::Validating, E::TimedOut) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Unknown), Ask::End),
        (S::Gap, E::Elapsed) => publish(0, 1),
        (S::Publishing(call, _), E::Done) if call + 1 < knobs.calls => publish(call + 1, 1),
        (S::Publishing(..), E::Done) => {
            Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppPublishReply)
        }
        (S::Publishing(call, attempt), E::Failed | E::TimedOut) if knobs.again(attempt) => {
            Arrow::to(S::Backoff(call, attempt), Ask::Backoff)
        }
        (S::Publishing(..), E::Failed) => Arrow::to3(S::Ended, Ask::GiveUp, Ask::Reply(Outcome::Failed), Ask::End),
        (S::Publishing(..), E::TimedOut) => Arrow::to3(S::Ended, Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End),
        (S::Backoff(call, attempt), E::Elapsed) => publish(call, attempt + 1),
        // Answers that nobody waits for any more. Listed, so that a new event must be thought about here.
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Validating | S::Publishing(..), E::Start | E::Elapsed)
        | (S::Gap | S::Backoff(..), E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

fn publish(call: u32, attempt: u32) -> Arrow<State, Ask> {
    Arrow::to(State::Publishing(call, attempt), Ask::Publish { call, attempt }).after(C::AppPublishAck)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn arrows() {
        use State as S;
        let once = AppKnobs { calls: 1, attempts: 1, background: false, outbox_first: false, compensates: false };
        let twice = AppKnobs { attempts: 2, ..once };
        let two = AppKnobs { calls: 2, ..once };
        let ask = |call, attempt| vec![Ask::Publish { call, attempt }];
        let reply = |outcome| vec![Ask::Reply(outcome), Ask::End];
        let gives_up = |outcome| vec![Ask::GiveUp, Ask::Reply(outcome), Ask::End];
        let table = [
            // knobs  state                 event        next                 before                       asks                        after
            (once,  S::Idle,             E::Start,    S::Validating,       None,                        vec![Ask::Validate],        None),
            (once,  S::Validating,       E::Done,     S::Gap,              Some(C::AppValidatePublish), vec![Ask::Gap],             None),
            (once,  S::Validating,       E::Failed,   S::Ended,            None,                        reply(Outcome::Failed),     None),
            (once,  S::Validating,       E::TimedOut, S::Ended,            None,                        reply(Outcome::Unknown),    None),
            (once,  S::Gap,              E::Elapsed,  S::Publishing(0, 1), None,                        ask(0, 1),                  Some(C::AppPublishAck)),
            (two,   S::Publishing(0, 1), E::Done,     S::Publishing(1, 1), None,                        ask(1, 1),                  Some(C::AppPublishAck)),
            (once,  S::Publishing(0, 1), E::Done,     S::Ended,            Some(C::AppPublishReply),    reply(Outcome::Ok),         None),
            (once,  S::Publishing(0, 1), E::Failed,   S::Ended,            None,                        gives_up(Outcome::Failed),  None),
            (once,  S::Publishing(0, 1), E::TimedOut, S::Ended,            None,                        gives_up(Outcome::Unknown), None),
            (twice, S::Publishing(0, 1), E::TimedOut, S::Backoff(0, 1),    None,                        vec![Ask::Backoff],         None),
            (twice, S::Backoff(0, 1),    E::Elapsed,  S::Publishing(0, 2), None,                        ask(0, 2),                  Some(C::AppPublishAck)),
        ];
        for (knobs, state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }
}
