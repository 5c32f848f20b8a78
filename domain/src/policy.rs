//! The policy of passwords, sessions and throttling: numbers that the security administrator sets within bounds.

use crate::outcome::Text;
use serde::{Deserialize, Serialize};

/// Which school the rules of passwords follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// GB/T 22239-2019 8.1.4.1 as it is examined: composition and rotation.
    #[default]
    Dengbao,
    /// OWASP ASVS 4.0.3 V2.1: length and a blocklist, no rotation.
    Asvs,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dengbao, Self::Asvs];

    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dengbao => "dengbao",
            Self::Asvs => "asvs",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Dengbao => {
                Text { zh: "等保三级(复杂度与定期更换)", en: "Dengbao level 3 (composition, rotation)" }
            }
            Self::Asvs => Text { zh: "ASVS(长度与弱口令库)", en: "ASVS (length, blocklist)" },
        }
    }

    /// Fewest characters.
    #[must_use]
    pub const fn length_min(self) -> usize {
        match self {
            Self::Dengbao => 8,
            Self::Asvs => 12,
        }
    }

    /// After how many days a password must be changed.
    #[must_use]
    pub const fn rotation_days(self) -> Option<i64> {
        match self {
            Self::Dengbao => Some(90),
            Self::Asvs => None,
        }
    }

    /// How many earlier passwords may not come again, beside the present one.
    #[must_use]
    pub const fn history(self) -> usize {
        match self {
            Self::Dengbao => 5,
            Self::Asvs => 0,
        }
    }
}

/// Most characters of a password.
pub const PASSWORD_MAX: usize = 128;

/// Why a password cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weak {
    /// Fewer than eight characters.
    Short8,
    /// Fewer than twelve characters.
    Short12,
    /// More than [`PASSWORD_MAX`] characters.
    Long,
    /// Of fewer than three classes of characters.
    Classes,
    /// A common one, a run or a repetition.
    Common,
    /// It holds the name of the account or its organisation.
    Name,
    /// It was used before.
    Used,
}

impl Weak {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Short8, Self::Short12, Self::Long, Self::Classes, Self::Common, Self::Name, Self::Used];

    /// What is wrong and what to do.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Short8 => Text { zh: "口令太短:至少 8 个字符", en: "Too short: at least 8 characters" },
            Self::Short12 => Text { zh: "口令太短:至少 12 个字符", en: "Too short: at least 12 characters" },
            Self::Long => Text { zh: "口令太长:至多 128 个字符", en: "Too long: at most 128 characters" },
            Self::Classes => Text {
                zh: "口令须包含大写字母、小写字母、数字、符号中的三类",
                en: "Use three of: capital letters, small letters, digits, signs",
            },
            Self::Common => Text { zh: "口令过于常见,请换一个", en: "Too common: choose another" },
            Self::Name => Text {
                zh: "口令不得包含账号名或单位名称",
                en: "It must not hold the account's or organisation's name",
            },
            Self::Used => Text { zh: "口令近期已用过,请换一个", en: "Used before: choose another" },
        }
    }
}

/// Words that stand in every list of stolen passwords; digits and signs around them change little.
const COMMON: &str = include_str!("policy/common.txt");

/// Whether a password can be taken under a profile. `names` are the login name, the person's and the organisation's.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(profile: Profile, password: &str, names: &[&str]) -> Result<(), Weak> {
    let length = password.chars().count();
    if length < profile.length_min() {
        return Err(if profile == Profile::Dengbao { Weak::Short8 } else { Weak::Short12 });
    }
    if length > PASSWORD_MAX {
        return Err(Weak::Long);
    }
    if profile == Profile::Dengbao {
        let classes: [fn(char) -> bool; 4] =
            [char::is_uppercase, char::is_lowercase, char::is_numeric, |c| !c.is_alphanumeric()];
        if classes.iter().filter(|is| password.chars().any(is)).count() < 3 {
            return Err(Weak::Classes);
        }
    }
    let folded = password.to_lowercase();
    if names.iter().map(|n| n.to_lowercase()).any(|n| n.chars().count() >= 2 && folded.contains(&n)) {
        return Err(Weak::Name);
    }
    if is_common(&folded) { Err(Weak::Common) } else { Ok(()) }
}

fn is_common(folded: &str) -> bool {
    let letters = folded.trim_matches(|c: char| !c.is_alphabetic());
    let listed = |text: &str| COMMON.lines().any(|w| w == text);
    let steps: Vec<i64> = folded.chars().zip(folded.chars().skip(1)).map(|(a, b)| b as i64 - a as i64).collect();
    // One character over and over, or a run up or down the alphabet.
    let run = steps.first().is_some_and(|s| s.abs() <= 1 && steps.iter().all(|t| t == s));
    run || listed(folded) || (!letters.is_empty() && (listed(letters) || listed(&plain(letters))))
}

/// What stands behind the usual disguises of letters.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '@' | '4' => 'a',
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '$' | '5' => 's',
            '7' => 't',
            c => c,
        })
        .collect()
}

/// The policy in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Rules of passwords.
    pub profile: Profile,
    /// Wrong passwords or codes in a row that lock an account.
    pub lock_after: i64,
    /// How long it stays locked if nobody unlocks it, minutes.
    pub lock_minutes: i64,
    /// A session that is not used for so long ends, minutes.
    pub idle_minutes: i64,
    /// A session ends after so long whatever is done, hours.
    pub session_hours: i64,
    /// Memory of Argon2id, KiB.
    pub argon_kib: i64,
    /// Passes of Argon2id.
    pub argon_passes: i64,
}

