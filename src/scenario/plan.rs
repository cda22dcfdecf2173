//! The plan: a scenario resolved into integers. After validation nothing parses, defaults or checks a range.

use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::recovery::RecoveryKind;
use crate::strategy::cdc::{LsnFlushMode, Mismatch, SnapshotMode};
use crate::strategy::machine::Step;
use crate::strategy::{StrategyId, outbox};
use crate::world::broker::Roll;
use crate::world::ids::{
    Acks, Apply, CommitMode, Durable, Key, LinkId, NodeId, OpKind, RecoveryId, RelayId, Reset, StoreId, StoreKind,
};
use crate::world::outbox::Rules;
use crate::world::record::PoisonPolicy;
use crate::world::replica::ReplicaMode;
use crate::world::{consumer, store};

/// A probability in parts per 10^9.
pub type Parts = u32;

/// Everything a run needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The id of the preset or file, for the report.
    pub scenario: String,
    /// What the page calls it.
    pub title: String,
    /// How a change reaches the second system.
    pub strategy: StrategyId,
    /// Where a direct strategy sends its second write.
    pub target: Target,
    /// Chooses the draws; at most 2^53 - 1.
    pub seed: u64,
    /// When arrivals stop.
    pub duration: Us,
    /// How long the drain may take.
    pub drain_limit: Us,
    /// An operation that waits this long counts as blocked.
    pub block_after: Us,
    /// Every node, in the order of the page: app, source, broker, relay ..., then consumer and store by store.
    pub nodes: Vec<NodePlan>,
    /// Every link, by [`LinkId`].
    pub links: Vec<LinkPlan>,
    /// Where the simulation finds the nodes and links of each role.
    pub roles: Roles,
    /// What the clients do.
    pub workload: Workload,
    /// The database.
    pub source: SourcePlan,
    /// The message broker.
    pub broker: BrokerPlan,
    /// The derived stores, by [`StoreId`].
    pub stores: Vec<StorePlan>,
    /// Options of the direct strategies.
    pub direct: DirectPlan,
    /// Options of the outbox.
    pub outbox: OutboxPlan,
    /// Options of the client library's buffer.
    pub fire_and_forget: BufferPlan,
    /// Options of the connector.
    pub cdc: CdcPlan,
    /// Options of the two-phase commit.
    pub two_phase: TwoPhasePlan,
    /// Options of an app that writes only the log.
    pub listen: ListenPlan,
    /// The app's own consumer, as if the source were its store.
    pub own: StorePlan,
    /// The recoveries, in document order.
    pub recoveries: Vec<RecoveryPlan>,
    /// The detectors, in document order.
    pub detectors: Vec<DetectorPlan>,
    /// The scripted faults, in document order.
    pub faults: Vec<FaultPlan>,
    /// Options and faults that have no effect under this strategy, one sentence each.
    pub notes: Vec<String>,
}

impl Plan {
    /// What a consumer feeds: a store, or the source if it is the app's own.
    #[must_use]
    pub fn fed(&self, store: StoreId) -> &StorePlan {
        self.stores.get(store.index()).unwrap_or(&self.own)
    }

    /// What people call a key: `product-17`.
    #[must_use]
    pub fn key_name(&self, key: Key) -> String {
        let KeyPlan { name, count, named, .. } = &self.workload.keys;
        match key.0.checked_sub(*count) {
            None => format!("{name}-{}", key.0 + 1),
            Some(extra) => named.get(extra as usize).cloned().unwrap_or_else(|| format!("key {}", key.0)),
        }
    }

