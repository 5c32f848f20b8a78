//! Why a file or a table cannot be read at all. Rows that cannot be taken are no error: they are quarantined.

use std::fmt;

/// A file that cannot be imported: which one, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ImportError {
    /// The file.
    pub name: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing in it.
    Empty,
    /// A header, or not even that, and no rows below.
    NoRows,
    /// Not a table of a kind that is read: what it looks like, Chinese and English.
    NotATable(&'static str, &'static str),
    /// Text in none of the encodings.
    Encoding,
    /// A quoted cell that is never closed.
    OpenQuote {
        /// Line on which its record begins.
        line: u64,
    },
    /// A workbook that does not open or does not parse.
    Workbook(String),
    /// Larger than a limit.
    Limit {
        /// Which limit, Chinese.
        zh: &'static str,
        /// Which limit, English.
        en: &'static str,
        /// The limit.
        max: u64,
        /// What was found; 0 where counting stopped at the limit.
        found: u64,
        /// Line or row, where one is known.
        line: Option<u64>,
    },
    /// Columns that the preset needs and the header does not hold.
    MissingColumns {
        /// Their names.
        missing: Vec<String>,
        /// The headers seen; none where no word of the first row names a column.
        seen: Vec<String>,
        /// Presets whose columns are all there.
        fits: Vec<&'static str>,
    },
    /// The preset needs facts that were not given.
    MissingFacts(&'static str),
}

impl Problem {
    /// The error of a file of this name.
    #[must_use]
    pub fn of(self, name: &str) -> ImportError {
        ImportError { name: domain::clock::clip(name), problem: self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("文件为空 (the file is empty)"),
            Self::NoRows => f.write_str("表头以下没有数据行 (no rows below the header)"),
            Self::NotATable(zh, en) => write!(f, "{zh} ({en})"),
            Self::Encoding => f.write_str(
                "无法识别文字编码：不是 UTF-8、GB18030/GBK 或带 BOM 的 UTF-16 \
                 (unknown encoding: neither UTF-8, GB18030/GBK nor UTF-16 with a BOM)",
            ),
            Self::OpenQuote { line } => {
                write!(f, "第 {line} 行的引号未闭合 (a quote opened on line {line} is never closed)")
            }
            Self::Workbook(why) => write!(f, "工作簿无法读取 (the workbook cannot be read): {why}"),
            Self::Limit { zh, en, max, found, line } => {
                let (at_zh, at_en) =
                    line.map_or_else(Default::default, |l| (format!("第 {l} 行"), format!(" on line {l}")));
                let seen = if *found > 0 { format!("，{found}") } else { String::new() };
                write!(f, "{at_zh}{zh}超过上限 {max}{seen} ({en} over the limit of {max}{at_en})")
            }
            Self::MissingColumns { missing, seen, fits } => {
                let seen = match seen.as_slice() {
                    [] => "没有一个是已知的列名 (none of the first row's words names a column)".to_owned(),
                    seen => seen.join(" | "),
                };
                write!(f, "缺少必需的列 (missing columns): {}；表头为 (headers seen): {seen}", missing.join("、"))?;
                if fits.is_empty() {
                    Ok(())
                } else {
                    write!(f, "；适合的预设 (presets that fit): {}", fits.join(", "))
                }
            }
            Self::MissingFacts(what) => write!(f, "缺少气瓶基本信息 (the cylinder's basic facts are missing): {what}"),
        }
    }
}
