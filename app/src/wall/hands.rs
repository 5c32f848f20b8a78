//! What people do to a wall: keys and clicks. One listener for the page; what an element does stands in its attributes,
//! so that rows come and go without one of their own.

use super::{
    engine,
    map::{plan::Hit, shade::Shade},
    state::WallState,
};
use crate::{
    error::AppError,
    lang::{Lang, tr},
    live::client::tell_around,
};
use leptos::{prelude::*, task::spawn_local};
use std::cell::Cell;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};

/// How long a pressed button waits to be pressed again, ms.
pub const ARMED_MS: f64 = 5_000.0;

thread_local! {
    /// When a hand was last on the wall, ms of the clock that never steps.
    static TOUCHED: Cell<f64> = const { Cell::new(0.0) };
    /// Where the map was clicked and nobody has looked yet, CSS pixels.
    static CLICKED: Cell<Option<(f64, f64)>> = const { Cell::new(None) };
}

/// When a hand was last on the wall, ms.
pub fn touched() -> f64 {
    TOUCHED.get()
}

/// Where the map was clicked since it was last asked.
pub fn clicked() -> Option<(f64, f64)> {
    CLICKED.take()
}

/// The listener.
pub struct Hands(Closure<dyn FnMut(Event)>);

impl Hands {
    /// Begins to listen.
    pub fn listen(state: WallState, lang: Lang) -> Self {
        let closure = Closure::<dyn FnMut(Event)>::new(move |e: Event| {
            TOUCHED.set(window().performance().map_or(0.0, |p| p.now()));
            match e.dyn_ref::<KeyboardEvent>() {
                Some(key) if key.ctrl_key() || key.meta_key() || key.alt_key() => {}
                Some(key) => pressed(&key.key(), state, lang),
                None => touch(&e, state, lang),
            }
            engine::draw();
        });
        for name in ["keydown", "click"] {
            let _ = document().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
        Self(closure)
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        for name in ["keydown", "click"] {
            let _ = document().remove_event_listener_with_callback(name, self.0.as_ref().unchecked_ref());
        }
    }
}

/// `f` full screen, `t` the curve's numbers, `l` the other language, `p` holds what goes by, `1` to `4` what the map is shaded by, Esc closes.
fn pressed(key: &str, state: WallState, lang: Lang) {
    match key {
        "f" | "F" => full_screen(),
        "t" | "T" => state.tables.update(|shown| *shown = !*shown),
        "l" | "L" => speak(lang.pick(Lang::En, Lang::Zh)),
        "p" | "P" => state.still.update(|still| *still = !*still),
        "Escape" => state.open.set(None),
        _ => shade(key, state),
    }
}

fn shade(key: &str, state: WallState) {
    let nth = key.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    if let Some(by) = nth.and_then(|n| Shade::ALL.get(n)) {
        state.shade.set(*by);
    }
}

fn touch(e: &Event, state: WallState, lang: Lang) {
    let Some(on) = e.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
    let Some(element) = on.closest("[data-does]").ok().flatten() else {
        // Beside what is open: it closes.
        state.open.set(None);
        return;
    };
    let does = element.get_attribute("data-does").unwrap_or_default();
    let (what, with) = does.split_at(does.len().min(1));
    match what {
        "f" => full_screen(),
        "l" => speak(lang.pick(Lang::En, Lang::Zh)),
        "x" => state.open.set(None),
        "p" => state.still.update(|still| *still = !*still),
        "m" => CLICKED.set(e.dyn_ref::<MouseEvent>().map(|m| (f64::from(m.client_x()), f64::from(m.client_y())))),
        "h" => shade(with, state),
        "d" => state.open.set(with.parse().ok().map(Hit::District)),
        "s" => state.open.set(with.parse().ok().map(Hit::Station)),
        "a" => take_note(with, state),
        _ => {}
    }
}

/// Pressed once, the button asks; pressed again, it is done. All walls are told by the feed.
fn take_note(alert: &str, state: WallState) {
    let Ok(no) = alert.parse::<u64>() else { return };
    if state.armed.get_untracked() != Some(no) {
        state.told.set("");
        state.armed.set(Some(no));
        return;
    }
    state.armed.set(None);
    // The context of the page is not at hand later.
    let before = tr("已有人签收", "Somebody did before");
    let owner = Owner::current();
    spawn_local(async move {
        let told = match super::api::alert_acknowledge(no).await {
            Ok(true) => "",
            Ok(false) => before,
            Err(why) => owner.map_or_else(|| AppError::text(&why), |o| o.with(|| why.text())),
        };
        state.told.set(told);
    });
}

/// The wall in another language: the page around it puts a frame that speaks it in this one's place, without leaving full
/// screen; alone, it loads anew.
fn speak(lang: Lang) {
    if tell_around(&format!("pingji:lang:{}", lang.code())) {
        return;
    }
    let location = window().location();
    let query = location.search().unwrap_or_default();
    let others = query.trim_start_matches('?').split('&').filter(|p| !p.is_empty() && !p.starts_with("lang="));
    let mut wanted: Vec<String> = others.map(str::to_owned).collect();
    wanted.push(format!("lang={}", lang.code()));
    let _ = location.set_search(&wanted.join("&"));
}

/// The outermost page of ours goes full screen: it stays so when the wall inside it is replaced.
fn full_screen() {
    let top = window().top().ok().flatten().unwrap_or_else(window);
    // A page of another origin around us shows nothing of itself.
    let page = top.document().unwrap_or_else(document);
    if page.fullscreen_element().is_some() {
        page.exit_fullscreen();
    } else if let Some(root) = page.document_element() {
        // Refused without a person's hand: then it stays as it is.
        let _ = root.request_fullscreen();
    }
}
