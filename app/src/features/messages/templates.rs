//! `/messages/templates`: texts that are used again, and lists of recipients.

use super::{Shelf, message_shelf};
use crate::{
    kit::{
        area::lines,
        boxes::{self, fault},
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    form::{Fault, Values},
    message::{BODY_MAX, Field, NAME_MAX, TITLE_MAX, Template},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What is wrong with what was not tried.
const NO_FAULTS: &[Fault] = &[];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let draft = move || query.with(|q| q.get("draft").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let shelf = Resource::new_blocking(draft, message_shelf);
    let content = view! {
        {page::title(|| format!("{} · {}", tr("模板与名单", "Templates and lists"), tr("瓶迹", "Pingji")))}
        <h1>{tr("消息模板与收件人名单", "Templates of messages, lists of recipients")}</h1>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match shelf.await {
                    Ok(s) => view(&s),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/messages">{tr("返回发件箱", "Back to the outbox")}</a></p>
    };
    page::page(content.into_any())
}

fn view(s: &Shelf) -> AnyView {
    let wrong = |id: i64| s.wrong.as_ref().filter(|w| w.0 == id);
    let one = |t: &Template| {
        let stands: Values = [("name", &t.name), ("title", &t.title), ("body", &t.body)]
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v.clone()))
            .collect();
        let tried = wrong(t.id);
        let open = tried.is_some();
        let (values, faults) = tried.map_or((&stands, NO_FAULTS), |w| (&w.1, &w.2[..]));
        view! {
            <details open=open>
                <summary>{t.name.clone()} " " <small class="quiet">{t.title.clone()}</small></summary>
                {form(t.id, s.draft, values, faults)}
                <form method="post" action="/api/fn/template_drop" class="handle">
                    <input type="hidden" name="id" value=t.id.to_string()/>
                    <p class="act"><button type="submit" class="quiet">{tr("删除模板", "Delete the template")}</button></p>
                </form>
            </details>
        }
    };
    let none = Values::new();
    let new = wrong(0);
    let (values, faults) = new.map_or((&none, NO_FAULTS), |w| (&w.1, &w.2[..]));
    let open = new.is_some() || s.templates.is_empty();
    let empty = s.templates.is_empty().then(|| view! { <p class="empty">{tr("还没有模板", "No templates yet")}</p> });
    view! {
        <section aria-labelledby="templates">
            <h2 id="templates">{tr("模板", "Templates")}</h2>
            {empty}
            <div class="acts folded">
                {s.templates.iter().map(one).collect_view()}
                <details open=open>
                    <summary>{tr("新建模板", "A new template")}</summary>
                    {form(0, s.draft, values, faults)}
                </details>
            </div>
        </section>
        {lists(s)}
    }
    .into_any()
}

fn form(id: i64, draft: i64, values: &Values, faults: &[Fault]) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| values.get(name).cloned().unwrap_or_default();
    let of = |name: &str| format!("t{id}-{name}");
    let names = Field::ALL.iter().map(|f| format!("{{{}}}", lang.pick(f.text().zh, f.code())));
    let names = names.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let wrong = |name: &str| fault(faults, name).map(|w| view! { <em class="fault">{w}</em> });
    let titles = [("name", tr("名称", "Name")), ("title", tr("标题", "Title")), ("body", tr("正文", "Text"))];
    // Another template's draft is not this one's.
    let draft = if faults.is_empty() { 0 } else { draft };
    view! {
        <form method="post" action="/api/fn/template_save" class="handle">
            {boxes::summary(faults, &titles)}
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="draft" value=draft.to_string()/>
            <label for=of("name")>{tr("名称", "Name")}</label>
            <input id=of("name") type="text" name="values[name]" maxlength=NAME_MAX.to_string() required value=was("name")/>
            {wrong("name")}
            <label for=of("title")>{tr("标题", "Title")}</label>
            <input id=of("title") type="text" name="values[title]" maxlength=TITLE_MAX.to_string() required value=was("title")/>
            {wrong("title")}
            <label for=of("body")>{tr("正文", "Text")}</label>
            <textarea id=of("body") name="values[body]" rows="5" maxlength=BODY_MAX.to_string() required inner_html=lines(&was("body"))></textarea>
            {wrong("body")}
            <small>{tr("可用字段:", "Fields: ")}{names}</small>
            <p class="act"><button type="submit">{tr("保存模板", "Keep the template")}</button></p>
        </form>
    }
    .into_any()
}

fn lists(s: &Shelf) -> AnyView {
    let lang = Lang::current();
    let one = |l: &domain::message::RecipientList| {
        let members = lang.pick(format!("{} 人", l.members), format!("{} accounts", l.members));
        view! {
            <li>
                <p><strong>{l.name.clone()}</strong> " " <small class="quiet">{members}</small></p>
                <form method="post" action="/api/fn/message_keep_list">
                    <input type="hidden" name="id" value=l.id.to_string()/>
                    <input type="hidden" name="act" value="drop"/>
                    <button type="submit" class="quiet">{tr("删除名单", "Delete the list")}</button>
                </form>
            </li>
        }
    };
    let content = if s.lists.is_empty() {
        let text = tr(
            "还没有名单:写消息时可把收件人存为名单。",
            "No lists yet: recipients can be kept as one where a message is looked over.",
        );
        view! { <p class="empty">{text}</p> }.into_any()
    } else {
        view! { <ul class="sessions">{s.lists.iter().map(one).collect_view()}</ul> }.into_any()
    };
    view! {
        <section aria-labelledby="lists">
            <h2 id="lists">{tr("收件人名单", "Lists of recipients")}</h2>
            {content}
        </section>
    }
    .into_any()
}
