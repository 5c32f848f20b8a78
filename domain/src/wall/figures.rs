//! Every figure on the wall, and how a change moves it.

use super::{ATTENTION_LEN, AlertLine, Bulletin, CURVE_MINUTES, Change, FEED_LEN, Gauges, OPEN_LEN, Stock, Tally};
use crate::{clock, gate::Decision, outcome::Reason};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Every figure on the wall. Changed only by [`Figures::apply`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Fills whose end lies in today.
    pub fills_today: i64,
    /// Attempts refused today.
    pub blocked_today: i64,
    /// Attempts warned today.
    pub warned_today: i64,
    /// Gas added today, grams.
    pub net_g_today: i64,
    /// Alerts nobody has closed.
    pub open_alerts: i64,
    /// Cylinders.
    pub stock: Stock,
    /// By absolute minute (ms / 60000), the last [`CURVE_MINUTES`].
    pub by_minute: BTreeMap<i64, Tally>,
    /// Today by district.
    pub by_district: BTreeMap<i32, Tally>,
    /// Today by station.
    pub by_station: BTreeMap<i64, Tally>,
    /// Refused today, by reason; an attempt may have several.
    #[serde(default)]
    pub by_reason: BTreeMap<Reason, i64>,
    /// Present states by kind and key.
    #[serde(default)]
    pub gauges: Gauges,
    /// Newest first.
    pub feed: VecDeque<Change>,
    /// The newest refusals and alerts, newest first.
    #[serde(default)]
    pub attention: VecDeque<Change>,
    /// Open alerts in the order of [`AlertLine::rank`].
    #[serde(default)]
    pub open: Vec<AlertLine>,
    /// What is told beside.
    #[serde(default)]
    pub bulletin: Bulletin,
}

/// A frame may say anything; a figure stops at its end rather than begin anew.
const fn add(figure: &mut i64, n: i64) {
    *figure = figure.saturating_add(n);
}

impl Figures {
    /// Applies one change. `day` is the snapshot's day; `district` that of the change's station, if known.
    pub fn apply(&mut self, change: &Change, day: i32, district: Option<i32>) {
        match change {
            Change::Fill(l) => {
                if clock::local_day(l.at) == day {
                    add(&mut self.fills_today, 1);
                    add(&mut self.net_g_today, l.net_g);
                }
                self.tally(l.at, l.site, day, district, |t| add(&mut t.fills, 1));
                self.line(change);
            }
            Change::Attempt(l) => {
                let blocked = l.decision == Decision::Block;
                if clock::local_day(l.at) == day {
                    add(if blocked { &mut self.blocked_today } else { &mut self.warned_today }, 1);
                }
                if blocked {
                    self.tally(l.at, l.site, day, district, |t| add(&mut t.blocked, 1));
                    if clock::local_day(l.at) == day {
                        for r in l.reasons.iter().filter(|r| r.info().decision == Decision::Block) {
                            add(self.by_reason.entry(*r).or_default(), 1);
                        }
                    }
                }
                self.line(change);
            }
            Change::Alert(l) => {
                self.raised(l.clone());
                self.line(change);
            }
            Change::Ack(l) => {
                if let Some(at) = self.open.iter().position(|a| a.no == l.alert && a.noted.is_none()) {
                    let noted = AlertLine { noted: Some(l.at), ..self.open.remove(at) };
                    self.raised(noted);
                }
                self.line(change);
            }
            Change::Closed(l) => {
                self.open.retain(|a| a.no != l.alert);
                self.line(change);
            }
            Change::Corrected(l) => {
                if clock::local_day(l.at) == day {
                    add(&mut self.fills_today, -1);
                    add(&mut self.net_g_today, l.net_g.saturating_neg());
                }
                self.tally(l.at, l.site, day, district, |t| add(&mut t.fills, -1));
            }
            Change::Totals(l) => {
                self.stock = l.stock;
                self.open_alerts = l.open_alerts;
                if l.whole {
                    self.gauges = Gauges::default();
                }
                l.gauges.iter().for_each(|g| self.gauges.set(*g));
                if let Some(b) = &l.bulletin {
                    self.bulletin = (**b).clone();
                }
            }
        }
    }

    /// Takes an open alert into its place, as long as there is room for its rank.
    fn raised(&mut self, alert: AlertLine) {
        let at = self.open.partition_point(|a| a.rank() < alert.rank());
        if at < OPEN_LEN {
            self.open.insert(at, alert);
            self.open.truncate(OPEN_LEN);
        }
    }

    fn line(&mut self, change: &Change) {
        self.feed.push_front(change.clone());
        self.feed.truncate(FEED_LEN);
        if wants_attention(change) {
            self.attention.push_front(change.clone());
            self.attention.truncate(ATTENTION_LEN);
        }
    }

    fn tally(&mut self, at: i64, site: i64, day: i32, district: Option<i32>, change: impl Fn(&mut Tally)) {
        if clock::local_day(at) == day {
            change(self.by_station.entry(site).or_default());
            if let Some(d) = district {
                change(self.by_district.entry(d).or_default());
            }
        }
        let minute = at.div_euclid(clock::MINUTE_MS);
        let newest = self.by_minute.last_key_value().map_or(minute, |(k, _)| (*k).max(minute));
        if minute > newest - CURVE_MINUTES {
            change(self.by_minute.entry(minute).or_default());
            self.by_minute = self.by_minute.split_off(&(newest - CURVE_MINUTES + 1));
        }
    }
}

/// Whether a person should see it even when fills follow fast.
#[must_use]
pub fn wants_attention(change: &Change) -> bool {
    match change {
        Change::Attempt(l) => l.decision == Decision::Block,
        Change::Alert(l) => l.kind.is_to_be_noted(),
        _ => false,
    }
}
