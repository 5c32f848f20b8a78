//! `/credit/appeal?point=…` and `/credit/appeals/:id`: an appeal against a point, and how it is decided.

use super::{credit_appeal, credit_appeal_ask, credit_appeal_one, spec};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        detail::{Detail, Section, facts, or_none},
        entered,
        form::{self, Entry, Field, FormSpec},
        list::Tone,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    attachment::{Attachment, Why},
    clock,
    credit::{self, Act as AppealAct, AppealPage, NOTE_MAX, Step as AppealStep, points},
    form::Values,
    outcome::Text,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page where one is filed.
pub const PATH: &str = "/credit/appeal";

/// Where forms with files go.
const UPLOAD: &str = "/credit/appeals/file";
/// What can be attached.
const FILES: &str = "image/jpeg,image/png,image/webp,image/gif,video/mp4,.pdf,.docx,.xlsx,.pptx";

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

static APPEAL: FormSpec = FormSpec {
    title: t("信用申诉", "Appeal"),
    submit: t("提交申诉", "File"),
    action: UPLOAD,
    fields: &[
        Field::new("point", t("申诉的扣分", "Against which point"), None, true, Entry::Fixed),
        Field::new("grounds", t("理由", "Why"), None, true, Entry::Text(200)),
        Field::new(
            "evidence",
            t("证据", "Evidence"),
            Some(t("记录编号、文书文号或证据包编号", "Numbers of records, documents or packs of evidence")),
            true,
            Entry::Text(200),
        ),
        Field::new(
            "file",
            t("证据文件", "Files"),
            Some(t(
                "可不附。最多 5 个:图片每张 20 MB、文档每份 50 MB、视频 200 MB;只有本单位和主管部门可见",
                "If you like. Five at most: pictures of 20 MB, documents of 50 MB, a video of 200 MB; only your organisation and the authority see them",
            )),
            false,
            Entry::Files(FILES),
        ),
    ],
    check: |values, _| credit::read_appeal(values).err().unwrap_or_default(),
    ask: || Box::pin(credit_appeal_ask(String::new())),
    save: |values| Box::pin(credit_appeal(values)),
};

/// The form.
#[must_use]
pub fn file() -> AnyView {
    let query = use_query_map();
    let point = query.with_untracked(|q| q.get("point").unwrap_or_default());
    form::page_of(&APPEAL, move || Box::pin(credit_appeal_ask(point.clone())))
}

