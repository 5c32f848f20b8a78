//! A cylinder's file and its present state, and how one event changes them.

use super::{CounterKey, Custody, Metric, Place, WHOLE_DAY, flag};
use crate::{
    clock, codes,
    event::{Amend, CheckResult, Content, Entry, EventKind, FileField, Next, PostResult},
    geo::{Position, impossible_travel},
    life::{Dates, Derived, Family},
    outcome::Anomaly,
    rules::{MediumClass, RuleSet},
    wall::Stock,
    weight,
};
use serde::{Deserialize, Serialize};

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

impl FileState {
    /// Whether a file in this state can be transferred out or cancelled.
    #[must_use]
    pub const fn can_be_cancelled(self) -> bool {
        matches!(self, Self::Registered | Self::Suspended | Self::AwaitsScrap)
    }
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
    /// How it is built, where that bars it from being filled.
    #[serde(default, skip_serializing_if = "Build::is_plain")]
    pub build: Build,
}

impl File {
    /// A file of which nothing is known yet.
    pub(crate) fn empty() -> Self {
        Self {
            org: 0,
            site: 0,
            tag: String::new(),
            stamp_no: String::new(),
            serial_no: String::new(),
            maker: String::new(),
            medium: String::new(),
            dates: Dates {
                family: Family::LpgWelded,
                model: String::new(),
                medium_class: MediumClass::Other,
                made: None,
                inspected: None,
                next_printed: None,
                scrap_recorded: None,
                assessed: false,
                inspections: 0,
            },
            tare_g: None,
            volume_ml: None,
            wall_um: None,
            max_fill_g: None,
            valve: String::new(),
            inspections: 0,
            doubts: Vec::new(),
            state: FileState::Draft,
            build: Build::default(),
        }
    }
}

/// The phase a cylinder or its valve is made for (GB 5842-2023: silver-grey gas, white liquid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 气相
    Gas,
    /// 液相
    Liquid,
}

/// What of a cylinder's build and dress the gate looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Build {
    /// 气液双相
    pub dual_phase: bool,
    /// Phase of the cylinder, where known.
    pub phase: Option<Phase>,
    /// Phase of its valve, where known.
    pub valve_phase: Option<Phase>,
    /// 螺栓护罩
    pub screwed_shroud: bool,
    /// 警示标签陈旧
    pub label_old: bool,
}

impl Build {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether valve and cylinder are known to be of different phases.
    #[must_use]
    pub fn is_mismatched(&self) -> bool {
        self.phase.zip(self.valve_phase).is_some_and(|(a, b)| a != b)
    }

    /// As it is stored: one bit each.
    #[must_use]
    pub fn bits(self) -> i16 {
        let phase = |p| match p {
            None => 0,
            Some(Phase::Gas) => 1,
            Some(Phase::Liquid) => 2,
        };
        i16::from(self.dual_phase)
            | i16::from(self.screwed_shroud) << 1
            | i16::from(self.label_old) << 2
            | phase(self.phase) << 3
            | phase(self.valve_phase) << 5
    }

    /// From the record.
    #[must_use]
    pub const fn from_bits(n: i16) -> Self {
        const fn phase(n: i16) -> Option<Phase> {
            match n & 3 {
                1 => Some(Phase::Gas),
                2 => Some(Phase::Liquid),
                _ => None,
            }
        }
        Self {
            dual_phase: n & 1 != 0,
            screwed_shroud: n & 2 != 0,
            label_old: n & 4 != 0,
            phase: phase(n >> 3),
            valve_phase: phase(n >> 5),
        }
    }
}

/// A cylinder's present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// File axis.
    pub file: FileState,
    /// Circulation axis.
    pub custody: Custody,
    /// Where one that is being filled, on hold or lost came from.
    pub prior: Option<Custody>,
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
    /// Latest pre-fill check since the last return and fill: when; 0 for none. Its result stands in the flags.
    pub check_at: i64,
    /// Residue at that check, less what was drained since, grams.
    pub residue_g: Option<i32>,
    /// When it was delivered to the customer who has it; 0 for one that no customer has.
    pub delivered_at: i64,
}

impl Now {
    /// The state right after registration.
    #[must_use]
    pub fn registered(file: &File, derived: Derived) -> Self {
        Self {
            file: file.state,
            custody: Custody::EmptyInStock,
            prior: None,
            flags: if file.doubts.is_empty() { 0 } else { flag::DOUBT }
                | if matches!(file.state, FileState::Draft | FileState::Pending) { flag::UNREGISTERED } else { 0 },
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
            check_at: 0,
            residue_g: None,
            delivered_at: 0,
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

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place { custody: self.custody, prior: self.prior }
    }

    /// The gate let a gun fill it at this time (开充).
    pub const fn fill_start(&mut self, at: i64) {
        if at >= self.last_at {
            let to = self.place().filling();
            (self.custody, self.prior) = (to.custody, to.prior);
        }
    }

    const fn forget_check(&mut self) {
        (self.check_at, self.residue_g) = (0, None);
        self.flags &= !flag::CHECK;
    }
}

/// An event as the fold takes it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Ledger number.
    pub no: i64,
    /// The event.
    pub entry: &'a Entry,
    /// Its content, typed.
    pub content: Option<&'a Content>,
    /// What was found wrong with it when it was recorded.
    pub anomalies: &'a [Anomaly],
    /// The new owner, where it completes a transfer.
    pub owner: Option<i64>,
}

