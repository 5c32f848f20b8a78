//! What the authority tells everybody (S0-53): the list of posts, a post, and that one is gone. Plain pages that need no script, as the page
//! of a cylinder is.

use super::{
    body::{Files, dressed},
    frame::{self, Reading, Shared},
};
use crate::{kit::format, lang::Lang};
use domain::{
    clock,
    list::encode,
    outcome::Text,
    post::{Category, PublicAsk, PublicLine, PublicPage, PublicPost},
};
use leptos::prelude::*;

/// Style of these pages, after the common one.
pub const STYLE: &str = concat!(include_str!("public.css"), include_str!("news.css"));

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What the site is.
const ABOUT: Text = t(
    "燃气与气瓶安全知识、通知公告、法律法规、资料下载,由监管部门发布。",
    "Safety with gas and cylinders, notices, laws and downloads, published by the authority.",
);

/// The site that is asked.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Scheme and host.
    pub address: &'a str,
    /// Whether its record is a demonstration; must be shown.
    pub demo: bool,
}

/// What came of asking for the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A page of it, and tags to choose from.
    Page(PublicPage, Vec<(String, i64)>),
    /// Too much was asked.
    Later,
    /// The record does not answer.
    Down,
}

/// Why there is no post to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// None is known.
    Unknown,
    /// Everybody saw it, and does so no more.
    Gone,
    /// Too much was asked.
    Later,
    /// The record does not answer.
    Down,
}

/// The list's address, without how it is read.
#[must_use]
pub fn address(ask: &PublicAsk) -> String {
    let mut parts = vec![];
    if let Some(c) = ask.category {
        parts.push(format!("category={}", c.code()));
    }
    for (name, value) in [("tag", &ask.tag), ("q", &ask.text)] {
        if !value.is_empty() {
            parts.push(format!("{name}={}", encode(value)));
        }
    }
    if ask.page > 1 {
        parts.push(format!("page={}", ask.page));
    }
    if parts.is_empty() { "/news".to_owned() } else { format!("/news?{}", parts.join("&")) }
}

/// A moment in local time, to the minute.
fn moment(ms: i64) -> impl IntoView + use<> {
    let text: String = clock::local_text(ms).chars().take(16).collect();
    view! { <time datetime=clock::rfc3339(ms)>{text}</time> }
}

/// What a post is, in words: its category, that it is an advertisement, that it is pinned.
fn marks(lang: Lang, p: &PublicLine) -> impl IntoView + use<> {
    let class = format!("mark {}", p.category.code());
    let word = if p.category.info().promotes { t("推广", "Promotion") } else { p.category.info().text };
    let pinned = p.pinned.then(|| view! { <span class="mark pin">{lang.pick("置顶", "Pinned")}</span> });
    view! { <span class=class>{lang.text(word)}</span>{pinned} }
}

/// When it was published, where, for whom, until when.
fn meta(lang: Lang, p: &PublicLine, whole: bool) -> impl IntoView + use<> {
    let changed = (whole && p.changed_at > p.public_at)
        .then(|| view! { <span>{lang.pick("更新于 ", "Changed ")}{moment(p.changed_at)}</span> });
    let until = p.valid_to.map(|d| lang.pick(format!("有效期至 {d}"), format!("Valid until {d}")));
    let named = |text: &str| (!text.is_empty()).then(|| view! { <span>{text.to_owned()}</span> });
    view! {
        <p class="meta">
            <span>{whole.then(|| lang.pick("发布于 ", "Published "))}{moment(p.public_at)}</span>
            {changed}
            {named(&p.district)}
            {named(&p.org_name)}
            {until.map(|u| view! { <span>{u}</span> })}
        </p>
    }
}

fn tags(reading: Reading, tags: &[String]) -> impl IntoView + use<> {
    let link = |tag: &String| {
        let ask = PublicAsk { tag: tag.clone(), ..PublicAsk::default() };
        view! { <a href=reading.at(&address(&ask))>{format!("#{tag}")}</a> }
    };
    (!tags.is_empty()).then(|| view! { <p class="kinds">{tags.iter().map(link).collect_view()}</p> })
}

fn one_of(reading: Reading, p: &PublicLine) -> impl IntoView + use<> {
    let lang = reading.lang;
    let class = if p.category.info().promotes { "card post advert" } else { "card post" };
    let cover = (!p.cover.is_empty()).then(
        || view! { <img src=format!("/files/{}/preview", p.cover) alt="" width="104" height="78" loading="lazy"/> },
    );
    view! {
        <section class=class>
            {cover}
            <p>{marks(lang, p)}</p>
            <h2><a href=reading.at(&p.path())>{p.title.clone()}</a></h2>
            <p>{p.summary.clone()}</p>
            {meta(lang, p, false)}
        </section>
    }
}

