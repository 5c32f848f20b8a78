//! The API for machines, each refusal with its own code and status.

use crate::support::{Answer, Key, Server, nonce, on_postgres, on_sqlite, run, signed_at};
use axum::{
    body::Body,
    http::{Request, header},
};
use domain::{
    clock::rfc3339,
    event::{BATCH_MAX, FillRecord},
    sign::{self, H_KEY, H_NONCE, H_SIGNATURE, H_TIME},
};
use serde_json::{Value, json};
use server::{
    api::BODY_MAX,
    auth::SKEW_MS,
    store::{self, OpenError},
};

const ME: &str = "/api/v1/devices/me";
const FILLS: &str = "/api/v1/fills";
const EVENTS: &str = "/api/v1/events";
const AUTHORIZE: &str = "/api/v1/fills/authorize";

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn question(attempt: &str, tag: &str) -> Value {
    json!({ "attempt": attempt, "tag": tag, "medium": "LPG", "at": rfc3339(crate::support::NOW) })
}

#[test]
fn a_missing_header_is_named() {
    run(async {
        let s = Server::new().await;
        for name in [H_KEY, H_TIME, H_NONCE, H_SIGNATURE] {
            let mut r = s.signed(&s.gun, "GET", ME, b"");
            r.headers_mut().remove(name);
            let a = s.send(r).await;
            assert_eq!(a.problem(), refusal(401, "SIGNATURE_MISSING"), "{name}");
            assert_eq!(a.json()["detail"], name);
        }
        for (name, value) in [
            (H_TIME, "soon"),
            (H_TIME, "-1"),
            (H_NONCE, "short"),
            (H_NONCE, "spaces in the nonce"),
            (H_SIGNATURE, "ab"),
        ] {
            let mut r = s.signed(&s.gun, "GET", ME, b"");
            r.headers_mut().insert(name, value.parse().unwrap());
            let a = s.send(r).await;
            assert_eq!(
                (a.problem(), &a.json()["detail"]),
                (refusal(401, "SIGNATURE_MISSING"), &json!(name)),
                "{value}"
            );
        }
    });
}

#[test]
fn a_signature_is_for_one_key_and_one_request() {
    run(async {
        let s = Server::new().await;
        let unknown = Key { id: "nobody".into(), ..s.gun.clone() };
        let wrong = Key { secret: s.south.secret.clone(), ..s.gun.clone() };
        let a = s.send(s.signed(&unknown, "GET", ME, b"")).await;
        assert_eq!(a.problem(), refusal(401, "KEY_UNKNOWN"));
        let a = s.send(s.signed(&wrong, "GET", ME, b"")).await;
        assert_eq!(a.problem(), refusal(401, "SIGNATURE_WRONG"));

        let body = json!({ "records": [s.fill(1)] }).to_string();
        let signed = || s.signed(&s.gun, "POST", FILLS, body.as_bytes());
        let altered: Vec<(&str, Request<Body>)> = vec![
            ("body", {
                let mut r = signed();
                *r.body_mut() = Body::from(body.replace("30930", "30931"));
                r
            }),
            ("path", {
                let mut r = signed();
                *r.uri_mut() = EVENTS.parse().unwrap();
                r
            }),
            ("query", {
                let mut r = signed();
                *r.uri_mut() = format!("{FILLS}?x=1").parse().unwrap();
                r
            }),
            ("time", {
                let mut r = signed();
                r.headers_mut().insert(H_TIME, (s.clock.now() + 1_000).to_string().parse().unwrap());
                r
            }),
            ("nonce", {
                let mut r = signed();
                r.headers_mut().insert(H_NONCE, nonce().parse().unwrap());
                r
            }),
            ("key", {
                let mut r = signed();
                r.headers_mut().insert(H_KEY, s.south.id.parse().unwrap());
                r
            }),
        ];
        for (what, r) in altered {
            assert_eq!(s.send(r).await.problem(), refusal(401, "SIGNATURE_WRONG"), "{what}");
        }
        // A query that is signed is part of what was signed.
        assert_eq!(s.send(s.signed(&s.gun, "GET", &format!("{ME}?a=b&c"), b"")).await.status, 200);
        assert_eq!(s.send(signed()).await.status, 200, "unaltered it is taken");
        let nothing = data::sequence::last(s.state.db.read(), data::sequence::LEDGER).await.unwrap();
        assert_eq!(nothing, 3, "one fill and its two alerts");
    });
}

