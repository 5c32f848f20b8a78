//! `/checks/:catalogue`: a version of a catalogue.

use super::{check_catalogue, edit, severity, since};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, Section, or_none},
        list::Tone,
        page, table, told,
    },
    lang::{Lang, tr},
};
use domain::check::{CataloguePage, Change, How, Item, Version};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let version = query.with(|q| q.get("version")).and_then(|v| v.parse::<i64>().ok()).unwrap_or_default();
        (params.with(|p| p.get("catalogue")).unwrap_or_default(), version)
    });
    let unconfirmed = move || query.with(|q| q.get("only")).is_some_and(|o| o == "unconfirmed");
    let catalogue =
        Resource::new_blocking(move || asked.get(), |(catalogue, version)| check_catalogue(catalogue, version));
    let content = view! {
        <Title text=format!("{} · {}", tr("检查项目", "Check items"), tr("瓶迹", "Pingji"))/>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let unconfirmed = unconfirmed();
                Suspend::new(async move {
                    match catalogue.await {
                        Ok(p) => view(&p, unconfirmed),
                        Err(AppError::NotFound) => page::notice(
                            "empty",
                            tr("没有这个目录或版本", "No such catalogue or version").into(),
                            tr("请从检查项目页进入。", "Come from the page of check items.").into(),
                        ),
                        Err(why) => {
                            page::failed(&why)
                        }
                    }
                })
            }}
        </Transition>
        <p><a href="/checks">{tr("返回检查项目", "Back to the catalogues")}</a></p>
    };
    page::page(content.into_any())
}

fn view(p: &CataloguePage, unconfirmed: bool) -> AnyView {
    let lang = Lang::current();
    let draft = p.version.published_at.is_none();
    let (tone, word) = if draft {
        (Tone::Warn, tr("草稿", "draft"))
    } else if p.version.no == p.newest {
        (Tone::Ok, tr("现行", "in force"))
    } else {
        (Tone::Plain, tr("历史版本", "of the past"))
    };
    let mut sections = vec![];
    if draft {
        sections.push(Section {
            id: "work",
            title: tr("编辑草稿", "Work on the draft"),
            note: String::new(),
            content: work(p),
        });
    }
    if p.versions.iter().any(|v| v.no < p.version.no) {
        let note = lang.pick(format!("{} 处", p.changes.len()), p.changes.len().to_string());
        sections.push(Section {
            id: "changes",
            title: tr("与上一版本的差异", "What it changes"),
            note,
            content: changes(p),
        });
    }
    let shown: Vec<&Item> = p.items.iter().filter(|i| !unconfirmed || (i.enabled && !i.confirmed)).collect();
    let note = lang.pick(format!("{} 项", shown.len()), shown.len().to_string());
    sections.push(Section { id: "items", title: tr("项目", "Items"), note, content: items(p, &shown, unconfirmed) });
    sections
        .push(Section { id: "versions", title: tr("版本", "Versions"), note: String::new(), content: versions(p) });
    let version = lang.pick(format!("第 {} 版", p.version.no), format!("version {}", p.version.no));
    Detail {
        kind: lang.text(p.catalogue.text()),
        code: version,
        badges: vec![(tone, word.to_owned())],
        actions: vec![],
        aside: (p.may_edit && !draft).then(|| begin(p)),
        sections,
    }
    .view()
}

