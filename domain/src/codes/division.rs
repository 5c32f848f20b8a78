//! Administrative divisions: GB/T 2260 (6 digits), GB/T 10114 (9 and 12 digits).

use super::{CodeError, Kind, compact, text_code};

/// Code, Chinese, English and number plate character of the first level. A division that exists no more keeps its
/// province, so these two digits can be judged without a table of divisions.
const PROVINCES: [(&str, &str, &str, Option<char>); 34] = [
    ("11", "北京市", "Beijing", Some('京')),
    ("12", "天津市", "Tianjin", Some('津')),
    ("13", "河北省", "Hebei", Some('冀')),
    ("14", "山西省", "Shanxi", Some('晋')),
    ("15", "内蒙古自治区", "Inner Mongolia", Some('蒙')),
    ("21", "辽宁省", "Liaoning", Some('辽')),
    ("22", "吉林省", "Jilin", Some('吉')),
    ("23", "黑龙江省", "Heilongjiang", Some('黑')),
    ("31", "上海市", "Shanghai", Some('沪')),
    ("32", "江苏省", "Jiangsu", Some('苏')),
    ("33", "浙江省", "Zhejiang", Some('浙')),
    ("34", "安徽省", "Anhui", Some('皖')),
    ("35", "福建省", "Fujian", Some('闽')),
    ("36", "江西省", "Jiangxi", Some('赣')),
    ("37", "山东省", "Shandong", Some('鲁')),
    ("41", "河南省", "Henan", Some('豫')),
    ("42", "湖北省", "Hubei", Some('鄂')),
    ("43", "湖南省", "Hunan", Some('湘')),
    ("44", "广东省", "Guangdong", Some('粤')),
    ("45", "广西壮族自治区", "Guangxi", Some('桂')),
    ("46", "海南省", "Hainan", Some('琼')),
    ("50", "重庆市", "Chongqing", Some('渝')),
    ("51", "四川省", "Sichuan", Some('川')),
    ("52", "贵州省", "Guizhou", Some('贵')),
    ("53", "云南省", "Yunnan", Some('云')),
    ("54", "西藏自治区", "Tibet", Some('藏')),
    ("61", "陕西省", "Shaanxi", Some('陕')),
    ("62", "甘肃省", "Gansu", Some('甘')),
    ("63", "青海省", "Qinghai", Some('青')),
    ("64", "宁夏回族自治区", "Ningxia", Some('宁')),
    ("65", "新疆维吾尔自治区", "Xinjiang", Some('新')),
    ("71", "台湾省", "Taiwan", None),
    ("81", "香港特别行政区", "Hong Kong", None),
    ("82", "澳门特别行政区", "Macao", None),
];

/// Whether a code begins with a province's two digits.
pub(super) fn has_province(code: &str) -> bool {
    code.get(..2).is_some_and(|p| PROVINCES.iter().any(|r| r.0 == p))
}

/// The province whose number plates begin with a character, as two digits.
#[must_use]
pub fn province_of_plate(c: char) -> Option<&'static str> {
    PROVINCES.iter().find(|r| r.3 == Some(c)).map(|r| r.0)
}

/// How deep in the tree a division stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 省: 41.
    Province,
    /// 市: 4101.
    City,
    /// 县、区: 410105.
    County,
    /// 街道、乡镇: 410105001.
    Street,
    /// 社区、村: 410105001002.
    Village,
}

text_code! {
    /// A division's code: 6 digits (GB/T 2260), or 9 or 12 below the county (GB/T 10114). Whether it exists is for the
    /// table of divisions to say; here its form and its province are checked.
    Division
}

impl std::str::FromStr for Division {
    type Err = CodeError;

    /// Trailing groups of zeros below the county are dropped: `410105000000` is `410105`.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let t = compact(text);
        if !t.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::far(Kind::Division, "应为数字", "should be digits"));
        }
        let short = match t.len() {
            6 => t.as_str(),
            9 => t.strip_suffix("000").unwrap_or(&t),
            12 => t.strip_suffix("000000").or_else(|| t.strip_suffix("000")).unwrap_or(&t),
            _ => return Err(CodeError::far(Kind::Division, "应为 6、9 或 12 位", "should have 6, 9 or 12 digits")),
        };
        form(Kind::Division, short)?;
        Ok(Self(short.to_owned()))
    }
}

/// Checks province and shape of a code's first six digits, on behalf of a code that contains them.
pub(super) fn form(kind: Kind, code: &str) -> Result<(), CodeError> {
    let six = code.get(..6).unwrap_or(code);
    if !has_province(six) {
        let p = six.get(..2).unwrap_or(six);
        return Err(CodeError::content(
            kind,
            format!("行政区划 {six} 不存在：{p} 不是省级代码"),
            format!("there is no division {six}: {p} is no province"),
        ));
    }
    if six.get(2..4) == Some("00") && six.get(4..6) != Some("00") || six.get(2..6) == Some("0000") && code.len() > 6 {
        return Err(CodeError::content(
            kind,
            format!("行政区划 {six} 不存在：县级以下须有市级代码"),
            format!("there is no division {six}: below a county a city is needed"),
        ));
    }
    Ok(())
}

