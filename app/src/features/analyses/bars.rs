//! The chart of an analysis: a bar a row, beside the table that says the same.

use super::table::text;
use crate::lang::{Lang, tr};
use domain::analysis::{Amount, Figure, Kind, Sheet};
use leptos::prelude::*;

/// Rows that are drawn: more would be no chart.
const DRAWN: usize = 20;
/// Width of the longest bar, in units of the drawing.
const WIDTH: i64 = 1_000;

/// A bar: what it is called, its parts (column and length), what stands behind it.
struct Bar {
    name: String,
    parts: Vec<(usize, i64)>,
    value: String,
    to: String,
}

fn bar(row: &[Figure], columns: &[usize], most: i64, lang: Lang) -> Bar {
    // A row that only its month or day tells from another bears both.
    let second = row.get(1).and_then(|f| if let Amount::Text(t) = &f.amount { Some(t.as_str()) } else { None });
    let name = text(&row[0].amount, lang);
    let of = |at: usize| row[at].amount.number().unwrap_or(0).max(0);
    let length = |n: i64| i64::try_from(i128::from(n) * i128::from(WIDTH) / i128::from(most.max(1))).unwrap_or(0);
    let first = columns.first().copied().unwrap_or_default();
    let value = columns.iter().map(|at| text(&row[*at].amount, lang)).collect::<Vec<_>>().join(" / ");
    Bar {
        name: second.map_or_else(|| name.clone(), |s| format!("{name} {s}")),
        parts: columns.iter().map(|at| (*at, length(of(*at)))).collect(),
        value,
        to: row[first].to.clone(),
    }
}

/// The chart; nothing where the analysis has none, or nothing is to be drawn.
pub(super) fn view(k: &'static Kind, sheet: &Sheet) -> AnyView {
    let columns: Vec<usize> = k.bars.iter().filter_map(|name| k.column(name)).collect();
    let sum =
        |row: &Vec<Figure>| columns.iter().filter_map(|at| row[*at].amount.number()).map(|n| n.max(0)).sum::<i64>();
    let drawn = &sheet.rows[..sheet.rows.len().min(DRAWN)];
    let most = drawn.iter().map(sum).max().unwrap_or(0);
    if columns.is_empty() || most == 0 {
        return ().into_any();
    }
    let lang = Lang::current();
    let key = (columns.len() > 1).then(|| {
        let one = |(i, at): (usize, &usize)| {
            let title = lang.text(k.columns[*at].title);
            view! { <li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=format!("part-{i}") width="10" height="10"/></svg> {title}</li> }
        };
        view! { <ul class="parts">{columns.iter().enumerate().map(one).collect_view()}</ul> }
    });
    let lines = drawn.iter().map(|row| line(bar(row, &columns, most, lang), k, lang));
    let more = (sheet.rows.len() > DRAWN).then(|| {
        let n = sheet.rows.len();
        lang.pick(
            format!("图中为前 {DRAWN} 行,本页 {n} 行见下表"),
            format!("The first {DRAWN} of the {n} rows in the table"),
        )
    });
    view! {
        <figure class="bars" data-testid="bars">
            <figcaption>{tr("图示(数值见下表)", "Chart (the table below has the figures)")} {key}</figcaption>
            <ol>{lines.collect_view()}</ol>
            <p class="quiet">{more}</p>
        </figure>
    }
    .into_any()
}

fn line(b: Bar, k: &'static Kind, lang: Lang) -> AnyView {
    let mut from = 0;
    let parts = b.parts.iter().enumerate().map(|(i, (at, length))| {
        let x = from;
        from += length;
        let said = lang.text(k.columns[*at].title);
        view! { <rect class=format!("part-{i}") x=x.to_string() width=length.to_string() height="10"><title>{said}</title></rect> }
    });
    let parts = parts.collect_view();
    let said = format!("{}: {}", b.name, b.value);
    let name = if b.to.is_empty() { b.name.into_any() } else { view! { <a href=b.to>{b.name}</a> }.into_any() };
    view! {
        <li>
            <span class="name">{name}</span>
            <svg viewBox=format!("0 0 {WIDTH} 10") preserveAspectRatio="none" role="img" aria-label=said.clone()>
                <title>{said.clone()}</title>
                {parts}
            </svg>
            <span class="value">{b.value}</span>
        </li>
    }
    .into_any()
}
