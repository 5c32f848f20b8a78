//! Analyses and exports over HTTP: what is asked stands in the address, what nobody can mean is refused by name, and a file holds what the
//! list shows.

use crate::support::{Answer, NORTH, SOUTH, Server, run};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use data::{audit, export::job};
use domain::{
    analysis::KINDS,
    export::owner_of,
    list::{ListQuery, encode},
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::{EntityTrait, QueryOrder};
use server::demo::city::{Base, Plan};
use tokio_util::sync::CancellationToken;

/// Cylinders of an invented city.
async fn city(s: &Server) -> Plan {
    let db = &s.state.db;
    let mut base = [0; 3];
    for (id, name) in base.iter_mut().zip(["org", "site", "device"]) {
        *id = data::sequence::last(db.read(), name).await.unwrap() + 1;
    }
    let base = Base { org: base[0], site: base[1], device: base[2] };
    let plan = Plan::new(5, 400, 6, crate::support::NOW, base);
    server::commands::demo::people(db, &plan).await.unwrap();
    let all: Vec<_> = plan.history(0).collect();
    let txn = db.begin_write().await.unwrap();
    data::ledger::commit(&txn, &s.state.rules.now(), &[], &all, crate::support::NOW).await.unwrap();
    txn.commit().await.unwrap();
    plan
}

async fn post(s: &Server, cookie: &str, function: &str, fields: &[(&str, &str)], html: bool) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encode(v))).collect();
    let r = Request::post(format!("/api/fn/{function}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, if html { "text/html,*/*" } else { "application/json" })
        .header(header::COOKIE, cookie);
    s.send(r.body(Body::from(body.join("&"))).unwrap()).await
}

#[test]
fn every_analysis_has_its_page_and_refuses_what_nobody_can_mean() {
    run(async {
        let s = Server::new().await;
        city(&s).await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let (_, north) = s.account("north", &[Role::DistrictRegulator], Scope::District(NORTH)).await;
        let get = async |cookie: &str, path: &str| s.get(path, &[(header::COOKIE, cookie)]).await;
        for k in KINDS {
            for asked in ["", "?as_of=2018-05-15&by=org&period=year", "?by=nobody&period=decade&district=x&lang=en"] {
                let a = get(&cookie, &format!("/analyses/{}{asked}", k.code)).await;
                assert_eq!(a.status, StatusCode::OK, "{} {asked}", k.code);
                let text = a.text();
                let title = if asked.contains("lang=en") { k.title.en } else { k.title.zh };
                assert!(text.contains(title), "{} {asked}", k.code);
                // A table, or words in its place.
                assert!(
                    text.contains("data-testid=\"sheet\"") != text.contains("data-testid=\"nothing\""),
                    "{}",
                    k.code
                );
            }
            assert!(get(&cookie, "/analyses").await.text().contains(&format!("/analyses/{}", k.code)), "{}", k.code);
        }
        for (path, status) in [
            ("/analyses/nothing", 404),
            ("/analyses/due?as_of=2026-02-30", 400),
            ("/analyses/due?as_of=%00", 400),
            ("/analyses/due?as_of=9999-12-31", 400),
            ("/analyses/due?sort=password", 400),
            ("/analyses/due?sort=overdue&dir=asc", 200),
            ("/analyses/in-use", 200),
            ("/analyses/in-use?as_of=x", 400),
            ("/exports", 200),
        ] {
            assert_eq!(get(&cookie, path).await.status.as_u16(), status, "{path}");
        }
        // A district's own is theirs, another's is not, whether it exists or not.
        for (d, status) in [(NORTH, 200), (SOUTH, 400), (999_999, 400)] {
            let a = get(&north, &format!("/analyses/due?by=org&district={d}")).await;
            assert_eq!(a.status.as_u16(), status, "{d}");
        }
    });
}

#[test]
fn a_filtered_list_is_exported_as_it_is_shown() {
    run(async {
        let s = Server::new().await;
        city(&s).await;
        let (me, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let (_, agency) = s.account("agency", &[Role::InspectionAgency], Scope::Org(s.gun.org)).await;
        let owner = owner_of(me);
        let viewer = Viewer { scope: Scope::City };
        for filters in [
            vec![("inspection", "overdue"), ("as_of", "2027-06-01")],
            vec![("custody", "empty"), ("file", "on"), ("inspection", "overdue")],
            vec![("due_from", "2026-12-01"), ("due_to", "2027-12-31"), ("made_from", "2015")],
        ] {
            let query = filters.iter().fold(ListQuery::default(), |q, (n, v)| q.with(n, v));
            let list = ListQuery { size: 100, sort: "tag".into(), ..query.clone() };
            let list = data::cylinder_list::list(&s.state.db, viewer, &list, s.clock.now()).await.unwrap();
            let filter = domain::export::filter_of(&query);
            let fields = [("what", "archive"), ("format", "csv"), ("filter", filter.as_str()), ("lang", "zh")];
            let a = post(&s, &cookie, "export_begin", &fields, true).await;
            assert_eq!(&a.headers[header::LOCATION], "/exports?done=export");
            assert!(s.state.exports.step(&CancellationToken::new()).await.unwrap());
            let one = job::list(s.state.db.read(), &owner, 1).await.unwrap().remove(0);
            assert_eq!(one.state, job::DONE, "{one:?}");
            let file = s.get(&format!("/exports/{}", one.id), &[(header::COOKIE, &cookie)]).await;
            let mut reader = csv::Reader::from_reader(&file.body[3..]);
            let mut tags: Vec<String> = reader.records().map(|r| r.unwrap()[1].to_owned()).collect();
            tags.sort_unstable();
            assert_eq!(tags.len(), list.total.count as usize, "{filters:?}");
            assert!(!tags.is_empty(), "{filters:?} finds something");
            let shown: Vec<&str> = list.rows.iter().map(|r| r.tag.as_str()).collect();
            assert_eq!(tags[..shown.len()].iter().map(String::as_str).collect::<Vec<_>>(), shown, "{filters:?}");
        }
        // An analysis is exported as its page shows it, the total last.
        let fields =
            [("what", "analysis-abnormal"), ("format", "csv"), ("filter", r#"{"by":"org","as_of":"2027-06-01"}"#)];
        assert_eq!(post(&s, &cookie, "export_begin", &fields, true).await.status, StatusCode::FOUND);
        s.state.exports.step(&CancellationToken::new()).await.unwrap();
        let one = job::list(s.state.db.read(), &owner, 1).await.unwrap().remove(0);
        let file = s.get(&format!("/exports/{}", one.id), &[(header::COOKIE, &cookie)]).await;
        let mut reader = csv::Reader::from_reader(&file.body[3..]);
        let rows: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        let (total, units) = rows.split_last().unwrap();
        let on = ListQuery::default().with("file", "on");
        let on = data::cylinder_list::list(&s.state.db, viewer, &on, s.clock.now()).await.unwrap().total.count;
        assert_eq!((total[0].as_str(), total[1].as_str()), ("合计", on.to_string().as_str()));
        assert!(on > 300 && units.iter().map(|r| r[1].parse::<u32>().unwrap()).sum::<u32>() == on, "{on}");

        // Each stands in the audit log, with what was asked.
        let log = audit::Entity::find().order_by_desc(audit::Column::No).one(s.state.db.read()).await.unwrap().unwrap();
        assert_eq!(
            (log.action.as_str(), log.subject.as_str(), log.account_id),
            ("export.begin", "analysis-abnormal", me)
        );
        assert!(log.detail.contains("2027-06-01"), "{}", log.detail);

        // What may not be read is not exported; what nobody can mean is refused by its field.
        let of = async |cookie: &str, what: &str, format: &str, filter: &str| {
            let fields = [("what", what), ("format", format), ("filter", filter)];
            let a = post(&s, cookie, "export_begin", &fields, false).await;
            (a.status.as_u16(), a.text())
        };
        assert_eq!(of(&agency, "analysis-due", "csv", "").await, (403, "{\"error\":\"not_allowed\"}".into()));
        let fault = |f: &str| (422, format!("{{\"error\":\"field\",\"detail\":\"{f}\"}}"));
        assert_eq!(of(&cookie, "archive", "exe", "").await, fault("format"));
        for filter in ["[]", "{\"q\":1}", "{\"as_of\":\"2026-02-30\"}", "{\"owner\":\"1\"}"] {
            assert_eq!(of(&cookie, "archive", "csv", filter).await, fault("filter"), "{filter}");
        }
        for filter in ["{\"sort\":\"x\"}", "{\"by\":\"x\"}", "{\"as_of\":\"0001-01-01\"}"] {
            assert_eq!(of(&cookie, "analysis-due", "csv", filter).await, fault("filter"), "{filter}");
        }
        assert_eq!(of(&cookie, "../passwd", "csv", "").await.0, 404);
        // Another's, and one that has ended, are not cancelled; five at once are enough.
        let id = one.id.to_string();
        for cookie in [&cookie, &agency] {
            assert_eq!(post(&s, cookie, "export_cancel", &[("id", &id)], false).await.status, StatusCode::NOT_FOUND);
        }
        for n in 0..6 {
            let status = of(&cookie, "archive", "xlsx", "").await.0;
            assert_eq!(status, if n < 5 { 200 } else { 429 }, "{n}");
        }
        let page = s.get("/exports", &[(header::COOKIE, &cookie)]).await.text();
        assert!(page.contains("data-testid=\"download\"") && page.contains("data-testid=\"cancel\""));
        let newest = job::list(s.state.db.read(), &owner, 1).await.unwrap().remove(0);
        let a = post(&s, &cookie, "export_cancel", &[("id", &newest.id.to_string())], true).await;
        assert_eq!(&a.headers[header::LOCATION], "/exports?done=cancelled");
        assert_eq!(job::list(s.state.db.read(), &owner, 1).await.unwrap()[0].state, job::CANCELLED);
    });
}