impl Division {
    /// From a code whose form has been checked.
    pub(super) fn first_six(code: &str) -> Option<Self> {
        code.get(..6).and_then(|c| c.parse().ok())
    }

    /// How deep it stands.
    #[must_use]
    pub fn level(&self) -> Level {
        match (self.0.len(), self.0.ends_with("0000"), self.0.ends_with("00")) {
            (6, true, _) => Level::Province,
            (6, _, true) => Level::City,
            (6, ..) => Level::County,
            (9, ..) => Level::Street,
            _ => Level::Village,
        }
    }

    /// The digits that every division inside begins with: `41` for a province, `4101` for a city.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let n = match self.level() {
            Level::Province => 2,
            Level::City => 4,
            _ => self.0.len(),
        };
        self.0.get(..n).unwrap_or(&self.0)
    }

    /// Whether another is this one or lies inside it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(self.prefix())
    }

    /// Its province, `410000`.
    #[must_use]
    pub fn province(&self) -> Self {
        Self(format!("{}0000", self.0.get(..2).unwrap_or_default()))
    }

    /// Its city, `410100`; `None` for a province.
    #[must_use]
    pub fn city(&self) -> Option<Self> {
        (self.level() > Level::Province).then(|| Self(format!("{}00", self.0.get(..4).unwrap_or_default())))
    }

    /// Its county or district, `410105`; `None` above one.
    #[must_use]
    pub fn county(&self) -> Option<Self> {
        (self.level() >= Level::County).then(|| Self(self.0.get(..6).unwrap_or_default().to_owned()))
    }

    /// Name of its province.
    #[must_use]
    pub fn province_name(&self) -> Option<crate::outcome::Text> {
        PROVINCES.iter().find(|r| self.0.starts_with(r.0)).map(|r| crate::outcome::Text { zh: r.1, en: r.2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(s: &str) -> Division {
        s.parse().unwrap_or_else(|e| panic!("{s}: {e}"))
    }

    #[test]
    fn the_tree() {
        let (henan, zhengzhou, jinshui, street, village) =
            (d("410000"), d("410100"), d("410105"), d("410105001"), d("410105001002"));
        let levels = [Level::Province, Level::City, Level::County, Level::Street, Level::Village];
        let all = [&henan, &zhengzhou, &jinshui, &street, &village];
        for (i, a) in all.iter().enumerate() {
            assert_eq!(a.level(), levels[i]);
            assert_eq!(a.province(), henan);
            for (j, b) in all.iter().enumerate() {
                assert_eq!(a.contains(b), i <= j, "{a} {b}");
            }
        }
        assert_eq!((henan.city(), zhengzhou.city(), village.city()), (None, Some(zhengzhou.clone()), Some(zhengzhou)));
        assert_eq!((henan.county(), street.county()), (None, Some(jinshui)));
        assert_eq!(henan.province_name().unwrap().zh, "河南省");
        // Codes of the sources, a functional zone and a county under the province among them.
        for s in ["410171", "130205", "341322", "370503", "500101", "110000", "419001"] {
            assert_eq!(d(s).as_str(), s);
        }
        assert!(!d("410100").contains(&d("410200")) && !d("130000").contains(&d("410105")));
    }

    #[test]
    fn one_place_has_one_code() {
        for (given, want) in [
            ("410105000000", "410105"),
            ("410105000", "410105"),
            ("410105001000", "410105001"),
            ("４１０１０５", "410105"),
            ("41 01 05", "410105"),
        ] {
            assert_eq!(d(given).as_str(), want);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let says = |s: &str| s.parse::<Division>().unwrap_err().says;
        assert_eq!(says("999999").zh, "行政区划 999999 不存在：99 不是省级代码");
        assert_eq!(says("999999").en, "there is no division 999999: 99 is no province");
        assert!(says("410005").zh.contains("市级"));
        assert!("410000001".parse::<Division>().is_err(), "a street needs a county");
        assert!("4101".parse::<Division>().is_err() && "41010A".parse::<Division>().is_err());
    }

    #[test]
    fn plates_have_provinces() {
        assert_eq!((province_of_plate('豫'), province_of_plate('台')), (Some("41"), None));
        assert_eq!(PROVINCES.iter().filter(|r| r.3.is_some()).count(), 31);
    }

    proptest! {
        #[test]
        fn a_parent_contains_its_child(s in "(41|13|50)[0-9]{4}") {
            if let Ok(d) = s.parse::<Division>() {
                prop_assert!(d.province().contains(&d));
                prop_assert!(d.city().is_none_or(|c| c.contains(&d)));
                prop_assert!(d.county().is_none_or(|c| c == d));
            }
        }
    }
}
