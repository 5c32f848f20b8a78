//! Light or dark: what the reader chose, else what the system prefers. The style sheet does the rest by `data-theme`.

#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// Where a browser keeps the choice.
pub const COOKIE: &str = "pingji_theme";

/// How pages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system prefers.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// From its code; anything unknown is what the system prefers.
    #[must_use]
    pub fn from_code(value: &str) -> Self {
        match value {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// As in the address, the cookie and `data-theme`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of the page that is asked for: by its address, else by what was chosen in this browser before.
    #[must_use]
    pub fn asked() -> Self {
        #[cfg(feature = "ssr")]
        {
            let Some(parts) = use_context::<axum::http::request::Parts>() else { return Self::Auto };
            in_query(parts.uri.query().unwrap_or_default())
                .or_else(|| crate::lang::cookie(&parts.headers, COOKIE).map(|v| Self::from_code(&v)))
                .unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        Self::Auto
    }
}

/// The theme that an address asks for, if it asks for one.
#[must_use]
pub fn in_query(query: &str) -> Option<Theme> {
    query.split('&').find_map(|p| p.strip_prefix("theme=")).map(Theme::from_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_decides_unless_asked() {
        for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
            assert_eq!(Theme::from_code(theme.code()), theme);
        }
        for (query, theme) in
            [("", None), ("q=1&theme=dark", Some(Theme::Dark)), ("theme=", Some(Theme::Auto)), ("xtheme=dark", None)]
        {
            assert_eq!(in_query(query), theme, "{query}");
        }
    }
}
