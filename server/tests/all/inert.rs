//! What somebody typed stays words: a script in every text field of posts, messages, documents, calls, tasks, cases and credit, and in every
//! parameter of an address, on every page that shows it, for everybody who may open it.

use crate::{
    support::{NOW, Server, encoded, parts, run},
    walk::{Asker, Walk},
};
use app::routes::PAGES;
use axum::http::{StatusCode, header};
use data::audit::Actor;
use domain::{
    attachment::{Attachment, Format},
    clock,
    credit::{Origin, PointRef},
    permission::Role,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Tables of these registers with their columns of text that people write, and those that hold words of ours, keys, sealed texts or JSON, which
/// nobody can fill with words of his own. A column that stands in neither list fails.
const TABLES: &[(&str, &[&str], &[&str])] = &[
    (
        "case_file",
        &["tag", "title", "text", "wish", "place", "external_no"],
        &["number", "nonce", "track", "channel", "state", "hold", "reporter", "known", "mark"],
    ),
    ("case_step", &["note", "word", "with"], &["act", "hand"]),
    ("credit_entry", &["document", "note"], &["item", "kind", "state"]),
    ("credit_appeal", &["grounds", "evidence"], &["item", "state"]),
    ("credit_appeal_step", &["note", "evidence"], &["act", "effect"]),
    ("attachment", &["name"], &["token", "format", "sha256", "tool"]),
    ("message", &["title", "body"], &["key", "kind", "channels", "audience", "scope", "state"]),
    ("message_template", &["name", "title", "body"], &["scope"]),
    ("recipient_list", &["name"], &["scope"]),
    ("push_subscription", &[], &["endpoint_hash", "key_hash", "sealed", "agent"]),
    ("paper", &["title", "issuer", "body", "note"], &["number", "scope", "state", "deadline"]),
    ("paper_file", &["name"], &["token", "sha256"]),
    ("paper_answer_file", &["name"], &["party", "token", "sha256"]),
    ("paper_party", &["name", "answer"], &["party"]),
    ("call", &["tag", "text", "handed_to"], &["category", "state", "caller", "key"]),
    ("call_step", &["note", "with"], &["act"]),
    ("task", &["about"], &["kind", "subject", "scope", "link", "state"]),
    ("task_step", &["note"], &["act"]),
    ("post_version", &["title", "reason"], &["stage", "tab", "tokens", "content"]),
    ("post_copy", &["title"], &["tab", "content", "why"]),
];

fn payload(mark: &str) -> String {
    format!("\"'></textarea></title><script>alert({mark})</script><img src=x onerror=alert(1)>")
}

/// Whether a page would run what was typed.
fn runs(html: &str) -> Option<&str> {
    let at = ["<script>alert", "<img src=x"].iter().find_map(|bad| html.find(bad))?;
    let from = html[..at].char_indices().rev().nth(80).map_or(0, |(i, _)| i);
    Some(html[from..].split_at_checked(300).map_or(&html[from..], |x| x.0))
}

async fn columns(s: &Server) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, ..) in TABLES {
        let ask = format!("SELECT name, type FROM pragma_table_info('{table}')");
        let rows = s.state.db.read().query_all_raw(Statement::from_string(DbBackend::Sqlite, ask)).await.unwrap();
        let texts = rows.iter().filter(|r| {
            let kind: String = r.try_get("", "type").unwrap();
            kind.to_lowercase().contains("char") || kind.to_lowercase() == "text"
        });
        all.insert((*table).to_owned(), texts.map(|r| r.try_get("", "name").unwrap()).collect());
    }
    all
}

async fn page(w: &Walk, asker: &Asker, path: &str) -> Option<String> {
    let a = w.s.get(path, &[(header::COOKIE, asker.cookie.as_str())]).await;
    assert!(!a.status.is_server_error(), "{path} as {}: {} {}", asker.name, a.status, a.text());
    (a.status == StatusCode::OK).then(|| a.text())
}

/// Sends a plain form of somebody's, and tells where it leads, which must be there.
async fn sent(s: &Server, (function, cookie): (&str, &str), fields: &[(&str, &str)], to: &str) -> String {
    let (_, at, a) = s.form(&format!("/api/fn/{function}"), "/", cookie, fields).await;
    assert!(at.contains(to), "{function}: {at} {}", a.text());
    at
}

/// The number behind a word of an address or a page.
fn number(text: &str, word: &str) -> String {
    let (_, rest) = text.split_once(word).unwrap_or_else(|| panic!("no {word} in {text}"));
    rest.chars().take_while(char::is_ascii_digit).collect()
}

