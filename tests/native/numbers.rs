//! Where the defaults come from: what cites a real system has that system's number, and all else says that it is chosen.

use driftscope::scenario::options::all;

/// Every default that cites a source of DOMAIN 9, as DOMAIN says it: option, value, source. `-1` and `0 (off)` of the real
/// systems are 0 here.
#[rustfmt::skip]
const CITED: &[(&str, &str, &str)] = &[
    // Not the default of an existing system, but what a page recommends or forbids.
    ("listen-to-yourself.validate", "true", "S17"),
    ("listen-to-yourself.on_conflict", "reject", "S18"),
    ("recovery.*.window", "true", "S19"),
    ("broker.xa", "false", "S45"),
    // DOMAIN 4.
    ("source.max_prepared_transactions", "0", "S15"),
    ("source.replica.synchronized_standby_slots", "false", "S7"),
    ("source.wal.cap", "0", "S14"),
    ("broker.partitions", "1", "S10"),
    ("broker.acks", "all", "S8"),
    ("broker.min_insync", "1", "S10"),
    ("broker.isr_timeout", "30s", "S10"),
    ("broker.unclean_election", "false", "S10"),
    ("broker.retention", "7d", "S10"),
    ("broker.retention_check", "5m", "S10"),
    ("broker.segment", "7d", "S10"),
    ("broker.cleanup", "delete", "S10"),
    ("broker.delete_retention", "24h", "S10"),
    ("broker.reset", "latest", "S9"),
    ("stores.*.lease_ttl", "10s", "S31"),
    ("stores.*.key_ttl", "24h", "S38"),
    ("stores.*.consumer.max_poll", "500", "S9"),
    ("stores.*.consumer.auto_interval", "5s", "S9"),
    ("stores.*.consumer.session_timeout", "45s", "S9"),
    ("stores.*.consumer.heartbeat", "3s", "S9"),
    ("stores.*.consumer.max_poll_interval", "5m", "S9"),
    ("stores.*.refresh", "1s", "S36"),
    ("stores.*.tombstone.ttl", "60s", "S35"),
    ("direct.retry.timeout", "30s", "S8"),
    ("direct.retry.backoff", "100ms", "S8"),
    ("outbox.poll", "1s", "S22"),
    ("outbox.batch", "100", "S25"),
    ("outbox.gap_timeout", "5s", "S58"),
    ("outbox.timeout", "30s", "S8"),
    ("outbox.retry.backoff", "100ms", "S8"),
    ("fire-and-forget.linger", "5ms", "S8b"),
    ("cdc.snapshot_mode", "initial", "S1"),
    ("cdc.snapshot_fetch", "10240", "S1"),
    ("cdc.offset_flush", "60s", "S11"),
    ("cdc.lsn_flush_mode", "connector", "S1"),
    ("cdc.offset_mismatch_strategy", "no_validation", "S1"),
    ("cdc.poll", "500ms", "S1"),
    ("cdc.max_batch", "2048", "S1"),
    ("cdc.max_queue", "8192", "S1"),
    ("cdc.heartbeat", "0s", "S1"),
    ("cdc.slot.failover", "false", "S1"),
    ("cdc.status", "10s", "S1"),
    ("cdc.restart_wait", "10s", "S1"),
    ("cdc.backoff", "100ms", "S8"),
    ("cdc.timeout", "30s", "S8"),
    ("two-phase-commit.heuristic", "none", "S44"),
    ("recovery.*.chunk", "1024", "S1"),
];

fn is_cited(source: &str) -> bool {
    source.strip_prefix('S').is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

#[test]
fn what_is_cited_is_what_the_source_says() {
    for (path, value, source) in CITED {
        let row = all().find(|row| row.path == *path).unwrap_or_else(|| panic!("no option {path}"));
        assert_eq!((row.default, row.source), (*value, *source), "{path}");
    }
    let unknown: Vec<&str> = all()
        .filter(|row| is_cited(row.source) && CITED.iter().all(|(path, _, _)| row.path != *path))
        .map(|row| row.path)
        .collect();
    assert!(unknown.is_empty(), "these cite a source: say here what it says: {unknown:?}");
}

/// A source is a page of DOMAIN 9, a section of DOMAIN or of the contract, a named setting, or says that it is chosen; every
/// page that an option names, in its text too, stands in docs/DOMAIN.md.
#[test]
fn every_source_exists() {
    let domain =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/DOMAIN.md")).expect("docs/DOMAIN.md");
    let pages = domain.split_once("## 9. Sources").expect("section 9").1;
    let listed = |page: &str| pages.contains(&format!("\n{page} ")) || pages.contains(&format!("· {page} "));
    for row in all() {
        let fine = ["illustrative", "CONTRACT"].contains(&row.source)
            || row.source.starts_with("DOMAIN ")
            || row.source == "PostgreSQL checkpoint_timeout"
            || is_cited(row.source);
        assert!(fine, "{}: {}", row.path, row.source);
        let words = format!("{} {}", row.source, row.doc);
        let named = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_cited(word));
        for page in named {
            assert!(listed(page), "{}: DOMAIN has no source {page}", row.path);
        }
    }
}

/// DOMAIN suggests values and says that they are to be labelled: none of them is given as a source.
#[test]
fn what_is_suggested_is_illustrative() {
    let suggested = all().filter(|row| row.source == "DOMAIN 4" || row.doc.contains("DOMAIN 4 suggests"));
    let sources: Vec<&str> = suggested.map(|row| row.source).collect();
    assert!(sources.len() > 5 && sources.iter().all(|source| *source == "illustrative"), "{sources:?}");
}
