//! What the public pages have in common: one document with its style and script, the bar with language and size.

use crate::lang::Lang;
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
}

/// A document, and what stands in it.
#[must_use]
pub fn document(page: Page<'_>, content: impl IntoView) -> String {
    let Page { reading, title, here, aloud, style } = page;
    let Reading { lang, big } = reading;
    let tr = |zh, en| lang.pick(zh, en);
    let other = Reading { lang: lang.pick(Lang::En, Lang::Zh), ..reading };
    let html = view! {
        <html lang=lang.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <meta name="description" content=tr("扫码查询气瓶是否合格、何时检验、由谁负责", "Whether a gas cylinder is in order, when it is due, and who answers for it")/>
                <link rel="icon" href="data:,"/>
                <title>{format!("{title} · {}", tr("瓶迹 气瓶查询", "Pingji cylinder check"))}</title>
                <style inner_html=style></style>
            </head>
            <body class=if big { "big" } else { "" }>
                <header class="bar">
                    <b>{tr("瓶迹 气瓶查询", "Pingji cylinder check")}</b>
                    <nav aria-label=tr("显示", "Display")>
                        {aloud.then(|| view! { <button type="button" id="read" hidden>{tr("朗读", "Read aloud")}</button> })}
                        <a href=Reading { big: !big, ..reading }.at(here)>{if big { tr("标准字号", "Normal type") } else { tr("大字版", "Large type") }}</a>
                        <a href=other.at(here) lang=other.lang.tag()>{lang.pick("English", "中文")}</a>
                    </nav>
                </header>
                <main>{content}</main>
            </body>
        </html>
    }
    .to_html();
    let script = if aloud { format!("<script>{SCRIPT}</script></body>") } else { "</body>".to_owned() };
    format!("<!DOCTYPE html>{}", html.replacen("</body>", &script, 1))
}
