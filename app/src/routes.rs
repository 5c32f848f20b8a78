//! The one table of pages: the module that browsers load for them, path, page, permission, server rendering.

use crate::features;
use domain::permission::Permission;
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route},
    path,
};

/// Who may open a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Any paired display and any account that signed in.
    SignedIn,
    /// An account, whatever is due of it.
    Account,
    /// Whoever holds the permission.
    Needs(Permission),
}

/// The module that a browser loads for a page (`docs/decisions/0013`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The wall.
    Wall,
    /// Cylinders and whatever is told of them, rules, accounts.
    Office,
    /// What is worked on: cases, ratings, accidents, messages.
    Desk,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The module that it is in.
    pub part: Part,
    /// Path as in the address; `:name` stands for any one segment.
    pub path: &'static str,
    /// Who may open it.
    pub access: Access,
}

impl Page {
    /// Whether an address's path is one of this page.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let own = self.path.trim_matches('/').split('/');
        let asked: Vec<&str> = path.trim_matches('/').split('/').collect();
        own.clone().count() == asked.len()
            && own.zip(asked).all(|(o, a)| o == a || (o.starts_with(':') && !a.is_empty()))
    }
}

/// The wall stands apart: it has a root and a module of its own (`crate::wall`), and no page leads into it without a load.
pub const WALL: Page = Page { part: Part::Wall, path: "/wall", access: Needs(Permission::WallView) };

