//! RSS 2.0, as feed readers take it.

use crate::clock::SHANGHAI_OFFSET_MS;
use chrono::{DateTime, FixedOffset};
use std::fmt::Write;

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub title: String,
    /// The page that it belongs to, absolute.
    pub link: String,
    /// The feed's own address, absolute.
    pub own: String,
    /// What it is.
    pub about: String,
}

/// An item of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Title.
    pub title: String,
    /// Its page, absolute.
    pub link: String,
    /// What it is about, plain text.
    pub about: String,
    /// Category.
    pub category: String,
    /// What it is known by, for ever, whatever its page is called.
    pub guid: String,
    /// When it was published, ms.
    pub at: i64,
}

/// Text within an element or an attribute. What XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
    out
}

/// RFC 2822, local time.
fn date(ms: i64) -> String {
    let zone = i32::try_from(SHANGHAI_OFFSET_MS / 1_000).ok().and_then(FixedOffset::east_opt);
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    zone.map_or_else(|| at.to_rfc2822(), |z| at.with_timezone(&z).to_rfc2822())
}

/// The feed as a document.
#[must_use]
pub fn rss(channel: &Channel, items: &[Item]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n");
    let element = |out: &mut String, name: &str, text: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "<{name}>{}</{name}>", escaped(text));
    };
    element(&mut out, "title", &channel.title);
    element(&mut out, "link", &channel.link);
    element(&mut out, "description", &channel.about);
    element(&mut out, "language", "zh-cn");
    let own = escaped(&channel.own);
    let _ = writeln!(out, "<atom:link href=\"{own}\" rel=\"self\" type=\"application/rss+xml\"/>");
    if let Some(newest) = items.iter().map(|i| i.at).max() {
        element(&mut out, "lastBuildDate", &date(newest));
    }
    for i in items {
        out.push_str("<item>\n");
        element(&mut out, "title", &i.title);
        element(&mut out, "link", &i.link);
        element(&mut out, "description", &i.about);
        element(&mut out, "category", &i.category);
        let _ = writeln!(out, "<guid isPermaLink=\"false\">{}</guid>", escaped(&i.guid));
        element(&mut out, "pubDate", &date(i.at));
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(title: &str) -> Item {
        Item {
            title: title.into(),
            link: "https://x.example/posts/7?a=1&b=2".into(),
            about: "a < b".into(),
            category: "安全知识".into(),
            guid: "pingji:post:7".into(),
            at: 1_795_248_000_000,
        }
    }

    fn channel() -> Channel {
        Channel {
            title: "瓶迹".into(),
            link: "https://x.example/posts".into(),
            own: "https://x.example/rss".into(),
            about: "安全".into(),
        }
    }

    #[test]
    fn an_item_says_what_and_when() {
        let x = rss(&channel(), &[item("</title><script>&\u{0}")]);
        assert!(x.contains("<title>&lt;/title&gt;&lt;script&gt;&amp;</title>"), "{x}");
        assert!(x.contains("<pubDate>Sat, 21 Nov 2026 16:00:00 +0800</pubDate>"), "{x}");
        assert!(x.contains("?a=1&amp;b=2</link>") && x.contains("<lastBuildDate>Sat, 21 Nov"));
        assert!(!rss(&channel(), &[]).contains("<item>"));
    }

    proptest! {
        #[test]
        fn whatever_a_title_holds_stays_text(title in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let x = rss(&channel(), &[item(&title)]);
            let body = x.split("<item>\n<title>").nth(1).unwrap().split("</title>").next().unwrap().to_owned();
            prop_assert!(!body.contains(['<', '>', '"']) && !body.chars().any(|c| c < ' '));
            prop_assert_eq!(x.matches("<item>").count(), 1);
        }
    }
}
