//! A field of a form: label, entry, hint, what is wrong with it.

use crate::{
    kit::{area::lines, list::Choice},
    lang::{Lang, tr},
};
#[cfg(doc)]
use domain::attachment::Why;
use domain::{
    form::{Fault, Values},
    outcome::Text,
};
use leptos::prelude::*;

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub title: Text,
    /// What helps to fill it in.
    pub hint: Option<Text>,
    /// Whether it must be given.
    pub needed: bool,
    /// How it is entered.
    pub entry: Entry,
}

/// How a field is entered.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A text of at most so many characters.
    Text(u16),
    /// A text of several lines, of at most so many characters.
    Prose(usize),
    /// A tag: typed, or by a scanner that types. Its Enter goes on to the next field instead of sending the form.
    Tag,
    /// A number in a unit.
    Number(&'static str),
    /// A date known to the month or to the day.
    PartialDate,
    /// An instant of local time.
    Instant,
    /// One of those that the record names under the field's name.
    Record,
    /// A day.
    Day,
    /// What the form is about: shown, and not to be changed.
    Fixed,
    /// What only the server reads.
    Hidden,
    /// Files of these kinds (`.pdf,image/*`): the form is sent by the browser itself, to a route that takes forms in parts, which tells by
    /// the word of a [`Why`] under the field's name what was wrong with one.
    Files(&'static str),
    /// A box to be ticked: its value is `yes`. The label says what is confirmed.
    Confirm,
    /// A box that is ticked or not: its value is `1`.
    Tick,
}

impl Field {
    /// A field, in one line of a form's description.
    #[must_use]
    pub const fn new(name: &'static str, title: Text, hint: Option<Text>, needed: bool, entry: Entry) -> Self {
        Self { name, title, hint, needed, entry }
    }

    /// Its name as the form sends it: the argument of the server function is a map.
    #[must_use]
    pub fn field_name(&self) -> String {
        format!("values[{}]", self.name)
    }
}

/// Under which name the server keeps the files of a form that was not taken, a line each: token and name. The form sends the token back by the same
/// name, and by `drop` what is not wanted any more.
pub const KEPT: &str = "kept";

/// What a form of before kept: tokens and names.
#[must_use]
pub fn kept(values: &Values) -> Vec<(String, String)> {
    let lines = values.get(KEPT).map_or("", String::as_str).lines();
    lines.filter_map(|l| l.split_once(' ')).map(|(t, n)| (t.to_owned(), n.to_owned())).collect()
}

/// Files that came with the form before it was mended: they need not be chosen again.
#[must_use]
pub fn held(files: Vec<(String, String)>) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let one = |(token, name): (String, String)| {
        view! {
            <li>
                <input type="hidden" name=KEPT value=token.clone()/>
                {name} {tr(" — 已保留 ", " — kept ")}
                <label><input type="checkbox" name="drop" value=token/> {tr("移除", "remove")}</label>
            </li>
        }
    };
    view! { <ul class="links" data-testid="kept">{files.into_iter().map(one).collect_view()}</ul> }.into_any()
}

