//! Every visible text stands in Chinese and English side by side where it is used; Chinese is the default.

use domain::outcome::Text;
use leptos::prelude::*;

/// The reader's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English, by `?lang=en`.
    En,
}

/// Where a display keeps the language that was chosen on it.
pub const COOKIE: &str = "pingji_lang";

impl Lang {
    /// From its code; anything unknown is Chinese.
    #[must_use]
    pub fn from_code(value: &str) -> Self {
        if value == "en" { Self::En } else { Self::Zh }
    }

    /// As in the address and the cookie.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// The language of this page.
    #[must_use]
    pub fn current() -> Self {
        use_context().unwrap_or_default()
    }

    /// One of two texts.
    #[must_use]
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// A text of the domain's tables.
    #[must_use]
    pub fn text(self, text: Text) -> &'static str {
        self.pick(text.zh, text.en)
    }

    /// For the `lang` attribute.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// The language of the page that is asked for: by its address, else by what was chosen on this display before. The
    /// browser takes the answer from the document, so that both sides agree.
    #[must_use]
    pub fn asked() -> Self {
        #[cfg(feature = "ssr")]
        {
            let Some(parts) = use_context::<axum::http::request::Parts>() else { return Self::Zh };
            in_query(parts.uri.query().unwrap_or_default())
                .or_else(|| cookie(&parts.headers, COOKIE).map(|v| Self::from_code(&v)))
                .unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        {
            let tag = document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default();
            Self::from_code(&tag)
        }
    }
}

/// The value of a cookie in a request.
#[cfg(feature = "ssr")]
pub(crate) fn cookie(headers: &axum::http::HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(axum::http::header::COOKIE).iter().filter_map(|c| c.to_str().ok());
    all.flat_map(|c| c.split(';'))
        .filter_map(|c| c.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v.to_owned())
}

/// The language that an address asks for, if it asks for one.
#[must_use]
pub fn in_query(query: &str) -> Option<Lang> {
    query.split('&').find_map(|p| p.strip_prefix("lang=")).map(Lang::from_code)
}

/// The text in this page's language.
#[must_use]
pub fn tr(zh: &'static str, en: &'static str) -> &'static str {
    Lang::current().pick(zh, en)
}

/// Provides the page's language to everything below.
pub fn provide_lang() {
    provide_context(Lang::asked());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_asked() {
        for (value, lang) in [("", Lang::Zh), ("en", Lang::En), ("fr", Lang::Zh), ("zh-CN", Lang::Zh)] {
            assert_eq!(Lang::from_code(value), lang);
        }
        assert_eq!(tr("充装", "fill"), "充装");
        assert_eq!(Lang::En.pick(1, 2), 2);
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(Lang::from_code(lang.code()), lang);
            assert_eq!(Lang::from_code(lang.tag()), lang);
        }
        for (query, lang) in
            [("", None), ("a=1&lang=en", Some(Lang::En)), ("lang=", Some(Lang::Zh)), ("xlang=en", None)]
        {
            assert_eq!(in_query(query), lang, "{query}");
        }
    }
}
