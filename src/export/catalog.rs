//! What there is to choose from: presets, strategies, crash points, links, detectors, options. Each list is read from
//! the declarations themselves, so that `driftscope list` and the docs cannot lag behind.

use super::table::{NONE, Table};
use crate::detect::DetectorKind;
use crate::recovery::RecoveryKind;
use crate::run::narrate::point_words;
use crate::run::words::capital;
use crate::scenario::fault::RULES;
use crate::scenario::options::row;
use crate::scenario::plan::Target;
use crate::scenario::presets::PRESETS;
use crate::scenario::schema::option_table;
use crate::scenario::topology::{LinkRole, RecoveryName, StoreName, Topology};
use crate::strategy::machine::Step;
use crate::strategy::{CrashPoint, StrategyId};
use crate::world::ids::StoreId;

crate::ids! {
    /// A list.
    pub enum Topic {
        /// Scenarios with a fixed id.
        Presets = "presets",
        /// How a change reaches the second system.
        Strategies = "strategies",
        /// Where a node can be killed.
        CrashPoints = "crash-points",
        /// The network paths of each strategy.
        Links = "links",
        /// What an operator may watch.
        Detectors = "detectors",
        /// What a scenario may set.
        Options = "options",
    }
}

impl Topic {
    /// The list.
    #[must_use]
    pub fn table(self) -> Table {
        match self {
            Topic::Presets => presets(),
            Topic::Strategies => strategies(),
            Topic::CrashPoints => crash_points(),
            Topic::Links => links(),
            Topic::Detectors => detectors(),
            Topic::Options => options(),
        }
    }
}

fn presets() -> Table {
    let mut table = Table::new(&["preset", "strategy", "what it shows"]);
    for preset in PRESETS {
        table.push([preset.id, preset.document().strategy().id(), preset.teaches]);
    }
    table
}

fn strategies() -> Table {
    let mut table = Table::new(&["strategy", "the app's steps", "the relay's steps"]);
    for strategy in StrategyId::ALL {
        table.push([strategy.id().to_owned(), steps(strategy.steps()), steps(strategy.relay_steps())]);
    }
    table
}

fn steps(steps: &[Step]) -> String {
    let verbs: Vec<&str> = steps.iter().map(|step| step.verb.id()).collect();
    if verbs.is_empty() { NONE.to_owned() } else { verbs.join(", ") }
}

fn crash_points() -> Table {
    let mut table = Table::new(&["crash point", "the node dies", "strategies"]);
    for point in CrashPoint::ALL {
        let has_point = |strategy: &&StrategyId| topology(**strategy, Target::Broker).has_point(*point);
        let having = listed(StrategyId::ALL.iter().filter(has_point));
        table.push([point.id().to_owned(), point_words(*point), having]);
    }
    table
}

fn topology(strategy: StrategyId, target: Target) -> Topology {
    let mut stores = StoreName::expand(&["STORE".to_owned(), "NEXT".to_owned()], 1);
    stores.iter_mut().for_each(|store| store.reference = true);
    (stores[0].emits_to, stores[1].fed) = (Some(StoreId(1)), true);
    let participants = vec!["source".to_owned(), "broker".to_owned()];
    let (kind, covers) = (RecoveryKind::Reconcile, vec![StoreId(0)]);
    let recoveries = vec![RecoveryName { id: "RECOVERY".to_owned(), kind, stores: covers, reemit: true }];
    Topology { strategy, target, stores, relays: 1, participants, recoveries }
}

/// `all`, if it is every strategy.
fn listed<'a>(strategies: impl Iterator<Item = &'a StrategyId>) -> String {
    let ids: Vec<&str> = strategies.map(|strategy| strategy.id()).collect();
    match ids.len() {
        0 => NONE.to_owned(),
        all if all == StrategyId::ALL.len() => "all".to_owned(),
        _ => ids.join(", "),
    }
}

fn links() -> Table {
    let mut table = Table::new(&["link", "latency", "order", "with target broker", "with a store as target"]);
    let default = |path: &str, role: LinkRole| row(path).map_or("", |row| row.default_text(role.id())).to_owned();
    for role in LinkRole::ALL {
        let having = |target| listed(StrategyId::ALL.iter().filter(|strategy| has_link(**strategy, target, *role)));
        table.push([
            role.id().to_owned(),
            default("links.*.latency", *role),
            default("links.*.order", *role),
            having(Target::Broker),
            having(Target::Stores),
        ]);
    }
    table
}

fn has_link(strategy: StrategyId, target: Target, role: LinkRole) -> bool {
    let topology = topology(strategy, target);
    topology.all_links().iter().any(|link| link.role == role && topology.has_link(link))
}

fn detectors() -> Table {
    let mut table = Table::new(&["detector", "reads the stores", "fires from", "looks every", "what it says"]);
    let default = |path: &str, kind: DetectorKind| row(path).map_or("", |row| row.default_text(kind.id())).to_owned();
    for kind in DetectorKind::ALL {
        table.push([
            kind.id().to_owned(),
            if kind.reads_stores() { "yes" } else { "no" }.to_owned(),
            default("detectors.*.threshold", *kind),
            default("detectors.*.period", *kind),
            format!("\"{}\"", kind.words(1, 32)),
        ]);
    }
    table
}

fn options() -> Table {
    let mut table = Table::new(&["option", "default", "allowed", "source", "meaning"]);
    for [path, default, allowed, source, meaning] in option_table() {
        let default = if default.is_empty() { "\"\"".to_owned() } else { default };
        table.push([path, default, capital(&allowed), source, meaning]);
    }
    table
}

/// The kinds of scripted faults and their short forms.
#[must_use]
pub fn faults() -> Table {
    let mut table = Table::new(&["fault", "short form", "`+` means"]);
    for rule in &RULES {
        let span = if rule.span.is_empty() { NONE } else { rule.span };
        table.push([
            rule.kind.id().to_owned(),
            format!("`{}`", rule.forms().replace(" or ", "` or `")),
            span.to_owned(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is listed as a link is the name of one, and some strategy has it.
    #[test]
    fn every_link_that_is_listed_is_there() {
        for role in LinkRole::ALL {
            let links = topology(StrategyId::Outbox, Target::Broker).all_links();
            assert!(links.iter().any(|link| link.role == *role && link.id == role.id()), "{}", role.id());
            let has = |target| StrategyId::ALL.iter().any(|strategy| has_link(*strategy, target, *role));
            // A store takes part in a two-phase commit only where a document says so.
            let optional = *role == LinkRole::CoordinatorStore;
            assert!(optional || has(Target::Broker) || has(Target::Stores), "nobody has {}", role.id());
        }
    }
}
