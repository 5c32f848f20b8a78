//! The life of a cylinder as a line of time, the latest first.

use crate::{
    kit::{format, icon::Icon},
    lang::{Lang, tr},
};
use domain::{clock, history::HistoryRow};
use leptos::prelude::*;

/// Events shown before one asks for the others.
const SHOWN: usize = 20;

/// The line; what does not stand in the first stretch is one step away.
#[must_use]
pub fn timeline(rows: &[HistoryRow]) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="quiet">{tr("暂无记录", "No events yet")}</p> }.into_any();
    }
    let all: Vec<AnyView> = rows.iter().rev().map(step).collect();
    let mut all = all.into_iter();
    let first: Vec<AnyView> = all.by_ref().take(SHOWN).collect();
    let others: Vec<AnyView> = all.collect();
    let more = match Lang::current() {
        Lang::Zh => format!("更早的 {} 条", others.len()),
        Lang::En => format!("{} earlier", others.len()),
    };
    view! {
        <ol class="timeline" data-testid="timeline">{first}</ol>
        {(!others.is_empty()).then(|| view! {
            <details class="earlier"><summary>{more}</summary><ol class="timeline">{others}</ol></details>
        })}
    }
    .into_any()
}

fn step(row: &HistoryRow) -> AnyView {
    let lang = Lang::current();
    let broken = !row.breaks.is_empty();
    let arrow = if row.target.is_empty() { String::new() } else { format!(" → {}", row.target) };
    let weight = |name, g: Option<i64>| g.map(|g| format!("{name} {} kg", format::kg(g)));
    let weights = [
        weight(tr("自重", "tare"), row.tare_g),
        weight(tr("总重", "gross"), row.gross_g),
        weight(tr("内容量", "contents"), row.contents_g),
    ];
    let weights = weights.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let corrected = row.corrected_by.map(|no| format!("{} {no}", tr("已更正,见", "corrected by")));
    view! {
        <li class:broken=broken>
            <time>{format!("{} {}", clock::local_date(row.at_ms), clock::local_hms(row.at_ms))}</time>
            <div>
                <strong>{lang.pick(row.kind_zh.clone(), row.kind_en.clone())} " " {row.result.clone()}</strong>
                <span>{format!("{}{arrow}", row.place)}</span>
                <span class="quiet">{row.operator.clone()}</span>
                {(!weights.is_empty()).then(|| view! { <span class="code">{weights}</span> })}
                {(!row.said.is_empty()).then(|| view! { <small class="said">{lang.pick(row.said.clone(), row.said_en.clone())}</small> })}
                {corrected.map(|text| view! { <small>{text}</small> })}
                {row.breaks.iter().map(|why| view! {
                    <span class="break">{Icon::Warn.view()}<strong>{tr("断点", "Break")}</strong><span>{lang.text(why.info())}</span></span>
                }).collect_view()}
            </div>
        </li>
    }
    .into_any()
}
