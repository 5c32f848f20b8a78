//! The way of a cylinder over the districts, as a picture and as a table of its stops.

use crate::{
    kit::outline::{HEIGHT, Outline, WIDTH},
    lang::{Lang, tr},
};
use domain::{
    clock::{self, MINUTE_MS},
    trace::Trace,
};
use leptos::prelude::*;

/// Stops that are drawn: the latest. The table has all.
const DRAWN: usize = 40;

/// Picture and table.
pub fn view(trace: &Trace, outline: &Outline, at: &[(i32, i32)]) -> AnyView {
    if trace.stops.is_empty() {
        return view! {
            <p class="quiet" role="status">
                {tr("没有带位置的记录:导入的历史只写地点名称。", "No record with a position: imported history only names places.")}
            </p>
        }
        .into_any();
    }
    let label = tr("气瓶行经路线", "The way of the cylinder");
    let from = at.len().saturating_sub(DRAWN);
    let drawn = at.get(from..).unwrap_or_default();
    let d = drawn.iter().enumerate().fold(String::new(), |mut d, (i, (x, y))| {
        d.push_str(&format!("{}{x} {y}", if i == 0 { 'M' } else { 'L' }));
        d
    });
    let dots = drawn.iter().zip(trace.stops.iter().skip(from)).enumerate().map(|(i, ((x, y), stop))| {
        let is_last = from + i + 1 == at.len();
        let says = format!("{} {} {}", from + i + 1, stop.site, clock::local_text(stop.from_ms));
        view! {
            <circle class="stop" class:now=is_last cx=x.to_string() cy=y.to_string() r=if is_last { "20" } else { "12" }>
                <title>{says}</title>
            </circle>
        }
    });
    view! {
        <p>{age(trace)}</p>
        <div class="wide" tabindex="0" role="region" aria-label=label>
            <svg class="way" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label data-testid="way">
                {outline.view()}
                <path class="track" d=d/>
                {dots.collect_view()}
            </svg>
        </div>
        {stops(trace)}
    }
    .into_any()
}

/// Where it was last met, how long that is ago, and how it is known.
fn age(trace: &Trace) -> String {
    let Some(last) = trace.stops.last() else { return String::new() };
    let minutes = trace.known.saturating_sub(last.to_ms).max(0) / MINUTE_MS;
    let (zh, en) = last.method.words();
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match Lang::current() {
        Lang::Zh => format!("最后位置:{},距该时刻 {days} 天 {hours} 小时 {rest} 分,来源:{zh}", last.site),
        Lang::En => {
            format!("Last met at {}, {days} d {hours} h {rest} min before that instant; known by: {en}", last.site)
        }
    }
}

fn stops(trace: &Trace) -> AnyView {
    let lang = Lang::current();
    let rows = trace.stops.iter().enumerate().rev().map(|(i, s)| {
        let (zh, en) = s.method.words();
        view! {
            <tr>
                <td class="num" data-label=tr("序", "No.")>{i + 1}</td>
                <td data-label=tr("地点", "Place")>{s.site.clone()}</td>
                <td class="when" data-label=tr("首次", "From")>{clock::local_text(s.from_ms)}</td>
                <td class="when" data-label=tr("末次", "To")>{clock::local_text(s.to_ms)}</td>
                <td class="num" data-label=tr("记录数", "Records")>{s.events.to_string()}</td>
                <td data-label=tr("位置来源", "Known by")>{lang.pick(zh, en)}</td>
            </tr>
        }
    });
    let label = tr("行经地点,可左右滚动", "Stops, scrolls sideways");
    let unplaced = (trace.unplaced > 0).then(|| match lang {
        Lang::Zh => format!("另有 {} 条记录的地点没有位置。", trace.unplaced),
        Lang::En => format!("{} more records are of places without a position.", trace.unplaced),
    });
    view! {
        <details class="earlier" open=trace.stops.len() <= 12>
            <summary>{tr("地点明细", "The stops as a table")}</summary>
            <div class="table-scroll" tabindex="0" role="region" aria-label=label>
                <table class="events">
                    <thead>
                        <tr>
                            <th scope="col" class="num">{tr("序", "No.")}</th>
                            <th scope="col">{tr("地点", "Place")}</th>
                            <th scope="col">{tr("首次", "From")}</th>
                            <th scope="col">{tr("末次", "To")}</th>
                            <th scope="col" class="num">{tr("记录数", "Records")}</th>
                            <th scope="col">{tr("位置来源", "Known by")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
        {unplaced.map(|text| view! { <p class="quiet">{text}</p> })}
    }
    .into_any()
}
