//! `/cylinders/:code/trace`: the whole chain of one cylinder from its origin (钢瓶轨迹), as it is known now or as it was known at an
//! instant (`?known=`).

use super::{
    TracePage,
    chart::{self, Series},
    cylinder_trace, path, summary, table, timeline,
};
use crate::{
    error::AppError,
    features::cylinders::{address, detail::gate_says, missing},
    kit::{
        detail::{Detail, Section, facts, or_none},
        format,
        list::Tone,
        outline::Outline,
        page,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    gate::Decision,
    history::HistoryRow,
    trace::{AttemptRow, Flaw, NotYet, Trace, Weighed, known_text},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Rows of a table of attempts that are shown: the latest.
const ATTEMPTS: usize = 50;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let code = move || params.with(|p| p.get("code")).unwrap_or_default();
    let known = move || query.with(|q| q.get("known")).unwrap_or_default();
    let asked = Memo::new(move |_| (code(), known()));
    let trace = Resource::new_blocking(
        move || asked.get(),
        |(code, known)| async move { (cylinder_trace(code.clone(), known).await, code) },
    );
    let content = view! {
        {page::title(move || format!("{} · {} · {}", code(), tr("钢瓶轨迹", "Trace"), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, code) = trace.await;
                outcome(answer, &code)
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn outcome(answer: Result<Option<TracePage>, AppError>, code: &str) -> AnyView {
    match answer {
        Ok(Some(TracePage::Known(trace, outline, at))) => view(&trace, &outline, &at, code),
        Ok(Some(TracePage::NotYet(why))) => not_yet(why, code),
        Ok(None) => missing(code),
        Err(AppError::Invalid(field)) if field == "known" => view! {
            <section class="notice error" role="alert">
                <h1>{tr("时间无法识别", "The time cannot be read")}</h1>
                <p>{tr("请按 2026-11-21T16:05 的形式填写本地时间。", "Write the local time as 2026-11-21T16:05.")}</p>
                {known_form(code, "", true)}
            </section>
        }
        .into_any(),
        Err(why) => page::failed(&why),
    }
}

fn not_yet(why: NotYet, code: &str) -> AnyView {
    let text = match Lang::current() {
        Lang::Zh => format!(
            "截至 {},系统中还没有这只钢瓶:登记于 {} 入库。",
            clock::local_text(why.known),
            clock::local_text(why.registered)
        ),
        Lang::En => format!(
            "As known at {}, there was no such cylinder: its registration was recorded at {}.",
            clock::local_text(why.known),
            clock::local_text(why.registered)
        ),
    };
    view! {
        <section class="notice empty" role="status" data-testid="not-yet">
            <h1>{tr("当时尚未登记", "Not registered by then")} " " <span class="code">{code.to_owned()}</span></h1>
            <p>{text}</p>
            {known_form(code, &known_text(why.registered), true)}
        </section>
    }
    .into_any()
}

/// The instant that is asked for, to be changed.
fn known_form(code: &str, value: &str, replayed: bool) -> AnyView {
    let path = format!("{}/trace", address(code, ""));
    view! {
        <form class="as-of" method="get" action=path.clone()>
            <label class="field">
                <span>{tr("当时所知(本地时间)", "As known at (local time)")}</span>
                <input type="datetime-local" step="1" name="known" value=value.to_owned() required/>
            </label>
            <button type="submit" class="button">{tr("按当时所知回放", "Show what was known then")}</button>
            {replayed.then(|| view! { <a href=path.clone()>{tr("回到现在", "Back to now")}</a> })}
        </form>
    }
    .into_any()
}

fn view(t: &Trace, outline: &Outline, at: &[(i32, i32)], code: &str) -> AnyView {
    let lang = Lang::current();
    let h = &t.history;
    let mut badges = vec![
        (Tone::Plain, lang.pick(h.headline.clone(), h.headline_en.clone())),
        (Tone::Plain, lang.pick(h.custody.clone(), h.custody_en.clone())),
    ];
    if h.demo {
        badges.push((Tone::Warn, tr("演示数据", "DEMO").to_owned()));
    }
    let base = address(code, "");
    let breaks = h.rows.iter().filter(|r| !r.breaks.is_empty()).count();
    let section = |id, title, note: String, content| Section { id, title, note, content };
    let none = String::new;
    let gate_title = if t.replayed {
        tr("当时充装闸会怎么说", "What the gate would have said then")
    } else {
        tr("现在能否充装", "Could it be filled now")
    };
    let sections = vec![
        section("state", tr("状态", "State"), none(), state(t)),
        section("gate", gate_title, rules(t), gate(t)),
        section("flaws", tr("链路断点", "Breaks in the chain"), none(), flaws(&h.rows)),
        section("way", tr("轨迹图", "The way"), none(), path::view(t, outline, at)),
        section("weights", tr("内容量、残液与皮重", "Contents, residue and tare"), none(), weights(t)),
        section(
            "attempts",
            tr("充装核验", "Questions to the gate"),
            count(t.attempts.len()),
            attempts(&t.attempts, ATTEMPTS),
        ),
        section("timeline", tr("生命轨迹", "Its life"), summary(h.rows.len(), breaks), timeline(&h.rows)),
        section("events", tr("流转记录表", "The records as a table"), none(), records(&h.rows)),
    ];
    let shown = if h.tag.is_empty() { h.stamp_no.clone() } else { h.tag.clone() };
    Detail {
        kind: tr("钢瓶轨迹", "Trace of"),
        code: shown,
        badges,
        actions: vec![
            (base.clone(), tr("钢瓶档案", "Its page")),
            (format!("{base}/history"), tr("钢瓶历史跟踪表", "History sheet")),
            (format!("{base}/evidence"), tr("证据", "Evidence")),
        ],
        aside: Some(aside(t, code)),
        sections,
    }
    .view()
}

/// What this is a picture of, in words, and the way to another.
fn aside(t: &Trace, code: &str) -> AnyView {
    let at = clock::local_text(t.known);
    let text = match (Lang::current(), t.replayed) {
        (Lang::Zh, true) => format!("以下为截至 {at} 系统已知的情况;此后入库的 {} 条记录未计入。", t.later),
        (Lang::Zh, false) => format!("以下为现在({at})系统已知的情况。"),
        (Lang::En, true) => format!("As known at {at}: {} records that came later are left out.", t.later),
        (Lang::En, false) => format!("As known now ({at})."),
    };
    view! {
        {known_form(code, &known_text(t.known), t.replayed)}
        <p class="known" class:then=t.replayed role="status" data-testid="known">{text}</p>
    }
    .into_any()
}

fn count(n: usize) -> String {
    match Lang::current() {
        Lang::Zh => format!("共 {n} 次"),
        Lang::En => format!("{n} in all"),
    }
}

pub(super) fn rules(t: &Trace) -> String {
    match Lang::current() {
        Lang::Zh => format!("规则版本 {}", t.rule_version),
        Lang::En => format!("rules of version {}", t.rule_version),
    }
}

pub(super) fn state(t: &Trace) -> AnyView {
    let h = &t.history;
    let date = |d: Option<chrono::NaiveDate>| or_none(&d.map(|d| d.to_string()).unwrap_or_default());
    facts(vec![
        (tr("产权单位", "Owner"), or_none(&t.owner)),
        (tr("所属站点", "Home station"), or_none(&t.home)),
        (tr("流转状态", "Custody"), Lang::current().pick(h.custody.clone(), h.custody_en.clone())),
        (tr("标志", "Flags"), or_none(&h.flags.join("、"))),
        (tr("钢印号", "Stamped no."), or_none(&h.stamp_no)),
        (tr("规格", "Model"), or_none(&h.model)),
        (tr("出厂日期", "Made"), or_none(&h.made)),
        (tr("上次检测", "Last inspection"), date(h.inspected_on)),
        (tr("下次检测", "Next inspection"), date(h.next_due)),
        (tr("报废日期", "End of life"), date(h.life_end)),
        (tr("自重 kg", "Tare kg"), or_none(&h.tare_g.map(format::kg).unwrap_or_default())),
        (
            tr("最后一条记录", "Last record"),
            or_none(&h.rows.last().map(|r| clock::local_text(r.at_ms)).unwrap_or_default()),
        ),
    ])
}

pub(super) fn gate(t: &Trace) -> AnyView {
    let Some(says) = &t.gate else {
        return view! {
            <p class="quiet">{tr("所属站点没有此介质的充装枪。", "The home station has no gun for this medium.")}</p>
        }
        .into_any();
    };
    view! {
        {gate_says(says)}
        {t.replayed.then(|| view! {
            <p class="quiet">
                {tr(
                    "气瓶状态、规则与放行按当时;站点许可、人员证书和衡器检定按现在(无历史)。",
                    "Cylinder, rules and overrides as of then; licence, certificates and scales as of now, for they keep no history.",
                )}
            </p>
        })}
    }
    .into_any()
}

pub(super) fn flaws(rows: &[HistoryRow]) -> AnyView {
    let lang = Lang::current();
    let found: Vec<(&HistoryRow, Flaw)> =
        rows.iter().filter(|r| r.corrected_by.is_none()).flat_map(|r| Flaw::of(r).map(move |f| (r, f))).collect();
    if found.is_empty() {
        return view! { <p class="quiet" role="status">{tr("链条完整,没有断点。", "The chain is whole.")}</p> }
            .into_any();
    }
    let row = |(r, flaw): &(&HistoryRow, Flaw)| {
        let (rule, source) = flaw.rule();
        let text = match flaw {
            Flaw::Order(b) => b.info(),
            Flaw::Recorded(a) => a.info(),
        };
        view! {
            <tr>
                <td class="when" data-label=tr("日期时间", "Date and time")>{clock::local_text(r.at_ms)}</td>
                <td data-label=tr("记录号", "Record")>{r.no.to_string()}</td>
                <td data-label=tr("操作类型", "Operation")>{lang.pick(r.kind_zh.clone(), r.kind_en.clone())}</td>
                <td data-label=tr("地点", "Place")>{or_none(&r.place)}</td>
                <td data-label=tr("断点", "Break")>{lang.text(text)}</td>
                <td data-label=tr("规则", "Rule")>{format!("{rule} · {source}")}</td>
            </tr>
        }
    };
    let label = tr("链路断点,可左右滚动", "Breaks, scrolls sideways");
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=label data-testid="flaws">
            <table class="events">
                <thead>
                    <tr>
                        <th scope="col">{tr("日期时间", "Date and time")}</th>
                        <th scope="col">{tr("记录号", "Record")}</th>
                        <th scope="col">{tr("操作类型", "Operation")}</th>
                        <th scope="col">{tr("地点", "Place")}</th>
                        <th scope="col">{tr("断点", "Break")}</th>
                        <th scope="col">{tr("规则", "Rule")}</th>
                    </tr>
                </thead>
                <tbody>{found.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn weights(t: &Trace) -> AnyView {
    if t.weights.is_empty() {
        return view! {
            <p class="quiet" role="status">{tr("没有称重记录,或档案没有自重。", "Nothing was weighed, or no tare is on file.")}</p>
        }
        .into_any();
    }
    let of = |value: fn(&Weighed) -> Option<i64>| t.weights.iter().filter_map(|w| Some((w.at_ms, value(w)?))).collect();
    let series = |name, class, value| Series { name, class, points: of(value) };
    let kg = |g: Option<i64>| or_none(&g.map(format::kg).unwrap_or_default());
    let rows = t.weights.iter().rev().map(|w| {
        view! {
            <tr>
                <td class="when" data-label=tr("日期时间", "Date and time")>{clock::local_text(w.at_ms)}</td>
                <td class="num" data-label=tr("内容量KG", "Contents kg")>{kg(w.contents_g)}</td>
                <td class="num" data-label=tr("残液KG", "Residue kg")>{kg(w.residue_g)}</td>
                <td class="num" data-label=tr("皮重漂移KG", "Tare drift kg")>{kg(w.drift_g)}</td>
            </tr>
        }
    });
    view! {
        {chart::lines(
            tr("内容量随时间", "Contents over time"),
            &[series(tr("内容量", "Contents"), "a", |w| w.contents_g)],
        )}
        {chart::lines(
            tr("残液与皮重漂移随时间", "Residue and tare drift over time"),
            &[
                series(tr("残液", "Residue"), "b", |w| w.residue_g),
                series(tr("皮重漂移", "Tare drift"), "c", |w| w.drift_g),
            ],
        )}
        <details class="earlier">
            <summary>{tr("数据表", "The same as a table")}</summary>
            <div class="table-scroll" tabindex="0" role="region" aria-label=tr("称重,可左右滚动", "Weights, scrolls sideways")>
                <table class="events">
                    <thead>
                        <tr>
                            <th scope="col">{tr("日期时间", "Date and time")}</th>
                            <th scope="col" class="num">{tr("内容量KG", "Contents kg")}</th>
                            <th scope="col" class="num">{tr("残液KG", "Residue kg")}</th>
                            <th scope="col" class="num">{tr("皮重漂移KG", "Tare drift kg")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

/// A decision in a word.
pub(crate) const fn decision(d: Decision) -> (Tone, &'static str, &'static str) {
    match d {
        Decision::Allow => (Tone::Ok, "允许", "allowed"),
        Decision::Warn => (Tone::Warn, "警告", "warned"),
        Decision::Block => (Tone::Bad, "拒绝", "refused"),
    }
}

/// The latest so many.
pub(super) fn attempts(all: &[AttemptRow], most: usize) -> AnyView {
    if all.is_empty() {
        return view! { <p class="quiet" role="status">{tr("没有充装枪核验过它。", "No gun ever asked about it.")}</p> }.into_any();
    }
    let lang = Lang::current();
    let rows = all.iter().rev().take(most).map(|a| {
        let (tone, zh, en) = decision(a.verdict.decision);
        let why = a.verdict.reasons.iter().map(|r| lang.text(r.info().text)).collect::<Vec<_>>().join("、");
        let passed = a.verdict.overridden.iter().map(|r| lang.text(r.info().text)).collect::<Vec<_>>().join("、");
        view! {
            <tr>
                <td class="when" data-label=tr("日期时间", "Date and time")>{clock::local_text(a.at_ms)}</td>
                <td data-label=tr("站点", "Station")>{or_none(&a.station)}</td>
                <td data-label=tr("充装人", "Filler")>{or_none(&a.operator)}</td>
                <td data-label=tr("结论", "Decision")><span class=format!("badge {}", tone.class())>{lang.pick(zh, en)}</span></td>
                <td data-label=tr("原因", "Reasons")>{or_none(&why)}</td>
                <td data-label=tr("放行", "Overridden")>{or_none(&passed)}</td>
                <td class="num" data-label=tr("规则版本", "Rules")>{a.rule_version.to_string()}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=tr("核验,可左右滚动", "Questions, scrolls sideways")>
            <table class="events">
                <thead>
                    <tr>
                        <th scope="col">{tr("日期时间", "Date and time")}</th>
                        <th scope="col">{tr("站点", "Station")}</th>
                        <th scope="col">{tr("充装人", "Filler")}</th>
                        <th scope="col">{tr("结论", "Decision")}</th>
                        <th scope="col">{tr("原因", "Reasons")}</th>
                        <th scope="col">{tr("放行", "Overridden")}</th>
                        <th scope="col" class="num">{tr("规则版本", "Rules")}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn records(rows: &[HistoryRow]) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="quiet" role="status">{tr("暂无记录", "No events yet")}</p> }.into_any();
    }
    view! {
        <details class="earlier">
            <summary>{tr("按来源栏目列出", "With the source's columns")}</summary>
            {table::events(rows.to_vec())}
        </details>
    }
    .into_any()
}
