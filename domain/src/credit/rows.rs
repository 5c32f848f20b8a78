//! The rules of the credit that the product ships with (rules.md §12): all to be confirmed by the authority.

use super::{Dimension as D, Grade, ITEM, Terms};
use crate::{
    outcome::{AlertKind, Severity, Text},
    rules::{RuleKind, RuleRow, RuleSet},
};
use serde::{Deserialize, Serialize};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// Dimension, points and cap in thousandths, share that a closing gives back.
type Costs = (D, i64, i64, i64);

/// Of an alert's kind: dimension, points and cap in thousandths, share that a closing gives back.
const ALERTS: &[(AlertKind, D, i64, i64, i64)] = &[
    (AlertKind::FilledThoughBlocked, D::Filling, 2_000, 15_000, 50),
    (AlertKind::IllegalTagFill, D::Filling, 1_500, 15_000, 50),
    (AlertKind::FillNotAsked, D::Filling, 200, 6_000, 80),
    (AlertKind::WrongMedium, D::Filling, 5_000, 15_000, 30),
    (AlertKind::Overfill, D::Filling, 1_000, 12_000, 50),
    (AlertKind::ShortWeight, D::Filling, 200, 5_000, 80),
    (AlertKind::IllegalTagAttempt, D::Filling, 50, 3_000, 100),
    (AlertKind::Clone, D::Cylinder, 1_000, 8_000, 80),
    (AlertKind::Omission, D::Data, 200, 6_000, 100),
    (AlertKind::Disorder, D::Data, 500, 6_000, 80),
    (AlertKind::FilledUnchecked, D::Filling, 500, 8_000, 50),
    (AlertKind::ShippedOverdue, D::Cylinder, 1_000, 12_000, 50),
    (AlertKind::ShippedUnchecked, D::Filling, 200, 5_000, 80),
    (AlertKind::ShippedUnlicensed, D::Licence, 3_000, 15_000, 30),
    (AlertKind::SealedMoved, D::Cylinder, 4_000, 15_000, 30),
    (AlertKind::RecalledMoved, D::Cylinder, 3_000, 15_000, 50),
    (AlertKind::StampDiffers, D::Cylinder, 500, 5_000, 80),
    (AlertKind::ChainGap, D::Data, 100, 5_000, 100),
    (AlertKind::RepeatedWeight, D::Data, 2_000, 10_000, 50),
    (AlertKind::ImpossiblePace, D::Data, 1_000, 6_000, 80),
    (AlertKind::OverfillingGun, D::Filling, 2_000, 10_000, 80),
    (AlertKind::UnderfillingGun, D::Filling, 1_000, 5_000, 80),
    (AlertKind::ZombieTag, D::Cylinder, 3_000, 15_000, 50),
    (AlertKind::ScaleDrift, D::Filling, 500, 4_000, 100),
    (AlertKind::NetMismatch, D::Data, 500, 4_000, 100),
    (AlertKind::TareDrift, D::Cylinder, 500, 5_000, 80),
    (AlertKind::GasChanged, D::Cylinder, 500, 5_000, 80),
    (AlertKind::DeviceClock, D::Data, 300, 3_000, 100),
    (AlertKind::FabricatedWeight, D::Data, 3_000, 15_000, 30),
];

