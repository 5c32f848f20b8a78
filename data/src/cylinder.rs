//! Cylinders: the file, the present state, the tags. All three are derived from the ledger and can be recomputed from it.

use crate::Error;
use domain::{
    clock,
    date::PartialDate,
    gate::{CylinderFacts, PrecheckFacts, PresentFacts, TagState},
    ledger::{Build, Custody, File, FileState, Now, flag},
    life::{Dates, Family},
    rules::MediumClass,
};
use sea_orm::{IntoActiveModel, Iterable, Set, entity::prelude::*, sea_query::OnConflict};
use serde::Serialize;

/// A row of `cylinder`: the file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "cylinder")]
pub struct Model {
    /// Id: the ledger number of its registration.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Owner.
    pub org_id: i64,
    /// Home station.
    pub site_id: i64,
    /// Division of the home station (GB/T 2260), so that a district's cylinders are a stretch of an index; 0 where the station is not
    /// known. It follows from `site_id`, and is no part of what a pack of evidence holds.
    #[serde(skip)]
    pub division: i32,
    /// Primary tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// 出厂编号
    pub serial_no: String,
    /// 制造单位
    pub maker: String,
    /// Medium.
    pub medium: String,
    /// Model.
    pub model: String,
    /// [`Family`] code.
    pub family: String,
    /// Manufacture, partial date or empty.
    pub made: String,
    /// Last inspection, partial date or empty.
    pub inspected: String,
    /// Next inspection as printed, partial date or empty.
    pub next_printed: String,
    /// Recorded scrap date, partial date or empty.
    pub scrap_recorded: String,
    /// Assessment passed.
    pub assessed: bool,
    /// Stamped tare, g.
    pub tare_g: Option<i64>,
    /// Volume, ml.
    pub volume_ml: Option<i64>,
    /// Wall, µm.
    pub wall_um: Option<i64>,
    /// Maximum fill, g.
    pub max_fill_g: Option<i64>,
    /// Valve.
    pub valve: String,
    /// Inspections so far.
    pub inspections: i32,
    /// Doubts, one a line.
    pub doubts: String,
    /// Demonstration data.
    pub demo: bool,
    /// [`domain::ledger::Build`], as bits.
    pub build: i16,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The present state.
pub mod state {
    use sea_orm::entity::prelude::*;

    /// A row of `cylinder_state`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize)]
    #[sea_orm(table_name = "cylinder_state")]
    pub struct Model {
        /// Cylinder.
        #[sea_orm(primary_key, auto_increment = false)]
        pub cylinder_id: i64,
        /// [`domain::ledger::FileState`] number.
        pub file: i16,
        /// [`domain::ledger::Custody`] number.
        pub custody: i16,
        /// Flags.
        pub flags: i64,
        /// Home station.
        pub home: i64,
        /// Its division, as in the file: the orders by date have indexes of their own.
        #[serde(skip)]
        pub division: i32,
        /// Due day.
        pub due: Option<i32>,
        /// Last day of life.
        pub life_end: Option<i32>,
        /// Latest event: when.
        pub last_at: i64,
        /// … its number.
        pub last_no: i64,
        /// … where.
        pub last_site: i64,
        /// Latest read on site: where.
        pub read_site: i64,
        /// … when.
        pub read_at: i64,
        /// … its number.
        pub read_no: i64,
        /// Latest fill: its number.
        pub fill_no: i64,
        /// … when.
        pub fill_at: i64,
        /// … gas added, g.
        pub net_g: i64,
        /// Custody to go back to; 0 for none.
        pub prior: i16,
        /// Latest pre-fill check; 0 for none.
        pub check_at: i64,
        /// Residue found then, g.
        pub residue_g: Option<i32>,
        /// Delivered to the customer who has it: when; 0 for none.
        pub delivered_at: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tags.
pub mod tag {
    use domain::ledger::TagFate;
    use sea_orm::entity::prelude::*;

