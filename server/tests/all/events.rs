//! `POST /api/v1/events`: who may report what, with which body, and what hostile bodies get.

use crate::support::{Key, Server, on_postgres, on_sqlite, run};
use domain::{
    clock::rfc3339,
    event::{Entry, EventKind, FillRecord, Role, Source},
    ledger::{Build, File, FileState},
    life::{Dates, Family},
    rules::MediumClass,
};
use serde_json::{Value, json};

/// A sound body of every kind that has one.
fn sound(kind: EventKind) -> Option<Value> {
    use EventKind::*;
    Some(match kind {
        Precheck => json!({ "result": "pass", "items": [{ "item": "TAG", "result": "pass" }], "tare_g": 16_500 }),
        Postcheck => json!({ "result": "pass", "gross_g": 30_900 }),
        Drain => json!({ "drained_g": 300 }),
        SendInspect => json!({ "residue_handled": true }),
        Inspect => json!({ "result": "pass", "date": "2026-11-20", "next": "2030-11" }),
        Repair => json!({ "phase": "done" }),
        BindTag => json!({ "tag": "NEW", "reason": "new" }),
        ScrapRequest | Suspend | Lost => json!({ "reason": "r" }),
        Scrap => json!({ "approval": "A" }),
        Destroy => json!({ "witnesses": ["a", "b"], "before": "x", "after": "y" }),
        Seal | Unseal => json!({ "directive": "D" }),
        Recall | RecallCleared => json!({ "notice": "N" }),
        Cancel => json!({ "way": "cancelled", "reason": "r" }),
        Correct => json!({ "corrects": 999_999, "how": "did_not_occur", "reason": "r" }),
        _ => return None,
    })
}

fn record(s: &Server, seq: u64, kind: EventKind, body: Option<Value>) -> Value {
    let mut r =
        json!({ "epoch": 1, "seq": seq, "kind": kind, "tag": "T1", "at": rfc3339(s.clock.now()), "operator": "C01" });
    if let Some(b) = body {
        r["body"] = b;
    }
    r
}

