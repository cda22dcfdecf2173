//! Which nodes and links a scenario has: those of its strategy, out of all that its stores allow.

use super::plan::{NodeRole, Target};
use crate::recovery::RecoveryKind;
use crate::strategy::{CrashPoint, StrategyId};
use crate::world::ids::{MemberId, RecoveryId, RelayId, StoreId};

crate::ids! {
    /// What a link joins. `STORE` stands for a store's id.
    pub enum LinkRole {
        /// The app's calls of the database.
        AppSource = "app-source",
        /// The app's calls of the broker.
        AppBroker = "app-broker",
        /// The app's calls of a store.
        AppStore = "app-STORE",
        /// The relay's calls of the database.
        RelaySource = "relay-source",
        /// The relay's calls of the broker.
        RelayBroker = "relay-broker",
        /// The connector's calls of the database, and what its log sends back.
        ConnectorSource = "connector-source",
        /// The connector's calls of the broker.
        ConnectorBroker = "connector-broker",
        /// What the broker sends to a store's consumer.
        BrokerConsumer = "broker-STORE-consumer",
        /// The consumer's calls of its store.
        ConsumerStore = "STORE-consumer-STORE",
        /// The app's requests to commit at all participants.
        AppCoordinator = "app-coordinator",
        /// The coordinator's calls of the database.
        CoordinatorSource = "coordinator-source",
        /// The coordinator's calls of the broker.
        CoordinatorBroker = "coordinator-broker",
        /// The coordinator's calls of a store that is its last resource.
        CoordinatorStore = "coordinator-STORE",
        /// The calls of the database by the app's own consumer.
        OwnSource = "source-consumer-source",
        /// What a store's consumer hands on to the next store (`emits_to`).
        EmitStore = "STORE-consumer-NEXT",
        /// What a store that the app writes itself hands on to the next store.
        StoreStore = "STORE-NEXT",
        /// The consumer's reads of the row at the database, with `payload: reference`.
        ConsumerSource = "STORE-consumer-source",
        /// A recovery's reads of the database.
        RecoverySource = "RECOVERY-source",
        /// What a recovery publishes again.
        RecoveryBroker = "RECOVERY-broker",
        /// A recovery's reads and repairs of a store.
        RecoveryStore = "RECOVERY-STORE",
    }
}

/// A store: its id, and the id it was declared under (`fanout` copies it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreName {
    /// Its id.
    pub id: String,
    /// The id in the document.
    pub declared: String,
    /// Whether its consumer reads the row at the source: the event only names it.
    pub reference: bool,
    /// Whether it is a cache that somebody reads.
    pub read: bool,
    /// The store to which its consumer hands on what it has applied.
    pub emits_to: Option<StoreId>,
    /// Whether another store's consumer feeds it, and nothing else does.
    pub fed: bool,
    /// How many members its consumer group has.
    pub members: u16,
}

impl StoreName {
    /// The declared stores, each copied `fanout` times.
    #[must_use]
    pub fn expand(declared: &[String], fanout: u64) -> Vec<StoreName> {
        let copies = |declared: &String| {
            let declared = declared.clone();
            (1..=fanout).map(move |copy| {
                let id = if fanout == 1 { declared.clone() } else { format!("{declared}-{copy}") };
                let declared = declared.clone();
                StoreName { id, declared, reference: false, read: false, emits_to: None, fed: false, members: 1 }
            })
        };
        declared.iter().flat_map(copies).collect()
    }
}

/// A recovery: its id, how it works, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryName {
    /// Its id.
    pub id: String,
    /// How it works.
    pub kind: RecoveryKind,
    /// The stores that it covers.
    pub stores: Vec<StoreId>,
    /// Whether it publishes events again.
    pub reemit: bool,
}

/// A node that some strategy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownNode {
    /// Its id.
    pub id: String,
    /// The id under which the document may set its options too.
    pub declared: String,
    /// What it is.
    pub role: NodeRole,
}

/// A link that some strategy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLink {
    /// Its id.
    pub id: String,
    /// The id under which the document may set its options too.
    pub declared: String,
    /// What it joins.
    pub role: LinkRole,
    /// The caller.
    pub from: NodeRole,
    /// The callee.
    pub to: NodeRole,
}

