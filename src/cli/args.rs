//! What may be typed. Values of a scenario stay texts here: the scenario itself says what is wrong with them.

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// A deterministic simulator of the dual-write problem.
#[derive(Debug, Parser)]
#[command(name = "driftscope", version, after_help = AFTER)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Examples:
  driftscope run missing-search-index
  driftscope run missing-search-index --strategy outbox --expect consistent
  driftscope run outbox --set outbox.poll=250ms --format trace --out outbox.jsonl
  driftscope compare missing-search-index --strategy direct-db-first,outbox
  driftscope inject failure-injection-test
  driftscope audit missing-search-index --strategy outbox
  driftscope explore missing-search-index --strategy all
  driftscope explore outbox --faults 2 --expect consistent --format junit --out explore.xml
  driftscope shrink missing-search-index --anomaly missing
  driftscope sweep outbox --seeds 0..1000 --vary outbox.poll=100ms,1s --metric lag_us.p95

Exit status: 0 done; 1 refused input or a failed run; 2 an unknown command, flag or format, or a
missing argument; 3 an expectation that did not hold; 130 interrupted.";

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What there is to choose from
    List(ListArgs),
    /// Run a scenario to its end and report what came of it
    Run(RunArgs),
    /// Run a scenario under several strategies, side by side
    Compare(CompareArgs),
    /// Try every fault in a small form of a scenario: what breaks it, and what does not
    Explore(ExploreArgs),
    /// The smallest scenario that still shows what is wrong, and why each part of it is needed
    Shrink(ShrinkArgs),
    /// Run a scenario under many seeds, and with varied options
    Sweep(SweepArgs),
    /// One sweep of sweeps over seeds that follow each other
    Merge(MergeArgs),
    /// The failure injection test in five steps: execute, crash, restart, verify, repair
    Inject(StepsArgs),
    /// The operational checklist and the anti-patterns, answered with evidence
    Audit(StepsArgs),
    /// The permalink of a scenario
    Link(LinkArgs),
    /// The JSON Schema of a scenario document
    Schema(OutArgs),
}

/// Which scenario, and what to change in it.
#[derive(Debug, clap::Args)]
pub struct ScenarioArgs {
    /// The id of a preset, a file, `-` for standard input, or a permalink
    pub scenario: OsString,
    /// Chooses the random draws: 0 to 2^53 - 1
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<String>,
    /// Sets an option, as `outbox.poll=250ms`; `*` stands for every member. May be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// Where the output goes.
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// Write to this file, whole or not at all, instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `driftscope list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// One list; all of them if left out
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(crate::export::catalog::Topic::IDS))]
    pub topic: Option<String>,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system
    #[arg(long, value_name = "ID")]
    pub strategy: Option<String>,
    /// Report for people, report as JSON, records as JSON Lines, divergence series, or sequence diagram
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Exit with status 3 unless the verdict is this: consistent, diverged or blocked
    #[arg(long, value_name = "VERDICT")]
    pub expect: Option<String>,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope compare`.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The strategies to compare; those of the permalink if left out
    #[arg(long, value_name = "ID,ID,...")]
    pub strategy: Option<String>,
    /// Table for people, or array of reports in the order asked
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub format: CompareFormat,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope explore`.
#[derive(Debug, clap::Args)]
pub struct ExploreArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system: one strategy, or `all`
    #[arg(long, value_name = "ID|all")]
    pub strategy: Option<String>,
    /// How many faults a run has: 1, or 2 for every pair of crashes too
    #[arg(long, value_name = "1|2", default_value = "1")]
    pub faults: String,
    /// At most so many runs; a search that is cut says so
    #[arg(long, value_name = "N")]
    pub runs: Option<String>,
    /// Matrix for people, cells as JSON, or JUnit XML for a CI
    #[arg(long, value_enum, default_value_t = ExploreFormat::Text)]
    pub format: ExploreFormat,
    /// Exit with status 3 unless this is the verdict in every cell: consistent, diverged or blocked
    #[arg(long, value_name = "VERDICT")]
    pub expect: Option<String>,
    /// How many threads; one for each core if left out
    #[arg(long, value_name = "N")]
    pub jobs: Option<String>,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope shrink`.
#[derive(Debug, clap::Args)]
pub struct ShrinkArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system
    #[arg(long, value_name = "ID")]
    pub strategy: Option<String>,
    /// What the small scenario must still show; the worst of the run if left out
    #[arg(long, value_name = "KIND")]
    pub anomaly: Option<String>,
    /// Story for people, or all of it as JSON
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub format: CompareFormat,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope sweep`.
#[derive(Debug, clap::Args)]
pub struct SweepArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system
    #[arg(long, value_name = "ID")]
    pub strategy: Option<String>,
    /// The seeds: from A, below B
    #[arg(long, value_name = "A..B")]
    pub seeds: String,
    /// Values to try of an option, as `outbox.poll=100ms,1s`. May be repeated: every combination is tried
    #[arg(long, value_name = "PATH=V,V,...")]
    pub vary: Vec<String>,
    /// A figure of the report to keep, as `ledger.lost`; all of them if left out. May be repeated
    #[arg(long, value_name = "PATH")]
    pub metric: Vec<String>,
    /// How many threads; one for each core if left out
    #[arg(long, value_name = "N")]
    pub jobs: Option<String>,
    /// Table for people, JSON that `merge` takes, or CSV
    #[arg(long, value_enum, default_value_t = SweepFormat::Text)]
    pub format: SweepFormat,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope merge`.
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// Sweeps as JSON, in any order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// JSON that `merge` takes again, table for people, or CSV
    #[arg(long, value_enum, default_value_t = SweepFormat::Json)]
    pub format: SweepFormat,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope inject` and `driftscope audit`.
#[derive(Debug, clap::Args)]
pub struct StepsArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system
    #[arg(long, value_name = "ID")]
    pub strategy: Option<String>,
    /// Lines for people, or JSON
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    pub format: CompareFormat,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// `driftscope link`.
#[derive(Debug, clap::Args)]
pub struct LinkArgs {
    /// Which scenario.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// How a change reaches the second system
    #[arg(long, value_name = "ID")]
    pub strategy: Option<String>,
    /// Where the output goes.
    #[command(flatten)]
    pub out: OutArgs,
}

/// A format of `run`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// The report, for people
    Text,
    /// The report, as JSON
    Json,
    /// Every record, as JSON Lines
    Trace,
    /// The divergence series: t_us,differs,in_flight
    Csv,
    /// A sequence diagram of the decisive moment
    Mermaid,
}

/// A format of `compare`, `shrink`, `inject` and `audit`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CompareFormat {
    /// For people
    Text,
    /// JSON
    Json,
}

/// A format of `explore`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExploreFormat {
    /// The matrix, for people
    Text,
    /// Every cell, as JSON
    Json,
    /// A test suite for each strategy, a test case for each cell
    Junit,
}

/// A format of `sweep` and `merge`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SweepFormat {
    /// A table, for people
    Text,
    /// The sweep, as JSON: every value, so that pieces can be merged
    Json,
    /// A line for each point and figure
    Csv,
}