    /// How many keys there may be.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.workload.keys.count as usize + self.workload.keys.named.len()
    }

    /// The app's steps as the stage lists them.
    #[must_use]
    pub const fn app_steps(&self) -> &'static [Step] {
        match self.strategy {
            StrategyId::Outbox if self.source.outbox_first => &outbox::OUTBOX_FIRST_STEPS,
            strategy => strategy.steps(),
        }
    }

    /// A relay's steps as the stage lists them; none if the strategy has no relay.
    #[must_use]
    pub const fn relay_steps(&self) -> &'static [Step] {
        match self.strategy {
            StrategyId::Outbox if self.outbox.mark_first => &outbox::relay::MARK_FIRST_STEPS,
            strategy => strategy.relay_steps(),
        }
    }

    /// A node's id: `app`, `search-index-consumer`.
    #[must_use]
    pub fn node_name(&self, node: NodeId) -> &str {
        self.nodes.get(node.0 as usize).map_or("nobody", |node| &node.id)
    }

    /// A link's id: `app-source`.
    #[must_use]
    pub fn link_name(&self, link: LinkId) -> &str {
        self.links.get(link.0 as usize).map_or("no link", |link| &link.id)
    }
}

/// Where a direct strategy sends its second write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the broker; consumers feed the stores.
    Broker,
    /// Straight to the stores.
    Stores,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeRole {
    /// The service that writes twice.
    App,
    /// The database.
    Source,
    /// The message broker.
    Broker,
    /// A polling relay of the outbox.
    Relay(RelayId),
    /// The coordinator of a two-phase commit.
    Coordinator,
    /// A store's consumer.
    Consumer(StoreId),
    /// A derived store.
    Store(StoreId),
    /// The connector that reads the source's log.
    Connector,
    /// The broker's follower.
    Follower,
    /// What mends what differs.
    Recovery(RecoveryId),
}

/// Anything that can crash.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePlan {
    /// Its id.
    pub id: String,
    /// What it is.
    pub role: NodeRole,
    /// Mean span between stochastic crashes (Poisson); `None`: none.
    pub crash_every: Option<Us>,
    /// How long it stays down.
    pub restart: Us,
    /// How many requests it serves at once; 0: any number.
    pub workers: u32,
}

crate::ids! {
    /// Whether messages on a link may overtake each other.
    pub enum LinkOrder {
        /// Never.
        Fifo = "fifo",
        /// Each has its own latency (request/response calls).
        Independent = "independent",
    }
}

/// A directed network path.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkPlan {
    /// Its id, `A-B`.
    pub id: String,
    /// The caller.
    pub from: NodeId,
    /// The callee.
    pub to: NodeId,
    /// One way.
    pub latency: Distribution,
    /// May messages overtake each other?
    pub order: LinkOrder,
    /// No effect, and an error comes back.
    pub fail_before: Parts,
    /// The effect happens, the answer is lost.
    pub ack_lost: Parts,
    /// The request is lost.
    pub timeout_no_effect: Parts,
    /// The request arrives `late_delay` late.
    pub late_effect: Parts,
    /// How late a late request arrives.
    pub late_delay: Distribution,
    /// A second copy of the request arrives too.
    pub duplicate: Parts,
    /// How long after the first.
    pub duplicate_delay: Distribution,
}

