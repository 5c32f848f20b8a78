//! A draft of other rules: how it goes from whoever writes it to whoever approves it, and what it changes.

use super::{RuleError, RuleRow, RuleSet};
use crate::outcome::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest note and longest reason, characters.
pub const NOTE_MAX: usize = 300;
/// Most rows that one draft changes.
pub const CHANGES_MAX: usize = 500;

/// How far a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is being written, or was sent back.
    Drafting,
    /// It waits for somebody else to approve it.
    Submitted,
    /// It may be published.
    Approved,
    /// It is a version of the rules.
    Published,
    /// It was given up.
    Discarded,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 5] = [Self::Drafting, Self::Submitted, Self::Approved, Self::Published, Self::Discarded];

    /// The word in the record.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Drafting => "drafting",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the word; an unknown one counts as given up: nothing can be done with it.
    #[must_use]
    pub fn from_code(s: &str) -> Self {
        Self::ALL.into_iter().find(|x| x.code() == s).unwrap_or(Self::Discarded)
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::Drafting => ("编制中", "being written"),
            Self::Submitted => ("待批准", "awaits approval"),
            Self::Approved => ("已批准,待发布", "approved, to be published"),
            Self::Published => ("已发布", "published"),
            Self::Discarded => ("已放弃", "given up"),
        };
        Text { zh, en }
    }

    /// Whether nothing can be done with it any more.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Published | Self::Discarded)
    }
}

/// Why something cannot be done with a draft now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deny {
    /// It is no more, or not yet, at the stage for it.
    Stage,
    /// Whoever wrote, changed or submitted it does not decide on it.
    Own,
    /// The rules became others since.
    Stale,
    /// What it would come to was not computed for it as it stands.
    Preview,
    /// It changes nothing.
    Empty,
    /// It changes as many rows as one may.
    Full,
}

impl Deny {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Stage, Self::Own, Self::Stale, Self::Preview, Self::Empty, Self::Full];

    /// For people: why, and what to do.
    #[must_use]
    pub const fn text(self) -> Text {
        let (zh, en) = match self {
            Self::Stage => ("草稿状态已变化,请刷新页面后再操作", "The draft has moved on: load the page again"),
            Self::Own => (
                "编制、修改或提交过本草稿的人不得批准或退回,请由另一名有批准权限的人员处理",
                "Whoever wrote, changed or submitted a draft does not decide on it: somebody else must",
            ),
            Self::Stale => (
                "规则已有更新的版本,请先将草稿更新到现行版本",
                "There is a newer version of the rules: take the draft up to it first",
            ),
            Self::Preview => (
                "请先完成对当前内容的影响预览,再提交",
                "Have a preview made of the draft as it stands first, then submit it",
            ),
            Self::Empty => ("草稿没有任何修改,请先修改规则", "The draft changes nothing: change a rule first"),
            Self::Full => {
                ("一份草稿最多修改 500 条规则,请另建草稿", "A draft changes at most 500 rules: begin another")
            }
        };
        Text { zh, en }
    }
}

/// A row that is another one in the later of two sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its id.
    pub rule_id: String,
    /// As it was; `None` for a row that is added.
    pub was: Option<RuleRow>,
    /// As it is; `None` for a row that is there no more.
    pub is: Option<RuleRow>,
}

/// What differs between two sets: rows of the earlier in its order, then those that came.
#[must_use]
pub fn diff(earlier: &RuleSet, later: &RuleSet) -> Vec<Change> {
    let of = |set: &RuleSet| set.rows.iter().map(|r| (r.rule_id.clone(), r.clone())).collect::<BTreeMap<_, _>>();
    let (was, is) = (of(earlier), of(later));
    let change = |id: &String| Change { rule_id: id.clone(), was: was.get(id).cloned(), is: is.get(id).cloned() };
    let ids = earlier.rows.iter().chain(later.rows.iter().filter(|r| !was.contains_key(&r.rule_id)));
    ids.map(|r| change(&r.rule_id)).filter(|c| c.was != c.is).collect()
}

