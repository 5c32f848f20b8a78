//! `/tags/bind`: a tag is bound to a cylinder by hand. The address may name the cylinder.

use super::{tag_ask, tag_bind};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{outcome::Text, tag};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page.
pub const PATH: &str = "/tags/bind";

static SPEC: FormSpec = FormSpec {
    title: t("绑定标签", "Bind a tag"),
    submit: t("绑定", "Bind"),
    action: "/api/fn/tag_bind",
    fields: &[
        Field {
            name: "cylinder",
            title: t("气瓶现有标签", "A tag that leads to the cylinder"),
            hint: Some(t("扫描或输入气瓶上任一有效标签", "Scan or type any valid tag of it")),
            needed: true,
            entry: Entry::Tag,
        },
        Field {
            name: "tag",
            title: t("新标签", "The new tag"),
            hint: Some(t("未绑定其他气瓶、未作废", "Neither bound to another cylinder nor void")),
            needed: true,
            entry: Entry::Tag,
        },
        Field {
            name: "replaces",
            title: t("被换下的标签", "The tag that it replaces"),
            hint: Some(t("换签时填写,提交后即作废", "For a replacement: it is void then")),
            needed: false,
            entry: Entry::Tag,
        },
        Field { name: "reason", title: t("原因", "Reason"), hint: None, needed: true, entry: Entry::Record },
        Field { name: "site", title: t("绑定地点", "Where"), hint: None, needed: true, entry: Entry::Record },
    ],
    check: |values, _| tag::read(values).err().unwrap_or_default(),
    ask: || Box::pin(tag_ask()),
    save: |values| Box::pin(tag_bind(values)),
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
        form::asks_what_is_read(&SPEC, &tag::FIELDS);
    }
}
