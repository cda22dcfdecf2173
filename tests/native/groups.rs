//! Consumer groups: who is found dead and when, what a zombie does to each kind of store, and what a handover costs.

use crate::{books, lab};
use driftscope::kernel::time::Us;
use driftscope::run::recording::{Recording, Subject};
use driftscope::run::report::Report;
use driftscope::scenario::Document;
use driftscope::scenario::presets::find;
use driftscope::world::ids::NodeId;
use driftscope::world::record::{Kind, Record};
use serde_json::json;

const CONSUMER: &str = "stores.search-index.consumer";

fn zombie(options: &[(&str, &str)]) -> Recording {
    kept(lab::run(&lab::with(&find("zombie-consumer").unwrap().document(), options)))
}

/// A run that breaks no law.
fn kept(run: Recording) -> Recording {
    assert!(run.report().invariants.iter().all(|law| law.holds), "{:?}", run.report().invariants);
    assert_eq!(books::the_dead_do_nothing(run.plan(), &run.trace().records), Ok(()));
    run
}

/// The member that a record of the broker is about.
fn whom(run: &Recording, record: &Record) -> NodeId {
    run.plan().far_end(record.link)
}

fn of(run: &Recording, kind: Kind) -> Vec<Record> {
    lab::of_kind(&run.trace().records, kind).copied().collect()
}

fn said(report: &Report) -> (String, String) {
    (lab::rows_that_differ(report), lab::events_that_differ(&report.ledger))
}

/// A store with a group, fed by the outbox: nothing is lost upstream.
fn fed(members: u64, partitions: u64, options: &[(&str, &str)]) -> Document {
    let base = lab::document(
        &json!({
            "strategy": "outbox", "seed": 5, "duration": "40s", "drain_limit": "10m",
            "workload": { "arrivals": "every(200ms)", "keys": { "count": 6 } },
            "outbox": { "poll": "100ms" }, "broker": { "partitions": partitions },
            "stores": { "search-index": { "apply": "blind", "consumer": { "members": members } } },
        })
        .to_string(),
    );
    lab::with(&base, options)
}

#[test]
fn a_zombie_sets_a_blind_row_back_and_harms_no_versioned_one() {
    let expect = [
        ("blind", "stale 1", "duplicates 1"),
        ("versioned", "-", "duplicates 1"),
        ("increment", "duplicate-effect 1", "duplicates 1"),
    ];
    for (apply, rows, events) in expect {
        let run = zombie(&[("stores.search-index.apply", apply)]);
        assert_eq!(said(run.report()), (rows.to_owned(), events.to_owned()), "{apply}");
        assert_eq!(of(&run, Kind::CommitRefused).len(), 1, "{apply}");
    }
    let run = zombie(&[("stores.search-index.apply", "increment"), ("stores.search-index.inbox.window", "1h")]);
    assert_eq!(lab::rows_that_differ(run.report()), "-", "an inbox knows what the other member has brought");
    // Fast enough for the interval, it is no zombie.
    let run = zombie(&[(&format!("{CONSUMER}.max_poll_interval"), "11s")]);
    assert_eq!(said(run.report()), ("-".to_owned(), "-".to_owned()));
    assert!(of(&run, Kind::MemberOut).is_empty());
}

#[test]
fn a_zombie_is_out_when_its_interval_is_over_and_joins_when_it_polls() {
    let run = zombie(&[]);
    let (out, refused, joined) = (of(&run, Kind::MemberOut), of(&run, Kind::CommitRefused), of(&run, Kind::Joined));
    assert_eq!((out.len(), out[0].detail, joined.len()), (1, 1, 1));
    let polled = lab::of_kind(&run.trace().records, Kind::Polled).filter(|record| record.node == whom(&run, &out[0]));
    let last = polled.filter(|record| record.at < out[0].at).last().unwrap();
    assert_eq!(out[0].at, last.at.after(Us::secs(5)), "five seconds after its poll");
    assert!(refused[0].at <= joined[0].at && joined[0].node == whom(&run, &out[0]), "refused, then it polls and joins");
    let moved: Vec<(u32, bool)> = of(&run, Kind::Assigned)
        .iter()
        .filter(|record| record.detail == 0)
        .map(|record| (record.extra, whom(&run, record) == whom(&run, &out[0])))
        .collect();
    assert_eq!(moved, [(0, false), (0, true)], "its partition went to the other member, and came back");
    let why = run.why(&Subject::Worst, Us::secs(24));
    assert!(
        why.sentence.contains("search-index-consumer sent it, which was out of its consumer group since"),
        "{}",
        why.sentence
    );
    assert!(
        why.steps
            .iter()
            .any(|step| step.record.is_some_and(|id| run.trace().records[id.index()].kind == Kind::MemberOut))
    );
    let facts = |at: Us| {
        let frame = run.frame(at);
        let node = |id: &str| frame.nodes.iter().find(|node| node.id == id).unwrap().facts.clone();
        [node("search-index-consumer"), node("search-index-consumer-2")].map(|facts| facts[0].1.clone())
    };
    assert_eq!(facts(Us::secs(1)), ["0", "1"]);
    assert_eq!(facts(out[0].at.after(Us::secs(1))), ["none", "0, 1"]);
    assert_eq!(facts(Us::secs(24)), ["0", "1"]);
}

