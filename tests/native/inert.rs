//! An option that does nothing under the chosen strategy is noted, and one that is noted does nothing: for each row of the
//! table of `options`, under each strategy, two values make two runs, or a note names the option.

use crate::lab;
use crate::options::{Row, Shows, TABLE, base};
use driftscope::strategy::StrategyId;

/// The options for which it is not so, and why.
const EXCEPT: [(&str, &str); 2] = [
    ("source.max_prepared_transactions", "set everywhere, for the strategy that prepares"),
    ("source.wal.other", "noted, since nobody reads the log; but commits have other positions in it"),
];

/// A setting of the table's scene, said of another strategy: what carries its events, and what makes them go wrong there.
fn adapted(strategy: StrategyId, setting: &str) -> String {
    use StrategyId as S;
    let carries = match strategy {
        S::Outbox => "relay",
        S::Cdc => "connector",
        S::TwoPhaseCommit => "coordinator",
        _ => "app",
    };
    let mut text = setting.to_owned();
    for node in ["app", "relay", "connector", "coordinator"] {
        text = text.replace(&format!("{node}-broker"), &format!("{carries}-broker"));
    }
    for node in ["relay", "connector"] {
        text = text.replace(&format!("{node}-source"), &format!("{carries}-source"));
    }
    if strategy == S::Outbox {
        text = text.replace("direct.retry.timeout", "outbox.timeout").replace("direct.retry", "outbox.retry");
    }
    if !strategy.direct() {
        // The store is called by its consumer.
        text = text.replace("app-search-index", "search-index-consumer-search-index");
    }
    if strategy == S::ListenToYourself {
        // Its client waits for the broker, and fails by it.
        text = text.replace("source.commit_time=100ms", "links.app-broker.latency=100ms");
        text = text.replace("source.abort=", "links.app-broker.outcomes.fail_before=");
    }
    text
}

/// The settings in which an option of the table shows under another strategy than the table's.
fn scene(strategy: StrategyId, option: &str, settings: &[&str]) -> Vec<String> {
    let watches = option.starts_with("recovery") || option.starts_with("detectors");
    let mut scene: Vec<String> = match option {
        "detectors.*.direction" | "recovery.*.direction" => GHOST.map(str::to_owned).to_vec(),
        _ if watches => SKIPPED.map(str::to_owned).to_vec(),
        _ => Vec::new(),
    };
    // What goes wrong on the way is said by `SKIPPED` and `GHOST`.
    let wrong = |setting: &str| setting.starts_with("links.app-") || setting.starts_with("source.abort");
    let kept = |setting: &&&str| !watches || !wrong(setting);
    scene.extend(settings.iter().filter(kept).map(|setting| adapted(strategy, setting)));
    let own: &[&str] = match strategy {
        StrategyId::Outbox => &["outbox.poll=50ms"],
        StrategyId::Cdc => &["cdc.poll=50ms"],
        StrategyId::TwoPhaseCommit => &[
            "broker.xa=true",
            "source.max_prepared_transactions=100",
            "two-phase-commit.timeout=100ms",
            "links.search-index-consumer-search-index.duplicate.p=0.5",
        ],
        _ => &[],
    };
    scene.extend(own.iter().map(|setting| (*setting).to_owned()));
    scene
}

/// What makes rows differ under every strategy: changes, deletes too, that a consumer skips.
const SKIPPED: [&str; 4] = [
    "stores.search-index.consumer.poison=0.3",
    "stores.search-index.consumer.poison_policy=skip",
    "stores.search-index.consumer.attempts=1",
    r#"workload.mix={"insert":0.2,"update":0.4,"delete":0.4}"#,
];

/// One row whose delete the consumer skips.
const GHOST: [&str; 5] = [
    r#"workload.arrivals=[{"at":"0s","key":"product-1","op":"insert"},{"at":"1s","key":"product-1","op":"delete"}]"#,
    "stores.search-index.consumer.poison_policy=skip",
    "stores.search-index.consumer.attempts=1",
    r#"workload.mix={"insert":0.2,"update":0.4,"delete":0.4}"#,
    r#"faults=["poison:search-index-consumer-search-index*2"]"#,
];

/// Whether a note is about an option: it names the option, or what the option belongs to.
fn about(note: &str, path: &str) -> bool {
    let subject = note.split([':', ' ']).next().unwrap_or(note);
    path.strip_prefix(subject).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Says what is wrong with an option under a strategy; counts it if it is inert.
fn judge((option, own, settings, path, one, other, _): &Row, strategy: StrategyId, inert: &mut u32) -> Option<String> {
    let scene = match strategy.id() == *own {
        true => settings.iter().map(|setting| (*setting).to_owned()).collect(),
        false => scene(strategy, option, settings),
    };
    let base = base(strategy.id(), &scene.iter().map(String::as_str).collect::<Vec<_>>());
    let (one, other) = (lab::with(&base, &[(path, one)]), lab::with(&base, &[(path, other)]));
    let notes = [lab::plan(&one).notes, lab::plan(&other).notes].concat();
    let noted = notes.iter().any(|note| about(note, path));
    let same = lab::hash(&one) == lab::hash(&other);
    *inert += u32::from(noted && same);
    let what = if same { "does nothing, and is not noted" } else { "is noted, and does something" };
    (same != noted).then(|| format!("{option} under {}: {what}", strategy.id()))
}

#[test]
fn an_option_has_an_effect_or_a_note() {
    let (mut errors, mut inert) = (Vec::new(), 0);
    // An option that names the strategy is not one under a strategy.
    for row in TABLE.iter().filter(|row| row.6 == Shows::Trace && row.0 != "strategy") {
        errors.extend(StrategyId::ALL.iter().filter_map(|strategy| judge(row, *strategy, &mut inert)));
    }
    let except = |error: &str| EXCEPT.iter().find(|(option, _)| error.starts_with(&format!("{option} ")));
    let (known, unknown): (Vec<_>, Vec<_>) = errors.iter().partition(|error| except(error).is_some());
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (option, why) in EXCEPT {
        let still = known.iter().any(|error| error.starts_with(&format!("{option} ")));
        assert!(still, "{option} is no exception any more: {why}");
    }
    println!("{inert} noted");
    assert!(inert > 400, "only {inert} are noted");
}
