//! Opening a link.

use super::{Extras, Opened};
use crate::kernel::time::Us;
use crate::scenario::Allowed;
use crate::scenario::document::{Document, LARGEST, parse_value};
use crate::scenario::kind::{LONGEST_RUN, duration};
use crate::scenario::presets;
use crate::scenario::refusal::{MOST_LISTED, Refusal, short_name};
use crate::strategy::StrategyId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Opens a link: its fragment, with or without what stands before it.
///
/// Parts that are well formed and yet cannot be used are left out and reported, if the rest can be used without them;
/// else the document holds them all and [`Document::plan`] says what is wrong.
#[must_use]
pub fn decode(link: &str) -> Opened {
    let opened = assemble(link);
    if opened.parts.is_empty() {
        return opened.into();
    }
    let Some(Err(refused)) = opened.document.as_ref().map(Document::plan) else { return opened.into() };
    match opened.without(&refused) {
        Some(mut fewer) if fewer.document.as_ref().is_some_and(|document| document.plan().is_ok()) => {
            fewer.refusals.extend(refused);
            fewer.into()
        }
        Some(_) | None => opened.into(),
    }
}

/// A link taken apart, with the parts that its document was put together from.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) document: Option<Document>,
    extras: Extras,
    pub(super) refusals: Vec<Refusal>,
    /// What changes the base, in order.
    parts: Vec<Part>,
    /// The preset.
    base: Option<Document>,
}

impl From<Assembly> for Opened {
    fn from(Assembly { document, extras, refusals, .. }: Assembly) -> Opened {
        Opened { document, extras, refusals }
    }
}

/// One part of a readable link that changes the document.
#[derive(Clone)]
enum Part {
    Faults(Vec<String>),
    Set(String, String),
}

impl Assembly {
    fn refused(refusal: Refusal) -> Assembly {
        Assembly { refusals: vec![refusal], ..Assembly::default() }
    }

    /// Puts the document together from its parts.
    fn build(mut self) -> Assembly {
        let Some(mut document) = self.base.clone() else { return self };
        for part in &self.parts {
            let result = match part {
                Part::Faults(list) => {
                    let list = list.iter().map(|text| Value::from(text.as_str())).collect();
                    document.set_value("faults", Value::Array(list))
                }
                Part::Set(path, value) => document.set(path, value),
            };
            self.refusals.extend(result.err().into_iter().flatten());
        }
        self.document = Some(document);
        self
    }

