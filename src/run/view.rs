//! The view: what can be seen of a run at an instant. It changes only through `apply(&Record)`, so seeking is the
//! nearest checkpoint and a fold of records: nothing is simulated again.

use crate::kernel::time::Us;
use crate::scenario::plan::{NodeRole, Plan, StorePlan};
use crate::strategy::CrashPoint;
use crate::strategy::cdc::CONNECTOR_STEPS;
use crate::strategy::machine::{Step, Verb};
use crate::world::ids::{CommitMode, EventId, Key, NodeId, Op, OpKind, Outcome};
use crate::world::record::{Kind, Parcel, Record};
use std::collections::VecDeque;
use std::rc::Rc;

/// How many slots of an outbox or a partition the view keeps for the stage.
pub const SLOTS: usize = 12;

/// What does not change with the cursor, but says how records are read.
#[derive(Debug)]
pub struct Lens {
    /// By node: the steps of its machine.
    pub steps: Vec<&'static [Step]>,
    /// By node: the store that it is, if it is one.
    pub store_of: Vec<Option<usize>>,
    /// By store: whether what it applies adds up, so that a delete is one more row.
    effects: Vec<bool>,
    app: NodeId,
    source: NodeId,
    connector: Option<NodeId>,
    partitions: usize,
    /// Whether the follower has a record in the moment in which its leader appends it.
    at_once: bool,
    stores: usize,
    keys: usize,
    links: usize,
    detectors: usize,
    consumer_links: Vec<crate::world::ids::LinkId>,
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

impl Lens {
    /// For a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Lens {
        let steps = |role: NodeRole| match role {
            NodeRole::App => plan.app_steps(),
            NodeRole::Relay(_) => plan.relay_steps(),
            NodeRole::Connector => &CONNECTOR_STEPS[..],
            NodeRole::Coordinator => plan.strategy.coordinator_steps(),
            NodeRole::Consumer(store) => consumer_steps(plan.fed(store)),
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

/// A row as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowView {
    /// The event that made it.
    pub event: Option<EventId>,
    /// Its version; at the source also a deleted row's.
    pub version: u32,
    /// Whether there is a row.
    pub present: bool,
}

/// One process, and the change that it is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The operation; [`Op::NONE`]: none, or not the app's.
    pub op: Op,
    /// The row's key.
    pub key: Key,
    /// The version, once it is known.
    pub version: u32,
    /// The event, once it is known.
    pub event: EventId,
    /// How many steps are done.
    pub done: u8,
    /// The step that it is in; `u8::MAX`: none.
    pub now: u8,
}

impl Default for Progress {
    fn default() -> Self {
        let (op, key, event) = (Op::NONE, Key::NONE, EventId::NONE);
        Progress { op, key, version: 0, event, done: 0, now: u8::MAX }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Whether it runs.
    pub up: bool,
    /// When it died last.
    pub crashed_at: Us,
    /// When it comes back; [`Us::NEVER`]: at the drain.
    pub back: Us,
    /// The crash point at which it died, if at one.
    pub died_at: Option<u8>,
    /// By crash point: passes.
    pub passes: [u16; CrashPoint::ALL.len()],
    /// The change in view.
    pub progress: Progress,
}

/// A slot of the outbox or of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// `alloc_seq` or offset.
    pub number: u64,
    /// The row's key.
    pub key: Key,
    /// Its version.
    pub version: u32,
    /// Whether it says that the row is deleted.
    pub delete: bool,
    /// Whether it is marked as published, or out of every relay's sight.
    pub marked: bool,
    /// Whether no relay will ever see it although nobody published it.
    pub passed: bool,
}

crate::ids! {
    /// What a connector is at.
    pub enum Phase {
        /// It has no stream.
        Waits = "waits for its start",
        /// It reads rows as they are.
        Snapshots = "snapshot",
        /// It follows the log.
        Streams = "streaming",
        /// The broker does not take what it publishes: the log grows.
        Paused = "paused",
        /// It has nothing left to do.
        Finished = "finished",
        /// It has given up, and says so.
        Failed = "failed",
    }
}

/// The log of the source, where a connector reads it. Positions count changed rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalView {
    /// The last changed rows.
    pub rows: VecDeque<SlotView>,
    /// All there ever were: the log's end.
    pub end: u32,
    /// Sent to the connector.
    pub sent: u32,
    /// In the connector's queue, or past it.
    pub queued: u32,
    /// Confirmed by the broker.
    pub acked: u32,
    /// What the connector is at.
    pub phase: Phase,
    /// Up to the connector's stored offset.
    pub stored: u32,
    /// Up to the slot's `confirmed_flush_lsn`.
    pub confirmed: u32,
    /// Up to the slot's `restart_lsn`.
    pub restart: u32,
    /// Up to the oldest log that is kept.
    pub kept: u32,
    /// Whether there is a slot.
    pub slot: bool,
}

