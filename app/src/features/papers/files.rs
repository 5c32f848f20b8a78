//! Files of a document, of an answer, and of what is being written.

use crate::{
    kit::format,
    lang::{Lang, tr},
};
use domain::{
    attachment::{Why, size},
    paper::{FILES_MAX, PaperFile},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Files as they are offered to a reader, with the hash of what is signed for.
#[must_use]
pub fn list(files: &[PaperFile]) -> AnyView {
    let one = |f: &PaperFile| {
        let hash = f.sha256.get(..16).unwrap_or(&f.sha256).to_owned();
        view! {
            <li>
                <a href=format!("/files/{}", f.token) rel="external" download="">{f.name.clone()}</a> " "
                <small class="quiet">{size(f.bytes)} " · SHA-256 " <span class="code">{hash} "…"</span></small>
            </li>
        }
    };
    view! { <ul class="files" data-testid="files">{files.iter().map(one).collect_view()}</ul> }.into_any()
}

/// Files of what is being written, each with a box to take it away, and a field for more. It stands within the form that is kept.
#[must_use]
pub fn entry(files: &[PaperFile]) -> AnyView {
    let refused = use_query_map().with_untracked(|q| q.get("file")).and_then(|w| Why::from_code(&w));
    let one = |f: &PaperFile| {
        view! {
            <li>
                <a href=format!("/files/{}", f.token) rel="external" download="">{f.name.clone()}</a> " "
                <small class="quiet">{size(f.bytes)}</small> " "
                <label class="tick">
                    <input type="checkbox" name="drop[]" value=f.token.clone()/>
                    <span>{tr("删除", "Take away")}</span>
                </label>
            </li>
        }
    };
    let hint = Lang::current().pick(
        format!("PDF、Word、Excel、PowerPoint、图片或 MP4,最多 {} 个;保存或预览时一并上传", format::count(FILES_MAX as i64)),
        format!("PDF, Word, Excel, PowerPoint, pictures or MP4, {FILES_MAX} at most; sent along when it is kept or looked over"),
    );
    view! {
        <fieldset class="group">
            <legend>{tr("附件", "Attachments")}</legend>
            {refused.map(|w| view! { <p class="told error" role="alert">{Lang::current().text(w.info())}</p> })}
            <ul class="files">{files.iter().map(one).collect_view()}</ul>
            <span class="pick">
                <label for="file">{tr("添加文件", "Add files")}</label>
                <input id="file" type="file" name="file" multiple=true/>
            </span>
            <small>{hint}</small>
        </fieldset>
    }
    .into_any()
}
