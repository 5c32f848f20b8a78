//! 标签号段: a series of tags a row (S1 5.1.1), and how a cylinder's tag is checked against the series.

use super::{
    Plan, Quarantined, Reference, Sheet,
    cells::{Reader, identity},
    listed::{self, Listed, Record},
    numbers,
    preset::Field,
    reference::SeriesIndex,
};
use data::tag_series;
use domain::event::content_hash;
use std::collections::HashMap;

/// Most serials of a series: six digits.
const SERIAL_MAX: i64 = 999_999;

/// `1-1500` as a remark.
fn range(remark: &str) -> Option<(i64, i64)> {
    let t = domain::codes::half_width(remark);
    let (a, b) = t.split_once(['-', '~', '—', '至'])?;
    Some((a.trim().parse().ok()?, b.trim().parse().ok()?))
}

fn read(r: &mut Reader<'_>, sheet: &Sheet<'_>) -> Option<(String, tag_series::Model)> {
    let code = identity(r.cell(Field::Number))?;
    let (enterprise, digits, first) = numbers::tag(&code)?;
    let word = r.cell(Field::Medium);
    let medium = sheet.reference.medium(word).map(|(code, _, _)| code.to_owned());
    if medium.is_none() {
        r.doubt(format!("介质不在介质表：原文「{}」", super::cells::quote(word)), "medium unknown");
    }
    match (sheet.reference.medium_of_code(digits), medium.as_deref()) {
        (None, _) => r.doubt(format!("介质码不在编码表：{digits}"), "medium code unknown"),
        (Some(of), Some(m)) if of != m => r.doubt(
            format!("介质码与编码表不符：{digits} 在编码表中为{}", sheet.reference.medium_name(of)),
            "medium code contradicts the code table",
        ),
        _ => {}
    }
    let first = i64::from(first);
    let quantity = r.pieces(Field::Quantity, "数量");
    let last = quantity.filter(|n| *n > 0).map(|n| first + n - 1).filter(|l| *l <= SERIAL_MAX);
    if last.is_none() {
        r.doubt("号段长度无法确定：数量缺失、为零或超过六位序号", "length of the series unknown");
    }
    let remark = r.cell(Field::Remark);
    if let Some((a, b)) = range(remark)
        && (a, Some(b)) != (first, last)
    {
        r.doubt(format!("备注号段与编码、数量不符：{a}-{b}"), "range of the remark contradicts code and quantity");
    }
    let pieces = quantity.map_or_else(|| r.cell(Field::Quantity).to_owned(), |n| n.to_string());
    let hash = content_hash(&(sheet.ctx.org, enterprise, digits, first, word, &pieces, remark));
    let small = |n: i64| i32::try_from(n).ok();
    let model = tag_series::Model {
        id: 0,
        org_id: sheet.ctx.org,
        enterprise: enterprise.to_owned(),
        medium_code: digits.to_owned(),
        medium: medium.unwrap_or_default(),
        medium_name: word.to_owned(),
        first_serial: small(first)?,
        last_serial: last.and_then(small),
        quantity: quantity.and_then(small),
        remark: remark.to_owned(),
        doubts: String::new(),
        run_id: 0,
    };
    Some((hash, model))
}

/// Plans the table. A code names its enterprise, so a series is unique everywhere, and two that share a serial clash.
pub(super) fn plan(out: &mut Plan, sheet: &Sheet<'_>) {
    let mut seen = HashMap::new();
    let mut here = SeriesIndex::default();
    for row in &sheet.table.rows {
        let mut r = Reader::new(row, sheet.map, sheet.table);
        let Some((hash, model)) = read(&mut r, sheet) else {
            out.quarantined.push(Quarantined {
                reason_zh: "没有可用的编码：应为 11 位数字（企业 3 位、介质 2 位、序号 6 位）".into(),
                reason_en: "no usable identity: the code is not 11 digits (enterprise 3, medium 2, serial 6)".into(),
                ..listed::nameless(row)
            });
            continue;
        };
        let key = format!("tags:{}-{}-{:06}", model.enterprise, model.medium_code, model.first_serial);
        if let Some(s) = sheet.reference.series().overlapping(&model).or_else(|| here.overlapping(&model)) {
            let span = (s.first_serial, s.last_serial.unwrap_or(s.first_serial));
            out.quarantined.push(Quarantined {
                line: row.line,
                raw: row.cells.clone(),
                reason_zh: format!("号段与企业 {} 介质 {} 的 {}-{} 重叠", s.enterprise, s.medium_code, span.0, span.1),
                reason_en: format!(
                    "overlaps the series {}-{} of enterprise {}, medium code {}",
                    span.0, span.1, s.enterprise, s.medium_code
                ),
                suggestion: "核对发卡记录，改正编码或数量后重新导入 \
                             (compare with the records of issue, correct code or quantity, import again)"
                    .into(),
            });
            continue;
        }
        here.insert(model.clone());
        let row = Listed {
            key,
            hash,
            record: Record::Series(model),
            doubts: r.doubts,
            line: row.line,
            raw: row.cells.clone(),
        };
        listed::add(out, &mut seen, row);
    }
}

/// What is doubtful about a cylinder's tag, by the series and the code table: the tag may not lie in any series, or say
/// another medium than the file. A code that no table knows accuses nobody: code tables differ from place to place
/// (features.md F).
pub(super) fn check(r: &mut Reader<'_>, code: &str, medium: &str, reference: &Reference) {
    let Some((enterprise, digits, serial)) = numbers::tag(code) else {
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        if digits && code.len() == 10 {
            r.doubt(
                "标签号为 10 位：旧式编号，或 11 位编码漏了一位",
                "tag of ten digits: a legacy one, or a digit lost",
            );
        } else {
            r.doubt("标签号不是 11 位编码", "tag of an unusual form");
        }
        return;
    };
    let (any, holding) = reference.series().find(enterprise, digits, serial);
    if !reference.series().is_empty() && holding.is_none() {
        r.doubt(
            format!("号段外：企业 {enterprise} 介质 {digits} 序号 {serial} 不在已发号段内"),
            "outside every series",
        );
    }
    let by_series = holding.or(any).map(|s| s.medium.as_str()).filter(|m| !m.is_empty());
    match by_series.or_else(|| reference.medium_of_code(digits)) {
        None => r.doubt(format!("介质码不在编码表：{digits}，无法与档案核对"), "medium code unknown"),
        Some(of) if !medium.is_empty() && of != medium => r.doubt(
            format!(
                "介质不一致：标签介质码 {digits} 为{}，档案为{}",
                reference.medium_name(of),
                reference.medium_name(medium)
            ),
            "medium of the tag contradicts the file",
        ),
        Some(_) => {}
    }
}
