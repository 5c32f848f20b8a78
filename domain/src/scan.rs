//! What anybody is told who scans the code of a cylinder (S0-51, S0-58B; rules.md §8): a light, one sentence, facts. Never whose
//! kitchen it stands in, nor who filled or brought it.

use crate::{
    event::EventKind,
    headline::Headline,
    ledger::{Custody, FileState, flag},
    life::Inspection,
    org::Licence,
    outcome::Text,
};
use chrono::{Datelike, NaiveDate};

/// Stages of its way that are told at most, the newest.
pub const STAGES: usize = 8;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// The light. The order is that of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// May be used and filled.
    Green,
    /// Something is to be looked at.
    Yellow,
    /// Must not be used, or must not be filled again.
    Red,
}

impl Light {
    /// The light of a headline.
    #[must_use]
    pub const fn of(h: Headline) -> Self {
        use Headline as H;
        match h {
            H::Normal => Self::Green,
            H::DueSoon | H::Doubtful | H::ChainGap | H::TagFault | H::NotOwn => Self::Yellow,
            H::Destroyed
            | H::Scrapped
            | H::AwaitsScrap
            | H::PastLife
            | H::Sealed
            | H::Recalled
            | H::Clone
            | H::Lost
            | H::Unregistered
            | H::Suspended
            | H::Cancelled
            | H::InspectionFailed
            | H::Overdue
            | H::WrongMedium
            | H::Overfilled => Self::Red,
        }
    }

    /// Its word in the style sheet and for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }

    /// The word beside it: nobody has to tell colours apart.
    #[must_use]
    pub const fn word(self) -> Text {
        match self {
            Self::Green => t("合格", "In order"),
            Self::Yellow => t("注意", "Take care"),
            Self::Red => t("停用", "Do not use"),
        }
    }
}

/// Something the public has to know of a cylinder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A word of the office.
    Of(Headline),
    /// 封存: a check found something wrong with it, such as a leak.
    Held,
    /// 被举报
    Reported,
}

impl Finding {
    /// Its light.
    #[must_use]
    pub const fn light(self) -> Light {
        match self {
            Self::Of(h) => Light::of(h),
            Self::Held => Light::Red,
            Self::Reported => Light::Yellow,
        }
    }

    /// Its sentence.
    #[must_use]
    pub const fn sentence(self) -> Text {
        match self {
            Self::Of(h) => sentence(h),
            Self::Held => t(
                "这只气瓶检查时发现问题,已封存,不得使用和充装。",
                "A check found something wrong with this cylinder: it is on hold and must neither be used nor filled.",
            ),
            Self::Reported => t(
                "这只气瓶被举报,正在核实,使用前请向充装站核实。",
                "This cylinder was reported and is being looked into: ask the filling station before you use it.",
            ),
        }
    }

    /// Its place among those of the same light: what endangers whoever stands there comes before what the office has to do.
    const fn rank(self) -> (bool, u8) {
        match self {
            Self::Of(h @ (Headline::Overfilled | Headline::Recalled | Headline::WrongMedium)) => (false, h as u8),
            Self::Held => (false, u8::MAX),
            Self::Of(h) => (true, h as u8),
            Self::Reported => (true, u8::MAX),
        }
    }
}

/// Whatever of a cylinder the public has to know, the gravest first, each once; [`Headline::Normal`] alone where it is in order. Each axis
/// is judged by itself: the one word of the office names what comes first by rank (rules.md §19), behind which a cylinder that
/// somebody else filled may be overdue, too.
#[must_use]
pub fn findings(file: FileState, inspection: Inspection, custody: Custody, flags: i64) -> Vec<Finding> {
    let (plain, dated, there) = (FileState::Registered, Inspection::Valid, Custody::EmptyInStock);
    let of = |file, inspection, custody, flags| Finding::Of(Headline::of(file, inspection, custody, flags));
    let mut out = vec![of(file, dated, there, 0), of(plain, inspection, there, 0), of(plain, dated, custody, 0)];
    out.extend(flag::SHOWN.iter().filter(|f| flags & f.0 != 0).map(|f| of(plain, dated, there, f.0)));
    // What the office has no word for that comes first.
    let known = [
        (flags & flag::DOUBT != 0, Finding::Of(Headline::Doubtful)),
        (flags & flag::REPORTED != 0, Finding::Reported),
        (matches!(custody, Custody::Held) || flags & flag::ON_HOLD != 0, Finding::Held),
    ];
    out.extend(known.into_iter().filter(|k| k.0).map(|k| k.1));
    out.sort_by_key(|f| (std::cmp::Reverse(f.light()), f.rank()));
    out.dedup();
    if out.len() > 1 {
        out.retain(|f| *f != Finding::Of(Headline::Normal));
    }
    out
}

