//! DOMAIN 3.2 as a table, executed cell by cell: for a tick a run that the detector sees, for a cross one that it misses,
//! for a half both. The row of the TTL is left out: it detects nothing. And O15: how long detection takes.
//!
//! "Sees" is: it fires in the run with the fault, at a threshold at which it is quiet in the same run without.

use crate::estimate::Estimate;
use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::world::record::Kind;

/// What happens: settings and faults that bring it about. The index, or cache, is versioned unless they say otherwise.
struct Story {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    fault: &'static str,
}

/// Two rows that nobody changes again, and one that is changed often: `a` is inserted, updated, deleted.
const ARRIVALS: &str = r#"[
    {"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}, {"at": "3s", "key": "a", "op": "update"},
    {"at": "4s", "key": "b", "op": "update"}, {"at": "5s", "key": "a", "op": "delete"}, {"at": "6s", "key": "c", "op": "insert"},
    {"at": "7.1s", "key": "d", "op": "insert"}, {"at": "7.2s", "key": "d", "op": "update"}]"#;

fn base() -> Document {
    let document = lab::document(
        r#"{"duration": "20s", "strategy": "direct-db-first",
            "stores": {"search-index": {"apply": "versioned", "tombstone": {"durable": "soft-delete"}}},
            "outbox": {"poll": "200ms", "phase": "0s"}, "direct": {"retry": {"timeout": "100ms"}}}"#,
    );
    lab::with(&document, &[("workload.arrivals", ARRIVALS)])
}

fn run(story: &Story, detector: &str, fault: bool) -> Recording {
    let document = lab::with(&base(), story.settings);
    let document = lab::with(&document, &[("detectors.watch", detector)]);
    lab::run(&if fault && !story.fault.is_empty() { lab::and_fault(&document, story.fault) } else { document })
}

/// Whether the detector fires because of the fault.
fn sees(story: &Story, detector: &str) -> bool {
    let alarms = |recording: &Recording| recording.report().detectors[0].alarms;
    if story.fault.is_empty() {
        return alarms(&run(story, detector, false)) > 0;
    }
    let (with, without) = (run(story, detector, true), run(story, detector, false));
    assert_ne!(with.trace().hash(), without.trace().hash(), "{}: nothing happens", story.name);
    assert_eq!(alarms(&without), 0, "{}: {detector} is not quiet without the fault", story.name);
    alarms(&with) > 0
}

const fn story(name: &'static str, settings: &'static [(&'static str, &'static str)], fault: &'static str) -> Story {
    Story { name, settings, fault }
}

const CRASH: &[(&str, &str)] = &[];
/// A call that fails, and is told to fail.
const LOST_INSERT: Story = story("lost insert, the call fails", CRASH, "fail-before:app-broker*6");
const LOST_INSERT_CRASH: Story =
    story("lost insert, the app crashes", CRASH, "crash:app@app.after-commit-before-publish*6+500ms");
const LOST_UPDATE: Story = story("lost update", CRASH, "fail-before:app-broker*4");
const LOST_UPDATE_CRASH: Story =
    story("lost update, crash", CRASH, "crash:app@app.after-commit-before-publish*4+500ms");
const LOST_DELETE: Story = story("lost delete", CRASH, "fail-before:app-broker*5");
const LOST_DELETE_CRASH: Story =
    story("lost delete, crash", CRASH, "crash:app@app.after-commit-before-publish*5+500ms");
