//! Open alerts, worst and oldest first, with their age and a button to take note of them.

use super::tile;
use crate::{
    kit::format,
    lang::{Lang, tr},
    wall::{
        boards::{Board, Row},
        lines::Kind,
        state::WallState,
    },
};
use leptos::prelude::*;

/// Since when, in the coarsest unit that says it.
fn age(s: i64, lang: Lang) -> String {
    let (n, zh, en) = match s.max(0) {
        0..60 => return lang.pick("刚刚", "now").to_owned(),
        60..3_600 => (s / 60, "分", "min"),
        3_600..86_400 => (s / 3_600, "时", "h"),
        _ => (s / 86_400, "天", "d"),
    };
    format!("{n} {}", lang.pick(zh, en))
}

/// `now`: the server's second; `armed`: the alert whose button asks to be pressed again.
fn row(row: Row, now: Option<i64>, armed: Option<u64>, lang: Lang) -> AnyView {
    let Row { name, text, note, kind, opens, alert, since, .. } = row;
    let kind = kind.unwrap_or(Kind::Info);
    let old = now.zip(since).map(|(now, since)| age(now - since / 1_000, lang));
    let button = alert.map(|no| {
        let armed = armed == Some(no);
        let word = if armed { lang.pick("确认签收?", "Sure?") } else { lang.pick("签收", "Note") };
        view! {
            <button type="button" class="note-it" class:armed=armed data-does=format!("a{no}") data-testid="acknowledge">{word}</button>
        }
    });
    let done = alert.is_none().then(|| view! { <span class="noted">{lang.pick("已签收", "Noted")}</span> });
    view! {
        <li class=format!("line {}", kind.class()) data-does=opens>
            <span class="what">
                <span class="verdict">{kind.icon().view()}</span>
                <span class="details" data-clip-ok>{name}</span>
                <b class="old">{old}</b>
                {button}{done}
            </span>
            <span class="where">
                <span class="tag-no" data-clip-ok>{text}</span>
                <span class="station" data-clip-ok>{note}</span>
            </span>
        </li>
    }
    .into_any()
}

/// The tile.
#[component]
pub fn Alarms() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let all = state.board(Board::Alarms);
    let number = |n: i64| format::count(n);
    let open = move || super::or_dash(state.numbers.get(), |n| number(n.open_alerts));
    let waiting = move || super::or_dash(state.numbers.get(), |n| number(n.waiting));
    let aside = view! {
        <span class="aside counts">
            <b data-testid="open-alerts">{open}</b>
            <span class="alert">{tr("待签收", "waiting")} " " <b data-testid="waiting-alerts">{waiting}</b></span>
        </span>
    };
    // Ages move on every second: the rows are compared as they stand, and hold nothing reactive themselves.
    let rows = move || {
        let (now, armed) = (state.clock.get(), state.armed.get());
        all.get().into_iter().map(|r| row(r, now, armed, lang)).collect_view()
    };
    let empty = tr("暂无未关闭告警", "No open alerts");
    let before = tr("等待数据…", "Waiting for data…");
    let content = view! {
        <ol class="lines" data-testid="alarms">{rows}</ol>
        <p class="told" role="status">{move || state.told.get()}</p>
        <Show when=move || all.with(Vec::is_empty)>
            <p class="empty">{move || if state.numbers.with(Option::is_none) { before } else { empty }}</p>
        </Show>
    };
    tile("alarms", tr("未关闭告警", "Open alerts"), Some(aside.into_any()), content.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_coarse() {
        for (s, zh, en) in [
            (-5, "刚刚", "now"),
            (59, "刚刚", "now"),
            (60, "1 分", "1 min"),
            (3_599, "59 分", "59 min"),
            (7_300, "2 时", "2 h"),
            (200_000, "2 天", "2 d"),
        ] {
            assert_eq!((age(s, Lang::Zh).as_str(), age(s, Lang::En).as_str()), (zh, en));
        }
    }
}
