//! Publicity (公益宣传, S0-53, S0-58④⑦): what the authority tells everybody, how it goes from its editor to the public, and who may
//! do what on the way.

mod diff;
mod form;
mod rss;
mod text;

pub use diff::{Piece, Side, diff};
pub use form::{Content, FIELDS, TooLong, fits, lacks, read, slug, values};
pub use rss::{Channel, Item, rss};
pub use text::{excerpt, is_token, plain, query_terms, tag_end, terms, tokens};

use crate::{
    check::words,
    outcome::{Text, codes},
    permission::{Permission, Permissions},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Characters of a title at most.
pub const TITLE_MAX: usize = 80;
/// Characters of a summary at most.
pub const SUMMARY_MAX: usize = 200;
/// Characters of a marquee's text at most: what can be read as it goes by.
pub const MARQUEE_MAX: usize = 120;
/// Bytes of a body at most, as HTML.
pub const BODY_MAX: usize = 300_000;
/// Bytes of a body that are looked at, as it was pasted.
pub const RAW_MAX: usize = 4_000_000;
/// Tags of a post at most.
pub const TAGS_MAX: usize = 8;
/// Characters of a tag at most.
pub const TAG_MAX: usize = 20;
/// Downloads of a post at most.
pub const DOWNLOADS_MAX: usize = 20;
/// Files that one post names, at most.
pub const FILES_MAX: usize = 200;
/// Characters of a reason at most.
pub const NOTE_MAX: usize = 300;
/// Characters of a post's name in addresses.
pub const SLUG_MAX: usize = 60;
/// Days for which a promotion may be valid.
pub const PROMOTION_DAYS: i64 = 366;
/// How long an editor counts as present after he was heard of last, ms.
pub const PRESENT_FOR: i64 = 45_000;
/// Posts that a wall shows at once.
pub const WALL_MAX: u64 = 12;
/// Posts of a feed.
pub const FEED_MAX: u64 = 30;
/// Posts on a page of the public site.
pub const PUBLIC_SIZE: u64 = 20;

/// Names of the filters of the office's list. The first is the search box.
pub const FILTERS: [&str; 9] = ["q", "state", "category", "tag", "district", "org", "by", "from", "to"];

/// What a category is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CategoryInfo {
    /// Its name.
    pub text: Text,
    /// Its place where posts of several categories stand together: the greatest first. Safety is told before everything else, and
    /// what an enterprise wants to sell after it.
    pub rank: i64,
    /// Whether it speaks for an enterprise, for a time.
    pub promotes: bool,
}

const fn category(zh: &'static str, en: &'static str, rank: i64, promotes: bool) -> CategoryInfo {
    CategoryInfo { text: Text { zh, en }, rank, promotes }
}

codes! {
    /// What a post is about.
    Category: CategoryInfo {
        /// 安全知识
        Safety = "safety" => category("安全知识", "Safety", 2, false);
        /// 通知公告
        Notice = "notice" => category("通知公告", "Notices", 1, false);
        /// 新闻动态
        News = "news" => category("新闻动态", "News", 1, false);
        /// 法律法规
        Law = "law" => category("法律法规", "Laws and rules", 1, false);
        /// 资料下载
        Download = "download" => category("资料下载", "Downloads", 1, false);
        /// 企业促销信息
        Promotion = "promotion" => category("企业促销", "Promotions", 0, true);
    }
}

words! {
    /// How far a version of a post is.
    Stage {
        /// 编辑中: it is being written, or was sent back.
        Draft = "draft", "编辑中", "Being written";
        /// 待审核
        Submitted = "submitted", "待审核", "Awaits review";
        /// 待发布: it was accepted and waits for its time.
        Scheduled = "scheduled", "待定时发布", "Scheduled";
        /// 已发布
        Published = "published", "已发布", "Published";
        /// 已撤回: it was public, and is no more.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// 已被新版替代
        Superseded = "superseded", "已被新版替代", "Superseded";
        /// 已放弃: it never was public.
        Discarded = "discarded", "已放弃", "Given up";
    }
}