#[test]
fn a_clock_may_be_five_minutes_off() {
    run(async {
        let s = Server::new().await;
        for (off, fine) in
            [(SKEW_MS + 5_000, false), (-SKEW_MS - 5_000, false), (SKEW_MS - 5_000, true), (5_000 - SKEW_MS, true)]
        {
            let a = s.send(signed_at(&s.gun, "GET", ME, b"", s.clock.now() + off, &nonce())).await;
            if fine {
                assert_eq!(a.status, 200, "{off}");
                assert!((a.json()["clock_offset_ms"].as_i64().unwrap() - off).abs() < 4_000, "{}", a.text());
            } else {
                assert_eq!(a.problem(), refusal(401, "CLOCK_SKEW"), "{off}");
                assert!(a.json()["detail"].as_str().unwrap().starts_with("server 2026-11-21T08:"), "{}", a.text());
            }
        }
    });
}

#[test]
fn a_request_is_taken_once_and_an_honest_retry_is_a_duplicate() {
    async fn scenario(s: Server) {
        let body = json!({ "records": [s.fill(1), s.fill(2)] }).to_string();
        let (time, n) = (s.clock.now(), nonce());
        let once = || signed_at(&s.gun, "POST", FILLS, body.as_bytes(), time, &n);
        let first = s.send(once()).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let replay = s.send(once()).await;
        assert_eq!(replay.problem(), refusal(409, "REPLAYED"));
        // The same nonce is another key's own.
        assert_eq!(s.send(signed_at(&s.scanner, "GET", ME, b"", time, &n)).await.status, 200);
        let retry = s.send(s.signed(&s.gun, "POST", FILLS, body.as_bytes())).await;
        let (first, retry) = (first.json(), retry.json());
        for i in 0..2 {
            let (a, b) = (&first["results"][i], &retry["results"][i]);
            assert_eq!(
                (&a["status"], &b["status"], &b["first"]),
                (&json!("ACCEPTED"), &json!("DUPLICATE"), &json!("ACCEPTED"))
            );
            assert_eq!((&a["no"], &a["anomalies"], &a["seq"]), (&b["no"], &b["anomalies"], &b["seq"]));
            assert!(a["no"].as_i64().unwrap() > 0);
        }
        assert_eq!((&retry["next_seq"], &retry["epoch"], &retry["gaps"]), (&json!(3), &json!(1), &json!([])));
        s.verified().await;
    }
    on_sqlite(scenario);
    on_postgres(scenario);
}

#[test]
fn a_revoked_device_or_key_is_told_so() {
    run(async {
        let mut s = Server::new().await;
        assert!(data::device::revoke(s.state.db.writer(), s.gun.device, 1).await.unwrap());
        assert_eq!(s.sql("UPDATE device_key SET revoked_at = 1 WHERE key_id LIKE 'handheld-%'").await, 1);
        for key in [&s.gun, &s.scanner] {
            assert_eq!(
                s.send(s.signed(key, "GET", ME, b"")).await.problem(),
                refusal(403, "DEVICE_REVOKED"),
                "{}",
                key.id
            );
        }
        assert_eq!(s.send(s.signed(&s.south, "GET", ME, b"")).await.status, 200);
        // Known to be good, it may live on for the five seconds that a key is remembered; a new process asks again.
        assert!(data::device::revoke(s.state.db.writer(), s.south.device, 1).await.unwrap());
        s.restart().await;
        assert_eq!(s.send(s.signed(&s.south, "GET", ME, b"")).await.problem(), refusal(403, "DEVICE_REVOKED"));
        // Only who holds the key learns that it was revoked.
        let wrong = Key { secret: vec![0; 32], ..s.gun.clone() };
        assert_eq!(s.send(s.signed(&wrong, "GET", ME, b"")).await.problem(), refusal(401, "SIGNATURE_WRONG"));
    });
}

#[test]
fn a_batch_holds_a_thousand() {
    run(async {
        let s = Server::new().await;
        let records: Vec<FillRecord> = (1..=BATCH_MAX as u64 + 1).map(|n| s.fill(n)).collect();
        let a = s.post(&s.gun, FILLS, &json!({ "records": records })).await;
        assert_eq!(a.problem(), refusal(400, "BATCH_TOO_LARGE"));
        assert_eq!((&a.json()["field"], &a.json()["detail"]), (&json!("records"), &json!("1001")));
        let results = s.fills(&s.gun, &records[..BATCH_MAX]).await;
        assert_eq!(results.len(), BATCH_MAX);
        assert!(results.iter().enumerate().all(|(i, r)| r["status"] == "ACCEPTED" && r["seq"] == i + 1));
        let numbers: Vec<i64> = results.iter().map(|r| r["no"].as_i64().unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b));
        assert_eq!(s.fills(&s.gun, &[]).await, [] as [Value; 0], "an empty batch is a question for the next number");
        let a = s.send(s.signed(&s.gun, "GET", ME, b"")).await;
        assert_eq!(a.json()["next_seq"], 1_001);
        s.verified().await;
    });
}