impl WalView {
    /// Before the first record.
    const START: WalView = WalView {
        rows: VecDeque::new(),
        end: 0,
        sent: 0,
        queued: 0,
        acked: 0,
        phase: Phase::Waits,
        stored: 0,
        confirmed: 0,
        restart: 0,
        kept: 0,
        slot: false,
    };
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// The record of sending it.
    pub sent: Record,
    /// Whether its caller has given up.
    pub late: bool,
}

/// What a detector saw last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorView {
    /// When.
    pub looked: Option<Us>,
    /// What, packed as in the record.
    pub value: u64,
    /// Whether it fires.
    pub firing: bool,
}

/// What can be seen of a run at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// By node.
    pub nodes: Vec<NodeView>,
    /// The source's rows by key.
    pub source: Vec<RowView>,
    /// By store, then key.
    pub stores: Vec<Vec<RowView>>,
    /// The record of the last commit.
    pub last_commit: Option<Record>,
    /// Outbox rows in uncommitted transactions.
    open_outbox: Vec<(u32, SlotView, EventId)>,
    /// Outbox rows: those that wait, and the last that are marked.
    pub outbox: VecDeque<SlotView>,
    /// The position of the outbox, where progress is one: the last `alloc_seq` that was published.
    pub cursor: Option<u64>,
    /// How many outbox rows there ever were, and how many wait.
    pub outbox_counts: (u32, u32),
    /// The log of the source.
    pub wal: WalView,
    /// By partition: the last records, and the log's end.
    pub logs: Vec<(VecDeque<SlotView>, u64)>,
    /// By partition: the high watermark, and whether the follower is in sync.
    pub replicas: Vec<(u64, bool)>,
    /// Records that a failover cut off, or that were deleted or passed over before every group had read them.
    pub truncated: u32,
    /// By store, then partition: the committed offset.
    pub offsets: Vec<Vec<u64>>,
    /// Messages on their way, by number.
    pub messages: Vec<MessageView>,
    /// Operations of the app that are going on.
    ops: Vec<Progress>,
    /// Clients that wait for an answer: their requests.
    pub waiting: Vec<u64>,
    /// By detector.
    pub detectors: Vec<DetectorView>,
    /// By link: until when it is cut; zero: it is not.
    pub cuts: Vec<Us>,
    /// By link: the last answer over it.
    pub answers: Vec<Option<(Us, u8)>>,
    /// Events that died in the app's memory before they were sent.
    pub never_sent: Vec<(EventId, Key, u32)>,
    /// Events in the app's client library, not yet sent, each with the slot that shows it.
    pub buffer: Vec<(EventId, SlotView)>,
    /// How many events there ever were in it.
    pub buffered: u32,
    /// Transactions that are prepared, and where.
    pub prepared: Vec<(Op, NodeId)>,
    /// Decisions to commit that the coordinator has not forgotten.
    pub decisions: u32,
    /// Requests that wait for a row lock.
    pub lock_waits: u32,
    /// How many records it has taken.
    pub records: u32,
}

