//! On `/platform`: the services that messages for browsers are given to, for the system administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{area::lines, entered, page},
    lang::tr,
};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use domain::{
    form::Values,
    message::push::{HOST_MAX, HOSTS_MAX, Services, odd_line},
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

/// What names the field that could not be taken, among what comes back.
const AT_FAULT: &str = "push";

/// The services that are set.
#[server(prefix = "/api/fn", endpoint = "push_services_read", input = Json, output = Json)]
pub async fn push_services_read() -> Result<Option<Services>, AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    data::push::services(ctx.db.read()).await.map_err(crate::error::internal("push services"))
}

/// Sets the services: one a line, and who answers for what is sent.
#[server(prefix = "/api/fn", endpoint = "push_services_save", input = PostUrl, output = Json)]
pub async fn push_services_save(
    #[server(default)] contact: String,
    #[server(default)] hosts: String,
) -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::{
        ctx::again,
        error::{done, fail_at, internal},
    };
    let services = Services::read(&contact, &hosts).map_err(|field| {
        let why = AppError::Field(field.into());
        let typed = [("contact", contact.as_str()), ("hosts", hosts.as_str()), (AT_FAULT, field)];
        let typed = Values::from(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let page = again("/platform", &why, &typed);
        fail_at(why, &format!("{page}#push"))
    })?;
    let before = data::push::services(ctx.db.read()).await.map_err(internal("push services"))?;
    let detail = serde_json::json!({ "before": before, "after": services });
    let txn = ctx.begin().await?;
    data::push::put_services(&txn, Some(&services)).await.map_err(internal("push services"))?;
    data::push::key_or_new(&txn, &ctx.master).await.map_err(internal("push key"))?;
    ctx.commit(txn, "push_services.save", "push services", detail).await?;
    done("/platform?done=saved#push");
    Ok(())
}

/// Takes the services away: no browser is told any more.
#[server(prefix = "/api/fn", endpoint = "push_services_remove", input = PostUrl, output = Json)]
pub async fn push_services_remove() -> Result<(), AppError> {
    let ctx = crate::need(P::PlatformEdit)?;
    use crate::error::{done, fail, internal};
    let before = data::push::services(ctx.db.read()).await.map_err(internal("push services"))?;
    let before = before.ok_or_else(|| fail(AppError::NotFound))?;
    let txn = ctx.begin().await?;
    data::push::put_services(&txn, None).await.map_err(internal("push services"))?;
    ctx.commit(txn, "push_services.remove", "push services", serde_json::json!({ "before": before })).await?;
    done("/platform?done=push_off#push");
    Ok(())
}

/// The section.
#[must_use]
pub fn section() -> AnyView {
    let set = Resource::new_blocking(|| (), |()| push_services_read());
    let given = entered::resource(&[AT_FAULT, "contact", "hosts"]);
    view! {
        <section aria-labelledby="push">
            <h2 id="push">{tr("浏览器推送", "Browser push")}</h2>
            <p class="quiet">{tr(
                "系统消息的推送通道(Web Push)。内容全程加密,由各浏览器厂商的推送服务转交;只向名单中的服务发送。不设置则不推送。",
                "The channel of browser push. What is sent is encrypted for the browser alone, and handed on by its maker's service; nothing is sent to a service that is not named here. Without any none is sent.",
            )}</p>
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

fn form(set: Option<Services>, entered: &Values) -> AnyView {
    let is_set = set.is_some();
    let s = set.unwrap_or_default();
    let at_fault = entered.get(AT_FAULT).cloned().unwrap_or_default();
    // What was sent stands as it was sent, also what was emptied.
    let was = |name: &str, set: String| match at_fault.as_str() {
        "" => set,
        _ => entered.get(name).cloned().unwrap_or_default(),
    };
    let (contact, hosts) = (was("contact", s.contact), was("hosts", s.hosts.join("\n")));
    let odd = match (at_fault.as_str(), odd_line(&hosts)) {
        ("hosts", Some(line)) => format!("{}{line}", tr("这一行不是推送服务:", "This line names no service: ")),
        ("hosts", None) => tr("请填写 1 至 20 个推送服务", "Name one service at least, and twenty at most").to_owned(),
        _ => String::new(),
    };
    let odd =
        (!odd.is_empty()).then(|| view! { <p id="push-hosts-bad" class="told error" data-testid="push-odd">{odd}</p> });
    let bad = (at_fault == "contact").then(|| {
        let text = tr("联系邮箱无效", "The address is not valid");
        view! { <p id="push-contact-bad" class="told error">{text}</p> }
    });
    let wrong = |name: &str| (at_fault == name).then_some("true");
    let said = |name: &str, id: &'static str| (at_fault == name).then_some(id);
    let longest = (HOST_MAX * HOSTS_MAX).to_string();
    let remove = is_set.then(|| {
        view! {
            <form class="form" method="post" action="/api/fn/push_services_remove">
                <button type="submit" class="quiet">{tr("停用浏览器推送", "Remove browser push")}</button>
            </form>
        }
    });
    view! {
        <form class="form" method="post" action="/api/fn/push_services_save" autocomplete="off">
            <label for="push-contact">{tr("联系邮箱(推送服务商遇到问题时联系)", "E-mail address for whoever runs a service")}</label>
            <input id="push-contact" name="contact" type="email" value=contact maxlength="200" spellcheck="false" required
                aria-invalid=wrong("contact") aria-describedby=said("contact", "push-contact-bad")/>
            {bad}
            <label for="push-hosts">{tr("允许的推送服务,每行一个", "Services that are permitted, one a line")}</label>
            <textarea id="push-hosts" name="hosts" rows="6" maxlength=longest spellcheck="false" required
                aria-invalid=wrong("hosts") aria-describedby=said("hosts", "push-hosts-bad") inner_html=lines(&hosts)></textarea>
            {odd}
            <p class="hint">{tr(
                "主机名,或以 *. 开头的域名后缀;自建服务写 https://主机:端口,本机网关写 http://127.0.0.1:端口。除在此写明的主机外,指向内部网络的地址一律不发送。",
                "A host, or the end of its name after *.; a service of your own as https://host:port, a gateway on this machine as http://127.0.0.1:port. But for hosts that are written out here, nothing is sent to addresses of internal networks.",
            )}</p>
            <button type="submit">{tr("保存", "Save")}</button>
        </form>
        {remove}
    }
    .into_any()
}
