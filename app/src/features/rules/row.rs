//! `/rules/drafts/:id/row`: the form of one row of a draft; `?rule=` names the row, `?kind=` the kind of a new one.

use super::{
    api::{RowAsk, rule_row_ask, rule_row_save},
    unit,
};
use crate::{
    error::AppError,
    kit::{
        form::{self, Entry, Field, FormAsk, FormSpec},
        list::{Choice, Choices},
        page,
    },
    lang::{Lang, tr},
};
use domain::{
    calendar::Unit,
    credit::Dimension,
    life::Family,
    outcome::Text,
    rules::{MediumClass, RuleKind},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn f(name: &'static str, title: Text, entry: Entry) -> Field {
    Field { name, title, hint: None, needed: false, entry }
}

const fn needed(field: Field) -> Field {
    Field { needed: true, ..field }
}

const fn hint(field: Field, zh: &'static str, en: &'static str) -> Field {
    Field { hint: Some(t(zh, en)), ..field }
}

const DRAFT: Field = f("draft", t("草稿", "Draft"), Entry::Hidden);
const RULE: Field = f("rule", t("规则", "Rule"), Entry::Hidden);
const KIND: Field = f("kind", t("类别", "Kind"), Entry::Hidden);
const ID: Field = hint(
    needed(f("id", t("编号", "Id"), Entry::Text(64))),
    "如 INT-LPG-2027;保留类别前缀",
    "Such as INT-LPG-2027: keep how it begins",
);
const VALUE: Field = needed(f("value", t("值", "Value"), Entry::Number("")));
const UNIT: Field = needed(f("unit", t("单位", "Unit"), Entry::Record));
const FAMILY: Field =
    hint(f("family", t("气瓶类型", "Family"), Entry::Record), "不选则适用全部类型", "None: all families");
const MODEL: Field =
    hint(f("model", t("规格型号", "Model"), Entry::Text(32)), "以此开头的型号,如 YSP35.5", "Models that begin so");
const CLASS: Field =
    hint(f("medium_class", t("介质类别", "Class of gas"), Entry::Record), "不选则适用全部介质", "None: all gases");
const MADE_FROM: Field = f("made_from", t("制造日期起", "Made from"), Entry::Day);
const MADE_BEFORE: Field =
    hint(f("made_before", t("制造日期止", "Made before"), Entry::Day), "不含当日", "That day excluded");
const INSPECTIONS: Field =
    hint(f("inspections_from", t("检验次数", "Inspections"), Entry::Number("")), "检验满此次数后适用", "After so many");
const YIELDS: Field = hint(
    needed(f("yields_to_print", t("以检验报告为准", "Report first"), Entry::Record)),
    "报告印有下次检验日期时,以报告为准",
    "Where the report prints the next date, that one counts",
);
const POINTS: Field = hint(
    needed(f("value", t("每项扣分", "Points of one"), Entry::Text(10))),
    "百分制,最多三位小数,如 0.5",
    "Of a hundred, three decimals at most, such as 0.5",
);
const DIMENSION: Field = needed(f("dimension", t("扣分维度", "Dimension"), Entry::Record));
const CAP: Field = hint(
    needed(f("cap", t("本项扣分上限", "Most of its kind"), Entry::Text(10))),
    "同类扣分合计不超过此值",
    "All of its kind together take no more",
);
const HALF_LIFE: Field = hint(
    needed(f("half_life", t("半衰期(月)", "Half-life, months"), Entry::Number(""))),
    "满此月数后扣分减半;一票否决的期限同此",
    "Counts half after so many months; a veto ends with them",
);
const REPAIR: Field = hint(
    needed(f("repair", t("整改返还(%)", "Given back, %"), Entry::Number(""))),
    "关闭后返还的比例,0 至 100",
    "Share given back when it is closed, 0 to 100",
);
const VETO: Field = hint(
    needed(f("veto", t("一票否决", "Veto"), Entry::Record)),
    "选「是」则有一项即为 D 级",
    "Yes: one of them is enough for the grade D",
);
const FROM: Field = f("effective_from", t("生效日期", "In force from"), Entry::Day);
const TO: Field = hint(
    f("effective_to", t("失效日期", "In force before"), Entry::Day),
    "自该日起不再适用;终止一条规则时填写",
    "Ends the rule from that day on",
);
const ENABLED: Field = needed(f("enabled", t("启用", "Switched on"), Entry::Record));
const SOURCE: Field =
    hint(needed(f("source", t("依据", "Source"), Entry::Text(80))), "标准号、文件号", "Standard or document");
const CLAUSE: Field = needed(f("clause", t("条款", "Clause"), Entry::Text(80)));
const JURISDICTION: Field = hint(
    needed(f("jurisdiction", t("适用地区", "Jurisdiction"), Entry::Text(6))),
    "CN 或六位行政区划代码",
    "CN, or a code of six digits",
);
const CONFIRMED: Field = hint(
    needed(f("confirmed", t("主管部门已确认", "Confirmed"), Entry::Record)),
    "选「否」即标记为待确认",
    "No: to be confirmed by the authority",
);

/// The forms of a kind: of a row that is there, and of a new one, which has an id to be given.
macro_rules! forms {
    ($old:ident, $new:ident, [$($field:expr),+ $(,)?]) => {
        static $old: FormSpec = spec(t("修改规则", "Change a rule"), &[DRAFT, RULE, KIND, $($field),+]);
        static $new: FormSpec = spec(t("新增规则", "Add a rule"), &[DRAFT, RULE, KIND, ID, $($field),+]);
    };
}

const fn spec(title: Text, fields: &'static [Field]) -> FormSpec {
    FormSpec {
        title,
        submit: t("写入草稿", "Put into the draft"),
        action: "/api/fn/rule_row_save",
        fields,
        check: |values, _| domain::rules::form::check(values),
        // The page reads which row it is of; only what there is to choose from is the form's own.
        ask: || Box::pin(async { Ok(FormAsk { choices: choices(), ..FormAsk::default() }) }),
        save: |values| Box::pin(rule_row_save(values)),
    }
}

forms!(
    INTERVAL,
    NEW_INTERVAL,
    [
        VALUE,
        FAMILY,
        MODEL,
        CLASS,
        MADE_FROM,
        MADE_BEFORE,
        INSPECTIONS,
        YIELDS,
        FROM,
        TO,
        ENABLED,
        SOURCE,
        CLAUSE,
        JURISDICTION,
        CONFIRMED
    ]
);
forms!(
    LIFE,
    NEW_LIFE,
    [VALUE, FAMILY, MODEL, CLASS, MADE_FROM, MADE_BEFORE, FROM, TO, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]
);
forms!(GUARD, NEW_GUARD, [MODEL, FROM, TO, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]);
forms!(OVERRIDE, NEW_OVERRIDE, [VALUE, FROM, TO, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]);
forms!(CLOCK, NEW_CLOCK, [VALUE, UNIT, FROM, TO, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]);
forms!(
    CREDIT,
    NEW_CREDIT,
    [POINTS, DIMENSION, CAP, HALF_LIFE, REPAIR, VETO, FROM, TO, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]
);
forms!(PARAM, NEW_PARAM, [VALUE, MODEL, ENABLED, SOURCE, CLAUSE, JURISDICTION, CONFIRMED]);

fn spec_of(kind: RuleKind, new: bool) -> &'static FormSpec {
    let (old, fresh) = match kind {
        RuleKind::Interval => (&INTERVAL, &NEW_INTERVAL),
        RuleKind::Life | RuleKind::Extension => (&LIFE, &NEW_LIFE),
        RuleKind::Guard => (&GUARD, &NEW_GUARD),
        RuleKind::Override => (&OVERRIDE, &NEW_OVERRIDE),
        RuleKind::Clock => (&CLOCK, &NEW_CLOCK),
        RuleKind::Param | RuleKind::Detector => (&PARAM, &NEW_PARAM),
        RuleKind::Credit => (&CREDIT, &NEW_CREDIT),
    };
    if new { fresh } else { old }
}

