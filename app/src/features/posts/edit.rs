//! `/posts/:id/edit`: the editor. It is a plain form with the text as HTML; with the page's program the text is written as it looks, saved as it
//! is typed, and everybody in the draft sees the others. What the program takes hold of says so in `data-desk`, what a button does in `data-does`.

use super::{Draft, number, one::gone, post_draft, render};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        form::{self, Entry, Field},
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    attachment::Kind,
    clock,
    form::Fault,
    outcome::Text,
    post::{MARQUEE_MAX, SUMMARY_MAX, TITLE_MAX, read, values},
};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_query_map;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const TITLE: Field = Field::new("title", t("标题", "Title"), None, true, Entry::Text(TITLE_MAX as u16));
const CATEGORY: Field = Field::new("category", t("栏目", "Category"), None, true, Entry::Record);
const SUMMARY: Field = Field::new(
    "summary",
    t("摘要", "Summary"),
    Some(t(
        "列表和分享时显示;留空则取正文开头",
        "Shown in lists and where it is shared; the beginning of the text where empty",
    )),
    false,
    Entry::Prose(SUMMARY_MAX),
);
const TAGS: Field = Field::new(
    "tags",
    t("标签", "Tags"),
    Some(t("用逗号分隔,最多 8 个", "Commas between them, eight at most")),
    false,
    Entry::Text(200),
);

/// What beside its text is set.
static SETTINGS: [Field; 7] = [
    Field::new(
        "org",
        t("促销企业", "Enterprise that promotes"),
        Some(t("仅企业促销填写", "Of promotions only")),
        false,
        Entry::Record,
    ),
    Field::new(
        "valid_from",
        t("有效期从", "Valid from"),
        Some(t("促销必填", "Needed of a promotion")),
        false,
        Entry::Day,
    ),
    Field::new(
        "valid_to",
        t("有效期至", "Valid to"),
        Some(t("过期后公众自动看不到", "After it nobody sees it any more")),
        false,
        Entry::Day,
    ),
    Field::new(
        "publish_at",
        t("定时发布", "To be published"),
        Some(t("留空则审核通过后立即发布", "Empty: at once when it is accepted")),
        false,
        Entry::Instant,
    ),
    Field::new(
        "marquee",
        t("大屏滚动文字", "What goes by on the wall"),
        Some(t("留空则用标题", "The title where empty")),
        false,
        Entry::Text(MARQUEE_MAX as u16),
    ),
    Field::new(
        "on_wall",
        t("在大屏显示", "Show it on the wall"),
        Some(t("促销不上大屏", "Never a promotion")),
        false,
        Entry::Tick,
    ),
    Field::new(
        "pinned",
        t("置顶", "Pin it"),
        Some(t("首次发布时生效;已公开的由审核人员置顶", "When it is first published; later its reviewer pins it")),
        false,
        Entry::Tick,
    ),
];

