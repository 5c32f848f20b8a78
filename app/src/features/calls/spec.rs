//! The list of calls.

use super::{Listed, call_choices, call_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    call::{CallBack, Category, State},
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
    cell: fn(&Listed, Lang) -> Cell,
) -> Column<Listed> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

/// How a state looks.
pub(super) const fn tone(state: State) -> Tone {
    match state {
        State::Open => Tone::Warn,
        State::Case => Tone::Ok,
        State::Handed | State::Kept => Tone::Plain,
    }
}

/// How a call back looks.
pub(super) const fn back_tone(back: CallBack) -> Tone {
    match back {
        CallBack::Waiting => Tone::Warn,
        CallBack::Late => Tone::Bad,
        CallBack::Done => Tone::Ok,
    }
}

fn words(all: impl Iterator<Item = (&'static str, Text)>) -> Vec<Choice> {
    all.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

/// The list.
pub static CALLS: ListSpec<Listed> = ListSpec {
    name: "calls",
    path: "/calls",
    title: t("来电记录", "Calls"),
    columns: &[
        column("id", t("编号", "Number"), false, true, |r, _| Cell::Code(r.call.id.to_string())),
        column("at", t("来电时间", "When"), true, true, |r, _| Cell::Code(clock::local_text(r.call.at))),
        column("category", t("类别", "About"), false, true, |r, lang| Cell::text(lang.text(r.call.category.text()))),
        column("caller", t("来电人", "Caller"), false, true, |r, _| {
            Cell::text(format!("{} {}", r.call.caller.name, r.call.caller.phone).trim())
        }),
        column("text", t("内容", "What was said"), false, true, |r, _| {
            let short: String = r.call.text.chars().take(40).collect();
            Cell::text(&if short.len() < r.call.text.len() { format!("{short}…") } else { short })
        }),
        column("state", t("状态", "State"), false, true, |r, lang| {
            Cell::Badge(tone(r.call.state), lang.text(r.call.state.text()).to_owned())
        }),
        column("callback", t("回电", "Call back"), false, true, |r, lang| {
            r.back.map_or(Cell::None, |b| {
                let by = r.call.callback.filter(|_| b != CallBack::Done).map(clock::local_text).unwrap_or_default();
                Cell::Badge(back_tone(b), format!("{} {by}", lang.text(b.text())).trim().to_owned())
            })
        }),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.call.district)),
        column("handed", t("移交", "Handed to"), false, false, |r, _| Cell::text(&r.call.handed_to)),
        column("case", t("案件", "Case"), false, false, |r, _| {
            Cell::code(r.call.case.as_ref().map_or("", |c| c.1.as_str()))
        }),
        column("org", t("涉及单位", "Organisation"), false, false, |r, _| Cell::text(&r.call.org_name)),
        column("tag", t("标签号", "Tag"), false, false, |r, _| Cell::code(&r.call.tag)),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Input::Text(t("内容、移交对象、标签号或编号", "Words, tag or number")), true),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| words(State::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter(
            "category",
            t("类别", "About"),
            Input::Choice(|| words(Category::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter(
            "callback",
            t("回电", "Call back"),
            Input::Choice(|| words(CallBack::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter("from", t("日期从", "From"), Input::Day, true),
        filter("to", t("日期至", "To"), Input::Day, true),
        filter("district", t("区县", "District"), Input::Record, false),
    ],
    fetch: |query| Box::pin(call_list(query)),
    choices: || Box::pin(call_choices()),
    link: |r| format!("/calls/{}", r.call.id),
    export: None,
    bulk: None,
    nothing: t("还没有来电记录", "No call is on record"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = CALLS.filters.iter().map(|f| f.name).collect();
        let mut known = domain::call::FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!((filters, CALLS.filters[0].name), (known, "q"));
        assert_eq!(CALLS.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["at"]);
    }
}
