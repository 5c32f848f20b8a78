//! Organisations as a list, and the page of one: within sight, and each figure the length of its list.

use crate::support::{Gun, NORTH, NOW, SOUTH, World, both, dated, file};
use data::{
    cylinder_list, incident_list,
    operator::{self, Model as Operator},
    org, org_page,
    page::AskError,
    site,
};
use domain::{
    event::EventKind,
    incident::{FILTERS, Register},
    list::{ListPage, ListQuery, PageAt},
    org::{Licence, OrgLine},
    permission::{Permission, Permissions},
    scope::{Scope, Viewer},
};
use std::collections::BTreeMap;

both!(organisations_are_listed_within_sight, each_figure_is_the_length_of_its_list);

fn names(p: &ListPage<OrgLine>) -> Vec<&str> {
    p.rows.iter().map(|r| r.name.as_str()).collect()
}

async fn organisations_are_listed_within_sight(w: World) {
    let txn = w.db.begin_write().await.unwrap();
    for (n, until) in [(0, "2026-11-20"), (1, "2026-11-21"), (2, "2027-02-19"), (3, "2027-02-20")] {
        let new = org::New {
            name: format!("A{n}_气站"),
            kind: "delivery".into(),
            uscc: format!("9111000080210043{n}B"),
            division: SOUTH,
            licence_until: until.parse().ok(),
            ..org::New::default()
        };
        org::insert(&txn, new).await.unwrap();
    }
    for n in 0..20 {
        let new = org::New { name: format!("Z{n:02}"), kind: "maker".into(), division: NORTH, ..org::New::default() };
        org::insert(&txn, new).await.unwrap();
    }
    txn.commit().await.unwrap();
    let ask = async |scope, q: &ListQuery| org_page::list(&w.db, Viewer { scope }, q, NOW).await;
    let start = ListQuery { size: 20, ..ListQuery::default() };
    let first = ask(Scope::City, &start).await.unwrap();
    assert_eq!((first.rows.len(), first.total.count, first.before.clone()), (20, 26, None));
    let second = ask(Scope::City, &start.at(PageAt::After(first.after.clone().unwrap()))).await.unwrap();
    assert_eq!((second.rows.len(), second.after.clone()), (6, None));
    let back = ask(Scope::City, &start.at(PageAt::Before(second.before.clone().unwrap()))).await.unwrap();
    assert_eq!(names(&back), names(&first));
    let licences: Vec<Licence> = first.rows[..4].iter().map(|r| r.licence).collect();
    assert_eq!(licences, [Licence::Expired, Licence::Soon, Licence::Soon, Licence::Valid]);
    let count = async |scope, q: &ListQuery| ask(scope, q).await.unwrap().total.count;
    assert_eq!(count(Scope::District(SOUTH), &start).await, 5);
    assert_eq!(count(Scope::Org(w.north.org), &start).await, 1);
    for (name, value, n) in [
        ("q", "_气", 4),
        ("q", "%", 0),
        ("q", "91110000802100431b", 1),
        ("kind", "filler", 2),
        ("kind", "maker", 20),
        ("district", "410102", 5),
        ("licence", "expired", 1),
        ("licence", "soon", 2),
        ("licence", "valid", 3),
        ("licence", "none", 20),
    ] {
        assert_eq!(count(Scope::City, &start.with(name, value)).await, n, "{name} {value}");
    }
    for (q, field) in [
        (start.with("kind", "bank"), "kind"),
        (start.with("licence", "maybe"), "licence"),
        (start.with("district", "x"), "district"),
        (start.with("q", "a\u{0}"), "q"),
        (start.with("password", "x"), "filter"),
        (start.sorted("phone"), "sort"),
        (start.at(PageAt::After("00".into())), "cursor"),
    ] {
        assert!(matches!(ask(Scope::City, &q).await, Err(AskError::Field(f)) if f == field), "{field}");
    }
}

async fn each_figure_is_the_length_of_its_list(w: World) {
    // A station in another district, and an office: cylinders are at home there, too.
    let mut further = vec![];
    for (kind, division, tag) in [("station", SOUTH, "E"), (site::VIRTUAL, NORTH, "F")] {
        let new = site::New {
            org_id: w.north.org,
            name: kind.into(),
            kind: kind.into(),
            division,
            position: None,
            demo: false,
        };
        let home = Gun { site: site::insert(w.db.writer(), new).await.unwrap(), ..w.north };
        further.push(dated(tag, home, "2022-01", ""));
    }
    w.register(&further).await;
    w.register(&[
        file("A", w.north),
        dated("B", w.north, "2022-01", ""),
        dated("C", w.north, "2010-01", ""),
        file("D", w.south),
    ])
    .await;
    w.record(&[w.north.custody(1, EventKind::Deliver, "A", NOW - 9_000)]).await;
    crate::incidents::some(&w).await;
    let person = Operator {
        org_id: w.north.org,
        code: "F01".into(),
        cert_until: "2026-01-01".parse().ok(),
        media: "LPG".into(),
    };
    operator::put(w.db.writer(), person).await.unwrap();
    let all = Permissions::NONE.with(Permission::CylinderRead).with(Permission::AlertRead);
    let (mut followed, mut some) = (0, 0);
    for scope in [Scope::City, Scope::District(NORTH), Scope::Org(w.north.org)] {
        let viewer = Viewer { scope };
        let page = org_page::one(&w.db, viewer, w.north.org, all, NOW).await.unwrap().unwrap();
        assert_eq!(
            (page.line.name.as_str(), page.sites.len(), page.devices.len(), page.people.len()),
            ("北郊气站", if matches!(scope, Scope::District(_)) { 1 } else { 2 }, 1, 1)
        );
        for c in page.counts {
            let (path, asked) = c.to.split_once('?').unwrap();
            let given: BTreeMap<&str, &str> = asked.split('&').map(|p| p.split_once('=').unwrap()).collect();
            let value = |name: &str| given.get(name).map(|v| (*v).to_owned());
            let total = match Register::ALL.iter().find(|r| r.path() == path) {
                Some(r) => {
                    incident_list::list(&w.db, viewer, *r, &ListQuery::read(&FILTERS, value), NOW).await.unwrap().total
                }
                None => {
                    assert_eq!(path, "/cylinders");
                    let q = ListQuery::read(&domain::archive::FILTERS, value);
                    cylinder_list::list(&w.db, viewer, &q, NOW).await.unwrap().total
                }
            };
            assert_eq!(c.total, total, "{scope} {}", c.to);
            followed += 1;
            some += u32::from(total.count > 0);
        }
    }
    assert_eq!((followed, some), (18, 18));
    // Many at once: none waits for a connection that another holds while it waits for a second one.
    let city = Viewer { scope: Scope::City };
    let many = (0..40).map(|_| org_page::one(&w.db, city, w.north.org, all, NOW));
    for page in futures_util::future::join_all(many).await {
        assert_eq!(page.unwrap().unwrap().counts[0].total.count, 5);
    }
    // Who may not read a list is told no figure of it; what lies out of sight is not there.
    let none = org_page::one(&w.db, Viewer { scope: Scope::City }, w.north.org, Permissions::NONE, NOW).await.unwrap();
    assert!(none.unwrap().counts.is_empty());
    for (scope, id) in
        [(Scope::District(SOUTH), w.north.org), (Scope::Org(w.south.org), w.north.org), (Scope::City, 999)]
    {
        assert_eq!(org_page::one(&w.db, Viewer { scope }, id, all, NOW).await.unwrap(), None, "{scope}");
    }
}
