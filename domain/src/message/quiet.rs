//! Hours in which nobody is disturbed, in local time.

use crate::{
    clock::{MINUTE_MS, local_minute},
    rules::{RuleKind, RuleRow},
};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 1_440;

/// How the ids of the parameters begin that say when nobody is disturbed who said nothing himself: minutes after midnight.
pub const USUAL: &str = "PAR-QUIET-";
/// The parameters: the first minute, and the minute in which it is over. The same twice: never.
pub const USUAL_IDS: [&str; 2] = ["PAR-QUIET-FROM", "PAR-QUIET-TO"];
/// The last minute of a day.
pub const LAST_MINUTE: i64 = DAY as i64 - 1;

/// The rows that the product ships with.
#[must_use]
pub fn rule_rows() -> Vec<RuleRow> {
    let usual = Quiet::default();
    let row = |(id, minute, clause): (&str, u16, &str)| RuleRow {
        rule_id: id.into(),
        kind: RuleKind::Param,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value: minute.into(),
        unit: "min".into(),
        yields_to_print: false,
        credit: None,
        source: "S0-52".into(),
        clause: clause.into(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".into(),
        enabled: true,
    };
    let [from, to] = USUAL_IDS;
    let clauses = ["消息:未自行设置者的免打扰开始,零点后分钟数", "消息:未自行设置者的免打扰结束,与开始相同为不设"];
    [(from, usual.from, clauses[0]), (to, usual.to, clauses[1])].map(row).to_vec()
}

/// From one minute of the local day to before another, over midnight where the end is the earlier one. The same twice: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// First minute of the local day.
    pub from: u16,
    /// The minute in which it is over.
    pub to: u16,
}

impl Default for Quiet {
    /// From ten in the evening to eight in the morning.
    fn default() -> Self {
        Self { from: 22 * 60, to: 8 * 60 }
    }
}

impl Quiet {
    /// None.
    pub const NEVER: Self = Self { from: 0, to: 0 };

    /// Of two minutes of the day; `None` where one is none.
    #[must_use]
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from < DAY && to < DAY).then_some(Self { from, to })
    }

    /// Of the values of [`USUAL_IDS`]; as shipped where one of the rows is not there, is switched off or holds no minute.
    #[must_use]
    pub fn usual(from: Option<i64>, to: Option<i64>) -> Self {
        let minute = |n: i64| u16::try_from(n).ok();
        let read = from.and_then(minute).zip(to.and_then(minute));
        read.and_then(|(from, to)| Self::new(from, to)).unwrap_or_default()
    }

    /// Reads `22:00` and `08:00`.
    #[must_use]
    pub fn read(from: &str, to: &str) -> Option<Self> {
        let minute = |text: &str| -> Option<u16> {
            let (h, m) = text.trim().split_once(':')?;
            let digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
            let (h, m): (u16, u16) =
                if digits(h) && digits(m) { (h.parse().ok()?, m.parse().ok()?) } else { return None };
            (h < 24 && m < 60).then_some(h * 60 + m)
        };
        Self::new(minute(from)?, minute(to)?)
    }

    /// When one may speak at an instant or after it, ms: the instant itself, or the end of the quiet hours that it lies in.
    #[must_use]
    pub fn after(self, at: i64) -> i64 {
        let now = u16::try_from(local_minute(at)).unwrap_or_default();
        let inside = match self.from.cmp(&self.to) {
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Less => (self.from..self.to).contains(&now),
            std::cmp::Ordering::Greater => now >= self.from || now < self.to,
        };
        if !inside {
            return at;
        }
        let left = i64::from((self.to + DAY - now) % DAY);
        at.saturating_sub(at.rem_euclid(MINUTE_MS)).saturating_add(left * MINUTE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY_MS, local_text, parse_instant};
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        parse_instant(&format!("{text}+08:00")).unwrap()
    }

    #[test]
    fn a_night_goes_over_midnight() {
        let night = Quiet::read("22:00", "08:00").unwrap();
        assert_eq!(night, Quiet::default());
        for (now, speaks) in [
            ("2026-11-21T21:59:59", "2026-11-21 21:59:59"),
            ("2026-11-21T22:00:00", "2026-11-22 08:00:00"),
            ("2026-11-21T23:59:59", "2026-11-22 08:00:00"),
            // 16:00 UTC, where the local day turns.
            ("2026-11-22T00:00:00", "2026-11-22 08:00:00"),
            ("2026-11-22T07:59:59", "2026-11-22 08:00:00"),
            ("2026-11-22T08:00:00", "2026-11-22 08:00:00"),
            ("2026-12-31T23:00:00", "2027-01-01 08:00:00"),
        ] {
            assert_eq!(local_text(night.after(at(now))), speaks, "{now}");
        }
        let noon = Quiet::read("12:00", "14:00").unwrap();
        assert_eq!(local_text(noon.after(at("2026-11-21T13:30:10"))), "2026-11-21 14:00:00");
        assert_eq!(local_text(noon.after(at("2026-11-21T14:00:00"))), "2026-11-21 14:00:00");
        assert_eq!(Quiet::NEVER.after(at("2026-11-22T03:00:00")), at("2026-11-22T03:00:00"));
        for (a, b) in
            [("24:00", "08:00"), ("22:60", "08:00"), ("2:00", "08:00"), ("", ""), ("22", "8"), ("+2:00", "08:00")]
        {
            assert_eq!(Quiet::read(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn what_is_usual_is_a_matter_of_rules() {
        let shipped: Vec<(String, i64)> = rule_rows().into_iter().map(|r| (r.rule_id, r.value)).collect();
        let want = [(USUAL_IDS[0].to_owned(), 22 * 60), (USUAL_IDS[1].to_owned(), 8 * 60)];
        assert_eq!(shipped, want);
        assert!(USUAL_IDS.iter().all(|id| id.starts_with(USUAL)));
        assert_eq!(Quiet::usual(Some(1_260), Some(420)), Quiet { from: 1_260, to: 420 });
        assert_eq!(Quiet::usual(Some(0), Some(0)), Quiet::NEVER);
        for (from, to) in [(None, Some(1)), (Some(1), None), (Some(-1), Some(1)), (Some(1), Some(LAST_MINUTE + 1))] {
            assert_eq!(Quiet::usual(from, to), Quiet::default(), "{from:?} {to:?}");
        }
        // Who edits a row is told what is no minute.
        for (value, ok) in [(LAST_MINUTE, true), (LAST_MINUTE + 1, false)] {
            let rows = rule_rows().into_iter().map(|r| RuleRow { value, ..r }).collect();
            assert_eq!(crate::rules::RuleSet { version: 1, rows }.check().is_ok(), ok, "{value}");
        }
    }

    proptest! {
        #[test]
        fn it_ends_within_a_day_and_never_inside(from in 0_u16..1_440, to in 0_u16..1_440, at in 0_i64..4_000_000_000_000) {
            let q = Quiet { from, to };
            let then = q.after(at);
            prop_assert!(then >= at && then - at < DAY_MS);
            prop_assert_eq!(q.after(then), then);
        }
    }
}