/// The sentence of a headline: what it means for whoever stands before the cylinder, and what to do.
#[must_use]
pub const fn sentence(h: Headline) -> Text {
    use Headline as H;
    match h {
        H::Normal => {
            t("这只气瓶在检验有效期内,可以正常使用。", "This cylinder is within its inspection date and may be used.")
        }
        H::DueSoon => t(
            "这只气瓶快到检验日期,用完后请交回充装站送检。",
            "This cylinder is due for inspection soon: hand it back to the filling station when it is empty.",
        ),
        H::Overdue => t(
            "这只气瓶已过检验日期,不得再充装。请交回充装站。",
            "This cylinder is past its inspection date and must not be filled again. Hand it back to the filling station.",
        ),
        H::PastLife => t(
            "这只气瓶已超过使用年限,不得再使用和充装。请联系充装站收回。",
            "This cylinder is past its life and must neither be used nor filled. Ask the filling station to take it back.",
        ),
        H::AwaitsScrap | H::Scrapped | H::Destroyed => t(
            "这只气瓶已报废,不应再出现在市面上。请勿使用,并举报。",
            "This cylinder was scrapped and should not be about. Do not use it, and report it.",
        ),
        H::Sealed => {
            t("这只气瓶已被查封,不得使用。", "This cylinder was sealed by the authority and must not be used.")
        }
        H::Recalled => t(
            "这只气瓶正在召回,请停止使用并联系充装站。",
            "This cylinder is being recalled: stop using it and call the filling station.",
        ),
        H::Clone => t(
            "这个编码可能被复制,这只气瓶未必是登记的那一只。请勿使用,并举报。",
            "This code may have been copied, and this may not be the registered cylinder. Do not use it, and report it.",
        ),
        H::Lost => t(
            "这只气瓶已挂失,请联系充装站或举报。",
            "This cylinder was reported lost: call the filling station, or report it.",
        ),
        H::Unregistered => t(
            "这只气瓶尚未完成登记,不得充装和使用。",
            "This cylinder is not registered yet and must neither be filled nor used.",
        ),
        H::Suspended | H::Cancelled => {
            t("这只气瓶已停用或注销,请勿使用。", "This cylinder was taken out of use. Do not use it.")
        }
        H::InspectionFailed => t(
            "这只气瓶检验不合格,不得使用和充装。",
            "This cylinder failed its inspection and must neither be used nor filled.",
        ),
        H::Overfilled => t(
            "这只气瓶可能超量充装,有危险。请勿使用,远离火源,立即联系充装站。",
            "This cylinder may be overfilled, which is dangerous. Do not use it, keep it from fire, and call the station now.",
        ),
        H::Doubtful => t(
            "这只气瓶的日期资料不全,使用前请向充装站核实。",
            "The dates of this cylinder are not complete: ask the filling station before you use it.",
        ),
        H::ChainGap => t(
            "这只气瓶的流转记录有缺失,请向充装站核实。",
            "Part of this cylinder's record is missing: ask the filling station.",
        ),
        H::TagFault => t(
            "这只气瓶的标签与钢印不一致,请核对瓶身钢印。",
            "Tag and stamped number of this cylinder differ: compare what is stamped on it.",
        ),
        H::WrongMedium => t(
            "这只气瓶充装过与登记不一致的介质,有危险。请勿使用,联系充装站。",
            "This cylinder was filled with something else than it is registered for, which is dangerous: do not use it, and call the station.",
        ),
        H::NotOwn => t(
            "这只气瓶曾由非登记单位充装,请向产权单位核实。",
            "This cylinder was filled by somebody other than its owner: ask its owner.",
        ),
    }
}

/// What a label means that was voided: it was taken off, and whatever bears it now is not that cylinder.
pub const VOID: Text = t(
    "这个标签已作废,不应再出现在气瓶上。请勿使用,并举报。",
    "This label was voided and should be on no cylinder any more. Do not use it, and report it.",
);

/// What a code that leads nowhere means.
pub const UNKNOWN: Text = t(
    "查无此瓶:这个编码没有登记。来源不明的气瓶请勿使用,并举报。",
    "No such cylinder: this code is not registered. Do not use a cylinder that nobody answers for, and report it.",
);

