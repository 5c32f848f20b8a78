//! Calls (来电登记, S0-50, S0-54): who called, what was said, to whom it was handed over, and whether he is called back. A call becomes a case or
//! stays a note.

mod form;

pub use form::{ACT_FIELDS, Asked, ENTRY_FIELDS, Entered, act, read};

use crate::{
    case::{Reporter, Track},
    check::words,
};
use serde::{Deserialize, Serialize};

/// Longest account of what was said, characters.
pub const TEXT_MAX: usize = 2_000;
/// Longest remark, characters.
pub const NOTE_MAX: usize = 500;
/// Days ahead that a call back may be promised for.
pub const AHEAD_DAYS: i64 = 90;

/// Names of the filters of the list. The first is the search box.
pub const FILTERS: [&str; 7] = ["q", "state", "category", "callback", "district", "from", "to"];

words! {
    /// What a call is about.
    Category {
        /// 泄漏险情
        Emergency = "emergency", "泄漏险情", "Leak or danger";
        /// 投诉
        Complaint = "complaint", "投诉", "Complaint";
        /// 举报
        Report = "report", "举报", "Report";
        /// 建议
        Suggestion = "suggestion", "建议", "Suggestion";
        /// 报修
        Repair = "repair", "报修", "Repair";
        /// 咨询
        Question = "question", "咨询", "Question";
        /// 订气
        Order = "order", "订气", "Order of gas";
        /// 其他
        Other = "other", "其他", "Other";
    }
}

words! {
    /// How far a call is.
    State {
        /// 待处理
        Open = "open", "待处理", "To be dealt with";
        /// 已移交
        Handed = "handed", "已移交", "Handed over";
        /// 已转案件
        Case = "case", "已转案件", "A case";
        /// 已留存
        Kept = "kept", "已留存备查", "Kept as a note";
    }
}

words! {
    /// What is done with a call.
    Act {
        /// 登记
        Enter = "enter", "登记", "Entered";
        /// 移交
        Hand = "hand", "移交", "Hand over";
        /// 约定回电
        Promise = "promise", "约定回电", "Promise to call back";
        /// 已回电
        CallBack = "call_back", "已回电", "Called back";
        /// 转为案件
        Case = "case", "转为案件", "Make it a case";
        /// 留存备查
        Keep = "keep", "留存备查", "Keep as a note";
        /// 备注
        Remark = "remark", "备注", "Remark";
    }
}

words! {
    /// How a call back stands.
    CallBack {
        /// 待回电
        Waiting = "waiting", "待回电", "Promised";
        /// 回电逾期
        Late = "late", "回电逾期", "Late";
        /// 已回电
        Done = "done", "已回电", "Done";
    }
}

impl State {
    /// What an act leads to; `None` where it cannot be done. What was handed over may still become a case, and so may a note.
    #[must_use]
    pub const fn next(self, act: Act) -> Option<Self> {
        use {Act as A, State as S};
        Some(match (self, act) {
            (from, A::Remark | A::Promise | A::CallBack) => from,
            (S::Open | S::Handed, A::Hand) => S::Handed,
            (S::Open | S::Handed, A::Keep) => S::Kept,
            (S::Open | S::Handed | S::Kept, A::Case) => S::Case,
            _ => return None,
        })
    }
}

impl Act {
    /// Whether it may be done whatever others did since the call was looked at: it adds a word.
    #[must_use]
    pub const fn is_never_late(self) -> bool {
        matches!(self, Self::Remark)
    }

    /// Whether a word must be said with it: the result of a call back, why it is kept.
    #[must_use]
    pub const fn needs_note(self) -> bool {
        matches!(self, Self::CallBack | Self::Keep | Self::Remark)
    }
}

impl Category {
    /// The track of the case that a call of this category becomes, unless another is chosen.
    #[must_use]
    pub const fn track(self) -> Track {
        match self {
            Self::Report => Track::Report,
            Self::Suggestion => Track::Suggestion,
            Self::Repair | Self::Emergency => Track::Repair,
            Self::Complaint | Self::Question | Self::Order | Self::Other => Track::Complaint,
        }
    }
}

/// A call. Who called is masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Number in the record.
    pub id: i64,
    /// When he called, ms.
    pub at: i64,
    /// What it is about.
    pub category: Category,
    /// How far it is.
    pub state: State,
    /// Who called, masked.
    pub caller: Reporter,
    /// GB/T 2260; 0 for none.
    pub division: i32,
    /// District's name; empty for none.
    pub district: String,
    /// Organisation; 0 for none.
    pub org: i64,
    /// Its name.
    pub org_name: String,
    /// Tag; empty for none.
    pub tag: String,
    /// What was said.
    pub text: String,
    /// To whom it was handed over; empty for nobody.
    pub handed_to: String,
    /// Until when he is to be called back, ms.
    pub callback: Option<i64>,
    /// When he was, ms.
    pub called_back: Option<i64>,
    /// The case that came of it: id and number.
    pub case: Option<(i64, String)>,
    /// When it was entered, ms.
    pub entered_at: i64,
    /// Steps so far.
    pub version: i64,
}

impl Call {
    /// How the call back stands at an instant; `None` where none is promised.
    #[must_use]
    pub fn back(&self, now: i64) -> Option<CallBack> {
        match (self.callback, self.called_back) {
            (_, Some(_)) => Some(CallBack::Done),
            (Some(by), None) if now > by => Some(CallBack::Late),
            (Some(_), None) => Some(CallBack::Waiting),
            (None, None) => None,
        }
    }

    /// What can be done with it now, in the order of the words.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        let waits = self.callback.is_some() && self.called_back.is_none();
        let fits = |a: &Act| match a {
            Act::CallBack => waits,
            Act::Promise => !waits,
            _ => self.state.next(*a).is_some(),
        };
        Act::ALL.iter().copied().filter(fits).collect()
    }
}

/// Something that was done with a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, ms.
    pub at: i64,
    /// What.
    pub act: Act,
    /// By whom.
    pub by: String,
    /// In words.
    pub note: String,
    /// What was named with it: to whom, until when, which case.
    pub with: String,
}

/// A call with what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPage {
    /// The call.
    pub call: Call,
    /// Steps, the first first.
    pub steps: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_becomes_a_case_once_or_stays_a_note() {
        use {Act as A, State as S};
        let run = |acts: &[Act]| acts.iter().try_fold(S::Open, |s, a| s.next(*a));
        assert_eq!(run(&[A::Hand, A::Hand, A::Case]), Some(S::Case));
        assert_eq!(run(&[A::Keep, A::Case, A::Remark, A::CallBack]), Some(S::Case));
        for wrong in
            [&[A::Case, A::Case][..], &[A::Keep, A::Hand], &[A::Case, A::Keep], &[A::Case, A::Hand], &[A::Enter]]
        {
            assert_eq!(run(wrong), None, "{wrong:?}");
        }
        for f in FILTERS {
            assert!(!crate::list::RESERVED.contains(&f), "{f}");
        }
    }
}