/// The strategy, the target and the stores: what decides which nodes and links there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The strategy.
    pub strategy: StrategyId,
    /// Where a direct strategy sends its second write; a strategy that needs the broker uses it whatever is asked for.
    pub target: Target,
    /// The stores.
    pub stores: Vec<StoreName>,
    /// How many relays read the outbox: `relay`, `relay-2` ...
    pub relays: u16,
    /// With a coordinator: the ids of the nodes that take part.
    pub participants: Vec<String>,
    /// The recoveries, in document order.
    pub recoveries: Vec<RecoveryName>,
}

impl Topology {
    /// Every node of every strategy, in the order of the page.
    #[must_use]
    pub fn all_nodes(&self) -> Vec<KnownNode> {
        let node = |id: String, declared: String, role| KnownNode { id, declared, role };
        let named = |id: &str, role| node(id.to_owned(), id.to_owned(), role);
        let mut nodes =
            vec![named("app", NodeRole::App), named("source", NodeRole::Source), named("broker", NodeRole::Broker)];
        for (relay, id) in self.relay_ids() {
            nodes.push(node(id, "relay".to_owned(), NodeRole::Relay(relay)));
        }
        nodes.push(named("connector", NodeRole::Connector));
        nodes.push(named("coordinator", NodeRole::Coordinator));
        nodes.push(named("source-consumer", self.own_consumer()));
        for (store, StoreName { id, declared, .. }) in self.by_id() {
            for (member, suffix) in self.members(store) {
                let id = format!("{id}-consumer{suffix}");
                nodes.push(node(id, format!("{declared}-consumer"), NodeRole::Consumer(member)));
            }
            nodes.push(node(id.clone(), declared.clone(), NodeRole::Store(store)));
        }
        for (at, recovery) in (0..).zip(&self.recoveries) {
            nodes.push(named(&recovery.id, NodeRole::Recovery(RecoveryId(at))));
        }
        // Replicas come last: they stand in their leader's box on the stage.
        nodes.push(named("broker-2", NodeRole::Follower));
        nodes
    }

    /// Every link of every strategy.
    #[must_use]
    pub fn all_links(&self) -> Vec<KnownLink> {
        let link = |id: String, declared: String, role, from, to| KnownLink { id, declared, role, from, to };
        let named = |role: LinkRole, from, to| link(role.id().to_owned(), role.id().to_owned(), role, from, to);
        let mut links = vec![
            named(LinkRole::AppSource, NodeRole::App, NodeRole::Source),
            named(LinkRole::AppBroker, NodeRole::App, NodeRole::Broker),
        ];
        for (store, StoreName { id, declared, .. }) in self.by_id() {
            let (id, declared) = (format!("app-{id}"), format!("app-{declared}"));
            links.push(link(id, declared, LinkRole::AppStore, NodeRole::App, NodeRole::Store(store)));
        }
        let own = "broker-source-consumer".to_owned();
        links.push(link(own.clone(), own, LinkRole::BrokerConsumer, NodeRole::Broker, self.own_consumer()));
        links.push(named(LinkRole::OwnSource, self.own_consumer(), NodeRole::Source));
        links.push(named(LinkRole::AppCoordinator, NodeRole::App, NodeRole::Coordinator));
        links.push(named(LinkRole::CoordinatorSource, NodeRole::Coordinator, NodeRole::Source));
        links.push(named(LinkRole::CoordinatorBroker, NodeRole::Coordinator, NodeRole::Broker));
        for (store, StoreName { id, declared, .. }) in self.by_id() {
            let (id, declared) = (format!("coordinator-{id}"), format!("coordinator-{declared}"));
            links.push(link(id, declared, LinkRole::CoordinatorStore, NodeRole::Coordinator, NodeRole::Store(store)));
        }
        for (relay, id) in self.relay_ids() {
            for (role, to) in [(LinkRole::RelaySource, NodeRole::Source), (LinkRole::RelayBroker, NodeRole::Broker)] {
                let id = role.id().replacen("relay", &id, 1);
                links.push(link(id, role.id().to_owned(), role, NodeRole::Relay(relay), to));
            }
        }
        links.push(named(LinkRole::ConnectorSource, NodeRole::Connector, NodeRole::Source));
        links.push(named(LinkRole::ConnectorBroker, NodeRole::Connector, NodeRole::Broker));
        for (store, StoreName { id, declared, .. }) in self.by_id() {
            for (member, suffix) in self.members(store) {
                let consumer = NodeRole::Consumer(member);
                let pull = (format!("broker-{id}-consumer{suffix}"), format!("broker-{declared}-consumer"));
                links.push(link(pull.0, pull.1, LinkRole::BrokerConsumer, NodeRole::Broker, consumer));
                let apply = (format!("{id}-consumer{suffix}-{id}"), format!("{declared}-consumer-{declared}"));
                links.push(link(apply.0, apply.1, LinkRole::ConsumerStore, consumer, NodeRole::Store(store)));
                let read = (format!("{id}-consumer{suffix}-source"), format!("{declared}-consumer-source"));
                links.push(link(read.0, read.1, LinkRole::ConsumerSource, consumer, NodeRole::Source));
            }
        }
        for (at, RecoveryName { id, .. }) in (0..).zip(&self.recoveries) {
            let from = NodeRole::Recovery(RecoveryId(at));
            let mut add = |to: &str, role, end| {
                let id = format!("{id}-{to}");
                links.push(link(id.clone(), id, role, from, end));
            };
            add("source", LinkRole::RecoverySource, NodeRole::Source);
            add("broker", LinkRole::RecoveryBroker, NodeRole::Broker);
            for (store, StoreName { id, .. }) in self.by_id() {
                add(id, LinkRole::RecoveryStore, NodeRole::Store(store));
            }
        }
        for (store, from) in self.by_id() {
            let Some(to) = from.emits_to else { continue };
            let next = &self.stores[to.index()];
            let ends = [
                ("-consumer", LinkRole::EmitStore, NodeRole::Consumer(MemberId(store.0))),
                ("", LinkRole::StoreStore, NodeRole::Store(store)),
            ];
            for (who, role, end) in ends {
                let name = |from: &str, to: &str| format!("{from}{who}-{to}");
                let (id, declared) = (name(&from.id, &next.id), name(&from.declared, &next.declared));
                links.push(link(id, declared, role, end, NodeRole::Store(to)));
            }
        }
        links
    }