/// Makes [`PAGES`], [`view`] and the parts of it that browsers load of one list, so that none can lack what the others have.
macro_rules! pages {
    ($($(#[$doc:meta])* $part:ident $of_part:ident { $($path:tt => $page:path, $access:expr, $mode:ident;)+ })+) => {
        /// All pages but the wall.
        pub const PAGES: &[Page] = &[$($(Page { part: Part::$part, path: $path, access: $access },)+)+];

        /// The page for the present address: the server renders them all.
        #[cfg(feature = "ssr")]
        #[must_use]
        pub fn view() -> AnyView {
            view! {
                <FlatRoutes fallback=features::not_found::page>
                    $($(<Route path=path!($path) view=$page ssr=SsrMode::$mode/>)+)+
                </FlatRoutes>
            }
            .into_any()
        }

        $(
            $(#[$doc])*
            #[cfg(not(feature = "ssr"))]
            #[must_use]
            pub fn $of_part() -> AnyView {
                view! {
                    <FlatRoutes fallback=features::not_found::page>
                        $(<Route path=path!($path) view=$page ssr=SsrMode::$mode/>)+
                    </FlatRoutes>
                }
                .into_any()
            }
        )+
    };
}

/// The page at an address's path: of several the one with the fewest parameters, as the router takes it.
#[must_use]
pub fn at(path: &str) -> Option<&'static Page> {
    PAGES.iter().chain([&WALL]).filter(|p| p.is_at(path)).min_by_key(|p| p.path.matches(':').count())
}

use Access::{Account, Needs, Open, SignedIn};
use Permission as P;

pages! {
    /// Cylinders and whatever is told of them, rules, accounts.
    Office office {
        "/" => features::home::page, SignedIn, OutOfOrder;
        "/search" => features::search::page, Needs(P::TraceRead), Async;
        "/cylinders" => features::cylinders::page, Needs(P::CylinderRead), Async;
        "/cylinders/new" => features::cylinders::register::page, Needs(P::CylinderEdit), Async;
        "/cylinders/edit" => features::cylinders::amend::page, Needs(P::CylinderEdit), Async;
        "/cylinders/:code" => features::cylinders::detail::page, Needs(P::TraceRead), Async;
        "/cylinders/:code/history" => features::history::page, Needs(P::TraceRead), Async;
        "/analyses" => features::analyses::page, Needs(P::AnalysisRead), Async;
        "/analyses/in-use" => features::analyses::in_use::page, Needs(P::AnalysisRead), Async;
        "/analyses/:analysis" => features::analyses::one_page, Needs(P::AnalysisRead), Async;
        "/exports" => features::exports::page, Needs(P::Export), Async;
        "/cylinders/:code/trace" => features::history::trace_page, Needs(P::TraceRead), Async;
        "/cylinders/:code/evidence" => features::history::evidence_page, Needs(P::TraceRead), Async;
        "/imports" => features::imports::page, Needs(P::CylinderImport), Async;
        "/imports/:id" => features::imports::one_page, Needs(P::CylinderImport), Async;
        "/imports/:id/quarantine" => features::imports::quarantine_page, Needs(P::CylinderImport), Async;
        "/tags" => features::tags::page, Needs(P::TagManage), Async;
        "/tags/series" => features::tags::series_page, Needs(P::TagManage), Async;
        "/tags/issue" => features::tags::issue::page, Needs(P::TagManage), Async;
        "/tags/void" => features::tags::void::page, Needs(P::TagManage), Async;
        "/tags/bind" => features::tags::bind::page, Needs(P::TagManage), Async;
        "/collisions" => features::collisions::page, Needs(P::CylinderRead), Async;
        "/labels" => features::labels::page, Needs(P::TagManage), Async;
        "/alerts" => features::alerts::page, Needs(P::AlertRead), Async;
        "/alerts/list" => features::alerts::list_page, Needs(P::AlertRead), Async;
        "/alerts/precision" => features::alerts::precision_page, Needs(P::AlertRead), Async;
        "/alerts/:no" => features::alerts::one_page, Needs(P::AlertRead), Async;
        "/records" => features::records::page, Needs(P::RecordRead), Async;
        "/records/:no" => features::records::one_page, Needs(P::RecordRead), Async;
        "/map" => features::map::page, Needs(P::MapRead), Async;
        "/cylinders/:code/checks" => features::checks::of_cylinder_page, Needs(P::TraceRead), Async;
        "/orgs" => features::orgs::page, Needs(P::CylinderRead), Async;
        "/orgs/:id" => features::orgs::one_page, Needs(P::CylinderRead), Async;
        "/checks" => features::checks::page, Needs(P::CheckItemRead), Async;
        "/checks/edit" => features::checks::edit::page, Needs(P::CheckItemEdit), Async;
        "/checks/:catalogue" => features::checks::catalogue_page, Needs(P::CheckItemRead), Async;
        "/rules" => features::rules::page, Needs(P::RuleRead), Async;
        "/rules/versions" => features::rules::versions_page, Needs(P::RuleRead), Async;
        "/rules/drafts" => features::rules::drafts_page, Needs(P::RuleEdit), Async;
        "/rules/drafts/:id" => features::rules::draft_page, Needs(P::RuleEdit), Async;
        "/rules/drafts/:id/row" => features::rules::row_page, Needs(P::RuleEdit), Async;
        "/rules/drafts/:id/cylinders" => features::rules::moved_page, Needs(P::RuleEdit), Async;
        "/login" => features::login::page, Open, Async;
        "/login/code" => features::login::code_page, Account, Async;
        "/me" => features::me::page, Account, Async;
        "/accounts" => features::accounts::page, Needs(P::AccountRead), Async;
        "/accounts/:id" => features::accounts::one_page, Needs(P::AccountRead), Async;
        "/policy" => features::policy::page, Needs(P::PolicyEdit), Async;
        "/platform" => features::platform::page, Needs(P::PlatformEdit), Async;
        "/displays" => features::displays::page, Needs(P::DisplayPair), Async;
        "/audit" => features::audit::page, Needs(P::AuditRead), Async;
    }
    /// What is worked on.
    Desk desk {
        "/accidents" => features::incidents::accidents, Needs(P::AlertRead), Async;
        "/accidents/new" => features::incidents::enter::accident, Needs(P::AlertHandle), Async;
        "/accidents/:id" => features::incidents::accident, Needs(P::AlertRead), Async;
        "/cases" => features::cases::page, Needs(P::ComplaintRead), Async;
        "/cases/new" => features::cases::enter::page, Needs(P::ComplaintHandle), Async;
        "/cases/import" => features::cases::import, Needs(P::ComplaintHandle), Async;
        "/cases/:id" => features::cases::one, Needs(P::ComplaintRead), Async;
        "/cases/:id/documents/:document" => features::cases::document, Needs(P::ComplaintHandle), Async;
        "/evaluation" => features::cases::evaluation, Needs(P::ComplaintRead), Async;
        "/credit" => features::credit::page, Needs(P::CreditRead), Async;
        "/credit/new" => features::credit::enter::page, Needs(P::CreditEdit), Async;
        "/credit/entries" => features::credit::entries, Needs(P::CreditRead), Async;
        "/credit/appeal" => features::credit::appeal::file, Needs(P::CreditAppeal), Async;
        "/credit/appeals" => features::credit::appeals, Needs(P::CreditRead), Async;
        "/credit/appeals/:id" => features::credit::appeal::page, Needs(P::CreditRead), Async;
        "/credit/:id" => features::credit::one, Needs(P::CreditRead), Async;
        "/hazards" => features::incidents::hazards, Needs(P::AlertRead), Async;
        "/hazards/new" => features::incidents::enter::hazard, Needs(P::AlertHandle), Async;
        "/hazards/:id" => features::incidents::hazard, Needs(P::AlertRead), Async;
        "/calls" => features::calls::page, Needs(P::ComplaintRead), Async;
        "/calls/new" => features::calls::enter::page, Needs(P::ComplaintHandle), Async;
        "/calls/:id" => features::calls::one, Needs(P::ComplaintRead), Async;
        "/tasks" => features::tasks::page, Account, Async;
        "/tasks/settings" => features::tasks::settings, Account, Async;
        "/tasks/:id" => features::tasks::one, Account, Async;
        "/calendar" => features::calendar::page, Needs(P::RuleRead), Async;
        "/posts" => features::posts::page, Needs(P::PostRead), Async;
        "/posts/new" => features::posts::enter::page, Needs(P::PostEdit), Async;
        "/posts/copies/:id" => features::posts::copy, Needs(P::PostRead), Async;
        "/posts/:id" => features::posts::one, Needs(P::PostRead), Async;
        "/posts/:id/edit" => features::posts::edit, Needs(P::PostEdit), Async;
        "/posts/:id/preview" => features::posts::preview, Needs(P::PostRead), Async;
        "/posts/:id/versions/:version" => features::posts::version, Needs(P::PostRead), Async;
        "/messages" => features::messages::page, Needs(P::MessageRead), Async;
        "/messages/new" => features::messages::compose, Needs(P::MessageSend), Async;
        "/messages/templates" => features::messages::templates, Needs(P::MessageSend), Async;
        "/messages/:id" => features::messages::one, Needs(P::MessageRead), Async;
        "/inbox" => features::inbox::page, Account, Async;
        "/inbox/:id" => features::inbox::one, Account, Async;
        "/papers" => features::papers::page, Needs(P::PaperRead), Async;
        "/papers/new" => features::papers::write, Needs(P::PaperIssue), Async;
        "/papers/:id" => features::papers::one, Needs(P::PaperRead), Async;
        "/papers/:id/sheet" => features::papers::sheet, Needs(P::PaperRead), Async;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique() {
        let mut paths: Vec<&str> = PAGES.iter().chain([&WALL]).map(|p| p.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), PAGES.len() + 1);
    }

    #[test]
    fn the_router_meets_first_what_fits_best() {
        for page in PAGES.iter().filter(|p| !p.path.contains(':')) {
            let first = PAGES.iter().find(|p| p.part == page.part && p.is_at(page.path));
            assert_eq!(first.map(|p| p.path), Some(page.path));
        }
    }

    #[test]
    fn an_address_finds_its_page() {
        for (path, page) in [
            ("/", "/"),
            ("", "/"),
            ("/wall/", "/wall"),
            ("//wall", "/wall"),
            ("/cylinders/1/history", "/cylinders/:code/history"),
            ("/accounts/7", "/accounts/:id"),
        ] {
            assert_eq!(at(path).map(|p| p.path), Some(page), "{path}");
        }
        for path in ["/wall/x", "/cylinders//history", "/Wall", "/accounts/7/8"] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
