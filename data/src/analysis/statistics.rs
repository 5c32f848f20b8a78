//! 统计 (S0-47): a month, a quarter or a year beside the one before.

use super::{Ask, Units};
use crate::{Db, Error, incident};
use domain::{
    analysis::{By, Measure, Period, Span, Statistic},
    incident::Register,
    ledger::Metric,
    scope::Viewer,
};

/// The figures of the period that a day lies in, and of the period before.
///
/// # Errors
/// When the database fails.
pub async fn statistics(db: &Db, viewer: Viewer, period: Period, day: i32) -> Result<Vec<Statistic>, Error> {
    let units = Units::load(db, Ask { viewer, by: By::District }).await?;
    let (now, before) = (period.of(day), period.before(day));
    let mut out = Vec::with_capacity(Measure::ALL.len());
    for measure in Measure::ALL {
        let (value, before) = (of(&units, viewer, measure, now).await?, of(&units, viewer, measure, before).await?);
        out.push(Statistic { measure, value, before });
    }
    units.close().await?;
    Ok(out)
}

async fn of(units: &Units, viewer: Viewer, measure: Measure, days: Span) -> Result<Option<i64>, Error> {
    let metric = match measure {
        Measure::Fills => Metric::Fill,
        Measure::NetG => Metric::NetG,
        Measure::Refused => Metric::Blocked,
        Measure::Warned => Metric::Warned,
        Measure::Overridden => Metric::Overridden,
        Measure::Anomalies => Metric::Anomaly,
        Measure::FellDue => Metric::DueOn,
        Measure::LivesEnded => Metric::LifeEndOn,
        Measure::Accidents => return Ok(Some(incident::count(units.db(), viewer, Register::Accident, days).await?)),
        Measure::Hazards => return Ok(Some(incident::count(units.db(), viewer, Register::Hazard, days).await?)),
    };
    Ok(Some(units.total(metric, days).await?))
}
