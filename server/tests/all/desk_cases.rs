//! What staff does with cases, appeals and the calendar by plain forms: nothing that was typed is lost, files go with appeals, a year is looked
//! at before it is put, tables of platforms are entered once.

use crate::support::{NORTH, SOUTH, Server, parts, run};
use axum::http::{StatusCode, header};
use data::{audit::Actor, credit::EntryDone};
use domain::{
    clock,
    credit::Entered,
    permission::Role,
    scope::{Scope, Viewer},
};

async fn page(s: &Server, at: &str, cookie: &str) -> String {
    s.get(at, &[(header::COOKIE, cookie)]).await.text()
}

const TABLE: &str = "工单编号,类型,姓名,联系电话,标题,内容\nA1,投诉,张三丰,13812341111,缺斤短两,少了两公斤\n\
    A2,投诉,李四,12,黑气点,\"<script>alert(1)</script>\"\n";

#[test]
fn a_table_is_imported_and_what_is_wrong_waits_to_be_mended() {
    run(async {
        let s = Server::new().await;
        let (_, officer) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
        let (_, other) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let fields = [("channel", "12345"), ("text", TABLE)];
        let send = async |cookie: &str| parts(&s, ("/cases/import", cookie), &fields, &[]).await;
        assert_eq!(send(&other).await.0, 403);
        assert_eq!(send(&officer).await.1, "/cases/import?new=1&known=0&aside=1");
        assert_eq!(send(&officer).await.1, "/cases/import?new=0&known=1&aside=1");
        let html = page(&s, "/cases/import", &officer).await;
        assert!(html.contains("李四") && !html.contains("<script>alert"), "{html}");
        assert_eq!(html.matches("name=\"aside\"").count(), 1);
        // As a file of a Chinese office, mended.
        let mended = "工单编号,类型,姓名,联系电话,标题,内容\nA2,投诉,李四,13812342222,黑气点,内容\n";
        let gbk = encoding_rs::GB18030.encode(mended).0.into_owned();
        let fields = [("channel", "12345"), ("aside", "1"), ("text", "")];
        let (_, to, _) = parts(&s, ("/cases/import", &officer), &fields, &[("a.csv", &gbk)]).await;
        assert_eq!(to, "/cases/import?new=1&known=0&aside=0");
        assert!(page(&s, "/cases/import", &officer).await.contains("没有待修正的行"));
        // What is no table at all is told, and what was pasted stands there.
        for (text, channel) in [("a,b\n1,2", "12315"), (TABLE, "phone"), ("", "12315")] {
            let (_, to, _) = parts(&s, ("/cases/import", &officer), &[("channel", channel), ("text", text)], &[]).await;
            assert!(to.contains("why=field") && to.contains("entered="), "{to}");
            let html = page(&s, &to, &officer).await;
            assert!(html.contains("data-testid=\"fault\""), "{html}");
        }
        // What is longer than is kept goes, and that it does is told with what is wrong.
        let long = format!("a,b\n{}", "1,2\n".repeat(30_000));
        let (_, to, _) = parts(&s, ("/cases/import", &officer), &[("channel", "12315"), ("text", &long)], &[]).await;
        assert!(to.contains("why=field") && to.contains("entered="), "{to}");
        let html = page(&s, &to, &officer).await;
        assert!(html.contains("data-testid=\"fault\"") && html.contains("表格太长") && !html.contains("1,2\n1,2"));
        s.verified().await;
    });
}

#[test]
fn who_brought_a_case_is_shown_once_by_a_plain_form() {
    run(async {
        let s = Server::new().await;
        let (_, officer) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
        let (_, second) = s.account("second", &[Role::ComplaintOfficer], Scope::City).await;
        let fields = [("channel", "12345"), ("text", TABLE)];
        parts(&s, ("/cases/import", &officer), &fields, &[]).await;
        let html = page(&s, "/cases/1", &officer).await;
        assert!(html.contains("张**") && !html.contains("张三丰") && html.contains("/api/fn/case_unmask"), "{html}");
        let ask = async |purpose: &str| {
            s.form("/api/fn/case_unmask", "/cases/1", &officer, &[("id", "1"), ("purpose", purpose)]).await
        };
        let (status, to, _) = ask("回访当事人").await;
        assert!(status == 302 && !to.contains("张") && !to.contains("13812341111"), "{to}");
        let at = to.split('#').next().unwrap().to_owned();
        // Not for another account, and once for this one.
        assert!(!page(&s, &at, &second).await.contains("张三丰"));
        let html = page(&s, &at, &officer).await;
        assert!(html.contains("张三丰") && html.contains("13812341111"), "{html}");
        assert!(!page(&s, &at, &officer).await.contains("张三丰"));
        let (_, to, _) = ask("x").await;
        assert!(to.contains("why=field") && page(&s, &to, &officer).await.contains("value=\"x\""), "{to}");
        assert_eq!(s.audit().await.iter().filter(|a| *a == "case.unmask").count(), 1);
    });
}

