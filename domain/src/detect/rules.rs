//! The detectors' rows, and what they come to. All of them are 待确认: nobody has fixed such limits yet, so a regulator
//! edits them; a detector whose first row is switched off or missing finds nothing.

use crate::rules::{RuleKind, RuleRow, RuleSet};

/// Hours as milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// Longest window a detector remembers, fills.
pub const WINDOW_MAX: i64 = 64;

/// (id, value, unit, what it sets).
const ROWS: &[(&str, i64, &str, &str)] = &[
    // A day: one duty shift looks at a finding before it is told again.
    ("DET-COOLDOWN", 24, "hour", "同一对象同一判据再次报告的间隔"),
    // The chain of rules.md §19; each break of a cylinder is worth a look, but not each record of one muddled day.
    ("DET-CHAIN", 24, "hour", "链路断点 同一气瓶再次报告的间隔"),
    ("DET-CHAIN-FOREIGN", 1, "switch", "链路断点 非产权且非托管单位收瓶"),
    // Vector 25 of rules.md §19. On a scale of 10 g a net weight repeats itself by chance about once in forty fills.
    ("DET-REPEAT", 30, "fills", "重量雷同 连续相同净重或毛重"),
    // One or two overlaps may be a clock that was set; three in eight fills are not.
    ("DET-PACE", 3, "fills", "充装节拍 最近8次中时间重叠的次数"),
    ("DET-PACE-SLACK", 2, "s", "充装节拍 重叠宽限"),
    // A bottle in fifteen seconds, for an hour: no gun fills so fast; a busy one makes forty an hour.
    ("DET-PACE-HOUR", 240, "fills", "充装节拍 每枪每小时上限"),
    // Six of fifty: honest guns overfill about three in a thousand and underfill six, so chance needs ten million fills.
    ("DET-OVER", 120, "per_mille", "充装枪频繁超装 窗口内占比"),
    ("DET-UNDER", 120, "per_mille", "充装枪频繁欠装 窗口内占比"),
    ("DET-SHARE-WINDOW", 50, "fills", "频繁超欠装 窗口"),
    ("DET-ZOMBIE", 24, "hour", "报废瓶标签再现 再次报告的间隔"),
    // Residue varies by some 140 g from bottle to bottle, its mean over 32 fills by 18 g; the limit is ten times that.
    ("DET-DRIFT", 200, "g", "衡器漂移 平均偏差上限"),
    ("DET-DRIFT-EXPECTED", 200, "g", "衡器漂移 预期残液"),
    ("DET-DRIFT-WINDOW", 32, "fills", "衡器漂移 平均窗口"),
    // One bottle returned half full must not move the mean of a whole gun.
    ("DET-DRIFT-CLIP", 600, "g", "衡器漂移 单次偏差截断"),
    // The scale's own tolerance: what is within it is rounding.
    ("DET-NET", 50, "g", "净重账 单条净重与毛皮差之差"),
    // 40 g taken from each bottle of 14.5 kg are 2.8 ‰; rounding to 10 g over seventy bottles comes to 0.1 ‰.
    ("DET-NET-DAY", 2, "per_mille", "净重账 当日累计差占比"),
    ("DET-NET-LEAST", 1_000_000, "g", "净重账 当日累计起算量"),
    // rules.md §19, post-fill.
    ("DET-TARE", 500, "g", "皮重异常 空瓶与钢印之差"),
    // 0.6 kg to 15 kg nominal, 2.0 kg to 50 kg (rules.md §20): four per cent of the maximum fill.
    ("DET-TARE-RESIDUE", 40, "per_mille", "皮重异常 允许残液占最大充装量"),
    // Two scales, each within its tolerance, and a residue that was read wrongly by as much.
    ("DET-GAS", 300, "g", "余气异常 残液超过上次内容量"),
    // Signatures are refused from five minutes on; a device two minutes ahead writes records from the future.
    ("DET-CLOCK", 120, "s", "设备时钟 超前上限"),
    ("DET-CLOCK-BACK", 120, "s", "设备时钟 按序号倒退上限"),
    // A gun may work offline for a day (rules.md §20), and a weekend is two.
    ("DET-CLOCK-OLD", 72, "hour", "设备时钟 记录最大迟到"),
    // An automatic gun that stops within 50 g differs by 28 g from fill to fill; figures made up differ by a division.
    ("DET-FAKE", 12, "g", "疑似编造 相邻净重平均差下限"),
    ("DET-FAKE-WINDOW", 30, "fills", "疑似编造 窗口"),
    // Chi-square of the last digit, nine degrees of freedom: by chance above 50 once in ten million blocks.
    ("DET-FAKE-DIGITS", 50, "chi2", "疑似编造 末位数字卡方"),
    ("DET-FAKE-BLOCK", 100, "fills", "疑似编造 末位数字样本量"),
];