#[test]
fn a_malformed_record_costs_only_itself() {
    run(async {
        let s = Server::new().await;
        let good = |n| serde_json::to_value(s.fill(n)).unwrap();
        let with = |n: u64, field: &str, value: Value| {
            let mut r = good(n);
            r[field] = value;
            r
        };
        let bad = [
            (with(2, "gross_g", json!(-1)), "gross_g"),
            (with(2, "tag", json!("")), "tag"),
            (with(2, "ended_at", json!("2026-11-21T08:00:00")), "ended_at"),
            (with(2, "operator", json!("\u{7}")), "operator"),
            (with(2, "seq", json!(0)), "seq"),
            (with(2, "net_g", json!("14")), ""),
            (with(2, "wat", json!(1)), ""),
            (json!(null), ""),
            (json!([1]), ""),
        ];
        let mut records = vec![good(1)];
        records.extend(bad.iter().map(|b| b.0.clone()));
        records.push(good(2));
        let a = s.post(&s.gun, FILLS, &json!({ "records": records })).await;
        assert_eq!(a.status, 200, "{}", a.text());
        let a = a.json();
        let results = a["results"].as_array().unwrap();
        assert_eq!(results.len(), records.len());
        assert_eq!(
            (&results[0]["status"], &results[records.len() - 1]["status"]),
            (&json!("ACCEPTED"), &json!("ACCEPTED"))
        );
        for ((_, field), r) in bad.iter().zip(&results[1..]) {
            assert_eq!((&r["status"], &r["code"]), (&json!("REJECTED"), &json!("MALFORMED")), "{r}");
            assert_eq!(r["field"].as_str().unwrap_or_default(), *field, "{r}");
            assert!(!r["detail"].as_str().unwrap().is_empty() && r["remedy"].is_string() && r["no"].is_null(), "{r}");
        }
        assert_eq!((&a["next_seq"], &a["gaps"]), (&json!(3), &json!([])), "what is no record has no number");
        // The whole body malformed: nothing is taken.
        for body in
            ["", "{", "[]", "null", "{\"records\": 1}", "{\"records\": [], \"x\": 1}", "{\"records\": [1}", "\u{0}"]
        {
            let a = s.send(s.signed(&s.gun, "POST", FILLS, body.as_bytes())).await;
            assert_eq!(a.problem(), refusal(400, "BAD_BODY"), "{body:?}");
        }
        let a = s.send(s.signed(&s.gun, "POST", FILLS, b"{\"records\": [\"\xff\"]}")).await;
        assert_eq!(a.problem(), refusal(400, "BAD_BODY"));
        s.verified().await;
    });
}

