//! `publish-in-transaction`: write, publish, then commit, all in one open transaction (DOMAIN 2a, A3).
//!
//! `recv -> begin -> write -> publish -> commit -> reply`. It looks atomic and is not: an abort after the publish leaves
//! a ghost, a fast consumer reads the row before the commit is visible, and the row locks are held for as long as the
//! broker takes, so an outage of the broker blocks the writers of the database.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 2] = [
    (
        "publish-in-transaction: app",
        "modelled",
        "publish and its retries while the transaction is open and its row locks are held; a publish that is given up \
         rolls the transaction back, although its event may be in the log",
    ),
    (
        "publish-in-transaction: payload by reference",
        "simplified",
        "the consumer reads one row by its key, once; a delete is applied without a read",
    ),
];

/// Where one operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// The write is on its way.
    Writing,
    /// The row is written, the transaction is open; the second write is owed.
    Gap,
    /// A call of the second write is on its way: which, and for the n-th time.
    Publishing(u32, u32),
    /// That call failed and is tried again; the transaction stays open.
    Backoff(u32, u32),
    /// Published; the transaction is open.
    Open,
    /// The commit is on its way.
    Committing,
    /// Over.
    Ended,
}

/// The steps as the stage lists them.
pub const STEPS: [Step; 5] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWritePublish) },
    Step { verb: Verb::Publish, gap: Some(C::AppPublishCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app can meet.
pub const CRASH_POINTS: [C; 6] =
    [C::AppBeginWrite, C::AppWritePublish, C::AppPublishAck, C::AppPublishCommit, C::AppCommitAck, C::AppCommitReply];

/// One arrow. The client's answer waits for the commit: there is nothing to do in the background.
#[must_use]
pub fn step(knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Gap, Ask::Gap).before(C::AppWritePublish),
        (S::Gap, E::Elapsed) => publish(0, 1),
        (S::Publishing(call, _), E::Done) if call + 1 < knobs.calls => publish(call + 1, 1),
        (S::Publishing(..), E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Publishing(call, attempt), E::Failed | E::TimedOut) if knobs.again(attempt) => {
            Arrow::to(S::Backoff(call, attempt), Ask::Backoff)
        }
        // The app learns that the publish failed and rolls back; after a timeout the event may be in the log all the same.
        (S::Publishing(..), E::Failed | E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::GiveUp, Ask::Disconnect, Ask::Reply(Outcome::Failed)).and(Ask::End)
        }
        (S::Backoff(call, attempt), E::Elapsed) => publish(call, attempt + 1),
        (S::Open, E::Elapsed) => {
            Arrow::to(S::Committing, Ask::Commit).before(C::AppPublishCommit).after(C::AppCommitAck)
        }
        (S::Committing, E::Done) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppCommitReply),
        (S::Writing | S::Committing, E::Failed) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End)
        }
        (S::Writing | S::Committing, E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End)
        }
        // Answers that nobody waits for any more. Listed, so that a new event must be thought about here.
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Writing | S::Committing, E::Start | E::Elapsed)
        | (S::Gap | S::Backoff(..) | S::Open, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Publishing(..), E::Start | E::Elapsed)
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
        let reply = |outcome| vec![Ask::Disconnect, Ask::Reply(outcome), Ask::End];
        let rolls_back = vec![Ask::GiveUp, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End];
        let table = [
            // knobs  state                 event        next                 before                     asks                                     after
            (once,  S::Idle,             E::Start,    S::Writing,          Some(C::AppBeginWrite),    vec![Ask::Write],                        None),
            (once,  S::Writing,          E::Done,     S::Gap,              Some(C::AppWritePublish),  vec![Ask::Gap],                          None),
            (once,  S::Writing,          E::Failed,   S::Ended,            None,                      reply(Outcome::Failed),                  None),
            (once,  S::Writing,          E::TimedOut, S::Ended,            None,                      reply(Outcome::Unknown),                 None),
            (once,  S::Gap,              E::Elapsed,  S::Publishing(0, 1), None,                      ask(0, 1),                               Some(C::AppPublishAck)),
            (two,   S::Publishing(0, 1), E::Done,     S::Publishing(1, 1), None,                      ask(1, 1),                               Some(C::AppPublishAck)),
            (once,  S::Publishing(0, 1), E::Done,     S::Open,             None,                      vec![Ask::Hold],                         None),
            (once,  S::Publishing(0, 1), E::Failed,   S::Ended,            None,                      rolls_back.clone(),                      None),
            (once,  S::Publishing(0, 1), E::TimedOut, S::Ended,            None,                      rolls_back.clone(),                      None),
            (twice, S::Publishing(0, 1), E::TimedOut, S::Backoff(0, 1),    None,                      vec![Ask::Backoff],                      None),
            (twice, S::Backoff(0, 1),    E::Elapsed,  S::Publishing(0, 2), None,                      ask(0, 2),                               Some(C::AppPublishAck)),
            (twice, S::Publishing(0, 2), E::Failed,   S::Ended,            None,                      rolls_back,                              None),
            (once,  S::Open,             E::Elapsed,  S::Committing,       Some(C::AppPublishCommit), vec![Ask::Commit],                       Some(C::AppCommitAck)),
            (once,  S::Committing,       E::Done,     S::Ended,            Some(C::AppCommitReply),   vec![Ask::Reply(Outcome::Ok), Ask::End], None),
            (once,  S::Committing,       E::Failed,   S::Ended,            None,                      reply(Outcome::Failed),                  None),
            (once,  S::Committing,       E::TimedOut, S::Ended,            None,                      reply(Outcome::Unknown),                 None),
        ];
        for (knobs, state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }
}
