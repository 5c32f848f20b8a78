//! On `/platform`: the services that messages for browsers are given to, for the system administrator.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::{area::lines, page},
    lang::tr,
};
use domain::message::push::{HOST_MAX, HOSTS_MAX, Services};
#[cfg(feature = "ssr")]
use domain::permission::Permission as P;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

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
    use crate::error::{done, fail, internal};
    let services = Services::read(&contact, &hosts).map_err(|field| fail(AppError::Field(field.into())))?;
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
    done("/platform?done=removed#push");
    Ok(())
}

/// The section.
#[must_use]
pub fn section() -> AnyView {
    let set = Resource::new_blocking(|| (), |()| push_services_read());
    view! {
        <section aria-labelledby="push">
            <h2 id="push">{tr("浏览器推送", "Browser push")}</h2>
            <p class="quiet">{tr(
                "系统消息的推送通道(Web Push)。内容全程加密,由各浏览器厂商的推送服务转交;只向名单中的服务发送。不设置则不推送。",
                "The channel of browser push. What is sent is encrypted for the browser alone, and handed on by its maker's service; nothing is sent to a service that is not named here. Without any none is sent.",
            )}</p>
            <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
                {move || Suspend::new(async move {
                    match set.await {
                        Ok(set) => form(set),
                        Err(why) => page::failed(&why),
                    }
                })}
            </Suspense>
        </section>
    }
    .into_any()
}

fn form(set: Option<Services>) -> AnyView {
    let is_set = set.is_some();
    let s = set.unwrap_or_default();
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
            <input id="push-contact" name="contact" type="email" value=s.contact.clone() maxlength="200" spellcheck="false" required/>
            <label for="push-hosts">{tr("允许的推送服务,每行一个", "Services that are permitted, one a line")}</label>
            <textarea id="push-hosts" name="hosts" rows="6" maxlength=longest spellcheck="false" required inner_html=lines(&s.hosts.join("\n"))></textarea>
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
