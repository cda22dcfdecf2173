//! `driftscope merge`: one sweep of several, as if it had been made at once.

use super::args::MergeArgs;
use super::failure::Failure;
use super::output;
use super::scenario::limited;
use super::sweep::written;
use crate::explore::sweep::{Sweep, VERSION, merge};
use crate::scenario::{Allowed, Refusal, shown};
use serde_json::Value;
use std::fs::File;
use std::io;
use std::path::Path;

/// The longest piece that is read, in bytes: some hundred points with all their values.
const LARGEST: u64 = 256 << 20;

/// Runs the command.
pub fn run(args: &MergeArgs) -> Result<(), Failure> {
    let mut pieces = Vec::new();
    for path in &args.files {
        pieces.push(piece(path)?);
    }
    output::write(&args.out, &written(&merge(pieces)?, args.format))
}

fn piece(path: &Path) -> Result<Sweep, Failure> {
    let name = path.display().to_string();
    let refused = |reason: String| Refusal::new("FILE", shown(&Value::from(name.as_str())), Allowed::Reason(reason));
    let bytes = match path == Path::new("-") {
        true => limited(io::stdin().lock(), LARGEST),
        false => File::open(path).and_then(|file| limited(file, LARGEST)),
    };
    let bytes = bytes.map_err(|error| refused(format!("It cannot be read: {error}.")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(format!("It may have at most {LARGEST} bytes.")).into());
    }
    let found: Sweep = serde_json::from_slice(&bytes)
        .map_err(|error| refused(format!("It must be what sweep --format json writes: {error}.")))?;
    match found.sweep {
        VERSION => Ok(found),
        other => Err(refused(format!("It is a sweep of version {other}; it must be of version {VERSION}.")).into()),
    }
}
