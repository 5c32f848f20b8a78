//! The HTML document around every page, and the one around the wall.

use crate::{
    App,
    lang::Lang,
    routes::{self, Part},
    theme::Theme,
    wall::Wall,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// A module and its script, as the bundle's manifest names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Path of the script; empty while there is no bundle, and pages are then plain HTML.
    pub js: String,
    /// Path of the module.
    pub wasm: String,
}

/// Where the build lies, from the bundle's manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    /// Name of the build: a page of another build than the server's loads anew.
    pub build: String,
    /// Path of the style sheet; may be empty.
    pub css: String,
    /// The record is a demonstration's: every page says so.
    pub demo: bool,
    /// What the wall loads.
    pub wall: Module,
    /// What the pages of [`Part::Office`] load.
    pub office: Module,
    /// What the pages of [`Part::Desk`] load.
    pub desk: Module,
}

/// A function of the paths of script and module.
const START: &str = include_str!("start.js");
/// Complete.
const SUPERVISE: &str = include_str!("supervise.js");

/// The document around whatever is asked for.
#[must_use]
pub fn shell(options: ShellOptions) -> AnyView {
    match asked() {
        Asked::AroundWall if !options.wall.js.is_empty() => around_wall(options),
        Asked::AroundWall | Asked::Wall => wall(options),
        Asked::Page(part) => page(options, part),
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// `/wall` itself.
    AroundWall,
    /// The screen within its frame.
    Wall,
    /// Any other page.
    Page(Part),
}

fn asked() -> Asked {
    // A refusal is a page of the office, wherever it was met.
    if use_context::<crate::Refused>().is_some() {
        return Asked::Page(Part::Office);
    }
    let Some(parts) = use_context::<axum::http::request::Parts>() else { return Asked::Page(Part::Office) };
    if parts.uri.path() == routes::WALL.path {
        let within = parts.uri.query().unwrap_or_default().split('&').any(|q| q == "screen=1");
        return if within { Asked::Wall } else { Asked::AroundWall };
    }
    Asked::Page(routes::at(parts.uri.path()).map_or(Part::Office, |p| p.part))
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

/// The wall, by its own module.
fn wall(options: ShellOptions) -> AnyView {
    let lang = Lang::asked();
    view! {
        <!DOCTYPE html>
        <html lang=lang.tag()>
            <head>
                {head(options.css)}
                <title>{lang.pick("瓶迹 · 指挥大厅", "Pingji · command hall")}</title>
                {start(options.build, options.wall)}
            </head>
            <body>
                <Wall/>
            </body>
        </html>
    }
    .into_any()
}

/// Every other page, by the module that it is in.
fn page(options: ShellOptions, part: Part) -> AnyView {
    let module = if part == Part::Desk { options.desk } else { options.office };
    view! {
        <!DOCTYPE html>
        <html lang=Lang::asked().tag() data-theme=Theme::asked().code() data-demo=options.demo.then_some("")>
            <head>
                {head(options.css)}
                {start(options.build, module)}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
    .into_any()
}

/// What loads the module.
fn start(build: String, module: Module) -> AnyView {
    let (nonce, Module { js, wasm }) = (use_nonce(), module);
    // {:?} of an own, hashed path is a JavaScript string.
    let text = format!("{}({js:?},{wasm:?});", START.trim_end());
    view! {
        <meta name="pingji-build" content=build/>
        {(!js.is_empty()).then(|| view! {
            <link rel="modulepreload" href=js/>
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <script type="module" nonce=nonce>{text}</script>
        })}
    }
    .into_any()
}

/// What every document begins with.
fn head(css: String) -> AnyView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <link rel="icon" type="image/svg+xml" href="/icon.svg"/>
        {(!css.is_empty()).then(|| view! { <link rel="stylesheet" href=css/> })}
    }
    .into_any()
}
