//! The analyses there are, as values: what each is called and means, what it can be asked by, its columns.

use crate::outcome::Text;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// An analysis.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its word in addresses and exports.
    pub code: &'static str,
    /// What it is called.
    pub title: Text,
    /// What its figures mean.
    pub means: Text,
    /// Where it is asked for.
    pub source: &'static str,
    /// Whether it is judged at a day, or tells of the period that the day lies in.
    pub dated: bool,
    /// Whether it tells of a month, a quarter or a year.
    pub periodic: bool,
    /// Whether it is told apart by district or by organisation.
    pub by_unit: bool,
    /// Its columns; the first names the row.
    pub columns: &'static [Column],
    /// Columns that are drawn, one beside the other in the bar of a row. Counts of one kind.
    pub bars: &'static [&'static str],
    /// The column by which it is sorted unless asked otherwise, the greatest first; empty for the order of the record.
    pub order: &'static str,
    /// The column whose total stands for the analysis.
    pub main: &'static str,
}

/// A column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its word in the address.
    pub name: &'static str,
    /// Its heading, with the unit where it is no count of cylinders.
    pub title: Text,
}

const fn c(name: &'static str, zh: &'static str, en: &'static str) -> Column {
    Column { name, title: t(zh, en) }
}

const UNIT: Column = c("unit", "区县/单位", "District / unit");
const MONTH: Column = c("month", "月份", "Month");
const ON_FILE: Column = c("on_file", "在册(只)", "On file");

/// All of them, in the order of the overview.
pub static KINDS: [&Kind; 13] = [
    &DUE,
    &ABNORMAL,
    &PLACED,
    &AGES,
    &STORAGE,
    &USER_STORAGE,
    &CONDUCT,
    &COMPLETENESS,
    &RECOVERY,
    &OPENING,
    &TAG_ISSUE,
    &SALES,
    &STATISTICS,
];

/// The analysis of this word.
#[must_use]
pub fn kind(code: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|k| k.code == code)
}

impl Kind {
    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}

/// 待检、待报废
pub static DUE: Kind = Kind {
    code: "due",
    title: t("待检、待报废钢瓶", "Due for inspection or scrapping"),
    means: t(
        "在册钢瓶按判定日期推算:已过检、已超年限,以及 30、60、90 天内到期和到年限的数量(含起止当日)。",
        "Cylinders on file judged at the day: overdue, past their life, and those whose inspection or life ends within 30, 60 and 90 days, both days included.",
    ),
    source: "S0-20, S0-42",
    dated: true,
    periodic: false,
    by_unit: true,
    columns: &[
        UNIT,
        ON_FILE,
        c("overdue", "过检(只)", "Overdue"),
        c("past_life", "超年限(只)", "Past life"),
        c("due_30", "30 天内待检", "Due in 30 d"),
        c("due_60", "60 天内待检", "Due in 60 d"),
        c("due_90", "90 天内待检", "Due in 90 d"),
        c("life_30", "30 天内到年限", "Life ends in 30 d"),
        c("life_60", "60 天内到年限", "Life ends in 60 d"),
        c("life_90", "90 天内到年限", "Life ends in 90 d"),
    ],
    bars: &["overdue", "past_life"],
    order: "overdue",
    main: "overdue",
};

/// 异常钢瓶
pub static ABNORMAL: Kind = Kind {
    code: "abnormal",
    title: t("异常钢瓶", "Abnormal cylinders"),
    means: t(
        "今日档案按任一日期判定:正常、临检、过检、报废(超年限)、日期不明,五类之和为在册数量。已报废、已销毁的另列。",
        "Today's files judged at any day: normal, due soon, overdue, past their life, without dates; the five add up to those on file. Scrapped and destroyed ones stand apart.",
    ),
    source: "S0-43; TSG 23-2021",
    dated: true,
    periodic: false,
    by_unit: true,
    columns: &[
        UNIT,
        ON_FILE,
        c("normal", "正常(只)", "Normal"),
        c("due_soon", "临检(只)", "Due soon"),
        c("overdue", "过检(只)", "Overdue"),
        c("past_life", "报废(超年限,只)", "Past life"),
        c("undated", "日期不明(只)", "No dates"),
        c("scrapped", "已报废、已销毁(只)", "Scrapped"),
    ],
    bars: &["normal", "due_soon", "overdue", "past_life", "undated"],
    order: "on_file",
    main: "past_life",
};

