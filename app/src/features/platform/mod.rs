//! `/platform`: the supervision platform that exports are sent to.

mod api;
mod mail;
mod push;

use crate::{
    kit::{page, told},
    lang::tr,
};
use domain::upload::{ADDRESS_MAX, KEY_ID_MAX, NAME_MAX, Platform, SECRET};
use leptos::prelude::*;
use leptos_meta::Title;

pub use api::{PlatformRead, PlatformRemove, PlatformSave, platform_read, platform_remove, platform_save};
pub use mail::{MailRead, MailRemove, MailSave, mail_read, mail_remove, mail_save};
pub use push::{
    PushServicesRead, PushServicesRemove, PushServicesSave, push_services_read, push_services_remove,
    push_services_save,
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let platform = Resource::new_blocking(|| (), |()| platform_read());
    let content = view! {
        <Title text=tr("监管平台 · 瓶迹", "Supervision platform · Pingji")/>
        <h1>{tr("监管平台", "Supervision platform")}</h1>
        {told::told()}
        <p class="quiet">
            {tr(
                "主管部门指定的监察管理平台。设置后,有权人员可在「导出文件」中将导出的文件上报,平台出具回执即为接收。",
                "The platform that the authority names. Once it is set, exports can be sent there; they count as accepted when it gives a receipt.",
            )}
        </p>
        <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match platform.await {
                    Ok(set) => form(set),
                    Err(why) => page::failed(&why),
                }
            })}
        </Suspense>
        {mail::section()}
        {push::section()}
    };
    page::page(content.into_any())
}

fn form(set: Option<Platform>) -> AnyView {
    let is_set = set.is_some();
    let p = set.unwrap_or_default();
    let secret = if is_set {
        tr("密钥(已设置;留空则不变)", "Secret (set; leave empty to keep it)")
    } else {
        tr("密钥(平台提供)", "Secret, as the platform gave it")
    };
    let remove = is_set.then(|| {
        view! {
            <form class="form" method="post" action="/api/fn/platform_remove">
                <label class="sure">
                    <input type="checkbox" name="sure" value="yes" required/>
                    {tr("停用后,等待上报的文件将不再发送", "What waits to be sent will not be sent any more")}
                </label>
                <button type="submit" class="quiet" data-testid="remove">{tr("停用监管平台", "Remove the platform")}</button>
            </form>
        }
    });
    view! {
        <form class="form" method="post" action="/api/fn/platform_save" autocomplete="off">
            <label for="name">{tr("平台名称", "Name of the platform")}</label>
            <input id="name" name="platform[name]" type="text" value=p.name maxlength=NAME_MAX.to_string() required/>
            <label for="address">{tr("接收地址(https://)", "Address that takes files (https://)")}</label>
            <input id="address" name="platform[address]" type="url" value=p.address maxlength=ADDRESS_MAX.to_string() spellcheck="false" required/>
            <label for="key_id">{tr("密钥编号", "Id of the key")}</label>
            <input id="key_id" name="platform[key_id]" type="text" value=p.key_id maxlength=KEY_ID_MAX.to_string() spellcheck="false" required/>
            <label for="secret">{secret}</label>
            <input
                id="secret"
                name="secret"
                type="password"
                autocomplete="new-password"
                minlength=SECRET.0.to_string()
                maxlength=SECRET.1.to_string()
                required=!is_set
            />
            <p class="hint">
                {tr(
                    "密钥为 16 至 200 位可见字符,加密保存,不再显示。更换地址或密钥编号时须重新输入。",
                    "16 to 200 visible characters. It is kept encrypted and never shown again; a new address or key id needs it anew.",
                )}
            </p>
            <button type="submit">{tr("保存", "Save")}</button>
        </form>
        {remove}
    }
    .into_any()
}
