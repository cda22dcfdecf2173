//! Why did this happen? The chain of causes behind one record, read from the trace: each record names its cause.

use super::alarms::rule;
use super::frame::{Why, WhyMark, WhyStep};
use super::narrate;
use super::recording::Recording;
use super::why::{noticed, step};
use super::words::{capital, differ, instant, span};
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultKind, FaultPlan, FaultTarget, FaultWhen};
use crate::world::ids::RecordId;
use crate::world::record::{Kind, Record};

/// The most steps that a chain may have; what is more is folded into one line.
const LINES: usize = 9;

/// The record and what brought it about, from the first cause to the record itself.
#[must_use]
pub fn causes(recording: &Recording, record: RecordId) -> Vec<RecordId> {
    let records = &recording.trace().records;
    let mut chain = Vec::new();
    let mut next = Some(record);
    // A cause is earlier than what it causes: the walk ends.
    while let Some(id) = next {
        let Some(found) = records.get(id.index()) else { break };
        chain.push(id);
        next = found.cause.some().filter(|cause| *cause < id);
    }
    chain.reverse();
    chain
}

/// Why a record is in the trace.
#[must_use]
pub fn why(recording: &Recording, id: RecordId, at: Us) -> Why {
    let noticed = noticed(recording, at);
    let Some(record) = recording.trace().records.get(id.index()) else {
        let title = "No such event".to_owned();
        return Why { title, sentence: String::new(), steps: Vec::new(), noticed };
    };
    let chain = causes(recording, id);
    let title = capital(&narrate::whole(recording.plan(), record));
    let sentence = match record.kind {
        Kind::Alarm | Kind::AllClear | Kind::Looked | Kind::Flagged => detection(recording, record),
        _ => sentence(recording, record, &chain),
    };
    Why { title, sentence, steps: steps(recording, &chain), noticed }
}

/// `It follows from this: app hears over app-source: done, at 12.4975 s. It began with a client's request at 12.493 s.`
fn sentence(recording: &Recording, record: &Record, chain: &[RecordId]) -> String {
    let records = &recording.trace().records;
    let of = |id: &RecordId| &records[id.index()];
    match chain {
        [] | [_] => outside(recording, record),
        [first, .., before, _] => {
            let (first, before) = (of(first), of(before));
            let led = format!("{}, at {}.", capital(&narrate::whole(recording.plan(), before)), instant(before.at));
            format!(
                "{led} That led to it. It all began at {}: {}.",
                instant(first.at),
                narrate::whole(recording.plan(), first)
            )
        }
        [first, _] => {
            let first = of(first);
            format!("{}, at {}. That led to it.", capital(&narrate::whole(recording.plan(), first)), instant(first.at))
        }
    }
}

/// What has no cause in the run: clients, faults, the clock.
fn outside(recording: &Recording, record: &Record) -> String {
    let fault = |number: u32| recording.story().chips.get(number as usize).map(|chip| chip.words.as_str());
    match (record.kind, fault(record.extra)) {
        (Kind::Requested | Kind::Refused, _) => "A client wants it so.".to_owned(),
        (Kind::Crashed | Kind::LinkFault | Kind::FailedOver | Kind::SlotLost, Some(words)) => {
            format!("The scenario has it so: {words}.")
        }
        (Kind::Crashed | Kind::LinkFault, None) => {
            "It happens by chance, at the rate that the scenario gives.".to_owned()
        }
        // A commit that nothing led to and that is no operation's: a person at the database.
        (Kind::Committed, _) if let Some(words) = by_hand(recording, record) => {
            format!("The scenario has it so: {words}.")
        }
        (Kind::DrainBegan, _) => {
            format!("The load lasts {}; then everything heals and the queues empty.", span(recording.plan().duration))
        }
        _ => "Nothing before it in this run led to it: its time had come.".to_owned(),
    }
}

