//! The JSON Schema of a document (draft 2020-12), made from the table of options. `static/schema.json` is its output.

use super::arrivals::{LARGEST_BURST, LONGEST_KEY, MOST_WRITTEN};
use super::budget::{MOST_ROWS, MOST_STEPS};
use super::fault::{self, RULES};
use super::kind::{Kind, MOST_RECORDS};
use super::options::{MOST_STORES, Row, all, names_after, row};
use super::plan::FaultKind;
use crate::kernel::time::UNITS;
use crate::strategy::CrashPoint;
use crate::world::ids::OpKind;
use serde_json::{Map, Value, json};

/// The schema as indented JSON, with a line feed at its end.
#[must_use]
pub fn text() -> String {
    let schema = Value::Object(schema());
    // Serializing a value cannot fail.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// The schema.
#[must_use]
pub fn schema() -> Map<String, Value> {
    let mut root = Map::new();
    let mut put = |name: &str, value: Value| root.insert(name.to_owned(), value);
    put("$schema", "https://json-schema.org/draft/2020-12/schema".into());
    put("title", "Driftscope scenario, version 1".into());
    put(
        "description",
        format!(
            "Everything has a default. Each description ends with where the default comes from: S-numbers are sources \
             of docs/DOMAIN.md, `illustrative` is a round number. Bounds keep every run finite: at most {MOST_STORES} \
             stores and {MOST_ROWS} rows over source and stores; and operations x tries x rows x (stores + 1), looks \
             of relay and detectors, and crashes may make at most {MOST_STEPS} steps."
        )
        .into(),
    );
    root.append(&mut block(""));
    root.insert("$defs".to_owned(), definitions());
    root
}

/// The object at a path in which `*` stands for ids.
fn block(path: &str) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    let names = names_after(path);
    let inner = |name: &str| {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        row(&path).map_or_else(|| Value::Object(block(&path)), option)
    };
    if names == ["*"] {
        if path == "stores" || path == "detectors" {
            object.insert("propertyNames".to_owned(), json!({ "$ref": "#/$defs/name" }));
            object.insert("maxProperties".to_owned(), MOST_STORES.into());
        }
        object.insert("additionalProperties".to_owned(), inner("*"));
        return object;
    }
    let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), inner(name))).collect();
    object.insert("properties".to_owned(), Value::Object(properties));
    object.insert("additionalProperties".to_owned(), false.into());
    object
}

fn option(row: &Row) -> Value {
    let mut option = kind(row.kind);
    let mut words = row.doc.replace("\n\n", " ");
    for (variant, default) in row.except {
        words += &format!(" For {variant}: {default}.");
    }
    words += option.get("description").and_then(Value::as_str).unwrap_or("");
    words += &format!(" Source: {}.", row.source);
    option.insert("description".to_owned(), words.into());
    option.insert("default".to_owned(), super::options::literal(row.default));
    Value::Object(option)
}

