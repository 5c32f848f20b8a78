//! What the public pages have in common: one document with its style and script, the bar with language and size.

use crate::lang::Lang;
use domain::{clock, outcome::Text};
use leptos::prelude::*;

/// Their style.
pub const STYLE: &str = include_str!("public.css");
/// Their script: reading aloud, where the browser can. Everything else works without.
pub const SCRIPT: &str = include_str!("public.js");

/// How a page is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The reader's language.
    pub lang: Lang,
    /// Large letters.
    pub big: bool,
}

impl Reading {
    /// An address that is read the same way. The language always stands there: without it the browser's would be taken.
    #[must_use]
    pub fn at(self, address: &str) -> String {
        let rest = [Some(self.lang.pick("lang=zh", "lang=en")), self.big.then_some("big=1")];
        rest.into_iter().flatten().fold(address.to_owned(), |a, p| {
            let and = if a.contains('?') { '&' } else { '?' };
            format!("{a}{and}{p}")
        })
    }

    /// Hidden fields of a form whose answer is read the same way.
    #[must_use]
    pub fn fields(self) -> impl IntoView + use<> {
        view! {
            <input type="hidden" name="lang" value=self.lang.code()/>
            {self.big.then(|| view! { <input type="hidden" name="big" value="1"/> })}
        }
    }
}

/// What a document is.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// How it is read.
    pub reading: Reading,
    /// Its title.
    pub title: &'a str,
    /// Its own address without language and size.
    pub here: &'a str,
    /// Whether there is something to read aloud (`id="said"`).
    pub aloud: bool,
    /// Its style.
    pub style: &'static str,
    /// What is told of it where it is passed on; `None` where it is for whoever asked only.
    pub shared: Option<Shared<'a>>,
}

/// What is told of a document where its address is passed on, and that it may be found.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// What it is about, plain text.
    pub about: &'a str,
    /// Its address, absolute.
    pub address: &'a str,
    /// Address of its picture, absolute; empty for none.
    pub picture: &'a str,
    /// When it was published, ms; `None` for a list.
    pub published: Option<i64>,
}

/// The public pages: address, what they are.
const PAGES: [(&str, Text); 5] = [
    ("/q", Text { zh: "查气瓶", en: "Check a cylinder" }),
    ("/news", Text { zh: "安全与公告", en: "Safety and news" }),
    ("/rating", Text { zh: "企业信用", en: "Ratings" }),
    ("/complain", Text { zh: "投诉、报修", en: "Complain, repair" }),
    ("/case", Text { zh: "查办理进度", en: "Follow a case" }),
];

/// The way to the others, at the foot of each.
fn others(reading: Reading, here: &str) -> impl IntoView + use<> {
    let lang = reading.lang;
    let path = here.split('?').next().unwrap_or_default().to_owned();
    let link = move |(to, text): (&'static str, Text)| {
        (path != to).then(|| view! { <a href=reading.at(to)>{lang.text(text)}</a> " " })
    };
    view! { <nav class="others" aria-label=lang.pick("其他页面", "Other pages")>{PAGES.into_iter().map(link).collect_view()}</nav> }
}

/// What stands in the head of a document that is passed on.
fn told(lang: Lang, title: &str, shared: Shared<'_>) -> impl IntoView + use<> {
    let Shared { about, address, picture, published } = shared;
    let property = |name: &'static str, value: String| leptos::html::meta().attr("property", name).content(value);
    let published = published.map(|ms| property("article:published_time", clock::rfc3339(ms)));
    let kind = if published.is_some() { "article" } else { "website" };
    let picture = (!picture.is_empty()).then(|| property("og:image", picture.to_owned()));
    view! {
        <meta name="description" content=about.to_owned()/>
        <link rel="canonical" href=address.to_owned()/>
        <link rel="alternate" type="application/rss+xml" href="/news/feed.xml" title=lang.text(NEWS)/>
        {property("og:type", kind.to_owned())}
        {property("og:title", title.to_owned())}
        {property("og:description", about.to_owned())}
        {property("og:url", address.to_owned())}
        {property("og:site_name", lang.text(NEWS).to_owned())}
        {picture}
        {published}
    }
}

/// What the site of posts is called.
pub const NEWS: Text = Text { zh: "瓶迹 安全与公告", en: "Pingji safety and news" };
/// What the others are called.
const CHECK: Text = Text { zh: "瓶迹 气瓶查询", en: "Pingji cylinder check" };

/// Whether an address is of a part of the site.
fn path_of(here: &str, part: &str) -> bool {
    here.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Whether search engines may name an address: where the public begins, and the page of a label, which nobody finds who has no label. What
/// somebody looked up is not for everybody.
fn is_listed(here: &str) -> bool {
    PAGES.iter().any(|(path, _)| *path == here) || (here.starts_with("/q/") && here.contains("?k="))
}

/// A document, and what stands in it.
#[must_use]
pub fn document(page: Page<'_>, content: impl IntoView) -> String {
    let Page { reading, title, here, aloud, style, shared } = page;
    let Reading { lang, big } = reading;
    let tr = |zh, en| lang.pick(zh, en);
    let other = Reading { lang: lang.pick(Lang::En, Lang::Zh), ..reading };
    let name = lang.text(if path_of(here, "/news") { NEWS } else { CHECK });
    let head = match shared {
        Some(s) => told(lang, title, s).into_any(),
        None => view! {
            {(!is_listed(here)).then(|| view! { <meta name="robots" content="noindex"/> })}
            <meta name="description" content=tr("扫码查询气瓶是否合格、何时检验、由谁负责", "Whether a gas cylinder is in order, when it is due, and who answers for it")/>
        }
        .into_any(),
    };
    let html = view! {
        <html lang=lang.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                {head}
                <link rel="icon" href="data:,"/>
                <title>{format!("{title} · {name}")}</title>
                <style inner_html=style></style>
            </head>
            <body class=if big { "big" } else { "" }>
                <header class="bar">
                    <b>{name}</b>
                    <nav aria-label=tr("显示", "Display")>
                        {aloud.then(|| view! { <button type="button" id="read" hidden>{tr("朗读", "Read aloud")}</button> })}
                        <a href=Reading { big: !big, ..reading }.at(here)>{if big { tr("标准字号", "Normal type") } else { tr("大字版", "Large type") }}</a>
                        <a href=other.at(here) lang=other.lang.tag()>{lang.pick("English", "中文")}</a>
                    </nav>
                </header>
                <main>{content}</main>
                {others(reading, here)}
            </body>
        </html>
    }
    .to_html();
    let script = if aloud { format!("<script>{SCRIPT}</script></body>") } else { "</body>".to_owned() };
    format!("<!DOCTYPE html>{}", html.replacen("</body>", &script, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_up_is_not_listed() {
        for (here, listed) in [
            ("/q", true),
            ("/complain", true),
            ("/q/10100000001?k=ABCDEFGH", true),
            ("/q/10100000001", false),
            ("/complain?tag=10100000001", false),
            ("/rating?q=x", false),
        ] {
            assert_eq!(is_listed(here), listed, "{here}");
        }
    }
}
