//! What other rules would come to: how one cylinder stands under those in force and under those of a draft, and the sums of it.

use super::RuleSet;
use crate::{
    clock,
    gate::{self, CylinderFacts, Decision, Facts, GunFacts, PaperFacts, TagState},
    ledger::{File, Now},
    outcome::Text,
    wall::Stock,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a cylinder stands by its dates, as the wall and the lists count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In no list of due dates: scrapped, cancelled, not registered yet.
    OffFile,
    /// 未到期
    Valid,
    /// 临检
    DueSoon,
    /// 过检
    Overdue,
    /// 超年限
    PastLife,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::OffFile, Self::Valid, Self::DueSoon, Self::Overdue, Self::PastLife];

    /// Of a state as of a day.
    #[must_use]
    pub fn of(now: &Now, today: i32, soon_days: i32) -> Self {
        let s = now.stock(today, soon_days);
        match s {
            Stock { on_file: 0, .. } => Self::OffFile,
            Stock { past_life: 1, .. } => Self::PastLife,
            Stock { overdue: 1, .. } => Self::Overdue,
            Stock { due_soon: 1, .. } => Self::DueSoon,
            _ => Self::Valid,
        }
    }

    /// The word in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OffFile => "off_file",
            Self::Valid => "valid",
            Self::DueSoon => "due_soon",
            Self::Overdue => "overdue",
            Self::PastLife => "past_life",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::OffFile => ("不在册", "not on file"),
            Self::Valid => ("未到期", "in date"),
            Self::DueSoon => ("临检", "due soon"),
            Self::Overdue => ("过检", "overdue"),
            Self::PastLife => ("超年限", "past its life"),
        };
        Text { zh, en }
    }
}

/// How one cylinder stands under some rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Last day on which its inspection is valid.
    pub due: Option<NaiveDate>,
    /// Last day of its life.
    pub life_end: Option<NaiveDate>,
    /// How it stands by its dates.
    pub standing: Standing,
    /// What the gate would say, papers of station, filler and scale being in order.
    pub gate: Decision,
}

/// A cylinder of which something becomes another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Id.
    pub id: i64,
    /// Its tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// Owner.
    pub owner: String,
    /// Home station.
    pub home: String,
    /// As it stands now.
    pub was: Judged,
    /// As it would stand.
    pub is: Judged,
}

/// Cylinders of one organisation at home in one district.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// District, GB/T 2260.
    pub district: i32,
    /// Its name.
    pub district_name: String,
    /// Owner (organisation id).
    pub org: i64,
    /// Its name.
    pub owner: String,
    /// Of which something becomes another.
    pub moved: i64,
    /// That become overdue or pass the end of their life.
    pub worse: i64,
    /// That come back from there.
    pub better: i64,
}

/// The sums of a preview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The day as of which both were judged.
    pub day: NaiveDate,
    /// Ledger number up to which the record was seen.
    pub up_to: i64,
    /// Cylinders that were looked at.
    pub seen: i64,
    /// Of which anything becomes another.
    pub moved: i64,
    /// Whose due date becomes another.
    pub due: i64,
    /// Whose end of life becomes another.
    pub life_end: i64,
    /// From one standing to another: how many.
    pub standings: Vec<(Standing, Standing, i64)>,
    /// From one answer of the gate to another: how many.
    pub gate: Vec<(Decision, Decision, i64)>,
    /// The wall's figures now.
    pub was: Stock,
    /// The wall's figures then.
    pub is: Stock,
    /// By district and owner.
    pub places: Vec<Place>,
    /// Open cases of which a term would end at another time.
    #[serde(default)]
    pub cases: i64,
    /// What becomes of the credit of enterprises.
    #[serde(default)]
    pub credit: crate::credit::Moves,
}

/// A cylinder as it is judged.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Its file.
    pub file: &'a File,
    /// Its state as it is stored.
    pub now: &'a Now,
    /// What the gate is told of it.
    pub facts: CylinderFacts,
}

