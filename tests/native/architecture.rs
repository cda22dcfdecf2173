//! The shape of the house: which room may name which, and what no room of the core may name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In reading order. A room names itself and the rooms before it, never one after it.
const ROOMS: [&str; 15] = [
    "kernel", "world", "strategy", "recovery", "detect", "truth", "scenario", "run", "explore", "export", "lessons",
    "charts", "embed", "cli", "web",
];
/// The rooms that know no browser, no clock, no thread and no file.
const CORE: usize = 11;
/// Rooms that may not name some of those before them: a detector sees `Observed` only, the page sees frames.
const NEVER: [(&str, &[&str]); 3] = [
    ("detect", &["strategy", "recovery"]),
    ("truth", &["strategy", "recovery", "detect"]),
    ("web", &["world", "strategy", "recovery", "detect", "truth", "embed", "cli"]),
];
/// What they may name of those all the same: ids, which are words.
const BUT: [(&str, &str); 2] = [("web", "world::ids::"), ("web", "strategy::StrategyId")];
const BANS: [&str; 13] = [
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "gloo::",
    "yew::",
    "std::time",
    "std::thread",
    "std::fs",
    "std::env",
    "std::net",
    "HashMap",
    "HashSet",
    "getrandom",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and its folders, in order; links are not followed.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path()],
        })
        .collect();
    driftscope::kernel::sorted::sort(&mut files);
    files
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// What a line of a room names that it may not, given the room's rank.
fn faults(rank: usize, line: &str) -> Vec<String> {
    let room = ROOMS[rank];
    let paths = ["crate::", "driftscope::"].iter().flat_map(|start| line.split(start).skip(1));
    let low = paths.filter_map(|path| {
        let name = path.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        let never = NEVER.iter().any(|(who, whom)| *who == room && whom.contains(&name));
        let but = BUT.iter().any(|(who, what)| *who == room && path.starts_with(what));
        // Nothing after `crate::` is `crate::{`: write one `use` a room, so that it can be seen here.
        let braces = name.is_empty() && line.contains("crate::{");
        let low = braces || (never && !but) || ROOMS[rank + 1..].contains(&name);
        low.then(|| if name.is_empty() { "crate::{".to_owned() } else { name.to_owned() })
    });
    let ban = BANS.iter().filter(|ban| rank < CORE && line.contains(**ban)).map(|ban| (*ban).to_owned());
    low.chain(ban).collect()
}

