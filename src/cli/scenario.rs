//! From what was typed to a document: a preset, a file, standard input or a permalink, with the options of the command.

use super::args::ScenarioArgs;
use super::failure::Failure;
use crate::scenario::permalink::{self, Extras};
use crate::scenario::presets;
use crate::scenario::{Allowed, Choices, Document, LARGEST, Refusal, shown};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A scenario and what its link says besides.
pub struct Loaded {
    /// The document.
    pub document: Document,
    /// What the permalink says besides; nothing if it is none.
    pub extras: Extras,
    /// Whether the command line changes it.
    pub changed: bool,
}

/// The scenario, changed as the command line says. All that is wrong with it is refused at once.
pub fn load(args: &ScenarioArgs, strategy: Option<&str>) -> Result<Loaded, Failure> {
    let mut loaded = open(&args.scenario)?;
    let document = &mut loaded.document;
    let mut refusals = Vec::new();
    if let Some(strategy) = strategy {
        refusals.extend(document.set_value("strategy", Value::from(strategy)).err().unwrap_or_default());
    }
    if let Some(seed) = &args.seed {
        refusals.extend(document.set("seed", seed).err().unwrap_or_default());
    }
    for setting in &args.set {
        match setting.split_once('=') {
            Some((path, value)) => refusals.extend(document.set(path, value).err().unwrap_or_default()),
            None => {
                let form = "PATH=VALUE, such as outbox.poll=250ms";
                refusals.push(Refusal::form("--set", &Value::from(setting.as_str()), form));
            }
        }
    }
    loaded.changed = strategy.is_some() || args.seed.is_some() || !args.set.is_empty();
    // What could not be set is not in the document: its other faults are named too.
    refusals.extend(loaded.document.plan().err().unwrap_or_default());
    if refusals.is_empty() { Ok(loaded) } else { Err(refusals.into()) }
}

/// A preset's id wins over a file of that name (`./outbox` is the file); what has a `#` at its start or an address
/// before it is a permalink.
fn open(scenario: &OsStr) -> Result<Loaded, Failure> {
    let unchanged = |document| Loaded { document, extras: Extras::default(), changed: false };
    let Some(text) = scenario.to_str() else { return file(Path::new(scenario)).map(unchanged) };
    if text == "-" {
        return standard_input().map(unchanged);
    }
    if text.starts_with('#') || text.contains("://") {
        return permalink(text);
    }
    match presets::find(text) {
        Ok(preset) => Ok(unchanged(preset.document())),
        Err(_) if Path::new(text).exists() => file(Path::new(text)).map(unchanged),
        Err(_) if text.contains('#') => permalink(text),
        Err(_) => Err(unknown(text).into()),
    }
}

fn unknown(text: &str) -> Refusal {
    let value = shown(&Value::from(text));
    if text.contains(['/', '\\', '.']) {
        return Refusal::new("scenario", value, Allowed::Reason("There is no such file.".into()));
    }
    let ids = presets::PRESETS.iter().map(|preset| preset.id);
    Refusal::new("scenario", value, Allowed::NoSuch("preset, and no file of that name", Choices::near(text, ids)))
}

fn permalink(text: &str) -> Result<Loaded, Failure> {
    // Without a `#` the address itself would be taken for a fragment.
    let opened = text.find('#').map(|at| permalink::decode(&text[at..])).unwrap_or_default();
    if !opened.refusals.is_empty() {
        return Err(opened.refusals.into());
    }
    let Some(document) = opened.document else {
        let form = "an address with a scenario behind its #, such as #outbox?seed=8";
        return Err(Refusal::form("link", &Value::from(text), form).into());
    };
    Ok(Loaded { document, extras: opened.extras, changed: false })
}

fn standard_input() -> Result<Document, Failure> {
    let bytes =
        limited(io::stdin().lock(), LARGEST as u64).map_err(|error| Failure::Io("standard input".into(), error))?;
    if bytes.len() > LARGEST {
        return Err(too_long("-").into());
    }
    Document::from_bytes(&bytes).map(|document| document.named("-")).map_err(Failure::from)
}

fn file(path: &Path) -> Result<Document, Failure> {
    let name = path.display().to_string();
    let refused =
        |reason: String| Refusal::new("scenario", shown(&Value::from(name.as_str())), Allowed::Reason(reason));
    let unread = |error: io::Error| refused(format!("It cannot be read: {error}."));
    let about = fs::metadata(path).map_err(unread)?;
    if about.is_dir() {
        return Err(refused("It is a directory; it must be a file.".into()).into());
    }
    if about.is_file() && about.len() > LARGEST as u64 {
        let reason = format!("It is {} bytes long; it may have at most {LARGEST}.", about.len());
        return Err(refused(reason).into());
    }
    let bytes = limited(File::open(path).map_err(unread)?, LARGEST as u64).map_err(unread)?;
    if bytes.len() > LARGEST {
        return Err(too_long(&name).into());
    }
    let name_of_file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    // What is wrong with the document as a whole is wrong with this file.
    let named = |refusal: Refusal| match refusal.path.as_str() {
        "document" => Refusal { path: name.clone(), ..refusal },
        _ => refusal,
    };
    let document = Document::from_bytes(&bytes);
    document
        .map(|document| document.named(&name_of_file))
        .map_err(|refusals| refusals.into_iter().map(named).collect::<Vec<_>>().into())
}

fn too_long(name: &str) -> Refusal {
    Refusal::new(
        "scenario",
        shown(&Value::from(name)),
        Allowed::Reason(format!("It may have at most {LARGEST} bytes.")),
    )
}

/// Reads one byte more than there may be, so that what is too long is seen to be, and nothing more.
pub fn limited(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
