//! The tally: what clients saw, what waited, what it cost. A fold over the records.

use super::votes::Votes;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::world::ids::{Key, NodeId, Op, Outcome};
use crate::world::record::{CANARY, Kind, Parcel, Record};

/// What one client request came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RequestFate {
    outcome: Option<Outcome>,
    /// Its rows in the source's surviving history.
    committed: u32,
}

/// Counts of a run.
#[derive(Clone, Debug)]
pub struct Tally {
    source: NodeId,
    block_after: Us,
    /// Two-phase commits that somebody still waits for.
    votes: Votes,
    /// The app, where it calls its second system inside its open transaction.
    inside: Option<NodeId>,
    requests: Vec<RequestFate>,
    /// By operation: its request.
    request_of: Vec<u32>,
    /// Operations that take a request's change back: which, and whose.
    undoing: Vec<(Op, u64)>,
    /// Of requests that were answered well: how long it took.
    pub latencies: Vec<u64>,
    last_commit: Option<u64>,
    /// Durable commits.
    pub transactions: u64,
    /// Requests that the source was asked.
    pub queries: u64,
    /// Requests sent to anything else: broker, stores, consumers.
    pub messages: u64,
    /// Operations that wait now, and since when.
    waiting: Vec<(Op, Us)>,
    /// The most that waited at once.
    pub waiting_peak: u64,
    /// The longest wait.
    pub longest_wait: Us,
    /// Operations that waited for `block_after` or longer while the load ran.
    pub blocked: u64,
    drained: bool,
    /// By store: records appended, minus those committed by its group.
    lag: Vec<u64>,
    links: Vec<crate::world::ids::LinkId>,
    offsets: Vec<Vec<u64>>,
    /// The most that any group was behind.
    pub lag_peak: u64,
    /// When the last group caught up last.
    pub lag_clear: Option<Us>,
    /// By node: crashes.
    pub crashes: Vec<u64>,
    /// The detectors' records: looks are counted, alarms kept.
    looks: Vec<u64>,
    /// Alarms and their ends.
    pub alarms: Vec<Record>,
    /// The links over which recoveries read the source.
    scans_source: Vec<crate::world::ids::LinkId>,
    /// Passes of recoveries.
    pub passes: u64,
    /// Rows that recoveries have read, at either side.
    pub rows_read: u64,
    /// Rows that detectors flagged: when, which detector, which store, which key.
    pub flags: Vec<(Us, u32, u8, Key)>,
    /// The end of the log, where its slot's `restart_lsn` is, and the most that lay between.
    wal: (u64, u64),
    /// The most bytes of log that a slot held.
    pub wal_peak: u64,
    /// Outbox rows at the end, published or not.
    pub outbox_left: u64,
    /// The most outbox rows at once.
    pub outbox_peak: u64,
    /// The most rows that an inbox had at once.
    pub inbox_peak: u64,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Tally {
        let links: Vec<_> = plan
            .roles
            .broker_consumer
            .iter()
            .take(plan.stores.len() + 1)
            .map(|link| link.unwrap_or(crate::world::ids::LinkId::NONE))
            .collect();
        let fed = if plan.roles.broker.is_some() { links.len() } else { 0 };
        Tally {
            source: plan.roles.source,
            block_after: plan.block_after,
            votes: Votes::new(plan),
            inside: plan.strategy.publishes_inside().then_some(plan.roles.app),
            requests: Vec::new(),
            request_of: Vec::new(),
            undoing: Vec::new(),
            latencies: Vec::new(),
            last_commit: None,
            transactions: 0,
            queries: 0,
            messages: 0,
            waiting: Vec::new(),
            waiting_peak: 0,
            longest_wait: Us::ZERO,
            blocked: 0,
            drained: false,
            lag: vec![0; fed],
            links,
            offsets: vec![vec![0; plan.broker.partitions as usize]; fed],
            lag_peak: 0,
            lag_clear: None,
            crashes: vec![0; plan.nodes.len()],
            looks: vec![0; plan.detectors.len()],
            alarms: Vec::new(),
            scans_source: plan.roles.recovery_source.clone(),
            passes: 0,
            rows_read: 0,
            flags: Vec::new(),
            wal: (0, u64::MAX),
            wal_peak: 0,
            outbox_left: 0,
            outbox_peak: 0,
            inbox_peak: 0,
        }
    }

