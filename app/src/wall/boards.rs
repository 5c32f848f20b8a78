//! The tiles that are rows: a name, a number, and how much of the greatest or of its limit it is. Data only; one tile
//! shows them all.

use super::{
    lines::{Kind, alert_kind},
    map::shade::{self, Shade},
};
use crate::{kit::format, lang::Lang};
use chrono::Datelike;
use domain::{
    clock,
    gate::Decision,
    ledger::Custody,
    outcome::Reason,
    scope::Scope,
    wall::{AlertLine, Snapshot, Station, gauge},
};

/// A tile of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Board {
    /// Fills today by district, or by station in a part of the city.
    Districts,
    /// Refusals today by reason.
    Reasons,
    /// Cylinders by custody.
    Custody,
    /// Cylinders by age.
    Ages,
    /// Full cylinders against the limit of each station.
    Storage,
    /// Stations with records missing in the last hour.
    Arrivals,
    /// Open alerts.
    Alarms,
    /// What was opened: the stations of a district.
    Panel,
}

impl Board {
    /// Those that are always on the wall.
    pub const ALL: [Self; 7] =
        [Self::Districts, Self::Reasons, Self::Custody, Self::Ages, Self::Storage, Self::Arrivals, Self::Alarms];
    /// How many there are.
    pub const COUNT: usize = 8;
}

/// Rows that a tile may get; the style sheet shows as many as a layout has room for.
const MOST: usize = 16;

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Tells rows apart where names do not.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// Its number.
    pub text: String,
    /// What there is to say besides.
    pub note: String,
    /// Length of its bar, percent.
    pub share: u8,
    /// How it looks: a colour and a sign.
    pub kind: Option<Kind>,
    /// What a click opens: `d` a district, `s` a station, with its number.
    pub opens: String,
    /// The alert that it can take note of.
    pub alert: Option<u64>,
    /// Since when, ms; its age stands in the row.
    pub since: Option<i64>,
}

/// The rows of a board.
#[must_use]
pub fn rows(board: Board, s: &Snapshot, lang: Lang) -> Vec<Row> {
    let mut out = match board {
        Board::Districts => districts(s),
        Board::Reasons => reasons(s, lang),
        Board::Custody => custody(s, lang),
        Board::Ages => ages(s, lang),
        Board::Storage => storage(s),
        Board::Arrivals => arrivals(s),
        Board::Alarms => s.figures.open.iter().map(|a| alarm(a, s, lang)).collect(),
        Board::Panel => vec![],
    };
    out.truncate(MOST);
    out
}

/// Numbers as rows, the bars as shares of the greatest.
fn numbers(all: impl IntoIterator<Item = (String, i64)>) -> Vec<Row> {
    let all: Vec<(String, i64)> = all.into_iter().collect();
    let most = all.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let row = |(name, n)| Row { name, text: format::count(n), share: percent(n, most), ..Row::default() };
    all.into_iter().map(row).collect()
}

/// A share in whole percent, at most a hundred; what is there at all is at least one.
#[must_use]
pub fn percent(n: i64, of: i64) -> u8 {
    if n <= 0 || of <= 0 {
        return 0;
    }
    u8::try_from((n.saturating_mul(100) / of).clamp(1, 100)).unwrap_or(100)
}

/// Development zones by the short names that everybody uses: their full ones would leave no room.
#[must_use]
pub fn short(name: &str) -> String {
    [("经济技术开发区", "经开区"), ("高新技术产业开发区", "高新区"), ("经济综合实验区", "区")]
        .into_iter()
        .fold(name.to_owned(), |name, (long, short)| name.replace(long, short))
}

fn with_refusals(mut row: Row, blocked: i64, opens: String) -> Row {
    if blocked > 0 {
        row.note = format!("×{}", format::count(blocked));
    }
    row.opens = opens;
    row
}

