//! What a cylinder counts for on the wall besides the counters of its state: its age, and the room it takes where it
//! stands full. Counters and gauges move by the same differences.

use crate::{
    ledger::{CounterKey, Custody, File, Metric, Now, WHOLE_DAY},
    wall::{Gauge, gauge},
};

/// What of a file counts: it does not change with events of circulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Year of manufacture, 0 where it is not known.
    pub made: i16,
    /// Volume, ml; 0 where it is not known.
    pub volume_ml: i64,
}

impl Body {
    /// Of a file.
    #[must_use]
    pub fn of(file: &File) -> Self {
        use chrono::Datelike;
        let year = file.dates.made.map_or(0, |m| m.first_day().year());
        Self { made: i16::try_from(year).unwrap_or(0), volume_ml: file.volume_ml.unwrap_or(0) }
    }
}

/// The site at which a cylinder stands full, if it does (rules.md §14): on the road or with a customer it stands at none.
#[must_use]
pub const fn full_at(now: &Now) -> Option<i64> {
    match now.custody {
        Custody::AwaitsPostcheck | Custody::FullInStock | Custody::FullAtSite if now.on_file() => Some(met_at(now)),
        _ => None,
    }
}

/// The site at which a cylinder was met last; one that was met nowhere yet is at home.
#[must_use]
pub const fn met_at(now: &Now) -> i64 {
    if now.last_site > 0 { now.last_site } else { now.home }
}

/// The counters it stands in, with what it adds to each.
#[must_use]
pub fn counters(now: &Now, body: Body) -> Vec<(CounterKey, i64)> {
    let key = |metric, key, site| CounterKey { metric, key, day: 0, minute: WHOLE_DAY, site };
    let mut out = vec![(key(Metric::Met, now.custody.number(), met_at(now)), 1)];
    if now.on_file() {
        out.push((key(Metric::MadeIn, body.made, now.home), 1));
    }
    if let Some(site) = full_at(now).filter(|_| body.volume_ml != 0) {
        out.push((key(Metric::FullMl, 0, site), body.volume_ml));
    }
    out
}

/// The gauges it stands in as of a day, with what it adds to each.
#[must_use]
pub fn gauges(now: &Now, body: Body, today: i32) -> Vec<Gauge> {
    let mut out = vec![];
    if now.on_file() {
        out.push((gauge::CUSTODY, i64::from(now.custody.number()), 1));
        out.push((gauge::MADE, i64::from(body.made), 1));
        out.push((gauge::ON_FILE, now.home, 1));
        // The due date never lies behind the end of life: whatever is past its life is overdue, too.
        if now.due.is_some_and(|d| d < today) {
            out.push((gauge::OVERDUE, now.home, 1));
        }
    }
    if let Some(site) = full_at(now) {
        out.push((gauge::FULL_ML, site, body.volume_ml));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::FileState;

    fn now(custody: Custody, last_site: i64) -> Now {
        Now {
            file: FileState::Registered,
            custody,
            flags: 0,
            home: 9,
            due: Some(100),
            life_end: Some(200),
            last_at: 0,
            last_no: 0,
            last_site,
            read_site: 0,
            read_at: 0,
            read_no: 0,
            fill_no: 0,
            fill_at: 0,
            net_g: 0,
            prior: None,
            check_at: 0,
            residue_g: None,
            delivered_at: 0,
        }
    }

    #[test]
    fn full_cylinders_take_room_where_they_stand() {
        let body = Body { made: 2020, volume_ml: 35_500 };
        assert_eq!(full_at(&now(Custody::FullInStock, 5)), Some(5));
        assert_eq!(full_at(&now(Custody::AwaitsPostcheck, 0)), Some(9));
        for custody in [Custody::EmptyInStock, Custody::InTransit, Custody::InUse, Custody::Returning] {
            assert_eq!(full_at(&now(custody, 5)), None);
            assert_eq!(counters(&now(custody, 5), body).len(), 2);
        }
        let full = now(Custody::FullAtSite, 5);
        let sums: Vec<(Metric, i16, i64, i64)> =
            counters(&full, body).iter().map(|(k, v)| (k.metric, k.key, k.site, *v)).collect();
        let met = (Metric::Met, Custody::FullAtSite.number(), 5, 1);
        assert_eq!(sums, [met, (Metric::MadeIn, 2020, 9, 1), (Metric::FullMl, 0, 5, 35_500)]);
        let scrapped = Now { file: FileState::Scrapped, ..full };
        assert_eq!(counters(&scrapped, body).iter().map(|(k, _)| k.metric).collect::<Vec<_>>(), [Metric::Met]);
        assert!(gauges(&scrapped, body, 150).is_empty());
        assert_eq!((met_at(&now(Custody::InUse, 5)), met_at(&now(Custody::InUse, 0))), (5, 9));
    }

    #[test]
    fn overdue_from_the_day_after() {
        let overdue =
            |today| gauges(&now(Custody::InUse, 5), Body::default(), today).iter().any(|g| g.0 == gauge::OVERDUE);
        assert_eq!([99, 100, 101, 201].map(overdue), [false, false, true, true]);
    }
}
