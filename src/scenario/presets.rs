//! The presets: scenarios with a fixed id, each of which shows one thing (CONTRACT 7).
//!
//! A preset is never changed in meaning: it gets a new id instead, since links name it.

use super::document::Document;
use super::refusal::{Choices, Refusal, shown};
use super::{Allowed, LARGEST};
use crate::kernel::time::Us;

/// A scenario with a fixed id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its id.
    pub id: &'static str,
    /// What the page calls it.
    pub title: &'static str,
    /// What it shows, in one line.
    pub teaches: &'static str,
    /// When it is at its most telling.
    pub opens_at: Us,
    /// Its document, as JSON.
    pub text: &'static str,
}

impl Preset {
    /// Its document, named after it.
    #[must_use]
    pub fn document(&self) -> Document {
        match Document::parse(self.text) {
            Ok(document) => document.named(self.id),
            Err(refusals) => unreachable!("the preset {}: {}", self.id, refusals[0]),
        }
    }
}

macro_rules! presets {
    ($($id:literal, $title:literal, $opens_at:expr, $teaches:literal;)+) => {
        /// Every preset.
        pub const PRESETS: &[Preset] = &[$(Preset {
            id: $id,
            title: $title,
            teaches: $teaches,
            opens_at: $opens_at,
            text: include_str!(concat!("presets/", $id, ".json")),
        }),+];
    };
}

presets! {
    "missing-search-index", "Missing search index", Us(12_503_000),
        "The app saves a product and dies before it calls the search index: one row is missing for good, and no alarm fires.";
    "order-created-lost", "Order created, event lost", Us(8_010_000),
        "A crash between commit and publish: the order exists, and nobody will ever hear of it.";
    "order-created-ghost", "Event published, order never created", Us(8_030_000),
        "The event goes out first and the transaction aborts: everybody hears of an order that does not exist.";
    "outbox", "The same crash, with an outbox", Us(8_010_000),
        "The event is a row of the same transaction: the crash of order-created-lost loses nothing.";
    "outbox-relay-crash", "The relay crashes before it marks", Us(4_310_000),
        "Publish and mark are a dual write again: after the crash the relay publishes twice, and a versioned index does not mind.";
    "cdc", "The same crash, with CDC", Us(8_010_000),
        "The app writes the database only; a connector reads its log: the crash of order-created-lost loses nothing.";
    "cdc-replay", "The connector publishes again", Us(19_900_000),
        "The connector dies before it stores its offset and sends again what it sent since: a row goes back in time, and comes to itself.";
    "cdc-slot-lost", "The slot is lost", Us(21_000_000),
        "The log is gone when the connector comes back: a snapshot repairs what exists, and never what was deleted meanwhile.";
    "rollback-after-publish", "Rolled back after the publish", Us(8_030_000),
        "Publishing inside the transaction looks atomic: the transaction aborts, and the event is out all the same.";
    "early-read", "Read before the commit", Us(8_060_000),
        "The event outruns its own commit: the consumer looks for the order, finds nothing, and drops the event.";
    "outbox-id-gap", "The gap that the relay reads past", Us(6_930_000),
        "Numbers are given out before the commit: the relay reads 6, stores it as its position, and 5 commits behind its back.";
    "outbox-skip-locked", "Two relays, one key", Us(7_050_000),
        "Each relay skips what the other has locked: the second publishes version 3 while the first still holds version 2.";
    "two-phase-commit-blocked", "In doubt: the coordinator is gone", Us(9_600_000),
        "Both have voted yes and the coordinator dies before it decides: the row stays locked, and whoever wants it waits.";
    "two-phase-commit-partition", "In doubt: the network is cut", Us(9_600_000),
        "The decision is made and cannot reach the database: the broker has committed, the row stays locked in doubt.";
    "two-phase-commit-unsupported", "The search index cannot prepare", Us(10_100_000),
        "An index cannot vote, so it commits last: the coordinator dies before it writes that down, and aborts the rest.";
    "acks-one-failover", "Confirmed by one, gone with one", Us(8_360_000),
        "The broker's leader confirms, the outbox row is marked, and the leader is lost before its follower has the record.";
    "retention-expired", "Deleted before it was read", Us(26_010_000),
        "The consumer is down longer than the log is kept: it comes back, finds its offset gone, and jumps to the end.";
    "failover-ghost", "Published, then lost in a failover", Us(8_520_000),
        "The order is committed and published; the replica that takes over never had it: everybody knows an order that is gone.";
    "version-reused-after-failover", "The same version, twice", Us(14_350_000),
        "A failover takes version 2 back and another change becomes version 2: the index refuses it as nothing new.";
    "listen-to-yourself", "Public before it is allowed", Us(9_040_000),
        "Two clients change one order on what the database showed them: both are told yes, and the database takes only one.";
    "two-writers-reordered", "Two writers, two orders", Us(8_036_000),
        "No fault at all: two clients change one product, and the cache is told in the other order than the database.";
    "ack-lost-duplicate", "Acknowledged, and nobody heard it", Us(8_620_000),
        "The broker has the event and its answer is lost: the app sends it again, and a versioned index takes no harm.";
    "event-storm", "One crash, five stores", Us(8_010_000),
        "One event that is never published is missing in each of five stores: what is lost upstream is lost everywhere.";
    "tombstone-expired", "Deleted, forgotten, back again", Us(81_030_000),
        "An update that timed out arrives after the tombstone of its deleted row is gone: the product is back for good.";
    "reconcile-search-index", "The index is reconciled", Us(25_010_000),
        "The loss of missing-search-index; every 25 s a job compares both sides, finds the row that is missing, and writes it.";
    "reconcile-race", "A repair races a live update", Us(23_010_000),
        "The job read version 1, a live update brought version 2, and the repair writes version 1 over it: it checks no version.";
    "manual-repair", "Noticed a day later, mended by hand", Us(86_400_000_000),
        "Counts are compared once a day, and a person mends what is missing: for a day nobody knows.";
    "rebuild-index", "The index is rebuilt beside the old one", Us(16_100_000),
        "A new index is filled from the database, fed with what happens meanwhile, and swapped in: what was lost is there again.";
    "rebuild-cache", "The cache is emptied and warmed", Us(15_900_000),
        "A cache can always be made anew from the database: emptied, and warmed with what the database shows.";
    "failure-injection-test", "The failure injection test", Us(10_010_000),
        "The five steps of the test: execute, crash between commit and call, restart, verify, and let the reconciliation mend it.";
    "cascade", "One loss, two stores", Us(8_010_000),
        "The consumer of one store tells the next: what never reached the first is missing in both, and was lost only once.";
    "double-charge", "Charged twice", Us(9_140_000),
        "The payment went through and its answer was lost: the app tries again, without a key that says it is the same charge.";
    "retries-duplicate-effects", "Counted twice", Us(8_640_000),
        "The same lost acknowledgement as ack-lost-duplicate, and a consumer that adds up: without an inbox one event counts twice.";
    "poison-message", "A message that cannot be handled", Us(8_720_000),
        "The consumer cannot apply one event and skips it after three tries: it goes on, and one order is missing for good.";
    "stale-cache", "The delete that never came", Us(10_510_000),
        "The app writes the database and dies before it drops the cache's entry: without a time to live readers see the old row for good.";
    "stale-set-race", "The late set", Us(8_040_000),
        "No fault at all: a reader misses, a writer commits and drops the entry, and the reader puts the old row there.";
    "compensation-overtaken", "Cancelled before it was placed", Us(10_600_000),
        "The call times out, the app takes its order back and cancels: the cancel is there first, and then the call comes.";
    "zombie-consumer", "The zombie consumer", Us(17_100_000),
        "A consumer works too long on one event and is out of its group; another goes on, and then the old write arrives.";
}

