//! `direct-broker-first`: publish, then commit (DOMAIN 2a, A2). Every abort of the transaction leaves a ghost, without
//! any crash; a crash between the two leaves one too.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Where one operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// A call of the first write is on its way: which, and for the n-th time.
    Publishing(u32, u32),
    /// That call failed and is tried again.
    Backoff(u32, u32),
    /// Published; the commit is owed, in this process's memory only.
    Gap,
    /// The write is on its way.
    Writing,
    /// The transaction is open.
    Open,
    /// The commit is on its way.
    Committing,
    /// Over.
    Ended,
}

/// The steps as the stage lists them.
pub const STEPS: [Step; 5] = [
    Step { verb: Verb::Publish, gap: Some(C::AppPublishBegin) },
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The crash points that its app can meet.
pub const CRASH_POINTS: [C; 6] =
    [C::AppPublishAck, C::AppPublishBegin, C::AppBeginWrite, C::AppWriteCommit, C::AppCommitAck, C::AppCommitReply];

/// One arrow. The first write stands in the request thread: there is nothing to do in the background.
#[must_use]
pub fn step(knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => publish(0, 1),
        (S::Publishing(call, _), E::Done) if call + 1 < knobs.calls => publish(call + 1, 1),
        (S::Publishing(..), E::Done) => Arrow::to(S::Gap, Ask::Gap).before(C::AppPublishBegin),
        (S::Publishing(call, attempt), E::Failed | E::TimedOut) if knobs.again(attempt) => {
            Arrow::to(S::Backoff(call, attempt), Ask::Backoff)
        }
        (S::Publishing(..), E::Failed) => Arrow::to3(S::Ended, Ask::GiveUp, Ask::Reply(Outcome::Failed), Ask::End),
        (S::Publishing(..), E::TimedOut) => Arrow::to3(S::Ended, Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End),
        (S::Backoff(call, attempt), E::Elapsed) => publish(call, attempt + 1),
        (S::Gap, E::Elapsed) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) => Arrow::to(S::Committing, Ask::Commit).before(C::AppWriteCommit).after(C::AppCommitAck),
        (S::Committing, E::Done) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppCommitReply),
        (S::Writing | S::Committing, E::Failed) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End)
        }
        (S::Writing | S::Committing, E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End)
        }
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Publishing(..), E::Start | E::Elapsed)
        | (S::Backoff(..) | S::Gap | S::Open, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Writing | S::Committing, E::Start | E::Elapsed)
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
        let ever = AppKnobs { attempts: 0, ..once };
        let failed = vec![Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End];
        let table = [
            // knobs state                  event        next                  before                    asks                                        after
            (once, S::Idle,              E::Start,    S::Publishing(0, 1),  None,                     vec![Ask::Publish { call: 0, attempt: 1 }], Some(C::AppPublishAck)),
            (once, S::Publishing(0, 1),  E::Done,     S::Gap,               Some(C::AppPublishBegin), vec![Ask::Gap],                             None),
            (once, S::Publishing(0, 1),  E::Failed,   S::Ended,             None,                     vec![Ask::GiveUp, Ask::Reply(Outcome::Failed), Ask::End], None),
            (once, S::Publishing(0, 1),  E::TimedOut, S::Ended,             None,                     vec![Ask::GiveUp, Ask::Reply(Outcome::Unknown), Ask::End], None),
            (ever, S::Publishing(0, 99), E::TimedOut, S::Backoff(0, 99),    None,                     vec![Ask::Backoff],                         None),
            (ever, S::Backoff(0, 99),    E::Elapsed,  S::Publishing(0, 100), None,                    vec![Ask::Publish { call: 0, attempt: 100 }], Some(C::AppPublishAck)),
            (once, S::Gap,               E::Elapsed,  S::Writing,           Some(C::AppBeginWrite),   vec![Ask::Write],                           None),
            (once, S::Writing,           E::Done,     S::Open,              None,                     vec![Ask::Hold],                            None),
            (once, S::Writing,           E::Failed,   S::Ended,             None,                     failed.clone(),                             None),
            (once, S::Open,              E::Elapsed,  S::Committing,        Some(C::AppWriteCommit),  vec![Ask::Commit],                          Some(C::AppCommitAck)),
            (once, S::Committing,        E::Failed,   S::Ended,             None,                     failed,                                     None),
            (once, S::Committing,        E::Done,     S::Ended,             Some(C::AppCommitReply),  vec![Ask::Reply(Outcome::Ok), Ask::End],    None),
            (once, S::Committing,        E::TimedOut, S::Ended,             None,                     vec![Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End], None),
        ];
        for (knobs, state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }
}
