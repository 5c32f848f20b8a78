//! The Chinese working-day calendar: which days are off and which are made up for (调休), and the terms that are counted on it.
//!
//! Holidays are announced year by year (国务院办公厅关于部分节假日安排的通知), so that they are data. Of a year that is not on file only
//! the weekends are known, and whatever is counted through it is provisional.

use crate::{check::words, clock, outcome::Text};
use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of a calendar that is read, bytes.
pub const TEXT_MAX: usize = 64 * 1_024;
/// Longest name of a day, characters.
pub const NAME_MAX: usize = 40;
/// Faults of a text that are told; more are not looked for.
const FAULTS_MAX: usize = 100;
/// Longest stretch of days on one line.
const STRETCH_MAX: i64 = 31;

words! {
    /// What is out of the ordinary about a day.
    Mark {
        /// 放假
        Holiday = "holiday", "放假", "Day off";
        /// 调休上班: a Saturday or Sunday that is worked.
        Makeup = "makeup", "调休上班", "Make-up working day";
    }
}

words! {
    /// What a day is.
    DayKind {
        /// 工作日
        Workday = "workday", "工作日", "Working day";
        /// 周末
        Weekend = "weekend", "周末", "Weekend";
        /// 放假
        Holiday = "holiday", "放假", "Day off";
        /// 调休上班
        Makeup = "makeup", "调休上班", "Make-up working day";
    }
}

words! {
    /// In what a term is counted.
    Unit {
        /// 工作日
        Workday = "workday", "个工作日", "working days";
        /// 日, also days off.
        Day = "day", "日", "days";
        /// 小时
        Hour = "hour", "小时", "hours";
    }
}

words! {
    /// How well the days of a year are known.
    Known {
        /// As the State Council announced them.
        Confirmed = "confirmed", "已公布", "announced";
        /// As they are expected: 待确认.
        Provisional = "provisional", "待确认", "to be confirmed";
        /// Not on file: weekends only.
        Absent = "absent", "未录入,仅按周末计算", "not on file: weekends only";
    }
}

/// A day out of the ordinary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// The day.
    pub day: NaiveDate,
    /// What is out of the ordinary.
    pub mark: Mark,
    /// After what: 国庆节.
    pub name: String,
}

/// A day that becomes something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The day.
    pub day: NaiveDate,
    /// What it was.
    pub was: DayKind,
    /// What it is to be.
    pub is: DayKind,
    /// After what it was called.
    pub was_name: String,
    /// After what it is called.
    pub name: String,
}

/// What a calendar that was typed would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// As it was typed.
    pub text: String,
    /// What is wrong with it, line by line; nothing else is told then.
    pub faults: Vec<LineFault>,
    /// Its years: how well each was known, and is to be.
    pub years: Vec<(i32, Known, Known)>,
    /// Days that become something else.
    pub changes: Vec<Change>,
    /// Open cases whose next term ends on another instant then.
    pub moved: i64,
    /// Changes of the calendar until now.
    pub seen: i64,
}

/// A year as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearPage {
    /// The year.
    pub year: i32,
    /// How well it is known.
    pub known: Known,
    /// All years on file.
    pub years: Vec<(i32, Known)>,
    /// Its days out of the ordinary.
    pub days: Vec<Marked>,
    /// The year as text, as it is imported.
    pub text: String,
    /// Today.
    pub today: NaiveDate,
    /// Whether the reader may change it.
    pub may_edit: bool,
}

/// A calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    years: BTreeMap<i32, Known>,
    days: BTreeMap<NaiveDate, (Mark, String)>,
}

/// A term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// How many.
    pub amount: i64,
    /// Of what.
    pub unit: Unit,
}

/// A stretch of time that does not count, ms; without an end it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Its beginning.
    pub from: i64,
    /// Its end.
    pub to: Option<i64>,
}

/// When a term ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Its last instant, ms; `None` as long as it is held up.
    pub at: Option<i64>,
    /// Whether a year that it runs through is not confirmed.
    pub provisional: bool,
}

impl Calendar {
    /// Of years and their days. Days of other years are left out.
    #[must_use]
    pub fn new(years: impl IntoIterator<Item = (i32, Known)>, days: impl IntoIterator<Item = Marked>) -> Self {
        let years: BTreeMap<i32, Known> = years.into_iter().filter(|(_, k)| *k != Known::Absent).collect();
        let days = days.into_iter().filter(|d| years.contains_key(&d.day.year())).map(|d| (d.day, (d.mark, d.name)));
        Self { days: days.collect(), years }
    }

