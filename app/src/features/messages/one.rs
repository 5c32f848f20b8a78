//! `/messages/:id`: a message, each of its recipients with how it stands, and what can be done with it.

use super::{Shown, message_one, spec};
use crate::{
    error::AppError,
    kit::{
        boxes::boxes,
        detail::{Detail, Section, facts},
        format,
        list::{Choice, Tone},
        page, pages, table, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    list::{ListQuery, PageAt},
    message::{Channel, Message, RECIPIENT_FILTERS, Recipient, Sending, State, Whom},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let asked = move || (id(), query.with(|q| ListQuery::read(&RECIPIENT_FILTERS, |name| q.get(name))));
    let one = Resource::new_blocking(asked, |(id, query)| message_one(id, query));
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("消息", "Message"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let query = query.with_untracked(|q| ListQuery::read(&RECIPIENT_FILTERS, |name| q.get(name)));
                Suspend::new(async move {
                    match one.await {
                        Ok(p) => view(&p, &query),
                        Err(AppError::NotFound) => page::notice(
                            "empty",
                            tr("没有这条消息", "No such message").into(),
                            tr("请核对编号,或从发件箱进入。", "Check the number, or come from the outbox.").into(),
                        ),
                        Err(why) => page::failed(&why),
                    }
                })
            }}
        </Transition>
        <p><a href="/messages">{tr("返回发件箱", "Back to the outbox")}</a></p>
    };
    page::page(content.into_any())
}

/// To whom, in words.
fn whom(m: &Message, named: &[String]) -> String {
    let lang = Lang::current();
    let names = named.join(lang.pick("、", ", "));
    let to = match &m.audience.whom {
        Whom::All => tr("范围内全部账号", "Everybody within sight").to_owned(),
        Whom::Overdue => tr("有过检钢瓶的单位", "Organisations with an overdue cylinder").to_owned(),
        Whom::Accounts(all) => lang.pick(format!("指定的 {} 个账号", all.len()), format!("{} accounts", all.len())),
        Whom::List(_) if named.is_empty() => tr("名单(已删除)", "A list that is gone").to_owned(),
        Whom::List(_) => lang.pick(format!("名单「{names}」"), format!("The list “{names}”")),
        Whom::Orgs(_) | Whom::Districts(_) => names,
    };
    let roles = m.audience.roles.iter().map(|r| lang.text(r.text())).collect::<Vec<_>>().join(lang.pick("、", ", "));
    if roles.is_empty() { to } else { format!("{to} · {roles}") }
}

fn view(shown: &Shown, query: &ListQuery) -> AnyView {
    let lang = Lang::current();
    let m = &shown.message;
    let mut badges = vec![(spec::tone(m.state), lang.text(m.state.text()).to_owned())];
    if m.urgent {
        badges.push((Tone::Warn, tr("紧急", "urgent").to_owned()));
    }
    let count = |n: i64| format::count(n);
    let t = &m.tally;
    let channels = m.channels.iter().map(|c| lang.text(c.text())).collect::<Vec<_>>().join(lang.pick("、", ", "));
    let about = facts(vec![
        (tr("发给", "To"), whom(m, &shown.named)),
        (tr("通道", "Channels"), channels),
        (tr("发件人", "By"), spec::by(&m.by, lang)),
        (tr("写信时间", "Written"), clock::local_text(m.made_at)),
        (tr("发送时间", "Goes out"), clock::local_text(m.send_at)),
        (tr("发送次数", "Times sent"), m.round.to_string()),
    ]);
    let tally = facts(vec![
        (tr("收件人", "Recipients"), count(t.people)),
        (tr("已送达", "Delivered"), count(t.delivered)),
        (tr("已读", "Read"), count(t.read)),
        (tr("未读", "Not read"), count(t.people - t.read)),
        (tr("待发(次)", "Sendings waiting"), count(t.open)),
        (tr("失败或不确定(次)", "Sendings failed or in doubt"), count(t.failed)),
    ]);
    let text =
        view! { <article class="letter"><h3>{m.title.clone()}</h3><p class="prose">{m.body.clone()}</p></article> };
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![
        section("facts", tr("消息", "The message"), view! { {text} {about} }.into_any()),
        section("tally", tr("送达情况", "How it stands"), tally),
    ];
    if shown.may_send {
        sections.push(section("handle", tr("操作", "What can be done"), handle(m)));
    }
    sections.push(section("recipients", tr("收件人", "Recipients"), recipients(shown, query)));
    Detail { kind: tr("消息", "Message"), code: m.id.to_string(), badges, actions: vec![], aside: None, sections }
        .view()
}

