//! `/messages`: what was sent to many (系统消息·发件箱, S0-52): the outbox, a message that is written, one with its recipients, templates.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod compose;
mod one;
mod spec;
mod templates;

pub use api::{
    MessageAct, MessageAsk, MessageKeepList, MessageList, MessageOne, MessageSave, MessageSend, MessageShelf, Shelf,
    Shown, TemplateDrop, TemplateSave, ToWrite, message_act, message_ask, message_keep_list, message_list, message_one,
    message_save, message_send, message_shelf, template_drop, template_save,
};
pub use compose::page as compose;
pub use one::page as one;
pub use templates::page as templates;

use crate::{
    kit::{list, told, who},
    lang::tr,
};
use leptos::prelude::*;

/// Fields of a message as its form holds them: those that hold several words hold them separated by commas.
pub const FIELDS: [&str; 10] =
    ["title", "body", "channels", "whom", "orgs", "districts", "list", "roles", "at", "urgent"];

/// `/messages`
#[must_use]
pub fn page() -> AnyView {
    list::page_with(&spec::MESSAGES, above)
}

fn above() -> AnyView {
    let ways = |may: domain::permission::Permissions| {
        let all = [
            ("/messages/new", tr("写消息", "Write a message"), "button strong"),
            ("/messages/templates", tr("模板与名单", "Templates and lists"), "button"),
        ];
        all.into_iter()
            .filter(|(href, ..)| who::opens(may, href))
            .map(|(href, text, class)| view! { <a class=class href=href>{text}</a> })
            .collect_view()
            .into_any()
    };
    view! {
        <div class="message-ways">{told::told()} <p class="act">{who::permitted(ways)}</p></div>
    }
    .into_any()
}
