//! Reminders and workflow (综合提醒, S0-51): what is due becomes a task for whoever can do it, is handed over, told upward when it is late, and
//! ends with its fact.

mod form;
mod terms;

pub use form::{ACT_FIELDS, Asked, act};
pub use terms::{Terms, rule_rows};

use crate::{
    check::words,
    clock,
    permission::{Permission, Permissions},
    scope::Scope,
};
use serde::{Deserialize, Serialize};

/// Longest reason or remark, characters.
pub const NOTE_MAX: usize = 200;
/// Lines of a digest; what is more is counted.
pub const DIGEST_LINES: usize = 20;

/// Names of the filters of the list. The first is the search box.
pub const FILTERS: [&str; 6] = ["q", "view", "state", "kind", "from", "to"];

words! {
    /// What is to be done.
    Kind {
        /// 过检气瓶: cylinders of a station past their inspection.
        Overdue = "overdue", "过检气瓶送检", "Cylinders past their inspection";
        /// 临检气瓶: cylinders of a station due in a month.
        Due = "due", "临检气瓶送检", "Cylinders due for inspection";
        /// 充装许可
        Licence = "licence", "充装许可到期", "Licence runs out";
        /// 安全责任保险
        Insurance = "insurance", "责任保险到期", "Insurance runs out";
        /// 作业人员证
        Certificate = "certificate", "作业人员证到期", "Certificate of a person runs out";
        /// 衡器检定
        Scale = "scale", "衡器检定到期", "Verification of a scale runs out";
        /// 隐患限期整改
        Hazard = "hazard", "隐患限期整改", "Hazard to be put right";
        /// 整改复查
        Recheck = "recheck", "整改复查", "Re-check of a rectification";
        /// 投诉举报法定期限
        Case = "case", "投诉举报办理期限", "Term of a case";
        /// 企业答复、维修
        Answer = "answer", "答复或维修", "Answer or repair for a citizen";
        /// 公文签收
        Paper = "paper", "公文签收回复", "Document to be signed for or answered";
        /// 回电
        CallBack = "call_back", "回电", "Call back";
        /// 信用申诉
        Appeal = "appeal", "信用申诉待决定", "Appeal to be decided";
        /// 信用申诉补充材料
        Evidence = "evidence", "信用申诉补充材料", "More evidence for an appeal";
        /// 宣传审核
        Review = "review", "宣传内容待审核", "Post to be reviewed";
        /// 规则草稿审批
        Draft = "draft", "规则草稿待审批", "Draft of the rules to be approved";
    }
}

words! {
    /// How a task stands.
    State {
        /// 待办
        Open = "open", "待办", "To do";
        /// 已完成: its fact is gone.
        Done = "done", "已完成", "Done";
        /// 已关闭: by hand, with a reason.
        Closed = "closed", "已关闭", "Closed by hand";
    }
}

words! {
    /// What happened to a task.
    Act {
        /// 产生
        Open = "open", "产生", "Came up";
        /// 转交
        Hand = "hand", "转交", "Handed over";
        /// 逾期上报
        Escalate = "escalate", "逾期上报", "Told upward";
        /// 完成
        Done = "done", "完成", "Done";
        /// 关闭
        Close = "close", "关闭", "Closed";
        /// 备注
        Remark = "remark", "备注", "Remark";
    }
}

words! {
    /// Which tasks a list shows.
    Sight {
        /// 我的待办
        Mine = "mine", "我的待办", "Mine";
        /// 范围内全部
        All = "all", "范围内全部", "All within my part of the city";
    }
}

impl Kind {
    /// Who does it in an enterprise, who does it in an authority, and who is told when it is late.
    const fn permissions(self) -> (Permission, Permission, Permission) {
        use Permission as P;
        match self {
            Self::Overdue | Self::Due | Self::Licence | Self::Insurance | Self::Certificate | Self::Scale => {
                (P::CylinderEdit, P::AlertHandle, P::AlertHandle)
            }
            Self::Hazard | Self::Recheck => (P::AlertRead, P::AlertHandle, P::AlertHandle),
            Self::Case | Self::Answer => (P::ComplaintAnswer, P::ComplaintHandle, P::ComplaintRead),
            Self::CallBack => (P::ComplaintHandle, P::ComplaintHandle, P::ComplaintRead),
            Self::Paper => (P::PaperSign, P::PaperSign, P::PaperIssue),
            Self::Appeal | Self::Evidence => (P::CreditAppeal, P::CreditEdit, P::CreditEdit),
            Self::Review => (P::PostReview, P::PostReview, P::PostReview),
            Self::Draft => (P::RuleApprove, P::RuleApprove, P::RuleApprove),
        }
    }

    /// What whoever does it must hold, in that part of the city.
    #[must_use]
    pub const fn done_by(self, holder: Scope) -> Permission {
        let (inside, authority, _) = self.permissions();
        if matches!(holder, Scope::Org(_)) { inside } else { authority }
    }

    /// What whoever is told that it is late must hold.
    #[must_use]
    pub const fn watched_by(self) -> Permission {
        self.permissions().2
    }

    /// Whether it is told in quiet hours, too: somebody waits for it by the hour.
    #[must_use]
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Answer)
    }

    /// Whether a message tells of it: documents with receipt send their own.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Paper)
    }
}

/// Whose a task is: what decides who sees it and whose it is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// What.
    pub kind: Kind,
    /// Whose part of the city is to do it.
    pub holder: Scope,
    /// The district that lies in; 0 for none.
    pub division: i32,
    /// To whom it was handed; 0 for whoever can.
    pub account: i64,
    /// How far up it was told.
    pub level: i16,
}

