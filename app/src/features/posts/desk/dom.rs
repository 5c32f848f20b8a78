//! What the editor asks of the browser's document.

use js_sys::Promise;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, HtmlElement};

/// The first element below another that a selector finds.
pub fn find<T: JsCast>(root: &Element, selector: &str) -> Option<T> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// All of them.
pub fn all(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(list) = root.query_selector_all(selector) else { return vec![] };
    (0..list.length()).filter_map(|n| list.item(n)?.dyn_into().ok()).collect()
}

/// The nearest element around the target of an event that a selector finds.
pub fn around(e: &Event, selector: &str) -> Option<HtmlElement> {
    e.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()??.dyn_into().ok()
}

/// An element of a kind, with a text.
pub fn element(name: &str, text: &str) -> Option<HtmlElement> {
    let e: HtmlElement = leptos::prelude::document().create_element(name).ok()?.dyn_into().ok()?;
    e.set_text_content(Some(text));
    Some(e)
}

/// A text as HTML, for words and for values of attributes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Listens as long as it is kept.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    call: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Begins to listen.
    pub fn new(target: &EventTarget, name: &'static str, hear: impl FnMut(Event) + 'static) -> Self {
        let call = Closure::<dyn FnMut(Event)>::new(hear);
        let _ = target.add_event_listener_with_callback(name, call.as_ref().unchecked_ref());
        Self { target: target.clone(), name, call }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.call.as_ref().unchecked_ref());
    }
}

/// Waits for the first of these events, but no longer than so many ms.
pub async fn until(target: &EventTarget, names: &[&str], ms: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        for name in names {
            let _ = target.add_event_listener_with_callback(name, &resolve);
        }
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(promise).await;
}