/// What a number means that several cylinders bear.
pub const SEVERAL: Text = t(
    "这个号码对应多只气瓶,请扫描瓶身上的二维码标签,或输入标签号。",
    "Several cylinders bear this number: scan the label on the cylinder, or enter its tag.",
);

/// What is said of a label without a good token.
pub const UNSIGNED: Text = t(
    "这个编码没有防伪签名,只显示基本信息。请核对瓶身钢印与下列号码是否一致。",
    "This code is not signed: only the basics are shown. Compare the number stamped on the cylinder with the one below.",
);

/// The enterprise that answers for a cylinder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// 产权单位
    pub name: String,
    /// Its telephone, or empty.
    pub phone: String,
    /// Last day of its licence.
    pub licence_until: Option<NaiveDate>,
    /// How that stands today.
    pub licence: Licence,
    /// Last day of its liability insurance.
    pub insured_until: Option<NaiveDate>,
}

/// The last fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFill {
    /// When, ms.
    pub at: i64,
    /// Net mass, grams.
    pub net_g: i64,
    /// The filling station.
    pub station: String,
}

/// A stage of its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Local day.
    pub day: NaiveDate,
    /// What happened.
    pub kind: EventKind,
    /// The station that says so; never where a customer lives.
    pub station: String,
}

/// What is told only of a label that carries a good token: a number can be guessed, a token cannot (rules.md §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The last fill.
    pub fill: Option<LastFill>,
    /// The newest stages, the newest first.
    pub stages: Vec<Stage>,
    /// Day of the last inspection, a partial date, or empty.
    pub inspected: String,
    /// 制造单位
    pub maker: String,
    /// Where it is meant to be.
    pub whereabouts: Option<Text>,
}

/// Where a cylinder is meant to be, as roughly as the public is told (rules.md §8): never with whom, nor in which street. Of one that
/// should be nowhere any more nothing is said.
#[must_use]
pub const fn whereabouts(file: FileState, custody: Custody) -> Option<Text> {
    use Custody as C;
    if matches!(file, FileState::Scrapped | FileState::Destroyed | FileState::Cancelled) {
        return None;
    }
    Some(match custody {
        C::InUse => t("在用户处", "with a customer"),
        C::InTransit => t("配送途中", "on its way to a customer"),
        C::Returning => t("回收途中", "on its way back"),
        C::ToInspection | C::AtInspection => t("送检中", "at inspection"),
        C::InRepair => t("维修中", "in repair"),
        C::Held => t("已封存", "on hold"),
        C::Lost => t("已挂失", "reported lost"),
        C::FullAtSite => t("在供应站", "at a delivery station"),
        C::EmptyInStock | C::ReadyToFill | C::Filling | C::AwaitsPostcheck | C::FullInStock => {
            t("在充装单位", "at the filler's")
        }
    })
}

/// What is told of a cylinder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Cylinder.
    pub id: i64,
    /// What is to be known of it, the gravest first, never empty.
    pub findings: Vec<Finding>,
    /// Whether it was found by a label that is void.
    pub void: bool,
    /// Its tag; the one on the label, where that is void.
    pub tag: String,
    /// 钢印号, to be compared with what is stamped on it.
    pub stamp_no: String,
    /// The enterprise.
    pub owner: Owner,
    /// 充装介质
    pub medium: (String, String),
    /// Whether it is LPG, which is what kitchens burn.
    pub lpg: bool,
    /// 规格
    pub model: String,
    /// 出厂日期, a partial date or empty.
    pub made: String,
    /// 下次检测
    pub due: Option<NaiveDate>,
    /// 报废日期
    pub life_end: Option<NaiveDate>,
    /// Told of a signed label.
    pub signed: Option<Signed>,
    /// Demonstration data.
    pub demo: bool,
}

impl Scan {
    /// The gravest finding.
    fn first(&self) -> Finding {
        self.findings.first().copied().unwrap_or(Finding::Of(Headline::Normal))
    }

    /// The light.
    #[must_use]
    pub fn light(&self) -> Light {
        if self.void { Light::Red } else { self.first().light() }
    }

    /// The one sentence.
    #[must_use]
    pub fn sentence(&self) -> Text {
        if self.void { VOID } else { self.first().sentence() }
    }

    /// What there is to be said besides. Of a label that was taken off, the cylinder that it is of is none of the reader's.
    pub fn further(&self) -> impl Iterator<Item = Text> {
        let rest = if self.void { &[] } else { self.findings.get(1..).unwrap_or_default() };
        rest.iter().map(|f| f.sentence())
    }
}

