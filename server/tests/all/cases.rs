//! Cases that anybody brings: from the page of a cylinder to the answer, without an account and without a script; and what staff may see of
//! them.

use crate::{
    events::register,
    support::{Answer, NORTH, SOUTH, Server, encoded, on_postgres, on_sqlite, run},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{permission::Role, scope::Scope};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

const LINE: &str = "boundary-of-the-parts";

fn photo() -> Vec<u8> {
    let mut out = vec![];
    DynamicImage::from(RgbImage::new(400, 300)).write_to(&mut Cursor::new(&mut out), ImageFormat::Jpeg).unwrap();
    out
}

/// A form with files, as a browser sends it.
pub async fn send(s: &Server, path: &str, fields: &[(&str, &str)], photos: &[(&str, &[u8])]) -> Answer {
    let mut body = vec![];
    for (name, value) in fields {
        body.extend(format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in photos {
        let head =
            format!("Content-Disposition: form-data; name=\"photo\"; filename=\"{name}\"\r\nContent-Type: image/jpeg");
        body.extend(format!("--{LINE}\r\n{head}\r\n\r\n").bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{LINE}--\r\n").bytes());
    let kind = format!("multipart/form-data; boundary={LINE}");
    s.send(Request::post(path).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()).await
}

pub async fn plain(s: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let kind = "application/x-www-form-urlencoded";
    s.send(Request::post(path).header(header::CONTENT_TYPE, kind).body(Body::from(body.join("&"))).unwrap()).await
}

/// What stands in an element that tests know by its name.
pub fn told(html: &str, name: &str) -> String {
    let at = html.find(&format!("data-testid=\"{name}\">")).unwrap_or_else(|| panic!("{name} in {html}"));
    let rest = &html[at + name.len() + 15..];
    rest[..rest.find('<').unwrap()].to_owned()
}

const REPORT: [(&str, &str); 8] = [
    ("track", "report"),
    ("key", "0123456789abcdef0123456789abcdef"),
    ("scan", "1"),
    ("lang", "zh"),
    ("tag", "T1"),
    ("title", "这只瓶已过检验期"),
    ("text", "送来的气瓶 <script>alert(1)</script>\n瓶身日期是 2019 年"),
    ("anonymous", "yes"),
];

async fn a_citizen_brings_a_case_and_follows_it_to_its_answer(s: Server) {
    register(&s).await;
    let scanned = s.get("/q/T1", &[]).await.text();
    assert!(scanned.contains("/complain?scan=1&amp;tag=T1"), "{scanned}");
    let page = s.get("/complain?scan=1&tag=T1&track=report", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("value=\"T1\"") && page.text().contains("119"));
    let sent = send(&s, "/complain", &REPORT, &[("../现场.jpg", &photo())]).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.text());
    let (number, code) = (told(&sent.text(), "number"), told(&sent.text(), "code"));
    assert!(number.starts_with("JB20261121-"), "{number}");
    // Sent twice, as by a reload: the same.
    let again = send(&s, "/complain", &REPORT, &[("x.jpg", &photo())]).await;
    assert_eq!((told(&again.text(), "number"), told(&again.text(), "code")), (number.clone(), code.clone()));
    let wrong = plain(&s, "/case", &[("number", &number), ("code", "AAAA-AAAA")]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(!wrong.text().contains("这只瓶已过检验期"));
    let mine = [("number", number.as_str()), ("code", code.as_str())];
    let page = plain(&s, "/case", &mine).await;
    let html = page.text();
    assert!(html.contains("待处理") && html.contains("data:image/jpeg;base64,") && html.contains("举报核查"), "{html}");
    // The officer of the authority sees it with its picture, the other district's and the enterprise do not.
    let (_, officer) = s.account("officer", &[Role::ComplaintOfficer], Scope::City).await;
    let (_, south) = s.account("south", &[Role::ComplaintOfficer], Scope::District(SOUTH)).await;
    let (_, filler) = s.account("filler", &[Role::EnterpriseAdmin], Scope::Org(s.gun.org)).await;
    let (_, north) = s.account("north", &[Role::ComplaintOfficer], Scope::District(NORTH)).await;
    let list = |cookie: String| {
        let s = &s;
        async move { s.get("/cases", &[(header::COOKIE, &cookie)]).await.text() }
    };
    assert!(list(officer.clone()).await.contains(&number) && list(north).await.contains(&number));
    assert!(!list(south.clone()).await.contains(&number) && !list(filler.clone()).await.contains(&number));
    let one = s.get("/cases/1", &[(header::COOKIE, &officer)]).await.text();
    let at = one.find("/files/").expect("a picture");
    let file = one[at..at + 39].to_owned();
    assert_eq!(s.get(&file, &[(header::COOKIE, &officer)]).await.status, StatusCode::OK);
    for cookie in [&south, &filler, &String::new()] {
        assert_eq!(s.get(&file, &[(header::COOKIE, cookie)]).await.status, StatusCode::NOT_FOUND);
    }
    assert!(!one.contains("<script>alert") && !html.contains("<script>alert"));
    // It is decided, answered and closed.
    for (act, note, seen) in
        [("file", "", "1"), ("reply", "已责令该站召回此瓶,对其立案调查。", "2"), ("close", "", "3")]
    {
        let fields = [("id", "1"), ("values[act]", act), ("values[note]", note), ("values[seen]", seen)];
        let (status, to, a) = s.form("/api/fn/case_act", "/cases/1", &officer, &fields).await;
        assert!(status == 302 && to.contains("done=saved"), "{act}: {status} {to} {}", a.text());
    }
    let html = plain(&s, "/case", &mine).await.text();
    assert!(
        html.contains("已责令该站召回此瓶") && html.contains("已办结") && html.contains("您对办理满意吗"),
        "{html}"
    );
    let rated = plain(&s, "/case", &[mine[0], mine[1], ("act", "rate"), ("word", "5"), ("seen", "4")]).await;
    assert!(rated.status == 200 && rated.text().contains("您的评价"), "{}", rated.text());
    s.verified().await;
}

mod on_both {
    use super::*;

    #[test]
    fn on_sqlite_too() {
        on_sqlite(a_citizen_brings_a_case_and_follows_it_to_its_answer);
    }

    #[test]
    fn on_postgres_too() {
        on_postgres(a_citizen_brings_a_case_and_follows_it_to_its_answer);
    }
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_lost() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let complaint = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![("track", "complaint"), ("title", "缺斤短两"), ("text", "少了两公斤")];
            all.extend(more);
            all
        };
        // A complaint needs a name; what was typed stands there again.
        let a = send(&s, "/complain", &complaint(&[]), &[]).await;
        assert_eq!(a.status, StatusCode::UNPROCESSABLE_ENTITY);
        for text in ["投诉须填写姓名和电话", "value=\"缺斤短两\"", "少了两公斤"] {
            assert!(a.text().contains(text), "{text} in {}", a.text());
        }
        assert!(!a.text().contains("重新选择"), "there were no pictures");
        let a =
            send(&s, "/complain", &complaint(&[("name", "张三"), ("phone", "13812341111")]), &[("a.jpg", b"<svg/>")])
                .await;
        assert!(a.status == 422 && a.text().contains("只能上传 JPG"), "{}", a.text());
        let six: Vec<(&str, Vec<u8>)> = (0..6).map(|_| ("a.jpg", photo())).collect();
        let six: Vec<(&str, &[u8])> = six.iter().map(|(n, b)| (*n, b.as_slice())).collect();
        let a = send(&s, "/complain", &complaint(&[("name", "张三"), ("phone", "13812341111")]), &six).await;
        assert!(a.status == 422 && a.text().contains("最多上传 5 个"), "{}", a.text());
        let english = send(&s, "/complain", &[("track", "report"), ("lang", "en")], &[]).await;
        assert!(english.status == 422 && english.text().contains("fill this in"), "{}", english.text());
        // Nothing is left of pictures that were not taken.
        assert_eq!(
            std::fs::read_dir(s.config.data_dir.join("attachments"))
                .unwrap()
                .flatten()
                .filter(|e| e.path().is_file())
                .count(),
            0
        );
        let hostile = "\"><script>alert(1)</script>\u{202e}\0";
        for field in ["track", "title", "text", "tag", "org", "district", "name", "phone", "key", "scan", "lang", "big"]
        {
            let a = send(&s, "/complain", &[("track", "report"), (field, hostile)], &[]).await;
            assert!(
                a.status.is_client_error() && !a.text().contains("<script>alert"),
                "{field}: {} {}",
                a.status,
                a.text()
            );
            let a = plain(&s, "/case", &[("number", "JB20261121-000001"), ("code", "x"), (field, hostile)]).await;
            assert!(a.status.is_client_error() || a.status == 200, "{field}: {}", a.status);
            let a = s.get(&format!("/complain?track=report&{field}={}", encoded(hostile)), &[]).await;
            assert!(a.status == 200 && !a.text().contains("<script>alert"), "{field}");
        }
        for (kind, body) in [
            ("text/plain", "x"),
            ("multipart/form-data", "x"),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhalf"),
            ("application/x-www-form-urlencoded", "%ff=%ff&=&&a"),
            ("application/x-www-form-urlencoded", ""),
        ] {
            for path in ["/complain", "/case"] {
                let a = s
                    .send(Request::post(path).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap())
                    .await;
                assert!(a.status.is_client_error(), "{path} {kind} {body}: {}", a.status);
            }
        }
        // From another site nothing is taken.
        let foreign =
            Request::post("/case").header(header::ORIGIN, "https://evil.example").header(header::HOST, "here");
        assert_eq!(s.send(foreign.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn who_tries_codes_is_slowed_down_and_so_is_who_sends_too_much() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let tried = async |code: String| {
            plain(&s, "/case", &[("number", "JB20261121-000001"), ("code", &code)]).await.status.as_u16()
        };
        let mut all = vec![];
        for n in 0..20 {
            all.push(tried(format!("CODE{n}")).await);
        }
        assert!(all[..8].iter().all(|c| *c == 404) && all[8..].iter().all(|c| *c == 429), "{all:?}");
        let mut taken = 0;
        for n in 0..60 {
            let key = format!("{n:032}");
            let fields: Vec<(&str, &str)> =
                REPORT.iter().map(|(f, v)| if *f == "key" { (*f, key.as_str()) } else { (*f, *v) }).collect();
            let a = send(&s, "/complain", &fields, &[]).await;
            match a.status.as_u16() {
                200 => taken += 1,
                429 => {
                    assert!(a.headers.contains_key(header::RETRY_AFTER));
                    // What was typed stands there, to be sent again under the same key.
                    let html = a.text();
                    assert!(html.contains("提交过于频繁") && html.contains("value=\"这只瓶已过检验期\""), "{html}");
                    assert!(html.contains("瓶身日期是 2019 年") && html.contains(&key), "{html}");
                }
                other => panic!("{other}"),
            }
        }
        assert!((20..=31).contains(&taken), "{taken}");
    });
}

#[test]
fn what_never_becomes_a_field_is_given_up() {
    run(async {
        let s = Server::new().await;
        let before = "x".repeat(1 << 20);
        for start in ["", "--x\r\nContent-Disposition: form-data; name=\"title\"; a=\""] {
            for path in ["/complain", "/case"] {
                let given = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
                let (count, chunk) = (given.clone(), axum::body::Bytes::from(before.clone()));
                let rest = (0..100).map(move |_| {
                    count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    Ok::<_, std::io::Error>(chunk.clone())
                });
                let first = Ok(axum::body::Bytes::from_static(start.as_bytes()));
                let body = Body::from_stream(futures_util::stream::iter(std::iter::once(first).chain(rest)));
                let kind = "multipart/form-data; boundary=x";
                let a = s.send(Request::post(path).header(header::CONTENT_TYPE, kind).body(body).unwrap()).await;
                assert!(a.status.is_client_error(), "{path}: {}", a.status);
                let read = given.load(std::sync::atomic::Ordering::Relaxed);
                assert!(read <= 8, "{path}: {read} MiB were taken");
            }
        }
        // A case that is only looked up keeps no pictures.
        register(&s).await;
        let sent = send(&s, "/complain", &REPORT, &[]).await;
        let (number, code) = (told(&sent.text(), "number"), told(&sent.text(), "code"));
        let a = send(&s, "/case", &[("number", &number), ("code", &code)], &[("a.jpg", &photo())]).await;
        assert_eq!(a.status, StatusCode::OK, "{}", a.text());
        let left = std::fs::read_dir(s.config.data_dir.join("attachments")).unwrap().flatten();
        let left = left.filter(|e| e.path().is_dir()).flat_map(|e| std::fs::read_dir(e.path()).unwrap().flatten());
        assert_eq!(left.count(), 0);
    });
}

#[test]
fn what_is_known_of_a_cylinder_is_carried_from_page_to_page() {
    run(async {
        let s = Server::new().await;
        let at = "/complain?scan=1&tag=T1&title=%E8%BF%87%E6%9C%9F&org=7&lang=zh";
        let chooser = s.get(at, &[]).await.text();
        for track in ["complaint", "report", "suggestion", "repair"] {
            let next = format!("/complain?track={track}&amp;tag=T1&amp;title=%E8%BF%87%E6%9C%9F&amp;scan=1&amp;org=7");
            assert!(chooser.contains(&next), "{next} in {chooser}");
        }
        let other = "/complain?tag=T1&amp;title=%E8%BF%87%E6%9C%9F&amp;scan=1&amp;org=7&amp;lang=en";
        assert!(chooser.contains(other), "{chooser}");
        let form = s.get(&format!("{at}&track=report"), &[]).await.text();
        assert!(form.contains("scan=1&amp;org=7&amp;lang=en") && form.contains("value=\"过期\""), "{form}");
    });
}

#[test]
fn pictures_of_a_form_that_is_sent_again_are_kept_and_told_of() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let first = send(&s, "/complain", &REPORT, &[]).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text());
        let again = send(&s, "/complain", &REPORT, &[("a.jpg", &photo())]).await;
        assert_eq!(told(&again.text(), "number"), told(&first.text(), "number"));
        assert!(again.text().contains("没有重复登记") && again.text().contains("已附照片 1 张"), "{}", again.text());
        let third = send(&s, "/complain", &REPORT, &[("b.jpg", &photo())]).await;
        assert!(third.text().contains("没有重复保存"), "{}", third.text());
        let (number, code) = (told(&first.text(), "number"), told(&first.text(), "code"));
        let html = plain(&s, "/case", &[("number", &number), ("code", &code)]).await.text();
        assert_eq!(html.matches("data:image/jpeg;base64,").count(), 1, "{html}");
        // Another one under the same key: what was typed stands there, under a key of its own.
        let other: Vec<(&str, &str)> =
            REPORT.iter().map(|(f, v)| if *f == "title" { (*f, "另一件事") } else { (*f, *v) }).collect();
        let conflict = send(&s, "/complain", &other, &[]).await;
        assert_eq!(conflict.status, StatusCode::CONFLICT);
        let html = conflict.text();
        assert!(html.contains("value=\"另一件事\"") && !html.contains(REPORT[1].1), "{html}");
        s.verified().await;
    });
}

