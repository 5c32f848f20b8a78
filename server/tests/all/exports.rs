//! Exports: what is in the file is what is in the record, a job that was broken off makes the same file, and only its owner gets it.

use crate::support::{NOW, Server, on_postgres, on_sqlite, run};
use axum::http::header;
use data::{
    export::job::{self, CANCELLED, DONE, EXPIRED, QUEUED, RUNNING},
    ledger, sequence,
};
use domain::{
    permission::Role,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;
use server::{
    commands::demo,
    demo::city::{Base, Plan},
    export::{Exports, Format, Refusal, Wanted},
};
use std::{fs, path::PathBuf};
use tokio_util::sync::CancellationToken;

/// Registers the cylinders of an invented city.
async fn city(s: &Server, cylinders: usize) -> Plan {
    let db = &s.state.db;
    let mut base = [0; 3];
    for (id, name) in base.iter_mut().zip(["org", "site", "device"]) {
        *id = sequence::last(db.read(), name).await.unwrap() + 1;
    }
    let base = Base { org: base[0], site: base[1], device: base[2] };
    let plan = Plan::new(5, cylinders, 8, NOW, base);
    demo::people(db, &plan).await.unwrap();
    let all: Vec<_> = plan.history(0).collect();
    for chunk in all.chunks(10_000) {
        let txn = db.begin_write().await.unwrap();
        ledger::commit(&txn, &s.state.rules.now(), &[], chunk, NOW).await.unwrap();
        txn.commit().await.unwrap();
    }
    plan
}

fn wanted(owner: &str, format: Format) -> Wanted {
    Wanted {
        owner: owner.into(),
        viewer: Viewer { scope: Scope::City },
        what: "archive".into(),
        format,
        zh: true,
        as_of: domain::clock::local_day(NOW),
        filter: String::new(),
    }
}

fn path(s: &Server, id: i64, format: Format) -> PathBuf {
    s.config.data_dir.join("exports").join(format!("{id}.{}", format.code()))
}

async fn job(s: &Server, id: i64) -> job::Model {
    job::Entity::find_by_id(id).one(s.state.db.read()).await.unwrap().unwrap()
}

/// A new process's.
fn again(s: &Server) -> Exports {
    let dir = s.config.data_dir.join("exports");
    Exports::new(s.state.db.clone(), s.state.rules.clone(), dir, s.clock.clone()).unwrap()
}

async fn twenty_thousand(s: Server) {
    let plan = city(&s, 20_000).await;
    for format in [Format::Csv, Format::Xlsx] {
        let whole = s.state.exports.begin(wanted("display:1", format)).await.unwrap();
        assert_eq!(job(&s, whole).await.state, QUEUED);
        assert!(s.state.exports.step(&CancellationToken::new()).await.unwrap());
        let done = job(&s, whole).await;
        assert_eq!((done.state.as_str(), done.done, done.total), (DONE, 20_000, 20_000));
        let bytes = fs::read(path(&s, whole, format)).unwrap();
        assert_eq!(bytes.len() as i64, done.bytes);

        // Stopped after each page; and whatever was written behind the last page that is noted is nonsense.
        let broken = s.state.exports.begin(wanted("display:1", format)).await.unwrap();
        for rows in [5_000, 10_000, 15_000] {
            let stop = CancellationToken::new();
            stop.cancel();
            assert!(!again(&s).step(&stop).await.unwrap());
            let now = job(&s, broken).await;
            assert_eq!((now.state.as_str(), now.done, now.total), (RUNNING, rows, 20_000));
            let mut torn = fs::read(path(&s, broken, format)).unwrap();
            assert_eq!(torn.len() as i64, now.bytes);
            torn.extend_from_slice(b"half a page, and then the power went");
            fs::write(path(&s, broken, format), torn).unwrap();
        }
        assert!(again(&s).step(&CancellationToken::new()).await.unwrap());
        assert_eq!(fs::read(path(&s, broken, format)).unwrap(), bytes);
        assert_eq!(job(&s, broken).await.etag, done.etag);

        let tags: Vec<String> = match format {
            Format::Csv => {
                let mut r = csv::Reader::from_reader(&bytes[3..]);
                assert_eq!(r.headers().unwrap().len(), 29);
                r.records().map(|x| x.unwrap()[1].to_owned()).collect()
            }
            Format::Xlsx => {
                use calamine::{Reader, Xlsx};
                let mut x: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
                let range = x.worksheet_range("气瓶档案").unwrap();
                range.rows().skip(1).map(|r| r[1].to_string()).collect()
            }
        };
        assert_eq!(tags.len(), 20_000);
        assert!(tags.iter().zip(&plan.files).all(|(t, f)| *t == f.tag), "in the order of their registration");
    }
    // A file that was lost is written anew.
    let id = s.state.exports.begin(wanted("display:1", Format::Csv)).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    again(&s).step(&stop).await.unwrap();
    fs::remove_file(path(&s, id, Format::Csv)).unwrap();
    assert!(again(&s).step(&CancellationToken::new()).await.unwrap());
    let done = job(&s, id).await;
    assert_eq!((done.state.as_str(), done.done), (DONE, 20_000));
    assert_eq!(fs::read(path(&s, id, Format::Csv)).unwrap().len() as i64, done.bytes);
}

#[test]
fn twenty_thousand_rows_broken_off_and_gone_on_with() {
    on_sqlite(twenty_thousand);
}

#[test]
fn twenty_thousand_rows_on_postgres() {
    on_postgres(twenty_thousand);
}

#[test]
fn a_scope_a_filter_and_what_cannot_be() {
    run(async {
        let s = Server::new().await;
        let plan = city(&s, 900).await;
        let e = &s.state.exports;
        let site = &plan.sites[2];
        let cases = [
            (Scope::City, String::new(), 900),
            (Scope::Org(site.org), String::new(), plan.files.iter().filter(|f| f.org == site.org).count()),
            (Scope::City, format!("{{\"site\":\"{}\"}}", site.id), plan.shares[2].count),
            (Scope::City, "{\"district\":\"410199\"}".into(), 0),
            (Scope::District(site.division), String::new(), {
                let of = |id: i64| plan.sites.iter().find(|s| s.id == id).unwrap().division;
                plan.files.iter().filter(|f| of(f.site) == site.division).count()
            }),
        ];
        for (scope, filter, rows) in cases {
            let w = Wanted { viewer: Viewer { scope }, filter, ..wanted("display:1", Format::Csv) };
            let id = e.begin(w).await.unwrap();
            assert!(e.step(&CancellationToken::new()).await.unwrap());
            let done = job(&s, id).await;
            assert_eq!((done.state.as_str(), done.done), (DONE, rows as i64), "{done:?}");
            let bytes = fs::read(path(&s, id, Format::Csv)).unwrap();
            assert_eq!(csv::Reader::from_reader(&bytes[3..]).records().count(), rows);
        }
        let no = |w: Wanted| async move { e.begin(w).await.unwrap_err() };
        let of = |what: &str, filter: &str| Wanted {
            what: what.into(),
            filter: filter.into(),
            ..wanted("display:1", Format::Csv)
        };
        assert!(matches!(no(of("../etc/passwd", "")).await, Refusal::Unknown(_)));
        for filter in
            ["{", "[]", "{\"owner\":\"1\"}", "{\"site\":\"x\"}", "null", "{\"site\":1}", "{\"as_of\":\"1-1-1\"}"]
        {
            assert!(matches!(no(of("archive", filter)).await, Refusal::Filter(_)), "{filter}");
        }
        // Somebody's medium is a value, whatever it says.
        let id = e.begin(of("archive", "{\"medium\":\"' OR 1=1 --\"}")).await.unwrap();
        e.step(&CancellationToken::new()).await.unwrap();
        assert_eq!((job(&s, id).await.state.as_str(), job(&s, id).await.done), (DONE, 0));
        for _ in 0..5 {
            e.begin(wanted("display:2", Format::Csv)).await.unwrap();
        }
        assert!(matches!(no(wanted("display:2", Format::Csv)).await, Refusal::TooMany));
        assert!(e.begin(wanted("display:3", Format::Csv)).await.is_ok(), "another's jobs are their own");
    });
}

#[test]
fn only_its_owner_gets_the_file_whole_or_by_range_for_a_day() {
    run(async {
        let s = Server::new().await;
        city(&s, 300).await;
        let (one, mine) = s.account("one", &[Role::CityRegulator], Scope::City).await;
        let (_, other) = s.account("other", &[Role::CityRegulator], Scope::City).await;
        let (_, without) = s.account("without", &[Role::DutyOfficer], Scope::City).await;
        let (owner, display) = (server::export::owner_of(one), s.pair().await);
        let id = s.state.exports.begin(wanted(&owner, Format::Csv)).await.unwrap();
        let at = format!("/exports/{id}");
        assert_eq!(s.get(&at, &[(header::COOKIE, &mine)]).await.status, 404, "not there yet");
        for cookie in [&without, &display] {
            assert_eq!(s.get(&at, &[(header::COOKIE, cookie)]).await.status, 403, "exports are not granted to it");
        }
        s.state.exports.step(&CancellationToken::new()).await.unwrap();
        let bytes = fs::read(path(&s, id, Format::Csv)).unwrap();

        let whole = s.get(&at, &[(header::COOKIE, &mine)]).await;
        assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &bytes[..]));
        let etag = whole.headers[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(whole.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let name = whole.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert!(name.starts_with("attachment; filename=\"archive-2026-11-21.csv\""), "{name}");

        let part = s.get(&at, &[(header::COOKIE, &mine), (header::RANGE, "bytes=10-19")]).await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &bytes[10..20]));
        assert_eq!(part.headers[header::CONTENT_RANGE], format!("bytes 10-19/{}", bytes.len()));
        let range =
            [(header::COOKIE, mine.as_str()), (header::RANGE, "bytes=10-19"), (header::IF_RANGE, etag.as_str())];
        assert_eq!(s.get(&at, &range).await.status, 206);
        let range = [(header::COOKIE, mine.as_str()), (header::RANGE, "bytes=10-19"), (header::IF_RANGE, "\"other\"")];
        assert_eq!(s.get(&at, &range).await.status, 200);
        let beyond = s.get(&at, &[(header::COOKIE, &mine), (header::RANGE, "bytes=99999999-")]).await;
        assert_eq!(beyond.status, 416);
        let same = s.get(&at, &[(header::COOKIE, &mine), (header::IF_NONE_MATCH, &etag)]).await;
        assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));

        // Another's is no different from one that is not there.
        let (foreign, none) =
            (s.get(&at, &[(header::COOKIE, &other)]).await, s.get("/exports/999", &[(header::COOKIE, &other)]).await);
        assert_eq!((foreign.status, foreign.text()), (none.status, none.text()));
        assert_eq!(none.status, 404);
        for path in ["/exports/x", "/exports/-1", "/exports/9999999999999999999", "/exports/%2e%2e%2fmaster.key"] {
            assert_eq!(s.get(path, &[(header::COOKIE, &mine)]).await.status, 404, "{path}");
        }
        let unpaired = s.get(&at, &[]).await;
        assert_ne!(unpaired.status, 200);
        assert!(!unpaired.text().contains("电子标签号"));

        assert!(!job::cancel(s.state.db.writer(), &owner, id, NOW).await.unwrap(), "it has ended");
        let next = s.state.exports.begin(wanted(&owner, Format::Xlsx)).await.unwrap();
        assert!(!job::cancel(s.state.db.writer(), "display:2", next, NOW).await.unwrap());
        assert!(job::cancel(s.state.db.writer(), &owner, next, NOW).await.unwrap());
        assert!(!s.state.exports.step(&CancellationToken::new()).await.unwrap(), "nothing is to be done");
        assert_eq!(job(&s, next).await.state, CANCELLED);
        let ids: Vec<i64> = job::list(s.state.db.read(), &owner, 50).await.unwrap().iter().map(|j| j.id).collect();
        assert_eq!(ids, [next, id]);

        s.clock.shift(24 * 3_600_000 + 1);
        s.state.exports.step(&CancellationToken::new()).await.unwrap();
        assert_eq!(job(&s, id).await.state, EXPIRED);
        assert!(!path(&s, id, Format::Csv).exists());
        let mine = s.session(one).await;
        assert_eq!(s.get(&at, &[(header::COOKIE, &mine)]).await.status, 404);
    });
}

