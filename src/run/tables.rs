//! What source, outbox, log, offsets, inboxes and stores hold at an instant, as tables; what the last event changed.

use super::frame::RowState;
use super::recording::Recording;
use super::view::{RowView, SlotView, View};
use crate::kernel::time::Us;
use crate::world::ids::Key;
use crate::world::observe::BY_REPAIR;
use crate::world::record::{Kind, Record};

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The words above its columns.
    pub columns: Vec<&'static str>,
    /// Its rows; the first cell names the row.
    pub rows: Vec<TableRow>,
    /// How many rows there are in all, if not all of them are here: the last are.
    pub of: Option<u64>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// What its cells say.
    pub cells: Vec<String>,
    /// By cell: whether the last event changed it.
    pub changed: Vec<bool>,
    /// How it stands to the source, if it is a store's.
    pub state: RowState,
}

impl TableRow {
    /// Whether the row is worth a look: it differs, or is on its way, or has just changed.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.state.differs() || self.state == RowState::InFlight || self.changed.contains(&true)
    }
}

/// How many rows of an inbox are shown.
const INBOX: usize = 12;

/// What there are tables of: `source`, `outbox`, `log`, `offsets`, the inboxes, the stores.
#[must_use]
pub fn names(recording: &Recording) -> Vec<String> {
    let plan = recording.plan();
    let mut names = vec!["source".to_owned()];
    if !plan.roles.relays.is_empty() {
        names.push("outbox".to_owned());
    }
    if plan.roles.broker.is_some() {
        names.extend(["log".to_owned(), "offsets".to_owned()]);
    }
    for store in plan.stores.iter().filter(|store| store.inbox_window > Us::ZERO) {
        names.push(format!("inbox of {}", store.id));
    }
    names.extend(plan.stores.iter().map(|store| store.id.clone()));
    names
}

/// The table of that name at an instant; empty if there is none.
#[must_use]
pub fn table(recording: &Recording, name: &str, at: Us) -> Table {
    let now = recording.records_until(at);
    let records = &recording.trace().records;
    let view = |records_seen: usize| recording.checkpoints().view(recording.lens(), records, records_seen);
    let mut table = made(recording, name, &view(now), &records[..now], at);
    // What falls on one instant is one event to look at.
    let last = records[..now].last().map_or(Us::ZERO, |record| record.at);
    let before = records.partition_point(|record| record.at < last);
    let was = made(recording, name, &view(before), &records[..before], Us(last.0.saturating_sub(1)));
    for (place, row) in table.rows.iter_mut().enumerate() {
        let same = was.rows.get(place).filter(|old| old.cells[0] == row.cells[0]);
        let old = same.or_else(|| was.rows.iter().find(|old| old.cells[0] == row.cells[0]));
        let cell = |(at, cell): (usize, &String)| old.is_none_or(|old| old.cells[at] != *cell);
        row.changed = row.cells.iter().enumerate().map(cell).collect();
    }
    table
}

fn made(recording: &Recording, name: &str, view: &View, records: &[Record], at: Us) -> Table {
    let plan = recording.plan();
    match name {
        "source" => source(recording, view),
        "outbox" => Table {
            columns: vec!["number", "row", "state"],
            rows: view.outbox.iter().map(|slot| slot_row(recording, "", slot)).collect(),
            of: Some(u64::from(view.outbox_counts.0)).filter(|all| *all > view.outbox.len() as u64),
        },
        "log" => log(recording, view),
        "offsets" => offsets(recording, view),
        _ => match name.strip_prefix("inbox of ") {
            Some(store) => {
                plan.stores.iter().position(|one| one.id == store).map(|store| inbox(recording, store, records, at))
            }
            None => plan.stores.iter().position(|one| one.id == name).map(|one| store(recording, one, view, at)),
        }
        .unwrap_or_default(),
    }
}

fn row(cells: Vec<String>, state: RowState) -> TableRow {
    TableRow { cells, changed: Vec::new(), state }
}

fn version(row: &RowView) -> String {
    if row.present { format!("v{}", row.version) } else { "-".to_owned() }
}

fn source(recording: &Recording, view: &View) -> Table {
    let plan = recording.plan();
    let line = |(key, at): (usize, &RowView)| {
        let word = match (at.present, at.version) {
            (true, _) => "row",
            (false, 0) => "no row",
            (false, _) => "deleted",
        };
        row(vec![plan.key_name(Key(key as u32)), version(at), word.to_owned()], RowState::Same)
    };
    Table {
        columns: vec!["key", "version", "state"],
        rows: view.source.iter().enumerate().map(line).collect(),
        of: None,
    }
}