/// What a code leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// One cylinder.
    One(Box<Scan>),
    /// Several bear the number.
    Several,
    /// None.
    Nothing,
}

/// Kinds of events that are told as stages. Checks, and what the office does to a file, are not.
#[must_use]
pub const fn is_stage(kind: EventKind) -> bool {
    use EventKind as K;
    matches!(
        kind,
        K::Register
            | K::ReceiveEmpty
            | K::FillEnd
            | K::Ship
            | K::Arrive
            | K::Deliver
            | K::Collect
            | K::SendInspect
            | K::Inspect
            | K::Repair
            | K::Scrap
            | K::Destroy
    )
}

/// Advice that fits the cylinder and the season, the most important first.
#[must_use]
pub fn tips(scan: &Scan, today: NaiveDate) -> Vec<Text> {
    let mut out = vec![];
    if !scan.lpg {
        out.push(t("气瓶应直立固定,远离热源,防止倾倒。", "Keep the cylinder upright and fixed, away from heat."));
        out.push(t("不同介质的减压器和软管不得混用。", "Never swap regulators and hoses between gases."));
        return out;
    }
    out.push(t(
        "闻到燃气味:不开关电器、不打电话,先关瓶阀、开门窗,到室外再报修。",
        "If you smell gas: touch no switch and no phone, shut the valve, open doors and windows, call from outside.",
    ));
    out.push(t(
        "气瓶要直立放在通风处,不得放在卧室、地下室,不得倒置、加热。",
        "Keep the cylinder upright in an aired place, never in a bedroom or cellar, never upside down or heated.",
    ));
    if (11..=12).contains(&today.month()) || today.month() <= 3 {
        out.push(t(
            "冬季关窗用气易中毒:保持通风,不要用热水或明火烤瓶。",
            "In winter a closed room can poison you: keep it aired, and never warm the cylinder with hot water or fire.",
        ));
    }
    if (6..=9).contains(&today.month()) {
        out.push(t(
            "夏季不要让气瓶暴晒,存放处不高于 45 ℃。",
            "In summer keep the cylinder out of the sun: no more than 45 °C where it stands.",
        ));
    }
    out.push(t(
        "用完关瓶阀;软管不超过 2 米,满 2 年更换。",
        "Shut the valve after use; a hose is at most 2 m long and at most two years old.",
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_headline_has_a_light_and_a_sentence_and_only_what_is_in_order_is_green() {
        for h in Headline::ALL {
            let s = sentence(*h);
            assert!(s.zh.ends_with('。') && s.en.ends_with('.'), "{h:?}");
            assert_eq!(Light::of(*h) == Light::Green, *h == Headline::Normal, "{h:?}");
        }
        for h in [Headline::Overdue, Headline::PastLife, Headline::Scrapped, Headline::Overfilled, Headline::Clone] {
            assert_eq!(Light::of(h), Light::Red, "{h:?}");
        }
    }

    #[test]
    fn nothing_hides_behind_another_axis() {
        use {Custody as C, FileState as F, Inspection as I};
        let of = |file, inspection, custody, flags| findings(file, inspection, custody, flags);
        assert_eq!(of(F::Registered, I::Valid, C::InUse, 0), [Finding::Of(Headline::Normal)]);
        // A leak was found after it was filled: no word of the office says so.
        assert_eq!(of(F::Registered, I::Valid, C::Held, flag::ON_HOLD), [Finding::Held]);
        for flag in [flag::DOUBT, flag::REPORTED, flag::NOT_OWN, flag::CHAIN_GAP] {
            let found = of(F::Registered, I::Valid, C::InUse, flag);
            assert!(found.len() == 1 && found[0].light() == Light::Yellow, "{flag}: {found:?}");
        }
        let all = of(F::Registered, I::Overdue, C::InUse, flag::NOT_OWN | flag::OVERFILL);
        let words = [Headline::Overfilled, Headline::Overdue, Headline::NotOwn].map(Finding::Of);
        assert_eq!(all, words, "what endangers comes first");
        for (file, custody) in F::ALL.iter().flat_map(|f| C::ALL.iter().map(move |c| (*f, *c))) {
            let found = of(file, I::Valid, custody, 0);
            let green = found.iter().all(|f| f.light() == Light::Green);
            assert_eq!(
                green,
                file == F::Registered && !matches!(custody, C::Held | C::Lost),
                "{file:?} {custody:?}: {found:?}"
            );
        }
    }
}
