//! Organisations as the office reads them: fillers, delivery stations, inspection agencies and others.

use crate::{check::words, list::Total};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Names of the filters of the list. The first is the search box.
pub const FILTERS: [&str; 4] = ["q", "kind", "district", "licence"];

words! {
    /// What an organisation is.
    Kind {
        /// 充装单位
        Filler = "filler", "充装单位", "Filler";
        /// 配送单位
        Delivery = "delivery", "配送单位", "Delivery";
        /// 检验机构
        Inspection = "inspection", "检验机构", "Inspection agency";
        /// 监管部门
        Regulator = "regulator", "监管部门", "Regulator";
        /// 制造单位
        Maker = "maker", "制造单位", "Maker";
        /// 数据导入
        Importer = "importer", "数据导入", "Importer";
    }
}

words! {
    /// How a licence stands on a day.
    Licence {
        /// In force.
        Valid = "valid", "有效", "in force";
        /// Ends within ninety days.
        Soon = "soon", "90 天内到期", "ends within 90 days";
        /// Ended.
        Expired = "expired", "已过期", "expired";
        /// None on record.
        None = "none", "无记录", "none on record";
    }
}

/// Days before its end from which a licence is said to end soon.
pub const SOON_DAYS: i64 = 90;

impl Licence {
    /// How a licence stands whose last day is this.
    #[must_use]
    pub fn on(until: Option<NaiveDate>, today: NaiveDate) -> Self {
        match until {
            None => Self::None,
            Some(d) if d < today => Self::Expired,
            Some(d) if (d - today).num_days() <= SOON_DAYS => Self::Soon,
            Some(_) => Self::Valid,
        }
    }
}

/// An organisation in its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgLine {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Kind, a word of [`Kind`] where it is one.
    pub kind: String,
    /// 统一社会信用代码, or empty.
    pub uscc: String,
    /// District, name.
    pub district: String,
    /// Telephone.
    pub phone: String,
    /// Filling licence.
    pub licence_no: String,
    /// Its last day.
    pub licence_until: Option<NaiveDate>,
    /// How it stands.
    pub licence: Licence,
    /// Media that it covers, comma separated.
    pub licence_media: String,
    /// Last day of the liability insurance.
    pub insured_until: Option<NaiveDate>,
    /// Demonstration data.
    pub demo: bool,
}

/// A site of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLine {
    /// Id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// `filling`, `delivery`, …
    pub kind: String,
    /// District, name.
    pub district: String,
}

/// A device of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Label.
    pub label: String,
    /// `gun`, `handheld`, …
    pub kind: String,
    /// Name of its site.
    pub site: String,
    /// Medium that a gun fills.
    pub medium: String,
    /// Last request, ms.
    pub seen_at: Option<i64>,
    /// Last day of the verification of its scale.
    pub scale_until: Option<NaiveDate>,
    /// Revoked.
    pub revoked: bool,
}

/// A person of an organisation, by code: no names are on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLine {
    /// Code, as devices send it.
    pub code: String,
    /// Last day of the certificate.
    pub cert_until: Option<NaiveDate>,
    /// Media that it covers.
    pub media: String,
}

/// A figure with the list that it is the length of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What is counted: `on_file`, `overdue`, `past_life`, `in_use`, `accidents`, `hazards`.
    pub what: String,
    /// How many.
    pub total: Total,
    /// Address of the list.
    pub to: String,
}

/// The page of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgPage {
    /// The organisation.
    pub line: OrgLine,
    /// Figures, those only that the reader may read.
    pub counts: Vec<Count>,
    /// Its sites within sight that stand for a place.
    pub sites: Vec<SiteLine>,
    /// Devices at them.
    pub devices: Vec<DeviceLine>,
    /// Its people.
    pub people: Vec<PersonLine>,
    /// The server's day.
    pub today: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_holds_on_its_last_day() {
        let day = |t: &str| t.parse::<NaiveDate>().unwrap();
        let on = |until: &str| Licence::on(Some(day(until)), day("2026-11-21"));
        for (until, licence) in [
            ("2026-11-20", Licence::Expired),
            ("2026-11-21", Licence::Soon),
            ("2027-02-19", Licence::Soon),
            ("2027-02-20", Licence::Valid),
        ] {
            assert_eq!(on(until), licence, "{until}");
        }
        assert_eq!(Licence::on(None, day("2026-11-21")), Licence::None);
        assert!(FILTERS.iter().all(|f| !crate::list::RESERVED.contains(f)));
    }
}
