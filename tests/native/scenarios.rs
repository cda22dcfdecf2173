//! Documents and links from outside: the folders of valid and invalid ones, and whatever chance may type.

use crate::lab;
use driftscope::kernel::time::Us;
use driftscope::scenario::permalink::{self, Extras};
use driftscope::scenario::presets::PRESETS;
use driftscope::scenario::{Document, Refusal, options, schema};
use driftscope::strategy::StrategyId;
use driftscope::world::record::Kind;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(name)
}

fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    driftscope::kernel::sorted::sort(&mut files);
    assert!(!files.is_empty(), "{name} has files");
    files
}

fn lines(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("{refusal}\n")).collect()
}

/// Each document of `invalid` is refused with exactly the lines of the text beside it.
#[test]
fn invalid_documents() {
    let mut report = String::new();
    for path in files("invalid", "json") {
        let refusals = Document::from_bytes(&fs::read(&path).unwrap()).and_then(|document| document.plan().map(|_| ()));
        let got = lines(&refusals.expect_err(&format!("{} is refused", path.display())));
        let text = path.with_extension("txt");
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            fs::write(&text, &got).unwrap();
        }
        let want = fs::read_to_string(&text).unwrap_or_default();
        if got != want {
            report += &format!("{}\nwas\n{want}now\n{got}\n", path.display());
        }
    }
    assert!(
        report.is_empty(),
        "{report}If meant: UPDATE_SCENARIOS=1 cargo test --test native scenarios; read git diff"
    );
}

/// Each document of `valid` has a plan under every strategy, and a link that opens as the same plan.
#[test]
fn valid_documents() {
    for path in files("valid", "json") {
        let document = Document::from_bytes(&fs::read(&path).unwrap());
        let document = document.unwrap_or_else(|refusals| panic!("{}: {}", path.display(), lines(&refusals)));
        for strategy in StrategyId::ALL {
            let mut document = document.with_strategy(*strategy);
            // PostgreSQL and Kafka cannot prepare as they come: a document has to switch that on.
            if *strategy == StrategyId::TwoPhaseCommit {
                document.set("source.max_prepared_transactions", "10").unwrap();
                document.set("broker.xa", "true").unwrap();
            }
            let plan = document.plan().unwrap_or_else(|refusals| panic!("{}: {}", path.display(), lines(&refusals)));
            let opened = permalink::decode(&permalink::encode(&document, &Extras::default()));
            assert_eq!(opened.refusals, [], "{}", path.display());
            assert_eq!(opened.document.unwrap().plan(), Ok(plan), "{}", path.display());
        }
    }
}

/// Each document of `regressions` showed a bug that is fixed: every law holds, and the drain ends by itself, with nothing
/// left over.
#[test]
fn regressions() {
    for path in files("regressions", "json") {
        let document = Document::from_bytes(&fs::read(&path).unwrap());
        let document = document.unwrap_or_else(|refusals| panic!("{}: {}", path.display(), lines(&refusals)));
        let recording = lab::run(&document);
        let report = recording.report();
        let broken: Vec<_> = report.invariants.iter().filter(|law| !law.holds).collect();
        assert!(broken.is_empty(), "{}: {broken:?}", path.display());
        assert_eq!(report.ledger.in_flight, 0, "{}", path.display());
        assert_eq!(report.verdict.id(), "consistent", "{}", path.display());
        let last = recording.trace().records.last().map(|record| (record.kind, record.detail));
        assert_eq!(last, Some((Kind::DrainEnded, 0)), "{} runs to the drain's limit", path.display());
    }
}

/// Links of version 1 open for ever, as what stands beside them: a patch against a preset, and an instant.
#[test]
fn links_of_version_1() {
    let text = fs::read_to_string(folder("links").join("version-1.json")).unwrap();
    let Value::Array(corpus) = serde_json::from_str(&text).unwrap() else { panic!("a list of links") };
    for case in corpus {
        let link = case["link"].as_str().unwrap();
        let opened = permalink::decode(link);
        assert_eq!(opened.refusals, [], "{link}");
        let preset = case["preset"].as_str().map(|id| driftscope::scenario::presets::find(id).unwrap().document());
        let mut want = preset.unwrap_or_default();
        want.merge_patch(case["patch"].as_object().unwrap());
        assert_eq!(opened.document, Some(want), "{link}");
        assert_eq!(opened.extras.at, case["at"].as_str().map(|at| at.parse::<Us>().unwrap()), "{link}");
    }
}

