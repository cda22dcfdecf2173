//! A fault as typed: `kind:target(@time | [@point]*n)[+duration]`, or the same as an object.

use super::kind::{self, duration, whole};
use super::plan::{FaultKind, FaultWhen};
use super::refusal::{Refusal, short_name};
use crate::kernel::time::Us;
use crate::strategy::CrashPoint;
use serde_json::{Map, Value};

/// The most faults a document may hold.
pub const MOST: usize = 1_000;

/// A fault as typed, each part read; the target is still a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands: `faults[0]`.
    pub path: String,
    /// Its short form, with its times as typed.
    pub text: String,
    /// What happens.
    pub kind: FaultKind,
    /// To whom.
    pub target: String,
    /// When.
    pub when: FaultWhen,
    /// For how long.
    pub span: Option<Us>,
}

/// What sort of thing a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A node.
    Node,
    /// A link.
    Link,
    /// The source and nothing else.
    Source,
    /// A key.
    Key,
    /// A node that has a follower.
    Leader,
}

/// Whether a duration may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanRule {
    /// No.
    Never,
    /// It may.
    May,
    /// It must.
    Must,
}

/// What a kind of fault strikes, and how it may be timed.
#[derive(Clone, Copy, Debug)]
pub struct FaultRule {
    /// The kind.
    pub kind: FaultKind,
    /// What it strikes.
    pub target: TargetKind,
    /// With a time (of a message: the next one from then on): whether a duration may follow. `None`: it takes no time.
    pub at: Option<SpanRule>,
    /// With a crash point (nodes) or the number of a message or transaction: the same.
    pub pass: Option<SpanRule>,
    /// What the duration means, and what holds without it.
    pub span: &'static str,
}

use SpanRule::{May, Must, Never};

const fn rule(
    kind: FaultKind,
    target: TargetKind,
    at: Option<SpanRule>,
    pass: Option<SpanRule>,
    span: &'static str,
) -> FaultRule {
    FaultRule { kind, target, at, pass, span }
}

/// Every kind of fault, in the order of [`FaultKind::ALL`].
pub const RULES: [FaultRule; 17] = [
    rule(FaultKind::Crash, TargetKind::Node, Some(May), Some(May), "how long it is down; else nodes.ID.restart"),
    rule(FaultKind::Restart, TargetKind::Node, Some(Never), None, ""),
    rule(FaultKind::Off, TargetKind::Node, Some(Never), Some(Never), ""),
    rule(FaultKind::Cut, TargetKind::Link, Some(May), None, "how long; else to the drain"),
    rule(FaultKind::Delay, TargetKind::Link, Some(Must), Some(Must), "how much later the message arrives"),
    rule(FaultKind::Drop, TargetKind::Link, Some(Never), Some(Never), ""),
    rule(FaultKind::FailBefore, TargetKind::Link, Some(Never), Some(Never), ""),
    rule(FaultKind::AckLost, TargetKind::Link, Some(Never), Some(Never), ""),
    rule(FaultKind::Timeout, TargetKind::Link, Some(Never), Some(Never), ""),
    rule(FaultKind::Late, TargetKind::Link, Some(May), Some(May), "how long after its caller gave up; else 1s"),
    rule(FaultKind::Duplicate, TargetKind::Link, Some(May), Some(May), "how long after the first; else at once"),
    rule(FaultKind::Abort, TargetKind::Source, None, Some(Never), ""),
    rule(FaultKind::SlotLost, TargetKind::Source, Some(Never), None, ""),
    rule(FaultKind::Update, TargetKind::Key, Some(Never), None, ""),
    rule(FaultKind::Delete, TargetKind::Key, Some(Never), None, ""),
    rule(FaultKind::Poison, TargetKind::Link, Some(Never), Some(Never), ""),
    rule(FaultKind::Failover, TargetKind::Leader, Some(May), None, "how long no leader serves; else nodes.ID.restart"),
];

impl FaultRule {
    /// The rule of a kind.
    #[must_use]
    pub const fn of(kind: FaultKind) -> &'static FaultRule {
        &RULES[kind as usize]
    }

    /// The short forms it may take: `crash:NODE@12s[+2s], crash:NODE@CRASH-POINT[*3][+2s]`.
    #[must_use]
    pub fn forms(&self) -> String {
        let target = match self.target {
            TargetKind::Node => "NODE",
            TargetKind::Link => "LINK",
            TargetKind::Source => "source",
            TargetKind::Key => "KEY",
            TargetKind::Leader => "source",
        };
        let pass = if self.target == TargetKind::Node { "@CRASH-POINT[*3]" } else { "*3" };
        let form = |when, span| {
            let span = match span {
                Never => "",
                May => "[+2s]",
                Must => "+2s",
            };
            format!("{}:{target}{when}{span}", self.kind.id())
        };
        let forms = self.at.map(|span| form("@12s", span)).into_iter().chain(self.pass.map(|span| form(pass, span)));
        forms.collect::<Vec<_>>().join(" or ")
    }
}

