//! `/tags/void`: a tag is voided for ever, without another in its place. The address may name it.

use super::{tag_void, void_ask};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{outcome::Text, tag};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page.
pub const PATH: &str = "/tags/void";

static SPEC: FormSpec = FormSpec {
    title: t("作废标签", "Void a tag"),
    submit: t("作废", "Void it"),
    action: "/api/fn/tag_void",
    fields: &[
        Field::new(
            "tag",
            t("标签号", "Tag"),
            Some(t("已绑定的,或本单位号段中尚未绑定的", "One that is bound, or lies unbound in a series of one's own")),
            true,
            Entry::Tag,
        ),
        Field::new("reason", t("原因", "Reason"), None, true, Entry::Record),
        Field::new("note", t("说明", "In words"), None, false, Entry::Text(200)),
        Field::new("site", t("办理站点", "Where"), None, true, Entry::Record),
        Field::new(
            "sure",
            t("确认作废,不可恢复", "Void it: this cannot be undone"),
            Some(t(
                "作废后读到此标签即拒绝充装;要换新标签请用“绑定标签”",
                "Whoever reads it then fills nothing; to put another in its place, bind that one",
            )),
            true,
            Entry::Confirm,
        ),
    ],
    check: |values, _| tag::read_void(values).err().unwrap_or_default(),
    ask: || Box::pin(void_ask()),
    save: |values| Box::pin(tag_void(values)),
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
        form::asks_what_is_read(&SPEC, &tag::VOID_FIELDS);
    }
}