/// The file state an event leads to, and whether it follows from the one before (rules.md §19, axis A).
pub(super) fn file_step(kind: EventKind, content: Option<&Content>, from: FileState) -> (FileState, bool) {
    use EventKind as K;
    use FileState as F;
    let open = matches!(from, F::Draft | F::Pending | F::Registered | F::Suspended);
    let scrap_wanted = match content {
        Some(Content::Inspect(i)) => i.result == CheckResult::Fail,
        Some(Content::Precheck(p)) => p.next == Some(Next::Scrap),
        _ => false,
    };
    match kind {
        K::Inspect | K::Precheck if scrap_wanted && open => (F::AwaitsScrap, true),
        K::ScrapRequest if open => (F::AwaitsScrap, true),
        K::ScrapRequest => (from, from == F::AwaitsScrap),
        // Scrapped without a request, destroyed without having been scrapped: it is gone all the same.
        K::Scrap if from == F::Destroyed => (from, false),
        K::Scrap => (F::Scrapped, matches!(from, F::AwaitsScrap | F::Scrapped)),
        K::Destroy => (F::Destroyed, matches!(from, F::Scrapped | F::Destroyed)),
        K::Suspend if from == F::Registered => (F::Suspended, true),
        K::Suspend => (from, from == F::Suspended),
        K::Resume if from == F::Suspended => (F::Registered, true),
        K::Resume => (from, false),
        K::Cancel if from.can_be_cancelled() => (F::Cancelled, true),
        K::Cancel => (from, from == F::Cancelled),
        _ => (from, true),
    }
}

/// Whether an event follows from what is known of the cylinder. One that tells of the past is not asked where it was then.
pub(super) fn follows(now: &Now, e: &Entry, content: Option<&Content>) -> bool {
    let flagged = match e.kind {
        EventKind::Unseal => now.flags & flag::SEALED != 0,
        EventKind::RecallCleared => now.flags & flag::RECALLED != 0,
        _ => true,
    };
    flagged
        && file_step(e.kind, content, now.file).1
        && (e.occurred_at < now.last_at || now.place().turn(e.kind, content).legal)
}

/// Folds one event into file and state. `today` is the day of the commit, on which rules are evaluated.
pub fn fold(file: &mut File, now: &mut Now, told: &Told<'_>, rules: &RuleSet, today: i32) {
    let e = told.entry;
    if !follows(now, e, told.content) {
        now.flags |= flag::CHAIN_GAP;
    }
    fills(now, told);
    checks(file, now, told);
    if e.kind.is_read_on_site() {
        now.read(told.no, e.occurred_at, e.site);
    }
    match told.content {
        Some(Content::Inspect(i)) => inspected(file, now, i, rules, today),
        Some(Content::BindTag(b)) if b.replaces.as_ref() == Some(&file.tag) => file.tag.clone_from(&b.tag),
        Some(Content::Amend(a)) => amended(file, now, a, rules, today),
        _ => {}
    }
    if let Some(owner) = told.owner {
        (file.org, file.site, now.home) = (owner, e.site, e.site);
    }
    now.file = file_step(e.kind, told.content, now.file).0;
    file.state = now.file;
    match e.kind {
        EventKind::Seal => now.flags |= flag::SEALED,
        EventKind::Unseal => now.flags &= !flag::SEALED,
        EventKind::Recall => now.flags |= flag::RECALLED,
        EventKind::RecallCleared => now.flags &= !flag::RECALLED,
        _ => {}
    }
    // A record that arrives late tells of the past: the present place stands. What an office says moves nothing.
    if e.kind.is_of_circulation() && e.occurred_at >= now.last_at {
        circulate(now, told);
    }
}

fn circulate(now: &mut Now, told: &Told<'_>) {
    let e = told.entry;
    // Unsealing does not set free what a failed check holds.
    if e.kind != EventKind::Unseal || now.flags & flag::ON_HOLD == 0 {
        let to = now.place().turn(e.kind, told.content).to;
        (now.custody, now.prior) = (to.custody, to.prior);
    }
    if e.kind == EventKind::Deliver {
        now.delivered_at = e.occurred_at;
    } else if now.custody != Custody::InUse && now.prior != Some(Custody::InUse) {
        now.delivered_at = 0;
    }
    let failed = match told.content {
        Some(Content::Precheck(p)) => p.result == CheckResult::Fail,
        Some(Content::Postcheck(p)) => p.result != PostResult::Pass,
        Some(Content::Inspect(i)) => i.result == CheckResult::Fail,
        _ => false,
    };
    if now.custody == Custody::Held && failed {
        now.flags |= flag::ON_HOLD;
    } else if now.place().ground() != Custody::Held {
        now.flags &= !flag::ON_HOLD;
    }
    if matches!(e.kind, EventKind::ReceiveEmpty | EventKind::FillEnd) {
        now.flags &= !flag::NOT_OWN;
        if told.anomalies.contains(&Anomaly::NotOwn) {
            now.flags |= flag::NOT_OWN;
        }
    }
    (now.last_at, now.last_no, now.last_site) = (e.occurred_at, told.no, e.site);
}

