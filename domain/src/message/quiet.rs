//! Hours in which nobody is disturbed, in local time.

use crate::clock::{MINUTE_MS, local_minute};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 1_440;

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
