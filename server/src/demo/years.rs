//! Years of a large city's life, told in the order of their time. Nothing of what was told is kept: what a cylinder did so far
//! follows from its number and its count of steps, so that a million of them take 32 bytes each, however many events there are.

use super::{
    city::Plan,
    fates::{By, Step},
    history::{Moment, Teller, working},
    random::Random,
};
use domain::{
    clock::{self, DAY_MS},
    event::{Entry, EventKind},
    ledger::{Custody, File, FileState, Place},
    rules::RuleSet,
};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// How far back the record goes, days: one interval of a household cylinder.
pub const DAYS: i64 = 4 * 365;
/// Days over which the cylinders that were there at the start were entered.
const ENTRY_DAYS: i64 = 90;
/// An owner takes a cylinder out of use so many days before it is due.
const SPARE_DAYS: i64 = 8;
const HOUR_MS: i64 = 3_600_000;

/// What a cylinder goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Course {
    /// When its last step is over at the latest, ms.
    until: i64,
    /// Steps after its registration.
    steps: u32,
    /// Whether they are those of its fate instead of turns.
    fated: bool,
}

/// The step that comes next for a cylinder: its time, the cylinder, the count of steps before.
type Next = Reverse<(i64, u32, u32)>;

/// The years: an iterator over entries in the order of their time, which ends after as many as were asked for.
#[derive(Debug)]
pub struct Years<'a> {
    plan: &'a Plan,
    teller: Teller<'a>,
    courses: Vec<Course>,
    next: BinaryHeap<Next>,
    left: usize,
}

/// The turn of a cylinder, from an empty in stock to an empty in stock. One in ten goes by way of a delivery station.
const fn turn(cylinder: usize) -> &'static [EventKind] {
    use EventKind::{Arrive, Collect, Deliver, FillEnd, Postcheck, Precheck, ReceiveEmpty, Ship};
    if cylinder.is_multiple_of(10) {
        &[Precheck, FillEnd, Postcheck, Ship, Arrive, Deliver, Collect, ReceiveEmpty]
    } else {
        &[Precheck, FillEnd, Postcheck, Ship, Deliver, Collect, ReceiveEmpty]
    }
}

/// Whether a cylinder waits for long after an event: empty in stock, or with a customer.
const fn waits(kind: EventKind) -> bool {
    matches!(kind, EventKind::Register | EventKind::ReceiveEmpty | EventKind::Deliver)
}

/// When the city's record begins, ms.
const fn start(plan: &Plan) -> i64 {
    plan.now_ms - DAYS * DAY_MS
}

/// When a cylinder is registered: when it is made or inspected, for that is when it gets its tag; those that were there
/// before the record began, in its first months. And until when it turns.
fn span(plan: &Plan, cylinder: usize, file: &File, rules: &RuleSet) -> (i64, i64) {
    let mut r = Random::of(&[plan.seed, 10, cylinder as u64]);
    let tagged = file.dates.inspected.or(file.dates.made).map_or(0, |d| clock::day_start(clock::day_of(d.first_day())));
    let entered = start(plan) + r.range(0, ENTRY_DAYS * DAY_MS);
    let registered = (tagged + r.range(8 * HOUR_MS, 25 * DAY_MS)).max(entered).min(plan.now_ms - r.range(0, HOUR_MS));
    let due = file.dates.derive(rules, clock::local_date(plan.now_ms)).due;
    let licence = plan.org(file.org).map(|o| o.licence_until);
    let last = [due, licence].into_iter().flatten().map(|d| clock::day_start(clock::day_of(d)) - SPARE_DAYS * DAY_MS);
    (registered, last.fold(plan.now_ms, i64::min))
}

