//! The options of the strategies in a plan.

use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::strategy::cdc::{LsnFlushMode, Mismatch, SnapshotMode};
use crate::world::ids::LinkId;
use crate::world::outbox::Rules;
use crate::world::record::PoisonPolicy;

/// Options of the direct strategies.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectPlan {
    /// Whether the client is answered before the second write.
    pub background: bool,
    /// How long the app does something else between its two writes.
    pub gap: Distribution,
    /// How often the second write is tried; 0: without end.
    pub attempts: u32,
    /// How long one try may take.
    pub timeout: Us,
    /// The pause between two tries.
    pub backoff: Us,
    /// Whether later second writes wait behind one that is being tried again.
    pub blocking: bool,
    /// Whether an operation that gives its second write up is taken back.
    pub compensates: bool,
}

crate::ids! {
    /// How the relay knows what it has published.
    pub enum Cursor {
        /// A flag on the row.
        Flag = "flag",
        /// The row is deleted.
        Delete = "delete",
        /// The last `alloc_seq` that was published.
        LastId = "last-id",
        /// The same, and rows younger than `outbox.grace` are left alone.
        LastIdGrace = "last-id-grace",
        /// The same, and a gap is waited for, but no longer than `outbox.gap_timeout`.
        GapTimeout = "gap-timeout",
        /// The last (xid, `alloc_seq`) that was published, of transactions older than every open one.
        Xmin = "xmin",
    }
}

/// Options of the outbox and its relay.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxPlan {
    /// How often the relay looks.
    pub poll: Us,
    /// From start to start (`true`) or from end to start.
    pub fixed_rate: bool,
    /// When it looks first; `None`: drawn from the seed, uniform in one `poll`.
    pub phase: Option<Us>,
    /// How many rows it takes at a time; 0: all.
    pub batch: u32,
    /// How the relays read the table.
    pub rules: Rules,
    /// How long a gap is waited for.
    pub gap_timeout: Us,
    /// All rows of a batch at once (`true`), or each after the answer for the one before.
    pub pipelined: bool,
    /// Whether rows are marked before they are published.
    pub mark_first: bool,
    /// What the relay does with a row that the broker will never take.
    pub poison: PoisonPolicy,
    /// One mark for the whole batch (`true`) or one for each row.
    pub mark_batch: bool,
    /// Whether the rest of the batch goes on when a mark fails.
    pub continue_on_failed_mark: bool,
    /// How long the relay waits for an answer.
    pub timeout: Us,
    /// How often its client library sends a row before the relay hears of a failure; 0: without end.
    pub attempts: u32,
    /// The pause between two tries.
    pub backoff: Us,
}

crate::ids! {
    /// What an operator does with a transaction that is in doubt.
    pub enum Heuristic {
        /// Waits for the coordinator, however long.
        None = "none",
        /// Commits it by hand.
        Commit = "commit",
        /// Aborts it by hand.
        Abort = "abort",
    }
}

/// Options of the two-phase commit.
#[derive(Clone, Debug, PartialEq)]
pub struct TwoPhasePlan {
    /// The links over which the coordinator asks for votes, in the order of the page.
    pub voters: Vec<LinkId>,
    /// The link to the participant that commits in between, without a vote.
    pub last_resource: Option<LinkId>,
    /// How long a participant takes to write its vote down.
    pub vote_time: Distribution,
    /// How long the coordinator takes to write its decision down.
    pub log_time: Distribution,
    /// How long the coordinator waits for a vote or a confirmation.
    pub timeout: Us,
    /// How often it repeats what is not confirmed, and asks participants what they have prepared.
    pub recovery: Us,
    /// What an operator does with what is in doubt.
    pub heuristic: Heuristic,
    /// After how long.
    pub heuristic_after: Us,
}

/// Options of an app that writes only the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenPlan {
    /// Whether it reads the row first, to see whether the change may be.
    pub validate: bool,
    /// Whether its own consumer refuses a change whose row has changed since it was validated.
    pub reject: bool,
}

/// Options of the client library's buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferPlan {
    /// How long the first event of a batch waits for others.
    pub linger: Us,
    /// How many events fill a batch, which then leaves at once.
    pub batch: u32,
}

/// Options of the connector.
#[derive(Clone, Debug, PartialEq)]
pub struct CdcPlan {
    /// When it is first started.
    pub start: Us,
    /// When it reads whole tables.
    pub snapshot_mode: SnapshotMode,
    /// How many rows of a snapshot it reads at a time.
    pub snapshot_fetch: u32,
    /// How long the database takes to read one of them.
    pub snapshot_row: Us,
    /// How often it stores its offset.
    pub offset_flush: Us,
    /// Whether that span is the mean of an exponential one.
    pub flush_exp: bool,
    /// Who moves the slot.
    pub lsn_flush_mode: LsnFlushMode,
    /// What holds when stored offset and slot differ.
    pub mismatch: Mismatch,
    /// How long a poll waits for a full batch.
    pub poll: Us,
    /// The most changes of a batch.
    pub max_batch: u32,
    /// The most changes of the queue.
    pub max_queue: u32,
    /// How often it tells the broker that it is alive; `None`: never.
    pub heartbeat: Option<Us>,
    /// Whether the replica has the slot too.
    pub slot_failover: bool,
    /// How often the driver answers keepalives.
    pub status: Us,
    /// How long it waits before it starts again.
    pub restart_wait: Us,
    /// The pause before a failed publish is tried again.
    pub backoff: Us,
    /// How long it waits for an answer.
    pub timeout: Us,
}
