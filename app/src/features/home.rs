//! The start page: where one can go.

use crate::{kit::page, lang::tr};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// `/`
#[must_use]
pub fn page() -> AnyView {
    let code = NodeRef::<leptos::html::Input>::new();
    let navigate = use_navigate();
    let find = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        let typed = code.get().map(|c| c.value()).unwrap_or_default();
        let typed = typed.trim();
        if !typed.is_empty() {
            navigate(&format!("/cylinders/{}/history", segment(typed)), NavigateOptions::default());
        }
    };
    let content = view! {
        <Title text=tr("瓶迹", "Pingji")/>
        <h1>{tr("气瓶充装追溯系统", "Gas cylinder traceability")}</h1>
        <form class="find" role="search" on:submit=find>
            <label for="code">{tr("钢瓶条码或钢印编号", "Tag or stamped number of a cylinder")}</label>
            <div>
                <input id="code" name="code" type="text" autocomplete="off" maxlength="64" required node_ref=code/>
                <button type="submit">{tr("查询历史", "Show its history")}</button>
            </div>
        </form>
        <ul class="cards">
            <li>
                // A load of its own: the wall brings its own frame and runs for months.
                <a class="card" href="/wall" rel="external">
                    <strong>{tr("指挥大厅", "Command hall")}</strong>
                    <span>{tr("全市充装实况,全屏显示", "The city's fills as they happen, full screen")}</span>
                </a>
            </li>
            <li>
                <a class="card" href="/api/docs/" rel="external">
                    <strong>{tr("设备接口", "Device API")}</strong>
                    <span>{tr("OpenAPI 文档,可在线浏览", "OpenAPI document, to browse")}</span>
                </a>
            </li>
        </ul>
    };
    page::page(content.into_any())
}

/// A text as one segment of a path.
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_one_segment() {
        assert_eq!(segment("4904410522"), "4904410522");
        assert_eq!(segment("a/b?c#d %瓶"), "a%2Fb%3Fc%23d%20%25%E7%93%B6");
    }
}
