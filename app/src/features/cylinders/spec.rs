//! The archive as a list.

use super::{address, archive_choices, cylinder_list};
use crate::{
    kit::list::{Bulk, Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    analysis::Place,
    archive::{self, CylinderLine, FILE_GROUPS, InspectionFilter},
    headline::Headline,
    ledger::{Custody, FileState, flag},
    outcome::Text,
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// 钢瓶档案
pub static ARCHIVE: ListSpec<CylinderLine> = ListSpec {
    name: "cylinders",
    path: "/cylinders",
    title: t("钢瓶档案", "Cylinder archive"),
    columns: &[
        column("tag", t("标签号", "Tag"), true, |c, _| {
            if c.tag.is_empty() { Cell::code("无标签") } else { Cell::code(&c.tag) }
        }),
        column("state", t("状态", "State"), false, |c, lang| {
            let h = c.headline();
            Cell::Badge(tone(h), lang.pick(h.zh(), h.en()).to_owned())
        }),
        column("stamp", t("钢印号", "Stamped no."), true, |c, _| Cell::code(&c.stamp_no)),
        column("serial", t("出厂编号", "Serial no."), true, |c, _| Cell::code(&c.serial_no)),
        column("org", t("产权单位", "Owner"), false, |c, _| Cell::text(&c.org)),
        column("medium", t("充装介质", "Medium"), false, |c, lang| Cell::text(lang.pick(&c.medium, &c.medium_en))),
        column("model", t("规格", "Model"), false, |c, _| Cell::code(&c.model)),
        hidden("maker", t("制造单位", "Maker"), false, |c, _| Cell::text(&c.maker)),
        column("made", t("出厂日期", "Made"), true, |c, _| Cell::code(&c.made)),
        hidden("inspected", t("上次检测", "Last inspection"), false, |c, _| Cell::code(&c.inspected)),
        hidden("inspections", t("已检次数", "Inspections"), false, |c, _| Cell::Code(c.inspections.to_string())),
        hidden("valve", t("阀类型", "Valve"), false, |c, _| Cell::text(&c.valve)),
        column("due", t("下次检测", "Next inspection"), true, |c, _| day(c.due)),
        column("life_end", t("报废日期", "End of life"), true, |c, _| day(c.life_end)),
        column("custody", t("流转状态", "Custody"), false, |c, lang| {
            Cell::Text(lang.pick(c.custody.zh(), c.custody.en()).to_owned())
        }),
        column("place", t("位置", "Place"), false, |c, _| Cell::text(&c.place)),
        column("faults", t("异常原因", "Faults"), false, |c, lang| {
            let words: Vec<String> = c.faults().into_iter().map(|f| lang.pick(f.0, f.1).to_owned()).collect();
            if words.is_empty() { Cell::None } else { Cell::Words(words) }
        }),
    ],
    order: Some(archive::order),
    filters: &[
        first(
            "q",
            t("编码", "Code"),
            Input::Text(t("标签号、钢印号、出厂编号、二维码…", "Tag, stamp, serial number, QR code…")),
        ),
        first("org", t("产权单位", "Owner"), Input::Record),
        first("inspection", t("检验状态", "Inspection"), Input::Choice(inspections)),
        first("custody", t("流转状态", "Custody"), Input::Choice(custodies)),
        further("district", t("区县", "District"), Input::Record),
        further("medium", t("充装介质", "Medium"), Input::Record),
        further("file", t("档案状态", "File"), Input::Choice(files)),
        further("flag", t("标志", "Flag"), Input::Choice(flags)),
        further("made_from", t("出厂年份从", "Made from"), Input::Year),
        further("made_to", t("出厂年份至", "Made to"), Input::Year),
        further("made", t("出厂日期", "Made"), Input::Choice(unmade)),
        further("due_from", t("下次检测从", "Due from"), Input::Day),
        further("due_to", t("下次检测至", "Due to"), Input::Day),
        further("life_from", t("报废日期从", "Life ends from"), Input::Day),
        further("life_to", t("报废日期至", "Life ends to"), Input::Day),
        further("as_of", t("判定日期", "Judged at"), Input::Day),
        further("site", t("站点编号", "Station id"), Input::Text(t("数字", "A number"))),
    ],
    fetch: |query| Box::pin(cylinder_list(query)),
    choices: || Box::pin(archive_choices()),
    link: |c| address(&c.tag, &c.stamp_no),
    export: Some("archive"),
    bulk: Some(Bulk {
        path: "/labels", name: "code", title: t("打印标签", "Print labels"), value: |c| c.tag.clone()
    }),
    nothing: t("还没有钢瓶档案。用 pingji import 导入。", "No cylinder on file yet. Bring some in by pingji import."),
};

const fn column(
    name: &'static str,
    title: Text,
    sorted: bool,
    cell: fn(&CylinderLine, Lang) -> Cell,
) -> Column<CylinderLine> {
    Column { name, title, sorted, shown: true, cell }
}

const fn hidden(
    name: &'static str,
    title: Text,
    sorted: bool,
    cell: fn(&CylinderLine, Lang) -> Cell,
) -> Column<CylinderLine> {
    Column { name, title, sorted, shown: false, cell }
}

const fn first(name: &'static str, title: Text, input: Input) -> Filter {
    Filter { name, title, input, first: true }
}

const fn further(name: &'static str, title: Text, input: Input) -> Filter {
    Filter { name, title, input, first: false }
}

/// A day, or nothing.
pub fn day(day: Option<chrono::NaiveDate>) -> Cell {
    day.map_or(Cell::None, |d| Cell::Code(d.to_string()))
}

/// How grave a headline is.
pub const fn tone(headline: Headline) -> Tone {
    match headline {
        Headline::Normal => Tone::Ok,
        Headline::DueSoon | Headline::Doubtful | Headline::ChainGap | Headline::TagFault => Tone::Warn,
        Headline::Destroyed | Headline::Scrapped | Headline::Cancelled => Tone::Plain,
        _ => Tone::Bad,
    }
}

/// What the dates of a cylinder can come to.
pub fn inspections() -> Vec<Choice> {
    InspectionFilter::ALL.iter().map(|(f, code)| choice(code, f.words())).collect()
}

/// Places that hold several custodies first, then each by itself.
fn custodies() -> Vec<Choice> {
    let each = Custody::ALL.iter().map(|c| choice(&c.number().to_string(), (c.zh(), c.en())));
    Place::ALL.iter().map(|p| choice(p.1, (p.2, p.3))).chain(each).collect()
}

fn files() -> Vec<Choice> {
    let each = FileState::ALL.iter().map(|f| choice(&f.number().to_string(), (f.zh(), f.en())));
    FILE_GROUPS.iter().map(|g| choice(g.0, (g.1, g.2))).chain(each).collect()
}

fn unmade() -> Vec<Choice> {
    vec![choice("unknown", ("不明", "Unknown"))]
}

fn flags() -> Vec<Choice> {
    flag::SHOWN.iter().map(|f| choice(&f.0.to_string(), (f.1, f.2))).collect()
}

fn choice(code: &str, words: (&str, &str)) -> Choice {
    (code.to_owned(), words.0.to_owned(), words.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::archive::{FILTERS, SORTS};

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = ARCHIVE.filters.iter().map(|f| f.name).collect();
        let mut known = FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!(filters, known);
        let sorted: Vec<&str> = ARCHIVE.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect();
        assert_eq!(sorted, SORTS);
        assert!(
            ARCHIVE.columns[0].sorted && ARCHIVE.columns[0].shown,
            "the first column is the list's order and its link"
        );
    }
}
