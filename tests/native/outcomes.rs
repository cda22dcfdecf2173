//! Each of the five outcomes of a call (DOMAIN 1.3), at each call that any strategy makes: what is left at the end.
//!
//! One client inserts one row. The fault strikes the first call of its kind, by its number on the link.

use crate::lab;
use driftscope::run::recording::Recording;
use driftscope::scenario::Document;
use driftscope::world::record::{Kind, Parcel};

fn base(strategy: &str, target: &str) -> Document {
    let document = lab::document(
        r#"{"duration": "20s", "workload": {"arrivals": [{"at": "1s", "key": "row", "op": "insert"}], "client": {"timeout": "8s"}},
            "stores": {"search-index": {"consumer": {"timeout": "300ms"}}},
            "source": {"timeout": "300ms"}, "direct": {"retry": {"timeout": "300ms"}},
            "outbox": {"poll": "1s", "phase": "0s", "timeout": "300ms", "schedule": "fixed-rate"}}"#,
    );
    lab::with(&document, &[("strategy", strategy), ("target", target)])
}

/// A call: its name, strategy, target, link, the number of its first message there, further options.
struct Call {
    name: &'static str,
    strategy: &'static str,
    target: &'static str,
    link: &'static str,
    number: u32,
    options: &'static [(&'static str, &'static str)],
}

const AGAIN: &[(&str, &str)] = &[("direct.retry.attempts", "2")];
const CLIENT_AGAIN: &[(&str, &str)] = &[("workload.client.retries", "1"), ("workload.client.timeout", "1s")];

#[rustfmt::skip]
const CALLS: [Call; 18] = [
    Call { name: "write",                 strategy: "direct-db-first",     target: "broker",       link: "app-source",       number: 1, options: &[] },
    Call { name: "commit",                strategy: "direct-db-first",     target: "broker",       link: "app-source",       number: 2, options: &[] },
    Call { name: "commit, client again",  strategy: "direct-db-first",     target: "broker",       link: "app-source",       number: 2, options: CLIENT_AGAIN },
    Call { name: "publish",               strategy: "direct-db-first",     target: "broker",       link: "app-broker",       number: 1, options: &[] },
    Call { name: "publish, 2 attempts",   strategy: "direct-db-first",     target: "broker",       link: "app-broker",       number: 1, options: AGAIN },
    Call { name: "apply",                 strategy: "direct-db-first",     target: "search-index", link: "app-search-index", number: 1, options: &[] },
    Call { name: "apply, 2 attempts",     strategy: "direct-db-first",     target: "search-index", link: "app-search-index", number: 1, options: AGAIN },
    Call { name: "publish first",         strategy: "direct-broker-first", target: "broker",       link: "app-broker",       number: 1, options: &[] },
    Call { name: "write second",          strategy: "direct-broker-first", target: "broker",       link: "app-source",       number: 1, options: &[] },
    Call { name: "commit second",         strategy: "direct-broker-first", target: "broker",       link: "app-source",       number: 2, options: &[] },
    Call { name: "apply first",           strategy: "direct-broker-first", target: "search-index", link: "app-search-index", number: 1, options: &[] },
    Call { name: "enqueue",               strategy: "outbox",              target: "broker",       link: "app-source",       number: 2, options: &[] },
    Call { name: "commit with outbox",    strategy: "outbox",              target: "broker",       link: "app-source",       number: 3, options: &[] },
    Call { name: "claim",                 strategy: "outbox",              target: "broker",       link: "relay-source",     number: 3, options: &[] },
    Call { name: "publish by relay",      strategy: "outbox",              target: "broker",       link: "relay-broker",     number: 1, options: &[] },
    Call { name: "mark",                  strategy: "outbox",              target: "broker",       link: "relay-source",     number: 4, options: &[] },
    Call { name: "deliver",               strategy: "outbox",              target: "broker",       link: "broker-search-index-consumer", number: 1, options: &[] },
    Call { name: "apply by consumer",     strategy: "outbox",              target: "broker",       link: "search-index-consumer-search-index", number: 1, options: &[] },
];

/// The outcomes, as the faults are called; the first is the call that goes well.
const OUTCOMES: [&str; 5] = ["ok", "fail-before", "ack-lost", "timeout", "late"];

