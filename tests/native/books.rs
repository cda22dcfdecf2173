//! The books: a second, simpler count over the records, so that what the engine's own ledger says is not taken on trust.

use crate::invariants::require;
use driftscope::kernel::time::Us;
use driftscope::scenario::plan::{NodeRole, Plan};
use driftscope::world::ids::{Acks, EventId, Key, MessageId};
use driftscope::world::record::{Kind, Parcel, PoisonPolicy, Record};
use std::collections::{BTreeMap, BTreeSet};

/// What a store was given.
#[derive(Debug, Default)]
pub struct StoreBook {
    /// How often each event was delivered.
    pub delivered: BTreeMap<EventId, u64>,
    /// Events that were still on their way at the limit.
    pub queued: BTreeSet<EventId>,
}

/// The counts of a run.
#[derive(Debug, Default)]
pub struct Books {
    /// Committed events.
    pub committed: BTreeSet<EventId>,
    /// By store; or the broker's log, if there is none.
    pub stores: Vec<StoreBook>,
}

impl Books {
    /// Of a finished run.
    pub fn new(plan: &Plan, records: &[Record]) -> Books {
        let mut nodes = plan.roles.stores.clone();
        let log = nodes.is_empty();
        nodes.extend(plan.roles.broker.filter(|_| log));
        let mut books = Books { stores: nodes.iter().map(|_| StoreBook::default()).collect(), ..Books::default() };
        for record in records {
            let store = nodes.iter().position(|node| *node == record.node);
            match (record.kind, store) {
                (Kind::Committed, _) => assert!(books.committed.insert(record.event), "{record:?} commits twice"),
                // A failover takes it back, and a record out of the log.
                (Kind::Retracted, _) => drop(books.committed.remove(&record.event)),
                (Kind::Truncated, Some(store)) if log => books.stores[store].gives_back(record.event),
                (Kind::Applied | Kind::NotNewer | Kind::Known | Kind::NothingToCancel, Some(store))
                    if !record.is_again() && !is_read(record) =>
                {
                    books.stores[store].takes(record.event)
                }
                (Kind::Appended, Some(store)) if log && !record.is_again() => books.stores[store].takes(record.event),
                (Kind::StillQueued, Some(store)) => {
                    books.stores[store].queued.insert(record.event);
                }
                _ => {} // Other records neither commit nor deliver.
            }
        }
        books
    }

    /// Of a store: delivered, distinct, ghosts, still in flight, lost.
    pub fn counts(&self, store: usize) -> [u64; 5] {
        let book = &self.stores[store];
        let (mut ghosts, mut moving, mut lost) = (0, 0, 0);
        for event in book.delivered.keys() {
            ghosts += u64::from(!self.committed.contains(event));
        }
        for event in &self.committed {
            match (book.delivered.contains_key(event), book.queued.contains(event)) {
                (true, _) => {}
                (false, true) => moving += 1,
                (false, false) => lost += 1,
            }
        }
        [book.delivered.values().sum(), book.delivered.len() as u64, ghosts, moving, lost]
    }
}

/// Whether a store took what was read at the source, by a consumer that was told of another change or by a repair: that is no
/// delivery of the event.
fn is_read(record: &Record) -> bool {
    record.kind == Kind::Applied && record.extra != 0
}

impl StoreBook {
    fn takes(&mut self, event: EventId) {
        *self.delivered.entry(event).or_default() += 1;
    }

    fn gives_back(&mut self, event: EventId) {
        if let Some(times) = self.delivered.get_mut(&event) {
            *times -= 1;
        }
        self.delivered.retain(|_, times| *times > 0);
    }
}

/// Time runs forward, and a cause comes before its effect.
pub fn order(records: &[Record]) -> Result<(), String> {
    for (index, pair) in records.windows(2).enumerate() {
        if pair[1].at < pair[0].at {
            return Err(format!("record {} is earlier than the one before it: {:?}", index + 1, pair[1]));
        }
    }
    for (index, record) in records.iter().enumerate() {
        if record.cause.some().is_some_and(|cause| cause.index() >= index) {
            return Err(format!("record {index} comes before its cause: {record:?}"));
        }
    }
    Ok(())
}

/// A node that is down does nothing; it can only be struck, or called in vain.
pub fn the_dead_do_nothing(plan: &Plan, records: &[Record]) -> Result<(), String> {
    let mut up = vec![true; plan.nodes.len()];
    for (index, record) in records.iter().enumerate() {
        let Some(alive) = up.get_mut(record.node.index()) else { continue };
        match record.kind {
            Kind::Crashed if *alive => *alive = false,
            Kind::Restarted if !*alive => *alive = true,
            // A person restarts a connector in order, while it runs.
            Kind::Restarted if plan.node_name(record.node) == "connector" => {}
            Kind::Crashed | Kind::Restarted => return Err(format!("record {index}: it already was so: {record:?}")),
            Kind::Killed | Kind::Emptied | Kind::Aborted | Kind::SlotMoved | Kind::SlotLost => {}
            Kind::FailedOver | Kind::Retracted | Kind::Truncated => {}
            Kind::Dropped | Kind::StillQueued => {}
            Kind::Refused | Kind::ClientGaveUp | Kind::LinkFault | Kind::LinkHealed => {}
            // Nobody listens: the caller's connection is refused, which is an answer too.
            Kind::Sent if record.detail == Parcel::AnswerFailed as u8 => {}
            _ if *alive => {}
            _ => return Err(format!("record {index}: a node that is down acts: {record:?}")),
        }
    }
    Ok(())
}

