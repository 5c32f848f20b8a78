//! `/papers/new`: a document is drawn up, looked over with all its parties, and issued.

use super::{
    KEEP,
    api::{ToIssue, paper_ask},
    files,
};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        boxes::{self, boxes},
        detail::{facts, or_none},
        format,
        list::Choice,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{form::Fault, outcome::Text, paper::BODY_MAX};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// Fields with their labels.
const TITLES: [(&str, Text); 7] = [
    ("number", t("文号", "Number")),
    ("title", t("标题", "Title")),
    ("issuer", t("发文单位", "Issued by")),
    ("body", t("正文", "Text")),
    ("parties", t("收文单位", "Parties")),
    ("deadline", t("期限", "Deadline")),
    ("answer", t("要求回复", "An answer is asked for")),
];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let asked = move || {
        query.with(|q| {
            let draft = q.get("draft").and_then(|n| n.parse::<i64>().ok()).unwrap_or_default();
            (draft, q.get("checked").is_some())
        })
    };
    let taken = query.with_untracked(|q| q.get("taken"));
    let ask = Resource::new_blocking(asked, |(draft, checked)| paper_ask(draft, checked));
    let content = view! {
        {page::title(|| format!("{} · {}", tr("拟发公文", "Draw up a document"), tr("瓶迹", "Pingji")))}
        <h1>{tr("拟发公文", "Draw up a document")}</h1>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let taken = taken.clone();
                Suspend::new(async move {
                    match ask.await {
                        Ok(mut w) => {
                            w.faults.extend(known(taken.as_deref()));
                            match &w.parties {
                                Some(names) => preview(&w, names),
                                None => form(&w),
                            }
                        }
                        Err(AppError::NotFound) => page::notice(
                            "empty",
                            tr("没有这份草稿", "No such draft").into(),
                            tr("可能已经发布,请查看公文列表。", "It may have been issued: look into the list.").into(),
                        ),
                        Err(why) => page::failed(&why),
                    }
                })
            }}
        </Transition>
        <p><a href="/papers">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

/// What only the record knows is wrong.
fn known(field: Option<&str>) -> Option<Fault> {
    let (zh, en) = match field? {
        "number" => ("该文号已使用,请更换", "another document bears this number"),
        "parties" => ("有收文单位不在您的管辖范围内", "one of the parties lies outside your part of the city"),
        _ => return None,
    };
    Some(Fault { field: field?.to_owned(), zh: zh.into(), en: en.into() })
}

fn form(w: &ToIssue) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let fault = |name: &str| boxes::fault(&w.faults, name);
    let titles: Vec<(&'static str, &'static str)> = TITLES.iter().map(|(n, t)| (*n, lang.text(*t))).collect();
    let text = |name: &'static str, most: u16| {
        view! {
            <input id=name type="text" name=format!("values[{name}]") maxlength=most.to_string() value=was(name) autocomplete="off"/>
        }
        .into_any()
    };
    let body = view! {
        <textarea id="body" name="values[body]" rows="12" maxlength=BODY_MAX.to_string() inner_html=lines(&was("body"))></textarea>
    };
    let deadline = view! { <input id="deadline" type="date" name="values[deadline]" min=w.today.to_string() value=was("deadline")/> };
    let answer = was("answer") == "yes";
    view! {
        {boxes::drafts("/papers/new", tr("继续拟写草稿", "Go on with a draft"), &w.drafts)}
        <form class="form wide" method="post" action=KEEP enctype="multipart/form-data">
            {boxes::summary(&w.faults, &titles)}
            <input type="hidden" name="form" value="paper"/>
            <input type="hidden" name="id" value=w.draft.to_string()/>
            {boxes::field("number", tr("文号", "Number"), tr("如 郑市监〔2026〕12 号", "as it stands on paper"), fault("number"), text("number", 60))}
            {boxes::field("title", tr("标题", "Title"), "", fault("title"), text("title", 120))}
            {boxes::field("issuer", tr("发文单位", "Issued by"), "", fault("issuer"), text("issuer", 60))}
            {boxes::field("body", tr("正文", "Text"), "", fault("body"), body.into_any())}
            {boxes::group(
                tr("收文单位", "Parties"),
                tr("按区县、类型成批选择,或逐个勾选", "by district and kind, or one by one"),
                fault("parties"),
                parties(w),
            )}
            {boxes::field("deadline", tr("办理期限", "Deadline"), tr("留空为不设期限;到期前一天自动催办", "Empty for none; who is not done is reminded a day before"), fault("deadline"), deadline.into_any())}
            <label class="tick">
                <input type="checkbox" name="values[answer]" value="yes" checked=answer/>
                <span>{tr("要求书面回复", "An answer is asked for")}</span>
            </label>
            {files::entry(&w.files)}
            <p class="act">
                <button type="submit" name="act" value="preview">{tr("预览公文与收文单位", "Look over text and parties")}</button>
                <button type="submit" name="act" value="save" class="quiet">{tr("存草稿", "Keep as a draft")}</button>
            </p>
        </form>
        {(w.draft > 0).then(|| view! {
            <form method="post" action="/api/fn/paper_drop" class="handle">
                <input type="hidden" name="id" value=w.draft.to_string()/>
                <p class="act"><button type="submit" class="quiet">{tr("删除草稿", "Delete the draft")}</button></p>
            </form>
        })}
    }
    .into_any()
}

