//! `/orgs/:id`: one organisation.

use super::{org_one, spec};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, NONE, Section, facts, or_none},
        format,
        list::Tone,
        page, table,
    },
    lang::{Lang, tr},
};
use chrono::NaiveDate;
use domain::{
    clock,
    org::{Count, DeviceLine, OrgPage, PersonLine, SiteLine},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, org_one);
    let content = view! {
        <Title text=format!("{} · {}", tr("单位", "Organisation"), tr("瓶迹", "Pingji"))/>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match one.await {
                    Ok(p) => view(&p),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有这个单位", "No such organisation").into(),
                        tr("请从单位列表中选择。", "Choose one from the list.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/orgs">{tr("返回单位列表", "Back to the organisations")}</a></p>
    };
    page::page(content.into_any())
}

fn date(d: Option<NaiveDate>) -> String {
    d.map_or_else(|| NONE.to_owned(), |d| d.to_string())
}

fn view(p: &OrgPage) -> AnyView {
    let lang = Lang::current();
    let o = &p.line;
    let mut badges = vec![(Tone::Plain, spec::kind(o, lang))];
    if o.licence != domain::org::Licence::None {
        badges.push((spec::tone(o.licence), format!("{} {}", tr("许可", "licence"), lang.text(o.licence.text()))));
    }
    if o.demo {
        badges.push((Tone::Warn, tr("演示数据", "DEMO").to_owned()));
    }
    let section = |id, title, n: usize, content| Section {
        id,
        title,
        note: lang.pick(format!("{n} 个"), n.to_string()),
        content,
    };
    let about = facts(vec![
        (tr("区县", "District"), or_none(&o.district)),
        (tr("统一社会信用代码", "Credit code"), or_none(&o.uscc)),
        (tr("电话", "Telephone"), or_none(&o.phone)),
        (tr("充装许可证号", "Licence no."), or_none(&o.licence_no)),
        (tr("许可有效期至", "Licence until"), date(o.licence_until)),
        (tr("许可介质", "Media"), or_none(&o.licence_media)),
        (tr("责任保险有效期至", "Insured until"), date(o.insured_until)),
    ]);
    let plain = |id, title, content| Section { id, title, note: String::new(), content };
    Detail {
        kind: "",
        code: o.name.clone(),
        badges,
        actions: vec![(format!("/cylinders?org={}", o.id), tr("其钢瓶", "Its cylinders"))],
        aside: None,
        sections: vec![
            plain("facts", tr("单位信息", "On record"), about),
            plain("figures", tr("概况", "Figures"), counts(&p.counts)),
            section("sites", tr("站点", "Sites"), p.sites.len(), sites(&p.sites)),
            section("devices", tr("设备", "Devices"), p.devices.len(), devices(&p.devices, p.today)),
            section("people", tr("作业人员", "People"), p.people.len(), people(&p.people, p.today)),
        ],
    }
    .view()
}

fn counts(all: &[Count]) -> AnyView {
    let word = |what: &str| match what {
        "on_file" => tr("在册钢瓶(只)", "Cylinders on file"),
        "overdue" => tr("过检(只)", "Overdue"),
        "past_life" => tr("超年限(只)", "Past their life"),
        "in_use" => tr("用户在用(只)", "With users"),
        "accidents" => tr("事故(起)", "Accidents"),
        _ => tr("隐患(项)", "Hazards"),
    };
    let line = |c: &Count| {
        let n = format::count(c.total.count.into());
        let n = if c.total.more { format!("{n}+") } else { n };
        view! { <div><dt>{word(&c.what)}</dt><dd><a href=c.to.clone()>{n}</a></dd></div> }
    };
    view! { <dl class="facts" data-testid="figures">{all.iter().map(line).collect_view()}</dl> }.into_any()
}

fn nothing(text: &'static str) -> AnyView {
    view! { <p class="quiet" role="status">{text}</p> }.into_any()
}

fn sites(all: &[SiteLine]) -> AnyView {
    if all.is_empty() {
        return nothing(tr("没有登记的站点", "No site is on record"));
    }
    let row = |s: &SiteLine| {
        let kind = match s.kind.as_str() {
            "filling" | "station" => tr("充装站", "filling station").to_owned(),
            "delivery" => tr("配送站", "delivery station").to_owned(),
            other => other.to_owned(),
        };
        vec![
            view! { <a href=format!("/cylinders?site={}", s.id)>{s.name.clone()}</a> }.into_any(),
            kind.into_any(),
            or_none(&s.district).into_any(),
        ]
    };
    let columns = [(tr("站点", "Site"), ""), (tr("类型", "Kind"), ""), (tr("区县", "District"), "")];
    table::table(tr("站点", "Sites"), "sites", &columns, all.iter().map(row).collect())
}

/// A last day, marked where it lies behind.
fn until(d: Option<NaiveDate>, today: NaiveDate) -> AnyView {
    match d {
        Some(d) if d < today => {
            view! { {d.to_string()} " " <span class="badge bad">{tr("过期", "expired")}</span> }.into_any()
        }
        other => date(other).into_any(),
    }
}

fn devices(all: &[DeviceLine], today: NaiveDate) -> AnyView {
    if all.is_empty() {
        return nothing(tr("没有登记的设备", "No device is on record"));
    }
    let row = |d: &DeviceLine| {
        let kind = match d.kind.as_str() {
            "gun" => tr("充装枪", "fill gun").to_owned(),
            "handheld" => tr("手持机", "handheld").to_owned(),
            other => other.to_owned(),
        };
        let (tone, word) =
            if d.revoked { (Tone::Bad, tr("已吊销", "revoked")) } else { (Tone::Ok, tr("在用", "in use")) };
        vec![
            or_none(&d.label).into_any(),
            kind.into_any(),
            d.site.clone().into_any(),
            or_none(&d.medium).into_any(),
            d.seen_at.map_or_else(|| NONE.to_owned(), clock::local_text).into_any(),
            until(d.scale_until, today),
            view! { <span class=format!("badge {}", tone.class())>{word}</span> }.into_any(),
        ]
    };
    let columns = [
        (tr("编号", "Label"), "code"),
        (tr("类型", "Kind"), ""),
        (tr("站点", "Site"), ""),
        (tr("介质", "Medium"), ""),
        (tr("最近联系", "Last seen"), "when"),
        (tr("衡器检定至", "Scale verified until"), "when"),
        (tr("状态", "State"), ""),
    ];
    table::table(tr("设备", "Devices"), "devices", &columns, all.iter().map(row).collect())
}

fn people(all: &[PersonLine], today: NaiveDate) -> AnyView {
    if all.is_empty() {
        return nothing(tr("没有登记的作业人员", "Nobody is on record"));
    }
    let row =
        |p: &PersonLine| vec![p.code.clone().into_any(), until(p.cert_until, today), or_none(&p.media).into_any()];
    let columns =
        [(tr("工号", "Code"), "code"), (tr("作业人员证至", "Certificate until"), "when"), (tr("介质", "Media"), "")];
    table::table(tr("作业人员", "People"), "people", &columns, all.iter().map(row).collect())
}
