//! The registers of accidents (事故) and of hazards (隐患): S0-47, rules.md §13 and §15.

mod form;
mod grade;

pub use form::{ACCIDENT_FIELDS, Asked, Entered, HAZARD_FIELDS, amendment, deadline, read};
pub use grade::Grade;

use crate::check::{Severity, words};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Characters of a reason at most.
pub const NOTE_MAX: usize = 200;

/// Names of the filters of both lists. The first is the search box.
pub const FILTERS: [&str; 8] = ["q", "state", "level", "kind", "district", "org", "from", "to"];

words! {
    /// A register.
    Register {
        /// 事故
        Accident = "accident", "事故", "Accident";
        /// 隐患
        Hazard = "hazard", "隐患", "Hazard";
    }
}

words! {
    /// What happened, or where a hazard lies.
    Kind {
        /// 泄漏
        Leak = "leak", "泄漏", "Leak";
        /// 火灾
        Fire = "fire", "火灾", "Fire";
        /// 爆炸
        Explosion = "explosion", "爆炸", "Explosion";
        /// 中毒窒息
        Poisoning = "poisoning", "中毒窒息", "Poisoning or suffocation";
        /// 充装场站
        Station = "station", "充装场站", "Filling station";
        /// 储存
        Storage = "storage", "储存", "Storage";
        /// 运输配送
        Transport = "transport", "运输配送", "Transport";
        /// 用户处
        User = "user", "用户处", "At a user";
        /// 气瓶
        Cylinder = "cylinder", "气瓶", "Cylinder";
        /// 其他
        Other = "other", "其他", "Other";
    }
}

words! {
    /// How far its handling is.
    State {
        /// 已登记
        Open = "open", "已登记", "On record";
        /// 已责令整改
        Demanded = "demanded", "已责令整改", "Rectification demanded";
        /// 已整改,待复查
        Rectified = "rectified", "已整改待复查", "Rectified, to be checked";
        /// 已结案
        Closed = "closed", "已结案", "Closed";
        /// 已撤销: it was entered by mistake, and counts for nothing.
        Withdrawn = "withdrawn", "已撤销", "Withdrawn";
    }
}

words! {
    /// What is done with one.
    Act {
        /// 登记
        Enter = "enter", "登记", "Entered";
        /// 上报
        Report = "report", "上报", "Reported upward";
        /// 更正情况
        Amend = "amend", "更新情况", "Figures or cause amended";
        /// 责令整改
        Demand = "demand", "责令整改", "Rectification demanded";
        /// 整改完成
        Rectify = "rectify", "整改完成", "Rectified";
        /// 结案
        Close = "close", "结案", "Closed";
        /// 撤销
        Withdraw = "withdraw", "撤销登记", "Withdrawn";
        /// 备注
        Remark = "remark", "备注", "Remark";
    }
}

impl Register {
    /// The number that stands for it in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Accident => 1,
            Self::Hazard => 2,
        }
    }

    /// The page of its list.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Accident => "/accidents",
            Self::Hazard => "/hazards",
        }
    }

    /// The kinds that it knows.
    #[must_use]
    pub const fn kinds(self) -> &'static [Kind] {
        use Kind as K;
        match self {
            Self::Accident => &[K::Leak, K::Fire, K::Explosion, K::Poisoning, K::Other],
            Self::Hazard => &[K::Station, K::Storage, K::Transport, K::User, K::Cylinder, K::Other],
        }
    }

    /// What an act leads to from a state; `None` where it cannot be done there. A hazard that a re-check finds again is demanded
    /// once more.
    #[must_use]
    pub const fn next(self, from: State, act: Act) -> Option<State> {
        use {Act as A, State as S};
        Some(match (self, from, act) {
            (_, from, A::Remark) => from,
            (Self::Accident, S::Open, A::Report | A::Amend) => S::Open,
            (Self::Accident, S::Open, A::Close) | (Self::Hazard, S::Rectified, A::Close) => S::Closed,
            (Self::Hazard, S::Open | S::Demanded | S::Rectified, A::Demand) => S::Demanded,
            (Self::Hazard, S::Demanded, A::Rectify) => S::Rectified,
            (_, S::Open, A::Withdraw) | (Self::Hazard, S::Demanded, A::Withdraw) => S::Withdrawn,
            _ => return None,
        })
    }

    /// What can be done with one in this state, in the order of the words.
    pub fn acts(self, from: State) -> impl Iterator<Item = Act> {
        Act::ALL.iter().copied().filter(move |a| self.next(from, *a).is_some())
    }
}

impl Act {
    /// Whether it may be done whatever others did since it was looked at: it adds a word and changes nothing.
    #[must_use]
    pub const fn is_never_late(self) -> bool {
        matches!(self, Self::Remark)
    }

    /// Whether a reason must be given.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        !matches!(self, Self::Enter | Self::Amend)
    }
}

/// Who was hurt and what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Harm {
    /// Dead.
    pub dead: i32,
    /// 重伤
    pub serious: i32,
    /// 轻伤
    pub minor: i32,
    /// 直接经济损失, yuan.
    pub loss_yuan: i64,
}

/// How grave: of an accident by its harm, of a hazard as it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of an accident.
    Accident(Grade),
    /// Of a hazard.
    Hazard(Severity),
}

impl Level {
    /// Its word in addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accident(g) => g.code(),
            Self::Hazard(s) => s.code(),
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> crate::outcome::Text {
        match self {
            Self::Accident(g) => g.text(),
            Self::Hazard(s) => s.text(),
        }
    }