/// A message arrives when it was to arrive, or is lost; one that was to be lost never arrives; none is left at the end.
pub fn messages(records: &[Record]) -> Result<(), String> {
    let mut moving: BTreeMap<MessageId, Us> = BTreeMap::new();
    let mut limit = false;
    for (index, record) in records.iter().enumerate() {
        match record.kind {
            Kind::Sent if moving.insert(record.message(), Us(record.value)).is_some() => {
                return Err(format!("record {index}: the number is taken: {record:?}"));
            }
            Kind::Arrived | Kind::Answered | Kind::Dropped => {
                let Some(due) = moving.remove(&record.message()) else { continue };
                let lost = due == Us::NEVER && record.kind == Kind::Dropped;
                if due != record.at && !lost {
                    return Err(format!("record {index}: it was to arrive at {due}: {record:?}"));
                }
            }
            Kind::DrainEnded => limit = record.detail == 1,
            _ => {} // Other records move no message.
        }
    }
    if limit || moving.is_empty() { Ok(()) } else { Err(format!("on their way after the drain: {moving:?}")) }
}

/// The nth commit of a row is its version n; a row is written by one open transaction at a time.
pub fn source(plan: &Plan, records: &[Record]) -> Result<(), String> {
    let mut versions: BTreeMap<Key, u32> = BTreeMap::new();
    let mut locks: BTreeMap<Key, EventId> = BTreeMap::new();
    let mut lsn = 0;
    for (index, record) in records.iter().enumerate() {
        match record.kind {
            Kind::Written => {
                let held = locks.insert(record.key, record.event);
                require(held.is_none(), || format!("record {index}: the row is locked: {record:?}"))?;
            }
            Kind::Committed => {
                let version = versions.entry(record.key).or_default();
                // The log gives the numbers where it comes first: what the database refuses leaves a gap.
                let listens = plan.strategy.listens();
                *version = match listens {
                    // Who does not look at the row does not know what it is by now.
                    true if !(plan.listen.validate && plan.listen.reject) => record.version,
                    true => record.version.max(*version + 1),
                    false => *version + 1,
                };
                if record.version != *version || record.value < lsn {
                    return Err(format!("record {index}: the version is {version}, the log ends at {lsn}: {record:?}"));
                }
                lsn = record.value;
                if locks.get(&record.key) == Some(&record.event) {
                    locks.remove(&record.key);
                } else if locks.contains_key(&record.key) {
                    return Err(format!("record {index}: another transaction holds the row: {record:?}"));
                }
            }
            Kind::Aborted if locks.get(&record.key) == Some(&record.event) => {
                locks.remove(&record.key);
            }
            _ => {} // Other records change no row of the source.
        }
    }
    Ok(())
}

/// What a fed store applies is in the log; an outbox row is published only after its commit, and marked only after that.
pub fn pipeline(plan: &Plan, records: &[Record]) -> Result<(), String> {
    let (mut committed, mut logged) = (BTreeSet::new(), BTreeSet::new());
    // What may be marked: it is in the log, or the relay does not wait for that, or has given it up.
    let mut done = BTreeSet::new();
    let relayed = plan.nodes.iter().any(|node| node.id == "relay");
    for (index, record) in records.iter().enumerate() {
        let role = plan.nodes.get(record.node.index()).map(|node| node.role);
        let holds = match (record.kind, role) {
            (Kind::Committed, _) => {
                committed.insert(record.event);
                true
            }
            (Kind::Appended, _) => {
                logged.insert(record.event);
                done.insert(record.event);
                !relayed || committed.contains(&record.event)
            }
            (Kind::Applied | Kind::NotNewer | Kind::Known, Some(NodeRole::Store(_))) => {
                plan.roles.broker.is_none() || is_read(record) || record.is_again() || logged.contains(&record.event)
            }
            (Kind::Marked, _) => plan.outbox.mark_first || done.contains(&record.event),
            (Kind::Poisoned, Some(NodeRole::Relay(_))) => {
                record.detail == PoisonPolicy::Stop as u8 || done.insert(record.event)
            }
            (Kind::Sent, Some(NodeRole::Relay(_))) if record.detail == Parcel::Publish as u8 => {
                if plan.broker.acks == Acks::None {
                    done.insert(record.event);
                }
                committed.contains(&record.event)
            }
            _ => true, // Other records are no step of the pipeline.
        };
        if !holds {
            return Err(format!("record {index} is ahead of its turn: {record:?}"));
        }
    }
    Ok(())
}
