//! Check items and the registers of accidents and hazards over HTTP: as plain forms, with what is wrong named, and a row of the audit log for
//! each change.

use crate::{
    events::register,
    support::{NORTH, SOUTH, Server, on_postgres, on_sqlite},
};
use axum::http::{StatusCode, header};
use domain::{
    list::encode,
    permission::Role,
    scope::{Scope, Viewer},
};

async fn page(s: &Server, cookie: &str, path: &str) -> (u16, String) {
    let a = s.get(path, &[(header::COOKIE, cookie)]).await;
    (a.status.as_u16(), a.text())
}

fn named<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(String, &'a str)> {
    fields.iter().map(|(n, v)| (format!("values[{n}]"), *v)).collect()
}

/// Posts the fields of a form of the kit; tells the status and where it leads.
async fn enter(s: &Server, cookie: &str, function: &str, from: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let own = named(fields);
    let fields: Vec<(&str, &str)> = own.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    let (status, to, _) = s.form(&format!("/api/fn/{function}"), from, cookie, &fields).await;
    (status, to)
}

/// How many steps the forms of a page saw.
fn seen(html: &str) -> String {
    let rest = html.split_once("name=\"seen\" value=\"").map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect()
}

const HAZARD: [(&str, &str); 8] = [
    ("at", "2026-11-20T08:30"),
    ("kind", "user"),
    ("severity", "grave"),
    ("district", "410105"),
    ("place", "经三路 <b>1</b> 号"),
    ("tag", "T1"),
    ("item", "C06"),
    ("brief", "瓶阀漏气"),
];