fn store(recording: &Recording, store: usize, view: &View, at: Us) -> Table {
    let plan = recording.plan();
    let line = |(key, shown): (usize, &RowView)| {
        let state = recording.judgement().state(store, Key(key as u32), at);
        let name = plan.key_name(Key(key as u32));
        row(vec![name, version(shown), version(&view.source[key]), state.word().to_owned()], state)
    };
    Table {
        columns: vec!["key", "version", "source", "state"],
        rows: view.stores[store].iter().enumerate().map(line).collect(),
        of: None,
    }
}

/// `partition 0, 17`: number, row, state of a slot of the outbox or of a log.
fn slot_row(recording: &Recording, before: &str, slot: &SlotView) -> TableRow {
    let name = recording.plan().key_name(slot.key);
    let what = if slot.delete { format!("{name} deleted") } else { format!("{name} v{}", slot.version) };
    let state = match (slot.passed, slot.marked) {
        (true, _) => "never published",
        (false, true) => "published",
        (false, false) => "waits",
    };
    row(vec![format!("{before}{}", slot.number), what, state.to_owned()], RowState::Same)
}

fn log(recording: &Recording, view: &View) -> Table {
    let mut rows = Vec::new();
    let mut all = 0;
    for (partition, (slots, end)) in view.logs.iter().enumerate() {
        all += end;
        for slot in slots {
            let mut line = slot_row(recording, &format!("{partition}, "), slot);
            line.cells.pop();
            rows.push(line);
        }
    }
    let of = Some(all).filter(|all| *all > rows.len() as u64);
    Table { columns: vec!["partition, offset", "row"], rows, of }
}

fn offsets(recording: &Recording, view: &View) -> Table {
    let mut rows = Vec::new();
    for (group, partitions) in view.offsets.iter().enumerate() {
        let name = recording.plan().stores.get(group).map_or("source", |store| store.id.as_str());
        for (partition, committed) in partitions.iter().enumerate() {
            let end = view.logs.get(partition).map_or(0, |(_, end)| *end);
            let behind = end.saturating_sub(*committed).to_string();
            let cells = vec![format!("{name}, {partition}"), committed.to_string(), end.to_string(), behind];
            rows.push(row(cells, RowState::Same));
        }
    }
    Table { columns: vec!["group, partition", "committed", "end", "behind"], rows, of: None }
}

