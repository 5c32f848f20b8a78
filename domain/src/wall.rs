//! What travels over the feed, and the figures it keeps: one code on the server (which makes snapshots of it) and in
//! the browser (which applies deltas to it), so that a wall that followed along and one that just connected show the same.

use crate::{clock, gate::Decision, outcome::Reason, scope::Scope, weight::FillVerdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Minutes of the live curve.
pub const CURVE_MINUTES: i64 = 180;
/// Lines of the feed that a snapshot carries.
pub const FEED_LEN: usize = 60;
/// Deltas a reconnecting client is given before it gets a snapshot instead.
pub const RESUME_LIMIT: u64 = 10_000;

/// A message from the server on `/ws`.
///
/// A snapshot's maps have numbers as keys; serde reads those from JSON text only where the tag was read before. A client
/// reads `k` first and then the frame's own type, as `app::live::wire::parse` does; reading this enum from text fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The whole state as of ledger number `no`.
    Snapshot(Box<Snapshot>),
    /// Everything in this channel with `from < no <= to`.
    Delta(Delta),
    /// Nothing new in this channel up to `to`: the feed is alive.
    Beat {
        /// Ledger number reached.
        to: u64,
        /// Server clock, ms.
        ms: i64,
    },
}

/// The changes of one stretch of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// The stretch begins after this ledger number.
    pub from: u64,
    /// … and ends with this one.
    pub to: u64,
    /// Server clock when the frame was made, ms.
    pub ms: i64,
    /// What happened, in ledger order.
    pub c: Vec<Change>,
}

/// One thing that happened, as the wall needs it. Short names: this is sent to every wall, many times a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t")]
pub enum Change {
    /// A fill was recorded.
    #[serde(rename = "f")]
    Fill(FillLine),
    /// A fill gun was told BLOCK or WARN.
    #[serde(rename = "a")]
    Attempt(AttemptLine),
    /// An alert was raised.
    #[serde(rename = "!")]
    Alert(AlertLine),
    /// The channel's totals are now these: cylinders by state, open alerts.
    #[serde(rename = "s")]
    Totals(TotalsLine),
}

impl Change {
    /// The station it happened at; totals have none.
    #[must_use]
    pub const fn site(&self) -> Option<i64> {
        match self {
            Self::Fill(l) => Some(l.site),
            Self::Attempt(l) => Some(l.site),
            Self::Alert(l) => Some(l.site),
            Self::Totals(_) => None,
        }
    }

    /// Its ledger number.
    #[must_use]
    pub const fn no(&self) -> u64 {
        match self {
            Self::Fill(l) => l.no,
            Self::Attempt(l) => l.no,
            Self::Alert(l) => l.no,
            Self::Totals(l) => l.no,
        }
    }
}

/// A recorded fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FillLine {
    /// Ledger number.
    #[serde(rename = "n")]
    pub no: u64,
    /// End of filling, gun's clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Station (site id).
    #[serde(rename = "s")]
    pub site: i64,
    /// Tag as read.
    #[serde(rename = "g")]
    pub tag: String,
    /// Gas added (gross − measured tare), grams.
    #[serde(rename = "w")]
    pub net_g: i64,
    /// Verdict on the weights and on the way it came about.
    #[serde(rename = "v")]
    pub verdict: FillVerdict,
    /// When the gun sent it, in the gun's clock corrected to the server's, ms: the start of gun-to-pixel.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<i64>,
}

/// A gun asked and was warned or refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptLine {
    /// Ledger number.
    #[serde(rename = "n")]
    pub no: u64,
    /// When, gun's clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Station (site id).
    #[serde(rename = "s")]
    pub site: i64,
    /// Tag as read.
    #[serde(rename = "g")]
    pub tag: String,
    /// WARN or BLOCK.
    #[serde(rename = "d")]
    pub decision: Decision,
    /// All reasons, worst first.
    #[serde(rename = "r")]
    pub reasons: Vec<Reason>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertLine {
    /// Ledger number.
    #[serde(rename = "n")]
    pub no: u64,
    /// When it was raised, server clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Station (site id).
    #[serde(rename = "s")]
    pub site: i64,
    /// Tag concerned, if any.
    #[serde(rename = "g", default, skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// What kind.
    #[serde(rename = "y")]
    pub kind: crate::outcome::AlertKind,
}

