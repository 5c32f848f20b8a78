use super::*;
use proptest::prelude::*;
#[test]
fn tags_of_the_sources() {
    assert_eq!(tag(" ４９０４４１０５２２ ").unwrap(), "4904410522");
    assert_eq!(tag("ab-12").unwrap(), "AB-12");
    assert!(tag("").is_err() && tag(" \u{3000}").is_err());
    assert!(tag("a'b").is_err() && tag("号").is_err() && tag("\u{202e}12").is_err());
    assert!(tag(&"1".repeat(65)).is_err() && tag(&"1".repeat(64)).is_ok());
}

proptest! {
    #[test]
    fn a_normalised_tag_is_a_fixed_point(s in ".{0,80}") {
        if let Ok(t) = tag(&s) {
            prop_assert_eq!(tag(&t), Ok(t.clone()));
            prop_assert!(t.is_ascii());
        }
    }
}

fn kinds(text: &str) -> Vec<Kind> {
    read(text).into_iter().map(|r| r.kind).collect()
}

/// The best reading of a text.
fn best(text: &str) -> (Kind, String) {
    let r = read(text).into_iter().next().unwrap_or_else(|| panic!("{text}: {:?}", misses(text)));
    (r.kind, r.text)
}

#[test]
fn the_best_reading_of_what_the_sources_print() {
    for (text, kind, canonical) in [
        ("91110000802100433B", Kind::SocialCredit, "91110000802100433B"),
        ("91350100m000100y43", Kind::SocialCredit, "91350100M000100Y43"),
        ("914403001922038216", Kind::SocialCredit, "914403001922038216"),
        ("802100433", Kind::Organisation, "802100433"),
        ("M000100Y-4", Kind::Organisation, "M000100Y4"),
        ("11010519491231002X", Kind::IdCard, "11010519491231002X"),
        ("110105491231003", Kind::IdCard, "110105194912310038"),
        ("13800001111", Kind::Mobile, "13800001111"),
        ("0371-66668888", Kind::Landline, "0371-66668888"),
        ("+86 371 66668888", Kind::Landline, "0371-66668888"),
        ("400-820-8820", Kind::ServiceLine, "400-820-8820"),
        ("12315", Kind::ShortCode, "12315"),
        ("豫A12345", Kind::Plate, "豫A12345"),
        ("豫AD12345", Kind::Plate, "豫AD12345"),
        ("410105", Kind::Division, "410105"),
        ("410105001002", Kind::Division, "410105001002"),
        ("01101000001", Kind::Tag, "01101000001"),
        ("00106000026", Kind::Tag, "00106000026"),
        ("4904410522", Kind::Rfid, "4904410522"),
        ("0602171", Kind::Stamp, "0602171"),
        ("431325", Kind::Division, "431325"),
        ("11000001101000001", Kind::Qr, "11000001101000001"),
        ("http://teshe.org.cn/Q?id=11000001101000001", Kind::Qr, "11000001101000001"),
        ("https://h.example/L?id=11000001101000001&k=abc", Kind::Qr, "11000001101000001"),
        ("DD201804100003", Kind::Order, "DD201804100003"),
        ("00201804100003", Kind::Order, "DD201804100003"),
        ("HS201810150013", Kind::Recovery, "HS201810150013"),
        ("1302050001", Kind::Customer, "1302050001"),
        ("6900000000014", Kind::Grai, "(8003)06900000000014"),
        ("06901234567892", Kind::Gtin, "(01)06901234567892"),
        ("(8003)06900000000014A1", Kind::Grai, "(8003)06900000000014A1"),
        ("]d2800306900000000014A1\u{1D}17261130", Kind::Grai, "(8003)06900000000014A1"),
        ("https://id.example/8003/06900000000014A1", Kind::Grai, "(8003)06900000000014A1"),
        ("(8004)69000000GUN-7", Kind::Giai, "(8004)69000000GUN-7"),
        ("(414)6900000000021", Kind::Gln, "(414)6900000000021"),
        ("(8018)690000000000000010", Kind::Gsrn, "(8018)690000000000000010"),
        // As scanners and people deliver it.
        ("]Q301101000001\r\n", Kind::Tag, "01101000001"),
        ("\u{2}]C001101000001\u{3}", Kind::Tag, "01101000001"),
        ("０１１－０１－０００００１", Kind::Tag, "01101000001"),
        ("\u{FEFF} 011 01 000001\u{200B}\t", Kind::Tag, "01101000001"),
        ("hs-2018-1015-0013", Kind::Recovery, "HS201810150013"),
    ] {
        assert_eq!(best(text), (kind, canonical.to_owned()), "{text:?}");
    }
}

