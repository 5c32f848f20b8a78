//! The form of a row: which fields a kind of rule has, how a row stands in them, and how what was entered becomes a row again.

use super::{CLOCK_MAX, MediumClass, RuleKind, RuleRow};
use crate::{
    calendar::Unit,
    case::Clock,
    credit::{self, Dimension, Terms},
    date::PartialDate,
    form::{Fault, Reader, Values},
    life::Family,
    outcome::Reason,
};
use chrono::NaiveDate;
use std::collections::HashSet;

/// Fields that every row has: the draft, the row that is changed (empty for a new one) and the kind are not entered.
pub const HIDDEN: [&str; 3] = ["draft", "rule", "kind"];

/// Which fields are entered for a kind of rule.
#[must_use]
pub const fn fields(kind: RuleKind) -> &'static [&'static str] {
    match kind {
        RuleKind::Interval => &[
            "id",
            "value",
            "family",
            "model",
            "medium_class",
            "made_from",
            "made_before",
            "inspections_from",
            "yields_to_print",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        RuleKind::Life | RuleKind::Extension => &[
            "id",
            "value",
            "family",
            "model",
            "medium_class",
            "made_from",
            "made_before",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        RuleKind::Guard => &[
            "id",
            "model",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        RuleKind::Credit => &[
            "id",
            "value",
            "dimension",
            "cap",
            "half_life",
            "repair",
            "veto",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        RuleKind::Override => &[
            "id",
            "value",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        RuleKind::Clock => &[
            "id",
            "value",
            "unit",
            "effective_from",
            "effective_to",
            "enabled",
            "source",
            "clause",
            "jurisdiction",
            "confirmed",
        ],
        // These decide as long as they are switched on: they look at no days.
        RuleKind::Param | RuleKind::Detector => {
            &["id", "value", "model", "enabled", "source", "clause", "jurisdiction", "confirmed"]
        }
    }
}

/// Kinds of which rows can be added, and how the id of a new one begins: another parameter or guard would decide nothing, since
/// nothing asks for it.
pub const NEW: [(RuleKind, &str); 8] = [
    (RuleKind::Interval, "INT-"),
    (RuleKind::Life, "LIFE-"),
    (RuleKind::Extension, "EXT-"),
    (RuleKind::Override, "OVR-"),
    (RuleKind::Guard, "PHASE-OUT-"),
    (RuleKind::Param, "PAR-LOWEST-"),
    // Followed by its clock: CLK-ACCEPT-2027.
    (RuleKind::Clock, "CLK-"),
    (RuleKind::Credit, credit::ENTRY),
];

/// A row as it stands in its form.
#[must_use]
pub fn values(row: &RuleRow) -> Values {
    let day = |d: Option<NaiveDate>| d.map_or_else(String::new, |d| d.to_string());
    let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
    let all = [
        ("id", row.rule_id.clone()),
        ("value", if row.kind == RuleKind::Credit { credit::points(row.value) } else { row.value.to_string() }),
        ("unit", row.unit.clone()),
        ("dimension", row.credit.map_or("", |c| c.dimension.code()).to_owned()),
        ("cap", row.credit.map_or_else(String::new, |c| credit::points(c.cap))),
        ("half_life", row.credit.map_or_else(String::new, |c| c.half_life.to_string())),
        ("repair", row.credit.map_or_else(String::new, |c| c.repair.to_string())),
        ("veto", yes(row.credit.is_some_and(|c| c.veto))),
        ("family", row.family.map_or("", Family::code).to_owned()),
        ("model", row.model.clone().unwrap_or_default()),
        ("medium_class", row.medium_class.map_or("", MediumClass::code).to_owned()),
        ("made_from", day(row.made_from)),
        ("made_before", day(row.made_before)),
        ("inspections_from", row.inspections_from.map_or_else(String::new, |n| n.to_string())),
        ("yields_to_print", yes(row.yields_to_print)),
        ("effective_from", day(row.effective_from)),
        ("effective_to", day(row.effective_to)),
        ("enabled", yes(row.enabled)),
        ("source", row.source.clone()),
        ("clause", row.clause.clone()),
        ("jurisdiction", row.jurisdiction.clone()),
        ("confirmed", yes(row.confirmed)),
    ];
    let has = fields(row.kind);
    all.into_iter().filter(|(name, _)| has.contains(name)).map(|(name, v)| (name.to_owned(), v)).collect()
}

/// What a new row of a kind begins with.
#[must_use]
pub fn blank(kind: RuleKind) -> RuleRow {
    let unit = match kind {
        RuleKind::Interval | RuleKind::Life | RuleKind::Extension => "month",
        RuleKind::Override => "hour",
        RuleKind::Param | RuleKind::Detector => "g",
        RuleKind::Credit => "milli_point",
        RuleKind::Guard => "",
        RuleKind::Clock => Unit::Workday.code(),
    };
    RuleRow {
        rule_id: NEW.iter().find(|n| n.0 == kind).map_or("", |n| n.1).to_owned(),
        kind,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value: 0,
        unit: unit.to_owned(),
        yields_to_print: false,
        source: String::new(),
        clause: String::new(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".to_owned(),
        enabled: true,
        credit: (kind == RuleKind::Credit).then_some(Terms::USUAL),
    }
}

/// Reads a row of a kind. `was` is the row that is changed, `None` for a new one; what its form does not hold stays.
///
/// # Errors
/// What is wrong, by field.
pub fn read(kind: RuleKind, was: Option<&RuleRow>, values: &Values) -> Result<RuleRow, Vec<Fault>> {
    let mut row = was.cloned().unwrap_or_else(|| blank(kind));
    let mut terms = row.credit.unwrap_or(Terms::USUAL);
    let mut r = Reader::new(values);
    for field in fields(kind) {
        match *field {
            "id" => row.rule_id = id(&mut r, kind, was),
            "value" if kind == RuleKind::Credit => row.value = points(&mut r, field),
            "value" => row.value = value(&mut r, kind),
            "unit" => {
                r.needed(field, 16);
                row.unit = one(&mut r, field, Unit::from_code).map_or_else(String::new, |u| u.code().to_owned());
            }
            "dimension" => {
                r.needed(field, 64);
                terms.dimension = one(&mut r, field, Dimension::from_code).unwrap_or(terms.dimension);
            }
            "cap" => terms.cap = points(&mut r, field),
            "half_life" => {
                r.needed(field, 20);
                terms.half_life = number(&mut r, field, 1, Terms::HALF_LIFE_MAX).unwrap_or_default();
            }
            "repair" => {
                r.needed(field, 20);
                terms.repair = number(&mut r, field, 0, 100).unwrap_or_default();
            }
            "veto" => terms.veto = yes(&mut r, field),
            "family" => row.family = one(&mut r, field, Family::from_code),
            "medium_class" => row.medium_class = one(&mut r, field, class),
            "model" => {
                let model = r.text(field, 32);
                row.model = (!model.is_empty()).then(|| model.to_owned());
            }
            "made_from" => row.made_from = day(&mut r, field),
            "made_before" => row.made_before = day(&mut r, field),
            "effective_from" => row.effective_from = day(&mut r, field),
            "effective_to" => row.effective_to = day(&mut r, field),
            "inspections_from" => row.inspections_from = number(&mut r, field, 1, 100),
            "yields_to_print" => row.yields_to_print = yes(&mut r, field),
            "enabled" => row.enabled = yes(&mut r, field),
            "confirmed" => row.confirmed = yes(&mut r, field),
            "source" => row.source = r.needed(field, 80).to_owned(),
            "clause" => row.clause = r.needed(field, 80).to_owned(),
            _ => row.jurisdiction = jurisdiction(&mut r),
        }
    }
    if kind == RuleKind::Credit {
        row.credit = Some(terms);
    }
    for (from, to) in [("made_from", "made_before"), ("effective_from", "effective_to")] {
        let pair =
            if from == "made_from" { (row.made_from, row.made_before) } else { (row.effective_from, row.effective_to) };
        if pair.0.zip(pair.1).is_some_and(|(a, b)| a >= b) {
            r.fault(to, format!("须晚于起始日 {}", pair.0.unwrap_or_default()), "it must lie after the first day");
        }
    }
    // What is named so is found by its model only.
    let by_model = row.rule_id.starts_with("PHASE-OUT-") || row.rule_id.starts_with("PAR-LOWEST-");
    if by_model && row.model.is_none() {
        r.fault("model", "请填写规格型号", "name the model");
    }
    // One fault a field is enough.
    let mut seen = HashSet::new();
    r.done().map_err(|mut faults| {
        faults.retain(|f| seen.insert(f.field.clone()));
        faults
    })?;
    Ok(row)
}

/// What is wrong with a form as it was sent, as far as it can be told without the record.
#[must_use]
pub fn check(values: &Values) -> Vec<Fault> {
    let given = |name: &str| values.get(name).map_or("", |v| v.trim());
    let Some(kind) = RuleKind::from_code(given("kind")) else { return vec![] };
    let was = RuleRow { rule_id: given("rule").to_owned(), ..blank(kind) };
    read(kind, Some(&was).filter(|w| !w.rule_id.is_empty()), values).err().unwrap_or_default()
}

fn id(r: &mut Reader<'_>, kind: RuleKind, was: Option<&RuleRow>) -> String {
    if let Some(was) = was {
        return was.rule_id.clone();
    }
    let id = r.needed("id", 64);
    let begins = NEW.iter().find(|n| n.0 == kind).map(|n| n.1);
    if id.is_empty() {
        return String::new();
    }
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        r.fault("id", "编号只能用字母、数字、- . _", "an id has letters, digits and - . _ only");
    } else if begins.is_none_or(|b| id.len() <= b.len() || !id.starts_with(b)) {
        let b = begins.unwrap_or("?");
        r.fault("id", format!("编号应以 {b} 开头,后接名称"), format!("an id of this kind begins with {b} and a name"));
    } else if kind == RuleKind::Override
        && id.strip_prefix("OVR-").and_then(Reason::from_code).is_none_or(|x| !x.may_be_overridden())
    {
        r.fault("id", "该原因不得特许放行", "this is no reason that may be overridden");
    } else if kind == RuleKind::Clock && Clock::of_rule(id).is_none() {
        let known: Vec<&str> = Clock::ALL.iter().map(|c| c.prefix()).collect();
        r.fault(
            "id",
            format!("编号应以时限类别开头,后接名称:{}", known.join(" ")),
            format!("an id begins with its clock, and a name follows: {}", known.join(" ")),
        );
    }
    id.to_owned()
}

fn value(r: &mut Reader<'_>, kind: RuleKind) -> i64 {
    let (least, most) = match kind {
        RuleKind::Interval | RuleKind::Life => (1, 2_400),
        RuleKind::Extension => (0, 2_400),
        RuleKind::Override => (1, 24),
        RuleKind::Clock => (1, CLOCK_MAX),
        RuleKind::Param | RuleKind::Detector | RuleKind::Guard | RuleKind::Credit => (0, 1_000_000_000),
    };
    r.needed("value", 20);
    number(r, "value", least, most).unwrap_or_default()
}

/// Points with at most three decimals, as thousandths.
fn points(r: &mut Reader<'_>, field: &str) -> i64 {
    r.needed(field, 20);
    r.thousandths(field, 0, Terms::POINTS_MAX).unwrap_or_default()
}

fn number(r: &mut Reader<'_>, field: &str, least: i64, most: i64) -> Option<i64> {
    let text = crate::codes::half_width(r.text(field, 20));
    if text.is_empty() {
        return None;
    }
    let n = text.parse::<i64>().ok().filter(|n| (least..=most).contains(n) && !text.starts_with('+'));
    if n.is_none() {
        r.fault(field, format!("应为 {least} 至 {most} 的整数"), format!("a whole number from {least} to {most}"));
    }
    n
}

fn class(s: &str) -> Option<MediumClass> {
    [MediumClass::Inert, MediumClass::Other, MediumClass::Corrosive].into_iter().find(|c| c.code() == s)
}

fn one<T>(r: &mut Reader<'_>, field: &str, of: impl Fn(&str) -> Option<T>) -> Option<T> {
    let word = r.text(field, 64);
    let found = of(word);
    if found.is_none() && !word.is_empty() {
        r.fault(field, "请从列表中选择", "choose one of the list");
    }
    found
}

fn yes(r: &mut Reader<'_>, field: &str) -> bool {
    match r.needed(field, 8) {
        "yes" => true,
        "no" | "" => false,
        _ => {
            r.fault(field, "请选择是或否", "choose yes or no");
            false
        }
    }
}

fn day(r: &mut Reader<'_>, field: &str) -> Option<NaiveDate> {
    let text = r.text(field, 20);
    if text.is_empty() {
        return None;
    }
    let day = text.parse::<NaiveDate>().ok().filter(|d| PartialDate::day(*d).is_some());
    if day.is_none() {
        r.fault(field, "日期应如 2027-01-31", "a date such as 2027-01-31");
    }
    day
}

fn jurisdiction(r: &mut Reader<'_>) -> String {
    let text = r.needed("jurisdiction", 6);
    if !text.is_empty() && text != "CN" && !(text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())) {
        r.fault("jurisdiction", "填 CN 或六位行政区划代码", "CN, or a code of six digits by GB/T 2260");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;
    use proptest::prelude::*;

    fn faults(kind: RuleKind, was: Option<&RuleRow>, v: &Values) -> Vec<String> {
        read(kind, was, v).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn each_shipped_row_stands_in_its_form_and_reads_back() {
        for row in RuleSet::seed().rows {
            assert_eq!(read(row.kind, Some(&row), &values(&row)), Ok(row.clone()), "{}", row.rule_id);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let all = RuleSet::seed();
        let row = all.rows.iter().find(|r| r.rule_id == "INT-LPG-1").unwrap();
        let with = |name: &str, value: &str| {
            let mut v = values(row);
            v.insert(name.to_owned(), value.to_owned());
            faults(row.kind, Some(row), &v)
        };
        for (field, value) in [
            ("value", "0"),
            ("value", "2401"),
            ("value", "1.5"),
            ("value", "+3"),
            ("value", "999999999999999999999"),
            ("family", "bottle"),
            ("medium_class", "x"),
            ("made_from", "2020-02-30"),
            ("made_from", "0001-01-01"),
            ("inspections_from", "-1"),
            ("yields_to_print", "maybe"),
            ("enabled", "1"),
            ("source", ""),
            ("clause", "\u{7}"),
            ("jurisdiction", "郑州"),
            ("effective_to", "2020"),
        ] {
            assert_eq!(with(field, value), [field], "{field}={value}");
        }
        let mut v = values(row);
        v.extend([
            ("effective_from".to_owned(), "2027-01-01".to_owned()),
            ("effective_to".into(), "2027-01-01".into()),
        ]);
        assert_eq!(faults(row.kind, Some(row), &v), ["effective_to"]);
        // The id of a row that is there cannot be changed.
        assert_eq!(with("id", "../x"), [] as [&str; 0]);
    }

    #[test]
    fn a_new_row_is_one_that_something_asks_for() {
        let new = |kind, id: &str, model: &str| {
            let mut v = values(&blank(kind));
            let given = [("id", id), ("model", model), ("value", "12"), ("source", "通知"), ("clause", "三")];
            v.extend(given.map(|(n, x)| (n.to_owned(), x.to_owned())));
            faults(kind, None, &v)
        };
        let none: [&str; 0] = [];
        assert_eq!(new(RuleKind::Interval, "INT-2027", ""), none);
        assert_eq!(new(RuleKind::Interval, "INT-", ""), ["id"]);
        assert_eq!(new(RuleKind::Interval, "LIFE-2027", ""), ["id"]);
        assert_eq!(new(RuleKind::Interval, "INT-新", ""), ["id"]);
        assert_eq!(new(RuleKind::Detector, "DET-NEW", ""), ["id"]);
        assert_eq!(new(RuleKind::Guard, "PHASE-OUT-YSP12", ""), ["model"]);
        assert_eq!(new(RuleKind::Guard, "PHASE-OUT-YSP12", "YSP12"), none);
        assert_eq!(new(RuleKind::Override, "OVR-NOT_OWN", ""), ["id"]);
        assert_eq!(new(RuleKind::Override, "OVR-NO_INSURANCE", ""), none);
        assert_eq!(new(RuleKind::Clock, "CLK-ACCEPT-2027", ""), none);
        for id in ["CLK-", "CLK-ACCEPT-", "CLK-PRAISE-1"] {
            assert_eq!(new(RuleKind::Clock, id, ""), ["id"], "{id}");
        }
        for (kind, begins) in NEW {
            assert_eq!(blank(kind).rule_id, begins);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_row_that_loads(kind in 0..RuleKind::ALL.len(), text in ".{0,20}", number in "-?[0-9]{0,12}", day in "[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}") {
            let kind = RuleKind::ALL[kind];
            let all = RuleSet::seed();
            let row = all.rows.iter().find(|r| r.kind == kind).unwrap();
            let mut v = values(row);
            for (name, value) in [("value", &number), ("source", &text), ("made_from", &day), ("effective_to", &day), ("model", &text)] {
                v.insert(name.to_owned(), value.clone());
            }
            if let Ok(read) = read(kind, Some(row), &v) {
                let rows = all.rows.iter().map(|r| if r.rule_id == read.rule_id { read.clone() } else { r.clone() });
                let set = RuleSet { version: 2, rows: rows.collect() };
                prop_assert_eq!(set.check(), Ok(()));
            }
        }
    }
}
