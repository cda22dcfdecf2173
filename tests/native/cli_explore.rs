//! `explore`, `shrink`, `sweep` and `merge` as a person meets them: status, stdout, stderr, files.

use crate::cli::{Said, folder, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Three operations: few runs.
const SMALL: &str = r#"explore.workload=[{"at":"100ms","key":1,"op":"insert"},{"at":"200ms","key":1},{"at":"300ms","key":1,"op":"delete"}]"#;

fn json(args: &[&str]) -> Value {
    let Said { status, out, err } = run(args);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{args:?}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}\n{out}"))
}

fn explored(more: &[&str]) -> Said {
    run(&[&["explore", "missing-search-index", "--set", SMALL], more].concat())
}

/// What cannot be understood as a command is 2; what is refused is 1, with argument, value and what is allowed.
#[test]
#[rustfmt::skip]
fn refused() {
    let usage: [&[&str]; 6] = [
        &["explore"], &["explore", "outbox", "--format", "csv"], &["shrink", "outbox", "--format", "junit"],
        &["sweep", "outbox"], &["merge"], &["sweep", "outbox", "--seeds", "0..1", "--format", "trace"],
    ];
    for args in usage {
        let Said { status, out, err } = run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    }
    let table: [(&[&str], &str); 16] = [
        (&["explore", "outbox", "--faults", "3"],        "--faults is \"3\". It must be one of 1, 2."),
        (&["explore", "outbox", "--strategy", "al"],     "--strategy is \"al\". It must be one of direct-db-first,"),
        (&["explore", "outbox", "--expect", "fine"],     "--expect is \"fine\". It must be one of consistent, diverged, blocked."),
        (&["explore", "outbox", "--jobs", "0"],          "--jobs is \"0\". It must be a whole number from 1 to 1024."),
        (&["explore", "outbox", "--runs", "-"],          "--runs is \"-\". It must be a whole number from 1 to 1000000."),
        (&["explore", "outbox", "--set", "explore.workload=every(5ms)"], "explore.workload is \"every(5ms)\". It must be a written list"),
        (&["explore", "outbx"],                          "scenario is \"outbx\". There is no such preset"),
        (&["shrink", "outbox", "--anomaly", "sad"],      "--anomaly is \"sad\". It must be one of missing,"),
        (&["shrink", "missing-search-index", "--strategy", "outbox"], "scenario is consistent. Nothing is wrong in this run"),
        (&["sweep", "outbox", "--seeds", "5"],           "--seeds is \"5\". It must be A..B, from A and below B, such as 0..1000."),
        (&["sweep", "outbox", "--seeds", "5..5"],        "--seeds is 5..5. Seeds are A..B, half open"),
        (&["sweep", "outbox", "--seeds", "0..2", "--vary", "outbox.poll"], "--vary is \"outbox.poll\". It must be PATH=VALUE,VALUE,..."),
        (&["sweep", "outbox", "--seeds", "0..2", "--vary", "outbox.pol=1s"], "outbox.pol is \"1s\". There is no such option"),
        (&["sweep", "outbox", "--seeds", "0..2", "--metric", "ledger.lots"], "--metric is \"ledger.lots\". There is no such metric"),
        (&["merge", "/no/such/file"],                    "FILE is \"/no/such/file\". It cannot be read:"),
        (&["merge", "Cargo.toml"],                       "FILE is \"Cargo.toml\". It must be what sweep --format json writes:"),
    ];
    for (args, want) in table {
        let Said { status, out, err } = run(args);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        assert!(err.starts_with(want) && err.lines().count() == 1, "{args:?}: {err}");
    }
}

/// The contract's shape, the same with one thread and with three, and every cell's link opens.
#[test]
fn cells() {
    let args = ["explore", "missing-search-index", "--strategy", "all", "--set", SMALL, "--format", "json", "--jobs"];
    let one = json(&[&args[..], &["1"]].concat());
    assert!(one == json(&[&args[..], &["3"]].concat()), "the number of threads changes the result");
    let cells = one["cells"].as_array().unwrap();
    assert_eq!((&one["complete"], &one["runs"]), (&Value::from(true), &Value::from(cells.len())));
    assert_eq!(one["strategies"].as_array().unwrap().len(), driftscope::strategy::StrategyId::ALL.len());
    for member in ["strategy", "fault", "pass", "verdict", "anomalies", "scenario"] {
        assert!(cells.iter().all(|cell| !cell[member].is_null()), "{member}");
    }
    let missing = &one["witnesses"]["missing"];
    assert_eq!(missing["strategy"], "direct-db-first");
    let report = json(&["run", missing["scenario"].as_str().unwrap(), "--format", "json"]);
    assert_eq!((&report["verdict"], &report["faults"][0]["fault"]), (&missing["verdict"], &missing["fault"]));
}