    /// The same without the parts that these refusals are about; `None` if one is about none of them.
    fn without(&self, refused: &[Refusal]) -> Option<Assembly> {
        let mut drop_part = vec![false; self.parts.len()];
        let mut drop_fault = Vec::new();
        for refusal in refused {
            let path = refusal.path.replace('[', ".").replace(']', "");
            let fault = path.strip_prefix("faults.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
            let mut found = false;
            for (part, dropped) in self.parts.iter().zip(&mut drop_part) {
                match (part, fault) {
                    (Part::Faults(_), Some(index)) => {
                        drop_fault.push(index);
                        found = true;
                    }
                    (Part::Set(set, _), _) if within(&path, set) || within(set, &path) => {
                        *dropped = true;
                        found = true;
                    }
                    (Part::Faults(_) | Part::Set(..), _) => {}
                }
            }
            if !found {
                return None;
            }
        }
        let kept = self.parts.iter().zip(drop_part).filter(|(_, dropped)| !dropped);
        let parts = kept.map(|(part, _)| match part {
            Part::Faults(list) => {
                let kept = list.iter().enumerate().filter(|(index, _)| !drop_fault.contains(index));
                Part::Faults(kept.map(|(_, text)| text.clone()).collect())
            }
            Part::Set(path, value) => Part::Set(path.clone(), value.clone()),
        });
        let fewer = Assembly {
            extras: self.extras.clone(),
            base: self.base.clone(),
            parts: parts.collect(),
            refusals: self.refusals.clone(),
            document: None,
        };
        let mut fewer = fewer.build();
        // What could not be set before cannot be set now: once is enough.
        fewer.refusals.dedup();
        Some(fewer)
    }
}

/// Whether a dotted path is another, or lies in it.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

pub(super) fn assemble(link: &str) -> Assembly {
    let fragment = link.split_once('#').map_or(link, |(_, fragment)| fragment);
    if fragment.len() > LARGEST {
        let reason = Allowed::Reason(format!("It may have at most {LARGEST} characters."));
        return Assembly::refused(Refusal::new("link", format!("{} characters long", fragment.len()), reason));
    }
    match fragment.strip_prefix('~') {
        None if fragment.is_empty() => Assembly::default(),
        None => open_readable(fragment).build(),
        Some(packed) => match packed.strip_prefix('1') {
            Some(packed) => open_packed(packed).unwrap_or_else(Assembly::refused),
            None => {
                let version: String = packed.chars().take(1).collect();
                let reason = "This page knows links of version 1, which begin with #~1.";
                Assembly::refused(Refusal::reason("link", &Value::from(format!("~{version}")), reason))
            }
        },
    }
}

/// Undoes percent-encoding; `None` if it is malformed.
fn plain(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        let hex = after.as_bytes().get(..2)?;
        if !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        rest = &after[2..];
    }
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

fn malformed(part: &str) -> Refusal {
    let form = "name=value, percent-encoded UTF-8";
    Refusal::form("link", &Value::from(part), form)
}

fn open_readable(fragment: &str) -> Assembly {
    let (id, query) = fragment.split_once('?').unwrap_or((fragment, ""));
    let mut opened = Assembly::default();
    match plain(id).ok_or_else(|| malformed(id)).and_then(|id| presets::find(&id)) {
        Ok(preset) => opened.base = Some(preset.document()),
        Err(refusal) => opened.refusals.push(refusal),
    }
    let mut seen: Vec<String> = Vec::new();
    let parts = if fragment.contains('?') { query.split('&').collect() } else { Vec::new() };
    for part in parts {
        let pair = part.split_once('=').and_then(|(name, value)| Some((plain(name)?, plain(value)?)));
        let Some((name, value)) = pair else {
            opened.refusals.push(malformed(part));
            continue;
        };
        if seen.contains(&name) {
            let reason = "It stands twice in the link; the first one holds.";
            opened.refusals.push(Refusal::reason(name, &Value::from(value), reason));
            continue;
        }
        seen.push(name.clone());
        match extra(&mut opened.extras, &name, &value) {
            Some(Ok(())) => {}
            Some(Err(refusal)) => opened.refusals.push(refusal),
            None if name == "faults" => {
                let list = value.split(',').filter(|_| !value.is_empty()).map(str::to_owned);
                opened.parts.push(Part::Faults(list.collect()));
            }
            None => opened.parts.push(Part::Set(name, value)),
        }
    }
    opened
}

/// Reads a part that is not of the document; `None` if it is.
fn extra(extras: &mut Extras, name: &str, value: &str) -> Option<Result<(), Refusal>> {
    let json = Value::from(value);
    let read = match name {
        "at" => duration(name, &json, Us::ZERO, LONGEST_RUN).map(|at| extras.at = Some(at)),
        "compare" => compared(value).map(|compare| extras.compare = compare),
        "view" => {
            let form = "the name of a view, of 1 to 32 small letters, digits and hyphens";
            word(name, value, is_view, form).map(|view| extras.view = Some(view))
        }
        "theme" if !THEMES.contains(&value) => Err(Refusal::one_of(name, value, THEMES)),
        "theme" => {
            extras.theme = Some(value.to_owned());
            Ok(())
        }
        "h" => word(name, value, is_hash, "8 hex digits").map(|h| extras.h = Some(h.to_ascii_lowercase())),
        _ => return None,
    };
    Some(read)
}

const THEMES: [&str; 3] = ["light", "dark", "auto"];

fn is_view(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(letter)
}

fn is_hash(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn word(name: &str, value: &str, fits: impl Fn(&str) -> bool, form: &str) -> Result<String, Refusal> {
    if fits(value) { Ok(value.to_owned()) } else { Err(Refusal::form(name, &Value::from(value), form)) }
}

fn compared(value: &str) -> Result<Vec<StrategyId>, Refusal> {
    let one = |id: &str| StrategyId::from_id(id).ok_or_else(|| Refusal::one_of("compare", id, StrategyId::IDS));
    value.split(',').map(one).collect()
}

const PACKED: [&str; 7] = ["preset", "patch", "at", "compare", "view", "theme", "h"];

fn open_packed(text: &str) -> Result<Assembly, Refusal> {
    let broken = |why: &str| {
        let reason = format!("It is not whole: {why}. Was it cut off when it was copied?");
        Refusal::reason("link", &Value::from(format!("~1{text}")), reason)
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken("it is not base64url"))?;
    let json =
        miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, LARGEST).map_err(|error| match error.status {
            miniz_oxide::inflate::TINFLStatus::HasMoreOutput => broken("it unpacks to more than 1048576 bytes"),
            _ => broken("it does not unpack"),
        })?;
    let json = String::from_utf8(json).map_err(|_| broken("it does not unpack to text"))?;
    let root = match parse_value("link", &json) {
        Ok(Value::Object(root)) => root,
        Ok(_) | Err(_) => return Err(broken("it does not unpack to a JSON object")),
    };
    let mut opened = Assembly::default();
    let strange = root.iter().filter(|(name, _)| !PACKED.contains(&name.as_str()));
    for (name, value) in strange.take(MOST_LISTED) {
        opened.refusals.push(Refusal::no_such(format!("link.{}", short_name(name)), value, "part", name, PACKED));
    }
    let base = match root.get("preset") {
        None | Some(Value::Null) => Document::default(),
        Some(Value::String(id)) => presets::find(id)?.document(),
        Some(other) => return Err(Refusal::form("link.preset", other, "the id of a preset, or null")),
    };
    opened.document = Some(patched(base, root.get("patch"))?);
    for name in &PACKED[2..] {
        let Some(value) = root.get(*name) else { continue };
        let read = match value.as_str() {
            Some(text) => extra(&mut opened.extras, name, text).unwrap_or(Ok(())),
            None => Err(Refusal::form(format!("link.{name}"), value, "a text")),
        };
        opened.refusals.extend(read.err());
    }
    Ok(opened)
}

fn patched(mut document: Document, patch: Option<&Value>) -> Result<Document, Refusal> {
    match patch {
        None => {}
        Some(Value::Object(patch)) => document.merge_patch(patch),
        Some(other) => return Err(Refusal::form("link.patch", other, "an object")),
    }
    Ok(document)
}
