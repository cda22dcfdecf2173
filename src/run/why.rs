//! Why? The headline of an instant, and the causal chain of a row, read from the trace.

use super::frame::{Headline, Why, WhyMark, WhyStep};
use super::narrate;
use super::recording::{Recording, Subject};
use super::words::{capital, count, instant, span};
use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::scenario::plan::{Plan, Roles};
use crate::truth::anomaly::RowState;
use crate::truth::cause::{self, How, RowCause};
use crate::world::ids::{Key, NodeId, OpKind, RecordId, StoreId};
use crate::world::record::{Kind, Parcel, Record};

/// The most lines that a chain may have (UI 8).
const LINES: usize = 9;

/// The worst bad row at an instant: store and key.
fn worst(recording: &Recording, at: Us) -> Option<(usize, Key, RowState)> {
    // Where no store is declared the log is judged in its place, and has no row to show.
    let rows = || recording.judgement().rows_at(at).filter(|(store, ..)| *store < recording.plan().stores.len());
    RowState::WORST.iter().find_map(|worst| rows().find(|(.., state)| state == worst))
}

/// The store and key of a row that is pointed at: none for another thing, and none where there is no such row.
pub(super) fn row_of(recording: &Recording, subject: &Subject) -> Option<(usize, Key)> {
    let Subject::Row(strip, key) = *subject else { return None };
    let (store, plan) = (strip.saturating_sub(1), recording.plan());
    (store < plan.stores.len() && key < plan.keys()).then_some((store, Key(key as u32)))
}

/// The headline and paragraph of an instant.
#[must_use]
pub fn headline(recording: &Recording, at: Us) -> Headline {
    match worst(recording, at) {
        Some((store, key, state)) => bad_headline(recording, store, key, state, at),
        None => good_headline(recording, at),
    }
}

fn bad_headline(recording: &Recording, store: usize, key: Key, state: RowState, at: Us) -> Headline {
    let (plan, trace) = (recording.plan(), recording.trace());
    let name = plan.key_name(key);
    let the = capital(&narrate::the(plan, plan.roles.stores[store]));
    let shown = |rows: &[crate::truth::ledger::RowChange]| {
        rows.iter().rev().find(|row| row.at <= at).map_or(0, |row| row.version)
    };
    let versions = (shown(&trace.ledger.source[key.index()]), shown(&trace.ledger.stores[store].rows[key.index()]));
    let (source, accent) = match state {
        RowState::Missing => (format!("The database has {name}."), format!("{the} does not.")),
        RowState::Ghost if versions.0 == 0 => (format!("{the} has {name}."), "The database never did.".to_owned()),
        RowState::Ghost => (format!("{the} shows {name}."), "The database does not.".to_owned()),
        RowState::Stale if versions.0 == versions.1 => {
            (format!("Both say version {}.", versions.0), format!("{the} means another change."))
        }
        RowState::Stale => {
            (format!("The database says version {}.", versions.0), format!("{the} still says {}.", versions.1))
        }
        RowState::DuplicateEffect => (format!("One change of {name}."), "Its effect happened twice.".to_owned()),
        RowState::NoRow | RowState::Same | RowState::InFlight => (String::new(), String::new()),
    };
    let cause = cause::of_row(&trace.ledger, store, key, state, at);
    let why =
        cause.map_or_else(String::new, |cause| capital(&narrate::row_cause(plan, trace, store, key, state, cause)));
    let paragraph = format!("{why} {} {}", repair_words(recording, store, key, state, at), alarm_words(recording, at));
    Headline { source, store: accent, paragraph }
}

/// Why nothing mends it, or what did.
fn repair_words(recording: &Recording, store: usize, key: Key, state: RowState, at: Us) -> String {
    let later = recording.judgement().states(store, key).iter().find(|(since, state)| *since > at && !state.differs());
    match later {
        Some((since, _)) => format!("It is mended at {}.", instant(*since)),
        None if state == RowState::Missing => "Nothing will retry it.".to_owned(),
        None => "Nothing will mend it.".to_owned(),
    }
}

fn alarm_words(recording: &Recording, at: Us) -> String {
    let fired = recording.alarms().iter().find(|alarm| alarm.at <= at && !alarm.is_false);
    match (recording.plan().detectors.len(), fired) {
        (0, _) => "No detector is on.".to_owned(),
        (_, None) => "No alarm has fired.".to_owned(),
        (_, Some(alarm)) => {
            let id = recording.plan().detectors.get(alarm.detector).map_or("", |detector| detector.id.as_str());
            format!("{id} fired at {}.", instant(alarm.at))
        }
    }
}

