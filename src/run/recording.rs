//! A finished run that can be looked at, at any time, forwards and backwards.

use super::account::{self, Alarm};
use super::frame::{Cell, DetectorFrame, EventLine, Frame, Headline, RowState, Story, Strip, Why};
use super::report::Report;
use super::simulation::Simulation;
use super::stage::Stage;
use super::trace::{KEEP, Trace};
use super::view::{Checkpoints, Lens, RowView, View};
use super::words::{count, differ, instant};
use super::{because, narrate, story, why};
use crate::kernel::time::Us;
use crate::scenario::plan::Plan;
use crate::truth::cause::{self, How};
use crate::truth::judge::Judgement;
use crate::world::ids::{Key, RecordId};
use crate::world::record::{Kind, Record};

/// What a person points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The worst bad row at the instant.
    Worst,
    /// A row: index in `Frame::strips`, index in `Story::keys`.
    Row(usize, usize),
    /// One thing that happened.
    Record(RecordId),
}

/// A finished run.
#[derive(Debug)]
pub struct Recording {
    plan: Plan,
    trace: Trace,
    judgement: Judgement,
    report: Report,
    alarms: Vec<Alarm>,
    story: Story,
    lens: Lens,
    checkpoints: Checkpoints,
    firsts: [Option<RecordId>; 2],
}

impl Recording {
    /// Runs a plan to its end.
    #[must_use]
    pub fn run(plan: Plan) -> Recording {
        let trace = Simulation::new(&plan, KEEP).finish();
        Recording::of(plan, trace, None)
    }

    /// Runs a plan to its end, and tells after each event how many records there are: should the run stop, it is known
    /// where.
    #[must_use]
    pub fn run_told(plan: Plan, told: fn(u32)) -> Recording {
        let trace = Simulation::new(&plan, KEEP).finish_told(told);
        Recording::of(plan, trace, None)
    }

    /// Runs a plan to its end; the page opens at that instant.
    #[must_use]
    pub fn run_opening_at(plan: Plan, opens_at: Us) -> Recording {
        let trace = Simulation::new(&plan, KEEP).finish();
        Recording::of(plan, trace, Some(opens_at))
    }

