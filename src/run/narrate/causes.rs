//! Why a row differs, and where the path of an event ended, in one sentence.

use super::{point_words, reason, rejected, the, vanish, what};
use crate::kernel::time::Us;
use crate::run::trace::Trace;
use crate::run::words::{instant, span};
use crate::scenario::plan::Plan;
use crate::strategy::CrashPoint;
use crate::truth::anomaly::{Anomaly, RowState};
use crate::truth::cause::{How, RowCause};
use crate::world::ids::{EventId, Key, NodeId, OpKind, RecordId};
use crate::world::record::{Kind, PassedBy, PoisonPolicy, Record};

/// One sentence: why a row of a store is as it is.
#[must_use]
pub fn row_cause(plan: &Plan, trace: &Trace, store: usize, key: Key, state: RowState, cause: RowCause) -> String {
    let name = plan.key_name(key);
    let fate = trace.ledger.event(cause.event);
    let (event, at_store) = (format!("{name} version {}", fate.version), the(plan, plan.roles.stores[store]));
    let record = trace.records.get(cause.record.index());
    let when = record.map_or_else(|| "later than the recording".to_owned(), |record| instant(record.at));
    let gone = if fate.kind == OpKind::Delete { "the delete, " } else { "" };
    match cause.how {
        How::PathEnded if record.is_some_and(|record| record.kind == Kind::Killed && record.node == plan.roles.app) => {
            died_owing(plan, store, &event, gone, record, fate.committed)
        }
        How::PathEnded => {
            let how = record.map_or_else(String::new, |record| path_end(plan, trace, record, fate.committed));
            format!("{at_store} was never told of {gone}{event}: {how}.")
        }
        How::Overwritten => {
            let shown = record.map_or_else(String::new, |record| what(plan, record));
            let who = zombie(plan, trace, cause.record);
            format!("{at_store} was told of {gone}{event}, and at {when} took the older {shown} after it{who}.")
        }
        How::RolledBack => {
            let why = record.map_or("", |record| reason(record.detail));
            format!("{event} was published, and its transaction was rolled back at {when}: {why}.")
        }
        How::NeverCommitted => {
            let how = record.map_or_else(String::new, |record| path_end(plan, trace, record, Us::NEVER));
            format!("{event} was published and never committed: {how}.")
        }
        How::Retracted => format!(
            "{gone}{event} was committed and published, and the failover of {when} lost it: the replica did not have it yet."
        ),
        How::VersionReused => format!(
            "{at_store} refused {gone}{event} at {when} as not newer: it shows the change that had this version before a \
             failover took it back."
        ),
        How::Twice => {
            let first = trace.ledger.stores[store].seen(cause.event).record;
            let who = twice(plan, trace, first, cause.record);
            format!("{at_store} did {gone}{event} once more at {when}, for one request of a client{who}.")
        }
        How::Overtaken => {
            format!(
                "the app gave {event} up and took it back; {at_store} heard that first, and at {when} {event} came late."
            )
        }
        How::Denied => format!(
            "{at_store} was told of {event}; at {when} a reader put that there is no such row, as it had read before."
        ),
        How::Emptied => format!("{at_store} lost {event} with all its rows at {when}."),
        How::Moving => format!("{event} is {}, still on its way to {at_store}.", state.word()),
    }
}

/// `the app committed product-17 version 1 and crashed 3 ms later, before it called the search index; only its memory
/// knew that the call was owed.`
pub(super) fn died_owing(
    plan: &Plan,
    store: usize,
    event: &str,
    gone: &str,
    death: Option<&Record>,
    committed: Us,
) -> String {
    let at = death.map_or(Us::NEVER, |death| death.at);
    let called = match plan.roles.broker {
        Some(_) => "published it".to_owned(),
        None => format!("called {}", the(plan, plan.roles.stores[store])),
    };
    let crashed = if committed <= at {
        format!("the app committed {gone}{event} and crashed {} later", span(at.since(committed)))
    } else {
        format!(
            "the app sent the commit of {gone}{event} and crashed {} before it was durable",
            span(committed.since(at))
        )
    };
    format!("{crashed}, before it {called}; only its memory knew that the call was owed.")
}

/// How a path ended: `the app crashed at 12.500 s, 3 ms after the commit, with the call in its memory only`.
pub(in crate::run) fn path_end(plan: &Plan, trace: &Trace, end: &Record, committed: Us) -> String {
    let (who, when) = (the(plan, end.node), instant(end.at));
    let after = match committed {
        Us::NEVER => String::new(),
        committed if committed <= end.at => format!(", {} after the commit", span(end.at.since(committed))),
        committed => format!(", {} before the commit was durable", span(committed.since(end.at))),
    };
    match end.kind {
        Kind::Killed => {
            let crash = trace.records.get(end.cause.index()).filter(|crash| crash.kind == Kind::Crashed);
            let place = crash.and_then(|crash| crash.detail.checked_sub(1));
            let place = place.and_then(|point| CrashPoint::ALL.get(usize::from(point)));
            let place = place.map_or_else(String::new, |point| format!(" {}", point_words(*point)));
            format!("{who} crashed at {when}{place}{after}, and only its memory knew that the call was owed")
        }
        Kind::GaveUp if Some(end.node) == plan.roles.coordinator => {
            format!("{who} decided at {when}{after} that all should abort")
        }
        Kind::GaveUp if end.node == plan.roles.source => format!("a person changed the row at {when}, past the app"),
        Kind::GaveUp => format!("{who} gave it up at {when}{after}"),
        Kind::Rejected => format!("{who} dropped it at {when}{after}: {}", rejected(end.detail)),
        Kind::CursorPassed if end.detail == PassedBy::Position as u8 => format!(
            "its transaction took outbox number {} early and committed late; by {when} the relay had read past it and \
             never looks back",
            end.value
        ),
        Kind::Vanished => format!("its outbox row was {} at {when}, and no poll sees it", vanish(end.detail)),
        Kind::Poisoned => format!("{who} could not handle it and at {when} {}", poison_past(end.detail)),
        Kind::CursorPassed if end.detail == PassedBy::Stop as u8 => {
            format!("{who} had stopped, and nobody read the log any more")
        }
        Kind::CursorPassed if end.detail == PassedBy::Snapshot as u8 => {
            format!("the log was gone when {who} came back, and its snapshot of {when} shows only rows that exist")
        }
        Kind::CursorPassed => format!("{who} went on from a later place of the log at {when}{after}"),
        Kind::Truncated => {
            let comma = if after.is_empty() { "" } else { "," };
            format!(
                "it was in the leader's log only, and at {when}{after}{comma} another replica became leader without it"
            )
        }
        Kind::Expired => format!("the broker deleted it at {when}{after}, unread, with its segment"),
        Kind::Compacted => format!("compaction removed it at {when}{after}, before all had read it"),
        Kind::PassedOver => {
            format!("{who} found its offset deleted at {when} and jumped to the log's end, past what was still there")
        }
        Kind::Dropped => format!("the call over {} was lost at {when}{after}", plan.link_name(end.link)),
        _ => format!("its path ended at {when}{after}"),
    }
}

