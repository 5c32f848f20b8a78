//! What is entered by hand, and appeals (信用申诉): evidence, decision, effect.

use super::{ENTRY, Grade, PointRef};
use crate::{
    attachment::Attachment,
    check::{chosen, words},
    form::{Fault, Reader, Values},
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Characters of a reason, of grounds and of evidence at most.
pub const NOTE_MAX: usize = 200;
/// Days in which an appeal is decided, where no rule says otherwise.
pub const DECIDE_DAYS: i64 = 20;
/// Fields of an entry, in the order of the form.
pub const ENTRY_FIELDS: [&str; 5] = ["org", "item", "day", "document", "note"];
/// Fields of an appeal, in the order of the form.
pub const APPEAL_FIELDS: [&str; 3] = ["point", "grounds", "evidence"];

words! {
    /// How far an appeal is.
    State {
        /// 待办理
        Filed = "filed", "待办理", "Filed";
        /// 待补充材料
        Asked = "asked", "待补充材料", "More evidence asked for";
        /// 成立,不再扣分
        Granted = "granted", "申诉成立", "Granted";
        /// 部分成立,减少扣分
        Reduced = "reduced", "部分成立", "Granted in part";
        /// 不成立
        Rejected = "rejected", "申诉不成立", "Rejected";
        /// 复核中: somebody else looks at it.
        Review = "review", "复核中", "Under review";
        /// 复核维持
        Confirmed = "confirmed", "复核维持原决定", "Decision confirmed";
        /// 已撤回
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
    }
}

words! {
    /// What is done with an appeal.
    Act {
        /// 提出
        File = "file", "提出申诉", "Filed";
        /// 要求补充材料
        Ask = "ask", "要求补充材料", "Ask for more evidence";
        /// 补充材料
        Supplement = "supplement", "补充材料", "Give more evidence";
        /// 认定成立
        Grant = "grant", "认定成立", "Grant";
        /// 部分成立
        Reduce = "reduce", "认定部分成立", "Grant in part";
        /// 不予支持
        Reject = "reject", "不予支持", "Reject";
        /// 申请复核
        Review = "review", "申请复核", "Ask for a review";
        /// 维持原决定
        Confirm = "confirm", "维持原决定", "Confirm the decision";
        /// 撤回
        Withdraw = "withdraw", "撤回申诉", "Withdraw";
    }
}

words! {
    /// How an entry made by hand stands.
    EntryState {
        /// 有效
        Open = "open", "有效", "Counts";
        /// 已履行、已整改
        Closed = "closed", "已整改", "Put right";
        /// 已撤销: it was entered by mistake, and counts for nothing.
        Withdrawn = "withdrawn", "已撤销", "Withdrawn";
    }
}

words! {
    /// What is done with an entry made by hand.
    EntryAct {
        /// 整改完成
        Close = "close", "确认整改", "Put right";
        /// 撤销
        Withdraw = "withdraw", "撤销登记", "Withdraw";
    }
}

impl State {
    /// What an act leads to; `None` where it cannot be done. One review a point: `reviewed` says that there was one.
    #[must_use]
    pub const fn next(self, act: Act, reviewed: bool) -> Option<Self> {
        use {Act as A, State as S};
        Some(match (self, act) {
            (S::Filed, A::Ask) => S::Asked,
            (S::Asked, A::Supplement) => S::Filed,
            (S::Filed | S::Review, A::Grant) => S::Granted,
            (S::Filed | S::Review, A::Reduce) => S::Reduced,
            (S::Filed, A::Reject) => S::Rejected,
            (S::Review, A::Confirm) => S::Confirmed,
            (S::Rejected | S::Reduced, A::Review) if !reviewed => S::Review,
            (S::Filed | S::Asked | S::Review, A::Withdraw) => S::Withdrawn,
            _ => return None,
        })
    }

    /// Whether somebody has yet to do something.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Filed | Self::Asked | Self::Review)
    }

    /// What can be done now by the enterprise, or by the authority.
    pub fn acts(self, reviewed: bool, enterprise: bool) -> impl Iterator<Item = Act> {
        let fits = move |a: &&Act| a.is_of_the_enterprise() == enterprise && self.next(**a, reviewed).is_some();
        Act::ALL.iter().filter(fits).copied()
    }
}

impl Act {
    /// Whether it is the enterprise that does it; everything else is the authority's.
    #[must_use]
    pub const fn is_of_the_enterprise(self) -> bool {
        matches!(self, Self::File | Self::Supplement | Self::Review | Self::Withdraw)
    }

    /// Whether it decides: not by whoever decided before.
    #[must_use]
    pub const fn decides(self) -> bool {
        matches!(self, Self::Grant | Self::Reduce | Self::Reject | Self::Confirm)
    }
}

/// Something that a regulator enters: a penalty, a complaint that was true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Organisation.
    pub org: i64,
    /// Item: the id of its rule row.
    pub item: String,
    /// When it was decided or found.
    pub day: NaiveDate,
    /// 文号
    pub document: String,
    /// What it was.
    pub note: String,
}