#[test]
fn rooms_import_upwards_only() {
    let mut errors = String::new();
    for (rank, room) in ROOMS.iter().enumerate() {
        let inside = files(&root().join("src").join(room)).into_iter().chain([root().join(format!("src/{room}.rs"))]);
        for file in inside.filter(|file| file.extension().is_some_and(|extension| extension == "rs") && file.exists()) {
            for (n, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                for what in faults(rank, line) {
                    errors += &format!("{}:{}: {room} names `{what}`\n", short(&file), n + 1);
                }
            }
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// The test of the test: each of these lines is caught, and the last ones are not.
#[test]
fn a_room_that_looks_down_is_caught() {
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room).unwrap();
    let table = [
        ("world", "use crate::strategy::CrashPoint;", "strategy"),
        ("kernel", "fn f(x: crate::world::ids::Key) {}", "world"),
        ("detect", "use crate::strategy::StrategyId;", "strategy"),
        ("truth", "/// driftscope::run::report", "run"),
        ("run", "use crate::{kernel::time::Us, export};", "crate::{"),
        ("scenario", "use std::collections::HashMap;", "HashMap"),
        ("run", "let now = std::time::Instant::now();", "std::time"),
        ("web", "use crate::truth::ledger::Ledger;", "truth"),
        ("web", "use crate::world::record::Record;", "world"),
        ("web", "use crate::world::ids::RecordId;", ""),
        ("run", "use crate::scenario::plan::Plan;", ""),
        ("kernel", "crate::ids! { pub enum A { B = \"b\" } }", ""),
        ("web", "use yew::prelude::*;", ""),
    ];
    for (room, line, caught) in table {
        assert_eq!(faults(rank(room), line).concat(), caught, "{room}: {line}");
    }
}

/// `lib.rs` lists the rooms in reading order, and nothing that is not a room.
#[test]
fn the_library_lists_the_rooms_in_order() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let ordered: Vec<&str> = ROOMS.into_iter().filter(|room| listed.contains(room)).collect();
    assert_eq!(listed, ordered);
    assert!(listed.len() >= 8, "{listed:?}");
}

/// Every file of `src` opens with what it is for, and is part of the program.
#[test]
fn every_file_has_a_purpose_and_a_place() {
    let all: BTreeSet<PathBuf> = files(&root().join("src")).into_iter().collect();
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut to_read: Vec<PathBuf> = files(&root().join("src/bin"));
    to_read.push(root().join("src/lib.rs"));
    let mut errors = String::new();
    while let Some(file) = to_read.pop() {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap_or("");
        if first.strip_prefix("//! ").is_none_or(|purpose| purpose.len() < 8) {
            errors += &format!("{}: its first line is no `//! purpose`: {first:?}\n", short(&file));
        }
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let is_root = stem == "lib" || file.parent().is_some_and(|parent| parent.ends_with("src/bin"));
        let folder = if is_root || stem == "mod" { file.parent().unwrap().to_owned() } else { file.with_extension("") };
        for name in text.lines().filter_map(module) {
            let places = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
            to_read.extend(places.into_iter().filter(|place| all.contains(place)));
        }
        reached.insert(file);
    }
    for file in &all {
        let preset = file.parent().is_some_and(|parent| parent.ends_with("presets"));
        let known = preset
            && driftscope::scenario::presets::PRESETS
                .iter()
                .any(|preset| file.ends_with(format!("{}.json", preset.id)));
        if !reached.contains(file) && !known {
            errors += &format!("{}: nobody imports it\n", short(file));
        }
    }
    assert!(errors.is_empty() && reached.len() > 50, "{errors}{} files reached", reached.len());
}

/// A strategy, by its member, its id and its module, and the files that name it beside its own and its row.
type Strategy = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// What a strategy costs beside its own file and its row in `strategies!`: nothing (`direct-broker-first`); one line for a
/// statement of fidelity (`publish-in-transaction`); rows and fields for options of its own; and a driver for a process
/// of its own (relay, connector, coordinator).
#[rustfmt::skip]
const STRATEGIES: [Strategy; 8] = [
    // The closed form that holds for it; the default of `strategy`; the first screen's comparison.
    ("DirectDbFirst", "direct-db-first", "direct_db_first", &["explore/curve.rs", "export/fidelity.rs", "scenario/edit.rs", "scenario/options/direct.rs", "scenario/options/mod.rs",
        "scenario/options/stores.rs", "web/headline.rs"]),
    ("DirectBrokerFirst", "direct-broker-first", "direct_broker_first", &[]),
    ("PublishInTransaction", "publish-in-transaction", "publish_in_transaction", &["export/fidelity.rs"]),
    ("FireAndForget", "fire-and-forget", "fire_and_forget", &["export/fidelity.rs", "scenario/build.rs", "scenario/options/direct.rs"]),
    ("ListenToYourself", "listen-to-yourself", "listen_to_yourself", &["export/fidelity.rs", "scenario/build.rs", "scenario/options/direct.rs", "scenario/presets.rs"]),
    ("TwoPhaseCommit", "two-phase-commit", "two_phase_commit", &["export/fidelity.rs", "run/simulation/coordinator.rs", "run/simulation/mutant.rs", "scenario/budget.rs",
        "scenario/options/broker.rs", "scenario/options/source.rs", "scenario/options/two_phase.rs", "scenario/participants.rs", "scenario/validate.rs"]),
    ("Outbox", "outbox", "outbox", &["explore/small.rs", "export/fidelity.rs", "run/simulation/relay.rs", "run/stage/slots.rs", "run/tables.rs", "scenario/budget.rs", "scenario/build.rs",
        "scenario/notes.rs", "scenario/options/outbox.rs", "scenario/plan/mod.rs", "scenario/presets.rs", "scenario/validate.rs", "web/guide.rs", "web/headline.rs", "web/matrix/sweep.rs"]),
    ("Cdc", "cdc", "cdc", &["explore/small.rs", "export/fidelity.rs", "run/simulation/connector/offset.rs", "run/simulation/connector/task.rs", "run/simulation/connector.rs",
        "run/simulation/slot.rs", "run/view/lens.rs", "scenario/budget.rs", "scenario/build.rs", "scenario/options/cdc.rs", "scenario/plan/strategies.rs", "scenario/presets.rs", "web/matrix/sweep.rs"]),
];

/// Whether a program names a strategy: its member, its id or a block of options with it, or its module.
fn names_strategy(text: &str, (member, id, module, _): &Strategy) -> bool {
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let after = |line: &str, word: &str| line.match_indices(word).any(|(at, word)| whole(&line[at + word.len()..]));
    // Some files are tests from end to end.
    let program = if program.contains("#[test]") { "" } else { program };
    program.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        let enums = ["StrategyId::", "Flow::"].iter().any(|start| after(line, &format!("{start}{member}")));
        let blocks = ['"', '.'].iter().any(|end| line.contains(&format!("\"{id}{end}")));
        enums || blocks || line.contains(&format!("&{module}::")) || after(line, &format!("strategy::{module}"))
    })
}

