//! Pages of sorted rows by key: the page after a row is found by the row's own sort key and id, never by counting what
//! stands before it, so that the last page of ten million rows costs what the first one costs, and rows that come or go
//! in between neither repeat nor hide others.
//!
//! Rows without a key stand last in both directions. They are read by a statement of their own: an order over both would
//! be one that no index has.

use crate::Error;
use domain::list::{COUNT_MAX, Total};
use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, Order as Way,
    sea_query::{Alias, BinOper, Expr, ExprTrait, IntoColumnRef, SelectStatement, Value},
};

/// Longest cursor that is looked at, bytes of its text.
const CURSOR_MAX: usize = 2_048;

/// Why a list was not read.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// What was asked cannot be meant: the name of the filter, or of the part of the address.
    #[error("`{0}` is not what this list takes")]
    Field(&'static str),
    /// The record.
    #[error(transparent)]
    Data(#[from] Error),
}

impl From<DbErr> for AskError {
    fn from(why: DbErr) -> Self {
        Self::Data(why.into())
    }
}

/// A sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A number or a day.
    Int(i64),
    /// A text.
    Text(String),
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Int(n) => n.into(),
            Key::Text(t) => t.into(),
        }
    }
}

/// A place in a sorted list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key there; `None` where the row has none.
    pub key: Option<Key>,
    /// The row's id.
    pub id: i64,
}

impl Cursor {
    /// As it is given out. `order` names the order it belongs to.
    #[must_use]
    pub fn write(&self, order: &str) -> String {
        let key = match &self.key {
            None => "n".to_owned(),
            Some(Key::Int(n)) => format!("i{n}"),
            Some(Key::Text(t)) => format!("t{t}"),
        };
        hex::encode(format!("{order}|{}|{key}", self.id))
    }

    /// Reads back what [`Cursor::write`] made for the same order.
    ///
    /// # Errors
    /// [`AskError::Field`] for anything else: it comes from an address.
    pub fn read(text: &str, order: &str) -> Result<Self, AskError> {
        let bad = || AskError::Field("cursor");
        if text.len() > CURSOR_MAX {
            return Err(bad());
        }
        let text = hex::decode(text).ok().and_then(|b| String::from_utf8(b).ok()).ok_or_else(bad)?;
        let mut parts = text.splitn(3, '|');
        let (of, id, key) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        if of != Some(order) || text.contains('\0') {
            return Err(bad());
        }
        let id = id.and_then(|id| id.parse().ok()).ok_or_else(bad)?;
        let key = match key.split_at_checked(1) {
            Some(("n", "")) => None,
            Some(("i", n)) => Some(Key::Int(n.parse().map_err(|_| bad())?)),
            Some(("t", t)) => Some(Key::Text(t.to_owned())),
            _ => return Err(bad()),
        };
        Ok(Self { key, id })
    }
}

/// By what rows are sorted.
#[derive(Clone, Debug)]
pub struct Order {
    /// The key's column, as (table, column) of the statement.
    pub key: (&'static str, &'static str),
    /// The id's.
    pub id: (&'static str, &'static str),
    /// Whether the key is a number; a cursor with a key of another kind is refused.
    pub int: bool,
    /// Whether rows may be without a key.
    pub nullable: bool,
    /// The greatest first.
    pub descending: bool,
    /// Few rows are left by the filters: they are gathered and sorted. Otherwise the rows are read in the order of the key's index
    /// until the page is full, which for a few in a million reads nearly all.
    pub few: bool,
}

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The first.
    Start,
    /// The one after a row.
    After(Cursor),
    /// The one before a row.
    Before(Cursor),
}

/// Rows of a page, and whether there are others on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<M> {
    /// In the order of the list.
    pub rows: Vec<M>,
    /// Rows stand before these.
    pub before: bool,
    /// Rows stand after these.
    pub after: bool,
}

fn column((table, column): (&'static str, &'static str)) -> Expr {
    Expr::col((Alias::new(table), Alias::new(column)).into_column_ref())
}

impl Order {
    /// The rows of one half, those with a key or those without, from a place on, in the order or against it.
    fn half(
        &self,
        base: &SelectStatement,
        keyed: bool,
        from: Option<&Cursor>,
        back: bool,
        limit: u64,
    ) -> SelectStatement {
        let mut s = base.clone();
        if self.nullable {
            s.and_where(if keyed { column(self.key).is_not_null() } else { column(self.key).is_null() });
        }
        let down = self.descending != back;
        if let Some(c) = from {
            let (place, row) = match &c.key {
                Some(key) => (
                    Expr::tuple([Expr::value(Value::from(key.clone())), Expr::value(c.id)]),
                    Expr::tuple([column(self.key), column(self.id)]),
                ),
                None => (Expr::value(c.id), column(self.id)),
            };
            s.and_where(if down { row.lt(place) } else { row.gt(place) });
        }
        let way = || if down { Way::Desc } else { Way::Asc };
        let key = match (self.few, self.int) {
            (false, _) => column(self.key),
            // No index has this order.
            (true, true) => column(self.key).add(0),
            (true, false) => column(self.key).binary(BinOper::Custom("||"), ""),
        };
        s.order_by_expr(key, way()).order_by_expr(column(self.id), way()).limit(limit).to_owned()
    }

