//! `/analyses`: the overview, and one page for each analysis: [`domain::analysis::KINDS`] are values, this is their frame.

mod api;
mod ask;
mod bars;
pub mod in_use;
mod table;

pub use api::{AnalysisOverview, AnalysisSheet, analysis_overview, analysis_sheet};

use crate::{
    error::AppError,
    kit::{export, page},
    lang::{Lang, tr},
};
use domain::analysis::{Asked, Figure, KINDS, Kind, Sheet, kind};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

fn loading() -> AnyView {
    view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }.into_any()
}

/// `/analyses`
#[must_use]
pub fn page() -> AnyView {
    let figures = Resource::new_blocking(|| (), |()| analysis_overview());
    let content = view! {
        <Title text=tr("分析统计 · 瓶迹", "Analyses · Pingji")/>
        <h1>{tr("分析统计", "Analyses")}</h1>
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match figures.await {
                    Ok(figures) => overview(&figures),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// A card an analysis, with the figure that stands for it.
fn overview(figures: &[(String, Figure)]) -> AnyView {
    let lang = Lang::current();
    let card = |k: &'static Kind| {
        let figure = figures.iter().find(|(code, _)| code == k.code).map(|(_, f)| table::text(&f.amount, lang));
        let of = k.column(k.main).map(|at| lang.text(k.columns[at].title));
        view! {
            <li>
                <a class="card" href=format!("/analyses/{}", k.code) data-testid=format!("card-{}", k.code)>
                    <strong>{lang.text(k.title)}</strong>
                    <span class="figure"><b>{figure}</b> " " {of}</span>
                    <span>{k.source}</span>
                </a>
            </li>
        }
    };
    view! { <ul class="cards">{KINDS.into_iter().map(card).collect_view()}</ul> }.into_any()
}

/// `/analyses/:analysis`
#[must_use]
pub fn one_page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let code = move || params.with(|p| p.get("analysis")).unwrap_or_default();
    let asked = Memo::new(move |_| (code(), query.with(|q| Asked::read(|name| q.get(name)))));
    let sheet = Resource::new_blocking(
        move || asked.get(),
        |(code, asked)| async move { (analysis_sheet(code.clone(), asked.clone()).await, code, asked) },
    );
    let content = view! {
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                let (answer, code, asked) = sheet.await;
                match (kind(&code), answer) {
                    (Some(k), answer) => frame(k, &asked, answer),
                    (None, _) => page::notice(
                        "empty",
                        tr("没有这项分析", "No such analysis").into(),
                        tr("请从「分析统计」中选择。", "Choose one of the analyses.").into(),
                    ),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// The frame of an analysis: what it is called and means, what it can be asked by, chart, table.
fn frame(k: &'static Kind, asked: &Asked, answer: Result<Sheet, AppError>) -> AnyView {
    let lang = Lang::current();
    let title = lang.text(k.title);
    let filter = serde_json::to_string(&Asked { page: 0, ..asked.clone() }).unwrap_or_default();
    let body = match answer {
        Ok(sheet) if sheet.rows.is_empty() => view! {
            {ask::told(k, &sheet)}
            <section class="notice empty" role="status" data-testid="nothing">
                <h2>{tr("这段时间、这个范围内没有数据", "Nothing in this time and scope")}</h2>
                <p>{tr("请选择另一日期或期间,或查看全部区县。", "Choose another day or period, or all districts.")}</p>
                <p><a class="button" href=format!("/analyses/{}", k.code)>{tr("回到今天、全部", "Today, everything")}</a></p>
            </section>
        }
        .into_any(),
        Ok(sheet) => view! {
            {ask::told(k, &sheet)}
            {bars::view(k, &sheet)}
            {table::view(k, &sheet)}
        }
        .into_any(),
        Err(why) => view! {
            <section class="notice error" role="alert" data-testid="failed">
                <h2>{tr("读取失败", "Could not be read")}</h2>
                <p>{why.text()} " " {ask::field(&why)}</p>
                <p><a class="button" href=format!("/analyses/{}", k.code)>{tr("回到今天、全部", "Today, everything")}</a></p>
            </section>
        }
        .into_any(),
    };
    view! {
        <Title text=format!("{title} · {}", tr("瓶迹", "Pingji"))/>
        <article class="analysis">
            <p class="crumb"><a href="/analyses">{tr("分析统计", "Analyses")}</a></p>
            <div class="title-row"><h1>{title}</h1><small class="quiet">{k.source}</small></div>
            <p class="means">{lang.text(k.means)}</p>
            {ask::form(k, asked)}
            {export::buttons(format!("analysis-{}", k.code), move || filter.clone())}
            {body}
        </article>
    }
    .into_any()
}
