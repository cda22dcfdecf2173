//! Reading one block of a document: what is set there, else the default.

use super::arrivals::{self, ArrivalsText, MOST_WRITTEN};
use super::document::get;
use super::kind::Setting;
use super::options::row;
use super::plan::Parts;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Us;
use crate::world::broker::Roll;
use serde_json::{Map, Value};

/// A block of options: `source`, or one link. What cannot be read is refused elsewhere and read as the default here.
pub struct Block<'a> {
    root: &'a Map<String, Value>,
    pattern: &'static str,
    homes: Vec<String>,
    variant: String,
}

impl<'a> Block<'a> {
    /// The block at a fixed path; empty for the options at the top.
    pub fn new(root: &'a Map<String, Value>, path: &'static str) -> Block<'a> {
        Block { root, pattern: path, homes: vec![path.to_owned()], variant: String::new() }
    }

    /// A member of a map of blocks (`links.*`). The first of `ids` that sets an option counts; `variant` chooses the
    /// default.
    pub fn member(
        root: &'a Map<String, Value>,
        pattern: &'static str,
        ids: &[&str],
        variant: impl Into<String>,
    ) -> Block<'a> {
        let home = |id: &&str| pattern.replace('*', id);
        Block { root, pattern, homes: ids.iter().map(home).collect(), variant: variant.into() }
    }

    fn read(&self, name: &str) -> Setting {
        let join = |home: &str| if home.is_empty() { name.to_owned() } else { format!("{home}.{name}") };
        let Some(row) = row(&join(self.pattern)) else { unreachable!("no option {}", join(self.pattern)) };
        let set = self.homes.iter().find_map(|home| get(self.root, &join(home)));
        let read = set.and_then(|value| row.kind.read(name, value).ok());
        read.unwrap_or_else(|| row.default_setting(&self.variant))
    }

    /// A duration.
    pub fn us(&self, name: &str) -> Us {
        let Setting::Duration(us) = self.read(name) else { unreachable!("{name} is no duration") };
        us
    }

    /// A distribution.
    pub fn distribution(&self, name: &str) -> Distribution {
        let Setting::Distribution(distribution) = self.read(name) else { unreachable!("{name} is no distribution") };
        distribution
    }

    /// A phase.
    pub fn phase(&self, name: &str) -> Option<Us> {
        let Setting::Phase(phase) = self.read(name) else { unreachable!("{name} is no phase") };
        phase
    }

    /// A rate, as the mean span from one to the next.
    pub fn rate(&self, name: &str) -> Option<Us> {
        let Setting::Rate(span) = self.read(name) else { unreachable!("{name} is no rate") };
        span
    }

    /// A probability.
    pub fn parts(&self, name: &str) -> Parts {
        let Setting::Probability(parts) = self.read(name) else { unreachable!("{name} is no probability") };
        parts
    }

    /// A count.
    pub fn count(&self, name: &str) -> u64 {
        let Setting::Count(count) = self.read(name) else { unreachable!("{name} is no count") };
        count
    }

    /// A count whose row bounds it to 32 bits.
    pub fn count32(&self, name: &str) -> u32 {
        u32::try_from(self.count(name)).unwrap_or(u32::MAX)
    }

    /// When a segment is closed.
    pub fn roll(&self, name: &str) -> Roll {
        let Setting::Roll(roll) = self.read(name) else { unreachable!("{name} is no roll") };
        roll
    }

    /// One of a row's words.
    pub fn word(&self, name: &str) -> &'static str {
        let Setting::Choice(word) = self.read(name) else { unreachable!("{name} is no choice") };
        word
    }

    /// The member of an `ids!` enum of that name. The row's words are the enum's.
    pub fn choice<T>(&self, name: &str, from_id: impl Fn(&str) -> Option<T>) -> T {
        let Some(member) = from_id(self.word(name)) else { unreachable!("{name} is no such choice") };
        member
    }

    /// A switch.
    pub fn switch(&self, name: &str) -> bool {
        let Setting::Switch(on) = self.read(name) else { unreachable!("{name} is no switch") };
        on
    }

    /// A text.
    pub fn text(&self, name: &str) -> String {
        let Setting::Text(text) = self.read(name) else { unreachable!("{name} is no text") };
        text
    }

    /// A list of ids.
    pub fn names(&self, name: &str) -> Vec<String> {
        let Setting::Names(names) = self.read(name) else { unreachable!("{name} is no list of ids") };
        names
    }

    /// How keys are chosen.
    pub fn key_choice(&self, name: &str) -> Option<f64> {
        let Setting::KeyChoice(exponent) = self.read(name) else { unreachable!("{name} is no choice of keys") };
        exponent
    }

    /// Arrivals. One entry that cannot be read does not hide the others of its list.
    pub fn arrivals(&self, name: &str) -> ArrivalsText {
        let set = self.homes.first().and_then(|home| get(self.root, &format!("{home}.{name}")));
        if let Some(Value::Array(list)) = set {
            return ArrivalsText::Written(arrivals::read_entries(name, &list[..list.len().min(MOST_WRITTEN)]).0);
        }
        let Setting::Arrivals(arrivals) = self.read(name) else { unreachable!("{name} is no arrivals") };
        arrivals
    }
}
