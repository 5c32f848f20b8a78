//! Who is signed in, asked once for all that a page shows of it.

use crate::{
    error::AppError,
    features::me::who_am_i,
    routes::{self, Access},
};
use domain::{account::Me, permission::Permissions};
use leptos::prelude::*;

/// The question, put once a load.
#[derive(Clone, Copy)]
pub struct Session(Resource<Result<Option<Me>, AppError>>);

impl Session {
    /// Puts the question for everything below.
    pub fn provide() {
        provide_context(Self(Resource::new_blocking(|| (), |()| who_am_i())));
    }

    /// The question that was put above.
    #[must_use]
    pub fn current() -> Option<Self> {
        use_context()
    }

    /// The account; none for a display and for nobody.
    pub async fn me(self) -> Option<Me> {
        self.0.await.ok().flatten()
    }

    /// What may be asked: an account's permissions, else those of a display.
    pub async fn permissions(self) -> Permissions {
        self.me().await.map_or(Permissions::DISPLAY, |me| me.permissions)
    }
}

/// Whether a page can be opened by whoever holds these. What is no page of the table is open.
#[must_use]
pub fn opens(may: Permissions, href: &str) -> bool {
    match routes::at(href.split(['?', '#']).next().unwrap_or_default()).map(|p| p.access) {
        Some(Access::Needs(p)) => may.has(p),
        _ => true,
    }
}

/// What is shown of who may what, once that is known.
#[must_use]
pub fn permitted(show: impl Fn(Permissions) -> AnyView + Clone + Send + Sync + 'static) -> AnyView {
    let Some(session) = Session::current() else { return show(Permissions::DISPLAY) };
    view! {
        <Suspense fallback=|| ()>
            {move || {
                let show = show.clone();
                Suspend::new(async move { show(session.permissions().await) })
            }}
        </Suspense>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::permission::Permission;

    #[test]
    fn a_place_is_offered_to_whom_it_opens() {
        let none = Permissions::NONE;
        assert!(!opens(none, "/cylinders?inspection=overdue&sort=due"));
        assert!(opens(none.with(Permission::CylinderRead), "/cylinders?inspection=overdue&sort=due"));
        assert!(!opens(none.with(Permission::CylinderRead), "/cylinders/new"));
        assert!(!opens(none, "/wall"));
        assert!(opens(none, "/") && opens(none, "/api/docs/") && opens(none, "/me"));
    }
}
