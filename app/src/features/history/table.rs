//! The basic-information block and the table of events, with the source's own headings.

use crate::{
    kit::{format, icon::Icon},
    lang::{Lang, tr},
};
use domain::{
    clock,
    history::{HistoryPage, HistoryRow},
};
use leptos::prelude::*;

/// What stands where the record holds nothing.
const NONE: &str = "—";

/// Both.
#[must_use]
pub fn view(history: HistoryPage) -> AnyView {
    let breaks = history.rows.iter().filter(|r| !r.breaks.is_empty()).count();
    let count = history.rows.len();
    view! {
        <div class="title-row">
            <h1>{tr("钢瓶历史跟踪", "History of a cylinder")} " " <span class="code">{history.tag.clone()}</span></h1>
            <span class="tag">{Lang::current().pick(history.headline.clone(), history.headline_en.clone())}</span>
            <span class="tag">{Lang::current().pick(history.custody.clone(), history.custody_en.clone())}</span>
            {history.demo.then(|| view! { <span class="tag demo">{tr("演示数据", "DEMO")}</span> })}
        </div>
        <section aria-labelledby="basic">
            <h2 id="basic">{tr("基本信息", "Basic information")}</h2>
            {basic(&history)}
        </section>
        <section aria-labelledby="events">
            <h2 id="events">
                {tr("流转记录", "Events")}
                <small>{summary(count, breaks)}</small>
            </h2>
            {if history.rows.is_empty() {
                view! { <p class="loading">{tr("暂无记录", "No events yet")}</p> }.into_any()
            } else {
                events(history.rows)
            }}
        </section>
    }
    .into_any()
}

/// How many events there are, and how many breaks.
pub fn summary(count: usize, breaks: usize) -> String {
    match Lang::current() {
        // The section itself says that there is nothing.
        _ if count == 0 => String::new(),
        Lang::Zh if breaks == 0 => format!("共 {count} 条,链条完整"),
        Lang::Zh => format!("共 {count} 条,其中 {breaks} 条有断点"),
        Lang::En if breaks == 0 => format!("{count} in all, no break in the chain"),
        Lang::En => format!("{count} in all, {breaks} with a break in the chain"),
    }
}

fn basic(h: &HistoryPage) -> AnyView {
    let or_none = |s: &str| if s.is_empty() { NONE.to_owned() } else { s.to_owned() };
    let date = |d: Option<chrono::NaiveDate>| d.map_or_else(|| NONE.to_owned(), |d| d.to_string());
    let fields = [
        (tr("钢印编号", "Stamped number"), or_none(&h.stamp_no)),
        (tr("钢瓶条码", "Tag"), or_none(&h.tag)),
        (tr("制造单位", "Maker"), or_none(&h.maker)),
        (tr("制造年月", "Made"), or_none(&h.made)),
        (tr("自重 kg", "Tare kg"), h.tare_g.map_or_else(|| NONE.into(), |g| format::thousandths(g, 1))),
        (tr("瓶型", "Model"), or_none(&h.model)),
        (tr("容积 L", "Volume L"), h.volume_ml.map_or_else(|| NONE.into(), |ml| format::thousandths(ml, 1))),
        (tr("壁厚 mm", "Wall mm"), h.wall_um.map_or_else(|| NONE.into(), |um| format::thousandths(um, 1))),
        (tr("上次检验", "Last inspection"), date(h.inspected_on)),
        (tr("下次检验", "Next inspection"), date(h.next_due)),
        (tr("使用年限止", "End of life"), date(h.life_end)),
        (tr("标志", "Flags"), or_none(&h.flags.join("、"))),
    ];
    view! {
        <dl class="facts">
            {fields.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()}
        </dl>
    }
    .into_any()
}

