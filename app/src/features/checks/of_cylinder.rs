//! `/cylinders/:code/checks`: the checks of one cylinder (安检记录, S0-36), item by item where they were told so.

use super::{cylinder_checks, severity};
use crate::{
    error::AppError,
    features::cylinders,
    kit::{
        detail::{Detail, Section},
        list::Tone,
        page, table,
    },
    lang::{Lang, tr},
};
use domain::{
    check::{CheckOf, ChecksPage, Told},
    clock,
    event::{EventKind, ItemResult},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let code = move || params.with(|p| p.get("code")).unwrap_or_default();
    let checks = Resource::new_blocking(code, |code| async move { (cylinder_checks(code.clone()).await, code) });
    let content = view! {
        {page::title(move || format!("{} · {} · {}", code(), tr("安检记录", "Checks"), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, code) = checks.await;
                outcome(answer, &code)
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn outcome(answer: Result<Option<ChecksPage>, AppError>, code: &str) -> AnyView {
    match answer {
        Ok(Some(p)) => view(&p),
        Ok(None) => cylinders::missing(code),
        Err(why) => page::failed(&why),
    }
}

const fn word(passed: bool) -> (Tone, &'static str, &'static str) {
    if passed { (Tone::Ok, "合格", "passed") } else { (Tone::Bad, "不合格", "not passed") }
}

fn badge((tone, zh, en): (Tone, &'static str, &'static str)) -> AnyView {
    view! { <span class=format!("badge {}", tone.class())>{tr(zh, en)}</span> }.into_any()
}

fn view(p: &ChecksPage) -> AnyView {
    let lang = Lang::current();
    let cylinder = cylinders::address(&p.tag, &p.stamp_no);
    let failed = p.checks.iter().filter(|c| c.passed == Some(false)).count();
    let note = lang.pick(
        format!("{} 次,不合格 {failed} 次", p.checks.len()),
        format!("{} in all, {failed} not passed", p.checks.len()),
    );
    let content = if p.checks.is_empty() {
        view! {
            <p class="empty" role="status">
                {tr("这只钢瓶还没有检查或检验记录。", "There is no check of this cylinder on record.")}
            </p>
        }
        .into_any()
    } else {
        let more = p.more.then(|| {
            view! { <p class="quiet">{tr("更早的检查见钢瓶轨迹。", "Older ones stand in its trace.")}</p> }
        });
        view! { {p.checks.iter().map(check).collect_view()} {more} }.into_any()
    };
    let code = if p.tag.is_empty() { p.stamp_no.clone() } else { p.tag.clone() };
    Detail {
        kind: tr("安检记录", "Checks of"),
        code,
        badges: vec![],
        actions: vec![
            (cylinder.clone(), tr("钢瓶档案", "The cylinder")),
            (format!("{cylinder}/trace"), tr("钢瓶轨迹", "Its trace")),
        ],
        aside: None,
        sections: vec![Section { id: "checks", title: tr("检查与检验", "Checks and inspections"), note, content }],
    }
    .view()
}

fn check(c: &CheckOf) -> AnyView {
    let lang = Lang::current();
    let about = [clock::local_text(c.at_ms), c.place.clone(), c.operator.clone(), c.reason.clone()];
    let about = about.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · ");
    // An inspection has no page among the records.
    let about = if c.kind == EventKind::Inspect {
        view! { <span>{about}</span> }.into_any()
    } else {
        view! { <a href=format!("/records/{}", c.no)>{about}</a> }.into_any()
    };
    let taken_back = c.corrected_by.map(|by| {
        let text = format!("{} {by}", tr("已更正,见记录", "taken back by record"));
        view! { " " <span class="badge plain">{text}</span> }
    });
    let by = c.catalogue.map(|(catalogue, version)| {
        let href = format!("/checks/{}?version={version}", catalogue.code());
        let text = lang.pick(
            format!("{}目录第 {version} 版", catalogue.text().zh),
            format!("{}, version {version}", catalogue.text().en),
        );
        view! { <p class="quiet">{tr("依据 ", "By ")} <a href=href>{text}</a></p> }
    });
    let items = if c.items.is_empty() {
        (c.kind != EventKind::Inspect)
            .then(|| view! { <p class="quiet">{tr("没有逐项结果。", "No items were told.")}</p> })
            .into_any()
    } else {
        let columns = [
            (tr("项目", "Item"), "code"),
            (tr("内容", "Text"), "detail"),
            (tr("等级", "Grade"), ""),
            (tr("结果", "Result"), ""),
        ];
        let name = format!("{} {}", lang.pick(c.kind.zh(), c.kind.en()), c.no);
        let rows = c.items.iter().map(item).collect();
        // A table is named by what is static: the record stands in its heading.
        view! { <div aria-label=name role="group">{table::table(tr("逐项结果", "Items"), "told", &columns, rows)}</div> }
            .into_any()
    };
    view! {
        <div class="gate-says">
            <p>
                <strong>{lang.pick(c.kind.zh(), c.kind.en())}</strong> " "
                {c.passed.map(|p| badge(word(p)))} " " {about} {taken_back}
            </p>
            {items}
            {(!c.items.is_empty()).then_some(by)}
        </div>
    }
    .into_any()
}

fn item(i: &Told) -> Vec<AnyView> {
    let text = Lang::current().pick(i.zh.clone(), i.en.clone());
    let text = if text.is_empty() {
        tr("当时的目录中没有此项", "The catalogue of that time has no such item").to_owned()
    } else {
        text
    };
    let result = match i.result {
        ItemResult::Pass => word(true),
        ItemResult::Fail => word(false),
        ItemResult::Na => (Tone::Plain, "不适用", "not applicable"),
    };
    vec![i.code.clone().into_any(), text.into_any(), i.severity.map_or_else(|| "—".into_any(), severity), badge(result)]
}
