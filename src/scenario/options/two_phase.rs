//! The options of the two-phase commit.

use super::{FROM_1MS, ILLUSTRATIVE, MOST_STORES, Row, Scope, row_of};
use crate::scenario::kind::Kind;
use crate::scenario::plan::Heuristic;
use crate::strategy::StrategyId;

/// The two-phase commit.
pub const TWO_PHASE: &[Row] = &[
    row_of(
        "two-phase-commit.participants",
        Kind::Names(MOST_STORES as usize + 2),
        r#"["source", "broker"]"#,
        "CONTRACT",
        "Who commits together. Stores that are not named are fed by consumers.\n\n\
         A node that cannot prepare may only be named if it is the last resource.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.last_resource",
        Kind::Name,
        "none",
        "CONTRACT",
        "The one participant that commits without a vote, after all votes and before the decision; or `none`.\n\n\
         If the coordinator dies before it has written its decision down, the others abort what this one has committed.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.vote_time",
        Kind::Distribution,
        "2ms",
        ILLUSTRATIVE,
        "How long a participant takes to write its vote down.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.log_time",
        Kind::Distribution,
        "2ms",
        ILLUSTRATIVE,
        "How long the coordinator takes to write its decision down.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.timeout",
        FROM_1MS,
        "30s",
        ILLUSTRATIVE,
        "How long the coordinator waits for a vote, which then counts as no, or for a confirmation.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.recovery",
        FROM_1MS,
        "10s",
        ILLUSTRATIVE,
        "How often the coordinator repeats what is not confirmed, and asks what is prepared.\n\n\
         What a participant has prepared and the log does not know is aborted (presumed abort). A restart asks at once.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.heuristic",
        Kind::Choice(Heuristic::IDS),
        "none",
        "S44",
        "What an operator does at a participant with a transaction that is in doubt for too long.\n\n\
         `--tc-heuristic-recover` of MySQL and MariaDB. A decision by hand that is not the coordinator's breaks atomicity.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
    row_of(
        "two-phase-commit.heuristic_after",
        FROM_1MS,
        "1m",
        ILLUSTRATIVE,
        "How long an operator lets a transaction be in doubt.",
    )
    .only(Scope::Of(StrategyId::TwoPhaseCommit)),
];
