//! From facts to a grade, by whole numbers.

use super::{Dimension, Grade, Terms, Trend};
use crate::{
    clock,
    rules::{RuleKind, RuleSet},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What counts in full: millionths.
const WHOLE: u64 = 1_000_000;
/// Binary places of a part of a half-life.
const PLACES: usize = 20;
/// 2 to the power of −1/2, −1/4, −1/8 …, in parts of 2^32.
const ROOTS: [u64; PLACES] = roots();
/// Numerators are in thousandths of a point × millionths × percent × percent.
const UNIT: i128 = 1_000_000 * 100 * 100;
/// From which difference on the trend is none of the steady, thousandths of a point.
const STEP: i64 = 500;
/// Closings that a question «what if» looks at.
const CLOSINGS: usize = 40;

const fn roots() -> [u64; PLACES] {
    let mut out = [0; PLACES];
    // The square root of a half first, then the root of each before.
    let (mut x, mut i) = (1_u128 << 31, 0);
    while i < PLACES {
        x = (x << 32).isqrt();
        out[i] = x as u64;
        i += 1;
    }
    out
}

/// What is left of a fact after some whole days, millionths: half after the half-life, a quarter after twice that.
#[must_use]
pub fn weight(age: i32, half_life_days: i32) -> u32 {
    let (age, half) = (u64::from(age.max(0).unsigned_abs()), u64::from(half_life_days.max(1).unsigned_abs()));
    let (whole, mut rest) = (age / half, age % half);
    if whole >= 32 {
        return 0;
    }
    let mut x = 1_u64 << 32;
    for root in ROOTS {
        rest *= 2;
        if rest >= half {
            rest -= half;
            x = (x * root) >> 32;
        }
    }
    u32::try_from(((x >> whole) * WHOLE) >> 32).unwrap_or(0)
}

/// Facts of one item that count alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Id of the item's rule row.
    pub item: String,
    /// The local day on which it happened.
    pub day: i32,
    /// The local day on which it was closed.
    pub closed: Option<i32>,
    /// Share that counts at all, percent: an alert that was false counts for nothing.
    pub kept: i64,
    /// How many …
    pub count: i64,
    /// … of how many: 1 where each counts for itself, otherwise a share.
    pub whole: i64,
    /// It counts as it stands, on whatever day.
    pub standing: bool,
}

/// What one dimension has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimensionSum {
    /// Which.
    pub dimension: Dimension,
    /// Thousandths of a point.
    pub left: i64,
    /// Of so many.
    pub of: i64,
}

/// What one item costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSum {
    /// Id of its rule row.
    pub item: String,
    /// All of its facts together, thousandths of a point.
    pub raw: i64,
    /// What is taken, its cap considered.
    pub taken: i64,
    /// Whether it forces the grade D on that day.
    pub veto: bool,
}

/// A rating as of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    /// The day.
    pub day: i32,
    /// Thousandths of a point, of a hundred thousand.
    pub score: i64,
    /// The grade.
    pub grade: Grade,
    /// The dimensions, in their order.
    pub dimensions: Vec<DimensionSum>,
    /// The items that cost anything, by id.
    pub items: Vec<ItemSum>,
    /// Whether an item alone forces the grade D.
    pub veto: bool,
}

/// An open fact that could be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<T> {
    /// Which.
    pub which: T,
    /// The fact.
    pub group: Group,
}

/// What must be closed for a better grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf<T> {
    /// The grade that would be reached.
    pub grade: Grade,
    /// The fewest that are to be closed for it; empty where closing does not lead there.
    pub close: Vec<T>,
    /// The points that it then has, thousandths.
    pub score: i64,
    /// The first day on which it is reached if nothing is done and nothing happens; `None` beyond the horizon.
    pub alone: Option<i32>,
}

#[derive(Clone, Debug)]
struct Item {
    points: i64,
    terms: Terms,
    half_days: i32,
    from: i32,
    to: i32,
}

/// The rules of the credit, made ready.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// Version of the rules.
    pub version: i64,
    most: [i64; 6],
    least: [i64; 3],
    /// Days after which a fact counts for nothing.
    pub fades: i32,
    /// Days over which the trend looks.
    pub trend_days: i32,
    items: BTreeMap<String, Item>,
    weights: BTreeMap<i32, Vec<u32>>,
}

const fn days(months: i64) -> i32 {
    (months * 365 / 12) as i32
}