words! {
    /// What is done with a version of a post.
    Act {
        /// 提交审核
        Submit = "submit", "提交审核", "Submit for review";
        /// 取回修改
        Recall = "recall", "取回修改", "Take back";
        /// 审核通过
        Accept = "accept", "审核通过", "Accept";
        /// 退回修改
        Return = "return", "退回修改", "Send back";
        /// 发布, by the clock.
        Publish = "publish", "定时发布", "Publish at its time";
        /// 放弃
        Discard = "discard", "放弃", "Give up";
        /// 撤回
        Withdraw = "withdraw", "撤回", "Withdraw";
        /// 修订: a new version is begun while this one stays.
        Revise = "revise", "修订", "Revise";
        /// 置顶
        Pin = "pin", "置顶", "Pin";
        /// 取消置顶
        Unpin = "unpin", "取消置顶", "Unpin";
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever writes.
    Editor,
    /// Whoever reviews, and had no hand in it.
    SecondPerson,
    /// Whoever reviews.
    Reviewer,
    /// Either of them: what is wrong must be gone at once.
    Either,
    /// The clock.
    Clock,
}

/// A row of the table of what can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// In which stage.
    pub from: Stage,
    /// What.
    pub act: Act,
    /// What becomes of the version.
    pub to: Stage,
    /// By whom.
    pub who: Who,
}

const fn row(from: Stage, act: Act, to: Stage, who: Who) -> Move {
    Move { from, act, to, who }
}

/// The one table of what can be done when, and by whom. An acceptance whose time has come goes on to [`Act::Publish`] in the same breath.
/// A version that another one follows is told by the publishing of that one.
pub const MOVES: [Move; 15] = {
    use {Act as A, Stage as S, Who as W};
    [
        row(S::Draft, A::Submit, S::Submitted, W::Editor),
        row(S::Draft, A::Discard, S::Discarded, W::Editor),
        row(S::Submitted, A::Recall, S::Draft, W::Editor),
        row(S::Submitted, A::Accept, S::Scheduled, W::SecondPerson),
        row(S::Submitted, A::Return, S::Draft, W::SecondPerson),
        row(S::Scheduled, A::Recall, S::Draft, W::Editor),
        row(S::Scheduled, A::Return, S::Draft, W::Reviewer),
        row(S::Scheduled, A::Publish, S::Published, W::Clock),
        row(S::Published, A::Withdraw, S::Withdrawn, W::Either),
        row(S::Published, A::Revise, S::Published, W::Editor),
        row(S::Published, A::Pin, S::Published, W::Reviewer),
        row(S::Published, A::Unpin, S::Published, W::Reviewer),
        row(S::Withdrawn, A::Revise, S::Withdrawn, W::Editor),
        row(S::Superseded, A::Revise, S::Superseded, W::Editor),
        row(S::Discarded, A::Revise, S::Discarded, W::Editor),
    ]
};

impl Stage {
    /// What an act makes of it; `None` where it cannot be done.
    #[must_use]
    pub fn after(self, act: Act) -> Option<Move> {
        MOVES.iter().copied().find(|m| m.from == self && m.act == act)
    }

    /// Whether something is still to be done before everybody sees it: a post has at most one such version.
    #[must_use]
    pub const fn is_underway(self) -> bool {
        matches!(self, Self::Draft | Self::Submitted | Self::Scheduled)
    }
}

impl Who {
    /// Whether somebody with these permissions may be the one. That a second person had no hand in it is not told by permissions.
    #[must_use]
    pub const fn may(self, has: Permissions) -> bool {
        let (edit, review) = (has.has(Permission::PostEdit), has.has(Permission::PostReview));
        match self {
            Self::Editor => edit,
            Self::SecondPerson | Self::Reviewer => review,
            Self::Either => edit || review,
            Self::Clock => false,
        }
    }
}

