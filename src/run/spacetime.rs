//! Space and time: what happened round an instant, one lifeline a node, each message with when it left and arrived.

use super::because::causes;
use super::frame::{MessageFrame, NodeFrame};
use super::narrate;
use super::recording::{Recording, Subject};
use super::stage::Stage;
use super::view::{MessageView, View};
use super::why;
use super::words::{capital, instant};
use crate::kernel::sorted::{sort, sort_by_key};
use crate::kernel::time::Us;
use crate::truth::cause;
use crate::world::ids::{NodeId, RecordId};
use crate::world::record::{Kind, Record};

/// How many messages before the instant, and how many after it.
pub const MESSAGES: usize = 20;

/// What happened round an instant. A pure function of recording, instant and what is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceTime {
    /// The lifelines, in the order of the stage's columns.
    pub lanes: Vec<Lane>,
    /// Messages, in the order in which they left.
    pub hops: Vec<Hop>,
    /// What happened at a node, in the order of time.
    pub moments: Vec<Moment>,
    /// The first difference of the run: the lane of its store, when it began and when it ended.
    pub apart: Option<(usize, Us, Us)>,
    /// Whether something is chosen: then what led to it is told, and the rest is not.
    pub chosen: bool,
}

/// A lifeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its node, by its place in `Frame::nodes`.
    pub node: usize,
    /// When it was down.
    pub down: Vec<(Us, Us)>,
}

/// A message between two lifelines.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// The record of its sending.
    pub record: RecordId,
    /// The lane that it leaves.
    pub from: usize,
    /// The lane that it reaches.
    pub to: usize,
    /// How the stage shows it; the same label.
    pub message: MessageFrame,
    /// Whether what is chosen depends on it.
    pub told: bool,
}

crate::ids! {
    /// What a moment is.
    pub enum Happening {
        /// A client asks.
        Ask = "asked",
        /// A client is answered.
        Reply = "answered",
        /// A node dies.
        Crash = "crash",
        /// A node is up again.
        Up = "up again",
        /// A transaction is durable.
        Commit = "committed",
        /// A transaction is rolled back, an event given up.
        End = "rolled back or given up",
        /// A store or the broker has it.
        Show = "shown",
        /// A store refuses it.
        Refuse = "refused",
    }
}

/// What happened at a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Its record.
    pub record: RecordId,
    /// Where.
    pub lane: usize,
    /// When.
    pub at: Us,
    /// What.
    pub happening: Happening,
    /// `12.500 s. App crashes, after commit, before publish.`
    pub label: String,
    /// Whether what is chosen depends on it.
    pub told: bool,
}

fn happening(kind: Kind) -> Option<Happening> {
    Some(match kind {
        Kind::Requested | Kind::Refused => Happening::Ask,
        Kind::Replied => Happening::Reply,
        Kind::Crashed => Happening::Crash,
        Kind::Restarted => Happening::Up,
        Kind::Committed => Happening::Commit,
        Kind::Aborted | Kind::GaveUp | Kind::Rejected | Kind::Compensates => Happening::End,
        Kind::Applied | Kind::Appended | Kind::Filled | Kind::Denied => Happening::Show,
        Kind::NotNewer | Kind::Known | Kind::NothingToCancel => Happening::Refuse,
        _ => return None, // Steps inside a node.
    })
}

