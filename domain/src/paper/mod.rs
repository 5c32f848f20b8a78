//! Documents with receipt (公文签收, S0-54): issued to organisations and districts, each of which opens, signs for and answers them by a day.

mod form;

pub use form::{ANSWER_MAX, Addressed, BODY_MAX, Drawn, FIELDS, NOTE_MAX, answer, deed, read};

use crate::{check::words, org::Kind, scope::Scope};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Names of the list's filters. The first is the search box.
pub const FILTERS: [&str; 5] = ["q", "whose", "state", "from", "to"];
/// Parties of one document at most.
pub const PARTIES_MAX: usize = 2_000;
/// Files of one document at most.
pub const FILES_MAX: usize = 20;
/// Days before the deadline from which on who has not done is reminded.
pub const REMIND_DAYS: i64 = 1;

words! {
    /// How a document stands.
    State {
        /// 已发布
        Issued = "issued", "已发布", "Issued";
        /// 已撤回: nobody need sign for it any more.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
    }
}

words! {
    /// How far one party is.
    Receipt {
        /// 未查看
        Waiting = "waiting", "未查看", "Not opened";
        /// 已查看
        Opened = "opened", "已查看", "Opened";
        /// 已签收
        Signed = "signed", "已签收", "Signed for";
        /// 已回复
        Answered = "answered", "已回复", "Answered";
    }
}

/// How long after a reminder or an escalation by hand the same party is not told again, ms.
pub const TOLD_EVERY: i64 = 3_600_000;

words! {
    /// What whoever issued a document does with it.
    Deed {
        /// 催办: reminds who is not done.
        Remind = "remind", "催办", "Remind the rest";
        /// 延期
        Extend = "extend", "延长期限", "Extend the deadline";
        /// 上报: tells the districts' regulators of who is late.
        Escalate = "escalate", "上报督办", "Tell the districts of who is late";
        /// 撤回
        Withdraw = "withdraw", "撤回公文", "Withdraw";
    }
}

words! {
    /// What a party does with a document.
    Act {
        /// 查看
        Open = "open", "查看", "Open";
        /// 签收
        Sign = "sign", "签收", "Sign for";
        /// 回复
        Answer = "answer", "回复", "Answer";
    }
}

impl Receipt {
    /// What an act leads to; `None` where it cannot be done. What was opened once may be opened again: that changes nothing. It is
    /// signed for by whoever has opened it, and answered once, after that.
    #[must_use]
    pub const fn next(self, act: Act) -> Option<Self> {
        Some(match (self, act) {
            (Self::Waiting, Act::Open) => Self::Opened,
            (from, Act::Open) => from,
            (Self::Opened, Act::Sign) => Self::Signed,
            (Self::Signed, Act::Answer) => Self::Answered,
            _ => return None,
        })
    }

    /// Of when it was opened, signed for and answered.
    #[must_use]
    pub const fn of(opened: bool, signed: bool, answered: bool) -> Self {
        match (opened, signed, answered) {
            (_, _, true) => Self::Answered,
            (_, true, _) => Self::Signed,
            (true, ..) => Self::Opened,
            _ => Self::Waiting,
        }
    }

    /// Whether nothing more is asked of the party.
    #[must_use]
    pub const fn is_done(self, answer: bool) -> bool {
        match self {
            Self::Answered => true,
            Self::Signed => !answer,
            Self::Waiting | Self::Opened => false,
        }
    }
}

/// A file of a document. The hash is that of what was signed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperFile {
    /// Its name in addresses.
    pub token: String,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// How many parties are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Parties.
    pub parties: i64,
    /// Of these, who opened it.
    pub opened: i64,
    /// … signed for it.
    pub signed: i64,
    /// … answered it.
    pub answered: i64,
}

