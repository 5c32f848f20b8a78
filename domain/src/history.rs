//! The history of one cylinder as the source prints it (钢瓶历史跟踪), with contents, residue and breaks in the chain.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    event::EventKind,
    outcome::{Anomaly, Text, codes},
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page of one cylinder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// 钢瓶条码: primary tag.
    pub tag: String,
    /// 钢印编号
    pub stamp_no: String,
    /// 制造单位
    pub maker: String,
    /// 制造年月
    pub made: String,
    /// 自重, grams.
    pub tare_g: Option<i64>,
    /// 瓶型
    pub model: String,
    /// 容积, millilitres.
    pub volume_ml: Option<i64>,
    /// 壁厚, micrometres.
    pub wall_um: Option<i64>,
    /// 上次检验
    pub inspected_on: Option<NaiveDate>,
    /// 下次检验: the derived due date.
    pub next_due: Option<NaiveDate>,
    /// End of life.
    pub life_end: Option<NaiveDate>,
    /// Demonstration data.
    pub demo: bool,
    /// The headline word (rules.md §19), Chinese.
    pub headline: String,
    /// The same in English.
    pub headline_en: String,
    /// Where it stands, Chinese.
    pub custody: String,
    /// The same in English.
    pub custody_en: String,
    /// Its flags (标志), Chinese.
    pub flags: Vec<String>,
    /// Oldest first.
    pub rows: Vec<HistoryRow>,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Ledger number.
    pub no: u64,
    /// 日期时间, ms.
    pub at_ms: i64,
    /// 操作类型
    pub kind_zh: String,
    /// The same in English.
    pub kind_en: String,
    /// 操作人
    pub operator: String,
    /// 操作地点
    pub place: String,
    /// 目标地点
    pub target: String,
    /// 自重, measured, grams.
    pub tare_g: Option<i64>,
    /// 总重, grams.
    pub gross_g: Option<i64>,
    /// 内容量: gross − stamped tare, grams.
    pub contents_g: Option<i64>,
    /// 残液: measured − stamped tare, grams.
    pub residue_g: Option<i64>,
    /// The result of a check or inspection, Chinese; empty for others.
    pub result: String,
    /// What the office said with it, Chinese: what was changed from what to what, why, by what proof; empty for others.
    pub said: String,
    /// The same in English.
    pub said_en: String,
    /// Breaks in the chain found at this line.
    pub breaks: Vec<Break>,
    /// What was found wrong with it when it was recorded.
    pub anomalies: Vec<Anomaly>,
    /// Ledger number of the correction that took it back. It stays in the record, and counts no more.
    pub corrected_by: Option<u64>,
    /// How the record came, Chinese.
    pub source: String,
}

codes! {
    /// A break in a chain (rules.md §19), as it shows in the order of events.
    Break: Text {
        /// Two fills, and no delivery between them.
        FilledTwice = "FILLED_TWICE" => t("两次充装之间无销售", "Filled twice without a delivery between");
        /// A fill, and no return since the delivery before.
        FilledUnreturned = "FILLED_UNRETURNED" => t("充装前无空瓶回收", "Filled without having come back empty");
        /// Two deliveries, and no return between them.
        DeliveredTwice = "DELIVERED_TWICE" => t("两次销售之间无回收", "Delivered twice without a return between");
        /// A delivery, and no fill since the one before.
        DeliveredUnfilled = "DELIVERED_UNFILLED" => t("销售前无充装", "Delivered without having been filled");
    }
}

impl Break {
    /// The rule that is broken: its id in the rule table, source and clause.
    pub const RULE: (&'static str, &'static str) = ("GUARD-CHAIN", "TSG 07-2019 D2.1(4)");
}

/// Breaks in a chain of events in the order of their time: for each event the breaks found at it (rules.md §19).
///
/// A fill needs the empty's return since the fill before; a delivery needs a fill since the delivery before. The return
/// of an empty, the first event of a chain and registrations end no chain.
#[must_use]
pub fn breaks(kinds: &[EventKind]) -> Vec<Vec<Break>> {
    // What has happened since the last fill and since the last delivery; before the first one nothing is known.
    let (mut filled, mut delivered_since_fill, mut returned_since_fill) = (false, false, false);
    let (mut delivered, mut returned_since_delivery, mut filled_since_delivery) = (false, false, false);
    kinds
        .iter()
        .map(|k| {
            let mut out = Vec::new();
            match k {
                EventKind::FillEnd => {
                    if filled && !delivered_since_fill {
                        out.push(Break::FilledTwice);
                    } else if filled && !returned_since_fill {
                        out.push(Break::FilledUnreturned);
                    }
                    (filled, delivered_since_fill, returned_since_fill) = (true, false, false);
                    filled_since_delivery = true;
                }
                EventKind::Deliver => {
                    if delivered && !returned_since_delivery {
                        out.push(Break::DeliveredTwice);
                    }
                    if delivered && !filled_since_delivery {
                        out.push(Break::DeliveredUnfilled);
                    }
                    (delivered, returned_since_delivery, filled_since_delivery) = (true, false, false);
                    delivered_since_fill = true;
                }
                EventKind::ReceiveEmpty | EventKind::Collect => {
                    returned_since_fill = true;
                    returned_since_delivery = true;
                }
                _ => {}
            }
            out
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventKind::*;

    #[test]
    fn a_sound_chain_has_none() {
        let b = breaks(&[Register, FillEnd, Ship, Deliver, Collect, ReceiveEmpty, FillEnd, Ship, Deliver]);
        assert!(b.iter().all(Vec::is_empty), "{b:?}");
    }

    #[test]
    fn breaks_are_named_where_they_show() {
        let b = breaks(&[FillEnd, FillEnd]);
        assert_eq!(b[1], [Break::FilledTwice]);
        let b = breaks(&[FillEnd, Deliver, FillEnd]);
        assert_eq!(b[2], [Break::FilledUnreturned]);
        let b = breaks(&[FillEnd, Deliver, Deliver]);
        assert_eq!(b[2], [Break::DeliveredTwice, Break::DeliveredUnfilled]);
    }
}