/// A consumer that dies is found dead one session after its last heartbeat; another goes on from the committed offset.
#[test]
fn a_dead_member_is_replaced_after_its_session() {
    for (heartbeat, session, out_at) in
        [("3s", "6s", Us::secs(15)), ("2s", "6s", Us::secs(16)), ("3s", "10s", Us::secs(19))]
    {
        let (session, heartbeat) =
            ((format!("{CONSUMER}.session_timeout"), session), (format!("{CONSUMER}.heartbeat"), heartbeat));
        let document = fed(2, 2, &[(&session.0, session.1), (&heartbeat.0, heartbeat.1)]);
        let run = kept(lab::run(&lab::and_fault(&document, "off:search-index-consumer@11500ms")));
        let out = of(&run, Kind::MemberOut);
        assert_eq!((out.len(), out[0].at, out[0].detail), (1, out_at, 0), "the last heartbeat was at 9 s or 10 s");
        let taken = of(&run, Kind::Assigned).into_iter().find(|record| record.detail == 0).unwrap();
        assert_eq!((taken.at, taken.extra), (out_at, 0));
        assert_ne!(whom(&run, &taken), whom(&run, &out[0]));
        let report = run.report();
        assert_eq!((report.ledger.lost, report.ledger.in_flight), (0, 0));
        assert_eq!((lab::rows_that_differ(report), report.ledger.reordered), ("-".to_owned(), 0), "per key in order");
    }
}

/// A single member that is back within its session goes on at once, as it did before there were groups.
#[test]
fn who_is_back_in_time_keeps_its_partitions() {
    for members in [1, 2] {
        let document = fed(members, 2, &[]);
        let run = kept(lab::run(&lab::and_fault(&document, "crash:search-index-consumer@10s+5s")));
        assert!(of(&run, Kind::MemberOut).is_empty());
        assert!(of(&run, Kind::Rewound).iter().all(|record| record.at == Us::secs(15)));
        assert_eq!(lab::rows_that_differ(run.report()), "-");
    }
}

/// Cut off from the broker it is out as well, and cannot know; once it can reach the broker it joins.
#[test]
fn who_cannot_be_heard_is_out() {
    let document = fed(2, 2, &[(&format!("{CONSUMER}.session_timeout"), "6s")]);
    let run = kept(lab::run(&lab::and_fault(&document, "cut:broker-search-index-consumer@11500ms+10s")));
    let (out, joined) = (of(&run, Kind::MemberOut), of(&run, Kind::Joined));
    assert_eq!((out.len(), out[0].at), (1, Us::secs(15)));
    assert_eq!((joined.len(), joined[0].at), (1, Us(21_500_000)));
    assert_eq!(lab::rows_that_differ(run.report()), "-");
    // The broker that is down finds nobody dead; a new one gives everybody a new session.
    let run = kept(lab::run(&lab::and_fault(&document, "crash:broker@11500ms+20s")));
    assert!(of(&run, Kind::MemberOut).is_empty());
}

/// A member that is cut off when its interval is over leaves as soon as it is heard, though its session goes on.
#[test]
fn a_zombie_that_was_cut_off_is_out_when_it_is_heard() {
    let in_time = of(&zombie(&[]), Kind::MemberOut)[0].at;
    let cut = format!("cut:broker-search-index-consumer@{}us+2s", in_time.0 - 1_000_000);
    let run = kept(lab::run(&lab::and_fault(&find("zombie-consumer").unwrap().document(), &cut)));
    let out = of(&run, Kind::MemberOut);
    assert_eq!((out.len(), out[0].at, out[0].detail), (1, in_time.after(Us::secs(1)), 1));
    assert_eq!(of(&run, Kind::CommitRefused).len(), 1);
}

/// A member polls while the broker is down: it can tell nobody what it gives up. Once the broker is back, it does.
#[test]
fn a_broker_that_is_down_hands_nothing_over() {
    let busy = [
        (&format!("{CONSUMER}.commit")[..], "auto"),
        (&format!("{CONSUMER}.process"), "1500ms"),
        (&format!("{CONSUMER}.max_poll"), "1"),
        (&format!("{CONSUMER}.session_timeout"), "6s"),
    ];
    let document = lab::and_fault(&fed(2, 2, &busy), "cut:broker-search-index-consumer-2@5s+10s");
    let back = |run: &Recording| {
        let joined = of(run, Kind::Joined)[0].at;
        let given = of(run, Kind::Assigned).into_iter().find(|record| record.at >= joined).unwrap();
        (joined, given.at)
    };
    let (joined, given) = back(&kept(lab::run(&document)));
    assert!(given > joined.after(Us(1_000)) && given < joined.after(Us::secs(5)), "{joined} {given}");
    let crash = format!("crash:broker@{}us+5s", joined.0 + 1_000);
    let run = kept(lab::run(&lab::and_fault(&document, &crash)));
    let (again, given) = back(&run);
    assert!(again == joined && given >= joined.after(Us(5_001_000)), "{joined} {given}");
}

