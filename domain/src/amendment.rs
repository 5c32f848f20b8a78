//! A file is put right by hand: what the form must hold, and what it changes.

use crate::{
    event::{Amend, FileChange, FileField, content_hash},
    form::{Fault, Reader, Values},
    ledger::File,
    registration::Known,
};
use chrono::NaiveDate;

/// Names of the fields, in the order of the form.
pub const FIELDS: [&str; 17] = [
    "cylinder",
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
    "volume_l",
    "valve",
    "doubts",
    "reason",
    "evidence",
    "seen",
];

/// What was entered, checked as far as it can be without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// A tag that leads to the cylinder, or its stamped number.
    pub cylinder: String,
    /// Home station.
    pub site: i64,
    /// Medium code.
    pub medium: String,
    /// Model.
    pub model: String,
    /// The fields that depend on nothing else, as a file holds them.
    plain: Vec<(FileField, String)>,
    /// 容积, millilitres; empty where it is not known.
    volume: String,
    /// The doubts are settled.
    settled: bool,
    /// Why.
    pub reason: String,
    /// What proves it.
    pub evidence: String,
    /// [`seen`] of the file that the form was filled from.
    pub seen: String,
}

/// What a file is known by: a form that was filled from another is out of date.
#[must_use]
pub fn seen(file: &File) -> String {
    content_hash(file).chars().take(16).collect()
}

