//! The archive of cylinders as a list: filters, orders, pages.

use crate::{
    Db, Error, cylinder,
    cylinder::state,
    gauge::ON_FILE,
    names,
    page::{self, AskError, At, Cursor, Key, Order, Slice},
    reference, rule, site,
};
use chrono::NaiveDate;
use domain::{
    analysis::Place,
    archive::{self, CylinderLine, InspectionFilter, inspection},
    clock, codes,
    ledger::{Custody, FileState, flag},
    list::{ListPage, ListQuery, PageAt, SIZES},
    scope::{Scope, Viewer},
};
use sea_orm::{
    ConnectionTrait, FromQueryResult, QueryFilter, QuerySelect,
    entity::prelude::*,
    sea_query::{Alias, BinOper, Condition, Expr, ExprTrait, JoinType, Query, SelectStatement},
};
use std::collections::{HashMap, HashSet};

/// Cylinders that one code may lead to; a stamped number is not unique.
const CODE_MAX: u64 = 1_000;

/// The number of a cylinder in the table that the key is in: an index gives the order of two columns of one table only.
fn id_beside((table, _): (&'static str, &'static str)) -> (&'static str, &'static str) {
    (table, if table == FILE { "id" } else { "cylinder_id" })
}

/// The table of files.
const FILE: &str = "cylinder";
/// … and that of present states.
const STATE: &str = "cylinder_state";

/// Fewer rows than these are gathered by what they are narrowed to, and sorted; of more, a page is full soon when the rows are walked in
/// the order of the list. In a million cylinders either way reads some thousands at most.
const FEW: u32 = 5_000;

/// The orders: name in the address, column, whether a number, whether rows may be without it.
const ORDERS: [(&str, (&str, &str), bool, bool); 6] = [
    ("tag", (FILE, "tag"), false, false),
    ("stamp", (FILE, "stamp_no"), false, false),
    ("serial", (FILE, "serial_no"), false, false),
    ("made", (FILE, "made"), false, false),
    ("due", (STATE, "due"), true, true),
    ("life_end", (STATE, "life_end"), true, true),
];

/// What is read of a line; names are looked up apart, once a page.
#[derive(Clone, Debug, FromQueryResult)]
struct Row {
    id: i64,
    org_id: i64,
    tag: String,
    stamp_no: String,
    serial_no: String,
    maker: String,
    medium: String,
    model: String,
    made: String,
    inspected: String,
    inspections: i32,
    valve: String,
    demo: bool,
    file: i16,
    custody: i16,
    flags: i64,
    home: i64,
    due: Option<i32>,
    life_end: Option<i32>,
    last_site: i64,
}

impl Row {
    /// The sort key of a line.
    fn key(&self, order: &str) -> Option<Key> {
        match order {
            "stamp" => Some(Key::Text(self.stamp_no.clone())),
            "serial" => Some(Key::Text(self.serial_no.clone())),
            "made" => Some(Key::Text(self.made.clone())),
            "due" => self.due.map(|d| Key::Int(d.into())),
            "life_end" => self.life_end.map(|d| Key::Int(d.into())),
            _ => Some(Key::Text(self.tag.clone())),
        }
    }

    const fn place(&self) -> i64 {
        if self.last_site > 0 { self.last_site } else { self.home }
    }
}

/// The day that a list is judged at: `as_of`, today where it is not given.
///
/// # Errors
/// [`AskError::Field`] when it is no day.
pub fn as_of(query: &ListQuery, now: i64) -> Result<NaiveDate, AskError> {
    match query.filter("as_of") {
        "" => Ok(clock::local_date(now)),
        text => day("as_of", text),
    }
}

/// A day of an address: four digits of a year, which is what a date field gives, and no day that arithmetic could leave the calendar
/// from.
fn day(field: &'static str, text: &str) -> Result<NaiveDate, AskError> {
    let day = if text.len() == 10 { text.parse().ok() } else { None };
    day.ok_or(AskError::Field(field))
}

