//! How the records of a plan are read: its nodes, their steps, its stores.

use crate::kernel::time::Us;
use crate::scenario::plan::{NodeRole, Plan, StorePlan};
use crate::strategy::CrashPoint;
use crate::strategy::cdc::CONNECTOR_STEPS;
use crate::strategy::machine::{Step, Verb};
use crate::world::group::Group;
use crate::world::ids::{CommitMode, NodeId, StoreId};

/// What does not change with the cursor, but says how records are read.
#[derive(Debug)]
pub struct Lens {
    /// By node: the steps of its machine.
    pub steps: Vec<&'static [Step]>,
    /// By node: the store that it is, if it is one.
    pub store_of: Vec<Option<usize>>,
    /// By store: whether what it applies adds up, so that a delete is one more row.
    pub(super) effects: Vec<bool>,
    pub(super) app: NodeId,
    pub(super) source: NodeId,
    pub(super) connector: Option<NodeId>,
    pub(super) partitions: usize,
    /// Whether the follower has a record in the moment in which its leader appends it.
    pub(super) at_once: bool,
    pub(super) stores: usize,
    pub(super) keys: usize,
    pub(super) links: usize,
    pub(super) detectors: usize,
    /// By group, then partition: the member that has it at the start.
    pub(super) owners: Vec<Vec<NodeId>>,
    /// By member: its group, and its node.
    pub(super) members: Vec<(usize, NodeId)>,
    pub(super) consumer_links: Vec<crate::world::ids::LinkId>,
}

/// The steps of a consumer as the stage lists them.
pub const CONSUMER_STEPS: [Step; 3] = [
    Step { verb: Verb::Poll, gap: Some(CrashPoint::ConsumerPollApply) },
    Step { verb: Verb::Apply, gap: Some(CrashPoint::ConsumerApplyCommit) },
    Step { verb: Verb::CommitOffset, gap: Some(CrashPoint::ConsumerCommitPoll) },
];

/// The steps of one that commits before it applies.
const COMMIT_FIRST_STEPS: [Step; 3] = [
    Step { verb: Verb::Poll, gap: None },
    Step { verb: Verb::CommitOffset, gap: Some(CrashPoint::ConsumerCommitApply) },
    Step { verb: Verb::Apply, gap: Some(CrashPoint::ConsumerApplyPoll) },
];

/// The steps of one whose polls commit.
const AUTO_COMMIT_STEPS: [Step; 2] = [
    Step { verb: Verb::Poll, gap: Some(CrashPoint::ConsumerPollApply) },
    Step { verb: Verb::Apply, gap: Some(CrashPoint::ConsumerApplyPoll) },
];

fn consumer_steps(store: &StorePlan) -> &'static [Step] {
    match store.commit {
        CommitMode::After => &CONSUMER_STEPS,
        CommitMode::Before => &COMMIT_FIRST_STEPS,
        CommitMode::Auto => &AUTO_COMMIT_STEPS,
    }
}

/// Who has which partition at the start.
fn owners(plan: &Plan) -> Vec<Vec<NodeId>> {
    let groups = plan.roles.members.iter().filter(|(_, nth)| *nth == 0);
    let of = |(store, _): &(StoreId, u16)| {
        let group = Group::new(plan.roles.group_of(*store).count(), plan.broker.partitions);
        let node = |partition: u32| {
            let member = plan.roles.member(*store, group.owner(partition));
            plan.roles.consumers[member.index()].unwrap_or(NodeId::NONE)
        };
        (0..plan.broker.partitions).map(node).collect()
    };
    groups.map(of).collect()
}

impl Lens {
    /// For a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Lens {
        let steps = |role: NodeRole| match role {
            NodeRole::App => plan.app_steps(),
            NodeRole::Relay(_) => plan.relay_steps(),
            NodeRole::Connector => &CONNECTOR_STEPS[..],
            NodeRole::Coordinator => plan.strategy.coordinator_steps(),
            NodeRole::Consumer(member) => consumer_steps(plan.fed_by(member)),
            NodeRole::Recovery(at) => plan.recoveries[at.index()].kind.steps(),
            NodeRole::Source | NodeRole::Broker | NodeRole::Store(_) | NodeRole::Follower => &[],
        };
        let store_of = |role: NodeRole| match role {
            NodeRole::Store(store) => Some(store.index()),
            NodeRole::App
            | NodeRole::Source
            | NodeRole::Broker
            | NodeRole::Relay(_)
            | NodeRole::Connector
            | NodeRole::Coordinator
            | NodeRole::Consumer(_)
            | NodeRole::Follower
            | NodeRole::Recovery(_) => None,
        };
        Lens {
            steps: plan.nodes.iter().map(|node| steps(node.role)).collect(),
            store_of: plan.nodes.iter().map(|node| store_of(node.role)).collect(),
            effects: plan.stores.iter().map(StorePlan::has_effects).collect(),
            app: plan.roles.app,
            source: plan.roles.source,
            connector: plan.roles.connector,
            partitions: plan.broker.partitions as usize,
            at_once: plan.broker.replication_lag.constant() == Some(Us::ZERO),
            stores: plan.stores.len(),
            keys: plan.keys(),
            links: plan.links.len(),
            detectors: plan.detectors.len(),
            owners: owners(plan),
            members: (plan.roles.members.iter().zip(&plan.roles.consumers))
                .map(|((group, _), node)| (group.index(), node.unwrap_or(NodeId::NONE)))
                .collect(),
            consumer_links: plan
                .roles
                .broker_consumer
                .iter()
                .map(|link| link.unwrap_or(crate::world::ids::LinkId::NONE))
                .collect(),
        }
    }
}

impl Lens {
    /// Whether the follower has a record in the moment in which its leader appends it.
    #[must_use]
    pub fn at_once(&self) -> bool {
        self.at_once
    }
}