impl View {
    /// Before the first record.
    #[must_use]
    pub fn new(lens: &Lens) -> View {
        let node = NodeView {
            up: true,
            crashed_at: Us::ZERO,
            back: Us::ZERO,
            died_at: None,
            passes: [0; CrashPoint::ALL.len()],
            progress: Progress::default(),
        };
        View {
            nodes: vec![node; lens.steps.len()],
            source: vec![RowView::default(); lens.keys],
            stores: vec![vec![RowView::default(); lens.keys]; lens.stores],
            last_commit: None,
            open_outbox: Vec::new(),
            outbox: VecDeque::new(),
            cursor: None,
            outbox_counts: (0, 0),
            wal: WalView::START,
            logs: vec![(VecDeque::new(), 0); lens.partitions],
            replicas: vec![(0, true); lens.partitions],
            truncated: 0,
            offsets: vec![vec![0; lens.partitions]; lens.consumer_links.len()],
            messages: Vec::new(),
            ops: Vec::new(),
            waiting: Vec::new(),
            detectors: vec![DetectorView::default(); lens.detectors],
            cuts: vec![Us::ZERO; lens.links],
            answers: vec![None; lens.links],
            never_sent: Vec::new(),
            buffer: Vec::new(),
            buffered: 0,
            prepared: Vec::new(),
            decisions: 0,
            lock_waits: 0,
            records: 0,
        }
    }

    /// Takes the next record.
    #[expect(clippy::too_many_lines, reason = "one arm a kind of record: the list is the point")]
    pub fn apply(&mut self, lens: &Lens, record: &Record) {
        self.records += 1;
        match record.kind {
            Kind::Sent => self.sent(lens, record),
            Kind::Buffered => self.buffered(lens, record),
            Kind::Prepared => self.prepared.push((record.op, record.node)),
            Kind::Decided => self.prepared.retain(|known| *known != (record.op, record.node)),
            Kind::DecisionLogged => {
                self.decisions += 1;
                let steps = lens.steps[record.node.index()];
                if let Some(step) = steps.iter().position(|step| step.verb == Verb::Decide) {
                    self.at_step(lens, record, step as u8 + 1, u8::MAX);
                }
            }
            Kind::Forgotten => self.decisions = self.decisions.saturating_sub(1),
            Kind::Arrived => self.arrived(record),
            Kind::Dropped => self.gone(record),
            Kind::Answered => {
                self.gone(record);
                self.answers[record.link.index()] = Some((record.at, record.detail));
            }
            Kind::TimedOut => self.timed_out(record),
            Kind::Requested => self.requested(lens, record),
            Kind::Replied => self.replied(lens, record),
            Kind::ClientGaveUp => self.waiting.retain(|request| *request != record.value),
            Kind::Passed => self.passed(lens, record),
            Kind::Committed => self.committed(lens, record),
            Kind::Enqueued => self.enqueued(record),
            Kind::Aborted => {
                self.open_outbox.retain(|(_, _, event)| *event != record.event);
                self.prepared.retain(|known| *known != (record.op, record.node));
            }
            Kind::Waits => self.lock_waits += 1,
            Kind::Granted => self.lock_waits = self.lock_waits.saturating_sub(1),
            Kind::Appended => self.appended(lens, record),
            Kind::HighWatermark => self.replicas[record.extra as usize].0 = record.value,
            Kind::InSync => self.replicas[record.extra as usize].1 = record.detail == 1,
            Kind::Truncated => self.truncated(record),
            Kind::LogStart => self.logs[record.extra as usize].0.retain(|slot| slot.number >= record.value),
            Kind::Compacted => {
                self.logs[record.extra as usize].0.retain(|slot| slot.number != record.value);
                self.truncated += u32::from(record.detail);
            }
            Kind::Expired | Kind::PassedOver => self.truncated += 1,
            Kind::Applied | Kind::Filled => self.applied(lens, record),
            Kind::Evicted => {
                if let Some(store) = lens.store_of[record.node.index()] {
                    self.stores[store][record.key.index()] = RowView::default();
                }
            }
            Kind::Emptied => {
                if let Some(store) = lens.store_of[record.node.index()] {
                    self.stores[store].fill(RowView::default());
                }
            }
            Kind::OffsetCommitted => {
                if let Some(store) = lens.consumer_links.iter().position(|link| *link == record.link) {
                    self.offsets[store][record.extra as usize] = record.value;
                }
            }
            Kind::Retried => self.retried(lens, record),
            Kind::Marked => self.marked(record),
            Kind::Claimed | Kind::Polled | Kind::PassBegan => self.started(record),
            Kind::PassEnded => {
                let steps = lens.steps[record.node.index()].len() as u8;
                self.at_step(lens, record, steps, u8::MAX);
            }
            Kind::Crashed => self.crashed(lens, record),
            Kind::Killed => self.killed(lens, record),
            Kind::Restarted => {
                self.nodes[record.node.index()].up = true;
                self.retried(lens, record);
            }
            Kind::LinkFault => self.cuts[record.link.index()] = Us(record.value),
            Kind::LinkHealed => self.cuts[record.link.index()] = Us::ZERO,
            Kind::Looked => {
                let firing = record.detail == 1;
                self.detectors[record.extra as usize] =
                    DetectorView { looked: Some(record.at), value: record.value, firing };
            }
            Kind::SlotCreated | Kind::SlotMoved | Kind::SlotLost | Kind::Checkpointed => self.slot_moved(record),
            Kind::StreamStarted | Kind::Acked | Kind::Snapshotted | Kind::Stopped => self.log_read(record),
            Kind::OffsetStored => self.wal.stored = record.extra,
            Kind::CursorMoved => self.cursor = Some(record.value).filter(|seq| *seq != u64::MAX),
            Kind::Retracted => self.retracted(record),
            Kind::Unmarked => self.unmarked(record),
            Kind::CursorPassed | Kind::Vanished => self.passed_by(record),
            Kind::Refused
            | Kind::Written
            | Kind::NotNewer
            | Kind::TombstoneGone
            | Kind::Rewound
            | Kind::GaveUp
            | Kind::Alarm
            | Kind::AllClear
            | Kind::DrainBegan
            | Kind::Poisoned
            | Kind::StillQueued
            | Kind::Read
            | Kind::Rejected
            | Kind::DrainEnded
            | Kind::NotEnoughReplicas
            | Kind::OutOfSequence
            | Kind::OffsetReset
            | Kind::Known
            | Kind::Remembered
            | Kind::Got
            | Kind::FillRefused
            | Kind::Assumed
            | Kind::Flagged
            | Kind::TableRead
            | Kind::Compared
            | Kind::Reemitted
            | Kind::Swapped
            | Kind::FailedOver => {}
        }
    }

