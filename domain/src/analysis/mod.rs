//! What the analyses answer: plain rows, each with the unit it speaks of. What nobody recorded is `None`, never a zero.

mod asked;
pub mod kind;
mod lines;
mod period;
mod sheet;

pub use asked::Asked;
pub use kind::{Column, KINDS, Kind, kind};
pub use lines::{MADE_UP, statistics};
pub use period::{Period, Span, first_day, month_of};
pub use sheet::{Amount, Behind, Figure, Line, PAGE, Sheet, sheet};

use crate::{ledger::Custody, outcome::Anomaly};
use serde::{Deserialize, Serialize};

/// By what an analysis is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// 区县
    #[default]
    District,
    /// 单位
    Org,
}

/// A district (id: GB/T 2260 code) or an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
}

/// The windows of the due analysis, days.
pub const WINDOWS: [i32; 3] = [30, 60, 90];

/// 待检、待报废: due dates and ends of life of the cylinders on file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Of whom.
    pub unit: Unit,
    /// Cylinders on file.
    pub on_file: i64,
    /// Past their due date, within their life.
    pub overdue: i64,
    /// Past the end of their life.
    pub past_life: i64,
    /// Valid until a day within each window, the day itself included. The due date is never behind the end of life: one whose life
    /// ends first is due on that day.
    pub due: [i64; 3],
    /// Those whose life ends within each window.
    pub life_ends: [i64; 3],
}

/// 异常钢瓶: the cylinders on file by how they stand at a date; the five kinds add up to those on file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abnormal {
    /// Of whom.
    pub unit: Unit,
    /// Cylinders on file.
    pub on_file: i64,
    /// 正常: valid beyond the window.
    pub normal: i64,
    /// 临检: due within the window.
    pub due_soon: i64,
    /// 过检, within their life.
    pub overdue: i64,
    /// 报废 in the words of the sources: past the end of their life (超年限).
    pub past_life: i64,
    /// Without a date to judge by.
    pub undated: i64,
    /// Not on file any more: 已报废, 已销毁.
    pub scrapped: i64,
}

/// First ages of the bands, years by the year of manufacture. 8 and 12 are the lives of an LPG cylinder.
pub const AGES: [i32; 5] = [0, 4, 8, 12, 15];

/// 年限段: the cylinders on file by age.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// Of whom.
    pub unit: Unit,
    /// By band of [`AGES`].
    pub bands: [i64; 5],
    /// Year of manufacture not known.
    pub unknown: i64,
}

impl Ages {
    /// Counts cylinders made in a year (0: not known) as of another.
    pub fn add(&mut self, made: i32, year: i32, count: i64) {
        let age = year - made;
        match AGES.iter().rposition(|from| age >= *from) {
            _ if made == 0 => self.unknown += count,
            // Made after the day that is asked for: as of then it was not there, and is new.
            place => self.bands[place.unwrap_or(0)] += count,
        }
    }
}

/// 在用钢瓶分布: the cylinders on file by where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Of whom.
    pub unit: Unit,
    /// Cylinders on file.
    pub on_file: i64,
    /// With customers.
    pub in_use: i64,
    /// In stock, empty.
    pub empty: i64,
    /// In stock or at a delivery station, full.
    pub full: i64,
    /// On the road, to a customer or back.
    pub on_road: i64,
    /// At or on their way to an inspection agency, in repair, on hold.
    pub away: i64,
    /// Reported lost.
    pub lost: i64,
}

/// Where a cylinder is, as the distribution tells it: custodies that are one to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With a customer.
    InUse,
    /// In stock, empty.
    Empty,
    /// In stock or at a delivery station, full.
    Full,
    /// On the road, to a customer or back.
    OnRoad,
    /// At or on the way to an inspection agency, in repair, on hold.
    Away,
    /// Reported lost.
    Lost,
}