impl Scheme {
    /// Of a set of rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let param = |id: &str, usual: i64| rules.param(id).unwrap_or(usual);
        let small = |n: i64| i32::try_from(n.clamp(1, 3_650)).unwrap_or(1);
        let most = Dimension::ALL.iter().map(|d| param(&super::rows::dimension_id(*d), 0).clamp(0, 1_000) * 1_000);
        let mut sums = [0; 6];
        sums.iter_mut().zip(most).for_each(|(s, m)| *s = m);
        let fades = small(param("CRD-FADE", 1_095));
        let mut items = BTreeMap::new();
        let mut weights: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for r in rules.rows.iter().filter(|r| r.kind == RuleKind::Credit && r.enabled) {
            let Some(terms) = r.credit else { continue };
            let half_days = days(terms.half_life);
            weights.entry(half_days).or_insert_with(|| (0..fades).map(|age| weight(age, half_days)).collect());
            let item = Item {
                points: r.value,
                terms,
                half_days,
                from: r.effective_from.map_or(i32::MIN, clock::day_of),
                to: r.effective_to.map_or(i32::MAX, clock::day_of),
            };
            items.insert(r.rule_id.clone(), item);
        }
        Self {
            version: rules.version,
            most: sums,
            least: [("CRD-GRADE-A", 90), ("CRD-GRADE-B", 80), ("CRD-GRADE-C", 60)]
                .map(|(id, usual)| param(id, usual).saturating_mul(1_000)),
            fades,
            trend_days: small(param("CRD-TREND", 30)),
            items,
            weights,
        }
    }

    /// The terms of an item in force on a day; `None` where there are none.
    #[must_use]
    pub fn terms(&self, item: &str, day: i32) -> Option<(i64, Terms)> {
        self.items.get(item).filter(|i| (i.from..i.to).contains(&day)).map(|i| (i.points, i.terms))
    }

    /// Days after which nothing that happened can matter: what is older need not be read.
    #[must_use]
    pub fn horizon(&self) -> i32 {
        let vetoes = self.items.values().filter(|i| i.terms.veto).map(|i| i.half_days);
        vetoes.max().unwrap_or_default().max(self.fades)
    }

    /// What a fact weighs on a day, in parts of [`UNIT`]; closed or not as it stood then.
    fn part(&self, item: &Item, g: &Group, day: i32, closed: bool) -> i128 {
        let happened = if g.standing { day } else { g.day };
        if happened > day || !(item.from..item.to).contains(&happened) || g.count <= 0 || g.kept <= 0 {
            return 0;
        }
        let age = usize::try_from(day.saturating_sub(happened)).unwrap_or(usize::MAX);
        let weight = self.weights.get(&item.half_days).and_then(|w| w.get(age)).copied().unwrap_or(0);
        let left = if closed { 100 - item.terms.repair } else { 100 };
        let all = i128::from(item.points)
            * i128::from(g.count)
            * i128::from(weight)
            * i128::from(left)
            * i128::from(g.kept.min(100));
        if g.whole > 1 { all / i128::from(g.whole) } else { all }
    }

    fn is_closed(g: &Group, day: i32) -> bool {
        g.closed.is_some_and(|c| c <= day)
    }

    fn vetoes(item: &Item, g: &Group, day: i32, closed: bool) -> bool {
        let happened = if g.standing { day } else { g.day };
        item.terms.veto
            && g.count > 0
            && g.kept > 0
            && (item.from..item.to).contains(&happened)
            && (happened..happened.saturating_add(item.half_days)).contains(&day)
            && !(closed && item.terms.repair >= 100)
    }

    /// What a fact costs on a day by itself, thousandths of a point: its item's cap may leave less of it.
    #[must_use]
    pub fn cost(&self, g: &Group, day: i32) -> i64 {
        let Some(item) = self.items.get(&g.item) else { return 0 };
        i64::try_from(self.part(item, g, day, Self::is_closed(g, day)) / UNIT).unwrap_or(i64::MAX)
    }

    /// The first day on which a fact costs nothing and forces no grade; `None` for one that lasts as long as it is so.
    #[must_use]
    pub fn fades_on(&self, g: &Group) -> Option<i32> {
        let veto = self.items.get(&g.item).filter(|i| i.terms.veto).map_or(0, |i| i.half_days);
        (!g.standing).then(|| g.day.saturating_add(self.fades.max(veto)))
    }

    /// Rates on a day what had happened by then.
    #[must_use]
    pub fn rate(&self, groups: &[Group], day: i32) -> Rated {
        let mut sums: BTreeMap<&str, (i128, bool)> = BTreeMap::new();
        for g in groups {
            let Some((id, item)) = self.items.get_key_value(&g.item) else { continue };
            let closed = Self::is_closed(g, day);
            let sum = sums.entry(id.as_str()).or_default();
            sum.0 += self.part(item, g, day, closed);
            sum.1 |= Self::vetoes(item, g, day, closed);
        }
        let mut items = Vec::new();
        for (id, (sum, veto)) in sums {
            let raw = i64::try_from(sum / UNIT).unwrap_or(i64::MAX);
            let cap = self.items.get(id).map_or(0, |i| i.terms.cap);
            if raw > 0 || veto {
                items.push(ItemSum { item: id.to_owned(), raw, taken: raw.min(cap), veto });
            }
        }
        let veto = items.iter().any(|i| i.veto);
        let mut taken = [0_i64; 6];
        for i in &items {
            if let Some(item) = self.items.get(&i.item) {
                taken[place(item.terms.dimension)] += i.taken;
            }
        }
        let score = self.score(&taken);
        let dimensions = Dimension::ALL.iter().map(|d| {
            let (of, taken) = (self.most[place(*d)], taken[place(*d)]);
            DimensionSum { dimension: *d, left: (of - taken).max(0), of }
        });
        Rated { day, score, grade: self.grade(score, veto), dimensions: dimensions.collect(), items, veto }
    }

    /// The hundred is what all dimensions have together, whatever the rules give each.
    fn score(&self, taken: &[i64; 6]) -> i64 {
        let of: i64 = self.most.iter().sum();
        let left: i64 = self.most.iter().zip(taken).map(|(m, t)| (m - t).max(0)).sum();
        if of > 0 { left * 100_000 / of } else { 100_000 }
    }

    fn grade(&self, score: i64, veto: bool) -> Grade {
        let reached = [Grade::A, Grade::B, Grade::C].into_iter().zip(self.least).find(|(_, least)| score >= *least);
        if veto { Grade::D } else { reached.map_or(Grade::D, |(g, _)| g) }
    }

    /// Whether it became better, and by how many thousandths, over the days that the rules name.
    #[must_use]
    pub fn trend(&self, groups: &[Group], now: &Rated) -> (Trend, i64) {
        let before = self.rate(groups, now.day.saturating_sub(self.trend_days));
        let by = now.score - before.score;
        let trend = match (now.grade.number().cmp(&before.grade.number()), by) {
            (std::cmp::Ordering::Less, _) => Trend::Up,
            (std::cmp::Ordering::Greater, _) => Trend::Down,
            (_, by) if by >= STEP => Trend::Up,
            (_, by) if by <= -STEP => Trend::Down,
            _ => Trend::Steady,
        };
        (trend, by)
    }

    /// The fewest open facts that are to be closed for the next better grade. `open` may be a part of what is open: of each item those
    /// that weigh most are enough. `None` for who has the best already.
    #[must_use]
    pub fn what_if<T: Clone>(&self, groups: &[Group], open: &[Candidate<T>], day: i32) -> Option<WhatIf<T>> {
        let now = self.rate(groups, day);
        let target = now.grade.better()?;
        let least = self.least.get(usize::try_from(target.number()).ok()?).copied()?;
        let found = self.fewest(groups, open, day, least);
        let horizon = self.fades.saturating_add(days(Terms::HALF_LIFE_MAX));
        Some(WhatIf {
            grade: found.as_ref().map_or(target, |(_, score)| self.grade(*score, false)),
            score: found.as_ref().map_or(now.score, |(_, score)| *score),
            close: found.map(|(close, _)| close).unwrap_or_default(),
            alone: self.alone(groups, (day, horizon), target),
        })
    }

    /// Facts only fade, so that the first day is found by halving. What is known to come, such as a licence that ends, may keep it from being
    /// reached.
    fn alone(&self, groups: &[Group], (day, horizon): (i32, i32), target: Grade) -> Option<i32> {
        let known: Vec<Group> = groups.iter().filter(|g| g.standing || g.day <= day).cloned().collect();
        let reached = |ahead: i32| self.rate(&known, day.saturating_add(ahead)).grade <= target;
        if !reached(horizon) {
            return None;
        }
        let (mut low, mut high) = (0, horizon);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if reached(middle) { high = middle } else { low = middle }
        }
        let found = day.saturating_add(high);
        (self.rate(groups, found).grade <= target).then_some(found)
    }

    fn fewest<T: Clone>(&self, groups: &[Group], open: &[Candidate<T>], day: i32, least: i64) -> Option<(Vec<T>, i64)> {
        // What forces D has to go whatever it costs, and may not be such that it stays.
        let mut must: Vec<&Candidate<T>> = vec![];
        for g in groups {
            let Some(item) = self.items.get(&g.item) else { continue };
            if Self::vetoes(item, g, day, Self::is_closed(g, day)) && item.terms.repair < 100 {
                return None;
            }
        }
        let mut by_item: BTreeMap<&str, Vec<(i128, &Candidate<T>)>> = BTreeMap::new();
        let mut given: BTreeMap<&str, i128> = BTreeMap::new();
        for c in open.iter().filter(|c| !Self::is_closed(&c.group, day)) {
            let Some((id, item)) = self.items.get_key_value(&c.group.item) else { continue };
            let gain = self.part(item, &c.group, day, false) - self.part(item, &c.group, day, true);
            if Self::vetoes(item, &c.group, day, false) {
                must.push(c);
                *given.entry(id.as_str()).or_default() += gain;
            } else if gain > 0 {
                by_item.entry(id.as_str()).or_default().push((gain, c));
            }
        }
        let vetoing: i64 = groups
            .iter()
            .filter(|g| self.items.get(&g.item).is_some_and(|i| Self::vetoes(i, g, day, Self::is_closed(g, day))))
            .map(|g| g.count)
            .sum();
        if i64::try_from(must.len()).unwrap_or(i64::MAX) < vetoing {
            return None;
        }
        by_item.values_mut().for_each(|v| v.sort_by_key(|(gain, _)| std::cmp::Reverse(*gain)));
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for g in groups {
            let Some((id, item)) = self.items.get_key_value(&g.item) else { continue };
            *sums.entry(id.as_str()).or_default() += self.part(item, g, day, Self::is_closed(g, day));
        }
        // Of each dimension the least that is taken after so many closings, and which items they are of. Caps make the gain of a closing
        // grow with those before it: the best set is not found by taking the best one after the other.
        let mut best: Vec<(i64, Vec<(&str, usize)>)> = vec![(0, vec![])];
        for d in Dimension::ALL {
            let mut within: Vec<(i64, Vec<(&str, usize)>)> = vec![(0, vec![])];
            for (id, sum) in sums.iter().filter(|(id, _)| self.items.get(**id).is_some_and(|i| i.terms.dimension == *d))
            {
                let cap = self.items.get(*id).map_or(0, |i| i.terms.cap);
                let mut left = sum - given.get(id).copied().unwrap_or_default();
                let taken = |n: i128| i64::try_from(n.max(0) / UNIT).unwrap_or(i64::MAX).min(cap);
                let mut costs = vec![taken(left)];
                for (gain, _) in by_item.get(id).into_iter().flatten().take(CLOSINGS) {
                    left -= gain;
                    costs.push(taken(left));
                }
                within =
                    joined(&within, &costs.into_iter().enumerate().map(|(n, c)| (c, (*id, n))).collect::<Vec<_>>());
            }
            let most = self.most[place(*d)];
            within.iter_mut().for_each(|w| w.0 = w.0.min(most));
            best = merged(&best, &within);
        }
        let of: i64 = self.most.iter().sum();
        let score = |taken: i64| if of > 0 { (of - taken) * 100_000 / of } else { 100_000 };
        let (taken, picks) = best.into_iter().find(|(taken, _)| score(*taken) >= least)?;
        let mut close: Vec<T> = must.iter().map(|c| c.which.clone()).collect();
        for (id, n) in picks {
            let of = by_item.get(id).into_iter().flatten().take(n);
            close.extend(of.map(|(_, c)| c.which.clone()));
        }
        Some((close, score(taken)))
    }
}