/// The label of a field of these forms.
#[must_use]
pub(super) fn title_of(name: &str) -> &'static str {
    let mut all = NEW_INTERVAL.fields.iter().chain(NEW_CLOCK.fields).chain(NEW_CREDIT.fields);
    all.find(|f| f.name == name).map_or("", |f| Lang::current().text(f.title))
}

/// What the fields choose from.
fn choices() -> Choices {
    let choice = |code: &str, text: Text| -> Choice { (code.to_owned(), text.zh.to_owned(), text.en.to_owned()) };
    let yes = || vec![choice("yes", t("是", "yes")), choice("no", t("否", "no"))];
    let classes = [MediumClass::Inert, MediumClass::Other, MediumClass::Corrosive];
    Choices::from([
        ("family".to_owned(), Family::ALL.iter().map(|f| choice(f.code(), f.text())).collect()),
        ("medium_class".to_owned(), classes.iter().map(|c| choice(c.code(), c.text())).collect()),
        ("unit".to_owned(), Unit::ALL.iter().map(|u| choice(u.code(), u.text())).collect()),
        ("yields_to_print".to_owned(), yes()),
        ("enabled".to_owned(), yes()),
        ("dimension".to_owned(), Dimension::ALL.iter().map(|d| choice(d.code(), d.text())).collect()),
        ("veto".to_owned(), yes()),
        ("confirmed".to_owned(), yes()),
    ])
}

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = move || params.with(|p| p.get("id").and_then(|i| i.parse::<i64>().ok())).unwrap_or_default();
    let asked = move || {
        let text = |name: &str| query.with(|q| q.get(name)).unwrap_or_default();
        (id(), text("rule"), text("kind"))
    };
    let row = Resource::new_blocking(asked, |(id, rule, kind)| rule_row_ask(id, rule, kind));
    let unsaved = form::begin();
    let content = view! {
        <Title text=tr("规则草稿 · 瓶迹", "Draft of rules · Pingji")/>
        <p><a href=move || format!("/rules/drafts/{}", id())>{tr("← 返回草稿", "← Back to the draft")}</a></p>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match row.await {
                    Ok(ask) => shown(id(), ask, unsaved),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("草稿中没有这条规则", "No such rule in the draft").into(),
                        tr("请从草稿页选择要修改的规则。", "Choose the rule on the page of the draft.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn shown(id: i64, ask: RowAsk, unsaved: crate::kit::browser::Unsaved) -> AnyView {
    let lang = Lang::current();
    let spec = spec_of(ask.kind, ask.rule.is_empty());
    let title = lang.text(spec.title);
    let unit = unit(&ask.unit);
    let unit = (!unit.is_empty()).then(|| lang.pick(format!("单位:{unit}"), format!("unit: {unit}")));
    let mut values = ask.values;
    values.insert("draft".into(), id.to_string());
    values.insert("kind".into(), ask.kind.code().to_owned());
    values.insert("rule".into(), ask.rule.clone());
    let form = form::form(spec, FormAsk { choices: choices(), today: ask.today, values }, unsaved);
    view! {
        <h1>{title} " " <span class="code">{ask.rule}</span></h1>
        <p class="quiet">{lang.text(ask.kind.text())} " · " {unit}</p>
        {form}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rules::form::{HIDDEN, fields};

    #[test]
    fn each_form_asks_what_is_read() {
        for kind in RuleKind::ALL {
            for new in [false, true] {
                let mut asked: Vec<&str> = spec_of(kind, new).fields.iter().map(|f| f.name).collect();
                let mut read: Vec<&str> = HIDDEN.iter().chain(fields(kind)).copied().collect();
                read.retain(|name| new || *name != "id");
                asked.sort_unstable();
                read.sort_unstable();
                assert_eq!(asked, read, "{kind:?}");
            }
        }
    }

    #[test]
    fn what_must_be_given_is_what_is_missed() {
        for kind in RuleKind::ALL {
            let spec = spec_of(kind, true);
            let values = domain::form::Values::from([("kind".to_owned(), kind.code().to_owned())]);
            let mut missed: Vec<String> =
                (spec.check)(&values, Default::default()).into_iter().map(|f| f.field).collect();
            missed.sort_unstable();
            missed.dedup();
            let mut needed: Vec<&str> = spec.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
            needed.sort_unstable();
            assert_eq!(missed, needed, "{kind:?}");
        }
    }
}
