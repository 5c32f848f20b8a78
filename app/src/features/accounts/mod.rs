//! `/accounts` and `/accounts/:id`.

mod api;
#[cfg(feature = "ssr")]
mod change;

use crate::{
    error::AppError,
    kit::{page, table, told},
    lang::{Lang, tr},
};
use api::{AccountPage, AccountsPage};
use domain::{account::AccountLine, clock::local_text, permission::Role};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

pub use api::{
    AccountCreate, AccountDisable, AccountFactorClear, AccountGrant, AccountList, AccountOne, AccountReset,
    AccountSessionsEnd, AccountUnlock, account_create, account_disable, account_factor_clear, account_grant,
    account_list, account_one, account_reset, account_sessions_end, account_unlock,
};

fn failed(why: &AppError) -> AnyView {
    page::failed(why)
}

fn loading() -> AnyView {
    view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }.into_any()
}

/// `/accounts`
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let after = move || query.with(|q| q.get("after")).unwrap_or_default();
    let accounts = Resource::new_blocking(after, account_list);
    let content = view! {
        <Title text=tr("账号 · 瓶迹", "Accounts · Pingji")/>
        <h1>{tr("账号", "Accounts")}</h1>
        {told::told()}
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match accounts.await {
                    Ok(p) => shown(&p),
                    Err(why) => failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn roles_text(roles: &[Role]) -> String {
    let lang = Lang::current();
    if roles.is_empty() {
        return tr("尚未授予", "None").into();
    }
    roles.iter().map(|r| lang.text(r.text())).collect::<Vec<_>>().join(lang.pick("、", ", "))
}

fn state_text(a: &AccountLine) -> &'static str {
    if a.disabled {
        tr("已停用", "Disabled")
    } else if a.locked {
        tr("已锁定", "Locked")
    } else if a.must_change {
        tr("待改初始口令", "First password")
    } else {
        tr("正常", "In use")
    }
}

fn shown(p: &AccountsPage) -> AnyView {
    let last = p.accounts.last().map(|a| a.login.clone()).unwrap_or_default();
    let columns = [
        (tr("账号", "Account"), ""),
        (tr("姓名", "Name"), ""),
        (tr("角色", "Roles"), ""),
        (tr("数据范围", "Scope"), ""),
        (tr("状态", "State"), ""),
        (tr("第二因素", "Second factor"), ""),
        (tr("最近登录", "Last sign-in"), "when"),
    ];
    view! {
        {table::table(tr("账号列表", "Accounts"), "accounts", &columns, p.accounts.iter().map(row).collect())}
        {p.more.then(|| view! { <p><a href=format!("/accounts?after={last}")>{tr("下一页", "Next page")}</a></p> })}
        {p.may_create.then(create)}
    }
    .into_any()
}

fn row(a: &AccountLine) -> Vec<AnyView> {
    vec![
        view! { <a href=format!("/accounts/{}", a.id)>{a.login.clone()}</a> }.into_any(),
        a.name.clone().into_any(),
        roles_text(&a.roles).into_any(),
        a.scope.to_string().into_any(),
        state_text(a).into_any(),
        if a.second_factor { tr("已启用", "Set up") } else { tr("未启用", "None") }.into_any(),
        a.last_login_at.map_or_else(|| "—".to_owned(), local_text).into_any(),
    ]
}

fn create() -> AnyView {
    view! {
        <section aria-labelledby="create-title">
            <h2 id="create-title">{tr("新建账号", "New account")}</h2>
            <form class="form" method="post" action="/api/fn/account_create">
                <label for="new-login">{tr("账号", "Account")}</label>
                <input id="new-login" name="login" type="text" autocomplete="off" autocapitalize="none" minlength="3" maxlength="32" required aria-describedby="login-hint"/>
                <p id="login-hint" class="hint">{tr("3 至 32 位小写字母、数字或 . - _,以字母开头", "3 to 32 small letters, digits or . - _, the first a letter")}</p>
                <label for="new-name">{tr("姓名", "Name")}</label>
                <input id="new-name" name="name" type="text" autocomplete="off" maxlength="64" required/>
                <button type="submit">{tr("新建", "Create")}</button>
            </form>
        </section>
    }
    .into_any()
}

/// `/accounts/:id`
#[must_use]
pub fn one_page() -> AnyView {
    let params = use_params_map();
    let id = move || params.with(|p| p.get("id")).and_then(|i| i.parse::<i64>().ok()).unwrap_or_default();
    let account = Resource::new_blocking(id, account_one);
    let content = view! {
        <Title text=tr("账号 · 瓶迹", "Account · Pingji")/>
        {told::told()}
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match account.await {
                    Ok(p) => one(&p),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有这个账号", "No such account").into(),
                        tr("请从账号列表中选择。", "Choose one from the list.").into(),
                    ),
                    Err(why) => failed(&why),
                }
            })}
        </Transition>
        <p><a href="/accounts" rel="external">{tr("返回账号列表", "Back to the accounts")}</a></p>
    };
    page::page(content.into_any())
}

