//! `/rules/drafts/:id/cylinders`: the cylinders that a draft moves, in the order of their registration.

use super::api::{MovedAsk, MovedPage, rule_moved};
use crate::{
    error::AppError,
    kit::{list::Tone, page, table, told},
    lang::{Lang, tr},
};
use domain::{
    gate::Decision,
    rules::preview::{Moved, Standing},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What the address asks for.
fn asked() -> MovedAsk {
    let id = use_params_map().with(|p| p.get("id").and_then(|i| i.parse().ok())).unwrap_or_default();
    use_query_map().with(|q| MovedAsk {
        id,
        from: q.get("from").unwrap_or_default(),
        to: q.get("to").unwrap_or_default(),
        district: q.get("district").and_then(|v| v.parse().ok()).unwrap_or_default(),
        org: q.get("org").and_then(|v| v.parse().ok()).unwrap_or_default(),
        after: q.get("after").and_then(|v| v.parse().ok()).unwrap_or_default(),
    })
}

/// The address of a page of this list.
#[must_use]
pub(super) fn address(ask: &MovedAsk) -> String {
    let text = |name: &str, v: &str| (!v.is_empty()).then(|| format!("{name}={}", told::query_value(v)));
    let number = |name: &str, n: i64| (n != 0).then(|| format!("{name}={n}"));
    let all: Vec<String> = [
        text("from", &ask.from),
        text("to", &ask.to),
        number("district", ask.district.into()),
        number("org", ask.org),
        number("after", ask.after),
    ]
    .into_iter()
    .flatten()
    .collect();
    let path = format!("/rules/drafts/{}/cylinders", ask.id);
    if all.is_empty() { path } else { format!("{path}?{}", all.join("&")) }
}

/// What the gate says, as a badge.
#[must_use]
pub(super) fn decision(d: Decision) -> AnyView {
    let (tone, text) = match d {
        Decision::Allow => (Tone::Ok, tr("放行", "ALLOW")),
        Decision::Warn => (Tone::Warn, tr("警告", "WARN")),
        Decision::Block => (Tone::Bad, tr("拦截", "BLOCK")),
    };
    view! { <span class=format!("badge {}", tone.class())>{text}</span> }.into_any()
}

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let rows = Resource::new_blocking(asked, |ask| async move { (rule_moved(ask.clone()).await, ask) });
    let draft = move || format!("/rules/drafts/{}", asked().id);
    let content = view! {
        <Title text=tr("有变化的气瓶 · 瓶迹", "Cylinders that change · Pingji")/>
        <p><a href=draft>{tr("← 返回草稿", "← Back to the draft")}</a></p>
        <h1>{tr("有变化的气瓶", "Cylinders that change")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match rows.await {
                    (Ok(found), ask) => view! { {filter(&ask)} {shown(found, &ask)} }.into_any(),
                    (Err(AppError::NotFound), _) => page::notice(
                        "empty",
                        tr("没有这份草稿", "No such draft").into(),
                        tr("请从草稿列表进入。", "Come from the list of drafts.").into(),
                    ),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn filter(ask: &MovedAsk) -> AnyView {
    let lang = Lang::current();
    let options = |chosen: &str| {
        let chosen = chosen.to_owned();
        let option = move |s: Standing| {
            let selected = s.code() == chosen;
            view! { <option value=s.code() selected=selected>{lang.text(s.text())}</option> }
        };
        Standing::ALL.into_iter().map(option).collect_view()
    };
    let kept = [("district", i64::from(ask.district)), ("org", ask.org)];
    let kept = kept.into_iter().filter(|(_, v)| *v != 0);
    view! {
        <form class="form inline" method="get" action=format!("/rules/drafts/{}/cylinders", ask.id) role="search">
            <label for="from">{tr("现为", "Now")}</label>
            <select id="from" name="from"><option value="">{tr("全部", "All")}</option>{options(&ask.from)}</select>
            <label for="to">{tr("将为", "Then")}</label>
            <select id="to" name="to"><option value="">{tr("全部", "All")}</option>{options(&ask.to)}</select>
            {kept.map(|(name, v)| view! { <input type="hidden" name=name value=v.to_string()/> }).collect_view()}
            <button type="submit">{tr("筛选", "Filter")}</button>
        </form>
    }
    .into_any()
}

fn shown(found: MovedPage, ask: &MovedAsk) -> AnyView {
    let whole = MovedAsk { id: ask.id, ..MovedAsk::default() };
    let on = found.next.map(|after| {
        let href = address(&MovedAsk { after, ..ask.clone() });
        let text = if found.rows.len() < super::api::PAGE {
            tr("继续向后查找", "Search on")
        } else {
            tr("下一页", "Next page")
        };
        view! { <p><a class="button" href=href data-testid="next">{text}</a></p> }
    });
    if found.rows.is_empty() {
        let text = if on.is_some() {
            tr("这一段没有符合条件的气瓶。", "None in this stretch.")
        } else {
            tr("没有符合条件的气瓶。", "No cylinder matches.")
        };
        return view! {
            <p class="empty" role="status">{text} " " <a href=address(&whole)>{tr("查看全部", "Show all")}</a></p>
            {on}
        }
        .into_any();
    }
    let columns = [
        (tr("标签号", "Tag"), "code"),
        (tr("钢印号", "Stamped number"), "code"),
        (tr("单位", "Owner"), ""),
        (tr("所在站点", "Home"), ""),
        (tr("检验状态", "By its dates"), ""),
        (tr("检验到期日", "Due"), "when"),
        (tr("使用年限至", "Life ends"), "when"),
        (tr("闸机结论", "Gate"), ""),
    ];
    let rows = found.rows.into_iter().map(row).collect();
    view! { {table::table(tr("有变化的气瓶", "Cylinders that change"), "moved", &columns, rows)} {on} }.into_any()
}

fn row(m: Moved) -> Vec<AnyView> {
    let lang = Lang::current();
    let day = |d: Option<chrono::NaiveDate>| d.map_or_else(|| "—".to_owned(), |d| d.to_string());
    let pair = |was: String, is: String| {
        if was == is { was.into_any() } else { view! { <del>{was}</del> " → " <ins>{is}</ins> }.into_any() }
    };
    let word = |s: Standing| lang.text(s.text()).to_owned();
    let gate = if m.was.gate == m.is.gate {
        decision(m.is.gate)
    } else {
        view! { {decision(m.was.gate)} " → " {decision(m.is.gate)} }.into_any()
    };
    let href = format!("/cylinders/{}", told::query_value(&m.tag));
    vec![
        view! { <a href=href>{m.tag}</a> }.into_any(),
        m.stamp_no.into_any(),
        m.owner.into_any(),
        m.home.into_any(),
        pair(word(m.was.standing), word(m.is.standing)),
        pair(day(m.was.due), day(m.is.due)),
        pair(day(m.was.life_end), day(m.is.life_end)),
        gate,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_asked_for() {
        assert_eq!(address(&MovedAsk { id: 3, ..MovedAsk::default() }), "/rules/drafts/3/cylinders");
        let ask = MovedAsk { id: 3, from: "valid".into(), to: "overdue".into(), district: 410_105, org: 7, after: 9 };
        assert_eq!(address(&ask), "/rules/drafts/3/cylinders?from=valid&to=overdue&district=410105&org=7&after=9");
    }
}
