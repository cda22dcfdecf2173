//! Incremental snapshots (DBLog) in the connector: what the window between two watermarks is for, and what a crash leaves.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::world::record::{Kind, Record};

/// Eight rows, of which the consumer skips the second; at 20 s a snapshot in chunks of three, which the source takes a
/// second each to read.
fn eight_rows() -> Document {
    let arrivals: Vec<String> =
        (1..=8).map(|row| format!(r#"{{"at": "{row}s", "key": {row}, "op": "insert"}}"#)).collect();
    lab::document(&format!(
        r#"{{"strategy": "cdc", "duration": "60s", "cdc": {{"poll": "100ms", "offset_flush": "2s", "restart_wait": "100ms"}}, "nodes": {{"connector": {{"restart": "500ms"}}}},
            "workload": {{"arrivals": [{}], "keys": {{"count": 8}}}},
            "stores": {{"search-index": {{"apply": "blind", "consumer": {{"poison_policy": "skip"}}}}}},
            "recovery": {{"mend": {{"kind": "resnapshot", "incremental": true, "chunk": 3, "period": "20s", "read_row": "333ms"}}}},
            "faults": ["poison:search-index-consumer-search-index*2"]}}"#,
        arrivals.join(", ")
    ))
}

/// What each closed window has left and dropped.
fn windows(recording: &Recording) -> Vec<(u64, u32)> {
    lab::of_kind(&recording.trace().records, Kind::WindowClosed).map(|record| (record.value, record.extra)).collect()
}

fn again(record: &&Record) -> bool {
    record.kind == Kind::Appended && record.is_again()
}

