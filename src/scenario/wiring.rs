//! The nodes and links of a plan, and where the simulation finds those of each role.

use super::block::Block;
use super::plan::{LinkOrder, LinkPlan, NodePlan, NodeRole, Roles};
use super::topology::{KnownLink, LinkRole, Topology};
use crate::world::ids::{LinkId, NodeId};
use serde_json::{Map, Value};

/// The nodes of this strategy, in the order of the page.
pub fn nodes(root: &Map<String, Value>, topology: &Topology) -> Vec<NodePlan> {
    let known = topology.all_nodes().into_iter().filter(|known| topology.has_node(known.role));
    let node = |known: super::topology::KnownNode| {
        let block = Block::member(root, "nodes.*", &[&known.id, &known.declared], "");
        NodePlan {
            crash_every: block.rate("crash_rate"),
            restart: block.us("restart"),
            workers: block.count32("workers"),
            id: known.id,
            role: known.role,
        }
    };
    known.map(node).collect()
}

/// The links of this strategy, and the roles of nodes and links.
pub fn links(root: &Map<String, Value>, topology: &Topology, nodes: &[NodePlan]) -> (Vec<LinkPlan>, Roles) {
    let mut roles = node_roles(nodes, topology);
    let mut links = Vec::new();
    for known in topology.all_links().into_iter().filter(|known| topology.has_link(known)) {
        let (Some(from), Some(to)) = (find(nodes, known.from), find(nodes, known.to)) else {
            unreachable!("the link {} has both its nodes", known.id)
        };
        place(&mut roles, &known, LinkId(links.len() as u16));
        links.push(link(root, known, from, to));
    }
    (links, roles)
}

fn find(nodes: &[NodePlan], role: NodeRole) -> Option<NodeId> {
    nodes.iter().position(|node| node.role == role).map(|at| NodeId(at as u16))
}

fn node_roles(nodes: &[NodePlan], topology: &Topology) -> Roles {
    let (stores, own) = (topology.stores.len(), find(nodes, topology.own_consumer()));
    let members = topology.all_members(own.is_some());
    let fed = members.len();
    let mut roles = Roles {
        app: find(nodes, NodeRole::App).unwrap_or_default(),
        source: find(nodes, NodeRole::Source).unwrap_or_default(),
        broker: find(nodes, NodeRole::Broker),
        follower: find(nodes, NodeRole::Follower),
        connector: find(nodes, NodeRole::Connector),
        own_consumer: own,
        coordinator: find(nodes, NodeRole::Coordinator),
        coordinator_store: vec![None; stores],
        stores: vec![NodeId::NONE; stores],
        consumers: vec![None; fed],
        app_store: vec![None; stores],
        broker_consumer: vec![None; fed],
        consumer_store: vec![None; fed],
        consumer_source: vec![None; fed],
        recovery_broker: vec![None; topology.recoveries.len()],
        recovery_store: vec![vec![None; stores]; topology.recoveries.len()],
        emit_store: vec![None; stores],
        members,
        ..Roles::default()
    };
    for (at, node) in nodes.iter().enumerate() {
        let id = NodeId(at as u16);
        match node.role {
            NodeRole::Store(store) => roles.stores[store.index()] = id,
            NodeRole::Consumer(member) => roles.consumers[member.index()] = Some(id),
            NodeRole::Relay(_) => roles.relays.push(id),
            NodeRole::Recovery(_) => roles.recoveries.push(id),
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Broker
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Follower => {}
        }
    }
    roles
}

/// Notes a link under its role.
fn place(roles: &mut Roles, link: &KnownLink, id: LinkId) {
    let of_store = |by_store: &mut Vec<Option<LinkId>>| match link.to {
        NodeRole::Store(store) => by_store[store.index()] = Some(id),
        NodeRole::Consumer(member) => by_store[member.index()] = Some(id),
        NodeRole::App
        | NodeRole::Source
        | NodeRole::Broker
        | NodeRole::Relay(_)
        | NodeRole::Connector
        | NodeRole::Coordinator
        | NodeRole::Follower
        | NodeRole::Recovery(_) => {
            unreachable!("the link {} ends at a store or its consumer", link.id)
        }
    };
    let from_consumer = |by_store: &mut Vec<Option<LinkId>>| {
        let from = match link.from {
            NodeRole::Consumer(member) => member.index(),
            NodeRole::Store(store) => store.index(),
            _ => return, // Nobody else's links are kept by store.
        };
        by_store[from] = Some(id);
    };
    match link.role {
        LinkRole::AppSource => roles.app_source = id,
        LinkRole::AppBroker => roles.app_broker = Some(id),
        LinkRole::RelaySource => roles.relay_source.push(id),
        LinkRole::RelayBroker => roles.relay_broker.push(id),
        LinkRole::ConnectorSource => roles.connector_source = Some(id),
        LinkRole::ConnectorBroker => roles.connector_broker = Some(id),
        LinkRole::AppCoordinator => roles.app_coordinator = Some(id),
        LinkRole::CoordinatorSource => roles.coordinator_source = Some(id),
        LinkRole::CoordinatorBroker => roles.coordinator_broker = Some(id),
        LinkRole::CoordinatorStore => of_store(&mut roles.coordinator_store),
        LinkRole::AppStore => of_store(&mut roles.app_store),
        LinkRole::BrokerConsumer => of_store(&mut roles.broker_consumer),
        LinkRole::ConsumerStore => from_consumer(&mut roles.consumer_store),
        LinkRole::ConsumerSource => from_consumer(&mut roles.consumer_source),
        LinkRole::EmitStore | LinkRole::StoreStore => from_consumer(&mut roles.emit_store),
        LinkRole::OwnSource => from_consumer(&mut roles.consumer_store),
        LinkRole::RecoverySource => roles.recovery_source.push(id),
        LinkRole::RecoveryBroker => {
            if let NodeRole::Recovery(recovery) = link.from {
                roles.recovery_broker[recovery.index()] = Some(id);
            }
        }
        LinkRole::RecoveryStore => {
            if let NodeRole::Recovery(recovery) = link.from {
                of_store(&mut roles.recovery_store[recovery.index()]);
            }
        }
    }
}

fn link(root: &Map<String, Value>, known: KnownLink, from: NodeId, to: NodeId) -> LinkPlan {
    let block = Block::member(root, "links.*", &[&known.id, &known.declared], known.role.id());
    LinkPlan {
        from,
        to,
        latency: block.distribution("latency"),
        order: block.choice("order", LinkOrder::from_id),
        fail_before: block.parts("outcomes.fail_before"),
        ack_lost: block.parts("outcomes.ack_lost"),
        timeout_no_effect: block.parts("outcomes.timeout_no_effect"),
        late_effect: block.parts("outcomes.late_effect"),
        late_delay: block.distribution("late_delay"),
        duplicate: block.parts("duplicate.p"),
        duplicate_delay: block.distribution("duplicate.delay"),
        id: known.id,
    }
}
