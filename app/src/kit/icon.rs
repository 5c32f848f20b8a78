//! Signs that say the same as their colour, for those who do not see it.

use leptos::prelude::*;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A tick in a disc: in order.
    Ok,
    /// A triangle: look at it.
    Warn,
    /// A cross in an octagon: refused.
    Blocked,
    /// An exclamation mark in a diamond: alert.
    Alert,
    /// A small «i» in a disc: to know.
    Info,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Ok => {
                "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.2-4.6 5a.9.9 0 0 1-1.3 0L4.1 9.3 5.4 8l1.3 1.3 3.9-4.3Z"
            }
            Self::Warn => "M8 1.2 15.6 15H.4ZM7.1 6v4.6h1.8V6Zm0 5.8v1.7h1.8v-1.7Z",
            Self::Blocked => {
                "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm.9 3.6L4.6 5.9 6.7 8l-2.1 2.1 1.3 1.3L8 9.3l2.1 2.1 1.3-1.3L9.3 8l2.1-2.1-1.3-1.3L8 6.7Z"
            }
            Self::Alert => "M8 .4 15.6 8 8 15.6.4 8ZM7.1 4v5.2h1.8V4Zm0 6.4v1.8h1.8v-1.8Z",
            Self::Info => "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.9 2.8h1.8v1.8H7.1Zm0 3h1.8v5.4H7.1Z",
        }
    }

    /// The sign as an element, as high as the text around it. The word beside it says the same, so it is hidden from
    /// screen readers.
    #[must_use]
    pub fn view(self) -> AnyView {
        view! {
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d=self.path() fill="currentColor" fill-rule="evenodd"/>
            </svg>
        }
        .into_any()
    }
}
