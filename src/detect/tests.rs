//! What each detector sees and misses, on observations made by hand.

use super::*;
use crate::world::observe::{CallCounters, ObservedEvent, ObservedRow, ObservedStore, Sequence};

fn store<'a>(rows: u64, offset_lag: u64, position: u64) -> ObservedStore<'a> {
    ObservedStore { rows, offset_lag, position, ..ObservedStore::default() }
}

fn value(kind: DetectorKind, seen: &Observed<'_>, settings: Settings) -> u64 {
    kind.look(seen, &settings, &mut Memory::default()).value
}

#[test]
fn counters() {
    let commits = [Us::ZERO; 40];
    let mut seen = Observed {
        now: Us::secs(10),
        source_rows: 33,
        commits: &commits,
        publish: CallCounters { ended: 32, failed: 0 },
        stores: vec![store(32, 0, 39), store(33, 2, 40)],
        ..Observed::default()
    };
    let (none, version) = (Settings::default(), Settings { source_version: true, ..Settings::default() });
    assert_eq!(value(DetectorKind::OffsetLag, &seen, none), 2);
    assert_eq!(value(DetectorKind::OffsetLag, &seen, version), 1, "the last event is missing");
    let patient = Settings { grace: Us::secs(11), ..version };
    assert_eq!(value(DetectorKind::OffsetLag, &seen, patient), 0, "it may be on its way");
    assert_eq!(value(DetectorKind::CountCompare, &seen, none), 1);
    let mut memory = Memory::default();
    let mut rate = |seen: &Observed<'_>| DetectorKind::PublishFailureRate.look(seen, &none, &mut memory);
    assert_eq!(rate(&seen), Look::of(0, 32), "a crash is no failed call");
    seen.publish = CallCounters { ended: 40, failed: 3 };
    assert_eq!(rate(&seen), Look::of(3, 8));
    assert_eq!(rate(&seen), Look::of(0, 0), "since the last look");
}

/// Source and store of one row, when each was changed, what `full-diff` both ways, one way, and `checksum` say at 10 s.
#[test]
#[rustfmt::skip]
fn rows() {
    let row = |content: u32, changed: u64| ObservedRow { present: content > 0, version: content, content, changed: Us::secs(changed) };
    let grace = Us::secs(5);
    // source,    store,     a cache, both, one way, checksum
    let table = [
        (row(1, 1), row(1, 1), false, 0, 0, 0),
        (row(1, 1), row(0, 0), false, 1, 1, 1),
        (row(1, 1), row(0, 0), true,  0, 0, 0),
        (row(2, 1), row(1, 0), true,  1, 1, 1),
        (row(0, 1), row(1, 1), false, 1, 0, 1),
        (row(0, 0), row(0, 0), false, 0, 0, 0),
        (row(2, 6), row(1, 1), false, 0, 0, 0), // Changed within the grace.
        (row(0, 0), row(1, 6), false, 0, 0, 0), // The store's was.
    ];
    for (ours, theirs, misses, both, one_way, checksum) in table {
        let at = ObservedStore { misses, table: vec![theirs], ..ObservedStore::default() };
        let seen = Observed { now: Us::secs(10), keys: vec![Key(0)], source: vec![ours], stores: vec![at], ..Observed::default() };
        let settings = Settings { grace, ..Settings::default() };
        let got = (
            value(DetectorKind::FullDiff, &seen, settings),
            value(DetectorKind::FullDiff, &seen, Settings { one_way: true, ..settings }),
            value(DetectorKind::Checksum, &seen, settings),
        );
        assert_eq!(got, (both, one_way, checksum), "{ours:?} {theirs:?}");
    }
}