/// Flags speak of the latest fill by the guns' clocks, not of the one that arrived last.
fn fills(now: &mut Now, told: &Told<'_>) {
    let e = told.entry;
    if e.occurred_at < now.fill_at {
        return;
    }
    match (e.kind, told.content) {
        (EventKind::FillEnd, _) => {
            let has = |a, bit| if told.anomalies.contains(&a) { bit } else { 0 };
            now.flags &= !(flag::OVERFILL | flag::UNDERFILL | flag::WRONG_MEDIUM | flag::NEEDS_VACUUM);
            now.flags |= has(Anomaly::Overfill, flag::OVERFILL)
                | has(Anomaly::Underfill, flag::UNDERFILL)
                | has(Anomaly::WrongMedium, flag::WRONG_MEDIUM);
            (now.fill_no, now.fill_at, now.net_g) = (told.no, e.occurred_at, e.weights.map_or(0, |w| w.net_g));
        }
        (_, Some(Content::Postcheck(p))) if now.fill_no > 0 && p.result == PostResult::Over => {
            now.flags |= flag::OVERFILL;
        }
        // Only what was taken out makes it lighter: a check that passes all the same does not.
        (_, Some(Content::Drain(_))) => now.flags &= !flag::OVERFILL,
        _ => {}
    }
}

/// Whether a stamp as read is another than the one on file. Where none is on file there is nothing to compare.
pub(super) fn stamp_differs(file: &File, read: &str) -> bool {
    !file.stamp_no.is_empty()
        && codes::tag(&file.stamp_no).map_or_else(|_| file.stamp_no != read, |on_file| on_file != read)
}

/// What the pre-fill check found stands until the cylinder is filled or comes back.
fn checks(file: &File, now: &mut Now, told: &Told<'_>) {
    let e = told.entry;
    if e.occurred_at < now.check_at {
        return;
    }
    let residue = |measured: Option<i64>| {
        measured.zip(file.tare_g).and_then(|(m, stamped)| i32::try_from(weight::residue_g(m, stamped)).ok())
    };
    match (e.kind, told.content) {
        (EventKind::FillEnd | EventKind::ReceiveEmpty, _) => now.forget_check(),
        (_, Some(Content::Precheck(p))) if e.occurred_at >= now.fill_at => {
            now.forget_check();
            (now.check_at, now.residue_g) = (e.occurred_at, residue(p.tare_g));
            if p.result == CheckResult::Pass {
                now.flags |= flag::CHECK_PASSED;
            }
            if let Some(stamp) = &p.stamp {
                now.flags |= flag::STAMP_READ;
                now.flags &= !flag::TAG_FAULT;
                if stamp_differs(file, stamp) {
                    now.flags |= flag::TAG_FAULT;
                }
            }
            if p.vacuumed {
                now.flags &= !flag::NEEDS_VACUUM;
            }
        }
        (_, Some(Content::Drain(d))) => {
            let drained = i32::try_from(d.drained_g).unwrap_or(i32::MAX);
            now.residue_g = residue(d.tare_g).or(now.residue_g.map(|g| g.saturating_sub(drained)));
        }
        _ => {}
    }
}

/// The file is put right: what follows from it follows anew.
fn amended(file: &mut File, now: &mut Now, a: &Amend, rules: &RuleSet, today: i32) {
    for c in &a.changes {
        // What a field cannot hold was refused before; a record of another build is left as it stands.
        let _ = c.field.write(file, &c.new);
        if c.field == FileField::Doubts {
            now.flags &= !flag::DOUBT;
        }
    }
    now.home = file.site;
    let derived = file.dates.derive(rules, clock::date_of(today));
    (now.due, now.life_end) = (derived.due.map(clock::day_of), derived.life_end.map(clock::day_of));
}

/// An inspection's report: the newest by its own date stands.
fn inspected(file: &mut File, now: &mut Now, i: &crate::event::Inspect, rules: &RuleSet, today: i32) {
    if file.dates.inspected.is_some_and(|d| i.date.last_day() < d.last_day()) {
        return;
    }
    if i.result == CheckResult::Fail {
        now.flags |= flag::INSPECTION_FAILED;
        return;
    }
    now.flags &= !flag::INSPECTION_FAILED;
    now.flags |= flag::NEEDS_VACUUM;
    now.forget_check();
    let dates = &mut file.dates;
    (dates.inspected, dates.next_printed) = (Some(i.date), i.next);
    dates.assessed |= i.assessed;
    file.inspections += 1;
    dates.inspections = file.inspections;
    let derived = dates.derive(rules, clock::date_of(today));
    (now.due, now.life_end) = (derived.due.map(clock::day_of), derived.life_end.map(clock::day_of));
}