    /// Whether this strategy has that node.
    #[must_use]
    pub fn has_node(&self, role: NodeRole) -> bool {
        match role {
            NodeRole::App | NodeRole::Source | NodeRole::Store(_) | NodeRole::Recovery(_) => true,
            NodeRole::Broker | NodeRole::Follower => self.has_broker(),
            NodeRole::Consumer(_) if role == self.own_consumer() => self.strategy.listens(),
            NodeRole::Consumer(member) => self.has_consumer(self.group(member)),
            NodeRole::Relay(_) => self.has_relay(),
            NodeRole::Connector => self.has_connector(),
            NodeRole::Coordinator => self.has_coordinator(),
        }
    }

    /// Whether this strategy has that link.
    #[must_use]
    pub fn has_link(&self, link: &KnownLink) -> bool {
        match link.role {
            LinkRole::AppSource => true,
            LinkRole::AppBroker if self.strategy.listens() => true,
            LinkRole::AppBroker => self.is_direct() && self.target == Target::Broker,
            LinkRole::OwnSource => self.has_node(link.from),
            LinkRole::AppStore => {
                let read = matches!(link.to, NodeRole::Store(store) if self.stores[store.index()].read);
                let fed = matches!(link.to, NodeRole::Store(store) if self.stores[store.index()].fed);
                read || (self.is_direct() && self.target == Target::Stores && !fed)
            }
            LinkRole::RelaySource | LinkRole::RelayBroker => self.has_relay(),
            LinkRole::ConnectorSource | LinkRole::ConnectorBroker => self.has_connector(),
            LinkRole::BrokerConsumer => self.has_node(link.to),
            LinkRole::ConsumerStore => self.has_node(link.from),
            LinkRole::EmitStore => self.has_node(link.from),
            LinkRole::StoreStore => !matches!(link.from, NodeRole::Store(store) if self.has_consumer(store)),
            LinkRole::ConsumerSource => self.has_node(link.from) && self.reads(link.from),
            LinkRole::AppCoordinator | LinkRole::CoordinatorSource => self.has_coordinator(),
            LinkRole::CoordinatorBroker => self.has_coordinator() && self.has_broker(),
            LinkRole::CoordinatorStore => self.has_coordinator() && self.takes_part(link.to),
            LinkRole::RecoverySource => true,
            LinkRole::RecoveryBroker => self.has_broker() && self.recovery(link.from).is_some_and(|r| r.reemit),
            LinkRole::RecoveryStore => {
                self.recovery(link.from).is_some_and(|r| r.stores.iter().any(|at| NodeRole::Store(*at) == link.to))
            }
        }
    }

