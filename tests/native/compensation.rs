//! A call that is given up and taken back (DOMAIN 2d): the cancel is a call too, and can overtake what it cancels.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::world::record::{Kind, Record};

/// One order; the app waits 300 ms for the answer of a service, gives up, takes the order back and cancels.
fn saga(further: &[(&str, &str)]) -> Document {
    let document = lab::document(
        r#"{"duration": "20s", "target": "shop", "stores": {"shop": {"kind": "service"}},
            "workload": {"arrivals": [{"at": "1s", "key": "order-1", "op": "insert"}], "client": {"timeout": "8s"}},
            "direct": {"on_give_up": "compensate", "retry": {"timeout": "300ms"}}}"#,
    );
    lab::with(&document, further)
}

/// The outcomes of a call, as the faults are called; late: after half a second for the call, after a whole one for the cancel.
const OUTCOMES: [&str; 5] = ["ok", "fail-before", "ack-lost", "timeout", "late"];

fn ended(document: &Document, call: &str, cancel: &str) -> Recording {
    let mut document = document.clone();
    for (outcome, number, late) in
        [(call, 1, "+500ms"), (cancel, 2, "+1s")].into_iter().filter(|(how, ..)| *how != "ok")
    {
        let late = if outcome == "late" { late } else { "" };
        document = lab::and_fault(&document, &format!("{outcome}:app-shop*{number}{late}"));
    }
    let recording = lab::run(&document);
    let report = recording.report();
    assert!(report.faults.iter().all(|fault| fault.fired == 1), "{call} {cancel}: {:?}", report.faults);
    assert!(report.invariants.iter().all(|law| law.holds), "{call} {cancel}: {:?}", report.invariants);
    recording
}

/// The outcome of the call, that of its cancel; rows that differ if cancels are forgotten, if they are remembered; what the
/// client was told.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // The call had no effect, or it was there before the cancel: only a cancel that does not come leaves something.
    ("fail-before", "ok",          "-",       "-",       "failed 1"),
    ("fail-before", "fail-before", "-",       "-",       "unknown 1"),
    ("fail-before", "ack-lost",    "-",       "-",       "unknown 1"),
    ("fail-before", "timeout",     "-",       "-",       "unknown 1"),
    ("fail-before", "late",        "-",       "-",       "unknown 1"),
    ("ack-lost",    "ok",          "-",       "-",       "failed 1"),
    ("ack-lost",    "fail-before", "ghost 1", "ghost 1", "unknown 1"),
    ("ack-lost",    "ack-lost",    "-",       "-",       "unknown 1"),
    ("ack-lost",    "timeout",     "ghost 1", "ghost 1", "unknown 1"),
    ("ack-lost",    "late",        "-",       "-",       "unknown 1"),
    ("timeout",     "ok",          "-",       "-",       "failed 1"),
    ("timeout",     "fail-before", "-",       "-",       "unknown 1"),
    ("timeout",     "ack-lost",    "-",       "-",       "unknown 1"),
    ("timeout",     "timeout",     "-",       "-",       "unknown 1"),
    ("timeout",     "late",        "-",       "-",       "unknown 1"),
    // The call is late: a cancel that is there before it must be remembered; one that is later still finds it.
    ("late",        "ok",          "ghost 1", "-",       "failed 1"),
    ("late",        "fail-before", "ghost 1", "ghost 1", "unknown 1"),
    ("late",        "ack-lost",    "ghost 1", "-",       "unknown 1"),
    ("late",        "timeout",     "ghost 1", "ghost 1", "unknown 1"),
    ("late",        "late",        "-",       "-",       "unknown 1"),
];