/// The form's fields as the file has them.
#[must_use]
pub fn values(cylinder: &str, f: &File) -> Values {
    let decimal = |field: FileField| {
        let shown = field.shown(&field.read(f));
        shown.split(' ').next().filter(|n| *n != "—").unwrap_or_default().to_owned()
    };
    let text = |field: FileField| field.read(f);
    [
        ("cylinder", cylinder.to_owned()),
        ("site", text(FileField::Site)),
        ("medium", text(FileField::Medium)),
        ("model", text(FileField::Model)),
        ("stamp_no", text(FileField::StampNo)),
        ("serial_no", text(FileField::SerialNo)),
        ("maker", text(FileField::Maker)),
        ("made", text(FileField::Made)),
        ("inspected", text(FileField::Inspected)),
        ("next_printed", text(FileField::NextPrinted)),
        ("tare_kg", decimal(FileField::TareG)),
        ("volume_l", decimal(FileField::VolumeMl)),
        ("valve", text(FileField::Valve)),
        ("doubts", if f.doubts.is_empty() { String::new() } else { "keep".into() }),
        ("seen", seen(f)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Reads the form as of a day. What the file never held may stay empty: a file that an import brought is not to be refused a
/// correction of one field because another is not known.
///
/// # Errors
/// Everything that is wrong, field by field.
pub fn read(values: &Values, today: NaiveDate) -> Result<Amendment, Vec<Fault>> {
    let mut r = Reader::new(values);
    let cylinder = r.needed("cylinder", 64).to_owned();
    let site = r.id("site");
    let medium = r.needed("medium", 20).to_owned();
    let model = r.text("model", 40).to_owned();
    let stamp = r.text("stamp_no", 40).to_owned();
    let serial = r.text("serial_no", 40).to_owned();
    let maker = r.text("maker", 60).to_owned();
    let made = r.date("made", None, Some(today));
    let inspected = r.date("inspected", made, Some(today));
    let next = r.date("next_printed", inspected.or(made), None);
    let tare = r.thousandths("tare_kg", 1_000, 500_000);
    let volume = r.thousandths("volume_l", 100, 3_000_000);
    let valve = r.text("valve", 40).to_owned();
    let doubts = r.text("doubts", 16);
    if !matches!(doubts, "" | "keep" | "settled") {
        r.fault("doubts", "请从列表中选择", "choose one of the list");
    }
    let reason = r.needed("reason", 200).to_owned();
    let evidence = r.text("evidence", 128).to_owned();
    let seen = r.text("seen", 64).to_owned();
    r.done()?;
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let date = |d: Option<crate::date::PartialDate>| d.map(|d| d.to_string()).unwrap_or_default();
    Ok(Amendment {
        cylinder,
        site,
        medium,
        model,
        plain: vec![
            (FileField::StampNo, stamp),
            (FileField::SerialNo, serial),
            (FileField::Maker, maker),
            (FileField::Made, date(made)),
            (FileField::Inspected, date(inspected)),
            (FileField::NextPrinted, date(next)),
            (FileField::TareG, number(tare)),
            (FileField::Valve, valve),
        ],
        volume: number(volume),
        settled: doubts == "settled",
        reason,
        evidence,
        seen,
    })
}

/// The field of the form that enters a field of a file.
const fn entered_by(field: FileField) -> &'static str {
    match field {
        FileField::StampNo => "stamp_no",
        FileField::SerialNo => "serial_no",
        FileField::Maker => "maker",
        FileField::Made => "made",
        FileField::Inspected => "inspected",
        FileField::NextPrinted => "next_printed",
        FileField::TareG => "tare_kg",
        FileField::VolumeMl => "volume_l",
        FileField::Valve => "valve",
        FileField::Doubts => "doubts",
        FileField::Medium | FileField::MediumClass => "medium",
        FileField::Model | FileField::Family | FileField::WallUm | FileField::MaxFillG => "model",
        FileField::Org | FileField::Site => "site",
    }
}

impl Amendment {
    /// What it changes in a file. `known` is what the record knows of the station, the model and the medium, as far as each is
    /// another than in the file; another model brings its own build, volume, wall and fill.
    ///
    /// # Errors
    /// What cannot be: a file that was changed since the form was filled, a name that is taken away, nothing that changes.
    pub fn changes(&self, file: &File, known: &Known) -> Result<Amend, Vec<Fault>> {
        let fault =
            |field: &str, zh: &str, en: &str| Err(vec![Fault { field: field.into(), zh: zh.into(), en: en.into() }]);
        if self.seen != seen(file) {
            return fault(
                "cylinder",
                "档案已被他人变更,请重新打开后再改",
                "the file was changed meanwhile: open it again and compare",
            );
        }
        let mut new = file.clone();
        if self.site != file.site {
            (new.site, new.org) = (self.site, known.org);
        }
        if self.medium != file.medium {
            (new.medium, new.dates.medium_class) = (self.medium.clone(), known.class);
        }
        if self.model != file.dates.model {
            new.dates.model.clone_from(&self.model);
            new.dates.family = known.family;
            (new.volume_ml, new.wall_um, new.max_fill_g) = (known.volume_ml, known.wall_um, known.max_fill_g);
        }
        let volume_entered = self.volume != FileField::VolumeMl.read(file);
        let volume = volume_entered.then(|| (FileField::VolumeMl, self.volume.clone()));
        let doubts = (self.settled && !file.doubts.is_empty()).then(|| (FileField::Doubts, String::new()));
        for (field, value) in self.plain.iter().cloned().chain(volume).chain(doubts) {
            if field.write(&mut new, &value).is_none() {
                return fault(entered_by(field), "无法识别,请核对", "cannot be read: check it");
            }
        }
        let changes: Vec<FileChange> = FileField::ALL
            .iter()
            .map(|f| FileChange { field: *f, old: f.read(file), new: f.read(&new) })
            .filter(|c| c.old != c.new)
            .collect();
        // What names a cylinder, and what its life is counted from, is put right but never taken away.
        let kept = [FileField::StampNo, FileField::Maker, FileField::Made, FileField::Model];
        if let Some(c) = changes.iter().find(|c| c.new.is_empty() && kept.contains(&c.field)) {
            return fault(entered_by(c.field), "不能清空,只能改正", "can be put right, but not be emptied");
        }
        if changes.is_empty() {
            return fault("cylinder", "没有任何改动", "nothing was changed");
        }
        Ok(Amend { changes, reason: self.reason.clone(), evidence: self.evidence.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{life::Family, rules::MediumClass};

    fn file() -> File {
        let mut f = File::empty();
        (f.org, f.site, f.tag, f.medium) = (7, 3, "T1".into(), "LPG".into());
        f.dates.model = "YSP35.5".into();
        (f.stamp_no, f.tare_g, f.volume_ml) = ("B-1".into(), Some(16_400), Some(35_500));
        f.dates.made = "2024-05".parse().ok();
        f.doubts = vec!["自重存疑".into()];
        f
    }

    const KNOWN: Known = Known {
        org: 8,
        family: Family::LpgWelded,
        volume_ml: Some(118_000),
        wall_um: None,
        max_fill_g: Some(49_500),
        class: MediumClass::Inert,
    };

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    fn amend(changes: &[(&str, &str)]) -> Result<Vec<(FileField, String, String)>, Vec<String>> {
        let mut v = values("T1", &file());
        v.insert("reason".into(), "抄错".into());
        v.extend(changes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let fields = |all: Vec<Fault>| all.into_iter().map(|f| f.field).collect::<Vec<_>>();
        let a = read(&v, today()).map_err(fields)?;
        let a = a.changes(&file(), &KNOWN).map_err(fields)?;
        Ok(a.changes.into_iter().map(|c| (c.field, c.old, c.new)).collect())
    }

    fn one(field: FileField, old: &str, new: &str) -> (FileField, String, String) {
        (field, old.into(), new.into())
    }

    #[test]
    fn what_was_changed_is_named_and_nothing_else() {
        use FileField as F;
        assert_eq!(amend(&[]), Err(vec!["cylinder".to_owned()]), "nothing changed");
        assert_eq!(amend(&[("maker", "江苏民生")]), Ok(vec![one(F::Maker, "", "江苏民生")]));
        assert_eq!(amend(&[("tare_kg", "16.5")]), Ok(vec![one(F::TareG, "16400", "16500")]));
        assert_eq!(amend(&[("tare_kg", "16.400")]), Err(vec!["cylinder".to_owned()]), "the same weight");
        assert_eq!(amend(&[("serial_no", " X 9 ")]), Ok(vec![one(F::SerialNo, "", "X 9")]));
        assert_eq!(amend(&[("doubts", "settled")]), Ok(vec![one(F::Doubts, "自重存疑", "")]));
        // Another station is another owner's, another medium another class, another model another body.
        assert_eq!(amend(&[("site", "4")]), Ok(vec![one(F::Org, "7", "8"), one(F::Site, "3", "4")]));
        assert_eq!(
            amend(&[("medium", "N2")]),
            Ok(vec![one(F::Medium, "LPG", "N2"), one(F::MediumClass, "other", "inert")])
        );
        assert_eq!(
            amend(&[("model", "YSP118")]),
            Ok(vec![
                one(F::Model, "YSP35.5", "YSP118"),
                one(F::VolumeMl, "35500", "118000"),
                one(F::MaxFillG, "", "49500")
            ])
        );
        // A volume that is entered beside it stands.
        let both = amend(&[("model", "YSP118"), ("volume_l", "117.5")]).unwrap();
        assert_eq!(both[1], one(F::VolumeMl, "35500", "117500"));
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        for (field, value) in [
            ("cylinder", ""),
            ("site", "x"),
            ("medium", ""),
            ("made", "2024-13"),
            ("made", "2027-01"),
            ("made", ""),
            ("stamp_no", ""),
            ("model", ""),
            ("inspected", "2023-01"),
            ("tare_kg", "heavy"),
            ("volume_l", "-1"),
            ("doubts", "gone"),
            ("reason", " "),
            ("maker", "a\u{0}"),
        ] {
            assert_eq!(amend(&[(field, value)]), Err(vec![field.to_owned()]), "{field} = {value:?}");
        }
        assert_eq!(amend(&[("seen", "another"), ("maker", "a")]), Err(vec!["cylinder".to_owned()]));
        let empty: Vec<String> = read(&Values::new(), today()).unwrap_err().into_iter().map(|f| f.field).collect();
        assert_eq!(empty, ["cylinder", "site", "medium", "reason"]);
    }

    #[test]
    fn the_form_is_filled_from_the_file() {
        let v = values("T1", &file());
        assert!(v.keys().all(|name| FIELDS.contains(&name.as_str())));
        assert_eq!((v["tare_kg"].as_str(), v["volume_l"].as_str(), v["made"].as_str()), ("16.4", "35.5", "2024-05"));
    }
}
