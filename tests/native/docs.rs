//! The docs that are made from declarations are current, and what the docs link to is there.
//!
//! `UPDATE_DOCS=1 cargo test --test native docs` writes them.

use driftscope::export::catalog::{self, Topic};
use driftscope::export::fidelity;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const MADE: &str = "<!-- Made from the declarations by: UPDATE_DOCS=1 cargo test --test native docs -->\n";

fn fidelity_page() -> String {
    format!(
        "# Fidelity\n\n{MADE}\nWhat each part of the model takes from the real systems: *modelled* as they do it, \
         *simplified*, or *absent*.\nThe statements stand beside the machines they describe, as `FIDELITY`.\n\n{}",
        fidelity::table().markdown()
    )
}

/// The same for the built site, where the page links to it.
fn fidelity_site() -> String {
    let text = |text: &str| {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let parts = escaped.split('`').enumerate();
        parts
            .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
            .collect::<String>()
    };
    let row = |(part, here, how): (&str, &str, &str)| {
        format!("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", text(part), text(here), text(how))
    };
    let rows: String = fidelity::rows().into_iter().map(row).collect();
    format!(
        "<!doctype html>\n{MADE}<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Driftscope: what is modelled</title>\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"icons/icon.svg\">\n<link rel=\"stylesheet\" href=\"page.css\">\n\
         </head>\n<body>\n<main class=\"prose\">\n<p><a href=\"index.html\">Driftscope</a></p>\n<h1>What is modelled</h1>\n\
         <p>Driftscope models mechanisms, not products. This is what each part takes from the real systems: \
         <em>modelled</em> as they do it, <em>simplified</em>, or <em>absent</em>.</p>\n\
         <div class=\"wide-table\"><table>\n<thead><tr><th scope=\"col\">part</th><th scope=\"col\">here</th>\
         <th scope=\"col\">how</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n</main>\n</body>\n</html>\n"
    )
}

fn reference_page() -> String {
    let head = format!(
        "# Reference\n\n{MADE}\nWhat exists now. `driftscope list` prints the same tables; \
         [CONTRACT.md](CONTRACT.md) says what the names mean.\n"
    );
    let section = |title: &str, words: &str, table: &str| format!("\n## {title}\n\n{words}\n\n{table}");
    let words = |topic: Topic| match topic {
        Topic::Presets => "Every preset runs under every strategy; this is the one that it opens with.",
        Topic::Strategies => "The steps of each strategy's machines. Between two steps is a crash point.",
        Topic::CrashPoints => "Passes of a point count from 1: `crash:app@app.after-commit-before-publish*3`.",
        Topic::Links => "`STORE` stands for a store's id. Latency is one way.",
        Topic::Detectors => "What each sees is what an operator could have seen, and nothing else.",
        Topic::Options => {
            "`ID` stands for the id of a node, link, store or detector. Sources: S-numbers stand in \
             [DOMAIN.md](DOMAIN.md), section 9; `illustrative` is a round number."
        }
    };
    let title = |topic: Topic| driftscope::run::words::capital(&topic.id().replace('-', " "));
    let topics = Topic::ALL.iter().map(|topic| section(&title(*topic), words(*topic), &topic.table().markdown()));
    let faults = section(
        "Faults",
        "In short form, with an example's time, pass and span; what stands in brackets may be left out.",
        &catalog::faults().markdown(),
    );
    head + &topics.collect::<String>() + &faults
}

#[test]
fn made_pages_are_current() {
    let mut old = String::new();
    let pages = [
        ("docs/fidelity.md", fidelity_page()),
        ("static/fidelity.html", fidelity_site()),
        ("docs/reference.md", reference_page()),
    ];
    for (name, want) in pages {
        let path = root().join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &want).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != want {
            old += &format!("{name} is not what the declarations say\n");
        }
    }
    assert!(old.is_empty(), "{old}UPDATE_DOCS=1 cargo test --test native docs; read git diff");
}

/// Every machine's statement is in the table.
#[test]
fn no_fidelity_statement_is_forgotten() {
    fn count(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let of = |path: PathBuf| match path.is_dir() {
            true => count(&path),
            false => fs::read_to_string(&path).unwrap().matches("pub const FIDELITY").count(),
        };
        entries.map(of).sum()
    }
    assert_eq!(count(&root().join("src")), fidelity::PARTS, "src/export/fidelity.rs gathers them");
    for (part, here, how) in fidelity::rows() {
        assert!(["modelled", "simplified", "absent"].contains(&here), "{part}: {here}");
        assert!(!part.is_empty() && (here == "absent" || !how.is_empty()), "{part}");
    }
}

fn pages() -> Vec<PathBuf> {
    let top = ["README.md", "CHANGELOG.md"].map(|name| root().join(name));
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    top.into_iter().chain(docs).filter(|path| path.extension().is_some_and(|found| found == "md")).collect()
}

