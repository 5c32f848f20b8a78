//! What a reader has chosen for a list in this browser: columns, density, saved views.

use super::List;
use crate::kit::browser;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Saved views of a list at most: the oldest gives way.
const VIEWS_MAX: usize = 20;
/// Longest name of a saved view, characters.
pub(super) const NAME_MAX: usize = 40;

/// The choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// Names of the columns that are not shown.
    pub(super) hidden: Vec<String>,
    /// Lines stand close.
    pub(super) dense: bool,
    /// Names and addresses of saved views.
    pub(super) views: Vec<(String, String)>,
}

impl Kept {
    /// Shows a column, or hides it.
    pub(super) fn toggle(&mut self, column: &str) {
        let before = self.hidden.len();
        self.hidden.retain(|c| c != column);
        if self.hidden.len() == before {
            self.hidden.push(column.to_owned());
        }
    }

    /// Saves a view under a name; one of the same name gives way. An empty name saves nothing.
    pub(super) fn save(&mut self, name: &str, address: String) {
        let name: String = name.trim().chars().take(NAME_MAX).collect();
        if name.is_empty() {
            return;
        }
        self.views.retain(|(n, _)| *n != name);
        self.views.push((name, address));
        let extra = self.views.len().saturating_sub(VIEWS_MAX);
        self.views.drain(..extra);
    }

    /// Forgets a view.
    pub(super) fn forget(&mut self, name: &str) {
        self.views.retain(|(n, _)| n != name);
    }
}

fn place(list: &str) -> String {
    format!("pingji.list.{list}")
}

/// The choice for a list: that of its author until the page stands in a browser, so that both sides render the same; then the
/// reader's.
pub(super) fn provide(list: &List) -> RwSignal<Kept> {
    let hidden = list.heads.iter().filter(|h| !h.shown).map(|h| h.name.to_owned()).collect();
    let kept = RwSignal::new(Kept { hidden, ..Kept::default() });
    let name = list.name;
    Effect::new(move |_| {
        let own = browser::kept(&place(name)).and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        if let Some(own) = own {
            kept.set(own);
        }
    });
    kept
}

/// Changes the choice, and keeps it.
pub(super) fn change(list: &'static str, kept: RwSignal<Kept>, how: impl FnOnce(&mut Kept)) {
    kept.update(how);
    if let Ok(text) = kept.with_untracked(serde_json::to_string) {
        browser::keep(&place(list), &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_kept_by_name_and_bounded() {
        let mut k = Kept::default();
        k.save("  ", "?a".into());
        assert!(k.views.is_empty());
        k.save(" 过检 ", "?a".into());
        k.save("过检", "?b".into());
        assert_eq!(k.views, [("过检".to_owned(), "?b".to_owned())]);
        for n in 0..VIEWS_MAX {
            k.save(&n.to_string(), String::new());
        }
        assert_eq!((k.views.len(), k.views[0].0.as_str()), (VIEWS_MAX, "0"));
        k.forget("0");
        assert_eq!(k.views[0].0, "1");
    }

    #[test]
    fn a_column_is_hidden_and_shown_again() {
        let mut k = Kept::default();
        k.toggle("maker");
        assert_eq!(k.hidden, ["maker"]);
        k.toggle("maker");
        assert!(k.hidden.is_empty());
        // What another version kept is read as far as it is understood.
        assert_eq!(serde_json::from_str::<Kept>("{\"dense\":true,\"new\":1}").unwrap(), Kept { dense: true, ..k });
    }
}
