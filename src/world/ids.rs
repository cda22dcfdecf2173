//! The numbers that name things in a run, and the small vocabularies of the world.

macro_rules! number {
    ($(#[$doc:meta] $name:ident($inner:ty))+) => {
        $(#[$doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// No such thing.
            pub const NONE: $name = $name(<$inner>::MAX);

            /// The number, unless it is [`Self::NONE`].
            #[must_use]
            pub fn some(self) -> Option<$name> {
                (self != Self::NONE).then_some(self)
            }

            /// As an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        })+
    };
}

number! {
    /// A node, by its place in the plan.
    NodeId(u16)
    /// A link, by its place in the plan.
    LinkId(u16)
    /// A derived store, by its place in the plan.
    StoreId(u16)
    /// A member of a consumer group: first the first members of all groups, in order of their stores.
    MemberId(u16)
    /// A relay of the outbox, from 0: `relay`, `relay-2` ...
    RelayId(u16)
    /// A recovery, by its place in the plan.
    RecoveryId(u16)
    /// A row's key, from 0.
    Key(u32)
    /// An operation: one attempt of one client request, from 0 in order of arrival.
    Op(u32)
    /// An event: one changed row of one transaction, from 0 in order of writing.
    EventId(u32)
    /// A request, answer or pushed record on its way, from 0 in order of sending.
    MessageId(u32)
    /// A record of the trace, from 0.
    RecordId(u32)
}

/// A position in the write-ahead log, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

crate::ids! {
    /// What an operation, or an event, does to a row.
    pub enum OpKind {
        /// A new row. On a present one it is an update.
        Insert = "insert",
        /// A new version. On an absent row it is an insert.
        Update = "update",
        /// The row goes. On an absent one it is an insert.
        Delete = "delete",
    }
}

impl OpKind {
    /// What takes it back.
    #[must_use]
    pub const fn inverse(self) -> OpKind {
        match self {
            OpKind::Insert => OpKind::Delete,
            OpKind::Update => OpKind::Update,
            OpKind::Delete => OpKind::Insert,
        }
    }
}

crate::ids! {
    /// What a derived store is.
    pub enum StoreKind {
        /// Keeps rows in memory only: a crash empties it, and an absent row is a miss, never an anomaly.
        Cache = "cache",
        /// Keeps documents.
        SearchIndex = "search-index",
        /// A second service with data of its own: a call of it is an effect, and two calls are two.
        Service = "service",
    }
}

crate::ids! {
    /// How a store applies an event.
    pub enum Apply {
        /// Whatever arrives overwrites what is there.
        Blind = "blind",
        /// Only what is newer than the row, or its tombstone, is applied; the rest is refused as not newer.
        Versioned = "versioned",
        /// A row for each event, by the event's id: what comes twice is refused by the primary key.
        Insert = "insert",
        /// Adds to what is there: what comes twice counts twice.
        Increment = "increment",
    }
}

impl Apply {
    /// Whether what a store of that kind applies adds to what is there: an effect, of which one too many is an anomaly.
    /// An upsert has none.
    #[must_use]
    pub const fn has_effects(self, kind: StoreKind) -> bool {
        match self {
            Apply::Insert | Apply::Increment => true,
            Apply::Blind => matches!(kind, StoreKind::Service),
            Apply::Versioned => false,
        }
    }
}

crate::ids! {
    /// When a consumer commits its offset.
    pub enum CommitMode {
        /// Before it applies what it has polled: at most once.
        Before = "before",
        /// After it: at least once.
        After = "after",
        /// In a later poll, every so often, for what earlier polls returned (Kafka's Java client; DOMAIN S9b).
        Auto = "auto",
    }
}

crate::ids! {
    /// What survives of a store's tombstones when it crashes.
    pub enum Durable {
        /// Nothing.
        None = "none",
        /// Those younger than the last flush (Elasticsearch rebuilds its version map above the safe commit; DOMAIN 2c).
        SinceLastFlush = "since-last-flush",
        /// All: a delete is a document that says so.
        SoftDelete = "soft-delete",
    }
}

crate::ids! {
    /// How a call ended, as its caller knows it.
    pub enum Outcome {
        /// It had its effect.
        Ok = "ok",
        /// It failed, and had none.
        Failed = "failed",
        /// Nobody answered in time: it may have had its effect, or still have it.
        Unknown = "unknown",
    }
}

crate::ids! {
    /// When the broker confirms a publish.
    pub enum Acks {
        /// Never: the producer goes on as soon as it has sent, and learns of no failure.
        None = "0",
        /// When the record is in the leader's log.
        Leader = "1",
        /// When every replica that is in sync has it.
        All = "all",
    }
}

crate::ids! {
    /// Where a consumer goes on whose offset is no longer in the log.
    pub enum Reset {
        /// At the end: what is still retained is passed over too.
        Latest = "latest",
        /// At the start of what is retained.
        Earliest = "earliest",
    }
}
