//! `pingji override`, `operator`, `scale`, `insurance`: what is entered, and what hostile input gets.

use crate::support::{Server, run};
use data::{device, gate_override, operator, org};
use sea_orm::EntityTrait;
use server::{
    cli::{OperatorCommand, OverrideCommand},
    commands::papers,
};

fn add(reason: &str, scope: &str, why: &str, by: &str, hours: i64) -> OverrideCommand {
    OverrideCommand::Add { reason: reason.into(), scope: scope.into(), why: why.into(), by: by.into(), hours }
}

#[test]
fn an_override_holds_for_its_hours() {
    run(async {
        let s = Server::new().await;
        let here = format!("site:{}", s.gun.site);
        papers::overrides(&s.config, add(" precheck_stale ", &here, "设备检修", "监管员01", 4)).await.unwrap();
        let all = gate_override::Entity::find().all(s.state.db.read()).await.unwrap();
        let [o] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((o.reason.as_str(), o.scope.as_str(), o.scope_id), ("PRECHECK_STALE", "site", s.gun.site));
        assert_eq!(o.valid_until - o.valid_from, 4 * 3_600_000);
        papers::overrides(&s.config, OverrideCommand::List).await.unwrap();
        papers::overrides(&s.config, OverrideCommand::End { id: o.id }).await.unwrap();
        assert!(papers::overrides(&s.config, OverrideCommand::End { id: o.id }).await.is_err(), "it has ended");
        assert!(gate_override::in_force(s.state.db.read(), o.valid_from + 3_600_000).await.unwrap().is_empty());
    });
}

#[test]
fn what_may_not_be_overridden_is_not() {
    run(async {
        let s = Server::new().await;
        let here = format!("site:{}", s.gun.site);
        let long = "x".repeat(201);
        let zero = "\u{0}";
        for (command, why) in [
            (add("SCRAPPED", &here, "w", "b", 1), "of the cylinder itself"),
            (add("NOT_OWN", &here, "w", "b", 1), "of the cylinder itself"),
            (add("DUAL_PHASE", &here, "w", "b", 1), "of the cylinder itself"),
            (add("LICENCE_EXPIRED", &here, "w", "b", 1), "no row allows it"),
            (add("NO_SUCH", &here, "w", "b", 1), "no such reason"),
            (add("", &here, "w", "b", 1), "no reason"),
            (add("PRECHECK_STALE", &here, "w", "b", 0), "no hours"),
            (add("PRECHECK_STALE", &here, "w", "b", 25), "too long"),
            (add("PRECHECK_STALE", &here, "w", "b", i64::MAX), "far too long"),
            (add("PRECHECK_STALE", &here, "w", "b", i64::MIN), "before it begins"),
            (add("PRECHECK_STALE", &here, " ", "b", 1), "no word of why"),
            (add("PRECHECK_STALE", &here, &long, "b", 1), "too many words"),
            (add("PRECHECK_STALE", &here, zero, "b", 1), "no text"),
            (add("PRECHECK_STALE", &here, "w", "", 1), "nobody"),
            (add("PRECHECK_STALE", "", "w", "b", 1), "for nothing"),
            (add("PRECHECK_STALE", "site", "w", "b", 1), "for no site"),
            (add("PRECHECK_STALE", "site:9999", "w", "b", 1), "for a site that is not there"),
            (add("PRECHECK_STALE", "site:-1", "w", "b", 1), "for no site"),
            (add("PRECHECK_STALE", "site:1; DROP TABLE site", "w", "b", 1), "for no site"),
            (add("PRECHECK_STALE", "city:1", "w", "b", 1), "for all"),
            (add("PRECHECK_STALE", "cylinder:1", "w", "b", 1), "a cylinder is named by its tag"),
            (add("PRECHECK_STALE", "tag:NOBODY", "w", "b", 1), "for nobody's tag"),
            (add("PRECHECK_STALE", "tag:'", "w", "b", 1), "for no tag"),
            (OverrideCommand::End { id: -1 }, "no such override"),
        ] {
            assert!(papers::overrides(&s.config, command).await.is_err(), "{why}");
        }
        assert!(gate_override::Entity::find().all(s.state.db.read()).await.unwrap().is_empty());
    });
}

#[test]
fn papers_are_entered_for_who_is_there() {
    run(async {
        let s = Server::new().await;
        let put = |org, code: &str, until: &str, media: &[&str]| OperatorCommand::Put {
            org,
            code: code.into(),
            until: until.into(),
            media: media.iter().map(|m| (*m).to_owned()).collect(),
        };
        papers::operators(&s.config, put(s.gun.org, "F01", "2027-01-31", &["LPG", "O2"])).await.unwrap();
        papers::operators(&s.config, put(s.gun.org, "F01", "none", &[])).await.unwrap();
        papers::operators(&s.config, OperatorCommand::List { org: s.gun.org }).await.unwrap();
        let all = operator::list(s.state.db.read(), s.gun.org).await.unwrap();
        assert_eq!((all.len(), all[0].cert_until, all[0].media.as_str()), (1, None, ""));
        let long = "x".repeat(33);
        for (command, why) in [
            (put(9_999, "F02", "2027-01-31", &["LPG"]), "no such organisation"),
            (put(s.gun.org, "", "2027-01-31", &["LPG"]), "no code"),
            (put(s.gun.org, &long, "2027-01-31", &["LPG"]), "no code a gun could send"),
            (put(s.gun.org, "F\u{7}", "2027-01-31", &["LPG"]), "no code"),
            (put(s.gun.org, "F02", "2027-02-30", &["LPG"]), "no day"),
            (put(s.gun.org, "F02", "", &["LPG"]), "no day"),
            (put(s.gun.org, "F02", "+9999-01-01", &["LPG"]), "no day that could be"),
            (put(s.gun.org, "F02", "2027-01-31", &["XX"]), "no such medium"),
            (put(s.gun.org, "F02", "2027-01-31", &[""]), "no medium"),
        ] {
            assert!(papers::operators(&s.config, command).await.is_err(), "{why}");
        }
        papers::scale(&s.config, s.gun.device, "2026-12-31").await.unwrap();
        papers::insurance(&s.config, s.gun.org, "2026-12-31").await.unwrap();
        let gun = device::Entity::find_by_id(s.gun.device).one(s.state.db.read()).await.unwrap().unwrap();
        let owner = org::Entity::find_by_id(s.gun.org).one(s.state.db.read()).await.unwrap().unwrap();
        let day = "2026-12-31".parse().ok();
        assert_eq!((gun.scale_until, owner.insured_until), (day, day));
        for (id, until) in [(9_999, "2026-12-31"), (-1, "none"), (s.gun.device, "soon"), (s.gun.device, "99999-01-01")]
        {
            assert!(papers::scale(&s.config, id, until).await.is_err(), "{id} {until}");
            assert!(papers::insurance(&s.config, id + 50, until).await.is_err(), "{id} {until}");
        }
    });
}
