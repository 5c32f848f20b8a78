//! How alerts are handled (S0-17, S0-38): whose they are, how far up they went, how they ended.

use crate::outcome::AlertKind;
use serde::{Deserialize, Serialize};

numbered! {
    /// A step in the handling of an alert. Taking note of it is told apart ([`crate::wall::AckLine`]).
    Step {
        /// It was given to somebody.
        Assign = 1, "指派", "assigned";
        /// It was taken to those above.
        Escalate = 2, "上报", "escalated";
        /// It was closed.
        Close = 3, "关闭", "closed";
        /// Something was written down about it.
        Remark = 4, "备注", "remark";
    }
}

numbered! {
    /// What a closed alert turned out to be: of these the precision of a rule is made.
    Finding {
        /// It was as it said.
        Real = 1, "属实", "real";
        /// It was not.
        FalseAlarm = 2, "误报", "false alarm";
        /// It could not be found out.
        Unclear = 3, "无法查实", "unclear";
    }
}

/// What somebody does with an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum Act {
    /// Gives it to an account.
    Assign {
        /// Account id.
        to: i64,
    },
    /// Takes it to those above.
    Escalate,
    /// Closes it.
    Close {
        /// What it turned out to be.
        finding: Finding,
    },
    /// Writes something down.
    Remark,
}

impl Act {
    /// The step that stands in the record.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Assign { .. } => Step::Assign,
            Self::Escalate => Step::Escalate,
            Self::Close { .. } => Step::Close,
            Self::Remark => Step::Remark,
        }
    }

    /// Whether it must be said why.
    #[must_use]
    pub const fn needs_reason(&self) -> bool {
        !matches!(self, Self::Assign { .. })
    }
}

/// Longest reason or remark, characters.
pub const REASON_MAX: usize = 500;
/// Alerts handled by one request at most.
pub const HANDLED_MAX: usize = 500;

/// A reason as it is kept, or why it cannot be.
///
/// # Errors
/// `reason` when one is needed and missing, or it is too long.
pub fn reason(act: &Act, text: &str) -> Result<String, &'static str> {
    // A NUL would be refused by PostgreSQL.
    let kept: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let kept = kept.trim();
    if kept.chars().count() > REASON_MAX || (kept.is_empty() && act.needs_reason()) {
        return Err("reason");
    }
    Ok(kept.to_owned())
}

/// Open alerts of one kind at one site: what an inbox shows as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What kind.
    pub kind: AlertKind,
    /// Site id.
    pub site: i64,
    /// Name of the site.
    pub site_name: String,
    /// Open.
    pub open: i64,
    /// Of them those nobody took note of.
    pub waiting: i64,
    /// When the oldest was raised, ms.
    pub oldest: i64,
    /// When the newest was raised, ms.
    pub newest: i64,
}

/// A page of the open alerts, and how many there are on all pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// The worst first.
    pub groups: Vec<Group>,
    /// The page, from 1.
    pub page: u32,
    /// Groups.
    pub all: usize,
    /// Open alerts.
    pub open: i64,
    /// … and those of them that nobody took note of yet, though somebody has to.
    pub waiting: i64,
}

/// An alert as an inbox lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Ledger number.
    pub no: i64,
    /// What kind.
    pub kind: AlertKind,
    /// When it was raised, ms.
    pub at: i64,
    /// Site id.
    pub site: i64,
    /// Name of the site.
    pub site_name: String,
    /// Tag concerned, or empty.
    pub tag: String,
    /// Ledger number of what caused it.
    pub cause: Option<i64>,
    /// Ledger number of what else belongs to it.
    pub other: Option<i64>,
    /// The rule row and the figures, JSON.
    pub detail: String,
    /// When somebody took note of it, ms.
    pub noted: Option<i64>,
    /// Whose it is.
    pub assigned: Option<String>,
    /// How often it was taken to those above.
    pub level: i16,
    /// When it was closed, ms.
    pub closed: Option<i64>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Ledger number; 0 for taking note.
    pub no: i64,
    /// When, ms.
    pub at: i64,
    /// By whom.
    pub by: String,
    /// What; none for taking note.
    pub step: Option<Step>,
    /// To whom it was given.
    pub to: Option<String>,
    /// What it turned out to be.
    pub finding: Option<Finding>,
    /// Why.
    pub reason: String,
}

/// How right the alerts of a kind were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precision {
    /// What kind.
    pub kind: AlertKind,
    /// Closed as real.
    pub real: i64,
    /// Closed as false alarms.
    pub false_alarms: i64,
    /// Closed without being found out.
    pub unclear: i64,
}

impl Precision {
    /// Share of real ones among those that were found out, thousandths; none where none was.
    #[must_use]
    pub const fn permille(&self) -> Option<i64> {
        let known = self.real.saturating_add(self.false_alarms);
        if known <= 0 { None } else { Some(self.real.saturating_mul(1_000) / known) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_asked_where_something_is_claimed() {
        let close = Act::Close { finding: Finding::FalseAlarm };
        assert_eq!(reason(&close, " 秤已校 \0"), Ok("秤已校".into()));
        for act in [&close, &Act::Escalate, &Act::Remark] {
            assert_eq!(reason(act, " \t"), Err("reason"), "{act:?}");
        }
        assert_eq!(reason(&Act::Assign { to: 1 }, ""), Ok(String::new()));
        assert_eq!(reason(&close, &"长".repeat(REASON_MAX + 1)), Err("reason"));
        assert!(reason(&close, &"长".repeat(REASON_MAX)).is_ok());
    }

    #[test]
    fn precision_counts_what_was_found_out() {
        let p = |real, false_alarms, unclear| Precision { kind: AlertKind::Clone, real, false_alarms, unclear };
        assert_eq!((p(3, 1, 9).permille(), p(0, 0, 4).permille(), p(0, 5, 0).permille()), (Some(750), None, Some(0)));
        assert!(p(i64::MAX, i64::MAX, 0).permille().is_some());
    }

    #[test]
    fn the_wire_form_reads_back() {
        for act in [Act::Assign { to: 7 }, Act::Escalate, Act::Close { finding: Finding::Real }, Act::Remark] {
            let text = serde_json::to_string(&act).unwrap();
            assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act, "{text}");
            assert_eq!(Step::from_number(act.step().number()), Some(act.step()));
        }
        assert!(serde_json::from_str::<Act>(r#"{"act":"open"}"#).is_err());
    }
}
