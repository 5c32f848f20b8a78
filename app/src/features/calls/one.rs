//! `/calls/:id`: one, what was done and what can be done now.

use super::{Shown, call_one, call_unmask, spec};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        detail::{Detail, Section, facts, or_none},
        entered, page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    call::{Act, NOTE_MAX, Step},
    case::{Reporter, Track},
    clock,
    form::Values,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_params_map;

/// What a form that could not be taken may bring back, by its name.
const ENTERED: [&str; 7] = ["act", "with", "callback", "track", "title", "place", "note"];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, call_one);
    let given = entered::resource(&ENTERED);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("来电", "Call"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这条来电", "No such call")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/calls">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

fn view(shown: &Shown, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let c = &shown.page.call;
    let mut badges = vec![(spec::tone(c.state), lang.text(c.state.text()).to_owned())];
    if let Some(b) = c.back(shown.now) {
        badges.push((spec::back_tone(b), lang.text(b.text()).to_owned()));
    }
    let mut actions = vec![];
    if let Some((id, _)) = c.case {
        actions.push((format!("/cases/{id}"), tr("查看案件", "The case")));
    }
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![
        section("facts", tr("来电内容", "What was said"), about(shown)),
        section("steps", tr("办理经过", "What was done"), steps(&shown.page.steps)),
    ];
    if shown.may_handle {
        sections.push(section("handle", tr("办理", "Handle"), handle(shown, entered)));
    }
    Detail { kind: lang.text(c.category.text()), code: c.id.to_string(), badges, actions, aside: None, sections }.view()
}

fn about(shown: &Shown) -> AnyView {
    let c = &shown.page.call;
    let instant = |at: Option<i64>| or_none(&at.map(clock::local_text).unwrap_or_default());
    let all = vec![
        (tr("来电时间", "When"), clock::local_text(c.at)),
        (tr("区县", "District"), or_none(&c.district)),
        (tr("涉及单位", "Organisation"), or_none(&c.org_name)),
        (tr("涉及气瓶", "Cylinder"), or_none(&c.tag)),
        (tr("移交给", "Handed to"), or_none(&c.handed_to)),
        (tr("回电时限", "Call back by"), instant(c.callback)),
        (tr("回电时间", "Called back"), instant(c.called_back)),
        (tr("案件", "Case"), or_none(c.case.as_ref().map_or("", |k| k.1.as_str()))),
    ];
    let text = c.text.clone();
    view! {
        {facts(all)}
        <p class="prose">{text}</p>
        {caller(shown)}
    }
    .into_any()
}

fn person(r: &Reporter) -> AnyView {
    facts(vec![(tr("姓名", "Name"), or_none(&r.name)), (tr("电话", "Telephone"), or_none(&r.phone))])
}

/// Who called: masked until somebody says what for.
fn caller(shown: &Shown) -> AnyView {
    let c = &shown.page.call;
    if c.caller.is_nobody() {
        return view! { <h3>{tr("来电人", "Caller")}</h3><p>{tr("未留姓名电话", "Neither name nor number was given")}</p> }
            .into_any();
    }
    let (id, masked, may) = (c.id, c.caller.clone(), shown.may_unmask);
    let known = RwSignal::new(None::<Reporter>);
    let failed = RwSignal::new(None::<AppError>);
    let purpose = RwSignal::new(String::new());
    let ask = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        spawn_local(async move {
            match call_unmask(id, purpose.get_untracked()).await {
                Ok(r) => {
                    failed.set(None);
                    known.set(Some(r));
                }
                Err(why) => failed.set(Some(why)),
            }
        });
    };
    view! {
        <h3>{tr("来电人", "Caller")}</h3>
        {move || known.get().map_or_else(|| person(&masked), |r| person(&r))}
        {move || (may && known.with(Option::is_none)).then(|| view! {
            <form class="handle unmask" on:submit=ask>
                <label for="purpose">{tr("查看完整信息的用途(记入审计日志)", "What it is needed for (kept in the audit log)")}</label>
                <input id="purpose" type="text" maxlength="100" required prop:value=purpose on:input=move |e| purpose.set(event_target_value(&e))/>
                <p class="act"><button type="submit" class="quiet">{tr("查看完整信息", "Show it whole")}</button></p>
                {move || failed.get().map(|why| view! { <p class="told error" role="alert">{why.text()}</p> })}
            </form>
        })}
    }
    .into_any()
}