/// 在用钢瓶分布
pub static PLACED: Kind = Kind {
    code: "placed",
    title: t("在用钢瓶分布", "Where cylinders are"),
    means: t(
        "在册钢瓶此刻所在:用户在用、空瓶在库、重瓶在库或在站、在途、送检维修或封存、丢失。按所属站点统计。",
        "Where the cylinders on file are now: with users, empty in stock, full in stock or at a station, on the road, away for inspection, repair or on hold, lost. By home station.",
    ),
    source: "S0-44",
    dated: false,
    periodic: false,
    by_unit: true,
    columns: &[
        UNIT,
        ON_FILE,
        c("in_use", "用户在用(只)", "In use"),
        c("empty", "空瓶(只)", "Empty"),
        c("full", "重瓶(只)", "Full"),
        c("on_road", "在途(只)", "On the road"),
        c("away", "送检、维修、封存(只)", "Away"),
        c("lost", "丢失(只)", "Lost"),
    ],
    bars: &["in_use", "empty", "full", "on_road", "away", "lost"],
    order: "in_use",
    main: "in_use",
};

/// 年限段
pub static AGES: Kind = Kind {
    code: "ages",
    title: t("年限段分布", "Ages"),
    means: t(
        "在册钢瓶按出厂年份至判定日期的年数分段;8 年和 12 年为液化石油气钢瓶的设计使用年限与延长上限。",
        "Cylinders on file by years from the year of manufacture to the day; 8 and 12 years are the life of an LPG cylinder and its longest extension.",
    ),
    source: "S0-20; TSG 23-2021",
    dated: true,
    periodic: false,
    by_unit: true,
    columns: &[
        UNIT,
        ON_FILE,
        c("band_0", "不满 4 年(只)", "Under 4 y"),
        c("band_1", "4–7 年(只)", "4–7 y"),
        c("band_2", "8–11 年(只)", "8–11 y"),
        c("band_3", "12–14 年(只)", "12–14 y"),
        c("band_4", "15 年及以上(只)", "15 y and over"),
        c("unknown", "年份不明(只)", "Year unknown"),
    ],
    bars: &["band_0", "band_1", "band_2", "band_3", "band_4", "unknown"],
    order: "on_file",
    main: "band_4",
};

/// 重瓶超量存放
pub static STORAGE: Kind = Kind {
    code: "storage",
    title: t("重瓶存放限量", "Storage of full cylinders"),
    means: t(
        "各站点现存重瓶的总容积与限量之比:80 % 黄色、95 % 橙色、超过 100 % 红色。用户处的存放另见「用户处存瓶」。",
        "The volume of full cylinders at each site against its limit: yellow from 80 %, orange from 95 %, red beyond 100 %. What stands at users is an analysis of its own.",
    ),
    source: "S0-46; GB 51142-2015",
    dated: false,
    periodic: false,
    by_unit: false,
    columns: &[
        c("unit", "站点", "Site"),
        c("class", "等级", "Class"),
        c("full", "重瓶容积(L)", "Full volume (L)"),
        c("limit", "限量(L)", "Limit (L)"),
        c("share", "占限量(%)", "Of the limit (%)"),
        c("level", "预警", "Warning"),
    ],
    bars: &["share"],
    order: "share",
    main: "full",
};

