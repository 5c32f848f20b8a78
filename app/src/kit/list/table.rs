//! The rows: a table; on a phone a card a row.

use super::{Cell, List, bar, keep::Kept, spec::Shown};
use crate::{
    kit::pages,
    lang::{Lang, tr},
};
use domain::list::{ListQuery, PageAt};
use leptos::prelude::*;

/// What stands where the record holds nothing.
const NONE: &str = "—";
/// Lines of the skeleton.
const SKELETON: usize = 8;

/// The table. Which columns are hidden stands in one attribute, which the style sheet reads (`data-hide`): a list of twenty
/// columns and a hundred rows needs no two thousand signals.
pub(super) fn table(list: &List, query: &ListQuery, shown: &Shown, kept: RwSignal<Kept>) -> AnyView {
    let heads = list.heads.clone();
    let hide = move || {
        kept.with(|k| {
            let nth = heads.iter().enumerate().filter(|(_, h)| k.hidden.iter().any(|c| c == h.name));
            nth.map(|(i, _)| (i + 1).to_string()).collect::<Vec<_>>().join(" ")
        })
    };
    let title = Lang::current().text(list.title);
    let table = view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=title>
            <table class="listing" data-hide=hide data-testid="rows">
                <thead><tr>{heads_view(list, query)}</tr></thead>
                <tbody>{shown.rows.iter().map(|(href, pick, cells)| row(list, href, pick, cells)).collect_view()}</tbody>
            </table>
        </div>
    };
    let Some(picks) = list.picks else { return table.into_any() };
    // A page of ours by its address: a form works before the module is loaded.
    view! {
        <form class="picks" method="get" action=picks.path>
            {table}
            <p class="picked">
                <button type="submit" class="button" data-testid="bulk">{Lang::current().text(picks.title)}</button>
                <span class="quiet">{tr("先勾选本页的行", "Tick rows of this page first")}</span>
            </p>
        </form>
    }
    .into_any()
}

fn heads_view(list: &List, query: &ListQuery) -> AnyView {
    let lang = Lang::current();
    let first = list.heads.first().map(|h| h.name).unwrap_or_default();
    let sorted_by = match list.order {
        Some(order) => order(query),
        None if query.sort.is_empty() => first,
        None => &query.sort,
    };
    list.heads
        .iter()
        .map(|h| {
            let title = lang.text(h.title);
            let by_this = sorted_by == h.name;
            let sort = (h.sorted && by_this).then_some(if query.descending { "descending" } else { "ascending" });
            let content = if h.sorted {
                let asked =
                    ListQuery { sort: if by_this { h.name.into() } else { query.sort.clone() }, ..query.clone() };
                let href = format!("{}{}", list.path, asked.sorted(h.name).address());
                let mark = match sort {
                    Some("descending") => "▼",
                    Some(_) => "▲",
                    None => "",
                };
                view! { <a href=href>{title} <span class="sort" aria-hidden="true">{mark}</span></a> }.into_any()
            } else {
                title.into_any()
            };
            view! { <th scope="col" aria-sort=sort>{content}</th> }
        })
        .collect_view()
        .into_any()
}

fn row(list: &List, href: &str, pick: &str, cells: &[Cell]) -> AnyView {
    let lang = Lang::current();
    let picks = list.picks.filter(|_| !pick.is_empty()).map(|p| {
        let label = format!("{} {pick}", tr("选择", "Pick"));
        view! { <input type="checkbox" class="pick" name=p.name value=pick.to_owned() aria-label=label/> }
    });
    let mut picks = picks.map(IntoAny::into_any);
    let cells = cells.iter().zip(list.heads.iter()).enumerate().map(|(i, (cell, head))| {
        let content = content(cell);
        let content = if i == 0 {
            view! { {picks.take()} <a class="row-link" href=href.to_owned()>{content}</a> }.into_any()
        } else {
            content
        };
        let class = match cell {
            Cell::None => "none",
            Cell::Code(_) => "digits",
            Cell::Text(_) | Cell::Badge(..) | Cell::Words(_) => "",
        };
        view! { <td class=class data-label=lang.text(head.title)>{content}</td> }
    });
    view! { <tr>{cells.collect_view()}</tr> }.into_any()
}

fn content(cell: &Cell) -> AnyView {
    match cell {
        Cell::None => NONE.into_any(),
        Cell::Text(t) => t.clone().into_any(),
        Cell::Code(t) => view! { <span class="code">{t.clone()}</span> }.into_any(),
        Cell::Badge(tone, t) => view! { <span class=format!("badge {}", tone.class())>{t.clone()}</span> }.into_any(),
        Cell::Words(all) => all.join(Lang::current().pick("、", ", ")).into_any(),
    }
}

/// The pages: links, so that each is an address.
pub(super) fn pager(list: &List, query: &ListQuery, shown: &Shown) -> AnyView {
    let to = |at: PageAt| format!("{}{}", list.path, query.at(at).address());
    let first = (query.from != PageAt::Start).then(|| to(PageAt::Start));
    let before = shown.before.clone().map(|c| to(PageAt::Before(c)));
    let after = shown.after.clone().map(|c| to(PageAt::After(c)));
    view! {
        <nav class="pager" aria-label=tr("分页", "Pages")>
            {pages::ways(first, before, after)}
            <span class="sizes"><span>{tr("每页", "Per page")}</span>{bar::sizes(list, query)}</span>
        </nav>
    }
    .into_any()
}

/// Lines in place of rows that are on their way.
pub(super) fn skeleton() -> AnyView {
    view! {
        <div class="skeleton" role="status" aria-label=tr("正在读取…", "Loading…")>
            {(0..SKELETON).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
    .into_any()
}