/// A page of the cylinders within the viewer's scope that the query asks for.
///
/// # Errors
/// [`AskError::Field`] with what cannot be meant; otherwise when the database fails, or a stored value cannot be read.
pub async fn list(db: &Db, viewer: Viewer, query: &ListQuery, now: i64) -> Result<ListPage<CylinderLine>, AskError> {
    let day = as_of(query, now)?;
    let size = if SIZES.contains(&query.size) { query.size } else { SIZES[0] };
    let name = archive::order(query);
    let (name, key, int, nullable) = *ORDERS.iter().find(|o| o.0 == name).ok_or(AskError::Field("sort"))?;
    let label = format!("{name}{}", if query.descending { '-' } else { '+' });
    let at = match &query.from {
        PageAt::Start => At::Start,
        PageAt::After(c) => At::After(Cursor::read(c, &label)?),
        PageAt::Before(c) => At::Before(Cursor::read(c, &label)?),
    };
    let read = db.begin_read().await?;
    let soon = rule::current(&read).await?.due_soon_days();
    let coded = coded(&read, query).await?;
    let ask = |seek| {
        let narrowed = conditions(query, day, soon, seek)?.to(coded.as_deref());
        Ok::<_, AskError>(narrowed.seen_by(viewer, seek))
    };
    let gather = Seek::Gather { by_state: query.filters.keys().any(|name| OF_STATE.contains(&name.as_str())) };
    let gathered = ask(gather)?;
    let total = page::total(&read, &gathered.from(None)).await?;
    let few = !total.more && total.count < FEW && !is_stretch(viewer, query, key);
    let order = Order { key, id: id_beside(key), int, nullable, descending: query.descending, few };
    let size = u64::from(size);
    let slice: Slice<Row> = if few {
        // What stands beside the key is read of the page's rows only.
        let order = Order { id: gathered.id(key), ..order };
        let mut keys = gathered.from(Some(key.0));
        keys.expr_as(Expr::col((Alias::new(order.id.0), Alias::new(order.id.1))), "id");
        let found: Slice<Found> = page::fetch_whole(&read, &keys, &order, &at, size).await?;
        let ids: Vec<i64> = found.rows.iter().map(|f| f.id).collect();
        Slice { rows: by_ids(&read, &ids).await?, before: found.before, after: found.after }
    } else {
        let narrowed = ask(Seek::Walk(key))?;
        let base = columns().cond_where(narrowed.file).cond_where(narrowed.state).to_owned();
        page::fetch_whole(&read, &base, &order, &at, size).await?
    };
    let cursor = |r: &Row| Cursor { key: r.key(name), id: r.id }.write(&label);
    let before = slice.rows.first().filter(|_| slice.before).map(cursor);
    let after = slice.rows.last().filter(|_| slice.after).map(cursor);
    let rows = lines(&read, slice.rows, day, soon).await?;
    read.commit().await?;
    Ok(ListPage { rows, total, before, after })
}

/// Filters by the present state.
const OF_STATE: [&str; 9] =
    ["site", "file", "custody", "flag", "inspection", "due_from", "due_to", "life_from", "life_to"];

/// The number of a row that was found.
#[derive(Clone, Copy, Debug, FromQueryResult)]
struct Found {
    id: i64,
}

