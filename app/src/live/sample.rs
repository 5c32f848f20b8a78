//! Frames for tests.

use domain::{
    clock,
    gate::Decision,
    outcome::Reason,
    scope::Scope,
    wall::{AttemptLine, Change, District, Figures, FillLine, Snapshot, Station, Tally},
    weight::FillVerdict,
};

/// The sample's day.
pub const DAY: i32 = 20_778;
/// Noon of it.
pub const NOON: i64 = clock::day_start(DAY) + 12 * 3_600_000;

/// A small city with a few figures.
pub fn snapshot() -> Snapshot {
    let mut figures = Figures { fills_today: 12, ..Figures::default() };
    figures.by_minute.insert(NOON / 60_000 - 1, Tally { fills: 7, blocked: 1 });
    figures.by_district.insert(410_105, Tally { fills: 12, blocked: 0 });
    figures.by_station.insert(1, Tally { fills: 12, blocked: 0 });
    Snapshot {
        no: 100,
        scope: Scope::City,
        build: "b1".into(),
        ms: NOON,
        day: DAY,
        demo: true,
        city: "郑州市".into(),
        store_warn: [80, 95, 100],
        districts: vec![
            District { code: 410_105, name: "金水区".into() },
            District { code: 410_122, name: "中牟县".into() },
        ],
        stations: vec![
            Station {
                id: 1,
                org: 1,
                name: "金水一站".into(),
                district: 410_105,
                lng: Some(113.68),
                lat: Some(34.80),
                store_ml: 1_000_000,
            },
            Station {
                id: 2,
                org: 1,
                name: "中牟二站".into(),
                district: 410_122,
                lng: Some(114.0),
                lat: Some(34.72),
                store_ml: 6_000_000,
            },
            Station {
                id: 3, org: 2, name: "无坐标站".into(), district: 410_122, lng: None, lat: None, store_ml: 0
            },
        ],
        figures,
    }
}

/// A sound fill.
pub fn fill(no: u64) -> Change {
    let verdict = FillVerdict::default();
    Change::Fill(FillLine { no, at: NOON, site: 1, tag: "4904410522".into(), net_g: 14_500, verdict, sent: Some(NOON) })
}

/// A refused attempt.
pub fn blocked(no: u64) -> Change {
    let reasons = vec![Reason::LifeExceeded, Reason::InspectionExpired];
    Change::Attempt(AttemptLine { no, at: NOON, site: 2, tag: "4904410523".into(), decision: Decision::Block, reasons })
}
