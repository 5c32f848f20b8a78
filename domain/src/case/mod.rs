//! Complaints, reports, suggestions and repairs (S0-50, S0-58B8, S0-58B9; rules.md §11): one case with a number and a look-up code,
//! its tracks, what can be done with it when and by whom, and its clocks.
//!
//! A complaint (投诉) asks for a dispute to be settled, a report (举报) tells of a breach: they are two tracks from the intake on
//! (市场监督管理投诉举报处理办法 第九条), also where one letter is both.

mod clocks;
mod document;
mod form;
mod sheet;

pub use clocks::{Clock, ROLL, Running, Subject, Told, due_of, provisional_of, reckon, rule, rule_rows, term_of};
pub use document::{Document, Filled, fill};
pub use form::{ACT_FIELDS, Asked, ENTRY_FIELDS, Entered, From, PUBLIC_FIELDS, act, read};
pub(crate) use form::{about, reporter};
pub use sheet::{Aside, COLUMNS, SheetFault, SheetRow, sheet, sheet_in};

use crate::{attachment::Attachment, check::words};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Longest account of what happened, characters.
pub const TEXT_MAX: usize = 2_000;
/// Longest remark, reason or reply, characters.
pub const NOTE_MAX: usize = 1_000;

/// Names of the filters of the list. The first is the search box.
pub const FILTERS: [&str; 9] = ["q", "state", "track", "overdue", "channel", "org", "district", "from", "to"];

words! {
    /// Which way a case goes.
    Track {
        /// 投诉: a consumer's dispute that is to be settled.
        Complaint = "complaint", "投诉", "Complaint";
        /// 举报: clues of a breach.
        Report = "report", "举报", "Report";
        /// 建议
        Suggestion = "suggestion", "建议", "Suggestion";
        /// 报修
        Repair = "repair", "报修", "Repair";
    }
}

words! {
    /// How it came.
    Channel {
        /// 网站
        Web = "web", "网站", "Website";
        /// 扫码: from the page of a cylinder.
        Scan = "scan", "扫码", "Scan of a label";
        /// 电话
        Phone = "phone", "电话", "Telephone";
        /// 来信
        Paper = "paper", "来信", "Letter";
        /// 来访
        Visit = "visit", "来访", "Visit";
        /// 12315
        P12315 = "12315", "12315 平台", "12315 platform";
        /// 12345
        P12345 = "12345", "12345 热线", "12345 hotline";
        /// 其他
        Other = "other", "其他", "Other";
    }
}

words! {
    /// How far it is.
    State {
        /// 待处理
        Received = "received", "待处理", "Received";
        /// 已受理
        Accepted = "accepted", "已受理", "Accepted";
        /// 不予受理
        Refused = "refused", "不予受理", "Not accepted";
        /// 调解中
        Mediating = "mediating", "调解中", "In mediation";
        /// 达成调解
        Settled = "settled", "达成调解", "Settled";
        /// 终止调解
        Ended = "ended", "终止调解", "Mediation ended";
        /// 已立案
        Filed = "filed", "已立案", "Case filed";
        /// 不予立案
        NotFiled = "not_filed", "不予立案", "Not filed";
        /// 已答复
        Replied = "replied", "已答复", "Replied to";
        /// 已维修
        Repaired = "repaired", "已维修", "Repaired";
        /// 已移送,待回执
        HandedOver = "handed_over", "已移送待回执", "Handed over, receipt awaited";
        /// 已移送,有回执
        Transferred = "transferred", "已移送", "Handed over and received";
        /// 已撤回
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// 已办结
        Closed = "closed", "已办结", "Closed";
    }
}

