//! `/posts/new`: a post is begun with its title, so that it has a place from the first word on; all else is written in the editor.

use super::{post_ask, post_create};
use crate::kit::form::{self, Entry, Field, FormSpec};
use chrono::NaiveDate;
use domain::{
    form::{Fault, Values},
    outcome::Text,
    post::{self, TITLE_MAX},
};
use leptos::prelude::*;

/// The page.
pub const PATH: &str = "/posts/new";

/// Fields of the form.
const ASKED: [&str; 3] = ["title", "category", "district"];

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What is wrong with it, of what it asks.
#[must_use]
pub fn check(values: &Values, today: NaiveDate) -> Vec<Fault> {
    post::read(values, today).1.into_iter().filter(|f| ASKED.contains(&f.field.as_str())).collect()
}

static BEGIN: FormSpec = FormSpec {
    title: t("新建宣传内容", "New post"),
    submit: t("开始编辑", "Begin to write"),
    action: "/api/fn/post_create",
    fields: &[
        Field::new("title", t("标题", "Title"), None, true, Entry::Text(TITLE_MAX as u16)),
        Field::new("category", t("栏目", "Category"), None, true, Entry::Record),
        Field::new(
            "district",
            t("区县", "District"),
            Some(t("不选为全市", "Empty for the whole city")),
            false,
            Entry::Record,
        ),
    ],
    check,
    ask: || Box::pin(post_ask()),
    save: |values| Box::pin(post_create(values)),
};

/// The page of the form.
#[must_use]
pub fn page() -> AnyView {
    form::page(&BEGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        form::asks_what_is_read(&BEGIN, &ASKED);
    }
}
