//! `/tasks/:id`: what is to be done, by when, where, and what happened to it.

use super::{spec, task_one};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        detail::{Detail, Section, facts},
        entered,
        list::Tone,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    form::Values,
    task::{Act, NOTE_MAX, Step, TaskPage},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// What a form that could not be taken may bring back, by its name.
const ENTERED: [&str; 3] = ["act", "to", "note"];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, task_one);
    let given = entered::resource(&ENTERED);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("待办", "Task"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这项待办", "No such task")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/tasks">{tr("返回待办", "Back to the tasks")}</a></p>
    };
    page::page(content.into_any())
}

fn view(p: &TaskPage, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let t = &p.task;
    let mut badges = vec![spec::standing(t, p.today, lang)];
    if t.level > 0 {
        badges.push((Tone::Warn, spec::told(t.level, lang).to_owned()));
    }
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let amount = if t.amount > 0 { format!(" ({} {})", t.amount, tr("只", "cylinders")) } else { String::new() };
    let about = vec![
        (tr("事项", "What"), lang.text(t.kind.text()).to_owned()),
        (tr("内容", "Of what"), format!("{}{amount}", t.about)),
        (tr("期限", "Due"), clock::date_of(t.due).to_string()),
        (tr("办理", "Whose"), spec::holder(t, lang)),
        (tr("产生时间", "Came up"), clock::local_text(t.opened_at)),
    ];
    let note = tr(
        "在办理页面完成后,本待办自动结束,下一环节自动转到下一办理人。",
        "Done there, this task ends by itself, and the next step goes to whoever does that.",
    );
    let link = t.link.clone();
    let content = view! {
        {facts(about)}
        <p><a class="task-go" href=link>{tr("前往办理", "Go and do it")}</a></p>
        <p class="hint">{note}</p>
    };
    let mut sections = vec![
        section("facts", tr("要做什么", "What is to be done"), content.into_any()),
        section("steps", tr("经过", "What happened"), steps(&p.steps)),
    ];
    sections.push(section("handle", tr("办理", "Handle"), handle(p, entered)));
    Detail { kind: tr("待办", "Task"), code: t.id.to_string(), badges, actions: vec![], aside: None, sections }.view()
}

fn steps(all: &[Step]) -> AnyView {
    let lang = Lang::current();
    let step = |s: &Step| {
        let up = if s.act == Act::Escalate { spec::told(s.note.parse().unwrap_or(1), lang) } else { "" };
        let note = if s.act == Act::Escalate { String::new() } else { s.note.clone() };
        let to = match (s.act, s.to.is_empty()) {
            (Act::Hand, true) => tr("→ 本单位可办理人员", "→ whoever can do it").to_owned(),
            (_, false) => format!("→ {}", s.to),
            _ => up.to_owned(),
        };
        view! {
            <li>
                <time>{clock::local_text(s.at)}</time> " " <strong>{lang.text(s.act.text())}</strong> " " {s.by.clone()} " " {to}
                {(!note.is_empty()).then(|| view! { <br/><q class="prose">{note}</q> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{all.iter().map(step).collect_view()}</ol> }.into_any()
}

/// What can be done with it by hand, each a plain form of its own, folded: it works without the page's program.
fn handle(p: &TaskPage, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let t = &p.task;
    let form = |act: Act| {
        let tried = entered.get("act").is_some_and(|a| a == act.code());
        let given = |name: &str| entered.get(name).filter(|_| tried).cloned().unwrap_or_default();
        let id = format!("{}-note", act.code());
        let needed = act != Act::Hand;
        let to = (act == Act::Hand).then(|| {
            let chosen = given("to");
            let person = |(id, name): &(i64, String)| {
                let id = id.to_string();
                view! { <option value=id.clone() selected=id == chosen>{name.clone()}</option> }
            };
            view! {
                <label for="hand-to">{tr("转交给", "To whom")} " *"</label>
                <select id="hand-to" name="values[to]" required>
                    <option value="">{tr("请选择", "Choose")}</option>
                    <option value="0">{tr("本单位可办理人员", "Whoever can do it")}</option>
                    {p.people.iter().map(person).collect_view()}
                </select>
            }
        });
        view! {
            <details open=tried>
                <summary>{lang.text(act.text())}</summary>
                <form method="post" action="/api/fn/task_act" class="handle">
                    <input type="hidden" name="id" value=t.id.to_string()/>
                    <input type="hidden" name="values[act]" value=act.code()/>
                    <input type="hidden" name="values[seen]" value=t.version.to_string()/>
                    {to}
                    <label for=id.clone()>{tr("说明", "Reason")} {if needed { " *" } else { "" }}</label>
                    <textarea id=id name="values[note]" rows="2" maxlength=NOTE_MAX.to_string() required=needed inner_html=lines(&given("note"))></textarea>
                    <p class="act"><button type="submit">{lang.text(act.text())}</button></p>
                </form>
            </details>
        }
    };
    let acts = [(Act::Hand, !p.people.is_empty()), (Act::Close, p.may_close), (Act::Remark, true)];
    let forms = acts.into_iter().filter(|a| a.1).map(|a| form(a.0)).collect_view();
    view! { <div class="acts">{forms}</div> }.into_any()
}