words! {
    /// What is done with one.
    Act {
        /// 登记
        Enter = "enter", "登记", "Entered";
        /// 受理 (第十五条 in the order of 2026; 暂行办法 第十四条)
        Accept = "accept", "受理", "Accepted";
        /// 不予受理 (第十六条)
        Refuse = "refuse", "不予受理", "Not accepted";
        /// 开始调解
        Mediate = "mediate", "开始调解", "Mediation begun";
        /// 达成调解协议
        Settle = "settle", "达成调解协议", "Settled by agreement";
        /// 终止调解 (第二十三条)
        End = "end", "终止调解", "Mediation ended";
        /// 申请延长核查
        AskExtension = "ask_extension", "申请延长核查", "Extension asked for";
        /// 批准延长核查 (市场监督管理行政处罚程序规定 第十八条)
        Extend = "extend", "批准延长核查", "Extension approved";
        /// 立案
        File = "file", "立案", "Case filed";
        /// 不予立案
        NotFile = "not_file", "不予立案", "Not filed";
        /// 告知
        Tell = "tell", "告知", "Told";
        /// 分送/移送
        HandOver = "hand_over", "分送移送", "Handed over";
        /// 收到回执
        Receipt = "receipt", "收到回执", "Receipt came";
        /// 被退回
        Return = "return", "被退回", "Handed back";
        /// 暂停计时
        Pause = "pause", "暂停计时", "Held up";
        /// 恢复计时
        Resume = "resume", "恢复计时", "Goes on";
        /// 转企业答复
        Ask = "ask", "转企业答复", "Enterprise asked";
        /// 企业答复
        Answer = "answer", "企业答复", "Enterprise's answer";
        /// 维修完成
        Repair = "repaired", "维修完成", "Repaired";
        /// 答复公众
        Reply = "reply", "答复公众", "Reply to the citizen";
        /// 出具文书
        Issue = "issue", "出具文书", "Document issued";
        /// 补充材料
        Supply = "supply", "补充材料", "More was told";
        /// 撤回
        Withdraw = "withdraw", "撤回", "Withdrawn";
        /// 评价
        Rate = "rate", "评价", "Rated";
        /// 办结
        Close = "close", "办结", "Closed";
        /// 重新办理
        Reopen = "reopen", "重新办理", "Opened again";
        /// 备注
        Remark = "remark", "备注", "Remark";
    }
}

words! {
    /// Who does something with a case.
    Hand {
        /// The authority.
        Officer = "officer", "承办人员", "Officer";
        /// The enterprise that it is about.
        Enterprise = "enterprise", "被反映单位", "Enterprise";
        /// Whoever brought it.
        Citizen = "citizen", "反映人", "Citizen";
    }
}

words! {
    /// Why a complaint is not accepted: 市场监督管理投诉举报处理办法 (总局令第121号) 第十六条; the first five and the last also under 暂行办法
    /// (总局令第20号) 第十五条.
    Ground {
        /// Not the authority's.
        NotOurs = "not_ours", "不属于本部门职责,或者本机关不具有处理权限", "Outside this authority's duties or powers";
        /// A court, an arbiter or another body has it.
        Elsewhere = "elsewhere", "法院、仲裁机构、行政机关、消费者协会或者其他调解组织已经受理或者处理过同一争议", "A court, an arbiter or another body has dealt with the same dispute";
        /// No consumer, or no dispute.
        NoConsumer = "no_consumer", "不是为生活消费需要,或者不能证明与被投诉人之间存在消费者权益争议", "Not for everyday needs, or no dispute is shown";
        /// More than three years.
        TooLate = "too_late", "知道或者应当知道权益受到侵害之日起超过三年", "More than three years since the harm was known";
        /// What must be given is missing.
        Incomplete = "incomplete", "未提供规定的材料", "The required material is missing";
        /// Who complains is not who he says: since order 121.
        Identity = "identity", "未提供真实身份信息,或者冒用他人名义投诉(待确认)", "No true identity, or in another's name (to be confirmed)";
        /// Others by law.
        ByLaw = "by_law", "法律、法规、规章规定不予受理的其他情形", "Another case named by law";
    }
}

words! {
    /// Why a mediation ends: 市场监督管理投诉举报处理办法 (总局令第121号) 第二十三条; all but one also under 暂行办法 (总局令第20号) 第二十一条.
    EndGround {
        /// Taken back or settled privately.
        TakenBack = "taken_back", "投诉人撤回投诉,或者双方自行和解", "The complaint was taken back, or settled between the two";
        /// No agreement on the laboratory or its cost.
        NoTest = "no_test", "对委托检定、检验、检测、鉴定的技术机构或者费用承担无法协商一致", "No agreement on who tests, or at whose cost";
        /// One does not come.
        Absent = "absent", "无正当理由不参加调解,或者被投诉人明确拒绝调解", "One stays away without good reason, or refuses mediation";
        /// One says that there will be no agreement.
        NoAgreement = "no_agreement", "经组织调解,一方明确表示无法达成调解协议", "One of the two says that there will be no agreement";
        /// The term is over.
        OutOfTime = "out_of_time", "调解期限届满未能达成调解协议", "No agreement within the term";
        /// A ground for not accepting it was found afterwards.
        NotAcceptable = "not_acceptable", "受理后发现存在不予受理情形", "A ground for not accepting it was found afterwards";
        /// Misuse: since order 121.
        Misuse = "misuse", "发现投诉人滥用投诉权利、提供虚假材料(待确认)", "Misuse of the right to complain, or false material (to be confirmed)";
        /// Others by law.
        ByLaw = "by_law", "法律、法规、规章规定应当终止调解的其他情形", "Another case named by law";
    }
}

