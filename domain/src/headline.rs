//! The one word that says how a cylinder stands, and the words of the sources for its place (rules.md §19).

use crate::{
    ledger::{Custody, FileState, flag},
    life::Inspection,
};

macro_rules! headlines {
    ($($(#[doc = $doc:literal])* $variant:ident = $zh:literal, $en:literal;)+) => {
        /// The headline. The order is the precedence: the first that holds is shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Headline { $($(#[doc = $doc])* $variant,)+ }

        impl Headline {
            /// All of them, the gravest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Chinese word.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),+ } }

            /// English word.
            #[must_use]
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

headlines! {
    /// Axis A.
    Destroyed = "已销毁", "destroyed";
    /// Axis A, after a SCRAP event.
    Scrapped = "已报废", "scrapped";
    /// Axis A.
    AwaitsScrap = "待报废", "to be scrapped";
    /// Past the end of its life, or past eight years without the assessment. The sources' 报废.
    PastLife = "超年限", "past its life";
    /// Flag.
    Sealed = "查封", "sealed";
    /// Flag.
    Recalled = "召回", "recalled";
    /// Flag.
    Clone = "疑似克隆", "suspected clone";
    /// Axis C.
    Lost = "丢失", "lost";
    /// Axis A or flag.
    Unregistered = "未登记", "not registered";
    /// Axis A; so is 转出/注销.
    Suspended = "停用", "suspended";
    /// Axis A.
    Cancelled = "转出/注销", "transferred out or cancelled";
    /// Flag.
    NotOwn = "非自有", "not own";
    /// Flag.
    InspectionFailed = "检验不合格", "inspection failed";
    /// Past its due date.
    Overdue = "过检", "inspection overdue";
    /// Flag.
    Overfilled = "超装", "overfilled";
    /// Flag.
    TagFault = "标签异常", "tag and stamp differ";
    /// Flag.
    WrongMedium = "介质不一致", "wrong medium";
    /// Flag.
    ChainGap = "链路断点", "break in the chain";
    /// No date from which anything follows.
    Doubtful = "数据存疑", "doubtful data";
    /// Within the window before its due date.
    DueSoon = "临检", "inspection due soon";
    /// None of these.
    Normal = "正常", "normal";
}

impl Headline {
    /// The headline of a cylinder: file axis, derived inspection, circulation axis, flags.
    #[must_use]
    pub const fn of(file: FileState, inspection: Inspection, custody: Custody, flags: i64) -> Self {
        const fn has(flags: i64, bit: i64) -> bool {
            flags & bit != 0
        }
        match file {
            FileState::Destroyed => return Self::Destroyed,
            FileState::Scrapped => return Self::Scrapped,
            FileState::AwaitsScrap => return Self::AwaitsScrap,
            _ => {}
        }
        if matches!(inspection, Inspection::PastLife | Inspection::AwaitsAssessment) {
            return Self::PastLife;
        }
        if has(flags, flag::SEALED) {
            return Self::Sealed;
        }
        if has(flags, flag::RECALLED) {
            return Self::Recalled;
        }
        if has(flags, flag::CLONE) {
            return Self::Clone;
        }
        if matches!(custody, Custody::Lost) {
            return Self::Lost;
        }
        match file {
            FileState::Draft | FileState::Pending => return Self::Unregistered,
            FileState::Suspended => return Self::Suspended,
            FileState::Cancelled => return Self::Cancelled,
            _ => {}
        }
        if has(flags, flag::NOT_OWN) {
            return Self::NotOwn;
        }
        if has(flags, flag::INSPECTION_FAILED) {
            return Self::InspectionFailed;
        }
        if matches!(inspection, Inspection::Overdue) {
            return Self::Overdue;
        }
        if has(flags, flag::OVERFILL) {
            return Self::Overfilled;
        }
        if has(flags, flag::TAG_FAULT) {
            return Self::TagFault;
        }
        if has(flags, flag::WRONG_MEDIUM) {
            return Self::WrongMedium;
        }
        if has(flags, flag::CHAIN_GAP) {
            return Self::ChainGap;
        }
        match inspection {
            Inspection::Unknown => Self::Doubtful,
            Inspection::DueSoon => Self::DueSoon,
            _ => Self::Normal,
        }
    }
}

/// The inspection axis (检验) with what the circulation and the flags add to the dates: Chinese, English.
#[must_use]
pub const fn inspection_words(inspection: Inspection, custody: Custody, flags: i64) -> (&'static str, &'static str) {
    if matches!(custody, Custody::ToInspection | Custody::AtInspection) {
        return ("送检中", "in inspection");
    }
    if flags & flag::INSPECTION_FAILED != 0 {
        return ("检验不合格", "inspection failed");
    }
    match inspection {
        Inspection::Valid => ("未到期", "valid"),
        Inspection::DueSoon => ("临检", "due soon"),
        Inspection::Overdue => ("过检", "overdue"),
        Inspection::AwaitsAssessment => ("待安全评估", "awaits assessment"),
        Inspection::PastLife => ("超年限", "past its life"),
        Inspection::Unknown => ("日期不明", "date unknown"),
    }
}

/// The sources' word for a place: the enterprise's lists know four.
#[must_use]
pub const fn source_word(custody: Custody) -> &'static str {
    match custody {
        Custody::EmptyInStock | Custody::ReadyToFill | Custody::Filling => "空瓶在库",
        Custody::AwaitsPostcheck | Custody::FullInStock | Custody::FullAtSite => "重瓶在库",
        Custody::InTransit | Custody::InUse => "已配送",
        c => c.zh(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(file: FileState, inspection: Inspection, custody: Custody, flags: i64) -> Headline {
        Headline::of(file, inspection, custody, flags)
    }

    #[test]
    fn each_word_stands_alone() {
        use FileState as F;
        use Inspection as I;
        let flag = |bit| of(F::Registered, I::Valid, Custody::InUse, bit);
        let file = |f| of(f, I::Valid, Custody::InUse, 0);
        let inspection = |i| of(F::Registered, i, Custody::InUse, 0);
        let alone = [
            (file(F::Destroyed), "已销毁"),
            (file(F::Scrapped), "已报废"),
            (file(F::AwaitsScrap), "待报废"),
            (inspection(I::PastLife), "超年限"),
            (flag(flag::SEALED), "查封"),
            (flag(flag::RECALLED), "召回"),
            (flag(flag::CLONE), "疑似克隆"),
            (of(F::Registered, I::Valid, Custody::Lost, 0), "丢失"),
            (file(F::Pending), "未登记"),
            (file(F::Suspended), "停用"),
            (file(F::Cancelled), "转出/注销"),
            (flag(flag::NOT_OWN), "非自有"),
            (flag(flag::INSPECTION_FAILED), "检验不合格"),
            (inspection(I::Overdue), "过检"),
            (flag(flag::OVERFILL), "超装"),
            (flag(flag::TAG_FAULT), "标签异常"),
            (flag(flag::WRONG_MEDIUM), "介质不一致"),
            (flag(flag::CHAIN_GAP), "链路断点"),
            (inspection(I::Unknown), "数据存疑"),
            (inspection(I::DueSoon), "临检"),
            (inspection(I::Valid), "正常"),
        ];
        let words: Vec<&str> = alone.iter().map(|(h, _)| h.zh()).collect();
        assert_eq!(words, alone.map(|(_, w)| w));
        // They stand in the order of precedence, and none is left out.
        assert_eq!(alone.map(|(h, _)| h), *Headline::ALL);
        assert_eq!(inspection(I::AwaitsAssessment), Headline::PastLife);
        assert_eq!(flag(flag::UNDERFILL | flag::NEEDS_VACUUM | flag::CHECK), Headline::Normal);
        assert!(Headline::ALL.iter().all(|h| !h.en().is_empty()));
    }

    #[test]
    fn the_axis_b_and_the_words_of_the_sources() {
        let b = |i, c, f| inspection_words(i, c, f).0;
        assert_eq!(b(Inspection::Overdue, Custody::AtInspection, flag::INSPECTION_FAILED), "送检中");
        assert_eq!(b(Inspection::Overdue, Custody::Held, flag::INSPECTION_FAILED), "检验不合格");
        assert_eq!(b(Inspection::AwaitsAssessment, Custody::InUse, 0), "待安全评估");
        let words: Vec<&str> = Custody::ALL.iter().map(|c| source_word(*c)).collect();
        assert_eq!(
            &words[..9],
            ["空瓶在库", "空瓶在库", "空瓶在库", "重瓶在库", "重瓶在库", "已配送", "重瓶在库", "已配送", "回收中"]
        );
    }

    proptest! {
        /// A further flag never makes the word milder.
        #[test]
        fn a_fault_more_is_never_milder(f in 1..9_i16, c in 1..15_i16, flags in 0..8_192_i64, bit in 0..13_u32, i in 0..6_usize) {
            use Inspection::{AwaitsAssessment, DueSoon, Overdue, PastLife, Unknown, Valid};
            let i = [Valid, DueSoon, Overdue, AwaitsAssessment, PastLife, Unknown][i];
            let (f, c) = (FileState::from_number(f).unwrap(), Custody::from_number(c).unwrap());
            prop_assert!(of(f, i, c, flags | 1 << bit) <= of(f, i, c, flags));
        }
    }
}
