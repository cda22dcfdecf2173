//! `cdc`: the app writes the database only; a connector reads the write-ahead log and publishes (DOMAIN 2f).
//!
//! App: `recv -> begin -> write -> commit -> reply`: no second write. Connector, three loops of one process: the reader
//! follows the slot (`WAL commit -> decode -> queue`), the task takes batches (`poll -> produce -> ack`), the committer
//! stores what is acknowledged, from time to time (`store offset -> confirm to the slot`). What is acknowledged and not
//! stored is published again after a crash: an in-order replay of a suffix.

use super::CrashPoint as C;
use super::machine::{AppCommand as Ask, AppEvent as E, AppKnobs, Arrow, Step, Verb};
use crate::world::ids::Outcome;

/// Fidelity of this part.
pub const FIDELITY: [(&str, &str, &str); 8] = [
    (
        "cdc: positions",
        "modelled",
        "wal_end, sent, queued, acked, stored offset, confirmed_flush_lsn and restart_lsn stay apart, across crashes of both",
    ),
    ("cdc: decoding", "modelled", "commit order; a transaction appears at its commit; a filled queue holds the stream"),
    (
        "cdc: poll",
        "modelled",
        "a poll ends when the batch is full or its time is over; one produce request is in flight, with the whole batch",
    ),
    (
        "cdc: offsets",
        "simplified",
        "the end of a snapshot is stored at once; a real connector waits for the next flush",
    ),
    (
        "cdc: restart",
        "simplified",
        "a lost connection restarts the task after a wait, from the stored offset; TCP's own repeats are absent",
    ),
    (
        "cdc: snapshot",
        "modelled",
        "exported snapshot at the slot's consistent point; interrupted, it starts from zero; one table, one thread",
    ),
    (
        "cdc: snapshot beside an old slot",
        "simplified",
        "streaming then starts where the slot stands and replays; Debezium starts at the snapshot's own position",
    ),
    ("cdc: schema changes, transaction topics, TOAST", "absent", "nothing of it"),
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
    /// The commit is on its way.
    Committing,
    /// Over.
    Ended,
}

/// The app's steps as the stage lists them.
pub const STEPS: [Step; 4] = [
    Step { verb: Verb::Begin, gap: Some(C::AppBeginWrite) },
    Step { verb: Verb::Write, gap: Some(C::AppWriteCommit) },
    Step { verb: Verb::Commit, gap: Some(C::AppCommitReply) },
    Step { verb: Verb::Reply, gap: None },
];

/// The connector's steps as the stage lists them.
pub const CONNECTOR_STEPS: [Step; 5] = [
    Step { verb: Verb::Decode, gap: Some(C::ConnectorDecodePoll) },
    Step { verb: Verb::Poll, gap: Some(C::ConnectorPollPublish) },
    Step { verb: Verb::Publish, gap: Some(C::ConnectorAckStore) },
    Step { verb: Verb::Store, gap: Some(C::ConnectorStoreConfirm) },
    Step { verb: Verb::Confirm, gap: None },
];

/// The crash points that its app and its connector can meet.
pub const CRASH_POINTS: [C; 11] = [
    C::AppBeginWrite,
    C::AppWriteCommit,
    C::AppCommitAck,
    C::AppCommitReply,
    C::ConnectorDecodePoll,
    C::ConnectorPollPublish,
    C::ConnectorPublishAck,
    C::ConnectorAckStore,
    C::ConnectorStoreConfirm,
    C::ConnectorSelectWatermark,
    C::ConnectorWindowEmit,
];

/// One arrow of the app.
#[must_use]
pub fn step(_knobs: &AppKnobs, state: State, event: E) -> Arrow<State, Ask> {
    use State as S;
    match (state, event) {
        (S::Idle, E::Start) => Arrow::to(S::Writing, Ask::Write).before(C::AppBeginWrite),
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
        | (S::Writing | S::Committing, E::Start | E::Elapsed)
        | (S::Open, E::Start | E::Done | E::Failed | E::TimedOut)
        | (S::Ended, E::Start | E::Done | E::Failed | E::TimedOut | E::Elapsed) => Arrow::stay(state),
    }
}