#[test]
fn sequence_trouble_is_told_in_the_answer() {
    run(async {
        let s = Server::new().await;
        let status = |r: &[Value]| {
            r.iter()
                .map(|r| (r["status"].as_str().unwrap().to_owned(), r["code"].as_str().unwrap_or_default().to_owned()))
                .collect::<Vec<_>>()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let far = FillRecord { epoch: 3, ..s.fill(1) };
        let future = FillRecord { ended_at: rfc3339(s.clock.now() + 86_400_000), ..s.fill(4) };
        let (one, other) = (s.fill(1), FillRecord { gross_g: 1, ..s.fill(1) });
        let r = s.fills(&s.gun, &[one, other.clone(), far, future]).await;
        let expected = [
            pair("ACCEPTED", ""),
            pair("QUARANTINED", "SEQ_REUSED"),
            pair("QUARANTINED", "EPOCH_UNKNOWN"),
            pair("QUARANTINED", "IMPOSSIBLE_TIME"),
        ];
        assert_eq!(status(&r), expected);
        let r = s.fills(&s.gun, &[other]).await;
        assert_eq!((status(&r), &r[0]["first"]), (vec![pair("DUPLICATE", "SEQ_REUSED")], &json!("QUARANTINED")));
        let me = s.send(s.signed(&s.gun, "GET", ME, b"")).await.json();
        assert_eq!(me["gaps"], json!([{ "epoch": 1, "first": 2, "last": 3 }]));
        assert_eq!(
            (&me["next_seq"], &me["epoch"], &me["kind"], &me["rule_version"]),
            (&json!(5), &json!(1), &json!("gun"), &json!(1))
        );
        assert_eq!((&me["device_id"], &me["site_id"]), (&json!(s.gun.device), &json!(s.gun.site)));
        s.verified().await;
    });
}

#[test]
fn the_gate_answers_with_all_reasons() {
    run(async {
        let s = Server::new().await;
        let ask = async |key: &Key, q: &Value| s.post(key, AUTHORIZE, q).await;
        let a = ask(&s.gun, &question("a1", "NOBODY")).await.json();
        assert_eq!((&a["decision"], &a["duplicate"], &a["rule_version"]), (&json!("BLOCK"), &json!(false), &json!(1)));
        let r = &a["reasons"][0];
        assert_eq!(
            (&r["code"], &r["decision"], &r["text"]),
            (&json!("TAG_UNKNOWN"), &json!("BLOCK"), &json!("标签未登记"))
        );
        assert!(["rule", "source", "remedy"].iter().all(|f| !r[f].as_str().unwrap().is_empty()), "{r}");
        let again = ask(&s.gun, &question("a1", "NOBODY")).await.json();
        assert_eq!(
            (&again["no"], &again["facts_hash"], &again["duplicate"]),
            (&a["no"], &a["facts_hash"], &json!(true))
        );
        let other = ask(&s.gun, &question("a1", "ANOTHER")).await;
        assert_eq!((other.problem(), &other.json()["field"]), (refusal(409, "ATTEMPT_REUSED"), &json!("attempt")));
        for (field, value) in [("attempt", ""), ("tag", ""), ("tag", "a'b"), ("medium", ""), ("at", "now")] {
            let mut q = question("a2", "T");
            q[field] = json!(value);
            let a = ask(&s.gun, &q).await;
            assert_eq!((a.problem(), &a.json()["field"]), (refusal(400, "BAD_BODY"), &json!(field)), "{value}");
        }
        assert_eq!(ask(&s.gun, &json!({})).await.problem(), refusal(400, "BAD_BODY"));
        s.verified().await;
    });
}

#[test]
fn each_kind_of_device_does_its_own() {
    run(async {
        let s = Server::new().await;
        let event = json!({ "records": [{ "epoch": 1, "seq": 1, "kind": "RECEIVE_EMPTY", "tag": "T1", "at": rfc3339(s.clock.now()) }] });
        let fills = json!({ "records": [s.fill(1)] });
        assert_eq!(s.post(&s.scanner, FILLS, &fills).await.problem(), refusal(403, "NOT_THIS_DEVICE"));
        assert_eq!(s.post(&s.scanner, AUTHORIZE, &question("a", "T")).await.problem(), refusal(403, "NOT_THIS_DEVICE"));
        let result = |a: Answer| a.json()["results"][0]["status"].clone();
        assert_eq!(result(s.post(&s.scanner, EVENTS, &event).await), "ACCEPTED");
        assert_eq!(result(s.post(&s.gun, EVENTS, &event).await), "ACCEPTED", "a gun says that it refused, for one");
        for kind in ["REGISTER", "FILL_END", "NO_SUCH", ""] {
            let mut e = event.clone();
            e["records"][0]["kind"] = json!(kind);
            assert_eq!(result(s.post(&s.scanner, EVENTS, &e).await), "REJECTED", "{kind}");
        }
    });
}

#[test]
fn the_reader_chooses_the_language() {
    run(async {
        let s = Server::new().await;
        for (said, title, text) in [
            (None, "没有此路径", "序号重复而内容不同"),
            (Some("zh-CN,en;q=0.9"), "没有此路径", "序号重复而内容不同"),
            (Some("en-GB,zh;q=0.5"), "No such path", "Sequence number used before with another content"),
        ] {
            let headers: Vec<_> = said.map(|l| (header::ACCEPT_LANGUAGE, l)).into_iter().collect();
            let a = s.get("/api/v1/nothing", &headers).await;
            assert_eq!((a.problem(), &a.json()["title"]), (refusal(404, "NOT_FOUND"), &json!(title)));
            let body = json!({ "records": [s.fill(1), FillRecord { gross_g: 1, ..s.fill(1) }] }).to_string();
            let mut r = s.signed(&s.gun, "POST", FILLS, body.as_bytes());
            if let Some(l) = said {
                r.headers_mut().insert(header::ACCEPT_LANGUAGE, l.parse().unwrap());
            }
            assert_eq!(s.send(r).await.json()["results"][1]["text"], text);
        }
        let a = s.send(Request::put(FILLS).body(Body::empty()).unwrap()).await;
        assert_eq!(a.problem(), refusal(405, "METHOD_NOT_ALLOWED"));
    });
}

#[test]
fn a_body_has_its_limit() {
    run(async {
        let s = Server::new().await;
        let a = s.send(s.signed(&s.gun, "POST", FILLS, &vec![b' '; BODY_MAX + 1])).await;
        assert_eq!(a.problem(), refusal(413, "BODY_TOO_LARGE"));
        let mut body = vec![b' '; BODY_MAX];
        body[..14].copy_from_slice(b"{\"records\":[]}");
        assert_eq!(s.send(s.signed(&s.gun, "POST", FILLS, &body)).await.status, 200);
    });
}

#[test]
fn the_document_lists_what_the_router_takes() {
    run(async {
        let s = Server::new().await;
        let a = s.get("/api/v1/openapi.json", &[]).await;
        assert_eq!((a.status.as_u16(), &a.headers[header::CONTENT_TYPE]), (200, &"application/json".parse().unwrap()));
        let d = a.json();
        let paths: Vec<&str> = d["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        for (path, method) in [(AUTHORIZE, "post"), (FILLS, "post"), (EVENTS, "post"), (ME, "get")] {
            let operation = &d["paths"][path][method];
            assert_eq!(operation["security"], json!([{ "device": [] }]), "{path}");
            assert!(operation["responses"]["200"].is_object() && operation["responses"]["401"].is_object());
            // The router knows it: without a signature it is refused, not unknown.
            let r = Request::builder().method(method.to_uppercase().as_str()).uri(path).body(Body::empty()).unwrap();
            assert_eq!(s.send(r).await.problem(), refusal(401, "SIGNATURE_MISSING"), "{path}");
        }
        assert_eq!(paths.len(), 4, "{paths:?}");
        assert_eq!(d["components"]["securitySchemes"]["device"]["name"], H_SIGNATURE);
        // Every reference leads somewhere.
        let text = a.text();
        for name in text.split("\"#/components/schemas/").skip(1).map(|p| p.split('"').next().unwrap()) {
            assert!(d["components"]["schemas"][name].is_object(), "{name}");
        }
    });
}

#[test]
fn the_viewer_needs_no_network() {
    run(async {
        let s = Server::new().await;
        let a = s.get("/api/docs/", &[]).await;
        assert_eq!(a.status, 200, "{}", a.text());
        let page = a.text();
        let mut linked = 0;
        for attribute in ["src=\"", "href=\""] {
            for target in page.split(attribute).skip(1).map(|p| p.split('"').next().unwrap()) {
                assert!(!target.contains("//"), "{target} is somebody else's");
                let file = s.get(&format!("/api/docs/{}", target.trim_start_matches("./")), &[]).await;
                assert!(file.status == 200 && !file.body.is_empty(), "{target}: {}", file.status);
                linked += 1;
            }
        }
        assert!(linked >= 4, "{page}");
        let start = s.get("/api/docs/swagger-initializer.js", &[]).await.text();
        assert!(start.contains("/api/v1/openapi.json") && !start.contains("://"), "{start}");
    });
}

#[test]
fn one_process_writes_and_the_key_is_private() {
    use std::os::unix::fs::PermissionsExt;
    run(async {
        let s = Server::new().await;
        assert!(matches!(store::open(&s.config).await, Err(OpenError::Held(_))));
        let path = s.config.data_dir.join("master.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let master = store::master_key(&s.config).unwrap();
        assert_eq!(sign::device_secret(&master, &s.gun.id), s.gun.secret, "the key stays the same");
        let database = std::fs::read(s.config.data_dir.join("pingji.sqlite")).unwrap();
        let wal = std::fs::read(s.config.data_dir.join("pingji.sqlite-wal")).unwrap_or_default();
        for secret in [
            s.gun.secret.clone(),
            hex::encode(&s.gun.secret).into_bytes(),
            master.clone(),
            hex::encode(&master).into_bytes(),
        ] {
            assert!(
                ![&database, &wal].iter().any(|f| f.windows(secret.len()).any(|w| w == secret)),
                "a secret is in the database"
            );
        }
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(store::master_key(&s.config), Err(OpenError::Key(_))));
        let said = s.state.db.durability().await.unwrap();
        assert_eq!(said, [("synchronous".into(), "2".into()), ("journal_mode".into(), "wal".to_owned())]);
    });
}