/// Totals that are sent whole, not as differences: a client that resumes after a restart of the server is right again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TotalsLine {
    /// Ledger number they stand for.
    #[serde(rename = "n")]
    pub no: u64,
    /// Cylinders.
    #[serde(rename = "c")]
    pub stock: Stock,
    /// Alerts nobody has closed.
    #[serde(rename = "o")]
    pub open_alerts: i64,
}

/// Cylinders by state, as of the snapshot's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stock {
    /// On file: registered and not scrapped.
    pub on_file: i64,
    /// With a customer.
    pub in_use: i64,
    /// Inspection due within 30 days (and not overdue).
    pub due_soon: i64,
    /// Inspection overdue, life not yet ended.
    pub overdue: i64,
    /// Past the end of life, still on file.
    pub past_life: i64,
    /// Scrapped or destroyed.
    pub scrapped: i64,
}

impl Stock {
    /// Adds differences.
    pub const fn add(&mut self, d: &Self) {
        self.on_file += d.on_file;
        self.in_use += d.in_use;
        self.due_soon += d.due_soon;
        self.overdue += d.overdue;
        self.past_life += d.past_life;
        self.scrapped += d.scrapped;
    }

    /// Takes differences away.
    pub const fn subtract(&mut self, d: &Self) {
        self.on_file -= d.on_file;
        self.in_use -= d.in_use;
        self.due_soon -= d.due_soon;
        self.overdue -= d.overdue;
        self.past_life -= d.past_life;
        self.scrapped -= d.scrapped;
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// A filling station as the map draws it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Site id.
    pub id: i64,
    /// Owner's id.
    pub org: i64,
    /// Name.
    pub name: String,
    /// District, GB/T 2260.
    pub district: i32,
    /// Longitude, WGS-84 degrees; absent when no position is known.
    pub lng: Option<f64>,
    /// Latitude, WGS-84 degrees.
    pub lat: Option<f64>,
}

/// A district of the city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct District {
    /// GB/T 2260 code.
    pub code: i32,
    /// Chinese name.
    pub name: String,
}

/// Fills and refusals of one station, district or minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Fills recorded.
    #[serde(rename = "f")]
    pub fills: i64,
    /// Attempts refused.
    #[serde(rename = "b")]
    pub blocked: i64,
}

/// The state of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Ledger number it stands for.
    pub no: u64,
    /// The channel.
    pub scope: Scope,
    /// Build of the server: a client of another build loads anew.
    pub build: String,
    /// Server clock when it was sent, ms.
    pub ms: i64,
    /// Local day of all «today» figures (days since 1970-01-01).
    pub day: i32,
    /// Whether this is a demonstration city; must be shown.
    pub demo: bool,
    /// Districts of the city.
    pub districts: Vec<District>,
    /// Stations within the scope.
    pub stations: Vec<Station>,
    /// The figures.
    pub figures: Figures,
}

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
    /// Newest first.
    pub feed: VecDeque<Change>,
}

impl Figures {
    /// Applies one change. `day` is the snapshot's day; `district` that of the change's station, if known.
    pub fn apply(&mut self, change: &Change, day: i32, district: Option<i32>) {
        match change {
            Change::Fill(l) => {
                if clock::local_day(l.at) == day {
                    self.fills_today += 1;
                    self.net_g_today += l.net_g;
                }
                self.tally(l.at, l.site, day, district, |t| t.fills += 1);
                self.line(change);
            }
            Change::Attempt(l) => {
                let blocked = l.decision == Decision::Block;
                if clock::local_day(l.at) == day {
                    if blocked { self.blocked_today += 1 } else { self.warned_today += 1 }
                }
                if blocked {
                    self.tally(l.at, l.site, day, district, |t| t.blocked += 1);
                }
                self.line(change);
            }
            Change::Alert(_) => self.line(change),
            Change::Totals(l) => {
                self.stock = l.stock;
                self.open_alerts = l.open_alerts;
            }
        }
    }

    fn line(&mut self, change: &Change) {
        self.feed.push_front(change.clone());
        self.feed.truncate(FEED_LEN);
    }

    fn tally(&mut self, at: i64, site: i64, day: i32, district: Option<i32>, add: impl Fn(&mut Tally)) {
        if clock::local_day(at) == day {
            add(self.by_station.entry(site).or_default());
            if let Some(d) = district {
                add(self.by_district.entry(d).or_default());
            }
        }
        let minute = at.div_euclid(clock::MINUTE_MS);
        let newest = self.by_minute.last_key_value().map_or(minute, |(k, _)| (*k).max(minute));
        if minute > newest - CURVE_MINUTES {
            add(self.by_minute.entry(minute).or_default());
            self.by_minute = self.by_minute.split_off(&(newest - CURVE_MINUTES + 1));
        }
    }
}

