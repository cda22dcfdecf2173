//! Retention and reset, through scenario documents.

use crate::run::recording::Recording;
use crate::run::report::Verdict;
use crate::scenario::presets;
use crate::world::record::Kind;

fn run(settings: &[(&str, &str)]) -> Recording {
    let mut document = presets::find("retention-expired").unwrap().document();
    for (path, value) in settings {
        document.set(path, value).unwrap();
    }
    let recording = Recording::run(document.plan().unwrap());
    for invariant in &recording.report().invariants {
        assert!(invariant.holds, "{settings:?} {invariant:?}");
    }
    recording
}

/// The consumer is down from 10 s to 26 s; what it loses, by what is kept and where it goes on.
#[test]
#[rustfmt::skip]
fn what_a_consumer_out_of_range_loses() {
    let table: [(&[(&str, &str)], usize, usize, u64); 8] = [
        // options                                                       expired, passed over, lost
        (&[],                                                            3, 4, 7),
        (&[("broker.reset", "earliest")],                                3, 0, 3),
        (&[("broker.segment", "1"), ("broker.reset", "earliest")],       4, 0, 4),
        (&[("broker.segment", "1")],                                     4, 3, 7),
        (&[("broker.segment", "20")],                                    0, 0, 0), // the active segment is kept
        (&[("broker.segment", "\"10s\"")],                               0, 0, 0),
        (&[("broker.retention_check", "\"30s\"")],                       0, 0, 0), // nobody has looked yet
        (&[("broker.retention", "\"40s\"")],                             0, 0, 0),
    ];
    for (settings, expired, passed, lost) in table {
        let recording = run(settings);
        let of = |kind: Kind| recording.trace().records.iter().filter(|record| record.kind == kind).count();
        let got = (of(Kind::Expired), of(Kind::PassedOver), recording.report().ledger.lost);
        assert_eq!(got, (expired, passed, lost), "{settings:?}");
        assert_eq!(recording.report().ledger.in_flight, 0, "{settings:?}");
    }
}

#[test]
fn retention_expired() {
    let recording = run(&[]);
    let report = recording.report();
    assert_eq!((report.verdict, report.silent), (Verdict::Diverged, true));
    assert!(report.ledger.lost >= 2 && report.ledger.superseded > 0, "{:?}", report.ledger);
    let causes: Vec<&str> = report.stores[0].witnesses.iter().map(|witness| witness.cause.as_str()).collect();
    assert!(
        causes.contains(
            &"the search index was never told of order-5 version 1: the broker deleted it at 20.000 s, 8.994 s after the \
              commit, unread, with its segment."
        ),
        "{causes:?}"
    );
    assert!(
        causes.contains(
            &"the search index was never told of order-8 version 1: the consumer of search-index found its offset deleted \
              at 26.000 s and jumped to the log's end, past what was still there."
        ),
        "{causes:?}"
    );
}