#[test]
fn what_is_longer_than_an_address_is_not_lost() {
    run(async {
        let s = Server::new().await;
        let (_, officer) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
        let (_, second) = s.account("second", &[Role::ComplaintOfficer], Scope::City).await;
        let fields = [("channel", "12345"), ("text", TABLE)];
        parts(&s, ("/cases/import", &officer), &fields, &[]).await;
        let note = format!("答复{}完", "长".repeat(900));
        let fields = [("id", "1"), ("values[act]", "settle"), ("values[note]", note.as_str()), ("values[seen]", "1")];
        let (status, to, _) = s.form("/api/fn/case_act", "/cases/1", &officer, &fields).await;
        assert!(status == 302 && to.contains("why=stale") && to.contains("entered=") && to.len() < 4_200, "{to}");
        assert!(page(&s, &to, &officer).await.contains(&note), "it cannot be done, and what was typed stands there");
        assert!(!page(&s, &to, &second).await.contains(&note));
        // The entry of a case, too: its page has the form itself.
        let text = "长".repeat(1_900);
        let fields = [("values[track]", "complaint"), ("values[title]", "短"), ("values[text]", text.as_str())];
        let (_, to, _) = s.form("/api/fn/case_enter", "/cases/new", &officer, &fields).await;
        assert!(to.starts_with("/cases/new?checked=1") && to.contains("entered="), "{to}");
        let html = page(&s, &to, &officer).await;
        assert!(html.contains(&text) && html.contains("value=\"短\""), "{html}");
        assert!(!page(&s, &to, &second).await.contains(&text));
    });
}

#[test]
fn a_year_is_looked_at_before_it_is_put() {
    run(async {
        let s = Server::new().await;
        let (_, regulator) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let (_, officer) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
        parts(&s, ("/cases/import", &officer), &[("channel", "12345"), ("text", TABLE)], &[]).await;
        let html = page(&s, "/calendar?year=2026", &regulator).await;
        assert!(html.contains("国庆节") && html.contains("调休上班"), "{html}");
        let text = "2026 confirmed\n2026-11-23..2026-11-27,放假,试\n";
        let look = async |text: &str| parts(&s, ("/calendar", &regulator), &[("text", text)], &[]).await;
        assert_eq!(parts(&s, ("/calendar", &officer), &[("text", text)], &[]).await.0, 403);
        let (_, to, _) = look("2026 confirmed\n2026-13-01 放假 <script>alert(1)</script>").await;
        let html = page(&s, to.split('#').next().unwrap(), &regulator).await;
        assert!(html.contains("data-testid=\"faults\"") && html.contains("第 2 行"), "{html}");
        assert!(!html.contains("<script>alert"));
        let (_, to, _) = look(text).await;
        let at = to.split('#').next().unwrap().to_owned();
        let html = page(&s, &at, &regulator).await;
        assert!(html.contains("1 件未结办件") && html.contains("2026-11-23"), "{html}");
        let key = at.split("entered=").nth(1).unwrap().to_owned();
        let (_, seen) = data::calendar::load(s.state.db.read()).await.unwrap();
        let put = async |seen: i64| {
            let seen = seen.to_string();
            s.form("/api/fn/calendar_put", &at, &regulator, &[("key", &key), ("seen", &seen)]).await.1
        };
        assert!(put(seen - 1).await.contains("why=stale"));
        assert_eq!(put(seen).await, "/calendar?year=2026&done=saved&moved=1");
        assert!(put(seen).await.contains("why=stale"), "nothing is put twice");
        assert_eq!(s.audit().await.iter().filter(|a| *a == "calendar.put").count(), 1);
        for year in ["1999", "-1", "999999999999", "x"] {
            assert!(
                s.get(&format!("/calendar?year={year}"), &[(header::COOKIE, &regulator)]).await.status.as_u16() < 500
            );
        }
        for body in ["\u{0}", &"x".repeat(100_000)] {
            let (status, to, _) = look(body).await;
            assert!(status < 500, "{status} {to}");
        }
    });
}

