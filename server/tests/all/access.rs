//! Signing in and out, what is due first, throttling, pairing by code, the audit log: over HTTP, as a browser does it.

use crate::support::{NORTH, PASSWORD, Server, cookie_of, run};
use app::access::COOKIE;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use data::audit::Actor;
use domain::{clock::MINUTE_MS, permission::Role, scope::Scope, totp};
use server::{
    access::{first, head},
    cli::{AccountCommand, Ended},
    commands::{account, verify},
};

async fn login(s: &Server, name: &str, password: &str) -> (u16, String, Option<String>) {
    let (status, to, a) = s.form("/api/fn/login", "/login", "", &[("login", name), ("password", password)]).await;
    (status, to, cookie_of(&a, COOKIE))
}

#[test]
fn who_signs_in_gets_a_session_and_who_signs_out_loses_it() {
    run(async {
        let s = Server::new().await;
        s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        for (name, password) in [("duty", "wrong"), ("nobody", PASSWORD), ("", ""), ("duty ", "")] {
            let (status, to, cookie) = login(&s, name, password).await;
            assert_eq!((status, to.as_str(), cookie), (302, "/login?why=wrong", None), "{name}");
        }
        let form = [("login", " DUTY "), ("password", PASSWORD), ("next", "/displays")];
        let (status, to, a) = s.form("/api/fn/login", "/login?next=/displays", "", &form).await;
        assert_eq!((status, to.as_str()), (302, "/displays"));
        let set = a.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|w| set.contains(w)), "{set}");
        let cookie = cookie_of(&a, COOKIE).unwrap();
        let page = s.get("/displays", &[(header::COOKIE, cookie.as_str())]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("name of duty"), "the head names who is signed in");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        let (status, to, a) = s.form("/api/fn/logout", "/displays", &cookie, &[]).await;
        assert_eq!((status, to.as_str()), (302, "/login"));
        assert_eq!(cookie_of(&a, COOKIE).as_deref(), Some("pingji_session="));
        let page = s.get("/displays?x=1", &[(header::COOKIE, cookie.as_str())]).await;
        assert_eq!(page.headers[header::LOCATION], "/login?next=/displays%3Fx%3D1");
        assert_eq!(
            s.audit().await,
            ["login.refused", "login.refused", "login.refused", "login.refused", "login", "logout"]
        );
        // Never to another site.
        for next in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"] {
            let form = [("login", "duty"), ("password", PASSWORD), ("next", next)];
            let (_, to, _) = s.form("/api/fn/login", "/login", "", &form).await;
            assert_eq!(to, "/", "{next}");
        }
    });
}

#[test]
fn signing_in_is_for_our_own_pages_only() {
    run(async {
        let s = Server::new().await;
        s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        let r = Request::post("/api/fn/login")
            .header(header::HOST, "pingji.example")
            .header(header::ORIGIN, "http://evil.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("login=duty&password={PASSWORD}")))
            .unwrap();
        assert_eq!(s.send(r).await.problem(), (403, "FOREIGN_ORIGIN".into()));
        let r = Request::get(format!("/api/fn/login?login=duty&password={PASSWORD}")).body(Body::empty()).unwrap();
        let a = s.send(r).await;
        assert!(a.status.is_client_error() && cookie_of(&a, COOKIE).is_none(), "{}", a.status);
        for body in ["", "login=duty", "%", "login=%00&password=%00", "login[]=a&password=b", &"x".repeat(1_000)] {
            let r = Request::post("/api/fn/login")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body.to_owned()))
                .unwrap();
            let a = s.send(r).await;
            assert!(a.status.is_client_error(), "{body}: {} {}", a.status, a.text());
        }
    });
}