fn listed(reading: Reading, ask: &PublicAsk, page: &PublicPage) -> AnyView {
    let lang = reading.lang;
    if page.posts.is_empty() {
        let narrowed = ask.category.is_some() || !ask.tag.is_empty() || !ask.text.is_empty();
        let text = if narrowed {
            lang.pick(
                "没有找到相关内容。请换个词,或查看全部。",
                "Nothing was found: try another word, or look at everything.",
            )
        } else {
            lang.pick("还没有发布内容。", "Nothing was published yet.")
        };
        let all = narrowed.then(|| view! { <a href=reading.at("/news")>{lang.pick("查看全部", "Everything")}</a> });
        return view! { <p class="card" role="status">{text} " " {all}</p> }.into_any();
    }
    let turn = |to: u32, text: &'static str, rel: &'static str| {
        if !(1..=page.last).contains(&to) {
            return view! { <span></span> }.into_any();
        }
        let ask = PublicAsk { page: to, ..ask.clone() };
        view! { <a rel=rel href=reading.at(&address(&ask))>{text}</a> }.into_any()
    };
    let pages = (page.last > 1).then(|| {
        let (at, last) = (page.page, page.last);
        view! {
            <nav class="card pages" aria-label=lang.pick("翻页", "Pages")>
                {turn(at - 1, lang.pick("上一页", "Previous"), "prev")}
                <span>{lang.pick(format!("第 {at} / {last} 页"), format!("Page {at} of {last}"))}</span>
                {turn(at + 1, lang.pick("下一页", "Next"), "next")}
            </nav>
        }
    });
    view! {
        {page.posts.iter().map(|p| one_of(reading, p)).collect_view()}
        {pages}
    }
    .into_any()
}

/// The list.
#[must_use]
pub fn list(reading: Reading, ask: &PublicAsk, found: &Found, site: Site<'_>) -> String {
    let lang = reading.lang;
    let name = ask.category.map_or(lang.pick("安全与公告", "Safety and news"), |c| lang.text(c.info().text));
    let kind = |c: Option<Category>| {
        let to = PublicAsk { category: c, page: 1, ..ask.clone() };
        let text = c.map_or(lang.pick("全部", "All"), |c| lang.text(c.info().text));
        view! { <a href=reading.at(&address(&to)) aria-current=(c == ask.category).then_some("page")>{text}</a> " " }
    };
    let kinds = [None].into_iter().chain(Category::ALL.iter().copied().map(Some));
    let narrowed = (!ask.tag.is_empty() || !ask.text.is_empty()).then(|| {
        let all = if let Found::Page(p, _) = found { p.all } else { 0 };
        let what = [&ask.text, &ask.tag].into_iter().filter(|s| !s.is_empty()).cloned().collect::<Vec<_>>().join(" #");
        let what = if ask.text.is_empty() { format!("#{what}") } else { format!("「{what}」") };
        let n = format::count(i64::from(all));
        view! { <p class="meta" role="status">{lang.pick(format!("{what}:找到 {n} 篇"), format!("{what}: {n} found"))}</p> }
    });
    let told = |text: Text| view! { <p class="card" role="alert">{lang.text(text)}</p> }.into_any();
    let rows = match found {
        Found::Page(page, cloud) => {
            let cloud: Vec<String> = cloud.iter().map(|(t, _)| t.clone()).collect();
            let cloud = (!cloud.is_empty()).then(|| {
                view! { <section class="card"><h2>{lang.pick("标签", "Tags")}</h2>{tags(reading, &cloud)}</section> }
            });
            view! { {listed(reading, ask, page)}{cloud} }.into_any()
        }
        Found::Later => told(MANY),
        Found::Down => told(DOWN),
    };
    let category = ask.category.map(|c| view! { <input type="hidden" name="category" value=c.code()/> });
    let content = view! {
        {invented(lang, site)}
        <section class="card news">
            <h1>{name}</h1>
            <form class="find" method="get" action="/news" role="search">
                {reading.fields()}
                {category}
                <input type="search" name="q" value=ask.text.clone() maxlength="100" autocomplete="off" aria-label=lang.pick("搜索标题和正文", "Search titles and texts")/>
                <button>{lang.pick("搜索", "Search")}</button>
            </form>
            <nav class="kinds" aria-label=lang.pick("栏目", "Categories")>{kinds.map(kind).collect_view()}</nav>
            {narrowed}
        </section>
        {rows}
        <p class="foot"><a href="/news/feed.xml">{lang.pick("订阅(RSS)", "Subscribe (RSS)")}</a></p>
    };
    let here = address(ask);
    let at = format!("{}{here}", site.address);
    let shared = Shared { about: lang.text(ABOUT), address: &at, picture: "", published: None };
    // What was searched for is for whoever did.
    let shared = (matches!(found, Found::Page(..)) && ask.text.is_empty()).then_some(shared);
    frame::document(frame::Page { reading, title: name, here: &here, aloud: false, style: STYLE, shared }, content)
}

const MANY: Text = t("访问过于频繁,请稍后再试。", "Too much was asked from here: try again later.");
const DOWN: Text = t("系统暂时无法访问,请稍后再试。", "The record does not answer: try again later.");

/// A post as its page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// How it is read.
    pub reading: Reading,
    /// The post.
    pub post: &'a PublicPost,
    /// The files that it names.
    pub files: &'a Files,
    /// The site.
    pub site: Site<'a>,
}

