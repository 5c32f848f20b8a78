//! What a text can be, and how it is said that it is not.

use crate::outcome::Text;
use serde::{Deserialize, Serialize};

/// What a text can be. The order is that of readings with equal certainty: what fewer texts fit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A cylinder label's QR code: division and tag code.
    Qr,
    /// GS1 returnable asset: a cylinder.
    Grai,
    /// GS1 individual asset: a gun, a device.
    Giai,
    /// GS1 service relation.
    Gsrn,
    /// Unified social credit code.
    SocialCredit,
    /// Citizen's number.
    IdCard,
    /// Organisation code.
    Organisation,
    /// Business licence of 15 digits, before 2015.
    Licence,
    /// GS1 location: a station.
    Gln,
    /// GS1 trade item.
    Gtin,
    /// Order.
    Order,
    /// Recovery slip.
    Recovery,
    /// Number plate.
    Plate,
    /// Service number 400 or 800.
    ServiceLine,
    /// Short public number.
    ShortCode,
    /// Mobile phone.
    Mobile,
    /// Customer.
    Customer,
    /// Tag code of a cylinder.
    Tag,
    /// Fixed-line phone.
    Landline,
    /// RFID of a cylinder.
    Rfid,
    /// Administrative division.
    Division,
    /// Number stamped into a cylinder.
    Stamp,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 22] = [
        Self::Qr,
        Self::Grai,
        Self::Giai,
        Self::Gsrn,
        Self::SocialCredit,
        Self::IdCard,
        Self::Organisation,
        Self::Licence,
        Self::Gln,
        Self::Gtin,
        Self::Order,
        Self::Recovery,
        Self::Plate,
        Self::ServiceLine,
        Self::ShortCode,
        Self::Mobile,
        Self::Customer,
        Self::Tag,
        Self::Landline,
        Self::Rfid,
        Self::Division,
        Self::Stamp,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> Text {
        let (zh, en) = match self {
            Self::Qr => ("气瓶二维码", "cylinder QR code"),
            Self::Grai => ("可回收资产代码 (GRAI)", "returnable asset (GRAI)"),
            Self::Giai => ("单个资产代码 (GIAI)", "individual asset (GIAI)"),
            Self::Gsrn => ("服务关系代码 (GSRN)", "service relation (GSRN)"),
            Self::SocialCredit => ("统一社会信用代码", "unified social credit code"),
            Self::IdCard => ("公民身份号码", "ID card number"),
            Self::Organisation => ("组织机构代码", "organisation code"),
            Self::Licence => ("营业执照注册号", "business licence number"),
            Self::Gln => ("位置码 (GLN)", "location (GLN)"),
            Self::Gtin => ("商品条码 (GTIN)", "trade item (GTIN)"),
            Self::Order => ("订单编号", "order number"),
            Self::Recovery => ("回收记录编号", "recovery number"),
            Self::Plate => ("车牌号", "number plate"),
            Self::ServiceLine => ("服务号码", "service number"),
            Self::ShortCode => ("公共短号码", "short public number"),
            Self::Mobile => ("手机号", "mobile number"),
            Self::Customer => ("客户编号", "customer number"),
            Self::Tag => ("标签编码", "tag code"),
            Self::Landline => ("固定电话", "fixed-line number"),
            Self::Rfid => ("电子标签号", "RFID number"),
            Self::Division => ("行政区划代码", "division code"),
            Self::Stamp => ("钢印号", "stamp number"),
        };
        Text { zh, en }
    }

    /// Whether it tells who somebody is, so that it is shown masked.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::IdCard | Self::Mobile | Self::Landline)
    }
}

/// A sentence in both languages, made at run time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Chinese, the default.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Message {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// How near a text came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// The form fits, the content is wrong: a check character, a date, a division.
    Content,
    /// One character too few or too many.
    Length,
    /// It looks like something else.
    Far,
}

/// Why a text is not the code it was taken for. Never repeats what identifies a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{}：{} ({}: {})", .kind.name().zh, .says.zh, .kind.name().en, .says.en)]
pub struct CodeError {
    /// How near it came.
    pub near: Near,
    /// What it was taken for.
    pub kind: Kind,
    /// What is wrong.
    pub says: Message,
}

impl CodeError {
    /// The form fits, the content is wrong.
    pub(super) fn content(kind: Kind, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { near: Near::Content, kind, says: Message::new(zh, en) }
    }

    /// It looks like something else.
    pub(super) fn far(kind: Kind, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { near: Near::Far, kind, says: Message::new(zh, en) }
    }

    /// A length that is not `right`. One off counts as near where the code is long enough to be known by it.
    pub(super) fn length(kind: Kind, text: &str, right: usize) -> Self {
        let found = text.chars().count();
        let near = if right >= 11 && found.abs_diff(right) == 1 { Near::Length } else { Near::Far };
        let says = Message::new(
            format!("应为 {right} 位，现为 {found} 位"),
            format!("should have {right} characters, has {found}"),
        );
        Self { near, kind, says }
    }

    /// A check character that should be another.
    pub(super) fn check(kind: Kind, place: usize, right: u8) -> Self {
        let c = char::from(right);
        Self::content(kind, format!("第{place}位校验码应为 {c}"), format!("check character {place} should be {c}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_listed_once_and_in_order_and_named_apart() {
        assert!(Kind::ALL.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(Kind::ALL[Kind::ALL.len() - 1], Kind::Stamp);
        let mut names: Vec<_> = Kind::ALL.iter().flat_map(|k| [k.name().zh, k.name().en]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 2 * Kind::ALL.len());
    }

    #[test]
    fn an_error_is_told_in_both_languages() {
        let e = CodeError::check(Kind::IdCard, 18, b'X');
        assert_eq!(e.to_string(), "公民身份号码：第18位校验码应为 X (ID card number: check character 18 should be X)");
    }
}