crate::ids! {
    /// When the connector reads whole tables (Debezium `snapshot.mode`).
    pub enum SnapshotMode {
        /// When there is no stored offset.
        Initial = "initial",
        /// At every start.
        Always = "always",
        /// Never.
        NoData = "no_data",
        /// Never (the older name).
        Never = "never",
        /// When there is no stored offset, or the log after it is no longer there.
        WhenNeeded = "when_needed",
        /// When there is no stored offset; it does not stream afterwards.
        InitialOnly = "initial_only",
    }
}

crate::ids! {
    /// Who moves the slot (Debezium `lsn.flush.mode`).
    pub enum LsnFlushMode {
        /// The connector, once the offset is stored.
        Connector = "connector",
        /// The driver too, on keepalives, when nothing is left to confirm: the slot may be ahead of the stored offset.
        ConnectorAndDriver = "connector_and_driver",
        /// Nobody.
        Manual = "manual",
    }
}

crate::ids! {
    /// What holds when stored offset and slot differ (Debezium `offset.mismatch.strategy`).
    pub enum Mismatch {
        /// Nobody looks: a slot that is ahead skips in silence.
        NoValidation = "no_validation",
        /// The offset: a slot that is ahead stops the connector, one that is behind is moved.
        TrustOffset = "trust_offset",
        /// The slot, where it is ahead: what lies between is skipped by choice.
        TrustSlot = "trust_slot",
        /// Whichever is further.
        TrustGreaterLsn = "trust_greater_lsn",
    }
}

/// What the connector finds at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The stored offset: `None`: there is none; false: of an unfinished snapshot; true: of the stream.
    pub offset: Option<bool>,
    /// The slot: `None`: there is none; false: it is lost; true: it is good.
    pub slot: Option<bool>,
    /// Whether the slot, as it is or would be created, is past the stored offset.
    pub ahead: bool,
}

/// How the connector goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Read the tables, then stream.
    Snapshot,
    /// Stream from the stored offset; with `trust_offset` and `trust_greater_lsn` the slot is first moved up to it.
    Stream,
    /// There is nothing left to do: `initial_only`.
    Finished,
    /// The task fails, and says so.
    Failed,
}

/// How the connector goes on from what it finds (DOMAIN 2f).
#[must_use]
pub fn way(mode: SnapshotMode, mismatch: Mismatch, facts: Facts) -> Way {
    use SnapshotMode as M;
    let done = facts.offset == Some(true);
    let gone = facts.slot != Some(true);
    let snapshot = match mode {
        M::Always => true,
        M::Initial | M::InitialOnly => !done,
        M::WhenNeeded => !done || gone,
        M::NoData | M::Never => false,
    };
    match (snapshot, mode) {
        (true, _) => Way::Snapshot,
        (false, M::InitialOnly) => Way::Finished,
        (false, M::Initial | M::Always | M::NoData | M::Never | M::WhenNeeded) => {
            // PostgreSQL refuses to stream from a slot whose log is removed.
            let refused = facts.slot == Some(false);
            let ahead = facts.ahead && done && mismatch == Mismatch::TrustOffset;
            if refused || ahead { Way::Failed } else { Way::Stream }
        }
    }
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderState {
    /// It waits for its start.
    Waiting,
    /// It asks for the slot.
    Checking,
    /// It reads rows of the snapshot.
    Snapshotting,
    /// It asks for the stream.
    Connecting,
    /// It follows the log.
    Streaming,
    /// It is over: failed, or finished.
    Stopped,
}

/// What the reader is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// It is time to start.
    Due,
    /// What the slot is, and so what to do.
    Found(Way),
    /// Rows of the snapshot are queued; whether they are the last, and whether the stream follows.
    Rows(bool, bool),
    /// What it asked for is done.
    Done,
    /// It failed, or the connection broke.
    Failed,
}

/// What the reader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderCommand {
    /// What is the slot?
    Inspect,
    /// Read the next rows of the snapshot, as soon as the queue has room.
    Fetch,
    /// Stream from the stored offset.
    Stream,
    /// Start again, a little later.
    Retry,
    /// The connector is over.
    Stop(Way),
}

