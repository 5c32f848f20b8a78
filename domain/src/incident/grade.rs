//! The grade of an accident (特种设备安全监察条例 第六十一至六十四条; rules.md §15).

use super::Harm;
use crate::check::words;
use serde::{Deserialize, Serialize};

words! {
    /// A grade. It follows from dead, seriously injured and loss; the gravest of the three counts.
    Grade {
        /// Less than the least grade.
        Below = "below", "未达一般事故", "Below a common accident";
        /// 一般事故
        Common = "general", "一般事故", "Common accident";
        /// 较大事故
        Larger = "larger", "较大事故", "Larger accident";
        /// 重大事故
        Major = "major", "重大事故", "Major accident";
        /// 特别重大事故
        Extraordinary = "extraordinary", "特别重大事故", "Extraordinarily grave accident";
    }
}

/// From when on: dead, seriously injured, loss in yuan.
const FROM: [(Grade, i32, i32, i64); 4] = [
    (Grade::Extraordinary, 30, 100, 100_000_000),
    (Grade::Major, 10, 50, 50_000_000),
    (Grade::Larger, 3, 10, 10_000_000),
    (Grade::Common, 1, 1, 10_000),
];

impl Grade {
    /// The grade that follows from the harm.
    #[must_use]
    pub fn of(harm: Harm) -> Self {
        let reached = |f: &&(Self, i32, i32, i64)| harm.dead >= f.1 || harm.serious >= f.2 || harm.loss_yuan >= f.3;
        FROM.iter().find(reached).map_or(Self::Below, |f| f.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_of_dead_injured_and_loss_counts() {
        let of = |dead, serious, loss_yuan| Grade::of(Harm { dead, serious, minor: 500, loss_yuan });
        for (dead, serious, loss, grade) in [
            (0, 0, 0, Grade::Below),
            (0, 0, 9_999, Grade::Below),
            (0, 0, 10_000, Grade::Common),
            (1, 0, 0, Grade::Common),
            (2, 9, 9_999_999, Grade::Common),
            (3, 0, 0, Grade::Larger),
            (0, 10, 0, Grade::Larger),
            (0, 0, 10_000_000, Grade::Larger),
            (9, 49, 49_999_999, Grade::Larger),
            (10, 0, 0, Grade::Major),
            (0, 50, 0, Grade::Major),
            (0, 0, 50_000_000, Grade::Major),
            (29, 99, 99_999_999, Grade::Major),
            (30, 0, 0, Grade::Extraordinary),
            (0, 100, 0, Grade::Extraordinary),
            (0, 0, 100_000_000, Grade::Extraordinary),
        ] {
            assert_eq!(of(dead, serious, loss), grade, "{dead} {serious} {loss}");
        }
    }
}