#[test]
fn guessing_locks_and_the_security_administrator_unlocks() {
    run(async {
        let s = Server::new().await;
        let (id, _) = s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        let (_, admin) = s.account("sec", &[Role::SecurityAdmin], Scope::City).await;
        for name in ["duty", "nobody"] {
            let mut told = vec![];
            for _ in 0..7 {
                told.push(login(&s, name, "wrong").await.1);
                s.clock.shift(10_000);
            }
            let (wrong, many) = ("/login?why=wrong", "/login?why=too_many");
            assert_eq!(told, [wrong, wrong, wrong, wrong, wrong, many, many], "the same for {name}");
        }
        assert_eq!(login(&s, "duty", PASSWORD).await.1, "/login?why=too_many", "the right one, too");
        let list = s.get("/accounts", &[(header::COOKIE, admin.as_str())]).await;
        assert!(list.text().contains("已锁定"), "{}", list.text());
        let id = id.to_string();
        let (status, to, _) = s.form("/api/fn/account_unlock", "/accounts", &admin, &[("id", &id)]).await;
        assert_eq!((status, to), (302, format!("/accounts/{id}?done=saved")));
        assert_eq!(login(&s, "duty", PASSWORD).await.1, "/");
        assert_eq!(login(&s, "nobody", PASSWORD).await.1, "/login?why=too_many");
        s.clock.shift(30 * MINUTE_MS);
        assert_eq!(login(&s, "nobody", PASSWORD).await.1, "/login?why=wrong");
    });
}

#[test]
fn a_first_password_is_changed_and_a_second_factor_set_up_before_anything_else() {
    run(async {
        let s = Server::new().await;
        let (db, master) = (&s.state.db, &s.state.access.master);
        let made = first::administrators(db, master, &s.config.data_dir, s.clock.now()).await.unwrap();
        assert_eq!(made.iter().map(|m| m.0).collect::<Vec<_>>(), ["sysadmin", "secadmin", "auditor"]);
        assert!(first::administrators(db, master, &s.config.data_dir, s.clock.now()).await.unwrap().is_empty(), "once");
        let file = std::fs::read_to_string(s.config.data_dir.join(first::FILE)).unwrap();
        assert!(file.contains(&format!("auditor\t{}\n", made[2].1)));
        let password = made[2].1.as_str();
        let (_, to, cookie) = login(&s, "auditor", password).await;
        let cookie = cookie.unwrap();
        let go = async |path: &str, cookie: &str| {
            let a = s.get(path, &[(header::COOKIE, cookie)]).await;
            (a.status.as_u16(), a.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned())
        };
        assert_eq!(to, "/");
        assert_eq!(go("/audit", &cookie).await, (303, "/me".into()));
        let change = async |current: &str, new: &str, again: &str| {
            let form = [("current", current), ("new", new), ("again", again)];
            s.form("/api/fn/password_change", "/me", &cookie, &form).await.1
        };
        let new = "Tea-pot-on-fire-7";
        for (current, new, again, why) in [
            ("wrong", new, new, "wrong"),
            (password, new, "another", "field"),
            (password, "short", "short", "weak_0"),
            (password, "alllowercase", "alllowercase", "weak_3"),
            (password, "Auditor-2026-x", "Auditor-2026-x", "weak_5"),
            (password, password, password, "weak_6"),
        ] {
            assert_eq!(change(current, new, again).await, format!("/me?why={why}"), "{new}");
        }
        assert_eq!(change(password, new, new).await, "/me?done=password");
        assert_eq!(go("/audit", &cookie).await, (303, "/me".into()), "the second factor is due");
        s.form("/api/fn/factor_begin", "/me", &cookie, &[]).await;
        let page = s.get("/me", &[(header::COOKIE, cookie.as_str())]).await.text();
        let row = data::account::by_login(db.read(), "auditor").await.unwrap().unwrap();
        let secret = master.totp(row.id, &row.totp_nonce);
        assert!(page.contains(&totp::base32(&secret)) && page.contains("class=\"qr\""), "{page}");
        let code = |s: &Server| totp::code(&secret, totp::step(s.clock.now()));
        let confirm = async |code: &str| s.form("/api/fn/factor_confirm", "/me", &cookie, &[("code", code)]).await.1;
        assert_eq!(confirm("000000").await, "/me?why=wrong");
        assert_eq!(confirm(&code(&s)).await, "/me?done=factor");
        let page = s.get("/me", &[(header::COOKIE, cookie.as_str())]).await.text();
        let recovery = data::factor::codes(master, &data::account::by_id(db.read(), row.id).await.unwrap().unwrap());
        assert!(recovery.iter().all(|c| page.contains(c.as_str())));
        assert_eq!(go("/audit", &cookie).await.0, 200);
        s.clock.shift(11 * MINUTE_MS);
        let page = s.get("/me", &[(header::COOKIE, cookie.as_str())]).await.text();
        assert!(recovery.iter().all(|c| !page.contains(c.as_str())), "shown for some minutes only");

        // From now on the password is half of it.
        let (_, to, half) = login(&s, "auditor", new).await;
        let half = half.unwrap();
        assert_eq!(to, "/login/code?next=/");
        for path in ["/audit", "/me", "/"] {
            assert_eq!(go(path, &half).await, (303, "/login/code".into()), "{path}");
        }
        let enter = async |code: &str, cookie: &str| {
            let (_, to, a) = s
                .form("/api/fn/login_code", "/login/code?next=/audit", cookie, &[("code", code), ("next", "/audit")])
                .await;
            (to, cookie_of(&a, COOKIE))
        };
        assert_eq!(enter("123", &half).await, ("/login/code?next=/audit&why=wrong".into(), None));
        let (to, whole) = enter(&code(&s), &half).await;
        let whole = whole.unwrap();
        assert_eq!((to.as_str(), go("/audit", &whole).await.0), ("/audit", 200));
        assert_eq!(go("/audit", &half).await.1, "/login?next=/audit", "the half session is no more");
        let (_, _, half) = login(&s, "auditor", new).await;
        let half = half.unwrap();
        assert_eq!(enter(&code(&s), &half).await.1, None, "a code is good once");
        assert_eq!(enter(&recovery[0], &half).await.0, "/audit");
        let (_, _, half) = login(&s, "auditor", new).await;
        assert_eq!(enter(&recovery[0], &half.unwrap()).await.1, None, "so is a recovery code");
    });
}

