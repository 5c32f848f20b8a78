//! The records as a list.

use super::{record_choices, record_list};
use crate::{
    kit::{
        format,
        list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    },
    lang::Lang,
};
use domain::{
    clock,
    event::EventKind,
    outcome::{Anomaly, Text},
    record::{KINDS, Linked, RecordLine, Verdict},
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// 充装检查记录
pub static RECORDS: ListSpec<RecordLine> = ListSpec {
    name: "records",
    path: "/records",
    title: t("充装检查记录", "Records of checks and fills"),
    columns: &[
        column("no", t("记录号", "Record"), true, true, |r, _| Cell::Code(r.no.to_string())),
        column("at", t("时间", "When"), false, true, |r, _| Cell::Code(clock::local_text(r.at_ms))),
        column("recorded", t("入库时间", "Recorded"), false, false, |r, _| {
            Cell::Code(clock::local_text(r.recorded_ms))
        }),
        column("kind", t("类型", "Kind"), false, true, |r, lang| Cell::text(lang.pick(r.kind.zh(), r.kind.en()))),
        column("tag", t("标签号", "Tag"), false, true, |r, _| Cell::code(&r.tag)),
        column("verdict", t("结论", "Found"), false, true, verdict),
        column("precheck", t("前检", "Pre-check"), false, true, |r, lang| linked(r, r.precheck, lang)),
        column("postcheck", t("复检", "Post-check"), false, true, |r, lang| linked(r, r.postcheck, lang)),
        column("net", t("充装量 kg", "Gas kg"), false, true, |r, _| kg(r.net_g)),
        column("tare", t("皮重 kg", "Tare kg"), false, true, |r, _| kg(r.tare_g)),
        column("gross", t("总重 kg", "Gross kg"), false, true, |r, _| kg(r.gross_g)),
        column("station", t("站点", "Station"), false, true, |r, _| Cell::text(&r.station)),
        column("device", t("枪/手持机", "Gun or handheld"), false, true, |r, _| Cell::text(&r.device)),
        column("operator", t("操作人", "Operator"), false, true, |r, _| Cell::text(&r.operator)),
    ],
    order: None,
    filters: &[
        filter("q", t("编码", "Code"), Input::Text(t("标签号、钢印号、出厂编号…", "Tag, stamp, serial number…")), true),
        filter("kind", t("类型(默认充装)", "Kind (fills unless chosen)"), Input::Choice(kinds), true),
        filter("from", t("入库日期从(默认近 7 日)", "Recorded from (last 7 days)"), Input::Day, true),
        filter("to", t("入库日期至", "Recorded to"), Input::Day, true),
        filter("verdict", t("结论", "Found"), Input::Choice(verdicts), false),
        filter("site", t("站点", "Station"), Input::Record, false),
        filter("org", t("单位", "Enterprise"), Input::Record, false),
        filter("district", t("区县", "District"), Input::Record, false),
    ],
    fetch: |query| Box::pin(record_list(query)),
    choices: || Box::pin(record_choices()),
    link: |r| format!("/records/{}", r.no),
    export: Some("records"),
    bulk: None,
    nothing: t("近 7 日没有充装记录。请选择更早的入库日期。", "No fills in the last 7 days. Choose an earlier day."),
};

const fn column(
    name: &'static str,
    title: Text,
    sorted: bool,
    shown: bool,
    cell: fn(&RecordLine, Lang) -> Cell,
) -> Column<RecordLine> {
    Column { name, title, sorted, shown, cell }
}

const fn filter(name: &'static str, title: Text, input: Input, first: bool) -> Filter {
    Filter { name, title, input, first }
}

fn kg(grams: Option<i64>) -> Cell {
    grams.map_or(Cell::None, |g| Cell::Code(format::kg(g)))
}

fn verdict(r: &RecordLine, lang: Lang) -> Cell {
    let tone = match r.verdict() {
        Verdict::TakenBack => Tone::Plain,
        Verdict::NotPassed => Tone::Bad,
        Verdict::Anomalous => Tone::Warn,
        Verdict::Passed | Verdict::Sound => Tone::Ok,
    };
    Cell::Badge(tone, r.finding(lang == Lang::Zh))
}

/// A check beside a fill; nothing where the record is no fill.
fn linked(r: &RecordLine, check: Option<Linked>, lang: Lang) -> Cell {
    if r.kind != EventKind::FillEnd {
        return Cell::None;
    }
    let tone = check.map_or(Tone::Plain, |c| if c.passed { Tone::Ok } else { Tone::Bad });
    Cell::Badge(tone, lang.text(Linked::text(check)).to_owned())
}

fn kinds() -> Vec<Choice> {
    KINDS.iter().map(|(k, code)| ((*code).to_owned(), k.zh().to_owned(), k.en().to_owned())).collect()
}

fn verdicts() -> Vec<Choice> {
    let choice = |code: &str, zh: &str, en: &str| (code.to_owned(), zh.to_owned(), en.to_owned());
    let found =
        [choice("sound", "正常或合格", "sound or passed"), choice("faulty", "异常或不合格", "faulty or not passed")];
    found.into_iter().chain(Anomaly::ALL.iter().map(|a| choice(a.code(), a.info().zh, a.info().en))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::record::{FILTERS, SORTS};

    #[test]
    fn the_list_asks_what_the_record_answers() {
        let mut filters: Vec<&str> = RECORDS.filters.iter().map(|f| f.name).collect();
        let mut known = FILTERS.to_vec();
        filters.sort_unstable();
        known.sort_unstable();
        assert_eq!(filters, known);
        let sorted: Vec<&str> = RECORDS.columns.iter().filter(|c| c.sorted).map(|c| c.name).collect();
        assert_eq!(sorted, SORTS);
    }
}