/// Reads what stands at `faults`.
pub fn read_list(path: &str, value: &Value) -> Result<Vec<Fault>, Vec<Refusal>> {
    let Value::Array(list) = value else {
        return Err(vec![Refusal::form(path, value, kind::Kind::Faults.allows())]);
    };
    if list.len() > MOST {
        return Err(vec![Refusal::reason(path, value, format!("A scenario may hold at most {MOST} faults."))]);
    }
    let (faults, refusals) = read_entries(path, list);
    if refusals.is_empty() { Ok(faults) } else { Err(refusals) }
}

/// Reads a list of faults: those that can be read, and all that is wrong with the others.
#[must_use]
pub fn read_entries(path: &str, list: &[Value]) -> (Vec<Fault>, Vec<Refusal>) {
    let (mut faults, mut refusals) = (Vec::new(), Vec::new());
    for (index, entry) in list.iter().enumerate() {
        match read(&format!("{path}[{index}]"), entry) {
            Ok(fault) => faults.push(fault),
            Err(found) => refusals.extend(found),
        }
    }
    (faults, refusals)
}

/// Reads one fault, in either form.
pub fn read(path: &str, value: &Value) -> Result<Fault, Vec<Refusal>> {
    match value {
        Value::Object(members) => read_members(path, value, members),
        Value::String(text) => match members(text) {
            Some(members) => read_members(path, value, &members),
            None => Err(vec![Refusal::form(path, value, FORM)]),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(vec![Refusal::form(path, value, FORM)])
        }
    }
}

const FORM: &str = "kind:target and when, such as \"crash:app@12s+10s\"";
const FIELDS: [&str; 6] = ["kind", "target", "at", "point", "pass", "for"];

/// The members of a fault in short form; `None` if there is no `kind:`.
#[must_use]
pub fn members(text: &str) -> Option<Map<String, Value>> {
    let (kind, rest) = text.split_once(':')?;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("kind", kind.trim().into());
    let (target, when) = rest.split_at(rest.find(['@', '*']).unwrap_or(rest.len()));
    put("target", target.trim().into());
    let (when, pass) = match when.split_once('*') {
        Some((when, pass)) => (when, Some(pass)),
        None => (when, None),
    };
    let (last, span) = match pass.unwrap_or(when).split_once('+') {
        Some((last, span)) => (last, Some(span)),
        None => (pass.unwrap_or(when), None),
    };
    let when = if pass.is_some() { when } else { last };
    if let Some(when) = when.strip_prefix('@') {
        let point = when.starts_with(|c: char| c.is_ascii_alphabetic());
        put(if point { "point" } else { "at" }, when.into());
    }
    if pass.is_some() {
        put("pass", last.parse::<u32>().map_or_else(|_| last.into(), Value::from));
    }
    if let Some(span) = span {
        put("for", span.into());
    }
    Some(members)
}

/// The short form of a fault's members, as typed.
#[must_use]
pub fn short_form(members: &Map<String, Value>) -> String {
    let word = |name: &str| match members.get(name) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut text = format!("{}:{}", word("kind"), word("target"));
    for (sign, name) in [("@", "at"), ("@", "point"), ("*", "pass"), ("+", "for")] {
        if members.contains_key(name) {
            text += sign;
            text += &word(name);
        }
    }
    text
}