    pub(super) fn of(plan: Plan, trace: Trace, opens_at: Option<Us>) -> Recording {
        let judgement = Judgement::new(&trace.ledger, &account::misses(&plan));
        let report = account::report(&plan, &trace, &judgement);
        let alarms = account::alarms(&trace.tally.alarms, &judgement, trace.ended, plan.duration);
        let story = story::story(&plan, &trace, &judgement, &report, &alarms, opens_at);
        let lens = Lens::new(&plan);
        let checkpoints = Checkpoints::new(&lens, &trace.records);
        let first =
            |kind: Kind| trace.records.iter().position(|record| record.kind == kind).map(|at| RecordId(at as u32));
        let firsts = [first(Kind::Committed), first(Kind::Crashed)];
        Recording { plan, trace, judgement, report, alarms, story, lens, checkpoints, firsts }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its records and what follows from them.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The truth.
    #[must_use]
    pub fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    /// What came of it.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The alarms, judged.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// What does not change with the cursor.
    #[must_use]
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// How its records are read.
    #[must_use]
    pub fn lens(&self) -> &Lens {
        &self.lens
    }

    /// Its checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// The first commit and the first crash, if they happen up to and with an instant.
    #[must_use]
    pub fn firsts(&self, at: Us) -> [Option<&Record>; 2] {
        self.firsts.map(|first| first.map(|id| &self.trace.records[id.index()]).filter(|record| record.at <= at))
    }

    /// How many records happen up to and with an instant.
    #[must_use]
    pub fn records_until(&self, at: Us) -> usize {
        self.trace.records.partition_point(|record| record.at <= at)
    }

    /// What could be seen at an instant: the nearest checkpoint and a fold of records.
    #[must_use]
    pub fn view(&self, at: Us) -> View {
        self.checkpoints.view(&self.lens, &self.trace.records, self.records_until(at))
    }

    /// What could be seen at the end of a record's instant.
    #[must_use]
    pub fn view_after(&self, record: &Record) -> Option<View> {
        self.trace.records.last().map(|_| self.view(record.at))
    }

    /// What is to be seen at an instant.
    #[must_use]
    pub fn frame(&self, at: Us) -> Frame {
        let view = self.view(at);
        let stage = Stage { plan: &self.plan, lens: &self.lens, view: &view, judgement: &self.judgement, at };
        let (differs, in_flight) = self.judgement.counts(at);
        let stores = (0..self.plan.stores.len()).map(|store| self.store_strip(&view, store, at));
        Frame {
            at,
            records: view.records,
            strips: std::iter::once(self.source_strip(&view)).chain(stores).collect(),
            nodes: stage.nodes(),
            links: stage.links(),
            messages: stage.messages(),
            detectors: self.detectors(&view),
            differs,
            in_flight,
            summary: self.summary(&view, differs),
        }
    }

    fn summary(&self, view: &View, differs: u32) -> String {
        let rows = if differs == 0 { "Nothing differs".to_owned() } else { differ(u64::from(differs)) };
        let down = self.plan.nodes.iter().zip(&view.nodes).filter(|(_, node)| !node.up);
        let down: String = down.map(|(plan, _)| format!(" {} is down.", super::words::capital(&plan.id))).collect();
        format!("{rows}.{down}")
    }

    fn source_strip(&self, view: &View) -> Strip {
        let cell = |(key, row): (usize, &RowView)| {
            let name = self.plan.key_name(Key(key as u32));
            let (state, label) = match row.present {
                true => (RowState::Same, format!("{name}, source: version {}.", row.version)),
                false => (RowState::NoRow, format!("{name}, source: no row.")),
            };
            Cell { state, version: row.present.then_some(row.version), callout: String::new(), label }
        };
        let rows = view.source.iter().filter(|row| row.present).count() as u32;
        Strip {
            id: "source".to_owned(),
            rows,
            differs: 0,
            in_flight: 0,
            cells: view.source.iter().enumerate().map(cell).collect(),
            summary: format!("source: {}.", count(u64::from(rows), "row")),
        }
    }

    fn store_strip(&self, view: &View, store: usize, at: Us) -> Strip {
        let cells: Vec<Cell> = (0..self.plan.keys()).map(|key| self.cell(view, store, Key(key as u32), at)).collect();
        let of = |wanted: fn(RowState) -> bool| cells.iter().filter(|cell| wanted(cell.state)).count() as u32;
        let (differs, in_flight) = (of(RowState::differs), of(|state| state == RowState::InFlight));
        let rows = view.stores[store].iter().filter(|row| row.present).count() as u32;
        let id = self.plan.stores[store].id.clone();
        let mut parts = vec![count(u64::from(rows), "row")];
        for state in RowState::WORST {
            let n = cells.iter().filter(|cell| cell.state == state).count();
            if n > 0 {
                parts.push(format!("{n} {}", state.word()));
            }
        }
        parts.push(format!("{in_flight} on their way"));
        let summary = format!("{id}: {}.", parts.join(", "));
        Strip { id, rows, differs, in_flight, cells, summary }
    }

    fn cell(&self, view: &View, store: usize, key: Key, at: Us) -> Cell {
        let (since, state) = self.judgement.since(store, key, at);
        let (row, source) = (view.stores[store][key.index()], view.source[key.index()]);
        let (name, id) = (self.plan.key_name(key), &self.plan.stores[store].id);
        let callout = match state {
            RowState::Missing => {
                format!("the source has had {name}, version {}, since {}", source.version, instant(since))
            }
            RowState::Stale => format!("v{}, source v{}, since {}", row.version, source.version, instant(since)),
            RowState::Ghost if source.version == 0 => {
                format!("{name}, version {}: the source never had it", row.version)
            }
            RowState::Ghost => format!("{name}, version {}: the source has it no more", row.version),
            RowState::DuplicateEffect => format!("{name}: one intention, more than one effect"),
            RowState::NoRow | RowState::Same | RowState::InFlight => String::new(),
        };
        let label = match state {
            RowState::Missing | RowState::Stale => {
                let has = format!("Source has version {} since {}.", source.version, instant(since));
                format!("{name}, {id}: {}. {has}", state.word())
            }
            RowState::Ghost if source.version == 0 => format!("{name}, {id}: ghost. The source never had it."),
            RowState::Ghost => format!("{name}, {id}: ghost. The source has it no more."),
            RowState::NoRow | RowState::Same | RowState::InFlight | RowState::DuplicateEffect => {
                format!("{name}, {id}: {}.", state.word())
            }
        };
        Cell { state, version: row.present.then_some(row.version), callout, label }
    }

    pub(super) fn detectors(&self, view: &View) -> Vec<DetectorFrame> {
        let frame = |(plan, seen): (&crate::scenario::plan::DetectorPlan, &super::view::DetectorView)| DetectorFrame {
            id: plan.id.clone(),
            firing: seen.firing,
            saw: match seen.looked {
                Some(_) => plan.kind.words(seen.value >> 32, seen.value & 0xffff_ffff),
                None => "has not looked yet".to_owned(),
            },
            looked: seen.looked,
        };
        self.plan.detectors.iter().zip(&view.detectors).map(frame).collect()
    }

    /// The headline and paragraph at an instant.
    #[must_use]
    pub fn headline(&self, at: Us) -> Headline {
        why::headline(self, at)
    }

    /// Why a row is as it is.
    #[must_use]
    pub fn why(&self, subject: &Subject, at: Us) -> Why {
        match subject {
            Subject::Record(record) => because::why(self, *record, at),
            Subject::Worst | Subject::Row(..) => why::why(self, subject, at),
        }
    }

    /// What the screen reader says after a step to an instant.
    #[must_use]
    pub fn spoken(&self, at: Us) -> String {
        let last = self.records_until(at).checked_sub(1).map(|last| self.trace.records[last]);
        let what = last.filter(|record| record.at == at).map_or_else(
            || " No change.".to_owned(),
            |record| format!(" {}.", super::words::capital(&narrate::whole(&self.plan, &record))),
        );
        let (differs, _) = self.judgement.counts(at);
        let rows = match differs {
            0 => String::new(),
            1 => format!(" {}: {}.", differ(1), self.first_bad(at)),
            n => format!(" {}.", differ(u64::from(n))),
        };
        format!("{}.{what}{rows}", instant(at))
    }

    fn first_bad(&self, at: Us) -> String {
        let named = |(store, key, state): (usize, Key, RowState)| {
            let store = self.plan.stores.get(store)?;
            Some(format!("{} {} in {}", self.plan.key_name(key), state.word(), store.id))
        };
        self.judgement.rows_at(at).find_map(named).unwrap_or_default()
    }

    /// The last record at or before an instant.
    #[must_use]
    pub fn record_at(&self, at: Us) -> Option<RecordId> {
        self.records_until(at).checked_sub(1).map(|last| RecordId(last as u32))
    }

    /// When a record happened.
    #[must_use]
    pub fn time_of(&self, record: RecordId) -> Us {
        self.trace.records.get(record.index()).map_or(self.trace.ended, |record| record.at)
    }

    /// One line of the event list.
    #[must_use]
    pub fn event_line(&self, record: RecordId) -> EventLine {
        let Some(at) = self.trace.records.get(record.index()) else {
            return EventLine { record, at: self.trace.ended, node: String::new(), kind: "", text: String::new() };
        };
        let node = match at.kind {
            Kind::Looked | Kind::Alarm | Kind::AllClear | Kind::Flagged => "detectors".to_owned(),
            Kind::DrainBegan | Kind::DrainEnded => "run".to_owned(),
            _ => self.plan.node_name(at.node).to_owned(),
        };
        EventLine { record, at: at.at, node, kind: at.kind.id(), text: narrate::record(&self.plan, at) }
    }

    /// The record that made a row of a store differ, and how, at an instant.
    #[must_use]
    pub fn cause(&self, store: usize, key: Key, at: Us) -> Option<(RecordId, How)> {
        let state = self.judgement.state(store, key, at);
        cause::of_row(&self.trace.ledger, store, key, state, at).map(|cause| (cause.record, cause.how))
    }
}