    /// Takes one more record into account.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        if self.votes.coordinated()
            && let Some((op, waits)) = self.votes.apply(record)
        {
            if waits { self.waits(op, record.at) } else { self.waited(op, record.at) }
        }
        match record.kind {
            Kind::Requested | Kind::Refused => self.requested(record),
            Kind::Compensates => self.undoing.push((record.op, record.value)),
            Kind::Replied => self.replied(record),
            Kind::ClientGaveUp => self.told(record.value, Outcome::Unknown),
            Kind::Committed => self.committed(record),
            Kind::Retracted => self.retracted(record),
            Kind::Arrived if record.node == self.source => self.queries += 1,
            Kind::Sent if !Parcel::is_answer(record.detail) => {
                let to_source = [
                    Parcel::Write,
                    Parcel::Enqueue,
                    Parcel::Commit,
                    Parcel::Claim,
                    Parcel::Mark,
                    Parcel::Read,
                    Parcel::Upsert,
                ];
                let of_slot = [Parcel::Inspect, Parcel::Snapshot, Parcel::Stream, Parcel::Confirm];
                let of_chunk = [Parcel::Signal, Parcel::Watermark, Parcel::Chunk];
                // A recovery reads the source by a query, and a store by a message.
                let scans = [Parcel::Scan, Parcel::Sum].iter().any(|parcel| record.detail == *parcel as u8);
                let scans = scans && self.scans_source.contains(&record.link);
                let mut queries = to_source.iter().chain(&of_slot).chain(&of_chunk);
                self.messages += u64::from(!scans && !queries.any(|parcel| record.detail == *parcel as u8));
                self.calls_inside(record);
            }
            Kind::Waits => self.waits(record.op, record.at),
            Kind::Granted => self.waited(record.op, record.at),
            Kind::Aborted if !self.votes.waits(record.op) => self.waited(record.op, record.at),
            // Tried again after a failure, the call inside the transaction is one wait.
            Kind::Answered if Some(record.node) == self.inside && record.detail == Outcome::Ok as u8 => {
                self.waited(record.op, record.at);
            }
            Kind::DrainBegan => {
                self.blocked +=
                    self.waiting.iter().filter(|(_, since)| record.at.since(*since) >= self.block_after).count() as u64;
                self.drained = true;
            }
            Kind::Checkpointed => self.log_moved(record.value, self.wal.1),
            Kind::SlotCreated => self.log_moved(record.value, record.value),
            Kind::SlotMoved if record.detail != 1 => self.log_moved(self.wal.0, record.value),
            Kind::SlotLost => self.log_moved(self.wal.0, u64::MAX),
            Kind::Appended => self.appended(),
            Kind::Truncated => self.truncated(record),
            Kind::OffsetCommitted => self.offset_committed(record),
            Kind::Looked => self.looks[record.extra as usize] += 1,
            Kind::Alarm | Kind::AllClear => self.alarms.push(*record),
            Kind::PassBegan => self.passes += 1,
            Kind::TableRead => self.rows_read += record.value,
            Kind::Flagged => self.flags.push((record.at, record.extra, record.detail, record.key)),
            Kind::Crashed => self.crashes[record.node.index()] += 1,
            _ => {} // Other records cost nothing.
        }
    }

    fn requested(&mut self, record: &Record) {
        // A canary is nobody's request.
        if record.value >= u64::from(CANARY) {
            return;
        }
        let request = record.value as usize;
        if self.requests.len() <= request {
            self.requests.resize(request + 1, RequestFate::default());
        }
        if record.kind == Kind::Refused {
            return self.told(record.value, Outcome::Failed);
        }
        if self.request_of.len() <= record.op.index() {
            self.request_of.resize(record.op.index() + 1, u32::MAX);
        }
        self.request_of[record.op.index()] = record.value as u32;
    }

    fn told(&mut self, request: u64, outcome: Outcome) {
        if let Some(fate) = self.requests.get_mut(request as usize)
            && fate.outcome != Some(Outcome::Ok)
        {
            fate.outcome = Some(outcome);
        }
    }

    fn replied(&mut self, record: &Record) {
        if record.value == u64::MAX {
            return;
        }
        let outcome = Outcome::ALL.get(usize::from(record.detail)).copied().unwrap_or(Outcome::Unknown);
        self.told(u64::from(record.extra), outcome);
        if outcome == Outcome::Ok && record.extra < CANARY {
            self.latencies.push(record.value);
        }
    }

    fn committed(&mut self, record: &Record) {
        self.log_moved(record.value, self.wal.1);
        if self.last_commit != Some(record.value) {
            self.transactions += 1;
            self.last_commit = Some(record.value);
        }
        if let Some((_, request)) = self.undoing.iter().find(|(op, _)| *op == record.op) {
            if let Some(fate) = self.requests.get_mut(*request as usize) {
                fate.committed = fate.committed.saturating_sub(1);
            }
            return;
        }
        let request = self.request_of.get(record.op.index()).copied().unwrap_or(u32::MAX);
        if let Some(fate) = self.requests.get_mut(request as usize) {
            fate.committed += 1;
        }
    }

    fn waits(&mut self, op: Op, at: Us) {
        self.waiting.push((op, at));
        self.waiting_peak = self.waiting_peak.max(self.waiting.len() as u64);
    }

    /// A call of the second system inside an open transaction: its row locks wait for the answer.
    fn calls_inside(&mut self, record: &Record) {
        let second = [Parcel::Publish, Parcel::Apply].iter().any(|parcel| record.detail == *parcel as u8);
        let inside = Some(record.node) == self.inside && second;
        if inside && !self.waiting.iter().any(|(op, _)| *op == record.op) {
            self.waits(record.op, record.at);
        }
    }

    fn retracted(&mut self, record: &Record) {
        let request = self.request_of.get(record.op.index()).copied().unwrap_or(u32::MAX);
        if let Some(fate) = self.requests.get_mut(request as usize) {
            fate.committed = fate.committed.saturating_sub(1);
        }
    }

    fn waited(&mut self, op: Op, at: Us) {
        let Some(place) = self.waiting.iter().position(|(waits, _)| *waits == op) else { return };
        let (_, since) = self.waiting.swap_remove(place);
        let span = at.since(since);
        self.longest_wait = self.longest_wait.max(span);
        self.blocked += u64::from(!self.drained && span >= self.block_after);
    }

    fn log_moved(&mut self, end: u64, held_from: u64) {
        self.wal = (end, held_from);
        self.wal_peak = self.wal_peak.max(end.saturating_sub(held_from));
    }

    fn appended(&mut self) {
        let fed = self.lag.iter_mut().zip(&self.links).filter(|(_, link)| link.some().is_some());
        for (lag, _) in fed {
            *lag += 1;
            self.lag_peak = self.lag_peak.max(*lag);
        }
        if !self.lag.is_empty() {
            self.lag_clear = None;
        }
    }

    fn truncated(&mut self, record: &Record) {
        for (lag, offsets) in self.lag.iter_mut().zip(&mut self.offsets) {
            let at = &mut offsets[record.extra as usize];
            *lag = lag.saturating_sub(u64::from(*at <= record.value));
            *at = record.value.min(*at);
        }
    }

    fn offset_committed(&mut self, record: &Record) {
        let Some(store) = self.links.iter().position(|link| *link == record.link) else { return };
        let (Some(lag), Some(offsets)) = (self.lag.get_mut(store), self.offsets.get_mut(store)) else { return };
        let at = &mut offsets[record.extra as usize];
        *lag = lag.saturating_sub(record.value.saturating_sub(*at));
        *at = record.value;
        if self.lag.iter().all(|lag| *lag == 0) {
            self.lag_clear = Some(record.at);
        }
    }

    /// The run is over.
    pub fn close(&mut self, outbox_left: usize, outbox_peak: usize, inbox_peak: u32) {
        self.inbox_peak = u64::from(inbox_peak);
        (self.outbox_left, self.outbox_peak) = (outbox_left as u64, outbox_peak as u64);
    }

    /// How many requests there were.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.len() as u64
    }

    /// How many requests ended so; one that was never answered is unknown.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> u64 {
        let is = |fate: &&RequestFate| fate.outcome.unwrap_or(Outcome::Unknown) == outcome;
        self.requests.iter().filter(is).count() as u64
    }

    /// How many requests ended so although their change is, or is not, in the source.
    #[must_use]
    pub fn contradicted(&self, outcome: Outcome, committed: bool) -> u64 {
        let is = |fate: &&RequestFate| fate.outcome == Some(outcome) && (fate.committed > 0) == committed;
        self.requests.iter().filter(is).count() as u64
    }

    /// How often a detector looked.
    #[must_use]
    pub fn looks_of(&self, detector: usize) -> u64 {
        self.looks.get(detector).copied().unwrap_or(0)
    }

    /// The most transactions that were in doubt at once.
    #[must_use]
    pub fn in_doubt_peak(&self) -> u64 {
        self.votes.peak()
    }

    /// Operations that still wait.
    #[must_use]
    pub fn still_waiting(&self) -> u64 {
        self.waiting.len() as u64
    }
}