/// Every strategy is a column, every line of the matrix as wide as its neighbours need.
#[test]
fn the_matrix_is_aligned() {
    let Said { status, out, err } = explored(&["--strategy", "all"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let head = out.lines().find(|line| line.contains("  direct-db-first  ")).unwrap();
    let rows = |start: &str| out.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    let (app, relay) = (rows("  app."), rows("  relay."));
    assert!(app.len() >= 3 && relay.len() >= 3, "{out}");
    for strategy in ["direct-db-first", "outbox", "cdc"] {
        let at = head.find(strategy).unwrap();
        for row in app.iter().chain(&relay) {
            assert!(
                row.len() > at && row.as_bytes()[at - 1] == b' ' && row.as_bytes()[at] != b' ',
                "{strategy}: {row}"
            );
        }
    }
    let lost = rows("  app.after-commit-before-publish")[0];
    assert!(lost[head.find("direct-db-first").unwrap()..].starts_with("missing"), "{lost}");
    for part in
        ["complete: ", "none skipped", "  nothing fails ", "\nLegend\n", "driftscope run '#missing-search-index?"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
}

/// The legend says times as every other sentence does, and what was not tried; a strategy that cannot run the scenario is
/// left out with the reason, in every format, and the others are searched.
#[test]
fn the_legend_and_what_is_left_out() {
    let file = folder("left-out").join("empty.json");
    fs::write(&file, "{}").unwrap();
    let explored = |more: &[&str]| {
        let args = ["explore", file.to_str().unwrap(), "--strategy", "all", "--set", SMALL];
        let Said { status, out, err } = run(&[&args[..], more].concat());
        assert_eq!((status, err.as_str()), (Some(0), ""), "{more:?}");
        out
    };
    let text = explored(&[]);
    for part in [
        "a run takes 5.3 s.",
        "\nLeft out: they cannot run this scenario\n  two-phase-commit: source.max_prepared_transactions is 0. With 0,",
        "\n  Not tried: offset commits that fail, other failures of a push than its delay,",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("none skipped; ") && !text.contains("0ms"), "{text}");
    let junit = explored(&["--format", "junit"]);
    assert!(
        junit.contains("<testsuite name=\"two-phase-commit\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">")
    );
    assert!(junit.contains("<skipped message=\"source.max_prepared_transactions is 0. "), "{junit}");
    let json: Value = serde_json::from_str(&explored(&["--format", "json"])).unwrap();
    assert_eq!(json["left_out"][0]["strategy"], "two-phase-commit");
    assert!(
        json["complete"] == true && json["strategies"].as_array().unwrap().iter().all(|id| id != "two-phase-commit")
    );
}

/// `--expect` is for a CI: 3 when it does not hold, and when what was cut might not.
#[test]
fn expectations() {
    let expect = |strategy, verdict| explored(&["--strategy", strategy, "--expect", verdict]);
    let held = expect("outbox", "consistent");
    assert_eq!((held.status, held.err.as_str()), (Some(0), ""));
    let Said { status, out, err } = expect("direct-db-first", "consistent");
    assert!(status == Some(3) && out.contains("complete: "), "{out}");
    assert!(err.starts_with("expected consistent in every cell, and ") && err.lines().count() == 1, "{err}");
    assert!(err.contains(" under direct-db-first: diverged"), "{err}");
    let cut = explored(&["--strategy", "outbox", "--expect", "consistent", "--runs", "20"]);
    assert_eq!(cut.status, Some(3));
    assert!(cut.err.contains("the search is not complete: 20 runs of "), "{}", cut.err);
    assert!(cut.out.contains("not complete: 20 runs of "), "{}", cut.out);
    let json = explored(&["--runs", "20", "--format", "json"]);
    assert!(json.out.contains("\"complete\": false"), "{}", json.out);
}

/// How many elements of a name there are, and how many of them close.
fn elements(xml: &str, name: &str) -> usize {
    let open = xml.matches(&format!("<{name} ")).count();
    let closed = xml.matches(&format!("</{name}>")).count();
    let empty = xml.lines().filter(|line| line.trim_start().starts_with(&format!("<{name} ")) && line.ends_with("/>"));
    assert_eq!(open, closed + empty.count(), "{name}");
    open
}

#[test]
fn junit() {
    let junit = ["--strategy", "all", "--format", "junit"];
    let Said { status, out, err } = explored(&[&junit[..], &["--expect", "consistent"]].concat());
    assert_eq!(status, Some(3), "{err}");
    let matrix = json(&["explore", "missing-search-index", "--set", SMALL, "--strategy", "all", "--format", "json"]);
    let cells = matrix["cells"].as_array().unwrap();
    let bad = cells.iter().filter(|cell| cell["verdict"] != "consistent").count();
    let counts = ["testsuites", "testsuite", "testcase", "failure"].map(|name| elements(&out, name));
    assert_eq!(counts, [1, matrix["strategies"].as_array().unwrap().len(), cells.len(), bad]);
    let totals = format!(" tests=\"{}\" failures=\"{bad}\" ", cells.len());
    assert!(
        out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ") && out.contains(&totals),
        "{out}"
    );
    assert!(out.contains("message=\"expected consistent, and the run is diverged: missing"), "{out}");
    // What was cut is no cell, and no success.
    let cut = ["--strategy", "outbox", "--runs", "20", "--expect", "consistent"];
    let Said { status, out, .. } = explored(&[&junit[2..], &cut].concat());
    assert_eq!((status, elements(&out, "failure"), elements(&out, "testsuite")), (Some(3), 1, 2), "{out}");
    assert!(out.contains("  <testsuite name=\"search\" tests=\"1\" failures=\"1\""), "{out}");
    assert!(out.contains("name=\"every fault is tried\"") && out.contains("message=\"20 of "), "{out}");
    let calm = explored(&junit);
    assert_eq!((calm.status, elements(&calm.out, "failure")), (Some(0), 0));
}

#[test]
fn shrunk() {
    let found = json(&["shrink", "missing-search-index", "--anomaly", "missing", "--format", "json"]);
    assert_eq!(
        (&found["minimal"], &found["after"]["faults"], &found["after"]["operations"]),
        (&true.into(), &1.into(), &1.into())
    );
    let Said { status, out, .. } = run(&["shrink", "missing-search-index"]);
    assert_eq!(status, Some(0));
    let link = out.split('\'').nth(1).unwrap();
    assert_eq!(link, found["scenario"].as_str().unwrap());
    let report = json(&["run", link, "--format", "json"]);
    assert_eq!(report["stores"][0]["missing"], 1);
    for part in ["The smallest scenario that shows missing", "\nTake one thing away\n", "  Without crash:app@"] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

/// Pieces merge to the very bytes of the whole, whatever the number of threads.
#[test]
fn swept() {
    let folder = folder("swept");
    let sweep = |seeds: &str, jobs: &str| {
        let path = folder.join(format!("{seeds}-{jobs}.json")).to_str().unwrap().to_owned();
        let args = [
            "sweep",
            "missing-search-index",
            "--set",
            "nodes.app.crash_rate=20/m",
            "--vary",
            "direct.gap=1ms,uniform(1ms,30ms)",
            "--format",
            "json",
            "--seeds",
            seeds,
            "--jobs",
            jobs,
            "--out",
            &path,
        ];
        let Said { status, err, .. } = run(&args);
        assert!(status == Some(0) && err.ends_with(" runs a second.\n") && err.lines().count() == 1, "{err}");
        path
    };
    let (whole, again) = (sweep("0..40", "1"), sweep("0..40", "3"));
    let text = fs::read_to_string(&whole).unwrap();
    assert!(text == fs::read_to_string(again).unwrap(), "the number of threads changes the result");
    let (late, early) = (sweep("13..40", "2"), sweep("0..13", "2"));
    let merged = run(&["merge", &late, &early]);
    assert!(merged.status == Some(0) && merged.out == text, "{}", merged.err);
    let shared = run(&["merge", &whole, &early]);
    assert_eq!((shared.status, shared.out.as_str()), (Some(1), ""));
    assert!(shared.err.contains("These pieces share seeds."), "{}", shared.err);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["seeds"], value["points"].as_array().unwrap().len()), (&serde_json::json!([0, 40]), 2));
    let lost = &value["points"][1]["metrics"]["ledger.lost"];
    assert!(lost["nonzero"].as_u64().unwrap() > 0 && lost["ci95"].is_array(), "{lost}");
    let csv = run(&["merge", &whole, "--format", "csv"]).out;
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().starts_with("direct.gap,runs,consistent,diverged,blocked,silent_runs,metric,n,"));
    assert!(csv.contains("\n\"uniform(1ms,30ms)\",40,"), "{csv}");
    let figures = value["points"].as_array().unwrap().iter().map(|point| point["metrics"].as_object().unwrap().len());
    assert_eq!(lines.count(), figures.sum::<usize>());
}

#[test]
fn figures_by_name() {
    let Said { status, out, err } =
        run(&["sweep", "outbox", "--seeds", "3..9", "--metric", "lag_us.p95", "--metric", "ledger.lost"]);
    assert_eq!(status, Some(0));
    let pace = err.strip_prefix("6 runs, ").and_then(|err| err.strip_suffix(" runs a second.\n"));
    assert!(pace.is_some_and(|pace| pace.parse::<u64>().is_ok_and(|pace| pace > 0)), "{err}");
    let rows: BTreeSet<&str> = out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(rows.contains("lag_us.p95") && !rows.contains("lag_us.p50"), "{out}");
    assert!(
        out.starts_with("outbox under outbox, seeds 3 to 8\n") && out.contains("  6 runs: 6 consistent\n"),
        "{out}"
    );
    assert!(rows.contains("ledger.lost") && !out.contains("zero or empty"), "what is asked for is shown: {out}");
    let all = run(&["sweep", "outbox", "--seeds", "3..5", "--vary", "strategy=outbox,cdc"]).out;
    assert!(
        all.starts_with("outbox, seeds 3 to 4\n") && all.contains(" figures are zero or empty in every run"),
        "{all}"
    );
}

/// Ctrl-C ends a long search at once.
#[cfg(unix)]
#[test]
fn interrupted() {
    let mut child = crate::cli::driftscope(&["sweep", "outbox", "--seeds", "0..100000000"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
