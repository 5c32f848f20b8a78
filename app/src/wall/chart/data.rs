//! The numbers behind the diagrams.

use crate::lang::Lang;
use domain::{
    clock,
    scope::Scope,
    wall::{Figures, Snapshot, Tally},
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

/// A bar of the distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// District or station.
    pub name: String,
    /// Its figures today.
    pub tally: Tally,
}

/// Longest name of a bar, characters.
const NAME: usize = 10;

/// Development zones by the short names that everybody uses: their full ones would leave no room for a bar.
fn short(name: &str) -> String {
    [("经济技术开发区", "经开区"), ("高新技术产业开发区", "高新区"), ("经济综合实验区", "区")]
        .into_iter()
        .fold(name.to_owned(), |name, (long, short)| name.replace(long, short))
}

/// Districts of the city, or the stations of a part of it, by fills today, most first; what has no row is summed up in
/// the last one.
#[must_use]
pub fn bars(snapshot: &Snapshot, rows: usize, lang: Lang) -> Vec<Bar> {
    let mut all = if snapshot.scope == Scope::City { districts(snapshot) } else { stations(snapshot) };
    all.sort_by_key(|b| std::cmp::Reverse((b.tally.fills, b.tally.blocked)));
    if rows > 0 && all.len() > rows {
        let rest = all.split_off(rows - 1);
        let mut tally = Tally::default();
        for b in &rest {
            tally.fills += b.tally.fills;
            tally.blocked += b.tally.blocked;
        }
        let n = rest.len();
        all.push(Bar { name: lang.pick(format!("其他 {n} 处"), format!("{n} others")), tally });
    }
    all
}

fn stations(snapshot: &Snapshot) -> Vec<Bar> {
    let tally = |id: i64| snapshot.figures.by_station.get(&id).copied().unwrap_or_default();
    snapshot.stations.iter().map(|s| Bar { name: clipped(&s.name), tally: tally(s.id) }).collect()
}

/// A name that leaves room for its bar.
fn clipped(name: &str) -> String {
    if name.chars().count() <= NAME { name.to_owned() } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}

fn districts(snapshot: &Snapshot) -> Vec<Bar> {
    let figures = &snapshot.figures.by_district;
    let mut codes: Vec<i32> = snapshot.districts.iter().map(|d| d.code).collect();
    codes.extend(figures.keys().copied());
    codes.sort_unstable();
    codes.dedup();
    let name = |code: i32| {
        let known = snapshot.districts.iter().find(|d| d.code == code);
        known.map_or_else(|| code.to_string(), |d| short(&d.name))
    };
    codes
        .into_iter()
        .map(|c| Bar { name: clipped(&name(c)), tally: figures.get(&c).copied().unwrap_or_default() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;
    use domain::wall::District;

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

    #[test]
    fn all_districts_have_a_bar_the_busiest_first() {
        let b = bars(&sample::snapshot(), 12, Lang::Zh);
        assert_eq!(
            b.iter().map(|b| (b.name.as_str(), b.tally.fills)).collect::<Vec<_>>(),
            [("金水区", 12), ("中牟县", 0)]
        );
    }

    #[test]
    fn a_part_of_the_city_is_shown_by_its_stations() {
        let mut s = sample::snapshot();
        s.scope = Scope::District(410_105);
        s.stations[1].name = "一个名字特别长的液化石油气充装站".into();
        let b = bars(&s, 12, Lang::Zh);
        assert_eq!(
            b.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(),
            ["金水一站", "一个名字特别长的液…", "无坐标站"]
        );
    }

    #[test]
    fn zones_have_short_names() {
        for (long, want) in [
            ("郑州航空港经济综合实验区", "郑州航空港区"),
            ("郑州高新技术产业开发区", "郑州高新区"),
            ("金水区", "金水区"),
        ] {
            assert_eq!(short(long), want);
        }
    }

    #[test]
    fn what_has_no_row_is_summed_up() {
        let mut s = sample::snapshot();
        s.districts.extend((0..10).map(|i| District { code: 410_200 + i, name: format!("区{i}") }));
        for i in 0..10 {
            s.figures.by_district.insert(410_200 + i, Tally { fills: 1, blocked: 2 });
        }
        let b = bars(&s, 4, Lang::Zh);
        assert_eq!(b.len(), 4);
        assert_eq!((b[3].name.as_str(), b[3].tally.fills + b[1].tally.fills + b[2].tally.fills), ("其他 9 处", 10));
    }
}
