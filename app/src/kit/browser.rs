//! What the kit asks of the browser. On the server nothing answers: event handlers and effects run in browsers only.

#[cfg(feature = "hydrate")]
use wasm_bindgen::JsCast;

/// What a form's field holds.
#[must_use]
pub fn field(event: &leptos::ev::SubmitEvent, name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let form = event.target()?.dyn_into::<web_sys::HtmlFormElement>().ok()?;
        web_sys::FormData::new_with_form(&form).ok()?.get(name).as_string()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, name);
        None
    }
}

/// What is kept in this browser under a name.
#[must_use]
pub fn kept(name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::window().local_storage().ok()??.get_item(name).ok()?
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = name;
        None
    }
}

/// Keeps something in this browser. A browser that keeps nothing is no fault.
pub fn keep(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        let _ = storage.set_item(name, value);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, value);
}

/// Puts the focus on the first element that a selector finds.
pub fn focus(selector: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let found = leptos::prelude::document().query_selector(selector).ok().flatten();
        found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()).is_some_and(|e| e.focus().is_ok())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = selector;
        false
    }
}

/// Clicks on the first element that a selector finds.
pub fn click(selector: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let found = leptos::prelude::document().query_selector(selector).ok().flatten();
        let element = found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok());
        element.as_ref().inspect(|e| e.click()).is_some()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = selector;
        false
    }
}

/// Puts the focus `step` elements further among those that a selector finds; from outside, on the first.
pub fn focus_next(selector: &str, step: i32) {
    #[cfg(feature = "hydrate")]
    {
        let document = leptos::prelude::document();
        let Ok(all) = document.query_selector_all(selector) else { return };
        let count = i32::try_from(all.length()).unwrap_or(i32::MAX);
        let active = document.active_element();
        let at = (0..count).find(|i| {
            let node = all.item(i.unsigned_abs());
            node.as_ref().and_then(|n| n.dyn_ref::<web_sys::Element>()) == active.as_ref()
        });
        let next = at.map_or(0, |i| (i + step).clamp(0, (count - 1).max(0)));
        if let Some(e) = all.item(next.unsigned_abs()).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = e.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (selector, step);
}

/// Whether somebody types into the element of an event, so that its keys mean text.
#[must_use]
pub fn is_typing(event: &leptos::ev::KeyboardEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let element = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let field = element.is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
        field || event.ctrl_key() || event.meta_key() || event.alt_key()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        true
    }
}

/// Puts the focus on an element once what was just changed stands on the page.
pub fn focus_later(selector: &'static str) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::request_animation_frame(move || {
        focus(selector);
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = selector;
}

/// Opens the browser's own dialogue of printing.
pub fn print() {
    #[cfg(feature = "hydrate")]
    drop(leptos::prelude::window().print());
}

/// Whether a page holds something that is not saved. Provided by the page to the office around it.
#[derive(Clone, Copy, Debug)]
pub struct Unsaved(pub leptos::prelude::RwSignal<bool>);

impl Unsaved {
    /// Lets the browser ask before the page is unloaded.
    pub fn watch(self) {
        use leptos::prelude::*;
        Effect::new(move |_| {
            let handle = window_event_listener(leptos::ev::beforeunload, move |e| {
                if self.0.get_untracked() {
                    e.prevent_default();
                }
            });
            on_cleanup(move || handle.remove());
        });
    }

    /// Asks before a link of the page's router is followed: a click that is not meant goes no further.
    pub fn ask(self, event: &leptos::ev::MouseEvent, question: &str) {
        #[cfg(feature = "hydrate")]
        {
            use leptos::prelude::*;
            let element = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
            let link = element.and_then(|e| e.closest("a[href]").ok().flatten());
            let leaves = link.is_some_and(|a| !a.get_attribute("href").unwrap_or_default().starts_with('#'));
            if leaves && self.0.get_untracked() {
                if window().confirm_with_message(question).unwrap_or(true) {
                    self.0.set(false);
                } else {
                    event.prevent_default();
                    event.stop_propagation();
                }
            }
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, question);
    }
}
