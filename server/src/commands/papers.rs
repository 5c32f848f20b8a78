//! What a regulator and a station enter by hand until there are pages for it: overrides of the gate, fillers and their
//! certificates, verifications of scales, insurance. They work beside a running server, which asks at each question.

use crate::{
    cli::{Ended, Failure, OperatorCommand, OverrideCommand, say},
    clock::Clock,
    config::Config,
};
use chrono::NaiveDate;
use data::{
    Db, cylinder, device,
    gate_override::{self, New, Scope},
    operator, org, site,
};
use domain::{clock, codes, outcome::Reason};
use sea_orm::EntityTrait;

/// Characters of a reason, a name, a code.
const WHY_MAX: usize = 200;
const NAME_MAX: usize = 64;
const CODE_MAX: usize = 32;

/// A text that may stand in the record.
fn text(what: &str, value: &str, max: usize) -> Result<String, Failure> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > max || value.chars().any(char::is_control) {
        return Err(format!("{what} has 1 to {max} characters and no control characters").into());
    }
    Ok(value.to_owned())
}

/// A day, or `none`.
fn day(value: &str) -> Result<Option<NaiveDate>, Failure> {
    if value == "none" {
        return Ok(None);
    }
    let day: NaiveDate = value.parse().map_err(|_| format!("`{}` is no day such as 2027-01-31", clock::clip(value)))?;
    if domain::date::PartialDate::day(day).is_none() {
        return Err(format!("{day} lies outside the years 1900 to 2199").into());
    }
    Ok(Some(day))
}

/// `site:3`, `org:1`, `device:9`, or `tag:…` for one cylinder; it must exist.
async fn scope(db: &Db, value: &str) -> Result<Scope, Failure> {
    let unknown = || Failure::from(format!("`{}` is none of org:ID, site:ID, device:ID, tag:TAG", clock::clip(value)));
    let (word, id) = value.split_once(':').ok_or_else(unknown)?;
    if word == "tag" {
        let code = codes::tag(id)?;
        let tag = cylinder::tag::Entity::find_by_id(code.clone()).one(db.read()).await?;
        let id = tag.and_then(|t| t.cylinder_id).ok_or_else(|| format!("no cylinder bears the tag {code}"))?;
        return Ok(Scope::Cylinder(id));
    }
    let id: i64 = id.parse().ok().filter(|n| *n > 0).ok_or_else(unknown)?;
    let scope = Scope::of(word, id).filter(|s| !matches!(s, Scope::Cylinder(_))).ok_or_else(unknown)?;
    let exists = match scope {
        Scope::Org(id) => org::Entity::find_by_id(id).one(db.read()).await?.is_some(),
        Scope::Site(id) => site::Entity::find_by_id(id).one(db.read()).await?.is_some(),
        Scope::Device(id) => device::Entity::find_by_id(id).one(db.read()).await?.is_some(),
        Scope::Cylinder(_) => true,
    };
    if exists { Ok(scope) } else { Err(format!("there is no {word} {id}").into()) }
}

/// `pingji override`.
///
/// # Errors
/// When something is not as it must be, or the database fails.
pub async fn overrides(config: &Config, command: OverrideCommand) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    let now = Clock::default().now();
    match command {
        OverrideCommand::Add { reason, scope: of, why, by, hours } => {
            let code = reason.trim().to_uppercase();
            let reason =
                Reason::from_code(&code).ok_or_else(|| format!("there is no reason `{}`", clock::clip(&code)))?;
            let rules = data::rule::current(db.read()).await?;
            let most = rules
                .override_hours(reason, clock::local_date(now))
                .filter(|_| reason.may_be_overridden())
                .ok_or_else(|| format!("{} may not be overridden", reason.code()))?;
            if !(1..=most).contains(&hours) {
                return Err(format!("{} may be overridden for 1 to {most} hours, not {hours}", reason.code()).into());
            }
            let new = New {
                reason,
                scope: scope(&db, &of).await?,
                why: text("--why", &why, WHY_MAX)?,
                by: text("--by", &by, NAME_MAX)?,
                from: now,
                until: now + hours * 3_600_000,
            };
            let id = gate_override::insert(db.writer(), new).await?;
            say(&format!(
                "override {id}: {} for {of}, until {}",
                reason.code(),
                clock::local_text(now + hours * 3_600_000)
            ));
        }
        OverrideCommand::List => {
            for o in gate_override::in_force(db.read(), now).await? {
                let until = clock::local_text(o.valid_until);
                say(&format!("{}\t{}\t{}:{}\t{until}\t{}\t{}", o.id, o.reason, o.scope, o.scope_id, o.by, o.why));
            }
        }
        OverrideCommand::End { id } => {
            if !gate_override::end(db.writer(), id, now).await? {
                return Err(format!("there is no override {id} in force").into());
            }
            say(&format!("override {id} has ended"));
        }
    }
    Ok(Ended::Done)
}

/// `pingji operator`.
///
/// # Errors
/// As [`overrides`].
pub async fn operators(config: &Config, command: OperatorCommand) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    match command {
        OperatorCommand::Put { org, code, until, media } => {
            let known: Vec<String> =
                data::reference::medium::Entity::find().all(db.read()).await?.into_iter().map(|m| m.code).collect();
            for m in &media {
                if !known.contains(m) {
                    return Err(
                        format!("there is no medium `{}`; there are {}", clock::clip(m), known.join(", ")).into()
                    );
                }
            }
            if org::Entity::find_by_id(org).one(db.read()).await?.is_none() {
                return Err(format!("there is no organisation {org}").into());
            }
            let code = text("--code", &code, CODE_MAX)?;
            let m =
                operator::Model { org_id: org, code: code.clone(), cert_until: day(&until)?, media: media.join(",") };
            operator::put(db.writer(), m).await?;
            say(&format!("operator {code} of organisation {org}: certificate until {until} for {}", media.join(",")));
        }
        OperatorCommand::List { org } => {
            for o in operator::list(db.read(), org).await? {
                let until = o.cert_until.map_or_else(|| "none".to_owned(), |d| d.to_string());
                say(&format!("{}\t{until}\t{}", o.code, o.media));
            }
        }
    }
    Ok(Ended::Done)
}

/// `pingji scale`: until when a gun's scale is verified.
///
/// # Errors
/// As [`overrides`].
pub async fn scale(config: &Config, id: i64, until: &str) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    if !device::verify_scale(db.writer(), id, day(until)?).await? {
        return Err(format!("there is no device {id}").into());
    }
    say(&format!("scale of device {id}: verified until {until}"));
    Ok(Ended::Done)
}

/// `pingji insurance`: until when an organisation is insured.
///
/// # Errors
/// As [`overrides`].
pub async fn insurance(config: &Config, id: i64, until: &str) -> Result<Ended, Failure> {
    let db = Db::connect(&config.database_url).await?;
    if !org::insure(db.writer(), id, day(until)?).await? {
        return Err(format!("there is no organisation {id}").into());
    }
    say(&format!("organisation {id}: insured until {until}"));
    Ok(Ended::Done)
}