/// The member of a consumer group that sent what a store then did.
fn sender(plan: &Plan, trace: &Trace, record: RecordId) -> Option<NodeId> {
    let mut at = trace.records.get(record.index())?;
    // The effect, the arrival, the sending.
    for _ in 0..3 {
        if at.kind == Kind::Sent {
            return Some(at.node).filter(|node| plan.roles.consumers.contains(&Some(*node)));
        }
        at = trace.records.get(at.cause.index())?;
    }
    None
}

/// `: search-index-consumer sent it, which was out of its consumer group since 9.000 s and did not know`; nothing if who
/// sent it was in.
fn zombie(plan: &Plan, trace: &Trace, record: RecordId) -> String {
    let out = sender(plan, trace, record).and_then(|node| {
        let mut before = trace.records.get(..record.index())?.iter().rev();
        let of_group = |known: &&Record| matches!(known.kind, Kind::MemberOut | Kind::Joined);
        before.find(|known| of_group(known) && plan.far_end(known.link) == node)
    });
    out.filter(|out| out.kind == Kind::MemberOut).map_or_else(String::new, |out| {
        let (who, since) = (plan.node_name(plan.far_end(out.link)), instant(out.at));
        format!(": {who} sent it, which was out of its consumer group since {since} and did not know")
    })
}

/// The same for what a store did twice; or that the second time it was another member that read it again.
fn twice(plan: &Plan, trace: &Trace, first: RecordId, second: RecordId) -> String {
    let out = zombie(plan, trace, second);
    let [from, to] = [first, second].map(|record| sender(plan, trace, record));
    match (from, to) {
        (Some(from), Some(to)) if from != to && out.is_empty() => {
            let (from, to) = (plan.node_name(from), plan.node_name(to));
            format!(": {to} has the partition of {from} now, and read it again from the committed offset")
        }
        _ => out, // One member, or nobody's.
    }
}

pub(super) fn poison_past(detail: u8) -> &'static str {
    if detail == PoisonPolicy::Skip as u8 { "skipped it" } else { "put it aside" }
}

/// One sentence: why an event shows an anomaly.
#[must_use]
pub fn event_cause(
    plan: &Plan,
    trace: &Trace,
    store: usize,
    event: EventId,
    anomaly: Anomaly,
    record: RecordId,
) -> String {
    let fate = trace.ledger.event(event);
    let name = format!("{} version {}", plan.key_name(fate.key), fate.version);
    let at_store = &plan.stores[store].id;
    let kept = trace.records.get(record.index());
    let when = kept.map_or_else(|| "later".to_owned(), |record| instant(record.at));
    let how = |committed| kept.map_or_else(String::new, |record| path_end(plan, trace, record, committed));
    match anomaly {
        Anomaly::Lost => format!("{name} was committed and never reached {at_store}: {}.", how(fate.committed)),
        Anomaly::GhostEvent if fate.retracted != RecordId::NONE => {
            format!("{name} reached {at_store}, and the failover of {when} took its commit back.")
        }
        Anomaly::GhostEvent if fate.aborted == RecordId::NONE => {
            format!("{name} reached {at_store} and was never committed: {}.", how(Us::NEVER))
        }
        Anomaly::GhostEvent => format!("{name} reached {at_store}, and its transaction was rolled back at {when}."),
        Anomaly::Duplicate => {
            let times = trace.ledger.stores[store].seen(event).count;
            let first = trace.ledger.stores[store].seen(event).record;
            let who = twice(plan, trace, first, record);
            format!("{name} reached {at_store} {times} times, the second time at {when}{who}.")
        }
        Anomaly::Reordered => {
            let who = zombie(plan, trace, record);
            format!("{name} reached {at_store} at {when}, after a later version of its row{who}.")
        }
        Anomaly::EarlyRead if fate.is_committed() => {
            format!("The consumer of {at_store} read {name} at {when}, before its commit was visible.")
        }
        Anomaly::EarlyRead => format!("The consumer of {at_store} read {name} at {when}; it was never committed."),
        Anomaly::Missing | Anomaly::Stale | Anomaly::Ghost | Anomaly::DuplicateEffect | Anomaly::Blocked => {
            format!("{name}: {}.", anomaly.id())
        }
    }
}