impl Act {
    /// Whether a reason must be given.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Return | Self::Withdraw)
    }

    /// The word for it in the audit log.
    #[must_use]
    pub const fn audited(self) -> &'static str {
        match self {
            Self::Submit => "post.submit",
            Self::Recall => "post.recall",
            Self::Accept => "post.accept",
            Self::Return => "post.return",
            Self::Publish => "post.publish",
            Self::Discard => "post.discard",
            Self::Withdraw => "post.withdraw",
            Self::Revise => "post.revise",
            Self::Pin => "post.pin",
            Self::Unpin => "post.unpin",
        }
    }
}

codes! {
    /// Why something cannot be done with a post now.
    Deny: Text {
        /// It is no more, or not yet, at the stage for it.
        Stage = "STAGE" => Text { zh: "内容状态已变化,请刷新页面后再操作", en: "The post has moved on: load the page again" };
        /// Whoever wrote or submitted it does not decide on it.
        Own = "OWN" => Text { zh: "编辑或提交过本版内容的人不得审核,请由另一名审核人员处理", en: "Whoever wrote or submitted this version does not review it: somebody else must" };
        /// It is not among what the role may do.
        Role = "ROLE" => Text { zh: "当前角色无权进行此操作", en: "Your role may not do this" };
        /// Something was written since it was looked at.
        Stale = "STALE" => Text { zh: "内容在您查看之后又有修改,请刷新后重新审阅", en: "It was changed since you looked at it: load it again and read it anew" };
        /// A reason is missing.
        Reason = "REASON" => Text { zh: "请填写原因", en: "Give a reason" };
        /// A field is missing or wrong.
        Faults = "FAULTS" => Text { zh: "内容不完整或有误,请先按提示补全", en: "Something is missing or wrong: mend what is marked first" };
        /// It would not be valid any more.
        Expired = "EXPIRED" => Text { zh: "有效期已过,请先修改有效期", en: "Its validity has ended: change it first" };
        /// The organisation is not one of the district's.
        Organisation = "ORGANISATION" => Text { zh: "所选企业不在您的管辖范围内", en: "The organisation lies outside your district" };
        /// The district is not his.
        District = "DISTRICT" => Text { zh: "所选区县不在您的管辖范围内", en: "The district lies outside your scope" };
        /// Another version is under way already.
        Underway = "UNDERWAY" => Text { zh: "已有一个新版本在编辑或审核中", en: "Another version is being written or reviewed already" };
        /// The name is another post's.
        SlugTaken = "SLUG_TAKEN" => Text { zh: "该网址名称已被其他内容使用", en: "Another post has this name in its address" };
        /// It is longer than can be kept.
        TooLong = "TOO_LONG" => Text { zh: "内容过长,请删减或拆分为多篇", en: "It is too long: shorten it or make several posts of it" };
    }
}

/// The key by which public posts are sorted, the greatest first: safety before everything else, then what is pinned, then the newest.
#[must_use]
pub fn sort_key(category: Category, pinned: bool, at: i64) -> i64 {
    const STEP: i64 = 100_000_000_000_000;
    (category.info().rank * 2 + i64::from(pinned)) * STEP + at.clamp(0, STEP - 1)
}

/// A post in the office's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostLine {
    /// Number.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
    /// District it is written for, GB/T 2260; 0 for the city.
    pub division: i32,
    /// … its name; empty for the city.
    pub district: String,
    /// The newest version's number.
    pub no: i32,
    /// … its stage.
    pub stage: Stage,
    /// … its title.
    pub title: String,
    /// … its category; `None` until one is chosen.
    pub category: Option<Category>,
    /// The version that everybody sees.
    pub public_no: Option<i32>,
    /// Whether what everybody would see is past its validity, or before it.
    pub hidden: bool,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Enterprise of a promotion, id; 0 for none.
    pub org: i64,
    /// … its name.
    pub org_name: String,
    /// Whoever began it.
    pub author: String,
    /// When it was changed last, ms.
    pub changed_at: i64,
    /// When it is published, ms.
    pub publish_at: Option<i64>,
    /// When it was first seen by everybody, ms.
    pub public_at: Option<i64>,
    /// How often it was opened.
    pub reads: i64,
}

