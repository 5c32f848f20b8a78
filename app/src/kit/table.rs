//! A small table: all of it at once. On a phone each row is a card, and each cell says its column.

use leptos::prelude::*;

/// A column: its title, and the class of its cells (`num`, `when`, `kind`, `code`, `detail` or none).
pub type Column = (&'static str, &'static str);

/// The table. `name` is what it shows, for whoever does not see it; `testid` names it to tests. A row that is shorter than
/// the columns ends early.
#[must_use]
pub fn table(name: &'static str, testid: &'static str, columns: &[Column], rows: Vec<Vec<AnyView>>) -> AnyView {
    let head = columns.iter().map(|(title, class)| view! { <th scope="col" class=*class>{*title}</th> }.into_any());
    let head: Vec<AnyView> = head.collect();
    let row = |cells: Vec<AnyView>| {
        let cells = cells.into_iter().zip(columns).map(|(cell, (title, class))| {
            view! { <td class=*class data-label=*title><div>{cell}</div></td> }.into_any()
        });
        view! { <tr>{cells.collect::<Vec<AnyView>>()}</tr> }.into_any()
    };
    let body: Vec<AnyView> = rows.into_iter().map(row).collect();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=name>
            <table class="events" data-testid=testid>
                <thead><tr>{head}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}