/// Needed to be submitted, but not to be saved: the browser is not to insist on it.
static HEAD: [Field; 4] = [Field { needed: false, ..TITLE }, Field { needed: false, ..CATEGORY }, TAGS, SUMMARY];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let id = number::<i64>("id");
    let query = use_query_map();
    let copy = move || query.with(|q| q.get("copy").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let draft = Resource::new_blocking(move || (id(), copy()), |(id, copy)| post_draft(id, copy));
    let checked = query.with_untracked(|q| q.get("checked").is_some());
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("编辑内容", "Editing post"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match draft.await {
                    Ok(d) if d.page.may.edit => view(&d, checked),
                    Ok(d) => closed(&d),
                    Err(AppError::NotFound) => gone(),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href=move || format!("/posts/{}", id())>{tr("返回这篇内容", "Back to the post")}</a></p>
    };
    page::page(content.into_any())
}

/// In place of the editor where nothing is being written.
fn closed(d: &Draft) -> AnyView {
    let stage = Lang::current().text(d.page.version.stage.text());
    view! {
        <section class="notice empty" role="status">
            <h1>{tr("现在不能编辑", "It cannot be edited now")}</h1>
            <p>{tr("最新一版的状态:", "How the newest version stands: ")} {stage}</p>
            <p>{tr("在内容页面「取回修改」或「修订」后可以编辑。", "Take it back, or begin a revision, on its page.")}</p>
        </section>
    }
    .into_any()
}

fn view(d: &Draft, checked: bool) -> AnyView {
    let lang = Lang::current();
    let (id, no, revision) = (d.page.line.id, d.page.version.no, d.page.version.revision);
    let first = values(&d.page.content);
    let wrong: Vec<Fault> = if checked { read(&first, d.today).1 } else { vec![] };
    let faults = RwSignal::new(wrong);
    let choices = d.choices.clone();
    let field = |f: &'static Field| {
        let value = first.get(f.name).map_or("", String::as_str);
        form::field(f, value, choices.get(f.name).cloned().unwrap_or_default(), faults)
    };
    let head: Vec<AnyView> = HEAD.iter().map(field).collect();
    let settings: Vec<AnyView> = SETTINGS.iter().map(field).collect();
    let body_fault = move || {
        faults.with(|all| all.iter().find(|f| f.field == "body").map(|f| lang.pick(f.zh.clone(), f.en.clone())))
    };
    let root: NodeRef<html::Div> = NodeRef::new();
    #[cfg(feature = "hydrate")]
    super::desk::open(root, super::desk::Setup { id, no, revision, lang, account: d.account }, faults);
    let title = if d.page.line.title.is_empty() { format!("#{id}") } else { d.page.line.title.clone() };
    let others = others(d, lang);
    let beside = d.beside.as_ref().map(|(line, content)| {
        let head = format!("{} · {}", line.of.name, clock::local_text(line.of.at));
        view! {
            <aside class="post-beside" aria-label=tr("另存的文稿", "What was kept aside")>
                <h2>{tr("另存的文稿", "What was kept aside")} <small>{head}</small></h2>
                {render::article(&d.page.line, content, &d.files, None)}
                <p><a href=format!("/posts/copies/{}", line.id)>{tr("合并后,回到这里标记为已处理", "When it is worked in, say so here")}</a></p>
            </aside>
        }
    });
    let body = first.get("body").cloned().unwrap_or_default();
    view! {
        <div class="post-desk" node_ref=root>
            <h1>{tr("编辑", "Editing")} " " <span class="code">{title}</span></h1>
            <p class="post-state" role="status" data-desk="state" data-state="plain">
                {tr("第", "Version ")} {no.to_string()} {tr("版 · 填写后点「保存」", ". Save what you write")}
            </p>
            <div data-desk="here" role="status">{others}</div>
            <div data-desk="notice" role="alert"></div>
            <form class="form post-form" method="post" action="/api/fn/post_save" novalidate=true>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="no" value=no.to_string()/>
                <input type="hidden" name="base" data-desk="base" value=revision.to_string()/>
                <div class="form-fields">{head}</div>
                <div class="post-writing">
                    <label id="l-body" for="f-body">{tr("正文", "Text")}</label>
                    {tools()}
                    {panels()}
                    <div class="post-body surface" id="surface" data-desk="surface" role="textbox" aria-multiline="true" aria-labelledby="l-body"
                        tabindex="0" inner_html=body.clone()></div>
                    <textarea id="f-body" name="values[body]" data-desk="source" rows="18" spellcheck="false" aria-describedby="e-body"
                        inner_html=lines(&body)></textarea>
                    <small class="post-plain">{tr("此处为 HTML;脚本、样式和外部图片在保存时去除。", "This is HTML; scripts, styles and pictures from elsewhere are taken out when it is saved.")}</small>
                    <em id="e-body">{body_fault}</em>
                </div>
                {attached(d)}
                <fieldset class="post-settings">
                    <legend>{tr("发布设置", "How it is published")}</legend>
                    <div class="form-fields">{settings}</div>
                </fieldset>
                <p class="form-go">
                    <button type="submit" class="button strong">{tr("保存", "Save")}</button>
                    <button type="submit" class="button" name="then" value="post">{tr("保存并去提交", "Save, then submit")}</button>
                </p>
            </form>
            {beside}
        </div>
    }
    .into_any()
}

/// Who else is in it, and what was kept aside, when the page was made.
fn others(d: &Draft, lang: Lang) -> AnyView {
    let here = &d.page.standing.here;
    let names: Vec<String> = here.iter().map(|h| h.name.clone()).collect();
    let who = (!names.is_empty()).then(|| {
        let names = names.join(lang.pick("、", ", "));
        view! { <p class="post-here">{tr("正在编辑的还有:", "Also writing in it: ")} {names}</p> }
    });
    let n = d.page.standing.copies.len();
    let copies = (n > 0).then(|| {
        let text = lang.pick(
            format!("有 {n} 份另存的文稿待处理"),
            format!("{n} texts were kept aside and wait to be looked through"),
        );
        view! { <p class="post-here"><a href=format!("/posts/{}", d.page.line.id)>{text}</a></p> }
    });
    view! { {who} {copies} }.into_any()
}

