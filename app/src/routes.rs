//! The one table of pages: path, page, permission, server rendering.

use crate::{features, wall};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route},
    path,
};

/// Who may open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// A paired display.
    Display,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Path as in the address; `:name` stands for any one segment.
    pub path: &'static str,
    /// Who may open it.
    pub permission: Permission,
}

/// Makes [`PAGES`] and [`view`] of one list, so that neither can lack what the other has.
macro_rules! pages {
    ($($path:tt => $page:path, $permission:ident, $mode:ident;)+) => {
        /// All pages.
        pub const PAGES: &[Page] = &[$(Page { path: $path, permission: Permission::$permission }),+];

        /// The page for the present address.
        #[must_use]
        pub fn view() -> AnyView {
            view! {
                <FlatRoutes fallback=features::not_found::page>
                    $(<Route path=path!($path) view=$page ssr=SsrMode::$mode/>)+
                </FlatRoutes>
            }
            .into_any()
        }
    };
}

pages! {
    "/" => features::home::page, Display, OutOfOrder;
    "/wall" => wall::page, Display, OutOfOrder;
    "/cylinders/:code/history" => features::history::page, Display, Async;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique() {
        let mut paths: Vec<&str> = PAGES.iter().map(|p| p.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), PAGES.len());
    }
}
