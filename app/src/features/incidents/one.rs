//! `/accidents/:id`, `/hazards/:id`: one of a register, and what was done about it.

use super::{incident_one, spec};
use crate::{
    error::AppError,
    features::cylinders,
    kit::{
        area::lines,
        detail::{Detail, Section, facts, or_none},
        entered, format,
        list::Tone,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    form::Values,
    incident::{Act, Incident, IncidentPage, NOTE_MAX, Register, Step},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
pub(super) fn page(register: Register) -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, move |id| incident_one(register, id));
    let title = Lang::current().text(register.text());
    let given = entered::resource(&ENTERED);
    let content = view! {
        {page::title(move || format!("{title} {} · {}", id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这条登记", "No such entry")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href=register.path()>{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

/// What a form that came too late may bring back, by its name.
const ENTERED: [&str; 7] = ["note", "due", "dead", "serious", "minor", "loss", "cause"];

fn view(p: &IncidentPage, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let i = &p.incident;
    let mut badges = vec![
        (spec::tone(i.level), lang.text(i.level.text()).to_owned()),
        (spec::state_tone(i.state), lang.text(i.state.text()).to_owned()),
    ];
    if i.is_late(p.today) {
        badges.push((Tone::Bad, tr("逾期未整改", "rectification overdue").to_owned()));
    }
    let mut actions = vec![];
    if p.traced {
        actions.push((format!("{}/trace", cylinders::address(&i.tag, "")), tr("气瓶轨迹", "The cylinder's trace")));
    }
    let mut sections = vec![
        Section { id: "facts", title: tr("登记内容", "On record"), note: String::new(), content: about(i) },
        Section {
            id: "steps", title: tr("处置经过", "What was done"), note: String::new(), content: steps(&p.steps)
        },
    ];
    if p.may_handle {
        sections.push(Section {
            id: "handle",
            title: tr("处置", "Handle"),
            note: String::new(),
            content: handle(p, entered),
        });
    }
    Detail { kind: lang.text(i.register.text()), code: i.id.to_string(), badges, actions, aside: None, sections }.view()
}

fn about(i: &Incident) -> AnyView {
    let lang = Lang::current();
    let accident = i.register == Register::Accident;
    let persons = |n: i32| format!("{n} {}", tr("人", "persons"));
    let mut all = vec![
        (
            if accident { tr("发生时间", "When it happened") } else { tr("发现时间", "When it was found") },
            clock::local_text(i.at),
        ),
        (tr("类型", "Kind"), lang.text(i.kind.text()).to_owned()),
        (tr("区县", "District"), i.district.clone()),
        (tr("地点", "Place"), i.place.clone()),
        (tr("单位", "Organisation"), or_none(&i.org_name)),
        (tr("涉及气瓶", "Cylinder"), or_none(&i.tag)),
        (tr("经过", "What happened"), i.brief.clone()),
    ];
    if accident {
        all.extend([
            (tr("死亡", "Dead"), persons(i.harm.dead)),
            (tr("重伤", "Seriously injured"), persons(i.harm.serious)),
            (tr("轻伤", "Slightly injured"), persons(i.harm.minor)),
            (tr("直接经济损失", "Direct loss"), format!("{} {}", format::count(i.harm.loss_yuan), tr("元", "CNY"))),
            (tr("原因", "Cause"), or_none(&i.cause)),
        ]);
    } else {
        all.extend([
            (tr("入户安检项", "Item of the home check"), or_none(&i.item)),
            (tr("整改期限", "To be put right by"), or_none(&i.due.map(|d| d.to_string()).unwrap_or_default())),
        ]);
    }
    all.push((tr("登记时间", "Entered"), clock::local_text(i.entered_at)));
    facts(all)
}

/// The name of a figure that changed.
fn field_name(name: &str) -> &'static str {
    match name {
        "dead" => tr("死亡", "dead"),
        "serious" => tr("重伤", "seriously injured"),
        "minor" => tr("轻伤", "slightly injured"),
        "loss" => tr("损失(元)", "loss (CNY)"),
        "cause" => tr("原因", "cause"),
        _ => tr("整改期限", "term"),
    }
}

fn steps(all: &[Step]) -> AnyView {
    let lang = Lang::current();
    let step = |s: &Step| {
        let changed: Vec<String> = s
            .changed
            .iter()
            .map(|(name, a, b)| format!("{} {} → {}", field_name(name), or_none(a), or_none(b)))
            .collect();
        view! {
            <li>
                <time>{clock::local_text(s.at)}</time> " " <strong>{lang.text(s.act.text())}</strong> " " {s.by.clone()}
                {(!changed.is_empty()).then(|| view! { <br/><span>{changed.join(lang.pick(";", "; "))}</span> })}
                {(!s.note.is_empty()).then(|| view! { <br/><q>{s.note.clone()}</q> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{all.iter().map(step).collect_view()}</ol> }.into_any()
}

/// One number of an amendment.
fn number(name: &'static str, title: &'static str, unit: &'static str, value: String) -> AnyView {
    let id = format!("a-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{title}</label>
            <span class="with-unit">
                <input id=id type="text" inputmode="numeric" name=format!("values[{name}]") value=value maxlength="15"/>
                <span>{unit}</span>
            </span>
        </div>
    }
    .into_any()
}

/// What can be done with it now: a plain form, so that it works without the page's program.
fn handle(p: &IncidentPage, entered: &Values) -> AnyView {
    let i = &p.incident;
    let given = |name: &str, or: String| entered.get(name).cloned().unwrap_or(or);
    let lang = Lang::current();
    let acts: Vec<Act> = i.register.acts(i.state).collect();
    let own = |a: &&Act| !matches!(a, Act::Amend);
    let buttons = acts.iter().filter(own).map(|a| {
        let quiet = if matches!(a, Act::Remark | Act::Withdraw) { "quiet" } else { "" };
        view! { <button type="submit" name="act" value=a.code() class=quiet>{lang.text(a.text())}</button> }
    });
    let due = acts.contains(&Act::Demand).then(|| {
        view! {
            <label for="due">{tr("整改期限(责令整改时必填)", "To be put right by (needed for a demand)")}</label>
            <input id="due" type="date" name="due" value=given("due", i.due.map(|d| d.to_string()).unwrap_or_default())/>
        }
    });
    let amend = acts.contains(&Act::Amend).then(|| amendment(p, &given));
    view! {
        <form method="post" action="/api/fn/incident_act" class="handle">
            <input type="hidden" name="register" value=i.register.code()/>
            <input type="hidden" name="id" value=i.id.to_string()/>
            <input type="hidden" name="seen" value=p.steps.len().to_string()/>
            <label for="note">{tr("说明(必填)", "Reason (needed)")}</label>
            <textarea id="note" name="note" rows="2" maxlength=NOTE_MAX.to_string() inner_html=lines(&given("note", String::new()))></textarea>
            {due}
            <p class="act">{buttons.collect_view()}</p>
        </form>
        {amend}
    }
    .into_any()
}

fn amendment(p: &IncidentPage, given: &impl Fn(&str, String) -> String) -> AnyView {
    let i = &p.incident;
    let persons = tr("人", "persons");
    view! {
        <h3>{tr("更新伤亡、损失与原因", "Casualties, loss and cause as known now")}</h3>
        <form method="post" action="/api/fn/incident_act" class="handle">
            <input type="hidden" name="register" value=i.register.code()/>
            <input type="hidden" name="id" value=i.id.to_string()/>
            <input type="hidden" name="seen" value=p.steps.len().to_string()/>
            <div class="form-fields">
                {number("dead", tr("死亡", "Dead"), persons, given("dead", i.harm.dead.to_string()))}
                {number("serious", tr("重伤", "Seriously injured"), persons, given("serious", i.harm.serious.to_string()))}
                {number("minor", tr("轻伤", "Slightly injured"), persons, given("minor", i.harm.minor.to_string()))}
                {number("loss", tr("直接经济损失", "Direct loss"), tr("元", "CNY"), given("loss", i.harm.loss_yuan.to_string()))}
            </div>
            <label for="a-cause">{tr("原因(结案前必填)", "Cause (needed before it is closed)")}</label>
            <textarea id="a-cause" name="values[cause]" rows="2" maxlength=NOTE_MAX.to_string() inner_html=lines(&given("cause", i.cause.clone()))></textarea>
            <p class="act"><button type="submit" name="act" value="amend" class="quiet">{tr("更新", "Amend")}</button></p>
        </form>
    }
    .into_any()
}
