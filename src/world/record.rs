//! The trace's vocabulary. A record says what changed, where, and which record caused it.
//!
//! Everything visible changes only through records: the view of a run (`run::view`), its truth (`truth`) and its hash
//! are folds over them. Absences are records too: one `killed` for each continuation that dies in a crash.

use super::ids::{EventId, Key, LinkId, MessageId, NodeId, Op, RecordId};
use crate::kernel::hash::TraceHasher;
use crate::kernel::time::Us;

crate::ids! {
    /// What a record says. `value`, `extra` and `detail` mean what the kind says; the other fields mean the same in all.
    pub enum Kind {
        /// A client's request reaches the app. `detail`: operation kind; `value`: the request's number; `extra`: attempt.
        Requested = "requested",
        /// A client's request finds the app down. `detail`: operation kind; `value`: the request's number.
        Refused = "refused",
        /// A message leaves. `value`: when it arrives, `u64::MAX` if it never does; `extra`: message; `detail`: `Parcel`.
        Sent = "sent",
        /// A message reaches its link's far end. `extra`: message.
        Arrived = "arrived",
        /// A message is lost on its way, or finds nobody. `extra`: message.
        Dropped = "dropped",
        /// A row is written in an open transaction. `value`: transaction (xid); `detail`: operation kind.
        Written = "written",
        /// An outbox row is written in the same transaction. `value`: `alloc_seq`; `extra`: xid.
        Enqueued = "enqueued",
        /// The row's transaction is durable. `value`: commit LSN; `detail`: operation kind; `extra`: outbox row? 1 or 0.
        Committed = "committed",
        /// The row's transaction is rolled back. `detail`: `AbortReason`.
        Aborted = "aborted",
        /// A writer waits for a row lock. `extra`: xid of the holder; `u32::MAX`: it waits for space in the log.
        Waits = "waits",
        /// A writer gets the row lock, or the space. `value`: how long it waited, in microseconds.
        Granted = "granted",
        /// An event is in the broker's log. `value`: offset; `extra`: partition; `detail`: operation kind.
        Appended = "appended",
        /// A store shows the event. `detail`: operation kind; `value`: 1 if it dropped its entry for it instead, 2
        /// if it took the effect of the event back that this one compensates; `extra`: 1 if it was told of another event of the row and read this one at the source, so that this is no delivery; 2 if
        /// a recovery wrote it past the store's own rule.
        Applied = "applied",
        /// A store refuses the event as not newer than what it has.
        NotNewer = "not-newer",
        /// A store forgot a tombstone.
        TombstoneGone = "tombstone-gone",
        /// A store lost its rows in a crash. `extra`: 2 if a recovery emptied it.
        Emptied = "emptied",
        /// A consumer group's committed offset. `value`: next offset to read; `extra`: partition.
        OffsetCommitted = "offset-committed",
        /// A consumer starts again to read. `value`: next offset to read; `extra`: partition.
        Rewound = "rewound",
        /// A consumer takes records from its buffer. `value`: how many.
        Polled = "polled",
        /// A relay takes rows. `value`: how many; `detail`: 1 if there were none.
        Claimed = "claimed",
        /// An outbox row is marked as published. `value`: `alloc_seq`; `detail`: 1 if that deletes it.
        Marked = "marked",
        /// An answer reaches its caller. `detail`: `Outcome`; `extra`: message.
        Answered = "answered",
        /// A caller gives up waiting. `extra`: message.
        TimedOut = "timed-out",
        /// A process tries again. `value`: attempt.
        Retried = "retried",
        /// A process gives an event up for good.
        GaveUp = "gave-up",
        /// The app answers its client. `detail`: `Outcome`.
        Replied = "replied",
        /// A client gives up waiting. `value`: the request's number.
        ClientGaveUp = "client-gave-up",
        /// A process passes a crash point. `detail`: the crash point; `extra`: which pass.
        Passed = "passed",
        /// A node dies. `value`: when it restarts; `detail`: 1 + crash point, 0 if at a time; `extra`: fault, or `u32::MAX`.
        Crashed = "crashed",
        /// Something that was going on dies with its node. `detail`: the step it was in.
        Killed = "killed",
        /// A node is up again.
        Restarted = "restarted",
        /// A link fault begins. `value`: when it ends; `extra`: fault; `detail`: fault kind.
        LinkFault = "link-fault",
        /// A link is as before.
        LinkHealed = "link-healed",
        /// A detector looked. `value`: what it saw; `extra`: detector; `detail`: 1 if it fires.
        Looked = "looked",
        /// A detector goes from quiet to firing. `value`: what it saw; `extra`: detector.
        Alarm = "alarm",
        /// A detector goes from firing to quiet. `extra`: detector.
        AllClear = "all-clear",
        /// Arrivals stop; nodes and links heal: the drain begins.
        DrainBegan = "drain-began",
        /// An event is still on its way at the drain's limit. `node`: the store.
        StillQueued = "still-queued",
        /// Nothing is in flight any more, or the drain's limit is reached. `detail`: 1 if the limit.
        DrainEnded = "drain-ended",
        /// A consumer's read of a row reaches the source. `value`: the version found, 0 if there is no row; `extra`: 1 if
        /// the commit of the event that it reads for is not visible; `detail`: the store's place in the plan.
        Read = "read",
        /// A process drops an event for good: it could not find what the event is about. `detail`: `RejectReason`.
        Rejected = "rejected",
        /// The app hands the event to its client library's buffer, in its memory only.
        Buffered = "buffered",
        /// A reader is past an event for good without having delivered it. `value`: its LSN, or `alloc_seq`;
        /// `detail`: `PassedBy`.
        CursorPassed = "cursor-passed",
        /// A replication slot is created. `value`: LSN; `extra`: changed rows up to there.
        SlotCreated = "slot-created",
        /// Where the slot is. `value`: LSN; `extra`: changed rows up to it; `detail`: 0: `confirmed_flush_lsn` and
        /// `restart_lsn`; 1: the former only; 2: the latter only.
        SlotMoved = "slot-moved",
        /// The slot is lost. `value`: what it held, in bytes; `extra`: fault, or `u32::MAX`; `detail`: 1 if it held too much.
        SlotLost = "slot-lost",
        /// A checkpoint. `value`: the log's end; `extra`: changed rows up to the oldest log that is kept.
        Checkpointed = "checkpointed",
        /// The connector reads rows as they are. `value`: LSN of its snapshot; `extra`: how many rows.
        Snapshotted = "snapshotted",
        /// The log is sent to the connector. `value`: from which LSN; `extra`: changed rows up to it.
        StreamStarted = "stream-started",
        /// The connector's stored offset. `value`: LSN; `extra`: changed rows up to it; `detail`: 1 in a snapshot.
        OffsetStored = "offset-stored",
        /// The connector stops in good order, or has nothing left to do. `detail`: 1 if it failed.
        Stopped = "stopped",
        /// The broker has confirmed what the connector published. `value`: LSN; `extra`: changed rows up to it.
        Acked = "acked",
        /// The position of the outbox moves. `value`: `alloc_seq`; `extra`: xid.
        CursorMoved = "cursor-moved",
        /// An outbox row is out of every relay's sight before it was published. `value`: `alloc_seq`; `detail`: `Vanish`.
        Vanished = "vanished",
        /// A process cannot handle an event, however often it tries. `detail`: `PoisonPolicy`.
        Poisoned = "poisoned",
        /// A participant votes yes: durable, its locks are held until it learns of a decision. `value`: xid at the source.
        Prepared = "prepared",
        /// A participant ends what it has prepared. `value`: 1 commit, 0 abort; `extra`: 1 if by hand, in doubt.
        Decided = "decided",
        /// The coordinator's decision to commit is durable.
        DecisionLogged = "decision-logged",
        /// The coordinator forgets a transaction whose participants have all committed.
        Forgotten = "forgotten",
        /// The broker refuses a publish: too few replicas are in sync. `value`: how many are; `extra`: partition.
        NotEnoughReplicas = "not-enough-replicas",
        /// A producer goes on without an answer (`acks` 0). `extra`: message.
        Assumed = "assumed",
        /// How far consumers may read, where it is not the log's end at once. `value`: next offset; `extra`: partition.
        HighWatermark = "high-watermark",
        /// The follower leaves the in-sync set, or is back in it. `extra`: partition; `detail`: 1 if it is back.
        InSync = "in-sync",
        /// The leader is lost. `value`: when one serves again; `extra`: fault; `detail`: 1 if the follower is elected.
        FailedOver = "failed-over",
        /// A record is gone: the new leader never had it. `value`: offset; `extra`: partition.
        Truncated = "truncated",
        /// A failover took a commit back: the row is as it was before it. `value`: its version; `extra`: the event that it
        /// shows, `u32::MAX` if none; `detail`: 1 if there is a row.
        Retracted = "retracted",
        /// A failover took the mark of an outbox row back. `value`: `alloc_seq`.
        Unmarked = "unmarked",
        /// The broker deletes old segments. `value`: the log's first offset now; `extra`: partition.
        LogStart = "log-start",
        /// A record that some group had not read is deleted with its segment. `value`: offset; `extra`: partition.
        Expired = "expired",
        /// A consumer's offset is no longer in the log: it goes on elsewhere. `value`: next offset; `extra`: partition;
        /// `detail`: `Reset`.
        OffsetReset = "offset-reset",
        /// A consumer's reset passes over a record that is still in the log. `value`: offset; `extra`: partition.
        PassedOver = "passed-over",
        /// A detector flags a row. `extra`: detector; `detail`: the store's place in the plan.
        Flagged = "flagged",
        /// A recovery begins a pass. `value`: which, from 1.
        PassBegan = "pass-began",
        /// A node has read its rows for a recovery. `value`: how many.
        TableRead = "table-read",
        /// A recovery has compared. `value`: how many rows it will repair.
        Compared = "compared",
        /// A recovery sends the event of a row again, which is no delivery.
        Reemitted = "re-emitted",
        /// A recovery's pass is over. `detail`: 1 if it was given up.
        PassEnded = "pass-ended",
        /// A store that was made anew takes the old one's place.
        Swapped = "swapped",
        /// The broker does not append what an idempotent producer has numbered. `value`: the number; `extra`: partition;
        /// `detail`: 1 if it has it already, 0 if one before it is missing.
        OutOfSequence = "out-of-sequence",
        /// Compaction removes a record. `value`: offset; `extra`: partition; `detail`: 1 if some group had not read it.
        Compacted = "compacted",
        /// A store finds that it has had the event: in its inbox, by its id, or by the client's key. `detail`: operation kind.
        Known = "known",
        /// A consumer's mark for its inbox reaches the store, which keeps it apart from its data.
        Remembered = "remembered",
        /// A reader looks into a cache. `value`: the version found; `detail`: 1 if there is an entry; `extra`: the reader.
        Got = "got",
        /// A reader puts the row that it read at the source into a cache. `extra`: the reader; `detail`: operation kind.
        Filled = "filled",
        /// A cache refuses what a reader puts: its lease is void, or the row is older. `extra`: the reader.
        FillRefused = "fill-refused",
        /// The time of a cache's entry is over.
        Evicted = "evicted",
        /// A node has counted or summed its rows for a recovery. `value`: how many rows it has; `detail`: `Compare`.
        Summed = "summed",
        /// A recovery has compared counts or sums. `value`: how many rows it will read; `detail`: `Compare`.
        Narrowed = "narrowed",
        /// The app begins to take an event back that it has given up: the record is about the event that will do so.
        /// `extra`: the event that it takes back; `value`: the client's request behind both; `detail`: operation kind.
        Compensates = "compensates",
        /// A store is told to take an event back that it has not had: for its caller a success. `detail`: operation kind.
        NothingToCancel = "nothing-to-cancel",
        /// A reader puts into a cache that there is no row, as it read at the source. `extra`: the reader.
        Denied = "denied",
        /// A row of the signal table asks for an incremental snapshot. `value`: LSN; `extra`: changed rows up to it.
        Signalled = "signalled",
        /// A watermark of a chunk is in the log. `value`: LSN; `extra`: changed rows up to it; `detail`: 1 for the high one.
        Watermarked = "watermarked",
        /// The window of a chunk is closed. `value`: how many of its rows are left; `extra`: how many the log has dropped.
        WindowClosed = "window-closed",
        /// The broker removes a member from its consumer group. `detail`: 1 if it did not poll in time, 0 if nothing was heard
        /// of it; `link`: the member's.
        MemberOut = "member-out",
        /// A member is in its group again. `value`: the how-manieth time it joins; `link`: between it and the broker.
        Joined = "joined",
        /// The broker gives a partition to a member. `value`: next offset to read; `extra`: partition; `detail`: 1 at the
        /// start; `link`: the member's.
        Assigned = "assigned",
        /// The broker refuses a member's offset: the partition is not its. `value`: next offset; `extra`: partition.
        CommitRefused = "commit-refused",
    }
}

