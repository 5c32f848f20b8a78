//! On `/me`: the number and the address by which an account is reached beside its inbox.

use super::{Reached, contact_one};
use crate::{kit::page, lang::tr};
use leptos::prelude::*;

/// The section.
#[must_use]
pub fn section() -> AnyView {
    let own = Resource::new_blocking(|| (), |()| contact_one());
    view! {
        <section aria-labelledby="contact">
            <h2 id="contact">{tr("短信和邮件", "Text messages and e-mail")}</h2>
            <Suspense fallback=|| ()>
                {move || Suspend::new(async move {
                    match own.await {
                        Ok(r) => form(&r),
                        Err(why) => page::failed(&why),
                    }
                })}
            </Suspense>
        </section>
    }
    .into_any()
}

fn form(r: &Reached) -> AnyView {
    let gone = |name: &'static str, there: bool, text: &'static str| {
        there.then(
            || view! { <label class="tick"><input type="checkbox" name=name value="yes"/><span>{text}</span></label> },
        )
    };
    let stands =
        |text: &str| if text.is_empty() { tr("未登记", "none on file").to_owned() } else { text.to_owned() };
    view! {
        <p>{tr(
            "站内消息总会收到。登记手机号或邮箱后,重要消息也发到那里;删除即不再接收。只有您本人能修改,加密保存。",
            "The inbox has everything. With a number or an address, what matters is sent there, too; without one nothing is. Only you change them, and they are kept sealed.",
        )}</p>
        <form class="form" method="post" action="/api/fn/contact_save">
            <label for="phone">{tr("手机号", "Mobile number")} " (" {stands(&r.phone)} ")"</label>
            <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="off" maxlength="20"
                placeholder=tr("不修改则留空", "empty: as it is")/>
            {gone("no_phone", !r.phone.is_empty(), tr("删除手机号,不再接收短信", "Take the number away: no text messages"))}
            <label for="mail">{tr("电子邮箱", "E-mail address")} " (" {stands(&r.mail)} ")"</label>
            <input id="mail" name="mail" type="email" autocomplete="off" maxlength="200"
                placeholder=tr("不修改则留空", "empty: as it is")/>
            {gone("no_mail", !r.mail.is_empty(), tr("删除邮箱,不再接收邮件", "Take the address away: no e-mails"))}
            <button type="submit">{tr("保存", "Save")}</button>
        </form>
        <p><a href="/tasks/settings#push">{tr("浏览器推送在提醒设置中开启", "Browser push is turned on in “When I am told”")}</a></p>
    }
    .into_any()
}
