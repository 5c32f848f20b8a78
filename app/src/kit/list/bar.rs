//! Above the rows: filters, and what the reader may choose about the list.

use super::{
    Choice, Choices, Filter, Input, List,
    keep::{self, Kept, NAME_MAX},
};
use crate::{
    kit::{browser, export},
    lang::{Lang, tr},
};
use domain::{
    export::filter_of,
    list::{ListQuery, PageAt, SIZES, VALUE_MAX},
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The filters: a GET form, so that it works by itself; in a browser that has the module the page is not left. `now` is what was asked
/// when the choices were: on the server the memo may be gone when they come.
pub(super) fn filters(list: &List, query: Memo<ListQuery>, now: &ListQuery, mut choices: Choices) -> AnyView {
    let path = list.path;
    let (first, more): (Vec<&Filter>, Vec<&Filter>) = list.filters.iter().partition(|f| f.first);
    let open = more.iter().any(|f| !now.filter(f.name).is_empty());
    let names: Vec<&'static str> = list.filters.iter().map(|f| f.name).collect();
    let navigate = use_navigate();
    let submit = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        let q = query.get_untracked();
        let given = |name: &str| match name {
            "sort" => Some(q.sort.clone()),
            "dir" => q.descending.then(|| "desc".to_owned()),
            "size" => Some(q.size.to_string()),
            "after" | "before" => None,
            name => browser::field(&e, name),
        };
        let wanted = ListQuery::read(&names, given);
        navigate(&format!("{path}{}", wanted.address()), NavigateOptions::default());
    };
    let mut entry = |f: &Filter| {
        let of_record = choices.remove(f.name).unwrap_or_default();
        field(f, query, now, of_record)
    };
    let first: Vec<AnyView> = first.into_iter().map(&mut entry).collect();
    let more: Vec<AnyView> = more.into_iter().map(&mut entry).collect();
    view! {
        <form class="filters" method="get" action=path role="search" aria-label=tr("筛选", "Filters") on:submit=submit>
            <input type="hidden" name="sort" value=now.sort.clone()/>
            <input type="hidden" name="dir" value=if now.descending { "desc" } else { "" }/>
            <input type="hidden" name="size" value=now.size.to_string()/>
            <div class="fields">
                {first}
                <div class="go">
                    <button type="submit" class="button strong">{tr("查询", "Search")}</button>
                    <a class="button" href=path>{tr("清除", "Clear")}</a>
                </div>
            </div>
            {(!more.is_empty()).then(|| view! {
                <details class="more" open=open>
                    <summary>{tr("更多条件", "More filters")}</summary>
                    <div class="fields">{more}</div>
                </details>
            })}
        </form>
    }
    .into_any()
}

/// A filter's label and field.
fn field(f: &Filter, query: Memo<ListQuery>, now: &ListQuery, of_record: Vec<Choice>) -> AnyView {
    let (name, lang) = (f.name, Lang::current());
    let value = move || query.with(|q| q.filter(name).to_owned());
    let first = now.filter(name).to_owned();
    let label = lang.text(f.title);
    let entry = match f.input {
        Input::Text(hint) => view! {
            <input type="search" name=name value=first prop:value=value placeholder=lang.text(hint)
                maxlength=VALUE_MAX.to_string() autocomplete="off"/>
        }
        .into_any(),
        Input::Day => view! { <input type="date" name=name value=first prop:value=value/> }.into_any(),
        Input::Year => view! {
            <input type="number" name=name value=first prop:value=value min="1900" max="2199" step="1" inputmode="numeric"/>
        }
        .into_any(),
        Input::Choice(options) => choice(name, &first, value, options()),
        Input::Record => choice(name, &first, value, of_record),
    };
    let wide = matches!(f.input, Input::Text(_));
    view! { <label class="field" class:wide=wide><span>{label}</span>{entry}</label> }.into_any()
}

