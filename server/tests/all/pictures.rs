//! Pictures of a form that was not taken: whoever mends it need not choose them again, and nobody gets at another's by what a form says.

use crate::{
    cases::{plain, send, told},
    events::register,
    support::{Server, on_postgres, on_sqlite, run},
};
use axum::http::StatusCode;
use data::attachment;
use domain::attachment::{FORM_MAX, Why};
use image::{DynamicImage, ImageFormat, RgbImage};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::io::Cursor;

/// A picture of its own: no two widths are the same file.
fn picture(width: u32) -> Vec<u8> {
    let mut out = vec![];
    DynamicImage::from(RgbImage::new(width, 40)).write_to(&mut Cursor::new(&mut out), ImageFormat::Jpeg).unwrap();
    out
}

/// The words by which a form that is shown again names its pictures.
fn words(html: &str) -> Vec<String> {
    let all = html.split("name=\"kept\" value=\"").skip(1);
    all.map(|w| w.split('"').next().unwrap().to_owned()).collect()
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn complaint<'a>(key: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("track", "complaint"), ("key", key), ("title", "缺斤短两"), ("text", "少了两公斤")];
    all.extend_from_slice(more);
    all
}

const WHO: [(&str, &str); 2] = [("name", "张三"), ("phone", "13812341111")];

/// Pictures that nothing refers to.
async fn loose(s: &Server) -> u64 {
    attachment::Entity::find().filter(attachment::Column::Uses.eq(0)).count(s.state.db.read()).await.unwrap()
}