    /// Whether a cursor can be of this order.
    fn takes(&self, c: &Cursor) -> bool {
        match &c.key {
            None => self.nullable,
            Some(Key::Int(_)) => self.int,
            Some(Key::Text(_)) => !self.int,
        }
    }
}

/// Reads a page of at most `size` rows of `base`, which has neither order nor limit.
///
/// # Errors
/// [`AskError::Field`] for a cursor of another kind of order; otherwise when the database fails.
pub async fn fetch<M, C>(
    db: &C,
    base: &SelectStatement,
    order: &Order,
    at: &At,
    size: u64,
) -> Result<Slice<M>, AskError>
where
    M: FromQueryResult + Send + Sync,
    C: ConnectionTrait,
{
    let (from, back) = match at {
        At::Start => (None, false),
        At::After(c) => (Some(c), false),
        At::Before(c) => (Some(c), true),
    };
    if from.is_some_and(|c| !order.takes(c)) {
        return Err(AskError::Field("cursor"));
    }
    let in_nulls = from.is_some_and(|c| c.key.is_none());
    // Each half that can hold rows of the page, the nearer one first, with the place to begin at.
    let halves: Vec<(bool, Option<&Cursor>)> = match (in_nulls, back) {
        (false, false) if order.nullable => vec![(true, from), (false, None)],
        (true, true) => vec![(false, from), (true, None)],
        (in_nulls, _) => vec![(!in_nulls, from)],
    };
    let want = size.saturating_add(1);
    let mut rows: Vec<M> = Vec::new();
    for (keyed, from) in halves {
        let left = want.saturating_sub(rows.len() as u64);
        if left > 0 {
            let s = order.half(base, keyed, from, back, left);
            rows.extend(M::find_by_statement(db.get_database_backend().build(&s)).all(db).await?);
        }
    }
    let more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    if back {
        rows.reverse();
    }
    Ok(Slice { rows, before: if back { more } else { from.is_some() }, after: back || more })
}

/// The same; where the rows before a place were taken away the first page, which is whole.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_whole<M, C>(
    db: &C,
    base: &SelectStatement,
    order: &Order,
    at: &At,
    size: u64,
) -> Result<Slice<M>, AskError>
where
    M: FromQueryResult + Send + Sync,
    C: ConnectionTrait,
{
    let slice: Slice<M> = fetch(db, base, order, at, size).await?;
    let short = !slice.before && (slice.rows.len() as u64) < size && matches!(at, At::Before(_));
    if short { fetch(db, base, order, &At::Start, size).await } else { Ok(slice) }
}

/// How many rows a statement has, counted up to [`COUNT_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn total<C: ConnectionTrait>(db: &C, base: &SelectStatement) -> Result<Total, DbErr> {
    let mut inner = base.clone();
    inner.clear_selects().expr(Expr::value(1_i32)).limit(u64::from(COUNT_MAX) + 1);
    let outer = sea_orm::sea_query::Query::select()
        .expr_as(Expr::cust("COUNT(*)"), "n")
        .from_subquery(inner, "counted")
        .to_owned();
    let row = db.query_one(&outer).await?;
    let n: i64 = row.map(|r| r.try_get("", "n")).transpose()?.unwrap_or_default();
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    Ok(Total { count: Ord::min(n, COUNT_MAX), more: n > COUNT_MAX })
}

/// A text from an address as a value for a statement.
///
/// # Errors
/// [`AskError::Field`], with the field's name, when it is too long or holds a character that no text in the record has.
pub fn text<'a>(field: &'static str, value: &'a str) -> Result<&'a str, AskError> {
    let fits = value.chars().count() <= domain::list::VALUE_MAX && !value.chars().any(char::is_control);
    fits.then_some(value).ok_or(AskError::Field(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_its_own_order_only() {
        for c in [
            Cursor { key: None, id: 7 },
            Cursor { key: Some(Key::Int(-20_000)), id: i64::MAX },
            Cursor { key: Some(Key::Text("瓶|1|'; --".into())), id: 0 },
            Cursor { key: Some(Key::Text(String::new())), id: 1 },
        ] {
            let text = c.write("tag+");
            assert!(text.bytes().all(|b| b.is_ascii_hexdigit()));
            assert_eq!(Cursor::read(&text, "tag+").unwrap(), c);
            assert!(Cursor::read(&text, "tag-").is_err());
        }
    }

    #[test]
    fn nothing_else_is_a_cursor() {
        let odd =
            ["", "|", "tag+", "tag+|1", "tag+|1|", "tag+|x|n", "tag+|1|q", "tag+|1|i9e9", "tag+|1|nn", "tag+|1|ta\0b"];
        for text in odd {
            assert!(matches!(Cursor::read(&hex::encode(text), "tag+"), Err(AskError::Field("cursor"))), "{text:?}");
        }
        for text in ["zz", "7", "ffff", &"61".repeat(2_000), "é"] {
            assert!(Cursor::read(text, "tag+").is_err(), "{text}");
        }
    }
}
