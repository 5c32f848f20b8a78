//! The mark of the product, on pages and on the wall.

use leptos::prelude::*;

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
