//! The page of one thing: what it is called and how it stands, what can be done, facts, sections. Every detail page is one
//! [`Detail`].

use super::list::Tone;
use leptos::prelude::*;

/// One thing.
pub struct Detail {
    /// What kind of thing.
    pub kind: &'static str,
    /// Its code or name.
    pub code: String,
    /// How it stands, in words.
    pub badges: Vec<(Tone, String)>,
    /// Where one can go from here.
    pub actions: Vec<(String, &'static str)>,
    /// Beside the heading, such as the day it is judged at.
    pub aside: Option<AnyView>,
    /// Sections below one another.
    pub sections: Vec<Section>,
}

/// A section.
pub struct Section {
    /// Its anchor.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Beside the heading.
    pub note: String,
    /// What stands in it.
    pub content: AnyView,
}

/// A name and what it is.
pub type Fact = (&'static str, String);

/// What stands where the record holds nothing.
pub const NONE: &str = "—";

/// A text, or that there is none.
#[must_use]
pub fn or_none(text: &str) -> String {
    if text.is_empty() { NONE.to_owned() } else { text.to_owned() }
}

/// Facts as a grid.
#[must_use]
pub fn facts(facts: Vec<Fact>) -> AnyView {
    view! {
        <dl class="facts">
            {facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()}
        </dl>
    }
    .into_any()
}

impl Detail {
    /// The page.
    #[must_use]
    pub fn view(self) -> AnyView {
        let badges = self.badges.into_iter().map(|(tone, text)| {
            view! { <span class=format!("badge {}", tone.class())>{text}</span> }
        });
        let actions = self.actions.into_iter().map(|(href, text)| view! { <a class="button" href=href>{text}</a> });
        let sections = self.sections.into_iter().map(|s| {
            view! {
                <section aria-labelledby=s.id>
                    <h2 id=s.id>{s.title} <small>{s.note}</small></h2>
                    {s.content}
                </section>
            }
        });
        view! {
            <article class="detail">
                <div class="title-row">
                    <h1>{self.kind} " " <span class="code">{self.code}</span></h1>
                    {badges.collect_view()}
                    <span class="actions">{actions.collect_view()}</span>
                </div>
                {self.aside}
                {sections.collect_view()}
            </article>
        }
        .into_any()
    }
}
