//! `/tags/issue`: a series of tags is issued to an organisation (标签发放).

use super::{issue_ask, tag_issue};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{outcome::Text, tag};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page.
pub const PATH: &str = "/tags/issue";

static SPEC: FormSpec = FormSpec {
    title: t("发放标签号段", "Issue a series of tags"),
    submit: t("发放", "Issue"),
    action: "/api/fn/tag_issue",
    fields: &[
        Field::new("org", t("领用单位", "Organisation"), None, true, Entry::Record),
        Field::new(
            "enterprise",
            t("企业代码", "Enterprise code"),
            Some(t(
                "三位数字;标签号 = 企业3位 + 介质2位 + 序号6位",
                "Three digits; a tag is 3 of the enterprise, 2 of the medium, 6 of the serial",
            )),
            true,
            Entry::Text(3),
        ),
        Field::new("medium", t("介质代码", "Medium code"), None, true, Entry::Record),
        Field::new("first", t("起始序号", "First serial"), Some(t("1 到 999999", "1 to 999999")), true, Entry::Text(6)),
        Field::new(
            "last",
            t("终止序号", "Last serial"),
            Some(t("含本号;不得与已发号段重叠", "This one is the last; it shares none with another series")),
            true,
            Entry::Text(6),
        ),
        Field::new("remark", t("备注", "Remark"), None, false, Entry::Text(200)),
        Field::new("sure", t("确认发放", "Issue them"), None, true, Entry::Confirm),
    ],
    check: |values, _| tag::read_issue(values).err().unwrap_or_default(),
    ask: || Box::pin(issue_ask()),
    save: |values| Box::pin(tag_issue(values)),
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    form::page(&SPEC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        form::asks_what_is_read(&SPEC, &tag::ISSUE_FIELDS);
    }
}
