//! The source tables: every count with its reason.

use crate::*;
use domain::{ledger::Custody, life::Family};
#[test]
fn all_customers_go_in() {
    let (p, r) = first_run("customers", CUSTOMERS);
    // Ten rows, ten numbers: nothing clashes, nothing is without identity. Every row carries at least one doubt.
    assert_eq!(counts(&r), (10, 10, 10, 0));
    assert_eq!(
        flags(&r),
        [
            // The second prints 「22」, and the seven of Dongying print 0.
            ("address missing or a placeholder", 8),
            // 「朱某」.
            ("contact masked", 1),
            // 「2」 and seven times 0; test1 is a name.
            ("contact missing or a placeholder", 8),
            // 「22」.
            ("customer's name missing or a placeholder", 1),
            // 341322 is 萧县 of 宿州市, printed 南州市/襄县. 130205 开平区, 500101 万州区, 370502 东营区 and 370503 河口区
            // stand as their numbers say.
            ("division does not match the number", 1),
            // 12345678901 is no mobile number, 「2」 and seven times 0 are none at all; 13900000000 could be one.
            ("telephone missing or malformed", 9),
        ]
    );
    let all = customers(&p);
    assert_eq!(
        all.iter().map(|c| c.division.unwrap()).collect::<Vec<_>>(),
        [130_205, 500_101, 341_322, 370_503, 370_503, 370_503, 370_502, 370_503, 370_503, 370_503]
    );
    let c = all[2];
    assert_eq!(
        (c.org_id, c.number.as_str(), c.name.as_str(), c.address.as_str()),
        (7, "3413220001", "襄县阳光气体", "襄县孙好子乡")
    );
    assert_eq!(
        (c.contact.as_str(), c.phone.as_str(), c.region.as_str()),
        ("朱某", "13900000000", "安徽省/南州市/襄县")
    );
    assert!(all.iter().all(|c| (c.state.as_str(), c.kind.as_str()) == ("active", "enterprise")));
    assert!(doubts_of(&p, 4).iter().any(|d| d.contains("安徽省宿州市萧县")), "{:?}", doubts_of(&p, 4));
    assert!(r.notes.iter().any(|n| n.contains("按钮") && n.contains("操作")), "{:?}", r.notes);
}

#[test]
fn six_orders_go_in_and_three_numbers_clash() {
    let (p, r) = first_run("orders", ORDERS);
    // Nine rows, six numbers: 0001, 0002 and 0003 of 2018-04-10 stand twice with other contents. The first of each goes in.
    assert_eq!(counts(&r), (9, 6, 6, 3));
    assert_eq!(
        r.aside.iter().map(|q| (q.line, q.reason_en.as_str())).collect::<Vec<_>>(),
        [
            (5, "number DD201804100002 stands on line 3 too, with another content"),
            (9, "number DD201804100003 stands on line 2 too, with another content"),
            (10, "number DD201804100001 stands on line 4 too, with another content"),
        ]
    );
    assert_eq!(
        flags(&r),
        [
            // 东辛采油厂 prints 0, 测试客户4 twenty ones.
            ("address missing or a placeholder", 2),
            // 氢气/氧气 and 氢气/液化石油气; 氢气/乙烷 is one of the three set aside.
            ("no quantity for each medium", 2),
            // The first of each of the three pairs.
            ("number repeated on another row", 3),
            // All numbers print 00 for DD.
            ("prefix read as DD", 6),
            // 5/1 待出库 and 2/1 派送完成. 2/1 派送中 and 2/2 派送完成 would agree, and are set aside.
            ("state contradicts the quantities", 2),
        ]
    );
    let all = orders(&p);
    assert_eq!(
        all.iter().map(|(o, _)| (o.number.as_str(), o.wanted, o.delivered, o.state.as_str())).collect::<Vec<_>>(),
        [
            ("DD201804100003", Some(3), None, "waiting"),
            ("DD201804100002", Some(1), None, "waiting"),
            ("DD201804100001", Some(1), None, "waiting"),
            ("DD201804180003", Some(5), Some(1), "waiting"),
            ("DD201804180002", Some(2), Some(1), "delivered"),
            ("DD201804180001", Some(2), None, "waiting"),
        ]
    );
    let lines = |i: usize| -> Vec<(&str, Option<i64>, Option<i64>)> {
        all[i].1.iter().map(|l| (l.medium.as_str(), l.wanted, l.delivered)).collect()
    };
    assert_eq!(lines(0), [("H2", None, None), ("O2", None, None)], "one total over two gases is nobody's quantity");
    assert_eq!(lines(3), [("H2", Some(5), Some(1))]);
    assert_eq!(lines(5), [("H2", None, None), ("LPG", None, None)]);
    assert_eq!(all[3].0.dated_on, "2018-04-18".parse().ok());
    assert_eq!((all[3].0.deliverer.as_str(), all[0].0.customer_name.as_str()), ("测试派送", "东辛采油厂"));
    assert!(doubts_of(&p, 6).iter().any(|d| d.contains("按数量为部分派送")), "{:?}", doubts_of(&p, 6));
}

