//! `/search`: what the box in the header found. A single hit is gone to at once.

mod api;

pub use api::{Search, search};

use crate::{
    error::AppError,
    features::cylinders,
    kit::page,
    lang::{Lang, tr},
};
use domain::search::{Found, Hit};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let text = Memo::new(move |_| query.with(|q| q.get("q")).unwrap_or_default().trim().to_owned());
    let found = Resource::new_blocking(move || text.get(), |text| async move { (search(text.clone()).await, text) });
    let navigate = use_navigate();
    let content = view! {
        <Title text=format!("{} · {}", tr("搜索", "Search"), tr("瓶迹", "Pingji"))/>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在查找…", "Searching…")}</p> }>
            {move || {
                let navigate = navigate.clone();
                Suspend::new(async move {
                    let (answer, text) = found.await;
                    if let Ok(Found { hits, .. }) = &answer
                        && let [hit] = hits.as_slice()
                    {
                        go(&address(hit), &navigate);
                    }
                    outcome(answer, &text)
                })
            }}
        </Transition>
    };
    page::page(content.into_any())
}

/// Goes to a page in place of this one.
fn go(address: &str, navigate: &impl Fn(&str, NavigateOptions)) {
    #[cfg(feature = "ssr")]
    {
        let _ = navigate;
        leptos_axum::redirect(address);
    }
    #[cfg(not(feature = "ssr"))]
    navigate(address, NavigateOptions { replace: true, ..NavigateOptions::default() });
}

/// The page of a hit.
fn address(hit: &Hit) -> String {
    match hit {
        Hit::Cylinder { tag, stamp_no, .. } => cylinders::address(tag, stamp_no),
        Hit::Org { id, .. } => format!("/orgs/{id}"),
        Hit::Site { id, .. } => format!("/cylinders?site={id}"),
    }
}

fn outcome(answer: Result<Found, AppError>, text: &str) -> AnyView {
    let found = match answer {
        Ok(found) => found,
        Err(why) => return page::notice("error", tr("查找失败", "The search failed").into(), why.text().into()),
    };
    if found.hits.is_empty() {
        return page::notice(
            "empty",
            format!("{}「{text}」", tr("没有找到", "Nothing found for")),
            tr(
                "可输入标签号、钢印号、出厂编号、二维码内容,或单位、站点名称的一部分。",
                "Enter a tag, a stamped or serial number, the content of a QR code, or a part of the name of an enterprise or station.",
            )
            .into(),
        );
    }
    let lang = Lang::current();
    let count = found.hits.len();
    let title = lang.pick(format!("「{text}」找到 {count} 条"), format!("{count} found for “{text}”"));
    view! {
        <h1>{title}</h1>
        <ul class="hits" data-testid="hits">{found.hits.iter().map(hit).collect_view()}</ul>
        {found.more.then(|| view! { <p class="quiet">{tr("还有更多:请输入更完整的编码或名称。", "There are more: enter more of the code or name.")}</p> })}
    }
    .into_any()
}

fn hit(hit: &Hit) -> AnyView {
    let (kind, name, also) = match hit {
        Hit::Cylinder { tag, stamp_no, serial_no, .. } => {
            let also = [(tr("钢印号", "stamp"), stamp_no), (tr("出厂编号", "serial"), serial_no)];
            let also = also.iter().filter(|(_, n)| !n.is_empty()).map(|(what, n)| format!("{what} {n}"));
            (tr("钢瓶", "Cylinder"), tag, also.collect::<Vec<_>>().join(" · "))
        }
        Hit::Org { name, .. } => (
            tr("单位", "Enterprise"),
            name,
            tr("许可、站点、设备与钢瓶", "licence, sites, devices and cylinders").to_owned(),
        ),
        Hit::Site { name, .. } => (tr("站点", "Station"), name, tr("查看在此的钢瓶", "the cylinders there").to_owned()),
    };
    view! {
        <li>
            <a class="hit" href=address(hit)>
                <span class="badge plain">{kind}</span>
                <strong class="code">{name.clone()}</strong>
                <span class="quiet">{also}</span>
            </a>
        </li>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_shown_as_text() {
        Owner::new().with(|| {
            let html = outcome(Ok(Found::default()), "<b>").to_html();
            assert!(html.contains("没有找到「&lt;b&gt;」"), "{html}");
        });
    }
}
