//! What a reconciliation compares, and where it reads: what each way misses, what it costs, what it repairs wrongly.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::world::ids::{RecordId, RecoveryId};
use driftscope::world::record::Kind;

/// Eight rows of one index that a pass at 20 s compares. What is in `lost` never comes to it.
fn eight_rows(lost: &[&str]) -> Document {
    let arrivals: Vec<String> =
        (1..=8).map(|row| format!(r#"{{"at": "{row}s", "key": {row}, "op": "insert"}}"#)).collect();
    let more = r#"{"at": "10s", "key": 1, "op": "update"}, {"at": "11s", "key": 2, "op": "delete"}, {"at": "12s", "key": 9, "op": "insert"}"#;
    let document = lab::document(&format!(
        r#"{{"duration": "30s", "target": "search-index", "workload": {{"arrivals": [{}, {more}], "keys": {{"count": 16}}}},
            "stores": {{"search-index": {{"apply": "versioned", "tombstone": {{"durable": "soft-delete"}}}}}},
            "recovery": {{"mend": {{"period": "20s", "grace": "1s"}}}}}}"#,
        arrivals.join(", ")
    ));
    lost.iter()
        .fold(document, |document, nth| lab::and_fault(&document, &format!("fail-before:app-search-index*{nth}")))
}

/// What differs at the end, and how many rows the pass was handed.
fn after(document: &Document, compare: &str) -> (String, u64) {
    let recording = lab::run(&lab::with(document, &[("recovery.mend.compare", compare)]));
    let told = recording.report();
    assert_eq!((told.repair.runs, told.repair.harmful), (1, 0), "{compare}");
    (lab::rows_that_differ(told), told.repair.rows_read)
}

/// Counts see that numbers differ, and nothing else: a lost update stays, and so does a lost insert beside a lost delete.
/// Sums see all three, and read only the rows of the buckets that differ. A pass that finds nothing at first reads no row.
#[test]
fn what_counts_and_sums_see() {
    let (update, delete, insert) = ("9", "10", "11");
    // Of sixteen keys each has a bucket of its own: a row that differs costs one row a side, where there is one.
    let table: [(&[&str], &str, [(&str, u64); 3]); 5] = [
        //                             full-diff     counts                     checksum
        (&[], "-", [("-", 16), ("-", 0), ("-", 0)]),
        (&[insert], "missing 1", [("-", 15), ("-", 15), ("-", 1)]),
        (&[update], "stale 1", [("-", 16), ("stale 1", 0), ("-", 2)]),
        (&[delete, insert], "missing 1 ghost 1", [("-", 16), ("missing 1 ghost 1", 0), ("-", 2)]),
        (&[update, delete], "stale 1 ghost 1", [("-", 17), ("-", 17), ("-", 3)]),
    ];
    for (lost, before, want) in table {
        let document = eight_rows(lost);
        let alone = lab::run(&lab::with(&document, &[("recovery", "{}")]));
        assert_eq!(lab::rows_that_differ(alone.report()), before, "{lost:?}");
        for (compare, want) in ["full-diff", "counts", "checksum"].into_iter().zip(want) {
            let (left, read) = after(&document, compare);
            assert_eq!((left.as_str(), read), want, "{lost:?} by {compare}");
        }
    }
}

/// Going over a million rows for a sum takes as long as reading them: only what is handed over is less.
#[test]
fn a_sum_goes_over_every_row() {
    let document = lab::with(&eight_rows(&[]), &[("recovery.mend.read_row", "100ms")]);
    let took = |compare: &str| {
        let recording = lab::run(&lab::with(&document, &[("recovery.mend.compare", compare)]));
        let at = |kind| lab::of_kind(&recording.trace().records, kind).map(|record| record.at.0).last().unwrap_or(0);
        (at(Kind::PassEnded) - at(Kind::PassBegan)) / 1_000
    };
    let (diff, counts) = (took("full-diff"), took("counts"));
    assert_eq!(diff, counts, "ms");
    assert!((1_600..1_700).contains(&counts), "sixteen rows on the two sides: {counts} ms");
}

/// A cache is asked for what it has: what it does not have is no difference, in numbers and sums as in rows.
#[test]
fn a_cache_that_has_not_all() {
    let document = lab::document(
        r#"{"duration": "30s", "target": "cache", "workload": {"arrivals": [{"at": "1s", "key": 1, "op": "insert"}, {"at": "2s", "key": 2, "op": "insert"},
            {"at": "3s", "key": 1, "op": "update"}], "keys": {"count": 2}},
            "stores": {"cache": {"kind": "cache", "on_write": "set"}}, "recovery": {"mend": {"period": "20s", "grace": "1s"}},
            "faults": ["fail-before:app-cache*2", "fail-before:app-cache*3"]}"#,
    );
    assert_eq!(after(&document, "counts"), ("stale 1".to_owned(), 0));
    assert_eq!(after(&document, "checksum"), ("-".to_owned(), 2));
}

