//! What a person can do to what they point at, at an instant. Each act is an edit of `faults`, in short form.
//!
//! A fault leaves the run as it was up to where it strikes, so the recording itself says whether it would strike at all:
//! what would be refused, or would do nothing, is not offered.

use super::frame::Frame;
use super::narrate::{self, point_words};
use super::recording::Recording;
use super::view::View;
use super::words::{capital, instant, short_instant, span};
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultKind, FaultTarget, FaultWhen, NodeRole, Plan};
use crate::strategy::CrashPoint;
use crate::world::ids::{EventId, Key, LinkId, NodeId, RecordId};
use crate::world::record::{Kind, Parcel, Record};
use crate::world::replica::ReplicaMode;

/// What is pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A node: index in `Frame::nodes`.
    Node(usize),
    /// The gap after a step: the node, and the step's index in `NodeFrame::steps`.
    Gap(usize, usize),
    /// A link: index in `Frame::links`.
    Link(usize),
    /// A message on its way: `MessageFrame::id`.
    Message(u32),
    /// A row: index in `Frame::strips`, index in `Story::keys`.
    Row(usize, usize),
}

/// What can be done to a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acts {
    /// `app, up`
    pub title: String,
    /// What comes next over the link, or why there is nothing to do; empty if there is nothing to say.
    pub note: String,
    /// What can be done.
    pub acts: Vec<Act>,
}

/// One thing that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// `Crash now, back after 2 s`
    pub words: String,
    /// The fault in short form: `crash:app@12.503s`.
    pub fault: String,
    /// The fault's index in the document if it is taken out; `None`: it is added.
    pub takes_out: Option<usize>,
}

/// How long the menus cut a link: in words, and as a document has it.
const CUT: (&str, &str) = ("5 s", "5s");

/// How long they delay a message, likewise.
const DELAY: (&str, &str) = ("1 s", "1s");

/// What can be done to a thing at the frame's instant; `None` if there is no such thing.
#[must_use]
pub fn acts(recording: &Recording, thing: &Thing, frame: &Frame) -> Option<Acts> {
    let desk = Desk::new(recording, frame);
    let mut acts = match *thing {
        Thing::Node(at) => desk.node(at)?,
        Thing::Gap(at, step) => desk.gap(at, step)?,
        Thing::Link(at) => desk.link(at)?,
        Thing::Message(id) => desk.message(id)?,
        Thing::Row(strip, key) => desk.row(strip, key)?,
    };
    if desk.now >= desk.plan.duration {
        acts.acts.retain(|act| act.takes_out.is_some());
        acts.note = format!("From {} on the run drains, and no fault strikes.", short_instant(desk.plan.duration));
    } else if acts.acts.is_empty() && acts.note.is_empty() {
        "No fault would change anything here.".clone_into(&mut acts.note);
    }
    Some(acts)
}

struct Desk<'a> {
    plan: &'a Plan,
    frame: &'a Frame,
    view: View,
    records: &'a [Record],
    /// How many records have happened.
    past: usize,
    /// Where the drain begins.
    drain: usize,
    /// When a fault would strike: after what is seen to have happened.
    now: Us,
    /// The same, as a document has it.
    typed: String,
}