#[test]
fn evidence_goes_with_an_appeal_and_is_for_the_parties() {
    run(async {
        let s = Server::new().await;
        let (_, filler) = s.account("filler", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
        let (_, regulator) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let (_, south) = s.account("south", &[Role::DistrictRegulator], Scope::District(SOUTH)).await;
        let (_, north) = s.account("north", &[Role::DistrictRegulator], Scope::District(NORTH)).await;
        let now = s.clock.now();
        let e = Entered {
            org: s.gun.org,
            item: "CRD-ENTRY-FINE".into(),
            day: clock::local_date(now),
            document: "罚 1 号".into(),
            note: "查实".into(),
        };
        let txn = s.state.db.begin_write().await.unwrap();
        let by = Actor { account: 1, session: 1, address: String::new() };
        let city = Viewer { scope: Scope::City };
        let done = data::credit::enter(&txn, city, &s.state.rules.now(), &e, &by, now).await.unwrap();
        txn.commit().await.unwrap();
        let EntryDone::Done(entry, _) = done else { panic!("{done:?}") };
        let point = domain::credit::PointRef {
            origin: domain::credit::Origin::Entry,
            no: entry,
            item: "CRD-ENTRY-FINE".into(),
        };
        let point = point.to_string();
        let mut pdf = b"%PDF-1.7 proof %%EOF\n".to_vec();
        let fields =
            [("values[point]", point.as_str()), ("values[grounds]", "不属实"), ("values[evidence]", "检定证书")];
        let send = async |cookie: &str, files: &[(&str, &[u8])]| {
            parts(&s, ("/credit/appeals/file", cookie), &fields, files).await
        };
        assert_eq!(send(&regulator, &[]).await.0, 403);
        // A file that is refused is told at the form, and what was typed stands there; nothing is filed.
        let (_, to, _) = send(&filler, &[("a.exe", b"MZ........................")]).await;
        assert!(to.contains("/credit/appeal?checked=1") && to.contains("file=unknown"), "{to}");
        let html = page(&s, &to, &filler).await;
        assert!(html.contains("不支持这种文件") && html.contains("value=\"不属实\""), "{html}");
        assert!(!page(&s, "/credit/appeals", &filler).await.contains("/credit/appeals/1"));
        // What was sound of it is kept for the form that is shown again, and the one that was not is named.
        let at = ("/credit/appeals/file", filler.as_str());
        let files: [(&str, &[u8]); 2] = [("a<b>.exe", b"MZ........................"), ("../证据.pdf", &pdf)];
        let (_, to, _) = parts(&s, at, &fields, &files).await;
        let html = page(&s, &to, &filler).await;
        assert!(to.contains("file=unknown") && html.contains("ab.exe:"), "{to} {html}");
        assert!(html.contains("证据.pdf") && html.contains("已保留") && html.contains("value=\"不属实\""), "{html}");
        let token = html.split("name=\"kept\" value=\"").nth(1).unwrap()[..32].to_owned();
        let mut mended = fields.to_vec();
        mended.push(("kept", token.as_str()));
        // It is nobody else's, and what was made up is nobody's; nothing is filed for either.
        let (_, rival) = s.account("rival", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
        let (_, to, _) = parts(&s, ("/credit/appeals/file", &rival), &mended, &[]).await;
        assert!(to.contains("file=gone"), "{to}");
        let mut made_up = fields.to_vec();
        made_up.extend([("kept", "0123456789abcdef0123456789abcdef"), ("kept", "../../etc/passwd"), ("kept", "")]);
        let (_, to, _) = parts(&s, at, &made_up, &[]).await;
        assert!(to.contains("file=gone") && page(&s, &to, &filler).await.contains("此前上传的文件已不在"), "{to}");
        assert!(!page(&s, "/credit/appeals", &filler).await.contains("/credit/appeals/1"));
        let (_, to, a) = parts(&s, at, &mended, &[]).await;
        assert_eq!(to, "/credit/appeals/1?done=saved", "{}", a.text());
        let html = page(&s, "/credit/appeals/1", &regulator).await;
        let at = html.find("/files/").expect("the evidence");
        let file = html[at..at + 39].to_owned();
        for (cookie, status) in [
            (&filler, StatusCode::OK),
            (&regulator, StatusCode::OK),
            (&north, StatusCode::OK),
            (&south, StatusCode::NOT_FOUND),
            (&String::new(), StatusCode::NOT_FOUND),
        ] {
            assert_eq!(s.get(&file, &[(header::COOKIE, cookie)]).await.status, status);
        }
        // More is asked for, and given.
        let ask = [("id", "1"), ("values[act]", "ask"), ("values[note]", "请补充"), ("values[seen]", "1")];
        let (_, to, _) = s.form("/api/fn/credit_act", "/credit/appeals/1", &regulator, &ask).await;
        assert!(to.contains("done=saved"), "{to}");
        pdf.extend(b"%%EOF");
        let more = [("id", "1"), ("values[note]", "补充如下"), ("values[evidence]", "附件二"), ("values[seen]", "2")];
        let (_, to, _) = parts(&s, ("/credit/appeals/file", &filler), &more, &[("b.pdf", &pdf)]).await;
        assert_eq!(to, "/credit/appeals/1?done=saved");
        let (_, to, _) = parts(&s, ("/credit/appeals/file", &filler), &more, &[("b.pdf", &pdf)]).await;
        assert!(to.contains("why=stale"), "{to}");
        let html = page(&s, "/credit/appeals/1", &filler).await;
        assert_eq!(html.matches("/files/").count(), 2, "{html}");
        assert_eq!(s.audit().await.iter().filter(|a| *a == "credit.appeal.files").count(), 2);
        s.verified().await;
    });
}