/// Other items: id behind [`ITEM`], words, terms as above, whether one is enough for D.
const OTHERS: &[(&str, Text, Costs, bool)] = &[
    ("OVERRIDE", t("监管特许放行充装", "Filled by a regulator's leave"), (D::Licence, 100, 3_000, 0), false),
    ("LATE", t("记录迟报(超过 10 秒)", "Records later than 10 s"), (D::Data, 500, 8_000, 0), false),
    ("LICENCE-LAPSED", t("许可证过期", "Licence lapsed"), (D::Licence, 15_000, 15_000, 0), false),
    ("INSURANCE-LAPSED", t("责任保险过期", "Insurance lapsed"), (D::Licence, 2_000, 2_000, 0), false),
    (
        "CERTIFICATES",
        t("作业人员证过期比例", "Share of people whose certificates lapsed"),
        (D::Licence, 10_000, 6_000, 0),
        false,
    ),
    ("SCALES", t("衡器超检定期比例", "Share of scales out of verification"), (D::Filling, 6_000, 4_000, 0), false),
    (
        "OVERDUE-STOCK",
        t("在用气瓶过检、超年限比例", "Share of cylinders overdue or past life"),
        (D::Cylinder, 25_000, 15_000, 0),
        false,
    ),
    ("ACCIDENT", t("一般事故", "Accident"), (D::Hazard, 5_000, 10_000, 30), false),
    ("ACCIDENT-LARGER", t("较大及以上事故", "Larger accident, or worse"), (D::Hazard, 10_000, 10_000, 0), true),
    ("HAZARD", t("一般隐患", "Hazard"), (D::Hazard, 300, 5_000, 100), false),
    ("HAZARD-SERIOUS", t("严重隐患", "Serious hazard"), (D::Hazard, 1_000, 8_000, 80), false),
    ("HAZARD-GRAVE", t("重大隐患", "Grave hazard"), (D::Hazard, 3_000, 10_000, 70), false),
    ("HAZARD-LATE", t("隐患逾期未整改", "Hazard not rectified in time"), (D::Hazard, 1_500, 8_000, 50), false),
    ("FALSIFIED", t("查实编造记录", "Records proven to be made up"), (D::Data, 15_000, 15_000, 0), true),
    (
        "FILLED-BANNED",
        t("查实充装报废、超年限或非自有瓶", "Proven to fill scrapped or foreign cylinders"),
        (D::Filling, 25_000, 25_000, 0),
        true,
    ),
    ("ENTRY-WARNING", t("行政处罚:警告、通报批评", "Penalty: warning"), (D::Conduct, 2_000, 6_000, 50), false),
    ("ENTRY-FINE", t("行政处罚:罚款", "Penalty: fine"), (D::Conduct, 4_000, 10_000, 50), false),
    ("ENTRY-STOP", t("行政处罚:责令停产停业", "Penalty: ordered to stop"), (D::Conduct, 8_000, 10_000, 30), false),
    ("ENTRY-COMPLAINT", t("投诉举报属实", "Complaint found true"), (D::Conduct, 1_000, 5_000, 80), false),
    ("ENTRY-HOME-CHECKS", t("入户安检未达标", "Home checks below target"), (D::Hazard, 2_000, 6_000, 100), false),
    ("ENTRY-UNTRAINED", t("人员无证上岗", "People without certificates"), (D::Licence, 2_000, 8_000, 50), false),
    ("ENTRY-PRODUCT", t("产品或软件缺陷", "Defect of product or software"), (D::Data, 3_000, 12_000, 80), false),
    ("ENTRY-UNLICENSED", t("无许可期间经营", "In business without a licence"), (D::Licence, 15_000, 15_000, 0), true),
    (
        "ENTRY-FALSIFIED",
        t("查实伪造检查、检验记录", "Checks or inspections proven to be forged"),
        (D::Data, 15_000, 15_000, 0),
        true,
    ),
    (
        "ENTRY-BANNED",
        t("查实充装报废、非自有气瓶", "Proven to fill scrapped or foreign cylinders"),
        (D::Filling, 25_000, 25_000, 0),
        true,
    ),
];

/// Parameters: id, value, unit, words.
const PARAMS: &[(&str, i64, &str, &str)] = &[
    ("CRD-DIM-LICENCE", 15, "point", "信用维度 许可与人员"),
    ("CRD-DIM-CYLINDER", 25, "point", "信用维度 气瓶合规"),
    ("CRD-DIM-FILLING", 25, "point", "信用维度 充装合规"),
    ("CRD-DIM-DATA", 15, "point", "信用维度 数据质量"),
    ("CRD-DIM-HAZARD", 10, "point", "信用维度 安检与整改"),
    ("CRD-DIM-CONDUCT", 10, "point", "信用维度 投诉与处罚"),
    ("CRD-GRADE-A", 90, "point", "A 级最低分"),
    ("CRD-GRADE-B", 80, "point", "B 级最低分"),
    ("CRD-GRADE-C", 60, "point", "C 级最低分"),
    ("CRD-FADE", 1_095, "day", "扣分归零期限"),
    ("CRD-TREND", 30, "day", "趋势比较期"),
    ("CRD-APPEAL", 60, "day", "申诉提出期限"),
    ("CRD-DECIDE", 20, "day", "申诉办理期限"),
];

/// What a grade changes. None of it is done by the system: it is shown to those who do it.
const EFFECTS: &[(Grade, &str, i64, &str, &str)] = &[
    (Grade::A, "SAMPLING", 50, "percent", "抽查比例(相对基准),降低检查频次"),
    (Grade::B, "SAMPLING", 100, "percent", "抽查比例(相对基准),按常规检查"),
    (Grade::C, "SAMPLING", 150, "percent", "抽查比例(相对基准),提高检查频次"),
    (Grade::C, "TALK", 30, "day", "约谈主要负责人的期限"),
    (Grade::D, "SAMPLING", 300, "percent", "抽查比例(相对基准),列为重点监管"),
    (Grade::D, "TALK", 7, "day", "约谈主要负责人的期限"),
    (Grade::D, "LIST", 36, "month", "由主管部门决定是否列入严重违法失信名单,期限"),
];