#[test]
fn every_reading_is_given_and_look_up_decides() {
    use Kind::{Customer, Division, Gln, Grai, Gtin, Mobile, Organisation, Qr, Rfid, ServiceLine, Stamp, Tag};
    assert_eq!(kinds("1302050001"), [Customer, Rfid, Stamp]);
    assert_eq!(kinds("4904410522"), [Rfid, Stamp]);
    assert_eq!(kinds("4008208820"), [ServiceLine, Rfid, Stamp]);
    assert_eq!(kinds("13800001111"), [Mobile, Tag, Stamp]);
    assert_eq!(kinds("01101000001"), [Tag, Stamp]);
    assert_eq!(kinds("11000001101000001"), [Qr, Tag, Stamp]);
    assert_eq!(kinds("431325"), [Division, Stamp]);
    assert_eq!(kinds("6900000000021"), [Grai, Gln, Gtin, Stamp]);
    // The organisation code of a company may be the street of a city.
    assert_eq!(kinds("410105001").first(), Some(&Division));
    assert_eq!(kinds("802100433"), [Organisation, Stamp]);
    // The old number of the standard's example holds as a licence's check digit, too: both are given.
    assert_eq!(kinds("110105491231002"), [Kind::Licence, Kind::IdCard, Stamp]);
    // A fixed line without its hyphen has the form of a tag code, and with it has not.
    assert_eq!(kinds("03716666888"), [Tag, Kind::Landline, Stamp]);
    assert_eq!(kinds("0371-6666888")[0], Kind::Landline);
    assert_eq!(kinds("http://teshe.org.cn/Q?id=11000001101000001"), [Qr, Tag]);
    // A label made with the tag code alone.
    assert_eq!(kinds("http://teshe.org.cn/Q?id=01101000001"), [Tag]);
    // Digits that only happen to begin with an application identifier.
    assert_eq!(kinds("21ABC"), [Stamp]);
    assert_eq!(kinds("800469000000GUN"), [Stamp]);
    // Two keys on one label: both.
    assert_eq!(kinds("(8003)06900000000014A1(414)6900000000021"), [Grai, Gln]);
}

#[test]
fn a_twelfth_digit_that_holds_stands_before_a_bare_form() {
    let tag: TagCode = "01101000001".parse().unwrap();
    let r = &read(&tag.with_check())[0];
    assert_eq!((r.kind, r.text.as_str(), r.certainty), (Kind::Tag, "01101000001", Certainty::Checked));
    let r = &read(&format!("110000{}", tag.with_check()))[0];
    assert_eq!((r.kind, r.text.as_str(), r.certainty), (Kind::Qr, "11000001101000001", Certainty::Checked));
}

#[test]
fn what_came_with_a_code_is_kept() {
    let with = |t: &str| read(t).into_iter().next().unwrap().with;
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    assert_eq!(with("https://h.example/L?id=11000001101000001&k=aB_1"), [pair("k", "aB_1")]);
    assert_eq!(with("11000001101000001?k=aB_1"), [pair("k", "aB_1")]);
    assert_eq!(with("(8003)06900000000014A1(17)261130(3103)014500"), [pair("17", "261130"), pair("3103", "014500")]);
    assert_eq!(with("(01)06901234567892(21)x"), [pair("21", "x")]);
}

#[test]
fn warnings() {
    let known = Known { hosts: &["qp.zz.gov.cn"], division: &|d| d.as_str() != "410199" };
    let warn = |t: &str| -> Vec<String> {
        answer(t, &known).readings.into_iter().next().unwrap().warnings.into_iter().map(|w| w.zh).collect()
    };
    assert_eq!(warn("http://teshe.org.cn/Q?id=11000001101000001"), [""; 0]);
    assert_eq!(warn("https://QP.zz.gov.cn/L?id=11000001101000001&k=a"), [""; 0]);
    assert_eq!(warn("https://evil.example/L?id=11000001101000001"), ["未知网站 evil.example，请核对"]);
    assert_eq!(warn("http://teshe.org.cn@evil.example/Q?id=11000001101000001"), ["未知网站 evil.example，请核对"]);
    assert_eq!(warn("https://id.gs1.org/8003/06900000000014A1"), [""; 0]);
    assert_eq!(warn("https://evil.example/8003/06900000000014A1"), ["未知网站 evil.example，请核对"]);
    assert_eq!(warn("https://qp.zz.gov.cn/L?id=11000001101000001&k=a%20b"), ["令牌格式不对，按无令牌处理"]);
    assert_eq!(warn("https://qp.zz.gov.cn/L?id=41019901101000001"), ["行政区划 410199 不存在"]);
    assert_eq!(warn("http://teshe.org.cn/Q?id=01101000001"), ["二维码中没有行政区划"]);
    assert_eq!(warn("00201804100003"), ["开头的 00 按 DD 处理"]);
    assert_eq!(warn("110105491231003"), ["15 位旧号码，已换算为 18 位"]);
    // A customer's number begins with a division that exists.
    let a = answer("4101990001", &known);
    assert_eq!(a.readings.iter().map(|r| r.kind).collect::<Vec<_>>(), [Kind::Rfid, Kind::Stamp]);
    assert!(a.misses.iter().any(|m| m.kind == Kind::Customer && m.says.zh == "行政区划 410199 不存在"));
    let a = answer("410199", &known);
    assert!(a.readings.iter().all(|r| r.kind != Kind::Division));
    assert!(a.misses.iter().any(|m| m.kind == Kind::Division && m.says.en == "there is no division 410199"));
}