impl<'a> Years<'a> {
    /// The years of a plan, `events` in all: every cylinder is registered, the others are shared out by how long it was there.
    /// `seqs` are the numbers that devices counted before, of the first `told` events.
    ///
    /// # Errors
    /// A text when there are too few events for the cylinders, or none that could turn.
    pub fn new(plan: &'a Plan, events: usize, told: usize, seqs: HashMap<i64, i64>) -> Result<Self, String> {
        let rules = RuleSet::seed();
        let cylinders = plan.cylinders();
        let mut courses = vec![Course::default(); cylinders];
        let mut next = Vec::with_capacity(cylinders);
        let mut weights = vec![0_u32; cylinders];
        let mut fated = 0_usize;
        for (i, (course, weight)) in courses.iter_mut().zip(&mut weights).enumerate() {
            let Some(file) = plan.file(i) else { continue };
            let (registered, until) = span(plan, i, &file, &rules);
            next.push(Reverse((registered, i as u32, 0)));
            course.until = until;
            if file.state != FileState::Registered || until < registered + 2 * DAY_MS {
                continue;
            }
            let fate = plan.fate_of(i, &file);
            if fate.is_empty() {
                let share = Random::of(&[plan.seed, 11, i as u64]).range(40, 160);
                *weight = u32::try_from((until - registered) / DAY_MS * share).unwrap_or(u32::MAX).max(1);
            } else {
                (course.fated, course.steps) = (true, fate.len() as u32);
                fated += fate.len();
            }
        }
        let least = cylinders + fated;
        let spread = events.checked_sub(least).ok_or_else(|| {
            format!("{cylinders} cylinders have {least} events at least, {events} were asked for: ask for more")
        })?;
        share(&mut courses, &weights, spread)?;
        let mut years =
            Self { plan, teller: Teller::new(plan, seqs), courses, next: BinaryHeap::from(next), left: events };
        for _ in 0..told {
            years.moment().ok_or("more was told than was asked for")?;
        }
        Ok(years)
    }

    /// The next thing that happens, and notes what comes after it.
    fn moment(&mut self) -> Option<Moment> {
        let Reverse((at, cylinder, told)) = self.next.pop()?;
        self.left = self.left.checked_sub(1)?;
        let i = cylinder as usize;
        let course = self.courses.get(i).copied().unwrap_or_default();
        let step = self.step(i, course, told);
        if told < course.steps {
            self.next.push(Reverse((self.then(i, course, told, at, step.kind), cylinder, told + 1)));
        }
        Some(Moment { at, cylinder, step })
    }

    /// The step after `told` others.
    fn step(&self, cylinder: usize, course: Course, told: u32) -> Step {
        let Some(n) = told.checked_sub(1).map(|n| n as usize) else {
            return Step { kind: EventKind::Register, by: By::Importer, failed: false };
        };
        if course.fated
            && let Some(step) = self.plan.file(cylinder).and_then(|f| self.plan.fate_of(cylinder, &f).get(n).copied())
        {
            return step;
        }
        let turn = turn(cylinder);
        Step::at_home(turn[n % turn.len()])
    }

    /// When the step after one at `at` happens: what takes hours takes hours, what waits shares what is left.
    fn then(&self, cylinder: usize, course: Course, told: u32, at: i64, kind: EventKind) -> i64 {
        let mut r = Random::of(&[self.plan.seed, 6, cylinder as u64, u64::from(told)]);
        let left = i64::from(course.steps - told);
        let room = (course.until - at).max(0);
        let gap = if course.fated {
            room / left.max(1) * r.range(50, 100) / 100
        } else if waits(kind) {
            // Twice a turn a cylinder waits; the last wait is not to be used up.
            room / (left * 2 / turn(cylinder).len() as i64 + 1) * r.range(50, 100) / 100
        } else {
            let wanted = match kind {
                EventKind::Precheck | EventKind::FillEnd => r.range(HOUR_MS / 12, HOUR_MS),
                EventKind::Postcheck => r.range(7 * HOUR_MS, 72 * HOUR_MS),
                EventKind::Arrive => r.range(2 * HOUR_MS, 48 * HOUR_MS),
                _ => r.range(HOUR_MS / 2, 8 * HOUR_MS),
            };
            wanted.min(room / (left + 1)).max(1_000)
        };
        let mut then = at + gap;
        // A check is made within the hour of the fill, whatever the hour.
        if !matches!(kind, EventKind::Precheck | EventKind::FillEnd) {
            then = working(&mut r, then);
        }
        then.min(self.plan.now_ms).max(at)
    }

    /// Events that are still to come.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// Where a cylinder stands at the end.
    #[must_use]
    pub fn custody(&self, cylinder: usize) -> Custody {
        let course = self.courses.get(cylinder).copied().unwrap_or_default();
        let mut place = Place::at(Custody::EmptyInStock);
        let file = self.plan.file(cylinder);
        for told in 1..=course.steps {
            let step = self.step(cylinder, course, told);
            let body = file.as_ref().and_then(|f| step.body(f, &mut Random::of(&[0])));
            let content = domain::event::Content::stored(step.kind, body.map(|b| b.to_string()).as_deref());
            place = place.turn(step.kind, content.as_ref()).to;
        }
        place.custody
    }
}