crate::ids! {
    /// What a message carries.
    pub enum Parcel {
        /// An answer that all went well.
        AnswerOk = "ok",
        /// An answer that it failed.
        AnswerFailed = "failed",
        /// Begin, and write rows.
        Write = "write",
        /// Insert outbox rows.
        Enqueue = "outbox row",
        /// Commit.
        Commit = "commit",
        /// An event, to the broker.
        Publish = "publish",
        /// An event, to a store.
        Apply = "apply",
        /// A record of the log, to a consumer.
        Deliver = "deliver",
        /// Read unpublished outbox rows.
        Claim = "claim",
        /// Mark outbox rows as published.
        Mark = "mark",
        /// An offset, to the broker.
        CommitOffset = "commit-offset",
        /// A read of a row, at the source.
        Read = "read",
        /// What is the slot?
        Inspect = "slot",
        /// Read rows of a snapshot.
        Snapshot = "snapshot",
        /// Send the log, from a position.
        Stream = "start stream",
        /// A change from the log, to the connector.
        Wal = "change",
        /// A position, to the slot.
        Confirm = "confirm",
        /// The connector's offset, to the broker.
        StoreOffset = "store offset",
        /// The connector is alive.
        Heartbeat = "heartbeat",
        /// A request to commit at all participants, to the coordinator.
        CommitAll = "commit all",
        /// A request for a vote, to a participant.
        Prepare = "prepare",
        /// The coordinator's decision, to a participant.
        Decide = "decision",
        /// A question for what is prepared, to a participant.
        Recover = "recover",
        /// An event, to the database, from the app's own consumer.
        Upsert = "upsert",
        /// A read of all rows, for a recovery.
        Scan = "read rows",
        /// A repair of a row, to a store.
        Repair = "repair",
        /// A new store is to be opened beside the old one.
        Open = "open new store",
        /// Rows, to be copied into the new store.
        Copy = "copy",
        /// The new store is to take the old one's place.
        Swap = "swap",
        /// A mark, to a store's inbox.
        Remember = "inbox row",
        /// A reader's look, at a cache.
        Get = "get",
        /// What a reader read, to a cache.
        Fill = "set",
        /// A request for counts or sums over all rows, for a recovery.
        Sum = "sums",
        /// A request for an incremental snapshot, to the source's signal table.
        Signal = "signal",
        /// That request as the log has it, to the connector.
        SignalRow = "signal row",
        /// A watermark of a chunk, to the source.
        Watermark = "watermark",
        /// A select of a chunk's rows, at the source.
        Chunk = "select chunk",
    }
}

