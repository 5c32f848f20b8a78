//! The frame of every page that is not a wall.

use crate::{
    error::AppError,
    kit::{browser, mark::Mark, nav},
    lang::{Lang, tr},
};
use domain::list::{VALUE_MAX, encode};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

/// The office around a page's content: header with the search box, navigation, main part. It works without its module: the
/// search is a GET form, language and theme are links, the navigation of a phone is a `<details>`.
#[must_use]
pub fn page(content: AnyView) -> AnyView {
    let unsaved = use_context::<browser::Unsaved>();
    let question = tr("有未保存的内容,确定离开?", "Something is not saved. Leave all the same?");
    // Whoever is signing in can go nowhere yet.
    let alone = use_location().pathname.with_untracked(|p| p.starts_with("/login"));
    let leave = move |e: leptos::ev::MouseEvent| {
        if let Some(unsaved) = unsaved {
            unsaved.ask(&e, question);
        }
    };
    view! {
        <div class="page" on:click=leave>
            <a class="skip" href="#main">{tr("跳到正文", "Skip to content")}</a>
            <header class="page-head">
                <a class="brand" href="/">
                    <Mark/>
                    <strong>"瓶迹"</strong>
                    <span>"Pingji"</span>
                </a>
                <span class="demo-mark">{tr("演示数据", "DEMO")}</span>
                {search()}
                {settings()}
                {crate::features::inbox::bell()}
                {crate::features::me::badge()}
            </header>
            <div class="page-body" class:alone=alone>
                {(!alone).then(|| view! {
                <details class="nav-phone">
                    <summary>{tr("导航", "Menu")}</summary>
                    <nav aria-label=tr("导航", "Menu")>{nav::view()}</nav>
                </details>
                <nav class="nav" aria-label=tr("导航", "Menu")>{nav::view()}</nav>
                })}
                <main id="main">{content}</main>
            </div>
        </div>
    }
    .into_any()
}

/// The one box that takes any code, name or number; `/` goes there.
fn search() -> AnyView {
    let navigate = use_navigate();
    let submit = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        let typed = browser::field(&e, "q").unwrap_or_default();
        if !typed.trim().is_empty() {
            navigate(&format!("/search?q={}", encode(typed.trim())), NavigateOptions::default());
        }
    };
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, |e| {
            if e.key() == "/" && !browser::is_typing(&e) && browser::focus("#search") {
                e.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
    let label = tr("任意编码、名称或号码", "Any code, name or number");
    view! {
        <form class="search" role="search" method="get" action="/search" on:submit=submit>
            <input id="search" name="q" type="search" required autocomplete="off" maxlength=VALUE_MAX.to_string()
                aria-label=label placeholder=label aria-keyshortcuts="/"/>
            <kbd aria-hidden="true">"/"</kbd>
        </form>
    }
    .into_any()
}

/// Language and theme. Each is a load of its own: the server renders in them, and keeps the choice.
fn settings() -> AnyView {
    let lang = Lang::current();
    let search = use_location().search;
    let link = move |name: &'static str, value: &'static str, text: &'static str| {
        let href = move || with(&search.get(), name, value);
        view! { <a href=href rel="external">{text}</a> }
    };
    view! {
        <details class="menu settings">
            <summary>
                {tr("语言与配色", "Language, colours")}
            </summary>
            <div class="menu-body">
                <p>{tr("语言", "Language")}</p>
                <p class="choices" data-lang=lang.code()>{link("lang", "zh", "中文")} {link("lang", "en", "English")}</p>
                <p>{tr("配色", "Colours")}</p>
                <p class="choices themes">
                    {link("theme", "auto", tr("自动", "Auto"))}
                    {link("theme", "light", tr("浅色", "Light"))}
                    {link("theme", "dark", tr("深色", "Dark"))}
                </p>
            </div>
        </details>
    }
    .into_any()
}

/// An address's query with one value set.
fn with(search: &str, name: &str, value: &str) -> String {
    let prefix = format!("{name}=");
    let others = search.trim_start_matches('?').split('&').filter(|p| !p.is_empty() && !p.starts_with(&prefix));
    let all: Vec<&str> = others.collect();
    let sep = if all.is_empty() { "" } else { "&" };
    format!("?{}{sep}{prefix}{value}", all.join("&"))
}

/// The page's title in the browser, where it follows from the address. On the server it is read once and here: `Title` would read it
/// after the page was rendered, when the parameters of the address may be gone, and the request would end in a panic.
#[must_use]
pub fn title(text: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    #[cfg(feature = "ssr")]
    let text = untrack(text);
    view! { <Title text=text/> }.into_any()
}

/// A message in place of content: what happened, and what one can do.
#[must_use]
pub fn notice(kind: &'static str, title: String, text: String) -> AnyView {
    view! {
        <section class=format!("notice {kind}") role=if kind == "error" { "alert" } else { "status" }>
            <h1>{title}</h1>
            <p>{text}</p>
            <p><a href="/">{tr("返回首页", "Back to the start page")}</a></p>
        </section>
    }
    .into_any()
}

/// The notice in place of what is not there, or is not for whoever asks.
#[must_use]
pub fn missing(title: &str) -> AnyView {
    let text = tr("请核对编号,或从列表进入。", "Check the number, or come from the list.");
    notice("empty", title.to_owned(), text.into())
}

/// The notice in place of what could not be read.
#[must_use]
pub fn failed(why: &AppError) -> AnyView {
    notice("error", tr("读取失败", "Could not be read").into(), why.text().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_an_address_is_set() {
        assert_eq!(with("", "lang", "en"), "?lang=en");
        assert_eq!(with("?q=1&lang=zh&size=50", "lang", "en"), "?q=1&size=50&lang=en");
        assert_eq!(with("theme=dark", "lang", "en"), "?theme=dark&lang=en");
    }
}
