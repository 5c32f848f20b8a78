//! `/messages/new`: a message is written, looked over with everybody whom it would reach, and sent. What was entered stands in a draft, so
//! that nothing is lost on the way.

use super::{api::ToWrite, message_ask};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        boxes::{self, boxes},
        detail::facts,
        format,
        list::Choice,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    message::{BODY_MAX, Channel, Field, MANY, Preview, TITLE_MAX},
    outcome::Text,
    permission::Role,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// Fields with their labels.
const TITLES: [(&str, Text); 8] = [
    ("title", t("标题", "Title")),
    ("body", t("正文", "Text")),
    ("channels", t("通道", "Channels")),
    ("whom", t("收件人", "Recipients")),
    ("which", t("收件人", "Recipients")),
    ("roles", t("角色", "Roles")),
    ("at", t("发送时间", "When it goes out")),
    ("urgent", t("紧急", "Urgent")),
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
    let ask = Resource::new_blocking(asked, |(draft, checked)| message_ask(draft, checked));
    let content = view! {
        {page::title(|| format!("{} · {}", tr("写消息", "Write a message"), tr("瓶迹", "Pingji")))}
        <h1>{tr("写消息", "Write a message")}</h1>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match ask.await {
                    Ok(w) => match &w.preview {
                        Some(p) => preview(&w, p),
                        None => form(&w),
                    },
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有这份草稿", "No such draft").into(),
                        tr("可能已经发送,请查看发件箱。", "It may have been sent: look into the outbox.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/messages">{tr("返回发件箱", "Back to the outbox")}</a></p>
    };
    page::page(content.into_any())
}

fn choice(code: &str, text: Text) -> Choice {
    (code.to_owned(), text.zh.to_owned(), text.en.to_owned())
}

fn form(w: &ToWrite) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let fault = |name: &str| boxes::fault(&w.faults, name);
    let titles: Vec<(&'static str, &'static str)> = TITLES.iter().map(|(n, t)| (*n, lang.text(*t))).collect();
    let names = Field::ALL.iter().map(|f| format!("{{{}}}", lang.pick(f.text().zh, f.code())));
    let names = names.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let hint = lang.pick(format!("可用字段:{names}"), format!("Fields: {names}"));
    // The inbox has everything.
    let channels: Vec<Choice> =
        Channel::ALL.iter().filter(|c| **c != Channel::Inbox).map(|c| choice(c.code(), c.text())).collect();
    let title = view! {
        <input id="title" name="values[title]" type="text" maxlength=TITLE_MAX.to_string() value=was("title")
            autocomplete="off"/>
    };
    let body = view! {
        <textarea id="body" name="values[body]" rows="8" maxlength=BODY_MAX.to_string() aria-describedby="fields" inner_html=lines(&was("body"))></textarea>
        <small id="fields">{hint}</small>
    };
    let at = view! { <input id="at" name="values[at]" type="datetime-local" value=was("at")/> };
    let urgent = was("urgent") == "yes";
    let drop = (w.draft > 0).then(|| {
        view! { <button type="submit" name="act" value="drop" class="quiet">{tr("删除草稿", "Delete the draft")}</button> }
    });
    view! {
        {boxes::drafts("/messages/new", tr("继续写草稿", "Go on with a draft"), &w.drafts)}
        <form class="form wide" method="post" action="/api/fn/message_save">
            {boxes::summary(&w.faults, &titles)}
            <input type="hidden" name="id" value=w.draft.to_string()/>
            {boxes::field("title", tr("标题", "Title"), "", fault("title"), title.into_any())}
            {boxes::field("body", tr("正文", "Text"), "", fault("body"), body.into_any())}
            {boxes::group(
                tr("收件人", "Recipients"),
                tr("只会送达您数据范围内的账号", "Nobody outside your part of the city is reached"),
                fault("whom").or_else(|| fault("which")),
                whom(w),
            )}
            {boxes::group(tr("只发给这些角色", "Only to these roles"), tr("不选为全部角色", "none ticked: all"), fault("roles"), roles(&was("roles")))}
            {boxes::group(
                tr("通道", "Channels"),
                tr("站内消息总会发送", "The inbox has it in any case"),
                fault("channels"),
                boxes("channels[]", &was("channels"), &channels),
            )}
            {boxes::field("at", tr("发送时间", "When it goes out"), tr("留空为立即发送", "Empty for now"), fault("at"), at.into_any())}
            <label class="tick">
                <input type="checkbox" name="values[urgent]" value="yes" checked=urgent/>
                <span>{tr("紧急:免打扰时段也发送短信、邮件和推送", "Urgent: text messages, e-mails and pushes go out in quiet hours, too")}</span>
            </label>
            <p class="act">
                <button type="submit" name="act" value="preview">{tr("预览收件人与内容", "Look over text and recipients")}</button>
                <button type="submit" name="act" value="save" class="quiet">{tr("存草稿", "Keep as a draft")}</button>
                {drop}
            </p>
            {template(w)}
        </form>
    }
    .into_any()
}

fn roles(chosen: &str) -> AnyView {
    let all: Vec<Choice> = Role::ALL.iter().map(|r| choice(r.code(), r.text())).collect();
    let open = !chosen.is_empty();
    view! {
        <details open=open>
            <summary>{tr("选择角色", "Choose roles")}</summary>
            {boxes("roles[]", chosen, &all)}
        </details>
    }
    .into_any()
}

fn whom(w: &ToWrite) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let chosen = was("whom");
    let radio = |code: &'static str, text: &'static str| {
        let checked = chosen == code;
        view! {
            <label class="tick">
                <input type="radio" name="values[whom]" value=code checked=checked/>
                <span>{text}</span>
            </label>
        }
    };
    let none = vec![];
    let several = |code: &'static str, name: &'static str, text: &'static str, of: &str| {
        let all = w.choices.get(of).unwrap_or(&none);
        let n = boxes::ticked(&w.values, code);
        let told = if n > 0 { format!("({n})") } else { String::new() };
        let open = chosen == code;
        view! {
            <details open=open class="several">
                <summary>{text} " " {told}</summary>
                {boxes(name, &was(code), all)}
            </details>
        }
    };
    let list = was("list");
    let options = w.lists.iter().map(|l| {
        let id = l.id.to_string();
        let selected = id == list;
        let text = lang.pick(format!("{}({} 人)", l.name, l.members), format!("{} ({})", l.name, l.members));
        view! { <option value=id selected=selected>{text}</option> }
    });
    let lists = (!w.lists.is_empty()).then(|| {
        view! {
            {radio("list", tr("一份名单", "A list of recipients"))}
            <select name="values[list]" aria-label=tr("名单", "List")>
                <option value="">{tr("请选择", "Choose")}</option>
                {options.collect_view()}
            </select>
        }
    });
    view! {
        {radio("all", tr("范围内全部账号", "Everybody within sight"))}
        {radio("overdue", tr("有过检钢瓶的全部单位", "Every organisation with an overdue cylinder"))}
        {radio("districts", tr("区县:其监管人员和辖区单位", "Districts: their regulators and the organisations seated there"))}
        {several("districts", "districts[]", tr("选择区县", "Choose districts"), "district")}
        {radio("orgs", tr("指定单位", "Organisations"))}
        {several("orgs", "orgs[]", tr("选择单位", "Choose organisations"), "org")}
        {lists}
    }
    .into_any()
}