/// Begins an export as the page of its list does, and works on it: where the reader is led, and the job if one was entered.
async fn asked(s: &Server, cookie: &str, from: &str, what: &str, filter: &str) -> (String, Option<job::Model>) {
    let last = |all: Vec<job::Model>| all.into_iter().map(|j| j.id).max().unwrap_or(0);
    let before = last(job::Entity::find().all(s.state.db.read()).await.unwrap());
    let form = [("what", what), ("format", "csv"), ("lang", "zh"), ("filter", filter)];
    let (_, to, a) = s.form("/api/fn/export_begin", from, cookie, &form).await;
    let to = if to.is_empty() { a.status.as_u16().to_string() } else { to };
    s.state.exports.step(&CancellationToken::new()).await.unwrap();
    let all = job::Entity::find().all(s.state.db.read()).await.unwrap();
    (to, all.into_iter().find(|j| j.id > before))
}

/// The rows of a finished job's file, without its head.
fn rows(s: &Server, job: &job::Model) -> Vec<Vec<String>> {
    assert_eq!(job.state, DONE, "{job:?}");
    let bytes = fs::read(path(s, job.id, Format::Csv)).unwrap();
    let mut r = csv::Reader::from_reader(&bytes[3..]);
    r.records().map(|x| x.unwrap().iter().map(str::to_owned).collect()).collect()
}

