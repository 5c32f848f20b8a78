//! The frame of every page that is not a wall.

use crate::lang::tr;
use leptos::prelude::*;

/// Header, skip link, main part.
#[must_use]
pub fn page(content: AnyView) -> AnyView {
    view! {
        <div class="page">
            <a class="skip" href="#main">{tr("跳到正文", "Skip to content")}</a>
            <header class="page-head">
                <a class="brand" href="/">
                    <Mark/>
                    <strong>"瓶迹"</strong>
                    <span>"Pingji"</span>
                </a>
                <span class="page-sub">{tr("气瓶充装追溯系统", "Gas cylinder traceability")}</span>
                <crate::features::me::Badge/>
            </header>
            <main id="main">{content}</main>
        </div>
    }
    .into_any()
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

/// The mark of the product: a cylinder with a trace of dots.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path
                d="M12.5 1h7v3.5H18v2.3c3.8.9 6.5 3.8 6.5 7.700V27a4 4 0 0 1-4 4h-9a4 4 0 0 1-4-4V14.5c0-3.900 2.700-6.8 6.5-7.700V4.5h-1.5Z"
                fill="currentColor"
            />
            <path class="mark-trace" d="M16 13.5v11" fill="none" stroke-width="1.8"/>
            <circle class="mark-dot" cx="16" cy="13.5" r="2.3"/>
            <circle class="mark-dot" cx="16" cy="19" r="2.3"/>
            <circle class="mark-dot" cx="16" cy="24.5" r="2.3"/>
        </svg>
    }
}