/// Filling the text in from a template.
fn template(w: &ToWrite) -> AnyView {
    if w.templates.is_empty() {
        return ().into_any();
    }
    let options = w.templates.iter().map(|t| view! { <option value=t.id.to_string()>{t.name.clone()}</option> });
    view! {
        <div class="template">
            <label for="template">{tr("模板", "Template")}</label>
            <select id="template" name="values[template]">{options.collect_view()}</select>
            <button type="submit" name="act" value="template" class="quiet">{tr("套用(替换标题和正文)", "Use it (replaces title and text)")}</button>
        </div>
    }
    .into_any()
}

fn preview(w: &ToWrite, p: &Preview) -> AnyView {
    let lang = Lang::current();
    let was = |name: &str| w.values.get(name).cloned().unwrap_or_default();
    let has = |c: Channel| was("channels").split(',').any(|w| w == c.code());
    let mut channels = vec![lang.text(Channel::Inbox.text())];
    let beside = Channel::ALL.iter().filter(|c| **c != Channel::Inbox && has(**c));
    channels.extend(beside.map(|c| lang.text(c.text())));
    let whom = match was("whom").as_str() {
        "overdue" => tr("有过检钢瓶的单位", "organisations with an overdue cylinder").to_owned(),
        "all" => tr("范围内全部账号", "everybody within sight").to_owned(),
        _ => w.named.join(lang.pick("、", ", ")),
    };
    let people = i64::from(p.reach.people);
    let at = if was("at").is_empty() { tr("立即", "now").to_owned() } else { clock::local_text(w.send_at) };
    let about = facts(vec![
        (tr("收件人数", "Recipients"), lang.pick(format!("{} 人", format::count(people)), format::count(people))),
        (tr("发给", "To"), whom),
        (tr("通道", "Channels"), channels.join(lang.pick("、", ", "))),
        (tr("发送时间", "Goes out"), at),
    ]);
    let lacks = |n: u32, c: Channel, zh: &str, en: &str| {
        (has(c) && n > 0).then(|| {
            let text = lang.pick(format!("其中 {n} 人{zh}"), format!("{n} of them {en}"));
            view! { <p class="told error" role="note">{text}</p> }
        })
    };
    let silent = (!p.reach.silent.is_empty()).then(|| {
        let names = p.reach.silent.join(lang.pick("、", ", "));
        let text = tr("以下单位没有可用账号,无法送达:", "These organisations have no account and are not reached: ");
        view! { <p class="told error" role="note">{text} {names}</p> }
    });
    let list = p.first.iter().map(|(name, place)| view! { <li>{name.clone()} " " <small>{place.clone()}</small></li> });
    let edit = format!("/messages/new?draft={}", w.draft);
    view! {
        <section aria-labelledby="look">
            <h2 id="look">{tr("核对后发送", "Look it over, then send it")}</h2>
            {about}
            {lacks(p.reach.without_phone, Channel::Sms, "未登记手机号,收不到短信", "have no mobile number on file")}
            {lacks(p.reach.without_mail, Channel::Mail, "未登记邮箱,收不到邮件", "have no e-mail address on file")}
            {lacks(p.reach.without_push, Channel::Push, "未开启浏览器推送,收不到推送", "have no browser that takes pushes")}
            {silent}
        </section>
        <section aria-labelledby="text">
            <h2 id="text">{tr("第一位收件人看到的内容", "As the first recipient reads it")}</h2>
            <article class="letter" data-testid="preview"><h3>{p.title.clone()}</h3><p class="prose">{p.body.clone()}</p></article>
        </section>
        <section aria-labelledby="who">
            <h2 id="who">{tr("收件人", "Recipients")} <small>{tr("最多列出前 100 位", "the first 100 at most")}</small></h2>
            <ul class="people" data-testid="people">{list.collect_view()}</ul>
        </section>
        {confirm(w, p)}
        <p class="act"><a class="button" href=edit>{tr("返回修改", "Back to the text")}</a></p>
        {keep(w, p)}
    }
    .into_any()
}

