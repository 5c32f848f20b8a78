//! Bits of a cylinder's flags (标志). They are stored: a bit keeps its meaning.

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
/// 非自有: last received or filled by somebody who neither owns it nor holds it in trust.
pub const NOT_OWN: i64 = 32;
/// 未登记: a draft, or awaiting registration.
pub const UNREGISTERED: i64 = 64;
/// 标签异常: the stamp read at the last pre-check is not the one on file.
pub const TAG_FAULT: i64 = 128;
/// 召回
pub const RECALLED: i64 = 256;
/// 查封
pub const SEALED: i64 = 512;
/// 被举报: set by the complaints.
pub const REPORTED: i64 = 1_024;
/// 介质不一致: another gas was filled than the one on file.
pub const WRONG_MEDIUM: i64 = 2_048;
/// 检验不合格: the last inspection was failed.
pub const INSPECTION_FAILED: i64 = 4_096;

// Below: what the gate asks, not shown as flags.

/// New or just inspected, and neither evacuated nor filled since.
pub const NEEDS_VACUUM: i64 = 1 << 32;
/// On hold after a failed check: unsealing does not set it free.
pub const ON_HOLD: i64 = 1 << 33;
/// The last pre-check was passed.
pub const CHECK_PASSED: i64 = 1 << 34;
/// The stamp was read at the last pre-check.
pub const STAMP_READ: i64 = 1 << 35;

/// All bits of the last pre-check.
pub const CHECK: i64 = CHECK_PASSED | STAMP_READ;

/// The flags that are shown, in the order of rules.md §19, with their words.
pub const SHOWN: [(i64, &str, &str); 13] = [
    (NOT_OWN, "非自有", "not own"),
    (UNREGISTERED, "未登记", "not registered"),
    (TAG_FAULT, "标签异常", "tag and stamp differ"),
    (CLONE, "疑似克隆", "suspected clone"),
    (OVERFILL, "超装", "overfilled"),
    (UNDERFILL, "欠装", "underfilled"),
    (CHAIN_GAP, "链路断点", "break in the chain"),
    (RECALLED, "召回", "recalled"),
    (SEALED, "查封", "sealed"),
    (REPORTED, "被举报", "reported"),
    (DOUBT, "数据存疑", "doubtful data"),
    (WRONG_MEDIUM, "介质不一致", "wrong medium"),
    (INSPECTION_FAILED, "检验不合格", "inspection failed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_one_flag() {
        let bits = SHOWN.iter().map(|f| f.0).chain([NEEDS_VACUUM, ON_HOLD, CHECK_PASSED, STAMP_READ]);
        let sum = bits.clone().fold(0, |a, b| {
            assert_eq!((b.count_ones(), a & b), (1, 0));
            a | b
        });
        assert_eq!(sum.count_ones() as usize, bits.count());
        assert_eq!(CHECK, CHECK_PASSED | STAMP_READ);
    }
}