    /// The years on file.
    pub fn years(&self) -> impl Iterator<Item = (i32, Known)> {
        self.years.iter().map(|(y, k)| (*y, *k))
    }

    /// The days out of the ordinary, in order.
    pub fn days(&self) -> impl Iterator<Item = Marked> {
        self.days.iter().map(|(day, (mark, name))| Marked { day: *day, mark: *mark, name: name.clone() })
    }

    /// What a day is.
    #[must_use]
    pub fn kind(&self, day: NaiveDate) -> DayKind {
        match self.days.get(&day) {
            Some((Mark::Holiday, _)) => DayKind::Holiday,
            Some((Mark::Makeup, _)) => DayKind::Makeup,
            None if is_weekend(day) => DayKind::Weekend,
            None => DayKind::Workday,
        }
    }

    /// After what a day out of the ordinary is called.
    #[must_use]
    pub fn name(&self, day: NaiveDate) -> Option<&str> {
        self.days.get(&day).map(|d| d.1.as_str())
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_workday(&self, day: NaiveDate) -> bool {
        matches!(self.kind(day), DayKind::Workday | DayKind::Makeup)
    }

    /// How well a year is known.
    #[must_use]
    pub fn knows(&self, year: i32) -> Known {
        self.years.get(&year).copied().unwrap_or(Known::Absent)
    }

    /// How well the worst known year of a stretch of days is known.
    #[must_use]
    pub fn knows_all(&self, from: NaiveDate, to: NaiveDate) -> Known {
        // A stretch without end is not looked at year by year.
        let last = to.year().min(from.year().saturating_add(400));
        (from.year()..=last).map(|y| self.knows(y)).max().unwrap_or(Known::Absent)
    }

    /// The `n`th working day after a day, which itself does not count; the day itself for 0. Days that `pauses` holds up do not count
    /// either; `None` where it is held up without end.
    #[must_use]
    pub fn nth_workday_after(&self, day: NaiveDate, n: i64, pauses: &[Pause]) -> Option<NaiveDate> {
        count(day, n, pauses, |d| self.is_workday(d))
    }

    /// Working days after a day, up to and with another.
    #[must_use]
    pub fn workdays_between(&self, after: NaiveDate, to: NaiveDate) -> i64 {
        let days = after.iter_days().skip(1).take_while(|d| *d <= to).filter(|d| self.is_workday(*d)).count();
        i64::try_from(days).unwrap_or(i64::MAX)
    }

    /// The day itself where it is worked, else the next that is.
    #[must_use]
    pub fn workday_from(&self, day: NaiveDate) -> NaiveDate {
        day.iter_days().find(|d| self.is_workday(*d)).unwrap_or(day)
    }

    /// When terms end that run one after the other from an instant on. The day on which a term begins does not count (民法典
    /// 第二百零一条; 市场监督管理行政处罚程序规定: 期间开始之日不计算在内). `roll`: a last day that is off gives way to the next working
    /// day (民法典 第二百零三条); it concerns days only, for hours are counted through.
    #[must_use]
    pub fn due(&self, from: i64, terms: &[Term], pauses: &[Pause], roll: bool) -> Due {
        let first = clock::local_date(from);
        let mut at = from;
        for (i, term) in terms.iter().enumerate() {
            let after = clock::local_date(at);
            let last = i + 1 == terms.len();
            let next = match term.unit {
                Unit::Hour => hours(at, term.amount, pauses),
                Unit::Workday => self.nth_workday_after(after, term.amount, pauses).map(end_of),
                Unit::Day => count(after, term.amount, pauses, |_| true)
                    .map(|d| if roll && last { self.workday_from(d) } else { d })
                    .map(end_of),
            };
            match next {
                Some(next) => at = next,
                None => return Due { at: None, provisional: self.knows(first.year()) != Known::Confirmed },
            }
        }
        // Hours do not look at days.
        let by_days = terms.iter().any(|t| t.unit == Unit::Workday || t.unit == Unit::Day && roll);
        let provisional = by_days && self.knows_all(first, clock::local_date(at)) != Known::Confirmed;
        Due { at: Some(at), provisional }
    }

    /// This calendar with the years of another in the place of its own.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.days.retain(|d, _| !other.years.contains_key(&d.year()));
        out.years.extend(&other.years);
        out.days.extend(other.days.iter().map(|(d, m)| (*d, m.clone())));
        out
    }

