//! What a draft would come to, in sums; each leads to the cylinders behind it.

use super::{
    api::MovedAsk,
    draft::act,
    moved::{address, decision},
};
use crate::{
    kit::{format, table},
    lang::{Lang, tr},
};
use domain::rules::{
    draft::{DraftPage, PreviewLine, Stage},
    preview::{Figures, Place, Standing},
};
use leptos::prelude::*;

/// The section of a draft's page.
#[must_use]
pub(super) fn section(p: &DraftPage) -> AnyView {
    let id = p.line.id;
    let ask = (p.may.edit && !p.changes.is_empty()).then(|| {
        act("rule_draft_act", id, "preview", tr("计算影响", "Compute"), p.preview.as_ref().is_none_or(|v| !v.current))
    });
    let content = match &p.preview {
        None => view! {
            <p class="empty" role="status">{tr("尚未计算。写好变动后按「计算影响」。", "Not computed yet: press «Compute» when the changes are made.")}</p>
        }
        .into_any(),
        Some(v) => line(p, v),
    };
    view! { {content} {ask} }.into_any()
}

fn line(p: &DraftPage, v: &PreviewLine) -> AnyView {
    let lang = Lang::current();
    if v.failed && v.current {
        let text = tr("服务器未能算完,请重新计算。", "The server could not finish it: compute it again.");
        return view! { <p class="told error" role="alert">{text}</p> }.into_any();
    }
    let stale = (!v.current).then(|| {
        let text = tr("以下为修改之前的结果,请重新计算。", "The draft was changed since: compute it again.");
        view! { <p class="told error" role="status" data-testid="stale">{text}</p> }
    });
    match &v.figures {
        Some(f) if v.ended => view! { {stale} {sums(p, f)} }.into_any(),
        _ if !v.current => stale.into_any(),
        _ => {
            let (done, total) = (format::count(v.done), format::count(v.total));
            let text =
                lang.pick(format!("正在计算:{done} / {total} 只"), format!("Computing: {done} of {total} cylinders"));
            view! {
                <p class="loading" role="status" data-testid="computing">
                    {text} " " <progress max=v.total.max(1).to_string() value=v.done.to_string() aria-label=tr("进度", "Progress")></progress>
                </p>
            }
            .into_any()
        }
    }
}

fn sums(p: &DraftPage, f: &Figures) -> AnyView {
    let (id, lang) = (p.line.id, Lang::current());
    let n = |n: i64| format::count(n);
    let all = MovedAsk { id, ..MovedAsk::default() };
    // What a published draft moved has moved: there is no list of it any more.
    let lists = p.line.stage != Stage::Published;
    let link = move |ask: MovedAsk, count: i64| {
        if lists { view! { <a href=address(&ask)>{n(count)}</a> }.into_any() } else { n(count).into_any() }
    };
    let about = lang.pick(
        format!(
            "按 {} 判定,查看 {} 只(台账号至 {});检验到期日变化 {} 只,使用年限变化 {} 只。",
            f.day,
            n(f.seen),
            f.up_to,
            n(f.due),
            n(f.life_end)
        ),
        format!(
            "As of {}: {} cylinders (ledger up to {}); the due date changes for {}, the end of life for {}.",
            f.day,
            n(f.seen),
            f.up_to,
            n(f.due),
            n(f.life_end)
        ),
    );
    view! {
        <p data-testid="moved">
            {tr("有变化的气瓶 ", "Cylinders that change: ")} <b>{link(all.clone(), f.moved)}</b> {tr(" 只。", ". ")} {about}
        </p>
        {standings(f, &all, link)}
        {gate(f)}
        {wall(f)}
        {places(&f.places, &all, link)}
    }
    .into_any()
}

fn standings(f: &Figures, all: &MovedAsk, link: impl Fn(MovedAsk, i64) -> AnyView) -> AnyView {
    if f.standings.is_empty() {
        return view! { <p>{tr("没有气瓶的检验状态变化。", "No cylinder comes to stand otherwise by its dates.")}</p> }
            .into_any();
    }
    let lang = Lang::current();
    let row = |(was, is, n): &(Standing, Standing, i64)| {
        let ask = MovedAsk { from: was.code().into(), to: is.code().into(), ..all.clone() };
        vec![lang.text(was.text()).into_any(), lang.text(is.text()).into_any(), link(ask, *n)]
    };
    let columns = [(tr("现为", "Now"), ""), (tr("将为", "Then"), ""), (tr("气瓶(只)", "Cylinders"), "num")];
    table::table(tr("检验状态变化", "By their dates"), "standings", &columns, f.standings.iter().map(row).collect())
}

fn gate(f: &Figures) -> AnyView {
    if f.gate.is_empty() {
        return view! { <p>{tr("闸机对任何气瓶的结论都不变。", "The gate says the same of every cylinder.")}</p> }
            .into_any();
    }
    let row = |(was, is, n): &(domain::gate::Decision, domain::gate::Decision, i64)| {
        vec![decision(*was), decision(*is), format::count(*n).into_any()]
    };
    let columns = [(tr("闸机现结论", "Gate now"), ""), (tr("将为", "Then"), ""), (tr("气瓶(只)", "Cylinders"), "num")];
    table::table(tr("闸机结论变化", "By the gate"), "gate", &columns, f.gate.iter().map(row).collect())
}

/// The wall's figures now and then.
fn wall(f: &Figures) -> AnyView {
    let rows = [
        (tr("临检", "Due soon"), f.was.due_soon, f.is.due_soon),
        (tr("过检", "Overdue"), f.was.overdue, f.is.overdue),
        (tr("超年限", "Past their life"), f.was.past_life, f.is.past_life),
    ];
    let row = |(name, was, is): (&'static str, i64, i64)| {
        vec![
            name.into_any(),
            format::count(was).into_any(),
            format::count(is).into_any(),
            format!("{:+}", is - was).into_any(),
        ]
    };
    let columns = [
        (tr("大屏指标", "Figure of the wall"), ""),
        (tr("现为", "Now"), "num"),
        (tr("将为", "Then"), "num"),
        (tr("差", "Difference"), "num"),
    ];
    table::table(tr("大屏指标", "Figures of the wall"), "wall-figures", &columns, rows.into_iter().map(row).collect())
}

fn places(all_places: &[Place], all: &MovedAsk, link: impl Fn(MovedAsk, i64) -> AnyView) -> AnyView {
    if all_places.is_empty() {
        return ().into_any();
    }
    let row = |p: &Place| {
        let ask = MovedAsk { district: p.district, org: p.org, ..all.clone() };
        vec![
            p.district_name.clone().into_any(),
            p.owner.clone().into_any(),
            link(ask, p.moved),
            format::count(p.worse).into_any(),
            format::count(p.better).into_any(),
        ]
    };
    let columns = [
        (tr("区县", "District"), ""),
        (tr("单位", "Owner"), ""),
        (tr("有变化(只)", "Change"), "num"),
        (tr("转为过检或超年限", "Become overdue or past life"), "num"),
        (tr("不再过检或超年限", "Come back"), "num"),
    ];
    table::table(tr("按区县和单位", "By district and owner"), "places", &columns, all_places.iter().map(row).collect())
}
