//! On `/platform`: the mail server that e-mails are given to, for the system administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{entered, page},
    lang::{Lang, tr},
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::Values,
    message::{MailServer, Tls},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// Longest password, characters.
const PASSWORD_MAX: usize = 200;
/// What names the field that could not be taken, among what comes back.
const AT_FAULT: &str = "mail";

/// The mail server that is set, without its password.
#[server(prefix = "/api/fn", endpoint = "mail_read", input = Json, output = Json)]
pub async fn mail_read() -> Result<Option<MailServer>, AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    let stored = data::mail::load(ctx.db.read()).await.map_err(crate::error::internal("mail server"))?;
    Ok(stored.map(|s| s.server))
}

/// Sets the mail server. Without a password the one that was entered stays, as long as server and user do.
#[server(prefix = "/api/fn", endpoint = "mail_save", input = PostUrl, output = Json)]
pub async fn mail_save(server: MailServer, #[server(default)] password: String) -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::{
        ctx::again,
        error::{done, fail_at, internal},
    };
    use data::mail::{Stored, load, put};
    let typed = Values::from(
        [
            ("host", server.host.clone()),
            ("port", server.port.to_string()),
            ("tls", server.tls.code().to_owned()),
            ("user", server.user.clone()),
            ("from", server.from.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    // All but the password, which is typed anew.
    let field = |name: &str| {
        let (why, mut typed) = (AppError::Field(name.into()), typed.clone());
        typed.insert(AT_FAULT.to_owned(), name.to_owned());
        let page = again("/platform", &why, &typed);
        fail_at(why, &format!("{page}#mail"))
    };
    let trimmed = |text: &str| text.trim().to_owned();
    let server =
        MailServer { host: trimmed(&server.host), user: trimmed(&server.user), from: trimmed(&server.from), ..server };
    if let Some(name) = server.fault() {
        return Err(field(name));
    }
    if password.chars().count() > PASSWORD_MAX || password.chars().any(char::is_control) {
        return Err(field("password"));
    }
    let before = load(ctx.db.read()).await.map_err(internal("mail server"))?;
    let kept = before.as_ref().filter(|_| password.is_empty()).and_then(|b| b.changed(server.clone()));
    let stored = match kept {
        Some(kept) => Some(kept),
        // A server that asks for nothing has no password.
        None if password.is_empty() && !server.user.is_empty() => None,
        None => Stored::seal(&ctx.master, server.clone(), &password),
    };
    let stored = stored.ok_or_else(|| field("password"))?;
    let before = before.map(|b| b.server);
    let detail = serde_json::json!({ "before": before, "after": server, "new_password": !password.is_empty() });
    let txn = ctx.begin().await?;
    put(&txn, Some(&stored)).await.map_err(internal("mail server"))?;
    ctx.commit(txn, "mail.save", "mail server", detail).await?;
    done("/platform?done=saved#mail");
    Ok(())
}

/// Takes the mail server away: e-mails wait, and are given up in the end.
#[server(prefix = "/api/fn", endpoint = "mail_remove", input = PostUrl, output = Json)]
pub async fn mail_remove() -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::error::{done, fail, internal};
    let before = data::mail::load(ctx.db.read()).await.map_err(internal("mail server"))?;
    let before = before.ok_or_else(|| fail(AppError::NotFound))?.server;
    let txn = ctx.begin().await?;
    data::mail::put(&txn, None).await.map_err(internal("mail server"))?;
    ctx.commit(txn, "mail.remove", "mail server", serde_json::json!({ "before": before })).await?;
    done("/platform?done=mail_off#mail");
    Ok(())
}

/// The section.
#[must_use]
pub fn section() -> AnyView {
    let set = Resource::new_blocking(|| (), |()| mail_read());
    let given = entered::resource(&[AT_FAULT, "host", "port", "tls", "user", "from"]);
    view! {
        <section aria-labelledby="mail">
            <h2 id="mail">{tr("邮件服务器", "Mail server")}</h2>
            <p class="quiet">{tr("系统消息的邮件通道(SMTP)。不设置则不发送邮件。", "The channel of e-mails (SMTP). Without one none is sent.")}</p>
            <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
                {move || Suspend::new(async move {
                    match (set.await, given.await) {
                        (Ok(set), given) => form(set, &given),
                        (Err(why), _) => page::failed(&why),
                    }
                })}
            </Suspense>
        </section>
    }
    .into_any()
}

fn form(set: Option<MailServer>, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let is_set = set.is_some();
    let s = set.unwrap_or(MailServer {
        host: String::new(),
        port: 465,
        tls: Tls::Whole,
        user: String::new(),
        from: String::new(),
    });
    let at_fault = entered.get(AT_FAULT).cloned().unwrap_or_default();
    let s = if at_fault.is_empty() {
        s
    } else {
        // What was sent stands as it was sent.
        let was = |name: &str| entered.get(name).cloned().unwrap_or_default();
        MailServer {
            host: was("host"),
            port: was("port").parse().unwrap_or(s.port),
            tls: Tls::from_code(&was("tls")).unwrap_or(s.tls),
            user: was("user"),
            from: was("from"),
        }
    };
    let wrong = |name: &str| (at_fault == name).then_some("true");
    let options = Tls::ALL.iter().map(|t| {
        let selected = *t == s.tls;
        view! { <option value=t.code() selected=selected>{lang.text(t.text())}</option> }
    });
    let password = if is_set {
        tr("密码(已设置;留空则不变)", "Password (set; leave empty to keep it)")
    } else {
        tr("密码(服务器不要求登录则留空)", "Password (empty for a server that asks for none)")
    };
    let remove = is_set.then(|| {
        view! {
            <form class="form" method="post" action="/api/fn/mail_remove">
                <button type="submit" class="quiet">{tr("停用邮件服务器", "Remove the mail server")}</button>
            </form>
        }
    });
    view! {
        <form class="form" method="post" action="/api/fn/mail_save" autocomplete="off">
            <label for="host">{tr("服务器", "Host")}</label>
            <input id="host" name="server[host]" type="text" value=s.host.clone() maxlength="253" spellcheck="false" required aria-invalid=wrong("host")/>
            <label for="port">{tr("端口", "Port")}</label>
            <input id="port" name="server[port]" type="number" min="1" max="65535" value=s.port.to_string() required aria-invalid=wrong("port")/>
            <label for="tls">{tr("加密", "Kept secret by")}</label>
            <select id="tls" name="server[tls]" aria-invalid=wrong("tls")>{options.collect_view()}</select>
            <label for="user">{tr("用户名(可留空)", "User (may be empty)")}</label>
            <input id="user" name="server[user]" type="text" value=s.user.clone() maxlength="200" spellcheck="false" aria-invalid=wrong("user")/>
            <label for="from">{tr("发件地址", "Sender's address")}</label>
            <input id="from" name="server[from]" type="email" value=s.from.clone() maxlength="200" spellcheck="false" required aria-invalid=wrong("from")/>
            <label for="password">{password}</label>
            <input id="password" name="password" type="password" autocomplete="new-password" maxlength=PASSWORD_MAX.to_string() aria-invalid=wrong("password")/>
            <button type="submit">{tr("保存", "Save")}</button>
        </form>
        {remove}
    }
    .into_any()
}