type Ways<'a> = Vec<(i64, Vec<(&'a str, usize)>)>;

/// The least for each number of closings, an item more considered.
fn joined<'a>(ways: &Ways<'a>, item: &[(i64, (&'a str, usize))]) -> Ways<'a> {
    let mut out: Vec<Option<(i64, usize, usize)>> = vec![None; (ways.len() + item.len() - 1).min(CLOSINGS + 1)];
    for (i, (a, _)) in ways.iter().enumerate() {
        for (j, (b, _)) in item.iter().enumerate() {
            if let Some(slot) = out.get_mut(i + j)
                && slot.is_none_or(|(least, ..)| a + b < least)
            {
                *slot = Some((a + b, i, j));
            }
        }
    }
    let way = |(sum, i, j): (i64, usize, usize)| {
        let mut picks = ways[i].1.clone();
        picks.extend(Some(item[j].1).filter(|(_, n)| *n > 0));
        (sum, picks)
    };
    out.into_iter().flatten().map(way).collect()
}

/// The least for each number of closings, a dimension more considered.
fn merged<'a>(a: &Ways<'a>, b: &Ways<'a>) -> Ways<'a> {
    let mut out: Vec<Option<(i64, usize, usize)>> = vec![None; (a.len() + b.len() - 1).min(CLOSINGS + 1)];
    for (i, (x, _)) in a.iter().enumerate() {
        for (j, (y, _)) in b.iter().enumerate() {
            if let Some(slot) = out.get_mut(i + j)
                && slot.is_none_or(|(least, ..)| x + y < least)
            {
                *slot = Some((x + y, i, j));
            }
        }
    }
    out.into_iter().flatten().map(|(sum, i, j)| (sum, [a[i].1.clone(), b[j].1.clone()].concat())).collect()
}

const fn place(d: Dimension) -> usize {
    d as usize
}