/// The rows the product ships with.
#[must_use]
pub fn rows() -> Vec<RuleRow> {
    let row = |(id, value, unit, clause): &(&str, i64, &str, &str)| RuleRow {
        rule_id: (*id).into(),
        kind: RuleKind::Detector,
        family: None,
        model: None,
        medium_class: None,
        made_from: None,
        made_before: None,
        inspections_from: None,
        value: *value,
        unit: (*unit).into(),
        yields_to_print: false,
        source: "气瓶流转与异常判定规则(条款待确认)".into(),
        clause: (*clause).into(),
        effective_from: None,
        effective_to: None,
        confirmed: false,
        jurisdiction: "CN".into(),
        enabled: true,
        credit: None,
    };
    ROWS.iter().map(row).collect()
}

/// The detectors' parameters of one version of the rules; `None` where a detector is switched off. Units as in the
/// fields' names: `ms`, `g`, otherwise fills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Before the same is told again of the same subject, ms.
    pub cooldown_ms: i64,
    /// Chain gaps: the cooldown, ms.
    pub chain_ms: Option<i64>,
    /// Chain gaps: an empty received by who neither owns nor holds the cylinder.
    pub chain_foreign: bool,
    /// Repeated weights in a row.
    pub repeat: Option<i64>,
    /// Impossible pace.
    pub pace: Option<Pace>,
    /// Share of overfills, per mille.
    pub over: Option<i64>,
    /// Share of underfills, per mille.
    pub under: Option<i64>,
    /// Fills of which the share is taken.
    pub share_window: i64,
    /// Tags of scrapped cylinders: the cooldown, ms.
    pub zombie_ms: Option<i64>,
    /// Scale drift.
    pub drift: Option<Drift>,
    /// Net-content ledger.
    pub net: Option<Net>,
    /// Tare of a cylinder.
    pub tare: Option<Tare>,
    /// Residue beyond the last contents, g.
    pub gas_g: Option<i64>,
    /// Clocks of devices.
    pub clock: Option<Clock>,
    /// Fabricated weights.
    pub fake: Option<Fake>,
}

/// Parameters of the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Overlaps among the last fills.
    pub overlaps: i64,
    /// Overlap that is none, ms.
    pub slack_ms: i64,
    /// Fills in an hour; none when that row is off.
    pub hourly: Option<i64>,
}

/// Parameters of the scale drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Limit of the mean's deviation, g.
    pub limit_g: i64,
    /// Residue expected on average, g.
    pub expected_g: i64,
    /// Window of the moving average.
    pub window: i64,
    /// What one fill may deviate at most, g.
    pub clip_g: i64,
}

/// Parameters of the net-content ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// Difference of one record, g.
    pub record_g: i64,
    /// Difference of a day, per mille of its gas; none when that row is off.
    pub day_per_mille: Option<i64>,
    /// Gas of a day from which on it is judged, g.
    pub least_g: i64,
}

/// Parameters of a cylinder's tare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tare {
    /// Difference, g.
    pub limit_g: i64,
    /// Residue that is nothing strange, per mille of the maximum fill.
    pub residue_per_mille: i64,
}

/// Parameters of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Ahead of ours, ms.
    pub ahead_ms: i64,
    /// Backwards in the order of the numbers, ms; none when that row is off.
    pub back_ms: Option<i64>,
    /// Age of a record when it comes, ms; none when that row is off.
    pub old_ms: Option<i64>,
}

/// Parameters of fabricated weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fake {
    /// Mean difference from fill to fill, g.
    pub least_g: i64,
    /// Over so many differences.
    pub window: i64,
    /// Chi-square of the last digit; none when that row is off.
    pub chi2: Option<i64>,
    /// Fills of one look at the digits.
    pub block: i64,
}

