//! On `/tasks/settings`: the browsers that show messages though no page of ours is open (浏览器推送), and this one among them. The list is
//! plain HTML; turning it on is the browser's own doing.

#[cfg(feature = "ssr")]
mod act;
mod api;
#[cfg(feature = "hydrate")]
mod browser;

#[cfg(feature = "ssr")]
pub(crate) use act::{here, know};
pub use api::{PushList, PushSubscribe, PushUnsubscribe, push_list, push_subscribe, push_unsubscribe};

use crate::{
    error::AppError,
    kit::page,
    lang::{Lang, tr},
};
use domain::{
    clock,
    message::push::{Browser, Own, Refused},
    outcome::Text,
};
use leptos::prelude::*;

/// How it stands with the browser that looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// It can show nothing.
    Unsupported,
    /// It was forbidden to.
    Blocked,
    /// The server did not say.
    Unknown,
    /// It shows nothing.
    Off,
    /// It shows messages.
    On,
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// How it stands, in words.
fn words(here: Option<Here>) -> Text {
    match here {
        None => t("正在检查此浏览器(需要启用脚本)…", "Looking at this browser (by a script)…"),
        Some(Here::Unsupported) => t(
            "此浏览器不支持推送,或未通过安全连接(HTTPS)访问。",
            "This browser shows no pushes, or is not connected securely (HTTPS).",
        ),
        Some(Here::Blocked) => t(
            "此浏览器已禁止本站发送通知。请在浏览器的网站设置中允许通知,再刷新本页。",
            "This browser forbids notifications of this site. Allow them in its settings of the site, and load this page anew.",
        ),
        Some(Here::Unknown) => {
            t("暂时无法确认此浏览器是否开启了推送。", "Whether this browser shows messages cannot be told now.")
        }
        Some(Here::Off) => t("此浏览器未开启推送。", "This browser shows no messages."),
        Some(Here::On) => t("此浏览器已开启推送。", "This browser shows messages."),
    }
}

/// What is told of the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// There was none.
    Nothing,
    /// It went well.
    Well(Text),
    /// It did not.
    Badly(Text),
}

/// What the section knows of this browser.
#[derive(Clone, Copy)]
struct State {
    own: Resource<Result<Own, AppError>>,
    key: RwSignal<Option<String>>,
    here: RwSignal<Option<Here>>,
    said: RwSignal<Said>,
    busy: RwSignal<bool>,
}

