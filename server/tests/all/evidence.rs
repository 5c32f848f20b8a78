//! Packs of evidence: who may have one, what it proves, and what is found when somebody changed it.

use crate::{
    events::register,
    support::{Server, on_postgres, on_sqlite},
};
use axum::http::{StatusCode, header};
use data::evidence::{Fault, MANIFEST, check, compare, public_key};
use domain::{permission::Role, scope::Scope};
use sea_orm::ConnectionTrait;
use server::{
    cli::Ended,
    commands::{verify, verify_pack},
    evidence::{packed, unpack},
};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

async fn made(s: &Server, cookie: &str) -> Files {
    let id = cylinder(s).await;
    let a = s.get(&format!("/evidence/{id}.zip"), &[(header::COOKIE, cookie)]).await;
    assert_eq!(a.status, StatusCode::OK, "{}", a.text());
    assert_eq!(a.headers[header::CONTENT_TYPE], "application/zip");
    unpack(&a.body).unwrap()
}

async fn cylinder(s: &Server) -> i64 {
    use sea_orm::EntityTrait;
    data::cylinder::Entity::find().one(s.state.db.read()).await.unwrap().unwrap().id
}

/// The files with a text in one of them changed.
fn with(files: &Files, name: &str, from: &str, to: &str) -> Files {
    let text = String::from_utf8(files[name].clone()).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    let mut out = files.clone();
    out.insert(name.into(), text.replacen(from, to, 1).into_bytes());
    out
}

async fn proves_what_stands_in_the_record(s: Server) {
    register(&s).await;
    s.record(&s.gun, &[s.fill(1)]).await;
    let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
    let files = made(&s, &cookie).await;
    let manifest = check(&files).unwrap();
    assert_eq!((manifest.records.len(), manifest.tag.as_str()), (2, "T1"));
    assert_eq!(manifest.public_key, public_key(&s.state.access.master));
    assert_eq!(compare(&s.state.db, &manifest, &files).await.unwrap(), None);
    assert!(s.audit().await.contains(&"evidence.make".to_owned()));
    // What is recorded later changes no pack that was made before.
    s.record(&s.gun, &[domain::event::FillRecord { tag: "T1".into(), ..s.fill(2) }]).await;
    assert_eq!(compare(&s.state.db, &manifest, &files).await.unwrap(), None);
    assert_eq!(check(&made(&s, &cookie).await).unwrap().records.len(), 3);
    // Somebody changes the record.
    s.sql("UPDATE cylinder_event SET operator = 'F09' WHERE seq = 1 AND kind = 3").await;
    let named = compare(&s.state.db, &manifest, &files).await.unwrap().unwrap();
    assert!(named.starts_with("events.json") && named.contains("operator"), "{named}");
}

#[test]
fn a_pack_proves_what_stands_in_the_record_on_sqlite() {
    on_sqlite(proves_what_stands_in_the_record);
}

#[test]
fn a_pack_proves_what_stands_in_the_record_on_postgres() {
    on_postgres(proves_what_stands_in_the_record);
}