fn good_headline(recording: &Recording, at: Us) -> Headline {
    if let Some(headline) = doubt_headline(recording, at) {
        return headline;
    }
    let (_, moving) = recording.judgement().counts(at);
    let [commit, crash] = recording.firsts(at);
    let rows = commit.is_some();
    let source = match (rows, crash) {
        (false, _) => "Nothing is written yet.".to_owned(),
        (true, Some(crash)) => {
            let who = narrate::the(recording.plan(), crash.node);
            format!("{} crashed. Nothing is missing.", capital(&who))
        }
        (true, None) => "Nothing differs now.".to_owned(),
    };
    let paragraph = match moving {
        0 if rows => "Every row of every store is as in the database.".to_owned(),
        0 => "The database and its stores are empty.".to_owned(),
        n => format!("{} on {} way to a store, and will arrive.", is_are(n), if n == 1 { "its" } else { "their" }),
    };
    let roles = &recording.plan().roles;
    let written_down = !roles.relays.is_empty() || roles.connector.is_some();
    let end = match crash {
        Some(crash) if written_down && recording.report().ledger.lost == 0 && crash.node == roles.app => {
            " What the app owed was written down before it died, and is delivered after."
        }
        Some(crash) if written_down && recording.report().ledger.lost == 0 && reads(roles, crash.node) => {
            " What it had not yet ticked off is still written down, and is sent again."
        }
        Some(_) | None => "",
    };
    Headline { source, store: String::new(), paragraph: format!("{paragraph}{end}") }
}

/// Whether a node reads what the source owes: a relay or the connector.
fn reads(roles: &Roles, node: NodeId) -> bool {
    roles.relays.contains(&node) || roles.connector == Some(node)
}

/// Nothing differs, but transactions are prepared and nobody tells them the decision: their rows stay locked.
fn doubt_headline(recording: &Recording, at: Us) -> Option<Headline> {
    let coordinator = recording.plan().roles.coordinator?;
    let view = recording.view(at);
    let links = recording.plan().links.iter().zip(&view.cuts);
    let cut =
        links.filter(|(link, _)| link.from == coordinator || link.to == coordinator).any(|(_, until)| *until > at);
    let mut doubtful: Vec<_> = view.prepared.iter().map(|(op, _)| *op).collect();
    sort(&mut doubtful);
    doubtful.dedup();
    let silent = if !view.nodes[coordinator.index()].up {
        "The coordinator is down."
    } else if cut {
        "The coordinator is cut off."
    } else {
        return None;
    };
    let many = match doubtful.len() as u64 {
        0 => return None,
        1 => "1 transaction is in doubt.".to_owned(),
        n => format!("{n} transactions are in doubt."),
    };
    let behind = match view.lock_waits {
        0 => "The rows stay locked until the decision arrives.".to_owned(),
        n => format!("The rows stay locked until the decision arrives, and {} for them.", wait(n)),
    };
    let paragraph = format!("What is prepared can neither commit nor roll back by itself. {behind}");
    Some(Headline { source: format!("{silent} {many}"), store: String::new(), paragraph })
}

fn wait(n: u32) -> String {
    format!("{} {}", count(u64::from(n), "request"), if n == 1 { "waits" } else { "wait" })
}

fn is_are(n: u32) -> String {
    format!("{} {}", count(u64::from(n), "row"), if n == 1 { "is" } else { "are" })
}