    fn sent(&mut self, lens: &Lens, record: &Record) {
        self.messages.push(MessageView { sent: *record, late: false });
        let verb = match Parcel::ALL.get(usize::from(record.detail)) {
            Some(Parcel::Write) => Verb::Write,
            Some(Parcel::Enqueue) => Verb::Enqueue,
            Some(Parcel::Commit) => Verb::Commit,
            Some(Parcel::Publish) => Verb::Publish,
            Some(Parcel::Apply) if record.node == lens.app => Verb::Publish,
            Some(Parcel::Apply) => Verb::Apply,
            Some(Parcel::Claim) => Verb::Claim,
            Some(Parcel::Mark) => Verb::Mark,
            Some(Parcel::CommitOffset) => Verb::CommitOffset,
            Some(Parcel::Read) if record.node == lens.app => Verb::Validate,
            Some(Parcel::Upsert) => Verb::Apply,
            Some(Parcel::CommitAll) => Verb::CommitAll,
            Some(Parcel::Prepare) => Verb::Prepare,
            Some(Parcel::Decide) => Verb::Tell,
            Some(Parcel::StoreOffset) => Verb::Store,
            Some(Parcel::Confirm) => Verb::Confirm,
            Some(Parcel::Inspect | Parcel::Snapshot | Parcel::Stream) => Verb::Decode,
            Some(Parcel::Scan) => Verb::Scan,
            Some(Parcel::Repair) => Verb::Repair,
            Some(Parcel::Open) => Verb::Position,
            Some(Parcel::Copy) => Verb::Copy,
            Some(Parcel::Swap) => Verb::Swap,
            Some(Parcel::Wal) => {
                self.wal.sent += 1;
                return;
            }
            Some(
                Parcel::Heartbeat
                | Parcel::Deliver
                | Parcel::Recover
                | Parcel::Remember
                | Parcel::Get
                | Parcel::Fill
                | Parcel::Read
                | Parcel::AnswerOk
                | Parcel::AnswerFailed,
            )
            | None => return,
        };
        let at_app = record.node == lens.app;
        if at_app && verb == Verb::Publish && !self.buffer.is_empty() {
            self.buffer.retain(|(event, _)| *event != record.event);
        }
        let Some(step) = lens.steps[record.node.index()].iter().position(|step| step.verb == verb) else { return };
        self.never_sent.retain(|(event, ..)| *event != record.event);
        self.at_step(lens, record, step as u8, step as u8);
    }

