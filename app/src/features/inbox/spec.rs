//! The inbox as a list.

use super::inbox_list;
use crate::kit::list::{Cell, Choice, Choices, Column, Filter, Input, ListSpec, Tone};
use domain::{
    clock,
    message::{Kind, Letter},
    outcome::Text,
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

fn states() -> Vec<Choice> {
    vec![("unread".into(), "未读".into(), "unread".into()), ("read".into(), "已读".into(), "read".into())]
}

/// The inbox.
pub static INBOX: ListSpec<Letter> = ListSpec {
    name: "inbox",
    path: "/inbox",
    title: t("收件箱", "Inbox"),
    columns: &[
        Column {
            name: "title",
            title: t("标题", "Title"),
            sorted: false,
            shown: true,
            cell: |r, lang| {
                if r.recalled { Cell::text(lang.pick("(已撤回)", "(recalled)")) } else { Cell::text(&r.title) }
            },
        },
        Column {
            name: "state",
            title: t("状态", "State"),
            sorted: false,
            shown: true,
            cell: |r, lang| match (r.recalled, r.read_at) {
                (true, _) => Cell::Badge(Tone::Plain, lang.pick("已撤回", "recalled").into()),
                (_, Some(_)) => Cell::Badge(Tone::Ok, lang.pick("已读", "read").into()),
                (_, None) => Cell::Badge(Tone::Warn, lang.pick("未读", "unread").into()),
            },
        },
        Column {
            name: "kind",
            title: t("类别", "Kind"),
            sorted: false,
            shown: true,
            cell: |r, lang| Cell::text(lang.text(r.kind.text())),
        },
        Column {
            name: "at",
            title: t("时间", "When"),
            sorted: false,
            shown: true,
            cell: |r, _| Cell::Code(clock::local_text(r.at)),
        },
        Column {
            name: "by",
            title: t("发件人", "From"),
            sorted: false,
            shown: true,
            cell: |r, lang| match (r.by.as_str(), r.kind) {
                ("", Kind::Notice | Kind::Paper | Kind::Task) => Cell::text(lang.pick("系统", "the system")),
                (by, _) => Cell::text(by),
            },
        },
    ],
    order: None,
    filters: &[
        Filter { name: "q", title: t("查找", "Find"), input: Input::Text(t("标题", "Title")), first: true },
        Filter { name: "state", title: t("状态", "State"), input: Input::Choice(states), first: true },
    ],
    fetch: |query| Box::pin(inbox_list(query)),
    choices: || Box::pin(async { Ok(Choices::new()) }),
    link: |r| format!("/inbox/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有收到消息", "Nothing was sent to you yet"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        assert_eq!(INBOX.filters.iter().map(|f| f.name).collect::<Vec<_>>(), domain::message::INBOX_FILTERS);
    }
}
