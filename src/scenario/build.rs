//! Builds the plan from a document whose values have been read, and refuses what does not fit together.

use super::arrivals::{ArrivalsText, KeyText, Written};
use super::block::Block;
use super::budget;
use super::fault_plan;
use super::notes;
use super::options::MOST_KEYS;
use super::participants;
use super::plan::{
    Arrivals, BrokerPlan, BufferPlan, CdcPlan, Cursor, DetectorPlan, DirectPlan, KeyPlan, LinkPlan, ListenPlan,
    OutboxPlan, Plan, RecoveryPlan, Scripted, SourcePlan, StorePlan, Target, Workload,
};
use super::refusal::{Allowed, Refusal};
use super::topology::{RecoveryName, StoreName};
use super::validate::{Names, in_flight};
use super::wiring;
use crate::detect::{DetectorKind, Settings};
use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::{Us, decimal_text};
use crate::recovery::{Compare, RecoveryKind};
use crate::strategy::cdc::{LsnFlushMode, Mismatch, SnapshotMode};
use crate::world::ids::{Acks, Apply, CommitMode, Durable, Key, Reset, StoreKind};
use crate::world::outbox::{Claim, Eligible, Progress, ReadOrder, Rules};
use crate::world::record::PoisonPolicy;
use crate::world::replica::ReplicaMode;
use serde_json::{Map, Value};

/// What the parts of a plan are built from.
pub struct Builder<'a> {
    pub(super) root: &'a Map<String, Value>,
    pub(super) names: &'a Names,
    pub(super) refusals: &'a mut Vec<Refusal>,
    /// Extra keys, in the order in which they come.
    named: Vec<String>,
    /// Their numbers, by name.
    extra: Vec<u32>,
}