fn steps(all: &[Step]) -> AnyView {
    let lang = Lang::current();
    let step = |s: &Step| {
        let (with, note) = (s.with.clone(), s.note.clone());
        view! {
            <li>
                <time>{clock::local_text(s.at)}</time> " " <strong>{lang.text(s.act.text())}</strong> " " {s.by.clone()}
                {(!with.is_empty()).then(|| view! { <br/><span>{with}</span> })}
                {(!note.is_empty()).then(|| view! { <br/><q class="prose">{note}</q> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{all.iter().map(step).collect_view()}</ol> }.into_any()
}

/// The fields that an act asks beside its note.
fn fields(act: Act, shown: &Shown, given: &impl Fn(&str) -> String) -> AnyView {
    let lang = Lang::current();
    let c = &shown.page.call;
    let line = |name: &'static str, title: &'static str, most: &'static str, needed: bool| {
        let id = format!("{}-{name}", act.code());
        let star = if needed { " *" } else { "" };
        view! {
            <label for=id.clone()>{title} {star}</label>
            <input id=id type="text" name=format!("values[{name}]") maxlength=most required=needed value=given(name)/>
        }
    };
    match act {
        Act::Hand => line("with", tr("移交给(部门或人员)", "To whom"), "60", true).into_any(),
        Act::Promise => view! {
            <label for="promise-callback">{tr("回电时限", "Call back by")} " *"</label>
            <input id="promise-callback" type="datetime-local" name="values[callback]" required value=given("callback")/>
        }
        .into_any(),
        Act::Case => {
            let chosen = given("track");
            let chosen = Track::from_code(&chosen).unwrap_or_else(|| c.category.track());
            let option = |t: &Track| {
                view! { <option value=t.code() selected=*t == chosen>{lang.text(t.text())}</option> }
            };
            view! {
                <label for="case-track">{tr("类别", "Kind")} " *"</label>
                <select id="case-track" name="values[track]" required>{Track::ALL.iter().map(option).collect_view()}</select>
                {line("title", tr("一句话说明", "In a few words"), "60", true)}
                {line("place", tr("地点(报修必填上门地址)", "Place (where to come, for a repair)"), "120", false)}
            }
            .into_any()
        }
        _ => ().into_any(),
    }
}

/// What can be done with it now, each act a plain form of its own, folded: it works without the page's program.
fn handle(shown: &Shown, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let c = &shown.page.call;
    let form = |act: Act| {
        let tried = entered.get("act").is_some_and(|a| a == act.code());
        let given = |name: &str| entered.get(name).filter(|_| tried).cloned().unwrap_or_default();
        let id = format!("{}-note", act.code());
        let (title, star) = match act {
            Act::CallBack => (tr("回电结果", "What came of it"), " *"),
            Act::Keep | Act::Remark => (tr("说明", "In words"), " *"),
            _ => (tr("说明", "In words"), ""),
        };
        view! {
            <details open=tried>
                <summary>{lang.text(act.text())}</summary>
                <form method="post" action="/api/fn/call_act" class="handle">
                    <input type="hidden" name="id" value=c.id.to_string()/>
                    <input type="hidden" name="values[act]" value=act.code()/>
                    <input type="hidden" name="values[seen]" value=c.version.to_string()/>
                    {fields(act, shown, &given)}
                    <label for=id.clone()>{title} {star}</label>
                    <textarea id=id name="values[note]" rows="2" maxlength=NOTE_MAX.to_string() required=act.needs_note() inner_html=lines(&given("note"))></textarea>
                    <p class="act"><button type="submit">{lang.text(act.text())}</button></p>
                </form>
            </details>
        }
    };
    view! { <div class="acts">{c.acts().into_iter().map(form).collect_view()}</div> }.into_any()
}
