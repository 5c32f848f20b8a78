//! The start page: where one can go.

use crate::{kit::page, lang::tr};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/`
#[must_use]
pub fn page() -> AnyView {
    let content = view! {
        <Title text=tr("瓶迹", "Pingji")/>
        <h1>{tr("气瓶充装追溯系统", "Gas cylinder traceability")}</h1>
        <ul class="cards">
            <li>
                // A load of its own: the wall brings its own frame and runs for months.
                <a class="card" href="/wall" rel="external">
                    <strong>{tr("指挥大厅", "Command hall")}</strong>
                    <span>{tr("全市充装实况,全屏显示", "The city's fills as they happen, full screen")}</span>
                </a>
            </li>
            <li>
                <a class="card" href="/cylinders/431325/history">
                    <strong>{tr("钢瓶历史跟踪", "History of a cylinder")}</strong>
                    <span>{tr("示例:钢瓶条码 431325", "Example: tag 431325")}</span>
                </a>
            </li>
            <li>
                <a class="card" href="/api/v1/openapi.json" rel="external">
                    <strong>{tr("设备接口", "Device API")}</strong>
                    <span>{tr("OpenAPI 文档", "OpenAPI document")}</span>
                </a>
            </li>
        </ul>
    };
    page::page(content.into_any())
}
