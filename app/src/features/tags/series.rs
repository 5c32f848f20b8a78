//! The list of series: what was issued to whom, and what became of it.

use super::series_list;
use crate::kit::{
    format,
    list::{Cell, Choices, Column, Filter, Input, ListSpec},
};
use domain::{outcome::Text, tag::SeriesRow};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(name: &'static str, title: Text, cell: fn(&SeriesRow, crate::lang::Lang) -> Cell) -> Column<SeriesRow> {
    Column { name, title, sorted: false, shown: true, cell }
}

fn count(n: i64) -> Cell {
    Cell::Code(format::count(n))
}

pub(super) static SERIES: ListSpec<SeriesRow> = ListSpec {
    name: "series",
    path: "/tags/series",
    title: t("标签号段", "Series of tags"),
    columns: &[
        column("first", t("起始标签号", "First tag"), |r, _| Cell::code(&r.first)),
        column("last", t("终止标签号", "Last tag"), |r, _| Cell::code(&r.last)),
        column("org", t("领用单位", "Organisation"), |r, _| Cell::text(&r.org)),
        column("medium", t("介质", "Medium"), |r, _| Cell::text(&r.medium)),
        column("quantity", t("数量(枚)", "Pieces"), |r, _| r.quantity.map_or(Cell::None, |n| count(n.into()))),
        column("bound", t("已绑定", "Bound"), |r, _| count(r.bound)),
        column("void", t("已作废", "Void"), |r, _| count(r.void)),
        column("rate", t("使用率", "Used"), |r, _| match r.quantity {
            // Thousandths, so that no rate is rounded up to all of them.
            Some(n) if n > 0 => {
                let share = (r.bound + r.void).saturating_mul(1_000) / i64::from(n);
                Cell::Code(format!("{}.{} %", share / 10, share % 10))
            }
            _ => Cell::None,
        }),
        column("remark", t("备注", "Remark"), |r, _| Cell::text(&r.remark)),
        column("doubts", t("存疑", "Doubts"), |r, _| Cell::text(&r.doubts.replace('\n', "; "))),
    ],
    order: None,
    filters: &[Filter {
        name: "q",
        title: t("标签号", "Tag"),
        input: Input::Text(t("企业代码,或标签号的前几位", "The enterprise code, or how the tags begin")),
        first: true,
    }],
    fetch: |query| Box::pin(series_list(query)),
    choices: || Box::pin(async { Ok(Choices::new()) }),
    // Five digits: the enterprise and the medium, as far as a list of tags by their beginning can tell a series.
    link: |r| format!("/tags?q={}", r.first.get(..5).unwrap_or_default()),
    export: None,
    bulk: None,
    nothing: t(
        "还没有发放过标签号段。可在“发放标签号段”中发放,或导入标签清单。",
        "No series was issued yet: issue one, or import a list of tags.",
    ),
};