/// The words of the fault by which a person changed a row at the database, past the app, when a record happened.
fn by_hand<'a>(recording: &'a Recording, record: &Record) -> Option<&'a str> {
    let mine = |fault: &FaultPlan| {
        matches!(fault.kind, FaultKind::Update | FaultKind::Delete)
            && fault.target == FaultTarget::Key(record.key)
            && fault.when == FaultWhen::At(record.at)
    };
    let place = recording.plan().faults.iter().position(mine)?;
    recording.story().chips.get(place).map(|chip| chip.words.as_str())
}

/// What a detector believes, and beside it what is so.
fn detection(recording: &Recording, record: &Record) -> String {
    let Some(detector) = recording.plan().detectors.get(record.extra as usize) else { return String::new() };
    let looks = format!("{} {}", detector.id, rule(detector));
    let saw = match record.kind {
        Kind::Flagged => narrate::record(recording.plan(), record),
        _ => format!("it saw {}", narrate::looked(recording.plan(), record)),
    };
    let (differs, _) = recording.judgement().counts(record.at);
    let truth = if differs == 0 { "nothing differs".to_owned() } else { differ(u64::from(differs)) };
    let judged =
        recording.alarms().iter().find(|alarm| alarm.at == record.at && alarm.detector == record.extra as usize);
    let judged = match judged.filter(|_| record.kind == Kind::Alarm) {
        Some(alarm) if alarm.is_false => " The alarm is false.",
        Some(_) => " The alarm is true.",
        None => "",
    };
    format!("{}; {saw}. What is so: {truth}.{judged}", capital(&looks))
}

