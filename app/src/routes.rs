//! The one table of pages: path, page, permission, server rendering.

use crate::features;
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

/// The wall stands apart: it has a root and a module of its own (`crate::wall`), and no page leads into it without a load.
pub const WALL: Page = Page { path: "/wall", permission: Permission::Display };

/// Makes [`PAGES`] and [`view`] of one list, so that neither can lack what the other has.
macro_rules! pages {
    ($($path:tt => $page:path, $permission:ident, $mode:ident;)+) => {
        /// All pages but the wall.
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
    "/search" => features::search::page, Display, Async;
    "/cylinders" => features::cylinders::page, Display, Async;
    "/cylinders/new" => features::cylinders::register::page, Display, Async;
    "/cylinders/:code" => features::cylinders::detail::page, Display, Async;
    "/cylinders/:code/history" => features::history::page, Display, Async;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique() {
        let mut paths: Vec<&str> = PAGES.iter().chain([&WALL]).map(|p| p.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), PAGES.len() + 1);
    }
}
