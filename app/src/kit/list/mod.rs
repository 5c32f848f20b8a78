//! Lists: written once. A page gives a [`ListSpec`]; all that is generic in its type is how a row becomes cells.
//!
//! What is shown stands in the address: filters, order, size and place. Links and a GET form change it, so that a list works
//! before its module is loaded, the back button works, and an address can be sent. Columns, density and saved views are kept
//! in this browser, by the name of the list.

mod bar;
mod keep;
mod spec;
mod table;

pub use spec::{Bulk, Cell, Choice, Choices, Column, Coming, Filter, Input, ListSpec, Tone};

use crate::{
    error::AppError,
    kit::{format, page, who},
    lang::{Lang, tr},
};
use domain::list::{ListQuery, PageAt, Total};
use keep::Kept;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use spec::{Head, Shown};
use std::sync::Arc;

/// A list without its type: what everything below works on.
#[derive(Clone)]
struct List {
    name: &'static str,
    path: &'static str,
    title: domain::outcome::Text,
    heads: Arc<[Head]>,
    filters: &'static [Filter],
    export: Option<&'static str>,
    picks: Option<spec::Picks>,
    order: Option<fn(&ListQuery) -> &str>,
    nothing: domain::outcome::Text,
}

/// The page of a list.
#[must_use]
pub fn page<T: Send + 'static>(spec: &'static ListSpec<T>) -> AnyView {
    page_with(spec, || ().into_any())
}

/// The same with something of the page's own above its filters.
#[must_use]
pub fn page_with<T: Send + 'static>(spec: &'static ListSpec<T>, above: fn() -> AnyView) -> AnyView {
    let lang = Lang::current();
    let fetch = move |query: ListQuery| -> Coming<Shown> {
        let coming = (spec.fetch)(query);
        Box::pin(async move { coming.await.map(|page| spec.show(page, lang)) })
    };
    let list = List {
        name: spec.name,
        path: spec.path,
        title: spec.title,
        heads: spec.heads().into(),
        filters: spec.filters,
        export: spec.export,
        picks: spec.bulk.as_ref().map(|b| spec::Picks { path: b.path, name: b.name, title: b.title }),
        order: spec.order,
        nothing: spec.nothing,
    };
    erased(&list, Arc::new(fetch), spec.choices, above)
}

type Fetch = Arc<dyn Fn(ListQuery) -> Coming<Shown> + Send + Sync>;

/// The same without its type: compiled once.
fn erased(list: &List, fetch: Fetch, choices: fn() -> Coming<Choices>, above: fn() -> AnyView) -> AnyView {
    let lang = Lang::current();
    let names: Vec<&str> = list.filters.iter().map(|f| f.name).collect();
    let address = use_query_map();
    let query = Memo::new(move |_| address.with(|a| ListQuery::read(&names, |name| a.get(name))));
    let rows = Resource::new_blocking(move || query.get(), move |query| fetch(query));
    let choices = Resource::new_blocking(|| (), move |()| choices());
    let kept = keep::provide(list);
    let session = who::Session::current();
    keys();
    let title = lang.text(list.title);
    let (head, body) = (list.clone(), list.clone());
    let content = view! {
        <Title text=format!("{title} · {}", tr("瓶迹", "Pingji"))/>
        <div class="list" class:dense=move || kept.with(|k| k.dense)>
            <div class="title-row">
                <h1>{title}</h1>
                <Transition>
                    {move || Suspend::new(async move { rows.await.ok().map(|shown| total(shown.total)) })}
                </Transition>
            </div>
            {above()}
            <Transition>
                {move || {
                    let (list, now) = (head.clone(), query.get_untracked());
                    Suspend::new(async move { bar::filters(&list, query, &now, choices.await.unwrap_or_default()) })
                }}
            </Transition>
            {bar::tools(list, query, kept)}
            <Transition fallback=move || table::skeleton()>
                {move || {
                    let (list, now) = (body.clone(), query.get_untracked());
                    Suspend::new(async move {
                        let answer = rows.await;
                        let may = match session {
                            Some(session) if list.picks.is_some() => session.permissions().await,
                            _ => domain::permission::Permissions::NONE,
                        };
                        let list = List { picks: list.picks.filter(|p| who::opens(may, p.path)), ..list };
                        outcome(&list, &now, answer, kept)
                    })
                }}
            </Transition>
        </div>
    };
    page::page(content.into_any())
}

/// How many there are.
fn total(total: Total) -> AnyView {
    let n = format::count(total.count.into());
    let text = match (Lang::current(), total.more) {
        (Lang::Zh, false) => format!("共 {n} 条"),
        (Lang::Zh, true) => format!("超过 {n} 条"),
        (Lang::En, false) => format!("{n} in all"),
        (Lang::En, true) => format!("more than {n}"),
    };
    view! { <span class="total" data-testid="total" role="status">{text}</span> }.into_any()
}

/// Rows, or in their place what happened and a way out.
fn outcome(list: &List, query: &ListQuery, answer: Result<Shown, AppError>, kept: RwSignal<Kept>) -> AnyView {
    match answer {
        Ok(shown) if shown.rows.is_empty() => {
            let filtered = !query.filters.is_empty() || query.from != PageAt::Start;
            view! {
                <section class="notice empty" role="status" data-testid="nothing">
                    <h2>{if filtered { tr("没有符合条件的记录", "Nothing matches") } else { Lang::current().text(list.nothing) }}</h2>
                    {filtered.then(|| view! {
                        <p>{tr("请放宽筛选条件,或清除全部条件。", "Ask for less, or take all filters away.")}</p>
                        <p><a class="button" href=list.path>{tr("清除条件", "Clear filters")}</a></p>
                    })}
                </section>
            }
            .into_any()
        }
        Ok(shown) => view! {
            {table::table(list, query, &shown, kept)}
            {table::pager(list, query, &shown)}
        }
        .into_any(),
        Err(why) => {
            let field = match &why {
                AppError::Invalid(name) => {
                    list.filters.iter().find(|f| f.name == name).map(|f| Lang::current().text(f.title))
                }
                _ => None,
            };
            let again = format!("{}{}", list.path, query.address());
            view! {
                <section class="notice error" role="alert" data-testid="failed">
                    <h2>{tr("列表读取失败", "The list could not be read")}</h2>
                    <p>{why.text()} {field.map(|f| format!(" ({f})"))}</p>
                    <p>
                        <a class="button" href=again rel="external">{tr("重试", "Try again")}</a>
                        " "
                        <a href=list.path>{tr("清除条件", "Clear filters")}</a>
                    </p>
                </section>
            }
            .into_any()
        }
    }
}

/// Keys: j, k and the arrows go from row to row, Enter opens (the row's link has the focus).
fn keys() {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, |e| {
            if crate::kit::browser::is_typing(&e) {
                return;
            }
            let step = match e.key().as_str() {
                "j" | "ArrowDown" => 1,
                "k" | "ArrowUp" => -1,
                _ => return,
            };
            e.prevent_default();
            crate::kit::browser::focus_next(".listing tbody a.row-link", step);
        });
        on_cleanup(move || handle.remove());
    });
}
