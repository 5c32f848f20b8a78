//! The lists of the two registers.

use super::{incident_choices, incident_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    check::Severity,
    clock,
    incident::{Grade, Incident, Level, Register, State},
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
    cell: fn(&Incident, Lang) -> Cell,
) -> Column<Incident> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

/// How grave a level looks.
pub(super) const fn tone(level: Level) -> Tone {
    match level {
        Level::Accident(Grade::Below) | Level::Hazard(Severity::Common) => Tone::Plain,
        Level::Accident(Grade::Common) | Level::Hazard(Severity::Serious) => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// How a state looks.
pub(super) const fn state_tone(state: State) -> Tone {
    match state {
        State::Open | State::Demanded => Tone::Warn,
        State::Closed => Tone::Ok,
        State::Rectified | State::Withdrawn => Tone::Plain,
    }
}

fn level(r: &Incident, lang: Lang) -> Cell {
    Cell::Badge(tone(r.level), lang.text(r.level.text()).to_owned())
}

fn state(r: &Incident, lang: Lang) -> Cell {
    Cell::Badge(state_tone(r.state), lang.text(r.state.text()).to_owned())
}

fn words(all: &[(&str, Text)]) -> Vec<Choice> {
    all.iter().map(|(code, t)| ((*code).to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

fn states(some: &[State]) -> Vec<Choice> {
    words(&some.iter().map(|s| (s.code(), s.text())).collect::<Vec<_>>())
}

fn kinds(r: Register) -> Vec<Choice> {
    words(&r.kinds().iter().map(|k| (k.code(), k.text())).collect::<Vec<_>>())
}

const Q: Input = Input::Text(t("地点、经过、标签号或编号", "Place, words, tag or number"));

/// 事故
pub static ACCIDENTS: ListSpec<Incident> = ListSpec {
    name: "accidents",
    path: "/accidents",
    title: t("事故登记", "Accidents"),
    columns: &[
        column("id", t("编号", "Number"), false, true, |r, _| Cell::Code(r.id.to_string())),
        column("at", t("发生时间", "When"), true, true, |r, _| Cell::Code(clock::local_text(r.at))),
        column("level", t("等级", "Grade"), false, true, level),
        column("kind", t("类型", "Kind"), false, true, |r, lang| Cell::text(lang.text(r.kind.text()))),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.district)),
        column("place", t("地点", "Place"), false, true, |r, _| Cell::text(&r.place)),
        column("dead", t("死亡(人)", "Dead"), false, true, |r, _| Cell::Code(r.harm.dead.to_string())),
        column("injured", t("重伤/轻伤(人)", "Seriously / slightly injured"), false, true, |r, _| {
            Cell::Code(format!("{}/{}", r.harm.serious, r.harm.minor))
        }),
        column("org", t("单位", "Organisation"), false, true, |r, _| Cell::text(&r.org_name)),
        column("tag", t("标签号", "Tag"), false, true, |r, _| Cell::code(&r.tag)),
        column("state", t("状态", "State"), false, true, state),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Q, true),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| states(&[State::Open, State::Closed, State::Withdrawn])),
            true,
        ),
        filter(
            "level",
            t("等级", "Grade"),
            Input::Choice(|| words(&Grade::ALL.iter().map(|g| (g.code(), g.text())).collect::<Vec<_>>())),
            true,
        ),
        filter("from", t("发生日期从", "From"), Input::Day, true),
        filter("to", t("发生日期至", "To"), Input::Day, true),
        filter("kind", t("类型", "Kind"), Input::Choice(|| kinds(Register::Accident)), false),
        filter("district", t("区县", "District"), Input::Record, false),
        filter("org", t("单位", "Organisation"), Input::Record, false),
    ],
    fetch: |query| Box::pin(incident_list(Register::Accident, query)),
    choices: || Box::pin(incident_choices()),
    link: |r| format!("/accidents/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有登记的事故", "No accident is on record"),
};

/// 隐患
pub static HAZARDS: ListSpec<Incident> = ListSpec {
    name: "hazards",
    path: "/hazards",
    title: t("隐患登记", "Hazards"),
    columns: &[
        column("id", t("编号", "Number"), false, true, |r, _| Cell::Code(r.id.to_string())),
        column("at", t("发现时间", "When"), true, true, |r, _| Cell::Code(clock::local_text(r.at))),
        column("level", t("等级", "How grave"), false, true, level),
        column("kind", t("环节", "Where it lies"), false, true, |r, lang| Cell::text(lang.text(r.kind.text()))),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.district)),
        column("place", t("地点", "Place"), false, true, |r, _| Cell::text(&r.place)),
        column("brief", t("描述", "What was found"), false, true, |r, _| Cell::text(&r.brief)),
        column("org", t("责任单位", "Organisation"), false, true, |r, _| Cell::text(&r.org_name)),
        column("tag", t("标签号", "Tag"), false, false, |r, _| Cell::code(&r.tag)),
        column("due", t("整改期限", "To be put right by"), false, true, |r, _| {
            r.due.map_or(Cell::None, |d| Cell::Code(d.to_string()))
        }),
        column("state", t("状态", "State"), false, true, state),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Q, true),
        filter("state", t("状态", "State"), Input::Choice(hazard_states), true),
        filter(
            "level",
            t("等级", "How grave"),
            Input::Choice(|| words(&Severity::ALL.iter().map(|s| (s.code(), s.text())).collect::<Vec<_>>())),
            true,
        ),
        filter("from", t("发现日期从", "From"), Input::Day, true),
        filter("to", t("发现日期至", "To"), Input::Day, true),
        filter("kind", t("环节", "Where it lies"), Input::Choice(|| kinds(Register::Hazard)), false),
        filter("district", t("区县", "District"), Input::Record, false),
        filter("org", t("责任单位", "Organisation"), Input::Record, false),
    ],
    fetch: |query| Box::pin(incident_list(Register::Hazard, query)),
    choices: || Box::pin(incident_choices()),
    link: |r| format!("/hazards/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有登记的隐患", "No hazard is on record"),
};

fn hazard_states() -> Vec<Choice> {
    let late = ("late".to_owned(), "逾期未整改".to_owned(), "rectification overdue".to_owned());
    states(State::ALL).into_iter().chain([late]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_ask_what_the_record_answers() {
        for list in [&ACCIDENTS, &HAZARDS] {
            let mut filters: Vec<&str> = list.filters.iter().map(|f| f.name).collect();
            let mut known = domain::incident::FILTERS.to_vec();
            filters.sort_unstable();
            known.sort_unstable();
            assert_eq!((filters, list.filters[0].name), (known, "q"));
            assert_eq!(list.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["at"]);
        }
    }
}