impl Place {
    /// All with their words in an address, Chinese and English.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 6] = [
        (Self::InUse, "in_use", "用户在用", "In use"),
        (Self::Empty, "empty", "空瓶(合计)", "Empty, all"),
        (Self::Full, "full", "重瓶(合计)", "Full, all"),
        (Self::OnRoad, "on_road", "在途(合计)", "On the road, all"),
        (Self::Away, "away", "送检、维修、封存(合计)", "Away, all"),
        (Self::Lost, "lost", "丢失", "Lost"),
    ];

    /// The place of a custody.
    #[must_use]
    pub const fn of(custody: Custody) -> Self {
        use Custody as C;
        match custody {
            C::InUse => Self::InUse,
            C::EmptyInStock | C::ReadyToFill | C::Filling => Self::Empty,
            C::AwaitsPostcheck | C::FullInStock | C::FullAtSite => Self::Full,
            C::InTransit | C::Returning => Self::OnRoad,
            C::ToInspection | C::AtInspection | C::InRepair | C::Held => Self::Away,
            C::Lost => Self::Lost,
        }
    }

    /// From its word in an address.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|p| p.1 == code).map(|p| p.0)
    }
}

impl Placed {
    /// Counts cylinders of a custody.
    pub const fn add(&mut self, custody: Custody, count: i64) {
        self.on_file += count;
        let to = match Place::of(custody) {
            Place::InUse => &mut self.in_use,
            Place::Empty => &mut self.empty,
            Place::Full => &mut self.full,
            Place::OnRoad => &mut self.on_road,
            Place::Away => &mut self.away,
            Place::Lost => &mut self.lost,
        };
        *to += count;
    }
}

/// How full a storage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fullness {
    /// Below every limit.
    #[default]
    Fine,
    /// From the first share on.
    Yellow,
    /// From the second share on.
    Orange,
    /// Beyond the limit.
    Red,
}

impl Fullness {
    /// Of a volume against a limit, both ml; `warn` are the shares in percent from which it is yellow and orange, and beyond
    /// which it is red.
    #[must_use]
    pub fn of(full_ml: i64, limit_ml: i64, warn: [i64; 3]) -> Self {
        let reached = |percent: i64| i128::from(full_ml) * 100 - i128::from(limit_ml) * i128::from(percent);
        if limit_ml <= 0 {
            Self::Fine
        } else if reached(warn[2]) > 0 {
            Self::Red
        } else if reached(warn[1]) >= 0 {
            Self::Orange
        } else if reached(warn[0]) >= 0 {
            Self::Yellow
        } else {
            Self::Fine
        }
    }
}

/// 重瓶存放: a site's full cylinders against its limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The site.
    pub site: Unit,
    /// Its district, GB/T 2260.
    pub district: i32,
    /// Its organisation.
    pub org: i64,
    /// Class of its storage, 1 to 3.
    pub class: i16,
    /// Volume of its full cylinders, ml.
    pub full_ml: i64,
    /// Its limit, ml; 0 where none is in force.
    pub limit_ml: i64,
    /// How full it is.
    pub fullness: Fullness,
}

/// 用户处存瓶: what stands at one address, of all suppliers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserStorage {
    /// The address, hidden from its first number on; the id is that of its first customer.
    pub unit: Unit,
    /// Whether an address is known.
    pub known: bool,
    /// A shop rather than a household.
    pub shop: bool,
    /// Suppliers.
    pub suppliers: i64,
    /// Cylinders.
    pub pieces: i64,
    /// The most that they hold, g.
    pub mass_g: i64,
    /// Its limit, g; 0 where none is in force.
    pub limit_g: i64,
    /// How full it is.
    pub fullness: Fullness,
}

/// 充装行为: what was filled, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conduct {
    /// Of whom.
    pub unit: Unit,
    /// Fills.
    pub fills: i64,
    /// Gas added, grams.
    pub net_g: i64,
    /// Attempts that the gate refused.
    pub refused: i64,
    /// Of them those of a tag that is unknown, void, foreign or not the cylinder's own: a refusal has several reasons, so that they do not
    /// add up.
    pub illegal_tags: i64,
    /// Fills by what was wrong with them.
    pub anomalies: Vec<(Anomaly, i64)>,
    /// Alerts raised, by kind (code), of the ledger and of the detectors.
    pub alerts: Vec<(String, i64)>,
}

/// 数据完整性: a unit's fills of a day, or of a month, that nothing is missing of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Of whom.
    pub unit: Unit,
    /// Local day, days since 1970-01-01; the first one of a month that is told of as one.
    pub day: i32,
    /// Whether it is of that whole month.
    pub whole_month: bool,
    /// Fills.
    pub fills: i64,
    /// Anomalies that mean that something was not told: no pre-check, no authorisation, an unknown cylinder, a break in the chain.
    pub missing: i64,
}