#[test]
fn what_is_granted_anew_ends_the_sessions_and_nobody_grants_himself() {
    run(async {
        let s = Server::new().await;
        let (system, sys) = s.account("sys", &[Role::SystemAdmin], Scope::City).await;
        let (security, sec) = s.account("sec", &[Role::SecurityAdmin], Scope::City).await;
        let form = [("login", "new.one"), ("name", "新人")];
        let (_, to, _) = s.form("/api/fn/account_create", "/accounts", &sys, &form).await;
        let id = to.strip_prefix("/accounts/").and_then(|r| r.split('?').next()).unwrap().to_owned();
        let (_, to, _) = s.form("/api/fn/account_create", "/accounts", &sys, &form).await;
        assert_eq!(to, "/accounts?why=taken");
        let page = s.get(&format!("/accounts/{id}"), &[(header::COOKIE, sys.as_str())]).await.text();
        let row = data::account::by_login(s.state.db.read(), "new.one").await.unwrap().unwrap();
        let password = s.state.access.master.first_password("new.one", row.password_at);
        assert!(page.contains(&password), "{page}");
        let page = s.get(&format!("/accounts/{id}"), &[(header::COOKIE, sec.as_str())]).await.text();
        assert!(!page.contains(&password), "the security administrator does not see it");
        let cookie = s.session(row.id).await;
        let seen = async |cookie: &str| s.get("/me", &[(header::COOKIE, cookie)]).await.status.as_u16();
        assert_eq!(seen(&cookie).await, 200);
        let grant = async |id: &str, scope: &str, roles: &[&str]| {
            let mut form = vec![("id", id), ("scope", scope)];
            form.extend(roles.iter().map(|r| ("roles[]", *r)));
            s.form("/api/fn/account_grant", "/accounts", &sec, &form).await.1
        };
        let district = format!("district:{NORTH}");
        for (scope, roles, why) in [
            ("city", &["root"][..], "field"),
            ("moon", &["duty_officer"], "field"),
            ("org:999999", &["filler"], "field"),
            ("city", &["filler"], "roles"),
            ("city", &["auditor", "system_admin"], "roles"),
            ("city", &["auditor", "duty_officer"], "roles"),
        ] {
            assert_eq!(grant(&id, scope, roles).await, format!("/accounts?why={why}"), "{scope} {roles:?}");
        }
        assert_eq!(seen(&cookie).await, 200);
        assert_eq!(
            grant(&id, &district, &["district_regulator", "duty_officer"]).await,
            format!("/accounts/{id}?done=saved")
        );
        assert_eq!(seen(&cookie).await, 303, "its sessions ended");
        let held = data::account::roles(s.state.db.read(), row.id).await.unwrap();
        assert_eq!(held, [Role::DistrictRegulator, Role::DutyOfficer]);
        assert_eq!(grant(&id, "city", &[]).await, format!("/accounts/{id}?done=saved"));
        assert!(data::account::roles(s.state.db.read(), row.id).await.unwrap().is_empty());
        // Nobody changes himself, and an administrator's password is the operator's to reset.
        assert_eq!(grant(&security.to_string(), "city", &["city_regulator"]).await, "");
        for (path, id) in [("account_reset", security), ("account_disable", security), ("account_reset", system)] {
            let form = [("id", id.to_string()), ("disabled", "true".into())];
            let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let (status, ..) = s.form(&format!("/api/fn/{path}"), "/accounts", &sys, &form).await;
            assert_eq!(status, 403, "{path} {id}");
        }
        let log = s.audit().await;
        assert_eq!(log.iter().filter(|a| *a == "account.grant").count(), 2);
        assert!(log.contains(&"account.create".to_owned()) && log.contains(&"access.refused".to_owned()), "{log:?}");
    });
}

