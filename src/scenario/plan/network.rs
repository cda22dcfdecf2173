//! The nodes and links of a plan, by role.

use super::Parts;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::world::ids::{LinkId, MemberId, NodeId, RecoveryId, RelayId, StoreId};

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
    /// A member of a store's consumer group.
    Consumer(MemberId),
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
    /// By member of a consumer group; `None` if the app writes to the store directly. The first of each group has its store's
    /// place; after them comes the app's own consumer.
    pub consumers: Vec<Option<NodeId>>,
    /// By member: its group, and the how-manieth it is there, from 0.
    pub members: Vec<(StoreId, u16)>,
    /// `app-source`.
    pub app_source: LinkId,
    /// `app-broker`.
    pub app_broker: Option<LinkId>,
    /// The app's own consumer, which writes the source, if the strategy has one.
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
    /// `broker-STORE-consumer`, by member.
    pub broker_consumer: Vec<Option<LinkId>>,
    /// `STORE-consumer-STORE`, by member.
    pub consumer_store: Vec<Option<LinkId>>,
    /// `STORE-consumer-NEXT` or `STORE-NEXT`, by the store that emits.
    pub emit_store: Vec<Option<LinkId>>,
    /// `STORE-consumer-source`, by member; `None` unless its payload is by reference.
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

impl Roles {
    /// The group of a member.
    #[must_use]
    pub fn group(&self, member: MemberId) -> StoreId {
        self.members.get(member.index()).map_or(StoreId(member.0), |(group, _)| *group)
    }

    /// A member of a group, from 0.
    #[must_use]
    pub fn member(&self, group: StoreId, nth: u16) -> MemberId {
        let place = || self.members.iter().position(|known| *known == (group, nth));
        if nth == 0 { MemberId(group.0) } else { MemberId(place().unwrap_or(usize::from(group.0)) as u16) }
    }

    /// The members of a group.
    pub fn group_of(&self, group: StoreId) -> impl Iterator<Item = MemberId> + '_ {
        let own = move |(_, (of, _)): &(usize, &(StoreId, u16))| *of == group;
        self.members.iter().enumerate().filter(own).map(|(at, _)| MemberId(at as u16))
    }
}
