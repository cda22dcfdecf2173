//! Several runs of one scenario, told apart: the first change that ends differently, and what there is to say of all.

use super::frame::{Headline, RowState, Story, Strip};
use super::narrate::path_end;
use super::recording::Recording;
use super::report::Verdict;
use super::words::{count, instant, list};
use crate::kernel::time::Us;
use crate::truth::checks::{self, Fate};
use crate::world::ids::{EventId, OpKind, RecordId};
use crate::world::record::{CANARY, Kind, Record};

/// How a change ends at a store, the worst last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Nothing was committed, and nothing arrived.
    #[default]
    Nothing,
    /// It arrived.
    Arrived,
    /// It was still on its way at the end.
    OnItsWay,
    /// It arrived more than once where each time counts.
    Twice,
    /// It arrived and was never committed.
    Ghost,
    /// It was committed and never arrived.
    Lost,
}

/// The change of one request at one store.
#[derive(Clone, Copy, Debug)]
struct Ending {
    end: End,
    /// How often it arrived.
    times: u32,
    /// When that was decided; [`Us::NEVER`]: never.
    at: Us,
    /// The record that decided it.
    record: RecordId,
    committed: Us,
}

impl Default for Ending {
    fn default() -> Ending {
        Ending { end: End::Nothing, times: 0, at: Us::NEVER, record: RecordId::NONE, committed: Us::NEVER }
    }
}

/// By request: how its change ends at a store.
fn endings(run: &Recording, store: usize, requests: usize) -> Vec<Ending> {
    let ledger = &run.trace().ledger;
    let mut endings = vec![Ending::default(); requests];
    let Some(at_store) = ledger.stores.get(store) else { return endings };
    for (index, event) in ledger.events.iter().enumerate() {
        let Some(ending) = endings.get_mut(event.request as usize) else { continue };
        let (id, seen) = (EventId(index as u32), at_store.seen(EventId(index as u32)));
        ending.times += seen.count;
        let (end, at, record) = match (event.is_committed(), seen.count > 0) {
            (true, true) if at_store.effects && ending.times > 1 => (End::Twice, seen.last, seen.record),
            (true, true) => (End::Arrived, seen.first, seen.record),
            (true, false) if !at_store.owes(id) => (End::Nothing, Us::NEVER, RecordId::NONE),
            (true, false) if checks::fate(at_store, id) == Fate::InFlight => (End::OnItsWay, Us::NEVER, RecordId::NONE),
            (true, false) => (End::Lost, event.ended, event.end),
            (false, true) => (End::Ghost, seen.first, seen.record),
            (false, false) => (End::Nothing, Us::NEVER, RecordId::NONE),
        };
        // Of several attempts of one request the one that arrived counts, and a second one that counts again.
        let better = ending.end == End::Nothing || matches!((ending.end, end), (End::Lost | End::Ghost, End::Arrived));
        if better || end == End::Twice {
            (ending.end, ending.at, ending.record) = (end, at, record);
        }
        ending.committed = ending.committed.min(event.committed);
    }
    endings
}

/// The first change that ends differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The number of the change, from 1 in order of arrival.
    pub number: u32,
    /// Its row.
    pub key: String,
    /// When it reached the app.
    pub at: Us,
    /// When the fates part.
    pub parts: Us,
    /// `Changes 1 to 83 end the same in all three runs. Change 84 reaches the app at 12.493 s:`
    pub sentence: String,
    /// By run: `lost: the app crashed`.
    pub fates: Vec<String>,
}