async fn the_log(s: Server) {
    let (_, auditor) = s.account("auditor", &[Role::Auditor], Scope::City).await;
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    s.account("other", &[Role::DutyOfficer], Scope::City).await;
    for (login, address) in [("city", "1.1.1.1"), ("other", "2.2.2.2"), ("city", "=1+1")] {
        let account = data::account::by_login(s.state.db.read(), login).await.unwrap().unwrap().id;
        let actor = data::audit::Actor { account, session: 0, address: address.into() };
        let txn = s.state.db.begin_write().await.unwrap();
        let detail = serde_json::json!({ "n": 1 });
        data::audit::append(&txn, &actor, s.clock.now(), "policy.save", "policy", &detail).await.unwrap();
        txn.commit().await.unwrap();
    }
    let listed = async |filter: &str| {
        let all: std::collections::BTreeMap<String, String> = serde_json::from_str(filter).unwrap();
        let fields = all.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let filter = data::audit::Filter::asked(fields).unwrap();
        data::audit::list(s.state.db.read(), &filter, 10_000).await.unwrap()
    };
    let filters = [
        ("{}", 3),
        ("{\"login\":\"city\"}", 2),
        ("{\"login\":\"City \",\"action\":\"policy\"}", 2),
        ("{\"action\":\"export.begin\"}", 3),
        ("{\"from\":\"2026-11-22\"}", 0),
        ("{\"to\":\"2026-11-20\"}", 0),
        ("{\"login\":\"nobody\"}", 0),
    ];
    for (filter, least) in filters {
        // What is asked for now; that it is asked for stands behind.
        let due = listed(filter).await;
        assert!(due.len() >= least, "{filter}: {due:?}");
        let (to, job) = asked(&s, &auditor, "/audit", "audit", filter).await;
        assert_eq!(to, "/exports?done=export");
        let job = job.unwrap();
        let found = rows(&s, &job);
        assert_eq!((found.len(), job.total, job.done), (due.len(), due.len() as i64, due.len() as i64), "{filter}");
        for (row, line) in found.iter().zip(&due) {
            let address = line.address.replace("=1", "'=1");
            let expected = [
                line.no.to_string(),
                domain::clock::local_text(line.at),
                line.login.clone(),
                address,
                line.action.clone(),
            ];
            assert_eq!(row[..5], expected, "{filter}");
            assert_eq!((&row[5], &row[6]), (&line.subject, &line.detail));
        }
        let file = s.get(&format!("/exports/{}", job.id), &[(header::COOKIE, &auditor)]).await;
        assert_eq!(file.status, 200);
        assert_eq!(s.get(&format!("/exports/{}", job.id), &[(header::COOKIE, &city)]).await.status, 404);
    }
    // Whoever may export, but not read the log; and the auditor, who sees no cylinders.
    for (cookie, what) in [(&city, "audit"), (&auditor, "archive"), (&auditor, "records"), (&auditor, "analysis-due")] {
        let (to, job) = asked(&s, cookie, "/", what, "").await;
        assert_eq!((to.as_str(), job), ("403", None), "{what}");
    }
    for filter in ["{\"from\":\"x\"}", "{\"before\":\"1\"}", "{\"login\":\"a\\u0000\"}", "[]"] {
        let (to, job) = asked(&s, &auditor, "/audit", "audit", filter).await;
        assert_eq!((to.as_str(), job), ("/audit?why=field", None), "{filter}");
    }
    let page = s.get("/audit?action=policy", &[(header::COOKIE, &auditor)]).await.text();
    assert!(page.contains("data-testid=\"export-csv\"") && page.contains("{&quot;action&quot;:&quot;policy&quot;}"));
}

