//! `driftscope schema`: the JSON Schema of a scenario document.

use super::args::OutArgs;
use super::failure::Failure;
use super::output;
use crate::scenario::schema;

/// Runs the command.
pub fn run(args: &OutArgs) -> Result<(), Failure> {
    output::write(args, &schema::text())
}