/// A ninth strategy is one new file and one row: no other file names one, except for what its options and its own
/// processes need (docs/contributing.md).
#[test]
fn a_strategy_is_one_file_and_one_row() {
    let row = fs::read_to_string(root().join("src/strategy/mod.rs")).unwrap();
    let known: Vec<&str> = STRATEGIES.iter().map(|(_, id, ..)| *id).collect();
    for strategy in driftscope::strategy::StrategyId::IDS {
        assert!(known.contains(strategy), "{strategy}: say here what it costs");
    }
    for strategy @ (member, id, module, allowed) in &STRATEGIES {
        assert_eq!(row.matches(&format!("{member} = \"{id}\", {module}, ")).count(), 1, "{id} has one row");
        let own = [format!("src/strategy/{module}"), "src/strategy/mod.rs".to_owned()];
        let all = files(&root().join("src"));
        let others = all.iter().filter(|file| {
            let is_program = file.extension().is_some_and(|extension| extension == "rs");
            is_program && !short(file).contains("tests") && !own.iter().any(|own| short(file).starts_with(own))
        });
        let naming: Vec<String> = others
            .filter(|file| names_strategy(&fs::read_to_string(file).unwrap(), strategy))
            .map(|file| short(file).trim_start_matches("src/").to_owned())
            .collect();
        assert_eq!(naming, *allowed, "{id}");
    }
}

/// A test file that nobody registers would never run.
#[test]
fn every_test_file_is_registered() {
    let folder = root().join("tests/native");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let registered: Vec<&str> = main.lines().filter_map(module).collect();
    let is_forgotten = |file: &&PathBuf| !registered.contains(&file.file_stem().unwrap().to_str().unwrap());
    let all = files(&folder);
    let forgotten: Vec<String> = all.iter().filter(is_forgotten).map(|file| short(file)).collect();
    assert_eq!(forgotten, ["tests/native/main.rs"]);
}

/// The name in `mod name;`, however visible.
fn module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = if line.starts_with("pub") {
        line.split_once(' ').filter(|(word, _)| word.starts_with("pub"))?.1
    } else {
        line
    };
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The core, as it is in a worker, in Node and in anybody's tests, needs no browser and no entropy.
#[test]
fn the_core_depends_on_no_platform() {
    for target in [&[][..], &["--target", "wasm32-unknown-unknown"][..]] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--offline", "--locked", "--no-default-features", "-e", "normal", "--prefix", "none"]);
        let output = cargo.args(target).current_dir(root()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains("serde_json") && names.contains("libm"), "{text}");
        for banned in ["web-sys", "js-sys", "wasm-bindgen", "getrandom", "yew", "gloo", "plotters", "clap"] {
            assert!(!names.contains(banned), "{banned} is in the core\n{text}");
        }
    }
}

/// Where a file may name a colour, a length or a duration: `tokens.css` and nowhere else.
#[test]
fn raw_values_stand_in_the_tokens_only() {
    let mut errors = String::new();
    for file in files(&root().join("static/styles")).iter().filter(|file| !file.ends_with("tokens.css")) {
        for (n, line) in fs::read_to_string(file).unwrap().lines().enumerate() {
            for value in raw_values(line) {
                errors += &format!("{}:{}: {value}\n", short(file), n + 1);
            }
        }
    }
    assert!(errors.is_empty(), "{errors}Declare them in static/styles/tokens.css");
}