impl Completeness {
    /// Share of what should have been told, per mille; `None` where nothing was filled.
    #[must_use]
    pub fn permille(&self) -> Option<i64> {
        (self.fills > 0).then(|| ((self.fills - self.missing) * 1_000 / self.fills).max(0))
    }
}

/// 销售汇总: an organisation's orders of a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sales {
    /// Of whom.
    pub unit: Unit,
    /// Year and month, such as 201804; 0 where the orders bear no date.
    pub month: i32,
    /// Orders.
    pub orders: i64,
    /// Cylinders ordered.
    pub wanted: i64,
    /// Cylinders delivered; `None` where no order says how many.
    pub delivered: Option<i64>,
}

/// 开户与实名进度 of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Of whom.
    pub unit: Unit,
    /// Registered customers: the target.
    pub customers: i64,
    /// Customers with a contract and a cylinder bound to it; `None`: contracts are not recorded.
    pub opened: Option<i64>,
    /// Customers whose identity was verified; `None`: verifications are not recorded.
    pub real_name: Option<i64>,
}

/// 发卡率 of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagIssue {
    /// Of whom.
    pub unit: Unit,
    /// Cylinders on file.
    pub registered: i64,
    /// Of them those that bear a valid tag.
    pub bound: i64,
    /// Tags issued by series; `None` where no series is entered.
    pub issued: Option<i64>,
}

impl TagIssue {
    /// Bound ÷ registered, per mille; `None` where nothing is registered.
    #[must_use]
    pub const fn permille(&self) -> Option<i64> {
        if self.registered > 0 { Some(self.bound * 1_000 / self.registered) } else { None }
    }
}

/// 回收率: of what was delivered in a month, what came back since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Of whom.
    pub unit: Unit,
    /// Year and month of the delivery, such as 202611.
    pub month: i32,
    /// Delivered to customers.
    pub delivered: i64,
    /// Of them those that came back.
    pub returned: i64,
}

impl Recovery {
    /// Returned ÷ delivered, per mille; `None` where nothing was delivered.
    #[must_use]
    pub const fn permille(&self) -> Option<i64> {
        if self.delivered > 0 { Some(self.returned * 1_000 / self.delivered) } else { None }
    }
}

/// What the statistics of a period count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 充装, fills.
    Fills,
    /// 充装量, grams.
    NetG,
    /// 拦截, attempts refused.
    Refused,
    /// 警告, attempts warned.
    Warned,
    /// 放行, reasons overridden.
    Overridden,
    /// 异常充装, anomalies of fills.
    Anomalies,
    /// 到期, due dates that fell into the period.
    FellDue,
    /// 到年限, lives that ended in the period.
    LivesEnded,
    /// 事故
    Accidents,
    /// 隐患
    Hazards,
}

impl Measure {
    /// All, in the order of a report.
    pub const ALL: [Self; 10] = [
        Self::Fills,
        Self::NetG,
        Self::Refused,
        Self::Warned,
        Self::Overridden,
        Self::Anomalies,
        Self::FellDue,
        Self::LivesEnded,
        Self::Accidents,
        Self::Hazards,
    ];
}

