//! The list of organisations.

use super::{org_choices, org_list};
use crate::{
    kit::list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    lang::Lang,
};
use domain::{
    org::{Kind, Licence, OrgLine},
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
    cell: fn(&OrgLine, Lang) -> Cell,
) -> Column<OrgLine> {
    Column { name, title, sorted, shown, cell }
}

/// How a licence looks.
pub(super) const fn tone(licence: Licence) -> Tone {
    match licence {
        Licence::Valid => Tone::Ok,
        Licence::Soon => Tone::Warn,
        Licence::Expired => Tone::Bad,
        Licence::None => Tone::Plain,
    }
}

/// What an organisation is, in words.
pub(super) fn kind(o: &OrgLine, lang: Lang) -> String {
    Kind::from_code(&o.kind).map_or_else(|| o.kind.clone(), |k| lang.text(k.text()).to_owned())
}

pub(super) static ORGS: ListSpec<OrgLine> = ListSpec {
    name: "orgs",
    path: "/orgs",
    title: t("单位", "Organisations"),
    columns: &[
        column("name", t("单位名称", "Name"), true, true, |r, _| Cell::text(&r.name)),
        column("kind", t("类型", "Kind"), false, true, |r, lang| Cell::text(&kind(r, lang))),
        column("district", t("区县", "District"), false, true, |r, _| Cell::text(&r.district)),
        column("uscc", t("统一社会信用代码", "Credit code"), false, true, |r, _| Cell::code(&r.uscc)),
        column("licence", t("充装许可", "Licence"), false, true, |r, lang| {
            Cell::Badge(tone(r.licence), lang.text(r.licence.text()).to_owned())
        }),
        column("licence_no", t("许可证号", "Licence no."), false, true, |r, _| Cell::code(&r.licence_no)),
        column("until", t("许可有效期至", "Licence until"), false, true, |r, _| {
            r.licence_until.map_or(Cell::None, |d| Cell::Code(d.to_string()))
        }),
        column("phone", t("电话", "Telephone"), false, false, |r, _| Cell::code(&r.phone)),
    ],
    order: None,
    filters: &[
        Filter {
            name: "q",
            title: t("查找", "Find"),
            input: Input::Text(t("名称的一部分,或统一社会信用代码", "A part of the name, or the credit code")),
            first: true,
        },
        Filter { name: "kind", title: t("类型", "Kind"), input: Input::Choice(kinds), first: true },
        Filter { name: "district", title: t("区县", "District"), input: Input::Record, first: true },
        Filter { name: "licence", title: t("充装许可", "Licence"), input: Input::Choice(licences), first: true },
    ],
    fetch: |query| Box::pin(org_list(query)),
    choices: || Box::pin(org_choices()),
    link: |r| format!("/orgs/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有单位", "No organisations yet"),
};

fn kinds() -> Vec<Choice> {
    let words = Kind::ALL.iter().map(|k| (k.code(), k.text()));
    words.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

fn licences() -> Vec<Choice> {
    let words = Licence::ALL.iter().map(|l| (l.code(), l.text()));
    words.map(|(code, t)| (code.to_owned(), t.zh.to_owned(), t.en.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        assert_eq!(ORGS.filters.iter().map(|f| f.name).collect::<Vec<_>>(), domain::org::FILTERS);
        assert_eq!(ORGS.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect::<Vec<_>>(), ["name"]);
    }
}