impl Parcel {
    /// Whether a record's `detail` says that its message is an answer.
    #[must_use]
    pub const fn is_answer(detail: u8) -> bool {
        detail <= Parcel::AnswerFailed as u8
    }
}

crate::ids! {
    /// Why a transaction was rolled back.
    pub enum AbortReason {
        /// The database refused it (constraint, deadlock, serialisation).
        Refused = "refused by the database",
        /// Its connection broke.
        Disconnected = "its connection broke",
        /// The database crashed.
        Crashed = "the database crashed",
        /// The coordinator decided so, or had no decision.
        Decided = "the coordinator told it to abort",
        /// An operator decided so by hand (a heuristic decision).
        ByHand = "an operator decided by hand",
    }
}

crate::ids! {
    /// Why an event was dropped for good.
    pub enum RejectReason {
        /// The consumer looked for the row at the source and found none.
        NotFound = "no such row at the source",
        /// The database refused it, after it was public.
        Refused = "refused by the database",
        /// The row has changed since the event was validated.
        Changed = "validated on a state that was out of date",
        /// An operator at the broker decided to abort what was prepared.
        ByHand = "an operator decided by hand",
        /// The consumer looked for the row at the source and found its state of before the event.
        Before = "the row at the source was still as before the event",
        /// The inbox had another event of the same id.
        Collision = "the inbox had another event under the same short id",
        /// The consumer was out of its group, and its offset was committed.
        Fenced = "its consumer was out of the group, and the offset was committed already",
    }
}

