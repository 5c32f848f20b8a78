//! Imports from the office: upload, columns, dry run, import, quarantine; the counts are those of the command line.

use crate::support::{Answer, NOW, Server, on_postgres, on_sqlite, run};
use axum::{
    body::Body,
    http::{Request, header},
};
use data::{
    import::{aside, run as runs},
    org,
};
use domain::{
    import::{Mend, Quarantined, Report, Stage},
    permission::Role,
    scope::Scope,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::{
    commands::import::take,
    import::{MAX_BYTES, preset, read_table},
};
use std::{
    fmt::Write,
    io::{Cursor, Write as _},
};
use tokio_util::sync::CancellationToken;

const IN_USE: &[u8] = include_bytes!("../fixtures/in_use_cylinders.csv");
const ARCHIVE: &[u8] = include_bytes!("../fixtures/enterprise_cylinders.csv");
const CUSTOMERS: &[u8] = include_bytes!("../fixtures/customers.csv");
const ORDERS: &[u8] = include_bytes!("../fixtures/orders.csv");
const SLIPS: &[u8] = include_bytes!("../fixtures/recovery_slips.csv");
const TAGS: &[u8] = include_bytes!("../fixtures/tag_issue.csv");
const LINE: &str = "boundary-of-the-parts";

struct Office {
    s: Server,
    cookie: String,
    org: i64,
}

impl Office {
    async fn at(s: Server) -> Self {
        let txn = s.state.db.begin_write().await.unwrap();
        let new = org::New {
            name: "来源气站".into(),
            kind: "filler".into(),
            division: data::reference::CITY,
            ..org::New::default()
        };
        let org = org::insert(&txn, new).await.unwrap();
        txn.commit().await.unwrap();
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        Self { s, cookie, org }
    }

    async fn send(&self, cookie: &str, name: &str, bytes: &[u8], html: bool) -> Answer {
        let head = format!(
            "--{LINE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, format!("\r\n--{LINE}--\r\n").as_bytes()].concat();
        let r = Request::post("/imports/upload")
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={LINE}"))
            .header(header::ACCEPT, if html { "text/html" } else { "application/json" })
            .header(header::COOKIE, cookie)
            .body(Body::from(body))
            .unwrap();
        self.s.send(r).await
    }

    /// Uploads a file, and lets the server read it.
    async fn upload(&self, name: &str, bytes: &[u8]) -> i64 {
        let a = self.send(&self.cookie, name, bytes, false).await;
        assert_eq!(a.status, 201, "{}", a.text());
        self.step().await;
        a.json()["id"].as_i64().unwrap()
    }

    async fn step(&self) {
        self.s.state.imports.step(&CancellationToken::new()).await.unwrap();
    }

    async fn form(&self, function: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let (status, to, _) = self.s.form(&format!("/api/fn/{function}"), "/imports", &self.cookie, fields).await;
        (status, to)
    }

    async fn ask(&self, cookie: &str, function: &str, body: Value) -> Answer {
        let r = Request::post(format!("/api/fn/{function}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookie)
            .body(Body::from(body.to_string()))
            .unwrap();
        self.s.send(r).await
    }

    async fn one(&self, id: i64) -> runs::Model {
        runs::by_id(self.s.state.db.read(), id).await.unwrap().unwrap()
    }

    async fn report(&self, id: i64, stage: Stage) -> Report {
        let run = self.one(id).await;
        assert_eq!(run.stage(), stage, "{}", run.failure);
        serde_json::from_str(&run.report).unwrap()
    }

    async fn check(&self, id: i64, preset: &str) -> Report {
        let (id_text, org) = (id.to_string(), self.org.to_string());
        let asked = [("id", id_text.as_str()), ("preset", preset), ("org", &org)];
        assert_eq!(self.form("import_check", &asked).await, (302, format!("/imports/{id}")));
        self.step().await;
        self.report(id, Stage::Checked).await
    }

    async fn start(&self, id: i64) -> Report {
        let id_text = id.to_string();
        assert_eq!(self.form("import_start", &[("id", &id_text)]).await.0, 302);
        self.step().await;
        self.report(id, Stage::Done).await
    }

    async fn import(&self, preset: &str, bytes: &[u8]) -> Report {
        let id = self.upload("t.csv", bytes).await;
        self.check(id, preset).await;
        self.start(id).await
    }

    async fn ledger(&self) -> i64 {
        data::sequence::last(self.s.state.db.read(), data::sequence::LEDGER).await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let a = self.s.get(path, &[(header::COOKIE, self.cookie.as_str())]).await;
        assert_eq!(a.status, 200, "{path}: {}", a.text());
        a.text()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.s.config.data_dir.join("imports")).unwrap().count()
    }
}

async fn the_sources_tables_come_to_the_same_as_on_the_command_line((s, other): (Server, Server)) {
    let o = Office::at(s).await;
    for (id, bytes) in [
        ("in-use", IN_USE),
        ("tags", TAGS),
        ("archive", ARCHIVE),
        ("customers", CUSTOMERS),
        ("orders", ORDERS),
        ("recovery", SLIPS),
    ] {
        let table = read_table(bytes, "t.csv").unwrap();
        let preset = preset::find(id).unwrap();
        let on_command_line = async || {
            let told = take(&other.state.db, preset, &table, "hash", "来源气站", NOW).await.unwrap();
            // Cells stand in quarantine, in no stored report.
            let aside = told.aside.into_iter().map(|q| Quarantined { raw: vec![], ..q }).collect();
            Report { aside, ..told }
        };
        let told = on_command_line().await;
        let run = o.upload("t.csv", bytes).await;
        assert!(o.page(&format!("/imports/{run}?preset={id}")).await.contains("预览"));
        let before = o.ledger().await;
        let tried = o.check(run, id).await;
        assert_eq!((o.ledger().await, tried.new), (before, told.new), "{id}: a dry run writes nothing");
        let report = o.start(run).await;
        assert_eq!(report, told, "{id}");
        assert_eq!(aside::Entity::find().all(o.s.state.db.read()).await.unwrap().len(), {
            aside::Entity::find().all(other.state.db.read()).await.unwrap().len()
        });
        let ledger = o.ledger().await;
        let again = o.import(id, bytes).await;
        assert_eq!((again.new, o.ledger().await), (0, ledger), "{id}: a second run changes nothing");
        assert_eq!(again, on_command_line().await, "{id}");
    }
    assert_eq!(o.files(), 0, "files go when they are imported");
    let count = data::cylinder::Entity::find().count(o.s.state.db.read()).await.unwrap();
    assert_eq!(count, data::cylinder::Entity::find().count(other.state.db.read()).await.unwrap());
    assert!(o.page("/imports").await.contains("来源气站"));
    o.s.verified().await;
}

/// The table in use with two rows that nobody can identify.
fn two_bad() -> String {
    let text = String::from_utf8(IN_USE.to_vec()).unwrap();
    let mut out = String::new();
    for (i, line) in text.lines().enumerate() {
        let rest = line.splitn(3, ',').nth(2).unwrap();
        match i {
            3 | 7 => writeln!(out, ",,{rest}").unwrap(),
            _ => writeln!(out, "{line}").unwrap(),
        }
    }
    out
}

async fn two_bad_rows_are_mended(s: Server) {
    let o = Office::at(s).await;
    let id = o.upload("坏行.csv", two_bad().as_bytes()).await;
    let tried = o.check(id, "in-use").await;
    assert_eq!((tried.read, tried.new, tried.quarantined), (30, 28, 2));
    let report = o.start(id).await;
    assert_eq!((report.new, report.quarantined), (28, 2));
    assert_eq!(report.aside.iter().map(|q| q.line).collect::<Vec<_>>(), [4, 8]);
    let page = o.page(&format!("/imports/{id}/quarantine")).await;
    assert!(page.contains("没有可用的身份") && page.contains("cells[0]") && page.contains("row-8"));

    let rows = aside::page(o.s.state.db.read(), id, None, 0, 10).await.unwrap();
    let id_text = id.to_string();
    let mend = async |line: i32, tag: &str, stamp: &str| {
        let line_text = line.to_string();
        let mut cells = rows.iter().find(|r| r.line == line).unwrap().cells.clone();
        (cells[0], cells[1]) = (tag.into(), stamp.into());
        let names: Vec<String> = (0..cells.len()).map(|i| format!("cells[{i}]")).collect();
        let mut fields = vec![("id", id_text.as_str()), ("line", line_text.as_str())];
        fields.extend(names.iter().map(String::as_str).zip(cells.iter().map(String::as_str)));
        o.form("import_mend", &fields).await.1
    };
    let at = |word: &str, line: i32| format!("/imports/{id}/quarantine?mended={word}&line={line}");
    // Still without identity; then with the tag of another row; then as it stands on the cylinder.
    assert_eq!(mend(4, "", "").await, at("still", 4) + "#row-4");
    assert_eq!(mend(4, "4904410522", "0602171").await, at("still", 4) + "#row-4");
    let now = aside::page(o.s.state.db.read(), id, Some(Mend::Open), 0, 10).await.unwrap();
    assert_eq!((now.len(), now[0].cells[0].as_str()), (2, "4904410522"), "what was entered is kept");
    assert!(now[0].reason_zh.contains("内容不同"), "{}", now[0].reason_zh);
    assert_eq!(o.ledger().await, 28);
    assert_eq!(mend(4, "9900112233", "HAND-1").await, at("taken", 4));
    assert_eq!(o.ledger().await, 29);
    assert!(o.page("/cylinders/9900112233").await.contains("HAND-1"));
    // A row is mended once.
    assert!(mend(4, "9900112244", "HAND-2").await.contains("why=not_found"));
    // The other is left out, which wants a reason.
    let other = [("id", id_text.as_str()), ("line", "8")];
    assert!(o.form("import_leave_out", &other).await.1.contains("why=field"));
    let told = [&other[..], &[("reason", "实物已销毁")]].concat();
    assert_eq!(o.form("import_leave_out", &told).await.1, at("left_out", 8));
    assert!(o.form("import_leave_out", &told).await.1.contains("why=not_found"));
    let rows = aside::page(o.s.state.db.read(), id, None, 0, 10).await.unwrap();
    let mends: Vec<_> = rows.iter().map(|r| (r.mend, r.by.as_str(), r.note.as_str())).collect();
    let by = "name of regulator";
    assert_eq!(mends, [(Mend::Mended, by, ""), (Mend::LeftOut, by, "实物已销毁")]);
    assert!(o.page(&format!("/imports/{id}/quarantine")).await.contains("没有待处理的行"));
    assert_eq!(
        o.s.audit().await,
        [
            "import.upload",
            "import.check",
            "import.start",
            "import.mend",
            "import.mend",
            "import.mend",
            "import.leave_out"
        ]
    );
    o.s.verified().await;
}

async fn columns_are_chosen_by_hand(s: Server) {
    let o = Office::at(s).await;
    let csv = "甲,乙,丙,丁,电子标签号\n9900112233,S1,液化石油气,2024-05,别的\n9900112244,S2,液化石油气,2024-05,别的\n";
    let id = o.upload("自定.csv", csv.as_bytes()).await;
    let (id_text, org) = (id.to_string(), o.org.to_string());
    let asked = [("id", id_text.as_str()), ("preset", "in-use"), ("org", org.as_str())];
    // By their names the columns do not fit: the run waits for others.
    o.form("import_check", &asked).await;
    o.step().await;
    let run = o.one(id).await;
    assert_eq!(run.stage(), Stage::Ready);
    assert!(run.failure.contains("缺少必需的列"), "{}", run.failure);
    let columns = preset::find("in-use").unwrap().columns.len();
    let names: Vec<String> = (0..columns).map(|i| format!("chosen[{i}]")).collect();
    let chosen = |of: [&'static str; 4]| {
        let all = names.iter().enumerate().map(move |(i, n)| (n.as_str(), of.get(i).copied().unwrap_or("")));
        asked.iter().copied().chain(all).collect::<Vec<_>>()
    };
    // One column twice, and one that is not there.
    for bad in [["0", "0", "2", "3"], ["0", "1", "2", "99"], ["0", "1", "2", "-1"], ["0", "1", "2", "x"]] {
        assert!(o.form("import_check", &chosen(bad)).await.1.contains("why=field"), "{bad:?}");
    }
    assert_eq!(o.form("import_check", &chosen(["0", "1", "2", "3"])).await.0, 302);
    o.step().await;
    assert_eq!(o.report(id, Stage::Checked).await.new, 2);
    assert_eq!(o.start(id).await.new, 2);
    assert!(o.page("/cylinders/9900112244").await.contains("S2"));
    o.s.verified().await;
}

/// As many sound rows.
fn many(n: usize) -> String {
    let mut out = "电子标签号,气瓶钢印号,充装介质,制造日期\n".to_owned();
    (0..n).for_each(|i| writeln!(out, "99{i:08},M{i},液化石油气,2024-05").unwrap());
    out
}

async fn a_run_goes_on_after_a_restart_and_ends_when_it_is_cancelled(s: Server) {
    let mut o = Office::at(s).await;
    let id = o.upload("多.csv", many(1_200).as_bytes()).await;
    o.check(id, "in-use").await;
    let id_text = id.to_string();
    assert_eq!(o.form("import_start", &[("id", &id_text)]).await.0, 302);
    let stop = CancellationToken::new();
    stop.cancel();
    assert!(!o.s.state.imports.step(&stop).await.unwrap());
    let run = o.one(id).await;
    assert_eq!((run.stage(), run.done, run.total, o.ledger().await), (Stage::Running, 500, 1_200, 500));
    o.s.restart().await;
    o.step().await;
    let report = o.report(id, Stage::Done).await;
    assert_eq!((report.read, report.new, report.unchanged, o.ledger().await), (1_200, 1_200, 0, 1_200));

    let more = many(2_000);
    let id = o.upload("更多.csv", more.as_bytes()).await;
    o.check(id, "in-use").await;
    let id_text = id.to_string();
    assert_eq!(o.form("import_start", &[("id", &id_text)]).await.0, 302);
    assert!(!o.s.state.imports.step(&stop).await.unwrap());
    assert_eq!(o.form("import_cancel", &[("id", &id_text)]).await.0, 302);
    o.step().await;
    assert_eq!((o.one(id).await.stage(), o.ledger().await), (Stage::Cancelled, 1_700));
    assert!(o.form("import_cancel", &[("id", &id_text)]).await.1.contains("why=not_found"));
    assert!(o.form("import_start", &[("id", &id_text)]).await.1.contains("why=not_found"));
    // What it took is known; the rest comes with another run.
    assert_eq!(o.import("in-use", more.as_bytes()).await.new, 300);
    assert_eq!((o.ledger().await, o.files()), (2_000, 0));
    o.s.verified().await;
}

#[test]
fn files_nobody_should_import_end_in_words() {
    run(async {
        let o = Office::at(Server::new().await).await;
        let mut book = zip::ZipWriter::new(Cursor::new(Vec::new()));
        book.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        book.write_all(&[b' '; 4_096]).unwrap();
        let mut bomb = book.finish().unwrap().into_inner();
        // Declares a gigabyte.
        let at = bomb.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        bomb[at + 24..at + 28].copy_from_slice(&(1_u32 << 30).to_le_bytes());
        let cut = bomb[..bomb.len() / 2].to_vec();
        for (name, bytes, word) in [
            ("a.xlsx", bomb, "unpacked bytes"),
            ("b.xlsx", cut, "cannot be read"),
            ("c.csv", b"%PDF-1.7 ...".to_vec(), "PDF"),
            ("d.xlsx", b"<html><table></table></html>".to_vec(), "HTML"),
            ("e.xls", vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], ".xls"),
            ("f.csv", "电子标签号,钢印号\n".as_bytes().to_vec(), "no rows"),
        ] {
            let id = o.upload(name, &bytes).await;
            let run = o.one(id).await;
            assert_eq!(run.stage(), Stage::Failed, "{name}");
            assert!(run.failure.contains(word), "{name}: {}", run.failure);
            assert!(o.page(&format!("/imports/{id}")).await.contains("data-testid=\"failure\""), "{name}");
        }
        assert_eq!(o.files(), 0);
        // Nothing, and too much: neither becomes a run.
        let before = runs::Entity::find().count(o.s.state.db.read()).await.unwrap();
        let a = o.send(&o.cookie, "a.csv", b"", false).await;
        assert_eq!(a.problem(), (400, "BAD_BODY".into()));
        let a = o.send(&o.cookie, "a.csv", b"", true).await;
        assert_eq!(
            (a.status.as_u16(), &a.headers[header::LOCATION]),
            (303, &"/imports?refused=empty".parse().unwrap())
        );
        assert!(o.page("/imports?refused=empty").await.contains("文件为空"));
        let huge = vec![b'1'; MAX_BYTES + 1];
        assert_eq!(o.send(&o.cookie, "a.csv", &huge, false).await.problem(), (413, "BODY_TOO_LARGE".into()));
        let huge = vec![b'1'; MAX_BYTES + (1 << 20)];
        assert_eq!(o.send(&o.cookie, "a.csv", &huge, false).await.problem(), (413, "BODY_TOO_LARGE".into()));
        drop(huge);
        // No form, and one that breaks off.
        for (kind, body) in [
            ("application/json", "{}".to_owned()),
            ("multipart/form-data", String::new()),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc".into(),
            ),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nabc\r\n--x--\r\n".into(),
            ),
        ] {
            let r = Request::post("/imports/upload")
                .header(header::CONTENT_TYPE, kind)
                .header(header::COOKIE, &o.cookie)
                .body(Body::from(body))
                .unwrap();
            assert_eq!(o.s.send(r).await.problem(), (400, "BAD_BODY".into()), "{kind}");
        }
        assert_eq!((runs::Entity::find().count(o.s.state.db.read()).await.unwrap(), o.files()), (before, 0));
        // Five that wait are enough.
        for n in 0..6 {
            let a = o.send(&o.cookie, "../../etc/a.csv", many(2).as_bytes(), false).await;
            assert_eq!(a.status.as_u16(), if n < 5 { 201 } else { 429 }, "{}", a.text());
            o.step().await;
        }
        let all = runs::Entity::find().all(o.s.state.db.read()).await.unwrap();
        let last = all.iter().max_by_key(|r| r.id).unwrap();
        assert_eq!((last.file.as_str(), last.stage(), o.files()), ("a.csv", Stage::Ready, 5));
        // A day later they are gone.
        o.s.clock.shift(25 * 3_600_000);
        o.step().await;
        assert_eq!((o.one(last.id).await.stage(), o.files()), (Stage::Cancelled, 0));
    });
}

