//! What is told beside the figures: posts, one at a time and as a line that goes by, and how enterprises are rated. Where there is nothing to
//! tell, nothing of it is there, and the others have its room.

use super::{framed, tile};
use crate::{
    kit::format,
    lang::{Lang, tr},
    wall::state::WallState,
};
use domain::{clock, wall::bulletin::Headline};
use leptos::prelude::*;

/// How long a post stands in its tile, seconds.
const STAYS_S: i64 = 20;
/// Characters up to which a line takes one of the times in the style sheet; a longer one takes the last.
const LENGTHS: [usize; 8] = [20, 40, 70, 110, 170, 260, 400, 600];

/// The class of a line of so many characters: all go by at about the same speed.
fn pace(characters: usize) -> String {
    let nth = LENGTHS.iter().position(|most| characters <= *most).unwrap_or(LENGTHS.len());
    format!("marquee-run pace-{nth}")
}

/// A post in its tile. Until everybody may read it there is no code that leads to it.
fn post(p: Headline, is_public: bool, lang: Lang) -> AnyView {
    let day: String = clock::local_text(p.at).chars().take(10).collect();
    let code = if is_public {
        view! { <img src=format!("/news/{}/qr.svg", p.slug) alt=lang.pick("扫码阅读", "Scan to read")/> }.into_any()
    } else {
        view! { <span class="headline-code">{lang.pick("发布后有二维码", "A code once it is public")}</span> }
            .into_any()
    };
    view! {
        <div class="headline">
            <div>
                <p class="headline-of"><span class="kind">{lang.text(p.category.info().text)}</span> <time>{day}</time></p>
                <p class="headline-title" data-clip-ok>{p.title}</p>
            </div>
            {code}
        </div>
    }
    .into_any()
}

/// The words of the line.
fn run(all: &[Headline], lang: Lang) -> AnyView {
    let length = all.iter().map(|p| p.line().chars().count() + 6).sum();
    let one = |p: &Headline| {
        view! { <b>{lang.text(p.category.info().text)}</b> <span>{p.line().to_owned()}</span> }
    };
    view! { <p class=pace(length) data-testid="marquee">{all.iter().map(one).collect_view()}</p> }.into_any()
}

/// A post as tile and line show it, for whoever writes it: the same parts, without a feed, and the line stands.
pub fn preview(p: &Headline, is_public: bool) -> AnyView {
    let lang = Lang::current();
    let aside = view! { <span class="aside">"1 / 1"</span> };
    view! {
        <div class="wall part" data-testid="wall">
            {framed("posts", title(), aside.into_any(), post(p.clone(), is_public, lang))}
            <section class="marquee" data-tile="marquee" aria-label=line_title()>
                <div class="marquee-way">{run(std::slice::from_ref(p), lang)}</div>
            </section>
        </div>
    }
    .into_any()
}

fn title() -> &'static str {
    tr("安全与公告", "Safety and news")
}

fn line_title() -> &'static str {
    tr("滚动公告", "News that goes by")
}

/// The tile of posts.
pub fn posts() -> AnyView {
    let state = WallState::current();
    let lang = Lang::current();
    // Whoever holds the line holds the tile, too.
    let nth = Memo::new(move |before: Option<&i64>| match before {
        Some(n) if state.still.get() => *n,
        _ => state.clock.get().unwrap_or(0) / STAYS_S,
    });
    let at = move || {
        let n = state.bulletin.with(|b| b.posts.len()).max(1);
        usize::try_from(nth.get()).unwrap_or(0) % n
    };
    let shown = move || state.bulletin.with(|b| b.posts.get(at()).cloned()).map(|p| post(p, true, lang));
    let aside = move || format!("{} / {}", at() + 1, state.bulletin.with(|b| b.posts.len()));
    let aside = view! { <span class="aside">{aside}</span> };
    tile("posts", title(), Some(aside.into_any()), shown.into_any())
}

/// The line that goes by.
pub fn marquee() -> AnyView {
    let state = WallState::current();
    let lang = Lang::current();
    let line = move || run(&state.bulletin.with(|b| b.posts.clone()), lang);
    let word = move || if state.still.get() { lang.pick("继续", "Go on") } else { lang.pick("暂停", "Hold") };
    view! {
        <section class="marquee" data-tile="marquee" aria-label=line_title()>
            <button type="button" data-does="p" data-testid="marquee-hold" title="P">{word}</button>
            <div class="marquee-way" data-clip-ok>{line}</div>
        </section>
    }
    .into_any()
}

/// How enterprises are rated.
pub fn grades() -> AnyView {
    let state = WallState::current();
    let lang = Lang::current();
    let all = move || state.bulletin.with(|b| b.grades.clone()).unwrap_or_default();
    let figure = move |(letter, class, nth): (&'static str, &'static str, usize)| {
        let number = move || format::count(all().counts[nth]);
        view! { <div class=format!("figure {class}")><dt>{letter}</dt><dd><strong data-testid=format!("grade-{letter}")>{number}</strong></dd></div> }
    };
    let figures = [("A", "ok", 0), ("B", "", 1), ("C", "warn", 2), ("D", "blocked", 3)];
    let worst = move || {
        let names = all().worst;
        if names.is_empty() {
            return lang.pick("无 D 级单位", "Nobody has a D").to_owned();
        }
        format!("D{}{}", lang.pick(":", ": "), names.join(lang.pick("、", "; ")))
    };
    let trends = move || {
        let [up, _, down] = all().trends.map(format::count);
        format!("↑ {up} ↓ {down}")
    };
    let content = view! {
        <dl class="figures grades">{figures.into_iter().map(figure).collect_view()}</dl>
        <p class="worst" data-testid="grade-worst" data-clip-ok>{worst}</p>
    };
    let aside = view! { <span class="aside" data-testid="grade-trend" title=tr("近期上升、下降的单位数", "Rising and falling")>{trends}</span> };
    tile("grades", tr("企业信用", "Credit"), Some(aside.into_any()), content.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_line_takes_longer() {
        assert_eq!(pace(0), "marquee-run pace-0");
        assert_eq!(pace(40), "marquee-run pace-1");
        assert_eq!(pace(5_000), "marquee-run pace-8");
    }
}
