//! How the ledger folds: from events to a cylinder's present state, the counters and the alerts.
//!
//! Ingest and `verify` both call this code, so that a stored copy can always be recomputed and compared.

use crate::{
    clock,
    event::{Entry, EventKind, SEQ_LEAP, Source},
    gate::Decision,
    geo::{Position, impossible_travel},
    life::{Dates, Derived},
    outcome::{AlertKind, Anomaly, RecordCode},
    rules::RuleSet,
    wall::Stock,
    weight,
};
use serde::{Deserialize, Serialize};

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $n:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(i16)]
        pub enum $name { $($(#[doc = $doc])* $variant = $n,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Number in the record; never reused.
            #[must_use]
            pub const fn number(self) -> i16 { self as i16 }
            /// From the record.
            #[must_use]
            pub fn from_number(n: i16) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.number() == n) }
            /// Chinese word.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),+ } }
            /// English word.
            #[must_use]
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

numbered! {
    /// The file axis (档案).
    FileState {
        /// 草稿
        Draft = 1, "草稿", "draft";
        /// 待审
        Pending = 2, "待审", "awaiting approval";
        /// 已登记
        Registered = 3, "已登记", "registered";
        /// 停用
        Suspended = 4, "停用", "suspended";
        /// 待报废
        AwaitsScrap = 5, "待报废", "to be scrapped";
        /// 已报废
        Scrapped = 6, "已报废", "scrapped";
        /// 已销毁
        Destroyed = 7, "已销毁", "destroyed";
        /// 转出或注销
        Cancelled = 8, "转出/注销", "transferred out or cancelled";
    }
}

numbered! {
    /// The circulation axis (流转).
    Custody {
        /// 空瓶在库
        EmptyInStock = 1, "空瓶在库", "empty in stock";
        /// 待充
        ReadyToFill = 2, "待充", "ready to fill";
        /// 充装中
        Filling = 3, "充装中", "filling";
        /// 待复检
        AwaitsPostcheck = 4, "待复检", "awaits post-check";
        /// 重瓶在库
        FullInStock = 5, "重瓶在库", "full in stock";
        /// 已出库(配送中)
        InTransit = 6, "配送中", "in transit";
        /// 站点重瓶
        FullAtSite = 7, "站点重瓶", "full at a delivery site";
        /// 用户在用
        InUse = 8, "用户在用", "with a customer";
        /// 回收中
        Returning = 9, "回收中", "being returned";
    }
}

numbered! {
    /// What a counter counts. Counters are kept in the event's transaction.
    Metric {
        /// Fills, by local day and minute of their end and by station.
        Fill = 1, "充装", "fills";
        /// Gas added, grams.
        NetG = 2, "充装量", "gas added";
        /// Attempts refused.
        Blocked = 3, "拦截", "refused";
        /// Attempts warned.
        Warned = 4, "警告", "warned";
        /// Attempts refused, by reason (key = number of the reason).
        BlockedReason = 5, "拦截原因", "refused by reason";
        /// Fills with an anomaly (key = place in the table of anomalies).
        Anomaly = 6, "异常充装", "anomalous fills";
        /// Cylinders on file whose inspection is valid to this day.
        DueOn = 10, "到期日", "due on";
        /// Cylinders on file whose life ends on this day.
        LifeEndOn = 11, "年限日", "life ends on";
        /// Cylinders by file state (key).
        File = 12, "档案状态", "by file state";
        /// Cylinders on file by custody (key).
        Custody = 13, "流转状态", "by custody";
        /// Alerts nobody has closed.
        OpenAlert = 14, "未关闭告警", "open alerts";
        /// Cylinders on file by year of manufacture (key: the year, 0 where it is not known).
        MadeIn = 15, "制造年", "made in";
        /// Volume of the full cylinders at a station, ml.
        FullMl = 16, "重瓶容积", "volume of full cylinders";
        /// Warnings and dangers among the open alerts that nobody took note of.
        Waiting = 17, "待签收告警", "alerts nobody took note of";
    }
}

/// Minute of a counter that stands for the whole day.
pub const WHOLE_DAY: i16 = -1;

/// A counter's key. `site` is the station where it happened, or the home station of the cylinder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// What is counted.
    pub metric: Metric,
    /// Sub-key.
    pub key: i16,
    /// Local day, 0 where the metric has none.
    pub day: i32,
    /// Minute of the day, or [`WHOLE_DAY`].
    pub minute: i16,
    /// Site.
    pub site: i64,
}