/// The field: what stands in it at first, what it chooses from, and where what is wrong with it is read.
#[must_use]
pub fn view(f: &'static Field, first: &str, choices: Vec<Choice>, faults: RwSignal<Vec<Fault>>) -> AnyView {
    let lang = Lang::current();
    let name = f.name;
    let (id, error_id, hint_id) = (format!("f-{name}"), format!("e-{name}"), format!("h-{name}"));
    let fault = Memo::new(move |_| {
        faults.with(|all| all.iter().find(|x| x.field == name).map(|x| lang.pick(x.zh.clone(), x.en.clone())))
    });
    let invalid = move || fault.with(Option::is_some).then_some("true");
    let described = format!("{hint_id} {error_id}");
    let sent_as = f.field_name();
    let input = |kind: &'static str, mode: &'static str, most: u16, place: &'static str| {
        view! {
            <input id=id.clone() name=sent_as.clone() type=kind inputmode=mode value=first.to_owned() placeholder=place autocomplete="off"
                maxlength=most.to_string() required=f.needed aria-invalid=invalid aria-describedby=described.clone()/>
        }
        .into_any()
    };
    let entry = match f.entry {
        Entry::Text(most) => input("text", "text", most, ""),
        Entry::Prose(most) => view! {
            <textarea id=id.clone() name=sent_as.clone() rows="5" maxlength=most.to_string() required=f.needed aria-invalid=invalid
                aria-describedby=described.clone() inner_html=lines(first)></textarea>
        }
        .into_any(),
        Entry::Tag => {
            let field = input("text", "text", 64, tr("扫描或输入", "Scan or type"));
            let next = move |e: leptos::ev::KeyboardEvent| {
                if e.key() == "Enter" {
                    e.prevent_default();
                    crate::kit::browser::focus_next(".form :is(input, select, button)", 1);
                }
            };
            view! { <span class="scan" on:keydown=next>{field}</span> }.into_any()
        }
        Entry::Number(unit) => {
            let field = input("text", "decimal", 20, "");
            view! { <span class="with-unit">{field}<span>{unit}</span></span> }.into_any()
        }
        Entry::PartialDate => input("text", "numeric", 20, "2024-05"),
        Entry::Instant => input("datetime-local", "text", 20, ""),
        Entry::Day => input("date", "numeric", 10, ""),
        Entry::Fixed => view! {
            <input id=id.clone() name=sent_as.clone() type="text" class="code" value=first.to_owned() readonly=true
                aria-invalid=invalid aria-describedby=described.clone()/>
        }
        .into_any(),
        Entry::Confirm | Entry::Tick => {
            let value = if matches!(f.entry, Entry::Tick) { "1" } else { "yes" };
            let ticked = matches!(f.entry, Entry::Tick) && first == value;
            return view! {
                <div class="field confirm" class:wrong=move || fault.with(Option::is_some)>
                    <label for=id.clone()>
                        <input id=id.clone() name=sent_as.clone() type="checkbox" value=value checked=ticked required=f.needed
                            aria-invalid=invalid aria-describedby=described.clone()/>
                        <span>{lang.text(f.title)} {if f.needed { " *" } else { "" }}</span>
                    </label>
                    <small id=hint_id.clone()>{f.hint.map(|h| lang.text(h))}</small>
                    <em id=error_id.clone()>{move || fault.get()}</em>
                </div>
            }
            .into_any();
        }
        Entry::Hidden => {
            return view! { <input type="hidden" name=sent_as.clone() value=first.to_owned()/> }.into_any();
        }
        Entry::Files(accept) => view! {
            {held(choices.into_iter().map(|(token, name, _)| (token, name)).collect())}
            <span class="pick">
                <label for=id.clone()>{tr("选择文件", "Choose files")}</label>
                <input id=id.clone() name=name type="file" multiple=true accept=accept aria-invalid=invalid
                    aria-describedby=described.clone()/>
            </span>
        }
        .into_any(),
        Entry::Record => {
            let options: Vec<AnyView> = choices
                .into_iter()
                .map(|(code, zh, en)| {
                    let selected = code == first;
                    view! { <option value=code selected=selected>{lang.pick(zh, en)}</option> }.into_any()
                })
                .collect();
            view! {
                <select id=id.clone() name=sent_as.clone() required=f.needed aria-invalid=invalid aria-describedby=described.clone()>
                    <option value="">{tr("请选择", "Choose")}</option>
                    {options}
                </select>
            }
            .into_any()
        }
    };
    let star = if f.needed { " *" } else { "" };
    let title = match f.entry {
        // The label stands at the button.
        Entry::Files(_) => view! { <strong>{lang.text(f.title)}</strong> }.into_any(),
        _ => view! { <label for=id.clone()>{lang.text(f.title)} {star}</label> }.into_any(),
    };
    view! {
        <div class="field" class:wrong=move || fault.with(Option::is_some)>
            {title}
            {entry}
            <small id=hint_id.clone()>{f.hint.map(|h| lang.text(h))}</small>
            <em id=error_id.clone()>{move || fault.get()}</em>
        </div>
    }
    .into_any()
}
