//! What a list asks and answers, whatever it lists: the state that stands in its address, a page of rows, how many there are.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows on a page, the first unless asked otherwise.
pub const SIZES: [u16; 3] = [20, 50, 100];

/// Rows are counted up to here; beyond, a list says that there are more.
pub const COUNT_MAX: u32 = 10_000;

/// Longest value of a filter that is looked at, characters.
pub const VALUE_MAX: usize = 200;

/// Names in the address that every list understands. No filter may bear one of them.
pub const RESERVED: [&str; 7] = ["sort", "dir", "size", "after", "before", "lang", "theme"];

/// From where a page is read. Cursors are opaque: what a page gave, to be given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageAt {
    /// From the beginning.
    #[default]
    Start,
    /// The page after this place.
    After(String),
    /// The page before this place.
    Before(String),
}

/// What is asked of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ListQuery {
    /// Values of filters by their names; none is empty.
    pub filters: BTreeMap<String, String>,
    /// Name of the column to sort by; empty for the list's own order.
    pub sort: String,
    /// The other way round.
    pub descending: bool,
    /// Rows on a page: one of [`SIZES`].
    pub size: u16,
    /// Where to read from.
    pub from: PageAt,
}

impl ListQuery {
    /// From an address: `value` tells what it says of a name, `filters` are the names that the list knows. What it cannot
    /// mean is left out: an address is typed and sent by people.
    #[must_use]
    pub fn read(filters: &[&str], value: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| value(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let size = given("size").and_then(|s| s.parse().ok()).filter(|s| SIZES.contains(s)).unwrap_or(SIZES[0]);
        let from = match (given("after"), given("before")) {
            (Some(after), _) => PageAt::After(after),
            (None, Some(before)) => PageAt::Before(before),
            (None, None) => PageAt::Start,
        };
        Self {
            filters: filters.iter().filter_map(|name| Some(((*name).to_owned(), given(name)?))).collect(),
            sort: given("sort").unwrap_or_default(),
            descending: given("dir").is_some_and(|d| d == "desc"),
            size,
            from,
        }
    }

    /// As it stands in an address: `?…`, or nothing where nothing is asked.
    #[must_use]
    pub fn address(&self) -> String {
        let mut out = String::new();
        let mut put = |name: &str, value: &str| {
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(&encode(name));
            out.push('=');
            out.push_str(&encode(value));
        };
        self.filters.iter().for_each(|(name, value)| put(name, value));
        if !self.sort.is_empty() {
            put("sort", &self.sort);
        }
        if self.descending {
            put("dir", "desc");
        }
        if self.size != 0 && self.size != SIZES[0] {
            put("size", &self.size.to_string());
        }
        match &self.from {
            PageAt::Start => {}
            PageAt::After(c) => put("after", c),
            PageAt::Before(c) => put("before", c),
        }
        out
    }

    /// The same from another place.
    #[must_use]
    pub fn at(&self, from: PageAt) -> Self {
        Self { from, ..self.clone() }
    }

    /// Its first page, sorted by a column; by the one that it is sorted by already, the other way round.
    #[must_use]
    pub fn sorted(&self, column: &str) -> Self {
        let descending = self.sort == column && !self.descending;
        Self { sort: column.to_owned(), descending, from: PageAt::Start, ..self.clone() }
    }

    /// Its first page with a filter set, or taken away by an empty value.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut filters = self.filters.clone();
        if value.is_empty() {
            filters.remove(name);
        } else {
            filters.insert(name.to_owned(), value.to_owned());
        }
        Self { filters, from: PageAt::Start, ..self.clone() }
    }

    /// The value of a filter; empty where it is not set.
    #[must_use]
    pub fn filter(&self, name: &str) -> &str {
        self.filters.get(name).map_or("", String::as_str)
    }
}

/// A text as part of an address.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.extend([b >> 4, b & 15].map(|d| char::from(b"0123456789ABCDEF"[usize::from(d)])));
        }
        out
    })
}

/// A page by its number of what is at hand whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The page, from 1: the one that was asked for, the first for 0, the last where there are not so many.
    pub page: u32,
    /// The last page.
    pub last: u32,
    /// Index of its first row.
    pub first: usize,
    /// Index behind its last row.
    pub end: usize,
}

impl Part {
    /// The page of `size` rows out of `all`.
    #[must_use]
    pub fn of(page: u32, size: usize, all: usize) -> Self {
        let size = size.max(1);
        let last = u32::try_from(all.div_ceil(size)).unwrap_or(u32::MAX).max(1);
        let page = page.clamp(1, last);
        let first = (page as usize - 1).saturating_mul(size);
        Self { page, last, first, end: first.saturating_add(size).min(all) }
    }

    /// Its rows.
    #[must_use]
    pub fn rows<T>(&self, all: Vec<T>) -> Vec<T> {
        all.into_iter().take(self.end).skip(self.first).collect()
    }
}

/// How many rows a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Rows counted, [`COUNT_MAX`] at most.
    pub count: u32,
    /// There are more.
    pub more: bool,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListPage<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// How many the list has.
    pub total: Total,
    /// Cursor of the page before; `None` on the first.
    pub before: Option<String>,
    /// Cursor of the page after; `None` on the last.
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(pairs: &[(&str, &str)]) -> ListQuery {
        ListQuery::read(&["q", "medium"], |name| {
            pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_address_is_read_and_printed() {
        let asked = of(&[
            ("q", " 瓶 1&2 "),
            ("medium", ""),
            ("sort", "due"),
            ("dir", "desc"),
            ("size", "50"),
            ("after", "ab"),
            ("other", "x"),
        ]);
        assert_eq!(asked.address(), "?q=%E7%93%B6%201%262&sort=due&dir=desc&size=50&after=ab");
        assert_eq!((asked.filter("q"), asked.filter("medium"), asked.filter("other")), ("瓶 1&2", "", ""));
        assert_eq!(of(&[]).address(), "");
        for wrong in ["0", "21", "-1", "many", "99999999"] {
            assert_eq!(of(&[("size", wrong)]).size, SIZES[0], "{wrong}");
        }
    }

    #[test]
    fn another_order_or_filter_begins_at_the_first_page() {
        let asked = of(&[("after", "ab"), ("sort", "due")]);
        assert_eq!(asked.sorted("due").address(), "?sort=due&dir=desc");
        assert_eq!(asked.sorted("due").sorted("due").address(), "?sort=due");
        assert_eq!(asked.sorted("tag").address(), "?sort=tag");
        assert_eq!(asked.with("q", "7").address(), "?q=7&sort=due");
        assert_eq!(asked.with("q", "7").with("q", "").address(), "?sort=due");
        assert_eq!(asked.at(PageAt::Before("cd".into())).address(), "?sort=due&before=cd");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_plain_and_unambiguous(a in ".{0,20}", b in ".{0,20}") {
            let (x, y) = (encode(&a), encode(&b));
            prop_assert!(x.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.~%".contains(&c)));
            prop_assert_eq!(x == y, a == b);
        }
    }
}