#[test]
fn a_wall_is_paired_by_the_code_that_it_shows() {
    run(async {
        let s = Server::new().await;
        let (_, duty) = s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        let wall = s.get("/wall?scope=city", &[]).await;
        assert_eq!(wall.status, StatusCode::UNAUTHORIZED);
        let cookie = cookie_of(&wall, "pingji_pairing").unwrap();
        let text = wall.text();
        let code = text.split("<code>").nth(1).and_then(|t| t.split("</code>").next()).unwrap().to_owned();
        assert_eq!(code.len(), 9, "{code}");
        let again = s.get("/wall?scope=city", &[(header::COOKIE, cookie.as_str())]).await;
        assert!(again.text().contains(&code) && cookie_of(&again, "pingji_pairing").is_none(), "it stays the same");
        let enter = async |code: &str, name: &str| {
            s.form("/api/fn/display_confirm", "/displays", &duty, &[("code", code), ("name", name)]).await.1
        };
        assert_eq!(enter("ABCD-EFGH", "西墙").await, "/displays?why=wrong");
        assert_eq!(enter(&code, "").await, "/displays?why=field");
        assert_eq!(enter(&code.to_lowercase(), "西墙").await, "/displays?done=paired");
        let other = s.get("/wall", &[(header::COOKIE, "pingji_pairing=x.y")]).await;
        assert_eq!(other.status, StatusCode::UNAUTHORIZED, "another browser gains nothing");
        let a = s.get("/wall?scope=city", &[(header::COOKIE, cookie.as_str())]).await;
        assert_eq!(
            (a.status, &a.headers[header::LOCATION]),
            (StatusCode::SEE_OTHER, &"/wall?scope=city".parse().unwrap())
        );
        let display = cookie_of(&a, "pingji_display").unwrap();
        assert_eq!(s.get("/wall", &[(header::COOKIE, display.as_str())]).await.status, StatusCode::OK);
        let again = s.get("/wall", &[(header::COOKIE, cookie.as_str())]).await;
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "it works once");
        let list = s.get("/displays", &[(header::COOKIE, duty.as_str())]).await.text();
        assert!(list.contains("西墙"), "{list}");
        // Guesses are counted.
        let mut told = vec![];
        for _ in 0..7 {
            told.push(enter("ABCD-EFGH", "x").await);
            s.clock.shift(10_000);
        }
        assert_eq!(told.last().map(String::as_str), Some("/displays?why=too_many"));
        assert!(s.audit().await.contains(&"display.pair".to_owned()));
    });
}

