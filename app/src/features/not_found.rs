//! No such page.

use crate::{kit::page, lang::tr};
use leptos::prelude::*;
use leptos_meta::Title;

/// For every path that the table of pages does not hold.
#[must_use]
pub fn page() -> AnyView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(404);
    let title = tr("没有这个页面", "No such page");
    let text = tr("请检查地址,或返回首页。", "Check the address, or go back to the start page.");
    let content = view! {
        <Title text=title/>
        {page::notice("empty", title.into(), text.into())}
    };
    page::page(content.into_any())
}
