//! The HTML document around every page, and the one around the wall.

use crate::{App, lang::Lang};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// Where the build lies, from the bundle's manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    /// Name of the build: a page of another build than the server's loads anew.
    pub build: String,
    /// Path of the script; empty while there is no bundle, and pages are then plain HTML.
    pub js: String,
    /// Path of the module.
    pub wasm: String,
    /// Path of the style sheet; may be empty.
    pub css: String,
}

/// A function of the paths of script and module.
const START: &str = include_str!("start.js");
/// Complete.
const SUPERVISE: &str = include_str!("supervise.js");

/// The document.
#[must_use]
pub fn shell(options: ShellOptions) -> AnyView {
    if is_frame_of_wall() && !options.js.is_empty() { around_wall(options) } else { page(options) }
}

/// Whether `/wall` itself is asked for, not the screen within its frame.
fn is_frame_of_wall() -> bool {
    #[cfg(feature = "ssr")]
    {
        let parts = use_context::<axum::http::request::Parts>();
        parts.is_some_and(|p| {
            let within = p.uri.query().unwrap_or_default().split('&').any(|q| q == "screen=1");
            p.uri.path() == "/wall" && !within
        })
    }
    #[cfg(not(feature = "ssr"))]
    false
}

/// A thin page that holds full screen; the wall is a frame inside it.
fn around_wall(options: ShellOptions) -> AnyView {
    let (nonce, lang) = (use_nonce(), Lang::asked());
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag() class="around">
            <head>
                {head(options.css)}
                <title>{lang.pick("瓶迹 · 指挥大厅", "Pingji · command hall")}</title>
                <script type="module" nonce=nonce>{SUPERVISE}</script>
            </head>
            <body></body>
        </html>
    }
    .into_any()
}

fn page(options: ShellOptions) -> AnyView {
    let nonce = use_nonce();
    let ShellOptions { build, js, wasm, css } = options;
    // {:?} of an own, hashed path is a JavaScript string.
    let start = (!js.is_empty()).then(|| format!("{}({js:?},{wasm:?});", START.trim_end()));
    view! {
        <!DOCTYPE html>
        <html lang=Lang::asked().tag()>
            <head>
                {head(css)}
                <meta name="pingji-build" content=build/>
                {(!js.is_empty()).then(|| view! {
                    <link rel="modulepreload" href=js/>
                    <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                })}
                <MetaTags/>
                {start.map(|text| view! { <script type="module" nonce=nonce>{text}</script> })}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
    .into_any()
}

/// What both documents begin with.
fn head(css: String) -> AnyView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <link rel="icon" type="image/svg+xml" href="/icon.svg"/>
        {(!css.is_empty()).then(|| view! { <link rel="stylesheet" href=css/> })}
    }
    .into_any()
}