fn parties(w: &ToIssue) -> AnyView {
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let kinds: Vec<Choice> = w
        .choices
        .kinds()
        .into_iter()
        .map(|k| (k.code().to_owned(), k.text().zh.to_owned(), k.text().en.to_owned()))
        .collect();
    let districts: Vec<Choice> =
        w.choices.districts.iter().map(|(d, n)| (d.to_string(), n.clone(), n.clone())).collect();
    let orgs: Vec<Choice> = w.choices.orgs.iter().map(|(o, n, _)| (o.to_string(), n.clone(), n.clone())).collect();
    let part = |name: &'static str, sent: &'static str, title: &'static str, all: &[Choice], open: bool| {
        let n = boxes::ticked(&w.values, name);
        let told = if n > 0 { format!("({n})") } else { String::new() };
        let open = open || n > 0;
        view! {
            <details class="several" open=open>
                <summary>{title} " " {told}</summary>
                {boxes(sent, &was(name), all)}
            </details>
        }
    };
    view! {
        {part("kinds", "kinds[]", tr("这些类型的全部单位", "All of these kinds"), &kinds, true)}
        {part("areas", "areas[]", tr("这些区县的全部单位(与类型同选时取交集)", "All in these districts (with kinds: those of the kind there)"), &districts, true)}
        {part("orgs", "orgs[]", tr("逐个选择单位", "One by one"), &orgs, false)}
        {part("districts", "districts[]", tr("区县监管部门", "The districts themselves"), &districts, false)}
    }
    .into_any()
}

fn preview(w: &ToIssue, names: &[String]) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let n = names.len() as i64;
    let about = facts(vec![
        (tr("文号", "Number"), was("number")),
        (tr("发文单位", "Issued by"), was("issuer")),
        (tr("收文单位", "Parties"), lang.pick(format!("{} 家", format::count(n)), format::count(n))),
        (tr("办理期限", "Deadline"), or_none(&was("deadline"))),
        (
            tr("要求回复", "Answer asked for"),
            if was("answer") == "yes" { tr("是", "yes") } else { tr("否", "no") }.to_owned(),
        ),
    ]);
    let edit = format!("/papers/new?draft={}", w.draft);
    view! {
        <section aria-labelledby="look">
            <h2 id="look">{tr("核对后发布", "Look it over, then issue it")}</h2>
            {about}
            <article class="letter"><h3>{was("title")}</h3><p class="prose">{was("body")}</p></article>
            {(!w.files.is_empty()).then(|| files::list(&w.files))}
        </section>
        <section aria-labelledby="who">
            <h2 id="who">{tr("收文单位", "Parties")}</h2>
            <ol class="people" data-testid="parties">{names.iter().map(|n| view! { <li>{n.clone()}</li> }).collect_view()}</ol>
        </section>
        <form class="handle" method="post" action="/api/fn/paper_issue">
            <input type="hidden" name="id" value=w.draft.to_string()/>
            <input type="hidden" name="seen" value=w.seen.to_string()/>
            <p class="act">
                <button type="submit" data-testid="issue">{tr("发布并通知", "Issue it and tell the parties")}</button>
                <a class="button" href=edit>{tr("返回修改", "Back to the text")}</a>
            </p>
        </form>
    }
    .into_any()
}