#[test]
fn the_head_of_the_audit_log_is_signed_and_a_broken_log_is_not() {
    run(async {
        let s = Server::new().await;
        let (db, master) = (&s.state.db, &s.state.access.master);
        let path = s.config.data_dir.join(head::FILE);
        let write = async |n: usize| {
            for _ in 0..n {
                let txn = db.begin_write().await.unwrap();
                data::audit::append(&txn, &Actor::console(), 1, "x", "y", &serde_json::Value::Null).await.unwrap();
                txn.commit().await.unwrap();
            }
        };
        write(3).await;
        head::sign(db, master, &path).await.unwrap();
        let named = async || head::verify(db, master, &path).await.unwrap().named;
        assert_eq!(named().await, [""; 0]);
        let before = std::fs::read(&path).unwrap();
        write(2).await;
        s.sql("UPDATE audit SET action = 'z' WHERE no = 4").await;
        assert!(
            matches!(head::sign(db, master, &path).await, Err(head::HeadError::Broken(w)) if w.starts_with("audit 4:"))
        );
        assert_eq!(std::fs::read(&path).unwrap(), before, "nothing new was signed");
        assert!(named().await[0].starts_with("audit 4:"));
        s.sql("UPDATE audit SET action = 'x' WHERE no = 4").await;
        head::sign(db, master, &path).await.unwrap();
        s.sql("DELETE FROM audit WHERE no > 3").await;
        s.sql("UPDATE sequence SET last = 3 WHERE name = 'audit'").await;
        assert!(named().await[0].starts_with("audit 4: the tail was cut off"));
        std::fs::write(&path, "{").unwrap();
        assert_eq!(named().await.len(), 2);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(named().await, ["audit: the signed head is missing"]);
    });
}

