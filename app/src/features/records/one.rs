//! `/records/:no`: one record with what the gate said before it and the checks beside it.

use super::record_one;
use crate::{
    error::AppError,
    features::{cylinders, history::decision},
    kit::{
        detail::{Detail, Section, facts, or_none},
        format,
        list::Tone,
        page,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    event::{EventKind, ItemResult},
    record::{Check, RecordPage},
    trace::AttemptRow,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    // A number that cannot be one is one that is not there.
    let no = move || params.with(|p| p.get("no")).and_then(|no| no.parse::<i64>().ok()).unwrap_or(0);
    let record = Resource::new_blocking(no, record_one);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("记录", "Record"), no(), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match record.await {
                    Ok(found) => view(&found),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有这条记录", "No such record").into(),
                        tr("请核对记录号,或从充装检查记录进入。", "Check the number, or come from the list.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn view(r: &RecordPage) -> AnyView {
    let (lang, line) = (Lang::current(), &r.line);
    let mut badges: Vec<(Tone, String)> =
        line.anomalies.iter().map(|a| (Tone::Warn, lang.text(a.info()).to_owned())).collect();
    if line.passed == Some(false) {
        badges.push((Tone::Bad, tr("不合格", "not passed").to_owned()));
    }
    if badges.is_empty() {
        badges.push((Tone::Ok, tr("正常", "sound").to_owned()));
    }
    if let Some(by) = line.corrected_by {
        badges.push((Tone::Plain, format!("{} {by}", tr("已更正,见记录", "taken back by record"))));
    }
    let cylinder = cylinders::address(&line.tag, "");
    let mut sections = vec![section("facts", tr("记录", "The record"), whole(r))];
    if line.kind == EventKind::FillEnd {
        sections.push(section("gate", tr("充装前核验", "What the gate said"), gate(r.attempt.as_ref())));
    }
    sections.push(section("checks", tr("检查", "Checks"), checks(r)));
    let actions = if line.tag.is_empty() {
        vec![("/records".to_owned(), tr("全部记录", "All records"))]
    } else {
        vec![
            (cylinder.clone(), tr("钢瓶档案", "The cylinder")),
            (format!("{cylinder}/trace"), tr("钢瓶轨迹", "Its trace")),
            (format!("/records?q={}", domain::list::encode(&line.tag)), tr("该瓶全部充装", "All its fills")),
        ]
    };
    Detail {
        kind: lang.pick(line.kind.zh(), line.kind.en()),
        code: line.no.to_string(),
        badges,
        actions,
        aside: None,
        sections,
    }
    .view()
}

const fn section(id: &'static str, title: &'static str, content: AnyView) -> Section {
    Section { id, title, note: String::new(), content }
}

fn whole(r: &RecordPage) -> AnyView {
    let line = &r.line;
    let kg = |g: Option<i64>| or_none(&g.map(|g| format!("{} kg", format::kg(g))).unwrap_or_default());
    facts(vec![
        (tr("标签号", "Tag"), or_none(&line.tag)),
        (tr("站点", "Station"), or_none(&line.station)),
        (tr("枪/手持机", "Gun or handheld"), or_none(&line.device)),
        (tr("操作人", "Operator"), or_none(&line.operator)),
        (tr("开始", "Began"), or_none(&r.started_ms.map(clock::local_text).unwrap_or_default())),
        (tr("时间", "When"), clock::local_text(line.at_ms)),
        (tr("入库时间", "Recorded"), clock::local_text(line.recorded_ms)),
        (tr("介质", "Medium"), or_none(&r.medium)),
        (tr("充装量", "Gas added"), kg(line.net_g)),
        (tr("皮重(实测)", "Tare, measured"), kg(line.tare_g)),
        (tr("总重", "Gross"), kg(line.gross_g)),
        (tr("设备序号", "Device's number"), format!("{}-{}", r.sequence.0, r.sequence.1)),
        (tr("内容摘要 SHA-256", "Content hash SHA-256"), or_none(&r.hash)),
    ])
}

fn gate(attempt: Option<&AttemptRow>) -> AnyView {
    let lang = Lang::current();
    let Some(a) = attempt else {
        return view! {
            <p class="quiet" role="status">{tr("此次充装没有核验记录。", "Nobody asked the gate about this fill.")}</p>
        }
        .into_any();
    };
    let (tone, zh, en) = decision(a.verdict.decision);
    let at = format!("{} · {} {}", clock::local_text(a.at_ms), tr("规则版本", "rules of version"), a.rule_version);
    let passed = a.verdict.overridden.iter().map(|r| lang.text(r.info().text)).collect::<Vec<_>>().join("、");
    view! {
        <div class="gate-says">
            <p><span class=format!("badge {}", tone.class())>{lang.pick(zh, en)}</span> " " <span class="quiet">{at}</span></p>
            <ul>{a.verdict.reasons.iter().map(|r| cylinders::detail::reason(*r)).collect_view()}</ul>
            {(!passed.is_empty()).then(|| view! { <p>{format!("{}: {passed}", tr("监管放行", "Overridden"))}</p> })}
        </div>
    }
    .into_any()
}

fn checks(r: &RecordPage) -> AnyView {
    if r.checks.is_empty() {
        return view! {
            <p class="quiet" role="status">{tr("没有关联的检查记录。", "No check is linked to it.")}</p>
        }
        .into_any();
    }
    r.checks.iter().map(check).collect_view().into_any()
}

fn check(c: &Check) -> AnyView {
    let lang = Lang::current();
    let result =
        |ok: bool| if ok { (Tone::Ok, tr("合格", "passed")) } else { (Tone::Bad, tr("不合格", "not passed")) };
    let (tone, word) = result(c.passed);
    let about = [
        format!("{} {}", tr("记录", "record"), c.no),
        clock::local_text(c.at_ms),
        c.operator.clone(),
        c.weighed_g.map(|g| format!("{} {} kg", tr("称重", "weighed"), format::kg(g))).unwrap_or_default(),
        if c.leak { tr("检出泄漏", "leak found").to_owned() } else { String::new() },
        c.reason.clone(),
    ];
    let about = about.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · ");
    let items = c.items.iter().map(|i| {
        let (tone, word) = match i.result {
            ItemResult::Pass => result(true),
            ItemResult::Fail => result(false),
            ItemResult::Na => (Tone::Plain, tr("不适用", "not applicable")),
        };
        view! {
            <tr>
                <td class="code" data-label=tr("项目", "Item")>{i.item.clone()}</td>
                <td data-label=tr("结果", "Result")><span class=format!("badge {}", tone.class())>{word}</span></td>
            </tr>
        }
    });
    view! {
        <div class="gate-says">
            <p>
                <strong>{lang.pick(c.kind.zh(), c.kind.en())}</strong> " "
                <span class=format!("badge {}", tone.class())>{word}</span> " "
                <a href=format!("/records/{}", c.no)>{about}</a>
            </p>
            {if c.items.is_empty() {
                view! { <p class="quiet">{tr("没有逐项结果。", "No items were told.")}</p> }.into_any()
            } else {
                view! {
                    <table class="events">
                        <thead>
                            <tr>
                                <th scope="col">{tr("项目", "Item")}</th>
                                <th scope="col">{tr("结果", "Result")}</th>
                            </tr>
                        </thead>
                        <tbody>{items.collect_view()}</tbody>
                    </table>
                }
                .into_any()
            }}
        </div>
    }
    .into_any()
}