/// Somebody who did something, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Name of the account.
    pub name: String,
    /// When, ms.
    pub at: i64,
}

/// A version in a post's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionLine {
    /// Running number in the post.
    pub no: i32,
    /// How far it is.
    pub stage: Stage,
    /// Its title.
    pub title: String,
    /// Counts what was saved in it.
    pub revision: i64,
    /// Who began it.
    pub begun: Done,
    /// Who saved last.
    pub saved: Done,
    /// Who submitted it.
    pub submitted: Option<Done>,
    /// Who accepted it or sent it back.
    pub decided: Option<Done>,
    /// Why it was sent back or withdrawn.
    pub reason: String,
    /// When everybody began to see it, ms.
    pub published_at: Option<i64>,
    /// When that ended, ms.
    pub ended_at: Option<i64>,
}

/// What whoever looks at a post may do with it now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayDo {
    /// Write in its newest version.
    pub edit: bool,
    /// The acts, in the order of the words.
    pub acts: Vec<Act>,
}

/// A post for whoever works on it: its newest version whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostPage {
    /// The post.
    pub line: PostLine,
    /// The newest version.
    pub version: VersionLine,
    /// What stands in it.
    pub content: Content,
    /// What can be done.
    pub may: MayDo,
    /// Who is in it and what was kept aside.
    pub standing: Standing,
    /// All versions, the newest first.
    pub versions: Vec<VersionLine>,
}

/// How a draft stands, for those who write in it: what a heartbeat answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The newest version's number.
    pub no: i32,
    /// Counts what was saved.
    pub revision: i64,
    /// Whether it can still be written in.
    pub open: bool,
    /// Who saved last.
    pub saved: Done,
    /// Whether that was in another window than the one that asks.
    pub elsewhere: bool,
    /// Who else is in it.
    pub here: Vec<Here>,
    /// Texts that were kept aside and that nobody looked through yet, the newest first.
    pub copies: Vec<CopyLine>,
}

/// Somebody who is writing in a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// Name.
    pub name: String,
    /// Whether it is the account that asks, in another window.
    pub own: bool,
    /// Since when, ms.
    pub since: i64,
    /// When he was heard of last, ms.
    pub seen: i64,
}

words! {
    /// Why a text was kept aside.
    Why {
        /// It was sent after somebody else had saved.
        Conflict = "conflict", "与他人的修改冲突", "Somebody else had saved meanwhile";
        /// Somebody else went on from it.
        Handover = "handover", "他人接着修改前的内容", "As it was before somebody else went on";
    }
}

/// A text that was kept aside, so that nothing that was typed is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyLine {
    /// Number.
    pub id: i64,
    /// Post that it belongs to.
    pub post: i64,
    /// Version that it was written in.
    pub no: i32,
    /// Why.
    pub why: Why,
    /// Whose text it is, and when it was sent.
    pub of: Done,
    /// Who had saved before, and when; for a handover who went on.
    pub other: Done,
    /// Title, to tell it by.
    pub title: String,
}

/// A post as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPost {
    /// What a list shows of it.
    pub line: PublicLine,
    /// Its text, clean HTML.
    pub body: String,
    /// Files to be downloaded, by their tokens.
    pub downloads: Vec<String>,
    /// How often it was opened.
    pub reads: i64,
}

/// A post in the public's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicLine {
    /// Number.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Category.
    pub category: Category,
    /// Tags.
    pub tags: Vec<String>,
    /// Picture beside it, by its token; empty for none.
    pub cover: String,
    /// Pinned.
    pub pinned: bool,
    /// District, GB/T 2260; 0 for the city.
    pub division: i32,
    /// … its name; empty for the city.
    pub district: String,
    /// Enterprise of a promotion; empty for none.
    pub org_name: String,
    /// When it was published, ms.
    pub public_at: i64,
    /// When this version of it was, ms.
    pub changed_at: i64,
    /// Last day of its validity.
    pub valid_to: Option<NaiveDate>,
}