/// An insert whose next event of the row comes.
const LOST_THEN_NEXT: Story = story("lost insert, the next comes", CRASH, "fail-before:app-broker*7");
/// An update whose next event of the row (the delete) comes.
const LOST_UPDATE_THEN_NEXT: Story = story("lost update, the next comes", CRASH, "fail-before:app-broker*3");
/// A delete whose next event of the row comes.
const LOST_DELETE_THEN_NEXT: Story = story(
    "lost delete, the next comes",
    &[(
        "workload.arrivals",
        r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2.1s", "key": "a", "op": "delete"}, {"at": "2.2s", "key": "a", "op": "insert"}, {"at": "4s", "key": "b", "op": "insert"}]"#,
    )],
    "fail-before:app-broker*2",
);
const GHOST: Story = story("ghost", &[("strategy", "direct-broker-first")], "abort:source*6");
/// A ghost of an update: the row is there at both sides.
const GHOST_UPDATE: Story = story("ghost of an update", &[("strategy", "direct-broker-first")], "abort:source*8");
const LOST_LAST: Story = story("lost last event, the call fails", CRASH, "fail-before:app-broker*8");
const LOST_LAST_CRASH: Story =
    story("lost last event, crash", CRASH, "crash:app@app.after-commit-before-publish*8+500ms");
/// The last event is an insert.
const LOST_LAST_INSERT: Story = story(
    "lost last insert",
    &[("workload.arrivals", r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}]"#)],
    "fail-before:app-broker*2",
);
/// A cache that keeps an old row, since an older set comes after a newer one.
const STALE_SET: Story = story(
    "stale set",
    &[
        ("target", "cache"),
        ("stores", r#"{"cache": {"kind": "cache", "apply": "blind"}}"#),
        (
            "workload.arrivals",
            r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2.11s", "key": "a"}, {"at": "2.12s", "key": "a"}]"#,
        ),
        ("direct.retry.timeout", "30s"),
    ],
    "delay:app-cache*2+500ms",
);
/// The same by a reader: it reads the row before the update, and puts it after the writer has dropped the entry.
const STALE_FILL: Story = story(
    "stale set of a reader",
    &[
        ("target", "cache"),
        ("stores", r#"{"cache": {"kind": "cache", "set_delay": "30ms"}}"#),
        ("links.app-source.latency", "500us"),
        ("source.tx_time", "1ms"),
        ("source.commit_time", "2ms"),
        ("direct.gap", "2ms"),
        (
            "workload.arrivals",
            r#"[{"at": "1.1s", "key": "a", "op": "insert"}, {"at": "1.5s", "key": "a", "op": "read"}, {"at": "1.504s", "key": "a"}]"#,
        ),
    ],
    "",
);
const ADDED: &str =
    r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}, {"at": "3s", "key": "a"}]"#;