    /// One year of it alone.
    #[must_use]
    pub fn year(&self, year: i32) -> Self {
        let known = self.years.get(&year).map(|k| (year, *k));
        Self::new(known, self.days().filter(|d| d.day.year() == year))
    }

    /// The days of this one's years that are something else, or are called otherwise, in another.
    #[must_use]
    pub fn changes(&self, from: &Self) -> Vec<Change> {
        let years = |d: &NaiveDate| self.years.contains_key(&d.year());
        let days: BTreeSet<NaiveDate> =
            self.days.keys().chain(from.days.keys().filter(|d| years(d))).copied().collect();
        let name = |c: &Self, d| c.name(d).unwrap_or_default().to_owned();
        let of =
            |d| Change { day: d, was: from.kind(d), is: self.kind(d), was_name: name(from, d), name: name(self, d) };
        days.into_iter().map(of).filter(|c| c.was != c.is || c.was_name != c.name).collect()
    }

    /// What the product ships with: 2026 as announced on 2025-11-04, 2027 as it is expected.
    #[must_use]
    pub fn seed() -> Self {
        read(SEED).unwrap_or_default()
    }

    /// As text that [`read`] reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (year, known) in &self.years {
            out += &format!("{year} {}\n", known.code());
            for (day, (mark, name)) in self.days.iter().filter(|d| d.0.year() == *year) {
                out += format!("{day} {} {name}", mark.code()).trim_end();
                out.push('\n');
            }
        }
        out
    }
}