/// Bits of a cylinder's flags (标志).
pub mod flag {
    /// 链路断点: an event did not follow from the state before.
    pub const CHAIN_GAP: i64 = 1;
    /// 疑似克隆
    pub const CLONE: i64 = 2;
    /// 超装, by the last fill.
    pub const OVERFILL: i64 = 4;
    /// 欠装, by the last fill.
    pub const UNDERFILL: i64 = 8;
    /// 数据存疑
    pub const DOUBT: i64 = 16;
}

/// The file of a cylinder: the body of REGISTER.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Owner (organisation id).
    pub org: i64,
    /// Home station (site id).
    pub site: i64,
    /// Primary tag.
    pub tag: String,
    /// 钢印号
    pub stamp_no: String,
    /// 出厂编号
    pub serial_no: String,
    /// 制造单位
    pub maker: String,
    /// Medium code.
    pub medium: String,
    /// Dates and what decides the rules.
    pub dates: Dates,
    /// Stamped tare, grams.
    pub tare_g: Option<i64>,
    /// Volume, millilitres.
    pub volume_ml: Option<i64>,
    /// Wall, micrometres.
    pub wall_um: Option<i64>,
    /// Maximum fill, grams.
    pub max_fill_g: Option<i64>,
    /// 阀类型
    pub valve: String,
    /// 已检次数
    pub inspections: i64,
    /// What is doubtful, in words.
    pub doubts: Vec<String>,
    /// File state.
    pub state: FileState,
}

/// A cylinder's present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// File axis.
    pub file: FileState,
    /// Circulation axis.
    pub custody: Custody,
    /// Flags.
    pub flags: i64,
    /// Home station.
    pub home: i64,
    /// Due day (days since 1970-01-01).
    pub due: Option<i32>,
    /// Last day of life.
    pub life_end: Option<i32>,
    /// Latest event by the devices' clocks: its time.
    pub last_at: i64,
    /// … its ledger number.
    pub last_no: i64,
    /// … where.
    pub last_site: i64,
    /// Latest read on site: where.
    pub read_site: i64,
    /// … when.
    pub read_at: i64,
    /// … its ledger number.
    pub read_no: i64,
    /// Latest fill: its ledger number.
    pub fill_no: i64,
    /// … when.
    pub fill_at: i64,
    /// … gas added, grams.
    pub net_g: i64,
}

impl Now {
    /// The state right after registration.
    #[must_use]
    pub fn registered(file: &File, derived: Derived) -> Self {
        Self {
            file: file.state,
            custody: Custody::EmptyInStock,
            flags: if file.doubts.is_empty() { 0 } else { flag::DOUBT },
            home: file.site,
            due: derived.due.map(clock::day_of),
            life_end: derived.life_end.map(clock::day_of),
            last_at: 0,
            last_no: 0,
            last_site: 0,
            read_site: 0,
            read_at: 0,
            read_no: 0,
            fill_no: 0,
            fill_at: 0,
            net_g: 0,
        }
    }

    /// Whether the cylinder counts as on file.
    #[must_use]
    pub const fn on_file(&self) -> bool {
        matches!(self.file, FileState::Registered | FileState::AwaitsScrap | FileState::Suspended)
    }

    /// The counters this cylinder stands in.
    #[must_use]
    pub fn contribution(&self) -> Vec<CounterKey> {
        let key = |metric, key, day| CounterKey { metric, key, day, minute: WHOLE_DAY, site: self.home };
        let mut out = vec![key(Metric::File, self.file.number(), 0)];
        if self.on_file() {
            out.push(key(Metric::Custody, self.custody.number(), 0));
            out.extend(self.due.map(|d| key(Metric::DueOn, 0, d)));
            out.extend(self.life_end.map(|d| key(Metric::LifeEndOn, 0, d)));
        }
        out
    }

    /// The wall's figures of this cylinder as of a day.
    #[must_use]
    pub fn stock(&self, today: i32, due_soon_days: i32) -> Stock {
        let on = self.on_file();
        let past = on && self.life_end.is_some_and(|d| d < today);
        let overdue = on && !past && self.due.is_some_and(|d| d < today);
        Stock {
            on_file: on.into(),
            in_use: (on && self.custody == Custody::InUse).into(),
            due_soon: (on && self.due.is_some_and(|d| d >= today && d <= today.saturating_add(due_soon_days))).into(),
            overdue: overdue.into(),
            past_life: past.into(),
            scrapped: matches!(self.file, FileState::Scrapped | FileState::Destroyed).into(),
        }
    }