/// Shares `spread` steps out by weight; the sum is exact.
fn share(courses: &mut [Course], weights: &[u32], spread: usize) -> Result<(), String> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if total == 0 && spread > 0 {
        return Err("no cylinder of this city can be filled: ask for more cylinders".into());
    }
    let (mut sum, mut given) = (0_u128, 0_u128);
    for (course, weight) in courses.iter_mut().zip(weights).filter(|(_, w)| **w > 0) {
        sum += u128::from(*weight);
        let until = sum * spread as u128 / total;
        course.steps = u32::try_from(until - given).map_err(|_| "too many events for so few cylinders")?;
        given = until;
    }
    Ok(())
}

impl Iterator for Years<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let m = self.moment()?;
        let file = self.plan.file(m.cylinder as usize)?;
        self.teller.entry(m, &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::city::Base;
    use domain::{
        event::Content,
        ledger::{Now, Told, flag, fold},
    };

    const NOW: i64 = 1_795_248_000_000;

    fn plan(cylinders: usize) -> Plan {
        Plan::large(7, cylinders, 12, NOW, Base::default(), DAYS + 400)
    }

    #[test]
    fn as_many_as_asked_for_in_the_order_of_time_and_lawful() {
        let plan = plan(600);
        let rules = RuleSet::seed();
        let years = Years::new(&plan, 12_000, 0, HashMap::new()).unwrap();
        let custody: Vec<Custody> = (0..600).map(|i| years.custody(i)).collect();
        let (mut now, mut last, mut n) = (HashMap::<String, (File, Now)>::new(), i64::MIN, 0);
        let mut seqs = HashMap::<i64, i64>::new();
        for (no, e) in (1..).zip(years) {
            n += 1;
            assert!(e.occurred_at >= last && e.occurred_at <= NOW && e.occurred_at >= start(&plan), "{e:?}");
            last = e.occurred_at;
            let seq = seqs.entry(e.device).or_default();
            *seq += 1;
            assert_eq!((e.seq, e.epoch), (*seq, 1));
            let today = clock::local_day(e.occurred_at);
            if e.kind == EventKind::Register {
                let file: File = serde_json::from_str(e.body.as_deref().unwrap()).unwrap();
                let of = Now::registered(&file, file.dates.derive(&rules, clock::date_of(today)));
                assert!(now.insert(e.tag.clone(), (file, of)).is_none());
            }
            let content = Content::stored(e.kind, e.body.as_deref());
            let (file, state) = now.get_mut(&e.tag).unwrap();
            assert!(
                e.kind != EventKind::FillEnd || state.due.is_none_or(|d| d >= today),
                "filled past its due date: {e:?}"
            );
            fold(
                file,
                state,
                &Told { no, entry: &e, content: content.as_ref(), anomalies: &[], owner: None },
                &rules,
                today,
            );
            assert_eq!(state.flags & flag::CHAIN_GAP, 0, "{e:?}");
        }
        assert_eq!((n, now.len()), (12_000, 600));
        for (i, c) in custody.iter().enumerate() {
            assert_eq!(now[&plan.file(i).unwrap().tag].1.custody, *c, "cylinder {i}");
        }
        let first = |c: Custody| custody.iter().filter(|x| **x == c).count();
        assert!(first(Custody::InUse) > 50 && first(Custody::EmptyInStock) > 50, "{custody:?}");
    }

    #[test]
    fn going_on_tells_what_would_have_been_told() {
        let plan = plan(200);
        let all: Vec<Entry> = Years::new(&plan, 2_000, 0, HashMap::new()).unwrap().collect();
        for told in [0, 1, 777, 1_999, 2_000] {
            let mut seqs = HashMap::new();
            all[..told].iter().for_each(|e| {
                seqs.insert(e.device, e.seq);
            });
            let years = Years::new(&plan, 2_000, told, seqs).unwrap();
            assert_eq!(years.left(), 2_000 - told);
            assert_eq!(years.collect::<Vec<Entry>>(), all[told..]);
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let plan = plan(200);
        assert!(Years::new(&plan, 150, 0, HashMap::new()).unwrap_err().contains("ask for more"));
        assert!(Years::new(&plan, 2_000, 2_001, HashMap::new()).is_err());
        assert_eq!(
            Years::new(&Plan::large(7, 0, 3, NOW, Base::default(), 400), 0, 0, HashMap::new()).unwrap().count(),
            0
        );
    }
}