/// The causal chain of a row.
#[must_use]
pub fn why(recording: &Recording, subject: &Subject, at: Us) -> Why {
    let found = match subject {
        Subject::Worst => worst(recording, at).map(|(store, key, _)| (store, key)),
        Subject::Record(_) | Subject::Row(..) => row_of(recording, subject),
    };
    let noticed = noticed(recording, at);
    let Some((store, key)) = found else {
        let sentence =
            "Every row is as in the source, or on its way. Choose a row to see how it came there.".to_owned();
        return Why { title: "Nothing differs now".to_owned(), sentence, steps: Vec::new(), noticed };
    };
    let (plan, state) = (recording.plan(), recording.judgement().state(store, key, at));
    let (name, at_store) = (plan.key_name(key), &plan.stores[store].id);
    let ledger = &recording.trace().ledger;
    let cause = cause::of_row(ledger, store, key, state, at);
    let title = match state {
        RowState::Missing => format!("Why is {name} missing?"),
        RowState::Stale => format!("Why is {name} stale?"),
        RowState::Ghost => format!("Why is {name} a ghost?"),
        RowState::DuplicateEffect => format!("Why did {name} happen twice?"),
        RowState::InFlight => format!("Where is {name} now?"),
        RowState::NoRow => format!("Why is there no {name} in {at_store}?"),
        RowState::Same => format!("How did {name} reach {at_store}?"),
    };
    let Some(cause) = cause else {
        let sentence = format!("Nobody has written {name} yet.");
        return Why { title, sentence, steps: Vec::new(), noticed };
    };
    let sentence = if state.differs() {
        capital(&narrate::row_cause(plan, recording.trace(), store, key, state, cause))
    } else if state == RowState::InFlight {
        format!("{} is on its way to {at_store}.", capital(&name))
    } else {
        format!("{} in {at_store} is as in the database.", capital(&name))
    };
    Why { title, sentence, steps: steps(recording, store, key, state, cause), noticed }
}

pub(super) fn noticed(recording: &Recording, at: Us) -> Vec<(String, String)> {
    let view = recording.view(at);
    let words = |(index, detector): (usize, &crate::scenario::plan::DetectorPlan)| {
        let seen = &view.detectors[index];
        let saw = match seen.looked {
            Some(_) => detector.kind.words(seen.value >> 32, seen.value & 0xffff_ffff),
            None => "has not looked yet".to_owned(),
        };
        (detector.id.clone(), saw)
    };
    recording.plan().detectors.iter().enumerate().map(words).collect()
}

fn steps(recording: &Recording, store: usize, key: Key, state: RowState, cause: RowCause) -> Vec<WhyStep> {
    let trace = recording.trace();
    let fate = trace.ledger.event(cause.event);
    let chain = chain(recording, store, cause);
    let mut steps: Vec<WhyStep> = Vec::new();
    // What a crash killed is told by the crash: the line of the death itself would say it twice.
    let killed = chain_end(recording, cause.record);
    for id in fold(&trace.records, &chain, [cause.record, killed]) {
        let Some(record) = trace.records.get(id.index()) else { continue };
        if id == cause.record && killed != cause.record {
            continue;
        }
        let at_cause = id == killed && cause.how == How::PathEnded && state.differs();
        if at_cause && fate.is_committed() && fate.committed <= record.at {
            let what = owed(recording, store, &trace.records[cause.record.index()]);
            steps.push(owed_span(record.at.since(fate.committed), what));
        }
        steps.push(step(recording, id, record));
        if at_cause {
            steps.push(never(recording, store, fate.kind, &trace.records[cause.record.index()]));
        }
    }
    if state.differs() {
        let ended = trace.ended.max(recording.plan().duration);
        let what = format!("drain test: still {}", recording.judgement().state(store, key, ended).word());
        let mended = !recording.judgement().state(store, key, ended).differs();
        let what = if mended { "drain test: mended".to_owned() } else { what };
        let place = "queues empty, all nodes up".to_owned();
        let record = RecordId(trace.records.len().saturating_sub(1) as u32);
        steps.push(WhyStep {
            at: Some(ended),
            time: instant(ended),
            record: Some(record),
            what,
            place,
            mark: WhyMark::Dot,
        });
    }
    steps
}

/// The crash behind a death, or the record itself.
fn chain_end(recording: &Recording, cause: RecordId) -> RecordId {
    let records = &recording.trace().records;
    let killed = records.get(cause.index()).filter(|record| record.kind == Kind::Killed);
    killed.and_then(|record| record.cause.some()).unwrap_or(cause)
}

