//! Who notices that rows differ, over all the runs of an audit.

use super::tried::{Tried, is};
use super::{ANTI_PATTERNS, Answer};
use crate::explore::inject::crash_after_commit;
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::truth::anomaly::RowState;
use crate::world::ids::OpKind;
use crate::world::record::{Kind, Parcel, Record};

/// The longest run that an event is tried in that a consumer cannot handle: it tries again until the end, and all of that
/// is on record.
const LONGEST_POISON: Us = Us::secs(3600);

/// The faults that are to make rows differ, each in a way of its own: what dies with the app; a person's change and a
/// person's delete past the app, once in the middle, and once when no job of the run comes any more; an event that a
/// consumer cannot handle. Where the log stands for the stores, what is lost on the way to it.
pub fn faults(calm: &Tried) -> Vec<String> {
    let plan = calm.recording.plan();
    let mut faults: Vec<String> = crash_after_commit(&calm.recording).into_iter().collect();
    let middle = Us(plan.duration.0 / 2);
    for op in ["update", "delete"] {
        let late = after_the_jobs(plan, calm.records());
        for at in [Some(middle), late].into_iter().flatten() {
            faults.extend(by_hand(calm, op, at));
        }
    }
    if plan.stores.is_empty() {
        faults.extend(calm.second_links().map(|link| format!("drop:{link}*1")));
    }
    // A store that is fed by its consumer: the call that carries the last event of a row.
    let fed = |record: &&Record| is(record, Parcel::Apply) && plan.roles.consumers.contains(&Some(record.node));
    let drain = |record: &&Record| record.kind != Kind::DrainBegan;
    let calls = || calm.records().iter().take_while(drain).filter(fed);
    if plan.duration <= LONGEST_POISON
        && let Some(last) = calls().find(|call| !calls().any(|later| later.key == call.key && later.at > call.at))
    {
        let nth = calm.records().iter().filter(|r| r.link == last.link && r.at <= last.at && fed(r)).count();
        faults.push(format!("poison:{}*{nth}", plan.link_name(last.link)));
    }
    faults
}

/// When no pass of a recovery is to come or under way any more, with as much time left as can be.
fn after_the_jobs(plan: &Plan, records: &[Record]) -> Option<Us> {
    let passes = |record: &&Record| matches!(record.kind, Kind::PassBegan | Kind::PassEnded);
    let last = records.iter().filter(passes).map(|record| record.at).max()?;
    (last < plan.duration).then(|| Us(last.0 + (plan.duration.0 - last.0) / 2))
}

/// A person's change, past the app, of a row that is there and that nothing changes later: one that a store shows then, if
/// there is one.
fn by_hand(calm: &Tried, op: &str, at: Us) -> Option<String> {
    let plan = calm.recording.plan();
    let commits = || calm.records().iter().filter(|record| record.kind == Kind::Committed);
    let is_there = |record: &&Record| record.detail != OpKind::Delete as u8;
    let last = |record: &&Record| !commits().any(|later| later.key == record.key && later.at > record.at);
    let rows = || commits().filter(is_there).filter(last);
    let shown = |record: &&Record| {
        let judgement = calm.recording.judgement();
        (0..plan.stores.len()).any(|store| judgement.state(store, record.key, at) == RowState::Same)
    };
    let commit = rows().find(shown).or_else(|| rows().next())?;
    let at = Us(commit.at.0.max(at.0)).min(plan.duration);
    Some(format!("{op}:{}@{at}", plan.key_name(commit.key)))
}

/// What was noticed, and what was not.
#[derive(Default)]
pub struct Watch {
    noticed: Option<Answer>,
    silent: Option<Answer>,
    healed: Option<Answer>,
    /// From here on runs count only if none before made a row differ: their faults are made for other questions.
    told: bool,
}

impl Watch {
    /// The runs that are made for this question are all made.
    pub fn told_all(&mut self) {
        self.told = self.noticed.is_some() || self.silent.is_some() || self.healed.is_some();
    }

    /// Takes one more run into account.
    pub fn take(&mut self, tried: &Tried) {
        let (subject, plan) = (ANTI_PATTERNS[2], tried.recording.plan());
        if self.told {
            return;
        }
        if let Some(alarm) = tried.alarm() {
            self.noticed
                .get_or_insert_with(|| tried.says(subject, false, true, "Not present: somebody notices.", Some(alarm)));
        } else if let Some(cause) = tried.difference() {
            let words = match plan.detectors.is_empty() {
                true => "Present: rows differ, and there is no detector.",
                false => "Present: rows differ and nobody notices.",
            };
            self.silent.get_or_insert_with(|| tried.says(subject, true, false, words, Some(cause)));
        } else if let Some(first) = tried.recording.report().divergence.first_us {
            let row = tried.recording.judgement().rows_at(Us(first)).next();
            let cause = row.and_then(|(store, key, _)| tried.recording.cause(store, key, Us(first)));
            let words = "Present: rows differ for a time and nobody notices.";
            self.healed.get_or_insert_with(|| tried.says(subject, true, false, words, cause.map(|(record, _)| record)));
        }
    }

    /// The answer: an alarm somewhere is monitoring; what it misses is said beside it.
    pub fn answer(&self, calm: &Tried) -> Answer {
        match (&self.noticed, &self.silent, &self.healed) {
            (Some(noticed), Some(silent), _) => {
                let fault = match silent.faults.first() {
                    Some(fault) => format!(" Nobody notices what {fault} does."),
                    None => " Nobody notices what differs without any fault.".to_owned(),
                };
                Answer { evidence: noticed.evidence.clone() + &fault, ..noticed.clone() }
            }
            (Some(answer), None, _) | (None, Some(answer), _) | (None, None, Some(answer)) => answer.clone(),
            (None, None, None) if calm.recording.plan().detectors.is_empty() => {
                calm.says(ANTI_PATTERNS[2], true, false, "Present: there is no detector.", None)
            }
            (None, None, None) => {
                let words = "Not present: no fault that was tried makes a row differ.";
                calm.says(ANTI_PATTERNS[2], false, true, words, None)
            }
        }
    }
}