/// What happened round an instant.
#[must_use]
pub fn space_time(recording: &Recording, nodes: &[NodeFrame], subject: &Subject, at: Us) -> SpaceTime {
    let (records, plan) = (&recording.trace().records, recording.plan());
    let now = recording.records_until(at);
    let (from, to) = (back(records, now), forth(records, now));
    let told = told(recording, subject, at);
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    sort_by_key(&mut order, |node| (nodes[*node].column as u8, nodes[*node].rows.0));
    let lane = |node: NodeId| order.iter().position(|at| *at == node.index() + 1);
    let view = recording.view(at);
    let stage = Stage { plan, lens: recording.lens(), view: &view, judgement: recording.judgement(), at };
    let (mut hops, mut moments) = (Vec::new(), Vec::new());
    for (place, record) in records.iter().enumerate().take(to).skip(from) {
        let id = RecordId(place as u32);
        if record.kind == Kind::Sent {
            let link = &plan.links[record.link.index()];
            let back = record.node == link.to;
            let (tail, head) = if back { (link.to, link.from) } else { (link.from, link.to) };
            if let (Some(tail), Some(head)) = (lane(tail), lane(head)) {
                let message = stage.message(&MessageView { sent: *record, late: false });
                hops.push(Hop { record: id, from: tail, to: head, message, told: told.binary_search(&id).is_ok() });
            }
        } else if let (Some(happening), Some(lane)) = (happening(record.kind), lane(record.node)) {
            let what = narrate::whole(plan, record);
            let label = format!("{}. {}.", instant(record.at), capital(&what));
            moments.push(Moment {
                record: id,
                lane,
                at: record.at,
                happening,
                label,
                told: told.binary_search(&id).is_ok(),
            });
        }
    }
    let down = |node: usize| down(&view, NodeId(node.wrapping_sub(1) as u16), &records[from..to]);
    let lanes =
        order.iter().map(|&node| Lane { node, down: if node == 0 { Vec::new() } else { down(node) } }).collect();
    let apart = apart(recording).and_then(|(store, from, to)| Some((lane(plan.roles.stores[store])?, from, to)));
    SpaceTime { lanes, hops, moments, apart, chosen: *subject != Subject::Worst }
}

/// Where the window begins.
fn back(records: &[Record], now: usize) -> usize {
    let mut sent = records[..now].iter().enumerate().rev().filter(|(_, record)| record.kind == Kind::Sent);
    sent.nth(MESSAGES - 1).map_or(0, |(place, _)| place)
}

/// Where it ends.
fn forth(records: &[Record], now: usize) -> usize {
    let mut sent = records.iter().enumerate().skip(now).filter(|(_, record)| record.kind == Kind::Sent);
    sent.nth(MESSAGES).map_or(records.len(), |(place, _)| place)
}

/// What is chosen and all that led to it, in order; nothing if nothing is chosen.
fn told(recording: &Recording, subject: &Subject, at: Us) -> Vec<RecordId> {
    let mut told: Vec<RecordId> = match subject {
        Subject::Worst => return Vec::new(),
        Subject::Record(id) => causes(recording, *id),
        Subject::Row(..) => {
            let Some((store, key)) = why::row_of(recording, subject) else { return Vec::new() };
            let state = recording.judgement().state(store, key, at);
            let cause = cause::of_row(&recording.trace().ledger, store, key, state, at);
            let chain = cause.map_or_else(Vec::new, |cause| why::chain(recording, store, cause));
            chain.iter().flat_map(|id| causes(recording, *id)).collect()
        }
    };
    sort(&mut told);
    told.dedup();
    told
}

/// When a node was down, as the records round an instant tell it.
fn down(view: &View, node: NodeId, window: &[Record]) -> Vec<(Us, Us)> {
    let begins = window.first().map_or(Us::ZERO, |record| record.at);
    let mut spans: Vec<(Us, Us)> = Vec::new();
    for record in window.iter().filter(|record| record.node == node) {
        match record.kind {
            Kind::Crashed => spans.push((record.at, Us(record.value))),
            Kind::Restarted => match spans.last_mut() {
                Some(span) => span.1 = span.1.min(record.at),
                None => spans.push((begins, record.at)),
            },
            _ => {}
        }
    }
    let now = &view.nodes[node.index()];
    if spans.is_empty() && !now.up {
        spans.push((now.crashed_at, now.back));
    }
    spans
}

