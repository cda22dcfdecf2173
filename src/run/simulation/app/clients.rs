//! Clients: when they ask and for what, how long they wait, and that they ask again.

use crate::kernel::rng::Purpose;
use crate::kernel::time::Us;
use crate::run::simulation::{Due, Simulation};
use crate::scenario::plan::{Arrivals, KeyPlan};
use crate::strategy::machine::AppEvent;
use crate::world::ids::{EventId, Key, Op, OpKind, Outcome, RecordId};
use crate::world::record::{CANARY, Kind, Record};

/// What one client asks for, and what it knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub key: Key,
    pub asked: OpKind,
    /// When it asked first, and last.
    pub first: Us,
    pub last: Us,
    pub attempts: u32,
    pub outcome: Option<Outcome>,
    /// Whether its change is in the database.
    pub committed: bool,
    /// What it was told of its last attempt, if it will ask again.
    told: Option<Outcome>,
    /// Its open transaction time and whether its transaction aborts, by the seed.
    pub(super) tx_time: Us,
    pub(super) abort: bool,
}

impl Request {
    /// Whether the seed has the database refuse it.
    pub fn aborts(&self) -> bool {
        self.abort
    }
}

/// The cumulative Zipf weights of the keys, in parts of 2^53.
#[derive(Clone, Debug)]
pub struct Zipf {
    cumulative: Vec<u64>,
    count: u32,
}

impl Zipf {
    /// For a key plan; uniform keys need no table.
    pub fn new(keys: &KeyPlan) -> Zipf {
        let Some(theta) = keys.zipf else { return Zipf { cumulative: Vec::new(), count: keys.count } };
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=keys.count)
            .map(|rank| {
                sum += libm::pow(f64::from(rank), -theta);
                sum
            })
            .collect();
        let cumulative = sums.iter().map(|part| (part / sum * 9_007_199_254_740_992.0) as u64).collect();
        Zipf { cumulative, count: keys.count }
    }

    pub(super) fn draw(&self, bits: u64) -> Key {
        if self.cumulative.is_empty() {
            return Key(((u128::from(bits) * u128::from(self.count)) >> 64) as u32);
        }
        let at = self.cumulative.partition_point(|part| *part <= bits >> 11);
        Key(at.min(self.count as usize - 1) as u32)
    }
}