fn steps(recording: &Recording, chain: &[RecordId]) -> Vec<WhyStep> {
    let records = &recording.trace().records;
    let line = |id: &RecordId| step(recording, *id, &records[id.index()]);
    if chain.len() <= LINES {
        return chain.iter().map(line).collect();
    }
    let (head, tail) = (&chain[..2], &chain[chain.len() - (LINES - 3)..]);
    let folded = &chain[2..chain.len() - tail.len()];
    let at = |id: RecordId| instant(records[id.index()].at);
    let between = WhyStep {
        at: Some(records[folded[0].index()].at),
        time: String::new(),
        record: Some(folded[0]),
        what: format!("{} more steps", folded.len()),
        place: format!("{} to {}", at(folded[0]), at(folded[folded.len() - 1])),
        mark: WhyMark::Dot,
    };
    head.iter().map(line).chain(std::iter::once(between)).chain(tail.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::recording::Subject;
    use crate::run::trace::{KEEP, Trace};
    use crate::scenario::presets;

    fn preset(id: &str) -> Recording {
        Recording::run(presets::find(id).unwrap().document().plan().unwrap())
    }

    /// The same run with one record changed: all that follows from the records is made anew.
    fn changed(id: &str, at: RecordId, change: impl Fn(&mut Record)) -> Recording {
        let plan = presets::find(id).unwrap().document().plan().unwrap();
        let run = preset(id);
        let mut trace = Trace::new(&plan, KEEP);
        for (index, record) in run.trace().records.iter().enumerate() {
            let mut record = *record;
            if index == at.index() {
                change(&mut record);
            }
            trace.push(&record);
        }
        trace.fired.clone_from(&run.trace().fired);
        trace.close(run.trace().ended, 0, 0, 0);
        Recording::of(plan, trace, None)
    }

    /// The answer as it is read: title, sentence, steps.
    fn answer(recording: &Recording, subject: &Subject, at: Us) -> String {
        let why = recording.why(subject, at);
        let steps: Vec<String> =
            why.steps.iter().map(|step| format!("{} {} {}", step.time, step.what, step.place)).collect();
        format!("{} | {} | {}", why.title, why.sentence, steps.join(" | "))
    }

    /// Nothing is told that is not in the trace: without any one record of the chain the answer is another one.
    #[test]
    fn each_record_of_a_chain_decides_the_answer() {
        for id in ["missing-search-index", "outbox-relay-crash", "stale-cache"] {
            let run = preset(id);
            let at = run.story().opens_at;
            let subjects = std::iter::once(Subject::Worst)
                .chain((0..run.trace().len()).step_by(397).map(|record| Subject::Record(RecordId(record))));
            for subject in subjects {
                let (why, told) = (run.why(&subject, at), answer(&run, &subject, at));
                let ends = run.story().ends;
                for step in why.steps.iter().filter(|step| step.at.is_some_and(|at| at < ends)) {
                    let record = step.record.unwrap();
                    let gone =
                        changed(id, record, |record| *record = Record::new(record.at, record.node, Kind::Polled));
                    assert_ne!(answer(&gone, &subject, at), told, "{id}, {subject:?}: without {}", step.what);
                }
            }
        }
    }

    /// The sentence of the row itself goes with the crash that is its cause.
    #[test]
    fn without_the_crash_there_is_no_sentence() {
        let run = preset("missing-search-index");
        let at = run.story().opens_at;
        let why = run.why(&Subject::Worst, at);
        let crash = why.steps.iter().find(|step| step.mark == WhyMark::Cross).unwrap().record.unwrap();
        let death = |record: &Record| record.kind == Kind::Killed && record.cause == crash;
        let killed = RecordId(run.trace().records.iter().position(death).unwrap() as u32);
        let later = changed("missing-search-index", killed, |record| record.at = record.at.after(Us(250)));
        assert_ne!(later.why(&Subject::Worst, at).sentence, why.sentence);
        let commit = why.steps.iter().find(|step| step.what.starts_with("commit")).unwrap().record.unwrap();
        let gone = changed("missing-search-index", commit, |record| record.kind = Kind::Polled);
        assert!(gone.why(&Subject::Worst, at).steps.is_empty(), "what was never committed is not missing");
    }

    #[test]
    fn an_event_is_explained_by_what_led_to_it() {
        let run = preset("missing-search-index");
        let records = &run.trace().records;
        let place = records.iter().position(|record| record.kind == Kind::Applied).unwrap();
        let id = RecordId(place as u32);
        let chain = causes(&run, id);
        assert!(chain.windows(2).all(|pair| records[pair[1].index()].cause == pair[0]), "each names the one before");
        let why = run.why(&Subject::Record(id), run.story().ends);
        assert_eq!(why.title, "Search-index shows product-20 version 1 (insert)");
        assert!(
            why.sentence.contains("It all began at 0.400 s: app: a client asks to insert product-20"),
            "{}",
            why.sentence
        );
        assert!(why.steps.len() <= LINES && why.steps.last().unwrap().record == Some(id));
        let crash = records.iter().position(|record| record.kind == Kind::Crashed).unwrap();
        let why = run.why(&Subject::Record(RecordId(crash as u32)), run.story().ends);
        assert_eq!(why.sentence, "The scenario has it so: crash app, 12.5 s.");
    }

    #[test]
    fn an_alarm_stands_beside_the_truth() {
        let mut said = Vec::new();
        for preset in presets::PRESETS {
            let run = Recording::run(preset.document().plan().unwrap());
            for mark in &run.story().alarms {
                let why = run.why(&Subject::Record(mark.record), mark.at);
                let word = if mark.false_alarm { "The alarm is false." } else { "The alarm is true." };
                assert!(why.sentence.ends_with(word), "{}: {}", preset.id, why.sentence);
                assert!(why.sentence.contains("What is so: "), "{}", why.sentence);
                said.push(mark.false_alarm);
            }
        }
        assert!(said.contains(&true) && said.contains(&false), "both kinds are among the presets: {said:?}");
    }

    #[test]
    fn a_persons_change_is_the_scenarios() {
        for (fault, words) in
            [("update:product-3@9s", "update product-3, 9 s"), ("delete:product-1@9s", "delete product-1, 9 s")]
        {
            let mut document = presets::find("missing-search-index").unwrap().document();
            document.add_fault(fault).unwrap();
            let run = Recording::run(document.plan().unwrap());
            let by_hand = |record: &Record| record.kind == Kind::Committed && record.at == Us::secs(9);
            let at = run.trace().records.iter().position(by_hand).unwrap();
            let why = run.why(&Subject::Record(RecordId(at as u32)), Us::secs(9));
            assert_eq!(why.sentence, format!("The scenario has it so: {words}."));
        }
    }
}