/// Colours, lengths and durations in a line of CSS. The whole screen (`100vh`) is no measure of ours, and a media query
/// cannot read a token.
fn raw_values(line: &str) -> Vec<&str> {
    let line = line.trim_start();
    if line.starts_with("@media") || line.starts_with("@container") || line.starts_with("/*") {
        return Vec::new();
    }
    let words = line.split(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '.' | '-' | '%'));
    let raw = |word: &&str| {
        let digits = word.trim_start_matches(['-', '.']);
        let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = digits.len() > unit.len();
        let zero = digits[..digits.len() - unit.len()].chars().all(|c| c == '0' || c == '.');
        let units = ["px", "rem", "em", "ch", "ex", "pt", "cm", "mm", "in", "vw", "vh", "vmin", "dvh", "ms", "s"];
        let measure = number && !zero && units.contains(&unit) && !["100vh", "100vw", "100dvh"].contains(word);
        let colour =
            matches!(*word, "rgb" | "rgba" | "hsl" | "hsla" | "oklch" | "oklab" | "white" | "black" | "red" | "gray");
        let hex = word
            .strip_prefix('#')
            .is_some_and(|hex| [3, 4, 6, 8].contains(&hex.len()) && hex.chars().all(|c| c.is_ascii_hexdigit()));
        measure || hex || (colour && line.contains(':'))
    };
    words.filter(raw).collect()
}

#[test]
fn a_raw_value_is_caught() {
    let table: [(&str, &[&str]); 8] = [
        ("  padding: 8px 1.5rem;", &["8px", "1.5rem"]),
        ("  color: #fff; background: rgb(1, 2, 3);", &["#fff", "rgb"]),
        ("  transition: opacity 160ms;", &["160ms"]),
        ("  margin: 0 auto; flex: 1 1 0%; opacity: 0.5; order: 2;", &[]),
        ("  width: calc(2 * var(--ds-3)); min-height: 100vh;", &[]),
        ("@media (min-width: 720px) {", &[]),
        ("  border: thin solid white;", &["white"]),
        (".step-2s { --x: var(--ds-move-2); }", &[]),
    ];
    for (line, want) in table {
        assert_eq!(raw_values(line), want, "{line}");
    }
}

/// No path of somebody's machine in anything that is committed.
#[test]
fn no_path_of_a_machine() {
    let homes: Vec<String> = ["home", "Users", "root", "work"].iter().map(|name| format!("/{name}/")).collect();
    let mut errors = String::new();
    let folders = ["src", "tests", "static", "scripts", "docs", "examples", ".ci"];
    let mut all: Vec<PathBuf> = folders.iter().flat_map(|folder| files(&root().join(folder))).collect();
    let at_root = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    all.extend(at_root.filter(|path| path.is_file() && !short(path).starts_with('.')));
    for file in all.iter().filter(|file| !short(file).contains("node_modules")) {
        let Ok(text) = fs::read_to_string(file) else { continue }; // A picture.
        for (n, line) in text.lines().enumerate() {
            let names = |home: &&String| line.match_indices(home.as_str()).any(|(at, _)| starts_a_path(line, at));
            if let Some(home) = homes.iter().find(names) {
                errors += &format!("{}:{}: {home}\n", short(file), n + 1);
            }
        }
    }
    assert!(errors.is_empty(), "{errors}");
}

/// Whether a path starts there, instead of going on from a `~`, a `..` or another name.
fn starts_a_path(line: &str, at: usize) -> bool {
    at == 0 || line[..at].ends_with([' ', '"', '\'', '`', '(', '=', ':', '<', '\t'])
}

/// Long functions hide in tests as well as in the program: the lint counts, this test says that it is on.
#[test]
fn the_lints_are_on() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let clippy = fs::read_to_string(root().join("clippy.toml")).unwrap();
    let lints: BTreeMap<&str, &str> = manifest.lines().filter_map(|line| line.split_once(" = ")).collect();
    assert_eq!(lints.get("unsafe_code"), Some(&"\"forbid\""));
    for lint in ["disallowed_methods", "disallowed_types", "too_many_lines", "missing_docs"] {
        assert!(lints.contains_key(lint), "{lint}");
    }
    for banned in
        ["HashMap", "Instant", "SystemTime", "f64::ln", "f64::exp", "f64::powf", "too-many-lines-threshold = 70"]
    {
        assert!(clippy.contains(banned), "{banned}");
    }
}
