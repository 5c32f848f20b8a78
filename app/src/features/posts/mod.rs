//! `/posts`: publicity (S0-53) as its editors and reviewers work on it: the list, a post with its versions and its review, the editor, previews,
//! and texts that were kept aside.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod copy;
#[cfg(feature = "hydrate")]
mod desk;
mod edit;
pub mod enter;
mod one;
mod preview;
mod render;
mod spec;
mod version;

pub use api::{
    Autosaved, CopyShown, Draft, PostAct, PostAsk, PostAutosave, PostChoices, PostClean, PostCopy, PostCopySettle,
    PostCreate, PostDraft, PostLeave, PostList, PostOne, PostPresent, PostSave, PostSlug, PostVersion, Shown, Typing,
    VersionShown, post_act, post_ask, post_autosave, post_choices, post_clean, post_copy, post_copy_settle,
    post_create, post_draft, post_leave, post_list, post_one, post_present, post_save, post_slug, post_version,
};
pub use copy::page as copy;
pub use edit::page as edit;
pub use one::page as one;
pub use preview::page as preview;
pub use version::page as version;

use crate::kit::list;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// `/posts`
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::POSTS)
}

/// A number that stands in the address; 0 for none.
fn number<N: std::str::FromStr + Default>(name: &'static str) -> impl Fn() -> N + Copy + Send + Sync {
    let params = use_params_map();
    move || params.with(|p| p.get(name).and_then(|n| n.parse().ok())).unwrap_or_default()
}