#[test]
fn near_misses_say_what_is_wrong() {
    for (text, kind, zh, en) in [
        ("91110000802100433C", Kind::SocialCredit, "第18位校验码应为 B", "check character 18 should be B"),
        ("110105194912310021", Kind::IdCard, "第18位校验码应为 X", "check character 18 should be X"),
        ("802100434", Kind::Organisation, "第9位校验码应为 3", "check character 9 should be 3"),
        ("0020000020", Kind::Tag, "应为 11 位，现为 10 位", "should have 11 characters, has 10"),
        (
            "9999990001",
            Kind::Customer,
            "行政区划 999999 不存在：99 不是省级代码",
            "there is no division 999999: 99 is no province",
        ),
        ("HS201813150013", Kind::Recovery, "日期 20181315 不存在", "there is no date 20181315"),
        ("12345678901", Kind::Mobile, "手机号第2位应为 3 至 9", "the second digit of a mobile number should be 3 to 9"),
        ("豫A1234O", Kind::Plate, "第7位不用字母 O", "character 7 is never O"),
        ("(8003)06900000000015A", Kind::Grai, "第13位校验码应为 4", "check character 13 should be 4"),
        (
            "(99)1",
            Kind::Grai,
            "“99”不是本系统所用的 GS1 应用标识符",
            "`99` is no GS1 application identifier that is used here",
        ),
        (
            "http://teshe.org.cn/Q?id=1100000110100000",
            Kind::Qr,
            "应为 17 位，现为 16 位",
            "should have 17 characters, has 16",
        ),
        ("https://id.example/8003/06900000000015A", Kind::Grai, "第13位校验码应为 4", "check character 13 should be 4"),
    ] {
        let said: Vec<_> = misses(text).into_iter().map(|m| (m.kind, m.says.zh, m.says.en)).collect();
        assert!(said.contains(&(kind, zh.into(), en.into())), "{text}: {said:?}");
    }
}

#[test]
fn what_is_nothing_is_told_why() {
    for (text, zh) in [
        ("", "没有内容"),
        (" \r\n\u{3000}\u{FEFF}", "没有内容"),
        ("]Q3", "没有内容"),
        ("\u{1D}\u{0}", "没有内容"),
        ("瓶", "只能有字母、数字和 -_.，至多 64 位"),
        ("a'b", "只能有字母、数字和 -_.，至多 64 位"),
        ("https://example.org/", "网址应含 /Q?id= 或 /L?id="),
        ("(17)261130", "GS1 数据中没有编码，只有附加信息"),
    ] {
        let a = answer(text, &Known::default());
        assert!(a.readings.is_empty(), "{text:?}: {a:?}");
        assert!(a.misses.iter().any(|m| m.says.zh == zh), "{text:?}: {a:?}");
    }
    assert_eq!(misses(&"1".repeat(MAX_TEXT + 1))[0].says.zh, "太长：至多 2000 字节");
}

#[test]
fn a_reading_hides_people() {
    for (text, shown) in [
        ("11010519491231002X", "110105********002X"),
        ("13800001111", "138****1111"),
        ("0371-66668888", "0371-****8888"),
        ("400-820-8820", "400-820-8820"),
        ("01101000001", "01101000001"),
    ] {
        let r = &read(text)[0];
        assert_eq!(r.masked(), shown);
        assert!(format!("{r:?}").contains(shown), "{r:?}");
        assert_eq!(&serde_json::from_str::<Reading>(&serde_json::to_string(r).unwrap()).unwrap(), r);
    }
    let forged = Reading { text: "secret".into(), ..read("13800001111").swap_remove(0) };
    assert_eq!(forged.masked(), "******");
}

