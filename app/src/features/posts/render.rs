//! What several pages show of a post: its text as everybody reads it, its files, what differs.

use super::api::{Counted, Differs};
use crate::{
    kit::{
        detail::{NONE, facts, or_none},
        table,
    },
    lang::{Lang, tr},
};
use domain::{
    attachment::Kind,
    clock,
    outcome::Text,
    post::{Content, PostLine, Side},
};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What a field of a post is called; the field's name where it is none.
#[must_use]
pub fn label(field: &str) -> &str {
    let text = match field {
        "title" => t("标题", "Title"),
        "category" => t("栏目", "Category"),
        "summary" => t("摘要", "Summary"),
        "body" => t("正文", "Text"),
        "markup" => t("正文的格式、图片或链接", "Format, pictures or links of the text"),
        "tags" => t("标签", "Tags"),
        "cover" => t("封面图片", "Cover"),
        "downloads" => t("资料下载", "Downloads"),
        "org" => t("促销企业", "Enterprise that promotes"),
        "valid_from" => t("有效期从", "Valid from"),
        "valid_to" => t("有效期至", "Valid to"),
        "publish_at" => t("定时发布", "To be published"),
        "pinned" => t("置顶", "Pinned"),
        "on_wall" => t("在大屏显示", "On the wall"),
        "marquee" => t("大屏滚动文字", "What goes by on the wall"),
        other => return other,
    };
    Lang::current().text(text)
}

/// A post's text as everybody reads it. What stands in the record is clean: it was made so before it was stored.
#[must_use]
pub fn body(content: &Content) -> AnyView {
    if content.body.is_empty() {
        return view! { <p class="post-none">{tr("还没有正文", "Nothing is written yet")}</p> }.into_any();
    }
    view! { <div class="post-body" inner_html=content.body.clone()></div> }.into_any()
}

/// Title, summary, text and downloads as everybody reads them.
#[must_use]
pub fn article(post: &PostLine, content: &Content, files: &[Counted], at: Option<i64>) -> AnyView {
    let lang = Lang::current();
    let title =
        if content.title.is_empty() { tr("(无标题)", "(no title)").to_owned() } else { content.title.clone() };
    let category = content.category.map(|c| lang.text(c.info().text));
    let place = if post.division == 0 { String::new() } else { format!(" · {}", post.district) };
    let day = at.map(|ms| format!(" · {}", clock::local_date(ms))).unwrap_or_default();
    let tags = content.tags.iter().map(|t| view! { <li>{t.clone()}</li> }).collect_view();
    let found = |token: &String| files.iter().find(|f| f.0.token == *token);
    let downloads: Vec<AnyView> = content.downloads.iter().filter_map(found).map(download).collect();
    let valid = content.valid_to.map(|to| {
        let from = content.valid_from.map(|d| d.to_string()).unwrap_or_default();
        view! { <p class="post-meta">{tr("有效期", "Valid")} " " {from} " – " {to.to_string()}</p> }
    });
    view! {
        <article class="post">
            <h2 class="post-title">{title}</h2>
            <p class="post-meta">{category} {place} {day} {(!post.org_name.is_empty()).then(|| format!(" · {}", post.org_name))}</p>
            {valid}
            {(!content.summary.is_empty()).then(|| view! { <p class="post-lead">{content.summary.clone()}</p> })}
            {body(content)}
            {(!downloads.is_empty()).then(|| view! {
                <section class="post-downloads">
                    <h3>{tr("资料下载", "Downloads")}</h3>
                    <ul>{downloads}</ul>
                </section>
            })}
            {(!content.tags.is_empty()).then(|| view! { <ul class="post-tags">{tags}</ul> })}
        </article>
    }
    .into_any()
}

fn download(f: &Counted) -> AnyView {
    let file = &f.0;
    view! {
        <li>
            <a href=file.address() download=file.name.clone() rel="external">{file.name.clone()}</a>
            " " <small>{file.size()} " · SHA-256 " <code>{file.sha256.clone()}</code></small>
        </li>
    }
    .into_any()
}