/// The cover, and the files to be downloaded.
fn attached(d: &Draft) -> AnyView {
    let c = &d.page.content;
    let cover = c.cover.clone();
    let pictures = d.files.iter().filter(|f| f.0.format.info().kind == Kind::Picture);
    let option = |f: &super::api::Counted| {
        let file = &f.0;
        view! { <option value=file.token.clone() selected=file.token == cover>{file.name.clone()}</option> }.into_any()
    };
    let options: Vec<AnyView> = pictures.map(option).collect();
    let listed =
        d.files.iter().filter(|f| f.0.format.info().kind == Kind::Document || c.downloads.contains(&f.0.token));
    let line = |f: &super::api::Counted| {
        let file = &f.0;
        view! {
            <li>
                <label>
                    <input type="checkbox" name=format!("downloads[{}]", file.token) value="1" checked=c.downloads.contains(&file.token)/>
                    " " {file.name.clone()} " " <small>{file.size()}</small>
                </label>
            </li>
        }
        .into_any()
    };
    let lines: Vec<AnyView> = listed.map(line).collect();
    view! {
        <div class="form-fields">
            <div class="field">
                <label for="f-cover">{tr("封面图片", "Cover")}</label>
                <select id="f-cover" name="values[cover]" data-desk="cover">
                    <option value="">{tr("无", "None")}</option>
                    {options}
                </select>
                <small>{tr("从已上传的图片中选择", "One of the pictures that were uploaded")}</small>
            </div>
            <div class="field">
                <span id="l-downloads">{tr("资料下载", "Downloads")}</span>
                <ul class="post-files" data-desk="files" aria-labelledby="l-downloads">{lines}</ul>
                <small class="post-plain">{tr("上传文件需要启用 JavaScript。", "Files can be uploaded with JavaScript.")}</small>
            </div>
        </div>
    }
    .into_any()
}

/// The toolbar: one of its buttons is reached by Tab, the others by the arrows.
fn tools() -> AnyView {
    let button = |does: &'static str, sign: &'static str, name: &'static str| {
        view! { <button type="button" data-does=does aria-label=name title=name>{sign}</button> }.into_any()
    };
    view! {
        <div class="post-tools" role="toolbar" aria-label=tr("格式", "Format") aria-controls="surface" data-desk="tools">
            {button("undo", "↶", tr("撤销 (Ctrl+Z)", "Undo (Ctrl+Z)"))}
            {button("redo", "↷", tr("重做 (Ctrl+Y)", "Redo (Ctrl+Y)"))}
            {button("p", "¶", tr("段落", "Paragraph"))}
            {button("h2", "H2", tr("H2 二级标题", "H2 heading"))}
            {button("h3", "H3", tr("H3 三级标题", "H3 heading"))}
            {button("bold", "B", tr("加粗 (Ctrl+B)", "Bold (Ctrl+B)"))}
            {button("italic", "I", tr("斜体 (Ctrl+I)", "Italic (Ctrl+I)"))}
            {button("ul", "•", tr("项目列表", "List"))}
            {button("ol", "1.", tr("1. 编号列表", "1. numbered list"))}
            {button("quote", "❝", tr("引用", "Quote"))}
            {button("link", tr("链接", "Link"), tr("插入链接", "Put in a link"))}
            {button("table", tr("表格", "Table"), tr("插入表格", "Put in a table"))}
            {button("picture", tr("图片", "Picture"), tr("上传图片", "Upload a picture"))}
            {button("video", tr("视频", "Video"), tr("上传视频", "Upload a video"))}
            {button("file", tr("资料", "Download"), tr("上传供下载的资料", "Upload a file to be downloaded"))}
            {button("source", "HTML", tr("查看或编辑 HTML", "Look at the HTML"))}
        </div>
    }
    .into_any()
}

