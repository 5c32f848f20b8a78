//! `/accidents/new`, `/hazards/new`: an entry into a register. The address may bring what is known, such as the cylinder.

use super::{accident_enter, hazard_enter, incident_ask};
use crate::kit::form::{self, Entry, Field, FormSpec};
use domain::{
    incident::{self, Register},
    outcome::Text,
};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The page of an entry of an accident.
pub const ACCIDENT_PATH: &str = "/accidents/new";
/// The page of an entry of a hazard.
pub const HAZARD_PATH: &str = "/hazards/new";

const DISTRICT: Field = Field::new("district", t("区县", "District"), None, true, Entry::Record);
const PLACE: Field = Field::new("place", t("地点", "Place"), None, true, Entry::Text(120));
const TAG: Field = Field::new(
    "tag",
    t("涉及气瓶的标签号", "Tag of the cylinder"),
    Some(t("已知时填写;未登记的气瓶也可填写", "Where it is known; also of one that is not registered")),
    false,
    Entry::Tag,
);

static ACCIDENT: FormSpec = FormSpec {
    title: t("登记事故", "Enter an accident"),
    submit: t("登记", "Enter"),
    action: "/api/fn/accident_enter",
    fields: &[
        Field::new("at", t("发生时间", "When it happened"), None, true, Entry::Instant),
        Field::new("kind", t("事故类型", "Kind"), None, true, Entry::Record),
        DISTRICT,
        PLACE,
        Field::new(
            "org",
            t("责任或涉事单位", "Organisation"),
            Some(t("尚不明确的留空", "Empty where it is not known yet")),
            false,
            Entry::Record,
        ),
        TAG,
        Field::new("dead", t("死亡(人)", "Dead (persons)"), None, false, Entry::Number("")),
        Field::new("serious", t("重伤(人,含急性中毒)", "Seriously injured (persons)"), None, false, Entry::Number("")),
        Field::new("minor", t("轻伤(人)", "Slightly injured (persons)"), None, false, Entry::Number("")),
        Field::new(
            "loss",
            t("直接经济损失(元)", "Direct loss (CNY)"),
            Some(t("事故等级由伤亡和损失推算", "The grade follows from casualties and loss")),
            false,
            Entry::Number(""),
        ),
        Field::new("brief", t("简要经过", "What happened"), None, true, Entry::Text(200)),
        Field::new("cause", t("初步原因", "Cause, as far as known"), None, false, Entry::Text(200)),
    ],
    check: |values, today| incident::read(Register::Accident, values, today).err().unwrap_or_default(),
    ask: || Box::pin(incident_ask(Register::Accident)),
    save: |values| Box::pin(accident_enter(values)),
};

static HAZARD: FormSpec = FormSpec {
    title: t("登记隐患", "Enter a hazard"),
    submit: t("登记", "Enter"),
    action: "/api/fn/hazard_enter",
    fields: &[
        Field::new("at", t("发现时间", "When it was found"), None, true, Entry::Instant),
        Field::new("kind", t("环节", "Where it lies"), None, true, Entry::Record),
        Field::new("severity", t("隐患等级", "How grave"), None, true, Entry::Record),
        DISTRICT,
        PLACE,
        Field::new(
            "org",
            t("责任单位", "Organisation"),
            Some(t("用户自身隐患可留空", "Empty where only a user answers for it")),
            false,
            Entry::Record,
        ),
        TAG,
        Field::new(
            "item",
            t("对应的入户安检项", "Item of the home check"),
            Some(t("可选,取自现行目录", "If it is one; from the catalogue in force")),
            false,
            Entry::Record,
        ),
        Field::new("brief", t("隐患描述", "What was found"), None, true, Entry::Text(200)),
    ],
    check: |values, today| incident::read(Register::Hazard, values, today).err().unwrap_or_default(),
    ask: || Box::pin(incident_ask(Register::Hazard)),
    save: |values| Box::pin(hazard_enter(values)),
};

/// `/accidents/new`
#[must_use]
pub fn accident() -> AnyView {
    form::page(&ACCIDENT)
}

/// `/hazards/new`
#[must_use]
pub fn hazard() -> AnyView {
    form::page(&HAZARD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_ask_what_is_read() {
        for (spec, fields) in
            [(&ACCIDENT, incident::ACCIDENT_FIELDS.as_slice()), (&HAZARD, incident::HAZARD_FIELDS.as_slice())]
        {
            assert_eq!(spec.fields.iter().map(|f| f.name).collect::<Vec<_>>(), fields);
            let faults = (spec.check)(&domain::form::Values::new(), chrono::NaiveDate::default());
            let needed: Vec<&str> = spec.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
            assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
        }
    }
}
