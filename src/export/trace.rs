//! The trace as JSON Lines: one record a line.

use crate::kernel::sorted::SortedMap;
use crate::run::recording::Recording;
use crate::scenario::options::literal;
use crate::scenario::{Allowed, Document, LARGEST, Refusal};
use crate::world::ids::{EventId, Key, Op, OpKind, RecordId};
use crate::world::record::{Kind, Record};
use serde::Serialize;
use serde_json::{Value, json};

/// One record. What does not apply is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its index, from 0; witnesses and causes name it.
    pub record: u32,
    /// When, in microseconds.
    pub t_us: u64,
    /// Where: a node's id, or `detectors`, or `run`.
    pub node: String,
    /// What: the kind's id.
    pub kind: &'static str,
    /// What the operation does to the row: `insert`, `update` or `delete`.
    pub op: Option<&'static str>,
    /// The row's key.
    pub key: Option<String>,
    /// The row's version; what it would get, before its commit.
    pub version: Option<u32>,
    /// The record that brought this one about.
    pub cause: Option<u32>,
    /// The number of the operation: one attempt of one client request, from 0.
    pub operation: Option<u32>,
    /// Over which link.
    pub link: Option<String>,
    /// One sentence.
    pub text: String,
}

/// The lines of a recording, in order, each with a line feed at its end.
pub fn lines(recording: &Recording) -> impl Iterator<Item = String> {
    let asked = asked(&recording.trace().records);
    let records = recording.trace().records.iter().enumerate();
    records.map(move |(index, record)| {
        let line = line(recording, &asked, RecordId(index as u32), record);
        // A line holds texts and numbers: serializing it cannot fail.
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    })
}

/// The same under a first line that carries the document, so that the page can open the run again.
#[must_use]
pub fn with_document(document: &Document, recording: &Recording) -> String {
    let hash = &recording.report().trace_hash;
    let head = json!({ "document": document.root(), "name": document.name(), "trace_hash": hash });
    let mut text = head.to_string() + "\n";
    lines(recording).for_each(|line| text += &line);
    text
}

/// The document that a trace carries in its first line; `None` if the text is no trace.
pub fn document_of(text: &str) -> Option<Result<Document, Vec<Refusal>>> {
    let first = text.lines().next().filter(|line| line.starts_with('{') && line.len() <= LARGEST + 1_000)?;
    let head = literal(first);
    if head.get("record").is_some() && head.get("t_us").is_some() {
        let reason = "This trace does not carry its scenario: one that the page saved does.";
        return Some(Err(vec![Refusal::new("trace", "without a scenario", Allowed::Reason(reason.to_owned()))]));
    }
    let document = Document::parse(&head.get("document")?.to_string());
    let name = head.get("name").and_then(Value::as_str).unwrap_or_default();
    Some(document.map(|document| document.named(name)))
}

/// What each operation's client asked for.
fn asked(records: &[Record]) -> SortedMap<Op, u8> {
    let requests = records.iter().filter(|record| matches!(record.kind, Kind::Requested | Kind::Refused));
    requests.map(|record| (record.op, record.detail)).collect()
}

fn line(recording: &Recording, asked: &SortedMap<Op, u8>, id: RecordId, record: &Record) -> Line {
    let plan = recording.plan();
    // An update of an absent row is an insert: the event knows; before there is one, what was asked for.
    let kind = match record.event {
        EventId::NONE => asked.get(&record.op).and_then(|kind| OpKind::ALL.get(usize::from(*kind))).copied(),
        event => Some(recording.trace().ledger.event(event).kind),
    };
    let line = recording.event_line(id);
    Line {
        record: id.0,
        t_us: record.at.0,
        node: line.node,
        kind: line.kind,
        op: kind.map(OpKind::id),
        key: (record.key != Key::NONE).then(|| plan.key_name(record.key)),
        version: (record.key != Key::NONE && record.version > 0).then_some(record.version),
        cause: record.cause.some().map(|cause| cause.0),
        operation: record.op.some().map(|op| op.0),
        link: record.link.some().map(|link| plan.link_name(link).to_owned()),
        text: line.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::presets;

    #[test]
    fn a_trace_carries_its_scenario() {
        let document = presets::find(presets::FIRST).unwrap().document().with_seed(8);
        let recording = Recording::run(document.plan().unwrap());
        let text = with_document(&document, &recording);
        assert_eq!(document_of(&text), Some(Ok(document)));
        assert_eq!(text.lines().count(), recording.trace().records.len() + 1);
        let bare: String = lines(&recording).take(2).collect();
        let refused = document_of(&bare).unwrap().unwrap_err();
        assert!(refused[0].to_string().starts_with("trace is without a scenario. This trace"), "{}", refused[0]);
        assert_eq!(document_of("{\"seed\": 7}"), None);
        assert_eq!(document_of("{\n\"document\": {}}"), None);
        assert!(document_of("{\"document\": 7}").unwrap().is_err());
    }
}
