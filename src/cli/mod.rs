//! The command line: one file a command.
//!
//! Exit status: 0 done; 1 refused input or a failed run; 2 an unknown command, flag or format, or a missing argument;
//! 3 an expectation that did not hold; 130 interrupted.

mod args;
mod audit;
mod compare;
mod explore;
mod failure;
mod inject;
mod link;
mod list;
mod merge;
mod output;
mod progress;
mod run;
mod scenario;
mod schema;
mod shrink;
mod sweep;
mod threads;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs the command of the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    exit_when_interrupted();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => {
            // If nobody reads what is wrong, the status still says it. `--help` is an `Err` with status 0.
            drop(usage.print());
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let result = match args.command {
        Command::List(args) => list::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Shrink(args) => shrink::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Inject(args) => inject::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Link(args) => link::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    result.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}

/// A run of ten million steps takes seconds: Ctrl-C ends it at once, with the status that a shell would give.
fn exit_when_interrupted() {
    let always = Arc::new(AtomicBool::new(true));
    // Where there is no such signal, there is nothing to handle.
    drop(signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, always));
}
