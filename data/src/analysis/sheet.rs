//! An analysis as a table, by its name: what its page and its export both read.

use super::{
    Ask, abnormal, ages, completeness, conduct, due, opening, placed, recovery, sales, storage, tag_issue, user_storage,
};
use crate::{Db, page::AskError, reference};
use chrono::{Datelike, NaiveDate};
use domain::{
    analysis::{Amount, Asked, Behind, By, Figure, KINDS, Kind, Line, Period, Sheet, Unit, sheet as table},
    clock,
    rules::RuleSet,
    scope::{Scope, Viewer},
};
use sea_orm::EntityTrait;

/// The table of an analysis, asked so at this instant.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant, or lies outside what the viewer may see; otherwise when the database fails.
pub async fn sheet(
    db: &Db,
    viewer: Viewer,
    rules: &RuleSet,
    kind: &'static Kind,
    asked: &Asked,
    now: i64,
) -> Result<Sheet, AskError> {
    let date = as_of(asked, now)?;
    let day = clock::day_of(date);
    let narrowed = asked.viewer(viewer).ok_or(AskError::Field("district"))?;
    // What is not told apart by district is told of organisations.
    let asked = Asked { by: if kind.by_unit { asked.by } else { By::Org }, ..asked.clone() };
    let ask = Ask { viewer: narrowed, by: asked.by };
    let days = asked.period.of(day);
    let made = Making { asked: &asked, date, drill: !matches!(viewer.scope, Scope::Org(_)) };
    let mut made_at = None;
    let (rows, total) = match kind.code {
        "due" => made.cylinders(kind, &due(db, ask, day).await?),
        "abnormal" => {
            let window = i32::try_from(rules.due_soon_days().clamp(0, 3_650)).unwrap_or_default();
            made.cylinders(kind, &abnormal(db, ask, day, window).await?)
        }
        "placed" => made.cylinders(kind, &placed(db, ask).await?),
        "ages" => made.cylinders(kind, &ages(db, ask, day).await?),
        "storage" => made.sites(&storage(db, narrowed, rules).await?),
        "user-storage" => {
            let (lines, at) = user_storage::kept(db, narrowed, rules, now).await?;
            made_at = Some(at);
            let mut table = made.events(kind, &lines);
            // Addresses have names; the last rows, of those not told one by one and of unknown ones, have none.
            for row in &mut table.0 {
                let words = match &row[0].amount {
                    Amount::Text(t) if t.is_empty() => ("地址不明", "Address unknown"),
                    Amount::Text(t) if t == user_storage::OTHERS => ("其余地址", "Other addresses"),
                    _ => continue,
                };
                row[0] = Amount::Word(words.0.into(), words.1.into()).into();
            }
            table
        }
        "conduct" => made.events(kind, &conduct(db, ask, days).await?),
        "completeness" => made.events(kind, &completeness(db, ask, days, asked.period == Period::Year).await?),
        "recovery" => made.events(kind, &recovery(db, ask, days).await?),
        "opening" => made.events(kind, &opening(db, narrowed).await?),
        "tag-issue" => made.events(kind, &tag_issue(db, narrowed).await?),
        "sales" => {
            let (first, last) = (clock::date_of(days.first), clock::date_of(days.last));
            made.events(kind, &sales(db, narrowed, first, last, false).await?)
        }
        _ => {
            let all = super::statistics(db, narrowed, asked.period, day).await?;
            let behind = Behind { asked: &asked, day: date, unit: None };
            (domain::analysis::statistics(&all, behind, days, asked.period.before(day)), vec![])
        }
    };
    let district = match asked.district {
        None => String::new(),
        Some(code) => reference::division::Entity::find_by_id(code)
            .one(db.read())
            .await?
            .map_or_else(|| code.to_string(), |d| d.name),
    };
    let days = kind.periodic.then(|| (clock::date_of(days.first), clock::date_of(days.last)));
    let mut out = Sheet { all: rows.len(), rows, total, as_of: date, made_at, days, asked, district };
    if out.sort(kind) { Ok(out) } else { Err(AskError::Field("sort")) }
}

/// Of each analysis, by its word, the figure that stands for it today.
///
/// # Errors
/// As [`sheet`].
pub async fn overview(db: &Db, viewer: Viewer, rules: &RuleSet, now: i64) -> Result<Vec<(String, Figure)>, AskError> {
    let mut out = Vec::with_capacity(KINDS.len());
    for kind in KINDS {
        out.push((kind.code.to_owned(), sheet(db, viewer, rules, kind, &Asked::default(), now).await?.main(kind)));
    }
    Ok(out)
}

/// The day that is asked for, today where none is. Years that no cylinder and no rule knows are none.
///
/// # Errors
/// [`AskError::Field`].
pub fn as_of(asked: &Asked, now: i64) -> Result<NaiveDate, AskError> {
    let text = asked.as_of.trim();
    if text.is_empty() {
        return Ok(clock::local_date(now));
    }
    let day: Option<NaiveDate> = if text.len() == 10 { text.parse().ok() } else { None };
    day.filter(|d| (1900..=2199).contains(&d.year())).ok_or(AskError::Field("as_of"))
}

/// Makes rows of lines, each with its ways on.
struct Making<'a> {
    asked: &'a Asked,
    date: NaiveDate,
    /// Whether a district leads to its units.
    drill: bool,
}

type Table = (Vec<Vec<Figure>>, Vec<Figure>);

impl Making<'_> {
    /// A district leads to its units.
    fn down(&self, kind: &Kind, unit: &Unit) -> Option<String> {
        let district = i32::try_from(unit.id).ok().filter(|_| self.drill && self.asked.by == By::District)?;
        let asked = Asked { by: By::Org, district: Some(district), sort: String::new(), page: 0, ..self.asked.clone() };
        Some(asked.address(kind.code))
    }

    /// Of cylinders: a unit leads to its own.
    fn cylinders<T: Line>(&self, kind: &Kind, lines: &[T]) -> Table {
        let own = |u: &Unit| self.asked.cylinders(self.date, Some(u.id), &[("file", "on")]);
        table(lines, self.asked, self.date, |u| self.down(kind, u).unwrap_or_else(|| own(u)))
    }

    /// Of what happened: no list of its own stands behind a unit.
    fn events<T: Line>(&self, kind: &Kind, lines: &[T]) -> Table {
        table(lines, self.asked, self.date, |u| self.down(kind, u).unwrap_or_default())
    }

    /// Of sites: a site leads to the cylinders at it.
    fn sites<T: Line>(&self, lines: &[T]) -> Table {
        let at = |u: &Unit| self.asked.cylinders(self.date, None, &[("file", "on"), ("site", &u.id.to_string())]);
        table(lines, self.asked, self.date, at)
    }
}
