//! A change of the feed as a line that people read.

use crate::{kit::format, kit::icon::Icon};
use domain::{
    clock,
    gate::Decision,
    outcome::{AlertKind, Anomaly, Severity, Text},
    wall::{Change, Snapshot},
};
use std::collections::BTreeMap;

/// How a line looks and what it counts as on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// In order.
    Ok,
    /// To know.
    Info,
    /// To look at.
    Warn,
    /// An alert to act on.
    Alert,
    /// A refused fill.
    Blocked,
}

impl Kind {
    /// Its class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Alert => "alert",
            Self::Blocked => "blocked",
        }
    }

    /// Its sign.
    #[must_use]
    pub const fn icon(self) -> Icon {
        match self {
            Self::Ok => Icon::Ok,
            Self::Info => Icon::Info,
            Self::Warn => Icon::Warn,
            Self::Alert => Icon::Alert,
            Self::Blocked => Icon::Blocked,
        }
    }
}

/// A line of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Ledger number.
    pub no: u64,
    /// Local time.
    pub time: String,
    /// Tag as read; may be empty.
    pub tag: String,
    /// Station's name; empty when it is not known.
    pub station: String,
    /// What kind of line.
    pub kind: Kind,
    /// The verdict in a word.
    pub word: Text,
    /// What there is to say besides: reasons, anomalies.
    pub details: Vec<Text>,
    /// Gas added, kilograms.
    pub net_kg: Option<String>,
}

/// Names of stations by id.
pub type Names = BTreeMap<i64, String>;

/// The names of a snapshot's stations.
#[must_use]
pub fn names(snapshot: &Snapshot) -> Names {
    snapshot.stations.iter().map(|s| (s.id, s.name.clone())).collect()
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What a fill's verdict amounts to.
#[must_use]
pub fn fill_kind(anomalies: &[Anomaly]) -> Kind {
    anomalies
        .iter()
        .map(|a| match a {
            Anomaly::Overfill | Anomaly::FilledThoughBlocked | Anomaly::UnknownTag => Kind::Alert,
            _ => Kind::Warn,
        })
        .max()
        .unwrap_or(Kind::Ok)
}

/// What an alert amounts to.
#[must_use]
pub const fn alert_kind(kind: AlertKind) -> Kind {
    match kind.info().severity {
        Severity::Info => Kind::Info,
        Severity::Warning => Kind::Warn,
        Severity::Danger => Kind::Alert,
    }
}

/// What a change amounts to; `None` for what is no line.
#[must_use]
pub fn kind(change: &Change) -> Option<Kind> {
    match change {
        Change::Fill(l) => Some(fill_kind(&l.verdict.0)),
        Change::Attempt(l) if l.decision == Decision::Block => Some(Kind::Blocked),
        Change::Attempt(_) => Some(Kind::Warn),
        Change::Alert(l) => Some(alert_kind(l.kind)),
        Change::Ack(_) | Change::Closed(_) => Some(Kind::Info),
        Change::Corrected(_) | Change::Totals(_) => None,
    }
}

/// Time of day; with its date for what did not happen on the day that is shown.
fn time(at: i64, day: i32) -> String {
    let hms = clock::local_hms(at);
    if clock::local_day(at) == day { hms } else { format!("{} {}", clock::local_date(at), &hms[..5]) }
}

/// The line of a change on a day; `None` for what is no line.
#[must_use]
pub fn line(change: &Change, names: &Names, day: i32) -> Option<Line> {
    let kind = kind(change)?;
    let station = change.site().and_then(|s| names.get(&s)).cloned().unwrap_or_default();
    let none = String::new();
    let (at, tag, word, details, net_kg) = match change {
        Change::Fill(l) => {
            let mut texts = l.verdict.0.iter().map(|a| a.info());
            // The first anomaly is the word; without one the fill is in order.
            let word = texts.next().unwrap_or(t("合格", "OK"));
            (l.at, &l.tag, word, texts.collect(), Some(format::kg(l.net_g)))
        }
        Change::Attempt(l) => {
            let word = if l.decision == Decision::Block { t("拦截", "Refused") } else { t("预警", "Warned") };
            (l.at, &l.tag, word, l.reasons.iter().map(|r| r.info().text).collect(), None)
        }
        Change::Alert(l) => (l.at, &l.tag, t("告警", "Alert"), vec![l.kind.info().text], None),
        Change::Ack(l) => (l.at, &none, t("已签收", "Noted"), vec![l.kind.info().text], None),
        Change::Closed(l) => (l.at, &none, t("已关闭", "Closed"), vec![l.kind.info().text], None),
        Change::Corrected(_) | Change::Totals(_) => return None,
    };
    Some(Line { no: change.no(), time: time(at, day), tag: clock::clip(tag), station, kind, word, details, net_kg })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;
    use domain::{wall::AlertLine, weight::FillVerdict};

    #[test]
    fn a_sound_fill() {
        let l = line(&sample::fill(7), &names(&sample::snapshot()), sample::DAY).unwrap();
        assert_eq!((l.time.as_str(), l.tag.as_str(), l.station.as_str()), ("12:00:00", "4904410522", "金水一站"));
        assert_eq!((l.kind, l.word.zh, l.net_kg.as_deref(), l.details.len()), (Kind::Ok, "合格", Some("14.50"), 0));
    }

    #[test]
    fn a_fill_with_faults_is_as_bad_as_its_worst() {
        let Change::Fill(mut f) = sample::fill(7) else { panic!() };
        f.verdict = FillVerdict(vec![Anomaly::NotAsked, Anomaly::Overfill]);
        let l = line(&Change::Fill(f), &Names::new(), sample::DAY).unwrap();
        assert_eq!((l.kind, l.word.zh, l.details[0].zh), (Kind::Alert, "未经核验充装", "超装"));
        assert_eq!(l.station, "", "a station that is not known");
    }

    #[test]
    fn a_refusal_names_all_its_reasons() {
        let l = line(&sample::blocked(8), &names(&sample::snapshot()), sample::DAY).unwrap();
        assert_eq!((l.kind, l.word.zh, l.net_kg), (Kind::Blocked, "拦截", None));
        assert_eq!(l.details.iter().map(|d| d.zh).collect::<Vec<_>>(), ["超过设计使用年限", "超过检验有效期(过检)"]);
    }

    #[test]
    fn what_was_another_day_says_so() {
        let l = line(&sample::fill(7), &Names::new(), sample::DAY + 1).unwrap();
        assert_eq!(l.time, "2026-11-21 12:00");
    }

    #[test]
    fn an_alert_without_a_tag() {
        let change = Change::Alert(AlertLine {
            no: 9,
            at: sample::NOON,
            site: 2,
            tag: String::new(),
            kind: AlertKind::Omission,
            noted: None,
        });
        let l = line(&change, &names(&sample::snapshot()), sample::DAY).unwrap();
        assert_eq!((l.kind, l.word.zh, l.details[0].zh), (Kind::Warn, "告警", "记录遗漏"));
    }
}
