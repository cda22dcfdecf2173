//! The small scenario in which every fault is tried: the document without its own faults and rates, with few
//! operations and short timers. Ratios matter there, not values.

use crate::kernel::sorted::sort;
use crate::kernel::time::Us;
use crate::scenario::arrivals::{self, ArrivalsText, KeyText};
use crate::scenario::kind::Kind;
use crate::scenario::options::{Row, all, literal, row};
use crate::scenario::{Document, Refusal};
use crate::strategy::StrategyId;
use serde_json::Value;

/// The small scenario, and how long its faults last.
#[derive(Clone, Debug, PartialEq)]
pub struct Small {
    /// The scenario, without faults.
    pub document: Document,
    /// How long a crashed node stays down: `explore.restart`.
    pub restart: Us,
    /// How long the first crash of two in one process takes: half the shortest span between two operations, so that the
    /// process has work again when it is back. None if all operations come at once.
    pub brief: Option<Us>,
    /// How much later a delayed message arrives: longer than the whole workload, so that it is overtaken by all that
    /// can overtake it, and where possible shorter than the callers' patience.
    pub delay: Us,
}

/// Timeouts of the database's callers: shorter than `block_after`, so that a lost request alone blocks nobody.
const SOURCE_TIMEOUT: Us = Us::millis(300);

/// Every other timeout that the document leaves at 30 s: a tenth, as `block_after` is a tenth of its default.
const OTHER_TIMEOUT: Us = Us::secs(3);

/// The timeout that is scaled if the document leaves it alone.
const LONG: &str = "30s";

/// How long the fault-free run goes on after the last operation, besides the time that two crashes take.
const MARGIN: Us = Us::secs(1);

/// How many operations a workload to explore may have: the number of runs grows with its square under two crashes.
pub const MOST_OPERATIONS: usize = 100;

/// What is tried under a strategy instead of the document itself.
pub fn small(document: &Document, strategy: StrategyId) -> Result<Small, Vec<Refusal>> {
    // What is wrong with the document is said in its own words first.
    document.plan()?;
    let workload = option(document, "explore.workload");
    let written = match arrivals::read("explore.workload", &workload)? {
        ArrivalsText::Written(list) if (1..=MOST_OPERATIONS).contains(&list.len()) => list,
        ArrivalsText::Written(_) | ArrivalsText::Process(_) => {
            let form = format!("a written list of 1 to {MOST_OPERATIONS} operations");
            return Err(vec![Refusal::form("explore.workload", &workload, form)]);
        }
    };
    let numbers = written.iter().filter_map(|op| match op.key {
        KeyText::Number(number) => Some(number),
        KeyText::Name(_) => None,
    });
    let rows_per_tx = document.get("workload.rows_per_tx").and_then(Value::as_u64).unwrap_or(1);
    let keys = numbers.chain([2, rows_per_tx]).max().unwrap_or(2);
    let times = || written.iter().map(|op| op.at);
    let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
    let restart = duration(document, "explore.restart");
    let mut base = stripped(document.with_strategy(strategy));
    let duration = last.after(restart).after(restart).after(MARGIN);
    for (path, value) in [
        ("duration", Value::from(duration.to_string())),
        ("block_after", option(document, "explore.block_after")),
        ("workload.arrivals", workload),
        ("workload.keys.count", keys.into()),
        ("outbox.poll", option(document, "explore.poll")),
        ("cdc.poll", option(document, "explore.poll")),
        ("cdc.offset_flush", option(document, "explore.flush")),
    ] {
        base.set_value(path, value)?;
    }
    scale_timeouts(&mut base)?;
    base.plan().map_err(as_typed)?;
    Ok(Small {
        document: base,
        restart,
        brief: brief(times().collect()),
        delay: last.since(first).after(Us::millis(100)),
    })
}

/// Half the shortest span between two of these times, in whole milliseconds if it has some.
fn brief(mut times: Vec<Us>) -> Option<Us> {
    sort(&mut times);
    let spans = times.windows(2).map(|two| two[1].since(two[0])).filter(|span| *span > Us::ZERO);
    let half = spans.min()?.0 / 2;
    Some(Us(if half < 1_000 { half.max(1) } else { half / 1_000 * 1_000 }))
}

/// What the document, or else the default, has at the path of a fixed option.
fn option(document: &Document, path: &str) -> Value {
    document.get(path).cloned().unwrap_or_else(|| row(path).map_or(Value::Null, |row| literal(row.default)))
}

