//! The page in place of one that may not be opened.

use crate::{kit::page, lang::tr};
use leptos::prelude::*;
use leptos_meta::Title;

/// The same for every page, whatever stands behind it.
#[must_use]
pub fn page() -> AnyView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(403);
    let title = tr("无权访问", "Not allowed");
    let text = tr(
        "当前账号没有此页面的权限,如需使用请联系安全管理员。",
        "This account may not open the page: ask the security administrator.",
    );
    let content = view! {
        <Title text=title/>
        {page::notice("error", title.into(), text.into())}
    };
    page::page(content.into_any())
}