/// The short form of an entry of `faults`, whatever it is.
#[must_use]
pub fn text_of(entry: &Value) -> String {
    match entry {
        Value::String(text) => text.clone(),
        Value::Object(members) => short_form(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => entry.to_string(),
    }
}

fn read_members(path: &str, entry: &Value, members: &Map<String, Value>) -> Result<Fault, Vec<Refusal>> {
    let mut refusals = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())) {
        refusals.push(Refusal::no_such(format!("{path}.{}", short_name(name)), value, "option", name, FIELDS));
    }
    let mut keep = |refusal| refusals.push(refusal);
    let kind = read_kind(path, members).map_err(&mut keep).ok();
    let target = read_target(path, members).map_err(&mut keep).ok();
    let most = kind::LONGEST_RUN;
    let mut time = |name: &str| {
        let value = members.get(name)?;
        Some(duration(&format!("{path}.{name}"), value, Us::ZERO, most).map_err(&mut keep).ok())
    };
    let (at, span) = (time("at"), time("for"));
    let point = members.get("point").map(|value| read_point(path, value).map_err(&mut keep).ok());
    let pass = members.get("pass").map(|value| read_pass(path, value).map_err(&mut keep).ok());
    if let Some(kind) = kind
        && let Some(wrong) = misfit(FaultRule::of(kind), at.is_some(), point.is_some(), pass.is_some(), span.is_some())
    {
        refusals.push(Refusal::reason(path, entry, wrong));
    }
    let when = match (at.flatten(), point.flatten(), pass.flatten()) {
        (Some(at), _, _) => FaultWhen::At(at),
        (None, point, pass) => FaultWhen::Pass(point, pass.unwrap_or(1)),
    };
    match (kind, target) {
        (Some(kind), Some(target)) if refusals.is_empty() => {
            let text = text_of(entry);
            Ok(Fault { path: path.to_owned(), text, kind, target, when, span: span.flatten() })
        }
        _ => Err(refusals),
    }
}

fn read_kind(path: &str, members: &Map<String, Value>) -> Result<FaultKind, Refusal> {
    let path = format!("{path}.kind");
    let text = members.get("kind").and_then(Value::as_str).unwrap_or("");
    FaultKind::from_id(text).ok_or_else(|| Refusal::one_of(path, text, FaultKind::IDS))
}

fn read_target(path: &str, members: &Map<String, Value>) -> Result<String, Refusal> {
    let path = format!("{path}.target");
    let value = members.get("target").unwrap_or(&Value::Null);
    // A key may be given by its number.
    let text = value.as_u64().map(|number| number.to_string()).or_else(|| value.as_str().map(str::to_owned));
    text.filter(|text| !text.is_empty() && text.len() <= 256)
        .ok_or_else(|| Refusal::form(path, value, "the id of a node or a link, or a key"))
}

fn read_point(path: &str, value: &Value) -> Result<CrashPoint, Refusal> {
    let path = format!("{path}.point");
    let Some(text) = value.as_str() else {
        return Err(Refusal::form(path, value, "the id of a crash point"));
    };
    CrashPoint::from_id(text).ok_or_else(|| Refusal::one_of(path, text, CrashPoint::IDS))
}

fn read_pass(path: &str, value: &Value) -> Result<u32, Refusal> {
    let number = whole(value).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| Refusal::form(format!("{path}.pass"), value, "a whole number: 1 is the first, 0 is every"))
}