/// Judges cylinders under the rules in force and under others.
#[derive(Clone, Debug)]
pub struct Bench<'a> {
    in_force: &'a RuleSet,
    others: &'a RuleSet,
    day: NaiveDate,
    today: i32,
    soon: (i32, i32),
}

impl<'a> Bench<'a> {
    /// As of a day.
    #[must_use]
    pub fn new(in_force: &'a RuleSet, others: &'a RuleSet, day: NaiveDate) -> Self {
        let soon = |r: &RuleSet| i32::try_from(r.due_soon_days()).unwrap_or(0);
        Self { in_force, others, day, today: clock::day_of(day), soon: (soon(in_force), soon(others)) }
    }

    /// How a cylinder stands now and how it would stand, and what it counts for in each.
    #[must_use]
    pub fn judge(&self, s: &Subject<'_>) -> (Judged, Judged, Stock, Stock) {
        let derived = s.file.dates.derive(self.others, self.day);
        let then =
            Now { due: derived.due.map(clock::day_of), life_end: derived.life_end.map(clock::day_of), ..s.now.clone() };
        // The gate derives for itself, whatever is stored.
        let facts = self.facts(s);
        let judged = |now: &Now, soon, rules| Judged {
            due: now.due.map(clock::date_of),
            life_end: now.life_end.map(clock::date_of),
            standing: Standing::of(now, self.today, soon),
            gate: gate::decide(&facts, rules).decision,
        };
        (
            judged(s.now, self.soon.0, self.in_force),
            judged(&then, self.soon.1, self.others),
            s.now.stock(self.today, self.soon.0),
            then.stock(self.today, self.soon.1),
        )
    }

    /// A question by a gun of its own station whose papers are all in order: only the cylinder decides.
    fn facts(&self, s: &Subject<'_>) -> Facts {
        let (ever, medium) = (NaiveDate::MAX, s.file.medium.clone());
        Facts {
            as_of: self.day,
            tag: TagState::Bound,
            cylinder: Some(s.facts.clone()),
            gun: GunFacts {
                org: s.file.org,
                medium: medium.clone(),
                licence_until: Some(ever),
                licence_media: vec![medium.clone()],
                papers: PaperFacts {
                    certificate_until: Some(ever),
                    certificate_media: vec![medium],
                    scale_until: Some(ever),
                    insured_until: Some(ever),
                    snapshot_minutes: None,
                },
            },
            tag_medium: None,
            overrides: vec![],
        }
    }
}

/// Adds up.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    figures: Figures,
    standings: BTreeMap<(Standing, Standing), i64>,
    gate: BTreeMap<(Decision, Decision), i64>,
    places: BTreeMap<(i32, i64), Place>,
}

impl Sums {
    /// As of a day and a ledger number.
    #[must_use]
    pub fn new(day: NaiveDate, up_to: i64) -> Self {
        Self { figures: Figures { day, up_to, ..Figures::default() }, ..Self::default() }
    }

    /// Cylinders that were looked at so far.
    #[must_use]
    pub const fn seen(&self) -> i64 {
        self.figures.seen
    }

    /// Adds a cylinder of an organisation, at home in a district.
    pub fn add(&mut self, (district, org): (i32, i64), (was, is, stock, then): &(Judged, Judged, Stock, Stock)) {
        let f = &mut self.figures;
        f.seen += 1;
        f.was.add(stock);
        f.is.add(then);
        if was == is {
            return;
        }
        f.moved += 1;
        f.due += i64::from(was.due != is.due);
        f.life_end += i64::from(was.life_end != is.life_end);
        if was.standing != is.standing {
            *self.standings.entry((was.standing, is.standing)).or_default() += 1;
        }
        if was.gate != is.gate {
            *self.gate.entry((was.gate, is.gate)).or_default() += 1;
        }
        let place = self.places.entry((district, org)).or_insert_with(|| Place { district, org, ..Place::default() });
        let bad = |j: &Judged| matches!(j.standing, Standing::Overdue | Standing::PastLife);
        place.moved += 1;
        place.worse += i64::from(!bad(was) && bad(is));
        place.better += i64::from(bad(was) && !bad(is));
    }

