//! The office's pages of publicity without their program: a post from its first word to everybody, and what is hostile on the way.

use crate::support::{Server, on_sqlite};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::{permission::Role, scope::Scope};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

const LINE: &str = "boundary-of-the-parts";

async fn upload(s: &Server, cookie: &str) -> String {
    let mut png = vec![];
    let points = DynamicImage::from(RgbImage::new(40, 30));
    points.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let head = format!("--{LINE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n");
    let body = [head.as_bytes(), &png, format!("\r\n--{LINE}--\r\n").as_bytes()].concat();
    let request = Request::post("/attachments")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={LINE}"))
        .header(header::COOKIE, cookie)
        .body(Body::from(body))
        .unwrap();
    let sent = s.send(request).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    sent.json()["token"].as_str().unwrap().to_owned()
}

async fn a_post_is_written_and_published_by_plain_forms(s: Server) {
    let (_, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
    let (_, reviewer) = s.account("reviewer", &[Role::PublicityReviewer], Scope::City).await;
    let (_, filler) = s.account("filler", &[Role::Filler], Scope::Org(s.gun.org)).await;
    let bad = "\"><script>alert(1)</script>";
    let new = [("values[title]", bad), ("values[category]", "news")];
    let (_, to, why) = s.form("/api/fn/post_create", "/posts/new", &editor, &new).await;
    assert!(to.ends_with("/edit"), "{to} {}", why.text());
    let id = to.trim_start_matches("/posts/").trim_end_matches("/edit").to_owned();
    let token = upload(&s, &editor).await;
    let file = format!("/files/{token}");
    // Until it stands in the post it is its sender's.
    assert_eq!(s.get(&file, &[(header::COOKIE, &reviewer)]).await.status, StatusCode::NOT_FOUND);
    // Larger than what other functions take, and full of what has no place in it.
    let long = format!(
        "<p>正文</p><p><img src=\"{file}\" onerror=alert(1)></p>{bad}{}",
        "<p>很长的一段话。</p>".repeat(6_000)
    );
    let from = format!("/posts/{id}/edit");
    let fields = [
        ("id", id.as_str()),
        ("no", "1"),
        ("base", "0"),
        ("values[title]", bad),
        ("values[category]", "news"),
        ("values[body]", long.as_str()),
        ("values[summary]", bad),
        ("values[tags]", "<b onclick=1>"),
        ("values[on_wall]", "1"),
    ];
    let (_, to, why) = s.form("/api/fn/post_save", &from, &editor, &fields).await;
    assert_eq!(to, format!("{from}?done=saved&checked=1"), "{}", why.text());
    // The same form again, from a page that is not up to date: it is kept aside, and that page says whose it is.
    let mut late = fields;
    late[5].1 = "<p>另一份</p>";
    let (_, to, _) = s.form("/api/fn/post_save", &from, &editor, &late).await;
    assert!(to.starts_with("/posts/copies/"), "{to}");
    let copy = to.trim_start_matches("/posts/copies/").split('?').next().unwrap().to_owned();
    for (who, path) in [
        (&editor, from.clone()),
        (&editor, format!("/posts/copies/{copy}")),
        (&reviewer, format!("/posts/{id}")),
        (&reviewer, format!("/posts/{id}/versions/1?against=1")),
        (&reviewer, format!("/posts/{id}/preview?as=phone")),
        (&reviewer, format!("/posts/{id}/preview?as=wall")),
        (&reviewer, "/posts".to_owned()),
    ] {
        let page = s.get(&path, &[(header::COOKIE, who)]).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let text = page.text();
        // What stands in the page's data is escaped as JSON; what stands on it, as HTML.
        assert!(!text.contains("<script>alert(1)") && !text.contains("onerror=alert"), "{path}");
        assert!(text.contains("&lt;script&gt;"), "{path}: the words are there");
    }
    assert_eq!(s.get(&file, &[(header::COOKIE, &reviewer)]).await.status, StatusCode::OK);
    assert_eq!(s.get(&file, &[(header::COOKIE, &filler)]).await.status, StatusCode::NOT_FOUND);
    // The copy is left; a title such as this one may be submitted, and somebody else accepts it.
    let settle = [("id", copy.as_str()), ("act", "keep")];
    let (_, to, why) = s.form("/api/fn/post_copy_settle", &format!("/posts/copies/{copy}"), &editor, &settle).await;
    assert_eq!(to, format!("/posts/{id}?done=saved"), "{}", why.text());
    let page = format!("/posts/{id}");
    let act = |name: &'static str, note: &'static str| {
        [
            ("id", id.as_str()),
            ("values[act]", name),
            ("values[no]", "1"),
            ("values[revision]", "1"),
            ("values[note]", note),
        ]
    };
    for (who, name, note, then) in [
        (&reviewer, "accept", "", "?why=post_STAGE"),
        (&editor, "submit", "", "?done=saved"),
        (&editor, "accept", "", "?why=post_ROLE"),
        (&reviewer, "return", "", "?why=post_REASON"),
        (&reviewer, "withdraw", "因", "?why=field"),
        (&reviewer, "accept", "可", "?done=saved"),
    ] {
        let (_, to, why) = s.form("/api/fn/post_act", &page, who, &act(name, note)).await;
        assert!(to.starts_with(&format!("{page}{then}")), "{name}: {to} {}", why.text());
    }
    assert_eq!(s.get(&file, &[]).await.status, StatusCode::OK, "everybody sees the picture of what is public");
    let huge = Request::post("/api/fn/post_clean")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, &editor)
        .body(Body::from(format!("{{\"html\":\"{}\"}}", "x".repeat(7_000_000))))
        .unwrap();
    assert_eq!(s.send(huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn plain_forms() {
    on_sqlite(a_post_is_written_and_published_by_plain_forms);
}
