//! One cylinder followed through its life: what was known of it at an instant, how it stood then, what its weights say, and
//! where it was.

use crate::{
    archive::GateSays,
    clock::SHANGHAI_OFFSET_MS,
    gate::Verdict,
    history::{Break, HistoryPage, HistoryRow},
    outcome::Anomaly,
};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

/// The trace of one cylinder as the record knew it at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Id of the cylinder: the ledger number of its registration.
    pub id: i64,
    /// The instant, ms: nothing that was recorded later is in here.
    pub known: i64,
    /// Whether it was asked for: else it is the instant of the question.
    pub replayed: bool,
    /// Events of the cylinder that were recorded after it.
    pub later: u64,
    /// Version of the rules of that time.
    pub rule_version: i64,
    /// Owner then.
    pub owner: String,
    /// Home station then.
    pub home: String,
    /// The file, the state and the events as they were known.
    pub history: HistoryPage,
    /// What the gate would have said then, under the rules of that time; `None` where the home has no gun for the medium.
    pub gate: Option<GateSays>,
    /// Questions to the gate, the first one first.
    pub attempts: Vec<AttemptRow>,
    /// What the scales told, the first one first.
    pub weights: Vec<Weighed>,
    /// Where it was met, the first stop first. Stops on end at one place are one.
    pub stops: Vec<Stop>,
    /// Events at places without a position.
    pub unplaced: u64,
}

/// Why there is nothing to tell: the cylinder was not registered by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotYet {
    /// The instant that was asked for, ms.
    pub known: i64,
    /// When its registration was recorded, ms.
    pub registered: i64,
}

/// A question to the gate, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// Ledger number.
    pub no: u64,
    /// When, device clock, ms.
    pub at_ms: i64,
    /// Station.
    pub station: String,
    /// Filler's code, or empty.
    pub operator: String,
    /// Decision and reasons.
    pub verdict: Verdict,
    /// Version of the rules it was decided under.
    pub rule_version: i64,
}

/// What the scales told at an event, grams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// Ledger number of the event.
    pub no: u64,
    /// When, ms.
    pub at_ms: i64,
    /// 内容量: gross − stamped tare, after a fill.
    pub contents_g: Option<i64>,
    /// 残液: weighed before a fill − stamped tare.
    pub residue_g: Option<i64>,
    /// 皮重漂移: weighed empty − stamped tare, at an inspection.
    pub drift_g: Option<i64>,
}

/// How it is known where a cylinder was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 扫描: its tag was read at the site, whose position is on file.
    Scan,
    /// 登记: somebody of the site told of it. Where it was may be elsewhere.
    Told,
}

impl Method {
    /// Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Scan => ("站点扫描", "read at the site"),
            Self::Told => ("站点报送(位置为报送站点)", "told by the site (the site's own position)"),
        }
    }
}

/// A place on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Name of the site.
    pub site: String,
    /// WGS-84 degrees.
    pub lng: f64,
    /// WGS-84 degrees.
    pub lat: f64,
    /// First event there, ms.
    pub from_ms: i64,
    /// Last event there before it went on, ms.
    pub to_ms: i64,
    /// Events there.
    pub events: u64,
    /// How the last of them knows.
    pub method: Method,
}

/// What is wrong with the chain at an event, whatever found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Seen in the order of the events.
    Order(Break),
    /// Found when it was recorded.
    Recorded(Anomaly),
}

impl Flaw {
    /// The flaws of a line of the history: what the order shows, then what was found when it was recorded.
    pub fn of(row: &HistoryRow) -> impl Iterator<Item = Self> + '_ {
        let order = row.breaks.iter().copied().map(Self::Order);
        order.chain(row.anomalies.iter().copied().filter(|a| rule_of(*a).is_some()).map(Self::Recorded))
    }

    /// Rule and source.
    #[must_use]
    pub const fn rule(self) -> (&'static str, &'static str) {
        match self {
            Self::Order(_) => Break::RULE,
            Self::Recorded(a) => match rule_of(a) {
                Some(rule) => rule,
                None => ("", ""),
            },
        }
    }
}

/// The guard that finds a flaw of the chain, with its source; `None` for what is wrong with the fill itself.
const fn rule_of(a: Anomaly) -> Option<(&'static str, &'static str)> {
    Some(match a {
        Anomaly::ChainGap | Anomaly::StampDiffers => ("GUARD-CHAIN", "TSG 07-2019 D2.1(4)"),
        Anomaly::NotOwn => ("GUARD-OWN", "TSG 23-2021 8.6"),
        Anomaly::FilledUnchecked => ("GUARD-FILL-PRECHECK", "特种设备安全法 第四十九条"),
        Anomaly::ShippedOverdue => ("GUARD-SHIP-DUE", "特种设备安全法 第四十条"),
        Anomaly::ShippedUnchecked => ("GUARD-SHIP-POSTCHECK", "特种设备安全法 第四十九条"),
        Anomaly::ShippedUnlicensed => ("GUARD-SHIP-LICENCE", "特种设备安全法 第四十九条"),
        Anomaly::SealedMoved => ("GUARD-SEALED", "特种设备安全法 第六十一条"),
        Anomaly::RecalledMoved => ("GUARD-RECALLED", "特种设备安全法 第二十六条"),
        Anomaly::NotAsked | Anomaly::FilledThoughBlocked => ("GATE", "系统参数默认值(待确认)"),
        _ => return None,
    })
}

/// The instant that a reader names in local time, as a date-time field gives it (`2026-11-21T16:05`, seconds allowed), ms. The
/// whole minute or second that is named counts as known.
#[must_use]
pub fn known_at(text: &str) -> Option<i64> {
    // Four digits of a year and no more: no day that arithmetic could leave the calendar from.
    let (format, whole) = match text.len() {
        16 => ("%Y-%m-%dT%H:%M", 60_000),
        19 => ("%Y-%m-%dT%H:%M:%S", 1_000),
        _ => return None,
    };
    let local = NaiveDateTime::parse_from_str(text, format).ok()?;
    let ms = local.and_utc().timestamp_millis().checked_sub(SHANGHAI_OFFSET_MS)?;
    (ms >= 0).then(|| ms + whole - 1)
}

/// An instant as a date-time field takes it, in local time.
#[must_use]
pub fn known_text(ms: i64) -> String {
    crate::clock::local_text(ms).replacen(' ', "T", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_named_in_local_time() {
        let at = crate::clock::parse_instant("2026-11-21T16:05:00+08:00").unwrap();
        assert_eq!(known_at("2026-11-21T16:05"), Some(at + 59_999));
        assert_eq!(known_at("2026-11-21T16:05:00"), Some(at + 999));
        assert_eq!(known_at(&known_text(at)), Some(at + 999));
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21 16:05",
            "2026-11-21T24:05",
            "12026-11-21T16:0",
            "1969-12-31T16:05",
            "2026-11-21T16:05Z",
            "2026-11-21T16:05:61",
            "瓶瓶瓶瓶瓶a",
            "+026-11-21T16:05:",
        ] {
            assert_eq!(known_at(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_flaw_of_the_chain_names_its_rule() {
        for b in Break::ALL {
            assert!(!Flaw::Order(*b).rule().0.is_empty());
        }
        let named = Anomaly::ALL.iter().filter(|a| rule_of(**a).is_some()).count();
        assert_eq!(named, 11, "an overfill is no flaw of the chain");
    }
}