    /// Whether a read of the tag at this site and time cannot be the same tag as the latest read (疑似克隆).
    #[must_use]
    pub fn is_clone_of(
        &self,
        at: i64,
        position: Option<Position>,
        read_position: Option<Position>,
        rules: &RuleSet,
    ) -> bool {
        let (Some(here), Some(there), Some(speed)) = (position, read_position, rules.param("PAR-TRAVEL-SPEED")) else {
            return false;
        };
        self.read_no > 0
            && impossible_travel(there, self.read_at, here, at, speed, rules.param("PAR-TRAVEL-SLACK").unwrap_or(0))
    }

    /// Notes that the tag was read on site.
    pub const fn read(&mut self, no: i64, at: i64, site: i64) {
        if at >= self.read_at {
            (self.read_no, self.read_at, self.read_site) = (no, at, site);
        }
    }

    /// Folds one event of this cylinder into the state.
    pub fn fold(&mut self, no: i64, e: &Entry, fill: &[Anomaly]) {
        // Flags speak of the latest fill by the guns' clocks, not of the one that arrived last.
        if e.kind == EventKind::FillEnd && e.occurred_at >= self.fill_at {
            self.flags &= !(flag::OVERFILL | flag::UNDERFILL);
            if fill.contains(&Anomaly::Overfill) {
                self.flags |= flag::OVERFILL;
            }
            if fill.contains(&Anomaly::Underfill) {
                self.flags |= flag::UNDERFILL;
            }
            (self.fill_no, self.fill_at, self.net_g) = (no, e.occurred_at, e.weights.map_or(0, |w| w.net_g));
        }
        if e.kind.is_read_on_site() {
            self.read(no, e.occurred_at, e.site);
        }
        // A record that arrives late tells of the past: the present state stands.
        if e.occurred_at >= self.last_at {
            let (to, legal) = step(e.kind, self.custody);
            if !legal {
                self.flags |= flag::CHAIN_GAP;
            }
            self.custody = to;
            (self.last_at, self.last_no, self.last_site) = (e.occurred_at, no, e.site);
        }
    }
}

/// The custody an event leads to, and whether it follows from the one before (rules.md §19). A physical fact is never
/// refused: an event that does not follow is folded all the same, and flagged.
///
/// PRECHECK and POSTCHECK are not recorded yet; their guards are switched off: a fill may follow an empty in stock, and
/// a shipment a fill.
#[must_use]
pub const fn step(kind: EventKind, from: Custody) -> (Custody, bool) {
    use Custody as C;
    use EventKind as K;
    match kind {
        K::Register => (C::EmptyInStock, true),
        K::ReceiveEmpty => (C::EmptyInStock, matches!(from, C::Returning | C::InUse | C::FullAtSite | C::EmptyInStock)),
        K::FillEnd => (C::AwaitsPostcheck, matches!(from, C::EmptyInStock | C::ReadyToFill | C::Filling)),
        K::Ship => (C::InTransit, matches!(from, C::FullInStock | C::AwaitsPostcheck)),
        K::Arrive => (C::FullAtSite, matches!(from, C::InTransit)),
        K::Deliver => (C::InUse, matches!(from, C::InTransit | C::FullAtSite)),
        K::Collect => (C::Returning, matches!(from, C::InUse)),
        // A full cylinder that is moved to another store stands full at that store; an empty one stays an empty in stock.
        K::Transfer => match from {
            C::AwaitsPostcheck | C::FullInStock | C::InTransit => (C::FullAtSite, true),
            _ => (from, true),
        },
        K::FillReject => (from, true),
    }
}

/// What the ledger knows of the authorisation a fill names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptFact {
    /// What the gate said.
    pub decision: Decision,
    /// The tag it was asked about.
    pub tag: String,
    /// The medium it was asked about.
    pub medium: String,
    /// When it was asked, device clock, ms.
    pub at: i64,
}

impl AttemptFact {
    /// Whether it can be the authorisation of a fill: the same tag and medium, asked before the fill ended, and not so long
    /// before that the answer no longer holds.
    fn covers(&self, e: &Entry, rules: &RuleSet) -> bool {
        let age = e.occurred_at.saturating_sub(self.at);
        let valid = rules.param("PAR-ATTEMPT-VALID").unwrap_or(8).saturating_mul(3_600_000);
        self.tag == e.tag && self.medium == e.medium && (0..=valid).contains(&age)
    }
}