words! {
    /// Why a clock is held up.
    Hold {
        /// 检定、检验、检测、鉴定 (not counted: 投诉举报处理办法 on mediation; 行政处罚程序规定 第十八条 on verification).
        Test = "test", "检定、检验、检测、鉴定", "Verification, inspection, test or appraisal";
        /// 权利人辨认、鉴别 (行政处罚程序规定 第十八条)
        Identify = "identify", "权利人辨认或者鉴别", "The holder of the right identifies goods";
        /// 等待补正材料
        Material = "material", "等待投诉人补正材料", "The complainant is to complete his material";
        /// 等待其他机关
        Authority = "authority", "等待其他机关答复或者裁判", "Another authority's answer is awaited";
        /// 预约上门 (repairs)
        Visit = "visit", "与用户另约上门时间", "Another time was agreed with the user";
        /// 不可抗力 (民法典 第一百九十四条 by analogy)
        Force = "force", "不可抗力", "Force majeure";
    }
}

words! {
    /// How content the citizen is.
    Rating {
        /// 非常满意
        Five = "5", "非常满意", "Very content";
        /// 满意
        Four = "4", "满意", "Content";
        /// 基本满意
        Three = "3", "基本满意", "Fairly content";
        /// 不满意
        Two = "2", "不满意", "Not content";
        /// 非常不满意
        One = "1", "非常不满意", "Not content at all";
    }
}

/// The day from which on order 121 is in force.
#[must_use]
pub fn order_121() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 4, 15).unwrap_or_default()
}

/// Under which order a case of a day is: 20 or 121.
#[must_use]
pub fn order_of(day: NaiveDate) -> i64 {
    if day < order_121() { 20 } else { 121 }
}

impl Track {
    /// How its numbers begin.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Complaint => "TS",
            Self::Report => "JB",
            Self::Suggestion => "JY",
            Self::Repair => "BX",
        }
    }

    /// What an act leads to from a state; `None` where it cannot be done there. It is the one table of what can be done when.
    ///
    /// A report is not taken back: what it tells of is looked into. A dispute that was dealt with is not opened again (第十六条 (二)):
    /// new facts are a new case.
    #[must_use]
    pub const fn next(self, from: State, act: Act) -> Option<State> {
        use {Act as A, State as S, Track as T};
        let open = from.is_open();
        Some(match (self, from, act) {
            (_, _, A::Remark) => from,
            (_, _, A::Issue) if !matches!(from, S::Withdrawn) => from,
            (_, S::Closed | S::Settled | S::Ended | S::Replied | S::Repaired | S::Refused, A::Rate) => from,
            (_, _, A::Pause | A::Resume | A::Ask | A::Answer | A::Supply) if open => from,
            (T::Suggestion, S::Received | S::Replied, A::Reply) => S::Replied,
            (_, S::Withdrawn | S::Closed, A::Reply) => return None,
            (_, _, A::Reply) => from,
            (T::Complaint, S::Received, A::Accept) => S::Accepted,
            (T::Complaint, S::Received, A::Refuse) => S::Refused,
            (T::Complaint, S::Accepted, A::Mediate) => S::Mediating,
            (T::Complaint, S::Accepted | S::Mediating, A::Settle) => S::Settled,
            (T::Complaint, S::Accepted | S::Mediating, A::End) => S::Ended,
            (T::Complaint, S::Ended | S::Refused, A::Tell) => from,
            (T::Report, S::Received, A::AskExtension | A::Extend) => from,
            (T::Report, S::Received, A::File) => S::Filed,
            (T::Report, S::Received, A::NotFile) => S::NotFiled,
            (T::Report, S::Filed | S::NotFiled, A::Tell) => from,
            (T::Repair, S::Received, A::Repair) => S::Repaired,
            (_, S::Received, A::HandOver) => S::HandedOver,
            (_, S::HandedOver, A::Receipt) => S::Transferred,
            (_, S::HandedOver, A::Return) => S::Received,
            (T::Complaint, S::Received | S::Accepted | S::Mediating, A::Withdraw) => S::Withdrawn,
            (T::Suggestion | T::Repair, S::Received, A::Withdraw) => S::Withdrawn,
            (
                _,
                S::Refused | S::Settled | S::Ended | S::Filed | S::NotFiled | S::Replied | S::Repaired | S::Transferred,
                A::Close,
            ) => S::Closed,
            (T::Report | T::Suggestion | T::Repair, S::Closed, A::Reopen) => S::Received,
            _ => return None,
        })
    }

    /// What somebody can do with one in this state, in the order of the words.
    pub fn acts(self, from: State, hand: Hand) -> impl Iterator<Item = Act> {
        Act::ALL.iter().copied().filter(move |a| a.is_of(hand) && self.next(from, *a).is_some())
    }
}