/// The same as a time: the document has been read before, so that it is one.
fn duration(document: &Document, path: &str) -> Us {
    option(document, path).as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Takes out the document's own faults, limits and rates.
fn stripped(mut document: Document) -> Document {
    let rates = |row: &&Row| {
        let chance = matches!(row.kind, Kind::Rate | Kind::Probability);
        // Which operations come is the workload's business; how an operator looks or repairs is no fault.
        chance && !["workload.", "detectors.", "recovery."].iter().any(|block| row.path.starts_with(block))
    };
    let mut paths = vec!["faults".to_owned(), "workload.limit".to_owned()];
    paths.extend(all().filter(rates).flat_map(|row| places(&document, row.path)));
    for path in paths {
        // What is not there need not be taken out.
        drop(document.set_value(&path, Value::Null));
    }
    document
}

/// Where a document sets the option of a row.
fn places(document: &Document, pattern: &str) -> Vec<String> {
    let Some((before, after)) = pattern.split_once(".*.") else { return vec![pattern.to_owned()] };
    let members = document.get(before).and_then(Value::as_object);
    let ids = members.into_iter().flat_map(|members| members.keys());
    ids.map(|id| format!("{before}.{id}.{after}")).filter(|path| document.get(path).is_some()).collect()
}

fn scale_timeouts(document: &mut Document) -> Result<(), Vec<Refusal>> {
    for row in all().filter(|row| row.path.ends_with(".timeout") && row.default == LONG) {
        let span = if row.path == "source.timeout" { SOURCE_TIMEOUT } else { OTHER_TIMEOUT };
        let paths = match row.path.split_once(".*.") {
            None => vec![row.path.to_owned()],
            Some((map, rest)) => match document.get(map).and_then(Value::as_object) {
                Some(members) => members.keys().map(|id| format!("{map}.{id}.{rest}")).collect(),
                // Without a word of them there are stores, and no recoveries.
                None if map == "recovery" => Vec::new(),
                None => vec![row.path.to_owned()],
            },
        };
        for path in paths {
            if document.get(&path).is_none() {
                document.set_value(&path, span.to_string().into())?;
            }
        }
    }
    Ok(())
}

/// What is wrong with the small scenario stands in `explore.workload`.
fn as_typed(refusals: Vec<Refusal>) -> Vec<Refusal> {
    let renamed = |mut refusal: Refusal| {
        if let Some(rest) = refusal.path.strip_prefix("workload.arrivals") {
            refusal.path = format!("explore.workload{rest}");
        }
        refusal
    };
    refusals.into_iter().map(renamed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    #[test]
    fn own_faults_and_rates_are_gone() {
        let own = document(
            r#"{"faults": ["crash:app@1s"], "duration": "10s", "source": {"abort": 0.1, "timeout": "2s"},
                "nodes": {"app": {"crash_rate": "4/m", "workers": 3}},
                "links": {"app-broker": {"latency": "7ms", "outcomes": {"ack_lost": 0.2}, "duplicate": {"p": 0.1}}},
                "stores": {"a": {"consumer": {"timeout": "1s"}}, "b": {}}}"#,
        );
        let small = small(&own, StrategyId::Outbox).unwrap();
        let plan = small.document.plan().unwrap();
        assert_eq!(plan.strategy, StrategyId::Outbox);
        assert!(plan.faults.is_empty());
        assert_eq!(plan.source.abort, 0);
        assert!(plan.nodes.iter().all(|node| node.crash_every.is_none()));
        assert!(plan.links.iter().all(|link| link.ack_lost == 0 && link.duplicate == 0));
        // What is no fault stays; long timeouts that nobody chose are scaled.
        assert_eq!(plan.nodes[0].workers, 3);
        assert_eq!(small.document.get("links.app-broker.latency"), Some(&Value::from("7ms")));
        assert_eq!((plan.source.timeout, plan.outbox.timeout), (Us::secs(2), OTHER_TIMEOUT));
        assert_eq!((plan.stores[0].timeout, plan.stores[1].timeout), (Us::secs(1), OTHER_TIMEOUT));
        assert_eq!(plan.outbox.poll, Us::millis(100));
        assert_eq!((plan.block_after, small.restart), (Us::secs(1), Us::secs(2)));
        assert_eq!((plan.duration, small.delay), (Us::millis(5_250), Us::millis(250)));
        assert_eq!((small.brief, plan.keys()), (Some(Us::millis(25)), 2));
    }

    #[test]
    #[rustfmt::skip]
    fn refused() {
        let table = [
            (r#"{"explore": {"workload": "poisson(1/s)"}}"#, r#"explore.workload is "poisson(1/s)". It must be a written list of 1 to 100 operations."#),
            (r#"{"explore": {"workload": []}}"#,             "explore.workload is []. It must be a written list of 1 to 100 operations."),
            (r#"{"explore": {"workload": [{"at": "1s", "key": 0}]}}"#, "explore.workload[0].key is 0. It must be 1 to 2 (workload.keys.count)."),
            (r#"{"explore": {"restart": "0s"}}"#,            r#"explore.restart is "0s". It must be 1ms to 366d."#),
            (r#"{"seed": -1}"#,                              "seed is -1. It must be a whole number from 0 to 9007199254740991."),
        ];
        for (text, want) in table {
            let refusals = small(&document(text), StrategyId::DirectDbFirst).unwrap_err();
            assert_eq!(refusals.iter().map(ToString::to_string).collect::<Vec<_>>(), [want]);
        }
    }
}
