//! The list of cases.

use super::{case_choices, case_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    case::{Case, Channel, State, Track},
    clock,
    outcome::Text,
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(
    name: &'static str,
    title: Text,
    sorted: bool,
    shown: bool,
    cell: fn(&Case, Lang) -> Cell,
) -> Column<Case> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

/// How a state looks.
pub(super) const fn tone(state: State) -> Tone {
    match state {
        State::Received => Tone::Warn,
        State::Accepted | State::Mediating | State::HandedOver => Tone::Plain,
        State::Refused | State::NotFiled | State::Ended | State::Withdrawn => Tone::Plain,
        _ => Tone::Ok,
    }
}

fn words(all: impl Iterator<Item = (&'static str, Text)>) -> Vec<Choice> {
    all.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

/// When the first of its clocks ends, and how late that is as of an instant.
pub(super) fn due(c: &Case, lang: Lang) -> String {
    let provisional =
        if c.provisional { lang.pick(" (节假日待确认)", " (days off to be confirmed)") } else { "" };
    match (c.due, c.hold) {
        (Some(at), _) => format!("{}{provisional}", clock::local_text(at)),
        (None, Some(hold)) => format!("{} · {}", lang.pick("已暂停", "held up"), lang.text(hold.text())),
        (None, None) => String::new(),
    }
}

/// The list.
pub static CASES: ListSpec<Case> = ListSpec {
    name: "cases",
    path: "/cases",
    title: t("投诉举报", "Cases"),
    columns: &[
        column("number", t("编号", "Number"), false, true, |r, _| Cell::Code(r.number.clone())),
        column("received", t("收到时间", "Received"), true, true, |r, _| {
            Cell::Code(clock::local_text(r.received_at))
        }),
        column("track", t("类别", "Kind"), false, true, |r, lang| Cell::text(lang.text(r.track.text()))),
        column("title", t("说明", "In a few words"), false, true, |r, _| Cell::text(&r.title)),
        column("org", t("被反映单位", "Organisation"), false, true, |r, _| Cell::text(&r.org_name)),
        column("state", t("状态", "State"), false, true, |r, lang| {
            Cell::Badge(tone(r.state), lang.text(r.state.text()).to_owned())
        }),
        column("due", t("最近期限", "Next term"), true, true, |r, lang| Cell::code(&due(r, lang))),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.district)),
        column("channel", t("来源", "How it came"), false, false, |r, lang| Cell::text(lang.text(r.channel.text()))),
        column("tag", t("标签号", "Tag"), false, false, |r, _| Cell::code(&r.tag)),
        column("external_no", t("平台工单号", "Platform's number"), false, false, |r, _| {
            Cell::code(&r.external_no)
        }),
        column("rating", t("满意度(1–5)", "Content (1–5)"), false, false, |r, _| match r.rating {
            0 => Cell::None,
            n => Cell::Code(n.to_string()),
        }),
    ],
    order: None,
    filters: &[
        filter(
            "q",
            t("查找", "Find"),
            Input::Text(t("编号、说明、标签号或平台工单号", "Number, words, tag or platform's number")),
            true,
        ),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| words(State::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter(
            "track",
            t("类别", "Kind"),
            Input::Choice(|| words(Track::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter(
            "overdue",
            t("期限", "Term"),
            Input::Choice(|| vec![("yes".into(), "已超期".into(), "overdue".into())]),
            true,
        ),
        filter("from", t("收到日期从", "From"), Input::Day, true),
        filter("to", t("收到日期至", "To"), Input::Day, true),
        filter(
            "channel",
            t("来源", "How it came"),
            Input::Choice(|| words(Channel::ALL.iter().map(|s| (s.code(), s.text())))),
            false,
        ),
        filter("district", t("区县", "District"), Input::Record, false),
        filter("org", t("被反映单位", "Organisation"), Input::Record, false),
    ],
    fetch: |query| Box::pin(case_list(query)),
    choices: || Box::pin(case_choices()),
    link: |r| format!("/cases/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有投诉、举报、建议或报修", "No case is on record"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = CASES.filters.iter().map(|f| f.name).collect();
        let mut known = domain::case::FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!((filters, CASES.filters[0].name), (known, "q"));
        assert_eq!(CASES.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["received", "due"]);
    }
}
