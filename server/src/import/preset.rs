//! Column-mapping presets: for each table that is imported, its columns and the words that name them.

use super::{
    error::{ImportError, Problem},
    history::Facts,
    read::Table,
};
use std::collections::HashSet;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// 电子标签号
    Tag,
    /// 气瓶钢印号
    StampNo,
    /// 气瓶出厂号
    SerialNo,
    /// 充装介质
    Medium,
    /// 气瓶规格
    Spec,
    /// 生产厂家
    Maker,
    /// 出厂日期
    Made,
    /// 上次检测日期
    Inspected,
    /// 下次检测日期
    Next,
    /// 已检次数
    Inspections,
    /// 报废日期
    Scrap,
    /// 阀类型
    Valve,
    /// 异常原因
    Reason,
    /// 日期时间
    At,
    /// 操作类型
    Kind,
    /// 操作人
    Operator,
    /// 操作地点
    Place,
    /// 目标地点
    Target,
    /// 自重(KG), as measured
    Tare,
    /// 总重(KG)
    Gross,
}

/// A column of a preset.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What it holds.
    pub field: Field,
    /// Whether a table without it is refused.
    pub required: bool,
    /// The words that name it, the usual one first; misreadings of scans stand among them.
    pub names: &'static [&'static str],
}

const fn must(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, required: true, names }
}

const fn may(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, required: false, names }
}

/// What becomes of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file a row.
    InUse,
    /// An event a row, all of one cylinder.
    History,
}

/// A preset.
#[derive(Clone, Debug)]
pub struct Preset {
    /// Its name on the command line.
    pub id: &'static str,
    /// Chinese name of the table.
    pub zh: &'static str,
    /// English name of the table.
    pub en: &'static str,
    /// What becomes of the rows.
    pub kind: Kind,
    /// Columns.
    pub columns: &'static [Column],
    /// The cylinder, where the table is of a known one.
    pub facts: Option<Facts>,
}

const IN_USE: &[Column] = &[
    must(
        Field::Tag,
        &[
            "电子标签号",
            "电子标签",
            "标签号",
            "电子标簽号",
            "电子标签码",
            "电子标识号",
            "rfid",
            "rfid no",
            "rfid id",
            "tag",
            "tag no",
        ],
    ),
    must(
        Field::StampNo,
        &["气瓶钢印号", "钢印号", "钢印编号", "气瓶钢卬号", "气瓶钢印编号", "stamp", "stamp no", "stamped number"],
    ),
    must(Field::Medium, &["充装介质", "介质", "充装气体", "充装介貭", "气体种类", "medium", "gas"]),
    must(
        Field::Made,
        &["出厂日期", "制造日期", "制造年月", "生产日期", "出厂曰期", "manufacture date", "made", "made on"],
    ),
    may(
        Field::SerialNo,
        &["气瓶出厂号", "出厂号", "出厂编号", "气瓶出厂编号", "气瓶岀厂号", "serial no", "serial number", "serial"],
    ),
    may(Field::Spec, &["气瓶规格", "规格", "瓶型", "气瓶型号", "规格型号", "气瓶规洛", "spec", "size", "model"]),
    may(Field::Maker, &["生产厂家", "制造单位", "制造厂", "生产单位", "生产厂冢", "maker", "manufacturer"]),
    may(
        Field::Inspected,
        &[
            "上次检测日期",
            "上次检验日期",
            "上次检验",
            "上检日期",
            "检验日期",
            "上次检测曰期",
            "last inspection",
            "inspected",
        ],
    ),
    may(
        Field::Next,
        &["下次检测日期", "下次检验日期", "下次检验", "下检日期", "下次检测曰期", "next inspection", "due"],
    ),
    may(Field::Inspections, &["已检次数", "检验次数", "已检测次数", "inspections"]),
    may(Field::Scrap, &["报废日期", "报废期", "报废曰期", "报废年月", "scrap date", "end of life"]),
    may(Field::Valve, &["阀类型", "阀门类型", "瓶阀类型", "阀类塑", "valve", "valve type"]),
    may(Field::Reason, &["异常原因", "异常", "异常原囚", "anomaly", "reason"]),
];

