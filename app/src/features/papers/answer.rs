//! A party's own part of a document: it is signed for by name, and answered.

use super::{KEEP, api::Shown, files};
use crate::{
    kit::{area::lines, boxes},
    lang::{Lang, tr},
};
use domain::{
    clock,
    paper::{ANSWER_MAX, Party, Receipt, State},
};
use leptos::prelude::*;

/// The section's content, for whoever may sign for a party.
#[must_use]
pub fn view(shown: &Shown) -> AnyView {
    let p = &shown.page.paper;
    let Some(own) = p.own else { return ().into_any() };
    let line = shown.page.parties.iter().find(|l| l.party == shown.party);
    if p.state != State::Issued {
        return view! { <p class="told error" role="note">{tr("该公文已撤回,无需签收。", "It was withdrawn: nothing is to be signed for.")}</p> }
            .into_any();
    }
    match own {
        Receipt::Waiting | Receipt::Opened => sign(shown),
        Receipt::Signed if p.answer => view! { {signed(line)} {answer(shown)} }.into_any(),
        Receipt::Signed | Receipt::Answered => signed(line),
    }
}

fn sign(shown: &Shown) -> AnyView {
    let lang = Lang::current();
    let name = shown.name.clone();
    let text = lang.pick(
        format!("将以「{name}」的名义代表本单位签收,签收人和时间记入签收单,不可撤销。"),
        format!("It is signed for in the name of {name}, for your organisation. Name and time stand on the receipt sheet and cannot be taken back."),
    );
    view! {
        <form method="post" action="/api/fn/paper_sign" class="handle">
            <input type="hidden" name="id" value=shown.page.paper.id.to_string()/>
            <p>{text}</p>
            <p class="act"><button type="submit" data-testid="sign">{tr("签收", "Sign for it")}</button></p>
        </form>
    }
    .into_any()
}

fn signed(line: Option<&Party>) -> AnyView {
    let Some(line) = line else { return ().into_any() };
    let step = |what: &'static str, done: &Option<(i64, String)>| {
        done.as_ref().map(|(at, by)| view! { <li><time>{clock::local_text(*at)}</time> " " <strong>{what}</strong> " " {by.clone()}</li> })
    };
    view! {
        <ol class="steps" data-testid="own">
            {step(tr("查看", "Opened"), &line.opened)}
            {step(tr("签收", "Signed for"), &line.signed)}
            {step(tr("回复", "Answered"), &line.answered)}
        </ol>
        {(!line.reply.is_empty()).then(|| view! { <p class="prose">{line.reply.clone()}</p> })}
        {(!line.files.is_empty()).then(|| files::list(&line.files))}
    }
    .into_any()
}

/// The answer is kept with its files, looked over, and given.
fn answer(shown: &Shown) -> AnyView {
    let id = shown.page.paper.id.to_string();
    let r = &shown.reply;
    if r.ready {
        let edit = format!("/papers/{id}?draft={}#answer", r.draft);
        return view! {
            <h3 id="answer">{tr("核对后提交回复", "Look the answer over, then give it")}</h3>
            <p class="prose letter">{r.text.clone()}</p>
            {(!r.files.is_empty()).then(|| files::list(&r.files))}
            <form method="post" action="/api/fn/paper_answer" class="handle">
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="draft" value=r.draft.to_string()/>
                <input type="hidden" name="seen" value=r.seen.to_string()/>
                <p class="act">
                    <button type="submit" data-testid="answer">{tr("提交回复", "Give the answer")}</button>
                    <a class="button" href=edit>{tr("返回修改", "Back to the text")}</a>
                </p>
            </form>
        }
        .into_any();
    }
    let wrong = boxes::fault(&r.faults, "answer");
    let text = view! {
        <textarea id="answer-text" name="values[answer]" rows="5" maxlength=ANSWER_MAX.to_string() inner_html=lines(&r.text)></textarea>
    };
    view! {
        <h3 id="answer">{tr("回复", "Answer")}</h3>
        <form class="form wide" method="post" action=KEEP enctype="multipart/form-data">
            <input type="hidden" name="form" value="answer"/>
            <input type="hidden" name="about" value=id/>
            <input type="hidden" name="id" value=r.draft.to_string()/>
            {boxes::field("answer-text", tr("回复内容", "Text"), tr("只能回复一次", "It is answered once"), wrong, text.into_any())}
            {files::entry(&r.files)}
            <p class="act">
                <button type="submit" name="act" value="preview">{tr("预览回复", "Look it over")}</button>
                <button type="submit" name="act" value="save" class="quiet">{tr("存草稿", "Keep as a draft")}</button>
            </p>
        </form>
    }
    .into_any()
}