/// Two stores, of which one has no row of three: what is counted is out of the rows, or buckets, of both.
#[test]
fn out_of_how_many() {
    let row = |content: u32| ObservedRow { present: content > 0, version: content, content, changed: Us::ZERO };
    let (whole, empty) = (vec![row(1), row(2), row(3)], vec![row(0); 3]);
    let at = |table: &[ObservedRow]| ObservedStore { table: table.to_vec(), ..ObservedStore::default() };
    let keys = (0..3).map(Key).collect();
    let seen = Observed { keys, source: whole.clone(), stores: vec![at(&whole), at(&empty)], ..Observed::default() };
    for (kind, words) in [(DetectorKind::FullDiff, "3 of 6 rows"), (DetectorKind::Checksum, "3 of 128 checksums")] {
        let look = kind.look(&seen, &Settings::default(), &mut Memory::default());
        assert_eq!(kind.words(look.value, look.of), format!("{words} differ"));
    }
}

/// The first event there is, of the first key: a row like every other, and not the sum of none.
#[test]
fn the_first_row_has_a_sum() {
    let row = ObservedRow { present: true, version: 1, content: 0, changed: Us::ZERO };
    let at = ObservedStore { table: vec![ObservedRow::default()], ..ObservedStore::default() };
    let seen = Observed { keys: vec![Key(0)], source: vec![row], stores: vec![at], ..Observed::default() };
    assert_eq!(value(DetectorKind::Checksum, &seen, Settings::default()), 1);
}

/// What came of one event, committed or not, as the audit by event id sees it; and the audit by version.
#[test]
#[rustfmt::skip]
fn audits() {
    // committed, times, effects, flagged
    let table = [
        (true,  1, false, 0),
        (true,  0, false, 1),
        (true,  2, false, 0),
        (true,  2, true,  1),
        (false, 0, false, 0),
        (false, 1, false, 1),
    ];
    for (committed, times, effects, flagged) in table {
        let events = [ObservedEvent { committed: if committed { Us::secs(1) } else { Us::NEVER }, key: Key(0) }];
        let inbox = [(times, Us::secs(2))];
        let at = ObservedStore { effects, inbox: &inbox, ..ObservedStore::default() };
        let seen = Observed { now: Us::secs(10), events: &events, stores: vec![at], ..Observed::default() };
        let settings = Settings { by_event: true, grace: Us::secs(3), ..Settings::default() };
        let mut memory = Memory::default();
        for look in 0..2 {
            let got = DetectorKind::SequenceAudit.look(&seen, &settings, &mut memory);
            assert_eq!(got.value, flagged, "{committed} {times} {effects}, look {look}");
        }
        let young = Settings { grace: Us::secs(60), ..settings };
        assert_eq!(value(DetectorKind::SequenceAudit, &seen, young), u64::from(effects && times > 1), "{committed} {times}");
    }
    let sequences = [Sequence { highest: 3, gaps: vec![2], repeats: 0 }, Sequence { highest: 3, gaps: vec![], repeats: 1 }];
    let at = |effects| ObservedStore { effects, sequences: &sequences, ..ObservedStore::default() };
    let seen = |effects| Observed { stores: vec![at(effects)], ..Observed::default() };
    assert_eq!(value(DetectorKind::SequenceAudit, &seen(false), Settings::default()), 1);
    assert_eq!(value(DetectorKind::SequenceAudit, &seen(true), Settings::default()), 2);
}

#[test]
fn what_waits() {
    let canaries = [Us::secs(1), Us::secs(4), Us::secs(9)];
    let at = ObservedStore { canary: 1, ..ObservedStore::default() };
    let seen = Observed {
        now: Us::secs(10),
        waiting: vec![Us::secs(1), Us::secs(9)],
        canaries: &canaries,
        stores: vec![at],
        ..Observed::default()
    };
    let settings = Settings { grace: Us::secs(5), ..Settings::default() };
    assert_eq!(DetectorKind::OutboxAge.look(&seen, &settings, &mut Memory::default()), Look::of(1, 2));
    assert_eq!(DetectorKind::Canary.look(&seen, &settings, &mut Memory::default()), Look::of(1, 2));
}
