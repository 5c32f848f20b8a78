//! Forms: written once. A page gives a [`FormSpec`]; what is entered is checked in the browser and on the server by the same
//! function of `domain`.
//!
//! Before its module is loaded a form is a plain POST to its server function, which sends the reader back to the form with what
//! was entered and what is wrong in the address (`checked=1`), or on to the page of what was saved.

mod field;

pub use field::{Entry, Field, KEPT, held, kept, view as field};

use super::{
    entered,
    list::{Choices, Coming},
};
use crate::{
    error::AppError,
    kit::{
        browser::{self, Unsaved},
        page,
    },
    lang::{Lang, tr},
};
use chrono::NaiveDate;
use domain::{
    attachment::Why,
    clock,
    form::{Fault, Saved, Values},
    outcome::Text,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use serde::{Deserialize, Serialize};

/// A form.
pub struct FormSpec {
    /// Its heading.
    pub title: Text,
    /// What its button says.
    pub submit: Text,
    /// Where it is posted without its module: the path of the server function.
    pub action: &'static str,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// Checks what was entered, as of a day.
    pub check: fn(&Values, NaiveDate) -> Vec<Fault>,
    /// Reads what the form is made of.
    pub ask: fn() -> Coming<FormAsk>,
    /// Saves what was entered.
    pub save: fn(Values) -> Coming<Saved>,
}

/// What a form is made of that stands in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAsk {
    /// Choices of its fields, by their names.
    pub choices: Choices,
    /// The server's day.
    pub today: NaiveDate,
    /// What stands in its fields to begin with, by their names. What the address brings goes before it.
    #[serde(default)]
    pub values: Values,
}

/// Longest address that a reader is sent back to with what was entered.
pub const ADDRESS_MAX: usize = 4_000;

/// The page of a form.
#[must_use]
pub fn page(spec: &'static FormSpec) -> AnyView {
    page_of(spec, spec.ask)
}