/// 用户处存瓶
pub static USER_STORAGE: Kind = Kind {
    code: "user-storage",
    title: t("用户处存瓶", "Cylinders at users"),
    means: t(
        "同一地址上各供应单位交付而未收回的钢瓶合并计算,按瓶的最大充装量与限量之比:80 % 黄色、95 % 橙色、超过 100 % 红色。地址取自客户档案,写法不同的同一门牌合并;没有对应客户或没有门牌号的列为「地址不明」,不作推断。列出占比最高的 200 个地址。",
        "Cylinders delivered and not returned, of all suppliers at one address together, by the most that they hold against the limit: yellow from 80 %, orange from 95 %, red beyond 100 %. Addresses are those of the customers' files, writings of one house are one; deliveries without such a customer or house are told as of an unknown address, and nothing is guessed. The 200 fullest addresses are told.",
    ),
    source: "S0-46; GB 51142-2015",
    dated: false,
    periodic: false,
    by_unit: false,
    columns: &[
        c("unit", "地址", "Address"),
        c("kind", "用户", "User"),
        c("suppliers", "供应单位(家)", "Suppliers"),
        c("pieces", "钢瓶(只)", "Cylinders"),
        c("mass", "最大充装量合计(kg)", "Most they hold (kg)"),
        c("limit", "限量(kg)", "Limit (kg)"),
        c("share", "占限量(%)", "Of the limit (%)"),
        c("level", "预警", "Warning"),
    ],
    bars: &["share"],
    order: "share",
    main: "pieces",
};

/// 异常充装行为
pub static CONDUCT: Kind = Kind {
    code: "conduct",
    title: t("异常充装与经营行为", "Filling and business conduct"),
    means: t(
        "期间内的充装、拦截、非法标签、超装欠装、未前检、链路断点,以及数据造假类告警(重量雷同、节拍异常、编造重量、净重账不符)。按发生站点统计,告警按产生日期统计。",
        "Fills of the period, refusals, illegal tags, over- and underfills, fills without a pre-check, breaks in chains, and alerts of made-up records (repeated weights, impossible pace, fabricated weights, weights that do not add up). By the site where it happened; alerts by the day they were raised.",
    ),
    source: "S0-38",
    dated: true,
    periodic: true,
    by_unit: true,
    columns: &[
        UNIT,
        c("fills", "充装(次)", "Fills"),
        c("net", "充装量(kg)", "Gas added (kg)"),
        c("refused", "拦截(次)", "Refused"),
        c("illegal_tags", "非法标签(次)", "Illegal tags"),
        c("overfill", "超装(次)", "Overfilled"),
        c("underfill", "欠装(次)", "Underfilled"),
        c("unchecked", "未前检(次)", "No pre-check"),
        c("breaks", "链路断点(次)", "Breaks"),
        c("made_up", "疑似造假告警(条)", "Alerts of made-up records"),
        c("alerts", "全部告警(条)", "All alerts"),
    ],
    bars: &["refused", "overfill", "underfill", "unchecked", "breaks"],
    order: "refused",
    main: "refused",
};

/// 数据完整性
pub static COMPLETENESS: Kind = Kind {
    code: "completeness",
    title: t("数据完整性", "Completeness of data"),
    means: t(
        "每单位每日(按年统计时每月):充装次数中资料齐全的比例。缺项指未前检、未经核验、标签不明、链路断点。没有充装的不列。",
        "Of each unit and day (of a year: each month), the share of fills of which nothing is missing: no pre-check, no authorisation, an unknown tag, a break in the chain. Where nothing was filled there is no row.",
    ),
    source: "S0-38",
    dated: true,
    periodic: true,
    by_unit: true,
    columns: &[
        UNIT,
        c("day", "日期(月份)", "Day (month)"),
        c("fills", "充装(次)", "Fills"),
        c("missing", "缺项(处)", "Missing"),
        c("share", "完整率(%)", "Complete (%)"),
    ],
    bars: &[],
    order: "",
    main: "share",
};

