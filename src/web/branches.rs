//! The documents that the page holds: a flat list of branches, each with its parent and the instant from which it differs;
//! and the way back. Undo goes back to the list as it was before an edit, so it never loses what a person made.

use super::mark::{CLOSE, icon};
use super::state::{Action, Dispatch, State, on};
use crate::kernel::time::Us;
use crate::run::branch::{difference, name};
use crate::scenario::Document;
use std::rc::Rc;
use yew::prelude::*;

/// One scenario of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// What it is called by: 1 is the scenario as written.
    pub number: u32,
    /// Its document.
    pub document: Rc<Document>,
    /// The document that it was made from.
    base: Rc<Document>,
    /// When it was made, and the number of its parent.
    from: Option<(Us, u32)>,
    /// `no crash, from 12.480 s`
    pub words: String,
}

/// The list as it stands at a time.
#[derive(Clone, Debug, PartialEq)]
struct Step {
    branches: Rc<Vec<Branch>>,
    at: usize,
}

/// How an edit changes the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Another scenario: a list of its own.
    Fresh,
    /// A branch of the one in view, made at an instant.
    Branch(Us),
    /// The one in view changes.
    InPlace,
}

/// So many steps can be undone.
const MOST: usize = 100;

/// The branches, and the lists before and after, each with what the edit between them did: `no crash`.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    now: Step,
    past: Vec<(Step, String)>,
    future: Vec<(Step, String)>,
}

fn written(document: Rc<Document>) -> Step {
    let branch = Branch { number: 1, base: document.clone(), document, from: None, words: "as written".to_owned() };
    Step { branches: Rc::new(vec![branch]), at: 0 }
}

impl History {
    /// A scenario as it is written.
    #[must_use]
    pub fn new(document: Rc<Document>) -> History {
        History { now: written(document), past: Vec::new(), future: Vec::new() }
    }

    /// The branches.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.now.branches
    }

    /// The index of the one in view.
    #[must_use]
    pub fn at(&self) -> usize {
        self.now.at
    }

    fn leave(&mut self, did: String, next: Step) {
        self.past.push((std::mem::replace(&mut self.now, next), did));
        if self.past.len() > MOST {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// A document takes the place of the one in view, as a branch or not. One that is there already is gone to.
    pub fn edit(&mut self, document: Rc<Document>, how: How) {
        let (branches, at) = (&self.now.branches, self.now.at);
        let before = branches[at].document.clone();
        if how == How::Fresh {
            return self.leave("the change of scenario".to_owned(), written(document));
        }
        if *before == *document {
            return;
        }
        let mut next = self.now.clone();
        if let Some(known) = branches.iter().position(|branch| *branch.document == *document) {
            next.at = known;
        } else if let How::Branch(from) = how {
            let from = Some((from, branches[at].number));
            let number = branches.iter().map(|branch| branch.number).max().unwrap_or(0) + 1;
            let words = name(&before, &document, from);
            next.at = branches.len();
            Rc::make_mut(&mut next.branches).push(Branch {
                number,
                document: document.clone(),
                base: before.clone(),
                from,
                words,
            });
        } else {
            let branch = &mut Rc::make_mut(&mut next.branches)[at];
            branch.words = name(&branch.base, &document, branch.from);
            branch.document = document.clone();
        }
        self.leave(difference(&before, &document), next);
    }

    /// Shows another branch: no edit.
    pub fn go(&mut self, at: usize) {
        self.now.at = at.min(self.now.branches.len() - 1);
    }

    /// Takes the branch in view out; what is shown then is its parent, or the first. The first stays.
    pub fn remove(&mut self) {
        let (branches, at) = (&self.now.branches, self.now.at);
        let Some((_, parent)) = branches[at].from else { return };
        let mut next = self.now.clone();
        let did = format!("removing {}", branches[at].number);
        Rc::make_mut(&mut next.branches).remove(at);
        next.at = next.branches.iter().position(|branch| branch.number == parent).unwrap_or(0);
        self.leave(did, next);
    }

    /// Goes to the list before the last edit, or after the next one. Says whether there is one.
    pub fn step(&mut self, back: bool) -> bool {
        let (from, to) = if back { (&mut self.past, &mut self.future) } else { (&mut self.future, &mut self.past) };
        let Some((step, did)) = from.pop() else { return false };
        to.push((std::mem::replace(&mut self.now, step), did));
        true
    }

    /// What undo and redo would do, in a few words; `None`: nothing.
    #[must_use]
    pub fn undoes(&self, back: bool) -> Option<&str> {
        let list = if back { &self.past } else { &self.future };
        list.last().map(|(_, did)| did.as_str())
    }

    /// The document in view.
    #[must_use]
    pub fn document(&self) -> &Rc<Document> {
        &self.now.branches[self.now.at].document
    }
}

/// The branches as tabs, over the time line; on a phone their numbers, with the words of the one in view. Nothing while there is only one.
pub fn branches(state: &State, narrow: bool, dispatch: &Dispatch) -> Html {
    let (all, at) = (state.history.branches(), state.history.at());
    if all.len() < 2 {
        return Html::default();
    }
    let title = |branch: &Branch| format!("{}: {}", branch.number, branch.words);
    html! {
        <div class="branches">
            <div class="branch-tabs" role="tablist" aria-label="Branches" onkeydown={arrows(at, all.len(), dispatch)}>
                for (index, branch) in all.iter().enumerate() {
                    <button key={branch.number} type="button" role="tab" class="branch" id={format!("branch-{index}")} aria-label={title(branch)}
                        aria-selected={(index == at).to_string()} tabindex={if index == at { "0" } else { "-1" }}
                        onclick={on(dispatch, move || Action::Branch(index))}>
                        { if narrow { branch.number.to_string() } else { title(branch) } }
                    </button>
                }
            </div>
            if narrow {
                <span class="small branch-words">{ &all[at].words }</span>
            }
            if at > 0 {
                <button type="button" class="quiet branch-remove" onclick={on(dispatch, || Action::RemoveBranch)}>
                    { format!("Remove {}", all[at].number) }{ icon(CLOSE) }
                </button>
            }
        </div>
    }
}

fn arrows(at: usize, all: usize, dispatch: &Dispatch) -> Callback<KeyboardEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % all,
            "ArrowLeft" => (at + all - 1) % all,
            "Home" => 0,
            "End" => all - 1,
            _ => return,
        };
        event.prevent_default();
        dispatch.dispatch(Action::Branch(to));
        super::dom::focus(&format!("#branch-{to}"));
    })
}

/// Undo, and with `redo` also redo; each says what it would do.
pub fn undo(state: &State, redo: bool, dispatch: &Dispatch) -> Html {
    let button = |back: bool| {
        let (word, did) = (if back { "Undo" } else { "Redo" }, state.history.undoes(back));
        let title = did.map(|did| format!("{word} {did}"));
        html! {
            <button type="button" class="quiet" disabled={did.is_none()} {title} onclick={on(dispatch, move || Action::Undo(back))}>{ word }</button>
        }
    };
    html! { <span class="undo">{ button(true) }if redo { { button(false) } }</span> }
}
