//! What travels over the feed, and the figures it keeps: one code on the server (which makes snapshots of it) and in
//! the browser (which applies deltas to it), so that a wall that followed along and one that just connected show the same.

pub mod bulletin;
mod figures;
pub mod gauge;

use crate::{
    clock,
    event::Source,
    gate::Decision,
    outcome::{AlertKind, Reason, Severity},
    scope::Scope,
    weight::FillVerdict,
};
use serde::{Deserialize, Serialize};

pub use bulletin::Bulletin;
pub use figures::{Figures, wants_attention};
pub use gauge::{Arrivals, Gauge, Gauges};

/// Minutes of the live curve.
pub const CURVE_MINUTES: i64 = 180;
/// Lines of the feed that a snapshot carries.
pub const FEED_LEN: usize = 60;
/// Refusals and alerts that stay although the feed has run on.
pub const ATTENTION_LEN: usize = 16;
/// Open alerts that a snapshot names; more are only counted.
pub const OPEN_LEN: usize = 48;
/// Deltas a reconnecting client is given before it gets a snapshot instead.
pub const RESUME_LIMIT: u64 = 10_000;

/// Whether a fill is news to whoever watches: what an import tells of the past is not, though it is in the record. It cannot be of
/// today, so that no figure of today lacks it.
#[must_use]
pub const fn is_news(source: Source, occurred_at: i64, recorded_at: i64) -> bool {
    !matches!(source, Source::Import) || occurred_at > recorded_at.saturating_sub(clock::DAY_MS)
}

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
    /// A fill was taken back by a correction.
    #[serde(rename = "c")]
    Corrected(CorrectedLine),
    /// Somebody took note of an alert. It stays open.
    #[serde(rename = "k")]
    Ack(AckLine),
    /// Somebody closed an alert.
    #[serde(rename = "x")]
    Closed(ClosedLine),
    /// The channel's totals are now these: cylinders by state, open alerts, gauges.
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
            Self::Corrected(l) => Some(l.site),
            Self::Ack(l) => Some(l.site),
            Self::Closed(l) => Some(l.site),
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
            Self::Corrected(l) => l.no,
            Self::Ack(l) => l.no,
            Self::Closed(l) => l.no,
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
    pub kind: AlertKind,
    /// When somebody took note of it, ms.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub noted: Option<i64>,
}

impl AlertLine {
    /// Open alerts stand in this order: those nobody took note of first, of these the worst, of these the oldest; then
    /// those that somebody took note of, the latest first.
    #[must_use]
    pub fn rank(&self) -> (bool, std::cmp::Reverse<Severity>, i64) {
        match self.noted {
            None => (false, std::cmp::Reverse(self.kind.info().severity), i64::try_from(self.no).unwrap_or(i64::MAX)),
            Some(at) => (true, std::cmp::Reverse(Severity::Info), -at),
        }
    }
}

/// Somebody at a display took note of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckLine {
    /// Ledger number.
    #[serde(rename = "n")]
    pub no: u64,
    /// When, server clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Station (site id) of the alert.
    #[serde(rename = "s")]
    pub site: i64,
    /// Ledger number of the alert.
    #[serde(rename = "l")]
    pub alert: u64,
    /// What kind of alert.
    #[serde(rename = "y")]
    pub kind: AlertKind,
    /// The display where it was done.
    #[serde(rename = "d")]
    pub display: i64,
}

/// Somebody closed an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedLine {
    /// Ledger number.
    #[serde(rename = "n")]
    pub no: u64,
    /// When, server clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Station (site id) of the alert.
    #[serde(rename = "s")]
    pub site: i64,
    /// Ledger number of the alert.
    #[serde(rename = "l")]
    pub alert: u64,
    /// What kind of alert.
    #[serde(rename = "y")]
    pub kind: AlertKind,
}

/// A fill that a correction took back: what it had added to the figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectedLine {
    /// Ledger number of the correction.
    #[serde(rename = "n")]
    pub no: u64,
    /// End of the fill that did not happen so, gun's clock, ms.
    #[serde(rename = "a")]
    pub at: i64,
    /// Its station (site id).
    #[serde(rename = "s")]
    pub site: i64,
    /// Gas it had added, grams.
    #[serde(rename = "w")]
    pub net_g: i64,
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
    /// Gauges that changed.
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<Gauge>,
    /// Whether these are all gauges: what is not named is zero.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// What is told beside the figures, whole, where it is another than before.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub bulletin: Option<Box<Bulletin>>,
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
    /// Volume of full cylinders it may store, ml; 0 where no limit is known.
    #[serde(default)]
    pub store_ml: i64,
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
    /// Name of the city.
    #[serde(default)]
    pub city: String,
    /// Share of a storage limit from which it is yellow, orange and red, percent.
    #[serde(default)]
    pub store_warn: [i64; 3],
    /// Districts of the city.
    pub districts: Vec<District>,
    /// Stations within the scope.
    pub stations: Vec<Station>,
    /// The figures.
    pub figures: Figures,
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
        for c in &delta.c {
            // Totals go whole and may stand for the number that was reached before: a minute passed, and nothing else.
            let totals = matches!(c, Change::Totals(_)) && c.no() == self.no;
            if totals || c.no() > self.no {
                let district = self.district_of(c);
                self.figures.apply(c, self.day, district);
            }
        }
        self.no = self.no.max(delta.to);
        self.reach(delta.ms);
        Ok(())
    }

    /// The server's clock reached `ms`: what is older than the curve leaves it.
    pub fn reach(&mut self, ms: i64) {
        self.ms = self.ms.max(ms);
        let first = self.ms.div_euclid(clock::MINUTE_MS) - CURVE_MINUTES + 1;
        while self.figures.by_minute.first_key_value().is_some_and(|(m, _)| *m < first) {
            self.figures.by_minute.pop_first();
        }
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
mod tests;