#[test]
fn what_is_added_to_a_case_is_taken_once_and_not_without_end() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let sent = send(&s, "/complain", &REPORT, &[]).await;
        let (number, code) = (told(&sent.text(), "number"), told(&sent.text(), "code"));
        let add = async |key: &str, note: &str| {
            let fields =
                [("number", number.as_str()), ("code", &code), ("act", "supply"), ("note", note), ("key", key)];
            send(&s, "/case", &fields, &[]).await
        };
        let page = plain(&s, "/case", &[("number", &number), ("code", &code)]).await.text();
        assert!(page.contains("name=\"key\""), "{page}");
        let key = |n: usize| format!("{n:032}");
        assert!(add(&key(0), "第一次").await.text().contains("已提交。"));
        let twice = add(&key(0), "第一次").await;
        assert!(twice.status == 200 && twice.text().contains("没有重复提交"), "{}", twice.text());
        let other = add(&key(0), "别的话").await;
        assert!(other.status == 409 && other.text().contains("别的话</textarea>"), "{}", other.text());
        for n in 1..10 {
            assert_eq!(add(&key(n), "又").await.status, StatusCode::OK);
        }
        let often = add(&key(10), "第十一次").await;
        assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(often.headers.contains_key(header::RETRY_AFTER) && often.text().contains("第十一次</textarea>"));
        s.verified().await;
    });
}
