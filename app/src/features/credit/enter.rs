//! `/credit/new`: a point that is entered by hand.

use super::{credit_ask, credit_enter};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{credit, outcome::Text};
use leptos::prelude::*;

/// The page of an entry.
pub const PATH: &str = "/credit/new";

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

static ENTRY: FormSpec = FormSpec {
    title: t("登记信用扣分", "Enter a point"),
    submit: t("登记", "Enter"),
    action: "/api/fn/credit_enter",
    fields: &[
        Field::new("org", t("单位", "Organisation"), None, true, Entry::Record),
        Field::new("item", t("扣分项", "Point"), None, true, Entry::Record),
        Field::new("day", t("认定日期", "Decided on"), None, true, Entry::Day),
        Field::new(
            "document",
            t("文号", "Document"),
            Some(t("处罚决定书等文书的文号", "Number of the decision")),
            true,
            Entry::Text(60),
        ),
        Field::new("note", t("事由", "What it was"), None, true, Entry::Text(200)),
    ],
    check: |values, today| credit::read_entry(values, today).err().unwrap_or_default(),
    ask: || Box::pin(credit_ask()),
    save: |values| Box::pin(credit_enter(values)),
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
        assert_eq!(ENTRY.fields.iter().map(|f| f.name).collect::<Vec<_>>(), credit::ENTRY_FIELDS);
        let faults = (ENTRY.check)(&domain::form::Values::new(), chrono::NaiveDate::default());
        let needed: Vec<&str> = ENTRY.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
    }
}
