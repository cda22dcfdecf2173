//! Change data capture: the presets, and the positions between the log and the broker (DOMAIN 2f).

use driftscope::run::recording::Recording;
use driftscope::run::report::{Report, Verdict};
use driftscope::scenario::Document;
use driftscope::scenario::presets::find;
use driftscope::world::record::{Kind, Record};
use serde_json::{Value, json};

fn recording(document: &Document) -> Recording {
    let plan = document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0]));
    let recording = Recording::run(plan);
    for law in &recording.report().invariants {
        assert!(law.holds, "{}: {:?}", law.id, law.witness);
    }
    recording
}

fn preset(id: &str) -> Recording {
    recording(&find(id).unwrap().document())
}

/// A preset with changes: `(path, value)`.
fn changed(id: &str, changes: &[(&str, Value)]) -> Recording {
    let mut document = find(id).unwrap().document();
    for (path, value) in changes {
        document.set_value(path, value.clone()).unwrap_or_else(|refusals| panic!("{path}: {}", refusals[0]));
    }
    recording(&document)
}

fn of_kind(recording: &Recording, kind: Kind) -> Vec<&Record> {
    recording.trace().records.iter().filter(|record| record.kind == kind).collect()
}

fn rows(report: &Report) -> [u64; 3] {
    let sum = |of: fn(&driftscope::run::report::StoreReport) -> u64| report.stores.iter().map(of).sum();
    [sum(|store| store.missing), sum(|store| store.stale), sum(|store| store.ghost)]
}

#[test]
fn the_crash_of_order_created_lost_loses_nothing() {
    let run = preset("cdc");
    let report = run.report();
    assert_eq!((report.verdict, rows(report)), (Verdict::Consistent, [0, 0, 0]));
    assert_eq!((report.ledger.lost, report.ledger.duplicates, report.faults[0].fired), (0, 0, 1));
    assert_eq!(report.ledger.delivered_distinct, report.ledger.committed);
    assert!(report.cost.wal_retained_peak_bytes > 0);
    assert!(report.events <= 8_000);
}

/// The store's version of a row falls and rises again, in the order of the log: read off the records.
#[test]
fn a_replay_goes_back_and_comes_to_itself() {
    let run = preset("cdc-replay");
    let report = run.report();
    assert_eq!((report.verdict, rows(report), report.ledger.lost), (Verdict::Consistent, [0, 0, 0], 0));
    assert!(report.ledger.duplicates >= 1 && report.ledger.reordered == 0);
    let shown: Vec<u32> = of_kind(&run, Kind::Applied)
        .iter()
        .filter(|record| run.plan().key_name(record.key) == "product-1")
        .map(|record| record.version)
        .collect();
    assert_eq!(shown, [1, 2, 3, 4, 5, 3, 4, 5]);
    // What comes twice is a suffix of the log, in its order.
    let crash = of_kind(&run, Kind::Crashed)[0].at;
    let sent = |before: bool| -> Vec<u32> {
        let appended = of_kind(&run, Kind::Appended).into_iter().filter(|record| (record.at < crash) == before);
        appended.map(|record| record.event.0).collect()
    };
    let (first, second) = (sent(true), sent(false));
    let again = usize::try_from(report.ledger.duplicates).unwrap();
    assert_eq!(first[first.len() - again..], second[..again]);
    assert!(report.events <= 8_000);
}

/// No duplicates when a person restarts the connector: it stores its offset before it goes.
#[test]
fn a_stop_in_good_order_repeats_nothing() {
    let run = changed("cdc-replay", &[("faults", json!(["restart:connector@17s"]))]);
    let report = run.report();
    assert_eq!((report.faults[0].fired, report.ledger.duplicates, report.ledger.lost), (1, 0, 0));
    assert_eq!(report.verdict, Verdict::Consistent);
}

/// `wal_end >= sent >= stored >= confirmed >= restart`, at every record.
#[test]
fn positions_are_in_order() {
    let faults = json!(["crash:connector@17s+2s", "crash:source@9s+1s", "cut:connector-broker@12s+3s"]);
    let changes = [("faults", faults), ("source.checkpoint", json!("4s")), ("cdc.offset_flush", json!("3s"))];
    let run = changed("cdc-replay", &changes);
    for n in 0..=run.trace().records.len() {
        let view = run.checkpoints().view(run.lens(), &run.trace().records, n);
        let wal = &view.wal;
        let order = [wal.end, wal.sent, wal.stored, wal.confirmed, wal.restart, wal.kept];
        assert!(!wal.slot || order.is_sorted_by(|more, less| more >= less), "{order:?} after {n} records");
    }
    assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
}

/// A broker that is down pauses the connector: the log waits, nothing is lost, and the slot holds what was written.
#[test]
fn a_broker_that_is_down_makes_the_log_grow() {
    let peak = |faults: Value| {
        let run = changed("cdc-replay", &[("faults", faults), ("cdc.offset_flush", json!("1s"))]);
        assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
        run.report().cost.wal_retained_peak_bytes
    };
    assert!(peak(json!(["crash:broker@2s+20s"])) >= 2 * peak(json!([])));
}

/// What a person changes past the app is in the log too.
#[test]
fn a_persons_change_is_captured() {
    let faults = json!(["update:product-2@9s", "delete:product-4@10s", "update:product-8@11s"]);
    let run = changed("cdc-replay", &[("faults", faults)]);
    assert_eq!((run.report().verdict, run.report().ledger.lost), (Verdict::Consistent, 0));
    assert_eq!(run.report().faults.iter().map(|fault| fault.fired).sum::<u64>(), 3);
}