/// One number of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name in the record and in forms.
    pub name: &'static str,
    /// For people, with its unit.
    pub text: Text,
    /// Least.
    pub min: i64,
    /// Most.
    pub max: i64,
}

/// The numbers of the policy: those of GB/T 22239-2019 level 3 as examined are inside the bounds.
pub const LIMITS: [Limit; 6] = [
    Limit {
        name: "lock_after",
        text: Text { zh: "连续失败锁定次数", en: "Failures in a row that lock" },
        min: 3,
        max: 10,
    },
    Limit {
        name: "lock_minutes", text: Text { zh: "锁定时长(分钟)", en: "Locked for (minutes)" }, min: 5, max: 1_440
    },
    Limit {
        name: "idle_minutes",
        text: Text { zh: "会话闲置退出(分钟)", en: "Idle session ends (minutes)" },
        min: 5,
        max: 240,
    },
    Limit {
        name: "session_hours",
        text: Text { zh: "会话最长时间(小时)", en: "Session ends (hours)" },
        min: 1,
        max: 168,
    },
    Limit {
        name: "argon_kib",
        text: Text { zh: "Argon2id 内存(KiB)", en: "Argon2id memory (KiB)" },
        min: 8_192,
        max: 1_048_576,
    },
    Limit { name: "argon_passes", text: Text { zh: "Argon2id 迭代次数", en: "Argon2id passes" }, min: 1, max: 16 },
];

impl Default for Policy {
    fn default() -> Self {
        Self {
            profile: Profile::Dengbao,
            lock_after: 5,
            lock_minutes: 30,
            idle_minutes: 30,
            session_hours: 12,
            // OWASP's first choice for Argon2id.
            argon_kib: 19_456,
            argon_passes: 2,
        }
    }
}

impl Policy {
    /// One of its numbers by name.
    pub fn number(&mut self, name: &str) -> Option<&mut i64> {
        match name {
            "lock_after" => Some(&mut self.lock_after),
            "lock_minutes" => Some(&mut self.lock_minutes),
            "idle_minutes" => Some(&mut self.idle_minutes),
            "session_hours" => Some(&mut self.session_hours),
            "argon_kib" => Some(&mut self.argon_kib),
            "argon_passes" => Some(&mut self.argon_passes),
            _ => None,
        }
    }

    /// The first number that lies outside its bounds.
    #[must_use]
    pub fn out_of_bounds(mut self) -> Option<Limit> {
        LIMITS.into_iter().find(|l| self.number(l.name).is_none_or(|n| !(l.min..=l.max).contains(n)))
    }

    /// How long after the `n`-th failure in a row nothing more is looked at, ms: nothing, then seconds that double, then the lock.
    #[must_use]
    pub fn delay_ms(&self, failures: i64) -> i64 {
        match failures {
            ..=2 => 0,
            n if n >= self.lock_after => self.lock_minutes * 60_000,
            n => 1_000_i64 << (n - 2).min(6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dengbao_asks_for_composition() {
        let check = |p: &str| check(Profile::Dengbao, p, &["zhangsan", "张三", "北郊气站"]);
        for (password, expected) in [
            ("Ab3$efg", Err(Weak::Short8)),
            ("abcdefgh", Err(Weak::Classes)),
            ("abcd1234", Err(Weak::Classes)),
            ("Kettle42", Ok(())),
            ("kettle-42", Ok(())),
            ("Zhangsan2026", Err(Weak::Name)),
            ("aA1-北郊气站", Err(Weak::Name)),
            ("P@ssw0rd1", Err(Weak::Common)),
            ("Password123", Err(Weak::Common)),
            ("Qwerty!234", Err(Weak::Common)),
            ("铁壶42壶a", Err(Weak::Short8)),
        ] {
            assert_eq!(check(password), expected, "{password}");
        }
        assert_eq!(check(&"aB3".repeat(43)), Err(Weak::Long));
    }

    #[test]
    fn asvs_asks_for_length_and_nothing_common() {
        let check = |p: &str| check(Profile::Asvs, p, &["auditor", "市局"]);
        for (password, expected) in [
            ("Kettle42", Err(Weak::Short12)),
            ("kettle on the hob", Ok(())),
            ("the auditor rests", Err(Weak::Name)),
            ("aaaaaaaaaaaaaa", Err(Weak::Common)),
            ("abcdefghijklmn", Err(Weak::Common)),
            ("password2026!!", Err(Weak::Common)),
        ] {
            assert_eq!(check(password), expected, "{password}");
        }
    }

    #[test]
    fn delays_grow_and_the_last_is_the_lock() {
        let p = Policy::default();
        let all: Vec<i64> = (0..=6).map(|n| p.delay_ms(n)).collect();
        assert_eq!(all, [0, 0, 0, 2_000, 4_000, 1_800_000, 1_800_000]);
        assert_eq!(Policy { lock_after: 10, ..p }.delay_ms(9), 64_000);
    }

    #[test]
    fn every_number_has_bounds_and_the_defaults_lie_within() {
        let mut p = Policy::default();
        assert_eq!(p.out_of_bounds(), None);
        for l in LIMITS {
            let kept = *p.number(l.name).unwrap();
            for wrong in [l.min - 1, l.max + 1, i64::MIN, i64::MAX] {
                *p.number(l.name).unwrap() = wrong;
                assert_eq!(p.out_of_bounds(), Some(l));
            }
            *p.number(l.name).unwrap() = kept;
        }
        assert_eq!(p.number("root"), None);
        assert!(Weak::ALL.iter().all(|w| !w.text().zh.is_empty()));
    }
}
