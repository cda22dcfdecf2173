//! How a change reaches the second system: one file a strategy, one row here.

use machine::{AppCommand, AppEvent, AppKnobs, Arrow, Step, Verb};

pub mod cdc;
pub mod direct_broker_first;
pub mod direct_db_first;
pub mod fire_and_forget;
pub mod listen_to_yourself;
pub mod machine;
pub mod outbox;
pub mod publish_in_transaction;
pub mod two_phase_commit;

/// One row a strategy: the enum's member, its id, its module, whether its app makes the second write itself.
macro_rules! strategies {
    ($($(#[$doc:meta])* $member:ident = $id:literal, $module:ident, direct: $direct:literal, relay: $relay:expr;)+) => {
        crate::ids! {
            /// A strategy.
            pub enum StrategyId { $($(#[$doc])* $member = $id),+ }
        }

        /// Where one operation of the app is, under its strategy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the members are the strategies")]
        pub enum Flow { $($member($module::State)),+ }

        impl StrategyId {
            /// A new operation.
            #[must_use]
            pub const fn idle(self) -> Flow {
                match self { $(StrategyId::$member => Flow::$member($module::State::Idle)),+ }
            }

            /// The app's steps as the stage lists them.
            #[must_use]
            pub const fn steps(self) -> &'static [Step] {
                match self { $(StrategyId::$member => &$module::STEPS),+ }
            }

            /// The relay's steps; none if it has no relay.
            #[must_use]
            pub const fn relay_steps(self) -> &'static [Step] {
                match self { $(StrategyId::$member => $relay),+ }
            }

            /// The crash points of its own machines.
            #[must_use]
            pub const fn own_crash_points(self) -> &'static [CrashPoint] {
                match self { $(StrategyId::$member => &$module::CRASH_POINTS),+ }
            }

            /// Whether the app makes the second write itself.
            #[must_use]
            pub const fn direct(self) -> bool {
                match self { $(StrategyId::$member => $direct),+ }
            }
        }

        impl Flow {
            /// One arrow of the app's machine.
            #[must_use]
            pub fn step(self, knobs: &AppKnobs, event: AppEvent) -> Arrow<Flow, AppCommand> {
                match self { $(Flow::$member(state) => $module::step(knobs, state, event).map(Flow::$member)),+ }
            }
        }
    };
}

strategies! {
    /// Commit, then publish.
    DirectDbFirst = "direct-db-first", direct_db_first, direct: true, relay: &[];
    /// Publish, then commit.
    DirectBrokerFirst = "direct-broker-first", direct_broker_first, direct: true, relay: &[];
    /// Write an outbox row in the same transaction; a relay polls it and publishes.
    Outbox = "outbox", outbox, direct: false, relay: &outbox::RELAY_STEPS;
    /// Write, publish inside the open transaction, then commit.
    PublishInTransaction = "publish-in-transaction", publish_in_transaction, direct: true, relay: &[];
    /// Commit, hand the event to a buffer, answer the client.
    FireAndForget = "fire-and-forget", fire_and_forget, direct: true, relay: &[];
    /// Write the database only; a connector reads its log and publishes.
    Cdc = "cdc", cdc, direct: false, relay: &[];
    /// A coordinator makes source and broker commit together, or neither.
    TwoPhaseCommit = "two-phase-commit", two_phase_commit, direct: false, relay: &[];
    /// Publish only; the app's own consumer writes the database from the log.
    ListenToYourself = "listen-to-yourself", listen_to_yourself, direct: false, relay: &[];
}

impl StrategyId {
    /// The coordinator's steps; none if the app asks no coordinator.
    #[must_use]
    pub fn coordinator_steps(self) -> &'static [Step] {
        let asks = self.steps().iter().any(|step| step.verb == Verb::CommitAll);
        if asks { &two_phase_commit::COORDINATOR_STEPS } else { &[] }
    }

    /// Whether the app writes nothing but the log, from which its own consumer writes the database.
    #[must_use]
    pub fn listens(self) -> bool {
        self.steps().iter().any(|step| step.verb == Verb::Validate)
    }

    /// Whether the app publishes while its transaction is open, so that row locks wait for the broker.
    #[must_use]
    pub fn publishes_inside(self) -> bool {
        let at = |verb| self.steps().iter().position(|step| step.verb == verb);
        match (at(Verb::Write), at(Verb::Publish), at(Verb::Commit)) {
            (Some(write), Some(publish), Some(commit)) => write < publish && publish < commit,
            (_, _, _) => false,
        }
    }

    /// Whether a connector reads the log.
    #[must_use]
    pub fn has_connector(self) -> bool {
        self.own_crash_points().contains(&CrashPoint::ConnectorPollPublish)
    }
}

crate::ids! {
    /// A step at which a node can be killed: after one thing, before the next.
    pub enum CrashPoint {
        /// The transaction is open, nothing is written.
        AppBeginWrite = "app.after-begin-before-write",
        /// The row is written, the commit is not sent.
        AppWriteCommit = "app.after-write-before-commit",
        /// The row is written, the outbox row is not.
        AppWriteEnqueue = "app.after-write-before-enqueue",
        /// The outbox row is written, the commit is not sent.
        AppEnqueueCommit = "app.after-enqueue-before-commit",
        /// The commit has left the app, its answer is not there.
        AppCommitAck = "app.after-commit-before-ack",
        /// The commit is confirmed, the second write is not sent.
        AppCommitPublish = "app.after-commit-before-publish",
        /// The commit is confirmed, the client is not answered.
        AppCommitReply = "app.after-commit-before-reply",
        /// The second write has left the app, its answer is not there.
        AppPublishAck = "app.after-publish-before-ack",
        /// The second write is confirmed, the transaction is not begun.
        AppPublishBegin = "app.after-publish-before-begin",
        /// The second write is confirmed, the client is not answered.
        AppPublishReply = "app.after-publish-before-reply",
        /// The rows are written, the transaction is open.
        SourceWriteAck = "source.after-write-before-ack",
        /// The commit is durable, its answer has not left.
        SourceCommitAck = "source.after-commit-before-ack",
        /// The record is in the log, its answer has not left.
        BrokerAppendAck = "broker.after-append-before-ack",
        /// The rows are claimed, the first is not published.
        RelayClaimPublish = "relay.after-claim-before-publish",
        /// The event has left the relay, its answer is not there.
        RelayPublishAck = "relay.after-publish-before-ack",
        /// The broker has confirmed, the row is not marked.
        RelayAckMark = "relay.after-ack-before-mark",
        /// The row is marked, the relay has not looked again.
        RelayMarkPoll = "relay.after-mark-before-poll",
        /// The records are taken, the first is not applied.
        ConsumerPollApply = "consumer.after-poll-before-apply",
        /// The records are applied, the offset is not committed.
        ConsumerApplyCommit = "consumer.after-apply-before-commit",
        /// The offset is committed, the consumer has not polled again.
        ConsumerCommitPoll = "consumer.after-commit-before-poll",
        /// The event is applied, its answer has not left.
        StoreApplyAck = "store.after-apply-before-ack",
        /// The row is written in an open transaction, the second write is not sent.
        AppWritePublish = "app.after-write-before-publish",
        /// The second write is confirmed, the transaction is still open.
        AppPublishCommit = "app.after-publish-before-commit",
        /// A batch is to leave the client library's buffer, it has not left.
        AppBufferSend = "app.after-buffer-before-send",
        /// The change is in the connector's queue, no poll has taken it.
        ConnectorDecodePoll = "connector.after-decode-before-poll",
        /// The batch is taken from the queue, it is not published.
        ConnectorPollPublish = "connector.after-poll-before-publish",
        /// The batch has left the connector, its answer is not there.
        ConnectorPublishAck = "connector.after-publish-before-ack",
        /// The broker has confirmed the batch, its offset is not stored.
        ConnectorAckStore = "connector.after-ack-before-store",
        /// The offset is stored, the slot is not told.
        ConnectorStoreConfirm = "connector.after-store-before-confirm",
        /// The rows are claimed, none is marked; it marks before it publishes.
        RelayClaimMark = "relay.after-claim-before-mark",
        /// The row is marked, and not yet published: what dies here is lost.
        RelayMarkPublish = "relay.after-mark-before-publish",
        /// All votes are yes, the decision is not in the log.
        CoordinatorPrepareDecision = "coordinator.after-prepare-before-decision",
        /// The last resource has committed, the decision is not in the log.
        CoordinatorLastDecision = "coordinator.after-last-resource-before-decision",
        /// The decision is in the log, no participant is told.
        CoordinatorDecisionCommit = "coordinator.after-decision-before-commit",
        /// All participants have committed, the log has not forgotten.
        CoordinatorCommitForget = "coordinator.after-commit-before-forget",
        /// The source has prepared, its vote has not left.
        SourcePrepareAck = "source.after-prepare-before-ack",
        /// The broker has prepared, its vote has not left.
        BrokerPrepareAck = "broker.after-prepare-before-ack",
        /// The change is found to be allowed, it is not published.
        AppValidatePublish = "app.after-validate-before-publish",
        /// The transaction is open, its outbox row is not written (`source.lock_order` outbox-first).
        AppBeginEnqueue = "app.after-begin-before-enqueue",
        /// The outbox row is written, the row is not locked yet.
        AppEnqueueWrite = "app.after-enqueue-before-write",
        /// Source and stores are read, they are not compared.
        ReconcileReadCompare = "reconcile.after-read-before-compare",
        /// Rows that differ are found, none is repaired.
        ReconcileCompareRepair = "reconcile.after-compare-before-repair",
        /// A row is repaired, the next is not.
        ReconcileRepairNext = "reconcile.after-repair-before-next",
        /// The source's rows are read, none is published again.
        ResnapshotReadPublish = "resnapshot.after-read-before-publish",
        /// A row is published again, the next is not.
        ResnapshotPublishNext = "resnapshot.after-publish-before-next",
        /// The log's position is recorded and the new store fed from it, nothing is copied.
        RebuildPositionCopy = "rebuild.after-position-before-copy",
        /// The new store is complete, the old one is still read.
        RebuildCopySwap = "rebuild.after-copy-before-swap",
        /// The offset is committed, the records are not applied (`consumer.commit` before): what dies here is lost.
        ConsumerCommitApply = "consumer.after-commit-before-apply",
        /// The records are applied, the consumer has not polled again (`consumer.commit` before or auto).
        ConsumerApplyPoll = "consumer.after-apply-before-poll",
        /// The record is applied, its mark is not in the inbox (`inbox.same_tx` false).
        ConsumerApplyMark = "consumer.after-apply-before-mark",
        /// The record is applied, it is not handed on to the next store (`emits_to`).
        ConsumerApplyEmit = "consumer.after-apply-before-emit",
        /// A chunk of an incremental snapshot is selected, its high watermark is not written.
        ConnectorSelectWatermark = "connector.after-select-before-watermark",
        /// The window of a chunk is closed, what is left of it is not queued.
        ConnectorWindowEmit = "connector.after-window-before-emit",
    }
}
