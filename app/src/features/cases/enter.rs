//! `/cases/new`: one that came by telephone, by letter, in person or from another platform.

use super::{case_ask, case_enter};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{
    case::{self, From, NOTE_MAX, TEXT_MAX},
    outcome::Text,
};
use leptos::prelude::*;

/// The page of an entry.
pub const PATH: &str = "/cases/new";

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

static ENTRY: FormSpec = FormSpec {
    title: t("登记投诉、举报、建议、报修", "Enter a complaint, report, suggestion or repair"),
    submit: t("登记", "Enter"),
    action: "/api/fn/case_enter",
    fields: &[
        Field::new("track", t("类别", "Kind"), None, true, Entry::Record),
        Field::new(
            "also_report",
            t("同时举报违法行为,另立一件", "It is a report as well: a case of its own"),
            Some(t("仅投诉可选", "Of a complaint only")),
            false,
            Entry::Confirm,
        ),
        Field::new("channel", t("来源", "How it came"), None, true, Entry::Record),
        Field::new(
            "external_no",
            t("平台工单号", "Number of the platform"),
            Some(t("来自 12315、12345 时必填", "Needed where it came from 12315 or 12345")),
            false,
            Entry::Text(40),
        ),
        Field::new(
            "received",
            t("收到时间", "When it was received"),
            Some(t("期限从此时起算;留空为现在", "Terms run from then; empty for now")),
            false,
            Entry::Instant,
        ),
        Field::new("name", t("姓名", "Name"), None, false, Entry::Text(40)),
        Field::new("phone", t("电话", "Telephone"), None, false, Entry::Text(30)),
        Field::new("address", t("通讯地址", "Address"), None, false, Entry::Text(120)),
        Field::new("district", t("区县", "District"), None, false, Entry::Record),
        Field::new(
            "org",
            t("被反映单位", "Organisation"),
            Some(t("填写标签号后可不选", "Not needed where the tag is given")),
            false,
            Entry::Record,
        ),
        Field::new("tag", t("标签号或钢印号", "Tag or stamped number"), None, false, Entry::Tag),
        Field::new(
            "place",
            t("地点", "Place"),
            Some(t("报修必填上门地址", "Where to come, for a repair")),
            false,
            Entry::Text(120),
        ),
        Field::new("title", t("一句话说明", "In a few words"), None, true, Entry::Text(60)),
        Field::new("text", t("详细情况", "What happened"), None, true, Entry::Prose(TEXT_MAX)),
        Field::new("wish", t("诉求", "What is asked for"), None, false, Entry::Prose(NOTE_MAX)),
        Field::new(
            "anonymous",
            t("匿名(不保存姓名电话地址)", "Stays unknown: name, telephone and address are not kept"),
            None,
            false,
            Entry::Confirm,
        ),
        Field::new("key", t("请求标识", "Key"), None, false, Entry::Hidden),
    ],
    check: |values, today| case::read(values, today, From::Officer).err().unwrap_or_default(),
    ask: || Box::pin(case_ask()),
    save: |values| Box::pin(case_enter(values)),
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
        assert_eq!(ENTRY.fields.iter().map(|f| f.name).collect::<Vec<_>>(), case::ENTRY_FIELDS);
        let faults = (ENTRY.check)(&domain::form::Values::new(), chrono::NaiveDate::default());
        let needed: Vec<&str> = ENTRY.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
    }
}