/// `static/schema.json` is what the table of options says.
#[test]
fn the_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/schema.json");
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        fs::write(&path, schema::text()).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == schema::text(), "UPDATE_SCENARIOS=1 cargo test --test native scenarios");
}

/// Runs a property as often as the soak or the usual test asks for, and prints what failed.
fn check<S: Strategy>(usual: u32, soak: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let cases = if std::env::var_os("DRIFTSCOPE_SOAK").is_some() { soak } else { usual };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = crate::invariants::runner(config).run(strategy, property) {
        panic!("{error}");
    }
}

/// Words that stand in documents, right or wrong.
fn word() -> impl Strategy<Value = String> {
    let mut words: Vec<String> = options::all().flat_map(|row| row.path.split('.')).map(str::to_owned).collect();
    words.extend(["search-index", "cache", "app", "app-source", "app-search-index", "relay"].map(str::to_owned));
    prop_oneof![4 => prop::sample::select(words), 1 => "[ -~]{0,8}"]
}

/// Values that stand in documents, right or wrong.
fn leaf() -> impl Strategy<Value = Value> {
    const TEXTS: &[&str] = &[
        "1ms",
        "0s",
        "12.5",
        "-1s",
        "99999999999d",
        "exp(5ms)",
        "lognormal(2ms,0.6)",
        "poisson(10/s)",
        "every(1us)",
        "bursts(99,1ms)",
        "4/d",
        "1000000/s",
        "outbox",
        "direct-broker-first",
        "broker",
        "search-index",
        "cache",
        "blind",
        "crash:app@1s",
        "crash:relay@relay.after-ack-before-mark*0",
        "late:app-source*2+1s",
        "update:key-3@2s",
        "zipf(0.99)",
        "random",
        "fifo",
        "versioned",
        "",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0u32..100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        "[ -~]{0,20}".prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// What was read can be printed and read again; a refusal names its place.
fn well_behaved(document: &Document) -> Result<(), TestCaseError> {
    match document.plan() {
        Ok(plan) => {
            prop_assert!(plan.nodes.len() <= 4 + 2 * 64 && plan.links.len() <= 4 + 3 * 64);
            prop_assert!(plan.keys() <= 200_000);
        }
        Err(refusals) => {
            prop_assert!(!refusals.is_empty());
            for refusal in refusals {
                prop_assert!(!refusal.path.is_empty() && refusal.to_string().len() < 4_000, "{}", refusal);
            }
        }
    }
    Ok(())
}

/// Any JSON object: a plan or refusals, no panic.
#[test]
fn any_json() {
    check(2_000, 100_000, &prop::collection::vec((word(), json()), 0..8), |members| {
        let text = Value::from(members.into_iter().collect::<Map<_, _>>()).to_string();
        well_behaved(&Document::parse(&text).map_err(|refusals| TestCaseError::fail(lines(&refusals)))?)
    });
}

/// Presets with options set to whatever: the same.
#[test]
fn changed_presets() {
    let paths: Vec<String> = options::all().map(|row| row.path.to_owned()).collect();
    let change = (prop_oneof![3 => prop::sample::select(paths), 1 => "[a-z*.0-9-]{0,24}"], leaf());
    let strategy = (prop::sample::select(PRESETS), prop::collection::vec(change, 0..4));
    check(2_000, 20_000, &strategy, |(preset, changes)| {
        let mut document = preset.document();
        for (path, value) in changes {
            let before = document.clone();
            if document.set_value(&path, value).is_err() {
                prop_assert_eq!(&document, &before, "a refused change changes nothing");
            }
        }
        well_behaved(&document)?;
        let opened = permalink::decode(&permalink::encode(&document, &Extras::default()));
        prop_assert_eq!(opened.document.is_some(), true);
        Ok(())
    });
}

/// Bytes, and documents with bytes changed, cut off or doubled: a document or a refusal, no panic.
#[test]
fn any_bytes() {
    let garbage = prop::collection::vec(any::<u8>(), 0..200);
    let damaged =
        (prop::sample::select(PRESETS), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(preset, at, end, byte)| {
                let mut bytes = preset.text.as_bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                bytes.truncate(bytes.len().max(1) - end.index(bytes.len()) / 8);
                bytes
            });
    check(4_000, 200_000, &prop_oneof![garbage, damaged], |bytes| match Document::from_bytes(&bytes) {
        Ok(document) => well_behaved(&document),
        Err(refusals) => {
            prop_assert!(!refusals.is_empty());
            Ok(())
        }
    });
}

/// Random fragments, and links with characters changed: something opens or a refusal says why not.
#[test]
fn any_link() {
    let parts = "(seed|strategy|faults|at|compare|view|theme|h|direct.gap|links.*.latency|stores.a.kind|[a-z.*]{0,9})";
    let pair = format!("{parts}=[ -~]{{0,12}}");
    let ids: Vec<&str> = PRESETS.iter().map(|preset| preset.id).chain(["", "~1", "~"]).collect();
    let readable = (prop::sample::select(ids), prop::collection::vec(pair.as_str(), 0..5))
        .prop_map(|(id, pairs)| format!("#{id}?{}", pairs.join("&")));
    let packed = ("[A-Za-z0-9_-]{0,80}").prop_map(|text| format!("#~1{text}"));
    let bent = (prop::sample::select(PRESETS), any::<u64>(), any::<prop::sample::Index>(), "[ -~]").prop_map(
        |(preset, seed, at, letter)| {
            let mut document = Document::parse(preset.text).unwrap();
            document.set("seed", &seed.to_string()).unwrap();
            let link = permalink::encode(&document, &Extras::default());
            let at = at.index(link.len());
            format!("{}{letter}{}", &link[..at], &link[at + 1..])
        },
    );
    check(4_000, 100_000, &prop_oneof![readable, packed, bent, "\\PC{0,40}"], |link| {
        let opened = permalink::decode(&link);
        let empty = link.split_once('#').map_or(link.as_str(), |(_, fragment)| fragment).is_empty();
        prop_assert!(opened.document.is_some() || !opened.refusals.is_empty() || empty, "{}", link);
        if let Some(document) = &opened.document {
            well_behaved(document)?;
        }
        Ok(())
    });
}

/// Documents made to cost much: they are refused in a moment and in a few lines.
#[test]
fn costly_documents() {
    let long = "x".repeat(500_000);
    let many = |format: fn(usize) -> String| (0..60_000).map(format).collect::<Vec<_>>().join(",");
    let stores = (0..64).map(|n| format!("\"s{n}\":{{}}")).collect::<Vec<_>>().join(",");
    let documents = [
        format!("{{{}}}", many(|n| format!("\"a{n}\":{n}"))),
        format!("{{\"stores\":{{{stores}}},\"links\":{{{}}}}}", many(|n| format!("\"a{n}\":0"))),
        format!("{{\"stores\":{{{}}}}}", many(|n| format!("\"a{n}\":0"))),
        format!("{{\"links\":{{\"{long}\":{{{}}}}}}}", many(|n| format!("\"{n}\":0"))),
        format!("{{\"{long}\":{{{}}}}}", vec!["\"a\":0"; 60_000].join(",")),
        format!("{{\"faults\":[{}]}}", vec!["\"crash:ap@1s\""; 1_000].join(",")),
        format!("{{\"workload\":{{\"arrivals\":[{}]}}}}", vec!["{\"at\":1}"; 60_000].join(",")),
        "{\"a\":".repeat(127) + "1" + &"}".repeat(127),
    ];
    for document in documents {
        let read = Document::parse(&document).and_then(|document| document.plan());
        let refusals = read.expect_err("refused");
        let size: usize = refusals.iter().map(|refusal| refusal.to_string().len()).sum();
        assert!(size < 30_000_000, "{size} bytes for {}", document.chars().take(40).collect::<String>());
    }
}
