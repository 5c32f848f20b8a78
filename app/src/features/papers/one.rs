//! `/papers/:id`: a document. Whoever issued it sees who opened, signed for and answered it, and reminds the rest; a party reads it, signs for it
//! and answers.

use super::{
    answer,
    api::{Shown, paper_one},
    files, spec,
};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, Section, facts},
        entered,
        list::Tone,
        page, table, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    form::Values,
    paper::{Deed, NOTE_MAX, PaperPage, Party, State},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let asked = move || {
        let draft = query.with(|q| q.get("draft").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
        (id(), draft, query.with(|q| q.get("checked").is_some()))
    };
    let one = Resource::new_blocking(asked, |(id, draft, checked)| paper_one(id, draft, checked));
    let given = entered::resource(&["act", "deadline", "note"]);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("公文", "Document"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => page::missing(tr("没有这份公文", "No such document")),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/papers">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

/// How many days are left, or it is late.
fn left(p: &PaperPage) -> Option<(Tone, String)> {
    let lang = Lang::current();
    let open = p.parties.iter().any(|l| !l.receipt.is_done(p.paper.answer));
    if p.paper.state != State::Issued || !open {
        return None;
    }
    Some(match p.paper.days_left(p.today)? {
        n if n < 0 => (Tone::Bad, lang.pick(format!("逾期 {} 天", -n), format!("{} days late", -n))),
        0 => (Tone::Warn, tr("今天到期", "due today").to_owned()),
        n => (Tone::Plain, lang.pick(format!("还有 {n} 天"), format!("{n} days left"))),
    })
}

fn view(shown: &Shown, given: &Values) -> AnyView {
    let lang = Lang::current();
    let p = &shown.page;
    let d = &p.paper;
    let state = if d.state == State::Issued { Tone::Ok } else { Tone::Plain };
    let mut badges = vec![(state, lang.text(d.state.text()).to_owned())];
    badges.extend(left(p));
    if let Some(own) = d.own {
        badges.push((spec::tone(own), format!("{}:{}", tr("我单位", "our own"), lang.text(own.text()))));
    }
    let none = || tr("不设期限", "none").to_owned();
    let about = facts(vec![
        (tr("文号", "Number"), d.number.clone()),
        (tr("发文单位", "Issued by"), d.issuer.clone()),
        (tr("发布时间", "Issued"), clock::local_text(d.issued_at)),
        (tr("办理期限", "Deadline"), d.deadline.map_or_else(none, |d| d.to_string())),
        (tr("要求回复", "Answer asked for"), if d.answer { tr("是", "yes") } else { tr("否", "no") }.to_owned()),
    ]);
    let why = (!p.note.is_empty()).then(|| {
        view! { <p class="told error" role="note">{tr("撤回原因:", "Withdrawn because: ")} {p.note.clone()}</p> }
    });
    let text = view! {
        {why}
        {about}
        <article class="letter"><h3>{d.title.clone()}</h3><p class="prose">{p.body.clone()}</p></article>
        {(!p.files.is_empty()).then(|| view! { <h3>{tr("附件", "Attachments")}</h3> {files::list(&p.files)} })}
    };
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![section("text", tr("公文", "The document"), text.into_any())];
    if shown.may_sign {
        sections.push(section("receipt", tr("签收与回复", "Receipt and answer"), answer::view(shown)));
    }
    if shown.may_issue && d.state == State::Issued {
        sections.push(section("handle", tr("督办", "What can be done"), handle(p, given)));
    }
    // A party that sees but its own line has it above.
    if p.issued_here || p.parties.len() > usize::from(shown.may_sign) {
        sections.push(section("parties", tr("签收情况", "Receipts"), parties(p)));
    }
    let actions = vec![(format!("/papers/{}/sheet", d.id), tr("签收单", "Receipt sheet"))];
    Detail { kind: tr("公文", "Document"), code: d.number.clone(), badges, actions, aside: None, sections }.view()
}

fn handle(p: &PaperPage, given: &Values) -> AnyView {
    let lang = Lang::current();
    let id = p.paper.id.to_string();
    let rest = p.parties.iter().filter(|l| !l.receipt.is_done(p.paper.answer)).count();
    let late = p.parties.iter().filter(|l| p.paper.is_late(l.receipt, p.today)).count();
    let was = |act: Deed, name: &str| {
        let of = |n: &str| given.get(n).cloned().unwrap_or_default();
        if of("act") == act.code() { of(name) } else { String::new() }
    };
    let form = |deed: Deed, title: String, hint: &'static str, field: AnyView| {
        let open = given.get("act").is_some_and(|a| a == deed.code());
        view! {
            <details open=open>
                <summary>{title}</summary>
                <form method="post" action="/api/fn/paper_act" class="handle">
                    <input type="hidden" name="id" value=id.clone()/>
                    <input type="hidden" name="values[act]" value=deed.code()/>
                    {(!hint.is_empty()).then(|| view! { <p>{hint}</p> })}
                    {field}
                    <p class="act"><button type="submit">{lang.text(deed.text())}</button></p>
                </form>
            </details>
        }
    };
    let nothing = || ().into_any();
    let remind = (rest > 0).then(|| {
        let title = lang.pick(format!("催办未办结的 {rest} 家"), format!("Remind the {rest} that are not done"));
        let hint = tr(
            "站内消息和短信;一小时内不重复催办同一单位。",
            "By inbox and text message; nobody is reminded twice within an hour.",
        );
        form(Deed::Remind, title, hint, nothing())
    });
    let escalate = (late > 0).then(|| {
        let title = lang.pick(format!("上报逾期的 {late} 家"), format!("Tell upward of the {late} that are late"));
        let hint = tr("通知所在区县监管人员和发文人。", "The districts' regulators and whoever issued it are told.");
        form(Deed::Escalate, title, hint, nothing())
    });
    let day = view! {
        <label for="deadline">{tr("新的期限", "New last day")} " *"</label>
        <input id="deadline" type="date" name="values[deadline]" required min=p.today.to_string() value=was(Deed::Extend, "deadline")/>
    };
    let note = view! {
        <label for="note">{tr("撤回原因", "Why")} " *"</label>
        <input id="note" type="text" name="values[note]" required maxlength=NOTE_MAX.to_string() value=was(Deed::Withdraw, "note")/>
    };
    let title = |deed: Deed| lang.text(deed.text()).to_owned();
    view! {
        <div class="acts folded">
            {remind}
            {escalate}
            {form(Deed::Extend, title(Deed::Extend), "", day.into_any())}
            {form(Deed::Withdraw, title(Deed::Withdraw), tr("收文单位会收到通知,无需再签收。", "The parties are told, and sign for it no more."), note.into_any())}
        </div>
    }
    .into_any()
}

fn parties(p: &PaperPage) -> AnyView {
    let lang = Lang::current();
    let t = &p.paper.tally;
    let sums = lang.pick(
        format!("共 {} 家:已查看 {},已签收 {},已回复 {}", t.parties, t.opened, t.signed, t.answered),
        format!("{} parties: {} opened, {} signed for, {} answered", t.parties, t.opened, t.signed, t.answered),
    );
    let step = |s: &Option<(i64, String)>| {
        s.as_ref().map_or_else(|| "—".to_owned(), |(at, by)| format!("{} {by}", clock::local_text(*at)))
    };
    let row = |l: &Party| {
        let late = p.paper.is_late(l.receipt, p.today);
        let tone = if late { Tone::Bad } else { spec::tone(l.receipt) };
        let mut state = lang.text(l.receipt.text()).to_owned();
        if late {
            state.push_str(tr(" · 逾期", " · late"));
        }
        let told = l.escalated_at.map(|at| (tr("已上报", "told upward"), at));
        let told = told.or_else(|| l.reminded_at.map(|at| (tr("已催办", "reminded"), at)));
        let told = told.map_or_else(String::new, |(what, at)| format!("{what} {}", clock::local_text(at)));
        let reply = view! {
            {(!l.reply.is_empty()).then(|| view! { <p class="prose">{l.reply.clone()}</p> })}
            {(!l.files.is_empty()).then(|| files::list(&l.files))}
        };
        vec![
            l.name.clone().into_any(),
            view! { <span class=format!("badge {}", tone.class())>{state}</span> " " <small class="quiet">{told}</small> }.into_any(),
            step(&l.opened).into_any(),
            step(&l.signed).into_any(),
            view! { {step(&l.answered)} {reply} }.into_any(),
        ]
    };
    let columns = [
        (tr("收文单位", "Party"), ""),
        (tr("状态", "State"), ""),
        (tr("查看", "Opened"), ""),
        (tr("签收", "Signed for"), ""),
        (tr("回复", "Answered"), "detail"),
    ];
    view! {
        <p data-testid="sums">{sums}</p>
        {table::table(tr("签收情况", "Receipts"), "receipts", &columns, p.parties.iter().map(row).collect())}
    }
    .into_any()
}