/// The section.
#[must_use]
pub fn section() -> AnyView {
    let lang = Lang::current();
    let own = Resource::new_blocking(|| (), |()| push_list(String::new()));
    let state = State {
        own,
        key: RwSignal::new(None),
        here: RwSignal::new(None),
        said: RwSignal::new(Said::Nothing),
        busy: RwSignal::new(false),
    };
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| leptos::task::spawn_local(look(state)));
    let switch = move || match state.here.get() {
        Some(Here::On) => lang.pick("在此浏览器关闭推送", "Turn it off in this browser"),
        _ => lang.pick("在此浏览器开启推送", "Turn it on in this browser"),
    };
    let told = move || match state.said.get() {
        Said::Well(text) => lang.text(text),
        Said::Nothing | Said::Badly(_) => "",
    };
    let fault = move || match state.said.get() {
        Said::Badly(text) => lang.text(text),
        Said::Nothing | Said::Well(_) => "",
    };
    // What is told must stand on the page before it says anything, or nobody hears it.
    let told_class = move || if told().is_empty() { "" } else { "told done" };
    let fault_class = move || if fault().is_empty() { "" } else { "told error" };
    let cannot = move || !matches!(state.here.get(), Some(Here::Off | Here::On));
    let working = move || state.busy.get().to_string();
    view! {
        <section class="push" aria-labelledby="push">
            <h2 id="push">{tr("浏览器推送", "Browser push")}</h2>
            <p>{tr(
                "开启后,重要消息会显示在此浏览器的通知中,不必打开本系统。内容全程加密,推送服务商无法读取。在共用的电脑上请勿开启;退出登录即在该浏览器停止推送。",
                "What matters is then shown by this browser, though no page of ours is open. It is encrypted all the way: the push service reads nothing. Do not turn it on where others sit, too; signing out ends it there.",
            )}</p>
            <p data-testid="push-here">{move || lang.text(words(state.here.get()))}</p>
            <p class="act" class:none=cannot>
                <button type="button" data-testid="push-switch" aria-busy=working on:click=move |_| flip(state)>
                    {switch}
                </button>
            </p>
            <p class=told_class role="status" data-testid="push-told">{told}</p>
            <p class=fault_class role="alert" data-testid="push-fault">{fault}</p>
            <Transition fallback=move || view! { <p class="loading" role="status">{lang.pick("正在读取…", "Loading…")}</p> }>
                {move || Suspend::new(async move {
                    match own.await {
                        Ok(own) => browsers(&own),
                        Err(why) => page::failed(&why),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

fn browsers(own: &Own) -> AnyView {
    let lang = Lang::current();
    let not_set = own.key.is_none().then(|| {
        view! { <p class="told error" role="note" data-testid="push-not-set">{lang.text(Refused::NotSet.info())}</p> }
    });
    if own.browsers.is_empty() {
        return view! { {not_set} <p class="empty">{tr("没有开启推送的浏览器", "No browser of yours shows messages")}</p> }.into_any();
    }
    view! {
        {not_set}
        <h3>{tr("已开启推送的浏览器", "Browsers that show messages")}</h3>
        <ul class="sessions" data-testid="push-browsers">{own.browsers.iter().map(browser_line).collect_view()}</ul>
    }
    .into_any()
}

fn browser_line(b: &Browser) -> AnyView {
    let name = if b.agent.is_empty() { tr("浏览器", "A browser").to_owned() } else { b.agent.clone() };
    let here = if b.here { tr("本浏览器", "This one") } else { "" };
    let used = b.used_at.map_or_else(
        || tr("尚未推送", "nothing yet").to_owned(),
        |at| format!("{}{}", tr("最近推送 ", "last shown "), clock::local_text(at)),
    );
    let label = format!("{} {name}", tr("移除", "Remove"));
    view! {
        <li>
            <p>
                <strong>{name}</strong>" "<em>{here}</em><br/>
                {tr("开启于 ", "Turned on ")}{clock::local_text(b.made_at)}{tr(",", ", ")}{used}
            </p>
            <form method="post" action="/api/fn/push_unsubscribe">
                <input type="hidden" name="id" value=b.id.to_string()/>
                <button type="submit" class="quiet" aria-label=label>{tr("移除", "Remove")}</button>
            </form>
        </li>
    }
    .into_any()
}

/// Looks at this browser: it shows messages where both itself and the server say so, of the address that it has now and of the key that it
/// listens to.
#[cfg(feature = "hydrate")]
async fn look(state: State) {
    let seen = browser::look().await;
    let mut here = seen.here;
    if matches!(here, Here::Off | Here::On) {
        match compared(&seen).await {
            Ok((key, told)) => {
                if !told {
                    here = Here::Off;
                }
                let _ = state.key.try_set(key);
            }
            Err(why) => {
                here = Here::Unknown;
                let _ = state.said.try_set(Said::Badly(why.words()));
            }
        }
    }
    let _ = state.here.try_set(Some(here));
}

/// The server's key, and whether it tells this browser. One that has got another address meanwhile gives it.
#[cfg(feature = "hydrate")]
async fn compared(seen: &browser::Seen) -> Result<(Option<String>, bool), AppError> {
    let mut own = push_list(endpoint(seen)).await?;
    // What does not tell is believed.
    let is_ours = seen.key.is_none() || own.key.is_none() || seen.key == own.key;
    if own.moved
        && is_ours
        && let Some(given) = &seen.given
    {
        push_subscribe(given.clone(), String::new(), true).await?;
        own = push_list(endpoint(seen)).await?;
    }
    let told = is_ours && own.browsers.iter().any(|b| b.here);
    Ok((own.key, told))
}

/// The address that a browser has; empty for none.
#[cfg(feature = "hydrate")]
fn endpoint(seen: &browser::Seen) -> String {
    seen.given.as_ref().map(|given| given.endpoint.clone()).unwrap_or_default()
}

/// Turns it on or off in this browser.
fn flip(state: State) {
    #[cfg(feature = "hydrate")]
    {
        if state.busy.get_untracked() {
            return;
        }
        state.busy.set(true);
        state.said.set(Said::Nothing);
        let on = state.here.get_untracked() == Some(Here::On);
        leptos::task::spawn_local(async move {
            let said = if on { turned_off().await } else { turned_on(state.key.get_untracked()).await };
            // The page may be left by now.
            let _ = state.said.try_set(said);
            let _ = state.busy.try_set(false);
            look(state).await;
            state.own.refetch();
        });
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let State { own, key, .. } = state;
        let _ = (own, key);
    }
}

#[cfg(feature = "hydrate")]
async fn turned_on(key: Option<String>) -> Said {
    let Some(key) = key else { return Said::Badly(Refused::NotSet.info()) };
    let (given, before) = match browser::turn_on(&key).await {
        Ok(got) => got,
        Err(browser::Fault::Denied) => {
            return Said::Badly(t("未获准显示通知,未开启。", "Notifications were not allowed: it is not turned on."));
        }
        Err(browser::Fault::Failed) => {
            return Said::Badly(t(
                "浏览器无法连接其推送服务,未开启。请检查网络后重试。",
                "The browser does not reach its push service: it is not turned on. Check the network, and try again.",
            ));
        }
    };
    match push_subscribe(given, before, false).await {
        Ok(()) => {
            Said::Well(t("已开启:重要消息将显示在此浏览器。", "It is on: what matters is shown by this browser."))
        }
        Err(why) => {
            // What the server does not take is of no use to anybody.
            browser::turn_off().await;
            Said::Badly(why.words())
        }
    }
}

#[cfg(feature = "hydrate")]
async fn turned_off() -> Said {
    let own = match push_list(endpoint(&browser::look().await)).await {
        Ok(own) => own,
        Err(why) => return Said::Badly(why.words()),
    };
    if let Some(here) = own.browsers.iter().find(|b| b.here)
        && let Err(why) = push_unsubscribe(here.id).await
    {
        return Said::Badly(why.words());
    }
    browser::turn_off().await;
    Said::Well(t("已关闭:此浏览器不再显示消息。", "It is off: this browser shows no messages any more."))
}