/// The last rows of an inbox, as its store writes them (`world::inbox`): one an event, with its effect or with its
/// refusal, or by a call of its own; while it is there a second copy writes none. A repair writes none.
fn inbox(recording: &Recording, store: usize, records: &[Record], at: Us) -> Table {
    let (plan, node) = (&recording.plan().stores[store], recording.plan().roles.stores[store]);
    // By event: when its row goes; zero: it has none.
    let mut until = vec![Us::ZERO; recording.trace().ledger.events.len()];
    let mut kept: Vec<&Record> = Vec::new();
    for record in records.iter().filter(|record| record.node == node) {
        let writes = match record.kind {
            Kind::Applied | Kind::NotNewer => plan.inbox_same_tx && record.extra != BY_REPAIR,
            Kind::Remembered => true,
            _ => false, // Nothing else writes into it.
        };
        if record.kind == Kind::Emptied && record.extra != BY_REPAIR {
            until.fill(Us::ZERO);
            kept.clear();
        } else if writes
            && let Some(until) =
                until.get_mut(record.event.index()).filter(|until| **until < record.at || **until == Us::ZERO)
        {
            *until = record.at.after(plan.inbox_window);
            kept.push(record);
        }
    }
    kept.retain(|record| record.at.after(plan.inbox_window) >= at);
    let line = |record: &&Record| {
        let what = format!("{} v{}", recording.plan().key_name(record.key), record.version);
        row(vec![what, super::words::instant(record.at.after(plan.inbox_window))], RowState::Same)
    };
    let of = Some(kept.len() as u64).filter(|all| *all > INBOX as u64);
    let rows = kept[kept.len().saturating_sub(INBOX)..].iter().map(line).collect();
    Table { columns: vec!["event", "kept until"], rows, of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    fn preset(id: &str) -> Recording {
        Recording::run(presets::find(id).unwrap().document().plan().unwrap())
    }

    /// Each table changes where a record says so, and nowhere else.
    #[test]
    fn what_the_last_event_changed_is_marked() {
        let run = preset("outbox-relay-crash");
        let records = &run.trace().records;
        let store = run.plan().stores[0].id.clone();
        let tables = [
            ("source", vec![Kind::Committed]),
            ("outbox", vec![Kind::Committed, Kind::Marked]),
            ("log", vec![Kind::Appended]),
            ("offsets", vec![Kind::Appended, Kind::OffsetCommitted]),
            (store.as_str(), vec![Kind::Applied, Kind::Committed]),
        ];
        let mut met = [0; 5];
        for group in records.chunk_by(|one, other| one.at == other.at).step_by(3) {
            for (place, (name, kinds)) in tables.iter().enumerate() {
                let changed = table(&run, name, group[0].at).rows.iter().any(|row| row.changed.contains(&true));
                if changed {
                    met[place] += 1;
                    let kind = |record: &Record| kinds.contains(&record.kind);
                    assert!(group.iter().any(kind), "{name} changed at {:?}", group[0].at);
                }
            }
        }
        assert!(met.iter().all(|met| *met > 0), "{met:?}");
    }

    #[test]
    fn tables_say_what_the_strips_say() {
        for preset_of in presets::PRESETS {
            let run = preset(preset_of.id);
            let (at, names) = (run.story().opens_at, names(&run));
            let frame = run.frame(at);
            for strip in &frame.strips {
                let of = table(&run, &strip.id, at);
                assert_eq!(of.rows.len(), strip.cells.len(), "{} {}", preset_of.id, strip.id);
                for (row, cell) in of.rows.iter().zip(&strip.cells) {
                    assert_eq!(row.cells[1], cell.version.map_or("-".to_owned(), |version| format!("v{version}")));
                    assert!(strip.id == "source" || row.state == cell.state);
                }
            }
            for name in &names {
                let of = table(&run, name, at);
                assert!(!of.columns.is_empty(), "{name}");
                assert!(
                    of.rows
                        .iter()
                        .all(|row| row.cells.len() == of.columns.len() && row.changed.len() == row.cells.len())
                );
            }
        }
    }

    /// A row begins to differ when the source commits: the store itself has changed nothing, only how it stands.
    #[test]
    fn how_a_row_stands_is_marked_when_it_changes() {
        let run = preset("missing-search-index");
        let store = run.plan().stores[0].id.clone();
        let key = run.story().keys.iter().position(|(name, _)| name == "product-17").unwrap();
        let at = run.judgement().states(0, Key(key as u32)).iter().find(|(_, state)| state.differs()).unwrap().0;
        let table = |at: Us| table(&run, &store, at).rows[key].clone();
        assert_eq!(table(at).cells[3], "missing");
        assert_eq!(table(at).changed, [false, false, true, true], "{:?}", table(at));
        let later = run.trace().records[run.records_until(at)].at;
        assert_eq!(table(later).changed, [false; 4], "and only then");
        assert_eq!(table(Us(later.0 - 1)).changed[3], later.0 - 1 < later.0, "until something else happens");
    }

    /// The engine's own count of the rows of an inbox, and the table's.
    #[test]
    fn an_inbox_has_the_rows_that_its_store_wrote() {
        let (mut repairs, mut refused, mut again) = (0, 0, 0);
        let presets =
            ["reconcile-search-index", "two-writers-reordered", "outbox-relay-crash", "cdc-replay", "manual-repair"];
        for (id, same_tx) in presets.into_iter().flat_map(|id| [(id, "true"), (id, "false")]) {
            for window in ["1s", "1h"] {
                let mut document = presets::find(id).unwrap().document();
                let plain = document.plan().unwrap();
                let store = plain.stores[0].id.clone();
                for (option, value) in [("inbox.window", window), ("inbox.same_tx", same_tx), ("apply", "versioned")] {
                    document.set(&format!("stores.{store}.{option}"), value).unwrap();
                }
                let link = plain.links.iter().find(|link| link.id == format!("{store}-consumer-{store}"));
                if let Some(link) = link {
                    document.set(&format!("links.{}.outcomes.ack_lost", link.id), "0.3").unwrap();
                }
                let run = Recording::run(document.plan().unwrap());
                let records = &run.trace().records;
                let size = |records: &[Record]| {
                    let table = inbox(&run, 0, records, records.last().map_or(Us::ZERO, |record| record.at));
                    assert!(table.rows.len() <= INBOX && table.of.is_none_or(|all| all > INBOX as u64));
                    table.of.unwrap_or(table.rows.len() as u64)
                };
                let most = (1..=records.len()).map(|end| size(&records[..end])).max();
                assert_eq!(most, Some(run.report().cost.inbox_peak_rows), "{id} same_tx {same_tx} {window}");
                let of = |kind: Kind, extra: bool| {
                    records.iter().filter(|record| record.kind == kind && (record.extra == BY_REPAIR) == extra).count()
                };
                repairs += of(Kind::Applied, true);
                refused += of(Kind::NotNewer, false);
                let mut known: Vec<u32> = Vec::new();
                for record in records.iter().filter(|record| record.kind == Kind::Remembered) {
                    again += u32::from(known.contains(&record.event.0));
                    known.push(record.event.0);
                }
            }
        }
        assert!(repairs > 0 && refused > 0 && again > 0, "{repairs} {refused} {again}");
    }
}