/// Last instant of a day, ms.
fn end_of(day: NaiveDate) -> i64 {
    clock::day_start(clock::day_of(day).saturating_add(1)).saturating_sub(1)
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The `n`th day after one that counts. A day is held up from the one on which a pause begins to the one before it ends.
fn count(day: NaiveDate, n: i64, pauses: &[Pause], counts: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    let spans: Vec<(NaiveDate, NaiveDate)> =
        pauses.iter().map(|p| (clock::local_date(p.from), p.to.map_or(NaiveDate::MAX, clock::local_date))).collect();
    let mut left = n;
    let mut at = day;
    while left > 0 {
        at = at.succ_opt()?;
        let held = spans.iter().find(|(a, b)| *a <= at && at < *b);
        match held {
            Some((_, NaiveDate::MAX)) => return None,
            Some(_) => {}
            None => left -= i64::from(counts(at)),
        }
    }
    Some(at)
}

fn hours(from: i64, n: i64, pauses: &[Pause]) -> Option<i64> {
    let mut due = from.saturating_add(n.saturating_mul(3_600_000));
    let mut sorted = pauses.to_vec();
    sorted.sort_unstable_by_key(|p| p.from);
    // Pauses of one kind may lie in one another: what was held up already is not held up again.
    let mut held = from;
    for p in sorted.iter().filter(|p| p.to.is_none_or(|to| to > from)) {
        if p.from > due {
            break;
        }
        let to = p.to?;
        let begins = p.from.max(held);
        if to > begins {
            due = due.saturating_add(to - begins);
            held = to;
        }
    }
    Some(due)
}

/// What is wrong with a line of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFault {
    /// The line, from 1; 0 for the whole text.
    pub line: usize,
    /// What is wrong and what to do, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

fn mark(word: &str) -> Option<Mark> {
    match word {
        "放假" | "休" | "休息" => Some(Mark::Holiday),
        "上班" | "班" | "调休" => Some(Mark::Makeup),
        other => Mark::from_code(&other.to_ascii_lowercase())
            .or_else(|| Mark::ALL.iter().copied().find(|m| m.text().zh == other)),
    }
}

fn known(word: &str) -> Option<Known> {
    match word {
        "confirmed" | "已公布" | "已确认" => Some(Known::Confirmed),
        "provisional" | "待确认" | "预计" => Some(Known::Provisional),
        _ => None,
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    let fits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    fits.then(|| text.parse().ok()).flatten().filter(|d: &NaiveDate| (2000..=2199).contains(&d.year()))
}

/// Reads a calendar: a line names a year and how well it is known (`2026 confirmed`, `2027 待确认`), the lines after it its days
/// (`2026-01-01 holiday 元旦`, `2026-10-01..2026-10-07 放假 国庆节`, `2026-10-10 makeup 国庆节`). Words stand apart by blanks, tabs or commas;
/// what stands behind `#` is a remark.
///
/// # Errors
/// What is wrong, line by line; nothing is read then.
pub fn read(text: &str) -> Result<Calendar, Vec<LineFault>> {
    let mut faults: Vec<LineFault> = Vec::new();
    let mut out = Calendar::default();
    let mut seen: BTreeMap<NaiveDate, usize> = BTreeMap::new();
    if text.len() > TEXT_MAX {
        let most = TEXT_MAX / 1_024;
        let (zh, en) =
            (format!("文本超过 {most} KB,请按年分次导入"), format!("longer than {most} KB: import it year by year"));
        return Err(vec![LineFault { line: 0, zh, en }]);
    }
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    for (line, text) in (1..).zip(lines) {
        let mut fault = |zh: String, en: String| faults.push(LineFault { line, zh, en });
        let words: Vec<&str> = text
            .split('#')
            .next()
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，'))
            .filter(|w| !w.is_empty())
            .collect();
        let (Some(first), second, rest) = (words.first(), words.get(1), words.get(2..).unwrap_or_default()) else {
            continue;
        };
        if first.len() == 4 && first.bytes().all(|b| b.is_ascii_digit()) {
            let year = first.parse::<i32>().ok().filter(|y| (2000..=2199).contains(y));
            match (year, second.and_then(|w| known(w))) {
                (None, _) => fault("年份应在 2000 至 2199 之间".into(), "a year from 2000 to 2199".into()),
                (_, None) => fault(
                    "年份后应注明 confirmed(已公布)或 provisional(待确认)".into(),
                    "after the year: confirmed or provisional".into(),
                ),
                (Some(y), Some(_)) if out.years.contains_key(&y) => {
                    fault(format!("{y} 年重复"), format!("{y} stands there twice"));
                }
                (Some(y), Some(k)) => {
                    out.years.insert(y, k);
                }
            }
        } else {
            let (a, b) = first.split_once("..").unwrap_or((first, first));
            let name = clock::clip(&rest.join(" "));
            match (day(a).zip(day(b)), second.and_then(|w| mark(w))) {
                (None, _) => fault(
                    format!("`{}` 不是日期,应如 2026-10-01 或 2026-10-01..2026-10-07", clock::clip(first)),
                    format!("`{}` is no day such as 2026-10-01 or 2026-10-01..2026-10-07", clock::clip(first)),
                ),
                (_, None) => fault(
                    "日期后应注明 holiday(放假)或 makeup(调休上班)".into(),
                    "after the day: holiday or makeup".into(),
                ),
                (Some((a, b)), _) if a > b || (b - a).num_days() >= STRETCH_MAX => fault(
                    format!("起止日期应先后有序,且不超过 {STRETCH_MAX} 天"),
                    format!("the first day comes first, and the stretch has at most {STRETCH_MAX} days"),
                ),
                (Some((a, b)), Some(m)) => {
                    for d in a.iter_days().take_while(|d| *d <= b) {
                        if !out.years.contains_key(&d.year()) {
                            let y = d.year();
                            fault(
                                format!("请先用一行注明 {y} 年(如 {y} confirmed)"),
                                format!("name the year first: {y} confirmed"),
                            );
                            break;
                        }
                        if let Some(before) = seen.get(&d) {
                            fault(format!("{d} 已在第 {before} 行"), format!("{d} stands on line {before} already"));
                            break;
                        }
                        if m == Mark::Makeup && !is_weekend(d) {
                            fault(
                                format!("{d} 不是周末,不需要调休上班"),
                                format!("{d} is no weekend: it is worked anyway"),
                            );
                            break;
                        }
                        seen.insert(d, line);
                        out.days.insert(d, (m, name.clone()));
                    }
                }
            }
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() && out.years.is_empty() {
        faults.push(LineFault { line: 0, zh: "没有任何年份".into(), en: "it names no year".into() });
    }
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

/// A term in words: `7 个工作日`.
#[must_use]
pub fn words_of(term: Term) -> (String, String) {
    let Text { zh, en } = term.unit.text();
    (format!("{} {zh}", term.amount), format!("{} {en}", term.amount))
}

const SEED: &str = "\
# 国务院办公厅关于2026年部分节假日安排的通知 (2025-11-04)
2026 confirmed
2026-01-01..2026-01-03 holiday 元旦
2026-01-04 makeup 元旦
2026-02-14 makeup 春节
2026-02-15..2026-02-23 holiday 春节
2026-02-28 makeup 春节
2026-04-04..2026-04-06 holiday 清明节
2026-05-01..2026-05-05 holiday 劳动节
2026-05-09 makeup 劳动节
2026-06-19..2026-06-21 holiday 端午节
2026-09-20 makeup 国庆节
2026-09-25..2026-09-27 holiday 中秋节
2026-10-01..2026-10-07 holiday 国庆节
2026-10-10 makeup 国庆节
# 全国年节及纪念日放假办法 (国务院令第795号); which days are made up for is not announced yet
2027 provisional
2027-01-01..2027-01-03 holiday 元旦
2027-01-31 makeup 春节
2027-02-05..2027-02-12 holiday 春节
2027-02-20 makeup 春节
2027-04-03..2027-04-05 holiday 清明节
2027-05-01..2027-05-05 holiday 劳动节
2027-05-08 makeup 劳动节
2027-06-09 holiday 端午节
2027-09-15 holiday 中秋节
2027-09-26 makeup 国庆节
2027-10-01..2027-10-07 holiday 国庆节
2027-10-09 makeup 国庆节
";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_year_that_is_put_takes_the_place_of_the_one_on_file() {
        let (old, new) =
            (Calendar::seed(), read("2027 confirmed\n2027-01-01,holiday,元旦\n2027-02-06 makeup 春节").unwrap());
        let all = old.with(&new);
        assert_eq!((all.knows(2026), all.knows(2027)), (Known::Confirmed, Known::Confirmed));
        assert_eq!((all.year(2026), all.year(2027)), (old.year(2026), new.clone()));
        assert_eq!((old.year(2030), old.with(&Calendar::default())), (Calendar::default(), old.clone()));
        let changes = new.changes(&old);
        assert!(changes.iter().all(|c| c.day.year() == 2027 && c.day != d("2027-01-01")));
        let of = |day: &str| changes.iter().find(|c| c.day == d(day)).map(|c| (c.was, c.is));
        assert_eq!(of("2027-01-02"), Some((DayKind::Holiday, DayKind::Weekend)));
        assert_eq!(of("2027-02-06"), Some((DayKind::Holiday, DayKind::Makeup)));
        assert_eq!(of("2027-10-09"), Some((DayKind::Makeup, DayKind::Weekend)));
        assert_eq!((new.changes(&all), old.changes(&old)), (vec![], vec![]));
        assert_eq!(read(&old.year(2026).text()).unwrap(), old.year(2026));
    }

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn noon(text: &str) -> i64 {
        clock::day_start(clock::day_of(d(text))) + clock::DAY_MS / 2
    }

    fn of(amount: i64, unit: Unit) -> Term {
        Term { amount, unit }
    }

    fn due(from: &str, amount: i64, unit: Unit) -> (String, bool) {
        let due = Calendar::seed().due(noon(from), &[of(amount, unit)], &[], true);
        (clock::local_date(due.at.unwrap()).to_string(), due.provisional)
    }

    #[test]
    fn a_year_has_the_working_days_that_were_announced() {
        let c = Calendar::seed();
        // 365 days, 104 of them weekends, 33 days off, six make-up days on weekends.
        assert_eq!(c.workdays_between(d("2025-12-31"), d("2026-12-31")), 248);
        for (day, kind, name) in [
            ("2026-09-20", DayKind::Makeup, Some("国庆节")),
            ("2026-09-30", DayKind::Workday, None),
            ("2026-10-01", DayKind::Holiday, Some("国庆节")),
            ("2026-10-03", DayKind::Holiday, Some("国庆节")),
            ("2026-10-08", DayKind::Workday, None),
            ("2026-10-10", DayKind::Makeup, Some("国庆节")),
            ("2026-10-11", DayKind::Weekend, None),
            ("2027-02-05", DayKind::Holiday, Some("春节")),
            ("2028-02-05", DayKind::Weekend, None),
        ] {
            assert_eq!((c.kind(d(day)), c.name(d(day))), (kind, name), "{day}");
        }
        assert_eq!([2025, 2026, 2027].map(|y| c.knows(y)), [Known::Absent, Known::Confirmed, Known::Provisional]);
        assert_eq!(c.knows_all(d("2026-12-01"), d("2027-01-05")), Known::Provisional);
        assert_eq!(c.knows_all(d("2026-12-01"), d("2028-01-05")), Known::Absent);
    }

    #[test]
    fn working_days_over_national_day_and_spring_festival() {
        use Unit::{Day, Hour, Workday as W};
        for (from, n, unit, to, provisional) in [
            // National Day 2026: the 10th, a Saturday, is worked.
            ("2026-09-30", 1, W, "2026-10-08", false),
            ("2026-09-30", 7, W, "2026-10-15", false),
            ("2026-09-29", 7, W, "2026-10-14", false),
            ("2026-10-03", 1, W, "2026-10-08", false),
            ("2026-10-09", 1, W, "2026-10-10", false),
            ("2026-10-09", 2, W, "2026-10-12", false),
            ("2026-09-18", 1, W, "2026-09-20", false),
            ("2026-09-24", 1, W, "2026-09-28", false),
            // Spring Festival 2026, as announced: the 14th and the 28th, Saturdays, are worked.
            ("2026-02-13", 1, W, "2026-02-14", false),
            ("2026-02-13", 2, W, "2026-02-24", false),
            ("2026-02-13", 6, W, "2026-02-28", false),
            ("2026-02-13", 7, W, "2026-03-02", false),
            // Spring Festival 2027, as expected: Sunday 31 January and Saturday 20 February are worked.
            ("2027-01-29", 1, W, "2027-01-31", true),
            ("2027-02-03", 7, W, "2027-02-20", true),
            ("2027-02-04", 5, W, "2027-02-19", true),
            ("2027-02-04", 6, W, "2027-02-20", true),
            // Into a year that is expected, and into one that is not on file.
            ("2026-12-30", 1, W, "2026-12-31", false),
            ("2026-12-31", 1, W, "2027-01-04", true),
            ("2027-12-31", 1, W, "2028-01-03", true),
            // Days count through, but one that would end on a day off gives way.
            ("2026-09-20", 15, Day, "2026-10-08", false),
            ("2026-04-15", 60, Day, "2026-06-15", false),
            ("2026-04-16", 60, Day, "2026-06-15", false),
            ("2026-04-17", 60, Day, "2026-06-16", false),
            ("2026-09-30", 24, Hour, "2026-10-01", false),
        ] {
            assert_eq!(due(from, n, unit), (to.to_owned(), provisional), "{from} {n} {unit:?}");
        }
        let plain = Calendar::seed().due(noon("2026-04-15"), &[of(60, Day)], &[], false);
        assert_eq!(clock::local_date(plain.at.unwrap()), d("2026-06-14"));
        assert_eq!(
            plain.at.unwrap() + 1,
            clock::day_start(clock::day_of(d("2026-06-15"))),
            "the last instant of the day"
        );
        let hours = Calendar::seed().due(noon("2026-09-30"), &[of(24, Hour)], &[], true);
        assert_eq!(hours.at, Some(noon("2026-10-01")));
    }

    #[test]
    fn what_is_held_up_does_not_count() {
        let c = Calendar::seed();
        let end =
            |pauses: &[Pause], terms: &[Term]| c.due(noon("2026-11-02"), terms, pauses, true).at.map(clock::local_date);
        let p = |a: &str, b: &str| Pause { from: noon(a), to: (!b.is_empty()).then(|| noon(b)) };
        let seven = [of(7, Unit::Workday)];
        assert_eq!(end(&[], &seven), Some(d("2026-11-11")));
        // The day on which it is held up does not count, the day on which it goes on does.
        assert_eq!(end(&[p("2026-11-04", "2026-11-06")], &seven), Some(d("2026-11-13")));
        assert_eq!(end(&[p("2026-11-04", "2026-11-04")], &seven), Some(d("2026-11-11")));
        assert_eq!(end(&[p("2026-11-07", "2026-11-08")], &seven), Some(d("2026-11-11")), "a weekend");
        assert_eq!(end(&[p("2026-11-04", "")], &seven), None);
        assert_eq!(end(&[p("2026-11-12", "")], &seven), Some(d("2026-11-11")), "it had ended");
        assert_eq!(end(&[p("2026-11-04", "2026-11-06"), p("2026-11-05", "2026-11-09")], &seven), Some(d("2026-11-16")));
        let day = [of(24, Unit::Hour)];
        let hours = |pauses: &[Pause]| c.due(noon("2026-11-02"), &day, pauses, true).at;
        let ms = |h: i64| noon("2026-11-02") + h * 3_600_000;
        let held = |a: i64, b: Option<i64>| Pause { from: ms(a), to: b.map(ms) };
        assert_eq!(hours(&[held(2, Some(5))]), Some(ms(27)));
        assert_eq!(hours(&[held(2, Some(5)), held(3, Some(4))]), Some(ms(27)));
        assert_eq!(hours(&[held(-5, Some(5))]), Some(ms(29)));
        assert_eq!((hours(&[held(2, None)]), hours(&[held(25, None)])), (None, Some(ms(24))));
        // One term after another.
        assert_eq!(end(&[], &[of(15, Unit::Workday), of(15, Unit::Workday)]), Some(d("2026-12-14")));
        assert_eq!(end(&[], &[of(30, Unit::Workday)]), Some(d("2026-12-14")));
    }

    #[test]
    fn a_text_is_read_or_its_lines_are_named() {
        let seed = Calendar::seed();
        assert_eq!(seed.years().count(), 2);
        assert_eq!(read(&seed.text()), Ok(seed));
        let other =
            read("\u{feff}2026\t已公布\r\n2026-10-01..2026-10-03，放假，国庆节\r\n2026-10-10 上班 # 周六\r\n\r\n")
                .unwrap();
        assert_eq!(other.days().count(), 4);
        let lines = |text: &str| read(text).unwrap_err().into_iter().map(|f| f.line).collect::<Vec<_>>();
        for (text, at) in [
            ("", vec![0]),
            ("# nothing\n", vec![0]),
            ("2026-10-01 holiday", vec![1]),
            ("1999 confirmed", vec![1]),
            ("2026\n2026 sure\n2026 confirmed\n2026 confirmed", vec![1, 2, 4]),
            ("2026 confirmed\n2026-02-30 holiday\n2026-10-01\n2026-10-01 closed", vec![2, 3, 4]),
            ("2026 confirmed\n2026-10-07..2026-10-01 holiday\n2026-01-01..2026-12-31 holiday", vec![2, 3]),
            ("2026 confirmed\n2026-10-01 holiday\n2026-10-01 holiday", vec![3]),
            ("2026 confirmed\n2026-10-08 makeup", vec![2]),
            ("2026 confirmed\n2026-12-31..2027-01-02 holiday", vec![2]),
            ("<script>alert(1)</script>", vec![1]),
        ] {
            assert_eq!(lines(text), at, "{text:?}");
        }
        assert_eq!(lines(&"x\n".repeat(10_000)).len(), FAULTS_MAX);
        assert_eq!(lines(&"x".repeat(TEXT_MAX + 1)), [0]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_imported_panics(text in "[0-9a-z.# \n\t-]{0,200}") {
            if let Ok(c) = read(&text) {
                prop_assert_eq!(read(&c.text()), Ok(c));
            }
        }

        #[test]
        fn more_days_end_later_and_on_a_working_day(from in 20_400i32..21_400, n in 1i64..60, m in 1i64..60) {
            let c = Calendar::seed();
            let at = |n| c.nth_workday_after(clock::date_of(from), n, &[]).unwrap();
            prop_assert!(c.is_workday(at(n)));
            prop_assert_eq!(n < m, at(n) < at(m));
            prop_assert_eq!(c.workdays_between(clock::date_of(from), at(n)), n);
        }

        #[test]
        fn no_instant_and_no_term_panics(from: i64, n in -5i64..2_000, pause: i64) {
            let c = Calendar::seed();
            for u in Unit::ALL {
                let pauses = [Pause { from: pause, to: None }, Pause { from: 0, to: Some(pause) }];
                let due = c.due(from, &[of(n, *u)], &pauses, true);
                // Beyond the instants of the record a day has no number.
                let within = (0..=253_402_300_799_999).contains(&from);
                prop_assert!(n < 1 || !within || due.at.is_none_or(|at| at >= from));
            }
        }
    }
}
