//! The list of documents.

use super::paper_list;
use crate::{
    kit::list::{Cell, Choice, Choices, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    clock,
    outcome::Text,
    paper::{Paper, Receipt, State},
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(name: &'static str, title: Text, cell: fn(&Paper, Lang) -> Cell) -> Column<Paper> {
    Column { name, title, sorted: false, shown: true, cell }
}

const fn filter(name: &'static str, title: Text, input: Input) -> Filter {
    Filter { name, title, input, first: true }
}

/// How it looks how far a party is.
pub(super) const fn tone(r: Receipt) -> Tone {
    match r {
        Receipt::Waiting => Tone::Warn,
        Receipt::Opened => Tone::Plain,
        Receipt::Signed | Receipt::Answered => Tone::Ok,
    }
}

fn words(all: &[(&str, &str, &str)]) -> Vec<Choice> {
    all.iter().map(|(c, zh, en)| ((*c).to_owned(), (*zh).to_owned(), (*en).to_owned())).collect()
}

/// The list.
pub static PAPERS: ListSpec<Paper> = ListSpec {
    name: "papers",
    path: "/papers",
    title: t("公文签收", "Documents with receipt"),
    columns: &[
        column("number", t("文号", "Number"), |r, _| Cell::Code(r.number.clone())),
        column("title", t("标题", "Title"), |r, _| Cell::text(&r.title)),
        column("issuer", t("发文单位", "Issued by"), |r, _| Cell::text(&r.issuer)),
        column("state", t("状态", "State"), |r, lang| match r.state {
            State::Issued => Cell::Badge(Tone::Ok, lang.text(r.state.text()).to_owned()),
            State::Withdrawn => Cell::Badge(Tone::Plain, lang.text(r.state.text()).to_owned()),
        }),
        column("own", t("我单位", "Our own receipt"), |r, lang| {
            r.own.map_or(Cell::None, |o| Cell::Badge(tone(o), lang.text(o.text()).to_owned()))
        }),
        column("deadline", t("期限", "Deadline"), |r, _| {
            r.deadline.map_or(Cell::None, |d| Cell::Code(d.to_string()))
        }),
        column("signed", t("签收(家)", "Signed for, of parties"), |r, _| {
            Cell::Code(format!("{} / {}", r.tally.signed, r.tally.parties))
        }),
        column("answered", t("回复(家)", "Answered"), |r, _| {
            if r.answer { Cell::Code(r.tally.answered.to_string()) } else { Cell::None }
        }),
        column("issued", t("发布时间", "Issued"), |r, _| Cell::Code(clock::local_text(r.issued_at))),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Input::Text(t("文号或标题", "Number or title"))),
        filter(
            "whose",
            t("来源", "Whose"),
            Input::Choice(|| words(&[("issued", "我单位发出", "issued by us"), ("received", "发给我单位", "for us")])),
        ),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| {
                words(&[
                    ("open", "待我单位办理", "for us to deal with"),
                    ("late", "有逾期", "overdue"),
                    ("issued", "已发布", "issued"),
                    ("withdrawn", "已撤回", "withdrawn"),
                ])
            }),
        ),
        filter("from", t("发布日期从", "From"), Input::Day),
        filter("to", t("发布日期至", "To"), Input::Day),
    ],
    fetch: |query| Box::pin(paper_list(query)),
    choices: || Box::pin(async { Ok(Choices::new()) }),
    link: |r| format!("/papers/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有公文", "No documents yet"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        assert_eq!(PAPERS.filters.iter().map(|f| f.name).collect::<Vec<_>>(), domain::paper::FILTERS);
    }
}