#[test]
fn whatever_was_changed_is_found() {
    on_sqlite(async |s: Server| {
        register(&s).await;
        s.record(&s.gun, &[s.fill(1)]).await;
        let (_, cookie) = s.account("regulator", &[Role::CityRegulator], Scope::City).await;
        let files = made(&s, &cookie).await;
        for (name, from, to) in [
            ("events.json", "\"operator\": \"F01\"", "\"operator\": \"F02\""),
            ("cylinder.json", "\"tag\": \"T1\"", "\"tag\": \"T2\""),
            ("rules.json", "\"enabled\": true", "\"enabled\": false"),
        ] {
            assert_eq!(check(&with(&files, name, from, to)), Err(Fault::Changed(name.into())));
        }
        let other = with(&files, MANIFEST, "\"tag\": \"T1\"", "\"tag\": \"T2\"");
        assert_eq!(check(&other), Err(Fault::Signature));
        let key = public_key(&s.state.access.master);
        assert_eq!(check(&with(&files, MANIFEST, &key, &"0".repeat(64))), Err(Fault::Signature));
        assert_eq!(check(&with(&files, MANIFEST, &key, "zz")), Err(Fault::Signature));
        assert!(matches!(check(&with(&files, MANIFEST, "{", "{\"a\": 1, ")), Err(Fault::Unreadable(..))));
        assert!(matches!(check(&with(&files, MANIFEST, "evidence 1", "evidence 9")), Err(Fault::Format(_))));
        for name in files.keys() {
            let mut less = files.clone();
            less.remove(name);
            assert_eq!(check(&less), Err(Fault::Missing(name.clone())));
        }
        let mut more = files.clone();
        more.insert("more.json".into(), vec![]);
        assert_eq!(check(&more), Err(Fault::Extra("more.json".into())));

        // The same from the command line, with the key of the folder, with another's, and with a changed file.
        let at = s.config.data_dir.join("pack.zip");
        std::fs::write(&at, packed(&files).unwrap()).unwrap();
        let run = async |key: Option<&str>| verify_pack::run(&s.config, &at, key).await.unwrap();
        assert_eq!(run(None).await, Ended::Done);
        assert_eq!(run(Some(&key.to_uppercase())).await, Ended::Done);
        assert_eq!(run(Some(&"0".repeat(64))).await, Ended::Found);
        std::fs::write(&at, packed(&with(&files, "events.json", "F01", "F02")).unwrap()).unwrap();
        assert_eq!(run(None).await, Ended::Found);
        std::fs::write(&at, b"junk").unwrap();
        assert_eq!(run(None).await, Ended::Found);
        assert!(verify_pack::run(&s.config, &at.join("none"), None).await.is_err());
    });
}

#[test]
fn a_pack_is_for_whoever_may_trace_and_export_within_sight() {
    on_sqlite(async |s: Server| {
        register(&s).await;
        let id = cylinder(&s).await;
        let ask = async |cookie: &str, path: &str| s.get(path, &[(header::COOKIE, cookie)]).await.status.as_u16();
        let path = format!("/evidence/{id}.zip");
        for (name, role, scope, status) in [
            ("a", Role::CityRegulator, Scope::City, 200),
            ("b", Role::EnterpriseAdmin, Scope::Org(s.gun.org), 200),
            ("c", Role::EnterpriseAdmin, Scope::Org(s.south.org), 404),
            ("d", Role::Filler, Scope::Org(s.gun.org), 403),
            ("e", Role::Auditor, Scope::City, 403),
        ] {
            let (_, cookie) = s.account(name, &[role], scope).await;
            assert_eq!(ask(&cookie, &path).await, status, "{name}");
        }
        let (_, cookie) = s.account("f", &[Role::CityRegulator], Scope::City).await;
        for odd in
            ["/evidence/999999.zip", "/evidence/x.zip", "/evidence/1", "/evidence/-1.zip", "/evidence/..%2f1.zip"]
        {
            assert_eq!(ask(&cookie, odd).await, 404, "{odd}");
        }
        assert_eq!(s.get(&path, &[]).await.status, StatusCode::SEE_OTHER, "nobody is sent to sign in");
        assert_eq!(ask(&s.pair().await, &path).await, 403, "a display exports nothing");
    });
}

async fn a_record_of_another_schema_is_not_verified(s: Server) {
    register(&s).await;
    assert!(matches!(verify::run(&s.config, false).await, Ok(Ended::Done)));
    let last = "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)";
    s.state.db.writer().execute_unprepared(last).await.unwrap();
    let why = verify::run(&s.config, false).await.err().unwrap().to_string();
    assert!(why.contains("pingji migrate"), "{why}");
}

#[test]
fn another_schema_on_sqlite() {
    on_sqlite(a_record_of_another_schema_is_not_verified);
}

#[test]
fn another_schema_on_postgres() {
    on_postgres(a_record_of_another_schema_is_not_verified);
}
