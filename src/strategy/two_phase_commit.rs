//! `two-phase-commit`: the app writes, and a coordinator makes all participants commit or none (DOMAIN 2j).
//!
//! App: `recv -> begin -> write -> commit all -> reply`. Coordinator: `prepare* -> (all yes) decision(d) -> commit* ->
//! forget`, presumed abort: only a decision to commit is written down, what is not written down is aborted. The price
//! is paid when the coordinator is gone between the votes and its decision: participants that have voted yes are in
//! doubt, and hold their locks until somebody tells them.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 4] = [
    (
        "two-phase-commit: coordinator",
        "modelled",
        "presumed abort, a durable decision, commits repeated until confirmed, recovery by asking participants what they \
         have prepared",
    ),
    (
        "two-phase-commit: participants",
        "modelled",
        "a vote is durable and keeps the row locks through a crash; the broker shows a transaction's records when what it \
         prepared before in the same partition is decided; heuristic decisions; one last resource that commits in \
         between, without a vote",
    ),
    (
        "two-phase-commit: broker",
        "simplified",
        "its records travel with the request to prepare, and get their offsets at the commit",
    ),
    (
        "two-phase-commit: read-only participants, trees of coordinators",
        "absent",
        "every participant votes, for one coordinator",
    ),
];

/// Where one operation of the app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has happened yet.
    Idle,
    /// The write is on its way.
    Writing,
    /// The transaction is open.
    Open,
    /// The coordinator is asked to commit.
    Committing,
    /// Over.
    Ended,
}

/// The app's steps as the stage lists them.
pub const STEPS: [Step; 4] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::CommitAll, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The coordinator's steps as the stage lists them.
pub const COORDINATOR_STEPS: [Step; 3] = [
    Step { verb: Verb::Prepare, gap: Some(C::CoordinatorPrepareDecision) },
    Step { verb: Verb::Decide, gap: Some(C::CoordinatorDecisionCommit) },
    Step { verb: Verb::Tell, gap: Some(C::CoordinatorCommitForget) },
];

/// The crash points that its app, its coordinator and its participants can meet.
pub const CRASH_POINTS: [C; 10] = [
    C::AppBeginWrite,
    C::AppWriteCommit,
    C::AppCommitAck,
    C::AppCommitReply,
    C::CoordinatorPrepareDecision,
    C::CoordinatorLastDecision,
    C::CoordinatorDecisionCommit,
    C::CoordinatorCommitForget,
    C::SourcePrepareAck,
    C::BrokerPrepareAck,
];

/// One arrow of the app.
#[must_use]
pub fn step(_knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
        (S::Writing, E::Done) => Arrow::to(S::Open, Ask::Hold),
        (S::Open, E::Elapsed) => {
            Arrow::to(S::Committing, Ask::CommitAll).before(C::AppWriteCommit).after(C::AppCommitAck)
        }
        (S::Committing, E::Done) => Arrow::to2(S::Ended, Ask::Reply(Outcome::Ok), Ask::End).before(C::AppCommitReply),
        // What is not prepared rolls back with its connection; what is prepared does not.
        (S::Writing | S::Committing, E::Failed) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Failed), Ask::End)
        }
        (S::Writing | S::Committing, E::TimedOut) => {
            Arrow::to3(S::Ended, Ask::Disconnect, Ask::Reply(Outcome::Unknown), Ask::End)
        }
        // Answers that nobody waits for any more. Listed, so that a new event must be thought about here.
        (S::Idle, E::Done | E::Failed | E::TimedOut | E::Elapsed)
        | (S::Writing | S::Committing, E::Start | E::Elapsed)
        | (S::Open, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

/// Where the coordinator is with one transaction. What is counted are participants that have not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalState {
    /// It has just been asked, or has just found its decision in its log.
    Idle,
    /// Votes are out.
    Preparing(u32),
    /// All have voted yes; the last resource commits.
    LastResource,
    /// The decision is being written down.
    Deciding,
    /// The decision is durable, participants are being told.
    Committing(u32),
    /// Over.
    Ended,
}