/// The nodes and links of each role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// The app.
    pub app: NodeId,
    /// The source.
    pub source: NodeId,
    /// The broker, if the run has one.
    pub broker: Option<NodeId>,
    /// Its follower.
    pub follower: Option<NodeId>,
    /// By relay; none if the strategy has no outbox.
    pub relays: Vec<NodeId>,
    /// The connector, if the strategy has one.
    pub connector: Option<NodeId>,
    /// `connector-source`.
    pub connector_source: Option<LinkId>,
    /// `connector-broker`.
    pub connector_broker: Option<LinkId>,
    /// By store.
    pub stores: Vec<NodeId>,
    /// By store; `None` if the app writes to it directly.
    pub consumers: Vec<Option<NodeId>>,
    /// `app-source`.
    pub app_source: LinkId,
    /// `app-broker`.
    pub app_broker: Option<LinkId>,
    /// The app's own consumer, which writes the source, if the strategy has one. It is the last of `consumers`.
    pub own_consumer: Option<NodeId>,
    /// The coordinator, if the strategy has one.
    pub coordinator: Option<NodeId>,
    /// `app-coordinator`.
    pub app_coordinator: Option<LinkId>,
    /// `coordinator-source`.
    pub coordinator_source: Option<LinkId>,
    /// `coordinator-broker`.
    pub coordinator_broker: Option<LinkId>,
    /// `coordinator-STORE`, by store.
    pub coordinator_store: Vec<Option<LinkId>>,
    /// `app-STORE`, by store.
    pub app_store: Vec<Option<LinkId>>,
    /// `relay-source`, by relay.
    pub relay_source: Vec<LinkId>,
    /// `relay-broker`, by relay.
    pub relay_broker: Vec<LinkId>,
    /// `broker-STORE-consumer`, by store.
    pub broker_consumer: Vec<Option<LinkId>>,
    /// `STORE-consumer-STORE`, by store.
    pub consumer_store: Vec<Option<LinkId>>,
    /// `STORE-consumer-NEXT` or `STORE-NEXT`, by the store that emits.
    pub emit_store: Vec<Option<LinkId>>,
    /// `STORE-consumer-source`, by store; `None` unless its payload is by reference.
    pub consumer_source: Vec<Option<LinkId>>,
    /// By recovery.
    pub recoveries: Vec<NodeId>,
    /// `RECOVERY-source`, by recovery.
    pub recovery_source: Vec<LinkId>,
    /// `RECOVERY-broker`, by recovery; `None` unless it repairs through the log.
    pub recovery_broker: Vec<Option<LinkId>>,
    /// `RECOVERY-STORE`, by recovery, then store; `None` if it does not cover it.
    pub recovery_store: Vec<Vec<Option<LinkId>>>,
}

/// When operations arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson process with that mean span between arrivals.
    Poisson(Us),
    /// One every so often, the first after one span.
    Every(Us),
    /// That many at once every so often, the first after one span.
    Bursts {
        /// How many.
        size: u32,
        /// How often.
        every: Us,
    },
    /// As written, in order of time.
    Script(Vec<Scripted>),
}

/// One operation of a written workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// When the client sends it.
    pub at: Us,
    /// Which key.
    pub key: Key,
    /// What it does.
    pub op: OpKind,
    /// How long its transaction stays open; `None`: as `source.tx_time` says.
    pub tx_time: Option<Us>,
}

/// How keys are named and chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPlan {
    /// The stem of their names.
    pub name: String,
    /// How many.
    pub count: u32,
    /// Further keys that a written workload or a fault names.
    pub named: Vec<String>,
    /// The probability of a key's rank; `None`: uniform.
    pub zipf: Option<f64>,
}

/// What the clients do.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// When operations arrive.
    pub arrivals: Arrivals,
    /// At most this many operations; 0: no limit.
    pub limit: u64,
    /// Which keys.
    pub keys: KeyPlan,
    /// Probability of an insert, an update and a delete; they sum to 10^9.
    pub mix: [Parts; 3],
    /// How many rows a transaction changes.
    pub rows_per_tx: u32,
    /// The mean span between two reads of one key; `None`: nobody reads.
    pub reads: Option<Us>,
    /// Reads as written, in the order of the list.
    pub written_reads: Vec<(Us, Key)>,
    /// How long a client waits for an answer.
    pub client_timeout: Us,
    /// How often a client asks again.
    pub client_retries: u32,
    /// Whether its request carries a key that stays the same when it asks again.
    pub idempotency_key: bool,
}

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
    /// Whether it is a cache that somebody reads.
    pub read: bool,
    /// The store to which its consumer hands on what it has applied.
    pub emits_to: Option<StoreId>,
    /// Whether another store's consumer feeds it, and nothing else does.
    pub fed: bool,
    /// Whether an event drops the row of a cache instead of writing it.
    pub invalidates: bool,
    /// How long a row of a cache is kept; zero: until it is dropped.
    pub ttl: Us,
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