    /// An event lies in the client library's buffer, which a crash of the app empties.
    fn buffered(&mut self, lens: &Lens, record: &Record) {
        let (key, version) = (record.key, record.version);
        let delete = record.detail == OpKind::Delete as u8;
        let slot = SlotView { number: u64::from(self.buffered), key, version, delete, marked: false, passed: false };
        self.buffer.push((record.event, slot));
        self.buffered += 1;
        let steps = lens.steps[lens.app.index()];
        if let Some(step) = steps.iter().position(|step| step.verb == Verb::Buffer) {
            self.at_step(lens, record, step as u8, step as u8);
        }
    }

    /// A process is in a step, with so many done.
    fn at_step(&mut self, lens: &Lens, record: &Record, done: u8, now: u8) {
        let node = record.node.index();
        let mut progress = Progress { done, now, ..self.nodes[node].progress };
        if record.node == lens.app {
            progress.op = record.op;
            if let Some(known) = self.ops.iter_mut().find(|known| known.op == record.op) {
                progress = Progress { done, now, ..*known };
                fill(&mut progress, record);
                *known = progress;
            }
        }
        fill(&mut progress, record);
        self.nodes[node].progress = progress;
    }

    fn gone(&mut self, record: &Record) {
        if let Some(at) = self.messages.iter().position(|message| message.sent.extra == record.extra) {
            self.messages.remove(at);
        }
    }