pub(super) fn events(rows: Vec<HistoryRow>) -> AnyView {
    let label = tr("流转记录,可左右滚动", "Events, scrolls sideways");
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=label>
            <table class="events">
                <thead>
                    <tr>
                        <th scope="col">{tr("日期时间", "Date and time")}</th>
                        <th scope="col">{tr("操作类型", "Operation")}</th>
                        <th scope="col">{tr("操作人", "Operator")}</th>
                        <th scope="col">{tr("操作地点", "Place")}</th>
                        <th scope="col">{tr("目标地点", "Target")}</th>
                        <th scope="col" class="num">{tr("自重KG", "Tare kg")}</th>
                        <th scope="col" class="num">{tr("总重KG", "Gross kg")}</th>
                        <th scope="col" class="num">{tr("内容量KG", "Contents kg")}</th>
                        <th scope="col" class="num">{tr("残液KG", "Residue kg")}</th>
                        <th scope="col">{tr("断点", "Break")}</th>
                        <th scope="col">{tr("来源", "Source")}</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(event).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn event(row: HistoryRow) -> AnyView {
    let weight = |g: Option<i64>| g.map_or_else(|| NONE.to_owned(), format::kg);
    let text = |s: String| if s.is_empty() { NONE.to_owned() } else { s };
    let broken = !row.breaks.is_empty();
    let cells = [
        (tr("自重KG", "Tare kg"), weight(row.tare_g)),
        (tr("总重KG", "Gross kg"), weight(row.gross_g)),
        (tr("内容量KG", "Contents kg"), weight(row.contents_g)),
        (tr("残液KG", "Residue kg"), weight(row.residue_g)),
    ];
    view! {
        <tr class:broken=broken>
            <td class="when" data-label=tr("日期时间", "Date and time")><time>{when(row.at_ms)}</time></td>
            <td class="kind" data-label=tr("操作类型", "Operation")>
                {Lang::current().pick(row.kind_zh, row.kind_en)}
                {(!row.result.is_empty()).then(|| format!(" {}", row.result))}
                {row.corrected_by.map(|no| view! { <small>{format!("({} {no})", tr("已更正", "corrected by"))}</small> })}
            </td>
            {cell("", tr("操作人", "Operator"), text(row.operator))}
            {cell("", tr("操作地点", "Place"), text(row.place))}
            {cell("", tr("目标地点", "Target"), text(row.target))}
            {cells.into_iter().map(|(name, value)| cell("num", name, value)).collect_view()}
            <td class="breaks" class:none=!broken data-label=tr("断点", "Break")>
                {row.breaks.into_iter().map(|why| view! {
                    <span class="break">{Icon::Warn.view()}<strong>{tr("断点", "Break")}</strong><span>{Lang::current().text(why.info())}</span></span>
                }).collect_view()}
                {(!broken).then_some(NONE)}
            </td>
            {cell("", tr("来源", "Source"), text(row.source))}
        </tr>
    }
    .into_any()
}

/// A cell; an empty one can be left out where each row is a card.
fn cell(class: &'static str, name: &'static str, value: String) -> AnyView {
    let empty = value == NONE;
    view! { <td class=class class:none=empty data-label=name>{value}</td> }.into_any()
}

/// `2011-08-10 12:17:00`
fn when(ms: i64) -> String {
    format!("{} {}", clock::local_date(ms), clock::local_hms(ms))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use domain::history::Break;

    fn sample() -> HistoryPage {
        HistoryPage {
            tag: "431325".into(),
            stamp_no: "B0<1>".into(),
            maker: "017".into(),
            made: "200504".into(),
            tare_g: Some(16_400),
            model: "15".into(),
            volume_ml: Some(35_500),
            wall_um: Some(2_600),
            inspected_on: None,
            next_due: None,
            life_end: None,
            demo: false,
            headline: "过检".into(),
            headline_en: "inspection overdue".into(),
            custody: "空瓶在库".into(),
            custody_en: "empty in stock".into(),
            flags: vec!["链路断点".into()],
            rows: vec![HistoryRow {
                no: 1,
                at_ms: 1_312_949_820_000,
                kind_zh: "充装".into(),
                kind_en: "Fill".into(),
                operator: "陈荣华".into(),
                place: "灌口三级站".into(),
                target: String::new(),
                tare_g: Some(17_344),
                gross_g: Some(30_890),
                contents_g: Some(14_490),
                residue_g: Some(944),
                result: String::new(),
                said: String::new(),
                said_en: String::new(),
                breaks: vec![Break::FilledTwice],
                anomalies: vec![],
                corrected_by: None,
                source: "导入".into(),
            }],
        }
    }

    #[test]
    fn shows_the_fields_of_its_source() {
        Owner::new().with(|| {
            let html = view(sample()).to_html();
            for text in [
                "431325",
                "B0&lt;1&gt;",
                "16.4",
                "35.5",
                "2.6",
                "2011-08-10 12:17",
                "17.34",
                "30.89",
                "14.49",
                "0.94",
                "断点",
                "两次充装之间无销售",
            ] {
                assert!(html.contains(text), "{text}: {html}");
            }
        });
    }

    #[test]
    fn an_empty_history_says_so() {
        Owner::new().with(|| assert!(view(HistoryPage { rows: vec![], ..sample() }).to_html().contains("暂无记录")));
    }
}
