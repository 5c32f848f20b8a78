//! What differs between two sets of rules, field by field.

use super::{row::title_of, unit};
use crate::{
    kit::table,
    lang::{Lang, tr},
};
use domain::{
    life::Family,
    rules::{MediumClass, RuleRow, draft::Change, form},
};
use leptos::prelude::*;

/// A field that differs: its name, as it was, as it is.
type Differs = (&'static str, Option<String>, Option<String>);

/// The fields of a change that differ; of a row that came or went, those that say something.
fn fields(c: &Change) -> Vec<Differs> {
    let of = |r: &Option<RuleRow>| r.as_ref().map(form::values);
    let (was, is) = (of(&c.was), of(&c.is));
    let Some(kind) = c.is.as_ref().or(c.was.as_ref()).map(|r| r.kind) else { return vec![] };
    let at = |v: &Option<domain::form::Values>, name: &str| v.as_ref().and_then(|v| v.get(name).cloned());
    form::fields(kind)
        .iter()
        .filter(|name| **name != "id")
        .map(|name| (*name, at(&was, name), at(&is, name)))
        .filter(|(_, was, is)| was != is && [was, is].into_iter().flatten().any(|v| !v.is_empty()))
        .collect()
}

/// What stands in a field, in words.
fn word(name: &str, text: &str, row: Option<&RuleRow>) -> String {
    let lang = Lang::current();
    match (name, text) {
        ("confirmed", "yes") => tr("已确认", "confirmed").into(),
        ("confirmed", "no") => tr("待确认", "to be confirmed").into(),
        (_, "yes") => tr("是", "yes").into(),
        (_, "no") => tr("否", "no").into(),
        ("family", code) => Family::from_code(code).map_or_else(|| code.to_owned(), |f| lang.text(f.text()).to_owned()),
        ("medium_class", code) if !code.is_empty() => lang.text(MediumClass::from_code(code).text()).to_owned(),
        ("value", n) => format!("{n} {}", row.map_or("", |r| unit(&r.unit))).trim_end().to_owned(),
        (_, "") => "—".into(),
        (_, text) => text.to_owned(),
    }
}

/// The changes as a table. `draft` is the draft in which they can be changed further.
#[must_use]
pub(super) fn table(changes: &[Change], draft: Option<i64>) -> AnyView {
    let row = |c: &Change| {
        let lines = fields(c).into_iter().map(|(name, was, is)| {
            let said = |v: Option<String>, row: &Option<RuleRow>| v.map(|v| word(name, &v, row.as_ref()));
            let was = said(was, &c.was).map(|w| view! { <del>{w}</del> " → " });
            view! { <li>{title_of(name)} ": " {was} <ins>{said(is, &c.is)}</ins></li> }
        });
        let kind = match (&c.was, &c.is) {
            (None, _) => tr("新增", "Added"),
            (_, None) => tr("删去", "Gone"),
            _ => tr("修改", "Changed"),
        };
        let id = match draft {
            Some(draft) => {
                let href = format!("/rules/drafts/{draft}/row?rule={}", crate::kit::told::query_value(&c.rule_id));
                view! { <a href=href>{c.rule_id.clone()}</a> }.into_any()
            }
            None => c.rule_id.clone().into_any(),
        };
        let back = draft.map(|draft| {
            view! {
                <form method="post" action="/api/fn/rule_row_drop">
                    <input type="hidden" name="id" value=draft.to_string()/>
                    <input type="hidden" name="rule" value=c.rule_id.clone()/>
                    <button type="submit" class="quiet">{tr("撤回", "Take back")}</button>
                </form>
            }
            .into_any()
        });
        let cells = vec![id, kind.into_any(), view! { <ul class="plain">{lines.collect_view()}</ul> }.into_any()];
        cells.into_iter().chain(back).collect::<Vec<AnyView>>()
    };
    let mut columns = vec![(tr("编号", "Id"), "code"), (tr("变动", "What"), ""), (tr("内容", "Fields"), "detail")];
    columns.extend(draft.map(|_| (tr("操作", "Actions"), "")));
    table::table(tr("规则变动", "Changes of rules"), "changes", &columns, changes.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rules::RuleSet;

    #[test]
    fn only_the_fields_that_differ_are_told() {
        let row = RuleSet::seed().rows.remove(0);
        let is = RuleRow { value: 36, confirmed: false, ..row.clone() };
        let change = Change { rule_id: row.rule_id.clone(), was: Some(row.clone()), is: Some(is.clone()) };
        let told = fields(&change);
        let s = |t: &str| Some(t.to_owned());
        assert_eq!(told, [("value", s("48"), s("36")), ("confirmed", s("yes"), s("no"))]);
        let added = fields(&Change { was: None, ..change });
        assert!(added.contains(&("value", None, s("36"))) && !added.iter().any(|f| f.0 == "effective_from"));
    }
}