    fn timed_out(&mut self, record: &Record) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.sent.extra == record.extra) {
            message.late = true;
        }
        self.answers[record.link.index()] = Some((record.at, Outcome::Unknown as u8));
    }

    fn requested(&mut self, lens: &Lens, record: &Record) {
        if record.extra == 1 {
            self.waiting.push(record.value);
        }
        self.ops.push(Progress { op: record.op, key: record.key, now: 0, ..Progress::default() });
        self.nodes[lens.app.index()].progress =
            Progress { op: record.op, key: record.key, now: 0, ..Progress::default() };
    }

    fn replied(&mut self, lens: &Lens, record: &Record) {
        if record.value != u64::MAX && record.detail == Outcome::Ok as u8 {
            self.waiting.retain(|request| *request != u64::from(record.extra));
        }
        let steps = lens.steps[lens.app.index()].len() as u8;
        self.at_step(lens, record, steps, u8::MAX);
        self.ops.retain(|known| known.op != record.op);
    }

    fn passed(&mut self, lens: &Lens, record: &Record) {
        let node = record.node.index();
        if let Some(passes) = self.nodes[node].passes.get_mut(usize::from(record.detail)) {
            *passes = passes.saturating_add(1);
        }
        let gap = |step: &Step| step.gap.is_some_and(|point| point as u8 == record.detail);
        if let Some(step) = lens.steps[node].iter().position(gap) {
            self.at_step(lens, record, step as u8 + 1, u8::MAX);
        }
    }

    fn arrived(&mut self, record: &Record) {
        self.wal.queued += u32::from(record.detail == Parcel::Wal as u8);
        self.gone(record);
    }

    /// The connector starts again; with an event, it is publishing that it tries again.
    fn retried(&mut self, lens: &Lens, record: &Record) {
        if Some(record.node) == lens.connector {
            self.wal.phase = if record.event == EventId::NONE { Phase::Waits } else { Phase::Paused };
        }
    }

    /// What the connector does with the log.
    fn log_read(&mut self, record: &Record) {
        let wal = &mut self.wal;
        match record.kind {
            Kind::StreamStarted => {
                (wal.sent, wal.queued, wal.acked) = (record.extra, record.extra, record.extra);
                wal.phase = Phase::Streams;
            }
            Kind::Acked => {
                wal.acked = record.extra;
                wal.phase = if wal.phase == Phase::Paused { Phase::Streams } else { wal.phase };
            }
            Kind::Snapshotted => wal.phase = Phase::Snapshots,
            _ => wal.phase = if record.detail == 1 { Phase::Failed } else { Phase::Finished }, // Stopped.
        }
    }

    fn slot_moved(&mut self, record: &Record) {
        match record.kind {
            Kind::SlotLost => self.wal.slot = false,
            Kind::Checkpointed => self.wal.kept = record.extra,
            _ => self.wal.slot = true, // Created or moved.
        }
        if matches!(record.kind, Kind::SlotCreated | Kind::SlotMoved) {
            if record.detail != 2 {
                self.wal.confirmed = record.extra;
            }
            if record.detail != 1 {
                self.wal.restart = record.extra;
            }
        }
    }

    fn committed(&mut self, lens: &Lens, record: &Record) {
        if lens.connector.is_some() {
            self.wal.end += 1;
            let (key, version, number) = (record.key, record.version, u64::from(self.wal.end) - 1);
            let delete = record.detail == OpKind::Delete as u8;
            self.wal.rows.push_back(SlotView { number, key, version, delete, marked: false, passed: false });
            if self.wal.rows.len() > SLOTS {
                self.wal.rows.pop_front();
            }
        }
        let present = record.detail != OpKind::Delete as u8;
        self.source[record.key.index()] = RowView { event: Some(record.event), version: record.version, present };
        self.last_commit = Some(*record);
        if let Some(at) = self.open_outbox.iter().position(|(_, _, event)| *event == record.event) {
            let (_, slot, _) = self.open_outbox.remove(at);
            let slot = SlotView { version: record.version, delete: !present, ..slot };
            let behind = self.outbox.iter().rev().take_while(|other| other.number > slot.number).count();
            self.outbox.insert(self.outbox.len() - behind, slot);
            self.outbox_counts = (self.outbox_counts.0 + 1, self.outbox_counts.1 + 1);
        }
    }

    fn enqueued(&mut self, record: &Record) {
        let (key, version) = (record.key, record.version);
        let slot = SlotView { number: record.value, key, version, delete: false, marked: false, passed: false };
        self.open_outbox.push((record.extra, slot, record.event));
    }

    fn truncated(&mut self, record: &Record) {
        let partition = record.extra as usize;
        let (log, end) = &mut self.logs[partition];
        log.retain(|slot| slot.number < record.value);
        *end = record.value.min(*end);
        self.replicas[partition] = (record.value.min(self.replicas[partition].0), true);
        self.offsets.iter_mut().for_each(|offsets| offsets[partition] = record.value.min(offsets[partition]));
        self.truncated += 1;
    }

    fn appended(&mut self, lens: &Lens, record: &Record) {
        if lens.at_once {
            self.replicas[record.extra as usize].0 = record.value + 1;
        }
        let (log, end) = &mut self.logs[record.extra as usize];
        let delete = record.detail == OpKind::Delete as u8;
        log.push_back(SlotView {
            number: record.value,
            key: record.key,
            version: record.version,
            delete,
            marked: false,
            passed: false,
        });
        *end = record.value + 1;
        if log.len() > SLOTS {
            log.pop_front();
        }
    }

    fn applied(&mut self, lens: &Lens, record: &Record) {
        let Some(store) = lens.store_of[record.node.index()] else { return };
        let present = lens.effects[store] || record.op_detail() != OpKind::Delete as u8;
        let event = present.then_some(record.event);
        self.stores[store][record.key.index()] = RowView { event, version: record.version, present };
    }

    fn marked(&mut self, record: &Record) {
        if let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value && !slot.marked) {
            slot.marked = true;
            self.outbox_counts.1 -= 1;
        }
        while self.outbox.len() > SLOTS && self.outbox.front().is_some_and(|slot| slot.marked) {
            self.outbox.pop_front();
        }
    }

    /// A failover took a commit back, and with it the outbox row.
    fn retracted(&mut self, record: &Record) {
        let (version, present) = (record.value as u32, record.detail == 1);
        let event = EventId(record.extra).some();
        self.source[record.key.index()] = RowView { event, version, present };
        let own = |slot: &SlotView| slot.key == record.key && slot.version == record.version;
        if let Some(at) = self.outbox.iter().rposition(own) {
            let gone = self.outbox.remove(at);
            self.outbox_counts.0 -= 1;
            self.outbox_counts.1 -= u32::from(gone.is_some_and(|slot| !slot.marked));
        }
    }

    /// A failover took a mark back.
    fn unmarked(&mut self, record: &Record) {
        if let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value && slot.marked) {
            (slot.marked, slot.passed) = (false, false);
            self.outbox_counts.1 += 1;
        }
    }

    /// A row that no relay will ever see.
    fn passed_by(&mut self, record: &Record) {
        let Some(slot) = self.outbox.iter_mut().find(|slot| slot.number == record.value) else { return };
        slot.passed = true;
        if !std::mem::replace(&mut slot.marked, true) {
            self.outbox_counts.1 -= 1;
        }
    }

    fn started(&mut self, record: &Record) {
        let mut progress = Progress { now: 0, ..Progress::default() };
        fill(&mut progress, record);
        self.nodes[record.node.index()].progress = progress;
    }

    fn crashed(&mut self, lens: &Lens, record: &Record) {
        let node = &mut self.nodes[record.node.index()];
        (node.up, node.crashed_at, node.back) = (false, record.at, Us(record.value));
        node.died_at = record.detail.checked_sub(1);
        if record.node == lens.source {
            self.lock_waits = 0;
            self.open_outbox.clear();
        }
    }

    fn killed(&mut self, lens: &Lens, record: &Record) {
        if record.node != lens.app {
            return;
        }
        if let Some(at) = self.buffer.iter().position(|(event, _)| *event == record.event) {
            self.buffer.remove(at);
            self.never_sent.push((record.event, record.key, record.version));
            return;
        }
        if let Some(at) = self.ops.iter().position(|known| known.op == record.op) {
            let progress = self.ops.remove(at);
            self.nodes[lens.app.index()].progress = progress;
            let publishes = |step: &Step| matches!(step.verb, Verb::Publish | Verb::Buffer);
            let sends = lens.steps[lens.app.index()].iter().position(publishes);
            let unsent =
                sends.is_some_and(|step| usize::from(progress.done) <= step && usize::from(progress.now) != step);
            if unsent && record.event != EventId::NONE {
                self.never_sent.push((record.event, record.key, record.version));
            }
        }
    }
}