#[test]
fn all_recovery_slips_go_in() {
    let (p, r) = first_run("recovery", SLIPS);
    assert_eq!(counts(&r), (10, 10, 10, 0));
    assert_eq!(
        flags(&r),
        [
            // Every number says 2018-10-15, every time of creation 2018-04-10.
            ("date in the number differs from the time of creation", 10),
            // 111111 has six digits, and no mobile begins with 12.
            ("telephone missing or malformed", 10),
        ]
    );
    let all = slips(&p);
    let noted: Vec<(&str, i64)> = all.iter().filter_map(|s| Some((s.number.as_str(), s.total?))).collect();
    assert_eq!(noted, [("HS201810150012", 1), ("HS201810150008", 1)], "the other eight print `-`");
    let state = |code: &str| all.iter().filter(|s| s.state == code).count();
    assert_eq!((state("unconfirmed"), state("collecting")), (7, 3));
    assert!(all.iter().all(|s| s.dated_on == "2018-10-15".parse().ok()));
    assert!(
        all.iter().all(|s| s.created_at.map(domain::clock::rfc3339).as_deref() == Some("2018-04-10T10:09:41.000Z"))
    );
    // Two columns of buttons; the second has no header.
    assert!(r.notes.iter().any(|n| n.contains("操作、第 9 列")), "{:?}", r.notes);
}

#[test]
fn two_series_of_tags() {
    let (p, r) = first_run("tags", TAGS);
    // 01 is oxygen and 02 nitrogen in the code table, and the remarks repeat what code and quantity say: no doubts.
    assert_eq!((counts(&r), flags(&r)), ((2, 2, 0, 0), vec![]));
    let all: Vec<_> = series(&p)
        .into_iter()
        .map(|s| (s.enterprise.as_str(), s.medium_code.as_str(), s.medium.as_str(), s.first_serial, s.last_serial))
        .collect();
    assert_eq!(all, [("011", "01", "O2", 1, Some(1500)), ("011", "02", "N2", 1, Some(200))]);
}

#[test]
fn nine_cylinders_of_the_archive_go_in_and_one_tag_clashes() {
    let preset = preset::find("archive").unwrap();
    let p = plan_with(preset, &table(ARCHIVE), &ctx(), &with_series()).unwrap();
    let (p, r) = p.settle(&HashMap::new());
    // Ten rows; 00106000026 stands on two cylinders (1031482 and 1178054): the second waits for a person.
    assert_eq!(counts(&r), (10, 9, 9, 1));
    assert_eq!(
        (r.aside[0].line, r.aside[0].reason_en.as_str()),
        (4, "tag 00106000026 stands on line 3 too, with another content")
    );
    assert_eq!(
        flags(&r),
        [
            // The list has no column for a maker, and no size but in the wrong column.
            ("file incomplete", 9),
            ("inspection date missing", 9),
            // A liquid that is kept cold in a 无缝气瓶.
            ("kind of cylinder does not fit the gas", 1),
            // The two 重瓶: a list proves no fill.
            ("listed state without a record of it", 2),
            ("manufacture date missing", 9),
            // Code 06 is in no table here; where it is nitrogen is another deployment. It accuses nobody of a wrong gas.
            ("medium code unknown", 8),
            // 左库 for 在库, in every row.
            ("misread word", 9),
            // Enterprise 001 has no series; the ten-digit tag has no serial.
            ("outside every series", 8),
            // 0020000020.
            ("tag of ten digits: a legacy one, or a digit lost", 1),
            ("tag repeated on another row", 1),
            // 氮气 in seven of the nine.
            ("the warehouse column holds a gas", 7),
            // 50公斤 and 15公斤.
            ("the warehouse column holds a size", 2),
        ]
    );
    let all = files(&p);
    let f = all[0];
    assert_eq!((f.tag.as_str(), f.serial_no.as_str(), f.medium.as_str()), ("0020000020", "1111", "LNG"));
    assert_eq!((f.dates.family, f.dates.model.as_str(), f.volume_ml), (Family::SteelSeamless, "50公斤", None));
    assert_eq!(
        (all[1].tag.as_str(), all[1].serial_no.as_str(), all[1].medium.as_str()),
        ("00106000026", "1031482", "N2")
    );
    assert_eq!(all[8].serial_no, "163316039");
    let listed: Vec<_> = p.planned.iter().map(|p| p.listing.as_ref().unwrap()).collect();
    let full = Some(Custody::FullInStock.number());
    let empty = Some(Custody::EmptyInStock.number());
    assert_eq!(
        listed.iter().map(|l| l.custody).collect::<Vec<_>>(),
        [full, full, empty, empty, empty, empty, empty, empty, empty]
    );
    assert!(listed.iter().all(|l| l.warehouse.is_empty() && l.equipment == "无缝气瓶"));
    assert_eq!((listed[1].customer_name.as_str(), listed[2].customer_name.as_str()), ("测试客户4", "莱昂强光气体"));
    for p in &p.planned {
        assert_eq!(serde_json::from_str::<File>(p.entry.body.as_deref().unwrap()).unwrap(), *p.file.as_ref().unwrap());
    }
    // Without series nothing is outside of them, and the report says that this was not looked at.
    let (_, r) = first_run("archive", ARCHIVE);
    assert_eq!((counts(&r), r.flag("outside every series")), ((10, 9, 9, 1), 0));
    assert!(r.notes.iter().any(|n| n.contains("未与号段核对")), "{:?}", r.notes);
}

