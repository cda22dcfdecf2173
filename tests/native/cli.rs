//! The command line as a person meets it: a process, its status, what it writes where. Few cases: a process is slow.

use driftscope::scenario::presets::PRESETS;
use driftscope::scenario::schema;
use driftscope::strategy::StrategyId;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The command, with its streams caught.
pub fn driftscope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftscope"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How it ended and what it wrote.
pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the command to its end.
pub fn run(args: &[&str]) -> Said {
    said(driftscope(args).output().unwrap())
}

/// A folder of its own, emptied.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What cannot be understood as a command is 2, and nothing is on stdout.
#[test]
fn usage() {
    let table: [&[&str]; 8] = [
        &[],
        &["frobnicate"],
        &["run"],
        &["run", "outbox", "--frob"],
        &["run", "outbox", "--format", "yaml"],
        &["compare", "outbox"],
        &["compare", "outbox", "--format", "csv", "--strategy", "outbox"],
        &["list", "nope"],
    ];
    for args in table {
        let Said { status, out, err } = run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(!err.is_empty() && !err.contains("panicked"), "{args:?}: {err}");
    }
}

/// What is understood and refused is 1: one line for each fault, with path, value and what is allowed.
#[test]
#[rustfmt::skip]
fn refused() {
    let table: [(&[&str], &[&str]); 11] = [
        (&["run", "outbx"],                          &["scenario is \"outbx\". There is no such preset, and no file of that name; there are missing-search-index,"]),
        (&["run", "./nope.json"],                    &["scenario is \"./nope.json\". There is no such file."]),
        (&["run", "."],                              &["scenario is \".\". It is a directory; it must be a file."]),
        (&["run", "outbox", "--seed", "-1"],         &["seed is -1. It must be a whole number from 0 to 9007199254740991."]),
        (&["run", "outbox", "--expect", "nope"],     &["--expect is \"nope\". It must be one of consistent, diverged, blocked."]),
        (&["run", "outbox", "--set", "nope"],        &["--set is \"nope\". It must be PATH=VALUE, such as outbox.poll=250ms."]),
        (&["run", "outbox", "--strategy", "outbx", "--set", "direct.gap=5", "--set", "foo=1"],
            &["strategy is \"outbx\". It must be one of direct-db-first,", "direct.gap is 5. A time needs a unit: \"5s\".", "foo is 1. There is no such option; there are version,"]),
        (&["compare", "outbox", "--strategy", "outbox,nope"], &["--strategy is \"nope\". It must be one of direct-db-first,"]),
        (&["run", "#~1???"],                         &["link is \"~1???\". It is not whole: it is not base64url."]),
        (&["run", "#outbox?seed=x"],                 &["seed is \"x\". It must be a whole number from 0 to 9007199254740991."]),
        (&["link", "https://example.org/"],          &["link is \"https://example.org/\". It must be an address with a scenario behind its #"]),
    ];
    for (args, want) in table {
        let Said { status, out, err } = run(args);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines.len(), want.len(), "{args:?}: {err}");
        for (line, want) in lines.iter().zip(want) {
            assert!(line.starts_with(want), "{args:?}: {line}");
        }
    }
}

/// Files that are no documents: named, never read whole if they are too long, never a panic.
#[test]
fn bad_files() {
    let folder = folder("bad-files");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (latin, cut, empty) =
        (file("latin.json", b"{\"a\": \"\xff\"}"), file("cut.json", b"{\"seed\": 7"), file("e", b""));
    let huge = file("huge.json", b"{");
    fs::File::options().write(true).open(&huge).unwrap().set_len(100 << 20).unwrap();
    let table = [
        (&latin, "latin.json is 0xFF at line 1, byte 8. It must be UTF-8 text."),
        (&cut, "cut.json is not JSON near \"{\\\"seed\\\": 7\". It ends too early, at line 1, column 10."),
        (&empty, "e is not JSON near \"\". It ends too early, at line 1, column 0."),
        (&huge, "It is 104857600 bytes long; it may have at most 1048576."),
    ];
    for (path, want) in table {
        let Said { status, out, err } = run(&["run", path]);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{path}: {err}");
        assert!(err.trim_end().ends_with(want) && err.lines().count() == 1, "{path}: {err}");
    }
}

fn with_input(args: &[&str], input: &[u8]) -> Said {
    let mut child = driftscope(args).stdin(Stdio::piped()).spawn().unwrap();
    // One that has read enough closes its end.
    drop(child.stdin.take().unwrap().write_all(input));
    said(child.wait_with_output().unwrap())
}

