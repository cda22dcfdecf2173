//! Where output goes: standard output, or a file that is written whole or not at all.

use super::args::OutArgs;
use super::failure::Failure;
use crate::scenario::{Allowed, Refusal, shown};
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a text.
pub fn write(out: &OutArgs, text: &str) -> Result<(), Failure> {
    write_all(out, std::iter::once(text))
}

/// Writes texts one after the other.
pub fn write_all<T: AsRef<str>>(out: &OutArgs, texts: impl Iterator<Item = T>) -> Result<(), Failure> {
    match &out.out {
        Some(path) => to_file(path, texts),
        None => match copy(io::stdout().lock(), texts) {
            // Whoever read it has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result.map(drop).map_err(|error| Failure::Io("standard output".into(), error)),
        },
    }
}

fn copy<W: Write, T: AsRef<str>>(to: W, texts: impl Iterator<Item = T>) -> io::Result<W> {
    let mut to = BufWriter::with_capacity(1 << 16, to);
    for text in texts {
        to.write_all(text.as_ref().as_bytes())?;
    }
    to.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Into a file beside it first, then renamed: a reader sees the old file or the new one.
fn to_file<T: AsRef<str>>(path: &Path, texts: impl Iterator<Item = T>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Io(path.display().to_string(), error);
    let found = fs::metadata(path).ok();
    if found.as_ref().is_some_and(fs::Metadata::is_dir) || path.file_name().is_none() {
        let value = shown(&Value::from(path.display().to_string()));
        let reason = "It is a directory; it must be a file.";
        return Err(Refusal::new("--out", value, Allowed::Reason(reason.into())).into());
    }
    if found.as_ref().is_some_and(|found| !found.is_file()) {
        // A pipe or a device is written to: putting a file in its place would be a surprise.
        let to = OpenOptions::new().write(true).open(path).map_err(failed)?;
        return copy(to, texts).map(drop).map_err(failed);
    }
    // Through a symbolic link to what it names.
    let target = if found.is_some() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    let temporary = beside(&target);
    let written = File::create_new(&temporary).and_then(|file| {
        let file = copy(file, texts)?;
        if let Some(found) = found {
            file.set_permissions(found.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &target)
    });
    written.map_err(|error| {
        // The one thing that matters is the first error.
        drop(fs::remove_file(&temporary));
        failed(error)
    })
}

/// `.NAME.PID.tmp` in the same folder, so that it can be renamed.
fn beside(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(name)
}
