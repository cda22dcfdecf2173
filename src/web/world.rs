//! The scenario on the page and its recording; how an edit makes the next one.

use super::failure;
use super::shared::Shared;
use super::state::{Notice, Place, Theme, View};
use crate::kernel::time::Us;
use crate::run::recording::Recording;
use crate::scenario::{Document, Refusal, presets};
use crate::strategy::StrategyId;
use std::rc::Rc;

/// A recording as a property.
pub type RecordingRef = Shared<Recording>;

/// The scenario and its recording.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// As it is written.
    pub document: Rc<Document>,
    /// What came of it.
    pub recording: RecordingRef,
}

/// A change of the document: the only way to change a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Another preset, by its id.
    Preset(String),
    /// Another strategy.
    Strategy(StrategyId),
    /// Another seed, as typed.
    Seed(String),
    /// A fault in short form.
    AddFault(String),
    /// The fault of that number is taken out.
    RemoveFault(usize),
    /// Another document, as JSON; it keeps the name of the preset it was made from.
    Document(String),
    /// An option, by its path, as typed; nothing takes it out.
    Option(String, String),
}

/// What a link opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The scenario, run.
    pub world: World,
    /// The instant; `None`: the most telling one.
    pub at: Option<Us>,
    /// How much of the page.
    pub view: View,
    /// What stands under the head of the page.
    pub place: Place,
    /// The strategies that are compared.
    pub compare: Vec<StrategyId>,
    /// Light or dark; `None`: as before.
    pub theme: Option<Theme>,
    /// What of the link could not be used.
    pub notice: Option<Notice>,
}

impl Opening {
    /// A scenario and nothing else.
    #[must_use]
    pub fn of(world: World) -> Opening {
        Opening { world, at: None, view: View::Lab, place: Place::Lab, compare: Vec::new(), theme: None, notice: None }
    }
}

impl World {
    /// Runs a document.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn run(document: Document) -> Result<World, Vec<Refusal>> {
        let plan = document.plan()?;
        failure::runs(&document);
        let recording = Recording::run_told(plan, failure::reaches);
        Ok(World { document: Rc::new(document), recording: Shared::new(recording) })
    }

    /// The world after an edit.
    ///
    /// # Errors
    /// What to show if the edit is refused; this world is as it was.
    pub fn edited(&self, edit: &Edit) -> Result<World, Notice> {
        let mut document = (*self.document).clone();
        let done = match edit {
            Edit::Preset(id) => {
                presets::find(id).map(|preset| document = preset.document()).map_err(|refusal| vec![refusal])
            }
            Edit::Strategy(strategy) => {
                document = document.with_strategy(*strategy);
                Ok(())
            }
            Edit::Seed(text) => document.set("seed", text.trim()),
            Edit::AddFault(text) => document.add_fault(text),
            Edit::RemoveFault(index) => {
                document.remove_fault(*index);
                Ok(())
            }
            Edit::Document(text) => {
                Document::parse(text).map(|other| document = other.named(document.name().unwrap_or_default()))
            }
            Edit::Option(path, text) => document.type_in(path, text),
        };
        done.and_then(|()| World::run(document)).map_err(|refusals| Notice::refused("Not run.", &refusals))
    }

    /// The id of the preset it comes from; empty if from none.
    #[must_use]
    pub fn preset(&self) -> &str {
        self.document.name().unwrap_or_default()
    }
}