/// Every relative link of a page leads to a file. A picture may be still to be taken.
#[test]
fn links_lead_somewhere() {
    let mut dead = String::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (at, _) in text.match_indices("](") {
            let target: String = text[at + 2..].chars().take_while(|c| !")#".contains(*c)).collect();
            let outside = target.is_empty() || target.contains("://") || target.ends_with(".png");
            if !outside && !page.parent().unwrap().join(&target).exists() {
                dead += &format!("{}: {target}\n", page.display());
            }
        }
    }
    assert!(dead.is_empty(), "{dead}");
}

/// The items of the lesson, from its definition of the dual write to what it takes away.
const LESSON: [&str; 47] = [
    "dual write: database and message broker",
    "dual write: database and cache",
    "dual write: database and search index",
    "dual write: service A and service B",
    "the update succeeds, the publish fails",
    "the event publishes, the transaction rolls back",
    "inconsistency may remain silent",
    "detection is delayed or impossible",
    "recovery often requires manual reconciliation",
    "corruption propagates to other systems",
    "missing search index updates: the row exists, the document does not",
    "resolution: outbox for event publication",
    "resolution: background indexer driven by events",
    "resolution: reconciliation and audit job",
    "two-phase commit: high latency overhead",
    "two-phase commit: blocking under failure",
    "two-phase commit: poor availability under partition",
    "two-phase commit: not supported across heterogeneous systems",
    "mitigation: outbox pattern",
    "mitigation: transactional log streaming (CDC)",
    "mitigation: idempotent reconciliation jobs",
    "mitigation: single source of truth, derived systems rebuild",
    "detection: compare record counts",
    "detection: audit missing event sequences",
    "detection: last processed offset against database version",
    "detection: monitor event publish failure rates",
    "detection must be automated, manual is too slow",
    "events drive multiple downstream systems",
    "a missing event causes cascading inconsistency",
    "retry behaviour may duplicate events",
    "strong delivery guarantees and idempotent handlers",
    "failure injection test, five steps",
    "anti-pattern: assuming the publish call will always succeed",
    "anti-pattern: no retry mechanism for the second write",
    "anti-pattern: no monitoring for divergence",
    "anti-pattern: no reconciliation job",
    "anti-pattern: business logic and publishing in one request thread",
    "checklist: operations writing to multiple systems separately",
    "checklist: atomicity for primary state and event log",
    "checklist: reconciliation jobs implemented",
    "checklist: event publishing failures monitored",
    "checklist: idempotency enforced downstream",
    "takeaway: dual writes cause silent inconsistency",
    "takeaway: atomicity across systems cannot be assumed",
    "takeaway: outbox is a primary mitigation",
    "takeaway: detection and reconciliation are essential",
    "takeaway: event-driven architectures raise the risk",
];

/// `docs/seed.md` leaves no item of the lesson without a preset, an option, detector or command, and a test, and what it
/// names exists.
#[test]
fn every_item_of_the_lesson_has_its_place() {
    let text = fs::read_to_string(root().join("docs/seed.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| item"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let items: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(items, LESSON, "docs/seed.md has each item of the lesson, in its order");
    let tests: String = fs::read_dir(root().join("tests/native"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            format!("\u{1}{}\n{}", path.file_stem().unwrap().to_string_lossy(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    let has_test = |name: &str| {
        let (module, function) = name.split_once("::").unwrap_or((name, ""));
        let own = tests.split('\u{1}').find(|file| file.starts_with(&format!("{module}\n")));
        own.is_some_and(|file| file.contains(&format!("fn {function}()")))
    };
    let commands = ["list", "run", "compare", "inject", "audit", "link", "schema"];
    let mut errors = String::new();
    for row in &rows {
        let [item, preset, means, test] = row[..] else {
            errors += &format!("not four cells: {row:?}\n");
            continue;
        };
        let name = |cell: &str| cell.split('`').nth(1).unwrap_or("").to_owned();
        let (sort, what) = (means.split(' ').next().unwrap_or(""), name(means));
        let known = match sort {
            "option" => driftscope::scenario::options::row(&what).is_some(),
            "detector" => driftscope::detect::DetectorKind::from_id(&what).is_some(),
            "command" => commands.contains(&what.as_str()),
            _ => false,
        };
        let preset_known = driftscope::scenario::presets::find(&name(preset)).is_ok();
        for (good, cell) in
            [(!item.is_empty(), item), (preset_known, preset), (known, means), (has_test(&name(test)), test)]
        {
            if !good {
                errors += &format!("{item}: {cell:?} is not there\n");
            }
        }
    }
    assert!(errors.is_empty(), "docs/seed.md:\n{errors}");
}
