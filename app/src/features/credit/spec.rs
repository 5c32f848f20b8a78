//! The lists of the credit.

use super::{credit_appeals, credit_choices, credit_entries, credit_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    clock,
    credit::{self, AppealLine, EntryLine, EntryState, Grade, RatingLine, State as AppealState, Trend},
    org::Kind,
    outcome::Text,
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column<R>(
    name: &'static str,
    title: Text,
    sorted: bool,
    shown: bool,
    cell: fn(&R, Lang) -> Cell,
) -> Column<R> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

fn words(all: impl Iterator<Item = (&'static str, Text)>) -> Vec<Choice> {
    all.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

/// How a grade looks.
pub(super) const fn tone(grade: Grade) -> Tone {
    match grade {
        Grade::A => Tone::Ok,
        Grade::B => Tone::Plain,
        Grade::C => Tone::Warn,
        Grade::D => Tone::Bad,
    }
}

/// Where a rating goes, and by how much: the word says whether up or down.
pub(super) fn trend(r: &RatingLine, lang: Lang) -> String {
    let word = lang.text(r.trend.text());
    match r.by {
        0 => word.to_owned(),
        by if r.trend == Trend::Steady => format!("{word} {}", credit::points(by)),
        by => format!("{word} {}", credit::points(by.saturating_abs())),
    }
}

/// How an appeal looks.
pub(super) const fn appeal_tone(state: AppealState) -> Tone {
    match state {
        AppealState::Filed | AppealState::Asked | AppealState::Review => Tone::Warn,
        AppealState::Granted | AppealState::Reduced => Tone::Ok,
        _ => Tone::Plain,
    }
}

/// 信用评价
pub static RATINGS: ListSpec<RatingLine> = ListSpec {
    name: "ratings",
    path: "/credit",
    title: t("信用评价", "Credit ratings"),
    columns: &[
        column("name", t("单位", "Organisation"), true, true, |r, _| Cell::text(&r.name)),
        column("grade", t("等级", "Grade"), false, true, |r: &RatingLine, lang| {
            Cell::Badge(tone(r.grade), lang.text(r.grade.text()).to_owned())
        }),
        column("score", t("得分(满分 100)", "Points (of 100)"), true, true, |r, _| {
            Cell::Code(credit::points(r.score))
        }),
        column("trend", t("趋势", "Trend"), false, true, |r: &RatingLine, lang| Cell::Text(trend(r, lang))),
        column("veto", t("一票否决", "Veto"), false, true, |r: &RatingLine, lang| {
            if r.veto { Cell::Badge(Tone::Bad, lang.pick("是", "yes").to_owned()) } else { Cell::None }
        }),
        column("kind", t("类型", "Kind"), false, true, |r: &RatingLine, lang| {
            Cell::Text(Kind::from_code(&r.kind).map_or_else(|| r.kind.clone(), |k| lang.text(k.text()).to_owned()))
        }),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.district)),
        column("day", t("评价日期", "As of"), false, false, |r, _| Cell::Code(r.day.to_string())),
    ],
    order: None,
    filters: &[
        filter(
            "q",
            t("查找", "Find"),
            Input::Text(t("单位名称或拼音首字母", "Name, or first letters in Pinyin")),
            true,
        ),
        filter(
            "grade",
            t("等级", "Grade"),
            Input::Choice(|| words(Grade::ALL.iter().map(|g| (g.code(), g.text())))),
            true,
        ),
        filter(
            "trend",
            t("趋势", "Trend"),
            Input::Choice(|| words(Trend::ALL.iter().map(|g| (g.code(), g.text())))),
            true,
        ),
        filter(
            "kind",
            t("类型", "Kind"),
            Input::Choice(|| words(Kind::ALL.iter().map(|k| (k.code(), k.text())))),
            false,
        ),
        filter("district", t("区县", "District"), Input::Record, false),
    ],
    fetch: |query| Box::pin(credit_list(query)),
    choices: || Box::pin(credit_choices()),
    link: |r| format!("/credit/{}", r.org),
    export: None,
    bulk: None,
    nothing: t("还没有评价过的单位", "Nobody is rated yet"),
};

fn appeal_states() -> Vec<Choice> {
    let more = [
        ("pending".to_owned(), "待办理的全部".to_owned(), "all that wait".to_owned()),
        ("late".to_owned(), "已超期".to_owned(), "overdue".to_owned()),
    ];
    words(AppealState::ALL.iter().map(|s| (s.code(), s.text()))).into_iter().chain(more).collect()
}

/// 申诉
pub static APPEALS: ListSpec<AppealLine> = ListSpec {
    name: "appeals",
    path: "/credit/appeals",
    title: t("信用申诉", "Appeals"),
    columns: &[
        column("id", t("编号", "Number"), false, true, |r, _| Cell::Code(r.id.to_string())),
        column("filed", t("提出时间", "Filed"), true, true, |r, _| Cell::Code(clock::local_text(r.filed_at))),
        column("org", t("单位", "Organisation"), false, true, |r, _| Cell::text(&r.org_name)),
        column("item", t("扣分项", "Point"), false, true, |r: &AppealLine, lang| {
            Cell::Text(lang.pick(r.item.0.clone(), r.item.1.clone()))
        }),
        column("state", t("状态", "State"), false, true, |r: &AppealLine, lang| {
            Cell::Badge(appeal_tone(r.state), lang.text(r.state.text()).to_owned())
        }),
        column("due", t("应办结", "To be decided by"), false, true, |r, _| Cell::Code(r.due.to_string())),
        column("grounds", t("理由", "Why"), false, true, |r, _| Cell::text(&r.grounds)),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Input::Text(t("理由、证据或编号", "Grounds, evidence or number")), true),
        filter("state", t("状态", "State"), Input::Choice(appeal_states), true),
        filter("org", t("单位", "Organisation"), Input::Record, true),
    ],
    fetch: |query| Box::pin(credit_appeals(query)),
    choices: || Box::pin(credit_choices()),
    link: |r| format!("/credit/appeals/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有申诉", "Nobody appealed yet"),
};