/// The preset the page opens on.
pub const FIRST: &str = "missing-search-index";

/// The preset of that id, or a refusal that names the nearest.
pub fn find(id: &str) -> Result<&'static Preset, Refusal> {
    PRESETS.iter().find(|preset| preset.id == id).ok_or_else(|| {
        let ids = PRESETS.iter().map(|preset| preset.id);
        let given: String = id.chars().take(LARGEST).collect();
        Refusal::new("preset", shown(&given.as_str().into()), Allowed::OneOf(Choices::near(id, ids)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::StrategyId;

    #[test]
    fn every_preset_has_a_plan_under_every_strategy() {
        for preset in PRESETS {
            let document = preset.document();
            assert_eq!(document.get("title").and_then(|title| title.as_str()), Some(preset.title));
            for strategy in StrategyId::ALL {
                let plan = document.with_strategy(*strategy).plan();
                let plan = plan.unwrap_or_else(|refusals| panic!("{}: {}", preset.id, refusals[0]));
                assert_eq!(plan.scenario, preset.id);
                assert!(!plan.detectors.is_empty(), "{}", preset.id);
                assert!(preset.opens_at <= plan.duration, "{}", preset.id);
            }
        }
        assert!(find(FIRST).is_ok());
    }

    #[test]
    fn unknown() {
        let refusal = find("mising-search-index").unwrap_err();
        assert!(refusal.to_string().ends_with("Did you mean missing-search-index?"), "{refusal}");
    }
}