impl<'a> Desk<'a> {
    fn new(recording: &'a Recording, frame: &'a Frame) -> Desk<'a> {
        let records = &recording.trace().records[..];
        let past = recording.records_until(frame.at);
        // That a detector looks at the instant neither brings a fault about nor is changed by one.
        let looks = [Kind::Looked, Kind::Alarm, Kind::AllClear, Kind::Flagged];
        let mut here = records[..past].iter().rev().take_while(|record| record.at == frame.at);
        let fresh = here.any(|record| !looks.contains(&record.kind));
        let now = if fresh { frame.at.after(Us(1)) } else { frame.at };
        let drain = records.iter().position(|record| record.kind == Kind::DrainBegan).unwrap_or(records.len());
        let typed = short_instant(now).replace(' ', "");
        Desk { plan: recording.plan(), frame, view: recording.view(frame.at), records, past, drain, now, typed }
    }

    /// What is still to come before the drain.
    fn coming(&self) -> impl Iterator<Item = &'a Record> + use<'a> {
        self.records[self.past.min(self.drain)..self.drain].iter()
    }

    /// A fault at the instant.
    fn at_once(&self, words: &str, kind: FaultKind, target: &str) -> Act {
        add(words.to_owned(), format!("{}:{target}@{}", kind.id(), self.typed))
    }

    fn node(&self, at: usize) -> Option<Acts> {
        let (frame, node) = (self.frame.nodes.get(at)?, NodeId(at.checked_sub(1)? as u16));
        let mut acts = self.lives(node);
        let role = self.plan.nodes[node.index()].role;
        let up = self.view.nodes[node.index()].up;
        let follower = self.plan.roles.follower.filter(|_| role == NodeRole::Broker);
        if role == NodeRole::Source && self.plan.source.replica != ReplicaMode::None {
            acts.push(self.at_once("Fail over to the replica", FaultKind::Failover, &frame.id));
        }
        if let Some(follower) = follower {
            if up {
                acts.push(self.at_once("Fail over to the follower", FaultKind::Failover, &frame.id));
            }
            acts.extend(
                self.lives(follower).into_iter().map(|act| Act { words: format!("Follower: {}", act.words), ..act }),
            );
        }
        if role == NodeRole::Source && up && self.view.wal.slot {
            acts.push(self.at_once("Lose the replication slot", FaultKind::SlotLost, &frame.id));
        }
        Some(Acts { title: format!("{}, {}", frame.id, frame.word), note: String::new(), acts })
    }

    /// A process dies, at once or at a step, or comes back.
    fn lives(&self, node: NodeId) -> Vec<Act> {
        let (plan, id) = (&self.plan.nodes[node.index()], self.plan.node_name(node));
        if !self.view.nodes[node.index()].up {
            return vec![self.at_once("Restart now", FaultKind::Restart, id)];
        }
        let words = format!("Crash now, back after {}", span(plan.restart));
        let mut acts = vec![self.at_once(&words, FaultKind::Crash, id)];
        let mut seen = [false; CrashPoint::ALL.len()];
        for record in self.coming().filter(|record| record.kind == Kind::Passed && record.node == node) {
            let Some(point) = CrashPoint::ALL.get(usize::from(record.detail)).copied() else { continue };
            if !std::mem::replace(&mut seen[usize::from(record.detail)], true) && !self.armed(node, point, record.extra)
            {
                let words = format!("Crash {}, {}", point_words(point), instant(record.at));
                acts.push(add(words, format!("crash:{id}@{}*{}", point.id(), record.extra)));
            }
        }
        if plan.role == NodeRole::Connector {
            acts.push(self.at_once("Restart in order", FaultKind::Restart, id));
        }
        acts.push(self.at_once("Switch off, until the drain", FaultKind::Off, id));
        acts
    }

    /// Whether a fault of the document kills a node at that pass.
    fn armed(&self, node: NodeId, point: CrashPoint, pass: u32) -> bool {
        let hit =
            |when: FaultWhen| matches!(when, FaultWhen::Pass(Some(at), n) if at == point && (n == pass || n == 0));
        self.plan.faults.iter().any(|fault| fault.target == FaultTarget::Node(node) && hit(fault.when))
    }

    fn gap(&self, at: usize, step: usize) -> Option<Acts> {
        let (frame, node) = (self.frame.nodes.get(at)?, NodeId(at.checked_sub(1)? as u16));
        let gap = frame.steps.get(step)?.gap.as_ref()?;
        let point = CrashPoint::from_id(&gap.id)?;
        let passes =
            |record: &&Record| record.kind == Kind::Passed && record.node == node && record.detail == point as u8;
        let fault = format!("crash:{}@{}", frame.id, gap.id);
        let last = self.records[..self.past.min(self.drain)].iter().rfind(passes);
        let next = self.coming().find(passes);
        let mut acts = Vec::new();
        for (words, pass) in [("at the pass in view", last), ("at the next pass", next)] {
            if let Some(pass) = pass.filter(|pass| !self.armed(node, point, pass.extra)) {
                let words = format!("Crash here {words}, the {}, {}", ordinal(pass.extra), instant(pass.at));
                acts.push(add(words, format!("{fault}*{}", pass.extra)));
            }
        }
        if last.or(next).is_some() && !self.armed(node, point, 0) {
            acts.push(add("Crash here at every pass".to_owned(), format!("{fault}*0")));
        }
        let here = |when: FaultWhen| matches!(when, FaultWhen::Pass(Some(at), _) if at == point);
        acts.extend(self.take_out("Take this crash away", FaultTarget::Node(node), here));
        let note = if last.or(next).is_none() { "It is never passed in this run.".to_owned() } else { String::new() };
        Some(Acts { title: gap.id.clone(), note, acts })
    }

    /// Takes the faults of a target out that are timed so.
    fn take_out(
        &self,
        words: &'a str,
        target: FaultTarget,
        when: impl Fn(FaultWhen) -> bool,
    ) -> impl Iterator<Item = Act> {
        let faults = self.plan.faults.iter().enumerate();
        let mine = faults.filter(move |(_, fault)| fault.target == target && when(fault.when));
        mine.map(move |(at, fault)| Act { words: words.to_owned(), fault: fault.text.clone(), takes_out: Some(at) })
    }

    fn link(&self, at: usize) -> Option<Acts> {
        let (frame, link) = (self.frame.links.get(at)?, LinkId(at.checked_sub(1)? as u16));
        let (id, mut acts, mut note) = (&frame.id, Vec::new(), String::new());
        if self.view.cuts[link.index()] == Us::ZERO {
            let (words, short) = CUT;
            let cut = self.at_once(&format!("Cut it for {words}"), FaultKind::Cut, id);
            acts.push(Act { fault: format!("{}+{short}", cut.fault), ..cut });
            acts.push(self.at_once("Cut it until the drain", FaultKind::Cut, id));
        }
        let next = (self.past.min(self.drain)..self.drain).find(|at| {
            let record = &self.records[*at];
            record.link == link && counted(record)
        });
        if let Some(next) = next {
            let what = narrate::message(self.plan, &self.records[next]);
            note = format!("Next over it: {what}, {}.", instant(self.records[next].at));
            acts.extend(self.strike(next, id, &format!("@{}", self.typed), "the next message"));
        }
        let cut = |when: FaultWhen| matches!(when, FaultWhen::At(at) if at <= self.now);
        if self.view.cuts[link.index()] != Us::ZERO {
            acts.extend(self.take_out("Take this cut away", FaultTarget::Link(link), cut));
        }
        Some(Acts { title: format!("{id}, {}", frame.word), note, acts })
    }

    fn message(&self, id: u32) -> Option<Acts> {
        let frame = self.frame.messages.iter().find(|message| message.id == id)?;
        let title = frame.label.trim_end_matches('.').to_owned();
        let mine = |record: &Record| record.kind == Kind::Sent && record.extra == id;
        let sent = self.records[..self.past].iter().rposition(mine)?;
        let request = if frame.back && !counted(&self.records[sent]) { self.request_of(sent) } else { Some(sent) };
        let struck = request.filter(|at| counted(&self.records[*at]));
        let Some((at, link)) = struck.zip(self.frame.links.get(frame.link as usize)) else {
            let note = "No fault strikes it alone: cut its link.".to_owned();
            return Some(Acts { title, note, acts: Vec::new() });
        };
        let number = self.number(at);
        let whose = if request == Some(sent) { "it" } else { "its request" };
        let acts = self.strike(at, &link.id, &format!("*{number}"), whose);
        Some(Acts { title, note: format!("Message {number} of {}.", link.id), acts })
    }

    /// The how-manieth request of its link a message is: a second copy counts as its first.
    fn number(&self, at: usize) -> u32 {
        let link = self.records[at].link;
        let first = |at: &usize| {
            let record = &self.records[*at];
            record.link == link && counted(record) && !self.copies(*at)
        };
        (0..=at).filter(first).count() as u32
    }

    /// Whether a message is the second copy of the one before it: both leave at once.
    fn copies(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|before| &self.records[before]) else { return false };
        let record = &self.records[at];
        record.cause == RecordId(at as u32 - 1)
            && before.kind == Kind::Sent
            && (before.link, before.detail, before.event, before.op, before.node, before.extra + 1)
                == (record.link, record.detail, record.event, record.op, record.node, record.extra)
    }

    /// The request that an answer belongs to: the nearest of its causes that crossed the link the other way.
    fn request_of(&self, answer: usize) -> Option<usize> {
        let record = &self.records[answer];
        let mut at = record.cause;
        loop {
            let cause = self.records.get(at.index())?;
            if cause.kind == Kind::Sent && cause.link == record.link && cause.node != record.node {
                return counted(cause).then_some(at.index());
            }
            at = cause.cause;
        }
    }

    /// Whether a request is answered, and well, in this run.
    fn answered(&self, request: usize) -> bool {
        let mine = |at: &usize| {
            let record = &self.records[*at];
            record.kind == Kind::Sent
                && record.link == self.records[request].link
                && record.detail == Parcel::AnswerOk as u8
                && record.value != u64::MAX
                && self.request_of(*at) == Some(request)
        };
        (request..self.records.len()).any(|at| mine(&at))
    }

    /// The faults of one message, which leaves before the drain.
    fn strike(&self, at: usize, link: &str, when: &str, what: &str) -> Vec<Act> {
        let record = &self.records[at];
        if record.value == u64::MAX || at >= self.drain {
            return Vec::new();
        }
        let fault = |kind: FaultKind, more: &str| format!("{}:{link}{when}{more}", kind.id());
        let (words, short) = DELAY;
        let later = format!("+{short}");
        let mut acts = vec![
            add(format!("Drop {what}"), fault(FaultKind::Drop, "")),
            add(format!("Delay {what} by {words}"), fault(FaultKind::Delay, &later)),
        ];
        if [Parcel::Deliver, Parcel::Wal].map(|parcel| parcel as u8).contains(&record.detail) {
            return acts;
        }
        acts.push(add(format!("Deliver {what} twice"), fault(FaultKind::Duplicate, "")));
        if self.answered(at) {
            acts.push(add(format!("Lose the answer to {what}"), fault(FaultKind::AckLost, "")));
            acts.push(add(format!("Refuse {what}"), fault(FaultKind::FailBefore, "")));
            acts.push(add(format!("Deliver {what} too late for its caller"), fault(FaultKind::Late, &later)));
        }
        // One that is refused as it is carries poison already, or finds nobody.
        let taken = |other: &Record| other.kind == Kind::Arrived && other.extra == record.extra;
        if can_be_poison(record) && self.records[at..].iter().any(taken) {
            acts.push(add(format!("Poison {what}: it can never be handled"), fault(FaultKind::Poison, "")));
        }
        acts
    }

    fn row(&self, strip: usize, key: usize) -> Option<Acts> {
        let cell = self.frame.strips.get(strip)?.cells.get(key)?;
        let name = self.plan.key_name(Key(key as u32));
        let mut acts = Vec::new();
        let source = self.plan.roles.source;
        if self.view.nodes[source.index()].up && !self.locked(Key(key as u32)) {
            if self.view.source[key].present {
                acts.push(self.at_once("Change it in the database, past the app", FaultKind::Update, &name));
                acts.push(self.at_once("Delete it in the database, past the app", FaultKind::Delete, &name));
            } else {
                acts.push(self.at_once("Insert it in the database, past the app", FaultKind::Update, &name));
            }
        }
        let own = |node: NodeId| matches!(self.plan.nodes[node.index()].role, NodeRole::Store(store) if store.index() + 1 == strip);
        let next = (self.past.min(self.drain)..self.drain).find(|at| {
            let record = &self.records[*at];
            let to = self.plan.links.get(record.link.index()).map(|link| link.to);
            record.key.index() == key && counted(record) && can_be_poison(record) && to.is_some_and(own)
        });
        if let Some(at) = next {
            let record = &self.records[at];
            let fault = format!("poison:{}*{}", self.plan.link_name(record.link), self.number(at));
            acts.push(add(format!("Poison its next event, {}", instant(record.at)), fault));
        }
        Some(Acts { title: capital(cell.label.trim_end_matches('.')), note: String::new(), acts })
    }

    /// Whether an open transaction has a row: a person's statement does not wait for it.
    fn locked(&self, key: Key) -> bool {
        let source = self.plan.roles.source;
        let mut mine = self.records[..self.past].iter().filter(|record| record.node == source && record.key == key);
        let last = mine.rfind(|record| matches!(record.kind, Kind::Written | Kind::Committed | Kind::Aborted));
        last.is_some_and(|record| record.kind == Kind::Written)
    }
}