impl PublicLine {
    /// The page of the post.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/news/{}", self.slug)
    }
}

/// A page of the public's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPage {
    /// Its posts.
    pub posts: Vec<PublicLine>,
    /// Number of the page, from 1.
    pub page: u32,
    /// The last page.
    pub last: u32,
    /// How many there are.
    pub all: u32,
}

/// What the public's list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAsk {
    /// Category.
    pub category: Option<Category>,
    /// Tag; empty for all.
    pub tag: String,
    /// What is searched for; empty for nothing.
    pub text: String,
    /// Number of the page, from 1.
    pub page: u32,
}

/// A post on the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallPost {
    /// Number.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// What goes by; the title where nothing else was written.
    pub marquee: String,
    /// Category.
    pub category: Category,
    /// Picture; empty for none.
    pub cover: String,
    /// When it was published, ms.
    pub public_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(acts: &[Act]) -> Option<Stage> {
        acts.iter().try_fold(Stage::Draft, |s, a| s.after(*a).map(|m| m.to))
    }

    #[test]
    fn nothing_is_public_that_was_not_accepted() {
        use {Act as A, Stage as S};
        assert_eq!(run(&[A::Submit, A::Accept, A::Publish, A::Withdraw]), Some(S::Withdrawn));
        assert_eq!(run(&[A::Submit, A::Return, A::Submit, A::Recall, A::Submit, A::Accept]), Some(S::Scheduled));
        assert_eq!(run(&[A::Submit, A::Accept, A::Recall]), Some(S::Draft));
        for wrong in [
            &[A::Publish][..],
            &[A::Accept],
            &[A::Submit, A::Publish],
            &[A::Discard, A::Submit],
            &[A::Submit, A::Discard],
            &[A::Submit, A::Accept, A::Publish, A::Submit],
            &[A::Withdraw],
            &[A::Pin],
        ] {
            assert_eq!(run(wrong), None, "{wrong:?}");
        }
        // Only the clock publishes, only what was accepted; only a second person accepts.
        for m in MOVES {
            assert_eq!(m.to == S::Published && m.from != S::Published, m.act == A::Publish, "{m:?}");
            assert_eq!(m.to == S::Scheduled, m.act == A::Accept, "{m:?}");
            assert_eq!(m.who == Who::SecondPerson, m.from == S::Submitted && m.act != A::Recall, "{m:?}");
            assert_eq!(MOVES.iter().filter(|o| (o.from, o.act) == (m.from, m.act)).count(), 1, "{m:?}");
        }
    }

    #[test]
    fn nobody_does_what_his_role_does_not_hold() {
        let edit = Permissions::NONE.with(Permission::PostEdit);
        let review = Permissions::NONE.with(Permission::PostReview);
        for m in MOVES {
            assert!(!m.who.may(Permissions::NONE), "{m:?}");
            assert_eq!(m.who.may(edit), matches!(m.who, Who::Editor | Who::Either), "{m:?}");
            assert_eq!(m.who.may(review), !matches!(m.who, Who::Editor | Who::Clock), "{m:?}");
        }
    }

    #[test]
    fn safety_comes_first_and_promotions_last() {
        let far = 4_000_000_000_000;
        let old = sort_key(Category::Safety, false, 0);
        for c in Category::ALL.iter().copied().filter(|c| *c != Category::Safety) {
            assert!(old > sort_key(c, true, far), "{c:?}");
            assert!(sort_key(c, true, 0) > sort_key(c, false, far));
            if c != Category::Promotion {
                assert!(sort_key(c, false, 0) > sort_key(Category::Promotion, true, far), "{c:?}");
            }
        }
        assert!(sort_key(Category::News, false, 2) > sort_key(Category::News, false, 1));
        assert!(sort_key(Category::Safety, true, i64::MAX) > 0 && sort_key(Category::News, false, -1) > 0);
        for (i, f) in FILTERS.iter().enumerate() {
            assert!(!crate::list::RESERVED.contains(f) && !FILTERS[..i].contains(f), "{f}");
        }
    }
}