async fn what_came_is_kept_and_what_is_not_wanted_is_left(s: Server) {
    register(&s).await;
    let (one, two, three) = (picture(41), picture(42), picture(43));
    let files: [(&str, &[u8]); 3] = [("一.jpg", &one), ("二.jpg", &two), ("坏<b>.svg", b"<svg/>")];
    let first = send(&s, "/complain", &complaint(KEY, &[]), &files).await;
    let html = first.text();
    assert_eq!(
        (first.status, words(&html).len(), html.matches("已保留").count()),
        (StatusCode::UNPROCESSABLE_ENTITY, 2, 2)
    );
    for text in ["一.jpg", "二.jpg", "坏b.svg", "只能上传 JPG", "其余的需要重新选择", "value=\"缺斤短两\""]
    {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert_eq!(loose(&s).await, 2);
    // Still not right: they are named anew, and nothing is kept twice.
    let kept = words(&html);
    let held: Vec<(&str, &str)> = kept.iter().map(|w| ("kept", w.as_str())).collect();
    let second = send(&s, "/complain", &complaint(KEY, &held), &[]).await;
    let html = second.text();
    assert!(html.contains("已收到的 2 张照片保留在下面,不必重新选择"), "{html}");
    assert_eq!((words(&html).len(), loose(&s).await), (2, 2));
    // Mended: one is left out, another comes with it.
    let mut fields = complaint(KEY, &WHO);
    fields.extend(held.iter().copied().chain([("drop", kept[1].as_str())]));
    let third = send(&s, "/complain", &fields, &[("三.jpg", &three)]).await;
    assert_eq!((third.status, told(&third.text(), "pictures")), (StatusCode::OK, "已附照片 2 张。".to_owned()));
    assert_eq!(loose(&s).await, 1, "what was left out goes by itself");
    let (number, code) = (told(&third.text(), "number"), told(&third.text(), "code"));
    let shown = async || {
        let html = plain(&s, "/case", &[("number", &number), ("code", &code)]).await.text();
        html.matches("data:image/jpeg;base64,").count()
    };
    assert_eq!(shown().await, 2);
    // Its answer was lost: the same form leads to the same case, and brings nothing twice.
    let again = send(&s, "/complain", &fields, &[("三.jpg", &three)]).await;
    assert_eq!((again.status, told(&again.text(), "number")), (StatusCode::OK, number.clone()));
    assert_eq!(shown().await, 2);
    // In another case what is attached already is nobody's; what was typed stands there all the same, and so does the picture that is loose.
    let mut other = complaint("another-key-0123456789abcdef0123", &WHO);
    other.extend(held.iter().copied());
    let other = send(&s, "/complain", &other, &[]).await;
    let html = other.text();
    assert_eq!((other.status, words(&html).len()), (StatusCode::UNPROCESSABLE_ENTITY, 1), "{html}");
    assert!(html.contains("有 1 张照片没有保留") && html.contains("少了两公斤"), "{html}");
    s.verified().await;
}

#[test]
fn kept_on_sqlite() {
    on_sqlite(what_came_is_kept_and_what_is_not_wanted_is_left);
}

#[test]
fn kept_on_postgres() {
    on_postgres(what_came_is_kept_and_what_is_not_wanted_is_left);
}

#[test]
fn a_word_is_good_for_its_form_and_its_time_only() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let one = picture(41);
        let html = send(&s, "/complain", &complaint(KEY, &[]), &[("一.jpg", &one)]).await.text();
        let word = words(&html).pop().unwrap();
        let master = &s.state.access.master;
        let token = attachment::Entity::find().one(s.state.db.read()).await.unwrap().unwrap().token;
        assert!(!html.contains(&token), "nobody is told where it lies");
        // What is not there, what is staff's, and what only looks like a word.
        let until = s.clock.now() + 60_000;
        let say = |form: &str, token: &str| {
            master.seal(&format!("kept picture\n{form}"), format!("{until}\n0\n{token}\nx.jpg").as_bytes()).unwrap()
        };
        let staffs = "f".repeat(32);
        let row = attachment::one(s.state.db.read(), &token).await.unwrap().unwrap().0.shown().unwrap();
        let row = domain::attachment::Attachment { token: staffs.clone(), ..row };
        attachment::put(s.state.db.writer(), &row, 7, s.clock.now()).await.unwrap();
        let bad = [
            say("supply\nTS1", &token),
            say("bring", &staffs),
            say("bring", &"0".repeat(32)),
            say("bring", "../../etc/passwd"),
            data::secret::Master::new(vec![9; 32]).seal("kept picture\nbring", b"9999999999999\n0\nx\nx").unwrap(),
            token.clone(),
            word[2..].to_owned(),
            "00".to_owned(),
        ];
        for (n, bad) in bad.iter().enumerate() {
            let key = format!("key-{n}-0123456789abcdef0123456789");
            let mut fields = complaint(&key, &WHO);
            fields.push(("kept", bad.as_str()));
            let a = send(&s, "/complain", &fields, &[]).await;
            let html = a.text();
            assert_eq!((a.status, words(&html).len()), (StatusCode::UNPROCESSABLE_ENTITY, 0), "{n}: {html}");
            assert!(html.contains("照片没有保留") && html.contains("value=\"缺斤短两\""), "{n}: {html}");
        }
        // What is no word at all is none: nothing was chosen.
        let hostile = "\"><script>alert(1)</script>";
        let long = "0".repeat(20_000);
        let mut fields = complaint("key-x-0123456789abcdef0123456789", &[]);
        fields.extend([("kept", hostile), ("kept", ""), ("kept", long.as_str()), ("drop", hostile)]);
        let a = send(&s, "/complain", &fields, &[("<script>alert(1)</script>.jpg", b"x"), ("\u{202e}gpj.exe", b"MZ")])
            .await;
        assert!(
            a.status == 422 && !a.text().contains("<script>alert") && !a.text().contains('\u{202e}'),
            "{}",
            a.text()
        );
        let a = plain(&s, "/complain", &fields).await;
        assert!(a.status == 422 && !a.text().contains("<script>alert"), "{}", a.text());
        // Of a case that is looked up too often what was entered is shown again: words, too, and nothing else.
        for _ in 0..9 {
            plain(&s, "/case", &[("number", "JB20261121-000001"), ("code", "x")]).await;
        }
        let again = [("number", "JB20261121-000001"), ("code", "x"), ("kept", word.as_str()), ("kept", hostile)];
        let a = plain(&s, "/case", &again).await;
        assert!(a.status == 429 && words(&a.text()) == [word.clone()] && !a.text().contains("<script>alert"));
        // The same word twice is one picture, and more than a form takes are not taken.
        let many = [("kept", word.as_str()); 3];
        let mut fields = complaint("key-y-0123456789abcdef0123456789", &WHO);
        fields.extend(many);
        let a = send(&s, "/complain", &fields, &[]).await;
        assert_eq!(
            (a.status, told(&a.text(), "pictures")),
            (StatusCode::OK, "已附照片 1 张。".to_owned()),
            "{}",
            a.text()
        );
        // Too old.
        let html = send(&s, "/complain", &complaint(KEY, &[]), &[("一.jpg", &one)]).await.text();
        let word = words(&html).pop().unwrap();
        s.clock.shift(2 * 3_600_000);
        let mut fields = complaint(KEY, &WHO);
        fields.push(("kept", word.as_str()));
        let a = send(&s, "/complain", &fields, &[]).await;
        assert!(a.status == 422 && a.text().contains("照片没有保留"), "{}", a.text());
    });
}