/// What a kind of option allows.
fn kind(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Duration(min, max) => {
            json!({ "$ref": "#/$defs/duration", "description": format!(" From {min} to {max}.") })
        }
        Kind::Phase(_) => json!({ "anyOf": [{ "const": "random" }, { "$ref": "#/$defs/duration" }] }),
        Kind::Distribution => json!({ "$ref": "#/$defs/distribution" }),
        Kind::Rate => json!({ "$ref": "#/$defs/rate" }),
        Kind::Probability => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Count(1, 1) => json!({ "const": 1 }),
        Kind::Count(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Roll => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": MOST_RECORDS },
            { "$ref": "#/$defs/duration" },
        ] }),
        Kind::Choice(ids) => json!({ "enum": words(ids) }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Text(most) => json!({ "type": "string", "maxLength": most }),
        Kind::Name => json!({ "$ref": "#/$defs/name" }),
        Kind::Names(most) => {
            json!({ "type": "array", "maxItems": most, "uniqueItems": true, "items": { "$ref": "#/$defs/name" } })
        }
        Kind::KeyChoice => json!({ "type": "string", "pattern": "^(uniform|zipf\\([0-9.]+\\))$" }),
        Kind::Arrivals => json!({ "anyOf": [
            { "type": "string", "pattern": "^(poisson|every|bursts)\\(.+\\)$" },
            { "type": "array", "maxItems": MOST_WRITTEN, "items": { "$ref": "#/$defs/operation" } },
        ] }),
        Kind::Faults => json!({ "type": "array", "maxItems": fault::MOST, "items": { "$ref": "#/$defs/fault" } }),
    };
    match schema {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// The words of a choice; one that is a number may be written as a number too.
fn words(ids: &[&str]) -> Vec<Value> {
    let number = |id: &&str| id.parse::<u64>().ok().map(Value::from);
    ids.iter().filter_map(number).chain(ids.iter().map(|id| Value::from(*id))).collect()
}

fn definitions() -> Value {
    let units = UNITS.map(|(unit, _)| unit).join("|");
    let number = "[0-9]*\\.?[0-9]+";
    let duration = format!("{number}({units})");
    json!({
        "duration": { "type": "string", "pattern": format!("^{duration}$"), "examples": ["250ms", "12.5s"] },
        "distribution": {
            "type": "string",
            "pattern": format!("^({duration}|(uniform|exp|erlang|lognormal|mix)\\(.+\\))$"),
            "examples": ["5ms", "uniform(1ms,9ms)", "exp(5ms)", "erlang(4,8ms)", "lognormal(2ms,0.6)", "mix(0.95:5ms,0.05:105ms)"],
        },
        "rate": { "type": "string", "pattern": format!("^{number}/({units})$"), "examples": ["200/s", "4/d"] },
        "name": { "type": "string", "pattern": "^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$" },
        "key": {
            "description": "Its number from 1, or its name; a name that is none of the workload's is a further key.",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "minLength": 1, "maxLength": LONGEST_KEY },
            ],
        },
        "operation": {
            "type": "object",
            "properties": {
                "at": { "$ref": "#/$defs/duration" },
                "key": { "$ref": "#/$defs/key" },
                "op": { "enum": OpKind::IDS, "default": OpKind::Update.id() },
                "tx_time": { "$ref": "#/$defs/duration" },
            },
            "required": ["at", "key"],
            "additionalProperties": false,
            "$comment": format!("A burst has at most {LARGEST_BURST} operations."),
        },
        "fault": { "anyOf": [short_fault(&duration), fault_object()] },
    })
}

fn short_fault(duration: &str) -> Value {
    let kinds = FaultKind::IDS.join("|");
    let forms: Vec<String> = RULES.iter().map(fault::FaultRule::forms).collect();
    json!({
        "description": format!("In short form: {}.", forms.join("; ")),
        "type": "string",
        "pattern": format!("^({kinds}):[^@*]+(@{duration}|@[a-z]+\\.[a-z-]+(\\*[0-9]+)?|\\*[0-9]+)(\\+{duration})?$"),
    })
}

fn fault_object() -> Value {
    json!({
        "type": "object",
        "properties": {
            "kind": { "enum": FaultKind::IDS },
            "target": { "description": "The id of a node or a link, or a key.", "type": ["string", "integer"] },
            "at": { "$ref": "#/$defs/duration" },
            "point": { "enum": CrashPoint::IDS },
            "pass": { "description": "1 is the first, 0 is every.", "type": "integer", "minimum": 0, "maximum": u32::MAX },
            "for": { "$ref": "#/$defs/duration" },
        },
        "required": ["kind", "target"],
        "additionalProperties": false,
    })
}

/// The options as a table for people: path, default, what is allowed, source, what it means.
#[must_use]
pub fn option_table() -> Vec<[String; 5]> {
    let line = |row: &Row| {
        let except = row.except.iter().map(|(variant, default)| format!("; {variant}: {default}"));
        [
            row.path.replace(".*.", ".ID."),
            row.default.to_owned() + &except.collect::<String>(),
            row.kind.allows(),
            row.source.to_owned(),
            row.doc.lines().next().unwrap_or("").to_owned(),
        ]
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_in_it() {
        let schema = Value::Object(schema());
        for row in all() {
            let pointer = row.path.replace("*", "\u{0}").split('.').fold(String::new(), |path, name| match name {
                "\u{0}" => path + "/additionalProperties",
                name => path + "/properties/" + name,
            });
            let option = schema.pointer(&pointer).unwrap_or_else(|| panic!("{pointer}"));
            assert!(option["description"].as_str().unwrap().contains("Source: "), "{pointer}");
            assert!(!option["default"].is_null(), "{pointer}");
        }
        // The page carries it: an option may take 400 bytes of it.
        assert!(text().len() < 400 * all().count(), "{} bytes", text().len());
    }
}