impl State {
    /// Whether the authority has something left to do besides telling and closing.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Accepted | Self::Mediating)
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Closed)
    }
}

/// What of an act is chosen from words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing.
    None,
    /// A [`Ground`].
    Ground,
    /// An [`EndGround`].
    EndGround,
    /// A [`Hold`].
    Hold,
    /// A [`Rating`].
    Rating,
    /// A [`Document`].
    Document,
}

impl Choice {
    /// The words, for a case of an order.
    #[must_use]
    pub fn words(self, order: i64) -> Vec<(&'static str, crate::outcome::Text)> {
        let since_121 = order >= 121;
        match self {
            Self::None => vec![],
            Self::Ground => Ground::ALL
                .iter()
                .filter(|g| since_121 || **g != Ground::Identity)
                .map(|g| (g.code(), g.text()))
                .collect(),
            Self::EndGround => EndGround::ALL
                .iter()
                .filter(|g| since_121 || **g != EndGround::Misuse)
                .map(|g| (g.code(), g.text()))
                .collect(),
            Self::Hold => Hold::ALL.iter().map(|h| (h.code(), h.text())).collect(),
            Self::Rating => Rating::ALL.iter().map(|r| (r.code(), r.text())).collect(),
            Self::Document => Document::ALL.iter().map(|d| (d.code(), d.text())).collect(),
        }
    }

    /// The text of one of the words.
    #[must_use]
    pub fn text(self, code: &str) -> Option<crate::outcome::Text> {
        self.words(121).into_iter().find(|w| w.0 == code).map(|w| w.1)
    }
}

impl Act {
    /// Whether somebody may do it. An officer does whatever is told him by telephone, but how content the citizen is only the citizen says,
    /// by the code that he was given: the figure judges the officers themselves.
    #[must_use]
    pub const fn is_of(self, hand: Hand) -> bool {
        match hand {
            Hand::Officer => !matches!(self, Self::Enter | Self::Rate),
            Hand::Enterprise => matches!(self, Self::Answer | Self::Repair),
            Hand::Citizen => matches!(self, Self::Supply | Self::Withdraw | Self::Rate),
        }
    }

    /// Whether it needs a second person: who asked for it does not approve it.
    #[must_use]
    pub const fn is_approval(self) -> bool {
        matches!(self, Self::Extend)
    }

    /// Whether it may be done whatever others did since it was looked at: it adds a word and changes nothing.
    #[must_use]
    pub const fn is_never_late(self) -> bool {
        matches!(self, Self::Remark | Self::Supply | Self::Issue)
    }

    /// Whether a text must be given: why, or what is told.
    #[must_use]
    pub const fn needs_note(self) -> bool {
        !matches!(
            self,
            Self::Enter
                | Self::Accept
                | Self::Mediate
                | Self::Extend
                | Self::File
                | Self::Tell
                | Self::Receipt
                | Self::Resume
                | Self::Issue
                | Self::Rate
                | Self::Refuse
                | Self::End
                | Self::Pause
                | Self::Close
        )
    }

    /// What of it is chosen from words; it must be given.
    #[must_use]
    pub const fn choice(self) -> Choice {
        match self {
            Self::Refuse => Choice::Ground,
            Self::End => Choice::EndGround,
            Self::Pause => Choice::Hold,
            Self::Rate => Choice::Rating,
            Self::Issue => Choice::Document,
            _ => Choice::None,
        }
    }

    /// Whether something is named with it, which must be given: the authority that it is handed to, the number of its receipt.
    #[must_use]
    pub const fn names_something(self) -> bool {
        matches!(self, Self::HandOver | Self::Receipt)
    }

    /// Whether whoever brought the case reads of it when he follows it, and its text with it.
    #[must_use]
    pub const fn is_told_to_citizen(self) -> bool {
        !matches!(self, Self::Remark | Self::AskExtension | Self::Ask | Self::Answer | Self::Issue)
    }

