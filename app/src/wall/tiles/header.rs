//! The head of the wall: name, demonstration mark, freshness, clock. And what covers all when the display is not paired.

use super::duration;
use crate::{
    kit::mark::Mark,
    lang::{Lang, tr},
    live::link::Phase,
    wall::state::WallState,
};
use domain::clock;
use leptos::prelude::*;

/// The head.
#[component]
pub fn Header() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let city = move || state.about.with(|a| a.city.clone());
    let part = move || state.about.with(|a| a.part.clone());
    let day = move || state.clock.get().map(|s| day_text(s * 1_000, lang)).unwrap_or_default();
    let time = move || state.clock.get().map(|s| clock::local_hms(s * 1_000)).unwrap_or_default();
    view! {
        <header class="wall-head" data-tile="head">
            <div class="wall-name">
                <Mark/>
                <h1><strong>"瓶迹"</strong> <span>"Pingji"</span></h1>
                <p>{city}{tr("气瓶充装追溯", " · gas cylinders")} <span class="part">{part}</span></p>
            </div>
            <Show when=move || state.about.with(|a| a.demo)>
                <p class="demo-badge" data-testid="demo">{tr("演示数据 DEMO", "DEMO DATA")}</p>
            </Show>
            <p
                class="freshness"
                role="status"
                data-testid="freshness"
                data-state=move || state.phase.get().word()
            >
                <span class="lamp"></span>
                <strong>{move || word(state.phase.get(), lang)}</strong>
                <span>{move || detail(state, lang)}</span>
            </p>
            <div class="wall-clock" data-testid="clock">
                <span class="day">{day}</span>
                <time>{time}</time>
            </div>
            <button class="full" type="button" data-does="l" data-testid="language" title=tr("English (L)", "中文 (L)")>{tr("EN", "中")}</button>
            <button class="full" type="button" data-does="f" id="fullscreen" title=tr("全屏 (F)", "Full screen (F)") aria-label=tr("全屏", "Full screen")>
                <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                    <path fill="currentColor" d="M1 1h5v2H3v3H1Zm9 0h5v5h-2V3h-3ZM1 10h2v3h3v2H1Zm12 0h2v5h-5v-2h3Z"/>
                </svg>
            </button>
        </header>
    }
}

fn word(phase: Phase, lang: Lang) -> &'static str {
    match phase {
        Phase::Connecting => lang.pick("正在连接", "Connecting"),
        Phase::Live => lang.pick("实时", "Live"),
        Phase::Stale => lang.pick("数据中断", "No data"),
        Phase::NotPaired => lang.pick("未配对", "Not paired"),
        Phase::NoScope => lang.pick("范围不存在", "No such part"),
    }
}

fn detail(state: WallState, lang: Lang) -> String {
    let as_of = || state.as_of.get().map(clock::local_hms).unwrap_or_default();
    match state.phase.get() {
        Phase::Connecting | Phase::NotPaired | Phase::NoScope => String::new(),
        Phase::Live => lang.pick(format!("数据截至 {}", as_of()), format!("as of {}", as_of())),
        Phase::Stale => {
            let long = duration(state.silent_s.get(), lang);
            lang.pick(
                format!("{long} · 截至 {},正在重连", as_of()),
                format!("for {long} · as of {}, reconnecting", as_of()),
            )
        }
    }
}

/// `2026年11月21日 星期六`
fn day_text(ms: i64, lang: Lang) -> String {
    use chrono::Datelike;
    let date = clock::local_date(ms);
    let nth = date.weekday().num_days_from_monday() as usize;
    match lang {
        Lang::Zh => {
            let day = ["一", "二", "三", "四", "五", "六", "日"][nth];
            format!("{}年{}月{}日 星期{day}", date.year(), date.month(), date.day())
        }
        Lang::En => {
            let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][nth];
            format!("{day} {date}")
        }
    }
}

/// Covers the wall when the server does not know this display, or not what it asks for.
#[component]
pub fn Covered() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let unpaired = [
        tr("显示屏未配对", "This display is not paired"),
        tr(
            "请重新打开本页取得配对码,由值班人员登录后在「显示屏」页面输入;或在服务器上运行 pingji display pair,打开其打印的链接。配对后本屏自动恢复。",
            "Open this page anew for a code, which somebody on duty enters at Displays; or run pingji display pair on the server and open the link it prints. The wall then returns by itself.",
        ),
    ];
    let no_scope = [
        tr("没有这个范围", "There is no such part of the city"),
        tr(
            "地址中的 scope 应为 city、district:区划代码 或 org:单位编号。请更正地址后重新打开。",
            "The address asks for it by scope: city, district:<GB/T 2260 code> or org:<id>. Correct it and open the wall again.",
        ),
    ];
    let said = move || match state.phase.get() {
        Phase::NotPaired => Some(("unpaired", unpaired)),
        Phase::NoScope => Some(("no-scope", no_scope)),
        _ => None,
    };
    // The way out of a wrong language stays open.
    let other = lang.pick("English", "中文");
    move || {
        said().map(|(testid, [title, text])| {
            view! {
                <div class="covered" role="alert" data-testid=testid>
                    <h2>{title}</h2>
                    <p>{text}</p>
                    <button type="button" data-does="l">{other}</button>
                </div>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample;

    #[test]
    fn the_day_in_words() {
        assert_eq!(day_text(sample::NOON, Lang::Zh), "2026年11月21日 星期六");
        assert_eq!(day_text(sample::NOON, Lang::En), "Sat 2026-11-21");
    }
}
