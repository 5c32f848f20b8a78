//! `/me`: an account's own password, second factor and sessions; and who is signed in, for the head of every page.

mod api;
#[cfg(feature = "ssr")]
mod own;

use crate::{
    kit::{page, told, who::Session},
    lang::{Lang, tr},
};
use api::{OwnPage, Setup};
use domain::{
    account::{Due, SessionLine},
    clock::local_text,
    scope::Scope,
};
use leptos::prelude::*;
use leptos_meta::Title;

pub use api::{
    FactorBegin, FactorConfirm, PasswordChange, SessionEnd, WhoAmI, factor_begin, factor_confirm, my_page,
    password_change, session_end, who_am_i,
};

/// Who is signed in, with a way out; a way in for nobody.
#[must_use]
pub fn badge() -> AnyView {
    let Some(session) = Session::current() else { return ().into_any() };
    view! {
        <div class="who">
            <Suspense fallback=|| ()>
                {move || Suspend::new(async move {
                    match session.me().await {
                        Some(me) => view! {
                            <a href="/me">{me.name}</a>
                            <form method="post" action="/api/fn/logout">
                                <button type="submit" class="quiet">{tr("退出", "Sign out")}</button>
                            </form>
                        }.into_any(),
                        None => view! { <a href="/login" rel="external">{tr("登录", "Sign in")}</a> }.into_any(),
                    }
                })}
            </Suspense>
        </div>
    }
    .into_any()
}

/// `/me`
#[must_use]
pub fn page() -> AnyView {
    let mine = Resource::new_blocking(|| (), |()| my_page());
    let content = view! {
        <Title text=tr("我的账号 · 瓶迹", "My account · Pingji")/>
        <h1>{tr("我的账号", "My account")}</h1>
        {told::told()}
        <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match mine.await {
                    Ok(p) => shown(p),
                    Err(why) => page::failed(&why),
                }
            })}
        </Suspense>
        {crate::features::inbox::contact()}
    };
    page::page(content.into_any())
}

fn shown(p: OwnPage) -> AnyView {
    let lang = Lang::current();
    let roles = p.me.roles.iter().map(|r| lang.text(r.text())).collect::<Vec<_>>().join(lang.pick("、", ", "));
    let due = match p.me.due {
        Some(Due::Password) => Some(tr("继续之前,请先更改口令。", "Before you go on, choose a password of your own.")),
        Some(Due::SecondFactor) => Some(tr(
            "继续之前,请先启用第二因素:管理员账号必须使用。",
            "Before you go on, set up a second factor: administrators must have one.",
        )),
        Some(Due::Code) | None => None,
    };
    // What a scope is called where nothing bears its name any more is better than nothing.
    let place = match p.me.scope {
        Scope::City => tr("全市", "The whole city").to_owned(),
        scope if p.place.is_empty() => scope.to_string(),
        _ => p.place.clone(),
    };
    view! {
        {due.map(|text| view! { <p class="told error" role="alert">{text}</p> })}
        <dl class="facts">
            <div><dt>{tr("账号", "Account")}</dt><dd>{p.me.login.clone()}</dd></div>
            <div><dt>{tr("姓名", "Name")}</dt><dd>{p.me.name.clone()}</dd></div>
            <div>
                <dt>{tr("角色", "Roles")}</dt>
                <dd>{if roles.is_empty() { tr("尚未授予", "None granted yet").to_owned() } else { roles }}</dd>
            </div>
            <div><dt>{tr("数据范围", "Scope")}</dt><dd>{place}</dd></div>
        </dl>
        <section aria-labelledby="password-title">
            <h2 id="password-title">{tr("更改口令", "Change the password")}</h2>
            <form class="form" method="post" action="/api/fn/password_change">
                <label for="current">{tr("当前口令", "Present password")}</label>
                <input id="current" name="current" type="password" autocomplete="current-password" maxlength="128" required/>
                <label for="new">{tr("新口令", "New password")}</label>
                <input id="new" name="new" type="password" autocomplete="new-password" maxlength="128" required/>
                <label for="again">{tr("再次输入新口令", "New password again")}</label>
                <input id="again" name="again" type="password" autocomplete="new-password" maxlength="128" required/>
                <button type="submit">{tr("更改", "Change")}</button>
            </form>
        </section>
        <section aria-labelledby="factor">
            <h2 id="factor">{tr("第二因素", "Second factor")}</h2>
            {factor(&p)}
        </section>
        <section aria-labelledby="sessions-title">
            <h2 id="sessions-title">{tr("已登录的设备", "Where you are signed in")}</h2>
            <ul class="sessions">{p.sessions.into_iter().map(session).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn factor(p: &OwnPage) -> AnyView {
    if p.me.second_factor {
        let codes = p.codes.clone();
        return view! {
            <p>{tr("已启用。剩余恢复码:", "Set up. Recovery codes left: ")}{p.codes_left.to_string()}</p>
            {(!codes.is_empty()).then(|| view! {
                <p>{tr(
                    "请立即抄存以下恢复码,每个只能用一次,十分钟后不再显示:",
                    "Write these recovery codes down now. Each works once. They are not shown after ten minutes:",
                )}</p>
                <ul class="codes">{codes.into_iter().map(|c| view! { <li><code>{c}</code></li> }).collect_view()}</ul>
            })}
        }
        .into_any();
    }
    match p.setup.clone() {
        None => view! {
            <p>{tr("未启用。启用后,登录时除口令外还需验证器应用显示的数字。", "Not set up. With it, signing in takes the digits of an authenticator beside the password.")}</p>
            <form class="form" method="post" action="/api/fn/factor_begin">
                <button type="submit">{tr("启用", "Set up")}</button>
            </form>
        }
        .into_any(),
        Some(Setup { secret, path, size }) => view! {
            <p>{tr("用验证器应用扫描此码,再输入它显示的 6 位数字。", "Scan this with an authenticator, then enter the six digits it shows.")}</p>
            <svg class="qr" viewBox=format!("0 0 {size} {size}") width="220" height="220" role="img" aria-label=tr("第二因素二维码", "QR code of the second factor")>
                <rect width=size.to_string() height=size.to_string() fill="#fff"/>
                <path d=path fill="#000"/>
            </svg>
            <p>{tr("无法扫描时手工输入:", "If it cannot be scanned, type: ")}<code>{secret}</code></p>
            <form class="form" method="post" action="/api/fn/factor_confirm">
                <label for="code">{tr("验证码", "Code")}</label>
                <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required/>
                <button type="submit">{tr("确认", "Confirm")}</button>
            </form>
        }
        .into_any(),
    }
}

fn session(s: SessionLine) -> AnyView {
    let word = if s.own { tr("本设备", "This one") } else { "" };
    view! {
        <li>
            <p>
                <strong>{s.address}</strong>" "{s.agent}" "<em>{word}</em><br/>
                {tr("登录于 ", "Signed in ")}{local_text(s.created_at)}{tr(",最近使用 ", ", last used ")}{local_text(s.seen_at)}
            </p>
            <form method="post" action="/api/fn/session_end">
                <input type="hidden" name="id" value=s.id.to_string()/>
                <button type="submit" class="quiet">{tr("结束", "End")}</button>
            </form>
        </li>
    }
    .into_any()
}