/// 钢瓶回收率
pub static RECOVERY: Kind = Kind {
    code: "recovery",
    title: t("钢瓶回收率", "Recovery rate"),
    means: t(
        "回收率 = 已回收 ÷ 已交付,按交付月份归集:某月交付的钢瓶此后收回了多少。按所属站点统计。",
        "Returned ÷ delivered, by the month of delivery: of what was delivered in a month, how much came back since. By home station.",
    ),
    source: "S0-35",
    dated: true,
    periodic: true,
    by_unit: true,
    columns: &[
        UNIT,
        MONTH,
        c("delivered", "交付(只)", "Delivered"),
        c("returned", "其中已回收(只)", "Returned"),
        c("share", "回收率(%)", "Rate (%)"),
    ],
    bars: &["returned"],
    order: "",
    main: "share",
};

/// 开户与实名进度
pub static OPENING: Kind = Kind {
    code: "opening",
    title: t("开户与实名进度", "Opening and real names"),
    means: t(
        "目标为登记用户数;开户指签订合同且至少绑定一只钢瓶,实名指身份已核验。尚无记录的以「—」表示,不是零。",
        "The target is the registered customers; opened means a contract with at least one cylinder bound to it, real name a verified identity. What is not recorded is shown as —, not as zero.",
    ),
    source: "S0-41, S0-45",
    dated: false,
    periodic: false,
    by_unit: false,
    columns: &[
        c("unit", "单位", "Organisation"),
        c("customers", "登记用户(户)", "Customers"),
        c("opened", "开户(户)", "Opened"),
        c("real_name", "实名(户)", "Real name"),
    ],
    bars: &["customers"],
    order: "customers",
    main: "customers",
};

/// 发卡率
pub static TAG_ISSUE: Kind = Kind {
    code: "tag-issue",
    title: t("标签发卡率", "Tag issue rate"),
    means: t(
        "发卡率 = 持有有效标签的在册钢瓶 ÷ 在册钢瓶(报废、销毁的不计)。发放数量取自标签号段。",
        "Cylinders on file that bear a valid tag ÷ cylinders on file; scrapped and destroyed ones do not count. Issued is taken from the series of tags.",
    ),
    source: "S1-04 (5.2.1.4)",
    dated: false,
    periodic: false,
    by_unit: false,
    columns: &[
        c("unit", "单位", "Organisation"),
        c("registered", "在册(只)", "On file"),
        c("bound", "有效标签(只)", "Tagged"),
        c("share", "发卡率(%)", "Rate (%)"),
        c("issued", "发放标签(枚)", "Tags issued"),
    ],
    bars: &["bound"],
    order: "registered",
    main: "share",
};

/// 销售汇总
pub static SALES: Kind = Kind {
    code: "sales",
    title: t("销售汇总", "Sales"),
    means: t(
        "期间内各单位订单数、订购与配送瓶数,按月汇总;订单未写明配送数的以「—」表示。",
        "Orders of the period by organisation and month, with cylinders ordered and delivered; — where no order says how many were delivered.",
    ),
    source: "S0-22",
    dated: true,
    periodic: true,
    by_unit: false,
    columns: &[
        c("unit", "单位", "Organisation"),
        MONTH,
        c("orders", "订单(单)", "Orders"),
        c("wanted", "订购(只)", "Ordered"),
        c("delivered", "配送(只)", "Delivered"),
    ],
    bars: &["wanted"],
    order: "",
    main: "orders",
};

/// 统计
pub static STATISTICS: Kind = Kind {
    code: "statistics",
    title: t("统计报表", "Statistics"),
    means: t(
        "判定日期所在的月、季或年,与上一期比较。",
        "The month, quarter or year that the day lies in, beside the one before.",
    ),
    source: "S0-47",
    dated: true,
    periodic: true,
    by_unit: false,
    columns: &[
        c("unit", "指标", "Measure"),
        c("value", "本期", "This period"),
        c("before", "上期", "Period before"),
        c("change", "增减", "Change"),
        c("share", "增减率(%)", "Change (%)"),
    ],
    bars: &[],
    order: "",
    main: "value",
};