    /// Whether the enterprise reads its text. It reads what is asked of it and what it said itself; what the citizen says of himself and
    /// what officers note is not for it.
    #[must_use]
    pub const fn is_told_to_enterprise(self) -> bool {
        matches!(self, Self::Ask | Self::Answer | Self::Repair)
    }
}

words! {
    /// Why an act that the state allows is not taken now.
    Bar {
        /// It is held up already.
        Held = "held", "计时已暂停,请先恢复", "Its clocks are held up already: let them go on first";
        /// It is not held up.
        NotHeld = "not_held", "计时没有暂停", "Its clocks are not held up";
        /// Nobody asked for an extension.
        NotAsked = "not_asked", "没有待批准的延长申请", "No extension was asked for";
        /// It was extended, or asked for, already.
        Twice = "twice", "核查期限只能延长一次,或已有申请待批", "An extension was granted or asked for already";
        /// Whoever asked does not approve.
        Own = "own", "申请人不得批准自己的申请,请由另一名有审批权限的人员处理", "Who asked for it does not approve it: somebody else must";
        /// Who must be told was not told.
        Untold = "untold", "请先告知当事人再办结", "Tell those concerned first, then close it";
        /// It was rated.
        Rated = "rated", "已经评价过", "It was rated already";
        /// The term is over.
        Over = "over", "核查期限已届满,不能再延长", "The term of verification is over: it is extended no more";
        /// As often as one may on one day.
        Often = "often", "今天补充的次数已达上限,请明天再补充", "As much was added today as can be: add the rest tomorrow";
    }
}

/// What of a case decides whether an act is barred.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// How far it is.
    pub state: State,
    /// Whether its clocks are held up.
    pub held: bool,
    /// Whether whoever brought it gave his name.
    pub real_name: bool,
    /// Whether it was rated.
    pub rated: bool,
    /// Whether the term of its verification is over.
    pub over: bool,
    /// What was done, the first step first, each with the account that did it.
    pub done: &'a [(Act, i64)],
}

impl Facts<'_> {
    /// Why an act that the state allows is not taken from an account; `None` where it is.
    ///
    /// Verification is extended once, by somebody else than who asked (市场监督管理行政处罚程序规定 第十八条: 经市场监督管理部门负责人
    /// 批准); the end of mediation and the decision on a report are told before the case is closed.
    #[must_use]
    pub fn bar(&self, act: Act, account: i64) -> Option<Bar> {
        // A case that is opened again is verified anew; one that was handed back goes on.
        let since = self.done.iter().rposition(|(a, _)| matches!(a, Act::Enter | Act::Reopen)).unwrap_or_default();
        let lately = self.done.get(since..).unwrap_or_default();
        let asker = lately.iter().rev().find(|(a, _)| *a == Act::AskExtension).map(|(_, by)| *by);
        let was = |act: Act| lately.iter().any(|(a, _)| *a == act);
        match act {
            Act::Pause if self.held => Some(Bar::Held),
            Act::Resume if !self.held => Some(Bar::NotHeld),
            Act::AskExtension if asker.is_some() => Some(Bar::Twice),
            Act::Extend if was(Act::Extend) => Some(Bar::Twice),
            Act::Extend if asker.is_none() => Some(Bar::NotAsked),
            Act::Extend if asker == Some(account) => Some(Bar::Own),
            Act::AskExtension | Act::Extend if self.over => Some(Bar::Over),
            Act::Rate if self.rated => Some(Bar::Rated),
            Act::Close if !was(Act::Tell) => {
                let must = self.state == State::Ended
                    || matches!(self.state, State::Filed | State::NotFiled) && self.real_name;
                must.then_some(Bar::Untold)
            }
            _ => None,
        }
    }
}

/// A case in its list: nothing in it tells who brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Id.
    pub id: i64,
    /// Number: `TS20261122-000017`.
    pub number: String,
    /// Which way it goes.
    pub track: Track,
    /// How it came.
    pub channel: Channel,
    /// How far it is.
    pub state: State,
    /// Why its clocks are held up; `None` where they are not.
    pub hold: Option<Hold>,
    /// When it was received, ms: rules of this day apply.
    pub received_at: i64,
    /// When it was entered, ms.
    pub entered_at: i64,
    /// District, GB/T 2260; 0 where none is known.
    pub division: i32,
    /// … its name.
    pub district: String,
    /// Organisation that it is about, id; 0 for none.
    pub org: i64,
    /// … its name.
    pub org_name: String,
    /// Tag of the cylinder that it is about; empty for none.
    pub tag: String,
    /// In a few words.
    pub title: String,
    /// What happened.
    pub text: String,
    /// What is asked for.
    pub wish: String,
    /// Where it happened, or where to repair.
    pub place: String,
    /// Whether whoever brought it gave a name and a telephone number.
    pub real_name: bool,
    /// Number of the platform that it came from; empty for none.
    pub external_no: String,
    /// Number of the case of the other track that came with it; empty for none.
    pub twin: String,
    /// Last instant of the first of its clocks that runs, ms.
    pub due: Option<i64>,
    /// Whether a clock was reckoned by a year whose days are not confirmed.
    pub provisional: bool,
    /// How content the citizen is, 1 to 5; 0 where he did not say.
    pub rating: i16,
    /// When it was closed or withdrawn, ms.
    pub closed_at: Option<i64>,
    /// Counts what was done.
    pub version: i64,
}