/// Three chunks, each between its watermarks; a change of a row while its chunk is read drops it from the chunk, one of
/// another row does not. Every row is published once by either; what was skipped stays a poison.
#[test]
fn chunks_between_watermarks() {
    let twice = lab::with(&eight_rows(), &[("duration", "30s")]);
    let quiet = lab::run(&lab::with(&twice, &[("faults", "[]")]));
    assert_eq!(windows(&quiet), [(3, 0), (3, 0), (2, 0)]);
    let marks: Vec<u8> = lab::of_kind(&quiet.trace().records, Kind::Watermarked).map(|record| record.detail).collect();
    assert_eq!(marks, [0, 1, 0, 1, 0, 1]);
    assert_eq!(quiet.trace().records.iter().filter(again).count(), 8);
    assert_eq!(quiet.report().ledger.delivered, 8, "what is shown again is no delivery");
    assert_eq!(quiet.report().repair.rows_read, 8);
    // The second chunk is read from about 21.2 s on.
    let busy = lab::run(&lab::with(&twice, &[("faults", r#"["update:4@21.5s", "update:1@21.6s", "delete:8@21.7s"]"#)]));
    assert_eq!(windows(&busy), [(3, 0), (2, 1), (1, 0)]);
    assert_eq!(lab::rows_that_differ(busy.report()), "-");
}

/// The property: a stale row of a chunk never overwrites a newer change, in a store that takes whatever comes last. Without
/// the window it does.
#[test]
fn a_stale_chunk_never_overwrites_a_newer_change() {
    let document = lab::document(
        r#"{"strategy": "cdc", "duration": "6200ms", "cdc": {"poll": "100ms"},
            "workload": {"arrivals": "poisson(30/s)", "keys": {"count": 12}, "mix": {"insert": 0.1, "update": 0.7, "delete": 0.2}},
            "links": {"connector-source": {"latency": "exp(5ms)"}},
            "stores": {"search-index": {"apply": "blind"}},
            "recovery": {"mend": {"kind": "resnapshot", "incremental": true, "chunk": 4, "period": "2s", "read_row": "20ms"}}}"#,
    );
    let runs = if lab::soak() { 10_000 } else { 300 };
    let (mut stale, mut dropped, mut left) = (0, 0, 0);
    for seed in 0..runs {
        let document = document.with_seed(seed);
        let crash = ["[]", r#"["crash:connector@4.5s+200ms"]"#, r#"["crash:source@4.5s+200ms"]"#][(seed % 3) as usize];
        let recording = lab::run(&lab::with(&document, &[("faults", crash)]));
        let differs = lab::rows_that_differ(recording.report());
        assert_eq!(differs, "-", "seed {seed}");
        assert!(recording.report().invariants.iter().all(|law| law.holds), "seed {seed}");
        for (rows, gone) in windows(&recording) {
            (left, dropped) = (left + rows, dropped + u64::from(gone));
        }
        let without = lab::run(&lab::with(&document, &[("recovery.mend.window", "false")]));
        stale += u64::from(lab::rows_that_differ(without.report()) != "-");
    }
    println!(
        "{runs} runs: {left} rows of chunks, {dropped} dropped, none stale; without the window {stale} runs diverge"
    );
    assert!(dropped > runs && left > runs && stale > runs / 20, "{dropped} {left} {stale}");
}

/// The connector dies in the middle: the chunk that was under way is read again, those whose progress is stored are not.
#[test]
fn a_crash_resumes_at_the_chunk() {
    let document = lab::with(&eight_rows(), &[("duration", "30s"), ("faults", "[]")]);
    for (fault, chunks) in [
        // The offset is stored every 2 s: at 20 s before the first chunk, at 22 s with it. What is read since is read again.
        ("crash:connector@21.6s+500ms", vec![3, 3, 3, 2]),
        ("crash:connector@22.4s+500ms", vec![3, 3, 3, 2]),
        ("crash:connector@connector.after-select-before-watermark*1", vec![3, 3, 2]),
        ("crash:connector@connector.after-select-before-watermark*2", vec![3, 3, 2]),
        ("crash:connector@connector.after-window-before-emit*1", vec![3, 3, 3, 2]),
        ("crash:source@21.4s+300ms", vec![3, 3, 3, 2]),
    ] {
        let recording = lab::run(&lab::and_fault(&document, fault));
        let told = recording.report();
        assert_eq!(lab::fired(told, 0), 1, "{fault}");
        let left: Vec<u64> = windows(&recording).into_iter().map(|(rows, _)| rows).collect();
        assert_eq!(left, chunks, "{fault}");
        assert_eq!(lab::rows_that_differ(told), "-", "{fault}");
        assert!(told.simulated_us < 60_000_000, "{fault}: {}", told.simulated_us);
    }
}

/// A signal while a snapshot is under way changes nothing; one after it begins another.
#[test]
fn one_snapshot_at_a_time() {
    let passes = |period: &str| {
        let recording = lab::run(&lab::with(&eight_rows(), &[("recovery.mend.period", period), ("faults", "[]")]));
        let signals = lab::of_kind(&recording.trace().records, Kind::Signalled).count();
        (signals, windows(&recording).len())
    };
    // Eight rows take 2.7 s: of the signals from 10 s on, every second finds a snapshot under way. Of the earlier ones that
    // at 8 s does; those before it find one row, three, and six, to which a seventh is added while they are read.
    assert_eq!(passes("2s"), (29, 1 + 1 + 3 + 13 * 3));
    assert_eq!(passes("20s"), (2, 6));
    assert_eq!(passes("29s"), (2, 6));
    assert_eq!(passes("58s"), (1, 3));
}

/// A connector that has no offset yet has nothing that it could store how far it is with: told to restart, it does.
#[test]
fn before_the_first_offset() {
    let document = lab::document(
        r#"{"strategy": "cdc", "duration": "30s", "cdc": {"start": "3s", "snapshot_mode": "no_data", "poll": "100ms", "offset_flush": "2s"},
            "workload": {"arrivals": [{"at": "20s", "key": 1, "op": "insert"}], "keys": {"count": 4}}, "stores": {"search-index": {}},
            "recovery": {"mend": {"kind": "resnapshot", "incremental": true, "period": "10s"}}, "faults": ["restart:connector@15s"]}"#,
    );
    let recording = lab::run(&document);
    let told = recording.report();
    assert_eq!((lab::rows_that_differ(told), told.ledger.delivered), ("-".to_owned(), 1));
    assert!(told.simulated_us < 31_000_000, "{}", told.simulated_us);
    assert_eq!(lab::of_kind(&recording.trace().records, Kind::Restarted).count(), 1);
}

/// Without a connector there is nothing that could read in chunks: the run says so, and is as without the option.
#[test]
fn without_a_connector_a_note() {
    let outbox = lab::with(&eight_rows(), &[("strategy", "outbox")]);
    let plain = lab::run(&lab::with(&outbox, &[("recovery.mend.incremental", "false")]));
    let asked = lab::run(&outbox);
    assert_eq!(asked.trace().hash(), plain.trace().hash());
    let more: Vec<&String> = asked.report().notes.iter().filter(|note| !plain.report().notes.contains(note)).collect();
    assert_eq!(more, ["recovery.mend.incremental: outbox has no connector."]);
}
