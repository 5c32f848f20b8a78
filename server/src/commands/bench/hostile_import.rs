//! Files nobody should import, through the reader, the presets and the plan.

use crate::{
    cli::Failure,
    import::{self, Ctx, preset},
};
use domain::{clock, rules::RuleSet};
use rand::RngExt;
use std::{
    io::{Cursor, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};
use zip::write::SimpleFileOptions;

const SHEET: &str = "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
    <row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>电子标签号</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>钢印号</t></is></c>\
    <c r=\"C1\" t=\"inlineStr\"><is><t>充装介质</t></is></c><c r=\"D1\" t=\"inlineStr\"><is><t>制造日期</t></is></c></row>\
    <row r=\"2\"><c r=\"A2\"><v>4904410522</v></c><c r=\"B2\"><v>1e308</v></c><c r=\"D2\"><v>38443.5</v></c></row></sheetData></worksheet>";

/// Heads that the presets know.
const HEADS: [&str; 7] = [
    "电子标签号,气瓶钢印号,充装介质,制造日期,出厂编号,规格,制造单位,检验日期,下次检验日期,已检次数,报废日期,阀类型,异常原因\n",
    "日期时间,操作类型,操作人,操作地点,目标地点,自重(KG),总重(KG)\n",
    "设备品种,标签号,充装介质,出厂编号,客户名称,所在仓库,使用状态,操作\n",
    "客户编号,客户名称,客户地址,行政区域,联系人,联系电话,客户状态,客户类型,操作\n",
    "订单编号,客户名称,客户地址,介质类型,需求总量,派送总量,订单状态,派送员,操作\n",
    "回收记录编号,客户名称,客户电话,回收总量,回收状态,派送员,创建时间,操作\n",
    "序号,气瓶介质,数量,编码,备注\n",
];

/// A workbook of one sheet.
pub(super) fn workbook(sheet: &str) -> Result<Vec<u8>, Failure> {
    let mut z = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let types =
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |kind: &str, target: &str| {
        format!(
            "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"rId1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{office}\">\
         <sheets><sheet name=\"表\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    for (name, text) in [
        ("[Content_Types].xml", types.to_owned()),
        ("_rels/.rels", relations("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ] {
        z.start_file(name, SimpleFileOptions::default())?;
        z.write_all(text.as_bytes())?;
    }
    Ok(z.finish()?.into_inner())
}

fn table(n: usize) -> Vec<u8> {
    let head = HEADS[n / 2 % HEADS.len()];
    let odd = [
        "1e999",
        "２００５０４",
        "2005-04",
        "=1+1",
        "充装",
        "-0",
        "99999999999999999999",
        "431325",
        "\u{feff}",
        "",
        "0000-00-00",
        "38443.5",
        "2011-08-11 09:02",
        "LPG",
        "\u{0}",
        "\"a\nb\"",
    ];
    let mut out = head.to_owned();
    for line in 0..20 {
        let cells: Vec<&str> =
            (0..head.matches(',').count() + 1).map(|c| odd[(n + line * 7 + c * c) % odd.len()]).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out.into_bytes()
}

fn file(n: usize) -> Result<Vec<u8>, Failure> {
    let book = if n.is_multiple_of(2) { workbook(SHEET)? } else { Vec::new() };
    let mut rng = rand::rng();
    let mut bytes = match n % 12 {
        0 | 2 => book,
        1 => table(n),
        3 => encoding_rs::GBK.encode(&String::from_utf8_lossy(&table(n))).0.into_owned(),
        4 => book[..rng.random_range(0..book.len().max(1))].to_vec(),
        5 => (0..rng.random_range(0..20_000)).map(|_| rand::random()).collect(),
        6 => [b"PK\x03\x04".to_vec(), (0..5_000).map(|_| rand::random()).collect()].concat(),
        7 => "\"".repeat(10_000).into_bytes(),
        8 => workbook(&SHEET.replace("r=\"A2\"", "r=\"XFD1048576\""))?,
        9 => ",".repeat(200_000).into_bytes(),
        10 => workbook(&SHEET.replace("<row r=\"2\">", &"<row r=\"2\">".repeat(5_000)))?,
        _ => String::from_utf8_lossy(&table(n)).encode_utf16().flat_map(u16::to_le_bytes).collect(),
    };
    if n % 12 != 1 && !bytes.is_empty() {
        for _ in 0..n % 5 {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rand::random();
        }
    }
    Ok(bytes)
}

/// Reads `count` files; tells how many were tables, were planned, and made the reader panic.
pub fn run(count: usize) -> Result<(usize, usize, usize), Failure> {
    let as_of = clock::local_date(super::gun::now_ms());
    let ctx = Ctx { org: 1, site: 1, device: 1, as_of, rules: RuleSet::seed(), medium: "LPG".into(), facts: None };
    let (mut tables, mut plans, mut panics) = (0, 0, 0);
    for n in 0..count {
        let bytes = file(n)?;
        let name = ["a.csv", "a.xlsx", "\u{202e}x", ""][n % 4];
        let read = catch_unwind(AssertUnwindSafe(|| {
            let Ok(table) = import::read_table(&bytes, name) else { return (0, 0) };
            (1, preset::PRESETS.iter().filter(|p| import::plan(p, &table, &ctx).is_ok()).count().min(1))
        }));
        match read {
            Ok((t, p)) => {
                tables += t;
                plans += p;
            }
            Err(_) => panics += 1,
        }
    }
    Ok((tables, plans, panics))
}
