//! The document: a scenario as typed, before it means anything.

use super::Allowed;
use super::plan::Plan;
use super::refusal::{MOST_LISTED, Refusal, short_name};
use super::validate;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// The largest document, in bytes.
pub const LARGEST: usize = 1 << 20;

/// A scenario as typed: one JSON object. Everything in it has a default.
///
/// ```
/// use driftscope::scenario::Document;
/// let mut document = Document::parse(r#"{"strategy": "outbox"}"#).unwrap();
/// document.set("outbox.poll", "250ms").unwrap();
/// assert_eq!(document.plan().unwrap().outbox.poll.to_string(), "250ms");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub(super) name: Option<String>,
    pub(super) root: Map<String, Value>,
}

impl Document {
    /// Reads a document. What its options mean is checked by [`Document::plan`].
    pub fn parse(text: &str) -> Result<Document, Vec<Refusal>> {
        match parse_value("document", text)? {
            Value::Object(root) => Ok(Document { name: None, root }),
            other => Err(vec![Refusal::form("document", &other, "a JSON object, such as {\"strategy\": \"outbox\"}")]),
        }
    }

    /// Reads a document from a file's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Document, Vec<Refusal>> {
        if bytes.len() > LARGEST {
            return Err(vec![too_large("document", bytes.len())]);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
            let column = before.iter().rev().take_while(|&&b| b != b'\n').count() + 1;
            let byte = format!("0x{:02X} at line {line}, byte {column}", bytes[error.valid_up_to()]);
            vec![Refusal::new("document", byte, Allowed::Reason("It must be UTF-8 text.".into()))]
        })?;
        Document::parse(text)
    }

    /// The same under the name of a preset or file, for the report and for links.
    #[must_use]
    pub fn named(mut self, name: &str) -> Document {
        self.name = Some(name.to_owned());
        self
    }

    /// The name of the preset or file it comes from.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The JSON object.
    #[must_use]
    pub fn root(&self) -> &Map<String, Value> {
        &self.root
    }

    /// What the document itself has at a dotted path; `None` if the default holds.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        get(&self.root, path)
    }

    /// As indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing a map with text keys cannot fail.
        serde_json::to_string_pretty(&self.root).unwrap_or_default()
    }

    /// What it means: every option resolved and within its bounds, or all that is wrong with it, in its own order.
    pub fn plan(&self) -> Result<Plan, Vec<Refusal>> {
        validate::plan(self)
    }
}

/// What stands at a dotted path of an object.
pub(super) fn get<'a>(root: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut value = root.get(names.next()?)?;
    for name in names {
        value = match value {
            Value::Object(members) => members.get(name)?,
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
    }
    Some(value)
}

fn too_large(path: &str, bytes: usize) -> Refusal {
    let reason = format!("It may have at most {LARGEST} bytes.");
    Refusal::new(path, format!("{bytes} bytes long"), Allowed::Reason(reason))
}

/// Reads JSON that is not too large and in which no member stands twice.
pub(super) fn parse_value(path: &str, text: &str) -> Result<Value, Vec<Refusal>> {
    if text.len() > LARGEST {
        return Err(vec![too_large(path, text.len())]);
    }
    let seen = Seen { path: RefCell::new(Vec::new()), twice: RefCell::new(Vec::new()) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict(&seen).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match read {
        Err(error) => Err(vec![syntax(path, text, &error)]),
        Ok(value) => {
            let twice = seen.twice.into_inner();
            if twice.is_empty() { Ok(value) } else { Err(twice) }
        }
    }
}

fn syntax(path: &str, text: &str, error: &serde_json::Error) -> Refusal {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
    let end = (0..=error.column().min(line.len())).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
    let near: Vec<char> = line[..end].chars().rev().take(24).collect();
    let near: String = near.into_iter().rev().collect();
    let value = format!("not JSON near {}", Value::from(near));
    let place = format!("at line {}, column {}", error.line(), error.column());
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or("");
    let reason =
        if error.is_eof() { format!("It ends too early, {place}.") } else { format!("The fault is {place}: {what}.") };
    Refusal::new(path, value, Allowed::Reason(reason))
}

/// Where the reader stands, and which members stood twice.
struct Seen {
    path: RefCell<Vec<String>>,
    twice: RefCell<Vec<Refusal>>,
}

/// Reads a `Value` and notes members that stand twice, which `Value`'s own reader would drop in silence.
struct Strict<'a>(&'a Seen);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.0.path.borrow_mut().push(format!("[{}]", list.len()));
            let item = items.next_element_seed(Strict(self.0))?;
            self.0.path.borrow_mut().pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let dot = if self.0.path.borrow().is_empty() { "" } else { "." };
            self.0.path.borrow_mut().push(format!("{dot}{}", short_name(&name)));
            let value = members.next_value_seed(Strict(self.0))?;
            if map.contains_key(&name) && self.0.twice.borrow().len() < MOST_LISTED {
                let reason = "It stands twice in one object; it must stand once.";
                let twice = Refusal::reason(self.0.path.borrow().concat(), &value, reason);
                self.0.twice.borrow_mut().push(twice);
            }
            self.0.path.borrow_mut().pop();
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Vec<String> {
        Document::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    #[rustfmt::skip]
    fn what_is_not_a_document() {
        let table: [(&str, &[&str]); 7] = [
            ("",                    &[r#"document is not JSON near "". It ends too early, at line 1, column 0."#]),
            (r#"{"seed": 7"#,       &[r#"document is not JSON near "{\"seed\": 7". It ends too early, at line 1, column 10."#]),
            ("{\n  \"seed\": x}",   &[r#"document is not JSON near "  \"seed\": x". The fault is at line 2, column 11: expected value."#]),
            ("[1]",                 &[r#"document is [1]. It must be a JSON object, such as {"strategy": "outbox"}."#]),
            ("{} {}",               &[r#"document is not JSON near "{} {". The fault is at line 1, column 4: trailing characters."#]),
            (r#"{"a": {"b": 1, "b": 2}, "c": [{"d": 1, "d": 1}], "a": 3}"#, &[
                "a.b is 2. It stands twice in one object; it must stand once.",
                "c[0].d is 1. It stands twice in one object; it must stand once.",
                "a is 3. It stands twice in one object; it must stand once.",
            ]),
            (r#"{"a": 1e999}"#,     &[r#"document is not JSON near "{\"a\": 1e999". The fault is at line 1, column 11: number out of range."#]),
        ];
        for (text, want) in table {
            assert_eq!(refused(text), want, "{text}");
        }
    }

    #[test]
    fn large_deep_and_not_text() {
        let large = refused(&" ".repeat(LARGEST + 1));
        assert_eq!(large, ["document is 1048577 bytes long. It may have at most 1048576 bytes."]);
        let deep = refused(&"[".repeat(100_000));
        assert!(deep[0].contains("recursion limit exceeded"), "{}", deep[0]);
        let bytes = Document::from_bytes(b"{\n \"a\": \"\xff\"}").unwrap_err();
        assert_eq!(bytes[0].to_string(), "document is 0xFF at line 2, byte 8. It must be UTF-8 text.");
        let huge = Document::from_bytes(&vec![b'x'; 100 << 20]).unwrap_err();
        assert_eq!(huge[0].to_string(), "document is 104857600 bytes long. It may have at most 1048576 bytes.");
    }

    #[test]
    fn as_typed() {
        let text = "{\n  \"strategy\": \"outbox\",\n  \"seed\": 7\n}";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.to_json(), text);
        assert_eq!(document.get("seed"), Some(&Value::from(7)));
        assert_eq!(document.get("seed.x"), None);
    }
}