/// A recovery and its options.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryPlan {
    /// Its id.
    pub id: String,
    /// How it works.
    pub kind: RecoveryKind,
    /// The stores that it covers.
    pub stores: Vec<StoreId>,
    /// When its first pass begins.
    pub first: Us,
    /// From one pass to the next; `None`: there is one only.
    pub period: Option<Us>,
    /// Rows that changed within this span before the pass are left alone.
    pub grace: Us,
    /// After how long it looks again before it repairs; zero: it does not.
    pub recheck: Us,
    /// Whether it repairs by publishing the row's event again.
    pub reemit: bool,
    /// How long it waits before its first repair.
    pub delay: Us,
    /// Whether a repair is written only if the store's row is still as it was read; a rebuild: whether copies check versions.
    pub versioned: bool,
    /// From one repair to the next; `None`: none.
    pub pause: Option<Us>,
    /// The share of the rows that a pass reads.
    pub sample: Parts,
    /// Whether it looks only for what the source has.
    pub one_way: bool,
    /// How long reading a row takes.
    pub read_row: Us,
    /// How long it waits for an answer.
    pub timeout: Us,
    /// Whether a rebuild records the log's position before it copies.
    pub position_first: bool,
}

/// A detector and its options.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorPlan {
    /// Its id.
    pub id: String,
    /// Which one it is.
    pub kind: crate::detect::DetectorKind,
    /// How often it looks.
    pub period: Us,
    /// What it is told to do.
    pub settings: crate::detect::Settings,
    /// After how long it looks again at what it found, before it says so; zero: it does not.
    pub recheck: Us,
    /// The share of the rows that a look reads.
    pub sample: Parts,
    /// From what value on it fires.
    pub threshold: u64,
    /// The row that only it uses, if it sends canaries.
    pub canary: Option<Key>,
}

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTarget {
    /// A node.
    Node(NodeId),
    /// A link.
    Link(LinkId),
    /// A key of the source.
    Key(Key),
    /// Something that this strategy does not have: the fault never fires.
    Absent,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultWhen {
    /// At that time.
    At(Us),
    /// At the n-th pass of a crash point (or the n-th message of the target link), from 1; 0: at every pass.
    Pass(Option<crate::strategy::CrashPoint>, u32),
}

crate::ids! {
    /// What a scripted fault does.
    pub enum FaultKind {
        /// The node loses its memory and its connections.
        Crash = "crash",
        /// A node that is down comes back.
        Restart = "restart",
        /// The node stays down until the drain.
        Off = "off",
        /// The link carries nothing; requests over it time out.
        Cut = "cut",
        /// The link's messages take longer.
        Delay = "delay",
        /// The request is lost.
        Drop = "drop",
        /// The request fails before it has an effect.
        FailBefore = "fail-before",
        /// The answer is lost.
        AckLost = "ack-lost",
        /// The request is lost; the caller waits for its timeout.
        Timeout = "timeout",
        /// The request arrives after its caller gave up.
        Late = "late",
        /// The request arrives twice.
        Duplicate = "duplicate",
        /// The transaction aborts at its commit.
        Abort = "abort",
        /// The replication slot is dropped, and the log that it held is gone.
        SlotLost = "slot-lost",
        /// A person changes the row, past the app.
        Update = "update",
        /// A person deletes the row, past the app.
        Delete = "delete",
        /// The event that the message carries can never be handled at the link's far end.
        Poison = "poison",
        /// The leader is lost and its follower takes its place, with what it has.
        Failover = "failover",
    }
}

/// One scripted fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    /// Its short form, `crash:app@12s+10s`.
    pub text: String,
    /// What happens.
    pub kind: FaultKind,
    /// To whom.
    pub target: FaultTarget,
    /// When.
    pub when: FaultWhen,
    /// For how long; `None`: the default of the kind.
    pub span: Option<Us>,
}