/// 统计: one figure of a period beside that of the period before. `None`: nobody records it yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistic {
    /// What is counted.
    pub measure: Measure,
    /// In the period.
    pub value: Option<i64>,
    /// In the period before.
    pub before: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn ages_fall_into_their_bands() {
        let mut a = Ages::default();
        for (made, count) in
            [(2026, 1), (2023, 2), (2022, 4), (2018, 8), (2014, 16), (2011, 32), (1990, 64), (0, 128), (2027, 256)]
        {
            a.add(made, 2026, count);
        }
        assert_eq!((a.bands, a.unknown), ([1 + 2 + 256, 4, 8, 16, 32 + 64], 128));
    }

    #[test]
    fn a_storage_is_red_only_beyond_its_limit() {
        let of = |ml| Fullness::of(ml, 1_000, [80, 95, 100]);
        use Fullness::{Fine, Orange, Red, Yellow};
        assert_eq!([799, 800, 949, 950, 1_000, 1_001].map(of), [Fine, Yellow, Yellow, Orange, Orange, Red]);
        assert_eq!(Fullness::of(5, 0, [80, 95, 100]), Fine);
    }

    #[test]
    fn every_custody_has_its_place() {
        let mut p = Placed::default();
        Custody::ALL.iter().for_each(|c| p.add(*c, 1));
        assert_eq!(p.on_file, p.in_use + p.empty + p.full + p.on_road + p.away + p.lost);
        assert_eq!((p.in_use, p.full, p.lost), (1, 3, 1));
    }

    /// Every row has a figure for every column, and so has the total.
    #[test]
    fn rows_are_as_wide_as_their_columns() {
        fn width<T: Line>(line: &T) -> usize {
            let (rows, total) =
                sheet(std::slice::from_ref(line), &Asked::default(), NaiveDate::default(), |_| String::new());
            assert_eq!(rows[0].len(), total.len());
            total.len()
        }
        let widths = [
            ("due", width(&Due::default())),
            ("abnormal", width(&Abnormal::default())),
            ("placed", width(&Placed::default())),
            ("ages", width(&Ages::default())),
            ("storage", width(&Storage::default())),
            ("user-storage", width(&UserStorage::default())),
            ("conduct", width(&Conduct::default())),
            ("completeness", width(&Completeness::default())),
            ("recovery", width(&Recovery::default())),
            ("opening", width(&Opening::default())),
            ("tag-issue", width(&TagIssue::default())),
            ("sales", width(&Sales::default())),
            ("statistics", {
                let one = Statistic { measure: Measure::Fills, value: Some(3), before: Some(2) };
                let (asked, none) = (Asked::default(), Span { first: 0, last: 0 });
                let b = Behind { asked: &asked, day: NaiveDate::default(), unit: None };
                let rows = statistics(&[one], b, none, none);
                assert_eq!((&rows[0][3].amount, &rows[0][4].amount), (&Amount::Count(1), &Amount::Permille(500)));
                rows[0].len()
            }),
        ];
        let columns: Vec<(&str, usize)> = KINDS.iter().map(|k| (k.code, k.columns.len())).collect();
        let mut widths = widths.to_vec();
        widths.sort_unstable();
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        assert_eq!(widths, sorted);
        for k in KINDS {
            let known = |name: &&str| k.column(name).is_some();
            assert!(
                k.bars.iter().all(known) && known(&k.main) && (k.order.is_empty() || known(&k.order)),
                "{}",
                k.code
            );
            assert_eq!(kind(k.code), Some(k));
        }
        assert_eq!(kind("Due"), None);
    }

    #[test]
    fn a_sheet_is_sorted_with_the_unknown_last() {
        let line = |id: i64, customers, opened| Opening {
            unit: Unit { id, name: id.to_string() },
            customers,
            opened,
            real_name: None,
        };
        let lines = [line(1, 5, Some(1)), line(2, 9, None), line(3, 5, Some(4))];
        let kind = kind("opening").unwrap();
        let sorted = |sort: &str, ascending| {
            let asked = Asked { sort: sort.into(), ascending, ..Asked::default() };
            let (rows, total) = sheet(&lines, &asked, NaiveDate::default(), |_| String::new());
            let mut s = Sheet { rows, total, asked, ..Sheet::default() };
            assert_eq!(s.main(kind).amount, Amount::Count(19));
            let known = s.sort(kind);
            let names =
                s.rows.iter().map(|r| if let Amount::Text(t) = &r[0].amount { t.clone() } else { String::new() });
            (known, names.collect::<String>())
        };
        assert_eq!(sorted("", false), (true, "213".into()));
        assert_eq!(sorted("customers", true), (true, "132".into()));
        assert_eq!(sorted("opened", true), (true, "132".into()));
        assert_eq!(sorted("opened", false), (true, "312".into()));
        assert!(!sorted("password", false).0, "no such column");
    }

    #[test]
    fn no_rate_without_a_whole() {
        assert_eq!(Recovery::default().permille(), None);
        assert_eq!(Recovery { delivered: 3, returned: 2, ..Recovery::default() }.permille(), Some(666));
        assert_eq!(TagIssue { registered: 4, bound: 4, ..TagIssue::default() }.permille(), Some(1_000));
        assert_eq!(Completeness { fills: 2, missing: 3, ..Completeness::default() }.permille(), Some(0));
    }
}