    /// Place among those of its register, the least first: what is stored of it.
    #[must_use]
    pub fn number(self) -> i16 {
        let at = match self {
            Self::Accident(g) => Grade::ALL.iter().position(|x| *x == g),
            Self::Hazard(s) => Severity::ALL.iter().position(|x| *x == s),
        };
        i16::try_from(at.unwrap_or_default()).unwrap_or_default()
    }

    /// The level of a register by its number.
    #[must_use]
    pub fn from_number(register: Register, n: i16) -> Option<Self> {
        let n = usize::try_from(n).ok()?;
        match register {
            Register::Accident => Grade::ALL.get(n).copied().map(Self::Accident),
            Register::Hazard => Severity::ALL.get(n).copied().map(Self::Hazard),
        }
    }

    /// The level of a register by its word.
    #[must_use]
    pub fn from_code(register: Register, code: &str) -> Option<Self> {
        match register {
            Register::Accident => Grade::from_code(code).map(Self::Accident),
            Register::Hazard => Severity::from_code(code).map(Self::Hazard),
        }
    }
}

/// An accident or a hazard in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Number; unique over both registers.
    pub id: i64,
    /// Which register.
    pub register: Register,
    /// When it happened or was found, ms.
    pub at: i64,
    /// How grave.
    pub level: Level,
    /// What or where.
    pub kind: Kind,
    /// How far its handling is.
    pub state: State,
    /// District, GB/T 2260.
    pub division: i32,
    /// … its name.
    pub district: String,
    /// Place as written.
    pub place: String,
    /// Organisation that answers for it, id; 0 where none is known.
    pub org: i64,
    /// … its name.
    pub org_name: String,
    /// Tag of the cylinder; empty where none is known.
    pub tag: String,
    /// What happened, in brief.
    pub brief: String,
    /// Harm; none for a hazard.
    pub harm: Harm,
    /// 原因; empty until it is known.
    pub cause: String,
    /// Check item that a hazard is a failure of; empty for none.
    pub item: String,
    /// Last day for the rectification that was demanded.
    pub due: Option<NaiveDate>,
    /// When it was entered, ms.
    pub entered_at: i64,
}

impl Incident {
    /// Whether the rectification is late on a day.
    #[must_use]
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.state == State::Demanded && self.due.is_some_and(|d| today > d)
    }
}

/// A step of the handling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, ms.
    pub at: i64,
    /// What was done.
    pub act: Act,
    /// By whom.
    pub by: String,
    /// Why, or what.
    pub note: String,
    /// What changed: name of the field, before, after.
    pub changed: Vec<(String, String, String)>,
}

/// One with its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentPage {
    /// The accident or hazard.
    pub incident: Incident,
    /// What was done, the first step first.
    pub steps: Vec<Step>,
    /// Whether the reader may handle it.
    pub may_handle: bool,
    /// Whether its tag leads to a cylinder that the reader may see.
    pub traced: bool,
    /// The server's day.
    pub today: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hazard_is_closed_only_after_it_was_rectified() {
        use {Act as A, State as S};
        let run =
            |register: Register, acts: &[Act]| acts.iter().try_fold(S::Open, |state, act| register.next(state, *act));
        let h = Register::Hazard;
        assert_eq!(run(h, &[A::Demand, A::Rectify, A::Close]), Some(S::Closed));
        assert_eq!(run(h, &[A::Demand, A::Rectify, A::Demand, A::Rectify, A::Close]), Some(S::Closed));
        assert_eq!(run(h, &[A::Demand, A::Withdraw, A::Remark]), Some(S::Withdrawn));
        for wrong in [
            &[A::Close][..],
            &[A::Rectify],
            &[A::Demand, A::Close],
            &[A::Demand, A::Rectify, A::Withdraw],
            &[A::Report],
            &[A::Amend],
            &[A::Withdraw, A::Demand],
            &[A::Enter],
        ] {
            assert_eq!(run(h, wrong), None, "{wrong:?}");
        }
        let a = Register::Accident;
        assert_eq!(run(a, &[A::Report, A::Amend, A::Remark, A::Close]), Some(S::Closed));
        for wrong in [&[A::Demand][..], &[A::Close, A::Close], &[A::Close, A::Withdraw], &[A::Withdraw, A::Close]] {
            assert_eq!(run(a, wrong), None, "{wrong:?}");
        }
        for r in Register::ALL {
            for s in [S::Closed, S::Withdrawn] {
                assert_eq!(r.acts(s).collect::<Vec<_>>(), [A::Remark], "{r:?} {s:?}");
            }
        }
    }

    #[test]
    fn levels_read_back() {
        for r in Register::ALL {
            let all: Vec<Level> = (0..9).filter_map(|n| Level::from_number(*r, n)).collect();
            assert_eq!(all.len(), if *r == Register::Accident { 5 } else { 3 });
            for (n, l) in all.iter().enumerate() {
                assert_eq!((usize::try_from(l.number()).unwrap(), Level::from_code(*r, l.code())), (n, Some(*l)));
            }
            assert_eq!(Level::from_number(*r, -1), None);
        }
        for (i, f) in FILTERS.iter().enumerate() {
            assert!(!crate::list::RESERVED.contains(f) && !FILTERS[..i].contains(f), "{f}");
        }
    }
}
