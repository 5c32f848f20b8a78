//! Counters behind every chart, kept in the transaction of what they count.

use crate::{
    clock,
    event::Entry,
    gate::{Decision, Verdict},
    ledger::Now,
    outcome::{AlertKind, Anomaly},
    standing::Body,
};
use serde::{Deserialize, Serialize};

numbered! {
    /// What a counter counts. Counters are kept in the event's transaction.
    Metric {
        /// Fills, by local day and minute of their end and by station.
        Fill = 1, "充装", "fills";
        /// Gas added, grams.
        NetG = 2, "充装量", "gas added";
        /// Attempts refused.
        Blocked = 3, "拦截", "refused";
        /// Attempts warned.
        Warned = 4, "警告", "warned";
        /// Attempts refused, by reason (key = number of the reason).
        BlockedReason = 5, "拦截原因", "refused by reason";
        /// Fills with an anomaly (key = place in the table of anomalies).
        Anomaly = 6, "异常充装", "anomalous fills";
        /// Reasons that were overridden (key = number of the reason).
        Overridden = 7, "放行", "overridden";
        /// Cylinders on file whose inspection is valid to this day.
        DueOn = 10, "到期日", "due on";
        /// Cylinders on file whose life ends on this day.
        LifeEndOn = 11, "年限日", "life ends on";
        /// Cylinders by file state (key).
        File = 12, "档案状态", "by file state";
        /// Cylinders on file by custody (key).
        Custody = 13, "流转状态", "by custody";
        /// Alerts nobody has closed, by kind (key: its number).
        OpenAlert = 14, "未关闭告警", "open alerts";
        /// Cylinders on file by year of manufacture (key: the year, 0 where it is not known).
        MadeIn = 15, "制造年", "made in";
        /// Volume of the full cylinders at a station, ml.
        FullMl = 16, "重瓶容积", "volume of full cylinders";
        /// Warnings and dangers among the open alerts that nobody took note of, by kind (key: its number).
        Waiting = 17, "待签收告警", "alerts nobody took note of";
        /// Deliveries to customers, by local day and size (key: volume in tenths of a litre, 0 where it is not known).
        Delivered = 18, "交付", "delivered";
        /// Of them those that came back, by the day and size of the delivery.
        Returned = 19, "回收", "returned";
        /// Cylinders, on file or not, by the site at which they were met last and by custody (key).
        Met = 20, "最近所在", "met last at";
    }
}

impl Metric {
    /// Whether it is asked for over months and years: its whole days are summed up by month, too.
    #[must_use]
    pub const fn by_month(self) -> bool {
        matches!(
            self,
            Self::Fill
                | Self::NetG
                | Self::Blocked
                | Self::Warned
                | Self::BlockedReason
                | Self::Anomaly
                | Self::Overridden
                | Self::DueOn
                | Self::LifeEndOn
        )
    }
}

/// Minute of a counter that stands for the whole day.
pub const WHOLE_DAY: i16 = -1;

/// A counter's key. `site` is the station where it happened, or the home station of the cylinder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// What is counted.
    pub metric: Metric,
    /// Sub-key.
    pub key: i16,
    /// Local day, 0 where the metric has none.
    pub day: i32,
    /// Minute of the day, or [`WHOLE_DAY`].
    pub minute: i16,
    /// Site.
    pub site: i64,
}

impl CounterKey {
    /// The counter of alerts of a kind that were raised at a site: [`Metric::OpenAlert`] or [`Metric::Waiting`].
    #[must_use]
    pub fn of_alert(metric: Metric, kind: AlertKind, site: i64) -> Self {
        Self { metric, key: kind.number(), day: 0, minute: WHOLE_DAY, site }
    }
}

/// The place of a code in its table, as a counter's key.
#[must_use]
pub fn place<T: PartialEq>(all: &[T], it: &T) -> i16 {
    all.iter().position(|x| x == it).and_then(|i| i16::try_from(i).ok()).unwrap_or(-1)
}

/// The counters a fill adds to.
#[must_use]
pub fn fill_counters(e: &Entry, anomalies: &[Anomaly]) -> Vec<(CounterKey, i64)> {
    let day = clock::local_day(e.occurred_at);
    let minute = clock::local_minute(e.occurred_at) as i16;
    let key = |metric, key, minute| CounterKey { metric, key, day, minute, site: e.site };
    let mut out = vec![
        (key(Metric::Fill, 0, WHOLE_DAY), 1),
        (key(Metric::Fill, 0, minute), 1),
        (key(Metric::NetG, 0, WHOLE_DAY), e.weights.map_or(0, |w| w.net_g)),
    ];
    out.extend(anomalies.iter().map(|a| (key(Metric::Anomaly, place(Anomaly::ALL, a), WHOLE_DAY), 1)));
    out
}

/// The counters a delivery or its return adds to: what came back counts for the day it was delivered on.
#[must_use]
pub fn delivery_counters(before: &Now, after: &Now, body: Body) -> Vec<(CounterKey, i64)> {
    let key = i16::try_from(body.volume_ml / 100).unwrap_or(0);
    let at =
        |metric, ms| (CounterKey { metric, key, day: clock::local_day(ms), minute: WHOLE_DAY, site: after.home }, 1);
    match (before.delivered_at, after.delivered_at) {
        (b, a) if b == a => vec![],
        (b, 0) => vec![at(Metric::Returned, b)],
        // Delivered again without having come back: the first delivery stays open.
        (_, a) => vec![at(Metric::Delivered, a)],
    }
}

/// The counters an attempt adds to.
#[must_use]
pub fn attempt_counters(site: i64, at: i64, verdict: &Verdict) -> Vec<(CounterKey, i64)> {
    let day = clock::local_day(at);
    let minute = clock::local_minute(at) as i16;
    let key = |metric, key, minute| CounterKey { metric, key, day, minute, site };
    let mut out = match verdict.decision {
        Decision::Allow => vec![],
        Decision::Warn => vec![(key(Metric::Warned, 0, WHOLE_DAY), 1)],
        Decision::Block => {
            let mut out = vec![(key(Metric::Blocked, 0, WHOLE_DAY), 1), (key(Metric::Blocked, 0, minute), 1)];
            out.extend(
                verdict
                    .reasons
                    .iter()
                    .filter(|r| r.info().decision == Decision::Block)
                    .map(|r| (key(Metric::BlockedReason, r.number(), WHOLE_DAY), 1)),
            );
            out
        }
    };
    out.extend(verdict.overridden.iter().map(|r| (key(Metric::Overridden, r.number(), WHOLE_DAY), 1)));
    out
}
