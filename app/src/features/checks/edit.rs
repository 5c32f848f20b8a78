//! `/checks/edit`: an item of a draft. The address brings what it is now.

use super::{check_ask, check_save};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{
    check::{self, Catalogue, Item},
    list::encode,
    outcome::Text,
};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page.
pub const PATH: &str = "/checks/edit";

static SPEC: FormSpec = FormSpec {
    title: t("检查项目", "Check item"),
    submit: t("存入草稿", "Put into the draft"),
    action: "/api/fn/check_save",
    fields: &[
        Field::new("catalogue", t("目录", "Catalogue"), None, true, Entry::Record),
        Field::new(
            "was",
            t("原代码", "Code until now"),
            Some(t("新增项目时留空", "Empty for a new item")),
            false,
            Entry::Text(24),
        ),
        Field::new(
            "code",
            t("代码", "Code"),
            Some(t(
                "大写字母、数字和下划线;检查记录以它指明项目",
                "Capitals, digits and _; records of checks name the item by it",
            )),
            true,
            Entry::Text(24),
        ),
        Field::new("part", t("类别", "About"), None, true, Entry::Record),
        Field::new("zh", t("内容(中文)", "Text, Chinese"), None, true, Entry::Text(120)),
        Field::new("en", t("内容(英文)", "Text, English"), None, true, Entry::Text(200)),
        Field::new(
            "severity",
            t("不合格等级", "How grave a failure is"),
            Some(t("不分级的留空", "Empty where it is not graded")),
            false,
            Entry::Record,
        ),
        Field::new(
            "days",
            t("整改期限", "To be put right within"),
            Some(t("0 表示立即停供;不设期限的留空", "0: supply stops at once; empty for no term")),
            false,
            Entry::Number("天 d"),
        ),
        Field::new(
            "media",
            t("适用介质", "Media"),
            Some(t(
                "介质代码以逗号分隔,如 LPG,DME;全部适用的留空",
                "Codes with commas between, such as LPG,DME; empty for all",
            )),
            false,
            Entry::Text(60),
        ),
        Field::new("source", t("依据", "Source"), None, true, Entry::Text(60)),
        Field::new("clause", t("条款", "Clause"), None, false, Entry::Text(40)),
        Field::new("note", t("备注", "Remark"), None, false, Entry::Text(120)),
        Field::new("confirmed", t("确认", "Confirmed"), None, true, Entry::Record),
        Field::new("enabled", t("使用", "In use"), None, true, Entry::Record),
    ],
    check: |values, _| check::read(values).err().unwrap_or_default(),
    ask: || Box::pin(check_ask()),
    save: |values| Box::pin(check_save(values)),
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    form::page(&SPEC)
}

/// The address under which an item is edited; for a new one of a catalogue without an item.
#[must_use]
pub fn address(catalogue: Catalogue, item: Option<&Item>) -> String {
    let mut out = format!("{PATH}?catalogue={}", catalogue.code());
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("&{name}={}", encode(value)));
        }
    };
    match item {
        Some(i) => {
            put("was", &i.code);
            check::values(i).iter().for_each(|(name, value)| put(name, value));
        }
        None => {
            put("confirmed", "no");
            put("enabled", "yes");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        form::asks_what_is_read(&SPEC, &check::FIELDS);
    }

    #[test]
    fn an_address_brings_the_whole_item() {
        for c in Catalogue::ALL {
            for i in check::shipped(*c) {
                let address = address(*c, Some(&i));
                assert!(address.len() < form::ADDRESS_MAX, "{} is too long: {}", i.code, address.len());
                assert!(address.starts_with(&format!("/checks/edit?catalogue={}&was={}&", c.code(), i.code)));
            }
        }
        assert_eq!(address(Catalogue::Home, None), "/checks/edit?catalogue=home&confirmed=no&enabled=yes");
    }
}