/// What is wrong with how a fault is timed, as a sentence.
fn misfit(rule: &FaultRule, at: bool, point: bool, pass: bool, span: bool) -> Option<String> {
    let like = || Some(format!("It must look like {}.", rule.forms()));
    let node = rule.target == TargetKind::Node;
    let allowed = match (at, point, pass) {
        (true, false, false) => rule.at,
        (false, true, _) if node => rule.pass,
        (false, false, true) if !node => rule.pass,
        (_, _, _) => None,
    };
    match (allowed, span) {
        (None, _) | (Some(Never), true) | (Some(Must), false) => like(),
        (Some(May), _) | (Some(Never), false) | (Some(Must), true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn one_rule_a_kind() {
        for (kind, rule) in FaultKind::ALL.iter().zip(RULES) {
            assert_eq!(*kind, rule.kind);
        }
        assert_eq!(FaultKind::ALL.len(), RULES.len());
    }

    #[test]
    #[rustfmt::skip]
    fn short_forms() {
        use {CrashPoint as C, FaultKind as K, FaultWhen as W};
        let table = [
            ("crash:app@12s+10s",                               K::Crash,     "app",          W::At(Us::secs(12)),                      Some(Us::secs(10))),
            ("crash:app@12.5s",                                 K::Crash,     "app",          W::At(Us(12_500_000)),                    None),
            ("crash:app@app.after-commit-before-publish*3",     K::Crash,     "app",          W::Pass(Some(C::AppCommitPublish), 3),    None),
            ("crash:app@app.after-commit-before-publish",       K::Crash,     "app",          W::Pass(Some(C::AppCommitPublish), 1),    None),
            ("crash:app@app.after-commit-before-publish*0+2s",  K::Crash,     "app",          W::Pass(Some(C::AppCommitPublish), 0),    Some(Us::secs(2))),
            ("crash:app@app.after-commit-before-publish+2s",    K::Crash,     "app",          W::Pass(Some(C::AppCommitPublish), 1),    Some(Us::secs(2))),
            ("late:app-search-index*2+1s",                      K::Late,      "app-search-index", W::Pass(None, 2),                     Some(Us::secs(1))),
            ("cut:app-broker@2s+3s",                            K::Cut,       "app-broker",   W::At(Us::secs(2)),                       Some(Us::secs(3))),
            ("abort:source*3",                                  K::Abort,     "source",       W::Pass(None, 3),                         None),
            ("update:product-3@5s",                             K::Update,    "product-3",    W::At(Us::secs(5)),                       None),
            ("delete:a+b@0s",                                   K::Delete,    "a+b",          W::At(Us::ZERO),                          None),
        ];
        for (text, kind, target, when, span) in table {
            let want = Fault { path: "f".into(), text: text.into(), kind, target: target.into(), when, span };
            assert_eq!(read("f", &json!(text)), Ok(want.clone()), "{text}");
            let object = members(text).unwrap();
            assert_eq!(short_form(&object), text);
            assert_eq!(read("f", &Value::Object(object)), Ok(want), "{text} as an object");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn refused() {
        let table = [
            (json!("crash:app@12.5"),       r#"f.at is "12.5". A time needs a unit: "12.5s"."#),
            (json!({"kind": "crash", "target": "app", "at": 12.5}), r#"f.at is 12.5. A time needs a unit: "12.5s"."#),
            (json!("crsh:app@1s"),          r#"f.kind is "crsh". It must be one of crash, restart, off, cut, delay, drop, fail-before, ack-lost, timeout, late, duplicate, abort, slot-lost, update, delete, poison, failover. Did you mean crash?"#),
            (json!("crash:app"),            r#"f is "crash:app". It must look like crash:NODE@12s[+2s] or crash:NODE@CRASH-POINT[*3][+2s]."#),
            (json!("crash:app*2"),          r#"f is "crash:app*2". It must look like crash:NODE@12s[+2s] or crash:NODE@CRASH-POINT[*3][+2s]."#),
            (json!("cut:app-broker*2"),     r#"f is "cut:app-broker*2". It must look like cut:LINK@12s[+2s]."#),
            (json!("delay:app-broker*2"),   r#"f is "delay:app-broker*2". It must look like delay:LINK@12s+2s or delay:LINK*3+2s."#),
            (json!("drop:app-broker*2+1s"), r#"f is "drop:app-broker*2+1s". It must look like drop:LINK@12s or drop:LINK*3."#),
            (json!("late:app-broker*x"),    r#"f.pass is "x". It must be a whole number: 1 is the first, 0 is every."#),
            (json!("late:app-broker*99999999999"), r#"f.pass is "99999999999". It must be a whole number: 1 is the first, 0 is every."#),
            (json!("crash:@1s"),            r#"f.target is "". It must be the id of a node or a link, or a key."#),
            (json!("crash:app@1s+"),        r#"f.for is "". It must be a decimal number with a unit of us, ms, s, m, h or d, such as "250ms"."#),
            (json!("crash"),                r#"f is "crash". It must be kind:target and when, such as "crash:app@12s+10s"."#),
            (json!(7),                      r#"f is 7. It must be kind:target and when, such as "crash:app@12s+10s"."#),
            (json!({"kind": "off", "target": "app", "at": "1s", "form": "2s"}), r#"f.form is "2s". There is no such option; there are kind, target, at, point, pass, for. Did you mean for?"#),
        ];
        for (entry, want) in table {
            let refusals: Vec<String> = read("f", &entry).unwrap_err().iter().map(ToString::to_string).collect();
            assert_eq!(refusals, [want], "{entry}");
        }
        let point = read("f", &json!("crash:app@app.after-comit-before-publish")).unwrap_err();
        assert!(point[0].to_string().ends_with("Did you mean app.after-commit-before-publish?"), "{}", point[0]);
    }

    proptest! {
        /// Whatever is typed is read or refused, and what is read prints as it was typed.
        #[test]
        fn anything(text in "([a-z-]{1,9}:)?[a-z@*+.:0-9 -]{0,24}") {
            if let Some(members) = members(&text) {
                let again = super::members(&short_form(&members));
                prop_assert_eq!(again, Some(members));
            }
            match read("f", &Value::from(text.clone())) {
                Ok(fault) => prop_assert_eq!(fault.text, text),
                Err(refusals) => prop_assert!(!refusals.is_empty()),
            }
        }
    }
}
