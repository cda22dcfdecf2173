//! What JavaScript can call: `run`, `trace_hash`, `presets`, `strategies`.
//!
//! A scenario is a document (an object, or its JSON text) or the id of a preset. Whatever is wrong with it
//! is thrown as one `Error`, one refusal a line.

use crate::run::account;
use crate::run::report::Report;
use crate::run::simulation::Simulation;
use crate::run::trace::KEEP;
use crate::scenario::options;
use crate::scenario::presets::{self, PRESETS, Preset};
use crate::scenario::{Document, Refusal};
use crate::strategy::StrategyId;
use crate::truth::judge::Judgement;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

// The page has no use for these functions: there they are plain Rust that nothing calls, and cost nothing.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, catch)]
    fn parse(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = JSON, catch)]
    fn stringify(value: &JsValue) -> Result<Option<String>, JsValue>;
}

/// Runs a scenario to its end: the report, as an object (docs/CONTRACT.md, section 4).
///
/// # Errors
/// An `Error` with every refusal, one a line.
#[cfg_attr(not(feature = "web"), wasm_bindgen)]
pub fn run(scenario: JsValue, strategy: JsValue) -> Result<JsValue, JsError> {
    object(&serde_json::to_string(&report(scenario, strategy)?)?)
}

/// Runs a scenario to its end: the hash over its trace, 16 hex digits.
///
/// # Errors
/// As [`run`].
#[cfg_attr(not(feature = "web"), wasm_bindgen)]
pub fn trace_hash(scenario: JsValue, strategy: JsValue) -> Result<String, JsError> {
    Ok(report(scenario, strategy)?.trace_hash)
}

/// The presets, in the order of the page: `[{id, title, teaches, opens_at_us, scenario}]`.
///
/// # Errors
/// None: the presets are part of the module.
#[cfg_attr(not(feature = "web"), wasm_bindgen)]
pub fn presets() -> Result<JsValue, JsError> {
    let preset = |preset: &Preset| {
        json!({
            "id": preset.id,
            "title": preset.title,
            "teaches": preset.teaches,
            "opens_at_us": preset.opens_at.0,
            "scenario": preset.document().root(),
        })
    };
    object(&Value::from_iter(PRESETS.iter().map(preset)).to_string())
}

/// The ids of the strategies.
#[must_use]
#[cfg_attr(not(feature = "web"), wasm_bindgen)]
pub fn strategies() -> Vec<String> {
    StrategyId::IDS.iter().map(|id| (*id).to_owned()).collect()
}

/// The report without a recording's views of it, which nobody here looks at.
fn report(scenario: JsValue, strategy: JsValue) -> Result<Report, JsError> {
    let plan = document(scenario, strategy).and_then(|document| document.plan()).map_err(error)?;
    let trace = Simulation::new(&plan, KEEP).finish();
    let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
    Ok(account::report(&plan, &trace, &judgement))
}

fn document(scenario: JsValue, strategy: JsValue) -> Result<Document, Vec<Refusal>> {
    let mut document = match scenario.as_string() {
        Some(text) => from_text(&text)?,
        None => Document::parse(&json_text(&scenario))?,
    };
    if !strategy.is_undefined() && !strategy.is_null() {
        // Anything but a text is refused by its JSON, like a value of the document.
        let value = match strategy.as_string() {
            Some(id) => Value::from(id),
            None => options::literal(&json_text(&strategy)),
        };
        document.set_value("strategy", value)?;
    }
    Ok(document)
}

/// As JSON; nothing for what JSON has no words for: undefined, a function, a circle.
fn json_text(value: &JsValue) -> String {
    stringify(value).ok().flatten().unwrap_or_default()
}

/// JSON text, or the id of a preset.
fn from_text(text: &str) -> Result<Document, Vec<Refusal>> {
    match text.trim_start().starts_with(['{', '[']) {
        true => Document::parse(text),
        false => presets::find(text).map(Preset::document).map_err(|refusal| vec![refusal]),
    }
}

fn error(refusals: Vec<Refusal>) -> JsError {
    let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    JsError::new(&lines.join("\n"))
}

fn object(json: &str) -> Result<JsValue, JsError> {
    // What serde_json wrote, JSON.parse reads.
    parse(json).map_err(|_| JsError::new("the report could not be read back"))
}