#[test]
fn five_outcomes_at_the_call_and_at_its_cancel() {
    let mut wrong = String::new();
    for call in OUTCOMES {
        for cancel in OUTCOMES.iter().filter(|_| call != "ok") {
            let told = ["forget", "remember"].map(|kept| ended(&saga(&[("stores.shop.cancel", kept)]), call, cancel));
            let [forgets, remembers] = told.each_ref().map(|recording| lab::rows_that_differ(recording.report()));
            let client = lab::clients(told[0].report());
            let got = (call, *cancel, forgets.as_str(), remembers.as_str(), client.as_str());
            let row = TABLE.iter().find(|row| (row.0, row.1) == (call, cancel));
            if row != Some(&got) {
                wrong += &format!("  {got:?},\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // A call that goes well is not taken back.
    let well = ended(&saga(&[]), "ok", "ok");
    assert_eq!(lab::of_kind(&well.trace().records, Kind::Compensates).count(), 0);
    assert_eq!((lab::rows_that_differ(well.report()), lab::clients(well.report())), ("-".into(), "ok 1".into()));
}

/// What helps, what does not, and what the ledger says of it.
#[test]
#[rustfmt::skip]
fn what_cures_the_overtaken_compensation() {
    // options; rows that differ, events that differ; the call is late in all
    let table: [(&[(&str, &str)], &str, &str); 8] = [
        (&[], "ghost 1", "reordered 1"),
        (&[("stores.shop.cancel", "remember")], "-", "reordered 1"),
        // Forgotten before the call came.
        (&[("stores.shop.cancel", "remember"), ("stores.shop.key_ttl", "300ms")], "ghost 1", "reordered 1"),
        // A client's key covers the call and not its cancel.
        (&[("workload.client.idempotency_key", "true")], "ghost 1", "reordered 1"),
        // A store that keeps rows has a tombstone, and needs versions to see that the call is older.
        (&[("stores.shop.kind", "search-index")], "-", "reordered 1"),
        (&[("stores.shop.kind", "search-index"), ("stores.shop.apply", "blind")], "ghost 1", "reordered 1"),
        // Left as it is the late call mends itself.
        (&[("direct.on_give_up", "leave")], "-", "-"),
        // A wait that is longer than the call is late.
        (&[("direct.gap", "1s")], "-", "-"),
    ];
    for (options, rows, events) in table {
        let recording = ended(&saga(options), "late", "ok");
        let report = recording.report();
        let got = (lab::rows_that_differ(report), lab::events_that_differ(&report.ledger));
        assert_eq!(got, (rows.to_owned(), events.to_owned()), "{options:?}");
        let ghost = report.stores[0].witnesses.iter().find(|witness| witness.anomaly == "ghost");
        let overtaken = ghost.is_some_and(|witness| witness.cause.contains("heard that first"));
        assert_eq!(overtaken, rows == "ghost 1", "{options:?}: {ghost:?}");
    }
}

/// A saga takes back what it did to the database too: an insert goes, a delete comes back, an update is undone.
#[test]
fn each_operation_has_its_inverse() {
    for (op, kind, shows) in [("insert", "delete", false), ("update", "update", true), ("delete", "insert", true)] {
        let script = if op == "insert" {
            r#"[{"at":"2s","key":"order-1","op":"insert"}]"#.to_owned()
        } else {
            format!(r#"[{{"at":"1s","key":"order-1","op":"insert"}},{{"at":"2s","key":"order-1","op":"{op}"}}]"#)
        };
        for store in ["service", "search-index"] {
            let further = [("workload.arrivals", script.as_str()), ("stores.shop.kind", store)];
            let number = if op == "insert" { 1 } else { 2 };
            let recording = lab::run(&lab::and_fault(&saga(&further), &format!("ack-lost:app-shop*{number}")));
            let (trace, report) = (recording.trace(), recording.report());
            let begun: Vec<&Record> = lab::of_kind(&trace.records, Kind::Compensates).collect();
            assert_eq!(begun.len(), 1, "{op}");
            let fate = trace.ledger.event(begun[0].event);
            assert_eq!((fate.kind.id(), fate.is_committed()), (kind, true), "{op}");
            assert_eq!(lab::rows_that_differ(report), "-", "{op} {store}");
            let last = trace.ledger.source.iter().flatten().last().unwrap();
            assert_eq!((last.event, last.present), (begun[0].event, shows), "{op}");
            assert_eq!((report.client.failed, report.client.failed_but_applied), (1, 0), "{op}: it was taken back");
        }
    }
}

/// A crash between the compensating transaction and the cancel: a dual write again, whose second half is lost.
#[test]
fn a_compensation_is_a_dual_write_too() {
    let document = lab::and_fault(&saga(&[]), "crash:app@app.after-commit-before-publish*2+1s");
    let recording = ended(&document, "ack-lost", "ok");
    let report = recording.report();
    assert_eq!((lab::rows_that_differ(report), report.ledger.lost), ("ghost 1".to_owned(), 1));
    let cause = &report.stores[0].witnesses[0].cause;
    assert!(cause.contains("the delete, order-1 version 2"), "{cause}");
}

/// Asked again after its order was taken back, the app places it anew, and a service that knew the key does it once more.
#[test]
fn what_was_taken_back_may_be_asked_for_again() {
    let further = [
        ("workload.client.idempotency_key", "true"),
        ("workload.client.retries", "1"),
        ("workload.client.timeout", "2s"),
    ];
    let recording = ended(&saga(&further), "ack-lost", "ok");
    let report = recording.report();
    assert_eq!((lab::rows_that_differ(report), lab::clients(report)), ("-".to_owned(), "ok 1".to_owned()));
    assert_eq!((report.ledger.committed, report.stores[0].rows), (3, 1), "placed, taken back, placed");
}