/// 人工登记
pub static ENTRIES: ListSpec<EntryLine> = ListSpec {
    name: "entries",
    path: "/credit/entries",
    title: t("信用扣分登记", "Points entered by hand"),
    columns: &[
        column("id", t("编号", "Number"), false, true, |r, _| Cell::Code(r.id.to_string())),
        column("entered", t("登记时间", "Entered"), true, true, |r, _| Cell::Code(clock::local_text(r.entered_at))),
        column("org", t("单位", "Organisation"), false, true, |r, _| Cell::text(&r.org_name)),
        column("day", t("认定日期", "Decided on"), false, true, |r, _| Cell::Code(r.day.to_string())),
        column("document", t("文号", "Document"), false, true, |r, _| Cell::code(&r.document)),
        column("note", t("事由", "What it was"), false, true, |r, _| Cell::text(&r.note)),
        column("state", t("状态", "State"), false, true, |r: &EntryLine, lang| {
            let tone = if r.state == EntryState::Open { Tone::Warn } else { Tone::Plain };
            Cell::Badge(tone, lang.text(r.state.text()).to_owned())
        }),
    ],
    order: None,
    filters: &[
        filter("q", t("查找", "Find"), Input::Text(t("文号或事由", "Document or words")), true),
        filter(
            "state",
            t("状态", "State"),
            Input::Choice(|| words(EntryState::ALL.iter().map(|s| (s.code(), s.text())))),
            true,
        ),
        filter("org", t("单位", "Organisation"), Input::Record, true),
    ],
    fetch: |query| Box::pin(credit_entries(query)),
    choices: || Box::pin(credit_choices()),
    link: |r| format!("/credit/{}#points", r.org),
    export: None,
    bulk: None,
    nothing: t("还没有人工登记的扣分", "Nothing was entered by hand yet"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = RATINGS.filters.iter().map(|f| f.name).collect();
        let mut known = credit::FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!((filters, RATINGS.filters[0].name), (known, "q"));
    }
}