/// A form of one button.
fn act(id: i64, function: &'static str, text: &'static str) -> AnyView {
    view! {
        <form method="post" action=format!("/api/fn/{function}")>
            <input type="hidden" name="id" value=id.to_string()/>
            {(function == "account_disable").then(|| view! { <input type="hidden" name="disabled" value="true"/> })}
            <button type="submit" class="quiet">{text}</button>
        </form>
    }
    .into_any()
}

fn one(p: &AccountPage) -> AnyView {
    let a = p.account.clone();
    let id = a.id;
    view! {
        <h1>{a.name.clone()}</h1>
        <dl class="facts">
            <div><dt>{tr("账号", "Account")}</dt><dd>{a.login.clone()}</dd></div>
            <div><dt>{tr("状态", "State")}</dt><dd>{state_text(&a)}</dd></div>
            <div><dt>{tr("角色", "Roles")}</dt><dd>{roles_text(&a.roles)}</dd></div>
            <div><dt>{tr("数据范围", "Scope")}</dt><dd>{a.scope.to_string()}</dd></div>
            <div><dt>{tr("登录中的会话", "Open sessions")}</dt><dd>{p.sessions.len().to_string()}</dd></div>
        </dl>
        {p.first_password.clone().map(|word| view! {
            <p class="told done" role="status">
                {tr("初始口令(首次登录须更改):", "First password, to be changed at the first sign-in: ")}<code>{word}</code>
            </p>
        })}
        <div class="acts">
            {p.may_manage.then(|| act(id, "account_reset", tr("重置口令", "Reset the password")))}
            {(p.may_manage && !a.disabled).then(|| act(id, "account_disable", tr("停用", "Disable")))}
            {(p.may_manage && a.disabled).then(|| view! {
                <form method="post" action="/api/fn/account_disable">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="disabled" value="false"/>
                    <button type="submit" class="quiet">{tr("启用", "Enable")}</button>
                </form>
            })}
            {p.may_unlock.then(|| act(id, "account_unlock", tr("解锁", "Unlock")))}
            {(p.may_unlock && a.second_factor).then(|| act(id, "account_factor_clear", tr("清除第二因素", "Take the second factor away")))}
            {(!p.sessions.is_empty()).then(|| act(id, "account_sessions_end", tr("结束全部会话", "End all sessions")))}
        </div>
        {p.may_grant.then(|| grant(&a))}
    }
    .into_any()
}

fn grant(a: &AccountLine) -> AnyView {
    let lang = Lang::current();
    let boxes = Role::ALL.iter().map(|r| {
        let id = format!("role-{}", r.code());
        view! {
            <li>
                <input id=id.clone() type="checkbox" name="roles[]" value=r.code() checked=a.roles.contains(r)/>
                <label for=id>{lang.text(r.text())}</label>
            </li>
        }
    });
    view! {
        <section aria-labelledby="grant-title">
            <h2 id="grant-title">{tr("角色与数据范围", "Roles and scope")}</h2>
            <form class="form" method="post" action="/api/fn/account_grant">
                <input type="hidden" name="id" value=a.id.to_string()/>
                <label for="scope">{tr("数据范围", "Scope")}</label>
                <input id="scope" name="scope" type="text" value=a.scope.to_string() maxlength="40" required aria-describedby="scope-hint"/>
                <p id="scope-hint" class="hint">
                    {tr("全市填 city;区县填 district:行政区划代码,如 district:410105;企业填 org:单位编号,如 org:7", "city, district: with a GB/T 2260 code such as district:410105, or org: with an id such as org:7")}
                </p>
                <fieldset>
                    <legend>{tr("角色", "Roles")}</legend>
                    <ul class="boxes">{boxes.collect_view()}</ul>
                </fieldset>
                <button type="submit">{tr("保存", "Save")}</button>
            </form>
        </section>
    }
    .into_any()
}
