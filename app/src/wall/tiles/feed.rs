//! The feed, and beside it what must not run away with it: refusals and alerts.

use super::tile;
use crate::{
    lang::{Lang, tr},
    wall::{lines::Line, state::WallState},
};
use leptos::{prelude::*, tachys::view::keyed::keyed};

/// Rows of the feed in the layout that has most room; the style sheet shows as many as fit, so that nothing below them
/// ever moves.
#[cfg(feature = "hydrate")]
pub const FEED_ROWS: usize = 16;
/// Rows of what needs attention.
#[cfg(feature = "hydrate")]
pub const ATTENTION_ROWS: usize = 8;

pub(super) fn row(line: Line, lang: Lang) -> AnyView {
    let Line { time, tag, station, kind, word, details, net_kg, .. } = line;
    let details = details.iter().map(|d| lang.text(*d)).collect::<Vec<_>>().join(lang.pick("、", "; "));
    let station = if station.is_empty() { lang.pick("未知站点", "unknown station").to_owned() } else { station };
    view! {
        <li class=format!("line {}", kind.class())>
            <span class="what">
                <span class="verdict">{kind.icon().view()}{lang.text(word)}</span>
                <span class="details" data-clip-ok>{details}</span>
                {net_kg.map(|kg| view! { <span class="net"><b>{kg}</b> " kg"</span> })}
            </span>
            <span class="where">
                <time>{time}</time>
                <span class="tag-no" data-clip-ok>{tag}</span>
                <span class="station" data-clip-ok>{station}</span>
            </span>
        </li>
    }
    .into_any()
}

fn list(testid: &'static str, lines: RwSignal<Vec<Line>>, empty: &'static str) -> AnyView {
    let state = WallState::current();
    let lang = Lang::current();
    let waiting = tr("等待数据…", "Waiting for data…");
    // A line whose day is over is another line: it shows its date.
    let key = |l: &Line| (l.no, l.time.len());
    // Not `<For>`: of every row it ever made, its owner keeps a piece until the list itself goes, and a wall stays for months.
    // These rows hold nothing reactive and need no owner.
    let rows = move || keyed(lines.get(), key, move |_, l| (drop::<usize>, row(l, lang)));
    view! {
        <ol class="lines" data-testid=testid>{rows}</ol>
        <Show when=move || lines.with(Vec::is_empty)>
            <p class="empty">{move || if state.numbers.with(Option::is_none) { waiting } else { empty }}</p>
        </Show>
    }
    .into_any()
}

/// Everything, newest on top.
#[component]
pub fn Feed() -> impl IntoView {
    let lines = WallState::current().feed;
    tile("feed", tr("充装动态", "Feed"), None, list("feed", lines, tr("暂无记录", "Nothing yet")))
}

/// Refusals and alerts: they stay until newer ones take their place.
#[component]
pub fn Attention() -> impl IntoView {
    let lines = WallState::current().attention;
    let empty = tr("暂无拦截与告警", "No refusals or alerts");
    tile("attention", tr("拦截与告警", "Refusals and alerts"), None, list("attention", lines, empty))
}
