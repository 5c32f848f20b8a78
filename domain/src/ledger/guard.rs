//! Guards: what must hold for an event (rules.md §19). They are rows of the rule table, judged on the state before the event.
//! A violation never refuses a physical fact: the event stands, with an anomaly.

use super::{
    Custody, File, Now, flag,
    state::{follows, stamp_differs},
};
use crate::{
    clock,
    event::{Content, Entry, EventKind},
    outcome::Anomaly,
    rules::{RuleKind, RuleRow, RuleSet},
};
use chrono::NaiveDate;

macro_rules! guards {
    ($($(#[doc = $doc:literal])* $field:ident = $id:literal, $source:literal, $clause:literal, $on:literal;)+) => {
        /// The guards that are switched on as of a day.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Guards { $($(#[doc = $doc])* pub $field: bool,)+ }

        impl Guards {
            /// Those of a set of rules. A row that is not there is off.
            #[must_use]
            pub fn of(rules: &RuleSet, as_of: NaiveDate) -> Self {
                Self { $($field: rules.guard($id, as_of),)+ }
            }
        }

        /// Guards as they ship: id, source, clause, switched on.
        const SHIPPED: &[(&str, &str, &str, bool)] = &[$(($id, $source, $clause, $on)),+];
    };
}

guards! {
    /// An event must follow from the one before.
    chain = "GUARD-CHAIN", "TSG 07-2019", "D2.1(4) 全链条追溯", true;
    /// Whoever receives or fills it must own it or hold it in trust.
    own = "GUARD-OWN", "TSG 23-2021", "8.6 自有或托管", true;
    /// What the gate lets a gun fill counts as being filled (开充).
    fill_start = "GUARD-FILL-START", "气瓶流转与异常判定规则(条款待确认)", "FILL_START", true;
    /// A fill needs a pre-check that was passed.
    fill_precheck = "GUARD-FILL-PRECHECK", "特种设备安全法", "第四十九条 充装前检查", false;
    /// The post-check must be by another person than the fill.
    postcheck_person = "GUARD-POSTCHECK-PERSON", "TSG 23-2021 充装后检查(条款待确认)", "复检人不得为充装人", true;
    /// A despatch needs a due date on or after the day.
    ship_due = "GUARD-SHIP-DUE", "特种设备安全法", "第四十条", true;
    /// A despatch needs a post-check that was passed. Off while stations have no handhelds.
    ship_postcheck = "GUARD-SHIP-POSTCHECK", "特种设备安全法", "第四十九条 充装后复检", false;
    /// A despatch needs a filling licence in force.
    ship_licence = "GUARD-SHIP-LICENCE", "特种设备安全法", "第四十九条 充装许可", true;
    /// What an officer sealed stays where it is.
    sealed = "GUARD-SEALED", "特种设备安全法", "第六十一条", true;
    /// What is recalled goes to no customer.
    recalled = "GUARD-RECALLED", "特种设备安全法", "第二十六条", true;
}

/// Guards whose facts are not recorded yet: rows, switched off.
const WITHOUT_FACTS: &[(&str, &str, &str)] = &[
    ("GUARD-SHIP-ORDER", "气瓶流转与异常判定规则(条款待确认)", "出库须有订单或调拨单"),
    ("GUARD-ARRIVE-LIMIT", "GB 51142-2015", "站点存瓶限额"),
    ("GUARD-DELIVER-REALNAME", "城镇燃气管理条例", "用户实名"),
    ("GUARD-DELIVER-HOMECHECK", "城镇燃气管理条例", "入户安检"),
    ("GUARD-DELIVER-HAZARD", "城镇燃气经营安全重大隐患判定标准", "重大隐患停供"),
    ("GUARD-DELIVER-LIMIT", "用户及站点存瓶限量(条款待确认)", "用户存瓶限额"),
    ("GUARD-COLLECT-SLIP", "气瓶流转与异常判定规则(条款待确认)", "回收单"),
];

/// All guards as rows of the rule table.
pub fn rows() -> Vec<RuleRow> {
    let row = |id: &str, source: &str, clause: &str, enabled| RuleRow {
        rule_id: id.into(),
        kind: RuleKind::Guard,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value: 0,
        unit: String::new(),
        yields_to_print: false,
        source: source.into(),
        clause: clause.into(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".into(),
        enabled,
        credit: None,
    };
    let shipped = SHIPPED.iter().map(|(id, source, clause, on)| row(id, source, clause, *on));
    shipped.chain(WITHOUT_FACTS.iter().map(|(id, source, clause)| row(id, source, clause, false))).collect()
}

/// What is known before an event.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// File.
    pub file: &'a File,
    /// State.
    pub now: &'a Now,
    /// Organisation of the device's site.
    pub org: i64,
    /// Whether that organisation holds the cylinder in trust on the day of the event.
    pub holds: bool,
    /// Last day of its filling licence, if it fills.
    pub licence_until: Option<NaiveDate>,
}

/// What is wrong with an event that happened, beside the weights of a fill.
#[must_use]
pub fn event_anomalies(
    e: &Entry,
    content: Option<&Content>,
    scene: Scene<'_>,
    guards: Guards,
    rules: &RuleSet,
) -> Vec<Anomaly> {
    use EventKind as K;
    let Scene { file, now, .. } = scene;
    let day = clock::local_day(e.occurred_at);
    // One that tells of the past is not asked what it found then.
    let is_present = e.occurred_at >= now.last_at;
    let ground = now.place().ground();
    let moves = matches!(
        e.kind,
        K::ReceiveEmpty | K::FillEnd | K::Ship | K::Arrive | K::Deliver | K::Collect | K::Transfer | K::SendInspect
    );
    let overdue = || {
        let spare = i32::try_from(rules.param("PAR-DESPATCH").unwrap_or(0)).unwrap_or(0);
        now.due.is_none_or(|due| due < day.saturating_add(spare))
    };
    let unlicensed = scene.licence_until.is_some_and(|d| clock::day_of(d) < day);
    let other_stamp = matches!(
        content,
        Some(Content::Precheck(p)) if p.stamp.as_ref().is_some_and(|s| stamp_differs(file, s))
    );
    [
        (guards.chain && !follows(now, e, content), Anomaly::ChainGap),
        (
            guards.own && matches!(e.kind, K::ReceiveEmpty | K::FillEnd) && scene.org != file.org && !scene.holds,
            Anomaly::NotOwn,
        ),
        (
            guards.fill_precheck && e.kind == K::FillEnd && is_present && ground != Custody::ReadyToFill,
            Anomaly::FilledUnchecked,
        ),
        (guards.ship_due && e.kind == K::Ship && overdue(), Anomaly::ShippedOverdue),
        (
            guards.ship_postcheck && e.kind == K::Ship && is_present && ground != Custody::FullInStock,
            Anomaly::ShippedUnchecked,
        ),
        (guards.ship_licence && e.kind == K::Ship && unlicensed, Anomaly::ShippedUnlicensed),
        (guards.sealed && moves && is_present && now.flags & flag::SEALED != 0, Anomaly::SealedMoved),
        (
            guards.recalled
                && matches!(e.kind, K::FillEnd | K::Ship | K::Deliver)
                && is_present
                && now.flags & flag::RECALLED != 0,
            Anomaly::RecalledMoved,
        ),
        (guards.chain && other_stamp, Anomaly::StampDiffers),
    ]
    .into_iter()
    .filter_map(|(is, a)| is.then_some(a))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_is_a_row_once() {
        let rows = rows();
        let mut ids: Vec<&str> = rows.iter().map(|r| r.rule_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rows.len());
        assert!(rows.iter().all(|r| r.rule_id.starts_with("GUARD-") && !r.confirmed));
        let rules = RuleSet { version: 1, rows };
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let g = Guards::of(&rules, day);
        assert!(g.chain && g.own && g.ship_due && g.postcheck_person && !g.ship_postcheck && !g.fill_precheck);
        assert_eq!(Guards::of(&RuleSet { version: 1, rows: vec![] }, day), Guards::default());
    }
}
