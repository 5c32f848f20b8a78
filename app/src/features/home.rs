//! The start page: where one can go.

use crate::{
    features::tasks,
    kit::{page, who},
    lang::tr,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/`
#[must_use]
pub fn page() -> AnyView {
    let cards = [
        (
            "/cylinders",
            false,
            tr("钢瓶档案", "Cylinder archive"),
            tr("按任意编码查找,按状态筛选", "Find any cylinder by any of its codes; filter by state"),
        ),
        (
            "/cylinders?inspection=overdue&sort=due",
            false,
            tr("过检钢瓶", "Overdue cylinders"),
            tr("超过检验有效期,今日不得充装", "Past their inspection: not to be filled today"),
        ),
        (
            "/cylinders?inspection=past_life&sort=life_end",
            false,
            tr("超年限钢瓶", "Cylinders past their life"),
            tr("达到报废年限,应停用", "At the end of their life: to be taken out of use"),
        ),
        (
            "/cylinders?inspection=due_soon&sort=due",
            false,
            tr("临检钢瓶", "Due soon"),
            tr("即将到期,安排送检", "To be sent to inspection soon"),
        ),
        ("/alerts", false, tr("告警", "Alerts"), tr("按原因归类,逐条处置", "Grouped by cause, handled one by one")),
        // A load of its own: the wall brings its own frame and runs for months.
        (
            "/wall",
            true,
            tr("指挥大厅", "Command hall"),
            tr("全市充装实况,全屏显示", "The city's fills as they happen, full screen"),
        ),
        (
            "/api/docs/",
            true,
            tr("设备接口", "Device API"),
            tr("OpenAPI 文档,可在线浏览", "OpenAPI document, to browse"),
        ),
    ];
    let cards = who::permitted(move |may| {
        let cards = cards.into_iter().filter(|c| who::opens(may, c.0)).map(|(href, apart, title, text)| {
            let rel = apart.then_some("external");
            view! { <li><a class="card" href=href rel=rel><strong>{title}</strong><span>{text}</span></a></li> }
        });
        cards.collect_view().into_any()
    });
    let content = view! {
        <Title text=tr("瓶迹", "Pingji")/>
        <h1>{tr("气瓶充装追溯系统", "Gas cylinder traceability")}</h1>
        {tasks::waiting()}
        <ul class="cards">{cards}</ul>
    };
    page::page(content.into_any())
}
