//! What is asked in a city: the addresses of its pages, with what a person would put into them.

use crate::demo::city::Plan;
use data::page::{Cursor, Key};
use domain::{analysis::KINDS, clock, ledger::File};

/// A city as its pages are asked about it.
pub struct City {
    /// Who and what is there.
    pub plan: Plan,
    /// The day, since 1970-01-01 in local time.
    pub today: i32,
    /// The last number of the ledger.
    pub last: i64,
    /// Numbers of some alerts.
    pub alerts: Vec<i64>,
    /// Numbers of some fills.
    pub fills: Vec<i64>,
}

/// A page: what it is called, and its address for the n-th time.
pub type Asked = (String, Box<dyn Fn(&City, usize) -> String + Send + Sync>);

/// Pages whose cost does not follow from the number of cylinders or events: they list people, screens, rules, runs, what was
/// entered in a register, or nothing. What a draft of rules would move is counted once, with progress, and not by its page.
#[cfg(test)]
pub const APART: &[&str] = &[
    "/checks",
    "/checks/edit",
    "/checks/:catalogue",
    "/accidents",
    "/accidents/new",
    "/accidents/:id",
    "/cases",
    "/cases/new",
    "/cases/import",
    "/cases/:id",
    "/cases/:id/documents/:document",
    "/evaluation",
    "/credit",
    "/credit/new",
    "/credit/entries",
    "/credit/appeal",
    "/credit/appeals",
    "/credit/appeals/:id",
    "/credit/:id",
    "/calls",
    "/calls/new",
    "/calls/:id",
    "/tasks",
    "/tasks/settings",
    "/tasks/:id",
    "/posts",
    "/posts/new",
    "/posts/copies/:id",
    "/posts/:id",
    "/posts/:id/edit",
    "/posts/:id/preview",
    "/posts/:id/versions/:version",
    "/hazards",
    "/hazards/new",
    "/hazards/:id",
    "/rules/versions",
    "/rules/drafts",
    "/rules/drafts/:id",
    "/rules/drafts/:id/row",
    "/rules/drafts/:id/cylinders",
    "/calendar",
    "/messages",
    "/messages/new",
    "/messages/templates",
    "/messages/:id",
    "/inbox",
    "/inbox/:id",
    "/papers",
    "/papers/new",
    "/papers/:id",
    "/papers/:id/sheet",
    "/login",
    "/login/code",
    "/me",
    "/accounts",
    "/accounts/:id",
    "/platform",
    "/policy",
    "/displays",
    "/audit",
    "/rules",
    "/exports",
    "/imports",
    "/imports/:id",
    "/imports/:id/quarantine",
    "/cylinders/new",
    "/cylinders/edit",
    "/tags/bind",
    "/tags/issue",
    "/tags/void",
    "/labels",
    "/analyses/:analysis",
    "/cylinders/:code/evidence",
    "/",
];

impl City {
    fn file(&self, n: usize) -> Option<File> {
        self.plan.file(n.wrapping_mul(7_919) % self.plan.cylinders().max(1))
    }

    fn tag(&self, n: usize) -> String {
        self.file(n).map(|f| f.tag).unwrap_or_default()
    }

    fn stamp(&self, n: usize) -> String {
        self.file(n).map(|f| f.stamp_no).unwrap_or_default()
    }

    fn serial(&self, n: usize) -> String {
        self.file(n).map(|f| f.serial_no).unwrap_or_default()
    }

    fn day(&self, ahead: i32) -> String {
        clock::date_of(self.today.saturating_add(ahead)).to_string()
    }

    fn station(&self, n: usize) -> i64 {
        self.plan.sites.get(n % self.plan.sites.len().max(1)).map_or(0, |s| s.id)
    }

    fn org(&self, n: usize) -> i64 {
        self.plan.orgs.get(n % self.plan.orgs.len().max(1)).map_or(0, |o| o.id)
    }

    fn district(&self, n: usize) -> i32 {
        self.plan.sites.get(n % self.plan.sites.len().max(1)).map_or(0, |s| s.division)
    }
}

fn one(of: &[i64], n: usize) -> i64 {
    of.get(n % of.len().max(1)).copied().unwrap_or_default()
}

