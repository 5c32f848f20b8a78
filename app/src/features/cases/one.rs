//! `/cases/:id`: one, its clocks, what was done and what can be done now.

use super::{SHOWN, Shown, case_one, spec};
use crate::{
    error::AppError,
    features::cylinders,
    kit::{
        area::lines,
        detail::{Detail, Section, facts, or_none},
        entered,
        list::Tone,
        page, table, told,
    },
    lang::{Lang, tr},
};
use domain::{
    attachment::Attachment,
    case::{Act, CasePage, Choice, Hand, NOTE_MAX, Reporter, Running, Step},
    clock,
    form::Values,
    outcome::Text,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What a form that could not be taken may bring back, by its name.
const ENTERED: [&str; 5] = ["act", "word", "with", "note", "purpose"];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, case_one);
    let given = entered::resource(&ENTERED);
    let code = use_query_map().with_untracked(|q| q.get("code").filter(|c| is_code(c)));
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("投诉举报", "Case"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        {code.map(|code| view! {
            <p class="told done" role="status">
                {tr("请把查询码告诉反映人,供其查看进度:", "Tell whoever brought it the code by which he follows it: ")}
                <code>{code}</code>
            </p>
        })}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这一件", "No such case")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/cases">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

/// Whether a text has the form of a look-up code: the address says what anybody may write into it.
fn is_code(text: &str) -> bool {
    (8..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

fn view(shown: &Shown, entered: &Values) -> AnyView {
    let (p, now) = (&shown.page, shown.now);
    let lang = Lang::current();
    let c = &p.case;
    let mut badges = vec![
        (Tone::Plain, lang.text(c.track.text()).to_owned()),
        (spec::tone(c.state), lang.text(c.state.text()).to_owned()),
    ];
    if let Some(hold) = c.hold {
        badges.push((Tone::Warn, format!("{}:{}", tr("计时已暂停", "held up"), lang.text(hold.text()))));
    }
    if p.clocks.iter().any(|k| k.done.is_none() && k.is_late(now)) {
        badges.push((Tone::Bad, tr("已超期", "overdue").to_owned()));
    }
    let mut actions = vec![];
    if p.traced {
        actions.push((format!("{}/trace", cylinders::address(&c.tag, "")), tr("气瓶轨迹", "The cylinder's trace")));
    }
    if c.org > 0 {
        actions.push((format!("/cases?org={}", c.org), tr("该单位的全部件", "All about this organisation")));
    }
    actions.extend(p.calls.iter().map(|id| (format!("/calls/{id}"), tr("来电记录", "The call"))));
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![section("facts", tr("反映内容", "What was brought"), about(shown, entered))];
    if !p.files.is_empty() {
        sections.push(section("files", tr("照片", "Pictures"), pictures(&p.files)));
    }
    sections.push(section("clocks", tr("法定期限", "Terms"), clocks(p, now)));
    sections.push(section("steps", tr("办理经过", "What was done"), steps(&p.steps)));
    if !p.acts.is_empty() {
        sections.push(section("handle", tr("办理", "Handle"), handle(p, entered)));
    }
    if !p.documents.is_empty() {
        sections.push(section("documents", tr("文书", "Documents"), documents(p)));
    }
    let detail =
        Detail { kind: lang.text(c.track.text()), code: c.number.clone(), badges, actions, aside: None, sections }
            .view();
    view! { {lost(p, entered)} {detail} }.into_any()
}

/// What was typed into a form that is not there any more, because something was done meanwhile.
fn lost(p: &CasePage, entered: &Values) -> Option<AnyView> {
    let act = entered.get("act").and_then(|a| Act::from_code(a)).filter(|a| !p.acts.contains(a))?;
    let note = entered.get("note").filter(|n| !n.is_empty())?;
    let title = Lang::current().text(act.text());
    Some(
        view! {
            <div class="handle">
                <label for="lost">{tr("刚才填写的内容(没有保存)", "What was typed (it was not saved)")} ": " {title}</label>
                <textarea id="lost" rows="4" readonly inner_html=lines(note)></textarea>
            </div>
        }
        .into_any(),
    )
}

fn about(shown: &Shown, entered: &Values) -> AnyView {
    let p = &shown.page;
    let lang = Lang::current();
    let c = &p.case;
    let all = vec![
        (tr("说明", "In a few words"), c.title.clone()),
        (tr("收到时间", "Received"), clock::local_text(c.received_at)),
        (tr("来源", "How it came"), lang.text(c.channel.text()).to_owned()),
        (tr("平台工单号", "Platform's number"), or_none(&c.external_no)),
        (tr("同时登记的另一件", "Entered with it"), or_none(&c.twin)),
        (tr("被反映单位", "Organisation"), or_none(&c.org_name)),
        (tr("涉及气瓶", "Cylinder"), or_none(&c.tag)),
        (tr("区县", "District"), or_none(&c.district)),
        (tr("地点", "Place"), or_none(&c.place)),
    ];
    let prose = |title: &'static str, text: &str| {
        (!text.is_empty()).then(|| {
            let text = text.to_owned();
            view! { <h3>{title}</h3><p class="prose">{text}</p> }
        })
    };
    view! {
        {facts(all)}
        {prose(tr("详细情况", "What happened"), &c.text)}
        {prose(tr("诉求", "What is asked for"), &c.wish)}
        {reporter(shown, entered)}
    }
    .into_any()
}

fn person(r: &Reporter) -> AnyView {
    facts(vec![
        (tr("姓名", "Name"), or_none(&r.name)),
        (tr("电话", "Telephone"), or_none(&r.phone)),
        (tr("通讯地址", "Address"), or_none(&r.address)),
    ])
}

/// Who brought it: masked until somebody says what for.
fn reporter(shown: &Shown, entered: &Values) -> AnyView {
    let p = &shown.page;
    if p.reporter.is_nobody() {
        let text = tr("未留姓名,或不向本单位提供", "No name was given, or it is not for this organisation");
        return view! { <h3>{tr("反映人", "Who brought it")}</h3><p>{text}</p> }.into_any();
    }
    let given = |name: &str| entered.get(name).cloned().unwrap_or_default();
    // Who it is stands here once, after it was asked for.
    if entered.contains_key(SHOWN) {
        let whole = Reporter { name: given("name"), phone: given("phone"), address: given("address") };
        return view! { <h3>{tr("反映人", "Who brought it")}</h3>{person(&whole)} }.into_any();
    }
    let ask = shown.may_unmask.then(|| {
        view! {
            <form method="post" action="/api/fn/case_unmask" class="handle unmask">
                <input type="hidden" name="id" value=p.case.id.to_string()/>
                <label for="purpose">{tr("查看完整信息的用途(记入审计日志)", "What it is needed for (kept in the audit log)")} " *"</label>
                <input id="purpose" type="text" name="purpose" minlength="2" maxlength="100" required value=given("purpose")/>
                <p class="act"><button type="submit" class="quiet">{tr("查看完整信息", "Show it whole")}</button></p>
            </form>
        }
    });
    view! {
        <h3>{tr("反映人", "Who brought it")}</h3>
        {person(&p.reporter)}
        {ask}
    }
    .into_any()
}

fn pictures(files: &[Attachment]) -> AnyView {
    let one = |f: &Attachment| {
        let alt = f.name.clone();
        view! {
            <li>
                <a href=f.address() target="_blank" rel="noopener">
                    <img src=f.preview().unwrap_or_else(|| f.address()) alt=alt loading="lazy"/>
                </a>
                <small>{f.name.clone()} " · " {f.size()}</small>
            </li>
        }
    };
    view! { <ul class="pictures">{files.iter().map(one).collect_view()}</ul> }.into_any()
}

fn clocks(p: &CasePage, now: i64) -> AnyView {
    let lang = Lang::current();
    if p.clocks.is_empty() {
        return view! { <p>{tr("没有期限", "No term runs")}</p> }.into_any();
    }
    let row = |k: &Running| {
        let (tone, how) = match (k.done, k.due) {
            (Some(at), Some(due)) if at > due => (Tone::Bad, tr("超期完成", "kept too late")),
            (Some(_), _) => (Tone::Ok, tr("已完成", "kept")),
            (None, None) => (Tone::Plain, tr("已暂停", "held up")),
            (None, Some(due)) if now > due => (Tone::Bad, tr("已超期", "overdue")),
            (None, Some(_)) => (Tone::Warn, tr("进行中", "running")),
        };
        let more = if k.extended { tr("(已延长)", " (extended)") } else { "" };
        let term = format!("{} {}{more}", k.term.amount, lang.text(k.term.unit.text()));
        let provisional = if k.provisional { tr("(节假日待确认)", " (days off to be confirmed)") } else { "" };
        let due = k.due.map(clock::local_text).unwrap_or_default();
        vec![
            lang.text(k.clock.text()).into_any(),
            term.into_any(),
            clock::local_text(k.since).into_any(),
            format!("{due}{provisional}").into_any(),
            view! { <span class=format!("badge {}", tone.class())>{how}</span> }.into_any(),
            k.rule_id.clone().into_any(),
        ]
    };
    let columns = [
        (tr("期限", "Term"), ""),
        (tr("时长", "How long"), ""),
        (tr("起算", "From"), "when"),
        (tr("截止", "Until"), "when"),
        (tr("状态", "State"), "kind"),
        (tr("规则", "Rule"), "code"),
    ];
    table::table(tr("法定期限", "Terms"), "clocks", &columns, p.clocks.iter().map(row).collect())
}

fn steps(all: &[Step]) -> AnyView {
    let lang = Lang::current();
    let step = |s: &Step| {
        let word = s.act.choice().text(&s.word).map(|t| lang.text(t).to_owned());
        let more: Vec<String> = [word, Some(s.with.clone()).filter(|w| !w.is_empty())].into_iter().flatten().collect();
        let hand = if s.hand == Hand::Officer { String::new() } else { lang.text(s.hand.text()).to_owned() };
        view! {
            <li>
                <time>{clock::local_text(s.at)}</time> " " <strong>{lang.text(s.act.text())}</strong> " " {hand} " " {s.by.clone()}
                {(!more.is_empty()).then(|| view! { <br/><span>{more.join(" · ")}</span> })}
                {(!s.note.is_empty()).then(|| view! { <br/><q class="prose">{s.note.clone()}</q> })}
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{all.iter().map(step).collect_view()}</ol> }.into_any()
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What the text of an act is for.
const fn note_of(act: Act) -> Text {
    match act {
        Act::Reply => t("答复内容(公众可见)", "What the citizen is told"),
        Act::Tell => t("告知内容(公众可见)", "What those concerned are told"),
        Act::Settle => t("协议内容(公众可见)", "What was agreed (the citizen reads it)"),
        Act::Ask => t("要求企业答复的事项(企业可见)", "What the enterprise is asked"),
        Act::Answer => t("答复内容", "Answer"),
        Act::Repair => t("维修情况(公众可见)", "What was repaired (the citizen reads it)"),
        Act::Remark => t("备注(仅办理人员可见)", "Remark (for officers only)"),
        Act::HandOver => t("移送原因(公众可见)", "Why (the citizen reads it)"),
        _ => t("说明", "In words"),
    }
}

const fn with_of(act: Act) -> Text {
    if matches!(act, Act::HandOver) {
        t("移送至", "To which authority")
    } else {
        t("回执文号", "Number of the receipt")
    }
}

/// What can be done with it now, each act a plain form of its own, folded: it works without the page's program.
fn handle(p: &CasePage, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let order = p.case.order();
    let form = |act: &Act| {
        let act = *act;
        let tried = entered.get("act").is_some_and(|a| a == act.code());
        let given = |name: &str| entered.get(name).filter(|_| tried).cloned().unwrap_or_default();
        let id = |name: &str| format!("{}-{name}", act.code());
        let words = act.choice().words(order);
        let chosen = given("word");
        let choice = (act.choice() != Choice::None && act != Act::Issue).then(|| {
            let option = |(code, text): (&'static str, Text)| {
                view! { <option value=code selected=code == chosen>{lang.text(text)}</option> }
            };
            view! {
                <label for=id("word")>{tr("理由", "Ground")} " *"</label>
                <select id=id("word") name="values[word]" required>
                    <option value="">{tr("请选择", "Choose")}</option>
                    {words.into_iter().map(option).collect_view()}
                </select>
            }
        });
        let with = act.names_something().then(|| {
            view! {
                <label for=id("with")>{lang.text(with_of(act))} " *"</label>
                <input id=id("with") type="text" name="values[with]" maxlength="120" required value=given("with")/>
            }
        });
        let star = if act.needs_note() { " *" } else { "" };
        view! {
            <details open=tried>
                <summary>{lang.text(act.text())}</summary>
                <form method="post" action="/api/fn/case_act" class="handle">
                    <input type="hidden" name="id" value=p.case.id.to_string()/>
                    <input type="hidden" name="values[act]" value=act.code()/>
                    <input type="hidden" name="values[seen]" value=p.case.version.to_string()/>
                    {choice}
                    {with}
                    <label for=id("note")>{lang.text(note_of(act))} {star}</label>
                    <textarea id=id("note") name="values[note]" rows="3" maxlength=NOTE_MAX.to_string() required=act.needs_note() inner_html=lines(&given("note"))></textarea>
                    <p class="act"><button type="submit">{lang.text(act.text())}</button></p>
                </form>
            </details>
        }
    };
    // A document is issued from its own page, where it is read first.
    let forms = p.acts.iter().filter(|a| **a != Act::Issue).map(form).collect_view();
    view! { <div class="case-acts">{forms}</div> }.into_any()
}

fn documents(p: &CasePage) -> AnyView {
    let lang = Lang::current();
    let id = p.case.id;
    let one = |d: &domain::case::Document| {
        view! { <li><a href=format!("/cases/{id}/documents/{}", d.code())>{lang.text(d.text())}</a></li> }
    };
    view! { <ul class="links">{p.documents.iter().map(one).collect_view()}</ul> }.into_any()
}