impl Held {
    /// How far up it can be told.
    #[must_use]
    pub const fn top_level(self) -> i16 {
        match self.holder {
            Scope::Org(_) if self.division > 0 => 2,
            Scope::Org(_) | Scope::District(_) => 1,
            Scope::City => 0,
        }
    }

    /// Who is told at a level: the district of an enterprise, then the city.
    #[must_use]
    pub const fn superior(self, level: i16) -> Option<Scope> {
        match (level, self.holder) {
            (1, Scope::Org(_)) if self.division > 0 => Some(Scope::District(self.division)),
            (1, Scope::Org(_) | Scope::District(_)) | (2, Scope::Org(_)) => Some(Scope::City),
            _ => None,
        }
    }

    /// Whether it is a task of that account's: handed to it, or for whoever can do it there, or told to whoever watches there.
    #[must_use]
    pub fn is_for(self, account: i64, scope: Scope, may: Permissions) -> bool {
        let own = self.holder == scope && may.has(self.kind.done_by(scope));
        if own && (self.account == 0 || self.account == account) {
            return true;
        }
        let told = (1..=self.level).any(|l| self.superior(l) == Some(scope));
        told && may.has(self.kind.watched_by())
    }

    /// Whether an account sees it: who can do it, and who watches over the part of the city that it lies in.
    #[must_use]
    pub fn is_seen_by(self, scope: Scope, may: Permissions) -> bool {
        let within = match scope {
            Scope::City => true,
            Scope::District(d) => self.division == d || self.holder == scope,
            Scope::Org(_) => self.holder == scope,
        };
        let does = self.holder == scope && may.has(self.kind.done_by(scope));
        let watches = !matches!(scope, Scope::Org(_)) && self.holder != scope && may.has(self.kind.watched_by());
        within && (does || watches)
    }

    /// Whether an account of that part of the city may close it by hand. An enterprise does not declare void what it is told to do.
    #[must_use]
    pub fn may_close(self, scope: Scope, may: Permissions) -> bool {
        !matches!(scope, Scope::Org(_)) && self.is_seen_by(scope, may)
    }

    /// Whether an account may hand it to somebody of the part of the city that is to do it.
    #[must_use]
    pub fn may_hand(self, scope: Scope, may: Permissions) -> bool {
        self.holder == scope && may.has(self.kind.done_by(scope))
    }
}

/// How far up a task is told that is late by so many days, with so many days for each step; 0 days: never.
#[must_use]
pub fn level(late_days: i64, every: i64, top: i16) -> i16 {
    if every <= 0 || late_days < every {
        return 0;
    }
    i16::try_from(late_days / every).unwrap_or(i16::MAX).min(top)
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Number.
    pub id: i64,
    /// What is to be done.
    pub kind: Kind,
    /// Of what: names of the record.
    pub about: String,
    /// The page where it is done.
    pub link: String,
    /// How many things; 0 where nothing is counted.
    pub amount: i64,
    /// Last local day.
    pub due: i32,
    /// How it stands.
    pub state: State,
    /// Whose part of the city is to do it, by name; empty for the city.
    pub holder: String,
    /// To whom it was handed; empty for whoever can.
    pub person: String,
    /// How far up it was told.
    pub level: i16,
    /// When it came up, ms.
    pub opened_at: i64,
    /// When it ended, ms.
    pub closed_at: Option<i64>,
    /// Steps so far.
    pub version: i64,
}

impl Task {
    /// Days that it is late on a day; 0 where it is not.
    #[must_use]
    pub fn late(&self, today: i32) -> i64 {
        if self.state == State::Open { i64::from(today).saturating_sub(self.due.into()).max(0) } else { 0 }
    }
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, ms.
    pub at: i64,
    /// What.
    pub act: Act,
    /// By whom; empty for the system.
    pub by: String,
    /// To whom.
    pub to: String,
    /// Why.
    pub note: String,
}

/// A task with what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    /// The task.
    pub task: Task,
    /// Steps, the first first.
    pub steps: Vec<Step>,
    /// To whom it can be handed over: account and name.
    pub people: Vec<(i64, String)>,
    /// Whether whoever asks may close it by hand.
    pub may_close: bool,
    /// Local day.
    pub today: i32,
}

/// Tasks of somebody that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All.
    pub open: u32,
    /// Of these, due today.
    pub today: u32,
    /// … late.
    pub late: u32,
}

/// A day's digest of what is due that day and late: title and text; `None` where nothing is.
#[must_use]
pub fn digest(tasks: &[(Kind, &str, i32)], today: i32) -> Option<(String, String)> {
    let mut all: Vec<_> = tasks.iter().filter(|t| t.2 <= today).collect();
    if all.is_empty() {
        return None;
    }
    all.sort_by_key(|t| (t.2, t.0));
    let late = all.iter().filter(|t| t.2 < today).count();
    let title = format!("今日待办 {} 项,其中逾期 {late} 项", all.len());
    let mut lines: Vec<String> = all
        .iter()
        .take(DIGEST_LINES)
        .map(|(kind, about, due)| {
            let late = if *due < today {
                format!("逾期 {} 天", i64::from(today) - i64::from(*due))
            } else {
                "今日到期".into()
            };
            format!("{}:{about}({late},期限 {})", kind.text().zh, clock::date_of(*due))
        })
        .collect();
    if all.len() > DIGEST_LINES {
        lines.push(format!("另有 {} 项,请在“待办”中查看", all.len() - DIGEST_LINES));
    }
    Some((title, lines.join("\n")))
}

#[cfg(test)]
mod tests;