#[test]
fn standard_input() {
    let found = with_input(&["run", "-", "--format", "json"], br#"{"duration": "1s", "seed": 3}"#);
    let report: Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!((found.status, &report["seed"]), (Some(0), &Value::from(3)));
    let long = with_input(&["run", "-"], &vec![b' '; 3 << 20]);
    assert_eq!((long.status, long.err.as_str()), (Some(1), "scenario is \"-\". It may have at most 1048576 bytes.\n"));
}

/// The first promise of the simulator, and what `--expect` makes of it.
#[test]
fn expectations() {
    let table = [
        ("direct-db-first", "diverged", 0),
        ("direct-db-first", "consistent", 3),
        ("outbox", "consistent", 0),
        ("outbox", "blocked", 3),
    ];
    for (strategy, expect, want) in table {
        let Said { status, out, err } =
            run(&["run", "missing-search-index", "--strategy", strategy, "--expect", expect]);
        assert_eq!(status, Some(want), "{strategy}, {expect}: {err}");
        assert_eq!(err.is_empty(), want == 0, "{err}");
        assert!(out.contains("\nVerdict  "), "the report is written all the same: {out}");
    }
    let report: Value = serde_json::from_str(&run(&["run", "missing-search-index", "--format", "json"]).out).unwrap();
    assert_eq!((&report["verdict"], &report["silent"]), (&Value::from("diverged"), &Value::from(true)));
    let witness = &report["stores"][0]["witnesses"][0];
    assert_eq!(witness["anomaly"], "missing");
    assert!(witness["cause"].as_str().unwrap().contains("crashed"), "{witness}");
}

#[test]
fn compared() {
    let ids = "outbox,direct-db-first,outbox";
    let json = run(&["compare", "missing-search-index", "--strategy", ids, "--format", "json"]);
    let reports: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    let strategies: Vec<&str> = reports.iter().map(|report| report["strategy"].as_str().unwrap()).collect();
    assert_eq!((json.status, strategies.join(",")), (Some(0), ids.to_owned()));
    assert_eq!(reports[0], reports[2]);
    let alone: Value = serde_json::from_str(&run(&["run", "missing-search-index", "--format", "json"]).out).unwrap();
    assert_eq!(reports[1], alone, "a run is the same in company");
    let text = run(&["compare", "#missing-search-index?compare=direct-db-first,outbox"]).out;
    for part in [
        "direct-db-first",
        "outbox",
        "\nRows missing for good ",
        "\nVisible after, p50",
        "\nMessages",
        "ends differently: product-17\n",
        "The first record that differs: ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A link is the scenario: the run behind it is the same to the last record.
#[test]
fn links() {
    let change = ["--strategy", "outbox", "--seed", "11", "--set", "outbox.poll=250ms"];
    let with = |args: &[&'static str]| run(&[args, &change].concat());
    let link = with(&["link", "missing-search-index"]).out;
    assert_eq!(link, "#missing-search-index?strategy=outbox&seed=11&outbox.poll=250ms\n");
    let hash = |said: Said| {
        let report: Value = serde_json::from_str(&said.out).unwrap();
        report["trace_hash"].as_str().unwrap().to_owned()
    };
    let opened = hash(run(&["run", &format!("https://example.org/lab/{}", link.trim()), "--format", "json"]));
    assert_eq!(opened, hash(with(&["run", "missing-search-index", "--format", "json"])));
    let stale = run(&["run", "#outbox?h=00000000"]);
    assert!(stale.status == Some(0) && stale.err.starts_with("note: the link was made for a run"), "{}", stale.err);
}

#[test]
fn lists() {
    let first_column = |topic: &str| -> Vec<String> {
        let out = run(&["list", topic]).out;
        out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    assert_eq!(first_column("presets"), PRESETS.iter().map(|preset| preset.id).collect::<Vec<_>>());
    assert_eq!(first_column("strategies"), StrategyId::IDS);
    assert_eq!(first_column("crash-points"), driftscope::strategy::CrashPoint::IDS);
    assert_eq!(first_column("detectors"), driftscope::detect::DetectorKind::IDS);
    assert!(first_column("links").contains(&"app-STORE".to_owned()));
    assert!(first_column("options").contains(&"links.ID.latency".to_owned()));
    assert_eq!(run(&["schema"]).out, schema::text());
}

/// A file is written whole or not at all, through a link to what it names, and nothing is left beside it.
#[test]
fn out() {
    let folder = folder("out");
    let file = folder.join("report.json");
    let to = |path: &str| run(&["run", "outbox", "--format", "json", "--out", path]);
    fs::write(&file, "old").unwrap();
    let found = to(file.to_str().unwrap());
    assert_eq!((found.status, found.out.as_str(), found.err.as_str()), (Some(0), "", ""));
    assert_eq!(fs::read_to_string(&file).unwrap(), run(&["run", "outbox", "--format", "json"]).out);
    assert_eq!(to(folder.to_str().unwrap()).status, Some(1));
    assert_eq!(to(folder.join("no/such/folder").to_str().unwrap()).status, Some(1));
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["report.json"]);
}

/// Whoever reads the first line and goes away is no error.
#[test]
fn a_closed_pipe() {
    let mut child = driftscope(&["run", "missing-search-index", "--format", "trace"]).spawn().unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let Said { status, err, .. } = said(child.wait_with_output().unwrap());
    assert_eq!((&start, status, err.as_str()), (b"{\"record\":", Some(0), ""));
}

/// Ctrl-C ends a long run at once, with status 130.
#[cfg(unix)]
#[test]
fn interrupted() {
    let mut child = driftscope(&["run", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    // It waits for its input; by then it listens for the signal, once the first byte is taken.
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}

/// Every line that replays something makes the run again that has the records cited: with the strategy, seed and options
/// that the command was given, and without the scenario's own faults. A file has a link too.
#[test]
fn what_is_cited_is_in_the_run_that_is_printed() {
    let file = folder("replay").join("mine.json");
    fs::write(&file, r#"{"workload": {"arrivals": "poisson(5/s)"}, "faults": ["crash:app@1s+1s"]}"#).unwrap();
    let args = [file.to_str().unwrap(), "--strategy", "outbox", "--seed", "8", "--set", "source.commit_time=9ms"];
    let mut replayed = 0;
    for command in ["inject", "audit"] {
        let told = run(&[&[command], &args[..]].concat()).out;
        let json: Value =
            serde_json::from_str(&run(&[&[command], &args[..], &["--format", "json"]].concat()).out).unwrap();
        let lists = ["checklist", "anti_patterns"].map(|list| json[list].as_array().cloned().unwrap_or_default());
        let steps = json["steps"].as_array().into_iter().flatten().map(|step| (step, &json["replay"]));
        let cited = lists.iter().flatten().map(|answer| (answer, &answer["replay"])).chain(steps);
        for (cited, link) in cited {
            let Some(record) = cited["record"].as_u64() else { continue };
            let link = link.as_str().unwrap();
            assert!(told.contains(&format!("driftscope run '{link}'\n")), "{link}\n{told}");
            let trace = run(&["run", link, "--format", "trace"]).out;
            let line: Value = serde_json::from_str(trace.lines().nth(record as usize).unwrap()).unwrap();
            let evidence = cited["evidence"].as_str().unwrap();
            let text = format!("{} {}", line["node"].as_str().unwrap(), line["text"].as_str().unwrap());
            assert!(evidence.contains(&text), "{evidence}\n{line}");
            replayed += 1;
        }
    }
    assert_eq!(replayed, 15, "five steps, five questions, five anti-patterns");
}

/// The failure injection test passes where a job repairs, and fails, step by step, where nobody notices; the audit turns
/// with what the runs do.
#[test]
fn inject_and_audit() {
    let json = |args: &[&'static str]| -> (Option<i32>, Value) {
        let said = run(&[args, &["--format", "json"]].concat());
        (
            said.status,
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err)),
        )
    };
    let steps = |value: &Value| -> Vec<bool> {
        value["steps"].as_array().unwrap().iter().map(|step| step["passed"].as_bool().unwrap()).collect()
    };
    let (status, told) = json(&["inject", "failure-injection-test"]);
    assert_eq!((status, steps(&told)), (Some(0), vec![true; 5]), "{told}");
    let (status, told) = json(&["inject", "missing-search-index"]);
    assert_eq!((status, steps(&told)), (Some(3), vec![true, true, true, false, false]), "{told}");
    let (status, told) = json(&["inject", "missing-search-index", "--strategy", "outbox"]);
    assert_eq!((status, steps(&told)), (Some(0), vec![true; 5]), "{told}");
    assert!(run(&["inject", "missing-search-index"]).err.contains("step 4 failed"));
    let answers = |args: &[&'static str]| -> Vec<(bool, bool)> {
        let (status, told) = json(args);
        assert_eq!(status, Some(0));
        let all = ["checklist", "anti_patterns"].map(|list| told[list].as_array().unwrap().clone()).concat();
        for answer in &all {
            assert!(answer["record"].is_u64() && answer["evidence"].as_str().unwrap().ends_with('.'), "{answer}");
        }
        all.iter().map(|answer| (answer["yes"].as_bool().unwrap(), answer["good"].as_bool().unwrap())).collect()
    };
    let (bad, good) = ((true, false), (false, true));
    let (no, yes) = ((false, false), (true, true));
    let direct = answers(&["audit", "missing-search-index"]);
    assert_eq!(direct, [bad, no, no, yes, yes, bad, bad, bad, bad, bad]);
    let outbox = answers(&["audit", "missing-search-index", "--strategy", "outbox"]);
    assert_eq!(outbox[..3], [good, yes, no]);
    assert_eq!((outbox[5], outbox[6], outbox[9]), (good, good, good));
    assert_eq!(answers(&["audit", "reconcile-search-index"])[2], yes);
    assert_eq!(answers(&["audit", "reconcile-search-index"])[7], good, "a full diff notices");
    let blind = r#"detectors={"offset-lag":{"kind":"offset-lag"}}"#;
    assert_eq!(answers(&["audit", "missing-search-index", "--set", blind])[3], no);
    assert_eq!(answers(&["audit", "missing-search-index", "--set", "direct.publish=background"])[9], good);
    assert_eq!(answers(&["audit", "missing-search-index", "--set", "direct.retry.attempts=3"])[6], good);
    let text = run(&["audit", "missing-search-index"]).out;
    assert!(text.contains("BAD  Are any operations writing to multiple systems separately?"), "{text}");
}