/// Districts of the city, or the stations of a part of it, by fills today, most first.
fn districts(s: &Snapshot) -> Vec<Row> {
    let f = &s.figures;
    let mut all: Vec<(String, i64, i64, String)> = if s.scope == Scope::City {
        let mut codes: Vec<i32> = s.districts.iter().map(|d| d.code).chain(f.by_district.keys().copied()).collect();
        codes.sort_unstable();
        codes.dedup();
        let name = |code: i32| {
            s.districts.iter().find(|d| d.code == code).map_or_else(|| code.to_string(), |d| short(&d.name))
        };
        let tally = |code| f.by_district.get(&code).copied().unwrap_or_default();
        codes.into_iter().map(|c| (name(c), tally(c).fills, tally(c).blocked, format!("d{c}"))).collect()
    } else {
        let tally = |id| f.by_station.get(&id).copied().unwrap_or_default();
        s.stations
            .iter()
            .map(|p| (p.name.clone(), tally(p.id).fills, tally(p.id).blocked, format!("s{}", p.id)))
            .collect()
    };
    all.sort_by_key(|(_, fills, blocked, _)| std::cmp::Reverse((*fills, *blocked)));
    let rows = numbers(all.iter().map(|(name, fills, ..)| (name.clone(), *fills)));
    rows.into_iter().zip(all).map(|(row, (_, _, blocked, opens))| with_refusals(row, blocked, opens)).collect()
}

fn reasons(s: &Snapshot, lang: Lang) -> Vec<Row> {
    let mut all: Vec<(&Reason, i64)> =
        s.figures.by_reason.iter().map(|(r, n)| (r, *n)).filter(|(_, n)| *n > 0).collect();
    all.sort_by_key(|(r, n)| (std::cmp::Reverse(*n), **r));
    let kind = |r: &Reason| if r.info().decision == Decision::Block { Kind::Blocked } else { Kind::Warn };
    let rows = numbers(all.iter().map(|(r, n)| (lang.text(r.info().text).to_owned(), *n)));
    rows.into_iter().zip(all).map(|(row, (r, _))| Row { kind: Some(kind(r)), ..row }).collect()
}

fn custody(s: &Snapshot, lang: Lang) -> Vec<Row> {
    let named = |(key, n): (i64, i64)| {
        let state = i16::try_from(key).ok().and_then(Custody::from_number);
        (state.map_or_else(|| key.to_string(), |c| lang.pick(c.zh(), c.en()).to_owned()), n)
    };
    numbers(s.figures.gauges.kind(gauge::CUSTODY).map(named))
}

/// First and last full year of age of each band; the last one has no end.
const BANDS: [(i32, i32); 5] = [(0, 3), (4, 7), (8, 11), (12, 14), (15, i32::MAX)];

/// Years since manufacture as of the snapshot's day.
fn ages(s: &Snapshot, lang: Lang) -> Vec<Row> {
    let this_year = clock::date_of(s.day).year();
    let mut sums = [0_i64; BANDS.len()];
    let mut unknown = 0;
    for (year, n) in s.figures.gauges.kind(gauge::MADE) {
        let age = (this_year - i32::try_from(year).unwrap_or(0)).max(0);
        match BANDS.iter().position(|(from, to)| year > 0 && (*from..=*to).contains(&age)) {
            Some(i) => sums[i] += n,
            None => unknown += n,
        }
    }
    let name = |(from, to): (i32, i32)| match to {
        i32::MAX => lang.pick(format!("{from} 年以上"), format!("{from} years and more")),
        to => lang.pick(format!("{from}–{} 年", to + 1), format!("{from} to {} years", to + 1)),
    };
    let mut all: Vec<(String, i64)> = BANDS.into_iter().map(name).zip(sums).collect();
    if unknown > 0 {
        all.push((lang.pick("年份不明", "year not known").to_owned(), unknown));
    }
    numbers(all)
}

/// How much of its limit a station has stored: full volume and percent, and how that is to be seen.
#[must_use]
pub fn stored(s: &Snapshot, station: &Station) -> Option<(i64, i64, Option<Kind>)> {
    let full = s.figures.gauges.of(gauge::FULL_ML, station.id);
    if station.store_ml <= 0 {
        return None;
    }
    let percent = full.saturating_mul(100) / station.store_ml;
    let [yellow, orange, red] = s.store_warn;
    // 100 % is still within the limit, what is above is not.
    let over =
        if red >= 100 { full.saturating_mul(100) > station.store_ml.saturating_mul(red) } else { percent >= red };
    let kind = if over {
        Some(Kind::Blocked)
    } else if percent >= orange {
        Some(Kind::Alert)
    } else {
        (percent >= yellow).then_some(Kind::Warn)
    };
    Some((full, percent, kind))
}

