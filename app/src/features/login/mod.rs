//! `/login` and `/login/code`.

mod api;
#[cfg(feature = "ssr")]
mod sign_in;

use crate::{
    kit::{page, told},
    lang::tr,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use api::{Login, LoginCode, Logout, login, login_code, logout};

/// The page to go on to, as the address says; the server looks at it again.
fn next() -> String {
    use_query_map().with_untracked(|q| q.get("next")).unwrap_or_default()
}

/// `/login`
#[must_use]
pub fn page() -> AnyView {
    let content = view! {
        <Title text=tr("登录 · 瓶迹", "Sign in · Pingji")/>
        <section class="narrow">
            <h1>{tr("登录", "Sign in")}</h1>
            {told::told()}
            <form class="form" method="post" action="/api/fn/login">
                <input type="hidden" name="next" value=next()/>
                <label for="login">{tr("账号", "Account")}</label>
                <input id="login" name="login" type="text" autocomplete="username" autocapitalize="none" maxlength="64" required/>
                <label for="password">{tr("口令", "Password")}</label>
                <input id="password" name="password" type="password" autocomplete="current-password" maxlength="128" required/>
                <button type="submit">{tr("登录", "Sign in")}</button>
            </form>
        </section>
    };
    page::page(content.into_any())
}

/// `/login/code`
#[must_use]
pub fn code_page() -> AnyView {
    let content = view! {
        <Title text=tr("验证码 · 瓶迹", "Code · Pingji")/>
        <section class="narrow">
            <h1>{tr("输入动态验证码", "Enter the code")}</h1>
            <p>{tr(
                "请输入验证器应用显示的 6 位数字;设备不在身边时,可输入一个恢复码。",
                "Enter the six digits that your authenticator shows, or one of your recovery codes.",
            )}</p>
            {told::told()}
            <form class="form" method="post" action="/api/fn/login_code">
                <input type="hidden" name="next" value=next()/>
                <label for="code">{tr("验证码", "Code")}</label>
                <input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="characters" maxlength="24" required/>
                <button type="submit">{tr("继续", "Go on")}</button>
            </form>
            <form class="form" method="post" action="/api/fn/logout">
                <button type="submit" class="quiet">{tr("换一个账号登录", "Sign in with another account")}</button>
            </form>
        </section>
    };
    page::page(content.into_any())
}
