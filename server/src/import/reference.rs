//! What the reading of a table is checked against: divisions, media, media codes of tags, series of tags.

use super::in_use;
use data::{reference, tag_series};
use domain::rules::MediumClass;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

/// Reference data of an import, read before it so that a table is planned without a database.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    divisions: HashMap<i32, (Arc<str>, i32)>,
    by_name: HashMap<Arc<str>, Vec<i32>>,
    /// Code, Chinese name, class.
    media: Vec<(String, String, MediumClass)>,
    /// Two digits of a tag, and the medium they mean.
    codes: HashMap<String, String>,
    series: SeriesIndex,
}

/// Series by enterprise and medium code, in the order of their serials.
#[derive(Clone, Debug, Default)]
pub(super) struct SeriesIndex(HashMap<(String, String), BTreeMap<i32, tag_series::Model>>);

impl SeriesIndex {
    /// Adds a series.
    pub fn insert(&mut self, s: tag_series::Model) {
        self.0.entry((s.enterprise.clone(), s.medium_code.clone())).or_default().insert(s.first_serial, s);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Any series of an enterprise and medium code, and the one that holds the serial.
    pub fn find(
        &self,
        enterprise: &str,
        code: &str,
        serial: i32,
    ) -> (Option<&tag_series::Model>, Option<&tag_series::Model>) {
        let of = self.0.get(&(enterprise.to_owned(), code.to_owned()));
        let before = of.and_then(|m| m.range(..=serial).next_back()).map(|(_, s)| s);
        (of.and_then(|m| m.values().next()), before.filter(|s| s.holds(serial)))
    }

    /// A series that shares a serial with this one and begins elsewhere. One that begins at the same code is the same
    /// series.
    pub fn overlapping(&self, s: &tag_series::Model) -> Option<&tag_series::Model> {
        let of = self.0.get(&(s.enterprise.clone(), s.medium_code.clone()))?;
        let before = of.range(..s.first_serial).next_back().map(|(_, o)| o).filter(|o| o.overlaps(s));
        let after = || of.range(s.first_serial.saturating_add(1)..).next().map(|(_, o)| o).filter(|o| o.overlaps(s));
        before.or_else(after)
    }
}

static SEED: LazyLock<Reference> = LazyLock::new(|| {
    Reference::new(
        reference::seed_divisions(),
        reference::seed_media(),
        reference::seed_medium_codes(reference::CITY),
        Vec::new(),
    )
});

/// A division's name without the word for its kind, where two characters are left.
fn stem(name: &str) -> &str {
    let short = name.strip_suffix(['省', '市', '区', '县']).unwrap_or(name);
    if short.chars().count() >= 2 { short } else { name }
}

/// Whether two writings mean one division: 开平 and 开平区, 广西 and 广西壮族自治区.
fn same(a: &str, b: &str) -> bool {
    a == b || b.starts_with(stem(a)) || a.starts_with(stem(b))
}

fn parts(region: &str) -> Vec<&str> {
    let separator = |c: char| c.is_whitespace() || matches!(c, '/' | '／' | '-' | '·' | ',' | '，' | '、' | '>');
    region.split(separator).filter(|p| !p.is_empty()).collect()
}

impl Reference {
    /// Of rows.
    #[must_use]
    pub fn new(
        divisions: Vec<reference::division::Model>,
        media: Vec<reference::medium::Model>,
        codes: Vec<(String, String)>,
        series: Vec<tag_series::Model>,
    ) -> Self {
        let mut out = Self { codes: codes.into_iter().collect(), ..Self::default() };
        series.into_iter().for_each(|s| out.series.insert(s));
        for d in divisions {
            let name: Arc<str> = d.name.into();
            out.by_name.entry(name.clone()).or_default().push(d.code);
            out.divisions.insert(d.code, (name, d.parent));
        }
        out.media = media.into_iter().map(|m| (m.code, m.zh, MediumClass::from_code(&m.class))).collect();
        out
    }

    /// What this program ships with; no series.
    #[must_use]
    pub fn seed() -> &'static Self {
        &SEED
    }

    /// Series that are known.
    pub(super) const fn series(&self) -> &SeriesIndex {
        &self.series
    }

