//! Fields of long forms that are posted whole and checked by the server alone: boxes of which several are ticked, and what is wrong with a
//! field beside it.

use super::list::Choice;
use crate::lang::{Lang, tr};
use domain::{
    clock,
    form::{Fault, Values},
};
use leptos::prelude::*;

/// Boxes of which several can be ticked; `chosen` holds the ticked ones, separated by commas. Each is sent under the same name.
#[must_use]
pub fn boxes(name: &'static str, chosen: &str, all: &[Choice]) -> AnyView {
    let lang = Lang::current();
    let chosen: Vec<&str> = chosen.split(',').collect();
    let one = |(code, zh, en): &Choice| {
        let ticked = chosen.contains(&code.as_str());
        view! {
            <label>
                <input type="checkbox" name=name value=code.clone() checked=ticked/>
                <span>{lang.pick(zh.clone(), en.clone())}</span>
            </label>
        }
    };
    view! { <div class="boxes">{all.iter().map(one).collect_view()}</div> }.into_any()
}

/// Drafts that were left: number, title, when each was changed (ms). `form` is the page that goes on with one.
#[must_use]
pub fn drafts(form: &'static str, title: &'static str, all: &[(i64, String, i64)]) -> AnyView {
    if all.is_empty() {
        return ().into_any();
    }
    let one = |(id, name, at): &(i64, String, i64)| {
        let name = if name.is_empty() { tr("(无标题)", "(no title)").to_owned() } else { name.clone() };
        let at = clock::local_text(*at);
        view! { <li><a href=format!("{form}?draft={id}")>{name}</a> " " <small class="quiet">{at}</small></li> }
    };
    view! {
        <details class="drafts">
            <summary>{title} " (" {all.len().to_string()} ")"</summary>
            <ul>{all.iter().map(one).collect_view()}</ul>
        </details>
    }
    .into_any()
}

/// How many of a field's words are ticked.
#[must_use]
pub fn ticked(values: &Values, name: &str) -> usize {
    values.get(name).map_or(0, |v| v.split(',').filter(|w| !w.is_empty()).count())
}

/// What is wrong with a field, if anything is.
#[must_use]
pub fn fault(faults: &[Fault], name: &str) -> Option<String> {
    let lang = Lang::current();
    faults.iter().find(|f| f.field == name).map(|f| lang.pick(f.zh.clone(), f.en.clone()))
}

/// A field with its label, and what is wrong with it.
#[must_use]
pub fn field(
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    wrong: Option<String>,
    entry: AnyView,
) -> AnyView {
    let is_wrong = wrong.is_some();
    view! {
        <div class="field" class:wrong=is_wrong>
            <label for=id>{title}</label>
            {entry}
            <small>{hint}</small>
            {wrong.map(|w| view! { <em id=format!("e-{id}")>{w}</em> })}
        </div>
    }
    .into_any()
}

/// A group of fields with its heading, and what is wrong with it.
#[must_use]
pub fn group(title: &'static str, hint: &'static str, wrong: Option<String>, content: AnyView) -> AnyView {
    let is_wrong = wrong.is_some();
    view! {
        <fieldset class="group" class:wrong=is_wrong>
            <legend>{title}</legend>
            {(!hint.is_empty()).then(|| view! { <small>{hint}</small> })}
            {content}
            {wrong.map(|w| view! { <em>{w}</em> })}
        </fieldset>
    }
    .into_any()
}

/// All that is wrong, above the fields: nothing where nothing is.
#[must_use]
pub fn summary(faults: &[Fault], titles: &[(&'static str, &'static str)]) -> AnyView {
    if faults.is_empty() {
        return ().into_any();
    }
    let lang = Lang::current();
    let line = |f: &Fault| {
        let title = titles.iter().find(|(name, _)| *name == f.field).map_or("", |t| t.1);
        let sep = if title.is_empty() { "" } else { ": " };
        view! { <li>{title} {sep} {lang.pick(f.zh.clone(), f.en.clone())}</li> }
    };
    view! {
        <div id="faults" class="faults" role="alert" data-testid="faults">
            <strong>{lang.pick("请修改以下内容;所填内容已存为草稿", "Something is to be put right; what was entered is kept as a draft")}</strong>
            <ul>{faults.iter().map(line).collect_view()}</ul>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ticked_is_ticked_again_and_a_name_stays_a_name() {
        let all = [("1".to_owned(), "<b>甲".to_owned(), "A".to_owned()), ("11".into(), "乙".into(), "B".into())];
        let html = boxes("orgs[]", "11,2", &all).to_html();
        assert_eq!(html.matches("checked").count(), 1, "{html}");
        assert!(html.contains("&lt;b&gt;甲") && html.contains("name=\"orgs[]\""), "{html}");
        assert_eq!(ticked(&Values::from([("a".into(), "1,2".into())]), "a"), 2);
        assert_eq!(ticked(&Values::from([("a".into(), String::new())]), "a"), 0);
    }
}