/// Reads the form of an entry.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_entry(values: &Values, today: NaiveDate) -> Result<Entered, Vec<Fault>> {
    let mut r = Reader::new(values);
    let org = r.id("org");
    let item = r.needed("item", 64).to_owned();
    let known = item.starts_with(ENTRY) && item.bytes().all(|b| b.is_ascii_graphic());
    if !known && !item.is_empty() {
        r.fault("item", "请从列表中选择", "choose one of the list");
    }
    // What faded long ago would count for nothing.
    let first = today.checked_sub_days(Days::new(3_650)).unwrap_or(today);
    let day = r.day("day", first);
    let missing = values.get("day").is_none_or(|d| d.trim().is_empty());
    if missing {
        r.fault("day", "请填写此项", "fill this in");
    } else if day.is_some_and(|d| d > today) {
        r.fault("day", "不能晚于今天", "not after today");
    }
    let document = r.needed("document", 60).to_owned();
    let note = r.needed("note", NOTE_MAX).to_owned();
    r.done()?;
    let Some(day) = day else { return Err(vec![]) };
    Ok(Entered { org, item, day, document, note })
}

/// An appeal as it is filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Against which point.
    pub point: PointRef,
    /// Why.
    pub grounds: String,
    /// By what proof: numbers of records, documents, packs of evidence.
    pub evidence: String,
}

/// Reads the form of an appeal.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_appeal(values: &Values) -> Result<Filed, Vec<Fault>> {
    let mut r = Reader::new(values);
    let text = r.needed("point", 100);
    let point = text.parse().ok();
    if point.is_none() && !text.is_empty() {
        r.fault("point", "请从扣分记录中选择", "choose one of the points");
    }
    let grounds = r.needed("grounds", NOTE_MAX).to_owned();
    let evidence = r.needed("evidence", NOTE_MAX).to_owned();
    r.done()?;
    let Some(point) = point else { return Err(vec![]) };
    Ok(Filed { point, grounds, evidence })
}

/// What the form of a step of an appeal asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is done.
    pub act: Act,
    /// Why.
    pub note: String,
    /// Evidence that is added.
    pub evidence: String,
    /// Share that still counts where it is granted in part, percent.
    pub share: Option<i64>,
    /// Steps that stood there when it was looked at.
    pub seen: i64,
}

/// Reads the form of a step.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read_act(values: &Values) -> Result<Asked, Vec<Fault>> {
    let mut r = Reader::new(values);
    let act = chosen(&mut r, "act", true, |w| Act::from_code(w).filter(|a| *a != Act::File));
    let note = r.needed("note", NOTE_MAX).to_owned();
    let evidence = r.text("evidence", NOTE_MAX).to_owned();
    if evidence.is_empty() && act == Some(Act::Supplement) {
        r.fault("evidence", "请填写此项", "fill this in");
    }
    let share = r.count("share", 99);
    if act == Some(Act::Reduce) && share.is_none_or(|s| s == 0) {
        r.fault("share", "应为 1 至 99 的整数", "a whole number from 1 to 99");
    }
    let seen = r.count("seen", i64::from(i32::MAX)).unwrap_or_default();
    // One fault a field is enough.
    let mut named = std::collections::HashSet::new();
    r.done().map_err(|mut f| {
        f.retain(|f| named.insert(f.field.clone()));
        f
    })?;
    let Some(act) = act else { return Err(vec![]) };
    Ok(Asked { act, note, evidence, share: share.filter(|_| act == Act::Reduce), seen })
}

/// An appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Number.
    pub id: i64,
    /// Organisation.
    pub org: i64,
    /// … its name.
    pub org_name: String,
    /// Against which point.
    pub point: PointRef,
    /// What the point is called, Chinese and English.
    pub item: (String, String),
    /// The page of the event behind the point.
    pub event: Option<String>,
    /// How far it is.
    pub state: State,
    /// Why.
    pub grounds: String,
    /// By what proof.
    pub evidence: String,
    /// When it was filed, ms.
    pub filed_at: i64,
    /// Until when it is to be decided.
    pub due: NaiveDate,
    /// Share of the point that still counts, percent.
    pub share: i64,
    /// Whether it was reviewed, or is.
    pub reviewed: bool,
}

/// An appeal in its list.
pub type AppealLine = Appeal;

impl Appeal {
    /// Whether its decision is late on a day.
    #[must_use]
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.state.is_pending() && today > self.due
    }
}

/// A step of an appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, ms.
    pub at: i64,
    /// What was done.
    pub act: Act,
    /// By whom; empty where the reader is not told.
    pub by: String,
    /// Why.
    pub note: String,
    /// Evidence that was added.
    pub evidence: String,
    /// What a decision changed: points in thousandths and grade, before and after.
    pub effect: Option<((i64, Grade), (i64, Grade))>,
}

/// An appeal with its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealPage {
    /// The appeal.
    pub appeal: Appeal,
    /// What was done, the first step first.
    pub steps: Vec<Step>,
    /// What the reader could do next, as far as the state allows it.
    pub acts: Vec<Act>,
    /// Evidence that was attached.
    pub files: Vec<Attachment>,
}

/// Something that was entered by hand, in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// Number.
    pub id: i64,
    /// Organisation.
    pub org: i64,
    /// … its name.
    pub org_name: String,
    /// Item: the id of its rule row.
    pub item: String,
    /// When it was decided or found.
    pub day: NaiveDate,
    /// 文号
    pub document: String,
    /// What it was.
    pub note: String,
    /// How it stands.
    pub state: EntryState,
    /// When it was entered, ms.
    pub entered_at: i64,
}
