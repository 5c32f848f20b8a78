//! `/analyses/in-use`: 在用钢瓶分布表 (S0-44), the source's thirteen columns, of every cylinder on file.

use crate::{
    features::cylinders::{address, archive_choices, cylinder_list, spec},
    kit::list::{self, Cell, Column, Filter, Input, ListSpec},
    lang::Lang,
};
use domain::{archive::CylinderLine, outcome::Text};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(
    name: &'static str,
    title: Text,
    sorted: bool,
    cell: fn(&CylinderLine, Lang) -> Cell,
) -> Column<CylinderLine> {
    Column { name, title, sorted, shown: true, cell }
}

static IN_USE: ListSpec<CylinderLine> = ListSpec {
    name: "in-use",
    path: "/analyses/in-use",
    title: t("在用钢瓶分布表", "Cylinders in use"),
    columns: &[
        column("tag", t("电子标签号", "Tag"), true, |c, _| {
            if c.tag.is_empty() { Cell::code("无标签") } else { Cell::code(&c.tag) }
        }),
        column("stamp", t("气瓶钢印号", "Stamped no."), true, |c, _| Cell::code(&c.stamp_no)),
        column("serial", t("气瓶出厂号", "Serial no."), true, |c, _| Cell::code(&c.serial_no)),
        column("medium", t("充装介质", "Medium"), false, |c, lang| Cell::text(lang.pick(&c.medium, &c.medium_en))),
        column("model", t("气瓶规格", "Model"), false, |c, _| Cell::code(&c.model)),
        column("maker", t("生产厂家", "Maker"), false, |c, _| Cell::text(&c.maker)),
        column("made", t("出厂日期", "Made"), true, |c, _| Cell::code(&c.made)),
        column("inspected", t("上次检测日期", "Last inspection"), false, |c, _| Cell::code(&c.inspected)),
        column("due", t("下次检测日期", "Next inspection"), true, |c, _| spec::day(c.due)),
        column("inspections", t("已检次数", "Inspections"), false, |c, _| Cell::Code(c.inspections.to_string())),
        column("life_end", t("报废日期", "End of life"), true, |c, _| spec::day(c.life_end)),
        column("valve", t("阀类型", "Valve"), false, |c, _| Cell::text(&c.valve)),
        column("faults", t("异常原因", "Faults"), false, |c, lang| {
            let words: Vec<String> = c.faults().into_iter().map(|f| lang.pick(f.0, f.1).to_owned()).collect();
            if words.is_empty() { Cell::None } else { Cell::Words(words) }
        }),
    ],
    order: Some(domain::archive::order),
    filters: &[
        Filter {
            name: "q",
            title: t("编码", "Code"),
            input: Input::Text(t("标签号、钢印号、出厂编号、二维码…", "Tag, stamp, serial number, QR code…")),
            first: true,
        },
        Filter { name: "district", title: t("区县", "District"), input: Input::Record, first: true },
        Filter { name: "org", title: t("产权单位", "Owner"), input: Input::Record, first: true },
        Filter {
            name: "inspection",
            title: t("检验状态", "Inspection"),
            input: Input::Choice(spec::inspections),
            first: true,
        },
        Filter { name: "as_of", title: t("判定日期", "Judged at"), input: Input::Day, first: true },
    ],
    fetch: |query| {
        Box::pin(cylinder_list(domain::list::ListQuery { from: query.from.clone(), ..query.with("file", "on") }))
    },
    choices: || Box::pin(archive_choices()),
    link: |c| address(&c.tag, &c.stamp_no),
    export: Some("in-use"),
    bulk: None,
    nothing: t("还没有在册钢瓶。", "No cylinder is on file yet."),
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&IN_USE)
}