#[test]
fn codes_are_stored_as_their_canonical_text() {
    let c: SocialCredit = serde_json::from_str("\"91110000802100433b\"").unwrap();
    assert_eq!(serde_json::to_string(&c).unwrap(), "\"91110000802100433B\"");
    let e = serde_json::from_str::<SocialCredit>("\"91110000802100433C\"").unwrap_err().to_string();
    assert!(e.contains("应为 B") && e.contains("should be B"), "{e}");
}

/// Texts that come near to codes: their characters, their separators, their beginnings.
fn near_code() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{5,18}",
        "(41|11|13)[0-9]{4,16}[0-9X]?",
        "9[1-3][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9,10}",
        "(DD|HS|00)20[12][0-9](0[0-9]|1[0-2])[0-3][0-9]{5}",
        "[豫京沪][A-Z][A-Z0-9]{4,6}[挂学警港澳]?",
        "(0[0-9]{2,3}-?|\\+86 ?|1)[0-9]{7,10}",
        "https?://[a-z]{1,5}\\.cn/(Q|L|8003|414)[?/](id=)?[0-9]{11,18}(&k=[a-zA-Z0-9_%-]{0,6})?",
        "(\\]Q3|\\(8003\\)0|\\(414\\)|\\(01\\)|\\(21\\)|8003|\u{1D})[0-9]{12,14}[a-z0-9()\u{1D}]{0,20}",
        "[ \\t\\r\\n]?[A-Za-z0-9０-９ー－_. -]{0,30}[\\r\\n]*",
        ".{0,60}",
    ]
}

proptest! {
    #[test]
    fn a_canonical_text_reads_as_itself(text in near_code()) {
        for r in read(&text) {
            let again = read(&r.text);
            prop_assert!(
                again.iter().any(|a| a.kind == r.kind && a.text == r.text),
                "{:?} of {:?} reads as {:?}", r.text, text, again
            );
        }
    }

    #[test]
    fn readings_are_sorted_and_each_stands_once_and_none_is_without_a_word(text in near_code()) {
        let a = answer(&text, &Known::default());
        prop_assert!(a.readings.windows(2).all(|w| (w[0].certainty, w[0].kind) <= (w[1].certainty, w[1].kind)));
        let mut seen = std::collections::HashSet::new();
        prop_assert!(a.readings.iter().all(|r| seen.insert((r.kind, r.text.clone()))));
        prop_assert!(!a.readings.is_empty() || !a.misses.is_empty());
        prop_assert!(a.misses.is_sorted());
        prop_assert_eq!(a, answer(&text, &Known::default()));
    }

    #[test]
    fn noise_changes_no_reading(text in "[0-9]{6,18}|(DD|HS)20180410[0-9]{4}|豫A[0-9]{5}", i in 0usize..4) {
        let noisy = match i {
            0 => format!("\u{FEFF} {text}\r\n"),
            1 => text.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).filter(|_| c.is_ascii()).unwrap_or(c)).collect(),
            2 => text.to_lowercase(),
            _ => format!("]C0{text}\u{0}"),
        };
        prop_assert_eq!(read(&noisy), read(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_panics(text in proptest::collection::vec(any::<char>(), 0..2_500), of in 0usize..8) {
        let text: String = text.into_iter().collect();
        let text = match of {
            0 => format!("https://{text}"),
            1 => format!("({text}"),
            2 => format!("https://h/Q?id={text}"),
            3 => format!("豫{text}"),
            4 => text.chars().take(18).collect(),
            _ => text,
        };
        let a = answer(&text, &Known::default());
        prop_assert!(!a.readings.is_empty() || !a.misses.is_empty());
        // Each parser by itself has no bound on the length before it.
        for ok in [
            text.parse::<SocialCredit>().is_ok(), text.parse::<Organisation>().is_ok(), text.parse::<Licence>().is_ok(),
            text.parse::<IdCard>().is_ok(), text.parse::<Phone>().is_ok(), text.parse::<Plate>().is_ok(),
            text.parse::<Division>().is_ok(), text.parse::<TagCode>().is_ok(), text.parse::<RfidId>().is_ok(),
            text.parse::<StampNo>().is_ok(), text.parse::<QrPayload>().is_ok(), text.parse::<OrderNo>().is_ok(),
            text.parse::<RecoveryNo>().is_ok(), text.parse::<CustomerNo>().is_ok(), text.parse::<gs1::Gtin>().is_ok(),
            text.parse::<gs1::Grai>().is_ok(), text.parse::<gs1::Elements>().is_ok(),
        ] {
            prop_assert!(!ok || text.len() <= 2_000 || text.contains("id="));
        }
    }
}
