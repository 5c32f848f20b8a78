use super::*;
use crate::live::sample;
use domain::{
    outcome::AlertKind,
    wall::{District, Tally},
};

fn texts(rows: &[Row]) -> Vec<(&str, &str)> {
    rows.iter().map(|r| (r.name.as_str(), r.text.as_str())).collect()
}

#[test]
fn all_districts_have_a_row_the_busiest_first() {
    let mut s = sample::snapshot();
    s.figures.by_district.insert(410_122, Tally { fills: 3, blocked: 2 });
    let rows = rows(Board::Districts, &s, Lang::Zh);
    assert_eq!(texts(&rows), [("金水区", "12"), ("中牟县", "3")]);
    assert_eq!((rows[0].share, rows[1].share, rows[1].note.as_str()), (100, 25, "×2"));
    assert_eq!(rows[0].opens, "d410105");
}

#[test]
fn a_part_of_the_city_is_shown_by_its_stations() {
    let mut s = sample::snapshot();
    s.scope = Scope::District(410_105);
    assert_eq!(
        texts(&rows(Board::Districts, &s, Lang::Zh)),
        [("金水一站", "12"), ("中牟二站", "0"), ("无坐标站", "0")]
    );
}

#[test]
fn zones_have_short_names_and_no_board_runs_away() {
    for (long, want) in
        [("郑州航空港经济综合实验区", "郑州航空港区"), ("郑州高新技术产业开发区", "郑州高新区"), ("金水区", "金水区")]
    {
        assert_eq!(short(long), want);
    }
    let mut s = sample::snapshot();
    s.districts.extend((0..40).map(|i| District { code: 410_200 + i, name: format!("区{i}") }));
    assert_eq!(rows(Board::Districts, &s, Lang::Zh).len(), MOST);
}

#[test]
fn reasons_and_custody_in_both_languages() {
    let mut s = sample::snapshot();
    s.figures.by_reason.extend([(Reason::NotOwn, 2), (Reason::LifeExceeded, 5), (Reason::TagVoid, 0)]);
    assert_eq!(texts(&rows(Board::Reasons, &s, Lang::Zh)), [("超过设计使用年限", "5"), ("非自有或托管气瓶", "2")]);
    assert_eq!(rows(Board::Reasons, &s, Lang::En)[0].name, "Past its design life");
    s.figures.gauges.set((gauge::CUSTODY, 8, 1_200));
    s.figures.gauges.set((gauge::CUSTODY, 99, 1));
    assert_eq!(texts(&rows(Board::Custody, &s, Lang::Zh)), [("用户在用", "1,200"), ("99", "1")]);
}

#[test]
fn ages_are_as_of_the_snapshots_day() {
    let mut s = sample::snapshot();
    for (year, n) in [(2026, 1), (2023, 2), (2022, 4), (2014, 8), (2011, 16), (1990, 32), (0, 64), (2099, 128)] {
        s.figures.gauges.set((gauge::MADE, year, n));
    }
    let count = |s: &Snapshot| rows(Board::Ages, s, Lang::Zh).into_iter().map(|r| r.text).collect::<Vec<_>>();
    assert_eq!(count(&s), ["131", "4", "0", "8", "48", "64"]);
    assert_eq!(rows(Board::Ages, &s, Lang::Zh)[0].name, "0–4 年");
    s.day += 60;
    assert_eq!(count(&s), ["129", "6", "0", "8", "48", "64"], "the new year moves them");
}

#[test]
fn storage_says_how_near_the_limit_is() {
    let mut s = sample::snapshot();
    for (full, percent, kind) in [
        (0, 0, None),
        (799_999, 79, None),
        (800_000, 80, Some(Kind::Warn)),
        (950_000, 95, Some(Kind::Alert)),
        (1_000_000, 100, Some(Kind::Alert)),
        (1_000_001, 100, Some(Kind::Blocked)),
    ] {
        s.figures.gauges.set((gauge::FULL_ML, 1, full));
        assert_eq!(stored(&s, &s.stations[0]), Some((full, percent, kind)), "{full}");
    }
    let rows = rows(Board::Storage, &s, Lang::Zh);
    assert_eq!(texts(&rows), [("金水一站", "100%"), ("中牟二站", "0%")], "a station without a limit is not in it");
    assert_eq!(rows[0].note, "1.0 / 1 m³");
}

#[test]
fn completeness_is_never_rounded_up() {
    for (expected, missing, text) in [
        (0, 0, None),
        (1, 0, Some("100.00")),
        (100_000, 1, Some("99.99")),
        (3, 1, Some("66.66")),
        (2, 2, Some("0.00")),
        (2, 5, Some("0.00")),
    ] {
        assert_eq!(complete(expected, missing).as_deref(), text);
    }
    let mut s = sample::snapshot();
    for g in [(gauge::EXPECTED, 1, 100), (gauge::EXPECTED, 2, 50), (gauge::MISSING, 2, 5), (gauge::MISSING, 1, -3)] {
        s.figures.gauges.set(g);
    }
    let rows = rows(Board::Arrivals, &s, Lang::Zh);
    assert_eq!(texts(&rows), [("中牟二站", "90.00%")]);
    assert_eq!(rows[0].note, "−5");
}

#[test]
fn an_alarm_can_be_taken_note_of_until_it_was() {
    let mut s = sample::snapshot();
    let a = AlertLine { no: 7, at: 5, site: 2, tag: "T".into(), kind: AlertKind::Clone, noted: None };
    s.figures.open = vec![a.clone(), AlertLine { noted: Some(9), ..a }];
    let rows = rows(Board::Alarms, &s, Lang::En);
    assert_eq!((rows[0].alert, rows[0].kind, rows[0].note.as_str()), (Some(7), Some(Kind::Alert), "中牟二站"));
    assert_eq!((rows[1].alert, rows[1].kind, rows[1].since), (None, Some(Kind::Info), Some(5)));
}

#[test]
fn a_district_opens_its_stations() {
    let mut s = sample::snapshot();
    s.figures.gauges.set((gauge::WAITING, 2, 1));
    let rows = stations(&s, 410_122, Shade::Fills);
    assert_eq!(texts(&rows), [("中牟二站", "0"), ("无坐标站", "0")]);
    assert_eq!((rows[0].kind, rows[0].opens.as_str()), (Some(Kind::Alert), "s2"));
    assert!(stations(&s, 1, Shade::Overdue).is_empty());
}
