//! The view: what can be seen of a run at an instant. It changes only through `apply(&Record)`, so seeking is the
//! nearest checkpoint and a fold of records: nothing is simulated again.

mod checkpoints;
mod fold;
mod lens;
mod parts;

pub use checkpoints::Checkpoints;
pub use lens::{CONSUMER_STEPS, Lens};
pub use parts::{DetectorView, MessageView, NodeView, Phase, Progress, RowView, SlotView, WalView};

use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use crate::strategy::machine::Verb;
use crate::world::ids::{EventId, Key, NodeId, Op};
use crate::world::record::{Kind, Record};
use std::collections::VecDeque;

/// How many slots of an outbox or a partition the view keeps for the stage.
pub const SLOTS: usize = 12;

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
    /// By store, then partition: the member of its consumer group that has it.
    pub owners: Vec<Vec<NodeId>>,
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
            owners: lens.owners.clone(),
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
            Kind::Requested => self.requested(lens, record, record.extra == 1),
            Kind::Compensates => self.requested(lens, record, false),
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
            Kind::Evicted | Kind::Denied => {
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
            Kind::Assigned => self.owned(lens, record, Some(record.extra as usize)),
            Kind::MemberOut | Kind::Joined => self.owned(lens, record, None),
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
            | Kind::NothingToCancel
            | Kind::Remembered
            | Kind::Got
            | Kind::FillRefused
            | Kind::Assumed
            | Kind::Flagged
            | Kind::CommitRefused
            | Kind::TableRead
            | Kind::Summed
            | Kind::Narrowed
            | Kind::Signalled
            | Kind::Watermarked
            | Kind::WindowClosed
            | Kind::Compared
            | Kind::Reemitted
            | Kind::Swapped
            | Kind::FailedOver => {}
        }
    }
}