    /// The sums; `name` tells the names of a district and of an organisation.
    #[must_use]
    pub fn figures(self, name: impl Fn(i32, i64) -> (String, String)) -> Figures {
        let named = |mut p: Place| {
            (p.district_name, p.owner) = name(p.district, p.org);
            p
        };
        Figures {
            standings: self.standings.into_iter().map(|((a, b), n)| (a, b, n)).collect(),
            gate: self.gate.into_iter().map(|((a, b), n)| (a, b, n)).collect(),
            places: self.places.into_values().map(named).collect(),
            ..self.figures
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::FileState;

    fn now(file: FileState, due: i32, life_end: i32) -> Now {
        let f: File = serde_json::from_value(serde_json::json!({
            "org": 1, "site": 1, "tag": "T", "stamp_no": "", "serial_no": "", "maker": "", "medium": "LPG",
            "dates": { "family": "lpg_welded", "model": "YSP35.5", "medium_class": "other", "made": null,
                "inspected": null, "next_printed": null, "scrap_recorded": null, "assessed": false },
            "tare_g": null, "volume_ml": null, "wall_um": null, "max_fill_g": null, "valve": "", "inspections": 0,
            "doubts": [], "state": "registered",
        }))
        .unwrap();
        let derived = f.dates.derive(&RuleSet::seed(), NaiveDate::default());
        Now { file, due: Some(due), life_end: Some(life_end), ..Now::registered(&f, derived) }
    }

    #[test]
    fn it_stands_as_the_wall_counts_it() {
        use FileState::{Registered, Scrapped};
        for (file, due, life_end, standing) in [
            (Registered, 200, 300, Standing::Valid),
            (Registered, 130, 300, Standing::DueSoon),
            (Registered, 100, 300, Standing::DueSoon),
            (Registered, 99, 300, Standing::Overdue),
            (Registered, 99, 99, Standing::PastLife),
            (Scrapped, 99, 99, Standing::OffFile),
        ] {
            assert_eq!(Standing::of(&now(file, due, life_end), 100, 30), standing, "{file:?} {due} {life_end}");
        }
    }

    #[test]
    fn sums_count_what_becomes_another_and_only_that() {
        let judged = |standing, gate, due: &str| Judged { due: due.parse().ok(), life_end: None, standing, gate };
        let (good, bad) = (
            judged(Standing::Valid, Decision::Allow, "2028-01-01"),
            judged(Standing::Overdue, Decision::Block, "2026-01-01"),
        );
        let (one, none) =
            (Stock { on_file: 1, ..Stock::default() }, Stock { on_file: 1, overdue: 1, ..Stock::default() });
        let mut sums = Sums::new("2026-11-21".parse().unwrap(), 7);
        sums.add((410_105, 3), &(good, bad, one, none));
        sums.add((410_105, 3), &(bad, good, none, one));
        sums.add((410_105, 3), &(good, good, one, one));
        sums.add((410_102, 4), &(good, Judged { due: None, ..good }, one, one));
        let f = sums.figures(|d, o| (d.to_string(), o.to_string()));
        assert_eq!((f.seen, f.moved, f.due, f.life_end, f.up_to), (4, 3, 3, 0, 7));
        let (v, o) = (Standing::Valid, Standing::Overdue);
        assert_eq!(f.standings, [(v, o, 1), (o, v, 1)]);
        let (a, b) = (Decision::Allow, Decision::Block);
        assert_eq!(f.gate, [(a, b, 1), (b, a, 1)]);
        assert_eq!((f.was.overdue, f.is.overdue, f.is.on_file), (1, 1, 4));
        let places: Vec<_> =
            f.places.iter().map(|p| (p.district_name.as_str(), p.org, p.moved, p.worse, p.better)).collect();
        assert_eq!(places, [("410102", 4, 1, 0, 0), ("410105", 3, 2, 1, 1)]);
    }
}