/// The first row that differs: its store, from when and until when.
fn apart(recording: &Recording) -> Option<(usize, Us, Us)> {
    let first = Us(recording.report().divergence.first_us?);
    let (store, key, _) =
        recording.judgement().rows_at(first).find(|(store, ..)| *store < recording.plan().stores.len())?;
    let states = recording.judgement().states(store, key);
    let until = states.iter().find(|(since, state)| *since > first && !state.differs());
    Some((store, first, until.map_or(recording.story().ends, |(since, _)| *since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;
    use crate::world::ids::Key;

    fn preset(id: &str) -> Recording {
        Recording::run(presets::find(id).unwrap().document().plan().unwrap())
    }

    fn seen(recording: &Recording, subject: &Subject, at: Us) -> SpaceTime {
        space_time(recording, &recording.frame(at).nodes, subject, at)
    }

    #[test]
    fn it_is_a_window_of_messages_round_the_instant() {
        let run = preset("missing-search-index");
        let at = Us::secs(30);
        let seen = seen(&run, &Subject::Worst, at);
        let before = seen.hops.iter().filter(|hop| hop.message.sent <= at).count();
        assert_eq!((before, seen.hops.len() - before), (MESSAGES, MESSAGES));
        assert!(seen.hops.windows(2).all(|pair| pair[0].record < pair[1].record));
        assert!(seen.hops.iter().all(|hop| hop.from != hop.to && hop.message.arrives >= hop.message.sent));
        assert!(!seen.chosen && seen.hops.iter().all(|hop| !hop.told));
    }

    #[test]
    fn the_crash_and_the_first_difference_are_on_their_lifelines() {
        let run = preset("missing-search-index");
        let nodes = run.frame(Us::ZERO).nodes;
        let seen = seen(&run, &Subject::Worst, run.story().opens_at);
        let crash = seen.moments.iter().find(|moment| moment.happening == Happening::Crash).unwrap();
        assert_eq!((nodes[seen.lanes[crash.lane].node].id.as_str(), crash.at), ("app", Us(12_500_000)));
        assert!(crash.label.starts_with("12.500 s. App crashes"), "{}", crash.label);
        assert_eq!(seen.lanes[crash.lane].down, [(Us(12_500_000), Us(14_500_000))]);
        let (lane, from, to) = seen.apart.unwrap();
        assert_eq!(nodes[seen.lanes[lane].node].id, "search-index");
        assert_eq!((Some(from.0), to), (run.report().divergence.first_us, run.story().ends));
    }

    #[test]
    fn what_is_chosen_tells_what_it_depends_on_and_no_more() {
        let run = preset("outbox-relay-crash");
        let at = run.story().opens_at;
        let all = seen(&run, &Subject::Worst, at);
        let last = all.hops.last().unwrap().record;
        let chosen = seen(&run, &Subject::Record(last), at);
        let causes = causes(&run, last);
        assert!(chosen.chosen);
        for hop in &chosen.hops {
            assert_eq!(hop.told, causes.contains(&hop.record), "{}", hop.message.label);
        }
        assert!(chosen.hops.iter().any(|hop| hop.told) && chosen.hops.iter().any(|hop| !hop.told));
    }

    #[test]
    fn a_row_of_no_store_tells_nothing() {
        let document = crate::scenario::Document::parse(include_str!("../../tests/scenarios/valid/no-store.json"));
        let run = Recording::run(document.unwrap().plan().unwrap());
        assert!(run.trace().records.iter().any(|record| record.kind == Kind::Committed && record.key == Key(0)));
        for strip in 0..3 {
            assert_eq!(told(&run, &Subject::Row(strip, 0), run.story().ends), []);
        }
        let other = preset("missing-search-index");
        assert_eq!(told(&other, &Subject::Row(1, other.plan().keys()), other.story().ends), [], "no such key");
    }

    /// What the panel names as the cause is not greyed out here.
    #[test]
    fn the_cause_of_a_row_is_told() {
        let mut seen = 0;
        for preset_of in presets::PRESETS {
            let run = preset(preset_of.id);
            let at = run.story().opens_at;
            for (store, key) in (0..run.plan().stores.len()).flat_map(|s| (0..run.plan().keys()).map(move |k| (s, k))) {
                let Some((cause, _)) = run.cause(store, Key(key as u32), at) else { continue };
                let told = told(&run, &Subject::Row(store + 1, key), at);
                assert!(told.contains(&cause), "{} {store} {key}: {cause:?}", preset_of.id);
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
