//! How long before its day something is told, and when it is told upward: parameters of the rules, which a regulator edits.

use crate::rules::{RuleKind, RuleRow, RuleSet};

/// Parameters of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Days before the end of a licence or an insurance.
    pub licence: i32,
    /// Days before the end of a certificate or of the verification of a scale.
    pub certificate: i32,
    /// Days before the due date of cylinders.
    pub inspection: i32,
    /// Days before the end of a case's term.
    pub case: i32,
    /// Days that something may wait that has no deadline of its own.
    pub wait: i32,
    /// Days that a task is late for each step upward; 0: it is never told upward.
    pub escalate: i64,
    /// Hour of the local day from which the digest goes out; `None` where there is none.
    pub digest: Option<i32>,
}

/// (id, usual value, unit, what)
const ROWS: [(&str, i64, &str, &str); 5] = [
    ("PAR-TASK-LICENCE", 60, "day", "待办:许可、保险到期前提醒"),
    ("PAR-TASK-CASE", 2, "day", "待办:案件期限届满前提醒"),
    ("PAR-TASK-WAIT", 5, "day", "待办:无期限事项等候"),
    ("PAR-TASK-ESCALATE", 3, "day", "待办:每逾期几日上报一级,0 为不上报"),
    ("PAR-TASK-DIGEST", 8, "hour", "待办:每日汇总发送时刻,24 为不发送"),
];

impl Terms {
    /// By the rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let usual = |id: &str| ROWS.iter().find(|r| r.0 == id).map_or(0, |r| r.1);
        let of = |id: &str| rules.param(id).unwrap_or_else(|| usual(id));
        let days = |n: i64| i32::try_from(n.clamp(0, 3_650)).unwrap_or(0);
        Self {
            licence: days(of("PAR-TASK-LICENCE")),
            certificate: days(rules.param("PAR-CERT-SOON").unwrap_or(0)),
            inspection: days(rules.due_soon_days()),
            case: days(of("PAR-TASK-CASE")),
            wait: days(of("PAR-TASK-WAIT")),
            escalate: of("PAR-TASK-ESCALATE").clamp(0, 3_650),
            digest: i32::try_from(of("PAR-TASK-DIGEST")).ok().filter(|h| (0..24).contains(h)),
        }
    }
}

/// The rows that the product ships with.
#[must_use]
pub fn rule_rows() -> Vec<RuleRow> {
    let row = |(id, value, unit, clause): &(&str, i64, &str, &str)| RuleRow {
        rule_id: (*id).into(),
        kind: RuleKind::Param,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value: *value,
        unit: (*unit).into(),
        yields_to_print: false,
        credit: None,
        source: "S0-51".into(),
        clause: (*clause).into(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".into(),
        enabled: true,
    };
    ROWS.iter().map(row).collect()
}
