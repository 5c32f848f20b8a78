//! The HTML document around every page.

use crate::App;
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

/// Loads the module and takes the page over. A wall has nobody to press «reload»: when loading fails, or the module
/// stops by a fault, it says so and tries again by itself.
const START: &str = r#"(function(js,wasm){
const wall=location.pathname==='/wall';
const again=()=>{if(wall){document.documentElement.dataset.broken='';setTimeout(()=>location.reload(),5000)}};
addEventListener('error',e=>{if(e.error instanceof WebAssembly.RuntimeError)again()});
addEventListener('unhandledrejection',e=>{if(e.reason instanceof WebAssembly.RuntimeError)again()});
import(js).then(m=>m.default({module_or_path:wasm}).then(()=>m.hydrate())).catch(e=>{console.error(e);again()});
})"#;

/// The document.
#[must_use]
pub fn shell(options: ShellOptions) -> impl IntoView {
    let nonce = use_nonce();
    let ShellOptions { build, js, wasm, css } = options;
    // {:?} of an own, hashed path is a JavaScript string.
    let start = (!js.is_empty()).then(|| format!("{START}({js:?},{wasm:?});"));
    view! {
        <!DOCTYPE html>
        <html lang="zh-CN">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="pingji-build" content=build/>
                <link rel="icon" type="image/svg+xml" href="/icon.svg"/>
                {(!css.is_empty()).then(|| view! { <link rel="stylesheet" href=css/> })}
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
}