/// The mark of a demonstration.
fn invented(lang: Lang, site: Site<'_>) -> impl IntoView + use<> {
    site.demo.then(|| view! { <p class="demo">{lang.pick("演示数据,内容为虚构", "Demonstration data: what is told here is invented")}</p> })
}

/// The picture that stands for a post where it is passed on: the one beside it, else the first in it.
fn picture(post: &PublicPost) -> String {
    if !post.line.cover.is_empty() {
        return post.line.cover.clone();
    }
    let first = post.body.split("<img ").nth(1).and_then(|tag| domain::post::tokens(tag).into_iter().next());
    first.unwrap_or_default()
}

fn downloads(lang: Lang, post: &PublicPost, files: &Files) -> impl IntoView + use<> {
    let row = |token: &String| {
        let (f, n) = files.get(token)?;
        let n = format::count(*n);
        let kind = format!("{} {}", lang.text(f.format.info().kind.info()), f.format.info().extension.to_uppercase());
        Some(view! {
            <li>
                <a href=f.address() download=f.name.clone()>{f.name.clone()}</a>
                <p class="meta">
                    <span>{kind}</span>
                    <span>{f.size()}</span>
                    <span>{lang.pick(format!("下载 {n} 次"), format!("{n} downloads"))}</span>
                </p>
                <code>{format!("SHA-256: {}", f.sha256)}</code>
            </li>
        })
    };
    let rows: Vec<_> = post.downloads.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| {
        view! { <section class="card"><h2>{lang.pick("资料下载", "Downloads")}</h2><ul class="files">{rows}</ul></section> }
    })
}

/// The page of a post.
#[must_use]
pub fn post(shown: Shown<'_>) -> String {
    let Shown { reading, post, files, site } = shown;
    let (lang, line) = (reading.lang, &post.line);
    let promotes = line.category.info().promotes;
    let body = dressed(&post.body, files, &line.cover, lang.pick("表格", "Table"));
    let notice = promotes.then(|| {
        let org = line.org_name.clone();
        let text = lang.pick(
            format!("推广:以下为企业 {org} 的促销信息,由该企业负责。用气安全请看「安全知识」。"),
            format!("Promotion: this is an offer of {org}, which answers for it. Safety comes first: see Safety."),
        );
        view! { <p class="note" role="note">{text}</p> }
    });
    let reads = format::count(post.reads);
    let back = PublicAsk { category: Some(line.category), ..PublicAsk::default() };
    let content = view! {
        {invented(lang, site)}
        <div class=if promotes { "card news advert" } else { "card news" } id="said">
            <h1>{line.title.clone()}</h1>
            <p>{marks(lang, line)}</p>
            {meta(lang, line, true)}
            {notice}
            <article class="post-body" inner_html=body></article>
            {tags(reading, &line.tags)}
        </div>
        {downloads(lang, post, files)}
        <p class="foot">
            {lang.pick(format!("已打开 {reads} 次(不记录任何访问者)"), format!("Opened {reads} times; nobody is kept track of"))}
            " · "
            <a href=reading.at(&address(&back))>{lang.pick("更多", "More: ")}{lang.text(line.category.info().text)}</a>
        </p>
    };
    let at = format!("{}{}", site.address, line.path());
    let picture = picture(post);
    let picture = if picture.is_empty() { picture } else { format!("{}/files/{picture}", site.address) };
    let shared = Shared { about: &line.summary, address: &at, picture: &picture, published: Some(line.public_at) };
    let page = frame::Page {
        reading,
        title: &line.title,
        here: &line.path(),
        aloud: true,
        style: STYLE,
        shared: Some(shared),
    };
    frame::document(page, content)
}

/// The page where there is no post to show.
#[must_use]
pub fn missing(reading: Reading, why: Missing) -> String {
    let lang = reading.lang;
    let (title, text) = match why {
        Missing::Unknown => (
            t("没有此内容", "No such page"),
            t("没有找到这篇内容,请核对网址。", "There is nothing at this address: check it."),
        ),
        Missing::Gone => (
            t("内容已撤下", "No longer here"),
            t("这篇内容已撤回或已过有效期。", "This was withdrawn, or its validity has ended."),
        ),
        Missing::Later => (t("请稍后再试", "Later, please"), MANY),
        Missing::Down => (t("暂时无法访问", "Not at the moment"), DOWN),
    };
    let content = view! {
        <section class="card news">
            <h1>{lang.text(title)}</h1>
            <p role="alert">{lang.text(text)}</p>
            <p><a href=reading.at("/news")>{lang.pick("查看全部内容", "Look at everything")}</a></p>
        </section>
    };
    let page =
        frame::Page { reading, title: lang.text(title), here: "/news", aloud: false, style: STYLE, shared: None };
    frame::document(page, content)
}

/// An address as a QR code: a picture of its own (SVG).
#[must_use]
pub fn qr(address: &str) -> Option<String> {
    let (path, side) = crate::features::labels::qr::path(address)?;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}