/// A hidden field.
fn hidden(name: &'static str, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// Begins a new version, or goes on with the one that somebody began.
fn begin(p: &CataloguePage) -> AnyView {
    let there = p.versions.iter().any(|v| v.published_at.is_none());
    let text = if there {
        tr("继续编辑草稿", "Go on with the draft")
    } else {
        tr("开始新版本", "Begin a new version")
    };
    view! {
        <form method="post" action="/api/fn/check_draft" class="act">
            {hidden("catalogue", p.catalogue.code().to_owned())}
            <button type="submit" class="button" name="act" value="begin">{text}</button>
        </form>
    }
    .into_any()
}

fn work(p: &CataloguePage) -> AnyView {
    let same = p.changes.is_empty();
    let publish = view! {
        <form method="post" action="/api/fn/check_draft" class="handle">
            {hidden("catalogue", p.catalogue.code().to_owned())}
            {hidden("revision", p.version.revision.to_string())}
            <label for="note">{tr("修订说明(发布时必填)", "Reason (needed to publish)")}</label>
            <textarea id="note" name="note" rows="2" maxlength="200"></textarea>
            <p class="act">
                <input id="sure" type="checkbox" name="sure" value="yes"/>
                <label for="sure">{tr("我已核对上述差异,发布后立即生效", "I have looked at the changes; they are in force at once")}</label>
            </p>
            <p class="act">
                <button type="submit" name="act" value="publish" disabled=same>{tr("发布", "Publish")}</button>
                <button type="submit" name="act" value="discard" class="quiet">{tr("放弃草稿", "Discard the draft")}</button>
            </p>
        </form>
    };
    view! {
        <p><a class="button" href=edit::address(p.catalogue, None)>{tr("新增项目", "Add an item")}</a></p>
        {same.then(|| view! { <p class="quiet">{tr("草稿与现行版本相同,还没有可发布的内容。", "The draft is the same as the version in force: there is nothing to publish.")}</p> })}
        {publish}
    }
    .into_any()
}

/// The name of an item's field.
fn field_name(name: &str) -> &'static str {
    match name {
        "code" => tr("代码", "Code"),
        "part" => tr("类别", "About"),
        "zh" => tr("内容(中文)", "Text, Chinese"),
        "en" => tr("内容(英文)", "Text, English"),
        "severity" => tr("不合格等级", "Grade"),
        "days" => tr("整改期限", "Term"),
        "media" => tr("适用介质", "Media"),
        "source" => tr("依据", "Source"),
        "clause" => tr("条款", "Clause"),
        "note" => tr("备注", "Remark"),
        "confirmed" => tr("确认", "Confirmed"),
        _ => tr("使用", "In use"),
    }
}

fn changes(p: &CataloguePage) -> AnyView {
    if p.changes.is_empty() {
        return view! { <p class="quiet" role="status">{tr("没有差异", "Nothing differs")}</p> }.into_any();
    }
    let row = |c: &Change| {
        let text = match &c.how {
            How::Added => {
                p.items.iter().find(|i| i.code == c.code).map(|i| Lang::current().pick(i.zh.clone(), i.en.clone()))
            }
            How::Removed => None,
            How::Edited(fields) => {
                let or = |v: &str| if v.is_empty() { "—".to_owned() } else { v.to_owned() };
                let one =
                    |(name, a, b): &(String, String, String)| format!("{}:{} → {}", field_name(name), or(a), or(b));
                Some(fields.iter().map(one).collect::<Vec<_>>().join("; "))
            }
        };
        let (tone, word) = match &c.how {
            How::Added => (Tone::Ok, tr("新增", "added")),
            How::Removed => (Tone::Bad, tr("删除", "removed")),
            How::Edited(_) => (Tone::Warn, tr("修改", "edited")),
        };
        vec![
            c.code.clone().into_any(),
            view! { <span class=format!("badge {}", tone.class())>{word}</span> }.into_any(),
            text.unwrap_or_default().into_any(),
        ]
    };
    let columns = [(tr("代码", "Code"), "code"), (tr("变化", "How"), ""), (tr("内容", "What"), "detail")];
    table::table(tr("差异", "Changes"), "changes", &columns, p.changes.iter().map(row).collect())
}