#[test]
fn what_is_added_to_a_case_keeps_its_pictures_too() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let sent = send(&s, "/complain", &complaint(KEY, &WHO), &[]).await;
        let (number, code) = (told(&sent.text(), "number"), told(&sent.text(), "code"));
        let add = |key: &'static str, note: &'static str, kept: &[String]| {
            let mut all: Vec<(String, String)> = [
                ("number", number.as_str()),
                ("code", code.as_str()),
                ("act", "supply"),
                ("seen", "1"),
                ("key", key),
                ("note", note),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .to_vec();
            all.extend(kept.iter().map(|w| ("kept".to_owned(), w.clone())));
            all
        };
        let go = async |fields: Vec<(String, String)>, files: &[(&str, &[u8])]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            send(&s, "/case", &fields, files).await
        };
        let one = picture(41);
        let key = "supply-0123456789abcdef012345678";
        let a = go(add(key, "", &[]), &[("一.jpg", &one)]).await;
        let kept = words(&a.text());
        assert_eq!((a.status, kept.len(), loose(&s).await), (StatusCode::UNPROCESSABLE_ENTITY, 1, 1), "{}", a.text());
        // A word of the other form says nothing here, nor does this one there.
        let html =
            send(&s, "/complain", &complaint("key-z-0123456789abcdef0123456789", &[]), &[("二.jpg", &one)]).await;
        let a = go(add(key, "有照片", &words(&html.text())), &[]).await;
        assert!(a.status == 422 && a.text().contains("照片没有保留") && a.text().contains("有照片"), "{}", a.text());
        let mut fields = complaint("key-w-0123456789abcdef0123456789", &WHO);
        fields.push(("kept", kept[0].as_str()));
        assert_eq!(send(&s, "/complain", &fields, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Mended, it is taken with its picture; its answer lost, it is the same.
        let a = go(add(key, "有照片", &kept), &[]).await;
        assert!(a.status == 200 && a.text().matches("data:image/jpeg;base64,").count() == 1, "{}", a.text());
        let a = go(add(key, "有照片", &kept), &[]).await;
        assert!(a.status == 200 && a.text().contains("没有重复提交"), "{}", a.text());
        // Sent again with other words, its picture is with the case already: nobody is told that it is kept for another one.
        let a = go(add(key, "别的话", &kept), &[]).await;
        assert!(a.status == 409 && words(&a.text()).is_empty() && a.text().contains("照片没有保留"), "{}", a.text());
        assert!(a.text().contains("别的话"), "{}", a.text());
        s.verified().await;
    });
}

