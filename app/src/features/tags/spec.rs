//! The list of tags.

use super::tag_list;
use crate::kit::list::{Cell, Choices, Column, Filter, Input, ListSpec, Tone};
use domain::{list::encode, outcome::Text, tag::TagRow};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// States: what is stored, the word in the address, Chinese, English.
const STATES: [(i16, &str, &str, &str); 4] = [
    (1, "bound", "已绑定", "bound"),
    (2, "void", "已作废", "void"),
    (3, "issued", "已发未绑", "issued, not bound"),
    (4, "gone", "随瓶销毁", "destroyed with its cylinder"),
];

pub(super) static TAGS: ListSpec<TagRow> = ListSpec {
    name: "tags",
    path: "/tags",
    title: t("标签", "Tags"),
    columns: &[
        Column {
            name: "code", title: t("标签号", "Tag"), sorted: true, shown: true, cell: |r, _| Cell::code(&r.code)
        },
        Column {
            name: "state",
            title: t("状态", "State"),
            sorted: false,
            shown: true,
            cell: |r, lang| match STATES.iter().find(|s| s.0 == r.state) {
                Some(s) => {
                    let tone = match s.0 {
                        1 => Tone::Ok,
                        2 => Tone::Bad,
                        _ => Tone::Plain,
                    };
                    Cell::Badge(tone, lang.pick(s.2, s.3).to_owned())
                }
                None => Cell::None,
            },
        },
        Column {
            name: "cylinder",
            title: t("气瓶主标签", "Cylinder's primary tag"),
            sorted: false,
            shown: true,
            cell: |r, _| Cell::code(&r.cylinder),
        },
        Column {
            name: "stamp",
            title: t("钢印号", "Stamped no."),
            sorted: false,
            shown: true,
            cell: |r, _| Cell::code(&r.stamp_no),
        },
        Column {
            name: "org",
            title: t("产权单位", "Owner"),
            sorted: false,
            shown: true,
            cell: |r, _| Cell::text(&r.org),
        },
        Column {
            name: "series",
            title: t("号段", "Series"),
            sorted: false,
            shown: true,
            cell: |r, _| Cell::code(&r.series),
        },
    ],
    order: None,
    filters: &[
        Filter {
            name: "q",
            title: t("标签号", "Tag"),
            input: Input::Text(t("标签号或其开头", "A tag, or how it begins")),
            first: true,
        },
        Filter {
            name: "state",
            title: t("状态", "State"),
            input: Input::Choice(|| STATES.iter().map(|s| (s.1.to_owned(), s.2.to_owned(), s.3.to_owned())).collect()),
            first: true,
        },
    ],
    fetch: |query| Box::pin(tag_list(query)),
    choices: || Box::pin(async { Ok(Choices::new()) }),
    // One that no cylinder bears can be bound.
    link: |r| match r.cylinder.as_str() {
        "" if r.state == 3 => format!("/tags/bind?tag={}", encode(&r.code)),
        "" => format!("/tags/series?q={}", encode(r.code.get(..5).unwrap_or_default())),
        cylinder => format!("/cylinders/{}", encode(cylinder)),
    },
    export: None,
    bulk: None,
    nothing: t("还没有标签", "No tags yet"),
};
