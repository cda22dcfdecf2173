//! The audit reads runs, not options: one behaviour turned at an unchanged configuration turns its answer.

use crate::explore::audit::{Audit, audit};
use crate::run::simulation::mutant::{Mutant, with};
use crate::scenario::presets::find;

fn present(audit: &Audit) -> Vec<bool> {
    audit.anti_patterns.iter().map(|answer| answer.yes).collect()
}

#[test]
fn a_relay_that_trusts_turns_two_answers() {
    let document = find("outbox").unwrap().document();
    let (true_one, mutant) = (audit(&document).unwrap(), with(Mutant::RelayTrusts, || audit(&document)).unwrap());
    assert_eq!(present(&true_one)[..2], [false, false]);
    assert_eq!(present(&mutant)[..2], [true, true]);
    assert_eq!(true_one.checklist[1].yes, mutant.checklist[1].yes, "the write is as atomic as before");
}