fn handle(m: &Message) -> AnyView {
    let id = m.id.to_string();
    let hidden = |act: &'static str| {
        view! {
            <input type="hidden" name="id" value=id.clone()/>
            <input type="hidden" name="act" value=act/>
        }
    };
    let waiting = m.state == State::Waiting;
    let recall = m.state.may_be_recalled().then(|| {
        let (title, hint) = if waiting {
            (tr("取消发送", "Cancel it"), tr("尚未发送,取消后不再发出。", "It was not sent yet, and will not be."))
        } else {
            (
                tr("撤回", "Recall"),
                tr(
                    "未发出的不再发出;收件箱中不再显示内容。已交给短信、邮件或推送通道的无法收回。",
                    "What is not sent yet never is, and inboxes show it no more. What a gateway, a mail server or a push service has cannot be had back.",
                ),
            )
        };
        view! {
            <details>
                <summary>{title}</summary>
                <form method="post" action="/api/fn/message_act" class="handle">
                    {hidden("recall")}
                    <p>{hint}</p>
                    <p class="act"><button type="submit">{title}</button></p>
                </form>
            </details>
        }
    });
    let unread = m.tally.people - m.tally.read;
    let resend = (m.state == State::Out && unread > 0 && m.tally.open == m.tally.held).then(|| {
        let channels: Vec<Choice> = Channel::ALL
            .iter()
            .filter(|c| **c != Channel::Inbox)
            .map(|c| (c.code().to_owned(), c.text().zh.to_owned(), c.text().en.to_owned()))
            .collect();
        let chosen = m.channels.iter().map(|c| c.code()).collect::<Vec<_>>().join(",");
        let title = Lang::current()
            .pick(format!("重发给未读的 {unread} 人"), format!("Send it again to the {unread} who have not read it"));
        view! {
            <details>
                <summary>{title}</summary>
                <form method="post" action="/api/fn/message_act" class="handle">
                    {hidden("resend")}
                    <p>{tr("站内消息重新置顶;另可通过:", "It stands on top of their inboxes again; also by:")}</p>
                    {boxes("channels[]", &chosen, &channels)}
                    <p class="act"><button type="submit">{tr("重发", "Send again")}</button></p>
                </form>
            </details>
        }
    });
    if recall.is_none() && resend.is_none() {
        return view! { <p class="empty">{tr("没有可做的操作", "Nothing can be done with it")}</p> }.into_any();
    }
    view! { <div class="acts folded">{recall} {resend}</div> }.into_any()
}

fn recipients(shown: &Shown, query: &ListQuery) -> AnyView {
    let id = shown.message.id;
    let at = |q: &ListQuery| format!("/messages/{id}{}#recipients", q.address());
    let chosen = query.filter("standing").to_owned();
    let way = |code: &'static str, text: &'static str| {
        let here = (chosen == code).then_some("true");
        view! { <a href=at(&query.with("standing", code)) aria-current=here>{text}</a> }
    };
    let ways = view! {
        <nav class="ways" aria-label=tr("按状态筛选", "By how it stands")>
            {way("", tr("全部", "All"))}
            {way("unread", tr("未读", "Not read"))}
            {way("read", tr("已读", "Read"))}
            {way("delivered", tr("已送达未读", "Delivered, not read"))}
            {way("queued", tr("待发送", "Waiting"))}
            {way("failed", tr("失败", "Failed"))}
        </nav>
    };
    let all = &shown.recipients;
    if all.rows.is_empty() {
        let text = if chosen.is_empty() && shown.message.state == State::Waiting {
            tr("发送时才确定收件人", "Who gets it is found out when it goes out")
        } else {
            tr("没有符合条件的收件人", "Nobody")
        };
        return view! { {ways} <p class="empty">{text}</p> }.into_any();
    }
    let lang = Lang::current();
    let row = |r: &Recipient| {
        let badge = view! { <span class=format!("badge {}", spec::standing_tone(r.standing).class())>{lang.text(r.standing.text())}</span> };
        vec![
            r.name.clone().into_any(),
            r.place.clone().into_any(),
            badge.into_any(),
            r.read_at.map_or_else(|| "—".to_owned(), clock::local_text).into_any(),
            view! { <ul class="sendings">{r.sendings.iter().map(sending).collect_view()}</ul> }.into_any(),
        ]
    };
    let columns = [
        (tr("姓名", "Name"), ""),
        (tr("单位或区县", "Organisation or district"), ""),
        (tr("状态", "Stands"), "kind"),
        (tr("阅读时间", "Read"), "when"),
        (tr("各通道", "By channel"), "detail"),
    ];
    let to = |from: PageAt| at(&query.at(from));
    let first = (query.from != PageAt::Start).then(|| to(PageAt::Start));
    view! {
        {ways}
        {table::table(tr("收件人", "Recipients"), "recipients", &columns, all.rows.iter().map(row).collect())}
        <nav class="pager" aria-label=tr("分页", "Pages")>
            {pages::ways(first, all.before.clone().map(|c| to(PageAt::Before(c))), all.after.clone().map(|c| to(PageAt::After(c))))}
            <span class="quiet">{format::count(all.total.count.into())} {tr(" 人", " in all")}</span>
        </nav>
    }
    .into_any()
}

/// One sending, with the reason where it came to nothing.
fn sending(s: &Sending) -> AnyView {
    let lang = Lang::current();
    let mut words = vec![];
    if s.round > 1 {
        words.push(lang.pick(format!("第 {} 次发送", s.round), format!("time {}", s.round)));
    }
    if let Some(why) = s.why {
        let text = lang.text(why.info());
        // The channel is away: it goes when that is back, by itself.
        let waits = s.next_at.is_some() && why.is_away();
        words.push(if waits {
            lang.pick(format!("等待:{text}"), format!("waiting: {text}"))
        } else {
            text.to_owned()
        });
    }
    match (s.next_at, s.ended_at) {
        (Some(at), _) if s.tries > 0 => words.push(lang.pick(
            format!("已试 {} 次,{} 再试", s.tries, clock::local_text(at)),
            format!("tried {} times, again at {}", s.tries, clock::local_text(at)),
        )),
        (Some(at), _) => words
            .push(lang.pick(format!("{} 起发送", clock::local_text(at)), format!("from {}", clock::local_text(at)))),
        (None, Some(at)) => words.push(clock::local_text(at)),
        (None, None) => {}
    }
    let class = format!("badge {}", spec::delivery_tone(s.state).class());
    view! {
        <li>
            {lang.text(s.channel.text())} " " <span class=class>{lang.text(s.state.text())}</span> " "
            <small>{words.join(" · ")}</small>
        </li>
    }
    .into_any()
}
