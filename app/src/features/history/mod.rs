//! One cylinder's life: `/cylinders/:code/history` as the source's table (钢瓶历史跟踪), `/cylinders/:code/trace` whole and as it was
//! known at any instant (钢瓶轨迹), `/cylinders/:code/evidence` to be printed (证据).

mod api;
mod chart;
mod evidence;
mod path;
mod table;
mod timeline;
mod trace;

use crate::{error::AppError, kit::page, lang::tr};
use domain::history::HistoryPage;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub use api::{
    CylinderEvidence, CylinderHistory, CylinderTrace, EvidencePage, TracePage, cylinder_evidence, cylinder_history,
    cylinder_trace,
};
pub use evidence::page as evidence_page;
pub(crate) use table::summary;
pub(crate) use timeline::timeline;
pub(crate) use trace::decision;
pub use trace::page as trace_page;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let code = move || params.with(|p| p.get("code")).unwrap_or_default();
    let history = Resource::new_blocking(code, |code| async move { (cylinder_history(code.clone()).await, code) });
    let content = view! {
        {page::title(move || format!("{} · {} · 瓶迹", code(), tr("钢瓶历史跟踪", "History")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, code) = history.await;
                outcome(answer, &code)
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn outcome(answer: Result<Option<HistoryPage>, AppError>, code: &str) -> AnyView {
    match answer {
        Ok(Some(history)) => table::view(history),
        Ok(None) => {
            #[cfg(feature = "ssr")]
            crate::error::set_status(404);
            page::notice(
                "empty",
                format!("{} {code}", tr("没有找到钢瓶", "No cylinder found with the code")),
                tr("请核对条码或钢印编号后重试。", "Check the tag or the stamped number and try again.").into(),
            )
        }
        Err(why) => page::failed(&why),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn not_found_and_error_say_so() {
        Owner::new().with(|| {
            let html = outcome(Ok(None), "<b>9").to_html();
            assert!(html.contains("没有找到钢瓶 &lt;b&gt;9"), "{html}");
            let html = outcome(Err(AppError::Unavailable), "1").to_html();
            assert!(html.contains("role=\"alert\"") && html.contains("稍后重试"), "{html}");
        });
    }
}
