//! The cylinders of the demonstration: plausible files, with the share of bad ones a regulator would find.

use super::{
    city::SitePlan,
    fills::{Model, NITROGEN, OXYGEN, YSP12, YSP35, YSP118},
    places,
    random::Random,
};
use chrono::{Datelike, NaiveDate, TimeDelta};
use domain::{
    date::PartialDate,
    ledger::{Build, File, FileState},
    life::{Dates, Family},
};

/// How a cylinder stands on the day the plan ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Fine,
    DueSoon,
    Overdue,
    /// Past eight years without the assessment.
    Unassessed,
    PastLife,
    Scrapped,
}

fn standing(r: &mut Random, family: Family) -> Standing {
    // Per mille.
    let s = match r.range(0, 999) {
        0..=39 => Standing::DueSoon,
        40..=69 => Standing::Overdue,
        70..=84 => Standing::Unassessed,
        85..=89 => Standing::PastLife,
        90..=94 => Standing::Scrapped,
        _ => Standing::Fine,
    };
    // A seamless cylinder lives thirty years: none of a running station has reached its end.
    if family != Family::LpgWelded && matches!(s, Standing::Unassessed | Standing::PastLife) {
        Standing::Overdue
    } else {
        s
    }
}

/// Eight years, months: the life of an LPG cylinder before its assessment.
const LIFE: i32 = 96;
/// Twelve years, months.
const LIFE_ASSESSED: i32 = 144;

/// Age, the age at its last inspection (if any), and whether it was assessed; all in months.
fn ages(r: &mut Random, model: &Model, standing: Standing) -> (i32, i32, bool) {
    let lpg = model.family == Family::LpgWelded;
    let life = if lpg { LIFE } else { 360 };
    let month = |r: &mut Random, low: i32, high: i32| r.range(low.into(), high.into()) as i32;
    match standing {
        Standing::Unassessed => (LIFE + month(r, 1, 40), 47, false),
        Standing::PastLife | Standing::Scrapped if lpg => (LIFE_ASSESSED + month(r, 1, 30), 95, true),
        Standing::Fine if lpg && r.chance(0.07) => {
            (month(r, LIFE + 1, (95 + model.interval).min(LIFE_ASSESSED) - 2), 95, true)
        }
        _ => {
            // Owners send a cylinder a month before it is due.
            let most = (life / (model.interval - 1) - 1).min(5);
            let n = month(r, 0, most);
            let inspected = n * (model.interval - 1);
            let due = (inspected + model.interval).min(life);
            let left = match standing {
                Standing::DueSoon => 0,
                Standing::Overdue => -month(r, 1, 14.min(life - due - 1).max(1)),
                _ => month(r, 2, due - inspected - 1),
            };
            // One whose due month is the end of its life could not be overdue and still within it.
            if standing == Standing::Overdue && due >= life {
                (model.interval + 3, 0, false)
            } else {
                (due - left, inspected, false)
            }
        }
    }
}

fn dates(r: &mut Random, model: &Model, standing: Standing, today: NaiveDate) -> (Dates, i64) {
    let (age, inspected, assessed) = ages(r, model, standing);
    let this_month = PartialDate::month(today.year(), today.month());
    let made = this_month.map(|m| m.add_months(-age));
    let last = (inspected > 0).then(|| made.map(|m| m.add_months(inspected))).flatten();
    let next = last.or(made).map(|d| d.add_months(model.interval));
    let next_printed = match standing {
        // Half of them print a whole date, as reports do.
        Standing::DueSoon if r.chance(0.5) => PartialDate::day(today + TimeDelta::days(r.range(0, 28))),
        // Reports of old cylinders print the next inspection; those of the 50 kg type decide by it.
        _ if inspected > 0 && (model.code == "YSP118" || r.chance(0.8)) => next,
        _ => None,
    };
    let d = Dates {
        family: model.family,
        model: model.code.into(),
        medium_class: model.class,
        made,
        inspected: last,
        next_printed,
        scrap_recorded: None,
        assessed,
        inspections: i64::from(inspected / (model.interval - 1)),
    };
    let n = d.inspections;
    (d, n)
}

fn model(r: &mut Random, site: &SitePlan) -> Model {
    let n = r.range(0, 99);
    match (site.medium, n) {
        ("O2", 0..=59) => OXYGEN,
        ("O2", _) => NITROGEN,
        (_, 0..=9) => YSP118,
        (_, 10..=17) => YSP12,
        _ => YSP35,
    }
}

/// One cylinder's file: the `n`-th (from 1) of its organisation, whose number on tags is `code`.
pub(super) fn file(r: &mut Random, site: &SitePlan, code: i64, n: i64, today: NaiveDate) -> File {
    let m = model(r, site);
    let medium = match (site.medium, m.interval) {
        ("O2", 60) => "N2",
        (medium, _) => medium,
    };
    // 3 + 2 + 6 digits. The two of the medium follow the source's code table (01 oxygen, 02 nitrogen); 03 is ours for LPG.
    let medium_code = match medium {
        "O2" => 1,
        "N2" => 2,
        _ => 3,
    };
    let standing = standing(r, m.family);
    let (dates, inspections) = dates(r, &m, standing, today);
    let year = dates.made.map_or(0, |d| d.first_day().year().rem_euclid(100));
    let maker = if m.family == Family::LpgWelded { r.pick(&places::MAKERS) } else { r.pick(&places::SEAMLESS_MAKERS) };
    // LPG tares are stamped to 100 g, as in the source's sheet.
    let tare = r.range(m.tare_g.0 / 100, m.tare_g.1 / 100) * 100;
    File {
        org: site.org,
        site: site.id,
        tag: format!("{code:03}{medium_code:02}{n:06}"),
        stamp_no: format!("{year:02}{code:03}{n:05}"),
        serial_no: format!("{}{year:02}{:06}", r.pick(&["A", "B", "C", "K"]), r.range(1_000, 999_999)),
        maker: maker.into(),
        medium: medium.into(),
        dates,
        tare_g: Some(tare),
        volume_ml: Some(m.volume_ml),
        wall_um: Some(m.wall_um + r.range(0, 3) * 100),
        max_fill_g: m.max_fill_g,
        valve: m.valve.into(),
        inspections,
        doubts: if r.chance(0.003) { vec!["钢印号与档案照片待核对".into()] } else { vec![] },
        state: match (standing, r.range(0, 1_999)) {
            (Standing::Scrapped, _) => FileState::Scrapped,
            // Some are only about to be registered.
            (_, 0) => FileState::Draft,
            (_, 1..=2) => FileState::Pending,
            _ => FileState::Registered,
        },
        build: Build::default(),
    }
}