    /// Whether the app makes the second write itself.
    #[must_use]
    pub const fn is_direct(&self) -> bool {
        self.strategy.direct()
    }

    /// Whether events go through the broker, so that consumers feed the stores.
    #[must_use]
    pub fn has_broker(&self) -> bool {
        match self.target {
            _ if self.has_coordinator() => self.participates("broker"),
            Target::Broker => true,
            Target::Stores => !self.is_direct(),
        }
    }

    /// The app's own consumer, which writes the source: after those of the stores.
    #[must_use]
    pub fn own_consumer(&self) -> NodeRole {
        NodeRole::Consumer(MemberId(u16::try_from(self.stores.len()).unwrap_or(u16::MAX)))
    }

    /// The members of consumer groups beyond the first of each: their stores, and the how-manieth they are there, from 1.
    fn further(&self) -> impl Iterator<Item = (StoreId, u16)> + '_ {
        self.by_id().flat_map(|(store, name)| (1..name.members.max(1)).map(move |nth| (store, nth)))
    }

    /// By member: its group, and the how-manieth it is there. `own`: whether the app's own consumer is among them.
    #[must_use]
    pub fn all_members(&self, own: bool) -> Vec<(StoreId, u16)> {
        let further: Vec<(StoreId, u16)> = self.further().collect();
        let first = self.stores.len() + usize::from(own || !further.is_empty());
        (0..first).map(|store| (StoreId(store as u16), 0)).chain(further).collect()
    }

    /// A store's members, and what their names have behind `-consumer`: nothing, `-2`, `-3` ...
    fn members(&self, store: StoreId) -> impl Iterator<Item = (MemberId, String)> {
        let others = self.further().enumerate().filter(move |(_, (of, _))| *of == store);
        let first = self.stores.len() + 1;
        let others = others.map(move |(at, (_, nth))| (MemberId((first + at) as u16), format!("-{}", nth + 1)));
        std::iter::once((MemberId(store.0), String::new())).chain(others)
    }

    /// The store that a member feeds.
    fn group(&self, member: MemberId) -> StoreId {
        let further = member.index().checked_sub(self.stores.len() + 1);
        further.and_then(|at| self.further().nth(at)).map_or(StoreId(member.0), |(store, _)| store)
    }

    /// Whether a coordinator makes several nodes commit together.
    #[must_use]
    pub fn has_coordinator(&self) -> bool {
        !self.strategy.coordinator_steps().is_empty()
    }

    /// Whether a consumer feeds that store: not one that the coordinator tells itself.
    fn has_consumer(&self, store: StoreId) -> bool {
        let fed = self.stores[store.index()].fed;
        self.has_broker() && !fed && !(self.has_coordinator() && self.takes_part(NodeRole::Store(store)))
    }

    fn participates(&self, id: &str) -> bool {
        self.participants.iter().any(|participant| participant == id)
    }

    /// Whether a store is named as a participant.
    fn takes_part(&self, role: NodeRole) -> bool {
        matches!(role, NodeRole::Store(store) if self.participates(&self.stores[store.index()].id))
    }

    /// Whether a consumer reads the row at the source.
    fn reads(&self, role: NodeRole) -> bool {
        let NodeRole::Consumer(member) = role else { return false };
        role != self.own_consumer() && self.stores[self.group(member).index()].reference
    }

    /// The recovery of a role.
    fn recovery(&self, role: NodeRole) -> Option<&RecoveryName> {
        let NodeRole::Recovery(at) = role else { return None };
        self.recoveries.get(at.index())
    }

    /// Whether a relay polls an outbox.
    #[must_use]
    pub const fn has_relay(&self) -> bool {
        !self.strategy.relay_steps().is_empty()
    }

    /// Whether a connector reads the log.
    #[must_use]
    pub fn has_connector(&self) -> bool {
        self.strategy.has_connector()
    }

    /// Whether this strategy has the machine that passes that crash point.
    #[must_use]
    pub fn has_point(&self, point: CrashPoint) -> bool {
        self.strategy.own_crash_points().contains(&point)
            || StrategyId::ALL.iter().all(|strategy| !strategy.own_crash_points().contains(&point))
    }

    /// The strategy, and the target if that is why something is not there: "direct-db-first to the stores".
    #[must_use]
    pub fn title(&self) -> String {
        let id = self.strategy.id();
        if self.has_broker() { id.to_owned() } else { format!("{id} to the stores") }
    }

    /// `relay`, `relay-2` ...
    fn relay_ids(&self) -> impl Iterator<Item = (RelayId, String)> {
        let id = |relay: u16| if relay == 0 { "relay".to_owned() } else { format!("relay-{}", relay + 1) };
        (0..self.relays).map(move |relay| (RelayId(relay), id(relay)))
    }

    /// Follows `emits_to` from each store. The first that comes back to itself, or is emitted to by two.
    #[must_use]
    pub fn circle(&self) -> Option<StoreId> {
        let emits = |store: usize| self.stores[store].emits_to.map(StoreId::index);
        let fed_by = |store: usize| (0..self.stores.len()).filter(|from| emits(*from) == Some(store)).count();
        let returns = |store: usize| {
            let mut at = emits(store);
            (0..self.stores.len()).any(|_| {
                let here = at;
                at = at.and_then(emits);
                here == Some(store)
            })
        };
        let wrong = (0..self.stores.len()).find(|store| returns(*store) || fed_by(*store) > 1);
        wrong.map(|store| StoreId(store as u16))
    }

    fn by_id(&self) -> impl Iterator<Item = (StoreId, &StoreName)> {
        self.stores.iter().enumerate().map(|(at, name)| (StoreId(u16::try_from(at).unwrap_or(u16::MAX)), name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(strategy: StrategyId, target: Target) -> (String, String) {
        let stores = StoreName::expand(&["cache".into(), "search-index".into()], 1);
        let participants = vec!["source".to_owned(), "broker".to_owned()];
        let recoveries = Vec::new();
        let topology = Topology { strategy, target, stores, relays: 1, participants, recoveries };
        let nodes = topology.all_nodes().into_iter().filter(|node| topology.has_node(node.role));
        let links = topology.all_links().into_iter().filter(|link| topology.has_link(link));
        (
            nodes.map(|node| node.id).collect::<Vec<_>>().join(" "),
            links.map(|link| link.id).collect::<Vec<_>>().join(" "),
        )
    }

    #[test]
    fn nodes_and_links() {
        let fed = "cache-consumer cache search-index-consumer search-index";
        let feeds = "broker-cache-consumer cache-consumer-cache \
                     broker-search-index-consumer search-index-consumer-search-index";
        for strategy in [StrategyId::DirectDbFirst, StrategyId::DirectBrokerFirst] {
            let (nodes, links) = ids(strategy, Target::Broker);
            assert_eq!(nodes, format!("app source broker {fed} broker-2"));
            assert_eq!(links, format!("app-source app-broker {feeds}"));
            let (nodes, links) = ids(strategy, Target::Stores);
            assert_eq!(nodes, "app source cache search-index");
            assert_eq!(links, "app-source app-cache app-search-index");
        }
        for target in [Target::Broker, Target::Stores] {
            let (nodes, links) = ids(StrategyId::ListenToYourself, target);
            assert_eq!(nodes, format!("app source broker source-consumer {fed} broker-2"));
            let own = "broker-source-consumer source-consumer-source";
            assert_eq!(links, format!("app-source app-broker {own} {feeds}"));
            let (nodes, links) = ids(StrategyId::TwoPhaseCommit, target);
            assert_eq!(nodes, format!("app source broker coordinator {fed} broker-2"));
            assert_eq!(links, format!("app-source app-coordinator coordinator-source coordinator-broker {feeds}"));
            let (nodes, links) = ids(StrategyId::Outbox, target);
            assert_eq!(nodes, format!("app source broker relay {fed} broker-2"));
            assert_eq!(links, format!("app-source relay-source relay-broker {feeds}"));
            let (nodes, links) = ids(StrategyId::Cdc, target);
            assert_eq!(nodes, format!("app source broker connector {fed} broker-2"));
            assert_eq!(links, format!("app-source connector-source connector-broker {feeds}"));
        }
    }

    #[test]
    fn copies() {
        let names = StoreName::expand(&["cache".into()], 3);
        assert_eq!(names.iter().map(|name| name.id.as_str()).collect::<Vec<_>>(), ["cache-1", "cache-2", "cache-3"]);
        assert!(names.iter().all(|name| name.declared == "cache"));
    }
}