fn items(p: &CataloguePage, shown: &[&Item], unconfirmed: bool) -> AnyView {
    let lang = Lang::current();
    let here = format!("/checks/{}?version={}", p.catalogue.code(), p.version.no);
    let ways = view! {
        <nav class="ways" aria-label=tr("筛选", "Filter")>
            <a href=here.clone() aria-current=(!unconfirmed).then_some("page")>{tr("全部", "All")}</a>
            <a href=format!("{here}&only=unconfirmed") aria-current=unconfirmed.then_some("page")>{tr("待确认", "To be confirmed")}</a>
        </nav>
    };
    if shown.is_empty() {
        return view! {
            {ways}
            <p class="empty" role="status">{tr("没有符合条件的项目。", "No item matches.")}</p>
        }
        .into_any();
    }
    let draft = p.version.published_at.is_none() && p.may_edit;
    let row = |i: &&Item| {
        let days = match i.days {
            None => "—".to_owned(),
            Some(0) => tr("立即停供", "at once").to_owned(),
            Some(d) => format!("{d} {}", tr("天", "d")),
        };
        let (tone, word) = match (i.enabled, i.confirmed) {
            (false, _) => (Tone::Plain, tr("停用", "Off")),
            (true, true) => (Tone::Ok, tr("已确认", "Confirmed")),
            (true, false) => (Tone::Warn, tr("待确认", "To be confirmed")),
        };
        let text = lang.pick(i.zh.clone(), i.en.clone());
        let media = if i.media.is_empty() { tr("全部", "all").to_owned() } else { i.media.clone() };
        let mut cells = vec![
            i.code.clone().into_any(),
            lang.text(i.part.text()).into_any(),
            view! { {text} {(!i.note.is_empty()).then(|| view! { <br/><small>{i.note.clone()}</small> })} }.into_any(),
            i.severity.map_or_else(|| "—".into_any(), severity),
            days.into_any(),
            media.into_any(),
            format!("{} {}", i.source, i.clause).trim().to_owned().into_any(),
            view! { <span class=format!("badge {}", tone.class())>{word}</span> }.into_any(),
        ];
        if draft {
            let label = format!("{} {}", tr("移出", "Take out"), i.code);
            let edit_label = format!("{} {}", tr("编辑", "Edit"), i.code);
            cells.push(
                view! {
                    <span class="acts">
                        <a href=edit::address(p.catalogue, Some(*i)) aria-label=edit_label>{tr("编辑", "Edit")}</a>
                        <form method="post" action="/api/fn/check_draft">
                            {hidden("catalogue", p.catalogue.code().to_owned())}
                            {hidden("code", i.code.clone())}
                            <button type="submit" name="act" value="remove" class="quiet" aria-label=label>{tr("移出", "Take out")}</button>
                        </form>
                    </span>
                }
                .into_any(),
            );
        }
        cells
    };
    let mut columns = vec![
        (tr("代码", "Code"), "code"),
        (tr("类别", "About"), ""),
        (tr("内容", "Text"), "detail"),
        (tr("等级", "Grade"), ""),
        (tr("整改期限", "Term"), ""),
        (tr("介质", "Media"), ""),
        (tr("依据", "Source"), ""),
        (tr("确认", "Confirmed"), ""),
    ];
    if draft {
        columns.push((tr("操作", "Do"), ""));
    }
    view! {
        {ways}
        {table::table(tr("检查项目", "Check items"), "items", &columns, shown.iter().map(row).collect())}
    }
    .into_any()
}

fn versions(p: &CataloguePage) -> AnyView {
    let row = |v: &Version| {
        let href = format!("/checks/{}?version={}", p.catalogue.code(), v.no);
        let here = (v.no == p.version.no).then_some("page");
        let mut cells = vec![view! { <a href=href aria-current=here>{v.no}</a> }.into_any(), since(v).into_any()];
        if p.may_edit {
            cells.extend([or_none(&v.by).into_any(), or_none(&v.note).into_any()]);
        }
        cells
    };
    let mut columns = vec![(tr("版本", "Version"), "num"), (tr("生效", "In force since"), "when")];
    // Who published it and why is told those who edit.
    if p.may_edit {
        columns.extend([(tr("发布人", "By"), ""), (tr("修订说明", "Reason"), "detail")]);
    }
    table::table(tr("版本", "Versions"), "versions", &columns, p.versions.iter().map(row).collect())
}