/// One sentence for each step of a pass over a stale row.
#[test]
fn each_way_says_what_it_found() {
    let said = |compare: &str| {
        let recording: Recording = lab::run(&lab::with(&eight_rows(&["9"]), &[("recovery.mend.compare", compare)]));
        let node = recording.plan().roles.recoveries[RecoveryId(0).index()];
        let records = &recording.trace().records;
        let tells = |kind: Kind| matches!(kind, Kind::Summed | Kind::Narrowed | Kind::Compared);
        let told = (0..records.len()).filter(|at| tells(records[*at].kind));
        assert!(lab::of_kind(records, Kind::Narrowed).all(|record| record.node == node));
        told.map(|at| recording.event_line(RecordId(at as u32)).text).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(said("counts"), "counts 8 rows; counts 8 rows; finds the same on both sides");
    let sums = "sums 8 rows up, by bucket; sums 8 rows up, by bucket; finds a difference: 1 row to look at; finds 1 row to repair";
    assert_eq!(said("checksum"), sums);
}

/// Live writes under CDC on several partitions, through a slow log, and passes without grace. `more`: what else is set.
fn live(seed: u64, more: &[(&str, &str)]) -> Recording {
    let document = lab::document(
        r#"{"strategy": "cdc", "duration": "9s", "cdc": {"poll": "100ms"}, "broker": {"partitions": 3},
            "workload": {"arrivals": "poisson(15/s)", "keys": {"count": 8}, "mix": {"insert": 0.1, "update": 0.7, "delete": 0.2}},
            "links": {"broker-search-index-consumer": {"latency": "exp(60ms)"}, "search-index-consumer-search-index": {"latency": "exp(20ms)"}},
            "stores": {"search-index": {"apply": "versioned", "tombstone": {"durable": "soft-delete"}}},
            "recovery": {"mend": {"period": "1s", "grace": "0s", "compare": "aligned"}}}"#,
    );
    lab::run(&lab::with(&document.with_seed(seed), more))
}

/// How many rows passes found to repair.
fn found(recording: &Recording) -> u64 {
    lab::of_kind(&recording.trace().records, Kind::Compared).map(|record| record.value).sum()
}

/// Both sides at one place of the log: nothing that is in flight differs, and no grace is needed. Row by row without a grace
/// is wrong all the time. A connector that dies and repeats what it published changes nothing about that.
#[test]
fn aligned_finds_nothing_in_flight() {
    let runs = if lab::soak() { 2_000 } else { 100 };
    let mut wrong = 0;
    // With the last seed a row is committed between the read of a store that has everything and the read of the source.
    for seed in (0..runs).chain([1004]) {
        let crash = r#"["crash:connector@4s+500ms", "crash:search-index-consumer@6s+300ms"]"#;
        for more in [&[][..], &[("faults", crash)], &[("recovery.mend.recheck", "200ms")]] {
            let recording = live(seed, more);
            assert_eq!((found(&recording), recording.report().repair.repaired), (0, 0), "seed {seed} {more:?}");
        }
        wrong += found(&live(seed, &[("recovery.mend.compare", "full-diff")]));
    }
    println!("{runs} runs: row by row without grace {wrong} rows that were only in flight; aligned none");
    assert!(wrong > 10 * runs, "{wrong}");
}

/// What is really lost it finds, in the middle of live writes and without harm: an event that the consumer skips.
#[test]
fn aligned_finds_what_is_lost() {
    let (mut repaired, mut found_in_all) = (0, 0);
    for seed in 0..300 {
        let skips = format!(r#"["poison:search-index-consumer-search-index*{}"]"#, 20 + seed % 80);
        let recording = live(seed, &[("faults", &skips), ("stores.search-index.consumer.poison_policy", "skip")]);
        let told = recording.report();
        assert_eq!(told.repair.harmful, 0, "seed {seed}");
        (repaired, found_in_all) = (repaired + told.repair.repaired, found_in_all + found(&recording));
    }
    // A row is not mended by a repair if its next change is on its way already: that mends it.
    println!("{found_in_all} found, {repaired} repaired");
    assert!(found_in_all > 50 && repaired > 0, "{found_in_all} {repaired}");
}

/// The source is read from a replica that is behind, and nothing is lost: every repair is wrong. With versions none is made
/// of a row that may only be newer than what the replica shows.
#[test]
fn a_lagging_replica_makes_wrong_repairs() {
    let runs = if lab::soak() { 2_000 } else { 200 };
    let harmful = |read_from: &str, versioned: &str| -> u64 {
        let more = [
            ("source.replica", r#"{"mode": "async", "lag": "1s"}"#),
            ("recovery.mend.compare", "full-diff"),
            ("recovery.mend.grace", "300ms"),
            ("recovery.mend.read_from", read_from),
            ("recovery.mend.versioned", versioned),
        ];
        (0..runs).map(|seed| live(seed, &more).report().repair.harmful).sum()
    };
    let [leader, checked, wrong] =
        [("leader", "true"), ("replica", "true"), ("replica", "false")].map(|(r, v)| harmful(r, v));
    println!("{runs} runs: harmful from the leader {leader}, from the replica {checked}, without versions {wrong}");
    assert_eq!((leader, checked), (0, 0));
    assert!(wrong > runs, "{wrong}");
}

/// A reconciliation that asks for what there is not says so.
#[test]
fn notes_on_what_there_is_not() {
    let document = lab::document(r#"{"recovery": {"mend": {"compare": "aligned", "read_from": "replica"}}}"#);
    let recording = lab::run(&document);
    let notes = &recording.report().notes;
    let want = [
        "recovery.mend.compare: direct-db-first has no log of the source's; rows are compared as they are.",
        "recovery.mend.read_from: the source has no replica.",
    ];
    assert_eq!(notes[..2], want);
}