fn told(r: &Value) -> (String, String) {
    let text = |f: &str| r[f].as_str().unwrap_or_default().to_owned();
    (text("status"), text("code"))
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

async fn devices(s: &Server) -> Vec<(Role, Key)> {
    vec![
        (Role::Gun, s.gun.clone()),
        (Role::Station, s.scanner.clone()),
        (Role::Delivery, s.office("delivery").await),
        (Role::Agency, s.office("inspection").await),
        (Role::Regulator, s.office("regulator").await),
        (Role::Maker, s.office("maker").await),
    ]
}

#[test]
fn each_role_reports_its_own_kinds() {
    async fn scenario(s: Server) {
        for (role, key) in devices(&s).await {
            let records: Vec<Value> =
                EventKind::ALL.iter().enumerate().map(|(i, k)| record(&s, i as u64 + 1, *k, sound(*k))).collect();
            let results = s.events(&key, &records).await;
            for (kind, r) in EventKind::ALL.iter().zip(&results) {
                let expected = match kind {
                    _ if !kind.is_reported() => pair("REJECTED", "MALFORMED"),
                    _ if !role.may(*kind) => pair("REJECTED", "EVENT_NOT_ALLOWED"),
                    // The tag is in no register, and there is no event to correct.
                    EventKind::BindTag => pair("REJECTED", "NO_SUCH_CYLINDER"),
                    EventKind::Correct => pair("REJECTED", "NOTHING_TO_CORRECT"),
                    _ => pair("ACCEPTED", ""),
                };
                assert_eq!(told(r), expected, "{role:?} {kind:?}: {r}");
                let refused = expected.0 == "REJECTED";
                assert_eq!((r["remedy"].is_string(), r["no"].is_i64()), (refused, !refused), "{r}");
            }
        }
        // An organisation of no known kind reports nothing.
        let nobody = s.office("").await;
        let r = s.events(&nobody, &[record(&s, 1, EventKind::Ship, None)]).await;
        assert_eq!(told(&r[0]), pair("REJECTED", "EVENT_NOT_ALLOWED"));
        s.verified().await;
    }
    on_sqlite(scenario);
    on_postgres(scenario);
}

#[test]
fn hostile_bodies_cost_only_themselves() {
    run(async {
        let s = Server::new().await;
        let devices = devices(&s).await;
        let mut deep = json!(1);
        for _ in 0..60 {
            deep = json!([deep]);
        }
        let hostile = |kind: EventKind| {
            let good = sound(kind);
            let mut list = vec![
                json!([]),
                json!([[]]),
                json!("x"),
                json!(7),
                json!(true),
                json!({ "": "" }),
                json!({ "more": deep }),
                json!({ "result": {}, "date": [], "tag": 4, "reason": null, "corrects": "1", "witnesses": "ab" }),
                json!({ "reason": "x".repeat(70_000) }),
                json!({ "directive": "\u{0}", "notice": "\u{1b}[2J", "approval": "\u{202e}\n" }),
            ];
            for (name, _) in good.as_ref().and_then(Value::as_object).into_iter().flatten() {
                for bad in [json!(null), json!(-1), json!(1e300), json!([]), json!({}), json!("\u{7}"), json!(false)] {
                    let mut b = good.clone().unwrap();
                    // What a field may be is no offence.
                    if b[name] != bad {
                        b[name] = bad;
                        list.push(b);
                    }
                }
                let mut b = good.clone().unwrap();
                b.as_object_mut().unwrap().remove(name);
                list.push(b);
            }
            list
        };
        let (mut refused, mut taken) = (0, 0);
        for kind in EventKind::ALL.iter().filter(|k| k.is_reported()) {
            let (_, key) = devices.iter().find(|(role, _)| role.may(*kind)).unwrap();
            let me = s.send(s.signed(key, "GET", "/api/v1/devices/me", b"")).await.json();
            let first = me["next_seq"].as_u64().unwrap();
            let records: Vec<Value> =
                hostile(*kind).into_iter().zip(first..).map(|(b, seq)| record(&s, seq, *kind, Some(b))).collect();
            for (sent, r) in records.iter().zip(s.events(key, &records).await) {
                match told(&r) {
                    (status, code) if status == "REJECTED" => {
                        refused += 1;
                        assert!(
                            ["MALFORMED", "NO_SUCH_CYLINDER", "NOTHING_TO_CORRECT"].contains(&code.as_str()),
                            "{r}"
                        );
                        if code == "MALFORMED" {
                            let field = r["field"].as_str().unwrap_or_default();
                            assert!(field.starts_with("body") && r["detail"].is_string(), "{kind:?} {sent}: {r}");
                        }
                    }
                    // A field that may be left out was left out, or its value is a lawful one.
                    (status, _) => {
                        taken += 1;
                        assert_eq!(status, "ACCEPTED", "{sent}: {r}");
                        assert!(sent["body"].is_object());
                    }
                }
            }
        }
        assert!(refused > 300 && taken < 60, "{refused} refused, {taken} taken");
        s.verified().await;
    });
}

/// A cylinder on file under the tag `T1`, entered by a device of its own.
pub async fn register(s: &Server) {
    let file = File {
        org: s.gun.org,
        site: s.gun.site,
        tag: "T1".into(),
        stamp_no: "S1".into(),
        serial_no: String::new(),
        maker: String::new(),
        medium: "LPG".into(),
        dates: Dates {
            family: Family::LpgWelded,
            model: "YSP35.5".into(),
            medium_class: MediumClass::Other,
            made: "2024-05".parse().ok(),
            inspected: None,
            next_printed: None,
            scrap_recorded: None,
            assessed: false,
            inspections: 0,
        },
        tare_g: Some(16_400),
        volume_ml: Some(35_500),
        wall_um: None,
        max_fill_g: Some(14_900),
        valve: String::new(),
        inspections: 0,
        doubts: vec![],
        state: FileState::Registered,
        build: Build::default(),
    };
    let txn = s.state.db.begin_write().await.unwrap();
    let device = data::device::importer(&txn, "test", s.gun.site, 0).await.unwrap();
    txn.commit().await.unwrap();
    let entry = Entry {
        device,
        epoch: 1,
        seq: 1,
        kind: EventKind::Register,
        tag: file.tag.clone(),
        site: file.site,
        occurred_at: s.clock.now() - 86_400_000,
        started_at: None,
        sent_at: None,
        weights: None,
        medium: String::new(),
        operator: String::new(),
        target: String::new(),
        attempt: String::new(),
        body: serde_json::to_string(&file).ok(),
        source: Source::Import,
        hash: String::new(),
    };
    s.state.ingest.record(vec![entry]).await.unwrap();
}

#[test]
fn vector_17_names_its_reason() {
    run(async {
        let s = Server::new().await;
        register(&s).await;
        s.fills(&s.gun, &[FillRecord { tag: "T1".into(), ..s.fill(1) }]).await;
        let check = |who: &str| {
            let mut r = record(&s, 1, EventKind::Postcheck, Some(json!({ "result": "pass" })));
            r["operator"] = json!(who);
            r
        };
        let r = s.events(&s.scanner, &[check("F01")]).await;
        assert_eq!(told(&r[0]), pair("REJECTED", "POSTCHECK_BY_FILLER"));
        assert_eq!((&r[0]["text"], &r[0]["seq"]), (&json!("复检人与充装人为同一人"), &json!(1)));
        let r = s.events(&s.scanner, &[check("")]).await;
        assert_eq!((told(&r[0]), &r[0]["field"]), (pair("REJECTED", "MALFORMED"), &json!("operator")), "who checked?");
        let r = s.events(&s.scanner, &[check("C01")]).await;
        assert_eq!(told(&r[0]), pair("ACCEPTED", ""), "another person, the same number");
        // What does not follow is taken, and says so.
        let r = s.events(&s.scanner, &[record(&s, 2, EventKind::Collect, None)]).await;
        assert_eq!((told(&r[0]), &r[0]["anomalies"]), (pair("ACCEPTED", ""), &json!(["CHAIN_GAP"])));
        s.verified().await;
    });
}

#[test]
fn a_late_retry_finds_its_first_answer() {
    run(async {
        let s = Server::new().await;
        let ask = |attempt: &str, operator: Option<&str>| {
            let mut q = json!({ "attempt": attempt, "tag": "T1", "medium": "LPG", "at": rfc3339(crate::support::NOW) });
            if let Some(o) = operator {
                q["operator"] = json!(o);
            }
            q
        };
        let path = "/api/v1/fills/authorize";
        let first = s.post(&s.gun, path, &ask("a1", Some("F01"))).await.json();
        assert_eq!(first["decision"], "BLOCK");
        s.clock.shift(3_600_000);
        let again = s.post(&s.gun, path, &ask("a1", Some("F01"))).await.json();
        assert_eq!(
            (&again["no"], &again["duplicate"], &again["decision"]),
            (&first["no"], &json!(true), &first["decision"])
        );
        assert_eq!(s.post(&s.gun, path, &ask("a1", None)).await.problem(), (409, "ATTEMPT_REUSED".into()));
        let new = s.post(&s.gun, path, &ask("a2", None)).await;
        assert_eq!((new.problem(), &new.json()["field"]), ((400, "BAD_BODY".into()), &json!("at")));
        let long = s.post(&s.gun, path, &ask("a3", Some(&"x".repeat(33)))).await;
        assert_eq!((long.problem(), &long.json()["field"]), ((400, "BAD_BODY".into()), &json!("operator")));
        s.verified().await;
    });
}
