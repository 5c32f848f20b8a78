//! How many messages are unread, at the head of every page. It is asked once a load; then a socket tells it as it changes.

use super::inbox_count;
use crate::{
    kit::{format, who::Session},
    lang::Lang,
};
use leptos::prelude::*;

/// Whether whoever asks has an inbox to look at: nobody and a display have none, and who is still signing in may not yet.
async fn has_inbox(session: Session) -> bool {
    session.me().await.is_some_and(|me| me.due.is_none())
}

/// The figure.
#[derive(Clone, Copy)]
pub struct Unread {
    first: Resource<i64>,
    now: RwSignal<Option<i64>>,
}

impl Unread {
    /// Asks for everything below.
    pub fn provide() {
        let session = Session::current();
        let first = Resource::new_blocking(
            || (),
            move |()| async move {
                match session {
                    Some(s) if has_inbox(s).await => inbox_count().await.unwrap_or_default(),
                    _ => 0,
                }
            },
        );
        let now = RwSignal::new(None);
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| {
            // Nobody and a display have no inbox.
            leptos::task::spawn_local(async move {
                if let Some(session) = session
                    && has_inbox(session).await
                {
                    super::line::follow(now);
                }
            });
        });
        provide_context(Self { first, now });
    }

    /// What was asked above.
    #[must_use]
    pub fn current() -> Option<Self> {
        use_context()
    }

    /// Asks again, in a browser: something was read.
    pub fn again(self) {
        #[cfg(feature = "hydrate")]
        {
            let now = self.now;
            leptos::task::spawn_local(async move {
                if let Ok(n) = inbox_count().await {
                    let _ = now.try_set(Some(n));
                }
            });
        }
    }
}

/// The way to the inbox, with how many are unread; nothing for whoever has none.
#[must_use]
pub fn bell() -> AnyView {
    let (Some(session), Some(unread)) = (Session::current(), Unread::current()) else { return ().into_any() };
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                if has_inbox(session).await { link(unread.first.await, unread.now) } else { ().into_any() }
            })}
        </Suspense>
    }
    .into_any()
}

/// The link itself. The figure changes without the page being made anew.
fn link(first: i64, now: RwSignal<Option<i64>>) -> AnyView {
    let lang = Lang::current();
    let count = move || now.get().unwrap_or(first);
    let label = move || match count() {
        0 => lang.pick("收件箱", "Inbox").to_owned(),
        n => lang.pick(format!("收件箱,{n} 条未读"), format!("Inbox, {n} unread")),
    };
    view! {
        <a class="bell" href="/inbox" aria-label=label data-testid="bell">
            {lang.pick("收件箱", "Inbox")}
            <b class:none=move || count() == 0 data-testid="unread-count">{move || format::count(count().min(999))}</b>
        </a>
    }
    .into_any()
}