impl Snapshot {
    /// Applies a delta.
    ///
    /// # Errors
    /// When the delta does not join on (a stretch was missed): the caller must ask for a snapshot.
    pub fn apply(&mut self, delta: &Delta) -> Result<(), FeedGap> {
        if delta.from > self.no {
            return Err(FeedGap { have: self.no, from: delta.from });
        }
        for c in delta.c.iter().filter(|c| c.no() > self.no) {
            let district = self.district_of(c);
            self.figures.apply(c, self.day, district);
        }
        self.no = self.no.max(delta.to);
        self.ms = self.ms.max(delta.ms);
        Ok(())
    }

    /// The district of the station a change happened at.
    #[must_use]
    pub fn district_of(&self, change: &Change) -> Option<i32> {
        let site = change.site()?;
        self.stations.iter().find(|s| s.id == site).map(|s| s.district)
    }
}

/// A stretch of the ledger is missing between what we have and what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the feed jumped from {have} to {from}")]
pub struct FeedGap {
    /// Ledger number reached here.
    pub have: u64,
    /// Where the delta begins.
    pub from: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(no: u64, at: i64) -> Change {
        Change::Fill(FillLine {
            no,
            at,
            site: 1,
            tag: "4904410522".into(),
            net_g: 14_500,
            verdict: FillVerdict::default(),
            sent: None,
        })
    }

    fn snapshot() -> Snapshot {
        Snapshot {
            no: 10,
            scope: Scope::City,
            build: "t".into(),
            ms: 0,
            day: 20_000,
            demo: false,
            districts: vec![],
            stations: vec![Station { id: 1, org: 1, name: "一站".into(), district: 410_105, lng: None, lat: None }],
            figures: Figures::default(),
        }
    }

    #[test]
    fn a_delta_that_overlaps_counts_nothing_twice() {
        let at = clock::day_start(20_000) + 3_600_000;
        let mut s = snapshot();
        let d = Delta { from: 8, to: 12, ms: 5, c: vec![fill(9, at), fill(10, at), fill(11, at), fill(12, at)] };
        s.apply(&d).unwrap();
        assert_eq!((s.no, s.figures.fills_today, s.figures.net_g_today), (12, 2, 29_000));
        s.apply(&d).unwrap();
        assert_eq!(s.figures.fills_today, 2);
        assert_eq!(s.figures.by_district[&410_105].fills, 2);
    }

    #[test]
    fn a_missed_stretch_is_refused() {
        let mut s = snapshot();
        assert_eq!(s.apply(&Delta { from: 11, to: 12, ms: 0, c: vec![] }), Err(FeedGap { have: 10, from: 11 }));
    }

    #[test]
    fn yesterday_is_in_the_feed_but_not_in_today() {
        let mut s = snapshot();
        s.apply(&Delta { from: 10, to: 11, ms: 0, c: vec![fill(11, clock::day_start(20_000) - 1)] }).unwrap();
        assert_eq!(s.figures.fills_today, 0);
        assert_eq!(s.figures.feed.len(), 1);
        assert_eq!(s.figures.by_minute.len(), 1, "the curve runs over midnight");
    }

    #[test]
    fn the_curve_and_the_feed_stay_bounded() {
        let mut s = snapshot();
        let start = clock::day_start(20_000);
        for i in 0..1_000_u64 {
            s.apply(&Delta { from: 10 + i, to: 11 + i, ms: 0, c: vec![fill(11 + i, start + i as i64 * 60_000)] })
                .unwrap();
        }
        assert_eq!(s.figures.by_minute.len() as i64, CURVE_MINUTES);
        assert_eq!(s.figures.feed.len(), FEED_LEN);
        assert_eq!(s.figures.fills_today, 1_000);
    }

    #[test]
    fn the_wire_form_is_short_and_reads_back() {
        let f = ServerFrame::Delta(Delta { from: 1, to: 2, ms: 3, c: vec![fill(2, 4)] });
        let text = serde_json::to_string(&f).unwrap();
        assert!(text.len() < 160, "{text}");
        assert_eq!(serde_json::from_str::<ServerFrame>(&text).unwrap(), f);
    }
}
