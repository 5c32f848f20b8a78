//! Every form in which a table arrives reads as the same table.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use rust_xlsxwriter::{Format, Workbook};
use server::import::{Problem, Table, preset, read_table};

const IN_USE: &[u8] = include_bytes!("fixtures/in_use_cylinders.csv");

fn text() -> String {
    String::from_utf8(IN_USE.to_vec()).unwrap()
}

fn read(bytes: &[u8]) -> Table {
    read_table(bytes, "t").unwrap()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(|u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_and_separator_reads_the_same() {
    let plain = read(IN_USE);
    assert_eq!(plain.rows[29].line, 31);
    let text = text();
    let gbk = encoding_rs::GBK.encode(&text);
    assert!(!gbk.2, "the table fits GBK");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("UTF-8 BOM", [b"\xEF\xBB\xBF", IN_USE].concat()),
        ("GB18030", gbk.0.into_owned()),
        ("GB18030", encoding_rs::GB18030.encode(&text).0.into_owned()),
        ("UTF-16LE", utf16(&text, false)),
        ("UTF-16BE", utf16(&text, true)),
        ("UTF-8", text.replace(',', ";").into_bytes()),
        ("UTF-8", text.replace(',', "\t").into_bytes()),
        ("UTF-8", text.replace("\r\n", "\n").into_bytes()),
        ("UTF-8", text.replace("\r\n", "\r").into_bytes()),
        ("UTF-8", text.replace("\r\n", ",,,\r\n").into_bytes()),
        (
            "UTF-8",
            text.replace("4904410522", "４９０４４１０５２２")
                .replace("2018-06-10", "２０１８－０６－１０")
                .into_bytes(),
        ),
    ];
    for (encoding, bytes) in cases {
        let t = read(&bytes);
        assert_eq!((t.encoding, &t.header, &t.rows), (encoding, &plain.header, &plain.rows));
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let t = read("sep=;\r\n\r\n在用钢瓶分布表\r\n\r\n电子标签号;充装介质;备注\r\n\r\n\r\n1;LPG;\"a\r\nb\"\r\n;;\r\n2;LPG\r\n3;LPG;x;y;z\r\n".as_bytes());
    assert_eq!(t.preamble[0].cells, ["在用钢瓶分布表"]);
    assert_eq!(t.header, ["电子标签号", "充装介质", "备注"]);
    let rows: Vec<(u32, usize)> = t.rows.iter().map(|r| (r.line, r.cells.len())).collect();
    assert_eq!(rows, [(8, 3), (11, 2), (12, 5)], "ragged rows are kept, blank ones are not rows");
    assert_eq!(t.rows[0].cells[2], "a  b");
}

#[test]
fn a_header_over_two_rows_is_combined() {
    let t = read(
        "气瓶一览,,,,,,\n电子标签号,气瓶,,充装介质,上次,下次,\n,钢印号,规格,,检测日期,检测日期,生产厂家\n4904410522,0602171,15KG,液化石油气,2017-10-10,2021-10-10,甲\n"
            .as_bytes(),
    );
    assert_eq!(
        t.header,
        ["电子标签号", "气瓶钢印号", "气瓶规格", "充装介质", "上次检测日期", "下次检测日期", "生产厂家"]
    );
    assert_eq!((t.preamble.len(), t.rows.len(), t.rows[0].line), (1, 1, 4));
    // Words nobody knows: the shape of the rows decides.
    let t = read("甲,乙,,丙\n,子,丑,\n1,2,3,4\n5,6,7,8\n".as_bytes());
    assert_eq!(t.header, ["甲", "乙 子", "乙 丑", "丙"]);
    assert_eq!(t.rows.len(), 2);
    let t = read("a,b\n1,2\n".as_bytes());
    assert_eq!((t.header, t.rows.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
}

#[test]
fn the_source_sheet_as_printed_finds_its_header_below_the_facts() {
    let t = read(
        ",,,钢瓶历史跟踪\n基本信息\n钢印编号,431325,钢瓶条码,431325,制造单位,017,制造年月,200504\n历史跟踪\n\
         日期时间,操作类型,操作人,操作地点,目标地点,,自重 (NG),总重 (KG)\n2011-08-11 09:02,充装,陈荣华,灌口三级站,灌口三级站,,17.34,30.89\n\
         日期时间,操作类型,操作人,操作地点,目标地点,,自重 (NG),总重 (KG)\n2011-08-12 12:10,销售扫描,,鴻山门店,四仙包子店\n"
            .as_bytes(),
    );
    assert_eq!((t.preamble.len(), t.rows.len()), (4, 2));
    assert!(t.notes.iter().any(|n| n.contains("重复表头")), "{:?}", t.notes);
    let map = preset::find("history").unwrap().map(&t).unwrap();
    assert_eq!(map.get(&t.rows[0].cells, preset::Field::Tare), "17.34");
    assert_eq!(map.get(&t.rows[1].cells, preset::Field::Gross), "");
}

#[test]
fn a_workbook_reads_as_its_csv_does() {
    let plain = read(IN_USE);
    let date = Format::new().set_num_format("yyyy/m/d");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("在用").unwrap();
    sheet.merge_range(0, 0, 0, 12, "在用钢瓶分布表", &Format::new()).unwrap();
    for (c, h) in plain.header.iter().enumerate() {
        sheet.write(2, c as u16, h).unwrap();
    }
    for (r, row) in plain.rows.iter().enumerate() {
        for (c, cell) in row.cells.iter().enumerate() {
            let (r, c) = (r as u32 + 3, c as u16);
            match c {
                0 => sheet.write_number(r, c, cell.parse::<f64>().unwrap()).map(|_| ()).unwrap(),
                6 | 7 | 8 | 10 => {
                    let d = chrono_date(cell);
                    sheet.write_datetime_with_format(r, c, d, &date).map(|_| ()).unwrap();
                }
                9 => sheet.write_number(r, c, 1.0).map(|_| ()).unwrap(),
                1 => sheet.write(r, c, cell.replace('0', "０")).map(|_| ()).unwrap(),
                _ => sheet.write(r, c, cell).map(|_| ()).unwrap(),
            }
        }
    }
    book.add_worksheet().write(0, 0, "x").unwrap();
    let t = read_table(&book.save_to_buffer().unwrap(), "wrong-name.csv").unwrap();
    assert_eq!((t.encoding, t.sheet.as_deref(), &t.header), ("XLSX", Some("在用"), &plain.header));
    assert_eq!(t.preamble[0].cells, ["在用钢瓶分布表"]);
    let cells = |t: &Table| t.rows.iter().map(|r| r.cells.clone()).collect::<Vec<_>>();
    assert_eq!(cells(&t), cells(&plain));
    assert_eq!(t.rows[0].line, 4);
    assert!(t.notes.iter().any(|n| n.contains("Sheet2")), "a sheet that is left out is named: {:?}", t.notes);
}

fn chrono_date(s: &str) -> rust_xlsxwriter::ExcelDateTime {
    rust_xlsxwriter::ExcelDateTime::parse_from_str(s).unwrap()
}

#[test]
fn cells_of_a_workbook() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let at = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let clock = Format::new().set_num_format("hh:mm");
    for (c, h) in ["时间", "长号", "小数", "公式", "像公式", "钟点", "对错", "全角"].iter().enumerate()
    {
        sheet.write(0, c as u16, *h).unwrap();
    }
    sheet.write_datetime_with_format(1, 0, chrono_date("2011-08-10T12:17:00"), &at).unwrap();
    sheet.write_number(1, 1, 1_234_567_890_123_456.0).unwrap();
    sheet.write_number(1, 2, 16.4).unwrap();
    sheet.write_formula(1, 3, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_string(1, 4, "=cmd|' /C calc'!A0").unwrap();
    sheet.write_datetime_with_format(1, 5, chrono_date("12:17"), &clock).unwrap();
    sheet.write_boolean(1, 6, true).unwrap();
    sheet.write_string(1, 7, "　ＡＢ－１２　").unwrap();
    let t = read(&book.save_to_buffer().unwrap());
    let row = ["2011-08-10 12:17", "1234567890123456", "16.4", "2", "=cmd|' /C calc'!A0", "12:17", "TRUE", "AB-12"];
    assert_eq!(t.rows[0].cells, row);
    assert!(t.notes.iter().any(|n| n.contains("15 位")), "{:?}", t.notes);
}

#[test]
fn an_open_quote_is_no_lost_row() {
    let e = read_table("a,b\n1,\"2\n3,4\n5,6\n".as_bytes(), "t").unwrap_err();
    assert_eq!(e.problem, Problem::OpenQuote { line: 2 });
    assert_eq!(read("a,b\n1,\"2\n\"\"x\"\" 3\"\n".as_bytes()).rows.len(), 1);
}
