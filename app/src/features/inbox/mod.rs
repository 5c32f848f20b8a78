//! `/inbox`: what was sent to whoever is signed in; how many of it is unread, on every page; and how he is reached otherwise, on `/me`.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod contact;
#[cfg(feature = "hydrate")]
mod line;
mod one;
mod spec;
mod unread;

pub use api::{
    ContactOne, ContactSave, InboxCount, InboxList, InboxOne, InboxReadAll, Reached, contact_one, contact_save,
    inbox_count, inbox_list, inbox_one, inbox_read_all,
};
pub use contact::section as contact;
pub use one::page as one;
pub use unread::{Unread, bell};

use crate::{
    kit::{list, told},
    lang::tr,
};
use domain::{
    clock,
    list::{ListPage, ListQuery},
    message::Letter,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// `/inbox`
#[must_use]
pub fn page() -> AnyView {
    list::page_with(&spec::INBOX, above)
}

/// What is unread stands first, whatever came since.
fn above() -> AnyView {
    let narrowed =
        use_query_map().with_untracked(|q| ["q", "state", "after", "before"].iter().any(|n| q.get(n).is_some()));
    let query = ListQuery { size: domain::list::SIZES[0], ..ListQuery::default().with("state", "unread") };
    let fresh = Resource::new_blocking(
        move || narrowed,
        move |narrowed| {
            let query = query.clone();
            async move { if narrowed { None } else { inbox_list(query).await.ok() } }
        },
    );
    view! {
        <div class="message-ways">
            {told::told()}
            <Transition fallback=|| ()>
                {move || Suspend::new(async move { fresh.await.map(|page| unread_first(&page)) })}
            </Transition>
        </div>
    }
    .into_any()
}

fn unread_first(page: &ListPage<Letter>) -> AnyView {
    if page.rows.is_empty() {
        return view! { <p class="empty">{tr("没有未读消息", "Nothing is unread")}</p> }.into_any();
    }
    let upto = page.rows.iter().map(|l| l.at).max().unwrap_or_default();
    let one = |l: &Letter| {
        let urgent = l.urgent.then(|| view! { <span class="badge warn">{tr("紧急", "urgent")}</span> });
        view! {
            <li>
                <a href=format!("/inbox/{}", l.id)>{l.title.clone()}</a> {urgent}
                <small class="quiet">{clock::local_text(l.at)}</small>
            </li>
        }
    };
    let more = page.after.as_ref().map(|_| {
        view! { <p><a href="/inbox?state=unread">{tr("全部未读", "All that is unread")}</a></p> }
    });
    view! {
        <section class="fresh" aria-labelledby="fresh">
            <h2 id="fresh">{tr("未读", "Unread")}</h2>
            <ul class="letters" data-testid="unread">{page.rows.iter().map(one).collect_view()}</ul>
            {more}
            <form method="post" action="/api/fn/inbox_read_all">
                <input type="hidden" name="upto" value=upto.to_string()/>
                <button type="submit" class="quiet">{tr("全部标为已读", "Mark all as read")}</button>
            </form>
        </section>
    }
    .into_any()
}
