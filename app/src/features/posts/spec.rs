//! The list of posts.

use super::{post_choices, post_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    clock,
    outcome::Text,
    post::{Category, PostLine, Stage},
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(
    name: &'static str,
    title: Text,
    sorted: bool,
    shown: bool,
    cell: fn(&PostLine, Lang) -> Cell,
) -> Column<PostLine> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

/// How a stage looks.
pub(super) const fn tone(stage: Stage) -> Tone {
    match stage {
        Stage::Submitted | Stage::Scheduled => Tone::Warn,
        Stage::Published => Tone::Ok,
        Stage::Withdrawn => Tone::Bad,
        Stage::Draft | Stage::Superseded | Stage::Discarded => Tone::Plain,
    }
}

/// What comes next, in words: who has to do something, or what the clock does.
pub(super) fn next(p: &PostLine, lang: Lang) -> String {
    let at =
        |ms: Option<i64>| ms.map(|ms| clock::local_text(ms).chars().take(16).collect::<String>()).unwrap_or_default();
    match p.stage {
        Stage::Draft => lang.pick("编辑:完成后提交审核", "Editor: finish it and submit it").to_owned(),
        Stage::Submitted => {
            lang.pick("另一名审核人员:通过或退回", "A second person: accept it or send it back").to_owned()
        }
        Stage::Scheduled => format!("{} {}", at(p.publish_at), lang.pick("自动发布", "is published by itself")),
        Stage::Published if p.hidden => {
            lang.pick("不在有效期内:修订或撤回", "Not within its validity: revise or withdraw it").to_owned()
        }
        Stage::Published => lang.pick("可修订、置顶、撤回", "Can be revised, pinned, withdrawn").to_owned(),
        Stage::Withdrawn | Stage::Superseded | Stage::Discarded => {
            lang.pick("可修订后重新发布", "Can be revised and published again").to_owned()
        }
    }
}

fn title(p: &PostLine, lang: Lang) -> String {
    if p.title.is_empty() { lang.pick("(无标题)", "(no title)").to_owned() } else { p.title.clone() }
}

fn states() -> Vec<Choice> {
    let own = [("public", t("公众可见", "Everybody sees it")), ("expired", t("已过有效期", "Past its validity"))];
    let stages = Stage::ALL.iter().map(|s| (s.code(), s.text()));
    stages.chain(own).map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

fn categories() -> Vec<Choice> {
    let all = Category::ALL.iter().map(|c| (c.code(), c.info().text));
    all.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

/// The list.
pub static POSTS: ListSpec<PostLine> = ListSpec {
    name: "posts",
    path: "/posts",
    title: t("宣传内容", "Publicity"),
    columns: &[
        column("title", t("标题", "Title"), false, true, |r, lang| Cell::Text(title(r, lang))),
        column("state", t("状态", "State"), false, true, |r, lang| {
            Cell::Badge(tone(r.stage), lang.text(r.stage.text()).to_owned())
        }),
        column("next", t("下一步", "What comes next"), false, true, |r, lang| Cell::Text(next(r, lang))),
        column("category", t("栏目", "Category"), false, true, |r, lang| {
            r.category.map_or(Cell::None, |c| Cell::text(lang.text(c.info().text)))
        }),
        column("public", t("公众可见", "Everybody sees"), false, true, |r, lang| match (r.public_no, r.hidden) {
            (None, _) => Cell::None,
            (Some(_), true) => Cell::Badge(Tone::Bad, lang.pick("不在有效期", "Not valid now").to_owned()),
            (Some(no), false) => Cell::Badge(Tone::Ok, lang.pick(format!("第 {no} 版"), format!("version {no}"))),
        }),
        column("reads", t("阅读(次)", "Opened (times)"), false, true, |r, _| Cell::Code(r.reads.to_string())),
        column("author", t("作者", "Author"), false, true, |r, _| Cell::text(&r.author)),
        column("changed", t("最近修改", "Changed"), true, true, |r, _| Cell::Code(clock::local_text(r.changed_at))),
        column("pinned", t("置顶", "Pinned"), false, false, |r, lang| {
            if r.pinned { Cell::text(lang.pick("置顶", "pinned")) } else { Cell::None }
        }),
        column("district", t("区县", "District"), false, false, |r, lang| {
            if r.division == 0 { Cell::text(lang.pick("全市", "The city")) } else { Cell::text(&r.district) }
        }),
        column("org", t("促销企业", "Enterprise"), false, false, |r, _| Cell::text(&r.org_name)),
        column("published", t("首次发布", "Published"), false, false, |r, _| {
            r.public_at.map_or(Cell::None, |at| Cell::Code(clock::local_text(at)))
        }),
        column("slug", t("网址名称", "Name in addresses"), false, false, |r, _| Cell::code(&r.slug)),
    ],
    order: None,
    filters: &[
        filter(
            "q",
            t("查找", "Find"),
            Input::Text(t("标题、编号或网址名称", "Title, number or name in addresses")),
            true,
        ),
        filter("state", t("状态", "State"), Input::Choice(states), true),
        filter("category", t("栏目", "Category"), Input::Choice(categories), true),
        filter("tag", t("标签", "Tag"), Input::Text(t("整个标签", "The whole tag")), true),
        filter("by", t("作者", "Author"), Input::Record, true),
        filter("from", t("修改日期从", "Changed from"), Input::Day, false),
        filter("to", t("修改日期至", "Changed to"), Input::Day, false),
        filter("district", t("区县", "District"), Input::Record, false),
        filter("org", t("促销企业", "Enterprise"), Input::Record, false),
    ],
    fetch: |query| Box::pin(post_list(query)),
    choices: || Box::pin(post_choices()),
    link: |r| format!("/posts/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有宣传内容,请从「新建」开始", "Nothing was written yet: begin with a new post"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = POSTS.filters.iter().map(|f| f.name).collect();
        let mut known = domain::post::FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!((filters, POSTS.filters[0].name), (known, "q"));
        assert_eq!(POSTS.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["changed"]);
    }
}