    /// Names from the province down to the division; empty where the code is unknown.
    fn chain(&self, code: i32) -> Vec<&str> {
        let mut out = Vec::new();
        let mut next = code;
        // Three levels; a table that an operator edited into a ring must not hold an import for ever.
        while let Some((name, parent)) = self.divisions.get(&next).filter(|_| out.len() < 4) {
            out.push(&**name);
            next = *parent;
        }
        out.reverse();
        out
    }

    /// Whether the code stands in the table.
    pub(super) fn knows(&self, code: i32) -> bool {
        self.divisions.contains_key(&code)
    }

    /// The full name of a division.
    pub(super) fn full_name(&self, code: i32) -> String {
        self.chain(code).concat()
    }

    /// Whether a region as written can be this division. Its last part must be it; those before must stand above it.
    pub(super) fn is_region(&self, code: i32, region: &str) -> bool {
        let chain = self.chain(code);
        let (parts, Some(own)) = (parts(region), chain.last()) else { return false };
        match parts.as_slice() {
            [] => true,
            [one] => same(one, own) || one.contains(stem(own)),
            [above @ .., last] => same(last, own) && above.iter().all(|p| chain.iter().any(|c| same(p, c))),
        }
    }

    /// The one division that a region as written means.
    pub(super) fn resolve(&self, region: &str) -> Option<i32> {
        let last = *parts(region).last()?;
        let mut found = self.by_name.get(last)?.iter().copied().filter(|c| self.is_region(*c, region));
        found.next().filter(|_| found.next().is_none())
    }

    /// A medium by its name: our code, class, and whether the name was a misreading.
    pub(super) fn medium(&self, word: &str) -> Option<(&str, MediumClass, bool)> {
        let word = domain::codes::half_width(word);
        let word = word.trim();
        let of = |code: &str, misread| {
            self.media.iter().find(|m| m.0 == code).map(|(code, _, class)| (code.as_str(), *class, misread))
        };
        self.media
            .iter()
            .find(|m| m.1 == word || m.0.eq_ignore_ascii_case(word))
            .map(|(code, _, class)| (code.as_str(), *class, false))
            .or_else(|| in_use::medium_of(word).and_then(|(code, misread)| of(code, misread)))
    }

    /// The name of a medium.
    pub(super) fn medium_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.media.iter().find(|m| m.0 == code).map_or(code, |m| m.1.as_str())
    }

    /// The medium that two digits of a tag mean in this jurisdiction.
    pub(super) fn medium_of_code(&self, digits: &str) -> Option<&str> {
        self.codes.get(digits).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_the_source_and_their_twins() {
        let r = Reference::seed();
        for (code, region) in [
            (130_205, "河北省/唐山市/开平区"),
            (500_101, "重庆市/重庆市/万州区"),
            (370_503, "山东省/东营市/河口区"),
            (370_502, "山东／东营／东营"),
            (341_322, "安徽省宿州市萧县"),
            (341_322, ""),
            (450_102, "广西/南宁市/兴宁区"),
        ] {
            assert!(r.is_region(code, region), "{code} {region}: {}", r.full_name(code));
        }
        for (code, region) in [
            (341_322, "安徽省/南州市/襄县"),
            (370_502, "山东省/东营市/河口区"),
            (370_503, "山东省/东营市/东营区"),
            (130_205, "河南省/唐山市/开平区"),
            (999_999, "开平区"),
        ] {
            assert!(!r.is_region(code, region), "{code} {region}");
        }
        assert_eq!(r.resolve("山东省/东营市/河口区"), Some(370_503));
        assert_eq!((r.resolve("鼓楼区"), r.resolve("安徽省/南州市/襄县"), r.resolve("")), (None, None, None));
        assert_eq!(r.full_name(370_503), "山东省东营市河口区");
    }

    #[test]
    fn media_by_any_name() {
        let r = Reference::seed();
        let of = |w| r.medium(w).map(|(code, _, misread)| (code, misread));
        assert_eq!(of("氮气"), Some(("N2", false)));
        assert_eq!(
            (of("油化石油气"), of("石油气"), of("lng")),
            (Some(("LPG", true)), Some(("LPG", true)), Some(("LNG", false)))
        );
        assert_eq!((of("乙烷"), of("")), (None, None));
        assert_eq!((r.medium_of_code("01"), r.medium_of_code("06")), (Some("O2"), None));
    }
}
