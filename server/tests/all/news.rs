//! What everybody reads: the list, a post with picture, film and download, the feed, what is gone, and what a wall is told of it.

use crate::support::{Answer, NORTH, SOUTH, Server, encoded, on_postgres, on_sqlite, run};
use axum::{
    body::Body,
    http::{HeaderName, Request, StatusCode, header},
};
use data::{
    attachment::Of,
    audit::Actor,
    post::{self, Asker, Step},
};
use domain::{
    clock::{self, DAY_MS},
    permission::{Permissions, Role},
    post::{Act, Category, Content, Stage},
    scope::{Scope, Viewer},
    wall::{Bulletin, Change, ServerFrame},
};
use server::{
    attachment,
    demo::posts::{FILM, LEAFLET, PICTURE},
};
use std::time::Duration;

/// Somebody who writes and somebody who accepts.
struct Office {
    editor: Actor,
    reviewer: Actor,
}

impl Office {
    async fn of(s: &Server) -> Self {
        let of = async |login: &str, role| {
            let account = s.account(login, &[role], Scope::City).await.0;
            Actor { account, ..Actor::console() }
        };
        Self {
            editor: of("editor", Role::PublicityEditor).await,
            reviewer: of("reviewer", Role::PublicityReviewer).await,
        }
    }

    fn asker(&self, role: Role) -> Asker<'_> {
        let actor = if role == Role::PublicityEditor { &self.editor } else { &self.reviewer };
        Asker { viewer: Viewer::SYSTEM, may: Permissions::of(&[role]), actor }
    }

    /// A file of the editor's.
    async fn file(&self, s: &Server, bytes: &[u8], name: &str) -> String {
        let file = attachment::keep(&s.config.data_dir.join(attachment::FOLDER), bytes, name).unwrap();
        let txn = s.state.db.begin_write().await.unwrap();
        data::attachment::put(&txn, &file, self.editor.account, s.clock.now()).await.unwrap();
        txn.commit().await.unwrap();
        file.token
    }

    /// A draft.
    async fn draft(&self, s: &Server, district: i32, c: Content, slug: &str) -> i64 {
        let (now, editor) = (s.clock.now(), self.asker(Role::PublicityEditor));
        let clean = post::clean(c).unwrap();
        let txn = s.state.db.begin_write().await.unwrap();
        let id = post::create(&txn, editor, district, &clean, now).await.unwrap().unwrap();
        let named = post::tokens(clean.content());
        assert!(data::attachment::link(&txn, Of::Post, id, &named, self.editor.account).await.unwrap());
        if !slug.is_empty() {
            assert_eq!(post::set_slug(&txn, editor, id, slug, now).await.unwrap(), Some(Ok(())));
        }
        txn.commit().await.unwrap();
        id
    }

    async fn act(&self, s: &Server, id: i64, role: Role, act: Act, revision: i64) -> Stage {
        let txn = s.state.db.begin_write().await.unwrap();
        let step = Step { act, note: "因为".into(), seen: (1, revision), at: None };
        let done = post::act(&txn, self.asker(role), id, &step, s.clock.now()).await.unwrap();
        txn.commit().await.unwrap();
        done.unwrap().unwrap()
    }

    /// A post that everybody sees, unless it is scheduled.
    async fn publish(&self, s: &Server, id: i64) -> Stage {
        assert_eq!(self.act(s, id, Role::PublicityEditor, Act::Submit, 0).await, Stage::Submitted);
        self.act(s, id, Role::PublicityReviewer, Act::Accept, 0).await
    }

    async fn posted(&self, s: &Server, district: i32, c: Content) -> i64 {
        let id = self.draft(s, district, c, "").await;
        assert_eq!(self.publish(s, id).await, Stage::Published);
        id
    }
}

fn content(title: &str, category: Category, body: &str) -> Content {
    Content { title: title.into(), category: Some(category), body: body.into(), ..Content::default() }
}

/// A page that runs nothing but its own style and script, whatever stands in it.
fn inert(a: &Answer) -> String {
    let html = a.text();
    let policy = a.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("img-src 'self' data:; media-src 'self'"), "{policy}");
    assert!(!html.contains("<script>alert") && !html.contains(" onerror") && !html.contains("javascript:"), "{html}");
    assert!(html.matches("<script").count() <= 1, "{html}");
    html
}

