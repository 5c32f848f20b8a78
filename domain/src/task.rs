//! Tasks (综合提醒, S0-51): what is due becomes a task on somebody's desk, goes to the next desk when it is done, and is told upward when it is
//! late.

use crate::{check::words, scope::Scope};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Names of the list's filters. The first is the search box.
pub const FILTERS: [&str; 3] = ["q", "kind", "state"];
/// Days ahead from which on a licence, an insurance or a certificate is a task.
pub const AHEAD_DAYS: i64 = 30;

words! {
    /// What is due.
    Kind {
        /// 检验到期: cylinders that are overdue.
        Inspection = "inspection", "气瓶检验", "Inspection of cylinders";
        /// 充装许可证
        Licence = "licence", "许可证到期", "Licence";
        /// 责任保险
        Insurance = "insurance", "保险到期", "Insurance";
        /// 作业人员证
        Certificate = "certificate", "人员证书到期", "Certificate";
        /// 隐患整改
        Rectify = "rectify", "隐患整改", "Rectification of a hazard";
        /// 整改复查: the desk after that.
        Recheck = "recheck", "整改复查", "Re-check of a rectification";
        /// 公文签收
        Paper = "paper", "公文签收", "Document to sign for";
    }
}

words! {
    /// How a task stands.
    State {
        /// 待办
        Open = "open", "待办", "Open";
        /// 已办结: what it asked for was done.
        Done = "done", "已办结", "Done";
    }
}

/// A task as the record gives rise to it. The key says what it is about: the same key is the same task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub key: String,
    /// What is due.
    pub kind: Kind,
    /// In brief.
    pub title: String,
    /// The page where it is done.
    pub path: String,
    /// Whose desk it lies on.
    pub desk: Scope,
    /// District that it concerns: where it is told when it is late.
    pub division: i32,
    /// Last day.
    pub due: Option<NaiveDate>,
}

/// A task on somebody's desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Number.
    pub id: i64,
    /// What is due.
    pub kind: Kind,
    /// In brief.
    pub title: String,
    /// The page where it is done.
    pub path: String,
    /// Whose desk it lies on.
    pub desk: Scope,
    /// Who of them took it on, or was given it; empty for nobody.
    pub holder: String,
    /// Last day.
    pub due: Option<NaiveDate>,
    /// How it stands.
    pub state: State,
    /// When it came up, ms.
    pub made_at: i64,
    /// When its being late was told upward, ms.
    pub escalated_at: Option<i64>,
    /// When it was done, ms.
    pub ended_at: Option<i64>,
}

impl Task {
    /// Whether it is late on a day.
    #[must_use]
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.state == State::Open && self.due.is_some_and(|d| today > d)
    }
}
