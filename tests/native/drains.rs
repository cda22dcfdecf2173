//! When the queues empty, and what may keep them from it.

use crate::invariants::require;
use driftscope::kernel::distribution::Distribution;
use driftscope::kernel::time::Us;
use driftscope::scenario::plan::{FaultKind, FaultTarget, NodeRole, Plan, StorePlan};
use driftscope::strategy::cdc::LsnFlushMode;
use driftscope::world::ids::MemberId;
use driftscope::world::record::{Kind, PoisonPolicy, Record};

/// Unless the document cuts the drain short, the queues do empty.
pub fn drains(plan: &Plan, records: &[Record]) -> Result<(), String> {
    let limit = records.last().is_some_and(|last| last.kind == Kind::DrainEnded && last.detail == 1);
    let cut_short = plan.drain_limit < Us::secs(120);
    // Poison stays poison: what blocks its partition blocks it to the end.
    let blocks = |store: &StorePlan| store.attempts == 0;
    let struck = plan.faults.iter().filter(|fault| fault.kind == FaultKind::Poison).any(|fault| match fault.target {
        FaultTarget::Link(link) => match plan.nodes[plan.links[link.index()].from.index()].role {
            NodeRole::Relay(_) => plan.outbox.poison == PoisonPolicy::Stop,
            // A decision must arrive; a connector sends in order; what a consumer cannot even fetch, it cannot skip.
            NodeRole::Coordinator | NodeRole::Connector | NodeRole::Broker => true,
            // A node refuses all that is about the event, a consumer's read of its row too.
            NodeRole::App => plan.direct.attempts == 0 || plan.stores.iter().any(|store| store.reference),
            _ => plan.roles.own_consumer.is_some() || plan.stores.iter().any(blocks),
        },
        _ => false,
    });
    let poisoned = struck || plan.stores.iter().any(|store| store.poison > 0 && blocks(store));
    let late = |record: &&Record| record.kind == Kind::MemberOut && record.detail == 1;
    let slow = limit && records.iter().rev().find(late).is_some_and(|out| too_slow(plan, records, out));
    // A disk that others fill stays full: the slot holds their log until the connector has something to confirm. A
    // checkpoint gives the log back, if anybody confirms anything.
    let unconfirmed = plan.cdc.lsn_flush_mode == LsnFlushMode::Manual;
    let fills = plan.source.wal_other > 0 || plan.source.checkpoint > Us::secs(10) || unconfirmed;
    let full = plan.source.wal_disk.is_some() && fills;
    require(!limit || cut_short || poisoned || slow || full, || {
        format!("something is in flight after {}", plan.drain_limit)
    })
}

/// Whether a member needs, on average, over half of its poll interval for what its last poll returned: then it may be shut
/// out for ever.
fn too_slow(plan: &Plan, records: &[Record], out: &Record) -> bool {
    let member = plan.roles.broker_consumer.iter().position(|link| *link == Some(out.link)).expect("whom it is about");
    let store = plan.fed_by(MemberId(member as u16));
    let polled = |record: &&Record| record.kind == Kind::Polled && Some(record.node) == plan.roles.consumers[member];
    let poll = records.iter().rev().filter(|record| record.at <= out.at).find(polled).expect("it has polled");
    let roles = &plan.roles;
    let emits = roles.emit_store[roles.group(MemberId(member as u16)).index()];
    let calls = [roles.consumer_source[member], roles.consumer_store[member], emits];
    let of_calls = calls.into_iter().flatten().map(|link| {
        let link = &plan.links[link.index()];
        let silent = f64::from(link.ack_lost + link.timeout_no_effect + link.late_effect) / 1e9;
        let refused = f64::from(link.fail_before) / 1e9;
        2.0 * mean(&link.latency) + silent * store.timeout.0 as f64 + refused * store.retry.0 as f64
    });
    // An inbox that is marked apart is called twice.
    let record = mean(&store.process) + mean(&store.service) + 2.0 * of_calls.sum::<f64>();
    2.0 * poll.value as f64 * record > store.max_poll_interval.0 as f64
}

/// The mean of a distribution, in microseconds.
fn mean(of: &Distribution) -> f64 {
    let us = |us: &Us| us.0 as f64;
    match of {
        Distribution::Constant(all) | Distribution::Exponential(all) | Distribution::Erlang(_, all) => us(all),
        Distribution::Uniform(low, high) => (us(low) + us(high)) / 2.0,
        Distribution::Lognormal(median, sigma) => us(median) * libm::exp(sigma * sigma / 2.0),
        Distribution::Mix(parts) => parts.iter().map(|(part, each)| f64::from(*part) / 1e9 * us(each)).sum(),
    }
}
