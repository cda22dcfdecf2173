//! Where something stands in a document's text: the line of a refusal.

use super::refusal::{Refusal, short_name};
use serde::de::IgnoredAny;

/// The line, from 1, of what a refusal is about; the first if it is about what is not there.
#[must_use]
pub fn line_of(text: &str, refusal: &Refusal) -> usize {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => error.line().max(1),
        Ok(_) => {
            let path = refusal.path.replace('[', ".").replace(']', "");
            let at = Reader { text: text.as_bytes(), at: 0 }.find(&path);
            text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
        }
    }
}

/// Walks through JSON that is well formed.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The byte at which the member of a dotted path begins, or the nearest block around it.
    fn find(&mut self, path: &str) -> usize {
        let (mut rest, mut found) = (path, 0);
        loop {
            match self.peek() {
                b'{' | b'[' => match self.member(rest) {
                    Some((start, after)) => (found, rest) = (start, after),
                    None => return found,
                },
                _ => return found,
            }
            if rest.is_empty() {
                return found;
            }
        }
    }

    /// Goes to the value of the member that the path begins with: where the member begins, and the path after it.
    fn member<'p>(&mut self, path: &'p str) -> Option<(usize, &'p str)> {
        let list = self.peek() == b'[';
        self.at += 1;
        let mut index = 0;
        while !matches!(self.peek(), b'}' | b']' | 0) {
            let start = self.at;
            let name = if list { index.to_string() } else { self.name() };
            if !list {
                self.peek();
                self.at += 1; // The colon.
                self.peek();
            }
            let after = path.strip_prefix(short_name(&name).as_str());
            match after {
                Some("") => return Some((start, "")),
                Some(after) if after.starts_with('.') => return Some((start, &after[1..])),
                Some(_) | None => self.skip(),
            }
            index += 1;
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        None
    }

    /// The next byte that is not white; 0 at the end.
    fn peek(&mut self) -> u8 {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn name(&mut self) -> String {
        let start = self.at;
        self.string();
        let raw = std::str::from_utf8(&self.text[start..self.at.min(self.text.len())]).unwrap_or("");
        serde_json::from_str(raw).unwrap_or_default()
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
    }

    /// Goes behind a value.
    fn skip(&mut self) {
        let mut depth = 0;
        loop {
            match self.peek() {
                b'"' => self.string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => self.at += 1,
                b',' | b'}' | b']' | 0 => return,
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.peek(), b',' | b'}' | b']' | 0) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    #[test]
    fn the_line_of_each_refusal() {
        let text = "{\n  \"seed\": -1,\n  \"faults\": [\n    \"crash:app@1s\",\n    \"crash:ap@1s\"\n  ],\n  \"links\": {\"app-source\":\n    {\"latency\": 5, \"order\": \"x\"}},\n  \"outbox\": {\"pol\\u006c\": \"1, ]\", \"x\": [[{}, 1]]},\n  \"stores\": {\"a.b\": {}}\n}";
        let lines: Vec<(String, usize)> = Document::parse(text)
            .unwrap()
            .plan()
            .unwrap_err()
            .iter()
            .map(|refusal| (refusal.path.clone(), line_of(text, refusal)))
            .collect();
        let want = [
            ("seed", 2),
            ("faults[1].target", 5),
            ("links.app-source.latency", 8),
            ("links.app-source.order", 8),
            ("outbox.poll", 9),
            ("outbox.x", 9),
            ("stores.a.b", 10),
        ];
        assert_eq!(lines, want.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn what_is_no_json_and_what_is_nowhere() {
        let refused = |text: &str| line_of(text, &Document::parse(text).unwrap_err()[0]);
        assert_eq!((refused(""), refused("{\n \"a\": 1\n"), refused("{\n\"a\": x}")), (1, 3, 2));
        let nowhere = Refusal::new("outbox.poll", "1", crate::scenario::Allowed::Form("x".into()));
        assert_eq!(line_of("{\n\n\"outbox\": {\n}}", &nowhere), 3);
        assert_eq!(line_of("{}", &nowhere), 1);
    }
}
