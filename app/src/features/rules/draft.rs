//! `/rules/drafts/:id`: one draft: what it changes, what it would come to, and on to whoever approves and publishes it.

use super::{
    api::{Effects, rule_draft_effects, rule_draft_one},
    change,
    drafts::tone,
    effects, figures,
};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, NONE, Section, facts, or_none},
        format, page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    rules::{
        RuleKind,
        draft::{Done, DraftLine, DraftPage, NOTE_MAX, Progress, Stage},
        form::NEW,
    },
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::time::Duration;

/// How often the page looks while the server works.
const LOOK: Duration = Duration::from_secs(2);

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|i| i.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, rule_draft_one);
    let asked = use_query_map().with_untracked(|q| q.get("effects").is_some());
    let effects =
        Resource::new_blocking(
            id,
            move |id| async move { if asked { Some(rule_draft_effects(id).await) } else { None } },
        );
    Effect::new(move |_| {
        let works = one.with(|p| matches!(p, Some(Ok(p)) if is_under_way(p)));
        if works && let Ok(timer) = set_timeout_with_handle(move || one.refetch(), LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
    let content = view! {
        {page::title(move || format!("{} {} · 瓶迹", tr("规则草稿", "Draft of rules"), id()))}
        <p><a href="/rules/drafts">{tr("← 全部草稿", "← All drafts")}</a></p>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, effects.await) {
                    (Ok(p), effects) => shown(&p, effects),
                    (Err(AppError::NotFound), _) => page::notice(
                        "empty",
                        tr("没有这份草稿", "No such draft").into(),
                        tr("请从草稿列表进入。", "Come from the list of drafts.").into(),
                    ),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn is_under_way(p: &DraftPage) -> bool {
    p.preview.as_ref().is_some_and(|v| v.current && !v.ended && !v.failed) || p.progress.is_some_and(|x| !x.ended)
}

fn shown(p: &DraftPage, asked: Option<Result<Effects, AppError>>) -> AnyView {
    let (line, lang) = (&p.line, Lang::current());
    let mut sections = vec![Section {
        id: "changes",
        title: tr("变动", "Changes"),
        note: lang.pick(format!("{} 条", p.changes.len()), format!("{} rules", p.changes.len())),
        content: changes(p),
    }];
    sections.push(Section {
        id: "preview",
        title: tr("影响预览", "What it would come to"),
        note: String::new(),
        content: figures::section(p),
    });
    // What a published draft changed has changed.
    if line.stage != Stage::Published && !p.changes.is_empty() {
        sections.push(Section {
            id: "effects",
            title: tr("对信用评价和办件期限的影响", "What it changes of ratings and of terms of cases"),
            note: String::new(),
            content: effects::section(p, asked),
        });
    }
    if let Some(progress) = p.progress {
        let content = derived(progress);
        sections
            .insert(0, Section { id: "derived", title: tr("重新推算", "Derived anew"), note: String::new(), content });
    }
    let next = next(p);
    if let Some(content) = next {
        sections.push(Section { id: "next", title: tr("下一步", "Next"), note: String::new(), content });
    }
    Detail {
        kind: tr("规则草稿", "Draft of rules"),
        code: line.id.to_string(),
        badges: vec![(tone(line.stage), lang.text(line.stage.text()).to_owned())],
        actions: vec![],
        aside: Some(about(line)),
        sections,
    }
    .view()
}

fn about(d: &DraftLine) -> AnyView {
    let who = |x: Option<&Done>| x.map_or_else(|| NONE.to_owned(), |x| format!("{} · {}", x.name, local_text(x.at)));
    facts(vec![
        (tr("修改原因", "Why"), d.note.clone()),
        (tr("基于版本", "Changes version"), d.base.to_string()),
        (tr("编制", "Begun"), who(Some(&d.author))),
        (tr("提交", "Submitted"), who(d.submitted.as_ref())),
        (tr("批准或退回", "Decided"), who(d.decided.as_ref())),
        (tr("退回原因", "Sent back because"), or_none(&d.reason)),
        (tr("发布", "Published"), who(d.published.as_ref())),
        (tr("成为版本", "Became version"), d.version.map_or_else(|| NONE.to_owned(), |v| v.to_string())),
    ])
}

fn changes(p: &DraftPage) -> AnyView {
    let (id, lang) = (p.line.id, Lang::current());
    let table = if p.changes.is_empty() {
        view! { <p class="empty" role="status">{tr("还没有变动。请选择要修改的规则,或新增一条。", "Nothing changes yet: choose a rule, or add one.")}</p> }
            .into_any()
    } else {
        change::table(&p.changes, p.may.edit.then_some(id))
    };
    let add = p.may.edit.then(|| {
        let kinds = NEW.iter().map(|(kind, _): &(RuleKind, _)| {
            view! { <option value=kind.code()>{lang.text(kind.text())}</option> }
        });
        view! {
            <p><a class="button" href=format!("/rules?draft={id}") data-testid="choose">{tr("选择要修改的规则", "Choose a rule to change")}</a></p>
            <form class="form inline" method="get" action=format!("/rules/drafts/{id}/row")>
                <label for="kind">{tr("新增规则的类别", "Kind of a new rule")}</label>
                <select id="kind" name="kind">{kinds.collect_view()}</select>
                <button type="submit" class="quiet">{tr("新增", "Add")}</button>
            </form>
        }
    });
    view! { {table} {add} }.into_any()
}

/// How far the dates that are stored follow from it.
fn derived(p: Progress) -> AnyView {
    let lang = Lang::current();
    let changed = format::count(p.changed);
    let text = if p.ended {
        lang.pick(
            format!("全部气瓶的检验到期日和使用年限已按此版本推算,其中 {changed} 只有变化。"),
            format!("All due dates and ends of life follow from this version; {changed} cylinders changed."),
        )
    } else {
        let left = format::count(p.left);
        lang.pick(
            format!("正在按此版本推算:已有 {changed} 只变化,尚余 {left} 只。"),
            format!("Dates are being derived under this version: {changed} cylinders changed, {left} are left."),
        )
    };
    view! { <p role="status" data-testid="derived" data-ended=p.ended.to_string()>{text}</p> }.into_any()
}

/// A form of one button.
pub(super) fn act(function: &'static str, id: i64, act: &'static str, text: &'static str, strong: bool) -> AnyView {
    view! {
        <form class="acts" method="post" action=format!("/api/fn/{function}")>
            <input type="hidden" name="id" value=id.to_string()/>
            <button type="submit" name="act" value=act class:quiet=!strong data-testid=act>{text}</button>
        </form>
    }
    .into_any()
}

/// What can be done with it now, by whoever looks at it.
fn next(p: &DraftPage) -> Option<AnyView> {
    use domain::rules::draft::Stage as S;
    let (id, stage) = (p.line.id, p.line.stage);
    if stage.has_ended() {
        return None;
    }
    let stale = p.line.base != p.newest;
    let said = |text: &'static str| view! { <p>{text}</p> }.into_any();
    let mut all: Vec<AnyView> = vec![];
    if stale {
        all.push(said(tr(
            "现行规则已有更新的版本,草稿须先更新到该版本再提交。",
            "There is a newer version of the rules: take the draft up to it before it is submitted.",
        )));
    }
    match stage {
        S::Drafting => {
            if stale {
                all.push(act(
                    "rule_draft_act",
                    id,
                    "rebase",
                    tr("更新到现行版本", "Take it up to the newest version"),
                    true,
                ));
            }
            let previewed = p.preview.as_ref().is_some_and(|v| v.current && v.ended);
            if !stale && previewed && !p.changes.is_empty() {
                all.push(act("rule_draft_act", id, "submit", tr("提交批准", "Submit for approval"), true));
            } else {
                all.push(said(tr(
                    "完成变动并计算影响后即可提交,由另一人批准。",
                    "Once it changes something and what it comes to was computed, it can be submitted.",
                )));
            }
        }
        S::Submitted if p.may.decide => all.push(decide(id)),
        S::Submitted => all.push(said(tr(
            "等待另一名有批准权限的人员批准;编制和修改过草稿的人不得批准。",
            "Somebody else has to approve it: nobody who wrote or changed it may.",
        ))),
        S::Approved if p.may.publish => {
            all.push(said(tr(
                "发布后立即生效:闸机、大屏和各页面按新版本判定,已存到期日随即重新推算。",
                "It decides at once when it is published; what is stored is derived anew.",
            )));
            all.push(act("rule_draft_decide", id, "publish", tr("发布为新版本", "Publish"), true));
        }
        _ => {}
    }
    if matches!(stage, S::Submitted | S::Approved) {
        all.push(act("rule_draft_act", id, "withdraw", tr("收回修改", "Take it back to change it"), false));
    }
    all.push(act("rule_draft_act", id, "discard", tr("放弃草稿", "Give it up"), false));
    Some(all.into_any())
}

fn decide(id: i64) -> AnyView {
    view! {
        {act("rule_draft_decide", id, "approve", tr("批准", "Approve"), true)}
        <form class="handle" method="post" action="/api/fn/rule_draft_decide">
            <input type="hidden" name="id" value=id.to_string()/>
            <label for="reason">{tr("退回原因", "Why it is sent back")}</label>
            <textarea id="reason" name="reason" rows="2" required maxlength=NOTE_MAX.to_string()></textarea>
            <p class="act">
                <button type="submit" name="act" value="send_back" class="quiet" data-testid="send_back">{tr("退回", "Send back")}</button>
            </p>
        </form>
    }
    .into_any()
}