impl Case {
    /// Whether a clock of it is late at an instant.
    #[must_use]
    pub fn is_overdue(&self, now: i64) -> bool {
        self.due.is_some_and(|d| now > d)
    }

    /// The order under which it is.
    #[must_use]
    pub fn order(&self) -> i64 {
        order_of(crate::clock::local_date(self.received_at))
    }
}

/// Who brought a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporter {
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// Address.
    pub address: String,
}

impl Reporter {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.name.is_empty() && self.phone.is_empty() && self.address.is_empty()
    }

    /// With what tells a person apart hidden: `张*`, `138****1111`, the beginning of the address.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut name: String = self.name.chars().take(1).collect();
        if !name.is_empty() {
            name.push_str("**");
        }
        let phone = match self.phone.parse::<crate::codes::Phone>() {
            Ok(p) => p.masked(),
            Err(_) if self.phone.is_empty() => String::new(),
            Err(_) => "****".into(),
        };
        let mut address: String = self.address.chars().take(6).collect();
        if self.address.chars().count() > 6 {
            address.push_str("****");
        }
        Self { name, phone, address }
    }
}

/// Something that was done with a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Running number, from 1.
    pub no: i64,
    /// When, ms.
    pub at: i64,
    /// What.
    pub act: Act,
    /// By whose hand.
    pub hand: Hand,
    /// Name of the account; empty for the citizen, and for whom it is not to know.
    pub by: String,
    /// Why, or what was told.
    pub note: String,
    /// The word that was chosen with it: code of [`Choice`].
    pub word: String,
    /// What was named with it: the authority, the receipt.
    pub with: String,
}

/// A case with what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePage {
    /// The case.
    pub case: Case,
    /// Who brought it, masked; nobody where the reader is not to know.
    pub reporter: Reporter,
    /// What was done, the first step first.
    pub steps: Vec<Step>,
    /// Its clocks in the order in which they began.
    pub clocks: Vec<Running>,
    /// What the reader can do now.
    pub acts: Vec<Act>,
    /// Documents that can be made of it now.
    pub documents: Vec<Document>,
    /// Pictures that whoever brought it attached; none where the reader is not to see them.
    pub files: Vec<Attachment>,
    /// Whether its tag leads to a cylinder that the reader may see.
    pub traced: bool,
    /// Calls that it came of, for an authority.
    pub calls: Vec<i64>,
}

/// What whoever brought a case reads of it by its number and code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowPage {
    /// Number.
    pub number: String,
    /// Track.
    pub track: Track,
    /// How far it is.
    pub state: State,
    /// When it was received, ms.
    pub received_at: i64,
    /// In a few words, as it was entered.
    pub title: String,
    /// Number of the case of the other track that came with it; empty for none.
    pub twin: String,
    /// What was done that concerns him; no names.
    pub steps: Vec<Step>,
    /// Clocks that run.
    pub clocks: Vec<Running>,
    /// Pictures that he attached.
    pub files: Vec<Attachment>,
    /// What he can do now.
    pub acts: Vec<Act>,
    /// How content he said that he is, 1 to 5; 0 where he did not say.
    pub rating: i16,
    /// Counts what was done.
    pub version: i64,
}

/// What somebody gets who brought a case: with both he follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Id.
    pub id: i64,
    /// Track.
    pub track: Track,
    /// Number.
    pub number: String,
    /// Look-up code.
    pub code: String,
}

/// A number of cases, by what they are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// By track and state; what there is none of is left out.
    pub states: Vec<(Track, State, i64)>,
    /// Of which a clock is late.
    pub overdue: i64,
    /// Of which a clock ends within a day.
    pub soon: i64,
    /// Whose clocks are held up.
    pub held: i64,
}

