//! What somebody typed stays words: a script in every text field of posts, messages, documents, calls, tasks, cases and credit, and in every
//! parameter of an address, on every page that shows it, for everybody who may open it.

use crate::{
    support::{Server, encoded, run},
    walk::{Asker, Walk},
};
use app::routes::PAGES;
use axum::http::{StatusCode, header};
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
    ("credit_appeal_step", &["note", "evidence", "effect"], &["act"]),
    ("attachment", &["name"], &["token", "format", "sha256", "tool"]),
    ("message", &["title", "body"], &["key", "kind", "channels", "audience", "scope", "state"]),
    ("message_template", &["name", "title", "body"], &["scope"]),
    ("recipient_list", &["name"], &["scope"]),
    ("push_subscription", &[], &["endpoint_hash", "sealed", "agent"]),
    ("paper", &["title", "issuer", "body", "note"], &["number", "scope", "state", "deadline"]),
    ("paper_file", &["name"], &["token", "sha256"]),
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

/// The address of a page of something that the walk entered.
fn address(w: &Walk, path: &str) -> String {
    let word = [
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
        let w = Walk::begin().await;
        let columns = columns(&w.s).await;
        let unknown: Vec<_> = TABLES
            .iter()
            .flat_map(|(table, prose, words)| {
                let known = |c: &&String| !prose.contains(&c.as_str()) && !words.contains(&c.as_str());
                columns[*table].iter().filter(known).map(move |c| format!("{table}.{c}"))
            })
            .collect();
        assert!(unknown.is_empty(), "in neither list: {unknown:?}");
        let mut stored = vec![];
        // Tables of which the walk entered nothing are looked at by the tests of their own pages.
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
        let all: BTreeSet<String> = stored.into_iter().map(|(field, _)| field).collect();
        println!("inert: {opened} pages; fields shown: {shown:?}");
        println!("not shown on a page of these: {:?}; no rows: {empty:?}", all.difference(&shown).collect::<Vec<_>>());
        assert!(opened > 150 && shown.len() > 20 && shown.len() * 4 >= all.len() * 3, "{opened}: {shown:?} of {all:?}");
    });
}