/// A document in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Number in the record.
    pub id: i64,
    /// 文号
    pub number: String,
    /// Title.
    pub title: String,
    /// 发文单位
    pub issuer: String,
    /// In the name of which part of the city it was issued.
    pub scope: Scope,
    /// How it stands.
    pub state: State,
    /// Whether an answer is asked for.
    pub answer: bool,
    /// Last day.
    pub deadline: Option<NaiveDate>,
    /// When it was issued, ms.
    pub issued_at: i64,
    /// How many of the parties that the reader sees are how far.
    pub tally: Tally,
    /// How far the reader's own party is, where it is one.
    pub own: Option<Receipt>,
}

impl Paper {
    /// Whether a party that is so far is late on a day.
    #[must_use]
    pub fn is_late(&self, receipt: Receipt, today: NaiveDate) -> bool {
        self.state == State::Issued && !receipt.is_done(self.answer) && self.deadline.is_some_and(|d| today > d)
    }
}

/// A party of a document: a line of its receipt sheet (签收单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Who: an organisation or a district.
    pub party: Scope,
    /// Its name when the document was issued.
    pub name: String,
    /// How far it is.
    pub receipt: Receipt,
    /// When it was opened first, ms, and by whom.
    pub opened: Option<(i64, String)>,
    /// … signed for.
    pub signed: Option<(i64, String)>,
    /// … answered.
    pub answered: Option<(i64, String)>,
    /// The answer.
    pub reply: String,
    /// Files of the answer.
    pub files: Vec<PaperFile>,
    /// When it was reminded, ms.
    pub reminded_at: Option<i64>,
    /// When its being late was told to the issuer, ms.
    pub escalated_at: Option<i64>,
}

/// A document with its text, files and the parties that the reader may see: what its page and its receipt sheet show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperPage {
    /// The document.
    pub paper: Paper,
    /// Text.
    pub body: String,
    /// Why it was withdrawn; empty where it was not.
    pub note: String,
    /// Files.
    pub files: Vec<PaperFile>,
    /// Parties: of the issuer's part of the city all, otherwise the reader's own and those of his district.
    pub parties: Vec<Party>,
    /// Whether the reader's part of the city issued it.
    pub issued_here: bool,
    /// The server's day.
    pub today: NaiveDate,
}

/// What a document is drawn up from that stands in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Districts within sight, by code and name.
    pub districts: Vec<(i32, String)>,
    /// Organisations within sight: id, name, kind.
    pub orgs: Vec<(i64, String, Kind)>,
}

impl Choices {
    /// Kinds of organisations within sight.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|k| self.orgs.iter().any(|o| o.2 == *k)).collect()
    }
}

impl Paper {
    /// Days until the last day, which is not counted; negative once it is over, `None` without one.
    #[must_use]
    pub fn days_left(&self, today: NaiveDate) -> Option<i64> {
        self.deadline.map(|d| (d - today).num_days())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_opened_before_it_is_signed_for_and_answered_once() {
        use {Act as A, Receipt as R};
        let run = |acts: &[Act]| acts.iter().try_fold(R::Waiting, |r, a| r.next(*a));
        assert_eq!(run(&[A::Open, A::Sign, A::Answer]), Some(R::Answered));
        assert_eq!(run(&[A::Open, A::Open, A::Sign, A::Open]), Some(R::Signed));
        for wrong in [
            &[A::Sign][..],
            &[A::Answer],
            &[A::Open, A::Answer],
            &[A::Open, A::Sign, A::Sign],
            &[A::Open, A::Sign, A::Answer, A::Answer],
        ] {
            assert_eq!(run(wrong), None, "{wrong:?}");
        }
        assert!(R::Signed.is_done(false) && !R::Signed.is_done(true) && R::Answered.is_done(true));
        for r in R::ALL {
            let n = *r as u8;
            assert_eq!(R::of(n >= 1, n >= 2, n >= 3), *r);
        }
        for f in FILTERS {
            assert!(!crate::list::RESERVED.contains(&f), "{f}");
        }
    }
}
