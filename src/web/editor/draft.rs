//! The scenario as it is being written: a text, and what it says as far as it can be read.

use crate::scenario::form::readable;
use crate::scenario::{Document, Refusal};
use serde_json::Value;
use std::rc::Rc;

/// What is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The JSON.
    pub text: Rc<String>,
    /// What it says; if it is no JSON now, what it said when it last was.
    pub document: Rc<Document>,
    /// Whether it is JSON now: only then can the form change it.
    pub reads: bool,
    /// The field in which a person types, and what stands there: `0.` is on its way to `0.5`.
    pub typing: Option<(String, String)>,
    /// Whether it is not what was there when the editor was opened.
    pub changed: bool,
    /// Whether the editor was closed and opened again since it was begun.
    pub kept: bool,
}

impl Draft {
    /// The scenario on the page.
    #[must_use]
    pub fn of(document: &Rc<Document>) -> Draft {
        let text = Rc::new(written(document));
        Draft { text, document: document.clone(), reads: true, typing: None, changed: false, kept: false }
    }

    /// After the JSON was typed, pasted or read from a file.
    #[must_use]
    pub fn with_text(&self, text: String) -> Draft {
        let name = self.document.name().unwrap_or_default();
        let read = Document::parse(&text).map(|document| Rc::new(document.named(name)));
        let reads = read.is_ok();
        let document = read.unwrap_or_else(|_| self.document.clone());
        Draft { text: Rc::new(text), document, reads, typing: None, changed: true, kept: self.kept }
    }

    /// After a change of the document by the form.
    #[must_use]
    pub fn with(&self, typing: Option<(&str, &str)>, change: impl FnOnce(&mut Document)) -> Draft {
        let mut document = (*self.document).clone();
        change(&mut document);
        let typing = typing.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let text = Rc::new(written(&document));
        Draft { text, document: Rc::new(document), reads: true, typing, changed: true, kept: self.kept }
    }

    /// All that keeps it from being run.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        Document::parse(&self.text).and_then(|document| document.plan()).err().unwrap_or_default()
    }
}

fn written(document: &Document) -> String {
    readable(&Value::Object(document.root().clone()))
}
