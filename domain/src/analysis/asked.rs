//! What an analysis is asked by, as it stands in its address.

use super::{By, Period};
use crate::{
    list::{ListQuery, encode},
    scope::{Scope, Viewer},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What an analysis is asked by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    /// The day, `YYYY-MM-DD`; today where it is empty.
    pub as_of: String,
    /// Told apart by.
    pub by: By,
    /// The period around the day.
    pub period: Period,
    /// Only what belongs to this district, GB/T 2260.
    pub district: Option<i32>,
    /// Column to sort by; empty for the analysis' own order.
    pub sort: String,
    /// The least first.
    pub ascending: bool,
    /// The page, from 1; the first where it is 0. What is exported has no pages.
    #[serde(skip_serializing_if = "is_first")]
    pub page: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_first(page: &u32) -> bool {
    *page <= 1
}

impl By {
    /// Its word in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Org => "org",
        }
    }
}

impl Period {
    /// All, the shortest first.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// Its word in an address.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// For people: Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Month => ("月", "Month"),
            Self::Quarter => ("季", "Quarter"),
            Self::Year => ("年", "Year"),
        }
    }
}

impl Asked {
    /// From an address: `value` tells what it says of a name. Words that nobody can mean are left out; a day is kept as it stands, to
    /// be refused by whoever reads it.
    #[must_use]
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| value(name).map(|v| v.trim().to_owned()).unwrap_or_default();
        Self {
            as_of: given("as_of"),
            by: if given("by") == By::Org.code() { By::Org } else { By::District },
            period: Period::ALL.into_iter().find(|p| p.code() == given("period")).unwrap_or_default(),
            district: given("district").parse().ok(),
            sort: given("sort"),
            ascending: given("dir") == "asc",
            page: given("page").parse().unwrap_or_default(),
        }
    }

    /// The address of an analysis that is asked so.
    #[must_use]
    pub fn address(&self, code: &str) -> String {
        let mut parts: Vec<String> = vec![];
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{name}={}", encode(value)));
            }
        };
        put("as_of", &self.as_of);
        put("by", if self.by == By::Org { self.by.code() } else { "" });
        put("period", if self.period == Period::Month { "" } else { self.period.code() });
        put("district", &self.district.map(|d| d.to_string()).unwrap_or_default());
        put("sort", &self.sort);
        put("dir", if self.ascending { "asc" } else { "" });
        put("page", &if self.page > 1 { self.page.to_string() } else { String::new() });
        let joint = if parts.is_empty() { "" } else { "?" };
        format!("/analyses/{code}{joint}{}", parts.join("&"))
    }

    /// Who asks, narrowed to the district; `None` where the district lies outside what the asker may see, or where whoever asks is
    /// an enterprise, whose record is not divided so.
    #[must_use]
    pub fn viewer(&self, viewer: Viewer) -> Option<Viewer> {
        match (self.district, viewer.scope) {
            (None, _) => Some(viewer),
            (Some(d), Scope::City) => Some(Viewer { scope: Scope::District(d) }),
            (Some(d), Scope::District(own)) => (d == own).then_some(viewer),
            (Some(_), Scope::Org(_)) => None,
        }
    }

    /// The list of cylinders behind a figure: those of a unit, or of all, judged at the day.
    #[must_use]
    pub fn cylinders(&self, day: NaiveDate, unit: Option<i64>, filters: &[(&str, &str)]) -> String {
        let mut q = ListQuery::default().with("as_of", &day.to_string());
        if let Some(d) = self.district {
            q = q.with("district", &d.to_string());
        }
        if let Some(id) = unit {
            q = q.with(self.by.code(), &id.to_string());
        }
        let q = filters.iter().fold(q, |q, (name, value)| q.with(name, value));
        format!("/cylinders{}", q.address())
    }

    /// The list of a register behind a figure: what happened on these days, both included.
    #[must_use]
    pub fn incidents(&self, path: &str, first: &str, last: &str) -> String {
        let mut q = ListQuery::default().with("from", first).with("to", last);
        if let Some(d) = self.district {
            q = q.with("district", &d.to_string());
        }
        format!("{path}{}", q.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Asked {
        Asked::read(|name| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_owned()))
    }

    #[test]
    fn an_address_is_read_and_printed() {
        let a =
            of(&[("as_of", "2018-05-15"), ("by", "org"), ("period", "year"), ("district", "410105"), ("dir", "asc")]);
        assert_eq!(a.address("due"), "/analyses/due?as_of=2018-05-15&by=org&period=year&district=410105&dir=asc");
        let odd = of(&[("by", "x"), ("period", "9"), ("district", "a"), ("dir", "up")]);
        assert_eq!((&odd, odd.address("due").as_str()), (&Asked::default(), "/analyses/due"));
        assert_eq!(of(&[("as_of", "<b>")]).address("due"), "/analyses/due?as_of=%3Cb%3E");
    }

    #[test]
    fn a_district_narrows_and_never_widens() {
        let of = |district, scope| Asked { district, ..Asked::default() }.viewer(Viewer { scope }).map(|v| v.scope);
        let (city, north, org) = (Scope::City, Scope::District(410_105), Scope::Org(7));
        assert_eq!(of(None, org), Some(org));
        assert_eq!(of(Some(410_105), city), Some(north));
        assert_eq!(of(Some(410_105), north), Some(north));
        assert_eq!(of(Some(410_102), north), None);
        assert_eq!(of(Some(410_105), org), None);
    }

    #[test]
    fn the_list_behind_a_figure_is_judged_at_its_day() {
        let a = Asked { by: By::Org, district: Some(410_105), ..Asked::default() };
        let day = "2018-05-15".parse().unwrap();
        assert_eq!(
            a.cylinders(day, Some(7), &[("inspection", "overdue")]),
            "/cylinders?as_of=2018-05-15&district=410105&inspection=overdue&org=7"
        );
        // By district the unit is the district itself.
        let a = Asked { by: By::District, ..a };
        assert_eq!(a.cylinders(day, Some(410_102), &[]), "/cylinders?as_of=2018-05-15&district=410102");
    }
}