/// What beside its text is set in a version.
#[must_use]
pub fn settings(content: &Content, org: &str) -> AnyView {
    let lang = Lang::current();
    let yes = |b: bool| if b { tr("是", "yes") } else { tr("否", "no") }.to_owned();
    let day = |d: Option<chrono::NaiveDate>| d.map_or_else(|| NONE.to_owned(), |d| d.to_string());
    let at =
        content.publish_at.map_or_else(|| tr("审核通过后立即", "At once when accepted").to_owned(), clock::local_text);
    let category = content.category.map_or(NONE, |c| lang.text(c.info().text)).to_owned();
    let valid = if content.valid_from.is_none() && content.valid_to.is_none() {
        NONE.to_owned()
    } else {
        format!("{} – {}", day(content.valid_from), day(content.valid_to))
    };
    let mut all = vec![
        (tr("栏目", "Category"), category),
        (tr("标签", "Tags"), or_none(&content.tags.join(tr("、", ", ")))),
        (tr("要求发布时间", "To be published"), at),
        (tr("有效期", "Valid"), valid),
        (tr("置顶", "Pinned"), yes(content.pinned)),
        (tr("在大屏显示", "On the wall"), yes(content.on_wall)),
    ];
    if content.on_wall {
        let text = if content.marquee.is_empty() { &content.title } else { &content.marquee };
        all.push((tr("大屏滚动文字", "What goes by"), or_none(text)));
    }
    if content.org > 0 {
        all.push((
            tr("促销企业", "Enterprise"),
            if org.is_empty() { format!("#{}", content.org) } else { org.to_owned() },
        ));
    }
    facts(all)
}

/// The files of a post.
#[must_use]
pub fn files(files: &[Counted]) -> AnyView {
    let lang = Lang::current();
    let row = |f: &Counted| {
        let (file, times) = (&f.0, f.1);
        let small = file.preview().map(|src| view! { <img class="post-small" src=src alt="" loading="lazy"/> });
        vec![
            view! { {small} <a href=file.address() rel="external">{file.name.clone()}</a> }.into_any(),
            lang.text(file.format.info().kind.info()).into_any(),
            file.size().into_any(),
            if file.format.info().kind == Kind::Picture { NONE.into_any() } else { times.to_string().into_any() },
            view! { <code class="post-hash">{file.sha256.clone()}</code> }.into_any(),
        ]
    };
    let columns = [
        (tr("文件", "File"), ""),
        (tr("类型", "Kind"), "kind"),
        (tr("大小", "Size"), "num"),
        (tr("下载(次)", "Fetched (times)"), "num"),
        ("SHA-256", "code"),
    ];
    table::table(tr("文件", "Files"), "post-files", &columns, files.iter().map(row).collect())
}

/// What differs, field by field: what was taken out is struck through, what was put in is underlined.
#[must_use]
pub fn differs(all: &[Differs]) -> AnyView {
    if all.is_empty() {
        return view! { <p role="status">{tr("两者内容相同", "Both say the same")}</p> }.into_any();
    }
    let piece = |p: &domain::post::Piece| {
        let text = p.text.clone();
        match p.side {
            Side::Both => view! { <span>{text}</span> }.into_any(),
            Side::Was => view! { <del>{text}</del> }.into_any(),
            Side::Is => view! { <ins>{text}</ins> }.into_any(),
        }
    };
    let one = |(field, pieces): &Differs| {
        let name = label(field).to_owned();
        let content = if pieces.is_empty() {
            view! { <p>{tr("文字相同,格式、图片或链接不同", "The words are the same, something else is not")}</p> }
                .into_any()
        } else {
            let pieces: Vec<AnyView> = pieces.iter().map(piece).collect();
            view! { <p class="post-diff">{pieces}</p> }.into_any()
        };
        view! { <h3>{name}</h3> {content} }.into_any()
    };
    let all: Vec<AnyView> = all.iter().map(one).collect();
    view! {
        <div class="post-differs" data-testid="differs">
            <p class="post-key"><del>{tr("删去", "taken out")}</del> " " <ins>{tr("加入", "put in")}</ins></p>
            {all}
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use domain::post::FIELDS;

    #[test]
    fn each_field_has_a_name_for_people() {
        Owner::new().with(|| {
            for field in FIELDS {
                assert_ne!(label(field), field);
            }
            assert_eq!(label("<b>"), "<b>");
        });
    }

    #[test]
    fn what_stands_beside_the_text_is_escaped() {
        Owner::new().with(|| {
            let bad = "<script>alert(1)</script>";
            let content = Content {
                title: bad.into(),
                summary: bad.into(),
                tags: vec![bad.into()],
                marquee: bad.into(),
                on_wall: true,
                ..Content::default()
            };
            let all = vec![("title".to_owned(), vec![domain::post::Piece { side: Side::Is, text: bad.into() }])];
            let html = format!("{}{}", settings(&content, bad).to_html(), differs(&all).to_html());
            assert!(!html.contains("<script") && html.contains("&lt;script"), "{html}");
        });
    }
}