#[test]
fn the_log_as_it_is_filtered_for_the_auditor_only() {
    on_sqlite(the_log);
}

#[test]
fn the_log_on_postgres() {
    on_postgres(the_log);
}

async fn fills(s: Server) {
    use crate::support::{NORTH, SOUTH};
    crate::events::register(&s).await;
    s.record(&s.gun, &(1..=40).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
    s.record(&s.south, &(1..=7).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
    let accounts = [
        (Role::CityRegulator, Scope::City),
        (Role::DistrictRegulator, Scope::District(SOUTH)),
        (Role::DistrictRegulator, Scope::District(NORTH)),
        (Role::EnterpriseAdmin, Scope::Org(s.south.org)),
    ];
    let filters = [
        String::new(),
        "{\"kind\":\"precheck\"}".into(),
        format!("{{\"site\":\"{}\"}}", s.gun.site),
        format!("{{\"district\":\"{NORTH}\",\"verdict\":\"faulty\"}}"),
        "{\"q\":\"T3\",\"verdict\":\"sound\"}".into(),
        "{\"from\":\"2026-11-21\",\"to\":\"2026-11-21\"}".into(),
        "{\"to\":\"2026-11-20\"}".into(),
    ];
    let mut some = 0;
    for (n, (role, scope)) in accounts.into_iter().enumerate() {
        let (_, cookie) = s.account(&format!("reader{n}"), &[role], scope).await;
        for filter in &filters {
            let query = domain::export::filters(filter).unwrap();
            let viewer = Viewer { scope };
            let page = data::record::list(&s.state.db, viewer, &query, s.clock.now()).await.unwrap();
            let (to, job) = asked(&s, &cookie, "/records", "records", filter).await;
            assert_eq!(to, "/exports?done=export", "{filter}");
            let (job, what) = (job.unwrap(), format!("{filter} within {scope}"));
            let found = rows(&s, &job);
            assert_eq!((found.len(), job.total), (page.total.count as usize, i64::from(page.total.count)), "{what}");
            for (row, line) in found.iter().zip(&page.rows) {
                let weight = line.net_g.map_or_else(String::new, |g| (g as f64 / 1_000.0).to_string());
                let expected = [
                    line.no.to_string(),
                    domain::clock::local_text(line.at_ms),
                    line.kind.zh().into(),
                    line.tag.clone(),
                    line.finding(true),
                    weight,
                    line.station.clone(),
                    line.operator.clone(),
                ];
                assert_eq!([0, 1, 3, 4, 5, 8, 11, 13].map(|n| row[n].clone()), expected, "{what}");
            }
            // Nothing of another district or enterprise.
            match scope {
                Scope::City => {}
                Scope::District(NORTH) => assert!(found.iter().all(|r| r[11] == "北郊气站"), "{what}"),
                _ => assert!(found.iter().all(|r| r[11] == "南郊气站"), "{what}"),
            }
            some += found.len();
        }
        let page = s.get("/records?verdict=faulty", &[(header::COOKIE, &cookie)]).await.text();
        assert!(page.contains("data-testid=\"export-csv\"") && page.contains("value=\"records\""));
    }
    assert!(some > 200, "{some}");
    // What comes after a job was asked for is not in its file, however far the job is.
    let id =
        s.state.exports.begin(Wanted { what: "records".into(), ..wanted("display:1", Format::Csv) }).await.unwrap();
    s.record(&s.gun, &(41..=60).map(|n| s.fill(n)).collect::<Vec<_>>()).await;
    s.state.exports.step(&CancellationToken::new()).await.unwrap();
    assert_eq!(job(&s, id).await.done, 47);

    let (_, without) = s.account("without", &[Role::DutyOfficer], Scope::City).await;
    assert_eq!(asked(&s, &without, "/records", "records", "").await, ("403".into(), None));
    let page = s.get("/records", &[(header::COOKIE, &without)]).await.text();
    assert!(!page.contains("data-testid=\"export-csv\""));
    let (_, city) = s.account("city", &[Role::CityRegulator], Scope::City).await;
    for filter in ["{\"as_of\":\"2026-11-01\"}", "{\"kind\":\"x\"}", "{\"from\":\"1-1-1\"}", "{\"site\":\"x\"}"] {
        assert_eq!(asked(&s, &city, "/records", "records", filter).await, ("/records?why=field".into(), None));
    }
}

#[test]
fn records_as_they_are_filtered_within_the_scope() {
    on_sqlite(fills);
}

#[test]
fn records_on_postgres() {
    on_postgres(fills);
}

/// More rows than a page, broken off after each.
async fn many_records(s: Server) {
    crate::events::register(&s).await;
    for some in (1..=12_000).collect::<Vec<u64>>().chunks(1_000) {
        s.record(&s.gun, &some.iter().map(|n| s.fill(*n)).collect::<Vec<_>>()).await;
    }
    let w = || Wanted { what: "records".into(), ..wanted("display:1", Format::Csv) };
    let whole = s.state.exports.begin(w()).await.unwrap();
    assert!(s.state.exports.step(&CancellationToken::new()).await.unwrap());
    let broken = s.state.exports.begin(w()).await.unwrap();
    for rows in [5_000, 10_000] {
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(!again(&s).step(&stop).await.unwrap());
        assert_eq!(job(&s, broken).await.done, rows);
    }
    assert!(again(&s).step(&CancellationToken::new()).await.unwrap());
    let (one, other) = (job(&s, whole).await, job(&s, broken).await);
    assert_eq!((one.done, one.total, &one.etag), (12_000, 12_000, &other.etag));
    let numbers: Vec<i64> = rows(&s, &one).iter().map(|r| r[0].parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|w| w[0] > w[1]), "the newest first, none twice");
}

#[test]
fn many_records_broken_off_and_gone_on_with() {
    on_sqlite(many_records);
}
