//! The steps of a node, the gaps between them, and where the change in view stands.

use super::Stage;
use crate::run::frame::{GapFrame, StepFrame};
use crate::run::narrate::point_words;
use crate::run::view::Progress;
use crate::scenario::plan::{FaultWhen, NodeRole};
use crate::strategy::machine::{Step, Verb};
use crate::world::ids::{Key, NodeId, StoreKind};

impl Stage<'_> {
    pub(super) fn steps(&self, node: NodeId) -> Vec<StepFrame> {
        let (steps, view) = (self.lens.steps[node.index()], &self.view.nodes[node.index()]);
        let frame = |(index, step): (usize, &Step)| StepFrame {
            text: self.step_text(node, step.verb, &view.progress),
            done: index < usize::from(view.progress.done),
            now: view.up && index == usize::from(view.progress.now),
            row: self.step_row(node, step.verb),
            gap: step.gap.map(|point| {
                let here = !view.up
                    && match view.died_at {
                        Some(at) => gap_of(steps, at) == Some(index),
                        None => index + 1 == usize::from(view.progress.done),
                    };
                GapFrame {
                    id: point.id().to_owned(),
                    label: format!("Crash point {} {}.", self.plan.node_name(node), point_words(point)),
                    crashed_at: here.then_some(view.crashed_at),
                    armed: self.armed(node, point),
                    passes: u32::from(view.passes[point as usize]),
                }
            }),
        };
        steps.iter().enumerate().map(frame).collect()
    }

    pub(super) fn armed(&self, node: NodeId, point: crate::strategy::CrashPoint) -> bool {
        let names = |fault: &crate::scenario::plan::FaultPlan| {
            fault.target == crate::scenario::plan::FaultTarget::Node(node)
                && matches!(fault.when, FaultWhen::Pass(Some(at), _) if at == point)
        };
        self.plan.faults.iter().any(names)
    }

    pub(super) fn step_row(&self, node: NodeId, verb: Verb) -> u32 {
        let second = self.plan.strategy.direct() || self.plan.strategy.listens();
        let role = self.plan.nodes[node.index()].role;
        let direct = role == NodeRole::App && second;
        if matches!(role, NodeRole::Recovery(_)) {
            return self.rows(role).0;
        }
        match verb {
            Verb::Publish if direct => 1,
            Verb::Buffer | Verb::CommitAll => 1,
            Verb::Prepare | Verb::Decide | Verb::Tell => 1,
            Verb::Reply
                if direct
                    && self
                        .plan
                        .strategy
                        .steps()
                        .iter()
                        .rev()
                        .nth(1)
                        .is_some_and(|s| matches!(s.verb, Verb::Publish | Verb::Buffer)) =>
            {
                1
            }
            Verb::Poll | Verb::Apply | Verb::CommitOffset => self.rows(role).0,
            Verb::Validate | Verb::Scan | Verb::Compare | Verb::Repair | Verb::Position | Verb::Copy | Verb::Swap => 0,
            Verb::Begin | Verb::Write | Verb::Enqueue | Verb::Commit | Verb::Publish | Verb::Reply => 0,
            Verb::Claim | Verb::Mark | Verb::Decode | Verb::Store | Verb::Confirm => 0,
        }
    }

    pub(super) fn step_text(&self, node: NodeId, verb: Verb, progress: &Progress) -> String {
        let key =
            if progress.key == Key::NONE { String::new() } else { format!(" {}", self.plan.key_name(progress.key)) };
        match verb {
            Verb::Write => format!("write{key}"),
            Verb::Publish
                if self.plan.nodes[node.index()].role == NodeRole::App && self.plan.roles.broker.is_none() =>
            {
                match self.plan.stores.first().map(|store| store.kind) {
                    Some(StoreKind::SearchIndex) => format!("index{key}"),
                    Some(StoreKind::Cache) => format!("cache{key}"),
                    Some(StoreKind::Service) => format!("call{key}"),
                    None => format!("publish{key}"),
                }
            }
            Verb::Publish => format!("publish{key}"),
            Verb::Apply => format!("apply{key}"),
            Verb::Buffer => format!("buffer{key}"),
            Verb::Validate => format!("validate{key}"),
            Verb::Repair => format!("repair{key}"),
            Verb::Begin
            | Verb::Enqueue
            | Verb::CommitAll
            | Verb::Prepare
            | Verb::Decide
            | Verb::Tell
            | Verb::Commit
            | Verb::Reply
            | Verb::Claim
            | Verb::Mark
            | Verb::Poll
            | Verb::Decode
            | Verb::Store
            | Verb::Confirm
            | Verb::Scan
            | Verb::Compare
            | Verb::Position
            | Verb::Copy
            | Verb::Swap
            | Verb::CommitOffset => verb.id().to_owned(),
        }
    }

    /// The steps that commit together.
    pub(super) fn bracket(&self, node: NodeId) -> Option<(u32, u32)> {
        let steps = self.lens.steps[node.index()];
        let first = steps.iter().position(|step| step.verb == Verb::Begin)?;
        let last = steps.iter().position(|step| matches!(step.verb, Verb::Commit | Verb::CommitAll))?;
        Some((first as u32, last as u32))
    }
}

/// The step after which a crash point stands; points while a call is under way belong to the step before its answer.
fn gap_of(steps: &[Step], point: u8) -> Option<usize> {
    use crate::strategy::CrashPoint as C;
    let exact = steps.iter().position(|step| step.gap.is_some_and(|gap| gap as u8 == point));
    exact.or_else(|| {
        let verb = match C::ALL.get(usize::from(point))? {
            C::AppCommitAck => Verb::Commit,
            C::AppBufferSend => Verb::Buffer,
            C::CoordinatorLastDecision => Verb::Prepare,
            C::ConsumerApplyMark | C::ConsumerApplyEmit => Verb::Apply,
            C::ConnectorSelectWatermark | C::ConnectorWindowEmit => Verb::Decode,
            C::AppPublishAck | C::RelayPublishAck | C::ConnectorPublishAck => Verb::Publish,
            C::AppBeginWrite
            | C::AppWriteCommit
            | C::AppWriteEnqueue
            | C::AppEnqueueCommit
            | C::AppCommitPublish
            | C::AppCommitReply
            | C::AppPublishBegin
            | C::AppPublishReply
            | C::AppWritePublish
            | C::AppPublishCommit
            | C::CoordinatorPrepareDecision
            | C::CoordinatorDecisionCommit
            | C::CoordinatorCommitForget
            | C::SourcePrepareAck
            | C::BrokerPrepareAck
            | C::AppValidatePublish
            | C::SourceWriteAck
            | C::SourceCommitAck
            | C::BrokerAppendAck
            | C::RelayClaimPublish
            | C::RelayAckMark
            | C::RelayMarkPoll
            | C::ConsumerPollApply
            | C::ConsumerApplyCommit
            | C::ConsumerCommitPoll
            | C::ConnectorDecodePoll
            | C::ConnectorPollPublish
            | C::ConnectorAckStore
            | C::ConnectorStoreConfirm
            | C::RelayClaimMark
            | C::RelayMarkPublish
            | C::AppBeginEnqueue
            | C::AppEnqueueWrite
            | C::ReconcileReadCompare
            | C::ReconcileCompareRepair
            | C::ReconcileRepairNext
            | C::ResnapshotReadPublish
            | C::ResnapshotPublishNext
            | C::RebuildPositionCopy
            | C::RebuildCopySwap
            | C::ConsumerCommitApply
            | C::ConsumerApplyPoll
            | C::StoreApplyAck => return None,
        };
        steps.iter().position(|step| step.verb == verb)
    })
}
