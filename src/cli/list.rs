//! `driftscope list`: what there is to choose from.

use super::args::ListArgs;
use super::failure::Failure;
use super::output;
use crate::export::catalog::Topic;
use crate::run::words::capital;

/// Runs the command.
pub fn run(args: &ListArgs) -> Result<(), Failure> {
    let text = match args.topic.as_deref().and_then(Topic::from_id) {
        Some(topic) => topic.table().aligned(""),
        None => {
            let section = |topic: &Topic| format!("{}\n{}", capital(topic.id()), topic.table().aligned("  "));
            Topic::ALL.iter().map(section).collect::<Vec<_>>().join("\n")
        }
    };
    output::write(&args.out, &text)
}
