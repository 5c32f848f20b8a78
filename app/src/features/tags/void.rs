//! `/tags/void`: a tag is voided for ever, without another in its place. The address may name it.

use super::{tag_void, void_ask};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{outcome::Text, tag};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn field(name: &'static str, title: Text, hint: Option<Text>, needed: bool, entry: Entry) -> Field {
    Field { name, title, hint, needed, entry }
}

/// The page.
pub const PATH: &str = "/tags/void";

static SPEC: FormSpec = FormSpec {
    title: t("作废标签", "Void a tag"),
    submit: t("作废", "Void it"),
    action: "/api/fn/tag_void",
    fields: &[
        field(
            "tag",
            t("标签号", "Tag"),
            Some(t("已绑定的,或本单位号段中尚未绑定的", "One that is bound, or lies unbound in a series of one's own")),
            true,
            Entry::Tag,
        ),
        field("reason", t("原因", "Reason"), None, true, Entry::Record),
        field("note", t("说明", "In words"), None, false, Entry::Text(200)),
        field("site", t("办理站点", "Where"), None, true, Entry::Record),
        field(
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
        assert_eq!(SPEC.fields.iter().map(|f| f.name).collect::<Vec<_>>(), tag::VOID_FIELDS);
        let faults = (SPEC.check)(&domain::form::Values::new(), chrono::NaiveDate::default());
        let needed: Vec<&str> = SPEC.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
    }
}