/// The first change, by its number in the workload, whose fate is not the same in all runs, at the first store that
/// tells them apart; `None` if there is none.
#[must_use]
pub fn parting(runs: &[&Recording]) -> Option<Parting> {
    let requests = runs.iter().map(|run| requests(run)).max()?;
    let stores = runs.iter().map(|run| run.trace().ledger.stores.len()).max()?;
    // By store, then run.
    let all: Vec<Vec<Vec<Ending>>> =
        (0..stores).map(|store| runs.iter().map(|run| endings(run, store, requests)).collect()).collect();
    let differs = |at: usize| all.iter().position(|runs| runs.iter().any(|run| run[at].end != runs[0][at].end));
    let (number, store) = (0..requests).find_map(|number| Some((number, differs(number)?)))?;
    let asked = runs.iter().find_map(|run| Some((*run, change(run, |record| record.value == number as u64)?)));
    let (key, at) =
        asked.map_or((String::new(), Us::ZERO), |(run, record)| (run.plan().key_name(record.key), record.at));
    let ends: Vec<Ending> = all[store].iter().map(|run| run[number]).collect();
    let most = ends.iter().map(|ending| ending.end).max()?;
    let decided = ends.iter().filter(|ending| ending.end == most).map(|ending| ending.at).min();
    let together = if runs.len() == 2 { "both runs".to_owned() } else { format!("all {} runs", runs.len()) };
    let before = match number {
        0 => "The first change ends differently.".to_owned(),
        1 => format!("Change 1 ends the same in {together}."),
        n => format!("Changes 1 to {n} end the same in {together}."),
    };
    Some(Parting {
        number: number as u32 + 1,
        key,
        at,
        parts: decided.filter(|decided| *decided != Us::NEVER).unwrap_or(at),
        sentence: format!("{before} Change {} reaches the app at {}:", number + 1, instant(at)),
        fates: runs.iter().zip(&ends).map(|(run, ending)| fate(run, store, ending)).collect(),
    })
}

/// How many requests the workload sent.
fn requests(run: &Recording) -> usize {
    let numbers = run.trace().ledger.events.iter().map(|event| event.request).filter(|request| *request < CANARY);
    let asked = change(run, |_| false).is_some();
    numbers.max().map_or(usize::from(asked), |most| most as usize + 1)
}

/// The first attempt of a change that fits.
fn change(run: &Recording, fits: impl Fn(&Record) -> bool) -> Option<&Record> {
    run.trace().records.iter().find(|record| is_change(record) && fits(record))
}

fn is_change(record: &Record) -> bool {
    matches!(record.kind, Kind::Requested | Kind::Refused) && record.extra <= 1 && record.value < u64::from(CANARY)
}

fn fate(run: &Recording, store: usize, ending: &Ending) -> String {
    let stores = &run.plan().stores;
    let whom = if stores.len() > 1 { format!(" in {}", stores[store].id) } else { String::new() };
    let when = || instant(Us(ending.at.0 / 1_000 * 1_000));
    match ending.end {
        End::Nothing => "was never committed".to_owned(),
        End::Arrived => format!("arrives{whom} at {}", when()),
        End::OnItsWay => format!("is still on its way{whom} at the end"),
        End::Twice => format!("arrives{whom} {} times, and counts each time", ending.times),
        End::Ghost => format!("arrives{whom} at {}, and was never committed", when()),
        End::Lost => {
            let record = run.trace().records.get(ending.record.index());
            let how = record.map_or_else(String::new, |r| path_end(run.plan(), run.trace(), r, ending.committed));
            format!("is lost{whom}: {how}")
        }
    }
}

/// The last change that reached the app: `change 84, insert product-17, at 12.493 s`.
#[must_use]
pub fn last_change(run: &Recording, at: Us) -> String {
    let records = &run.trace().records[..run.records_until(at)];
    let Some(record) = records.iter().rfind(|record| is_change(record)) else { return "no change yet".to_owned() };
    let kind = OpKind::ALL.get(usize::from(record.op_detail())).map_or("", |kind| kind.id());
    let name = run.plan().key_name(record.key);
    format!("change {}, {kind} {name}, at {}", record.value + 1, instant(record.at))
}

/// What stands beside a strip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Rows that differ, with their keys: `1 missing: 17`; empty if there are none.
    pub long: String,
    /// The same without keys: `1 missing`.
    pub short: String,
    /// `11 on their way`; empty if there are none.
    pub late: String,
}

