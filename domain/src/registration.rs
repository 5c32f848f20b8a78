//! Registering a cylinder by hand: what the form must hold, and the file it becomes.

use crate::{
    codes,
    date::PartialDate,
    form::{Fault, Reader, Values},
    ledger::{Build, File, FileState},
    life::{Dates, Family},
    rules::MediumClass,
};
use chrono::NaiveDate;

/// Names of the fields, in the order of the form.
pub const FIELDS: [&str; 12] = [
    "tag",
    "site",
    "medium",
    "model",
    "stamp_no",
    "serial_no",
    "maker",
    "made",
    "inspected",
    "next_printed",
    "tare_kg",
    "valve",
];

/// What was entered, checked as far as it can be without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// 标签号, normalised.
    pub tag: String,
    /// Home station.
    pub site: i64,
    /// Medium code.
    pub medium: String,
    /// 规格
    pub model: String,
    /// 钢印号
    pub stamp_no: String,
    /// 出厂编号
    pub serial_no: String,
    /// 制造单位
    pub maker: String,
    /// 出厂日期
    pub made: Option<PartialDate>,
    /// 上次检测
    pub inspected: Option<PartialDate>,
    /// 下次检测 as printed
    pub next_printed: Option<PartialDate>,
    /// 自重, grams.
    pub tare_g: Option<i64>,
    /// 阀类型
    pub valve: String,
}

/// What the record knows of a station, a model and a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The station's organisation.
    pub org: i64,
    /// How the model is built.
    pub family: Family,
    /// Its volume, millilitres.
    pub volume_ml: Option<i64>,
    /// Its wall, micrometres.
    pub wall_um: Option<i64>,
    /// Its maximum fill, grams.
    pub max_fill_g: Option<i64>,
    /// Class of the medium.
    pub class: MediumClass,
}

/// Reads the form as of a day.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, today: NaiveDate) -> Result<Registration, Vec<Fault>> {
    let mut r = Reader::new(values);
    let typed = r.needed("tag", 32);
    let tag = codes::tag(typed).unwrap_or_default();
    if tag.is_empty() && !typed.is_empty() {
        r.fault("tag", "标签号只含字母、数字和 - _ .", "a tag holds letters, digits and - _ . only");
    }
    let site = r.id("site");
    let medium = r.needed("medium", 20).to_owned();
    let model = r.needed("model", 40).to_owned();
    let stamp_no = r.needed("stamp_no", 40).to_owned();
    let serial_no = r.text("serial_no", 40).to_owned();
    let maker = r.needed("maker", 60).to_owned();
    if r.text("made", 20).is_empty() {
        r.fault("made", "请填写此项", "fill this in");
    }
    let made = r.date("made", None, Some(today));
    let inspected = r.date("inspected", made, Some(today));
    let next_printed = r.date("next_printed", inspected.or(made), None);
    let tare_g = r.thousandths("tare_kg", 1_000, 500_000);
    let valve = r.text("valve", 40).to_owned();
    r.done()?;
    Ok(Registration {
        tag,
        site,
        medium,
        model,
        stamp_no,
        serial_no,
        maker,
        made,
        inspected,
        next_printed,
        tare_g,
        valve,
    })
}

impl Registration {
    /// The file: registered, as the office enters what it has seen.
    #[must_use]
    pub fn file(self, known: Known) -> File {
        File {
            org: known.org,
            site: self.site,
            tag: self.tag,
            stamp_no: self.stamp_no,
            serial_no: self.serial_no,
            maker: self.maker,
            medium: self.medium,
            dates: Dates {
                family: known.family,
                model: self.model,
                medium_class: known.class,
                made: self.made,
                inspected: self.inspected,
                next_printed: self.next_printed,
                scrap_recorded: None,
                assessed: false,
                inspections: 0,
            },
            tare_g: self.tare_g,
            volume_ml: known.volume_ml,
            wall_um: known.wall_um,
            max_fill_g: known.max_fill_g,
            valve: self.valve,
            inspections: 0,
            doubts: Vec::new(),
            state: FileState::Registered,
            build: Build::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Values {
        let pairs = [
            ("tag", " 4904 410522 "),
            ("site", "3"),
            ("medium", "LPG"),
            ("model", "YSP35.5"),
            ("stamp_no", "B017-1"),
            ("maker", "江苏民生"),
            ("made", "2024-05"),
            ("inspected", "2024-05"),
            ("next_printed", "2028-05"),
            ("tare_kg", "16.4"),
        ];
        pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).into()
    }

    fn faults(changes: &[(&str, &str)]) -> Vec<String> {
        let mut values = good();
        values.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let today = "2026-11-21".parse().unwrap();
        read(&values, today).err().unwrap_or_default().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn what_is_entered_becomes_a_file() {
        let r = read(&good(), "2026-11-21".parse().unwrap()).unwrap();
        let known = Known {
            org: 7,
            family: Family::LpgWelded,
            volume_ml: Some(35_500),
            wall_um: None,
            max_fill_g: Some(14_900),
            class: MediumClass::Other,
        };
        let f = r.file(known);
        assert_eq!((f.tag.as_str(), f.org, f.site, f.tare_g), ("4904410522", 7, 3, Some(16_400)));
        assert_eq!((f.state, f.dates.made), (FileState::Registered, "2024-05".parse().ok()));
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        assert_eq!(faults(&[]), [""; 0]);
        for (field, value) in [
            ("tag", ""),
            ("tag", "瓶"),
            ("tag", "1/2"),
            ("site", "x"),
            ("site", "-3"),
            ("medium", ""),
            ("stamp_no", "  "),
            ("made", ""),
            ("made", "2021-13"),
            ("made", "2026-12"),
            ("inspected", "2023-01"),
            ("inspected", "2027-01"),
            ("next_printed", "2020-01"),
            ("tare_kg", "heavy"),
            ("tare_kg", "0.5"),
            ("valve", "a\u{1}b"),
        ] {
            assert_eq!(faults(&[(field, value)]), [field], "{field} = {value:?}");
        }
        // All of them at once, in the order of the form.
        let empty = read(&Values::new(), "2026-11-21".parse().unwrap()).unwrap_err();
        let named: Vec<&str> = empty.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(named, ["tag", "site", "medium", "model", "stamp_no", "maker", "made"]);
    }
}
