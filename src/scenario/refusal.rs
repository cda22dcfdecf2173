//! A refusal: what was given, where, and what is allowed there. Page, command line and JavaScript print the same words.

use serde_json::Value;
use std::fmt;

/// Something in a scenario, or a link to one, that cannot be used.
///
/// ```
/// use driftscope::scenario::{Allowed, Refusal};
/// let unit = Refusal::new("faults[0].at", "\"12.5\"", Allowed::Unit("12.5s".into()));
/// assert_eq!(unit.to_string(), "faults[0].at is \"12.5\". A time needs a unit: \"12.5s\".");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where: `links.app-source.latency`, `faults[0].at`, or the part of a link.
    pub path: String,
    /// What was given, as JSON, shortened.
    pub value: String,
    /// What would do.
    pub allowed: Allowed,
}

/// What is allowed in the place of something refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A time, with its unit: what was probably meant.
    Unit(String),
    /// Anything from the first to the second, both included.
    Range(String, String),
    /// One of these.
    OneOf(Choices),
    /// There is nothing of that sort ("option", "link") and name; these there are.
    NoSuch(&'static str, Choices),
    /// What it must be: "a whole number".
    Form(String),
    /// A sentence that says why, and what would do.
    Reason(String),
}

/// What there is to choose from, and which of it was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// All of it.
    pub ids: Vec<String>,
    /// The nearest to what was given, if one is near.
    pub meant: Option<String>,
}

impl Choices {
    /// The choices, and the one nearest to `given`.
    pub fn near<T: AsRef<str>>(given: &str, ids: impl IntoIterator<Item = T>) -> Choices {
        let ids: Vec<String> = ids.into_iter().map(|id| id.as_ref().to_owned()).collect();
        let meant = nearest(given, &ids);
        Choices { ids, meant }
    }
}

impl Refusal {
    /// A refusal of `value`, which stands at `path`.
    pub fn new(path: impl Into<String>, value: impl Into<String>, allowed: Allowed) -> Refusal {
        Refusal { path: path.into(), value: value.into(), allowed }
    }

    /// Refuses a JSON value that is not what it must be: "a whole number from 0 to 9".
    pub fn form(path: impl Into<String>, value: &Value, form: impl Into<String>) -> Refusal {
        Refusal::new(path, shown(value), Allowed::Form(form.into()))
    }

    /// Refuses a JSON value for a reason: a sentence that says why, and what would do.
    pub fn reason(path: impl Into<String>, value: &Value, reason: impl Into<String>) -> Refusal {
        Refusal::new(path, shown(value), Allowed::Reason(reason.into()))
    }

    /// Refuses a member of that name: there is no such option, link or node.
    pub fn no_such<T: AsRef<str>>(
        path: impl Into<String>,
        value: &Value,
        sort: &'static str,
        name: &str,
        names: impl IntoIterator<Item = T>,
    ) -> Refusal {
        Refusal::new(path, shown(value), Allowed::NoSuch(sort, Choices::near(name, names)))
    }

    /// Refuses a word that is not one of those known.
    pub fn one_of<T: AsRef<str>>(path: impl Into<String>, given: &str, ids: impl IntoIterator<Item = T>) -> Refusal {
        Refusal::new(path, shown(&Value::from(given)), Allowed::OneOf(Choices::near(given, ids)))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { path, value, allowed } = self;
        write!(f, "{path} is {value}. {allowed}")
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allowed::Unit(meant) => write!(f, "A time needs a unit: \"{meant}\"."),
            Allowed::Range(min, max) => write!(f, "It must be {min} to {max}."),
            Allowed::OneOf(choices) if choices.ids.is_empty() => f.write_str("There is none to choose from."),
            Allowed::OneOf(choices) => write!(f, "It must be one of {choices}"),
            Allowed::NoSuch(sort, choices) if choices.ids.is_empty() => write!(f, "There is no {sort} here."),
            Allowed::NoSuch(sort, choices) => write!(f, "There is no such {sort}; there are {choices}"),
            Allowed::Form(form) => write!(f, "It must be {form}."),
            Allowed::Reason(reason) => f.write_str(reason),
        }
    }
}

/// How many faults of one sort in one place are listed one by one. A document of a megabyte could hold 100,000.
pub const MOST_LISTED: usize = 100;

/// How many choices a message lists.
const LISTED: usize = 24;

impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed: Vec<&str> = self.ids.iter().take(LISTED).map(String::as_str).collect();
        f.write_str(&listed.join(", "))?;
        if self.ids.len() > LISTED {
            write!(f, " and {} more", self.ids.len() - LISTED)?;
        }
        match &self.meant {
            Some(meant) => write!(f, ". Did you mean {meant}?"),
            None => f.write_str("."),
        }
    }
}

/// How many characters of a value a message shows.
const SHOWN: usize = 60;

/// A value as a message shows it: compact JSON, shortened.
#[must_use]
pub fn shown(value: &Value) -> String {
    // A huge value is cut before it is printed, not after.
    match value {
        Value::String(text) => shortened(&Value::from(text.chars().take(4 * SHOWN).collect::<String>()).to_string()),
        Value::Array(items) if items.len() > SHOWN => format!("a list of {}", items.len()),
        Value::Object(members) if members.len() > SHOWN => format!("an object of {} members", members.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            shortened(&value.to_string())
        }
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= SHOWN || text.chars().nth(SHOWN).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN - 1).chain(['\u{2026}']).collect()
}

/// A name as a path shows it: shortened, and visible even if empty.
#[must_use]
pub fn short_name(name: &str) -> String {
    if name.is_empty() { "\"\"".to_owned() } else { shortened(name) }
}

/// The one of `ids` that was probably meant, if one is near enough.
#[must_use]
pub fn nearest<T: AsRef<str>>(given: &str, ids: &[T]) -> Option<String> {
    let given: Vec<char> = given.chars().take(65).collect();
    let near = |id: &&T| {
        let id: Vec<char> = id.as_ref().chars().take(65).collect();
        let steps = distance(&given, &id);
        (steps, steps <= (given.len().max(id.len()) / 3).max(1) && steps < given.len().max(id.len()))
    };
    let best = ids.iter().filter(|id| near(id).1).min_by_key(|id| near(id).0)?;
    Some(best.as_ref().to_owned())
}

/// How many letters must be added, dropped, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut steps = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let at = |i: usize, j: usize| steps[i * width + j];
            let least = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                (_, _) => {
                    let change = at(i - 1, j - 1) + usize::from(a[i - 1] != b[j - 1]);
                    let least = change.min(at(i - 1, j) + 1).min(at(i, j - 1) + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped { least.min(at(i - 2, j - 2) + 1) } else { least }
                }
            };
            steps[i * width + j] = least;
        }
    }
    steps[(a.len() + 1) * width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    #[rustfmt::skip]
    fn what_was_meant() {
        let ids = ["outbox", "direct-db-first", "direct-broker-first", "missing-search-index"];
        let table = [
            ("outbx",                Some("outbox")),
            ("outboxx",              Some("outbox")),
            ("uotbox",               Some("outbox")),
            ("direct-db",            None),
            ("direct-dbfirst",       Some("direct-db-first")),
            ("mising-search-index",  Some("missing-search-index")),
            ("",                     None),
            ("zzzzzz",               None),
        ];
        for (given, want) in table {
            assert_eq!(nearest(given, &ids).as_deref(), want, "{given}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), &ids), None);
    }

    #[test]
    fn sentences() {
        let choices = |given| Choices::near(given, ["abort", "commit_time"]);
        let table = [
            (Allowed::Range("1ms".into(), "1h".into()), "a.b is 5. It must be 1ms to 1h."),
            (Allowed::OneOf(choices("abrot")), "a.b is 5. It must be one of abort, commit_time. Did you mean abort?"),
            (
                Allowed::NoSuch("option", choices("x")),
                "a.b is 5. There is no such option; there are abort, commit_time.",
            ),
            (Allowed::Form("a whole number".into()), "a.b is 5. It must be a whole number."),
            (Allowed::Reason("No.".into()), "a.b is 5. No."),
        ];
        for (allowed, want) in table {
            assert_eq!(Refusal::new("a.b", "5", allowed).to_string(), want);
        }
    }

    #[test]
    fn values_are_shortened() {
        assert_eq!(shown(&json!({"a": [1, "b"]})), r#"{"a":[1,"b"]}"#);
        assert_eq!(shown(&Value::from("x".repeat(100_000))).chars().count(), SHOWN);
        assert_eq!(shown(&Value::from(vec![1; 100_000])), "a list of 100000");
    }
}