impl Settings {
    /// What the rows come to. Windows are kept within what a state may hold.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let get = |id: &str| {
            rules.rows.iter().find(|r| r.kind == RuleKind::Detector && r.rule_id == id && r.enabled).map(|r| r.value)
        };
        let or = |id: &str, other: i64| get(id).unwrap_or(other);
        let window = |id: &str, other: i64| or(id, other).clamp(2, WINDOW_MAX);
        let hours = |h: i64| h.max(0).saturating_mul(HOUR_MS);
        let seconds = |s: i64| s.max(0).saturating_mul(1_000);
        Self {
            cooldown_ms: hours(or("DET-COOLDOWN", 24)),
            chain_ms: get("DET-CHAIN").map(hours),
            chain_foreign: get("DET-CHAIN-FOREIGN").is_some(),
            repeat: get("DET-REPEAT"),
            pace: get("DET-PACE").map(|overlaps| Pace {
                overlaps,
                slack_ms: seconds(or("DET-PACE-SLACK", 2)),
                hourly: get("DET-PACE-HOUR"),
            }),
            over: get("DET-OVER"),
            under: get("DET-UNDER"),
            share_window: window("DET-SHARE-WINDOW", 50),
            zombie_ms: get("DET-ZOMBIE").map(hours),
            drift: get("DET-DRIFT").map(|limit_g| Drift {
                limit_g,
                expected_g: or("DET-DRIFT-EXPECTED", 200),
                window: or("DET-DRIFT-WINDOW", 32).clamp(1, 10_000),
                clip_g: or("DET-DRIFT-CLIP", 600).max(0),
            }),
            net: get("DET-NET").map(|record_g| Net {
                record_g,
                day_per_mille: get("DET-NET-DAY"),
                least_g: or("DET-NET-LEAST", 1_000_000),
            }),
            tare: get("DET-TARE").map(|limit_g| Tare { limit_g, residue_per_mille: or("DET-TARE-RESIDUE", 40) }),
            gas_g: get("DET-GAS"),
            clock: get("DET-CLOCK").map(|ahead| Clock {
                ahead_ms: seconds(ahead),
                back_ms: get("DET-CLOCK-BACK").map(seconds),
                old_ms: get("DET-CLOCK-OLD").map(hours),
            }),
            fake: get("DET-FAKE").map(|least_g| Fake {
                least_g,
                window: window("DET-FAKE-WINDOW", 30),
                chi2: get("DET-FAKE-DIGITS"),
                block: or("DET-FAKE-BLOCK", 100).clamp(20, 10_000),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rows_switch_everything_on_and_an_empty_table_everything_off() {
        let s = Settings::of(&RuleSet::seed());
        assert!(s.chain_ms.is_some() && s.chain_foreign && s.zombie_ms.is_some() && s.gas_g.is_some());
        assert!(s.repeat == Some(30) && s.over.is_some() && s.under.is_some() && s.tare.is_some());
        assert!(s.pace.is_some_and(|p| p.hourly.is_some()) && s.drift.is_some() && s.net.is_some());
        assert!(s.clock.is_some_and(|c| c.back_ms.is_some() && c.old_ms.is_some()));
        assert!(s.fake.is_some_and(|f| f.chi2.is_some()));
        let off = Settings::of(&RuleSet { version: 1, rows: vec![] });
        assert!(off.chain_ms.is_none() && off.repeat.is_none() && off.pace.is_none() && off.fake.is_none());
        assert!(off.drift.is_none() && off.net.is_none() && off.tare.is_none() && off.clock.is_none());
    }

    #[test]
    fn a_row_switched_off_switches_its_detector_off_and_absurd_values_are_bounded() {
        let mut r = RuleSet::seed();
        r.rows.iter_mut().filter(|x| x.rule_id == "DET-PACE").for_each(|x| x.enabled = false);
        r.rows.iter_mut().filter(|x| x.rule_id == "DET-CLOCK-OLD").for_each(|x| x.enabled = false);
        r.rows.iter_mut().filter(|x| x.rule_id == "DET-FAKE-WINDOW").for_each(|x| x.value = i64::MAX);
        r.rows.iter_mut().filter(|x| x.rule_id == "DET-COOLDOWN").for_each(|x| x.value = i64::MAX);
        r.rows.iter_mut().filter(|x| x.rule_id == "DET-CHAIN").for_each(|x| x.value = i64::MIN);
        let s = Settings::of(&r);
        assert!(s.pace.is_none() && s.clock.is_some_and(|c| c.old_ms.is_none()));
        assert_eq!((s.fake.map(|f| f.window), s.cooldown_ms, s.chain_ms), (Some(WINDOW_MAX), i64::MAX, Some(0)));
        for row in rows() {
            assert!(!row.confirmed && row.kind == RuleKind::Detector && row.rule_id.starts_with("DET-"));
        }
    }
}