/// A set with some rows changed and some added.
///
/// # Errors
/// As [`RuleSet::check`].
pub fn applied(base: &RuleSet, changes: &[RuleRow]) -> Result<RuleSet, RuleError> {
    let mut set = base.clone();
    for row in changes {
        match set.rows.iter_mut().find(|r| r.rule_id == row.rule_id) {
            Some(r) => r.clone_from(row),
            None => set.rows.push(row.clone()),
        }
    }
    set.check()?;
    Ok(set)
}

/// Somebody who did something to a draft, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Name of the account.
    pub name: String,
    /// When, ms.
    pub at: i64,
}

/// A draft in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftLine {
    /// Id.
    pub id: i64,
    /// Why it is made.
    pub note: String,
    /// How far it is.
    pub stage: Stage,
    /// Version that it changes.
    pub base: i64,
    /// Rows that it changes.
    pub changes: i64,
    /// Who began it.
    pub author: Done,
    /// Who submitted it last.
    pub submitted: Option<Done>,
    /// Who approved it or sent it back.
    pub decided: Option<Done>,
    /// Why it was sent back.
    pub reason: String,
    /// Who published it.
    pub published: Option<Done>,
    /// The version that it became.
    pub version: Option<i64>,
}

/// How far the preview of a draft is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewLine {
    /// Whether it was made for the draft as it stands.
    pub current: bool,
    /// Whether it is done.
    pub ended: bool,
    /// Whether it could not be done.
    pub failed: bool,
    /// Cylinders that were looked at.
    pub done: i64,
    /// Cylinders.
    pub total: i64,
    /// What it came to.
    pub figures: Option<super::preview::Figures>,
}

/// What whoever looks at a draft may do with it now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayDo {
    /// Change its rows, ask for a preview, submit it or give it up.
    pub edit: bool,
    /// Approve it or send it back: a second person, who changed nothing in it.
    pub decide: bool,
    /// Publish it.
    pub publish: bool,
}

/// A draft whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPage {
    /// The draft.
    pub line: DraftLine,
    /// The newest version: where it is not the base, the draft must be taken up to it first.
    pub newest: i64,
    /// What it changes.
    pub changes: Vec<Change>,
    /// What it would come to.
    pub preview: Option<PreviewLine>,
    /// What can be done.
    pub may: MayDo,
    /// How far the derivation of what is stored is, where it became the version in force.
    pub progress: Option<Progress>,
}

/// How far what is stored follows from a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Cylinders that changed so far.
    pub changed: i64,
    /// Cylinders that are left.
    pub left: i64,
    /// Whether all were looked at.
    pub ended: bool,
}

/// A version of the rules in their history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLine {
    /// Version.
    pub version: i64,
    /// First ledger number that it decided; `None` where it never did.
    pub from_no: Option<i64>,
    /// The draft that it was, `None` for what the product ships with.
    pub draft: Option<DraftLine>,
    /// Rows.
    pub rows: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_tells_what_was_applied_and_nothing_else() {
        let base = RuleSet::seed();
        assert_eq!(diff(&base, &base), []);
        let shorter = RuleRow { value: 36, ..base.rows[0].clone() };
        let new = RuleRow { rule_id: "INT-NEW".into(), ..base.rows[1].clone() };
        let later = applied(&base, &[shorter.clone(), new.clone()]).unwrap();
        assert_eq!(later.rows.len(), base.rows.len() + 1);
        let told: Vec<_> = diff(&base, &later).into_iter().map(|c| (c.was, c.is)).collect();
        assert_eq!(told, [(Some(base.rows[0].clone()), Some(shorter)), (None, Some(new.clone()))]);
        // And back: what came is gone again.
        let back: Vec<_> = diff(&later, &base).into_iter().map(|c| (c.rule_id, c.is.is_some())).collect();
        assert_eq!(back, [("INT-LPG-1".to_owned(), true), ("INT-NEW".to_owned(), false)]);
        assert_eq!(diff(&base, &applied(&base, &base.rows[..3]).unwrap()), []);
        let wrong = RuleRow { value: -1, ..base.rows[0].clone() };
        assert!(matches!(applied(&base, &[wrong]), Err(RuleError::Row { field: "value", .. })));
    }

    #[test]
    fn words_of_stages_read_back() {
        for s in Stage::ALL {
            assert_eq!(Stage::from_code(s.code()), s);
        }
        assert!(Stage::from_code("").has_ended() && !Stage::Approved.has_ended());
    }
}
