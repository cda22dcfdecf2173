//! The plan: a scenario resolved into integers. After validation nothing parses, defaults or checks a range.

mod fault;
mod network;
mod strategies;
mod systems;
mod watch;
mod workload;

pub use fault::{FaultKind, FaultPlan, FaultTarget, FaultWhen};
pub use network::{LinkOrder, LinkPlan, NodePlan, NodeRole, Roles};
pub use strategies::{BufferPlan, CdcPlan, Cursor, DirectPlan, Heuristic, ListenPlan, OutboxPlan, TwoPhasePlan};
pub use systems::{BrokerPlan, SourcePlan, StorePlan};
pub use watch::{DetectorPlan, RecoveryPlan};
pub use workload::{Arrivals, KeyPlan, Scripted, Workload};

use crate::kernel::time::Us;
use crate::strategy::machine::Step;
use crate::strategy::{StrategyId, outbox};
use crate::world::ids::{Key, LinkId, MemberId, NodeId, StoreId};

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

    /// What a member of a consumer group feeds.
    #[must_use]
    pub fn fed_by(&self, member: MemberId) -> &StorePlan {
        self.fed(self.roles.group(member))
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

    /// The node that a link leads to: of a link from the broker, the member of a consumer group.
    #[must_use]
    pub fn far_end(&self, link: LinkId) -> NodeId {
        self.links.get(link.index()).map_or(NodeId::NONE, |link| link.to)
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