async fn a_hazard_is_entered_handled_and_counted(s: Server) {
    register(&s).await;
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    let (_, south) = s.account("south", &[Role::DistrictRegulator], Scope::District(SOUTH)).await;
    let (_, own) = s.account("own", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
    let with = |name: &'static str, value: &'static str| {
        let mut all = HAZARD.to_vec();
        all.retain(|f| f.0 != name);
        all.push((name, value));
        all
    };
    // Each fault leads back to the form with what was entered.
    for (name, value) in
        [("at", ""), ("kind", "fire"), ("district", "410000"), ("org", "999"), ("brief", ""), ("severity", "x")]
    {
        let (status, to) = enter(&s, &city, "hazard_enter", "/hazards/new", &with(name, value)).await;
        assert_eq!(status, 302, "{name}");
        assert!(to.starts_with("/hazards/new?checked=1"), "{name}: {to}");
        let (status, html) = page(&s, &city, &to).await;
        assert!(status == 200 && html.contains("aria-invalid=\"true\""), "{name}: {to}");
    }
    let (_, to) = enter(&s, &south, "hazard_enter", "/hazards/new", &HAZARD).await;
    assert!(to.starts_with("/hazards/new?checked=1&taken=district"), "another district: {to}");
    let (status, to) = enter(&s, &city, "hazard_enter", "/hazards/new", &HAZARD).await;
    assert_eq!((status, to.as_str()), (302, "/hazards/1"));
    let (status, html) = page(&s, &city, &to).await;
    assert_eq!(status, 200);
    assert!(html.contains("瓶阀漏气") && html.contains("&lt;b&gt;1&lt;/b&gt;") && !html.contains("<b>1</b>"));
    assert_eq!(page(&s, &south, &to).await.0, page(&s, &south, "/hazards/999999").await.0, "as if it were not there");
    assert_eq!(page(&s, &city, "/accidents/1").await.0, page(&s, &city, "/accidents/999999").await.0);

    let act = async |cookie: &str, act: &str, note: &str, due: &str| {
        let (_, html) = page(&s, &city, "/hazards/1").await;
        let seen = seen(&html);
        let fields =
            [("register", "hazard"), ("id", "1"), ("act", act), ("note", note), ("due", due), ("seen", &*seen)];
        let (status, to, _) = s.form("/api/fn/incident_act", "/hazards/1", cookie, &fields).await;
        (status, to)
    };
    let back = |why: &str| (302, format!("/hazards/1?why={why}"));
    assert_eq!(act(&city, "demand", "限期整改", "").await, back("field"));
    assert_eq!(act(&city, "demand", "限期整改", "2026-11-20").await, back("field"));
    assert_eq!(act(&city, "demand", "", "2026-12-01").await, back("field"));
    let (_, late) = act(&city, "close", "结案吧", "").await;
    assert!(late.starts_with("/hazards/1?why=stale&note="), "{late}");
    assert!(page(&s, &city, &late).await.1.contains("结案吧</textarea>"), "nothing is typed twice");
    assert_eq!(act(&city, "explode", "x", "").await, back("field"));
    assert_eq!(act(&south, "remark", "x", "").await, back("not_found"));
    assert_eq!(act(&own, "remark", "x", "").await.0, 403);
    for (a, due) in [("demand", "2026-12-01"), ("rectify", ""), ("close", "")] {
        assert_eq!(act(&city, a, "原因", due).await, (302, "/hazards/1?done=saved".into()), "{a}");
    }
    let (_, html) = page(&s, &city, "/hazards?state=closed").await;
    assert!(html.contains("/hazards/1\"") && html.contains("已结案"));
    assert_eq!(page(&s, &city, "/hazards?state=x").await.0, 400);
    assert!(page(&s, &city, "/hazards?state=late").await.1.contains("data-testid=\"nothing\""));
    let entered: Vec<String> = s.audit().await.into_iter().filter(|a| a.starts_with("hazard.")).collect();
    assert_eq!(entered, ["hazard.enter", "hazard.demand", "hazard.rectify", "hazard.close"]);

    // An accident: its figures are amended, and the statistics count both and lead to them.
    let accident: Vec<(&str, &str)> = HAZARD
        .iter()
        .filter(|f| !matches!(f.0, "kind" | "severity" | "item"))
        .copied()
        .chain([("kind", "fire"), ("dead", "1"), ("serious", "2")])
        .collect();
    let (_, to) = enter(&s, &city, "accident_enter", "/accidents/new", &accident).await;
    assert_eq!(to, "/accidents/2");
    assert!(page(&s, &city, &to).await.1.contains("一般事故"));
    // The button was pressed twice: the second leads to the entry that there is, and says so.
    let (_, again) = enter(&s, &city, "accident_enter", "/accidents/new", &accident).await;
    assert_eq!(again, "/accidents/2?done=twice");
    assert!(page(&s, &city, &again).await.1.contains("未重复登记"));
    // T1 is a cylinder within sight; a tag that nobody bears leads nowhere.
    assert!(page(&s, &city, &to).await.1.contains("/cylinders/T1/trace"));
    let mut unknown = accident.clone();
    unknown.retain(|f| f.0 != "tag");
    unknown.push(("tag", "NOBODYS"));
    let (_, third) = enter(&s, &city, "accident_enter", "/accidents/new", &unknown).await;
    let (_, html) = page(&s, &city, &third).await;
    assert!(html.contains("NOBODYS") && !html.contains("/cylinders/NOBODYS/trace"));
    let amend = async |seen: &str, dead: &str, cause: &str| {
        let fields = [
            ("register", "accident"),
            ("id", "2"),
            ("act", "amend"),
            ("values[dead]", dead),
            ("values[serious]", "2"),
            ("values[cause]", cause),
            ("seen", seen),
        ];
        s.form("/api/fn/incident_act", "/accidents/2", &city, &fields).await.1
    };
    assert_eq!(amend("1", "3", "软管老化").await, "/accidents/2?done=saved");
    // Another form that was opened before: it is told so, and what it says is still there.
    let late = amend("1", "0", "另一种原因").await;
    assert!(late.starts_with("/accidents/2?why=stale"), "{late}");
    let (_, html) = page(&s, &city, &late).await;
    assert!(html.contains("另一种原因</textarea>") && html.contains("较大事故") && html.contains("→ 软管老化"));
    assert!(page(&s, &city, &to).await.1.contains("软管老化</textarea>"));
    let (_, html) = page(&s, &city, "/analyses/statistics?as_of=2026-11-21").await;
    for list in ["/accidents?from=2026-11-01&amp;to=2026-11-30", "/hazards?from=2026-11-01&amp;to=2026-11-30"] {
        assert!(html.contains(list), "{list}");
    }
    let days = domain::analysis::Period::Month.of(domain::clock::local_day(s.clock.now()));
    for (scope, n) in [(Scope::City, 1), (Scope::District(NORTH), 1), (Scope::District(SOUTH), 0)] {
        for r in domain::incident::Register::ALL {
            let counted = data::incident::count(s.state.db.read(), Viewer { scope }, *r, days).await.unwrap();
            // Two accidents, one hazard.
            let all = if *r == domain::incident::Register::Accident { 2 * n } else { n };
            assert_eq!(counted, all, "{scope} {r:?}");
        }
    }
    // Nothing that is sent breaks it.
    let long = "长".repeat(5_000);
    for (name, value) in [
        ("at", "9999-12-31T23:59"),
        ("dead", "99999999999999999999"),
        ("loss", "-1"),
        ("brief", long.as_str()),
        ("tag", "\u{0}"),
    ] {
        let mut all = accident.clone();
        all.retain(|f| f.0 != name);
        all.push((name, value));
        let (status, to) = enter(&s, &city, "accident_enter", "/accidents/new", &all).await;
        assert!(status == 302 && to.starts_with("/accidents/new?checked=1"), "{name}: {status} {to}");
    }
    s.verified().await;
}

async fn a_catalogue_is_edited_published_and_kept(s: Server) {
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    let (_, agency) = s.account("agency", &[Role::InspectionAgency], Scope::Org(s.gun.org)).await;
    let draft = async |cookie: &str, act: &str, more: &[(&str, &str)]| {
        let mut fields = vec![("catalogue", "home"), ("act", act)];
        fields.extend_from_slice(more);
        let (status, to, _) = s.form("/api/fn/check_draft", "/checks/home", cookie, &fields).await;
        (status, to)
    };
    let item = |code: &'static str, was: &'static str, zh: &'static str| {
        let rest = [
            ("severity", "serious"),
            ("days", "7"),
            ("source", "CJJ 51-2016"),
            ("confirmed", "yes"),
            ("enabled", "yes"),
        ];
        let mut all =
            vec![("catalogue", "home"), ("was", was), ("code", code), ("part", "hose"), ("zh", zh), ("en", "x")];
        all.extend(rest);
        all
    };
    let back = |why: &str| (302, format!("/checks/home?why={why}"));
    assert_eq!(draft(&agency, "begin", &[]).await.0, 403);
    assert_eq!(draft(&city, "publish", &[("note", "x"), ("sure", "yes")]).await, back("not_found"));
    let (_, to) = enter(&s, &city, "check_save", "/checks/edit", &item("H09", "", "新项")).await;
    assert!(to.starts_with("/checks/edit?checked=1&taken=catalogue"), "{to}");
    assert_eq!(draft(&city, "begin", &[]).await, (302, "/checks/home?version=2".into()));
    assert_eq!(
        page(&s, &agency, "/checks/home?version=2").await.0,
        page(&s, &agency, "/checks/home?version=9").await.0
    );
    for (name, value) in [("zh", ""), ("days", "x"), ("severity", "grave"), ("code", "a b")] {
        let mut all = item("H09", "", "新项");
        all.retain(|f| f.0 != name);
        all.push((name, value));
        let (status, to) = enter(&s, &city, "check_save", "/checks/edit", &all).await;
        assert!(status == 302 && to.starts_with("/checks/edit?checked=1"), "{name}: {to}");
    }
    let (_, to) = enter(&s, &city, "check_save", "/checks/edit", &item("H01", "", "已有的代码")).await;
    assert!(to.starts_with("/checks/edit?checked=1&taken=code"), "{to}");
    for (code, was) in [("H09", ""), ("H01", "H01")] {
        let (status, to) = enter(&s, &city, "check_save", "/checks/edit", &item(code, was, "新的<i>说法")).await;
        assert_eq!((status, to.as_str()), (302, "/checks/home?version=2"));
    }
    assert_eq!(draft(&city, "remove", &[("code", "H02")]).await.1, "/checks/home?version=2&done=saved");
    assert_eq!(draft(&city, "remove", &[("code", "H02")]).await, back("not_found"));
    assert_eq!(draft(&city, "remove", &[("code", "a\u{0}b")]).await, back("not_found"), "no database takes a NUL");
    let (_, html) = page(&s, &city, "/checks/home?version=2").await;
    assert!(html.contains("新的&lt;i&gt;说法") && html.contains("data-testid=\"changes\""));
    // Published once confirmed, for a reason, in the state that was seen.
    let all = [("revision", "3"), ("note", "按新规"), ("sure", "yes")];
    for (n, why) in [(0, "stale"), (1, "field"), (2, "field")] {
        let mut fields = all.to_vec();
        fields[n].1 = if n == 0 { "2" } else { "" };
        assert_eq!(draft(&city, "publish", &fields).await, back(why), "{n}");
    }
    assert_eq!(draft(&city, "publish", &all).await, (302, "/checks/home?done=saved".into()));
    let (status, html) = page(&s, &agency, "/checks/home").await;
    assert!(status == 200 && html.contains("第 2 版") && !html.contains("check_draft"));
    assert!(!html.contains("按新规") && !html.contains("发布人"), "who published it and why is for editors");
    assert!(page(&s, &city, "/checks/home").await.1.contains("按新规"));
    let (_, html) = page(&s, &agency, "/checks/home?version=1").await;
    assert!(html.contains("历史版本") && !html.contains("新的"));
    for path in ["/checks/nothing", "/checks/home?version=-1", "/checks/home?version=99999999999999999999"] {
        assert!(matches!(page(&s, &city, path).await.0, 200 | 404), "{path}");
    }
    let done: Vec<String> = s.audit().await.into_iter().filter(|a| a.starts_with("check.")).collect();
    assert_eq!(done, ["check.draft", "check.item", "check.item", "check.remove", "check.publish"]);
    // The page of a cylinder's checks.
    register(&s).await;
    let tag = encode("T1");
    let (status, html) = page(&s, &city, &format!("/cylinders/{tag}/checks")).await;
    assert!(status == 200 && html.contains("安检记录"));
    let a = s.get("/cylinders/nobody/checks", &[(header::COOKIE, &city)]).await;
    assert_eq!(a.status, StatusCode::NOT_FOUND);
}

#[test]
fn a_hazard_on_sqlite() {
    on_sqlite(a_hazard_is_entered_handled_and_counted);
}

#[test]
fn a_hazard_on_postgres() {
    on_postgres(a_hazard_is_entered_handled_and_counted);
}

#[test]
fn a_catalogue_on_sqlite() {
    on_sqlite(a_catalogue_is_edited_published_and_kept);
}

#[test]
fn a_catalogue_on_postgres() {
    on_postgres(a_catalogue_is_edited_published_and_kept);
}