#[test]
fn an_enterprise_imports_its_own_and_sees_nothing_else() {
    run(async {
        let o = Office::at(Server::new().await).await;
        let north = o.s.gun.org;
        let (_, own) = o.s.account("north", &[Role::EnterpriseAdmin], Scope::Org(north)).await;
        let (_, south) = o.s.account("south", &[Role::EnterpriseAdmin], Scope::Org(o.s.south.org)).await;
        let (_, checker) = o.s.account("checker", &[Role::Checker], Scope::Org(north)).await;
        let csv = many(3);
        assert_eq!(o.send(&checker, "a.csv", csv.as_bytes(), false).await.status, 403);
        let nobody = o.send("", "a.csv", csv.as_bytes(), true).await;
        assert_eq!(nobody.status, 303);
        assert!(nobody.headers[header::LOCATION].to_str().unwrap().starts_with("/login"));
        let display = o.s.pair().await;
        assert_eq!(o.send(&display, "a.csv", csv.as_bytes(), false).await.status, 403);
        let a = o.send(&own, "a.csv", csv.as_bytes(), false).await;
        let id = a.json()["id"].as_i64().unwrap();
        o.step().await;
        for (cookie, status) in [(&own, 200), (&south, 404), (&o.cookie, 200)] {
            assert_eq!(o.ask(cookie, "import_one", json!({ "id": id })).await.status, status);
            let path = format!("/imports/{id}");
            let page = o.s.get(&path, &[(header::COOKIE, cookie.as_str())]).await.text();
            assert_eq!(page.contains("没有这次导入"), status == 404, "{page}");
        }
        let list = async |cookie: &str| o.ask(cookie, "import_list", json!({ "before": 0 })).await.json();
        assert_eq!((list(&own).await.as_array().unwrap().len(), list(&south).await), (1, json!([])));
        let page = o.ask(&own, "import_one", json!({ "id": id })).await.json();
        assert_eq!(page["orgs"].as_array().unwrap().len(), 1, "only itself");
        // For another it cannot.
        let (id_text, other) = (id.to_string(), o.s.south.org.to_string());
        let asked = |org: &'_ str| format!("id={id_text}&preset=in-use&org={org}");
        let post = async |body: String| {
            let r = Request::post("/api/fn/import_check")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, &own)
                .body(Body::from(body))
                .unwrap();
            o.s.send(r).await
        };
        let a = post(asked(&other)).await;
        assert_eq!((a.status.as_u16(), a.json()), (422, json!({ "error": "field", "detail": "org" })));
        let bad = post(format!("id={id_text}&preset=history&org={north}")).await;
        assert_eq!((bad.status.as_u16(), bad.json()), (422, json!({ "error": "field", "detail": "preset" })));
        assert_eq!(post(asked("0")).await.status, 200, "its own, where it names none");
        o.step().await;
        assert_eq!(o.one(id).await.org_id, north);
    });
}

#[test]
fn the_sources_tables_sqlite() {
    on_sqlite(|s| async { the_sources_tables_come_to_the_same_as_on_the_command_line((s, Server::new().await)).await });
}

#[test]
fn the_sources_tables_postgres() {
    on_postgres(|s| async {
        the_sources_tables_come_to_the_same_as_on_the_command_line((s, Server::new().await)).await;
    });
}

#[test]
fn two_bad_rows_sqlite() {
    on_sqlite(two_bad_rows_are_mended);
}

#[test]
fn two_bad_rows_postgres() {
    on_postgres(two_bad_rows_are_mended);
}

#[test]
fn columns_sqlite() {
    on_sqlite(columns_are_chosen_by_hand);
}

#[test]
fn a_restart_sqlite() {
    on_sqlite(a_run_goes_on_after_a_restart_and_ends_when_it_is_cancelled);
}

#[test]
fn a_restart_postgres() {
    on_postgres(a_run_goes_on_after_a_restart_and_ends_when_it_is_cancelled);
}
