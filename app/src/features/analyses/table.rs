//! The table of an analysis: sorted, with all together in its last line, each figure leading to the list behind it.

use crate::{
    kit::{format, pages},
    lang::Lang,
};
use domain::analysis::{Amount, Asked, Figure, Kind, PAGE, Sheet};
use leptos::prelude::*;

/// An amount as people read it.
pub(super) fn text(amount: &Amount, lang: Lang) -> String {
    match amount {
        Amount::Unknown => "—".into(),
        Amount::Count(n) => format::count(*n),
        Amount::Thousandths(n) => format::thousandths(*n, 1),
        // Percent, as the column says.
        Amount::Permille(n) => format::thousandths(n.saturating_mul(100), 1),
        Amount::Text(t) => t.clone(),
        Amount::Word(zh, en) => lang.pick(zh, en).clone(),
    }
}

/// The table.
pub(super) fn view(k: &'static Kind, sheet: &Sheet) -> AnyView {
    let lang = Lang::current();
    let rows = sheet.rows.iter().map(|row| view! { <tr>{cells(k, row)}</tr> });
    let total =
        (!sheet.total.is_empty()).then(|| view! { <tfoot><tr class="total">{cells(k, &sheet.total)}</tr></tfoot> });
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=lang.text(k.title)>
            <table class="events sheet" data-testid="sheet">
                <thead><tr>{heads(k, sheet)}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
                {total}
            </table>
        </div>
        {pages::pages(sheet.asked.page, PAGE, sheet.all, |page| Asked { page, ..sheet.asked.clone() }.address(k.code))}
    }
    .into_any()
}

fn heads(k: &'static Kind, sheet: &Sheet) -> AnyView {
    let lang = Lang::current();
    let sorted_by = if sheet.asked.sort.is_empty() { k.order } else { &sheet.asked.sort };
    k.columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let by_this = sorted_by == c.name;
            // By the same column the other way round; by another its greatest first.
            let ascending = by_this && !sheet.asked.ascending;
            let href = Asked { sort: c.name.into(), ascending, page: 0, ..sheet.asked.clone() }.address(k.code);
            let sort = by_this.then_some(if sheet.asked.ascending { "ascending" } else { "descending" });
            let mark = match sort {
                Some("ascending") => "▲",
                Some(_) => "▼",
                None => "",
            };
            view! {
                <th scope="col" class:num=i != 0 aria-sort=sort>
                    <a href=href>{lang.text(c.title)} <span class="sort" aria-hidden="true">{mark}</span></a>
                </th>
            }
        })
        .collect_view()
        .into_any()
}

fn cells(k: &'static Kind, row: &[Figure]) -> AnyView {
    let lang = Lang::current();
    row.iter()
        .zip(k.columns)
        .enumerate()
        .map(|(i, (f, c))| {
            let said = text(&f.amount, lang);
            // Behind nothing there is no list to look at.
            let leads = !f.to.is_empty() && f.amount != Amount::Count(0);
            let content = if leads { view! { <a href=f.to.clone()>{said}</a> }.into_any() } else { said.into_any() };
            let level = match &f.amount {
                Amount::Word(zh, _) if zh.starts_with("红色") => "num bad",
                Amount::Word(zh, _) if zh == "橙色" || zh == "黄色" => "num warn",
                _ if i == 0 => "",
                _ => "num",
            };
            view! { <td class=level data-label=lang.text(c.title) data-column=c.name>{content}</td> }
        })
        .collect_view()
        .into_any()
}