/// Whether a run shows a row that differs in that way at an instant.
#[must_use]
pub fn shows(run: &Recording, state: RowState, at: Us) -> bool {
    run.judgement().rows_at(at).any(|(store, _, shown)| store < run.plan().stores.len() && shown == state)
}

/// What stands beside a strip: rows that differ, and rows on their way.
#[must_use]
pub fn note(story: &Story, strip: &Strip) -> Note {
    let of = |state: RowState| strip.cells.iter().zip(&story.keys).filter(move |(cell, _)| cell.state == state);
    let mut words = Note::default();
    for state in RowState::WORST {
        let keys: Vec<&str> = of(state).map(|(_, (_, short))| short.as_str()).collect();
        if keys.is_empty() {
            continue;
        }
        let more = if keys.len() > 3 { format!(", +{} more", keys.len() - 3) } else { String::new() };
        let comma = if words.long.is_empty() { "" } else { "; " };
        let (n, word, first) = (keys.len(), state.word(), keys[..keys.len().min(3)].join(", "));
        words.long.push_str(&format!("{comma}{n} {word}: {first}{more}"));
        words.short.push_str(&format!("{comma}{n} {word}"));
    }
    if strip.in_flight > 0 {
        words.late = format!("{} on their way", strip.in_flight);
    }
    words
}

/// The headline over several runs, and what there is to see at an instant.
#[must_use]
pub fn headline(runs: &[&Recording], at: Us) -> Headline {
    let who = |verdict: Verdict, say: &dyn Fn(&Recording) -> String| {
        let fits = runs.iter().copied().filter(|run| run.report().verdict == verdict);
        fits.map(say).collect::<Vec<String>>()
    };
    let name = |run: &Recording| run.report().strategy.clone();
    let mut source = String::new();
    for (words, who) in [("Nothing wrong", who(Verdict::Consistent, &name)), ("Blocked", who(Verdict::Blocked, &name))]
    {
        if !who.is_empty() {
            let apart = if source.is_empty() { "" } else { " " };
            source.push_str(&format!("{apart}{words}: {}.", list(&who)));
        }
    }
    let wrong = who(Verdict::Diverged, &|run| {
        let (rows, _) = run.judgement().counts(run.story().ends);
        format!("{}, {}", run.report().strategy, count(u64::from(rows), "row"))
    });
    let store = if wrong.is_empty() { String::new() } else { format!("Wrong for good: {}.", wrong.join("; ")) };
    Headline { source, store, paragraph: format!("Same scenario, same seed, same faults. {}", spoken(runs, at)) }
}