/// How punctual a clock was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Punctual {
    /// Which.
    pub clock: Clock,
    /// Kept within the term.
    pub on_time: i64,
    /// Kept too late.
    pub late: i64,
    /// Not kept, and the term is over.
    pub missed: i64,
    /// Still running.
    pub running: i64,
}

impl Punctual {
    /// Per mille of what is decided that was kept within the term; `None` where nothing is decided.
    #[must_use]
    pub fn rate(&self) -> Option<i64> {
        let all = self.on_time + self.late + self.missed;
        (all > 0).then(|| self.on_time * 1_000 / all)
    }
}

/// How the authority's own work stands, for a stretch of days (S0-50).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Of each clock whose term ended within the days, re-checks of hazards among them.
    pub clocks: Vec<Punctual>,
    /// Alerts raised within the days.
    pub alerts: i64,
    /// Of which somebody took note or did something.
    pub answered: i64,
    /// Median of the time until then, ms.
    pub response_ms: Option<i64>,
    /// Cases received within the days.
    pub received: i64,
    /// Cases closed within the days.
    pub closed: i64,
    /// Of the latter, how many were rated …
    pub rated: i64,
    /// … and the sum of the ratings.
    pub stars: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(track: Track, acts: &[Act]) -> Option<State> {
        acts.iter().try_fold(State::Received, |s, a| track.next(s, *a))
    }

    #[test]
    fn each_track_goes_its_way_and_nothing_else() {
        use {Act as A, State as S, Track as T};
        for (track, acts, state) in [
            (T::Complaint, &[A::Accept, A::Mediate, A::Settle, A::Close][..], Some(S::Closed)),
            (T::Complaint, &[A::Accept, A::End, A::Tell, A::Close, A::Rate], Some(S::Closed)),
            (T::Complaint, &[A::Refuse, A::Tell, A::Close], Some(S::Closed)),
            (T::Complaint, &[A::HandOver, A::Receipt, A::Close], Some(S::Closed)),
            (T::Complaint, &[A::HandOver, A::Return, A::Accept], Some(S::Accepted)),
            (T::Complaint, &[A::Accept, A::Withdraw, A::Remark], Some(S::Withdrawn)),
            (T::Complaint, &[A::Accept, A::Pause, A::Ask, A::Answer, A::Resume, A::Mediate], Some(S::Mediating)),
            (
                T::Report,
                &[A::AskExtension, A::Extend, A::NotFile, A::Tell, A::Close, A::Reopen, A::File],
                Some(S::Filed),
            ),
            (T::Suggestion, &[A::Reply, A::Rate, A::Reply, A::Close, A::Reopen], Some(S::Received)),
            (T::Repair, &[A::Ask, A::Repair, A::Close, A::Reopen, A::Repair], Some(S::Repaired)),
            (T::Complaint, &[A::Mediate], None),
            (T::Complaint, &[A::Settle], None),
            (T::Complaint, &[A::Close], None),
            (T::Complaint, &[A::File], None),
            (T::Complaint, &[A::Accept, A::HandOver], None),
            (T::Complaint, &[A::Refuse, A::Close, A::Reopen], None),
            (T::Complaint, &[A::Accept, A::Settle, A::Withdraw], None),
            (T::Report, &[A::Accept], None),
            (T::Report, &[A::Withdraw], None),
            (T::Report, &[A::File, A::NotFile], None),
            (T::Suggestion, &[A::Accept], None),
            (T::Suggestion, &[A::Withdraw, A::Reply], None),
            (T::Repair, &[A::Close], None),
            (T::Repair, &[A::Enter], None),
        ] {
            assert_eq!(run(track, acts), state, "{track:?} {acts:?}");
        }
        for t in Track::ALL {
            for s in State::ALL {
                assert!(t.next(*s, Act::Enter).is_none() && t.next(*s, Act::Remark) == Some(*s));
                for a in [Act::Answer, Act::Repair] {
                    assert!(!s.has_ended() || t.next(*s, a).is_none(), "nothing is answered afterwards");
                }
            }
        }
    }

    #[test]
    fn an_extension_is_one_and_approved_by_another() {
        let bar = |done: &[(Act, i64)], act, by| {
            Facts { state: State::Received, held: false, real_name: true, rated: false, over: false, done }.bar(act, by)
        };
        let asked = [(Act::Enter, 1), (Act::AskExtension, 7)];
        assert_eq!(bar(&asked[..1], Act::Extend, 8), Some(Bar::NotAsked));
        assert_eq!((bar(&asked, Act::Extend, 7), bar(&asked, Act::Extend, 8)), (Some(Bar::Own), None));
        assert_eq!(bar(&asked, Act::AskExtension, 8), Some(Bar::Twice));
        let extended = [asked[0], asked[1], (Act::Extend, 8)];
        assert_eq!(
            (bar(&extended, Act::Extend, 8), bar(&extended, Act::AskExtension, 7)),
            (Some(Bar::Twice), Some(Bar::Twice))
        );
        // What was handed back goes on: it is not extended a second time.
        let back = [asked[0], asked[1], (Act::Extend, 8), (Act::HandOver, 7), (Act::Return, 7)];
        assert_eq!(bar(&back, Act::AskExtension, 7), Some(Bar::Twice));
        let over =
            Facts { state: State::Received, held: false, real_name: true, rated: false, over: true, done: &asked };
        assert_eq!((over.bar(Act::Extend, 8), over.bar(Act::AskExtension, 9)), (Some(Bar::Over), Some(Bar::Twice)));
        let early = Facts { done: &asked[..1], ..over };
        assert_eq!(early.bar(Act::AskExtension, 9), Some(Bar::Over));
        let again = [asked[0], asked[1], (Act::Extend, 8), (Act::Reopen, 7)];
        assert_eq!((bar(&again, Act::AskExtension, 7), bar(&again, Act::Extend, 8)), (None, Some(Bar::NotAsked)));
    }

    #[test]
    fn nothing_is_closed_before_it_was_told() {
        let close = |state, real_name, done: &[(Act, i64)]| {
            Facts { state, held: false, real_name, rated: false, over: false, done }.bar(Act::Close, 1)
        };
        for (state, real_name, bar) in [
            (State::Ended, false, Some(Bar::Untold)),
            (State::Filed, true, Some(Bar::Untold)),
            (State::NotFiled, false, None),
            (State::Settled, true, None),
        ] {
            assert_eq!(close(state, real_name, &[(Act::Enter, 1)]), bar, "{state:?}");
            assert_eq!(close(state, real_name, &[(Act::Enter, 1), (Act::Tell, 1)]), None);
        }
    }

    #[test]
    fn each_hand_does_what_is_its_own() {
        let of = |hand| Track::Complaint.acts(State::Received, hand).collect::<Vec<_>>();
        assert_eq!(of(Hand::Enterprise), [Act::Answer]);
        assert_eq!(of(Hand::Citizen), [Act::Supply, Act::Withdraw]);
        assert!(of(Hand::Officer).contains(&Act::Accept) && !of(Hand::Officer).contains(&Act::Enter));
        let rates = |hand| Track::Complaint.acts(State::Settled, hand).any(|a| a == Act::Rate);
        assert_eq!((rates(Hand::Citizen), rates(Hand::Officer), rates(Hand::Enterprise)), (true, false, false));
        assert_eq!(
            Track::Repair.acts(State::Received, Hand::Enterprise).collect::<Vec<_>>(),
            [Act::Answer, Act::Repair]
        );
        for a in Act::ALL {
            assert!(*a == Act::Enter || Hand::ALL.iter().any(|h| a.is_of(*h)), "{a:?} is done by nobody");
        }
    }

    #[test]
    fn grounds_are_those_of_the_order() {
        assert_eq!((Choice::Ground.words(20).len(), Choice::Ground.words(121).len()), (6, 7));
        assert_eq!((Choice::EndGround.words(20).len(), Choice::EndGround.words(121).len()), (7, 8));
        assert_eq!((Choice::Document.words(121).len(), Choice::None.words(121).len()), (10, 0));
        let day = |t: &str| order_of(t.parse().unwrap());
        assert_eq!((day("2026-04-14"), day("2026-04-15")), (20, 121));
    }

    #[test]
    fn what_tells_a_person_is_hidden() {
        let r = Reporter {
            name: "张三丰".into(), phone: "13812341111".into(), address: "金水区经三路1号3单元".into()
        };
        let m = r.masked();
        assert_eq!(
            (m.name.as_str(), m.phone.as_str(), m.address.as_str()),
            ("张**", "138****1111", "金水区经三路****")
        );
        assert!(Reporter::default().masked().is_nobody());
        let odd = Reporter { phone: "abc".into(), ..Reporter::default() };
        assert_eq!(odd.masked().phone, "****");
        for (i, f) in FILTERS.iter().enumerate() {
            assert!(!crate::list::RESERVED.contains(f) && !FILTERS[..i].contains(f), "{f}");
        }
    }
}