const ARCHIVE_HEAD: &str = "设备品种,标签号,充装介质,出厂编号,客户名称,所在仓库,使用状态\n";

#[test]
fn a_tag_that_says_another_gas_than_the_file() {
    // Vector 14: 01101000001 lies in the series of oxygen, the archive says nitrogen.
    let text = format!(
        "{ARCHIVE_HEAD}无缝气瓶,01101000001,氮气,1,甲,一号库,空瓶在库\n\
         无缝气瓶,01102000200,氮气,2,甲,一号库,空瓶在库\n\
         无缝气瓶,01102000201,氮气,3,甲,一号库,空瓶在库\n\
         无缝气瓶,99901000001,氮气,4,甲,一号库,空瓶在库\n\
         无缝气瓶,11000001101000002,氧气,5,甲,一号库,空瓶在库\n"
    );
    let p = plan_with(preset::find("archive").unwrap(), &table(text.as_bytes()), &ctx(), &with_series()).unwrap();
    let has = |i: usize, en: &str| files(&p)[i].doubts.iter().any(|d| d.ends_with(&format!("({en})")));
    let (gas, outside) = ("medium of the tag contradicts the file", "outside every series");
    let seen: Vec<(bool, bool)> = (0..5).map(|i| (has(i, gas), has(i, outside))).collect();
    // 200 is the last serial of nitrogen; 999 is no enterprise that has a series, but its 01 is oxygen in the code table.
    assert_eq!(seen, [(true, false), (false, false), (false, true), (true, true), (false, false)]);
    assert!(files(&p)[0].doubts.iter().any(|d| d.contains("标签介质码 01 为氧气，档案为氮气")));
    assert!(p.planned.iter().all(|p| p.listing.as_ref().unwrap().warehouse == "一号库"));
}

#[test]
fn a_second_run_changes_nothing_on_any_day_and_from_any_program() {
    for (id, bytes, new) in [
        ("customers", CUSTOMERS, 10),
        ("orders", ORDERS, 6),
        ("recovery", SLIPS, 10),
        ("tags", TAGS, 2),
        ("archive", ARCHIVE, 9),
    ] {
        let preset = preset::find(id).unwrap();
        let (first, _) = first_run(id, bytes);
        let keys = known(&first);
        assert_eq!(keys.len(), new, "{id}: keys are unique");
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let gbk = encoding_rs::GBK.encode(&text);
        assert!(!gbk.2);
        for (name, bytes) in [
            ("the same", bytes.to_vec()),
            ("GBK", gbk.0.into_owned()),
            ("BOM", [b"\xEF\xBB\xBF", bytes].concat()),
            ("semicolons", text.replace(',', ";").into_bytes()),
            ("full width", text.replace("00201804", "００２０１８０４").replace("HS2018", "ＨＳ２０１８").into_bytes()),
            ("its letters", text.replace("00201804", "DD201804").into_bytes()),
            ("zeros lost", text.replace("00201804", "201804").into_bytes()),
            ("other dates", text.replace("2018-04-10 18:09:41", "2018/4/10 18:09:41").into_bytes()),
            ("decimals", text.replace(",1500,", ",1500.0,").replace(",200,", ",200.00,").into_bytes()),
        ] {
            let later = Ctx { as_of: "2031-01-01".parse().unwrap(), ..ctx() };
            let p = plan_with(preset, &table(&bytes), &later, &with_series()).unwrap();
            let clashes = p.quarantined.len();
            let (rest, r) = p.settle(&keys);
            assert_eq!((r.new, r.unchanged as usize, r.quarantined as usize), (0, new, clashes), "{id} {name}");
            assert_eq!((rest.planned.len(), rest.listed.len()), (0, 0), "{id} {name}");
        }
    }
}