#[test]
fn a_session_that_ended_leads_back_to_where_one_signs_in() {
    run(async {
        let s = Server::new().await;
        let (id, cookie) = s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        let other = s.session(id).await;
        let own = s.get("/me", &[(header::COOKIE, cookie.as_str())]).await.text();
        assert_eq!(own.matches("action=\"/api/fn/session_end\"").count(), 2);
        // A stranger's session is not there for anybody else.
        let (_, stranger) = s.account("other", &[Role::WallSupport], Scope::City).await;
        assert_eq!(s.form("/api/fn/session_end", "/me", &stranger, &[("id", "1")]).await.1, "/me?why=not_found");
        assert_eq!(s.form("/api/fn/session_end", "/me", &cookie, &[("id", "2")]).await.1, "/me?done=ended");
        let form = [("code", "ABCDEFGH"), ("name", "x")];
        let (status, to, _) = s.form("/api/fn/display_confirm", "/displays?a=b", &other, &form).await;
        assert_eq!((status, to.as_str()), (303, "/login?next=/displays%3Fa%3Db"));
        // A form that is refused shows the page that says so.
        let (_, filler) = s.account("filler", &[Role::Filler], Scope::Org(s.gun.org)).await;
        let (status, to, a) = s.form("/api/fn/display_confirm", "/displays", &filler, &form).await;
        assert_eq!((status, to.as_str()), (403, ""));
        assert!(a.text().contains("无权访问"), "{}", a.text());
        // Idle, then too old.
        assert_eq!(s.get("/displays", &[(header::COOKIE, cookie.as_str())]).await.status, StatusCode::OK);
        s.clock.shift(29 * MINUTE_MS);
        assert_eq!(s.get("/displays", &[(header::COOKIE, cookie.as_str())]).await.status, StatusCode::OK);
        s.clock.shift(29 * MINUTE_MS);
        assert_eq!(
            s.get("/displays", &[(header::COOKIE, cookie.as_str())]).await.status,
            StatusCode::OK,
            "a use counts"
        );
        s.clock.shift(30 * MINUTE_MS);
        assert_eq!(s.get("/displays", &[(header::COOKIE, cookie.as_str())]).await.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn an_account_takes_note_of_an_alert_in_its_own_name() {
    run(async {
        use sea_orm::EntityTrait;
        let s = Server::new().await;
        let (id, cookie) = s.account("duty", &[Role::DutyOfficer], Scope::City).await;
        s.record(&s.gun, &[s.fill(1)]).await;
        let no = data::alert::open(s.state.db.read(), None).await.unwrap()[0].no;
        let r = Request::post("/api/fn/alert_acknowledge")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &cookie)
            .body(Body::from(format!("{{\"alert\":{no}}}")))
            .unwrap();
        let a = s.send(r).await;
        assert_eq!((a.status, a.text().as_str()), (StatusCode::OK, "true"));
        let acks = data::alert::ack::Entity::find().all(s.state.db.read()).await.unwrap();
        assert_eq!(acks.iter().map(|a| (a.display_id, a.account_id)).collect::<Vec<_>>(), [(0, Some(id))]);
        assert_eq!(s.audit().await, ["alert.acknowledge"]);
        s.verified().await;
    });
}

#[test]
fn the_operator_makes_resets_and_unlocks_accounts() {
    run(async {
        let s = Server::new().await;
        let create = |login: &str, role: &[&str], scope: &str| AccountCommand::Create {
            login: login.into(),
            name: "张三".into(),
            role: role.iter().map(|r| (*r).to_owned()).collect(),
            scope: scope.into(),
        };
        let told = async |command| account::run(&s.config, command).await.map_err(|e| e.to_string());
        for (login, role, scope, why) in [
            ("x", &["filler"][..], "org:1", "--login"),
            ("zhang", &["root"], "city", "--role"),
            ("zhang", &["filler"], "nowhere", "--scope"),
            ("zhang", &["filler"], "org:999999", "--scope"),
            ("zhang", &["filler"], "city", "范围"),
            ("zhang", &["auditor", "filler"], "org:1", "独立"),
        ] {
            let e = told(create(login, role, scope)).await.unwrap_err();
            assert!(e.contains(why), "{e}");
        }
        told(create("zhang", &["duty_officer"], "city")).await.unwrap();
        assert!(told(create("zhang", &["duty_officer"], "city")).await.unwrap_err().contains("taken"));
        let row = async || data::account::by_login(s.state.db.read(), "zhang").await.unwrap().unwrap();
        let password = async || s.state.access.master.first_password("zhang", row().await.password_at);
        assert!(row().await.must_change);
        let cookie = login(&s, "zhang", &password().await).await.2.unwrap();
        for _ in 0..5 {
            login(&s, "zhang", "wrong").await;
            s.clock.shift(10_000);
        }
        assert_eq!(login(&s, "zhang", &password().await).await.1, "/login?why=too_many");
        told(AccountCommand::Unlock { login: "zhang".into() }).await.unwrap();
        assert_eq!(login(&s, "zhang", &password().await).await.1, "/");
        s.sql("UPDATE account SET totp_since = 1, totp_nonce = 'n'").await;
        told(AccountCommand::Reset { login: "ZHANG".into(), factor: true }).await.unwrap();
        assert!(!row().await.second_factor());
        assert_eq!(s.get("/me", &[(header::COOKIE, cookie.as_str())]).await.status, StatusCode::SEE_OTHER, "it ended");
        assert!(told(AccountCommand::Unlock { login: "nobody".into() }).await.is_err());
        told(AccountCommand::List).await.unwrap();
        // What the operator did is signed at once.
        let path = s.config.data_dir.join(head::FILE);
        let found = head::verify(&s.state.db, &s.state.access.master, &path).await.unwrap();
        assert_eq!((found.named, s.audit().await.last().unwrap().as_str()), (vec![], "account.reset"));
        assert_eq!(verify::run(&s.config, true).await.unwrap(), Ended::Done);
        s.sql("UPDATE audit SET at = 1 WHERE no = 1").await;
        assert_eq!(verify::run(&s.config, false).await.unwrap(), Ended::Found);
    });
}

#[test]
fn a_demonstration_has_somebody_for_each_role() {
    run(async {
        use std::os::unix::fs::MetadataExt;
        let s = Server::new().await;
        let (db, master, dir) = (&s.state.db, &s.state.access.master, &s.config.data_dir);
        first::demonstration(db, master, dir, NORTH, s.gun.org, s.clock.now()).await.unwrap();
        let path = dir.join(first::DEMO_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let all: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(all.len(), Role::ALL.len());
        for (role, a) in Role::ALL.iter().zip(&all) {
            assert_eq!((&a["login"], &a["roles"][0]), (&role.code().into(), &role.code().into()));
            let cookie = login(&s, role.code(), a["password"].as_str().unwrap()).await.2.expect("it signs in");
            let home = s.get("/", &[(header::COOKIE, cookie.as_str())]).await;
            // An administrator sets up a second factor first.
            let expected = if role.is_administrator() { StatusCode::SEE_OTHER } else { StatusCode::OK };
            assert_eq!(home.status, expected, "{role:?}");
        }
        let made = first::administrators(db, master, dir, s.clock.now()).await.unwrap();
        assert!(made.is_empty(), "a record with accounts gets no others");
    });
}