impl<'a> Builder<'a> {
    /// A builder that adds what it refuses to `refusals`.
    pub fn new(root: &'a Map<String, Value>, names: &'a Names, refusals: &'a mut Vec<Refusal>) -> Builder<'a> {
        Builder { root, names, refusals, named: Vec::new(), extra: Vec::new() }
    }

    /// The plan. It may only be used if nothing was refused.
    pub fn plan(mut self, name: Option<&str>) -> Plan {
        let top = Block::new(self.root, "");
        let title = top.text("title");
        let nodes = wiring::nodes(self.root, &self.names.topology);
        let (links, roles) = wiring::links(self.root, &self.names.topology, &nodes);
        self.check_outcomes(&links);
        let two_phase = participants::plan(self.root, &roles, &nodes, &links);
        let mut workload = self.workload(top.us("duration"));
        let mut notes = notes::inert(&self);
        let faults = fault_plan::resolve(&mut self, &workload.keys, &nodes, &links, &mut notes);
        let detectors = self.detectors(&workload.keys);
        let recoveries = self.names.topology.recoveries.iter().map(|name| self.recovery(name)).collect();
        workload.keys.named = std::mem::take(&mut self.named);
        let topology = &self.names.topology;
        let scenario = name.unwrap_or("scenario").to_owned();
        let plan = Plan {
            title: if title.is_empty() { scenario.clone() } else { title },
            scenario,
            strategy: topology.strategy,
            target: if topology.has_broker() { Target::Broker } else { Target::Stores },
            seed: top.count("seed"),
            duration: top.us("duration"),
            drain_limit: top.us("drain_limit"),
            block_after: top.us("block_after"),
            nodes,
            links,
            roles,
            workload,
            source: self.source(),
            broker: self.broker(),
            stores: self.stores(),
            direct: self.direct(),
            outbox: self.outbox(),
            fire_and_forget: self.buffer(),
            cdc: self.cdc(),
            two_phase,
            listen: self.listen(),
            own: self.store(&StoreName { id: "source".into(), declared: "source".into(), ..StoreName::default() }),
            recoveries,
            detectors,
            faults,
            notes,
        };
        budget::check(&plan, self.root, self.refusals);
        plan
    }

    fn workload(&mut self, duration: Us) -> Workload {
        let block = Block::new(self.root, "workload");
        let keys = KeyPlan {
            name: block.text("keys.name"),
            count: block.count32("keys.count"),
            named: Vec::new(),
            zipf: block.key_choice("keys.dist"),
        };
        let mut written_reads = Vec::new();
        let arrivals = match block.arrivals("arrivals") {
            ArrivalsText::Process(arrivals) => arrivals,
            ArrivalsText::Written(list) => {
                let (script, reads) = self.script(&list, &keys, duration);
                written_reads = reads;
                Arrivals::Script(script)
            }
        };
        let mix = ["mix.insert", "mix.update", "mix.delete"].map(|name| block.parts(name));
        self.check_mix(mix);
        let rows_per_tx = block.count32("rows_per_tx");
        if rows_per_tx > keys.count {
            let allowed = Allowed::Range("1".into(), format!("{} (workload.keys.count)", keys.count));
            self.refusals.push(Refusal::new("workload.rows_per_tx", rows_per_tx.to_string(), allowed));
        }
        Workload {
            arrivals,
            limit: block.count("limit"),
            keys,
            mix,
            rows_per_tx,
            reads: block.rate("reads_per_key"),
            written_reads,
            client_timeout: block.us("client.timeout"),
            client_retries: block.count32("client.retries"),
            idempotency_key: block.switch("client.idempotency_key"),
        }
    }

    fn check_outcomes(&mut self, links: &[LinkPlan]) {
        for link in links {
            let outcomes = [link.fail_before, link.ack_lost, link.timeout_no_effect, link.late_effect];
            let sum: u64 = outcomes.iter().map(|parts| u64::from(*parts)).sum();
            if sum > 1_000_000_000 {
                let reason = format!(
                    "The four outcomes of one call exclude each other: they may sum to 1, not to {}.",
                    decimal_text(sum, 1_000_000_000)
                );
                let value = outcomes.map(|parts| decimal_text(u64::from(parts), 1_000_000_000)).join(" + ");
                self.refusals.push(Refusal::new(format!("links.{}.outcomes", link.id), value, Allowed::Reason(reason)));
            }
        }
    }

    fn check_mix(&mut self, mix: [u32; 3]) {
        let sum: u64 = mix.iter().map(|parts| u64::from(*parts)).sum();
        // Three decimals that sum to 1 may each be off by half a billionth.
        if sum.abs_diff(1_000_000_000) > 1 {
            let [insert, update, delete] = mix.map(|parts| decimal_text(u64::from(parts), 1_000_000_000));
            let value = format!("insert {insert}, update {update}, delete {delete}");
            let reason = format!("They must sum to 1; they sum to {}.", decimal_text(sum, 1_000_000_000));
            self.refusals.push(Refusal::new("workload.mix", value, Allowed::Reason(reason)));
        }
    }

    /// The operations of a written list, and its reads.
    fn script(&mut self, list: &[Written], keys: &KeyPlan, duration: Us) -> (Vec<Scripted>, Vec<(Us, Key)>) {
        let (mut script, mut reads) = (Vec::with_capacity(list.len()), Vec::new());
        for Written { index, at, key, op, tx_time, read } in list {
            let path = format!("workload.arrivals[{index}]");
            if *at > duration {
                let allowed = Allowed::Range("0s".into(), format!("{duration} (duration)"));
                self.refusals.push(Refusal::new(format!("{path}.at"), format!("\"{at}\""), allowed));
            }
            if let Some(key) = self.key(&format!("{path}.key"), key, keys) {
                if *read {
                    reads.push((*at, key));
                } else {
                    script.push(Scripted { at: *at, key, op: *op, tx_time: *tx_time });
                }
            }
        }
        sort_by_key(&mut script, |scripted| scripted.at);
        (script, reads)
    }

    /// The number of a key: one of the workload's, or an extra one.
    pub(super) fn key(&mut self, path: &str, key: &KeyText, keys: &KeyPlan) -> Option<Key> {
        let of_the_workload =
            |number: u64| (1..=u64::from(keys.count)).contains(&number).then(|| Key(number as u32 - 1));
        let name = match key {
            KeyText::Number(number) => {
                let found = of_the_workload(*number);
                if found.is_none() {
                    let allowed = Allowed::Range("1".into(), format!("{} (workload.keys.count)", keys.count));
                    self.refusals.push(Refusal::new(path, number.to_string(), allowed));
                }
                return found;
            }
            KeyText::Name(name) => name,
        };
        let number = name.strip_prefix(keys.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
        let number = number.filter(|number| !number.starts_with(['0', '+'])).and_then(|number| number.parse().ok());
        if let Some(key) = number.and_then(of_the_workload) {
            return Some(key);
        }
        let next = self.named.len() as u32;
        if u64::from(next) == MOST_KEYS {
            let reason = format!("A scenario may name at most {MOST_KEYS} further keys.");
            self.refusals.push(Refusal::reason(path, &Value::from(name.as_str()), reason));
            return None;
        }
        let by_name = |index: &u32| self.named[*index as usize].as_str().cmp(name);
        let index = match self.extra.binary_search_by(by_name) {
            Ok(place) => self.extra[place],
            Err(place) => {
                self.extra.insert(place, next);
                self.named.push(name.clone());
                next
            }
        };
        Some(Key(keys.count + index))
    }

    fn source(&self) -> SourcePlan {
        let block = Block::new(self.root, "source");
        SourcePlan {
            commit_time: block.distribution("commit_time"),
            tx_time: block.distribution("tx_time"),
            abort: block.parts("abort"),
            outbox_first: block.word("lock_order") == "outbox-first",
            timeout: block.us("timeout"),
            replica: block.choice("replica.mode", ReplicaMode::from_id),
            replica_lag: block.us("replica.lag"),
            hold_slots: block.switch("replica.synchronized_standby_slots"),
            checkpoint: block.us("checkpoint"),
            row_bytes: block.count("wal.row_bytes"),
            wal_cap: Some(block.count("wal.cap")).filter(|bytes| *bytes > 0),
            wal_disk: Some(block.count("wal.disk")).filter(|bytes| *bytes > 0),
            wal_other: block.count("wal.other"),
            max_prepared: block.count32("max_prepared_transactions"),
        }
    }

    fn broker(&self) -> BrokerPlan {
        let block = Block::new(self.root, "broker");
        BrokerPlan {
            partitions: block.count32("partitions"),
            acks: block.choice("acks", Acks::from_id),
            replication_lag: block.distribution("replication_lag"),
            min_insync: block.count32("min_insync"),
            isr_timeout: block.us("isr_timeout"),
            unclean_election: block.switch("unclean_election"),
            retention: block.us("retention"),
            retention_check: block.us("retention_check"),
            segment: block.roll("segment"),
            reset: block.choice("reset", Reset::from_id),
            compact: block.word("cleanup") == "compact",
            delete_retention: block.us("delete_retention"),
            idempotent: block.switch("idempotence"),
            in_flight: Some(in_flight(self.root) as u32).filter(|most| *most > 0).unwrap_or(u32::MAX),
        }
    }

    fn stores(&self) -> Vec<StorePlan> {
        self.names.topology.stores.iter().map(|name| self.store(name)).collect()
    }

    fn store(&self, name: &StoreName) -> StorePlan {
        let ids = [name.declared.as_str()];
        let kind: StoreKind =
            Block::member(self.root, "stores.*", &ids, name.declared.as_str()).choice("kind", StoreKind::from_id);
        let block = Block::member(self.root, "stores.*", &ids, kind.id());
        let poison_policy = match block.word("consumer.poison_policy") {
            "skip" => PoisonPolicy::Skip,
            "dead-letter" => PoisonPolicy::DeadLetter,
            _ => PoisonPolicy::Stop, // "block"
        };
        let keys = Block::new(self.root, "workload").switch("client.idempotency_key");
        let undoes = self.direct().compensates;
        StorePlan {
            id: name.id.clone(),
            kind,
            apply: block.choice("apply", Apply::from_id),
            reference: block.word("payload") == "reference",
            service: block.distribution("service"),
            max_poll: block.count32("consumer.max_poll"),
            session: block.us("consumer.session_timeout"),
            heartbeat: block.us("consumer.heartbeat"),
            max_poll_interval: block.us("consumer.max_poll_interval"),
            process: block.distribution("consumer.process"),
            retry: block.us("consumer.retry"),
            timeout: block.us("consumer.timeout"),
            tombstone_ttl: block.us("tombstone.ttl"),
            tombstone_durable: block.choice("tombstone.durable", Durable::from_id),
            tombstone_flush: block.us("tombstone.flush"),
            commit: block.choice("consumer.commit", CommitMode::from_id),
            auto_interval: block.us("consumer.auto_interval"),
            poison: block.parts("consumer.poison"),
            poison_policy,
            attempts: if poison_policy == PoisonPolicy::Stop { 0 } else { block.count32("consumer.attempts") },
            redrive: block.us("consumer.redrive"),
            inbox_window: block.us("inbox.window"),
            inbox_same_tx: block.switch("inbox.same_tx"),
            id_bits: block.count32("inbox.id_bits"),
            invalidates: kind == StoreKind::Cache
                && match block.word("on_write") {
                    "delete" => true,
                    "set" => false,
                    _ => name.read, // "auto"
                },
            read: name.read,
            emits_to: name.emits_to,
            fed: name.fed,
            ttl: if kind == StoreKind::Cache { block.us("ttl") } else { Us::ZERO },
            negative_ttl: if kind == StoreKind::Cache { block.us("negative_ttl") } else { Us::ZERO },
            refresh: block.us("refresh"),
            set_delay: block.distribution("set_delay"),
            delete_delay: block.us("delete_delay"),
            lease: if block.switch("lease") { block.us("lease_ttl") } else { Us::ZERO },
            keys_for: if keys { block.us("key_ttl") } else { Us::ZERO },
            undoes,
            cancels_for: if undoes && block.word("cancel") == "remember" { block.us("key_ttl") } else { Us::ZERO },
        }
    }

    fn direct(&self) -> DirectPlan {
        let block = Block::new(self.root, "direct");
        DirectPlan {
            background: block.word("publish") == "background",
            gap: block.distribution("gap"),
            attempts: block.count32("retry.attempts"),
            timeout: block.us("retry.timeout"),
            backoff: block.us("retry.backoff"),
            blocking: block.switch("retry.blocking"),
            compensates: block.word("on_give_up") == "compensate",
        }
    }

    fn outbox(&self) -> OutboxPlan {
        let block = Block::new(self.root, "outbox");
        OutboxPlan {
            poll: block.us("poll"),
            fixed_rate: block.word("schedule") == "fixed-rate",
            phase: block.phase("phase"),
            batch: block.count32("batch"),
            rules: rules(&block),
            gap_timeout: block.us("gap_timeout"),
            pipelined: block.word("publish") == "pipelined",
            mark_first: block.word("order") == "mark-then-publish",
            poison: block.choice("poison", PoisonPolicy::from_id),
            mark_batch: block.word("mark") == "batch",
            continue_on_failed_mark: block.word("on_failed_mark") == "continue",
            timeout: block.us("timeout"),
            attempts: block.count32("retry.attempts"),
            backoff: block.us("retry.backoff"),
        }
    }

    fn listen(&self) -> ListenPlan {
        let block = Block::new(self.root, "listen-to-yourself");
        ListenPlan { validate: block.switch("validate"), reject: block.word("on_conflict") == "reject" }
    }

    fn buffer(&self) -> BufferPlan {
        let block = Block::new(self.root, "fire-and-forget");
        BufferPlan { linger: block.us("linger"), batch: block.count32("batch") }
    }

    fn cdc(&self) -> CdcPlan {
        let block = Block::new(self.root, "cdc");
        CdcPlan {
            start: block.us("start"),
            snapshot_mode: block.choice("snapshot_mode", SnapshotMode::from_id),
            snapshot_fetch: block.count32("snapshot_fetch"),
            snapshot_row: block.us("snapshot_row"),
            offset_flush: block.us("offset_flush"),
            flush_exp: block.word("flush") == "exp",
            lsn_flush_mode: block.choice("lsn_flush_mode", LsnFlushMode::from_id),
            mismatch: block.choice("offset_mismatch_strategy", Mismatch::from_id),
            poll: block.us("poll"),
            max_batch: block.count32("max_batch"),
            max_queue: block.count32("max_queue"),
            heartbeat: Some(block.us("heartbeat")).filter(|span| *span > Us::ZERO),
            slot_failover: block.switch("slot.failover"),
            status: block.us("status"),
            restart_wait: block.us("restart_wait"),
            backoff: block.us("backoff"),
            timeout: block.us("timeout"),
        }
    }

    fn recovery(&self, RecoveryName { id, kind, stores, reemit }: &RecoveryName) -> RecoveryPlan {
        let ids = [id.as_str()];
        let block = Block::member(self.root, "recovery.*", &ids, id);
        let by_hand = *kind == RecoveryKind::Manual;
        let period = block.us("period");
        RecoveryPlan {
            id: id.clone(),
            kind: *kind,
            stores: stores.clone(),
            first: if by_hand { block.us("notice_after") } else { period },
            period: Some(period).filter(|_| !by_hand),
            grace: block.us("grace"),
            recheck: block.us("recheck"),
            reemit: *reemit,
            delay: block.us("repair_delay"),
            versioned: block.switch("versioned"),
            pause: block.rate(if by_hand { "rate" } else { "throttle" }),
            sample: block.parts("sample"),
            one_way: block.word("direction") == "source-to-target",
            read_row: block.us("read_row"),
            timeout: block.us("timeout"),
            position_first: block.word("position") == "before-copy",
            compare: block.choice("compare", Compare::from_id),
            replica: block.word("read_from") == "replica",
            search: block.word("read_by") == "search",
            incremental: block.switch("incremental")
                && *kind == RecoveryKind::Resnapshot
                && self.names.topology.has_connector(),
            chunk: block.count32("chunk"),
            window: block.switch("window"),
        }
    }

    fn detectors(&mut self, keys: &KeyPlan) -> Vec<DetectorPlan> {
        let names = self.names;
        names.detectors.iter().map(|id| self.detector(id, keys)).collect()
    }

    fn detector(&mut self, id: &str, keys: &KeyPlan) -> DetectorPlan {
        let ids = [id];
        let kind = detector_kind(self.root, id);
        let block = Block::member(self.root, "detectors.*", &ids, kind.id());
        let has = |option: &str| kind.options().contains(&option);
        DetectorPlan {
            id: id.to_owned(),
            kind,
            period: block.us("period"),
            settings: Settings {
                grace: block.us("grace"),
                source_version: block.word("against") == "source-version",
                by_event: block.word("by") == "event-id",
                one_way: block.word("direction") == "source-to-target",
            },
            recheck: if has("recheck") { block.us("recheck") } else { Us::ZERO },
            sample: block.parts("sample"),
            threshold: block.count("threshold"),
            search: has("read_by") && block.word("read_by") == "search",
            canary: if kind == DetectorKind::Canary { self.canary(id, keys) } else { None },
        }
    }
}

impl Builder<'_> {
    /// The row that a canary writes, named like it: nobody else may name it, or its answer would be somebody else's.
    fn canary(&mut self, id: &str, keys: &KeyPlan) -> Option<Key> {
        let (path, known) = (format!("detectors.{id}"), self.named.len());
        let key = self.key(&path, &KeyText::Name(id.to_owned()), keys)?;
        if key.index() < keys.count as usize + known {
            let reason = "The scenario has a key of this name; a canary needs a row of its own, named by another id.";
            self.refusals.push(Refusal::reason(path, &Value::from(id), reason));
        }
        Some(key)
    }
}

/// How relays read the outbox: what `outbox.cursor` stands for, and each switch that is set by itself.
fn rules(block: &Block<'_>) -> Rules {
    let (eligible, order, progress) = match block.choice("cursor", Cursor::from_id) {
        Cursor::Flag => (Eligible::Committed, ReadOrder::Id, Progress::Flag),
        Cursor::Delete => (Eligible::Committed, ReadOrder::Id, Progress::Delete),
        Cursor::LastId => (Eligible::Committed, ReadOrder::Id, Progress::Position),
        Cursor::LastIdGrace => (Eligible::Grace, ReadOrder::Id, Progress::Position),
        Cursor::GapTimeout => (Eligible::GapTimeout, ReadOrder::Id, Progress::Position),
        Cursor::Xmin => (Eligible::Xmin, ReadOrder::XidId, Progress::Position),
    };
    Rules {
        eligible: Eligible::from_id(block.word("eligible")).unwrap_or(eligible),
        order: ReadOrder::from_id(block.word("read_order")).unwrap_or(order),
        progress: Progress::from_id(block.word("progress")).unwrap_or(progress),
        claim: block.choice("claim", Claim::from_id),
        grace: block.us("grace"),
        lease: block.us("lease"),
        delete_after_insert: block.switch("delete_after_insert"),
    }
}

/// What a detector measures.
pub(super) fn detector_kind(root: &Map<String, Value>, id: &str) -> DetectorKind {
    Block::member(root, "detectors.*", &[id], id).choice("kind", DetectorKind::from_id)
}