/// What is wrong with a fill that happened.
#[must_use]
pub fn fill_anomalies(e: &Entry, file: Option<&File>, attempt: Option<&AttemptFact>, rules: &RuleSet) -> Vec<Anomaly> {
    let mut out = Vec::new();
    if file.is_none() {
        out.push(Anomaly::UnknownTag);
    }
    if e.source == Source::Device {
        match attempt.filter(|a| a.covers(e, rules)) {
            None => out.push(Anomaly::NotAsked),
            Some(a) if a.decision == Decision::Block => out.push(Anomaly::FilledThoughBlocked),
            Some(_) => {}
        }
    }
    // An import's table names no medium for a fill of its own.
    if e.source != Source::Import && file.is_some_and(|f| f.medium != e.medium) {
        out.push(Anomaly::WrongMedium);
    }
    if let (Some(f), Some(w)) = (file, e.weights)
        && let (Some(tare), Some(max)) = (f.tare_g, f.max_fill_g)
    {
        out.extend(weight::judge(w.gross_g, tare, &f.dates.model, max, rules));
    }
    if e.weights.is_some_and(|w| weight::is_short(w.gross_g, w.tare_g, w.net_g, rules)) {
        out.push(Anomaly::ShortWeight);
    }
    out
}

/// The alert an anomaly raises. What an import tells of the past raises none: it is flagged (rules.md §20).
#[must_use]
pub const fn alert_of(anomaly: Anomaly) -> Option<AlertKind> {
    match anomaly {
        Anomaly::Overfill => Some(AlertKind::Overfill),
        Anomaly::Underfill => Some(AlertKind::Underfill),
        Anomaly::FilledThoughBlocked => Some(AlertKind::FilledThoughBlocked),
        Anomaly::NotAsked => Some(AlertKind::FillNotAsked),
        Anomaly::UnknownTag => Some(AlertKind::IllegalTagFill),
        Anomaly::WrongMedium => Some(AlertKind::WrongMedium),
        Anomaly::ShortWeight => Some(AlertKind::ShortWeight),
        Anomaly::AtMaximum => None,
    }
}

/// The place of a code in its table, as a counter's key.
#[must_use]
pub fn place<T: PartialEq>(all: &[T], it: &T) -> i16 {
    all.iter().position(|x| x == it).and_then(|i| i16::try_from(i).ok()).unwrap_or(-1)
}

/// The counters a fill adds to.
#[must_use]
pub fn fill_counters(e: &Entry, anomalies: &[Anomaly]) -> Vec<(CounterKey, i64)> {
    let day = clock::local_day(e.occurred_at);
    let minute = clock::local_minute(e.occurred_at) as i16;
    let key = |metric, key, minute| CounterKey { metric, key, day, minute, site: e.site };
    let mut out = vec![
        (key(Metric::Fill, 0, WHOLE_DAY), 1),
        (key(Metric::Fill, 0, minute), 1),
        (key(Metric::NetG, 0, WHOLE_DAY), e.weights.map_or(0, |w| w.net_g)),
    ];
    out.extend(anomalies.iter().map(|a| (key(Metric::Anomaly, place(Anomaly::ALL, a), WHOLE_DAY), 1)));
    out
}

/// The counters an attempt adds to.
#[must_use]
pub fn attempt_counters(
    site: i64,
    at: i64,
    decision: Decision,
    reasons: &[crate::outcome::Reason],
) -> Vec<(CounterKey, i64)> {
    let day = clock::local_day(at);
    let minute = clock::local_minute(at) as i16;
    let key = |metric, key, minute| CounterKey { metric, key, day, minute, site };
    match decision {
        Decision::Allow => vec![],
        Decision::Warn => vec![(key(Metric::Warned, 0, WHOLE_DAY), 1)],
        Decision::Block => {
            let mut out = vec![(key(Metric::Blocked, 0, WHOLE_DAY), 1), (key(Metric::Blocked, 0, minute), 1)];
            out.extend(
                reasons
                    .iter()
                    .filter(|r| r.info().decision == Decision::Block)
                    .map(|r| (key(Metric::BlockedReason, r.number(), WHOLE_DAY), 1)),
            );
            out
        }
    }
}

