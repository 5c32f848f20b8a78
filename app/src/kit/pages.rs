//! Pages by their number, of what is at hand whole: which one is shown, and the ways to those beside it.

use crate::{
    kit::format,
    lang::{Lang, tr},
};
use domain::list::Part;
use leptos::prelude::*;

/// The line below a page of `size` rows out of `all`; nothing where all are shown. `to` is the address of a page, from 1.
#[must_use]
pub fn pages(page: u32, size: usize, all: usize, to: impl Fn(u32) -> String) -> AnyView {
    let Part { page, last, first, end } = Part::of(page, size, all);
    if last == 1 {
        return ().into_any();
    }
    let [first, upto, all] = [first + 1, end, all].map(|n| format::count(n as i64));
    let shown =
        Lang::current().pick(format!("第 {first}–{upto} 行,共 {all} 行"), format!("Rows {first}–{upto} of {all}"));
    let (before, after) = ((page > 1).then(|| to(page - 1)), (page < last).then(|| to(page + 1)));
    view! {
        <nav class="pager" aria-label=tr("分页", "Pages")>
            {ways((page > 1).then(|| to(1)), before, after)}
            <span class="quiet" data-testid="shown">{shown}</span>
        </nav>
    }
    .into_any()
}

/// The ways to the first page and to those beside the present one; what there is none of is said to be off.
#[must_use]
pub fn ways(first: Option<String>, before: Option<String>, after: Option<String>) -> AnyView {
    let link = |href: Option<String>, rel: &'static str, text: &'static str, id: &'static str| match href {
        Some(href) => view! { <a class="button" href=href rel=rel data-testid=id>{text}</a> }.into_any(),
        None => view! { <span class="button off" aria-disabled="true" data-testid=id>{text}</span> }.into_any(),
    };
    view! {
        {link(first, "", tr("首页", "First"), "first")}
        {link(before, "prev", tr("上一页", "Previous"), "previous")}
        {link(after, "next", tr("下一页", "Next"), "next")}
    }
    .into_any()
}
