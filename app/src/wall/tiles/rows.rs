//! Tiles of rows: name, number, and a bar behind them.

use super::tile;
use crate::{
    lang::tr,
    wall::{
        boards::{Board, Row},
        state::WallState,
    },
};
use leptos::prelude::*;

fn row(row: Row) -> AnyView {
    let Row { name, text, note, share, kind, opens, .. } = row;
    // Its colour never speaks alone: a row that has one has a sign as well.
    let class = kind.map_or("", crate::wall::lines::Kind::class);
    view! {
        <li class=format!("row {class}") data-does=opens>
            <progress max="100" value=share.to_string() aria-hidden="true"></progress>
            {kind.map(|k| k.icon().view())}
            <span class="name" data-clip-ok>{name}</span>
            <span class="note">{note}</span>
            <b>{text}</b>
        </li>
    }
    .into_any()
}

/// The rows of a board, or what to say when there are none.
pub fn rows(testid: &'static str, board: Board, empty: &'static str) -> AnyView {
    let state = WallState::current();
    let all = state.board(board);
    let waiting = tr("等待数据…", "Waiting for data…");
    view! {
        <ol class="rows" data-testid=testid>{move || all.get().into_iter().map(row).collect_view()}</ol>
        <Show when=move || all.with(Vec::is_empty)>
            <p class="empty">{move || if state.numbers.with(Option::is_none) { waiting } else { empty }}</p>
        </Show>
    }
    .into_any()
}

/// A tile that is nothing but rows.
pub fn board(name: &'static str, title: &'static str, board: Board, empty: &'static str) -> AnyView {
    tile(name, title, None, rows(name, board, empty))
}
