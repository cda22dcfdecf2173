//! Every option, declared once: path, kind with its bounds, default, source, what it means. Validation, its messages,
//! the JSON Schema, `--set`, `driftscope list options` and the page's form read these rows.

mod broker;
mod cdc;
mod direct;
mod network;
mod outbox;
mod source;
mod stores;
mod two_phase;
mod watch;
mod workload;

pub use broker::{MOST_NUMBERED, NUMBERED};

use super::kind::{Kind, LONGEST_RUN, MOST_EXACT, Setting};
use crate::kernel::time::Us;
use crate::strategy::StrategyId;
use serde_json::Value;

/// An option of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its dotted path; `*` stands for an id that the document chooses.
    pub path: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds if nothing does, as `--set` would write it.
    pub default: &'static str,
    /// Defaults that differ: by role of the link, kind of store or detector, or id.
    pub except: &'static [(&'static str, &'static str)],
    /// Where the default comes from: a source of DOMAIN, or `illustrative`.
    pub source: &'static str,
    /// Which scenarios it has an effect in.
    pub scope: Scope,
    /// What it means. The first line alone makes sense in a tooltip.
    pub doc: &'static str,
}

/// Which scenarios an option has an effect in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    Always,
    /// Those in which the app makes the second write itself.
    Direct,
    /// Those with an outbox.
    Outbox,
    /// Those in which events go through the broker.
    Broker,
    /// Those in which the app makes its second write after its commit, and could answer before it.
    Answered,
    /// Those in which the app itself tries its second write, and so could wait for it.
    Tried,
    /// Those in which the app opens a transaction.
    Transaction,
    /// Those in which something publishes and waits for an acknowledgement.
    Producer,
    /// Those in which a producer may have several publishes unanswered.
    Pipeline,
    /// Those of one strategy.
    Of(StrategyId),
    /// Those in which a connector reads the log.
    Cdc,
    /// The search for what breaks a scenario: no effect on a run of it.
    Explore,
}

impl Row {
    /// The default, read; `variant` is the role of the link, or the kind or id of the store or detector.
    #[must_use]
    pub fn default_setting(&self, variant: &str) -> Setting {
        match self.kind.read(self.path, &literal(self.default_text(variant))) {
            Ok(setting) => setting,
            Err(refusals) => unreachable!("default of an option: {}", refusals[0]),
        }
    }

    /// The default as `--set` would write it.
    #[must_use]
    pub fn default_text(&self, variant: &str) -> &'static str {
        self.except.iter().find(|(name, _)| *name == variant).map_or(self.default, |(_, default)| default)
    }

    const fn only(self, scope: Scope) -> Row {
        Row { scope, ..self }
    }

    const fn except(self, except: &'static [(&'static str, &'static str)]) -> Row {
        Row { except, ..self }
    }
}

/// A value as `--set` takes it: JSON if it is that, else the text itself.
#[must_use]
pub fn literal(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// The row at a path in which `*` stands for ids: `links.*.latency`.
#[must_use]
pub fn row(path: &str) -> Option<&'static Row> {
    all().find(|row| row.path == path)
}

/// The names that may follow a path in which `*` stands for ids, in the order of the table, each once. `["*"]` if the
/// document chooses them; empty if nothing may follow.
#[must_use]
pub fn names_after(prefix: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    let after = |row: &'static Row| match prefix {
        "" => Some(row.path),
        _ => row.path.strip_prefix(prefix)?.strip_prefix('.'),
    };
    for rest in all().filter_map(after) {
        let name = rest.split('.').next().unwrap_or(rest);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

const fn row_of(path: &'static str, kind: Kind, default: &'static str, source: &'static str, doc: &'static str) -> Row {
    // The page serves the schema as a file: in wasm the words would only weigh.
    let (source, doc) = if cfg!(target_arch = "wasm32") { ("", "") } else { (source, doc) };
    Row { path, kind, default, except: &[], source, scope: Scope::Always, doc }
}

const ILLUSTRATIVE: &str = "illustrative";
const MS: Us = Us::millis(1);
const ANY: Kind = Kind::Duration(Us::ZERO, LONGEST_RUN);
const FROM_1MS: Kind = Kind::Duration(MS, LONGEST_RUN);

/// How many keys there may be.
pub const MOST_KEYS: u64 = 100_000;

/// How many stores there may be, all copies counted.
pub const MOST_STORES: u64 = 64;

/// Every option, in the order of the document, in blocks.
pub const BLOCKS: &[&[Row]] = &[
    TOP,
    workload::WORKLOAD,
    network::NODES,
    network::LINKS,
    source::SOURCE,
    broker::BROKER,
    stores::STORES,
    direct::DIRECT,
    outbox::OUTBOX,
    direct::BUFFER,
    cdc::CDC,
    direct::LISTEN,
    two_phase::TWO_PHASE,
    watch::RECOVERY,
    watch::DETECTORS,
    watch::EXPLORE,
];

/// Every option, in the order of the document.
pub fn all() -> impl Iterator<Item = &'static Row> + Clone {
    BLOCKS.iter().copied().flatten()
}

/// What the scenario is.
const TOP: &[Row] = &[
    row_of("version", Kind::Count(1, 1), "1", "CONTRACT", "The version of the document."),
    row_of("title", Kind::Text(120), "", "CONTRACT", "What the page calls the scenario."),
    row_of(
        "strategy",
        Kind::Choice(StrategyId::IDS),
        "direct-db-first",
        "CONTRACT",
        "How a change reaches the second system.",
    ),
    row_of(
        "target",
        Kind::Name,
        "broker",
        "CONTRACT",
        "The second system of a direct strategy: `broker`, or a store.\n\n\
         With a store the app writes to every declared store itself, and there are no consumers.",
    )
    .only(Scope::Direct),
    row_of("seed", Kind::Count(0, MOST_EXACT), "7", "CONTRACT", "Chooses the random draws."),
    row_of(
        "duration",
        Kind::Duration(Us(1), LONGEST_RUN),
        "60s",
        ILLUSTRATIVE,
        "When arrivals stop and the drain begins.",
    ),
    row_of("drain_limit", Kind::Duration(Us::ZERO, DRAIN), "1h", "CONTRACT", "How long the drain may take."),
    row_of(
        "block_after",
        Kind::Duration(Us(1), LONGEST_RUN),
        "10s",
        "CONTRACT",
        "An operation that waits this long counts as blocked.",
    ),
];

/// The longest drain.
const DRAIN: Us = Us::secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_read() {
        for row in all() {
            let _ = row.default_setting("");
            for (variant, _) in row.except {
                let _ = row.default_setting(variant);
            }
            let first = row.doc.lines().next().unwrap_or("");
            assert!(first.ends_with('.') && first.len() <= 120, "{}: {first}", row.path);
        }
    }

    #[test]
    fn no_path_twice() {
        for (at, row) in all().enumerate() {
            assert!(all().skip(at + 1).all(|other| other.path != row.path), "{}", row.path);
        }
    }

    #[test]
    fn names() {
        assert_eq!(names_after("workload.mix"), ["insert", "update", "delete"]);
        assert_eq!(names_after("links"), ["*"]);
        assert_eq!(names_after("links.*.duplicate"), ["p", "delay"]);
        assert!(names_after("seed").is_empty());
        assert!(names_after("").starts_with(&["version", "title", "strategy"]));
    }
}