#[test]
fn what_cannot_be_added_now_keeps_its_pictures_for_whoever_has_the_code() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let sent = send(&s, "/complain", &complaint(KEY, &WHO), &[]).await;
        let (number, code) = (told(&sent.text(), "number"), told(&sent.text(), "code"));
        let key = "supply-0123456789abcdef012345678";
        let with = |code: &str, word: &str| {
            let all = [("number", number.as_str()), ("code", code), ("act", "supply"), ("seen", "1"), ("key", key)];
            let more = [("note", "有照片"), ("kept", word)];
            all.into_iter().chain(more).map(|(n, v)| (n.to_owned(), v.to_owned())).collect::<Vec<_>>()
        };
        let go = async |fields: Vec<(String, String)>, files: &[(&str, &[u8])]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            send(&s, "/case", &fields, files).await
        };
        let (one, two) = (picture(41), picture(42));
        s.sql("CREATE TRIGGER broken BEFORE INSERT ON attachment_use BEGIN SELECT RAISE(ABORT, 'full'); END").await;
        let a = go(with(&code, ""), &[("一.jpg", &one)]).await;
        let kept = words(&a.text());
        assert_eq!((a.status, kept.len(), loose(&s).await), (StatusCode::SERVICE_UNAVAILABLE, 1, 1), "{}", a.text());
        for text in ["有照片", "一.jpg", "已保留", "multipart/form-data", "不必重新选择"] {
            assert!(a.text().contains(text), "{text} in {}", a.text());
        }
        s.sql("DROP TRIGGER broken").await;
        // Too many wrong codes: what came is not looked at, and he is told; what was kept before is handed on.
        for _ in 0..8 {
            plain(&s, "/case", &[("number", &number), ("code", "x")]).await;
        }
        let a = go(with(&code, &kept[0]), &[("二.jpg", &two)]).await;
        assert_eq!((a.status, words(&a.text())), (StatusCode::TOO_MANY_REQUESTS, kept.clone()), "{}", a.text());
        assert!(a.text().contains("其余的需要重新选择") && a.text().contains("有 1 张照片没有保留"), "{}", a.text());
        assert_eq!(loose(&s).await, 1);
    });
}

#[test]
fn two_forms_with_one_picture_are_one_case_and_a_form_again() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let one = picture(41);
        let html = send(&s, "/complain", &complaint(KEY, &[]), &[("一.jpg", &one)]).await.text();
        let word = words(&html).pop().unwrap();
        let bring = async |key: &str| {
            let mut fields = complaint(key, &WHO);
            fields.push(("kept", word.as_str()));
            let a = send(&s, "/complain", &fields, &[]).await;
            (a.status, a.text())
        };
        let (a, b) = tokio::join!(bring("one-0123456789abcdef0123456789ab"), bring("two-0123456789abcdef0123456789ab"));
        let (done, again) = if a.0 == StatusCode::OK { (a, b) } else { (b, a) };
        assert_eq!((done.0, again.0), (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY), "{} {}", done.1, again.1);
        assert!(words(&again.1).is_empty() && again.1.contains("有 1 张照片没有保留"), "{}", again.1);
        assert!(again.1.contains("少了两公斤"), "{}", again.1);
        assert_eq!(data::case::Entity::find().count(s.state.db.read()).await.unwrap(), 1);
        assert_eq!(told(&done.1, "pictures"), "已附照片 1 张。");
        s.verified().await;
    });
}

#[test]
fn a_key_that_is_used_does_not_keep_what_is_attached() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let (one, two) = (picture(41), picture(42));
        let html = send(&s, "/complain", &complaint(KEY, &[]), &[("一.jpg", &one)]).await.text();
        let word = words(&html).pop().unwrap();
        let mut fields = complaint(KEY, &WHO);
        fields.push(("kept", word.as_str()));
        assert_eq!(send(&s, "/complain", &fields, &[]).await.status, StatusCode::OK);
        for f in &mut fields {
            if f.0 == "text" {
                f.1 = "另一件事";
            }
        }
        let a = send(&s, "/complain", &fields, &[("二.jpg", &two)]).await;
        assert_eq!((a.status, words(&a.text()).len()), (StatusCode::CONFLICT, 1), "{}", a.text());
        for text in ["二.jpg", "有 1 张照片没有保留", "另一件事"] {
            assert!(a.text().contains(text), "{text} in {}", a.text());
        }
    });
}