    /// State of a tag that is bound to a cylinder.
    pub const BOUND: i16 = 1;
    /// State of a tag that was voided.
    pub const VOID: i16 = 2;
    /// State of a tag that was issued and not bound.
    pub const ISSUED: i16 = 3;
    /// State of a tag that was voided when its cylinder was destroyed: there will be many, which no count of tags need look at.
    pub const GONE: i16 = 4;

    /// State and cylinder of a tag that a cylinder's chain names.
    #[must_use]
    pub const fn of(fate: TagFate, id: i64) -> (i16, Option<i64>) {
        match fate {
            TagFate::Bound => (BOUND, Some(id)),
            TagFate::Void => (VOID, Some(id)),
            TagFate::Gone => (GONE, Some(id)),
            TagFate::Free => (ISSUED, None),
        }
    }

    /// A row of `tag`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tag")]
    pub struct Model {
        /// Code as read.
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        /// State.
        pub state: i16,
        /// Cylinder.
        pub cylinder_id: Option<i64>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// What the gate is told of it.
        #[must_use]
        pub const fn gate_state(&self) -> domain::gate::TagState {
            match (self.state, self.cylinder_id) {
                (BOUND, Some(_)) => domain::gate::TagState::Bound,
                (VOID | GONE, _) => domain::gate::TagState::Void,
                _ => domain::gate::TagState::Unbound,
            }
        }
    }
}

/// Organisations that hold a cylinder in trust (托管).
pub mod entrustment {
    use sea_orm::entity::prelude::*;

    /// A row of `entrustment`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entrustment")]
    pub struct Model {
        /// Cylinder.
        #[sea_orm(primary_key, auto_increment = false)]
        pub cylinder_id: i64,
        /// Holder.
        #[sea_orm(primary_key, auto_increment = false)]
        pub org_id: i64,
        /// First day.
        pub valid_from: Option<Date>,
        /// Last day.
        pub valid_to: Option<Date>,
    }