/// What the screen reader says of several runs at an instant.
#[must_use]
pub fn spoken(runs: &[&Recording], at: Us) -> String {
    let mut text = format!("At {}", instant(at));
    for run in runs {
        let (differs, late) = run.judgement().counts(at);
        let rows = match (differs, late) {
            (0, 0) => "nothing differs".to_owned(),
            (0, late) => format!("{} on the way", count(u64::from(late), "row")),
            (n, 0) => format!("{} wrong", count(u64::from(n), "row")),
            (n, late) => format!("{} wrong, {late} on the way", count(u64::from(n), "row")),
        };
        let comma = if text.contains(':') { ";" } else { "," };
        text.push_str(&format!("{comma} {}: {rows}", run.report().strategy));
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;
    use crate::strategy::StrategyId;

    fn run(preset: &str, strategy: StrategyId) -> Recording {
        Recording::run(presets::find(preset).unwrap().document().with_strategy(strategy).plan().unwrap())
    }

    #[test]
    fn the_first_change_that_ends_differently() {
        let runs =
            [StrategyId::DirectDbFirst, StrategyId::Outbox, StrategyId::Cdc].map(|s| run("missing-search-index", s));
        let runs: Vec<&Recording> = runs.iter().collect();
        let found = parting(&runs).unwrap();
        assert_eq!((found.key.as_str(), found.parts), ("product-17", Us(12_500_000)));
        assert!(found.at < found.parts, "{found:?}");
        assert!(found.fates[0].starts_with("is lost: the app crashed at 12.500 s"), "{found:?}");
        assert!(found.fates[1..].iter().all(|fate| fate.starts_with("arrives at 12.")), "{found:?}");
        assert!(found.sentence.contains(&format!("Changes 1 to {} end the same in all 3 runs.", found.number - 1)));
        assert_eq!(parting(&[runs[1], runs[1]]), None);
        assert_eq!(parting(&[]), None);
        // What is asked is the same in every run, up to there and beyond.
        for at in (0..=found.at.0 / 100_000).map(|tenth| Us(tenth * 100_000)) {
            assert_eq!(last_change(runs[0], at), last_change(runs[1], at));
        }
        assert_eq!(last_change(runs[0], Us::ZERO), "no change yet");
        assert!(
            last_change(runs[0], found.at).starts_with(&format!("change {}, insert product-17, at ", found.number))
        );
    }

    #[test]
    fn words_over_several_runs() {
        let (direct, outbox) =
            (run("missing-search-index", StrategyId::DirectDbFirst), run("missing-search-index", StrategyId::Outbox));
        let words = headline(&[&direct, &outbox], Us::secs(60));
        assert_eq!(words.source, "Nothing wrong: outbox.");
        assert_eq!(words.store, "Wrong for good: direct-db-first, 1 row.");
        let said = spoken(&[&direct, &outbox], Us::secs(60));
        assert_eq!(said, "At 60.000 s, direct-db-first: 1 row wrong; outbox: nothing differs.");
        let strip = &direct.frame(Us::secs(60)).strips[1];
        let Note { long, short, late } = note(direct.story(), strip);
        assert_eq!((long.as_str(), short.as_str(), late.as_str()), ("1 missing: 17", "1 missing", ""));
        assert!(shows(&direct, RowState::Missing, Us::secs(60)) && !shows(&outbox, RowState::Missing, Us::secs(60)));
    }

    /// Effects are no rows: one row may have had its effect three times.
    #[test]
    fn the_headline_counts_rows() {
        let mut more = 0;
        for lost in [0, 20] {
            let mut document = presets::find("retries-duplicate-effects").unwrap().document();
            for number in 1..=lost {
                document.add_fault(&format!("ack-lost:app-broker*{number}")).unwrap();
            }
            let run = Recording::run(document.plan().unwrap());
            let (report, rows) = (run.report(), run.judgement().counts(run.story().ends).0);
            let effects: u64 = report.stores.iter().map(|store| store.duplicate_effects).sum();
            more += u32::from(effects > u64::from(rows));
            let words = headline(&[&run], Us::ZERO).store;
            let want = format!("Wrong for good: {}, {}.", report.strategy, count(u64::from(rows), "row"));
            assert_eq!(words, want, "{effects} effects in {rows} rows");
        }
        assert!(more > 0, "in one there are more effects than rows");
    }

    /// Stuck at one store in both runs, at the other in one: it is the other that tells them apart.
    #[test]
    fn the_store_that_differs_is_the_one_shown() {
        let with = |faults: &[&str]| {
            let mut document = presets::find("outbox").unwrap().document();
            document.set("stores.cache", "{}").unwrap();
            for fault in faults {
                document.add_fault(fault).unwrap();
            }
            Recording::run(document.plan().unwrap())
        };
        let stuck = "poison:search-index-consumer-search-index*1";
        let (one, both) = (with(&[stuck]), with(&[stuck, "poison:cache-consumer-cache*1"]));
        let found = parting(&[&one, &both]).unwrap();
        assert!(found.fates[0].starts_with("arrives in cache at "), "{found:?}");
        assert!(found.fates[1].starts_with("is still on its way in cache "), "{found:?}");
    }
}
