//! Which faults there are to try: read off the records of a run, so that each is certain to strike.

use crate::kernel::sorted::sort_by_key;
use crate::kernel::time::Us;
use crate::scenario::plan::{FaultKind, FaultPlan, FaultTarget, FaultWhen, Plan};
use crate::strategy::CrashPoint;
use crate::world::ids::{LinkId, NodeId};
use crate::world::record::{Kind, Parcel, Record};

/// A fault to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Which crash point, if it is a crash.
    pub point: Option<CrashPoint>,
    /// Which pass of the point, or which message of the link, from 1.
    pub pass: u32,
    /// The fault.
    pub fault: FaultPlan,
}

impl Trial {
    /// The same fault of another length.
    #[must_use]
    pub fn lasting(&self, span: Us) -> Trial {
        let mut other = self.clone();
        let head = self.fault.text.split_once('+').map_or(self.fault.text.as_str(), |(head, _)| head);
        (other.fault.text, other.fault.span) = (format!("{head}+{span}"), Some(span));
        other
    }
}

/// How a call fails, besides a crash: the four failing outcomes of DOMAIN 1.3.
pub const OUTCOMES: [FaultKind; 4] = [FaultKind::FailBefore, FaultKind::AckLost, FaultKind::Timeout, FaultKind::Late];

/// How long after its caller gave up a late request arrives.
pub const LATE: Us = Us::secs(1);

/// What a message is to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// A request: its caller waits for an answer, so that it has outcomes.
    Call,
    /// A request that nobody waits for: it can only be late.
    Push,
    /// No message that a fault can name.
    Unnamed,
}

const fn sort(parcel: Parcel) -> Sort {
    // Offsets go back over the connection that the records came by.
    let unnamed = matches!(parcel, Parcel::AnswerOk | Parcel::AnswerFailed | Parcel::CommitOffset);
    let push = matches!(parcel, Parcel::Deliver | Parcel::Wal | Parcel::SignalRow);
    if unnamed {
        Sort::Unnamed
    } else if push {
        Sort::Push
    } else {
        Sort::Call
    }
}

/// Every pass of every crash point in these records, by point, node and pass. Without a length of its own a crash takes
/// its node's.
#[must_use]
pub fn crashes(plan: &Plan, records: &[Record], restart: Option<Us>) -> Vec<Trial> {
    let length = restart.map(|restart| format!("+{restart}")).unwrap_or_default();
    let passes = records.iter().filter(|record| record.kind == Kind::Passed);
    let mut trials: Vec<(CrashPoint, NodeId, Trial)> = passes
        .filter_map(|record| {
            let point = *CrashPoint::ALL.get(usize::from(record.detail))?;
            let (node, pass) = (record.node, record.extra);
            let text = format!("crash:{}@{}*{pass}{length}", plan.node_name(node), point.id());
            let fault = FaultPlan {
                text,
                kind: FaultKind::Crash,
                target: FaultTarget::Node(node),
                when: FaultWhen::Pass(Some(point), pass),
                span: restart,
            };
            Some((point, node, Trial { point: Some(point), pass, fault }))
        })
        .collect();
    sort_by_key(&mut trials, |(point, node, trial)| (*point, *node, trial.pass));
    trials.into_iter().map(|(.., trial)| trial).collect()
}

/// Every failing outcome of every call, and the delay of every message, by link, kind and number.
#[must_use]
pub fn messages(plan: &Plan, records: &[Record], delay: Us) -> Vec<Trial> {
    let mut sent: Vec<Vec<Sort>> = vec![Vec::new(); plan.links.len()];
    for record in records.iter().filter(|record| record.kind == Kind::Sent) {
        let parcel = Parcel::ALL.get(usize::from(record.detail)).copied().unwrap_or(Parcel::AnswerOk);
        let sort = sort(parcel);
        if sort != Sort::Unnamed
            && let Some(on_link) = sent.get_mut(record.link.index())
        {
            on_link.push(sort);
        }
    }
    let mut trials = Vec::new();
    for (link, sorts) in sent.iter().enumerate() {
        let link = LinkId(link as u16);
        for kind in OUTCOMES.into_iter().chain([FaultKind::Delay]) {
            let struck = |(_, sort): &(u32, &Sort)| kind == FaultKind::Delay || **sort == Sort::Call;
            let numbers = (1u32..).zip(sorts).filter(struck).map(|(number, _)| number);
            trials.extend(numbers.map(|number| message(plan, link, kind, number, delay)));
        }
    }
    trials
}

fn message(plan: &Plan, link: LinkId, kind: FaultKind, number: u32, delay: Us) -> Trial {
    let spans = [(FaultKind::Delay, delay), (FaultKind::Late, LATE)];
    let span = spans.iter().find(|(of, _)| *of == kind).map(|(_, span)| *span);
    let length = span.map(|span| format!("+{span}")).unwrap_or_default();
    let text = format!("{}:{}*{number}{length}", kind.id(), plan.link_name(link));
    let (target, when) = (FaultTarget::Link(link), FaultWhen::Pass(None, number));
    Trial { point: None, pass: number, fault: FaultPlan { text, kind, target, when, span } }
}

/// The records before the drain: a fault strikes none of the others.
#[must_use]
pub fn before_drain(records: &[Record]) -> &[Record] {
    let drain = records.iter().position(|record| record.kind == Kind::DrainBegan);
    &records[..drain.unwrap_or(records.len())]
}