const HISTORY: &[Column] = &[
    must(Field::At, &["日期时间", "操作时间", "时间", "曰期时间", "日期时问", "time", "date time", "datetime"]),
    must(Field::Kind, &["操作类型", "类型", "操作", "操作类塑", "operation", "type"]),
    may(Field::Operator, &["操作人", "操作员", "操作人员", "operator"]),
    may(Field::Place, &["操作地点", "地点", "操作地占", "place", "location"]),
    may(Field::Target, &["目标地点", "目的地点", "目的地", "目标地占", "target", "destination"]),
    may(Field::Tare, &["自重(kg)", "自重(ng)", "自重", "空瓶重", "自重kg", "tare", "tare kg", "tare (kg)"]),
    may(Field::Gross, &["总重(kg)", "总重(ng)", "总重", "毛重", "总重kg", "gross", "gross kg", "gross (kg)"]),
];

/// All presets.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "in-use",
        zh: "在用钢瓶分布表",
        en: "cylinders in use",
        kind: Kind::InUse,
        columns: IN_USE,
        facts: None,
    },
    Preset {
        id: "history-431325",
        zh: "钢瓶历史跟踪 431325",
        en: "history of cylinder 431325",
        kind: Kind::History,
        columns: HISTORY,
        facts: Some(Facts::OF_431325),
    },
    Preset {
        id: "history",
        zh: "钢瓶历史跟踪",
        en: "history of one cylinder",
        kind: Kind::History,
        columns: HISTORY,
        facts: None,
    },
];

/// The preset of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.id == id)
}

/// A header word in the form in which it is compared: half-width, lower case, without blanks, brackets and signs.
pub(super) fn fold(word: &str) -> String {
    domain::codes::half_width(word).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// All words that name a column anywhere, folded.
pub(super) fn vocabulary() -> HashSet<String> {
    PRESETS.iter().flat_map(|p| p.columns).flat_map(|c| c.names).map(|n| fold(n)).collect()
}

/// Which column of a table holds which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    columns: Vec<(Field, usize)>,
    /// Headers that the preset does not take, and second columns of a field.
    pub unmapped: Vec<String>,
}

impl Mapping {
    /// The cell of a field, empty where there is none.
    #[must_use]
    pub fn get<'a>(&self, cells: &'a [String], field: Field) -> &'a str {
        self.columns.iter().find(|(f, _)| *f == field).and_then(|(_, i)| cells.get(*i)).map_or("", String::as_str)
    }

    /// Whether the table has the field.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|(f, _)| *f == field)
    }
}

impl Preset {
    /// Finds the columns.
    ///
    /// # Errors
    /// When required columns are missing: names them and the headers seen.
    pub fn map(&self, table: &Table) -> Result<Mapping, ImportError> {
        let heads: Vec<String> = table.header.iter().map(|h| fold(h)).collect();
        let mut columns = Vec::new();
        let mut missing = Vec::new();
        for c in self.columns {
            // The usual name wins over an alias, wherever the two stand.
            let at = c.names.iter().find_map(|n| heads.iter().position(|h| *h == fold(n)));
            match at.filter(|at| !columns.iter().any(|(_, used)| used == at)) {
                Some(at) => columns.push((c.field, at)),
                None if c.required => missing.extend(c.names.first().map(|n| (*n).to_owned())),
                None => {}
            }
        }
        if !missing.is_empty() {
            let seen = table.header.iter().filter(|h| !h.is_empty()).cloned().collect();
            return Err(Problem::MissingColumns { missing, seen }.of(&table.name));
        }
        let unmapped = table
            .header
            .iter()
            .enumerate()
            .filter(|(i, h)| !h.is_empty() && !columns.iter().any(|(_, used)| used == i))
            .map(|(_, h)| h.clone())
            .collect();
        Ok(Mapping { columns, unmapped })
    }
}
