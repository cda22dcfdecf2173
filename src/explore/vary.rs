//! Options to vary: `PATH=V,V`, split at commas outside brackets and quotes, and the product of several.

use crate::scenario::options::literal;
use crate::scenario::{Allowed, Document, Refusal};
use serde_json::{Map, Value};

/// An option and the values to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    /// Its dotted path.
    pub path: String,
    /// The values, in the order asked.
    pub values: Vec<Value>,
}

/// The most points of a sweep.
pub const MOST_POINTS: usize = 10_000;

impl Vary {
    /// Reads `outbox.poll=100ms,1s` or `source.commit_time=uniform(1ms,9ms),exp(5ms)`.
    pub fn parse(text: &str) -> Result<Vary, Refusal> {
        let form = "PATH=VALUE,VALUE,..., such as outbox.poll=100ms,1s";
        let wrong = || Refusal::form("--vary", &Value::from(text), form);
        let (path, values) = text.split_once('=').ok_or_else(wrong)?;
        let values: Vec<&str> = split(values);
        if path.is_empty() || values.iter().any(|value| value.is_empty()) {
            return Err(wrong());
        }
        Ok(Vary { path: path.to_owned(), values: values.into_iter().map(literal).collect() })
    }
}

/// Splits at commas that stand in no brackets and no quotes.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0u32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Every combination of the values, the last option varying fastest: what is set, and the document with it.
pub fn product(document: &Document, varied: &[Vary]) -> Result<Vec<(Map<String, Value>, Document)>, Vec<Refusal>> {
    let size = varied.iter().fold(1usize, |size, vary| size.saturating_mul(vary.values.len()));
    if size > MOST_POINTS {
        let reason = format!("A sweep may have at most {MOST_POINTS} points.");
        return Err(vec![Refusal::new("--vary", format!("{size} combinations"), Allowed::Reason(reason))]);
    }
    if let Some(Vary { path, .. }) = varied.iter().find(|vary| vary.path == "seed") {
        let reason = "Each point runs with every seed of --seeds A..B.".to_owned();
        return Err(vec![Refusal::new("--vary", path.clone(), Allowed::Reason(reason))]);
    }
    let twice =
        varied.iter().enumerate().find(|(nth, vary)| varied[..*nth].iter().any(|other| other.path == vary.path));
    if let Some((_, Vary { path, .. })) = twice {
        let reason = format!("It is varied twice. All its values go into one list: --vary {path}=V,V.");
        return Err(vec![Refusal::new("--vary", path.clone(), Allowed::Reason(reason))]);
    }
    let mut points = vec![(Map::new(), document.clone())];
    for vary in varied {
        let mut next = Vec::with_capacity(points.len() * vary.values.len());
        for (set, document) in &points {
            for value in &vary.values {
                let (mut set, mut document) = (set.clone(), document.clone());
                document.set_value(&vary.path, value.clone())?;
                set.insert(vary.path.clone(), value.clone());
                next.push((set, document));
            }
        }
        points = next;
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    #[rustfmt::skip]
    fn values() {
        let table = [
            ("outbox.poll=100ms,1s",                  Some(("outbox.poll", json!(["100ms", "1s"])))),
            ("a=uniform(1ms,9ms), exp(5ms)",          Some(("a", json!(["uniform(1ms,9ms)", "exp(5ms)"])))),
            ("direct.retry.attempts=1,2",             Some(("direct.retry.attempts", json!([1, 2])))),
            (r#"faults=["crash:app@1s","a"],[]"#,     Some(("faults", json!([["crash:app@1s", "a"], []])))),
            (r#"title="x,y",z"#,                      Some(("title", json!(["x,y", "z"])))),
            ("strategy=outbox",                       Some(("strategy", json!(["outbox"])))),
            ("seed", None), ("=1", None), ("a=1,,2", None), ("a=", None),
        ];
        for (text, want) in table {
            let got = Vary::parse(text).ok();
            let want = want.map(|(path, values)| Vary { path: path.into(), values: values.as_array().unwrap().clone() });
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn products() {
        let points = |varied: &[&str]| {
            let varied: Vec<Vary> = varied.iter().map(|text| Vary::parse(text).unwrap()).collect();
            product(&Document::default(), &varied)
        };
        let six = points(&["block_after=1s,2s", "outbox.poll=1s,2s,3s"]).unwrap();
        assert_eq!(six.len(), 6);
        assert_eq!(Value::Object(six[4].0.clone()), json!({"block_after": "2s", "outbox.poll": "2s"}));
        assert_eq!(six[4].1.get("outbox.poll"), Some(&json!("2s")));
        let many: Vec<Vary> = (0..5).map(|_| Vary { path: "title".into(), values: vec![json!(1); 10] }).collect();
        assert!(product(&Document::default(), &many).unwrap_err()[0].to_string().contains("10000 points"));
        let refused = |varied: &[&str]| points(varied).unwrap_err()[0].to_string();
        assert_eq!(
            refused(&["block_after=1s,2s", "block_after=3s"]),
            "--vary is block_after. It is varied twice. All its values go into one list: --vary block_after=V,V."
        );
        assert_eq!(refused(&["seed=1,2"]), "--vary is seed. Each point runs with every seed of --seeds A..B.");
    }
}