/// An event comes twice to a store that adds up, and to one that is called.
const TWICE: Story = story(
    "duplicate effect",
    &[("workload.arrivals", ADDED), ("stores", r#"{"search-index": {"apply": "increment"}}"#)],
    "duplicate:app-broker*2",
);
const CALLED_TWICE: Story = story(
    "duplicate call",
    &[("workload.arrivals", ADDED), ("stores", r#"{"search-index": {"kind": "service"}}"#)],
    "duplicate:app-broker*2",
);
const RELAYED_TWICE: Story = story(
    "duplicate effect of a relay",
    &[("strategy", "outbox"), ("workload.arrivals", ADDED), ("stores", r#"{"search-index": {"apply": "increment"}}"#)],
    "duplicate:relay-broker*2",
);
/// It comes again after the next event of its row: the row is an older one.
const TWICE_AND_LATE: Story = story(
    "duplicate effect, after the next",
    &[("workload.arrivals", ADDED), ("stores", r#"{"search-index": {"apply": "increment"}}"#)],
    "duplicate:app-broker*1+4s",
);
/// The pipeline stops.
const DEAD: Story = story("the pipeline is dead", &[("strategy", "outbox")], "off:relay@5s");
const STUCK: Story = story("the relay is stuck", &[("strategy", "outbox")], "poison:relay-broker*4");
const DEAD_LAST: Story =
    story("the pipeline is dead before the last event", &[("strategy", "outbox")], "off:relay@7.15s");
/// A number is taken before another and committed after it: the relay has read past it.
const ID_GAP: Story = story(
    "id gap",
    &[
        ("strategy", "outbox"),
        ("outbox.cursor", "last-id"),
        (
            "workload.arrivals",
            r#"[{"at": "1s", "key": "a", "op": "insert", "tx_time": "2s"}, {"at": "1.1s", "key": "b", "op": "insert"}]"#,
        ),
    ],
    "",
);
const OVERTAKEN_BY: &str = r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2.005s", "key": "c", "op": "insert"}, {"at": "2.02s", "key": "b", "op": "insert"}]"#;
const OVERTAKEN: Story =
    story("lost insert, overtaken", &[("workload.arrivals", OVERTAKEN_BY)], "fail-before:app-broker*2");
const OVERTAKEN_UPDATE: Story = story(
    "lost update, overtaken",
    &[(
        "workload.arrivals",
        r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2.005s", "key": "a", "op": "update"}, {"at": "2.02s", "key": "b", "op": "insert"}]"#,
    )],
    "fail-before:app-broker*2",
);
const OVERTAKEN_DELETE: Story = story(
    "lost delete, overtaken",
    &[(
        "workload.arrivals",
        r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2.005s", "key": "a", "op": "delete"}, {"at": "2.02s", "key": "b", "op": "insert"}]"#,
    )],
    "fail-before:app-broker*2",
);
/// What is on its way: slow consumers, no loss.
const SLOW: Story = story("slow", CRASH, "delay:broker-search-index-consumer*6+3s");
/// The same stories where an outbox is written, so that its age and the group's lag have something to look at.
const RELAYED_LATE: Story = story("slow relay", &[("strategy", "outbox")], "delay:relay-broker*6+1500ms");
const RELAYED_GHOST: Story = story(
    "published, then lost in a failover",
    &[("strategy", "outbox"), ("source.replica.mode", "async"), ("source.replica.lag", "600ms")],
    "failover:source@6.3s",
);
const RELAYED_FILL: Story = story(
    "stale set of a reader, behind a relay",
    &[
        ("strategy", "outbox"),
        ("target", "cache"),
        ("stores", r#"{"cache": {"kind": "cache", "set_delay": "600ms"}}"#),
        (
            "workload.arrivals",
            r#"[{"at": "1.1s", "key": "a", "op": "insert"}, {"at": "2.5s", "key": "a", "op": "read"}, {"at": "2.51s", "key": "a"}]"#,
        ),
    ],
    "",
);

const COUNT: &str = r#"{"kind": "count-compare", "period": "1s"}"#;
const VERSIONS: &str = r#"{"kind": "sequence-audit", "period": "1s"}"#;
const IDS: &str = r#"{"kind": "sequence-audit", "by": "event-id", "period": "1s", "grace": "2s"}"#;
const LAG: &str = r#"{"kind": "offset-lag", "period": "1s", "threshold": 1}"#;
const POSITION: &str =
    r#"{"kind": "offset-lag", "against": "source-version", "period": "100ms", "threshold": 1, "grace": "50ms"}"#;
const FAILURES: &str = r#"{"kind": "publish-failure-rate", "period": "1s"}"#;
const AGE: &str = r#"{"kind": "outbox-age", "period": "1s", "grace": "2s"}"#;
const AGE_AT_ONCE: &str = r#"{"kind": "outbox-age", "period": "1s", "grace": "500ms"}"#;
const SUMS: &str = r#"{"kind": "checksum", "period": "1s", "grace": "2s"}"#;
const DIFF: &str = r#"{"kind": "full-diff", "period": "1s", "grace": "2s"}"#;
const ONE_WAY: &str = r#"{"kind": "full-diff", "direction": "source-to-target", "period": "1s", "grace": "2s"}"#;
/// The first canary is sent when all is over, so that the calls before are the clients'.
const CANARY: &str = r#"{"kind": "canary", "period": "8s", "grace": "2s"}"#;
/// Those whose grace is longer than what is on its way takes.
const IDS_PATIENT: &str = r#"{"kind": "sequence-audit", "by": "event-id", "period": "1s", "grace": "5s"}"#;
const POSITION_PATIENT: &str =
    r#"{"kind": "offset-lag", "against": "source-version", "period": "100ms", "grace": "5s"}"#;
const SUMS_PATIENT: &str = r#"{"kind": "checksum", "period": "1s", "grace": "5s"}"#;
const DIFF_PATIENT: &str = r#"{"kind": "full-diff", "period": "1s", "grace": "5s"}"#;
const ONE_WAY_PATIENT: &str =
    r#"{"kind": "full-diff", "direction": "source-to-target", "period": "1s", "grace": "5s"}"#;
const CANARY_PATIENT: &str = r#"{"kind": "canary", "period": "1s", "grace": "5s"}"#;

/// Detector, column of DOMAIN 3.2, runs that it sees, runs that it misses. Only sees: a tick; only misses: a cross; both: a
/// half. What is in flight is no loss: to see it is a false alarm. The count of a store is of its rows, not of its effects, so
/// that the half of the append is a cross here; and what a store shows of a repeat is the row, so that a full comparison sees
/// one only where an older row came back: a half.
type Cell = (&'static str, &'static str, &'static [&'static Story], &'static [&'static Story]);

#[rustfmt::skip]
const TABLE: &[Cell] = &[
    (COUNT,    "lost insert",  &[&LOST_INSERT_CRASH],                      &[&LOST_THEN_NEXT]),
    (COUNT,    "lost update",  &[],                                        &[&LOST_UPDATE]),
    (COUNT,    "lost delete",  &[&LOST_DELETE],                            &[&LOST_DELETE_THEN_NEXT]),
    (COUNT,    "ghost",        &[&GHOST],                                  &[&GHOST_UPDATE]),
    (COUNT,    "dup effect",   &[],                                       &[&TWICE, &TWICE_AND_LATE]),
    (COUNT,    "stale set",    &[],                                        &[&STALE_SET, &STALE_FILL]),
    (COUNT,    "lost last",    &[&LOST_LAST_INSERT],                       &[&LOST_LAST]),
    (COUNT,    "in flight",    &[&SLOW],                                   &[]),
    (VERSIONS, "lost insert",  &[&LOST_THEN_NEXT],                         &[]),
    (VERSIONS, "lost update",  &[&LOST_UPDATE_THEN_NEXT],                  &[]),
    (VERSIONS, "lost delete",  &[&LOST_DELETE_THEN_NEXT],                  &[]),
    (VERSIONS, "ghost",        &[],                                        &[&GHOST]),
    (VERSIONS, "dup effect",   &[&TWICE, &CALLED_TWICE],                  &[]),
    (VERSIONS, "stale set",    &[],                                        &[&STALE_SET, &STALE_FILL]),
    (VERSIONS, "lost last",    &[],                                        &[&LOST_LAST, &LOST_LAST_CRASH]),
    (VERSIONS, "in flight",    &[],                                        &[&SLOW]),
    (IDS,      "lost insert",  &[&LOST_INSERT, &LOST_INSERT_CRASH],        &[]),
    (IDS,      "lost update",  &[&LOST_UPDATE],                            &[]),
    (IDS,      "lost delete",  &[&LOST_DELETE],                            &[]),
    (IDS,      "ghost",        &[&GHOST, &GHOST_UPDATE],                   &[]),
    (IDS,      "dup effect",   &[&TWICE, &CALLED_TWICE],                  &[]),
    (IDS,      "stale set",    &[],                                        &[&STALE_SET, &STALE_FILL]),
    (IDS,      "lost last",    &[&LOST_LAST, &LOST_LAST_CRASH],            &[]),
    (IDS,      "in flight",    &[&SLOW],                                  &[]),
    (IDS_PATIENT,"in flight",    &[],                                       &[&SLOW]),
    (LAG,      "lost insert",  &[],                                        &[&LOST_INSERT, &LOST_INSERT_CRASH]),
    (LAG,      "lost update",  &[],                                        &[&LOST_UPDATE]),
    (LAG,      "lost delete",  &[],                                        &[&LOST_DELETE]),
    (LAG,      "ghost",        &[],                                        &[&GHOST]),
    (LAG,      "dup effect",   &[],                                       &[&TWICE]),
    (LAG,      "stale set",    &[],                                        &[&RELAYED_FILL]),
    (LAG,      "lost last",    &[],                                        &[&LOST_LAST]),
    (LAG,      "in flight",    &[&SLOW],                                  &[]),
    (POSITION, "lost insert",  &[&LOST_INSERT],                            &[&OVERTAKEN]),
    (POSITION, "lost update",  &[&LOST_UPDATE],                            &[&OVERTAKEN_UPDATE]),
    (POSITION, "lost delete",  &[&LOST_DELETE],                            &[&OVERTAKEN_DELETE]),
    (POSITION, "ghost",        &[],                                        &[&GHOST]),
    (POSITION, "dup effect",   &[],                                       &[&TWICE]),
    (POSITION, "stale set",    &[],                                        &[&STALE_SET, &STALE_FILL]),
    (POSITION, "lost last",    &[&LOST_LAST, &LOST_LAST_CRASH],            &[]),
    (POSITION, "in flight",    &[&SLOW],                                  &[]),
    (POSITION_PATIENT,"in flight",    &[],                                       &[&SLOW]),
    (FAILURES, "lost insert",  &[&LOST_INSERT],                            &[&LOST_INSERT_CRASH]),
    (FAILURES, "lost update",  &[&LOST_UPDATE],                            &[&LOST_UPDATE_CRASH]),
    (FAILURES, "lost delete",  &[&LOST_DELETE],                            &[&LOST_DELETE_CRASH]),
    (FAILURES, "ghost",        &[],                                        &[&GHOST]),
    (FAILURES, "dup effect",   &[],                                       &[&TWICE]),
    (FAILURES, "stale set",    &[],                                        &[&STALE_SET, &STALE_FILL]),
    (FAILURES, "lost last",    &[&LOST_LAST],                              &[&LOST_LAST_CRASH]),
    (FAILURES, "in flight",    &[],                                        &[&SLOW]),
    (AGE,      "stuck relay",  &[&STUCK, &DEAD],                           &[]),
    (AGE,      "id gap",       &[],                                        &[&ID_GAP]),
    (AGE,      "ghost",        &[],                                        &[&RELAYED_GHOST]),
    (AGE,      "dup effect",   &[],                                       &[&RELAYED_TWICE]),
    (AGE,      "stale set",    &[],                                        &[&RELAYED_FILL]),
    (AGE,      "lost last",    &[&DEAD_LAST],                             &[]),
    (AGE,      "in flight",    &[],                                        &[&RELAYED_LATE]),
    (AGE_AT_ONCE,"in flight",  &[&RELAYED_LATE],                           &[]),
    (SUMS,     "lost insert",  &[&LOST_INSERT, &LOST_INSERT_CRASH],        &[]),
    (SUMS,     "lost update",  &[&LOST_UPDATE],                            &[]),
    (SUMS,     "lost delete",  &[&LOST_DELETE],                            &[]),
    (SUMS,     "ghost",        &[&GHOST, &GHOST_UPDATE],                   &[]),
    (SUMS,     "dup effect",   &[&TWICE_AND_LATE],                        &[&TWICE]),
    (SUMS,     "stale set",    &[&STALE_SET, &STALE_FILL],                              &[]),
    (SUMS,     "lost last",    &[&LOST_LAST],                              &[]),
    (SUMS,     "in flight",    &[&SLOW],                                  &[]),
    (SUMS_PATIENT,"in flight",    &[],                                       &[&SLOW]),
    (DIFF,     "lost insert",  &[&LOST_INSERT, &LOST_INSERT_CRASH],        &[]),
    (DIFF,     "lost update",  &[&LOST_UPDATE],                            &[]),
    (DIFF,     "lost delete",  &[&LOST_DELETE],                            &[]),
    (DIFF,     "ghost",        &[&GHOST, &GHOST_UPDATE],                   &[]),
    (DIFF,     "dup effect",   &[&TWICE_AND_LATE],                        &[&TWICE]),
    (DIFF,     "stale set",    &[&STALE_SET, &STALE_FILL],                              &[]),
    (DIFF,     "lost last",    &[&LOST_LAST],                              &[]),
    (DIFF,     "in flight",    &[&SLOW],                                  &[]),
    (DIFF_PATIENT,"in flight",    &[],                                       &[&SLOW]),
    (ONE_WAY,  "lost insert",  &[&LOST_INSERT],                            &[]),
    (ONE_WAY,  "lost update",  &[&LOST_UPDATE],                            &[]),
    (ONE_WAY,  "lost delete",  &[],                                        &[&LOST_DELETE]),
    (ONE_WAY,  "ghost",        &[],                                        &[&GHOST]),
    (ONE_WAY,  "dup effect",   &[&TWICE_AND_LATE],                        &[&TWICE]),
    (ONE_WAY,  "stale set",    &[&STALE_SET, &STALE_FILL],                              &[]),
    (ONE_WAY,  "lost last",    &[&LOST_LAST],                              &[]),
    (ONE_WAY,  "in flight",    &[&SLOW],                                  &[]),
    (ONE_WAY_PATIENT,"in flight",    &[],                                       &[&SLOW]),
    (CANARY,   "dead pipeline", &[&DEAD],                                  &[]),
    (CANARY,   "lost insert",  &[],                                       &[&LOST_INSERT]),
    (CANARY,   "lost update",  &[],                                        &[&LOST_UPDATE]),
    (CANARY,   "lost delete",  &[],                                        &[&LOST_DELETE]),
    (CANARY,   "ghost",        &[],                                        &[&GHOST]),
    (CANARY,   "dup effect",   &[],                                       &[&TWICE]),
    (CANARY,   "stale set",    &[],                                       &[&STALE_SET, &STALE_FILL]),
    (CANARY,   "lost last",    &[&DEAD_LAST],                              &[]),
    (CANARY_PATIENT,"in flight",    &[],                                       &[&SLOW]),
];

#[test]
fn what_each_detector_sees() {
    let mut errors = String::new();
    for (detector, column, seen, missed) in TABLE {
        for (stories, want) in [(seen, true), (missed, false)] {
            for story in *stories {
                if sees(story, detector) != want {
                    let word = if want { "sees" } else { "misses" };
                    errors += &format!("{detector}: {column}: it {word} '{}' not\n", story.name);
                }
            }
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// What the stories without a fault are about, and that nothing is lost in the one of what is on its way.
#[test]
fn the_stories_are_what_they_say() {
    let told = |story: &Story| {
        let recording = run(story, COUNT, true);
        let told = recording.report();
        (told.ledger.lost, lab::rows_that_differ(told), told.stores[0].reads.stale_sets)
    };
    assert_eq!(told(&ID_GAP), (1, "missing 1".to_owned(), 0));
    assert_eq!(told(&STALE_FILL), (0, "stale 1".to_owned(), 1));
    assert_eq!(told(&RELAYED_FILL), (0, "stale 1".to_owned(), 1));
    assert_eq!(told(&RELAYED_GHOST), (0, "ghost 1".to_owned(), 0));
    assert_eq!(told(&SLOW), (0, "-".to_owned(), 0));
    assert_eq!(told(&RELAYED_LATE), (0, "-".to_owned(), 0));
    for story in [&TWICE, &CALLED_TWICE, &RELAYED_TWICE, &TWICE_AND_LATE] {
        assert_eq!(told(story), (0, "duplicate-effect 1".to_owned(), 0), "{}", story.name);
    }
}

/// The lesson of the table: no lag and no failed call, and every event lost.
#[test]
fn no_lag_with_every_event_lost() {
    let document = lab::with(&base(), &[("detectors.lag", LAG), ("faults", r#"["fail-before:app-broker*0"]"#)]);
    let recording = lab::run(&document);
    let told = recording.report();
    assert_eq!((told.ledger.lost, told.detectors[0].alarms, told.silent), (8, 0, true));
}

/// A row that is flagged while its event is on its way is a false one; with a grace above the lag there are none.
#[test]
fn false_rows_are_those_on_their_way() {
    let with = |grace: &str, recheck: &str| {
        let detector =
            format!(r#"{{"kind": "full-diff", "period": "900ms", "grace": "{grace}", "recheck": "{recheck}"}}"#);
        let settings = [
            ("workload.arrivals", "poisson(20/s)"),
            ("links.broker-search-index-consumer.latency", "200ms"),
            ("detectors.watch", detector.as_str()),
        ];
        let recording = lab::run(&lab::with(&base(), &settings));
        let told = recording.report();
        (told.detectors[0].flagged_rows, told.detectors[0].false_rows, told.detectors[0].false_alarms)
    };
    let (flagged, wrong, alarms) = with("0s", "0s");
    assert!(flagged > 50 && flagged == wrong && alarms > 0, "{flagged} {wrong} {alarms}");
    assert_eq!(with("2s", "0s"), (0, 0, 0));
    let (again, ..) = with("0s", "1s");
    assert!(again < flagged / 10, "{again} of {flagged} after a second look");
}

/// Each run: from the commit of the one event that is lost until somebody says so, in seconds.
fn detect(settings: &[(&str, &str)], runs: u64) -> Vec<f64> {
    let document = lab::document(
        r#"{"strategy": "direct-db-first", "target": "search-index", "workload": {"limit": 1, "keys": {"count": 1}},
            "stores": {"search-index": {}}, "links": {"app-search-index": {"outcomes": {"fail_before": 1}}}}"#,
    );
    let document = lab::with(&document, settings);
    let detected = |seed: u64| {
        let recording = lab::run(&document.with_seed(seed));
        recording.report().detectors[0].detect_us.map(|us| us as f64 / 1e6)
    };
    (0..runs).filter_map(detected).collect()
}

/// O15: a scan every P with a grace of g detects after g + P/2 on average and g + P at most; where it reads a share q of
/// the rows, after g + P/2 + P(1 - q)/q.
#[test]
fn o15_time_to_detect() {
    let arrivals = ("workload.arrivals", "poisson(1/m)");
    let all = [
        arrivals,
        ("duration", "15m"),
        ("detectors.watch", r#"{"kind": "full-diff", "period": "10s", "grace": "3s"}"#),
    ];
    let spans = detect(&all, 3_200);
    // An exponential time of arrival has its phase in a period a little earlier than a uniform one: P/12 * P/mean.
    let early = 10.0 / 12.0 * 10.0 / 60.0;
    Estimate::of(&spans).is("O15, all rows", 3.0 + 5.0 + early, 0.0);
    let most = spans.iter().copied().fold(0.0, f64::max);
    assert!(most <= 13.0 && most > 12.9, "at most g + P: {most}");
    let half = [
        arrivals,
        ("duration", "20m"),
        ("detectors.watch", r#"{"kind": "full-diff", "period": "10s", "grace": "3s", "sample": 0.5}"#),
    ];
    Estimate::of(&detect(&half, 12_500)).is("O15, half of the rows", 3.0 + 5.0 + 10.0 + early, 0.0);
}

/// A row that two stores miss is one key to read on the second look: its sum counts once, and each row is flagged once.
#[test]
fn a_second_look_at_two_stores() {
    let arrivals = r#"[{"at": "1s", "key": "a", "op": "insert"}, {"at": "2s", "key": "b", "op": "insert"}]"#;
    let document = lab::with(
        &base(),
        &[
            ("stores", r#"{"one": {"apply": "versioned"}, "two": {"apply": "versioned"}}"#),
            ("workload.arrivals", arrivals),
            ("detectors.sums", r#"{"kind": "checksum", "period": "5s", "grace": "1s", "recheck": "2s"}"#),
            ("detectors.diff", r#"{"kind": "full-diff", "period": "5s", "grace": "1s", "recheck": "2s"}"#),
        ],
    );
    let recording = lab::run(&lab::and_fault(&document, "fail-before:app-broker*2"));
    for detector in &recording.report().detectors {
        assert_eq!((detector.alarms, detector.false_alarms), (1, 0), "{}", detector.id);
        assert_eq!(detector.flagged_rows, 2 * detector.passes, "{}: one key of two stores at each look", detector.id);
    }
}

/// A repair that a store refused is no delivery: the event that was lost stays flagged for the audit by id.
#[test]
fn a_refused_repair_is_no_delivery() {
    let document = lab::document(
        r#"{"duration": "20s", "target": "search-index", "stores": {"search-index": {"apply": "versioned"}},
            "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert"}, {"at": "5s", "key": "a", "op": "update"}, {"at": "11.5s", "key": "a", "op": "update"}]},
            "recovery": {"mend": {"period": "10s", "grace": "1s", "repair_delay": "3s"}},
            "detectors": {"ids": {"kind": "sequence-audit", "by": "event-id", "period": "1s", "grace": "1s"}},
            "faults": ["fail-before:app-search-index*2"]}"#,
    );
    let recording = lab::run(&document);
    let records = &recording.trace().records;
    let refused = lab::of_kind(records, Kind::NotNewer).count();
    let cleared = lab::of_kind(records, Kind::AllClear).count();
    assert_eq!((refused, cleared, recording.report().ledger.lost), (1, 0, 1));
}

/// Under CDC what waits is what the connector has not heard back, and not what the slot has not confirmed: in a healthy run
/// nothing waits long, from when the connector is there; once it is gone, all does.
#[test]
fn how_long_changes_wait_for_the_connector() {
    let document = lab::document(
        r#"{"duration": "180s", "strategy": "cdc", "workload": {"arrivals": "every(1s)", "keys": {"count": 8}},
            "stores": {"search-index": {"apply": "versioned"}}, "detectors": {"age": {"kind": "outbox-age", "period": "1s"}}}"#,
    );
    let first = |settings: &[(&str, &str)]| {
        let recording = lab::run(&lab::with(&document, settings));
        let told = &recording.report().detectors[0];
        (told.alarms, told.first_alarm_us.map(|us| us / 1_000_000))
    };
    assert_eq!(first(&[]), (0, None));
    assert_eq!(first(&[("cdc.start", "90s")]), (0, None), "what was there before it is the snapshot's");
    assert_eq!(first(&[("faults", r#"["crash:connector@100.5s+100ms"]"#)]), (0, None), "it publishes some again");
    let (alarms, at) = first(&[("faults", r#"["off:connector@100.5s"]"#)]);
    assert!(alarms == 1 && at.is_some_and(|at| at > 100 && at <= 132), "{alarms} {at:?}");
    let wide = [("source.replica.mode", "sync"), ("source.replica.lag", "300ms"), ("detectors.age.period", "100ms")];
    assert_eq!(first(&wide), (0, None), "what waits for a replica is in the log, and not committed");
}

/// A cache whose entries the writer drops shows no canary, and still says which it has had.
#[test]
fn a_canary_at_a_cache_that_is_invalidated() {
    let document = lab::document(
        r#"{"duration": "60s", "target": "cache", "workload": {"arrivals": "every(1s)", "keys": {"count": 4}, "reads_per_key": "2/s"},
            "stores": {"cache": {"kind": "cache"}}, "detectors": {"canary": {"kind": "canary", "period": "5s"}}}"#,
    );
    let alarms = |document: &Document| lab::run(document).report().detectors[0].alarms;
    assert_eq!(alarms(&document), 0);
    assert_eq!(alarms(&lab::with(&document, &[("stores.cache.ttl", "2s"), ("stores.cache.on_write", "set")])), 0);
    assert_eq!(alarms(&lab::and_fault(&document, "fail-before:app-cache*0")), 1);
}

/// A person's change of a row that is locked does not happen: its fault does not strike.
#[test]
fn a_person_at_a_locked_row() {
    let document = lab::document(
        r#"{"duration": "20s", "workload": {"arrivals": [{"at": "1s", "key": "a", "op": "insert", "tx_time": "3s"}]}, "stores": {"search-index": {}}}"#,
    );
    for (fault, struck) in [("update:a@2s", 0), ("update:a@10s", 1)] {
        let recording = lab::run(&lab::and_fault(&document, fault));
        let told = recording.report();
        assert_eq!((lab::fired(told, 0), told.ledger.committed), (struck, 1 + struck), "{fault}");
    }
}