fn add(words: String, fault: String) -> Act {
    Act { words, fault, takes_out: None }
}

/// Whether a record is a message that faults count: a request, and not the committing of an offset.
fn counted(record: &Record) -> bool {
    let others = [Parcel::CommitOffset, Parcel::AnswerOk, Parcel::AnswerFailed].map(|parcel| parcel as u8);
    record.kind == Kind::Sent && !others.contains(&record.detail)
}

/// Whether a message carries an event that its far end may never be able to handle.
fn can_be_poison(record: &Record) -> bool {
    let handled = [Parcel::Apply, Parcel::Publish, Parcel::Upsert].map(|parcel| parcel as u8);
    record.event != EventId::NONE && handled.contains(&record.detail)
}

/// `1st`, `2nd`, `13th`
fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        (_, _) => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, presets};
    use crate::strategy::StrategyId;

    #[test]
    fn ordinals() {
        let words = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal);
        assert_eq!(words, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
    }

    fn things(frame: &Frame) -> Vec<Thing> {
        let gaps = |(at, node): (usize, &crate::run::frame::NodeFrame)| {
            (0..node.steps.len()).map(move |step| Thing::Gap(at, step)).collect::<Vec<Thing>>()
        };
        let rows =
            |strip: usize| (0..frame.strips[strip].cells.len()).step_by(11).map(move |key| Thing::Row(strip, key));
        (1..frame.nodes.len())
            .map(Thing::Node)
            .chain(frame.nodes.iter().enumerate().flat_map(gaps))
            .chain((1..frame.links.len()).map(Thing::Link))
            .chain(frame.messages.iter().map(|message| Thing::Message(message.id)))
            .chain((0..frame.strips.len()).flat_map(rows))
            .collect()
    }

    /// Does every act at an instant, and sees the fault strike, or what it did undone. Says how many there were, and
    /// counts those that take a fault out which had struck.
    fn every_act_strikes(document: &Document, at: Us, out: &mut u32) -> usize {
        let recording = Recording::run(document.plan().unwrap_or_else(|refusals| panic!("{}", refusals[0])));
        let frame = recording.frame(at);
        let mut done = 0;
        for thing in things(&frame) {
            let Some(acts) = acts(&recording, &thing, &frame) else { continue };
            assert!(!acts.acts.is_empty() || !acts.note.is_empty(), "{thing:?}");
            for act in acts.acts {
                let mut document = document.clone();
                let what = format!(
                    "{} of {}, {} at {at}: {}",
                    act.fault,
                    recording.report().scenario,
                    recording.report().strategy,
                    act.words
                );
                if let Some(index) = act.takes_out {
                    assert_eq!(document.faults()[index], act.fault, "{what}");
                    document.remove_fault(index);
                    let again = Recording::run(document.plan().unwrap());
                    let struck = recording.report().faults[index].fired > 0;
                    let same = again.report().trace_hash == recording.report().trace_hash;
                    assert_eq!(same, !struck, "without {what}");
                    *out += u32::from(struck);
                    continue;
                }
                document.add_fault(&act.fault).unwrap_or_else(|refusals| panic!("{what}: {}", refusals[0]));
                let plan = document.plan().unwrap_or_else(|refusals| panic!("{what}: {}", refusals[0]));
                let again = Recording::run(plan);
                assert!(again.report().faults.last().unwrap().fired > 0, "{what}");
                assert_ne!(again.report().trace_hash, recording.report().trace_hash, "{what}");
                struck_it(&recording, &again, &thing, &act, &what);
                done += 1;
            }
        }
        done
    }

    /// The number of a message is the number that its fault means: it is this very message that is lost.
    fn struck_it(before: &Recording, after: &Recording, thing: &Thing, act: &Act, what: &str) {
        let Thing::Message(id) = thing else { return };
        let sent = |recording: &Recording| {
            let of = |record: &&Record| record.kind == Kind::Sent && record.extra == *id;
            recording.trace().records.iter().find(of).copied()
        };
        let (was, now) = (sent(before).unwrap(), sent(after));
        let answer = [Parcel::AnswerOk, Parcel::AnswerFailed].map(|parcel| parcel as u8).contains(&was.detail);
        if act.fault.starts_with(if answer { "ack-lost" } else { "drop" }) {
            let now = now.unwrap();
            assert_eq!((now.at, now.link, now.value), (was.at, was.link, u64::MAX), "{what}");
        }
    }

    #[test]
    fn every_act_of_every_preset_strikes() {
        let (mut done, mut out) = (0, 0);
        for preset in presets::PRESETS {
            let document = preset.document();
            let opens = Recording::run(document.plan().unwrap()).story().opens_at;
            done += every_act_strikes(&document, opens, &mut out);
        }
        assert!(done > 1_000 && out > 3, "{done}, {out} taken out");
    }

    #[test]
    fn every_act_under_every_strategy_strikes() {
        for preset in ["missing-search-index", "ack-lost-duplicate", "failover-ghost"] {
            for strategy in StrategyId::ALL {
                let document = presets::find(preset).unwrap().document().with_strategy(*strategy);
                let recording = Recording::run(document.plan().unwrap());
                // Where many messages are on their way, exactly at a record, and where there are none.
                let busy =
                    recording.trace().records.iter().find(|r| r.at > Us::secs(3) && r.kind == Kind::Sent).unwrap().at;
                for at in [busy, Us(busy.0 + 300)] {
                    every_act_strikes(&document, at, &mut 0);
                }
            }
        }
    }

    #[test]
    fn in_the_drain_nothing_is_offered() {
        let document = presets::find("missing-search-index").unwrap().document();
        let recording = Recording::run(document.plan().unwrap());
        let frame = recording.frame(recording.story().duration);
        for thing in things(&frame) {
            let Some(acts) = acts(&recording, &thing, &frame) else { continue };
            assert_eq!(
                (acts.acts.len(), acts.note.as_str()),
                (0, "From 60 s on the run drains, and no fault strikes.")
            );
        }
    }
}