    /// The organisations among these that hold on a day, in the order of their ids.
    #[must_use]
    pub fn holders(rows: &[Model], day: Date) -> Vec<i64> {
        let mut orgs: Vec<i64> = rows
            .iter()
            .filter(|e| e.valid_from.is_none_or(|d| day >= d) && e.valid_to.is_none_or(|d| day <= d))
            .map(|e| e.org_id)
            .collect();
        orgs.sort_unstable();
        orgs
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn date(text: &str) -> Option<PartialDate> {
    text.parse().ok()
}

fn text(date: Option<PartialDate>) -> String {
    date.map(|d| d.to_string()).unwrap_or_default()
}

impl Model {
    /// The same with the division that its home station is in.
    #[must_use]
    pub fn in_division(self, division: i32) -> Self {
        Self { division, ..self }
    }

    /// The row of a file, in no division yet.
    #[must_use]
    pub fn of(id: i64, f: &File, demo: bool) -> Self {
        Self {
            id,
            org_id: f.org,
            site_id: f.site,
            division: 0,
            tag: f.tag.clone(),
            stamp_no: f.stamp_no.clone(),
            serial_no: f.serial_no.clone(),
            maker: f.maker.clone(),
            medium: f.medium.clone(),
            model: f.dates.model.clone(),
            family: f.dates.family.code().to_owned(),
            made: text(f.dates.made),
            inspected: text(f.dates.inspected),
            next_printed: text(f.dates.next_printed),
            scrap_recorded: text(f.dates.scrap_recorded),
            assessed: f.dates.assessed,
            tare_g: f.tare_g,
            volume_ml: f.volume_ml,
            wall_um: f.wall_um,
            max_fill_g: f.max_fill_g,
            valve: f.valve.clone(),
            inspections: i32::try_from(f.inspections).unwrap_or(i32::MAX),
            doubts: f.doubts.join("\n"),
            demo,
            build: f.build.bits(),
        }
    }

    /// The file. `class` is that of its medium.
    ///
    /// # Errors
    /// When the family is none we know.
    pub fn file(&self, class: MediumClass, state: FileState) -> Result<File, Error> {
        Ok(File {
            org: self.org_id,
            site: self.site_id,
            tag: self.tag.clone(),
            stamp_no: self.stamp_no.clone(),
            serial_no: self.serial_no.clone(),
            maker: self.maker.clone(),
            medium: self.medium.clone(),
            dates: Dates {
                family: Family::from_code(&self.family)
                    .ok_or_else(|| Error::Stored(format!("cylinder {}: family {}", self.id, self.family)))?,
                model: self.model.clone(),
                medium_class: class,
                made: date(&self.made),
                inspected: date(&self.inspected),
                next_printed: date(&self.next_printed),
                scrap_recorded: date(&self.scrap_recorded),
                assessed: self.assessed,
                inspections: i64::from(self.inspections),
            },
            tare_g: self.tare_g,
            volume_ml: self.volume_ml,
            wall_um: self.wall_um,
            max_fill_g: self.max_fill_g,
            valve: self.valve.clone(),
            inspections: i64::from(self.inspections),
            doubts: self.doubts.lines().map(str::to_owned).collect(),
            state,
            build: Build::from_bits(self.build),
        })
    }
}

impl state::Model {
    /// The same with the division that its home station is in.
    #[must_use]
    pub const fn in_division(mut self, division: i32) -> Self {
        self.division = division;
        self
    }

    /// The row of a state, in no division yet.
    #[must_use]
    pub const fn of(cylinder_id: i64, n: &Now) -> Self {
        Self {
            cylinder_id,
            file: n.file.number(),
            custody: n.custody.number(),
            flags: n.flags,
            home: n.home,
            division: 0,
            due: n.due,
            life_end: n.life_end,
            last_at: n.last_at,
            last_no: n.last_no,
            last_site: n.last_site,
            read_site: n.read_site,
            read_at: n.read_at,
            read_no: n.read_no,
            fill_no: n.fill_no,
            fill_at: n.fill_at,
            net_g: n.net_g,
            prior: match n.prior {
                Some(c) => c.number(),
                None => 0,
            },
            check_at: n.check_at,
            residue_g: n.residue_g,
            delivered_at: n.delivered_at,
        }
    }

    /// The state.
    ///
    /// # Errors
    /// When a number is none we know.
    pub fn now(&self) -> Result<Now, Error> {
        let bad = || Error::Stored(format!("state of cylinder {}", self.cylinder_id));
        Ok(Now {
            file: FileState::from_number(self.file).ok_or_else(bad)?,
            custody: Custody::from_number(self.custody).ok_or_else(bad)?,
            flags: self.flags,
            home: self.home,
            due: self.due,
            life_end: self.life_end,
            last_at: self.last_at,
            last_no: self.last_no,
            last_site: self.last_site,
            read_site: self.read_site,
            read_at: self.read_at,
            read_no: self.read_no,
            fill_no: self.fill_no,
            fill_at: self.fill_at,
            net_g: self.net_g,
            prior: match self.prior {
                0 => None,
                n => Some(Custody::from_number(n).ok_or_else(bad)?),
            },
            check_at: self.check_at,
            residue_g: self.residue_g,
            delivered_at: self.delivered_at,
        })
    }
}

/// What becomes of a cylinder's file in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// It stays as it is.
    None,
    /// It is registered.
    New,
    /// It was there, and changes.
    Changed,
}

/// A cylinder as the writer works on it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// File.
    pub file: File,
    /// Present state.
    pub now: Now,
    /// Demonstration data.
    pub demo: bool,
    /// Whether its state changed.
    pub dirty: bool,
    /// What becomes of its file.
    pub change: FileChange,
}

impl Loaded {
    /// What the gate is told of it, asked at an instant (ms).
    #[must_use]
    pub fn facts(&self, entrusted: Vec<i64>, at: i64) -> CylinderFacts {
        let (n, build) = (&self.now, self.file.build);
        let has = |bit| n.flags & bit != 0;
        CylinderFacts {
            file: n.file,
            owner: self.file.org,
            entrusted,
            medium: self.file.medium.clone(),
            dates: self.file.dates.clone(),
            cloned: has(flag::CLONE),
            doubtful: has(flag::DOUBT),
            present: PresentFacts {
                custody: Some(n.custody),
                sealed: has(flag::SEALED),
                recalled: has(flag::RECALLED),
                lost: n.custody == Custody::Lost,
                inspection_failed: has(flag::INSPECTION_FAILED),
                idle_since: (n.last_at > 0).then(|| clock::local_date(n.last_at)),
                dual_phase: build.dual_phase,
                phase_mismatch: build.is_mismatched(),
                screwed_shroud: build.screwed_shroud,
                vacuum_needed: has(flag::NEEDS_VACUUM),
                precheck: (n.check_at > 0).then(|| PrecheckFacts {
                    minutes: at.saturating_sub(n.check_at).div_euclid(clock::MINUTE_MS),
                    passed: has(flag::CHECK_PASSED),
                    stamp_matches: has(flag::STAMP_READ).then(|| !has(flag::TAG_FAULT)),
                }),
                residue_g: n.residue_g.map(i64::from),
                max_fill_g: self.file.max_fill_g,
                chain_gap: has(flag::CHAIN_GAP),
                label_old: build.label_old,
            },
        }
    }
}

/// What a tag leads to.
pub const fn tag_state(tag: Option<&tag::Model>) -> TagState {
    match tag {
        None => TagState::Unknown,
        Some(t) => t.gate_state(),
    }
}

/// Writes new files.
///
/// # Errors
/// When the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<ActiveModel> = rows.by_ref().take(1_000).map(|m| m.into_active_model().reset_all()).collect();
        Entity::insert_many(chunk).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes files that changed.
///
/// # Errors
/// When the database fails.
pub async fn put<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(1_000) {
        Entity::insert_many(chunk.iter().map(|m| m.clone().into_active_model().reset_all()))
            .on_conflict(
                OnConflict::column(Column::Id)
                    .update_columns(Column::iter().filter(|c| !matches!(c, Column::Id)))
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Writes tags, new or changed.
///
/// # Errors
/// When the database fails.
pub async fn put_tags<C: ConnectionTrait>(db: &C, rows: Vec<tag::Model>) -> Result<(), DbErr> {
    for chunk in rows.chunks(5_000) {
        tag::Entity::insert_many(chunk.iter().map(|t| tag::ActiveModel {
            code: Set(t.code.clone()),
            state: Set(t.state),
            cylinder_id: Set(t.cylinder_id),
        }))
        .on_conflict(
            OnConflict::column(tag::Column::Code)
                .update_columns([tag::Column::State, tag::Column::CylinderId])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    }
    Ok(())
}

/// Writes present states, new or changed.
///
/// # Errors
/// When the database fails.
pub async fn put_states<C: ConnectionTrait>(db: &C, rows: Vec<state::Model>) -> Result<(), DbErr> {
    use state::Column as S;
    for chunk in rows.chunks(1_500) {
        let mut q = sea_orm::sea_query::Query::insert();
        q.into_table(state::Entity).columns(S::iter());
        for m in chunk {
            q.values_panic([
                m.cylinder_id.into(),
                m.file.into(),
                m.custody.into(),
                m.flags.into(),
                m.home.into(),
                m.division.into(),
                m.due.into(),
                m.life_end.into(),
                m.last_at.into(),
                m.last_no.into(),
                m.last_site.into(),
                m.read_site.into(),
                m.read_at.into(),
                m.read_no.into(),
                m.fill_no.into(),
                m.fill_at.into(),
                m.net_g.into(),
                m.prior.into(),
                m.check_at.into(),
                m.residue_g.into(),
                m.delivered_at.into(),
            ]);
        }
        q.on_conflict(
            OnConflict::column(S::CylinderId)
                .update_columns(S::iter().filter(|c| !matches!(c, S::CylinderId)))
                .to_owned(),
        );
        db.execute(&q).await?;
    }
    Ok(())
}
