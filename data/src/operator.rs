//! Fillers and their certificates (作业人员证, item P).

use sea_orm::{Condition, QueryOrder, Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::HashMap;

/// A row of `operator`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator")]
pub struct Model {
    /// Organisation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: i64,
    /// Code of the person within it, as guns and handhelds send it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Last day of the certificate.
    pub cert_until: Option<Date>,
    /// Media it covers, comma separated.
    pub media: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Certificates of the people named: (organisation, code).
///
/// # Errors
/// When the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, named: &[(i64, &str)]) -> Result<HashMap<(i64, String), Model>, DbErr> {
    let mut out = HashMap::new();
    for chunk in named.chunks(1_000) {
        let any = chunk.iter().fold(Condition::any(), |any, (org, code)| {
            any.add(Condition::all().add(Column::OrgId.eq(*org)).add(Column::Code.eq(*code)))
        });
        out.extend(Entity::find().filter(any).all(db).await?.into_iter().map(|m| ((m.org_id, m.code.clone()), m)));
    }
    Ok(out)
}

/// The people of an organisation, by code.
///
/// # Errors
/// When the database fails.
pub async fn list<C: ConnectionTrait>(db: &C, org: i64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::OrgId.eq(org)).order_by_asc(Column::Code).all(db).await
}

/// Enters a person, or the new certificate of one that is there.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, m: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel {
        org_id: Set(m.org_id),
        code: Set(m.code),
        cert_until: Set(m.cert_until),
        media: Set(m.media),
    })
    .on_conflict(
        OnConflict::columns([Column::OrgId, Column::Code])
            .update_columns([Column::CertUntil, Column::Media])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await
    .map(|_| ())
}