crate::ids! {
    /// Why a reader of the log is past an event.
    pub enum PassedBy {
        /// The stream starts behind it.
        Stream = "the stream starts behind it",
        /// A snapshot stands for it.
        Snapshot = "a snapshot stands for it",
        /// Nobody reads any more.
        Stop = "the connector is over",
        /// The position of the outbox stands above it.
        Position = "the position of the outbox stands above it",
    }
}

crate::ids! {
    /// Why no relay sees an outbox row.
    pub enum Vanish {
        /// It was deleted in the transaction that inserted it.
        Deleted = "deleted in its own transaction",
        /// It was marked as published, and who would have published it next is gone.
        MarkedFirst = "marked before it was published",
    }
}

crate::ids! {
    /// What a process does with an event that it cannot handle.
    pub enum PoisonPolicy {
        /// It stops there, and tries again for ever.
        Stop = "stop",
        /// It goes on as if it had handled it.
        Skip = "skip",
        /// It puts the event aside, and goes on.
        DeadLetter = "dead-letter",
    }
}

/// From this number on a request is no client's but a canary's.
pub const CANARY: u32 = 1 << 30;

/// In the `detail` of a record: the event's row is shown again (a snapshot, a repair), which is no delivery.
pub const AGAIN: u8 = 0x80;