/// All that is asked.
pub fn all() -> Vec<Asked> {
    let mut out: Vec<Asked> = vec![];
    let mut ask = |name: &str, address: fn(&City, usize) -> String| out.push((name.to_owned(), Box::new(address)));
    ask("search: a tag", |c, n| format!("/search?q={}", c.tag(n)));
    ask("search: a stamped number", |c, n| format!("/search?q={}", c.stamp(n)));
    ask("search: a serial number", |c, n| format!("/search?q={}", c.serial(n)));
    ask("search: a part of a name", |_, n| format!("/search?q={}", ["%E7%AB%99", "%E7%87%83%E6%B0%94"][n % 2]));
    ask("search: nothing found", |_, n| format!("/search?q=NOTHING{n}"));
    ask("archive: first page", |_, _| "/cylinders".into());
    ask("archive: in the middle, by tag", |c, n| {
        let key = Some(Key::Text(c.tag(n)));
        format!("/cylinders?after={}", Cursor { key, id: 0 }.write("tag+"))
    });
    ask("archive: in the middle, by date of inspection", |c, n| {
        let key = Some(Key::Int((c.today + 30 + (n % 300) as i32).into()));
        format!("/cylinders?sort=due&after={}", Cursor { key, id: 0 }.write("due+"))
    });
    ask("archive: by end of life, the last first", |_, _| "/cylinders?sort=life_end&dir=desc".into());
    ask("archive: of a district", |c, n| format!("/cylinders?district={}", c.district(n)));
    ask("archive: of an enterprise", |c, n| format!("/cylinders?org={}", c.org(n)));
    ask("archive: at a station", |c, n| format!("/cylinders?site={}", c.station(n)));
    ask("archive: due within a week", |c, _| format!("/cylinders?due_from={}&due_to={}", c.day(0), c.day(6)));
    ask("archive: overdue ones of a district", |c, n| {
        format!("/cylinders?district={}&inspection=overdue&sort=due", c.district(n))
    });
    ask("archive: past their life", |_, _| "/cylinders?inspection=past_life".into());
    ask("archive: of a year and a medium", |_, n| {
        format!("/cylinders?made_from=20{0:02}&made_to=20{0:02}&medium=O2", 10 + n % 10)
    });
    ask("archive: a code", |c, n| format!("/cylinders?q={}", c.tag(n)));
    ask("cylinders in use, 13 columns", |_, _| "/analyses/in-use".into());
    ask("cylinder", |c, n| format!("/cylinders/{}", c.tag(n)));
    ask("cylinder: history", |c, n| format!("/cylinders/{}/history", c.tag(n)));
    ask("cylinder: trace", |c, n| format!("/cylinders/{}/trace", c.tag(n)));
    ask("cylinder: trace as known a year ago", |c, n| {
        format!("/cylinders/{}/trace?known={}T12:00", c.tag(n), c.day(-365))
    });
    ask("cylinder: checks", |c, n| format!("/cylinders/{}/checks", c.tag(n)));
    ask("organisations", |_, _| "/orgs".into());
    ask("organisation", |c, n| format!("/orgs/{}", c.org(n)));
    ask("records: of the last week", |_, _| "/records".into());
    ask("records: of a day a year ago", |c, n| {
        let day = c.day(-365 - (n % 300) as i32);
        format!("/records?from={day}&to={day}")
    });
    ask("records: deep", |c, n| {
        let no = c.last / 2 + n as i64 * 977 % (c.last / 4).max(1);
        let from = c.day(-1_400);
        format!("/records?from={from}&after={}", Cursor { key: Some(Key::Int(no)), id: i64::MAX }.write("no-"))
    });
    ask("records: of a station, a month", |c, n| {
        format!("/records?site={}&from={}&to={}", c.station(n), c.day(-59), c.day(-30))
    });
    ask("records: of a cylinder", |c, n| format!("/records?q={}", c.tag(n)));
    ask("records: pre-checks that failed", |c, _| format!("/records?kind=precheck&verdict=faulty&from={}", c.day(-29)));
    ask("record", |c, n| format!("/records/{}", one(&c.fills, n)));
    ask("alerts: by cause", |_, _| "/alerts".into());
    ask("alerts: list", |_, _| "/alerts/list".into());
    ask("alerts: of a station", |c, n| format!("/alerts/list?site={}", c.station(n)));
    ask("alerts: precision", |_, _| "/alerts/precision".into());
    ask("alert", |c, n| format!("/alerts/{}", one(&c.alerts, n)));
    ask("tags: first page", |_, _| "/tags".into());
    ask("tags: a code", |c, n| format!("/tags?q={}", c.tag(n)));
    ask("tags: series", |_, _| "/tags/series".into());
    ask("duplicates: stamped numbers", |_, _| "/collisions?kind=stamp".into());
    ask("map", |_, _| "/map".into());
    ask("map: a district, near", |c, n| format!("/map?z=3&district={}", c.district(n)));
    ask("analyses: overview", |_, _| "/analyses".into());
    for kind in KINDS {
        let name = format!("analysis: {}", kind.title.en);
        out.push((
            name,
            Box::new(move |c, n| {
                let by = if kind.by_unit && n % 2 == 1 { "&by=org" } else { "" };
                let period = if kind.periodic { ["month", "quarter", "year"][n % 3] } else { "" };
                let period = if period.is_empty() { String::new() } else { format!("&period={period}") };
                let day = if kind.dated { c.day(-((n % 3) as i32) * 30) } else { c.day(0) };
                format!("/analyses/{}?as_of={day}{by}{period}", kind.code)
            }),
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::city::Base;
    use app::routes::{PAGES, at};

    /// Whoever adds a page says what it costs in a large city, or why that needs no saying.
    #[test]
    fn every_page_is_asked_or_stands_apart() {
        let plan = Plan::new(1, 100, 2, 1_795_248_000_000, Base::default());
        let city = City { plan, today: 20_778, last: 1_000, alerts: vec![1], fills: vec![1] };
        let asked: Vec<&str> = all()
            .iter()
            .flat_map(|(name, address)| (0..7).map(|n| (name.clone(), address(&city, n))).collect::<Vec<_>>())
            .map(|(name, address)| {
                let path = address.split('?').next().unwrap_or_default();
                at(path).unwrap_or_else(|| panic!("{name}: {address}")).path
            })
            .collect();
        for page in PAGES.iter().filter(|p| !APART.contains(&p.path)) {
            assert!(asked.contains(&page.path), "{} is neither asked nor apart", page.path);
        }
    }
}
