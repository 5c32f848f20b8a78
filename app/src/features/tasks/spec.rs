//! The inbox of tasks.

use super::{Listed, task_list};
use crate::{
    kit::list::{Cell, Choice, Choices, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    clock,
    outcome::Text,
    task::{Kind, Sight, State, Task},
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

/// How a task stands on a day: tone and words.
pub(super) fn standing(t: &Task, today: i32, lang: Lang) -> (Tone, String) {
    match (t.state, t.late(today)) {
        (State::Open, late) if late > 0 => {
            (Tone::Bad, format!("{} {late} {}", lang.pick("逾期", "late by"), lang.pick("天", "d")))
        }
        (State::Open, _) if t.due == today => (Tone::Warn, lang.pick("今日到期", "due today").to_owned()),
        (State::Open, _) => {
            let left = i64::from(t.due) - i64::from(today);
            (Tone::Plain, format!("{} {left} {}", lang.pick("剩余", "in"), lang.pick("天", "d")))
        }
        (State::Done, _) => (Tone::Ok, lang.text(State::Done.text()).to_owned()),
        (State::Closed, _) => (Tone::Plain, lang.text(State::Closed.text()).to_owned()),
    }
}

/// Whose it is to do.
pub(super) fn holder(t: &Task, lang: Lang) -> String {
    let place = if t.holder.is_empty() { lang.pick("市级", "the city").to_owned() } else { t.holder.clone() };
    if t.person.is_empty() { place } else { format!("{place} · {}", t.person) }
}

/// To whom it was told upward.
pub(super) fn told(level: i16, lang: Lang) -> &'static str {
    match level {
        0 => "",
        1 => lang.pick("已上报一级", "told upward"),
        _ => lang.pick("已上报两级", "told to the city"),
    }
}

fn words(all: impl Iterator<Item = (&'static str, Text)>) -> Vec<Choice> {
    all.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

/// The list.
pub static TASKS: ListSpec<Listed> = ListSpec {
    name: "tasks",
    path: "/tasks",
    title: t("待办", "Tasks"),
    columns: &[
        column("due", t("期限", "Due"), true, true, |r, _| Cell::Code(clock::date_of(r.task.due).to_string())),
        column("standing", t("状态", "State"), false, true, |r, lang| {
            let (tone, text) = standing(&r.task, r.today, lang);
            Cell::Badge(tone, text)
        }),
        column("kind", t("事项", "What"), false, true, |r, lang| Cell::text(lang.text(r.task.kind.text()))),
        column("about", t("内容", "Of what"), false, true, |r, lang| {
            let t = &r.task;
            let n =
                if t.amount > 0 { format!(" ({} {})", t.amount, lang.pick("只", "cylinders")) } else { String::new() };
            Cell::text(&format!("{}{n}", t.about))
        }),
        column("holder", t("办理", "Whose"), false, true, |r, lang| Cell::text(&holder(&r.task, lang))),
        column("told", t("上报", "Told upward"), false, true, |r, lang| Cell::text(told(r.task.level, lang))),
        column("opened", t("产生时间", "Came up"), false, false, |r, _| {
            Cell::Code(clock::local_text(r.task.opened_at))
        }),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Input::Text(t("内容或编号", "Words or number")), true),
        filter(
            "view",
            t("范围", "Whose"),
            Input::Choice(|| words(Sight::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| {
                let mut all = words(State::ALL.iter().map(|s| (s.code(), s.text())));
                all.insert(1, ("today".into(), "今日到期".into(), "due today".into()));
                all.insert(1, ("late".into(), "逾期".into(), "late".into()));
                all
            }),
            true,
        ),
        filter(
            "kind",
            t("事项", "What"),
            Input::Choice(|| words(Kind::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter("from", t("期限从", "Due from"), Input::Day, false),
        filter("to", t("期限至", "Due to"), Input::Day, false),
    ],
    fetch: |query| Box::pin(task_list(query)),
    choices: || Box::pin(async { Ok(Choices::new()) }),
    link: |r| format!("/tasks/{}", r.task.id),
    export: None,
    bulk: None,
    nothing: t("没有待办事项", "Nothing waits for you"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = TASKS.filters.iter().map(|f| f.name).collect();
        let mut known = domain::task::FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!((filters, TASKS.filters[0].name), (known, "q"));
        assert_eq!(TASKS.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["due"]);
    }
}