/// What the coordinator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalEvent {
    /// The app asks it to commit.
    Start,
    /// A participant votes yes.
    Yes,
    /// A participant votes no, or nothing in time.
    No,
    /// The last resource has committed.
    LastDone,
    /// The last resource has not, or nobody knows.
    LastFailed,
    /// The decision is in the log.
    Durable,
    /// A participant has committed.
    Confirmed,
    /// It was decided before a crash.
    Recovered,
}

/// What the coordinator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalCommand {
    /// Ask every participant for its vote.
    Prepare,
    /// Commit at the last resource.
    LastResource,
    /// Write the decision down.
    Decide,
    /// Tell every participant to commit (`true`) or to abort.
    Tell(bool),
    /// Answer the app.
    Answer(bool),
    /// The transaction is over, the log may forget it.
    Forget,
}

/// What the coordinator's machine may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalKnobs {
    /// How many participants vote.
    pub voters: u32,
    /// Whether one more commits in between, without a vote.
    pub last_resource: bool,
}

/// One arrow of the coordinator.
#[must_use]
pub fn global_step(knobs: &GlobalKnobs, state: GlobalState, event: GlobalEvent) -> Arrow<GlobalState, GlobalCommand> {
    use {GlobalCommand as Do, GlobalEvent as V, GlobalState as S};
    match (state, event) {
        (S::Idle, V::Start) => Arrow::to(S::Preparing(knobs.voters), Do::Prepare),
        (S::Preparing(left), V::Yes) if left > 1 => Arrow::stay(S::Preparing(left - 1)),
        (S::Preparing(_), V::Yes) if knobs.last_resource => {
            Arrow::to(S::LastResource, Do::LastResource).before(C::CoordinatorPrepareDecision)
        }
        (S::Preparing(_), V::Yes) => Arrow::to(S::Deciding, Do::Decide).before(C::CoordinatorPrepareDecision),
        // Presumed abort: nothing is written down, nothing need be confirmed.
        (S::Preparing(_), V::No) | (S::LastResource, V::LastFailed) => {
            Arrow::to3(S::Ended, Do::Tell(false), Do::Answer(false), Do::Forget)
        }
        (S::LastResource, V::LastDone) => Arrow::to(S::Deciding, Do::Decide).before(C::CoordinatorLastDecision),
        (S::Deciding, V::Durable) => {
            Arrow::to(S::Committing(knobs.voters), Do::Tell(true)).before(C::CoordinatorDecisionCommit)
        }
        (S::Idle, V::Recovered) => Arrow::to(S::Committing(knobs.voters), Do::Tell(true)),
        (S::Committing(left), V::Confirmed) if left > 1 => Arrow::stay(S::Committing(left - 1)),
        (S::Committing(_), V::Confirmed) => {
            Arrow::to2(S::Ended, Do::Answer(true), Do::Forget).before(C::CoordinatorCommitForget)
        }
        // Votes and confirmations of what is settled. Listed, so that a new event must be thought about here.
        (S::Idle, V::Yes | V::No | V::LastDone | V::LastFailed | V::Durable | V::Confirmed)
        | (S::Preparing(_), V::Start | V::LastDone | V::LastFailed | V::Durable | V::Confirmed | V::Recovered)
        | (S::LastResource, V::Start | V::Yes | V::No | V::Durable | V::Confirmed | V::Recovered)
        | (S::Deciding, V::Start | V::Yes | V::No | V::LastDone | V::LastFailed | V::Confirmed | V::Recovered)
        | (S::Committing(_), V::Start | V::Yes | V::No | V::LastDone | V::LastFailed | V::Durable | V::Recovered)
        | (
            S::Ended,
            V::Start | V::Yes | V::No | V::LastDone | V::LastFailed | V::Durable | V::Confirmed | V::Recovered,
        ) => Arrow::stay(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn arrows_of_the_app() {
        use State as S;
        let knobs = AppKnobs { calls: 0, attempts: 1, background: false, outbox_first: false, compensates: false };
        let reply = |outcome| vec![Ask::Disconnect, Ask::Reply(outcome), Ask::End];
        let table = [
            // state         event        next           before                   asks                                     after
            (S::Idle,       E::Start,    S::Writing,    Some(C::AppBeginWrite),  vec![Ask::Write],                        None),
            (S::Writing,    E::Done,     S::Open,       None,                    vec![Ask::Hold],                         None),
            (S::Writing,    E::Failed,   S::Ended,      None,                    reply(Outcome::Failed),                  None),
            (S::Open,       E::Elapsed,  S::Committing, Some(C::AppWriteCommit), vec![Ask::CommitAll],                    Some(C::AppCommitAck)),
            (S::Committing, E::Done,     S::Ended,      Some(C::AppCommitReply), vec![Ask::Reply(Outcome::Ok), Ask::End], None),
            (S::Committing, E::Failed,   S::Ended,      None,                    reply(Outcome::Failed),                  None),
            (S::Committing, E::TimedOut, S::Ended,      None,                    reply(Outcome::Unknown),                 None),
        ];
        for (state, event, next, before, asks, after) in table {
            let got = step(&knobs, state, event);
            let got_asks: Vec<Ask> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks, got.after), (next, before, asks, after), "{state:?} on {event:?}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn arrows_of_the_coordinator() {
        use {GlobalCommand as Do, GlobalEvent as V, GlobalState as S};
        let two = GlobalKnobs { voters: 2, last_resource: false };
        let last = GlobalKnobs { voters: 1, last_resource: true };
        let abort = vec![Do::Tell(false), Do::Answer(false), Do::Forget];
        let table = [
            // knobs state            event          next               before                               asks
            (two,  S::Idle,          V::Start,      S::Preparing(2),   None,                                vec![Do::Prepare]),
            (two,  S::Preparing(2),  V::Yes,        S::Preparing(1),   None,                                vec![]),
            (two,  S::Preparing(1),  V::Yes,        S::Deciding,       Some(C::CoordinatorPrepareDecision), vec![Do::Decide]),
            (two,  S::Preparing(2),  V::No,         S::Ended,          None,                                abort.clone()),
            (two,  S::Preparing(1),  V::No,         S::Ended,          None,                                abort.clone()),
            (last, S::Preparing(1),  V::Yes,        S::LastResource,   Some(C::CoordinatorPrepareDecision), vec![Do::LastResource]),
            (last, S::LastResource,  V::LastDone,   S::Deciding,       Some(C::CoordinatorLastDecision),    vec![Do::Decide]),
            (last, S::LastResource,  V::LastFailed, S::Ended,          None,                                abort),
            (two,  S::Deciding,      V::Durable,    S::Committing(2),  Some(C::CoordinatorDecisionCommit),  vec![Do::Tell(true)]),
            (two,  S::Idle,          V::Recovered,  S::Committing(2),  None,                                vec![Do::Tell(true)]),
            (two,  S::Committing(2), V::Confirmed,  S::Committing(1),  None,                                vec![]),
            (two,  S::Committing(1), V::Confirmed,  S::Ended,          Some(C::CoordinatorCommitForget),    vec![Do::Answer(true), Do::Forget]),
            (two,  S::Committing(1), V::No,         S::Committing(1),  None,                                vec![]),
            (two,  S::Ended,         V::Yes,        S::Ended,          None,                                vec![]),
        ];
        for (knobs, state, event, next, before, asks) in table {
            let got = global_step(&knobs, state, event);
            let got_asks: Vec<Do> = got.asks.into_iter().flatten().collect();
            assert_eq!((got.next, got.before, got_asks), (next, before, asks), "{state:?} on {event:?}");
        }
    }
}