impl Simulation<'_> {
    pub(in crate::run::simulation) fn schedule_first_arrival(&mut self) {
        self.schedule_arrival(0, Us::ZERO);
    }

    /// Schedules the n-th request after the one before it.
    pub(super) fn schedule_arrival(&mut self, n: u64, before: Us) {
        let workload = &self.plan.workload;
        if workload.limit > 0 && n >= workload.limit {
            return;
        }
        let at = match &workload.arrivals {
            Arrivals::Poisson(mean) => before.after(self.draws.of(Purpose::Operation, n, 1, 0).exponential_us(*mean)),
            Arrivals::Every(span) => before.after(*span),
            Arrivals::Bursts { size, every } if n.is_multiple_of(u64::from(*size)) => before.after(*every),
            Arrivals::Bursts { .. } => before,
            Arrivals::Script(list) => match usize::try_from(n).ok().and_then(|n| list.get(n)) {
                Some(scripted) => scripted.at,
                None => return,
            },
        };
        if at < self.plan.duration {
            self.calendar.put(at, Due::Arrival);
        }
    }

    /// The next request of the workload arrives.
    pub(in crate::run::simulation) fn arrival(&mut self) {
        if self.draining {
            return;
        }
        let n = self.requests.len();
        let mut draw = self.draws.of(Purpose::Operation, n as u64, 0, 0);
        let (key, asked, scripted) = match &self.plan.workload.arrivals {
            Arrivals::Script(list) => (list[n].key, list[n].op, list[n].tx_time),
            Arrivals::Poisson(_) | Arrivals::Every(_) | Arrivals::Bursts { .. } => {
                let key = self.zipf.draw(draw.bits());
                let kind = draw.below(1_000_000_000);
                let [insert, update, _] = self.plan.workload.mix;
                let asked = match kind {
                    kind if kind < u64::from(insert) => OpKind::Insert,
                    kind if kind < u64::from(insert) + u64::from(update) => OpKind::Update,
                    _ => OpKind::Delete,
                };
                (key, asked, None)
            }
        };
        let abort = draw.chance(self.plan.source.abort);
        let drawn = self.plan.source.tx_time.draw(&mut draw);
        let tx_time = scripted.unwrap_or(drawn);
        let (first, last) = (self.now, self.now);
        let (outcome, told, committed) = (None, None, false);
        self.requests.push(Request { key, asked, first, last, attempts: 0, outcome, committed, told, tx_time, abort });
        self.unresolved += 1;
        self.schedule_arrival(n as u64 + 1, self.now);
        self.ask(n as u32);
    }

    /// A detector asks the app to change a row of its own: no client's request, with draws of its own.
    pub(in crate::run::simulation) fn canary(&mut self, key: Key) {
        let number = CANARY + self.canaries.len() as u32;
        let mut draw = self.draws.of(Purpose::Operation, number.into(), 0, 0);
        let tx_time = self.plan.source.tx_time.draw(&mut draw);
        let (first, last, asked) = (self.now, self.now, OpKind::Update);
        let (outcome, told, committed, abort) = (None, None, false, false);
        let request = Request { key, asked, first, last, attempts: 0, outcome, committed, told, tx_time, abort };
        self.canaries.push(request);
        self.unresolved += 1;
        self.ask(number);
    }

    /// The client's request, or the canary's, behind an event; a recovery's and a heartbeat's have none.
    pub(in crate::run::simulation) fn request_behind(&mut self, event: EventId) -> Option<&mut Request> {
        let request = self.events.get(event.index())?.request;
        match request.checked_sub(CANARY) {
            None => self.requests.get_mut(request as usize),
            Some(canary) => self.canaries.get_mut(canary as usize),
        }
    }

    /// A client's request, or a canary's.
    pub(super) fn request_mut(&mut self, request: u32) -> &mut Request {
        match request.checked_sub(CANARY) {
            None => &mut self.requests[request as usize],
            Some(canary) => &mut self.canaries[canary as usize],
        }
    }

    /// A client asks, or asks again.
    pub(super) fn ask(&mut self, request: u32) {
        let now = self.now;
        let asking = self.request_mut(request);
        asking.attempts += 1;
        asking.last = now;
        let (key, asked, attempt) = (asking.key, asking.asked, asking.attempts);
        if self.plan.workload.client_timeout != Us::NEVER {
            let deadline = self.now.after(self.plan.workload.client_timeout);
            self.client_watch.push_back((deadline, request, attempt));
            if !self.watch_armed {
                self.watch_armed = true;
                self.calendar.put(deadline, Due::ClientTimeout);
            }
        }
        let app = self.plan.roles.app;
        let up = self.up(app);
        let mut record = Record::new(self.now, app, if up { Kind::Requested } else { Kind::Refused });
        record.key = key;
        (record.value, record.extra, record.detail) = (u64::from(request), attempt, asked as u8);
        if !up {
            self.record(record);
            self.client_told(request, Outcome::Failed);
            return;
        }
        record.op = Op(self.next_op);
        let cause = self.record(record);
        self.next_op += 1;
        if self.plan.workload.idempotency_key && attempt > 1 && self.answers_by_key(request, record.op, cause) {
            return;
        }
        let slot = self.new_op(record.op, request, cause);
        let workers = self.nodes[app.index()].workers;
        self.active_ops += 1;
        if workers > 0 && self.nodes[app.index()].busy >= workers {
            self.accept.push_back(slot);
            return;
        }
        self.nodes[app.index()].busy += 1;
        self.op_event(slot, AppEvent::Start, cause);
    }

    /// The app knows the client's key: what is done is not done again, what is going on is a conflict. Says whether the
    /// client has its answer.
    pub(super) fn answers_by_key(&mut self, request: u32, op: Op, cause: RecordId) -> bool {
        let asking = *self.request_mut(request);
        let going_on = self.ops.iter().any(|proc| proc.op != Op::NONE && proc.request == request);
        if !asking.committed && !going_on {
            return false;
        }
        let outcome = if going_on { Outcome::Failed } else { Outcome::Ok };
        let record = Record { op, key: asking.key, cause, ..Record::new(self.now, self.plan.roles.app, Kind::Replied) };
        let value = self.now.since(asking.first).0;
        self.record(Record { detail: outcome as u8, value, extra: request, ..record });
        self.client_told(request, outcome);
        true
    }

    /// A client learns how its request ended. If it may ask again it does, when its watch says so.
    pub(in crate::run::simulation) fn client_told(&mut self, request: u32, outcome: Outcome) {
        let (workload, draining) = (&self.plan.workload, self.draining);
        let asking = self.request_mut(request);
        let again = asking.attempts <= workload.client_retries && workload.client_timeout != Us::NEVER;
        if outcome != Outcome::Ok && again && !draining {
            asking.told = Some(outcome);
            return;
        }
        asking.outcome = Some(outcome);
        self.unresolved -= 1;
    }

    /// Clients look at their watches: who has waited long enough asks again or gives up.
    pub(in crate::run::simulation) fn client_timeouts(&mut self) {
        self.watch_armed = false;
        while let Some(&(deadline, request, attempt)) = self.client_watch.front() {
            let asking = *self.request_mut(request);
            if asking.outcome.is_some() || asking.attempts != attempt {
                self.client_watch.pop_front();
                continue;
            }
            if deadline > self.now {
                self.watch_armed = true;
                self.calendar.put(deadline, Due::ClientTimeout);
                return;
            }
            self.client_watch.pop_front();
            if asking.told.is_none() {
                let mut record = Record::new(self.now, self.plan.roles.app, Kind::ClientGaveUp);
                (record.key, record.value) = (asking.key, u64::from(request));
                self.record(record);
            }
            self.request_mut(request).told = None;
            if asking.attempts <= self.plan.workload.client_retries && !self.draining {
                self.ask(request);
            } else {
                self.request_mut(request).outcome = asking.told.or(Some(Outcome::Unknown));
                self.unresolved -= 1;
            }
        }
    }
}