fn confirm(w: &ToWrite, p: &Preview) -> AnyView {
    if p.reach.people == 0 {
        let text = tr("没有可送达的账号,不能发送。", "Nobody is reached: it cannot be sent.");
        return view! { <p class="told error" role="alert">{text}</p> }.into_any();
    }
    let lang = Lang::current();
    let many = (p.reach.people >= MANY).then(|| {
        let n = format::count(p.reach.people.into());
        let text = lang.pick(format!("我确认发送给 {n} 人"), format!("I confirm that it goes to {n} people"));
        view! {
            <label class="tick">
                <input type="checkbox" name="sure" value="yes" required/>
                <span>{text}</span>
            </label>
        }
    });
    view! {
        <form class="handle" method="post" action="/api/fn/message_send">
            <input type="hidden" name="id" value=w.draft.to_string()/>
            <input type="hidden" name="seen" value=w.seen.to_string()/>
            {many}
            <p class="act"><button type="submit" data-testid="send">{tr("发送", "Send")}</button></p>
        </form>
    }
    .into_any()
}

/// Keeping these recipients under a name.
fn keep(w: &ToWrite, p: &Preview) -> AnyView {
    if p.reach.people == 0 {
        return ().into_any();
    }
    view! {
        <details class="drafts">
            <summary>{tr("把这些收件人存为名单", "Keep these recipients as a list")}</summary>
            <form class="handle" method="post" action="/api/fn/message_keep_list">
                <input type="hidden" name="id" value=w.draft.to_string()/>
                <input type="hidden" name="act" value="keep"/>
                <label for="list-name">{tr("名单名称", "Name of the list")}</label>
                <input id="list-name" name="name" type="text" maxlength="40" required autocomplete="off"/>
                <p class="act"><button type="submit" class="quiet">{tr("保存名单", "Keep the list")}</button></p>
            </form>
        </details>
    }
    .into_any()
}
