//! The failure injection test and the audit as text for a person.

use crate::explore::audit::{Answer, Audit};
use crate::explore::inject::Injection;

/// The five steps, each with what shows it.
#[must_use]
pub fn injection(injection: &Injection) -> String {
    let mut text = format!("{} under {}\n", injection.scenario, injection.strategy);
    for step in &injection.steps {
        let word = if step.passed { "pass" } else { "FAIL" };
        text += &format!("{}. {word}  {}\n         {}{}\n", step.step, step.title, step.evidence, cited(step.record));
    }
    let word = if injection.passed { "All steps passed." } else { "The test failed." };
    text + word + "\n\nReplay\n  " + &again(&injection.replay)
}

/// The checklist and the anti-patterns, each with what shows it.
#[must_use]
pub fn audit(audit: &Audit) -> String {
    let answers = |answers: &[Answer]| -> String {
        let answer = |answer: &Answer| {
            let word = if answer.good { "ok  " } else { "BAD " };
            let (subject, evidence, record) = (answer.subject, &answer.evidence, cited(Some(answer.record)));
            format!("  {word} {subject}\n       {evidence}{record}\n       {}", again(&answer.replay))
        };
        answers.iter().map(answer).collect()
    };
    let head = format!("{} under {}\n", audit.scenario, audit.strategy);
    let (checklist, patterns) = (answers(&audit.checklist), answers(&audit.anti_patterns));
    format!("{head}\nChecklist\n{checklist}\nAnti-patterns\n{patterns}")
}

fn cited(record: Option<u32>) -> String {
    record.map_or_else(String::new, |record| format!(" (record {record})"))
}

/// How the run that shows it is made again: without the scenario's own faults, with these.
fn again(replay: &str) -> String {
    format!("driftscope run '{replay}'\n")
}
