//! What of a cylinder's file can be put right: each field with its name, as text and back.

use crate::{date::PartialDate, ledger::File, life::Family, rules::MediumClass};
use serde::{Deserialize, Serialize};

/// Longest value of a text, characters.
const TEXT_MAX: usize = 60;
/// Largest of the numbers, in its unit.
const NUMBER_MAX: i64 = 100_000_000;

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $variant:ident = $zh:literal, $en:literal;)+) => {
        /// A field of a cylinder's file that a change can name. Its value is a text: a number in the unit of [`File`], a code, a
        /// date; empty where nothing is known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum FileField { $($(#[doc = $doc])* $variant,)+ }

        impl FileField {
            /// All of them, in the order of the form.
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

fields! {
    /// Owner, organisation id.
    Org = "产权单位", "owner";
    /// Home station, site id.
    Site = "所属站点", "home station";
    /// Medium code.
    Medium = "充装介质", "medium";
    /// Class of the medium: decides the interval of inspections.
    MediumClass = "介质类别", "class of medium";
    /// Model.
    Model = "规格", "model";
    /// How it is built: decides the interval of inspections.
    Family = "瓶类", "family";
    /// 钢印号
    StampNo = "钢印号", "stamped no.";
    /// 出厂编号
    SerialNo = "出厂编号", "serial no.";
    /// 制造单位
    Maker = "制造单位", "maker";
    /// 出厂日期
    Made = "出厂日期", "made";
    /// 上次检测
    Inspected = "上次检测", "last inspection";
    /// 下次检测 as printed
    NextPrinted = "检验标志上的下次检测", "next inspection as printed";
    /// 钢印自重, grams.
    TareG = "自重", "tare";
    /// 容积, millilitres.
    VolumeMl = "容积", "volume";
    /// 壁厚, micrometres.
    WallUm = "壁厚", "wall";
    /// 最大充装量, grams.
    MaxFillG = "最大充装量", "maximum fill";
    /// 阀类型
    Valve = "阀类型", "valve";
    /// 存疑: what was doubtful, one a line; it can only be settled.
    Doubts = "存疑", "doubts";
}

fn number(value: Option<i64>) -> String {
    value.map(|n| n.to_string()).unwrap_or_default()
}

fn date(value: Option<PartialDate>) -> String {
    value.map(|d| d.to_string()).unwrap_or_default()
}

/// A number, or nothing; the outer `None` for what is neither.
fn read_number(value: &str) -> Option<Option<i64>> {
    if value.is_empty() {
        return Some(None);
    }
    value.parse().ok().filter(|n| (1..=NUMBER_MAX).contains(n)).map(Some)
}

fn read_date(value: &str) -> Option<Option<PartialDate>> {
    if value.is_empty() { Some(None) } else { value.parse().ok().map(Some) }
}

fn read_id(value: &str) -> Option<i64> {
    value.parse().ok().filter(|n| *n > 0)
}

fn read_text(value: &str) -> Option<String> {
    let fits = value.chars().count() <= TEXT_MAX && !value.chars().any(char::is_control);
    fits.then(|| value.to_owned())
}

impl FileField {
    /// Its value in a file.
    #[must_use]
    pub fn read(self, f: &File) -> String {
        match self {
            Self::Org => f.org.to_string(),
            Self::Site => f.site.to_string(),
            Self::Medium => f.medium.clone(),
            Self::MediumClass => f.dates.medium_class.code().to_owned(),
            Self::Model => f.dates.model.clone(),
            Self::Family => f.dates.family.code().to_owned(),
            Self::StampNo => f.stamp_no.clone(),
            Self::SerialNo => f.serial_no.clone(),
            Self::Maker => f.maker.clone(),
            Self::Made => date(f.dates.made),
            Self::Inspected => date(f.dates.inspected),
            Self::NextPrinted => date(f.dates.next_printed),
            Self::TareG => number(f.tare_g),
            Self::VolumeMl => number(f.volume_ml),
            Self::WallUm => number(f.wall_um),
            Self::MaxFillG => number(f.max_fill_g),
            Self::Valve => f.valve.clone(),
            Self::Doubts => f.doubts.join("\n"),
        }
    }

    /// Writes a value into a file. `None`, and the file as it was, where the field cannot hold it.
    pub fn write(self, f: &mut File, value: &str) -> Option<()> {
        match self {
            Self::Org => f.org = read_id(value)?,
            Self::Site => f.site = read_id(value)?,
            Self::Medium => f.medium = read_text(value).filter(|m| !m.is_empty())?,
            // What is in no table counts as corrosive: here it must be one of them.
            Self::MediumClass => {
                f.dates.medium_class = Some(MediumClass::from_code(value)).filter(|c| c.code() == value)?;
            }
            Self::Model => f.dates.model = read_text(value)?,
            Self::Family => f.dates.family = Family::from_code(value)?,
            Self::StampNo => f.stamp_no = read_text(value)?,
            Self::SerialNo => f.serial_no = read_text(value)?,
            Self::Maker => f.maker = read_text(value)?,
            Self::Made => f.dates.made = read_date(value)?,
            Self::Inspected => f.dates.inspected = read_date(value)?,
            Self::NextPrinted => f.dates.next_printed = read_date(value)?,
            Self::TareG => f.tare_g = read_number(value)?,
            Self::VolumeMl => f.volume_ml = read_number(value)?,
            Self::WallUm => f.wall_um = read_number(value)?,
            Self::MaxFillG => f.max_fill_g = read_number(value)?,
            Self::Valve => f.valve = read_text(value)?,
            Self::Doubts if value.is_empty() => f.doubts = Vec::new(),
            Self::Doubts => return None,
        }
        Some(())
    }

    /// Whether it can hold a value.
    #[must_use]
    pub fn takes(self, value: &str) -> bool {
        let mut any = File::empty();
        self.write(&mut any, value).is_some()
    }

    /// A value for people, with its unit.
    #[must_use]
    pub fn shown(self, value: &str) -> String {
        let unit = match self {
            _ if value.is_empty() => return "—".into(),
            Self::TareG | Self::MaxFillG => "kg",
            Self::VolumeMl => "L",
            Self::WallUm => "mm",
            Self::Doubts => return value.replace('\n', "; "),
            _ => return value.to_owned(),
        };
        let Ok(n) = value.parse::<i64>() else { return value.to_owned() };
        let part = format!("{:03}", n.rem_euclid(1_000));
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        format!("{}{point}{part} {unit}", n.div_euclid(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_field_reads_back_what_was_written() {
        for (field, value) in [
            (FileField::Org, "7"),
            (FileField::Site, "8"),
            (FileField::Medium, "LPG"),
            (FileField::MediumClass, "inert"),
            (FileField::Model, "YSP35.5"),
            (FileField::StampNo, "B 1"),
            (FileField::SerialNo, ""),
            (FileField::Maker, "江苏民生"),
            (FileField::Made, "2024-05"),
            (FileField::Inspected, "2024-05-20"),
            (FileField::NextPrinted, ""),
            (FileField::TareG, "16400"),
            (FileField::VolumeMl, ""),
            (FileField::Doubts, ""),
        ] {
            assert!(field.takes(value), "{field:?} {value:?}");
        }
        for (field, value) in [
            (FileField::Org, "0"),
            (FileField::Site, ""),
            (FileField::Medium, ""),
            (FileField::MediumClass, "gas"),
            (FileField::Family, "tin"),
            (FileField::Made, "2024-13"),
            (FileField::TareG, "-4"),
            (FileField::TareG, "1e3"),
            (FileField::WallUm, "0"),
            (FileField::Maker, "a\u{0}"),
            (FileField::Doubts, "none"),
        ] {
            assert!(!field.takes(value), "{field:?} {value:?}");
        }
        assert_eq!(FileField::TareG.shown("16400"), "16.4 kg");
        assert_eq!((FileField::VolumeMl.shown("35000"), FileField::WallUm.shown("")), ("35 L".into(), "—".into()));
    }

    proptest! {
        #[test]
        fn what_a_field_takes_it_gives_back(text in ".{0,70}", at in 0..18_usize) {
            let field = FileField::ALL[at];
            let mut file = File::empty();
            let before = file.clone();
            match field.write(&mut file, &text) {
                Some(()) if field.read(&file) != text => {
                    // A number or a date may be written in other ways.
                    prop_assert!(field.takes(&field.read(&file)));
                }
                Some(()) => {}
                None => prop_assert_eq!(file, before),
            }
            let _ = field.shown(&text);
        }
    }
}