/// Who is down, but not for a whole session yet, is given what another leaves: the broker's word, not a dead member's.
#[test]
fn who_is_down_within_its_session_may_be_given_a_partition() {
    let document = fed(3, 3, &[(&format!("{CONSUMER}.session_timeout"), "6s")]);
    let document = lab::and_fault(&document, "off:search-index-consumer@11500ms");
    let run = kept(lab::run(&lab::and_fault(&document, "crash:search-index-consumer-2@14s+2s")));
    let out = of(&run, Kind::MemberOut);
    assert_eq!((out.len(), out[0].at), (1, Us::secs(15)));
    let given: Vec<_> = of(&run, Kind::Assigned).into_iter().filter(|record| record.at == out[0].at).collect();
    assert!(given.iter().any(|record| run.plan().node_name(whom(&run, record)) == "search-index-consumer-2"));
    assert_eq!((lab::rows_that_differ(run.report()), run.report().ledger.lost), ("-".to_owned(), 0));
}

/// Each partition is read by one member, in order, whatever the number of members; idle ones have none.
#[test]
fn any_number_of_members_reads_everything_once() {
    let one = kept(lab::run(&fed(1, 3, &[]))).report().ledger.delivered;
    for members in [2, 3, 5] {
        let run = kept(lab::run(&fed(members, 3, &[])));
        let report = run.report();
        assert_eq!((report.ledger.delivered, report.ledger.duplicates, report.ledger.reordered), (one, 0, 0));
        let starts: Vec<_> = of(&run, Kind::Assigned).iter().map(|record| whom(&run, record)).collect();
        assert_eq!(starts.len(), 3);
        assert_eq!(starts[0] == starts[1], members == 2, "range: 0 and 1 to the first of two");
    }
}

/// Slower than its interval with whatever a poll returns, a group of one never gets on: its commit is always refused.
#[test]
fn a_batch_that_takes_too_long_is_read_for_ever() {
    let slow = [(&format!("{CONSUMER}.process")[..], "400ms"), (&format!("{CONSUMER}.max_poll_interval"), "1s")];
    let fault = "crash:search-index-consumer@5s+5s";
    let stuck = kept(lab::run(&lab::and_fault(&fed(1, 1, &slow), fault)));
    assert!(of(&stuck, Kind::CommitRefused).len() > 5, "the backlog of the crash comes with every poll");
    assert_eq!(of(&stuck, Kind::DrainEnded)[0].detail, 1, "it goes on until the drain's limit");
    assert_eq!(stuck.report().ledger.lost, 0);
    // The cure that everybody gives: fewer records a poll.
    let cured = [slow[0], slow[1], (&format!("{CONSUMER}.max_poll"), "2")];
    let run = kept(lab::run(&lab::and_fault(&fed(1, 1, &cured), fault)));
    assert!(of(&run, Kind::CommitRefused).is_empty() && of(&run, Kind::DrainEnded)[0].detail == 0);
}

/// What is read again takes a time of its own: a batch that was too slow once is not for ever.
#[test]
fn a_batch_that_was_too_slow_once_is_done_when_it_is_read_again() {
    for option in ["service", "consumer.process"] {
        let option = format!("stores.search-index.{option}");
        let often = [(&option[..], "uniform(1ms,30ms)"), (&format!("{CONSUMER}.max_poll_interval"), "30ms")];
        let document = lab::with(&fed(1, 1, &often), &[("workload.arrivals", "poisson(25/s)"), ("duration", "1s")]);
        let mut late = 0;
        for seed in 0..20 {
            let run = kept(lab::run(&lab::with(&document, &[("seed", &seed.to_string())])));
            late += of(&run, Kind::MemberOut).len();
            assert_eq!(of(&run, Kind::DrainEnded)[0].detail, 0, "{option}, seed {seed}: it gets on");
        }
        assert!(late > 20, "{option}: {late} times too slow");
    }
}

/// What a zombie of a consumer that commits first has committed, it applies; what it may not commit, another does.
#[test]
fn at_most_once_stays_so() {
    let late = [
        (&format!("{CONSUMER}.commit")[..], "before"),
        (&format!("{CONSUMER}.process"), "exp(300ms)"),
        (&format!("{CONSUMER}.max_poll_interval"), "700ms"),
    ];
    let run = kept(lab::run(&fed(3, 3, &late)));
    assert!(!of(&run, Kind::MemberOut).is_empty());
    let ledger = &run.report().ledger;
    assert_eq!((ledger.lost, ledger.duplicates), (0, 0), "nobody crashed");
}

#[test]
fn a_store_that_emits_has_one_member() {
    let document = lab::document(
        r#"{"stores": {"cache": {}, "search-index": {"emits_to": "cache", "consumer": {"members": 2}}}}"#,
    );
    let refusals = lab::lines(&document.plan().unwrap_err());
    assert!(refusals.contains("A store that emits to another has a consumer group of one member."), "{refusals}");
}