/// One arrow of the reader.
#[must_use]
pub fn reader_step(state: ReaderState, event: ReaderEvent) -> Arrow<ReaderState, ReaderCommand> {
    use ReaderCommand as Do;
    use ReaderEvent as V;
    use ReaderState as S;
    match (state, event) {
        (S::Waiting, V::Due) => Arrow::to(S::Checking, Do::Inspect),
        (S::Checking, V::Found(Way::Snapshot)) => Arrow::to(S::Snapshotting, Do::Fetch),
        (S::Checking, V::Found(Way::Stream)) => Arrow::to(S::Connecting, Do::Stream),
        (S::Checking, V::Found(way @ (Way::Finished | Way::Failed))) => Arrow::to(S::Stopped, Do::Stop(way)),
        (S::Snapshotting, V::Rows(false, _)) => Arrow::to(S::Snapshotting, Do::Fetch),
        (S::Snapshotting, V::Rows(true, true)) => Arrow::to(S::Connecting, Do::Stream),
        (S::Snapshotting, V::Rows(true, false)) => Arrow::to(S::Stopped, Do::Stop(Way::Finished)),
        (S::Connecting, V::Done) => Arrow::stay(S::Streaming),
        (S::Checking | S::Snapshotting | S::Connecting | S::Streaming, V::Failed) => Arrow::to(S::Waiting, Do::Retry),
        (S::Waiting, V::Found(_) | V::Rows(..) | V::Done | V::Failed)
        | (S::Checking, V::Due | V::Rows(..) | V::Done)
        | (S::Snapshotting, V::Due | V::Found(_) | V::Done)
        | (S::Connecting, V::Due | V::Found(_) | V::Rows(..))
        | (S::Streaming, V::Due | V::Found(_) | V::Rows(..) | V::Done)
        | (S::Stopped, V::Due | V::Found(_) | V::Rows(..) | V::Done | V::Failed) => Arrow::stay(state),
    }
}

/// Where the task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It waits for a full batch, or for the poll's end.
    Polling,
    /// The batch is on its way to the broker, for the n-th time.
    Publishing(u32),
    /// That failed, and is tried again.
    Backoff(u32),
}

/// What the task is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// That many events are taken from the queue.
    Polled(u32),
    /// The broker has confirmed.
    Done,
    /// It has not.
    Failed,
    /// The time that it waited is over.
    Elapsed,
}

/// What the task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskCommand {
    /// Wait for the next batch.
    Poll,
    /// Publish the batch, for the n-th time.
    Publish(u32),
    /// The batch is acknowledged.
    Acked,
    /// Pause after the n-th time.
    Backoff(u32),
}

/// One arrow of the task.
#[must_use]
pub fn task_step(state: TaskState, event: TaskEvent) -> Arrow<TaskState, TaskCommand> {
    use TaskCommand as Do;
    use TaskEvent as V;
    use TaskState as S;
    match (state, event) {
        (S::Polling, V::Polled(0)) => Arrow::to(S::Polling, Do::Poll),
        (S::Polling, V::Polled(_)) => publish(1).before(C::ConnectorPollPublish),
        (S::Publishing(_), V::Done) => Arrow::to2(S::Polling, Do::Acked, Do::Poll),
        (S::Publishing(attempt), V::Failed) => Arrow::to(S::Backoff(attempt), Do::Backoff(attempt)),
        (S::Backoff(attempt), V::Elapsed) => publish(attempt.saturating_add(1)),
        (S::Polling, V::Done | V::Failed | V::Elapsed)
        | (S::Publishing(_), V::Polled(_) | V::Elapsed)
        | (S::Backoff(_), V::Polled(_) | V::Done | V::Failed) => Arrow::stay(state),
    }
}

const fn publish(attempt: u32) -> Arrow<TaskState, TaskCommand> {
    Arrow::to(TaskState::Publishing(attempt), TaskCommand::Publish(attempt)).after(C::ConnectorPublishAck)
}

#[cfg(test)]
mod tests;