fn fill(progress: &mut Progress, record: &Record) {
    if record.key != Key::NONE {
        progress.key = record.key;
    }
    if record.event != EventId::NONE {
        (progress.event, progress.version) = (record.event, record.version);
    }
}

/// Checkpoints of a view, so that any instant is a clone and a short fold away.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    every: usize,
    views: Vec<Rc<View>>,
}

impl Checkpoints {
    /// A checkpoint before every so many records; seldom enough that all of them take little memory.
    #[must_use]
    pub fn new(lens: &Lens, records: &[Record]) -> Checkpoints {
        let every = 4_096.max(records.len() / 256).max(lens.keys * (lens.stores + 1) / 8);
        let mut view = View::new(lens);
        let mut views = Vec::new();
        for (at, record) in records.iter().enumerate() {
            if at % every == 0 {
                views.push(Rc::new(view.clone()));
            }
            view.apply(lens, record);
        }
        if views.is_empty() {
            views.push(Rc::new(view));
        }
        Checkpoints { every, views }
    }

    /// The view after the first `n` records.
    #[must_use]
    pub fn view(&self, lens: &Lens, records: &[Record], n: usize) -> View {
        let nearest = (n / self.every).min(self.views.len() - 1);
        let mut view = View::clone(&self.views[nearest]);
        for record in &records[nearest * self.every..n] {
            view.apply(lens, record);
        }
        view
    }

    /// The view after the first `n` records, folded from another checkpoint: for the test that all give the same.
    #[must_use]
    pub fn view_from(&self, lens: &Lens, records: &[Record], n: usize, checkpoint: usize) -> View {
        let from = checkpoint.min(n / self.every).min(self.views.len() - 1);
        let mut view = View::clone(&self.views[from]);
        for record in &records[from * self.every..n] {
            view.apply(lens, record);
        }
        view
    }

    /// How many checkpoints there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Never: there is one before the first record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}
