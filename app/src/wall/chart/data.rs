//! The numbers behind the diagrams.

use domain::{
    clock,
    wall::{Figures, Tally},
};

/// Minutes of the curve.
pub const MINUTES: i64 = 120;

/// The live curve. Minutes are absolute (Unix ms / 60000).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// First minute shown.
    pub from: i64,
    /// The minute that is running: last and not complete.
    pub now: i64,
    /// Each minute from the first to the running one, gaps filled.
    pub points: Vec<(i64, Tally)>,
    /// Top of the scale of fills.
    pub top_fills: i64,
    /// Top of the scale of refusals.
    pub top_blocked: i64,
    /// Full and half hours, with their text.
    pub ticks: Vec<(i64, String)>,
}

/// The curve up to a moment of the server's clock.
#[must_use]
pub fn curve(figures: &Figures, server_ms: i64) -> Curve {
    // A gun's clock may run ahead a little: its minute is shown as well.
    let newest = figures.by_minute.last_key_value().map_or(i64::MIN, |(m, _)| *m);
    let running = server_ms.div_euclid(clock::MINUTE_MS);
    let now = if newest > running && newest - running < 3 { newest } else { running };
    let from = now - MINUTES + 1;
    let points: Vec<(i64, Tally)> =
        (from..=now).map(|m| (m, figures.by_minute.get(&m).copied().unwrap_or_default())).collect();
    let most = |f: fn(&Tally) -> i64| points.iter().map(|(_, t)| f(t)).max().unwrap_or(0);
    let ticks = (from..=now)
        .filter(|m| clock::local_minute(m * clock::MINUTE_MS) % 30 == 0)
        .map(|m| (m, clock::local_hms(m * clock::MINUTE_MS)[..5].to_owned()))
        .collect();
    Curve {
        from,
        now,
        top_fills: nice_top(most(|t| t.fills)),
        top_blocked: nice_top(most(|t| t.blocked)),
        points,
        ticks,
    }
}

/// Minutes that one row of the curve's table sums up.
const ROW_MINUTES: i64 = 10;

/// The curve as a table: ten minutes a row, newest first; the first is not over yet.
#[must_use]
pub fn table(curve: &Curve) -> Vec<(String, Tally)> {
    let mut rows: Vec<(i64, Tally)> = vec![];
    for (minute, t) in curve.points.iter().rev() {
        let start = minute - minute.rem_euclid(ROW_MINUTES);
        if rows.last().is_none_or(|(at, _)| *at != start) {
            rows.push((start, Tally::default()));
        }
        if let Some((_, sum)) = rows.last_mut() {
            sum.fills += t.fills;
            sum.blocked += t.blocked;
        }
    }
    rows.into_iter().map(|(at, t)| (clock::local_hms(at * clock::MINUTE_MS)[..5].to_owned(), t)).collect()
}

/// The next round number that leaves a little air: even, so that its half is whole as well.
#[must_use]
pub fn nice_top(most: i64) -> i64 {
    let wanted = most.max(1).saturating_add(most / 20);
    for n in [2, 4, 6, 8] {
        if n >= wanted {
            return n;
        }
    }
    let mut step = 1;
    while step < i64::MAX / 1_000 {
        for n in [10, 12, 14, 16, 20, 24, 30, 40, 50, 60, 70, 80] {
            if n * step >= wanted {
                return n * step;
            }
        }
        step *= 10;
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    #[test]
    fn the_curve_has_every_minute() {
        let s = sample::snapshot();
        let c = curve(&s.figures, sample::NOON + 5_000);
        assert_eq!((c.points.len() as i64, c.now), (MINUTES, sample::NOON / 60_000));
        assert_eq!(c.points[(MINUTES - 2) as usize].1, Tally { fills: 7, blocked: 1 });
        assert_eq!(c.points[0].1, Tally::default());
        assert_eq!(c.ticks.iter().map(|t| t.1.as_str()).collect::<Vec<_>>(), ["10:30", "11:00", "11:30", "12:00"]);
        assert_eq!((c.top_fills, c.top_blocked), (8, 2));
    }

    #[test]
    fn the_table_has_the_same_numbers() {
        let c = curve(&sample::snapshot().figures, sample::NOON + 5_000);
        let rows = table(&c);
        assert_eq!((rows[0].0.as_str(), rows[0].1), ("12:00", Tally::default()));
        assert_eq!((rows[1].0.as_str(), rows[1].1), ("11:50", Tally { fills: 7, blocked: 1 }));
        let both = |t: &Tally| t.fills + t.blocked;
        assert_eq!(rows.iter().map(|r| both(&r.1)).sum::<i64>(), c.points.iter().map(|p| both(&p.1)).sum::<i64>());
    }

    #[test]
    fn an_empty_curve_has_a_scale() {
        let c = curve(&Figures::default(), 0);
        assert_eq!((c.top_fills, c.points.len() as i64), (2, MINUTES));
    }

    #[test]
    fn tops_are_round_and_above() {
        for (most, top) in
            [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (11, 12), (95, 100), (100, 120), (590, 700), (12_000, 14_000)]
        {
            assert_eq!(nice_top(most), top, "{most}");
        }
        assert!(nice_top(i64::MAX / 2) > 0);
    }
}