/// The same for a form about one thing: what it is made of is asked for that thing.
#[must_use]
pub fn page_of(spec: &'static FormSpec, ask: impl Fn() -> Coming<FormAsk> + Send + Sync + 'static) -> AnyView {
    let key = entered::key();
    let ask = Resource::new_blocking(
        || (),
        move |()| {
            let (asking, key) = (ask(), key.clone());
            async move { Ok::<_, AppError>((asking.await?, entered::of(key).await)) }
        },
    );
    let unsaved = begin();
    let title = Lang::current().text(spec.title);
    let content = view! {
        <Title text=format!("{title} · {}", tr("瓶迹", "Pingji"))/>
        <h1>{title}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match ask.await {
                    Ok((ask, kept)) => form_of(spec, ask, &kept, unsaved),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有找到", "Not found").into(),
                        tr("请核对编码后重试。", "Check the code and try again.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// For a page with a form of its own: keeps whether something is not saved. Called before the frame of the page is made.
#[must_use]
pub fn begin() -> Unsaved {
    let unsaved = Unsaved(RwSignal::new(false));
    unsaved.watch();
    provide_context(unsaved);
    unsaved
}

/// What the address brings, or names as `kept`: the values that were sent, and what is wrong with them. `start` is what stands in the fields
/// at first.
fn from_address(spec: &FormSpec, start: Values, kept: &Values, today: NaiveDate) -> (Values, Vec<Fault>) {
    let query = use_query_map().get_untracked();
    let given = |name: &str| query.get(name).or_else(|| kept.get(name).cloned()).filter(|v| !v.is_empty());
    // What was sent stands as it was sent, also what was emptied.
    let mut values = if given("checked").is_some() { Values::new() } else { start };
    values.extend(spec.fields.iter().filter_map(|f| Some((f.name.to_owned(), given(f.name)?))));
    let mut faults = Vec::new();
    if given("checked").is_some() {
        faults = (spec.check)(&values, today);
        for f in spec.fields.iter().filter(|f| matches!(f.entry, Entry::Files(_))) {
            let why = given(f.name).and_then(|w| Why::from_code(&w)).map(Why::info);
            let which = given("named").map(|n| clock::clip(&n)).unwrap_or_default();
            let of =
                |which: &str, text: &str| if which.is_empty() { text.to_owned() } else { format!("{which}:{text}") };
            faults.extend(why.map(|t| Fault { field: f.name.into(), zh: of(&which, t.zh), en: of(&which, t.en) }));
        }
        // What only the record knows: the server names the field.
        let named = given("taken").and_then(|name| spec.fields.iter().find(|f| f.name == name));
        if let Some(f) = named.filter(|_| faults.is_empty()) {
            faults.push(taken(f.name));
        }
    }
    (values, faults)
}

/// A value that stands in the record already, or is none of those that do.
#[must_use]
pub fn taken(field: &str) -> Fault {
    Fault {
        field: field.into(),
        zh: "已被占用或不在可选范围内,请核对".into(),
        en: "taken already, or not one of those to choose from: check it".into(),
    }
}

/// The form itself.
#[must_use]
pub fn form(spec: &'static FormSpec, ask: FormAsk, unsaved: Unsaved) -> AnyView {
    form_of(spec, ask, &Values::new(), unsaved)
}

fn form_of(spec: &'static FormSpec, ask: FormAsk, kept: &Values, unsaved: Unsaved) -> AnyView {
    let FormAsk { mut choices, today, values: start } = ask;
    let (values, faults) = from_address(spec, start, kept, today);
    let faults = RwSignal::new(faults);
    let failed = RwSignal::new(String::new());
    let (dirty, busy) = (unsaved.0, RwSignal::new(false));
    let lang = Lang::current();
    let navigate = use_navigate();
    // Files are sent by the browser itself.
    let files = spec.fields.iter().any(|f| matches!(f.entry, Entry::Files(_)));
    let submit = move |e: leptos::ev::SubmitEvent| {
        if files {
            dirty.set(false);
            return;
        }
        e.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let given = |f: &Field| Some((f.name.to_owned(), browser::field(&e, &f.field_name())?));
        let values: Values = spec.fields.iter().filter_map(given).collect();
        failed.set(String::new());
        let wrong = (spec.check)(&values, today);
        if !wrong.is_empty() {
            faults.set(wrong);
            browser::focus_later("#faults");
            return;
        }
        busy.set(true);
        let (navigate, saving) = (navigate.clone(), (spec.save)(values));
        spawn_local(async move {
            let answer = saving.await;
            busy.set(false);
            match answer {
                Ok(Saved::Done(address)) => {
                    dirty.set(false);
                    navigate(&address, NavigateOptions::default());
                }
                Ok(Saved::Faults(wrong)) => {
                    faults.set(wrong);
                    browser::focus_later("#faults");
                }
                Err(why) => {
                    faults.set(Vec::new());
                    failed.set(lang.text(why.words()).to_owned());
                    browser::focus_later("#faults");
                }
            }
        });
    };
    let fields: Vec<AnyView> = spec
        .fields
        .iter()
        .map(|f| {
            let first = values.get(f.name).map_or("", String::as_str);
            let choices = match f.entry {
                // Only what the server kept for this account: nothing of it comes from the address.
                Entry::Files(_) => field::kept(kept).into_iter().map(|(t, n)| (t, n.clone(), n)).collect(),
                _ => choices.remove(f.name).unwrap_or_default(),
            };
            field::view(f, first, choices, faults)
        })
        .collect();
    view! {
        <form class="form" method="post" action=spec.action enctype=files.then_some("multipart/form-data") novalidate=true on:submit=submit on:input=move |_| dirty.set(true)>
            {summary(spec, faults, failed)}
            <div class="form-fields">{fields}</div>
            <p class="form-go">
                <button type="submit" class="button strong" aria-disabled=move || busy.get().to_string()>
                    {lang.text(spec.submit)}
                </button>
                <span class="quiet">{tr("带 * 的必填", "* must be given")}</span>
            </p>
        </form>
    }
    .into_any()
}

/// All that is wrong, above the fields; each leads to its field.
fn summary(spec: &'static FormSpec, faults: RwSignal<Vec<Fault>>, failed: RwSignal<String>) -> AnyView {
    let lang = Lang::current();
    let lines = move || {
        let faults = faults.get();
        let line = |f: Fault| {
            let of = spec.fields.iter().find(|s| s.name == f.field);
            let title = of.map_or("", |s| lang.text(s.title));
            view! { <li><a href=format!("#f-{}", f.field) rel="external">{title} ": " {lang.pick(f.zh, f.en)}</a></li> }
        };
        faults.into_iter().map(line).collect_view()
    };
    let any = move || faults.with(|f| !f.is_empty()) || failed.with(|f| !f.is_empty());
    view! {
        <div id="faults" class="faults" tabindex="-1" role="alert" data-testid="faults" class:none=move || !any()>
            <strong>{lang.pick("没有保存", "Not saved")}</strong>
            <p>{move || failed.get()}</p>
            <ul>{lines}</ul>
        </div>
    }
    .into_any()
}

/// That a form asks for just the fields that are read, and that what it marks as needed is what is missed when nothing is entered.
#[cfg(test)]
pub(crate) fn asks_what_is_read(spec: &FormSpec, read: &[&str]) {
    assert_eq!(spec.fields.iter().map(|f| f.name).collect::<Vec<_>>(), read);
    let faults = (spec.check)(&Values::new(), NaiveDate::default());
    let needed: Vec<&str> = spec.fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
    assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), needed);
}