/// The records of an event's life that matter for a store, and the one that is the cause, in order of time.
pub(super) fn chain(recording: &Recording, store: usize, cause: RowCause) -> Vec<RecordId> {
    let event = cause.event;
    let (trace, plan) = (recording.trace(), recording.plan());
    let records = &trace.records;
    // Where it was taken back, that belongs to its life.
    let cancelled = trace.ledger.event(event).cancelled;
    let op = records.iter().find(|record| record.event == event).map(|record| record.op);
    let node = plan.roles.stores[store];
    let mut chain: Vec<RecordId> = Vec::new();
    let mut down = None;
    for (index, record) in records.iter().enumerate() {
        let own = record.event == event;
        let of_op = op.is_some_and(|op| op == record.op && op != crate::world::ids::Op::NONE);
        let keep = match record.kind {
            Kind::Requested => of_op,
            Kind::Written | Kind::Enqueued | Kind::Committed | Kind::Aborted | Kind::Appended | Kind::GaveUp => own,
            Kind::Marked | Kind::Rejected | Kind::Buffered => own,
            Kind::CursorPassed | Kind::Vanished | Kind::Poisoned | Kind::Truncated | Kind::Retracted => own,
            Kind::Expired | Kind::PassedOver => own,
            Kind::Compacted => own && record.detail == 1,
            Kind::Prepared | Kind::Decided | Kind::DecisionLogged => of_op,
            Kind::Read => own && usize::from(record.detail) == store,
            Kind::Compensates => own || record.event == cancelled,
            Kind::NothingToCancel => record.event == cancelled && record.node == node,
            Kind::Applied | Kind::NotNewer | Kind::Known | Kind::Filled => own && record.node == node,
            Kind::Dropped => own && !Parcel::is_answer(record.detail),
            Kind::TimedOut => own || of_op,
            Kind::Killed => own,
            Kind::Restarted => down == Some(record.node),
            Kind::MemberOut => feeds(plan, plan.far_end(record.link), store),
            _ => false, // Steps in between that say nothing new.
        };
        if !keep {
            continue;
        }
        if record.kind == Kind::Killed {
            down = Some(record.node);
            chain.extend(record.cause.some());
        }
        if record.kind == Kind::Restarted {
            down = None;
        }
        chain.push(RecordId(index as u32));
    }
    chain.dedup();
    // The record that is the cause may be about another event: the older one that came after.
    if !chain.contains(&cause.record) && cause.record != RecordId::NONE {
        chain.push(cause.record);
        sort(&mut chain);
    }
    chain
}

/// Whether a node is a member of the consumer group of a store.
fn feeds(plan: &Plan, node: NodeId, store: usize) -> bool {
    let mut members = plan.roles.group_of(StoreId(store as u16));
    members.any(|member| plan.roles.consumers[member.index()] == Some(node))
}

/// At most so many lines: what tells least goes first, and of equals the last; the cause stays.
fn fold(trace: &[Record], chain: &[RecordId], cause: [RecordId; 2]) -> Vec<RecordId> {
    let most = LINES - 3;
    if chain.len() <= most {
        return chain.to_vec();
    }
    let rank = |at: usize| match cause.contains(&chain[at]) {
        true => 0,
        false => trace.get(chain[at].index()).map_or(u8::MAX, |record| rank(record.kind)),
    };
    let mut kept: Vec<(u8, usize)> = (0..chain.len()).map(|at| (rank(at), at)).collect();
    sort(&mut kept);
    kept.truncate(most);
    let mut places: Vec<usize> = kept.into_iter().map(|(_, at)| at).collect();
    sort(&mut places);
    places.into_iter().map(|at| chain[at]).collect()
}

/// How much a kind of record tells of a row, from 1, the most.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Requested | Kind::Committed | Kind::Aborted | Kind::Crashed => 1,
        Kind::Applied | Kind::Filled | Kind::Evicted | Kind::Retracted | Kind::Truncated | Kind::Expired => 2,
        Kind::Compensates | Kind::NothingToCancel | Kind::MemberOut => 2,
        Kind::Appended | Kind::GaveUp | Kind::Rejected | Kind::Poisoned | Kind::Written => 3,
        Kind::Restarted | Kind::TimedOut | Kind::NotNewer | Kind::Decided => 4,
        _ => 5,
    }
}