async fn opened(s: &Server, path: &str) -> Answer {
    s.get(path, &[(header::HOST, "pingji.example")]).await
}

async fn a_post_is_read_with_all_that_it_holds(s: Server) {
    let o = Office::of(&s).await;
    let picture = o.file(&s, PICTURE, "图.jpg").await;
    let film = o.file(&s, FILM, "片.mp4").await;
    let leaflet = o.file(&s, LEAFLET, "自查表.pdf").await;
    let body = format!(
        "<h2>四步</h2><img src=\"/files/{picture}\" alt=\"示意图\" onerror=\"alert(1)\"><video src=\"/files/{film}\"></video>\
         <table><tr><td>一</td></tr></table><script>alert(1)</script>"
    );
    let c = Content {
        summary: "关阀、开窗 \"引号\"".into(),
        tags: vec!["冬季".into(), "<b>粗".into()],
        cover: picture.clone(),
        downloads: vec![leaflet.clone()],
        ..content("泄漏处置 <script>alert(1)</script>", Category::Safety, &body)
    };
    let id = o.draft(&s, 0, c, "gas-leak").await;
    // Before it is published it is like one that does not exist.
    let none = opened(&s, "/news/nothing-here").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    for path in ["/news/gas-leak".to_owned(), format!("/news/{id}")] {
        let a = opened(&s, &path).await;
        assert_eq!((a.status, a.text()), (StatusCode::NOT_FOUND, none.text()), "{path}");
    }
    assert_eq!(s.get(&format!("/files/{film}"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(o.publish(&s, id).await, Stage::Published);
    let a = opened(&s, "/news/gas-leak").await;
    assert_eq!(a.status, StatusCode::OK);
    let html = inert(&a);
    for text in [
        "<article class=\"post-body\"><h2>四步</h2>".to_owned(),
        format!("<img src=\"/files/{picture}\" alt=\"示意图\" width=\"1280\" height=\"720\" decoding=\"async\">"),
        format!(
            "<video src=\"/files/{film}\" controls=\"\" preload=\"metadata\" width=\"640\" height=\"360\" poster=\"/files/{picture}\" playsinline></video>"
        ),
        "<div class=\"table\" role=\"region\" tabindex=\"0\"".into(),
        "泄漏处置 &lt;script&gt;alert(1)&lt;/script&gt;</h1>".into(),
        "<link rel=\"canonical\" href=\"http://pingji.example/news/gas-leak\"".into(),
        format!("<meta property=\"og:image\" content=\"http://pingji.example/files/{picture}\""),
        "<meta property=\"og:type\" content=\"article\"".into(),
        "<meta name=\"description\" content=\"关阀、开窗 &quot;引号&quot;\"".into(),
        "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/news/feed.xml\"".into(),
        "自查表.pdf</a>".into(),
        "文档 PDF".into(),
        "下载 0 次".into(),
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(LEAFLET)),
        "2026-11-21 16:00</time>".into(),
        "已打开 0 次".into(),
    ] {
        assert!(html.contains(&text), "{text} in {html}");
    }
    assert!(!html.contains("noindex"));
    let english = opened(&s, "/news/gas-leak?lang=en&big=1").await.text();
    assert!(english.contains("Published ") && english.contains("class=\"big\""), "{english}");
    assert!(english.contains("/news/gas-leak?lang=zh&amp;big=1"), "the other language is read as large: {english}");
    // By its number, and in capitals, too.
    for (path, to) in
        [(format!("/news/{id}?lang=en&x=1"), "/news/gas-leak?lang=en"), ("/news/Gas-Leak".to_owned(), "/news/gas-leak")]
    {
        let a = opened(&s, &path).await;
        assert_eq!((a.status, a.headers[header::LOCATION].to_str().unwrap()), (StatusCode::PERMANENT_REDIRECT, to));
    }
    // A film is streamed by range.
    let part = s.get(&format!("/files/{film}"), &[(header::RANGE, "bytes=100-199")]).await;
    assert_eq!((part.status, part.body.len()), (StatusCode::PARTIAL_CONTENT, 100));
    assert_eq!(part.headers[header::CONTENT_TYPE], "video/mp4");
    assert!(part.headers[header::CONTENT_RANGE].to_str().unwrap().starts_with("bytes 100-199/"));
    // What leads to it from a wall.
    let code = opened(&s, "/news/gas-leak/qr.svg").await;
    assert_eq!((code.status, &code.headers[header::CONTENT_TYPE]), (StatusCode::OK, &"image/svg+xml".parse().unwrap()));
    assert!(code.text().starts_with("<svg ") && !code.text().contains("<script"));
    assert_eq!(opened(&s, "/news/nothing-here/qr.svg").await.status, StatusCode::NOT_FOUND);
    // Withdrawn: it is said to be gone, and its files are.
    assert_eq!(o.act(&s, id, Role::PublicityEditor, Act::Withdraw, 0).await, Stage::Withdrawn);
    let gone = opened(&s, "/news/gas-leak").await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(inert(&gone).contains("已撤回") && !gone.text().contains("泄漏"), "{}", gone.text());
    assert_eq!(s.get(&format!("/files/{film}"), &[]).await.status, StatusCode::NOT_FOUND);
    assert!(!opened(&s, "/news").await.text().contains("泄漏"));
    s.verified().await;
}

async fn openings_and_downloads_are_counted_and_nobody_is_kept(s: Server) {
    let o = Office::of(&s).await;
    let leaflet = o.file(&s, LEAFLET, "自查表.pdf").await;
    let c = Content { downloads: vec![leaflet.clone()], ..content("下载", Category::Download, "<p>表</p>") };
    let id = o.posted(&s, 0, c).await;
    let (page, file) = (format!("/news/{id}"), format!("/files/{leaflet}"));
    for _ in 0..2 {
        assert_eq!(s.get(&page, &[]).await.status, 200);
        assert_eq!(s.get(&file, &[]).await.status, 200);
    }
    // None of these is somebody who reads or keeps it.
    s.get(&page, &[(HeaderName::from_static("sec-purpose"), "prefetch;prerender")]).await;
    s.send(Request::head(&page).body(Body::empty()).unwrap()).await;
    s.send(Request::head(&file).body(Body::empty()).unwrap()).await;
    assert_eq!(s.get(&file, &[(header::RANGE, "bytes=0-9")]).await.status, StatusCode::PARTIAL_CONTENT);
    s.get(&file, &[(HeaderName::from_static("sec-fetch-dest"), "image")]).await;
    s.state.tally.write(&s.state.db).await.unwrap();
    s.state.tally.write(&s.state.db).await.unwrap();
    let html = s.get(&page, &[]).await.text();
    assert!(html.contains("已打开 2 次") && html.contains("下载 2 次"), "{html}");
    // What is counted after that is added.
    s.state.tally.write(&s.state.db).await.unwrap();
    assert!(s.get(&page, &[]).await.text().contains("已打开 3 次"));
}

async fn the_list_is_narrowed_searched_and_paged(s: Server) {
    let o = Office::of(&s).await;
    assert!(s.get("/news", &[]).await.text().contains("还没有发布内容"));
    for n in 0..23 {
        let c = content(&format!("第{n}号新闻"), Category::News, "<p>气瓶</p>");
        o.posted(&s, 0, c).await;
        s.clock.shift(60_000);
    }
    let law = Content { pinned: true, ..content("用户须知", Category::Law, "<p>安全用气</p>") };
    o.posted(&s, 0, law).await;
    let safety = Content {
        tags: vec!["冬季".into()],
        ..content("燃气泄漏怎么办", Category::Safety, "<p>关闭角阀,打开门窗。</p>")
    };
    o.posted(&s, 0, safety).await;
    let today = clock::local_date(s.clock.now());
    let offer = Content {
        org: s.gun.org,
        valid_from: Some(today),
        valid_to: Some(today + chrono::TimeDelta::days(1)),
        ..content("换瓶送软管", Category::Promotion, "<p>燃气软管</p>")
    };
    let offer = o.posted(&s, 0, offer).await;
    let html = inert(&s.get("/news", &[]).await);
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
    assert!(at("燃气泄漏怎么办") < at("用户须知") && at("用户须知") < at("第22号新闻"), "{html}");
    assert!(!html.contains("第0号新闻") && html.contains("第 1 / 2 页") && html.contains("#冬季"));
    let second = s.get("/news?page=2&lang=en", &[]).await.text();
    assert!(
        second.contains("Page 2 of 2") && second.contains("第0号新闻") && second.contains("换瓶送软管"),
        "{second}"
    );
    assert!(
        second.contains("Promotion")
            && second.contains("北郊气站")
            && second.contains(&format!("Valid until {}", today + chrono::TimeDelta::days(1)))
    );
    assert!(second.contains("href=\"/news?page=2&amp;lang=zh\""), "the language link keeps the page: {second}");
    for (query, there, not) in [
        ("q=%E6%B3%84%E6%BC%8F", "燃气泄漏怎么办", "号新闻"),
        ("q=%E7%87%83%E6%B0%94", "换瓶送软管", "用户须知"),
        ("tag=%E5%86%AC%E5%AD%A3", "燃气泄漏怎么办", "用户须知"),
        ("category=law", "用户须知", "泄漏怎么办"),
        ("category=law&q=%E6%B3%84%E6%BC%8F", "没有找到相关内容", "用户须知"),
        ("q=%3F%21", "没有找到相关内容", "用户须知"),
        ("page=99999", "第 2 / 2 页", "第22号新闻"),
    ] {
        let html = inert(&s.get(&format!("/news?{query}"), &[]).await);
        assert!(html.contains(there) && !html.contains(not), "{query}: {html}");
    }
    // Its validity ends by itself.
    assert_eq!(s.get(&format!("/news/{offer}"), &[]).await.status, 200);
    s.clock.shift(2 * DAY_MS);
    assert_eq!(s.get(&format!("/news/{offer}"), &[]).await.status, StatusCode::GONE);
    assert!(!s.get("/news?category=promotion", &[]).await.text().contains("软管"));
}

async fn the_feed_is_well_formed_and_asked_for_again_it_is_the_same(s: Server) {
    let o = Office::of(&s).await;
    let id = o.posted(&s, 0, content("</title><script>alert(1)</script> & 通知", Category::Notice, "<p>一</p>")).await;
    o.posted(&s, 0, content("新闻", Category::News, "<p>二</p>")).await;
    let a = opened(&s, "/news/feed.xml").await;
    assert_eq!(
        (a.status, &a.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/rss+xml; charset=utf-8".parse().unwrap())
    );
    let text = a.text();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") && text.ends_with("</rss>\n"));
    assert!(text.contains(&format!("<link>http://pingji.example/news/{id}</link>")), "{text}");
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script"), "{text}");
    assert_eq!((text.matches("<item>").count(), text.matches("</item>").count()), (2, 2));
    let one = opened(&s, "/news/feed.xml?category=news").await.text();
    assert!(one.matches("<item>").count() == 1 && one.contains("/news/feed.xml?category=news\" rel=\"self\""), "{one}");
    let (tag, at) = (a.headers[header::ETAG].to_str().unwrap(), a.headers[header::LAST_MODIFIED].to_str().unwrap());
    assert_eq!(at, "Sat, 21 Nov 2026 08:00:00 GMT");
    let again = async |name: HeaderName, value: &str| {
        let a = s.get("/news/feed.xml", &[(header::HOST, "pingji.example"), (name, value)]).await;
        (a.status.as_u16(), a.body.len())
    };
    assert_eq!(again(header::IF_NONE_MATCH, tag).await, (304, 0));
    assert_eq!(again(header::IF_NONE_MATCH, &format!("\"x\", W/{tag}")).await, (304, 0));
    assert_eq!(again(header::IF_MODIFIED_SINCE, at).await, (304, 0));
    assert_eq!(again(header::IF_NONE_MATCH, "\"x\"").await.0, 200);
    assert_eq!(again(header::IF_MODIFIED_SINCE, "Sat, 21 Nov 2026 07:00:00 GMT").await.0, 200);
    o.act(&s, id, Role::PublicityEditor, Act::Withdraw, 0).await;
    assert_eq!(again(header::IF_NONE_MATCH, tag).await.0, 200);
}

mod on_both {
    use super::*;

    #[test]
    fn on_sqlite_too() {
        on_sqlite(a_post_is_read_with_all_that_it_holds);
        on_sqlite(openings_and_downloads_are_counted_and_nobody_is_kept);
        on_sqlite(the_list_is_narrowed_searched_and_paged);
        on_sqlite(the_feed_is_well_formed_and_asked_for_again_it_is_the_same);
    }

    #[test]
    fn on_postgres_too() {
        on_postgres(a_post_is_read_with_all_that_it_holds);
        on_postgres(openings_and_downloads_are_counted_and_nobody_is_kept);
        on_postgres(the_list_is_narrowed_searched_and_paged);
        on_postgres(the_feed_is_well_formed_and_asked_for_again_it_is_the_same);
    }
}

#[test]
fn whatever_is_asked_is_no_fault_of_ours_and_runs_nowhere() {
    run(async {
        let s = Server::new().await;
        let o = Office::of(&s).await;
        o.posted(&s, 0, content("通知", Category::Notice, "<p>一</p>")).await;
        let long = "长".repeat(1_100);
        for odd in [
            "<script>alert(1)</script>",
            "\" onerror=\"alert(1)",
            "' OR 1=1 --",
            "%",
            "_",
            "\0",
            "\u{202e}x",
            "../../etc/passwd",
            "feed.xml",
            "\u{1f4a3}",
            "0",
            "-1",
            "9223372036854775808",
            "javascript:alert(1)",
            "\r\nSet-Cookie: a=b",
            long.as_str(),
        ] {
            let odd = encoded(odd);
            for path in [
                format!("/news/{odd}"),
                format!("/news/{odd}/qr.svg"),
                format!("/news?q={odd}"),
                format!("/news?tag={odd}&category={odd}&page={odd}&lang={odd}&big={odd}"),
                format!("/news/feed.xml?category={odd}"),
                format!("/news/1?lang={odd}"),
            ] {
                let a = s.get(&path, &[(header::HOST, "x\"><script>alert(1)</script>")]).await;
                assert!(a.status.as_u16() < 500, "{path}: {}", a.status);
                let html = a.text();
                assert!(!html.contains("<script>alert") && !html.contains("=\"\" onerror"), "{path}: {html}");
                assert!(!a.headers.contains_key(header::SET_COOKIE), "{path}");
            }
        }
        for path in ["/news/%ff%fe", "/news/%00", "/news/", "/news//", "/news?&&==&q", "/news?q=%ff%zz", "/news/a/b/c"]
        {
            assert!(s.get(path, &[]).await.status.as_u16() < 500, "{path}");
        }
        let post = Request::post("/news").body(Body::from("x")).unwrap();
        assert_eq!(s.send(post).await.status, StatusCode::METHOD_NOT_ALLOWED);
    });
}

#[test]
fn who_asks_without_end_is_slowed_down() {
    run(async {
        let s = Server::new().await;
        let mut later = 0;
        for _ in 0..200 {
            let a = s.get("/news?q=%E6%B0%94", &[]).await;
            if a.status == StatusCode::TOO_MANY_REQUESTS {
                later += 1;
                assert!(a.text().contains("访问过于频繁"));
            }
        }
        assert!(later > 0);
        // To read is another matter.
        assert_eq!(s.get("/news", &[]).await.status, StatusCode::OK);
    });
}

#[test]
fn the_other_public_pages_lead_there() {
    run(async {
        let s = Server::new().await;
        for path in ["/q", "/q/99999999999", "/complain", "/case", "/rating"] {
            let html = s.get(&format!("{path}?lang=en"), &[]).await.text();
            assert!(html.contains("href=\"/news?lang=en\""), "{path}: {html}");
        }
    });
}

/// The next bulletin that a channel is told.
async fn told(frames: &mut tokio::sync::mpsc::Receiver<axum::extract::ws::Utf8Bytes>) -> Bulletin {
    let next = async {
        loop {
            let frame = frames.recv().await.expect("the channel ended");
            match app::live::wire::parse(&frame).unwrap() {
                ServerFrame::Snapshot(s) => return s.figures.bulletin,
                ServerFrame::Delta(d) => {
                    let told = d.c.into_iter().find_map(|c| match c {
                        Change::Totals(t) => t.bulletin,
                        _ => None,
                    });
                    if let Some(b) = told {
                        return *b;
                    }
                }
                ServerFrame::Beat { .. } => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("nothing was told")
}

#[test]
fn a_wall_is_told_of_what_is_published_and_withdrawn() {
    run(async {
        let s = Server::new().await;
        let o = Office::of(&s).await;
        let channel = async |scope| s.state.hub.subscribe(scope, None).await.unwrap().frames;
        let mut city = channel(Scope::City).await;
        let (mut north, mut south) = (channel(Scope::District(NORTH)).await, channel(Scope::District(SOUTH)).await);
        for c in [&mut city, &mut north, &mut south] {
            assert_eq!(told(c).await, Bulletin::default());
        }
        let wall = |title: &str, category| Content { on_wall: true, ..content(title, category, "<p>一</p>") };
        let own = o.posted(&s, NORTH, wall("北区<b>通知</b>", Category::Notice)).await;
        s.state.hub.announce();
        for c in [&mut city, &mut north] {
            let b = told(c).await;
            assert_eq!((b.posts.len(), b.posts[0].title.as_str()), (1, "北区<b>通知</b>"));
        }
        o.posted(&s, 0, Content { marquee: "关阀开窗".into(), ..wall("全市安全", Category::Safety) }).await;
        o.posted(&s, 0, content("不上大屏", Category::News, "<p>一</p>")).await;
        s.state.hub.announce();
        let lines = |b: Bulletin| b.posts.iter().map(|p| p.line().to_owned()).collect::<Vec<_>>();
        assert_eq!(lines(told(&mut city).await), ["关阀开窗", "北区<b>通知</b>"]);
        assert_eq!(lines(told(&mut north).await), ["关阀开窗", "北区<b>通知</b>"]);
        assert_eq!(lines(told(&mut south).await), ["关阀开窗"], "another district's is not told");
        // Nobody calls the hub: it looks by itself.
        o.act(&s, own, Role::PublicityEditor, Act::Withdraw, 0).await;
        assert_eq!(lines(told(&mut city).await), ["关阀开窗"]);
        // Whoever comes later is told with the first frame, one that goes on as well.
        assert_eq!(lines(told(&mut channel(Scope::City).await).await), ["关阀开窗"]);
        let no = s.state.hub.status().await.no;
        let mut resumed = s.state.hub.subscribe(Scope::City, Some(no)).await.unwrap().frames;
        assert_eq!(lines(told(&mut resumed).await), ["关阀开窗"]);
    });
}

#[test]
fn a_wall_is_told_how_enterprises_are_rated() {
    run(async {
        let s = Server::new().await;
        let rated = |org: i64, name: &str, division: i32, grade: u8, trend: i8| {
            format!(
                "INSERT INTO credit_rating (org_id, name, pinyin, kind, division, day, version, score, grade, trend, moved, veto) \
                 VALUES ({org}, '{name}', '', 'filler', {division}, 0, 1, 1000, {grade}, {trend}, 0, FALSE)"
            )
        };
        for sql in [rated(s.gun.org, "北郊气站", NORTH, 3, -1), rated(s.south.org, "南郊气站", SOUTH, 0, 1)] {
            s.sql(&sql).await;
        }
        let grades = async |scope| {
            let mut c = s.state.hub.subscribe(scope, None).await.unwrap().frames;
            told(&mut c).await.grades.unwrap()
        };
        let all = grades(Scope::City).await;
        assert_eq!((all.counts, all.trends, all.worst), ([1, 0, 0, 1], [1, 0, 1], vec!["北郊气站".to_owned()]));
        assert_eq!(grades(Scope::District(SOUTH)).await.counts, [1, 0, 0, 0]);
        assert_eq!(grades(Scope::Org(s.gun.org)).await.worst, ["北郊气站"]);
    });
}