/// The rows of cylinders, in this order.
async fn by_ids<C: ConnectionTrait>(db: &C, ids: &[i64]) -> Result<Vec<Row>, DbErr> {
    let mut s = columns();
    s.and_where(cylinder::Column::Id.is_in(ids.iter().copied()));
    let found = Row::find_by_statement(db.get_database_backend().build(&s)).all(db).await?;
    let mut rows: HashMap<i64, Row> = found.into_iter().map(|r| (r.id, r)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// Whether what is asked for is one stretch of an index of this order: then a page is read from it at once, however few rows there are.
fn is_stretch(viewer: Viewer, query: &ListQuery, key: (&str, &str)) -> bool {
    let leads: &[&str] = match key {
        (FILE, "tag") => &["org", "district"],
        (STATE, "due") => &["district", "site", "due_from", "due_to"],
        (STATE, "life_end") => &["district", "life_from", "life_to"],
        _ => &[],
    };
    let scoped = match viewer.scope {
        Scope::City => true,
        Scope::Org(_) => leads.contains(&"org"),
        Scope::District(_) => leads.contains(&"district"),
    };
    // What is overdue or due soon is nearly all of its stretch of due dates, what is past its life all of its own.
    let inspected = matches!(
        (InspectionFilter::from_code(query.filter("inspection")), key.1),
        (None, _)
            | (Some(InspectionFilter::PastLife), "life_end")
            | (Some(InspectionFilter::Overdue | InspectionFilter::DueSoon | InspectionFilter::Valid), "due")
    );
    let asked = query.filters.iter().filter(|(name, _)| !matches!(name.as_str(), "inspection" | "as_of"));
    // Owner, district and station begin different indexes.
    let one = ["org", "district", "site"].iter().filter(|f| !query.filter(f).is_empty()).count() <= 1;
    scoped && inspected && one && asked.into_iter().all(|(name, _)| leads.contains(&name.as_str()))
}

/// The line of one cylinder, if the viewer may see it.
pub(crate) async fn line<C: ConnectionTrait>(
    db: &C,
    viewer: Viewer,
    id: i64,
    day: NaiveDate,
    soon_days: i64,
) -> Result<Option<CylinderLine>, Error> {
    let mut s = columns();
    s.cond_where(within(viewer)).and_where(cylinder::Column::Id.eq(id));
    let row = Row::find_by_statement(db.get_database_backend().build(&s)).one(db).await?;
    Ok(lines(db, row.into_iter().collect(), day, soon_days).await?.pop())
}

/// What is read of a line.
fn columns() -> SelectStatement {
    use cylinder::Column as F;
    use state::Column as S;
    let mut s = both();
    for c in [
        F::Id,
        F::OrgId,
        F::Tag,
        F::StampNo,
        F::SerialNo,
        F::Maker,
        F::Medium,
        F::Model,
        F::Made,
        F::Inspected,
        F::Inspections,
        F::Valve,
        F::Demo,
    ] {
        s.column((cylinder::Entity, c));
    }
    for c in [S::File, S::Custody, S::Flags, S::Home, S::Due, S::LifeEnd, S::LastSite] {
        s.column((state::Entity, c));
    }
    s
}

/// Files and present states, side by side.
fn both() -> SelectStatement {
    let same = Expr::col((state::Entity, state::Column::CylinderId)).equals((cylinder::Entity, cylinder::Column::Id));
    Query::select().from(cylinder::Entity).join(JoinType::InnerJoin, state::Entity, same).to_owned()
}

/// How rows are come by. The databases cannot know how many rows a question leaves, and guess badly: which indexes may serve is said
/// by whether a condition names a bare column.
#[derive(Clone, Copy)]
pub(crate) enum Seek {
    /// By any index; the district by those of the present state, where something else of it is asked for as well.
    Gather {
        /// Whether it is.
        by_state: bool,
    },
    /// In the order of a key (table, column): by an index of this order, which may begin with the owner or the district, and by no other.
    Walk((&'static str, &'static str)),
}

impl Seek {
    /// A number that is asked for.
    fn number(self, table: &'static str, column: &'static str) -> Expr {
        let bare = Expr::col((Alias::new(table), Alias::new(column)));
        if self.may_use(table, column) { bare } else { bare.add(0) }
    }

    /// A text that is asked for.
    fn text(self, column: &'static str) -> Expr {
        let bare = Expr::col((Alias::new(FILE), Alias::new(column)));
        if self.may_use(FILE, column) { bare } else { bare.binary(BinOper::Custom("||"), "") }
    }

    /// The site where it was last met, else its home, as an index says it (`state_by_place`).
    fn place(self) -> Expr {
        let bare = Expr::cust(
            "CASE WHEN \"cylinder_state\".\"last_site\" > 0 THEN \"cylinder_state\".\"last_site\" ELSE \"cylinder_state\".\"home\" END",
        );
        if matches!(self, Self::Gather { .. } | Self::Walk((STATE, "due"))) { bare } else { bare.add(0) }
    }

    fn may_use(self, table: &'static str, column: &'static str) -> bool {
        let Self::Walk(key) = self else { return true };
        key == (table, column)
            || matches!(
                (key, column),
                ((FILE, "tag"), "org_id" | "division") | ((STATE, "due" | "life_end"), "division")
            )
    }

    /// The table that is asked for the district, which file and state both name.
    fn home(self) -> &'static str {
        if matches!(self, Self::Walk((STATE, _)) | Self::Gather { by_state: true }) { STATE } else { FILE }
    }

    /// That it is at home in a district.
    fn at_home_in(self, division: i32) -> Expr {
        self.number(self.home(), "division").eq(division)
    }
}

/// Cylinders that the viewer may see: all, those of a district's stations, or those of an organisation.
#[must_use]
pub fn within(viewer: Viewer) -> Condition {
    Narrowed::default().seen_by(viewer, BY_FILE).file
}

/// Cylinders that are at home in a district.
pub(crate) fn at_home_in(division: i32) -> Expr {
    BY_FILE.at_home_in(division)
}

/// By any index of the file.
const BY_FILE: Seek = Seek::Gather { by_state: false };

/// Conditions on a cylinder's file, and on its present state.
pub(crate) struct Narrowed {
    pub(crate) file: Condition,
    pub(crate) state: Condition,
}

impl Default for Narrowed {
    fn default() -> Self {
        Self { file: Condition::all(), state: Condition::all() }
    }
}

impl Narrowed {
    /// Narrowed to a district.
    fn at_home_in(mut self, division: i32, seek: Seek) -> Self {
        let part = if seek.home() == STATE { &mut self.state } else { &mut self.file };
        *part = std::mem::replace(part, Condition::all()).add(seek.at_home_in(division));
        self
    }

    /// Narrowed to what the viewer may see.
    fn seen_by(mut self, viewer: Viewer, seek: Seek) -> Self {
        match viewer.scope {
            Scope::City => self,
            Scope::District(code) => self.at_home_in(code, seek),
            Scope::Org(id) => {
                self.file = self.file.add(seek.number(FILE, "org_id").eq(id));
                self
            }
        }
    }

    /// Those that are asked for, of the tables that something is asked of, and of one more if any: each cylinder has a row in both.
    fn from(&self, and: Option<&'static str>) -> SelectStatement {
        let of = |table, all: &Condition| !all.is_empty() || and == Some(table);
        let mut s = match (of(FILE, &self.file), of(STATE, &self.state)) {
            (true, true) => both(),
            (false, true) => Query::select().from(state::Entity).to_owned(),
            (_, false) => Query::select().from(cylinder::Entity).to_owned(),
        };
        s.cond_where(self.file.clone()).cond_where(self.state.clone()).to_owned()
    }

    /// The column of the number of a cylinder in [`Narrowed::from`] these and the table of a key.
    fn id(&self, key: (&'static str, &'static str)) -> (&'static str, &'static str) {
        if key.0 == FILE || !self.file.is_empty() { (FILE, "id") } else { (STATE, "cylinder_id") }
    }

    /// Narrowed to those of a code too, if one was asked for.
    fn to(mut self, coded: Option<&[i64]>) -> Self {
        if let Some(ids) = coded {
            self.file = self.file.add(cylinder::Column::Id.is_in(ids.iter().copied()));
        }
        self
    }
}

/// In the order of registration: that of an export.
const BY_ID: Seek = Seek::Walk((FILE, "id"));

/// What the filters of a query come to, for rows that are walked in the order of registration.
pub(crate) async fn narrowed<C: ConnectionTrait>(
    db: &C,
    query: &ListQuery,
    day: NaiveDate,
    soon_days: i64,
) -> Result<Narrowed, AskError> {
    let all = conditions(query, day, soon_days, BY_ID)?;
    Ok(all.to(coded(db, query).await?.as_deref()))
}

/// Where the code that is asked for leads, which only the record knows; `None` where none is.
async fn coded<C: ConnectionTrait>(db: &C, query: &ListQuery) -> Result<Option<Vec<i64>>, AskError> {
    match query.filter("q") {
        "" => Ok(None),
        text => Ok(Some(by_code(db, page::text("q", text)?).await?)),
    }
}

/// Whether the filters can be meant, the code apart: where it leads the record knows.
///
/// # Errors
/// [`AskError::Field`] with the filter that cannot.
pub fn check(query: &ListQuery) -> Result<(), AskError> {
    as_of(query, 0)?;
    conditions(query, NaiveDate::default(), 0, BY_FILE).map(|_| ())
}

/// The same as far as the record is not needed.
fn conditions(query: &ListQuery, today: NaiveDate, soon_days: i64, seek: Seek) -> Result<Narrowed, AskError> {
    use state::Column as S;
    let wanted = match query.filter("inspection") {
        "" => None,
        code => Some(InspectionFilter::from_code(code).ok_or(AskError::Field("inspection"))?),
    };
    let mut all = Narrowed { file: Condition::all(), state: by_dates(wanted, today, soon_days, seek) };
    for (name, value) in &query.filters {
        let field = *archive::FILTERS.iter().find(|f| *f == name).ok_or(AskError::Field("filter"))?;
        let bad = || AskError::Field(field);
        let value = page::text(field, value)?;
        let on = |column, later: bool| {
            let (days, column) = (clock::day_of(day(field, value)?), seek.number(STATE, column));
            Ok::<Expr, AskError>(if later { column.gte(days) } else { column.lte(days) })
        };
        let made = || seek.text("made");
        let file: Expr = match field {
            "org" => seek.number(FILE, "org_id").eq(value.parse::<i64>().map_err(|_| bad())?),
            "district" => {
                all = all.at_home_in(value.parse().map_err(|_| bad())?, seek);
                continue;
            }
            "medium" => seek.text("medium").eq(value),
            "made" if value == "unknown" => made().eq(""),
            "made" => return Err(bad()),
            // Made dates begin with their year; one that is unknown is of no band.
            "made_from" => made().gte(year(value).ok_or_else(bad)?.to_string()),
            "made_to" => made().lt((year(value).ok_or_else(bad)? + 1).to_string()).and(made().ne("")),
            _ => {
                let state: Expr = match field {
                    "site" => seek.place().eq(value.parse::<i64>().map_err(|_| bad())?),
                    "file" => S::File.is_in(files(value).ok_or_else(bad)?),
                    "custody" => S::Custody.is_in(custodies(value).ok_or_else(bad)?),
                    "flag" => {
                        let bit = flag::SHOWN.iter().find(|f| f.0.to_string() == value).ok_or_else(bad)?.0;
                        Expr::col((state::Entity, S::Flags)).bit_and(bit).ne(0_i64)
                    }
                    "due_from" => on("due", true)?,
                    "due_to" => on("due", false)?,
                    "life_from" => on("life_end", true)?,
                    "life_to" => on("life_end", false)?,
                    // The code and the dates, which stand elsewhere.
                    _ => continue,
                };
                all.state = all.state.add(state);
                continue;
            }
        };
        all.file = all.file.add(file);
    }
    Ok(all)
}

/// The file states that a value of the filter means: one by its number, or a group.
fn files(value: &str) -> Option<Vec<i16>> {
    match value {
        "on" => Some(ON_FILE.map(FileState::number).to_vec()),
        "off" => Some([FileState::Scrapped, FileState::Destroyed].map(FileState::number).to_vec()),
        one => FileState::ALL.iter().find(|f| f.number().to_string() == one).map(|f| vec![f.number()]),
    }
}

/// The custodies that a value of the filter means: one by its number, or those of a place.
fn custodies(value: &str) -> Option<Vec<i16>> {
    if let Some(place) = Place::from_code(value) {
        return Some(Custody::ALL.iter().filter(|c| Place::of(**c) == place).map(|c| c.number()).collect());
    }
    Custody::ALL.iter().find(|c| c.number().to_string() == value).map(|c| vec![c.number()])
}

fn year(text: &str) -> Option<u16> {
    text.parse().ok().filter(|y| (1900..=2199).contains(y))
}

/// That the dates come to what is wanted, by the stored days.
fn by_dates(wanted: Option<InspectionFilter>, day: NaiveDate, soon_days: i64, seek: Seek) -> Condition {
    let Some(wanted) = wanted else { return Condition::all() };
    let today = clock::day_of(day);
    let soon = today.saturating_add(i32::try_from(soon_days.clamp(0, 3650)).unwrap_or_default());
    let (due, life_end) = (|| seek.number(STATE, "due"), || seek.number(STATE, "life_end"));
    let alive = life_end().is_null().or(life_end().gte(today));
    match wanted {
        InspectionFilter::PastLife => Condition::all().add(life_end().lt(today)),
        InspectionFilter::Overdue => Condition::all().add(due().lt(today)).add(alive),
        InspectionFilter::DueSoon => Condition::all().add(due().between(today, soon)).add(alive),
        InspectionFilter::Valid => Condition::all().add(due().gt(soon)).add(alive),
        InspectionFilter::Unknown => Condition::all().add(due().is_null()).add(alive),
    }
}

/// What a text may stand as in the record, whatever kind of code it is.
pub(crate) fn spellings(text: &str) -> HashSet<String> {
    let readings = codes::read(text);
    // A returnable asset is bound by its key alone, as readers of tags give it: without the application identifier.
    let bare = |r: &codes::Reading| r.text.strip_prefix("(8003)").map(str::to_owned);
    let mut codes: HashSet<String> = readings.iter().filter_map(bare).collect();
    codes.extend(readings.into_iter().map(|r| r.text));
    codes.extend(codes::tag(text));
    codes.insert(codes::half_width(text).trim().to_owned());
    // What leads nowhere, and what no text in the record can be.
    codes.retain(|c| !c.is_empty() && !c.contains('\0'));
    codes
}

/// Ids of the cylinders that a code leads to, whatever kind of code it is: a tag as read, any code that the text can be, a
/// stamped number, a serial number.
///
/// # Errors
/// When the database fails.
pub async fn by_code<C: ConnectionTrait>(db: &C, text: &str) -> Result<Vec<i64>, DbErr> {
    let codes = spellings(text);
    let mut ids: HashSet<i64> = HashSet::new();
    let tags = cylinder::tag::Entity::find().filter(cylinder::tag::Column::Code.is_in(&codes)).limit(CODE_MAX);
    ids.extend(tags.all(db).await?.into_iter().filter_map(|t| t.cylinder_id));
    for column in [cylinder::Column::Tag, cylinder::Column::StampNo, cylinder::Column::SerialNo] {
        let found: Vec<i64> = cylinder::Entity::find()
            .select_only()
            .column(cylinder::Column::Id)
            .filter(column.is_in(&codes))
            .limit(CODE_MAX)
            .into_tuple()
            .all(db)
            .await?;
        ids.extend(found);
    }
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The lines of rows, with names.
async fn lines<C: ConnectionTrait>(
    db: &C,
    rows: Vec<Row>,
    day: NaiveDate,
    soon_days: i64,
) -> Result<Vec<CylinderLine>, Error> {
    let orgs: HashSet<i64> = rows.iter().map(|r| r.org_id).collect();
    let orgs = names::orgs(db, orgs).await?;
    let places: HashSet<i64> = rows.iter().map(Row::place).collect();
    let places = names::sites(db, places).await?;
    let media: HashMap<String, reference::medium::Model> =
        reference::all_media(db).await?.into_iter().map(|m| (m.code.clone(), m)).collect();
    let date = |d: Option<i32>| d.map(clock::date_of);
    rows.into_iter()
        .map(|r| {
            let bad = || Error::Stored(format!("state of cylinder {}", r.id));
            let (due, life_end) = (date(r.due), date(r.life_end));
            let medium = media.get(&r.medium);
            Ok(CylinderLine {
                org: orgs.get(&r.org_id).cloned().unwrap_or_default(),
                place: places.get(&r.place()).cloned().unwrap_or_default(),
                medium: medium.map_or_else(|| r.medium.clone(), |m| m.zh.clone()),
                medium_en: medium.map_or_else(|| r.medium.clone(), |m| m.en.clone()),
                file: FileState::from_number(r.file).ok_or_else(bad)?,
                custody: Custody::from_number(r.custody).ok_or_else(bad)?,
                inspection: inspection(due, life_end, day, soon_days),
                id: r.id,
                tag: r.tag,
                stamp_no: r.stamp_no,
                serial_no: r.serial_no,
                model: r.model,
                maker: r.maker,
                made: r.made,
                inspected: r.inspected,
                inspections: r.inspections,
                valve: r.valve,
                due,
                life_end,
                flags: r.flags,
                demo: r.demo,
            })
        })
        .collect()
}

/// What the archive can be narrowed to by a choice: organisations and districts that the viewer may see, and media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Id and name, by name.
    pub orgs: Vec<(i64, String)>,
    /// GB/T 2260 code and name, by code: those in which there is a station.
    pub districts: Vec<(i32, String)>,
    /// Code, Chinese, English: those that a cylinder is for.
    pub media: Vec<(String, String, String)>,
}

/// Organisations that own cylinders, districts with stations, and media.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &Db, viewer: Viewer) -> Result<Choices, Error> {
    let read = db.read();
    let sites = site::Entity::find().filter(match viewer.scope {
        Scope::City => Condition::all(),
        Scope::District(d) => Condition::all().add(site::Column::Division.eq(d)),
        Scope::Org(o) => Condition::all().add(site::Column::OrgId.eq(o)),
    });
    let sites = sites.filter(site::Column::Kind.ne(site::VIRTUAL)).all(read).await?;
    let mut orgs: Vec<(i64, String)> = names::orgs(read, sites.iter().map(|s| s.org_id)).await?.into_iter().collect();
    orgs.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    let held: HashSet<i32> = sites.iter().map(|s| s.division).collect();
    let mut districts: Vec<(i32, String)> = reference::division::Entity::find()
        .filter(reference::division::Column::Code.is_in(held))
        .all(read)
        .await?
        .into_iter()
        .map(|d| (d.code, d.name))
        .collect();
    districts.sort_unstable();
    let media = reference::all_media(read).await?.into_iter().map(|m| (m.code, m.zh, m.en)).collect();
    Ok(Choices { orgs, districts, media })
}