/// Where a record stands in its gun's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeqVerdict {
    /// Further than all before; `gap` numbers between are missing.
    New {
        /// First and last missing number.
        gap: Option<(i64, i64)>,
        /// The gun began a new epoch with it.
        raised: bool,
    },
    /// Below the highest: a filler of a gap, a retry, or a reuse. The stored records decide.
    Late,
    /// Cannot be attributed.
    Quarantine(RecordCode),
}

/// Judges (epoch, seq) against what is known: `current` the gun's highest epoch, `next` the number expected in `epoch`
/// (1 where that epoch is new).
#[must_use]
pub fn sequence(current: i64, next: i64, epoch: i64, seq: i64) -> SeqVerdict {
    if epoch > current + 1 {
        return SeqVerdict::Quarantine(RecordCode::EpochUnknown);
    }
    if seq < next {
        return SeqVerdict::Late;
    }
    if (seq - next) as u64 > SEQ_LEAP {
        return SeqVerdict::Quarantine(RecordCode::SeqLeap);
    }
    SeqVerdict::New { gap: (seq > next).then_some((next, seq - 1)), raised: epoch > current }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::tests::lpg;

    fn entry(kind: EventKind, at: i64) -> Entry {
        Entry {
            device: 1,
            epoch: 1,
            seq: 1,
            kind,
            tag: "T".into(),
            site: 5,
            occurred_at: at,
            started_at: None,
            sent_at: None,
            weights: (kind == EventKind::FillEnd).then_some(crate::event::Weights {
                gross_g: 30_930,
                tare_g: 16_500,
                net_g: 14_430,
            }),
            medium: "LPG".into(),
            operator: String::new(),
            target: String::new(),
            attempt: "a".into(),
            body: None,
            source: Source::Device,
            hash: String::new(),
        }
    }

    fn file() -> File {
        File {
            org: 1,
            site: 9,
            tag: "T".into(),
            stamp_no: "1".into(),
            serial_no: "1".into(),
            maker: String::new(),
            medium: "LPG".into(),
            dates: lpg("2023-05", "2023-05", ""),
            tare_g: Some(16_400),
            volume_ml: Some(35_500),
            wall_um: None,
            max_fill_g: Some(14_900),
            valve: String::new(),
            inspections: 0,
            doubts: vec![],
            state: FileState::Registered,
        }
    }

    fn now() -> Now {
        Now::registered(&file(), file().dates.derive(&RuleSet::seed(), "2026-11-21".parse().unwrap()))
    }

    #[test]
    fn a_whole_turn_leaves_no_gap() {
        use EventKind::*;
        let mut n = now();
        for (i, k) in
            [FillEnd, Ship, Arrive, Deliver, Collect, ReceiveEmpty, FillEnd, Ship, Deliver, Collect, ReceiveEmpty]
                .into_iter()
                .enumerate()
        {
            n.fold(i as i64 + 1, &entry(k, i as i64 + 1), &[]);
        }
        assert_eq!((n.flags, n.custody, n.last_no, n.fill_no, n.net_g), (0, Custody::EmptyInStock, 11, 7, 14_430));
    }

    #[test]
    fn two_fills_without_a_return_are_a_gap_but_stand() {
        let mut n = now();
        n.fold(1, &entry(EventKind::FillEnd, 1), &[]);
        n.fold(2, &entry(EventKind::FillEnd, 2), &[Anomaly::Overfill]);
        assert_eq!((n.custody, n.flags), (Custody::AwaitsPostcheck, flag::CHAIN_GAP | flag::OVERFILL));
        n.fold(3, &entry(EventKind::FillEnd, 3), &[]);
        assert_eq!(n.flags & flag::OVERFILL, 0, "the flag speaks of the last fill");
    }

    #[test]
    fn a_late_older_fill_leaves_the_flag_of_the_newer_one() {
        for order in [[1, 2], [2, 1]] {
            let mut n = now();
            for at in order {
                n.fold(at, &entry(EventKind::FillEnd, at), if at == 2 { &[Anomaly::Overfill] } else { &[] });
            }
            assert_eq!(n.flags & flag::OVERFILL, flag::OVERFILL);
        }
    }

    #[test]
    fn a_late_record_does_not_turn_back_the_state() {
        let mut n = now();
        n.fold(1, &entry(EventKind::FillEnd, 100), &[]);
        n.fold(2, &entry(EventKind::Ship, 200), &[]);
        n.fold(3, &entry(EventKind::ReceiveEmpty, 50), &[]);
        assert_eq!((n.custody, n.last_no, n.read_at), (Custody::InTransit, 2, 200));
    }

    #[test]
    fn stock_and_contribution_agree() {
        let n = now();
        // made 2023-05, 48 months: due 2027-05-31; life to 2031-05-31.
        let day = |s: &str| clock::day_of(s.parse().unwrap());
        assert_eq!((n.due, n.life_end), (Some(day("2027-05-31")), Some(day("2031-05-31"))));
        assert_eq!(n.stock(day("2026-11-21"), 30), Stock { on_file: 1, ..Stock::default() });
        assert_eq!(n.stock(day("2027-05-01"), 30).due_soon, 1);
        assert_eq!(n.stock(day("2027-05-31"), 30).due_soon, 1);
        assert_eq!(n.stock(day("2027-06-01"), 30), Stock { on_file: 1, overdue: 1, ..Stock::default() });
        assert_eq!(n.stock(day("2031-06-01"), 30), Stock { on_file: 1, past_life: 1, ..Stock::default() });
        assert_eq!(n.contribution().len(), 4);
        let scrapped = Now { file: FileState::Scrapped, ..n };
        assert_eq!(scrapped.contribution().len(), 1);
        assert_eq!(scrapped.stock(0, 30), Stock { scrapped: 1, ..Stock::default() });
    }

    #[test]
    fn anomalies_of_a_fill() {
        let r = RuleSet::seed();
        let e = entry(EventKind::FillEnd, 1);
        let said = |decision| Some(AttemptFact { decision, tag: "T".into(), medium: "LPG".into(), at: 0 });
        assert_eq!(fill_anomalies(&e, Some(&file()), said(Decision::Allow).as_ref(), &r), []);
        assert_eq!(
            fill_anomalies(&e, Some(&file()), said(Decision::Block).as_ref(), &r),
            [Anomaly::FilledThoughBlocked]
        );
        assert_eq!(fill_anomalies(&e, None, None, &r), [Anomaly::UnknownTag, Anomaly::NotAsked]);
        let allowed = AttemptFact { decision: Decision::Allow, tag: "T".into(), medium: "LPG".into(), at: 0 };
        let other = AttemptFact { tag: "U".into(), ..allowed.clone() };
        assert_eq!(fill_anomalies(&e, Some(&file()), Some(&other), &r), [Anomaly::NotAsked]);
        let gas = AttemptFact { medium: "O2".into(), ..allowed.clone() };
        let late = AttemptFact { at: 2, ..allowed.clone() };
        for never in [gas, late] {
            assert_eq!(fill_anomalies(&e, Some(&file()), Some(&never), &r), [Anomaly::NotAsked]);
        }
        let day_after = Entry { occurred_at: 8 * 3_600_000 + 1, ..e.clone() };
        assert_eq!(fill_anomalies(&day_after, Some(&file()), Some(&allowed), &r), [Anomaly::NotAsked]);
        let oxygen = Entry { medium: "O2".into(), source: Source::Demo, ..e.clone() };
        assert_eq!(fill_anomalies(&oxygen, Some(&file()), None, &r), [Anomaly::WrongMedium]);
        let import = Entry { source: Source::Import, ..e };
        assert_eq!(fill_anomalies(&import, Some(&file()), None, &r), []);
    }

    #[test]
    fn vector_23_a_missing_number() {
        assert_eq!(sequence(1, 118, 1, 118), SeqVerdict::New { gap: None, raised: false });
        assert_eq!(sequence(1, 118, 1, 119), SeqVerdict::New { gap: Some((118, 118)), raised: false });
        assert_eq!(sequence(1, 120, 1, 118), SeqVerdict::Late);
        assert_eq!(sequence(1, 1, 2, 1), SeqVerdict::New { gap: None, raised: true });
        assert_eq!(sequence(1, 1, 3, 1), SeqVerdict::Quarantine(RecordCode::EpochUnknown));
        assert_eq!(sequence(1, 1, 1, 1_000_002), SeqVerdict::Quarantine(RecordCode::SeqLeap));
        assert_eq!(sequence(2, 50, 1, 50), SeqVerdict::New { gap: None, raised: false }, "an old epoch's late end");
    }

    #[test]
    fn numbers_are_kept() {
        for f in FileState::ALL {
            assert_eq!(FileState::from_number(f.number()), Some(*f));
        }
        for c in Custody::ALL {
            assert_eq!(Custody::from_number(c.number()), Some(*c));
        }
        assert_eq!((Metric::Fill.number(), Metric::Custody.number(), Custody::InUse.number()), (1, 13, 8));
    }
}