/// Call, outcome; verdict; events; rows that differ for good; what the client was told.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("write",                "ok",          "consistent", "1",                "-",         "ok 1"),
    ("write",                "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("write",                "ack-lost",    "consistent", "0",                "-",         "unknown 1"),
    ("write",                "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("write",                "late",        "consistent", "0",                "-",         "unknown 1"),
    ("commit",               "ok",          "consistent", "1",                "-",         "ok 1"),
    ("commit",               "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("commit",               "ack-lost",    "diverged",   "1, lost 1",        "missing 1", "unknown 1"),
    ("commit",               "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("commit",               "late",        "diverged",   "1, lost 1",        "missing 1", "unknown 1"),
    ("commit, client again", "ok",          "consistent", "1",                "-",         "ok 1"),
    ("commit, client again", "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("commit, client again", "ack-lost",    "consistent", "2, lost 1",        "-",         "ok 1"),
    ("commit, client again", "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("commit, client again", "late",        "diverged",   "1, lost 1",        "missing 1", "unknown 1"),
    ("publish",              "ok",          "consistent", "1",                "-",         "ok 1"),
    ("publish",              "fail-before", "diverged",   "1, lost 1",        "missing 1", "failed 1"),
    ("publish",              "ack-lost",    "consistent", "1",                "-",         "unknown 1"),
    ("publish",              "timeout",     "diverged",   "1, lost 1",        "missing 1", "unknown 1"),
    ("publish",              "late",        "consistent", "1",                "-",         "unknown 1"),
    ("publish, 2 attempts",  "ok",          "consistent", "1",                "-",         "ok 1"),
    ("publish, 2 attempts",  "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("publish, 2 attempts",  "ack-lost",    "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("publish, 2 attempts",  "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("publish, 2 attempts",  "late",        "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("apply",                "ok",          "consistent", "1",                "-",         "ok 1"),
    ("apply",                "fail-before", "diverged",   "1, lost 1",        "missing 1", "failed 1"),
    ("apply",                "ack-lost",    "consistent", "1",                "-",         "unknown 1"),
    ("apply",                "timeout",     "diverged",   "1, lost 1",        "missing 1", "unknown 1"),
    ("apply",                "late",        "consistent", "1",                "-",         "unknown 1"),
    ("apply, 2 attempts",    "ok",          "consistent", "1",                "-",         "ok 1"),
    ("apply, 2 attempts",    "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("apply, 2 attempts",    "ack-lost",    "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("apply, 2 attempts",    "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("apply, 2 attempts",    "late",        "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("publish first",        "ok",          "consistent", "1",                "-",         "ok 1"),
    ("publish first",        "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("publish first",        "ack-lost",    "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("publish first",        "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("publish first",        "late",        "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("write second",         "ok",          "consistent", "1",                "-",         "ok 1"),
    ("write second",         "fail-before", "diverged",   "0, ghost 1",       "ghost 1",   "failed 1"),
    ("write second",         "ack-lost",    "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("write second",         "timeout",     "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("write second",         "late",        "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("commit second",        "ok",          "consistent", "1",                "-",         "ok 1"),
    ("commit second",        "fail-before", "diverged",   "0, ghost 1",       "ghost 1",   "failed 1"),
    ("commit second",        "ack-lost",    "consistent", "1",                "-",         "unknown 1"),
    ("commit second",        "timeout",     "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("commit second",        "late",        "consistent", "1",                "-",         "unknown 1"),
    ("apply first",          "ok",          "consistent", "1",                "-",         "ok 1"),
    ("apply first",          "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("apply first",          "ack-lost",    "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("apply first",          "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("apply first",          "late",        "diverged",   "0, ghost 1",       "ghost 1",   "unknown 1"),
    ("enqueue",              "ok",          "consistent", "1",                "-",         "ok 1"),
    ("enqueue",              "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("enqueue",              "ack-lost",    "consistent", "0",                "-",         "unknown 1"),
    ("enqueue",              "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("enqueue",              "late",        "consistent", "0",                "-",         "unknown 1"),
    ("commit with outbox",   "ok",          "consistent", "1",                "-",         "ok 1"),
    ("commit with outbox",   "fail-before", "consistent", "0",                "-",         "failed 1"),
    ("commit with outbox",   "ack-lost",    "consistent", "1",                "-",         "unknown 1"),
    ("commit with outbox",   "timeout",     "consistent", "0",                "-",         "unknown 1"),
    ("commit with outbox",   "late",        "consistent", "1",                "-",         "unknown 1"),
    ("claim",                "ok",          "consistent", "1",                "-",         "ok 1"),
    ("claim",                "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("claim",                "ack-lost",    "consistent", "1",                "-",         "ok 1"),
    ("claim",                "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("claim",                "late",        "consistent", "1",                "-",         "ok 1"),
    ("publish by relay",     "ok",          "consistent", "1",                "-",         "ok 1"),
    ("publish by relay",     "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("publish by relay",     "ack-lost",    "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("publish by relay",     "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("publish by relay",     "late",        "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("mark",                 "ok",          "consistent", "1",                "-",         "ok 1"),
    ("mark",                 "fail-before", "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("mark",                 "ack-lost",    "consistent", "1",                "-",         "ok 1"),
    ("mark",                 "timeout",     "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("mark",                 "late",        "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("deliver",              "ok",          "consistent", "1",                "-",         "ok 1"),
    ("deliver",              "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("deliver",              "ack-lost",    "consistent", "1",                "-",         "ok 1"),
    ("deliver",              "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("deliver",              "late",        "consistent", "1",                "-",         "ok 1"),
    ("apply by consumer",    "ok",          "consistent", "1",                "-",         "ok 1"),
    ("apply by consumer",    "fail-before", "consistent", "1",                "-",         "ok 1"),
    ("apply by consumer",    "ack-lost",    "consistent", "1, duplicates 1",  "-",         "ok 1"),
    ("apply by consumer",    "timeout",     "consistent", "1",                "-",         "ok 1"),
    ("apply by consumer",    "late",        "consistent", "1, duplicates 1",  "-",         "ok 1"),
];

fn end(recording: &Recording) -> (String, String, String, String) {
    let told = recording.report();
    assert!(told.invariants.iter().all(|law| law.holds), "{:?}", told.invariants);
    assert!(told.simulated_us < 60_000_000, "nothing hangs: the run ends at {} us", told.simulated_us);
    let events = lab::events_that_differ(&told.ledger);
    let events = format!("{}{}{events}", told.ledger.committed, if events == "-" { "" } else { ", " });
    (
        told.verdict.id().to_owned(),
        events.trim_end_matches('-').to_owned(),
        lab::rows_that_differ(told),
        lab::clients(told),
    )
}

#[test]
fn five_outcomes_at_every_call() {
    let (mut report, mut rows) = (String::new(), TABLE.iter());
    for call in CALLS {
        for outcome in OUTCOMES {
            let mut document = lab::with(&base(call.strategy, call.target), call.options);
            if outcome != "ok" {
                document = lab::and_fault(&document, &format!("{outcome}:{}*{}", call.link, call.number));
            }
            let recording = lab::run(&document);
            if outcome != "ok" {
                assert_eq!(lab::fired(recording.report(), 0), 1, "{} {outcome}", call.name);
            }
            let (verdict, events, bad, client) = end(&recording);
            let now = format!("({:?}, {outcome:?}, {verdict:?}, {events:?}, {bad:?}, {client:?})", call.name);
            let want = rows.next().map(|row| format!("{row:?}"));
            if want.as_ref() != Some(&now) {
                report += &format!("  was {}\n  now {now},\n", want.unwrap_or_default());
            }
        }
    }
    assert!(report.is_empty() && rows.next().is_none(), "{report}");
}

/// The fault strikes the call that the table names: the message of that number on that link carries that parcel.
#[test]
fn the_numbers_name_the_calls() {
    for call in CALLS {
        let recording = lab::run(&lab::with(&base(call.strategy, call.target), call.options));
        let plan = recording.plan();
        let link = plan.links.iter().position(|link| link.id == call.link).unwrap();
        let sent = lab::of_kind(&recording.trace().records, Kind::Sent);
        let requests = sent.filter(|record| record.link.index() == link && !Parcel::is_answer(record.detail));
        let parcel =
            requests.map(|record| Parcel::ALL[usize::from(record.detail)]).nth(call.number as usize - 1).unwrap();
        let word = call.name.split([' ', ',']).next().unwrap();
        let want = if word == "enqueue" { "outbox row" } else { word };
        assert_eq!(parcel.id(), want, "{}", call.name);
    }
}

/// Offsets have no number on their link: their outcomes are drawn. Under some seed the one commit of an offset meets
/// each; a failed one costs nothing, since nobody crashes.
#[test]
fn outcomes_of_a_commit_of_an_offset() {
    for outcome in ["fail_before", "ack_lost", "timeout_no_effect", "late_effect"] {
        let option = format!("links.broker-search-index-consumer.outcomes.{outcome}");
        let document = lab::with(&base("direct-db-first", "broker"), &[(&option, "0.5")]);
        let struck = |recording: &Recording| {
            let records = &recording.trace().records;
            let of =
                |kind, parcel: Parcel| lab::of_kind(records, kind).filter(move |r| r.detail == parcel as u8).count();
            let offset = lab::of_kind(records, Kind::TimedOut).count() + of(Kind::Dropped, Parcel::CommitOffset);
            offset > 0 && of(Kind::Dropped, Parcel::Deliver) == 0
        };
        let found = (0..200).map(|seed| lab::run(&document.with_seed(seed))).find(struck);
        let recording = found.unwrap_or_else(|| panic!("{outcome} never struck the commit of an offset"));
        let (verdict, events, bad, client) = end(&recording);
        assert_eq!(
            (verdict.as_str(), events.as_str(), bad.as_str(), client.as_str()),
            ("consistent", "1", "-", "ok 1"),
            "{outcome}"
        );
    }
}