/// What was entered besides: its words for addresses, and the marks of what is kept in JSON or sealed, by its fields.
struct Furnished {
    words: Vec<(&'static str, String)>,
    typed: Vec<(String, String)>,
}

/// Enters what the walk has nothing of, by the forms of those who enter it: a point, an appeal with its evidence, a picture of a case, a template,
/// a list of recipients, a text that was kept aside, a document with a file that was answered with one, drafts, a row that was set aside.
async fn furnish(w: &Walk) -> Furnished {
    const PDF: &[u8] = b"%PDF-1.7 proof %%EOF\n";
    let s = &w.s;
    let cookie = |role: Role| w.askers.iter().find(|a| a.name == role.code()).unwrap().cookie.as_str();
    let (city, own) = (cookie(Role::CityRegulator), cookie(Role::EnterpriseAdmin));
    let (editor, officer) = (cookie(Role::PublicityEditor), cookie(Role::ComplaintOfficer));
    let known = |word: &str| w.words.iter().find(|(of, _)| *of == word).unwrap().1.clone();
    let (org, case, post) = (known("@org"), known("@case"), known("@post"));
    let mut typed: Vec<(String, String)> = vec![];
    let mut mark = |field: &str| {
        let mark = format!("{}{}", typed.len() + 1, 8_000_000);
        typed.push((field.to_owned(), mark.clone()));
        mark
    };

    let day = clock::local_date(s.clock.now()).to_string();
    let item = "CRD-ENTRY-FINE";
    let fields = [
        ("values[org]", org.as_str()),
        ("values[item]", item),
        ("values[day]", day.as_str()),
        ("values[document]", "罚 1 号"),
        ("values[note]", "查实"),
    ];
    sent(s, ("credit_enter", city), &fields, "done=saved").await;
    let point = PointRef { origin: Origin::Entry, no: 1, item: item.into() }.to_string();
    let fields = [("values[point]", point.as_str()), ("values[grounds]", "不属实"), ("values[evidence]", "检定证书")];
    let (_, to, a) = parts(s, ("/credit/appeals/file", own), &fields, &[("证据.pdf", PDF)]).await;
    assert!(to.contains("done=saved"), "{to} {}", a.text());
    let appeal = number(&to, "/credit/appeals/");

    let file = Attachment {
        token: "0f".repeat(16),
        format: Format::Jpeg,
        name: "现场.jpg".into(),
        bytes: 1,
        sha256: String::new(),
        width: 1,
        height: 1,
        seconds: 0,
    };
    let by = (&Actor::console(), NOW);
    let files = data::attachment::Files::fresh(std::slice::from_ref(&file));
    let kept = data::case::keep_files(&s.state.db, case.parse().unwrap(), files, by).await.unwrap();
    assert_eq!(kept.len(), 1);
    let row = format!("<script>alert({})</script>", mark("case_aside.row"));
    let table = format!("工单编号,类型,姓名,联系电话,标题,内容\nE1,投诉,李四,12,黑气点,{row}\n");
    let fields = [("channel", "12345"), ("text", table.as_str())];
    let (_, to, a) = parts(s, ("/cases/import", officer), &fields, &[]).await;
    assert!(to.contains("aside=1"), "{to} {}", a.text());

    let fields = [
        ("id", "0"),
        ("draft", "0"),
        ("values[name]", "提醒"),
        ("values[title]", "提醒"),
        ("values[body]", "请尽快送检"),
    ];
    sent(s, ("template_save", city), &fields, "done=saved").await;
    let title = format!("<script>alert({})</script>", mark("form_draft.entered of a message"));
    let fields = [
        ("id", "0"),
        ("act", "preview"),
        ("values[title]", title.as_str()),
        ("values[body]", "请查收"),
        ("values[whom]", "all"),
    ];
    let at = sent(s, ("message_save", city), &fields, "checked=1").await;
    let draft = number(&at, "draft=");
    let fields = [("id", draft.as_str()), ("act", "keep"), ("name", "名单")];
    sent(s, ("message_keep_list", city), &fields, "done=").await;

    let (summary, line) = (mark("post_version.content, summary"), mark("post_version.content, line of the wall"));
    let (summary, line) = (payload(&summary), payload(&line));
    let save = async |body: &str, to: &str| {
        let fields = [
            ("id", post.as_str()),
            ("no", "1"),
            ("base", "0"),
            ("values[title]", "冬季用气"),
            ("values[category]", "safety"),
            ("values[summary]", summary.as_str()),
            ("values[marquee]", line.as_str()),
            ("values[on_wall]", "1"),
            ("values[body]", body),
        ];
        sent(s, ("post_save", editor), &fields, to).await
    };
    save("<p>一</p>", "done=saved").await;
    // From a page that is not up to date.
    let copy = number(&save("<p>二</p>", "/posts/copies/").await, "/posts/copies/");

    let draw = async |title: &str| {
        let fields = [
            ("form", "paper"),
            ("act", "preview"),
            ("values[number]", "2号"),
            ("values[title]", title),
            ("values[issuer]", "市局"),
            ("values[body]", "请自查。"),
            ("values[answer]", "yes"),
            ("orgs[]", org.as_str()),
        ];
        let (_, to, a) = parts(s, ("/attachments/draft", city), &fields, &[("附件.pdf", PDF)]).await;
        assert!(to.contains("checked=1"), "{to} {}", a.text());
        to
    };
    let seen = async |at: &str, who: &str| {
        let at = at.split('#').next().unwrap();
        number(&s.get(at, &[(header::COOKIE, who)]).await.text(), "name=\"seen\" value=\"")
    };
    draw(&payload(&mark("form_draft.entered of a document"))).await;
    let at = draw("通知").await;
    let (draft, version) = (number(&at, "draft="), seen(&at, city).await);
    let fields = [("id", draft.as_str()), ("seen", version.as_str())];
    let paper = number(&sent(s, ("paper_issue", city), &fields, "done=issued").await, "/papers/");
    let page = format!("/papers/{paper}");
    s.get(&page, &[(header::COOKIE, own)]).await;
    sent(s, ("paper_sign", own), &[("id", &paper)], "done=signed").await;
    let fields = [("form", "answer"), ("about", paper.as_str()), ("act", "preview"), ("values[answer]", "已自查")];
    let (_, at, a) = parts(s, ("/attachments/draft", own), &fields, &[("回复.pdf", PDF)]).await;
    assert!(at.contains("checked=1"), "{at} {}", a.text());
    let (draft, version) = (number(&at, "draft="), seen(&at, own).await);
    let fields = [("id", paper.as_str()), ("draft", draft.as_str()), ("seen", version.as_str())];
    sent(s, ("paper_answer", own), &fields, "done=answered").await;

    Furnished { words: vec![("@appeal", appeal), ("@copy", copy), ("@paper", paper)], typed }
}

/// A file under the name that somebody gave it is saved under words of ours, and its own name stands there escaped.
async fn names_of_files_stay_in_their_header(w: &Walk) {
    let s = &w.s;
    let city = w.askers.iter().find(|a| a.name == Role::CityRegulator.code()).unwrap();
    for path in [address(w, "/credit/appeals/:id"), address(w, "/papers/:id")] {
        let html = page(w, city, &path).await.unwrap();
        let files: BTreeSet<&str> =
            html.match_indices("\"/files/").filter_map(|(at, _)| html.get(at + 1..at + 40)).collect();
        assert!(!files.is_empty(), "{path}");
        for file in files {
            let a = s.get(file, &[(header::COOKIE, &city.cookie)]).await;
            let head = a.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
            assert!(head.starts_with("attachment; filename=\"document.pdf\"; filename*=UTF-8''%22%27%3E"), "{head}");
            assert!(head.matches('"').count() == 2 && !head.contains('<'), "{head}");
        }
    }
}

/// The address of a page of something that the walk entered.
fn address(w: &Walk, path: &str) -> String {
    let word = [
        ("/credit/appeals/", "@appeal"),
        ("/posts/copies", "@copy"),
        ("/cases", "@case"),
        ("/calls", "@call"),
        ("/tasks", "@task"),
        ("/posts", "@post"),
        ("/papers", "@paper"),
        ("/messages", "@message"),
        ("/inbox", "@message"),
        ("/hazards", "@hazard"),
        ("/orgs", "@org"),
        ("/credit/:id", "@org"),
        ("/alerts", "@alert"),
        ("/records", "@fill"),
        ("/imports", "@import"),
        ("/rules", "@draft"),
    ];
    let of = word.iter().find(|(begin, _)| path.starts_with(begin)).map_or("@account", |(_, word)| word);
    let id = &w.words.iter().find(|(word, _)| *word == of).unwrap().1;
    let path = path.replace(":analysis", "ages").replace(":catalogue", "home").replace(":version", "1");
    let path = path.replace(":document", "register_complaint").replace(":code", "T1");
    path.replace(":id", id).replace(":no", id)
}

/// Names of the fields of a page's forms.
fn fields(html: &str) -> BTreeSet<&str> {
    html.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|n| n.len() < 60).collect()
}