fn storage(s: &Snapshot) -> Vec<Row> {
    let mut all: Vec<(&Station, i64, i64, Option<Kind>)> =
        s.stations.iter().filter_map(|p| stored(s, p).map(|(full, percent, kind)| (p, full, percent, kind))).collect();
    all.sort_by_key(|(p, _, percent, _)| (std::cmp::Reverse(*percent), p.id));
    all.into_iter()
        .take(MOST)
        .map(|(p, full, percent, kind)| Row {
            name: p.name.clone(),
            text: format!("{percent}%"),
            note: format!("{} / {} m³", format::thousandths(full / 1_000, 1), p.store_ml / 1_000_000),
            share: self::percent(full, p.store_ml),
            kind,
            opens: format!("s{}", p.id),
            ..Row::default()
        })
        .collect()
}

/// Expected and missing of the last hour, as a share with two decimals: never rounded up to a hundred.
#[must_use]
pub fn complete(expected: i64, missing: i64) -> Option<String> {
    let tenth_permille = (expected > 0).then(|| (expected - missing).max(0).saturating_mul(10_000) / expected)?;
    Some(format!("{}.{:02}", tenth_permille / 100, tenth_permille % 100))
}

/// Stations with something missing, the most first.
fn arrivals(s: &Snapshot) -> Vec<Row> {
    let g = &s.figures.gauges;
    let mut all: Vec<(i64, i64)> = g.kind(gauge::MISSING).filter(|(_, n)| *n > 0).collect();
    all.sort_by_key(|(site, n)| (std::cmp::Reverse(*n), *site));
    all.into_iter()
        .take(MOST)
        .map(|(site, missing)| {
            let expected = g.of(gauge::EXPECTED, site);
            Row {
                name: s.stations.iter().find(|p| p.id == site).map_or_else(|| format!("#{site}"), |p| p.name.clone()),
                text: format!("{}%", complete(expected, missing).unwrap_or_default()),
                note: format!("−{}", format::count(missing)),
                share: percent(expected - missing, expected),
                kind: Some(Kind::Warn),
                opens: format!("s{site}"),
                ..Row::default()
            }
        })
        .collect()
}

fn alarm(a: &AlertLine, s: &Snapshot, lang: Lang) -> Row {
    Row {
        id: a.no,
        name: lang.text(a.kind.info().text).to_owned(),
        text: clock::clip(&a.tag),
        note: s.stations.iter().find(|p| p.id == a.site).map(|p| p.name.clone()).unwrap_or_default(),
        kind: Some(if a.noted.is_some() { Kind::Info } else { alert_kind(a.kind) }),
        opens: format!("s{}", a.site),
        alert: a.noted.is_none().then_some(a.no),
        since: Some(a.at),
        ..Row::default()
    }
}

/// The stations of a district by the figure the map is shaded by, most first; every row opens its station.
#[must_use]
pub fn stations(s: &Snapshot, district: i32, by: Shade) -> Vec<Row> {
    let mut all: Vec<(&Station, shade::Value)> =
        s.stations.iter().filter(|p| p.district == district).map(|p| (p, shade::station(s, p.id, by))).collect();
    all.sort_by_key(|(p, v)| (std::cmp::Reverse(v.n), p.id));
    let most = all.iter().map(|(_, v)| v.n).max().unwrap_or(0);
    all.into_iter()
        .map(|(p, v)| Row {
            name: p.name.clone(),
            text: v.text,
            note: stored(s, p).map(|(_, percent, _)| format!("{percent}%")).unwrap_or_default(),
            share: percent(v.n, most),
            kind: (s.figures.gauges.of(gauge::WAITING, p.id) > 0).then_some(Kind::Alert),
            opens: format!("s{}", p.id),
            ..Row::default()
        })
        .collect()
}

#[cfg(test)]
mod tests;