fn choice(
    name: &'static str,
    first: &str,
    value: impl Fn() -> String + Send + Sync + 'static,
    options: Vec<Choice>,
) -> AnyView {
    let lang = Lang::current();
    // A value that is none of these came with the address: it is shown, not dropped in silence.
    let stranger = !first.is_empty() && !options.iter().any(|o| o.0 == first);
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(code, zh, en)| {
            let selected = code == first;
            view! { <option value=code selected=selected>{lang.pick(zh, en)}</option> }.into_any()
        })
        .collect();
    view! {
        <select name=name prop:value=value>
            <option value="">{tr("全部", "All")}</option>
            {stranger.then(|| view! { <option value=first.to_owned() selected=true>{first.to_owned()}</option> })}
            {options}
        </select>
    }
    .into_any()
}

/// Saved views, columns, density, export.
pub(super) fn tools(list: &List, query: Memo<ListQuery>, kept: RwSignal<Kept>) -> AnyView {
    let name = list.name;
    let lang = Lang::current();
    let columns: Vec<AnyView> = list
        .heads
        .iter()
        .skip(1)
        .map(|h| {
            let column = h.name;
            let shown = move || kept.with(|k| !k.hidden.iter().any(|c| c == column));
            view! {
                <label>
                    <input type="checkbox" checked=h.shown prop:checked=shown
                        on:change=move |_| keep::change(name, kept, |k| k.toggle(column))/>
                    {lang.text(h.title)}
                </label>
            }
            .into_any()
        })
        .collect();
    let export = list.export.map(|what| export::buttons(what.into(), move || query.with(filter_of)));
    view! {
        <div class="tools">
            {views(list, query, kept)}
            <details class="menu">
                <summary class="button">{tr("列", "Columns")}</summary>
                <div class="menu-body checks">{columns}</div>
            </details>
            <button type="button" class="button" aria-pressed=move || kept.with(|k| k.dense).to_string()
                on:click=move |_| keep::change(name, kept, |k| k.dense = !k.dense)>
                {tr("紧凑", "Dense")}
            </button>
            {export}
        </div>
    }
    .into_any()
}

/// Saved views: an address under a name.
fn views(list: &List, query: Memo<ListQuery>, kept: RwSignal<Kept>) -> AnyView {
    let (name, path) = (list.name, list.path);
    let save = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        let typed = browser::field(&e, "view").unwrap_or_default();
        let address = query.with_untracked(|q| q.at(PageAt::Start).address());
        keep::change(name, kept, |k| k.save(&typed, address));
    };
    let saved = move || {
        let views = kept.with(|k| k.views.clone());
        views
            .into_iter()
            .map(|(view_name, address)| {
                let (href, gone) = (format!("{path}{address}"), view_name.clone());
                let label = format!("{} {view_name}", tr("删除视图", "Delete the view"));
                view! {
                    <li>
                        <a href=href>{view_name}</a>
                        <button type="button" class="plain" aria-label=label
                            on:click=move |_| keep::change(name, kept, |k| k.forget(&gone))>"×"</button>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details class="menu">
            <summary class="button">{tr("视图", "Views")}</summary>
            <div class="menu-body">
                <ul class="saved" data-testid="views">{saved}</ul>
                <form class="save" on:submit=save>
                    <label class="field">
                        <span>{tr("把当前条件存为", "Save these filters as")}</span>
                        <input name="view" type="text" required maxlength=NAME_MAX.to_string() autocomplete="off"/>
                    </label>
                    <button type="submit" class="button">{tr("保存", "Save")}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// How many rows a page has.
pub(super) fn sizes(list: &List, query: &ListQuery) -> AnyView {
    SIZES
        .iter()
        .map(|size| {
            let wanted = ListQuery { size: *size, from: PageAt::Start, ..query.clone() };
            let current = (query.size == *size).then_some("true");
            view! { <a href=format!("{}{}", list.path, wanted.address()) aria-current=current>{size.to_string()}</a> }
        })
        .collect_view()
        .into_any()
}
