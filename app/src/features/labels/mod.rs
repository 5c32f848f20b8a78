//! `/labels?code=…&code=…`: labels of cylinders, in millimetres, to be printed (S1 5.1.1).

mod api;
#[cfg(feature = "ssr")]
mod bars;
#[cfg(feature = "ssr")]
pub(crate) mod qr;

pub use api::{LabelSheet, Printed, Sheet, label_sheet};

use crate::{
    kit::page,
    lang::{Lang, tr},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let codes = Memo::new(move |_| query.with(|q| q.get_all("code").unwrap_or_default()));
    let sheet = Resource::new_blocking(move || codes.get(), label_sheet);
    let content = view! {
        <Title text=tr("标签打印 · 瓶迹", "Labels · Pingji")/>
        <h1>{tr("标签打印", "Labels")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match sheet.await {
                    Ok(sheet) => view(&sheet),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn view(sheet: &Sheet) -> AnyView {
    if sheet.labels.is_empty() {
        return view! {
            <section class="notice empty" role="status" data-testid="nothing">
                <h2>{tr("没有选中可打印的钢瓶", "No cylinder was chosen that could have a label")}</h2>
                <p>
                    {tr(
                        "在钢瓶档案中勾选钢瓶,再点“打印标签”;已作废的标签不打印。",
                        "Tick cylinders in the archive, then «Print labels»; a tag that is void has no label.",
                    )}
                </p>
                <p><a class="button" href="/cylinders">{tr("去选择", "Choose")}</a></p>
            </section>
        }
        .into_any();
    }
    let said = match Lang::current() {
        Lang::Zh => format!(
            "共 {} 张,每张 60 mm × 40 mm。打印时请选“实际大小”(不缩放)。二维码指向 {}。",
            sheet.labels.len(),
            sheet.host
        ),
        Lang::En => format!(
            "{} labels of 60 mm × 40 mm each. Print at actual size, not scaled. The QR codes lead to {}.",
            sheet.labels.len(),
            sheet.host
        ),
    };
    view! {
        <p class="no-print">{said}</p>
        {(sheet.left_out > 0).then(|| view! {
            <p class="told error no-print" role="status">
                {format!("{} {}", sheet.left_out, tr("个编码没有可打印的标签(未找到、已作废或超出数量)", "codes have no label: unknown, void, or too many"))}
            </p>
        })}
        <p class="no-print">
            <button type="button" class="button strong" on:click=move |_| crate::kit::browser::print()>
                {tr("打印", "Print")}
            </button>
        </p>
        <div class="tag-labels" data-testid="labels">{sheet.labels.iter().map(label).collect_view()}</div>
    }
    .into_any()
}

fn label(l: &Printed) -> AnyView {
    let top = format!("{}—{}", l.label.org, l.label.medium);
    let made = [l.label.model.as_str(), l.label.made.as_str()];
    let made = made.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ");
    let bars = format!("0 0 {} 30", l.bars_width);
    let code = format!("0 0 {0} {0}", l.qr_width);
    view! {
        <article class="tag-label" data-code=l.label.code.clone()>
            <h2>{top}</h2>
            <svg class="label-qr" viewBox=code role="img" aria-label=l.address.clone() data-address=l.address.clone()>
                <rect width="100%" height="100%" fill="#fff"/>
                <path d=l.qr.clone() fill="#000" shape-rendering="crispEdges"/>
            </svg>
            <dl>
                <dt>{tr("制造单位", "Maker")}</dt>
                <dd>{l.label.maker.clone()}</dd>
                <dt>{tr("规格、出厂日期", "Model, made")}</dt>
                <dd>{made}</dd>
                <dt>{tr("钢印号", "Stamped no.")}</dt>
                <dd>{tr("钢印", "Stamp")} " " {l.label.stamp_no.clone()}</dd>
            </dl>
            <svg class="label-bars" viewBox=bars preserveAspectRatio="none" role="img" aria-label=l.label.code.clone()>
                <rect width="100%" height="100%" fill="#fff"/>
                <path d=l.bars.clone() fill="#000" shape-rendering="crispEdges"/>
            </svg>
            <p>{l.label.code.clone()}</p>
        </article>
    }
    .into_any()
}