#[test]
fn what_was_typed_is_not_lost_for_pictures() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let all: Vec<Vec<u8>> = (0..45).map(|n| picture(60 + n)).collect();
        let files: Vec<(&str, &[u8])> = all.iter().map(|b| ("a.jpg", b.as_slice())).collect();
        // Far too many.
        let a = send(&s, "/complain", &complaint(KEY, &WHO), &files).await;
        let html = a.text();
        assert_eq!((a.status, words(&html).len()), (StatusCode::UNPROCESSABLE_ENTITY, FORM_MAX), "{html}");
        let many = Why::TooMany.info().zh;
        assert!(html.contains("少了两公斤") && html.contains(many), "{html}");
        // Words that are too old take no places.
        let kept = words(&html);
        s.clock.shift(2 * 3_600_000);
        let mut fields = complaint(KEY, &WHO);
        fields.extend(kept.iter().take(3).map(|w| ("kept", w.as_str())));
        let a = send(&s, "/complain", &fields, &files[..4]).await;
        let html = a.text();
        assert_eq!((a.status, words(&html).len()), (StatusCode::UNPROCESSABLE_ENTITY, 4), "{html}");
        assert!(html.contains("有 3 张照片没有保留") && !html.contains(many), "{html}");
        // What can be chosen cannot be read: the pictures are not lost for it.
        s.sql("ALTER TABLE division RENAME TO division_gone").await;
        let a = send(&s, "/complain", &complaint(KEY, &[]), &files[..1]).await;
        assert_eq!((a.status, words(&a.text()).len()), (StatusCode::UNPROCESSABLE_ENTITY, 1), "{}", a.text());
        s.sql("ALTER TABLE division_gone RENAME TO division").await;
    });
}

#[test]
fn what_is_kept_is_bounded_and_nothing_is_lost_for_it() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        let all: Vec<Vec<u8>> = (0..u32::try_from(FORM_MAX).unwrap()).map(|n| picture(60 + n)).collect();
        let files: Vec<(&str, &[u8])> = all.iter().map(|b| ("a.jpg", b.as_slice())).collect();
        // One address: so many at a time.
        for n in 0..12 {
            let html = send(&s, "/complain", &complaint(KEY, &[]), &files).await.text();
            assert_eq!(words(&html).len(), FORM_MAX, "{n}");
        }
        let a = send(&s, "/complain", &complaint(KEY, &[]), &files).await;
        assert!(a.status == 422 && words(&a.text()).len() < FORM_MAX && a.text().contains("照片没有保留"));
        assert!(a.text().contains("少了两公斤"));
        // Whoever sends a form that is right is not held up by it.
        let a = send(&s, "/complain", &complaint(KEY, &WHO), &files).await;
        assert_eq!(told(&a.text(), "pictures"), "已附照片 5 张。");
        // All together: where there is no room left, nothing is kept.
        let s = Server::new().await;
        register(&s).await;
        send(&s, "/complain", &complaint(KEY, &[]), &files[..1]).await;
        assert_eq!(s.sql("UPDATE attachment SET bytes = 1073741824").await, 1);
        let a = send(&s, "/complain", &complaint(KEY, &[]), &files[..1]).await;
        assert!(
            a.status == 422 && words(&a.text()).is_empty() && a.text().contains("照片需要重新选择"),
            "{}",
            a.text()
        );
        let dir = std::fs::read_dir(s.config.data_dir.join("attachments")).unwrap().flatten();
        let left = dir.flat_map(|e| std::fs::read_dir(e.path()).unwrap().flatten().collect::<Vec<_>>());
        assert_eq!(left.count(), 2, "the picture that was kept, and its preview");
    });
}
