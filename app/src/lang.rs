//! Every visible text stands in Chinese and English side by side where it is used; Chinese is the default.

use domain::outcome::Text;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The reader's language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English, by `?lang=en`.
    En,
}

impl Lang {
    /// From the value of `?lang=`; anything unknown is Chinese.
    #[must_use]
    pub fn from_query(value: Option<&str>) -> Self {
        if value == Some("en") { Self::En } else { Self::Zh }
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
}

/// The text in this page's language.
#[must_use]
pub fn tr(zh: &'static str, en: &'static str) -> &'static str {
    Lang::current().pick(zh, en)
}

/// Reads the language from the address and provides it to everything below.
pub fn provide_lang() -> Lang {
    let lang = Lang::from_query(use_query_map().with_untracked(|q| q.get("lang")).as_deref());
    provide_context(lang);
    lang
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_unless_asked() {
        for (value, lang) in [(None, Lang::Zh), (Some(""), Lang::Zh), (Some("en"), Lang::En), (Some("fr"), Lang::Zh)] {
            assert_eq!(Lang::from_query(value), lang);
        }
        assert_eq!(tr("充装", "fill"), "充装");
        assert_eq!(Lang::En.pick(1, 2), 2);
    }
}
