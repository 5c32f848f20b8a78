//! The outbox.

use super::message_list;
use crate::{
    kit::{
        format,
        list::{Cell, Choice, Column, Filter, Input, ListSpec, Tone},
    },
    lang::Lang,
};
use domain::{
    clock,
    message::{Delivery, Message, Standing, State},
    outcome::Text,
};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn column(name: &'static str, title: Text, cell: fn(&Message, Lang) -> Cell) -> Column<Message> {
    Column { name, title, sorted: false, shown: true, cell }
}

/// How a state looks.
pub(super) const fn tone(state: State) -> Tone {
    match state {
        State::Waiting | State::Spreading => Tone::Warn,
        State::Out => Tone::Ok,
        State::Recalled => Tone::Plain,
        State::Stopped => Tone::Bad,
    }
}

/// How it looks how a message stands with somebody.
pub(super) const fn standing_tone(s: Standing) -> Tone {
    match s {
        Standing::Read => Tone::Ok,
        Standing::Sent | Standing::Delivered => Tone::Plain,
        Standing::Queued => Tone::Warn,
        Standing::Failed => Tone::Bad,
    }
}

/// How a sending looks.
pub(super) const fn delivery_tone(d: Delivery) -> Tone {
    match d {
        Delivery::Delivered => Tone::Ok,
        Delivery::Sent | Delivery::Recalled => Tone::Plain,
        Delivery::Queued | Delivery::Sending | Delivery::Doubt => Tone::Warn,
        Delivery::Failed => Tone::Bad,
    }
}

/// Who wrote it.
pub(super) fn by(by: &str, lang: Lang) -> String {
    if by.is_empty() { lang.pick("系统", "the system").to_owned() } else { by.to_owned() }
}

fn states() -> Vec<Choice> {
    State::ALL.iter().map(|s| (s.code().to_owned(), s.text().zh.to_owned(), s.text().en.to_owned())).collect()
}

fn count(n: i64) -> Cell {
    Cell::Code(format::count(n))
}

/// The outbox.
pub static MESSAGES: ListSpec<Message> = ListSpec {
    name: "messages",
    path: "/messages",
    title: t("发件箱", "Outbox"),
    columns: &[
        column("title", t("标题", "Title"), |r, _| Cell::text(&r.title)),
        column("state", t("状态", "State"), |r, lang| {
            Cell::Badge(tone(r.state), lang.text(r.state.text()).to_owned())
        }),
        column("kind", t("类别", "Kind"), |r, lang| Cell::text(lang.text(r.kind.text()))),
        column("channels", t("通道", "Channels"), |r, lang| {
            Cell::Words(r.channels.iter().map(|c| lang.text(c.text()).to_owned()).collect())
        }),
        column("send_at", t("发送时间", "Goes out"), |r, _| Cell::Code(clock::local_text(r.send_at))),
        column("by", t("发件人", "By"), |r, lang| Cell::Text(by(&r.by, lang))),
        column("people", t("收件人数", "Recipients"), |r, _| count(r.tally.people)),
        column("delivered", t("已送达", "Delivered"), |r, _| count(r.tally.delivered)),
        column("read", t("已读", "Read"), |r, _| count(r.tally.read)),
        column("open", t("待发(次)", "Sendings waiting"), |r, _| count(r.tally.open)),
        column("failed", t("失败(次)", "Sendings failed"), |r, _| count(r.tally.failed)),
    ],
    order: None,
    filters: &[
        Filter {
            name: "q",
            title: t("查找", "Find"),
            input: Input::Text(t("标题或正文", "Title or text")),
            first: true,
        },
        Filter { name: "state", title: t("状态", "State"), input: Input::Choice(states), first: true },
        Filter { name: "from", title: t("写信日期从", "From"), input: Input::Day, first: true },
        Filter { name: "to", title: t("写信日期至", "To"), input: Input::Day, first: true },
    ],
    fetch: |query| Box::pin(message_list(query)),
    choices: || Box::pin(async { Ok(crate::kit::list::Choices::new()) }),
    link: |r| format!("/messages/{}", r.id),
    export: None,
    bulk: None,
    nothing: t("还没有发送过消息", "Nothing was sent yet"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_asks_what_the_record_answers() {
        assert_eq!(MESSAGES.filters.iter().map(|f| f.name).collect::<Vec<_>>(), domain::message::FILTERS);
    }
}
