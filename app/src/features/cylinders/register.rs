//! `/cylinders/new`: a cylinder is registered by hand.

use super::{cylinder_register, registration_ask};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{outcome::Text, registration};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn needed(name: &'static str, title: Text, entry: Entry) -> Field {
    Field { name, title, hint: None, needed: true, entry }
}

const fn free(name: &'static str, title: Text, entry: Entry) -> Field {
    Field { name, title, hint: None, needed: false, entry }
}

/// Where the form is posted without its module.
pub const ACTION: &str = "/api/fn/cylinder_register";
/// The page.
pub const PATH: &str = "/cylinders/new";

static SPEC: FormSpec = FormSpec {
    title: t("登记钢瓶", "Register a cylinder"),
    submit: t("登记", "Register"),
    action: ACTION,
    fields: &[
        Field {
            hint: Some(t("扫描标签,或输入标签号", "Scan the tag, or type its number")),
            ..needed("tag", t("标签号", "Tag"), Entry::Tag)
        },
        needed("site", t("所属站点", "Home station"), Entry::Record),
        needed("medium", t("充装介质", "Medium"), Entry::Record),
        needed("model", t("规格", "Model"), Entry::Record),
        needed("stamp_no", t("钢印号", "Stamped no."), Entry::Text(40)),
        free("serial_no", t("出厂编号", "Serial no."), Entry::Text(40)),
        needed("maker", t("制造单位", "Maker"), Entry::Text(60)),
        Field {
            hint: Some(t("年月或年月日", "Month or day")),
            ..needed("made", t("出厂日期", "Made"), Entry::PartialDate)
        },
        free("inspected", t("上次检测", "Last inspection"), Entry::PartialDate),
        free("next_printed", t("下次检测(检验标志上)", "Next inspection, as printed"), Entry::PartialDate),
        free("tare_kg", t("钢印自重", "Stamped tare"), Entry::Number("kg")),
        free("valve", t("阀类型", "Valve"), Entry::Text(40)),
    ],
    check: |values, today| registration::read(values, today).err().unwrap_or_default(),
    ask: || Box::pin(registration_ask()),
    save: |values| Box::pin(cylinder_register(values)),
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
        form::asks_what_is_read(&SPEC, &registration::FIELDS);
    }
}