/// One line of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Us,
    /// See [`Kind`].
    pub value: u64,
    /// The record that brought this about; [`RecordId::NONE`] for what comes from outside.
    pub cause: RecordId,
    /// The operation it belongs to.
    pub op: Op,
    /// The event it is about.
    pub event: EventId,
    /// The row's key.
    pub key: Key,
    /// The row's version: given at commit, provisional before.
    pub version: u32,
    /// See [`Kind`].
    pub extra: u32,
    /// Where.
    pub node: NodeId,
    /// Over which link.
    pub link: LinkId,
    /// What.
    pub kind: Kind,
    /// See [`Kind`].
    pub detail: u8,
}

impl Record {
    /// A record of that kind at that place, about nothing yet.
    #[must_use]
    pub const fn new(at: Us, node: NodeId, kind: Kind) -> Record {
        Record {
            at,
            value: 0,
            cause: RecordId::NONE,
            op: Op::NONE,
            event: EventId::NONE,
            key: Key::NONE,
            version: 0,
            extra: 0,
            node,
            link: LinkId::NONE,
            kind,
            detail: 0,
        }
    }

    /// What it does to a row, as its number, if `detail` says so.
    #[must_use]
    pub const fn op_detail(&self) -> u8 {
        self.detail & !AGAIN
    }

    /// Whether it shows a row again, which is no delivery.
    #[must_use]
    pub const fn is_again(&self) -> bool {
        self.detail & AGAIN != 0
    }

    /// The message that it is about.
    #[must_use]
    pub const fn message(&self) -> MessageId {
        MessageId(self.extra)
    }

    /// Adds its canonical bytes, little-endian in the order of the fields, to a hash.
    #[inline]
    pub fn write_to(&self, hasher: &mut TraceHasher) {
        let mut bytes = [0; 46];
        bytes[0..8].copy_from_slice(&self.at.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.value.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.cause.0.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.op.0.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.event.0.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.key.0.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.version.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.extra.to_le_bytes());
        bytes[40..42].copy_from_slice(&self.node.0.to_le_bytes());
        bytes[42..44].copy_from_slice(&self.link.0.to_le_bytes());
        bytes[44] = self.kind as u8;
        bytes[45] = self.detail;
        hasher.bytes(&bytes);
    }
}
