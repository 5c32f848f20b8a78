//! Column-mapping presets: for each table that is imported, its columns and the words that name them.

use super::{
    columns,
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
    /// 设备品种
    Equipment,
    /// 所在仓库
    Warehouse,
    /// 使用状态, 订单状态, 回收状态, 客户状态
    State,
    /// 客户编号, 订单编号, 回收记录编号, 编码
    Number,
    /// 客户名称
    Customer,
    /// 客户地址
    Address,
    /// 行政区域
    Region,
    /// 联系人
    Contact,
    /// 联系电话
    Phone,
    /// 客户类型
    CustomerKind,
    /// 需求总量, 回收总量, 数量
    Quantity,
    /// 派送总量
    Delivered,
    /// 派送员
    Deliverer,
    /// 备注
    Remark,
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

/// What becomes of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file a row.
    InUse,
    /// An event a row, all of one cylinder.
    History,
    /// A file a row, as an enterprise's own archive lists them.
    Archive,
    /// A customer a row.
    Customers,
    /// An order a row.
    Orders,
    /// A recovery slip a row.
    Recovery,
    /// A series of tags a row.
    Tags,
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

/// All presets.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "in-use",
        zh: "在用钢瓶分布表",
        en: "cylinders in use",
        kind: Kind::InUse,
        columns: columns::IN_USE,
        facts: None,
    },
    Preset {
        id: "history-431325",
        zh: "钢瓶历史跟踪 431325",
        en: "history of cylinder 431325",
        kind: Kind::History,
        columns: columns::HISTORY,
        facts: Some(Facts::OF_431325),
    },
    Preset {
        id: "history",
        zh: "钢瓶历史跟踪",
        en: "history of one cylinder",
        kind: Kind::History,
        columns: columns::HISTORY,
        facts: None,
    },
    Preset {
        id: "archive",
        zh: "气瓶信息档案",
        en: "an enterprise's archive of cylinders",
        kind: Kind::Archive,
        columns: columns::ARCHIVE,
        facts: None,
    },
    Preset {
        id: "customers",
        zh: "客户",
        en: "customers",
        kind: Kind::Customers,
        columns: columns::CUSTOMERS,
        facts: None,
    },
    Preset { id: "orders", zh: "订单", en: "orders", kind: Kind::Orders, columns: columns::ORDERS, facts: None },
    Preset {
        id: "recovery",
        zh: "回收记录",
        en: "recovery slips",
        kind: Kind::Recovery,
        columns: columns::RECOVERY,
        facts: None,
    },
    Preset {
        id: "tags", zh: "标签号段", en: "series of tags", kind: Kind::Tags, columns: columns::TAGS, facts: None
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
}

impl Mapping {
    /// The cell of a field, empty where there is none.
    #[must_use]
    pub fn get<'a>(&self, cells: &'a [String], field: Field) -> &'a str {
        self.columns.iter().find(|(f, _)| *f == field).and_then(|(_, i)| cells.get(*i)).map_or("", String::as_str)
    }

    /// Whether the preset takes the column.
    #[must_use]
    pub fn takes(&self, column: usize) -> bool {
        self.columns.iter().any(|(_, i)| *i == column)
    }

    /// Whether the table has the field.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|(f, _)| *f == field)
    }
}

impl Preset {
    /// Whether folded headers hold all that is required.
    fn holds(&self, heads: &[String]) -> bool {
        self.columns.iter().filter(|c| c.required).all(|c| c.names.iter().any(|n| heads.contains(&fold(n))))
    }

    /// For each of its columns the table's that it would take, and whether all that it requires is there.
    #[must_use]
    pub fn guess(&self, header: &[String]) -> (Vec<Option<u32>>, bool) {
        let heads: Vec<String> = header.iter().map(|h| fold(h)).collect();
        let mut used = HashSet::new();
        let mut find = |c: &Column| {
            let at = c.names.iter().find_map(|n| heads.iter().position(|h| *h == fold(n)));
            at.filter(|at| used.insert(*at)).and_then(|at| u32::try_from(at).ok())
        };
        let columns: Vec<Option<u32>> = self.columns.iter().map(&mut find).collect();
        let fits = self.columns.iter().zip(&columns).all(|(c, at)| !c.required || at.is_some());
        (columns, fits)
    }

    /// Names a table's columns as somebody chose them, one a column of the preset; every other column means nothing then.
    pub fn rename(&self, table: &mut Table, chosen: &[Option<u32>]) {
        if chosen.is_empty() {
            return;
        }
        let known: HashSet<String> = self.columns.iter().flat_map(|c| c.names).map(|n| fold(n)).collect();
        for (i, head) in table.header.iter_mut().enumerate() {
            let of = chosen.iter().position(|c| c.is_some_and(|c| c as usize == i));
            match of.and_then(|n| self.columns.get(n)).and_then(|c| c.names.first()) {
                Some(name) => *head = (*name).to_owned(),
                None if known.contains(&fold(head)) => head.push_str("(未选)"),
                None => {}
            }
        }
    }

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
            // Without a single known word the row may be somebody's data, and an error is no place for it.
            let known = vocabulary();
            let is_header = heads.iter().any(|h| known.contains(h));
            let seen = if is_header {
                table.header.iter().filter(|h| !h.is_empty()).map(|h| super::cells::quote(h)).collect()
            } else {
                Vec::new()
            };
            let fits = PRESETS.iter().filter(|p| p.holds(&heads)).map(|p| p.id).collect();
            return Err(Problem::MissingColumns { missing, seen, fits }.of(&table.name));
        }
        Ok(Mapping { columns })
    }
}
