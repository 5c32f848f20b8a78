//! `/inbox/:id`: a message, read by being opened.

use super::{Unread, inbox_one};
use crate::{
    error::AppError,
    kit::page,
    lang::{Lang, tr},
};
use domain::{clock, message::Letter};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(id, inbox_one);
    let unread = Unread::current();
    let content = view! {
        {page::title(|| format!("{} · {}", tr("收件箱", "Inbox"), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let letter = one.await;
                if let Some(unread) = unread {
                    unread.again();
                }
                match letter {
                    Ok(l) => view(&l),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("收件箱中没有这条消息", "No such message in the inbox").into(),
                        tr("请从收件箱进入。", "Come from the inbox.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/inbox">{tr("返回收件箱", "Back to the inbox")}</a></p>
    };
    page::page(content.into_any())
}

fn view(l: &Letter) -> AnyView {
    let lang = Lang::current();
    let by = if l.by.is_empty() { lang.pick("系统", "the system").to_owned() } else { l.by.clone() };
    let head = format!("{} · {} · {}", lang.text(l.kind.text()), by, clock::local_text(l.at));
    if l.recalled {
        return view! {
            <article class="letter">
                <h1>{tr("此消息已被撤回", "This message was recalled")}</h1>
                <p class="quiet">{head}</p>
            </article>
        }
        .into_any();
    }
    let urgent = l.urgent.then(|| view! { <span class="badge warn">{tr("紧急", "urgent")}</span> });
    let to = (!l.page.is_empty()).then(|| {
        view! { <p class="act"><a class="button strong" href=l.page.clone()>{tr("去办理", "Go to what it is about")}</a></p> }
    });
    view! {
        <article class="letter" data-testid="letter">
            <h1>{l.title.clone()} " " {urgent}</h1>
            <p class="quiet">{head}</p>
            <p class="prose">{l.body.clone()}</p>
            {to}
        </article>
    }
    .into_any()
}
