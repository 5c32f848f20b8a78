//! `/calls/new`: who calls, while he is on the telephone.

use super::{call_ask, call_enter};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{
    call::{self, TEXT_MAX},
    clock,
    outcome::Text,
};
use leptos::prelude::*;

/// The page of an entry.
pub const PATH: &str = "/calls/new";

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

static ENTRY: FormSpec = FormSpec {
    title: t("登记来电", "Enter a call"),
    submit: t("登记", "Enter"),
    action: "/api/fn/call_enter",
    fields: &[
        Field::new("category", t("类别", "About"), None, true, Entry::Record),
        Field::new("at", t("来电时间", "When"), Some(t("留空为现在", "Empty for now")), false, Entry::Instant),
        Field::new("name", t("来电人姓名", "Caller's name"), None, false, Entry::Text(40)),
        Field::new(
            "phone",
            t("来电电话", "Caller's number"),
            Some(t("加密保存,列表只显示部分", "Kept sealed; shown in part only")),
            false,
            Entry::Text(30),
        ),
        Field::new("district", t("区县", "District"), None, false, Entry::Record),
        Field::new("org", t("涉及单位", "Organisation"), None, false, Entry::Record),
        Field::new("tag", t("标签号或钢印号", "Tag or stamped number"), None, false, Entry::Tag),
        Field::new("text", t("来电内容", "What was said"), None, true, Entry::Prose(TEXT_MAX)),
        Field::new(
            "callback",
            t("回电时限", "Call back by"),
            Some(t("需要回电时填写", "Where he is to be called back")),
            false,
            Entry::Instant,
        ),
        Field::new("key", t("请求标识", "Key"), None, false, Entry::Hidden),
    ],
    // The day is the server's; a promise of today is checked to the minute there.
    check: |values, today| {
        let morning = clock::day_start(clock::day_of(today));
        call::read(values, morning).err().unwrap_or_default()
    },
    ask: || Box::pin(call_ask()),
    save: |values| Box::pin(call_enter(values)),
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    form::page(&ENTRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        assert_eq!(ENTRY.fields.iter().map(|f| f.name).collect::<Vec<_>>(), call::ENTRY_FIELDS);
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let faults = (ENTRY.check)(&domain::form::Values::new(), today);
        let needed: Vec<&str> = ENTRY.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
    }
}