/// The parameter that says how many points a dimension has.
pub(super) fn dimension_id(d: D) -> String {
    format!("CRD-DIM-{}", d.code().to_ascii_uppercase())
}

/// What an item that is shipped is called.
pub(super) fn text(item: &str) -> Option<Text> {
    let name = item.strip_prefix(ITEM)?;
    let other = OTHERS.iter().find(|o| o.0 == name).map(|o| o.1);
    other.or_else(|| AlertKind::from_code(name).map(|k| k.info().text))
}

fn row(id: String, kind: RuleKind, (value, unit): (i64, &str), source: &str, clause: &str) -> RuleRow {
    RuleRow {
        rule_id: id,
        kind,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value,
        unit: unit.into(),
        yields_to_print: false,
        source: source.into(),
        clause: clause.into(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".into(),
        enabled: true,
        credit: None,
    }
}

/// The rows that the product ships with.
#[must_use]
pub fn rows() -> Vec<RuleRow> {
    let item = |name: &str, text: Text, (dimension, points, cap, repair): Costs, veto: bool| RuleRow {
        credit: Some(Terms { dimension, cap, half_life: 12, repair, veto }),
        ..row(format!("{ITEM}{name}"), RuleKind::Credit, (points, "milli_point"), source(name), text.zh)
    };
    let alerts = ALERTS.iter().map(|(k, d, points, cap, repair)| {
        debug_assert!(k.info().severity > Severity::Info);
        item(k.code(), k.info().text, (*d, *points, *cap, *repair), false)
    });
    let others = OTHERS.iter().map(|(name, text, terms, veto)| item(name, *text, *terms, *veto));
    let params = PARAMS
        .iter()
        .map(|(id, value, unit, words)| row((*id).to_owned(), RuleKind::Param, (*value, unit), PRACTICE, words));
    let effects = EFFECTS.iter().map(|(g, name, value, unit, words)| {
        row(effect_id(*g, name), RuleKind::Param, (*value, unit), "国市监信发〔2022〕6号", words)
    });
    alerts.chain(others).chain(params).chain(effects).collect()
}

/// What the whole of it follows: the classes are the ministry's, items and points are the city's to settle.
const PRACTICE: &str = "国市监信发〔2022〕6号(扣分项和分值待确认)";

/// What an item rests on.
fn source(name: &str) -> &'static str {
    match name {
        "CERTIFICATES" | "ENTRY-UNTRAINED" => "特种设备安全法 第八十六条(分值待确认)",
        "FILLED-BANNED" | "ENTRY-BANNED" => "特种设备安全法 第八十四条、第八十五条(分值待确认)",
        "ENTRY-UNLICENSED" | "LICENCE-LAPSED" => "特种设备安全法 第八十五条(分值待确认)",
        "ENTRY-WARNING" | "ENTRY-FINE" | "ENTRY-STOP" => "特种设备安全法 第八十三条至第八十六条(分值待确认)",
        "ACCIDENT" | "ACCIDENT-LARGER" => "特种设备安全监察条例 事故分级(分值待确认)",
        "HAZARD" | "HAZARD-SERIOUS" | "HAZARD-GRAVE" | "HAZARD-LATE" => {
            "特种设备安全监督检查办法(总局令第57号,分值待确认)"
        }
        "ENTRY-COMPLAINT" => "市场监督管理投诉举报处理办法(总局令第121号,分值待确认)",
        _ => PRACTICE,
    }
}

fn effect_id(grade: Grade, name: &str) -> String {
    format!("CRD-EFFECT-{}-{name}", grade.code())
}

/// Something that a grade changes, done by people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Id of the rule row.
    pub rule: String,
    /// How much …
    pub value: i64,
    /// … of what.
    pub unit: String,
    /// In words.
    pub text: String,
    /// By which document.
    pub source: String,
    /// Whether the authority confirmed it.
    pub confirmed: bool,
}

/// What a grade changes by the rules: all of it, so that nothing is changed in silence.
#[must_use]
pub fn effects(rules: &RuleSet, grade: Grade) -> Vec<Effect> {
    let begins = effect_id(grade, "");
    let of = rules.rows.iter().filter(|r| r.kind == RuleKind::Param && r.enabled && r.rule_id.starts_with(&begins));
    of.map(|r| Effect {
        rule: r.rule_id.clone(),
        value: r.value,
        unit: r.unit.clone(),
        text: r.clause.clone(),
        source: r.source.clone(),
        confirmed: r.confirmed,
    })
    .collect()
}