pub(super) fn step(recording: &Recording, id: RecordId, record: &Record) -> WhyStep {
    let plan = recording.plan();
    let who = plan.node_name(record.node);
    let name = plan.key_name(record.key);
    let (what, place) = match record.kind {
        Kind::Requested => {
            let verb = OpKind::ALL.get(usize::from(record.detail)).map_or("change", |kind| kind.id());
            (format!("client asks to {verb} {name}"), "client to app".to_owned())
        }
        Kind::Written => (
            format!("app writes {name}, version {}", record.version),
            format!("app to source, transaction {}", record.value),
        ),
        Kind::Committed if record.detail == OpKind::Delete as u8 => {
            ("commit is durable: the row is gone".to_owned(), format!("source, WAL {:X}", record.value))
        }
        Kind::Committed => ("commit is durable: the row exists".to_owned(), format!("source, WAL {:X}", record.value)),
        Kind::Crashed => (format!("{who} crashes"), crash_place(recording, record)),
        Kind::Killed => (format!("its work on {name} dies with it"), format!("{who}, in its memory only")),
        Kind::Restarted => (format!("{who} restarts, remembering nothing"), "only what is durable is left".to_owned()),
        _ => (narrate::record(plan, record), who.to_owned()),
    };
    let mark = if record.kind == Kind::Crashed { WhyMark::Cross } else { WhyMark::Dot };
    WhyStep { at: Some(record.at), time: instant(record.at), record: Some(id), what, place, mark }
}

fn crash_place(recording: &Recording, record: &Record) -> String {
    let fault = if record.extra == u32::MAX { "by chance".to_owned() } else { format!("fault {}", record.extra + 1) };
    let point =
        record.detail.checked_sub(1).and_then(|at| crate::strategy::CrashPoint::ALL.get(usize::from(at)).copied());
    let gap = recording.view_after(record).and_then(|view| {
        let progress = view.nodes[record.node.index()].progress;
        let steps = recording.lens().steps[record.node.index()];
        steps.get(usize::from(progress.done).checked_sub(1)?)?.gap
    });
    match point.or(gap) {
        Some(point) => format!("{fault}, {}", point.id()),
        None => fault,
    }
}

/// Whether what ended an event's path stands behind the broker: the event was published before.
fn published(recording: &Recording, end: &Record) -> bool {
    let consumes = recording.plan().roles.consumers.contains(&Some(end.node));
    consumes || matches!(end.kind, Kind::Truncated | Kind::Expired | Kind::PassedOver | Kind::Compacted)
}

/// Where an event stood from its commit on until its path ended.
fn owed(recording: &Recording, store: usize, end: &Record) -> String {
    let (plan, published) = (recording.plan(), published(recording, end));
    let broker = plan.roles.broker.filter(|_| !published);
    let next = narrate::the(plan, broker.unwrap_or(plan.roles.stores[store]));
    let place = match end.kind {
        Kind::Killed if published => ", past its offset, in the consumer’s memory only",
        _ if published => " and in the broker’s log",
        Kind::CursorPassed => ", and not yet read",
        Kind::Vanished => ", in a row that no poll sees",
        _ => ", written down nowhere",
    };
    match place.strip_prefix(" and") {
        Some(_) => format!("in the source{place}, owed to {next}"),
        None => format!("in the source, owed to {next}{place}"),
    }
}

fn owed_span(length: Us, what: String) -> WhyStep {
    WhyStep { at: None, time: span(length), record: None, what, place: String::new(), mark: WhyMark::Span }
}

/// The step that never came, and why it could not.
fn never(recording: &Recording, store: usize, kind: OpKind, end: &Record) -> WhyStep {
    let plan = recording.plan();
    let to = match (plan.roles.broker, published(recording, end)) {
        (Some(_), false) => "publish to the broker".to_owned(),
        (Some(_), true) => format!("apply in {}", narrate::the(plan, plan.roles.stores[store])),
        (None, _) => format!("call to {}", narrate::the(plan, plan.roles.stores[store])),
    };
    let what = if kind == OpKind::Delete { format!("{to} (delete)") } else { to };
    let who = narrate::the(plan, end.node);
    let place = match end.kind {
        Kind::Killed => format!("it lived only in {who}’s memory"),
        Kind::GaveUp => format!("{who} gave it up"),
        Kind::Rejected => format!("{who} dropped it"),
        Kind::Poisoned => format!("{who} went past it"),
        Kind::CursorPassed | Kind::PassedOver => "its reader is past it".to_owned(),
        Kind::Vanished => "no poll sees its row".to_owned(),
        Kind::Truncated | Kind::Expired | Kind::Compacted => "the log no longer has it".to_owned(),
        _ => "it was lost on its way".to_owned(),
    };
    WhyStep { at: None, time: "never".to_owned(), record: None, what, place, mark: WhyMark::Never }
}
