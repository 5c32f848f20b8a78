//! The tiles, one widget a file. A tile names what it shows and how old that is.

pub mod alarms;
pub mod bulletin;
pub mod charts;
pub mod feed;
pub mod figures;
pub mod header;
pub mod latency;
pub mod map;
pub mod panel;
pub mod rows;

use super::state::WallState;
use crate::{lang::Lang, live::link::Phase};
use leptos::prelude::*;

/// A tile: title, age of its data, content. `name` marks it for tests and the style sheet.
fn tile(name: &'static str, title: &'static str, aside: Option<AnyView>, content: AnyView) -> AnyView {
    framed(name, title, view! { {aside} <Age/> }.into_any(), content)
}

/// The same with whatever stands beside its title: it needs no feed.
fn framed(name: &'static str, title: &'static str, beside: AnyView, content: AnyView) -> AnyView {
    view! {
        <section class=format!("tile tile-{name}") data-tile=name aria-label=title>
            <header class="tile-head">
                <h2>{title}</h2>
                {beside}
            </header>
            <div class="tile-body">{content}</div>
        </section>
    }
    .into_any()
}

/// How old the data of a tile is, in words.
#[component]
fn Age() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    view! { <span class="age">{move || age_text(state.phase.get(), state.silent_s.get(), lang)}</span> }
}

/// `2秒内`, `中断12秒`, `等待数据`.
fn age_text(phase: Phase, silent_s: i64, lang: Lang) -> String {
    match phase {
        Phase::Connecting => lang.pick("等待数据…", "waiting…").into(),
        Phase::Live => format!("{} {}", lang.pick("数据", "data"), within(silent_s, lang)),
        Phase::Stale | Phase::NotPaired | Phase::NoScope => {
            format!("{} {}", lang.pick("中断", "no data"), duration(silent_s, lang))
        }
    }
}

/// The server says something each second: up to two seconds is as new as it gets, and need not flicker.
fn within(silent_s: i64, lang: Lang) -> String {
    let s = silent_s.max(1) + 1;
    lang.pick(format!("{s} 秒内"), format!("< {s} s"))
}

/// A stretch of time in at most two units.
fn duration(s: i64, lang: Lang) -> String {
    let (d, h, m, rest) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
    match (d, h, m) {
        (0, 0, 0) => lang.pick(format!("{rest} 秒"), format!("{rest} s")),
        (0, 0, _) => lang.pick(format!("{m} 分 {rest} 秒"), format!("{m} min {rest} s")),
        (0, _, _) => lang.pick(format!("{h} 时 {m} 分"), format!("{h} h {m} min")),
        _ => lang.pick(format!("{d} 天 {h} 时"), format!("{d} d {h} h")),
    }
}

/// A figure's text, or a dash before there is one.
fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "—".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_in_words() {
        for (phase, s, zh, en) in [
            (Phase::Connecting, 0, "等待数据…", "waiting…"),
            (Phase::Live, 0, "数据 2 秒内", "data < 2 s"),
            (Phase::Live, 1, "数据 2 秒内", "data < 2 s"),
            (Phase::Live, 2, "数据 3 秒内", "data < 3 s"),
            (Phase::Stale, 12, "中断 12 秒", "no data 12 s"),
            (Phase::Stale, 200, "中断 3 分 20 秒", "no data 3 min 20 s"),
            (Phase::Stale, 90_000, "中断 1 天 1 时", "no data 1 d 1 h"),
        ] {
            assert_eq!(age_text(phase, s, Lang::Zh), zh);
            assert_eq!(age_text(phase, s, Lang::En), en);
        }
    }
}
