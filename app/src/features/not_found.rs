//! No such page.

use crate::{kit::page, lang::tr};
use leptos::prelude::*;
use leptos_meta::Title;

/// For every path that the table of pages does not hold.
#[must_use]
pub fn page() -> AnyView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(404);
    #[cfg(not(feature = "ssr"))]
    if elsewhere() {
        return page::page(page::notice("loading", tr("正在打开…", "Opening…").into(), String::new()));
    }
    let title = tr("没有这个页面", "No such page");
    let text = tr("请检查地址,或返回首页。", "Check the address, or go back to the start page.");
    let content = view! {
        <Title text=title/>
        {page::notice("empty", title.into(), text.into())}
    };
    page::page(content.into_any())
}

/// Loads the page that the address leads to, where another module has it.
#[cfg(not(feature = "ssr"))]
fn elsewhere() -> bool {
    let location = leptos_router::hooks::use_location();
    let path = location.pathname.get_untracked();
    // One slash before it, none behind: two would lead to another host.
    let plain = format!("/{}", path.trim_matches('/'));
    // As it stands in the address it was no page: loading it again would not make it one.
    let known = plain == path && crate::routes::at(&path).is_some();
    if known {
        let address = match location.search.get_untracked() {
            search if search.is_empty() => path,
            search => format!("{path}?{}", search.trim_start_matches('?')),
        };
        // Once the router is through: its entry in the browser's history is the one that is loaded.
        set_timeout(move || drop(window().location().replace(&address)), std::time::Duration::ZERO);
    }
    known
}