/// What a tool asks for before it does something. None of its fields has a name: they are no part of the form.
fn panels() -> AnyView {
    let go = |does: &'static str, text: &'static str| {
        view! {
            <p class="act">
                <button type="button" class="go" data-does=does>{text}</button>
                <button type="button" data-does="close">{tr("关闭", "Close")}</button>
            </p>
        }
        .into_any()
    };
    let chooser = |desk: &'static str, text: &'static str, accept: &'static str| {
        view! { <label>{text} " " <input type="file" data-desk=desk accept=accept/></label> }.into_any()
    };
    let text = |desk: &'static str, text: &'static str, value: &'static str, most: &'static str| {
        view! { <label>{text} " " <input type="text" data-desk=desk value=value maxlength=most autocomplete="off"/></label> }.into_any()
    };
    let range = |desk: &'static str, text: &'static str, least: &'static str, value: &'static str| {
        view! { <label>{text} " " <input type="range" data-desk=desk min=least max="100" value=value/></label> }
            .into_any()
    };
    view! {
        <div class="post-panel" data-panel="link" role="group" aria-label=tr("链接", "Link") hidden>
            {text("link-to", tr("地址", "Address"), "", "2000")}
            {text("link-text", tr("文字(未选中文字时)", "Words (where none are selected)"), "", "200")}
            {go("link-go", tr("插入链接", "Put it in"))}
        </div>
        <div class="post-panel" data-panel="table" role="group" aria-label=tr("表格", "Table") hidden>
            {text("table-rows", tr("行", "Rows"), "3", "2")}
            {text("table-columns", tr("列", "Columns"), "3", "2")}
            {go("table-go", tr("插入表格", "Put it in"))}
        </div>
        <div class="post-panel" data-panel="picture" role="group" aria-label=tr("图片", "Picture") hidden>
            {chooser("picture-file", tr("图片(JPG、PNG、WebP、GIF,最大 20 MB)", "Picture (JPG, PNG, WebP, GIF; 20 MB at most)"), "image/jpeg,image/png,image/webp,image/gif")}
            {text("picture-alt", tr("图片说明(读屏时朗读)", "What is seen (read out to who does not see it)"), "", "200")}
            {text("picture-caption", tr("图注", "Caption"), "", "200")}
            <label>
                {tr("裁剪", "Crop to")} " "
                <select data-desk="ratio">
                    <option value="0">{tr("原比例", "as it is")}</option>
                    <option value="16:9">"16:9"</option>
                    <option value="4:3">"4:3"</option>
                    <option value="1:1">"1:1"</option>
                </select>
            </label>
            {range("zoom", tr("保留大小(%)", "How much is kept (%)"), "20", "100")}
            {range("across", tr("左右位置", "From the left"), "0", "50")}
            {range("down", tr("上下位置", "From the top"), "0", "50")}
            <canvas data-desk="crop" data-min-font="none" role="img" aria-label=tr("裁剪预览", "What is kept") hidden></canvas>
            {go("picture-go", tr("上传并插入", "Upload and put it in"))}
        </div>
        <div class="post-panel" data-panel="video" role="group" aria-label=tr("视频", "Video") hidden>
            {chooser("video-file", tr("视频(MP4,最长 5 分钟,最大 200 MB)", "Video (MP4, five minutes and 200 MB at most)"), "video/mp4")}
            {chooser("poster-file", tr("封面(不选则取视频中的一帧)", "Its still (one of its frames where none is chosen)"), "image/jpeg,image/png,image/webp")}
            {text("video-caption", tr("图注", "Caption"), "", "200")}
            {go("video-go", tr("上传并插入", "Upload and put it in"))}
        </div>
        <div class="post-panel" data-panel="file" role="group" aria-label=tr("资料", "Download") hidden>
            {chooser("file-file", tr("资料(PDF、Word、Excel、PowerPoint,最大 50 MB)", "File (PDF, Word, Excel, PowerPoint; 50 MB at most)"), ".pdf,.docx,.xlsx,.pptx,image/jpeg,image/png,video/mp4")}
            {go("file-go", tr("上传", "Upload"))}
        </div>
        <p class="post-progress" data-desk="progress" role="status"></p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::form::Values;

    #[test]
    fn every_field_that_is_read_is_asked() {
        let apart = ["body", "cover", "downloads"];
        let mut asked: Vec<&str> = HEAD.iter().chain(&SETTINGS).map(|f| f.name).chain(apart).collect();
        let mut known = domain::post::FIELDS.to_vec();
        asked.sort_unstable();
        known.sort_unstable();
        assert_eq!(asked, known);
    }

    #[test]
    fn what_is_saved_is_what_stands_in_the_fields() {
        // A box that is ticked comes back ticked.
        let v = Values::from([("on_wall".to_owned(), "1".to_owned()), ("title".to_owned(), "题".to_owned())]);
        let (content, _) = read(&v, chrono::NaiveDate::default());
        assert_eq!(values(&content).get("on_wall").map(String::as_str), Some("1"));
    }
}