#[test]
fn what_was_stored_or_is_in_an_address_runs_nowhere() {
    run(async {
        let mut w = Walk::begin().await;
        let Furnished { words, typed } = furnish(&w).await;
        // What was entered last is what an address means.
        w.words = words.into_iter().chain(std::mem::take(&mut w.words)).collect();
        let columns = columns(&w.s).await;
        let unknown: Vec<_> = TABLES
            .iter()
            .flat_map(|(table, prose, words)| {
                let known = |c: &&String| !prose.contains(&c.as_str()) && !words.contains(&c.as_str());
                columns[*table].iter().filter(known).map(move |c| format!("{table}.{c}"))
            })
            .collect();
        assert!(unknown.is_empty(), "in neither list: {unknown:?}");
        let mut stored = typed;
        let mut empty = vec![];
        for (table, prose, _) in TABLES {
            let there: BTreeSet<&str> = columns[*table].iter().map(String::as_str).collect();
            assert!(prose.iter().all(|c| there.contains(c)), "{table} has {there:?}");
            for column in *prose {
                let mark = format!("{}{}", stored.len() + 1, 7_000_000);
                let text = payload(&mark).replace('\'', "''");
                match w.s.sql(&format!("UPDATE \"{table}\" SET \"{column}\" = '{text}'")).await {
                    0 => empty.push(format!("{table}.{column}")),
                    _ => stored.push((format!("{table}.{column}"), mark)),
                }
            }
        }
        let mut shown = BTreeSet::new();
        let mut opened = 0;
        for route in PAGES {
            let mut asked_already = false;
            for asker in w.askers.iter().filter(|a| a.account > 0) {
                let path = address(&w, route.path);
                let Some(html) = page(&w, asker, &path).await else { continue };
                opened += 1;
                assert_eq!(runs(&html), None, "{path} as {}", asker.name);
                for (field, mark) in &stored {
                    if html.contains(&format!("alert({mark})")) {
                        shown.insert(field.clone());
                    }
                }
                if asked_already {
                    continue;
                }
                asked_already = true;
                // The same page, asked for with words of somebody's own in each of its parameters.
                let mut asked = fields(&html);
                asked.extend(["why", "done", "q", "taken", "checked", "title", "note", "field"]);
                for sort in [true, false] {
                    let pairs = asked.iter().filter(|n| sort || !matches!(**n, "sort" | "size" | "from" | "after"));
                    let query: Vec<_> =
                        pairs.map(|n| format!("{}={}", encoded(n), encoded(&payload("9000000")))).collect();
                    let a = w.s.get(&format!("{path}?{}", query.join("&")), &[(header::COOKIE, &asker.cookie)]).await;
                    assert!(!a.status.is_server_error(), "{path}: {}", a.status);
                    assert_eq!(runs(&a.text()), None, "{path} with its parameters, as {}", asker.name);
                }
            }
        }
        // Nobody who signed in: what anybody reads.
        for path in
            ["/q/T1", "/q", "/complain", "/complain?track=report", "/case", "/rating", "/news", "/news/x", "/login"]
        {
            let html = w.s.get(path, &[]).await.text();
            assert_eq!(runs(&html), None, "{path}");
            let asked = fields(&html);
            let query: Vec<_> = asked.iter().map(|n| format!("{}={}", encoded(n), encoded(&payload("9")))).collect();
            let and = if path.contains('?') { '&' } else { '?' };
            let a = w.s.get(&format!("{path}{and}{}", query.join("&")), &[]).await;
            assert!(!a.status.is_server_error() && runs(&a.text()).is_none(), "{path}: {} {}", a.status, a.text());
        }
        names_of_files_stay_in_their_header(&w).await;
        let all: BTreeSet<String> = stored.into_iter().map(|(field, _)| field).collect();
        println!("inert: {opened} pages; fields: {all:?}");
        assert!(empty.is_empty(), "nothing was entered: {empty:?}");
        let unseen: Vec<_> = all.difference(&shown).collect();
        assert!(unseen.is_empty(), "no page shows {unseen:?}");
        assert!(opened > 150, "{opened}");
    });
}
