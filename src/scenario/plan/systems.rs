//! The database, the broker and the stores of a plan.

use super::Parts;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::world::broker::Roll;
use crate::world::ids::{Acks, Apply, CommitMode, Durable, Reset, StoreId, StoreKind};
use crate::world::record::PoisonPolicy;
use crate::world::replica::ReplicaMode;
use crate::world::{consumer, store};

/// The database.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePlan {
    /// How long a commit takes to become durable.
    pub commit_time: Distribution,
    /// How long the app keeps a transaction open between its write and its commit.
    pub tx_time: Distribution,
    /// Probability that a transaction aborts at its commit.
    pub abort: Parts,
    /// Whether a transaction inserts its outbox row before it locks and writes its rows.
    pub outbox_first: bool,
    /// How long the app waits for an answer of the database.
    pub timeout: Us,
    /// Whether it has a replica, and what a commit waits for.
    pub replica: ReplicaMode,
    /// How far the replica is behind.
    pub replica_lag: Us,
    /// Whether the log goes to a connector only once the replica has it.
    pub hold_slots: bool,
    /// How often slots become durable and log is removed.
    pub checkpoint: Us,
    /// Bytes of log that a changed row takes.
    pub row_bytes: u64,
    /// How much log a slot may hold; `None`: any amount.
    pub wal_cap: Option<u64>,
    /// How much log the disk takes; `None`: any amount.
    pub wal_disk: Option<u64>,
    /// Bytes of log per second that others write.
    pub wal_other: u64,
    /// How many transactions may be prepared at once.
    pub max_prepared: u32,
}

/// The message broker.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerPlan {
    /// How many partitions the topic has.
    pub partitions: u32,
    /// When a publish is confirmed.
    pub acks: Acks,
    /// How long a record takes to reach the follower.
    pub replication_lag: Distribution,
    /// With `acks` all: how many replicas must be in sync for a publish to be taken.
    pub min_insync: u32,
    /// How long a follower may lack a record before it leaves the in-sync set.
    pub isr_timeout: Us,
    /// Whether a follower that is not in sync may become leader.
    pub unclean_election: bool,
    /// How old a record may become.
    pub retention: Us,
    /// How often the broker looks for old segments.
    pub retention_check: Us,
    /// When a segment is closed.
    pub segment: Roll,
    /// Where a consumer goes on whose offset is no longer in the log.
    pub reset: Reset,
    /// Whether the log is compacted instead of cut by age.
    pub compact: bool,
    /// How long a compacted log keeps tombstones.
    pub delete_retention: Us,
    /// Whether producers number what they send.
    pub idempotent: bool,
    /// How many publishes of a relay, or of the app's buffer, may be unanswered at once; `u32::MAX`: any number.
    pub in_flight: u32,
}

/// A derived store and the consumer that feeds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StorePlan {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: StoreKind,
    /// How it applies an event.
    pub apply: Apply,
    /// Whether its consumer reads the row at the source: the event only names it.
    pub reference: bool,
    /// How long applying takes.
    pub service: Distribution,
    /// How many events a consumer takes per poll, and applies before it commits its offset.
    pub max_poll: u32,
    /// How long a member may be silent before the broker takes it for dead.
    pub session: Us,
    /// How often it tells the broker that it lives.
    pub heartbeat: Us,
    /// How long it may take from one poll to the next.
    pub max_poll_interval: Us,
    /// How long the consumer itself works on an event before it calls the store.
    pub process: Distribution,
    /// How long the consumer waits before it tries a failed apply again.
    pub retry: Us,
    /// How long the consumer waits for an answer of the store.
    pub timeout: Us,
    /// How long a deleted key's version is remembered.
    pub tombstone_ttl: Us,
    /// What survives of the tombstones when the store crashes.
    pub tombstone_durable: Durable,
    /// How often tombstones become safe.
    pub tombstone_flush: Us,
    /// When the consumer commits its offset.
    pub commit: CommitMode,
    /// How often a poll commits it, with [`CommitMode::Auto`].
    pub auto_interval: Us,
    /// Probability that an event can never be applied.
    pub poison: Parts,
    /// What the consumer does with an event that it cannot apply.
    pub poison_policy: PoisonPolicy,
    /// How often it tries before it gives an event up; 0: without end.
    pub attempts: u32,
    /// When an event that was put aside is handed to the store again; zero: never.
    pub redrive: Us,
    /// How long a row of the inbox is kept; zero: there is none.
    pub inbox_window: Us,
    /// Whether it is written in the transaction of the effect.
    pub inbox_same_tx: bool,
    /// How many bits an event's id has.
    pub id_bits: u32,
    /// How long a client's key is remembered; zero: clients send none.
    pub keys_for: Us,
    /// Whether the app may take changes back.
    pub undoes: bool,
    /// How long it remembers that what it has not had was cancelled; zero: it does not.
    pub cancels_for: Us,
    /// Whether it is a cache that somebody reads.
    pub read: bool,
    /// The store to which its consumer hands on what it has applied.
    pub emits_to: Option<StoreId>,
    /// Whether another store's consumer feeds it, and nothing else does.
    pub fed: bool,
    /// Whether an event drops the row of a cache instead of writing it.
    pub invalidates: bool,
    /// How often an index makes what it has applied visible to a search; zero: at once.
    pub refresh: Us,
    /// How long a row of a cache is kept; zero: until it is dropped.
    pub ttl: Us,
    /// How long a cache keeps that there is no row; zero: it does not.
    pub negative_ttl: Us,
    /// How long a reader takes from its read to its set.
    pub set_delay: Distribution,
    /// How long after the commit a row is dropped once more; zero: it is not.
    pub delete_delay: Us,
    /// How long a reader's lease holds; zero: there are none.
    pub lease: Us,
}

impl StorePlan {
    /// What the store does with what arrives.
    #[must_use]
    pub fn rules(&self) -> store::Rules {
        store::Rules {
            kind: self.kind,
            apply: self.apply,
            tombstones: store::Tombstones {
                ttl: self.tombstone_ttl,
                durable: self.tombstone_durable,
                flush: self.tombstone_flush,
            },
            window: self.inbox_window,
            same_tx: self.inbox_same_tx,
            keys_for: self.keys_for,
            undoes: self.undoes,
            cancels_for: self.cancels_for,
            invalidates: self.invalidates,
            lease: self.lease,
        }
    }

    /// Whether what it applies adds to what is there, so that one too many is an anomaly.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.apply.has_effects(self.kind)
    }

    /// What its consumer's machine may look at.
    #[must_use]
    pub fn consumer_knobs(&self) -> consumer::Knobs {
        let marks = self.inbox_window > Us::ZERO && !self.inbox_same_tx;
        consumer::Knobs { commit: self.commit, attempts: self.attempts, marks, emits: self.emits_to.is_some() }
    }
}