/// The page of one.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, credit_appeal_one);
    let given = entered::resource(&["note", "evidence", "share", "file", "named"]);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("信用申诉", "Appeal"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这条申诉", "No such appeal")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/credit/appeals">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

fn view(p: &AppealPage, given: &Values) -> AnyView {
    let lang = Lang::current();
    let a = &p.appeal;
    let badges = vec![
        (spec::appeal_tone(a.state), lang.text(a.state.text()).to_owned()),
        (Tone::Plain, format!("{} {}", tr("应办结", "to be decided by"), a.due)),
    ];
    let mut actions = vec![(format!("/credit/{}", a.org), tr("该单位的评价", "The rating"))];
    if let Some(event) = &a.event {
        actions.push((event.clone(), tr("查看事实", "What happened")));
    }
    let about = facts(vec![
        (tr("单位", "Organisation"), a.org_name.clone()),
        (tr("扣分项", "Point"), lang.pick(a.item.0.clone(), a.item.1.clone())),
        (tr("提出时间", "Filed"), clock::local_text(a.filed_at)),
        (tr("理由", "Why"), a.grounds.clone()),
        (tr("证据", "Evidence"), or_none(&a.evidence)),
        (tr("仍计入", "Still counts"), format!("{} %", a.share)),
    ]);
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![
        section("facts", tr("申诉内容", "The appeal"), about),
        section("steps", tr("办理经过", "What was done"), steps(&p.steps)),
    ];
    if !p.files.is_empty() {
        sections.insert(1, section("files", tr("证据文件", "Files"), files(&p.files)));
    }
    if !p.acts.is_empty() {
        sections.push(section("handle", tr("办理", "Handle"), handle(p, given)));
    }
    Detail { kind: tr("信用申诉", "Appeal"), code: a.id.to_string(), badges, actions, aside: None, sections }.view()
}

fn files(all: &[Attachment]) -> AnyView {
    let one = |f: &Attachment| {
        view! { <li><a href=f.address() target="_blank" rel="noopener">{f.name.clone()}</a> " · " {f.size()}</li> }
    };
    view! { <ul class="links" data-testid="files">{all.iter().map(one).collect_view()}</ul> }.into_any()
}

fn steps(all: &[AppealStep]) -> AnyView {
    let lang = Lang::current();
    let one = |s: &AppealStep| {
        let effect = s.effect.map(|((p0, g0), (p1, g1))| {
            format!("{} {} → {} {}", lang.text(g0.text()), points(p0), lang.text(g1.text()), points(p1))
        });
        view! {
            <li>
                <time>{clock::local_text(s.at)}</time> " " <strong>{lang.text(s.act.text())}</strong> " " {s.by.clone()}
                {(!s.note.is_empty()).then(|| view! { <br/><q>{s.note.clone()}</q> })}
                {(!s.evidence.is_empty()).then(|| view! { <br/><span>{tr("证据:", "Evidence: ")}{s.evidence.clone()}</span> })}
                {effect.map(|e| view! { <br/><span>{e}</span> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{all.iter().map(one).collect_view()}</ol> }.into_any()
}

/// What can be done with it now: a plain form, so that it works without the page's program.
fn handle(p: &AppealPage, given: &Values) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| given.get(name).cloned().unwrap_or_default();
    let has = |act| p.acts.contains(&act);
    let buttons = p.acts.iter().filter(|a| **a != AppealAct::Supplement).map(|a| {
        let quiet = if matches!(a, AppealAct::Withdraw) { "quiet" } else { "" };
        view! { <button type="submit" name="values[act]" value=a.code() class=quiet>{lang.text(a.text())}</button> }
    });
    let supplement = has(AppealAct::Supplement).then(|| {
        let which = given.get("named").map(|n| format!("{}:", clock::clip(n))).unwrap_or_default();
        let wrong = given.get("file").and_then(|w| Why::from_code(w)).map(|w| format!("{which}{}", lang.text(w.info())));
        view! {
            <form method="post" action=UPLOAD enctype="multipart/form-data" class="handle">
                <h3>{lang.text(AppealAct::Supplement.text())}</h3>
                <input type="hidden" name="id" value=p.appeal.id.to_string()/>
                <input type="hidden" name="values[seen]" value=p.steps.len().to_string()/>
                <label for="more">{tr("说明(必填)", "Reason (needed)")}</label>
                <textarea id="more" name="values[note]" rows="2" maxlength=NOTE_MAX.to_string() required inner_html=lines(&was("note"))></textarea>
                <label for="evidence">{tr("补充的证据(必填)", "Evidence that is added (needed)")}</label>
                <input id="evidence" type="text" name="values[evidence]" maxlength=NOTE_MAX.to_string() required value=was("evidence")/>
                {form::held(form::kept(given))}
                <span class="pick">
                    <label for="file">{tr("选择证据文件", "Choose files")}</label>
                    <input id="file" name="file" type="file" multiple accept=FILES/>
                </span>
                {wrong.map(|w| view! { <p class="told error" role="alert">{w}</p> })}
                <p class="act"><button type="submit">{lang.text(AppealAct::Supplement.text())}</button></p>
            </form>
        }
    });
    let others = p.acts.iter().any(|a| *a != AppealAct::Supplement);
    let act = others.then(|| view! {
        <form method="post" action="/api/fn/credit_act" class="handle">
            <input type="hidden" name="id" value=p.appeal.id.to_string()/>
            <input type="hidden" name="values[seen]" value=p.steps.len().to_string()/>
            <label for="note">{tr("说明(必填)", "Reason (needed)")}</label>
            <textarea id="note" name="values[note]" rows="2" maxlength=NOTE_MAX.to_string() required inner_html=lines(&was("note"))></textarea>
            {has(AppealAct::Reduce).then(|| view! {
                <label for="share">{tr("部分成立时仍计入的比例(%)", "Share that still counts where it is granted in part (%)")}</label>
                <input id="share" type="text" inputmode="numeric" name="values[share]" maxlength="3" value=was("share")/>
            })}
            <p class="act">{buttons.collect_view()}</p>
        </form>
    });
    view! { {supplement} {act} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        let fields: Vec<&str> = APPEAL.fields.iter().map(|f| f.name).collect();
        assert_eq!((&fields[..3], fields[3]), (&credit::APPEAL_FIELDS[..], "file"));
    }
}
